"""Answers as they are printed: text of every format, code, components, JSON, values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from symdiff.cli.options import CODE
from symdiff.cli.streams import Screen, common_first
from symdiff.errors import LimitError, SymdiffError

if TYPE_CHECKING:
    from symdiff.checking import Verdict
    from symdiff.formula import Code, Expressions, Formula


def readable(form: str, output: str, screen: Screen, *, tables: bool = False) -> str:
    """The format that is meant by "auto". tables: of views that colour their numbers on a terminal."""
    import sys

    if form != "auto":
        return form
    if tables and screen.bold and output == "-":
        return "terminal"
    return "unicode" if screen.terminal and output == "-" and "utf" in (sys.stdout.encoding or "").lower() else "text"


def printed(exprs: Expressions, form: str) -> str:
    if form in CODE:
        return (exprs[0] if len(exprs) == 1 else exprs).code(cast("Code", form)).rstrip("\n")
    from symdiff.printers import written

    return lines(exprs.names, [written(g.expr, form) for g in exprs])


def components(exprs: Expressions, sizes: Mapping[str, Any], *, source: bool) -> str:
    """The answers as SymPy prints them, entry by entry, at sizes that --at gives; source: as a program that makes them."""
    from symdiff import bridges

    try:
        if source:
            return bridges.SymPy(sizes).code([g.expr for g in exprs]).rstrip("\n")
        return lines(exprs.names, [str(bridges.explicit(g.expr, sizes)) for g in exprs])
    except LimitError:
        raise
    except SymdiffError as error:
        raise SymdiffError(error.message, hint="--at n=2 gives a size; SymPy's form is written out entry by entry") from None


def lines(names: Sequence[str], texts: Sequence[str]) -> str:
    """One line per name; the name is said where there are several."""
    return texts[0] if len(texts) == 1 else "\n".join(f"{name}: {text}" for name, text in zip(names, texts, strict=True))


def value_of(g: Formula, values: dict[str, Any]) -> Any:
    """The value as a number or nested lists."""
    import numpy as np

    with np.errstate(all="ignore"):
        return np.asarray(g(values)).tolist()


def as_json(
    f: Formula,
    wrt: Sequence[str],
    exprs: Expressions,
    verdicts: Sequence[Verdict],
    numbers: Sequence[Any],
    assumed: Mapping[str, Sequence[str]],
) -> str:
    import json

    from symdiff.expr.build import show_dim
    from symdiff.expr.walk import bindings
    from symdiff.printers import written

    def shape(of: Any) -> list[int | str]:
        return [d if isinstance(d, int) else show_dim(d) for d in of.shape]

    result: dict[str, Any] = {
        "schema": 1,
        "formula": f.reading.text,
        "wrt": list(wrt),
        "types": {name: {"shape": shape(t), "source": t.source} for name, t in {**f.reading.functions, **f.reading.types}.items()},
        "derivative": {name: {"text": str(g), "latex": g.latex(), "shape": shape(g)} for name, g in zip(exprs.names, exprs, strict=True)},
        "where": {name: written(node.args[0]) for name, node in bindings([g.expr for g in exprs]).items()},
        "notes": [*f.reading.notes, *common_first(assumed)],
        "verified": together(verdicts),
    }
    if numbers:
        result["value"] = dict(zip(exprs.names, numbers, strict=True))
    return json.dumps(result, ensure_ascii=False, indent=2)


def together(verdicts: Sequence[Verdict]) -> dict[str, Any] | None:
    """One verdict on all answers: as good as the worst of them."""
    if not verdicts:
        return None
    return {
        "ok": True if all(v.ok for v in verdicts) else None,
        "method": ", ".join(dict.fromkeys(v.method for v in verdicts)),
        "sizes": {name: size for v in verdicts for name, size in v.sizes.items()},
        "points": min(v.points for v in verdicts),
        "kinks": max(v.kinks for v in verdicts),
        "unreached": [side for v in verdicts for side in v.unreached],
        "max_error": float(max(v.max_error for v in verdicts)),
    }


def describe(f: Formula) -> str:
    from symdiff.expr.build import describe as describe_shape

    return describe_shape(f.shape)
