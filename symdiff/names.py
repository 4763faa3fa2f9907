"""The names of a formula: what it has, which of them a question means, and the message where it means none.

In: nodes and names as users write them. Out: nodes. Variables and bound names can be differentiated by; functions and
dimensions cannot, and the error says so.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable

from symdiff.errors import DomainError, SymdiffError, UnknownNameError
from symdiff.expr import build, walk
from symdiff.expr.node import DIM, NAME, OPAQUE, PROD, VAR, Expr


def leaves(roots: Iterable[Expr]) -> dict[str, Expr]:
    """Variables and opaque functions by name, in reading order."""
    found: dict[str, Expr] = {}
    for root in roots:
        for node in walk.preorder(root):
            if node.op == OPAQUE or (not node.args and node.name):
                found.setdefault(node.name, node)
    return found


def places(roots: Iterable[Expr]) -> set[str]:
    """The names that a value can be given to: variables, opaque functions, dimensions."""
    roots = list(roots)
    return {*leaves(roots), *walk.dimensions(roots)}


def resolve(f: Expr, names: Iterable[str | Expr], text: str = "") -> list[Expr]:
    """The variables and bound names of f that are meant, as nodes. UnknownNameError, listing what there is, or offering the formula
    that was meant where `text`, as f was typed, is near one that has the name (`A*x` for `Ax`)."""
    from symdiff.syntax.parse import canonical

    known: dict[str, Expr] = {}
    twice: set[str] = set()
    for node in walk.preorder(f):
        if node.op in (VAR, NAME) and known.setdefault(node.name, node) is not node:
            twice.add(node.name)
    found = []
    for wanted in names:
        if isinstance(wanted, str) and wanted.rstrip().endswith("]"):
            found.append(_entry(f, wanted))
            continue
        name = wanted.name if isinstance(wanted, Expr) else canonical(wanted.strip())
        meant = known.get(name)
        if meant is None and isinstance(wanted, str):
            name = _from_latex(wanted, text, known) or name
            meant = known.get(name)
        if name in twice:
            raise UnknownNameError(f"the formula has different variables of the name {name!r}", hint="give each a name of its own")
        if meant is None or (isinstance(wanted, Expr) and wanted is not meant):
            raise _unknown(f, name, text)
        found.append(meant)
    return found


def _from_latex(wanted: str, text: str, known: Container[str]) -> str:
    r"""The name that `\theta`, `\hat{y}`, `W^{(1)}` stand for, and `x_1` beside a formula in LaTeX; "" if the formula has none such."""
    from symdiff.syntax.latexin import is_latex, name_of

    if not ("\\" in wanted or is_latex(text)):
        return ""
    found = (name_of(wanted), re.sub(r"_(?=\d+$)", "", wanted.strip()))  # `beta_1` beside `\beta_1`
    return next((name for name in found if name and name in known), "")


def _entry(f: Expr, wanted: str) -> Expr:
    """`x[2]`, `A[1,:]`: an entry of a variable, or a row or column, as a node."""
    name, _, inside = wanted.strip()[:-1].partition("[")
    (x,) = resolve(f, [name])
    places: list[int | None] = []
    for part in inside.split(","):
        part = part.strip()
        if part != ":" and not (part.isdecimal() and part.isascii() and len(part) < 10):
            raise DomainError(
                f"{wanted.strip()} is no entry to differentiate by", hint="entries are numbers from 1 on: x[2], A[1,3]; A[1,:] is a row"
            )
        places.append(None if part == ":" else int(part))
    if x.op != VAR or len(places) != len(x.shape):
        raise DomainError(f"{name.strip()} has no entry [{inside}]", hint=what_there_is(f))
    if not {"symmetric", "psd", "diagonal", "orthogonal"}.isdisjoint(x.data[1]):
        raise DomainError(f"{name.strip()} is {x.data[1][0]}: one entry of it does not move alone", hint="declare it as a plain matrix")
    if places == [None] * len(places):
        return x
    try:
        return build.entry(x, *places)
    except SymdiffError as error:
        raise DomainError(error.message, hint=error.hint) from None


def entry_of(x: Expr) -> tuple[Expr, tuple[int | None, ...]]:
    """The variable of which a node is an entry, and its places; a variable or a name itself with ()."""
    if x.op != PROD:
        return x, ()
    base, *units = x.args
    of = dict(zip([ls[0] for ls in x.data[0][1:]], [u.data for u in units], strict=True))
    return base, tuple([of.get(label) for label in x.data[0][0]])


def shown(x: Expr) -> str:
    """The name of what is differentiated by: `x`, `x[2]`."""
    base, places = entry_of(x)
    return base.name + (f"[{','.join([':' if k is None else str(k) for k in places])}]" if places else "")


def _unknown(f: Expr, name: str, text: str) -> SymdiffError:
    from symdiff.syntax.absent import meant

    formula = meant(text, name)
    hint = f"write `{formula}`" if formula else what_there_is(f)
    if name in walk.functions([f]):
        return DomainError(f"{name} is a function of the formula; derivatives are by variables", hint=hint)
    if any(node.op == DIM and name == node.data for node in walk.topological([f])):
        return DomainError(f"{name} is a dimension; derivatives are by variables", hint=what_there_is(f))
    return UnknownNameError(f"{name!r} does not occur in the formula", hint=hint)


def what_there_is(f: Expr) -> str:
    """The names that f can be differentiated by, for messages."""

    def some(names: Iterable[str]) -> str:
        words = list(names)
        return ", ".join(words[:20]) + (", …" if len(words) > 20 else "")

    names, bound = some(walk.variables([f])), some(walk.bindings([f]))
    if not names:
        return "the formula has no variables"
    return f"its variables are {names}" + (f" and the names {bound}" if bound else "")
