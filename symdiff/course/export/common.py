"""What the exports share: statements as HTML with TeX between `\\(` and `\\)`, choices that are named slips, numbers that slips give.

In: records. Out: data of which each system's file is made. A wrong choice is an answer that the marking finds wrong, and its explanation is the marking's
own diagnosis, so that a choice can neither be right nor be explained by what it is not.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from random import Random
from typing import Any

from symdiff.course.answers import ROUNDED, Numbers, flat, form, same
from symdiff.course.blocks import Figure, Formulas, Numbered, Said, Task, Words, page
from symdiff.course.marking import Marker, Numerals
from symdiff.course.record import Blank
from symdiff.course.sheet import Exercise, Sheet
from symdiff.course.values import mapped
from symdiff.course.words import Stressed
from symdiff.errors import SymdiffError
from symdiff.expr.node import Expr
from symdiff.teach.tables import Cell, cell_writer

MOST_WRONG = 4  # choices that are wrong


@dataclass(frozen=True)
class Choice:
    """One choice. text: as it is typed; latex: as it is shown; why: what is wrong with it, "" of the right one."""

    text: str
    latex: str
    why: str = ""

    @property
    def right(self) -> bool:
        return not self.why


# ---------------------------------------------------------------------------------------------- words


def tex(cell: Cell) -> str:
    """A cell as HTML whose formulas stand between `\\(` and `\\)`, which MathJax sets."""
    return _inline(html.escape(str(cell_writer("latex")(cell)) if not isinstance(cell, str) else cell, quote=False))


def _inline(text: str) -> str:
    return re.sub(r"\$([^$]+)\$", lambda m: rf"\({m[1]}\)", text)


def formula(latex: str) -> str:
    """A formula in HTML."""
    return rf"\({html.escape(latex, quote=False)}\)"


def sentence(text: str) -> str:
    """A diagnosis as HTML: what stands between back quotes is code."""
    parts = text.split("`")
    return "".join(
        [f"<code>{html.escape(part)}</code>" if k % 2 and k < len(parts) - 1 else html.escape(part) for k, part in enumerate(parts)]
    )


def plain(text: str) -> str:
    """A diagnosis without marks."""
    return text.replace("`", "")


def statement(item: Numbered, cell: Callable[[Cell], str] | None = None) -> str:
    """What stands above the questions of a problem: its words, the formula, the letters. cell: how mathematics is written; TeX without it."""
    cell = cell or tex
    lines = []
    for b in item.blocks:
        if isinstance(b, Task):
            break
        if isinstance(b, Words):
            pieces = [
                f"<{b_tag(p)}>{html.escape(p.words)}</{b_tag(p)}>" if isinstance(p, Stressed) else cell(p) for p in b.paragraph.pieces
            ]
            lines.append(f"<p>{'' if not b.paragraph.item else b.paragraph.item + ' '}{''.join(pieces)}</p>")
        elif isinstance(b, Formulas):
            lines += [f"<p>{cell(left) if left else ''}{cell(program)}</p>" for left, program in b.lines]
            if b.after is not None:
                lines.append(f"<p><small>{cell(b.after.cell)}</small></p>")
        elif isinstance(b, Said):
            lines.append(f"<p><small>{cell(b.cell)}</small></p>")
    return "\n".join(lines)


_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def document(lines: Sequence[str]) -> bytes:
    """The lines of an XML file. A character that no XML may have, a bell in a text, is a replacement character."""
    return ("\n".join([_ILLEGAL.sub("\ufffd", line) for line in lines]) + "\n").encode()


class Names:
    """Names for variables, files and identifiers: ASCII letters, digits, `_` and a joint in place of every other sign, and each name only once.

    files: names that differ in nothing but capitals count as one, as in the file systems of many computers.
    """

    def __init__(self, joint: str, *, files: bool = False) -> None:
        self.joint = joint
        self.files = files
        self.taken: set[str] = set()

    def __call__(self, wanted: str) -> str:
        plain = "".join([c for c in unicodedata.normalize("NFKD", wanted) if not unicodedata.combining(c)])
        made = name = re.sub(rf"[^A-Za-z0-9_{re.escape(self.joint)}]", self.joint, plain)
        count = 1
        while (name.lower() if self.files else name) in self.taken:
            count += 1
            name = f"{made}{self.joint}{count}"
        self.taken.add(name.lower() if self.files else name)
        return name


def b_tag(p: Stressed) -> str:
    return {"strong": "strong", "em": "em"}.get(p.kind, "code")


def figure(item: Numbered) -> str:
    """The empty graph as SVG, "" where none is asked for."""
    return next((b.drawing(False).svg("light") for b in item.blocks if isinstance(b, Figure)), "")


def items(sheets: Sequence[Sheet]) -> Iterator[tuple[tuple[str, ...], Numbered]]:
    """Every problem of every variant with the names of its folders: `("Derivatives",)`, or `("Derivatives", "variant 3")`."""
    for k, sheet in enumerate(sheets, 1):
        for item in page(sheet).items:
            yield ((line(sheet.title),) if len(sheets) == 1 else (line(sheet.title), f"variant {k}")), item


def title(item: Numbered) -> str:
    return line(f"{item.number}. {item.problem.title or item.problem.id}")


def line(title: str) -> str:
    """A title in one line: an attribute has no other, nor has a name in a list."""
    return " ".join(title.split())


def label(b: Blank) -> str:
    """What is to be filled in, in words and formulas."""
    kind = b.id.split(".")[1]
    if kind == "edge":
        return "the local derivative on the edge " + tex(b.label)
    return {"value": "forward value ", "backward": "backward value "}.get(kind, "") + tex(b.label)


# ---------------------------------------------------------------------------------------------- choices


def choices(p: Exercise, b: Blank) -> tuple[Choice, ...]:
    """The right derivative among named slips, in an order that is the same for the same problem; of a word all words."""
    if b.word:
        return _words(p, b)
    # Numbers make no difference: the variants of a problem have the same choices.
    key = (p.id, p.formula, p.wrt, b.id, b.text)
    if key not in _CHOICES:
        while len(_CHOICES) >= 500:
            del _CHOICES[next(iter(_CHOICES))]
        _CHOICES[key] = _chosen(p, b)
    return _CHOICES[key]


_CHOICES: dict[tuple[Any, ...], tuple[Choice, ...]] = {}


def _chosen(p: Exercise, b: Blank) -> tuple[Choice, ...]:
    assert b.formula is not None
    marker = Marker(p)
    right = Choice(b.text, b.formula.latex())
    wrong: list[Choice] = []
    seen = {b.text}
    for e, spare in _candidates(p, b):
        if len(wrong) == MOST_WRONG or (spare and wrong):
            break
        try:
            text, latex = _written(e, b)
        except SymdiffError:
            continue
        if text in seen or len(text) > 3 * len(b.text) + 20:
            continue
        seen.add(text)
        mark = marker(b.id, text)
        if mark.mark == "wrong" and mark.kind not in ("wrong", "shape"):
            wrong.append(Choice(text, latex, mark.diagnosis))
    found = [right, *wrong]
    Random(f"{p.id} {b.text}").shuffle(found)
    return tuple(found)


def _written(e: Expr, b: Blank) -> tuple[str, str]:
    from symdiff.formula import Formula
    from symdiff.grading.words import tidy

    assert b.formula is not None
    face = Formula(tidy(e, b.formula.known[0]), b.formula)
    return str(face), face.latex()


def _candidates(p: Exercise, b: Blank) -> Iterator[tuple[Expr, bool]]:
    """Derivatives as they are slipped into: by the sign, a factor, a rule that was left out, another variable. Behind them, spare, what there is beside zero.

    What is zero has no sign and no factor to slip into, and one choice alone is no question: an import refuses it, or it is right for everybody.
    """
    from symdiff.expr import build

    wrt = [b.name] * (2 if b.ask == "hessian" else 1)
    question = p.parsed.checker(wrt, prepared=False).question
    right = question.expected
    pools = [
        [e for _, e in question.local],
        [e for _, e in question.products],
        [build.linear([c], [right]) for c in (-1, 2, Fraction(1, 2))],
        [e for _, e in question.elsewhere],
    ]
    for k in range(max(map(len, pools))):
        for pool in pools:
            if k < len(pool) and pool[k].shape == right.shape:
                yield pool[k], False
    yield build.spread(build.num(1), right.shape), True
    if len(right.shape) == 2 and right.shape[0] == right.shape[1]:
        yield build.eye(right.shape[0]), True


_SAID = {"convex": "it is convex", "concave": "it is concave", "affine": "it is affine", "neither": "it is neither convex nor concave"}


def _words(p: Exercise, b: Blank) -> tuple[Choice, ...]:
    if b.ask == "check":
        why = f"the derivation is {b.word}" + (f": {p.record.slip}" if p.record.slip else "")
        return tuple([Choice(w, rf"\text{{{w}}}", "" if w == b.word else why) for w in ("right", "wrong")])
    return tuple([Choice(w, rf"\text{{{w}}}", "" if w == b.word else _SAID[b.word]) for w in _SAID])


# ---------------------------------------------------------------------------------------------- numbers


@dataclass(frozen=True)
class Entry:
    """One number of a blank. slips: other numbers, with what is wrong with them."""

    value: float
    exact: bool
    slips: tuple[tuple[float, str], ...]


def entries(p: Exercise, b: Blank) -> list[Entry]:
    """The numbers of a blank one by one, each with what a slip in the whole blank would put there."""
    numbers = flat(b.value)
    shape = form(b.value)
    whole = [(vs, why) for vs, why in slipped(p, b) if len(vs) == len(numbers)]
    found = []
    for k, v in enumerate(numbers):
        slips: list[tuple[float, str]] = []
        for vs, why in whole:
            told = vs[k]
            if not any(_close(told, float(w)) for w in [v, *[s for s, _ in slips]]):
                slips.append((told, why))
        found.append(Entry(float(v), isinstance(v, int | Fraction), tuple(slips[:MOST_WRONG])))
    assert shape == () or len(found) == len(numbers)
    return found


def _close(a: float, b: float) -> bool:
    return abs(a - b) <= 0.0103 * max(abs(b), 1e-9)


def slipped(p: Exercise, b: Blank) -> Iterator[tuple[list[float], str]]:
    """Wrong numbers of a blank, with what the marking says of them."""
    marks = Numerals(Marker(p), b if ".edge." not in b.id else replace(b, id=b.id.replace(".edge.", ".value.", 1)))
    right = [float(v) for v in flat(b.value)]
    offers = [[c * v for v in right] for c in (-1.0, 2.0, 0.5)]
    for other in p.record.blanks:
        if other.value is not None and other.id != b.id and form(other.value) == form(b.value):
            offers.append([float(v) for v in flat(other.value)])
    for offer in offers:
        typed = Numbers(mapped(b.value, iter(offer)), whole=all(v == int(v) for v in offer))
        if same(typed, b.value):
            continue
        mark = marks.marked(typed)
        if mark.mark == "wrong" and mark.kind not in ("wrong", "shape", "entry"):
            yield offer, mark.diagnosis


def tolerance(v: float, *, exact: bool) -> float:
    """How far a number may be from the right one: half of the third digit; of whole numbers, which nobody rounds, next to nothing."""
    return 1e-6 if exact and v == int(v) else max(abs(v) * ROUNDED, 1e-9)


def decimal(v: float) -> str:
    """A number as systems read it: no more digits than it has, twelve at most."""
    return f"{v:.12g}"


def numeric(b: Blank) -> bool:
    """Whether a blank is filled in with numbers: values, edges of a problem with numbers."""
    return b.value is not None and b.ask in ("edges", "values") and len(flat(b.value)) <= 12
