"""The one node type, and the one door through which nodes are made.

A node is a tensor-valued expression: immutable, interned (built twice, it is the same object), with ordered axes.
In: op, argument nodes, data, shape. Out: the node. What never changes: a node's fields; equality is identity.

    op       args               data                                shape
    NUM      ()                 int, or Fraction with denominator>1 ()
    DIM      ()                 the dimension                       ()          a dimension used as a number
    CONST    ()                 "pi"                                ()
    VAR      ()                 (name, properties sorted)           any
    DELTA    ()                 None                                (n, n)      identity matrix
    UNIT     ()                 i, counted from 1                   (n,)        i-th basis vector
    SUM      terms              exact coefficients                  = each term's
    PROD     factors            (labels per factor, output labels)  Einstein product, see below
    POW      (base, exponent)   None                                = base's; exponent: same shape, or scalar
    CALL     arguments          name of a row of the table          elementwise: = each argument's
    OPAQUE   arguments          (name, indices differentiated by)   declared or inferred, then the arguments' axes
    NAME     (value,)           (name, given)                       = value's; transparent to calculus
    RESHAPE  (value,)           None                                same entries in row-major order, axes merged or split

PROD: every axis of every factor carries a label (a small int); labels not in the output are summed over. An output
label that no factor has means that the value is constant along that axis, so `ones` and spreading a scalar need no
operation of their own. A label may stand at several factors (elementwise product) and twice at one (diagonal), but
once in the output.

A dimension is an int, a declared name ("n"), an inferred one ("size(x)", "rows(A)", "cols(A)"), or a tuple of these:
their product.
"""

from __future__ import annotations

import sys
from fractions import Fraction
from typing import Any
from zlib import crc32

NUM, DIM, CONST, VAR, DELTA, UNIT, SUM, PROD, POW, CALL, OPAQUE, NAME, RESHAPE = range(13)
OP_NAMES = ("num", "dim", "const", "var", "delta", "unit", "sum", "prod", "pow", "call", "opaque", "name", "reshape")

Dim = int | str | tuple[Any, ...]
Shape = tuple[Dim, ...]
Number = int | Fraction


class Expr:
    """A node. Make one with the functions of `symdiff.expr.build`, never directly.

    op, args, data, shape: see the module's table.
    key: 61-bit structural hash, the same in every process; orders nodes independently of when they were made.
    """

    __slots__ = ("__weakref__", "args", "data", "key", "op", "shape")

    op: int
    args: tuple[Expr, ...]
    data: Any
    shape: Shape
    key: int

    def __reduce__(self) -> tuple[Any, ...]:
        return make, (self.op, self.args, self.data, self.shape)

    def __copy__(self) -> Expr:
        return self

    def __deepcopy__(self, memo: Any) -> Expr:
        return self


_new = object.__new__
_table: dict[tuple[Any, ...], Expr] = {}
_limit = 1 << 16
_text_keys: dict[Any, int] = {}


def _text_key(data: Any) -> int:
    """A hash of names and shapes that does not depend on PYTHONHASHSEED."""
    k = _text_keys.get(data)
    if k is None:
        if len(_text_keys) > 1 << 16:
            _text_keys.clear()
        k = _text_keys[data] = crc32(repr(data).encode())
    return k


def make(op: int, args: tuple[Expr, ...], data: Any, shape: Shape = ()) -> Expr:
    """The node with these fields: the one that exists, or a new one. Callers have checked the shapes."""
    ident = (op, args, data, shape)
    node = _table.get(ident)
    if node is not None:
        return node
    node = _new(Expr)
    node.op = op
    node.args = args
    node.data = data
    node.shape = shape
    if op == SUM or op == POW:
        node.key = hash((op, data, *[a.key for a in args]))
    elif op == PROD:
        node.key = hash((op, data, _text_key(shape) if shape else 0, *[a.key for a in args]))
    elif op == NUM:
        node.key = hash((op, data))
    else:
        node.key = hash((op, _text_key((data, shape)), *[a.key for a in args]))
    if len(_table) >= _limit:
        _collect()
    _table[ident] = node
    return node


def rational(value: Number) -> Number:
    """An int where the value is whole: 2, Fraction(2) and True are one number."""
    if type(value) is int:
        return value
    if isinstance(value, Fraction):
        return value.numerator if value.denominator == 1 else value
    return int(value)


def _references(nodes: list[Expr]) -> int:
    """What sys.getrefcount shows of a node that only `_table` and the list being walked hold."""
    node = nodes.pop()
    return sys.getrefcount(node)


def _baseline() -> int:
    table = {0: _new(Expr)}
    return _references(list(table.values()))


_FREE = _baseline()


def _collect() -> None:
    """Drop the nodes that nobody but the table holds.

    A weak table would cost about 150 bytes and a microsecond for every node. Instead the table is walked when it has
    doubled, newest first: a parent is younger than its children, so one walk frees whole expressions.
    """
    global _limit
    idents = list(_table)
    nodes = list(_table.values())
    while nodes:
        ident = idents.pop()
        if _references(nodes) <= _FREE:
            del _table[ident]
    _limit = max(1 << 16, 2 * len(_table))


def table_size() -> int:
    """How many nodes are interned now."""
    return len(_table)
