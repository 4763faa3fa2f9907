"""What the page shows of a formula: its reading, the answer, code, graph, steps, numbers, the backward program.

In: `formula`, `types` by name, `wrt`, and what each question has beside these. Out: plain data; mathematics as MathML, tables and pictures as HTML and SVG that the
package's own writers have escaped.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Any

from symdiff import api
from symdiff.differentiate import Answer, Form, ask, derivative, derivatives
from symdiff.errors import SymdiffError, UnknownNameError
from symdiff.expr import build, walk
from symdiff.expr.dims import names as names_of_dim
from symdiff.expr.dims import value as size_in_numbers
from symdiff.expr.node import DIM, OPAQUE, VAR, Expr, Shape
from symdiff.formula import Expressions, Formula
from symdiff.names import shown, what_there_is
from symdiff.printers import written
from symdiff.syntax.parse import canonical

Given = Mapping[str, Any]

MANY = 24  # sliders on one page
NOTATIONS = ("text", "unicode", "latex", "typst", "mathml")
TARGETS = ("numpy", "jax", "torch", "sympy", "c")
SHORTER = ("numpy", "jax", "torch")  # those that a lecture writes in fewer lines
ORDERS = 3  # derivatives of a higher order are asked for at the command line


# ---------------------------------------------------------------------------------------------- the formula


def read(given: Given) -> Formula:
    """The formula with its types. SymdiffError with the place."""
    types = given.get("types") or {}
    return _read(
        str(given.get("formula", "")), tuple(sorted((str(name), str(words)) for name, words in types.items() if str(words).strip()))
    )


@lru_cache(maxsize=16)  # every tab asks about the same formula
def _read(text: str, types: tuple[tuple[str, str], ...]) -> Formula:
    if not text.strip():
        raise SymdiffError("there is no formula yet", hint="max(1 - y*w.phi, 0)")
    try:
        return api.read(text, declarations=dict(types), asked=True)
    except SymdiffError as error:
        if not types:
            raise
        # A type that was clicked for a name that is gone says nothing; one that clashes is said to.
        try:
            here = {*api.read(text, asked=True).variables}
        except SymdiffError:
            raise error from None
        kept = [(name, words) for name, words in types if canonical(name) in here]
        if len(kept) < len(types):
            return _read(text, tuple(kept))
        if error.text and error.text != text:
            error.hint = error.hint or "the types beside the formula can be changed back"
        raise


def names(f: Formula, given: Given) -> list[str]:
    """By what is differentiated: what was asked for; else what the LaTeX asks for; else the first letter that can be."""
    asked = [canonical(str(name)) for name in given.get("wrt") or () if str(name).strip()]
    asked = asked or list(f.reading.question)
    if asked:
        return list(dict.fromkeys(asked))
    found = proposed(f)
    if not found:
        raise UnknownNameError("there is nothing to differentiate by", hint=f"{what_there_is(f.expr)}")
    return found[:1]


def proposed(f: Formula) -> list[str]:
    """The letters by which one differentiates, weights first: w, W, V, theta, beta, x, then the others in order."""
    letters = [name for name, x in f.variables.items() if x.expr.op == VAR]
    first = [name for name in letters if re.fullmatch(r"(w|W|V|U|theta|beta|Theta)\d*", name)] or [
        name for name in letters if name[0] in "xX"
    ]
    return [*first, *[name for name in letters if name not in first]]


def shape_words(shape: Shape) -> str:
    return build.describe(shape)


def look(given: Given) -> dict[str, Any]:
    """Whether the formula can be read, and what it says: letters with their types, what it can be differentiated by, remarks."""
    f = read(given)
    return {
        "mathml": f.mathml() if len(f.text) < 4000 else "",
        "value": shape_words(f.shape),
        "variables": letters(f, given),
        "wrt": [name for name in names(f, given)] if f.variables else [],
        "names": [*f.variables, *walk.bindings([f.expr])],
        "notes": list(f.reading.notes),
        "latex": bool(f.reading.program and f.reading.program.latex),
        "tex": in_latex(f),
    }


def in_latex(f: Formula) -> str:
    """The formula without bindings, as LaTeX that reads back as the same; "" where that fails: then it is not edited in two dimensions."""
    if len(f.text) > 1000:
        return ""
    tex = written(f.expand().expr if walk.bindings([f.expr]) else f.expr, "latex")
    types = {
        name: kind_words(words) for name, words in f.reading.described.items() if name in f.reading.types and f.reading.types[name].shape
    }
    try:
        back = api.read(tex, declarations=types, latex=True)
    except SymdiffError:
        return ""
    return tex if back.equals(f.expand()) else ""


def kind_words(words: str) -> str:
    """A type without its sizes, where they are only inferred: `matrix(rows(A), cols(A))` is `matrix`, `psd matrix(n, n)` stays."""
    return re.sub(r"\((?:[^()]|\([^()]*\))*\(.*\)$", "", words)


def letters(f: Formula, given: Given) -> list[dict[str, Any]]:
    """Every letter and opaque function: its type in words and where that came from. clicked: by the page; fixed: declared in the text."""
    types = given.get("types") or {}
    declared = {canonical(name) for name in re.findall(r"([^\W\d]\w*)\s*(?:,\s*[^\W\d]\w*\s*)*:", str(given.get("formula", "")))}
    found = []
    for opaque, infos in ((False, f.reading.types), (True, f.reading.functions)):
        for name, info in infos.items():
            clicked = name in types
            found.append({
                "name": name, "shown": written(build.var(name), "unicode"), "mathml": written(build.var(name), "mathml"), "type": f.reading.described.get(name, shape_words(info.shape)),
                "source": "set here" if clicked else info.source, "plain": kind_words(f.reading.described.get(name, "")), "opaque": opaque, "clicked": clicked, "fixed": info.source == "declared" and not clicked and name in declared,
            })  # fmt: skip
    return found


# ---------------------------------------------------------------------------------------------- the answer


def solved(f: Formula, given: Given) -> Expressions:
    """The derivatives that are asked for. order: 1 to ORDERS; layout, expand: as for the command."""
    wanted = names(f, given)
    nodes = f.nodes(wanted)
    order = given.get("order") or 1
    if not isinstance(order, int) or not 1 <= order <= ORDERS:
        raise SymdiffError(
            f"a derivative of the order {order!r}"[:80], hint=f"the page shows the orders 1 to {ORDERS}; the command has --order"
        )
    form = Form(expand=bool(given.get("expand")), numerator=given.get("layout") == "numerator")
    found: list[Answer] = derivatives(f.expr, nodes, form) if order == 1 else [ask(derivative, f.expr, [x] * order, form) for x in nodes]
    return Expressions([Formula(a.expr, f, a) for a in found], [shown(x) for x in nodes])


def left_side(f: Formula, name: str, order: int) -> dict[str, str]:
    """What stands left of an answer: the gradient or derivative by a name."""
    x = written(build.var(name), "unicode") if name.isidentifier() else name
    power = "" if order == 1 else "²³"[order - 2]
    if f.shape or order > 1:
        return {
            "said": f"∂{power}/∂{x}{power}",
            "word": "Hessian" if order == 2 and not f.shape else "derivative" if order > 1 else "Jacobian",
        }
    return {"said": f"∂/∂{x}", "word": "gradient"}


def answer(given: Given) -> dict[str, Any]:
    """The answers in every notation, the formula as it was read, types and remarks."""
    f = read(given)
    found = solved(f, given)
    order = given.get("order") or 1
    answers = []
    for name, g in zip(found.names, found, strict=True):
        one = {notation: written(g.expr, notation) for notation in NOTATIONS}
        answers.append(
            {
                "name": name,
                **left_side(f, name, order),
                "shape": shape_words(g.shape),
                "notes": [n for n in g.notes if n not in f.reading.notes],
                **one,
            }
        )
    return {**look({**given, "wrt": names(f, given)}), "answers": answers, "wrt": names(f, given), "order": order}


def code(given: Given) -> dict[str, Any]:
    """The answers as a program. target: one of TARGETS; bare: as a lecture writes it, without checks of its arguments."""
    f = read(given)
    found = solved(f, given)
    target = str(given.get("target", "numpy"))
    if target not in TARGETS:
        raise SymdiffError(f"there is no code for {target[:40]!r}", hint=", ".join(TARGETS))
    bare = bool(given.get("bare")) and target in SHORTER
    text = (found[0] if len(found) == 1 else found).code(target, bare=bare)  # type: ignore[arg-type]
    return {"target": target, "code": text.rstrip("\n") + "\n"}


# ---------------------------------------------------------------------------------------------- how it comes about


def lesson_of(given: Given) -> tuple[Formula, list[str]]:
    """What graph, steps and numbers show; of a higher derivative they are those of the first one."""
    f = read(given)
    return f, names(f, given)


def graph(given: Given) -> dict[str, Any]:
    """The picture of the graph. values: numbers on it, by name; across: from left to right."""
    f, wanted = lesson_of(given)
    values = given.get("values") or None
    picture = f.graph(
        wanted, values and taken(values), shapes=values is None and bool(given.get("shapes", True)), across=bool(given.get("across"))
    )
    return {"svg": picture.svg("auto"), "dot": picture.dot(), "tikz": picture.tikz(), "mermaid": picture.mermaid()}


def steps(given: Given) -> dict[str, Any]:
    """The derivation. level: brief, normal, full; style: paths, differential, rules."""
    f, wanted = lesson_of(given)
    made = f.steps(wanted, str(given.get("level") or "normal"), verify=False, style=str(given.get("style") or "paths"))
    return {"html": made.show("html"), "text": made.show("text"), "latex": made.show("latex")}


def backward(given: Given) -> dict[str, Any]:
    """The backward pass as straight lines, and as programs."""
    f, wanted = lesson_of(given)
    made = f.backward(wanted, str(given.get("names") or "delta"))
    shown_as = {form: made.show(form) for form in ("text", "latex", "algorithm")}
    for form in ("numpy", "torch", "jax"):
        try:
            shown_as[form] = made.show(form)
        except SymdiffError as error:
            shown_as[form] = f"# {error.message}\n"
    lines = [
        {"title": title, "lines": [{"left": written(x.symbol, "mathml").replace(' display="block"', "", 1), "right": written(x.value, "mathml").replace(' display="block"', "", 1), "shape": x.shape} for x in part]}
        for title, part in (("forward", made.forward), ("backward", made.lines)) if part
    ]  # fmt: skip
    return {"blocks": lines, "kept": [written(x, "unicode") for x in made.kept], **shown_as}


# ---------------------------------------------------------------------------------------------- numbers


def taken(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as they came from the page: numbers in nested lists, fractions as texts. SymdiffError for anything else."""
    from symdiff.asking import fractions, numeric

    found = {}
    for name, value in values.items():
        try:
            number = fractions(value)
        except (ValueError, TypeError, AttributeError):
            number = None
        if not numeric(number):
            raise SymdiffError(f"the value of {str(name)[:40]} is not a number or a list of numbers", hint="2, [3, 1], [[1, 0], [0, 1]]")
        found[canonical(str(name))] = number
    return found


def needed(f: Formula) -> dict[str, Expr]:
    """The letters and opaque functions that have values: those that stand only inside the brackets of opaque functions have none."""
    closed = {node for node in walk.topological([f.expr]) if node.op == OPAQUE}
    reached = {n.name: n for n in walk.topological([f.expr], closed) if n.op == VAR}
    return {name: x.expr for name, x in f.variables.items() if x.expr.op == OPAQUE or name in reached}


def sizes_of(f: Formula, asked: Mapping[str, Any], letters: Mapping[str, Expr]) -> dict[str, int]:
    """A size for every dimension that has a name, each another one where none is asked for."""
    found: dict[str, int] = {}
    dims = [d for n in walk.topological([f.expr]) for d in (*n.shape, *([n.data] if n.op == DIM else []))]
    small = [2, 3, 4, 2, 3, 4]
    for d in [*[d for x in letters.values() for d in x.shape], *dims]:
        for name in names_of_dim(d):
            if name not in found:
                size = asked.get(name)
                found[name] = size if isinstance(size, int) and 1 <= size <= 6 else small[len(found) % len(small)]
    return found


def start_values(f: Formula, letters: Mapping[str, Expr], sizes: Mapping[str, int], *, positive: bool) -> dict[str, Any]:
    """Numbers to begin with, in quarters and halves, that obey what is declared of each letter."""
    found = {}
    for k, (name, x) in enumerate(letters.items()):
        properties = set(x.data[1]) if x.op == VAR else set()
        shape = [length(d, sizes) for d in x.shape]
        count = math.prod(shape)
        flat = [_number(k, i, positive=positive or bool(properties & {"positive", "nonnegative"})) for i in range(count)]
        if properties & {"simplex", "onehot"}:
            n = shape[-1]
            flat = [(1.0 if i % n == 0 else 0.0) if "onehot" in properties else 1.0 / n for i in range(count)]
        if properties & {"label"} or "label" in f.reading.described.get(name, ""):
            flat = [1.0] * count
        if len(shape) == 2 and shape[0] == shape[1] and properties & {"symmetric", "psd", "diagonal", "orthogonal"}:
            n = shape[0]
            off = 0.0 if properties & {"diagonal", "orthogonal"} else 0.5
            flat = [(1.0 if properties & {"orthogonal"} else 2.0 - 0.5 * (i // n)) if i // n == i % n else off for i in range(count)]
        elif len(shape) == 2 and shape[0] == shape[1]:  # a matrix that has an inverse
            n = shape[0]
            flat = [v + 1.5 if i // n == i % n else v for i, v in enumerate(flat)]
        found[name] = nested(flat, shape)
    return found


def _number(k: int, i: int, *, positive: bool) -> float:
    size = (1.0, 0.5, 2.0, 1.5, 0.75)[(k + i) % 5]
    return size / 4 + 0.25 if positive else -size if (k + 2 * i) % 3 == 1 else size


def length(d: Any, sizes: Mapping[str, int]) -> int:
    """A dimension in numbers."""
    return max(1, size_in_numbers(d, lambda name: sizes.get(name, 1)))


def nested(flat: Sequence[float], shape: Sequence[int]) -> Any:
    """A flat list as nested ones."""
    if not shape:
        return flat[0]
    rest = math.prod(shape[1:])
    return [nested(flat[k * rest : (k + 1) * rest], shape[1:]) for k in range(shape[0])]


def numbers(given: Given) -> dict[str, Any]:
    """Both passes in numbers. values, sizes: those that were chosen, the others are made up; picture: whether the graph is drawn with them."""
    f, wanted = lesson_of(given)
    letters_ = needed(f)
    sizes = sizes_of(f, given.get("sizes") or {}, letters_)
    chosen = taken(given.get("values") or {})
    trace = None
    for positive in (False, True):
        values = start_values(f, letters_, sizes, positive=positive) | {name: v for name, v in chosen.items() if name in letters_}
        values = {
            name: v if fits(v, letters_[name].shape, sizes) else start_values(f, letters_, sizes, positive=positive)[name]
            for name, v in values.items()
        }
        given_sizes = {name: n for name, n in sizes.items() if name.isidentifier() and not _has(letters_, name)}
        trace = f.trace({**values, **given_sizes}, wanted)
        if chosen or _finite(trace.value):
            break
    assert trace is not None
    entries = [entry for name, value in values.items() for entry in handles(name, value)]
    shown_values = [{"name": name, "text": str(_plain(trace.answers[name]))} for name in trace.answers]
    found = {
        "sizes": sizes, "values": {name: _floats(v) for name, v in values.items()}, "entries": entries[:MANY], "more": max(0, len(entries) - MANY),
        "html": trace.show("html"), "text": trace.show("text"), "answers": shown_values,
    }  # fmt: skip
    if given.get("picture", True):
        found["svg"] = f.graph(wanted, {**values, **given_sizes}).svg("auto")
    return found


def _has(letters_: Mapping[str, Expr], dimension: str) -> bool:
    return any(dimension in names_of_dim(d) for x in letters_.values() for d in x.shape)


def fits(value: Any, shape: Shape, sizes: Mapping[str, int]) -> bool:
    """Whether nested lists have this shape."""
    for d in shape:
        if not isinstance(value, list) or len(value) != length(d, sizes):
            return False
        value = value[0]
    return not isinstance(value, list)


def handles(name: str, value: Any, place: tuple[int, ...] = ()) -> list[dict[str, Any]]:
    """What can be moved: every number with its place, counted from 1."""
    if isinstance(value, list):
        return [h for k, v in enumerate(value) for h in handles(name, v, (*place, k))]
    label = written(build.var(name), "unicode") + (f"[{','.join(str(k + 1) for k in place)}]" if place else "")
    reach = max(3.0, 2 * abs(float(value)))
    return [{"name": name, "place": list(place), "label": label, "value": float(value), "min": -reach, "max": reach, "step": reach / 60}]


def _floats(value: Any) -> Any:
    return [_floats(v) for v in value] if isinstance(value, list) else float(value) if isinstance(value, Fraction) else value


def _plain(value: Any) -> Any:
    value = value.tolist() if hasattr(value, "tolist") else value

    def short(v: Any) -> Any:
        return [short(x) for x in v] if isinstance(v, list) else float(f"{v:.6g}")

    return short(value)


def _finite(value: Any) -> bool:
    value = value.tolist() if hasattr(value, "tolist") else value
    return all(_finite(v) for v in value) if isinstance(value, list) else math.isfinite(value)
