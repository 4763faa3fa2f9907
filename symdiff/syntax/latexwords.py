"""LaTeX to tokens: everything that is settled by what stands around it, so that the grammar need not know.

In: a text and the names that are known. Out: the tokens of `grammar/latex.lark`, each with its place. Here bars are told
apart that open and close, arguments without braces end (`\frac12`, `x^2y`), sizes and spaces go, fonts are seen through,
letters side by side become names, and Unicode mathematics becomes what LaTeX would have been typed for it.
One pass with a stack of what is open; it never recurses.
"""

from __future__ import annotations

import re

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
            refuse(f"`{name}` is never closed", start, start + 1)
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
        text, tokens = self.text, self.tokens
        if c == "{":
            self.open_brace()
        elif c == "}":
            self.close_brace()
        elif c == "^":
            self.script("SUP")
        elif c == "_":
            self.script("SUB")
        elif c == "&":
            self.trim()
            if tokens and tokens[-1].kind == "AMP":
                return
            self.add("AMP", "")
        elif c in "+-−–":
            if self.stack and self.stack[-1][0] == "single":  # x^+, x_-
                self.unit("ATOM", "plus" if c == "+" else "minus", "mark")
            else:
                self.add("SIGN", "+" if c == "+" else "-")
        elif c == "*":
            if self.stack and self.stack[-1][0] == "single":
                self.unit("ATOM", "star", "mark")
            else:
                self.add("OPERATOR", "mul")
        elif c == "/":
            self.add("OPERATOR", "div")
        elif c == "=":
            self.add("COMPARE", "eq")
        elif c in "<>":
            if text[self.end : self.end + 1] == "=":
                self.end += 1
                self.add("COMPARE", "le" if c == "<" else "ge")
            else:
                self.add("COMPARE", "lt" if c == "<" else "gt")
        elif c == ":" and text[self.end : self.end + 1] == "=":
            self.end += 1
            self.add("COMPARE", "define")
        elif c in ",;:":
            if c == ":" and self.scripts:
                self.unit("ATOM", ":", "mark")
            else:
                self.add("SEPARATOR", c)
        elif c == "." and text.startswith("...", self.at):
            self.end = self.at + 3
            self.unit("ATOM", "ldots", "mark")
        elif c == ".":
            if text[self.end :].strip(" \n$}\\]") and not re.match(r"\s*(?:\\\\|\\end|\\\]|\$|\})", text[self.end :]):
                refuse("a point cannot stand here", self.at, self.end, r"the dot product is w^\top x, or w \cdot x")
        elif c in "'′’":
            count = 1
            while text[self.end : self.end + 1] in ("'", "′", "’") and self.end < len(text):
                self.end += 1
                count += 1
            if not tokens or tokens[-1].kind not in ENDS_VALUE:
                refuse("a prime stands behind nothing", self.at, self.end)
            self.add("MARK", str(count), "prime")
        elif c == "!":
            refuse("a factorial is not differentiable", self.at, self.end, r"write it with \Gamma(n + 1)")
        elif c == "$":
            return
        elif c == "⊤" or c == "⟙":
            self.add("MARK", "", "transpose")
        elif c in SUPERS or c in SUBS:
            self.small(SUPERS if c in SUPERS else SUBS, "SUP" if c in SUPERS else "SUB")
        elif c in FRACTIONS:
            self.needs("FRAC", "", 2)
            for digit in FRACTIONS[c]:
                self.unit("ATOM", digit, "number")
        elif c in UNICODE:
            said = UNICODE[c]
            if c == "√" and text[self.end :].lstrip()[:1] == "(":
                self.unit("ATOM", "sqrt", "function")
            elif said in BARS:
                self.bar(BARS[said], "")
            elif said in DELIMITERS:
                self.delimiter(said, "")
            elif said in (r"\int", r"\pm", r"\mp"):
                refused(said[1:], self.at, self.end, c)
            else:
                self.command(said[1:])
        elif c in "𝟙𝟏𝟭" and c:
            self.unit("ATOM", "1", "ones")
        elif c == "𝔼":
            refused("E", self.at, self.end, c)
        elif c == "ℙ":
            refused("P", self.at, self.end, c)
        elif c == "ℝ":
            self.unit("ATOM", "R", "reals")
        elif c in "\u200b\u2061\u2062\u2063\ufeff\u00ad\u200a\u2009":
            return
        else:
            self.letter(c)
