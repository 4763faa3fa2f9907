"""The 8x8 digits of scikit-learn and a 64-16-16-10 network of the formula language (network.sd): five runs, and what they reach.

    pip install symdiff-graph scikit-learn
    python examples/digits/digits.py

A stratified quarter of the 1797 digits is the test data; the average cross-entropy is minimised by Adam in batches of 32. Where PyTorch
is installed, the gradient at the start of every epoch of the first run is compared with the one of PyTorch.
"""

from __future__ import annotations

import importlib.util
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np

import symdiff as sd

FORMULA = (Path(__file__).parent / "network.sd").read_text(encoding="utf-8")
WEIGHTS = ["W1", "b1", "W2", "b2", "W3", "b3"]
SCORE = "[z.y == max(z)]"
OPTIONS = {"method": "adam", "step": 0.01, "batch": 32, "init": "he"}
EPOCHS = 60


def split(seed: int) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Training and test data: pixels from 0 to 1, digits as unit vectors."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    digits = load_digits()
    x, xt, y, yt = train_test_split(digits.data / 16, np.eye(10)[digits.target], test_size=0.25, stratify=digits.target, random_state=seed)
    return {"x": x, "y": y}, {"x": xt, "y": yt}


def difference(weights: dict[str, np.ndarray], data: dict[str, np.ndarray]) -> float:
    """The largest difference of an entry of the gradient of the average from that of PyTorch."""
    import torch

    from symdiff.descent.loss import Loss

    f = sd.parse(FORMULA)
    loss = Loss(f.expr, f.nodes(WEIGHTS), data)
    _, ours = loss(loss.joined([weights[name] for name in WEIGHTS]))
    w = {name: torch.tensor(weights[name], requires_grad=True) for name in WEIGHTS}
    x, y = torch.tensor(data["x"]), torch.tensor(data["y"])
    z = torch.relu(torch.relu(x @ w["W1"].T + w["b1"]) @ w["W2"].T + w["b2"]) @ w["W3"].T + w["b3"]
    (torch.logsumexp(z, 1) - (y * z).sum(1)).mean().backward()
    return max(float((w[name].grad - torch.tensor(g)).abs().max()) for name, g in loss.parts(ours).items())


def main() -> None:
    f = sd.parse(FORMULA)
    scores = []
    for seed in range(5):
        data, test = split(seed)
        begin = time.perf_counter()
        run = sd.descend(f, WEIGHTS, data, test=test, score=SCORE, seed=seed, epochs=EPOCHS, **OPTIONS)
        scores.append(run.scores[-1])
        print(f"seed {seed}: loss {run.loss:.2g}, test accuracy {100 * run.scores[-1]:.1f} %, {time.perf_counter() - begin:.1f} s")
    print(f"median test accuracy {100 * median(scores):.1f} %")
    if importlib.util.find_spec("torch"):
        data, _ = split(0)
        with tempfile.TemporaryDirectory() as folder:
            file = str(Path(folder) / "run.json")  # each run goes on where the one before it ended
            worst = max(difference(sd.descend(f, WEIGHTS, data, epochs=k, output=file, **OPTIONS).weights, data) for k in range(EPOCHS + 1))
        print(f"largest difference of the gradient from PyTorch's at {EPOCHS + 1} epochs: {worst:.1e}")
    sys.exit(0 if median(scores) >= 0.95 else 1)


if __name__ == "__main__":
    main()
