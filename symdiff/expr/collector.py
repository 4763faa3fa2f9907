"""Python's cyclic collector, kept out of big builds."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

MUCH = 50_000  # objects: a build after which the collector is spared; small ones leave its rhythm alone, and what others drop is found


@contextmanager
def quiet_collector() -> Iterator[None]:
    """Nodes and trees never form cycles; the collector walking over a million of them triples the time of a build."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            if gc.get_count()[0] > MUCH:
                settle()
            gc.enable()


_frozen = False


def settle() -> None:
    """Move what was made to the oldest generation: the collector does not walk over it again and again while more is made.

    A program that has frozen objects of its own keeps them frozen; they are counted one by one, hence once only.
    """
    global _frozen
    if not _frozen:
        _frozen = gc.get_freeze_count() > 0
        if not _frozen:
            gc.freeze()
            gc.unfreeze()
