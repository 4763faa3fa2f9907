"""The backward program: the derivation as straight lines, each adjoint with a name of its own, each used below.

In: a lesson. Out: lines `delta_h = w*delta_r`, from the value down, and the derivatives that were asked for. What never changes: every
line is one step of the sweep, the sum over the edges that arrive at a value, in the names of the formula and of the adjoints above it; it
is simplified, never differentiated again. An adjoint that is used once and has no name in the formula stands in the line that uses it;
so does one of a named value where the line gets no longer by it, `p - y` of a softmax, or stays a short product entry by entry. A value that is handed on unchanged has no line.

Time is linear in the size of the graph.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import count
from typing import Any

from symdiff.arguments import methods
from symdiff.calculus.sweep import within_space
from symdiff.errors import SymdiffError
from symdiff.expr import build, dims
from symdiff.expr.node import CONST, DELTA, DIM, NAME, NUM, OPAQUE, PROD, SUM, VAR, Expr
from symdiff.expr.operators import kind
from symdiff.expr.walk import preorder, topological, variables
from symdiff.notation import write
from symdiff.notation.factors import hot
from symdiff.notation.spoken import entry, in_program_words, spoken
from symdiff.notation.trees import length, postorder
from symdiff.notation.unparse import unparse
from symdiff.printers import latex, text, unicode
from symdiff.syntax.tree import Program
from symdiff.teach.record import Edge, Lesson, Node, letter, put, read_with, symbols, unshared
from symdiff.teach.tables import Ratio, md, toned

STYLES = ("delta", "bar", "grad")
MAX_CHAIN = 14  # symbols of a product entry by entry that two lines make
MIN_AGAIN = 6  # symbols of a forward value that a line below speaks of by the name of the adjoint that is equal to it
KEPT_IN_A_ROW = 16  # names in a line of a display
CODE = ("numpy", "torch", "jax")
FORMS = ("text", "unicode", "terminal", "markdown", "latex", "algorithm", "json", *CODE)


@dataclass(frozen=True, slots=True)
class Assignment:
    """One line, `symbol = value`; node: whose value or adjoint it is. paths: how many edges arrive at an adjoint.

    edges: those whose work this line does, from the value down. final: it is a derivative that was asked for. before: the value as the
    edges multiply it together, before it is simplified.
    """

    name: str
    symbol: Expr
    value: Expr
    node: Node
    edges: tuple[Edge, ...] = ()
    paths: int = 0
    final: bool = False
    before: Expr | None = None

    @property
    def shape(self) -> str:
        if kind(self.symbol) == "row":
            return f"row({build.show_dim(self.symbol.shape[1])})"
        return build.describe(self.symbol.shape)

    @property
    def at(self) -> Program | None:
        """The value whose adjoint this is, where the name of the adjoint does not say it."""
        return None if self.final or not self.paths or self.node.name or self.node.shown.op == NAME else self.node.label


@methods
@dataclass(frozen=True)
class Backward:
    """Straight lines: `forward` computes the named values, `lines` their adjoints, those that were asked for among them.

    adjoints: the adjoint of every active node in the names of the program. kept: the forward values that the backward lines use.
    """

    lesson: Lesson
    style: str
    forward: tuple[Assignment, ...]
    lines: tuple[Assignment, ...]
    adjoints: Mapping[int, Expr]

    @property
    def finals(self) -> tuple[Assignment, ...]:
        """The derivatives, one for each variable, in the order of the question."""
        found = {x.node.id: x for x in self.lines if x.final}
        ids = {n.expr: n.id for n in self.lesson.nodes}
        return tuple([found[ids[_value(x, ids)]] for x in self.lesson.wrt])

    @cached_property
    def spoken(self) -> dict[int, Expr]:
        """The adjoint of every active node as it is said: the name of its line, or what stands for it in the lines below, simplified."""
        named = {x.node.id: x.symbol for x in self.lines if x.paths or x.final}
        rest = {k: self.lesson.laid_out(e) for k, e in self.adjoints.items() if k not in named}
        own = [x.symbol for x in self.lines if x.symbol.shape]
        written = dict(zip(rest, write_beside(list(rest.values()), [] if self.lesson.numerator else own, self.lesson.formula), strict=True))
        return named | (written if not self.lesson.numerator else {k: self.lesson.adjoints[k] for k in rest})

    @cached_property
    def kept(self) -> tuple[Expr, ...]:
        """Names and variables that the backward lines read, in the order in which the forward pass has them."""
        own = {x.symbol for x in self.lines}
        own |= {x.args[0] for x in own if x.args and x.args[0].op == VAR}  # of a row's letter
        used: set[Expr] = set()
        stack = [x.value for x in self.lines]
        seen: set[Expr] = set()
        while stack:
            e = stack.pop()
            if e in seen or e in own:
                continue
            seen.add(e)
            if e.op in (NAME, VAR) or (e.op == OPAQUE and not e.data[1]):
                used.add(e)
                if e.op == NAME and not e.data[1]:
                    stack.append(e.args[0])
                continue
            stack.extend(e.args)
        names = {e.name for e in used if e.op == NAME}
        return tuple([n.shown for n in self.lesson.nodes if n.shown in used or (n.shown.op == NAME and n.shown.name in names)])

    def show(self, form: str = "unicode") -> str:
        """As "text", "unicode", "markdown", "json", "latex" (an align, for the package amsmath), "algorithm" (LaTeX, for algorithm and

        algpseudocode), or as code: "numpy", "torch" (an autograd.Function), "jax" (a custom_vjp). SymdiffError for another form.
        """
        if form not in FORMS:
            raise SymdiffError(f"no backward program in the format {form}", hint="the formats are " + ", ".join(FORMS))
        if form in CODE:
            from symdiff.teach.programs import source

            return source(self, form).rstrip("\n")
        made = {"markdown": self._markdown, "latex": self._latex, "algorithm": self._algorithm, "json": self._json}
        return made.get(form, lambda: self._plain(form))()

    def data(self) -> dict[str, Any]:
        """The program as plain data; formulas as text, shapes as lists."""

        def line(x: Assignment) -> dict[str, Any]:
            return {"name": x.name, "value": text(unparse(x.value)), "shape": [build.show_dim(d) for d in x.symbol.shape]}

        return {
            "formula": text(unparse(self.lesson.formula)),
            "forward": [line(x) for x in self.forward],
            "kept": [text(unparse(x)) for x in self.kept],
            "backward": [{**line(x), "of": x.node.text, "paths": x.paths, "final": x.final} for x in self.lines],
        }

    def left(self, x: Assignment) -> Program | Ratio:
        """What stands left of an adjoint's line: its name, or the derivative as a quotient where it was asked for."""
        return Ratio(unparse(self.lesson.top.shown), unparse(x.node.shown)) if x.final else unparse(x.symbol)

    def equation(self, x: Assignment, values: Sequence[Expr] = ()) -> tuple[Program | Ratio, tuple[Program, ...], tuple[str, ...]]:
        """Both sides of a line, of an adjoint as `left` says it; of what only entries say, the entry at the letters that come third."""
        values = values or (x.value,)
        if x.final:
            (left, *rights), index = quotient(self.lesson, x.node.shown, *values)
            return left, tuple(rights), index
        (name, *rights), index = spoken([x.symbol, *values])
        return name, tuple(rights), index

    def __str__(self) -> str:
        return self.show("text")

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(self.show("unicode"))

    # -------------------------------------------------------------------------------------- formats

    def _json(self) -> str:
        return json.dumps(self.data(), ensure_ascii=False, indent=2)

    def _plain(self, form: str) -> str:
        write_ = text if form == "text" else unicode
        colour = form == "terminal"
        blocks = []
        for title, lines in (("forward", self.forward), ("backward", self.lines)):
            shown = [spoken([x.symbol, x.value]) for x in lines]
            lefts, rights = [[write_(sides[k]) for sides, _ in shown] for k in (0, 1)]
            if not lines:
                continue
            w, v = max(map(len, lefts)), max([len(r) for r in rights if len(r) <= 60], default=0)
            remarks = [
                ", ".join(filter(None, (x.shape, every(index), f"at {write_(x.at)}" if x.at is not None else "")))
                for x, (_, index) in zip(lines, shown, strict=True)
            ]
            written = [
                f"{left:<{w}} = {right:<{v}}    {toned(said, 'faint') if colour else said}".rstrip()
                for left, right, said in zip(lefts, rights, remarks, strict=True)
            ]
            blocks.append("\n".join([toned(title, title) if colour else title, *["   " + s for s in written]]))
        if self.kept:
            blocks.append("kept: " + ", ".join([write_(unparse(x)) for x in self.kept]))
        return "\n\n".join(blocks)

    def _latex(self) -> str:
        from symdiff.teach.lines import broken

        lines = []
        for x in (*self.forward, *self.lines):
            left, (right,), index = self.equation(x)
            shown = rf"\frac{{\partial {latex(left.top)}}}{{\partial {latex(left.bottom)}}}" if isinstance(left, Ratio) else latex(left)
            lines.append(rf"{shown} &= {broken(latex(right))} && \text{{{_remark(x, index)}}}")
        if self.kept:
            names = [latex(unparse(x)) for x in self.kept]
            rows = [", ".join(names[k : k + KEPT_IN_A_ROW]) for k in range(0, len(names), KEPT_IN_A_ROW)]
            lines.append(r"&\text{kept: } " + ", \\\\ &\\qquad ".join(rows))
        return "\\begin{align*}\n" + " \\\\\n".join(lines) + "\n\\end{align*}"

    def _algorithm(self) -> str:
        def listed(parts: list[Expr]) -> str:
            return ", ".join([f"${latex(unparse(x))}$" for x in parts]) or "nothing"

        def state(x: Assignment) -> str:
            (left, right), index = spoken([x.symbol, x.value])
            return rf"\State ${latex(left)} \gets {latex(right)}$ \Comment{{{_remark(x, index)}}}"

        leaves = [n.shown for n in self.lesson.nodes if n.leaf and n.rule in ("variable", "function", "binding")]
        lines = [
            r"\begin{algorithm}",
            rf"\caption{{Forward and backward pass of ${latex(self.lesson.top.label)}$}}",
            r"\begin{algorithmic}[1]",
        ]
        lines += [rf"\Require {listed(leaves)}", rf"\Ensure {listed([x.symbol for x in self.finals])}"]
        lines += [*map(state, self.forward), rf"\State keep {listed(list(self.kept))}", *map(state, self.lines)]
        return "\n".join([*lines, r"\end{algorithmic}", r"\end{algorithm}"])

    def _markdown(self) -> str:
        from symdiff.teach.tables import cell_writer

        say = cell_writer("markdown")
        lines = ["| | | shape |", "|---|---|---|"]
        for x in (*self.forward, *self.lines):
            left, (right,), index = self.equation(x)
            remarks = [md(x.shape), md(every(index)), f"at {say(x.at)}" if x.at is not None else ""]
            lines.append(f"| {say(left)} | {say(right)} | {', '.join(filter(None, remarks))} |")
        if self.kept:
            lines += ["", "kept: " + ", ".join([say(unparse(x)) for x in self.kept])]
        return "\n".join(lines)


def every(index: Sequence[str]) -> str:
    """What a line by entries says of its letters."""
    return f"every {', '.join(index)}" if index else ""


def quotient(lesson: Lesson, x: Expr, *values: Expr) -> tuple[list[Any], tuple[str, ...]]:
    """The derivative of the value by x as a quotient, its values, and the letters of the entry that they show: none where they show the whole."""
    axes = len(lesson.formula.shape)
    programs, index = spoken(values, taken=[lesson.top.text, x.name or ""])
    if not index or len(index) != axes + len(x.shape) or lesson.numerator:
        return [Ratio(lesson.top.label, unparse(x)), *map(unparse, values)], ()
    ends = [entry(y, ls) if ls else unparse(y) for y, ls in ((lesson.top.shown, index[:axes]), (x, index[axes:]))]
    return [Ratio(*ends), *programs], index


def _remark(x: Assignment, index: Sequence[str]) -> str:
    at = "" if x.at is None else rf"at ${latex(x.at)}$"
    letters = "every " + ", ".join([f"${i}$" for i in index]) if index else ""
    return ", ".join(filter(None, (_tex(x.shape), letters, at)))


def _tex(shape: str) -> str:
    from symdiff.teach.tables import tex

    return tex(shape)


def backward(lesson: Lesson, style: str = "delta", *, plain: bool = False) -> Backward:
    """The backward program of a lesson. style: how adjoints are named, "delta" (`delta_h`), "bar" (`h_bar`) or "grad" (`dh`).

    plain: so are the derivatives that were asked for, which are `dw` otherwise.
    """
    if style not in STYLES:
        raise SymdiffError(f"there are no names {style!r} for backward values", hint="delta, bar or grad")
    if (style, plain) not in lesson.programs:
        lesson.programs[style, plain] = _Straight(lesson, style, plain).program()
    found: Backward = lesson.programs[style, plain]
    return found


def _value(x: Expr, ids: Mapping[Expr, int]) -> Expr:
    while x not in ids and x.op == NAME:
        x = x.args[0]
    return x


class _Straight:
    def __init__(self, lesson: Lesson, style: str, plain: bool) -> None:
        self.lesson, self.all_alike = lesson, plain
        self.style = style
        f = lesson.formula
        self.taken = {n.name for n in preorder(f) if n.name} | set(variables([f]))
        self.taken |= {str(n.shown.name) for n in lesson.nodes if n.shown.op == NAME}
        self.taken |= {part for n in preorder(f) for d in n.shape for part in dims.names(d)}

    def fresh(self, n: Node) -> str:
        """The name of an adjoint; of one that was asked for, and in the style grad, `dh`."""
        spoken = n.name or (n.shown.name if n.shown.op == NAME else "")
        if not spoken:
            spoken = next(name for k in count(n.id) if (name := f"u{k}") not in self.taken)
        plain = {"delta": f"delta_{spoken}", "bar": f"{spoken}_bar", "grad": f"d{spoken}"}[self.style]
        wanted = f"d{spoken}" if n.wrt and not self.all_alike else plain
        label, k = wanted, 1
        while label in self.taken:
            label, k = f"{wanted}_{k}", k + 1
        self.taken.add(label)
        return label

    def program(self) -> Backward:
        lesson = self.lesson
        uses = self.uses()
        value: dict[int, Expr] = {}  # every adjoint, as the lines below it use it
        reads: dict[int, set[int]] = {}  # the lines whose names an adjoint without a line has in it
        work: dict[int, tuple[Edge, ...]] = {}  # the edges whose work is done where an adjoint without a line is used
        lines: dict[int, _Draft] = {}
        for n in lesson.backward:
            paths = lesson.incoming[n.id]
            through = tuple(dict.fromkeys([e for p in paths for e in (*work[p.user], p)]))
            above = {k for p in paths for k in reads[p.user]}
            sums = [lesson.passed(e, value[e.user]) for e in paths]
            if not sums:
                total = lesson.seed if n is lesson.top else build.spread(build.ZERO, lesson.adjoint_like(n).shape)
            else:
                terms = sorted([_signed(x) for x in sums], key=lambda term: -term[0])  # what is added stands in front
                total = build.linear([c for c, _ in terms], [x for _, x in terms]) if len(sums) > 1 else sums[0]
            handed_on = _is_letter(total)
            if n.wrt or (not handed_on and ((n.name and not n.leaf) or uses[n.id] > 1)):
                symbol = letter(self.fresh(n), lesson.adjoint_like(n))
                total = within_space(total, n.expr) if n.wrt else total
                lines[n.id] = _Draft(n, symbol, total, through, above, len(paths), total)
                value[n.id], reads[n.id], work[n.id] = symbol, {n.id}, ()
            else:
                value[n.id], reads[n.id], work[n.id] = total, above, through
        gone = dict(lines)
        self.settle(lines, uses)
        away: dict[Expr, Expr] = {}  # what stands for the names of lines that were left out, from the value down
        for k, x in gone.items():
            if k not in lines:
                final = put(x.value, away)
                value[k] = final
                away |= symbols([x.symbol], [final])
        for m, read in reads.items():
            if m not in gone and not read <= lines.keys():
                value[m] = put(value[m], away)
        forward = tuple([Assignment(n.shown.name, n.shown, n.formula, n) for n in lesson.nodes if not n.leaf and n.shown.op == NAME])
        found = tuple(self.assignments(lines))
        return Backward(lesson, self.style, forward, self.laid_out(found) if lesson.numerator else found, value)

    def laid_out(self, lines: tuple[Assignment, ...]) -> tuple[Assignment, ...]:
        """The lines of a program in numerator layout: adjoints and their values transposed, and written again."""
        lesson = self.lesson
        own = [x.symbol for x in lines if x.paths or x.final]
        turned = lesson.turned(own)
        own_parts = {x.symbol for x in lines} - set(own)
        columns = {g: lesson.column(g) for g in own if lesson.column(g) is not g}
        inside = columns | {g.args[0]: c for g, c in columns.items()}
        raw = [x.value if x.symbol in own_parts else lesson.laid_out(put(x.value, inside) if columns else x.value) for x in lines]
        written = write(raw, read_with([columns.get(x, x) for x in own if x.shape], lesson.formula))
        return tuple(
            [
                replace(
                    x,
                    symbol=_turned(x.symbol, columns, lesson, turned) if x.symbol not in own_parts else x.symbol,
                    value=put(v, turned),
                    before=None,
                )
                for x, v in zip(lines, written, strict=True)
            ]
        )

    def uses(self) -> dict[int, int]:
        """How often every adjoint is used; what hands it on unchanged uses it as often as it is used there."""
        lesson = self.lesson
        uses: dict[int, int] = {}
        for n in reversed(lesson.backward):
            below = [(e, lesson.nodes[e.argument]) for e in lesson.outgoing[n.id] if e.active]
            uses[n.id] = sum(
                [uses[a.id] if e.local is build.ONE and not a.wrt and len(lesson.incoming[a.id]) == 1 else 1 for e, a in below]
            )
        return uses

    def settle(self, lines: dict[int, _Draft], uses: Mapping[int, int]) -> None:
        """Simplify the lines, and leave those out that are no gain: their only reader is no longer without them."""
        lesson = self.lesson
        readers: dict[int, list[int]] = {}
        for k, x in lines.items():
            for m in x.reads:
                readers.setdefault(m, []).append(k)
        single = {m: r[0] for m, r in readers.items() if len(r) == 1 and uses[m] == 1 and not lines[m].node.wrt}
        joined = {m: k for m, k in single.items() if sum(single.get(o) == k for o in lines[k].reads) == 1}
        raw = [x.value for x in lines.values()]
        both = {m: put_letter(lines[k].value, lines[m].symbol, lines[m].value) for m, k in joined.items()}
        raw += both.values()
        written = write_beside(raw, [x.symbol for x in lines.values() if x.symbol.shape], lesson.formula)
        for x, done in zip(lines.values(), written, strict=False):
            x.value = done
        self.shortened([x for x in lines.values() if not x.reads])
        settled: set[int] = set()
        alternatives = dict(zip(joined, written[len(lines) :], strict=True))
        again: set[int] = set()  # lines in which a number came to stand
        for m in [
            m for m, x in lines.items() if not x.node.wrt and _is_letter(x.value)
        ]:  # another adjoint, or a value, under a second name
            x = lines.pop(m)
            again.discard(m)
            if not variables([x.value]):
                again.update(k for k in readers.get(m, ()) if k in lines)
            for k in readers.get(m, ()):
                if k in lines:
                    lines[k].value = put_letter(lines[k].value, x.symbol, x.value)
                    lines[k].before = put_letter(lines[k].before, x.symbol, x.value)
                    lines[k].edges = tuple(dict.fromkeys([*x.edges, *lines[k].edges]))
            for o, k in joined.items():
                if {o, k} & set(readers.get(m, ())):
                    alternatives[o] = put_letter(alternatives[o], x.symbol, x.value)
                    both[o] = put_letter(both[o], x.symbol, x.value)
            for o in x.reads:
                readers[o] += readers.get(m, ())
            settled.update((m, *[k for o, k in joined.items() if m in (o, k)]))
        changed = [lines[k] for k in again]
        for x, done in zip(
            changed,
            write_beside([x.before for x in changed], [x.symbol for x in lines.values() if x.symbol.shape], lesson.formula),
            strict=True,
        ):
            x.value = done
        for m, k in joined.items():
            if m not in lines or k not in lines or m in settled or k in settled:
                continue
            done = self.shortest(alternatives[m], lines[m], lines[k])
            alone = unparse(lines[k].value)
            chain = _entry_by_entry(unparse(lines[m].value)) and _entry_by_entry(alone)
            if length(unparse(done)) <= (MAX_CHAIN if chain else length(alone)):
                lines[k].before = both[m]
                lines[k].value, lines[k].edges = done, tuple(dict.fromkeys([*lines[m].edges, *lines[k].edges]))
                del lines[m]
                settled.add(k)

    def shortened(self, lines: list[_Draft]) -> None:
        """Lines that read no adjoint, as the derivative of the formula is written, where that is shorter: `p - unit(y, k)` of a named softmax."""
        lesson = self.lesson
        if lesson.numerator or lesson.formula.shape:
            return
        names = {n.expr: n.shown for n in lesson.nodes if n.shown.op == NAME and not n.leaf and n is not lesson.top}
        answers = {n.id: g for x, g in zip(lesson.wrt, lesson.answers, strict=True) for n in lesson.nodes if n.expr is x or n.shown is x}
        rest = [x for x in lines if x.node.id not in answers and not x.node.wrt]
        raw = write([lesson.raw_adjoints[x.node.id] for x in rest], lesson.formula)
        answers |= {x.node.id: g for x, g in zip(rest, raw, strict=True)}
        for x in lines:
            if x.node.wrt and not in_program_words(unparse(x.value)) and all(hot(n) is None for n in topological([x.value])):
                continue  # the steps from a line to the answer are shown
            told = put(unshared(answers[x.node.id]), names) if x.node.id in answers else x.value
            if told.shape == x.value.shape and _price(told) < _price(x.value):
                x.value = told

    def shortest(self, done: Expr, above: _Draft, below: _Draft) -> Expr:
        """What two lines are together: where they are all of a derivative that was asked for, also as the answer has it."""
        lesson, n = self.lesson, below.node
        whole = n.wrt and not above.reads and below.reads == {above.node.id} and not lesson.numerator and not lesson.formula.shape
        if not whole or (n.expr.op == VAR and n.expr.data[1]):
            return done
        answer = next((g for x, g in zip(lesson.wrt, lesson.told_answers, strict=True) if _value(x, {n.expr: n.id}) is n.expr), done)
        return answer if length(unparse(answer)) < length(unparse(done)) else done

    def assignments(self, lines: dict[int, _Draft]) -> Iterator[Assignment]:
        """The lines; a name that the simplifier gave to a repeated part has a line of its own in front."""
        met: dict[str, Expr] = {}
        there: dict[Expr, Expr] = {}  # values that have a name above; 1 - z is not said as the adjoint that happens to be equal to it
        own = {y for x in lines.values() for y in (x.symbol, *x.symbol.args[:1])}
        for x in in_order(list(lines.values())):
            if any(n in there for n in topological([x.value]) if n is not x.value):
                x.value = put(x.value, there)
            if x.value.args and x.value.op != NAME and (x.names() & own or length(unparse(x.value)) >= MIN_AGAIN):
                there.setdefault(x.value, x.symbol)
            renamed: dict[Expr, Expr] = {}
            for part in topological([x.value]):
                if part.op != NAME or part.data[1]:
                    continue
                value = put(part.args[0], renamed)
                label = str(part.name)
                while met.get(label, value) is not value or (
                    label not in met and label in self.taken
                ):  # another line has another part of this name
                    label += "_1"
                named = build.name(label, value)  # the lines below speak of it by name only
                if named is not part:
                    renamed[part] = named
                if label not in met:
                    met[label] = value
                    there.setdefault(value, named)
                    yield Assignment(label, named, value, x.node)
            x.value = put(x.value, renamed) if renamed else x.value
            yield Assignment(x.symbol.name, x.symbol, x.value, x.node, x.edges, x.paths, x.node.wrt, x.before)


def write_beside(raw: list[Expr], letters: list[Expr], f: Expr) -> list[Expr]:
    """Expressions in letters of adjoints, simplified and written; a letter for a row is written as the transpose of one for a vector."""
    rows = {g: build.row(build.var(str(g.name), g.shape[1:])) for g in letters if kind(g) == "row"}
    inside = rows | {g.args[0]: v for g, v in rows.items()}
    written = write([put(x, inside) for x in raw] if rows else raw, read_with([rows.get(g, g) for g in letters], f))
    back = {v: g for g, v in rows.items()} | {v.args[0]: build.unrow(g) for g, v in rows.items()}
    return [put(x, back) for x in written] if rows else written


def _turned(symbol: Expr, columns: Mapping[Expr, Expr], lesson: Lesson, turned: Mapping[Expr, Expr]) -> Expr:
    """The name of an adjoint in numerator layout."""
    return columns[symbol].args[0] if symbol in columns else turned.get(lesson.laid_out(symbol), symbol)


@dataclass(slots=True, eq=False)
class _Draft:
    """A line that is being written: `reads` are the lines, by node, whose names stand in its value."""

    node: Node
    symbol: Expr
    value: Expr
    edges: tuple[Edge, ...]
    reads: set[int]
    paths: int
    before: Expr

    def names(self) -> set[Expr]:
        """Letters and names in the value."""
        return {e for e in topological([self.value]) if e.op in (VAR, NAME)}


def in_order(lines: list[_Draft]) -> list[_Draft]:
    """The lines, those that were asked for as soon as what they read is there."""
    own = {x.symbol for x in lines} | {x.symbol.args[0] for x in lines if x.symbol.args}
    needs = {id(x): x.names() & own for x in lines}
    read = set[Expr]().union(*needs.values())
    waiting = [x for x in lines if x.node.wrt and x.symbol not in read]
    order: list[_Draft] = []
    there: set[Expr] = set()
    for x in [None, *[x for x in lines if x not in waiting]]:
        if x is not None:
            order.append(x)
            there |= {x.symbol, *x.symbol.args[:1]}
        ready = [w for w in waiting if needs[id(w)] <= there]
        order += reversed(ready)
        waiting = [w for w in waiting if w not in ready]
    return order


def _entry_by_entry(p: Program) -> bool:
    """Whether a text only multiplies, divides and adds entries of vectors or matrices."""
    return p.body is not None and p.body.kind in ("emul", "ediv") and all(t.kind in _BY_ENTRY for t in postorder([p.body]))


_BY_ENTRY = frozenset(("emul", "ediv", "epow", "add", "sub", "neg", "name", "number"))


def _price(e: Expr) -> tuple[bool, int]:
    """What a value costs a reader: program words, then symbols."""
    program = unparse(e)
    return in_program_words(program), length(program)


def _signed(e: Expr) -> tuple[int, Expr]:
    """The sign and the rest of a term."""
    return (-1, e.args[0]) if e.op == SUM and e.data == (-1,) else (1, e)


def _is_letter(e: Expr) -> bool:
    """A number or letter, or one of these turned or spread: its name would be a second name."""
    while e.op == PROD and len(e.args) == 1:
        e = e.args[0]
    return e.op in (NUM, VAR, NAME, CONST, DIM, DELTA) or (e.op == PROD and all(a.op == DELTA for a in e.args))


def put_letter(e: Expr, symbol: Expr, value: Expr) -> Expr:
    """e with a value in the place of a letter, also where a row is the name of one."""
    return put(e, symbols([symbol], [value]))
