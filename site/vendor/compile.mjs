// `node site/vendor/compile.mjs PYODIDE.tgz OUT.zip`: the standard library of Pyodide as its own Python compiles it. A page that has to compile
// it takes four seconds longer to start. Every file carries the hash of its source, which a test compares; texts of documentation are
// left out.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const PROGRAM = `
import importlib._bootstrap_external as external, importlib.util, io, zipfile

def compiled(packed):
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(packed)) as sources, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as made:
        for name in sorted(n for n in sources.namelist() if not n.endswith("/")):
            content = sources.read(name)
            if name.endswith(".py"):
                code = compile(content, "/lib/python_stdlib.zip/" + name, "exec", dont_inherit=True, optimize=2)
                content = bytes(external._code_to_hash_pyc(code, importlib.util.source_hash(content), checked=False))
                name += "c"
            made.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return stream.getvalue()

compiled(bytes(packed))
`;

const [published, out] = process.argv.slice(2).map((path) => resolve(path));
const folder = mkdtempSync(join(tmpdir(), "pyodide-"));
try {
  execFileSync("tar", ["-xzf", published, "-C", folder]);
  const room = join(folder, "package");
  const { loadPyodide } = await import(pathToFileURL(join(room, "pyodide.mjs")));
  const python = await loadPyodide({ indexURL: room + "/", packages: [] });
  python.globals.set("packed", python.toPy(new Uint8Array(readFileSync(join(room, "python_stdlib.zip")))));
  const made = python.runPython(PROGRAM);
  writeFileSync(out, made.toJs());
} finally {
  rmSync(folder, { recursive: true });
}
