"""The benchmarks measure what they say: a task that cannot be done, fails or takes too long has a reason in the place of a time."""

import math
from xml.etree import ElementTree

from benchmarks.__main__ import above_floor, exponent, number
from benchmarks.measure import Result, measure, ratio
from benchmarks.plot import Panel, plot


def test_results_and_reasons():
    tasks = [("brackets", 11), ("brackets", 1001), ("vectors", 40)]
    found = measure("texts", ["symdiff", "sympy"], tasks, turns=2, limit=20, say=lambda text: None)
    assert {peer for peer, _ in found} == {"symdiff", "sympy"} and len(found) == 6
    for task in tasks:
        ours = found["symdiff", task]
        assert ours.ok and ours.seconds > 0 and abs(ours.facts["tokens"] - task[1]) < 15
    assert found["sympy", tasks[0]].ok
    assert found["sympy", tasks[1]].reason == "SyntaxError" and math.isnan(found["sympy", tasks[1]].seconds)  # 200 brackets at most
    assert found["sympy", tasks[2]].reason == "–"


def test_a_task_that_takes_too_long_is_stopped():
    tasks = [("names", 10), ("names", 400_000), ("names", 800_000), ("brackets", 10)]
    found = measure("texts", ["symdiff"], tasks, turns=1, limit=0.2, say=lambda text: None)
    assert [found["symdiff", task].reason for task in tasks] == ["", "> 0.2 s", "> 0.2 s", ""]


def test_ratios_are_taken_within_a_turn():
    slow, fast = Result(seconds=4, turns=(2, 4, 8)), Result(seconds=2, turns=(1, 2, 3))  # the machine slows down
    assert ratio(slow, fast) == 2
    assert ratio(Result(seconds=6, turns=(6,)), fast) == 3


def test_peers_that_no_goal_speaks_of_take_every_second_turn():
    tasks = [("brackets", 11), ("brackets", 101)]
    done = measure("texts", ["symdiff", "lark"], tasks, turns=2, limit=20, always=["symdiff"], apart=True, say=lambda text: None)
    assert {key: len(result.turns) for key, result in done.items()} == {
        (peer, task): turns for peer, turns in (("symdiff", 2), ("lark", 1)) for task in tasks
    }
    assert all(result.seconds == sum(result.turns) / len(result.turns) for result in done.values())


def test_exponents():
    found = {("a", ("work", n)): Result(seconds=n**2 / 1e6) for n in (10, 100, 1000)} | {("a", ("work", 10_000)): Result(reason="> 1 s")}
    assert abs(exponent(found, "a", "work", (10, 100, 1000, 10_000)) - 2) < 1e-9
    found |= {("floor", ("work", n)): Result(seconds=n**1.5 / 1e6) for n in (10, 100, 1000, 10_000)}
    assert abs(above_floor(found, "a", "work", (10, 100, 1000, 10_000)) - 0.5) < 1e-9
    assert math.isnan(above_floor(found, "a", "work", (10,)))
    assert [number(x) for x in (1234.5, 12.345, 0.012345, math.nan)] == ["1234", "12.3", "0.0123", "–"]


def test_a_plot_has_every_line():
    lines = {"a & b": [(10, 0.001), (100, 0.01)], "c": [(10, 0.5), (1000, 2.0)]}
    svg = plot([Panel("one", lines), Panel("two", {"c": [(10, 1.0)]})], "size", "seconds")
    root = ElementTree.fromstring(svg)
    name = "{http://www.w3.org/2000/svg}"
    drawn = [[tuple(map(float, p.split(","))) for p in line.get("points").split()] for line in root.iter(f"{name}polyline")]
    assert len(drawn) == 2 and all(a[0] < b[0] and a[1] > b[1] for a, b in drawn)  # larger is further right, slower further up
    assert len(list(root.iter(f"{name}circle"))) == 5
    assert "a & b" in [text.text for text in root.iter(f"{name}text")]
