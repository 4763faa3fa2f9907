"""A page as a notebook: the words as Markdown, and under every problem cells in which an answer is typed and marked.

In: a page. Out: JSON of nbformat 4.5, the same bytes for the same page. Every cell runs as it stands, in the worksheet too: an empty answer is passed over.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from symdiff.course.blocks import Numbered, Page
from symdiff.course.forms.markdown import MarkdownPage
from symdiff.course.record import Blank, shown


def notebook(page: Page) -> str:
    """The file."""
    writer = MarkdownPage(page)
    cells = [_markdown(writer.whole([])), _code("import symdiff as sd")]
    for item in page.items:
        cells += [_markdown(writer.item(item)), *_cells(item, page.key)]
    for k, cell in enumerate(cells):
        cell["id"] = f"cell-{k}"
    language = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}, "language_info": {"name": "python"}}
    return (
        json.dumps({"cells": cells, "metadata": language, "nbformat": 4, "nbformat_minor": 5}, ensure_ascii=False, indent=1, sort_keys=True)
        + "\n"
    )


def _cells(item: Numbered, key: bool) -> Iterator[dict[str, Any]]:
    """The formula, its numbers, and for every derivative that is asked for a cell with an answer."""
    p, r = item.problem, item.record
    lines = [f"f = sd.parse({_text(p.formula)})"]
    if p.at:
        lines.append(f"at = {_values(p.at)}")
    yield _code("\n".join(lines))
    for b in r.blanks:
        if b.ask == "gradient" or b.ask == "hessian":
            yield _code("\n".join(_marked(b, key)))
    if key and r.trace is not None:
        yield _code(f"sd.trace(f, at, {list(p.wrt)!r})")


def _marked(b: Blank, key: bool) -> Iterator[str]:
    yield f"answer = {_text(b.text if key else '')}  # {b.id}"
    yield "if answer:"
    of = "f" if b.ask == "gradient" else f"sd.grad(f, {b.name!r})"
    yield f"    print(sd.check({of}, {b.name!r}, answer))"


def _text(text: str) -> str:
    """A literal of Python."""
    return json.dumps(text, ensure_ascii=False)


def _values(at: Any) -> str:
    return "{" + ", ".join([f"{name!r}: {shown(value)}" for name, value in at.items()]) + "}"


def _markdown(source: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": source.splitlines(keepends=True)}


def _code(source: str) -> dict[str, Any]:
    return {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [], "source": source.splitlines(keepends=True)}
