"""Everything that an operator, a function, a format, a target or a command must have, asked of every one of them.

What is forgotten is found here and not by a user. Each question that can be answered "no" is shown to be so at the end, with a planted gap.
"""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

import symdiff as sd
from symdiff.cli import main
from symdiff.cli.options import CODE
from symdiff.cli.registry import load
from symdiff.cli.table import COMMANDS, DEFAULT
from symdiff.errors import SymdiffError
from symdiff.expr import build
from symdiff.expr.node import Expr
from symdiff.numeric.targets import TARGETS
from symdiff.printers import FORMS
from symdiff.printers.layout import LEAST
from symdiff.syntax import parse
from symdiff.syntax.kinds import _HANDLERS, _SPREADING
from symdiff.syntax.parse import program
from symdiff.syntax.relations import BUILT_IN_RELATIONS, JOINED, RELATIONS
from symdiff.syntax.scope import CONSTANTS
from symdiff.syntax.tree import PRECEDENCE, Tree
from symdiff.table import BUILT_IN, TABLE
from symdiff.table.curvature import CURVATURE, OF_LOGARITHM, SMOOTH, pieces
from symdiff.table.known import SAME, WRITTEN
from symdiff.table.operators import COMPARE, COMPARISONS, CONDITIONS, FORWARD, MIRROR, NEGATION, OPERATORS, Operator

ROOT = Path(__file__).parents[2]
LANGUAGE = (ROOT / "docs" / "language.md").read_text(encoding="utf-8")
DOCS = "\n".join(p.read_text(encoding="utf-8") for p in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))])
WRITTEN_AS = {"S": "c", "V": "x", "M": "A", "R": "x'"}
NAMES = "c, d: scalar; x, y: vector(2); A, B: matrix(2, 2); "


def operands(operator: Operator) -> list[tuple[str, ...]]:
    """Operands that go together, as letters of ranks: those of the first form, those of two scalars."""
    found = [tuple(form.partition(" -> ")[0].split()) for form in operator.types.split("; ") if " -> " in form]
    if operator.types.startswith(("entries", "scaling", "by a number")):
        found.append(("S",) * len(operator.least))
    return found


def typed(operator: Operator, ranks: tuple[str, ...], sign: str) -> str:
    left = WRITTEN_AS[ranks[0]]
    if operator.kind == "transpose":
        return left + sign
    if len(ranks) == 1:
        return f"[{sign} c > 0]" if operator.kind == "not" else f"{sign}{left}"
    right = {"S": "2" if operator.kind == "pow" else "d", "V": "y", "M": "B", "R": "y'"}[ranks[1]]
    if operator.kind in ("and", "or"):
        return f"[c > 0 {sign} d > 0]"
    return f"[{left} {sign} {right}]" if operator.kind in CONDITIONS else f"{left} {sign} {right}"


def kinds(text: str) -> set[str]:
    body = program(text).body
    assert body is not None
    found, stack = set(), [body]
    while stack:
        tree = stack.pop()
        found.add(tree.kind)
        stack += tree.kids
    return found


# ---------------------------------------------------------------------------------------------------------- operators


def gaps_of_an_operator(operator: Operator) -> list[str]:
    """What an operator lacks, in words."""
    kind, lacks = operator.kind, []
    if PRECEDENCE.get(kind) != operator.strength or len(LEAST[kind]) != len(operator.least):
        lacks.append("strength")
    if kind not in RELATIONS or not (kind in _HANDLERS or kind in _SPREADING or RELATIONS[kind] is RELATIONS["add"]):
        lacks.append("a typing relation")
    for sign in operator.spellings:
        for ranks in operands(operator):
            text = typed(operator, ranks, sign)
            try:
                if kind not in kinds(NAMES + text):
                    lacks.append(f"to be read: {text}")
                    continue
                parse(NAMES + text)
            except SymdiffError as error:
                lacks.append(f"to be read: {text} ({error})")
                continue
    if f"{operator.text.strip()}".replace("|", "&#124;") not in LANGUAGE:
        lacks.append("its line in docs/language.md")
    if len(operator.least) == 2 and not all(operator.verb):
        lacks.append("its word in messages")
    return lacks


@pytest.mark.parametrize("operator", OPERATORS.values(), ids=OPERATORS)
def test_an_operator_is_complete(operator: Operator) -> None:
    assert gaps_of_an_operator(operator) == []


@pytest.mark.parametrize("operator", OPERATORS.values(), ids=OPERATORS)
def test_every_form_of_an_operator_is_made_by_its_constructor(operator: Operator) -> None:
    for form in operator.types.split("; "):
        left, _, right = form.partition(" -> ")
        made = right.partition(" ")[2]
        if made:
            ranks = tuple(left.split())
            node = parse(NAMES + typed(operator, ranks, operator.text.strip())).expr
            args = [_operand(k, rank) for k, rank in enumerate(ranks)]
            assert node is getattr(build, made)(*args)


def _operand(k: int, rank: str) -> Expr:
    if rank == "M":
        return build.var("AB"[k], (2, 2))
    vector = build.var("xy"[k], (2,))
    return build.row(vector) if rank == "R" else vector


@pytest.mark.parametrize("operator", [o for o in OPERATORS.values() if len(o.least) == 2], ids=lambda o: o.kind)
def test_operands_that_do_not_go_together_are_refused_with_the_words_of_the_operator(operator: Operator) -> None:
    text = "a: vector(2); b: vector(3); " + (
        f"[a > 0 {operator.text} b > 0]" if operator.kind in ("and", "or") else f"sum([a {operator.text} b])"
    )
    if operator.kind not in CONDITIONS:
        text = f"a: vector(2); b: matrix(3, 2); a {operator.text.strip()} b"
    with pytest.raises(SymdiffError) as refused:
        parse(text)
    if operator.kind not in ("matmul", "mul"):  # `a*b` and `a @ b` say what was meant
        assert operator.verb[0] in str(refused.value) or operator.kind in CONDITIONS
    assert refused.value.span is not None


def test_an_operator_that_lacks_something_is_seen() -> None:
    forgotten = OPERATORS["add"]._replace(kind="forgotten", text=" ⊞ ")
    PRECEDENCE["forgotten"], LEAST["forgotten"] = 5, (5, 6)
    try:
        lacks = gaps_of_an_operator(forgotten)
    finally:
        del PRECEDENCE["forgotten"], LEAST["forgotten"]
    assert "a typing relation" in lacks
    assert any(gap.startswith("to be read") for gap in lacks)
    assert "its line in docs/language.md" in lacks


def test_every_rule_of_the_grammar_between_values_is_a_row() -> None:
    """The six comparisons are one rule, and a sign + in front of a value leaves no tree."""
    grammar = (ROOT / "grammar" / "formula.lark").read_text(encoding="utf-8")
    rules = grammar.partition("?condition:")[2].partition("?postfix:")[0]
    named = {name.rstrip("_") for name in re.findall(r"->\s*(\w+)", rules)}
    assert named - {"compare", "positive"} == OPERATORS.keys() - set(COMPARISONS) - {"transpose"}


@pytest.mark.parametrize("name", COMPARISONS)
def test_mirror_and_negation_of_a_comparison(name: str) -> None:
    for a in (-1, 0, 1):
        for b in (-1, 0, 1):
            assert COMPARE[MIRROR[name]](b, a) == COMPARE[name](a, b) != COMPARE[NEGATION[name]](a, b)
    assert MIRROR[MIRROR[name]] == NEGATION[NEGATION[name]] == name
    assert (name in FORWARD) or (MIRROR[name] in FORWARD)
    row = TABLE[name]
    sign = OPERATORS[name]
    assert row.relation == sign.text.strip()
    assert row.tex == sign.tex.strip()
    assert row.typst == sign.typst.strip()


# ---------------------------------------------------------------------------------------------------------- functions


@pytest.mark.parametrize("name", sorted({row.name for row in TABLE}))
def test_a_function_is_complete(name: str) -> None:
    row = TABLE[name]
    typed_as = row.spelled or row.name
    assert row.source, "where the rule was checked"
    if name not in CONDITIONS:
        spellings = {typed_as, *row.aliases, row.name}
        assert any(re.search(rf"(?<!\w){re.escape(s)}(?!\w)", LANGUAGE) for s in spellings), "its place in docs/language.md"
    assert typed_as not in SAME or SAME[typed_as] == name, "a name that is a row is no other name of something else"
    assert typed_as not in WRITTEN
    if not row.macro:
        assert row.edge or row.pull
        for form in ("tex", "typst", "mathml", "unicode"):
            notation = getattr(row, form)
            assert "#" not in notation or f"#{len(row.args)}" in notation or row.defaults, f"{form} leaves arguments out"


def test_facts_of_functions_are_of_functions() -> None:
    for registry in (CURVATURE, OF_LOGARITHM, SMOOTH):
        assert set(registry) <= {row.name for row in TABLE}
    for name in CURVATURE:
        assert pieces(name)
    assert {other for other in SAME.values() if "(" not in other} <= TABLE.names.keys() | BUILT_IN.keys()


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_function_without_a_row_is_complete(name: str) -> None:
    assert name in BUILT_IN_RELATIONS or name in CONSTANTS or name in JOINED or name == "tensor", "a typing relation"
    assert re.search(rf"(?<!\w){name}(?!\w)", LANGUAGE), "its place in docs/language.md"
    assert name not in TABLE


# ------------------------------------------------------------------------------------------- formats, targets, commands


KINDS = {"number", "name", *OPERATORS, "iverson", "norm", "bars", "call", "prime", "index", "slice", "over", "tensor"}


@pytest.mark.parametrize("form", FORMS)
def test_a_format_is_complete(form: str) -> None:
    (formats,) = (p.type.choices for p in load(DEFAULT).params if p.name == "form" and isinstance(p.type, click.Choice))
    assert form in formats
    assert re.search(rf"(?<!\w){form}(?!\w)", DOCS)
    assert FORMS[form](program("sum(x)"))
    one, two = Tree("name", value="a"), Tree("name", value="b")
    for kind in KINDS - {"number", "name", "slice", "over", "tensor", "prime", "call", "index"}:
        kids = (one, two) if kind in OPERATORS and len(OPERATORS[kind].least) == 2 else (one,)
        assert FORMS[form](Tree(kind, kids)), kind
    number = Tree("number", value=1)
    for tree in (
        number,
        one,
        Tree("call", (one,), "sin"),
        Tree("prime", (one,), ("f", 1)),
        Tree("index", (one, Tree("slice")), None),
        Tree("over", (number, two, one), ("sum", "i")),
        Tree("tensor", (number, two, one), ("i",)),
    ):
        assert FORMS[form](tree)


@pytest.mark.parametrize("target", [*TARGETS, "c"])
def test_a_target_is_complete(target: str) -> None:
    assert target in CODE
    assert re.search(rf"(?<!\w){target}(?!\w)", DOCS, re.IGNORECASE)
    assert target in {"numpy", "jax", "torch", "math", "c"} <= set(TABLE["exp"]._fields), "a column of the table"
    f = sd.parse("c: scalar; d: scalar; max(exp(c), d)*[c > d] + log(d)^2")
    assert sd.grad(f, "c").code(target)
    lacks = [row.name for row in TABLE if row.elementwise and not row.macro and not getattr(row, target) and not row.name.startswith("D")]
    for name in lacks:  # a row without a spelling is refused by name, never by another error
        args = ", ".join("abcdef"[: len(TABLE[name].args)])
        try:
            sd.parse(f"{name}({args})").code(target)
        except SymdiffError as error:
            assert name in str(error)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_complete(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([name, "--help"]) == 0
    said = capsys.readouterr()
    assert f"symdiff {name} " in said.out, "an example"
    assert "Traceback" not in said.out + said.err
    assert f"symdiff {name}" in DOCS, "its place in the docs"
    assert main([name, "--no-such-option"]) == 2
