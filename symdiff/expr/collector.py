"""Python's cyclic collector, kept out of big builds."""

from __future__ import annotations

import gc
from _thread import RLock  # the module threading would cost every start a millisecond
from _thread import allocate_lock as Lock
from collections.abc import Iterator
from contextlib import contextmanager

MUCH = 50_000  # objects: a build after which the collector is spared; small ones leave its rhythm alone, and what others drop is found


_switching = RLock()  # else a thread might switch off for good what another has switched on since it was looked at


@contextmanager
def quiet_collector() -> Iterator[None]:
    """Nodes and trees never form cycles; the collector walking over a million of them triples the time of a build."""
    enabled = False
    try:
        with _switching:
            enabled = gc.isenabled()
            gc.disable()
        yield
    finally:
        if enabled:
            if gc.get_count()[0] > MUCH:
                settle()
            with _switching:
                gc.enable()


_frozen = False
_settling = Lock()


def settle() -> None:
    """Move what was made to the oldest generation: the collector does not walk over it again and again while more is made.

    A program that has frozen objects of its own keeps them frozen; they are counted one by one, hence once only.
    """
    global _frozen
    if not _frozen and _settling.acquire(blocking=False):  # what another thread freezes here is not the program's
        try:
            _frozen = gc.get_freeze_count() > 0
            if not _frozen:
                gc.freeze()
                gc.unfreeze()
        finally:
            _settling.release()


SAMPLE = 4  # calls of `spare` of which one looks whether the host program drops cycles
REST = 64, 4096  # calls for which its collector is left alone if so: at first, and, doubling, at most
ALL = 1 << 12  # calls after which the collector looks everywhere: a million nodes
_calls = _resting = 0
_rest = REST[0]


def spare() -> None:
    """`settle`, unless the young objects show that the host program makes cyclic garbage: then the collector keeps its rhythm."""
    global _calls, _resting, _rest
    if _resting:
        _resting -= 1
        return
    _calls += 1
    if _calls % ALL == 0:
        gc.collect()
    elif _calls % SAMPLE == 0:
        if gc.collect(0):
            _resting = _rest
            _rest = min(2 * _rest, REST[1])
        else:
            _rest = REST[0]
    else:
        settle()
