r"""An independent reader of the LaTeX that is printed: a small parser of its own, and values by the rules of linear algebra.

It knows no type of the language. Vectors are columns, numbers are 1 by 1, a chain of products is multiplied from the left, and what linear
algebra does not allow is an error: a number added to a matrix outside of entrywise operations, `\exp(X)` of a matrix, `\lVert A \rVert`
of a matrix without the F. So a bracket that is missing, or ones that are, cannot hide.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from itertools import product

import numpy as np
from scipy import linalg, special

TOKEN = re.compile(r"\\(?:begin|end)\{[bc]\w+\}|\\operatorname\*?\{[^}]*\}|\\text\{[^}]*\}|\\left|\\right|\\[a-zA-Z]+|\\.|\d+\.?\d*|[^\s]")
GREEK = frozenset(
    [
        "alpha",
        "beta",
        "gamma",
        "delta",
        "epsilon",
        "zeta",
        "eta",
        "theta",
        "iota",
        "kappa",
        "lambda",
        "mu",
        "nu",
        "xi",
        "pi",
        "rho",
        "sigma",
        "tau",
        "upsilon",
        "phi",
        "chi",
        "psi",
        "omega",
    ]
)
SPACES = frozenset((r"\,", r"\quad"))
COMPARE = {"<": np.less, ">": np.greater, r"\le": np.less_equal, r"\ge": np.greater_equal, "=": np.equal, r"\ne": np.not_equal}
WHOLE = frozenset((r"\exp", r"\log", r"\sin", r"\cos", r"\tan", r"\sinh", r"\cosh"))  # of a matrix, they mean something else


class Unreadable(Exception):
    """What no mathematician could read, or reads as something else."""


class Unknown(Exception):
    """A notation that this reader does not know."""


@dataclass
class Same:
    """Equal entries, or an identity, of a size that what stands beside it shows."""

    what: str  # "column", "row", "full", "eye"
    factor: float = 1.0

    def of(self, shape):
        rows, cols = shape
        if self.what == "eye":
            if rows != cols:
                raise Unreadable(f"an identity of {shape}")
            return self.factor * np.eye(rows)
        if (self.what == "column" and cols != 1) or (self.what == "row" and rows != 1):
            raise Unreadable(f"a {self.what} of ones as {shape}")
        return np.full(shape, self.factor)


# ---------------------------------------------------------------------------------------------- the parser


def tokens(text):
    found = TOKEN.findall(text)
    if "".join(found).replace(" ", "") != re.sub(r"\s", "", text):
        raise Unknown(f"signs in {text}")
    return [t for t in found if t not in (r"\left", r"\right")]


class Parser:
    def __init__(self, text):
        self.tokens = tokens(text)
        self.at = 0

    def peek(self, k=0):
        return self.tokens[self.at + k] if self.at + k < len(self.tokens) else ""

    def take(self, wanted=None):
        token = self.peek()
        if not token or (wanted is not None and token != wanted):
            raise Unreadable(f"{wanted or 'something'} is missing at {''.join(self.tokens[self.at : self.at + 8])!r}")
        self.at += 1
        return token

    def all(self):
        lines = []
        while True:
            lines.append(self.comparison())
            if not self.peek():
                return lines
            self.take(";")
            self.take(r"\quad")

    def comparison(self):
        left = self.conjunction()
        while self.peek() == r"\lor":
            self.take()
            left = ("or", left, self.conjunction())
        return left

    def conjunction(self):
        left = self.negation()
        while self.peek() == r"\land":
            self.take()
            left = ("and", left, self.negation())
        return left

    def negation(self):
        if self.peek() == r"\lnot":
            self.take()
            return ("not", self.negation())
        left = self.sum()
        if self.peek() in COMPARE:
            return ("compare", self.take(), left, self.sum())
        return left

    def sum(self):
        left = self.term()
        while self.peek() in ("+", "-"):
            sign = self.take()
            left = (sign, left, self.term())
            if any(part[0] == "chain" and r"\bmod" in part[1] for part in left[1:]):
                raise Unreadable("a remainder in a sum, without brackets")
        return left

    def term(self):
        if self.peek() == "-":
            self.take()
            return ("minus", self.term())
        parts, signs = [self.factor()], []
        while True:
            token = self.peek()
            if token in (r"\odot", r"\oslash", r"\cdot", r"\otimes", r"\times", r"\bmod") or (
                token == r"\," and self.peek(1) not in (";", "")
            ):
                signs.append(self.take())
                if self.peek() == "-":
                    raise Unreadable("an operator in front of a minus")
                parts.append(self.factor())
            else:
                break
        if not signs:
            return parts[0]
        entrywise = [s in (r"\odot", r"\oslash") for s in signs]
        if (any(entrywise) and not all(entrywise)) or (
            len(signs) > 1 and {r"\otimes", r"\times", r"\bmod"} & set(signs) and set(signs) != {r"\otimes"}
        ):
            raise Unreadable(f"{signs} side by side")
        return ("chain", signs, parts)

    def factor(self):
        base = self.atom()
        if base == ("sign", r"\log") and (
            self.peek() in (r"\det", r"\Gamma")
            or (self.peek() in (r"\Phi", r"\sigma") and self.peek(1) == "(")
            or self.peek() == r"\operatorname{softmax}"
        ):
            base = ("sign", r"\log" + self.take())
        if base == ("sign", r"\log") and self.peek() == r"\mathrm" and self.peek(2) == "B":
            self.at += 4
            base = ("sign", r"\log\mathrm{B}")
        while True:
            mark = self.peek()
            if mark == "'":
                raise Unknown("primes")
            if mark in ("_", "^"):
                self.take()
                base = ("below", base, self.below()) if mark == "_" else ("above", base, self.braced_above())
            elif mark == "(" and base[0] in ("sign", "below", "above") and function(base):
                self.take()
                base = ("call", base, self.arguments(")"))
            else:
                return base

    def blocks(self):
        """Parts below or beside each other."""
        rows = [[self.comparison()]]
        while self.peek() != r"\end{bmatrix}":
            if self.take() == "&":
                rows[-1].append(self.comparison())
            else:
                rows.append([self.comparison()])
        self.take()
        return ("blocks", rows)

    def rate(self, function):
        """The derivative of a function of a matrix at A in the direction E, `D exp(A)[E]`."""
        found = []
        for opening, closing in ("()", "[]"):
            self.take(opening)
            found.append(self.comparison())
            self.take(closing)
        return ("rate", function, *found)

    def arguments(self, closing):
        found = []
        while self.peek() != closing:
            found.append(self.comparison())
            if self.peek() == ",":
                self.take()
        self.take(closing)
        return found

    def braced(self):
        if self.peek() != "{":
            return ("sign", self.take())
        self.take("{")
        inside = self.comparison()
        self.take("}")
        return inside

    def below(self):
        """The tokens of a subscript, as text; parsed when it turns out to be indices."""
        if self.peek() != "{":
            return [self.take()]
        self.take("{")
        depth, found = 1, []
        while depth:
            token = self.take()
            depth += {"{": 1, "}": -1}.get(token, 0)
            found.append(token)
        return found[:-1]

    def braced_above(self):
        if self.peek() == "{" and self.peek(1) in (r"\top", r"\odot"):
            self.take()
            kind = self.take()
            inner = None if self.peek() == "}" else self.sum()
            self.take("}")
            return (kind, inner)
        if self.peek() == "{" and self.peek(1) == "-" and self.peek(2) == r"\top":
            self.at += 4
            return ("inverse transposed", None)
        if self.peek() == "{" and self.peek(1) == "+" and self.peek(2) == "}":
            self.at += 3
            return ("pseudoinverse", None)
        return ("power", self.braced())

    def atom(self):
        token = self.take()
        if token == "(":
            inside = self.comparison()
            self.take(")")
            return ("bracket", inside)
        if token == "[":
            inside = self.comparison()
            self.take("]")
            return ("square", inside)
        if re.fullmatch(r"\d+\.?\d*", token):
            return ("number", float(token))
        if token == r"\frac":
            above = self.braced()
            return ("frac", above, self.braced())
        if token == r"\sqrt":
            degree = 2.0
            if self.peek() == "[":
                self.take()
                degree = float(self.take())
                self.take("]")
            return ("root", degree, self.braced())
        if token in (r"\lVert", r"\lvert", r"\lfloor", r"\lceil"):
            inside = self.comparison()
            self.take(token.replace(r"\l", r"\r"))
            return (token, inside)
        if token == r"\mathbf":
            self.take("{")
            digit = self.take()
            self.take("}")
            if digit == "e":
                return ("sign", r"\mathbf{e}")
            if digit == "1" and self.peek() == "[":
                self.take()
                inside = self.comparison()
                self.take("]")
                return ("iverson", inside)
            return ("sign", rf"\mathbf{{{digit}}}")
        if token == r"\begin{bmatrix}":
            return self.blocks()
        if token in (r"\bar", r"\overline", r"\hat", r"\tilde", r"\dot", r"\ddot", r"\check"):
            return ("sign", f"{token}{{{''.join(self.below())}}}")
        if token == "d" and self.peek().startswith("\\") and self.peek()[1:] in GREEK:
            return ("sign", "d" + self.take())
        if (
            token == r"\mathrm"
            and "".join(self.tokens[self.at : self.at + 3]) == "{D}"
            and self.peek(3).startswith("\\")
            and self.peek(3) != r"\,"
        ):
            self.at += 3
            if self.peek() not in (r"\exp", r"\log"):
                raise Unknown("the derivative of another function of matrices")
            return self.rate(self.take())
        if token == r"\mathrm":
            return ("sign", rf"\mathrm{{{''.join(self.below())}}}")
        if token == r"\begin{cases}":
            value = self.comparison()
            self.take("&")
            self.take(r"\text{if }")
            condition = self.comparison()
            self.take("\\\\")
            other = self.comparison()
            self.take("&")
            self.take(r"\text{otherwise}")
            self.take(r"\end{cases}")
            return ("cases", condition, value, other)
        if token in (r"\sum", r"\prod") and self.peek() == "_":
            self.take("_")
            below = self.below()
            if below[1:2] != ["="]:
                raise Unknown("a sum without a range")
            self.take("^")
            above = self.braced()
            return ("big", token, below[0], part(below[2:]), above, self.term())
        if token == "D" and self.peek()[1:] in GREEK:
            raise Unknown("a Jacobian of an opaque function")
        if re.fullmatch(r"[^\W\d_]|\\[a-zA-Z]+|\\operatorname\*?\{[^}]*\}", token):
            return ("sign", token)
        raise Unknown(token)


def part(found):
    parser = Parser("")
    parser.tokens = found
    inside = parser.sum()
    if parser.peek():
        raise Unknown("".join(found))
    return inside


def parts(found):
    """Tokens of a subscript, split at its commas."""
    pieces, depth = [[]], 0
    for token in found:
        depth += {"{": 1, "(": 1, "}": -1, ")": -1}.get(token, 0)
        if token == "," and not depth:
            pieces.append([])
        else:
            pieces[-1].append(token)
    return pieces


def look(base, below):
    """The look of a name with a subscript."""
    return f"{base[1]}_{{{''.join(below)}}}" if base[0] == "sign" else ""


# ---------------------------------------------------------------------------------------------- values

FUNCTIONS = {
    r"\exp": np.exp, r"\log": np.log, r"\sin": np.sin, r"\cos": np.cos, r"\tan": np.tan, r"\sinh": np.sinh, r"\cosh": np.cosh, r"\tanh": np.tanh,
    r"\arcsin": np.arcsin, r"\arccos": np.arccos, r"\arctan": np.arctan, r"\sigma": lambda x: 1 / (1 + np.exp(-x)),
    r"\cot": lambda x: 1 / np.tan(x), r"\sec": lambda x: 1 / np.cos(x), r"\csc": lambda x: 1 / np.sin(x), r"\coth": lambda x: 1 / np.tanh(x),
    r"\Gamma": special.gamma, r"\log\Gamma": special.gammaln, r"\log\Phi": special.log_ndtr, r"\log\sigma": special.log_expit, "erfinv": special.erfinv, r"\psi": special.digamma, "erf": special.erf, "erfc": special.erfc, "log1p": np.log1p, "expm1": np.expm1,
    "arcsinh": np.arcsinh, "arccosh": np.arccosh, "arctanh": np.arctanh, "softsign": lambda x: x / (1 + np.abs(x)), "hardtanh": lambda x: np.clip(x, -1, 1),
    "GELU": lambda x: x * (1 + special.erf(x / 2**0.5)) / 2, "SiLU": lambda x: x / (1 + np.exp(-x)), "Mish": lambda x: x * np.tanh(np.log1p(np.exp(x))), "csch": lambda x: 1 / np.sinh(x), "sech": lambda x: 1 / np.cosh(x),
    "sign": np.sign, "ReLU": lambda x: np.maximum(x, 0), "LeakyReLU": lambda x: np.where(x > 0, x, x / 100), "ELU": lambda x: np.where(x > 0, x, np.expm1(x)),
    "SELU": lambda x: np.where(x > 0, 1.0507009873554805 * x, 1.7580993408473769 * np.expm1(x)), "logit": special.logit, "sigmoid": special.expit, "sinc": np.sinc, "stopgrad": lambda x: x,
    "arccot": lambda x: np.pi / 2 - np.arctan(x), "arcsec": lambda x: np.arccos(1 / x), "arccsc": lambda x: np.arcsin(1 / x), "arccoth": lambda x: np.arctanh(1 / x), "arcsech": lambda x: np.arccosh(1 / x),
    "arccsch": lambda x: np.arcsinh(1 / x), "round": np.round, "digamma": special.digamma, "gamma": special.gamma, "softplus": lambda x: np.logaddexp(x, 0), "step": lambda x: (x > 0) * 1.0,
}  # fmt: skip
REDUCE = {
    "sum": np.sum,
    "mean": np.mean,
    "prod": np.prod,
    r"\prod": np.prod,
    r"\det": np.linalg.det,
    r"\log\det": lambda a: np.linalg.slogdet(a)[1],
    "tr": np.trace,
    r"\max": np.max,
    r"\min": np.min,
    "var": np.var,
    "std": np.std,
}
# Functions of a whole matrix, and of two or three numbers.
MATRIX = {
    "tril": np.tril, "triu": np.triu, "chol": lambda a: np.linalg.cholesky((a + a.T) / 2), "eigvec": lambda a: np.linalg.eigh((a + a.T) / 2)[1],
    **dict.fromkeys((r"\lambda", "eigvalsh"), lambda a: np.linalg.eigvalsh((a + a.T) / 2).reshape(-1, 1)), "vech": lambda a: np.concatenate([a[k:, k] for k in range(len(a))]).reshape(-1, 1),
    "polar": lambda a: linalg.polar(a)[0], "cumsum": lambda a: np.cumsum(a, axis=-1),
}  # fmt: skip
SEVERAL = {
    r"\log\mathrm{B}": special.betaln,
    "atan2": np.arctan2, "clip": np.clip, "LeakyReLU": lambda x, a: np.where(x > 0, x, a * x), "ELU": lambda x, a: np.where(x > 0, x, a * np.expm1(x)),
    "huber": lambda r, d: np.where(np.abs(r) <= d, r * r / 2, d * (np.abs(r) - d / 2)),
}  # fmt: skip


def function(base):
    if base[0] == "below" and base[1] == ("sign", "j"):
        return True
    if base[0] == "above" and base[2][0] == "power":
        return base[1] in (("sign", r"\operatorname{erf}"), ("sign", r"\operatorname{vech}"), ("sign", r"\psi"))
    while base[0] in ("below", "above"):
        base = base[1]
    name = base[1]
    return (
        name in FUNCTIONS
        or name in REDUCE
        or name in (r"\lambda", r"\log\mathrm{B}")
        or name.startswith(r"\operatorname")
        or name in (r"\max", r"\min", r"\log\operatorname{softmax}")
        or name in Reader.opaque
    )


class Reader:
    """Reads LaTeX with values for its signs: arrays by the look of their name."""

    opaque: frozenset[str] = frozenset()

    def __init__(self, values):
        self.values = {sign: column(v) for sign, v in values.items()}
        self.bound = {}

    def read(self, text, shape=None):
        *bindings, body = Parser(text).all()
        for line in bindings:
            if line[0] != "compare" or line[1] != "=":
                raise Unreadable(f"no binding: {line}")
            sign = line[2][1] if line[2][0] == "sign" else look(line[2][1], line[2][2])
            self.values[sign] = self.value(line[3])
        value = self.value(body)
        if isinstance(value, Same) and shape is not None:
            value = value.of((*shape, 1, 1)[:2] if len(shape) != 2 else shape)
        if isinstance(value, tuple) and shape is not None:
            value = np.eye(shape[0])[value[1] - 1]
        if isinstance(value, Same):
            raise Unreadable("the size of the value")
        return np.asarray(value)

    def value_of(self, text):
        """The value of one expression, which may be a constant without a size."""
        (body,) = Parser(text).all()
        return self.value(body)

    def value(self, node, entrywise=False):
        return getattr(self, "value_" + NAMES.get(node[0], node[0]))(node, entrywise)

    def value_blocks(self, node, entrywise):
        parts_ = [[dense(self.value(p)) for p in row] for row in node[1]]
        return np.block([[np.atleast_2d(p) for p in row] for row in parts_])

    def value_rate(self, node, entrywise):
        a, e = [dense(self.value(n)) for n in node[2:]]
        n = len(a)
        return {r"\exp": linalg.expm, r"\log": linalg.logm}[node[1]](np.block([[a, e], [np.zeros((n, n)), a]]))[:n, n:]

    def value_number(self, node, entrywise):
        return node[1]

    def value_bracket(self, node, entrywise):
        return self.value(node[1], entrywise)

    def value_square(self, node, entrywise):
        return self.value(node[1], entrywise)

    def value_sign(self, node, entrywise):
        sign = node[1]
        if sign in self.bound:
            return self.bound[sign]
        if sign in self.values:
            return self.values[sign]
        if sign == "I" or sign == r"\mathrm{Id}":
            return Same("eye")
        if sign == r"\mathbf{1}":
            return Same("column")
        if sign == r"\mathbf{0}":
            return Same("column", 0.0)
        if sign == r"\pi":
            return math.pi
        if sign == "e":
            return math.e
        raise Unknown(sign)

    def value_below(self, node, entrywise):
        _, base, below = node
        whole = look(base, below)
        sizes = parts(below)
        if whole in self.values:
            return self.values[whole]
        if base[0] == "square" and any("=" in p for p in sizes):
            return self.tensor(base[1], sizes)
        if (
            base[0] == "sign"
            and base[1] in (r"\mathbf{1}", r"\mathbf{0}", "I", "e", r"\mathrm{Id}", r"\mathbf{e}")
            and base[1] not in self.values
        ):
            return self.constant(base[1], below)
        if base[0] in (r"\lVert", r"\lvert"):
            return self.marked(base, "".join(below))
        if base[0] in ("bracket", "square") or (base[0] == "sign" and (base[1] in self.values or base[1] in self.bound)):
            return self.entry(self.value(base), sizes)
        raise Unknown(f"{base[0]} {''.join(below)}")

    def entry(self, value, sizes):
        places = [self.place(p) for p in sizes]
        if isinstance(value, tuple):  # a unit vector
            return float(places == [value[1] - 1])
        if isinstance(value, Same):
            return value.factor if value.what != "eye" else value.factor * float(places[0] == places[1])
        array = np.asarray(value)
        if array.ndim == 2 and array.shape[1] == 1 and len(places) == 1:
            return array[places[0]] if isinstance(places[0], slice) else array[places[0], 0]
        if array.ndim == 2 and array.shape[0] == 1 and len(places) == 1:
            return array[0, places[0]]
        found = array[tuple(places)]
        return found.reshape(-1, 1) if found.ndim == 1 else found

    def place(self, p):
        """`:` is all of an axis, `2:5` a part of it, ends included."""
        if ":" not in p:
            value = self.value(part(p))
            if np.size(value) > 1:  # labels: the rows that they name
                return [whole(x) - 1 for x in np.ravel(value)]
            return whole(value) - 1
        cut = p.index(":")
        low, high = [whole(self.value(part(q))) if q else None for q in (p[:cut], p[cut + 1 :])]
        return slice(None if low is None else low - 1, high)

    def tensor(self, body, ranges):
        letters, limits = [], []
        for p in ranges:
            p = [t for t in p if t != r"\,"]
            dots = p.index(r"\ldots")
            letters.append(p[0])
            limits.append(range(whole(self.value(part(p[2:dots]))), whole(self.value(part(p[dots + 1 :]))) + 1))
        values = []
        for at in product(*limits):
            outer, self.bound = self.bound, {**self.bound, **dict(zip(letters, map(float, at), strict=True))}
            value = self.value(body)
            values.append(number(value) if isinstance(value, Same | tuple) or np.size(value) == 1 else np.asarray(value))
            self.bound = outer
        within = np.shape(values[0]) if values else ()
        if any(np.shape(value) != within for value in values):
            raise Unreadable("places of different shapes")
        if within and within[-1] == 1:  # columns: an axis each
            within = within[:-1]
        found = np.array(values, dtype=float).reshape(*[len(r) for r in limits], *within)
        return found.reshape(-1, 1) if found.ndim == 1 else found

    def constant(self, sign, below):
        if sign in ("e", r"\mathbf{e}"):
            place = self.value(part(below))
            if np.size(place) > 1:
                raise Unknown("unit vectors of labels, without a size")
            return ("unit", whole(place))
        if r"\times" in below:
            cut = below.index(r"\times")
            shape = [whole(self.value(part(p))) for p in (below[:cut], below[cut + 1 :])]
        else:
            n = whole(self.value(part(below)))
            shape = [n, n] if sign in ("I", r"\mathrm{Id}") else [n, 1]
        return np.eye(shape[0]) if sign in ("I", r"\mathrm{Id}") else np.full(shape, float(sign == r"\mathbf{1}"))

    def marked(self, base, mark):
        value = np.asarray(self.value(base[1], True))
        if base[0] == r"\lvert":
            if mark != r"\odot":
                raise Unknown(mark)
            return np.abs(value)
        if mark == "F":
            return np.linalg.norm(value)
        if mark == "1":
            return np.sum(np.abs(value))
        if mark == r"\infty":
            return np.max(np.abs(value))
        if mark == "*":
            return np.linalg.norm(value, "nuc")
        if re.fullmatch(r"\d+", mark):
            return np.sum(np.abs(value) ** int(mark)) ** (1 / int(mark))
        raise Unknown(mark)

    def value_norm(self, node, entrywise):
        value = np.asarray(self.value(node[1], True))
        if node[0] == r"\lVert":
            if is_matrix(value):
                raise Unreadable("the norm of a matrix without a mark")
            return np.linalg.norm(value)
        if node[0] == r"\lvert":
            if is_matrix(value):
                raise Unreadable("bars around a matrix are a determinant")
            return np.abs(value)
        return np.floor(value) if node[0] == r"\lfloor" else np.ceil(value)

    def value_above(self, node, entrywise):
        _, base, (kind, inner) = node
        value = self.value(base, entrywise or kind == r"\odot")
        if kind == r"\top":
            return turned(value)
        if kind == "pseudoinverse":
            return np.linalg.pinv(value)
        if kind == "inverse transposed":
            return np.linalg.inv(value).T
        exponent = self.value(inner, True)
        if kind == r"\odot":
            return elementwise(np.power, value, exponent)
        if np.ndim(value) == 2 and np.size(value) > 1:
            if value.shape[0] != value.shape[1]:
                raise Unreadable("a power of a vector")
            if exponent == 0.5:
                return np.real(linalg.sqrtm(value))
            return np.linalg.matrix_power(value, whole(exponent))
        return np.power(number(value), number(exponent))

    def value_frac(self, node, entrywise):
        above, below = self.value(node[1], entrywise), number(self.value(node[2]))
        return Same(above.what, above.factor / below) if isinstance(above, Same) else above / below

    def value_root(self, node, entrywise):
        value = self.value(node[2], True)
        if is_matrix(value):
            raise Unreadable("the root of a matrix")
        return np.sqrt(value) if node[1] == 2 else np.cbrt(value)

    def value_iverson(self, node, entrywise):
        return np.asarray(self.value(node[1], True)) * 1.0

    def value_compare(self, node, entrywise):
        _, sign, left, right = node
        return elementwise(COMPARE[sign], self.value(left, True), self.value(right, True))

    def value_and(self, node, entrywise):
        return elementwise(np.logical_and, self.value(node[1], True), self.value(node[2], True))

    def value_or(self, node, entrywise):
        return elementwise(np.logical_or, self.value(node[1], True), self.value(node[2], True))

    def value_not(self, node, entrywise):
        return np.logical_not(self.value(node[1], True))

    def value_cases(self, node, entrywise):
        condition, value, other = [self.value(n, True) for n in node[1:]]
        return elementwise(lambda a, b: np.where(condition, a, b), value, other)

    def value_minus(self, node, entrywise):
        value = self.value(node[1], entrywise)
        return Same(value.what, -value.factor) if isinstance(value, Same) else -dense(value)

    def value_sum(self, node, entrywise):
        sign, left, right = node
        a, b = self.value(left, entrywise), self.value(right, entrywise)
        if isinstance(a, tuple) or isinstance(b, tuple):
            return units(sign, a, b)
        if isinstance(a, Same) and isinstance(b, Same) and a.what == b.what:
            return Same(a.what, a.factor + (b.factor if sign == "+" else -b.factor))
        scalar = [not isinstance(v, Same) and np.size(v) == 1 for v in (a, b)]
        if scalar[0] != scalar[1] and not entrywise:
            raise Unreadable("a number is added to a vector or matrix")
        return elementwise(np.add if sign == "+" else np.subtract, a, b)

    def value_chain(self, node, entrywise):
        _, signs, parts_ = node
        if signs[0] in (r"\odot", r"\oslash"):
            value = self.value(parts_[0], True)
            for sign, p in zip(signs, parts_[1:], strict=True):
                value = elementwise(np.multiply if sign == r"\odot" else np.divide, value, self.value(p, True))
            return value
        if signs[0] == r"\bmod":
            if len(parts_) != 2:
                raise Unreadable("remainders side by side")
            return elementwise(np.mod, self.value(parts_[0], True), self.value(parts_[1], True))
        if signs[0] in (r"\otimes", r"\times"):
            a, *rest = [dense(self.value(p)) for p in parts_]
            if signs[0] == r"\otimes":
                for b in rest:
                    a = np.kron(a, b)
                return a
            (b,) = rest
            if np.shape(a) != (3, 1) or np.shape(b) != (3, 1):
                raise Unreadable(f"{np.shape(a)} x {np.shape(b)}")
            return np.cross(a[:, 0], b[:, 0]).reshape(-1, 1)
        values = []
        for p in parts_:
            try:
                values.append(self.value(p, entrywise))
            except IndexError:
                values.append(None)  # an entry that is not there: a false bracket beside it is strongly 0
        if any(v is None for v in values):
            if any(np.size(v) == 1 and not np.any(v) for v in values if v is not None and not isinstance(v, Same | tuple)):
                return 0.0
            raise IndexError("an entry that is not there")
        value = values[0]
        for sign, other in zip(signs, values[1:], strict=True):
            value = times(value, other, dot=sign == r"\cdot")
        return value

    def value_big(self, node, entrywise):
        _, which, letter, low, high, body = node
        total = 0.0 if which == r"\sum" else 1.0
        for i in range(whole(self.value(low)), whole(self.value(high)) + 1):
            outer, self.bound = self.bound, {**self.bound, letter: float(i)}
            value = self.value(body)
            total = total + value if which == r"\sum" else total * value
            self.bound = outer
        return total

    def value_call(self, node, entrywise):
        _, base, arguments = node
        mark = ""
        while base[0] in ("below", "above"):
            if base[0] == "above" and base[2][0] == "power":
                x = self.value(arguments[0], True)
                if base[1][1] == r"\operatorname{vech}":
                    return triangle(dense(x))
                return special.polygamma(whole(self.value(base[2][1])), x) if base[1][1] == r"\psi" else special.erfinv(x)
            mark += "⊙" if base[0] == "above" and base[2][0] == r"\odot" else "?"
            if base[0] == "below" and base[1][0] == "sign":
                if base[1][1] == r"\log":
                    (x,) = [self.value(a, True) for a in arguments]
                    return np.log2(x) if base[2] == ["2"] else np.log10(x)
                if base[1][1] == "j":
                    return special.spherical_jn(whole(self.value(part(base[2]))), self.value(arguments[0], True))
                if base[1][1] == r"\operatorname{solve}":
                    return self.solved("".join(base[2]), *arguments)
                if base[1][1] == r"\operatorname{tril}" and "".join(base[2]) == "1/2":
                    a = dense(self.value(arguments[0]))
                    return (np.tril(a) + np.tril(a, -1)) / 2
                if base[1][1] == r"\operatorname{dim}":
                    return float(np.shape(self.value(arguments[0]))[int(base[2][0]) - 1])
            base = base[1]
        if "?" in mark:
            raise Unknown(base[1] + mark)
        name = base[1]
        word = re.sub(r"\\operatorname\{(.*)\}", r"\1", name)
        if name in self.values and callable(self.values[name]):
            values = [np.asarray(self.value(a)) for a in arguments]
            return column(self.values[name](*[v[:, 0] if v.ndim == 2 and v.shape[1] == 1 else v for v in values]))
        if name == r"\log\operatorname{softmax}":
            return np.log(self.softmax(self.value(arguments[0], True)))
        if word in ("softmax", "diag", "dim", "logsumexp", "vec"):
            return getattr(self, word)(self.value(arguments[0], word in ("softmax", "logsumexp")))
        if name in (r"\max", r"\min") and len(arguments) > 1:
            a, *rest = [self.value(n, True) for n in arguments]
            for b in rest:
                a = elementwise(np.maximum if name == r"\max" else np.minimum, a, b)
            return a
        if word in REDUCE or name in REDUCE:
            if len(arguments) != 1:
                raise Unknown(name)
            value = self.value(arguments[0], False)
            return float(REDUCE.get(word, REDUCE.get(name))(dense(value)))
        if word in MATRIX:
            return MATRIX[word](dense(self.value(arguments[0], False)))
        if word in SEVERAL and len(arguments) > 1:
            return SEVERAL[word](*[dense(self.value(a, True)) for a in arguments])
        made = FUNCTIONS.get(name) or FUNCTIONS.get(word)
        if made is None or len(arguments) != 1:
            raise Unknown(name)
        value = self.value(arguments[0], True)
        if isinstance(value, Same) and value.what != "eye":
            return Same(value.what, float(made(np.asarray(value.factor))))
        if isinstance(value, Same | tuple):
            raise Unknown("a function of an identity or a unit vector without a size")
        if is_matrix(value) and name in WHOLE and "⊙" not in mark:
            if name not in (r"\exp", r"\log") or value.shape[0] != value.shape[1]:
                raise Unreadable(f"{name} of a matrix as a whole")
            return np.real(linalg.expm(value) if name == r"\exp" else linalg.logm(value))
        return made(value)

    def solved(self, letter, equation):
        """The solution of an equation that is linear in a matrix of the right side's size."""
        _, _, left, right = equation
        want = dense(self.value(right))

        def at(value):
            outer, self.values = self.values, {**self.values, letter: value}
            try:
                return dense(self.value(left)).reshape(-1)
            finally:
                self.values = outer

        size = want.size
        columns = [at(np.eye(size)[k].reshape(want.shape)) for k in range(size)]
        return np.linalg.solve(np.array(columns).T, want.reshape(-1)).reshape(want.shape)

    def diag(self, value):
        value = dense(value)
        return np.diag(value[:, 0]) if value.shape[1] == 1 else np.diag(value).reshape(-1, 1)

    def softmax(self, value):
        if is_matrix(value):
            e = np.exp(value - value.max(axis=1, keepdims=True))
            return e / e.sum(axis=1, keepdims=True)
        e = np.exp(value - np.max(value))
        return e / e.sum()

    def logsumexp(self, value):
        if is_matrix(value):
            return np.log(np.sum(np.exp(value), axis=1, keepdims=True))
        return float(np.log(np.sum(np.exp(value))))

    def dim(self, value):
        return float(max(np.shape(value)))

    def vec(self, value):
        return np.asarray(value).T.reshape(-1, 1)


NAMES = {"+": "sum", "-": "sum", r"\lVert": "norm", r"\lvert": "norm", r"\lfloor": "norm", r"\lceil": "norm"}


def column(value):
    if callable(value):
        return value
    array = np.asarray(value, dtype=float)
    return float(array) if array.ndim == 0 else array.reshape(-1, 1) if array.ndim == 1 else array


def triangle(v):
    """The lower triangular matrix of which `vech` makes the column."""
    n = round(((1 + 8 * v.size) ** 0.5 - 1) / 2)
    found = np.zeros((n, n))
    found.T[np.triu_indices(n)] = v.reshape(-1)
    return found


def whole(value):
    if abs(number(value) - round(number(value))) > 1e-9:
        raise Unreadable(f"{value} as an index or size")
    return round(number(value))


def number(value):
    if isinstance(value, Same | tuple) or np.size(value) != 1:
        raise Unreadable("a number is wanted")
    return float(np.asarray(value).reshape(()))


def is_matrix(value):
    return np.ndim(value) == 2 and min(np.shape(value)) > 1


def dense(value):
    if isinstance(value, Same | tuple):
        raise Unknown("a constant without a size")
    return np.asarray(value)


def turned(value):
    if isinstance(value, Same):
        return Same({"column": "row", "row": "column"}.get(value.what, value.what), value.factor)
    return dense(value).T


def elementwise(operation, a, b):
    if isinstance(a, Same) and isinstance(b, Same):
        raise Unknown("two constants without a size")
    a = a.of(np.shape(b)) if isinstance(a, Same) else dense(a)
    b = b.of(np.shape(a)) if isinstance(b, Same) else dense(b)
    if np.size(a) > 1 and np.size(b) > 1 and np.shape(a) != np.shape(b):
        raise Unreadable(f"{np.shape(a)} beside {np.shape(b)}")
    return operation(a, b)


def unit(value, like):
    return np.eye(like)[:, [value[1] - 1]] if isinstance(value, tuple) else value


def units(sign, a, b):
    """Unit vectors carry their place; they become columns beside something of a size."""
    sizes = [np.shape(v)[0] for v in (a, b) if not isinstance(v, tuple | Same) and np.ndim(v) == 2]
    if not sizes:
        raise Unknown("unit vectors without a size")
    a, b = unit(a, sizes[0]), unit(b, sizes[0])
    return a + b if sign == "+" else a - b


def times(a, b, *, dot):
    if isinstance(a, tuple) or isinstance(b, tuple):
        raise Unknown("unit vectors")
    for x, y in ((a, b), (b, a)):
        if not isinstance(x, Same) and np.size(x) == 1:
            c = number(x)
            return Same(y.what, c * y.factor) if isinstance(y, Same) else c * np.asarray(y)
    if dot:
        if isinstance(a, Same) or isinstance(b, Same):
            other = b if isinstance(a, Same) else a
            a, b = [v.of(np.shape(other)) if isinstance(v, Same) else v for v in (a, b)]
        if np.shape(a) != np.shape(b) or np.shape(a)[1] != 1:
            raise Unreadable(f"the dot product of {np.shape(a)} and {np.shape(b)}")
        return float(np.sum(a * b))
    if isinstance(a, Same) and isinstance(b, Same):
        if (a.what, b.what) == ("column", "row"):
            return Same("full", a.factor * b.factor)
        raise Unknown("two constants without a size")
    if isinstance(b, Same):
        shape = {"eye": (np.shape(a)[1], np.shape(a)[1]), "column": (np.shape(a)[1], 1)}.get(b.what)
        if shape is None:
            raise Unknown("a row of ones without a size")
        b = b.of(shape)
    if isinstance(a, Same):
        rows = np.shape(b)[0]
        shape = {"eye": (rows, rows), "row": (1, rows)}.get(a.what)
        if shape is None:
            raise Unknown("a column of ones without a size")
        a = a.of(shape)
    if np.shape(a)[1] != np.shape(b)[0]:
        raise Unreadable(f"the product of {np.shape(a)} and {np.shape(b)}")
    found = np.asarray(a) @ np.asarray(b)
    return float(found[0, 0]) if found.shape == (1, 1) else found
