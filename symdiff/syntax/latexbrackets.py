"""Delimiters of LaTeX: which bracket, bar or environment is opened, and what closes it."""

from __future__ import annotations

import re

from symdiff.syntax.latextokens import refuse
from symdiff.syntax.latexunits import TokenReader
from symdiff.syntax.latexvocabulary import (
    BARS,
    CASES,
    CLOSING,
    DELIMITERS,
    END_ARRAY,
    ENDS_VALUE,
    FRAMES,
    MATRICES,
    PAIRS,
)


class DelimiterReader(TokenReader):
    """Brackets, bars and environments."""

    def cases(self) -> None:
        self.begin()
        self.add("CASES", "")
        self.stack.append(["cases", "", self.at])

    def end_cases(self) -> None:
        if not self.stack or self.stack[-1][0] != "cases":
            self.unbarred()
        if not self.stack or self.stack[-1][0] != "cases":
            refuse("the cases end inside a bracket", self.at, self.end)
        self.trim()
        while self.tokens[-1].kind == "NL":
            self.tokens.pop()
            self.trim()
        self.stack.pop()
        self.add("END_CASES", "")
        if [frame[0] for frame in self.stack[-1:]] == ["single"]:
            self.done()

    def delimiter(self, sign: str, size: str) -> None:
        side = "open" if size == "\\left" or size[-1:] == "l" else "close" if size == "\\right" or size[-1:] == "r" else ""
        if sign == "|" and not size and self.text.startswith("||", self.at) and self.is_double():
            self.end = self.at + 2
            sign = "\\|"
        if sign in BARS:
            if sign[1:2] in ("l", "r") and len(sign) > 2:
                side = "open" if sign[1] == "l" else "close"
            self.bar(BARS[sign], side)
            return
        sign = DELIMITERS[sign]
        if sign in CLOSING:
            self.close(sign)
        else:
            if sign == "[" and self.stack and self.stack[-1][0] == "args" and self.tokens[-1].kind == "ROOT":
                self.add("OPTION", "")
                self.stack.append(["option", "[", self.at])
                return
            if self.begin():
                what = "a script" if self.stack[-1][1] == "script" else "an argument"
                refuse(f"{what} of several characters has braces around it", self.at, self.end, "x^{(1)}, W^{(2)}, \\frac{a}{b}")
            self.add("OPEN", sign)
            self.stack.append(["delimiter", sign, self.at])
            self.deep()

    def close(self, sign: str) -> None:
        stack = self.stack
        if stack and stack[-1][0] == "option" and sign == "]":
            stack.pop()
            self.add("END", "")
            return
        if not stack or stack[-1][0] != "delimiter" or PAIRS.get(str(stack[-1][1])) != sign:
            self.unbarred()
        if not stack or stack[-1][0] in ("brace", "cases"):
            refuse(f"`{self.text[self.at : self.end]}` closes nothing", self.at, self.end, "a bracket is missing, or this is one too many")
        if stack[-1][0] in ("single", "args"):
            refuse("a script or an argument is missing here", self.at, self.end)
        if PAIRS.get(str(stack[-1][1])) != sign:
            start = stack[-1][2]
            assert isinstance(start, int)
            refuse(
                f"`{stack[-1][1]}` is closed by `{sign}`",
                start,
                self.end,
                "an interval has no value" if {stack[-1][1], sign} <= set("([])") else "",
            )
        stack.pop()
        self.trim()
        if self.tokens[-1].kind == "OPEN":
            self.add("ATOM", "", "nothing")
        self.add("CLOSE", sign)
        if stack and stack[-1][0] == "single":
            self.done()

    def is_double(self) -> bool:
        """Are two bars a norm's? They close one that is open; they open one if the next bars are two again."""
        stack, tokens = self.stack, self.tokens
        top = stack[-1][1] if stack and stack[-1][0] == "delimiter" else ""
        if tokens and tokens[-1].kind in ENDS_VALUE and top in ("|", "‖"):
            return top == "‖"
        following = self.text.find("|", self.at + 2)
        return following > 0 and self.text.startswith("||", following)

    def bar(self, sign: str, side: str) -> None:
        stack, tokens = self.stack, self.tokens
        kind = "BAR" if sign == "|" else "NORM"
        mine = bool(stack) and stack[-1][0] == "delimiter" and stack[-1][1] == sign
        after_value = (
            bool(tokens)
            and tokens[-1].kind in ENDS_VALUE
            and not (tokens[-1].kind == "ATOM" and tokens[-1].sort in ("function", "big", "nothing"))
        )
        if side == "close" or (not side and mine and after_value):
            if not mine:
                refuse("a bar closes nothing", self.at, self.end)
            stack.pop()
            self.add(kind + "_END", "")
            if stack and stack[-1][0] == "single":
                self.done()
            return
        self.begin()
        stack.append(["delimiter", sign, self.at, len(tokens), side])
        self.add(kind, sign)

    def operator(self, value: str) -> None:
        """An operator, or as a whole script a mark: `X_{i\\cdot}`, `x^\\star`, `x^{\\circ 2}`."""
        if self.stack and self.stack[-1][0] == "single":
            self.unit("ATOM", {"mul": "star", "emul": "circ", "dot": "cdot"}.get(value, value), "mark")
            return
        self.add("OPERATOR", value)

    def new_line(self) -> None:
        found = re.compile(r"\s*\[[0-9.]+ *(?:pt|ex|em|mm|cm)\]").match(self.text, self.end)
        if found:
            self.end = found.end()
        if self.stack and self.stack[-1][0] != "cases":
            self.unbarred()
        if self.stack and self.stack[-1][0] not in ("cases",):
            refuse("a line ends inside a bracket", self.at, self.end, "close it first, or write the formula in one line")
        self.trim()
        self.add("NL", "")

    def environment(self, name: str) -> None:
        found = re.compile(r"\s*\{([A-Za-z*]+)\}").match(self.text, self.end)
        if not found:
            refuse(f"`\\{name}` has no environment", self.at, self.end)
        ended = END_ARRAY.match(self.text, self.at)
        kind = found[1]
        self.end = found.end()
        if ended and self.stack and self.within_cases():
            self.end = ended.end()
            self.end_cases()
        elif kind in CASES:
            if name == "begin":
                self.cases()
            else:
                self.end_cases()
        elif kind in MATRICES:
            refuse(
                "a matrix written out by its entries is not supported",
                self.at,
                self.end,
                "give it a name, and its entries as values: A_{ij}",
            )
        elif kind in FRAMES:
            if kind.startswith("alignat") or kind == "alignedat":
                columns = re.compile(r"\s*\{\d+\}").match(self.text, self.end)
                self.end = columns.end() if columns and name == "begin" else self.end
        else:
            refuse(f"the environment `{kind}` is not known here", self.at, self.end, "cases, aligned, equation")
