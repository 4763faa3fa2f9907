r"""MathML and Typst as a reader sees them, in the words of `reader.py`: what is drawn in one row is one row of LaTeX.

The two are taken apart by parsers of their own (XML; Typst's calls, scripts and strings). Invisible groups, a `<mrow>` or the brackets of a
script, disappear; brackets that are seen stay. So a bracket that only LaTeX has is missed here.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree

from symdiff.printers.names import GREEK
from tests.printers.reader import Tokens, Unknown, Unreadable

LETTERS = {letter: name for name, letter in GREEK.items()}
NAMED = frozenset(
    [
        "sech",
        "csch",
        "exp",
        "log",
        "sin",
        "cos",
        "tan",
        "cot",
        "sec",
        "csc",
        "arcsin",
        "arccos",
        "arctan",
        "sinh",
        "cosh",
        "tanh",
        "coth",
        "max",
        "min",
        "det",
        "ln",
    ]
)
MARKS = {
    "−": "-", "⊙": r"\odot", "⊘": r"\oslash", "⋅": r"\cdot", "\u2062": r"\,", "⊤": r"\top", "×": r"\times", "…": r"\ldots", "∑": r"\sum", "∏": r"\prod",
    "≤": r"\le", "≥": r"\ge", "≠": r"\ne", "<": "<", ">": ">", "⊗": r"\otimes", "∧": r"\land", "∨": r"\lor", "¬": r"\lnot", "∞": r"\infty", "′": "'", "⌊": r"\lfloor", "⌋": r"\rfloor",
    "⌈": r"\lceil", "⌉": r"\rceil", "\u2061": "", "mod": r"\bmod",
}  # fmt: skip
BOLD = {"𝟏": r"\mathbf{1}", "𝟎": r"\mathbf{0}", "𝐞": r"\mathbf{e}", "Id": r"\mathrm{Id}"}


def word(text, *, function=False):
    """A name as LaTeX has it."""
    if text in BOLD:
        return BOLD[text]
    if text in LETTERS or text in GREEK:
        name = LETTERS.get(text, text)
        if name == "Beta":
            return r"\mathrm{B}"
        return (
            "\\" + name
            if name[0].islower() or name in ("Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi", "Sigma", "Upsilon", "Phi", "Psi", "Omega")
            else text
        )
    if text in NAMED:
        return rf"\operatorname{{{text}}}" if text in ("sech", "csch") else "\\" + text
    if len(text) == 1:
        return text
    return (r"\operatorname{%s}" if function else r"\mathrm{%s}") % text.replace("_", r"\_")


# ---------------------------------------------------------------------------------------------- MathML

ACCENTS = {"^": "hat", "~": "tilde", "˙": "dot", "¨": "ddot", "ˇ": "check"}


def from_mathml(text):
    return row(list(strip(ElementTree.fromstring(text))))


def strip(element):
    for x in element.iter():
        x.tag = x.tag.rpartition("}")[2]
    return element


def row(elements):
    found = []
    k = 0
    while k < len(elements):
        x = elements[k]
        following = elements[k + 1].text if k + 1 < len(elements) and elements[k + 1].tag == "mo" else ""
        if x.tag == "mo" and x.text in ("‖", "|"):
            end = next(j for j in range(k + 1, len(elements)) if elements[j].tag == "mo" and elements[j].text == x.text)
            name = "Vert" if x.text == "‖" else "vert"
            found.append(rf"\l{name} {row(elements[k + 1 : end])} \r{name}")
            k = end + 1
            continue
        found.append(one(x, function=following == "\u2061"))
        k += 1
    return " ".join(found)


def one(x, *, function=False):
    kids = list(x)
    match x.tag:
        case "mi":
            return word(x.text, function=function)
        case "mn":
            return BOLD.get(x.text, x.text)
        case "mo":
            return MARKS.get(x.text, x.text)
        case "mspace":
            return r"\quad"
        case "mrow" if kids and kids[0].tag == "mo" and kids[0].text == "{":
            return cases(kids[1])
        case "mrow" if len(kids) == 3 and kids[1].tag == "mtable":
            rows = [[row(list(cell)) for cell in r] for r in kids[1]]
            return r"\begin{bmatrix} " + r" \\ ".join(" & ".join(r) for r in rows) + r" \end{bmatrix}"
        case "mrow" if [k.text for k in kids[:1]] == ["D"] and kids[0].get("mathvariant"):
            return r"\mathrm{D}" + " ".join(one(k) for k in kids[1:])
        case "mrow" if function and kids:
            return " ".join([one(k, function=True) for k in kids])
        case "mrow":
            return row(kids)
        case "mfrac":
            return rf"\frac{{{one(kids[0])}}}{{{one(kids[1])}}}"
        case "msqrt":
            return rf"\sqrt{{{row(kids)}}}"
        case "mroot":
            return rf"\sqrt[{one(kids[1])}]{{{one(kids[0])}}}"
        case "msub" | "munder":
            return rf"{one(kids[0], function=function)}_{{{one(kids[1])}}}"
        case "msup" | "mover" if x.get("accent") != "true":
            return rf"{one(kids[0], function=function)}^{{{one(kids[1])}}}"
        case "msubsup" | "munderover":
            return rf"{one(kids[0], function=function)}_{{{one(kids[1])}}}^{{{one(kids[2])}}}"
        case "mover":
            inner = one(kids[0])
            if (sign := kids[1].text) in ACCENTS:
                return rf"\{ACCENTS[sign]}{{{inner}}}"
            return rf"\bar{{{inner}}}" if re.match(r"\\?\w+(_|$)", inner) else rf"\overline{{{inner}}}"
    raise Unknown(x.tag)


def cases(table):
    (value, first), (other, _) = [list(r) for r in table]
    condition = row([k for k in first if k.tag != "mtext"])
    return rf"\begin{{cases}} {row(list(value))} & \text{{if }} {condition} \\ {row(list(other))} & \text{{otherwise}} \end{{cases}}"


# ---------------------------------------------------------------------------------------------- Typst

TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|times\.o|[A-Za-zͰ-Ͽ]+|\d+\.?\d*|<=|>=|!=|\s+|.')
SIGNS = {
    "dot": r"\cdot", "times": r"\times", "dots": r"\ldots", "top": r"\top", "times.o": r"\otimes", "sum": r"\sum", "product": r"\prod", "infinity": r"\infty",
    "mod": r"\bmod", "and": r"\land", "or": r"\lor", "not": r"\lnot", "<=": r"\le", ">=": r"\ge", "!=": r"\ne", "⊙": r"\odot", "⊘": r"\oslash", "quad": r"\quad", "ell": r"\ell",
}  # fmt: skip
INFIX = frozenset(
    [
        "mod",
        "dot",
        "times",
        "dots",
        "times.o",
        "and",
        "or",
        "not",
        "<=",
        ">=",
        "!=",
        "<",
        ">",
        "=",
        "⊙",
        "⊘",
        "+",
        "-",
        "/",
        ",",
        ";",
        "&",
        "quad",
        ":",
    ]
)
CALLS = {
    "frac": r"\frac{%s}{%s}", "sqrt": r"\sqrt{%s}", "norm": r"\lVert %s \rVert", "abs": r"\lvert %s \rvert", "floor": r"\lfloor %s \rfloor", "ceil": r"\lceil %s \rceil",
    "overline": r"\overline{%s}",
    "hat": r"\hat{%s}",
    "tilde": r"\tilde{%s}",
    "dot": r"\dot{%s}",
    "dot.double": r"\ddot{%s}",
    "caron": r"\check{%s}",
}  # fmt: skip


def from_typst(text):
    return Typst(text).all()


class Typst(Tokens):
    def __init__(self, text):
        super().__init__(TOKEN.findall(text))

    def all(self):
        found = self.row("")
        if self.peek():
            raise Unreadable(f"{self.peek()} closes nothing")
        return found

    def row(self, closing, stops=()):
        """What stands up to a closing bracket or a comma; a space between two operands is a product."""
        found, ended = [], False
        spaced = False
        while self.peek() and self.peek() != closing and self.peek() not in stops:
            token = self.peek()
            if token.isspace():
                spaced = True
                self.take()
                continue
            if token in INFIX:
                found.append(SIGNS.get(self.take(), token))
                ended = False
            else:
                if ended and spaced and token not in (")", "]"):
                    found.append(r"\,")
                found.append(self.operand())
                ended = not re.match(r"\\(sum|prod)_", found[-1]) and found[-1] != r"\lnot"
                if found[-1] in (r"\log", r"\mathrm{log}") and self.peek().isspace():
                    ended = False  # log det, log Gamma
            spaced = False
        return " ".join(found)

    def operand(self):
        token = self.take()
        if token == '"D"' and self.peek().isspace():
            self.take()
            return r"\mathrm{D}" + self.operand() + self.operand()
        if token.startswith('"'):
            found = word(token[1:-1], function=self.peek() == "(")
        elif token == "op":
            found = self.operator()
        elif token == "bold":
            self.take("(")
            found = rf"\mathbf{{{self.take()}}}"
            self.take(")")
        elif token in CALLS and self.peek() == "(":
            found = CALLS[token] % self.arguments()
            if token == "overline":
                found = re.sub(r"^\\overline\{(\\?\w+(_[^}]*\}?)?)\}$", r"\\bar{\1}", found)
        elif token == "root":
            degree, body = self.arguments()
            found = rf"\sqrt[{degree}]{{{body}}}"
        elif token == "cases":
            found = self.cases()
        elif token in ("vec", "mat"):
            between = r" \\ " if token == "vec" else " & "
            for expected in ("(", "delim", ":", " ", '"["', ","):
                self.take(expected)
            found = [self.row(")", (",",))]
            while self.take() == ",":
                found.append(self.row(")", (",",)))
            found = r"\begin{bmatrix} " + between.join(found) + r" \end{bmatrix}"
        elif token in "([":
            closing = {"(": ")", "[": "]"}[token]
            found = token + self.list(closing) + self.take(closing)
        elif re.fullmatch(r"\d+\.?\d*", token):
            found = token
        elif token in SIGNS:
            found = SIGNS[token]
        elif re.fullmatch(r"[^\W\d_]+", token):
            if len(token) > 1 and token not in GREEK and token not in NAMED:
                raise Unreadable(f"Typst has no letter {token}")
            found = word(token)
        elif token == "'":
            found = token
        else:
            raise Unknown(token)
        return found + self.scripts()

    def scripts(self):
        found = ""
        while self.peek() in ("_", "^"):
            mark = self.take()
            if self.peek() == "(":
                self.take()
                inside = self.list(")")
                self.take(")")
            else:
                inside = self.operand()
            found += f"{mark}{{{inside}}}"
        if self.peek() == "(":
            self.take()
            found += "(" + self.list(")") + ")"
            self.take(")")
            found += self.scripts()
        return found

    def list(self, closing):
        return self.row(closing)

    def arguments(self):
        self.take("(")
        found = [self.row(")", (",",))]
        while self.peek() == ",":
            self.take()
            found.append(self.row(")", (",",)))
        self.take(")")
        return tuple(found)

    def operator(self):
        self.take("(")
        name = self.take()[1:-1]
        while self.peek() != ")":
            self.take()
        self.take(")")
        return word(name, function=True)

    def cases(self):
        self.take("(")
        value = self.row("&")
        self.take("&")
        self.take(" ")
        self.take('"if "')
        condition = self.row(")", (",",))
        self.take(",")
        other = self.row("&")
        for expected in ("&", " ", '"otherwise"', ")"):
            self.take(expected)
        return rf"\begin{{cases}} {value} & \text{{if }} {condition} \\ {other} & \text{{otherwise}} \end{{cases}}"
