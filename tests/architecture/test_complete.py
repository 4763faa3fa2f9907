"""Everything that an operator, a function, a format, a target or a command must have, asked of every one of them.

What is forgotten is found here and not by a user. Each question that can be answered "no" is shown to be so at the end, with a planted gap.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import ClassVar, get_args

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
from symdiff.formula import Code
from symdiff.numeric.targets import TARGETS, Target
from symdiff.numeric.targets.c import C
from symdiff.numeric.targets.scalars import EntryByEntry
from symdiff.page import views
from symdiff.printers import FORMS
from symdiff.printers.layout import LEAST
from symdiff.printers.typeset import Typeset
from symdiff.printers.typst import Typst
from symdiff.syntax import parse
from symdiff.syntax.kinds import _HANDLERS, _SPREADING
from symdiff.syntax.parse import program
from symdiff.syntax.relations import BUILT_IN_RELATIONS, JOINED, RELATIONS
from symdiff.syntax.scope import CONSTANTS
from symdiff.syntax.tree import PRECEDENCE, Tree
from symdiff.table import BUILT_IN, TABLE
from symdiff.table.curvature import CURVATURE, OF_LOGARITHM, SMOOTH, WITHOUT, pieces
from symdiff.table.known import REFUSED, SAME, WRITTEN
from symdiff.table.operators import COMPARE, COMPARISONS, CONDITIONS, FORWARD, MIRROR, NEGATION, OPERATORS, Operator
from symdiff.table.row import CODE as ROW_CODE
from symdiff.table.row import Row

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
    lacks += gaps_in_latex(operator)
    if f"{operator.text.strip()}".replace("|", "&#124;") not in LANGUAGE:
        lacks.append("its line in docs/language.md")
    if len(operator.least) == 2 and not all(operator.verb):
        lacks.append("its word in messages")
    return lacks


def gaps_in_latex(operator: Operator) -> list[str]:
    """A sign that answers are printed with in LaTeX is read from LaTeX, too; two names side by side are a product for other reasons."""
    if not operator.tex.strip() or len(operator.least) != 2 or operator.kind == "matmul":
        return []
    text = typed(operator, operands(operator)[0], operator.tex)
    text = text.replace("[", r"\mathbf{1}[").replace("'", r"^\top")
    try:
        sd.parse_latex(text, given=sd.parse(NAMES + "c + d + x.y + sum(A*B)"))
    except SymdiffError as error:
        where = "symdiff/syntax/latexvocabulary.py says which command it is, latexterms.py what it joins"
        return [f"to be read from LaTeX: {text} ({error}); {where}"]
    return []


@pytest.mark.parametrize("operator", OPERATORS.values(), ids=OPERATORS)
def test_an_operator_is_complete(operator: Operator) -> None:
    assert not (lacks := gaps_of_an_operator(operator)), "\n".join(lacks)


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
    forgotten = OPERATORS["add"]._replace(kind="nonesuch", text=" ⊞ ", tex=r" \boxplus ")
    PRECEDENCE["nonesuch"], LEAST["nonesuch"] = 5, (5, 6)
    try:
        lacks = gaps_of_an_operator(forgotten)
    finally:
        del PRECEDENCE["nonesuch"], LEAST["nonesuch"]
    assert "a typing relation" in lacks
    assert any(gap.startswith("to be read") for gap in lacks)
    assert "its line in docs/language.md" in lacks
    assert any(gap.startswith("to be read from LaTeX") for gap in lacks)


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


def gaps_of_a_function(row: Row) -> list[str]:
    """What a row lacks, each with the file where it belongs."""
    typed_as, lacks = row.spelled or row.name, []
    spellings = {typed_as, *row.aliases, row.name}
    if not row.source:
        lacks.append("where the rule was checked: source=")
    if row.name not in CONDITIONS and not any(re.search(rf"(?<!\w){re.escape(s)}(?!\w)", LANGUAGE) for s in spellings):
        lacks.append("its place in docs/language.md")
    if SAME.get(typed_as, row.name) != row.name or typed_as in WRITTEN:
        lacks.append("a name of its own: table/known.py says that it is something else")
    if spellings & REFUSED.keys():
        lacks.append("a name of its own: table/known.py says that there is no such function")
    if row.macro:
        return lacks
    if not (row.edge or row.pull):
        lacks.append("a derivative: its edges, or pull=")
    if row.name not in CURVATURE and row.name not in WITHOUT:
        lacks.append("a curvature, or why it has none: table/curvature.py")
    for form in ("tex", "typst", "mathml", "unicode"):
        notation = getattr(row, form)
        if "#" in notation and f"#{len(row.args)}" not in notation and not row.defaults:
            lacks.append(f"all its arguments in {form}=")
    bare = not row.edge or row.name in CONDITIONS or row.name == "if"
    return lacks + ([] if bare else gaps_of_its_verification(row))


def gaps_of_its_verification(row: Row) -> list[str]:
    """Elementwise rows are compared with SymPy's function or with their `define`: does the verification know its value and its rate?"""
    if not row.sympy and not row.define:
        return ["what the verification compares with: define=, or sympy="]
    args = ["2" if a in row.integer else a for a in row.args]
    wrt = next(a for a in row.args if a not in row.integer)
    verdict = sd.grad(f"{row.spelled or row.name}({', '.join(args)})", wrt).verify()
    where = "fields.py (many digits), floats.py (doubles), tangents.py (its rate) of symdiff/checking"
    return [] if verdict.ok else [f"what the verification needs: {verdict}; {where}"]


@pytest.mark.parametrize("name", sorted({row.name for row in TABLE}))
def test_a_function_is_complete(name: str) -> None:
    assert not (lacks := gaps_of_a_function(TABLE[name])), "\n".join(lacks)


def test_a_function_that_lacks_something_is_seen() -> None:
    row = TABLE["erf"]._replace(name="besselj", sympy="besselj", source="", edge=(), tex="J")
    TABLE.names["besselj"] = row
    try:
        lacks = "; ".join(gaps_of_a_function(row))
    finally:
        del TABLE.names["besselj"]
    for place in ("source=", "docs/language.md", "table/known.py", "a derivative", "table/curvature.py"):
        assert place in lacks


def test_a_value_that_the_verification_does_not_know_is_seen() -> None:
    row = TABLE["erf"]
    TABLE.names["erf"] = row._replace(sympy="LambertW", define="")
    try:
        (gap,) = gaps_of_its_verification(TABLE["erf"])
    finally:
        TABLE.names["erf"] = row
    assert "LambertW" in gap
    assert "floats.py" in gap


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


def trees() -> list[Tree]:
    """One tree of every kind."""
    number, one, two = Tree("number", value=1), Tree("name", value="a"), Tree("name", value="b")
    found = [
        number,
        one,
        Tree("call", (one,), "sin"),
        Tree("prime", (one,), ("f", 1)),
        Tree("index", (one, Tree("slice")), None),
        Tree("over", (number, two, one), ("sum", "i")),
        Tree("tensor", (number, two, one), ("i",)),
    ]
    for kind in sorted(KINDS - {tree.kind for tree in found} - {"slice"}):
        found.append(Tree(kind, (one, two) if kind in OPERATORS and len(OPERATORS[kind].least) == 2 else (one,)))
    return found


SPELLED = ("signs", "constants", "second", "big")  # what a typeset notation says as data


def gaps_of_a_notation(notation: type[Typeset]) -> list[str]:
    """What other typeset notations have a spelling of and this one has not, with its file: a formula that needs it would end in a KeyError."""
    others = [other for other in Typeset.__subclasses__() if other.__module__.startswith("symdiff.")]
    return [
        f"{group}[{word!r}] of {notation.__name__} in {notation.__module__.replace('.', '/')}.py"
        for group in SPELLED
        for word in sorted(set().union(*[getattr(other, group) for other in others]) - set(getattr(notation, group, {})))
    ]


def gaps_of_a_format(form: str) -> list[str]:
    """What a notation lacks, each with the file where it belongs."""
    lacks = []
    (formats,) = (p.type.choices for p in load(DEFAULT).params if p.name == "form" and isinstance(p.type, click.Choice))
    if form not in formats:
        lacks.append("its name in NOTATIONS of symdiff/cli/options.py")
    if form not in views.NOTATIONS:
        lacks.append("its name in NOTATIONS of symdiff/page/views.py")
    if form != "text" and not hasattr(sd.Formula, form):
        lacks.append(f"a method {form}() of Formula in symdiff/formula.py")
    if not re.search(rf"(?<!\w){form}(?!\w)", DOCS):
        lacks.append("its place in docs/language.md")
    for notation in Typeset.__subclasses__():
        if notation.__module__ == f"symdiff.printers.{form}":
            lacks += gaps_of_a_notation(notation)
    for tree in trees():
        try:
            if not FORMS[form](tree):
                lacks.append(f"a text for {tree.kind}")
        except (KeyError, AttributeError) as error:
            lacks.append(f"a sign or a method for {tree.kind}: {error}")
    return lacks


@pytest.mark.parametrize("form", FORMS)
def test_a_format_is_complete(form: str) -> None:
    assert not (lacks := gaps_of_a_format(form)), "\n".join(lacks)


def test_a_format_that_lacks_something_is_seen() -> None:
    class Forgotten(Typst):
        signs: ClassVar = {kind: sign for kind, sign in Typst.signs.items() if kind != "ediv"}

    FORMS["nonesuch"] = lambda program: Forgotten().write(program)
    try:
        lacks = gaps_of_a_format("nonesuch")
    finally:
        del FORMS["nonesuch"]
    assert len(lacks) == 5
    assert lacks[-1] == "a sign or a method for ediv: 'ediv'"


def test_a_notation_without_a_sign_is_seen() -> None:
    class Short(Typst):
        signs: ClassVar = {word: sign for word, sign in Typst.signs.items() if word != "mod"}
        constants: ClassVar = {word: sign for word, sign in Typst.constants.items() if word != "zeros"}

    where = f"of Short in {__name__.replace('.', '/')}.py"
    assert gaps_of_a_notation(Short) == [f"signs['mod'] {where}", f"constants['zeros'] {where}"]
    assert gaps_of_a_notation(Typst) == []


def column_of(target: Target) -> str:
    """The field of rows where its spellings stand: its own, or those of a library or language that it follows."""
    return (target.writer.column if isinstance(target, EntryByEntry) else getattr(target, "column", "")) or target.name


def gaps_of_a_target(name: str) -> list[str]:
    """What a target lacks, each with the file where it belongs."""
    lacks, column = [], column_of(TARGETS[name])
    if name not in CODE:
        lacks.append("its name in CODE of symdiff/cli/options.py")
    if name not in get_args(Code):
        lacks.append("its name in Code of symdiff/formula.py")
    if not re.search(rf"(?<!\w){name}(?!\w)", DOCS, re.IGNORECASE):
        lacks.append("its place in docs/code.md")
    if column not in ROW_CODE:
        lacks.append(f"spellings: there is no column {column} in symdiff/table/row.py; column= names the one it shares")
        return lacks
    f = sd.parse("c: scalar; d: scalar; max(exp(c), d)*[c > d] + log(d)^2")
    if not sd.grad(f, "c").code(name):  # type: ignore[call-overload]
        lacks.append("code")
    for row in TABLE:
        if row.elementwise and not row.macro and not getattr(row, column) and not row.name.startswith("D"):
            args = ", ".join("abcdef"[: len(row.args)])
            try:  # a row without a spelling is refused by name, never by another error
                sd.parse(f"{row.name}({args})").code(name)  # type: ignore[call-overload]
            except SymdiffError as error:
                lacks += [] if row.name in str(error) else [f"a refusal of {row.name} by name: {error}"]
    return lacks


@pytest.mark.parametrize("target", TARGETS)
def test_a_target_is_complete(target: str) -> None:
    assert not (lacks := gaps_of_a_target(target)), "\n".join(lacks)


def test_a_target_that_lacks_something_is_seen() -> None:
    class Forgotten(C):
        name = "nonesuch"

    TARGETS["nonesuch"] = Forgotten()
    try:
        lacks = gaps_of_a_target("nonesuch")
    finally:
        del TARGETS["nonesuch"]
    assert [gap.split()[-1] for gap in lacks] == ["symdiff/cli/options.py", "symdiff/formula.py", "docs/code.md"]


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_complete(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([name, "--help"]) == 0
    said = capsys.readouterr()
    assert f"symdiff {name} " in said.out, "an example"
    assert "Traceback" not in said.out + said.err
    assert f"symdiff {name}" in DOCS, "its place in the docs"
    assert main([name, "--no-such-option"]) == 2
