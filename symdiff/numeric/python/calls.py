"""Calls of the table's functions by the spellings of their rows, and of opaque ones."""

from __future__ import annotations

import re
from collections.abc import Sequence

from symdiff.expr.node import DIM, Expr
from symdiff.expr.patterns import is_whole_number, unspread
from symdiff.numeric.inner import no_spelling, row_of
from symdiff.numeric.places import is_index
from symdiff.numeric.python.entries import PLACED, EntryWriter
from symdiff.numeric.python.library import Library
from symdiff.numeric.python.pieces import ADD, ATOM, MUL, POWER, TEST, Piece, decimal, identifier, is_plain, opaque_name, quoted, stripped
from symdiff.numeric.python.products import is_root
from symdiff.table import Row
from symdiff.table.operators import CONNECTIVES

FLOAT = re.compile(r"-?\d+\.\d+")
COMPARISON = re.compile(r"\(#1 [<>=!]+ #2\)")


class CallWriter(EntryWriter):
    """Arguments in the type that a row wants, whole where it is a function of whole arrays."""

    def __init__(self, exprs: Sequence[Expr], target: Library, name: str, given: Sequence[Expr], order: Sequence[str] = ()) -> None:
        super().__init__(exprs, target, name, given, order)
        self.softened: dict[Expr, set[str]] = {}  # what has softmax, log_softmax or logsumexp taken of it, and which

    def call(self, node: Expr) -> Piece:
        row = row_of(node.data)
        if row.name in PLACED:
            return self.placed(node)
        template = self.target.spelling(row)
        if not template:
            raise no_spelling(row, self.target.name)
        if row.name in self.target.cholesky and self.has_factor(node.args[0]) and node not in self.solved:
            matrix = self.pieces[node.args[0]]
            return self.piece(
                self.by_factor(row.name, matrix), MUL if row.name == "logdet" else ATOM, matrix.axes[: len(node.shape)], (matrix,)
            )
        if is_index(node):
            place = f", {self.target.place.replace('#', self.kind_name)}" if self.target.place and self.data_kind() else ""
            text = f"{self.lib('arange')}(1, {self.dim(node.shape[0])} + 1{place})"
            return Piece(text, ATOM, (0,), "index")
        logic = row.relation in CONNECTIVES
        args = [self.pieces[a] for a in node.args]
        if logic and len(args) == 2 and args[0] == args[1]:
            return self.truth(args[0])  # c and c
        if row.relation and not logic:
            args = self.comparable(node.args, args)
        else:
            args = [self.truth(a) if logic or (row.name == "if" and k == 0) else self.floats(a) for k, a in enumerate(args)]
        if row.elementwise and self.target.arrays and all(a.kind == "number" for a in args):
            return self.constant(node, row, args)
        if not self.target.takes_numbers and not row.relation:
            args = [a if name in row.integer else self.lift(a) for name, a in zip(row.args, args, strict=True)]
        if row.elementwise:
            args, axes = self.together(args)
            self.work.add("entry" if row.relation or row.work == "entry" else "call", [node.shape[a] for a in axes])
        else:
            self.count_whole(node)
            args = [self.whole(a, n.shape) for a, n in zip(args, node.args, strict=True)]
            axes = tuple(range(len(node.shape)))
            if row.name in self.target.exponentials and len(self.softened[node.args[0]]) > 1:
                return self.exponentials(row.name, args[0])._replace(axes=axes)
        made = self.filled(row, template, args)
        if row.name == "if" and self.target.arrays and not any(a.kind in ("array", "wide") for a in args):
            made = self.floats(made._replace(kind="truth"))  # two numbers chosen from: of the arguments' type, like all others
        return made._replace(axes=axes, kind="truth" if row.relation else "array")

    def count_whole(self, node: Expr) -> None:
        """The work of a function of whole arrays: that of a factorisation where the row is one of square matrices."""
        if node in self.solved:
            return
        shape = max([a.shape for a in node.args], key=len, default=())
        cost = row_of(node.data).work
        if cost == "solve" and len(shape) > 1:
            self.work.add("solve", (*shape, shape[-1]), node.shape)
        else:
            self.work.add("entry" if cost == "entry" else "call", shape, node.shape)

    def exponentials(self, name: str, x: Piece) -> Piece:
        """softmax, log_softmax or logsumexp where another of them is needed of the same argument: the exponentials are computed once."""
        key = f"exponentials of {x.text}"
        if key not in self.once:
            names = [self.fresh(wanted) for wanted in ("e", "total", "top")]
            self.lines.append(f"{', '.join(names)} = {self.helper('_exponentials')}({x.text})")
            self.once[key] = Piece(" ".join([*names, x.text]))
        e, total, top, of = self.once[key].text.split(" ", 3)
        text, level = {
            "softmax": (f"{e}/{total}", MUL),
            "logsumexp": (f"({self.lib('log')}({total}) + {top})[..., 0]", ATOM),
            "log_softmax": (f"{of if is_plain(of) else f'({of})'} - {top} - {self.lib('log')}({total})", ADD),
        }[name]
        return self.piece(text, level, (), (x,))

    def comparable(self, nodes: Sequence[Expr], pieces: list[Piece]) -> list[Piece]:
        """Sides of a comparison: whole numbers as they are; beside data, indices and data in the longest floats."""
        if all(self.is_whole(a) for a in nodes) or all(p.kind in ("index", "wide", "number") for p in pieces):
            return pieces
        if not any(p.kind in ("index", "wide") for p in pieces):
            return [self.floats(p) for p in pieces]
        if self.target.mixes:
            return [self.floats(p) if p.kind == "truth" else p for p in pieces]
        before, self.wide = self.wide, True
        made = [
            self.piece(self.target.cast.replace("#k", self.kind()).replace("#", p.at(ATOM)), ATOM, p.axes, (p,))
            if p.kind not in ("wide", "number")
            else p
            for p in pieces
        ]
        self.wide = before
        return made

    def is_whole(self, node: Expr) -> bool:
        """Indices and plain whole numbers, which are compared and added as such: 257 is no number of bfloat16."""
        if self.pieces[node].kind == "index":
            return True
        node = unspread(node)  # spread
        return node.op == DIM or (is_whole_number(node) and abs(node.data) < 1 << 31)

    def constant(self, node: Expr, row: Row, args: list[Piece]) -> Piece:
        """A call that depends on no argument, computed by NumPy: as a plain number it does not widen float32."""
        if row.relation:
            test = self.filled(row, row.numpy, args)
            return self.piece(f"1.0*({test.text})", MUL, (), (test,), "number")
        if is_root(node):
            return self.piece(f"{args[0].at(ATOM)}**0.5", POWER, (), args, "number")
        np = self.module("np")
        floats = [  # whole numbers would overflow in silence, or lack negative powers
            a if name in row.integer or (FLOAT.fullmatch(a.text) and "#" not in row.numpy) else Piece(f"{np}.float64({a.text})")
            for name, a in zip(row.args, [decimal(a) for a in args], strict=True)
        ]
        args = floats
        value = self.filled(row, row.numpy, args)
        return self.piece(f"{value.at(ATOM)}.item()", ATOM, (), (value,), "number")

    def filled(self, row: Row, template: str, args: list[Piece]) -> Piece:
        """The row's spelling with these arguments."""
        if "#" not in template:
            return self.piece(f"{self.spelled(template + '(')}{', '.join(stripped(a.text) for a in args)})", ATOM, (), args)
        if COMPARISON.fullmatch(template):
            left, right = args
            return self.piece(f"{left.at(ADD)} {row.relation} {right.at(ADD)}", TEST, (), args)
        args = [a if template.count(f"#{k + 1}") == 1 or is_plain(a.text) else self.assign(a) for k, a in enumerate(args)]
        text = self.spelled(template)
        for k, a in enumerate(args):
            if a.text == "1":
                text = re.sub(rf"(?<![/*])#{k + 1}\*(?!\*)", "", text)
            around_minus = re.split(rf"(?<=[(\s])-#{k + 1}(?=[,)])", text)
            if len(around_minus) > 1:
                text = self.scaled(-1, a).text.join(around_minus)
            alone = re.search(rf"(?:(?<=\()|(?<=, ))#{k + 1}(?=[,)])", text)  # not behind an operator: not (a and b)
            text = text.replace(f"#{k + 1}", stripped(a.text) if alone and template.count(f"#{k + 1}") == 1 else a.at(ATOM))
        return self.piece(text, ATOM, (), args)

    def opaque(self, node: Expr) -> Piece:
        label = opaque_name(node)
        args = [self.lift(self.whole(self.floats(self.pieces[a]), a.shape)) for a in node.args]
        once = "" if len(self.calls[label]) == 1 else ", once=False"
        dims = "(" + "".join(f"{self.known(d)}, " for d in node.shape).rstrip() + ")"
        parts = ", ".join([self.given, quoted(label), dims, *[a.text for a in args]])
        simple = len(args) == 1 and args[0].text.isidentifier()
        local = self.fresh(f"{identifier(label)}_{args[0].text}" if simple else f"{identifier(label)}_value")
        batch = node.data[2]
        apply = f"{self.helper('_apply_each')}({batch}, " if batch else f"{self.helper('_apply')}("
        made = self.assign(Piece(f"{apply}{parts}{once})", ATOM, tuple(range(len(node.shape)))), local)
        for axis, d in enumerate(node.shape):
            if isinstance(d, str) and d not in self.sizes and (d not in self.places or self.places[d][0] in self.optional):
                self.sizes[d] = f"{local}.shape[{axis}]"
        return made
