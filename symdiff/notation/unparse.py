"""Written nodes back to syntax: the inverse of `syntax.elaborate`.

In: an expression as written. Out: a Program whose text parses to the same expression, with the bindings that must stand
in front of it. What never changes: values, operand order, names. It ends because every (node, context) is built once.

A product that is none of matrix notation's forms, and every operation of order three or more, is written entry by
entry: `tensor(i=1..m, j=1..n, …)`, sums as `sum(k=1..p, …)`. Entries are pushed inwards through elementwise operations;
matrix products, names and calls are indexed as they stand, `(A*x)[i]`.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import count

from symdiff.bounds import LIMITS, exceeded
from symdiff.expr.build import (
    FORMS,
    MINUS_ONE,
    ONE,
    ZERO,
    Labels,
    atoms_of,
    blocks,
    dim_product,
    dim_sum,
    label_size,
    listed_entries,
    one_hot_of,
    place_of,
    selected,
    sum_terms,
)
from symdiff.expr.node import CALL, CONST, DELTA, DIM, NAME, NUM, OPAQUE, POW, PROD, RESHAPE, SUM, UNIT, VAR, Dim, Expr, Number, Shape
from symdiff.expr.operators import kind
from symdiff.expr.walk import functions, topological, variables
from symdiff.notation.numerals import in_digits
from symdiff.syntax.places import Atom, Sum
from symdiff.syntax.ranges import as_dims, inside, sum_of
from symdiff.syntax.tree import NUMBER, Binding, Declaration, Program, Tree, TypeSpec
from symdiff.table import TABLE
from symdiff.table.operators import CONDITIONS, CONNECTIVES

# Beyond this many tokens, parts that occur more than once get names of their own; beyond the second, nobody reads on.
SHARE_TOKENS = 2_000
# A part of fewer tokens is repeated rather than named.
SMALL = 5

# ------------------------------------------------------------------------------------------------- the public functions


def unparse(expr: Expr, *, expand: bool = False) -> Program:
    """The expression as a Program without declarations.

    The formula's own bindings (NAME with given=True) appear by name only; names that an answer introduced come as
    bindings in front, in dependency order. expand: every name is written out.
    LimitError if the text would have more tokens than the limit.
    """
    return _program(expr, expand=expand, given=False)


def unparse_program(expr: Expr) -> Program:
    """The expression with the declarations of all its variables and functions and all its bindings: it parses alone."""
    program = _program(expr, expand=False, given=True)
    program.statements[:0] = _declarations(expr)
    return program


def length(tree: Tree | Program) -> int:
    """How many tokens a reader sees: identifiers, numbers, operators, `[ ]` and `'`, but no `( ) ,`; declarations are not counted."""
    bindings = [s.value for s in tree.statements if isinstance(s, Binding)] if isinstance(tree, Program) else []
    body = tree.body if isinstance(tree, Program) else tree
    known: dict[int, int] = {}
    trees = [*bindings, *([body] if body else [])]
    for t in postorder(trees):
        known[id(t)] = _own_tokens(t) + sum([known[id(k)] for k in t.kids])
    return 2 * len(bindings) + sum(known[id(t)] for t in trees)


def postorder(trees: Iterable[Tree]) -> list[Tree]:
    """Every tree below the given ones once, kids first."""
    order: list[Tree] = []
    seen: set[int] = set()
    stack = [(t, False) for t in trees]
    while stack:
        t, done = stack.pop()
        if done:
            order.append(t)
        elif id(t) not in seen:
            seen.add(id(t))
            stack.append((t, True))
            stack.extend([(k, False) for k in t.kids])
    return order


# ------------------------------------------------------------------------------------------------- syntax of leaves


def number(value: Number) -> Tree:
    """A number as it is written: decimals where they are short, else a quotient; a minus sign is an operation."""
    size = abs(value)
    sign = (lambda t: Tree("neg", (t,))) if value < 0 else (lambda t: t)
    if isinstance(size, Fraction) and not in_digits(size):
        return Tree("div", (sign(Tree("number", value=size.numerator)), Tree("number", value=size.denominator)))
    return sign(Tree("number", value=size))


def _name(label: str) -> Tree:
    return Tree("name", value=label)


def _call(function: str, *kids: Tree) -> Tree:
    return Tree("call", kids, function)


def derivative_name(function: str, by: tuple[int, ...]) -> str:
    """`Dphi` for the derivative of phi by its argument, `D12f` for that of f by its first and its second."""
    return f"D{'' if by == (0,) else ''.join([str(k + 1) for k in by])}{function}"


def _dim(d: Dim) -> Tree:
    """A dimension as an expression: `n`, `3`, `size(x)`, `m*n`, `m + n`."""
    if (terms := sum_terms(d)) is not None:
        total: Tree | None = None
        for part, c in terms.items():
            term = number(abs(c)) if part == 1 else _dim(part) if abs(c) == 1 else Tree("mul", (number(abs(c)), _dim(part)))
            total = (term if c > 0 else Tree("neg", (term,))) if total is None else Tree("add" if c > 0 else "sub", (total, term))
        assert total is not None
        return total
    parts = []
    for part in d if isinstance(d, tuple) else (d,):
        if isinstance(part, int):
            parts.append(number(part))
        elif part.endswith(")"):
            function, _, label = part[:-1].partition("(")
            parts.append(_call(function, _name(label)))
        else:
            parts.append(_name(part))
    return _chain("mul", parts)


def _chain(kind: str, trees: Sequence[Tree]) -> Tree:
    result = trees[0]
    for t in trees[1:]:
        result = Tree(kind, (result, t))
    return result


def _own_tokens(t: Tree) -> int:
    if t.kind in _TWO_TOKENS:
        return 2
    if t.kind == "prime":
        return 1 + int(t.value[1])
    if t.kind == "over":  # the function, and `i = ..` where there is a range
        return 4 if len(t.kids) == 3 else 2
    if t.kind == "tensor":
        return 1 + 3 * len(t.value)
    return 1


_TWO_TOKENS = frozenset(("iverson", "index"))


# ------------------------------------------------------------------------------------------------- forms of products

_FORM = {pattern: form for form, pattern in FORMS.items() if form != "unrow" and not form.endswith("entry")}
for _axes in ((0,), (0, 1)):
    _FORM[((), _axes), _axes] = _FORM[(_axes, ()), _axes] = "scale"
    _FORM[(_axes, _axes), _axes] = "elementwise"
_CALLS = {form: form for form in ("rowsum", "colsum", "outer")}
_CALLS |= {"trace": "tr", "total": "sum", "matrix_total": "sum", "diag_part": "diag", "diag_matrix": "diag"}
_PRODUCTS = {"dot": "dot", "matvec": "mul", "row_vec": "mul", "vec_row": "mul", "matmul": "mul"}  # the operator that writes the form
_TRANSPOSED = frozenset(("transpose", "row", "unrow"))
# An entry of these is written behind them, `(A*x)[i]`; of the others, the entry is pushed inwards.
# Functions of a matrix as a whole in linear algebra, which are taken entry by entry here.
_OF_MATRICES = frozenset(("exp", "log", "log2", "log10", "sqrt", "cbrt", "sin", "cos", "tan", "sinh", "cosh", "abs", "sign"))
# Functions of the rows of A', which are the columns of A.
_BY_COLUMNS = {f"row{name}": f"col{name}" for name in ("mean", "max", "min", "prod", "norm2", "var", "std")} | {"logsumexp": "collogsumexp"}
_INDEXED = frozenset(("matvec", "matmul", "rowsum", "colsum"))
# Where their operand is written by entries, so are these; the sums become `sum(i=1..m, …)`.
_SUMS = frozenset(("total", "matrix_total", "trace", "rowsum", "colsum", "diag_part"))
_SUMMED = _SUMS | {"dot"}
_PUSHED = _SUMS | {"scale", "elementwise", "transpose"}


def form_of(e: Expr) -> str:
    """The written form of a PROD: a key of `build.FORMS`, "elementwise" or "entry"; "" if matrix notation has none."""
    args = e.args
    form = _FORM.get(e.data) or _FORM.get(_renumbered(*e.data), "")
    if len(args) > 1 and args[1].op == UNIT and _is_entry(e):
        return "entry"
    row = [kind(a) == "row" for a in args]
    if form == "diag_matrix":
        return form if args[1].op == DELTA else ""
    if form == "colsum":
        return "unrow" if row[0] else form
    if form == "rowsum":
        return "" if row[0] else form
    if form == "row":
        return form if e.shape[0] == 1 else ""
    if form in ("row_vec", "matvec"):
        return form if row[0] == (form == "row_vec") else ""
    if form == "vec_row":
        return form if row[1] else ""
    return form


def _renumbered(labels: tuple[Labels, ...], out: Labels) -> tuple[tuple[Labels, ...], Labels]:
    """Labels numbered in order of appearance, as FORMS has them."""
    new: dict[int, int] = {}
    return tuple([tuple([new.setdefault(k, len(new)) for k in ls]) for ls in labels]), tuple([new.setdefault(k, len(new)) for k in out])


def _is_entry(e: Expr) -> bool:
    """Whether unit vectors pick axes of a vector or matrix, in their order, and the others stay in theirs."""
    (base, *units), out = e.data
    picked = [ls[0] for ls in units if len(ls) == 1]
    return (
        len(base) < 3
        and all(a.op == UNIT for a in e.args[1:])
        and picked == [k for k in base if k in picked]
        and out == tuple([k for k in base if k not in picked])
    )


def _is_spread(e: Expr) -> bool:
    return e.op == PROD and e.data[0] == ((),) and 0 < len(e.shape) < 3


def _inverse_of(e: Expr) -> Expr | None:
    """The x of x^-1."""
    return e.args[0] if e.op == POW and e.args[1] is MINUS_ONE else None


# ------------------------------------------------------------------------------------------------- the builder


# How a node is asked for. SIZED: its text fixes its own size; FIXED: what stands around it does, so that `eye` is enough;
# CONDITION: as a truth value, without the Iverson bracket; VALUE_OF: the value of a node that has a name.
SIZED, FIXED, CONDITION, VALUE_OF = range(4)

Index = tuple[Tree, ...]
# node, how, the entry wanted (None: the whole value), how many index names are taken
Ask = tuple[Expr, int, Index | None, int]
Building = Generator[Ask, Tree, Tree]
Factors = list[tuple[Expr, Labels]]


def _program(expr: Expr, *, expand: bool, given: bool, typeset: bool = False) -> Program:
    order = topological([expr], set() if expand or given else _closed(expr))
    builder = _Typesetter(order, expand, given) if typeset else _Builder(order, expand, given)
    if _tokens(order, expand) > min(SHARE_TOKENS, LIMITS.tokens):
        builder.share()
        program = builder.program()
        if length(program) > LIMITS.tokens:
            raise exceeded("tokens", f"an answer of {length(program)} tokens", length(program), hint="compile it instead of printing it")
    else:
        program = builder.program()
    if not typeset:
        program.typeset = lambda: _program(expr, expand=expand, given=given, typeset=True)
    return program


def _closed(expr: Expr) -> set[Expr]:
    """The formula's own names that are met from above; what stands below them is not walked."""
    seen, stack = {expr}, [expr]
    closed: set[Expr] = set()
    while stack:
        e = stack.pop()
        if e.op == NAME and e.data[1]:
            closed.add(e)
            continue
        fresh = [a for a in e.args if a not in seen]
        seen.update(fresh)
        stack += fresh
    return closed


class _Builder:
    """One run of `unparse`: generators that ask for the trees of their operands, driven without recursion."""

    def __init__(self, order: list[Expr], expand: bool, given: bool) -> None:
        self.order = order
        self.expand = expand
        self.given = given
        self.shared: dict[Expr, str] = {}
        self.taken = _names(order)
        self.letters: list[str] = []
        self.fresh_letters = _fresh(("i", "j", "k", "l", "p", "q", "r", "s"), self.taken)
        self.loose = _loose(order)
        self.entangled = entangled(order)
        self.trees: dict[Ask, Tree] = {}
        self.bindings: dict[str, Binding] = {}

    def share(self) -> None:
        """Names `t1`, `t2`, … for parts worth one; to be called before the program is built."""
        fresh = _fresh((), self.taken, "t")
        self.shared = {e: next(fresh) for e in _repeated(self.order, self.expand)}
        self.taken |= set(self.shared.values())

    def program(self) -> Program:
        body = self.tree((self.order[-1], SIZED, None, 0))
        return Program("", list(self.bindings.values()), body)

    def tree(self, ask: Ask) -> Tree:
        answer: Tree | None = None
        stack: list[tuple[Ask, Building]] = [(ask, self.build(*ask))]
        while stack:
            ask, building = stack[-1]
            try:
                wanted = building.send(answer)  # type: ignore[arg-type]  # None starts a generator
            except StopIteration as done:
                self.trees[ask] = answer = done.value
                stack.pop()
                continue
            answer = self.trees.get(wanted)
            if answer is None:
                e, how, index, _ = wanted
                if e.args:
                    stack.append((wanted, self.build(*wanted)))
                else:
                    self.trees[wanted] = answer = _leaf(e, how, index if e.shape else None)
        assert answer is not None
        return answer

    def letter(self, k: int) -> str:
        """The k-th index name."""
        while len(self.letters) <= k:
            self.letters.append(next(self.fresh_letters))
        return self.letters[k]

    # -------------------------------------------------------------------------------------- one node

    def build(self, e: Expr, how: int, index: Index | None, depth: int) -> Building:
        if not e.shape:
            index = None
        op = e.op
        label = self.label(e) if how != VALUE_OF else ""
        if label:
            if label not in self.bindings and (op != NAME or self.given or not e.data[1]):
                ask = (e.args[0], SIZED, None, 0) if op == NAME else (e, VALUE_OF, None, 0)
                self.bindings[label] = Binding(label, (yield ask))
            return _entry(_name(label), index, kind(e))
        if op == NAME:
            return (yield (e.args[0], how, index, depth))
        if index is None and e in self.entangled:
            return (yield from self.tensor(e, (), depth, how))
        if op == PROD:
            return (yield from self.product(e, how, index, depth))
        if op == SUM:
            return (yield from self.sum(e, how, index, depth))
        if op == POW:
            return (yield from self.power(e, how, index, depth))
        if op == CALL:
            return (yield from self.call(e, how, index, depth))
        if op == RESHAPE:
            return (yield from self.reshape(e, index, depth))
        if op == OPAQUE:
            return _entry((yield from self.opaque(e, depth)), index)
        return _leaf(e, how, index)

    def label(self, e: Expr) -> str:
        if e.op == NAME:
            return "" if self.expand else str(e.data[0])
        return self.shared.get(e, "")

    def operands(
        self, args: Sequence[Expr], how: int, index: Index | None, depth: int, *, conditions: int = 0, spreads: bool = True
    ) -> Generator[Ask, Tree, list[Tree]]:
        """Operands of one shape. A spread scalar is written as the scalar where another operand shows the shape.

        conditions: so many operands at the front are truth values. spreads: False where a scalar operand would scale.
        """
        tensors = [a for a in args if a.shape and not (spreads and _is_spread(a))]
        fixed = how == FIXED or any(a not in self.loose for a in tensors)
        trees: list[Tree] = []
        shown = index is not None or bool(tensors)
        for k, a in enumerate(args):
            truth = k < conditions
            if spreads and _is_spread(a) and (shown or truth):
                trees.append((yield (a.args[0], CONDITION if truth else SIZED, None, depth)))
            elif truth or not a.shape:
                trees.append((yield (a, CONDITION if truth else SIZED, index, depth)))
            else:
                trees.append((yield (a, FIXED if fixed else SIZED, index, depth)))
                fixed = shown = True
        return trees

    # -------------------------------------------------------------------------------------- operations

    def sum(self, e: Expr, how: int, index: Index | None, depth: int) -> Building:
        entries = listed_entries(e)
        if entries is not None:
            if index is not None and index[0].kind == "number":
                return (yield (entries[index[0].value - 1], SIZED, None, depth))
            return _entry(Tree("listed", tuple((yield from self.values(entries, depth)))), index)
        if 0 < len(e.shape) < 3 and (whole := (yield from self.joined(e, depth))) is not None:
            return _entry(whole, index)
        terms = yield from self.terms(e, how, index, depth)
        result: Tree | None = None
        for c, t in zip(e.data, terms, strict=True):
            minus = c < 0
            if abs(c) != 1:
                t = Tree("mul", (number(abs(c) if result else c), t))
                minus = minus and result is not None
            if result is None:
                result = Tree("neg", (t,)) if minus else t
                continue
            result = Tree("sub" if minus else "add", (result, t))
        assert result is not None
        return result

    def joined(self, e: Expr, depth: int) -> Generator[Ask, Tree, Tree | None]:
        """A sum of parts among zeros that fill an axis: concat, hcat, vcat."""
        if len(e.args) > 50 or any(c != 1 for c in e.data):
            return None
        found: list[tuple[Dim, Dim, Expr]] = []  # what comes before, the size, the part
        across = -1
        for t in e.args:
            form = form_of(t) if t.op == PROD else ""
            cut = _cut(t.args) if form in ("matvec", "matmul") else None
            if cut is not None:
                k, (size, _, before, turned) = cut
                along = int(form == "matmul" and k == 1)
                part = t.args[1 - k]
                if turned == bool(along):
                    return None
            elif len(t.shape) == 1 and (at := place_of(t)) is not None:
                along, size, before, part = 0, 1, at, ONE
            elif t.op == PROD and t.data == (((), (0,)), (0,)) and (at := place_of(t.args[1])) is not None:
                along, size, before, part = 0, 1, at, t.args[0]
            elif (place := _placed(t)) is not None:
                along, before, part = place
                size = 1
            else:
                return None
            if across not in (-1, along):
                return None
            across = along
            found.append((before, size, part))
        ordered: list[Expr] = []
        end: Dim = 0
        while found:
            item = next((f for f in found if f[0] == end), None)
            if item is None:
                return None
            found.remove(item)
            ordered.append(item[2])
            end = dim_sum([(end, 1), (item[1], 1)])
        if end != e.shape[across] or len(ordered) < 2:
            return None
        name = "concat" if len(e.shape) == 1 else "vcat" if across == 0 else "hcat"
        kids = yield from self.values(ordered, depth)
        if name == "vcat":
            kids = [Tree("transpose", (t,)) if len(p.shape) == 1 else t for t, p in zip(kids, ordered, strict=True)]
        return _call(name, *kids)

    def terms(self, e: Expr, how: int, index: Index | None, depth: int) -> Generator[Ask, Tree, list[Tree]]:
        return (yield from self.operands(e.args, how, index, depth))

    def power(self, e: Expr, how: int, index: Index | None, depth: int) -> Building:
        base, exponent = e.args
        whole = bool(e.shape) and index is None
        if exponent is MINUS_ONE and base.op != NUM:
            (below,) = yield from self.operands((base,), how, index, depth)
            return Tree("ediv" if whole else "div", (number(1), below))
        if whole and exponent.shape:  # `x .^ c` keeps its scalar exponent, so a spread one is written out
            above = yield (exponent, SIZED, None, depth)
            below = yield (base.args[0] if _is_spread(base) and not _is_spread(exponent) else base, how, None, depth)
        else:
            (below,) = yield from self.operands((base,), how, index, depth)
            above = yield (exponent, SIZED, index, depth)
        return Tree("epow" if whole else "pow", (below, above))

    def call(self, e: Expr, how: int, index: Index | None, depth: int) -> Building:
        name = e.data
        if name in CONDITIONS:
            hot = _hot(e) if how != CONDITION and index is None else None
            if hot is not None:
                return _call("unit", (yield (hot, SIZED, None, depth)), _dim(e.shape[-1]))
            if how != CONDITION:
                return Tree("iverson", ((yield (e, CONDITION, index, depth)),))
            conditions = len(e.args) if name in CONNECTIVES else 0
            return Tree(name, tuple((yield from self.operands(e.args, SIZED, index, depth, conditions=conditions))))
        row = TABLE[name]
        spelling = row.spelled or name
        args = _without_defaults(e)
        if name == "matrix_power":
            (below,) = yield from self.operands(args[:1], how, None, depth)
            return _entry(Tree("pow", (below, (yield (args[1], SIZED, None, depth)))), index)
        if row.elementwise:
            return _call(spelling, *(yield from self.operands(args, how, index, depth, conditions=int(name == "if"))))
        if index is not None and _is_count(e):
            return index[-1]
        if name == "cumsum" and len(e.shape) > 2 and index is not None:  # the language knows it of vectors and matrices only
            letter = self.letter(depth)
            inner = yield (args[0], SIZED, (*index[:-1], _name(letter)), depth + 1)
            upto = Tree("iverson", (Tree("le", (_name(letter), index[-1])),))
            return Tree("over", (number(1), _dim(e.shape[-1]), Tree("mul", (upto, inner))), ("sum", letter))
        batch = _batch(e)
        if index is not None and batch:
            rows: list[Tree] = []
            for a in args:
                constant = _in_every_row(a, batch)
                if constant is not None:
                    rows.append((yield (constant, SIZED, None, depth)))
                elif a.op == CALL and _batch(a) == batch:
                    rows.append((yield (a, SIZED, index[:batch], depth)))
                elif a in self.entangled:
                    rows.append((yield from self.tensor(a, index[:batch], depth)))
                else:
                    rows.append(_entry((yield (a, SIZED, None, depth)), index[:batch]))
            return _entry(_call(spelling, *rows), index[batch:] or None)
        if name in _BY_COLUMNS and args[0].op == PROD and form_of(args[0]) == "transpose":
            spelling, args = _BY_COLUMNS[name], (args[0].args[0], *args[1:])
        kids = yield from self.values(args, depth)
        return _entry(_call(spelling, *kids), index, kind(e))

    def constant(self, c: Expr, inner: Tree, shape: Shape) -> Tree:
        return _constant(c, inner, shape)

    def opaque(self, e: Expr, depth: int) -> Building:
        name, by = e.data
        args = yield from self.values(e.args, depth)
        if by and len(args) == 1 and not e.shape and not e.args[0].shape:
            return Tree("prime", tuple(args), (name, len(by)))
        return _call(derivative_name(name, by) if by else name, *args)

    def reshape(self, e: Expr, index: Index | None, depth: int) -> Building:
        (value,) = e.args
        function = reshaping(e)
        if function:
            return _entry(_call(function, *(yield from self.values(value.args, depth))), index)
        assert index is not None
        return (yield (value, SIZED, _reindex(index, e.shape, value.shape), depth))

    def product(self, e: Expr, how: int, index: Index | None, depth: int) -> Building:
        form = form_of(e)
        args = e.args
        if _is_spread(e):
            inner = yield (args[0], SIZED, None, depth)
            return inner if index is not None else self.constant(args[0], inner, e.shape)
        if form in ("scale", "elementwise"):
            return (yield from self.elementwise_product(args, how, index, depth))
        hot = next((k for k in (0, 1) if form == "dot" and _hot(args[k]) is not None and _is_whole(args[1 - k])), None)
        if hot is not None:  # x.unit(y, k) is x[y]
            label = _hot(args[hot])
            assert label is not None
            return _entry((yield (args[1 - hot], SIZED, None, depth)), ((yield (label, SIZED, None, depth)),))
        if not form or (index is not None and form not in _INDEXED) or (form in _SUMMED and not self.entangled.isdisjoint(args)):
            return (yield from self.contraction(e, how, index or (), depth))
        if form == "entry":
            base = yield (args[0], SIZED, None, depth)
            at = {ls[0]: number(u.data) for ls, u in zip(e.data[0][1:], args[1:], strict=True)}
            return _entry(base, tuple([at.get(axis, Tree("slice")) for axis in e.data[0][0]]), kind(args[0]))
        if form in _TRANSPOSED:
            return Tree("transpose", ((yield (args[0], how if form == "transpose" else SIZED, None, depth)),))
        if form in _CALLS:
            kids = yield from self.values(args[:1] if form == "diag_matrix" else args, depth)
            return _entry(_call(_CALLS[form], *kids), index)
        if form in ("matvec", "matmul") and (cut := _cut(args)) is not None:
            k, (size, whole, before, turned) = cut
            x = args[1 - k]
            inner = yield (x, SIZED, None, depth)
            along = int(form == "matmul" and k == 1)
            if turned != bool(along):
                return _entry(_among_zeros(inner, x.shape, along, size, whole, before), index, kind(e))
            place = Tree("slice", (_dim(dim_sum([(before, 1), (1, 1)])), _dim(dim_sum([(before, 1), (size, 1)]))), "between")
            places = (place,) if len(x.shape) == 1 else (place, Tree("slice")) if not along else (Tree("slice"), place)
            return _entry(Tree("index", (inner, *places)), index, kind(e))
        kids = yield from self.operands(args, how if form == "matmul" else SIZED, None, depth, spreads=False)
        if form == "matmul":
            if args[0] is args[1]:
                return _entry(Tree("pow", (kids[0], number(2))), index)
            k = _matrix_power(*kids)
            if k:
                return _entry(Tree("pow", (kids[1], number(k + 1))), index)
        scalar = NUMBER if form == "row_vec" and kids[0].kind == "mul" else None
        return _entry(Tree(_PRODUCTS[form], tuple(kids), scalar), index, kind(e))

    def elementwise_product(self, args: Sequence[Expr], how: int, index: Index | None, depth: int) -> Building:
        """`c*x`, `x .* y`, `x/c`, `x ./ y`; here a spread scalar is written with its size, for `c .* x` scales."""
        a, b = args
        below = _inverse_of(b)
        if below is not None and (a is ONE or a.op == below.op == NUM):
            below = None
        trees = yield from self.operands((a, b if below is None else below), how, index, depth, spreads=False)
        dotted = index is None and bool(b.shape) and (bool(a.shape) or below is not None)
        kinds = ("mul", "emul") if below is None else ("div", "ediv")
        return Tree(kinds[dotted], tuple(trees))

    def values(self, args: Sequence[Expr], depth: int) -> Generator[Ask, Tree, list[Tree]]:
        trees: list[Tree] = []
        for a in args:
            trees.append((yield (a, SIZED, None, depth)))
        return trees

    # -------------------------------------------------------------------------------------- index notation

    def tensor(self, e: Expr, first: Index, depth: int, how: int = SIZED) -> Building:
        """`tensor(i=1..m, …, entry)`: what stands at the first indices, all of it if there are none. how: VALUE_OF where a name for it is defined."""
        shape = e.shape[len(first) :]
        letters = [self.letter(depth + k) for k in range(len(shape))]
        body = yield (e, how if how == VALUE_OF else SIZED, (*first, *[_name(i) for i in letters]), depth + len(letters))
        limits = [limit for d in shape for limit in (number(1), _dim(d))]
        return _slices(letters, shape, body) or Tree("tensor", (*limits, body), tuple(letters))

    def contraction(self, e: Expr, how: int, index: Index, depth: int) -> Building:
        """An entry of a product: labels that are summed get a letter and a sum, or the number at which a unit vector stands."""
        labels, out = e.data
        at = dict(zip(out, index, strict=True))
        factors: Factors = []
        for f, ls in zip(e.args, labels, strict=True):
            if f.op == UNIT and ls[0] not in at:
                at[ls[0]] = number(f.data)
            else:
                factors.append((f, ls))
        picks: dict[int, tuple[Expr, Labels]] = {}  # summed labels along which a label of the language picks the only entry
        for f, ls in list(factors):
            picked = one_hot_of(f)
            if picked is None or ls[picked[1]] in at or ls[picked[1]] in picks or not picks.keys().isdisjoint(ls):
                continue
            label = ls[picked[1]]
            others = [g for g, labels in factors if label in labels and g is not f]
            if len(others) == 1 and _is_whole(others[0]) and not any(label in inner for _, inner in picks.values()):
                picks[label] = picked[0], tuple([ls[k] for k in picked[2]])
                factors.remove((f, ls))
        sums: list[tuple[str, Dim]] = []
        for f, ls in factors:
            for label, d in zip(ls, f.shape, strict=True):
                if d == 1:
                    at.setdefault(label, number(1))
                elif label not in at and label not in picks:
                    sums.append((self.letter(depth + len(sums)), d))
                    at[label] = _name(sums[-1][0])
        if sums and any(f.op == CALL and f.data == "eq" for f, _ in factors):
            places, factors = yield from self.sums_of_indices(factors, at, [(letter, d) for letter, d in sums], depth + len(sums))
            if places:  # without the sums over the labels that the places stand for
                gone = {at[label].value for label in places}
                left = [(letter, d) for letter, d in sums if letter not in gone]
                renamed = {letter: self.letter(depth + k) for k, (letter, _) in enumerate(left)}
                sums = [(renamed[letter], d) for letter, d in left]
                at = {label: _name(renamed[t.value]) if t.kind == "name" and t.value in renamed else t for label, t in at.items() if label not in places}
                at |= {label: _sum_tree([(c, at[k] if isinstance(k, int) else k) for k, c in total]) for label, total in places.items()}
        for label, (variable, batch) in picks.items():
            for k, d in zip(batch, variable.shape, strict=True):
                if k not in at:
                    sums.append((self.letter(depth + len(sums)), d))
                    at[k] = _name(sums[-1][0])
            at[label] = yield (variable, SIZED, tuple([at[k] for k in batch]) or None, depth)
        if len(sums) == 1 and len(factors) == 2 and self.is_dot(factors, at, sums[0][0]):
            return (yield from self.dot(factors, at, sums[0][0], depth))
        depth += len(sums)
        body: Tree | None = None
        if len(factors) > 1:
            factors = [(f, ls) for f, ls in factors if not _is_ones(f)]
        for f, ls in factors:
            below = _inverse_of(f)
            divide = below is not None and body is not None
            entry = tuple([at[label] for label in ls]) if ls else None
            t = yield (below if divide and below is not None else f, how if len(factors) == 1 else SIZED, entry, depth)
            body = t if body is None else Tree("div" if divide else "mul", (body, t))
        result = body or number(1)
        for letter, d in reversed(sums):
            result = Tree("over", (number(1), _dim(d), result), ("sum", letter))
        return result

    def sums_of_indices(
        self, factors: Factors, at: dict[int, Tree], sums: list[tuple[str, Dim]], depth: int
    ) -> Generator[Ask, Tree, tuple[dict[int, list[tuple[int | Tree, int]]], Factors]]:
        """`sum(l, x[l]*[l == i + j - 1])` is `x[i + j - 1]`: the labels that need no sum, with what stands for each, and the other factors.

        What stands for a label: labels, or trees of sizes and 1, each with its coefficient.
        """
        label_of = {t.value: k for k, t in at.items() if t.kind == "name"}
        names = list(label_of)
        scope = {name: k for k, name in enumerate(names)}
        ranges = {label: d for f, ls in factors for label, d in zip(ls, f.shape, strict=True)}
        summed = {letter for letter, _ in sums}
        found: dict[int, list[tuple[int | Tree, int]]] = {}
        left = list(factors)
        for f, ls in factors:
            if f.op != CALL or f.data != "eq" or any(label in found for label in ls):
                continue
            condition = yield (f, CONDITION, tuple([at[label] for label in ls]), depth)
            sizes: dict[Atom, Tree] = {}
            sides = [sum_of(side, scope, sizes) for side in condition.kids]
            if sides[0] is None or sides[1] is None:
                continue
            total = dict(sides[0])
            for atom, c in sides[1].items():
                total[atom] = total.get(atom, 0) - c
            for label in dict.fromkeys(ls):
                letter = at[label].value if at[label].kind == "name" else ""
                c = total.get(scope.get(letter, -1), 0)
                others = [g for g, labels in left if g is not f and label in labels]
                if letter not in summed or abs(c) != 1 or len(others) != 1 or not _is_whole(others[0]):
                    continue
                place = {atom: -c * times for atom, times in total.items() if times and atom != scope[letter]}
                indices = [atom for atom in place if isinstance(atom, int)]
                if (len(indices) == 1 and place[indices[0]] == 1 and set(place) <= {indices[0], ""}) or not _fits(place, names, label_of, ranges, label):
                    continue
                one = number(1)
                found[label] = [
                    (label_of[names[atom]] if isinstance(atom, int) else sizes[atom] if atom else one, times) for atom, times in place.items()
                ]
                left.remove((f, ls))
                break
        used = {k for total in found.values() for k, _ in total if isinstance(k, int)}
        return ({}, factors) if used & found.keys() else (found, left)

    def is_dot(self, factors: Factors, at: dict[int, Tree], letter: str) -> bool:
        """Whether a sum is the dot product of vectors, or rows or columns of matrices, that matrix notation can write."""
        summed = [[at[label].value for label in ls].count(letter) for _, ls in factors]
        return summed == [1, 1] and all(len(ls) < 3 and f not in self.entangled and _inverse_of(f) is None for f, ls in factors)

    def dot(self, factors: Factors, at: dict[int, Tree], letter: str, depth: int) -> Building:
        trees = []
        for f, ls in factors:
            whole = yield (f, SIZED, None, depth)
            entry = [at[label] for label in ls]
            if len(ls) == 1:
                trees.append(whole)
            elif kind(f) == "row":
                trees.append(whole.kids[0] if whole.kind == "transpose" else Tree("transpose", (whole,)))
            elif entry[1].value == letter:
                trees.append(Tree("index", (whole, entry[0])))
            else:
                trees.append(Tree("index", (whole, Tree("slice"), entry[1])))
        return Tree("dot", tuple(trees))


class _Typesetter(_Builder):
    """The same for readers who do not know the types: what text leaves to them is written out.

    A scalar beside a matrix is spread by ones, unless all happens entry by entry, `h ⊙ (1 - h)`; functions that matrices have, too, are
    marked where they are taken entry by entry; a number within a chain of matrices has brackets; a condition on an index is an entry's.
    """

    def __init__(self, order: list[Expr], expand: bool, given: bool) -> None:
        super().__init__(order, expand, given)
        self.entrywise = _entrywise(order)

    def build(self, e: Expr, how: int, index: Index | None, depth: int) -> Building:
        by_entries = _is_count(e) or _is_running(e) or (e.op == CALL and any(map(_counts, e.args)))
        if by_entries and index is None and e.shape and how != CONDITION and not self.label(e):
            return (yield from self.tensor(e, (), depth))
        if index is not None and e.op == CALL and e.data == "cumsum" and len(e.shape) == 1 and not _is_count(e) and not self.label(e):
            letter = self.letter(depth)
            inner = yield (e.args[0], SIZED, (_name(letter),), depth + 1)
            return Tree("over", (number(1), index[0], inner), ("sum", letter))
        return (yield from super().build(e, how, index, depth))

    def terms(self, e: Expr, how: int, index: Index | None, depth: int) -> Generator[Ask, Tree, list[Tree]]:
        if index is not None or not e.shape or e in self.entrywise or not any(map(_is_spread, e.args)):
            return (yield from super().terms(e, how, index, depth))
        shown = how == FIXED or any(not _is_spread(a) and a not in self.loose for a in e.args)
        found = []
        for a in e.args:
            if _is_spread(a):
                found.append(_ones(a.args[0], (yield (a.args[0], SIZED, None, depth)), a.shape, sized=not shown))
            else:
                found.append((yield (a, FIXED if shown else SIZED, None, depth)))
        return found

    def call(self, e: Expr, how: int, index: Index | None, depth: int) -> Building:
        tree = yield from super().call(e, how, index, depth)
        if tree.kind != "call" or index is not None:
            return tree
        if len(e.shape) == 2 and kind(e) != "row" and e.data in _OF_MATRICES:
            return Tree("entrywise", tree.kids, tree.value)
        if e.data == "norm2" and len(e.args[0].shape) == 2:
            return Tree("frobenius", tree.kids)
        return tree

    def constant(self, c: Expr, inner: Tree, shape: Shape) -> Tree:
        return _ones(c, inner, shape, sized=True)

    def elementwise_product(self, args: Sequence[Expr], how: int, index: Index | None, depth: int) -> Building:
        tree = yield from super().elementwise_product(args, how, index, depth)
        kids = list(tree.kids)
        for k, a in enumerate(args):
            if tree.kind == "mul" and index is None and not a.shape and args[1 - k].shape and _is_open_chain(a):
                kids[k] = Tree("bracket", (kids[k],))
        return Tree(tree.kind, tuple(kids), tree.value)


# ------------------------------------------------------------------------------------------------- parts of the builder


def _entry(t: Tree, index: Index | None, what: str = "") -> Tree:
    """t at the index; the entries of a row are those of its vector."""
    if index is None:
        return t
    return Tree("index", (t, *(index[1:] if what == "row" else index)))


def _cut(args: tuple[Expr, ...]) -> tuple[int, tuple[Dim, Dim, Dim, bool]] | None:
    """Which of two factors is a selector that takes entries from the other, or puts it among zeros, and what it says."""
    for k in (0, 1):
        if args[1 - k].op != CALL or args[1 - k].data != "eq":
            found = selected(args[k])
            if found is not None:
                return k, found
    return None


def _placed(t: Expr) -> tuple[int, Dim, Expr] | None:
    """The axis, what comes before, and the vector that an outer product with a basis vector makes a column or a row of a matrix."""
    if t.op != PROD or len(t.args) != 2 or len(t.shape) != 2:
        return None
    if t.data == FORMS["outer"]:
        left, right = t.args
    elif t.data == FORMS["vec_row"] and t.args[1].op == PROD and t.args[1].data == FORMS["row"]:
        left, right = t.args[0], t.args[1].args[0]
    else:
        return None
    if (before := place_of(right)) is not None:
        return 1, before, left
    before = place_of(left)
    return None if before is None else (0, before, right)


def _among_zeros(inner: Tree, shape: Shape, along: int, size: Dim, whole: Dim, before: Dim) -> Tree:
    """`concat(zeros(2), x, zeros(n - 5))`: a part at its place."""

    def zeros(d: Dim) -> list[Tree]:
        if d == 0:
            return []
        sizes = [_dim(d)] if len(shape) == 1 else [_dim(d), _dim(shape[1])] if along == 0 else [_dim(shape[0]), _dim(d)]
        return [_call("zeros", *sizes)]

    rest = dim_sum([(whole, 1), (before, -1), (size, -1)])
    parts = [*zeros(before), inner, *zeros(rest)]
    return inner if len(parts) == 1 else _call("concat" if len(shape) == 1 else "hcat" if along else "vcat", *parts)


def _slices(letters: Sequence[str], shape: Shape, body: Tree) -> Tree | None:
    """`tensor(i=1..4, x[i + 1])` as `x[2:5]`, where each index takes its own axis in turn; None for other entries."""
    if body.kind != "index" or len(body.kids) != 1 + len(letters) or any(not isinstance(d, int) for d in shape):
        return None
    base, *entries = body.kids
    if base.kind not in ("name", "call") or any(t.kind == "name" and t.value in letters for t in postorder([base])):
        return None
    found = []
    for letter, d, t in zip(letters, shape, entries, strict=True):
        first = 1
        if t.kind == "add" and t.kids[1].kind == "number" and isinstance(t.kids[1].value, int):
            t, first = t.kids[0], 1 + t.kids[1].value
        if t.kind != "name" or t.value != letter or not isinstance(d, int):
            return None
        found.append(Tree("slice", (number(first), number(first + d - 1)), "between"))
    return Tree("index", (base, *found))


def _leaf(e: Expr, how: int, index: Index | None) -> Tree:
    if e.op == NUM:
        return number(e.data)
    if e.op == DIM:
        return _dim(e.data)
    if e.op == CONST:
        return _name(e.data)
    if e.op == VAR:
        return _entry(_name(e.data[0]), index)
    if e.op == DELTA:
        return _name("eye") if how == FIXED and index is None else _entry(_call("eye", _dim(e.shape[0])), index)
    assert e.op == UNIT
    return _entry(_call("unit", number(e.data), _dim(e.shape[0])), index)


def _matrix_power(left: Tree, right: Tree) -> int:
    """The k of `right^k * right`, else 0."""
    same = left.kind == "pow" and left.kids[0] is right and left.kids[1].value < LIMITS.power
    return int(left.kids[1].value) if same else 0


def _constant(c: Expr, inner: Tree, shape: Shape) -> Tree:
    """Equal entries: `ones(n)`, `zeros(m, n)`, `vector(c, n)`, `matrix(c, m, n)`; a row is `ones(n)'`."""
    if len(shape) == 2 and shape[0] == 1:
        return Tree("transpose", (_constant(c, inner, shape[1:]),))
    dims = [_dim(d) for d in shape]
    if c is ONE or c is ZERO:
        return _call("ones" if c is ONE else "zeros", *dims)
    return _call("vector" if len(dims) == 1 else "matrix", inner, *dims)


def _ones(c: Expr, inner: Tree, shape: Shape, *, sized: bool) -> Tree:
    """Equal entries by ones: `c 1`, `c 1 1'`; sized: with the sizes."""
    if c is ZERO:
        return _constant(c, inner, shape) if sized else _call("zeros")
    first, *second = [_call("ones", *([_dim(d)] if sized and d != 1 else ())) for d in shape]
    ones = Tree("mul", (first, Tree("transpose", (second[0],)))) if second else first
    if len(shape) == 2 and shape[0] == 1:
        ones = Tree("transpose", (second[0],))
    return ones if c is ONE else Tree("mul", (Tree("bracket", (inner,)) if _is_open_chain(c) else inner, ones))


def _entrywise(order: Sequence[Expr]) -> set[Expr]:
    """The values that are only used entry by entry, so that a scalar among them needs no ones."""
    found: set[Expr] = set()
    elsewhere = {order[-1]}
    for e in reversed(order):
        by_entries = e.op == POW or (e.op == CALL and TABLE[e.data].elementwise)
        if e.op == PROD and len(e.shape) > 0 and form_of(e) in ("scale", "elementwise"):
            by_entries = sum(bool(a.shape) for a in e.args) > 1
        passed = e.op == SUM or (e.op == PROD and form_of(e) in ("scale", "elementwise", "transpose"))
        for a in e.args:
            if by_entries or (passed and e in found and e not in elsewhere):
                found.add(a)
            else:
                elsewhere.add(a)
    return found - elsewhere


def _is_open_chain(e: Expr) -> bool:
    """Whether a number is written as a product that has a row and a vector without brackets around them."""
    stack = [e]
    while stack:
        e = stack.pop()
        if e.op == PROD and not e.shape:
            form = form_of(e)
            if form == "row_vec":
                return True
            if form in ("scale", "elementwise"):
                stack.extend(e.args)
    return False


def _is_running(e: Expr) -> bool:
    """Running sums of a vector."""
    return e.op == CALL and bool(e.data == "cumsum") and len(e.shape) == 1


def _counts(e: Expr) -> bool:
    """The numbers of an index, or a sum with them."""
    return bool(e.shape) and (_is_count(e) or (e.op == SUM and any(map(_is_count, e.args))))


def _batch(e: Expr) -> int:
    """How many axes a function of several vectors has in front of theirs: such a call is written row by row."""
    row = TABLE[e.data]
    if row.elementwise or len(e.args) == 1:
        return 0
    ins, out = row.core()
    if ins[0] == ("*",) or (sum(map(bool, ins)) == 1 and not any(a.shape for core, a in zip(ins, e.args, strict=True) if not core)):
        return 0
    return len(e.shape) - len(out)


def _in_every_row(e: Expr, batch: int) -> Expr | None:
    """The value that stands at every place along the first axes."""
    if e.op != PROD:
        return None
    if form_of(e) == "vec_row":
        return e.args[1].args[0] if batch == 1 and _is_ones(e.args[0]) and form_of(e.args[1]) == "row" else None
    labels, out = e.data
    return e.args[0] if len(e.args) == 1 and labels[0] and labels[0] == out[batch:] and len(set(out)) == len(out) else None


def _without_defaults(e: Expr) -> tuple[Expr, ...]:
    """The arguments of a call, without those at the end that are what the row takes anyway."""
    args = e.args
    row = TABLE[e.data]
    for default in reversed(row.defaults):
        last = args[-1].args[0] if _is_spread(args[-1]) else args[-1]
        if last.op != NUM or last.data != Fraction(default):
            break
        args = args[:-1]
    return args


def _reindex(index: Index, outer: Shape, inner: Shape) -> Index:
    """Where in the inner shape the entry of the outer one lies; both in row-major order, indices counted from 1."""

    def offset(t: Tree) -> Tree:
        return Tree("sub", (t, number(1)))

    def times(t: Tree, d: Dim) -> Tree:
        return t if d == 1 else Tree("mul", (t, _dim(d)))

    result = []
    for axes, parts in blocks(inner, outer):
        place = index[parts[0]]
        for k in parts[1:]:
            if outer[k] != 1:
                whole = _put_together(place, index[k])
                place = whole or Tree("add", (times(offset(place), outer[k]), index[k]))
        for k in axes[:-1]:
            step = dim_product(inner[k + 1 : axes.stop])
            skipped = _call("floor", Tree("div", (offset(place), _dim(step))))
            result.append(Tree("add", (skipped, number(1))) if inner[k] != 1 else number(1))
            place = Tree("sub", (place, times(skipped, step))) if inner[k] != 1 else place
        result.append(place)
    return tuple(result)


def _put_together(a: Tree, b: Tree) -> Tree | None:
    """The index whose two parts a and b are: floor((r - 1)/n) + 1 and r - floor((r - 1)/n)*n."""
    if a.kind == "add" and b.kind == "sub" and b.kids[1].kind == "mul" and b.kids[1].kids[0] is a.kids[0]:
        return b.kids[0]
    return None


def _loose(order: Iterable[Expr]) -> set[Expr]:
    """The nodes whose text does not fix their size unless `eye` is given one: made of identity matrices alone."""
    loose: set[Expr] = set()
    for e in order:
        if e.op == DELTA:
            loose.add(e)
        elif loose and e.op in (SUM, PROD, POW, CALL):
            tensors = [a for a in e.args if a.shape and not _is_spread(a)]
            if tensors and all(a in loose for a in tensors):
                loose.add(e)
    return loose


def entangled(order: Iterable[Expr]) -> set[Expr]:
    """The values that matrix notation cannot write: they and what is made of them entry by entry are written by entries."""
    found: set[Expr] = set()
    for e in order:
        if is_entangled(e, found):
            found.add(e)
    return found


def is_entangled(e: Expr, found: set[Expr]) -> bool:
    """Whether matrix notation cannot write a value, where `found` are those of its arguments that it cannot write."""
    if e.op == CALL and _batch(e):
        return True
    if _hot(e) is not None:
        return False
    tested = () if e.op != CALL else e.args[:1] if e.data == "if" else e.args if e.data in CONNECTIVES else ()
    if any(a.op == PROD and a.shape and not _is_spread(a) for a in tested):  # conditions laid out along the axes of a matrix have no other text
        return True
    if not e.shape or not (e.op in (SUM, PROD, POW, RESHAPE) or (e.op == CALL and (TABLE[e.data].elementwise or len(e.shape) > 2))):
        return False
    form = form_of(e) if e.op == PROD else reshaping(e) if e.op == RESHAPE else "elementwise"
    return len(e.shape) > 2 or not form or (form in _PUSHED and not found.isdisjoint(e.args)) or (form == "vec_row" and _is_laid_out(e))


def _is_count(e: Expr) -> bool:
    """The numbers 1, 2, …, n: an index as a number."""
    return e.op == CALL and bool(e.data == "cumsum") and _is_spread(e.args[0]) and e.args[0].args[0] is ONE


def _fits(place: Sum, names: Sequence[str], label_of: dict[str, int], ranges: dict[int, Dim], label: int) -> bool:
    """Whether a place may be inside of its axis, for indices that run over the whole of theirs."""
    for sign in (-1, 1):
        end: list[tuple[Dim, int]] = []
        for atom, c in place.items():
            if isinstance(atom, int):
                d = ranges.get(label_of[names[atom]])
                if d is None:
                    return False
                end.append((d if (c > 0) == (sign > 0) else 1, c))
            else:
                end.append((dim_product([int(part) if part.isdigit() else part for part in atom.split("*")]) if atom else 1, c))
        if inside(as_dims(end), ranges[label], sign) is False:
            return False
    return True


def _sum_tree(terms: Sequence[tuple[int, Tree]]) -> Tree:
    """`i + j - 1`: letters and sizes with coefficients, what is added first, the number last."""
    result: Tree | None = None
    for c, t in sorted(terms, key=lambda term: (term[1].kind == "number", term[0] < 0)):
        if t.kind == "number":
            t = number(abs(c))
        elif abs(c) != 1:
            t = Tree("mul", (number(abs(c)), t))
        result = Tree("add" if c > 0 else "sub", (result, t)) if result is not None else t if c > 0 else Tree("neg", (t,))
    return result or number(0)


def _hot(e: Expr) -> Expr | None:
    """The label of which this is `unit(y, k)`: a vector, or a matrix with a row for each label."""
    found = one_hot_of(e)
    return found[0] if found is not None and found[1] == len(e.shape) - 1 else None


def _is_whole(e: Expr) -> bool:
    """Whether an entry is written behind a value: of others it is that of each part, and of these a label may not be asked."""
    if e.op == CALL:
        return not TABLE[e.data].elementwise and not _batch(e)
    return e.op in (VAR, NAME)


def _is_ones(e: Expr) -> bool:
    """Ones in a vector, matrix or row."""
    return e.op == PROD and (e.args[0] is ONE if _is_spread(e) else form_of(e) == "row" and _is_ones(e.args[0]))


def _is_laid_out(e: Expr) -> bool:
    """Whether an outer product lays numbers of an index along the axes of a matrix: `[j == i + 1]` is easier to read by entries."""
    x, row = e.args
    vectors = (x, row.args[0] if row.op == PROD and form_of(row) == "row" else row)
    return any(map(_is_ones, vectors)) and any(_is_count(a) for v in vectors for a in (v, *v.args))


def reshaping(e: Expr) -> str:
    """The function that a RESHAPE is, of the arguments of its value: vec or kron; "" if it is neither."""
    (value,) = e.args
    if value.op != PROD:
        return ""
    if len(e.shape) == 2:
        return "kron" if value.data == (((0, 1), (2, 3)), (0, 2, 1, 3)) else ""
    return {"transpose": "vec", "outer": "kron"}.get(form_of(value), "") if len(e.shape) == 1 else ""


def _parts(dims: Iterable[Dim]) -> Iterator[str]:
    for d in dims:
        for part in atoms_of(d):
            if isinstance(part, str):
                yield part


def _names(order: Iterable[Expr]) -> set[str]:
    """Every name that the text may contain, so that fresh ones differ."""
    taken: set[str] = set()
    for e in order:
        if e.op in (VAR, NAME, OPAQUE):
            taken.add(e.data[0])
        if e.op == DIM:
            taken.update(_parts((e.data,)))
        if e.shape:
            taken.update(_parts(e.shape))
    return taken


def _fresh(first: Iterable[str], taken: set[str], rest: str = "i") -> Iterator[str]:
    """Names that are not taken: the first ones offered, then `i1`, `i2`, …"""
    yield from (name for name in first if name not in taken)
    yield from (name for name in (f"{rest}{k}" for k in count(1)) if name not in taken)


def _tokens(order: Iterable[Expr], expand: bool) -> int:
    """About how many tokens the text has if nothing is given a name."""
    cost: dict[Expr, int] = {}
    total = 0
    for e in order:
        tokens = 1 + sum([cost[a] for a in e.args if a in cost])
        if e.op == NAME and not expand:
            total += tokens
            tokens = 1
        cost[e] = min(tokens, LIMITS.tokens)
    return total + tokens


def _repeated(order: Iterable[Expr], expand: bool) -> list[Expr]:
    """The parts worth a name: met more than once, and of at least SMALL tokens."""
    uses: dict[Expr, int] = {}
    cost: dict[Expr, int] = {}
    repeated: list[Expr] = []
    for e in order:
        for a in e.args:
            uses[a] = uses.get(a, 0) + 1
    for e in order:
        tokens = 1 + sum([cost[a] for a in e.args if a in cost])
        if e.op == NAME and not expand:
            tokens = 1
        elif uses.get(e, 0) > 1 and tokens >= SMALL and _nameable(e):
            repeated.append(e)
            tokens = 1
        cost[e] = tokens
    return repeated


def _nameable(e: Expr) -> bool:
    """Not what its user writes in another way: a spread scalar, a divisor, a condition, `D` of an opaque function."""
    if e.op == CALL:
        return e.data not in CONDITIONS
    if selected(e) is not None:  # it is written where it selects: as a slice
        return False
    return e.op != NAME and not _is_spread(e) and _inverse_of(e) is None


def _declarations(expr: Expr) -> list[Declaration | Binding]:
    """Every variable with its type, those of one type together; then the functions."""
    order = topological([expr])
    fresh = _fresh(("n", "m", "k", "d", "p", "q"), _names(order), "n")
    inferred: dict[str, str] = {}

    def spec(shape: Shape, properties: tuple[str, ...] = ()) -> TypeSpec:
        label = label_size(properties)
        if label is not None:
            size: str | int = inferred.get(label, label) if isinstance(label, str) else label if isinstance(label, int) else ""
            size = "" if isinstance(size, str) and "(" in size else size
            length = next(iter(shape), None)
            length = inferred.get(length, length) if isinstance(length, str) else length
            dims_of = (length,) if isinstance(length, int) or (isinstance(length, str) and "(" not in length) else None
            return TypeSpec(("scalar", "vector")[len(shape)], dims_of, (), size)
        dims: list[str | int] = []
        for d in shape:
            if isinstance(d, tuple) or sum_terms(d) is not None:
                return TypeSpec(("vector", "matrix")[len(shape) - 1], None, properties)
            if isinstance(d, str) and d.endswith(")"):
                d = inferred.get(d) or inferred.setdefault(d, next(fresh))
            dims.append(d)
        return TypeSpec(("scalar", "vector", "matrix", "tensor")[min(len(shape), 3)], tuple(dims) or None, properties)

    groups: dict[tuple[Shape, tuple[str, ...]], list[str]] = {}
    sizes = set(_parts(d for e in order for d in e.shape))
    for name in dict.fromkeys(_parts(e.data for e in order if e.op == DIM)):
        if name not in sizes and "(" not in name:  # a size of no value in the text is a number like others
            groups.setdefault(((), ()), []).append(name)
    for name, v in variables([expr]).items():
        groups.setdefault((v.shape, v.data[1]), []).append(name)
    for size in sorted(sizes | set(_parts(e.data for e in order if e.op == DIM))):
        word, _, name = size.rstrip(")").partition("(")
        if name and name not in variables([expr]) and name not in functions([expr]):  # a size of a variable that the text does not have
            shape: Shape = (size,) if word == "size" else (f"rows({name})", f"cols({name})")
            groups.setdefault((shape, ()), []).append(name)
    found = [Declaration(tuple(dict.fromkeys(names)), spec(*group)) for group, names in groups.items()]
    for name, e in functions([expr]).items():
        derived = sum(len(e.args[k].shape) for k in e.data[1])
        shapes = [e.shape[: len(e.shape) - derived], *[a.shape for a in e.args]]
        if max(map(len, shapes)) < 3:
            value, *arguments = map(spec, shapes)
            found.append(Declaration((name,), value, tuple(arguments)))
    return list(found)
