"""The loop: from a loss, data and a method to weights, with what is to be seen on the way.

What never changes: a run is a function of the question (formula, data, method, numbers, seed). The order of the examples in an
epoch hangs on seed and epoch alone, so a run that was stopped anywhere and is taken up from its file gives the weights, bit
for bit, of one that was not.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from math import floor, isfinite, log10
from typing import Any

from symdiff.descent import rules
from symdiff.descent.jaxed import Optax, installed
from symdiff.descent.layers import Watch
from symdiff.descent.loss import Loss
from symdiff.descent.outcome import Moment, Run, Settings, as_number, kept, number
from symdiff.descent.start import begin
from symdiff.descent.units import units
from symdiff.errors import DomainError, SymdiffError
from symdiff.expr.node import Expr
from symdiff.printers import written_program

# A loss this many times as large as the first one, or 1, will not come back: sums of squares of a step too large grow as fast in a few steps.
DIVERGED = 1e8

SAVED = 1.0  # seconds between two writings of the file


class Descent:
    """A run in progress. state: (epoch, examples of it that are done, step, weights, what the method remembers); set as one value, never changed in place."""

    def __init__(
        self,
        f: Expr,
        wrt: Sequence[Expr],
        data: Mapping[str, Any],
        settings: Settings,
        test: Mapping[str, Any] | None,
        score: Expr | None,
        output: str,
    ) -> None:
        self.settings = settings.checked()
        also = [] if score is None else [score]
        self.loss = Loss(f, wrt, data, settings.target, also)
        self.score = score
        self.output = output
        self.test = None
        if test is not None:
            self.test = Loss(f, wrt, {**{n: v for n, v in data.items() if n not in self.loss.batched}, **test}, settings.target, also)
            if self.test.shapes != self.loss.shapes:
                raise SymdiffError("the test data have other sizes than the data", hint="the same columns in both")
        if settings.batch is not None and not self.loss.batched:
            raise SymdiffError(
                "there is one example, or the sums of the formula run over no rows of the data: no batches", hint="leave --batch out"
            )
        init = settings.init or ("xavier" if any(len(shape) > 1 for shape in self.loss.shapes) else "zeros")
        self.start = begin(self.loss.expr, self.loss.wrt, self.loss.shapes, init, settings.seed, self.loss.start)
        self.init = init
        weights = self.loss.joined([self.start[name] for name in self.loss.names])
        if not all(isfinite(x) for x in weights):
            raise DomainError("the starting weights are not all finite", hint="an --init of the list, or numbers: --at w=[0, 0]")
        rule = rules.RULES.get(settings.method)
        remembered = tuple([weights * 0.0 for _ in rule.remembers]) if rule else ()
        self.numbers: dict[str, float] = (
            {**rule.settings, **settings.numbers, "eta": rule.eta if settings.eta is None else settings.eta} if rule else {}
        )
        self.optax: Optax | None = None
        if rule and settings.target == "jax" and installed():
            self.optax = Optax(settings.method, self.numbers, weights.size)
            remembered = self.optax.start
        self.state: tuple[int, int, int, Any, tuple[Any, ...]] = (0, 0, 0, weights, remembered)
        self.history: list[Moment] = []
        self.stopped = ""
        self.interrupted = False
        self.program = written_program(f)
        self.written = 0.0
        self.watch = Watch(self.loss)
        self.known: tuple[float, Any] | None = None  # loss and gradient at the weights of the state, over all examples

    # ------------------------------------------------------------------------------------------ the loop

    def run(self, report: Callable[[int, int, float], None] | None = None) -> Run:
        """Descend. report(epoch, epochs, loss) is called at every epoch's start, and at the end."""
        if self.output and os.path.exists(self.output):
            self._take_up()
        try:
            if not self.stopped:
                (self._minimise if self.settings.method == "lbfgs" else self._descend)(report)
        except KeyboardInterrupt:
            self.interrupted = True
        if self.output:
            self.save()
        return self.result()

    def _descend(self, report: Callable[[int, int, float], None] | None) -> None:
        import numpy as np

        s, count = self.settings, self.loss.examples
        while True:
            epoch = self.state[0]
            if len(self.history) <= epoch and not self._look(epoch):
                return
            if report is not None:
                report(epoch, s.epochs, self.history[epoch].loss)
            self._save_sometimes()
            if epoch >= s.epochs:
                return
            order = np.random.default_rng([s.seed, epoch]).permutation(count) if s.shuffle and s.batch is not None else np.arange(count)
            size = count if s.batch is None else s.batch
            while self.state[1] < count:
                _, done, t, w, remembered = self.state
                if s.batch is None:
                    value, g = self.known if self.known is not None else self.loss(w)
                else:
                    value, g = self.loss(w, order[done : done + size])
                *new, after = self._moved(w, g, t + 1, remembered)
                if not (isfinite(value) and np.isfinite(g).all() and np.isfinite(after).all()):
                    self.stopped = self._why(epoch, value, g, w)
                    return
                self.known = None
                self.state = (epoch, done + size, t + 1, after, tuple(new))
                self._save_sometimes()
            self.state = (epoch + 1, 0, *self.state[2:])

    def _moved(self, w: Any, g: Any, t: int, remembered: tuple[Any, ...]) -> tuple[Any, ...]:
        """What the method remembers after step t, then the weights."""
        import numpy as np

        if self.optax is not None:
            return self.optax(w, g, remembered)
        method = self.settings.method
        letters = dict(zip(rules.RULES[method].remembers, remembered, strict=True))
        with np.errstate(all="ignore"):
            return rules.compiled(method)({**self.numbers, **letters, "w": w, "g": g, "t": float(t)})

    def _minimise(self, report: Callable[[int, int, float], None] | None) -> None:
        """L-BFGS by SciPy. Its memory is SciPy's own: a run that was stopped begins again, and ends at the same weights."""
        from scipy.optimize import minimize

        s = self.settings
        first = self.state[3]
        self.history, self.state = [], (0, 0, 0, first, ())

        def seen(w: Any) -> None:
            epoch = self.state[0] + 1
            self.known = None
            self.state = (epoch, 0, epoch, w.copy(), ())
            if not self._look(epoch):
                raise StopIteration
            if report is not None:
                report(epoch, s.epochs, self.history[-1].loss)
            self._save_sometimes()

        if not self._look(0) or not s.epochs:
            return
        if report is not None:
            report(0, s.epochs, self.history[0].loss)
        options = {"maxiter": s.epochs, "maxfun": 20 * s.epochs, "ftol": 1e-15, "gtol": 1e-9}
        with suppress(StopIteration):
            minimize(self.loss, first, jac=True, method="L-BFGS-B", callback=seen, options=options)

    def _look(self, epoch: int) -> bool:
        """Note the moment at an epoch's start; False if the run is over because the loss is not finite or far above the first one."""
        import numpy as np

        w = self.state[3]
        self.known = value, g = self.loss(w)
        norms = tuple([float(np.linalg.norm(g[s])) for s in self.loss.slices])
        test = self.test(w)[0] if self.test is not None else None
        score = None if self.score is None else float((self.test or self.loss).value(self.score, w))
        finite = isfinite(value) and all(isfinite(x) for x in norms)
        self.history.append(Moment(value, norms, test, score, tuple(w.tolist()) if len(w) == 2 else None))
        if not finite or value > DIVERGED * max(1.0, abs(self.history[0].loss)):
            self.stopped = self._why(epoch, value, g, w)
        return not self.stopped

    def _why(self, epoch: int, value: float, g: Any, w: Any) -> str:
        """Where it went wrong, in which layer, and what to try."""
        import numpy as np

        names, slices = self.loss.names, self.loss.slices
        bad = [name for name, s in zip(names, slices, strict=True) if not np.isfinite(g[s]).all()]
        with np.errstate(all="ignore"):
            largest = max(zip(names, slices, strict=True), key=lambda pair: float(np.linalg.norm(np.nan_to_num(g[pair[1]]))))[0]
        inside = self.watch.broken(w)
        layer = ", ".join(bad) or largest
        s = self.settings
        eta = self.numbers.get("eta")
        if not isfinite(value) or bad:
            what = f"the loss is {value:g}" if not isfinite(value) else f"the gradient by {layer} is not finite"
        else:
            first = self.history[0].loss
            what = f"the loss has grown from {number(first)} to {number(value)}" if value > first else "the weights are no longer finite"
        where = f"epoch {epoch + 1}: {what}" + (f"; {inside} is the first value that is not finite" if inside else "")
        where += f"; layer {layer}" if bad else f"; the gradient by {layer} is the largest"
        first_look = self.state[2] == 0
        if first_look:
            return f"{where}; it is so at the start: try other starting weights (--init, --at {layer}=…), or look for data where the formula has no value"
        tries = [] if eta is None else [f"a smaller step: --step {self._smaller(eta, value):g}"]
        scale = max((float(np.abs(self.loss.values[name]).max()) for name in self.loss.batched if self.loss.values[name].size), default=1.0)
        if scale > 20:
            tries.append(f"data of mean 0 and deviation 1 (they go up to {scale:g})")
        if s.method in ("sgd", "momentum"):
            tries.append("--method adam, whose steps are bounded")
        return f"{where}; try " + ", or ".join(tries or ["other starting weights"])

    def _smaller(self, eta: float, value: float) -> float:
        """A step that may be small enough: of a square of the weights with curvature L the loss grows by (eta*L - 1)^2 a step; a tenth at least."""
        first, steps = abs(self.history[0].loss), self.state[2]
        if self.settings.method not in ("sgd", "momentum") or not isfinite(value) or not first or value <= first:
            return eta / 10
        safe = eta / (1 + (value / first) ** (0.5 / steps))
        return min(eta / 10, 10.0 ** floor(log10(safe)))

    # ------------------------------------------------------------------------------------------ the file

    def question(self) -> dict[str, Any]:
        """What makes a run this run: all but the number of epochs."""
        digest = hashlib.sha256()
        for loss in (self.loss, self.test):
            if loss is None:
                continue
            for name in sorted(loss.values):
                value = loss.values[name]
                digest.update(repr((name, value.shape)).encode())
                digest.update(value.tobytes())
        for name in self.loss.names:
            digest.update(self.start[name].tobytes())
        settings = asdict(self.settings)
        del settings["epochs"]
        score = "" if self.score is None else written_program(self.score)
        by = {"optimiser": "optax"} if self.optax is not None else {}
        return {
            "formula": self.program,
            "wrt": self.loss.names,
            **settings,
            "init": self.init,
            "score": score,
            "data": digest.hexdigest(),
            **by,
        }

    def save(self) -> None:
        """Write the file, at once or not at all."""
        epoch, done, t, w, remembered = self.state
        content = self.result()._told() | {
            "question": self.question(),
            "state": {
                "epoch": epoch,
                "done": done,
                "step": t,
                "weights": w.tolist(),
                "remembered": [x.tolist() for x in remembered],
                "history": [[kept(m.loss), [kept(x) for x in m.norms], kept(m.test), kept(m.score), m.path] for m in self.history],
            },
        }
        draft = f"{self.output}.{os.getpid()}.tmp"
        try:
            with open(draft, "w", encoding="utf-8") as file:
                json.dump(content, file, ensure_ascii=False)
                file.flush()
                os.fsync(file.fileno())
            os.replace(draft, self.output)
        except OSError as error:
            raise SymdiffError(f"cannot write {self.output}: {error.strerror}", hint="-o FILE, in a folder that exists") from None
        finally:
            with suppress(OSError):
                os.remove(draft)
        self.written = time.monotonic()

    def _save_sometimes(self) -> None:
        if self.output and time.monotonic() - self.written > SAVED:
            self.save()

    def _take_up(self) -> None:
        """Go on from the file. SymdiffError if it is the run of another question, or no run."""
        import numpy as np

        try:
            with open(self.output, encoding="utf-8") as file:
                found = json.load(file)
            asked, state = found["question"], found["state"]
            if not isinstance(asked, dict):
                raise TypeError
        except OSError as error:
            raise SymdiffError(f"cannot read {self.output}: {error.strerror}") from None
        except (ValueError, KeyError, TypeError, RecursionError):
            raise SymdiffError(f"{self.output} exists and is no run of descent", hint="another file for -o, or remove it") from None
        mine = json.loads(json.dumps(self.question()))
        other = [name for name in {**mine, "optimiser": ""} if asked.get(name) != mine.get(name)]
        if other:
            what = ", ".join("data or start" if name == "data" else "step" if name == "eta" else name for name in other)
            raise SymdiffError(
                f"{self.output} is a run with another {what}", hint="another file for -o, or remove it; more epochs alone go on from it"
            )
        try:
            remembered = tuple([np.array(x, dtype=float) for x in state["remembered"]])
            history = [
                Moment(
                    as_number(m[0]), tuple([as_number(x) for x in m[1]]), as_number(m[2]), as_number(m[3]), tuple(m[4]) if m[4] else None
                )
                for m in state["history"]
            ]
            weights = np.array(state["weights"], dtype=float)
            whole = (int(state["epoch"]), int(state["done"]), int(state["step"]), weights, remembered)
            if weights.shape != self.state[3].shape or len(remembered) != len(self.state[4]):
                raise ValueError
        except (ValueError, KeyError, TypeError, IndexError):
            raise SymdiffError(f"{self.output} is damaged: it cannot be taken up", hint="remove it and begin again") from None
        if len(history) - 1 > self.settings.epochs:
            raise SymdiffError(
                f"{self.output} has {len(history) - 1} epochs already", hint="ask for as many, or for more, or give another file for -o"
            )
        if self.settings.method != "lbfgs":
            self.state, self.history = whole, history
        self.stopped = str(found.get("stopped", ""))

    def result(self) -> Run:
        s = self.settings
        _, _, t, w, remembered = self.state
        rates = {}
        if s.method == "adagrad":
            import numpy as np

            squares, epsilon = remembered[0], self.numbers["epsilon"]
            with np.errstate(divide="ignore"):  # without epsilon, before the first step
                rates = self.loss.parts(
                    self.numbers["eta"] / (np.sqrt(squares) + epsilon if self.optax is None else np.sqrt(squares + epsilon))
                )
        notes = self.watch.notes(self.history, self.start, self.loss.parts(w), self.init)
        return Run(
            formula=self.program,
            wrt=tuple(self.loss.names),
            settings=s,
            weights={name: value.copy() for name, value in self.loss.parts(w).items()},
            start=self.start,
            history=list(self.history),
            steps=t,
            stopped=self.stopped,
            interrupted=self.interrupted,
            notes=notes,
            rule=self.optax.rule
            if self.optax
            else str(rules.RULES[s.method])
            if s.method in rules.RULES
            else "L-BFGS (Liu and Nocedal 1989), by SciPy",
            rates={name: value.copy() for name, value in rates.items()},
            examples=self.loss.examples,
            surface=lambda weights: self.loss(weights)[0],
            hidden=lambda: units(self.loss, self.loss.parts(w)),
        )
