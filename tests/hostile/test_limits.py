"""Every limit is reached, named in the error, and raised in the way that the error says; what is within them works."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import symdiff as sd
from symdiff.bounds import LIMITS, Limits
from symdiff.cli import main
from symdiff.expr import node

TRUST = Path(__file__).parents[2] / "docs" / "trust.md"


def gradient(text: str, name: str = "x") -> str:
    return str(sd.jacobian(sd.parse(text), name))


def values(bytes_of_file: int, folder: Path) -> Any:
    from symdiff.teach.values import read

    (folder / "v.json").write_text('{"x": ' + "1" * (bytes_of_file - 7) + "}")
    return read(str(folder / "v.json"), sd.parse("x^2"))


# limit, a low value, what goes beyond that value
BEYOND: list[tuple[str, float, Callable[[Path], Any]]] = [
    ("characters", 10, lambda folder: sd.parse("x + x + x + x")),
    ("nesting", 3, lambda folder: sd.parse("((((x))))")),
    ("chain", 3, lambda folder: sd.parse("----x")),
    ("chain", 3, lambda folder: sd.parse("A: matrix(n,n); sum(A' ' ' ')")),
    ("chain", 3, lambda folder: sd.parse("x^2^-2^y^2")),
    ("digits", 20, lambda folder: sd.parse("12345678901234567890123*x")),
    ("digits", 20, lambda folder: sd.parse("1e-30*x")),
    ("digits", 20, lambda folder: gradient("123456789012*123456789012*x")),
    ("power", 5, lambda folder: sd.parse("A: matrix(n, n); A^6")),
    ("power", 5, lambda folder: sd.matrices("A", "n", "n") ** 6),
    ("order", 2, lambda folder: sd.derivative(sd.parse("exp(x)"), "x", order=3)),
    ("nodes", 70_000, lambda folder: sd.parse("+".join(f"sin({k}*x)" for k in range(40_000)))),
    ("tokens", 5, lambda folder: str(sd.parse("x + y + z + u"))),
    ("components", 10, lambda folder: sd.parse("x: vector(n); x").to_sympy(n=11)),
    ("terms", 100, lambda folder: sd.parse("A: matrix(20, 20); x: vector(20); A*x").code("c")),
    ("boxes", 3, lambda folder: sd.graph(sd.parse("x*y*z + sin(x)"), "x").svg()),
    ("bytes", 20, lambda folder: values(30, folder)),
]


@pytest.mark.parametrize(("name", "value", "act"), BEYOND, ids=[f"{name}-{k}" for k, (name, _, _) in enumerate(BEYOND)])
def test_beyond_a_limit(name: str, value: float, act: Callable[[Path], Any], tmp_path: Path) -> None:
    with sd.limits(**{name: value}), pytest.raises(sd.LimitError) as caught:
        act(tmp_path)
    assert f"the limit `{name}` is {value}" in caught.value.message
    higher = re.search(rf"sd\.limits\({name}=(\d+)\)", caught.value.hint)
    assert higher
    assert f"--limit {name}={higher[1]}" in caught.value.hint
    act(tmp_path)  # within the defaults


def test_every_limit_is_tested_and_documented() -> None:
    assert {name for name, *_ in BEYOND} | {"seconds", "offers"} == set(vars(LIMITS))
    documented = dict(re.findall(r"^\| `(\w+)` \| ([\d.,]+) \|", TRUST.read_text(encoding="utf-8"), re.MULTILINE))
    assert {name: float(value.replace(",", "")) for name, value in documented.items()} == vars(Limits())


def test_no_time_is_no_verdict() -> None:
    f = sd.parse("A: matrix(6, 6); det(A)^2")
    with sd.limits(seconds=1e-6):
        verdict = sd.verify(f, "A", sd.grad(f, "A"))
    assert verdict.ok is None
    assert "1e-06 seconds" in verdict.reason


def test_what_is_only_remembered_does_not_count_as_nodes() -> None:
    node._collect()  # what other tests hold stays
    with sd.limits(nodes=node.table_size() + 70_000):
        for k in range(4):
            sd.parse("+".join(f"sin({j}*x{k})" for j in range(8_000)))


def test_a_spent_budget_is_said_and_the_answer_is_right() -> None:
    text = "+".join(f"(a*x^{k + 2} + b*x^{k + 2})/(x*c + d*x)*(x + {k})*(y + a)" for k in range(60))
    f = sd.parse(text)
    plenty = sd.grad(f, "x")
    assert not any("budget" in note for note in sd.notes(plenty))
    with sd.limits(offers=1):
        g = sd.grad(f, "x")
    assert len(str(g)) > len(str(plenty))
    assert any("the limit `offers`" in note for note in sd.notes(g))
    values = {name: 0.5 + k % 7 / 8 for k, name in enumerate(f.variables)}
    assert g.compile()(values) == pytest.approx(plenty.compile()(values), rel=1e-12)


def test_limits_hold_inside_a_with_and_nowhere_else() -> None:
    before = dict(vars(LIMITS))
    changed = sd.limits(seconds=9)
    assert vars(LIMITS) == before
    assert "seconds = 9" in str(changed) and f"seconds = {before['seconds']}" in str(sd.limits())
    with sd.limits(digits=20, order=3):
        with sd.limits(digits=30):
            assert (LIMITS.digits, LIMITS.order) == (30, 3)
        assert LIMITS.digits == 20
    with changed, changed:
        assert LIMITS.seconds == 9
    assert vars(LIMITS) == before


@pytest.mark.parametrize(
    "values", [{"digit": 3}, {"digits": 0}, {"digits": -1}, {"digits": 1.5}, {"digits": True}, {"seconds": float("nan")}, {"digits": "9"}]
)
def test_what_is_no_limit(values: dict[str, Any]) -> None:
    before = dict(vars(LIMITS))
    with pytest.raises(sd.SymdiffError):
        sd.limits(**values)
    assert vars(LIMITS) == before


def test_the_command_raises_and_lowers_limits(capsys: pytest.CaptureFixture[str]) -> None:
    before = dict(vars(LIMITS))
    number = "9" * 10_500
    arguments = [f"{number}*x", "--wrt", "x", "--no-verify"]
    assert main(arguments) == 2
    assert "the limit `digits` is 10000" in capsys.readouterr().err
    assert main([*arguments, "--limit", "digits=20_000"]) == 0
    assert capsys.readouterr().out == number + "\n"
    assert main(["x^2", "--wrt", "x", "--limit", "characters=2", "--limit", "seconds=1"]) == 2
    assert "the limit `characters` is 2" in capsys.readouterr().err
    for bad in ("digits", "digits=many", "colour=3", "digits=-1", "digits=inf"):
        assert main(["x^2", "--wrt", "x", "--limit", bad]) == 2
        assert capsys.readouterr().err.count("\n") in (1, 2)
    assert vars(LIMITS) == before


# ---------------------------------------------------------------------------------------------- within the defaults

DEEP = 100_000


@pytest.mark.parametrize(
    "text",
    [
        "(" * DEEP + "x" + ")" * DEEP,
        "-" * DEEP + "x",
        "[" + "not " * DEEP + "x > 0]*x",
        "^".join(["x"] * 20_000),
        "sin(" * 20_000 + "x" + ")" * 20_000,
        "+".join(["x*2"] * 30_000),
        "max(" + ",".join(["x"] * 20_000) + ")",
        ";".join(f"x{k}: scalar" for k in range(10_000)) + "; x1*x",
        ",".join(f"x{k}" for k in range(10_000)) + ": scalar; x1*x",
        "b0 = x;" + ";".join(f"b{k + 1} = sin(b{k})*b{k}" for k in range(5_000)) + "; b5000",
        "\n" * DEEP + "x" + "\n" * DEEP,
    ],
    ids=["brackets", "minus", "not", "powers", "calls", "terms", "arguments", "declarations", "names", "bindings", "lines"],
)
def test_long_and_deep_formulas_are_read(text: str) -> None:
    f = sd.parse(text)
    assert list(f.variables) == ["x"] or "x" in f.variables


@pytest.mark.parametrize(
    "text", ["10^10^10*x", "2^2^2^2^2^2*x", "x^1e400", "(1/3)^(10^9)*x", "gamma(10^9)*x", "1e400^1e400*x", "exp(exp(exp(1000)))*x"]
)
def test_large_numbers_stay_powers(text: str) -> None:
    f = sd.parse(text)
    g = sd.grad(f, "x")
    assert len(str(g)) < 500
    assert sd.parse(str(g), given=f) == g
