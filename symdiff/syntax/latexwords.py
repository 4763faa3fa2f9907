"""LaTeX to tokens: everything that is settled by what stands around it, so that the grammar need not know.

In: a text and the names that are known. Out: the tokens of `grammar/latex.lark`, each with its place. Here bars are told
apart that open and close, arguments without braces end (`\frac12`, `x^2y`), sizes and spaces go, fonts are seen through,
letters side by side become names, and Unicode mathematics becomes what LaTeX would have been typed for it.
One pass with a stack of what is open; it never recurses.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from symdiff.bounds import LIMITS, exceeded
from symdiff.syntax.latexcommands import CommandReader
from symdiff.syntax.latexmarks import marked
from symdiff.syntax.latextokens import Token, function_of, refuse, refused
from symdiff.syntax.latexvocabulary import (
    ARRAY_CASES,
    BARS,
    DELIMITERS,
    ENDS_VALUE,
    FRACTIONS,
    PIECE,
    SUBS,
    SUPERS,
    UNICODE,
)

__all__ = ["Lexer", "Token", "function_of", "marked", "refuse"]


class Lexer(CommandReader):
    """tokens(): those of a text. names: known names, whose letters stay together."""

    def read(self) -> list[Token]:
        n = len(self.text)
        if n > LIMITS.characters:
            raise exceeded("characters", f"a formula of {n} characters", n)
        while self.at < n:
            self.next()
        for frame in reversed(self.stack):
            if frame[0] == "single":
                refuse("the formula ends where a script or an argument is expected", max(0, n - 1), n)
            if frame[0] == "args":
                refuse("an argument is missing at the end", max(0, n - 1), n, r"\frac{1}{2}, \sqrt{x}, \hat{y}")
            opened, start = frame[1], next(at for at in frame[2:] if isinstance(at, int))
            if frame[0] == "delimiter" and opened in ("|", "‖"):
                refuse("a bar is never closed", start, start + 1, r"write \lvert x \rvert, or \lVert x \rVert")
            name = {"END": "{", "CLOSE": "{"}.get(str(opened), str(opened)) if frame[0] == "brace" else str(opened)
            refuse(f"`{name or 'cases'}` is never closed", start, start + 1)
        return self.tokens

    def next(self) -> None:
        text = self.text
        m = PIECE.match(text, self.at)
        assert m is not None
        self.end = m.end()
        kind = m.lastgroup
        if kind == "space" or kind == "nothing":
            pass
        elif kind == "delimiter":
            found = ARRAY_CASES.match(text, self.at)
            if found:
                self.end = found.end()
                self.cases()
            else:
                self.delimiter(m["delimiter"].strip(), (m["size"] or "").strip())
        elif kind == "command":
            self.command(m[0][1:])
        elif kind == "number":
            self.number(m[0])
        elif kind == "letters":
            self.letters(m[0])
        else:
            self.other(m[0])
        self.at = self.end

    def other(self, c: str) -> None:
        """One character that is no letter, no digit and no backslash; or one of Unicode's."""
        if c in SIGNS:
            SIGNS[c](self)
        elif c in TOKENS:
            self.add(*TOKENS[c])
        elif c in UNITS:
            self.unit("ATOM", *UNITS[c])
        elif c in SUPERS or c in SUBS:
            self.small(SUPERS if c in SUPERS else SUBS, "SUP" if c in SUPERS else "SUB")
        elif c in FRACTIONS:
            self.needs("FRAC", "", 2)
            for digit in FRACTIONS[c]:
                self.unit("ATOM", digit, "number")
        elif c in UNICODE:
            self.command_of(c, UNICODE[c])
        elif c == "Σ" and _WITH_RANGE.match(self.text, self.end):
            self.command("sum")
        elif c == "Σ" and (index := _WITH_INDEX.match(self.text, self.end)) and self.runs(index[1] or index[2], index.end()):
            refuse(
                f"it is not clear whether `{self.text[self.at : index.end()].rstrip()}` is a sum or a matrix",
                self.at,
                index.end(),
                f"write `{self.text[: self.at]}∑{self.text[self.end :]}`, or give the matrix another letter",
            )
        elif c in EXPECTATIONS:
            refused(EXPECTATIONS[c], self.at, self.end, c)
        elif c not in INVISIBLE:
            self.letter(c)

    def command_of(self, c: str, said: str) -> None:
        """A character that stands for a command or a bracket of LaTeX."""
        if c == "√" and self.text[self.end :].lstrip()[:1] == "(":
            self.unit("ATOM", "sqrt", "function")
        elif said in BARS:
            self.bar(BARS[said], "")
        elif said in DELIMITERS:
            self.delimiter(said, "")
        elif said in (r"\int", r"\pm", r"\mp"):
            refused(said[1:], self.at, self.end, c)
        else:
            self.command(said[1:])

    def runs(self, index: str, at: int) -> bool:
        """Does a name in what is multiplied there have this index?"""
        plain = SUBS.get(index, index)
        small = next((c for c in "ᵢⱼₖ" if SUBS[c] == plain), plain)
        return (
            re.compile(rf"[^=;\n]*?[^\W_Σ](?:_\{{?{plain}(?!\w)|{small}|⁽{_RAISED.get(plain, plain)}⁾|\^\{{?\({plain}\))").match(
                self.text, at
            )
            is not None
        )

    def follows(self, c: str) -> bool:
        """Whether the next character is this one; it is taken then."""
        found = self.text.startswith(c, self.end)
        self.end += found
        return found

    def alone_in_a_script(self) -> bool:
        return bool(self.stack) and self.stack[-1][0] == "single"  # x^+, x_-, x^*

    def ampersand(self) -> None:
        self.trim()
        if not self.tokens or self.tokens[-1].kind != "AMP":
            self.add("AMP", "")

    def sign(self, sign: str, word: str) -> None:
        if self.alone_in_a_script():
            self.unit("ATOM", word, "mark")
        else:
            self.add("SIGN", sign)

    def asterisk(self) -> None:
        if self.alone_in_a_script():
            self.unit("ATOM", "star", "mark")
        else:
            self.add("OPERATOR", "mul")

    def less_or_greater(self, strict: str, weak: str) -> None:
        self.add("COMPARE", weak if self.follows("=") else strict)

    def colon(self) -> None:
        if self.follows("="):
            self.add("COMPARE", "define")
        elif self.scripts:
            self.unit("ATOM", ":", "mark")
        else:
            self.add("SEPARATOR", ":")

    def point(self) -> None:
        """Three are an ellipsis, one at the end of the formula is none of it."""
        if self.text.startswith("...", self.at):
            self.end = self.at + 3
            self.unit("ATOM", "ldots", "mark")
        elif self.text[self.end :].strip(" \n$}\\]") and not _AT_THE_END.match(self.text, self.end):
            refuse("a point cannot stand here", self.at, self.end, r"the dot product is w^\top x, or w \cdot x")

    def primes(self) -> None:
        count = 1
        while self.text[self.end : self.end + 1] in ("'", "′", "’") and self.end < len(self.text):
            self.end += 1
            count += 1
        if not self.tokens or self.tokens[-1].kind not in ENDS_VALUE:
            refuse("a prime stands behind nothing", self.at, self.end)
        self.add("MARK", str(count), "prime")

    def factorial(self) -> None:
        if self.follows("="):
            self.add("COMPARE", "ne")
            return
        refuse("a factorial is not differentiable", self.at, self.end, r"write it with \Gamma(n + 1)")


_WITH_RANGE = re.compile(r"\s*(?:_\{[^{}]*(?:=|<|\\neq?|≠|∈)[^{}]*\}|[ᵢⱼₖ]₌)")
_WITH_INDEX = re.compile(r"\s*(?:_\{?\s*([ijk])\s*\}?|([ᵢⱼₖ]))\s*(?=[(\w½|‖∥∑])(?![⁻ᵀ^])")
_RAISED = {"i": "ⁱ", "j": "ʲ", "k": "ᵏ"}
_AT_THE_END = re.compile(r"\s*(?:\\\\|\\end|\\\]|\$|\})")

# What a character is: a token (kind and text), an atom (text and sort), or a look around.
TOKENS = {
    "/": ("OPERATOR", "div", ""), "=": ("COMPARE", "eq", ""), ",": ("SEPARATOR", ",", ""), ";": ("SEPARATOR", ";", ""),
    "⊤": ("MARK", "", "transpose"), "⟙": ("MARK", "", "transpose"),
}  # fmt: skip
UNITS = {"ℝ": ("R", "reals"), **dict.fromkeys("𝟙𝟏𝟭", ("1", "ones"))}
EXPECTATIONS = {"𝔼": "E", "ℙ": "P"}
INVISIBLE = frozenset("$\u200b\u2061\u2062\u2063\ufeff\u00ad\u200a\u2009")
SIGNS: dict[str, Callable[[Lexer], None]] = {
    "{": lambda to: to.open_brace(), "}": lambda to: to.close_brace(), "^": lambda to: to.script("SUP"), "_": lambda to: to.script("SUB"),
    "&": Lexer.ampersand, "+": lambda to: to.sign("+", "plus"), **dict.fromkeys("-−–", lambda to: to.sign("-", "minus")), "*": Lexer.asterisk,
    "<": lambda to: to.less_or_greater("lt", "le"), ">": lambda to: to.less_or_greater("gt", "ge"), ":": Lexer.colon, ".": Lexer.point,
    **dict.fromkeys("'′’", Lexer.primes), "!": Lexer.factorial,
}  # fmt: skip
