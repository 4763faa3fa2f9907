"""What a descent is asked for and what it gives: settings, moments, and the run with its file."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from math import inf, isfinite
from typing import Any, NamedTuple

from symdiff.descent import rules
from symdiff.descent.units import Layer
from symdiff.errors import SymdiffError

SCHEMA = 1


@dataclass(frozen=True)
class Settings:
    """How one descends. eta: None for the method's own; batch: None for all examples at once."""

    method: str = "sgd"
    eta: float | None = None
    epochs: int = 20
    batch: int | None = None
    init: str = ""
    seed: int = 0
    shuffle: bool = True
    target: str = "numpy"
    numbers: Mapping[str, float] = field(default_factory=dict)

    def checked(self) -> Settings:
        """SymdiffError for methods and numbers that there are not."""
        if self.method not in rules.METHODS:
            raise SymdiffError(f"there is no method {self.method!r}", hint="methods are " + ", ".join(rules.METHODS))
        if self.eta is not None and not (isfinite(self.eta) and self.eta > 0):
            raise SymdiffError(f"a step is a positive number, not {self.eta!r}", hint="step=0.1")
        if self.method == "lbfgs" and (self.eta is not None or self.batch is not None):
            raise SymdiffError(
                "L-BFGS looks for its own step, and takes all examples at once", hint="leave out step and batch, or method adam"
            )
        for what, value, least in (
            ("epochs", self.epochs, 0),
            ("batch", 1 if self.batch is None else self.batch, 1),
            ("seed", self.seed, 0),
        ):
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise SymdiffError(f"{what} is a whole number, {least} or more, not {value!r}", hint=f"{what}={max(least, 10)}")
        known = rules.RULES[self.method].settings if self.method in rules.RULES else {}
        for name, number in self.numbers.items():
            if name not in known:
                own = {method: rule.settings for method, rule in rules.RULES.items() if name in rule.settings}
                hint = f"its numbers are {', '.join(known)}" if known else f"{' and '.join(own)} has it" if own else "it has only its step"
                raise SymdiffError(f"{self.method} has no number {name!r}", hint=hint)
            if not isfinite(number) or number < 0:
                raise SymdiffError(f"{name} is a number, 0 or more, not {number!r}", hint=f"{name}=0.9")
        return self


class Moment(NamedTuple):
    """What is known at the start of an epoch: the loss over all examples, the norm of each layer's gradient, loss and score on the test data."""

    loss: float
    norms: tuple[float, ...]
    test: float | None = None
    score: float | None = None
    path: tuple[float, ...] | None = None  # the weights themselves, where they are two numbers


@dataclass(repr=False)
class Run:
    """A descent: weights, and how they came about.

    weights: by name; start: where they began. history: a Moment for the start of every epoch and one for the end. stopped: why it ended
    before its time, with the epoch, the layer and what to try; "" if it did not. interrupted: by the user; asked again with the same
    output, it goes on. notes: what is to be seen in it (gradients that vanish, units that stay equal). rule: the update as a formula.
    """

    formula: str
    wrt: tuple[str, ...]
    settings: Settings
    weights: dict[str, Any]
    start: dict[str, Any]
    history: list[Moment] = field(default_factory=list)
    steps: int = 0
    stopped: str = ""
    interrupted: bool = False
    notes: tuple[str, ...] = ()
    rule: str = ""
    rates: dict[str, Any] = field(default_factory=dict)
    examples: int = 0
    surface: Callable[[Any], float] | None = field(default=None, repr=False, compare=False)  # the loss at other weights, for level lines
    hidden: Callable[[], list[Layer]] | None = field(
        default=None, repr=False, compare=False
    )  # what the hidden units do at the end, for pictures

    @property
    def losses(self) -> list[float]:
        """The loss over all examples, at the start of each epoch and at the end."""
        return [m.loss for m in self.history]

    @property
    def tests(self) -> list[float]:
        """The loss on the test data likewise; [] without them."""
        return [m.test for m in self.history if m.test is not None]

    @property
    def scores(self) -> list[float]:
        """The score likewise; [] if none was asked for."""
        return [m.score for m in self.history if m.score is not None]

    @property
    def norms(self) -> dict[str, list[float]]:
        """The norm of each layer's gradient likewise, by name."""
        return {name: [m.norms[k] for m in self.history] for k, name in enumerate(self.wrt)}

    @property
    def loss(self) -> float:
        return self.history[-1].loss if self.history else inf

    @property
    def epoch(self) -> int:
        """How many epochs are done."""
        return max(0, len(self.history) - 1)

    def __str__(self) -> str:
        lines = [f"stopped: {self.stopped}"] if self.stopped else ["interrupted"] if self.interrupted else []
        lines.append(
            f"{self.settings.method}, {counted(self.epoch, 'epoch')}, {counted(self.steps, 'step')}: loss {number(self.losses[0])} -> {number(self.loss)}"
            if self.history
            else "no epoch"
        )
        if self.tests:
            lines.append(f"test loss {number(self.tests[0])} -> {number(self.tests[-1])}")
        if self.scores:
            lines.append(f"score {number(self.scores[0])} -> {number(self.scores[-1])}")
        return "\n".join([*lines, *self.notes])

    def __repr__(self) -> str:
        return f"<Run: {str(self).splitlines()[0]}>"

    def plot(self, path: str, *others: Run) -> None:
        """The loss curve and the norms of the gradients: an SVG picture, or an HTML page with a slider over the epochs. By the file's ending.

        others: the same descent from other starts, drawn into the same diagrams.
        """
        from symdiff.descent.picture import rendered

        content = rendered(self, os.path.splitext(path)[1][1:].lower(), others)
        try:
            with open(path, "w", encoding="utf-8") as file:
                file.write(content)
        except OSError as error:
            raise SymdiffError(f"cannot write {path}: {error.strerror}") from None

    def json(self) -> str:
        """The result as data: weights, history, notes."""
        return json.dumps(self._told(), ensure_ascii=False, indent=1)

    def _told(self) -> dict[str, Any]:
        return {
            "schema": SCHEMA,
            "formula": self.formula,
            "wrt": list(self.wrt),
            "settings": asdict(self.settings),
            "rule": self.rule,
            "examples": self.examples,
            "epochs": self.epoch,
            "steps": self.steps,
            "weights": {name: value.tolist() for name, value in self.weights.items()},
            "losses": [_finite(x) for x in self.losses],
            "tests": [_finite(x) for x in self.tests],
            "scores": [_finite(x) for x in self.scores],
            "gradients": {name: [_finite(x) for x in norms] for name, norms in self.norms.items()},
            "rates": {name: _listed(value.tolist()) for name, value in self.rates.items()},
            "stopped": self.stopped,
            "interrupted": self.interrupted,
            "notes": list(self.notes),
        }


def counted(n: int, what: str) -> str:
    return f"{n} {what}" + ("" if n == 1 else "s")


def number(x: float) -> str:
    return f"{x:.6g}"


def _finite(x: float | None) -> float | None:
    return x if x is not None and isfinite(x) else None


def _listed(x: Any) -> Any:
    return [_listed(v) for v in x] if isinstance(x, list) else _finite(x)


def kept(x: float | None) -> float | str | None:
    """A float as JSON has it; what is not finite as a word."""
    return x if x is None or isfinite(x) else repr(x)


def as_number(x: Any) -> Any:
    return float(x) if isinstance(x, str) else x
