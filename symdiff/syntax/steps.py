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

_ARITHMETIC = frozenset(("add", "sub", "div", "neg", "epow"))

_NAMED = frozenset(("name", "call"))


class Steps(KindsOfTrees):
    """The steps of a program.

    steps, indices: see above. dims: names of dimensions. notes: remarks for the user.
    perhaps_matrices: names that something which demands a matrix, or an index, stands at.
    plain: only operations on scalars occur, and nothing that convention could read as a matrix.
    conditional: conditions occur, or something that takes one.
    """

    def _flatten(self, root: Tree) -> None:
        """Append the steps of one tree. The walk meets the last operand first; reversed, it is the order of evaluation."""
        out: list[Tree] = []
        plain = True
        stack: list[Tree] = [root]
        scope: Indices = {}
        guards: dict[int, tuple[Guard, ...]] = {}  # of trees on the stack
        around: list[tuple[int, Indices, int]] = []  # how long the stack is where a scope ends, the scope outside, and `defined` there
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
