"""The form of a row: everything any part of the program needs to know about one function, as plain data.

Mathematics is written in the formula language itself (see docs/language.md). In these texts the argument names are
those of the signature, `y` is the output and, in `pull`, `g` is the adjoint that comes down to the output.

edge    the arguments are scalars, so `+ * / ^` are scalar operators; the caller lifts the text to tensors.
pull    the arguments have the axes of `shape`; a scalar result is spread to the shape of the argument.
define  elementwise operators throughout, so that tensors may be put in place of the arguments.

Code is written as a call target (`np.tanh`) or as a template with `#1`, `#2` for the arguments. A template is a call or
stands in its own brackets; it may use an argument more than once, so the caller puts names or bracketed texts in. The
prefixes are `np.`, `scipy.special.`, `jnp.`, `jax.`, `torch.` and `math.`; `_softmax` and the like are helpers of
`numeric/targets`; arguments are arrays (tensors) of the target.
A notation (tex, unicode, typst, mathml) without `#` is the head of a call; one with `#1` encloses its arguments itself.
"""

from collections.abc import Container, Iterator
from typing import Any, NamedTuple

# No `from __future__ import annotations` here: NamedTuple would compile every annotation from text, 3 ms at each start
# (`python -m benchmarks --only starts`).

# The fields of a row that hold code.
CODE = ("numpy", "jax", "torch", "math", "c")


class Row(NamedTuple):
    """One function.

    name, args: from the signature, `row("atan2(a, b)", …)`.
    edge: for elementwise rows, the local derivative by each argument; "0" where it is zero almost everywhere.
    pull: for rows of whole tensors, the adjoint passed to each argument.
    shape: "" for elementwise rows, else core axes as in NumPy's gufuncs: "n -> n" (softmax), "n n -> " (det),
        "* -> " for functions over all entries of a tensor of any order. Leading axes beyond the core are batch axes.
    where: conditions under which the value is real and the rule holds ("x > 0"), over the arguments and y; "" if everywhere.
    closed: the value exists on the border of `where` too; only the derivative does not.
    kink: what is taken where the function is not differentiable, in words.
    ties: comparisons of two arguments that have their equality added in the edges where these arguments share a variable: "a >= b".
    shared: for rows over the entries of a tensor, `pull` where two entries may be the same function.
    define: the function by more elementary ones; used by the oracle, never by the sweep.
    macro: the row has no derivative of its own: its `define` is what a call means, with the arguments in place.
    defaults: values of the last arguments, where these may be left out.
    integer: arguments that stay whole numbers (polygamma's order) and have no derivative; their edge is "".
    range: bounds on the output ("0 < y < 1"), for the simplifier.
    increasing: True (strictly increasing over the domain, which is one interval), False (strictly decreasing) or None.
    odd / even: f(-x) = -f(x) / f(-x) = f(x).
    linear: a number may be taken out of each argument.
    work: what it costs in code: "entry", no more than an addition for each entry; "solve", a factorisation; "" for a call.
    by_row: the function that takes of every row what this one takes of all entries.
    of: the function of all entries that this one takes of every row.
    scales: f(c*x) = c*f(x) for c > 0, and code takes exponentials out of it, so that they stay in range.
    rises_from_zero: of one argument, 0 where that is 0, with a slope there, if only on one side. Odd rows need not say so.
    overflows: too large for a double at arguments of ordinary size; code does not take it where a condition cuts it off.
    matrix: a small letter that nobody declared is a matrix where this is taken of it, as in `det(a)`.
    activation: a layer's; what it gives is called `a` in pictures of networks.
    spelled: how the function is typed, where that is not by its name: max_entries is `max` of one argument.
    relation: the sign or word between the operands of a comparison or logical connective; the values are 0 and 1,
        and code spells them as truth values.
    tex, unicode, typst, mathml: notations; "" = the name set upright.
    numpy, jax, torch, math, c: code; "" = the target has no spelling, and the row has to be refused there.
    sympy: the name in the module sympy of the same function on the reals; "" = use `define`.
    sample: intervals from which tests draw each argument, e.g. ((-3, 3),), keeping the draws that satisfy `where`.
    source: where the rule was checked.
    """

    name: str
    args: tuple[str, ...]
    edge: tuple[str, ...] = ()
    pull: tuple[str, ...] = ()
    shape: str = ""
    where: str = ""
    closed: bool = False
    kink: str = ""
    ties: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()
    define: str = ""
    macro: bool = False
    defaults: tuple[str, ...] = ()
    integer: tuple[str, ...] = ()
    range: str = ""
    increasing: bool | None = None
    odd: bool = False
    linear: bool = False
    even: bool = False
    work: str = ""
    by_row: str = ""
    of: str = ""
    scales: bool = False
    rises_from_zero: bool = False
    overflows: bool = False
    matrix: bool = False
    activation: bool = False
    aliases: tuple[str, ...] = ()
    spelled: str = ""
    relation: str = ""
    tex: str = ""
    unicode: str = ""
    typst: str = ""
    mathml: str = ""
    numpy: str = ""
    jax: str = ""
    torch: str = ""
    math: str = ""
    sympy: str = ""
    c: str = ""
    sample: tuple[tuple[float, float], ...] = ()
    source: str = ""

    @property
    def elementwise(self) -> bool:
        return not self.shape

    def edge_by(self, k: int, ties: Container[str] = ()) -> str:
        """The local derivative by the k-th argument; with the equality in these of `self.ties`."""
        text = self.edge[k]
        for tie in self.ties:
            if tie in ties:
                text = text.replace(tie.replace("=", ""), tie)
        return text

    def core(self) -> tuple[tuple[tuple[str, ...], ...], tuple[str, ...]]:
        """Core axes of every argument and of the output: "n, n -> n" gives ((("n",), ("n",)), ("n",))."""
        left, right = self.shape.split("->")
        return tuple([tuple(part.split()) for part in left.split(",")]), tuple(right.split())


class Names(dict[str, Row]):
    """Rows by name and alias. The name of a function of one's own (`OwnName`) is found, too: it brings its row."""

    __slots__ = ()

    def __missing__(self, name: str) -> Row:
        if type(name) is str:
            raise KeyError(name)
        return name.row  # type: ignore[attr-defined,no-any-return]

    def __contains__(self, name: object) -> bool:
        return dict.__contains__(self, name) if type(name) is str else hasattr(name, "row")

    def get(self, name: str, default: Any = None) -> Any:
        return dict.get(self, name, default) if type(name) is str else name.row  # type: ignore[attr-defined]


class Table:
    """Rows by name and alias; of the table's own, none is changed but for spellings that it lacked.

    Functions of one's own are no rows of it: they travel with the nodes that use them (`table.own`).
    """

    def __init__(self) -> None:
        self.rows: dict[str, Row] = {}
        self.names = Names()

    def add(self, row: Row) -> Row:
        """Enter a row; ValueError if its name or an alias is taken."""
        spellings = (row.name, *row.aliases)
        for spelling in spellings:
            if spelling in self.names:
                raise ValueError(f"the table has a row for {spelling!r} already")
        self.rows[row.name] = row
        self.names.update(dict.fromkeys(spellings, row))
        return row

    def keep(self, row: Row) -> None:
        """Enter a row that is found by its name and not listed: for derivatives that only code has."""
        self.names[row.name] = row

    def complete(self, row: Row, spellings: dict[str, str]) -> None:
        """Enter the spellings of a row; ValueError if it has one of them already."""
        twice = [column for column in spellings if getattr(row, column)]
        if twice:
            raise ValueError(f"the row of {row.name} has the columns {twice} already")
        completed = row._replace(**spellings)  # type: ignore[arg-type]  # columns of texts
        self.rows[row.name] = completed
        self.names.update(dict.fromkeys((row.name, *row.aliases), completed))

    def __getitem__(self, name: str) -> Row:
        return self.names[name]

    def __contains__(self, name: object) -> bool:
        return name in self.names

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows.values())

    def __len__(self) -> int:
        return len(self.rows)
