r"""Marks: tokens that change what stands in front of them, a transpose, an inverse, a star, and entries by slices.

In: the tokens of a text. Out: the same with superscripts such as `^\top` and `^{-1}` as tokens of their own.
"""

from __future__ import annotations

from symdiff.syntax.latextokens import Token


def marked(tokens: list[Token]) -> list[Token]:
    r"""Scripts that are marks become one token: `^\top`, `^T`, `^{-\top}`, `^*`, `_+`; `^{(1)\top}` is two scripts."""
    out: list[Token] = []
    opened: list[tuple[int, bool]] = []
    big = False  # is the base of the next script a big operator? Its T is a number
    for token in tokens:
        if token.kind in ("SUB", "SUP", "ARG", "OPTION"):
            opened.append((len(out), big))
            big = False
        elif token.kind == "END":
            k, big = opened.pop()
            first = out[k]
            if first.kind == "SUB":
                _slices(out, k)
            if first.kind in ("SUB", "SUP") and not big:
                mark = _mark(first.kind, out[k + 1 :])
                if mark:
                    sort, value, kept = mark
                    del out[k + 1 + kept :]
                    if kept:
                        out.append(Token("END", "", token.start, token.end))
                    else:
                        out.pop()
                    out.append(Token("MARK", value, first.start, token.end, sort))
                    continue
                if first.kind == "SUP" and len(out) > k + 2 and _entrywise(out[k + 1]):
                    del out[k + 1]
                    first.value = "entrywise"
        else:
            big = token.kind == "ATOM" and token.sort == "big"
        out.append(token)
    return out


def _slices(out: list[Token], k: int) -> None:
    r"""The points of `A_{i\cdot}` and `A_{\cdot j}` stand for a whole axis."""
    for j in range(k + 1, len(out)):
        token = out[j]
        if token.kind == "OPERATOR" and token.value == "dot":
            first = j == k + 1 or out[j - 1].kind == "SEPARATOR"
            last = j + 1 == len(out) or out[j + 1].kind == "SEPARATOR"
            if first or last:
                token.kind, token.sort, token.value = "ATOM", "mark", ":"


def _entrywise(token: Token) -> bool:
    return (token.kind == "OPERATOR" and token.value == "emul") or (token.kind == "ATOM" and token.sort == "mark" and token.value == "circ")


_MARKS = {"top": "transpose", "dagger": "pinv", "star": "star", "plus": "plus", "minus": "minus", "circ": "degree"}


def _mark(kind: str, inside: list[Token]) -> tuple[str, str, int] | None:
    """(sort, value, how many tokens in front stay a script) of a script that is a mark or ends with one."""
    if not inside or len(inside) > 12:
        return None
    last = inside[-1]
    if len(inside) == 1:
        if last.kind == "SIGN":
            return ("plus" if last.value == "+" else "minus"), "", 0
        if last.kind == "OPERATOR" and last.value == "mul":
            return "star", "", 0
        if last.kind == "ATOM" and last.sort == "mark" and last.value in _MARKS and not (kind == "SUB" and last.value == "top"):
            return _MARKS[last.value], "", 0
        if last.kind == "ATOM" and last.sort == "mark" and last.value == "prime" and kind == "SUP":
            return "prime", "1", 0
        if kind == "SUP" and last.kind == "ATOM" and last.sort in ("name", "word") and last.value == "T":
            return "transpose", "T", 0
        return None
    if kind == "SUP":
        top = last.kind == "ATOM" and (
            (last.sort == "mark" and last.value == "top") or (last.sort in ("name", "word") and last.value == "T")
        )
        if top and len(inside) == 2 and inside[0].kind == "SIGN" and inside[0].value == "-":
            return "inverse transpose", "", 0
        if top and all(t.kind != "SIGN" for t in inside[:-1]) and (inside[-2].kind == "CLOSE" or len(inside) == 2):
            return "transpose", "", len(inside) - 1
        if all(t.kind == "ATOM" and t.sort == "mark" and t.value == "prime" for t in inside):
            return "prime", str(len(inside)), 0
        if len(inside) > 1 and last.kind == "OPERATOR" and last.value == "mul":
            return None
    return None
