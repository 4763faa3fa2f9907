"""Traces where doubles lose digits: the numbers are right, and nothing right is withheld."""

from __future__ import annotations

import numpy as np
import pytest

import symdiff as sd

LOST = [
    ("log(sigma(z))", "z", {"z": 36}, 2.3195228302435696e-16),
    ("log(sigma(z))", "z", {"z": 40}, 4.248354255291589e-18),
    ("log(sigma(z))", "z", {"z": 700}, 9.859676543759770e-305),
    ("-(y*log(sigma(z)) + (1 - y)*log(1 - sigma(z)))", "z", {"z": 40, "y": 1}, -4.248354255291589e-18),
    ("-(y*log(sigma(z)) + (1 - y)*log(1 - sigma(z)))", "z", {"z": 40, "y": 0}, 1.0),
]


@pytest.mark.parametrize(("formula", "name", "at", "want"), LOST)
def test_it_has_its_value(formula: str, name: str, at: dict[str, float], want: float) -> None:
    found = sd.trace(formula, at, wrt=name).answers[name]
    np.testing.assert_allclose(float(found), want, rtol=1e-9)


def test_what_is_wrong_is_still_withheld(monkeypatch: pytest.MonkeyPatch) -> None:
    from symdiff.teach import numbers

    right = numbers.trace

    def wrong(*given, **options):
        found = right(*given, **options)
        found.answers["z"] = found.answers["z"] * 1.1
        return found

    monkeypatch.setattr(numbers, "trace", wrong)
    with pytest.raises(sd.RefutedError, match="central difference"):
        sd.trace("log(sigma(z))", {"z": 40}, wrt="z")
