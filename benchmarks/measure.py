"""Measuring in child processes: one for every peer, so that its memory is its own, and one that hangs or dies ends alone.

A room is a module with `PEERS: dict[str, Peer]`. A peer prepares a task, which may import and make its data, and returns the
function that is timed; if that returns a function, it finds facts about the result, untimed. A task that a peer has no way
to do is Unable.
The peers take turns, and what is reported are medians over the turns: CPU seconds, so that other processes disturb less.
"""

from __future__ import annotations

import gc
import json
import math
import os
import resource
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from importlib import import_module
from types import MappingProxyType
from typing import NamedTuple

Task = tuple[str, int]
Facts = Mapping[str, float]
Run = Callable[[], Callable[[], Facts] | None]
Peer = Callable[[str, int], Run]

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
STARTUP = 30  # seconds that a child may take to import its peer and to prepare
SLOW = 4  # seconds; tasks that take longer are done in the first turn only, but by the peers of which ratios are told
STACK = 512 << 20  # peers that recurse get a deep stack
ONE_THREAD = {
    **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
    "JAX_PLATFORMS": "cpu",
}


class Unable(Exception):
    """The peer has no way to do this task."""


class Result(NamedTuple):
    """Medians: CPU seconds, and megabytes that the process grew by at its peak; reason: why there is no result."""

    seconds: float = math.nan
    megabytes: float = math.nan
    facts: Facts = MappingProxyType({})
    reason: str = ""
    turns: Sequence[float] = ()  # the seconds of every turn

    @property
    def ok(self) -> bool:
        return not self.reason


def ratio(a: Result, b: Result) -> float:
    """How much longer a takes: the median of the ratios within the turns, since a machine's speed drifts from turn to turn."""
    if len(a.turns) == len(b.turns) > 0:
        return statistics.median(x / y for x, y in zip(a.turns, b.turns, strict=True))
    return a.seconds / b.seconds


def measure(
    room: str,
    peers: Iterable[str],
    tasks: Sequence[Task],
    *,
    turns: int,
    limit: float,
    warm: int = 0,
    always: Collection[str] = (),
    apart: bool = False,
    say: Callable[[str], None],
) -> dict[tuple[str, Task], Result]:
    """The results of all peers for all tasks; the tasks of a work stand in ascending order of size.

    limit: seconds for a task. warm: how often it runs in a child before and while it is timed (0: once, cold).
    always: the peers of which ratios are told: they do slow tasks in every turn, too, the others take every second turn. apart: every
    task of these has a process of its own, where nothing is left of another.
    """
    found: dict[tuple[str, Task], list[Result]] = {}
    for turn in range(turns):
        for peer in peers:
            if turn % 2 and always and peer not in always:
                continue
            todo = [task for task in tasks if all(r.ok and (r.seconds < SLOW or peer in always) for r in found.get((peer, task), []))]
            if todo:
                say(f"turn {turn + 1} of {turns}: {peer}")
            while todo:
                for task, result in _child(room, peer, todo[:1] if apart and peer in always else todo, limit, warm):
                    found.setdefault((peer, task), []).append(result)
                    todo.remove(task)
                    if not result.ok:
                        for larger in [t for t in todo if t[0] == task[0]]:
                            found.setdefault((peer, larger), []).append(result)
                            todo.remove(larger)
    return {key: _median(results) for key, results in found.items()}


def _median(results: list[Result]) -> Result:
    failed = next((r for r in results if not r.ok), None)
    if failed is not None:
        return failed
    middle = statistics.median
    seconds = [r.seconds for r in results]
    return Result(middle(seconds), middle(r.megabytes for r in results), results[-1].facts, turns=seconds)


def _child(room: str, peer: str, tasks: Sequence[Task], limit: float, warm: int) -> list[tuple[Task, Result]]:
    """What a child process made of the tasks; where it died of the first, that is its result."""
    command = [sys.executable, "-c", "from benchmarks.measure import main; main()", room, peer, str(limit), str(warm), json.dumps(tasks)]
    done = subprocess.run(command, capture_output=True, env={**os.environ, **ONE_THREAD}, cwd=ROOT, check=False)
    lines = [json.loads(line) for line in done.stdout.decode().splitlines() if line.startswith('{"task"')]
    results = [(tuple(line.pop("task")), Result(**line)) for line in lines]
    return results or [(tasks[0], Result(reason=f"> {limit:g} s" if done.returncode == -signal.SIGPROF else "died"))]


def child(room: str, peer: str, limit: float, warm: int, tasks: list[Task]) -> None:
    prepare = import_module(f"benchmarks.{room}").PEERS[peer]
    lost: set[str] = set()  # a larger task of the same work would be lost, too
    before: dict[str, list[tuple[int, float]]] = {}
    for work, size in tasks:
        if work in lost:
            continue
        done = before.setdefault(work, [])
        result = Result(reason=f"> {limit:g} s") if _expected(done, size) > limit else _run(prepare, work, size, limit, warm)
        print(json.dumps({"task": (work, size), **result._asdict(), "facts": dict(result.facts)}), flush=True)
        done.append((size, result.seconds))
        if not result.ok:
            lost.add(work)
    os._exit(0)  # taking 10^5 nested objects apart overflows the stack of some


def _expected(done: Sequence[tuple[int, float]], size: int) -> float:
    """The least that a task of this size will take: half of what it would take if time grew on as it did."""
    if not done or done[-1][1] < 0.1:
        return 0
    (n1, t1), (n2, t2) = done[-2] if len(done) > 1 else (1, 0), done[-1]
    growth = max(1, math.log(t2 / t1) / math.log(n2 / n1)) if t1 else 1
    return t2 * (size / n2) ** growth / 2


def _run(prepare: Peer, work: str, size: int, limit: float, warm: int) -> Result:
    try:
        # The signal ends the process, whatever it does. While the timer runs, the clock of the process ticks coarsely, that
        # of the thread does not.
        signal.setitimer(signal.ITIMER_PROF, STARTUP)
        task = prepare(work, size)
        gc.collect()
        before = _peak()
        signal.setitimer(signal.ITIMER_PROF, (1 + warm) * limit + 1)
        times = []
        facts: Callable[[], Facts] | None = None
        for _ in range(1 + warm):
            start = time.thread_time()
            facts = task()
            times.append(time.thread_time() - start)
        used = _peak() - before
        signal.setitimer(signal.ITIMER_PROF, STARTUP)
        if statistics.median(times) > limit:
            return Result(reason=f"> {limit:g} s")
        return Result(statistics.median(times[1:] or times), used, facts() if facts is not None else {})
    except Unable as why:
        return Result(reason=str(why) or "–")
    except BaseException as error:  # noqa: BLE001  a peer that cannot is a result, too
        return Result(reason=type(error).__name__)


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << (20 if sys.platform == "darwin" else 10))


def main() -> None:
    """The child process; a thread of its own has a deep stack."""
    _, room, peer, limit, warm, tasks = sys.argv
    sys.setrecursionlimit(10**6)
    threading.stack_size(STACK)
    arguments = room, peer, float(limit), int(warm), [(work, size) for work, size in json.loads(tasks)]
    deep = threading.Thread(target=child, args=arguments)
    deep.start()
    deep.join()
