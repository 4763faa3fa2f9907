"""A run as a picture: loss over epochs, norm of the gradient by layer, the path over level lines where the weights are two numbers, what each hidden unit
does for the loss, the rows of weights that stay equal, and AdaGrad's step sizes.

SVG, or an HTML page that holds the SVG, a slider over the epochs and the numbers. Both stand alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from html import escape
from math import ceil, floor, isfinite, log10
from typing import TYPE_CHECKING, Any

from symdiff.errors import SymdiffError

if TYPE_CHECKING:
    from symdiff.descent.outcome import Run
    from symdiff.descent.units import Layer

WIDTH, HEIGHT = 560, 260
LEFT, RIGHT, TOP, BOTTOM = 64, 16, 34, 40
COLOURS = ("#1f6fb4", "#d1532f", "#2e8b57", "#8a4fbf", "#b8860b", "#c2407e", "#4d6b78", "#7a7a2a")
LEVELS = 14  # lines of equal loss
ROWS = 30  # of a matrix of weights that is drawn
GRID = 48  # cells of the field of losses on each side

STYLE = (
    "<style>text{font:12px system-ui,sans-serif;fill:#333}.t{font-weight:600;font-size:13px}.a{stroke:#888;stroke-width:1;fill:none}"
    ".g{stroke:#ddd;stroke-width:1}.l{fill:none;stroke-width:2}.c{fill:none;stroke:#9ab;stroke-width:1}.cursor{stroke:#444;stroke-dasharray:3 3}</style>"
)


def rendered(run: Run, form: str, others: Sequence[Run] = ()) -> str:
    """The picture as svg or html; others: the same descent from other starts, in the same diagrams. SymdiffError for another form."""
    if form not in ("svg", "html"):
        raise SymdiffError(f"a run is drawn as svg or html, not {form or 'nothing'}", hint="--plot loss.svg, or --plot loss.html")
    runs = [run, *others]
    panels = [_starts(runs) if others else _losses(run), _norms(run)]
    if any(m.path for m in run.history) and run.surface is not None:
        panels.append(_path(runs))
    if run.rates:
        panels.append(_rates(run))
    layers = run.hidden() if run.hidden is not None and not others else []
    if layers:
        panels.append(_units(layers))
    panels += [_rows(run, name) for name in run.wrt if not others and equal_rows(run, name)]
    picture = _stacked(panels)
    return picture if form == "svg" else _page(runs, picture)


class Panel:
    """A diagram: a frame with axes, to which lines are added. log: the vertical axis is logarithmic. whole: what is counted below are things."""

    def __init__(
        self, title: str, xs: tuple[float, float], ys: Sequence[float], label: str, *, log: bool, height: int = HEIGHT, whole: bool = False
    ) -> None:
        good = [y for y in ys if isfinite(y) and (y > 0 or not log)]
        low, high = (min(good), max(good)) if good else (1.0, 1.0)
        self.log = log
        self.height = height
        self.y0: float
        self.y1: float
        self.x0, self.x1 = xs if xs[1] > xs[0] else (xs[0], xs[0] + 1)
        if log:
            self.y0, self.y1 = floor(log10(low) + 1e-9), ceil(log10(high) - 1e-9)
            if self.y0 == self.y1:
                self.y0, self.y1 = self.y0 - 1, self.y1 + 1
        else:
            margin = (high - low) * 0.05 or abs(high) * 0.1 or 1.0
            self.y0, self.y1 = low - margin, high + margin
        self.whole = whole
        self.parts = [f'<text class="t" x="{LEFT}" y="18">{escape(title)}</text>']
        self._frame(label)

    def x(self, value: float) -> float:
        return LEFT + (value - self.x0) / (self.x1 - self.x0) * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        if self.log:
            value = log10(value)
        return self.height - BOTTOM - (value - self.y0) / (self.y1 - self.y0) * (self.height - TOP - BOTTOM)

    def line(self, points: Sequence[tuple[float, float]], colour: str, name: str, place: int) -> None:
        """A line through the points that can be drawn, broken at the others, with its name in the legend."""
        pieces: list[list[str]] = [[]]
        for px, py in points:
            if isfinite(py) and (py > 0 or not self.log):
                pieces[-1].append(f"{self.x(px):.1f},{self.y(py):.1f}")
            elif pieces[-1]:
                pieces.append([])
        for piece in pieces:
            if len(piece) == 1:
                px_, py_ = piece[0].split(",")
                self.parts.append(f'<circle cx="{px_}" cy="{py_}" r="2.5" fill="{colour}"/>')
            elif piece:
                self.parts.append(
                    f'<polyline class="l" stroke="{colour}" points="{" ".join(piece)}"><title>{escape(name)}</title></polyline>'
                )
        column, row = place % 4, place // 4
        x, y = WIDTH - RIGHT - 300 + column * 76, 18 + row * 14
        if place < 12:
            self.parts.append(
                f'<rect x="{x}" y="{y - 8}" width="10" height="4" fill="{colour}"/><text x="{x + 14}" y="{y}">{escape(name[:9])}</text>'
            )

    def dots(self, values: Mapping[str, Sequence[float]], word: str, *, named: bool = True) -> None:
        """Values by name, side by side, each name with a colour of its own; named: with a legend."""
        place = 0
        for k, (name, numbers) in enumerate(values.items()):
            colour = COLOURS[k % len(COLOURS)]
            if named:
                self.line([], colour, name, k)
            for n, v in enumerate(numbers, 1):
                place += 1
                if isfinite(v) and (v > 0 or not self.log):
                    self.parts.append(
                        f'<circle cx="{self.x(place):.1f}" cy="{self.y(v):.1f}" r="3" fill="{colour}"><title>{escape(name)}, {word} {n}: {v:.4g}</title></circle>'
                    )

    def _frame(self, label: str) -> None:
        bottom, right = self.height - BOTTOM, WIDTH - RIGHT
        for value, text in self._ticks():
            y = self.y(value)
            self.parts.append(
                f'<line class="g" x1="{LEFT}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}"/><text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{text}</text>'
            )
        for value in ticks(self.x0, self.x1, 8):
            if self.whole and (value % 1 or value in (self.x0, self.x1)):
                continue
            self.parts.append(f'<text x="{self.x(value):.1f}" y="{bottom + 16}" text-anchor="middle">{value:g}</text>')
        self.parts.append(
            f'<path class="a" d="M{LEFT} {TOP}V{bottom}H{right}"/><text x="{(LEFT + right) / 2:.0f}" y="{bottom + 32}" text-anchor="middle">{escape(label)}</text>'
        )

    def _ticks(self) -> list[tuple[float, str]]:
        if self.log:
            step = max(1, round((self.y1 - self.y0) / 6))
            return [(10.0**k, f"1e{k}") for k in range(int(self.y0), int(self.y1) + 1, step)]
        return [(value, f"{value:g}") for value in ticks(self.y0, self.y1, 5)]


def ticks(low: float, high: float, count: int) -> list[float]:
    """Round numbers between two: at most about `count`."""
    raw = (high - low) / max(count, 1)
    if not (raw > 0 and isfinite(raw)):
        return [low]
    power = 10.0 ** floor(log10(raw))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= raw * 0.999)
    first = ceil(low / step - 1e-9)
    return [float(f"{k * step:.12g}") for k in range(first, floor(high / step + 1e-9) + 1)]


def _losses(run: Run) -> Panel:
    lines = {"training": run.losses} | ({"test": run.tests} if run.tests else {}) | ({"score": run.scores} if run.scores else {})
    shown = [y for name, line in lines.items() if name != "score" for y in line]
    log = (
        bool(shown)
        and all(y > 0 for y in shown if isfinite(y))
        and max((y for y in shown if isfinite(y)), default=1) > 50 * min((y for y in shown if isfinite(y)), default=1)
    )
    everything = [y for line in lines.values() for y in line if y > 0 or not log]
    panel = Panel("Loss", (0, max(1, run.epoch)), everything, "epoch", log=log)
    for k, (name, line) in enumerate(lines.items()):
        panel.line(list(enumerate(line)), COLOURS[k], name, k)
    return panel


def _starts(runs: Sequence[Run]) -> Panel:
    """The losses of several starts."""
    shown = [y for run in runs for y in run.losses if isfinite(y)]
    log = bool(shown) and min(shown) > 0 and max(shown) > 50 * min(shown)
    panel = Panel("Loss", (0, max(1, *[run.epoch for run in runs])), shown, "epoch", log=log)
    for k, run in enumerate(runs):
        panel.line(list(enumerate(run.losses)), COLOURS[k % len(COLOURS)], f"seed {run.settings.seed}", k)
    return panel


def _rates(run: Run) -> Panel:
    """The step size that AdaGrad has come to for each weight."""
    rates = {name: [float(v) for v in value.ravel()] for name, value in run.rates.items()}
    count = sum(map(len, rates.values()))
    panel = Panel(
        "AdaGrad: step sizes",
        (0, count + 1),
        [v for values in rates.values() for v in values],
        "weight, one after the other; at the end",
        log=True,
        whole=True,
    )
    panel.dots(rates, "entry")
    return panel


def _units(layers: Sequence[Layer]) -> Panel:
    """How much the loss rises without each hidden unit, the greatest rise of a layer first."""
    rises = {layer.name: sorted([abs(r) for r in layer.rises], reverse=True) for layer in layers}
    most = max((r for values in rises.values() for r in values), default=0.0)
    shown = {name: [max(r, most * 1e-6) for r in values] for name, values in rises.items()}  # nothing at all stands on the floor
    count = sum(map(len, rises.values()))
    used = ", ".join([f"{layer.used} of {len(layer.rises)} units of {layer.name}" for layer in layers])
    panel = Panel(
        f"Used at the end: {used}",
        (0, count + 1),
        [v for values in shown.values() for v in values],
        "hidden unit; upwards how much the loss changes without it",
        log=True,
        whole=True,
    )
    panel.dots(shown, "unit", named=False)
    return panel


def equal_rows(run: Run, name: str) -> bool:
    """Whether rows of a matrix of weights that is small enough to be drawn started equal and are equal still, and not all of them 0."""
    before, after = run.start[name], run.weights[name]
    if after.ndim != 2 or not 1 < len(after) <= ROWS or not 0 < after.shape[1] <= 2 * ROWS or not after.any():
        return False
    both = {(tuple(a), tuple(b)) for a, b in zip(before.tolist(), after.tolist(), strict=True)}
    return len(both) < len(after)


def _rows(run: Run, name: str) -> Panel:
    """The rows of a matrix of weights at start and end as rows of coloured cells: equal rows look alike."""
    before, after = run.start[name].tolist(), run.weights[name].tolist()
    side = min(22.0, (WIDTH - LEFT - RIGHT - 60) / 2 / len(after[0]), 400 / len(after))
    panel = Panel(
        f"Rows of {name}: units that stay equal", (0, 1), [0.0, 1.0], "", log=False, height=round(TOP + 24 + side * len(after) + 30)
    )
    panel.parts = panel.parts[:1]
    most = max([abs(v) for row in (*before, *after) for v in row]) or 1.0
    for place, (word, values) in enumerate((("start", before), ("end", after))):
        left = LEFT + place * (len(after[0]) * side + 60)
        panel.parts.append(f'<text x="{left:.1f}" y="{TOP + 12}">{word}</text>')
        for i, row in enumerate(values):
            for j, v in enumerate(row):
                colour, share = ("#d1532f" if v > 0 else "#1f6fb4"), abs(v) / most
                panel.parts.append(
                    f'<rect x="{left + j * side:.1f}" y="{TOP + 20 + i * side:.1f}" width="{side - 1:.1f}" height="{side - 1:.1f}" fill="{colour}" fill-opacity="{share:.3f}" '
                    f'stroke="#bbb"><title>{escape(name)}[{i + 1},{j + 1}] = {v:.4g}</title></rect>'
                )
    for i in range(len(after)):
        panel.parts.append(f'<text x="{LEFT - 8}" y="{TOP + 20 + (i + 0.5) * side + 4:.1f}" text-anchor="end">{i + 1}</text>')
    panel.parts.append(f'<text x="{LEFT}" y="{panel.height - 12}">red: above 0, blue: below 0, at most {most:.3g}</text>')
    return panel


def _norms(run: Run) -> Panel:
    norms = run.norms
    panel = Panel("Norm of the gradient", (0, max(1, run.epoch)), [y for line in norms.values() for y in line], "epoch", log=True)
    for k, (name, line) in enumerate(norms.items()):
        panel.line(list(enumerate(line)), COLOURS[k % len(COLOURS)], name, k)
    return panel


def _path(runs: Sequence[Run]) -> Panel:
    """Level lines of the loss over two weights, with the ways that were taken."""
    import numpy as np

    run = runs[0]
    assert run.surface is not None
    ways = [[m.path for m in r.history if m.path and all(isfinite(v) for v in m.path)] for r in runs]
    xs, ys = [p[0] for points in ways for p in points], [p[1] for points in ways for p in points]
    size = max(max(xs) - min(xs), max(ys) - min(ys), 1e-3)
    x0, x1, y0, y1 = min(xs) - size * 0.3, max(xs) + size * 0.3, min(ys) - size * 0.3, max(ys) + size * 0.3
    across, up = np.linspace(x0, x1, GRID + 1), np.linspace(y0, y1, GRID + 1)
    field = np.array([[run.surface(np.array([a, b])) for a in across] for b in up])
    first, second = [name if v.ndim == 0 else f"{name}[{k + 1}]" for name, v in run.weights.items() for k in range(v.size)]
    label = f"{first}; upwards {second}"
    panel = Panel("Level lines and path", (x0, x1), [y0, y1], label, log=False, height=HEIGHT + 120)
    panel.y0, panel.y1 = y0, y1
    panel.parts = panel.parts[:1]
    panel._frame(label)
    finite = field[np.isfinite(field)]
    if finite.size and finite.max() > finite.min():
        share = np.linspace(0, 1, LEVELS + 2)[1:-1] ** 2  # closer together near the minimum
        for level in finite.min() + share * (finite.max() - finite.min()):
            segments = level_lines(field, float(level))
            d = "".join(
                f"M{panel.x(_at(across, a)):.1f} {panel.y(_at(up, b)):.1f}L{panel.x(_at(across, c)):.1f} {panel.y(_at(up, e)):.1f}"
                for a, b, c, e in segments
            )
            if d:
                panel.parts.append(f'<path class="c" d="{d}"><title>loss {level:.4g}</title></path>')
    for n, points in enumerate(ways):
        colour = COLOURS[n % len(COLOURS)] if len(ways) > 1 else COLOURS[1]
        places = [f"{panel.x(a):.1f},{panel.y(b):.1f}" for a, b in points]
        panel.parts.append(f'<polyline class="l" stroke="{colour}" points="{" ".join(places)}"/>')
        panel.parts += [
            f'<circle cx="{p.split(",")[0]}" cy="{p.split(",")[1]}" r="{4 if k in (0, len(places) - 1) else 2}" fill="{colour}" data-epoch="{k}"/>'
            for k, p in enumerate(places)
        ]
    return panel


def ends(runs: Sequence[Run]) -> str:
    """How several starts ended, in a line."""
    low, high = min(r.loss for r in runs), max(r.loss for r in runs)
    each = ", ".join([f"{r.loss:.6g} from seed {r.settings.seed}" for r in runs])
    apart = _distance(runs)
    if high - low > 1e-3 * (1 + abs(low)):
        return f"{len(runs)} starts end at different losses: {each}"
    if apart > 0.1:
        return f"{len(runs)} starts end at the same loss, {low:.6g}, at weights that differ by up to {apart:.2g} of their size: another minimum each, or a flat one"
    return f"{len(runs)} starts end at the same weights: {each}"


def _distance(runs: Sequence[Run]) -> float:
    """The largest difference between weights, beside their size."""
    import numpy as np

    flat = [np.concatenate([np.ravel(r.weights[name]) for name in r.wrt]) for r in runs]
    size = max(float(np.abs(v).max()) for v in flat) or 1.0
    return max(float(np.abs(a - b).max()) for a in flat for b in flat) / size


def _at(axis: Any, place: float) -> float:
    return float(axis[0] + (axis[-1] - axis[0]) * place / (len(axis) - 1))


def level_lines(field: Any, level: float) -> list[tuple[float, float, float, float]]:
    """Where a field on a grid has this level, as segments (x, y, x, y) in cells: marching squares, each cell cut into two triangles."""
    found = []
    rows, columns = len(field), len(field[0])
    for j in range(rows - 1):
        for i in range(columns - 1):
            corners = [(i, j), (i + 1, j), (i + 1, j + 1), (i, j + 1)]
            for triangle in ((0, 1, 2), (0, 2, 3)):
                cut = []
                for a, b in zip(triangle, (*triangle[1:], triangle[0]), strict=True):
                    (xa, ya), (xb, yb) = corners[a], corners[b]
                    va, vb = float(field[ya][xa]) - level, float(field[yb][xb]) - level
                    if isfinite(va) and isfinite(vb) and (va < 0) != (vb < 0):
                        t = va / (va - vb)
                        cut.append((xa + t * (xb - xa), ya + t * (yb - ya)))
                if len(cut) == 2:
                    found.append((*cut[0], *cut[1]))
    return found


def _stacked(panels: Sequence[Panel]) -> str:
    total = sum(panel.height for panel in panels)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {total}" width="{WIDTH}" height="{total}" role="img">', STYLE]
    parts.append(f'<rect width="{WIDTH}" height="{total}" fill="#fff"/>')
    top = 0
    for panel in panels:
        parts.append(f'<g transform="translate(0 {top})">{"".join(panel.parts)}</g>')
        top += panel.height
    return "\n".join([*parts, "</svg>"]) + "\n"


def _page(runs: Sequence[Run], picture: str) -> str:
    run, *others = runs
    names = ["loss"] + ["test"] * bool(run.tests) + ["score"] * bool(run.scores) + [f"gradient by {name}" for name in run.wrt]
    columns = [run.losses] + [run.tests] * bool(run.tests) + [run.scores] * bool(run.scores) + list(run.norms.values())
    if others:
        names = [f"loss, seed {r.settings.seed}" for r in runs] + names[1:]
        columns = [r.losses for r in runs] + columns[1:]
    rows = [[f"{c[k]:.6g}" if k < len(c) else "" for c in columns] for k in range(max(len(r.history) for r in runs))]
    data = json.dumps(
        {
            "names": names,
            "rows": rows,
            "left": LEFT,
            "right": WIDTH - RIGHT,
            "tops": [[TOP, HEIGHT - BOTTOM], [HEIGHT + TOP, 2 * HEIGHT - BOTTOM]],
        }
    )
    data = data.replace("</", "<\\/")
    notes = "".join(
        f"<li>{escape(note)}</li>"
        for note in ([f"stopped: {run.stopped}"] if run.stopped else []) + ([ends(runs)] if others else []) + list(run.notes)
    )
    last = max(0, len(run.history) - 1)
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Descent</title><meta name="viewport" content="width=device-width">
<style>body{{font:15px/1.5 system-ui,sans-serif;max-width:640px;margin:2em auto;padding:0 1em;color:#222;background:#fff}}
svg{{max-width:100%;height:auto}}table{{border-collapse:collapse}}td,th{{padding:.15em .9em .15em 0;text-align:left}}
input{{width:100%}}pre{{white-space:pre-wrap;background:#f5f5f2;padding:.6em}}</style></head><body>
<h1>Descent</h1><pre>{escape(run.formula)}</pre>
<p>{escape(run.settings.method)}: <code>{escape(run.rule)}</code>; {run.examples} examples, {run.epoch} epochs, {run.steps} steps.</p>
<ul>{notes}</ul>
<label>Epoch <output id="e">{last}</output><input id="s" type="range" min="0" max="{last}" value="{last}"></label>
<table id="t"></table>
{picture}<script>
const d={data};const s=document.getElementById('s'),svg=document.querySelector('svg'),n=Math.max(1,d.rows.length-1);
const marks=d.tops.map(([a,b])=>{{const l=document.createElementNS('http://www.w3.org/2000/svg','line');l.setAttribute('class','cursor');
l.setAttribute('y1',a);l.setAttribute('y2',b);svg.appendChild(l);return l}});
function show(){{const k=+s.value;document.getElementById('e').textContent=k;const x=d.left+k/n*(d.right-d.left);
for(const l of marks){{l.setAttribute('x1',x);l.setAttribute('x2',x)}}
const t=document.getElementById('t');t.textContent='';d.names.forEach((name,i)=>{{const r=t.insertRow();r.insertCell().textContent=name;r.insertCell().textContent=(d.rows[k]||[])[i]||''}});
for(const c of svg.querySelectorAll('[data-epoch]'))c.setAttribute('opacity',+c.dataset.epoch<=k?1:.15)}}
s.addEventListener('input',show);show();
</script></body></html>
"""
