"""One formula put to the question: value, derivatives and the way back from text, against PyTorch.

In: a `Formula` and a seed for its points. Out: nothing, or the first `Failure` with what happened and where; `counts` says
what was compared.
"""

from __future__ import annotations

import math
import re
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import numpy as np
import torch

import symdiff as sd
from symdiff.expr.walk import topological
from tests.deadline import TooLong, at_most

from .formulas import SIZES, VARIABLES, Env, Formula, Value, Variable, draw
from .rounding import spread

POINTS = 2  # at which everything is compared
MARGIN = 0.03  # least distance of every point from kinks and poles
LARGEST = 1e4  # entries beyond this say more about rounding than about formulas
TOLERANCE = 1e-7
SECONDS = 10  # of this process; beyond, a formula counts as slow
ENTRIES = 400  # largest second derivative that is compared
LONG = 25  # nodes of a derivative beyond which only one second derivative in six is asked for


@dataclass(frozen=True)
class Failure:
    """What went wrong.

    verdict: wrong, crashed, refused, slow, text (reads back as something else), node (reads back as the same value, but
    another node). group: what failures are counted by.
    """

    verdict: str
    stage: str
    group: str
    detail: str


def points(formula: Formula, seed: int) -> list[Env] | None:
    """POINTS values for the formula's variables away from kinks and poles, or None if they are not found."""
    rng = Random(seed)
    found: list[Env] = []
    for _ in range(8 * POINTS):
        env: Env = dict(SIZES)
        for v in VARIABLES:
            if v in formula.variables:
                env[v.name] = draw(v, env, rng)
        for function in formula.functions:
            env.update(function.given())
        margins: list[Value] = []
        try:
            value = formula.value(env, margins)
        except torch.linalg.LinAlgError:
            continue
        if not bool(torch.isfinite(value).all()) or float(value.abs().max()) > LARGEST:
            continue
        if all(float(margin) > MARGIN for margin in margins):
            found.append(env)
            if len(found) == POINTS:
                return found
    return None


def derivatives(formula: Formula, env: Env, by: Sequence[Variable]) -> list[Value]:
    """The value and its derivatives by the variables, one after the other; the value's axes first, then each variable's."""
    env = {**env, **{v.name: env[v.name].detach().requires_grad_() for v in by}}
    found = [formula.value(env)]
    for v in by:
        x, more = env[v.name], v is not by[-1]
        rows = [
            torch.autograd.grad(entry, x, create_graph=more or by.count(v) > 1, retain_graph=True, materialize_grads=True)[0]
            for entry in (found[-1].reshape(-1) if found[-1].requires_grad else [])
        ]
        jacobian = torch.stack(rows) if rows else torch.zeros(found[-1].numel(), x.numel())
        found.append(v.project(jacobian.reshape(found[-1].shape + x.shape), found[-1].dim()))
    return [x.detach() for x in found]


def numbers(run: Callable[..., Any], env: Env, kind: type) -> Any:
    """The value of a compiled expression, in this precision."""
    with np.errstate(all="ignore"):
        return np.asarray(run({k: x.numpy().astype(kind) if isinstance(x, torch.Tensor) else x for k, x in env.items()}), dtype=kind)


def error_with_more_digits(run: Callable[..., Any], env: Env, right: Any) -> float:
    """How far the value in extended precision is from right; infinite where it takes linear algebra, which has no such precision."""
    try:
        return float(abs(numbers(run, env, np.longdouble) - right).max())
    except TypeError:
        return np.inf


class Examination:
    """What is asked about one formula at its points."""

    def __init__(self, formula: Formula, seed: int, envs: list[Env] | None = None) -> None:
        envs = envs or points(formula, seed)
        assert envs is not None, "the formula has no smooth points"
        self.formula = formula
        self.envs = envs
        self.rng = Random(seed)
        self.stage = "parse"
        self.by: tuple[Variable, ...] = ()  # of the derivative that is asked about
        self.counts: Counter[str] = Counter()

    def run(self) -> Failure | None:
        """The first failure, or None."""
        try:
            with at_most(SECONDS, own=True):
                return self.questions()
        except TooLong as error:
            return Failure("slow", self.stage, f"slow in {place(error)}", "")
        except sd.SymdiffError as error:
            message = re.sub(r"'[^']*'|\d+", "…", str(error))
            return Failure("refused", self.stage, f"{type(error).__name__}: {message[:80]} at {place(error)}", error.render())
        except Exception as error:  # noqa: BLE001
            return Failure("crashed", self.stage, f"{type(error).__name__} at {place(error)}", str(error)[:300])

    def questions(self) -> Failure | None:
        f = sd.parse(str(self.formula))
        other_node: Failure | None = None  # the mildest failure hides no other
        for stage, expr, envs, truths, by in self.answers(f):
            self.stage, self.by = stage, by
            failure = self.compare(expr, envs, truths) or self.reread(expr, f, envs, truths)
            if failure is not None and failure.verdict != "node":
                return failure
            other_node = other_node or failure
        return other_node

    def answers(self, f: sd.Formula) -> Iterator[tuple[str, sd.Formula, list[Env], Sequence[Value], tuple[Variable, ...]]]:
        """The formula, its derivative by one variable or bound name, and second derivatives.

        Each with points, truths and the variables that it is a derivative by.
        """
        formula, rng, envs = self.formula, self.rng, self.envs
        free = formula.free()
        v, w = rng.choice(free), rng.choice(free)
        self.stage = f"derivative by {v.name}"
        g = sd.jacobian(f, v.name)
        size = math.prod(SIZES.get(d, 1) for d in (*f.shape, *v.shape, *w.shape))
        twice = size <= ENTRIES and (len(topological([g.expr])) <= LONG or rng.random() < 1 / 6)
        value, first, *second = zip(*[derivatives(formula, env, (v, w) if twice else (v,)) for env in envs], strict=True)
        yield "value", f, envs, value, ()
        yield f"derivative by {v.name}", g, envs, first, (v,)
        if formula.bindings:
            name, term = rng.choice(formula.bindings)
            inner = Variable(name, term.shape)
            inside = [{**env, name: formula.bound(name, env)} for env in envs]
            self.stage = f"derivative by {name}"
            h = sd.jacobian(f, name)
            yield self.stage, h, inside, [derivatives(formula, env, (inner,))[1] for env in inside], (inner,)
            self.stage = "expanded"
            yield self.stage, g.expand(), envs, first, (v,)
        if second:
            self.stage = f"second derivative by {v.name}, {w.name}"
            if not f.shape:
                yield self.stage, sd.hessian(f, v.name, w.name), envs, second[0], (v, w)
            elif w.name in g.variables:
                yield self.stage, sd.jacobian(g, w.name), envs, second[0], (v, w)

    def compare(
        self, expr: sd.Formula, envs: list[Env], truths: Sequence[Value], what: str = "", of: sd.Formula | None = None
    ) -> Failure | None:
        """Whether the expression has the true values; None also where PyTorch has none.

        A point at which the answer is no number is left out where the answer's notes say so: `valid where prod(x) != 0`.
        So is one at which numbers of more digits bring the answer much nearer: there, large terms cancel. And one at which
        PyTorch's own roundings make as great a difference.
        of: the answer, where the expression is what was read of its text.
        """
        run = expr.compile("numpy")
        kind = self.stage.split(" by")[0]
        compared = False
        for env, truth in zip(envs, truths, strict=True):
            right = truth.numpy()
            if not np.isfinite(right).all() or abs(right).max() > LARGEST:
                continue
            got = numbers(run, env, float)
            sizes = tuple(SIZES.get(d, d) for d in expr.shape)
            if got.shape != right.shape or sizes != right.shape:
                return self.wrong(expr, f"shape {got.shape}, {expr.shape} for {right.shape}", what)
            error = abs(got - right).max() if np.isfinite(got).all() else np.inf
            if error == np.inf and any(note.startswith("valid where") for note in (of or expr).notes):
                self.counts[f"{kind}, at a point that the answer's note excludes"] += not what
                continue
            if error > TOLERANCE * (1 + abs(right).max()):
                if error < np.inf and error_with_more_digits(run, env, right) < error / 50:
                    self.counts[f"{kind}, right but for rounding"] += not what
                    continue
                doubt = spread(lambda: derivatives(self.formula, env, self.by)[-1], truth)  # noqa: B023
                if doubt > (error / 10 if error < np.inf else abs(right).max()):
                    self.counts[f"{kind}, at a point where PyTorch's has no digits"] += not what
                    continue
                if (name := re.search(r" by .*", self.stage)) is not None:  # the gradient within a space is a subject of its own
                    within = [v for v in self.formula.variables if v.words and re.search(rf"\b{v.name}\b", name[0])]
                    what += "".join(f" by a {v.words}" for v in within)
                zero = " (zero)" if not got.any() else " (nan)" if error == np.inf else ""
                return self.wrong(expr, f"got\n{got}\ninstead of\n{right}", what + zero)
            compared = True
        if not what:
            self.counts[kind if compared else f"{kind}, no point"] += 1
        return None

    def wrong(self, expr: sd.Formula, detail: str, what: str) -> Failure:
        verdict = "text" if what.strip().startswith("reread") else "wrong"
        return Failure(verdict, self.stage, f"{verdict} {self.stage.split(' by')[0]} {what}".strip(), f"{expr}\n{detail}")

    def reread(self, expr: sd.Formula, f: sd.Formula, envs: list[Env], truths: Sequence[Value]) -> Failure | None:
        """Whether the printed texts mean the same."""
        stage = self.stage
        text = str(expr)
        self.stage = f"reading the {stage}: {text}"
        again = sd.parse(text, given=f)
        if again != expr and (failure := self.compare(again, envs, truths, "reread given f", expr)):
            return failure
        program = expr.program()
        self.stage = f"reading the program of the {stage}: {program}"
        alone = sd.parse(program)
        failure = self.compare(alone, envs, truths, "reread program", expr) if alone.expr is not expr.expr else None
        expr.latex(), expr.unicode()
        if failure is None and again != expr:
            form = "index notation" if "tensor(" in text else "text"
            return Failure("node", stage, f"{form} of {stage.split(' by')[0]} reads back as another node", f"{text}\n{again}")
        self.stage = stage
        return failure


def place(error: BaseException) -> str:
    """The innermost line of symdiff's own code."""
    frames = [x for x in traceback.extract_tb(error.__traceback__) if "/symdiff/" in x.filename and "/tests/" not in x.filename]
    return f"{frames[-1].filename.rpartition('/symdiff/')[2]}:{frames[-1].lineno}" if frames else "nowhere"
