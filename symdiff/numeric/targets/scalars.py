"""Expressions written out entry by entry, for languages without arrays of the kind that NumPy has.

In: nodes as written, every dimension a number. Out: the text of one function. Tensors are written row by row; an entry that is used more
than once is a local. A language is a subclass with its words; see `c.py`. Whoever needs large tensors there calls a BLAS: LimitError.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import reduce
from itertools import product
from math import prod
from typing import ClassVar, NamedTuple

from symdiff.bounds import LIMITS, exceeded
from symdiff.calculus.template import written_out
from symdiff.errors import SymdiffError
from symdiff.expr import dims
from symdiff.expr.node import CALL, CONST, DELTA, DIM, NAME, NUM, OPAQUE, POW, PROD, SUM, UNIT, VAR, Dim, Expr, Number
from symdiff.expr.patterns import is_reciprocal
from symdiff.expr.walk import topological
from symdiff.numeric.guards import guarded
from symdiff.numeric.inner import no_spelling, row_of
from symdiff.numeric.stable import stable
from symdiff.numeric.targets.target import Exprs, Names, Target
from symdiff.numeric.zeros import zeros
from symdiff.table import TABLE
from symdiff.table.operators import CONNECTIVES

ADD, MUL, NEG, ATOM = range(4)

# How long a line may grow before it is cut into locals.
MAX_LENGTH = 80


class Entry(NamedTuple):
    """One number in C, and how strongly its outermost operator binds."""

    text: str
    level: int = ATOM

    def at(self, level: int) -> str:
        return self.text if self.level >= level else f"({self.text})"

    @property
    def is_plain(self) -> bool:
        return re.fullmatch(r"[\w.]+(\[\d+\])?", self.text) is not None


ZERO, ONE = Entry("0.0"), Entry("1.0")


class WrittenFunction(NamedTuple):
    """A function ready to be written down. arguments: variables by their names in the text; unused: those that nothing reads.

    outs: for every expression the name of its place, its shape and its entries. lines: locals and their values, in order.
    """

    arguments: dict[str, Expr]
    unused: list[str]
    outs: list[tuple[str, tuple[int, ...], list[str]]]
    lines: list[tuple[str, str]]
    scalar: bool


class EntryByEntry(Target):
    """A language. writer: the class that knows its words."""

    writer: type[ScalarWriter]

    def code(self, exprs: Exprs, *, name: str = "f", doc: str = "", several: bool = False, given: Exprs = (), order: Names = ()) -> str:
        return self.writer(guarded(stable(zeros(written_out(exprs)))), name, order).source(doc)

    def takes(self, exprs: Sequence[Expr]) -> bool:
        return not any(
            node.op == CALL and str(node.data).startswith("_") for node in topological(exprs)
        )  # functions known to code alone are of arrays


class ScalarWriter(ABC):
    """The walk and the arithmetic; the words are C's where a language does not say otherwise.

    Spellings of the column `c` are calls with `? :`, `&&`, `||` and `!` between them. A language that has these, Julia for one, needs the
    names that differ; one that has not (Fortran, R) needs a column of its own in `table/row.py`.
    """

    language: str
    column = "c"  # the field of rows with spellings
    reserved: ClassVar[Sequence[str]] = ()
    renamed: ClassVar[dict[str, str]] = {}  # C's functions and constants that have another name
    truth = "{}"  # a truth value as a number
    pi = "3.141592653589793"

    def __init__(self, exprs: Sequence[Expr], name: str, order: Sequence[str] = ()) -> None:
        self.exprs, self.name, self.order = exprs, name, order
        self.entries: dict[Expr, list[Entry]] = {}
        self.lines: list[tuple[str, str]] = []  # local, value
        self.taken = {name, *self.reserved, *[word for row in TABLE for word in re.findall(r"[a-z_]\w*", getattr(row, self.column))]}
        self.temps = self.terms = 0
        self.params: dict[str, str] = {}
        self.variables: list[Expr] = []

    # ------------------------------------------------------------------------------------------ what a language says

    @abstractmethod
    def text(self, function: WrittenFunction, doc: str) -> str:
        """The whole function."""

    @abstractmethod
    def at(self, name: str, place: int, shape: Sequence[int]) -> str:
        """An entry of an array, whose entries are counted row by row from 0."""

    def spelled(self, text: str) -> str:
        """C's names in this language."""
        return re.sub(r"[A-Za-z_]\w*", lambda found: self.renamed.get(found[0], found[0]), text)

    def called(self, function: str, *args: Entry) -> Entry:
        """C's function of these; an operator where the language has one, `Entry(f"{a.at(ATOM)}^{b.at(ATOM)}", MUL)`."""
        return Entry(f"{self.renamed.get(function, function)}({', '.join([a.text for a in args])})")

    # ------------------------------------------------------------------------------------------ the whole

    def source(self, doc: str) -> str:
        return self.text(self.function(), doc)

    def function(self) -> WrittenFunction:
        """Everything computed; locals that nothing reads are left out."""
        places = {label: k for k, label in enumerate(self.order)}
        variables = [node for node in topological(self.exprs) if node.op == VAR]
        for node in sorted(variables, key=lambda node: places.get(node.data[0], len(places))):
            if node.data[0] in self.params:
                raise SymdiffError(f"two variables of different shapes are called {node.data[0]}", hint="rename one of them")
            self.params[node.data[0]] = self.fresh(node.data[0])
            self.variables.append(node)
        outs = [self.fresh("out" if len(self.exprs) == 1 else f"out{k}") for k in range(1, len(self.exprs) + 1)]
        answers = self.compute(self.exprs)
        texts = [[entry.text for entry in entries] for entries in answers]
        used = set(re.findall(r"[a-zA-Z_]\w*", " ".join(text for entries in texts for text in entries)))
        kept = []
        for local, text in reversed(self.lines):
            if local in used:
                used.update(re.findall(r"[a-zA-Z_]\w*", text))
                kept.append((local, text))
        return WrittenFunction(
            {self.params[v.data[0]]: v for v in self.variables},
            [p for p in self.params.values() if p not in used],
            [(out, tuple(self.shape(e)), entries) for out, e, entries in zip(outs, self.exprs, texts, strict=True)],
            kept[::-1],
            len(self.exprs) == 1 and not self.exprs[0].shape,
        )

    # ------------------------------------------------------------------------------------------ names and locals

    def fresh(self, wanted: str) -> str:
        wanted = re.sub(r"[^A-Za-z0-9_]", "_", wanted)
        wanted = wanted if wanted[:1].isalpha() else "v" + wanted
        while wanted in self.taken:
            wanted += "_"
        self.taken.add(wanted)
        return wanted

    def assign(self, entry: Entry, wanted: str = "") -> Entry:
        if entry.is_plain:
            return entry
        if not wanted:
            self.temps += 1
            wanted = f"t{self.temps}"
        local = self.fresh(wanted)
        self.lines.append((local, entry.text))
        return Entry(local)

    def count(self, terms: int) -> None:
        self.terms += terms
        if self.terms > LIMITS.terms:
            raise exceeded(
                "terms", f"{self.terms} terms in {self.language}", hint='the targets "numpy", "jax" and "torch" keep tensors whole'
            )

    def shape(self, node: Expr) -> list[int]:
        return [self.size(d) for d in node.shape]

    def size(self, d: Dim) -> int:
        if isinstance(d, tuple):
            return prod(self.size(part) for part in d)
        if isinstance(d, str) and dims.is_sum(d):
            return max(0, dims.value(d, self.size))
        if not isinstance(d, int):
            raise SymdiffError(
                f"{self.language} is written for fixed sizes, and {d} is not a number", hint="declare sizes as numbers: x: vector(3)"
            )
        return d

    # ------------------------------------------------------------------------------------------ the walk

    def compute(self, roots: Sequence[Expr]) -> list[list[Entry]]:
        """The entries of the roots; nodes that have theirs already, such as the arguments of a definition, are not entered."""
        order = topological(roots, set(self.entries))
        uses = Counter(a for node in order for a in node.args)
        for node in order:
            uses.update(self.repeated(node))
        rules: dict[int, Callable[[Expr], list[Entry]]] = {
            NUM: lambda n: [number(n.data)],
            DIM: lambda n: [number(self.size(n.data))],
            CONST: lambda n: [Entry(self.pi)],
            VAR: self.variable,
            DELTA: lambda n: [ONE if i == j else ZERO for i, j in product(*map(range, self.shape(n)))],
            UNIT: lambda n: [ONE if k == n.data - 1 else ZERO for k in range(self.shape(n)[0])],
            SUM: self.sum,
            PROD: self.product,
            POW: lambda n: self.each(self.power, n),
            CALL: self.call,
            NAME: self.bound,
        }
        for node in order:
            if node in self.entries:
                continue
            if node.op == OPAQUE:
                raise SymdiffError(
                    f"{node.data[0]} is not a known function; {self.language} needs every function",
                    hint="the other targets take it as an argument",
                )
            self.count(prod(self.shape(node)))
            made = rules[node.op](node) if node.op in rules else self.entries[node.args[0]]  # a reshape keeps the order of entries
            self.entries[node] = [self.assign(e) if uses[node] > 1 or len(e.text) > MAX_LENGTH else e for e in made]
        return [self.entries[root] for root in roots]

    def repeated(self, node: Expr) -> list[Expr]:
        """Arguments whose entries a node writes more than once; of a quotient, the divisor too."""
        if node.op == PROD:
            pairs = [
                (label, self.size(d)) for ls, a in zip(node.data[0], node.args, strict=True) for label, d in zip(ls, a.shape, strict=True)
            ]
            terms = prod(dict(pairs).values())
            terms = max(terms, prod(self.shape(node)))
        else:
            terms = prod(self.shape(node))
        often = [a for a in node.args if prod(self.shape(a)) < terms]
        return often + [a.args[0] for a in often if a.op == POW]

    def variable(self, node: Expr) -> list[Entry]:
        name = self.params[node.data[0]]
        shape = self.shape(node)
        return [Entry(self.at(name, k, shape)) for k in range(prod(shape))] if shape else [Entry(name)]

    def bound(self, node: Expr) -> list[Entry]:
        index = product(*[range(1, n + 1) for n in self.shape(node)])
        return [self.assign(e, "_".join([node.data[0], *map(str, i)])) for i, e in zip(index, self.entries[node.args[0]], strict=True)]

    def each(self, function: Callable[[Expr, list[Entry]], Entry], node: Expr) -> list[Entry]:
        """The function applied entry by entry; a scalar meets every entry."""
        wide = prod(self.shape(node))
        columns = [self.entries[a] if a.shape else self.entries[a] * wide for a in node.args]
        return [function(node, list(args)) for args in zip(*columns, strict=True)]

    # ------------------------------------------------------------------------------------------ operations

    def sum(self, node: Expr) -> list[Entry]:
        rows = zip(*[self.entries[a] for a in node.args], strict=True)
        return [added([times(number(c), e) for c, e in zip(node.data, row, strict=True)]) for row in rows]

    def product(self, node: Expr) -> list[Entry]:
        labels, out = node.data
        size = {label: n for ls, a in zip(labels, node.args, strict=True) for label, n in zip(ls, self.shape(a), strict=True)}
        size.update(zip(out, self.shape(node), strict=True))
        inner = [label for label in size if label not in out]
        self.count(prod(size.values()))
        factors = []
        for a, ls in zip(node.args, labels, strict=True):
            under = is_reciprocal(a)
            factors.append((self.entries[a.args[0] if under else a], ls, self.shape(a), under))
        made = []
        for at in product(*[range(size[label]) for label in out]):
            place = dict(zip(out, at, strict=True))
            terms = []
            for rest in product(*[range(size[label]) for label in inner]):
                place.update(zip(inner, rest, strict=True))
                term = ONE
                for entries, ls, shape, under in factors:
                    entry = entries[reduce(lambda k, axis: k * axis[1] + place[axis[0]], zip(ls, shape, strict=True), 0)]
                    term = Entry(f"{term.at(MUL)}/{entry.at(ATOM)}", MUL) if under else times(term, entry)
                terms.append(term)
            made.append(added(terms))
        return made

    def power(self, node: Expr, args: list[Entry]) -> Entry:
        base, k = args[0], node.args[1].data if node.args[1].op == NUM else None
        if k in (-1, -2, Fraction(-1, 2)):
            positive = self.raised(base, -k, args[1])
            return Entry(f"1.0/{positive.at(ATOM)}", MUL)
        return self.raised(base, k, args[1])

    def raised(self, base: Entry, k: Number | None, exponent: Entry) -> Entry:
        if k == 1:
            return base
        if k == 2:
            b = self.assign(base).text
            return Entry(f"{b}*{b}", MUL)
        return self.called("sqrt", base) if k == Fraction(1, 2) else self.called("pow", base, exponent)

    def call(self, node: Expr) -> list[Entry]:
        row = row_of(node.data)
        if row.elementwise:
            words = self.spelled(getattr(row, self.column))
            if not words:
                raise no_spelling(row, self.language.lower())
            return self.each(lambda n, args: self.filled(words, args, row.relation, row.name), node)
        rows = [self.entries[a] for a in node.args]
        if row.name in FOLDS:
            last = self.shape(node.args[0])[-1] if row.core()[0][0] == ("n",) else len(rows[0])
            blocks = [[self.assign(e) for e in rows[0][k : k + last]] for k in range(0, len(rows[0]), last)]
            return [entry for block in blocks for entry in FOLDS[row.name](self, block)]
        if not row.define:
            raise no_spelling(row, self.language.lower())
        from symdiff.syntax import template

        shapes = {letter: a.shape for letter, a in zip(row.args, node.args, strict=True)}
        definition = template(row.define, shapes)
        kept = self.entries
        self.entries = {
            leaf: entries
            for leaf in topological([definition])
            if leaf.op == VAR
            for letter, entries in zip(row.args, rows, strict=True)
            if leaf.data[0] == letter
        }
        made = self.compute([definition])[0]
        self.entries = kept
        return made

    def filled(self, template: str, args: list[Entry], relation: str, name: str) -> Entry:
        if relation in CONNECTIVES or name == "if":
            front, _, back = self.truth.partition("{}")
            args = [Entry(a.text.removeprefix(front).removesuffix(back), a.level) if a.text.startswith(front) else a for a in args]
        if relation in ("<", "<=", ">", ">=", "==", "!="):
            return Entry(self.truth.format(f"({args[0].at(ADD)} {relation} {args[1].at(ADD)})"), NEG)
        if "#" not in template:
            return self.called(template, *args)
        args = [self.assign(a) if template.count(f"#{k}") > 1 else a for k, a in enumerate(args, 1)]
        text = re.sub(r"(?:(?<=\w\()|(?<=, ))#(\d)(?=[,)])", lambda m: args[int(m[1]) - 1].text, template)  # alone, as an argument
        text = re.sub(r"#(\d)", lambda m: args[int(m[1]) - 1].at(ATOM), text)
        return Entry(self.truth.format(text), NEG) if relation or name == "sign" else Entry(text)


def _folded(function: str) -> Callable[[ScalarWriter, list[Entry]], list[Entry]]:
    return lambda writer, block: [reduce(lambda a, b: writer.called(function, a, b), block)]


def _shifted(writer: ScalarWriter, block: list[Entry]) -> tuple[Entry, list[Entry], Entry]:
    """The largest entry, the exponentials of the differences to it, and their sum: nothing overflows."""
    top = writer.assign(_folded("fmax")(writer, block)[0])
    powers = [writer.assign(writer.called("exp", Entry(f"{e.text} - {top.text}"))) for e in block]
    return top, powers, writer.assign(added(powers))


def _softmax(writer: ScalarWriter, block: list[Entry]) -> list[Entry]:
    _, powers, total = _shifted(writer, block)
    return [Entry(f"{p.text}/{total.text}", MUL) for p in powers]


def _logsumexp(writer: ScalarWriter, block: list[Entry]) -> list[Entry]:
    top, _, total = _shifted(writer, block)
    return [Entry(f"{top.text} + {writer.called('log', total).text}", ADD)]


def _log_softmax(writer: ScalarWriter, block: list[Entry]) -> list[Entry]:
    top, _, total = _shifted(writer, block)
    logarithm = writer.assign(writer.called("log", total))
    return [Entry(f"{e.text} - {top.text} - {logarithm.text}", ADD) for e in block]


def _cumsum(writer: ScalarWriter, block: list[Entry]) -> list[Entry]:
    made = block[:1]
    for e in block[1:]:
        made.append(writer.assign(added([made[-1], e])))
    return made


def _length(writer: ScalarWriter, block: list[Entry]) -> list[Entry]:
    """By hypot, whose squares neither overflow nor underflow."""
    if len(block) == 1:
        return [writer.called("fabs", block[0])]
    made = block[0]
    for e in block[1:]:
        made = writer.assign(writer.called("hypot", made, e))
    return [made]


# Functions of all entries, or of every row, that are not written by their definition.
FOLDS: dict[str, Callable[[ScalarWriter, list[Entry]], list[Entry]]] = {
    "max_entries": _folded("fmax"),
    "min_entries": _folded("fmin"),
    "rowmax": _folded("fmax"),
    "rowmin": _folded("fmin"),
    "prod": lambda writer, block: [reduce(times, block)],
    "rowprod": lambda writer, block: [reduce(times, block)],
    "softmax": _softmax,
    "log_softmax": _log_softmax,
    "logsumexp": _logsumexp,
    "cumsum": _cumsum,
    "norm2": _length,
    "_rownorm2": _length,
}


def number(value: Number) -> Entry:
    if type(value) is int:
        text = repr(float(value))
    else:
        fraction = Fraction(value)
        short = repr(float(fraction))
        exact = Fraction(short) == fraction or max(abs(fraction.numerator), fraction.denominator) > 1 << 53
        text = short if exact else f"({fraction.numerator}.0/{fraction.denominator}.0)"
    return Entry(text, NEG if text.startswith("-") else ATOM)


def times(a: Entry, b: Entry) -> Entry:
    if ZERO in (a, b):
        return ZERO
    if a == ONE or b == ONE:
        return b if a == ONE else a
    if a.text == "-1.0":
        return Entry(f"-{b.at(MUL)}", NEG if b.level != MUL else MUL) if not b.text.startswith("-") else Entry(f"-({b.text})", NEG)
    return Entry(f"{a.at(MUL)}*{b.at(NEG)}", MUL)


def added(terms: list[Entry]) -> Entry:
    terms = [t for t in terms if t != ZERO] or [ZERO]
    text = terms[0].text
    for term in terms[1:]:
        text += f" - {term.text[1:]}" if term.text.startswith("-") and term.level >= MUL else f" + {term.text}"
    return Entry(text, ADD) if len(terms) > 1 else terms[0]
