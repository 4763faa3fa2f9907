"""The mathematics of rulebook and table is altered, one slip at a time; the checks notice every mutant (see run.py)."""

from tests.mutation.run import EQUAL, run


def test_every_mutant_is_noticed():
    made, alive = run()
    assert sum(made.values()) > 4000 and made["rule"] > 400
    assert set(alive) == EQUAL.keys()
