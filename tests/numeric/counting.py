"""What code does, counted: `python -m tests.numeric.counting --count 10000 --seed 1 --out record.jsonl` looks at random formulas.

Code for JAX is traced at sizes that are given, without numbers; every step of the trace counts the entries of what it makes or reads, a product of
matrices its multiplications, an inverse or a factorisation the cube. So the bound of the cheap gradient and the growth in each size are
counted, not timed, and by other means than those that choose between forms of code.
"""

from __future__ import annotations

import argparse
import json
import math
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

import symdiff as sd
from symdiff.expr import dims
from symdiff.expr.node import OPAQUE, VAR
from symdiff.expr.walk import dimensions, topological, variables

# Of the work for a gradient by all variables together with the value: this many times that of the value alone, counted the same way.
BOUND = 5

CUBIC = ("lu", "cholesky", "svd", "eigh", "qr", "triangular_solve", "householder_product")


def entries(shape: Sequence[int]) -> int:
    return math.prod(shape)


def steps(jaxpr: Any) -> tuple[int, int]:
    """The operations of a trace, and the entries of its largest array."""
    done = largest = 0
    for eqn in jaxpr.eqns:
        inner = [p for value in eqn.params.values() for p in (value if isinstance(value, tuple | list) else [value])]
        if eqn.primitive.name == "custom_linear_solve":
            inner = [eqn.params["jaxprs"].solve]
        below = [getattr(p, "jaxpr", p) for p in inner if hasattr(getattr(p, "jaxpr", p), "eqns")]
        made = max([entries(v.aval.shape) for v in eqn.outvars], default=0)
        largest = max(largest, made)
        name = eqn.primitive.name
        if below:
            found = [steps(b) for b in below]
            done += sum(d for d, _ in found)
            largest = max([largest, *[top for _, top in found]])
        elif name == "dot_general":
            (left, _), _ = eqn.params["dimension_numbers"]
            done += made * entries([eqn.invars[0].aval.shape[k] for k in left])
        elif name == "conv_general_dilated":
            done += made * entries(eqn.invars[1].aval.shape)
        elif name in CUBIC:
            shape = max([v.aval.shape for v in eqn.invars], key=len)
            done += entries(shape) * shape[-1]
        elif name in ("gather", "dynamic_slice"):  # entries that are not taken are not read
            done += max([made, *[entries(v.aval.shape) for v in eqn.invars[1:]]])
        elif name not in (
            "reshape",
            "squeeze",
            "broadcast_in_dim",
            "transpose",
            "slice",
            "iota",
            "convert_element_type",
            "copy",
            "stop_gradient",
        ):
            done += max([made, *[entries(v.aval.shape) for v in eqn.invars]])
    return done, largest


def counted(expressions: Any, sizes: Mapping[str, int]) -> tuple[int, int]:
    """Operations and the largest array of what these compute together, where the arguments have these sizes."""
    import jax

    jax.config.update("jax_enable_x64", True)
    function = expressions.compile("jax")
    nodes = [f.expr for f in (expressions if isinstance(expressions, tuple) else [expressions])]
    questions = [f.answer.question.f for f in (expressions if isinstance(expressions, tuple) else [expressions]) if f.answer is not None]
    given = variables([*nodes, *questions])
    arrays = {name: jax.ShapeDtypeStruct([size(d, sizes) for d in x.shape], "float64") for name, x in given.items()}
    plain = {d: sizes[d] for d in dimensions([*nodes, *questions]) if d in sizes and d not in given}
    return steps(jax.make_jaxpr(lambda values: function({**values, **plain}))(arrays).jaxpr)


def size(d: Any, sizes: Mapping[str, int]) -> int:
    return dims.value(d, sizes.__getitem__)


def names_of(f: sd.Formula) -> list[str]:
    """The dimensions of a formula that are not numbers."""
    return sorted(dimensions([f.expr]))


def differentiable(f: sd.Formula) -> list[str]:
    nodes = topological([f.expr])
    if any(node.op == OPAQUE for node in nodes):
        return []
    return [node.name for node in nodes if node.op == VAR and not any(word.startswith("label") for word in node.data[1])]


def gradient_ratio(f: sd.Formula, names: Sequence[str], n: int) -> float:
    """The work of the value with all gradients over that of the value and of writing what it takes and gives, every size being n."""
    sizes = {d: n + 7 * k for k, d in enumerate(names_of(f))}
    alone, _ = counted(sd.Expressions([f]), sizes)
    together, _ = counted(sd.value_and_grad(f, names), sizes)
    arguments = sum(entries([size(d, sizes) for d in x.shape]) for x in variables([f.expr]).values())
    return together / (alone + arguments)


def exponent(expressions: Any, names: Sequence[str], grown: str, n: int = 200) -> float:
    """How the work grows with one size, others fixed: the logarithm to the base 2 of what doubling it does, from 32 n on."""
    sizes = {d: n for d in names}
    before, after = (counted(expressions, {**sizes, grown: times * n})[0] for times in (32, 64))
    return math.log2(after / before)


def random_ratio(seed: int) -> tuple[str, float]:
    """A random formula, and its ratio; 0 for formulas without a number for their value or without variables."""
    from tests.fuzz.formulas import formula

    made = formula(Random(seed))
    text = str(made)
    f = sd.parse(text)
    names = differentiable(f)
    if f.shape or not names or not names_of(f):
        return text, 0.0
    return text, gradient_ratio(f, names, 1000)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=int, default=20, help="for one formula")
    parser.add_argument("--out", type=Path, help="a line for each formula that is above the bound, and one for the whole run")
    chosen = parser.parse_args()
    ratios: list[float] = []
    above: list[tuple[float, str]] = []
    failed: dict[str, int] = {}

    import jax  # noqa: F401 - before the first formula's time runs: a library stopped half way cannot be imported again
    import torch  # noqa: F401

    def stop(*_: Any) -> None:
        raise TimeoutError

    signal.signal(signal.SIGALRM, stop)
    for seed in range(chosen.seed, chosen.seed + chosen.count):
        signal.alarm(chosen.seconds)
        try:
            text, ratio = random_ratio(seed)
        except Exception as error:  # noqa: BLE001 - counted by its kind
            kind = f"{type(error).__name__}: {str(error)[:60]}"
            failed[kind] = failed.get(kind, 0) + 1
            if not isinstance(error, sd.ParseError):
                print(f"{seed}: {kind}", flush=True)
            continue
        finally:
            signal.alarm(0)
        if ratio:
            ratios.append(ratio)
        if ratio > BOUND:
            above.append((ratio, text))
            print(f"{seed}: {ratio:.2f} {text}", flush=True)
    ratios.sort()
    record = {
        "seeds": [chosen.seed, chosen.seed + chosen.count - 1], "counted": len(ratios), "above": len(above),
        "median": round(ratios[len(ratios) // 2], 2) if ratios else None,
        "99 percent below": round(ratios[int(0.99 * len(ratios))], 2) if ratios else None, "largest": round(ratios[-1], 2) if ratios else None,
        "not counted": failed,
    }  # fmt: skip
    print(json.dumps(record))
    if chosen.out:
        with chosen.out.open("a", encoding="utf-8") as file:
            for ratio, text in above:
                file.write(json.dumps({"ratio": round(ratio, 2), "formula": text}) + "\n")
            file.write(json.dumps(record) + "\n")


if __name__ == "__main__":
    main()
