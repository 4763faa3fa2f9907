"""A class graded: rows of student, problem and answer to marks, and what was wrong how often.

In: a `Sheet` and rows. Out: `Marks`, one `Marked` for every row in the order of the rows. Equal answers to one question are graded once; the work is spread
over processes as a batch is (`batches.pool`), and a row that fails, for a name that the sheet lacks or with its process, has the mark "failed" and the
others go on.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

from symdiff.arguments import public
from symdiff.batches import pool
from symdiff.bounds import LIMITS, exceeded
from symdiff.course.marking import MARKS, RIGHT, Mark, Marker
from symdiff.course.sheet import Exercise, Sheet
from symdiff.course.sheetfile import read_sheet
from symdiff.course.values import number
from symdiff.errors import SymdiffError, printable

COLUMNS = ("student", "problem", "answer")
MAX_ROWS = 1_000_000

# What else the columns are called in files that other programs export.
_ALIASES = {
    "student": ("student", "name", "id", "user", "username", "student id", "student_id", "matriculation", "email"),
    "problem": ("problem", "question", "task", "item", "blank", "exercise"),
    "answer": ("answer", "response", "solution", "formula", "text"),
}
EXAMPLE = 'student,problem,answer\nada,p1,"-y*phi*[y*w.phi < 1]"'


@dataclass(frozen=True)
class Submitted:
    """One answer as it was handed in. line: of the file, from 1. fault: why there is none, else ""."""

    student: str
    problem: str
    answer: str
    line: int = 0
    fault: str = ""


@dataclass(frozen=True)
class Marked:
    """A row with its mark. seconds: what marking took; 0 of an answer that was marked before. later: the line of a later answer, which counts in its place."""

    row: Submitted
    mark: Mark
    seconds: float = 0.0
    later: int = 0

    @property
    def points(self) -> Fraction:
        return Fraction(0) if self.later else self.mark.points


@dataclass(frozen=True)
class Slip:
    """Answers with one and the same fault. count: how many; of: answers to the problem that are not empty."""

    problem: str
    kind: str
    diagnosis: str
    count: int
    of: int

    def __str__(self) -> str:
        return f"{self.count} of {self.of}: {self.diagnosis}"


@dataclass(frozen=True)
class Marks:
    """The marks of a class, in the order of the rows."""

    sheet: Sheet
    rows: tuple[Marked, ...]

    @property
    def failed(self) -> int:
        """How many rows have no mark."""
        return sum(r.mark.mark == "failed" for r in self.rows)

    @cached_property
    def counted(self) -> tuple[Marked, ...]:
        """The rows that count: of several answers of a student to a problem the last."""
        return tuple([r for r in self.rows if not r.later])

    @cached_property
    def problems(self) -> tuple[str, ...]:
        """What was answered, in the order of the sheet."""
        order = {p.id: k for k, p in enumerate(self.sheet.problems)}
        names = dict.fromkeys(r.row.problem for r in self.counted)
        return tuple(sorted(names, key=lambda name: order.get(name.partition(".")[0], len(order))))

    def counts(self, problem: str) -> Counter[str]:
        """How many answers to a problem have which mark."""
        return Counter(r.mark.mark for r in self.counted if r.row.problem == problem)

    @cached_property
    def totals(self) -> dict[str, Fraction]:
        """The points of every student, in the order in which they appear."""
        found: dict[str, Fraction] = {}
        for r in self.counted:
            found[r.row.student] = found.get(r.row.student, Fraction(0)) + r.points
        return found

    @cached_property
    def slips(self) -> tuple[Slip, ...]:
        """Equal slips together, the frequent ones of each problem first."""
        found = []
        for problem in self.problems:
            answered = [r for r in self.counted if r.row.problem == problem and r.mark.mark not in ("empty", "failed")]
            seen: Counter[tuple[str, str]] = Counter()
            for r in answered:
                if r.mark.mark == "wrong":
                    seen[r.mark.kind, said(r.mark)] += 1
                elif r.mark.mark == "unreadable":
                    seen["unreadable", "the answer cannot be read"] += 1
            found += [Slip(problem, kind, sentence, count, len(answered)) for (kind, sentence), count in seen.most_common()]
        return tuple(found)

    def show(self, form: str = "csv", *, names: bool = False) -> str:
        """The marks as csv, json or html. names: of the students, in HTML too, which else has numbers in their place."""
        if form == "csv":
            return _csv(self)
        if form == "json":
            return _json(self)
        if form == "html":
            from symdiff.course.marks import page

            return page(self, names=names)
        raise SymdiffError(f"there is no format {form!r}", hint="csv, html or json")

    @cached_property
    def numbers(self) -> dict[str, str]:
        """Students by numbers that say nothing of their names, nor of the order in which they handed in."""
        shuffled = sorted(self.totals, key=lambda s: hashlib.sha256(f"{self.sheet.title}\0{s}".encode(errors="replace")).digest())
        width = len(str(len(shuffled)))
        return {s: f"{k:0{width}d}" for k, s in enumerate(shuffled, 1)}


def said(mark: Mark) -> str:
    """The diagnosis without what is particular to one answer: how its loose notation was read, where in it the slip stands."""
    sentence = re.sub(r"^read as `.*?`: ", "", mark.diagnosis, flags=re.DOTALL)
    if mark.kind == "shape":
        return "the shapes do not fit"
    moved = re.match(r"`(.*?)` belongs where `(.*?)` stands", sentence, re.DOTALL) if mark.kind == "transposed" else None
    if moved:
        right, mine = [_TURNED.sub("", t).count("'") for t in moved.groups()]
        return (
            "a transpose is forgotten"
            if right > mine
            else "a transpose is too much"
            if right < mine
            else "a transpose is at the wrong place"
        )
    return re.sub(r": right is `.*`$", "", sentence, flags=re.DOTALL)


_TURNED = re.compile(r"[^']")


# ---------------------------------------------------------------------------------------------- answers


def read_answers(path: str | os.PathLike[str], sheet: Sheet | None = None) -> list[Submitted]:
    """The rows of a file: CSV with commas, semicolons or tabs, its columns called student, problem and answer; or a column for each problem of the sheet.

    A row that lacks something has a fault, and is a row all the same. SymdiffError for a file that is no such table.
    """
    return list(_rows(_read(path), os.fspath(path), sheet))


def _called(problem: str, names: dict[str, str]) -> str:
    """`3.value.s` as `hinge.value.s`."""
    first, dot, rest = problem.partition(".")
    return names.get(first.strip(), first) + dot + rest


def _read(path: str | os.PathLike[str]) -> str:
    name = os.fspath(path)
    try:
        with open(path, "rb") as file:
            data = file.read(LIMITS.bytes + 1)
    except OSError as error:
        raise SymdiffError(f"cannot read {name}: {error.strerror}", hint=f"a table of answers:\n{EXAMPLE}") from None
    if len(data) > LIMITS.bytes:
        raise exceeded("bytes", f"{name} is longer than {LIMITS.bytes} bytes")
    try:
        return data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise SymdiffError(f"{name} is not UTF-8 text (byte {error.start + 1})", hint="save the table as CSV UTF-8") from None


def _rows(text: str, name: str, sheet: Sheet | None) -> Iterator[Submitted]:
    head = next((line for line in text.splitlines() if line.strip()), "")
    if not head:
        raise SymdiffError(f"{name} is empty", hint=f"a table of answers:\n{EXAMPLE}")
    known = sheet.names if sheet else {}
    before = csv.field_size_limit(max(len(text), 1))  # an answer that is too long is one answer's fault
    try:
        for delimiter in (",", ";", "\t"):
            columns = [c.strip().lstrip("﻿") for c in next(csv.reader([head], delimiter=delimiter), [])]
            places = {key: next((k for k, c in enumerate(columns) if c.lower() in names), -1) for key, names in _ALIASES.items()}
            wide = [k for k, c in enumerate(columns) if c.partition(".")[0] in known]
            if min(places.values()) >= 0 or (wide and places["student"] >= 0):
                break
        else:
            raise SymdiffError(
                f"{name} has no columns student, problem and answer: its first line is {printable(head[:80])!r}",
                hint=f"for example\n{EXAMPLE}",
            )
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        yield from _table(reader, columns, places, wide if min(places.values()) < 0 else [])
    finally:
        csv.field_size_limit(before)


def _table(reader: Any, columns: Sequence[str], places: dict[str, int], wide: Sequence[int]) -> Iterator[Submitted]:
    """The rows below the head."""
    headed = False
    count = 0
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            yield Submitted("", "", "", line, f"this line is no row of a table: {error}")
            continue
        if cells is None:
            return
        if not any(c.strip() for c in cells):
            continue
        if not headed:
            headed = True
            continue
        count += 1
        if count > MAX_ROWS:
            raise SymdiffError(f"there are more than {MAX_ROWS:,} rows", hint="several files")
        need = max(places["student"], *wide) if wide else max(places.values())
        student = cells[places["student"]].strip() if places["student"] < len(cells) else ""
        fault = "" if len(cells) > need else f"the row has {len(cells)} cells, and the table {len(columns)} columns"
        fault = fault or ("" if student else "the row has no student")
        if wide and not fault:
            for k in wide:
                yield Submitted(student, columns[k], cells[k], line)
            continue
        cells += [""] * (need + 1 - len(cells))
        problem = "" if wide else cells[places["problem"]].strip()
        yield Submitted(
            student, problem, "" if wide else cells[places["answer"]], line, fault or ("" if problem else "the row has no problem")
        )


# ---------------------------------------------------------------------------------------------- the work

Item = tuple[Exercise, str, str, float]  # a problem, the name of what is asked, the answer, seconds for a verdict


@public
def grade_class(
    sheet: Sheet | str | os.PathLike[str],
    answers: Iterable[Submitted | tuple[str, str, str]] | str | os.PathLike[str],
    *,
    executor: Executor | None = None,
    workers: int = 0,
    report: Callable[[int, int], None] | None = None,
) -> Marks:
    """The marks of a class.

    sheet: what `read_sheet` gives, or its file. answers: a CSV file with the columns student, problem and answer, or rows of these three.
    executor: any `concurrent.futures.Executor`; without one, `workers` processes (0: as many as there are processors, 1: none).
    report: is told how many different answers are marked, and of how many.
    SymdiffError for files that cannot be read. A row that fails is marked "failed", and the others go on.
    """
    sheet = sheet if isinstance(sheet, Sheet) else read_sheet(sheet)
    rows = (
        read_answers(answers, sheet)
        if isinstance(answers, str | os.PathLike)
        else [r if isinstance(r, Submitted) else Submitted(*r, line=k) for k, r in enumerate(answers, 1)]
    )
    rows = [replace(r, problem=_called(r.problem, sheet.names)) for r in rows]
    packed = {p.id: replace(p) for p in sheet.problems}  # without what they remember, which no other process needs
    order = {id: k for k, id in enumerate(packed)}
    items: dict[tuple[str, str], Item] = {}
    found: dict[tuple[str, str], tuple[Mark, float, str]] = {}
    for r in rows:
        key = (r.problem, r.answer)
        if key in items or key in found or r.fault:
            continue
        id = r.problem.partition(".")[0]
        if id not in packed:
            found[key] = (_failed(f"the sheet has no problem {id!r}"[:200], "its problems are " + ", ".join(packed)), 0.0, r.problem)
        else:
            items[key] = (packed[id], r.problem, r.answer, LIMITS.seconds)
    # Answers to one question side by side, so that a process works a problem out once.
    keys = sorted(items, key=lambda key: (order[key[0].partition(".")[0]], key[0]))
    done = pool.spread([items[key] for key in keys], _work, _lost, executor, workers)
    for k, (key, line) in enumerate(zip(keys, done, strict=True), 1):
        found[key] = _unpacked(line)
        if report is not None:
            report(k, len(keys))
    return Marks(sheet, tuple(_marked(rows, found)))


def _marked(rows: Sequence[Submitted], found: dict[tuple[str, str], tuple[Mark, float, str]]) -> Iterator[Marked]:
    last = {}
    for r in rows:
        if not r.fault:
            last[r.student, found[r.problem, r.answer][2]] = r.line
    seen = set()
    for r in rows:
        if r.fault:
            yield Marked(r, _failed(r.fault))
            continue
        key = (r.problem, r.answer)
        mark, seconds, name = found[key]
        later = last[r.student, name]
        yield Marked(replace(r, problem=name), mark, 0.0 if key in seen else seconds, later if later != r.line else 0)
        seen.add(key)


_MARKERS: dict[tuple[str, float], Marker] = {}
MAX_KEPT = 16  # problems that a process keeps worked out


def _marker(problem: Exercise, seconds: float) -> Marker:
    key = (repr(problem), seconds)
    if key not in _MARKERS:
        while len(_MARKERS) >= MAX_KEPT:
            del _MARKERS[next(iter(_MARKERS))]
        _MARKERS[key] = Marker(problem, seconds=seconds)
    return _MARKERS[key]


def _work(item: Item) -> str:
    """The mark of one answer, as a line of JSON; run by a worker."""
    problem, name, answer, seconds = item
    start = time.perf_counter()
    try:
        marker = _marker(problem, seconds)
        name = marker.question(name)
        mark = marker(name, answer)
    except SymdiffError as error:
        mark = _failed(error.message, error.hint)
    except RecursionError:
        mark = _failed("the answer nests too deep")
    told = [mark.mark, mark.kind, mark.diagnosis, mark.shown, mark.hint, str(mark.points), round(time.perf_counter() - start, 3), name]
    return json.dumps(told, ensure_ascii=True)


def _lost(item: Item) -> str:
    mark = _failed(pool.LOST["message"], "a shorter answer")  # type: ignore[arg-type]
    return json.dumps([mark.mark, mark.kind, mark.diagnosis, "", mark.hint, "0", 0.0, item[1]])


def _unpacked(line: str) -> tuple[Mark, float, str]:
    mark, kind, diagnosis, shown, hint, points, seconds, name = json.loads(line)
    return Mark(mark, kind, diagnosis, shown, hint, Fraction(points)), seconds, name


def _failed(message: str, hint: str = "") -> Mark:
    return Mark("failed", "failed", printable(message), hint=printable(hint))


# ---------------------------------------------------------------------------------------------- tables

_HEAD = ("student", "problem", "answer", "mark", "points", "kind", "diagnosis", "shown", "hint", "seconds", "line")


def _told(r: Marked) -> dict[str, Any]:
    m = r.mark
    diagnosis = m.diagnosis + (f"{'; ' if m.diagnosis else ''}answered again on line {r.later}" if r.later else "")
    return dict(
        zip(
            _HEAD,
            (
                r.row.student,
                r.row.problem,
                r.row.answer,
                m.mark,
                number(r.points),
                m.kind,
                diagnosis,
                m.shown,
                m.hint,
                f"{r.seconds:.2f}",
                r.row.line,
            ),
            strict=True,
        )
    )


def _csv(marks: Marks) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_HEAD)
    for r in marks.rows:
        writer.writerow([_harmless(str(v)) for v in _told(r).values()])
    return out.getvalue().rstrip("\n")


def _harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula of its own: a quote in front of what begins like one, but for plain numbers."""
    cell = cell.replace("\0", "\ufffd")
    risky = cell[:1] in ("=", "+", "@", "\t", "\r") or (cell[:1] == "-" and re.search(r"[|!]|\bcmd\b", cell))
    return "'" + cell if risky else cell


def _json(marks: Marks) -> str:
    told = {
        "schema": 1,
        "title": marks.sheet.title,
        "marks": [_told(r) | {"points": float(r.points), "seconds": r.seconds} for r in marks.rows],
        "students": {s: float(p) for s, p in marks.totals.items()},
        "problems": {name: dict(marks.counts(name)) for name in marks.problems},
        "slips": [{"problem": s.problem, "kind": s.kind, "diagnosis": s.diagnosis, "count": s.count, "of": s.of} for s in marks.slips],
        "failed": marks.failed,
    }
    return json.dumps(told, ensure_ascii=True, indent=2)


__all__ = ["COLUMNS", "MARKS", "RIGHT", "Marked", "Marks", "Slip", "Submitted", "grade_class", "number", "read_answers"]
