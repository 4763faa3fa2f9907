"""Descent on data."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from symdiff.api.formulas import Asked, formula, read
from symdiff.arguments import public
from symdiff.errors import OperandError
from symdiff.formula import Wrt

if TYPE_CHECKING:
    from symdiff.descent import Run


@public
def descend(
    f: Asked,
    wrt: Wrt | Sequence[Wrt],
    data: Mapping[str, Any] | str | Sequence[str],
    *,
    method: str = "sgd",
    step: float | None = None,
    epochs: int = 20,
    batch: int | None = None,
    init: str = "",
    seed: int = 0,
    shuffle: bool = True,
    test: Mapping[str, Any] | str | Sequence[str] | None = None,
    score: Asked | None = None,
    output: str = "",
    target: str = "numpy",
    report: Callable[[int, int, float], None] | None = None,
    **numbers: float,
) -> Run:
    """Weights that make a loss small: `sd.descend(f, "w", {"phi": X, "y": y}, method="adam", batch=32)`; a Run.

    data: arrays by name, or files of them (.csv, .npy, .npz), whose other columns are passed over. A variable whose array has one axis more than the formula says has a
    row in it for each example, and the average over the examples is minimised; without such arrays the formula is the whole loss.
    A value for a name of `wrt` is where it starts. method: "sgd", "momentum", "adagrad", "adam" or "lbfgs"; step, and numbers such as
    mu, beta1, beta2, epsilon, in the place of the method's own. batch: examples for a step; all of them without it. init: "zeros",
    "normal", "xavier" or "he". test: data whose loss is noted in every epoch. score: another formula of the same names, averaged over
    the test data. output: a file that keeps the run; asked again, it goes on from there. target: "numpy", "torch" or "jax".
    report(epoch, epochs, loss) is called at every epoch's start.

    The Run's `stopped` says where and why it diverged, if it did. ShapeError, UnknownNameError for data that do not fit.
    """
    from symdiff import descent
    from symdiff.names import places

    f = formula(f)
    f.require_scalar()
    scored = None if score is None else read(score, f) if isinstance(score, str) else formula(score)
    if scored is not None:
        scored.require_scalar()
    settings = descent.Settings(method, step, epochs, batch, init, seed, shuffle, target, numbers)
    known = places([f.expr] if scored is None else [f.expr, scored.expr])  # a file may have other columns, too
    for what in (data, test):
        if what is not None and not isinstance(what, Mapping | str | Sequence):
            raise OperandError(
                f"data are arrays by name, or files, not a value of the type {type(what).__name__}",
                hint='sd.descend(f, "w", {"x": X, "y": y}), or "train.csv"',
            )
    tested = None if test is None else test if isinstance(test, Mapping) else descent.read([test] if isinstance(test, str) else test, known)
    given = data if isinstance(data, Mapping) else descent.read([data] if isinstance(data, str) else data, known)
    return descent.descend(
        f.expr, f.nodes(wrt), given, settings, test=tested, score=None if scored is None else scored.expr, output=output, report=report
    )
