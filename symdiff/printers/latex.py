r"""LaTeX for mathematics mode: fractions, subscripts, `\left( \right)` only around what is tall."""

from __future__ import annotations

import re

from symdiff.notation.unparse import decimal, postorder
from symdiff.printers.layout import LEAST, Piece, bracketed, render, separated, strength
from symdiff.printers.names import GREEK, parts
from symdiff.syntax.tree import ATOM, PRECEDENCE, Binding, Program, Tree
from symdiff.table import BUILT_IN, TABLE

_INFIX = {
    "or": r" \lor ", "and": r" \land ",
    "lt": " < ", "le": r" \le ", "gt": " > ", "ge": r" \ge ", "eq": " = ", "ne": r" \ne ",
    "add": " + ", "sub": " - ", "mul": r" \, ", "matmul": r" \, ", "emul": r" \odot ", "ediv": r" \oslash ", "dot": r" \cdot ",
}  # fmt: skip
_PRODUCTS = frozenset(("mul", "matmul"))
_BIG = {"sum": r"\sum", "prod": r"\prod"}
_CONSTANTS = {"eye": "I", "ones": r"\mathbf{1}", "zeros": r"\mathbf{0}", "unit": "e"}
_ESCAPED = str.maketrans({c: "\\" + c for c in "_%#$&{}"} | {"\\": r"\backslash ", "^": r"\hat{\ }", "~": r"\sim "})
# Greek capitals that are Latin letters in TeX, and omicron.
_LATIN = {"Alpha": "A", "Beta": "B", "Epsilon": "E", "Zeta": "Z", "Eta": "H", "Iota": "I", "Kappa": "K", "Mu": "M", "Nu": "N"}
_LATIN |= {"Omicron": "O", "Rho": "P", "Tau": "T", "Chi": "X", "omicron": "o"}


def latex(program: Program | Tree) -> str:
    """Bindings and the expression, for mathematics mode; declarations are left out."""
    return Latex().write(program)


def escape(text: str) -> str:
    """User text with the characters that mean something to TeX made plain."""
    return text.translate(_ESCAPED)


def spelled_name(name: str) -> str:
    r"""`w`, `\phi`, `h_{1}`, `\mathrm{margin}`, `W_{2}`, `x_{\mathrm{hat}}`."""
    found = parts(name)
    if found is None:
        return rf"\mathrm{{{escape(name)}}}"
    ds, stem, digits, rest = found
    letter = _stem(stem)
    subscript = ",".join([*([digits] if digits else []), *[p if p.isdigit() else _stem(p) for p in rest.split("_") if p]])
    return ds + letter + (f"_{{{subscript}}}" if subscript else "")


def _stem(stem: str) -> str:
    if stem in GREEK:
        return _LATIN[stem] if stem in _LATIN else "\\" + stem
    return stem if len(stem) == 1 else rf"\mathrm{{{escape(stem)}}}"


def _negative(quotient: Tree) -> bool:
    """Whether a minus sign goes in front of the fraction."""
    return quotient.kids[0].kind == "neg"


class Latex:
    """How every kind of tree is spelled."""

    def __init__(self) -> None:
        self.tall: set[int] = set()

    def write(self, program: Program | Tree) -> str:
        if isinstance(program, Tree):
            self.find_tall(program)
            return render(program, self.spell)
        lines = [f"{spelled_name(s.name)} = {self.write(s.value)}" for s in program.statements if isinstance(s, Binding)]
        if program.body:
            lines.append(self.write(program.body))
        return r"; \quad ".join(lines)

    def find_tall(self, tree: Tree) -> None:
        for t in postorder([tree]):
            if t.kind in ("div", "over") or t.value == "if" or any(id(k) in self.tall for k in t.kids):
                self.tall.add(id(t))

    # -------------------------------------------------------------------------------------- brackets

    def strength(self, t: Tree) -> int:
        if t.kind == "call" and t.value == "inv":
            return PRECEDENCE["pow"]
        if t.kind == "number" and "e" in decimal(t.value):
            return PRECEDENCE["mul"]
        return strength(t)

    def bracketed(self, t: Tree, k: int) -> bool:
        kid = t.kids[k]
        if k == 0 and t.kind != "neg" and self.open(kid):
            return True
        if kid.kind == "div":
            return LEAST[t.kind][k] == ATOM or (_negative(kid) and (k == 1 or t.kind == "neg"))
        if t.kind in _PRODUCTS and kid.kind == "dot":
            return True
        if (t.kind in _PRODUCTS or t.kind == "neg") and kid.kind in _PRODUCTS:
            return False
        return bracketed(t, k, self.strength)

    def open(self, t: Tree) -> bool:
        """Whether a sum over an index or a case distinction stands at the right end, so that what follows would belong to it."""
        while t.kind in _INFIX or t.kind == "neg":
            last = len(t.kids) - 1
            if self.bracketed(t, last):
                return False
            t = t.kids[last]
        return t.kind == "over" or t.value == "if"

    def group(self, *trees: Tree, opening: str = "(", closing: str = ")") -> list[Piece]:
        if any(id(t) in self.tall for t in trees):
            opening, closing = rf"\left{opening}", rf"\right{closing}"
        return [opening, *separated(trees), closing]

    def operand(self, t: Tree, k: int) -> list[Piece]:
        return self.group(t.kids[k]) if self.bracketed(t, k) else [t.kids[k]]

    def base(self, t: Tree) -> list[Piece]:
        """What a superscript is set at."""
        return self.group(t) if self.strength(t) < ATOM or self.open(t) else [t]

    def starts_with_digit(self, t: Tree) -> bool:
        while t.kind in LEAST and t.kind not in ("neg", "not") and not self.bracketed(t, 0):
            t = t.kids[0]
        return t.kind == "number"

    # -------------------------------------------------------------------------------------- one kind after the other

    def spell(self, t: Tree) -> list[Piece]:
        if t.kind in _INFIX:
            times = t.kind in _PRODUCTS and not self.bracketed(t, 1) and self.starts_with_digit(t.kids[1])
            return [*self.operand(t, 0), r" \cdot " if times else _INFIX[t.kind], *self.operand(t, 1)]
        pieces: list[Piece] = getattr(self, "spell_" + t.kind)(t)
        return pieces

    def spell_number(self, t: Tree) -> list[Piece]:
        digits, _, exponent = decimal(t.value).partition("e")
        if not exponent:
            return [digits]
        return [("" if digits == "1" else rf"{digits} \cdot ") + f"10^{{{exponent}}}"]

    def spell_name(self, t: Tree) -> list[Piece]:
        return [_CONSTANTS.get(t.value) or spelled_name(t.value)]

    def spell_div(self, t: Tree) -> list[Piece]:
        above, below = t.kids
        sign, above = ("-", above.kids[0]) if _negative(t) else ("", above)
        return [sign + r"\frac{", above, "}{", below, "}"]

    def spell_pow(self, t: Tree) -> list[Piece]:
        return [*self.base(t.kids[0]), "^{", t.kids[1], "}"]

    def spell_epow(self, t: Tree) -> list[Piece]:
        return [*self.base(t.kids[0]), r"^{\odot ", *self.base(t.kids[1]), "}"]

    def spell_neg(self, t: Tree) -> list[Piece]:
        return ["-", *self.operand(t, 0)]

    def spell_not(self, t: Tree) -> list[Piece]:
        return [r"\lnot ", *self.operand(t, 0)]

    def spell_transpose(self, t: Tree) -> list[Piece]:
        kid = t.kids[0]
        if kid.kind == "call" and kid.value == "inv":
            return [*self.base(kid.kids[0]), r"^{-\top}"]
        return [*self.base(kid), r"^{\top}"]

    def spell_iverson(self, t: Tree) -> list[Piece]:
        return [r"\mathbf{1}", *self.group(t.kids[0], opening="[", closing="]")]

    def spell_norm(self, t: Tree) -> list[Piece]:
        return self.spell_call(Tree("call", t.kids, "norm2"))

    def spell_bars(self, t: Tree) -> list[Piece]:
        return self.spell_call(Tree("call", t.kids, "abs"))

    def spell_call(self, t: Tree) -> list[Piece]:
        name, kids = t.value, t.kids
        if name == "inv":
            return [*self.base(kids[0]), "^{-1}"]
        if name == "if":
            return [r"\begin{cases} ", kids[1], r" & \text{if } ", kids[0], r" \\ ", kids[2], r" & \text{otherwise} \end{cases}"]
        if name in _CONSTANTS:
            sizes = kids[:1] if name == "unit" else kids
            return [_CONSTANTS[name], "_{", *separated(sizes, r" \times "), "}"] if sizes else [_CONSTANTS[name]]
        tex = TABLE[name].tex if name in TABLE else ""
        if "#" in tex:
            return self.template(tex, kids)
        known = name in TABLE or name in BUILT_IN
        return [tex or (rf"\operatorname{{{escape(name)}}}" if known else spelled_name(name)), *self.group(*kids)]

    def template(self, tex: str, kids: tuple[Tree, ...]) -> list[Piece]:
        if any(id(k) in self.tall for k in kids):
            tex = re.sub(r"\\[lr](?=vert|Vert|floor|ceil)", lambda m: (r"\left" if m[0] == r"\l" else r"\right") + m[0], tex)
        pieces = re.split(r"#(\d)", tex)
        return [kids[int(p) - 1] if k % 2 else p for k, p in enumerate(pieces)]

    def spell_prime(self, t: Tree) -> list[Piece]:
        function, primes = t.value
        return [spelled_name(function), "'" * primes, *self.group(*t.kids)]

    def spell_index(self, t: Tree) -> list[Piece]:
        base = t.kids[0]
        plain = base.kind == "name" and "_" not in spelled_name(base.value) and base.value not in _CONSTANTS
        return [*([base] if plain else self.group(base)), "_{", *separated(t.kids[1:], ","), "}"]

    def spell_slice(self, t: Tree) -> list[Piece]:
        return [":"]

    def spell_over(self, t: Tree) -> list[Piece]:
        function, index = t.value
        *limits, body = t.kids
        head = _BIG.get(function) or rf"\operatorname*{{{escape(function)}}}"
        at: list[Piece] = ["=", limits[0], "}^{", limits[1]] if limits else []
        grouped = self.strength(body) <= PRECEDENCE["add"] or body.kind == "neg"
        return [head, "_{", spelled_name(index), *at, "} ", *(self.group(body) if grouped else [body])]

    def spell_tensor(self, t: Tree) -> list[Piece]:
        *limits, body = t.kids
        at: list[Piece] = []
        for k, index in enumerate(t.value):
            at += (r",\, " if k else "", spelled_name(index), "=", limits[2 * k], r" \ldots ", limits[2 * k + 1])
        return [*self.group(body, opening="[", closing="]"), "_{", *at, "}"]
