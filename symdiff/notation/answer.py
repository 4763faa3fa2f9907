"""The answer: the shortest written form of a derivative that the program finds.

In: derivatives (as the sweep leaves them) and the formula. Out: written nodes. Two readings are tried: with the
formula's names as letters, and with the names written out and found again afterwards; the one with fewer symbols is
kept. Parts that repeat get a name of their own where that makes the whole shorter.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import count as numbers

from symdiff.errors import DomainError
from symdiff.expr import build, dims
from symdiff.expr.node import CALL, CONST, DELTA, NAME, NUM, OPAQUE, POW, PROD, SUM, VAR, Expr, Number, make
from symdiff.expr.patterns import has_number_exponent, is_call, is_multiple
from symdiff.expr.places import affine, is_selection
from symdiff.expr.walk import bindings, preorder, topological, variables
from symdiff.notation.contractions import with_contractions
from symdiff.notation.entangled import is_entangled
from symdiff.notation.entries import as_read
from symdiff.notation.placewise import place_by_place
from symdiff.notation.trees import derivative_name, length
from symdiff.notation.unparse import unparse
from symdiff.notation.writer import Writer
from symdiff.notation.written import is_power
from symdiff.simplify import Improver, Log, Normalizer, normal_forms
from symdiff.simplify.shapes import split, zero
from symdiff.table.operators import CONDITIONS

MAX_SECOND_READING = 3_000  # nodes up to which the names of the formula are written out and found again
SMALL = 60  # below this the second reading of an answer in matrix notation costs nothing worth saving
MAX_SHARED = 1_000_000  # answers times nodes up to which repeated parts are looked for, answer by answer
CHOICE_TOKENS = 14  # of a matrix of brackets that is written by its entries
LEAST_GAIN = 6  # symbols that naming a repeated sum or product must save; a function value need only not cost


def write(derivatives: Sequence[Expr], f: Expr, *, expand: bool = False, log: Log | None = None) -> list[Expr]:
    """The derivatives simplified and written; f gives reading order, bindings and the orientation of differences.

    expand: the formula's names are written out. log: takes the rules that fired and the values assumed not to be 0.
    """
    log = Log() if log is None else log
    writer = Writer(Normalizer(), f)
    known = bindings([f])
    answers = simplified(derivatives, writer, Normalizer(keep_names=not expand, log=log), {} if expand else known)
    size = len(topological(derivatives))
    worth = (size <= SMALL and all(len(x.shape) <= 2 for x in answers)) or divide_by_name(answers)
    if known and not expand and worth and size <= MAX_SECOND_READING:
        other = Log()
        found = second_reading(derivatives, writer, known, other)
        chosen = [b if writer.price(b) <= writer.price(a) else a for a, b in zip(answers, found, strict=True)]
        if chosen != answers:
            log.fired += other.fired
            log.nonzero |= other.nonzero
            log.exhausted |= other.exhausted
        answers = chosen
    require_one_meaning(answers, f)
    if len(answers) * len(topological(answers)) > MAX_SHARED:
        return answers
    return shorter_by_places(as_read([share(x, writer, f) for x in answers], f), answers, writer, f)


def shorter_by_places(found: list[Expr], answers: Sequence[Expr], writer: Writer, f: Expr) -> list[Expr]:
    """The answers as found, or written in matrix notation at each place of an axis, where that is shorter."""
    chosen = list(found)
    for k, x in enumerate(answers):
        if x.op == PROD and not any(a.args for a in x.args):
            continue  # letters alone, between which nothing is to be simplified
        other = place_by_place(x, f)
        if other is not None:
            other, longest = share(other, writer, f), length(unparse(found[k]))
            if length(unparse(other)) >= longest:
                continue  # what it means when it is read is no shorter
            (read,) = as_read([other], f)
            if length(unparse(read)) < longest:
                chosen[k] = read
    return chosen


def require_one_meaning(answers: Sequence[Expr], f: Expr) -> None:
    """DomainError where a name in an answer would mean two things: f calls a variable `pi`, or a function of its own `exp` or `Dphi`."""
    own = {(n.op, n.data[0]) for n in topological([f]) if n.op == OPAQUE or (n.op in (VAR, NAME) and n.data[0] == "pi")}
    for e in topological(answers) if own else ():
        if e.op == CONST and ((VAR, e.data) in own or (NAME, e.data) in own):
            what = f"the number {e.data}"
        elif e.op == CALL and (OPAQUE, e.data) in own:
            what = f"the function {e.data} of the table"
        elif e.op == OPAQUE and e.data[1] and (OPAQUE, derivative_name(*e.data[:2])) in own:
            what = f"the derivative of {e.data[0]}, which is written {derivative_name(*e.data[:2])}"
        else:
            continue
        raise DomainError(f"the answer needs {what}; the formula has another meaning for that name", hint="rename it in the formula")


def divide_by_name(answers: Sequence[Expr]) -> bool:
    """Whether answers divide by a bound name: then something may cancel once the name is written out."""
    return any(n.op == POW and n.args[0].op == NAME and n.args[1].op == NUM and n.args[1].data < 0 for n in topological(answers))


def simplified(derivatives: Sequence[Expr], writer: Writer, home: Normalizer, known: dict[str, Expr]) -> list[Expr]:
    improver = Improver(home)
    forms = with_contractions(improver, improver.run(normal_forms(home, derivatives)), known)
    signs = signs_of_names(home, known)
    if signs:
        new: dict[Expr, Expr] = {}
        for node in topological(forms, into_names=False):
            new[node] = signs[node] if node in signs else improver.over(node, [new[a] for a in node.args] if node.op != NAME else [])
        forms = [new[x] for x in forms]
    return writer.write(forms)


def signs_of_names(home: Normalizer, known: dict[str, Expr]) -> dict[Expr, Expr]:
    """From [u > 0] to [h > 0], where h is bound to relu(u) or max(u, 0)."""
    found: dict[Expr, Expr] = {}
    for name in known.values():
        value = home.run([name.args[0]])[0]
        if is_call(value, "relu", "max"):
            none = zero(value.shape)
            inner = [a for a in value.args if a is not none]
            if len(inner) == 1 and (value.data == "relu" or none in value.args):
                found[home.call("gt", (inner[0], none), value.shape)] = home.call("gt", (name, none), value.shape)
    return found


# ---------------------------------------------------------------------------------------------- names found again


def second_reading(derivatives: Sequence[Expr], writer: Writer, known: dict[str, Expr], log: Log) -> list[Expr]:
    """The derivatives with all names written out, simplified, and the names put back where their values occur."""
    home = Normalizer(keep_names=False, log=log)
    forms = Improver(home).run(normal_forms(home, derivatives))
    names: dict[Expr, tuple[Number, Expr]] = {}
    roots: dict[Expr, tuple[Number, Expr]] = {}
    products: list[tuple[Expr, Number, Expr]] = []
    values = home.run([name.args[0] for name in known.values()])
    for name, value in zip(known.values(), values, strict=True):
        c, rest = split(value)
        if not rest.args or rest.op == OPAQUE:
            continue
        if has_number_exponent(rest) and c == 1:
            roots[rest.args[0]] = (rest.args[1].data, name)
        names[rest] = (1 / Fraction(c), name)
        if rest.op == PROD and len(rest.args) > 1 and all(ls in ((), rest.data[1]) for ls in rest.data[0]):
            products.append((rest, 1 / Fraction(c), name))
        if rest.op == SUM and len(rest.args) > 1:
            content, primitive = home.primitive(rest)
            names.setdefault(home.scaled(-1, rest), (-1 / Fraction(c), name))
            names.setdefault(primitive, (1 / Fraction(content), name))
            names.setdefault(home.scaled(-1, primitive), (-1 / Fraction(content), name))
    again = Normalizer(log=log)
    improver = Improver(again)
    new: dict[Expr, Expr] = {}

    def power_of(base: Expr, n: Number) -> Expr:
        """The power of a value put back: s^2 for var(x) + eps, where s is sqrt(var(x) + eps)."""
        if base in roots:
            e, name = roots[base]
            ratio = Fraction(n) / Fraction(e)
            if ratio.denominator == 1:  # a^3 is not (a^2)^(3/2) where a < 0
                return again.number_power(name, ratio)
        if is_call(base, "exp") and (n != 1 or base not in new):
            return again.call("exp", (again.scaled(n, new[base.args[0]]),), base.shape)
        return again.number_power(new[base], n)

    def put_back(node: Expr) -> Expr:
        if node in names:
            c, name = names[node]
            return again.scaled(c, name)
        if has_number_exponent(node):
            return power_of(node.args[0], node.args[1].data)
        if node.op == PROD:
            return with_products(again, node, products, new, power_of)
        return improver.over(node, [new[a] for a in node.args])

    for node in topological(forms):
        new[node] = put_back(node)
    return writer.write(with_contractions(improver, improver.run([new[x] for x in forms]), known))


def with_products(
    home: Normalizer,
    node: Expr,
    products: Sequence[tuple[Expr, Number, Expr]],
    new: dict[Expr, Expr],
    power_of: Callable[[Expr, Number], Expr],
) -> Expr:
    """A product over the new values of its factors; factors that make up the product which a name stands for become the name.

    products: the product, by what the name is multiplied to be it, and the name. power_of: a power of a factor, put back.
    """
    out = node.data[1]
    factors = list(zip(node.args, node.data[0], strict=True))
    sizes = {i: d for a, ls in factors for i, d in zip(ls, a.shape, strict=True)} | dict(zip(out, node.shape, strict=True))
    opened: list[tuple[Expr, tuple[int, ...]]] = []
    for a, ls in factors:
        if products and not ls and a.op == PROD and any(a.data[0]) and new[a].op != NAME:  # g.(x - mu)/s is g.h, where h is (x - mu)/s
            first = 1 + max(sizes, default=-1)
            for b, inner in zip(a.args, a.data[0], strict=True):
                opened.append((b, tuple([first + i for i in inner])))
                sizes.update(zip(opened[-1][1], b.shape, strict=True))
        else:
            opened.append((a, ls))
    left: dict[tuple[Expr, tuple[int, ...]], Number] = {}
    items: list[tuple[Expr, tuple[int, ...]]] = []
    for a, ls in opened:
        base, n = base_and_exponent(a)
        if n:
            left[base, ls] = left.get((base, ls), 0) + n
        else:
            items.append((new[a], ls))
    front: Number = 1
    for value, c, name in products:
        for label in {ls for _, ls in left if tuple([sizes[i] for i in ls]) == value.shape}:
            parts = [(*base_and_exponent(a), label if ls else ()) for a, ls in zip(value.args, value.data[0], strict=True)]
            while parts and all(n and left.get((base, ls), 0) * n >= n * n for base, n, ls in parts):
                for base, n, ls in parts:
                    left[base, ls] -= n
                items.append((name, label))
                front *= c
    items += [(power_of(base, n), ls) for (base, ls), n in left.items() if n]
    return home.scaled(front, home.product(items, out, dict(zip(out, node.shape, strict=True))))


def base_and_exponent(x: Expr) -> tuple[Expr, Number]:
    """Base and numeric exponent of a factor, of exp(-2*s) exp(s) and -2; exponent 0 if it has another one."""
    if is_call(x, "exp") and is_multiple(x.args[0]):
        return make(CALL, x.args[0].args, "exp", x.shape), x.args[0].data[0]
    if x.op != POW:
        return x, 1
    return x.args[0], x.args[1].data if x.args[1].op == NUM else 0


# ---------------------------------------------------------------------------------------------- shared parts


PARTS = frozenset((CALL, SUM, PROD, POW))  # what may get a name


def share(x: Expr, writer: Writer, f: Expr) -> Expr:
    """x with the parts that repeat named in front, where that makes the whole shorter."""
    if not repeats(x):
        return x
    order = topological([x], into_names=False)
    users: dict[Expr, list[Expr]] = {}
    for node in order:
        if node.op != NAME:
            for a in set(node.args) if is_power(node) else node.args:  # M*M is written M^2
                users.setdefault(a, []).append(node)
    count: dict[Expr, int] = {x: 1}
    chosen: set[Expr] = set()
    for node in reversed(order):
        if node is not x:
            count[node] = sum(1 if u in chosen else count[u] for u in users[node])
        k, price = count[node], CHOICE_TOKENS if is_choice(node) else writer.price(node)
        if k > 1 and node.op in PARTS and nameable(node):
            gain = k * price - price - 2 - k
            if gain >= (0 if node.op == CALL and price >= 4 else LEAST_GAIN):
                chosen.add(node)
    if not chosen:
        return x
    taken = set(variables([f, x])) | set(bindings([f, x])) | {n.data[0] for n in preorder(x) if n.op == OPAQUE}
    taken |= {part for n in order for d in n.shape for part in dims.names(d)}
    new: dict[Expr, Expr] = {}
    last: dict[str, int] = {}
    for node in order:
        value = node if node.op == NAME or not node.args else make(node.op, tuple([new[a] for a in node.args]), node.data, node.shape)
        if node in chosen:
            label = fresh_name(node, taken, last)
            taken.add(label)
            value = build.name(label, value, given=False)
        new[node] = value
    return new[x]


def repeats(x: Expr) -> bool:
    """Whether any part but a letter or a number is used twice: for most answers there is nothing else to ask."""
    seen, stack = {x}, [x]
    while stack:
        node = stack.pop()
        if node.op != NAME:
            for a in node.args:
                if a not in seen:
                    seen.add(a)
                    if a.args:
                        stack.append(a)
                elif a.op in PARTS and nameable(a):
                    return True
    return False


def nameable(node: Expr) -> bool:
    """Parts that people name: not a transpose, a constant, a diag or a piece of index notation."""
    if node.op == PROD and is_selection(node):
        return False
    if node.op == PROD:
        if len(node.args) == 1 or node.args[1].op == DELTA or len(node.shape) > 2:
            return False
        if any(len(a.shape) == 2 and is_selection(a) and a.op != DELTA for a in node.args):  # `x[i - 1]` is short enough
            return False
        return not any(len(a.shape) == 2 and a.shape[0] == 1 for a in (node, *node.args))
    if node.op == POW and node.args[0].op == NUM:
        return False
    if node.op in (SUM, CALL) and (affine(node) is not None or is_selection(node)):  # index arithmetic
        return False
    return node.op != CALL or is_choice(node) or node.data not in CONDITIONS


def is_choice(node: Expr) -> bool:
    """Which entries are the largest, and the like, of what is written by its entries: `tensor(i=1..n, j=1..k, [A[i,j] == min(…)])`."""
    return (
        is_call(node, "eq")
        and len(node.shape) == 2
        and is_entangled(node, {a for a in node.args if is_entangled(a, set())})
        and build.selected(node) is None
    )


LETTERS = {"softmax": "p", "sigma": "s", "exp": "E", "inv": "M", "norm2": "r", "sqrt": "r", "tanh": "h", "eq": "S"}


def fresh_name(node: Expr, taken: set[str], last: dict[str, int]) -> str:
    """A name that nothing else has: a letter that people use for the function, then p2, p3, …; else t1, t2, …

    last: the number that every letter had last, which is updated; who asks for many would ask for all of them again.
    """
    letter = LETTERS.get(node.data, "") if node.op == CALL else ""
    if letter and letter not in taken:
        return letter
    stem, first = (letter, 2) if letter else ("t", 1)
    last[stem] = next(k for k in numbers(last.get(stem, first - 1) + 1) if f"{stem}{k}" not in taken)
    return f"{stem}{last[stem]}"
