"""What the likely mistake was: every message about bad text, in one place.

In: where and what. Out: a SymdiffError that says what is wrong, where, and what to do next.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache

from symdiff.errors import LimitError, ParseError, ShapeError, SymdiffError, UnknownNameError
from symdiff.syntax.tree import Binding, Declaration, Definition, Program, Tree, TypeSpec
from symdiff.table import BUILT_IN, TABLE, Row, known
from symdiff.table.operators import COMPARISONS, CONNECTIVES, OPERATORS

PROPERTIES = frozenset(["positive", "nonnegative", "symmetric", "psd", "diagonal", "orthogonal", "onehot", "simplex"])

LARGEST_SIZE = 2**63 - 1

RESERVED = {name: meaning for name, (_, meaning) in BUILT_IN.items()} | {"pi": "the number 3.14…"}
# Letters that look like Latin ones: Cyrillic, Armenian, and what they look like.
LOOKALIKES = dict(zip("аеорсухіјѕԁһԛԝАВЕКМНОРСТХІЈЅՏոս", "aeopcyxijsdhqwABEKMHOPCTXIJSSnu", strict=True))
_WORDS_OF_PROSE = (
    "the of is with respect squared by let find compute over a an to for from all if else in where then derivative gradient function plus minus times cubed "
    "divided what power half one otherwise"
)
PROSE_WORDS = frozenset(_WORDS_OF_PROSE.split())


def no_expression(parsed: Program) -> ParseError:
    end = len(parsed.text)
    last = parsed.statements[-1] if parsed.statements else None
    name = last.name if isinstance(last, Binding) else last.names[0] if last else "x"
    if not last and parsed.definitions:
        called = next(reversed(parsed.definitions.values()))
        name = f"{called.name}({', '.join(called.parameters)})"
    return ParseError("the formula has no expression", span=(end, end), hint=f"end with one, for example `{name}`")


def two_meanings(name: str, span: tuple[int, int], text: str) -> ParseError:
    number = re.search(rf"(?<!\w){re.escape(name)}\s*=\s*(\d+)\s*(?:[;\n]|$)", text)
    hint = f"a size that is a number stands in the type: `x: vector({number[1]})`" if number else "rename one of them"
    return ParseError(f"`{name}` cannot be both a dimension and a variable", span=span, text=text, hint=hint)


def used_before(name: str, span: tuple[int, int] | None) -> ParseError:
    return ParseError(f"`{name}` is used before it is bound", span=span, hint="move the binding in front of its use")


def check_size(value: int, span: tuple[int, int]) -> int:
    """A size or an index that an array can have."""
    if value > LARGEST_SIZE:
        raise exceeded_size(span)
    return value


def exceeded_size(span: tuple[int, int]) -> ParseError:
    return ParseError("no array has so many entries", span=span, hint="a size without a number is a name: `x: vector(n)`")


NOT_LAST = "an expression stands before the end"

NEXT_LINE = "a line break ends a statement; put the operator at the end of the line before"


def not_last(tree: Tree) -> ParseError:
    return ParseError(NOT_LAST, span=(tree.start, tree.end), hint="give it a name: `loss = …`; the last line is the formula")


def chain(a: Tree, b: Tree) -> ParseError:
    return ParseError("comparisons cannot be chained", span=(a.start, b.end), hint="write `a < b and b < c`")


def has_name(tree: Tree) -> bool:
    """Whether a letter stands in it: `k + 1`, but not `1/2`."""
    stack = [tree]
    while stack:
        t = stack.pop()
        if t.kind == "name":
            return True
        stack += t.kids
    return False


def check_exponent(base: Tree, exponent: Tree, sign: str = "^") -> None:
    """`A^2'` transposes the 2, which nobody means."""
    inner, signs = exponent, 0
    while inner.kind == "neg":
        inner, signs = inner.kids[0], signs + 1
    while inner.kind == "transpose" and inner.kids[0].kind == "transpose":
        inner = inner.kids[0]
    if inner.kind == "transpose":
        (inner,) = inner.kids
        while inner.kind == "neg":
            inner, signs = inner.kids[0], signs + 1
        if inner.kind == "number":
            name = base.value if base.kind == "name" else "A"
            raise ParseError(
                "a prime after an exponent transposes the exponent",
                span=(base.start, exponent.end),
                hint=f"write `({name}{sign}{'-' * signs}{inner.value if inner.value < 1000 else 'k'})'`",
            )


def check_letters(name: str, span: tuple[int, int] | None) -> None:
    """ParseError if a name could be read as a Latin one but is not."""
    odd = [c for c in name if c in LOOKALIKES]
    if odd and all(c in LOOKALIKES or c.isascii() for c in name):
        latin = "".join(LOOKALIKES.get(c, c) for c in name)
        raise ParseError(
            f"`{brief(name)}` is written with letters of another script that look Latin",
            span=span,
            hint=f"type `{brief(latin)}` in Latin letters",
        )


def no_name(text: str, span: tuple[int, int] | None) -> ParseError:
    hint = f"`{text}` joins conditions" if text in CONNECTIVES else "a name is a letter, then letters, digits and `_`"
    return ParseError(f"`{brief(text)}` cannot be a name", span=span, hint=hint)


def reserved(name: str, span: tuple[int, int] | None) -> ParseError:
    return ParseError(
        f"`{name}` has a meaning of its own: {RESERVED.get(name, 'it stands for something else')}", span=span, hint="choose another name"
    )


def brief(text: str, most: int = 60) -> str:
    """A name as a message quotes it: none is longer than a line."""
    return text if len(text) <= most else text[: most - 1] + "…"


def check_spec(spec: TypeSpec, span: tuple[int, int]) -> None:
    """ParseError if a declared type has too many or too few sizes."""
    if spec.kind == "tensor":
        if spec.dims is None or len(spec.dims) < 3:
            raise ParseError("a tensor has three sizes or more", span=span, hint="A: tensor(b, n, m)")
        if set(spec.properties) - {"positive", "nonnegative"}:
            raise ShapeError(
                f"a tensor cannot be {min(set(spec.properties) - {'positive', 'nonnegative'})}", span=span, hint="positive tensor(b, n, m)"
            )
        return
    wanted = {"scalar": 0, "vector": 1, "matrix": 2}[spec.kind]
    if spec.dims is not None and len(spec.dims) != wanted:
        raise ParseError(f"a {spec.kind} has {wanted} size{'s' * (wanted != 1)}, not {len(spec.dims)}", span=span)
    if spec.kind == "scalar" and set(spec.properties) - {"positive", "nonnegative"}:
        raise ShapeError(f"a scalar cannot be {spec.properties[0]}", span=span, hint="properties of matrices: S: symmetric matrix(n,n)")


def near(name: str, names: Iterable[str]) -> str:
    """The known name that this one is probably a slip for, or ""."""
    limit = 2 if len(name) >= 6 else 1 if len(name) >= 4 else 0
    best, folded = "", known.fold(name)
    for other in names:
        if folded == known.fold(other):
            return other
        if limit and abs(len(other) - len(name)) <= limit and len(other) > 2:
            d = _distance(name, other)
            if d <= limit:
                best, limit = other, d - 1
                if limit < 0:
                    break
    return best


def _distance(a: str, b: str) -> int:
    """How many letters were missed, added, changed or swapped with their neighbour."""
    before: list[int] = []
    last = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        row = [i]
        for j, y in enumerate(b, 1):
            d = min(row[-1] + 1, last[j] + 1, last[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                d = min(d, before[j - 2] + 1)
            row.append(d)
        before, last = last, row
    return last[-1]


def check_arity(row: Row, tree: Tree) -> None:
    """ParseError if a function of the table has too many or too few arguments."""
    least, most, n = len(row.args) - len(row.defaults), len(row.args), len(tree.kids)
    if least <= n <= most or (row.name in ("max", "min") and n > most):
        return
    count = str(least) if least == most else f"{least} or {most}"
    raise ParseError(
        f"`{tree.value}` takes {count} argument{'s' * (most > 1)}, not {n}",
        span=(tree.start, tree.end),
        hint=f"{tree.value}({', '.join(row.args)})",
    )


def check_function(name: str, span: tuple[int, int], call: str) -> None:
    """UnknownNameError if people know an unknown function by this name, or if it is close to a known one. call: its text."""
    declare = f". To use `{name}` as an opaque function, declare it: `{name}: vector(n) -> scalar`"
    if name in _GREEK_WORDS and f"{name}(" in call and call.count(",") == 0:
        return  # beta(x) is a function on a slide, beta(a, b) that of Euler
    there = name if name in known.NAMES else known.FOLDED.get(known.fold(name), "")
    word, _, index = name.partition("_")
    if not there and index and len(index) <= 2 and (word in known.REFUSED or word in known.WRITTEN or known.SAME.get(word) in _OVER):
        there = word  # argmax_i(x)
    if there in known.REFUSED:
        reason, hint = known.REFUSED[there]
        raise UnknownNameError(f"`{name}` is not a function here: {reason}", span=span, hint=hint)
    if there in known.WRITTEN:
        arguments, formula = known.WRITTEN[there]
        raise UnknownNameError(
            f"there is no function `{name}`", span=span, hint=f"`{name}({', '.join(arguments)})` is `{formula}`{declare}"
        )
    if word in _OVER and index and len(index) <= 2:
        raise UnknownNameError(
            f"there is no function `{name}`: an index stands in the brackets",
            span=span,
            hint=f"write `{word}({index}, x[{index}])` or `{word}({index}=1..n, x[{index}])`",
        )
    if word == "log" and index:
        raise UnknownNameError(
            f"there is no function `{name}`", span=span, hint=f"the logarithm to base b is `log(x)/log({index})`{declare}"
        )
    other = known.SAME.get(there) or near(name, [*BUILT_IN, *TABLE.names])
    if other:
        raise UnknownNameError(f"there is no function `{name}`", span=span, hint=f"did you mean `{other}`?{declare[1:]}")


_OVER = ("sum", "mean", "prod", "max", "min")

_GREEK_WORDS = frozenset(("beta", "gamma", "sigma", "zeta"))

_NO_NUMBERS = frozenset(("inf", "infty", "infinity", "Inf", "nan", "NaN", "None", "True", "False"))

RESERVED_NAMES = (frozenset((*TABLE.names, *BUILT_IN, *PROPERTIES, "scalar")) | _NO_NUMBERS) - _GREEK_WORDS


def check_definition(definition: Definition, program: Program) -> None:
    """ParseError for a function that has a meaning already."""
    name, span = definition.name, (definition.start, definition.start + len(definition.name))
    if name in TABLE or name in BUILT_IN:
        raise ParseError(f"`{name}` is a function already", span=span, hint=f"choose another name: `{name}2`")
    if name in program.definitions:
        raise ParseError(f"`{name}` is defined twice", span=span, hint="keep one of the definitions")
    for s in program.statements:
        if name in (s.names if isinstance(s, Declaration) else (s.name,)):
            raise ParseError(f"`{name}` has a meaning already", span=span, hint="choose another name for the function")


def check_call(definition: Definition, tree: Tree, defined: bool) -> None:
    """ParseError for a call of a function before its definition is complete, or with another number of arguments."""
    name, span, n = definition.name, (tree.start, tree.end), len(definition.parameters)
    if not defined:
        raise ParseError(
            f"`{name}` is called before it is defined", span=span, hint="a function calls those that are defined in front of it"
        )
    if len(tree.kids) != n:
        head = f"{name}({', '.join(definition.parameters)})"
        raise ParseError(f"`{name}` takes {n} argument{'s' * (n > 1)}, not {len(tree.kids)}", span=span, hint=f"it is defined as `{head}`")


def reserved_name(tree: Tree) -> UnknownNameError:
    """A name without a declaration that is that of a function, or a word of the language."""
    name = tree.value
    span = (tree.start, tree.end)
    if name in TABLE.names or name in BUILT_IN:
        row = TABLE.names.get(name)
        arguments = ", ".join(row.args if row is not None else BUILT_IN[name][0])
        return UnknownNameError(
            f"`{name}` is a function, and its argument is missing",
            span=span,
            hint=f"write `{name}({arguments})`" + (f"; a variable of this name is declared: `{name}: scalar`" if name != "if" else ""),
        )
    if name in _NO_NUMBERS:
        return UnknownNameError(
            f"`{name}` is not a number here",
            span=span,
            hint=f"conditions are `[x > 0]`; to use the name for a variable, declare it: `{name}: scalar`",
        )
    return UnknownNameError(
        f"`{name}` is a word of declarations",
        span=span,
        hint=f"`x: {name}{'' if name == 'scalar' else ' vector(n)'}`, or choose another name",
    )


def check_subscript(tree: Tree, scope: Mapping[str, int]) -> None:
    """ParseError if a name in a sum carries the sum's index: `x_i` is one name, the same for all i."""
    base, _, index = tree.value.rpartition("_")
    letters = [index] if index in scope else list(index)
    if base and all(scope.get(letter, -1) >= 0 for letter in letters):
        entry = f"[{letters[0]} == {letters[1]}]" if base == "delta" and len(letters) == 2 else f"{base}[{','.join(letters)}]"
        raise ParseError(
            f"`{tree.value}` is one name, the same for every {' and '.join(dict.fromkeys(letters))}",
            span=(tree.start, tree.end),
            hint=f"write `{entry}`",
        )


_FACTORS = frozenset([*"abcdemnwxyzABCW", "alpha", "eta", "lambda", "theta"])


def note_opaque(name: str, tree: Tree, text: str, notes: list[str]) -> None:
    """`y(w.x)`: who reads it as a function may mean a product; `A(1, 2)` is an entry in MATLAB."""
    if all(kid.kind == "number" and isinstance(kid.value, int) and kid.value > 0 for kid in tree.kids) and len(notes) < MANY:
        numbers = ",".join(str(kid.value) for kid in tree.kids)
        note = f"`{name}({numbers})` is an opaque function; an entry is `{name}[{numbers}]`"
        if note not in notes:
            notes.append(note)
    if name in _FACTORS and len(tree.kids) == 1 and tree.kids[0].kind != "name":
        note = f"`{name}(…)` is an opaque function; the product is `{name}*{text[tree.start : tree.end][len(name) :].strip()}`"
        if len(notes) < MANY and note not in notes:
            notes.append(note)


_GLUED = re.compile(r"[A-Z][a-z]|[A-Z]{2,3}|[a-z][A-Z][a-z]|([a-z])\1|([a-z])T([a-z])|(sin|cos|tan|ln|sqrt)([a-z])")

MANY = 20


def note_glued(name: str, notes: list[str]) -> None:
    """`Ax`, `AB`, `xx`, `wTx`: one name here."""
    m = _GLUED.fullmatch(name)
    if m and len(notes) < MANY:
        meant = f"{m[2]}^T*{m[3]}" if m[2] else f"{m[4]}({m[5]})" if m[4] else "*".join(name)
        notes.append(f"`{name}` is one name; the {'function' if m[4] else 'product'} is `{meant}`")


def check_transpose(tree: Tree, names: Collection[str], text: str, notes: list[str]) -> None:
    """ParseError for `w^Tx`, which is a power; a note for `w^t` and `w^H`. names: what is declared or bound."""
    base, exponent = tree.kids
    left = text[base.start : base.end]
    if exponent.kind == "pow":
        if exponent.kids[0].kind == "name" and exponent.kids[0].value == "T" and "T" not in names:
            raise ParseError(
                "this is a power of T",
                span=(tree.start, tree.end),
                hint=f"write `({left}^T)^{text[exponent.kids[1].start : exponent.kids[1].end]}`, or declare `T: scalar`",
            )
        return
    if exponent.kind == "call":
        if "T" not in names:
            argument = text[exponent.start + 1 : exponent.end].strip()
            raise ParseError("`T` is called as a function here", span=(tree.start, tree.end), hint=f"write `{left}^T*{argument}`")
        return
    name = exponent.value
    if name in names:
        return
    if re.fullmatch(r"T[A-Za-z]\w*", name) and len(re.findall(rf"(?:\^|\*\*)\s*{name}(?!\w)", text)) == len(
        re.findall(rf"(?<!\w){name}(?!\w)", text)
    ):
        raise ParseError(
            f"`{name}` is one name, and this a power",
            span=(tree.start, tree.end),
            hint=f"a transpose is `{left}^T*{name[1:]}` or `{left}'*{name[1:]}`; if a power is meant, declare `{name}: scalar`",
        )
    if name in ("t", "H") and re.search(rf"\^\s*{name}\s*[*@·.]", text):
        note = f"`{left}^{name}` is a power; the transpose is `{left}^T` or `{left}'`"
        if note not in notes:
            notes.append(note)


def check_quotient(tree: Tree, variables: Collection[str], bound: Collection[str]) -> None:
    """ParseError for `d/dx (x^2)`, which would be a quotient of d and an opaque dx, and for `d(x^2)/dx` and `dL/dw`."""
    below = tree.kids[1]
    name = below.value if below.kind in ("name", "call") else ""
    above = tree.kids[0].value
    if re.fullmatch(r"d[^\W\d]", name) and re.fullmatch(r"d[^\W\d]?", above) and not {above, name} & {*variables, *bound}:
        raise ParseError(
            "a derivative is asked for and not typed",
            span=(tree.start, tree.end),
            hint=f"type the formula alone and say by what: `--wrt {name[1:]}`; for a quotient declare `{above}, {name}: scalar`",
        )


def note_imaginary(tree: Tree, text: str, notes: list[str]) -> None:
    note = "`i` is a variable here: all numbers are real"
    if re.match(r"exp\s*\(\s*-?\s*(?:\d+\s*\*\s*)?(?:pi\s*\*\s*)?i\s*\*", text[tree.start : tree.end]) and note not in notes:
        notes.append(note)


def note_margin(tree: Tree, text: str, notes: list[str]) -> None:
    """`hinge(1 - m)`: the 1 is in the definition already."""
    inner = tree.kids[0]
    if tree.value == "hinge" and inner.kind == "sub" and inner.kids[0].kind == "number" and inner.kids[0].value == 1:
        margin = text[inner.kids[1].start : inner.kids[1].end]
        note = f"`hinge(m)` is max(1 - m, 0): of the margin `{margin}` it is `hinge({margin})`"
        if len(notes) < MANY and note not in notes:
            notes.append(note)


def layer(tree: Tree, text: str) -> ParseError:
    """`W^(1)` is the name of a layer's weights in papers, and the first power here."""
    base, exponent = tree.kids
    return ParseError(
        f"`{text[tree.start : tree.end]}` is a power, and layers have names",
        span=(tree.start, tree.end),
        hint=f"write `{base.value}{exponent.value}`",
    )


def check_dot(tree: Tree, variables: Collection[str], bound: Collection[str]) -> None:
    """ParseError for `np.exp(x)` and `x.sum()`; for `A.T^2`, where T is no variable either."""
    left, right = tree.kids
    while right.kind in ("pow", "epow", "transpose", "index"):
        right = right.kids[0]
    while left.kind == "dot":
        left = left.kids[0]
    span = (tree.start, tree.end)
    if right.kind == "name" and right.value == "T" and right is not tree.kids[1] and "T" not in variables and "T" not in bound:
        raise ParseError("`.T` binds less than a power", span=span, hint="write `(A.T)^2`, or declare `T: vector(n)`")
    if left.kind == "name" and left.value in known.MODULES and left.value not in variables and left.value not in bound:
        module = left.value
        is_function = right.kind == "call" and (right.value in TABLE.names or right.value in BUILT_IN or right.value in known.NAMES)
        if is_function or (len(module) > 1 and (right.kind == "call" or right.value in ("pi", "PI", "e", "E", "inf", "linalg"))):
            name = right.value if right.kind in ("call", "name") else "f"
            hint = (
                known.REFUSED[name][1]
                if name in known.REFUSED
                else "a power of e is `exp(x)`"
                if name in ("e", "E")
                else f"write `{'pi' if name == 'PI' else known.SAME.get(name, name)}{'(…)' if right.kind == 'call' else ''}`, or declare `{module}: vector(n)`"
            )
            raise ParseError(f"functions are called by their names alone, without `{module}.`", span=span, hint=hint)
    if (
        right.kind == "call"
        and right.value in known.METHODS
        and (not right.kids or (len(right.kids) == 1 and right.value in ("dot", "matmul", "mm", "mv", "outer", "pow")))
    ):
        more = ", y" if right.kids else ""
        raise ParseError(
            f"a function stands in front of its argument: `{right.value}(x{more})`",
            span=span,
            hint=f"write `{right.value}(x{more})` for `x.{right.value}({more[2:]})`",
        )


def prime_of_known(name: str, tree: Tree) -> ParseError:
    return ParseError(
        f"`{name}'` is not written with a prime: only opaque functions are", span=(tree.start, tree.end), hint="write its derivative out"
    )


def transposed_one(tree: Tree) -> ParseError:
    """`1'*x`: on paper the 1 is the vector of ones."""
    return ParseError(
        "the transpose of the number 1 is 1",
        span=(tree.start, tree.end),
        hint="the vector of ones is `vector(1)`: `vector(1)'*x` is the sum of x",
    )


def no_index_in_body(name: str, arguments: Sequence[Tree], span: tuple[int, int]) -> ParseError:
    """`sum(X, 1)`, `sum(abs2, x)`: what stands behind the index does not speak of it."""
    index = arguments[0].value
    return ParseError(
        f"`{name}` of two arguments runs over an index, and nothing here has the index `{index}`",
        span=span,
        hint=f"all entries: `{name}({index})`; by columns and by rows: `col{name}({index})`, `row{name}({index})`; with a range: `{name}({index}=1..n, …)`",
    )


def check_pair(condition: Tree, text: str) -> None:
    """ParseError for `sum(j != y, …)`: a sum over pairs is hardly meant where the second name is no letter by which numbers are counted."""
    a, b = (kid.value for kid in condition.kids)
    if condition.kind == "ne" and (b in ("y", "c") or re.fullmatch(r"(?:[^\W\d]{2,}|[^\W\d]_?[^\W\d])\w*", b)) and b not in _GREEK_WORDS:
        raise ParseError(
            f"`{b}` is not the index of a sum here",
            span=(condition.start, condition.end),
            hint=f"a label is declared: `{b}: label(n)`; as an index of pairs it has a range: `sum({a}, sum({b}, [{text[condition.start : condition.end]}]*…))`",
        )


def index_outside(name: str, span: tuple[int, int]) -> ParseError:
    return ParseError(
        f"`{name}` is an index of this sum, and stands outside of it, too",
        span=span,
        hint=f"if the number `{name}` is given, declare `{name}: label(n)`; else take another letter for one of them",
    )


def no_index(tree: Tree, whole: Tree, scope: Mapping[str, int], text: str) -> ParseError:
    """What stands between the brackets of an entry is no index. whole: the entry; scope: the indices there."""
    written, span = text[tree.start : tree.end], (tree.start, tree.end)
    if tree.kind == "name":
        return ParseError(
            f"`{written}` is not the index of a sum here",
            span=span,
            hint=f"sum({written}=1..n, x[{written}]), a number: x[1], or a label: declare `{written}: label(n)`",
        )
    if tree.kind in COMPARISONS:
        return ParseError(f"`{written}` cannot be an index", span=span, hint="an Iverson bracket is multiplied: `y*[x > 0]`")
    hint = "an index is a whole number, `:` or the index of a sum"
    if _counts(tree, scope):
        fresh = next((name for name in "klpqrs" if not re.search(rf"\b{name}\b", text)), "k_")
        base, *entries = [fresh if t is tree else text[t.start : t.end] for t in whole.kids]
        hint = f"pick it by a bracket: `sum({fresh}, {base}[{','.join(entries)}]*[{fresh} == {written}])`"
    return ParseError(f"the index `{written}` is not supported yet", span=span, hint=hint)


def ragged(name: str, bounds: list[Tree], tree: Tree, text: str) -> ParseError:
    """The range of an axis of a tensor that does not begin at 1, or does not end at a size of its own."""
    lo, hi = (text[b.start : b.end] for b in bounds)
    hint = f"0 outside of it: `[{name} >= {lo} and {name} <= {hi}]*…`" if lo != "1" else f"0 outside of it: `[{name} <= {hi}]*…`"
    return ParseError("the range of an axis of a tensor is 1 to its size", span=(tree.start, tree.end), hint=hint)


def mean_of_none(index: str, span: tuple[int, int]) -> ParseError:
    return ParseError(
        f"this is the mean of no numbers where the range of `{index}` is empty",
        span=span,
        hint="a sum over an empty range is 0: divide the sum instead",
    )


def written_out(index: str, span: tuple[int, int]) -> ParseError:
    return ParseError(
        f"too much is written out for the numbers of `{index}` that are no places", span=span, hint="let the range begin at 1"
    )


def _counts(tree: Tree, scope: Mapping[str, int]) -> bool:
    """Whether a tree is made of indices and whole numbers."""
    stack = [tree]
    while stack:
        tree = stack.pop()
        if tree.kind in ("add", "sub", "mul"):
            stack += tree.kids
        elif not (scope.get(tree.value, -1) >= 0 if tree.kind == "name" else tree.kind == "number" and isinstance(tree.value, int)):
            return False
    return True


def product_meant(name: str, tree: Tree, text: str) -> UnknownNameError:
    argument = text[tree.start : tree.end].partition("(")
    return UnknownNameError(
        f"`{name}` is a {'number' if name == 'pi' else 'variable here'}, not a function",
        span=(tree.start, tree.end),
        hint=f"write `{argument[0].strip()}*({argument[2]}`",
    )


def place(text: str, start: int) -> str:
    """Where a place is, for people: the line, or the character where there is only one line."""
    if "\n" in text:
        return f"in line {text.count(chr(10), 0, start) + 1}"
    return f"at character {start + 1}"


def no_condition(tree: Tree, text: str) -> ParseError:
    return ParseError("here a condition is expected, such as `x > 0`", span=(tree.start, tree.end), text=text)


def bare_condition(tree: Tree, text: str) -> ParseError:
    return ParseError(
        "a condition stands only in `[ ]` and in `if(c, a, b)`",
        span=(tree.start, tree.end),
        text=text,
        hint=f"`[{text[tree.start : tree.end]}]` is 1 where it holds and 0 elsewhere",
    )


def whole(tree: Tree) -> bool:
    """Is an exponent a whole number, written as such?"""
    if tree.kind == "neg":
        tree = tree.kids[0]
    return tree.kind == "number" and isinstance(tree.value, int)


_HEADS = {
    "transpose": "cannot transpose",
    "pow": "cannot invert",
    "norm": "the norm is not that of",
    "index": "these are not entries of",
    "bind": "the declared type is not that of",
    "const": "the entries cannot be",
    "tensor": "the entries cannot be",
    "entry": "a list holds numbers, and not",
}

OTIMES = "of two vectors `⊗` is the outer product, of two matrices the Kronecker product"


def clash(tree: Tree, operands: list[str], reason: str, hint: str, text: str) -> ShapeError:
    """Two operands that do not go together. operands: what they are, in words."""
    if len(operands) == 2:
        verb, word = OPERATORS[tree.kind].verb if tree.kind in OPERATORS else ("combine entry by entry", "and")
        message = f"cannot {verb} {operands[0]} {word} {operands[1]}"
    else:
        head = _HEADS.get(tree.kind, f"`{tree.value}` does not take")
        message = f"{head} {' and '.join(operands)}"
    return ShapeError(f"{message}{': ' + reason if reason else ''}", span=(tree.start, tree.end), hint=hint, text=text)


def entry_hint(entries: Tree, kind: str, text: str) -> str:
    """What to type for a list of lists, of vectors or of matrices."""
    parts = [text[kid.start : kid.end] for kid in entries.kids]
    if all(kid.kind == "listed" for kid in entries.kids):
        return "a matrix by its rows: `vcat(" + ", ".join([f"{part}'" for part in parts]) + ")`"
    whole = ", ".join(parts)
    if any(kid.kind == "number" for kid in entries.kids):
        return ""
    if kind == "vector":
        return f"`concat({whole})` puts vectors end to end, `hcat({whole})` beside each other"
    return f"`hcat({whole})` puts them beside each other, `vcat({whole})` below each other" if kind in ("matrix", "row") else ""


def kind_hint(tree: Tree, kinds: list[str], texts: list[str]) -> str:
    """What was probably meant, where operands of these kinds do not go together."""
    kind = tree.kind
    if len(kinds) == 1:
        if kind == "norm" and kinds == ["scalar"]:
            return f"`|{texts[0]}|` is the absolute value"
        return f"`1 ./ {texts[0]}` goes entry by entry" if kind == "pow" else ""
    (a, b), (x, y) = kinds[:2], texts[:2]
    if kind in ("mul", "matmul"):
        if (a, b) == ("vector", "vector"):
            return f"`{x}.{y}` is the dot product, `{x} .* {y}` goes entry by entry, `{x}*{y}'` is the outer product"
        if (a, b) == ("vector", "matrix"):
            return f"`{x}'*{y}` is the row, `{y}'*{x}` the vector"
        if b == "row":
            return f"transpose it: `{x}*{y}'`" if a == "matrix" else f"`{x}*{y}'` is the dot product"
        if "scalar" in (a, b):
            return f"`{x}*{y}` is scaling" if kind == "mul" else f"write `{x}*{y}` for scaling"
    if kind == "dot":
        if (a, b) == ("matrix", "matrix"):
            return f"`{x}*{y}` is the matrix product, `sum({x} .* {y})` the sum of the products of the entries"
        if (a, b) == ("vector", "matrix"):
            return f"`{x}'*{y}` is the row, `{y}'*{x}` the vector"
        return f"`{x}*{y}` is the product"
    if kind == "otimes":
        return f"`{x}*{y}` is scaling" if "scalar" in (a, b) else OTIMES
    if kind == "div":
        return f"`{x} ./ {y}` goes entry by entry" + (f", `{x}*{y}^-1` uses the inverse" if b == "matrix" and a != "scalar" else "")
    if kind == "pow":
        if a == "vector" and tree.kids[1].value == 2:
            return f"`{x}.^2` goes entry by entry, `{x}.{x}` is the dot product"
        return f"`{x} .^ {y}` goes entry by entry"
    if kind in ("add", "sub") and {a, b} == {"matrix", "vector"}:
        m, v, sign = (x, y, tree.kind) if a == "matrix" else (y, x, tree.kind)
        o = "+" if sign == "add" else "-"
        return f"`{m} {o} {v}*vector(1)'` takes it to every column, `{m} {o} vector(1)*{v}'` to every row"
    if {a, b} == {"row", "vector"}:
        return f"transpose one of them: `{y}'`" if x.endswith("'") else f"transpose one of them: `{x}'`"
    return ""


V, M = 2, 4  # vectors and matrices in masks; relations.py, which defines them, needs these messages

_NO_FUNCTIONS = tuple(name for name in known.REFUSED if name not in TABLE.names)


@cache
def _prose() -> re.Pattern[str]:
    """Some four hundred words. It takes 5 ms to compile, for which only a text that is refused has to wait."""
    words = "|".join(sorted(w for w in PROSE_WORDS if len(w) > 1))
    return re.compile(rf"(?<![\w.])(?:(?:{words})(?![\w(])|(?:{'|'.join(_NO_FUNCTIONS)})(?:_\w+)?(?:\*(?=[A-Za-z])|\())")


def is_prose(text: str) -> bool:
    """Is this a sentence rather than a formula, or does it call what there is not?"""
    return _prose().search(re.sub(r"\bof\s+label\b", "", text)) is not None


def offer(formula: str, hint: str, text: str = "") -> str:
    """The hint that offers a whole formula; the other one if there is none, or if it is too long for a line or two. text: what was typed."""
    if not 0 < len(formula) <= 200:
        return hint
    more = re.search(r"[.?] (To .*)", hint)  # for those who mean it as it stands
    both = re.search(r"(?<![\w.)\]'])(\d+)/(\d+)([^\W\d_](?:[²³]|\^\d+)?)(?![\w(])", text)  # 1/2x
    either = f"{both[1]}/{both[2]}*{both[3]}" if both else ""
    other = f", or `{formula.replace(either, f'{both[1]}/({both[2]}*{both[3]})')}`" if both and either in formula else ""
    return f"write `{formula}`{other}{f'. {more[1]}' if more else ''}"


def may_offer(error: SymdiffError) -> bool:
    """Is a whole formula a better hint than the one there is?"""
    return not isinstance(error, LimitError) and (not isinstance(error, ShapeError) or not error.hint or error.hint.startswith("write `"))
