"""From a file of requests to a file of results, line by line, and on where an interrupted run stopped."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

from symdiff.batches.answer import head
from symdiff.batches.pool import lines
from symdiff.errors import SymdiffError

BAD = "a line is no JSON"


@dataclass(slots=True)
class Count:
    """What a run has come to. total: requests. before: results that were there. done: results that are there now. failed: errors among them."""

    total: int
    before: int = 0
    done: int = 0
    failed: int = 0


def run(
    source: str | os.PathLike[str],
    output: str | os.PathLike[str],
    *,
    executor: Executor | None = None,
    workers: int = 0,
    report: Callable[[Count], None] | None = None,
) -> Count:
    """Answer the requests of a file (JSON, a line each) in another file, a line each in the same order.

    Results that are in the output already stay, and are not worked out again: lines are written whole and in order, so that a run that was stopped at
    any moment goes on behind its last whole line. SymdiffError if the output holds the results of other requests, or a file cannot be read or written.
    """
    try:
        with open(source, encoding="utf-8") as file:
            count = Count(sum(1 for line in file if line.strip()))
    except UnicodeDecodeError:
        raise SymdiffError(f"cannot read {os.fspath(source)}: it is no UTF-8", hint="a request of JSON on each line") from None
    except OSError as error:
        raise SymdiffError(f"cannot read {os.fspath(source)}: {error.strerror}", hint="a request of JSON on each line") from None
    count.before, count.failed = _kept(source, output)
    count.done = count.before
    try:
        with open(output, "a", encoding="utf-8", newline="\n") as file:
            for line in lines(_requests(source, count.before), executor, workers):
                file.write(line + "\n")
                file.flush()
                count.done += 1
                count.failed += '"error": {' in line and "error" in json.loads(line)
                if report is not None:
                    report(count)
    except OSError as error:
        raise SymdiffError(f"cannot write {os.fspath(output)}: {error.strerror}", hint="-o FILE, in a folder that exists") from None
    return count


def _requests(source: str | os.PathLike[str], skip: int) -> Iterator[Any]:
    """The requests of a file after the first ones; a line that is no JSON is a request that is none, which its result says."""
    with open(source, encoding="utf-8") as file:
        for k, line in enumerate(line for line in file if line.strip()):
            if k < skip:
                continue
            try:
                yield json.loads(line)
            except (ValueError, RecursionError):
                yield BAD


def _kept(source: str | os.PathLike[str], output: str | os.PathLike[str]) -> tuple[int, int]:
    """How many results the output has, and how many of them are errors; what follows its last whole line is cut off."""
    if not os.path.isfile(output) or not os.path.getsize(output):
        return 0, 0
    requests = _requests(source, 0)
    count = failed = whole = 0
    with open(output, "r+b") as file:
        for line in file:
            if not line.endswith(b"\n"):
                break
            try:
                result = json.loads(line)
                request = next(requests)
                same = isinstance(result, dict) and {key: result[key] for key in ("id", "formula", "wrt") if key in result} == head(request)
            except (ValueError, StopIteration):
                same = False
            if not same:
                raise SymdiffError(f"{os.fspath(output)} holds the results of other requests", hint="another -o, or remove the file")
            whole += len(line)
            count += 1
            failed += "error" in result
        file.truncate(whole)
    return count, failed
