"""The page's files: what is vendored is what was published, what is built is whole, small enough, the same every time, and without links to anywhere."""

from __future__ import annotations

import _imp
import http.client
import json
import re
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

import pytest

import symdiff
from symdiff.cli import main
from symdiff.errors import SymdiffError
from symdiff.page import build, serve

ROOT = Path(__file__).parents[2]
LIMIT = 25_000_000  # bytes


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return build.files()


def test_what_is_vendored_is_what_was_published() -> None:
    for part in build.manifest():
        assert build.vendored(part)
        assert part["licence"] and part["version"] in part["file"]


def test_the_library_is_compiled_from_the_sources_that_were_published() -> None:
    part = build.manifest()[0]
    (packed,) = [content for path, content in build.members(build.vendored(part), part["file"]) if path.endswith("python_stdlib.zip")]
    sources = dict(build.members(packed, "sources.zip"))
    made = dict(build.members(build.vendored(part["compiled"]), part["compiled"]["file"]))
    assert {re.sub(r"\.py$", ".pyc", path) for path in sources} == made.keys()
    for path, content in sources.items():
        if not path.endswith(".py"):
            assert made[path] == content
            continue
        code = made[path + "c"]
        assert (
            code[:8] == made["os.pyc"][:8] and code[4:8] == b"\1\0\0\0"
        )  # one Python's; by the hash of the source, not looked at again (PEP 552)
        assert code[8:16] == _imp.source_hash(int.from_bytes(code[:4], "little"), content), path


def test_another_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    part = {**build.manifest()[0], "sha256": "0" * 64}
    with pytest.raises(SymdiffError, match="hash"):
        build.vendored(part)


def test_everything_is_there(files: dict[str, bytes]) -> None:
    for name in (
        "index.html",
        "page.css",
        "main.mjs",
        "worker.mjs",
        "sw.js",
        "icon.svg",
        "examples.json",
        "sheet.toml",
        "licences.json",
        "python/engine.zip",
        "python/sympy.zip",
        "python/python-flint.zip",
        "pyodide/pyodide.mjs",
        "pyodide/pyodide.asm.mjs",
        "pyodide/pyodide.asm.wasm.gz",
        "pyodide/python_stdlib.zip",
        "mathlive/mathlive.min.mjs",
    ):
        assert files[name], name  # fmt: skip
    assert sum(map(len, files.values())) <= LIMIT


def test_the_same_environment_gives_the_same_bytes(files: dict[str, bytes]) -> None:
    assert build.archive({"b": b"2", "a": b"1"}) == build.archive({"a": b"1", "b": b"2"})
    assert build.engine() == files["python/engine.zip"]


def test_the_service_worker_knows_every_file(files: dict[str, bytes]) -> None:
    text = files["sw.js"].decode()
    match = re.search(r"const FILES = (\[.*\]);", text)
    assert match is not None
    assert set(json.loads(match[1])) == files.keys() - {"sw.js"}
    assert re.search(r'const VERSION = "[0-9a-f]{16}"', text)


def test_the_page_s_own_files_point_nowhere_else(files: dict[str, bytes]) -> None:
    for name in [n for n in files if "/" not in n and n.endswith((".html", ".css", ".mjs", ".js", ".webmanifest"))]:
        text = files[name].decode()
        assert not re.findall(r"https?://(?!www\.w3\.org/)", text), name
        for address in re.findall(r"""(?:src|href)="([^"#]+)"|from "\./([^"]+)"|import\("\./([^"]+)"\)""", text):
            (target,) = [a for a in address if a]
            assert target in files, (name, target)


def test_licences_are_listed_for_every_part(files: dict[str, bytes]) -> None:
    listed = {part["name"] for part in json.loads(files["licences.json"])}
    assert listed == {"symdiff", "SymPy", "mpmath", *[p["name"] for p in build.manifest() if not p.get("tests")]}
    assert "mathlive/LICENSE.txt" in files
    with zipfile.ZipFile(BytesIO(files["python/python-flint.zip"])) as flint:
        assert any("COPYING.LESSER" in name for name in flint.namelist())
        assert not any(name.startswith("flint/test/") for name in flint.namelist())


def test_the_archives_suffice(files: dict[str, bytes], tmp_path: Path) -> None:
    """The engine and SymPy from their archives alone: an answer, and its proof."""
    with zipfile.ZipFile(BytesIO(files["python/engine.zip"])) as engine:
        engine.extractall(tmp_path / "engine")
    (tmp_path / "sympy.zip").write_bytes(files["python/sympy.zip"])
    code = f"""
import sys
sys.path = [{str(tmp_path / "engine")!r}, {str(tmp_path / "sympy.zip")!r}, *[p for p in sys.path if "site-packages" not in p]]
sys.meta_path = [finder for finder in sys.meta_path if "editable" not in repr(finder).lower()]
import symdiff
assert symdiff.__file__.startswith({str(tmp_path)!r}), symdiff.__file__
from symdiff.page import arrays
assert arrays.installed()
import json
from symdiff.page import service
given = json.dumps({{"formula": "softmax(x)", "wrt": ["x"]}})
text = json.loads(service.ask("answer", given))["answers"][0]["text"]
print(json.loads(service.ask("verify", json.dumps({{"formula": "softmax(x)", "wrt": ["x"], "answers": [text]}})))["verdicts"][0]["text"])
"""
    done = subprocess.run([sys.executable, "-I", "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
    assert done.stdout.startswith("verified by SymPy: exact"), done.stderr[-3000:]


def test_examples_and_sheet_are_the_lecture_s(files: dict[str, bytes]) -> None:
    groups = json.loads(files["examples.json"])
    assert len(groups[0]["examples"]) == len(list((ROOT / "examples" / "lecture").glob("*.sd")))
    assert files["sheet.toml"] == (ROOT / "examples" / "course" / "sheet.toml").read_bytes()


# ---------------------------------------------------------------------------------------------- on this machine


@pytest.fixture(scope="module")
def address(files: dict[str, bytes]) -> Iterator[str]:
    server = serve.server(files)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield serve.address(server)
    server.shutdown()
    server.server_close()


def get(address: str, path: str, method: str = "GET") -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=20)
    connection.request(method, path)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, dict(answer.getheaders()), body


def test_files_are_served_with_their_types(address: str, files: dict[str, bytes]) -> None:
    assert address.startswith("http://127.0.0.1:")
    for path, kind in [("/", "text/html"), ("/worker.mjs", "text/javascript"), ("/page.css", "text/css"), ("/python/engine.zip", "application/zip"), ("/icon.svg", "image/svg+xml"),
                       ("/licences.json", "application/json"), ("/index.html?x=1", "text/html"), ("/mathlive/fonts/KaTeX_Main-Regular.woff2", "font/woff2")]:  # fmt: skip
        status, headers, body = get(address, path)
        assert (status, headers["Content-Type"].partition(";")[0]) == (200, kind), path
        assert int(headers["Content-Length"]) == len(body) > 0
    assert get(address, "/page.css", "HEAD")[2] == b""


@pytest.mark.parametrize(
    "path", ["/nothing", "/../pyproject.toml", "/%2e%2e/pyproject.toml", "//etc/passwd", "/python", "/site/index.html"]
)
def test_nothing_else_is_served(address: str, path: str) -> None:
    assert get(address, path)[0] == 404


def test_a_port_that_is_taken(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["page", "--no-browser", "--port", str(urlsplit(address).port)]) == 2
    assert "cannot listen on port" in capsys.readouterr().err


def test_the_command_writes_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str], files: dict[str, bytes]) -> None:
    assert main(["page", "-o", str(tmp_path / "public")]) == 0
    written = {p.relative_to(tmp_path / "public").as_posix() for p in (tmp_path / "public").rglob("*") if p.is_file()}
    assert written == files.keys()
    assert capsys.readouterr().out == ""
    (tmp_path / "file").write_text("")
    assert main(["page", "-o", str(tmp_path / "file")]) == 2
    assert main(["page", "-o", str(tmp_path / "other"), "--port", "80"]) == 2


def test_the_command_serves_until_it_is_interrupted() -> None:
    import signal

    process = subprocess.Popen(
        [sys.executable, "-m", "symdiff", "page", "--no-browser"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline().strip()
        assert get(line, "/")[0] == 200
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.communicate()


def test_the_version_is_the_package_s(files: dict[str, bytes]) -> None:
    assert next(p for p in json.loads(files["licences.json"]) if p["name"] == "symdiff")["version"] == symdiff.__version__
