"""The section of a handout that asks whether descent reaches the optimum, answered as a lecture does: by the curvature.

In: the verdict on the formula in all the variables together, and for a formula that is not convex those in each variable alone. Out: a section of
words and one table. It says nothing that the verdicts do not: a formula that stays open is called open.
"""

from __future__ import annotations

from collections.abc import Mapping

from symdiff.convexity import Curvature
from symdiff.teach.handout import Block, Section, Text
from symdiff.teach.tables import Table

HEADING = "Does descent reach the optimum?"
ROWS = 8  # of reasons


def optimum(verdict: Curvature, alone: Mapping[str, Curvature], kinks: bool, layers: bool) -> Section:
    """kinks: whether the value has any in the variables; layers: whether units stand between them and it."""
    names = ", ".join(verdict.variables)
    if verdict.kind in ("convex", "affine"):
        return Section(HEADING, _convex(verdict, names, kinks))
    if verdict.kind == "concave":
        return Section(
            HEADING,
            [
                Text(
                    f"No: {_spoken(verdict.headline())}. Descent runs away from the maximum, which is what there is to find; go up instead."
                )
            ],
        )
    if any(w.against == "convex" for w in verdict.counterexamples):
        return Section(HEADING, _not_convex(verdict, names, alone, layers))
    return Section(HEADING, [Text(f"That is open: whether the value is convex in {names} could not be decided, because of {verdict.undecided}. Descent goes down as long as its steps are small; "
                                  "where it ends may depend on where it starts.")])  # fmt: skip


def _convex(verdict: Curvature, names: str, kinks: bool) -> list[Block]:
    lead = "Under a condition" if verdict.condition.startswith("if") else "Yes"
    blocks: list[Block] = [Text(f"{lead}: the value is {_spoken(verdict.headline())}, and so is its mean over examples. Then a point where the gradient is zero is a minimum over all {names}, and "
                                "no start can end in a worse one.")]  # fmt: skip
    if verdict.kind == "affine":
        blocks = [Text(f"The value is affine in {names}: it has no minimum unless it is constant, and descent goes on for ever.")]
    reasons = [r for r in verdict.reasons][-ROWS:]
    if len(reasons) > 1:
        blocks.append(Table("", ("part", "is", "because of"), tuple([(r.node, r.kind, r.rule) for r in reasons])))
    if verdict.kind == "convex":
        if verdict.lipschitz:
            blocks.append(
                Text(
                    f"Its gradient changes by at most L = {verdict.lipschitz} times the change of {names}: every step of at most {verdict.step} goes down."
                )
            )
        elif kinks:
            blocks.append(
                Text(
                    "At its kinks the slope jumps, so a constant step goes on jumping about the minimum, as far as the step is long: let the step shrink, as 1/sqrt(t)."
                )
            )
        else:
            blocks.append(Text("How long a step may be hangs on the data: halve it where the value rises."))
        if verdict.strongly:
            sure = verdict.strongly.replace("/", "").replace(".", "").isdigit()
            blocks.append(
                Text(
                    ("It is" if sure else "Where m is positive, it is")
                    + f" strongly convex with m = {verdict.strongly}: there is one minimum, and the distance to it shrinks by a constant factor."
                )
            )
    return blocks


def _not_convex(verdict: Curvature, names: str, alone: Mapping[str, Curvature], layers: bool) -> list[Block]:
    witness = next(w for w in verdict.counterexamples if w.against == "convex")
    blocks: list[Block] = [Text(f"Not surely: the value is not convex in {names}. Descent ends where the gradient is zero, and that may be a minimum among neighbours alone, or a saddle; "
                                "two starts may end in two minima."),
                           Text(f"Two points and their midpoint show it: {str(witness).removeprefix('not convex: ')}.")]  # fmt: skip
    easy = [name for name, v in alone.items() if v.kind in ("convex", "affine") and not v.condition.startswith("if")]
    if easy and len(alone) > 1:
        blocks.append(Text(f"In {' or in '.join(easy)} alone, the others fixed, it is convex: there descent reaches the optimum."))
    if layers and len(verdict.variables) > 1:
        blocks.append(
            Text(
                "What helps in practice: more units than needed, first weights that differ (with zeros units that start alike stay alike), several starts, and methods such as AdaGrad and Adam."
            )
        )
    return blocks


def _spoken(headline: str) -> str:
    return headline.replace(">=", "≥").replace("<=", "≤")
