r"""The vocabulary of LaTeX as papers write it: which command is a letter, a function, a sign, a font, a space; what is refused, and why.

Data alone; latexwords.py reads texts by it.
"""

from __future__ import annotations

import re

from symdiff.syntax.parse import GREEK as LETTERS
from symdiff.table import TABLE
from symdiff.table.known import SAME

GREEK = {name: name for name in LETTERS.values() if name.islower() and name != "pi"}
GREEK |= {
    c.capitalize(): c.capitalize() for c in ["gamma", "delta", "theta", "lambda", "xi", "pi", "sigma", "upsilon", "phi", "psi", "omega"]
}
GREEK |= {"varepsilon": "epsilon", "vartheta": "theta", "varphi": "phi", "varrho": "rho", "varsigma": "sigma", "varkappa": "kappa"}
GREEK |= {"ell": "ell", "hbar": "hbar", "imath": "i", "jmath": "j"}

# Commands that are functions, and the function of the language: those that a row's own LaTeX is, unless the command is a letter, a sign or a
# big operator; and what people define as commands.
# A command that functions of entries and of matrices share (exp, log) is that of entries: which one is meant of a matrix is asked elsewhere.
FUNCTIONS = {
    row.tex[1:]: row.spelled or row.name
    for row in sorted(TABLE, key=lambda row: row.elementwise)
    if re.fullmatch(r"\\[a-z]+", row.tex) and not row.relation
}
FUNCTIONS = {command: name for command, name in FUNCTIONS.items() if command not in (*GREEK, "prod")}
FUNCTIONS |= {"ln": "log", "lg": "log10", "tr": "tr", "Tr": "tr", "trace": "tr", "diag": "diag", "sgn": "sign", "sign": "sign"}
FUNCTIONS |= {"softmax": "softmax", "relu": "relu", "ReLU": "relu", "sigmoid": "sigma", "vec": "vec", "erf": "erf"}
# Letters side by side that are one of these words are a function also without a backslash.
PLAIN_FUNCTIONS = (FUNCTIONS.keys() - {"lg", "gamma"}) | {"abs", "logdet", "logsumexp", "norm", "softplus", "sqrt"}

# other spellings of functions, as words
SPELLED = {
    word: SAME[word]
    for word in "sgn lse artanh arsinh tg ctg leakyrelu lrelu logsoftmax sigm lg average avg arctg clamp heaviside".split()  # noqa: SIM905 - to be read
    if word in SAME  # a word that is a row by now is found by its name
}
SPELLED |= {"arcosh": "arccosh", "trace": "tr", "norm": "norm2", "logsigmoid": "log_sigmoid"}

OPERATORS = {
    "cdot": "dot",
    "times": "times",
    "odot": "emul",
    "circ": "emul",
    "oslash": "ediv",
    "otimes": "kron",
    "ast": "mul",
    "div": "div",
    "bullet": "dot",
}
OPERATORS |= {"star": "mul"}
COMPARE = {
    "le": "le",
    "leq": "le",
    "leqslant": "le",
    "ge": "ge",
    "geq": "ge",
    "geqslant": "ge",
    "lt": "lt",
    "gt": "gt",
    "ne": "ne",
    "neq": "ne",
}
COMPARE |= {"in": "in", "equiv": "define", "triangleq": "define", "coloneqq": "define", "coloneq": "define", "doteq": "define"}
COMPARE |= {
    "sim": "sim",
    "propto": "propto",
    "approx": "approx",
    "to": "to",
    "rightarrow": "to",
    "mapsto": "to",
    "leftarrow": "to",
    "notin": "notin",
}
COMPARE |= {
    "simeq": "approx",
    "gets": "to",
    "ll": "approx",
    "gg": "approx",
    "preceq": "order",
    "succeq": "order",
    "prec": "order",
    "succ": "order",
}
BIG = {"sum": "sum", "prod": "prod"}
ACCENTS = {
    "hat": "hat",
    "widehat": "hat",
    "tilde": "tilde",
    "widetilde": "tilde",
    "bar": "bar",
    "overline": "bar",
    "dot": "dot",
    "ddot": "ddot",
}
ACCENTS |= {"check": "check", "breve": "breve", "underline": "under", "acute": "acute", "grave": "grave", "mathring": "ring"}
SPACES = frozenset(
    [
        "quad",
        "qquad",
        "displaystyle",
        "textstyle",
        "scriptstyle",
        "scriptscriptstyle",
        "limits",
        "nolimits",
        "nonumber",
        "notag",
        "thinspace",
        "enspace",
        "medspace",
        "thickspace",
        "negthinspace",
        "noindent",
        "normalsize",
        "small",
        "footnotesize",
        "large",
        "left.",
        "right.",
        "centering",
        "bigl",
        "bigr",
        "big",
        "Big",
        "biggl",
        "biggr",
        "Bigl",
        "Bigr",
        "bigg",
        "Bigg",
        "mathstrut",
        "strut",
        "allowbreak",
        "nobreak",
        "hfill",
        "newline",
        "protect",
        "relax",
        "smash",
    ]
)
FONTS = frozenset(
    [
        "mathbf",
        "boldsymbol",
        "bm",
        "mathcal",
        "mathfrak",
        "mathscr",
        "mathnormal",
        "vec",
        "textbf",
        "textit",
        "bold",
        "mathbb",
        "pmb",
        "mathbfit",
        "symbf",
        "symbfit",
        "symit",
        "symup",
        "mathds",
        "mathbbm",
        "boldmath",
        "overrightarrow",
        "boxed",
        "ensuremath",
        "mathop",
        "mathrel",
        "mathbin",
        "mathord",
        "mathopen",
        "mathclose",
        "cal",
        "bf",
        "it",
        "sf",
        "tt",
        "sl",
        "em",
        "mit",
    ]
)
BOLD = frozenset(["mathbf", "boldsymbol", "bm", "pmb", "mathbfit", "symbf", "symbfit", "bold", "textbf", "vec"])
WORDS = frozenset(
    [
        "text",
        "mathrm",
        "operatorname",
        "textrm",
        "mathit",
        "mathsf",
        "mathtt",
        "mbox",
        "textup",
        "textsf",
        "rm",
        "textnormal",
        "operatorname*",
    ]
)
IF = frozenset(("if", "for", "when", "where", "if and only if", "as long as", "whenever", "in case", "iff"))
OTHERWISE = frozenset(("otherwise", "else", "o.w.", "ow", "elsewhere", "o/w", "for all other", "in all other cases", "in any other case"))
CASES = frozenset(("cases", "dcases", "cases*", "dcases*", "rcases"))
FRAMES = frozenset(
    [
        "equation",
        "equation*",
        "align",
        "align*",
        "aligned",
        "gather",
        "gather*",
        "gathered",
        "split",
        "multline",
        "multline*",
        "displaymath",
        "math",
        "alignat",
        "alignat*",
        "eqnarray",
        "eqnarray*",
        "alignedat",
    ]
)

# what has no value that can be differentiated: (what it is, what to write)
REFUSED = {
    "int": ("an integral", "write its value out, or a sum over an index: \\sum_{i=1}^{n}"),
    "iint": ("an integral", "write its value out, or a sum over an index: \\sum_{i=1}^{n}"),
    "oint": ("an integral", "write its value out, or a sum over an index: \\sum_{i=1}^{n}"),
    "lim": ("a limit", "write its value out"),
    "limsup": ("a limit", "write its value out"),
    "liminf": ("a limit", "write its value out"),
    "sup": ("a supremum", "give the function under it alone"),
    "inf": ("an infimum", "give the function under it alone"),
    "arg": ("the place of an extremum, not a value that can be differentiated", "give the function under it alone"),
    "argmax": ("the place of a maximum, not a value that can be differentiated", "give the function under it alone"),
    "argmin": ("the place of a minimum, not a value that can be differentiated", "give the function under it alone"),
    "pm": ("two values at once", "write + or -"),
    "mp": ("two values at once", "write + or -"),
    "Pr": ("a probability", "write the density or the sum out"),
    "binom": ("a binomial coefficient", "write it with \\Gamma"),
    "cup": ("an operation on sets", "write a sum over an index"),
    "cap": ("an operation on sets", "write a sum over an index"),
    "bigcup": ("an operation on sets", "write a sum over an index"),
    "bigcap": ("an operation on sets", "write a sum over an index"),
    "forall": ("a statement, not a value", "give the formula alone"),
    "exists": ("a statement, not a value", "give the formula alone"),
    "implies": ("a statement, not a value", "give the formula alone"),
    "iff": ("a statement, not a value", "give the formula alone"),
    "Rightarrow": ("a statement, not a value", "give the formula alone"),
    "mid": ("a condition", "give the function a name of its own: p(x)"),
    "bigoplus": ("a direct sum", "write it out"),
    "oplus": ("a direct sum", "write it out"),
    "ominus": ("a difference of its own kind", "write - or say what it means"),
    "setminus": ("an operation on sets", "write a sum over an index with a condition: \\sum_{j \\ne i}"),
    "emptyset": ("a set", "write a formula of numbers, vectors and matrices"),
    "wedge*": ("a wedge product", "write it out"),
    "langle*": ("a bracket", ""),
    "Re": ("a real part", "the values here are real"),
    "Im": ("an imaginary part", "the values here are real"),
    "square": ("a box", "write the formula out"),
    "cdots": ("left out", "write a sum over an index: \\sum_{i=1}^{n} x_i"),
    "dots": ("left out", "write a sum over an index: \\sum_{i=1}^{n} x_i"),
    "perp": ("the orthogonal complement", "write it out"),
    "parallel": ("a bar", "write \\| on both sides"),
    "angle": ("an angle", "give it a name: \\theta"),
    "not": ("a struck sign", "write \\ne or \\notin"),
    "E": ("an expectation", "write its sum over the data: \\frac{1}{n} \\sum_{i=1}^{n}"),
    "P": ("a probability", "write the density or the sum out"),
    "N": (
        "a normal distribution",
        "write its density out: \\frac{1}{\\sqrt{2\\pi} \\sigma} \\exp(-\\frac{(x - \\mu)^2}{2\\sigma^2}), or its logarithm",
    ),
    "V": ("a variance", "write its sum over the data, or \\operatorname{var}(x) of a vector"),
    "Cov": ("a covariance", "write its sum over the data"),
    "rank": ("a rank, whose derivative is zero or does not exist", "write the formula without it"),
    "inverse hyperbolic or another function": ("", ""),
}
REFUSED_WORDS = {
    "argmax": "argmax",
    "argmin": "argmin",
    "rank": "rank",
    "cov": "Cov",
    "pr": "Pr",
    "e": "",
    "prob": "Pr",
    "expectation": "E",
}
MATRICES = frozenset(["matrix", "pmatrix", "bmatrix", "vmatrix", "Vmatrix", "Bmatrix", "array", "smallmatrix"])

UNICODE = {
    "∑": r"\sum", "∏": r"\prod", "√": r"\sqrt", "‖": r"\|", "∥": r"\|", "⟨": r"\langle", "⟩": r"\rangle", "〈": r"\langle", "〉": r"\rangle",
    "·": r"\cdot", "⋅": r"\cdot", "∙": r"\cdot", "×": r"\times", "⊙": r"\odot", "∘": r"\circ", "⊗": r"\otimes", "⊘": r"\oslash",
    "≤": r"\le", "≥": r"\ge", "≠": r"\ne", "⩽": r"\le", "⩾": r"\ge", "∈": r"\in", "∉": r"\notin", "∞": r"\infty", "∂": r"\partial", "∇": r"\nabla",
    "∧": r"\land", "∨": r"\lor", "¬": r"\lnot", "∼": r"\sim", "≈": r"\approx", "∝": r"\propto", "→": r"\to", "←": r"\to", "≡": r"\equiv", "≜": r"\triangleq",
    "⌊": r"\lfloor", "⌋": r"\rfloor", "⌈": r"\lceil", "⌉": r"\rceil", "∫": r"\int", "±": r"\pm", "∓": r"\mp", "…": r"\ldots", "⋯": r"\cdots",
    "∗": r"\ast", "⋆": r"\star", "ℓ": r"\ell", "∣": "|", "ℏ": r"\hbar", "⟂": r"\perp", "⊥": r"\perp", "∪": r"\cup", "∩": r"\cap", "∀": r"\forall",
    "∃": r"\exists", "∖": r"\setminus", "⊕": r"\oplus",
}  # fmt: skip
FRACTIONS = {"½": ("1", "2"), "⅓": ("1", "3"), "⅔": ("2", "3"), "¼": ("1", "4"), "¾": ("3", "4"), "⅕": ("1", "5"), "⅛": ("1", "8")}
COMBINING = {
    "\u0302": "hat",
    "\u0303": "tilde",
    "\u0304": "bar",
    "\u0305": "bar",
    "\u0307": "dot",
    "\u0308": "ddot",
    "\u20d7": "",
    "\u030c": "check",
}
SUPERS = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ⁿⁱ", "0123456789+-()ni", strict=True)) | {"ᵀ": "T", "ᵗ": "t", "ᵏ": "k", "ʲ": "j", "ᵐ": "m"}
SUBS = dict(zip("₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₙᵢⱼₖₘₜₚₓₗₛₐₑₒₕᵣᵤᵥᵧᵦ", "0123456789+-=()nijkmtpxlsaeohruvγβ", strict=True))

DELIMITERS = {
    "(": "(",
    ")": ")",
    "[": "[",
    "]": "]",
    "\\{": "{",
    "\\}": "}",
    "\\lbrace": "{",
    "\\rbrace": "}",
    "\\lbrack": "[",
    "\\rbrack": "]",
}
DELIMITERS |= {
    "\\langle": "<",
    "\\rangle": ">",
    "\\lfloor": "⌊",
    "\\rfloor": "⌋",
    "\\lceil": "⌈",
    "\\rceil": "⌉",
    "\\lparen": "(",
    "\\rparen": ")",
}
BARS = {"|": "|", "\\vert": "|", "\\|": "‖", "\\Vert": "‖", "\\lvert": "|", "\\rvert": "|", "\\lVert": "‖", "\\rVert": "‖"}
PAIRS = {"(": ")", "[": "]", "{": "}", "<": ">", "⌊": "⌋", "⌈": "⌉"}
CLOSING = frozenset(PAIRS.values())
ENDS_VALUE = frozenset(("ATOM", "CLOSE", "END", "BAR_END", "NORM_END", "MARK", "END_CASES"))

PIECE = re.compile(
    r"(?P<space>(?:[\s~]|\\[,;:!> ]|\\\s|%[^\n]*)+)"
    r"|(?P<nothing>\\(?:left|right)\s*\.)"
    r"|(?P<size>\\(?:left|right|middle|[bB]igg?[lrm]?)(?![A-Za-z])\s*)?"
    r"(?P<delimiter>\\[{}|]|\\(?:[lr]?[vV]ert|[lr](?:angle|floor|ceil|brace|brack|paren))(?![A-Za-z])|[()\[\]|])"
    r"|(?P<command>\\(?:operatorname\*|[A-Za-z]+)|\\.)"
    r"|(?P<number>[0-9]+(?:\.[0-9]+)?|\.[0-9]+)"
    r"|(?P<letters>[A-Za-z]+)"
    r"|(?P<other>[\s\S])"
)
BRACED = re.compile(r"\s*\{((?:[^{}\\]|\\[^A-Za-z])*)\}")
REMARK = re.compile(r"\s*[_^]\s*(?:\{(?:[^{}]|\{[^{}]*\})*\}|\\?\w)")
MIXED = re.compile(r"\s*\{([^{}\\$]*)\$")
ONES = re.compile(r"\\(?:mathbf|mathbb|mathbbm|mathds|boldsymbol|bm|bold|pmb)\s*(?:\{\s*([01])\s*\}|([01]))")
INDICATOR = re.compile(
    r"\\(?:mathbb|mathbbm|mathds|mathbf|mathrm|mathcal|text|operatorname)\s*\{\s*(?:I|1|𝟙|𝟏|Ind|ind)\s*\}(?=\s*(?:\\left|\\[bB]igg?l?)?\s*(?:_\s*\{?\s*)?(?:[\[(]|\\\{|\\lbrace))"
)
BLACKBOARD = re.compile(r"\\math(?:bb|ds|bbm|scr|cal|rm)\s*\{\s*(E|P|V|R)\s*\}|\\mathbb\s*([EPR])")
ARRAY_CASES = re.compile(r"\\left\s*\\\{\s*\\begin\{(array|aligned|matrix)\}(?:\s*\{[^{}]*\})?")
END_ARRAY = re.compile(r"\\end\{(?:array|aligned|matrix)\}\s*\\right\s*\.")
SKIPPED = re.compile(
    r"\\(?:label|tag\*?|hspace\*?|vspace\*?|color|textcolor|phantom|hphantom|vphantom|ref|eqref|cite|substack)\s*\{[^{}]*\}"
)
