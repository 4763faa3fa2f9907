"""Notebooks: cells that are formulas, objects that show themselves, messages without tracebacks, sliders where ipywidgets is there."""

from __future__ import annotations

import sys
import types
from typing import Any

import pytest

import symdiff as sd
from symdiff.notebook import MADE

HINGE = "max(1 - y*w.phi, 0)\n"
POINT = "--at w=[3,1] --at phi=[1,2] --at y=0.1"


@pytest.fixture
def cell() -> Any:
    """What `%%symdiff` calls, as a shell registers it."""
    found = {}

    class Shell:
        def register_magic_function(self, function: Any, magic_kind: str, magic_name: str) -> None:
            found[magic_name, magic_kind] = function

    sd.load_ipython_extension(Shell())
    return found["symdiff", "line_cell"]


def test_a_cell_is_a_formula(cell: Any) -> None:
    assert str(cell("--wrt w", HINGE)) == "-[y*w.phi < 1]*y*phi"
    assert cell("--wrt w,y", HINGE).names == ("w", "y")
    assert cell(f"--wrt w {POINT}", HINGE).tolist() == [-0.1, -0.2]
    assert str(cell("--hessian x,y", "x^2*y")) == "2*x"
    assert str(cell('"w.x" --wrt w')) == "x"
    assert str(cell('-d "A: symmetric matrix(n, n)" --wrt x', "0.5*x'*A*x")) == "A*x"


def test_commands_give_what_they_show(cell: Any) -> None:
    shown = {
        "graph": "_repr_svg_", "steps": "_repr_html_", "trace": "_repr_html_", "backward": "_repr_pretty_", "handout": "_repr_html_", "curvature": "_repr_pretty_",
        "check": "_repr_pretty_", "stationary": "_repr_pretty_",
    }  # fmt: skip
    assert set(shown) | {"derivative"} == set(MADE)
    for word, method in shown.items():
        line = {"trace": f"trace {POINT}", "check": "check --wrt w --answer -y*phi", "stationary": "stationary --wrt a"}.get(
            word, f"{word} --wrt w"
        )
        made = cell(line, "(a - b)^2" if word == "stationary" else HINGE)
        assert hasattr(made, method), word
    assert cell("graph --wrt w --across", HINGE).svg() != cell("graph --wrt w", HINGE).svg()


def test_other_commands_print(cell: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert cell("code --wrt w --no-verify", HINGE) is None
    assert "import numpy as np" in capsys.readouterr().out
    assert cell("--help", HINGE) is None
    assert capsys.readouterr().out.startswith("Usage: symdiff FORMULA")


@pytest.mark.parametrize(
    ("line", "text", "message"),
    [
        ("--wrt w", "w..x", "^"),
        ("--wrt q", HINGE, "'q' does not occur"),
        ("--wrt w --frames x", HINGE, "has no option --frames"),
        ('--wrt "w', HINGE, "not a command"),
        ("--order two --wrt w", HINGE, "order"),
    ],
)
def test_what_cannot_be_done_is_one_message(cell: Any, line: str, text: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cell(line, text) is None
    out, err = capsys.readouterr()
    assert not out and message in err and "Traceback" not in err


def test_errors_show_themselves_without_a_traceback() -> None:
    with pytest.raises(sd.ParseError) as caught:
        sd.parse("w..x")
    (shown,) = caught.value._render_traceback_()
    assert shown.startswith("ParseError: ") and "\n  w..x\n" in shown


def test_objects_show_themselves() -> None:
    f = sd.parse(HINGE)

    class Printer:
        text = staticmethod(lambda text: lines.append(text))

    for thing in (f, sd.verify(f, "w", "w"), sd.check(f, "w", "phi"), sd.curvature(f, "w"), sd.stationary_points("(x - a)^2", "x")):
        lines: list[str] = []
        thing._repr_pretty_(Printer, False)  # type: ignore[union-attr]
        assert lines and "(ok=" not in lines[0] and "Grade(" not in lines[0]
    assert len(repr(sd.rules())) < 200 and "<table" in sd.rules()._repr_html_()  # type: ignore[attr-defined]


def test_without_typst_the_text_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    from symdiff.teach import glyphs

    glyphs._set.cache_clear()
    monkeypatch.setitem(sys.modules, "typst", None)
    graph, page = sd.graph("sin(x)*zeta*kappa", "x"), sd.handout("sin(x)*zeta*kappa", "x", verify=False)
    assert graph._repr_svg_() is None and repr(graph).startswith("<graph of ")
    assert page._repr_html_() is None and repr(page).startswith("<handout ")
    glyphs._set.cache_clear()


class Widget:
    """Enough of ipywidgets: values, and whoever watches them."""

    def __init__(self, children: Any = (), **facts: Any) -> None:
        self.children, self.value, self.watchers = children, facts.get("value", ""), []
        self.description = facts.get("description", "")

    def observe(self, watcher: Any, names: str) -> None:
        self.watchers.append(watcher)

    def move(self, value: float) -> None:
        self.value = value
        for watcher in self.watchers:
            watcher(None)


def test_sliders_move_both_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("ipywidgets")
    module.FloatSlider = module.HTML = module.VBox = Widget  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "ipywidgets", module)
    trace = sd.trace("(w.x - y)^2", {"w": [1, 2], "x": [3, 4], "y": 1}, "w")
    box = trace.sliders()
    *handles, page = box.children
    assert [h.description for h in handles] == ["w[1]", "w[2]", "x[1]", "x[2]", "y"] and ">100<" in page.value
    handles[4].move(11)
    assert ">100<" not in page.value and "<table" in page.value
    with pytest.raises(sd.SymdiffError, match="too many for sliders"):
        sd.trace("w.x", {"w": list(range(20)), "x": list(range(20))}).sliders()


def test_without_ipywidgets_there_is_a_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    with pytest.raises(sd.SymdiffError, match="ipywidgets") as caught:
        sd.trace("x^2", {"x": 1}).sliders()
    assert "symdiff-graph[notebook]" in caught.value.hint
