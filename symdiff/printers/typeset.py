"""What the typeset notations share: where brackets, fractions, subscripts and superscripts stand.

In: a Tree. Out: pieces for `layout.render`. A notation (LaTeX, MathML, Typst) gives its spellings as data and says how a script, a
fraction, a case distinction and a bracket are set; what is bracketed is the same in all of them.

Long: one spelling for each kind of tree, which the notations override.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

from symdiff.notation.numerals import decimal
from symdiff.notation.trees import postorder
from symdiff.printers.layout import LEAST, Piece, bracketed, render, separated, strength
from symdiff.printers.names import GREEK, parts
from symdiff.syntax.tree import ATOM, NUMBER, PRECEDENCE, Binding, Program, Tree
from symdiff.table import BUILT_IN, TABLE
from symdiff.table.operators import OPERATORS

Pieces = Sequence[Piece]

_PRODUCTS = frozenset(("mul", "matmul"))
_SUMS = frozenset(("add", "sub"))
_BINARY = frozenset(
    operator.kind for operator in OPERATORS.values() if operator.tex and len(operator.least) == 2
)  # others: fractions, exponents
# Parts that are put together: a column, or a row of them.
_BLOCKS = frozenset(("concat", "vcat", "hcat"))
# What stands over a letter, where it is the first part behind it: the names that LaTeX's `\hat{y}` and the like are read as.
ACCENTS = frozenset(("bar", "hat", "tilde", "dot", "ddot", "check"))
# Constants that are always written with their sizes: a name alone is a variable.
_LETTERED = frozenset(("commutation", "duplication"))
# Functions whose sign is a letter, as words, where the formula has that letter, too.
_WORDS = {"sigma": "sigmoid"}
_BETWEEN = frozenset(("cross", "mod"))  # functions whose sign stands between their arguments
_SIZES = {"size": "", "rows": "1", "cols": "2"}
_ROOTS = {name: (Tree("number", value=1), Tree("number", value=k)) for name, k in (("sqrt", 2), ("cbrt", 3))}


class Typeset(ABC):
    """How every kind of tree is spelled.

    row: the field of a table row that holds the notation; "" if the table has none. notations: of functions, by name, before those of the rows.
    signs: by name, with the space around them: the operators; `minus`, `plus`, `not`; `times` where a product would run two
        numbers together; `entrywise` in front of an exponent; `transpose`, `prime`; `ones`, the 1 of an Iverson bracket;
        `comma` between arguments, `at` between indices, `by` between sizes; `from`, `to`, `and then` of ranges; `body` behind a
        big operator; `beside` between letters of one name; `:`; `=` and `;` of bindings.
    constants: of `eye`, `ones`, `zeros`, `unit`; second: where a letter of the formula looks like the first. letters: functions that are
    letters, which a formula may have as well. big: of `sum` and `prod` over an index.
    """

    row: ClassVar[str] = ""
    notations: ClassVar[Mapping[str, str]] = {}
    signs: ClassVar[Mapping[str, str]]
    constants: ClassVar[Mapping[str, str]]
    second: ClassVar[Mapping[str, str]]
    letters: ClassVar[frozenset[str]]
    big: ClassVar[Mapping[str, str]]
    column: ClassVar[tuple[str, str, str]]  # what stands around the entries of a vector, and between them
    beside: ClassVar[tuple[str, str, str]]  # likewise of a row

    def __init__(self) -> None:
        self.verbatim: set[str] = set()  # names that are set as they are typed
        self.square: set[str] = set()  # vectors and matrices whose entries are set as [x]_1
        self.apart: set[str] = set()  # constants and functions that are set as words
        self.named: set[str] = set()

    def write(self, program: Program | Tree) -> str:
        """Trees are written as they are; of programs, what their types say is written out, and no two names look alike."""
        if isinstance(program, Tree):
            return self.rendered(arranged(program))
        if program.typeset is not None:
            program = program.typeset()
        bindings = [(s.name, arranged(s.value)) for s in program.statements if isinstance(s, Binding)]
        body = [] if program.body is None else [arranged(program.body)]
        self.tell_apart([name for name, _ in bindings], [*[value for _, value in bindings], *body])
        lines = [self.name(name) + self.signs["="] + self.rendered(value) for name, value in bindings]
        return self.signs[";"].join([*lines, *map(self.rendered, body)])

    def rendered(self, tree: Tree) -> str:
        return render(self.closed(tree), self.spell)

    def closed(self, tree: Tree) -> Tree:
        """In a sum, brackets around a term to whose sum over an index what follows would belong; not around all that stands in front."""
        new: dict[int, Tree] = {}
        for t in postorder([tree]):
            kids = [new[id(k)] for k in t.kids]
            first = kids[0] if kids else None
            if t.kind in _SUMS and first is not None and first.kind in _SUMS and not self.bracketed(first, 1) and self.open(first.kids[1]):
                kids[0] = Tree(first.kind, (first.kids[0], Tree("bracket", first.kids[1:])), first.value)
            new[id(t)] = t if all(a is b for a, b in zip(kids, t.kids, strict=True)) else Tree(t.kind, tuple(kids), t.value, t.start, t.end)
        return new[id(tree)]

    def tell_apart(self, names: Sequence[str], trees: Sequence[Tree]) -> None:
        """Find names, entries and constants that would be set alike, `x1` and `x[1]`, and give all but one another look."""
        looks: dict[str, dict[tuple[str, str], None]] = {}
        self.named = {*names, *[t.value for t in postorder(trees) if t.kind == "name"]}

        def meet(look: str, what: str, name: str) -> None:
            looks.setdefault(look, {})[what, name] = None

        for name in names:
            meet(self.name(name), "name", name)
        for t in postorder(trees):
            own = t.kind == "call" and t.value not in TABLE and t.value not in BUILT_IN and t.value not in _SIZES
            if (own or t.kind == "name") and (t.value not in self.constants or (t.kind == "name" and t.value in _LETTERED)):
                meet(self.name(t.value), "name", t.value)
            elif t.kind == "prime":
                meet(self.name(t.value[0]), "name", t.value[0])
            elif t.kind in ("call", "entrywise") and t.value in TABLE and self.notation(t.value) in self.letters:
                meet(self.notation(t.value), "constant", t.value)
            elif t.value in self.constants and t.kind in ("name", "call"):
                meet(self.constants[t.value] if t.value in _LETTERED else self.rendered(t), "constant", t.value)
            elif t.kind == "index" and t.kids[0].kind == "name" and all(k.kind in ("number", "name") for k in t.kids[1:]):
                meet(self.rendered(t), "entry", t.kids[0].value)
        for look, found in looks.items():
            if len(found) < 2:
                continue
            self.square |= {name for what, name in found if what == "entry"}
            self.apart |= {name for what, name in found if what == "constant"}
            alike = sorted((name for what, name in found if what == "name"), key=lambda name: ("_" in name, len(name), name))
            self.verbatim |= set(alike[1:]) | {name for name in alike[:1] if len(name) > 1 and look in self.constants.values()}

    # -------------------------------------------------------------------------------------- what a notation says

    @abstractmethod
    def letter(self, stem: str) -> str:
        """A Greek letter by its name, a letter, or a word set upright."""

    @abstractmethod
    def word(self, text: str) -> str:
        """Letters as they are, upright."""

    @abstractmethod
    def bar(self, name: str) -> str:
        """A name, already set, with a bar over it."""

    @abstractmethod
    def accent(self, accent: str, name: str) -> str:
        """A name, already set, with one of ACCENTS over it, which is no bar."""

    @abstractmethod
    def number(self, digits: str) -> str:
        """A number without sign and exponent."""

    @abstractmethod
    def scripts(self, base: Pieces, below: Pieces = (), above: Pieces = (), *, limits: bool = False) -> list[Piece]:
        """Subscript and superscript at a base; limits: above and below a big operator."""

    @abstractmethod
    def fraction(self, above: Tree, below: Tree) -> list[Piece]: ...

    @abstractmethod
    def cases(self, condition: Tree, value: Tree, other: Tree) -> list[Piece]: ...

    @abstractmethod
    def operator(self, name: str, *, limits: bool = False) -> str:
        """A function's name, upright; limits: an index runs below it."""

    def group(self, *trees: Tree, opening: str = "(", closing: str = ")") -> list[Piece]:
        return [opening, *separated(trees, self.signs["comma"]), closing]

    def apply(self, function: str, *kids: Tree) -> list[Piece]:
        return [function, *self.group(*kids)]

    def template(self, notation: str, kids: Sequence[Tree]) -> list[Piece]:
        """A row's notation with the arguments in place of `#1`, `#2`."""
        pieces = re.split(r"#(\d)", notation)
        return [kids[int(p) - 1] if k % 2 else p for k, p in enumerate(pieces)]

    # -------------------------------------------------------------------------------------- names

    def name(self, name: str) -> str:
        """A name taken apart: letter, subscript, the `D` of a Jacobian in front, a bar for `_bar` at the end, a hat over the letter of `y_hat_1`."""
        found = parts(name)
        if name in self.verbatim:
            return self.word(name)
        if name.endswith("_bar") and parts(name[:-4]) is not None:
            return self.bar(self.name(name[:-4]))
        if found is None:
            return self.letter(name)
        ds, stem, digits, rest = found
        labels = [p for p in rest.split("_") if p]
        letter = self.letter(stem)
        while labels and labels[0] in ACCENTS and not (ds or digits) and (len(stem) == 1 or stem in GREEK):
            accent = labels.pop(0)
            letter = self.bar(letter) if accent == "bar" else self.accent(accent, letter)
        subscript = [self.number(digits)] if digits else []
        subscript += self.labels(labels)
        if subscript:
            letter = "".join(map(str, self.scripts([letter], [self.signs["at"].join(subscript)])))
        return self.signs["beside"].join([*map(self.letter, ds), letter])

    def labels(self, labels: Sequence[str]) -> list[str]:
        """The parts of a subscript; of `theta_t_plus_1`, which is a reading of t + 1, one part."""
        found: list[str] = []
        sign = ""
        for k, label in enumerate(labels):
            if label in ("plus", "minus") and found and not sign and k + 1 < len(labels):
                sign = self.signs[label]
                continue
            part = self.number(label) if label.isdigit() else self.part(label)
            found = [*found[:-1], found[-1] + sign + part] if sign else [*found, part]
            sign = ""
        return found

    def part(self, text: str) -> str:
        """A word of a subscript; `h1` within `delta_h1` is a letter with a subscript of its own."""
        found = parts(text)
        if found is None or found[0] or not found[2] or len(found[1]) > 1:
            return self.letter(text)
        return "".join(map(str, self.scripts([self.letter(found[1])], [self.number(found[2])])))

    def subscripted(self, name: str) -> bool:
        found = parts(name)
        return found is not None and bool(found[2] or found[3].strip("_"))

    # -------------------------------------------------------------------------------------- brackets

    def strength(self, t: Tree) -> int:
        if t.kind == "call" and t.value in ("inv", "pinv", "sqrtm", "exp2"):
            return PRECEDENCE["pow"]
        if t.kind == "call" and t.value in _BETWEEN:
            return PRECEDENCE["add"]  # a x b stands in brackets in products
        if t.kind == "number" and "e" in decimal(t.value):
            return PRECEDENCE["mul"]
        return strength(t)

    def bracketed(self, t: Tree, k: int) -> bool:
        kid = t.kids[k]
        if (k == 0 and t.kind != "neg" and self.open(kid)) or (t.kind in _SUMS and kid.kind == "call" and kid.value == "mod"):
            return True
        if kid.kind == "div":
            return LEAST[t.kind][k] == ATOM or (_negative(kid) and (k == 1 or t.kind == "neg"))
        if t.kind in (*_PRODUCTS, "emul", "ediv") and kid.kind == "dot":
            return True
        if t.kind in ("emul", "ediv") and kid.kind == "neg" and kid.kids[0].kind in _PRODUCTS:
            return True
        if (t.kind in _PRODUCTS or t.kind == "neg") and kid.kind in _PRODUCTS:
            return bool(t.kind == kid.kind == "mul" and kid.value == NUMBER) or (
                (k == 1 or t.kind == "neg") and self.starts_with_minus(kid)
            )
        return bracketed(t, k, self.strength)

    def open(self, t: Tree) -> bool:
        """Whether a sum over an index or a case distinction stands at the right end, so that what follows would belong to it."""
        while t.kind in _BINARY or t.kind == "neg":
            last = len(t.kids) - 1
            if self.bracketed(t, last):
                return False
            t = t.kids[last]
        return t.kind in ("over", "pairs") or t.value == "if"

    def operand(self, t: Tree, k: int) -> list[Piece]:
        return self.group(t.kids[k]) if self.bracketed(t, k) else [t.kids[k]]

    def base(self, t: Tree) -> list[Piece]:
        """What a superscript is set at."""
        return self.group(t) if self.strength(t) < ATOM or self.open(t) else [t]

    def starts_with_minus(self, t: Tree) -> bool:
        while t.kind in _BINARY and not self.bracketed(t, 0):
            t = t.kids[0]
        return t.kind == "neg" or (t.kind == "div" and _negative(t))

    def starts_with_digit(self, t: Tree) -> bool:
        while t.kind in LEAST and t.kind not in ("neg", "not") and not self.bracketed(t, 0):
            t = t.kids[0]
        return t.kind == "number" or (t.kind == "call" and t.value == "exp2")

    def dotted(self, t: Tree) -> bool:
        """Whether a product needs a dot in front of the digit that its second factor begins with.

        In front of a fraction, or a power by entries, only behind a digit, or where the fraction is a number: `A 3x/c` with a dot would be the
        dot product of two vectors.
        """
        if t.kind not in _PRODUCTS or self.bracketed(t, 1) or not self.starts_with_digit(t.kids[1]):
            return False
        first = t.kids[1]
        while first.kind in _PRODUCTS and not self.bracketed(first, 0):
            first = first.kids[0]
        if first.kind == "epow":
            return self.ends_with_digit(t.kids[0])
        return first.kind != "div" or first.kids[0].kind == "number" or self.ends_with_digit(t.kids[0])

    def ends_with_digit(self, t: Tree) -> bool:
        while t.kind in _PRODUCTS or t.kind == "neg":
            t = t.kids[-1]
        return t.kind == "number"

    # -------------------------------------------------------------------------------------- one kind after the other

    def spell(self, t: Tree) -> list[Piece]:
        if t.kind in _BINARY:
            return [*self.operand(t, 0), self.signs["times" if self.dotted(t) else t.kind], *self.operand(t, 1)]
        pieces: list[Piece] = getattr(self, "spell_" + t.kind)(t)
        return pieces

    def spell_number(self, t: Tree) -> list[Piece]:
        digits, _, exponent = decimal(t.value).partition("e")
        if not exponent:
            return [self.number(digits)]
        sign = self.signs["minus"] if exponent[0] == "-" else ""
        power = self.scripts([self.number("10")], (), [sign + self.number(exponent.lstrip("-"))])
        return power if digits == "1" else [self.number(digits), self.signs["times"], *power]

    def spell_name(self, t: Tree) -> list[Piece]:
        return [self.constant(t.value) if t.value in self.constants and t.value not in _LETTERED else self.name(t.value)]

    def constant(self, name: str) -> str:
        """The sign of a constant; another one where a letter of the formula looks like it."""
        if name in self.apart:
            return self.second[name] if name in self.second else self.word(name)
        return self.constants[name]

    def spell_div(self, t: Tree) -> list[Piece]:
        above, below = t.kids
        if _negative(t):
            return [self.signs["minus"], *self.fraction(above.kids[0], below)]
        return self.fraction(above, below)

    def spell_pow(self, t: Tree) -> list[Piece]:
        return self.scripts(self.base(t.kids[0]), (), [t.kids[1]])

    def spell_epow(self, t: Tree) -> list[Piece]:
        return self.scripts(self.base(t.kids[0]), (), [self.signs["entrywise"], *self.base(t.kids[1])])

    def spell_neg(self, t: Tree) -> list[Piece]:
        return [self.signs["minus"], *self.operand(t, 0)]

    def spell_not(self, t: Tree) -> list[Piece]:
        return [self.signs["not"], *self.operand(t, 0)]

    def spell_transpose(self, t: Tree) -> list[Piece]:
        kid = t.kids[0]
        if kid.kind == "call" and kid.value == "inv":
            return self.scripts(self.base(kid.kids[0]), (), [self.signs["minus"] + self.signs["transpose"]])
        return self.scripts(self.base(kid), (), [self.signs["transpose"]])

    def spell_iverson(self, t: Tree) -> list[Piece]:
        return [self.signs["ones"], *self.group(t.kids[0], opening="[", closing="]")]

    def spell_listed(self, t: Tree) -> list[Piece]:
        return self.blocks(t.kids, side_by_side=False)

    def spell_norm(self, t: Tree) -> list[Piece]:
        return self.spell_call(Tree("call", t.kids, "norm2"))

    def spell_bars(self, t: Tree) -> list[Piece]:
        return self.spell_call(Tree("call", t.kids, "abs"))

    def spell_call(self, t: Tree) -> list[Piece]:
        name, kids = t.value, t.kids
        if name == "inv":
            return self.scripts(self.base(kids[0]), (), [self.signs["minus"] + self.number("1")])
        if name == "pinv":
            return self.scripts(self.base(kids[0]), (), [self.signs["plus"]])
        if name == "sqrtm":
            return self.scripts(self.base(kids[0]), (), self.fraction(*_ROOTS["sqrt"]))
        if name in _BETWEEN and len(kids) == 2:
            return [*self.base(kids[0]), self.signs["by" if name == "cross" else name], *self.base(kids[1])]
        if name in _BLOCKS:
            return self.blocks(kids, side_by_side=name == "hcat")
        if name == "solve_sylvester":
            return self.solved(*kids)
        if name == "if":
            return self.cases(*kids)
        if name == "norm" and len(kids) == 2:
            return self.scripts(self.spell_call(Tree("call", kids[:1], "norm2")), [kids[1]])
        if name in self.constants:
            sizes: tuple[Tree, ...] = tuple(kids[:1]) if name == "unit" else () if any(_is_inferred(k) for k in kids) else tuple(kids)
            head = self.constant(name)
            return self.scripts([head], separated(sizes, self.signs["at" if name in _LETTERED else "by"])) if sizes else [head]
        notation = self.notation(name)
        if "#" in notation:
            return self.template(notation, kids)
        if name in _SIZES:
            return self.apply(
                "".join(map(str, self.scripts([self.operator("dim")], [self.number(d)] if (d := _SIZES[name]) else ()))), *kids
            )
        known = name in TABLE or name in BUILT_IN
        return self.apply(notation or (self.operator(name) if known else self.name(name)), *kids)

    def blocks(self, kids: Sequence[Tree], *, side_by_side: bool) -> list[Piece]:
        opening, between, closing = self.beside if side_by_side else self.column
        pieces: list[Piece] = [opening]
        for k, kid in enumerate(kids):
            pieces += ([between] if k else []) + [kid]
        return [*pieces, closing]

    def solved(self, a: Tree, b: Tree, q: Tree) -> list[Piece]:
        """The solution of Sylvester's equation, with a letter for it that the formula does not have."""
        letter = next(letter for letter in ("Z", "Y", "X", "unknown") if letter not in self.named)
        unknown = Tree("name", value=letter)
        head = self.scripts([self.operator("solve")], [self.name(letter)])
        left = Tree("add", (Tree("mul", (a, unknown)), Tree("mul", (unknown, b))))
        return self.apply("".join(map(str, head)), Tree("eq", (left, q)))

    def notation(self, name: str) -> str:
        """How a function of the table is written: the head of a call, or a text with `#1` for its argument; "" where its name is set."""
        if name in self.apart and name in TABLE:
            return self.operator(_WORDS.get(name, name))
        return self.notations.get(name) or (str(getattr(TABLE[name], self.row)) if self.row and name in TABLE else "")

    def spell_prime(self, t: Tree) -> list[Piece]:
        function, primes = t.value
        return self.apply(self.name(function) + self.signs["prime"] * primes, *t.kids)

    def spell_index(self, t: Tree) -> list[Piece]:
        base = t.kids[0]
        plain = base.kind == "name" and not self.subscripted(base.value) and base.value not in self.constants
        if plain and base.value in self.square:
            return self.scripts(self.group(base, opening="[", closing="]"), separated(t.kids[1:], self.signs["at"]))
        return self.scripts([base] if plain else self.group(base), separated(t.kids[1:], self.signs["at"]))

    def spell_bracket(self, t: Tree) -> list[Piece]:
        return self.group(t.kids[0])

    def spell_entrywise(self, t: Tree) -> list[Piece]:
        """A function of every entry, where linear algebra has one of the whole matrix."""
        name, kids = t.value, t.kids
        if name in _ROOTS:
            return self.scripts(self.base(kids[0]), (), [self.signs["entrywise"], *self.fraction(*_ROOTS[name])])
        notation = self.notation(name)
        if "#" in notation:
            return self.scripts(self.template(notation, kids), [self.signs["entrywise"]])
        head = self.scripts([notation or self.operator(name)], (), [self.signs["entrywise"]])
        return self.apply("".join(map(str, head)), *kids)

    def spell_frobenius(self, t: Tree) -> list[Piece]:
        return self.scripts(self.spell_call(Tree("call", t.kids, "norm2")), [self.letter("F")])

    def spell_slice(self, t: Tree) -> list[Piece]:
        return [*t.kids[:1], self.signs[":"], *t.kids[1:]]

    def spell_over(self, t: Tree) -> list[Piece]:
        function, index = t.value
        *limits, body = t.kids
        below: list[Piece] = [self.name(index)]
        above: list[Piece] = []
        if limits:
            below += (self.signs["from"], limits[0])
            above = [limits[1]]
        return self.over(function, below, above, body)

    def spell_pairs(self, t: Tree) -> list[Piece]:
        return self.over(t.value, [t.kids[0]], [], t.kids[1])

    def over(self, function: str, below: list[Piece], above: list[Piece], body: Tree) -> list[Piece]:
        """A sum, product or mean of a body over what stands below and above its sign."""
        head = self.big.get(function) or self.operator(function, limits=True)
        grouped = self.strength(body) <= PRECEDENCE["add"] or body.kind == "neg"
        return [*self.scripts([head], below, above, limits=True), self.signs["body"], *(self.group(body) if grouped else [body])]

    def spell_tensor(self, t: Tree) -> list[Piece]:
        *limits, body = t.kids
        below: list[Piece] = []
        for k, index in enumerate(t.value):
            below += (
                self.signs["and then"] if k else "",
                self.name(index),
                self.signs["from"],
                limits[2 * k],
                self.signs["to"],
                limits[2 * k + 1],
            )
        return self.scripts(self.group(body, opening="[", closing="]"), below)


def _negative(quotient: Tree) -> bool:
    """Whether a minus sign goes in front of the fraction."""
    return quotient.kids[0].kind == "neg"


def _is_inferred(size: Tree) -> bool:
    """Whether a size has no letter: what stands around the constant says it."""
    return any(t.kind == "call" and t.value in _SIZES for t in postorder([size]))


def arranged(tree: Tree) -> Tree:
    """The tree with words of the language as mathematics writes them: `vector(c, n)` is `c 1`, `rowsum(A)` is `A 1`."""
    new: dict[int, Tree] = {}
    for t in postorder([tree]):
        kids = tuple([new[id(k)] for k in t.kids])
        made = t if all(a is b for a, b in zip(kids, t.kids, strict=True)) else Tree(t.kind, kids, t.value, t.start, t.end)
        new[id(t)] = _ARRANGED[t.value](*kids) if t.kind == "call" and t.value in _ARRANGED else made
    return new[id(tree)]


def _transposed(t: Tree) -> Tree:
    return Tree("transpose", (t,))


def _vector(c: Tree, *sizes: Tree) -> Tree:
    if c.kind == "number" and c.value == 0:
        return Tree("call", sizes, "zeros")
    ones = Tree("call", sizes, "ones")
    return ones if c.kind == "number" and c.value == 1 else Tree("mul", (c, ones))


def _matrix(c: Tree, *sizes: Tree) -> Tree:
    if c.kind == "number" and c.value in (0, 1):
        return _vector(c, *sizes)
    left, right = [Tree("call", tuple(sizes[k : k + 1]), "ones") for k in (0, 1)]
    return Tree("mul", (c, Tree("mul", (left, _transposed(right)))))


_ONES = Tree("call", (), "ones")
_ARRANGED: Mapping[str, Callable[..., Tree]] = {
    "vector": _vector,
    "matrix": _matrix,
    "rowsum": lambda a: Tree("mul", (a, _ONES)),
    "colsum": lambda a: Tree("mul", (_transposed(a), _ONES)),
    "outer": lambda x, y: Tree("mul", (x, _transposed(y))),
    "transpose": _transposed,
    "kron": lambda a, b: Tree("otimes", (a, b)),
}
