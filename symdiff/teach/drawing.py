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
from typing import Any

from symdiff.teach.glyphs import Glyphs, outlines, quoted, typeset
from symdiff.teach.layout import Extent, Point, layout

MARGIN = 12.0
BESIDE = 5.0  # between a box or a line and what is written beside it
LEADING = 3.5
PLATE = 10.0  # between a plate and what is in it
KEY_WIDTH = 260.0  # of a row of the legend, where the graph is narrower

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
    """What stands beside a box. kind: "name", "shape", "curvature", "forward" or "backward"; step: when it appears."""

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
    """From a user (above) to its argument (below); local: the derivative of the one by the other. spine: it should run straight."""

    user: int
    argument: int
    local: Label | None = None
    active: bool = False
    step: int = 0
    spine: bool = False


@dataclass(frozen=True, slots=True)
class Drawing:
    """title, description: for those who cannot see it; goal, notes: for the legend; steps: of both passes together.

    plates: boxes of which there is one for every value of an index, and what the index is. across: the value stands at the right, letters at the
    left. legend: whether it is drawn. low: letters that stand below everything else.
    """

    boxes: tuple[Box, ...]
    arcs: tuple[Arc, ...]
    title: str
    description: str
    goal: str
    notes: tuple[str, ...] = ()
    steps: int = 0
    plates: tuple[tuple[tuple[int, ...], Label], ...] = ()
    across: bool = False
    legend: bool = True
    low: tuple[int, ...] = ()

    def svg(self, theme: str = "auto", upto: int | None = None) -> str:
        """theme: "light", "dark", or "auto" (what the reader's system prefers); upto: leave out what later steps show."""
        return _Painter(self, upto).svg(theme)

    def placed(self) -> Placed:
        """Where everything stands, in points from the top left corner."""
        painter = _Painter(self, None)
        found = painter.layout
        point = painter.point
        return Placed(
            list(map(point, found.boxes)), painter.halves, list(map(point, found.labels)), [list(map(point, edge)) for edge in found.edges],
            [(t.x, t.y, t.glyphs.width, t.glyphs.height) for t in painter.texts()], painter.plate_rectangles(),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Placed:
    """Centres of boxes with half widths and heights, where labels dock, points of arcs (see layout.Layout), and all texts

    as (left edge, middle, width, height); plates as (left, top, width, height)."""

    boxes: Sequence[Point]
    halves: Sequence[Point]
    labels: Sequence[Point]
    edges: Sequence[Sequence[Point]]
    texts: Sequence[tuple[float, float, float, float]]
    plates: Sequence[tuple[float, float, float, float]] = ()


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
        wanted = [(b.label.typst, b.label.unicode) for b in boxes]
        wanted += [(_spelled(r), _ARROWED.get(r.kind, "") + r.label.unicode) for b in boxes for r in b.remarks]
        wanted += [(a.local.typst, a.local.unicode) for a in arcs if a.local]
        legend = list(self.legend()) if drawing.legend else []
        wanted += [(quoted(text), text) for _, text in legend]
        wanted += [(label.typst, label.unicode) for _, label in drawing.plates]
        glyphs = iter(typeset([formula for formula, _ in wanted], [plain for _, plain in wanted]))
        self.symbols = [next(glyphs) for _ in boxes]
        self.remarks = [[next(glyphs) for _ in b.remarks] for b in boxes]
        self.locals = [next(glyphs) if a.local else None for a in arcs]
        self.key = [(kind, text, next(glyphs)) for kind, text in legend]
        self.plates = [next(glyphs) for _ in drawing.plates]
        inputs = [0] * len(boxes)
        for a in arcs:
            inputs[a.user] += 1
        room = [max(11.0, 5.0 * n + 4) for n in inputs]  # for the heads of arrows side by side
        self.halves = [
            (max(g.width / 2 + 6, 11.0 if drawing.across else r), max(g.height / 2 + 5, r if drawing.across else 11.0))
            for g, r in zip(self.symbols, room, strict=True)
        ]
        self.room = {k: PLATE for members, _ in drawing.plates for k in members}
        self.layout = layout(
            [self.extent(k) for k in range(len(boxes))],
            [(a.user, a.argument) for a in arcs],
            [self.beside(g) if g else Extent(1, 1, 0) for g in self.locals],
            [a.spine for a in arcs],
            drawing.low,
        )
        size = (self.layout.height, self.layout.width) if drawing.across else (self.layout.width, self.layout.height)
        plates = self.plate_rectangles()
        self.left = max([0.0, *[-x for x, *_ in plates]])
        top = max([0.0, *[-y for _, y, *_ in plates]])
        right = max([size[0], *[x + w for x, _, w, _ in plates], *[t.x + t.glyphs.width for t in self.texts()]])
        self.top, self.bottom = top, max([size[1], *[y + h for _, y, _, h in plates], *[t.y + t.glyphs.height / 2 for t in self.texts()]])
        wide = self.left + right
        self.key_rows = _rows([(g.width + _key_room(kind), (kind, text, g)) for kind, text, g in self.key], max(wide, KEY_WIDTH))
        self.width = max([wide, *[sum(w for w, _ in row) for row in self.key_rows]])
        self.height = self.top + self.bottom + (8 + 16 * len(self.key_rows) if self.key else 0)
        self.shift = (self.width - wide) / 2 + self.left

    def legend(self) -> Iterable[tuple[str, str]]:
        if any(a.active for a in self.drawing.arcs):
            yield "path", self.drawing.goal
        if any(a.local for a in self.drawing.arcs):
            yield "local", "on an edge: multiplied with what comes down"
        kinds = {r.kind for b in self.drawing.boxes for r in b.remarks}
        for kind, arrow in _ARROWS.items():
            if kind in kinds:
                yield kind, f"{arrow} {kind} value"
        for note in self.drawing.notes:
            yield "local", note

    def extent(self, k: int) -> Extent:
        half, high = self.halves[k]
        beside = self.remarks[k]
        round_ = self.drawing.boxes[k].leaf  # lines meet a round box near its middle
        more = self.room.get(k, 0.0)
        if self.drawing.across:  # the layout is turned afterwards: its height is the width; remarks stand below
            below = (LEADING + _stacked(beside)) if beside else 0.0
            widest = max([2 * half, *[g.width for g in beside]])
            widest += 40.0 if k in self.drawing.low else 0.0
            return Extent(high + more, high + below + more, widest, (max(high - half, 4.0) if round_ else high - 4, half))
        wide = half + BESIDE + max(g.width for g in beside) if beside else half
        tall = max(2 * high, _stacked(beside)) + (60.0 if k in self.drawing.low else 0.0)  # the plate ends above it
        return Extent(half + more, wide + more, tall, (max(half - high, 4.0) if round_ else half - 4, high))

    def beside(self, g: Glyphs) -> Extent:
        """The room of a label beside its line; above it where lines run across."""
        return Extent(BESIDE + g.height, 3, g.width + 8) if self.drawing.across else Extent(3, BESIDE + g.width, g.height + 4)

    def point(self, p: Point) -> Point:
        """A point of the layout in the picture."""
        return (self.layout.height - p[1], p[0]) if self.drawing.across else p

    def plate_rectangles(self) -> list[tuple[float, float, float, float]]:
        """Around the boxes of each plate, with room for its name at the lower edge: left, top, width, height."""
        found = []
        texts = self.texts_of_boxes()
        for (members, _), name in zip(self.drawing.plates, self.plates, strict=True):
            edges: list[tuple[float, float, float, float]] = []
            for k in members:
                (x, y), (half, high) = self.point(self.layout.boxes[k]), self.halves[k]
                edges.append((x - half, y - high, x + half, y + high))
                edges += [(t.x, t.y - t.glyphs.height / 2, t.x + t.glyphs.width, t.y + t.glyphs.height / 2) for t in texts[k]]
            for arc, local, place in zip(self.drawing.arcs, self.locals, self.layout.labels, strict=True):
                if local is not None and arc.user in members and arc.argument in members:
                    x, y = self.label_at(local, place)
                    edges.append((x, y - local.height / 2, x + local.width, y + local.height / 2))
            left, top = min(e[0] for e in edges) - PLATE + 2, min(e[1] for e in edges) - 6
            right, bottom = max(e[2] for e in edges) + PLATE - 2, max(e[3] for e in edges) + name.height + 8
            found.append((left, top, max(right - left, name.width + 12), bottom - top))
        return found

    def label_at(self, g: Glyphs, place: Point) -> Point:
        """The left edge and middle of a label."""
        x, y = self.point(place)
        return (x - g.width / 2, y - BESIDE - g.height / 2) if self.drawing.across else (x + BESIDE, y)

    # -------------------------------------------------------------------------------------- pieces

    def texts(self) -> list[_Text]:
        """Everything that is written, in its place; no two overlap."""
        found = [t for texts in self.texts_of_boxes() for t in texts]
        for arc, local, place in zip(self.drawing.arcs, self.locals, self.layout.labels, strict=True):
            if local is not None and arc.local is not None:
                found.append(_Text("local", local, *self.label_at(local, place), arc.step, arc.local.unicode))
        for (_, label), name, (x, y, width, height) in zip(self.drawing.plates, self.plates, self.plate_rectangles(), strict=True):
            found.append(_Text("plate-name", name, x + width - name.width - 5, y + height - name.height / 2 - 4, 0, label.unicode))
        return found

    def texts_of_boxes(self) -> list[list[_Text]]:
        """What is written in every box and beside it, or below it where lines run across."""
        found = []
        for k, box in enumerate(self.drawing.boxes):
            x, y = self.point(self.layout.boxes[k])
            symbol, (half, high) = self.symbols[k], self.halves[k]
            texts = [_Text("symbol", symbol, x - symbol.width / 2, y, 0, box.label.unicode)]
            top = y + high + LEADING if self.drawing.across else y - _stacked(self.remarks[k]) / 2
            for remark, glyphs in zip(box.remarks, self.remarks[k], strict=True):
                left = x - glyphs.width / 2 if self.drawing.across else x + half + BESIDE
                texts.append(
                    _Text(
                        remark.kind,
                        glyphs,
                        left,
                        top + glyphs.height / 2,
                        remark.step,
                        _ARROWED.get(remark.kind, "") + remark.label.unicode,
                    )
                )
                top += glyphs.height + LEADING
            found.append(texts)
        return found

    def shown(self, step: int) -> bool:
        return self.upto is None or step <= self.upto

    def attributes(self, kind: str, step: int) -> str:
        now = " now" if step and step == self.upto else ""
        return f'class="{kind}{now}"' + (f' data-step="{step}"' if step else "")

    def arcs(self) -> list[str]:
        pieces = []
        across = self.drawing.across
        for arc, places in zip(self.drawing.arcs, self.layout.edges, strict=True):
            points = list(map(self.point, places))
            path = [f"M{points[0][0]:.2f} {points[0][1]:.2f}"]
            for k in range(1, len(points)):
                (x0, y0), (x1, y1) = points[k - 1], points[k]
                if k % 2:
                    path.append(f"H{x1:.2f}" if across else f"V{y1:.2f}")
                elif across:
                    middle = (x0 + x1) / 2
                    path.append(f"C{middle:.2f} {y0:.2f} {middle:.2f} {y1:.2f} {x1:.2f} {y1:.2f}")
                else:
                    middle = (y0 + y1) / 2
                    path.append(f"C{x0:.2f} {middle:.2f} {x1:.2f} {middle:.2f} {x1:.2f} {y1:.2f}")
            user, argument = self.drawing.boxes[arc.user], self.drawing.boxes[arc.argument]
            title = f"from {_called(argument)} to {_called(user)}" + (f": local derivative {arc.local.unicode}" if arc.local else "")
            kind = "arc on" if arc.active else "arc off"
            head = f'<path class="head {kind[4:]}" d="{_head(points[0], across)}"/>'
            pieces.append(
                f'<g class="edge"><title>{escape(title, quote=False)}</title><path class="{kind}" d="{"".join(path)}"/>{head}</g>'
            )
        return pieces

    def boxes(self) -> list[str]:
        pieces = []
        for k, (box, (x, y)) in enumerate(zip(self.drawing.boxes, map(self.point, self.layout.boxes), strict=True)):
            half, high = self.halves[k]
            kind = "box" + (" leaf" if box.leaf else "") + (" goal" if box.goal else " active" if box.active else "")
            corner = min(half, high) if box.leaf else 2
            backward = max((r.step for r in box.remarks if r.kind == "backward"), default=0)
            now = " now" if self.upto and self.upto in (box.step, backward) else ""
            steps = " ".join(str(s) for s in (box.step, backward) if s)
            title = "; ".join(
                [_called(box), *[f"{r.kind} {r.label.unicode}" for r in box.remarks if r.kind != "name" and self.shown(r.step)]]
            )
            pieces.append(
                f'<g class="{kind}{now}"' + (f' data-steps="{steps}"' if steps else "") + f"><title>{escape(title, quote=False)}</title>"
                f'<rect x="{x - half:.2f}" y="{y - high:.2f}" width="{2 * half:.2f}" height="{2 * high:.2f}" rx="{corner:.2f}"/></g>'
            )
        return pieces

    def keys(self) -> list[str]:
        pieces = []
        y = self.top + self.bottom + 18
        for row in self.key_rows:
            x = (self.width - sum(w for w, _ in row)) / 2
            for wide, (kind, text, glyphs) in row:
                start = x + 18 if kind == "path" else x
                if kind == "path":
                    pieces.append(f'<path class="arc on" d="M{x:.2f} {y:.2f}h14"/>')
                pieces.append(f'<g class="{kind}">{glyphs.at(start, y)}{_selectable(text, glyphs, start, y)}</g>')
                x += wide
            y += 16
        return pieces

    def plate_pieces(self) -> list[str]:
        pieces = []
        for (_, label), (x, y, width, height) in zip(self.drawing.plates, self.plate_rectangles(), strict=True):
            title = escape(f"one for every {label.unicode}", quote=False)
            pieces.append(
                f'<g class="plate"><title>{title}</title><rect x="{x:.2f}" y="{y:.2f}" width="{width:.2f}" height="{height:.2f}" rx="6"/></g>'
            )
        return pieces

    def svg(self, theme: str) -> str:
        width, height = self.width + 2 * MARGIN, self.height + 2 * MARGIN
        size = f'viewBox="0 0 {width:.2f} {height:.2f}" width="{width:.2f}pt" height="{height:.2f}pt"'
        glyphs = [
            *self.symbols,
            *[g for gs in self.remarks for g in gs],
            *[g for g in self.locals if g],
            *[g for *_, g in self.key],
            *self.plates,
        ]
        texts = [
            f"<g {self.attributes(t.kind, t.step)}>{t.glyphs.at(t.x, t.y)}{_selectable(t.title, t.glyphs, t.x, t.y)}</g>"
            for t in self.texts()
            if self.shown(t.step)
        ]
        return (
            "\n".join(
                [
                    f'<svg xmlns="http://www.w3.org/2000/svg" class="symdiff-graph" role="img" {size}>',
                    f"<title>{escape(self.drawing.title, quote=False)}</title>",
                    f"<desc>{escape(self.drawing.description, quote=False)}</desc>",
                    f"<style>{stylesheet(theme)}</style>",
                    f"<defs>{outlines(glyphs)}</defs>",
                    f'<rect class="paper" width="{width:.2f}" height="{height:.2f}"/>',
                    f'<g transform="translate({MARGIN + self.shift:.2f} {MARGIN + self.top:.2f})">',
                    *self.plate_pieces(),
                    *self.arcs(),
                    *self.boxes(),
                    *texts,
                    "</g>",
                    *([f'<g class="legend" transform="translate({MARGIN} {MARGIN})">', *self.keys(), "</g>"] if self.key else []),
                    "</svg>",
                ]
            )
            + "\n"
        )


def _selectable(text: str, glyphs: Glyphs, x: float, y: float) -> str:
    """The text of outlines, unseen: it can be searched, selected and copied. What is drawn as text needs none."""
    if not text or not glyphs.outlines:
        return ""
    size = min(11.0, 0.8 * glyphs.height)
    return f'<text x="{x:.2f}" y="{y + 0.3 * size:.2f}" font-size="{size:.1f}" textLength="{max(glyphs.width, 1):.2f}" lengthAdjust="spacingAndGlyphs">{escape(text, quote=False)}</text>'


def _rows(entries: list[tuple[float, Any]], width: float) -> list[list[tuple[float, Any]]]:
    """Entries with their widths, in rows that are no wider than `width`."""
    rows: list[list[tuple[float, Any]]] = []
    for wide, entry in entries:
        if rows and sum(w for w, _ in rows[-1]) + wide <= width:
            rows[-1].append((wide, entry))
        else:
            rows.append([(wide, entry)])
    return rows


_ARROWS = {"forward": "↑", "backward": "↓"}
_ARROWED = {kind: f"{arrow} " for kind, arrow in _ARROWS.items()}
_TYPST_ARROWS = {"forward": "arrow.t ", "backward": "arrow.b "}


def _spelled(remark: Remark) -> str:
    return _TYPST_ARROWS.get(remark.kind, "") + remark.label.typst


def _stacked(lines: Sequence[Glyphs]) -> float:
    return sum(g.height for g in lines) + LEADING * max(0, len(lines) - 1)


def _key_room(kind: str) -> float:
    return 36.0 if kind == "path" else 18.0


def _head(tip: Point, across: bool) -> str:
    """An arrow head that points up at a box, or to the right."""
    x, y = tip
    if across:
        return f"M{x:.2f} {y:.2f}l-6 -3v6z"
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
        ".plate rect": f"fill:none;stroke:{faint};stroke-width:1;stroke-dasharray:1 2.5",
        ".plate-name": f"color:{faint};fill:{faint}",
        "text": "font-family:serif;fill-opacity:0;stroke:none",
        ".arc": "fill:none",
        ".off": f"stroke:{faint};stroke-width:0.9;stroke-dasharray:3 2.2",
        ".on": f"stroke:{path};stroke-width:2",
        ".head": "stroke:none;stroke-dasharray:none",
        ".head.off": f"fill:{faint};stroke:none",
        ".head.on": f"fill:{path};stroke:none",
        ".shape": f"color:{faint};fill:{faint}",
        ".curvature": f"color:{ink};fill:{ink}",
        ".forward": f"color:{forward};fill:{forward}",
        ".local": f"color:{derivative};fill:{derivative}",
        ".backward": f"color:{derivative};fill:{derivative}",
        ".path": f"color:{path};fill:{path}",
    }
    return "".join(f".symdiff-graph{' ' if selector else ''}{selector}{{{rule}}}" for selector, rule in rules.items())
