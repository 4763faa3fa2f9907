"""Losses with data for the tests of descent: text, declarations, weights, data, and the same loss of one example in PyTorch."""

import numpy as np

ROWS = 23


def random(seed=0):
    return np.random.default_rng(seed)


def data():
    rng = random(3)
    x = rng.normal(size=(ROWS, 3))
    y = np.sign(x @ np.array([1.0, -2.0, 0.5]) + 0.3 * rng.normal(size=ROWS))
    return x, y, np.eye(4)[rng.integers(0, 4, ROWS)]


X, Y, ONEHOT = data()

# name: (text, declarations, weights, data, the loss over all rows in PyTorch)
LOSSES = {
    "hinge": (
        "max(1 - y*w.phi, 0)", {}, ["w"], {"phi": X, "y": Y},
        lambda torch, p, d: torch.relu(1 - d["y"] * (d["phi"] @ p["w"])).mean(),
    ),
    "squared": (
        "(w.phi + b - y)^2", {}, ["w", "b"], {"phi": X, "y": Y},
        lambda torch, p, d: ((d["phi"] @ p["w"] + p["b"] - d["y"]) ** 2).mean(),
    ),
    "logistic": (
        "log(1 + exp(-y*w.phi)) + c*w.w", {}, ["w"], {"phi": X, "y": Y, "c": 0.05},
        lambda torch, p, d: torch.nn.functional.softplus(-d["y"] * (d["phi"] @ p["w"])).mean() + d["c"] * (p["w"] @ p["w"]),
    ),
    "two layers": (
        "h = sigma(V*phi + a); residual = w.h - y; residual^2", {"V": "matrix(5, 3)"}, ["V", "a", "w"], {"phi": X, "y": Y},
        lambda torch, p, d: ((torch.sigmoid(d["phi"] @ p["V"].T + p["a"]) @ p["w"] - d["y"]) ** 2).mean(),
    ),
    "softmax": (
        "z = B*relu(A*phi); logsumexp(z) - y.z", {"A": "matrix(6, 3)", "B": "matrix(4, 6)"}, ["A", "B"], {"phi": X, "y": ONEHOT},
        lambda torch, p, d: (torch.logsumexp((z := torch.relu(d["phi"] @ p["A"].T) @ p["B"].T), 1) - (d["y"] * z).sum(1)).mean(),
    ),
}  # fmt: skip
