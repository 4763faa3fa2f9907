"""Walks over expression graphs, without recursion: user graphs are 10^5 deep."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Sequence

from symdiff.expr import dims
from symdiff.expr.node import DIM, NAME, OPAQUE, VAR, Expr, make


def topological(roots: Iterable[Expr], cut: Container[Expr] = frozenset(), *, into_names: bool = True) -> list[Expr]:
    """Every node below the roots once, arguments before their users.

    The nodes in `cut` are not descended into, and NAMEs only if `into_names`.
    """
    order: list[Expr] = []
    seen: set[Expr] = set()
    above: list[Expr] = []  # the nodes from a root down to where the walk is
    here, rest = iter(roots), list[Iterator[Expr]]()  # the arguments still to be looked at: of the last node above, and of those before it
    put, see = order.append, seen.add
    everywhere = into_names and not cut
    while True:
        for node in here:
            if node not in seen:
                see(node)
                if node.args and (everywhere or (node not in cut and (into_names or node.op != NAME))):
                    above.append(node)
                    rest.append(here)
                    here = iter(node.args)
                    break
                put(node)
        else:
            if not above:
                return order
            put(above.pop())
            here = rest.pop()


def unnamed(node: Expr) -> Expr:
    """What stands behind a name, and behind a name of that."""
    while node.op == NAME:
        node = node.args[0]
    return node


def preorder(root: Expr) -> list[Expr]:
    """Every node once in the order a reader meets it: a node, then its arguments from the left."""
    order: list[Expr] = []
    seen: set[Expr] = set()
    stack = [root]
    while stack:
        node = stack.pop()
        if node in seen:
            continue
        seen.add(node)
        order.append(node)
        stack.extend(reversed(node.args))
    return order


def variables(roots: Iterable[Expr]) -> dict[str, Expr]:
    """The VARs below the roots by name, in reading order."""
    found: dict[str, Expr] = {}
    for root in roots:
        for node in preorder(root):
            if node.op == VAR:
                found.setdefault(node.data[0], node)
    return found


def bindings(roots: Iterable[Expr]) -> dict[str, Expr]:
    """The NAMEs below the roots by name, a name after those that its value uses."""
    return {node.data[0]: node for node in topological(roots) if node.op == NAME}


def functions(roots: Iterable[Expr]) -> dict[str, Expr]:
    """One OPAQUE node, undifferentiated where there is one, for every opaque function."""
    found: dict[str, Expr] = {}
    for node in topological(roots):
        if node.op == OPAQUE and (node.data[0] not in found or not node.data[1]):
            found[node.data[0]] = node
    return found


def dimensions(roots: Iterable[Expr]) -> set[str]:
    """The names of all dimensions below the roots, declared and inferred."""
    found: set[str] = set()
    for node in topological(roots):
        for d in (*node.shape, node.data) if node.op == DIM else node.shape:
            found.update(dims.names(d))
    return found


def substitute(roots: Iterable[Expr], rebuild: Callable[[Expr, tuple[Expr, ...]], Expr]) -> dict[Expr, Expr]:
    """`rebuild(node, new arguments)` for every node below the roots, arguments first; the map from old to new."""
    new: dict[Expr, Expr] = {}
    for node in topological(roots):
        new[node] = rebuild(node, tuple([new[a] for a in node.args]))
    return new


def outermost(roots: Sequence[Expr], rule: Callable[[Expr], Expr | None]) -> list[Expr]:
    """The roots with what the rule gives in the place of the outermost nodes for which it gives something; below these it is not asked."""
    new: dict[Expr, Expr] = {}
    stack = list(roots)
    while stack:
        node = stack[-1]
        if node in new:
            stack.pop()
            continue
        if (made := rule(node)) is not None:
            new[node] = made
            continue
        waiting = [a for a in node.args if a not in new]
        if waiting:
            stack += waiting
            continue
        args = tuple([new[a] for a in node.args])
        new[node] = node if args == node.args else make(node.op, args, node.data, node.shape)
    return [new[e] for e in roots]
