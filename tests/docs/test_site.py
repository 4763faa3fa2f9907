"""The documentation site: built strictly, no dead link, a search that needs no server, formulas that open in the page, accessible."""

from __future__ import annotations

import functools
import html
import http.server
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator
from html.parser import HTMLParser
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

import symdiff as sd
from docs.generator.examples import examples, linked
from docs.generator.pages import NAV, ROOT, Fault, relinked, sources
from docs.generator.reference import SUBJECTS

AXE = sorted((ROOT / "tests" / "site").glob("axe-core-*.tgz"))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site as it is published, without the page in the browser, which has tests of its own."""
    if find_spec("sphinx") is None or find_spec("myst_parser") is None or find_spec("furo") is None:
        pytest.skip("no Sphinx")
    out = tmp_path_factory.mktemp("site")
    made = subprocess.run(
        [sys.executable, "-m", "docs.generator", "--without-page", str(out)], check=False, cwd=ROOT, capture_output=True, text=True, timeout=600,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])},
    )  # fmt: skip
    assert made.returncode == 0, made.stdout + made.stderr
    return out


class Links(HTMLParser):
    """What a page links to, what it loads, and which places it has."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.places: set[str] = set()
        self.opens: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {k: v or "" for k, v in attrs}
        if given.get("id"):
            self.places.add(given["id"])
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
            if "open" in given.get("class", "").split():
                self.opens.append(given["href"])
        if tag in ("img", "script") and "src" in given:
            self.loads.append(given["src"])
        if tag == "link" and given.get("rel", "") in ("stylesheet", "icon", "preload"):
            self.loads.append(given["href"])


@functools.cache
def read(path: Path) -> Links:
    found = Links()
    found.feed(path.read_text(encoding="utf-8"))
    return found


def dead(site: Path) -> list[str]:
    """Links inside the site that lead nowhere."""
    lost = []
    for path in sorted(site.rglob("*.html")):
        for target in [*read(path).links, *read(path).loads]:
            parts = urlsplit(target)
            if parts.scheme or parts.netloc:
                continue
            file = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if file.is_dir():
                file = file / "index.html"
            if file == site.resolve() / "page" / "index.html":
                continue  # the page in the browser, which the site is published with
            if not file.is_file() or (parts.fragment and file.suffix == ".html" and unquote(parts.fragment) not in read(file).places):
                lost.append(f"{path.relative_to(site)}: {target}")
    return lost


def test_no_dead_link(site: Path) -> None:
    assert dead(site) == []
    assert sum(len(read(path).links) for path in site.rglob("*.html")) > 2000


def test_a_dead_link_is_found(site: Path, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text(
        '<a href="gone.html">x</a><a href="#nowhere">y</a><a href="#here" id="here">z</a><img src="lost.svg">', encoding="utf-8"
    )
    assert dead(tmp_path) == ["index.html: gone.html", "index.html: #nowhere", "index.html: lost.svg"]


def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    for path in site.rglob("*.html"):
        assert not [target for target in read(path).loads if urlsplit(target).netloc], path
    for path in site.rglob("*.css"):
        assert not re.search(r"url\(\s*[\"']?(?:https?:)?//", path.read_text(encoding="utf-8")), path


def test_every_page_is_there(site: Path) -> None:
    for names in NAV.values():
        for name in names:
            assert (site / f"{name}.html").is_file(), name
    assert (site / "index.html").is_file() and len(list(site.rglob("*.html"))) > 60


def test_every_public_name_is_in_the_reference(site: Path) -> None:
    assert {name for names in SUBJECTS.values() for name in names} == set(sd.__all__) - {"__version__"}
    text = "".join(path.read_text(encoding="utf-8") for path in (site / "reference").glob("*.html"))
    for name in sd.__all__:
        assert f'id="{name.lower()}"' in text or name == "__version__", name
    assert 'id="verdict"' in text and 'id="derivation"' in text  # what functions give


# ---------------------------------------------------------------------------------------------- formulas


def test_every_example_has_its_link(site: Path) -> None:
    count = 0
    for source, place in sources().items():
        wanted = [example.fragment for example in examples((ROOT / source).read_text(encoding="utf-8"))]
        found = ["#" + urlsplit(target).fragment for target in read(site / place.replace(".md", ".html")).opens]
        assert sorted(found) == sorted(wanted), source
        count += len(found)
    assert count > 150


def opened(target: str) -> tuple[str, list[str]]:
    """Formula and names as the page reads them from a link."""
    parts = dict(part.split("=", 1) for part in urlsplit(target).fragment.split("&"))
    return unquote(parts["f"]), [n for n in unquote(parts["wrt"]).split(",") if n]


def test_a_formula_in_a_link_gives_the_answer_of_its_example(site: Path) -> None:
    """Each is parsed from its link; where its example shows what it gives, that is what comes out."""
    tried = compared = 0
    for source, place in sources().items():
        shown = answers((ROOT / source).read_text(encoding="utf-8"))
        for target in dict.fromkeys(read(site / place.replace(".md", ".html")).opens):
            text, names = opened(target)
            try:
                f = sd.parse(text)
            except sd.SymdiffError as error:  # an example of a refusal, which the page shows
                assert str(error) in (ROOT / source).read_text(encoding="utf-8"), target
                continue
            assert names and all(re.match(r"\w+", n) for n in names), target
            tried += 1
            expected = shown.get((text, tuple(names)))
            if expected is not None:
                found = [str(sd.jacobian(f, name)) for name in names]
                assert found == expected, target
                compared += 1
    assert tried > 150 and compared > 20


def answers(text: str) -> dict[tuple[str, tuple[str, ...]], list[str]]:
    """What a page's sessions show of plain derivatives: `symdiff FORMULA --wrt NAMES`, and no other option but declarations."""
    from docs.generator.examples import of_command
    from docs.generator.pages import FENCE
    from tests.docs.sessions import STEP

    found = {}
    for match in FENCE.finditer(text):
        if match["word"].strip() != "console":
            continue
        for line, shown in STEP.findall(match["body"]):
            plain = re.fullmatch(r'symdiff ("[^"]*")((?: -d "[^"]*")*) --wrt [\w,]+', line) or re.fullmatch(
                r'symdiff ("[^"]*") (-d "[^"]*" )*--wrt [\w,]+', line
            )
            for example in of_command(line) if plain else ():
                lines = shown.strip().splitlines()
                found[example.formula, example.wrt] = (
                    [re.sub(r"^\w+: ", "", shown_line) for shown_line in lines] if len(example.wrt) > 1 else lines
                )
    return found


def test_a_link_that_is_wrong_is_found() -> None:
    made = linked('```console\n$ symdiff "x\'*A*x" --wrt x -d "A: symmetric matrix(n, n)"\n```\n', "guides/one.md")
    (target,) = re.findall(r'href="([^"]*)"', made)
    assert target.startswith("../page/index.html#f=")
    assert opened(html.unescape(target)) == ("A: symmetric matrix(n, n); x'*A*x", ["x"])


def test_a_link_to_what_is_not_there_stops_the_build() -> None:
    with pytest.raises(Fault, match=r"gone\.md"):
        relinked("see [there](gone.md)", "docs/index.md", sources(), set())
    brought: set[str] = set()
    assert (
        relinked("[a](../examples/course/sheet.toml) `[b](gone.md)`", "docs/index.md", sources(), brought)
        == "[a](files/examples/course/sheet.toml) `[b](gone.md)`"
    )
    assert brought == {"examples/course/sheet.toml"}


# ---------------------------------------------------------------------------------------------- in a browser


@pytest.fixture(scope="module")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    if not AXE:
        pytest.skip("no axe-core in tests/site")
    with tarfile.open(AXE[-1]) as archive:
        file = archive.extractfile("package/axe.min.js")
        assert file is not None
        return file.read().decode()


def browse(chromium: str, folder: Path, *arguments: str) -> str:
    quiet = [
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--allow-file-access-from-files",
    ]
    command = [chromium, "--headless", "--no-sandbox", "--disable-gpu", *quiet, f"--user-data-dir={folder / 'profile'}", *arguments]
    return subprocess.run(command, check=True, capture_output=True, timeout=120).stdout.decode()


def test_the_search_needs_no_server(site: Path, chromium: str, tmp_path: Path) -> None:
    shown = browse(chromium, tmp_path, "--virtual-time-budget=15000", "--dump-dom", (site / "search.html").as_uri() + "?q=hinge")
    results = re.findall(r'<li[^>]*><a href="([^"]*)"', shown.partition('id="search-results"')[2])
    assert len(results) >= 5
    assert any("tour" in target or "student" in target or "index" in target for target in results)
    nothing = browse(chromium, tmp_path, "--virtual-time-budget=15000", "--dump-dom", (site / "search.html").as_uri() + "?q=zzyzx")
    assert not re.findall(r'<li[^>]*><a href="([^"]*)"', nothing.partition('id="search-results"')[2])


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def checker(site: Path, axe: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The site, served, with a page that puts one after the other into a frame and asks axe-core about each."""
    folder = tmp_path_factory.mktemp("checked")
    shutil.copytree(site, folder, dirs_exist_ok=True)
    (folder / "axe.min.js").write_text(axe, encoding="utf-8")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}", folder
    server.shutdown()
    server.server_close()


ASK = """<!doctype html><html lang="en"><title>Checks</title><body><script>
const pages = PAGES, found = [];
const load = (frame, page) => new Promise((done) => { frame.onload = done; frame.src = page; });
const inject = (frame) => new Promise((done) => {
  const script = frame.contentDocument.createElement("script");
  script.onload = done; script.src = "/axe.min.js"; frame.contentDocument.head.append(script);
});
(async () => {
  for (const page of pages) {
    const frame = document.createElement("iframe");
    frame.width = WIDTH; frame.height = 900; document.body.append(frame);
    await load(frame, page);
    const inside = frame.contentDocument.documentElement;
    const wide = inside.scrollWidth - inside.clientWidth;
    await inject(frame);
    const result = await frame.contentWindow.axe.run(frame.contentDocument, {resultTypes: ["violations"]});
    found.push({page, wide, checked: result.passes.length, faults: result.violations.map((v) => `${v.id}: ${v.nodes[0].html.slice(0, 160)} (${v.nodes.length})`)});
    frame.remove();
  }
  await fetch("/done", {method: "POST", body: ""}).catch(() => {});
  document.body.textContent = "REPORT" + JSON.stringify(found) + "END";
})();
</script></body></html>
"""
CHECKED = ("index", "tour", "answers", "language", "audit", "rules", "reference/derivatives", "commands/check", "search")


@pytest.mark.parametrize("width", [1280, 360])
def test_pages_are_accessible(width: int, checker: tuple[str, Path], chromium: str, tmp_path: Path) -> None:
    address, folder = checker
    pages = json.dumps([f"/{name}.html" for name in CHECKED])
    (folder / f"ask-{width}.html").write_text(ASK.replace("PAGES", pages).replace("WIDTH", str(width)), encoding="utf-8")
    shown = browse(
        chromium,
        tmp_path,
        "--window-size=1400,1000",
        "--timeout=90000",
        "--virtual-time-budget=60000",
        "--dump-dom",
        f"{address}/ask-{width}.html",
    )
    report = json.loads(html.unescape(re.search(r"REPORT(.*)END", shown, re.DOTALL)[1]))  # type: ignore[index]
    assert [r["page"] for r in report] == json.loads(pages)
    assert all(r["checked"] > 10 for r in report)
    assert {r["page"]: r["faults"] for r in report if r["faults"]} == {}
    assert {r["page"]: r["wide"] for r in report if r["wide"] > 0} == {}
