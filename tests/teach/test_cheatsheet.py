"""The cheat sheet: the lecture's page, every row of the table, the operations checked against the sweep itself."""

import csv
import io
import json

import pytest

import symdiff as sd
from symdiff.cli import main
from symdiff.table import TABLE
from symdiff.teach.cheatsheet import OPERATIONS, sheet, show
from symdiff.teach.tables import Table, render

LECTURE = """\
sum         a + b      a, b -> sum         a: 1, b: 1
difference  a - b      a, b -> difference  a: 1, b: -1
product     a*b        a, b -> product     a: b, b: a
square      a^2        a -> square         a: 2*a
max         max(a, b)  a, b -> max         a: [a > b], b: [b > a]
sigma       sigma(x)   x -> sigma          x: y*(1 - y)"""


def test_the_page_of_the_lecture(capsys):
    assert main(["rules", "--only", "sum difference product square max sigma"]) == 0
    lines = capsys.readouterr().out.splitlines()
    for line, expected in zip(lines[3:], LECTURE.splitlines(), strict=True):
        assert line.startswith(expected)


def test_every_row_has_a_line():
    names = [e.name for e in sheet()]
    assert names == [*OPERATIONS, *TABLE.rows]
    assert len(set(names)) == len(names)
    for form in ("text", "unicode", "markdown", "latex", "html"):
        assert show(sheet(), form).count("\n") >= len(names)
    assert len(list(csv.reader(io.StringIO(show(sheet(), "csv"))))) == len(names) + 1
    assert [e["name"] for e in json.loads(show(sheet(), "json"))] == names


def test_aliases_and_slips(capsys):
    assert [e.name for e in sheet(["sigmoid", "ln", "total"])] == ["sigma", "log", "total"]
    assert main(["rules", "--only", "sgima"]) == 2
    assert capsys.readouterr().err == "symdiff: there is no rule for 'sgima'\nhint: did you mean sigma or gamma?\n"


DECLARED = {
    "matvec": "A: matrix(m, n); x: vector(n); g: vector(m)", "matmul": "A: matrix(m, n); B: matrix(n, k); g: matrix(m, k)",
    "outer": "x: vector(m); y: vector(n); g: matrix(m, n)", "transpose": "A: matrix(m, n); g: matrix(n, m)",
    "total": "x: vector(n)", "rowsum": "A: matrix(m, n); g: vector(m)", "colsum": "A: matrix(m, n); g: vector(n)",
    "trace": "A: matrix(n, n)", "diag_matrix": "x: vector(n); g: matrix(n, n)", "diag_part": "A: matrix(n, n); g: vector(n)",
    "dot": "a: vector(n); b: vector(n)", "power": "a: positive scalar", "entry": "x: vector(n)",
}  # fmt: skip


@pytest.mark.parametrize("entry", OPERATIONS.values(), ids=OPERATIONS)
def test_operations_are_those_of_the_sweep(entry):
    """Each line's text is the derivative of its formula: of g .* value where g comes down, of the value else."""
    value = entry.formula.replace("[i]", "[2]")
    declared = DECLARED.get(entry.name, "")
    weighted = {"matvec": "g.({})", "rowsum": "g.({})", "colsum": "g.({})", "diag_part": "g.({})"}.get(entry.name, "sum(g .* ({}))")
    f = sd.parse(f"{declared}; {weighted.format(value) if entry.form == 'pull' else value}".lstrip("; "))
    for name, edge in zip(entry.graph, entry.edges, strict=True):
        text = edge.replace("unit(i,", "unit(2,")
        assert sd.verify(f, name, sd.parse(text, given=f)).ok, (name, text)


def test_user_text_is_text_in_every_format():
    nasty = '<script>alert("1")</script> \\input{x} $y$ 50% {z} `code` *a* _b_ | & #c ~ ^ =1+1\n\x1b[31m'
    table = Table(nasty, ("head",), ((nasty,),))
    html = render([table], "html")
    assert "<script" not in html and "&lt;script&gt;" in html
    latex = render([table], "latex")
    assert r"\textbackslash{}input\{x\}" in latex and r"\$y\$" in latex and r"50\%" in latex and r"\textbar{} \& \#c" in latex
    markdown = render([table], "markdown")
    assert "<script" not in markdown and "\\$y\\$" in markdown and "\\`code\\`" in markdown and "\\| &amp;" in markdown
    for form in ("text", "unicode", "markdown", "latex", "html", "csv"):
        shown = render([table], form)
        assert "\x1b" not in shown
        assert "\n " not in shown.replace("\n   ", "")
    ((_, cell),) = list(csv.reader(io.StringIO(render([Table("", ("head",), (("=1+1",),))], "csv"))))[1:]
    assert cell == "'=1+1"
