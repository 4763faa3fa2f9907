"""Mathematics as outlines with exact extents, and SVG as PNG or PDF: what pictures need of the `typst` wheel.

Typst sets each formula on a page of its own that is as large as the glyphs. Its SVG keeps every glyph once under a name
made from its outline, so that formulas can share glyphs within a picture. No fonts of the machine are used.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from symdiff.errors import SymdiffError

SIZE = 11.0  # points

_HEAD = (
    f'#set page(width: auto, height: auto, margin: 0pt, fill: none)\n#set text(size: {SIZE}pt, top-edge: "bounds", bottom-edge: "bounds")\n'
)
_PAGE = re.compile(r'<svg viewBox="0 0 (\S+) (\S+)"[^>]*>(.*)</svg>', re.DOTALL)
_SYMBOL = re.compile(r'<symbol id="([^"]+)".*?</symbol>', re.DOTALL)
# Colours are left to the surrounding group.
_COLOUR = re.compile(r' (fill|stroke)="#000000"')


@dataclass(frozen=True, slots=True)
class Glyphs:
    """A formula: its extents in points, what is drawn, and the outlines that this refers to, by name."""

    width: float
    height: float
    drawing: str
    outlines: tuple[tuple[str, str], ...]

    def at(self, x: float, y: float) -> str:
        """The drawing with its left edge at x and its middle at y."""
        return f'<g transform="translate({x:.2f} {y - self.height / 2:.2f})">{self.drawing}</g>'


def quoted(text: str) -> str:
    """Any text as an upright word within Typst mathematics."""
    return json.dumps(" ".join(text.split()), ensure_ascii=False)


# Where there is no Typst, in a browser: how a text in plain Unicode is drawn, `symdiff.page.lettering`.
lettering: Callable[[str], Glyphs] | None = None


def typeset(formulas: Sequence[str], plain: Sequence[str] = ()) -> list[Glyphs]:
    """Each formula, given as the content of a Typst equation; plain: the same in Unicode. SymdiffError if there is neither Typst nor a lettering."""
    if lettering is not None and len(plain) == len(formulas):
        return list(map(lettering, plain))
    different = tuple(dict.fromkeys(formulas))
    if not different:
        return []
    found = dict(zip(different, _set(different), strict=True))
    return [found[formula] for formula in formulas]


@lru_cache(maxsize=16)  # a picture and its dark twin, frames, and the handout around it set the same formulas
def _set(formulas: tuple[str, ...]) -> tuple[Glyphs, ...]:
    pages = _compile(_HEAD + "\n#pagebreak()\n".join([f"${formula}$" for formula in formulas]), "svg")
    pages = pages if isinstance(pages, list) else [pages]
    return tuple([_glyphs(page.decode()) for page in pages])


def _glyphs(page: str) -> Glyphs:
    match = _PAGE.search(page)
    assert match is not None, page[:200]
    width, height, content = match.groups()
    drawing = _SYMBOL.sub("", content).replace("<defs></defs>", "").replace("xlink:href", "href")
    drawing = _COLOUR.sub(lambda m: ' stroke="currentColor"' if m[1] == "stroke" else "", drawing)
    return Glyphs(float(width), float(height), drawing, tuple([(m[1], m[0]) for m in _SYMBOL.finditer(content)]))


def outlines(glyphs: Iterable[Glyphs]) -> str:
    """The definitions that the drawings need, each once."""
    return "".join(dict([pair for g in glyphs for pair in g.outlines]).values())


def converted(svg: str, form: str) -> bytes:
    """An SVG picture as "png" (twice the resolution of a screen) or "pdf"."""
    source = '#set page(width: auto, height: auto, margin: 0pt)\n#image(bytes(sys.inputs.svg), format: "svg")'
    result = _compile(source, form, sys_inputs={"svg": svg}, **({"ppi": 192.0} if form == "png" else {}))
    assert isinstance(result, bytes)
    return result


def page_as_pdf(source: str) -> bytes:
    """A page of Typst markup as PDF."""
    result = _compile(source, "pdf")
    assert isinstance(result, bytes)
    return result


def _compile(source: str, form: str, **options: Any) -> Any:
    try:
        import typst
    except ImportError as error:  # no wheel of it for this machine
        raise SymdiffError(
            f"pictures need the package typst ({error})", hint="pip install typst; Graphviz, TikZ and Mermaid text is written without it"
        ) from None
    compiler: Any = typst.Compiler(ignore_system_fonts=True)
    return compiler.compile(source.encode(), format=form, **options)
