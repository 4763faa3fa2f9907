"""Written nodes back to syntax: the inverse of `syntax.elaborate`.

In: an expression as written. Out: a Program whose text parses to the same expression, with the bindings that must stand
in front of it. What never changes: values, operand order, names. It ends because every (node, context) is built once.

A product that is none of matrix notation's forms, and every operation of order three or more, is written entry by
entry: `tensor(i=1..m, j=1..n, …)`, sums as `sum(k=1..p, …)`. Entries are pushed inwards through elementwise operations;
matrix products, names and calls are indexed as they stand, `(A*x)[i]`.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import count

from symdiff.bounds import LIMITS, exceeded
from symdiff.expr import dims as computed
from symdiff.expr.build import (
    FORMS,
    MINUS_ONE,
    ONE,
    TWO,
    ZERO,
    Labels,
    add,
    blocks,
    call,
    dim_product,
    dim_sum,
    elementwise,
    label_size,
    listed_entries,
    opaque_shape,
    place_of,
    power,
    selected,
    spread,
    sub,
)
from symdiff.expr.node import CALL, CONST, DELTA, DIM, NAME, NUM, OPAQUE, POW, PROD, RESHAPE, SUM, UNIT, VAR, Dim, Expr, Shape, make
from symdiff.expr.operators import kind
from symdiff.expr.places import bracket_of
from symdiff.expr.walk import functions, substitute, topological, variables
from symdiff.notation.rows import MOST_NODES, MOST_TRIES, OF_A_ROW, Ends, Factor, Kept, Rows, filled, is_spread, norm_squared, selections
from symdiff.notation.rows import batch_of as _batch
from symdiff.notation.rows import hot as _hot
from symdiff.notation.rows import inverse_of as _inverse_of
from symdiff.notation.rows import is_ones as _is_ones
from symdiff.notation.rows import is_whole as _is_whole
from symdiff.notation.trees import (
    CONDITION,
    FAILED,
    FIXED,
    KEPT,
    SIZED,
    VALUE_OF,
    Ask,
    Building,
    Index,
    derivative_name,
    length,
    number,
    postorder,
    renumbered,
    sum_tree,
)
from symdiff.notation.trees import call as _call
from symdiff.notation.trees import dim as _dim
from symdiff.notation.trees import entry as _entry
from symdiff.notation.trees import name as _name
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
_RUNNING = {"cumsum": "sum", "cumprod": "prod"}
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


def looked_up(e: Expr, form: str) -> tuple[Expr, Expr] | None:
    """What is looked up, and the label or labels: `z[y]`, `C[y]`, `z[ids]`, `C[ids]`, as their products with `unit(y, k)` are."""
    if form not in ("dot", "matvec", "matmul"):
        return None
    a, b = e.args
    if form == "dot" and _hot(a) is not None and _hot(b) is None:
        a, b = b, a
    label = _hot(b)
    if form == "dot":
        return (a, label) if label is not None and _is_whole(a) else None
    if form == "matvec" and label is not None:  # C'*unit(y, k) is C[y]
        return (a.args[0], label) if a.op == PROD and form_of(a) == "transpose" and _is_whole(a.args[0]) else None
    label = _hot(a)
    return (b, label) if label is not None and label.shape and _is_whole(b) else None


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


# ------------------------------------------------------------------------------------------------- the builder


def _program(expr: Expr, *, expand: bool, given: bool, typeset: bool = False) -> Program:
    expr = in_signs(expr) if typeset else expr
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


def in_signs(expr: Expr) -> Expr:
    """For readers: functions that only programs need, for their digits, as the operations that they are."""
    if not any(n.op == CALL and n.data in _IN_SIGNS for n in topological([expr])):
        return expr

    def rebuild(n: Expr, args: tuple[Expr, ...]) -> Expr:
        if n.op == CALL and n.data in _IN_SIGNS:
            return _IN_SIGNS[n.data](*args)
        return n if args == n.args else make(n.op, args, n.data, n.shape)

    return substitute([expr], rebuild)[expr]


_IN_SIGNS: dict[str, Callable[..., Expr]] = {
    "log1p": lambda x: call("log", add(spread(ONE, x.shape), x)),
    "expm1": lambda x: sub(call("exp", x), spread(ONE, x.shape)),
    "logaddexp": lambda x, y: call("log", add(call("exp", x), call("exp", y))),
    "xlogy": lambda x, y: elementwise(x, call("log", y)),
    "hypot": lambda x, y: call("sqrt", add(power(x, TWO), power(y, TWO))),
}


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


class _Builder(Rows):
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
        self.knotted = _knotted(order, self.entangled) if len(order) <= MOST_NODES else self.entangled
        self.tries = MOST_TRIES
        self.trees: dict[Ask, Tree] = {}
        self.around: dict[int, Ends] = {}
        self.alive: list[Tree] = []
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
                if e.args or how == KEPT:
                    stack.append((wanted, self.build(*wanted)))
                else:
                    self.trees[wanted] = answer = _leaf(e, how, filled(index) if e.shape else None)
        assert answer is not None
        return answer

    def letter(self, k: int) -> str:
        """The k-th index name."""
        while len(self.letters) <= k:
            self.letters.append(next(self.fresh_letters))
        return self.letters[k]

    # -------------------------------------------------------------------------------------- one node

    def build(self, e: Expr, how: int, places: Kept | None, depth: int) -> Building:
        if how == KEPT:
            return (yield from self.rows(e, places if e.shape and places else (), depth))
        index = filled(places) if e.shape else None
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
            return (yield from self.opaque(e, index, depth))
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
        tensors = [a for a in args if a.shape and not (spreads and is_spread(a))]
        fixed = how == FIXED or any(a not in self.loose for a in tensors)
        trees: list[Tree] = []
        shown = index is not None or bool(tensors)
        for k, a in enumerate(args):
            truth = k < conditions
            if spreads and is_spread(a) and (shown or truth):
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
        if 0 < len(e.shape) < 3 and (whole := (yield from self.side_by_side(e, depth))) is not None:
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

    def side_by_side(self, e: Expr, depth: int) -> Generator[Ask, Tree, Tree | None]:
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
            below = yield (base.args[0] if is_spread(base) and not is_spread(exponent) else base, how, None, depth)
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
        if name == "duplication_of" and len(e.shape) == 2:
            return _entry(_call("duplication", _dim(e.args[0].shape[0])), index)
        row = TABLE[name]
        spelling = row.spelled or name
        args = _without_defaults(e)
        if name == "matrix_power":
            (below,) = yield from self.operands(args[:1], how, None, depth)
            return _entry(Tree("pow", (below, (yield (args[1], SIZED, None, depth)))), index)
        if row.elementwise:
            kids = yield from self.operands(args, how, index, depth, conditions=int(name == "if"))
            if name == "sqrt" and index is not None and (norm := norm_squared(kids[0])) is not None:
                return norm
            return _call(spelling, *kids)
        if index is not None and is_count(e):
            return index[-1]
        if name == "cumsum" and len(e.shape) > 2 and index is not None:  # the language knows it of vectors and matrices only
            letter = self.letter(depth)
            inner = yield (args[0], SIZED, (*index[:-1], _name(letter)), depth + 1)
            upto = Tree("iverson", (Tree("le", (_name(letter), index[-1])),))
            return Tree("over", (number(1), _dim(e.shape[-1]), Tree("mul", (upto, inner))), ("sum", letter))
        batch = len(e.shape) - len(row.core()[1])
        if index is not None and batch and len(args) == 1 and args[0] in self.entangled and name != "cumsum":  # of one row
            inner = yield from self.tensor(args[0], index[:batch], depth)
            if name == "rowprod" and inner.kind == "tensor":
                return Tree("over", inner.kids, ("prod", inner.value[0]))
            return _entry(_call(OF_A_ROW.get(name, spelling), inner), index[batch:] or None)
        batch = _batch(e)
        if index is not None and batch:
            rows = yield from self.at_places(args, index[:batch], depth)
            return _entry(_call(spelling, *rows), index[batch:] or None)
        if name in _BY_COLUMNS and args[0].op == PROD and form_of(args[0]) == "transpose":
            spelling, args = _BY_COLUMNS[name], (args[0].args[0], *args[1:])
        kids = yield from self.values(args, depth)
        return _entry(_call(spelling, *kids), index, kind(e))

    def at_places(self, args: Sequence[Expr], index: Index, depth: int) -> Generator[Ask, Tree, list[Tree]]:
        """What stands at the first indices of the arguments of a function: numbers, vectors or matrices."""
        batch = len(index)
        rows: list[Tree] = []
        for a in args:
            constant = _in_every_row(a, batch)
            if constant is not None:
                rows.append((yield (constant, SIZED, None, depth)))
            elif len(a.shape) == batch or (a.op == CALL and _batch(a) == batch) or (a.op == OPAQUE and a.data[2] == batch):
                rows.append((yield (a, SIZED, index, depth)))
            elif a in self.entangled:
                rows.append((yield from self.tensor(a, index, depth)))
            else:
                rows.append(_entry((yield (a, SIZED, None, depth)), index))
        return rows

    def constant(self, c: Expr, inner: Tree, shape: Shape) -> Tree:
        return _constant(c, inner, shape)

    def opaque(self, e: Expr, index: Index | None, depth: int) -> Building:
        name, by, batch = e.data
        places = index[:batch] if index is not None else ()
        args = yield from (self.at_places(e.args, places, depth) if batch else self.values(e.args, depth))
        if by and len(args) == 1 and len(e.shape) == len(e.args[0].shape) == batch:
            called = Tree("prime", tuple(args), (name, len(by)))
        else:
            called = _call(derivative_name(name, by) if by else name, *args)
        return _entry(called, index[batch:] or None if index is not None else None)

    def reshape(self, e: Expr, index: Index | None, depth: int) -> Building:
        (value,) = e.args
        function = reshaping(e)
        if function == "commutation":
            return _entry(_call(function, *map(_dim, e.args[0].shape[:2])), index, kind(e))
        if function:
            return _entry(_call(function, *(yield from self.values(value.args, depth))), index)
        assert index is not None
        return (yield (value, SIZED, _reindex(index, e.shape, value.shape), depth))

    def product(self, e: Expr, how: int, index: Index | None, depth: int) -> Building:
        form = form_of(e)
        args = e.args
        if is_spread(e):
            inner = yield (args[0], SIZED, None, depth)
            return inner if index is not None else self.constant(args[0], inner, e.shape)
        if form in ("scale", "elementwise"):
            return (yield from self.elementwise_product(args, how, index, depth, self.narrower(e, index)))
        looked = looked_up(e, form)
        if looked is not None and (index is None or not looked[1].shape):  # x.unit(y, k) is x[y], unit(ids, k)*C is C[ids]
            t = _entry((yield (looked[0], SIZED, None, depth)), ((yield (looked[1], SIZED, None, depth)),))
            return _entry(t, index)
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
            if index is not None and inner.kind == "name" and isinstance(before, int):  # x[2:n][i] is x[i + 1]
                entries = list(index[-len(x.shape) :])
                entries[along] = sum_tree([(1, entries[along]), *([(before, number(1))] if before else [])])
                return Tree("index", (inner, *entries))
            place = Tree("slice", (_dim(dim_sum([(before, 1), (1, 1)])), _dim(dim_sum([(before, 1), (size, 1)]))), "between")
            places = (place,) if len(x.shape) == 1 else (place, Tree("slice")) if not along else (Tree("slice"), place)
            return _entry(Tree("index", (inner, *places)), index, kind(e))
        written = yield from self.matrix_product(e, form, how, index, depth)
        if len(self.order) > MOST_NODES or self.knotted.isdisjoint(args) or self.tries <= 0:
            return written
        self.tries -= 1
        picks = any(a in self.entangled and len(a.shape) == 2 and selections(Factor(a, (0, 1))) is not None for a in args)  # a matrix that only takes entries: nobody writes it
        if index is not None:
            other = yield from self.contraction(e, how, index, depth)
            return other if picks or length(other) <= length(written) else written
        if index is None:  # or entry by entry, if that is shorter
            others = [(yield from self.tensor(e, (), depth, alone=False) if e.shape else self.contraction(e, how, (), depth))]
            if e.shape:
                others.append((yield from self.row_of_product(e, (None,) * len(e.shape), depth)))
            others = [t for t in others if t is not FAILED]
            return min(others if picks and others else [written, *others], key=length)
        return written

    def matrix_product(self, e: Expr, form: str, how: int, index: Index | None, depth: int) -> Building:
        """A product that matrix notation has an operator for."""
        args = e.args
        kids = yield from self.operands(args, how if form == "matmul" else SIZED, None, depth, spreads=False)
        if form == "matmul":
            if args[0] is args[1]:
                return _entry(Tree("pow", (kids[0], number(2))), index)
            k = _matrix_power(*kids)
            if k:
                return _entry(Tree("pow", (kids[1], number(k + 1))), index)
        scalar = NUMBER if form == "row_vec" and kids[0].kind == "mul" else None
        return _entry(Tree(_PRODUCTS[form], tuple(kids), scalar), index, kind(e))

    def elementwise_product(self, args: Sequence[Expr], how: int, index: Index | None, depth: int, inside: Index | None = None) -> Building:
        """`c*x`, `x .* y`, `x/c`, `x ./ y`; here a spread scalar is written with its size, for `c .* x` scales. inside: see `narrower`."""
        a, b = args
        below = _inverse_of(b)
        if below is not None and (a is ONE or a.op == below.op == NUM):
            below = None
        if inside is not None and below is None and any(bracket_of(x) is not None for x in args):
            trees = []
            for x in args:
                trees.append((yield (x, SIZED, index if bracket_of(x) is not None else inside, depth)))
        else:
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

    def tensor(self, e: Expr, first: Index, depth: int, how: int = SIZED, *, alone: bool = True) -> Building:
        """`tensor(i=1..m, …, entry)`: what stands at the first indices, all of it if there are none. how: VALUE_OF where a name for it is defined."""
        shape = e.shape[len(first) :]
        whole = (yield from self.whole(e, depth)) if alone and not first and how != CONDITION and not (how == SIZED and self.label(e)) else None
        letters = [self.letter(depth + k) for k in range(len(shape))]
        body = yield (e, how if how == VALUE_OF else SIZED, (*first, *[_name(i) for i in letters]), depth + len(letters))
        written = _slices(letters, shape, body)
        if written is None:
            limits: list[Tree] = []
            for letter, d in zip(letters, shape, strict=True):
                low, high, body = renumbered(letter, d, body)
                limits += (low, high)
            written = Tree("tensor", (*limits, body), tuple(letters))
        return whole if whole is not None and length(whole) <= length(written) else written


class _Typesetter(_Builder):
    """The same for readers who do not know the types: what text leaves to them is written out.

    A scalar beside a matrix is spread by ones, unless all happens entry by entry, `h ⊙ (1 - h)`; functions that matrices have, too, are
    marked where they are taken entry by entry; a number within a chain of matrices has brackets; a condition on an index is an entry's.
    """

    def __init__(self, order: list[Expr], expand: bool, given: bool) -> None:
        super().__init__(order, expand, given)
        self.entrywise = _entrywise(order)
        plain, self.entangled = self.entangled, entangled(order, running=True)
        self.running = self.entangled - plain
        if len(order) <= MOST_NODES:
            self.knotted = _knotted(order, self.entangled)

    def build(self, e: Expr, how: int, index: Kept | None, depth: int) -> Building:
        by_entries = e in self.running or (e.op == CALL and any(map(_counts, e.args)))
        if by_entries and index is None and e.shape and how != CONDITION and not self.label(e):
            return (yield from self.tensor(e, (), depth, alone=False))
        if index is not None and how != KEPT and _is_running(e) and not is_count(e) and not self.label(e):
            letter = self.letter(depth)
            inner = yield (e.args[0], SIZED, (_name(letter),), depth + 1)
            (upto,) = filled(index) or ()
            return Tree("over", (number(1), upto, inner), (_RUNNING[e.data], letter))
        return (yield from super().build(e, how, index, depth))

    def terms(self, e: Expr, how: int, index: Index | None, depth: int) -> Generator[Ask, Tree, list[Tree]]:
        if index is not None or not e.shape or e in self.entrywise or not any(map(is_spread, e.args)):
            return (yield from super().terms(e, how, index, depth))
        shown = how == FIXED or any(not is_spread(a) and a not in self.loose for a in e.args)
        found = []
        for a in e.args:
            if is_spread(a):
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

    def elementwise_product(self, args: Sequence[Expr], how: int, index: Index | None, depth: int, inside: Index | None = None) -> Building:
        tree = yield from super().elementwise_product(args, how, index, depth, inside)
        kids = list(tree.kids)
        for k, a in enumerate(args):
            if tree.kind == "mul" and index is None and not a.shape and args[1 - k].shape and _is_open_chain(a):
                kids[k] = Tree("bracket", (kids[k],))
        return Tree(tree.kind, tuple(kids), tree.value)


# ------------------------------------------------------------------------------------------------- parts of the builder


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
    """Running sums or products of a vector; the numbers of an index are running sums of ones."""
    return e.op == CALL and e.data in _RUNNING and len(e.shape) == 1


def _counts(e: Expr) -> bool:
    """The numbers of an index, or a sum with them."""
    return bool(e.shape) and (is_count(e) or (e.op == SUM and any(map(is_count, e.args))))


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
        last = args[-1].args[0] if is_spread(args[-1]) else args[-1]
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


# Factors and labels of the identities that `build.commutation` reshapes.
COMMUTING = (((0, 1), (2, 3)), (0, 2, 3, 1))


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
            tensors = [a for a in e.args if a.shape and not is_spread(a)]
            if tensors and all(a in loose for a in tensors):
                loose.add(e)
    return loose


def entangled(order: Iterable[Expr], *, running: bool = False) -> set[Expr]:
    """The values that matrix notation cannot write: they and what is made of them entry by entry are written by entries.

    running: so are the numbers of an index, and running sums and products of a vector, for which only programs have words.
    """
    found: set[Expr] = set()
    for e in order:
        if is_entangled(e, found) or (running and _is_running(e)):
            found.add(e)
    return found


def _knotted(order: Iterable[Expr], knots: set[Expr]) -> set[Expr]:
    """The values in whose text something is written by entries."""
    found: set[Expr] = set()
    for e in order:
        if e in knots or (e.op != NAME and not found.isdisjoint(e.args)):
            found.add(e)
    return found


def is_entangled(e: Expr, found: set[Expr]) -> bool:
    """Whether matrix notation cannot write a value, where `found` are those of its arguments that it cannot write."""
    if (e.op == CALL and _batch(e)) or (e.op == OPAQUE and e.data[2]):
        return True
    if _hot(e) is not None:
        return False
    tested = () if e.op != CALL else e.args[:1] if e.data == "if" else e.args if e.data in CONNECTIVES else ()
    if any(a.op == PROD and a.shape and not is_spread(a) for a in tested):  # conditions laid out along the axes of a matrix have no other text
        return True
    if not e.shape or not (e.op in (SUM, PROD, POW, RESHAPE) or (e.op == CALL and (TABLE[e.data].elementwise or len(e.shape) > 2))):
        return False
    form = form_of(e) if e.op == PROD else reshaping(e) if e.op == RESHAPE else "elementwise"
    return len(e.shape) > 2 or not form or (form in _PUSHED and not found.isdisjoint(e.args)) or (form == "vec_row" and _is_laid_out(e))


def is_count(e: Expr) -> bool:
    """The numbers 1, 2, …, n: an index as a number."""
    return e.op == CALL and bool(e.data == "cumsum") and is_spread(e.args[0]) and e.args[0].args[0] is ONE


def _is_laid_out(e: Expr) -> bool:
    """Whether an outer product lays numbers of an index along the axes of a matrix: `[j == i + 1]` is easier to read by entries."""
    x, row = e.args
    vectors = (x, row.args[0] if row.op == PROD and form_of(row) == "row" else row)
    return any(map(_is_ones, vectors)) and any(is_count(a) for v in vectors for a in (v, *v.args, *[b for a in v.args if a.op == RESHAPE for b in a.args]))


def reshaping(e: Expr) -> str:
    """The function that a RESHAPE is, of the arguments of its value: vec or kron; "" if it is neither."""
    (value,) = e.args
    if value.op != PROD:
        return ""
    if len(e.shape) == 2:
        if value.data == COMMUTING and value.args[0].op == value.args[1].op == DELTA:
            return "commutation"
        return "kron" if value.data == (((0, 1), (2, 3)), (0, 2, 1, 3)) else ""
    return {"transpose": "vec", "outer": "kron"}.get(form_of(value), "") if len(e.shape) == 1 else ""


def _parts(dims: Iterable[Dim]) -> Iterator[str]:
    for d in dims:
        yield from computed.names(d)


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
    return e.op != NAME and not is_spread(e) and _inverse_of(e) is None


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
            if isinstance(d, tuple) or (isinstance(d, str) and computed.is_sum(d)):
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
        shapes = [opaque_shape(e), *[a.shape[e.data[2] :] for a in e.args]]
        if max(map(len, shapes)) < 3:
            value, *arguments = map(spec, shapes)
            found.append(Declaration((name,), value, tuple(arguments)))
    return list(found)
