"""Python's cyclic collector, kept out of big builds."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet_collector() -> Iterator[None]:
    """Nodes and trees never form cycles; the collector walking over a million of them triples the time of a build."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            # What was made goes straight to the oldest generation; otherwise the collector would now walk over all of it, a tenth
            # of the time of a build. A program that has frozen objects of its own keeps them frozen.
            if not gc.get_freeze_count():
                gc.freeze()
                gc.unfreeze()
            gc.enable()
