"""Small steps that make code cheaper and never dearer: what the sweep leaves as it comes, put together.

In and out: expressions of the same values. A sum that is used once joins the sum that uses it, equal terms are one, terms that are zero
go; a product with the factor zero is zero. Parts that are used more than once stay as they are, so that they are computed once.

Long: one pass for each kind of thin term; they share their small questions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from symdiff.expr import build
from symdiff.expr.build import ONE, ZERO, Labels
from symdiff.expr.node import CALL, DELTA, NAME, POW, PROD, RESHAPE, SUM, Dim, Expr, Number, Shape, make
from symdiff.expr.patterns import has_factors, has_one_factor, is_call, is_call_of, is_multiple, is_spread_number, is_zero, unspread
from symdiff.expr.walk import substitute, topological, unnamed, variables
from symdiff.numeric.work import Order, size_of
from symdiff.simplify.conditions import INDICATORS
from symdiff.table import TABLE

# Longer sums are not made; of longer ones, and of longer products, nothing is multiplied out.
MAX_TERMS, MAX_SPLIT, MAX_FACTORS = 64, 6, 6

# How much dearer a form may be that stays; of one with an identity or a diagonal in it, which is an array of zeros, how much cheaper it has to be.
ABOUT, FULL, THIN = 1.1, 10, 0.95


def tidied(exprs: Sequence[Expr]) -> list[Expr]:
    """The expressions with sums joined and zeros gone."""
    uses = Counter(exprs)
    for node in topological(exprs):
        uses.update(node.args)
    once: set[Expr] = set()  # new nodes that are used once

    def put(node: Expr, args: tuple[Expr, ...]) -> Expr:
        made = (
            _sum(node, args, once)
            if node.op == SUM
            else None
            if node.op == PROD and ZERO in args
            else make(node.op, args, node.data, node.shape)
        )
        if made is None or made is ZERO:
            return build.spread(ZERO, node.shape)
        if uses[node] < 2:
            once.add(made)
        return made

    found = substitute(exprs, put)
    return [found[e] for e in exprs]


def _sum(node: Expr, args: tuple[Expr, ...], once: set[Expr]) -> Expr | None:
    terms: Counter[Expr] = Counter()
    parts: list[tuple[Number, Expr]] = []
    for c, a in zip(node.data, args, strict=True):
        if a.op == SUM and (len(a.args) == 1 or (1 < len(args) <= MAX_TERMS - len(a.args) and a in once)):
            parts += [(c * d, b) for d, b in zip(a.data, a.args, strict=True)]
        else:
            parts.append((c, a))
    for c, a in parts:
        if not is_zero(a):
            terms[a] += c  # type: ignore[assignment]  # exact numbers, not only whole ones
    left = [(c, a) for a, c in terms.items() if c]
    if not left:
        return None
    if len(left) == 1 and left[0][0] == 1:
        return left[0][1]
    if len(left) == 2 and (other := _otherwise(left)) is not None:
        return other
    return build.linear([c for c, _ in left], [a for _, a in left])


def _otherwise(terms: Sequence[tuple[Number, Expr]]) -> Expr | None:
    """1 - [i == j] as [not i == j]: multiplied out it would no longer cut off what has no value on the diagonal."""
    (c, one), (d, condition) = sorted(terms, key=lambda term: -term[0])
    one = unspread(one)
    on_indices = is_call_of(condition, INDICATORS) and not variables([condition])
    return make(CALL, (condition,), "not", condition.shape) if (c, d) == (1, -1) and one is ONE and on_indices else None


# ---------------------------------------------------------------------------------------------- sums in products, blocks


def economical(exprs: Sequence[Expr]) -> list[Expr]:
    """The expressions with sums of thin terms multiplied out where a product sums over them, and block matrices taken apart.

    (diag(d) + U*U')*x is d .* x + U*(U'*x), (eye - ones*ones'/n)*X takes a mean off, kron(A, B)*x is B*X*A' with the entries of x as a matrix.
    """
    nodes = topological(exprs)
    if not any(len(node.shape) > 1 for node in nodes):
        return list(exprs)
    uses = Counter(exprs)
    for node in nodes:
        uses.update(node.args)
    for node in _only_diagonals(exprs, nodes):
        uses[node] = 1
    count = dict(uses)  # of new nodes, too
    diagonals: dict[Expr, Expr] = {}

    def on_diagonal(node: Expr) -> Expr:
        return _on_diagonal(node, count, diagonals)

    def put(node: Expr, args: tuple[Expr, ...]) -> Expr:
        made = lifted(make(node.op, args, node.data, node.shape)) if args else node
        if made.op == PROD:
            made = on_diagonal(_identified(made))
        if made.op == PROD and 1 < len(made.args) <= MAX_FACTORS:
            made = _scaled_by_diagonals(_as_diagonal(made, on_diagonal), on_diagonal)
        if made.op == PROD and 1 < len(made.args) <= MAX_FACTORS:
            made = _multiplied(_unblocked(_opened(made, count)), count)
        if made.op == PROD and not adds_nothing(made) and (joined := _joined(made, count)) is not made:
            new = _inlined(joined, count)
            made = new if new is not joined else made  # what is used once is joined where code is written
        if made.op == PROD and made.args:
            made = _inlined(made, count)
        count[made] = max(count.get(made, 0), uses[node])
        return made

    found = substitute(exprs, put)
    return [found[e] for e in exprs]


def lifted(node: Expr) -> Expr:
    """A function, a sum or a product of numbers that are laid out over axes: the number, laid out."""
    if not node.shape or (node.op == CALL and (node.data not in TABLE or TABLE.names[node.data].shape)) or node.op not in (CALL, SUM, PROD):
        return node
    if node.op == PROD and (len(node.args) < 2 or not adds_nothing(node)):
        return node
    numbers = []
    for a in map(unnamed, node.args):
        if a.shape and not is_laid_out(a):
            return node
        numbers.append(a.args[0] if a.shape else a)
    if node.op == PROD:
        return build.spread(build.contract(numbers, [()] * len(numbers), ()), node.shape)
    return build.spread(make(node.op, tuple(numbers), node.data, ()), node.shape)


def is_laid_out(node: Expr) -> bool:
    """Whether an array has one number everywhere."""
    node = unnamed(node)
    return is_spread_number(node)


def axes(node: Expr, labels: Labels) -> frozenset[int]:
    """The labels of a factor along which it differs, as far as that is seen."""
    return frozenset() if is_laid_out(node) else frozenset(labels)


def _joined(node: Expr, uses: Mapping[Expr, int]) -> Expr:
    """A product with the factors of products in it that are used once, as far as there are few."""
    k = 0
    while k < len(node.args):
        f, own = node.args[k], node.data[0][k]
        inner = unnamed(f)
        few = len(node.args) + len(inner.args) - 1 <= MAX_FACTORS
        if inner.op == PROD and inner.args and uses.get(f, 1) < 2 and few and len(set(own)) == len(own) and not is_laid_out(inner):
            others = [(g, ls) for j, (g, ls) in enumerate(zip(node.args, node.data[0], strict=True)) if j != k]
            node = _spliced(inner, own, others, k, node.data[1], dict(zip(node.data[1], node.shape, strict=True)))
        else:
            k += 1
    return node


def _only_diagonals(exprs: Sequence[Expr], nodes: Sequence[Expr]) -> list[Expr]:
    """Matrices of which nothing but the diagonal is used, by whatever uses them: that of their parts is shared instead."""
    whole = set(exprs)
    for node in reversed(nodes):
        if node.op == PROD:
            labels, out = node.data
            same = [ls for a, ls in zip(node.args, labels, strict=True) if a.op == DELTA]
            passed = node not in whole and len(out) == 2 and all(ls in ((), out) for ls in labels)
            whole.update(
                [
                    a
                    for a, ls in zip(node.args, labels, strict=True)
                    if len(ls) == 2 and not (passed or ls[0] == ls[1] or (a.op != DELTA and (ls in same or ls[::-1] in same)))
                ]
            )
        elif node in whole or not (node.op == NAME or is_entrywise(node)):
            whole.update(node.args)
    return [node for node in nodes if len(node.shape) == 2 and node not in whole]


def _identified(node: Expr) -> Expr:
    """A product without the identities that only say which two of its axes are one."""
    labels, out = node.data
    for k, (f, ls) in enumerate(zip(node.args, labels, strict=True)):
        left = [label for label in ls if label not in out]
        if f.op == DELTA and left and ls[0] != ls[1] and len(node.args) > 1:
            kept = ls[1 - ls.index(left[0])]
            new = [tuple([kept if label == left[0] else label for label in own]) for j, own in enumerate(labels) if j != k]
            if any(kept in own for own in new):
                sizes = dict(zip(out, node.shape, strict=True))
                return _identified(build.contract([*node.args[:k], *node.args[k + 1 :]], new, out, sizes))
    return node


def _on_diagonal(node: Expr, uses: Mapping[Expr, int], known: dict[Expr, Expr]) -> Expr:
    """A product that takes the diagonal of a product, with the factors of that one: of what is on the diagonal alone; so with sums and functions of entries."""
    labels, out = node.data
    same = [ls for a, ls in zip(node.args, labels, strict=True) if unnamed(a).op == DELTA]
    for k, f in enumerate(node.args):
        inner, own = unnamed(f), labels[k]
        if len(own) != 2 or not (own[0] == own[1] or own in same or own[::-1] in same):
            continue
        while has_one_factor(inner) and sorted(inner.data[0][0]) == sorted(inner.data[1]):  # the diagonal of a transpose is the same
            f, inner = inner.args[0], unnamed(inner.args[0])
        if uses.get(f, 1) > 1 and not adds_little(inner):
            continue
        others = [(g, ls) for j, (g, ls) in enumerate(zip(node.args, labels, strict=True)) if j != k]
        sizes = dict(zip(out, node.shape, strict=True))
        if inner.op == PROD and 1 < len(inner.args) <= MAX_FACTORS - len(node.args):
            return _on_diagonal(_spliced(inner, own, others, k, out, sizes), uses, known)
        if own[0] == own[1] and is_entrywise(inner):
            made = [*others[:k], (_diagonal(inner, uses, known), own[:1]), *others[k:]]
            return _on_diagonal(build.contract([g for g, _ in made], [ls for _, ls in made], out, sizes), uses, known)
    return node


def is_entrywise(node: Expr) -> bool:
    """Whether every entry of the value is made of the same entries of the arguments."""
    return node.op in (SUM, POW) or (is_call_of(node, TABLE) and TABLE.names[node.data].elementwise)


def _diagonal(matrix: Expr, uses: Mapping[Expr, int], known: dict[Expr, Expr]) -> Expr:
    """The diagonal of a matrix whose entries are made of entries: the same of the diagonals, down to what is used elsewhere, too."""
    stack = [(matrix, False)]
    while stack:
        node, done = stack.pop()
        if node in known:
            continue
        if not done:
            stack.append((node, True))
            stack += [(a, False) for a in map(unnamed, node.args) if len(a.shape) == 2 and is_entrywise(a) and uses.get(a, 1) < 2]
            continue
        args = [known[b] if (b := unnamed(a)) in known else _diagonal_of_product(a, uses) if len(a.shape) == 2 else a for a in node.args]
        known[node] = make(node.op, tuple(args), node.data, node.shape[:1])
    return known[matrix]


def _diagonal_of_product(f: Expr, uses: Mapping[Expr, int]) -> Expr:
    inner = unnamed(f)
    if inner.op == PROD and 1 < len(inner.args) <= MAX_FACTORS and uses.get(f, 1) < 2:
        return _spliced(inner, (0, 0), [], 0, (0,), {0: f.shape[0]})
    return build.contract([f], [(0, 0)], (0,))


def _scaled_by_diagonals(node: Expr, on_diagonal: Callable[[Expr], Expr]) -> Expr:
    """diag(v)*C with v beside C, where diag(v) is made once for several products: a condition that v is cut off by is one of a vector then."""
    labels, out = node.data
    for k, (f, own) in enumerate(zip(node.args, labels, strict=True)):
        left = [label for label in own if label not in out]
        if len(own) != 2 or own[0] == own[1] or not left or (v := _on_its_diagonal(f)) is None:
            continue
        gone, kept = left[0], own[1 - own.index(left[0])]
        new = [tuple([kept if label == gone else label for label in ls]) for ls in labels]
        new[k] = (kept,)
        made = build.contract([*node.args[:k], on_diagonal(v), *node.args[k + 1 :]], new, out, dict(zip(out, node.shape, strict=True)))
        return _scaled_by_diagonals(made, on_diagonal)
    return node


def _as_diagonal(node: Expr, on_diagonal: Callable[[Expr], Expr]) -> Expr:
    """What is 0 outside of its diagonal, as diag(v): whatever is divided by, or cut off by a condition, is entries of v."""
    if len(node.shape) != 2 or (len(node.args) == 2 and node.args[1].op == DELTA and len(node.args[0].shape) == 1):
        return node
    v = _on_its_diagonal(node)
    return node if v is None else build.contract([on_diagonal(v), build.eye(node.shape[0])], [(0,), (0, 1)], (0, 1))


def _on_its_diagonal(f: Expr) -> Expr | None:
    """The vector v of a product that is diag(v); None of others."""
    factors: list[tuple[Expr, Labels]] = []
    same = False
    stack: list[tuple[Expr, Labels]] = [(f, (0, 1))]
    while stack:
        g, ls = stack.pop()
        inner = unnamed(g)
        while is_multiple(inner):
            factors.append((build.num(inner.data[0]), ()))
            g = inner = unnamed(inner.args[0])
        place = dict(zip(inner.data[1], ls, strict=True)) if inner.op == PROD else {}
        if inner.op == DELTA and len(set(ls)) == 2:
            same = True
        elif inner.op == PROD and len(factors) + len(stack) <= MAX_FACTORS and all(label in place for x in inner.data[0] for label in x):
            stack += [(a, tuple([place[label] for label in x])) for a, x in zip(inner.args, inner.data[0], strict=True)]
        else:
            factors.append((g, (0,) * len(ls)))
    return build.contract([g for g, _ in factors], [ls for _, ls in factors], (0,), {0: f.shape[0]}) if same and factors else None


def _opened(node: Expr, uses: Mapping[Expr, int]) -> Expr:
    """A product whose factors are transposes and multiples, used once, with what these are of."""
    factors: list[Expr] = []
    labels: list[Labels] = []
    for f, own in zip(node.args, node.data[0], strict=True):
        stack = [(f, own)]
        while stack:
            g, ls = stack.pop()
            inside = g.data[0] if g.op == PROD else ()
            if (
                g.op == PROD
                and (uses.get(g, 1) < 2 or len(g.args) == 1)
                and any(inside)
                and (
                    all((set(x) == set(g.data[1]) and len(x) == len(g.data[1])) or not x for x in inside)
                    or (any(a.op == DELTA for a in g.args) and all(set(x) <= set(g.data[1]) for x in inside))  # diag(v) scales what follows
                )
            ):
                place = dict(zip(g.data[1], ls, strict=True))
                stack += [(a, tuple([place[label] for label in x])) for a, x in zip(g.args, inside, strict=True)][::-1]
            else:
                factors.append(g)
                labels.append(ls)
    sums = any(unnamed(f).op in (SUM, RESHAPE) and f.shape for f in factors)
    if len(factors) > MAX_FACTORS or not sums:
        return node
    return build.contract(factors, labels, node.data[1], dict(zip(node.data[1], node.shape, strict=True)))


def _unblocked(node: Expr) -> Expr:
    """A product with a reshaped product for a factor, over the axes that were merged there."""
    labels, out = node.data
    for k, f in enumerate(node.args):
        inside = unnamed(f)
        if inside.op != RESHAPE or not has_factors(unnamed(inside.args[0])) or len(set(labels[k])) < len(labels[k]):
            continue
        inner = inside.args[0]
        parts = build.blocks(inner.shape, inside.shape)
        if any(len(after) != 1 for _, after in parts) or all(label in out for label in labels[k]):
            continue
        fresh = 1 + max(label for ls in (*labels, out) for label in ls)
        split: dict[int, Labels] = {}
        sizes: dict[int, Shape] = {}
        for before, after in parts:
            label = labels[k][after.start]
            split[label] = tuple(range(fresh, fresh + len(before)))
            sizes[label] = inner.shape[before.start : before.stop]
            fresh += len(before)
        factors, new = [], []
        for j, (g, ls) in enumerate(zip(node.args, labels, strict=True)):
            mine = tuple([x for label in ls for x in split.get(label, (label,))])
            shape = tuple([d for label, d in zip(ls, g.shape, strict=True) for d in (sizes[label] if label in split else (d,))])
            factors.append(inner if j == k else g if shape == g.shape else build.reshape(g, shape))
            new.append(mine)
        whole = tuple([x for label in out for x in split.get(label, (label,))])
        known = {x: d for label, ds in sizes.items() for x, d in zip(split[label], ds, strict=True)} | dict(
            zip(out, node.shape, strict=True)
        )
        made = build.contract(factors, new, whole, known)
        return made if made.shape == node.shape else build.reshape(made, node.shape)
    return node


def _multiplied(node: Expr, uses: dict[Expr, int]) -> Expr:
    """A product with a sum for a factor, as a sum of products where that is less work."""
    if node.op != PROD:
        return node
    labels, out = node.data
    for k, f in enumerate(node.args):
        total, factor, numbers = _unscaled(f)
        if total.op != SUM or not 1 < len(total.args) <= MAX_SPLIT or set(labels[k]) <= set(out) or len(set(labels[k])) < len(labels[k]):
            continue
        parts = [untransposed(t) for t in total.args]
        if not any(is_thin(t) for t in parts):
            continue
        size = {label: size_of([d]) for g, ls in zip(node.args, labels, strict=True) for label, d in zip(ls, g.shape, strict=True)}
        size.update((label, size_of([d])) for label, d in zip(out, node.shape, strict=True))
        order = Order(out, size)
        others = [(g, ls) for j, (g, ls) in enumerate(zip(node.args, labels, strict=True)) if j != k]
        kept = {*out, *labels[k]}
        rest_labels = tuple(dict.fromkeys([label for _, ls in others for label in ls if label in kept]))
        beside = [axes(g, ls) for g, ls in others]
        volume = order.volume(labels[k])
        terms = [Thin(t, labels[k], size) for t in parts]
        full = any(multiplies_matrices(t) for t in parts)  # U*V' - T is a residual: its terms may cancel
        there = uses.get(f, 1) > 1 and not full  # X - rowmean(X)*ones(n)', for others: and its terms may cancel
        form = 0.0 if there else sum(t.whole for t in terms) / max(uses.get(f, 1), 1) + volume * (len(terms) - 1)
        keep = form + order.price([frozenset(labels[k]), *beside])
        dist = (Order(kept, size).price(beside) + order.volume(rest_labels) if len(others) > 1 else 0.0) + order.volume(out) * (
            len(terms) - 1
        )
        dist += sum(t.times(frozenset(rest_labels), out) for t in terms)
        if dist * (FULL if full else THIN if any(t.same for t in terms) else ABOUT) >= keep:
            continue
        if len(others) == 1:
            rest, rest_labels = others[0]
        else:
            rest = build.contract([g for g, _ in others], [ls for _, ls in others], rest_labels)
        sizes = dict(zip(out, node.shape, strict=True))
        for t in parts:
            for a in t.args if t.op == PROD else ():
                uses[a] = max(uses.get(a, 0), uses.get(f, 1))  # they will stand in every product in which the sum does
        whole = [
            max(uses.get(t, 1), uses.get(unnamed(t), 1)) > 1 and not is_thin(unnamed(t)) for t in total.args
        ]  # computed once, as it is
        made = [
            build.contract([t, rest], [labels[k], rest_labels], out, sizes)
            if kept
            else _with(part, labels[k], rest, rest_labels, out, sizes)
            for t, part, kept in zip(total.args, parts, whole, strict=True)
        ]
        total = build.linear([factor * c for c in total.data], [_finished(m, uses) for m in made])
        return build.contract([*numbers, total], [*[()] * len(numbers), out], out, sizes) if numbers else total
    return node


def _unscaled(f: Expr) -> tuple[Expr, Number, list[Expr]]:
    """An array without what it is multiplied with: a number that is known, and those that are not."""
    f, numbers = unnamed(f), list[Expr]()
    factor: Number = 1
    while True:
        arrays = [k for k, a in enumerate(f.args) if a.shape] if has_factors(f) else []
        if is_multiple(f):
            factor *= f.data[0]
            f = unnamed(f.args[0])
        elif len(arrays) == 1 and f.data[0][arrays[0]] == f.data[1]:
            numbers += [a for k, a in enumerate(f.args) if k != arrays[0]]
            f = unnamed(f.args[arrays[0]])
        else:
            return f, factor, numbers


def _finished(node: Expr, uses: dict[Expr, int]) -> Expr:
    """A product that was made here, after the same steps as one that was found."""
    made = _multiplied(_unblocked(node), uses)
    return _inlined(made, uses) if has_factors(made) else made


def untransposed(t: Expr) -> Expr:
    """The factors of a product in the place of its transpose or multiple, without names: (u*v')'/n is as thin as u*v'."""
    t = unnamed(t)
    while t.op == PROD:
        labels, out = t.data
        arrays = [k for k, ls in enumerate(labels) if ls]
        inner = unnamed(t.args[arrays[0]]) if len(arrays) == 1 else t
        if inner is t or inner.op != PROD or sorted(labels[arrays[0]]) != sorted(out) or len(set(out)) < len(out):
            break
        others = [(a, ls) for a, ls in zip(t.args, labels, strict=True) if not ls]
        t = _spliced(inner, labels[arrays[0]], others, arrays[0], out, dict(zip(out, t.shape, strict=True)))
    return t


def _inlined(node: Expr, uses: Mapping[Expr, int]) -> Expr:
    """A product with the factors of products in it that are used more than once, where to compute each of these at all costs more: W'*(W*x).

    So with diag(A*B) and sum(A*B), where A*B is nothing else: that the two share it does not pay for it.
    """
    found = True
    while found and len(node.args) < MAX_FACTORS:
        found = False
        labels, out = node.data
        for k, f in enumerate(node.args):
            own = labels[k]
            inner, factor, numbers = _unscaled(f)
            often = max(uses.get(f, 1), uses.get(inner, 1))
            if not has_factors(inner) or len(node.args) + len(inner.args) - 1 > MAX_FACTORS or often < 2 or adds_nothing(inner):
                continue
            diagonal = len(set(own)) < len(own)
            if (set(own) <= set(out) and not diagonal) or any(unnamed(a).op == DELTA for a in inner.args):
                continue
            size = {label: size_of([d]) for g, ls in zip(node.args, labels, strict=True) for label, d in zip(ls, g.shape, strict=True)}
            size.update((label, size_of([d])) for label, d in zip(out, node.shape, strict=True))
            beside = [axes(g, ls) for j, (g, ls) in enumerate(zip(node.args, labels, strict=True)) if j != k]
            term = Thin(inner, own, size)
            whole = term
            if diagonal:
                apart = tuple(range(1 + max(size), 1 + max(size) + len(own)))
                whole = Thin(inner, apart, size | {label: size_of([d]) for label, d in zip(apart, f.shape, strict=True)})
            form = Order(whole.labels, whole.size).price(whole.parts)
            keep = form / often + Order(out, size).price([frozenset(own), *beside])
            if _price_of_sums(Order(out, term.size), [*term.parts, *beside]) * ABOUT >= keep:
                continue
            others = [(g, ls) for j, (g, ls) in enumerate(zip(node.args, labels, strict=True)) if j != k]
            others += [(g, ()) for g in ([build.num(factor), *numbers] if factor != 1 else numbers)]
            node = _spliced(inner, own, others, k, out, dict(zip(out, node.shape, strict=True)))
            found = True
            break
    return node


def _price_of_sums(order: Order, parts: Sequence[frozenset[int]]) -> float:
    """The price of a product where every factor is first summed over the axes that it has alone."""
    met = Counter([label for part in parts for label in part])
    left = [frozenset([label for label in part if label in order.out or met[label] > 1]) for part in parts]
    return order.price(left) + sum(order.volume(part) for part, kept in zip(parts, left, strict=True) if kept != part)


def adds_nothing(node: Expr) -> bool:
    return all(set(ls) <= set(node.data[1]) for ls in node.data[0])


def adds_little(node: Expr) -> bool:
    """A product that sums over axes of length 1 alone: its diagonal costs next to nothing, also where the whole is needed."""
    if node.op != PROD:
        return False
    return all(
        d == 1 or label in node.data[1] for a, ls in zip(node.args, node.data[0], strict=True) for label, d in zip(ls, a.shape, strict=True)
    )


def multiplies_matrices(node: Expr) -> bool:
    """Whether a product sums over an axis that two arrays have; u*v' of a column and a row, and X*ones(n, k), do not."""
    if node.op != PROD:
        return False
    met = Counter(
        k
        for a, ls in zip(node.args, node.data[0], strict=True)
        if not is_laid_out(a)
        for k, d in zip(ls, a.shape, strict=True)
        if d != 1 and k not in node.data[1]
    )
    return any(n > 1 for n in met.values())


def _with(t: Expr, own: Labels, rest: Expr, rest_labels: Labels, out: Labels, sizes: dict[int, Dim]) -> Expr:
    """The product of a term and the rest; the factors of a term that is a product are its own, since it need not be computed."""
    inner = unnamed(t)
    if inner.op != PROD:
        return build.contract([t, rest], [own, rest_labels], out, sizes)
    return _spliced(inner, own, [(rest, rest_labels)], 0, out, sizes)


def _spliced(inner: Expr, own: Labels, others: list[tuple[Expr, Labels]], k: int, out: Labels, sizes: dict[int, Dim]) -> Expr:
    """The product of the factors of `inner`, whose axes have the labels `own`, in front of the k-th of the other factors.

    An axis along which inner is spread and that no other factor has is summed over: its size is a factor.
    """
    place = dict(zip(inner.data[1], own, strict=True))
    fresh = 1 + max((label for ls in (own, out, *[ls for _, ls in others]) for label in ls), default=0)
    labels: list[Labels] = []
    for ls in inner.data[0]:
        for label in ls:
            if label not in place:
                place[label] = fresh
                fresh += 1
        labels.append(tuple([place[label] for label in ls]))
    there = {label for ls in (*labels, *[ls for _, ls in others], out) for label in ls}
    counts = [(build.dim(d), ()) for label, d in zip(own, inner.shape, strict=True) if label not in there]
    factors = [*others[:k], *zip(inner.args, labels, strict=True), *others[k:], *counts]
    return build.contract([g for g, _ in factors], [ls for _, ls in factors], out, sizes | dict(zip(own, inner.shape, strict=True)))


def is_thin(t: Expr) -> bool:
    """Less than a whole array: an identity, a diagonal, a product of smaller factors, a bracket that picks."""
    if is_multiple(t):
        return is_thin(unnamed(t.args[0]))
    if t.op == CALL:
        return t.data == "eq" and len(t.shape) == 2
    return t.op == DELTA or (
        t.op == PROD
        and (any(a.op == DELTA for a in t.args) or all(len(ls) < len(t.shape) or set(ls) != set(t.data[1]) for ls in t.data[0]))
    )


class Thin:
    """What a term of a sum costs as an array, and in a product."""

    def __init__(self, term: Expr, labels: Labels, size: dict[int, int]) -> None:
        term = unnamed(term)
        while is_multiple(term):
            term = unnamed(term.args[0])
        self.labels, self.size = labels, dict(size)
        self.same: dict[int, int] = {}
        parts: list[frozenset[int]] = []
        fresh = 1 + max(size, default=0)
        if term.op == DELTA or (is_call(term, "eq") and len(term.shape) == 2):
            self.same[labels[1]] = labels[0]
        elif term.op == PROD:
            place = dict(zip(term.data[1], labels, strict=True))
            for a, ls in zip(term.args, term.data[0], strict=True):
                for label, d in zip(ls, a.shape, strict=True):
                    if label not in place:
                        place[label] = fresh
                        self.size[fresh] = size_of([d])
                        fresh += 1
                if unnamed(a).op == DELTA:
                    i, j = (self.final(place[label]) for label in ls)
                    if i != j:  # of eye(n)[i, i] nothing is to be said
                        self.same[max(i, j)] = min(i, j)
                else:
                    parts.append(axes(a, tuple([place[label] for label in ls])))
        else:
            parts.append(frozenset(labels))
        self.parts = parts
        thin = bool(self.same) or term.op == PROD
        order = Order(labels, self.size)
        self.whole = (order.price(parts) if len(parts) > 1 else 0.0) + (order.volume(labels) if thin else 0.0)

    def times(self, rest: frozenset[int], out: Labels) -> float:
        """The price of the product with the rest."""
        sets = [frozenset([self.final(label) for label in part]) for part in (*self.parts, rest)]
        order = Order([self.final(label) for label in out], self.size)
        return order.price(sets) + (order.volume({self.final(label) for label in out}) if self.parts else 0.0)

    def final(self, label: int) -> int:
        while label in self.same:
            label = self.same[label]
        return label
