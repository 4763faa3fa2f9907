r"""LaTeX to tokens: everything that is settled by what stands around it, so that the grammar need not know.

In: a text and the names that are known. Out: the tokens of `grammar/latex.lark`, each with its place. Here bars are told
apart that open and close, arguments without braces end (`\frac12`, `x^2y`), sizes and spaces go, fonts are seen through,
letters side by side become names, and Unicode mathematics becomes what LaTeX would have been typed for it.
One pass with a stack of what is open; it never recurses.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

from symdiff.bounds import LIMITS, exceeded
from symdiff.syntax.latexmarks import marked
from symdiff.syntax.latextokens import Token, function_of, refuse, refused
from symdiff.syntax.latexvocabulary import (
    ACCENTS,
    ARRAY_CASES,
    BARS,
    BIG,
    BLACKBOARD,
    BOLD,
    BRACED,
    CASES,
    CLOSING,
    COMBINING,
    COMPARE,
    DELIMITERS,
    END_ARRAY,
    ENDS_VALUE,
    FONTS,
    FRACTIONS,
    FRAMES,
    FUNCTIONS,
    GREEK,
    IF,
    INDICATOR,
    MATRICES,
    MIXED,
    ONES,
    OPERATORS,
    OTHERWISE,
    PAIRS,
    PIECE,
    PLAIN_FUNCTIONS,
    REFUSED,
    REFUSED_WORDS,
    REMARK,
    SKIPPED,
    SPACES,
    SUBS,
    SUPERS,
    UNICODE,
    WORDS,
)
from symdiff.syntax.parse import canonical

__all__ = ["Lexer", "Token", "function_of", "marked", "refuse"]

DEEPEST = 20  # scripts inside scripts; nobody reads the fourth


# ------------------------------------------------------------------------------------------------------------ lexer

# What is open: a brace (with the token that its end is), a delimiter, arguments that are still to come, one unit without braces.
_Frame = list[object]

_NORMAL = re.compile(r"(\s*\{?\s*N\s*\}?)\s*(?:\\left|\\[bB]igg?l?)?\s*[(\[]")  # a call of \mathcal{N}


class Lexer:
    """tokens(): those of a text. names: known names, whose letters stay together."""

    def __init__(self, text: str, names: Collection[str] = ()) -> None:
        self.text = text
        self.names = names
        self.tokens: list[Token] = []
        self.stack: list[_Frame] = []
        self.scripts = 0
        self.bold = False
        self.remark = False  # does the next brace open what is underbraced?
        self.font = -1  # where a font command stands whose letter comes next
        self.at = 0
        self.end = 0

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

    # ------------------------------------------------------------------------------------------------- units

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

    # ------------------------------------------------------------------------------------------------- one piece

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

    def number(self, digits: str) -> None:
        if self.begin() and len(digits) > 1:  # \frac12
            self.end = self.at + 1
            digits = digits[0]
        self.add("ATOM", digits, "number")
        if self.stack and self.stack[-1][0] == "single":
            self.done()

    def letters(self, run: str) -> None:
        text, names = self.text, self.names
        single = bool(self.stack) and self.stack[-1][0] in ("single", "args")
        if not single:
            longer = re.compile(r"[A-Za-z]+[0-9]*").match(text, self.at)
            for name in (longer[0] if longer else run, run):
                if len(name) > 1 and name in names and not all(c in names for c in run):
                    self.end = self.at + len(name)
                    self.add("ATOM", name, "name")
                    return
            if run in PLAIN_FUNCTIONS and not all(c in names for c in run):
                if run == "sqrt" and text[self.end :].lstrip()[:1] != "(":
                    self.needs("ROOT", "", 1)
                elif run == "abs":
                    self.add("ATOM", "abs", "function")
                else:
                    self.add("ATOM", function_of(run), "function")
                return
            if run in ("if", "otherwise", "else") and self.within_cases():
                self.text_word(run)
                return
            if run in ("argmin", "argmax"):
                refused(run, self.at, self.end, run)
            if len(run) > 2 and not all(c in names for c in run) and (run in GREEK or function_of(run)):
                meant = f"\\{run}" if run in GREEK or run in ("sum", "prod") else f"\\operatorname{{{run}}}"
                refuse(f"`{run}` is a product of its letters in LaTeX", self.at, self.end, f"write `{meant}`")
        if single:
            run = run[0]
        for k, letter in enumerate(run):
            start = self.at + k
            self.end = start + 1
            single = self.begin()
            self.add("ATOM", letter, "name", start, start + 1)
            if single:
                self.done()
                break
        if text[self.end : self.end + 1] in COMBINING and self.end < len(text):
            self.combine()

    def combine(self) -> None:
        """A combining accent behind a letter."""
        accent = COMBINING[self.text[self.end]]
        self.end += 1
        token = next(t for t in reversed(self.tokens) if t.kind == "ATOM")
        token.end = self.end
        if accent:
            token.value += f"_{accent}"

    def within_cases(self) -> bool:
        return any(frame[0] == "cases" for frame in self.stack)

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

    def unbarred(self) -> None:
        """A bar that was taken for an opening one but is never closed: the bar of p(x | y)."""
        stack = self.stack
        while stack and stack[-1][0] == "delimiter" and stack[-1][1] in ("|", "‖") and not stack[-1][4]:
            _, sign, _, k, _ = stack.pop()
            assert isinstance(k, int)
            self.tokens[k].kind = "SEPARATOR"
            self.tokens[k].value = str(sign)

    # ------------------------------------------------------------------------------------------------- commands

    def command(self, name: str) -> None:
        text, at = self.text, self.at
        if name == "\\":
            self.new_line()
            return
        if name in ("[", "]", "(", ")") or name == "$":
            return
        found = ONES.match(text, at)
        if found and not (found[2] and text[found.end() : found.end() + 1].isdigit()):
            self.end = found.end()
            self.unit("ATOM", found[1] or found[2], "ones" if (found[1] or found[2]) == "1" else "zeros")
            return
        found = INDICATOR.match(text, at)
        if found and "I" not in self.names:
            self.end = found.end()
            self.unit("ATOM", "1", "ones")
            return
        found = BLACKBOARD.match(text, at)
        if found and (found[0].startswith("\\mathb") or found[0].startswith("\\mathd")):
            letter = found[1] or found[2]
            self.end = found.end()
            if letter == "R":
                self.unit("ATOM", "R", "reals")
                return
            refused(letter, at, self.end, found[0])
        found = SKIPPED.match(text, at)
        if found:
            if name == "substack":
                refuse("a range of several lines is not supported", at, found.end(), r"write one sum after the other: \sum_{i} \sum_{j}")
            self.end = found.end()
            return
        if name == "begin" or name == "end":
            self.environment(name)
        elif name in GREEK:
            self.unit("ATOM", GREEK[name], "name")
            if text[self.end : self.end + 1] in COMBINING and self.end < len(text):
                self.combine()
        elif name == "pi" or name == "varpi":
            self.unit("ATOM", "pi", "name")
        elif name in SPACES:
            return
        elif name in ("frac", "dfrac", "tfrac", "cfrac", "nicefrac", "sfrac", "flatfrac"):
            self.needs("FRAC", "", 2)
        elif name == "sqrt":
            self.needs("ROOT", "", 1)
        elif name in ACCENTS:
            self.needs("ACCENT", ACCENTS[name], 1)
        elif name in WORDS:
            self.worded(name)
        elif name in ("mathcal", "mathscr") and (normal := _NORMAL.match(text, self.end)) and not text[:at].rstrip().endswith(("\\sim", "∼")):
            refused("N", at, normal.end(1), text[at : normal.end(1)])
        elif name in FONTS:
            self.font = at if self.font < 0 else self.font
            self.bold = name in BOLD
            return  # what stands in the font is read as it is
        elif name in ("argmin", "argmax") or (
            name == "arg" and re.match(r"\s*\\(?:,|;|!)*\s*\\?(min|max)", text[self.end : self.end + 12])
        ):
            refused("argmax" if "max" in text[at : at + 14] else "argmin", at, self.end, "\\" + name)
        elif name in FUNCTIONS:
            self.unit("ATOM", FUNCTIONS[name], "function")
        elif name in BIG:
            self.unit("ATOM", BIG[name], "big")
        elif name in OPERATORS:
            self.operator(OPERATORS[name])
        elif name in COMPARE:
            self.add("COMPARE", COMPARE[name])
        elif name in ("land", "wedge"):
            self.add("AND", "")
        elif name in ("lor", "vee"):
            self.add("OR", "")
        elif name in ("lnot", "neg"):
            self.add("NOT", "")
        elif name == "infty":
            self.unit("ATOM", "infinity", "infinity")
        elif name in ("top", "intercal", "dagger", "prime", "ldots", "dots", "cdots", "dotsc", "dotsb"):
            self.unit(
                "ATOM", {"intercal": "top", "dots": "ldots", "dotsc": "ldots", "cdots": "ldots", "dotsb": "ldots"}.get(name, name), "mark"
            )
        elif name == "nabla":
            self.unit("ATOM", "nabla", "nabla")
        elif name == "partial":
            self.unit("ATOM", "partial", "partial")
        elif name in ("{", "}", "|"):
            self.delimiter("\\" + name, "")
        elif name == "_":
            refuse("`\\_` stands inside words only", at, self.end, r"\mathrm{y\_hat}")
        elif name in ("underbrace", "overbrace"):
            self.remark = True
        elif name in ("underset", "overset", "stackrel"):
            refuse(f"`\\{name}` is a remark, not a value", at, self.end, "write what stands under or over it alone")
        elif name == "mathds":
            return
        elif name in ("colon",):
            self.add("SEPARATOR", ":")
        elif name in ("Biggl", "Biggr", "left", "right", "middle"):
            return
        elif name == "mid" and self.stack and self.stack[-1][0] == "delimiter":
            self.add("SEPARATOR", "|")
        elif name in ("parallel",):
            self.bar("‖", "")
        elif name in REFUSED:
            refused(name, at, self.end, "\\" + name)
        elif function_of(name):
            self.unit("ATOM", function_of(name), "function")
        elif name == "E" or name == "Var":
            refused("E" if name == "E" else "V", at, self.end, "\\" + name)
        else:
            refuse(
                f"`\\{name}` is not known here",
                at,
                self.end,
                f"a name is written \\mathrm{{{name}}}, a function \\operatorname{{{name}}}(x)" if name.isalpha() else "",
            )

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

    def worded(self, command: str) -> None:
        """\\mathrm{…}, \\text{…}: a word, or a font that is seen through."""
        text = self.text
        mixed = MIXED.match(text, self.end)
        if mixed:  # \text{if $x > 0$}
            self.end = mixed.end()
            self.text_word(mixed[1], command)
            self.stack.append(["text", "", self.at])
            return
        found = BRACED.match(text, self.end)
        if not found:
            if not re.compile(r"\s*\{").match(text, self.end) and command not in ("rm",):
                return  # \mathrm d
            return
        content = found[1].strip()
        start = self.at
        self.end = found.end()
        self.text_word(content, command)
        for token in self.tokens[-1:]:
            token.start = min(token.start, start)

    def text_word(self, content: str, command: str = "text") -> None:
        word = re.sub(r"\s+", " ", content.replace("~", " ")).strip(" ,.")
        lower = word.lower()
        if not word:
            return
        if lower in IF:
            self.trim()
            if self.tokens and self.tokens[-1].kind != "AMP":
                self.add("AMP", "")
            return
        if lower in OTHERWISE or lower.startswith("otherwise"):
            self.trim()
            if self.tokens and self.tokens[-1].kind != "AMP":
                self.add("AMP", "")
            self.add("OTHERWISE", "")
            return
        if lower in ("and", "or"):
            self.add("AND" if lower == "and" else "OR", "")
            return
        if lower == "not":
            self.add("NOT", "")
            return
        name = word.replace("\\_", "_").replace(" ", "_").replace("-", "_")
        plain = re.sub(r"[^A-Za-z0-9]", "", name)
        in_script = self.scripts > 0
        if not in_script and lower in REFUSED_WORDS and REFUSED_WORDS[lower] and word not in self.names:
            refused(REFUSED_WORDS[lower], self.at, self.end, word)
        if not in_script and command in ("operatorname", "operatorname*", "mathrm", "text") and word == "E" and word not in self.names:
            refused("E", self.at, self.end, word)
        function = "" if in_script or name in self.names or plain in self.names else function_of(word)
        if command.startswith("operatorname") and not function and not in_script:
            function = ""
        if function and len(word) > 1:
            self.unit("ATOM", function, "function")
        elif not re.fullmatch(r"[^\W\d]\w*", name):
            if in_script and re.fullmatch(r"\w+", name):
                self.unit("ATOM", name, "number" if name.isdigit() else "name")
                return
            refuse(f"`{word}` is text, not a formula", self.at, self.end, "leave the words out")
        elif len(name) > 1 and " " in word and not in_script:
            refuse(f"`{word}` is text, not a formula", self.at, self.end, "leave the words out")
        else:
            self.unit("ATOM", canonical(name), "word" if len(name) > 1 else "name")

    # ------------------------------------------------------------------------------------------------- other characters

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
            elif part in "()":
                self.add("OPEN" if part == "(" else "CLOSE", part, "", start + m.start(), start + m.end())
            else:
                self.add("ATOM", canonical(part), kind_of, start + m.start(), start + m.end())
        self.add("END", "", start=end, end=end)


# ------------------------------------------------------------------------------------------------------------ scripts
