"""The names of a formula: what it has, which of them a question means, and the message where it means none.

In: nodes and names as users write them. Out: nodes. Variables and bound names can be differentiated by; functions and
dimensions cannot, and the error says so.
"""

from __future__ import annotations

from collections.abc import Container, Iterable

from symdiff.errors import DomainError, SymdiffError, UnknownNameError
from symdiff.expr import walk
from symdiff.expr.node import DIM, NAME, OPAQUE, VAR, Expr


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

    name = name_of(wanted) if "\\" in wanted or is_latex(text) else ""
    return name if name in known else ""


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
