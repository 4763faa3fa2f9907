"""Expressions to the source text of one Python function for NumPy, JAX, PyTorch or plain floats.

In: nodes as written; any PROD will do. Out: a stand-alone text. The nodes are visited once, arguments first, and each
becomes a piece of Python; what is used twice, has a name or grows long is assigned to a local first, so that neither
the text nor its nesting grows with the depth of the graph.

A piece may lack axes along which its value is constant: NumPy's broadcasting supplies them where they are needed, and
`ones`, spread scalars and rows cost nothing. Every name in the text is made here from a checked identifier.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from fractions import Fraction
from keyword import iskeyword
from math import prod
from typing import NamedTuple, TypeVar
from unicodedata import normalize

from symdiff.calculus.template import written_out
from symdiff.errors import SymdiffError
from symdiff.expr.build import MINUS_ONE, TWO, dim_product, listed_entries, show_dim
from symdiff.expr.dims import is_sum
from symdiff.expr.dims import names as names_in
from symdiff.expr.dims import terms as terms_of_size
from symdiff.expr.node import CALL, CONST, DELTA, DIM, NAME, NUM, OPAQUE, POW, PROD, RESHAPE, SUM, UNIT, VAR, Dim, Expr, Number, Shape, make
from symdiff.expr.walk import substitute, topological
from symdiff.numeric.economy import economical, tidied
from symdiff.numeric.guards import guarded
from symdiff.numeric.inner import ARGUMENTS, row_of
from symdiff.numeric.places import Linear, follows, is_index, kept_inside, located, windows
from symdiff.numeric.product import Product, dissolve, scale_last
from symdiff.numeric.stable import is_one, stable
from symdiff.numeric.target import HELPERS, MODULES, Target, find, helper_text, no_spelling
from symdiff.numeric.windows import windows as slices
from symdiff.numeric.work import Order, Work, size_of
from symdiff.numeric.zeros import zeros
from symdiff.table import Row

Made = TypeVar("Made")

# How strongly the outermost operator of a piece binds, loosest first. `@` is kept below `*`: the reader should not have
# to know that Python reads `a*B @ x` from the left.
TEST, ADD, MATMUL, MUL, NEG, POWER, ATOM = range(7)

# Python's own parser recurses, and people read about this much in a line.
MAX_DEPTH, MAX_LENGTH, LINE = 20, 96, 110

# In longer products it is not looked whether two factors meet elsewhere.
MAX_PAIRED = 8

# Powers that are no more than a multiplication, a division or a root.
CHEAP_POWERS = (1, 2, -1, Fraction(1, 2))

# How often a source is written: where different nodes come out alike, they are made one, and the next is written.
PASSES = 4

LETTERS = "ijklmnopqrstuvwxyzabcdefghIJKLMNOPQRSTUVWXYZABCDEFGH"

INFERRED = re.compile(r"(size|rows|cols)\((\w+)\)")
CALL_HEADS = re.compile(r"(?<![\w.])(?:(scipy\.special|scipy\.linalg|contextvars|functools|itertools|np|jnp|jax|torch|math)(?=\.)|(_[a-z_]+)(?=\()|([a-z]+)(?=\())")
MAKES_ARRAYS = re.compile(r"where|polygamma")  # of scalars, too
FLOAT = re.compile(r"-?\d+\.\d+")
PLAIN = re.compile(r"-?[\w.]+")
CHEAP = frozenset(("if", "max", "min", "abs", "sign", "relu", "floor", "ceil", "round", "cumsum", "max_entries", "min_entries", "rowmax", "rowmin", "mean", "norm1", "norm2"))
PLACED = frozenset(f"{kind}{k}" for kind in ARGUMENTS for k in range(4))
FACTORED = frozenset(("inv", "det", "logdet", "_adjugate"))
COMPARISON = re.compile(r"\(#1 [<>=!]+ #2\)")


class Piece(NamedTuple):
    """A piece of Python. level: of its outermost operator. axes: the value's axes that the array has, in order.

    kind: "array" of floats (or a scalar of the library), "truth" values, or "number": a plain Python number. What is made of
    indices alone has its own precision: an "index" holds whole numbers, "wide" ones are the library's longest floats.
    """

    text: str
    level: int = ATOM
    axes: tuple[int, ...] = ()
    kind: str = "array"
    depth: int = 0

    def at(self, level: int) -> str:
        """The text, in brackets unless it binds at least as strongly as `level`."""
        return self.text if self.level >= level else f"({self.text})"


class Factor(NamedTuple):
    """A factor of a product: a piece with a label for each of its axes.

    under: the factor is 1/under. inverse: it is the inverse of this matrix. tanh: the factor is 1 - tanh^2, and this the tanh.
    """

    piece: Piece
    labels: tuple[int, ...]
    under: Piece | None = None
    inverse: Piece | None = None
    tanh: Piece | None = None
    node: Expr | None = None


def code(
    exprs: Sequence[Expr], target: str = "numpy", *, name: str = "f", doc: str = "", several: bool = False, given: Sequence[Expr] = ()
) -> str:
    """Stand-alone Python source of a function with the values of `exprs`: one value, or a tuple of several.

    The function takes variables and opaque functions by keyword, or in one dict by their plain names (`lambda` is the
    keyword `lambda_`), and ignores what it does not need; sizes that no argument has are keywords too. Arguments may be
    lists; integers become float64, float32 stays. An opaque `phi(x)` is passed as a function or as its value, its
    derivative as `Dphi`. ValueError and TypeError of the function name the argument that does not fit.

    target: "numpy", "jax", "torch", "math" (scalars only), or "c" (see `c_code`). name: an identifier. doc: the docstring.
    several: a tuple of one value, too. given: more variables, whose sizes and precision count where they are passed: those of a
    formula whose derivative has lost them.
    SymdiffError where the target has no spelling for a function, or two variables share a name.
    """
    if not name.isidentifier() or iskeyword(name):
        raise SymdiffError(f"{name!r} cannot be the name of a Python function")
    exprs = written_out(exprs)
    if target == "c":
        from symdiff.numeric.c import c_code

        return c_code(guarded(stable(zeros(exprs))), name=name, doc=doc)
    return _last(exprs, target, name, given, lambda writer: writer.source(doc, several=several))[1]


def bare_code(exprs: Sequence[Expr], target: str = "numpy", *, name: str = "f", several: bool = False, given: Sequence[Expr] = ()) -> str:
    """The same computation as people write it: arrays of floats are passed in order, nothing is checked or converted.

    Sizes that no argument has come last.
    """
    if target == "c":
        raise SymdiffError("C has no shorter form", hint='.code("c") is what there is')
    return _last(exprs, target, name, given, lambda writer: writer.bare(several=several))[1]


def work(exprs: Sequence[Expr]) -> Work:
    """What the NumPy code of these expressions costs."""
    return _last(exprs, "numpy", "f", (), lambda writer: writer.write())[0].work


def _last(exprs: Sequence[Expr], target: str, name: str, given: Sequence[Expr], write: Callable[[_Writer], Made]) -> tuple[_Writer, Made]:
    """What is written when no two nodes come out alike any more, and who wrote it."""
    exprs = stable(zeros(exprs))
    exprs = slices(guarded(located(economical(exprs)) if target != "math" else exprs))
    for _ in range(PASSES):
        writer = _Writer(exprs, find(target), name, given)
        made = write(writer)
        exprs = without_twins(writer.exprs, writer.twins)
        if exprs == writer.exprs:
            break
        exprs = tidied(exprs)  # a + a
    return writer, made


class Statements(NamedTuple):
    """The inside of a function: its lines, what it returns, the arguments that it reads by their names in the formula.

    with_helpers: puts the helpers that a text calls in front of it. imports: what all of it needs, once the helpers are there.
    """

    imports: Callable[[], list[str]]
    lines: list[str]
    answers: list[str]
    params: dict[str, str]
    with_helpers: Callable[[str], str]


def statements(exprs: Sequence[Expr], target: str, *, given: Sequence[Expr] = ()) -> Statements:
    """The lines that compute the values of exprs from arguments that are arrays of the target already.

    given: more variables that may be arguments, for sizes and precision that the others do not have.
    """
    exprs = guarded(stable(zeros(exprs)))
    writer = _Writer(exprs, find(target), "f", ())
    others = {v.data[0]: writer.fresh(identifier(v.data[0])) for v in given if v.data[0] not in writer.params}
    read = dict(writer.params)
    writer.params.update(others)
    for v in given:
        for axis, d in enumerate(v.shape):
            writer.places.setdefault(d, (v.data[0], axis))
    answers = writer.write()
    if writer.kind_used and not read:
        writer.variables = {v.data[0]: v for v in given}
        read = dict(others)
    lines = [*writer.size_lines, *writer.kind_lines(), *writer.lines]
    sized = "\n".join(writer.size_lines)
    read |= {name: p for name, p in others.items() if f"{p}.shape" in sized}

    def imports() -> list[str]:
        return sorted(import_line(prefix, alias) for prefix, alias in writer.imports.items())

    return Statements(imports, lines, [p.text for p in answers], read, writer.with_helpers)


class _Writer:
    def __init__(self, exprs: Sequence[Expr], target: Target, name: str, given: Sequence[Expr]) -> None:
        self.exprs, self.target, self.name = by_name(exprs), target, name
        self.products: dict[Expr, Product] = {}
        self.pieces: dict[Expr, Piece] = {}
        self.assigned: set[Expr] = set()
        self.lines: list[str] = []
        self.imports: dict[str, str] = {}
        self.helpers: dict[str, str] = {}
        self.params: dict[str, str] = {}  # key in the caller's dict: identifier
        self.sizes: dict[str, str] = {}  # dimension: the Python text of it
        self.size_lines: list[str] = []
        self.kind_used = False
        self.temps = 0
        self.once: dict[str, Piece] = {}  # parts of products by their text
        self.first: dict[tuple[str, tuple[int, ...], Shape], Expr] = {}  # the first node with a text
        self.twins: dict[Expr, Expr] = {}  # nodes whose text another has had before
        self.solved: set[Expr] = set()  # inverses, and names of them, that are solved with wherever they stand
        self.matrices: set[Expr] = set()  # what is inverted there more than once
        self.wide = False  # what is being written depends on no argument
        self.beside: list[tuple[int, ...]] = []  # the labels of the factors that wait while two others are joined
        self.work = Work()  # of what has been written
        self.span: dict[int, Dim] = {}  # the sizes of the labels of the product that is being written
        self.more = given
        self.collect()

    # ------------------------------------------------------------------------------------------ names

    def collect(self) -> None:
        """Variables, opaque functions and where dimensions are found; the users' names come before any of ours."""
        self.nodes = topological(self.exprs)
        outside = {v for v in topological(self.exprs, {n for n in self.nodes if n.op == OPAQUE}) if v.op == VAR}
        self.variables: dict[str, Expr] = {}
        self.calls: dict[str, set[tuple[Expr, ...]]] = {}
        labels: list[str] = []
        for node in self.nodes:
            if node.op == VAR:
                label = node.data[0]
                if self.variables.setdefault(label, node).shape != node.shape:
                    raise SymdiffError(f"two variables of different shapes are called {label}", hint="rename one of them")
            elif node.op == NAME:
                labels.append(node.data[0])
            elif node.op == OPAQUE:
                self.calls.setdefault(opaque_name(node), set()).add(node.args)
        for label in self.calls:
            if label in self.variables:
                raise SymdiffError(f"{label} is a variable and a function; compiled, both would be one argument", hint="rename one")
        self.taken: set[str] = set()
        for key in (*self.variables, *self.calls):
            self.params[key] = self.fresh(identifier(key))
        self.local = {label: self.fresh(identifier(label)) for label in dict.fromkeys(labels)}
        self.taken.update([self.name, "__debug__"])
        inside = {label: v for label, v in self.variables.items() if v not in outside}
        self.anywhere = {label for label, v in inside.items() if not v.shape}
        direct = {a for n in self.nodes if n.op != OPAQUE for a in n.args}
        self.optional = {label for label, v in inside.items() if v not in direct}
        self.places: dict[Dim, tuple[str, int]] = {}
        for label, v in sorted(self.variables.items(), key=lambda item: item[0] in self.optional):
            for axis, d in enumerate(v.shape):
                self.places.setdefault(d, (label, axis))
        self.sources: dict[Dim, list[tuple[str, int]]] = {}  # sizes of variables that do not occur
        for v in self.more:
            for axis, d in enumerate(v.shape if v.op == VAR and v.data[0] not in self.params else ()):
                self.sources.setdefault(d, []).append((v.data[0], axis))
        self.given, self.values, self.others = self.fresh("given"), self.fresh("values"), self.fresh("others")
        self.kind_name = self.fresh(self.target.kind[0])

    def fresh(self, wanted: str) -> str:
        """`wanted`, with underscores behind it where the name is taken."""
        while wanted in self.taken:
            wanted += "_"
        self.taken.add(wanted)
        return wanted

    def module(self, prefix: str) -> str:
        """What the text calls the library; the import is noted."""
        if prefix not in self.imports:
            alias = MODULES[prefix].split()[-1]
            self.imports[prefix] = self.fresh(alias)
        return self.imports[prefix]

    def lib(self, function: str) -> str:
        return f"{self.module(self.target.module)}.{function}"

    def spelled(self, text: str) -> str:
        """A spelling of the table with the modules' and built-in functions' names as this source has them."""

        def rename(found: re.Match[str]) -> str:
            prefix, helper, builtin = found.groups()
            if prefix:
                return self.module(prefix)
            if helper:
                return self.helper(helper) if helper in HELPERS else found[0]
            return f"{self.module('builtins')}.{builtin}" if builtin in self.taken else str(builtin)

        return CALL_HEADS.sub(rename, text)

    def helper(self, wanted: str) -> str:
        """What the text calls a helper function."""
        if wanted not in self.helpers:
            self.helpers[wanted] = self.fresh(wanted)
        return self.helpers[wanted]

    # ------------------------------------------------------------------------------------------ sizes

    def dim(self, d: Dim) -> str:
        """Python for a dimension."""
        if isinstance(d, int):
            return str(d)
        if isinstance(d, tuple):
            return "*".join(self.dim(part) for part in d)
        if d not in self.sizes and is_sum(d):
            total = ""
            for atom, c in terms_of_size(d).items():
                part = str(abs(c)) if atom == 1 else self.dim(atom) if abs(c) == 1 else f"{abs(c)}*{self.dim(atom)}"
                total += f" {'-' if c < 0 else '+'} {part}" if total else f"-{part}" if c < 0 else part
            word = re.sub(r"\W+", "_", d).strip("_")
            self.sizes[d] = self.fresh(f"size_{word}" if word[0].isdigit() else word)
            self.size_lines.append(f"{self.sizes[d]} = {self.spelled('max(')}{total}, 0)")
        if d not in self.sizes:
            size = INFERRED.fullmatch(d)
            owner, axis = (size[2], int(size[1] == "cols")) if size else (d, None)
            local = self.fresh(f"{size[1]}_{identifier(size[2])}" if size else identifier(d))
            if d in self.places:
                label, axis = self.places[d]
                self.optional.discard(label)
                self.size_lines.append(f"{local} = {self.params[label]}.shape[{axis}]")
            elif d in self.sources:
                label = "" if size else d
                for key in [*[label for label, _ in self.sources[d]], *[label] * bool(label)]:
                    if key not in self.params:
                        self.params[key] = local if key == label else self.fresh(identifier(key))
                places = "".join([f"({quoted(key)}, {axis}), " for key, axis in self.sources[d]]).rstrip(", " if len(self.sources[d]) > 1 else " ")
                self.size_lines.append(f"{local} = {self.helper('_size_of')}({self.given}, {quoted(label)}, ({places}))")
            else:
                if owner not in self.params:
                    self.params[owner] = local if axis is None else self.fresh(identifier(owner))
                where = f", {axis}" if axis is not None else ""
                self.size_lines.append(f"{local} = {self.helper('_size')}({self.given}, {quoted(owner)}{where})")
            self.sizes[d] = local
        return self.sizes[d]

    def shape(self, shape: Shape) -> str:
        return "(" + ", ".join(map(self.dim, shape)) + ("," if len(shape) == 1 else "") + ")"

    def known(self, d: Dim) -> str:
        """The dimension if the arguments fix it, else None: any size will do."""
        parts = names_in(d) if is_sum(d) else d if isinstance(d, tuple) else (d,)
        owners = [self.places.get(p, ("", 0)) for p in parts if not isinstance(p, int) and p not in self.sizes]
        if len(parts) == len(owners) == 1 and owners[0][0] in self.optional:
            array = self.params[owners[0][0]]
            return f"None if {array} is None else {array}.shape[{owners[0][1]}]"
        return self.dim(d) if all(label and label not in self.optional for label, _ in owners) else "None"

    # ------------------------------------------------------------------------------------------ pieces

    def kind(self) -> str:
        """The common type of the arguments, as the keyword that makers of arrays take."""
        if self.wide or (not self.sources and all(label in self.anywhere | self.optional for label in self.variables)):
            return self.spelled(self.target.kind[3])
        self.kind_used = True
        return self.target.kind[2].replace("#", self.kind_name)

    def data_kind(self) -> str:
        """The common type of the arguments, whatever is being written; "" if there are none."""
        before, self.wide = self.wide, False
        kind = self.kind()
        self.wide = before
        return kind if kind != self.spelled(self.target.kind[3]) else ""

    def piece(self, text: str, level: int, axes: tuple[int, ...], parts: Iterable[Piece], kind: str = "array") -> Piece:
        """A piece made of others; assigned to a local where it would nest too deeply."""
        made = Piece(text, level, axes, kind, 1 + max([p.depth for p in parts], default=0))
        return self.assign(made) if made.depth >= MAX_DEPTH else made

    def assign(self, piece: Piece, local: str = "") -> Piece:
        if not local:
            self.temps += 1
            local = self.fresh(f"t{self.temps}")
        self.lines.append(f"{local} = {piece.text}")
        return piece._replace(text=local, level=ATOM, depth=0)

    def number(self, value: Number) -> Piece:
        text, level = literal(value)
        return Piece(text.replace("inf", self.lib("inf")), level, (), "number")

    def lift(self, piece: Piece) -> Piece:
        """A plain number as a value of the library."""
        if piece.kind != "number":
            return piece
        text = self.spelled(self.target.lift).replace("#k", self.kind() if "#k" in self.target.lift else "")
        return Piece(text.replace("#", piece.text), ATOM, (), "array", piece.depth + 1)

    def floats(self, piece: Piece) -> Piece:
        """Truth values and indices as numbers of the arguments' type, or in the longest floats where no argument comes in."""
        if piece.kind in ("array", "number") or (piece.kind == "wide" and self.kind() == self.spelled(self.target.kind[3])):
            return piece
        text = self.target.cast.replace("#k", self.kind() if "#k" in self.target.cast else "").replace("#", piece.at(ATOM))
        return self.piece(text, ATOM, piece.axes, (piece,))

    def truth(self, piece: Piece) -> Piece:
        return piece if piece.kind == "truth" else self.piece(f"{self.lift(piece).at(ADD)} != 0", TEST, piece.axes, (piece,), "truth")

    def permute(self, piece: Piece, order: Sequence[int]) -> Piece:
        """The axes of the array in another order."""
        if list(order) == sorted(order):
            return piece
        axes = tuple([piece.axes[k] for k in order]) if piece.axes else ()
        if len(order) == 2:
            return self.piece(f"{piece.at(ATOM)}.T", ATOM, axes, (piece,), piece.kind)
        return self.piece(f"{self.lib(self.target.permute.split('.')[1])}({piece.text}, {tuple(order)})", ATOM, axes, (piece,), piece.kind)

    def arrange(self, piece: Piece, labels: Sequence[int], order: Sequence[int]) -> Piece:
        """The array, its axes labelled `labels`, so that it broadcasts against one with the axes `order`."""
        own = [label for label in order if label in labels]
        piece = self.permute(piece, [labels.index(label) for label in own])
        if not own:
            return piece
        spec = [":" if label in own else "None" for label in order[order.index(own[0]) :]]
        return piece if "None" not in spec else self.piece(f"{piece.at(ATOM)}[{', '.join(spec)}]", ATOM, (), (piece,), piece.kind)

    def together(self, pieces: Sequence[Piece]) -> tuple[list[Piece], tuple[int, ...]]:
        """Pieces of one value's shape, ready to be combined entry by entry, and the axes that the result has."""
        axes = tuple(sorted({a for p in pieces for a in p.axes}))
        return [p if p.axes == axes else self.arrange(p, p.axes, axes) for p in pieces], axes

    def whole(self, piece: Piece, shape: Shape, own: bool = False) -> Piece:
        """The array with all axes of the shape; `own`: memory of its own, for an answer."""
        every = tuple(range(len(shape)))
        if piece.axes == every:
            return piece
        if piece.axes and all(shape[a] == 1 for a in every if a not in piece.axes):
            spec = ", ".join([":" if a in piece.axes else "None" for a in every])
            return self.piece(f"{piece.at(ATOM)}[{spec}]", ATOM, every, (piece,))
        if not piece.axes and (piece.kind == "number" or self.target.name != "torch"):
            kind = f", {self.kind()}" if piece.kind == "number" else ""
            return self.piece(f"{self.lib('full')}({self.shape(shape)}, {piece.text}{kind})", ATOM, every, (piece,))
        spread = f"{self.lib('broadcast_to')}({self.arrange(piece, piece.axes, every).text}, {self.shape(shape)})"
        return self.piece(spread + (".copy()" if own and self.target.name == "numpy" else ""), ATOM, every, (piece,))

    # ------------------------------------------------------------------------------------------ the walk

    def write(self) -> list[Piece]:
        """All nodes, arguments first; the pieces of the expressions."""
        users = Counter(self.exprs)
        for node in self.nodes:
            users.update(node.args)
        shared = {node for node, count in users.items() if count > 1}
        for node in self.nodes:
            if node.op == PROD:
                self.products[node] = dissolve(node, self.products, shared)
        for p in list(self.products.values()):
            scale_last(p, self.products, shared)
        below: dict[Expr, tuple[Expr, ...]] = {n: n.args for n in self.nodes}
        below |= {n: tuple([f for f, _ in p.factors]) for n, p in self.products.items()}
        if self.target.name != "math":
            below |= {n: tuple(entries) for n in self.nodes if n.op == SUM and (entries := listed_entries(n)) is not None}
        below |= {n: n.args[: -2 if n.data.startswith("_dots") else -1] for n in self.nodes if n.op == CALL and n.data in PLACED and follows(n)}
        order = _reached(self.exprs, below)
        self.uses = Counter(self.exprs)
        for node in order:
            self.uses.update(below[node])
        self.bearing: set[Expr] = set()  # products that are written with the coefficient that a sum has for them
        self.coefs = {node: self.inside(node) for node in order if node.op == SUM}
        rules: dict[int, Callable[[Expr], Piece]] = {
            NUM: lambda n: self.number(n.data),
            DIM: lambda n: Piece(self.dim(n.data), ATOM, (), "number"),
            CONST: lambda n: Piece(f"{self.lib(n.data)}", ATOM, (), "number"),
            VAR: lambda n: Piece(self.params[n.data[0]], ATOM, tuple(range(len(n.shape)))),
            DELTA: self.identity,
            UNIT: lambda n: self.unit(n.data, n.shape[0]),
            SUM: self.sum,
            PROD: self.product,
            POW: self.power,
            CALL: self.call,
            OPAQUE: self.opaque,
            NAME: self.named,
            RESHAPE: self.reshape,
        }
        self.find_solved(order)
        self.met = self.pairs_met(order)
        self.softened: dict[Expr, set[str]] = {}  # what has softmax, log_softmax or logsumexp taken of it, and which
        for node in order:
            if node.op == CALL and node.data in self.target.exponentials:
                self.softened.setdefault(node.args[0], set()).add(node.data)
        wide = self.of_indices()
        for node in order:
            self.wide = node in wide
            if self.target.name == "math" and node.shape:
                raise SymdiffError("the target math is for scalars only", hint='use "numpy", "jax" or "torch"')
            made = rules[node.op](node)
            if self.wide and made.kind == "array":
                made = made._replace(kind="wide")
            if node.args and not is_plain(made.text) and node not in self.bearing:
                first = self.first.setdefault((made.text, made.axes, node.shape), node)
                if first is not node:
                    self.twins[node] = first
            again = self.uses[node] > 1 and not is_plain(made.text) and not is_reciprocal(node) and node not in self.solved
            if len(made.text) > MAX_LENGTH or again or (node in self.matrices and not is_plain(made.text)):
                made = self.assign(made)
                self.assigned.add(node)
            self.pieces[node] = made
        self.wide = False
        return [self.answer(e) for e in self.exprs]

    def inside(self, node: Expr) -> tuple[Number, ...]:
        """The coefficients of a sum that stay in front of its terms: a product takes one along, for the smallest of its factors to bear."""
        left = list(node.data)
        for k, (c, a) in enumerate(zip(node.data, node.args, strict=True)):
            if c not in (1, -1) and self.uses[a] == 1 and a.op == PROD and (p := self.products[a]).coef and len({ls for _, ls in p.factors}) > 1:
                p.coef *= c
                left[k] = 1
                self.bearing.add(a)
        return tuple(left)

    def of_indices(self) -> set[Expr]:
        """Values that depend on indices and sizes alone, and may be too large for the arguments' type to hold exactly."""
        alone, counted, found = set[Expr](), set[Expr](), set[Expr]()
        for node in self.nodes if any(map(is_index, self.nodes)) else ():
            if node.op in (VAR, OPAQUE) or not alone.issuperset(node.args):
                continue
            alone.add(node)
            if is_index(node) or not counted.isdisjoint(node.args):
                counted.add(node)
                summed = node.op == PROD and any(label not in node.data[1] for ls in node.data[0] for label in ls)
                if is_index(node) or summed or (not found.isdisjoint(node.args) and not (node.op == CALL and row_of(node.data).relation)):
                    found.add(node)
        return found

    def identity(self, node: Expr) -> Piece:
        self.work.add("entry", node.shape)
        return Piece(f"{self.lib('eye')}({self.dim(node.shape[0])}, {self.kind()})", ATOM, (0, 1))

    def pairs_met(self, order: Sequence[Expr]) -> set[tuple[Expr, Expr, int]]:
        """Matrices with the vectors that they meet, along the same axis, in more than one product: A*x of x'*A*x and of A*x."""
        met: Counter[tuple[Expr, Expr, int]] = Counter()
        for node in order:
            p = self.products.get(node)
            if p is None or len(p.factors) > MAX_PAIRED:
                continue
            often = Counter([label for _, labels in p.factors for label in labels])
            pairs = {
                (a, v, self.axis_of(a, labels.index(label)))
                for a, labels in p.factors
                for v, (label,) in [(v, ls) for v, ls in p.factors if len(ls) == 1]
                if len(set(labels)) == 2 and label in labels and often[label] == 2 and label not in p.out and label not in p.units
            }
            met.update(pairs)
        return {pair for pair, count in met.items() if count > 1}

    @staticmethod
    def axis_of(matrix: Expr, axis: int) -> int:
        """The axis of a matrix; of a symmetric one it is the same."""
        return 1 if matrix.op == VAR and {"symmetric", "psd"} & set(matrix.data[1]) else axis

    def paired(self, a: Factor, b: Factor) -> bool:
        """Whether a matrix and a vector are joined that meet elsewhere, too."""
        a, b = (a, b) if len(a.labels) == 2 else (b, a)
        if not self.met or a.node is None or b.node is None or len(a.labels) != 2 or len(b.labels) != 1 or b.labels[0] not in a.labels:
            return False
        return (a.node, b.node, self.axis_of(a.node, a.labels.index(b.labels[0]))) in self.met

    def find_solved(self, order: Sequence[Expr]) -> None:
        """Inverses that only meet vectors, so seldom that solving is no more work than inverting; their matrices are locals."""
        met: Counter[Expr] = Counter()
        for node in order:
            if node.op == PROD:
                factors = self.products[node].factors
                if self.products[node].is_chain and any(len(labels) == 1 for _, labels in factors):
                    met.update(f for f, _ in factors)
        names = [node for node in order if node.op == NAME]
        for inverse in order:
            if inverse.op == CALL and inverse.data == "inv" and len(inverse.shape) == 2:
                known = [inverse, *[node for node in names if node.args[0] is inverse]]
                count = sum(met[node] for node in known)
                if count == sum(self.uses[node] for node in known) - len(known) + 1 and (count <= 3 or self.has_factor(inverse.args[0])):
                    self.solved.update(known)
                    self.matrices.update(inverse.args[: count - 1])
        self.definite = {self.params[v.data[0]] for v in self.variables.values() if self.has_factor(v)}
        self.symmetric = {self.params[v.data[0]] for v in self.variables.values() if {"symmetric", "psd"} & set(v.data[1])}

    def has_factor(self, matrix: Expr) -> bool:
        """Whether the library has something for a positive definite matrix, and this is one."""
        return bool(self.target.cholesky) and matrix.op == VAR and "psd" in matrix.data[1] and len(matrix.shape) == 2

    def by_factor(self, function: str, matrix: Piece) -> str:
        """The spelling of a function of a positive definite matrix, by its Cholesky factor, which is computed once."""
        text = f"{self.lib('linalg')}.cholesky({matrix.text})"
        if text not in self.once:
            self.once[text] = self.assign(Piece(text), self.fresh("L"))
        return self.spelled(self.target.cholesky[function]).replace("#L", self.once[text].text)

    def named(self, node: Expr) -> Piece:
        piece = self.pieces[node.args[0]]
        return piece if node in self.solved else self.assign(piece, self.bound(node))

    def bound(self, node: Expr) -> str:
        """The local of a binding; another binding of the same name gets another."""
        return self.local.pop(node.data[0], "") or self.fresh(identifier(node.data[0]))

    def answer(self, expr: Expr) -> Piece:
        """The piece as the function returns it: floats of the library, all axes there."""
        piece = self.pieces[expr]
        if not expr.shape and piece.kind == "number":
            if expr.op == NUM and self.target.name in ("numpy", "math"):
                return Piece(self.number(expr.data).text + (".0" if type(expr.data) is int and abs(expr.data) < 1 << 53 else ""))
            return self.lift(piece)
        while expr.op == NAME:
            expr = expr.args[0]
        if self.target.name == "numpy" and not expr.shape and expr.op == CALL and MAKES_ARRAYS.search(row_of(expr.data).numpy):
            return self.piece(f"{piece.at(ATOM)}[()]", ATOM, (), (piece,))
        return self.whole(self.floats(piece), expr.shape, own=True)

    # ------------------------------------------------------------------------------------------ operations

    def sum(self, node: Expr) -> Piece:
        if (entries := listed_entries(node)) is not None and self.target.name != "math":
            listed = [self.lift(self.floats(self.pieces[a])) for a in entries]
            return self.piece(f"{self.lib('stack')}([{', '.join([p.text for p in listed])}])", ATOM, (0,), listed)
        parts = [self.pieces[a] for a in node.args]
        whole = all(self.is_whole(a) for a in node.args) and all(type(c) is int for c in node.data)
        pieces, axes = self.together(parts if whole else [self.floats(p) for p in parts])
        kind = "number" if all(p.kind == "number" for p in pieces) else "index" if whole else "array"
        made: Piece | None = None
        for coef, piece in zip(self.coefs[node], pieces, strict=True):
            term = self.scaled(coef, piece) if made is None or coef != -1 else piece
            if made is None:
                made = term._replace(axes=axes)
                continue
            negative = term.level in (NEG, MUL) and term.text.startswith("-")
            text = term.text[1:] if negative else term.at(MATMUL)
            minus = negative != (term is piece and coef == -1)
            self.work.add("entry", [node.shape[a] for a in axes])
            made = self.piece(f"{made.at(ADD)} {'-' if minus else '+'} {text}", ADD, axes, (made, term), kind)
        assert made is not None
        return made

    def is_whole(self, node: Expr) -> bool:
        """Indices and plain whole numbers, which are compared and added as such: 257 is no number of bfloat16."""
        if self.pieces[node].kind == "index":
            return True
        while node.op == PROD and len(node.args) == 1:  # spread
            node = node.args[0]
        return node.op == DIM or (node.op == NUM and type(node.data) is int and abs(node.data) < 1 << 31)

    def scaled(self, coef: Number, piece: Piece) -> Piece:
        """A coefficient in front of a piece that is not a truth value."""
        if coef == 1:
            return piece
        if coef == -1:
            if piece.text.startswith("-") and piece.level in (NEG, MUL):
                return piece._replace(text=piece.text[1:], level=MUL)
            level = MUL if piece.level == MUL else NEG
            return self.piece(f"-{piece.at(MUL)}", level, piece.axes, (piece,), piece.kind)
        return self.piece(f"{self.number(coef).at(MUL)}*{piece.at(NEG)}", MUL, piece.axes, (piece,), piece.kind)

    def power(self, node: Expr) -> Piece:
        base, exponent = (self.floats(self.pieces[a]) for a in node.args)
        constant = base.kind == exponent.kind == "number"
        k = node.args[1].data if node.args[1].op == NUM else None
        (b, e), axes = self.together([base, exponent])
        self.work.add("entry" if k in CHEAP_POWERS else "call", [node.shape[a] for a in axes])
        both = (base, exponent)
        if self.target.name == "math" and (base.kind == "number" or type(k) is not int):
            return self.piece(f"{self.lib('pow')}({b.text}, {e.text})", ATOM, (), both)
        if constant:
            if k == -1 and is_divisor(node.args[0]):
                return self.piece(f"1/{b.at(NEG)}", MUL, (), both, "number")
            item = b.level == ATOM and b.text.endswith(".item()")
            value = b.text.removesuffix(".item()") if item else f"{self.module('np')}.float64({b.text})"
            return self.piece(f"({f'1/{value}' if k == -1 else f'{value}**{e.at(NEG)}'}).item()", ATOM, (), both, "number")
        if k == 1:
            return base
        if k == -1:
            return self.piece(f"1/{b.at(NEG)}", MUL, axes, both)
        if k in (Fraction(1, 2), Fraction(-1, 2)):
            root = self.piece(f"{self.lib('sqrt')}({b.text})", ATOM, axes, both)
            return root if k > 0 else self.piece(f"1/{root.text}", MUL, axes, (root,))
        return self.piece(f"{b.at(ATOM)}**{e.at(NEG)}", POWER, axes, both)

    def unit(self, k: int, d: Dim) -> Piece:
        self.need(k, d)
        return self.piece(f"{self.lib('arange')}({self.dim(d)}) == {k - 1}", TEST, (0,), (), "truth")

    def need(self, k: int, d: Dim) -> None:
        """The function checks that the dimension reaches the k-th entry: JAX would take the last one instead."""
        if not isinstance(d, int):
            size = self.dim(d)
            check = f'if {size} < {k}:\n        raise ValueError("there is no entry {k}: {show_dim(d)} is smaller")'
            lines = self.lines if ".shape[" in size else self.size_lines  # the size of a function's value is known behind it
            if check not in lines:
                lines.append(check)

    def reshape(self, node: Expr) -> Piece:
        inner = node.args[0]
        if inner.op == PROD and self.uses[inner] == 1:
            p = self.products[inner]
            blocks = [(2, p.out[0::2]), (2, p.out[1::2])]
            if p.coef == 1 and not (p.units or p.deltas) and [(len(f.shape), ls) for f, ls in p.factors] == blocks:
                a, b = [self.whole(self.floats(self.pieces[f]), f.shape) for f, _ in p.factors]
                return self.piece(f"{self.lib('kron')}({a.text}, {b.text})", ATOM, (0, 1), (a, b))
        piece = self.pieces[inner]
        whole = self.whole(piece if piece.kind == "index" else self.floats(piece), inner.shape)
        if len(inner.shape) == len(node.shape) == 1:
            return whole
        sizes = "-1" if len(node.shape) == 1 else ", ".join(map(self.dim, node.shape))
        if not inner.shape:
            whole = self.lift(whole)
        return self.piece(f"{whole.at(ATOM)}.reshape({sizes})", ATOM, tuple(range(len(node.shape))), (whole,), whole.kind)

    def call(self, node: Expr) -> Piece:
        row = row_of(node.data)
        if row.name in PLACED:
            return self.placed(node)
        template = getattr(row, self.target.name)
        if not template:
            raise no_spelling(row.name, row, self.target.name)
        if row.name in self.target.cholesky and self.has_factor(node.args[0]) and node not in self.solved:
            matrix = self.pieces[node.args[0]]
            return self.piece(
                self.by_factor(row.name, matrix), MUL if row.name == "logdet" else ATOM, matrix.axes[: len(node.shape)], (matrix,)
            )
        if is_index(node):
            place = f", {self.target.place.replace('#', self.kind_name)}" if self.target.place and self.data_kind() else ""
            text = f"{self.lib('arange')}(1, {self.dim(node.shape[0])} + 1{place})"
            return Piece(text, ATOM, (0,), "index")
        logic = row.relation in ("and", "or", "not")
        args = [self.pieces[a] for a in node.args]
        if row.relation and not logic:
            args = self.comparable(node.args, args)
        else:
            args = [self.truth(a) if logic or (row.name == "if" and k == 0) else self.floats(a) for k, a in enumerate(args)]
        if row.elementwise and self.target.name != "math" and all(a.kind == "number" for a in args):
            return self.constant(row, args)
        if self.target.name == "torch" and not row.relation:
            args = [a if name in row.integer else self.lift(a) for name, a in zip(row.args, args, strict=True)]
        if row.elementwise:
            args, axes = self.together(args)
            self.work.add("entry" if row.relation or row.name in CHEAP else "call", [node.shape[a] for a in axes])
        else:
            self.count_whole(node)
            args = [self.whole(a, n.shape) for a, n in zip(args, node.args, strict=True)]
            axes = tuple(range(len(node.shape)))
            if row.name in self.target.exponentials and len(self.softened[node.args[0]]) > 1:
                return self.exponentials(row.name, args[0])._replace(axes=axes)
        made = self.filled(row, template, args)
        if row.name == "if" and self.target.name in ("numpy", "jax") and not any(a.kind in ("array", "wide") for a in args):
            made = self.floats(made._replace(kind="truth"))  # two numbers chosen from: of the arguments' type, like all others
        return made._replace(axes=axes, kind="truth" if row.relation else "array")

    def count_whole(self, node: Expr) -> None:
        """The work of a function of whole arrays: that of a factorisation where the row is one of square matrices."""
        if node in self.solved:
            return
        shape = max([a.shape for a in node.args], key=len, default=())
        if node.data in FACTORED and len(shape) > 1:
            self.work.add("solve", (*shape, shape[-1]), node.shape)
        else:
            self.work.add("entry" if node.data in CHEAP else "call", shape, node.shape)

    def exponentials(self, name: str, x: Piece) -> Piece:
        """softmax, log_softmax or logsumexp where another of them is needed of the same argument: the exponentials are computed once."""
        key = f"exponentials of {x.text}"
        if key not in self.once:
            names = [self.fresh(wanted) for wanted in ("e", "total", "top")]
            self.lines.append(f"{', '.join(names)} = {self.helper('_exponentials')}({x.text})")
            self.once[key] = Piece(" ".join([*names, x.text]))
        e, total, top, of = self.once[key].text.split(" ", 3)
        text, level = {
            "softmax": (f"{e}/{total}", MUL),
            "logsumexp": (f"({self.lib('log')}({total}) + {top})[..., 0]", ATOM),
            "log_softmax": (f"{of if is_plain(of) else f'({of})'} - {top} - {self.lib('log')}({total})", ADD),
        }[name]
        return self.piece(text, level, (), (x,))

    def comparable(self, nodes: Sequence[Expr], pieces: list[Piece]) -> list[Piece]:
        """Sides of a comparison: whole numbers as they are; beside data, indices and data in the longest floats."""
        if all(self.is_whole(a) for a in nodes) or all(p.kind in ("index", "wide", "number") for p in pieces):
            return pieces
        if not any(p.kind in ("index", "wide") for p in pieces):
            return [self.floats(p) for p in pieces]
        if self.target.name == "numpy":
            return [self.floats(p) if p.kind == "truth" else p for p in pieces]
        before, self.wide = self.wide, True
        made = [
            self.piece(self.target.cast.replace("#k", self.kind()).replace("#", p.at(ATOM)), ATOM, p.axes, (p,)) if p.kind not in ("wide", "number") else p
            for p in pieces
        ]
        self.wide = before
        return made

    def constant(self, row: Row, args: list[Piece]) -> Piece:
        """A call that depends on no argument, computed by NumPy: as a plain number it does not widen float32."""
        if row.relation:
            test = self.filled(row, row.numpy, args)
            return self.piece(f"1.0*({test.text})", MUL, (), (test,), "number")
        np = self.module("np")
        floats = [  # whole numbers would overflow in silence, or lack negative powers
            a if name in row.integer or (FLOAT.fullmatch(a.text) and "#" not in row.numpy) else Piece(f"{np}.float64({a.text})")
            for name, a in zip(row.args, [decimal(a) for a in args], strict=True)
        ]
        args = floats
        value = self.filled(row, row.numpy, args)
        return self.piece(f"{value.at(ATOM)}.item()", ATOM, (), (value,), "number")

    def filled(self, row: Row, template: str, args: list[Piece]) -> Piece:
        """The row's spelling with these arguments."""
        if "#" not in template:
            return self.piece(f"{self.spelled(template + '(')}{', '.join(a.text for a in args)})", ATOM, (), args)
        if COMPARISON.fullmatch(template):
            left, right = args
            return self.piece(f"{left.at(ADD)} {row.relation} {right.at(ADD)}", TEST, (), args)
        args = [a if template.count(f"#{k + 1}") == 1 or is_plain(a.text) else self.assign(a) for k, a in enumerate(args)]
        text = self.spelled(template)
        for k, a in enumerate(args):
            around_minus = re.split(rf"(?<=[(\s])-#{k + 1}(?=[,)])", text)
            if len(around_minus) > 1:
                text = self.scaled(-1, a).text.join(around_minus)
            alone = re.search(rf"(?<=[(\s])#{k + 1}(?=[,)])", text)
            text = text.replace(f"#{k + 1}", a.text if alone and template.count(f"#{k + 1}") == 1 else a.at(ATOM))
        return self.piece(text, ATOM, (), args)

    def opaque(self, node: Expr) -> Piece:
        label = opaque_name(node)
        args = [self.lift(self.whole(self.floats(self.pieces[a]), a.shape)) for a in node.args]
        once = "" if len(self.calls[label]) == 1 else ", once=False"
        dims = "(" + "".join(f"{self.known(d)}, " for d in node.shape).rstrip() + ")"
        parts = ", ".join([self.given, quoted(label), dims, *[a.text for a in args]])
        simple = len(args) == 1 and args[0].text.isidentifier()
        local = self.fresh(f"{identifier(label)}_{args[0].text}" if simple else f"{identifier(label)}_value")
        batch = node.data[2]
        apply = f"{self.helper('_apply_each')}({batch}, " if batch else f"{self.helper('_apply')}("
        made = self.assign(Piece(f"{apply}{parts}{once})", ATOM, tuple(range(len(node.shape)))), local)
        for axis, d in enumerate(node.shape):
            if isinstance(d, str) and d not in self.sizes and (d not in self.places or self.places[d][0] in self.optional):
                self.sizes[d] = f"{local}.shape[{axis}]"
        return made

    # ------------------------------------------------------------------------------------------ entries by their places

    def placed(self, node: Expr) -> Piece:
        """Entries taken or put: by a slice or by windows where the places follow each other, else one by one."""
        kind, shared = node.data[:-1], int(node.data[-1])
        e, x = node.args[-1], node.args[0]
        every = tuple(range(len(node.shape)))
        if kind in ("_dot", "_dots"):
            return self.convolved(node, (shared,) if kind == "_dot" else (shared // 2, shared % 2))
        self.work.add("entry", max(x.shape, node.shape, e.shape, key=size_of), node.shape)
        if kind == "_take" and not shared and len(e.shape) == 1 and (turned := self.turned(x)) is not None and follows(node):
            order, base = turned  # the axes of the base, in the order in which x has them
            axis = order[0]
            made = self.sliced(base, e, axis)
            return self.permute(made._replace(axes=()), order)._replace(axes=every)
        parts = [self.whole(self.floats(self.pieces[a]), a.shape) for a in node.args[:-1]]
        if not follows(node):
            index = self.pieces[e]
            size = f", {self.dim(node.shape[shared])}" if kind == "_put" else ""
            common = f", {shared}" if shared else ""
            text = f"{self.helper(kind)}({parts[0].text}, {self.whole(index, e.shape).text}{size}{common})"
            return self.piece(text, ATOM, every, (*parts, index))
        if kind in ("_upto", "_from"):
            return self.piece(f"{self.helper('_sums' if kind == '_upto' else '_sums_back')}({parts[0].text})", ATOM, every, parts)
        inside = windows(e)
        sizes = [self.dim(d) for d in e.shape]
        if inside is None:  # kept inside a range
            if kind == "_take":
                return self.sliced(parts[0], e, 0)._replace(axes=every)
            low, high, start = self.bounds(e)
            text = f"{self.helper('_put_inside')}({parts[0].text}, {start}, {self.dim(node.shape[0])}, {low}, {high})"
            return self.piece(text, ATOM, every, parts)
        if kind == "_take" and len(sizes) == 1:
            return self.sliced(parts[0], e, 0)._replace(axes=every)
        signs, rest = inside
        start = self.offset(replace(rest, const=rest.const - 1))
        text = f"{self.helper('_windows')}({parts[0].text}, {start}, ({signs[0]}, {signs[1]}), ({sizes[0]}, {sizes[1]}))"
        return self.piece(text, ATOM, every, parts)

    def convolved(self, node: Expr, axes: tuple[int, ...]) -> Piece:
        """Windows along one axis or two, times weights; axes: those of the places that are summed over."""
        x, w = [self.whole(self.floats(self.pieces[a]), a.shape) for a in node.args[:2]]
        self.work.add("vector", [*node.shape, *node.args[1].shape], node.shape)
        places = []
        for e, axis in zip(node.args[2:], axes, strict=True):
            inside = windows(e)
            assert inside is not None
            signs, rest = inside
            places.append(f"({self.offset(replace(rest, const=rest.const - 1))}, {signs[1 - axis]}, {signs[axis]})")
        ends = "," * (len(places) == 1)
        text = f"{self.helper('_convolved')}({x.text}, {w.text}, ({', '.join(places)}{ends}), {self.shape(node.shape)})"
        return self.piece(text, ATOM, tuple(range(len(node.shape))), (x, w))

    def turned(self, x: Expr) -> tuple[list[int], Piece] | None:
        """What is a transpose: the order of its axes, and what of."""
        if x.op != PROD or x in self.assigned or len(x.shape) < 2:
            return None
        p = self.products[x]
        if len(p.factors) != 1 or p.coef != 1 or p.units or p.deltas or sorted(p.factors[0][1]) != sorted(p.out):
            return None
        f, labels = p.factors[0]
        return [labels.index(label) for label in p.out], self.whole(self.floats(self.pieces[f]), f.shape)

    def sliced(self, x: Piece, e: Expr, axis: int) -> Piece:
        """The entries of x along an axis at places that follow each other."""
        inside = windows(e)
        if inside is None:
            low, high, start = self.bounds(e)
            text = f"{self.helper('_take_inside')}({x.text}, {start}, {self.dim(e.shape[0])}, {low}, {high}{f', {axis}' if axis else ''})"
        else:
            (sign,), rest = inside[0].values(), inside[1]
            back = f", {axis}, -1" if sign < 0 else f", {axis}" if axis else ""
            text = f"{self.helper('_slice')}({x.text}, {self.offset(replace(rest, const=rest.const - 1 + sign))}, {self.dim(e.shape[0])}{back})"
        return self.piece(text, ATOM, (), (x,))

    def bounds(self, e: Expr) -> tuple[str, str, str]:
        """Between which numbers an index is kept, and where the first place would be."""
        found = kept_inside(e)
        assert found is not None
        low, high, rest = found
        return str(low if low is not None else 1), self.offset(high) if high is not None else self.dim(e.shape[0]), self.offset(replace(rest, const=rest.const - 1))

    def offset(self, found: Linear) -> str:
        """Python for a whole number made of sizes."""
        text = ""
        for (atom, _), c in found.terms.items():
            part = self.pieces[atom].at(NEG) if atom in self.pieces else self.dim(atom.data)
            text += (" - " if c < 0 else " + ") + (part if abs(c) == 1 else f"{abs(c)}*{part}")
        if found.const or not text:
            text += f" - {-found.const}" if found.const < 0 else f" + {found.const}"
        text = text.strip()
        return text[2:] if text.startswith("+") else "-" + text[2:]

    # ------------------------------------------------------------------------------------------ products

    def product(self, node: Expr) -> Piece:
        p = self.products[node]
        self.span = p.size
        if p.coef == 0:
            return Piece("0", ATOM, (), "number")
        coef = prod([f.data for f, _ in p.factors if f.op == NUM], start=p.coef)
        factors = [self.factor(f, labels, p) for f, labels in p.factors if f.op != NUM]
        factors += [Factor(self.unit(k, p.size[label]), (label,)) for label, k in p.units.items() if label in p.out]
        present = {label for f in factors for label in f.labels}
        free = {*p.out, *present, *p.units}
        count = dim_product(d for label, d in p.size.items() if label not in free)
        if count != 1:
            factors.insert(0, Factor(Piece(self.dim(count), MUL if isinstance(count, tuple) else ATOM, (), "number"), ()))
        if any(label not in p.out for label in present) or any(len(set(f.labels)) < len(f.labels) for f in factors):
            if self.target.name == "jax" and coef not in (1, -1):
                # Into the brackets of a matrix, whose loop takes it along: XLA then leaves the product to its library, 0.85 of the time.
                k = next((k for k, f in enumerate(factors) if f.piece.level == ADD and len(f.labels) == 2), None)
                if k is not None:
                    factors[k] = factors[k]._replace(piece=self.scaled(coef, factors[k].piece))
                    coef = 1
            tensors = self.contract([f for f in factors if f.labels], p.out)
            factors = [f for f in factors if not f.labels] + tensors
            present = {label for f in factors for label in f.labels}
        diagonal = len(p.deltas) == 1 and present == {p.deltas[0][0]}
        if not diagonal:
            for pair in p.deltas:
                self.work.add("entry", [self.span[label] for label in pair])
                eye = Piece(f"{self.lib('eye')}({self.dim(p.size[pair[0]])}, {self.kind()})")
                factors.append(Factor(eye, pair))
                present.update(pair)
        order = [label for label in p.out if label in present]
        made = self.times(factors, order, coef)
        if diagonal:
            made = self.floats(made)
            order = sorted(p.deltas[0], key=p.out.index)
            self.work.add("entry", [self.span[label] for label in order])
            made = self.piece(f"{self.lib('diag')}({made.text})", ATOM, (), (made,))
        return made._replace(axes=tuple([p.out.index(label) for label in order]))

    def factor(self, node: Expr, labels: Sequence[int], p: Product) -> Factor:
        """A factor with labels for the axes that its array has; entries at basis vectors are taken out."""
        piece = self.pieces[node]
        own = tuple([labels[a] for a in piece.axes])
        under = inverse = tanh = None
        if is_reciprocal(node):
            under = self.pieces[node.args[0]]
        elif node not in self.assigned and (self.uses[node] == 1 or node in self.solved):
            if node.op == POW and node.args[1] is MINUS_ONE and (piece.kind == "array" or is_divisor(node.args[0])):
                under = self.floats(self.pieces[node.args[0]])
            elif node.op == CALL and node.data == "sigma" and self.target.name == "numpy":
                under = self.sigmoid_under(self.pieces[node.args[0]])
            elif self.target.slope and node.shape and (h := tanh_below(node)) is not None and self.pieces[h].axes == piece.axes:
                tanh = self.pieces[h]
            if node in self.solved and node.op == NAME:
                node = node.args[0]
            if node.op == CALL and node.data == "inv" and len(node.shape) == 2:
                inverse = self.whole(self.floats(self.pieces[node.args[0]]), node.shape)
        at = {label: k for label, k in p.units.items() if label not in p.out}
        for label in labels:
            if label in at:
                self.need(at[label], p.size[label])
        if any(label in at for label in own):
            spec = [str(at[label] - 1) if label in at else ":" for label in own]
            while spec[-1] == ":":
                spec.pop()
            piece = self.piece(f"{piece.at(ATOM)}[{', '.join(spec)}]", ATOM, (), (piece,), piece.kind)
            own = tuple([label for label in own if label not in at])
            under = inverse = tanh = None
        return Factor(piece, own, under, inverse, tanh, node if own == tuple(labels) else None)

    def sigmoid_under(self, t: Piece) -> Piece | None:
        """1 + exp(-t), where that is shorter than sigma(t)."""
        if not (t.text.startswith("-") and t.level in (NEG, MUL)):
            return None
        return self.piece(f"1 + {self.helper('_exp')}({self.scaled(-1, t).text})", ADD, t.axes, (t,))

    def times(self, factors: Sequence[Factor], order: Sequence[int], coef: Number = 1) -> Piece:
        """The product entry by entry; its axes are labelled `order`.

        Divisors come last. Truth values come behind an array, since with a plain number they would make float64.
        """
        factors = self.grouped(factors, order)
        vectors = [f for f in factors if f.labels]
        if len(order) == len(vectors) == 2 and all(len(f.labels) == 1 and not f.under for f in vectors):
            x, y = sorted(vectors, key=lambda f: order.index(f.labels[0]))
            inside = 1 if coef == -1 else coef
            scaled = self.times([f for f in factors if not f.labels] + [x], x.labels, inside)
            a, b = self.floats(scaled), self.floats(y.piece)
            factors = [Factor(self.piece(f"{self.lib('outer')}({a.text}, {b.text})", ATOM, (), (a, b)), tuple(order))]
            coef = coef if inside == 1 else 1
        so_far = set(factors[0].labels) if factors else set()
        for f in factors[1:]:
            so_far.update(f.labels)
            self.work.add("entry", [self.span[label] for label in so_far])
        slope = next((f for f in factors if f.tanh is not None), None)
        if slope is not None and slope.tanh is not None and len([f for f in factors if f.labels]) > 1:
            rest = self.floats(self.times([f for f in factors if f is not slope], order, coef))
            return self.piece(f"{self.target.slope}({rest.text}, {self.arrange(slope.tanh, slope.labels, order).text})", ATOM, (), (rest, slope.tanh))
        if len(factors) > 1 or coef != 1:
            factors = [f if f.piece.kind not in ("index", "wide") else f._replace(piece=self.floats(f.piece)) for f in factors]
        over = [self.arrange(f.piece, f.labels, order) for f in factors if f.under is None]
        under = [self.arrange(self.floats(f.under), f.labels, order) for f in factors if f.under is not None]
        if any(p.kind == "truth" for p in over) and (len(over) + len(under) > 1 or coef != 1):
            first = next((k for k, p in enumerate(over) if p.kind == "array"), None)
            if first is None or self.target.name == "math":
                over = [self.floats(p) for p in over]
            else:
                over[: first + 1] = sorted(over[: first + 1], key=lambda p: p.kind == "truth")
        kind = "number" if all(p.kind == "number" for p in over + under) else "array"
        if len(over) == 1 and not under and (coef == 1 or over[0].kind != "index"):
            kind = over[0].kind
        made = self.number(coef) if not over or coef not in (1, -1) else None
        for piece in over:
            made = piece if made is None else self.piece(f"{made.at(MUL)}*{piece.at(NEG)}", MUL, (), (made, piece), kind)
        assert made is not None
        for piece in under:
            made = self.piece(f"{made.at(MUL)}/{piece.at(NEG)}", MUL, (), (made, piece), kind)
        return self.scaled(-1, made) if coef == -1 and over else made

    def grouped(self, factors: Sequence[Factor], order: Sequence[int]) -> Sequence[Factor]:
        """Factors that have the same axes are multiplied before they are spread along others."""
        if len({f.labels for f in factors if f.labels}) < 2 or any(len(set(f.labels)) < len(f.labels) for f in factors):
            return factors
        made: list[Factor] = []
        groups: dict[tuple[int, ...], list[Factor]] = {}
        for f in factors:
            groups.setdefault(f.labels, []).append(f)
        for labels, group in groups.items():
            if len(group) == 1 or len(labels) in (0, len(order)):
                made += group
            else:
                made.append(Factor(self.times(group, labels), labels))
        return made

    def contract(self, factors: list[Factor], out: Sequence[int]) -> list[Factor]:
        """The factors, two at a time, until no label has to be summed over."""
        factors = [f._replace(piece=self.floats(f.piece)) for f in factors]
        met = Counter(label for f in factors for label in set(f.labels))
        factors = [self.reduce(f, {*out, *[label for label in f.labels if met[label] > 1]}) for f in factors]
        closed = [f for f in factors if all(label in out for label in f.labels)]
        open_ = [f for f in factors if not all(label in out for label in f.labels)]
        known: list[set[str]] = []  # pairs that were joined and will be met again
        order = Order(out, {label: size_of([d]) for label, d in self.span.items()})
        while len(open_) > 1:
            # The pair with the smallest result among those that the least work begins with, or of many factors the first few. Of equals,
            # one that has been computed, or whose axes stand side by side in the answer: that saves moving them there.
            best: tuple[int, int, bool, bool, bool, int, int] | None = None
            wanted = order.pairs([f.labels for f in open_])
            for j, b in enumerate(open_[:8]):
                for i, a in enumerate(open_[:j]):
                    if wanted is not None and (i, j) not in wanted:
                        continue
                    shared = [label for label in a.labels if label in b.labels and label not in out]
                    gone = {label for label in shared if met[label] == 2}
                    places = sorted([out.index(label) for label in {*a.labels, *b.labels} if label in out])
                    apart = not gone and len(places) > 1 and places[-1] - places[0] >= len(places)
                    cost = (
                        0 if gone else 1 if shared else 2,
                        len({*a.labels, *b.labels}) - len(gone),
                        {a.piece.text, b.piece.text} not in known and not self.paired(a, b),
                        not gone and any(len(f.labels) > 1 and f.node is not None and f.node.op == VAR for f in (a, b)),  # what is computed is scaled
                        apart,
                        i,
                        j,
                    )
                    best = cost if best is None or cost < best else best
            assert best is not None
            b, a = open_.pop(best[-1]), open_.pop(best[-2])
            self.beside = [f.labels for f in (*open_, *closed)]
            joined = self.join(a, b, {label for label in a.labels if label in b.labels and label not in out and met[label] == 2}, out)
            texts = [f.piece.text for f in open_]
            if joined.piece.text in self.once or self.paired(a, b) or (a.piece.text in texts and b.piece.text in texts):
                joined = joined._replace(piece=self.shared(joined.piece))
                known.append({a.piece.text, b.piece.text})
            met.update(joined.labels)
            met.subtract(a.labels + b.labels)
            if all(label in out for label in joined.labels):
                closed.append(joined)
            else:
                open_.insert(best[-2], joined)
        return closed + [self.reduce(f, set(out)) for f in open_]

    def shared(self, piece: Piece) -> Piece:
        """A piece that is met again: the same text is computed once."""
        if is_plain(piece.text):
            return piece
        if piece.text not in self.once:
            self.once[piece.text] = self.assign(piece)
        return self.once[piece.text]

    def reduce(self, f: Factor, kept: set[int]) -> Factor:
        """Diagonals taken, and labels summed over that nobody else has."""
        piece, labels = f.piece, f.labels
        once = tuple(dict.fromkeys(labels))
        left = tuple([label for label in once if label in kept])
        if left == labels:
            return f
        self.work.add("entry", [self.span[label] for label in once], [self.span[label] for label in left])
        if len(once) == len(labels):
            axes = [k for k, label in enumerate(labels) if label not in kept]
            axis = "" if not left else f"axis={axes[0] if len(axes) == 1 else tuple(axes)}"
            text = f"{piece.at(ATOM)}.sum({axis})"
        elif len(labels) == 2:
            text = f"{self.lib('diagonal' if left else 'trace')}({piece.text})"
        else:
            text = f'{self.lib("einsum")}("{spec([labels], left)}", {piece.text})'
        return Factor(self.piece(text, ATOM, (), (piece,)), left)

    def join(self, a: Factor, b: Factor, gone: set[int], out: Sequence[int]) -> Factor:
        """Two factors contracted over the labels in `gone`."""
        both = tuple(dict.fromkeys(a.labels + b.labels))
        left = tuple(sorted([label for label in both if label not in gone], key=lambda s: out.index(s) if s in out else len(out)))
        whole = next((f.labels for f in (a, b) if len(f.labels) == 2 and set(f.labels) == set(left)), None)
        if not gone and whole is not None:
            left = whole
        elif len(left) == 2 and not set(left) <= set(out):
            ways = Counter(tuple([label for label in labels if label in left]) for labels in self.beside if set(left) <= set(labels))
            left = left[::-1] if ways[left[::-1]] > ways[left] else left  # as in what it will be multiplied with, entry by entry
        parts = (a.piece, b.piece)
        if len(gone) == len(both) - len(left) and left and set(a.labels) == set(b.labels) and self.target.name != "numpy":
            return self.reduce(Factor(self.times([a, b], a.labels), a.labels), set(left))  # einsum makes a product of matrices of it
        if gone:
            over = [self.span[label] for label in both]
            often = all(len(f.labels) < len(both) for f in (a, b))
            self.work.add("matrix" if often else "vector", over, [self.span[label] for label in left])
        if not gone:
            if len(left) > 2:
                left = tuple(sorted(left, key=lambda s: s in out))  # axes to sum over in front: a matrix product takes them as they are
            return Factor(self.times([a, b], left), left)
        if len(gone) == 1 and len(left) == len(a.labels) + len(b.labels) - 2 and len(a.labels) <= 2 and len(b.labels) <= 2:
            return Factor(self.matmul(a, b, next(iter(gone)), left), left)
        if not left:
            product = self.times([a, b], a.labels)
            return Factor(self.piece(f"{product.at(ATOM)}.sum()", ATOM, (), (product,)), ())
        if not any(label in b.labels for label in a.labels if label not in gone):
            if left[0] in b.labels:
                a, b = b, a
            sums = [[f.labels.index(label) for label in sorted(gone)] for f in (a, b)]
            axes = f"axes={tuple([s[0] for s in sums])}" if len(gone) == 1 else f"axes={sums}"
            axes = axes if self.target.name != "torch" else f"dims={sums}"
            left = tuple([label for label in (*a.labels, *b.labels) if label not in gone])
            text = f"{self.lib('tensordot')}({a.piece.text}, {b.piece.text}, {axes})"
            return Factor(self.piece(text, ATOM, (), parts), left)
        batch = [label for label in left if label in a.labels and label in b.labels]
        if len(gone) == 1 and len(a.labels) == len(b.labels) == len(batch) + 2:
            # Matrices stacked along the labels in common: @ takes a tenth of einsum's time in NumPy.
            i, j = [label for label in left if label not in batch]
            a, b = (a, b) if i in a.labels else (b, a)
            x = self.permute(a.piece, [a.labels.index(label) for label in (*batch, i, *gone)])
            y = self.permute(b.piece, [b.labels.index(label) for label in (*batch, *gone, j)])
            return Factor(self.piece(f"{x.at(POWER)} @ {y.at(POWER)}", MATMUL, (), (x, y)), (*batch, i, j))
        return Factor(
            self.piece(f'{self.lib("einsum")}("{spec([a.labels, b.labels], left)}", {a.piece.text}, {b.piece.text})', ATOM, (), parts),
            left,
        )

    def matmul(self, a: Factor, b: Factor, k: int, left: Sequence[int]) -> Piece:
        """A matrix or vector times another, over the label k; an inverse is solved with instead."""
        if (left and left[0] in b.labels) if len(left) == 2 else (len(a.labels) == 1 and b.labels[-1] == k and len(b.labels) == 2):
            a, b = b, a
        if a.inverse is not None:
            return self.solve(a.inverse, a.labels[1] == k, b, b.labels[0] == k)
        if b.inverse is not None:
            found = self.solve(b.inverse, b.labels[0] != k, a, a.labels[0] == k)
            return self.permute(found, (1, 0)) if len(a.labels) == 2 else found
        if len(a.labels) == 1 and a.labels[0] == k and len(b.labels) == 2 and b.piece.text in self.symmetric and b.labels[0] == k:
            a, b = b._replace(labels=b.labels[::-1]), a
        if len(b.labels) == 1 and a.labels[0] == k and len(a.labels) == 2 and self.target.name == "jax":
            a, b = b, a  # XLA copies a transposed matrix in front of a vector, on CPUs
        x = a.piece if a.labels[-1] == k else self.permute(a.piece, (1, 0))
        y = b.piece if b.labels[0] == k else self.permute(b.piece, (1, 0))
        first = x.text if x.level == MATMUL else x.at(POWER)
        return self.piece(f"{first} @ {y.at(POWER)}", MATMUL, (), (x, y))

    def solve(self, matrix: Piece, upright: bool, right: Factor, ready: bool) -> Piece:
        """The inverse of a matrix, or of its transpose, times the right side; of a transposed matrix if that is not `ready`."""
        vector = len(right.labels) == 1
        n = self.span[right.labels[0]]
        self.work.add("solve", (n, n, n), (n, n))
        side = right.piece if vector or ready else self.permute(right.piece, (1, 0))
        if matrix.text in self.definite:
            b = f"{side.at(ATOM)}[:, None]" if vector and self.target.name == "torch" else side.text
            text = self.by_factor("solve", matrix).replace("#b", b) + ("[:, 0]" if b != side.text else "")
        else:
            matrix = matrix if upright or matrix.text in self.symmetric else self.permute(matrix, (1, 0))
            text = f"{self.lib('linalg')}.solve({matrix.text}, {side.text})"
        made = self.piece(text, ATOM, (), (matrix, side))
        return self.shared(made) if self.matrices else made

    # ------------------------------------------------------------------------------------------ the text

    def source(self, doc: str, *, several: bool) -> str:
        answers = self.write()
        head = self.head()
        keywords = [f"{p}=None" for p in self.params.values()]
        text = listed(f"def {self.name}(", [f"{self.values}=None, /", *["*"][: len(keywords)], *keywords, f"**{self.others}"], "):", 0)
        if doc:
            plain = all(quoted(line) == f'"{line}"' for line in doc.split("\n"))
            end = "\n" if "\n" in doc else ""
            text += (
                "\n".join([f"    {line}" if line else "" for line in f'"""{doc}{end}"""'.split("\n")] if plain else [f"    {doc!r}"]) + "\n"
            )
        text += "".join(f"    {line}\n" for line in [*head, *self.lines])
        result = ", ".join(p.text for p in answers) + "," * (several and len(answers) == 1)
        wide = len(answers) > 1 and len(result) > LINE
        text += listed("return (", [p.text for p in answers], ")", 4) if wide else f"    return {result}\n"
        text = self.with_helpers(text)
        imports = sorted(import_line(prefix, alias) for prefix, alias in self.imports.items())
        return "".join(imports) + "\n\n" * bool(imports) + text

    def bare(self, *, several: bool) -> str:
        """The function without the reading of its arguments."""
        answers = self.write()
        lines = [line for line in self.size_lines if ".shape[" in line and "_size" not in line]
        if self.kind_used:
            arrays = [self.params[label] for label in self.variables if label not in self.anywhere | self.optional]
            lines.append(f"{self.kind_name} = {self.spelled(self.target.kind[1]).replace('#', ', '.join(arrays))}")
        if any("_size" in line or "_kind_of" in line for line in self.size_lines + lines) or self.calls or not self.params:
            raise SymdiffError("a bare function takes arrays alone, and no argument has the sizes that this one needs", hint="leave bare out")
        result = ", ".join(p.text for p in answers) + "," * (several and len(answers) == 1)
        text = f"def {self.name}({', '.join(self.params.values())}):\n" + "".join(f"    {line}\n" for line in [*lines, *self.lines])
        text += f"    return {result}\n"
        for helper, plain in (("_norm2", "linalg.norm"), ("_exp", "exp")):
            if helper in self.helpers:
                text = re.sub(rf"(?<![\w.]){self.helpers[helper]}\(", f"{self.lib(plain)}(", text)
        text = self.with_helpers(text)
        imports = sorted(import_line(prefix, alias) for prefix, alias in self.imports.items() if re.search(rf"(?<![\w.]){alias}\.", text))
        return "".join(imports) + "\n\n" * bool(imports) + text

    def with_helpers(self, text: str) -> str:
        """The helpers that the text calls, and those that they call, in front of it."""
        fill = {f"#{part}": getattr(self.target, part) for part in ("ready", "floats", "shape", "cache", "alike", "counted", "joint", "stack")}
        fill |= {name: self.helper(name) for name in HELPERS}
        parts = re.compile("|".join(sorted(fill, reverse=True)))
        for name in reversed(HELPERS):
            helper = helper_text(name, self.target)
            if re.search(rf"(?<![\w.]){fill[name]}\(", text):
                for mark, kept in (("plain", self.target.alike), ("mixed", self.target.joint)):
                    helper = re.sub(rf" *#{mark}$" if kept else rf".*#{mark}\n", "", helper, flags=re.MULTILINE)
                text = self.spelled(parts.sub(lambda m: fill[m[0]], helper)) + "\n\n" + text
        return text

    def head(self) -> list[str]:
        """Arguments checked and converted, sizes read off them."""
        checks = []
        for label, v in self.variables.items():
            for axis, d in enumerate(v.shape):
                if isinstance(d, tuple) or (isinstance(d, str) and is_sum(d)):
                    wrong = f"{self.params[label]}.shape[{axis}] != {self.dim(d)}"
                    checks.append(f'if {wrong}:\n        raise ValueError("{label} should have {show_dim(d)} entries along axis {axis}")')
        if not self.params:
            return []
        entries = [f"{quoted(key)}: {p}" for key, p in self.params.items()]
        lines = [listed(f"{self.given} = {{", [*entries, f"**{self.others}"], "}", 4).strip()]
        spelled = ", ".join([f"{quoted(p)}: {quoted(key)}" for key, p in self.params.items() if p != key])
        arguments = f"{self.values}, {self.given}" + f", {{{spelled}}}" * bool(spelled)
        lines += [f"if {self.values} is not None:", f"    {self.given} = {self.helper('_joined')}({arguments})"]
        if self.variables:
            shapes = []
            for label, v in self.variables.items():
                dims = ", ".join([str(d) if isinstance(d, int) else quoted(show_dim(d)) for d in v.shape])
                shape = "..." if label in self.anywhere else f"({dims}{',' if len(v.shape) == 1 else ''})"
                shapes.append(f"({quoted(label)}, {shape})")
            optional = "".join([f"{quoted(label)}, " for label in self.variables if label in self.optional])
            names = listed("[", [self.params[label] for label in self.variables], "]", 4).strip()
            shapes_text = listed("(", shapes, ",)" if len(shapes) == 1 else ")", 4).strip()
            rest = f", ({optional.rstrip()})" if optional else ""
            lines.append(f"{names} = {self.helper('_arguments')}({self.given}, {shapes_text}{rest})")
        return lines + self.size_lines + checks + self.kind_lines()

    def kind_lines(self) -> list[str]:
        """What arrays that are made are to be like: those that are given."""
        lines: list[str] = []
        if self.kind_used:
            arrays = [self.params[label] for label in self.variables if label not in self.anywhere | self.optional]
            if arrays:
                made = self.spelled(self.target.kind[1]).replace("#", ", ".join(arrays))
            else:
                lost = dict.fromkeys([label for places in self.sources.values() for label, _ in places])
                made = f"{self.helper('_kind_of')}({self.given}, {listed_names(lost)})"
            lines.append(f"{self.kind_name} = {made}")
        return lines


def without_twins(exprs: Sequence[Expr], twins: dict[Expr, Expr]) -> Sequence[Expr]:
    """The expressions with every node that has a twin in front of it replaced by that."""
    if not twins:
        return exprs
    nodes = {node: k for k, node in enumerate(topological(exprs))}
    pairs = [(node, first) for node, first in twins.items() if node in nodes and first in nodes]  # others are parts of products
    twins = dict([pair if nodes[pair[1]] < nodes[pair[0]] else pair[::-1] for pair in pairs])  # so that none is put for a part of itself
    below = {n: (twins[n],) if n in twins else n.args for n in nodes}
    new: dict[Expr, Expr] = {}
    for node in _reached(exprs, below):
        new[node] = new[twins[node]] if node in twins else make(node.op, tuple([new[a] for a in node.args]), node.data, node.shape)
    return [new[e] for e in exprs]


def by_name(exprs: Sequence[Expr]) -> list[Expr]:
    """The expressions with the name of a binding wherever its value stands, so that it is computed once."""
    names = {node.args[0]: node.data for node in reversed(topological(exprs)) if node.op == NAME and node.args[0].args}

    def put(node: Expr, kids: tuple[Expr, ...]) -> Expr:
        if node.op == NAME and kids[0].op == NAME and kids[0].data == node.data:
            return kids[0]
        made = make(node.op, kids, node.data, node.shape)
        return make(NAME, (made,), names[node], node.shape) if node in names else made

    found = substitute(exprs, put)
    return [found[e] for e in exprs]


def _reached(roots: Sequence[Expr], below: dict[Expr, tuple[Expr, ...]]) -> list[Expr]:
    """The nodes that the pieces refer to, arguments first."""
    order: list[Expr] = []
    seen: set[Expr] = set()
    stack: list[tuple[Expr, bool]] = [(r, False) for r in reversed(roots)]
    while stack:
        node, done = stack.pop()
        if done:
            order.append(node)
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            stack.extend([(a, False) for a in reversed(below[node])])
    return order


def import_line(prefix: str, alias: str) -> str:
    line = MODULES[prefix]
    return (line if line.split()[-1] == alias else f"{line.partition(' as ')[0]} as {alias}") + "\n"


def opaque_name(node: Expr) -> str:
    """`phi` of phi(x), `Dphi` of its derivative, `D1phi`, `D2phi` of the derivatives by each of several arguments."""
    name, by, _ = node.data
    return "".join(["D" if len(node.args) == 1 else f"D{k + 1}" for k in by]) + str(name)


def identifier(name: str) -> str:
    """A Python identifier for a name of the formula: the name itself wherever that is possible."""
    name = re.sub(r"\W", "_", normalize("NFKC", name))
    if not name.isidentifier():
        name = "_" + name
    return name + "_" if iskeyword(name) or name == "__debug__" else name


def listed_names(names: Iterable[str]) -> str:
    """A tuple of texts."""
    texts = [quoted(name) for name in names]
    return f"({', '.join(texts)}{',' * (len(texts) == 1)})"


def quoted(text: str) -> str:
    return f'"{text}"' if text.isprintable() and not set(text) & {'"', "\\"} else repr(text)


def decimal(piece: Piece) -> Piece:
    """A whole number in digits with a point behind it."""
    return piece._replace(text=f"{piece.text}.0") if re.fullmatch(r"-?\d+", piece.text) else piece


def is_plain(text: str) -> bool:
    """Nothing is gained by a local for this: a name, the transpose of one, a number."""
    return PLAIN.fullmatch(text) is not None


def tanh_below(node: Expr) -> Expr | None:
    """h, where the node is 1 - h^2 and h the tanh of something."""
    if node.op != SUM or node.data != (1, -1) or not is_one(node.args[0]):
        return None
    square = node.args[1]
    if square.op != POW or square.args[1] is not TWO:
        return None
    h = square.args[0]
    value = h.args[0] if h.op == NAME else h
    return h if value.op == CALL and value.data == "tanh" else None


def is_divisor(node: Expr) -> bool:
    """A plain number that Python may divide by."""
    return node.op == DIM or (node.op == NUM and node.data != 0)


def is_reciprocal(node: Expr) -> bool:
    """1/n of a plain number, which divides wherever it stands."""
    return node.op == POW and node.args[1] is MINUS_ONE and is_divisor(node.args[0])


def literal(value: Number) -> tuple[str, int]:
    """An exact number as Python, and how it binds: whole numbers and short decimals as they are, else p/q, all correctly rounded."""
    sign = NEG if value < 0 else ATOM
    if type(value) is int and abs(value) <= 1 << 53:
        return str(value), sign
    try:
        rounded = float(value)
    except OverflowError:
        return ("-inf" if value < 0 else "inf"), sign
    if isinstance(value, Fraction) and max(abs(value.numerator), value.denominator) <= 1 << 53:
        text = repr(rounded)
        if len(text) > 8 or Fraction(text) != value:
            return f"{value.numerator}/{value.denominator}", MUL
    return repr(rounded), sign


def spec(inputs: Sequence[Sequence[int]], output: Sequence[int]) -> str:
    """The subscripts of an einsum, letters in order of appearance."""
    letter = dict(zip(dict.fromkeys([label for ls in inputs for label in ls]), LETTERS, strict=False))
    if any(label not in letter for ls in inputs for label in ls):
        raise SymdiffError(f"a product of more than {len(LETTERS)} axes")
    return ",".join("".join(letter[s] for s in ls) for ls in inputs) + "->" + "".join(letter[s] for s in output)


def listed(front: str, items: Sequence[str], back: str, indent: int) -> str:
    """`front` items, commas between, `back` and a line end; lines are broken between items."""
    pad = " " * indent
    lines, line = [], pad + front
    for k, item in enumerate(items):
        piece = item + (", " if k < len(items) - 1 else back)
        if len(line) + len(piece) > LINE and line.strip():
            lines.append(line.rstrip())
            line = pad + "    "
        line += piece
    return "\n".join([*lines, line if items else line + back]) + "\n"
