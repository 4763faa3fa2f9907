"""How many hidden units end up used, and rows that stay equal: numbers by hand, and what is drawn of them."""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import pytest
from problems import X, Y

import symdiff as sd

V = np.array([[1.0, 0.0, 0.5], [0.0, -1.0, 0.2], [0.3, 0.3, 0.3]])
NETWORK = {"V": V, "a": np.array([0.1, -100.0, 0.0]), "w": np.array([1.0, 1.0, -0.5])}
FORMULA = "h = relu(V*x + a); (w.h - y)^2"


def loss(values, without=None):
    h = np.maximum(X @ values["V"].T + values["a"], 0)
    if without is not None:
        h[:, without] = 0
    return float(np.mean((h @ values["w"] - Y) ** 2))


def test_the_rise_without_each_unit():
    run = sd.descend(FORMULA, ["V", "a", "w"], {"x": X, "y": Y, **NETWORK}, epochs=0)
    (layer,) = run.hidden()
    assert layer.name == "h" and layer.rises == pytest.approx([loss(NETWORK, k) - loss(NETWORK) for k in range(3)], abs=1e-12)
    assert layer.rises[1] == 0 and layer.used == 2


def test_a_loss_over_all_rows_has_the_same_units():
    run = sd.descend("H = relu(V*X' + a*ones(m)'); r = H'*w - y; r.r/m", ["V", "a", "w"], {"X": X, "y": Y, **NETWORK}, epochs=0)
    (layer,) = run.hidden()
    assert layer.rises == pytest.approx([loss(NETWORK, k) - loss(NETWORK) for k in range(3)], abs=1e-12)


@pytest.mark.parametrize("formula", ["max(1 - y*w.x, 0)", "sigma(w.x - y)", "z = V*x; logsumexp(z) - z.x", "norm2(tanh(V*x))^2"])
def test_what_has_no_hidden_units(formula):
    names = ["V"] if "V" in formula else ["w"]
    run = sd.descend(
        sd.parse(formula, **({"V": "matrix(3, 3)"} if "V" in formula else {})),
        names,
        {"x": X, "y": Y} if "y" in formula else {"x": X},
        epochs=0,
    )
    assert run.hidden() == []


def test_more_units_than_needed_are_not_all_used(tmp_path):
    """A target that one unit makes, and twelve units to make it with."""
    target = 2 * np.maximum(X[:, 0], 0)
    f = sd.parse("h = relu(V*x); (w.h - y)^2", V="matrix(12, 3)")
    run = sd.descend(f, ["V", "w"], {"x": X, "y": target}, init="he", method="adam", epochs=300)
    (layer,) = run.hidden()
    assert run.loss < 1e-3 and 1 <= layer.used < 12
    for name in ("a.svg", "a.html"):
        run.plot(str(tmp_path / name))
        text = (tmp_path / name).read_text(encoding="utf-8")
        assert f"Used at the end: {layer.used} of 12 units of h" in text and text.count("<title>h, unit ") == 12
    ElementTree.fromstring((tmp_path / "a.svg").read_text(encoding="utf-8"))


@pytest.mark.parametrize("init", ["zeros", "xavier"])
def test_rows_that_stay_equal_are_drawn(init, tmp_path):
    f = sd.parse("h = sigma(V*x); (w.h - y)^2", V="matrix(4, 3)")
    run = sd.descend(f, ["V", "w"], {"x": X, "y": Y}, init=init, epochs=30)
    run.plot(str(tmp_path / "a.svg"))
    picture = ElementTree.fromstring((tmp_path / "a.svg").read_text(encoding="utf-8"))
    cells = [
        e
        for e in picture.iter("{http://www.w3.org/2000/svg}rect")
        if (t := e.find("{http://www.w3.org/2000/svg}title")) is not None and t.text.startswith("V[")
    ]
    if init == "xavier":
        assert not cells
        return
    assert len(cells) == 2 * 12
    rows = [[(c.get("fill"), c.get("fill-opacity")) for c in cells[12 + 3 * i : 15 + 3 * i]] for i in range(4)]
    assert rows[0] == rows[1] == rows[2] == rows[3] and any(float(opacity) > 0.5 for _, opacity in rows[0])
