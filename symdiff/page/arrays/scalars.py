"""Numbers of arrays: Python's own, which divide by zero as IEEE 754 says, and know that they have no axes."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any, Self

ORDER = "biufcO"  # of two kinds the later one is that of the result


class dtype:
    """What the entries of an array are: kind "b", "i", "u", "f", "c" or "O". Two of one kind are equal: lengths in bits are not kept apart."""

    __slots__ = ("kind", "name")

    def __init__(self, of: Any = float) -> None:
        self.kind = kind_of(of)
        self.name = {"b": "bool", "i": "int64", "u": "uint64", "f": "float64", "c": "complex128", "O": "object"}[self.kind]

    @property
    def itemsize(self) -> int:
        return 1 if self.kind == "b" else 16 if self.kind == "c" else 8

    @property
    def type(self) -> Any:
        return {"b": bool_, "i": int64, "u": int64, "f": float64, "c": complex, "O": object}[self.kind]

    @property
    def char(self) -> str:
        return self.kind

    def __eq__(self, other: object) -> bool:
        try:
            return kind_of(other) == self.kind
        except TypeError:
            return NotImplemented

    def __hash__(self) -> int:
        return hash(self.kind)

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return f"dtype('{self.name}')"


def kind_of(of: Any) -> str:
    """The kind that a type, a name or a dtype means. TypeError for anything else."""
    if isinstance(of, dtype):
        return of.kind
    if of is None:
        return "f"
    if isinstance(of, str):
        name = of.lstrip("<>=|")
        if of in ORDER and len(of) == 1:
            return of
        for begin, kind in (
            ("bool", "b"),
            ("uint", "u"),
            ("u", "u"),
            ("int", "i"),
            ("i", "i"),
            ("float", "f"),
            ("f", "f"),
            ("d", "f"),
            ("complex", "c"),
            ("c", "c"),
            ("o", "O"),
            ("O", "O"),
        ):
            if name.startswith(begin):
                return kind
    if isinstance(of, type):
        if issubclass(of, bool | bool_):
            return "b"
        if issubclass(of, unsignedinteger):
            return "u"
        if issubclass(of, int):
            return "i"
        if issubclass(of, float):
            return "f"
        if issubclass(of, complex):
            return "c"
        if of is object:
            return "O"
    raise TypeError(f"{of!r} is no type of numbers")


class generic:
    """A number that came out of an array."""

    __slots__ = ()
    ndim = 0
    shape: tuple[int, ...] = ()
    size = 1
    kind = "f"

    @property
    def dtype(self) -> dtype:
        return dtype(self.kind)

    @property
    def T(self) -> Any:
        return self

    def item(self) -> Any:
        return PLAIN[self.kind](self)

    tolist = item

    def astype(self, dtype: Any, copy: bool = True, casting: str = "unsafe") -> Any:
        return made(PLAIN[kind_of(dtype)](self), kind_of(dtype))

    def copy(self) -> Any:
        return self

    def __array_like__(self) -> bool:
        return True

    def as_array(self) -> Any:
        """The array without axes; array.py puts it in."""
        raise NotImplementedError

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.as_array(), name)

    def __getitem__(self, key: Any) -> Any:
        return self.as_array()[key]


class number(generic):
    __slots__ = ()


class inexact(number):
    __slots__ = ()


class floating(inexact):
    __slots__ = ()


class integer(number):
    __slots__ = ()


class signedinteger(integer):
    __slots__ = ()


class unsignedinteger(integer):
    __slots__ = ()


def divide(a: Any, b: Any) -> Any:
    """a/b of numbers, in IEEE's way: 1/0 is infinite, 0/0 is no number."""
    try:
        return a / b
    except ZeroDivisionError:
        if isinstance(a, complex) or isinstance(b, complex):
            return complex(math.nan, math.nan)
        if a == 0 or a != a:
            return math.nan
        return math.copysign(math.inf, a) * math.copysign(1.0, b)
    except OverflowError:
        return math.copysign(math.inf, a) * math.copysign(1.0, b)


def power(a: Any, b: Any) -> Any:
    """a**b of numbers in IEEE's way; a root of a negative number is no number."""
    try:
        found = a**b
    except ZeroDivisionError:
        return math.copysign(math.inf, a) if float(b).is_integer() and int(b) % 2 else math.inf
    except OverflowError:
        if a < 0 and not float(b).is_integer():
            return math.nan
        return -math.inf if a < 0 and int(b) % 2 else math.inf
    if isinstance(found, complex) and not isinstance(a, complex) and not isinstance(b, complex):
        return math.nan
    return found


def floor_divide(a: Any, b: Any) -> Any:
    try:
        return a // b
    except ZeroDivisionError:
        return divide(float(a), b) if isinstance(a, float) or isinstance(b, float) else 0


def remainder(a: Any, b: Any) -> Any:
    try:
        return a % b
    except ZeroDivisionError:
        return math.nan if isinstance(a, float) or isinstance(b, float) else 0


def _float_method(function: Callable[[Any, Any], Any], turned: bool) -> Callable[[Any, Any], Any]:
    def method(self: float, other: Any) -> Any:
        if not isinstance(other, (int, float)):
            return NotImplemented
        found = function(float(other), float(self)) if turned else function(float(self), float(other))
        return float64(found)

    return method


class float64(float, floating):
    """A number with a fraction. Sums, products and quotients of such numbers are such numbers."""

    __slots__ = ()
    kind = "f"
    real = property(lambda self: self)
    imag = property(lambda self: float64(0.0))

    def __neg__(self) -> float64:
        return float64(-float(self))

    def __pos__(self) -> float64:
        return self

    def __abs__(self) -> float64:
        return float64(abs(float(self)))

    def __repr__(self) -> str:
        return f"np.float64({float(self)!r})"

    def __str__(self) -> str:
        return repr(float(self))

    def __reduce__(self) -> Any:
        return float64, (float(self),)


for _name, _function in {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "truediv": divide,
    "floordiv": floor_divide,
    "mod": remainder,
    "pow": power,
}.items():
    setattr(float64, f"__{_name}__", _float_method(_function, False))
    setattr(float64, f"__r{_name}__", _float_method(_function, True))


class int64(int, signedinteger):
    """A whole number."""

    __slots__ = ()
    kind = "i"
    real = property(lambda self: self)
    imag = property(lambda self: int64(0))

    def __truediv__(self, other: Any) -> Any:
        return float64(divide(float(self), float(other))) if isinstance(other, (int, float)) else NotImplemented

    def __rtruediv__(self, other: Any) -> Any:
        return float64(divide(float(other), float(self))) if isinstance(other, (int, float)) else NotImplemented

    def __repr__(self) -> str:
        return f"np.int64({int(self)})"

    def __str__(self) -> str:
        return repr(int(self))


def _comparison(compare: Callable[[Any, Any], Any], plain: type) -> Callable[[Any, Any], Any]:
    def method(self: Any, other: Any) -> Any:
        return bool_(compare(plain(self), other)) if isinstance(other, (int, float)) else NotImplemented

    return method


for _class, _plain in ((float64, float), (int64, int)):
    for _name in ("eq", "ne", "lt", "le", "gt", "ge"):
        setattr(_class, f"__{_name}__", _comparison(getattr(operator, _name), _plain))
    _class.__hash__ = _plain.__hash__  # type: ignore[method-assign]


class uint64(int64, unsignedinteger):
    __slots__ = ()
    kind = "u"


class bool_(int, generic):
    """True or False, as an entry of an array: `~` is the negation."""

    __slots__ = ()
    kind = "b"

    def __new__(cls, value: Any = False) -> Self:
        return super().__new__(cls, bool(value))

    def __invert__(self) -> bool_:
        return bool_(not self)

    def __and__(self, other: Any) -> Any:
        return bool_(bool(self) and bool(other)) if isinstance(other, int) else NotImplemented

    def __or__(self, other: Any) -> Any:
        return bool_(bool(self) or bool(other)) if isinstance(other, int) else NotImplemented

    def __xor__(self, other: Any) -> Any:
        return bool_(bool(self) != bool(other)) if isinstance(other, int) else NotImplemented

    __rand__, __ror__, __rxor__ = __and__, __or__, __xor__

    def __repr__(self) -> str:
        return f"np.{bool(self)}"

    def __str__(self) -> str:
        return str(bool(self))


PLAIN: dict[str, Callable[[Any], Any]] = {"b": bool, "i": int, "u": int, "f": float, "c": complex, "O": lambda x: x}
_MADE: dict[str, Callable[[Any], Any]] = {"b": bool_, "i": int64, "u": uint64, "f": float64, "c": complex, "O": lambda x: x}


def made(value: Any, kind: str) -> Any:
    """An entry as a number of its own."""
    return _MADE[kind](value)


def scalar_kind(value: Any) -> str:
    """The kind of one number."""
    if isinstance(value, bool):
        return "b"
    if isinstance(value, generic):
        return value.kind
    if isinstance(value, int):
        return "i"
    if isinstance(value, float):
        return "f"
    if isinstance(value, complex):
        return "c"
    return "O"


def common(*kinds: str) -> str:
    """The kind of what numbers of several kinds make together."""
    return max(kinds, key=ORDER.index) if kinds else "f"
