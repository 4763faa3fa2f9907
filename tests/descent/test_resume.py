"""A run that was stopped anywhere and goes on from its file ends at the weights, bit for bit, of one that was not."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from problems import LOSSES

import symdiff as sd
from symdiff.descent.loss import Loss

OPTIONS = {"batch": 4, "epochs": 8, "init": "he", "seed": 5}
STEPS = {"sgd": 0.05, "momentum": 0.02, "adagrad": 0.1, "adam": 0.02}


def equal(a, b):
    return (
        all((a.weights[name] == b.weights[name]).all() for name in a.weights)
        and a.history == b.history
        and a.notes == b.notes
        and a.steps == b.steps
    )


class Stop:
    """The loss, with Control-C in one of its calls."""

    def __init__(self, monkeypatch, at):
        self.left = at
        real = Loss.__call__

        def call(loss, weights, rows=None):
            self.left -= 1
            if self.left == 0:
                raise KeyboardInterrupt
            return real(loss, weights, rows)

        monkeypatch.setattr(Loss, "__call__", call)


@pytest.mark.parametrize("method", STEPS)
@pytest.mark.parametrize("at", [1, 2, 5, 7, 8, 23, 40])
def test_interrupted_at_any_step(method, at, tmp_path, monkeypatch):
    text, types, wrt, data, _ = LOSSES["two layers"]
    f = sd.parse(text, **types)
    ask = {**OPTIONS, "method": method, "step": STEPS[method]}
    whole = sd.descend(f, wrt, data, **ask)
    path = str(tmp_path / "run.json")
    with monkeypatch.context() as patch:
        Stop(patch, at)
        part = sd.descend(f, wrt, data, output=path, **ask)
    assert part.interrupted and not whole.interrupted and not equal(part, whole)
    resumed = sd.descend(f, wrt, data, output=path, **ask)
    assert equal(resumed, whole) and not resumed.interrupted
    again = sd.descend(f, wrt, data, output=path, **ask)
    assert equal(again, whole)


@pytest.mark.parametrize("method", STEPS)
def test_what_optax_moves_goes_on_too(method, tmp_path, monkeypatch):
    pytest.importorskip("optax")
    text, types, wrt, data, _ = LOSSES["two layers"]
    f, path = sd.parse(text, **types), str(tmp_path / "run.json")
    ask = {**OPTIONS, "method": method, "step": STEPS[method], "target": "jax"}
    whole = sd.descend(f, wrt, data, **ask)
    for at in (3, 9):
        with monkeypatch.context() as patch:
            Stop(patch, at)
            assert sd.descend(f, wrt, data, output=path, **ask).interrupted
    assert equal(sd.descend(f, wrt, data, output=path, **ask), whole)
    monkeypatch.setattr("symdiff.descent.run.installed", lambda: False)
    with pytest.raises(sd.SymdiffError, match="another optimiser"):
        sd.descend(f, wrt, data, output=path, **ask)


def test_interrupted_without_a_file(monkeypatch):
    text, types, wrt, data, _ = LOSSES["hinge"]
    Stop(monkeypatch, 12)
    run = sd.descend(sd.parse(text, **types), wrt, data, **OPTIONS)
    assert run.interrupted and str(run).startswith("interrupted") and run.steps > 0


def test_lbfgs_ends_at_the_same_weights(tmp_path, monkeypatch):
    text, types, wrt, data, _ = LOSSES["two layers"]
    f, path = sd.parse(text, **types), str(tmp_path / "run.json")
    whole = sd.descend(f, wrt, data, method="lbfgs", epochs=30)
    with monkeypatch.context() as patch:
        Stop(patch, 9)
        assert sd.descend(f, wrt, data, method="lbfgs", epochs=30, output=path).interrupted
    assert equal(sd.descend(f, wrt, data, method="lbfgs", epochs=30, output=path), whole)


def test_more_epochs_go_on(tmp_path):
    text, types, wrt, data, _ = LOSSES["softmax"]
    f, path = sd.parse(text, **types), str(tmp_path / "run.json")
    sd.descend(f, wrt, data, output=path, method="adam", batch=5, epochs=3)
    more = sd.descend(f, wrt, data, output=path, method="adam", batch=5, epochs=9)
    assert equal(more, sd.descend(f, wrt, data, method="adam", batch=5, epochs=9))
    with pytest.raises(sd.SymdiffError, match="has 9 epochs already"):
        sd.descend(f, wrt, data, output=path, method="adam", batch=5, epochs=4)


PROGRAM = """
import sys, numpy as np
import symdiff as sd
rng = np.random.default_rng(0)
x = rng.normal(size=(400, 3)); y = np.sign(x @ [1.0, -2.0, 0.5])
run = sd.descend(sd.parse("h = sigma(V*x); (w.h - y)^2", V="matrix(5, 3)"), ["V", "w"], {"x": x, "y": y}, method="adam", batch=8, epochs=EPOCHS, output=sys.argv[1])
"""


def test_killed(tmp_path):
    """The process is killed, as by a machine that goes down, in the middle of writing or computing; the file is whole or not there."""
    path = tmp_path / "run.json"
    program = PROGRAM.replace("EPOCHS", "60")
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM.replace("EPOCHS", "1000000"), str(path)], env={**os.environ, "OMP_NUM_THREADS": "1"}
    )
    try:
        deadline = time.monotonic() + 60
        while not path.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        time.sleep(0.1)
    finally:
        process.kill()
        process.wait()
    kept = json.loads(path.read_text(encoding="utf-8"))
    assert process.returncode == -signal.SIGKILL and kept["epochs"] < 60
    for target in (path, tmp_path / "whole.json"):
        subprocess.run([sys.executable, "-c", program, str(target)], check=True, timeout=120, env={**os.environ, "OMP_NUM_THREADS": "1"})
    resumed, whole = [json.loads(p.read_text(encoding="utf-8")) for p in (path, tmp_path / "whole.json")]
    assert resumed["state"] == whole["state"] and resumed["state"]["epoch"] == 60


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"method": "adam"}, "another method"),
        ({"step": 0.2}, "another step"),
        ({"seed": 1}, "another seed"),
        ({"batch": 5}, "another batch"),
        ({"init": "normal"}, "another init"),
    ],
)
def test_a_file_of_another_run_is_left_alone(change, message, tmp_path):
    text, types, wrt, data, _ = LOSSES["two layers"]
    f, path = sd.parse(text, **types), tmp_path / "run.json"
    sd.descend(f, wrt, data, output=str(path), **OPTIONS)
    before = path.read_bytes()
    with pytest.raises(sd.SymdiffError, match=message):
        sd.descend(f, wrt, data, output=str(path), **{**OPTIONS, **change})
    with pytest.raises(sd.SymdiffError, match="another data or start"):
        sd.descend(f, wrt, {**data, "y": -data["y"]}, output=str(path), **OPTIONS)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "{}", '{"question": {}, "state": {}}', '{"question": 1, "state": 2}', "[" * 100_000, "\0"]
)
def test_a_file_that_is_no_run(content, tmp_path):
    path = tmp_path / "run.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(sd.SymdiffError, match=r"no run|is a run with another"):
        sd.descend("(w - a)^2", "w", {"a": [1.0, 2.0]}, output=str(path))
    assert path.read_text(encoding="utf-8") == content


def test_a_damaged_state(tmp_path):
    path = tmp_path / "run.json"
    sd.descend("(w - a)^2", "w", {"a": [1.0, 2.0]}, output=str(path))
    kept = json.loads(path.read_text(encoding="utf-8"))
    for part, value in (("weights", [1.0, 2.0]), ("history", [[1.0]]), ("remembered", [[1.0]]), ("epoch", "x"), ("weights", None)):
        path.write_text(json.dumps({**kept, "state": {**kept["state"], part: value}}), encoding="utf-8")
        with pytest.raises(sd.SymdiffError, match="damaged"):
            sd.descend("(w - a)^2", "w", {"a": [1.0, 2.0]}, output=str(path))


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(sd.SymdiffError, match="cannot write"):
        sd.descend("(w - a)^2", "w", {"a": [1.0, 2.0]}, output=str(tmp_path / "no" / "run.json"))


def test_the_order_hangs_on_the_seed():
    text, _, wrt, data, _ = LOSSES["hinge"]
    runs = [sd.descend(text, wrt, data, batch=3, epochs=2, seed=s).weights["w"] for s in (0, 0, 1)]
    assert (runs[0] == runs[1]).all() and not np.array_equal(runs[0], runs[2])
