"""A short seeded run of the long one in run.py: no formula is wrong, crashes, takes too long or reads back as another value."""

import pytest

torch = pytest.importorskip("torch")

COUNT = 60


def test_random_formulas_agree_with_pytorch():
    from tests.fuzz.run import run

    outcomes = list(run(COUNT, seed=1))
    bad = [(str(f), failure) for _, f, failure in outcomes if failure and failure.verdict in ("wrong", "crashed", "text", "slow")]
    assert not bad, bad[0]
    right = sum(failure is None or failure.verdict == "node" for _, _, failure in outcomes)
    assert right >= 0.95 * COUNT


def test_rare_formulas_agree_with_differences():
    """Arguments, indices and zeros that coincide, guards, ranges, extremes: nothing is wrong, nor nan where the value is finite."""
    pytest.importorskip("mpmath")
    from tests.fuzz.rare import run

    (line,) = run(40, seed=5000100)
    bad = [failure for failure in line["failures"] if failure["verdict"] in ("wrong", "crashed")]
    assert not bad, bad[0]
    assert line["verdicts"]["right"] >= 37
