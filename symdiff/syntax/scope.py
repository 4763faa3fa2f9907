"""Names, indices and what stands at an index, while a tree is taken apart."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from typing import Any

from symdiff.errors import ParseError
from symdiff.syntax import hints
from symdiff.syntax.parse import GREEK, NUMBERS
from symdiff.syntax.places import ONE, Atom, Index, Picked, Place, place
from symdiff.syntax.ranges import Guard, Range, ranged, sum_of
from symdiff.syntax.tree import Declaration, Definition, Program, Tree
from symdiff.table import BUILT_IN, TABLE
from symdiff.table.known import NAMES

CONSTANTS = frozenset(("vector", "matrix", "ones", "zeros", "eye", "unit", "commutation", "duplication"))

_EXPECTED = frozenset(("E", "P", "Pr", "Var", "Cov"))  # of random variables

_INFINITE = frozenset(("inf", "infty", "infinity", "oo"))

_CAPITALS = "|".join(name for letter, name in GREEK.items() if letter.isupper())

_CAPITAL = re.compile(rf"(?:[A-Z]|{_CAPITALS})(?:\d+|_\w+)?")


def is_capital(name: str) -> bool:
    """A capital letter, alone or followed by digits or a subscript: what convention calls a matrix."""
    return "A" <= name < "[" and _CAPITAL.fullmatch(name) is not None


NOTE_E = "`e` is a variable here; the exponential function is `exp(x)`"

Entry = int | Place | Picked | None

Indices = Mapping[str, int]


class Scope(ABC):
    """What the walk over a tree knows: names, indices and remarks, and what stands at an index."""

    def __init__(
        self,
        parsed: Program,
        variables: Collection[str],
        functions: Collection[str],
        bound: Collection[str],
        dims: set[str],
        given: Collection[str] = (),
        labels: Collection[str] = (),
    ) -> None:
        """variables, functions: declared; bound: names bound before; dims: declared names of dimensions.

        labels: declared as labels. given: those variables and bound names of another formula which the text may use, and whose names are free for indices.
        """
        self.text = parsed.text
        self.variables = variables
        self.functions = functions
        self.bound = set(bound)
        self.given = given
        self.labels = labels
        self.dims = dims
        self.steps: list[Tree] = []
        self.indices: list[Index] = []
        self.notes: list[str] = []
        self.slots = 0
        self.written = 0  # trees in terms that ranges have written out
        self.perhaps_matrices: set[str] = set()
        self.guards: dict[int, tuple[Guard, ...]] = {}  # of entries, by the ids of their steps: brackets that keep their indices inside
        self.suspects: list[Tree] = []  # what check_meanings looks at
        self.joint: dict[str, tuple[int, int]] = {}  # second indices of pairs, with the places of their conditions
        self.by_place: dict[str, tuple[int, int]] = {}  # names that are labels because they stand in the brackets of an entry
        self.beside: set[int] = set()  # names that are compared with an index, by the ids of their steps
        self.imaginary = "i*" in self.text and "i" not in variables and "i" not in bound
        self.layers: dict[str, set[Any]] = {}  # exponents in brackets, by the name in front of them
        self.plain = True
        self.conditional = False
        self.extents: dict[str, int] = {}
        self.definitions = {name: (k, d) for k, (name, d) in enumerate(parsed.definitions.items())}
        self.transposing = self._only()  # `A^T` and `A.T` are A'
        if parsed.body is None:
            raise hints.no_expression(parsed)
        for statement in parsed.statements:
            if not isinstance(statement, Declaration):
                self._flatten(statement.value)
                self.bound.add(statement.name)
                self.steps.append(Tree("bind", (statement.value,), statement.name, statement.start, statement.end))
        self._flatten(parsed.body)
        self.plain = self.plain and not dims
        for name in self.joint.keys() & self.by_place.keys():
            if name not in labels:
                raise hints.index_outside(name, self.joint[name])

    @abstractmethod
    def _flatten(self, root: Tree) -> None:
        """Append the steps of one tree."""

    def _only(self) -> bool:
        """Does the name T stand in the text, and always where a transpose is written: `A^T`, `A^-T`, `A.T`?"""
        if "T" not in self.text or "T" in self.variables or "T" in self.bound:
            return False
        count = len(re.findall(r"(?:(?:\^|\*\*)\s*\(?\s*[-−–]?\s*|\.\s*)T(?!\w)(?!\s*(?:\^|\*\*|['’²³]|\[))", self.text))
        return bool(count) and len(re.findall(r"(?<!\w)T(?!\w)", self.text)) == count

    def _note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)

    def _note_layer(self, name: str, entry: Tree) -> None:
        note = f"`{name}[{entry.value}]` is a row of {name}, or an entry; the weights of a layer are a name: `{name}{entry.value}`"
        if re.match(r"\s*\]\s*[*@]", self.text[entry.end :]) and note not in self.notes:
            self.notes.append(note)

    def _note_e(self) -> None:
        if NOTE_E not in self.notes and "e" not in self.variables and "e" not in self.bound:
            self.notes.append(NOTE_E)

    def _layer(self, tree: Tree) -> None:
        """`W^(1)` is no power, nor is `W^(2)` beside another such exponent."""
        base, exponent = tree.kids
        bracketed = self.text[exponent.start : exponent.start + 1] == "("
        if bracketed or is_capital(base.value):
            others = self.layers.setdefault(base.value, set())
            others.add(exponent.value)
            if (bracketed and exponent.value == 1) or (len(others) > 1 and (bracketed or 1 in others)):
                raise hints.layer(tree, self.text)

    def _extent(self, definition: Definition) -> int:
        """How many trees a definition has."""
        found = self.extents.get(definition.name)
        if found is None:
            found, stack = 0, [definition.value]
            while stack:
                found += 1
                stack += stack.pop().kids
            self.extents[definition.name] = found
        return found

    def _index(self, name: str, bounds: list[Tree], body: Tree, scope: Indices, tree: Tree, *, exact: bool = False) -> Range:
        span = (tree.start, tree.end)
        self._check_index(name, span)
        if not bounds:
            return Range(Index(name, span))
        return ranged(name, bounds[0], bounds[1], body, span, scope, self.indices, self.text, exact=exact)

    def _check_index(self, name: str, span: tuple[int, int]) -> None:
        if (name in self.bound or name in self.variables) and name not in self.given:
            raise ParseError(f"`{name}` cannot be both an index and a variable", span=span, hint="another letter for one of them")

    def _enter(self, index: Index) -> int:
        if index.upper is not None:
            self._dimension(index.upper)
        self.indices.append(index)
        return len(self.indices) - 1

    def _dimension(self, tree: Tree) -> None:
        """A name that stands for a size, or is a factor of one, is a dimension from then on."""
        factors = [tree]
        while factors:
            factor = factors.pop()
            if factor.kind in ("mul", "add", "sub"):
                factors += factor.kids
            elif factor.kind == "number" and isinstance(factor.value, int):
                hints.check_size(factor.value, (factor.start, factor.end))
            elif factor.kind == "name":
                if factor.value in self.variables or factor.value in self.bound:
                    raise hints.two_meanings(factor.value, (factor.start, factor.end), self.text)
                if factor.value in _INFINITE:
                    raise ParseError("a sum has finitely many terms", span=(factor.start, factor.end), hint="end it at a size: `k=0..n`")
                if factor.value in NUMBERS:
                    raise hints.reserved(factor.value, (factor.start, factor.end))
                self.dims.add(factor.value)

    def _constant(self, tree: Tree) -> Tree:
        name, n = tree.value, len(tree.kids)
        values = tree.kids[:1] if name in ("vector", "matrix") else ()
        sizes = tree.kids[len(values) :]
        if name == "matrix" and len(sizes) == 1:
            raise ParseError("`matrix` takes both sizes or none", span=(tree.start, tree.end), hint="matrix(c, m, n)")
        least, most = {"vector": (1, 2), "matrix": (1, 3), "eye": (0, 1), "unit": (1, 2), "commutation": (2, 2), "duplication": (1, 1)}.get(
            name, (0, 2)
        )
        if not least <= n <= most:
            raise ParseError(
                f"`{name}` takes {least if least == most else f'{least} to {most}'} argument{'s' * (most > 1)}, not {n}",
                span=(tree.start, tree.end),
            )
        labelled = sizes[0].kids[0] if name == "unit" and sizes[0].kind == "index" else sizes[0] if sizes else tree
        if name == "unit" and labelled.kind == "name" and labelled.value in self.labels:
            values, sizes = sizes[:1], (Tree("slice", (), None, tree.start, tree.end), *sizes[1:])
        elif name == "unit" and (sizes[0].kind != "number" or not isinstance(sizes[0].value, int)):
            raise ParseError("the first argument of `unit` is a whole number", span=(tree.start, tree.end), hint="unit(1, n)")
        for size in sizes:
            if size.kind != "slice":
                self._dimension(size)
        return Tree("const", values, (name, sizes), tree.start, tree.end)

    def _entry(self, tree: Tree, scope: Indices, whole: Tree) -> Entry:
        if tree.kind == "slice":
            return None
        if tree.kind == "number" and isinstance(tree.value, int):
            return hints.check_size(tree.value, (tree.start, tree.end))
        found = place(tree, scope, self.indices)
        if found is None or (found.shift and len(found.indices) == 1 and self.indices[found.indices[0]].own is not None):
            found = self._sum_place(tree, scope)  # type: ignore[assignment]
        if found is None:
            raise hints.no_index(tree, whole, scope, self.text)
        return found

    def _is_label(self, tree: Tree, scope: Indices) -> bool:
        """`y`, `y[i]`: does a label stand here? It is declared as one, or nothing else is said about the name."""
        while tree.kind == "index" and tree.kids[0].kind == "name":
            tree = tree.kids[0]
        if tree.kind != "name" or scope.get(tree.value, -1) >= 0 or tree.value in self.dims or tree.value in NUMBERS:
            return False
        if tree.value in self.labels:
            return True
        return tree.value not in self.variables and tree.value not in self.bound and tree.value not in self.functions

    def _says_label(self, tree: Tree) -> bool:
        """Is the label in these brackets declared as one?"""
        while tree.kind == "index":
            tree = tree.kids[0]
        return tree.value in self.labels

    def _is_word(self, base: Tree) -> bool:
        """`Sin[x]`, `E[x]`: the name of a function in other notations, which nobody declared as a vector here."""
        name = base.value
        if base.kind != "name" or name in self.variables or name in self.bound:
            return False
        lower = name.lower()
        return name in _EXPECTED or lower in TABLE.names or lower in BUILT_IN or name in NAMES or (len(name) > 2 and lower in NAMES)

    def _sum_place(self, tree: Tree, scope: Indices) -> Place | int | None:
        """A place that is a sum of indices, sizes and numbers; a whole number where only numbers stand."""
        sizes: dict[Atom, Tree] = {}
        total = sum_of(tree, scope, sizes)
        if total is None or any(not self._is_size(t) for t in sizes.values()):
            return None
        span = (tree.start, tree.end)
        if total.keys() <= {ONE}:
            value = total.get(ONE, 0)
            if value < 1:
                raise ParseError(f"there is no entry {value}", span=span, hint="entries are counted from 1")
            return hints.check_size(value, span)
        return Place(tuple(a for a in total if isinstance(a, int)), 0, total, sizes, " ".join(self.text[tree.start : tree.end].split()))

    def _is_size(self, tree: Tree) -> bool:
        """Is what could be a size one: are all its names dimensions?"""
        stack = [tree]
        while stack:
            tree = stack.pop()
            if tree.kind == "name" and tree.value not in self.dims:
                return False
            if tree.kind == "mul":
                stack += tree.kids
        return True

    def _sum_of_sizes(self, tree: Tree) -> None:
        """The names in a bound of a slice are dimensions from then on."""
        stack = [tree]
        while stack:
            t = stack.pop()
            if t.kind in ("add", "sub"):
                stack += t.kids
            elif t.kind not in ("number", "call"):
                self._dimension(t)
