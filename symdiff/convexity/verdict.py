"""The verdict on a formula's curvature: kind, conditions, reasons node by node, counterexample, constants for descent.

In: a scalar node and the variables. Out: a `Curvature`. A certificate is looked at with midpoints before it is handed
out; one that they contradict is withheld.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any, NamedTuple

from symdiff.convexity.cases import cases
from symdiff.convexity.constants import constants
from symdiff.convexity.disciplined import Analysis
from symdiff.convexity.facts import ALWAYS, INFINITY, Condition, Fact, Known, Range, either, rank
from symdiff.convexity.probe import Probe
from symdiff.convexity.regular import replaced
from symdiff.convexity.search import Witness, find, listed
from symdiff.convexity.smooth import further
from symdiff.convexity.words import text_of
from symdiff.errors import DomainError, SymdiffError
from symdiff.expr import build
from symdiff.expr.node import CONST, DELTA, DIM, NAME, NUM, PROD, UNIT, Expr
from symdiff.expr.walk import topological, variables
from symdiff.simplify import simplify
from symdiff.simplify.shapes import constant_along, is_zero, terms_of

LARGE = 400  # nodes, beyond which the simplified form is not looked at as well
LOOKED_AT = 8  # nodes of a picture that are looked at with points
SOON = 0.5  # seconds for a counterexample, before second derivatives are looked at
GUARD, GUARDED = 0.3, 24  # seconds in which midpoints may contradict a certificate, and for how many values of the other letters


@dataclass(frozen=True)
class Reason:
    """What one node of the formula is, and by which rule."""

    node: str
    kind: str
    rule: str

    def __str__(self) -> str:
        return f"{self.node}: {self.kind}" + (f" ({self.rule})" if self.rule else "")


@dataclass(frozen=True)
class Curvature:
    """kind: convex, concave, affine, neither or unknown.

    condition: for which values of the other names ("lambda >= 0"), and where ("on x > 0"); "" if everywhere.
    reasons: node by node, arguments first. counterexamples: against convexity, against concavity. undecided: of an unknown
    formula the innermost node that could not be decided. also: what holds under other conditions.
    strongly: a constant m with the Hessian >= m*eye; lipschitz: the Lipschitz constant of the gradient; step: a safe step of
    gradient descent; "" where none follows.
    """

    kind: str
    condition: str = ""
    reasons: tuple[Reason, ...] = ()
    counterexamples: tuple[Witness, ...] = ()
    undecided: str = ""
    also: tuple[str, ...] = ()
    strongly: str = ""
    lipschitz: str = ""
    step: str = ""
    variables: tuple[str, ...] = field(default=(), compare=False)

    @property
    def counterexample(self) -> Witness | None:
        return self.counterexamples[0] if self.counterexamples else None

    @property
    def convex(self) -> bool | None:
        """True or False where that is known; of a conditional verdict under its condition."""
        if self.kind in ("convex", "affine"):
            return True
        return False if any(w.against == "convex" for w in self.counterexamples) else None

    def headline(self) -> str:
        text = self.kind + (f" in {', '.join(self.variables)}" if self.variables else "")
        if self.condition:
            text += f" {self.condition}"
        return text

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))

    def __str__(self) -> str:
        lines = [self.headline(), *self.also]
        if self.undecided:
            lines.append(f"undecided: {self.undecided}")
        lines += [str(w) for w in self.counterexamples]
        if self.kind != "neither":
            lines += [f"  {r}" for r in self.reasons]
        if self.strongly:
            lines.append(f"strongly convex with m = {self.strongly}")
        if self.lipschitz:
            lines.append(f"gradient Lipschitz with L = {self.lipschitz}; gradient descent is safe with step {self.step}")
        return "\n".join(lines)

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for JSON."""

        def plain(w: Witness) -> dict[str, Any]:
            places = {"fixed": w.fixed, "a": w.a, "b": w.b, "middle": w.middle}
            points = {key: {n: listed(v) for n, v in place.items()} for key, place in places.items()}
            return {"against": w.against, **points, "values": [str(v) for v in w.f], "exact": w.exact}

        return {
            "kind": self.kind,
            "variables": list(self.variables),
            "condition": self.condition,
            "also": list(self.also),
            "undecided": self.undecided,
            "reasons": [{"node": r.node, "kind": r.kind, "rule": r.rule} for r in self.reasons],
            "counterexamples": [plain(w) for w in self.counterexamples],
            "strongly": self.strongly,
            "lipschitz": self.lipschitz,
            "step": self.step,
        }


def curvature(f: Expr, nodes: Sequence[Expr]) -> Curvature:
    """The verdict on a number as a function of these variables or bound names together, everything else fixed."""
    if any(not x.name for x in nodes):
        raise DomainError(
            "curvature is that in variables and names, not in an entry", hint="what is convex in the whole variable is so in every entry"
        )
    f, wrt = plain(f, nodes)
    names = tuple(x.name for x in wrt)
    rules = Analysis(f, wrt)
    probe = Probe(f, wrt)
    if rules.verdict.convex is None and rules.verdict.concave is None and not probe.hopeless():
        # points are found sooner than a second derivative is looked at
        against = find(f, wrt, seconds=SOON)
        if len(against) == 2:
            return _refuted(against, names, explained(rules), "", also=[o.text for o in by_cases(f, wrt)])
    convex, concave, analysis, shown = certificates(f, wrt, rules, probe)
    certain = [kind for kind, known in (("convex", convex), ("concave", concave)) if known is not None and not known]
    reasons = explained(shown if shown is not rules or all_known(rules) else Analysis(f, wrt, spared(probe)))
    domain = where(shown)
    if certain:
        kind = "affine" if len(certain) == 2 else certain[0]
        against = find(f, wrt, seconds=GUARD, both=False, only=certain, places=GUARDED)
        if not against:
            strongly, lipschitz, step = constants(f, wrt, ALWAYS) if kind == "convex" else ("", "", "")
            return Curvature(kind, domain, reasons, strongly=strongly, lipschitz=lipschitz, step=step, variables=names)
        return _refuted(find(f, wrt), names, reasons, "a rule said otherwise, and the midpoint is right: please report the formula")
    options = [
        Option(kind, known, conditions(known, domain), f, reasons)
        for kind, known in (("convex", convex), ("concave", concave))
        if known is not None and not contradictory(known)
    ]
    against = {}
    if not options or any(node.shape for o in options for node, _ in o.known):
        against = find(f, wrt)
    options = options or by_cases(f, wrt)
    options.sort(key=lambda o: (rank(o.known), o.kind != "convex"))
    if len(against) == 2 or not options:
        return _refuted(against, names, reasons, undecided(analysis), also=[o.text for o in options])
    first = options[0]
    strongly, lipschitz, step = constants(first.formula, wrt, first.known) if first.kind == "convex" else ("", "", "")
    return Curvature(
        first.kind,
        first.condition,
        first.reasons,
        also=tuple([o.text for o in options[1:]]),
        strongly=strongly,
        lipschitz=lipschitz,
        step=step,
        variables=names,
    )


def all_known(analysis: Analysis) -> bool:
    """Whether the rules say of every node what it is, so that a reader of the reasons misses nothing."""
    return all(fact.word != "unknown" for fact in analysis.facts.values() if fact.varies)


class Option(NamedTuple):
    """A verdict under a condition; formula: as it is where the condition holds."""

    kind: str
    known: Condition
    condition: str
    formula: Expr
    reasons: tuple[Reason, ...]

    @property
    def text(self) -> str:
        return f"{self.kind} {self.condition}"


def by_cases(f: Expr, wrt: Sequence[Expr]) -> list[Option]:
    """Verdicts that hang on the sign of a letter that the domain hangs on; the fewest letters that say something."""
    found: list[Option] = []
    for formula, case in cases(f, wrt):
        if found and len(case) > 1:
            break
        convex, concave, _, shown = certificates(formula, wrt)
        for kind, known in (("convex", convex), ("concave", concave)):
            if known is None or find(formula, wrt, seconds=GUARD, both=False, only=[kind], places=GUARDED if not known else 0):
                continue
            found.append(Option(kind, known | case, conditions(known | case, where(shown)), formula, explained(shown)))
    return found


def contradictory(known: Condition) -> bool:
    """Whether two of the conditions exclude each other: y <= 0 and 1 - y <= 0."""
    for (a, up), (b, other) in combinations(known, 2):
        if up == other and up in (">= 0", "<= 0") and a.shape == b.shape:
            (both_of,) = simplify([build.add(a, b)])
            number = [c for c, x in terms_of(both_of) if constant_along(x) or x is build.ONE]
            if len(number) == len(terms_of(both_of)) == 1 and (number[0] < 0 if up == ">= 0" else number[0] > 0):
                return True
    return False


def certificates(
    f: Expr, wrt: Sequence[Expr], rules: Analysis | None = None, probe: Probe | None = None
) -> tuple[Known, Known, Analysis, Analysis]:
    """Conditions under which f is convex and concave, the analysis of f, and the one that has the reasons.

    Of a formula that points contradict both ways, whatever the letters, and of one that is certainly convex and by points not affine,
    nothing more can be found: no second derivative is looked at.
    """
    rules, probe = rules or Analysis(f, wrt), probe or Probe(f, wrt)
    convex, concave = rules.verdict.convex, rules.verdict.concave
    if (convex is None and concave is None and probe.neither(f)) or settled(convex, concave, probe):
        return convex, concave, rules, rules
    analysis = shown = Analysis(f, wrt, spared(probe))
    convex, concave = analysis.verdict.convex, analysis.verdict.concave
    if settled(convex, concave, probe) or (convex == ALWAYS and concave == ALWAYS):
        return convex, concave, analysis, analysis
    if (convex is None or concave is None or convex or concave) and len(analysis.order) <= LARGE:
        other = second_look(f, wrt)
        if other is not None:
            better = other.verdict
            if either(convex, concave) is None and either(better.convex, better.concave) is not None:
                shown = other
            convex, concave = either(convex, better.convex), either(concave, better.concave)
    return convex, concave, analysis, shown


def settled(convex: Known, concave: Known, probe: Probe) -> bool:
    """Whether one word holds always, and points contradict the other."""
    return (convex == ALWAYS and concave != ALWAYS and probe.contradicts("concave")) or (
        concave == ALWAYS and convex != ALWAYS and probe.contradicts("convex")
    )


def spared(probe: Probe) -> Callable[[Analysis, Expr], Fact | None]:
    """The second derivative, but of nodes that are neither by points."""
    return lambda analysis, node: None if probe.neither(node) else further(analysis, node)


def node_by_node(f: Expr, nodes: Sequence[Expr], shown: Sequence[Expr]) -> list[str]:
    """Of each of these nodes of f what it is in the variables: "convex", "convex if lambda >= 0", "affine", "neither", "unknown"; "" where they do not occur."""
    bare, wrt = plain(f, nodes)
    analysis = Analysis(bare, wrt, further)
    found, looked = list[str](), 0
    for node in shown:
        fact = analysis.facts.get(plain(node, nodes)[0])
        if fact is None or not fact.varies:
            found.append("")
            continue
        known: Known = fact.convex if fact.word == "convex" else fact.concave if fact.word == "concave" else None
        if fact.word == "unknown" and not node.shape and looked < LOOKED_AT:
            looked += 1
            found.append("neither" if len(find(plain(node, nodes)[0], wrt, seconds=SOON / 2)) == 2 else "unknown")
            continue
        found.append(fact.word + (" " + conditions(known, "") if known else ""))
    return found


def _refuted(
    against: dict[str, Witness], names: tuple[str, ...], reasons: tuple[Reason, ...], open_: str, also: Sequence[str] = ()
) -> Curvature:
    witnesses = tuple(against[k] for k in ("convex", "concave") if k in against)
    if len(witnesses) == 2:
        return Curvature("neither", "", reasons, witnesses, also=tuple(also), variables=names)
    return Curvature("unknown", "", reasons, witnesses, open_, variables=names)


def plain(f: Expr, nodes: Sequence[Expr]) -> tuple[Expr, list[Expr]]:
    """The formula without names, and its variables; a bound name that is asked about is a variable of its own."""
    new: dict[Expr, Expr] = {}
    own = {n: build.var(n.name, n.shape) for n in nodes if n.op == NAME}
    for n in topological([f]):
        if n in own:
            new[n] = own[n]
        elif n.op == NAME:
            new[n] = new[n.args[0]]
        elif all(new[a] is a for a in n.args):
            new[n] = n
        else:
            (new[n],) = replaced([n], {a: new[a] for a in n.args})
    return new[f], [own.get(n, n) for n in nodes]


def second_look(f: Expr, wrt: Sequence[Expr]) -> Analysis | None:
    """The facts of the simplified formula, where the original has values at least wherever it does."""
    try:
        (short,) = simplify([f])
    except SymdiffError:
        return None
    if short is f or not set(wrt) & set(variables([short]).values()):
        return Analysis(short, wrt, spared(Probe(short, wrt))) if not is_zero(short) and short is not f else None
    return Analysis(short, wrt, spared(Probe(short, wrt)))


# ---------------------------------------------------------------------------------------------- words


def conditions(known: Condition, domain: str) -> str:
    parts = sorted(f"{text_of(node)} {relation}" if relation != "psd" else f"{text_of(node)} is psd" for node, relation in known)
    return "if " + " and ".join(parts) + (f", {domain}" if domain else "")


def where(analysis: Analysis) -> str:
    """Where the formula has values: "on x > 0"."""
    parts: list[str] = []
    for node, r in analysis.domain:
        text = bounds(text_of(node), r)
        if text and text not in parts and node.op != PROD:
            parts.append(text)
    return "on " + ", ".join(parts) if parts else ""


def bounds(text: str, r: Range) -> str:
    if r.low != -INFINITY and r.high != INFINITY:
        return f"{r.low} {'<' if r.open_low else '<='} {text} {'<' if r.open_high else '<='} {r.high}"
    if r.low != -INFINITY:
        return f"{text} {'>' if r.open_low else '>='} {r.low}"
    return f"{text} {'<' if r.open_high else '<='} {r.high}" if r.high != INFINITY else ""


def explained(analysis: Analysis) -> tuple[Reason, ...]:
    found = []
    for node in analysis.order[-60:]:
        fact = analysis.facts[node]
        if node in analysis.wrt or not fact.varies or node.op in (NUM, CONST, DIM, DELTA, UNIT):
            continue
        word = fact.word
        known: Known = fact.convex if word == "convex" else fact.concave if word == "concave" else None
        if word != "unknown" and known:
            word += " " + conditions(known, "")
        sign = " > 0" if fact.range.positive else " >= 0" if fact.range.nonnegative else " <= 0" if fact.range.nonpositive else ""
        found.append(Reason(text_of(node), word + (f", {sign.strip()}" if sign else ""), fact.rule))
    return tuple(found)


def undecided(analysis: Analysis) -> str:
    """The innermost node that could not be decided."""
    for node in analysis.order:
        fact = analysis.facts[node]
        if fact.varies and fact.word == "unknown":
            return f"{text_of(node)}: {fact.rule}"
    return text_of(analysis.root)
