"""Functions of one's own: defined in a line, checked at once, used like those of the table. Nothing is registered in the process.

    mine = sd.define("softsign2(x)", "x/sqrt(1 + x^2)", edge="(1 + x^2)^(-3/2)")
    f = sd.parse("softsign2(w.x)", functions=[mine])

In: texts of the formula language, from Python or from a TOML file. Out: a `Function`, which travels with the formulas that are read with it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from symdiff.arguments import named
from symdiff.errors import DomainError, OperandError, ParseError, ShapeError, SymdiffError, UnknownNameError
from symdiff.expr import build, walk
from symdiff.expr.node import NUM, VAR, Expr, Shape, make
from symdiff.formula import Formula, built, node_of
from symdiff.table import BUILT_IN, TABLE, OwnName, Row

if TYPE_CHECKING:
    from symdiff.checking import Verdict

# What may be given beside a function: {"vector": (axes, …)}
KINDS: dict[str, Shape] = {"scalar": (), "vector": ("n",), "matrix": ("m", "n")}

FACTS = ("value", "edge", "edges", "where", "kink", "latex", "source")


@dataclass(frozen=True)
class Function:
    """A function of one's own, made by `sd.define`.

    name, args: of its signature. value: its definition. edges: its derivative by each argument, with `y` for the value; () where the definition is put in its
    place before anything is derived. where: the condition under which it has a value. verdicts: what the check said of each edge.
    """

    row: Row
    verdicts: tuple[Verdict, ...]

    @property
    def name(self) -> str:
        """The name by which texts call it."""
        return str(self.row.name)

    @property
    def args(self) -> tuple[str, ...]:
        """The names of its arguments, numbers each."""
        return self.row.args

    @property
    def value(self) -> str:
        """Its definition, a text in these names."""
        return self.row.define

    @property
    def edges(self) -> tuple[str, ...]:
        """Its derivative by each argument, with `y` for the value; () where the definition is put in its place."""
        return self.row.edge

    @property
    def where(self) -> str:
        """The condition under which it has a value; "" everywhere."""
        return self.row.where

    def __call__(self, *args: Any) -> Formula:
        """The function of formulas and numbers: `mine(w @ x)`."""
        if len(args) != len(self.args):
            raise ShapeError(f"{self.name} takes {len(self.args)} argument{'s' * (len(self.args) > 1)}, not {len(args)}", hint=str(self))
        return built(applied(OwnName(self.row), [node_of(a) for a in args]))

    def __str__(self) -> str:
        edges = "; ".join(f"d/d{x} = {text}" for x, text in zip(self.args, self.edges, strict=False))
        return (
            f"{self.name}({', '.join(self.args)}) = {self.value}"
            + (f"; {edges}" if edges else "")
            + (f", where {self.where}" if self.where else "")
        )

    __repr__ = __str__


def applied(name: OwnName, args: list[Expr]) -> Expr:
    """The node of a function of one's own at these arguments."""
    row = name.row
    if not row.macro:
        return build.call(name, *args)
    from symdiff.syntax import template

    letters = dict(zip(row.args, args, strict=True))
    definition = template(row.define, {letter: a.shape for letter, a in letters.items()})
    done = walk.substitute(
        [definition], lambda node, kids: letters[node.name] if node.op == VAR else make(node.op, kids, node.data, node.shape)
    )
    return done[definition]


def define(
    signature: str,
    value: str,
    edge: str | Sequence[str] = (),
    *,
    where: str = "",
    kink: str = "",
    latex: str = "",
    source: str = "",
) -> Function:
    """See `sd.define`."""
    name, shapes = _signature(signature)
    if not isinstance(edge, str | list | tuple) or not all(isinstance(one, str) for one in edge):
        raise OperandError(f"edges are formulas as texts, not {named(edge)}", hint='edge="2*x", or one for each argument: edge=("y", "x")')
    given = (edge,) if isinstance(edge, str) else tuple(edge)
    definition = _read(value, shapes, f"the definition of {name}")
    macro = any(shapes.values())
    row = Row(
        name,
        tuple(shapes),
        define=value,
        where=where,
        kink=kink,
        tex=latex,
        source=source or "sd.define",
        macro=macro,
        sample=((-3, 3),) * len(shapes),
    )
    if where:
        _read(f"[{where}]", {**shapes, "y": ()}, f"where {name} has a value")
    if macro:
        if any(given):
            raise DomainError(f"{name} is derived by its definition: edges are for functions of numbers", hint="leave edge out")
        return Function(row, ())
    if definition.shape:
        raise ShapeError(
            f"{name} of numbers is a {build.describe(definition.shape)}",
            hint=f'a number, or arguments with types: "{name}({next(iter(shapes))}: vector)"',
        )
    if given and len(given) != len(shapes):
        raise SymdiffError(
            f"{name} has {len(shapes)} argument{'s' * (len(shapes) > 1)} and {len(given)} edge{'s' * (len(given) > 1)}",
            hint="one edge for each argument, in their order",
        )
    letters = [build.var(x) for x in shapes]
    if not given:
        given = _derived(definition, letters)
    verdicts = tuple([_checked(name, definition, x, text, shapes) for x, text in zip(letters, given, strict=True)])
    return Function(row._replace(edge=given), verdicts)


def _derived(definition: Expr, letters: Sequence[Expr]) -> tuple[str, ...]:
    """The derivatives of a definition as texts."""
    from symdiff import differentiate

    there = walk.variables([definition])
    found = {}
    if there:
        asked = [x for x in letters if x.name in there]
        answers = differentiate.derivatives(definition, asked, differentiate.Form(expand=True))
        found = {x.name: _text(a.expr) for x, a in zip(asked, answers, strict=True)}
    return tuple([found.get(x.name, "0") for x in letters])


def _text(node: Expr) -> str:
    """A node as one expression: parts that it shares are written out."""
    from symdiff.expr.node import NAME
    from symdiff.printers import written

    done = walk.substitute([node], lambda e, args: args[0] if e.op == NAME else make(e.op, args, e.data, e.shape))
    return written(done[node])


def _checked(name: str, definition: Expr, x: Expr, text: str, shapes: Mapping[str, Shape]) -> Verdict:
    """The verdict on an edge. SymdiffError if it is wrong."""
    from symdiff.checking import verify

    edge = _read(text, {**shapes, "y": ()}, f"the edge of {name}")
    if edge.shape:
        raise ShapeError(
            f"the edge of {name} by {x.name} is a {build.describe(edge.shape)}, not a number",
            text=text,
            span=(0, len(text)),
            hint="the derivative of a number by a number",
        )
    done = walk.substitute(
        [edge], lambda node, kids: definition if node.op == VAR and node.name == "y" else make(node.op, kids, node.data, node.shape)
    )
    if x.name not in walk.variables([definition]):
        if edge.op == NUM and edge.data == 0:
            from symdiff.checking import Verdict

            return Verdict(True)
        raise SymdiffError(f"{text} is not the derivative of {name} by {x.name}: {name} does not hang on {x.name}", hint="0")
    verdict = verify(definition, [x], done[edge])
    if verdict.ok is False:
        example = verdict.counterexample or {}
        at = ", ".join(f"{k} = {v}" for k, v in example.get("values", {}).items())
        right = _derived(definition, [x])[0]
        numbers = (
            f": at {at} it is {_number(example['found'])}, the derivative {_number(example['expected'])}"
            if {"found", "expected"} <= set(example)
            else ""
        )
        raise SymdiffError(
            f"{text} is not the derivative of {name}({', '.join(shapes)}) by {x.name}{numbers}", hint=f"from the definition it is {right}"
        )
    return verdict


def _number(value: Any) -> str:
    try:
        return f"{float(value):.6g}"
    except (TypeError, ValueError, OverflowError):
        return str(value)


def _read(text: str, shapes: Mapping[str, Shape], what: str) -> Expr:
    """A formula of these arguments."""
    from symdiff import syntax

    if not isinstance(text, str) or not text.strip():
        raise SymdiffError(f"{what} is a text of the formula language, not {text!r}", hint='sd.define("softsign2(x)", "x/sqrt(1 + x^2)")')
    try:
        if any(shapes.values()):
            kinds = {shape: kind for kind, shape in KINDS.items()}
            node = syntax.parse(text, declarations={x: kinds[shape] for x, shape in shapes.items() if x in re.findall(r"\w+", text)}).expr
        else:
            node = syntax.template(text, dict(shapes))
    except SymdiffError as error:
        error.message = f"{what}: {error.message}"
        error.text = error.text or text
        error.hint = error.hint or f"a formula of {', '.join(shapes)}"
        raise
    others = [x for x in walk.variables([node]) if x not in shapes]
    if others:
        place = re.search(rf"\b{re.escape(others[0])}\b", text)
        known = ", ".join(shapes)
        raise UnknownNameError(
            f"{what} has {others[0]}, which is no argument",
            span=place.span() if place else None,
            text=text,
            hint=f"its arguments are {known}",
        )
    if walk.functions([node]):
        raise UnknownNameError(
            f"{what} has a function that nobody knows: {', '.join(walk.functions([node]))}",
            hint="symdiff rules lists the functions that are known",
            text=text,
        )
    return node


_SIGNATURE = re.compile(r"\s*(\w+)\s*\(([^()]*)\)\s*")


def _signature(text: str) -> tuple[str, dict[str, Shape]]:
    """Name and arguments of "f(x, A: matrix)" with their shapes."""
    from symdiff.syntax.parse import checked

    hint = 'sd.define("softsign2(x)", "x/sqrt(1 + x^2)"), or "rms(x: vector)"'
    found = _SIGNATURE.fullmatch(text) if isinstance(text, str) else None
    if not found:
        raise ParseError(f"{text!r} is not the signature of a function", hint=hint)
    name = checked(found[1])
    if name in TABLE or name in BUILT_IN:
        raise SymdiffError(
            f"{name} is a function of the language",
            hint=f"another name; symdiff rules {name} shows it" if name in TABLE else "another name",
        )
    shapes: dict[str, Shape] = {}
    for part in found[2].split(","):
        word, _, kind = (piece.strip() for piece in part.partition(":"))
        if not word:
            raise ParseError(f"{text!r} names no argument", hint=hint)
        x = checked(word)
        if x in shapes:
            raise ParseError(f"{x} stands twice in {text!r}", hint="a name for each argument")
        if (kind or "scalar") not in KINDS:
            raise ParseError(f"{kind!r} is not a type of an argument", hint="scalar, vector or matrix")
        if x == "y":
            raise ParseError("y is the value of the function in its edges", hint="another name for the argument")
        shapes[x] = KINDS[kind or "scalar"]
    return name, shapes


# ---------------------------------------------------------------------------------------------- files

EXAMPLE = '["softsign2(x)"]\nvalue = "x/sqrt(1 + x^2)"\nedge = "(1 + x^2)^(-3/2)"'


def read_file(path: str | os.PathLike[str]) -> tuple[Function, ...]:
    """The functions of a TOML file: a table for each, named by its signature, with value and where wanted edge, where, kink, latex, source.

    SymdiffError, with the function's name, for a file that cannot be read and for functions that `define` refuses.
    """
    import tomllib

    shown = os.fspath(path)
    try:
        with open(path, "rb") as file:
            told = tomllib.load(file)
    except OSError as error:
        raise SymdiffError(f"cannot read {shown}: {error.strerror}", hint="a TOML file with functions") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SymdiffError(f"{shown} is not TOML: {error}", hint=f"for example:\n{EXAMPLE}") from None
    return tuple([_from_table(shown, signature, facts) for signature, facts in told.items()])


def _from_table(path: str, signature: str, facts: Any) -> Function:
    if not isinstance(facts, dict) or "value" not in facts or not set(facts) <= set(FACTS):
        unknown = (
            f" has {', '.join(sorted(set(facts) - set(FACTS)))}" if isinstance(facts, dict) and set(facts) - set(FACTS) else " has no value"
        )
        raise SymdiffError(f"{path}: {signature}{unknown}", hint=f"what a function has is {', '.join(FACTS)}; for example:\n{EXAMPLE}")
    texts = {k: v for k, v in facts.items() if k not in ("edge", "edges")}
    edge = facts.get("edges", facts.get("edge", ()))
    if not all(isinstance(v, str) for v in texts.values()) or not (
        isinstance(edge, str) or (isinstance(edge, list | tuple) and all(isinstance(e, str) for e in edge))
    ):
        raise SymdiffError(f"{path}: what {signature} has are texts", hint=f"for example:\n{EXAMPLE}")
    try:
        return define(signature, edge=edge, **texts)
    except SymdiffError as error:
        error.message = f"{path}: {error.message}"
        raise


Functions = Function | str | os.PathLike[str] | Iterable[Function | str | os.PathLike[str]]


def names_of(functions: Functions) -> list[OwnName]:
    """The names that bring their rows, of functions and of files of them. SymdiffError for two of one name."""
    found: dict[str, Function] = {}
    if not isinstance(functions, Function | str | os.PathLike | Iterable):
        functions = [functions]  # what is neither a function, a file nor several of them is refused below, as the member of a list is
    for given in (functions,) if isinstance(functions, Function | str | os.PathLike) else functions:
        if not isinstance(given, Function | str | os.PathLike):
            raise SymdiffError(
                f"a function is made by sd.define, or read from a TOML file, not {type(given).__name__}",
                hint='functions=[sd.define("twice(x)", "2*x")], or functions="mine.toml"',
            )
        for one in (given,) if isinstance(given, Function) else read_file(given):
            if one.name in found and found[one.name].row != one.row:
                raise SymdiffError(f"there are two functions {one.name}", hint="a name for each")
            found[one.name] = one
    return [OwnName(one.row) for one in found.values()]
