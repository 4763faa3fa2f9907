# fmt: off
"""The operators: a row for every sign that joins values. Precedence, types, nodes, notations and messages are read off these rows.

Adding an operator is a row here and a line of the grammar, whose rule makes a tree of this kind.

kind      of the tree (syntax/tree.py); also the name of the row in `TABLE` for conditions, which are functions of their sides
text      the sign as it is typed and written, with the space around it; the rest of `read` are other ways to type it
strength  how tightly it binds, loosest first; operators of one strength associate to the left, powers to the right
least     how tightly an operand must bind to stand without brackets, from the left: more than the grammar asks for where
          a reader would need them, as in `x.^2.y` or `a^b^c`
family    operators of one strength and different families are not read off their order: their operands take brackets
types     what it takes and gives, "V V -> S dot": the ranks of operands and value (S scalar, V vector, M matrix, R row), then the
          constructor in `expr.build`, whose index pattern says which axes are one. Words instead of ranks:
          entries  operands of one shape, of which some may be scalars;  scaling  two scalars, or a scalar and anything;
          by a number  the second operand is a scalar
makes     the constructor of scalars, and of tensors entry by entry; "call": the row of `TABLE`; "" where `elaborate` has a method
verb      what it does, in messages: (verb, word in front of the second operand)
unicode, tex, typst, mathml   the sign in the notations, "" where it is set by other means (a fraction, an exponent), or as text is
"""

# No `from __future__ import annotations` here: NamedTuple would compile every annotation from text, 3 ms at each start
# (`python -m benchmarks --only starts`).
import operator
from collections.abc import Callable
from typing import Any, NamedTuple

ATOM = 11  # the strength of what needs no brackets


class Operator(NamedTuple):
    kind: str
    text: str
    strength: int
    least: tuple[int, ...]
    types: str
    makes: str = ""
    family: str = ""
    read: tuple[str, ...] = ()
    verb: tuple[str, str] = ("combine entry by entry", "and")
    unicode: str = ""
    tex: str = ""
    typst: str = ""
    mathml: str = ""

    @property
    def spellings(self) -> tuple[str, ...]:
        """Everything that is read as this operator."""
        return (self.text.strip(), *self.read)


OPERATORS: dict[str, Operator] = {}


def _row(kind: str, text: str, strength: int, least: tuple[int, ...] = (), **facts: object) -> None:
    OPERATORS[kind] = Operator(kind, text, strength, least or (strength, strength + 1), **facts)  # type: ignore[arg-type]


MATRIX_PRODUCT = "M V -> V matvec; M M -> M matmul; R V -> S row_vec; V R -> M vec_row; R M -> R matmul"
THIN = '<mo rspace="0.167em">\u2062</mo>'  # an invisible product with a thin space behind it

# ------------------------------------------------------------------------------------------- conditions: the values are 0 and 1

_row("or",    " or ",   1,         types="entries", makes="call", read=("∨",),            tex=r" \lor ",   typst=" or ",  mathml="∨")
_row("and",   " and ",  2,         types="entries", makes="call", read=("∧",),            tex=r" \land ",  typst=" and ", mathml="∧")
_row("not",   "not ",   3, (4,),   types="entries", makes="call", read=("¬",),            tex=r"\lnot ",   typst="not ",  mathml="¬")
_row("lt",    " < ",    4, (5, 5), types="entries", makes="call",                         tex=" < ",       typst=" < ",   mathml="<")
_row("le",    " <= ",   4, (5, 5), types="entries", makes="call", read=("≤",), unicode=" ≤ ", tex=r" \le ", typst=" <= ", mathml="≤")
_row("gt",    " > ",    4, (5, 5), types="entries", makes="call",                         tex=" > ",       typst=" > ",   mathml=">")
_row("ge",    " >= ",   4, (5, 5), types="entries", makes="call", read=("≥",), unicode=" ≥ ", tex=r" \ge ", typst=" >= ", mathml="≥")
_row("eq",    " == ",   4, (5, 5), types="entries", makes="call",                         tex=" = ",       typst=" = ",   mathml="=")
_row("ne",    " != ",   4, (5, 5), types="entries", makes="call", read=("≠",), unicode=" ≠ ", tex=r" \ne ", typst=" != ", mathml="≠")

# ------------------------------------------------------------------------------------------- sums, products, powers

_row("add",    " + ",   5,           types="entries", makes="add", verb=("add", "and"),   tex=" + ", typst=" + ", mathml="+")
_row("sub",    " - ",   5,           types="entries", makes="sub", verb=("subtract", "and"), read=("−", "–"), tex=" - ", typst=" - ", mathml="−")
_row("mul",    "*",     6,           types=f"scaling; {MATRIX_PRODUCT}", makes="scale", verb=("multiply", "by"), read=("×",),
     tex=r" \, ", typst=" ", mathml=THIN)
_row("div",    "/",     6,           types="by a number", makes="divide", verb=("divide", "by"))
_row("matmul", " @ ",   6,           types=f"V V -> S dot; {MATRIX_PRODUCT}", verb=("multiply", "by"), tex=r" \, ", typst=" ", mathml=THIN)
_row("emul",   " .* ",  6,           types="entries", makes="elementwise", family=".", read=("∘", "⊙"),
     unicode=" ⊙ ", tex=r" \odot ", typst=" ⊙ ", mathml="⊙")
_row("ediv",   " ./ ",  6,           types="entries", makes="divide", family=".", tex=r" \oslash ", typst=" ⊘ ", mathml="⊘")
_row("otimes", " ⊗ ",   6,           types="V V -> M outer; M M -> M kron", family="⊗", verb=("take the product ⊗ of", "and"),
     tex=r" \otimes ", typst=" times.o ", mathml="⊗")
_row("neg",    "-",     7, (8,),     types="entries", makes="neg", read=("−", "–"))
_row("dot",    ".",     8, (10, 10), types="scaling; V V -> S dot; M V -> V matvec; R V -> S row_vec", makes="scale",
     verb=("take the dot product of", "and"), read=("·", "⋅"), unicode="·", tex=r" \cdot ", typst=" dot ", mathml="⋅")
_row("pow",    "^",     9, (ATOM, 10), types="S S -> S; M S -> M", verb=("raise", "to the power of"), read=("**",))
_row("epow",   ".^",    9, (ATOM, 10), types="entries", makes="entry_power")
_row("transpose", "'",  10, (ATOM,), types="S -> S; V -> R row; R -> V unrow; M -> M transpose", read=("′", "’", "ᵀ", "⊤"))


# ------------------------------------------------------------------------------------------- the six comparisons


class Comparison(NamedTuple):
    """mirror: `a < b` is `b > a`. negation: what holds where `a < b` does not. test: of two numbers."""

    mirror: str
    negation: str
    test: Callable[[Any, Any], Any]


COMPARISONS: dict[str, Comparison] = {
    #               mirror  negation
    "lt": Comparison("gt",   "ge",    operator.lt),
    "le": Comparison("ge",   "gt",    operator.le),
    "gt": Comparison("lt",   "le",    operator.gt),
    "ge": Comparison("le",   "lt",    operator.ge),
    "eq": Comparison("eq",   "ne",    operator.eq),
    "ne": Comparison("ne",   "eq",    operator.ne),
}
CONNECTIVES = frozenset(("and", "or", "not"))
CONDITIONS = CONNECTIVES.union(COMPARISONS)  # what has the values 0 and 1 by its nature
EITHER_OR_BOTH = frozenset(("and", "or"))
INEQUALITIES = frozenset(name for name, row in COMPARISONS.items() if row.mirror != name)
EQUALITIES = frozenset(COMPARISONS) - INEQUALITIES
STRICT = frozenset(("lt", "gt"))
BELOW = frozenset(("lt", "le"))
ABOVE = frozenset(("gt", "ge"))
FORWARD = frozenset(("gt", "ge", "eq", "ne"))  # the normal form has no others: `a < b` is `b > a` there

MIRROR = {name: row.mirror for name, row in COMPARISONS.items()}
NEGATION = {name: row.negation for name, row in COMPARISONS.items()}
SIGN = {name: OPERATORS[name].text.strip() for name in COMPARISONS}
COMPARED_BY = {spelling: name for name in COMPARISONS for spelling in OPERATORS[name].spellings}
COMPARE = {name: row.test for name, row in COMPARISONS.items()}
