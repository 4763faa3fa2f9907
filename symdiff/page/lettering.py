"""Labels of a picture as text, where there is no Typst: measured in the browser's own fonts, letters of mathematics in italics."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from html import escape

from symdiff.teach.glyphs import SIZE, Glyphs

FONTS = "'STIX Two Math', 'Latin Modern Math', 'Cambria Math', 'STIX Two Text', 'Times New Roman', Times, serif"
# Width, ascent and descent of a text in a font of the canvas.
Measure = Callable[[str, str], tuple[float, float, float]]

# One letter is a variable and slanted, a longer word is a name and upright; a letter with digits behind it is a variable, too.
_PIECES = re.compile(r"([^\W\d_](?:[₀-₉]|\d)*(?![^\W⁰¹²³⁴-₎ᵀ]))|([^\W\d_]\w+|[^A-Za-zα-ωΑ-Ω]+|.)", re.DOTALL)
_TALL, _DEEP = 0.70, 0.22  # of the size: a line of text has room for letters that go up and down


def pieces(text: str) -> list[tuple[str, bool]]:
    """The text in runs, and which are slanted."""
    found: list[tuple[str, bool]] = []
    for m in _PIECES.finditer(text):
        slanted = m[1] is not None and m[1][0].isalpha() and m[1][0] not in "∂∇𝟏"
        if found and found[-1][1] == slanted:
            found[-1] = (found[-1][0] + m[0], slanted)
        else:
            found.append((m[0], slanted))
    return found


def lettering(measure: Measure) -> Callable[[str], Glyphs]:
    """How a text is drawn: SVG text whose extents are what the browser measures."""

    @lru_cache(maxsize=2000)
    def drawn(text: str) -> Glyphs:
        runs = pieces(text)
        width = sum([measure(run, f"{'italic ' if slanted else ''}{SIZE}px {FONTS}")[0] for run, slanted in runs])
        height = SIZE * (_TALL + _DEEP)
        inside = "".join(
            [
                f'<tspan font-style="italic">{escape(run, quote=False)}</tspan>' if slanted else escape(run, quote=False)
                for run, slanted in runs
            ]
        )
        drawing = f'<text class="lettering" x="0" y="{SIZE * _TALL:.2f}" xml:space="preserve" font-size="{SIZE}" style="font-family:{escape(FONTS)};fill-opacity:1;white-space:pre">{inside}</text>'
        return Glyphs(max(width, 1.0), height, drawing, ())

    return drawn


def estimate(text: str, font: str) -> tuple[float, float, float]:
    """Extents without a browser: for tests, and where a worker has no canvas."""
    from unicodedata import combining

    wide = sum([0.0 if combining(c) else 0.3 if c in " .,·:;|'()[]ijl" else 0.8 if c in "mwMW∂∇⊙=<>≤≥+−" else 0.52 for c in text])
    return wide * SIZE, 0.7 * SIZE, 0.2 * SIZE
