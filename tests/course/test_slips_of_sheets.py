"""More slips in the file of a sheet: each key with a value of another kind, too much of anything; and what is written out of a sheet."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

import symdiff as sd
from symdiff.course import sheetfile as sheets
from symdiff.course.sheetfile import read_sheet
from symdiff.errors import SymdiffError

HEAD = 'title = "T"\n[[problem]]\n'
HINGE = 'formula = "max(1 - y*w.phi, 0)"\nwrt = "w"\n'
AT = "at = {w = [3, 1], phi = [1, 2], y = -1}\n"
VALUE = "line 5: at: the value of y is not a number, or a list of numbers in equal rows"
CHOICE = "line 6: choose: the numbers of y are a list of some, or a range"

# What stands behind the formula and `wrt`, or the whole file: the message behind the path.
SLIPS = {
    "title = 3\n[[problem]]\n" + HINGE: "line 1: title is a text, not a number",
    'title = "T"\nproblem = []\n': "line 2: the sheet has no problems",
    'title = "T"\nproblem = [3]\n': "line 2: the sheet has no problems",
    HEAD + 'formula = 3\nwrt = "x"\n': "line 3: formula is a text, not a number",
    HEAD + 'formula = "x^2"\nwrt = [3]\n': "line 4: wrt is a text, or a list of texts, not a list",
    HEAD + 'formula = "x^2"\nwrt = true\n': "line 4: wrt is a text, or a list of texts, not true or false",
    'id = "3a"\n': "line 5: '3a' is no name of a problem",
    "kink = 1\n": "line 5: kink is true or false, not a number",
    "hints = [1]\n": "line 5: hints is a text, or a list of texts, not a list",
    "hints = {a = 1}\n": "line 5: hints is a text, or a list of texts, not a table",
    'asks = ["xyz"]\n': "line 5: nobody can be asked for 'xyz'",
    "asks = []\n": "line 5: the problem asks nothing",
    'asks = ["edges", "edges"]\n': "line 5: asks says one thing twice",
    'wrt2 = "w"\n': "line 5: a problem has no 'wrt2'",
    "at = 3\n": "line 5: at is a table of values by name, not a number",
    'at = {w = [3, 1], phi = [1, 2], y = "1/0"}\n': VALUE,
    'at = {w = [3, 1], phi = [1, 2], y = "one"}\n': VALUE,
    "at = {w = [3, 1], phi = [1, 2], y = true}\n": VALUE,
    "at = {w = [3, 1], phi = [1, 2], y = []}\n": VALUE,
    "at = {w = [3, 1], phi = [1, 2], y = nan}\n": VALUE,
    "at = {w = [3, 1], phi = [1, 2], y = {a = 1}}\n": VALUE,
    "at = {w = [3, 1], phi = [1, 2], y = -inf}\n": VALUE,
    "at = {w = [3, 1], phi = [1, 2], y = 1e999999999}\n": VALUE,
    "at = {w = [3, 1], phi = [1, 2], y = 1e999}\n": VALUE,
    f"at = {{w = [3, 1], phi = [1, 2], y = {10**400}}}\n": VALUE,
    "kink = nan\n": "line 5: kink is true or false, not a number",
    "points = inf\n": "line 5: points are numbers from 0",
    "points = 1e300\n": "line 5: points are numbers from 0",
    AT + "choose = 3\n": "line 6: choose is a table of numbers by name, not a number",
    AT + 'choose = {y = "1/0..3"}\n': CHOICE,
    AT + 'choose = {y = "1..3 by 0"}\n': CHOICE,
    AT + 'choose = {y = "0..0"}\n': CHOICE,
    AT + 'choose = {y = "0..9999"}\n': CHOICE,
    AT + 'choose = {y = "a..b"}\n': CHOICE,
    AT + "choose = {y = []}\n": CHOICE,
    AT + 'choose = {y = ["?"]}\n': CHOICE,
    AT + "choose = {y = 3}\n": CHOICE,
    AT + 'keep = ["z"]\n': "line 6: keep names z, which has no value",
    "vary = 3\n": "line 5: vary is a table of lists, not a number",
    "vary = {w = 3}\n": "line 5: vary is a text, or a list of texts, not a number",
    'vary = {q = ["a"]}\n': "line 5: vary: ",
    'vary = {formula = ["max("]}\n': "line 5: vary: ",
    "points = true\n": "line 5: points are numbers from 0",
    "points = 1000001\n": "line 5: points are numbers from 0",
}


@pytest.mark.parametrize("text", SLIPS)
def test_a_slip_is_met_with_its_line(text: str, tmp_path: Path) -> None:
    path = tmp_path / "sheet.toml"
    path.write_text(text if text.startswith("title") else HEAD + HINGE + text, encoding="utf-8")
    with pytest.raises(SymdiffError) as caught:
        read_sheet(path)
    assert caught.value.message.startswith(f"{path}, {SLIPS[text]}") and caught.value.hint


def test_a_second_derivative_is_by_one_variable(tmp_path: Path) -> None:
    path = tmp_path / "sheet.toml"
    path.write_text(HEAD + 'formula = "(u.v)^2"\nwrt = ["u", "v"]\nasks = ["hessian"]\n', encoding="utf-8")
    with pytest.raises(SymdiffError, match="line 5: the Hessian is by one variable") as caught:
        read_sheet(path)
    assert caught.value.hint == 'wrt = "u"'


CHOICES = {
    '"-2..2 by 1/2"': [Fraction(k, 2) for k in range(-4, 5) if k],
    '"1..3"': [1, 2, 3],
    '"0.5..1.5 by 0.5"': [Fraction(1, 2), 1, Fraction(3, 2)],
    '[1, -1, 0.1, "1/3"]': [1, -1, Fraction(1, 10), Fraction(1, 3)],
}


@pytest.mark.parametrize("said", CHOICES)
def test_numbers_to_choose_from(said: str, tmp_path: Path) -> None:
    path = tmp_path / "sheet.toml"
    path.write_text(HEAD + HINGE + AT + f"choose = {{y = {said}}}\nkeep = ['w']\nvary = {{w = ['w', 'v']}}\n", encoding="utf-8")
    (problem,) = read_sheet(path).problems
    assert list(problem.choose["y"]) == CHOICES[said] and problem.keep == ("w",) and problem.vary == {"w": ("w", "v")}


def test_too_large_and_too_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "sheet.toml"
    path.write_text(HEAD + HINGE + ("[[problem]]\n" + HINGE) * 2, encoding="utf-8")
    monkeypatch.setattr(sheets, "MAX_PROBLEMS", 2)
    with pytest.raises(SymdiffError, match="line 1: the sheet has 3 problems"):
        read_sheet(path)
    monkeypatch.setattr(sheets, "MAX_BYTES", 20)
    with pytest.raises(SymdiffError, match="has more than 20 bytes"):
        read_sheet(path)


def test_a_sheet_so_deep_that_nobody_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "sheet.toml"
    path.write_text("a = " + "[" * 5000, encoding="utf-8")
    with pytest.raises(SymdiffError, match="this is not TOML"):
        read_sheet(path)


SD_FILES = {
    "# wrt: w\n# points: many\nw^2\n": "line 2: points are a number",
    "# wrt: w\n# points: 1/0\nw^2\n": "line 2: points are a number",
    "# wrt: w\n# asks: edgs\nw^2\n": "line 2: nobody can be asked for 'edgs'",
    "# wrt: w\n# at: w=\nw^2\n": "line 2: ",
    "# wrt: 3w\nw^2\n": "line 1: ",
}


@pytest.mark.parametrize("text", SD_FILES)
def test_slips_of_a_formula_in_a_file(text: str, tmp_path: Path) -> None:
    path = tmp_path / "square.sd"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SymdiffError) as caught:
        read_sheet(path)
    assert caught.value.message.startswith(f"{path}, {SD_FILES[text]}")


def test_a_sheet_is_written_and_shown(tmp_path: Path) -> None:
    path = tmp_path / "sheet.toml"
    path.write_text(HEAD.replace("T", "<T>") + HINGE, encoding="utf-8")
    sheet = sd.sheet(path)
    for ending in ("html", "md", "tex"):
        sheet.save(tmp_path / f"out.{ending}")
        assert (tmp_path / f"out.{ending}").read_bytes() == sheet.rendered(ending, "sheet")
    with pytest.raises(SymdiffError):
        sheet.save(tmp_path / "nowhere" / "out.html")
    assert sheet._repr_html_().startswith('<iframe title="&lt;T&gt;" srcdoc="&lt;!')
