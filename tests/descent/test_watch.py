"""What a run says of itself: gradients that vanish or explode, units that stay equal or unused, where it diverged; and what it does not say."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from problems import LOSSES, X, Y

import symdiff as sd
from symdiff.descent.layers import slope

LAYERS = 6
DEEP = "; ".join(["h1 = {0}(W1*x)", *(f"h{k} = {{0}}(W{k}*h{k - 1})" for k in range(2, LAYERS + 1)), f"(w.h{LAYERS} - y)^2"])
SIZES = {"W1": "matrix(8, 3)"} | {f"W{k}": "matrix(8, 8)" for k in range(2, LAYERS + 1)}
NAMES = [*SIZES, "w"]
DATA = {"x": X, "y": Y}


def run(text, wrt, data=DATA, types=None, **options):
    return sd.descend(sd.parse(text, **(types or {})), wrt, data, **options)


def test_sigmoids_let_the_gradient_vanish_and_the_bound_says_why():
    found = run(DEEP.format("sigma"), NAMES, types=SIZES, method="adam", init="xavier", epochs=10)
    told = [note for note in found.notes if note.startswith("the gradient vanishes in W1")]
    assert len(told) == 1
    assert (
        f"stand {LAYERS} sigma with slope y*(1 - y), at most 1/4: together at most 1/{4**LAYERS}, times the weights on the way" in told[0]
    )
    assert not any("vanishes in w:" in note or f"vanishes in W{LAYERS}" in note for note in found.notes)


def test_the_bound_holds():
    """The gradient of W1 at weights of norm 1 is below the stated bound times the data and the residual."""
    found = run(DEEP.format("sigma"), NAMES, types=SIZES, init="normal", epochs=0)
    layers = np.prod([np.linalg.norm(found.weights[name], 2) for name in NAMES[1:]])
    x = np.linalg.norm(X, axis=1).max()
    h = np.sqrt(8) * np.linalg.norm(found.weights["w"]) + 1
    assert 0 < found.norms["W1"][0] <= 2 * h * x * float(slope("sigma")) ** LAYERS * layers


@pytest.mark.parametrize(("name", "most"), [("sigma", Fraction(1, 4)), ("tanh", 1), ("relu", None), ("exp", None), ("sign", None)])
def test_slopes_from_the_ranges_of_the_table(name, most):
    assert slope(name) == most


def test_large_weights_let_it_explode():
    start = {
        name: 6 * np.random.default_rng(k).normal(size=tuple(map(int, size[7:-1].split(","))))
        for k, (name, size) in enumerate(SIZES.items())
    }
    found = run(DEEP.format("relu"), NAMES, {**DATA, **start, "w": np.ones(8)}, SIZES, method="adam", step=1e-9, epochs=3)
    assert any(
        note.startswith("the gradient explodes in W1: its norm is") and "the weights on the way multiply it" in note for note in found.notes
    )


def test_a_gradient_that_grows():
    found = run("(w.x - y)^2", ["w"], step=0.9, epochs=8)
    assert any(note.startswith("the gradient explodes in w: in epoch") and note.endswith("a smaller step") for note in found.notes)


def test_a_healthy_network_gets_no_warning():
    for function in ("tanh", "relu"):
        found = run(f"h = {function}(V*x + a); (w.h - y)^2", ["V", "a", "w"], types={"V": "matrix(6, 3)"}, init="he", seed=4, epochs=40)
        assert not [note for note in found.notes if "vanish" in note or "explode" in note or "equal" in note]
    assert run("max(1 - y*w.x, 0)", ["w"]).notes == ()


def test_units_that_start_alike_stay_alike():
    found = run("h = sigma(V*x); (w.h - y)^2", ["V", "w"], types={"V": "matrix(4, 3)"}, init="zeros", epochs=30)
    assert (found.weights["V"] == found.weights["V"][0]).all() and found.weights["V"].any()
    assert (
        "rows 1 to 4 of V are equal from start to end: units that start alike get the same gradient and stay one unit; start with --init xavier or he"
        in found.notes
    )
    other = run("h = sigma(V*x); (w.h - y)^2", ["V", "w"], types={"V": "matrix(4, 3)"}, init="xavier", epochs=30)
    assert not any("equal" in note for note in other.notes)


def test_some_units_that_start_alike():
    start = np.array([[1.0, 0.5, 0], [0, 1.0, 0], [1.0, 0.5, 0]])
    found = run("h = tanh(V*x); (w.h - y)^2", ["V", "w"], {**DATA, "V": start, "w": [1.0, -1.0, 1.0]}, epochs=20)
    assert any(note.startswith("rows 1, 3 of V are equal") for note in found.notes)


def test_rows_of_a_linear_predictor_are_no_units():
    data = LOSSES["softmax"][3]
    found = sd.descend("z = A*phi; logsumexp(z) - y.z", ["A"], data, init="zeros")
    assert not any("equal" in note for note in found.notes)


def test_a_layer_that_never_moves():
    found = run("h = tanh(V*x); (w.h - y)^2", ["V", "w"], types={"V": "matrix(4, 3)"}, init="zeros", epochs=5)
    assert not found.weights["V"].any() and not found.weights["w"].any()
    found = run("h = tanh(V*x); (w.h + b - y)^2", ["V", "w", "b"], types={"V": "matrix(4, 3)"}, init="zeros", epochs=5)
    assert any(note.startswith("the gradient by V is exactly 0 in every epoch: V never moves") for note in found.notes)


def test_units_that_are_not_used():
    start = np.array([[1.0, 0, 0], [0, 1.0, 0]])
    found = run("h = relu(V*x + a); (w.h - y)^2", ["V", "a", "w"], {**DATA, "V": start, "a": [0.0, -100.0], "w": [1.0, 1.0]}, epochs=5)
    assert "1 of 2 units of h are 0 in every example: they are not used, and no gradient reaches them" in found.notes
    found = run("(w.max(V*x + a, 0) - y)^2", ["V", "a", "w"], {**DATA, "V": start, "a": [0.0, -100.0], "w": [1.0, 1.0]}, epochs=5)
    assert any(note.startswith("1 of 2 units of rectified layer 1") for note in found.notes)


def test_why_a_gradient_is_zero():
    """Of V because w is 0 on the way; of w because h is, though nothing behind it is 0."""
    found = run("h = tanh(V*x + c); (w.h + b - y)^2", ["V", "c", "w", "b"], types={"V": "matrix(4, 3)"}, init="zeros", epochs=5)
    told = {note.split()[3]: note for note in found.notes if "never moves" in note}
    assert {name: note.partition(" (")[2] for name, note in told.items()} == {
        "V": "it reaches the loss multiplied by w, which is 0)",
        "c": "it reaches the loss multiplied by w, which is 0)",
        "w": "it reaches the loss multiplied by h, which is 0)",
    }


def test_weights_that_leave_their_declaration():
    found = run("p: positive scalar; (p*x[1] - y)^2", ["p"], {"x": -X, "y": np.abs(X[:, 0])}, epochs=40)
    assert (found.weights["p"] <= 0) == any("p is declared positive, and the steps have left that" in note for note in found.notes)
    found = run("p: positive scalar; (p + 3)^2", ["p"], {}, epochs=40)
    assert found.weights["p"] < 0 and any("p is declared positive" in note for note in found.notes)
    found = run("p: positive scalar; (p - 3)^2", ["p"], {}, epochs=40)
    assert found.notes == ()


def test_a_step_too_large():
    found = run("(w.x - y)^2", ["w"], {"x": 100 * X, "y": Y}, step=0.1, epochs=50)
    assert found.stopped.startswith("epoch ") and found.epoch < 50
    assert "try a smaller step: --step 1e-05" in found.stopped
    assert "data of mean 0 and deviation 1" in found.stopped and "adam" in found.stopped
    again = run("(w.x - y)^2", ["w"], {"x": 100 * X, "y": Y}, step=1e-5, epochs=50)  # what is said is small enough
    assert not again.stopped and again.loss < again.losses[0]
    assert str(run("(w.x - y)^2", ["w"], {"x": X, "y": Y}, epochs=1)).startswith("sgd, 1 epoch, 1 step: ")
    assert np.isfinite(found.weights["w"]).all() and str(found).startswith("stopped: ")


def test_what_is_not_finite_is_named():
    found = run("h = log(V*x); (w.h - y)^2", ["V", "w"], {"x": np.abs(X), "y": Y, "V": np.ones((4, 3))}, step=1.0)
    assert "h is the first value that is not finite" in found.stopped and "layer V" in found.stopped
    assert all(np.isfinite(value).all() for value in found.weights.values())


def test_wrong_at_the_start():
    found = run("log(w.x)^2", ["w"], {"x": X})
    assert found.stopped.startswith("epoch 1: the loss is inf") and "at the start" in found.stopped and found.epoch == 0


def test_a_loss_without_a_minimum_is_not_called_divergence_early():
    found = run("w.x - w.x + s", ["w", "s"], {"x": X}, epochs=5)
    assert not found.stopped
