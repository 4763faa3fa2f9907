"""The table itself, and the short hand in which its rows are written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from symdiff.table.row import Row, Table

TABLE = Table()


def section(**common: Any) -> Callable[..., Row]:
    """The function that enters the rows of one section: `common` holds the facts that they share, such as the source.

    row("tanh(x)", "1 - y^2", odd=True, …): the signature, the edges of an elementwise row, then facts by name.
    sample: one interval serves all arguments. Spellings may stand here, or behind the rows of the file (`spell`), where the mathematics is
    long enough.
    """

    def row(signature: str, *edge: str, code: str = "", **facts: Any) -> Row:
        name, _, rest = signature.rstrip(")").partition("(")
        args = tuple([a.strip() for a in rest.split(",")])
        facts = targets(code) | common | facts
        sample = facts.pop("sample", ((-3, 3),))
        return TABLE.add(Row(name, args, edge, sample=sample * len(args) if len(sample) == 1 else sample, **facts))

    return row


def spell(name: str, *, code: str = "", **spellings: str) -> None:
    """How notations and targets write a function of a row above. code: for every target at once, written for NumPy."""
    row = TABLE[name]
    everywhere = targets(code)
    if not row.elementwise:  # math and C are targets of scalars only
        everywhere = {target: text for target, text in everywhere.items() if target not in ("math", "c")}
    TABLE.complete(row, everywhere | spellings)


def word(text: str) -> dict[str, str]:
    """A function's name as papers have it, in the typeset notations."""
    return {"tex": rf"\operatorname{{{text}}}", "typst": f'op("{text}")', "mathml": f"<mi>{text}</mi>"}


def targets(code: str) -> dict[str, str]:
    """NumPy's spelling carried over to the libraries that follow its names; math and C say fabs, acos for abs, arccos."""
    if not code:
        return {}
    plain = code.replace("np.abs", "np.fabs").replace("np.arc", "np.a")
    return {
        "numpy": code,
        "jax": code.replace("np.", "jnp."),
        "torch": code.replace("np.", "torch."),
        "math": plain.replace("np.", "math."),
        "c": plain.replace("np.pi", "M_PI").replace("np.", ""),
    }
