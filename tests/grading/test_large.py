"""Formulas of matrices with thousands of entries: decided in the seconds that there are, in this time."""

from __future__ import annotations

from time import thread_time

import pytest

import symdiff as sd

SECONDS = 5
LONGEST = 1.25 * SECONDS  # what is counted and what is measured differ


@pytest.mark.parametrize(
    ("formula", "wrt", "right", "wrong"),
    [
        ("A: matrix(100,100); x: vector(100); x'*A*x", "x", "(A + A')*x", "A*x"),
        ("A: matrix(100,100); norm2(A)^2", "A", "2*A", "2*A'"),
        ("X: matrix(100,100); y: vector(100); w: vector(100); norm2(X*w - y)^2", "w", "2*X'*(X*w - y)", "2*X*(X*w - y)"),
        ("A: psd matrix(100,100); x: vector(100); x'*A*x", "x", "2*A*x", "A*x"),
    ],
)
def test_large_matrices_are_decided(formula, wrt, right, wrong):
    for answer, correct in ((right, True), (wrong, False)):
        start = thread_time()
        assert sd.check(formula, wrt, answer).correct is correct, answer
        assert thread_time() - start < LONGEST
