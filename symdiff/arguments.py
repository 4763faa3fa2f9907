"""What is said of a call that does not fit the function: every slip of a caller is a SymdiffError that shows how the function is called.

    @public
    def grad(f: Asked, wrt: Wrt, *, layout: Layout = "denominator") -> Formula: ...

In: a function whose annotations are texts. Out: the same function; an option that is annotated as a plain thing (`bool`, `str`, `int`, a number of
seconds, a layout) is looked at before the work, and a keyword that the function does not have, or an argument that is missing, is an
OperandError, which is a TypeError, too. What is annotated in another way is looked at where it is used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from inspect import Parameter, isfunction, signature
from math import inf
from os import PathLike
from typing import Any, TypeVar

from symdiff.errors import OperandError

F = TypeVar("F", bound=Callable[..., Any])
C = TypeVar("C", bound=type)


def _flag(value: Any) -> bool:
    return value is True or value is False or type(value).__name__ in ("bool_", "bool")  # NumPy's, too


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and -inf < value < inf


def _texts(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, list | tuple) and all(isinstance(one, str) for one in value))


def _by_name(value: Any) -> bool:
    return isinstance(value, Mapping) and all(isinstance(name, str) for name in value)


def _files(value: Any) -> bool:
    return isinstance(value, PathLike) or _texts(value)


# annotation: (what such an argument is, whether a value is one, an example)
PLAIN: dict[str, tuple[str, Callable[[Any], bool], str]] = {
    "bool": ("True or False", _flag, "True"),
    "str": ("a text", lambda value: isinstance(value, str), '"…"'),
    "int": ("a whole number", lambda value: isinstance(value, int) and not isinstance(value, bool), "2"),
    "int | None": ("a whole number", lambda value: value is None or (isinstance(value, int) and not isinstance(value, bool)), "2"),
    "float | None": ("a number above 0", lambda value: value is None or (_number(value) and 0 < value < 1e300), "10"),
    "Layout": ('"denominator" or "numerator"', lambda value: isinstance(value, str) and value in ("denominator", "numerator"), '"denominator" or layout="numerator"'),
    "Code": ("a text", lambda value: isinstance(value, str), '"numpy"'),
    "str | Sequence[str]": ("a text, or a list of texts", _texts, '"…"'),
    "Sequence[str]": ("a list of texts", _texts, '["…"]'),
    "Mapping[str, Any] | None": ("values by name", lambda value: value is None or _by_name(value), '{"w": [3, 1], "y": 2}'),
    "Mapping[str, Any]": ("values by name", _by_name, '{"w": [3, 1], "y": 2}'),
    "Mapping[str, Any] | str | Sequence[str]": ("arrays by name, or files", lambda value: _files(value) or _by_name(value), '{"x": X, "y": y}, or "train.csv"'),
    "Mapping[str, Any] | str | Sequence[str] | None": (
        "arrays by name, or files", lambda value: value is None or _files(value) or _by_name(value), '{"x": X, "y": y}, or "test.csv"'
    ),
    "Callable[[int, int, float], None] | None": ("a function", lambda value: value is None or callable(value), "lambda epoch, epochs, loss: None"),
    "Callable[[int, int], None] | None": ("a function", lambda value: value is None or callable(value), "lambda done, of: None"),
    "Iterable[Any]": ("a list", lambda value: isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping | type), "[…]"),
    "str | os.PathLike[str]": ("the name of a file", lambda value: isinstance(value, str | PathLike), '"…"'),
}  # fmt: skip

_SUBJECT = ("str", "int", "bool")  # where such an argument has no default, it is what the function is about, which has better words for it


def public(f: F) -> F:
    """The function, with a SymdiffError for arguments that do not fit."""
    kinds, order = f.__annotations__, f.__code__.co_varnames[: f.__code__.co_argcount]
    options = {*order[len(order) - len(f.__defaults__ or ()) :], *(f.__kwdefaults__ or ())}
    plain = {
        name: PLAIN[kinds[name]]
        for name in (*order, *(f.__kwdefaults__ or ()))
        if kinds.get(name) in PLAIN and (name in options or kinds[name] not in _SUBJECT)
    }
    first = min([order.index(name) for name in plain if name in order], default=len(order))  # of the arguments that are looked at

    @wraps(f)
    def call(*args: Any, **named: Any) -> Any:
        if len(args) > first:
            for name, value in zip(order[first:], args[first:], strict=False):
                if name in plain and not plain[name][1](value):
                    raise _wrong(name, value)
        for name, value in named.items():
            if name in plain and not plain[name][1](value):
                raise _wrong(name, value)
        try:
            return f(*args, **named)
        except TypeError as error:
            if error.__traceback__ is None or error.__traceback__.tb_next is not None:
                raise  # of the work, not of the call
            raise misfit(f, error, named) from None

    def _wrong(name: str, value: Any) -> OperandError:
        words, _, example = plain[name]
        return OperandError(f"{name} is {words}, not {named(value)}", hint=f"{name}={example}")

    return call  # type: ignore[return-value]


def methods(cls: C) -> C:
    """The class with all its public methods so."""
    for name, member in list(vars(cls).items()):
        if isfunction(member) and not name.startswith("_"):
            setattr(cls, name, public(member))
    return cls


def made(cls: C) -> C:
    """The same, with the call that makes one."""
    cls.__init__ = public(cls.__init__)  # type: ignore[misc]
    return methods(cls)


def misfit(f: Callable[..., Any], error: TypeError, given: dict[str, Any]) -> OperandError:
    """What is said of a call that Python refused: the keyword that may have been meant, and what the function takes."""
    from difflib import get_close_matches  # 1 ms of every start

    known = signature(f).parameters.values()
    keywords = [
        p.name for p in known if p.kind in (Parameter.KEYWORD_ONLY, Parameter.POSITIONAL_OR_KEYWORD) and p.name not in ("self", "cls")
    ]
    unknown = next((name for name in given if name not in keywords), "")
    near = next(iter(get_close_matches(unknown, keywords, 1)), "")
    owner, dot, name = f.__qualname__.rpartition(".")
    name = "mark" if name == "__call__" else "sd." + owner if name in ("__init__", "__new__") else ("f." if dot else "sd.") + name
    return OperandError(str(error), hint=(f"did you mean {near}=…? " if near else "") + f"{name}({shown(list(known))})")


def shown(parameters: list[Parameter]) -> str:
    """The arguments without their types."""
    words: list[str] = []
    for p in parameters:
        if p.name in ("self", "cls"):
            continue
        if p.kind is Parameter.KEYWORD_ONLY and "*" not in words:
            words.append("*")
        words.append(str(p.replace(annotation=Parameter.empty)))
    return ", ".join(words)


def named(value: Any) -> str:
    """A value as messages call it: short ones as they are typed, others by their type."""
    if value is None or isinstance(value, bool):
        return repr(value)
    text = repr(value) if isinstance(value, int | float | str) and not (isinstance(value, int) and abs(value) > 10**20) else ""
    return text if text and len(text) <= 40 else f"a value of the type {type(value).__name__}"
