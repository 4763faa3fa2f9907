"""Labels among the arguments of a compiled function: whole numbers from 1 to the number of entries that they pick from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any

from symdiff.errors import DomainError
from symdiff.expr import dims
from symdiff.expr.build import label_size
from symdiff.expr.node import Dim, Expr
from symdiff.expr.walk import variables


def checked(exprs: Sequence[Expr], function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, with a DomainError for a label that names no entry. Arguments without values (traced ones) are not looked at."""
    found = variables(exprs)
    labels = {name: size for name, x in found.items() if (size := label_size(x.data[1])) is not None}
    if not labels:
        return function

    @wraps(function)
    def f(values: Any = None, /, **given: Any) -> Any:
        everything = {**(values if isinstance(values, Mapping) else {}), **given}
        sizes = {name: value for name, value in everything.items() if isinstance(value, int)}
        for name, x in found.items():
            sizes.update(zip(x.shape, _shape(everything.get(name)), strict=False))
        for name, size in labels.items():
            _check(name, everything.get(name), _number(size, sizes))
        return function(**given) if values is None else function(values, **given)

    return f


def _check(name: str, value: Any, most: int | None) -> None:
    import numpy as np

    try:
        array = np.asarray(value, dtype=float)
    except Exception:  # noqa: BLE001 - a traced value has no numbers, and what is no number is refused where arguments are read
        return
    wrong = (array != np.floor(array)) | (array < 1) | (array > (np.inf if most is None else most))
    if value is not None and wrong.any():
        bad = array[wrong].flat[0]
        upto = f" to {most}" if most is not None else " on"
        hint = "labels that count from 0 are taken one higher" if bad == 0 else ""
        raise DomainError(f"{name} is a label, a whole number from 1{upto}, not {bad:g}", hint=hint)


def _shape(value: Any) -> tuple[int, ...]:
    """The shape of an array of any library, or of lists; () where there is none."""
    import numpy as np

    try:
        return tuple(value.shape)
    except AttributeError:
        pass
    try:
        return np.shape(value)
    except ValueError:
        return ()


def _number(size: Dim, sizes: Mapping[Any, Any]) -> int | None:
    return None if any(name not in sizes for name in dims.names(size)) else dims.value(size, lambda name: int(sizes[name]))
