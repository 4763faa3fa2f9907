"""The page as a folder of static files: `site/` as it is, the parts that are vendored, and Python's packages as archives.

In: the installed environment and `site/`. Out: files by their path in the folder, or the folder. Nothing is fetched. The same environment gives the same bytes.
"""

from __future__ import annotations

import gzip
import hashlib
import importlib.util
import io
import json
import os
import re
import tarfile
import tomllib
import zipfile
from collections.abc import Iterator, Sequence
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from typing import Any

from symdiff.errors import SymdiffError

_HERE = Path(__file__).parent
# In a checkout the page stands at the top; installed, it is package data.
PLACES = (_HERE / "site", _HERE.parents[1] / "site")

STATIC = ("*.html", "*.css", "*.mjs", "*.js", "*.svg", "*.webmanifest")
# The engine needs no command line and no notebook there; the page's own builder stays at home.
ENGINE_WITHOUT = (
    "symdiff/cli/*",
    "symdiff/notebook.py",
    "symdiff/page/build.py",
    "symdiff/page/serve.py",
    "symdiff/page/site/*",
    "symdiff/descent/*",
)
PYTHON = (".py", ".json", ".lark", ".css", ".js")
# Parts of SymPy that nothing here imports, and that are large.
SYMPY_WITHOUT = (
    "*/tests/*", "*/testing/*", "*/benchmarks/*", "sympy/physics/*", "sympy/stats/*", "sympy/codegen/*", "sympy/diffgeom/*", "sympy/crypto/*", "sympy/categories/*",
    "sympy/vector/*", "sympy/liealgebras/*", "sympy/holonomic/*", "sympy/sandbox/*", "sympy/unify/*", "sympy/integrals/rubi/*", "sympy/parsing/latex/*",
    "sympy/parsing/autolev/*", "sympy/parsing/c/*", "sympy/parsing/fortran/*",
)  # fmt: skip
OLDEST = (1980, 1, 1, 0, 0, 0)  # the date of every file in an archive: the same bytes on every day


def source() -> Path:
    """The folder `site/`. SymdiffError where an installation lacks it."""
    for place in PLACES:
        if (place / "index.html").is_file():
            return place
    raise SymdiffError(
        "the files of the page are missing from this installation",
        hint="install symdiff from a checkout or a wheel that has them: pip install .",
    )


@cache
def manifest() -> tuple[dict[str, Any], ...]:
    """The vendored parts, as `site/vendor/manifest.toml` lists them."""
    return tuple(tomllib.loads((source() / "vendor" / "manifest.toml").read_text(encoding="utf-8"))["part"])


def vendored(part: dict[str, Any]) -> bytes:
    """The published file of a part. SymdiffError if it is not the one that was published."""
    path = source() / "vendor" / str(part["file"])
    try:
        content: bytes = path.read_bytes()
    except OSError as error:
        raise SymdiffError(f"cannot read {path}: {error.strerror or error}", hint="python site/vendor/fetch.py") from None
    if hashlib.sha256(content).hexdigest() != part["sha256"]:
        raise SymdiffError(
            f"{path} is not the file that the manifest names for {part['name']}: its hash is another one",
            hint="python site/vendor/fetch.py",
        )
    return content


def members(content: bytes, name: str) -> Iterator[tuple[str, bytes]]:
    """Path and content of everything in an archive."""
    if name.endswith(".tgz"):
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as tar:
            for member in tar:
                file = tar.extractfile(member) if member.isfile() else None
                if file is not None:
                    yield member.name, file.read()
    else:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for info in archive.infolist():
                if not info.is_dir():
                    yield info.filename, archive.read(info)


def part_files(part: dict[str, Any]) -> dict[str, bytes]:
    """What the page takes from a part, by its path there."""
    without = part.get("without", ())
    found = {
        path: content for path, content in members(vendored(part), part["file"])
        if any(fnmatch(path, want) for want in part["files"]) and not any(fnmatch(path, no) for no in without)
    }  # fmt: skip
    if not found:
        raise SymdiffError(f"{part['file']} has none of the files that the page takes from it")
    return found


def archive(files: dict[str, bytes]) -> bytes:
    """A zip archive with the same bytes for the same files."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as made:
        for path in sorted(files):
            made.writestr(zipfile.ZipInfo(path, OLDEST), files[path], zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def package(name: str, without: Sequence[str] = ()) -> dict[str, bytes]:
    """The Python files of an installed package. SymdiffError where it is not installed."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise SymdiffError(f"the page needs the package {name}", hint=f"pip install {name}")
    root = Path(spec.origin).parent
    found = {}
    for folder, below, names in os.walk(root):
        below[:] = sorted(d for d in below if d != "__pycache__")
        for file in sorted(names):
            path = Path(folder, file)
            inside = path.relative_to(root.parent).as_posix()
            if path.suffix in PYTHON and not any(fnmatch(inside, no) for no in without):
                found[inside] = path.read_bytes()
    return found


def engine() -> bytes:
    """The package itself, the grammar and the sheet of the lecture."""
    files = package("symdiff", ENGINE_WITHOUT)
    for name in ("formula.lark", "latex.lark"):
        for place in (_HERE.parent / "grammar", _HERE.parents[1] / "grammar"):
            if (place / name).is_file():
                files[f"symdiff/grammar/{name}"] = (place / name).read_bytes()
                break
    return archive(files)


def sympy() -> bytes:
    """SymPy and mpmath: for the check of an answer, not for the answer."""
    return archive({**package("sympy", SYMPY_WITHOUT), **package("mpmath", ("*/tests/*",))})


def pyodide(part: dict[str, Any]) -> Iterator[tuple[str, bytes]]:
    """Pyodide's core. The program is packed: a static server need not do that. The library is compiled: else the start takes twice as long.

    Of the lock only the head: nothing is installed from there.
    """
    for path, content in part_files(part).items():
        name = path.rpartition("/")[2]
        if name == "pyodide.asm.wasm":
            yield name + ".gz", gzip.compress(content, 9, mtime=0)
        elif name == "pyodide-lock.json":
            lock = json.loads(content)
            yield name, json.dumps({**lock, "packages": {}}).encode()
        elif name == "python_stdlib.zip":
            yield name, vendored(part["compiled"])
        else:
            yield name, content


def licences() -> list[dict[str, str]]:
    """Name, version, licence and home of every part that the page brings along."""
    from importlib.metadata import version

    from symdiff import __version__

    own = [{"name": "symdiff", "version": __version__, "licence": "MIT", "what": "the page and the engine", "home": ""}]
    python = [
        ("SymPy", "sympy", "BSD-3-Clause", "the check of every answer", "https://www.sympy.org"),
        ("mpmath", "mpmath", "BSD-3-Clause", "numbers with many digits", "https://mpmath.org"),
    ]
    own += [
        {"name": name, "version": version(at), "licence": licence, "what": what, "home": home} for name, at, licence, what, home in python
    ]
    return own + [
        {key: part[key] for key in ("name", "version", "licence", "what", "home")} for part in manifest() if not part.get("tests")
    ]


def lecture(name: str) -> Path:
    """A file or folder of examples/, which a wheel has beside the page."""
    for place in (_HERE / "examples", _HERE.parents[1] / "examples"):
        if (place / name).exists():
            return place / name
    raise SymdiffError(
        f"the example {name} is missing from this installation",
        hint="install symdiff from a checkout or a wheel that has it: pip install .",
    )


def examples() -> list[dict[str, Any]]:
    """The examples menu: the lecture's formulas with their questions and numbers, then those of site/examples.toml."""
    from symdiff import asking

    lines = []
    for path in sorted(lecture("lecture").glob("*.sd")):
        text = path.read_text(encoding="utf-8")
        said = dict(re.findall(r"^# (wrt|at): (.*)$", text, re.MULTILINE))
        formula = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
        names = asking.names(said.get("wrt", ""), "wrt")
        own = set(re.findall(r"^(\w+) =", formula, re.MULTILINE))  # the page begins with the letters; values on the way can be ticked
        lines.append(
            {
                "title": text.splitlines()[0].lstrip("# "),
                "formula": formula,
                "wrt": [name for name in names if name not in own] or names,
                "at": asking.line(said["at"]) if "at" in said else {},
            }
        )
    more = tomllib.loads((source() / "examples.toml").read_text(encoding="utf-8"))["group"]
    return [{"title": "The lecture", "examples": sorted(lines, key=lambda one: len(one["formula"]))}, *more]


def pages() -> dict[str, bytes]:
    """The files of `site/` itself."""
    root = source()
    return {
        path.name: path.read_bytes()
        for path in sorted(root.iterdir())
        if path.is_file() and any(fnmatch(path.name, want) for want in STATIC)
    }


def files() -> dict[str, bytes]:
    """The whole page: content by path. SymdiffError where a part is missing."""
    found = pages()
    for part in manifest():
        if part.get("tests"):
            continue
        if part["name"] == "Pyodide":
            found |= {f"pyodide/{name}": content for name, content in pyodide(part)}
        elif part["source"] == "pip":
            found[f"python/{part['package']}.zip"] = archive(part_files(part))
        else:
            found |= {f"{part['into']}/{path.partition('/')[2]}": content for path, content in part_files(part).items()}
    found["python/engine.zip"] = engine()
    found["python/sympy.zip"] = sympy()
    found["examples.json"] = json.dumps(examples(), ensure_ascii=False, default=str).encode()
    found["sheet.toml"] = lecture("course/sheet.toml").read_bytes()
    found["licences.json"] = json.dumps(licences(), ensure_ascii=False, indent=1).encode()
    return found | stamped(found)


def stamped(found: dict[str, bytes]) -> dict[str, bytes]:
    """The service worker, which knows every file and a version made of all of them: a new page replaces the old one as a whole."""
    version = hashlib.sha256()
    for path in sorted(found):
        version.update(path.encode() + hashlib.sha256(found[path]).digest())
    listed = json.dumps(sorted(path for path in found if path != "sw.js"))
    text = found["sw.js"].decode()
    text = re.sub(r'const VERSION = "[^"]*"', f'const VERSION = "{version.hexdigest()[:16]}"', text)
    return {"sw.js": re.sub(r"const FILES = \[\]", f"const FILES = {listed}", text).encode()}


def build(folder: str | os.PathLike[str]) -> int:
    """Write the page into a folder; how many bytes it has. SymdiffError where the folder cannot be written."""
    found = files()
    root = Path(folder)
    try:
        for path, content in found.items():
            target = root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
    except OSError as error:
        raise SymdiffError(f"cannot write {folder}: {error.strerror or error}", hint="a folder that is empty or not there yet") from None
    return sum(map(len, found.values()))
