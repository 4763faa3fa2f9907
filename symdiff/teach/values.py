"""Values for the letters of a formula, from files: JSON, CSV, .npy, .npz.

JSON: an object, {"w": [3, 1], "y": 2}. CSV: a head with the names, a column of numbers for each; columns of one name stand
side by side in a matrix (or in a vector, if there is one line); one line gives scalars to scalars. npz: arrays by name;
npy: one array, named by the file, `w.npy`.
"""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Mapping
from io import StringIO
from typing import Any

from symdiff.bounds import LIMITS, exceeded
from symdiff.errors import ShapeError, SymdiffError, UnknownNameError
from symdiff.expr.dims import names as names_in
from symdiff.expr.node import DIM, OPAQUE, VAR, Expr
from symdiff.expr.walk import topological, variables
from symdiff.numeric.python.pieces import opaque_name
from symdiff.syntax.parse import canonical


def read(path: str, f: Expr) -> dict[str, Any]:
    """The values in a file by name, for the formula f. SymdiffError with the reason if it cannot be read."""
    kind = os.path.splitext(path)[1].lower()
    try:
        size = os.path.getsize(path)
        if size > LIMITS.bytes:  # a data set, not an example of a lecture
            raise exceeded("bytes", f"{path} has {size} bytes", size)
        if kind in (".npy", ".npz"):
            return _numpy(path)
        with open(path, encoding="utf-8-sig", newline="") as file:
            content = file.read(LIMITS.bytes)  # a device has no size, and no end
        return _columns(path, list(csv.reader(StringIO(content, newline=""))), f) if kind == ".csv" else _json(path, content)
    except OSError as error:
        raise SymdiffError(f"cannot read {path}: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise SymdiffError(f"{path} is not UTF-8 text (byte {error.start + 1})", hint="values come as .json, .csv, .npy or .npz") from None
    except csv.Error as error:
        raise SymdiffError(f"{path} is not CSV: {error}", hint="a line of names, then numbers separated by commas") from None


def _json(path: str, content: str) -> dict[str, Any]:
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise SymdiffError(f"{path} is not JSON: {error}", hint="values come as .json, .csv, .npy or .npz") from None
    if not isinstance(found, dict):
        raise SymdiffError(f"{path} holds no names", hint='{"w": [3, 1], "y": 2}')
    return {canonical(name): value for name, value in found.items()}


def _numpy(path: str) -> dict[str, Any]:
    import numpy as np

    try:
        found = np.load(path, allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise SymdiffError(
            f"{path} is not a NumPy file of numbers: {error}", hint='numpy.save("x.npy", x) or numpy.savez("data.npz", x=x, y=y) writes one'
        ) from None
    if isinstance(found, np.ndarray):
        return {canonical(os.path.splitext(os.path.basename(path))[0]): found}
    with found:
        try:
            return {canonical(name): found[name] for name in found.files}
        except ValueError as error:
            raise SymdiffError(
                f"{path} is not a NumPy file of numbers: {error}",
                hint='numpy.save("x.npy", x) or numpy.savez("data.npz", x=x, y=y) writes one',
            ) from None


def _columns(path: str, lines: list[list[str]], f: Expr) -> dict[str, Any]:
    lines = [line for line in lines if any(cell.strip() for cell in line)]
    if len(lines) < 2:
        raise SymdiffError(f"{path} has no values", hint="a line of names, then lines of numbers")
    known = variables([f])
    rows: list[list[float]] = []
    for number, line in enumerate(lines[1:], 2):
        try:
            rows.append([float(cell) for cell in line])
        except ValueError:
            raise SymdiffError(
                f"{path}: line {number} has a cell that is not a number", hint='numbers in every cell, or lists in quotes: "[1, 2]"'
            ) from None
        if len(line) != len(lines[0]):
            raise SymdiffError(
                f"{path}: line {number} has {len(line)} cells, the head has {len(lines[0])}",
                hint="as many cells in every line; lists stand in quotes",
            )
    columns: dict[str, list[int]] = {}
    for k, name in enumerate(lines[0]):
        columns.setdefault(canonical(name.strip()), []).append(k)
    found: dict[str, Any] = {}
    for name, where in columns.items():
        order = len(known[name].shape) if name in known else 1
        table = [[row[k] for k in where] for row in rows]
        if order == 0 and len(rows) == len(where) == 1:
            found[name] = table[0][0]
        elif order == 2:
            found[name] = table
        else:
            found[name] = (
                table[0] if len(where) > 1 and len(rows) == 1 else [v for line in table for v in line] if len(where) == 1 else table
            )
    return found


def checked(f: Expr, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values under canonical names, as arrays of floats (functions stay), each of its letter's shape.

    UnknownNameError for a name too many or too few, ShapeError for a wrong shape, SymdiffError for what is not numbers.
    """
    import numpy as np

    nodes = topological([f])
    letters = variables([f])
    opaque = {opaque_name(n): n for n in nodes if n.op == OPAQUE}
    needed = variables([f]) if not opaque else {n.name: n for n in topological([f], set(opaque.values())) if n.op == VAR}
    sizes = {part for n in nodes for d in (*n.shape, *([n.data] if n.op == DIM else [])) for part in names_in(d)}
    derived = {f"D{k}{name}" for name, n in opaque.items() for k in (range(1, len(n.args) + 1) if len(n.args) > 1 else ("",))}
    given: dict[str, Any] = {}
    for name, value in values.items():
        label = canonical(name)
        if label not in letters and label not in opaque and label not in sizes and label not in derived:
            raise UnknownNameError(f"{name!r} does not occur in the formula", hint="values are for " + ", ".join([*letters, *opaque]))
        if callable(value) or (label not in letters and label in sizes):
            given[label] = value
            continue
        try:
            given[label] = np.asarray(value, dtype=float)
        except (TypeError, ValueError):
            raise SymdiffError(
                f"the value of {name} is not a number or a rectangular list of numbers", hint="w=3, w=[3, 1], A=[[1, 2], [3, 4]]"
            ) from None
        shape = letters[label].shape if label in letters else opaque[label].shape if label in opaque else None
        if shape is not None and given[label].ndim != len(shape):
            kinds = ("scalar", "vector", "matrix")
            have, want = given[label].ndim, len(shape)
            words = [kinds[k] if k < 3 else f"tensor of {k} axes" for k in (want, have)]
            raise ShapeError(f"{name} is a {words[0]}, its value is a {words[1]}")
    missing = [name for name in (*needed, *opaque) if name not in given]
    if missing:
        raise UnknownNameError(f"no value for {', '.join(missing)}", hint=f"--at {missing[0]}=…, or sd.trace(f, dict({missing[0]}=…))")
    return given
