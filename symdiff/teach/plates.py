"""A sum over an index as a plate: the graph of one term, with a frame that says what the index runs through.

In: a formula with one `sum(i=1..m, …)` or `mean` in it, as it was typed. Out: the lesson of one term, that of what stands around the sum, and
their drawing as one: `x[i]` is a letter of its own in the term, and the sum a box that all terms meet in. Nothing is derived here but by
these lessons; with values, the term is traced for every i. `x[i - 1]` is a letter beside `x[i]`, and the index itself one, too; where the derivative
is by x, these letters are what the picture leads to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from symdiff.errors import SymdiffError
from symdiff.expr.node import NAME, OPAQUE, VAR
from symdiff.expr.walk import topological, variables
from symdiff.names import resolve
from symdiff.notation.trees import postorder
from symdiff.printers import text
from symdiff.syntax import Reading, parse
from symdiff.syntax.tree import Binding, Program, Tree
from symdiff.teach.drawing import Arc, Box, Drawing, Label, Remark
from symdiff.teach.numbers import Trace, trace
from symdiff.teach.picture import Graph, label, number
from symdiff.teach.record import Lesson, fresh, lesson

MAX_TERMS = 12  # that are traced one by one for the numbers of a picture


class EntryAt(NamedTuple):
    """What a letter of the term stands for: the entry of `name` at the index plus `offset`; the index itself if there is no name."""

    name: str
    offset: int

    def shown(self, index: str) -> Label:
        at = _plus(index, self.offset)
        return label(Program("", [], Tree("index", (Tree("name", value=self.name), at)) if self.name else at))


@dataclass(frozen=True)
class Plate:
    """term: of one value of the index; outer: of what stands around the sum, in which `total` is the sum. entries: what the letters of the term are."""

    term: Lesson
    outer: Lesson
    index: str
    first: int
    last: Tree
    total: str
    mean: bool
    entries: Mapping[str, EntryAt]
    sizes: Mapping[str, str]  # for the size that `last` names, a vector or matrix whose first axis it is


def plate(reading: Reading, wrt: Sequence[str]) -> Plate | None:
    """The plate of a formula by variables, if its text has one sum over an index that is drawn as one."""
    program = reading.program
    if program is None or program.body is None or program.latex:
        return None
    trees = [*[s.value for s in program.statements if isinstance(s, Binding)], program.body]
    sums = [t for t in postorder(trees) if t.kind in ("over", "pairs", "tensor")]
    if len(sums) != 1 or sums[0].kind != "over" or sums[0].value[0] not in ("sum", "mean") or len(sums[0].kids) != 3:
        return None
    (what, index), (first, last, body) = sums[0].value, sums[0].kids
    if first.kind != "number" or not isinstance(first.value, int) or _upto(last) is None:
        return None
    taken = {str(t.value) for t in postorder(trees) if t.kind in ("name", "call")} | set(reading.types)
    found = _letters(body, index, reading, taken)
    if found is None:
        return None
    entries, body_of_one = found
    bases = {p.name for p in entries.values()}
    inside_the_sum = {id(t) for t in postorder([body])}
    if any(t.kind == "name" and t.value in bases for t in postorder(trees) if id(t) not in inside_the_sum):
        return None
    total = fresh("S", taken)
    types = {name: info.shape for name, info in reading.types.items()}
    declared = _declared(types, entries)
    try:
        term = parse(
            text(Program("", [], body_of_one)) if not program.statements else _with(program, body_of_one), declarations=declared
        ).expr
        whole = {id(sums[0]): Tree("name", value=total)}
        around = Program(
            "",
            [
                s if not isinstance(s, Binding) else replace(s, value=_put(s.value, whole))
                for s in program.statements
                if isinstance(s, Binding)
            ],
            _put(program.body, whole),
        )
        outer = parse(text(_used(around)), declarations=[*declared, f"{total}: scalar"]).expr
        inside = [x for x in variables([term]) if x in wrt or (x in entries and entries[x].name in wrt)]
        if term.shape or outer.shape or total not in variables([outer]) or not inside:
            return None
        asked = [total, *[x for x in wrt if x in variables([outer])]]
        one = lesson(term, resolve(term, inside), top=fresh(f"L_{index}", taken), taken=taken)
        given = taken | {str(n.shown.name) for n in one.nodes if n.shown.op == NAME}
        around_it = lesson(outer, resolve(outer, asked), taken=given)
        return Plate(one, around_it, index, first.value, last, total, what == "mean", entries, _sized(reading, bases))
    except SymdiffError:  # a text that these parts do not have on their own
        return None


def _letters(body: Tree, index: str, reading: Reading, taken: set[str]) -> tuple[dict[str, EntryAt], Tree] | None:
    """The letters of one term by what they are, and the term in them; None where an entry is taken in another way, or a name stands alone, too."""
    letters: dict[EntryAt, str] = {}
    new: dict[int, Tree] = {}
    used: set[int] = set()

    def standing_for(place: EntryAt) -> Tree:
        if place not in letters:
            shift = "" if not place.offset else f"_{'m' if place.offset < 0 else 'p'}{abs(place.offset)}"
            letters[place] = fresh(f"{place.name}_{index}{shift}" if place.name else index, taken - {index} if not place.name else taken)
            taken.add(letters[place])
        return Tree("name", value=letters[place])

    order = postorder([body])
    for t in order:
        kids = tuple([new.get(id(k), k) for k in t.kids])
        offset = _offset(t.kids[1], index) if t.kind == "index" and t.kids[0].kind == "name" else None
        if offset is not None:
            name = t.kids[0].value
            if name not in reading.types:
                return None
            entry = standing_for(EntryAt(name, offset))
            new[id(t)] = Tree("index", (entry, *kids[2:])) if len(kids) > 2 else entry
            used |= {id(k) for k in (t.kids[0], *postorder([t.kids[1]]))}
        else:
            new[id(t)] = Tree(t.kind, kids, t.value) if kids else t
    bases = {p.name for p in letters}
    alone = [t for t in order if t.kind == "name" and id(t) not in used]
    if any(t.value in bases for t in alone):
        return None
    if any(t.value == index for t in alone):
        standing_for(EntryAt("", 0))
    return {letter: place for place, letter in letters.items()}, new[id(body)]


def _plus(index: str, offset: int) -> Tree:
    name = Tree("name", value=index)
    return Tree("add" if offset > 0 else "sub", (name, Tree("number", value=abs(offset)))) if offset else name


def _offset(t: Tree, index: str) -> int | None:
    """The c of `i + c`; None of other places."""
    if t.kind == "name" and t.value == index:
        return 0
    if t.kind in ("add", "sub") and t.kids[0].kind == "name" and t.kids[0].value == index and t.kids[1].kind == "number":
        c = t.kids[1].value
        return (c if t.kind == "add" else -c) if isinstance(c, int) else None
    return None


def _upto(last: Tree) -> tuple[str, int] | None:
    """A size and what is added to it: `n - 1`, `n`, `5`; None of other ends."""
    if last.kind == "number" and isinstance(last.value, int):
        return "", last.value
    if last.kind == "name":
        return str(last.value), 0
    size = last.kids[0].value if last.kind in ("add", "sub") and last.kids[0].kind == "name" else ""
    offset = _offset(last, size) if size else None
    return None if offset is None else (str(size), offset)


def _sized(reading: Reading, bases: set[str]) -> dict[str, str]:
    """A vector or matrix for every size that is the length of one."""
    return {str(reading.types[name].shape[0]): name for name in sorted(bases) if name and reading.types[name].shape}


def _declared(types: Mapping[str, Sequence[Any]], entries: Mapping[str, EntryAt]) -> list[str]:
    sizes: dict[str, str] = {}
    taken = set(types) | {str(d) for shape in types.values() for d in shape}

    def size(d: Any) -> str:
        plain = str(d)
        if plain.isidentifier() or plain.isdigit():
            return plain
        if plain not in sizes:
            sizes[plain] = fresh(f"n{len(sizes) + 1}", taken)
        return sizes[plain]

    kinds = ("scalar", "vector", "matrix")
    found = []
    for name, shape in [*types.items(), *[(e, types[place.name][1:] if place.name else ()) for e, place in entries.items()]]:
        kind = kinds[len(shape)] if len(shape) < 3 else "tensor"
        found.append(f"{name}: {kind}" + (f"({', '.join(map(size, shape))})" if shape else ""))
    return found


def _used(program: Program) -> Program:
    """The program without bindings that nothing uses."""
    assert program.body is not None
    used = {t.value for t in postorder([program.body]) if t.kind == "name"}
    kept = []
    for s in reversed(program.statements):
        if isinstance(s, Binding) and s.name in used:
            kept.append(s)
            used |= {t.value for t in postorder([s.value]) if t.kind == "name"}
    return Program("", list(reversed(kept)), program.body)


def _with(program: Program, body: Tree) -> str:
    return text(_used(Program("", [s for s in program.statements if isinstance(s, Binding)], body)))


def _put(tree: Tree, new: Mapping[int, Tree]) -> Tree:
    made: dict[int, Tree] = dict(new)
    for t in postorder([tree]):
        if id(t) not in made:
            made[id(t)] = Tree(t.kind, tuple([made[id(k)] for k in t.kids]), t.value) if t.kids else t
    return made[id(tree)]


# ---------------------------------------------------------------------------------------------- the drawing


class Plates(Graph):
    """The picture of a plate: one term in a frame, the sum, and what stands around it."""

    def __init__(
        self,
        plate: Plate,
        whole: Lesson,
        values: Mapping[str, Any] | None = None,
        *,
        shapes: bool = False,
        across: bool = False,
        legend: bool = True,
    ) -> None:
        super().__init__(whole, shapes=shapes, across=across, legend=legend)
        self.plate = plate
        self.values = values

    @property
    def first_backward(self) -> int:
        return self.drawing.steps - self.backward_steps + 1

    @property
    def drawing(self) -> Drawing:
        if "drawing" not in self.__dict__:
            self.__dict__["drawing"] = self.made()
        found: Drawing = self.__dict__["drawing"]
        return found

    def numbers(self) -> tuple[dict[int, Any], dict[int, Any], dict[int, Any], dict[int, Any]]:
        """Forward and backward values of the term's and the outer nodes; of what has one for every i, a list."""
        import numpy as np

        plate = self.plate
        if self.values is None:
            return {}, {}, {}, {}
        values = dict(self.values)
        size, more = _upto(plate.last) or ("", 0)
        if size and size not in plate.sizes and size not in values:
            return {}, {}, {}, {}
        whole = len(np.asarray(values[plate.sizes[size]])) if size in plate.sizes else int(values.get(size, 0))
        places = range(plate.first, whole + more + 1)
        count = len(places)
        if not 0 < count <= MAX_TERMS:
            return {}, {}, {}, {}
        known = variables([plate.term.formula])
        arrays = {p.name: np.asarray(values[p.name], dtype=object) for p in plate.entries.values() if p.name}
        traces: list[Trace] = []
        for i in places:
            at = {e: arrays[p.name][i + p.offset - 1] if p.name else i for e, p in plate.entries.items()}
            at = {e: v.tolist() if hasattr(v, "tolist") else v for e, v in at.items()}
            at |= {n: v for n, v in values.items() if (n in known and n not in at) or callable(v)}
            at |= {n: values[n] for n in {x.data[0] for x in topological([plate.term.formula]) if x.op == OPAQUE} & set(values)}
            traces.append(trace(plate.term, at))
        total = sum([np.asarray(t.shown_forward[plate.term.top.id], dtype=object) for t in traces]) / (count if plate.mean else 1)
        mine = variables([plate.outer.formula])
        around = {n: v for n, v in values.items() if n in mine} | {plate.total: total.item() if hasattr(total, "item") else total}
        around |= {d: whole for d in _sizes(plate.outer) if d not in around and d == size}
        outer = trace(plate.outer, around)
        goal = next(n for n in plate.outer.nodes if n.name == plate.total)
        bar = outer.shown_backward[goal.id] / (count if plate.mean else 1)
        up: dict[int, Any] = {}
        down: dict[int, Any] = {}
        for n in plate.term.nodes:
            listed = [np.asarray(t.shown_forward[n.id], dtype=object) for t in traces]
            up[n.id] = np.array(listed) if n.id in self.members else traces[0].shown_forward[n.id]
            if n.active:
                moved = [bar * np.asarray(t.shown_backward[n.id], dtype=object) for t in traces]
                down[n.id] = np.array(moved) if n.id in self.members else sum(moved)
        return up, down, dict(outer.shown_forward), dict(outer.shown_backward)

    def made(self) -> Drawing:
        """Long: one picture from top to bottom; each part is placed beside the ones before."""
        plate = self.plate
        term, outer = Graph(plate.term, shapes=self.shapes), Graph(plate.outer, shapes=self.shapes)
        entries = set(plate.entries)
        moved: set[int] = set()
        for n in plate.term.nodes:
            own = n.expr.op == VAR and n.expr.name in entries
            if (
                own
                or (n.leaf and entries & {str(x.name) for x in topological([n.expr]) if x.op == VAR})
                or any(e.argument in moved for e in plate.term.outgoing[n.id])
            ):
                moved.add(n.id)
        self.members = moved
        up, down, up_outer, down_outer = self.numbers()
        term.forward, term.backward, outer.forward, outer.backward = up, down, up_outer, down_outer
        inner, around = term.drawing, outer.drawing
        goal = next(n.id for n in plate.outer.nodes if n.name == plate.total)
        first = inner.steps - len(plate.term.backward)  # forward steps of the term, of what is around it
        second = around.steps - len(plate.outer.backward)
        forward = first + 1 + second
        self.backward_steps = len(plate.term.backward) + len(plate.outer.backward)

        def of_term(step: int) -> int:
            return step if step <= first else forward + len(plate.outer.backward) + step - first

        def of_outer(step: int) -> int:
            return 0 if not step else first + 1 + step if step <= second else forward + step - second

        boxes: list[Box] = [_stepped(b, of_term) for b in inner.boxes]
        place: dict[int, int] = {}
        leaves = {(n.rule, n.name): k for k, n in enumerate(plate.term.nodes) if n.leaf and k not in moved}
        for k, (n, b) in enumerate(zip(plate.outer.nodes, around.boxes, strict=True)):
            if k != goal and n.leaf and (n.rule, n.name) in leaves:
                place[k] = leaves[n.rule, n.name]
                continue
            place[k] = len(boxes)
            b = _stepped(b, of_outer)
            boxes.append(
                replace(
                    b,
                    label=self.sign(),
                    leaf=False,
                    goal=False,
                    active=True,
                    step=first + 1,
                    remarks=tuple([_at_sum(r, first + 1) for r in b.remarks if r.kind != "name"]),
                )
                if k == goal
                else b
            )
        if plate.outer.top.id == goal:  # nothing stands around the sum
            k = place[goal]
            boxes[k] = replace(boxes[k], remarks=(Remark("name", label(self.lesson.top.label)), *boxes[k].remarks))
        if self.values is not None and down:
            self.merge_sums(boxes, place, down, down_outer)
        arcs = [replace(a, step=of_term(a.step)) for a in inner.arcs]
        arcs.append(Arc(place[goal], len(inner.boxes) - 1, self.share(), True, of_term(first + 1), True))
        arcs += [
            replace(
                a,
                user=place[a.user],
                argument=place[a.argument],
                step=of_outer(a.step),
                spine=a.spine and place[a.argument] >= len(inner.boxes),
            )
            for a in around.arcs
        ]
        name, last = label(Program("", [], Tree("name", value=plate.index))), label(Program("", [], plate.last))
        first_one = str(plate.first)
        named = Label(
            f"{name.typst} = {first_one} dots {last.typst}",
            f"{name.unicode} = {first_one}..{last.unicode}",
            rf"{name.latex} = {first_one} \ldots {last.latex}",
        )
        mine = super().drawing
        drawn = Drawing(
            tuple(boxes),
            tuple(arcs),
            mine.title,
            mine.description,
            mine.goal,
            tuple(dict.fromkeys((*inner.notes, *around.notes))),
            forward + self.backward_steps,
            ((tuple(sorted(moved)), named),),
            self.across,
            self.legend,
            tuple([k for k in range(len(inner.boxes)) if k not in moved and boxes[k].leaf]),
        )
        return self.with_places(drawn)

    def with_places(self, drawn: Drawing) -> Drawing:
        """The letters of the term as the entries that they are: `x[i - 1]`."""
        plate = self.plate
        looks = [
            (label(Program("", [], Tree("name", value=e))), p.shown(plate.index))
            for e, p in sorted(plate.entries.items(), key=lambda item: -len(item[0]))
            if p.offset
        ]
        asked = dict.fromkeys([p.name for p in plate.entries.values() if p.name in self.lesson.names])
        notes = tuple([f"derivative by {name}[j]: add what comes to it in every frame" for name in asked])

        def shown(x: Label | None) -> Label | None:
            if x is None:
                return None
            parts = _texts(x)
            for old, new in looks:
                parts = [part.replace(a, b) for part, a, b in zip(parts, _texts(old), _texts(new), strict=True)]
            return Label(*parts)

        def box(b: Box) -> Box:
            return replace(
                b, label=shown(b.label) or b.label, remarks=tuple([replace(r, label=shown(r.label) or r.label) for r in b.remarks])
            )

        arcs = tuple([replace(a, local=shown(a.local)) for a in drawn.arcs])
        return replace(drawn, boxes=tuple(map(box, drawn.boxes)), arcs=arcs, notes=(*drawn.notes, *notes))

    def sign(self) -> Label:
        index = label(Program("", [], Tree("name", value=self.plate.index)))
        if self.plate.mean:
            return Label(f'"mean"_({index.typst})', f"mean {index.unicode}", rf"\operatorname{{mean}}_{{{index.latex}}}")
        return Label(f"limits(sum)_({index.typst})", f"Σ {index.unicode}", rf"\sum_{{{index.latex}}}")

    def share(self) -> Label:
        """What comes down from the sum to every term."""
        if not self.plate.mean:
            return Label("1", "1", "1")
        size, more = _upto(self.plate.last) or ("", 0)
        terms = more + 1 - self.plate.first
        count = _plus(size, terms) if size else Tree("number", value=terms)
        return label(Program("", [], Tree("div", (Tree("number", value=1), count))))

    def merge_sums(self, boxes: list[Box], place: Mapping[int, int], down: Mapping[int, Any], outer: Mapping[int, Any]) -> None:
        """What is in the terms and around the sum has both adjoints."""
        for k, at in place.items():
            if at in down and k in outer and at < len(self.plate.term.nodes):
                both = number(down[at] + outer[k])
                boxes[at] = replace(
                    boxes[at], remarks=tuple([replace(r, label=both) if r.kind == "backward" else r for r in boxes[at].remarks])
                )


def _texts(x: Label) -> list[str]:
    return [x.typst, x.unicode, x.latex]


def _stepped(box: Box, step: Any) -> Box:
    return replace(box, step=step(box.step), remarks=tuple([replace(r, step=step(r.step)) if r.step else r for r in box.remarks]))


def _at_sum(r: Remark, step: int) -> Remark:
    return replace(r, step=step) if r.kind == "forward" else r


def _sizes(whole: Lesson) -> set[str]:
    from symdiff.expr.walk import dimensions

    return {str(d) for d in dimensions([whole.formula])}
