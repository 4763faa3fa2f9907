"""The tables and the loop against Lark itself."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from lark.exceptions import UnexpectedInput

from symdiff.syntax import lalr
from symdiff.syntax.parse import Builder, program
from tests.syntax.larkparser import GRAMMAR, lark_parser

HOW = "after a change of the grammar: python -c 'from symdiff.syntax.lalr import write_tables; write_tables()'"


def test_the_kept_tables_are_those_of_the_grammar() -> None:
    made = json.loads(json.dumps(lalr.make_tables(GRAMMAR)))
    assert json.loads(Path(lalr.TABLES).read_text(encoding="utf-8")) == made, HOW


def test_lark_is_not_imported_for_a_formula() -> None:
    code = "import sys; from symdiff.syntax import parse; parse('max(1 - y*w.phi, 0)'); print('lark' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


def test_another_grammar_is_read_by_lark(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    changed = tmp_path / "formula.lark"
    changed.write_text(GRAMMAR.replace("_TIMES: /[*×]/", "_TIMES: /[*×%]/"), encoding="utf-8")
    monkeypatch.setattr(lalr, "GRAMMARS", (str(changed),))
    with pytest.warns(RuntimeWarning, match="not made of the grammar as it stands.*write_tables"):
        tables = lalr.tables.__wrapped__()
    tree = lalr.Parser(tables, Builder())("a % b")
    assert tree.body.kind == "mul"


FORMULAS = """
max(1 - y*w.phi, 0)
-a^-b^2*c' + d./e.*f @ g ./ h.i - (j)/2
[not a < b or c == d and e != f]*if(x > 0, |x - |y|*2|, ‖x‖²)
sum(i=1..m, j=1..n, A[i,j]*x[i]') + f''(x)^T*g(x, y, z)[1,:,2] + √√x
((((x)))) - -(-x)
2.*x + 1./y + 3. - .5e-3
h(k(l(m(n), o), p), q)
""".strip().splitlines()


@pytest.mark.parametrize("text", FORMULAS)
def test_same_tree_as_lark(text: str) -> None:
    theirs: Any = lark_parser().parse(text)
    ours = program(text)
    pairs, count = [(theirs.body, ours.body)], 0
    while pairs:
        a, b = pairs.pop()
        count += 1
        assert (a.kind, a.value, a.start, a.end, len(a.kids)) == (b.kind, b.value, b.start, b.end, len(b.kids))
        pairs += zip(a.kids, b.kids, strict=True)
    assert count > 1 or text.startswith("(")


@pytest.mark.parametrize(
    "text",
    [
        "a b",
        "a +",
        "(a",
        "a)",
        "x: vektor(n); x",
        "sum(i=1, x)",
        "|a",
        "a..b",
        "[a",
        "f'(",
        "2x",
        "é!",
        "2..3",
        "(1..3)",
        "f(2..3)",
        "x=2..3; x",
        "1..m",
        "|x||y|",
        "|x||",
        "x[1..3]",
        "a*2..3",
        "f'(1..3)",
        "[x..3>0]",
        "2..",
        "sum(2..3)",
    ],
)
def test_refused_where_lark_refuses(text: str) -> None:
    with pytest.raises(UnexpectedInput) as theirs:
        lark_parser().parse(text)
    with pytest.raises(lalr.Unexpected) as ours:
        lalr.Parser(lalr.tables(), Builder())(text)
    at_end = getattr(getattr(theirs.value, "token", None), "type", "") == "$END"
    assert ours.value.at_end == at_end
    assert at_end or ours.value.position == theirs.value.pos_in_stream
    accepted = getattr(theirs.value, "accepts", None) or set()  # Lark asks after its reductions, some of which commit it
    assert accepted <= ours.value.wanted
