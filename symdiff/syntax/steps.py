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

from collections.abc import Callable, Sequence
from functools import cache

from symdiff.bounds import exceeded
from symdiff.errors import ParseError
from symdiff.syntax import hints
from symdiff.syntax.meanings import LOOKED_AT
from symdiff.syntax.parse import program
from symdiff.syntax.ranges import MAX_WRITTEN, Guard, guarded, guarding
from symdiff.syntax.scope import CONSTANTS, Indices, is_capital
from symdiff.syntax.tree import Tree
from symdiff.syntax.treekinds import KindsOfTrees
from symdiff.table import TABLE
from symdiff.table.operators import CONDITIONS

DEMANDS_MATRIX = frozenset((
    "det", "logdet", "inv", "tr", "trace", "rowsum", "colsum", "vec", "rows", "cols", "tril", "triu", "trilhalf", "vech", "cholesky", "eigvalsh", "eigvecsh", "pinv",
    "normnuc", "polar", "sqrtm", "expm", "logm",
))  # fmt: skip

_BARE = frozenset(("ones", "zeros", "eye"))

_ARITHMETIC = frozenset(("add", "sub", "neg", "epow"))  # steps as they stand

_GUARDING = frozenset(("mul", "emul", "call"))  # in whose operands a condition may keep another one from counting

_NAMED = frozenset(("name", "call"))


class Walk:
    """Where a walk over one tree is.

    stack: the trees still to be met. scope: the indices and parameters that have a meaning here. defined: so many of the definitions hold here; in the
    value of one those in front of it. around: for every scope that is left again, how long the stack is there, and `scope` and `defined` outside.
    guards: of trees on the stack, the conditions under which they count. plain: as in `Steps`.
    """

    __slots__ = ("around", "defined", "guards", "plain", "scope", "stack")

    def __init__(self, root: Tree, defined: int) -> None:
        self.stack: list[Tree] = [root]
        self.scope: Indices = {}
        self.defined = defined
        self.around: list[tuple[int, Indices, int]] = []
        self.guards: dict[int, tuple[Guard, ...]] = {}
        self.plain = True

    def enter(self, scope: Indices, defined: int | None = None) -> None:
        """A scope for what is put on the stack from here on."""
        self.around.append((len(self.stack), self.scope, self.defined))
        self.scope = scope
        if defined is not None:
            self.defined = defined

    def leave(self) -> None:
        """Out of the scopes whose trees have all been met."""
        while self.around and len(self.stack) <= self.around[-1][0]:
            _, self.scope, self.defined = self.around.pop()


class Steps(KindsOfTrees):
    """The steps of a program.

    steps, indices: see above. dims: names of dimensions. notes: remarks for the user.
    perhaps_matrices: names that something which demands a matrix, or an index, stands at.
    plain: only operations on scalars occur, and nothing that convention could read as a matrix.
    conditional: conditions occur, or something that takes one.
    """

    def _flatten(self, root: Tree) -> None:
        """Append the steps of one tree. The walk meets the last operand first; reversed, it is the order of evaluation.

        `MET` says what is done with a tree of each kind: the step that it becomes is given back, or None where other trees stand on the stack
        in its place.
        """
        out: list[Tree] = []
        walk = Walk(root, len(self.definitions))
        stack = walk.stack
        while stack:
            if walk.around:
                walk.leave()
            met = stack.pop()
            kind = met.kind
            over = walk.guards.pop(id(met), ()) if walk.guards else ()
            if kind == "number":
                out.append(met)
                continue
            if kind in _ARITHMETIC:
                tree: Tree | None = met
            elif kind in MET:
                tree = MET[kind](self, met, walk)
            else:
                tree, walk.plain = met, False
            if tree is None:
                continue
            out.append(tree)
            stack += tree.kids
            if walk.scope and (over or kind in _GUARDING):
                self._guard(kind, tree, over, walk)
        out.reverse()
        self.steps += out
        self.plain = self.plain and walk.plain

    def _guard(self, kind: str, tree: Tree, over: tuple[Guard, ...], walk: Walk) -> None:
        """What a tree stands under holds for its operands, too, and a condition that multiplies holds for the other factors."""
        if over and kind == "index":
            self.guards[id(tree)] = over
        for kid, conditions in zip(tree.kids, guarding(tree), strict=True):
            if over or conditions:
                walk.guards[id(kid)] = (*over, *[Guard(c, holds, walk.scope) for c, holds in conditions])

    # -------------------------------------------------------------------------------------- a method for each kind

    def _met_name(self, tree: Tree, walk: Walk) -> Tree:
        name, scope = tree.value, walk.scope
        k = scope.get(name) if scope else None
        if k is not None:
            walk.plain = False
            return Tree("index_value" if k >= 0 else "slot", (), k if k >= 0 else ~k, tree.start, tree.end)
        known = name in self.variables or name in self.bound
        if scope and "_" in name and not known:
            hints.check_subscript(tree, scope)
        if name in _BARE and not known:
            walk.plain = False
            return Tree("const", (), (name, ()), tree.start, tree.end)
        return tree

    def _met_quotient(self, tree: Tree, walk: Walk) -> Tree:
        above = tree.kids[0]
        if above.kind in _NAMED and above.value[0] == "d":
            hints.check_quotient(tree, self.variables, self.bound)
        return tree

    def _met_bars(self, tree: Tree, walk: Walk) -> Tree:
        self._bars(tree)
        return tree

    def _met_transpose(self, tree: Tree, walk: Walk) -> Tree:
        walk.plain = False
        if tree.kids[0].kind == "number" and tree.kids[0].value == 1:
            raise hints.transposed_one(tree)
        return tree

    def _met_condition(self, tree: Tree, walk: Walk) -> Tree:
        self.conditional = True
        if walk.scope and len(tree.kids) == 2:  # [j != y], [j != y[i]]
            a, b = (kid.kids[0] if kid.kind == "index" else kid for kid in tree.kids)
            if a.kind == b.kind == "name":
                inside = walk.scope.get(a.value, -1) >= 0, walk.scope.get(b.value, -1) >= 0
                if inside[0] != inside[1]:
                    self.beside.add(id(b if inside[0] else a))
        return tree

    def _met_product(self, tree: Tree, walk: Walk) -> Tree:
        walk.plain = walk.plain and not _may_be_matrix(tree)
        if tree.kids[1].kind == "mul" or tree.kids[0].kind == "emul":
            self.suspects.append(tree)
        return tree

    def _met_entrywise(self, tree: Tree, walk: Walk) -> Tree:
        """Of two names these are signs of vectors."""
        walk.plain = walk.plain and any(kid.kind == "number" for kid in tree.kids)
        return tree

    def _met_power(self, tree: Tree, walk: Walk) -> Tree:
        tree = self._power(tree)
        walk.plain = walk.plain and tree.kind == "pow"
        return tree

    def _met_call(self, tree: Tree, walk: Walk) -> Tree | None:
        name = tree.value
        row = TABLE.names.get(name)
        if self.definitions and name in self.definitions:
            self._met_defined(tree, walk)
            return None
        if name in self.functions:
            walk.plain = False
        elif name in CONSTANTS:
            tree = self._constant(tree)
            walk.plain = False
        elif row is not None and row.macro:
            hints.check_arity(row, tree)
            hints.note_margin(tree, self.text, self.notes)
            given = self._with_defaults(row, tree)
            self._put(row.args, _instance(_definition(row.name), tree.start, tree.end), given, walk)
            return None
        elif name == "if":
            self.conditional = True
        elif name == "exp":
            if self.imaginary and "i" not in walk.scope:
                hints.note_imaginary(tree, self.text, self.notes)
        elif name in LOOKED_AT:
            self.suspects.append(tree)
        if row is None or not row.elementwise or len(tree.kids) < len(row.args) - len(row.defaults):
            walk.plain = False
            if name in DEMANDS_MATRIX and tree.kids and tree.kids[0].kind == "name":
                self.perhaps_matrices.add(tree.kids[0].value)
        return tree

    def _met_defined(self, tree: Tree, walk: Walk) -> None:
        """A call of a function that the program defines: its value with the arguments in place."""
        at, definition = self.definitions[tree.value]
        hints.check_call(definition, tree, at < walk.defined)
        self.written += self._extent(definition)
        if self.written > MAX_WRITTEN:
            raise exceeded("nodes", f"more than {MAX_WRITTEN} calls of functions that are defined", span=(tree.start, tree.end))
        self._put(definition.parameters, definition.value, tree, walk, at)

    def _put(self, parameters: Sequence[str], body: Tree, call: Tree, walk: Walk, defined: int | None = None) -> None:
        """The body in the place of a call, in a scope where the parameters are slots of its arguments."""
        walk.stack.append(Tree("slots", call.kids, self.slots, call.start, call.end))
        walk.enter({name: ~(self.slots + k) for k, name in enumerate(parameters)}, defined)
        walk.stack.append(body)
        self.slots += len(call.kids)
        walk.plain = False

    def _met_prime(self, tree: Tree, walk: Walk) -> Tree:
        walk.plain = False
        if tree.value[0] in self.definitions:
            raise ParseError(
                f"`{tree.value[0]}` is defined here, and its derivative is not typed",
                span=(tree.start, tree.end),
                hint="type the formula alone and say by what with --wrt",
            )
        return tree

    def _met_otimes(self, tree: Tree, walk: Walk) -> Tree:
        walk.plain = False
        self.suspects.append(tree)
        return tree

    def _met_over(self, tree: Tree, walk: Walk) -> Tree | None:
        """A sum, a product, a mean over an index; one whose range has conditions of its own is written out first."""
        walk.plain = False
        name, index, *ready = tree.value
        *bounds, body = tree.kids
        made = ready[0] if ready else self._index(index, bounds, body, walk.scope, tree)
        if not ready and (made.before or made.after or (made.guards and name == "mean")):
            walk.stack.append(self._written_out(tree, made))
            return None
        body = guarded(body, made.guards, name, (tree.start, tree.end))
        k = self._enter(made.index)
        walk.enter({**walk.scope, self.indices[k].name: k})
        return Tree("over", (body,), (name, k), tree.start, tree.end)

    def _met_pairs(self, tree: Tree, walk: Walk) -> None:
        walk.plain = False
        walk.stack.append(self._pairs(tree, walk.scope))

    def _met_tensor(self, tree: Tree, walk: Walk) -> Tree:
        walk.plain = False
        tree, scope = self._tensor(tree, walk.scope)
        walk.enter(scope)
        return tree

    def _met_index(self, tree: Tree, walk: Walk) -> Tree | None:
        walk.plain = False
        base, *entries = tree.kids
        if any(entry.kind == "slice" and entry.kids for entry in entries):
            walk.stack.append(self._sliced(base, entries, tree))
            return None
        return self._indexed(tree, base, entries, walk.scope)

    def _met_dot(self, tree: Tree, walk: Walk) -> Tree:
        walk.plain = False
        return self._dot(tree)


# What is done with a tree of each kind; one of another kind is a step as it stands, and no operation on scalars.
MET: dict[str, Callable[[Steps, Tree, Walk], Tree | None]] = {
    "name": Steps._met_name,
    "div": Steps._met_quotient,
    "bars": Steps._met_bars,
    "iverson": Steps._met_condition,
    "transpose": Steps._met_transpose,
    **dict.fromkeys(CONDITIONS, Steps._met_condition),
    "mul": Steps._met_product,
    "emul": Steps._met_entrywise,
    "ediv": Steps._met_entrywise,
    "pow": Steps._met_power,
    "call": Steps._met_call,
    "prime": Steps._met_prime,
    "otimes": Steps._met_otimes,
    "over": Steps._met_over,
    "pairs": Steps._met_pairs,
    "tensor": Steps._met_tensor,
    "index": Steps._met_index,
    "dot": Steps._met_dot,
}


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
