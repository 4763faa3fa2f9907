"""Several starts: two minima of one network in one picture, the lowest end as the answer; step sizes of AdaGrad drawn."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

import symdiff as sd
from symdiff.cli import main
from symdiff.descent.picture import ends

NETWORK = "(b*tanh(a*x) - y)^2"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    x = rng.normal(size=60)
    np.savez(tmp_path / "two.npz", x=x, y=1.5 * np.tanh(2 * x) + 0.05 * rng.normal(size=60))
    return tmp_path


def test_two_starts_end_in_two_minima(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Both signs of both weights give the same function: seeds 3 and 4 lead to one each."""
    asked = [
        "descend",
        NETWORK,
        "--wrt",
        "a,b",
        "--data",
        str(data / "two.npz"),
        "--init",
        "normal",
        "--method",
        "adam",
        "--step",
        "0.05",
        "--epochs",
        "150",
    ]
    picture, page, kept = data / "two.svg", data / "two.html", data / "run.json"
    assert main([*asked, "--starts", "2", "--seed", "3", "--plot", str(picture), "--plot", str(page), "-o", str(kept)]) == 0
    out, err = capsys.readouterr()
    assert "2 starts end at the same loss" in err and "another minimum each" in err
    assert "seed 3: adam" in err and "seed 4: adam" in err
    runs = [json.loads(path.read_text()) for path in (kept, data / "run-2.json")]
    assert len(runs) == 2
    weights = [
        sd.descend(NETWORK, ["a", "b"], str(data / "two.npz"), init="normal", method="adam", step=0.05, epochs=150, seed=seed)
        for seed in (3, 4)
    ]
    assert weights[0].weights["a"] * weights[1].weights["a"] < 0 and weights[0].weights["b"] * weights[1].weights["b"] < 0
    best = min(weights, key=lambda r: r.loss)
    assert float(out.split()[1]) == pytest.approx(float(best.weights["a"]))
    drawn = picture.read_text()
    ElementTree.fromstring(drawn)
    assert "seed 3" in drawn and "seed 4" in drawn and drawn.count('data-epoch="150"') == 2
    assert "loss, seed 4" in page.read_text() and "another minimum each" in page.read_text()


def test_a_convex_loss_has_one_end(data: Path) -> None:
    runs = [sd.descend("(a*x - y)^2", "a", str(data / "two.npz"), init="normal", step=0.2, epochs=80, seed=seed) for seed in range(3)]
    assert ends(runs).startswith("3 starts end at the same weights")


def test_different_losses_are_told(data: Path) -> None:
    runs = [
        sd.descend(NETWORK, ["a", "b"], str(data / "two.npz"), init=init, method="adam", step=0.05, epochs=100)
        for init in ("zeros", "normal")
    ]
    assert ends(runs).startswith("2 starts end at different losses")


def test_step_sizes_of_adagrad_are_drawn(data: Path) -> None:
    for method, drawn in (("adagrad", True), ("adam", False)):
        run = sd.descend(NETWORK, ["a", "b"], str(data / "two.npz"), init="normal", method=method, epochs=5)
        run.plot(str(data / "run.svg"))
        assert ("AdaGrad: step sizes" in (data / "run.svg").read_text()) is drawn
        assert bool(run.rates) is drawn
