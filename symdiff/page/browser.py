"""Where the page runs: what the engine finds there in the place of NumPy, SciPy, FLINT, SymPy's wheel and Typst.

`start()` is called once, in the worker, before anything else is imported. FLINT and SymPy are archives beside the page; the first import of one reads it.
"""

from __future__ import annotations

import io
import os
import sys
import time
import zipfile
from collections.abc import Callable, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

ROOM = "/lib/symdiff-more"
# The archive in which a package stands; whether Python can import from the archive itself.
ARCHIVES = {"sympy": ("python/sympy.zip", True), "mpmath": ("python/sympy.zip", True), "flint": ("python/python-flint.zip", False)}


class Archives(MetaPathFinder):
    """Reads the archive of a package when the package is imported for the first time. read: the bytes of a file of the page."""

    def __init__(self, read: Callable[[str], bytes], room: str = ROOM) -> None:
        self.read, self.room = read, room
        self.there: set[str] = set()

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if fullname not in ARCHIVES:
            return None
        self.load(*ARCHIVES[fullname])
        return PathFinder.find_spec(fullname, sys.path)

    def load(self, path: str, importable: bool) -> None:
        """Put an archive where imports look, once."""
        if path in self.there:
            return
        content = self.read(path)
        os.makedirs(self.room, exist_ok=True)
        if importable:
            place = os.path.join(self.room, os.path.basename(path))
            with open(place, "wb") as file:
                file.write(content)
        else:
            place = self.room
            with zipfile.ZipFile(io.BytesIO(content)) as archived:
                archived.extractall(place)
        if place not in sys.path:
            sys.path.append(place)
        self.there.add(path)


def start() -> Callable[[str, str], str]:
    """Put everything in its place; what answers questions. In the browser only: the module `symdiff_page` is the worker's."""
    import symdiff_page

    from symdiff.page import arrays, lettering
    from symdiff.teach import glyphs

    if not hasattr(time, "thread_time"):  # a browser's Python has one thread, whose time is that of the process
        time.thread_time = time.process_time
    arrays.installed()
    sys.meta_path.append(Archives(lambda path: symdiff_page.read(path).to_bytes()))

    def measure(text: str, font: str) -> tuple[float, float, float]:
        width, above, below = symdiff_page.measure(text, font).to_py()
        return width, above, below

    glyphs.lettering = lettering.lettering(measure if symdiff_page.canvas() else lettering.estimate)
    from symdiff.page import service

    return service.ask
