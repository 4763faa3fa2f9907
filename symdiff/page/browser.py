"""Where the page runs: what the engine finds there in the place of NumPy, SciPy, FLINT and SymPy's wheel.

`start()` is called once, in the worker. FLINT and SymPy are archives beside the page; the first import of one reads it.
"""

from __future__ import annotations

import io
import sys
import zipfile
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

from symdiff.page import service

ROOM = "/lib/symdiff-more"
# The archive in which a package stands; whether Python can import from the archive itself.
ARCHIVES = {"sympy": ("python/sympy.zip", True), "mpmath": ("python/sympy.zip", True), "flint": ("python/python-flint.zip", False)}

ask = service.ask


class Archives(MetaPathFinder):
    """Reads the archive of a package when the package is imported for the first time."""

    def __init__(self, read: Any) -> None:
        self.read = read
        self.there: set[str] = set()

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if fullname not in ARCHIVES:
            return None
        self.load(ARCHIVES[fullname])
        return PathFinder.find_spec(fullname, sys.path)

    def load(self, archive: tuple[str, bool]) -> None:
        path, importable = archive
        if path in self.there:
            return
        self.there.add(path)
        content = self.read(path).to_bytes()
        if importable:
            place = f"{ROOM}/{path.rpartition('/')[2]}"
            _folder(ROOM)
            with open(place, "wb") as file:
                file.write(content)
            sys.path.append(place)
        else:
            with zipfile.ZipFile(io.BytesIO(content)) as archived:
                archived.extractall(ROOM)
            if ROOM not in sys.path:
                sys.path.append(ROOM)


def _folder(path: str) -> None:
    import os

    os.makedirs(path, exist_ok=True)


def start() -> None:
    """Put everything in its place. In the browser only: the module `symdiff_page` is the worker's."""
    import symdiff_page  # type: ignore[import-not-found]

    sys.meta_path.append(Archives(symdiff_page.read))
