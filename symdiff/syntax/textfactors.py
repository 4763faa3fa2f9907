"""Brackets and factors of a text that nothing has parsed: where what stands at a place ends, and where what stands before it begins."""

from __future__ import annotations

import re

LETTER = r"[^\W²³¹⁰-ⁿᵀ]"
NAME = rf"(?!\d){LETTER}(?:{LETTER})*"
COMPARED = re.compile(r"[<>≤≥≠]|==|!=")
SUBSCRIPT = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")

_CLOSING = {"(": ")", "[": "]", "{": "}", "⟨": "⟩"}


def end_of(text: str, start: int) -> int:
    """Where the bracket that opens at `start` has closed; -1 where it does not."""
    stack: list[str] = []
    for k in range(start, len(text)):
        c = text[k]
        if c in _CLOSING:
            stack.append(_CLOSING[c])
        elif stack and c == stack[-1]:
            stack.pop()
            if not stack:
                return k + 1
        elif c in ")]}⟩":
            return -1
    return -1


def split_at(text: str, sign: str = ",") -> list[str]:
    """The parts between signs that stand outside of brackets."""
    parts, depth, last = [], 0, 0
    for k, c in enumerate(text):
        if c in "([{⟨":
            depth += 1
        elif c in ")]}⟩":
            depth -= 1
        elif c == sign and depth == 0:
            parts.append(text[last:k])
            last = k + 1
    return [p.strip() for p in (*parts, text[last:])]


def is_whole(text: str) -> bool:
    """Does this stand as an operand of anything without brackets around it?"""
    text = text.strip()
    return factor_end(text, 0) == len(text)


def in_brackets(text: str) -> str:
    text = text.strip()
    return text if is_whole(text) else f"({text})"


def without_brackets(text: str) -> str:
    """Without brackets around the whole."""
    text = text.strip()
    while text.startswith("(") and end_of(text, 0) == len(text):
        text = text[1:-1].strip()
    return text


_POSTFIX = re.compile(r"\s*(?:['ᵀ]|\.?(?:\^|\*\*)\s*(?:-?\d+(?:\.\d+)?|\(-?\d+\)|T(?!\w)|[a-z](?!\w)|ᵀ)|[²³¹⁰⁴-⁹ⁿ]+|(?<=\))\[[^\[\]]*\])")
_OPERAND = re.compile(rf"\s*(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|{NAME})")


def factor_end(text: str, start: int) -> int:
    """Where an operand that starts there ends, with its powers and primes; `start` if there is none."""
    m = _OPERAND.match(text, start)
    if m:
        end = m.end()
        if (end < len(text) and text[end] in "([" and text[end - 1] not in "0123456789") or (
            m[0].strip()[0].isalpha() and text[end : end + 1] in ("(", "[")
        ):
            closed = end_of(text, end)
            end = closed if closed > 0 else end
    else:
        end = start + len(text[start:]) - len(text[start:].lstrip())
        if end < len(text) and text[end] in "([":
            closed = end_of(text, end)
            if closed < 0:
                return start
            end = closed
        elif text[end : end + 1] in ("|", "‖"):
            bar = "||" if text.startswith("||", end) else text[end]
            closed = text.find(bar, end + len(bar))
            if closed < 0:
                return start
            end = closed + len(bar)
        else:
            return start
    while m := _POSTFIX.match(text, end):
        end = m.end()
    return end


def factor_start(text: str, end: int) -> int:
    """Where the operand that ends there starts: a name, a number, a bracket, perhaps with the function in front of it."""
    k = end
    while k and text[k - 1] in "'ᵀ²³":
        k -= 1
    if k and text[k - 1] in ")]":
        depth = 0
        while k:
            k -= 1
            depth += (text[k] in ")]") - (text[k] in "([")
            if not depth:
                break
    while k and (text[k - 1].isalnum() or text[k - 1] == "_"):
        k -= 1
    return k
