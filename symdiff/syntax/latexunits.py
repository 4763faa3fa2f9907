"""Tokens of LaTeX: units, scripts and groups that end by themselves."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

from symdiff.bounds import LIMITS, exceeded
from symdiff.syntax.latextokens import Token, refuse
from symdiff.syntax.latexvocabulary import (
    COMBINING,
    ENDS_VALUE,
    REMARK,
)
from symdiff.syntax.parse import canonical

DEEPEST = 20  # scripts inside scripts; nobody reads the fourth

# What is open: a brace (with the token that its end is), a delimiter, arguments that are still to come, one unit without braces.
_Frame = list[object]


class TokenReader:
    """Units and groups: what is open, what ends with the next unit, letters and numbers."""

    def __init__(self, text: str, names: Collection[str] = ()) -> None:
        self.text = text
        self.typed = "\\" not in text  # a formula of the language with a bracket or a sign of LaTeX: `e^{-w0*x0}`
        self.names = names
        self.tokens: list[Token] = []
        self.stack: list[_Frame] = []
        self.scripts = 0
        self.bold = False
        self.remark = False  # does the next brace open what is underbraced?
        self.font = -1  # where a font command stands whose letter comes next
        self.at = 0
        self.end = 0

    def add(self, kind: str, value: str, sort: str = "", start: int = -1, end: int = -1) -> Token:
        start = self.at if start < 0 else start
        if self.font >= 0 and kind in ("ATOM", "OPEN"):
            start, self.font = self.font, -1
        token = Token(kind, value, start, self.end if end < 0 else end, sort)
        if self.bold and kind == "ATOM":
            token.bold = True
            self.bold = False
        self.tokens.append(token)
        return token

    def begin(self) -> bool:
        """A unit begins here: open the argument that waits for one. Whether it is a whole argument without braces."""
        if self.stack and self.stack[-1][0] == "args":
            self.add("ARG", "", end=self.at)
            self.stack.append(["single", "", self.at])
        return bool(self.stack) and self.stack[-1][0] == "single"

    def done(self, end: int = -1) -> None:
        """A unit ends here: so do the arguments and scripts that are nothing but this unit."""
        stack = self.stack
        while stack:
            kind = stack[-1][0]
            if kind == "single":
                frame = stack.pop()
                self.scripts -= frame[1] == "script"
                self.add("END", "", start=self.end if end < 0 else end)
            elif kind == "args":
                left = stack[-1][1]
                assert isinstance(left, int)
                if left > 1:
                    stack[-1][1] = left - 1
                    return
                stack.pop()
            else:
                return
            if kind == "single" and not (stack and stack[-1][0] == "args"):
                return

    def unit(self, kind: str, value: str, sort: str = "") -> None:
        self.begin()
        self.add(kind, value, sort)
        if self.stack and self.stack[-1][0] == "single":
            self.done()

    def needs(self, kind: str, value: str, arguments: int) -> None:
        """A command with arguments of its own."""
        self.begin()
        self.add(kind, value)
        self.stack.append(["args", arguments, self.at])

    def script(self, kind: str) -> None:
        if not self.tokens or self.tokens[-1].kind not in ENDS_VALUE:
            self.begin()
            self.add("ATOM", "", "nothing")  # `{}_a x`: what it belongs to is said where it is read
        if self.stack and self.stack[-1][0] in ("single", "args"):
            refuse("a script without braces has a script", self.at, self.end, "put braces around it: x^{y^2}")
        self.scripts += 1
        if self.scripts > DEEPEST:
            raise exceeded("nesting", f"scripts nested {self.scripts} deep", span=(self.at, self.end), text=self.text)
        self.add(kind, "")
        self.stack.append(["single", "script", self.at])

    def open_brace(self) -> None:
        stack = self.stack
        if self.begin():
            frame = stack.pop()
            stack.append(["brace", "END", frame[1], self.at])
        else:
            self.add("OPEN", "")
            stack.append(["brace", "CLOSE", "remark" if self.remark else "", self.at])
        self.remark = False
        self.deep()

    def close_brace(self) -> None:
        stack = self.stack
        if not stack or stack[-1][0] not in ("brace", "text"):
            self.unbarred()
        if not stack or stack[-1][0] not in ("brace", "text"):
            if stack and stack[-1][0] == "delimiter":
                refuse(f"`{stack[-1][1]}` is closed by `}}`", self.at, self.end)
            refuse("`}` closes nothing", self.at, self.end)
        if stack[-1][0] == "text":
            stack.pop()
            return
        frame = stack.pop()
        self.scripts -= frame[2] == "script"
        self.trim()
        if self.tokens[-1].kind in ("ARG", "SUB", "SUP", "OPEN"):
            if self.tokens[-1].kind == "OPEN":  # an empty group: {}_a
                self.tokens.pop()
                return
            self.add("ATOM", "", "nothing")
        self.add(str(frame[1]), "")
        remark = REMARK.match(self.text, self.end) if frame[2] == "remark" else None
        if remark:
            self.end = remark.end()
        above = str(stack[-1][0]) if stack else ""
        if above == "single" or (frame[1] == "END" and above == "args"):
            self.done()

    def trim(self) -> None:
        """A comma or full stop at the end of a group says nothing."""
        while self.tokens and self.tokens[-1].kind == "SEPARATOR" and self.tokens[-1].value in ",.":
            self.tokens.pop()

    def deep(self) -> None:
        if len(self.stack) > LIMITS.nesting:
            raise exceeded("nesting", f"brackets nested {len(self.stack)} deep", span=(self.at, self.end), text=self.text)

    def number(self, digits: str) -> None:
        if self.begin() and len(digits) > 1:  # \frac12
            self.end = self.at + 1
            digits = digits[0]
        self.add("ATOM", digits, "number")
        if self.stack and self.stack[-1][0] == "single":
            self.done()

    def unbarred(self) -> None:
        """A bar that was taken for an opening one but is never closed: the bar of p(x | y)."""
        stack = self.stack
        while stack and stack[-1][0] == "delimiter" and stack[-1][1] in ("|", "‖") and not stack[-1][4]:
            _, sign, _, k, _ = stack.pop()
            assert isinstance(k, int)
            self.tokens[k].kind = "SEPARATOR"
            self.tokens[k].value = str(sign)

    def within_cases(self) -> bool:
        return any(frame[0] == "cases" for frame in self.stack)

    def combine(self) -> None:
        """A combining accent behind a letter."""
        accent = COMBINING[self.text[self.end]]
        self.end += 1
        token = next(t for t in reversed(self.tokens) if t.kind == "ATOM")
        token.end = self.end
        if accent:
            token.value += f"_{accent}"

    def letter(self, c: str) -> None:
        decomposed = unicodedata.normalize("NFD", c)
        accent = COMBINING.get(decomposed[1:]) if len(decomposed) > 1 else ""
        base = decomposed[0] if len(decomposed) > 1 and accent is not None else c
        name = canonical(base)
        if accent is None or not re.fullmatch(r"[^\W_]+", name) or not base.isalpha():
            if name.isdigit() and name.isascii():
                self.unit("ATOM", name, "number")
                return
            refuse(f"`{c}` cannot stand here", self.at, self.end)
        self.unit("ATOM", name + (f"_{accent}" if accent else ""), "name")
        if self.text[self.end : self.end + 1] in COMBINING and self.end < len(self.text):
            self.combine()

    def small(self, letters: dict[str, str], kind: str) -> None:
        """Superscript or subscript characters, as many as there are."""
        text, start = self.text, self.at
        end = start
        while end < len(text) and text[end] in letters:
            end += 1
        self.end = end
        content = "".join(letters[c] for c in text[start:end])
        if kind == "SUP" and content in ("T", "t") and text[start] in "ᵀᵗ":
            self.add("MARK", "", "transpose")
            return
        self.script(kind)
        self.stack.pop()
        self.scripts -= 1
        for m in re.finditer(r"[0-9]+|.", content):
            part = m[0]
            kind_of = "number" if part.isdigit() else "name"
            if part in "+-":
                self.add("SIGN", part, "", start + m.start(), start + m.end())
            elif part == "=":
                self.add("COMPARE", "eq", "", start + m.start(), start + m.end())
            elif part in "()":
                self.add("OPEN" if part == "(" else "CLOSE", part, "", start + m.start(), start + m.end())
            else:
                self.add("ATOM", canonical(part), kind_of, start + m.start(), start + m.end())
        self.add("END", "", start=end, end=end)
