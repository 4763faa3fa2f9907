"""Requests over processes, or any `concurrent.futures.Executor`, results in their order.

Requests go out in pieces of about SECONDS of work, since a single one costs a scheduler as much as it takes to answer; a piece that is lost with its
process is asked again request by request, and a request that takes a process down twice is an error.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from contextlib import ExitStack
from itertools import islice
from typing import Any

from symdiff.arguments import public
from symdiff.batches.answer import Result, answer, head

SECONDS = 0.5  # of work in a piece
MOST = 500  # requests in a piece
AHEAD = 3  # pieces that wait for each worker
LOST = {
    "kind": "LostError",
    "message": "the process that answered this was lost, twice",
    "span": None,
    "hint": "less memory: a smaller formula, or lower limits",
}

Piece = list[Any]
Answered = tuple[list[str], float]
Work = Callable[[Any], str]


@public
def batch(requests: Iterable[Any], executor: Executor | None = None, *, workers: int = 0) -> Iterator[Result]:
    """A result for every request, in order, as soon as it and those before it are there.

    A request is a dictionary: {"formula": "w.x", "wrt": "w"} and, where wanted, "do" ("grad", "jacobian", "hessian", "verify", "check", "code"),
    "answer", "target", "types", "id". A request that is bad has {"error": …} for a result, and the others go on.
    executor: any `concurrent.futures.Executor`; without one, `workers` processes (0: as many as there are processors, 1: none).
    """
    for line in lines(requests, executor, workers):
        yield json.loads(line)


def lines(requests: Iterable[Any], executor: Executor | None = None, workers: int = 0) -> Iterator[str]:
    """The same as lines of JSON, which is how they come from other processes."""
    return spread(requests, _line, _lost, executor, workers)


def _line(request: Any) -> str:
    return json.dumps(answer(request), ensure_ascii=False)


def _lost(request: Any) -> str:
    return json.dumps(head(request) | {"error": LOST}, ensure_ascii=False)


def spread(requests: Iterable[Any], work: Work, lost: Work, executor: Executor | None = None, workers: int = 0) -> Iterator[str]:
    """What `work` makes of every request, in order; `lost` of one that takes a process down twice. work: a function of a module, as processes need it."""
    workers = workers or os.cpu_count() or 1
    if executor is None and workers == 1:
        for request in requests:
            yield work(request)
        return
    with ExitStack() as stack:
        made = executor or stack.enter_context(_Processes(workers))

        def submit(piece: Piece) -> Future[Answered]:
            return made.submit(_piece, piece, work)

        yield from _spread(iter(requests), submit, lost, AHEAD * workers)


def _piece(requests: Piece, work: Work) -> Answered:
    """What comes of a piece, and the seconds that it took; run by a worker."""
    start = time.perf_counter()
    return [work(request) for request in requests], time.perf_counter() - start


def _spread(requests: Iterator[Any], submit: Callable[[Piece], Future[Answered]], lost: Work, ahead: int) -> Iterator[str]:
    size = 4
    waiting: deque[tuple[Piece, Future[Answered]]] = deque()
    while True:
        while len(waiting) < ahead and (piece := list(islice(requests, size))):
            waiting.append((piece, submit(piece)))
        if not waiting:
            return
        piece, future = waiting.popleft()
        try:
            found, seconds = future.result()
        except BrokenExecutor:
            # Every piece that was under way is lost with the pool. This one is asked again by itself, the others anew.
            again = [p for p, _ in waiting]
            waiting.clear()
            for request in piece:
                yield _alone(request, submit, lost)
            waiting.extend([(p, submit(p)) for p in again])
            continue
        yield from found
        size = max(1, min(MOST, round(len(piece) * SECONDS / max(seconds, 1e-4)), 4 * size))


def _alone(request: Any, submit: Callable[[Piece], Future[Answered]], lost: Work) -> str:
    try:
        return submit([request]).result()[0][0]
    except BrokenExecutor:
        return lost(request)


class _Processes(Executor):
    """A pool of processes that is made anew when one of them is lost."""

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self.pool = self._make()

    def _make(self) -> ProcessPoolExecutor:
        # Not forked: the parent may have threads. Interrupts are the parent's, which lets pieces under way end.
        return ProcessPoolExecutor(self.workers, mp_context=multiprocessing.get_context("spawn"), initializer=_ignore_interrupts)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        try:
            return self.pool.submit(fn, *args, **kwargs)
        except BrokenExecutor:
            self.pool.shutdown(wait=False, cancel_futures=True)
            self.pool = self._make()
            return self.pool.submit(fn, *args, **kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = True) -> None:
        self.pool.shutdown(wait=wait, cancel_futures=True)


def _ignore_interrupts() -> None:
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
