"""`symdiff descend`: weights that make a formula small on data."""

from __future__ import annotations

from typing import Any

import click

from symdiff.bounds import from_text
from symdiff.cli.answers import lines
from symdiff.cli.options import File, command, formats, output, question, writable
from symdiff.cli.question import Question, point_of
from symdiff.cli.streams import Bar, Screen, deliver

EXAMPLES = """
symdiff descend "max(1 - y*w.phi, 0)" --wrt w --data train.csv --method sgd --step 0.1 --epochs 20 --batch 32
symdiff descend "log(1 + exp(-y*w.phi))" --wrt w --data train.csv --method lbfgs --test test.csv --score "[y*w.phi > 0]"
symdiff descend "h = relu(V*phi); (w.h - y)^2" -d "V: matrix(16, 2)" --wrt V,w --data train.npz --method adam -o run.json --plot loss.html
"""

METHODS = ("sgd", "momentum", "adagrad", "adam", "lbfgs")
STARTS = ("zeros", "normal", "xavier", "he")


@command("descend", examples=EXAMPLES)
@question(optional=True)
@click.option(
    "--data",
    multiple=True,
    metavar="FILE",
    type=File(),
    help="Examples: .csv (columns phi[1], phi[2], …, or lists), .npy, .npz, by the formula's names.",
)
@click.option("--test", "tests", multiple=True, metavar="FILE", type=File(), help="Examples whose loss is noted in every epoch.")
@click.option("--score", default="", metavar="FORMULA", help='Another formula to note, averaged over the test data: "[y*w.phi > 0]".')
@click.option("--method", type=click.Choice(METHODS), default="sgd", help="How weights are moved.")
@click.option("--step", type=float, metavar="ETA", help="The step; without it that of the method.")
@click.option("--epochs", type=click.IntRange(min=0), default=20, help="Passes over the data.")
@click.option("--batch", type=click.IntRange(min=1), metavar="N", help="Examples for one step; all of them without it.")
@click.option("--init", type=click.Choice(STARTS), default=None, help="First weights: zeros for vectors alone, else xavier.")
@click.option("--seed", type=click.IntRange(min=0), default=0, help="Of first weights and order of the examples.")
@click.option(
    "--starts",
    type=click.IntRange(min=1),
    default=1,
    help="Descend from so many starts, with the seeds from --seed on; the lowest end is the answer.",
)
@click.option(
    "--set", "numbers", multiple=True, metavar="NAME=NUMBER", help="Another number of the method: --set mu=0.95, beta1, beta2, epsilon."
)
@click.option(
    "--at", "points", multiple=True, metavar="NAME=VALUE", help="The value of a name that the data lack; of a weight, where it starts."
)
@click.option("--target", type=click.Choice(("numpy", "torch", "jax")), default="numpy", help="Library that the compiled code uses.")
@click.option(
    "--plot",
    "plots",
    multiple=True,
    metavar="FILE",
    type=File(),
    callback=writable("svg", "html"),
    help="Draw loss and gradients: .svg, or .html with a slider.",
)
@formats("text", "json", default="text", help="How the weights are written.")
@output("Keep the run in FILE (.json); asked again, it goes on from there.", default="")
def descend(
    question: Question,
    data: tuple[str, ...],
    tests: tuple[str, ...],
    score: str,
    method: str,
    step: float | None,
    epochs: int,
    batch: int | None,
    init: str | None,
    seed: int,
    starts: int,
    numbers: tuple[str, ...],
    points: tuple[str, ...],
    target: str,
    plots: tuple[str, ...],
    form: str,
    output: str,
) -> int:
    """Find weights that make FORMULA small on data.

    FORMULA is the loss of one example, averaged over the rows of the data, or the whole loss with its sums over an index. The weights go to
    standard output, progress and what is to be seen on the way to standard error. An interrupted run that is kept with -o goes on when
    the same is asked again.

    Exit status: 0 with the weights; 1 if the loss diverged: where, and what to try, is said; 130 if it was interrupted.
    """
    # Long: the options, and one line for each.
    import json

    from symdiff import api, asking, descent
    from symdiff.descent.picture import ends
    from symdiff.errors import UnknownNameError
    from symdiff.names import places, what_there_is
    from symdiff.numeric.python.pieces import identifier

    f, names = question.formula, question.names
    if not names:
        raise UnknownNameError("which variables are the weights?", hint=f"--wrt NAME; {what_there_is(f.expr)}")
    scored = [api.read(score, f)] if score else []
    known = places([g.expr for g in (f, *scored)])
    columns = descent.read(data)
    given = {n: v for n, v in columns.items() if n in known} | (asking.points(points) or point_of(question.lines))
    lacking = [n for n in f.variables if n not in given and identifier(n) not in given and n not in names]
    if data and lacking:
        raise UnknownNameError(f"no data for {', '.join(lacking)}", hint=descent.renamed(lacking, [n for n in columns if n not in known]))
    screen = Screen()
    screen.types(f.reading)
    bar = Bar()
    extra: dict[str, Any] = dict(from_text(numbers, "--set"))
    runs = []
    for k in range(starts):
        kept = output if not k or not output else f"{output.removesuffix('.json')}-{k + 1}.json"
        run = api.descend(
            f, names, given, method=method, step=step, epochs=epochs, batch=batch, init=init or "", seed=seed + k, score=scored[0] if scored else None, output=kept,
            test=list(tests) if tests else None, target=target, report=bar.show, **extra,
        )  # fmt: skip
        bar.clear()
        for line in str(run).splitlines():
            screen.note((f"seed {seed + k}: " if starts > 1 else "") + line, "31" if line.startswith("stopped: ") else "2")
        runs.append(run)
        if run.interrupted:
            break
    if len(runs) > 1:
        screen.note(ends(runs))
    for path in plots:
        runs[0].plot(path, *runs[1:])
    run = runs[-1] if runs[-1].interrupted else min(runs, key=lambda r: (bool(r.stopped), r.loss))
    if run.stopped:
        return 1
    if run.interrupted:
        screen.note(f"{output} keeps the run; the same command goes on with it" if output else "nothing is kept; -o FILE keeps a run")
        return 130
    deliver(run.json() if form == "json" else lines(names, [json.dumps(run.weights[name].tolist()) for name in run.wrt]), "-")
    return 0
