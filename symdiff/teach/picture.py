"""The computation graph as the lecture draws it: leaves below, the loss on top, a local derivative on every edge.

A view of one `Lesson`, and of its `Trace` where there are numbers; nothing is derived here.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import cached_property
from itertools import count, takewhile
from typing import Any

from symdiff import whole
from symdiff.arguments import methods
from symdiff.errors import SymdiffError
from symdiff.expr import build
from symdiff.expr.node import NAME
from symdiff.notation.spoken import in_program_words, spoken
from symdiff.notation.unparse import unparse
from symdiff.printers.latex import latex
from symdiff.printers.text import text
from symdiff.printers.typst import typst
from symdiff.printers.unicode import unicode
from symdiff.syntax.tree import Program
from symdiff.table import TABLE
from symdiff.teach.cheatsheet import formula
from symdiff.teach.drawing import Arc, Box, Drawing, Label, Remark
from symdiff.teach.glyphs import converted
from symdiff.teach.record import SLOT, Edge, Lesson, Node, several
from symdiff.teach.tables import Effect, effect, shown_fraction

# Values with more entries are shown by their shape.
MAX_ENTRIES = 6
MAX_GAIN = 3

# Operations whose box shows a sign alone, in Typst, Unicode and LaTeX.
_SIGNS = {
    "add": ("+", "+", "+"),
    "sub": ("-", "−", "-"),
    "mul": ("times", "×", r"\times"),
    "matmul": ("times", "×", r"\times"),
    "dot": ("#text(size: 1.6em)[$dot.op$]", "·", r"\cdot"),
    "emul": ("⊙", "⊙", r"\odot"),
    "ediv": ("⊘", "⊘", r"\oslash"),
    "div": ("div", "÷", r"\div"),
}


@methods
class Graph:
    """The graph of a formula with the local derivatives by wrt.

    forward, backward: values by node id, as far as known; gains: values of local derivatives; shapes: write shapes beside the boxes.
    across: from left to right; legend: whether there is one. curvature: "convex", "affine", … by node id.
    """

    def __init__(
        self,
        lesson: Lesson,
        forward: Mapping[int, Any] | None = None,
        backward: Mapping[int, Any] | None = None,
        *,
        shapes: bool = False,
        gains: Mapping[Edge, Any] | None = None,
        across: bool = False,
        legend: bool = True,
        curvature: Mapping[int, str] | None = None,
    ) -> None:
        self.lesson = lesson
        self.across, self.legend = across, legend
        self.forward = forward or {}
        self.backward = backward or {}
        self.shapes = shapes
        self.gains = gains or {}
        self.curvature = curvature or {}

    @cached_property
    def drawing(self) -> Drawing:
        """Boxes and arcs. The forward pass numbers the operations, the backward pass goes on with the active nodes."""
        lesson = self.lesson
        step = 0
        up, down = {}, {}
        for node in lesson.nodes:
            if not node.leaf:
                step += 1
                up[node.id] = step
        for node in lesson.backward:
            step += 1
            down[node.id] = step
        boxes = [self._box(node, up.get(node.id, 0), down.get(node.id, 0)) for node in lesson.nodes]
        spine = self._spine()
        arcs = [
            Arc(e.user, e.argument, self._edge(e), e.active, down.get(e.argument) or down.get(e.user, 0), e in spine) for e in lesson.edges
        ]
        names = ", ".join([unicode(unparse(x)) for x in lesson.wrt])
        value = unicode(unparse(lesson.formula))
        title = f"Computation graph of {value} with derivatives by {names}"
        description = "; ".join(
            [
                f"{_spoken(b)} of {', '.join([_spoken(boxes[e.argument]) for e in lesson.outgoing[k]])}"
                for k, b in enumerate(boxes)
                if not b.leaf
            ]
        )
        letter = lesson.adjoint_name
        within = any(
            re.search(rf"\b{letter}\b", text(x.body))
            for e in lesson.effects
            if not (x := self._effect(e)).before and not x.after and self._edge(e) is not None
        )
        notes = (f"{unicode(formula(letter))}: backward value of the node above",) if within else ()
        return Drawing(tuple(boxes), tuple(arcs), title, description, f"path to {names}", notes, step, (), self.across, self.legend)

    def _spine(self) -> set[Edge]:
        """The way that is drawn straight: at every box the only edge, or else the one of a path to the variables that leads to an operation."""
        lesson = self.lesson
        users: dict[int, int] = {}
        for e in lesson.edges:
            users[e.argument] = users.get(e.argument, 0) + 1
        found = set()
        for node in lesson.nodes:
            below = [e for e in lesson.outgoing[node.id] if users[e.argument] == 1]
            on_path = [e for e in below if e.active]
            operations = [e for e in below if not lesson.nodes[e.argument].leaf]
            both = [e for e in on_path if e in operations]
            chosen = [below] if len(lesson.outgoing[node.id]) == 1 else [on_path, operations, both]
            found |= next(({edges[0]} for edges in chosen if len(edges) == 1), set())
        return found

    def _edge(self, e: Edge) -> Label | None:
        """What the edge does to the adjoint that comes down, with the number where both ends are numbers: `2 residual = 6`."""
        import numpy as np

        effect = self._effect(e) if e in self.lesson.effects else None
        if effect is None or (not e.active and in_program_words(effect.body)):
            return None  # of an edge that is not used nobody needs more than two indices
        found = acting(effect)
        gain = self.gains.get(e)
        user, argument = self.lesson.nodes[e.user], self.lesson.nodes[e.argument]
        inside = self.lesson.at_entries(e) is not None  # the adjoint stands in the label
        if gain is None or inside or effect.body.body is None or effect.body.body.kind in ("number", "neg"):
            return found
        if user.shape or argument.shape:
            entry_by_entry = e.form == "times" and np.size(gain) <= MAX_GAIN and effect.body.body.kind != "name"
            return _equal(found, number(gain)) if entry_by_entry else found
        return _equal(found, number(gain))

    def _effect(self, e: Edge) -> Effect:
        """What an edge does; to an entry, where only entries say it."""
        shown = self.lesson.at_entries(e)
        return self.lesson.effects[e] if shown is None else Effect("", shown[2], "")

    def _box(self, node: Node, up: int, down: int) -> Box:
        remarks = []
        if not node.leaf and (node.name or node.shown.op == NAME):
            remarks.append(Remark("name", _name(node)))
        if self.shapes and node.shape:
            remarks.append(Remark("shape", _joined([label(unparse(build.dim(d))) for d in node.shape])))
        if self.curvature.get(node.id):
            remarks.append(Remark("curvature", words(self.curvature[node.id])))
        if node.id in self.forward:
            remarks.append(Remark("forward", number(self.forward[node.id]), up))
        if node.id in self.backward:
            remarks.append(Remark("backward", number(self.backward[node.id]), down))
        return Box(label(node.label) if node.leaf else _operation(node), node.leaf, node.wrt, node.active, up, tuple(remarks))

    # -------------------------------------------------------------------------------------- pictures

    @property
    def first_backward(self) -> int:
        """The step in which the backward pass begins."""
        return self.drawing.steps - len(self.lesson.backward) + 1

    def svg(self, theme: str = "auto", step: int | None = None) -> str:
        """theme: "light", "dark" or "auto" (what the reader prefers). step: the state after so many steps of the two passes."""
        if theme not in ("auto", "light", "dark"):
            raise SymdiffError(f"there is no theme {theme!r}", hint="auto, light or dark")
        return self.drawing.svg(theme, step)

    def dot(self) -> str:
        """Graphviz text."""
        from symdiff.teach import exports

        return exports.dot(self.drawing)

    def tikz(self) -> str:
        r"""A `tikzpicture` for LaTeX with the packages tikz and amsmath."""
        from symdiff.teach import exports

        return exports.tikz(self.drawing)

    def mermaid(self) -> str:
        """Mermaid text."""
        from symdiff.teach import exports

        return exports.mermaid(self.drawing)

    def rendered(self, form: str, theme: str = "auto", step: int | None = None) -> bytes:
        """The file in one of the forms svg, png, pdf, dot, tikz (or tex), mmd. SymdiffError for any other."""
        texts: dict[str, Callable[[], str]] = {"dot": self.dot, "gv": self.dot, "tikz": self.tikz, "tex": self.tikz, "mmd": self.mermaid}
        if form == "svg":
            return self.svg(theme, step).encode()
        if form in ("png", "pdf"):
            return converted(self.svg("light" if theme == "auto" else theme, step), form)
        if form not in texts:
            raise SymdiffError(
                f"a picture cannot be written as {form or 'a file without extension'!r}", hint="svg, png, pdf, dot, tikz or mmd"
            )
        return texts[form]().encode()

    def save(self, path: str | os.PathLike[str], theme: str = "auto") -> None:
        """Write a file; its extension says what: svg, png, pdf, dot, tikz (or tex), mmd."""
        whole.write(path, self.rendered(_extension(path), theme), hint="a file in a folder that exists")

    def frames(self, directory: str | os.PathLike[str], form: str = "svg", theme: str = "light") -> list[str]:
        """One picture per step of the backward pass, after one without derivatives; the paths of the files.

        All of them are there in the end, or none; those of an earlier run that go on behind them are taken away.
        """
        steps = range(self.first_backward - 1, self.drawing.steps + 1)
        pictures = {f"{k:02d}.{form}": self.rendered(form, theme, step) for k, step in enumerate(steps)}
        old = takewhile(lambda name: os.path.exists(os.path.join(directory, name)), (f"{k:02d}.{form}" for k in count(len(pictures))))
        return whole.write_folder(directory, pictures, old)

    def _repr_svg_(self) -> str | None:
        try:
            return self.svg()
        except SymdiffError:  # a wall of boxes, a machine without typst: then the text is shown
            return None

    def __repr__(self) -> str:
        return f"<graph of {unicode(unparse(self.lesson.formula))}: {len(self.lesson.nodes)} nodes, {len(self.lesson.edges)} edges>"


def _extension(path: str | os.PathLike[str]) -> str:
    return os.path.splitext(os.fspath(path))[1][1:].lower()


# ---------------------------------------------------------------------------------------------- labels


def label(tree: Program) -> Label:
    return Label(typst(tree), unicode(tree), latex(tree))


def words(line: str) -> Label:
    """Plain words as a label."""
    shown = line.replace(">=", "≥").replace("<=", "≤")
    latex_words = shown.replace("_", " ").replace("≥", r"$\geq$").replace("≤", r"$\leq$")
    return Label(f'"{shown}"', shown, rf"\text{{{latex_words}}}")


def acting(x: Effect) -> Label:
    """What an edge does, in three notations."""
    bare = label(x.body)
    return Label(effect(x, bare.typst, "dot", "⊙"), effect(x, bare.unicode, "·", "⊙"), effect(x, bare.latex, r"\cdot", r"\odot"))


def _equal(a: Label, b: Label) -> Label:
    return Label(f"{a.typst} = {b.typst}", f"{a.unicode} = {b.unicode}", f"{a.latex} = {b.latex}")


def _name(node: Node) -> Label:
    return label(node.label)


def _spoken(box: Box) -> str:
    name = next((r.label.unicode for r in box.remarks if r.kind == "name"), "")
    return name or box.label.unicode


def _operation(node: Node) -> Label:
    """What stands in the box: a sign, a function's name, or the operation with dots for its arguments."""
    ((pattern,), _) = spoken([node.operation])
    body = pattern.body
    assert body is not None
    bare = bool(body.kids) and all(k.kind == "name" and str(k.value).startswith(SLOT) for k in body.kids)
    if bare and body.kind == "call" and body.value in _WHOLE:
        return Label(*_WHOLE[body.value])
    if bare and body.kind in _SIGNS:
        return Label(*_SIGNS[body.kind])
    many = several(body)
    if many:
        return Label(*_SIGNS["add" if many == "+" else "mul"])
    set_, tex = typst(pattern), latex(pattern)
    if bare and body.kind == "call" and not (body.value in TABLE and "#" in TABLE[body.value].typst + TABLE[body.value].tex):
        set_, tex = _ARGUMENTS.sub("", set_), _TEX_ARGUMENTS.sub("", tex)
    in_brackets = body.kind not in ("call", "add", "sub")
    set_ = re.sub(f'"{SLOT}\\d*"', "(dot.op)" if in_brackets else "dot.op", set_)
    tex = re.sub(rf"\\mathrm\{{{SLOT}\d*\}}", r"(\\cdot)" if in_brackets else r"{\\cdot}", tex)
    return Label(set_, node.symbol, tex)


_WHOLE = {"sum": ("sum", "sum", r"\sum"), "mean": ('"mean"', "mean", r"\operatorname{mean}")}
_ARGUMENTS = re.compile(rf'\(("{SLOT}\d*"(, )?)+\)$')
_TEX_ARGUMENTS = re.compile(rf"\((\\mathrm\{{{SLOT}\d*\}}(, )?)+\)$")


def _joined(sizes: list[Label]) -> Label:
    return Label(
        " times ".join([d.typst for d in sizes]), " × ".join([d.unicode for d in sizes]), r" \times ".join([d.latex for d in sizes])
    )


def number(value: Any) -> Label:
    """A value to four digits; large arrays by their shape."""
    import numpy as np

    array = value if isinstance(value, np.ndarray) else np.asarray(value)
    if array.ndim == 0:
        return _scalar(array)
    if array.size > MAX_ENTRIES or array.ndim > 2:
        sizes = [str(n) for n in array.shape]
        return Label(" times ".join(sizes) + ' " values"', " × ".join(sizes) + " values", r" \times ".join(sizes) + r"\text{ values}")
    if array.ndim == 1:
        entries = [_scalar(v) for v in array]
        return Label(*["[" + ", ".join([getattr(e, form) for e in entries]) + "]" for form in ("typst", "unicode", "latex")])
    rows = [[_scalar(v) for v in row] for row in array]
    return Label(
        'mat(delim: "[", ' + "; ".join([", ".join([e.typst for e in row]) for row in rows]) + ")",
        "[" + ", ".join(["[" + ", ".join([e.unicode for e in row]) + "]" for row in rows]) + "]",
        r"\begin{bmatrix}" + r" \\ ".join([" & ".join([e.latex for e in row]) for row in rows]) + r"\end{bmatrix}",
    )


def _scalar(value: Any) -> Label:
    plain_value = value.item() if hasattr(value, "item") else value
    fraction = shown_fraction(plain_value) if isinstance(plain_value, Fraction) else ""
    if fraction:
        sign, digits = ("-", fraction[1:]) if fraction.startswith("-") else ("", fraction)
        above, _, below = digits.partition("/")
        return Label(fraction, fraction.replace("-", "−"), rf"{sign}\frac{{{above}}}{{{below}}}" if below else fraction)
    digits, _, exponent = f"{float(value):.4g}".partition("e")
    if digits.strip("-") in ("inf", "nan"):
        sign = digits[:-3]
        infinite = digits.endswith("inf")
        return Label(
            sign + ("infinity" if infinite else '"nan"'),
            sign.replace("-", "−") + ("∞" if infinite else "nan"),
            sign + (r"\infty" if infinite else r"\mathrm{nan}"),
        )
    digits = "0" if digits == "-0" else digits
    plain = digits.replace("-", "−")
    if not exponent:
        return Label(digits, plain, digits)
    power = int(exponent)
    return Label(f"{digits} dot 10^({power})", f"{plain}e{power}", rf"{digits} \cdot 10^{{{power}}}")
