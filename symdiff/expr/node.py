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
    OPAQUE   arguments          (name, indices differentiated by, b)    b axes in front, which all arguments have in front, too; then
                                                                    those declared or inferred, then the arguments' own axes
    NAME     (value,)           (name, given)                       = value's; transparent to calculus
    RESHAPE  (value,)           None                                same entries in row-major order, axes merged or split

PROD: every axis of every factor carries a label (a small int); labels not in the output are summed over. An output
label that no factor has means that the value is constant along that axis, so `ones` and spreading a scalar need no
operation of their own. A label may stand at several factors (elementwise product) and twice at one (diagonal), but
once in the output.

A dimension is an int, a declared name ("n"), an inferred one ("size(x)", "rows(A)", "cols(A)"), or a tuple of these:
their product, the whole number first, names sorted (`build.dim_product`).
"""

from __future__ import annotations

import gc
import sys
from fractions import Fraction
from typing import Any, final
from zlib import adler32, crc32

from symdiff.bounds import LIMITS, exceeded
from symdiff.expr.collector import spare

NUM, DIM, CONST, VAR, DELTA, UNIT, SUM, PROD, POW, CALL, OPAQUE, NAME, RESHAPE = range(13)
OP_NAMES = ("num", "dim", "const", "var", "delta", "unit", "sum", "prod", "pow", "call", "opaque", "name", "reshape")

Dim = int | str | tuple[Any, ...]
Shape = tuple[Dim, ...]
Number = int | Fraction


@final
class Expr:
    """A node. Make one with the functions of `symdiff.expr.build`, never directly.

    op, args, data, shape: see the module's table.
    key: 61-bit structural hash, the same in every process; orders nodes independently of when they were made. It is made
    when it is asked for first, since most nodes of a large graph are never put in order.

    A node is data: it knows no printer, no parser and no public function. `symdiff.formula.Formula` is its face.
    """

    __slots__ = ("__weakref__", "_key", "args", "data", "op", "shape")

    op: int
    args: tuple[Expr, ...]
    data: Any
    shape: Shape
    _key: int

    @property
    def key(self) -> int:
        """A structural hash, the same in every process."""
        return self._key or _key_of(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return make, (self.op, self.args, self.data, self.shape)

    def __copy__(self) -> Expr:
        return self

    def __deepcopy__(self, memo: Any) -> Expr:
        return self

    @property
    def name(self) -> str:
        """The name of a variable, a binding or an opaque function; "" of anything else."""
        return str(self.data[0]) if self.op in (VAR, NAME, OPAQUE) else ""

    def __repr__(self) -> str:
        """What a debugger shows: the fields, arguments by what they are. `symdiff.printers` writes formulas."""
        inside = ", ".join([OP_NAMES[a.op] if a.args else f"{OP_NAMES[a.op]} {_shown(a.data)}" for a in self.args[:4]])
        more = ", …" if len(self.args) > 4 else ""
        return f"<{OP_NAMES[self.op]} {_shown(self.data)} ({inside}{more}) {self.shape!r}>"


def _shown(data: Any) -> str:
    """The data of a node for a debugger: cut, and never an exception (Python refuses to write numbers of 4,300 digits)."""
    try:
        return repr(data)[:80]
    except ValueError:
        return "a number of thousands of digits"


# ---------------------------------------------------------------------------------------------- the tables of nodes

# Every node stands in one table, by what makes it that node. Large graphs are made of numbers: sums, products and powers
# of numbers and functions that give one have a table for each operation, with the arguments alone as the key. That is the
# tuple that the node holds anyway, and its hash is made of addresses: half the time of a key made of all fields, and a fifth
# less memory for the whole node.

STEP = 1 << 8  # nodes, between which Python's collector is not started by them: it counts 700 new objects
_left = STEP  # nodes that are still made before `_settle` is called
_count = 0  # nodes in the tables, when it was called last
MANY = 1 << 14  # nodes, from which on the collector is spared
FEW = 1 << 18  # nodes, some 50 MB, that are not swept unless a limit is lower: a sixth of the time of builds below that
_full = FEW  # from how many nodes on the tables are swept


class Operation(dict[tuple["Expr", ...], "Expr"]):
    """The nodes of one operation whose value is a number, by their arguments; those that are missing are made."""

    __slots__ = ("data", "op")

    def __init__(self, op: int, data: Any) -> None:
        super().__init__()
        self.op = op
        self.data = data

    def __missing__(self, args: tuple[Expr, ...]) -> Expr:  # `_made` written out: a tenth less for most nodes
        global _left
        _left -= 1
        if _left < 0:
            _settle()
        node = Expr()
        node.op = self.op
        node.args = args
        node.data = self.data
        node.shape = ()
        node._key = 0
        return self.setdefault(args, node)  # another thread may have made it


class _Functions(dict[str, Operation]):
    """For every name of a row the calls whose value is a number."""

    def __missing__(self, name: str) -> Operation:
        return self.setdefault(name, Operation(CALL, name))


class _Others(dict[tuple[Any, ...], "Expr"]):
    """All other nodes, by their fields."""

    __slots__ = ()

    def __missing__(self, key: tuple[Any, ...]) -> Expr:
        return self.setdefault(key, _made(*key))


class _Leaves(dict[Any, "Expr"]):
    """The leaves of one op whose value is a number, by their data."""

    __slots__ = ("op",)

    def __init__(self, op: int) -> None:
        super().__init__()
        self.op = op

    def __missing__(self, data: Any) -> Expr:  # the body of `Operation.__missing__` once more: a call would cost as much again
        global _left
        _left -= 1
        if _left < 0:
            _settle()
        node = Expr()
        node.op = self.op
        node.args = node.shape = ()
        node.data = data
        node._key = 0
        return self.setdefault(data, node)


def _made(op: int, args: tuple[Expr, ...], data: Any, shape: Shape) -> Expr:
    global _left
    _left -= 1
    if _left < 0:
        _settle()
    node = Expr()
    node.op = op
    node.args = args
    node.data = data
    node.shape = shape
    node._key = 0
    return node


TWO_NUMBERS: tuple[tuple[tuple[int, ...], ...], tuple[int, ...]] = (((), ()), ())  # the data of a product of two
TIMES, POWER = Operation(PROD, TWO_NUMBERS), Operation(POW, None)
PLUS, MINUS = Operation(SUM, (1, 1)), Operation(SUM, (1, -1))
_SMALL = (1, -1, 2, -2)
SUMS: dict[tuple[int, ...], Operation] = {(1, 1): PLUS, (1, -1): MINUS}
for _data in (*[(c,) for c in _SMALL], *[(c, d) for c in _SMALL for d in _SMALL]):
    SUMS.setdefault(_data, Operation(SUM, _data))
CALLS = _Functions()
VARIABLES, _numbers, _others = _Leaves(VAR), _Leaves(NUM), _Others()


def operation(op: int, data: Any) -> Operation | None:
    """The table of an operation on numbers, if it has one."""
    if op == SUM:
        return SUMS.get(data)
    if op == CALL:
        return CALLS[data]
    return POWER if op == POW else TIMES if op == PROD and data == TWO_NUMBERS else None


def _place(op: int, args: tuple[Expr, ...], data: Any, shape: Shape) -> tuple[dict[Any, Expr], Any]:
    """The table of the node with these fields, and its key there."""
    if not shape:
        if op == PROD:
            if len(args) == 2 and data == TWO_NUMBERS:
                return TIMES, args
        elif op == SUM:
            table = SUMS.get(data)
            if table is not None:
                return table, args
        elif op == POW:
            return POWER, args
        elif op == CALL:
            return CALLS[data], args
        elif op == NUM:
            return _numbers, data
        elif op == VAR:
            return VARIABLES, data
    return _others, (op, args, data, shape)


def make(op: int, args: tuple[Expr, ...], data: Any, shape: Shape = ()) -> Expr:
    """The node with these fields: the one that exists, or a new one. Callers have checked the shapes."""
    table, key = _place(op, args, data, shape)
    return table[key]


def _tables() -> list[dict[Any, Expr]]:
    return [_others, VARIABLES, _numbers, *CALLS.values(), *SUMS.values(), POWER, TIMES]


FEW_NUMBERS = {k: make(NUM, (), k) for k in range(-10, 101)}  # kept, so that they are not made again and again


# ---------------------------------------------------------------------------------------------- structural hashes

_text_keys: dict[Any, int] = {}


def _text_key(data: Any) -> int:
    """A hash of names and shapes that does not depend on PYTHONHASHSEED, remembered."""
    k = _text_keys.get(data)
    if k is None:
        if len(_text_keys) > 1 << 16:
            _text_keys.clear()
        text = repr(data).encode()
        k = _text_keys[data] = crc32(text) << 32 | adler32(text)
    return k


_SMALL_NUMBER = 1 << 29


def _apart(number: Number) -> Number:
    """What is hashed for a number: Python's hashes of -1 and -2 are one, and numbers count modulo 2^61 - 1 there."""
    if -_SMALL_NUMBER < number.numerator < _SMALL_NUMBER and number.denominator < _SMALL_NUMBER:
        return number if number != -2 else -(1 << 40)
    return _text_key((hex(number.numerator), hex(number.denominator)))  # in decimals, thousands of digits take long or are refused


def _structural(node: Expr) -> int:
    """The key of a node whose arguments have theirs."""
    op, args, data, shape = node.op, node.args, node.data, node.shape
    if SUM <= op <= PROD:
        if len(args) == 2 and data == TWO_NUMBERS:
            return hash((args[0]._key, args[1]._key))
        if op == SUM:
            data = tuple([c if c == 1 or c == -1 else _apart(c) for c in data])
        elif shape:
            return hash((op, data, _text_key(shape), *[a._key for a in args]))
        return hash((op, data, *[a._key for a in args]))
    if op == POW:
        return hash((op, args[0]._key, args[1]._key))  # not its data: the hash of None differs from process to process
    if op == NUM:
        return hash((op, data if data == -2 else _apart(data))) + bool(data == -1)
    if op == VAR:
        name, properties = data
        text = name.encode("utf-8", "surrogatepass")  # names may be many, and are not remembered
        return hash((op, crc32(text), adler32(text), _text_key((properties, shape)) if shape or properties else 0))
    return hash((op, _text_key(data), _text_key(shape) if shape else 0, *[a._key for a in args]))


def _key_of(root: Expr) -> int:
    """Give the root its key, and what is below it."""
    stack = [root]
    while stack:
        node = stack[-1]
        waiting = [a for a in node.args if not a._key] if not node._key else []
        if waiting:
            stack += waiting
            continue
        if not node._key:
            node._key = _structural(node) or 1  # 0 means that there is none yet
        stack.pop()
    return root._key


def rational(value: Number) -> Number:
    """An int where the value is whole: 2, Fraction(2) and True are one number."""
    if type(value) is int:
        return value
    if isinstance(value, Fraction):
        return value.numerator if value.denominator == 1 else value
    return int(value)


def _baseline() -> int:
    """What sys.getrefcount shows of a node that only a table and the variable of a walk hold."""
    table = {0: Expr()}
    node = list(table.values()).pop()
    return sys.getrefcount(node)


_FREE = _baseline()


def _settle() -> None:
    """What every few nodes of a big build asks for: the tables are swept when they have grown enough, and the collector is spared.

    Nodes hold no cycles; walking them again and again as a build grows would take half of its time
    (`python -m benchmarks --only rosenbrock`).
    """
    global _left, _count
    _count += STEP
    _left = 0  # asked again at once if this raises
    if _count >= min(_full, LIMITS.nodes):
        _collect()
        _count = table_size()
    _left = STEP
    if _count > MANY and gc.isenabled():
        spare()  # which may run a program's finalizers


def _collect() -> None:
    """Drop the nodes that nobody but their table holds.

    Weak tables would cost about 150 bytes and a microsecond for every node (`python -m benchmarks --only rosenbrock`).
    Instead the tables are walked when they have doubled or more.
    """
    global _full
    before = table_size()
    _sweep()
    if table_size() >= LIMITS.nodes:
        raise exceeded("nodes", f"expressions of {table_size()} nodes together")
    kept = table_size()
    _full = min(max(FEW, (2 if kept < 0.9 * before else 4) * kept), LIMITS.nodes)  # a build that keeps all is asked less often


def _sweep() -> None:
    """First those that nothing uses, then what only these used."""
    nodes: list[Expr] = []
    for table in _tables():
        known = list(table.values())  # at once: other threads go on making nodes
        nodes += [node for node in known if sys.getrefcount(node) <= _FREE + 1]  # the list holds them, too
        del known
    while nodes:
        node = nodes.pop()
        if sys.getrefcount(node) <= _FREE:
            nodes += node.args
            table, key = _place(node.op, node.args, node.data, node.shape)
            found = table.pop(key, None)
            if found is not None and (found is not node or sys.getrefcount(node) > _FREE):
                table.setdefault(key, found)  # another thread has dropped the node before, or found it a moment ago
            del key, found


def table_size() -> int:
    """How many nodes are interned now."""
    return sum([len(table) for table in _tables()])
