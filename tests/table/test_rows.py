"""Every row as data: complete, consistent, and written in the language."""

import re

import pytest

from symdiff.expr.node import VAR
from symdiff.expr.walk import topological
from symdiff.syntax import template
from symdiff.table import TABLE

ROWS = list(TABLE)
TARGETS = ("numpy", "jax", "torch", "math", "c")
# What a target cannot do, since it knows no such function. A new function that a target lacks is entered here.
ABSENT = {"math": {"erfinv", "digamma", "polygamma"}, "c": {"erfinv", "digamma", "polygamma", "log_ndtr", "spherical_jn"}}


def names(text, types):
    return {node.data[0] for node in topological([template(text, types)]) if node.op == VAR}


def shapes(row, order=1):
    """Shapes of the arguments and of the output, for texts of the row."""
    if row.elementwise:
        return dict.fromkeys((*row.args, "y"), ())
    ins, out = row.core()
    axes = [tuple(f"n{i}" for i in range(order)) if core == ("*",) else core for core in ins]
    number = [tuple(int(d) if d.isdigit() else d for d in core) for core in (*axes, out, out)]
    return dict(zip(("y", "g", *row.args), (*number[-2:], *number[:-2]), strict=True))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_row_is_complete(row):
    assert row.source
    assert len(row.sample) == len(row.args) and all(lo < hi for lo, hi in row.sample)
    assert len(row.defaults) < max(len(row.args), 1)
    assert set(row.integer) <= set(row.args)
    assert not (row.odd and row.even)
    if row.macro:
        assert row.define and not row.edge and not row.pull
    elif row.elementwise:
        assert len(row.edge) == len(row.args) and not row.pull
        assert all((edge == "") == (a in row.integer) for a, edge in zip(row.args, row.edge, strict=True))
        assert row.sympy or row.define, "the oracle needs one of them"
        lacks = {t for t in TARGETS if not getattr(row, t)}
        assert lacks == {t for t in TARGETS if row.name in ABSENT.get(t, ())}, "a spelling in `spell`, or an entry in ABSENT above"
    else:
        assert len(row.pull) == len(row.args) - len(row.integer) and not row.edge
        assert row.numpy and row.jax and row.torch and not row.math and not row.c


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_its_texts_are_formulas_over_its_own_letters(row):
    types = shapes(row)
    for text in (*row.edge, *row.pull):
        if text:
            assert names(text, types) <= set(types)
    for text in (row.define, row.where and f"[{row.where}]"):
        if text and not (row.where and not row.elementwise and text == f"[{row.where}]"):
            assert names(text, types) <= {*row.args, "y"}


@pytest.mark.parametrize("row", [r for r in ROWS if r.macro and r.elementwise], ids=lambda row: row.name)
@pytest.mark.parametrize("shape", [(), (3,), (2, 3)], ids=str)
def test_a_macro_takes_tensors(row, shape):
    assert template(row.define, dict.fromkeys(row.args, shape)).shape == shape


@pytest.mark.parametrize("row", [r for r in ROWS if r.define and r.elementwise], ids=lambda row: row.name)
def test_a_definition_takes_tensors(row):
    assert template(row.define, dict.fromkeys(row.args, (2, 3))).shape == (2, 3)


@pytest.mark.parametrize("row", [r for r in ROWS if r.pull], ids=lambda row: row.name)
@pytest.mark.parametrize("order", [1, 2])
def test_a_pull_has_the_shape_of_its_argument_or_is_spread_to_it(row, order):
    types = shapes(row, order)
    for a, text in zip(row.args, row.pull, strict=False):
        assert not text or template(text, types).shape in ((), types[a])


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_templates_name_every_argument_and_no_other(row):
    for field in ("tex", "unicode", "typst", "mathml", *TARGETS):
        text = getattr(row, field)
        if "#" in text:
            used = {int(k) for k in re.findall(r"#(\d)", text)}
            assert used == set(range(1, len(row.args) + 1)), field


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_templates_stand_alone(row):
    """A template is a name, or begins with a call or a bracket that closes at its end: it can be put anywhere."""
    for target in TARGETS:
        text = getattr(row, target)
        if "#" in text:
            head = re.match(r"[\w.]*", text).end()
            depth = 0
            for i, ch in enumerate(text[head:], head):
                depth += (ch in "([") - (ch in ")]")
                assert depth > 0 or i == len(text) - 1 or text.endswith("[0]"), f"{target}: {text}"
