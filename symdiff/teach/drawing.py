"""A computation graph as a drawing: what is written where, and the SVG of it.

In: boxes and arcs with their labels. Out: SVG whose texts are outlines, so that it looks the same everywhere, with a
<title> for every box and arc, so that it can be read aloud. What matters is told twice, by colour and by line: paths to
the variables are solid and thick, the others dashed; forward values have an arrow up, backward values one down.
The two passes are numbered steps; every part knows the step in which it appears.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from symdiff.teach.glyphs import Glyphs, outlines, quoted, typeset
from symdiff.teach.layout import Extent, Point, layout

MARGIN = 12.0
BESIDE = 5.0  # between a box or a line and what is written beside it
LEADING = 3.5

# ink, paper, faint, path, derivative, forward, marked. Dark enough on paper (contrast 4.5 and more), and of different lightness in grey.
THEMES = {
    "light": ("#1b1b1b", "#ffffff", "#6a6a6a", "#00549e", "#a33c00", "#00664a", "#fff0b3"),
    "dark": ("#f0f0f0", "#16181c", "#a0a0a0", "#6cb8ff", "#ffa566", "#5fd3a8", "#5a4a00"),
}


@dataclass(frozen=True, slots=True)
class Label:
    """One label in three notations: Typst mathematics, plain Unicode text, LaTeX mathematics."""

    typst: str
    unicode: str
    latex: str


@dataclass(frozen=True, slots=True)
class Remark:
    """What stands beside a box. kind: "name", "shape", "forward" or "backward"; step: when it appears."""

    kind: str
    label: Label
    step: int = 0


@dataclass(frozen=True, slots=True)
class Box:
    """An operation or a leaf. goal: a variable that is differentiated by; active: on a path to one; step: of the forward pass."""

    label: Label
    leaf: bool = False
    goal: bool = False
    active: bool = False
    step: int = 0
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True, slots=True)
class Arc:
    """From a user (above) to its argument (below); local: the derivative of the one by the other."""

    user: int
    argument: int
    local: Label | None = None
    active: bool = False
    step: int = 0


@dataclass(frozen=True, slots=True)
class Drawing:
    """title, description: for those who cannot see it; goal, notes: for the legend; steps: of both passes together."""

    boxes: tuple[Box, ...]
    arcs: tuple[Arc, ...]
    title: str
    description: str
    goal: str
    notes: tuple[str, ...] = ()
    steps: int = 0

    def svg(self, theme: str = "auto", upto: int | None = None) -> str:
        """theme: "light", "dark", or "auto" (what the reader's system prefers); upto: leave out what later steps show."""
        return _Painter(self, upto).svg(theme)

    def placed(self) -> Placed:
        """Where everything stands, in points from the top left corner."""
        painter = _Painter(self, None)
        found = painter.layout
        return Placed(found.boxes, painter.halves, found.labels, found.edges, [(t.x, t.y, t.glyphs.width, t.glyphs.height) for t in painter.texts()])


@dataclass(frozen=True, slots=True)
class Placed:
    """Centres of boxes with half widths and heights, where labels dock, points of arcs (see layout.Layout), and all texts

    as (left edge, middle, width, height)."""

    boxes: Sequence[Point]
    halves: Sequence[Point]
    labels: Sequence[Point]
    edges: Sequence[Sequence[Point]]
    texts: Sequence[tuple[float, float, float, float]]


@dataclass(slots=True)
class _Text:
    """A label in its place: left edge and middle."""

    kind: str
    glyphs: Glyphs
    x: float
    y: float
    step: int
    title: str


class _Painter:
    def __init__(self, drawing: Drawing, upto: int | None) -> None:
        self.drawing = drawing
        self.upto = upto
        boxes, arcs = drawing.boxes, drawing.arcs
        wanted = [b.label.typst for b in boxes]
        wanted += [_spelled(r) for b in boxes for r in b.remarks]
        wanted += [a.local.typst for a in arcs if a.local]
        legend = list(self.legend())
        wanted += [quoted(text) for _, text in legend]
        glyphs = iter(typeset(wanted))
        self.symbols = [next(glyphs) for _ in boxes]
        self.remarks = [[next(glyphs) for _ in b.remarks] for b in boxes]
        self.locals = [next(glyphs) if a.local else None for a in arcs]
        self.key = [(kind, next(glyphs)) for kind, _ in legend]
        self.halves = [(max(g.width / 2 + 6, 11.0), max(g.height / 2 + 5, 11.0)) for g in self.symbols]
        self.layout = layout(
            [self.extent(k) for k in range(len(boxes))],
            [(a.user, a.argument) for a in arcs],
            [Extent(3, BESIDE + g.width, g.height + 4) if g else Extent(1, 1, 0) for g in self.locals],
        )
        self.key_width = sum(g.width + _key_room(kind) for kind, g in self.key)
        self.width = max(self.layout.width, self.key_width)
        self.height = self.layout.height + (24 if self.key else 0)
        self.shift = (self.width - self.layout.width) / 2

    def legend(self) -> Iterable[tuple[str, str]]:
        if any(a.active for a in self.drawing.arcs):
            yield "path", self.drawing.goal
        if any(a.local for a in self.drawing.arcs):
            yield "local", "what comes down is multiplied with"
        kinds = {r.kind for b in self.drawing.boxes for r in b.remarks}
        for kind, arrow in _ARROWS.items():
            if kind in kinds:
                yield kind, f"{arrow} {kind} value"
        for note in self.drawing.notes:
            yield "local", note

    def extent(self, k: int) -> Extent:
        half, high = self.halves[k]
        beside = self.remarks[k]
        wide = half + BESIDE + max(g.width for g in beside) if beside else half
        round_ = self.drawing.boxes[k].leaf  # lines meet a round box near its middle
        return Extent(half, wide, max(2 * high, _stacked(beside)), (max(half - high, 4.0) if round_ else half - 4, high))

    # -------------------------------------------------------------------------------------- pieces

    def texts(self) -> list[_Text]:
        """Everything that is written, in its place; no two overlap."""
        found = []
        for k, (box, (x, y)) in enumerate(zip(self.drawing.boxes, self.layout.boxes, strict=True)):
            symbol = self.symbols[k]
            found.append(_Text("symbol", symbol, x - symbol.width / 2, y, 0, box.label.unicode))
            top = y - _stacked(self.remarks[k]) / 2
            for remark, glyphs in zip(box.remarks, self.remarks[k], strict=True):
                text = _Text(remark.kind, glyphs, x + self.halves[k][0] + BESIDE, top + glyphs.height / 2, remark.step, remark.label.unicode)
                found.append(text)
                top += glyphs.height + LEADING
        for arc, local, (x, y) in zip(self.drawing.arcs, self.locals, self.layout.labels, strict=True):
            if local is not None and arc.local is not None:
                found.append(_Text("local", local, x + BESIDE, y, arc.step, arc.local.unicode))
        return found

    def shown(self, step: int) -> bool:
        return self.upto is None or step <= self.upto

    def attributes(self, kind: str, step: int) -> str:
        now = " now" if step and step == self.upto else ""
        return f'class="{kind}{now}"' + (f' data-step="{step}"' if step else "")

    def arcs(self) -> list[str]:
        pieces = []
        for arc, points in zip(self.drawing.arcs, self.layout.edges, strict=True):
            path = [f"M{points[0][0]:.2f} {points[0][1]:.2f}"]
            for k in range(1, len(points)):
                (x0, y0), (x1, y1) = points[k - 1], points[k]
                if k % 2:
                    path.append(f"V{y1:.2f}")
                else:
                    middle = (y0 + y1) / 2
                    path.append(f"C{x0:.2f} {middle:.2f} {x1:.2f} {middle:.2f} {x1:.2f} {y1:.2f}")
            user, argument = self.drawing.boxes[arc.user], self.drawing.boxes[arc.argument]
            title = f"from {_called(argument)} to {_called(user)}" + (f": local derivative {arc.local.unicode}" if arc.local else "")
            kind = "arc on" if arc.active else "arc off"
            head = f'<path class="head {kind[4:]}" d="{_head(points[0])}"/>'
            pieces.append(f'<g class="edge"><title>{escape(title, quote=False)}</title><path class="{kind}" d="{"".join(path)}"/>{head}</g>')
        return pieces

    def boxes(self) -> list[str]:
        pieces = []
        for k, (box, (x, y)) in enumerate(zip(self.drawing.boxes, self.layout.boxes, strict=True)):
            half, high = self.halves[k]
            kind = "box" + (" leaf" if box.leaf else "") + (" goal" if box.goal else " active" if box.active else "")
            corner = min(half, high) if box.leaf else 2
            backward = max((r.step for r in box.remarks if r.kind == "backward"), default=0)
            now = " now" if self.upto and self.upto in (box.step, backward) else ""
            steps = " ".join(str(s) for s in (box.step, backward) if s)
            title = "; ".join([_called(box), *[f"{r.kind} {r.label.unicode}" for r in box.remarks if r.kind != "name" and self.shown(r.step)]])
            pieces.append(
                f'<g class="{kind}{now}"' + (f' data-steps="{steps}"' if steps else "") + f"><title>{escape(title, quote=False)}</title>"
                f'<rect x="{x - half:.2f}" y="{y - high:.2f}" width="{2 * half:.2f}" height="{2 * high:.2f}" rx="{corner:.2f}"/></g>'
            )
        return pieces

    def keys(self) -> list[str]:
        pieces = []
        x, y = (self.width - self.key_width) / 2, self.layout.height + 18
        for kind, glyphs in self.key:
            if kind == "path":
                pieces.append(f'<path class="arc on" d="M{x:.2f} {y:.2f}h14"/>')
            pieces.append(f'<g class="{kind}">{glyphs.at(x + 18 if kind == "path" else x, y)}</g>')
            x += glyphs.width + _key_room(kind)
        return pieces

    def svg(self, theme: str) -> str:
        width, height = self.width + 2 * MARGIN, self.height + 2 * MARGIN
        size = f'viewBox="0 0 {width:.2f} {height:.2f}" width="{width:.2f}pt" height="{height:.2f}pt"'
        glyphs = [*self.symbols, *[g for gs in self.remarks for g in gs], *[g for g in self.locals if g], *[g for _, g in self.key]]
        texts = [
            f"<g {self.attributes(t.kind, t.step)}>{t.glyphs.at(t.x, t.y)}</g>" for t in self.texts() if self.shown(t.step)
        ]
        return "\n".join([
            f'<svg xmlns="http://www.w3.org/2000/svg" class="symdiff-graph" role="img" {size}>',
            f"<title>{escape(self.drawing.title, quote=False)}</title>",
            f"<desc>{escape(self.drawing.description, quote=False)}</desc>",
            f"<style>{stylesheet(theme)}</style>",
            f"<defs>{outlines(glyphs)}</defs>",
            f'<rect class="paper" width="{width:.2f}" height="{height:.2f}"/>',
            f'<g transform="translate({MARGIN + self.shift:.2f} {MARGIN})">',
            *self.arcs(),
            *self.boxes(),
            *texts,
            "</g>",
            f'<g class="legend" transform="translate({MARGIN} {MARGIN})">',
            *self.keys(),
            "</g>",
            "</svg>",
        ]) + "\n"


_ARROWS = {"forward": "↑", "backward": "↓"}
_TYPST_ARROWS = {"forward": "arrow.t ", "backward": "arrow.b "}


def _spelled(remark: Remark) -> str:
    return _TYPST_ARROWS.get(remark.kind, "") + remark.label.typst


def _stacked(lines: Sequence[Glyphs]) -> float:
    return sum(g.height for g in lines) + LEADING * max(0, len(lines) - 1)


def _key_room(kind: str) -> float:
    return 36.0 if kind == "path" else 18.0


def _head(tip: tuple[float, float]) -> str:
    """An arrow head that points up at a box."""
    x, y = tip
    return f"M{x:.2f} {y:.2f}l-3 6h6z"


def _called(box: Box) -> str:
    """The box in words: its name, if it has one, with what it does."""
    name = next((r.label.unicode for r in box.remarks if r.kind == "name"), "")
    return f"{name} = {box.label.unicode}" if name else box.label.unicode


def stylesheet(theme: str) -> str:
    if theme == "auto":
        return f"{_rules('light')}@media (prefers-color-scheme: dark){{{_rules('dark')}}}"
    return _rules(theme)


def _rules(theme: str) -> str:
    ink, paper, faint, path, derivative, forward, marked = THEMES[theme]
    rules = {
        "": f"color:{ink};fill:{ink}",
        ".paper": f"fill:{paper}",
        ".box rect": f"fill:{paper};stroke:{faint};stroke-width:0.9",
        ".active rect": f"stroke:{ink};stroke-width:1.2",
        ".goal rect": f"stroke:{path};stroke-width:2.2",
        ".now rect": f"fill:{marked}",
        ".arc": "fill:none",
        ".off": f"stroke:{faint};stroke-width:0.9;stroke-dasharray:3 2.2",
        ".on": f"stroke:{path};stroke-width:2",
        ".head": "stroke:none;stroke-dasharray:none",
        ".head.off": f"fill:{faint};stroke:none",
        ".head.on": f"fill:{path};stroke:none",
        ".shape": f"color:{faint};fill:{faint}",
        ".forward": f"color:{forward};fill:{forward}",
        ".local": f"color:{derivative};fill:{derivative}",
        ".backward": f"color:{derivative};fill:{derivative}",
        ".path": f"color:{path};fill:{path}",
    }
    return "".join(f".symdiff-graph{' ' if selector else ''}{selector}{{{rule}}}" for selector, rule in rules.items())
