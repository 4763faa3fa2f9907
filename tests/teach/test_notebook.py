"""The notebook runs, and its values show themselves as Jupyter would show them."""

import ast
import json
from pathlib import Path

import pytest

import symdiff as sd

NOTEBOOK = Path(__file__).parents[2] / "examples" / "hinge.ipynb"


@pytest.fixture(scope="module")
def displayed():
    """The value of the last line of every cell that has one, in order."""
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    space, values = {}, []
    for cell in cells:
        if cell["cell_type"] == "code":
            body = ast.parse("".join(cell["source"])).body
            last = body[-1]
            exec(compile(ast.Module(body[:-1] if isinstance(last, ast.Expr) else body, []), NOTEBOOK.name, "exec"), space)
            if isinstance(last, ast.Expr):
                values.append(eval(compile(ast.Expression(last.value), NOTEBOOK.name, "eval"), space))
    return values


def test_every_cell_shows_something(displayed):
    formula, gradient, graph, numbers, trace, derivation, verdict, grade, value, page = displayed
    assert formula._repr_latex_() == r"$\displaystyle \max(1 - \mathrm{margin}, 0)$"
    assert gradient._repr_latex_() == r"$\displaystyle -\mathbf{1}[\mathrm{margin} < 1] \, y \, \phi(x)$"
    assert graph._repr_svg_().startswith("<svg") and "forward" not in graph._repr_svg_().split("</style>")[1]
    assert "margin = ×; forward 0.5; backward −1" in numbers._repr_svg_()
    assert "<table" in trace._repr_html_() and "[−0.1, −0.2]" in trace._repr_html_()
    assert "<math" in derivation._repr_html_()
    assert verdict.ok is True
    assert not grade.correct
    assert value.tolist() == pytest.approx([-0.1, -0.2])
    assert page._repr_html_().startswith('<iframe title="The hinge loss" srcdoc="&lt;!doctype html&gt;')


def test_several_answers_show_themselves():
    both = sd.grad(sd.parse("a*b"), ["a", "b"])
    assert both._repr_latex_().startswith("$\\displaystyle \\begin{aligned}")


def test_the_notebook_is_stored_without_outputs():
    for cell in json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]:
        assert not cell.get("outputs") and cell.get("execution_count") is None
