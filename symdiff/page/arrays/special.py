"""What generated code takes from SciPy: `scipy.special` by mpmath and `math`, one number at a time, and three functions of matrices."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from symdiff.page.arrays.array import array, elementwise, ndarray, unwrapped
from symdiff.page.arrays.scalars import common


def _of_one(function: Callable[[float], float]) -> Callable[[Any], Any]:
    def value(x: Any) -> Any:
        x = array(x).astype(float)
        return unwrapped(ndarray([_safely(function, v) for v in x.entries], x.shape, "f"))

    return value


def _of_two(function: Callable[[float, float], float]) -> Callable[[Any, Any], Any]:
    return lambda a, b: elementwise(
        lambda x, y: _safely(function, float(x), float(y)), array(a), array(b), common(array(a).kind, array(b).kind, "f")
    )


def _safely(function: Callable[..., float], *args: float) -> float:
    if any(x != x for x in args):
        return math.nan
    try:
        return float(function(*args))
    except OverflowError:
        return math.inf
    except (ArithmeticError, ValueError, TypeError):
        return math.nan


def _mp(name: str) -> Callable[..., float]:
    def value(*args: float) -> float:
        from mpmath import fp

        return getattr(fp, name)(*args)

    return value


def _expit(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x > -700 else math.exp(x)


def _gamma(x: float) -> float:
    return math.copysign(math.inf, x) if x == 0 else math.gamma(x)


def _digamma(x: float) -> float:
    return _mp("digamma")(x) if x > 0 or not x.is_integer() else math.nan


def _erfcx(x: float) -> float:
    if x < 20:
        return math.exp(x * x) * math.erfc(x)
    w = 1 / (2 * x * x)
    return (1 - w * (1 - 3 * w * (1 - 5 * w))) / (x * math.sqrt(math.pi))


def _log_ndtr(x: float) -> float:
    return math.log(math.erfc(-x / math.sqrt(2)) / 2) if x > -6 else math.log(_erfcx(-x / math.sqrt(2)) / 2) - x * x / 2


def _erfinv(x: float) -> float:
    return math.copysign(math.inf, x) if abs(x) == 1 else _mp("erfinv")(x)


def _betaln(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)


def _xlogy(x: float, y: float) -> float:
    return 0.0 if x == 0 else x * (math.log(y) if y > 0 else -math.inf if y == 0 else math.nan)


expit, erf, erfc, erfcx, erfinv = map(_of_one, (_expit, math.erf, math.erfc, _erfcx, _erfinv))
gamma, digamma, log_ndtr = map(_of_one, (_gamma, _digamma, _log_ndtr))
psi = digamma
gammaln = _of_one(lambda x: math.lgamma(x) if x > 0 or not x.is_integer() else math.inf)
logit = _of_one(lambda x: math.log(x / (1 - x)) if 0 < x < 1 else -math.inf if x == 0 else math.inf if x == 1 else math.nan)
polygamma = _of_two(lambda k, x: _mp("psi")(int(k), x))
betaln, xlogy = _of_two(_betaln), _of_two(_xlogy)


def spherical_jn(n: Any, x: Any, derivative: bool = False) -> Any:
    from symdiff.checking.floats import _spherical

    return _of_two(lambda k, v: _spherical(int(k), v))(n, x)


def _of_matrix(name: str) -> Callable[[Any], Any]:
    def value(a: Any) -> Any:
        from symdiff.checking import floats

        a = array(a).astype(float)
        return getattr(floats, name)(a.reshape((1, *a.shape)))[0]

    return value


expm, logm, sqrtm = map(_of_matrix, ("_matrix_exp", "_matrix_log", "_matrix_sqrt"))
