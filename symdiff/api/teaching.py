"""Numbers on the graph, steps, pictures and pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from symdiff.api.formulas import Asked, Layout, formula
from symdiff.arguments import public
from symdiff.formula import Wrt

if TYPE_CHECKING:
    from symdiff.teach.backward import Backward
    from symdiff.teach.handout import Handout
    from symdiff.teach.numbers import Trace
    from symdiff.teach.picture import Graph
    from symdiff.teach.steps import Derivation


@public
def trace(f: Asked, values: Mapping[str, Any], wrt: Wrt | Sequence[Wrt] | None = None, *, layout: Layout = "denominator") -> Trace:
    """Both passes on the graph in numbers: `sd.trace(f, dict(w=[3, 1], phi=[1, 2], y=2), "w")`.

    wrt: all variables if it is not given. UnknownNameError for missing and superfluous values, ShapeError for wrong shapes.
    """
    return formula(f).trace(values, wrt, layout=layout)


@public
def steps(
    f: Asked,
    wrt: Wrt | Sequence[Wrt],
    level: str = "normal",
    *,
    verify: bool = True,
    style: str = "paths",
    names: str = "delta",
    layout: Layout = "denominator",
) -> Derivation:
    """The derivation in named steps: graph, edges, paths, sums, rules, answer, check.

    level: "brief", "normal" or "full". verify: with the verification's verdict as the last step. style: "paths", "differential"
    (dL = tr(A'dX), what is read off) or "rules" (of a calculus course, for numbers). names: see `backward`. layout: "numerator", where gradients
    are rows.
    """
    return formula(f).steps(wrt, level, verify=verify, style=style, names=names, layout=layout)


derive = steps


@public
def backward(f: Asked, wrt: Wrt | Sequence[Wrt], names: str = "delta", *, layout: Layout = "denominator") -> Backward:
    """The backward pass as straight lines with named adjoints, each used once: `sd.backward(f, ["Q", "K"])`.

    names: how backward values are called, "delta" (`delta_h`), "bar" (`h_bar`) or "grad" (`dh`).
    """
    return formula(f).backward(wrt, names, layout=layout)


@public
def graph(
    f: Asked, wrt: Wrt | Sequence[Wrt], values: Mapping[str, Any] | None = None, *, shapes: bool = False, layout: Layout = "denominator",
    across: bool = False, legend: bool = True, plates: bool = True, curvature: bool = False,
) -> Graph:  # fmt: skip
    """The computation graph, with a local derivative on every edge: `sd.graph(f, "w").save("hinge.svg")`.

    values: numbers for every variable; then forward and backward values stand beside the boxes. shapes: so do the shapes. across: from left to
    right. legend: whether there is one. plates: a sum over an index is the graph of one term in a frame. curvature: beside each box stands whether it is convex, concave or
    affine in the variables (then without frames). layout: "numerator", where gradients are rows.
    """
    return formula(f).graph(wrt, values, shapes=shapes, layout=layout, across=across, legend=legend, plates=plates, curvature=curvature)


@public
def handout(
    f: Asked,
    wrt: Wrt | Sequence[Wrt],
    values: Mapping[str, Any] | None = None,
    *,
    title: str = "",
    verify: bool = True,
    optimum: bool = False,
) -> Handout:
    """Statement, graph, rules, steps, answer, numbers and check on one page: `sd.handout(f, "w").save("hinge.html")`.

    values: numbers for every variable, for a page with both passes in numbers. optimum: with a section on whether descent reaches the optimum.
    """
    return formula(f).handout(wrt, values, title=title, verify=verify, optimum=optimum)
