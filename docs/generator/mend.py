"""What the theme's pages lack for keyboards and screen readers, put in after they are built."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

MENDS = (
    (re.compile(r'<p class="caption" role="heading">'), '<p class="caption" role="heading" aria-level="2">'),
    (re.compile(r'<aside class="sidebar-drawer">'), '<aside class="sidebar-drawer" aria-label="Pages">'),
    (re.compile(r'<aside class="toc-drawer'), '<aside aria-label="On this page" class="toc-drawer'),
    (re.compile(r"<pre>"), '<pre tabindex="0">'),  # it scrolls
    (re.compile(r'<div class="table-wrapper([^"]*)">'), r'<div class="table-wrapper\1" tabindex="0" role="region" aria-label="Table">'),
    (re.compile(r'(?=<div id="search-results">)'), "<h1>Search</h1>\n"),
    (re.compile(r"<th(?: class=\"[^\"]*\")?><p></p></th>"), "<td></td>"),
)


def mended(page: str) -> str:
    for what, instead in MENDS:
        page = what.sub(instead, page)
    numbers = itertools.count(1)
    return re.sub(r'aria-label="Table"', lambda _: f'aria-label="Table {next(numbers)}"', page)


def mend(folder: Path) -> None:
    for path in folder.rglob("*.html"):
        path.write_text(mended(path.read_text(encoding="utf-8")), encoding="utf-8")
