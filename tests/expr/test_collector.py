"""The cyclic collector during big builds: off, then as it was; what was made is in the oldest generation, what a program froze stays frozen."""

import gc
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

import symdiff as sd
from symdiff.expr import collector
from symdiff.expr.collector import MUCH, quiet_collector


def test_the_collector_is_as_it_was():
    with quiet_collector():
        assert not gc.isenabled()
        with quiet_collector():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()
    gc.disable()
    try:
        with quiet_collector():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_threads_leave_the_collector_on():
    def work(_: int) -> None:
        for _ in range(3000):
            with quiet_collector():
                pass

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(work, range(4)))
        assert gc.isenabled()
    finally:
        sys.setswitchinterval(before)
        gc.enable()


def test_what_was_made_is_not_walked_over():
    with quiet_collector():
        made = [[k] for k in range(MUCH + 1000)]
    young = {id(x) for generation in (0, 1) for x in gc.get_objects(generation)}
    assert not young & {id(x) for x in made}
    loose = [[k] for k in range(10)]
    assert {id(x) for x in loose} <= {id(x) for generation in (0, 1) for x in gc.get_objects(generation)}


def test_after_small_builds_the_collector_keeps_its_rhythm():
    gc.collect()
    with quiet_collector():
        made = [[k] for k in range(1000)]
    assert {id(x) for x in made} <= {id(x) for generation in (0, 1) for x in gc.get_objects(generation)}


def test_frozen_objects_stay_frozen(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(collector, "_frozen", False)
    gc.freeze()
    try:
        count = gc.get_freeze_count()
        with quiet_collector():
            made = [[k] for k in range(MUCH + 1000)]
        after = gc.get_freeze_count()  # a thread may let go of some by itself meanwhile; unfreezing or freezing moves thousands
        assert count - 100 < after <= count
        assert len(made) > MUCH
    finally:
        gc.unfreeze()


class Cycle:
    alive = 0

    def __init__(self) -> None:
        Cycle.alive += 1
        self.me = self

    def __del__(self) -> None:
        Cycle.alive -= 1


def test_cycles_of_the_program_are_found_while_it_builds():
    peak = 0
    for k in range(900):
        x = sd.scalars(f"cycle{k}")
        e = x
        for i in range(150):
            e = e * x + i
        for _ in range(3):
            Cycle()
        peak = max(peak, Cycle.alive)
    assert peak < 600  # of 2,700
    gc.collect()
    assert not Cycle.alive
