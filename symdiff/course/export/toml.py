"""A problem as the `sheet.toml` that it could have been read from: what an export takes along in order to mark."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

from symdiff.course.sheet import Exercise


def written(p: Exercise, title: str) -> str:
    """The file of a sheet with this problem alone, its numbers chosen."""
    lines = [f"title = {_text(title)}", "", "[[problem]]", f"id = {_text(p.id)}", f"formula = {_text(p.formula)}", f"wrt = {_list(p.wrt)}"]
    if p.title:
        lines.append(f"title = {_text(p.title)}")
    if p.text:
        lines.append(f"text = {_text(p.text)}")
    if p.at:
        lines.append("at = {" + ", ".join([f"{_text(name)} = {_value(v)}" for name, v in p.at.items()]) + "}")
    lines.append(f"asks = {_list(p.asks)}")
    lines.append("points = {" + ", ".join([f"{ask} = {_points(v)}" for ask, v in p.points.items()]) + "}")
    if p.wrong:
        lines.append(f"wrong = {_text(p.wrong)}")
    return "\n".join(lines) + "\n"


def _text(text: str) -> str:
    """A basic string: JSON's escapes are TOML's, but for the sign 127."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _list(texts: tuple[str, ...]) -> str:
    return "[" + ", ".join(map(_text, texts)) + "]"


def _value(v: Any) -> str:
    if isinstance(v, list | tuple):
        return "[" + ", ".join(map(_value, v)) + "]"
    return f'"{v}"' if isinstance(v, Fraction) and v.denominator != 1 else repr(float(v)) if isinstance(v, float) else str(v)


def _points(v: Fraction) -> str:
    return str(v.numerator) if v.denominator == 1 else repr(float(v))
