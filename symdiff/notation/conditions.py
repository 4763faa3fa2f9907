"""What an answer needs that its formula does not: the conditions to be stated with it.

In: an answer and its formula. Out: comparisons, each an expression that is 1 where the condition holds. A value needs
its divisors not to be 0 and the arguments of logarithms, inverses and the like to lie where the table says; what the
formula needs too, or what is known of every point, is not said again.

A factor that cancelled on the way is no condition: where the formula is continuous and its derivative has a limit, that
limit is the derivative. So `norm2(x)^2` has the gradient `2*x` everywhere. `u/norm2(u)` is 0 at `u = 0` by definition, so that `norm2(x)` has
the gradient `x/norm2(x)` everywhere; its second derivative needs `norm2(x) != 0`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from symdiff.calculus.diagonals import Diagonals, outside
from symdiff.expr import build
from symdiff.expr.dims import never_negative, terms, total
from symdiff.expr.node import CALL, NAME, NUM, POW, PROD, RESHAPE, SUM, VAR, Dim, Expr, Number, Shape, make
from symdiff.expr.patterns import are_opposite, has_number_exponent, is_call, is_call_of, is_divisor, is_multiple
from symdiff.expr.places import Affine, affine
from symdiff.expr.walk import substitute, topological, unnamed, variables
from symdiff.simplify import Normalizer
from symdiff.simplify.shapes import split
from symdiff.syntax import template
from symdiff.syntax.tree import Tree
from symdiff.table import TABLE
from symdiff.table.groups import LENGTHS, PRODUCTS
from symdiff.table.operators import COMPARISONS, EQUALITIES, FORWARD, MIRROR, SIGN

# Beyond this many nodes nobody reads conditions.
MAX_NODES = 3_000

MAX_FACTORS = 24  # of a product, looked at together

Fact = tuple[str, Expr]

# The relation to 0 that a comparison says, and of which difference of its sides: `a < b` says `b - a > 0`.
COMPARED = {name: (SIGN[name], 1) if name in FORWARD else (SIGN[MIRROR[name]], -1) for name in COMPARISONS if name != "eq"}


def conditions(answer: Expr, f: Expr, wrt: Sequence[Expr] = ()) -> list[Expr]:
    """The conditions under which the answer has a value, without those that f has and those that always hold.

    wrt: what it is a derivative by. Where a branch is taken at single points of it, as by if(x == 0, 1, sin(x)/x), the answer is for the others.
    """
    mine, its = topological([answer]), topological([f])
    if len(mine) + len(its) > MAX_NODES:
        return []
    home = Normalizer(keep_names=False)
    granted = {fact for node in its for condition in needs(node) for fact in meant(condition, home)}
    diagonals = Diagonals(mine)
    excused, lengths = left_out(answer)
    stated = []
    for node in mine:
        if node in excused:
            continue
        for condition in needs(node):
            if unnamed(condition.args[0]) in lengths.get(node, ()):
                continue
            facts = meant(condition, home)
            if not all(fact in granted or always(*fact, home) for fact in facts):
                granted |= facts
                stated.append(elsewhere(condition, diagonals))
    for condition in single_points(mine, its, wrt):
        if condition not in stated:
            stated.append(condition)
    return stated


def single_points(mine: Sequence[Expr], its: Sequence[Expr], wrt: Sequence[Expr]) -> Iterator[Expr]:
    """For branches of the formula that are taken where two values are equal: that they are not, if the answer asks for it and they are asked."""
    asked = {x.data for x in mine if is_call_of(x, EQUALITIES)}
    for node in its if asked and wrt else ():
        test = unnamed(node.args[0]) if is_call(node, "if") else node
        if test is not node and is_call_of(test, EQUALITIES) and not set(wrt).isdisjoint(topological([test])):
            yield build.call("ne", *test.args)


def left_out(answer: Expr) -> tuple[set[Expr], dict[Expr, set[Expr]]]:
    """The divisions of a product of all entries by some of them, of which prod(x) ./ x has a value at zeros, too: wherever they stand.

    Then those by several factors, with the norms among these that may be 0, as norm2(x) may in c*x/(norm2(x)*norm2(y)).
    """
    spared: dict[Expr, set[Expr]] = {}
    found: set[Expr] = set()
    elsewhere: set[Expr] = set()
    around: dict[Expr, Mapping[Expr, int]] = {answer: {}}  # the factors of the product that a sum is a factor of
    seen: set[tuple[Expr, Expr | None, Expr]] = set()
    excused: set[tuple[Expr, Expr | None]] = set()
    stack: list[tuple[Expr, Expr | None, Expr]] = [(answer, None, answer)]
    while stack:
        node, whole, product = stack.pop()
        if (node, whole, product) in seen or (node, whole) in excused:
            continue
        seen.add((node, whole, product))
        if is_direction(node, around[product]):
            found.add(node)
            continue
        if is_divisor(node):
            norms = directions(node, around[product])
            spared[node] = spared.get(node, norms) & norms
        if node.op == PROD:
            whole = next((u for f in node.args if (u := entries_of(f)) is not None), whole)
            leaves = list(flat(node))
            outer, product = product, node
            around[node] = lengths = Counter(leaves)
            for leaf in lengths:
                if is_direction(leaf, lengths) or is_adjugate(leaf, lengths) or is_direction(leaf, {**lengths, **around[outer]}):
                    found.add(leaf)
                    excused.add((leaf, whole))
        elif whole is not None and divides(node, whole):
            found.add(node)
            continue
        elif node.op not in (SUM, NAME, RESHAPE):
            whole, product = None, answer
        elsewhere.add(node)
        stack.extend((a, whole, product) for a in node.args)
    return found - elsewhere, spared


def flat(node: Expr) -> Iterator[Expr]:
    """The factors of a product, those of its factors that are products among them."""
    stack = [node]
    for _ in range(MAX_FACTORS):
        if not stack:
            return
        x = unnamed(stack.pop())
        if x.op == PROD:
            stack.extend(x.args)
        elif is_multiple(x):
            stack.append(x.args[0])
        else:
            yield x


def is_direction(power: Expr, beside: Mapping[Expr, int]) -> bool:
    """Whether this is one over norm2(u) or a power of it, and u is there more often, as in u*u'/norm2(u), or as often and odd, as in u/norm2(u)."""
    return is_divisor(power) and unnamed(power.args[0]) in directions(power, beside)


def directions(power: Expr, beside: Mapping[Expr, int]) -> set[Expr]:
    """The norms that this is one over, alone or as factors, of which it is true."""
    base = unnamed(power.args[0])
    parts = base.args if base.op == PROD and all(labels in ((), base.data[1]) for labels in base.data[0]) else (base,)
    found = set()
    for norm in map(unnamed, parts):
        if is_call_of(norm, LENGTHS):
            u = unnamed(norm.args[0])
            more = sum(n for x, n in beside.items() if x is u or are_opposite(x, u)) + power.args[1].data
            if more > 0 or (more == 0 and power.args[1].data % 2 == 1):
                found.add(norm)
    return found


MATRIX_PRODUCTS = (build.FORMS["matmul"], build.FORMS["transpose"])


def is_adjugate(inverse: Expr, beside: Mapping[Expr, int]) -> bool:
    """Whether this is inv(A) and det(A) is there as often: their product is the adjugate."""
    if not is_call(inverse, "inv"):
        return False
    inverted = list(squares(inverse.args[0]))
    found: Number = 0
    for x, n in beside.items():
        base, k = (unnamed(x.args[0]), x.args[1].data) if has_number_exponent(x) else (x, 1)
        if is_call(base, "det"):
            found += (
                k
                * n
                * (
                    list(squares(base.args[0])).count(inverted[0])
                    if len(inverted) == 1
                    else unnamed(base.args[0]) is unnamed(inverse.args[0])
                )
            )
    return found >= beside[inverse]


def squares(a: Expr) -> Iterator[Expr]:
    """The square matrices whose product this is, without transposes: det(A'*B) is det(A)*det(B)."""
    stack = [a]
    for _ in range(MAX_FACTORS):
        if not stack:
            return
        x = unnamed(stack.pop())
        if x.op == PROD and x.data in MATRIX_PRODUCTS and all(len(f.shape) == 2 and f.shape[0] == f.shape[1] for f in x.args):
            stack.extend(x.args)
        else:
            yield x


def entries_of(f: Expr) -> Expr | None:
    """u, where prod(u) or a power of it is a factor."""
    stack = [f]
    for _ in range(MAX_FACTORS):
        if not stack:
            break
        x = stack.pop()
        if is_call_of(x, PRODUCTS):
            u = unnamed(x.args[0])
            while x.data == "prod" and is_call_of(u, PRODUCTS):
                u = unnamed(u.args[0])
            return u
        if x.op in (NAME, PROD) or is_multiple(x):
            stack.extend(x.args)
        elif has_number_exponent(x) and x.args[1].data >= 1:
            stack.append(x.args[0])
    return None


def divides(node: Expr, u: Expr) -> bool:
    """Whether this is one over entries of u, or over factors of them, or a quotient that has a name, as cos(x)/sin(x) for sin(x)."""
    parts = {unnamed(part) for part in factors(unnamed(u))}
    parts |= {unnamed(part.args[0]) for part in parts if is_call(part, "abs")}
    if is_call_of(node, NAMED_QUOTIENTS):
        return build.call(NAMED_QUOTIENTS[node.data], *node.args) in parts
    if not is_divisor(node):
        return False
    return all(unnamed(part) in parts for part in (*factors(unnamed(node.args[0])),)) or unnamed(node.args[0]) == unnamed(u)


NAMED_QUOTIENTS = {"cot": "sin", "tan": "cos", "coth": "sinh"}


def elsewhere(condition: Expr, diagonals: Diagonals) -> Expr:
    """A condition that fails on a diagonal, where the answer is 0 by a bracket: it is needed for the other entries only."""
    value = condition.args[0]
    for place in diagonals.zeros(value) if value.shape and condition.data == "ne" else ():
        bracket, axes = outside(value, place, "eq")
        spread = build.contract([bracket], [axes], tuple(range(len(value.shape))), dict(enumerate(value.shape)))
        condition = build.call("or", spread, condition)
    return condition


def words(condition: Tree) -> Tree:
    """What stands inside the bracket of a condition, for all indices that it is written with."""
    while condition.kind in ("tensor", "iverson"):
        condition = condition.kids[-1]
    return condition


def needs(node: Expr) -> Iterator[Expr]:
    """The conditions under which this operation has a value, one comparison each."""
    if node.op == POW:
        base, exponent = node.args
        places = affine(exponent) if exponent.op != NUM else None
        if exponent.op != NUM and places is None:
            if variables([base]):
                yield build.call("gt", base, build.ZERO)
        elif places is None and exponent.data != int(exponent.data):
            yield build.call("gt" if exponent.data < 0 else "ge", base, build.ZERO)
        elif not never_negative(least(places, exponent.shape) if places is not None else {1: int(exponent.data)}):
            yield from (build.call("ne", part, build.ZERO) for part in factors(base) if variables([part]))
    elif node.op == CALL and TABLE[node.data].where and not TABLE[node.data].closed:
        row = TABLE[node.data]
        letters = {"y": node, **dict(zip(row.args, node.args, strict=True))}

        def put(x: Expr, args: tuple[Expr, ...]) -> Expr:
            return letters[x.name] if x.op == VAR else make(x.op, args, x.data, x.shape)

        text = template(f"[{row.where}]", {letter: value.shape for letter, value in letters.items()})
        parts = [substitute([text], put)[text]]
        while parts:
            part = parts.pop()
            if is_call(part, "and"):
                parts.extend(reversed(part.args))
            else:
                yield part


def least(value: Affine, shape: Shape) -> Mapping[Dim, int]:
    """The least whole number that is met along the axes."""
    ends = [(1 if c > 0 else shape[axis], c) for axis, c in value.axes.items()]
    return terms(total([*value.rest.items(), *ends]))


def factors(value: Expr) -> Iterator[Expr]:
    """Parts that are all different from 0 where the value is, entry by entry."""
    stack = [value]
    while stack:
        x = stack.pop()
        if x.op == PROD and x.args and all(labels in ((), x.data[1]) for labels in x.data[0]):
            stack.extend(reversed(x.args))
        elif is_multiple(x) or (x.op == POW and vanishes_with_base(x.args[1])) or (x.op == CALL and zero_at_zero(x.data)):
            stack.append(x.args[0])
        else:
            yield x


def vanishes_with_base(exponent: Expr) -> bool:
    """Whether a power with this exponent is different from 0 where its base is, and nowhere else: a number, or whole numbers from 1 on."""
    places = affine(exponent) if exponent.op != NUM else None
    return exponent.op == NUM or (
        places is not None and bool(never_negative(terms(total([*least(places, exponent.shape).items(), (1, -1)]))))
    )


def zero_at_zero(name: str) -> bool:
    """Whether the function is 0 at 0 and nowhere else."""
    row = TABLE[name]
    return name == "sqrt" or bool(row.odd and row.increasing)


def meant(condition: Expr, home: Normalizer) -> set[Fact]:
    """Relations of normal forms to 0, all of which the condition says: conditions with a part in common show it."""
    if condition.data not in COMPARED:
        return {("", home.run([condition])[0])}
    relation, sign = COMPARED[condition.data]
    (value,) = home.run([build.linear([sign, -sign], condition.args)])
    facts = {("!=", min(part, home.scaled(-1, part), key=lambda x: x.key)) for part in factors(value)}
    if relation == "!=":
        return facts
    c, rest = split(value)
    return {(relation, rest if c > 0 else home.scaled(-1, rest)), *(facts if relation == ">" else ())}


def always(relation: str, value: Expr, home: Normalizer) -> bool:
    """Whether this is known of every point."""
    if relation == "!=":
        return home.facts.nonzero(value) or home.facts.nonzero(home.scaled(-1, value))
    if relation:
        return home.facts.positive(value) if relation == ">" else home.facts.nonnegative(value)
    return value is build.ONE
