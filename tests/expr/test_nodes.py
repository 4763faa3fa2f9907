"""Nodes: interned, ordered by keys that are the same in every process, and dropped when nobody holds them."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from fractions import Fraction
from itertools import product
from pathlib import Path
from threading import Thread

import pytest

import symdiff as sd
from symdiff.expr import build, node
from symdiff.expr.node import MINUS, NUM, PLUS, POWER, SUM, TIMES, Expr, make
from symdiff.expr.walk import topological
from tests.deadline import at_most

OWN = [json.loads(line) for line in (Path(__file__).parents[1] / "cases" / "own.jsonl").read_text(encoding="utf-8").splitlines()]
FORMULAS = [case["formula"] for case in OWN][::5]


def kept() -> list[tuple[dict, object, Expr]]:
    return [(table, key, x) for table in node._tables() for key, x in list(table.items())]


def test_every_node_stands_where_it_is_looked_up() -> None:
    held = []
    for text in FORMULAS:
        with suppress(sd.SymdiffError):
            f = sd.parse(text)
            held.append(f)
            held += [sd.jacobian(f, name) for name in list(f.variables)[:1]]
    assert len(held) > 100
    for table, key, x in kept():
        assert node._place(x.op, x.args, x.data, x.shape) == (table, key)
        assert make(x.op, x.args, x.data, x.shape) is x


def test_doors_lead_to_one_node() -> None:
    f, g = sd.scalars("door_x door_y")
    x, y = f.expr, g.expr
    assert (f * g).expr is TIMES[x, y] is make(node.PROD, (x, y), (((), ()), ())) is build.scale(x, y)
    assert (f + g).expr is PLUS[x, y] is make(SUM, (x, y), (1, 1)) is build.linear([Fraction(1), 1], [x, y])
    assert (f - g).expr is MINUS[x, y] is build.sub(x, y)
    assert (f**2).expr is POWER[x, build.num(2)] is build.power(x, build.num(2)) is sd.parse("door_x^2").expr
    assert sd.exp(f).expr is build.call("exp", x) is make(node.CALL, (x,), "exp") is node.CALLS["exp"][x,]
    assert build.var("door_x") is x is make(node.VAR, (), ("door_x", ()))
    assert build.num(7) is make(NUM, (), 7) is build.num(Fraction(7)) is sd.parse("7").expr


def test_keys_of_different_nodes_differ() -> None:
    x, y = build.var("key_x"), build.var("key_y")
    numbers = [build.num(k) for k in range(-40, 40)] + [build.num(Fraction(k, 7)) for k in range(-13, 13) if k % 7]
    coefs = [-3, -2, -1, 1, 2, Fraction(-1, 2), Fraction(1, 2)]
    sums = [make(SUM, (x, y), pair) for pair in product(coefs, repeat=2)] + [make(SUM, (x,), (c,)) for c in coefs]
    powers = [build.power(x, n) for n in numbers]
    nodes = topological([*numbers, *sums, *powers, *[build.scale(x, n) for n in numbers], *[build.scale(n, x) for n in numbers]])
    assert len({n.key for n in nodes}) == len(nodes)


KEYS = """
import sys, symdiff as sd
names = sys.argv[1:]
fs = [sd.parse(t) for t in names]
print([f.expr.key for f in sorted(fs, key=str)])
"""


def test_keys_are_those_of_every_process() -> None:
    texts = ["max(1 - y*w.phi, 0)", "A: matrix(m, n); norm2(A*x - b)^2", "f(x)^-2 + pi/3", "sum(i=1..m, log(x[i]))", "t = a*b; t^2 - 2*t"]
    found = set()
    for seed, order in (("1", texts), ("2", texts[::-1])):
        run = subprocess.run([sys.executable, "-c", KEYS, *order], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True)
        found.add(run.stdout)
    assert len(found) == 1


def test_a_deep_key_needs_no_recursion() -> None:
    f = x = sd.scalars("deep_key")
    for _ in range(30_000):
        f = sd.sin(f) * x
    assert f.expr.key == f.expr.key != (f * x).expr.key


def test_what_nobody_holds_is_dropped() -> None:
    node._collect()
    before = node.table_size()
    f = x = sd.scalars("dropped")
    for k in range(3_000):  # parents and children in different tables, and shared
        f = sd.tanh(f * x + f) ** 2 - (3 * f) / (x + k)
    held = build.call("cos", f.expr.args[0])
    assert node.table_size() > before + 20_000
    below = len(topological([held]))
    del f
    node._collect()
    assert 0 < node.table_size() - before <= below
    assert held is build.call("cos", held.args[0])
    del held, x
    node._collect()
    assert node.table_size() <= before


def test_threads_may_build_while_others_sweep() -> None:
    wrong = []

    def work(seed: int) -> None:
        for turn in range(12):
            x = sd.scalars(f"thread{turn % 3}")
            f = x
            for k in range(400):
                f = f * x + (1000 + k + seed % 2)
            g = x
            for k in range(400):
                g = g * x + (1000 + k + seed % 2)
            if f.expr is not g.expr:
                wrong.append((seed, turn))
            node._collect()

    threads = [Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_threads_may_ask_while_others_forget_what_they_asked() -> None:
    def work(seed: int) -> int:
        for k in range(250):
            f = sd.parse(f"q{(seed + k) % 40}*x^2 + y.x{k % 7}")
            assert str(sd.grad(f, f"q{(seed + k) % 40}")) == "x^2"
        return 250

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(6) as pool:
            assert [*pool.map(work, range(6))] == [250] * 6
    finally:
        sys.setswitchinterval(before)


def test_large_numbers_have_keys_of_their_own() -> None:
    """Python's hashes of numbers count modulo 2^61 - 1: terms that differ by that in a number would have no order."""
    wrap = 2**61 - 1
    numbers = [k + turn * wrap for k in range(-3, 9) for turn in (-1, 0, 1)] + [
        2**60,
        -(2**40),
        -2,
        Fraction(1, 2),
        Fraction(1, 2**70),
        Fraction(wrap, 3),
    ]
    assert len({build.num(n).key for n in numbers}) == len(set(numbers))
    f = sd.parse("log(y)*exp(sin(x+8)+sin(x+18446744073709551616)) - log(y)*exp(sin(x+18446744073709551616)+sin(x+8))")
    assert str(sd.grad(f, "y")) == "0"


def test_a_key_that_would_be_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """0 means that there is no key yet; a node whose hash is 0 would be asked for it for ever."""
    x = build.var("keyless")
    structural = node._structural
    monkeypatch.setattr(node, "_structural", lambda n: 0 if n is x else structural(n))
    with at_most(20, own=True):
        assert build.call("sin", build.scale(x, x)).key
    assert x.key


def test_keys_of_wide_nodes_take_linear_time(monkeypatch: pytest.MonkeyPatch) -> None:
    wide = build.linear([1] * 3_000, [build.var(f"wide{k}") for k in range(3_000)])
    many = build.linear([1] * 3_000, [wide] * 3_000)
    asked = []
    structural = node._structural
    monkeypatch.setattr(node, "_structural", lambda x: asked.append(x) or structural(x))
    assert many.key
    assert len(asked) == len(set(asked)) <= 3_002


def test_numbers_of_thousands_of_digits_have_keys() -> None:
    """Python refuses to write integers of more than 4,300 digits in decimals."""
    x, big = sd.parse("x"), Fraction(10**5_000, 3**9_000)
    keys = {(c * x + 1).expr.key for c in (big.numerator, big.numerator + 1, -big.numerator, big, big + 1, 1 / big)}
    assert len(keys) == 6
    assert str(sd.grad(10**5_000 * x**2 + x, "x")) == "2e5000*x + 1"
