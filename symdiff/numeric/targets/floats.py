"""Plain floats and Python's module math: scalars only."""

from __future__ import annotations

from typing import ClassVar

from symdiff.numeric.targets.python import PythonTarget

HELPERS = {
    "_spherical_jn": '''\
def _spherical_jn(n, x):
    """The spherical Bessel function of order n: near 0 by its series, else by the recurrence from sin(x)/x."""
    n = int(n)
    if abs(x) <= n + 1:
        term = x**n/math.prod(range(1, 2*n + 2, 2))
        series = term
        for k in range(1, 30 + n):
            term *= -x*x/(2*k*(2*n + 2*k + 1))
            series += term
        return series
    low, high = math.cos(x)/x, math.sin(x)/x
    for k in range(n):
        low, high = high, (2*k + 1)/x*high - low
    return high
''',
    "_erfc_scaled": '''\
def _erfc_scaled(x):
    """erfc(x)*exp(max(x, 0)**2), from 10 on by its asymptotic series."""
    if x <= 10:
        return math.erfc(x)*math.exp(max(x, 0.0)**2)
    series = 1.0
    for k in range(19, 0, -2):
        series = 1 - k*series/(2*x*x)
    return series/(x*math.pi**0.5)
''',
}


class PlainFloats(PythonTarget):
    name = "math"
    module = "math"
    arrays = False
    lift = "float(#)"
    kind = ("dtype", "", "", "")
    cast = "(1.0 if # else 0.0)"
    ready = "type(value) is float"
    floats = """
        return float(value)
"""
    shape = "()"
    numbers = True
    helpers_of_its_own: ClassVar[dict[str, str]] = HELPERS
