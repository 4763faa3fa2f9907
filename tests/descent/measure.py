"""The figures of descent: what record.md says.

    pip install scikit-learn torch
    python tests/descent/measure.py record.json

Digits: five runs of examples/digits, each timed, and at the start of every epoch of each the gradient beside PyTorch's. Breast cancer: the objective of
scikit-learn's logistic regression and of its LinearSVC. Growth: seconds of CPU for an epoch of Adam as examples, width and depth double.
"""

from __future__ import annotations

import importlib
import itertools
import json
import os
import sys
import time
from math import log2
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

import symdiff as sd
from symdiff.descent import Settings
from symdiff.descent.run import Descent
from symdiff.whole import write

sys.path.insert(0, str(Path(__file__).parents[2] / "examples" / "digits"))


def digits() -> dict[str, Any]:
    example: Any = importlib.import_module("digits")  # examples/digits/digits.py
    f, found = sd.parse(example.FORMULA), dict[str, Any]()
    for seed in range(5):
        data, test = example.split(seed)
        begin, cpu = time.perf_counter(), time.process_time()
        run = sd.descend(f, example.WEIGHTS, data, test=test, score=example.SCORE, seed=seed, epochs=example.EPOCHS, **example.OPTIONS)
        seconds, cpu = time.perf_counter() - begin, time.process_time() - cpu
        losses, apart = compared(f, example.WEIGHTS, data, Settings("adam", 0.01, example.EPOCHS, 32, "he", seed))
        assert len(apart) == example.EPOCHS + 1 and losses == run.losses
        found[f"seed {seed}"] = {
            "test accuracy, %": round(100 * run.scores[-1], 2), "seconds": round(seconds, 1), "seconds of CPU": round(cpu, 1),
            "epochs compared": len(apart), "largest difference of the gradient from PyTorch's": float(f"{max(apart):.1e}"),
        }  # fmt: skip
    found["median test accuracy, %"] = median(v["test accuracy, %"] for v in found.values())
    return found


def compared(f: sd.Formula, names: list[str], data: dict[str, Any], settings: Settings) -> tuple[list[float], list[float]]:
    """The losses of the run, and at each epoch's start the largest difference of an entry of its gradient from PyTorch's."""
    import torch

    descent = Descent(f.expr, f.nodes(names), data, settings, None, None, "")
    x, y = torch.tensor(data["x"]), torch.tensor(data["y"])
    apart: list[float] = []

    def compare(epoch: int, epochs: int, loss: float) -> None:
        assert descent.known is not None
        w = {name: torch.tensor(value, requires_grad=True) for name, value in descent.loss.parts(descent.state[3]).items()}
        z = torch.relu(torch.relu(x @ w["W1"].T + w["b1"]) @ w["W2"].T + w["b2"]) @ w["W3"].T + w["b3"]
        (torch.logsumexp(z, 1) - (y * z).sum(1)).mean().backward()
        ours = descent.loss.parts(descent.known[1])
        apart.append(max(float((w[name].grad - torch.tensor(g)).abs().max()) for name, g in ours.items()))

    return descent.run(compare).losses, apart


def cancer() -> dict[str, Any]:
    from sklearn.datasets import load_breast_cancer
    from sklearn.linear_model import LogisticRegression
    from sklearn.svm import LinearSVC

    data = load_breast_cancer()
    x = np.hstack([(data.data - data.data.mean(0)) / data.data.std(0), np.ones((len(data.data), 1))])
    y = 2.0 * data.target - 1
    logistic = sd.descend("0.5*w.w + sum(i=1..m, log(1 + exp(-y[i]*w.x[i])))", "w", {"x": x, "y": y}, method="lbfgs", epochs=2000)
    w = LogisticRegression(C=1.0, fit_intercept=False, tol=1e-12, max_iter=100_000).fit(x, y).coef_[0]
    theirs = 0.5 * w @ w + np.logaddexp(0, -y * (x @ w)).sum()
    hinge = sd.descend("0.5*w.w + sum(i=1..m, max(1 - y[i]*w.x[i], 0))", "w", {"x": x, "y": y}, method="adagrad", step=0.1, epochs=3000)
    w = LinearSVC(C=1.0, loss="hinge", fit_intercept=False, tol=1e-10, max_iter=1_000_000).fit(x, y).coef_[0]
    svc = 0.5 * w @ w + np.maximum(1 - y * (x @ w), 0).sum()
    return {
        "logistic": {"ours": logistic.loss, "scikit-learn": float(theirs), "difference": float(f"{logistic.loss - theirs:.1e}")},
        "hinge": {"ours": hinge.loss, "LinearSVC": float(svc), "ours above, %": round(100 * (hinge.loss / svc - 1), 3)},
    }


def growth() -> dict[str, Any]:
    """Exponents between sizes that double: 1 is linear. Depth from 5 layers on, width with the inputs fixed, of the last doubling."""
    rng = np.random.default_rng(0)

    def network(depth: int, width: int) -> tuple[Any, list[str]]:
        layers = [f"h{k} = tanh(W{k}*{'x' if k == 1 else f'h{k - 1}'})" for k in range(1, depth + 1)]
        types = {"W1": f"matrix({width}, 8)"} | {f"W{k}": f"matrix(16, {width if k == 2 else 16})" for k in range(2, depth + 1)}
        return sd.parse("; ".join([*layers, f"(w.h{depth} - y)^2"]), **types), [*types, "w"]

    def seconds(depth: int, width: int, examples: int) -> float:
        f, names = network(depth, width)
        data = {"x": rng.normal(size=(examples, 8)), "y": rng.normal(size=examples)}
        times: list[float] = []
        descent = Descent(f.expr, f.nodes(names), data, Settings("adam", epochs=12, batch=32), None, None, "")
        descent.run(lambda epoch, epochs, loss: times.append(time.process_time()))
        return min(b - a for a, b in itertools.pairwise(times))

    told: dict[str, Any] = {}
    for what, sizes, asked in (
        ("examples", (2000, 4000, 8000), lambda n: (2, 16, n)),
        ("width", (400, 800, 1600), lambda n: (2, n, 1000)),
        ("depth", (8, 16, 32), lambda n: (n, 16, 1000)),
    ):
        times = [seconds(*asked(n)) for n in sizes]
        told[what] = {
            "sizes": sizes,
            "seconds of CPU for an epoch": [round(t, 4) for t in times],
            "exponent": round(log2(times[-1] / times[0]) / 2, 2),
        }
    return told


def main() -> int:
    parts = {"digits": digits, "cancer": cancer, "growth": growth}
    file = Path(sys.argv[1])
    told: dict[str, Any] = {name: parts[name]() for name in sys.argv[2:] or parts}
    told["cores"] = os.cpu_count()
    write(file, json.dumps(told, indent=1))
    print(json.dumps(told, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
