"""Moodle XML of STACK questions: an answer is compared in a tree with a node for each slip, whose feedback is its diagnosis.

STACK computes with Maxima, which knows numbers, lists and matrices of explicit entries: a derivative of numbers is typed as a formula, the values of vectors
and matrices as `matrix([…],[…])` at the numbers of the problem. What Maxima has no words for, a derivative in matrix notation, is a multiple-choice question
of the same file, so that nothing of the sheet is lost. Every question has its tests, which STACK's own check of questions runs: the right answer, and each slip.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any
from xml.sax.saxutils import escape

from symdiff.course.answers import ROUNDED, Numbers, flat, form, same
from symdiff.course.blocks import Numbered
from symdiff.course.export import common, moodle
from symdiff.course.record import Blank
from symdiff.course.sheet import Sheet
from symdiff.course.values import mapped
from symdiff.errors import SymdiffError

VERSION = "2023060500"


@dataclass(frozen=True)
class Response:
    """What an answer is compared with. right: for Maxima. slips: for Maxima, with the diagnosis. rounded: numbers, right to three digits."""

    right: str
    slips: tuple[tuple[str, str], ...]
    kind: str  # of the input: algebraic, numerical, matrix
    rounded: bool


def export(sheets: Sequence[Sheet]) -> bytes:
    """The file."""
    return moodle.quiz(sheets, questions)


def questions(item: Numbered) -> Iterator[str]:
    """The questions of one problem: one with an input for each number, one for each derivative."""
    blanks = item.record.blanks
    told = [(b, tree) for b in blanks if common.numeric(b) and (tree := of_value(item, b))]
    if told:
        yield question(item, "numbers", told)
    for b in blanks:
        if b.word:
            yield moodle.multichoice(item, b)
        elif b.ask in ("gradient", "hessian"):
            tree = of_formula(item, b) or (of_value(item, b) if b.value is not None else None)
            yield question(item, b.id.split(".", 1)[1], [(b, tree)]) if tree else moodle.multichoice(item, b)


# ---------------------------------------------------------------------------------------------- Maxima

_MAXIMA = {"Abs": "abs", "Max": "max", "Min": "min", "pi": "%pi", "E": "%e", "asin": "asin", "acos": "acos", "atan": "atan"}
_KNOWN = frozenset(
    ("exp", "log", "sin", "cos", "tan", "tanh", "sinh", "cosh", "sqrt", "abs", "max", "min", "asin", "acos", "atan", "erf", "%pi", "%e")
)


def maxima(text: str, b: Blank) -> str:
    """A formula of numbers in Maxima's words. SymdiffError where it has vectors, or functions that Maxima lacks."""
    import sympy

    from symdiff import api
    from symdiff.printers.names import GREEK

    assert b.formula is not None
    found = api.read(text, b.formula)
    if found.shape:
        raise SymdiffError("no number")
    e = found.to_sympy()
    if not isinstance(e, sympy.Expr) or e.has(sympy.Piecewise, sympy.Heaviside, sympy.Indexed):
        raise SymdiffError("no formula of numbers")
    shown = re.sub(r"[^\W\d]\w*", lambda m: _MAXIMA.get(m[0], m[0]), str(e).replace("**", "^"))
    names = set(re.findall(r"%?[^\W\d]\w*", shown)) - _KNOWN
    if not names <= {str(s) for s in e.free_symbols} or names & set(GREEK) & {"gamma", "beta", "zeta", "psi"}:
        raise SymdiffError("a function that Maxima lacks")
    return shown


def of_formula(item: Numbered, b: Blank) -> Response | None:
    """A derivative whose letters are numbers."""
    found = common.choices(item.problem, b)
    try:
        right = maxima(b.text, b)
        slips = [(maxima(c.text, b), c.why) for c in found if not c.right]
    except SymdiffError:
        return None
    return Response(right, tuple(slips), "algebraic", False)


def of_value(item: Numbered, b: Blank) -> Response | None:
    """Numbers at the values of the problem; None of tensors, which Maxima does not type."""
    shape = form(b.value)
    if len(shape) > 2:
        return None
    exact = all(isinstance(v, int | Fraction) for v in flat(b.value))
    slips: list[tuple[str, str]] = []
    seen = {typed(b.value)}
    for numbers, why in [*_valued(item, b), *common.slipped(item.problem, b)]:
        shown = typed(mapped(b.value, iter([Fraction(v).limit_denominator(10**6) if exact else v for v in numbers])))
        if shown not in seen:
            seen.add(shown)
            slips.append((shown, why))
    return Response(typed(b.value), tuple(slips[: common.MOST_WRONG]), "numerical" if not shape else "matrix", not exact)


def _valued(item: Numbered, b: Blank) -> Iterator[tuple[list[float], str]]:
    """The values of wrong derivatives at the numbers of the problem, where they differ from the right one's."""
    import numpy as np

    from symdiff import api

    if b.ask not in ("gradient", "hessian") or b.formula is None:
        return
    for c in common.choices(item.problem, b):
        if c.right:
            continue
        with np.errstate(all="ignore"):
            found = api.read(c.text, b.formula)
            value = np.asarray(found({k: v for k, v in item.problem.at.items() if k in found.variables}), dtype=float)
        if value.shape == form(b.value) and np.isfinite(value).all() and not same(Numbers(value.tolist(), whole=False), b.value):
            yield [float(v) for v in value.ravel()], c.why


def typed(value: Any) -> str:
    """Numbers for Maxima; a vector is a column."""
    if not isinstance(value, list):
        return common.decimal(float(value)) if isinstance(value, float) else str(value)
    rows = [v if isinstance(v, list) else [v] for v in value]
    return "matrix(" + ",".join(["[" + ",".join(map(typed, row)) + "]" for row in rows]) + ")"


# ---------------------------------------------------------------------------------------------- the question


def castext(shown: str) -> str:
    """HTML in which STACK computes nothing: `[[`, `{@` and `{#` begin what it reads, and `[[1, 2], [3, 4]]` is a matrix of a sheet."""
    return re.sub(r"\[(?=\[)|\{(?=[@#])", lambda m: f"&#{ord(m[0])};", shown)


def question(item: Numbered, what: str, told: Sequence[tuple[Blank, Response]]) -> str:
    shown, files = moodle.picture(item) if len(told) > 1 else ("", "")
    lines = [castext(common.statement(item)), shown]
    points = sum([b.points for b, _ in told], Fraction(0))
    for k, (b, _) in enumerate(told, 1):
        lines.append(f"<p>{castext(common.label(b))} = [[input:ans{k}]] [[validation:ans{k}]] [[feedback:prt{k}]]</p>")
    out = ['<question type="stack">', *moodle.head(item, what, "\n".join([s for s in lines if s]), points, files)]
    variables = "\n".join([f"ta{k}: {tree.right};" for k, (_, tree) in enumerate(told, 1)])
    out += [
        f"<stackversion><text>{VERSION}</text></stackversion>",
        f"<questionvariables><text>{escape(variables)}</text></questionvariables>",
        moodle.text("specificfeedback", ""),
        moodle.text("questionnote", castext(escape(common.title(item)))),
        moodle.text("questiondescription", ""),
        "<questionsimplify>1</questionsimplify>",
        "<assumepositive>0</assumepositive>",
        "<assumereal>1</assumereal>",
        *[
            moodle.text(tag, words)
            for tag, words in (("prtcorrect", "Correct."), ("prtpartiallycorrect", "Partly correct."), ("prtincorrect", "Wrong."))
        ],
        "<decimals>.</decimals>",
        "<multiplicationsign>dot</multiplicationsign>",
        "<sqrtsign>1</sqrtsign>",
        "<complexno>i</complexno>",
        "<inversetrig>cos-1</inversetrig>",
        "<logicsymbol>lang</logicsymbol>",
        "<matrixparens>[</matrixparens>",
        "<variantsselectionseed></variantsselectionseed>",
    ]
    for k, (_, tree) in enumerate(told, 1):
        out += _input(k, tree)
    whole = sum([b.points for b, _ in told], Fraction(0)) or Fraction(1)
    for k, (b, tree) in enumerate(told, 1):
        out += _tree(k, tree, b.points / whole if b.points else Fraction(1, len(told)))
    out += _tests(told)
    return "\n".join([*out, "</question>"])


def _input(k: int, tree: Response) -> list[str]:
    fields = {
        "name": f"ans{k}", "type": tree.kind, "tans": f"ta{k}", "boxsize": "20", "strictsyntax": "1", "insertstars": "1", "syntaxhint": "", "syntaxattribute": "0",
        "forbidwords": "", "allowwords": "", "forbidfloat": "0", "requirelowestterms": "0", "checkanswertype": "0", "mustverify": "1", "showvalidation": "1", "options": "",
    }  # fmt: skip
    return ["<input>", *[f"<{tag}>{escape(value)}</{tag}>" for tag, value in fields.items()], "</input>"]


def _tree(k: int, tree: Response, worth: Fraction) -> list[str]:
    """A chain of nodes: right, or the first slip that gives this answer."""
    out = [
        "<prt>",
        f"<name>prt{k}</name>",
        f"<value>{float(worth):.7f}</value>",
        "<autosimplify>1</autosimplify>",
        "<feedbackstyle>1</feedbackstyle>",
    ]
    out.append("<feedbackvariables><text></text></feedbackvariables>")
    nodes = [(f"ta{k}", ""), *tree.slips]
    for i, (wanted, why) in enumerate(nodes):
        test, mine, options = "AlgEquiv", f"ans{k}", ""
        if tree.rounded:
            test, options = "NumRelative", common.decimal(ROUNDED)
            if tree.kind == "matrix":
                mine, wanted = f"apply(append,args({mine}))", f"apply(append,args({wanted}))"
        node = {
            "name": str(i), "description": "right" if not i else common.plain(why), "answertest": test, "sans": mine, "tans": wanted, "testoptions": options, "quiet": "1",
            "truescoremode": "=", "truescore": "0" if i else "1", "truepenalty": "", "truenextnode": "-1", "trueanswernote": f"prt{k}-{i + 1}-T",
        }  # fmt: skip
        out += ["<node>", *[f"<{tag}>{escape(value)}</{tag}>" for tag, value in node.items()]]
        out.append(moodle.text("truefeedback", castext(f"<p>{common.sentence(why)}</p>") if why else ""))
        more = str(i + 1) if i + 1 < len(nodes) else "-1"
        rest = {"falsescoremode": "=", "falsescore": "0", "falsepenalty": "", "falsenextnode": more, "falseanswernote": f"prt{k}-{i + 1}-F"}
        out += [f"<{tag}>{escape(value)}</{tag}>" for tag, value in rest.items()]
        out += [moodle.text("falsefeedback", ""), "</node>"]
    return [*out, "</prt>"]


def _tests(told: Sequence[tuple[Blank, Response]]) -> list[str]:
    """What STACK's own check of a question types: all right, then each slip of the first answers with everything else right."""
    cases: list[dict[int, int]] = [{}]
    for k, (_, tree) in enumerate(told, 1):
        cases += [{k: i} for i in range(1, len(tree.slips) + 1)]
    out = []
    for number, case in enumerate(cases[:30], 1):
        out += ["<qtest>", f"<testcase>{number}</testcase>"]
        for k, (_, tree) in enumerate(told, 1):
            value = tree.slips[case[k] - 1][0] if k in case else f"ta{k}"
            out.append(f"<testinput><name>ans{k}</name><value>{escape(value)}</value></testinput>")
        for k in range(1, len(told) + 1):
            i = case.get(k, 0)
            score = "0.0000000" if i else "1.0000000"
            expected = f"<name>prt{k}</name><expectedscore>{score}</expectedscore><expectedpenalty></expectedpenalty>"
            out.append(f"<expected>{expected}<expectedanswernote>prt{k}-{i + 1}-T</expectedanswernote></expected>")
        out.append("</qtest>")
    return out
