"""Where a gradient is zero, in closed form: what lectures solve by hand.

In: a scalar formula, some of its variables, and equations that they have to obey. Out: the points, the conditions under which they are the only
ones, and a check by substitution; an equation that the points obey (eigenvectors); or the words "no closed form: iterate", with the iteration.

`routes` solves one gradient for one unknown, `system` several with Lagrange's multipliers, `spectral` what ends at eigenvectors and polar
factors, `roots` polynomials of one number. `kinds` says minimum, maximum or saddle. Nothing unchecked is told.
"""

from symdiff.stationary.found import Found, Point
from symdiff.stationary.problem import stationary

__all__ = ["Found", "Point", "stationary"]
