"""The page as a person meets it, in Chromium: by keyboard and by click, at three widths, in light and dark, without a network, and looked at by axe-core.

SYMDIFF_SHOTS=FOLDER writes pictures of it and the figures of load, latency and size. The tests are one visit, in their order.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import symdiff as sd
from symdiff.page import build, serve

sys.path.insert(0, str(Path(__file__).parent))
from browser import Browser

SHOTS = os.environ.get("SYMDIFF_SHOTS", "")
LONG = 240.0  # seconds: a machine that does much else is slow; the figures are what is measured alone


@pytest.fixture(scope="module")
def server() -> Iterator[Any]:
    made = serve.server(build.files())
    threading.Thread(target=made.serve_forever, daemon=True).start()
    yield made
    made.shutdown()
    made.server_close()


@pytest.fixture(scope="module")
def page(server: Any) -> Iterator[Browser]:
    found = shutil.which("chromium")
    if found is None:
        if os.environ.get("SYMDIFF_NEEDS_BROWSER"):
            pytest.fail("no chromium")
        pytest.skip("no chromium")
    browser = Browser(found)
    browser.size(1280, 900)
    browser.open(serve.address(server))
    browser.wait("document.documentElement.dataset.answered", LONG)
    yield browser
    browser.close()


def shot(page: Browser, name: str) -> None:
    if SHOTS:
        Path(SHOTS).mkdir(parents=True, exist_ok=True)
        page.picture(Path(SHOTS, f"{name}.png"), whole=True)


def text(page: Browser, selector: str) -> str:
    return str(page.run(f"document.querySelector({json.dumps(selector)})?.textContent ?? ''"))


def answer(page: Browser) -> list[str]:
    return list(page.run("[...document.querySelectorAll('#answers .plain code')].map((e) => e.textContent)"))


def enter(page: Browser, formula: str) -> None:
    """Replace the formula by typing."""
    page.run("document.getElementById('formula').focus(); document.getElementById('formula').select()")
    page.type(formula)


def answered(page: Browser, wanted: list[str]) -> None:
    page.wait(
        f"JSON.stringify([...document.querySelectorAll('#answers:not(.stale) .plain code')].map((e) => e.textContent)) === {json.dumps(json.dumps(wanted, separators=(',', ':'), ensure_ascii=False))}",
        LONG,
    )


def times(page: Browser) -> dict[str, Any]:
    return dict(json.loads(page.run("JSON.stringify(window.symdiffTimes)")))


def test_the_first_answer(page: Browser) -> None:
    assert answer(page) == ["-[y*w.phi < 1]*y*phi"]
    assert page.run("document.querySelectorAll('#answers math').length") == 1
    assert page.run("document.cookie") == ""
    shot(page, "first")


def test_the_next_formulas_come_at_once(page: Browser) -> None:
    took = []
    for formula, wrt in [("norm2(A*x - b)^2", "x"), ("x'*A*x", "x"), ("w.phi*y", "w"), ("sin(x)^2", "x"), ("(w.phi - y)^2", "w")]:
        enter(page, formula)
        answered(page, [str(sd.grad(formula, wrt))])
        took.append(times(page)["last"])
    if SHOTS:
        Path(SHOTS, "figures.json").write_text(
            json.dumps({**times(page), "next": took, "bytes": sum(map(len, build.files().values()))}, indent=1)
        )
    assert min(took) < 1000, took


def test_typing_shows_where_it_is_wrong(page: Browser) -> None:
    enter(page, "max(1 - y*w.phi, 0")
    page.wait("document.querySelector('#problem .message')", LONG)
    assert "never closed" in text(page, "#problem .message")
    assert text(page, "#mirror mark") == "(" and text(page, "#problem .place mark") == "("
    assert page.run("document.getElementById('formula').getAttribute('aria-invalid')") == "true"
    shot(page, "error")
    page.type(")")
    answered(page, ["-[y*w.phi < 1]*y*phi"])
    assert text(page, "#problem") == "" and page.run("document.getElementById('formula').getAttribute('aria-invalid')") == "false"


def test_markup_in_a_formula_stays_text(page: Browser) -> None:
    enter(page, "x; </pre><img src=x onerror=alert(1)>")
    page.wait("document.querySelector('#problem .message')", LONG)
    assert page.run("document.querySelectorAll('#problem img').length") == 0


def test_types_are_changed_by_clicking(page: Browser) -> None:
    enter(page, "a*b")
    answered(page, ["b"])
    page.run(
        "(() => { const s = document.querySelector('#letters select[data-name=a]'); s.value = 'matrix(m, n)'; s.dispatchEvent(new Event('change')); })()"
    )
    page.wait("document.querySelector('.which')?.textContent.includes('Jacobian')", LONG)
    assert "set here" in text(page, "#letters")
    page.run(
        "(() => { const s = document.querySelector('#letters select[data-name=a]'); s.value = ''; s.dispatchEvent(new Event('change')); })()"
    )
    answered(page, ["b"])


def test_the_letters_are_ticked(page: Browser) -> None:
    enter(page, "h = sigma(V*phi); residual = w.h - y; residual^2")
    page.wait(
        "document.querySelector('input[data-wrt=V]') && document.querySelector('#answers:not(.stale) .plain code').textContent.includes('residual')",
        LONG,
    )
    for name in ("w", "V"):
        if not page.run(f"document.querySelector('input[data-wrt={name}]').checked"):
            page.click(f"input[data-wrt={name}]")
    page.wait("document.querySelectorAll('#answers .plain code').length === 2", LONG)
    assert set(answer(page)) == {"2*residual*h", "2*residual*(w .* h .* (1 - h))*phi'"}


def test_every_tab_by_arrow_keys(page: Browser) -> None:
    page.run("document.getElementById('tab-graph').focus()")
    page.key("Home")
    ready = {
        "graph": "#panel-graph svg", "steps": "#panel-steps .derivation", "numbers": "#panel-numbers .slider", "check": "#mine", "curvature": "#panel-curvature .kind",
        "backward": "#panel-backward table", "code": "#panel-code pre", "practice": "#entry",
    }  # fmt: skip
    for name, selector in ready.items():
        assert page.run("document.activeElement.id") == f"tab-{name}"
        page.wait(f"document.querySelector({json.dumps(selector)}) && !document.querySelector('#panel-{name}').hidden", LONG)
        shot(page, f"tab-{name}")
        page.key("ArrowRight")
    assert page.run("document.activeElement.id") == "tab-graph"  # round


def test_sliders_move_both_passes(page: Browser) -> None:
    page.click("#tab-numbers")
    page.wait("document.querySelector('#panel-numbers .result')", LONG)
    before = text(page, "#panel-numbers .result"), text(page, "#panel-numbers table")
    page.run(
        "(() => { const s = document.querySelector('#panel-numbers input[type=range]'); s.value = s.max; s.dispatchEvent(new Event('input')); })()"
    )
    page.wait(f"document.querySelector('#panel-numbers .result').textContent !== {json.dumps(before[0])}", LONG)
    assert text(page, "#panel-numbers table") != before[1]


def test_my_answer_is_marked(page: Browser) -> None:
    enter(page, "max(1 - y*w.phi, 0)")
    answered(page, ["-[y*w.phi < 1]*y*phi"])
    page.click("#tab-check")
    page.click("#mine")
    page.type("-y*phi")
    page.key("Enter")
    page.wait("document.querySelector('.grade.bad')", LONG)
    assert "indicator" in text(page, ".grade")
    shot(page, "marked")
    page.run("document.getElementById('mine').select()")
    page.type("[1 - y*w.phi > 0]*(-y*phi)")
    page.key("Enter")
    page.wait("document.querySelector('.grade.good')", LONG)


def test_the_check_reports(page: Browser) -> None:
    page.wait("/verified by SymPy: exact/i.test(document.querySelector('#verdict.good')?.textContent ?? '')", LONG)


def test_practice_marks_entries(page: Browser) -> None:
    page.click("#tab-practice")
    page.wait("document.querySelector('#entry')", LONG)
    page.click("#entry")
    page.type("17")
    page.key("Enter")
    page.wait("document.querySelector('.log li.bad')", LONG)
    page.click("#entry")
    page.type("1")
    page.key("Enter")
    page.wait("document.querySelector('.log li.good')", LONG)
    shot(page, "practice")


def test_examples_open(page: Browser) -> None:
    page.run(
        "(() => { const s = document.getElementById('examples'); s.value = [...s.options].find((o) => o.text === 'Log-determinant').value; s.dispatchEvent(new Event('change')); })()"
    )
    answered(page, ["inv(X)'"])


def test_the_address_carries_everything(page: Browser, server: Any) -> None:
    page.wait("location.hash.includes('logdet')", LONG)
    formula = "norm2(X*w - y)^2 + lambda*norm2(w)^2"
    from urllib.parse import quote

    page.run(f"location.hash = {json.dumps('#f=' + quote(formula) + '&wrt=w&tab=curvature')}")
    page.wait("document.querySelector('#panel-curvature .kind')?.textContent.startsWith('convex')", LONG)
    assert page.run("document.getElementById('formula').value") == formula


def test_two_dimensional_input(page: Browser) -> None:
    enter(page, "norm2(A*x - b)^2")
    answered(page, ["2*A'*(A*x - b)"])
    page.click("#twod")
    page.wait("document.querySelector('math-field')?.value?.length", LONG)
    page.wait("document.querySelector('#answers:not(.stale) .plain code')?.textContent === \"2*A'*(A*x - b)\"", LONG)
    page.run(
        "(() => { const f = document.querySelector('math-field'); f.value = '\\\\lVert x \\\\rVert^2'; f.dispatchEvent(new Event('input')); })()"
    )
    answered(page, ["2*x"])
    shot(page, "two-dimensional")
    page.click("#twod")
    assert page.run("document.getElementById('formula').value").startswith("\\lVert")


AXE = """(async () => {{
  {source}
  const found = await axe.run(document, {{ resultTypes: ["violations"] }});
  return JSON.stringify(found.violations.map((v) => [v.id, v.nodes.map((n) => n.target.join(" ") + ": " + n.failureSummary).slice(0, 3)]));
}})()"""


def axe() -> str:
    (part,) = [p for p in build.manifest() if p["name"] == "axe-core"]
    return next(content.decode() for path, content in build.members(build.vendored(part), part["file"]) if path == "package/axe.min.js")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_nothing_stands_in_anybody_s_way(page: Browser, dark: bool) -> None:
    source = axe()
    enter(page, "h = sigma(V*phi); residual = w.h - y; residual^2")
    page.wait("document.querySelector('#answers:not(.stale) .plain code')?.textContent.includes('residual')", LONG)
    page.size(1280, 900, dark=dark)
    for name in ("graph", "steps", "numbers", "check", "curvature", "backward", "code", "practice"):
        page.click(f"#tab-{name}")
        page.wait(f"!document.querySelector('#panel-{name} .spinner')", LONG)
        assert json.loads(page.run(AXE.format(source=source), LONG)) == [], name


@pytest.mark.parametrize(("width", "mobile"), [(360, True), (768, False), (1280, False)])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_it_fits(page: Browser, width: int, mobile: bool, dark: bool) -> None:
    page.size(width, 780, mobile=mobile, dark=dark)
    for name in ("graph", "steps", "numbers", "code"):
        page.click(f"#tab-{name}")
        page.wait(f"document.querySelector('#panel-{name}').childElementCount && !document.querySelector('#panel-{name} .spinner')", LONG)
        assert page.run("document.documentElement.scrollWidth") <= width
        shot(page, f"{name}-{width}-{'dark' if dark else 'light'}")


def test_it_works_without_a_server(page: Browser, server: Any) -> None:
    page.size(1280, 900)
    page.wait("document.documentElement.dataset.offline", LONG)
    page.wait("navigator.serviceWorker.controller", LONG)
    server.shutdown()
    server.server_close()
    page.call("Page.reload", ignoreCache=False)
    time.sleep(1)
    page.wait("document.documentElement?.dataset.answered", LONG)
    assert answer(page)
    server.serve_forever = lambda: None
    server.shutdown = lambda: None
    page.wait("/verified/i.test(document.querySelector('#verdict.good')?.textContent ?? '')", LONG)


def test_the_console_is_silent(page: Browser) -> None:
    assert page.complaints() == []
