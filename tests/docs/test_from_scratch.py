"""The page "symdiff from scratch" is one program: it runs, is short, and its answers are those of the real one."""

from __future__ import annotations

import io
import re
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest

import symdiff as sd

PAGE = Path(__file__).parents[2] / "docs" / "from-scratch.md"
PROGRAM = "\n\n".join(re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL))


@pytest.fixture(scope="module")
def page() -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": "page"}
    out = io.StringIO()
    with redirect_stdout(out):
        exec(compile(PROGRAM, PAGE.name, "exec"), names)
    names["printed"] = out.getvalue()
    return names


def test_it_is_short_and_shows_what_it_says(page: dict[str, Any]) -> None:
    lines = [line for line in PROGRAM.splitlines() if line.strip()]
    assert 120 < len(lines) <= 200
    (said,) = re.findall(r"# (-\(.*)", PROGRAM)
    assert page["printed"].splitlines()[0] == said


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a*b + sin(a*b)", "ab"),
        ("x^3 - 2*x/y", "xy"),
        ("exp(-x^2)*log(y)", "xy"),
        ("tanh(w*x + b)^2", "wxb"),
        ("max(x*y, x + y)", "xy"),
        ("log(1 + exp(-y*z))", "yz"),
        ("a - (b - c)", "abc"),
        ("x^y", "xy"),
    ],
)
def test_its_derivatives_are_right_and_those_of_the_program(page: dict[str, Any], text: str, names: str) -> None:
    f = page["parse"](text)
    for name, g in zip(names, page["gradient"](f, *names), strict=True):
        assert page["check"](f, name, g)
        assert sd.verify(text, name, page["show"](g)).ok
        assert page["parse"](page["show"](g)) is page["parse"](page["show"](page["parse"](page["show"](g))))
        assert not page["check"](f, name, page["tidy"]("+", g, page["var"](name)))


def test_what_is_no_formula_is_refused(page: dict[str, Any]) -> None:
    for text in ("", "x +", "(x", "x)", "[x > ]", "max(x,", "2 3"):
        with pytest.raises(ValueError, match=r"expected|end"):
            page["parse"](text)
