"""The cheat sheet: every operation of the graph and every row of the table with the local derivatives on its edges.

In: names to choose from, or none for all. Out: entries, as data and as tables for every format. The rows of functions
are read from the table itself; the operations below are those that the sweep knows without a row.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache

from symdiff.errors import UnknownNameError
from symdiff.notation.trees import postorder
from symdiff.syntax.parse import program
from symdiff.syntax.tree import Program, Tree
from symdiff.table import TABLE, OwnName, Row
from symdiff.teach.tables import Cell, Table, render


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the sheet; mathematics is text of the formula language, y the output, g its adjoint.

    graph: the arguments. edges: one for each argument, "" where there is none.
    form: "edge", a local derivative that the adjoint is multiplied with; "pull", what is passed down; "define", the function
    is an abbreviation and `edges` holds its meaning. words: the rule as a lecturer says it.
    """

    name: str
    formula: str
    graph: tuple[str, ...]
    edges: tuple[str, ...]
    form: str = "edge"
    where: str = ""
    kink: str = ""
    source: str = ""
    words: str = ""


# fmt: off
_CHAIN = "chain rule; limits of difference quotients"
_ENTRIES = "entry by entry"
OPERATIONS = {entry.name: entry for entry in (
    Entry("sum",         "a + b",    ("a", "b"), ("1", "1"),                           source=_CHAIN, words="a sum hands on what comes down"),
    Entry("difference",  "a - b",    ("a", "b"), ("1", "-1"),                          source=_CHAIN, words="1 to the left, -1 to the right"),
    Entry("negative",    "-a",       ("a",),     ("-1",),                              source=_CHAIN, words="the sign turns"),
    Entry("product",     "a*b",      ("a", "b"), ("b", "a"),                           source=_CHAIN, words="the other factor"),
    Entry("quotient",    "a/b",      ("a", "b"), ("1/b", "-a/b^2"), where="b != 0",    source=_CHAIN, words="the quotient rule"),
    Entry("reciprocal",  "1/a",      ("a",),     ("-1/a^2",),       where="a != 0",    source=_CHAIN, words="the power rule"),
    Entry("square",      "a^2",      ("a",),     ("2*a",),                             source=_CHAIN, words="twice the input"),
    Entry("squared_norm", "norm2(x)^2", ("x",), ("2*x",),                              source=_ENTRIES, words="twice the vector"),
    Entry("power",       "a^k",      ("a", "k"), ("k*a^(k - 1)", "a^k*log(a)"), where="a > 0, or k a whole number", source=_CHAIN,
          words="the power rule"),
    Entry("dot",         "a.b",      ("a", "b"), ("b", "a"),                           source=_ENTRIES, words="the other vector"),
    Entry("matvec",      "A*x",      ("A", "x"), ("g*x'", "A'*g"),      form="pull",   source=_ENTRIES, words="the other factor"),
    Entry("matmul",      "A*B",      ("A", "B"), ("g*B'", "A'*g"),      form="pull",   source=_ENTRIES, words="the other factor, transposed"),
    Entry("outer",       "x*y'",     ("x", "y"), ("g*y", "g'*x"),       form="pull",   source=_ENTRIES, words="the other factor"),
    Entry("transpose",   "A'",       ("A",),     ("g'",),               form="pull",   source=_ENTRIES, words="turned back"),
    Entry("total",       "sum(x)",   ("x",),     ("ones(size(x))",),                   source=_ENTRIES, words="every entry gets what comes down"),
    Entry("rowsum",      "rowsum(A)", ("A",),    ("g*ones(cols(A))'",), form="pull",   source=_ENTRIES, words="every entry of a row gets its adjoint"),
    Entry("colsum",      "colsum(A)", ("A",),    ("ones(rows(A))*g'",), form="pull",   source=_ENTRIES, words="every entry of a column gets its adjoint"),
    Entry("trace",       "tr(A)",    ("A",),     ("eye(rows(A))",),                    source=_ENTRIES, words="1 on the diagonal"),
    Entry("diag_matrix", "diag(x)",  ("x",),     ("diag(g)",),          form="pull",   source=_ENTRIES, words="the diagonal"),
    Entry("diag_part",   "diag(A)",  ("A",),     ("diag(g)",),          form="pull",   source=_ENTRIES, words="on the diagonal, 0 elsewhere"),
    Entry("concat",      "concat(x, y)", ("x", "y"), ("g[1:size(x)]", "g[size(x) + 1:size(x) + size(y)]"), form="pull", source=_ENTRIES,
          words="every part gets its own of what comes down"),
    Entry("entry",       "x[i]",     ("x",),     ("unit(i, size(x))",),                source=_ENTRIES, words="1 at this entry, 0 elsewhere"),
)}
# Other products are sums of products too, and forms of one operation share its line.
SAME = {"row_vec": "dot", "vec_row": "outer", "row": "transpose", "unrow": "transpose",
        "row_entry": "entry", "col_entry": "entry", "matrix_entry": "entry", "contraction": "product", "spread_vector": "sum", "spread_matrix": "sum"}
# fmt: on
# What functions of rows and columns are of one of these.
OF_ONE = {
    "rowmean": "mean",
    "rowmax": "max_entries",
    "rowmin": "min_entries",
    "rowprod": "prod",
    "rownorm2": "norm2",
    "rowvar": "var",
    "rowstd": "std",
}


def entry_of(rule: str) -> Entry | None:
    """The line for a node's rule, None for leaves and opaque functions."""
    rule = SAME.get(rule, rule)
    if rule in OPERATIONS:
        return OPERATIONS[rule]
    return _entry(TABLE[rule]) if rule in TABLE else None


def _entry(row: Row) -> Entry:
    name = row.spelled or row.name
    formula = f"{name}({', '.join(row.args)})"
    if row.relation:
        formula = f"[{f' {row.relation} '.join(row.args)}]" if len(row.args) > 1 else f"[{row.relation} {row.args[0]}]"
    facts = {"where": row.where, "kink": row.kink, "source": row.source}
    if row.macro:
        return Entry(row.name, formula, row.args, (row.define,), "define", **facts)
    return Entry(row.name, formula, row.args, row.edge or row.pull, "edge" if row.edge else "pull", **facts)


def sheet(only: Sequence[str] = (), own: Sequence[OwnName] = ()) -> tuple[Entry, ...]:
    """The lines of these names, in their order; all operations and rows if there are none. own: functions of one's own.

    UnknownNameError for a name without a line."""
    if not only:
        return (*OPERATIONS.values(), *[_entry(row) for row in TABLE], *[_entry(name.row) for name in own])
    mine = {str(name): _entry(name.row) for name in own}
    found = []
    for name in only:
        entry = mine[name] if name in mine else entry_of(name)
        if entry is None:
            from difflib import get_close_matches

            close = get_close_matches(name, [*OPERATIONS, *TABLE.names, *mine], 3)
            raise UnknownNameError(
                f"there is no rule for {name!r}", hint=f"did you mean {' or '.join(close)}?" if close else "symdiff rules lists them"
            )
        found.append(entry)
    return tuple(found)


class Rules(tuple[Row, ...]):
    """Rows of the table, which a notebook shows as the cheat sheet."""

    def __repr__(self) -> str:
        return f"<{len(self)} rules: {', '.join([str(row.name) for row in self[:6]])}, …>"

    def _repr_html_(self) -> str:
        return show([_entry(row) for row in self], "html")


LEGEND = "y: the output. g: the adjoint that comes down; an edge with g in it says what is passed on, the others are multiplied with it."


def show(entries: Sequence[Entry], form: str = "unicode") -> str:
    """The sheet as "text", "unicode", "markdown", "latex", "html", "csv" or "json"."""
    if form == "json":
        return json.dumps([asdict(e) for e in entries], ensure_ascii=False, indent=2)
    rows = tuple([(e.name, formula(e.formula), graph(e), edges(e), _condition(e), e.kink, e.source) for e in entries])
    return render([Table(LEGEND, ("rule", "value", "graph", "on the edges", "holds where", "at a kink", "source"), rows)], form)


def graph(e: Entry) -> Cell:
    """The fragment of the graph: `a, b → max`."""
    cells: list[Cell] = []
    for k, name in enumerate(e.graph):
        cells += [", " if k else "", formula(name)]
    return (*cells, f" → {e.name}")


def edges(e: Entry) -> Cell:
    """The local derivative by each argument: `a: [a > b], b: [b > a]`."""
    if e.form == "define":
        return ("short for ", formula(e.edges[0]))
    cells: list[Cell] = []
    for name, text in zip(e.graph, e.edges, strict=False):
        if text:
            cells += [", " if cells else "", formula(name), ": ", formula(text)]
    return tuple(cells)


def _condition(e: Entry) -> Cell:
    """A condition is written in the language; some are in words."""
    if not e.where or "," in e.where:
        return e.where
    body = formula(f"[{e.where}]").body
    assert body is not None
    return body.kids[0]


# What a lecturer calls the operations that the table knows by a short name.
CALLED = {
    "matvec": "matrix times vector",
    "matmul": "matrix times matrix",
    "outer": "outer product",
    "dot": "dot product",
    "total": "sum of all entries",
    "squared_norm": "squared norm",
    "squared_root": "square of a root",
    "rowsum": "row sums",
    "colsum": "column sums",
    "diag_part": "diagonal",
    "diag_matrix": "diagonal matrix",
    "negative": "minus",
    "entry": "entry",
    "inv": "inverse",
    "pinv": "pseudoinverse",
    "det": "determinant",
    "logdet": "logarithm of the determinant",
    "norm1": "sum of absolute values",
    "norm2": "norm",
    "norminf": "largest absolute value",
    "normnuc": "nuclear norm",
    "max_entries": "largest entry",
    "min_entries": "smallest entry",
    "normp": "p-norm",
    "concat": "parts put together",
    "prod": "product of all entries",
    "cumsum": "running sums",
    "cumprod": "running products",
    "var": "variance",
    "std": "standard deviation",
    "sqrtm": "square root of a matrix",
    "expm": "exponential of a matrix",
    "logm": "logarithm of a matrix",
    "cholesky": "Cholesky factor",
    "eigvalsh": "eigenvalues",
    "eigvecsh": "eigenvectors",
    "stop_gradient": "held fixed",
    "if": "case distinction",
    "onehot": "a one at the label, zeros elsewhere",
    **{row.name: "comparison" for row in TABLE if row.relation and row.name not in ("and", "or", "not")},
}


def called(rule: str) -> str:
    """An operation in words."""
    rule = SAME.get(rule, rule)
    rule = OF_ONE.get(rule, rule)
    return CALLED.get(rule, rule)


def spoken(e: Entry, taken: Collection[str], adjoint: str) -> tuple[Program, tuple[Program | None, ...]]:
    """The operation and the rules of its edges, without letters that mean something else in a formula with the names `taken`.

    The output is written as the operation; the adjoint has the name `adjoint`, arguments with a name of the formula get other letters.
    """
    whole = formula(e.formula)
    letters = {name: Tree("name", value=other) for name, other in _letters(e, taken).items()}
    letters["g"] = Tree("name", value=adjoint)
    assert whole.body is not None
    shown = replaced(whole.body, letters)
    letters["y"] = shown
    return Program("", [], shown), tuple([Program("", [], replaced(formula(x).body, letters)) if x else None for x in e.edges])


def _letters(e: Entry, taken: Collection[str]) -> dict[str, str]:
    """Other letters for arguments of a rule that have a name of the formula."""
    free = (c for c in ("u", "v", "s", "t", *[f"u{k}" for k in range(1, len(taken) + 9)]) if c not in taken and c not in e.graph)
    return {name: next(free) for name in e.graph if name in taken}


def kink_of(e: Entry, taken: Collection[str]) -> str:
    """What is taken at a kink, in the letters in which `spoken` says the rule; "a" in front of a word is none."""
    letters = _letters(e, taken)
    return re.sub(r"\b[a-z]+\b(?! [a-z])", lambda m: letters.get(m[0], m[0]), e.kink) if letters else e.kink


def replaced(tree: Tree | None, letters: Mapping[str, Tree]) -> Tree:
    """A tree with others in the place of names."""
    assert tree is not None
    new: dict[int, Tree] = {}
    for t in postorder([tree]):
        made = letters.get(t.value) if t.kind == "name" else None
        new[id(t)] = made if made is not None else Tree(t.kind, tuple([new[id(k)] for k in t.kids]), t.value)
    return new[id(tree)]


@cache
def formula(text: str) -> Program:
    """A text of the language as syntax, for the printers."""
    return program(text)
