"""Data from files, by the formula's names: CSV, .npy, .npz.

CSV: a line of names, then a line for each example. `phi[1]`, `phi[2]`, … are the entries of a vector, `A[1,2]` of a matrix, counted
from 1; a column may hold lists, `[1, 2]`. npz: arrays by name; npy: one array, named by the file, `phi.npy`.
"""

from __future__ import annotations

import csv
import json
import os
import re
from collections.abc import Container, Sequence
from io import StringIO
from typing import Any

from symdiff.bounds import LIMITS, exceeded
from symdiff.errors import SymdiffError
from symdiff.syntax.parse import canonical

ENTRY = re.compile(r"\s*([^\[\]]+?)\s*\[\s*(\d+(?:\s*,\s*\d+)*)\s*\]\s*")


def read(paths: Sequence[str], known: Container[str] | None = None) -> dict[str, Any]:
    """The arrays in these files by name, the examples along the first axis; only those of known names, if these are given.

    SymdiffError with file and line for what cannot be read."""
    found: dict[str, Any] = {}
    for path in paths:
        kind = os.path.splitext(path)[1].lower()
        try:
            if kind not in (".csv", ".npy", ".npz"):
                raise SymdiffError(f"{path}: data come as .csv, .npy or .npz", hint="a CSV file with columns phi[1], phi[2], …, y")
            size = os.path.getsize(path)
            if size > LIMITS.bytes:
                raise exceeded("bytes", f"{path} has {size} bytes", size)
            new = table(path) if kind == ".csv" else arrays(path)
        except OSError as error:
            raise SymdiffError(f"cannot read {path}: {error.strerror or error}") from None
        twice = sorted(set(new) & set(found))
        if twice:
            raise SymdiffError(f"{path} holds {twice[0]}, as a file before it does")
        found |= {name: value for name, value in new.items() if known is None or name in known}
    return found


def renamed(lacking: Sequence[str], left: Sequence[str]) -> str:
    """What to do about names without data, where the files have columns that the formula does not know: x1, x2 for x."""
    if not left:
        return f"a column or array of that name, or one value: --at {lacking[0]}=0.1; or descend by it: --wrt"
    for name in lacking:
        numbered = [title for title in left if re.fullmatch(rf"{re.escape(name)}_?\d+", title)]
        if numbered:
            places = ", ".join(f"{name}[{k}]" for k in range(1, min(len(numbered), 3) + 1))
            return f"the head has {', '.join(numbered[:3])}; the entries of {name} are called {places}"
    return (
        f"the data have {', '.join(left[:6])}{', …' if len(left) > 6 else ''}: name the columns as the formula does, "
        f"{lacking[0]}, or {lacking[-1]}[1], {lacking[-1]}[2], … for the entries of a vector; one value: --at {lacking[0]}=0.1"
    )


def arrays(path: str) -> dict[str, Any]:
    import numpy as np

    try:
        found = np.load(path, allow_pickle=False)
        if isinstance(found, np.ndarray):
            return {canonical(os.path.splitext(os.path.basename(path))[0]): found}
        with found:
            return {canonical(name): found[name] for name in found.files}
    except (ValueError, EOFError) as error:
        raise SymdiffError(
            f"{path} is not a NumPy file of numbers: {error}", hint='numpy.save("x.npy", x) or numpy.savez("data.npz", x=x, y=y) writes one'
        ) from None


def table(path: str) -> dict[str, Any]:
    """The columns of a CSV file."""
    import numpy as np

    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            lines = [line for line in csv.reader(StringIO(file.read(), newline="")) if any(cell.strip() for cell in line)]
    except UnicodeDecodeError as error:
        raise SymdiffError(f"{path} is not UTF-8 text (byte {error.start + 1})", hint="data come as .csv, .npy or .npz") from None
    except csv.Error as error:
        raise SymdiffError(f"{path} is not CSV: {error}", hint="a line of names, then numbers separated by commas") from None
    if len(lines) < 2:
        raise SymdiffError(f"{path} has no examples", hint="a line of names, then a line of numbers for each example")
    head, body = lines[0], lines[1:]
    for number, line in enumerate(body, 2):
        if len(line) != len(head):
            raise SymdiffError(
                f"{path}: line {number} has {len(line)} cells, the head has {len(head)}", hint='lists stand in quotes: "[1, 2]"'
            )
    whole: dict[str, int] = {}
    entries: dict[str, dict[tuple[int, ...], int]] = {}
    for k, title in enumerate(head):
        match = ENTRY.fullmatch(title)
        name = canonical((match[1] if match else title).strip())
        place = tuple([int(part) for part in match[2].split(",")]) if match else ()
        if ";" in title and len(head) == 1:
            raise SymdiffError(
                f"{path}: the cells are divided by semicolons", hint="commas divide the cells: x[1],x[2],y; a point stands in a number"
            )
        if not name or (not match and not name.isidentifier()):
            raise SymdiffError(f"{path}: {title[:80]!r} is no name of a column", hint="y, or phi[1] for an entry of phi")
        if name in whole or place in entries.get(name, {}) or (not match and name in entries):
            raise SymdiffError(f"{path} has two columns {title.strip()[:80]!r}", hint="every column has a name of its own: phi[1], phi[2]")
        if match:
            entries.setdefault(name, {})[place] = k
        else:
            whole[name] = k
    found = {name: _column(path, name, [line[k] for line in body]) for name, k in whole.items()}
    for name, places in entries.items():
        if len({len(place) for place in places}) > 1:
            raise SymdiffError(
                f"{path}: the columns of {name} have different numbers of indices",
                hint="phi[1], phi[2] are a vector's columns, X[1,1], X[1,2] a matrix's",
            )
        sizes = tuple([max(axis) for axis in zip(*places, strict=True)])
        wanted = 1
        for size in sizes:
            wanted *= size
        if wanted != len(places) or min(min(place) for place in places) < 1:
            raise SymdiffError(
                f"{path}: the columns of {name} are not all there", hint=f"{name}[1], {name}[2], … without a gap, counted from 1"
            )
        values = np.empty((len(body), *sizes))
        for place, k in places.items():
            index: tuple[Any, ...] = (slice(None), *[i - 1 for i in place])
            values[index] = [_cell(path, n, head[k].strip(), line[k], number=True) for n, line in enumerate(body, 2)]
        found[name] = values
    return found


def _column(path: str, name: str, cells: Sequence[str]) -> Any:
    """One column of numbers, or of lists of one length."""
    import numpy as np

    values = [_cell(path, number, name, cell) for number, cell in enumerate(cells, 2)]
    shapes = [_shape(value) for value in values]
    for number, shape in enumerate(shapes, 2):
        if shape is None or shape != shapes[0]:
            raise SymdiffError(
                f"{path}: line {number}: {name} has another form than in line 2", hint="one column holds numbers, or lists of one length"
            )
    return np.array(values, dtype=float)


def _shape(value: Any) -> tuple[int, ...] | None:
    """The sizes of nested lists; None if they are not rectangular."""
    if not isinstance(value, list):
        return ()
    inside = {_shape(v) for v in value}
    (shape,) = inside if len(inside) == 1 else (None,)
    return None if shape is None else (len(value), *shape)


def _cell(path: str, line: int, name: str, text: str, *, number: bool = False) -> Any:
    text = text.strip()
    try:
        if text.startswith("[") and not number:
            return _numbers(json.loads(text))
        return float(text)
    except (ValueError, TypeError, RecursionError):
        what = "is empty" if not text else f"is {text[:40]!r}, not a number"
        hint = "classes are numbers too: 1 and -1, or 0 and 1" if text else "fill it in, or leave the line out"
        raise SymdiffError(f"{path}: line {line}: {name} {what}", hint=hint) from None


def _numbers(value: Any) -> Any:
    if isinstance(value, list):
        return [_numbers(v) for v in value]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError
    return value
