"""Every method against PyTorch's optimiser, step by step; L-BFGS against minima that are known."""

from __future__ import annotations

import numpy as np
import pytest
from problems import LOSSES, X, Y

import symdiff as sd
from symdiff.descent import METHODS, RULES
from symdiff.descent.loss import Loss

STEPS = 60


def optimiser(torch, method, parameters):
    return {
        "sgd": lambda: torch.optim.SGD(parameters, lr=0.05),
        "momentum": lambda: torch.optim.SGD(parameters, lr=0.02, momentum=0.9),
        "adagrad": lambda: torch.optim.Adagrad(parameters, lr=0.1),
        "adam": lambda: torch.optim.Adam(parameters, lr=0.02),
    }[method]()


STEP = {"sgd": 0.05, "momentum": 0.02, "adagrad": 0.1, "adam": 0.02}


def test_every_rule_is_compared():
    assert set(STEP) == set(RULES) and set(METHODS) == {*RULES, "lbfgs"} and len(LOSSES) == 5


@pytest.mark.parametrize("batch", [None, 5])
@pytest.mark.parametrize("method", STEP)
@pytest.mark.parametrize("name", LOSSES)
def test_step_by_step_as_pytorch(name, method, batch):
    torch = pytest.importorskip("torch")
    text, types, wrt, data, loss = LOSSES[name]
    f = sd.parse(text, **types)
    seen = []
    epochs = STEPS if batch is None else 12
    options = {"method": method, "step": STEP[method], "init": "normal", "batch": batch, "shuffle": False}
    for k in range(epochs + 1):
        if k in (0, 1, 2, epochs // 2, epochs):
            seen.append((k, sd.descend(f, wrt, data, epochs=k, **options)))
    start = seen[0][1].weights
    tensors = {name: torch.tensor(value, dtype=torch.float64) for name, value in data.items()}
    weights = {name: torch.tensor(value, dtype=torch.float64, requires_grad=True) for name, value in start.items()}
    steps = optimiser(torch, method, list(weights.values()))
    history = []
    for k in range(epochs + 1):
        for run in [run for at, run in seen if at == k]:
            for letter in wrt:
                assert np.abs(run.weights[letter] - weights[letter].detach().numpy()).max() < 1e-10, (k, letter)
        steps.zero_grad()
        value = loss(torch, weights, tensors)
        value.backward()
        history.append((float(value.detach()), [float(w.grad.norm()) for w in weights.values()]))
        size = len(X) if batch is None else batch
        for first in range(0, len(X), size):
            rows = {name: t[first : first + size] if t.ndim else t for name, t in tensors.items()}
            steps.zero_grad()
            loss(torch, weights, rows).backward()
            steps.step()
    run = seen[-1][1]
    assert run.losses == pytest.approx([value for value, _ in history], abs=1e-10)
    for letter, norms in zip(wrt, zip(*[n for _, n in history], strict=True), strict=True):
        assert run.norms[letter] == pytest.approx(norms, abs=1e-10)


# AdaGrad's epsilon stands inside the root in optax and outside in the lecture: without it both are one rule.
OPTAX = {
    "sgd": lambda optax: optax.sgd(0.05),
    "momentum": lambda optax: optax.sgd(0.02, momentum=0.9),
    "adagrad": lambda optax: optax.adagrad(0.1, initial_accumulator_value=0.0, eps=0.0),
    "adam": lambda optax: optax.adam(0.02),
}


@pytest.mark.parametrize("target", ["numpy", "jax"])
@pytest.mark.parametrize("method", STEP)
@pytest.mark.parametrize("name", LOSSES)
def test_step_by_step_as_optax(name, method, target):
    """Our rules in NumPy, and the run that optax moves, beside optax on the gradient of our own code, which the test above compares."""
    optax, jax = pytest.importorskip("optax"), pytest.importorskip("jax")
    text, types, wrt, data, _ = LOSSES[name]
    f = sd.parse(text, **types)
    numbers = {"epsilon": 0.0} if method == "adagrad" else {}
    optimiser = OPTAX[method](optax)
    runs = [
        sd.descend(f, wrt, data, method=method, step=STEP[method], init="normal", epochs=k, target=target, **numbers) for k in range(12)
    ]
    assert runs[0].rule.startswith("optax.") is (target == "jax")
    loss = Loss(f.expr, f.nodes(wrt), data)
    w = loss.joined([runs[0].start[x] for x in wrt])
    with jax.enable_x64(True):
        w = jax.numpy.asarray(w)
        state = optimiser.init(w)
        for k, run in enumerate(runs):
            assert np.abs(loss.joined([run.weights[x] for x in wrt]) - np.asarray(w)).max() < 1e-10, k
            updates, state = optimiser.update(jax.numpy.asarray(loss(np.asarray(w))[1]), state, w)
            w = optax.apply_updates(w, updates)


def test_without_optax_the_rules_are_our_own(monkeypatch):
    pytest.importorskip("jax")
    monkeypatch.setattr("symdiff.descent.run.installed", lambda: False)
    run = sd.descend("(w.phi - y)^2", "w", {"phi": X, "y": Y}, method="adam", target="jax")
    assert run.rule == str(RULES["adam"])


def test_optax_is_for_jax_alone():
    assert not sd.descend("(w.phi - y)^2", "w", {"phi": X, "y": Y}, method="adam").rule.startswith("optax")


def test_step_sizes_of_adagrad_under_optax():
    pytest.importorskip("optax")
    run = sd.descend("(w.phi - y)^2", "w", {"phi": X, "y": Y}, method="adagrad", step=0.1, epochs=1, target="jax")
    g = 2 * X.T @ (X @ np.zeros(3) - Y) / len(X)
    assert run.rule == "optax.adagrad(eta, initial_accumulator_value=0, eps=epsilon)"
    assert run.rates["w"] == pytest.approx(0.1 / np.sqrt(g * g + 1e-10), rel=1e-12)
    assert run.weights["w"] == pytest.approx(-run.rates["w"] * g, rel=1e-12)


@pytest.mark.parametrize("target", ["torch", "jax"])
def test_another_target(target):
    pytest.importorskip(target)
    text, types, wrt, data, _ = LOSSES["two layers"]
    f = sd.parse(text, **types)
    here = sd.descend(f, wrt, data, method="adam", batch=7)
    there = sd.descend(f, wrt, data, method="adam", batch=7, target=target)
    for name in wrt:
        assert np.abs(here.weights[name] - there.weights[name]).max() < 1e-10


def test_rules_stand_as_formulas():
    assert str(RULES["sgd"]) == "w <- w - eta*g"
    assert str(RULES["momentum"]) == "v <- mu*v + g; w <- w - eta*v"
    run = sd.descend("(w.phi - y)^2", "w", {"phi": X, "y": Y}, method="adam")
    assert run.rule == str(RULES["adam"])
    for rule in RULES.values():  # each line parses as a formula, and is what one step does
        w, a = np.array([1.0, -2.0]), np.array([0.5, 3.0])
        vectors = dict.fromkeys(("w", "g", *rule.remembers), "vector(n)")
        values = {
            "w": w,
            "g": 2 * (w @ a - 1) * a,
            "eta": 0.1,
            "t": 1.0,
            **rule.settings,
            **{letter: np.zeros(2) for letter in rule.remembers},
        }

        def value(line, vectors=vectors, values=values):
            f = sd.parse(line, **vectors)
            return f({k: v for k, v in values.items() if k in f.variables})

        for letter, line in rule.remembers.items():
            values[letter] = value(line)
        one = sd.descend("(w.a - 1)^2", "w", {"a": [a], "w": w}, method=rule.name, step=0.1, epochs=1)
        assert one.weights["w"] == pytest.approx(value(rule.step), rel=1e-14)


def test_lbfgs_reaches_least_squares():
    run = sd.descend("(w.phi - y)^2", "w", {"phi": X, "y": Y}, method="lbfgs", epochs=100)
    assert run.weights["w"] == pytest.approx(np.linalg.lstsq(X, Y, rcond=None)[0], abs=1e-7)
    assert run.epoch == len(run.losses) - 1 < 100 and run.losses == sorted(run.losses, reverse=True)


def test_lbfgs_has_no_step():
    with pytest.raises(sd.SymdiffError, match="own step"):
        sd.descend("(w.phi - y)^2", "w", {"phi": X, "y": Y}, method="lbfgs", step=0.1)


def test_step_sizes_of_adagrad():
    run = sd.descend("(w.phi - y)^2", "w", {"phi": X, "y": Y}, method="adagrad", step=0.1, epochs=1)
    g = 2 * X.T @ (X @ np.zeros(3) - Y) / len(X)
    assert run.rates["w"] == pytest.approx(0.1 / (np.abs(g) + 1e-10), rel=1e-12)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"method": "adamw"}, "no method 'adamw'"),
        ({"step": -1.0}, "a number above 0"),
        ({"step": float("nan")}, "a number above 0"),
        ({"epochs": -1}, "epochs is a whole number"),
        ({"batch": 0}, "batch is a whole number"),
        ({"seed": 0.5}, "seed is a whole number"),
        ({"init": "ones"}, "no initialisation 'ones'"),
        ({"beta1": 0.5}, "sgd has no number 'beta1'"),
        ({"method": "momentum", "mu": -1.0}, "mu is a number"),
        ({"target": "fortran"}, "no target"),
    ],
)
def test_settings_are_checked(wrong, message):
    with pytest.raises(sd.SymdiffError, match=message):
        sd.descend("(w.phi - y)^2", "w", {"phi": X, "y": Y}, **wrong)


def test_unknown_numbers_name_the_known_ones():
    with pytest.raises(sd.SymdiffError) as error:
        sd.descend("(w.phi - y)^2", "w", {"phi": X, "y": Y}, method="adam", beta=0.5)
    assert error.value.hint == "its numbers are beta1, beta2, epsilon"
