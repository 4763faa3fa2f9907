"""Every public name with its type; made from the table, see tests/api/stub.py."""

from typing import Final

from symdiff.api import backward as backward
from symdiff.api import check as check
from symdiff.api import checker as checker
from symdiff.api import curvature as curvature
from symdiff.api import define as define
from symdiff.api import derivative as derivative
from symdiff.api import derive as derive
from symdiff.api import descend as descend
from symdiff.api import from_python as from_python
from symdiff.api import from_sympy as from_sympy
from symdiff.api import grad as grad
from symdiff.api import graph as graph
from symdiff.api import handout as handout
from symdiff.api import hessian as hessian
from symdiff.api import hvp as hvp
from symdiff.api import jacobian as jacobian
from symdiff.api import jax_function as jax_function
from symdiff.api import jvp as jvp
from symdiff.api import notes as notes
from symdiff.api import parse as parse
from symdiff.api import parse_latex as parse_latex
from symdiff.api import rules as rules
from symdiff.api import stationary_points as stationary_points
from symdiff.api import steps as steps
from symdiff.api import torch_function as torch_function
from symdiff.api import trace as trace
from symdiff.api import value_and_grad as value_and_grad
from symdiff.api import verify as verify
from symdiff.api import vjp as vjp
from symdiff.batches import batch as batch
from symdiff.bounds import limits as limits
from symdiff.building import cols as cols
from symdiff.building import colsum as colsum
from symdiff.building import diag as diag
from symdiff.building import divide as divide
from symdiff.building import dot as dot
from symdiff.building import eye as eye
from symdiff.building import kron as kron
from symdiff.building import matrices as matrices
from symdiff.building import matrix as matrix
from symdiff.building import multiply as multiply
from symdiff.building import ones as ones
from symdiff.building import outer as outer
from symdiff.building import rows as rows
from symdiff.building import rowsum as rowsum
from symdiff.building import scalars as scalars
from symdiff.building import size as size
from symdiff.building import sum as sum
from symdiff.building import symbols as symbols
from symdiff.building import tr as tr
from symdiff.building import transpose as transpose
from symdiff.building import unit as unit
from symdiff.building import vec as vec
from symdiff.building import vector as vector
from symdiff.building import vectors as vectors
from symdiff.building import zeros as zeros
from symdiff.course.grade import grade_class as grade_class
from symdiff.course.sheetfile import sheet as sheet
from symdiff.errors import DomainError as DomainError
from symdiff.errors import LimitError as LimitError
from symdiff.errors import OperandError as OperandError
from symdiff.errors import ParseError as ParseError
from symdiff.errors import RefutedError as RefutedError
from symdiff.errors import ShapeError as ShapeError
from symdiff.errors import SymdiffError as SymdiffError
from symdiff.errors import UnknownNameError as UnknownNameError
from symdiff.expr.node import Expr as Expr
from symdiff.formula import Expressions as Expressions
from symdiff.formula import Formula as Formula
from symdiff.formula import Operand

__version__: Final[str]
__all__ = [
    "DomainError",
    "Expr",
    "Expressions",
    "Formula",
    "LimitError",
    "OperandError",
    "ParseError",
    "RefutedError",
    "ShapeError",
    "SymdiffError",
    "UnknownNameError",
    "__version__",
    "backward",
    "batch",
    "check",
    "checker",
    "curvature",
    "define",
    "derivative",
    "derive",
    "descend",
    "from_python",
    "from_sympy",
    "grad",
    "grade_class",
    "graph",
    "handout",
    "hessian",
    "hvp",
    "jacobian",
    "jax_function",
    "jvp",
    "limits",
    "matrices",
    "notes",
    "parse",
    "parse_latex",
    "rules",
    "scalars",
    "sheet",
    "stationary_points",
    "steps",
    "symbols",
    "torch_function",
    "trace",
    "value_and_grad",
    "vectors",
    "verify",
    "vjp",
]
pi: Final[Formula]

def load_ipython_extension(shell: object) -> None: ...

def abs(x: Operand, /) -> Formula:
    """abs(x), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by x: sign(x)
    At a kink: x = 0: take 0
    Range: y >= 0
    Source: chain rule on the definition; the value at a kink is the lecture's"""
def acos(x: Operand, /) -> Formula:
    """arccos(x), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by x: -1/sqrt(1 - x^2)
    Where: abs(x) < 1
    Range: 0 <= y <= pi
    Source: DLMF 4.24"""
def acosh(x: Operand, /) -> Formula:
    """arccosh(x), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by x: 1/sqrt(x^2 - 1)
    Where: x > 1
    Range: y >= 0
    Source: DLMF 4.38"""
def acot(x: Operand, /) -> Formula:
    """arccot(x) = pi/2 - arctan(x), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by x: -1/(1 + x^2)
    Range: 0 < y < pi
    Source: DLMF 4.24"""
def acoth(x: Operand, /) -> Formula:
    """arccoth(x), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by x: 1/(1 - x^2)
    Where: abs(x) > 1
    Source: DLMF 4.38"""
def acsc(x: Operand, /) -> Formula:
    """arccsc(x), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by x: -1/(abs(x)*sqrt(x^2 - 1))
    Where: abs(x) > 1
    Range: -pi/2 <= y <= pi/2
    Source: DLMF 4.24"""
def acsch(x: Operand, /) -> Formula:
    """arccsch(x), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by x: -1/(abs(x)*sqrt(1 + x^2))
    Where: x != 0
    Source: DLMF 4.38"""
def adjugate(A: Operand, /) -> Formula:
    """adjugate(A) = det(A)*inv(A), of numbers, formulas, lists and arrays

    Shapes: n n -> n n (a name for each axis; * is any shape, and without a name the value is a number).
    Source: Horn, Johnson, Matrix Analysis (2013), 0.8.2"""
def and_(a: Operand, b: Operand, /) -> Formula:
    """and(a, b), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by a: 0
    Derivative by b: 0
    At a kink: jumps: take 0
    Range: 0 <= y <= 1
    Source: piecewise constant"""
def arccos(x: Operand, /) -> Formula:
    """arccos(x), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by x: -1/sqrt(1 - x^2)
    Where: abs(x) < 1
    Range: 0 <= y <= pi
    Source: DLMF 4.24"""
def arccosh(x: Operand, /) -> Formula:
    """arccosh(x), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by x: 1/sqrt(x^2 - 1)
    Where: x > 1
    Range: y >= 0
    Source: DLMF 4.38"""
def arccot(x: Operand, /) -> Formula:
    """arccot(x) = pi/2 - arctan(x), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by x: -1/(1 + x^2)
    Range: 0 < y < pi
    Source: DLMF 4.24"""
def arccoth(x: Operand, /) -> Formula:
    """arccoth(x), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by x: 1/(1 - x^2)
    Where: abs(x) > 1
    Source: DLMF 4.38"""
def arccsc(x: Operand, /) -> Formula:
    """arccsc(x), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by x: -1/(abs(x)*sqrt(x^2 - 1))
    Where: abs(x) > 1
    Range: -pi/2 <= y <= pi/2
    Source: DLMF 4.24"""
def arccsch(x: Operand, /) -> Formula:
    """arccsch(x), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by x: -1/(abs(x)*sqrt(1 + x^2))
    Where: x != 0
    Source: DLMF 4.38"""
def arcsec(x: Operand, /) -> Formula:
    """arcsec(x), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by x: 1/(abs(x)*sqrt(x^2 - 1))
    Where: abs(x) > 1
    Range: 0 <= y <= pi
    Source: DLMF 4.24"""
def arcsech(x: Operand, /) -> Formula:
    """arcsech(x), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by x: -1/(x*sqrt(1 - x^2))
    Where: x > 0 and x < 1
    Range: y >= 0
    Source: DLMF 4.38"""
def arcsin(x: Operand, /) -> Formula:
    """arcsin(x), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by x: 1/sqrt(1 - x^2)
    Where: abs(x) < 1
    Range: -pi/2 <= y <= pi/2
    Source: DLMF 4.24"""
def arcsinh(x: Operand, /) -> Formula:
    """arcsinh(x), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by x: 1/sqrt(x^2 + 1)
    Source: DLMF 4.38"""
def arctan(x: Operand, /) -> Formula:
    """arctan(x), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by x: 1/(1 + x^2)
    Range: -pi/2 < y < pi/2
    Source: DLMF 4.24"""
def arctanh(x: Operand, /) -> Formula:
    """arctanh(x), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by x: 1/(1 - x^2)
    Where: abs(x) < 1
    Source: DLMF 4.38"""
def asec(x: Operand, /) -> Formula:
    """arcsec(x), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by x: 1/(abs(x)*sqrt(x^2 - 1))
    Where: abs(x) > 1
    Range: 0 <= y <= pi
    Source: DLMF 4.24"""
def asech(x: Operand, /) -> Formula:
    """arcsech(x), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by x: -1/(x*sqrt(1 - x^2))
    Where: x > 0 and x < 1
    Range: y >= 0
    Source: DLMF 4.38"""
def asin(x: Operand, /) -> Formula:
    """arcsin(x), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by x: 1/sqrt(1 - x^2)
    Where: abs(x) < 1
    Range: -pi/2 <= y <= pi/2
    Source: DLMF 4.24"""
def asinh(x: Operand, /) -> Formula:
    """arcsinh(x), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by x: 1/sqrt(x^2 + 1)
    Source: DLMF 4.38"""
def atan(x: Operand, /) -> Formula:
    """arctan(x), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by x: 1/(1 + x^2)
    Range: -pi/2 < y < pi/2
    Source: DLMF 4.24"""
def atan2(a: Operand, b: Operand, /) -> Formula:
    """atan2(a, b), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by a: b/(a^2 + b^2)
    Derivative by b: -a/(a^2 + b^2)
    Where: a != 0 or b > 0
    At a kink: b < 0 at a = 0: the value jumps by 2*pi
    Range: -pi < y <= pi
    Source: DLMF 4.24"""
def atanh(x: Operand, /) -> Formula:
    """arctanh(x), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by x: 1/(1 - x^2)
    Where: abs(x) < 1
    Source: DLMF 4.38"""
def bce(a: Operand, y: Operand, /) -> Formula:
    """bce(a, y) = -(y .* log(a) + (1 - y) .* log(1 - a)), of numbers, formulas, lists and arrays

    Where: a > 0 and a < 1
    Source: Hastie, Tibshirani, Friedman, The Elements of Statistical Learning (2009), 10.6, 11.4"""
def betaln(a: Operand, b: Operand, /) -> Formula:
    """betaln(a, b) = lgamma(a) + lgamma(b) - lgamma(a + b), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by a: digamma(a) - digamma(a + b)
    Derivative by b: digamma(b) - digamma(a + b)
    Where: a > 0 and b > 0
    Source: DLMF 5.12"""
def cbrt(x: Operand, /) -> Formula:
    """cbrt(x) = sign(x) .* abs(x) .^ (1/3), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by x: 1/(3*y^2), with y for the value
    Where: x != 0
    Source: chain rule on the definition; the value at a kink is the lecture's"""
def ceil(x: Operand, /) -> Formula:
    """ceil(x), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by x: 0
    At a kink: jumps: take 0
    Source: piecewise constant"""
def cholesky(A: Operand, /) -> Formula:
    """cholesky(A), of numbers, formulas, lists and arrays

    Shapes: n n -> n n (a name for each axis; * is any shape, and without a name the value is a number).
    Adjoint of A: (inv(y)'*trilhalf(y'*g)*inv(y) + (inv(y)'*trilhalf(y'*g)*inv(y))')/2, with g for that of the value y
    Source: Smith, Differentiation of the Cholesky Algorithm (1995); Murray, arXiv:1602.07527, (10)"""
def clip(x: Operand, lo: Operand, hi: Operand, /) -> Formula:
    """clip(x, lo, hi) = min(max(x, lo), hi), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by x: [lo < x and x < hi]
    Derivative by lo: [x < lo and lo < hi]
    Derivative by hi: [x > hi or lo > hi]
    At a kink: x = lo, x = hi: take 0; if they share a variable, the tie is of x
    Source: the lecture's convention: a tie gives 0 to both, but to the first where both share a variable"""
def collogsumexp(A: Operand, /) -> Formula:
    """collogsumexp(A) = logsumexp(A'), of numbers, formulas, lists and arrays

    Shapes: m n -> n (a name for each axis; * is any shape, and without a name the value is a number).
    Source: the rows of the transpose"""
def colmax(A: Operand, /) -> Formula:
    """colmax(A) = rowmax(A'), of numbers, formulas, lists and arrays

    Shapes: m n -> n (a name for each axis; * is any shape, and without a name the value is a number).
    Source: the rows of the transpose"""
def colmean(A: Operand, /) -> Formula:
    """colmean(A) = rowmean(A'), of numbers, formulas, lists and arrays

    Shapes: m n -> n (a name for each axis; * is any shape, and without a name the value is a number).
    Source: the rows of the transpose"""
def colmin(A: Operand, /) -> Formula:
    """colmin(A) = rowmin(A'), of numbers, formulas, lists and arrays

    Shapes: m n -> n (a name for each axis; * is any shape, and without a name the value is a number).
    Source: the rows of the transpose"""
def colnorm2(A: Operand, /) -> Formula:
    """colnorm2(A) = rownorm2(A'), of numbers, formulas, lists and arrays

    Shapes: m n -> n (a name for each axis; * is any shape, and without a name the value is a number).
    Source: the rows of the transpose"""
def colprod(A: Operand, /) -> Formula:
    """colprod(A) = rowprod(A'), of numbers, formulas, lists and arrays

    Shapes: m n -> n (a name for each axis; * is any shape, and without a name the value is a number).
    Source: the rows of the transpose"""
def colstd(A: Operand, d: Operand = ..., /) -> Formula:
    """colstd(A, d) = rowstd(A', d), of numbers, formulas, lists and arrays

    Shapes: m n,  -> n (a name for each axis; * is any shape, and without a name the value is a number).
    Source: the rows of the transpose"""
def colvar(A: Operand, d: Operand = ..., /) -> Formula:
    """colvar(A, d) = rowvar(A', d), of numbers, formulas, lists and arrays

    Shapes: m n,  -> n (a name for each axis; * is any shape, and without a name the value is a number).
    Source: the rows of the transpose"""
def commutation(*args: Operand) -> Formula: ...
def concat(*args: Operand) -> Formula: ...
def cos(x: Operand, /) -> Formula:
    """cos(x), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by x: -sin(x)
    Range: -1 <= y <= 1
    Source: DLMF 4.20"""
def cosh(x: Operand, /) -> Formula:
    """cosh(x), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by x: sinh(x)
    Range: y >= 1
    Source: DLMF 4.34"""
def cot(x: Operand, /) -> Formula:
    """cot(x), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by x: -1 - y^2, with y for the value
    Where: sin(x) != 0
    Source: DLMF 4.20"""
def coth(x: Operand, /) -> Formula:
    """coth(x), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by x: 1 - y^2, with y for the value
    Where: x != 0
    Source: DLMF 4.34"""
def cross(a: Operand, b: Operand, /) -> Formula:
    """cross(a, b), of numbers, formulas, lists and arrays

    Shapes: 3, 3 -> 3 (a name for each axis; * is any shape, and without a name the value is a number).
    Adjoint of a: cross(b, g), with g for that of the value y
    Adjoint of b: cross(g, a), with g for that of the value y
    Source: g.(a x b) = a.(b x g) = b.(g x a)"""
def cross_entropy(p: Operand, y: Operand, /) -> Formula:
    """cross_entropy(p, y) = -y.log(p), of numbers, formulas, lists and arrays

    Shapes: n, n ->  (a name for each axis; * is any shape, and without a name the value is a number).
    Where: p > 0
    Source: Hastie, Tibshirani, Friedman, The Elements of Statistical Learning (2009), 10.6, 11.4"""
def csc(x: Operand, /) -> Formula:
    """csc(x), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by x: -y*cot(x), with y for the value
    Where: sin(x) != 0
    Source: DLMF 4.20"""
def csch(x: Operand, /) -> Formula:
    """csch(x), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by x: -y*coth(x), with y for the value
    Where: x != 0
    Source: DLMF 4.34"""
def cumprod(x: Operand, /) -> Formula:
    """cumprod(x), of numbers, formulas, lists and arrays

    Shapes: n -> n (a name for each axis; * is any shape, and without a name the value is a number).
    Adjoint of x: (sum(g .* y) - cumsum(g .* y) + g .* y) ./ x, with g for that of the value y
    Where: x != 0
    Source: Goodfellow, Bengio, Courville, Deep Learning (2016), 4.1, 6.2"""
def cumsum(x: Operand, /) -> Formula:
    """cumsum(x), of numbers, formulas, lists and arrays

    Shapes: n -> n (a name for each axis; * is any shape, and without a name the value is a number).
    Adjoint of x: sum(g) - cumsum(g) + g, with g for that of the value y
    Source: Goodfellow, Bengio, Courville, Deep Learning (2016), 4.1, 6.2"""
def det(A: Operand, /) -> Formula:
    """det(A), of numbers, formulas, lists and arrays

    Shapes: n n ->  (a name for each axis; * is any shape, and without a name the value is a number).
    Adjoint of A: g*y*inv(A)', with g for that of the value y
    Where: y != 0
    Source: Petersen, Pedersen, The Matrix Cookbook (2012), 49, 57, 60"""
def digamma(x: Operand, /) -> Formula:
    """digamma(x), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by x: polygamma(1, x), with y for the value
    Where: x > 0
    Source: DLMF 5.2, 5.15"""
def duplication(*args: Operand) -> Formula: ...
def duplication_of(E: Operand, /) -> Formula:
    """duplication_of(E), of numbers, formulas, lists and arrays

    Shapes: n n -> n*n n/2+n*n/2 (a name for each axis; * is any shape, and without a name the value is a number).
    Source: Magnus, Neudecker, Matrix Differential Calculus (2019), 3.7, 3.8"""
def eigvalsh(A: Operand, /) -> Formula:
    """eigvalsh(A), of numbers, formulas, lists and arrays

    Shapes: n n -> n (a name for each axis; * is any shape, and without a name the value is a number).
    Adjoint of A: eigvecsh(A)*diag(g)*eigvecsh(A)', with g for that of the value y
    Source: Magnus, Neudecker, Matrix Differential Calculus (2019), 9.11; the eigenvalues are simple"""
def eigvecsh(A: Operand, /) -> Formula:
    """eigvecsh(A), of numbers, formulas, lists and arrays

    Shapes: n n -> n n (a name for each axis; * is any shape, and without a name the value is a number).
    Adjoint of A: (y*((matrix(1, n, n) - eye(n)) ./ (eye(n) + ones(n)*eigvalsh(A)' - eigvalsh(A)*ones(n)') .* (y'*g))*y' + (y*((matrix(1, n, n) - eye(n)) ./ (eye(n) + ones(n)*eigvalsh(A)' - eigvalsh(A)*ones(n)') .* (y'*g))*y')')/2, with g for that of the value y
    Source: Magnus, Neudecker, Matrix Differential Calculus (2019), 9.11; the eigenvalues are simple"""
def elu(x: Operand, a: Operand = ..., /) -> Formula:
    """elu(x, a) = if(x > 0, x, a .* (exp(x) - 1)), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by x: if(x > 0, 1, y + a), with y for the value
    Derivative by a: expm1(min(x, 0))
    At a kink: x = 0: take a
    Source: Clevert, Unterthiner, Hochreiter, arXiv:1511.07289"""
def entropy(p: Operand, /) -> Formula:
    """entropy(p) = -sum(p .* log(p)), of numbers, formulas, lists and arrays

    Shapes: * ->  (a name for each axis; * is any shape, and without a name the value is a number).
    Where: p > 0
    Source: Cover, Thomas, Elements of Information Theory (2006), 2.1, 2.3"""
def eq(a: Operand, b: Operand, /) -> Formula:
    """eq(a, b), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by a: 0
    Derivative by b: 0
    At a kink: jumps: take 0
    Range: 0 <= y <= 1
    Source: piecewise constant"""
def erf(x: Operand, /) -> Formula:
    """erf(x), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by x: 2/sqrt(pi)*exp(-x^2)
    Range: -1 < y < 1
    Source: DLMF 7.2, 7.10, 7.17"""
def erfc(x: Operand, /) -> Formula:
    """erfc(x), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by x: -2/sqrt(pi)*exp(-x^2)
    Range: 0 < y < 2
    Source: DLMF 7.2, 7.10, 7.17"""
def erfinv(x: Operand, /) -> Formula:
    """erfinv(x), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by x: sqrt(pi)/2*exp(y^2), with y for the value
    Where: abs(x) < 1
    Source: DLMF 7.2, 7.10, 7.17"""
def exp(x: Operand, /) -> Formula:
    """exp(x), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by x: y, with y for the value
    Range: y > 0
    Source: DLMF 4.2, 4.7"""
def exp2(x: Operand, /) -> Formula:
    """exp2(x) = 2 .^ x, of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by x: y*log(2), with y for the value
    Range: y > 0
    Source: DLMF 4.2, 4.7"""
def expm(A: Operand, /) -> Formula:
    """expm(A), of numbers, formulas, lists and arrays

    Shapes: n n -> n n (a name for each axis; * is any shape, and without a name the value is a number).
    Adjoint of A: expm_frechet(A', g), with g for that of the value y
    Source: Higham, Functions of Matrices (2008), 3.2, 3.3, 10.2, 11.2"""
def expm1(x: Operand, /) -> Formula:
    """expm1(x) = exp(x) - 1, of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by x: exp(x)
    Range: y > -1
    Source: DLMF 4.2, 4.7"""
def expm_frechet(A: Operand, E: Operand, /) -> Formula:
    """expm_frechet(A, E), of numbers, formulas, lists and arrays

    Shapes: n n, n n -> n n (a name for each axis; * is any shape, and without a name the value is a number).
    Adjoint of A: kron(unit(1, 2)', eye(n))*expm_frechet(kron(eye(2), A') + kron(unit(1, 2)*unit(2, 2)', E'), kron(eye(2), g))*kron(unit(2, 2)', eye(n))', with g for that of the value y
    Adjoint of E: expm_frechet(A', g), with g for that of the value y
    Source: Higham, Functions of Matrices (2008), 3.2, 3.3, 10.2, 11.2"""
def floor(x: Operand, /) -> Formula:
    """floor(x), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by x: 0
    At a kink: jumps: take 0
    Source: piecewise constant"""
def gamma(x: Operand, /) -> Formula:
    """gamma(x), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by x: y*digamma(x), with y for the value
    Where: x > 0
    Source: DLMF 5.2, 5.15"""
def ge(a: Operand, b: Operand, /) -> Formula:
    """ge(a, b), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by a: 0
    Derivative by b: 0
    At a kink: jumps: take 0
    Range: 0 <= y <= 1
    Source: piecewise constant"""
def gelu(x: Operand, /) -> Formula:
    """gelu(x) = x .* (1 + erf(x/sqrt(2)))/2, of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by x: erfc(-x/sqrt(2))/2 + x*exp(-x^2/2)/sqrt(2*pi)
    Source: Hendrycks, Gimpel, arXiv:1606.08415"""
def gt(a: Operand, b: Operand, /) -> Formula:
    """gt(a, b), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by a: 0
    Derivative by b: 0
    At a kink: jumps: take 0
    Range: 0 <= y <= 1
    Source: piecewise constant"""
def hardtanh(x: Operand, /) -> Formula:
    """hardtanh(x) = max(min(x, 1), -1), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by x: [abs(x) < 1]
    At a kink: x = -1, x = 1: take 0
    Range: -1 <= y <= 1
    Source: Goodfellow, Bengio, Courville, Deep Learning (2016), 3.10, 6.3"""
def hcat(*args: Operand) -> Formula: ...
def hinge(m: Operand, /) -> Formula:
    """hinge(m) = max(1 - m, 0), of numbers, formulas, lists and arrays

    At a kink: m = 1: take 0
    Source: Hastie, Tibshirani, Friedman, The Elements of Statistical Learning (2009), 10.6, 11.4"""
def huber(r: Operand, d: Operand, /) -> Formula:
    """huber(r, d) = if(abs(r) <= d, r .^ 2/2, d .* (abs(r) - d/2)), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by r: clip(r, -d, d)
    Derivative by d: max(abs(r) - d, 0)
    Where: d > 0
    Range: y >= 0
    Source: Huber, Robust Estimation of a Location Parameter (1964)"""
def hypot(a: Operand, b: Operand, /) -> Formula:
    """hypot(a, b) = sqrt(a .^ 2 + b .^ 2), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by a: a/y, with y for the value
    Derivative by b: b/y, with y for the value
    Where: y > 0
    Range: y >= 0
    Source: chain rule on the definition; the value at a kink is the lecture's"""
def if_(c: Operand, a: Operand, b: Operand, /) -> Formula:
    """if(c, a, b) = c .* a + (1 - c) .* b, of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by c: 0
    Derivative by a: c
    Derivative by b: 1 - c
    At a kink: where c changes: take the branch that c selects
    Source: piecewise; a jump of c counts as a kink"""
def inv(A: Operand, /) -> Formula:
    """inv(A), of numbers, formulas, lists and arrays

    Shapes: n n -> n n (a name for each axis; * is any shape, and without a name the value is a number).
    Adjoint of A: -y'*g*y', with g for that of the value y
    Where: det(A) != 0
    Source: Petersen, Pedersen, The Matrix Cookbook (2012), 49, 57, 60"""
def kl(p: Operand, q: Operand, /) -> Formula:
    """kl(p, q) = sum(p .* log(p ./ q)), of numbers, formulas, lists and arrays

    Shapes: *, * ->  (a name for each axis; * is any shape, and without a name the value is a number).
    Where: p > 0 and q > 0
    Source: Cover, Thomas, 2.3"""
def le(a: Operand, b: Operand, /) -> Formula:
    """le(a, b), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by a: 0
    Derivative by b: 0
    At a kink: jumps: take 0
    Range: 0 <= y <= 1
    Source: piecewise constant"""
def leaky_relu(x: Operand, a: Operand = ..., /) -> Formula:
    """leaky_relu(x, a) = if(x > 0, x, a .* x), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by x: if(x > 0, 1, a)
    Derivative by a: min(x, 0)
    At a kink: x = 0: take a
    Source: Maas, Hannun, Ng, Rectifier Nonlinearities Improve Neural Network Acoustic Models (2013)"""
def lgamma(x: Operand, /) -> Formula:
    """lgamma(x), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by x: digamma(x)
    Where: x > 0
    Source: DLMF 5.2, 5.15"""
def ln(x: Operand, /) -> Formula:
    """log(x), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by x: 1/x
    Where: x > 0
    Source: DLMF 4.2, 4.7"""
def log(x: Operand, /) -> Formula:
    """log(x), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by x: 1/x
    Where: x > 0
    Source: DLMF 4.2, 4.7"""
def log10(x: Operand, /) -> Formula:
    """log10(x) = log(x)/log(10), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by x: 1/(x*log(10))
    Where: x > 0
    Source: DLMF 4.2, 4.7"""
def log1p(x: Operand, /) -> Formula:
    """log1p(x) = log(1 + x), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by x: 1/(1 + x)
    Where: x > -1
    Source: DLMF 4.2, 4.7"""
def log2(x: Operand, /) -> Formula:
    """log2(x) = log(x)/log(2), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by x: 1/(x*log(2))
    Where: x > 0
    Source: DLMF 4.2, 4.7"""
def log_ndtr(x: Operand, /) -> Formula:
    """log_ndtr(x) = log(erfc(-x/sqrt(2))/2), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by x: exp(-x^2/2 - y)/sqrt(2*pi), with y for the value
    Range: y < 0
    Source: DLMF 7.1"""
def log_sigmoid(x: Operand, /) -> Formula:
    """log_sigmoid(x) = -log(1 + exp(-x)), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by x: sigma(-x)
    Range: y < 0
    Source: Goodfellow, Bengio, Courville, Deep Learning (2016), 3.10, 6.3"""
def log_softmax(x: Operand, /) -> Formula:
    """log_softmax(x) = x - log(sum(exp(x))), of numbers, formulas, lists and arrays

    Shapes: n -> n (a name for each axis; * is any shape, and without a name the value is a number).
    Adjoint of x: g - sum(g)*softmax(x), with g for that of the value y
    Range: y <= 0
    Source: Goodfellow, Bengio, Courville, Deep Learning (2016), 4.1, 6.2"""
def logaddexp(a: Operand, b: Operand, /) -> Formula:
    """logaddexp(a, b) = log(exp(a) + exp(b)), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by a: sigma(a - b)
    Derivative by b: sigma(b - a)
    Source: DLMF 4.2, 4.7"""
def logdet(A: Operand, /) -> Formula:
    """logdet(A) = log(det(A)), of numbers, formulas, lists and arrays

    Shapes: n n ->  (a name for each axis; * is any shape, and without a name the value is a number).
    Adjoint of A: g*inv(A)', with g for that of the value y
    Where: det(A) > 0
    Source: Petersen, Pedersen, The Matrix Cookbook (2012), 49, 57, 60"""
def logistic(x: Operand, /) -> Formula:
    """sigma(x) = 1 ./ (1 + exp(-x)), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by x: y*(1 - y), with y for the value
    Range: 0 < y < 1
    Source: Goodfellow, Bengio, Courville, Deep Learning (2016), 3.10, 6.3"""
def logit(x: Operand, /) -> Formula:
    """logit(x) = log(x ./ (1 - x)), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by x: 1/(x*(1 - x))
    Where: x > 0 and x < 1
    Source: DLMF 4.2, 4.7"""
def logloss(m: Operand, /) -> Formula:
    """logloss(m) = log(1 + exp(-m)), of numbers, formulas, lists and arrays

    Source: Hastie, Tibshirani, Friedman, The Elements of Statistical Learning (2009), 10.6, 11.4"""
def logm(A: Operand, /) -> Formula:
    """logm(A), of numbers, formulas, lists and arrays

    Shapes: n n -> n n (a name for each axis; * is any shape, and without a name the value is a number).
    Adjoint of A: logm_frechet(A', g), with g for that of the value y
    Source: Higham, Functions of Matrices (2008), 3.2, 3.3, 10.2, 11.2"""
def logm_frechet(A: Operand, E: Operand, /) -> Formula:
    """logm_frechet(A, E), of numbers, formulas, lists and arrays

    Shapes: n n, n n -> n n (a name for each axis; * is any shape, and without a name the value is a number).
    Adjoint of A: kron(unit(1, 2)', eye(n))*logm_frechet(kron(eye(2), A') + kron(unit(1, 2)*unit(2, 2)', E'), kron(eye(2), g))*kron(unit(2, 2)', eye(n))', with g for that of the value y
    Adjoint of E: logm_frechet(A', g), with g for that of the value y
    Source: Higham, Functions of Matrices (2008), 3.2, 3.3, 10.2, 11.2"""
def logsigmoid(x: Operand, /) -> Formula:
    """log_sigmoid(x) = -log(1 + exp(-x)), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by x: sigma(-x)
    Range: y < 0
    Source: Goodfellow, Bengio, Courville, Deep Learning (2016), 3.10, 6.3"""
def logsumexp(x: Operand, /) -> Formula:
    """logsumexp(x) = log(sum(exp(x))), of numbers, formulas, lists and arrays

    Shapes: n ->  (a name for each axis; * is any shape, and without a name the value is a number).
    Adjoint of x: g*softmax(x), with g for that of the value y
    Source: Goodfellow, Bengio, Courville, Deep Learning (2016), 4.1, 6.2"""
def lt(a: Operand, b: Operand, /) -> Formula:
    """lt(a, b), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by a: 0
    Derivative by b: 0
    At a kink: jumps: take 0
    Range: 0 <= y <= 1
    Source: piecewise constant"""
def matrix_power(A: Operand, k: Operand, /) -> Formula:
    """matrix_power(A, k), of numbers, formulas, lists and arrays

    Shapes: n n,  -> n n (a name for each axis; * is any shape, and without a name the value is a number).
    Adjoint of A: g, with g for that of the value y
    Source: Petersen, Pedersen, The Matrix Cookbook (2012), 91, 121"""
def max(*args: Operand) -> Formula:
    """max(a, b), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by a: [a > b]
    Derivative by b: [b > a]
    At a kink: a = b: take 0 for both; if they share a variable, the tie is of a
    Source: the lecture's convention: a tie gives 0 to both, but to the first where both share a variable"""
def max_entries(x: Operand, /) -> Formula:
    """max_entries(x), of numbers, formulas, lists and arrays

    Shapes: * ->  (a name for each axis; * is any shape, and without a name the value is a number).
    Adjoint of x: g*[x == y], with g for that of the value y
    At a kink: a tie: each entry takes all; shared where entries may be one function
    Source: Petersen, Pedersen, The Matrix Cookbook (2012), 129-131; entry by entry"""
def mean(x: Operand, /) -> Formula:
    """mean(x) = sum(x)/size(x), of numbers, formulas, lists and arrays

    Shapes: * ->  (a name for each axis; * is any shape, and without a name the value is a number).
    Adjoint of x: g/size(x), with g for that of the value y
    Source: Petersen, Pedersen, The Matrix Cookbook (2012), 129-131; entry by entry"""
def min(*args: Operand) -> Formula:
    """min(a, b), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by a: [a < b]
    Derivative by b: [b < a]
    At a kink: a = b: take 0 for both; if they share a variable, the tie is of a
    Source: the lecture's convention: a tie gives 0 to both, but to the first where both share a variable"""
def min_entries(x: Operand, /) -> Formula:
    """min_entries(x), of numbers, formulas, lists and arrays

    Shapes: * ->  (a name for each axis; * is any shape, and without a name the value is a number).
    Adjoint of x: g*[x == y], with g for that of the value y
    At a kink: a tie: each entry takes all; shared where entries may be one function
    Source: Petersen, Pedersen, The Matrix Cookbook (2012), 129-131; entry by entry"""
def mish(x: Operand, /) -> Formula:
    """mish(x) = x .* tanh(log(1 + exp(x))), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by x: tanh(softplus(x)) + x*sigma(x)*(1 - tanh(softplus(x))^2)
    Source: Misra, arXiv:1908.08681"""
def mod(a: Operand, b: Operand, /) -> Formula:
    """mod(a, b) = a - b .* floor(a ./ b), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by a: 1
    Derivative by b: -floor(a/b)
    Where: b != 0
    At a kink: jumps where a/b is a whole number: take 1 and -floor(a/b)
    Source: a - b*floor(a/b), piecewise linear"""
def mse(a: Operand, b: Operand, /) -> Formula:
    """mse(a, b) = mean((a - b) .^ 2), of numbers, formulas, lists and arrays

    Shapes: *, * ->  (a name for each axis; * is any shape, and without a name the value is a number).
    Source: the definition"""
def ne(a: Operand, b: Operand, /) -> Formula:
    """ne(a, b), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by a: 0
    Derivative by b: 0
    At a kink: jumps: take 0
    Range: 0 <= y <= 1
    Source: piecewise constant"""
def norm(x: Operand, /) -> Formula:
    """norm2(x) = sqrt(sum(x .^ 2)), of numbers, formulas, lists and arrays

    Shapes: * ->  (a name for each axis; * is any shape, and without a name the value is a number).
    Adjoint of x: g*x/y, with g for that of the value y
    Where: y > 0
    Range: y >= 0
    Source: Petersen, Pedersen, The Matrix Cookbook (2012), 129-131; entry by entry"""
def norm1(x: Operand, /) -> Formula:
    """norm1(x) = sum(abs(x)), of numbers, formulas, lists and arrays

    Shapes: * ->  (a name for each axis; * is any shape, and without a name the value is a number).
    Adjoint of x: g*sign(x), with g for that of the value y
    At a kink: an entry = 0: take 0
    Range: y >= 0
    Source: Petersen, Pedersen, The Matrix Cookbook (2012), 129-131; entry by entry"""
def norm2(x: Operand, /) -> Formula:
    """norm2(x) = sqrt(sum(x .^ 2)), of numbers, formulas, lists and arrays

    Shapes: * ->  (a name for each axis; * is any shape, and without a name the value is a number).
    Adjoint of x: g*x/y, with g for that of the value y
    Where: y > 0
    Range: y >= 0
    Source: Petersen, Pedersen, The Matrix Cookbook (2012), 129-131; entry by entry"""
def norminf(x: Operand, /) -> Formula:
    """norminf(x) = max(abs(x)), of numbers, formulas, lists and arrays

    Shapes: * ->  (a name for each axis; * is any shape, and without a name the value is a number).
    Adjoint of x: g*sign(x) .* [abs(x) == y], with g for that of the value y
    At a kink: a tie: each entry takes all; shared where entries may be one function
    Range: y >= 0
    Source: Petersen, Pedersen, The Matrix Cookbook (2012), 129-131; entry by entry"""
def normnuc(A: Operand, /) -> Formula:
    """normnuc(A), of numbers, formulas, lists and arrays

    Shapes: m n ->  (a name for each axis; * is any shape, and without a name the value is a number).
    Adjoint of A: g*polar(A), with g for that of the value y
    Range: y >= 0
    Source: Fazel (2002), 5.1; Higham, Functions of Matrices (2008), 8.1; of full rank"""
def normp(x: Operand, p: Operand, /) -> Formula:
    """normp(x, p) = sum(abs(x) .^ p)^(1/p), of numbers, formulas, lists and arrays

    Shapes: *,  ->  (a name for each axis; * is any shape, and without a name the value is a number).
    Adjoint of x: g*y^(1 - p)*(sign(x) .* abs(x) .^ (p - 1)), with g for that of the value y
    Adjoint of p: g*y*(sum(xlogy((abs(x)/y) .^ p, abs(x))) - log(y))/p, with g for that of the value y
    Where: y > 0
    At a kink: an entry = 0: take 0
    Range: y >= 0
    Source: Petersen, Pedersen, The Matrix Cookbook (2012), 129-131; entry by entry"""
def not_(a: Operand, /) -> Formula:
    """not(a), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by a: 0
    At a kink: jumps: take 0
    Range: 0 <= y <= 1
    Source: piecewise constant"""
def or_(a: Operand, b: Operand, /) -> Formula:
    """or(a, b), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by a: 0
    Derivative by b: 0
    At a kink: jumps: take 0
    Range: 0 <= y <= 1
    Source: piecewise constant"""
def pinv(A: Operand, /) -> Formula:
    """pinv(A), of numbers, formulas, lists and arrays

    Shapes: m n -> n m (a name for each axis; * is any shape, and without a name the value is a number).
    Adjoint of A: (g' - A*y*g')*y*y' + y'*y*(g' - g'*y*A) - y'*g*y', with g for that of the value y
    Source: Golub, Pereyra, SIAM J. Numer. Anal. 10 (1973), (4.12); of full rank"""
def polar(A: Operand, /) -> Formula:
    """polar(A), of numbers, formulas, lists and arrays

    Shapes: m n -> m n (a name for each axis; * is any shape, and without a name the value is a number).
    Adjoint of A: polar_adjoint(A, g), with g for that of the value y
    Source: Fazel (2002), 5.1; Higham, Functions of Matrices (2008), 8.1; of full rank"""
def polar_adjoint(A: Operand, G: Operand, /) -> Formula:
    """polar_adjoint(A, G), of numbers, formulas, lists and arrays

    Shapes: m n, m n -> m n (a name for each axis; * is any shape, and without a name the value is a number).
    Adjoint of G: polar_adjoint(A, g), with g for that of the value y
    Source: Fazel (2002), 5.1; Higham, Functions of Matrices (2008), 8.1; of full rank"""
def polygamma(k: Operand, x: Operand, /) -> Formula:
    """polygamma(k, x), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by x: polygamma(k + 1, x), with y for the value
    Where: x > 0
    Source: DLMF 5.2, 5.15"""
def pow(a: Operand, b: Operand, /) -> Formula:
    """pow(a, b) = a .^ b, of numbers, formulas, lists and arrays

    Source: chain rule on the definition; the value at a kink is the lecture's"""
def prod(x: Operand, /) -> Formula:
    """prod(x), of numbers, formulas, lists and arrays

    Shapes: * ->  (a name for each axis; * is any shape, and without a name the value is a number).
    Adjoint of x: g*y ./ x, with g for that of the value y
    Where: x != 0
    Source: Petersen, Pedersen, The Matrix Cookbook (2012), 129-131; entry by entry"""
def relu(x: Operand, /) -> Formula:
    """relu(x) = max(x, 0), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by x: [x > 0]
    At a kink: x = 0: take 0
    Range: y >= 0
    Source: Goodfellow, Bengio, Courville, Deep Learning (2016), 3.10, 6.3"""
def round(x: Operand, /) -> Formula:
    """round(x) = floor(x + 1/2) - [floor(x/2 - 1/4) == x/2 - 1/4], of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by x: 0
    At a kink: jumps: take 0
    Source: piecewise constant"""
def rowlogsumexp(x: Operand, /) -> Formula:
    """logsumexp(x) = log(sum(exp(x))), of numbers, formulas, lists and arrays

    Shapes: n ->  (a name for each axis; * is any shape, and without a name the value is a number).
    Adjoint of x: g*softmax(x), with g for that of the value y
    Source: Goodfellow, Bengio, Courville, Deep Learning (2016), 4.1, 6.2"""
def rowmax(x: Operand, /) -> Formula:
    """rowmax(x) = max(x), of numbers, formulas, lists and arrays

    Shapes: n ->  (a name for each axis; * is any shape, and without a name the value is a number).
    Adjoint of x: g*[x == y], with g for that of the value y
    At a kink: a tie: each entry takes all; shared where entries may be one function
    Source: Goodfellow, Bengio, Courville, Deep Learning (2016), 4.1, 6.2"""
def rowmean(x: Operand, /) -> Formula:
    """rowmean(x) = mean(x), of numbers, formulas, lists and arrays

    Shapes: n ->  (a name for each axis; * is any shape, and without a name the value is a number).
    Adjoint of x: g/size(x), with g for that of the value y
    Source: Goodfellow, Bengio, Courville, Deep Learning (2016), 4.1, 6.2"""
def rowmin(x: Operand, /) -> Formula:
    """rowmin(x) = min(x), of numbers, formulas, lists and arrays

    Shapes: n ->  (a name for each axis; * is any shape, and without a name the value is a number).
    Adjoint of x: g*[x == y], with g for that of the value y
    At a kink: a tie: each entry takes all; shared where entries may be one function
    Source: Goodfellow, Bengio, Courville, Deep Learning (2016), 4.1, 6.2"""
def rownorm2(x: Operand, /) -> Formula:
    """rownorm2(x) = sqrt(sum(x .^ 2)), of numbers, formulas, lists and arrays

    Shapes: n ->  (a name for each axis; * is any shape, and without a name the value is a number).
    Adjoint of x: g*x/y, with g for that of the value y
    Where: y > 0
    Range: y >= 0
    Source: Goodfellow, Bengio, Courville, Deep Learning (2016), 4.1, 6.2"""
def rowprod(x: Operand, /) -> Formula:
    """rowprod(x) = prod(x), of numbers, formulas, lists and arrays

    Shapes: n ->  (a name for each axis; * is any shape, and without a name the value is a number).
    Adjoint of x: g*y ./ x, with g for that of the value y
    Where: x != 0
    Source: Goodfellow, Bengio, Courville, Deep Learning (2016), 4.1, 6.2"""
def rowstd(x: Operand, d: Operand = ..., /) -> Formula:
    """rowstd(x, d) = sqrt(sum((x - mean(x)) .^ 2)/(size(x) - d)), of numbers, formulas, lists and arrays

    Shapes: n,  ->  (a name for each axis; * is any shape, and without a name the value is a number).
    Adjoint of x: g*(x - rowmean(x))/((size(x) - d)*y), with g for that of the value y
    Where: y > 0
    Range: y >= 0
    Source: quotient and chain rule on the definition"""
def rowvar(x: Operand, d: Operand = ..., /) -> Formula:
    """rowvar(x, d) = sum((x - mean(x)) .^ 2)/(size(x) - d), of numbers, formulas, lists and arrays

    Shapes: n,  ->  (a name for each axis; * is any shape, and without a name the value is a number).
    Adjoint of x: 2*g*(x - rowmean(x))/(size(x) - d), with g for that of the value y
    Range: y >= 0
    Source: quotient and chain rule on the definition"""
def sec(x: Operand, /) -> Formula:
    """sec(x), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by x: y*tan(x), with y for the value
    Where: cos(x) != 0
    Source: DLMF 4.20"""
def sech(x: Operand, /) -> Formula:
    """sech(x), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by x: -y*tanh(x), with y for the value
    Range: 0 < y <= 1
    Source: DLMF 4.34"""
def selu(x: Operand, /) -> Formula:
    """selu(x) = if(x > 0, 1.0507009873554805*x, 1.7580993408473769*(exp(x) - 1)), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by x: if(x > 0, 1.0507009873554805, y + 1.7580993408473769), with y for the value
    At a kink: x = 0: take 1.7580993408473769
    Range: y > -1.7580993408473769
    Source: Klambauer, Unterthiner, Mayr, Hochreiter, arXiv:1706.02515"""
def sigma(x: Operand, /) -> Formula:
    """sigma(x) = 1 ./ (1 + exp(-x)), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by x: y*(1 - y), with y for the value
    Range: 0 < y < 1
    Source: Goodfellow, Bengio, Courville, Deep Learning (2016), 3.10, 6.3"""
def sigmoid(x: Operand, /) -> Formula:
    """sigma(x) = 1 ./ (1 + exp(-x)), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by x: y*(1 - y), with y for the value
    Range: 0 < y < 1
    Source: Goodfellow, Bengio, Courville, Deep Learning (2016), 3.10, 6.3"""
def sign(x: Operand, /) -> Formula:
    """sign(x), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by x: 0
    At a kink: x = 0: the value is 0; take 0
    Range: -1 <= y <= 1
    Source: chain rule on the definition; the value at a kink is the lecture's"""
def silu(x: Operand, /) -> Formula:
    """silu(x) = x ./ (1 + exp(-x)), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by x: y + sigma(x)*(1 - y), with y for the value
    Source: Elfwing, Uchibe, Doya, arXiv:1702.03118"""
def sin(x: Operand, /) -> Formula:
    """sin(x), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by x: cos(x)
    Range: -1 <= y <= 1
    Source: DLMF 4.20"""
def sinc(x: Operand, /) -> Formula:
    """sinc(x) = if(x == 0, 1, sin(pi*x) ./ (pi*x)), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by x: -pi*spherical_jn(1, pi*x)
    Range: -1 <= y <= 1
    Source: DLMF 10.49, 10.51"""
def sinh(x: Operand, /) -> Formula:
    """sinh(x), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by x: cosh(x)
    Source: DLMF 4.34"""
def softmax(x: Operand, /) -> Formula:
    """softmax(x) = exp(x)/sum(exp(x)), of numbers, formulas, lists and arrays

    Shapes: n -> n (a name for each axis; * is any shape, and without a name the value is a number).
    Adjoint of x: y .* (g - g.y), with g for that of the value y
    Range: 0 < y <= 1
    Source: Goodfellow, Bengio, Courville, Deep Learning (2016), 4.1, 6.2"""
def softmin(x: Operand, /) -> Formula:
    """softmin(x) = softmax(-x), of numbers, formulas, lists and arrays

    Shapes: n -> n (a name for each axis; * is any shape, and without a name the value is a number).
    Source: the definition"""
def softplus(x: Operand, /) -> Formula:
    """softplus(x) = log(1 + exp(x)), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by x: sigma(x)
    Range: y > 0
    Source: Goodfellow, Bengio, Courville, Deep Learning (2016), 3.10, 6.3"""
def softsign(x: Operand, /) -> Formula:
    """softsign(x) = x ./ (1 + abs(x)), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by x: 1/(1 + abs(x))^2
    Range: -1 < y < 1
    Source: Goodfellow, Bengio, Courville, Deep Learning (2016), 3.10, 6.3"""
def solve(A: Operand, b: Operand, /) -> Formula:
    """solve(A, b) = inv(A)*b, of numbers, formulas, lists and arrays

    Shapes: n n, n -> n (a name for each axis; * is any shape, and without a name the value is a number).
    Source: Horn, Johnson, Matrix Analysis (2013), 0.8.2"""
def solve_sylvester(A: Operand, B: Operand, Q: Operand, /) -> Formula:
    """solve_sylvester(A, B, Q), of numbers, formulas, lists and arrays

    Shapes: m m, n n, m n -> m n (a name for each axis; * is any shape, and without a name the value is a number).
    Adjoint of A: -solve_sylvester(A', B', g)*y', with g for that of the value y
    Adjoint of B: -y'*solve_sylvester(A', B', g), with g for that of the value y
    Adjoint of Q: solve_sylvester(A', B', g), with g for that of the value y
    Source: A*X + X*B = Q, differentiated"""
def spherical_jn(n: Operand, x: Operand, /) -> Formula:
    """spherical_jn(n, x), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by x: (n*spherical_jn(max(n - 1, 0), x) - (n + 1)*spherical_jn(n + 1, x))/(2*n + 1)
    Range: -1 <= y <= 1
    Source: DLMF 10.51.2"""
def sqrt(x: Operand, /) -> Formula:
    """sqrt(x), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by x: 1/(2*y), with y for the value
    Where: x > 0
    Range: y >= 0
    Source: chain rule on the definition; the value at a kink is the lecture's"""
def sqrtm(A: Operand, /) -> Formula:
    """sqrtm(A), of numbers, formulas, lists and arrays

    Shapes: n n -> n n (a name for each axis; * is any shape, and without a name the value is a number).
    Adjoint of A: solve_sylvester(y', y', g), with g for that of the value y
    Source: Higham, Functions of Matrices (2008), 6.1, (B.10); eigenvalues off the negative axis"""
def squared(r: Operand, /) -> Formula:
    """squared(r) = r .^ 2, of numbers, formulas, lists and arrays

    Source: Hastie, Tibshirani, Friedman, The Elements of Statistical Learning (2009), 10.6, 11.4"""
def std(x: Operand, d: Operand = ..., /) -> Formula:
    """std(x, d) = sqrt(sum((x - mean(x)) .^ 2)/(size(x) - d)), of numbers, formulas, lists and arrays

    Shapes: *,  ->  (a name for each axis; * is any shape, and without a name the value is a number).
    Adjoint of x: g*(x - mean(x))/((size(x) - d)*y), with g for that of the value y
    Where: y > 0
    Range: y >= 0
    Source: quotient and chain rule on the definition"""
def step(x: Operand, /) -> Formula:
    """step(x) = [x > 0], of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by x: 0
    At a kink: x = 0: the value is 0; take 0
    Range: 0 <= y <= 1
    Source: Goodfellow, Bengio, Courville, Deep Learning (2016), 3.10, 6.3"""
def stop_gradient(x: Operand, /) -> Formula:
    """stop_gradient(x) = x, of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by x: 0
    Source: the value, taken for a constant"""
def swish(x: Operand, /) -> Formula:
    """silu(x) = x ./ (1 + exp(-x)), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by x: y + sigma(x)*(1 - y), with y for the value
    Source: Elfwing, Uchibe, Doya, arXiv:1702.03118"""
def tan(x: Operand, /) -> Formula:
    """tan(x), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by x: 1 + y^2, with y for the value
    Where: cos(x) != 0
    Source: DLMF 4.20"""
def tanh(x: Operand, /) -> Formula:
    """tanh(x), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by x: 1 - y^2, with y for the value
    Range: -1 < y < 1
    Source: DLMF 4.34"""
def tril(A: Operand, /) -> Formula:
    """tril(A) = A .* tensor(i=1..rows(A), j=1..cols(A), [i >= j]), of numbers, formulas, lists and arrays

    Shapes: m n -> m n (a name for each axis; * is any shape, and without a name the value is a number).
    Adjoint of A: tril(g), with g for that of the value y
    Source: entry by entry"""
def trilhalf(A: Operand, /) -> Formula:
    """trilhalf(A) = A .* tensor(i=1..rows(A), j=1..cols(A), [i > j] + [i == j]/2), of numbers, formulas, lists and arrays

    Shapes: m n -> m n (a name for each axis; * is any shape, and without a name the value is a number).
    Adjoint of A: trilhalf(g), with g for that of the value y
    Source: entry by entry"""
def triu(A: Operand, /) -> Formula:
    """triu(A) = A .* tensor(i=1..rows(A), j=1..cols(A), [i <= j]), of numbers, formulas, lists and arrays

    Shapes: m n -> m n (a name for each axis; * is any shape, and without a name the value is a number).
    Adjoint of A: triu(g), with g for that of the value y
    Source: entry by entry"""
def unvech(v: Operand, /) -> Formula:
    """unvech(v), of numbers, formulas, lists and arrays

    Shapes: n/2+n*n/2 -> n n (a name for each axis; * is any shape, and without a name the value is a number).
    Adjoint of v: vech(g), with g for that of the value y
    Source: Magnus, Neudecker, Matrix Differential Calculus (2019), 3.7, 3.8"""
def var(x: Operand, d: Operand = ..., /) -> Formula:
    """var(x, d) = sum((x - mean(x)) .^ 2)/(size(x) - d), of numbers, formulas, lists and arrays

    Shapes: *,  ->  (a name for each axis; * is any shape, and without a name the value is a number).
    Adjoint of x: 2*g*(x - mean(x))/(size(x) - d), with g for that of the value y
    Range: y >= 0
    Source: quotient and chain rule on the definition"""
def vcat(*args: Operand) -> Formula: ...
def vech(A: Operand, /) -> Formula:
    """vech(A), of numbers, formulas, lists and arrays

    Shapes: n n -> n/2+n*n/2 (a name for each axis; * is any shape, and without a name the value is a number).
    Adjoint of A: unvech(g), with g for that of the value y
    Source: Magnus, Neudecker, Matrix Differential Calculus (2019), 3.7, 3.8"""
def xlogy(a: Operand, b: Operand, /) -> Formula:
    """xlogy(a, b) = a .* log(b), of numbers, formulas, lists and arrays

    Entry by entry: arguments and value have one shape; a number goes with every entry.
    Derivative by a: log(b)
    Derivative by b: a/b
    Where: b > 0
    At a kink: a = 0: the value is 0, whatever b
    Source: DLMF 4.2, 4.7"""
def zero_one(m: Operand, /) -> Formula:
    """zero_one(m) = [m <= 0], of numbers, formulas, lists and arrays

    At a kink: m = 0: take 0
    Source: Hastie, Tibshirani, Friedman, The Elements of Statistical Learning (2009), 10.6, 11.4"""
