"""What all printers share: a printer says how one kind of tree is spelled, and where brackets stand is decided here.

A spelling is a list of pieces, strings and trees; `render` writes the trees out in their turn, without recursion.
"""

from __future__ import annotations

from collections.abc import Callable

from symdiff.syntax.tree import ATOM, NUMBER, PRECEDENCE, Binding, Declaration, Program, Tree, TypeSpec
from symdiff.table.operators import OPERATORS

Piece = str | Tree

# How tightly an operand must bind to stand without brackets, from the left.
LEAST: dict[str, tuple[int, ...]] = {operator.kind: operator.least for operator in OPERATORS.values()} | {"index": (ATOM,)}
_SUMS_AND_PRODUCTS = frozenset((PRECEDENCE["add"], PRECEDENCE["mul"]))
_FAMILY = {operator.kind: operator.family for operator in OPERATORS.values() if operator.strength == PRECEDENCE["mul"]}


def strength(t: Tree) -> int:
    """How tightly the outermost operation of a tree binds; an index counts as part of its base."""
    return ATOM if t.kind == "index" else PRECEDENCE.get(t.kind, ATOM)


def bracketed(t: Tree, k: int, strength: Callable[[Tree], int] = strength) -> bool:
    """Whether the k-th operand of t takes brackets."""
    kid = t.kids[k]
    if t.kind in ("pow", "epow") and k == 1 and kid.kind == "neg":
        return strength(kid.kids[0]) < ATOM  # x^-1
    if strength(kid) < LEAST[t.kind][k]:
        return True
    if t.kind in _FAMILY and _FAMILY.get(kid.kind, _FAMILY[t.kind]) != _FAMILY[t.kind]:
        return True
    if t.kind == kid.kind == "mul" and kid.value == NUMBER:
        return True  # (x'*A*x)*y
    return k == 1 and PRECEDENCE[t.kind] in _SUMS_AND_PRODUCTS and _starts_with_minus(kid)


def _starts_with_minus(t: Tree) -> bool:
    while t.kind in LEAST and t.kind != "neg" and t.kids and not bracketed(t, 0):
        t = t.kids[0]
    return t.kind == "neg"


def render(tree: Tree, spell: Callable[[Tree], list[Piece]]) -> str:
    out: list[str] = []
    stack: list[Piece] = [tree]
    while stack:
        piece = stack.pop()
        if isinstance(piece, str):
            out.append(piece)
        else:
            stack.extend(reversed(spell(piece)))
    return "".join(out)


def separated(trees: tuple[Tree, ...], comma: str = ", ") -> list[Piece]:
    pieces: list[Piece] = []
    for t in trees:
        pieces += (comma, t)
    return pieces[1:]


def statements(program: Program, expression: Callable[[Tree], str], name: Callable[[str], str]) -> list[str]:
    """Declarations, bindings and the body, each in the printer's spelling."""
    lines = []
    for s in program.statements:
        if isinstance(s, Binding):
            lines.append(f"{name(s.name)} = {expression(s.value)}")
        else:
            lines.append(_declaration(s, name))
    return [*lines, expression(program.body)] if program.body else lines


def _declaration(d: Declaration, name: Callable[[str], str]) -> str:
    def spelled(spec: TypeSpec) -> str:
        dims = "(" + ", ".join([name(d) if isinstance(d, str) else str(d) for d in spec.dims]) + ")" if spec.dims else ""
        if spec.label is not None:
            label = f"label({name(spec.label) if isinstance(spec.label, str) else spec.label})" if spec.label else "label"
            return f"vector{dims} of {label}" if spec.kind == "vector" else label
        return " ".join([*spec.properties, spec.kind + dims])

    arguments = ", ".join(map(spelled, d.arguments)) + " -> " if d.arguments is not None else ""
    return f"{', '.join(map(name, d.names))}: {arguments}{spelled(d.type)}"
