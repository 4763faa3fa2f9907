"""A sheet: the problems of one file, read and validated.

In: `sheet.toml`, or formulas in `*.sd` files with lines `# wrt:` and `# at:`. Out: a `Sheet` of `Exercise`s, which are data; a formula is read once, when
it is asked for. SymdiffError names the file and the line, what is wrong there, and what to write instead.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any

from symdiff.arguments import public
from symdiff.course.values import api_read, claimed, entries, mapped
from symdiff.errors import OperandError, SymdiffError

if TYPE_CHECKING:
    from symdiff.course.record import Solved
    from symdiff.formula import Formula

ASKS = ("edges", "values", "gradient", "hessian", "check", "convex")
NOTATIONS = ("delta", "bar", "grad")

# The sign that stands for a number that the program chooses.
OPEN = "?"

MAX_PROBLEMS = 500
MAX_BYTES = 4_000_000


@dataclass(frozen=True)
class Exercise:
    """One problem.

    id: the front of the names of its blanks, `p3` or what the file says. text: Markdown with formulas between dollar signs. formula: as it was typed.
    at: values by name; an entry that is None is chosen by the program. asks: what students do, out of ASKS. points: by what is asked.
    wrong: the derivation that "check" shows, as the derivative by the first of wrt. choose: of what the entries of a name are chosen.
    keep: names whose numbers no variant changes. vary: other letters of a name, under "formula" other formulas. kink: whether numbers may lie on one.
    source, line: where it stands.
    """

    id: str
    formula: str
    wrt: tuple[str, ...]
    title: str = ""
    text: str = ""
    at: Mapping[str, Any] = field(default_factory=dict)
    asks: tuple[str, ...] = ("edges", "gradient")
    points: Mapping[str, Fraction] = field(default_factory=dict)
    hints: tuple[str, ...] = ()
    wrong: str = ""
    choose: Mapping[str, tuple[Fraction, ...]] = field(default_factory=dict)
    keep: tuple[str, ...] = ()
    vary: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    kink: bool = False
    source: str = ""
    line: int = 0

    @property
    def total(self) -> Fraction:
        """The points of all that is asked."""
        return sum(self.points.values(), Fraction(0))

    @property
    def place(self) -> str:
        """The front of a message about it: `sheet.toml, line 12: `, "" of one that stands in no file."""
        return f"{self.source}, line {self.line}: " if self.source else ""

    @property
    def open(self) -> bool:
        """Whether numbers are to be chosen."""
        return any(v is None for value in self.at.values() for v in entries(value))

    @cached_property
    def parsed(self) -> Formula:
        """The formula with its reading. SymdiffError where it has none."""
        return api_read(self.formula)

    @cached_property
    def record(self) -> Solved:
        """The graph, both passes, the answers and the blanks: what every view shows. SymdiffError where a number is open, or an answer is refuted."""
        from symdiff.course.record import record

        return record(self)


@dataclass(frozen=True)
class Sheet:
    """Problems under one title. notation: how backward values are called: delta (`delta_h`), bar (`h_bar`), grad (`dh`). source: the file's name."""

    title: str
    problems: tuple[Exercise, ...]
    course: str = ""
    notation: str = "delta"
    source: str = ""

    @property
    def total(self) -> Fraction:
        """The points of all problems."""
        return sum([p.total for p in self.problems], Fraction(0))

    @property
    def names(self) -> dict[str, str]:
        """The problems by what people call them: by their names, and by the numbers that are printed in front of them."""
        return {str(k): p.id for k, p in enumerate(self.problems, 1)} | {p.id: p.id for p in self.problems}

    def problem(self, id: str) -> Exercise:
        """The problem of this name, or of this number as it is printed. SymdiffError, with the names that there are, for another."""
        id = self.names.get(id, id)
        for p in self.problems:
            if p.id == id:
                return p
        raise SymdiffError(f"the sheet has no problem {id!r}"[:200], hint="its problems are " + ", ".join([p.id for p in self.problems]))

    def chosen(self, seed: int = 0) -> Sheet:
        """The sheet with the numbers that it leaves open, `"?"`, chosen; all others stay."""
        from symdiff.course import vary

        return vary.chosen(self, seed)

    def variants(self, n: int, seed: int = 0) -> tuple[Sheet, ...]:
        """n sheets with other numbers, letters and formulas, as easy as this one; the same seed gives the same ones."""
        from symdiff.course import vary

        return vary.variants(self, n, seed)

    def rendered(self, form: str = "html", kind: str = "sheet", variant: int = 0) -> bytes:
        """The file: form "html", "pdf", "latex", "exam", "markdown", "notebook" or "typst"; kind "sheet", "key", "solutions" or "slides".

        variant: the number that stands in the title, 0 for none. SymdiffError for another form, and for slides in one but html, pdf and typst.
        """
        from symdiff.course.written import rendered

        return rendered(self, form, kind, variant)

    def html(self, kind: str = "sheet") -> str:
        return self.rendered("html", kind).decode()

    def pdf(self, kind: str = "sheet") -> bytes:
        return self.rendered("pdf", kind)

    def latex(self, kind: str = "sheet", *, exam: bool = False) -> str:
        """An article, or a document of the class `exam`."""
        return self.rendered("exam" if exam else "latex", kind).decode()

    def markdown(self, kind: str = "sheet") -> str:
        return self.rendered("markdown", kind).decode()

    def notebook(self, kind: str = "sheet") -> str:
        return self.rendered("notebook", kind).decode()

    def save(self, path: str | os.PathLike[str], kind: str = "sheet") -> None:
        """Write a file; its extension says what: html, pdf, tex, md, ipynb, typ."""
        from symdiff import whole

        whole.write(path, self.rendered(os.path.splitext(os.fspath(path))[1][1:].lower(), kind), hint="a file in a folder that exists")

    def _repr_html_(self) -> str:
        import html

        return f'<iframe title="{html.escape(self.title)}" srcdoc="{html.escape(self.html())}" style="width:100%;height:40em;border:0"></iframe>'


# ---------------------------------------------------------------------------------------------- reading


EXAMPLE = """title = "Backpropagation"

[[problem]]
formula = "max(1 - y*w.phi, 0)"
wrt = "w"
at = {w = [3, 1], phi = [1, 2], y = 2}"""

_SHEET = ("title", "course", "notation", "problem")
_PROBLEM = ("id", "title", "text", "formula", "wrt", "at", "asks", "points", "hints", "wrong", "choose", "keep", "vary", "kink")


def read_sheet(path: str | os.PathLike[str], *more: str | os.PathLike[str]) -> Sheet:
    """The sheet of a TOML file, or of one or several `*.sd` files. SymdiffError, with file and line, for what is none."""
    if not all(isinstance(p, str | os.PathLike) for p in (path, *more)):
        raise OperandError("a sheet is the name of a file", hint='sd.sheet("sheet.toml"), or sd.sheet("a.sd", "b.sd")')
    paths = [os.fspath(p) for p in (path, *more)]
    if all(p.endswith(".sd") for p in paths):
        problems = tuple([_of_formula(p, _text(p), k) for k, p in enumerate(paths, 1)])
        _different([(p.id, p.source, p.line) for p in problems])
        return Sheet(problems[0].title if len(problems) == 1 else "Problems", problems, source=paths[0])
    if len(paths) > 1:
        raise SymdiffError("several files are formulas, each *.sd", hint="one sheet.toml, or a.sd b.sd c.sd")
    return _Toml(paths[0], _text(paths[0])).sheet()


@public
def sheet(path: str | os.PathLike[str], *more: str | os.PathLike[str]) -> Sheet:
    """The problems of a file, a sheet.toml, or of several `*.sd` files: `sd.sheet("sheet.toml").save("key.pdf", "key")`.

    `.html()`, `.pdf()`, `.latex()`, `.markdown()`, `.notebook()` take "sheet", "key", "solutions" (the first two also "slides"); `.variants(30, seed=1)` are sheets
    with other numbers; `.problems[0].record` holds the graph, both passes, the answers and the blanks. SymdiffError, with file and line, for what is no sheet.
    """
    return read_sheet(path, *more)


def _text(path: str) -> str:
    try:
        with open(path, "rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise SymdiffError(f"cannot read {path}: {error.strerror}", hint="a sheet.toml, or formulas in *.sd files") from None
    if len(content) > MAX_BYTES:
        raise SymdiffError(f"{path} has more than {MAX_BYTES:,} bytes", hint="a sheet is a short text; more problems make another sheet")
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise SymdiffError(f"{path} is not UTF-8 text", hint="save it as UTF-8") from None


class _Toml:
    """A sheet.toml with the lines of what it says."""

    def __init__(self, path: str, text: str) -> None:
        import tomllib

        self.path = path
        self.places = _places(text)
        try:
            self.told: dict[str, Any] = tomllib.loads(text, parse_float=_decimal)
        except tomllib.TOMLDecodeError as error:
            found = re.search(r"\s*\(at (?:line (\d+), column \d+|end of document)\)$", str(error))
            at = f", line {found[1]}" if found and found[1] else ""
            message = str(error)[: found.start()] if found else str(error)
            raise SymdiffError(
                f"{path}{at}: this is not TOML: {message[:1].lower()}{message[1:]}", hint=f"for example:\n{EXAMPLE}"
            ) from None
        except (RecursionError, ValueError, OverflowError):
            raise SymdiffError(f"{path}: this is not TOML", hint=f"for example:\n{EXAMPLE}") from None

    def wrong(self, message: str, hint: str, key: str = "", problem: int = 0) -> SymdiffError:
        """An error at the line of a key of a problem (from 1; 0: of the sheet)."""
        return SymdiffError(f"{self.path}, line {self.line(key, problem)}: {message}", hint=hint)

    def line(self, key: str, problem: int) -> int:
        return self.places.get((problem, key)) or self.places.get((problem, "")) or self.places.get((0, "problem")) or 1

    def known(self, table: Mapping[str, Any], keys: Sequence[str], what: str, problem: int = 0) -> None:
        for key in table:
            if key not in keys:
                near = get_close_matches(key, keys, 1, 0.6)
                hint = f"did you mean {near[0]}?" if near else f"what {what} has is {', '.join(keys)}"
                raise self.wrong(f"{what} has no {key!r}"[:200], hint, key, problem)

    def string(self, table: Mapping[str, Any], key: str, problem: int = 0, default: str = "", wanted: str = "") -> str:
        value = table.get(key, default)
        if not isinstance(value, str):
            raise self.wrong(f"{key} is a text, not {_named(value)}", wanted or f'{key} = "…"', key, problem)
        return value.strip()

    def strings(self, value: Any, key: str, problem: int, wanted: str) -> tuple[str, ...]:
        given = [value] if isinstance(value, str) else value
        if not isinstance(given, list) or not all(isinstance(v, str) and v.strip() for v in given):
            raise self.wrong(f"{key} is a text, or a list of texts, not {_named(value)}", wanted, key, problem)
        return tuple([v.strip() for v in given])

    def sheet(self) -> Sheet:
        told = self.told
        self.known(told, _SHEET, "a sheet")
        if "title" not in told:
            raise self.wrong("the sheet has no title", 'title = "Backpropagation"')
        title = self.string(told, "title")
        notation = self.string(told, "notation", default="delta", wanted='notation = "delta"')
        if notation not in NOTATIONS:
            raise self.wrong(
                f"{notation!r} is no notation of backward values"[:200],
                'notation = "delta" (delta_h), "bar" (h_bar) or "grad" (dh)',
                "notation",
            )
        problems = told.get("problem", [])
        if not isinstance(problems, list) or not problems or not all(isinstance(p, dict) for p in problems):
            raise self.wrong("the sheet has no problems", f"a table [[problem]] for each, for example:\n{EXAMPLE}", "problem")
        if len(problems) > MAX_PROBLEMS:
            raise self.wrong(f"the sheet has {len(problems)} problems", f"at most {MAX_PROBLEMS}; more make another sheet", "problem")
        made = tuple([self.problem(p, k) for k, p in enumerate(problems, 1)])
        _different([(p.id, self.path, p.line) for p in made])
        return Sheet(title, made, self.string(told, "course"), notation, self.path)

    def problem(self, told: Mapping[str, Any], k: int) -> Exercise:
        from symdiff.syntax.parse import canonical

        self.known(told, _PROBLEM, "a problem", k)
        if "formula" not in told:
            raise self.wrong("the problem has no formula", 'formula = "max(1 - y*w.phi, 0)"', "", k)
        if "wrt" not in told:
            raise self.wrong("the problem does not say by what it is differentiated", 'wrt = "w", or wrt = ["w", "b"]', "", k)
        id = self.string(told, "id", k, f"p{k}")
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]{0,40}", id):
            raise self.wrong(f"{id!r} is no name of a problem"[:200], 'id = "hinge": a letter, then letters, digits, - and _', "id", k)
        wrt = tuple(
            [
                canonical(x.strip())
                for text in self.strings(told["wrt"], "wrt", k, 'wrt = "w", or wrt = ["w", "b"]')
                for x in text.split(",")
                if x.strip()
            ]
        )
        at = self.values(told.get("at", {}), k)
        asks = self.asked(told, at, k)
        kink = told.get("kink", False)
        if not isinstance(kink, bool):
            raise self.wrong(f"kink is true or false, not {_named(kink)}", "kink = true", "kink", k)
        made = Exercise(
            id,
            self.string(told, "formula", k),
            wrt,
            self.string(told, "title", k),
            self.string(told, "text", k),
            at,
            asks,
            self.points(told.get("points"), asks, k),
            self.strings(told.get("hints", []), "hints", k, 'hints = ["Start on top with 1."]'),
            self.string(told, "wrong", k),
            self.choices(told.get("choose", {}), at, k),
            tuple([canonical(name) for name in self.strings(told.get("keep", []), "keep", k, 'keep = ["y"]')]),
            self.variations(told.get("vary", {}), k),
            kink,
            self.path,
            self.line("", k),
        )
        for name in made.keep:
            if name not in at:
                raise self.wrong(f"keep names {name}, which has no value", 'at = {…}, keep = ["y"]: a name of both', "keep", k)
        self.readable(made, k)
        return made

    def asked(self, told: Mapping[str, Any], at: Mapping[str, Any], k: int) -> tuple[str, ...]:
        wanted = "asks = [" + ", ".join([f'"{a}"' for a in ASKS]) + "], or some of them"
        asks = self.strings(told.get("asks", ["edges", "values", "gradient"] if at else ["edges", "gradient"]), "asks", k, wanted)
        for ask in asks:
            if ask not in ASKS:
                near = get_close_matches(ask, ASKS, 1, 0.6)
                raise self.wrong(f"nobody can be asked for {ask!r}"[:200], f'did you mean "{near[0]}"?' if near else wanted, "asks", k)
        if not asks:
            raise self.wrong("the problem asks nothing", wanted, "asks", k)
        if len(set(asks)) < len(asks):
            raise self.wrong("asks says one thing twice", wanted, "asks", k)
        if "values" in asks and not at:
            raise self.wrong(
                "forward and backward values need numbers",
                'at = {w = [3, 1], y = 2}, or at = {w = ["?", "?"], y = "?"} for numbers that the program chooses',
                "asks",
                k,
            )
        if ("check" in asks) != bool(str(told.get("wrong", "")).strip()):
            raise self.wrong(
                *(
                    ("there is no derivation to check", 'wrong = "y*phi*[y*w.phi < 1]"', "asks")
                    if "check" in asks
                    else ("the wrong derivation is shown nowhere", 'asks = ["check"]', "wrong")
                ),
                k,
            )
        return tuple([a for a in ASKS if a in asks])

    def values(self, told: Any, k: int) -> dict[str, Any]:
        """Values by name, None for what is open."""
        from symdiff import asking
        from symdiff.syntax.parse import canonical

        wanted = 'at = {w = [3, 1], A = [[1, 0], [0, 1]], y = "1/3"}; "?" is a number that the program chooses'
        if not isinstance(told, dict):
            raise self.wrong(f"at is a table of values by name, not {_named(told)}", wanted, "at", k)
        found: dict[str, Any] = {}
        for name, value in told.items():
            try:
                numbers = mapped(value, iter([_number(v) for v in entries(value)]))
                if not asking.numeric(mapped(numbers, iter([0 if v is None else v for v in entries(numbers)]))):
                    raise ValueError
            except (TypeError, ValueError, ZeroDivisionError):
                raise self.wrong(
                    f"at: the value of {name} is not a number, or a list of numbers in equal rows"[:200], wanted, "at", k
                ) from None
            found[canonical(name)] = numbers
        return found

    def points(self, told: Any, asks: Sequence[str], k: int) -> dict[str, Fraction]:
        """Points by what is asked: one each, a number shared among them, or as a table says."""
        wanted = f"points = {2 * len(asks)}, or points = {{{', '.join([f'{a} = 2' for a in asks])}}}"
        if told is None:
            return dict.fromkeys(asks, Fraction(1))
        if isinstance(told, dict):
            for ask in told:
                if ask not in asks:
                    raise self.wrong(f"points are for what is asked, and {ask!r} is not"[:200], wanted, "points", k)
            given = {a: told.get(a, 0) for a in asks}
        else:
            given = dict.fromkeys(asks, told)
        if not all(isinstance(v, int | Fraction) and not isinstance(v, bool) and 0 <= v <= 10**6 for v in given.values()):
            raise self.wrong("points are numbers from 0", wanted, "points", k)
        return {a: Fraction(v) if isinstance(told, dict) else Fraction(v) / len(asks) for a, v in given.items()}

    def choices(self, told: Any, at: Mapping[str, Any], k: int) -> dict[str, tuple[Fraction, ...]]:
        """Of what numbers are chosen, by name."""
        from symdiff.syntax.parse import canonical

        wanted = 'choose = {y = [-1, 1], w = "-3..3", b = "-2..2 by 1/2"}'
        if not isinstance(told, dict):
            raise self.wrong(f"choose is a table of numbers by name, not {_named(told)}", wanted, "choose", k)
        found = {}
        for name, value in told.items():
            if canonical(name) not in at:
                raise self.wrong(
                    f"choose names {name}, which at does not have"[:200], 'at = {w = ["?", "?"]}, choose = {w = "-3..3"}', "choose", k
                )
            try:
                found[canonical(name)] = _range(value)
            except (TypeError, ValueError, ZeroDivisionError):
                raise self.wrong(f"choose: the numbers of {name} are a list of some, or a range"[:200], wanted, "choose", k) from None
        return found

    def variations(self, told: Any, k: int) -> dict[str, tuple[str, ...]]:
        wanted = 'vary = {w = ["w", "v"], phi = ["phi", "x"]}, or vary = {formula = ["max(1 - y*w.phi, 0)", "max(2 - y*w.phi, 0)"]}'
        if not isinstance(told, dict):
            raise self.wrong(f"vary is a table of lists, not {_named(told)}", wanted, "vary", k)
        return {name: self.strings(value, "vary", k, wanted) for name, value in told.items()}

    def readable(self, p: Exercise, k: int) -> None:
        """What stands in the texts is read once, so that a slip is met here and not on the page."""
        from symdiff.course.words import paragraphs

        for key, text in [("text", p.text), *[("hints", h) for h in p.hints]]:
            with self.at(key, k):
                paragraphs(text)
        with self.at("formula", k):
            f = p.parsed
        with self.at("wrt", k):
            f.lesson(p.wrt)
        if set(p.asks) & {"hessian", "convex"}:
            with self.at("asks", k):
                f.require_scalar()
        if "hessian" in p.asks and len(p.wrt) > 1:
            raise self.wrong("the Hessian is by one variable", f'wrt = "{p.wrt[0]}"', "asks", k)
        if p.at:
            with self.at("at", k):
                f.check_names(p.at)
        if p.wrong:
            with self.at("wrong", k):
                claimed(p.wrong, f)
        for name, others in p.vary.items():
            with self.at("vary", k):
                if name == "formula":
                    for text in others:
                        api_read(text).nodes(p.wrt)
                else:
                    f.nodes([name])

    def at(self, key: str, problem: int) -> _Located:
        return _Located(f"{self.path}, line {self.line(key, problem)}: {key}: ")


class _Located:
    """Puts the place in front of the messages of errors inside."""

    def __init__(self, before: str) -> None:
        self.before = before

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, SymdiffError):
            error.message = self.before + error.message


def _different(problems: Sequence[tuple[str, str, int]]) -> None:
    seen: dict[str, tuple[str, int]] = {}
    for id, path, line in problems:
        if id in seen:
            raise SymdiffError(f"{path}, line {line}: the problem of line {seen[id][1]} is called {id}, too", hint=f'id = "{id}2"')
        seen[id] = (path, line)


def _named(value: Any) -> str:
    kinds = {
        bool: "true or false",
        int: "a number",
        Fraction: "a number",
        float: "a number",
        str: "a text",
        list: "a list",
        dict: "a table",
    }
    return kinds.get(type(value), "a date or a time")


def _number(value: Any) -> Any:
    """A number as it was typed, None for an open one. Decimals stay floats, so that they are shown as decimals. ValueError for anything else."""
    if isinstance(value, str):
        if value.strip() == OPEN:
            return None
        if not re.fullmatch(r"\s*-?\d{1,9}\s*/\s*\d{1,9}\s*", value):
            raise ValueError(value)
        return Fraction(value.replace(" ", ""))
    if type(value) is bool:
        raise ValueError(value)
    try:
        number = float(value)  # of a date: a TypeError
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise ValueError(value)
    return value if isinstance(value, int) else number


def _decimal(text: str) -> Fraction | float:
    """A decimal of the file; what no double holds, nan and inf are no numbers where one is wanted."""
    exponent = re.search(r"[eE]([+-]?\d+)$", text)
    if exponent and len(exponent[1]) > 4:  # 1e999999999 is never multiplied out
        return math.nan
    try:
        return Fraction(text)
    except ValueError:
        return float(text)


def _range(value: Any) -> tuple[Fraction, ...]:
    """The numbers of a list, or of `-3..3` and `-2..2 by 1/2`, without 0. ValueError for none and for more than 1000."""
    if isinstance(value, str):
        found = re.fullmatch(r"\s*(-?[\d./]+?)\s*\.\.\s*(-?[\d./]+)\s*(?:by\s+([\d./]+))?\s*", value)
        if not found:
            raise ValueError(value)
        low, high, step = Fraction(found[1]), Fraction(found[2]), Fraction(found[3] or 1)
        if step <= 0 or not 0 <= (high - low) / step <= 1000:
            raise ValueError(value)
        without_zero = tuple([low + k * step for k in range(int((high - low) / step) + 1) if low + k * step != 0])
        if not without_zero:
            raise ValueError(value)
        return without_zero
    if not isinstance(value, list) or not 0 < len(value) <= 1000:
        raise ValueError(value)
    numbers = [_number(v) for v in value]
    if any(v is None for v in numbers):
        raise ValueError(value)
    return tuple([Fraction(str(v)) if isinstance(v, float) else Fraction(v) for v in numbers])


_QUOTED = re.compile(r'"""(?:\\.|[^\\])*?"""|\'\'\'.*?\'\'\'', re.DOTALL)
_HEADER = re.compile(r"\s*\[\[\s*problem\s*\]\]")
_KEY = re.compile(r"\s*(?:\[\s*problem\s*\.\s*)?[\"']?([A-Za-z_][\w-]*)[\"']?\s*(?:\]|=|\.)")


def _places(text: str) -> dict[tuple[int, str], int]:
    """The line of every key of the sheet (0) and of its problems (from 1), and under "" that of a problem's head."""
    blanked = _QUOTED.sub(lambda found: '""' + re.sub(r"[^\n]", " ", found[0][2:-2]) + '""', text)
    found: dict[tuple[int, str], int] = {}
    problem = 0
    for number, line in enumerate(blanked.split("\n"), 1):
        if _HEADER.match(line):
            problem += 1
            found[problem, ""] = number
            continue
        key = _KEY.match(line)
        if key:
            found.setdefault((problem, key[1]), number)
    return found


# ---------------------------------------------------------------------------------------------- formulas in files of their own

_WORDS = ("id", "title", "text", "wrt", "at", "asks", "points", "hint", "wrong")
_LINE = re.compile(r"#[ \t]*([a-z]+)[ \t]*:[ \t]*(.*?)[ \t]*")


def _of_formula(path: str, text: str, k: int) -> Exercise:
    """The problem of a `*.sd` file. A first comment line that says nothing of these is its title."""
    from symdiff import asking
    from symdiff.syntax.parse import canonical

    said: dict[str, tuple[int, str]] = {}
    hints = []
    lines = text.split("\n")
    for number, line in enumerate(lines, 1):
        found = _LINE.fullmatch(line)
        if found and found[1] in _WORDS:
            if found[1] == "hint":
                hints.append(found[2])
            elif found[1] in said:
                raise SymdiffError(
                    f"{path}, line {number}: line {said[found[1]][0]} says `# {found[1]}:`, too", hint="one line, with commas"
                )
            else:
                said[found[1]] = (number, found[2])
        elif number == 1 and line.startswith("#") and line[1:].strip():
            said["title"] = (1, line[1:].strip())

    def where(word: str) -> _Located:
        return _Located(f"{path}, line {said[word][0] if word in said else 1}: ")

    def of(word: str) -> str:
        return said[word][1] if word in said else ""

    if not of("wrt"):
        raise SymdiffError(f"{path}, line 1: the file does not say by what the formula is differentiated", hint="# wrt: w")
    with where("wrt"):
        wrt = tuple([canonical(x) for x in asking.names(of("wrt"), "# wrt:")])
    with where("at"):
        at = asking.line(of("at")) if of("at") else {}
    reader = _Toml.__new__(_Toml)
    reader.path = path
    reader.places = {(1, {"hint": "hints"}.get(word, word)): number for word, (number, _) in said.items()} | {(1, ""): 1}
    told: dict[str, Any] = {"formula": text, "wrt": list(wrt), "hints": hints}
    told |= {word: of(word) for word in ("id", "title", "text", "wrong") if word in said}
    if "asks" in said:
        told["asks"] = [a.strip() for a in of("asks").split(",") if a.strip()]
    if "points" in said:
        try:
            told["points"] = Fraction(of("points"))
        except (ValueError, ZeroDivisionError):
            raise SymdiffError(f"{path}, line {said['points'][0]}: points are a number", hint="# points: 4") from None
    asks = reader.asked(told, at, 1)
    name = os.path.splitext(os.path.basename(path))[0]
    id = of("id") or (name if re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]{0,40}", name) else f"p{k}")
    made = Exercise(
        id,
        text,
        wrt,
        of("title"),
        of("text"),
        at,
        asks,
        reader.points(told.get("points"), asks, 1),
        tuple(hints),
        of("wrong"),
        source=path,
        line=1,
    )
    reader.readable(made, 1)
    return made


Problem = Exercise  # as the file calls it
