"""Commands of LaTeX and words set upright."""

from __future__ import annotations

import re

from symdiff.syntax.latexbrackets import DelimiterReader
from symdiff.syntax.latextokens import function_of, refuse, refused
from symdiff.syntax.latexvocabulary import (
    ACCENTS,
    BIG,
    BLACKBOARD,
    BOLD,
    BRACED,
    COMBINING,
    COMPARE,
    FONTS,
    FUNCTIONS,
    GREEK,
    IF,
    INDICATOR,
    MIXED,
    ONES,
    OPERATORS,
    OTHERWISE,
    PLAIN_FUNCTIONS,
    REFUSED,
    REFUSED_WORDS,
    SKIPPED,
    SPACES,
    WORDS,
)
from symdiff.syntax.parse import canonical

_NORMAL = re.compile(r"(\s*\{?\s*N\s*\}?)\s*(?:\\left|\\[bB]igg?l?)?\s*[(\[]")  # a call of \mathcal{N}
_EXTREME = re.compile(r"\s*\\(?:,|;|!)*\s*\\?(min|max)")  # behind \arg

# Commands that say nothing, and those that are one token, one atom (its text and sort), or what needs arguments (kind, text, how many).
NOTHING = SPACES | {"[", "]", "(", ")", "$", "Biggl", "Biggr", "left", "right", "middle"}
TOKENS = {
    **{name: ("COMPARE", sign) for name, sign in COMPARE.items()},
    **dict.fromkeys(("land", "wedge"), ("AND", "")), **dict.fromkeys(("lor", "vee"), ("OR", "")),
    **dict.fromkeys(("lnot", "neg"), ("NOT", "")), "colon": ("SEPARATOR", ":"),
}  # fmt: skip
UNITS = {
    **{name: (letter, "name") for name, letter in GREEK.items()}, "pi": ("pi", "name"), "varpi": ("pi", "name"),
    **{name: (word, "big") for name, word in BIG.items()},
    "infty": ("infinity", "infinity"), "nabla": ("nabla", "nabla"), "partial": ("partial", "partial"),
    **{name: (name, "mark") for name in ("top", "dagger", "prime")}, "intercal": ("top", "mark"),
    **dict.fromkeys(("ldots", "dots", "cdots", "dotsc", "dotsb"), ("ldots", "mark")),
}  # fmt: skip
ARGUMENTS = {
    **dict.fromkeys(("frac", "dfrac", "tfrac", "cfrac", "nicefrac", "sfrac", "flatfrac"), ("FRAC", "", 2)), "sqrt": ("ROOT", "", 1),
    **{name: ("ACCENT", accent, 1) for name, accent in ACCENTS.items()},
}  # fmt: skip


class CommandReader(DelimiterReader):
    """Commands, and words set upright."""

    def command(self, name: str) -> None:
        """A command without its backslash: what is more than one word first, then the tables, then what needs a look around."""
        if name == "\\":
            self.new_line()
        elif name in NOTHING or self.longer(name):
            return
        elif name in UNITS:
            self.unit("ATOM", *UNITS[name])
            if name in GREEK and self.text[self.end : self.end + 1] in COMBINING and self.end < len(self.text):
                self.combine()
        elif name in ARGUMENTS:
            self.needs(*ARGUMENTS[name])
        elif name in TOKENS:
            self.add(*TOKENS[name])
        elif name in ("begin", "end"):
            self.environment(name)
        elif name in WORDS:
            self.worded(name)
        elif name in FONTS:
            self.font = self.at if self.font < 0 else self.font
            self.bold = name in BOLD  # what stands in the font is read as it is
        elif name in FUNCTIONS:
            self.unit("ATOM", FUNCTIONS[name], "function")
        elif name in OPERATORS:
            self.operator(OPERATORS[name])
        elif name in ("{", "}", "|"):
            self.delimiter("\\" + name, "")
        elif name == "parallel":
            self.bar("‖", "")
        elif name == "mid" and self.stack and self.stack[-1][0] == "delimiter":
            self.add("SEPARATOR", "|")
        elif name in ("underbrace", "overbrace"):
            self.remark = True
        elif name not in REFUSED and function_of(name):
            self.unit("ATOM", function_of(name), "function")
        else:
            self.unread(name)

    def longer(self, name: str) -> bool:
        """What begins with this command and is known as a whole: `\\mathbf{1}`, `\\mathbb{R}`; whether there was such a thing."""
        text, at = self.text, self.at
        found = ONES.match(text, at)
        if found and not (found[2] and text[found.end() : found.end() + 1].isdigit()):
            self.end = found.end()
            self.unit("ATOM", found[1] or found[2], "ones" if (found[1] or found[2]) == "1" else "zeros")
            return True
        found = INDICATOR.match(text, at)
        if found and "I" not in self.names:
            self.end = found.end()
            self.unit("ATOM", "1", "ones")
            return True
        found = BLACKBOARD.match(text, at)
        if found and found[0].startswith(("\\mathb", "\\mathd")):
            letter = found[1] or found[2]
            self.end = found.end()
            if letter != "R":
                refused(letter, at, self.end, found[0])
            self.unit("ATOM", "R", "reals")
            return True
        found = SKIPPED.match(text, at)
        if found:
            if name == "substack":
                refuse("a range of several lines is not supported", at, found.end(), r"write one sum after the other: \sum_{i} \sum_{j}")
            self.end = found.end()
            return True
        if name in ("mathcal", "mathscr") and not text[:at].rstrip().endswith(("\\sim", "∼")) and (normal := _NORMAL.match(text, self.end)):
            refused("N", at, normal.end(1), text[at : normal.end(1)])
        if name in ("argmin", "argmax") or (name == "arg" and _EXTREME.match(text, self.end)):
            refused("argmax" if "max" in text[at : at + 14] else "argmin", at, self.end, "\\" + name)
        return False

    def unread(self, name: str) -> None:
        """The refusal of a command that means nothing here."""
        at = self.at
        if name == "_":
            refuse("`\\_` stands inside words only", at, self.end, r"\mathrm{y\_hat}")
        if name in ("underset", "overset", "stackrel"):
            refuse(f"`\\{name}` is a remark, not a value", at, self.end, "write what stands under or over it alone")
        if name in REFUSED or name == "Var":
            refused("V" if name == "Var" else name, at, self.end, "\\" + name)
        hint = f"a name is written \\mathrm{{{name}}}, a function \\operatorname{{{name}}}(x)" if name.isalpha() else ""
        refuse(f"`\\{name}` is not known here", at, self.end, hint)

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
            if longer and longer[0] != run and self.numbered(longer[0], run):
                return
            if self.typed and run in ("sum", "prod") and re.compile(r"\s*_").match(text, self.end):  # sum_{i=1}^n x_i
                self.command(run)
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
            if not all(c in names for c in run) and ((len(run) > 2 and function_of(run)) or run == "pi" or (len(run) > 1 and run in GREEK)):
                meant = f"\\{run}" if run in GREEK or run in ("sum", "prod", "pi") else f"\\operatorname{{{run}}}"
                refuse(f"`{run}` is a product of its letters in LaTeX", self.at, self.end, f"write `{meant}`")
        if single and len(run) > 1 and self.typed and self.stack[-1][1] == "script" and text[self.end : self.end + 1] not in ("_", "^"):
            refuse(
                "it is not clear where the script ends",
                self.at,
                self.end,
                f"put brackets around it: _{{{run}}}; or a space behind `{run[0]}`",
            )
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

    def numbered(self, word: str, run: str) -> bool:
        """A function with a number in its name, `norm2(x)`; in a text without commands `w1` is a name, too."""
        end = self.at + len(word)
        if function_of(word) and self.text[end:].lstrip()[:1] == "(":
            self.end = end
            self.add("ATOM", function_of(word), "function")
        elif self.typed and len(run) == 1:
            self.end = end
            self.unit("ATOM", word, "name")
        else:
            return False
        return True

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
