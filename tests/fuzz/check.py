"""One formula put to the question: value, derivatives and the way back from text, against PyTorch.

In: a `Formula` and a seed for its points. Out: nothing, or the first `Failure` with what happened and where.
"""

from __future__ import annotations

import re
import signal
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from types import FrameType
from typing import Any

import numpy as np
import torch

import symdiff as sd

from .formulas import SIZES, VARIABLES, Env, Formula, Value, Variable, draw

MARGIN = 0.03  # least distance of every point from kinks and poles
LARGEST = 1e4  # entries beyond this say more about rounding than about formulas
TOLERANCE = 1e-7
SECONDS = 5
ENTRIES = 600  # largest derivative that is compared

# The first use loads much of PyTorch, which would count against a formula's time.
torch.func.jacrev(torch.sin)(torch.tensor(1.0))


class Hang(BaseException):
    """Beyond SECONDS; not an Exception, so that no handler on the way keeps it."""


@dataclass(frozen=True)
class Failure:
    """What went wrong.

    verdict: wrong, crashed, refused, hang, text (reads back as something else), node (reads back as the same value, but
    another node). group: what failures are counted by.
    """

    verdict: str
    stage: str
    group: str
    detail: str


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    def stop(signum: int, frame: FrameType | None) -> None:
        raise Hang

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def point(formula: Formula, seed: int) -> Env | None:
    """Values for the formula's variables away from kinks and poles, or None if none is found."""
    rng = Random(seed)
    for _ in range(12):
        env: Env = dict(SIZES)
        for v in VARIABLES:
            value = draw(v, env, rng)
            if v in formula.variables:
                env[v.name] = value
        margins: list[Value] = []
        try:
            value = formula.value(env, margins)
        except torch.linalg.LinAlgError:
            continue
        if not bool(torch.isfinite(value).all()) or float(value.abs().max()) > LARGEST:
            continue
        if all(float(margin) > MARGIN for margin in margins):
            return env
    return None


def usable(formula: Formula, seed: int) -> bool:
    """Whether the formula has variables and a point at which everything is smooth."""
    return bool(formula.free()) and point(formula, seed) is not None


class Examination:
    def __init__(self, formula: Formula, seed: int) -> None:
        env = point(formula, seed)
        assert env is not None, "the formula has no smooth point"
        self.formula = formula
        self.env = env
        self.rng = Random(seed)
        self.stage = "parse"

    def run(self) -> Failure | None:
        """The first failure, or None."""
        try:
            with at_most(SECONDS):
                return self.questions()
        except Hang as error:
            return Failure("hang", self.stage, f"hang in {place(error)}", "")
        except sd.SymdiffError as error:
            message = re.sub(r"'[^']*'|\d+", "…", str(error))
            return Failure("refused", self.stage, f"{type(error).__name__}: {message[:80]} at {place(error)}", error.render())
        except Exception as error:  # noqa: BLE001
            return Failure("crashed", self.stage, f"{type(error).__name__} at {place(error)}", str(error)[:300])

    def questions(self) -> Failure | None:
        f = sd.parse(str(self.formula))
        other_node: Failure | None = None  # the mildest failure hides no other
        for stage, expr, truth in self.answers(f):
            self.stage = stage
            failure = self.compare(expr, truth) or self.reread(expr, f, truth)
            if failure is not None and failure.verdict != "node":
                return failure
            other_node = other_node or failure
        return other_node

    def answers(self, f: sd.Expr) -> Iterator[tuple[str, sd.Expr, Value]]:
        """The formula, its derivative by one variable or bound name, and second derivatives, each with the truth."""
        formula, rng = self.formula, self.rng
        yield "value", f, formula.value(self.env)
        free = formula.free()
        v, w = rng.choice(free), rng.choice(free)
        self.stage = f"derivative by {v.name}"
        first = self.derivative(formula.value, v)
        g = sd.jacobian(f, v.name)
        yield f"derivative by {v.name}", g, v.project(first, first.dim() - len(v.shape))
        if formula.bindings:
            name, term = rng.choice(formula.bindings)
            inner = Variable(name, term.shape)
            self.env[name] = formula_value_of(formula, name, self.env)
            self.stage = f"derivative by {name}"
            yield f"derivative by {name}", sd.jacobian(f, name), self.derivative(formula.value, inner)
            del self.env[name]
            self.stage = "expanded"
            yield self.stage, g.expand(), v.project(first, first.dim() - len(v.shape))
        if first.numel() * self.env[w.name].numel() > ENTRIES:
            return
        self.stage = f"second derivative by {v.name}, {w.name}"
        truth = self.derivative(lambda env: v.project(self.derivative(formula.value, v, env), first.dim() - len(v.shape)), w)
        h = sd.hessian(f, v.name, w.name) if not f.shape else sd.jacobian(g, w.name) if w.name in g.variables else None
        if h is not None:
            yield self.stage, h, w.project(truth, truth.dim() - len(w.shape))

    def derivative(self, value: Any, v: Variable, env: Env | None = None) -> Value:
        """The derivative of value(env) by v, value axes first."""
        env = env or self.env
        result: Value = torch.func.jacrev(lambda x: value({**env, v.name: x}))(env[v.name])
        return result

    def numbers(self, expr: sd.Expr) -> Any:
        values = {name: x.numpy() if isinstance(x, torch.Tensor) else x for name, x in self.env.items()}
        with np.errstate(all="ignore"):
            return np.asarray(expr.compile("numpy")(values), dtype=float)

    def compare(self, expr: sd.Expr, truth: Value, what: str = "") -> Failure | None:
        """Whether the expression has the true value; None also where PyTorch has none."""
        right = truth.numpy(force=True)
        if not np.isfinite(right).all() or abs(right).max() > LARGEST:
            return None
        got = self.numbers(expr)
        sizes = tuple(SIZES.get(d, d) for d in expr.shape)
        if got.shape != right.shape or sizes != right.shape:
            return self.wrong(expr, f"shape {got.shape}, {expr.shape} for {right.shape}", what)
        scale = 1 + abs(right).max()
        error = abs(got - right).max() if np.isfinite(got).all() else np.inf
        if error <= TOLERANCE * scale:
            return None
        if (name := re.search(r" by .*", self.stage)) is not None:  # the gradient within a space is a subject of its own
            what += "".join(f" by a {v.words}" for v in self.formula.variables if v.words and re.search(rf"\b{v.name}\b", name[0]))
        zero = " (zero)" if not got.any() else " (nan)" if error == np.inf else ""
        return self.wrong(expr, f"got\n{got}\ninstead of\n{right}", what + zero)

    def wrong(self, expr: sd.Expr, detail: str, what: str) -> Failure:
        verdict = "text" if what.strip().startswith("reread") else "wrong"
        return Failure(verdict, self.stage, f"{verdict} {self.stage.split(' by')[0]} {what}".strip(), f"{expr}\n{detail}")

    def reread(self, expr: sd.Expr, f: sd.Expr, truth: Value) -> Failure | None:
        """Whether the printed texts mean the same."""
        stage = self.stage
        text = str(expr)
        self.stage = f"reading the {stage}: {text}"
        again = sd.parse(text, given=f)
        if again is not expr and (failure := self.compare(again, truth, "reread given f")):
            return failure
        program = expr.program()
        self.stage = f"reading the program of the {stage}: {program}"
        failure = self.compare(sd.parse(program), truth, "reread program")
        expr.latex(), expr.unicode()
        if failure is None and again is not expr:
            form = "index notation" if "tensor(" in text else "text"
            return Failure("node", stage, f"{form} of {stage.split(' by')[0]} reads back as another node", f"{text}\n{again}")
        self.stage = stage
        return failure


def formula_value_of(formula: Formula, name: str, env: Env) -> Value:
    """The value of a bound name."""
    env = dict(env)
    for bound, term in formula.bindings:
        env[bound] = term.value(env)
    value: Value = env[name]
    return value


def place(error: BaseException) -> str:
    """The innermost line of symdiff's own code."""
    frames = [x for x in traceback.extract_tb(error.__traceback__) if "/symdiff/" in x.filename and "/tests/" not in x.filename]
    return f"{frames[-1].filename.rpartition('/symdiff/')[2]}:{frames[-1].lineno}" if frames else "nowhere"
