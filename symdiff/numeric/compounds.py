"""det(A) times several entries of inv(A), as in second derivatives of det(A) and first ones of adjugate(A): what singular matrices have as well.

In and out: expressions of the same values. Only differences such as det(A)*(inv(A)[j,i]*inv(A)[l,k] - inv(A)[j,k]*inv(A)[l,i]) are polynomials of the
entries, so sums are multiplied out, and every term has to meet those in which the columns of its inverses are exchanged, with the other sign. Then,
with A = U S V', a term is that of sum(a != b) w[a,b]*V[j,a]*U[i,a]*V[l,b]*U[k,b], where w[a,b] is the product of all other singular values
and of det(U)*det(V): what is left out, a = b, cancels. Every node is multiplied out at most once.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations

from symdiff.expr import build
from symdiff.expr.build import Labels
from symdiff.expr.node import CALL, NAME, POW, PROD, SUM, Expr, Number, make
from symdiff.expr.patterns import has_number_exponent, is_call, is_whole_number
from symdiff.expr.walk import outermost, topological, unnamed
from symdiff.numeric.inner import inner
from symdiff.numeric.summands import Factor, MultipliedOut, Summand
from symdiff.simplify import Normalizer
from symdiff.simplify.shapes import terms_of

# Products with more inverses are left as they are.
MAX_INVERSES = 3


def compounds(exprs: Sequence[Expr]) -> list[Expr]:
    """The expressions with such differences in a form that has a value at singular matrices."""
    nodes = topological(exprs)
    inverses = {n for n in nodes if is_call(n, "inv") and len(n.shape) == 2}
    if not inverses or not any(is_call(n, "det") for n in nodes):
        return list(exprs)
    holds: dict[Expr, tuple[bool, bool]] = {}  # a determinant, and inverses, as factors of its terms
    for n in nodes:
        below = [holds[a] for a in n.args] if n.op in (PROD, SUM, NAME) or has_number_exponent(n) else []
        holds[n] = is_call(n, "det") or any(b[0] for b in below), n in inverses or any(b[1] for b in below)
    return outermost(exprs, lambda n: _Polynomial(n).rewritten() if n.op in (PROD, SUM) and all(holds[n]) else None)


class _Polynomial(MultipliedOut):
    """One node, multiplied out in determinants and inverses: what is left of them stands as it is."""

    def opens(self, f: Expr) -> bool:
        return opens(f)

    def opened(self, f: Expr, labels: Labels) -> list[Factor]:
        if f.op == POW:
            return [(f.args[0], labels)] * int(f.args[1].data)
        return [(build.call("det", part), ()) for part in det_parts(f)]  # det(A*B), det(A')

    def rewritten(self) -> Expr | None:
        terms = self.multiplied_out()
        if terms is None:
            return None
        home = Normalizer(keep_names=False)
        found = [(term, *matrices(term)) for term in terms]
        if not any(len(inverses) > max(dets, 1) or dets > 1 < len(inverses) for _, _, dets, inverses in found):
            return None
        coefs: dict[Expr, Number] = {}
        for term, *_ in found:
            for c, key in self.key(home, term):
                coefs[key] = coefs.get(key, 0) + c
        made: list[tuple[Number, Expr]] = []
        for term, a, dets, inverses in found:
            if len(inverses) <= dets:
                made.append((term.coef, self.contracted(term.factors if a is None else self.by_adjugates(term, a, inverses))))
                continue
            if a is None or dets != 1 or len(inverses) > MAX_INVERSES or not self.alternating(home, coefs, term, inverses):
                return None
            made.append((term.coef, self.by_factors(term, a, inverses)))
        return build.linear([c for c, _ in made], [e for _, e in made])

    def key(self, home: Normalizer, term: Summand) -> list[tuple[Number, Expr]]:
        """What is the same for equal terms."""
        (normal,) = home.run([self.contracted(term.factors)])
        return [(c * term.coef, t) for c, t in terms_of(normal)]

    def alternating(self, home: Normalizer, coefs: dict[Expr, Number], term: Summand, inverses: list[int]) -> bool:
        """Whether the sum has this term with the columns of its inverses in every order, with the sign of the order."""
        own = self.key(home, term)
        if len(own) != 1:
            return False
        columns = [term.factors[k][1][1] for k in inverses]
        for order in permutations(range(len(inverses))):
            factors = list(term.factors)
            for k, at in zip(inverses, order, strict=True):
                factors[k] = (factors[k][0], (factors[k][1][0], columns[at]))
            turned = self.key(home, Summand(term.coef, factors))
            if len(turned) != 1 or coefs.get(turned[0][1], 0) * own[0][0] != sign(order) * coefs[own[0][1]] * turned[0][0]:
                return False
        return True

    @staticmethod
    def by_adjugates(term: Summand, a: Expr, inverses: list[int]) -> list[Factor]:
        """The term where every inverse has a determinant of its own."""
        left, factors = len(inverses), []
        for k, (f, labels) in enumerate(term.factors):
            if k in inverses:
                factors.append((inner("_adjugate", a), labels))
            elif left and is_det(f) and unnamed(unnamed(f).args[0]) is a:
                left -= 1
            else:
                factors.append((f, labels))
        return factors

    def by_factors(self, term: Summand, a: Expr, inverses: list[int]) -> Expr:
        """The term by U, V and the products of the other singular values."""
        size = a.shape[0]
        places = [next(self.fresh) for _ in inverses]
        self.sizes.update(dict.fromkeys(places, size))
        weight = make(CALL, (a,), f"_cofactors{len(inverses)}", (size,) * len(inverses))
        factors: list[Factor] = [(weight, tuple(places))]
        dets = 1
        for k, (f, labels) in enumerate(term.factors):
            if k in inverses:
                place = places[inverses.index(k)]
                factors += [(inner("_right", a), (labels[0], place)), (inner("_left", a), (labels[1], place))]
            elif dets and is_det(f) and unnamed(unnamed(f).args[0]) is a:
                dets = 0
            else:
                factors.append((f, labels))
        return self.contracted(factors)


def opens(f: Expr) -> bool:
    """Whether a factor is taken apart: it is a product, a sum or a power that holds a determinant or an inverse, or det(A*B)."""
    if f.op == CALL:
        return f.data == "det" and len(det_parts(f)) > 0
    if f.op == POW and not (is_whole_number(f.args[1]) and 1 < f.args[1].data < 5):
        return False
    return f.op in (PROD, SUM, POW) and any(is_call(n, "det", "inv") for n in topological([f]))


def det_parts(f: Expr) -> list[Expr]:
    """The matrices of whose determinants det(A*B) or det(A') is the product."""
    whole = unnamed(f.args[0])
    if f.shape or whole.op != PROD or any(len(a.shape) != 2 or a.shape[0] != a.shape[1] for a in whole.args):
        return []
    return list(whole.args) if whole.data in (build.FORMS["matmul"], build.FORMS["transpose"]) else []


def is_det(f: Expr) -> bool:
    f = unnamed(f)
    return is_call(f, "det")


def matrices(term: Summand) -> tuple[Expr | None, int, list[int]]:
    """The matrix, how often its determinant is a factor, and which factors are its inverse; (None, …) if there are several matrices."""
    inverses = [k for k, (f, _) in enumerate(term.factors) if (x := unnamed(f)).op == CALL and x.data == "inv"]
    of = {unnamed(unnamed(term.factors[k][0]).args[0]) for k in inverses}
    if len(of) != 1:
        return None, 0, inverses
    (a,) = of
    dets = sum(is_det(f) and unnamed(unnamed(f).args[0]) is a for f, _ in term.factors)
    return a, dets, inverses


def sign(order: Sequence[int]) -> int:
    return -1 if sum(a > b for k, a in enumerate(order) for b in order[k + 1 :]) % 2 else 1
