"""A limit on the time of one test case in a long run."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class TooLong(BaseException):
    """Beyond the limit; not an Exception, so that no handler on the way keeps it."""


@contextmanager
def at_most(seconds: float, *, own: bool = False) -> Iterator[None]:
    """TooLong inside once the seconds are over: on the clock, or of this process's own computing."""
    timer, number = (signal.ITIMER_VIRTUAL, signal.SIGVTALRM) if own else (signal.ITIMER_REAL, signal.SIGALRM)

    def stop(signum: int, frame: FrameType | None) -> None:
        raise TooLong

    before = signal.signal(number, stop)
    signal.setitimer(timer, seconds)
    try:
        yield
    finally:
        signal.setitimer(timer, 0)
        signal.signal(number, before)
