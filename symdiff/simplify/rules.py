"""The rule engine: patterns over normal forms.

In: a node in normal form, the factors of a product, or the terms of a sum. Out: what a rule makes of it, or None. A pattern is
the normal form of the rule's left side; its letters bind to values, sums and products match in any order, and the negative of a
letter matches anything. What never changes: a rule fires only where its condition is proven. It ends because every right side
has fewer symbols than its left side, or a function that no other rule brings back.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import permutations
from typing import TYPE_CHECKING

from symdiff.expr import build
from symdiff.expr.node import CALL, NUM, POW, PROD, SUM, VAR, Dim, Expr, make
from symdiff.expr.patterns import has_one_factor, has_whole_exponent, is_call, is_call_of, is_divisor, is_multiple
from symdiff.expr.walk import topological, unnamed, variables
from symdiff.simplify.rulebook import SUBJECTS
from symdiff.syntax import template
from symdiff.table import TABLE
from symdiff.table.groups import CLAMPS
from symdiff.table.operators import COMPARED_BY, FORWARD

if TYPE_CHECKING:
    from symdiff.simplify.context import Context
    from symdiff.simplify.product import Network

Binding = dict[str, Expr]

Factor = tuple[Expr, tuple[int, ...]]

HEADS = frozenset((CALL, POW, PROD))  # a pattern of such a node fits only such a node
MOST_LOOKED_AT = 60  # nodes of the other factors in which a bracket may cut something off
PAIRED_FACTORS = 24  # products with more factors than this are not searched for pairs


@dataclass(slots=True)
class Rule:
    """One line of the rulebook. text: the line; condition: (letter, relation) pairs, all against 0."""

    name: str
    subject: str
    text: str
    left_text: str
    right_text: str
    condition: tuple[tuple[str, str], ...]
    left: Expr | None = None
    right: Expr | None = None


def read_rules() -> list[Rule]:
    """The rules of the rulebook in their order."""
    found = []
    for subject, text in SUBJECTS.items():
        for line in text.strip().splitlines():
            name, _, body = line.partition(":")
            left, _, rest = body.partition("=>")
            right, _, where = rest.partition(" where ")
            condition = []
            for part in where.split(" and ") if where else []:
                letter, relation, zero = part.split()
                assert zero == "0"
                condition.append((letter, relation))
            found.append(Rule(name.strip(), subject, line.strip(), left.strip(), right.strip(), tuple(condition)))
    return found


class Rules:
    """Rules, indexed by the head of the left side; a rule is parsed when its head is first met."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.all = list(rules)
        self.single: dict[str, list[Rule]] = {}
        self.pairs: dict[str, list[Rule]] = {}
        self.loose: dict[str, list[Rule]] = {}  # pairs of a function and any value, tried after the others
        self.joined: dict[str, frozenset[str]] = {}  # function -> looks of what the rules pair it with
        self.terms: dict[str, list[Rule]] = {}  # sums of two terms, by the function whose square they have
        for rule in self.all:
            sign, head = _heads(rule.left_text)
            index = self.single
            if sign:
                index = self.terms if sign in "+-" else self.pairs if all(head) else self.loose
            index.setdefault(head[0] or head[-1], []).append(rule)

    def compile(self, home: Context, rule: Rule) -> tuple[Expr, Expr]:
        if rule.left is None or rule.right is None:
            types: dict[str, tuple[Dim, ...]] = {"a": (), "b": (), "A": ("n", "n")}
            plain = type(home)(rules=False)
            rule.left, rule.right = plain.run([template(rule.left_text, types), template(rule.right_text, types)])
        return rule.left, rule.right

    def apply(self, home: Context, x: Expr) -> Expr | None:
        """The first rule that fits a CALL or POW node."""
        if not home.rules:
            return None
        head = x.data if x.op == CALL else "^"
        if is_call(x, "log"):
            found = log_sum_exp(home, x)
            if found is not None:
                return home.fire("logsumexp-from-log", x, found)
        first = x.args[0] if x.args else x
        for rule in self.single.get(head, ()):
            left, right = self.compile(home, rule)
            pattern = left.args[0]
            if pattern.op != first.op and (pattern.op in HEADS or (not x.shape and (pattern.op == NUM or len(pattern.args) > 1))):
                continue
            for binding in match(home, left, x, {}):
                if self.holds(home, rule, binding):
                    return home.fire(rule.name, x, instantiate(home, right, binding, x.shape))
        return None

    def apply_pairs(self, net: Network) -> bool:
        """Rules for two factors with the same labels, until none fits. Has anything changed?"""
        changed = False
        if net.home.rules and 1 < len(net.entries) <= PAIRED_FACTORS:
            while self.softmax(net) or self.softmax_within(net) or self.pair(net, self.pairs) or self.pair(net, self.loose):
                changed = True
        return changed

    def may_join(self, home: Context, bases: Collection[Expr], heads: Sequence[str]) -> bool:
        """Whether a rule could join two of these factors, as far as their functions tell. heads: those of the factors that are calls."""
        if not home.rules or len(bases) > PAIRED_FACTORS:
            return False
        if heads.count("exp") > 1:
            return True
        for head in heads:
            wanted = self.joined.get(head)
            if wanted is None:
                rules = [*self.pairs.get(head, ()), *self.loose.get(head, ())]
                wanted = self.joined[head] = frozenset([name for rule in rules for name in self.partners_of(home, rule, head)])
            if not wanted:
                continue
            if "" in wanted:
                return True
            for name in heads:
                if name in wanted and (name != head or heads.count(head) > 1):
                    return True
            for b in bases:
                if b.op == SUM:
                    for t in b.args:
                        if t.op == CALL and t.data in wanted:
                            return True
        return False

    def partners_of(self, home: Context, rule: Rule, head: str) -> Iterator[str]:
        """The functions that the other factor of a rule for pairs shows; "" for any factor."""
        first, second = self.compile(home, rule)[0].args
        for one, other in ((first, second), (second, first)):
            if _head(one) == head:
                base = _base(other)
                names = [str(t.data) for t in (base.args if base.op == SUM else (base,)) if t.op == CALL]
                yield from FORWARD if FORWARD.intersection(names) else names or [""]

    def pair(self, net: Network, index: dict[str, list[Rule]]) -> bool:
        home = net.home
        looks = {_look(base) for base, _ in net.entries}
        for key in list(net.entries):
            base, labels = key
            for rule in index.get(base.data, ()) if base.op == CALL else ():
                left, right = self.compile(home, rule)
                first, second = left.args
                if _head(first) != base.data:
                    first, second = second, first
                if _head(first) != base.data or not _available(first, net.entries[key]):
                    continue
                look = _look(_base(second))
                if look and look not in looks:
                    continue
                for binding in match(home, _base(first), base, {}):
                    for full, other in self.partners(net, key, _base(second), binding):
                        if not _available(second, net.entries[other]) or not self.holds(home, rule, full):
                            continue
                        value = instantiate(home, right, full, base.shape)
                        if is_call_of(value, CLAMPS) and (bracket := guarding(net, key, other, full["a"])) is not None:
                            value = guarded(home, full["a"], bracket)
                        self.take(net, key, _sign(first))
                        self.take(net, other, _sign(second))
                        home.fire(rule.name, _written(base, first, other[0], second), value)
                        net.load([(value, labels if value.shape else ())])
                        return True
        return False

    def of_terms(self, home: Context, x: Expr) -> Iterator[tuple[str, Expr]]:
        """What the rules for two terms, both perhaps times something, make of a sum, each with its name."""
        out = tuple(range(len(x.shape)))
        for c, t in zip(x.data, x.args, strict=True):
            for f, labels in zip(t.args, t.data[0], strict=True) if t.op == PROD else ((t, out),):
                if f.op != POW or f.args[0].op != CALL or f.args[0].data not in self.terms or labels != out or not home.rules:
                    continue
                base = f.args[0]
                for rule in self.terms[base.data]:
                    left, right = self.compile(home, rule)
                    (d, first), (e, second) = sorted(zip(left.data, left.args, strict=True), key=lambda p: _head(p[1]) != base.data)
                    rest = home.times(t, home.number_power(base, -first.args[1].data))
                    for binding in match(home, _base(first), base, {}):
                        other = home.times(instantiate(home, second, binding, x.shape), rest)
                        if other in x.args and self.holds(home, rule, binding):
                            n = Fraction(c) / d
                            new = home.times(instantiate(home, right, binding, x.shape), rest)
                            yield rule.name, home.sum([(1, x), (-c, t), (-n * e, other), (n, new)], x.shape)

    @staticmethod
    def partners(net: Network, key: Factor, second: Expr, binding: Binding) -> Iterator[tuple[Binding, Factor]]:
        """The factors that fit the second pattern beside the one at `key`, with the letters they bind."""
        base, labels = key
        if variables([second]).keys() <= binding.keys():
            # comparisons move terms across, so the second factor is built and looked up, not matched
            other = (instantiate(net.home, second, binding, base.shape), labels)
            if other in net.entries and other != key:
                yield binding, other
            return
        for other in list(net.entries):
            if other != key and other[1] == labels:
                for full in match(net.home, second, other[0], binding):
                    yield full, other

    @staticmethod
    def take(net: Network, key: tuple[Expr, tuple[int, ...]], n: int) -> None:
        exponent = net.entries[key]
        assert not isinstance(exponent, Expr)
        if exponent == n:
            del net.entries[key]
        else:
            net.entries[key] = exponent - n

    @staticmethod
    def softmax(net: Network) -> bool:
        """exp(z)/sum(exp(z)) is softmax(z) and exp(z)/softmax(z) is sum(exp(z)), row by row for matrices."""
        home = net.home
        for base, labels in list(net.entries):
            if not (is_call(base, "exp") and labels and net.entries[base, labels] == 1):
                continue
            k = len(labels) - 1
            total = home.product([(base, tuple(range(k + 1)))], tuple(range(k)), {})
            value = home.call("softmax", base.args, base.shape)
            exponent = net.entries.get((value, labels))
            if isinstance(exponent, int) and exponent < 0:
                Rules.take(net, (value, labels), -1)
                del net.entries[base, labels]
                every = tuple(range(k + 1))
                quotient = make(PROD, (base, make(POW, (value, build.MINUS_ONE), None, base.shape)), ((every, every), every), base.shape)
                home.fire("exp-over-softmax", quotient, make(PROD, (total,), ((every[:-1],), every), base.shape))
                net.load([(total, labels[:-1])])
                return True
            key = (total, labels[:-1])
            exponent = net.entries.get(key)
            if isinstance(exponent, int) and exponent < 0:
                Rules.take(net, key, -1)
                del net.entries[base, labels]
                every = tuple(range(k + 1))
                inverse = make(POW, (total, build.MINUS_ONE), None, total.shape)
                home.fire("softmax-from-exp", make(PROD, (base, inverse), ((every, every[:-1]), every), base.shape), value)
                net.load([(value, labels)])
                return True
        return False

    @staticmethod
    def softmax_within(net: Network) -> bool:
        """exp(z).u/sum(exp(z)) is softmax(z).u: a contraction that stands apart, such as an entry exp(z)[k], is divided likewise."""
        home = net.home
        for base, place in list(net.entries):
            if base.op != PROD or net.entries[base, place] != 1:
                continue
            labels, out = base.data
            at = dict(zip(out, place, strict=True))
            for f, own in zip(base.args, labels, strict=True):
                if not (is_call(f, "exp") and own and own[-1] not in at and all(k in at for k in own[:-1])):
                    continue
                k = len(own) - 1
                key = (home.product([(f, tuple(range(k + 1)))], tuple(range(k)), {}), tuple([at[i] for i in own[:-1]]))
                exponent = net.entries.get(key)
                if not (isinstance(exponent, int) and exponent < 0):
                    continue
                sizes = {i: d for a, ls in zip(base.args, labels, strict=True) for i, d in zip(ls, a.shape, strict=True)}
                value = home.call("softmax", f.args, f.shape)
                factors = [(value if a is f and ls == own else a, ls) for a, ls in zip(base.args, labels, strict=True)]
                if sum(a is f and ls == own for a, ls in zip(base.args, labels, strict=True)) != 1:
                    continue
                Rules.take(net, key, -1)
                del net.entries[base, place]
                found = home.product(factors, out, sizes)
                every = tuple(range(k + 1))
                inverse = make(POW, (key[0], build.MINUS_ONE), None, key[0].shape)
                home.fire("softmax-from-exp", make(PROD, (f, inverse), ((every, every[:-1]), every), f.shape), value)
                net.load([(found, place)])
                return True
        return False

    def holds(self, home: Context, rule: Rule, binding: Binding) -> bool:
        facts = home.facts
        test = {">": facts.positive, ">=": facts.nonnegative, "!=": facts.nonzero}
        return all(test[relation](binding[letter]) for letter, relation in rule.condition)


def log_sum_exp(home: Context, x: Expr) -> Expr | None:
    """log(sum(exp(z))) is logsumexp(z), row by row for matrices."""
    a = x.args[0]
    if not has_one_factor(a) or not is_call(a.args[0], "exp"):
        return None
    k = len(a.shape)
    if a.data == ((tuple(range(k + 1)),), tuple(range(k))):
        return home.call("logsumexp", a.args[0].args, x.shape)
    return None


def guarding(net: Network, key: Factor, other: Factor, compared: Expr) -> Expr | None:
    """The bracket among two factors, if it cuts off another one that has no value beyond it: [t > 0] in [t > 0]*relu(t)*log(t).

    Looked for are functions and powers of the very value that the bracket compares; they may be anywhere in another factor.
    """
    bracket = next((f for f, _ in (key, other) if f.op == CALL and f.data in FORWARD), None)
    if bracket is None:
        return None
    rest = [(f, exponent) for (f, labels), exponent in net.entries.items() if (f, labels) not in (key, other)]
    if any(f is compared and not (exponent.__class__ is int and exponent > 0) for f, exponent in rest):
        return bracket
    for node in topological([f for f, _ in rest])[-MOST_LOOKED_AT:]:
        if compared in map(unnamed, node.args) and (
            (node.op == POW and not (has_whole_exponent(node) and node.args[1].data >= 0)) or (node.op == CALL and TABLE[node.data].where)
        ):
            return bracket
    return None


def guarded(home: Context, value: Expr, bracket: Expr) -> Expr:
    """A value where a bracket holds, which stays."""
    out = tuple(range(len(bracket.shape)))
    return home.product([(value, out), (bracket, out)], out, dict(enumerate(bracket.shape)))


def _heads(text: str) -> tuple[str, tuple[str, ...]]:
    """The sign between the two factors or terms of the left side, and their heads ("" where that is no function); "" and one head."""
    if text.startswith("1/"):
        return "", ("^",)
    depth = 0
    for k, ch in enumerate(text):
        depth += (ch in "([") - (ch in ")]")
        if depth == 0 and ch in "*/+-":
            return ch, (_text_head(text[:k]), _text_head(text[k + 1 :]))
    return "", (_text_head(text),)


def _text_head(text: str) -> str:
    text = text.strip()
    if text.startswith("["):
        relation = next(r for r in (">=", "==", "!=", ">") if r in text)
        return COMPARED_BY[relation]
    name = text.partition("(")[0]
    return TABLE[name].name if name in TABLE and "(" in text else ""


def _look(x: Expr) -> str:
    """What a factor looks like from far: its function, or for a sum those of its terms; "" for a pattern's letter."""
    if x.op == CALL:
        return "comparison" if x.data in FORWARD else str(x.data)
    if x.op == SUM:
        calls = [str(t.data) for t in x.args if t.op == CALL]
        return "+".join(sorted(calls) if len(calls) > 1 else calls) + str(len(x.args))
    return "" if x.op == VAR else str(x.op)


def _base(p: Expr) -> Expr:
    return p.args[0] if p.op == POW else p


def _head(p: Expr) -> str:
    base = _base(p)
    return str(base.data) if base.op == CALL else ""


def _sign(p: Expr) -> int:
    return -1 if is_divisor(p) else 1


def _available(p: Expr, exponent: object) -> bool:
    """Whether one copy of the pattern's factor can be taken from a power with this exponent."""
    return isinstance(exponent, int) and exponent * _sign(p) >= 1


def _written(a: Expr, first: Expr, b: Expr, second: Expr) -> Expr:
    """The two factors before the rule, for the record."""
    return build.elementwise(*[build.reciprocal(x) if _sign(p) < 0 else x for x, p in ((a, first), (b, second))])


def match(home: Context, p: Expr, x: Expr, binding: Binding) -> Iterator[Binding]:
    """The ways in which pattern p fits x, as extensions of the binding. Recursion over patterns, which are small."""
    op = p.op
    if op == VAR:
        bound = binding.get(p.data[0])
        if bound is None:
            if len(p.shape) == 2 and len(x.shape) != 2:
                return
            yield {**binding, p.data[0]: x}
        elif bound is x:
            yield binding
    elif op == NUM:
        if x is p or (x.shape and x is home.scaled(p.data, home.product([], tuple(range(len(x.shape))), dict(enumerate(x.shape))))):
            yield binding
    elif op == SUM and len(p.args) == 1:
        letter = p.args[0]
        if letter.op == VAR or is_multiple(x):
            yield from match(home, letter, home.scaled(Fraction(1) / p.data[0], x), binding)
    elif op in (SUM, PROD):
        if x.op != op or len(x.args) != len(p.args):
            return
        if op == PROD and len(set(x.data[0])) != 1:
            return
        for order in permutations(range(len(p.args))):
            found = [binding]
            for k, n in enumerate(order):
                if op == SUM and x.data[n] != p.data[k]:
                    found = []
                    break
                found = [b for f in found for b in match(home, p.args[k], x.args[n], f)]
            yield from found
    elif x.op == op and (op != CALL or x.data == p.data):
        orders = [x.args]
        if op == CALL and x.data in ("max", "min", "eq", "ne"):
            orders.append(x.args[::-1])
        for args in orders:
            found = [binding]
            for sub, arg in zip(p.args, args, strict=True):
                found = [b for f in found for b in match(home, sub, arg, f)]
            yield from found


def instantiate(home: Context, p: Expr, binding: Binding, shape: tuple[Dim, ...]) -> Expr:
    """The right side with the bound values in place, in normal form. Recursion over patterns, which are small."""
    out = tuple(range(len(shape)))

    def spread(x: Expr) -> Expr:
        return x if x.shape == shape else home.product([(x, ())], out, dict(enumerate(shape)))

    if p.op == VAR:
        return binding[p.data[0]]
    args = [instantiate(home, a, binding, shape) for a in p.args]
    if p.op == SUM:
        return home.sum(list(zip(p.data, [spread(a) for a in args], strict=True)), shape)
    if p.op == PROD:
        return home.product([(a, out if a.shape else ()) for a in args], out, dict(enumerate(shape)))
    if p.op == POW:
        return home.power(spread(args[0]), args[1])
    if p.op == CALL:
        row = TABLE[p.data]
        return home.call(p.data, tuple([spread(a) for a in args]) if row.elementwise else tuple(args), shape)
    return spread(p)


RULES = Rules(read_rules())
