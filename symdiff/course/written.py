"""A sheet as a file of any form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from symdiff.course.blocks import KINDS, page
from symdiff.errors import SymdiffError

if TYPE_CHECKING:
    from symdiff.course.sheet import Sheet

FORMS = {
    "html": "html", "htm": "html", "pdf": "pdf", "tex": "latex", "latex": "latex", "exam": "exam", "md": "markdown", "markdown": "markdown",
    "ipynb": "notebook", "notebook": "notebook", "typ": "typst", "typst": "typst",
}  # fmt: skip
SLIDES = ("html", "pdf", "typst")


def rendered(sheet: Sheet, form: str, kind: str = "sheet", variant: int = 0) -> bytes:
    """See `Sheet.rendered`. Numbers that are open are chosen first, by the seed 0."""
    if form not in FORMS:
        raise SymdiffError(f"a sheet cannot be written as {form!r}"[:200], hint="html, pdf, tex, md, ipynb or typ")
    form = FORMS[form]
    sheet = sheet.chosen()
    if kind == "slides":
        from symdiff.course.forms import slides

        if form not in SLIDES:
            raise SymdiffError(f"slides are not written as {form}", hint="html or pdf")
        p = page(sheet, "key", variant)
        return slides.as_html(p).encode() if form == "html" else _typst(slides.as_typst(p), form)
    if kind not in KINDS:
        raise SymdiffError(f"there is no {kind!r} of a sheet"[:200], hint="sheet, key, solutions or slides")
    p = page(sheet, kind, variant)
    if form in ("pdf", "typst"):
        from symdiff.course.forms.typst import TypstPage

        return _typst(TypstPage(p).written(), form)
    if form == "notebook":
        from symdiff.course.forms.notebook import notebook

        return notebook(p).encode()
    from symdiff.course.forms.html import HtmlPage
    from symdiff.course.forms.latex import ExamPage, LatexPage
    from symdiff.course.forms.markdown import MarkdownPage

    writers: dict[str, type[HtmlPage | LatexPage | MarkdownPage]] = {
        "html": HtmlPage,
        "latex": LatexPage,
        "exam": ExamPage,
        "markdown": MarkdownPage,
    }
    return writers[form](p).written().encode()


def _typst(source: str, form: str) -> bytes:
    from symdiff.teach.glyphs import page_as_pdf

    return page_as_pdf(source) if form == "pdf" else source.encode()
