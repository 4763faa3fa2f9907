"""How large things may become: every limit, what it counts, its value, and the error beyond it.

The limits hold for the whole process. Nothing below them is slow for its size or recurses; beyond them stands a LimitError
that names the limit and says how to raise it. Two of them end no work: `offers`, beyond which an answer stays as long as it is,
and `seconds`, after which a verification says that it is undecided.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from symdiff.arguments import made
from symdiff.errors import LimitError, SymdiffError


class Limits:
    """The values, each with what it counts. (A dataclass would cost every start of the command two milliseconds.)"""

    characters: int = 10_000_000  # of a formula's text
    nesting: int = 1_000_000  # brackets inside brackets
    chain: int = 200_000  # signs, transposes or powers in a row: ---x, x''', x^2^2^2
    digits: int = 10_000  # of an exact number in the text; what is computed from these may have a few more
    power: int = 100  # of a matrix, written out as a product
    order: int = 30  # of a derivative
    nodes: int = 10_000_000  # that are kept at a time, about 400 bytes each; looked at as their number grows
    offers: int = 10  # shorter forms tried for each node of a derivative: the budget of simplification
    tokens: int = 20_000_000  # of a printed answer
    components: int = 100_000  # of one tensor that SymPy writes out
    terms: int = 20_000  # of code in C, which has no tensors
    boxes: int = 50_000  # places for boxes and lines in a picture
    bytes: int = 100_000_000  # of a file with values
    seconds: float = 5.0  # for one verification

    def __init__(self) -> None:
        vars(self).update({name: getattr(Limits, name) for name in Limits.__annotations__})

    def __str__(self) -> str:
        return "\n".join(f"{name} = {value:_}" for name, value in vars(self).items())


LIMITS = Limits()


@made
class limits:  # a verb to its callers: `with sd.limits(seconds=60):`
    """Other limits inside a `with`; printed, those that hold.

    with sd.limits(seconds=60): ...             # inside only
    print(sd.limits())

    SymdiffError for an unknown name or a value that is not a positive number, when it is made.
    """

    def __init__(self, **values: float) -> None:
        self.values = {name: _value(name, value) for name, value in values.items()}
        self.before: list[dict[str, Any]] = []  # a stack: one object may be entered again inside itself

    def __enter__(self) -> Limits:
        self.before.append(dict(vars(LIMITS)))
        vars(LIMITS).update(self.values)
        return LIMITS

    def __exit__(self, *error: object) -> None:
        vars(LIMITS).update(self.before.pop())

    def __repr__(self) -> str:
        return "\n".join(f"{name} = {value:_}" for name, value in {**vars(LIMITS), **self.values}.items())


def from_text(settings: Iterable[str], option: str = "--limit") -> dict[str, float]:
    """The values of `["seconds=60", "digits=1e6"]`. SymdiffError if one is not NAME=NUMBER."""
    values: dict[str, float] = {}
    for setting in settings:
        name, equals, number = setting.partition("=")
        try:
            values[name.strip()] = float(number)
        except ValueError:
            equals = ""
        if not equals:
            raise SymdiffError(
                f"{option} {setting[:80]}: this is not NAME=NUMBER",
                hint="--limit seconds=60" if option == "--limit" else f"{option} mu=0.95",
            )
    return values


def exceeded(name: str, what: str, needed: float = 0, *, hint: str = "", **place: Any) -> LimitError:
    """The error for something beyond a limit. what: as in "a number of 12000 digits"; needed: what would do, if that is known."""
    value = vars(LIMITS)[name]
    higher = max(needed, 2 * value) if needed < 10**15 else "…"
    raising = f"raise it with --limit {name}={higher} or `with sd.limits({name}={higher}):`"
    return LimitError(f"{what}; the limit `{name}` is {value}", hint=f"{hint}, or {raising}" if hint else raising, **place)


def _value(name: str, value: Any) -> float:
    if name not in vars(LIMITS):
        raise SymdiffError(f"there is no limit {name[:80]!r}", hint="limits are " + ", ".join(vars(LIMITS)))
    whole = isinstance(getattr(Limits, name), int)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e300 or (whole and value != value // 1):
        raise SymdiffError(
            f"the limit {name} is a positive {'whole ' if whole else ''}number, not {value!r}"[:200],
            hint=f"sd.limits({name}={getattr(Limits, name)})",
        )
    return int(value) if whole else float(value)
