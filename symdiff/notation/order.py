"""Reading order: answers show letters, terms and the sides of comparisons in the order in which the formula has them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from symdiff.expr import build
from symdiff.expr.node import CALL, CONST, NAME, NUM, OPAQUE, POW, PROD, SUM, Expr
from symdiff.expr.patterns import has_two_factors, is_call_of
from symdiff.expr.walk import preorder, topological
from symdiff.notation.price import FAR
from symdiff.notation.writing import Writing
from symdiff.notation.written import constant, is_transpose, power_base
from symdiff.simplify.normal import Normalizer
from symdiff.simplify.shapes import is_index, split, terms_of
from symdiff.table.operators import BELOW, CONNECTIVES, FORWARD, NEGATION

MANY_LETTERS = 8


class ReadingOrder(Writing):
    """What the formula shows first stands first."""

    def read(self, f: Expr) -> None:
        """Remember in which order the formula shows its letters, and how it orders the terms of its sums."""
        nodes = preorder(f)
        for node in nodes:
            if not node.args or node.op in (NAME, OPAQUE):
                self.rank.setdefault(node, len(self.rank))
                if node.op == NAME:  # read as a letter
                    self.first[node] = self.rank[node]
        self.turn = turns_of_letters(nodes, [x for x in self.rank if x.op != CONST])
        self.first_turn = {node: self.turn[node] for node in self.first}
        forms = {n.data for n in nodes if n.op == PROD}
        self.dots = build.FORMS["dot"] in forms and build.FORMS["row"] not in forms
        if len(nodes) > 20_000:
            return
        plain = Normalizer(rules=False)
        plain.run([f, *[n.args[0] for n in nodes if n.op == NAME]])
        for node in nodes:
            if is_call_of(node, NEGATION) and plain.memo[node].op == CALL:
                a, b = [plain.memo[a] for a in node.args]
                other = plain.comparison(NEGATION[node.data], (a, b), node.shape)
                self.typed.setdefault(plain.memo[node], (node.data, (a, b)))
                self.typed.setdefault(other, (NEGATION[node.data], (a, b)))
                self.opposite.setdefault(other, plain.memo[node])
            if node.op == SUM and node in plain.memo:
                terms = plain.gather_sum(node)
                self.order.setdefault(plain.memo[node], {split(t)[1]: k for k, (_, t) in enumerate(terms)})

    def in_reading_order(self, args: Sequence[Expr]) -> list[Expr]:
        """Arguments whose order does not matter: constants last, x > 0 in front of x < 1; their letters are looked at where all else is equal."""

        def key(a: Expr) -> tuple[bool, int, bool, int]:
            w = self.get(a)
            return constant(a), self.position(a), is_call_of(w, BELOW), self.price(w)

        keys = {a: key(a) for a in args}
        if len(set(keys.values())) == len(keys):
            return sorted(args, key=keys.__getitem__)
        return sorted(args, key=lambda a: (keys[a], self.letters(self.get(a))))

    def position(self, x: Expr) -> int:
        """Where the reader meets the first letter of x in the formula."""
        return earliest(x, self.rank, self.first)

    def letters(self, w: Expr) -> list[int]:
        """The first letters of a written term, as places in the formula: what tells terms of one length apart; -1 for a transpose."""
        found: list[int] = []
        stack = [w]
        while stack and len(found) < MANY_LETTERS:
            node = stack.pop()
            if node in self.rank or is_transpose(node):
                found.append(self.rank.get(node, -1))
            if node.op != NAME:
                stack.extend(reversed(node.args))
        return found

    def factor_key(self, x: Expr) -> tuple[bool, bool, int, bool, int, int]:
        """Reading order of factors: brackets first (last among tensors), then pi, then by first letter, letters before compounds, short before long."""
        base = x.args[0] if x.op == POW else x
        bracket = x.op == CALL and x.data in FORWARD | CONNECTIVES
        symbolic = x.op == POW and x.args[1].op != NUM
        compound = bool(base.args) and base.op not in (NAME, OPAQUE)
        place = -1 if base.op == CONST else earliest(x, self.turn, self.first_turn)
        return (bracket if x.shape else not bracket, symbolic, place, compound, self.price(self.get(base)), x.key)


def earliest(x: Expr, rank: dict[Expr, int], memo: dict[Expr, int]) -> int:
    """The least rank of a letter of x."""
    known = memo.get(x)
    if known is not None:
        return known
    for node in topological([x], memo.keys()):
        if node not in memo:
            own = rank.get(node, FAR)
            if node.op != NAME:
                own = min([own, *[memo[a] for a in node.args]])
            memo[node] = own
    return memo[x]


def turns_of_letters(nodes: Sequence[Expr], letters: Sequence[Expr]) -> dict[Expr, int]:
    """Ranks for the factors of products: reading order, but b before x where the formula writes sin(a*x) + cos(b*x).

    nodes: those of the formula, letters: its letters, both in reading order. Where two letters stand in either order, the first counts.
    """
    known = set(letters)
    before: dict[Expr, list[Expr]] = {}
    inside: set[Expr] = set()  # products that a longer one begins with
    for node in nodes:
        if not has_two_factors(node) or node in inside:
            continue
        chain = []
        while has_two_factors(node):
            inside.add(node)
            node, last = node.args
            chain.append(power_base(last))
        chain.append(power_base(node))
        row = [x for x in reversed(chain) if x in known]
        for one, other in pairwise(row):
            if one is not other and other not in before.get(one, ()):
                before.setdefault(other, []).append(one)
    found: dict[Expr, int] = {}
    started: set[Expr] = set()
    stack = list(reversed(letters))
    while stack:
        letter = stack[-1]
        waiting = [] if letter in started else [a for a in before.get(letter, ()) if a not in started]
        started.add(letter)
        if waiting:
            stack.extend(reversed(waiting))
        else:
            stack.pop()
            found.setdefault(letter, len(found))
    return found


def counts(x: Expr) -> bool:
    """Whether a comparison is one of positions, as in the range of a sum."""
    return any(is_index(t) for a in x.args for _, t in terms_of(a))
