"""Text to syntax trees: the grammar is `grammar/formula.lark`, the trees are built while the parser reads.

In: a text. Out: a Program, every tree with its place. What is decided here: spelling (canonical names, numbers,
superscripts, line breaks). What is not: what a name means, types, whether a condition may stand where it stands.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection
from fractions import Fraction
from functools import cache
from typing import Any

from symdiff.bounds import LIMITS, exceeded
from symdiff.errors import ParseError, SymdiffError
from symdiff.expr.build import digits_of, too_long
from symdiff.expr.node import rational
from symdiff.syntax import hints
from symdiff.syntax.lalr import Parser, Unexpected, tables
from symdiff.syntax.tree import Binding, Declaration, Definition, Program, Tree, TypeSpec
from symdiff.table import BUILT_IN, TABLE
from symdiff.table.operators import COMPARED_BY, COMPARISONS, CONDITIONS, CONNECTIVES, OPERATORS

OVER = frozenset(("sum", "mean", "prod"))
MATRICES, NUMBERS = ("eye",), ("eye", "ones", "zeros", "pi")  # no variable, and no dimension or index, has such a name: answers need them
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")

_LETTERS = [
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
    "omicron",
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
_GREEK = dict(zip("αβγδεζηθικλμνξοπρστυφχψω", _LETTERS, strict=True)) | {"ς": "sigma"}
GREEK: dict[str, str] = _GREEK | {a.upper(): name.capitalize() for a, name in _GREEK.items() if a != "ς"}
_SPELL = str.maketrans(GREEK)


def canonical(name: str) -> str:
    """The name as it is compared and stored: NFKC, Greek letters spelled out (`φ₁` is `phi1`)."""
    if name.isascii():
        return name
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).translate(_SPELL))


def program(text: str) -> Program:
    """The statements and the expression of a text. ParseError with place and hint, LimitError for sizes."""
    if len(text) > LIMITS.characters:
        raise exceeded("characters", f"a formula of {len(text)} characters", len(text))
    if text.count("(") + text.count("[") > LIMITS.nesting:
        _require_flat(text)
    if len(text) > LIMITS.chain:
        _require_short_chains(text)
    plain = unfold(text)
    version = _TWO_POINTS.search(plain)
    if version is not None:
        hint = "a product of numbers is written with `*`"
        raise ParseError("a number has one decimal point", span=version.span(), text=text, hint=hint)
    try:
        result: Program = _parser()(plain)
    except Unexpected as error:
        from symdiff.syntax.slips import syntax_error  # for messages only, as below

        refused = syntax_error(error, text)
        refused.hint = hints.offer(corrected(text), refused.hint, text)
        raise refused from None
    except SymdiffError as error:
        if error.message == hints.NOT_LAST and error.span and (sign := re.match(r"[ \t]*\n\s*\+", plain[error.span[1] :])):
            at = error.span[1] + sign.end() - 1
            error.message, error.span, error.hint = "a value is missing before `+`", (at, at + 1), hints.NEXT_LINE
        error.text = text
        if hints.may_offer(error):
            error.hint = hints.offer(corrected(text), error.hint, text)
        raise
    result.text = text
    return result


def corrected(text: str) -> str:
    """The same formula as it is typed here, if its notation is known and the result can be read; else ""."""
    from symdiff.syntax.respell import respell  # for messages only: every start would pay for its patterns

    written = respell(text)
    if written == text.strip() or hints.is_prose(written) or len(written) > LIMITS.characters:
        return ""
    try:
        read: Program = _parser()(unfold(written))
    except (Unexpected, SymdiffError):
        return ""
    return written if read.body is not None else ""


_TWO_POINTS = re.compile(r"(?<![\w.])[0-9]+\.[0-9]+\.[0-9]+")  # `1.2.3` would be the dot product of two numbers


def _require_flat(text: str) -> None:
    """LimitError if brackets are nested too deeply."""
    depth = 0
    for m in re.finditer(r"#[^\n]*|[()\[\]]", text):
        if m[0] in "([":
            depth += 1
            if depth > LIMITS.nesting:
                raise exceeded("nesting", f"brackets nested {depth} deep", span=m.span(), text=text)
        elif m[0] in ")]":
            depth -= 1


_LINKS = re.compile(r"#[^\n]*|(\.?\^|\*\*)|(['′’ᵀ⊤])|([-−–+¬√]|not\b)|([\w.]+)|\S")


def _require_short_chains(text: str) -> None:
    """LimitError if transposes, signs or powers are nested too deeply without brackets: x'''…, ---…x, x^2^2^…."""
    depth, kind, exponent = 0, 0, False  # whether an exponent is to come
    for m in _LINKS.finditer(text):
        group = m.lastindex or 0
        if exponent and group in (3, 4):
            exponent = group == 3  # a sign in front of it
            continue
        if group == 4:  # a base, or what signs stand in front of
            depth = kind = 0
            continue
        depth, kind, exponent = (depth + 1 if group == kind else 1 if group else 0), group, group == 1
        if depth > LIMITS.chain:
            raise exceeded("chain", f"{depth} operators in a chain", span=m.span(), text=text)


# ------------------------------------------------------------------------------------------------------------ lines

_PIECES = re.compile(r"(#[^\n]*)|(\n)|([(\[])|([)\]])|[^\s#()\[\]]+")
_SIGNS = [sign for operator in OPERATORS.values() if operator.kind != "transpose" for sign in operator.spellings]
_LAST_OF_SIGNS = "".join(sorted({sign[-1] for sign in _SIGNS if not sign.isalpha() or not sign.isascii()}))
_OPEN_ENDED = re.compile(rf"(?:[{re.escape(_LAST_OF_SIGNS)}=!√,:]|(?<!\w)(?:{'|'.join(sorted(CONNECTIVES))}))$")


def unfold(text: str) -> str:
    """The same text, every character in its place, with comments and line breaks that end no statement blanked."""
    if "\n" not in text and "#" not in text:
        return text
    pieces: list[str] = []
    done, depth, last = 0, 0, ""
    for m in _PIECES.finditer(text):
        kind = m.lastindex
        if kind == 1 or (kind == 2 and (depth or _OPEN_ENDED.search(last, max(0, len(last) - 4)))):
            pieces += (text[done : m.start()], " " * (m.end() - m.start()))
            done = m.end()
            continue
        if kind == 3:
            depth += 1
        elif kind == 4:
            depth = max(0, depth - 1)
        last = m.group()
    pieces.append(text[done:])
    return "".join(pieces)


# ---------------------------------------------------------------------------------------------------------- numbers


def number(text: str, start: int) -> int | Fraction:
    """The exact value of a literal. LimitError beyond as many digits."""
    if len(text) < 10 and text.isdigit():
        return int(text)
    mantissa, _, power = text.lower().partition("e")
    whole, _, decimals = mantissa.partition(".")
    exponent = int(power) if 0 < len(power) < 19 else 0 if not power else 10**18
    digits = whole + decimals
    needed = len(digits) + abs(exponent)
    if needed > 3 * LIMITS.digits:  # 5e-10000 is 1/(2*10^9999): numbers of so many digits may take more to write
        raise too_long(needed, span=(start, start + len(text)))
    value = 0
    for k in range(0, len(digits), 4000):  # Python itself refuses to read more than 4300 digits at once
        piece = digits[k : k + 4000]
        value = value * 10 ** len(piece) + int(piece)
    exponent -= len(decimals)
    result = rational(Fraction(value * 10 ** max(exponent, 0), 10 ** max(-exponent, 0)))
    if digits_of(result) > LIMITS.digits:
        raise too_long(digits_of(result), span=(start, start + len(text)))
    return result


# ------------------------------------------------------------------------------------------------------------ trees


def _binary(kind: str) -> Any:
    def build(a: Tree, b: Tree) -> Tree:
        return Tree(kind, (a, b), None, a.start, b.end)

    return staticmethod(build)


def _enclosed(kind: str) -> Any:
    def build(left: int, a: Tree, right: int) -> Tree:
        return Tree(kind, (a,), None, left, right + 1)

    return staticmethod(build)


class Builder:
    """One method per rule of the grammar; the parser calls it with what it has read: trees, `token`s, and the places of signs.

    Operators between two values that have no method here make a tree of their kind.
    """

    or_, and_ = _binary("or"), _binary("and")
    iverson, bars = _enclosed("iverson"), _enclosed("bars")

    @staticmethod
    def token(kind: str, text: str, start: int, end: int) -> Tree:
        """A name or a number; of the other terminals a tree of their letters."""
        if kind == "NAME":
            return Tree("name", (), checked(text, (start, end)), start, end)
        if kind == "NUMBER":
            return Tree("number", (), number(text, start), start, end)
        return Tree(kind, (), text, start, end)

    @staticmethod
    def program(*kids: Any) -> Program:
        result = Program("")
        for kid in kids:
            if result.body is not None:
                raise hints.not_last(result.body)
            if isinstance(kid, Tree):
                result.body = kid
            elif isinstance(kid, Definition):
                hints.check_definition(kid, result)
                result.definitions[kid.name] = kid
            else:
                result.statements.append(kid)
        return result

    # ---- statements

    @staticmethod
    def declaration(named: Any, types: Any, *right: Any) -> Declaration:
        (names, start, _), (left, _, end) = named, types
        for spec in (*left, *(r[0] for r in right)):
            hints.check_spec(spec, (start, end))
        if right:
            for name in names:
                if name in BUILT_IN:
                    raise hints.reserved(name, (start, end))
            return Declaration(names, right[0][0], left, start, right[0][2])
        if len(left) > 1:
            raise ParseError("a declaration has one type", span=(start, end), hint="declare the names one by one, or a function with `->`")
        return Declaration(names, left[0], None, start, end)

    @staticmethod
    def names(*kids: Tree) -> Any:
        return tuple([spelled(k, MATRICES) for k in kids]), kids[0].start, kids[-1].end

    @staticmethod
    def types(*kids: Any) -> Any:
        return tuple([k[0] for k in kids]), kids[0][1], kids[-1][2]

    @staticmethod
    def type(*kids: Any) -> Any:
        properties = tuple([k.value for k in kids if isinstance(k, Tree) and k.kind == "PROPERTY"])
        kind, *dims = kids[len(properties) :]
        spec = TypeSpec(kind.value, tuple([d for d, _ in dims]) if dims else None, properties)
        return spec, kids[0].start, dims[-1][1] if dims else kind.end

    @staticmethod
    def label(word: Tree, *dims: Any) -> Any:
        return TypeSpec("scalar", None, (), dims[0][0] if dims else ""), word.start, dims[0][1] if dims else word.end

    @staticmethod
    def labels(kind: Tree, *rest: Any) -> Any:
        k = next(k for k, part in enumerate(rest) if isinstance(part, Tree))
        size, word, count = rest[:k], rest[k], rest[k + 1 :]
        end = count[0][1] if count else word.end
        if kind.value != "vector":
            raise ParseError("labels are alone or in a vector", span=(kind.start, end), hint="y: label(k), or y: vector(m) of label(k)")
        return TypeSpec("vector", (size[0][0],) if size else None, (), count[0][0] if count else ""), kind.start, end

    @staticmethod
    def reals(*kids: Any) -> Any:
        properties = tuple([k.value for k in kids if isinstance(k, Tree) and k.kind == "PROPERTY"])
        kind, *dims = kids[len(properties) :]
        sizes = tuple([d for d, _ in dims])
        spec = TypeSpec(("scalar", "vector", "matrix")[len(dims)], sizes or None, properties)
        return spec, kids[0].start, dims[-1][1] if dims else kind.end

    @staticmethod
    def dim(token: Tree) -> Any:
        if token.kind != "SIZE":
            return spelled(token, NUMBERS), token.end
        span = (token.start, token.end)
        if len(token.value) > 30:
            raise hints.exceeded_size(span)
        return hints.check_size(int(token.value), span), token.end

    @staticmethod
    def binding(name: Tree, value: Tree) -> Binding:
        return Binding(spelled(name, MATRICES), value, name.start, value.end)

    @staticmethod
    def definition(token: Tree, *rest: Any) -> Definition:
        *parameters, close, value = rest
        for t in parameters:
            if not isinstance(t, Tree) or t.kind != "name":
                where = (t.start, t.end) if isinstance(t, Tree) else (token.start, close + 1)
                raise ParseError("the arguments of a function that is defined are names", span=where, hint="f(z) = z^2 + 1")
        names = tuple([t.value for t in parameters])
        if len(set(names)) < len(names):
            raise ParseError("a function has two arguments of one name", span=(token.start, close + 1), hint="f(u, v) = u*v")
        return Definition(spelled(token, NUMBERS), names, value, token.start, value.end)

    # ---- expressions

    @staticmethod
    def group(left: int, inner: Tree, right: int) -> Tree:
        inner.start, inner.end = left, right + 1
        return inner

    @staticmethod
    def neg(sign: int, a: Tree) -> Tree:
        a = _once(a)
        return Tree("neg", (a,), None, sign, a.end)

    @staticmethod
    def positive(sign: int, a: Tree) -> Tree:
        a.start = sign
        return a

    @staticmethod
    def listed(left: int, *rest: Any) -> Tree:
        *entries, right = rest
        return Tree("listed", tuple(entries), None, left, right + 1)

    @staticmethod
    def norm(left: Tree, a: Tree, right: Tree) -> Tree:
        which = right.value.lstrip("|‖_")
        span = (left.start, right.end)
        if not which or which in ("2", "₂", "F", "fro"):
            return Tree("norm", (a,), None, *span)
        if which in NORMS:
            return Tree("call", (a,), NORMS[which], *span)
        which = which.translate(_SUBSCRIPTS)
        below = (right.end - len(which), right.end)
        order = Tree("number", (), int(which), *below) if which.isdigit() else Tree("name", (), checked(which, below), *below)
        return Tree("call", (a, order), "normp", *span)

    @staticmethod
    def not_(word: Tree, a: Tree) -> Tree:
        a = _once(a)
        return Tree("not", (a,), None, word.start, a.end)

    @staticmethod
    def compare(a: Tree, sign: Tree, b: Tree) -> Tree:
        if a.kind in COMPARISONS and a.end == a.kids[1].end:
            raise hints.chain(a, b)
        return Tree(COMPARED_BY[sign.value], (a, b), None, a.start, b.end)

    @staticmethod
    def pow(a: Tree, b: Tree) -> Tree:
        hints.check_exponent(a, b)
        return Tree("pow", (a, b), None, a.start, b.end)

    @staticmethod
    def epow(a: Tree, b: Tree) -> Tree:
        hints.check_exponent(a, b, ".^")
        return Tree("epow", (a, b), None, a.start, b.end)

    @staticmethod
    def superscript(base: Tree, token: Tree) -> Tree:
        digits = token.value.lstrip("⁻")
        start, end = token.start, token.end
        if digits == "ⁿ":
            exponent = Tree("name", (), "n", start, end)
        else:
            exponent = Tree("number", (), number(digits.translate(_SUPERSCRIPTS), start), start, end)
        if digits != token.value:
            exponent = Tree("neg", (exponent,), None, start, end)
        return Tree("pow", (base, exponent), None, base.start, end)

    @staticmethod
    def transpose(a: Tree, prime: int) -> Tree:
        a = _once(a)
        return Tree("transpose", (a,), None, a.start, prime + 1)

    @staticmethod
    def index(*kids: Any) -> Tree:
        *parts, close = kids
        return Tree("index", tuple(parts), None, parts[0].start, close + 1)

    @staticmethod
    def slice(colon: int) -> Tree:
        return Tree("slice", (), None, colon, colon + 1)

    @staticmethod
    def slice_between(low: Tree, colon: int, high: Tree) -> Tree:
        return Tree("slice", (low, high), "between", low.start, high.end)

    @staticmethod
    def slice_from(low: Tree, colon: int) -> Tree:
        return Tree("slice", (low,), "from", low.start, colon + 1)

    @staticmethod
    def slice_upto(colon: int, high: Tree) -> Tree:
        return Tree("slice", (Tree("number", (), 1, colon, colon), high), "between", colon, high.end)

    @staticmethod
    def range(name: Tree, lo: Tree, hi: Tree) -> Any:
        return spelled(name, NUMBERS), lo, hi, name.start

    @staticmethod
    def call(token: Tree, *rest: Any) -> Tree:
        arguments = rest[:-1]
        name, start, end = spelled(token), token.start, rest[-1] + 1
        if tuple in map(type, arguments):
            ranges = [a for a in arguments if type(a) is tuple]
            return _indexed(name, ranges, arguments[len(ranges) :], start, end)
        if len(arguments) == 2 and name in OVER and arguments[0].kind == "name":
            if arguments[0].value in NUMBERS:
                raise hints.reserved(arguments[0].value, (arguments[0].start, arguments[0].end))
            if arguments[1].kind == "number" or (arguments[1].kind == "name" and len(arguments[0].value) > 2):
                raise hints.no_index_in_body(name, arguments, (start, end))
            return Tree("over", (arguments[1],), (name, arguments[0].value), start, end)
        if len(arguments) > 2 and name in OVER and len({a.value for a in arguments[:-1] if a.kind == "name"}) == len(arguments) - 1:
            body: Tree = arguments[-1]  # sum(i, j, …)
            for index in reversed(arguments[:-1]):
                body = Tree("over", (body,), (name, spelled(index, NUMBERS)), start, end)
            return body
        if (
            len(arguments) > 1 and name == "tensor" and all(a.kind == "name" for a in arguments[:-1])
        ):  # tensor(j, …): the entries fix the ranges
            indices = [spelled(index, NUMBERS) for index in arguments[:-1]]
            open_ = [Tree("slice", (), None, index.start, index.end) for index in arguments[:-1] for _ in "ab"]
            return Tree("tensor", (*open_, arguments[-1]), tuple(indices), start, end)
        if len(arguments) == 2 and name in OVER and _is_pair(arguments[0]):
            if name == "mean":
                raise ParseError("a mean over pairs takes its ranges", span=(start, end), hint="mean(i=1..n, j=i+1..n, …)")
            return Tree("pairs", arguments, name, start, end)
        if name == "norm" and len(arguments) == 2:  # norm(x, p), of which some have names
            order = arguments[1]
            known = str(order.value) if order.kind in ("number", "name") else ""
            known = "2" if known in ("F", "fro") else known
            if known in NORMS or known == "2":
                return Tree("call", arguments[:1], NORMS.get(known, "norm2"), start, end)
            name = "normp"
        return Tree("call", arguments, name, start, end)

    @staticmethod
    def prime(token: Tree, primes: Tree, *rest: Any) -> Tree:
        *arguments, close = rest
        if any(type(a) is tuple for a in arguments):
            raise ParseError("a derivative has no range", span=(token.start, close + 1))
        count = len(primes.value.rstrip("( \t\r\n"))
        return Tree("prime", tuple(arguments), (spelled(token), count), token.start, close + 1)

    @staticmethod
    def root(sign: int, a: Tree) -> Tree:
        return Tree("call", (a,), "sqrt", sign, a.end)


def _once(a: Tree) -> Tree:
    """The operand of a third sign that undoes itself: `---x` is `-x`, `x'''` is `x'`, and a chain of them has no length."""
    inner = a.kids[0] if a.kind in _UNDONE else a
    if inner.kind != a.kind or inner is a or _bracketed(a) or _bracketed(inner):
        return a
    (x,) = inner.kids
    return x


def _bracketed(a: Tree) -> bool:
    """Whether brackets stand around a sign and its operand: they say that it is meant, and texts of answers keep it."""
    (x,) = a.kids
    return a.start != x.start if a.kind == "transpose" else a.end != x.end


# `norm(x, 1)`, `‖x‖_1`: the norms that have names of their own.
NORMS = {
    "1": "norm1",
    "₁": "norm1",
    "inf": "norminf",
    "Inf": "norminf",
    "oo": "norminf",
    "infinity": "norminf",
    "∞": "norminf",
    "nuc": "normnuc",
    "*": "normnuc",
}
_SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_UNDONE = frozenset(("neg", "not", "transpose"))


def _indexed(name: str, ranges: list[Any], rest: tuple[Any, ...], start: int, end: int) -> Tree:
    """`sum(i=1..m, …)` and `tensor(i=1..m, j=1..n, …)`."""
    if len(rest) == 2 and name in ("sum", "prod") and all(isinstance(t, Tree) for t in rest) and _is_pair(rest[0]):
        rest = (Tree("pairs", rest, name, start, end),)  # sum(i=1..n, j != i, …)
    if len(rest) != 1 or type(rest[0]) is tuple:
        raise ParseError(
            f"`{name}` over an index takes its ranges and then one expression", span=(start, end), hint=f"{name}(i=1..m, x[i])"
        )
    (body,) = rest
    if name == "tensor":
        bounds = tuple([bound for _, lo, hi, _ in ranges for bound in (lo, hi)])
        return Tree("tensor", (*bounds, body), tuple([index for index, *_ in ranges]), start, end)
    if name not in OVER:
        hint = "sum, mean, prod and tensor run over an index"
        if name in ("max", "min") or (name in TABLE and not TABLE[name].elementwise):
            hint += f": `{name}(tensor({ranges[0][0]}=1..n, …))`"
        raise ParseError(f"`{name}` takes no range", span=(start, end), hint=hint)
    if name == "mean" and _depends(ranges):  # the mean of all numbers, not that of the means
        span, one = (start, end), Tree("number", (), 1, start, end)
        return Tree("div", (_nested("sum", ranges, body, *span), _nested("sum", ranges, one, *span)), None, *span)
    return _nested(name, ranges, body, start, end)


def _depends(ranges: list[Any]) -> bool:
    """Does a range depend on an index in front of it?"""
    stack = [bound for _, lo, hi, _ in ranges[1:] for bound in (lo, hi)]
    names = {name for name, *_ in ranges}
    while stack:
        tree = stack.pop()
        if tree.kind == "name" and tree.value in names:
            return True
        stack += tree.kids
    return False


def _nested(name: str, ranges: list[Any], body: Tree, start: int, end: int) -> Tree:
    for index, lo, hi, _ in reversed(ranges):
        body = Tree("over", (lo, hi, body), (name, index), start, end)
    return body


for _operator in OPERATORS.values():
    if len(_operator.least) == 2 and not hasattr(Builder, _operator.kind) and _operator.kind not in CONDITIONS:
        setattr(Builder, _operator.kind, _binary(_operator.kind))


def _is_pair(tree: Tree) -> bool:
    """`i < j`: which pairs a sum runs over."""
    if tree.kind not in COMPARISONS or tree.kind == "eq":
        return False
    a, b = tree.kids
    return a.kind == b.kind == "name" and a.value != b.value and a.value not in NUMBERS and b.value not in NUMBERS


def spelled(token: Tree, reserved: Collection[str] = ()) -> str:
    """The canonical name of a NAME token; ParseError if it is none, or one of those reserved."""
    text: str = token.value
    if text.isascii() and text not in CONNECTIVES and text not in reserved:
        return text
    return checked(text, (token.start, token.end), reserved)


def checked(text: str, span: tuple[int, int] | None = None, reserved: Collection[str] = ()) -> str:
    """The canonical form of a name. ParseError if it is none, if its letters only look like Latin ones, or if it is reserved."""
    name = text
    if not text.isascii():
        name = canonical(text)
        hints.check_letters(name, span)
    if name in CONNECTIVES or not _names()(name):
        raise hints.no_name(text, span)
    if name in reserved:
        raise hints.reserved(name, span)
    return name


@cache
def _names() -> Callable[[str], re.Match[str] | None]:
    return re.compile(dict(tables()["terminals"])["NAME"]).fullmatch


@cache
def _parser() -> Parser:
    return Parser(tables(), Builder())
