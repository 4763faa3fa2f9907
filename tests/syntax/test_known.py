"""Names that people know are never silently opaque, and other notations are met with the formula to type."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

import symdiff as sd
from symdiff.errors import SymdiffError, UnknownNameError
from symdiff.syntax import latexin, parse
from symdiff.syntax.parse import GREEK, program
from symdiff.table import BUILT_IN, TABLE, known

FUNCTIONS = {*TABLE.names, *BUILT_IN}
LETTERS = {*GREEK.values()}
ROOT = Path(__file__).parents[2]
READINGS = [json.loads(line) for line in (Path(__file__).parent / "readings.jsonl").read_text(encoding="utf-8").splitlines()]
RESPELLED = [line.split(" ⇒ ") for line in (Path(__file__).parent / "respelled.txt").read_text(encoding="utf-8").splitlines() if line]
DOCS = (ROOT / "docs" / "language.md").read_text(encoding="utf-8")


def refusal(formula: str) -> SymdiffError:
    with pytest.raises(SymdiffError) as caught:
        parse(formula)
    return caught.value


def test_there_are_many_names_and_no_row_is_lost():
    assert len(known.NAMES) > 700
    assert len(known.NAMES) == len(known.SAME) + len(known.WRITTEN) + len(known.REFUSED)
    assert all(known._HEAD.fullmatch(row) for row in known._WRITTEN)
    assert len({row.partition("(")[0] for row in known._WRITTEN}) == len(known._WRITTEN)


@pytest.mark.parametrize("name", sorted({*known.SAME} - FUNCTIONS))
def test_another_name_for_a_function_of_the_table(name):
    assert known.SAME[name] in FUNCTIONS
    error = refusal(f"{name}(x)")
    assert isinstance(error, UnknownNameError) and f"`{known.SAME[name]}" in error.hint


@pytest.mark.parametrize("name", sorted({*known.WRITTEN} - FUNCTIONS))
def test_a_name_for_a_formula(name):
    arguments, formula = known.WRITTEN[name]
    error = refusal(f"{name}({', '.join(arguments)})")
    assert isinstance(error, UnknownNameError) and error.hint.startswith(f"write `{formula}`")
    with_condition = {a: "a > b" for a in arguments if a == "c" and re.search(r"\[c\]|if\(c", formula)}
    assert parse(re.sub(r"(?<=[\[(])c(?=[\],])", with_condition.get("c", "c"), formula)).expr is not None


@pytest.mark.parametrize("name", sorted({*known.REFUSED} - FUNCTIONS))
def test_a_name_that_has_no_formula(name):
    error = refusal(f"{name}(x)")
    reason, hint = known.REFUSED[name]
    assert isinstance(error, UnknownNameError) and reason in error.message and error.hint == hint and hint


@pytest.mark.parametrize("hint", sorted({hint for _, hint in known.REFUSED.values()}))
def test_what_is_offered_instead_can_be_read(hint):
    for text in re.findall(r"`([^`…]+)`", hint):
        if "->" in text:
            assert parse(f"{text}; F(x)").functions
        elif not text.startswith("--"):
            assert program(text).body is not None


@pytest.mark.parametrize("name", sorted(known.NAMES - FUNCTIONS - LETTERS))
def test_declared_it_is_opaque(name):
    assert name in parse(f"{name}: vector(n) -> scalar; x: vector(n); {name}(x)").functions


@pytest.mark.parametrize("name", sorted((FUNCTIONS - LETTERS - {"ones", "zeros", "eye", "and", "or", "not"}) - {"if"}))
def test_a_function_needs_its_brackets(name):
    error = refusal(f"2*{name} + x")
    assert isinstance(error, UnknownNameError) and f"`{name}(" in error.hint
    assert parse(f"{name}: scalar; 2*{name} + x").expr.shape == ()


def test_letters_and_bound_names_are_no_functions():
    assert parse("gamma*x + beta + sigma").expr.shape == ()
    assert parse("var = x^2; 2*var").expr.shape == ()


@pytest.mark.parametrize(("typed", "written"), [pytest.param(*row, id=row[0]) for row in RESPELLED])
def test_other_notations_are_met_with_the_whole_formula(typed, written):
    if latexin.is_latex(typed) or latexin.is_set(typed):  # then it is read as LaTeX: the same, or refused in LaTeX's words
        try:
            found = parse(typed).expr
        except SymdiffError as error:
            assert error.hint
        else:
            assert found is parse(written).expr
        return
    error = refusal(typed)
    assert error.hint.startswith(f"write `{written}`"), error.hint
    assert parse(written).expr is not None


@pytest.mark.parametrize("row", [pytest.param(r, id=r["id"]) for r in READINGS])
def test_formulas_as_people_type_them(row):
    """Right, or refused with what to type, or with a note that says it; never silently something else."""
    try:
        f = sd.parse(row["formula"])
        g = sd.jacobian(f, row["wrt"])
    except SymdiffError as error:
        assert row["must"] != "right"
        said = f"{error} | {error.hint}"
        assert error.hint and re.search(row.get("fix", ""), said) and not re.search(row.get("misleading", "^$"), said), said
        return
    if row.get("fix") and any(re.search(row["fix"], note) for note in g.notes):
        return
    assert row["meant"] is not None
    value = g.compile("numpy")(
        {**row.get("sizes", {}), **{name: np.asarray(v, float) if np.ndim(v) else float(v) for name, v in row["at"].items()}}
    )
    assert np.shape(value) == np.shape(row["want"]) and np.allclose(value, row["want"], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("formula", "note"),
    [
        ("sum(max(0, 1 - y*(X*w)))", "y is one number; one per row: `y .* (X*w)`"),
        ("sum(x*y)", "x is one number; entry by entry: `sum(x .* y)`"),
        ("w^t*x", "`w^t` is a power; the transpose is `w^T` or `w'`"),
        ("exp(i*x)", "`i` is a variable here: all numbers are real"),
        ("A: matrix(n,n); tr(exp(A))", "`exp` goes entry by entry, also of a matrix: `tr(exp(A))` is `sum(exp(diag(A)))`"),
    ],
)
def test_notes_about_likely_slips(formula, note):
    assert parse(formula).notes == [note]


@pytest.mark.parametrize(
    "formula",
    ["y: scalar; sum(max(0, 1 - y*(X*w)))", "x: scalar; sum(x*y)", "t: scalar; w^t*x", "i: scalar; exp(i*x)", "sum(i, exp(i*x[i]))"],
)
def test_what_is_declared_needs_no_note(formula):
    assert parse(formula).notes == []


def _rows(heading: str) -> list[list[str]]:
    section = DOCS.partition(heading)[2].partition("\n#")[0]
    rows = [line.strip("|").replace("\\|", "\0").split("|") for line in section.splitlines() if line.startswith("| ")]
    return [[re.sub(r"^`+ ?| ?`+$", "", cell.strip()).replace("\0", "|") for cell in row] for row in rows[1:]]


HOW = _rows("### How do I write …")


def test_the_table_of_notations_is_there():
    assert len(HOW) > 60 and {row[0] for row in HOW} == {"LaTeX", "NumPy", "MATLAB", "PyTorch", "matrixcalculus.org", "paper"}


@pytest.mark.parametrize(("source", "there", "here"), [pytest.param(*row, id=row[1]) for row in HOW])
def test_the_table_of_notations(source, there, here):
    assert parse(here).expr is not None
    if source == "LaTeX":
        return
    try:
        read = parse(there).expr
    except SymdiffError as error:
        assert f"`{here}`" in error.hint, error.hint
    else:
        assert read == parse(here).expr


def test_a_reading_with_numbers_says_so():
    assert parse("(X*w - y)^2").notes == ["X and w are numbers; of a matrix and a vector the square is `norm2(X*w - y)^2`"]
    assert parse("X, w, y: scalar; (X*w - y)^2").notes == []


def test_glued_names_and_likely_products_are_noted():
    assert parse("norm2(Ax - b)").notes == ["`Ax` is one name; the product is `A*x`"]
    assert parse("max(0, 1 - y(w.phi))").notes == ["`y(…)` is an opaque function; the product is `y*(w.phi)`"]
    assert parse("hinge(1 - m)").notes == ["`hinge(m)` is max(1 - m, 0): of the margin `m` it is `hinge(m)`"]
    assert parse("x*A*x").notes == ["x is one number in `x*A*x`; of a vector write `x'*A*x`"]
    assert parse("A(1, 2)*x").notes == ["`A(1,2)` is an opaque function; an entry is `A[1,2]`"]
    assert parse("W[1]*x").notes == ["`W[1]` is a row of W, or an entry; the weights of a layer are a name: `W1`"]
    assert parse("Ax: vector(n); norm2(Ax - b)").notes == []


@pytest.mark.parametrize(
    "text", ["∑" * 400, "sum_{" * 80, "(" * 400, "KL(" * 100, "⟨" * 300, "yT(" * 100, "x if " * 70, "[1<" * 100, "lambda x: " * 40]
)
def test_hostile_texts_are_refused_in_time(text):
    refusal(text)
