"""Small log-log plots on one SVG, legible on light and on dark paper: `plot([Panel(...), ...])`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import NamedTuple

WIDTH, HEIGHT, COLUMNS = 330, 270, 3
LEFT, RIGHT, TOP, BOTTOM = 52, 14, 30, 34
# Tell apart on white and on black, also by shape: a line's dashes change when the colours begin again.
COLOURS = ("#d62728", "#ff8c1a", "#1f83d6", "#2ca05a", "#a06bd0", "#b8860b", "#17a5b8", "#e06aa8", "#8a8a8a", "#6b8e23", "#c05a3c")
STYLE = (
    "text{font:11px system-ui,sans-serif;fill:#333}.title{font-weight:600;font-size:12px}.grid{stroke:#8883;stroke-width:1}"
    ".frame{fill:none;stroke:#888}polyline{fill:none;stroke-width:1.6}@media (prefers-color-scheme:dark){text{fill:#ddd}}"
)

Points = Sequence[tuple[float, float]]


class Panel(NamedTuple):
    """A plot: its title, and (x, y) for every line by name."""

    title: str
    lines: Mapping[str, Points]


def plot(panels: Sequence[Panel], x: str, y: str) -> str:
    names = list(dict.fromkeys(name for panel in panels for name, points in panel.lines.items() if points))
    rows = math.ceil(len(panels) / COLUMNS)
    legend = 22 * math.ceil(len(names) / 6) + 12
    width, height = WIDTH * COLUMNS, HEIGHT * rows + legend
    pieces = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">',
        f"<title>{escape(y)} by {escape(x)}</title><style>{STYLE}</style>",
    ]
    for k, panel in enumerate(panels):
        pieces.append(f'<g transform="translate({k % COLUMNS * WIDTH},{k // COLUMNS * HEIGHT})">{_panel(panel, names, x, y)}</g>')
    for k, name in enumerate(names):
        left, down = LEFT + k % 6 * (width - LEFT) // 6, HEIGHT * rows + 16 + 22 * (k // 6)
        pieces.append(f'<line x1="{left}" x2="{left + 22}" y1="{down}" y2="{down}" {_pen(k)} stroke-width="2.5"/>')
        pieces.append(f'<text x="{left + 28}" y="{down + 4}">{escape(name)}</text>')
    return "\n".join([*pieces, "</svg>\n"])


def _pen(k: int) -> str:
    dashes = ' stroke-dasharray="5 3"' if k // len(COLOURS) else ""
    return f'stroke="{COLOURS[k % len(COLOURS)]}"{dashes}'


def _panel(panel: Panel, names: Sequence[str], x: str, y: str) -> str:
    points = [p for line in panel.lines.values() for p in line]
    (x0, x1), (y0, y1) = _decades([p[0] for p in points]), _decades([p[1] for p in points])

    def at(a: float, b: float) -> tuple[float, float]:
        right = LEFT + (math.log10(a) - x0) / (x1 - x0) * (WIDTH - LEFT - RIGHT)
        return right, HEIGHT - BOTTOM - (math.log10(b) - y0) / (y1 - y0) * (HEIGHT - TOP - BOTTOM)

    pieces = [f'<text class="title" x="{LEFT}" y="18">{escape(panel.title)}</text>']
    for k in range(x0, x1 + 1):
        across, _ = at(10.0**k, 10.0**y0)
        pieces.append(f'<line class="grid" x1="{across:.1f}" x2="{across:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>')
        pieces.append(f'<text x="{across:.1f}" y="{HEIGHT - BOTTOM + 15}" text-anchor="middle">{_power(k)}</text>')
    for k in range(y0, y1 + 1):
        _, down = at(10.0**x0, 10.0**k)
        pieces.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{down:.1f}" y2="{down:.1f}"/>')
        pieces.append(f'<text x="{LEFT - 6}" y="{down + 4:.1f}" text-anchor="end">{_power(k)}</text>')
    frame = f'x="{LEFT}" y="{TOP}" width="{WIDTH - LEFT - RIGHT}" height="{HEIGHT - TOP - BOTTOM}"'
    pieces.append(f'<rect class="frame" {frame}/>')
    pieces.append(f'<text x="{WIDTH - RIGHT}" y="{HEIGHT - 4}" text-anchor="end">{escape(x)}</text>')
    pieces.append(f'<text x="{WIDTH - RIGHT}" y="18" text-anchor="end">{escape(y)}</text>')
    for name, line in panel.lines.items():
        places = [at(*p) for p in line]
        pen = _pen(names.index(name)) if places else ""
        if len(places) > 1:
            pieces.append(f'<polyline points="{" ".join(f"{a:.1f},{b:.1f}" for a, b in places)}" {pen}/>')
        pieces += [f'<circle cx="{a:.1f}" cy="{b:.1f}" r="2.4" {pen} fill="none"/>' for a, b in places]
    return "".join(pieces)


def _decades(values: Sequence[float]) -> tuple[int, int]:
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return low, max(high, low + 1)


def _power(k: int) -> str:
    return "1" if k == 0 else "10" + str(k).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
