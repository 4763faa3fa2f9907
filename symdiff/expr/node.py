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
their product, the whole number first, names sorted (`build.dim_product`).
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from importlib import import_module
from typing import Any, final
from zlib import adler32, crc32

from symdiff.expr.collector import settle
from symdiff.limits import LIMITS, exceeded

NUM, DIM, CONST, VAR, DELTA, UNIT, SUM, PROD, POW, CALL, OPAQUE, NAME, RESHAPE = range(13)
OP_NAMES = ("num", "dim", "const", "var", "delta", "unit", "sum", "prod", "pow", "call", "opaque", "name", "reshape")

Dim = int | str | tuple[Any, ...]
Shape = tuple[Dim, ...]
Number = int | Fraction


@cache
def _api() -> Any:
    """The public functions, looked up by name: they stand above this module, which must not import them."""
    return import_module("symdiff.api")


@cache
def _operators() -> Any:
    return import_module("symdiff.expr.operators")


@final
class Expr:
    """A node. Make one with the functions of `symdiff.expr.build`, never directly.

    op, args, data, shape: see the module's table.
    key: 61-bit structural hash, the same in every process; orders nodes independently of when they were made.

    Operators mean what they mean in a formula, for nodes and for numbers: `+ - * / **` and `@`, `.T` for the
    transpose, `< <= > >=` for Iverson brackets. `==` is identity; `a.equals(b)` asks for equality as functions.
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

    # ------------------------------------------------------------------------------------------ operators

    __array_ufunc__ = None  # NumPy leaves `array * node` to the node, which refuses it with a reason

    # Of two numbers, the commonest case by far, the node is made at once: a third to a half of the time.

    def __add__(self, other: Any) -> Expr:
        b = other if type(other) is Expr else _small(other)
        if b is None or b.shape or self.shape:
            return _operators().operate("add", self, other)
        return make(SUM, (self, b), _PLUS)

    def __radd__(self, other: Any) -> Expr:
        a = _small(other)
        if a is None or self.shape:
            return _operators().operate("add", other, self)
        return make(SUM, (a, self), _PLUS)

    def __sub__(self, other: Any) -> Expr:
        b = other if type(other) is Expr else _small(other)
        if b is None or b.shape or self.shape:
            return _operators().operate("sub", self, other)
        return make(SUM, (self, b), _MINUS)

    def __rsub__(self, other: Any) -> Expr:
        a = _small(other)
        if a is None or self.shape:
            return _operators().operate("sub", other, self)
        return make(SUM, (a, self), _MINUS)

    def __mul__(self, other: Any) -> Expr:
        b = other if type(other) is Expr else _small(other)
        if b is None or b.shape or self.shape:
            return _operators().operate("mul", self, other)
        return make(PROD, (self, b), TWO_NUMBERS)

    def __rmul__(self, other: Any) -> Expr:
        a = _small(other)
        if a is None or self.shape:
            return _operators().operate("mul", other, self)
        return make(PROD, (a, self), TWO_NUMBERS)

    def __truediv__(self, other: Any) -> Expr:
        return _operators().operate("div", self, other)

    def __rtruediv__(self, other: Any) -> Expr:
        return _operators().operate("div", other, self)

    def __pow__(self, other: Any) -> Expr:
        b = other if type(other) is Expr else _small(other)
        if b is None or b.shape or self.shape:
            return _operators().operate("pow", self, other)
        return make(POW, (self, b), None)

    def __rpow__(self, other: Any) -> Expr:
        return _operators().operate("pow", other, self)

    def __matmul__(self, other: Any) -> Expr:
        return _operators().operate("matmul", self, other)

    def __lt__(self, other: Any) -> Expr:
        return _operators().operate("lt", self, other)

    def __le__(self, other: Any) -> Expr:
        return _operators().operate("le", self, other)

    def __gt__(self, other: Any) -> Expr:
        return _operators().operate("gt", self, other)

    def __ge__(self, other: Any) -> Expr:
        return _operators().operate("ge", self, other)

    def __neg__(self) -> Expr:
        return _operators().negative(self)

    def __bool__(self) -> bool:
        """True, but a TypeError for a condition: `a < b < c` and `if a < b` would drop a part of it silently."""
        if self.op == CALL and self.data in ("lt", "le", "gt", "ge"):
            raise TypeError("a condition on symbols is neither true nor false; use it as a factor, or in sd.if_(c, a, b)")
        return True

    @property
    def T(self) -> Expr:
        """The transpose: of a matrix, of a vector (a row), of a row (the vector); a scalar stays."""
        return _operators().transpose(self)

    # ------------------------------------------------------------------------------------------ as text

    def __str__(self) -> str:
        """A formula of the language; `symdiff.parse(str(g), given=f)` gives g back."""
        return _api().printed(self)

    def __repr__(self) -> str:
        return _api().representation(self)

    def latex(self) -> str:
        return _api().printed(self, "latex")

    def unicode(self) -> str:
        return _api().printed(self, "unicode")

    def mathml(self) -> str:
        return _api().printed(self, "mathml")

    def typst(self) -> str:
        return _api().printed(self, "typst")

    def program(self) -> str:
        """Declarations, bindings and the expression: a formula that parses alone."""
        return _api().program(self)

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex()}$"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(self.unicode())

    # ------------------------------------------------------------------------------------------ as a value

    @property
    def name(self) -> str:
        """The name of a variable, a binding or an opaque function; "" of anything else."""
        return str(self.data[0]) if self.op in (VAR, NAME, OPAQUE) else ""

    @property
    def variables(self) -> dict[str, Expr]:
        """Variables and opaque functions by name, in reading order."""
        return _api().variables(self)

    def expand(self) -> Expr:
        """The same value with every bound name written out."""
        return _api().expand(self)

    def __call__(self, **values: Any) -> Any:
        """The value as a float or NumPy array: `g(w=[3, 1], phi=[1, 2], y=2)`. SymdiffError if a value is missing or misshapen."""
        return _api().evaluate(self, values)

    def compile(self, target: str = "numpy") -> Any:
        """A Python function of the variables, by keyword. target: "numpy", "jax", "torch", "math"."""
        return _api().compile([self], target)

    def code(self, target: str = "numpy") -> str:
        """The source text of that function, stand-alone."""
        return _api().code([self], target)

    def equals(self, other: Any) -> bool | None:
        """Whether both are the same function: by their normal forms, else by verification. None if undecided."""
        return _api().equals(self, other)

    def to_sympy(self, **sizes: int) -> Any:
        """The explicit components as a SymPy expression or array: `g.to_sympy(n=3)`."""
        return _api().to_sympy(self, sizes)


# The data of a sum, a difference and a product of two numbers.
_PLUS, _MINUS = (1, 1), (1, -1)
TWO_NUMBERS: tuple[tuple[tuple[int, ...], ...], tuple[int, ...]] = (((), ()), ())

_new = object.__new__
_table: dict[int, Expr] = {}  # by key: a tuple of the fields for every node would cost as much again as the node
_get = _table.get
_crowded: set[int] = set()  # keys that other nodes were pushed on from; these stay, or those would be made again
STEP = 1 << 11  # nodes
_limit = STEP  # when `_settle` is called next
FEW = 1 << 16  # nodes that are not swept unless a limit is lower
_full = FEW  # from how many nodes on the table is swept
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


def make(op: int, args: tuple[Expr, ...], data: Any, shape: Shape = ()) -> Expr:
    """The node with these fields: the one that exists, or a new one. Callers have checked the shapes."""
    if SUM <= op <= PROD:
        if len(args) == 2 and not shape:  # most nodes, as below but without a loop: 0.4 us less
            a, b = args
            key = hash((a.key, b.key) if data is TWO_NUMBERS or data == TWO_NUMBERS else (op, data, a.key, b.key))
        elif shape and op == PROD:
            key = hash((op, data, _text_key(shape), *[a.key for a in args]))
        else:
            key = hash((op, data, *[a.key for a in args]))
    elif op == POW:
        key = hash((op, args[0].key, args[1].key))  # not its data: the hash of None differs from process to process
    elif op == NUM:
        key = hash((op, data))
    elif op == VAR:
        name, properties = data
        text = name.encode("utf-8", "surrogatepass")  # names may be many, and are not remembered
        key = hash((op, crc32(text), adler32(text), _text_key((properties, shape)) if shape or properties else 0))
    elif len(args) == 1:
        key = hash((op, _text_key(data), _text_key(shape) if shape else 0, args[0].key))
    else:
        key = hash((op, _text_key(data), _text_key(shape) if shape else 0, *[a.key for a in args]))
    node = _get(key)
    while node is not None:
        if node.args == args and node.op == op and node.data == data and node.shape == shape:
            return node
        _crowded.add(key)
        key += 1
        node = _get(key)
    if len(_table) >= _limit:
        _settle()
    node = _new(Expr)
    node.op = op
    node.args = args
    node.data = data
    node.shape = shape
    node.key = key
    _table[key] = node
    return node


_few = {k: make(NUM, (), k) for k in range(-10, 101)}  # kept, so that they are not made again and again


def _small(value: Any) -> Expr | None:
    """The node of a small whole number; None of any other number and of anything else."""
    return _few.get(value) if type(value) is int else None


def rational(value: Number) -> Number:
    """An int where the value is whole: 2, Fraction(2) and True are one number."""
    if type(value) is int:
        return value
    if isinstance(value, Fraction):
        return value.numerator if value.denominator == 1 else value
    return int(value)


def _baseline() -> int:
    """What sys.getrefcount shows of a node that only a table and the variable of a walk hold."""
    table = {0: _new(Expr)}
    node = list(table.values()).pop()
    return sys.getrefcount(node)


_FREE = _baseline()


def _settle() -> None:
    """What every few nodes of a big build asks for: the table is swept when it has grown enough, and the collector is spared.

    Nodes hold no cycles; walking them again and again as a build grows would take half of its time.
    """
    global _limit
    if len(_table) >= min(_full, LIMITS.nodes):
        _collect()
    if _full > FEW and gc.isenabled():
        settle()
    _limit = len(_table) + STEP


# What is called when there are too many nodes: formulas and answers are remembered elsewhere, and can be forgotten.
at_limit: list[Callable[[], None]] = []


def _collect() -> None:
    """Drop the nodes that nobody but the table holds.

    A weak table would cost about 150 bytes and a microsecond for every node. Instead the table is walked when it has
    doubled or more, newest first: a parent is younger than its children, so one walk frees whole expressions.
    """
    global _full
    before = len(_table)
    _sweep()
    if len(_table) >= LIMITS.nodes:
        for forget in at_limit:
            forget()
        _sweep()
    if len(_table) >= LIMITS.nodes:
        raise exceeded("nodes", f"expressions of {len(_table)} nodes together")
    kept = len(_table)
    _full = min(max(FEW, (2 if kept < 0.9 * before else 4) * kept), LIMITS.nodes)  # a build that keeps all is asked less often


def _sweep() -> None:
    keys, nodes = list(_table), list(_table.values())
    while nodes:
        node = nodes.pop()
        key = keys.pop()
        if sys.getrefcount(node) <= _FREE and key not in _crowded:
            _table.pop(key, None)  # another thread may sweep, too


def table_size() -> int:
    """How many nodes are interned now."""
    return len(_table)
