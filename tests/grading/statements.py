"""What a diagnosis says, applied and compared: an independent reading of its sentences.

In: a formula, its variable, a wrong answer, the sentence. Out: True where doing what the sentence says repairs the answer (or
makes the slip in the right derivative), False where it does not, None for a sentence that claims nothing. Values come from
compiled functions in floating point at random points, at two choices of sizes; nothing of `symdiff.grading` is used.
"""

import re
import warnings
from fractions import Fraction

import numpy as np

import symdiff
from symdiff.expr import build
from symdiff.expr.build import label_size
from symdiff.expr.node import CALL, NAME, NUM, PROD, SUM, make
from symdiff.expr.walk import substitute, topological, variables
from symdiff.numeric import evaluate
from symdiff.printers import written


class Nodes:
    """The library's functions, with nodes in the place of formulas: statements are about parts of them."""

    def __getattr__(self, name):
        found = getattr(symdiff, name)
        if isinstance(found, type) or not callable(found):
            return found
        return lambda *args, **settings: getattr(value := found(*args, **settings), "expr", value)


sd = Nodes()

SIZES = (2, 3, 5, 4, 7, 6, 8), (4, 5, 3, 6, 2, 8, 7)
RELATIVE = 1e-7


class World:
    """Points of the formula's domain and the values of texts there."""

    def __init__(self, formula, wrt, seed=1, change=None):
        self.f, self.wrt = sd.parse(formula), wrt
        self.right = sd.jacobian(self.f, wrt)
        self.points = []
        dims = sorted(
            {
                d
                for x in variables([self.f]).values()
                for part in x.shape
                for d in (part if isinstance(part, tuple) else (part,))
                if isinstance(d, str)
            }
        )
        for sizes in SIZES:
            self.sizes = dict(zip(dims, sizes, strict=False))
            rng, found, zeros = np.random.default_rng(seed), 0, 3
            for k in range(200):
                values = {name: self.draw(x, rng, k) for name, x in variables([self.f]).items()}
                if change:
                    values = change(values, rng)
                point = values, dict(self.sizes)
                value = self.at(self.right, point)
                flat = value is not None and not np.any(value)
                if value is not None and np.all(np.isfinite(value)) and zeros + (not flat) > 0 and np.max(np.abs(value)) < 1e6:
                    self.points.append(point)
                    found += 1
                    zeros -= flat
                if found >= 8:
                    break

    def draw(self, x, rng, k):
        shape = [self.sizes[d] if isinstance(d, str) else d for d in x.shape]
        properties = x.data[1]
        label = label_size(properties)
        if label is not None:
            return rng.integers(1, (self.sizes[label] if isinstance(label, str) else label) + 1, shape or None)
        value = rng.uniform(0.2, 2.5, shape) * (10 if k % 8 == 7 and (not shape or "huber" in written(self.f)) else 1)
        if k % 3 and not {"positive", "nonnegative"} & set(properties):
            value = value * rng.choice([-1, 1], shape)
        if "simplex" in properties:
            value = np.abs(value) / np.abs(value).sum(-1, keepdims=True)
        if "onehot" in properties:
            value = np.eye(shape[-1])[rng.integers(shape[-1])]
        if "psd" in properties:
            value = value @ value.T + np.eye(shape[0])
        if "symmetric" in properties:
            value = (value + value.T) / 2
        return value if shape else float(value)

    def parse(self, text):
        return sd.parse(text, given=self.f)

    def node(self, text):
        """The expression of a text that may be a part of another one."""
        for form in (text, f"({text})"):
            try:
                return self.parse(form)
            except sd.SymdiffError:
                continue
        return None

    def at(self, e, point):
        values, sizes = point
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            try:
                return np.asarray(evaluate(e, {**values, **sizes}))
            except (sd.SymdiffError, ArithmeticError, ValueError, np.linalg.LinAlgError):
                return None

    def same(self, a, b):
        """Whether two expressions agree at all points; at least four have to have values."""
        if a is None or b is None:
            return False
        seen = 0
        for point in self.points:
            x, y = self.at(a, point), self.at(b, point)
            if x is None or y is None or x.shape != y.shape:
                return False
            both = np.isfinite(x) & np.isfinite(y)
            if not np.array_equal(np.isfinite(x), np.isfinite(y)):
                return False
            if not np.allclose(x[both], y[both], rtol=RELATIVE, atol=RELATIVE * max(1.0, np.max(np.abs(y[both]), initial=0)) * 1e-3):
                return False
            seen += 1
        return seen >= 4

    def close_to(self, a, b):
        """Whether two expressions are nearly the same."""
        return all(np.allclose(self.at(a, p), self.at(b, p), rtol=1e-5) for p in self.points)

    def agree(self, a, b, digits):
        """Whether two expressions agree in so many digits, as far as doubles show them."""
        rtol = max(2 * 10.0**-digits, 1e-14)
        return all(np.allclose(self.at(a, p), self.at(b, p), rtol=rtol, atol=1e-13) for p in self.points)

    def never_same(self, a, b):
        return all(
            not (x.shape == y.shape and np.allclose(x, y, rtol=1e-9, atol=1e-12))
            for p in self.points
            for x, y in [(self.at(a, p), self.at(b, p))]
        )


def ticks(sentence):
    return re.findall(r"`([^`]*)`", sentence)


def swapped(root, old, new):
    """Every way of putting `new` in the place of `old`: where the very node stands, or one that is equal to it."""

    def rebuild(node, kids):
        return new if node is old else make(node.op, kids, node.data, node.shape) if kids != node.args else node

    return substitute([root], rebuild)[root]


def same_number(world, a, b):
    return a.shape == b.shape and world.same(a, b)


def places(world, root, part):
    """The nodes of `root` that are `part`, or equal to it."""
    found = [n for n in topological([root]) if n is part]
    return found or [n for n in topological([root]) if n.shape == part.shape and n.op != NUM and same_number(world, n, part)]


def belongs(world, answer, new, old):
    """`new` belongs where `old` stands: in the answer, or `old` in the place of `new` gives the answer out of the right derivative."""
    new, old = world.node(new), world.node(old)
    if new is None or old is None:
        return None
    if old.shape != new.shape and not old.shape:
        old = build.spread(old, new.shape)
    tried = [(answer, old, new, world.right), (world.right, new, old, answer)]
    for root, a, b, goal in tried:
        for place in places(world, root, a):
            if place.shape == b.shape and world.same(swapped(root, place, b), goal):
                return True
    return False


def times(a, b):
    """Products of two values in the ways that fit."""
    found = []
    if not a.shape or not b.shape or a.shape == b.shape:
        found.append(build.elementwise(a, b))
    for make_it in (
        build.matmul,
        build.matvec,
        build.outer,
        build.vec_row,
        lambda x, y: build.matmul(build.diag_matrix(x), y),
        lambda x, y: build.unrow(build.matmul(x, y)),
    ):
        for x, y in ((a, b), (b, a)):
            try:
                found.append(make_it(x, y))
            except (sd.SymdiffError, ValueError, IndexError, KeyError):
                continue
    return found


def anywhere(world, root, goal, factor, bracket=False):
    """Whether multiplying `root`, or a part of it if the factor is a bracket, by the factor gives `goal`."""
    for place in topological([root]) if bracket else [root]:
        for value in times(place, factor):
            if value.shape == place.shape and world.same(swapped(root, place, value), goal):
                return True
            if place is root and world.same(value, goal):
                return True
    if root.shape != goal.shape and not root.shape:
        return anywhere(world, build.spread(root, goal.shape), goal, factor)
    return False


def with_condition(formula, wrt, answer, name, words):
    def change(values, rng):
        v = np.array(values[name], dtype=float)
        if words == "symmetric":
            v = (v + v.T) / 2
        elif words == "antisymmetric":
            v = v - v.T
        elif words == "diagonal":
            v = np.diag(np.diag(v))
        elif words == "orthogonal":
            v = np.linalg.qr(v)[0]
        elif words == "positive":
            v = np.abs(v)
        elif words == "negative":
            v = -np.abs(v)
        elif words == "sum to 1":
            v = v / v.sum()
        elif words == "sum to 0":
            v = v - v.mean()
        elif words == "norm 1":
            v = v / np.linalg.norm(v)
        elif words == "equal":
            v = np.full_like(v, v.flat[0])
        elif words == "one-hot":
            v = np.eye(len(v))[rng.integers(len(v))]
        else:
            v = rng.choice([float(w) for w in words], v.shape)
        return values | {name: v if v.shape else float(v)}

    world = World(formula, wrt, seed=4, change=change)
    found = world.parse(answer)
    if not world.same(found, world.right):
        return False
    free = World(formula, wrt, seed=5)
    return not free.same(found, free.right)


def holds(formula, wrt, answer, sentence):
    """See above. The answer may be a text that does not parse: then only repairs of the text are judged."""
    world = World(formula, wrt)
    if not world.points:
        return None
    read = re.match(r"read as `([^`]*)`: ", sentence)
    if read:
        answer, sentence = read[1], sentence[read.end() :]
    other = 1.0
    besides = re.search(r"; besides, (.*)$", sentence)
    if besides:
        other, sentence = constant(besides[1]), sentence[: besides.start()]
    right_text = re.search(r"right is `([^`]*)`$", sentence)
    if right_text:
        return world.same(world.parse(right_text[1]), world.right)
    order = re.fullmatch(r"the factors of `(.*)` are in the wrong order: `(.*)` belongs there", sentence)
    if order:
        return world.same(world.parse(answer.replace(order[1], order[2], 1)), world.right)
    if "the shapes do not fit" in sentence:
        try:
            return world.parse(answer).shape != world.right.shape
        except sd.ShapeError:
            return True
    found = world.parse(answer)
    if other != 1.0:
        found = build.scale(build.num(1 / Fraction(other).limit_denominator(1000)), found)
    in_entries = re.search(r"; with (this number in every entry|these entries summed): ", sentence)
    if in_entries:
        found = build.spread(found, world.right.shape) if "number" in in_entries[1] else build.total(found)
        sentence = sentence[in_entries.end() :]
    return claim(world, formula, wrt, answer, found, sentence)


def constant(words):
    """The number c in "this is c times what is right"."""
    if words == "the sign is wrong":
        return -1.0
    sign = -1.0 if words.endswith(" and the sign is wrong") else 1.0
    m = re.match(r"a factor of (\S+) is (too much|missing)", words)
    if m:
        c = eval_number(m[1])
        return sign * (c if m[2] == "too much" else 1 / c)
    m = re.match(r"this is (-?[\d/]+) times the derivative", words)
    return eval_number(m[1])


def rational(c):
    return build.num(Fraction(c).limit_denominator(1000))


def eval_number(text):
    a, _, b = text.partition("/")
    return float(a) / float(b or 1)


def sized(world, words):
    """The factor that is too much, as an expression: "a factor of n is too much", "the factor 1/n is missing"."""
    rest = re.search(r", and (.*)$", words)
    c = constant(rest[1]) if rest else 1.0
    words = words[: rest.start()] if rest else words
    m = re.fullmatch(r"a factor of (.+) is (too much|missing)|the factor 1/(.+) is missing", words)
    quotient = re.fullmatch(r"the factor ([^`/]+/[^`/]+) is missing", words)
    if quotient and not m:
        return build.scale(rational(c), build.power(world.node(quotient[1]), build.MINUS_ONE))
    if not m:
        return None
    e = world.node(m[1] or m[3])
    if m[2] == "missing":
        e = build.power(e, build.MINUS_ONE)
    return build.scale(rational(c), e)


def claim(world, formula, wrt, answer, found, sentence):
    right = world.right
    parts = ticks(sentence)
    m = re.search(r"`([^`]*)` belongs where `([^`]*)` stands", sentence)
    if m:
        verdict = belongs(world, found, m[1], m[2])
        if verdict is not None:
            return verdict
    if sentence in ("this differs from the derivative, but only in places", "this is not the derivative"):
        return None
    if sentence == "the derivative is not zero":
        return world.same(found if found.shape == right.shape else build.spread(found, right.shape), build.spread(build.ZERO, right.shape))
    if sentence == "the derivative is zero":
        return world.same(right, build.spread(build.ZERO, right.shape))
    if sentence == "this differs from the derivative by less than doubles show":
        return world.same(found, right) or None
    m = re.fullmatch(r"a constant is rounded: this agrees with the derivative in (\d+) digits", sentence)
    if m:
        return world.agree(found, right, int(m[1]))
    if sentence.startswith("the sign is wrong"):
        return world.same(build.neg(found), right)
    if sentence.startswith("this is right only if"):
        return condition(formula, wrt, answer, sentence)
    if sentence.startswith("this is right only where"):
        return one_side(world, found, parts[0], sentence.endswith("is 1"))
    m = re.match(r"in the term `([^`]*)` (.*?)(?:: `([^`]*)` (belongs|stands) there)?$", sentence)
    if m:
        return in_term(world, found, m)
    m = re.fullmatch(r"the terms? (.*) (?:is|are) missing", sentence)
    if m and parts:
        total = found
        for p in parts:
            total = build.add(total, spread(world.node(p), right))
        return world.same(total, right)
    if re.fullmatch(r"the sign of the term `[^`]*` is wrong", sentence):
        term = spread(world.node(parts[0]), right)
        return world.same(build.add(found, build.linear([2], [term])), right) or world.same(
            build.sub(found, build.linear([2], [term])), right
        )
    if re.fullmatch(r"the term `[^`]*` does not belong there", sentence):
        return world.same(build.sub(found, spread(world.node(parts[0]), right)), right)
    sentence = re.sub(r"^`[^`]*` belongs where `[^`]*` stands: ", "", sentence)
    m = re.fullmatch(r"the (?:factor|indicator) `([^`]*)` is missing(?: on the (?:left|right))?(, and the sign is wrong)?", sentence)
    if m:
        return anywhere(world, build.neg(found) if m[2] else found, right, world.node(m[1]), m[1].startswith("["))
    m = re.fullmatch(
        r"the (?:factor|indicator) `([^`]*)`(?: on the (?:left|right))? does not belong there(, and the sign is wrong)?", sentence
    )
    if m:
        return anywhere(world, build.neg(right) if m[2] else right, found, world.node(m[1]), m[1].startswith("[")) or belongs(
            world, found, "1", m[1]
        )
    if re.match(r"a factor of|the factor [^`]*/|this is -?[\d/]+ times", sentence):
        try:
            c = rational(constant(sentence))
        except (ValueError, TypeError):
            c = sized(world, sentence)
        return None if c is None else close_to(world, found, right, c)
    m = re.fullmatch(r"the indicator should be `([^`]*)`, not `([^`]*)`", sentence)
    if m:
        return belongs(world, found, m[1], m[2])
    m = re.fullmatch(r"the range of an index is too (small|large)", sentence)
    if m:
        root, goal = (found, right) if m[1] == "small" else (right, found)
        return any(
            world.same(swapped(root, n, build.spread(build.ONE, n.shape)), goal)
            for n in topological([root])
            if n.op == CALL and n.data in ("lt", "le", "gt", "ge") and not variables([n])
        )
    m = re.match(r"this is about (\S+?) times the derivative", sentence)
    if m:
        c = Fraction(m[1])
        return c != 1 and world.close_to(found, build.elementwise(build.spread(build.num(c), right.shape), right))
    m = re.fullmatch(r"the indicator `([^`]*)` is the wrong way round", sentence)
    if m:
        return turned(world, found, m[1])
    if sentence.startswith("the chain rule stops at `"):
        return by_part(world, found, parts[0])
    m = re.search(r"this is the derivative by (\w+), not by", sentence)
    if m:
        return world.same(found, sd.jacobian(world.f, m[1]))
    m = re.fullmatch(r"this is the (second|third) derivative", sentence)
    if m:
        return world.same(found, sd.derivative(world.f, world.wrt, order={"second": 2, "third": 3}[m[1]]))
    if sentence.startswith("this is the value of the formula"):
        return world.same(found, world.f)
    if sentence.startswith("this is an antiderivative"):
        return world.same(sd.grad(found, world.wrt), world.f)
    if sentence.startswith("this is the transpose"):
        return world.same(transposed(found), right) or world.same(found, transposed(right))
    if "only the diagonal of the derivative" in sentence:
        return world.same(found, build.diag_matrix(build.diag_part(right)))
    if sentence.endswith("this is only its diagonal"):
        return world.same(found, build.diag_part(right))
    if sentence.endswith("all its entries are this number"):
        return world.same(build.spread(found, right.shape), right)
    if sentence.endswith("the sum of these entries is still to be taken"):
        return world.same(build.total(found), right)
    m = re.fullmatch(r"this would be right for `([^`]*)` in the place of `([^`]*)`", sentence)
    if m:
        other = swapped_text(world, m[2], m[1])
        return None if other is None else any(world.same(found, sd.jacobian(o, world.wrt)) for o in other)
    m = re.fullmatch(r"(\w+) is held constant, but it depends on \w+", sentence)
    if m:
        return held(world, found, m[1])
    m = re.fullmatch(r"the derivative of `([^`]*)` by `([^`]*)` is missing", sentence)
    if m:
        return left_out(world, found, m[1], m[2])
    m = re.fullmatch(r"the (square of this is the derivative)|this is the (square|reciprocal) of the derivative", sentence)
    if m:
        a, b = (
            (build.power(found, build.TWO), right)
            if m[1]
            else (found, build.power(right, build.TWO if m[2] == "square" else build.MINUS_ONE))
        )
        return world.same(a, b)
    local = wrong_edge(world, sentence, parts)
    if local is not None:
        return any(passed_on(world, found, part, arg, edge) for part, arg, edge in local)
    if "rule has two terms" in sentence or sentence.startswith("this is the sum of the derivatives") or "quotient rule" in sentence:
        return of_rule(world, found, sentence)
    m = re.fullmatch(r"`([^`]*)` belongs where `([^`]*)` stands", sentence)
    if m:
        return with_number(world, found, m[1], m[2])
    if sentence.startswith("here every entry below the diagonal counts"):
        return world.same(found, build.sub(build.linear([2], [right]), build.diag_matrix(build.diag_part(right))))
    if sentence.startswith("this is the gradient G by unconstrained entries"):
        return world.same(found, sd.grad(world.f, world.wrt, unconstrained=True))
    if sentence.startswith(("the gradient is a ", "the derivative is a ")):
        return found.shape != right.shape
    return "unread"


def spread(e, like):
    return build.spread(e, like.shape) if like.shape and not e.shape else e


def transposed(e):
    if len(e.shape) == 1:
        return build.row(e)
    return build.unrow(e) if e.shape[0] == 1 and e.op == PROD and e.data == build.FORMS["row"] else build.transpose(e)


def close_to(world, found, right, c):
    return world.same(found, build.elementwise(c, right))


def in_term(world, found, m):
    """In the term T …: T as it belongs there, with what stands there; or as it stands, with what belongs there."""
    term, other = spread(world.node(m[1]), world.right), m[3] and spread(world.node(m[3]), world.right)
    if m[3]:
        stands, belongs_ = (other, term) if m[4] == "stands" else (term, other)
        repaired = build.add(build.sub(found, stands), belongs_)
        return world.same(repaired, world.right) and close_to(world, stands, belongs_, rational(constant(m[2])))
    factor = re.fullmatch(r"the factor `([^`]*)` is missing(?: on the \w+)?", m[2])
    mine = build.add(build.sub(found, world.right), term)
    if factor:
        return any(world.same(value, term) for value in times(mine, world.node(factor[1])))
    c = sized(world, m[2])
    return None if c is None else close_to(world, mine, term, c)


def condition(formula, wrt, answer, sentence):
    words = sentence.removeprefix("this is right only if ")
    patterns = [
        (r"the entries of (\w+) sum to 1", "sum to 1"),
        (r"the entries of (\w+) sum to 0", "sum to 0"),
        (r"the norm of (\w+) is 1", "norm 1"),
        (r"the entries of (\w+) are equal", "equal"),
        (r"(\w+) is a one-hot vector", "one-hot"),
    ]
    for pattern, name in patterns:
        m = re.fullmatch(pattern, words)
        if m:
            return with_condition(formula, wrt, answer, m[1], name)
    m = re.fullmatch(r"(?:every entry of )?(\w+) is (\w+)", words)
    if m and not m[2].isdigit():
        return with_condition(formula, wrt, answer, m[1], m[2])
    m = re.fullmatch(r"(?:every entry of )?(\w+) is ([-\d, or]+)", words)
    return with_condition(formula, wrt, answer, m[1], re.findall(r"-?\d+", m[2]))


def one_side(world, found, bracket, on):
    """Right where the bracket is 1 (on) and wrong elsewhere, entry by entry."""
    node, seen = world.node(bracket), set()
    for point in world.points:
        a, b, c = (world.at(e, point) for e in (found, world.right, node))
        c = np.broadcast_to(c, a.shape)
        for k in np.ndindex(a.shape):
            seen.add((bool(c[k]) == on, bool(np.isclose(a[k], b[k], rtol=1e-8, atol=1e-12))))
    return (True, True) in seen and (True, False) not in seen and (False, False) in seen


def turned(world, found, bracket):
    node = world.node(bracket)
    mirror = {"lt": "gt", "le": "ge", "gt": "lt", "ge": "le"}
    for place in places(world, found, node):
        if place.op == CALL and place.data in mirror:
            return world.same(swapped(found, place, make(CALL, place.args, mirror[place.data], place.shape)), world.right)
    return False


def by_part(world, found, part):
    """The derivative by a part of the formula."""
    node = world.node(part)
    v = build.var("v_part", node.shape)
    for place in [n for n in topological([world.f]) if n is node] or places(world, world.f, node):
        g = sd.jacobian(swapped(world.f, place, v), v)
        if world.same(found, swapped(g, v, place)):
            return True
    return False


def held(world, found, name):
    node = next(n for n in topological([world.f]) if n.op == NAME and n.data[0] == name)
    v = build.var("v_held", node.shape)
    g = (
        sd.jacobian(swapped(world.f, node, v), world.wrt)
        if world.wrt in variables([swapped(world.f, node, v)])
        else build.spread(build.ZERO, world.right.shape)
    )
    return world.same(found, swapped(g, v, node))


def left_out(world, found, outer, inner):
    """Without the derivative of one function: its adjoint goes to its argument as it is."""
    node, arg = world.node(outer), world.node(inner)
    for place in [n for n in topological([world.f]) if n is node] or places(world, world.f, node):
        v = build.var("v_outer", place.shape)
        g = swapped(sd.jacobian(swapped(world.f, place, v), v), v, place)
        u = build.var("v_adjoint", place.shape)
        x = variables([world.f]).get(world.wrt, world.wrt)
        rest = swapped(world.f, place, v)
        kept = swapped(sd.jacobian(rest, x), v, place) if world.wrt in variables([rest]) else build.spread(build.ZERO, world.right.shape)
        through = sd.jacobian(build.total(build.elementwise(u, arg)), x)
        if world.same(found, build.add(kept, swapped(through, u, g))):
            return True
    return False


# The derivatives of functions by their value y.
BY_VALUE = {"sigma": "y*(1 - y)", "tanh": "1 - y^2", "exp": "y", "tan": "1 + y^2", "sqrt": "1/(2*y)", "relu": "[y > 0]"}


def wrong_edge(world, sentence, parts):
    """What a sentence says is passed on at one node instead of its derivative: (the node, its argument, the wrong derivative)."""

    def calls(name):
        return [n for n in topological([world.f]) if n.op == CALL and n.data == name and len(n.args) == 1]

    def slope(name, at):
        t = build.var("t_slope")
        g = sd.grad(getattr(sd, name)(t), t)
        if not at.shape:
            return swapped(g, t, at)
        v = build.var("t_slope", at.shape)
        return swapped(sd.grad(build.total(getattr(sd, name)(v)), v), v, at)

    def by_value(name, y):
        text = BY_VALUE.get(name)
        v = build.var("y", y.shape)
        return (
            None
            if text is None
            else swapped(
                sd.parse(
                    text.replace("*", ".*").replace("^", ".^").replace("1/", "1 ./ ").replace("(2.*y)", "(2*y)"), given=build.total(v)
                ),
                v,
                y,
            )
        )

    m = re.fullmatch(r"the derivative of `(\w+)` is taken for that of `(\w+)`", sentence)
    if m:
        return [(n, n.args[0], e) for n in calls(m[2]) for e in (slope(m[1], n.args[0]), by_value(m[1], n)) if e is not None]
    m = re.fullmatch(r"the derivative of `(\w+)` is taken at `([^`]*)`, not at `([^`]*)`", sentence)
    if m:
        return [(n, n.args[0], slope(m[1], n)) for n in calls(m[1])]
    if re.fullmatch(r"`[^`]*` stands where the derivative of `[^`]*` by it belongs", sentence):
        return [(world.node(parts[1]), world.node(parts[0]), world.node(parts[0]))]
    if re.fullmatch(r"the value `[^`]*` stands where its derivative by `[^`]*` belongs", sentence):
        return [(world.node(parts[0]), world.node(parts[1]), world.node(parts[0]))]
    if re.fullmatch(r"the derivative of `[^`]*` by `[^`]*` is multiplied in twice", sentence):
        outer = world.node(parts[0])
        return [(n, n.args[0], build.power(slope(n.data, n.args[0]), build.TWO)) for n in places(world, world.f, outer) if n.op == CALL]
    if re.fullmatch(r"in the derivative of `[^`]*` `[^`]*` stands where `[^`]*` belongs", sentence):
        outer = world.node(parts[0])
        return [(n, n.args[0], by_value(n.data, n.args[0])) for n in places(world, world.f, outer) if n.op == CALL and n.data in BY_VALUE]
    if sentence.startswith("of the derivative of `") and "only the diagonal" in sentence:
        outer = next(n for n in places(world, world.f, world.node(parts[0])) if n.op == CALL)
        p = sd.softmax(outer.args[0])
        return [
            (outer, outer.args[0], build.elementwise(p, build.sub(build.ONE, p)) if outer.data == "softmax" else build.sub(build.ONE, p))
        ]
    m = re.fullmatch(r"the power rule is taken for `([^`]*)`, but `([^`]*)` stands in the exponent", sentence)
    if m:
        outer, exponent = world.node(m[1]), world.node(m[2])
        return [(outer, exponent, build.elementwise(exponent, build.power(outer.args[0], build.sub(exponent, build.ONE))))]
    m = re.fullmatch(r"the power rule for `([^`]*)` is wrong: the exponent is (not lowered|lowered twice)", sentence)
    if m:
        outer = world.node(m[1])
        base, n = outer.args
        return [(outer, base, build.linear([n.data], [build.power(base, build.num(n.data - (0 if "not" in m[2] else 2)))]))]
    return None


def passed_on(world, found, node, arg, edge):
    """Whether the answer is the derivative with `edge` in the place of the node's derivative by its argument."""
    for place in [n for n in topological([world.f]) if n is node] or places(world, world.f, node):
        v, u = build.var("v_outer", place.shape), build.var("v_adjoint", place.shape)
        rest = swapped(world.f, place, v)
        g = swapped(sd.jacobian(rest, v), v, place)
        kept = (
            swapped(sd.jacobian(rest, world.wrt), v, place)
            if world.wrt in variables([rest])
            else build.spread(build.ZERO, world.right.shape)
        )
        through = sd.jacobian(build.total(build.elementwise(u, arg)), world.wrt)
        if world.same(found, build.add(kept, swapped(through, u, build.elementwise(g, spread(edge, g))))):
            return True
    return False


def of_rule(world, found, sentence):
    """The rules of products and quotients as they are misremembered."""
    a, b = world.f.args
    if "quotient" in sentence:
        b = b.args[0]
        da, db = sd.grad(a, world.wrt), sd.grad(b, world.wrt)
        first, second, square = build.scale(da, b), build.scale(a, db), build.power(b, build.TWO)
        if "quotient of the derivatives" in sentence:
            return world.same(found, build.divide(da, db))
        top = build.add(first, second) if "subtracted, not added" in sentence else build.sub(second, first)
        return world.same(found, build.divide(top, square))
    da, db = sd.grad(a, world.wrt), sd.grad(b, world.wrt)
    return world.same(found, build.add(da, db) if "sum of the derivatives" in sentence else build.scale(da, db))


def with_number(world, found, new, old):
    a, b = sd.parse(new).data, sd.parse(old).data
    other = {b: a, -b: -a}

    def rebuild(node, kids):
        if node.op == NUM:
            return build.num(other.get(node.data, node.data))
        if node.op == SUM:
            return build.linear([other.get(c, c) for c in node.data], kids)
        return make(node.op, kids, node.data, node.shape) if kids != node.args else node

    return world.same(substitute([found], rebuild)[found], world.right)


def swapped_text(world, old, new):
    a, b = world.node(old), world.node(new)
    if a is None or b is None:
        return None
    return [
        swapped(world.f, place, b)
        for place in ([n for n in topological([world.f]) if n is a] or places(world, world.f, a))
        if place.shape == b.shape
    ]
