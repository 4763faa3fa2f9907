"""Hostile texts: bytes and characters of every kind, tokens in any order, formulas with damage done to them.

In: a seed. Out: one text, the same for the same seed.
"""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from unicodedata import normalize

HERE = Path(__file__).parent

# Names that mean something elsewhere: to Python, to the libraries that code is written for, to markup, to the language itself.
NAMES = """
np jnp torch jax math special builtins t f e E I S N Q O i j k n m x A beta gamma lambda Lambda zeta pi kind dtype given values
others self cls print None True False import class def return yield global async await exec eval compile open input lambda_ del in
is __class__ __import__ __builtins__ __debug__ __name__ _sigmoid _softmax _floats _kind _arguments __ _ _1 exp sum log sin max min
abs sigma norm2 size rows cols float int bool range len zip where einsum array t1 t2 x1 x_1 double static void main NULL sizeof
scalar vector matrix positive R T transpose eye ones φ λ Σ ϕ ∂x ℝ x₁ x̂ ÿ ﬁ ª 变量 متغير
""".split()  # noqa: SIM905 - to be read

# One text or more for every terminal of the grammar; a test compares the two lists.
TOKENS: dict[str, tuple[str, ...]] = {
    "LABEL": ("label",),
    "_OF": ("of",),
    "NAME": (
        "x",
        "y",
        "A",
        "W_2",
        "phi",
        "exp",
        "sum",
        "max",
        "norm2",
        "inv",
        "softmax",
        "tensor",
        "unit",
        "if",
        "i",
        "n",
        "x₁",
        *NAMES[:40],
    ),
    "SIZE": ("0", "1", "3", "99999999999999999999"),
    "NUMBER": ("0", "1", "2", "0.5", ".5", "3.", "1e-8", "1e9999", "1e99999999999", "10000000000000000000000"),
    "KIND": ("scalar", "vector", "matrix"),
    "REALS": ("R", "ℝ"),
    "PROPERTY": ("positive", "symmetric", "psd", "diagonal", "orthogonal", "onehot", "simplex", "nonnegative"),
    "_BY": ("x", "×"),
    "_OR": (" or ", "∨"),
    "_AND": (" and ", "∧"),
    "NOT": ("not ", "¬"),
    "COMPARE": ("<", "<=", "==", "!=", "≥", "≠"),
    "MINUS": ("-", "−", "–"),
    "_MINUS": ("-", "−", "–"),
    "_TIMES": ("*", "×"),
    "_ETIMES": (".*", "∘", "⊙"),
    "_DOT": (".", "·", "⋅"),
    "_POWER": ("^", "**"),
    "ROOT": ("√",),
    "PRIME": ("'", "′", "’", "ᵀ", "⊤"),
    "PRIMES": ("'(", "''("),
    "SUPERSCRIPT": ("²", "⁻¹", "ⁿ", "¹⁰"),
    "_INDEX": ("[",),
    "IVERSON": ("[",),
    "CLOSE_INDEX": ("]",),
    "COLON": (":",),
    "OPEN": ("(",),
    "CLOSE": (")",),
    "BAR": ("|",),
    "BAR_END": ("|",),
    "NORM": ("||", "‖"),
    "NORM_END": ("||", "‖"),
    "_SEPARATOR": (";", "\n"),
    "LPAR": ("(",),
    "RPAR": (")",),
    "COMMA": (",",),
    "PLUS": ("+",),
    "SLASH": ("/",),
    "AT": ("@",),
    "EQUAL": ("=",),
    "__ANON_0": ("->",),
    "__ANON_1": ("./",),
    "__ANON_2": ("⊗",),
    "__ANON_3": (".^",),
    "__ANON_4": ("..",),
    "__IGNORE_0": (" ", "\t", "\r", "\u00a0"),
}
_TOKENS = [text for texts in TOKENS.values() for text in texts]
_WORDS = [text for kind in ("NAME", "NUMBER") for text in TOKENS[kind]]

_BLOCKS = (
    (0x00, 0x20), (0x20, 0x7F), (0x7F, 0x180), (0x300, 0x370), (0x370, 0x400), (0x400, 0x500), (0x590, 0x600), (0x1D2C, 0x1DBF),
    (0x2000, 0x2070), (0x2070, 0x20A0), (0x2190, 0x2300), (0x2A00, 0x2B00), (0x3000, 0x3040), (0xD800, 0xE000), (0xFB00, 0xFB50), (0xFE00, 0xFE10),
    (0xFF00, 0xFFF0), (0xFFF0, 0x10000), (0x1D400, 0x1D800), (0x1F300, 0x1F700), (0xE0000, 0xE0080), (0x10FFF0, 0x110000),
)  # fmt: skip

FORMULAS: list[str] = [
    json.loads(line)["formula"] for line in (HERE.parent / "cases" / "own.jsonl").read_text(encoding="utf-8").splitlines()
]


def character(rng: Random) -> str:
    return chr(rng.randrange(*rng.choice(_BLOCKS)))


def raw(rng: Random) -> str:
    """Bytes read as text, or characters from all over Unicode."""
    size = rng.choice((1, 2, 5, 20, 80))
    kind = rng.randrange(4)
    if kind == 0:
        return rng.randbytes(size).decode(rng.choice(("latin-1", "utf-8", "utf-16-le")), "replace")
    if kind == 1:
        return "".join(character(rng) for _ in range(size))
    letters = "".join(rng.choices("xyA1.0+-*/^()[]|'=<>:;,#!&%$\\{}\"?~`@_ \n\t\r\0", k=size))
    return letters if kind == 2 else "".join(c + character(rng) if rng.random() < 0.2 else c for c in letters)


def soup(rng: Random) -> str:
    """Tokens of the grammar: in any order, or value and operator in turn, so that some of them are formulas."""
    size = rng.choice((1, 3, 6, 12, 30))
    between = rng.choice(("", " "))
    if rng.random() < 0.4:
        return between.join(rng.choices(_TOKENS, k=size))
    operators = ("+", "-", "*", "/", ".*", "./", ".^", "^", ".", "@", "'*", "==", ",", "; ", ")*(", " and ", "] + [", "|", "||", "(", ")")
    return between.join(rng.choice(_WORDS if k % 2 == 0 else operators) for k in range(2 * size + 1))


def damaged(rng: Random) -> str:
    """A formula with a few pieces deleted, doubled, swapped, put in, or taken from another one."""
    text = rng.choice(FORMULAS)
    for _ in range(rng.choice((1, 1, 2, 4))):
        a, b = sorted(rng.randrange(len(text) + 1) for _ in range(2))
        b = min(b, a + rng.choice((1, 1, 3, 10)))
        piece = text[a:b]
        match rng.randrange(9):
            case 0:
                piece = ""
            case 1:
                piece = piece * rng.choice((2, 2, 5))
            case 2:
                piece = piece[::-1]
            case 3:
                piece = rng.choice(_TOKENS)
            case 4:
                piece += rng.choice(_TOKENS)
            case 5:
                other = rng.choice(FORMULAS)
                piece = other[rng.randrange(len(other)) :][:20]
            case 6:
                piece = rng.choice(("({})", "[{}]", "|{}|", "-({})^2", "sum({})", "f({})", "({})'", "x = {}; x")).format(piece)
            case 7:
                piece = normalize(rng.choice(("NFD", "NFKD", "NFKC")), piece) + character(rng)
            case _:
                piece += str(rng.choice((0, 1, -1, 10**30, "1e999", "0.1e-20", "10^10^10", "1/0")))
        text = text[:a] + piece + text[b:]
    return text


def renamed(rng: Random) -> str:
    """A formula whose names are other, hostile ones."""
    words, letters = {}, ""
    for c in rng.choice(FORMULAS) + " ":
        if c.isalnum() or c == "_":
            letters += c
            continue
        if letters and not letters[0].isdigit() and rng.random() < 0.8:
            letters = words.setdefault(letters, rng.choice((letters, rng.choice(NAMES))))
        words[len(words)] = letters + c
        letters = ""
    return "".join(text for key, text in words.items() if isinstance(key, int))


KINDS = (raw, soup, damaged, renamed)


def text(seed: int) -> str:
    return KINDS[seed % len(KINDS)](Random(seed))
