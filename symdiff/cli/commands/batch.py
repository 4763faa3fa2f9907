"""`symdiff batch`: many questions from a file."""

from __future__ import annotations

import sys
from contextlib import ExitStack

import click

from symdiff.cli.options import File, command, writable
from symdiff.cli.streams import Screen, decorated
from symdiff.errors import SymdiffError

EXAMPLES = """
symdiff batch requests.jsonl -o results.jsonl
symdiff batch requests.jsonl -o results.jsonl --jobs 4
"""


@command("batch", examples=EXAMPLES)
@click.argument("source", metavar="FILE", type=File())
@click.option("--jobs", type=click.IntRange(min=0), default=0, metavar="N", help="Processes; as many as there are processors without it.")
@click.option("--dask", "address", default="", metavar="ADDRESS", help="The scheduler of a Dask cluster, in the place of processes here.")
@click.option(
    "-o",
    "output",
    required=True,
    metavar="FILE",
    type=File(),
    callback=writable(),
    help="Write the results to FILE; asked again, it goes on from there.",
)
def batch(source: str, jobs: int, address: str, output: str) -> int:
    """Answer the requests of FILE, one on each line, with a result on each line, in the same order.

    \b
    A request is JSON: {"formula": "max(1 - y*w.phi, 0)", "wrt": "w"},
    and where wanted
      "do"      grad (without it), jacobian, hessian, verify, check or code
      "answer"  the derivative that is checked or verified
      "target"  of code: numpy, jax, torch, math, c
      "types"   declarations: {"w": "vector(n)"}
      "id"      what the result is to be called

    A request that is bad has an error for a result, and the others go on. A run that was stopped goes on where its results end.

    Exit status: 0 every request has its result, 1 some are errors, 130 interrupted.
    """
    from symdiff import batches

    with ExitStack() as stack:
        executor = None
        if address:
            try:
                from distributed import Client
            except ImportError:
                raise SymdiffError("--dask needs the package distributed", hint="pip install symdiff-graph[dask]") from None
            try:
                client = stack.enter_context(Client(address, timeout=10))
            except (OSError, ValueError) as error:
                raise SymdiffError(f"no Dask scheduler answers at {address}", hint="--dask tcp://host:8786") from error
            executor, jobs = client.get_executor(), jobs or sum(client.ncores().values())
        bar = stack.enter_context(
            click.progressbar(length=1, file=sys.stderr, hidden=not decorated(sys.stderr), label="batch", show_pos=True)
        )

        def report(count: batches.Count) -> None:
            bar.length = count.total
            bar.update(count.done - bar.pos)

        count = batches.run(source, output, executor=executor, workers=jobs, report=report)
    kept = f", {count.before} of them from before" if count.before else ""
    Screen().note(f"{count.done} results{kept}, {count.failed} errors")
    return 1 if count.failed else 0
