"""What the program says, written down, so that a change that is to change no answer can be shown to change none.

    python -m tests.fuzz.answers dump before.jsonl        in one checkout
    python -m tests.fuzz.answers dump after.jsonl         in the other
    python -m tests.fuzz.answers compare before.jsonl after.jsonl

A line for each formula of `tests/cases` and for each of a number of random ones: types, derivative in every notation, code, steps, or the error. The
random formulas come from their seeds, so both checkouts must have the same `formulas.py`.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from pathlib import Path
from random import Random

import symdiff as sd
from symdiff.printers import FORMS

from .formulas import formula

CASES = Path(__file__).parents[1] / "cases"
CODE = ("numpy", "jax", "torch", "math", "c")
Question = tuple[str, str, str, str]  # a name, the formula, what it is differentiated by, which derivative


def cases() -> Iterator[Question]:
    for path in sorted(CASES.glob("*.jsonl")):
        for case in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
            wrt = case["wrt"] if isinstance(case["wrt"], str) else ",".join(case["wrt"])
            yield f"{path.stem}/{case['id']}", case["formula"], wrt, case.get("op", "grad")


def drawn(many: int) -> Iterator[Question]:
    for seed in range(many):
        rng = Random(seed)
        f = next(f for _ in count() if (f := formula(rng)).free())
        yield f"seed {seed}", str(f), ",".join(v.name for v in f.free()[:2]), "jacobian" if f.term.shape else "grad"


def notation(g: sd.Formula, form: str) -> str:
    return str(g) if form == "text" else getattr(g, form)()


def worked(f: sd.Formula, x: str) -> str:
    return str(f.steps(x, verify=False))


def said(make: Callable[[], str]) -> str:
    try:
        return make()
    except Exception as error:  # noqa: BLE001 — an internal error is an answer, too: it has to stay the same
        return f"{type(error).__name__}: {error}"


def answers(question: Question) -> dict[str, str]:
    """All that is said about one question, by what it is."""
    name, text, wrt, op = question
    found = {"name": name, "formula": text}
    try:
        f = sd.parse(text)
        found["reading"] = repr(f.expr.key)
    except Exception as error:  # noqa: BLE001
        return found | {"error": f"{type(error).__name__}: {error}"}
    for x in wrt.split(","):
        derivative = {"grad": sd.grad, "jacobian": sd.jacobian, "hessian": sd.hessian}.get(op, sd.derivative)
        try:
            g = derivative(f, x)
        except Exception as error:  # noqa: BLE001
            found[f"{x}"] = f"{type(error).__name__}: {error}"
            continue
        for form in FORMS:
            found[f"{x} {form}"] = said(partial(notation, g, form))
        for target in CODE:
            found[f"{x} {target}"] = said(partial(g.code, target))
        if op == "grad":
            found[f"{x} steps"] = said(partial(worked, f, x))
    return found


def dump(many: int, out: Path) -> None:
    with out.open("w", encoding="utf-8") as file:
        for question in (*cases(), *drawn(many)):
            file.write(json.dumps(answers(question), ensure_ascii=False) + "\n")


def compare(before: Path, after: Path) -> int:
    """Prints what differs; how many formulas do."""
    lines = [[json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] for path in (before, after)]
    different = abs(len(lines[0]) - len(lines[1]))
    for one, two in zip(*lines, strict=False):
        keys = [key for key in {**one, **two} if one.get(key) != two.get(key)]
        different += bool(keys)
        for key in keys:
            print(f"{one['name']}: {one['formula']}\n  {key}\n  - {one.get(key)}\n  + {two.get(key)}")
    print(f"{len(lines[0])} formulas, {different} differ")
    return different


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("dump", "compare"))
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--random", type=int, default=1_000, metavar="N")
    options = parser.parse_args()
    if options.what == "dump":
        dump(options.random, options.files[0])
        return 0
    return int(compare(*options.files) > 0)


if __name__ == "__main__":
    sys.exit(main())
