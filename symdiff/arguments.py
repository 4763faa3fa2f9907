"""What is said of a call that does not fit the function: every slip of a caller is a SymdiffError that shows how the function is called.

    @public
    def grad(f: Asked, wrt: Wrt, *, layout: Layout = "denominator") -> Formula: ...

In: a function whose annotations are texts. Out: the same function; an option that is annotated as a plain thing (`bool`, `str`, `int`, a number of
seconds, a layout) is looked at before the work, and a keyword that the function does not have, or an argument that is missing, is an
OperandError, which is a TypeError, too. What is annotated in another way is looked at where it is used.
"""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from functools import wraps
from inspect import Parameter, isfunction, signature
from math import inf
from typing import Any, TypeVar

from symdiff.errors import OperandError

F = TypeVar("F", bound=Callable[..., Any])
C = TypeVar("C", bound=type)


def _flag(value: Any) -> bool:
    return value is True or value is False or type(value).__name__ in ("bool_", "bool")  # NumPy's, too


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and -inf < value < inf


# annotation: (what such an argument is, whether a value is one, an example)
PLAIN: dict[str, tuple[str, Callable[[Any], bool], str]] = {
    "bool": ("True or False", _flag, "True"),
    "str": ("a text", lambda value: isinstance(value, str), '"…"'),
    "int": ("a whole number", lambda value: isinstance(value, int) and not isinstance(value, bool), "2"),
    "int | None": ("a whole number", lambda value: value is None or (isinstance(value, int) and not isinstance(value, bool)), "2"),
    "float | None": ("a number above 0", lambda value: value is None or (_number(value) and 0 < value < 1e300), "10"),
    "Layout": ('"denominator" or "numerator"', lambda value: isinstance(value, str) and value in ("denominator", "numerator"), '"denominator" or layout="numerator"'),
}


def public(f: F) -> F:
    """The function, with a SymdiffError for arguments that do not fit."""
    kinds, order = f.__annotations__, f.__code__.co_varnames[: f.__code__.co_argcount]
    options = {*order[len(order) - len(f.__defaults__ or ()) :], *(f.__kwdefaults__ or ())}  # the others are what the function is about: it knows better words
    plain = {name: PLAIN[kinds[name]] for name in (*order, *(f.__kwdefaults__ or ())) if name in options and kinds.get(name) in PLAIN}
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


def misfit(f: Callable[..., Any], error: TypeError, given: dict[str, Any]) -> OperandError:
    """What is said of a call that Python refused: the keyword that may have been meant, and what the function takes."""
    known = signature(f).parameters.values()
    keywords = [p.name for p in known if p.kind in (Parameter.KEYWORD_ONLY, Parameter.POSITIONAL_OR_KEYWORD) and p.name != "self"]
    unknown = next((name for name in given if name not in keywords), "")
    near = next(iter(get_close_matches(unknown, keywords, 1)), "")
    method = any(p.name == "self" for p in known)
    name = ("f." if method else "sd.") + f.__name__
    return OperandError(str(error), hint=(f"did you mean {near}=…? " if near else "") + f"{name}({shown(list(known))})")


def shown(parameters: list[Parameter]) -> str:
    """The arguments without their types."""
    words: list[str] = []
    for p in parameters:
        if p.name == "self":
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
