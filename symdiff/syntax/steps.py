"""A program as a list of steps: its trees in evaluation order, with everything resolved that spelling alone decides.

In: a Program and the names that are known. Out: `Steps`. A step is a Tree whose kids are the steps whose values it
takes off the stack, so an evaluation is one loop with a stack. Besides the kinds of `tree.py` there are:

    bind         value                  name                          gives the value a name; leaves nothing on the stack
    slots, slot  arguments, -           number                        arguments of a macro, each used by its number
    over         body                   (function, index number)
    tensor       body                   index numbers
    index        base                   for every axis None (`:`), a whole number, or a Place of index numbers
    index_value  -                      index number                  the index as a number
    const        its number, if any     (name, sizes)                 vector, matrix, ones, zeros, eye, unit
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from fractions import Fraction
from functools import cache
from typing import Any

from symdiff.bounds import exceeded
from symdiff.errors import ParseError
from symdiff.expr.node import rational
from symdiff.syntax import hints
from symdiff.syntax.meanings import LOOKED_AT
from symdiff.syntax.parse import GREEK, NUMBERS, program
from symdiff.syntax.places import ONE, Atom, Index, Picked, Place, place
from symdiff.syntax.ranges import MAX_WRITTEN, Guard, Range, guarded, guarding, ranged, substituted, sum_of
from symdiff.syntax.tree import Declaration, Definition, Program, Tree
from symdiff.table import BUILT_IN, TABLE, Row
from symdiff.table.known import MODULES, NAMES
from symdiff.table.operators import CONDITIONS, MIRROR

CONSTANTS = frozenset(("vector", "matrix", "ones", "zeros", "eye", "unit", "commutation", "duplication"))
DEMANDS_MATRIX = frozenset((
    "det", "logdet", "inv", "tr", "trace", "rowsum", "colsum", "vec", "rows", "cols", "tril", "triu", "trilhalf", "vech", "cholesky", "eigvalsh", "eigvecsh", "pinv",
    "normnuc", "polar", "sqrtm", "expm", "logm",
))  # fmt: skip
_EXPECTED = frozenset(("E", "P", "Pr", "Var", "Cov"))  # of random variables
_INFINITE = frozenset(("inf", "infty", "infinity", "oo"))
_BARE = frozenset(("ones", "zeros", "eye"))
_ARITHMETIC = frozenset(("add", "sub", "div", "neg", "epow"))

_NAMED = frozenset(("name", "call"))

_CAPITALS = "|".join(name for letter, name in GREEK.items() if letter.isupper())
_CAPITAL = re.compile(rf"(?:[A-Z]|{_CAPITALS})(?:\d+|_\w+)?")


def is_capital(name: str) -> bool:
    """A capital letter, alone or followed by digits or a subscript: what convention calls a matrix."""
    return "A" <= name < "[" and _CAPITAL.fullmatch(name) is not None


NOTE_E = "`e` is a variable here; the exponential function is `exp(x)`"

Entry = int | Place | Picked | None
_Scope = Mapping[str, int]


class Steps:
    """The steps of a program.

    steps, indices: see above. dims: names of dimensions. notes: remarks for the user.
    perhaps_matrices: names that something which demands a matrix, or an index, stands at.
    plain: only operations on scalars occur, and nothing that convention could read as a matrix.
    conditional: conditions occur, or something that takes one.
    """

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

    def _flatten(self, root: Tree) -> None:
        """Append the steps of one tree. The walk meets the last operand first; reversed, it is the order of evaluation."""
        out: list[Tree] = []
        plain = True
        stack: list[Tree] = [root]
        scope: _Scope = {}
        guards: dict[int, tuple[Guard, ...]] = {}  # of trees on the stack
        around: list[tuple[int, _Scope, int]] = []  # how long the stack is where a scope ends, the scope outside, and `defined` there
        defined = len(self.definitions)  # so many of the definitions hold: in the value of one those in front of it
        while stack:
            while around and len(stack) <= around[-1][0]:
                _, scope, defined = around.pop()
            tree = stack.pop()
            kind = tree.kind
            over = guards.pop(id(tree), ()) if guards else ()
            if kind == "name":
                k = scope.get(tree.value) if scope else None
                if k is None and scope and "_" in tree.value and tree.value not in self.variables and tree.value not in self.bound:
                    hints.check_subscript(tree, scope)
                if k is not None:
                    tree = Tree("index_value" if k >= 0 else "slot", (), k if k >= 0 else ~k, tree.start, tree.end)
                    plain = False
                elif tree.value in _BARE and tree.value not in self.variables and tree.value not in self.bound:
                    tree = Tree("const", (), (tree.value, ()), tree.start, tree.end)
                    plain = False
            elif kind == "number":
                out.append(tree)
                continue
            elif kind in _ARITHMETIC:
                if kind == "div" and tree.kids[0].kind in _NAMED and tree.kids[0].value[0] == "d":
                    hints.check_quotient(tree, self.variables, self.bound)
            elif kind == "bars":
                self._bars(tree)
            elif kind in CONDITIONS or kind == "iverson":
                self.conditional = True
            elif kind == "mul":
                plain = plain and not _may_be_matrix(tree)
                if tree.kids[1].kind == "mul" or tree.kids[0].kind == "emul":
                    self.suspects.append(tree)
            elif kind == "emul" or kind == "ediv":  # of two names they are signs of vectors
                plain = plain and any(kid.kind == "number" for kid in tree.kids)
            elif kind == "pow":
                tree = self._power(tree)
                plain = plain and tree.kind == kind
            elif kind == "call":
                row = TABLE.names.get(tree.value)
                own = self.definitions.get(tree.value) if self.definitions else None
                if own is not None:
                    at, definition = own
                    hints.check_call(definition, tree, at < defined)
                    self.written += self._extent(definition)
                    if self.written > MAX_WRITTEN:
                        raise exceeded("nodes", f"more than {MAX_WRITTEN} calls of functions that are defined", span=(tree.start, tree.end))
                    stack.append(Tree("slots", tree.kids, self.slots, tree.start, tree.end))
                    around.append((len(stack), scope, defined))
                    stack.append(definition.value)
                    scope = {name: ~(self.slots + k) for k, name in enumerate(definition.parameters)}
                    defined = at
                    self.slots += len(tree.kids)
                    plain = False
                    continue
                if tree.value in self.functions:
                    plain = False
                elif tree.value in CONSTANTS:
                    tree = self._constant(tree)
                    plain = False
                elif row is not None and row.macro:
                    hints.check_arity(row, tree)
                    hints.note_margin(tree, self.text, self.notes)
                    body, tree = _instance(_definition(row.name), tree.start, tree.end), self._with_defaults(row, tree)
                    stack.append(Tree("slots", tree.kids, self.slots, tree.start, tree.end))
                    around.append((len(stack), scope, defined))
                    stack.append(body)
                    scope = {arg: ~(self.slots + k) for k, arg in enumerate(row.args)}
                    self.slots += len(tree.kids)
                    plain = False
                    continue
                elif tree.value == "if":
                    self.conditional = True
                elif tree.value == "exp":
                    if self.imaginary and "i" not in scope:
                        hints.note_imaginary(tree, self.text, self.notes)
                elif tree.value in LOOKED_AT:
                    self.suspects.append(tree)
                if row is None or not row.elementwise or len(tree.kids) < len(row.args) - len(row.defaults):
                    plain = False
                    if tree.value in DEMANDS_MATRIX and tree.kids and tree.kids[0].kind == "name":
                        self.perhaps_matrices.add(tree.kids[0].value)
            else:
                plain = False
                if kind == "prime" and tree.value[0] in self.definitions:
                    raise ParseError(
                        f"`{tree.value[0]}` is defined here, and its derivative is not typed",
                        span=(tree.start, tree.end),
                        hint="type the formula alone and say by what with --wrt",
                    )
                if kind == "otimes":
                    self.suspects.append(tree)
                elif kind == "over":
                    name, index, *ready = tree.value
                    *bounds, body = tree.kids
                    made = ready[0] if ready else self._index(index, bounds, body, scope, tree)
                    if not ready and (made.before or made.after or (made.guards and name == "mean")):
                        stack.append(self._written_out(tree, made))
                        continue
                    body = guarded(body, made.guards, name, (tree.start, tree.end))
                    k = self._enter(made.index)
                    tree = Tree("over", (body,), (name, k), tree.start, tree.end)
                    around.append((len(stack), scope, defined))
                    scope = {**scope, self.indices[k].name: k}
                elif kind == "pairs":
                    stack.append(self._pairs(tree, scope))
                    continue
                elif kind == "tensor":
                    around.append((len(stack), scope, defined))
                    tree, scope = self._tensor(tree, scope)
                elif kind == "index":
                    base, *entries = tree.kids
                    if any(entry.kind == "slice" and entry.kids for entry in entries):
                        stack.append(self._sliced(base, entries, tree))
                        continue
                    tree = self._indexed(tree, base, entries, scope)
                    if over:
                        self.guards[id(tree)] = over
                elif kind == "dot":
                    tree = self._dot(tree)
            out.append(tree)
            stack += tree.kids
            if scope and (over or kind == "mul" or kind == "emul" or kind == "call"):
                for kid, conditions in zip(tree.kids, guarding(tree), strict=True):
                    if over or conditions:
                        guards[id(kid)] = (*over, *[Guard(c, holds, scope) for c, holds in conditions])
        out.reverse()
        self.steps += out
        self.plain = self.plain and plain

    # -------------------------------------------------------------------------------------- one kind of tree each

    def _note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)

    def _bars(self, tree: Tree) -> None:
        self.suspects.append(tree)
        inner = tree.kids[0]
        if inner.kind == "name" and is_capital(inner.value) and inner.value not in self.variables and inner.value not in self.bound:
            self._note(f"`|{inner.value}|` is the absolute value of a number; that of a matrix is `det({inner.value})`")

    def _power(self, tree: Tree) -> Tree:
        """The power, or the transpose that `A^T` is."""
        base, exponent = tree.kids
        below = exponent.kids[0] if exponent.kind == "neg" else exponent
        if below.kind == "name" and below.value == "T" and self.transposing:
            if below is not exponent:
                one = Tree("number", (), 1, exponent.start, exponent.end)
                base = Tree("pow", (base, Tree("neg", (one,), None, exponent.start, exponent.end)), None, tree.start, tree.end)
            made = Tree("transpose", (base,), None, tree.start, tree.end)
        else:
            made = tree
            if exponent.kind == "name" or exponent.kind == "pow" or (exponent.kind == "call" and exponent.value == "T"):
                hints.check_transpose(tree, {*self.variables, *self.functions, *self.bound}, self.text, self.notes)
            elif exponent.kind == "number" and base.kind == "name":
                self._layer(tree)
        base = tree.kids[0]
        if base.kind == "name" and base.value == "e":
            self._note_e()
        elif base.kind == "name" and len(base.value) == 2 and base.value[1] == "e" and base.value not in self.variables:
            self._note(f"`{base.value}` is one name; the exponential function is `exp(x)`: `{base.value[0]}*exp({self.text[exponent.start : exponent.end]})`")
        return made

    @staticmethod
    def _with_defaults(row: Row, tree: Tree) -> Tree:
        """A call with the last arguments that were left out."""
        missing = row.defaults[len(tree.kids) - len(row.args) :] if len(tree.kids) < len(row.args) else ()
        filled = [Tree("number", (), rational(Fraction(text)), tree.start, tree.end) for text in missing]
        return Tree("call", (*tree.kids, *filled), tree.value, tree.start, tree.end) if filled else tree

    def _tensor(self, tree: Tree, scope: _Scope) -> tuple[Tree, _Scope]:
        """A tensor with the numbers of its indices, and what its entry sees."""
        *bounds, body = tree.kids
        inside, ks = dict(scope), []
        for i, name in enumerate(tree.value):
            ends = [bound for bound in bounds[2 * i : 2 * i + 2] if bound.kind != "slice"]  # none where the entries fix the range
            made = self._index(name, ends, body, inside, tree, exact=True)
            if made.guards or made.before or made.after or made.index.lower > 1 or made.index.drop:
                raise hints.ragged(name, bounds[2 * i : 2 * i + 2], tree, self.text)
            inside[name] = self._enter(made.index)
            ks.append(inside[name])
        return Tree("tensor", (body,), tuple(ks), tree.start, tree.end), inside

    def _indexed(self, tree: Tree, base: Tree, entries: list[Tree], scope: _Scope) -> Tree:
        """An entry: places that are sums of indices are its value, labels its operands."""
        if base.kind == "name":
            self.perhaps_matrices.add(base.value)
            if len(entries) == 1 and entries[0].kind == "number" and is_capital(base.value) and base.value not in self.variables:
                self._note_layer(base.value, entries[0])
        kids, found = [base], list[Entry]()
        for entry in entries:
            if self._is_label(entry, scope) and (self._says_label(entry) or not self._is_word(base)):
                found.append(Picked(len(kids)))
                kids.append(entry)
            else:
                found.append(self._entry(entry, scope, tree))
        return Tree("index", tuple(kids), found, tree.start, tree.end)

    def _dot(self, tree: Tree) -> Tree:
        """The dot, or the transpose that `A.T` is."""
        left, right = tree.kids
        if right.kind == "name" and right.value == "T" and self.transposing:
            return Tree("transpose", (left,), None, tree.start, tree.end)
        if right.kind != "name" or left.kind != "name" or left.value in MODULES:
            hints.check_dot(tree, self.variables, self.bound)
        return tree

    def _sliced(self, base: Tree, entries: list[Tree], tree: Tree) -> Tree:
        """`x[2:5]`: for every axis None, or the trees of its first and last number, both included; entries beside them are taken afterwards."""
        span = (tree.start, tree.end)
        value: list[tuple[Tree, Tree] | None] = []
        for entry in entries:
            if entry.kind != "slice" or not entry.kids:
                value.append(None)
                continue
            low, *high = entry.kids
            if not high:
                raise ParseError("a slice says where it ends", span=(entry.start, entry.end), hint="both ends are included: `x[2:5]`, `x[2:n]`")
            first, last = (t.value if t.kind == "number" and isinstance(t.value, int) else None for t in (low, high[0]))
            if (first is not None and first < 1) or (first is not None and last is not None and last < first):
                raise ParseError("a slice begins at 1 or later, and does not end before it begins", span=(entry.start, entry.end), hint="x[2:5], A[1:2,:]")
            for bound in (low, high[0]):
                self._sum_of_sizes(bound)
            value.append((low, high[0]))
        made = Tree("sliced", (base,), tuple(value), *span)
        if all(entry.kind == "slice" for entry in entries):
            return made
        rest = tuple([entry if entry.kind != "slice" else Tree("slice", (), None, entry.start, entry.end) for entry in entries])
        return Tree("index", (made, *rest), None, *span)

    def _sum_of_sizes(self, tree: Tree) -> None:
        """The names in a bound of a slice are dimensions from then on."""
        stack = [tree]
        while stack:
            t = stack.pop()
            if t.kind in ("add", "sub"):
                stack += t.kids
            elif t.kind not in ("number", "call"):
                self._dimension(t)

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

    def _only(self) -> bool:
        """Does the name T stand in the text, and always where a transpose is written: `A^T`, `A^-T`, `A.T`?"""
        if "T" not in self.text or "T" in self.variables or "T" in self.bound:
            return False
        count = len(re.findall(r"(?:(?:\^|\*\*)\s*\(?\s*[-−–]?\s*|\.\s*)T(?!\w)(?!\s*(?:\^|\*\*|['’²³]|\[))", self.text))
        return bool(count) and len(re.findall(r"(?<!\w)T(?!\w)", self.text)) == count

    def _layer(self, tree: Tree) -> None:
        """`W^(1)` is no power, nor is `W^(2)` beside another such exponent."""
        base, exponent = tree.kids
        bracketed = self.text[exponent.start : exponent.start + 1] == "("
        if bracketed or is_capital(base.value):
            others = self.layers.setdefault(base.value, set())
            others.add(exponent.value)
            if (bracketed and exponent.value == 1) or (len(others) > 1 and (bracketed or 1 in others)):
                raise hints.layer(tree, self.text)

    def _note_layer(self, name: str, entry: Tree) -> None:
        note = f"`{name}[{entry.value}]` is a row of {name}, or an entry; the weights of a layer are a name: `{name}{entry.value}`"
        if re.match(r"\s*\]\s*[*@]", self.text[entry.end :]) and note not in self.notes:
            self.notes.append(note)

    def _note_e(self) -> None:
        if NOTE_E not in self.notes and "e" not in self.variables and "e" not in self.bound:
            self.notes.append(NOTE_E)

    def _index(self, name: str, bounds: list[Tree], body: Tree, scope: _Scope, tree: Tree, *, exact: bool = False) -> Range:
        span = (tree.start, tree.end)
        self._check_index(name, span)
        if not bounds:
            return Range(Index(name, span))
        return ranged(name, bounds[0], bounds[1], body, span, scope, self.indices, self.text, exact=exact)

    def _check_index(self, name: str, span: tuple[int, int]) -> None:
        if (name in self.bound or name in self.variables) and name not in self.given:
            raise ParseError(f"`{name}` cannot be both an index and a variable", span=span)

    def _enter(self, index: Index) -> int:
        if index.upper is not None:
            self._dimension(index.upper)
        self.indices.append(index)
        return len(self.indices) - 1

    def _written_out(self, tree: Tree, made: Range) -> Tree:
        """A sum or product with the terms of their own that numbers outside of the axis are; a mean as a quotient."""
        name, index = tree.value
        *_, body = tree.kids
        span = (tree.start, tree.end)
        if name == "mean":
            if made.index.perhaps_empty:
                raise hints.mean_of_none(index, span)
            assert made.count is not None
            return Tree("div", (Tree("over", tree.kids, ("sum", index), *span), made.count), None, *span)
        terms = []
        for number, conditions in (*made.before, *made.after):
            term, written = substituted(body, index, number)
            self.written += written
            if self.written > MAX_WRITTEN:
                raise hints.written_out(index, span)
            terms.append(guarded(term, conditions, name, span))
        terms.insert(len(made.before), Tree("over", (body,), (name, index, made), *span))
        result = terms[0]
        for term in terms[1:]:
            result = Tree("add" if name == "sum" else "emul", (result, term), None, *span)
        return result

    def _pairs(self, tree: Tree, scope: _Scope) -> Tree:
        """`sum(i < j, …)` as two sums over one axis and a bracket; one sum where the other index is that of a sum outside.

        The sums are entered next, the outer one first.
        """
        condition, body = tree.kids
        span = (tree.start, tree.end)
        names = [kid.value for kid in condition.kids]
        fresh = [name for name in names if scope.get(name, -1) < 0]
        for name in fresh:
            self._check_index(name, span)
        if not fresh:
            raise ParseError("both of these are indices of sums outside", span=span, hint="a bracket picks the terms: `[i < j]*…`")
        k = len(self.indices) if len(fresh) == 2 else scope[next(name for name in names if name not in fresh)]
        inner = Index(fresh[-1], span, same=k, guarded=True)
        below = condition.kind if fresh[-1] == names[1] else MIRROR[condition.kind]
        if below in ("lt", "le"):  # the other index is below this one
            inner.low = {k: 1, ONE: 1} if below == "lt" else {k: 1}
        elif below in ("gt", "ge"):
            inner.high = {k: 1, ONE: -1} if below == "gt" else {k: 1}
        body = Tree("over", (body,), (tree.value, fresh[-1], Range(inner, [condition])), *span)
        return Tree("over", (body,), (tree.value, fresh[0], Range(Index(fresh[0], span))), *span) if len(fresh) == 2 else body

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
        least, most = {"vector": (1, 2), "matrix": (1, 3), "eye": (0, 1), "unit": (1, 2), "commutation": (2, 2), "duplication": (1, 1)}.get(name, (0, 2))
        if not least <= n <= most:
            raise ParseError(f"`{name}` takes {least if least == most else f'{least} to {most}'} argument{'s' * (most > 1)}, not {n}", span=(tree.start, tree.end))
        labelled = sizes[0].kids[0] if name == "unit" and sizes[0].kind == "index" else sizes[0] if sizes else tree
        if name == "unit" and labelled.kind == "name" and labelled.value in self.labels:
            values, sizes = sizes[:1], (Tree("slice", (), None, tree.start, tree.end), *sizes[1:])
        elif name == "unit" and (sizes[0].kind != "number" or not isinstance(sizes[0].value, int)):
            raise ParseError("the first argument of `unit` is a whole number", span=(tree.start, tree.end), hint="unit(1, n)")
        for size in sizes:
            if size.kind != "slice":
                self._dimension(size)
        return Tree("const", values, (name, sizes), tree.start, tree.end)

    def _entry(self, tree: Tree, scope: _Scope, whole: Tree) -> Entry:
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


    def _is_label(self, tree: Tree, scope: _Scope) -> bool:
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

    def _sum_place(self, tree: Tree, scope: _Scope) -> Place | int | None:
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


def check_conditions(steps: list[Tree], text: str) -> None:
    """Comparisons stand only in `[ ]`, `if` and beside and, or, not; and there stands nothing else."""
    wanted: set[int] = set()
    conditions = []
    for tree in steps:
        kind = tree.kind
        if kind in CONDITIONS:
            conditions.append(tree)
        if kind == "iverson" or kind == "and" or kind == "or" or kind == "not":
            operands = tree.kids
        elif kind == "call" and tree.value == "if":
            operands = tree.kids[:1]
        else:
            continue
        for kid in operands:
            if kid.kind not in CONDITIONS:
                raise hints.no_condition(kid, text)
            wanted.add(id(kid))
    for tree in conditions:
        if id(tree) not in wanted:
            raise hints.bare_condition(tree, text)


def _may_be_matrix(tree: Tree) -> bool:
    """`W*x`: could convention read the left factor as a matrix?"""
    left, right = tree.kids
    while left.kind == "neg":
        left = left.kids[0]
    if left.kind == "mul":
        left = left.kids[1]
    while right.kind == "neg" or right.kind == "epow":
        right = right.kids[0]
    return left.kind in ("name", "pow") and right.kind in ("name", "call") and (left.kind == "pow" or is_capital(left.value))


@cache
def _definition(name: str) -> Tree:
    body = program(TABLE[name].define).body
    assert body is not None
    return body


def _instance(tree: Tree, start: int, end: int) -> Tree:
    """A copy of a definition of the table, placed where its call stands."""
    return Tree(tree.kind, tuple([_instance(k, start, end) for k in tree.kids]), tree.value, start, end)
