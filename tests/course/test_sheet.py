"""The file of a sheet: what it may say, and what is said of slips: the line, what is wrong, what to write instead."""

from fractions import Fraction
from pathlib import Path

import pytest

import symdiff as sd
from symdiff.course.sheetfile import read_sheet
from symdiff.errors import SymdiffError

LECTURE = Path(__file__).parents[2] / "examples" / "course" / "sheet.toml"
HEAD = 'title = "T"\n[[problem]]\n'
HINGE = 'formula = "max(1 - y*w.phi, 0)"\nwrt = "w"\n'
AT = "at = {w = [3, 1], phi = [1, 2], y = -1}\n"

SLIPS = {
    "no title": ('[[problem]]\nformula = "x^2"\nwrt = "x"\n', "line 1: the sheet has no title", 'title = "Backpropagation"'),
    "no problems": ('title = "T"\n', "line 1: the sheet has no problems", "a table [[problem]] for each, for example:"),
    "a word of the sheet": ('titel = "T"\n' + HEAD + HINGE, "line 1: a sheet has no 'titel'", "did you mean title?"),
    "a word of a problem": (HEAD + HINGE + 'formul = "x"\n', "line 5: a problem has no 'formul'", "did you mean formula?"),
    "no formula": (HEAD + 'wrt = "w"\n', "line 2: the problem has no formula", 'formula = "max(1 - y*w.phi, 0)"'),
    "no wrt": (
        HEAD + 'formula = "x^2"\n',
        "line 2: the problem does not say by what it is differentiated",
        'wrt = "w", or wrt = ["w", "b"]',
    ),
    "a formula": (HEAD + 'formula = "max(1 - y*w.phi, 0"\nwrt = "w"\n', "line 3: formula: `(` is never closed", ""),
    "a name": (HEAD + 'formula = "x^2"\nwrt = "v"\n', "line 4: wrt: ", ""),
    "an entry": (HEAD + 'formula = "x.x"\nwrt = "x[2]"\n', "line 4: wrt: this is by variables and names, not by an entry", ""),
    "a second problem": (
        HEAD + HINGE + '[[problem]]\nformula = "x^2"\nwrt = "x"\ntext = """\nwrt = 3\n"""\nasks = ["edge"]\n',
        "line 11: nobody can be asked for 'edge'",
        'did you mean "edges"?',
    ),
    "values without numbers": (
        HEAD + HINGE + 'asks = ["values"]\n',
        "line 5: forward and backward values need numbers",
        "at = {w = [3, 1], y = 2}",
    ),
    "nothing to check": (HEAD + HINGE + 'asks = ["check"]\n', "line 5: there is no derivation to check", 'wrong = "y*phi*[y*w.phi < 1]"'),
    "a derivation that nobody sees": (
        HEAD + HINGE + 'wrong = "y*phi"\n',
        "line 5: the wrong derivation is shown nowhere",
        'asks = ["check"]',
    ),
    "a value": (
        HEAD + HINGE + 'at = {w = [3, "x"], phi = [1, 2], y = 2}\n',
        "line 5: at: the value of w is not a number, or a list of numbers in equal rows",
        "at = {w",
    ),
    "a ragged value": (
        HEAD + HINGE + "at = {w = [[3, 1], [1]], phi = [1, 2], y = 2}\n",
        "line 5: at: the value of w is not a number",
        "at = {w",
    ),
    "a date": (HEAD + HINGE + "at = {w = [3, 1], phi = [1, 2], y = 2024-01-01}\n", "line 5: at: the value of y is not a number", "at = {w"),
    "a value too many": (
        HEAD + HINGE + AT.replace("y =", "z = 1, y ="),
        "line 5: at: a value for 'z', which does not occur in the formula",
        "",
    ),
    "points": (HEAD + HINGE + "points = -1\n", "line 5: points are numbers from 0", "points = 4, or points = {edges = 2, gradient = 2}"),
    "points for nothing": (
        HEAD + HINGE + "points = {hessian = 1}\n",
        "line 5: points are for what is asked, and 'hessian' is not",
        "points = 4",
    ),
    "choices": (
        HEAD + HINGE + AT + 'choose = {w = "3..1"}\n',
        "line 6: choose: the numbers of w are a list of some, or a range",
        "choose = {y = [-1, 1]",
    ),
    "choices for nobody": (HEAD + HINGE + AT + 'choose = {z = "1..3"}\n', "line 6: choose names z, which at does not have", "at = {w"),
    "dollars": (
        HEAD + HINGE + 'text = "costs $5"\n',
        "line 5: text: a dollar sign stands alone",
        r"$w.phi$ around a formula, \$ for the sign itself",
    ),
    "a formula in the text": (HEAD + HINGE + 'text = "$w.phi +$"\n', "line 5: text: ", ""),
    "one name twice": (
        HEAD + 'id = "a"\n' + HINGE + "[[problem]]\nid = 'a'\n" + HINGE,
        "line 6: the problem of line 2 is called a, too",
        'id = "a2"',
    ),
    "a Hessian of a vector": (HEAD + 'formula = "A*x"\nwrt = "x"\nasks = ["hessian"]\n', "line 5: asks: the value is a vector", ""),
    "a notation": (
        'title = "T"\nnotation = "dot"\n[[problem]]\n' + HINGE,
        "line 2: 'dot' is no notation of backward values",
        'notation = "delta"',
    ),
    "no TOML": ("title = \n", "line 1: this is not TOML: invalid value", "for example:"),
}


@pytest.mark.parametrize("name", SLIPS)
def test_a_slip_is_met_with_its_line(name: str, tmp_path: Path) -> None:
    text, message, hint = SLIPS[name]
    path = tmp_path / "sheet.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SymdiffError) as caught:
        read_sheet(path)
    assert caught.value.message.startswith(f"{path}, {message}")
    assert caught.value.hint.startswith(hint)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(SymdiffError, match=r"cannot read nowhere\.toml: No such file"):
        read_sheet("nowhere.toml")
    bad = tmp_path / "x.toml"
    bad.write_bytes(b"\xff\xfe")
    with pytest.raises(SymdiffError, match="is not UTF-8 text"):
        read_sheet(bad)
    with pytest.raises(SymdiffError, match="several files are formulas"):
        read_sheet("a.toml", "b.sd")


def test_points_are_shared() -> None:
    hinge = sd.sheet(LECTURE).problem("hinge")
    assert hinge.total == 6 and hinge.points == {"edges": 2, "values": 2, "gradient": 1, "check": 1}
    square = sd.sheet(LECTURE).problem("square")
    assert square.points == dict.fromkeys(("edges", "values", "gradient"), Fraction(1))
    assert sum((b.points for b in square.record.blanks), Fraction(0)) == square.total == 3


def test_formulas_in_files(tmp_path: Path) -> None:
    path = tmp_path / "hinge.sd"
    path.write_text(
        "# The hinge loss\n# wrt: w\n# at: w=[3,1], phi=[1,2], y=-1\n# asks: values, gradient\n# points: 3\n# hint: down\nmax(1 - y*w.phi, 0)\n",
        encoding="utf-8",
    )
    (problem,) = read_sheet(path).problems
    assert (problem.id, problem.title, problem.wrt, problem.asks, problem.total, problem.hints) == (
        "hinge",
        "The hinge loss",
        ("w",),
        ("values", "gradient"),
        3,
        ("down",),
    )
    assert problem.record.blank("hinge.gradient").value == [1, 2]
    path.write_text("# wrt: w\nmax(1 - y*w.phi, 0)\n# wrt: y\n", encoding="utf-8")
    with pytest.raises(SymdiffError) as caught:
        read_sheet(path)
    assert caught.value.message == f"{path}, line 3: line 1 says `# wrt:`, too"
    path.write_text("max(1 - y*w.phi, 0)\n", encoding="utf-8")
    with pytest.raises(SymdiffError, match="line 1: the file does not say by what the formula is differentiated"):
        read_sheet(path)


def test_the_lecture_is_ten_problems() -> None:
    sheet = sd.sheet(LECTURE)
    assert len(sheet.problems) == 10 and {a for p in sheet.problems for a in p.asks} == {
        "edges",
        "values",
        "gradient",
        "hessian",
        "check",
        "convex",
    }
    assert sheet.problem("3") is sheet.problem("hinge")
    with pytest.raises(SymdiffError, match="the sheet has no problem 'x'"):
        sheet.problem("x")
