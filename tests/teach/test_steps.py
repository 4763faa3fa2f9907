"""Derivations: what the steps say, that they agree with the answers, every format, user text as text."""

import json
import re
from html.parser import HTMLParser

import pytest

import symdiff as sd
from symdiff.cli import main
from symdiff.printers import text as text_of
from symdiff.printers import written
from symdiff.teach.tables import cell_writer

HINGE = "score = w.phi(x); margin = y*score; max(1 - margin, 0)"

# formula, wrt, lines that must be there
LECTURE = [
    (HINGE, "w", [
        "L -> 1 - margin: [1 - margin > 0] (max(a, b): [a > b]; at a kink, a = b: take 0 for both; if they share a variable, the tie is of a)",
        "margin -> score: y (product: the other factor)",
        "score -> w: phi(x) (dot product: the other vector)",
        "delta_margin = -[1 - margin > 0] = -[margin < 1] (by max, difference)",
        "delta_score = y*delta_margin (by product)",
        "d(L)/d(w) = delta_score*phi(x) (vector(size(w)); by dot product)",
        "d(L)/d(w) = -[margin < 1]*y*phi(x) (vector(size(w)); the shape of w)",
    ]),
    ("(a^2)^2", "a", [
        "L -> a^2: 2*a^2 (square: twice the input)",
        "d(L)/d(a) = 2*a^2*(2*a) = 4*a^3 (by square)",
        "d(L)/d(a) = 4*a^3",
    ]),
    ("h = sigma(V*phi); residual = w.h - y; residual^2", "V", [
        "h -> V*phi: .* h .* (1 - h) (sigma(x): sigma(x)*(1 - sigma(x)))",
        "V*phi -> V: * phi' (matrix times vector: the other factor)",
        "delta_residual = 2*residual (by square)",
        "delta_h = delta_residual*w (vector(rows(V)); by dot product)",
        "d(L)/d(V) = (delta_h .* h .* (1 - h))*phi' (matrix(rows(V), cols(V)); by sigma, matrix times vector)",
        "d(L)/d(V) = 2*residual*(w .* h .* (1 - h))*phi' (matrix(rows(V), cols(V)); the shape of V)",
    ]),
    ("a = sigma(w.x + b); -(y*log(a) + (1 - y)*log(1 - a))", "w,b", [
        "a -> z: a*(1 - a) (sigma(u): sigma(u)*(1 - sigma(u)))",
        "d(L)/d(w) = delta_z*x (vector(size(w)); by dot product)",
        "d(L)/d(w) = (a - y)*x (vector(size(w)); the shape of w)",
        "d(L)/d(b) = a - y",
    ]),
    ("y: onehot vector(k); z = W*x; p = softmax(z); cross_entropy(p, y)", "W", [
        "y (onehot vector(k), its entries sum to 1)",
        "p -> z: (delta - delta.p) .* p (softmax(u) passes down softmax(u) .* (delta - delta.softmax(u)))",
        "d(L)/d(W) = (p - y)*x' (matrix(k, cols(W)); the shape of W)",
    ]),
    ("p = x*y; q = x + p; p*q + sin(q)", "x", [
        "delta_q = p + cos(q) (sum over 2 paths; by sin, product)",
        "delta_p = q + delta_q (sum over 2 paths; by product)",
        "d(L)/d(x) = y*delta_p + delta_q (sum over 2 paths; by product)",
    ]),
]  # fmt: skip

TRANSPOSED = [
    ("tr(A*X*B)", "X",
     "entry i, j for A*X = sum(k, delta[i,k]*B[j,k]) (matrix(rows(A), cols(X)); that is delta*B': B is transposed, so that the summed indices stand side by side)"),
    ("norm2(A*x - y)^2", "x",
     "entry j for x = sum(i, delta[i]*A[i,j]) (vector(cols(A)); that is A'*delta: A is transposed, so that the summed indices stand side by side)"),
]  # fmt: skip


def said(text, wrt, level="normal", **options):
    return [re.sub(" +", " ", line.strip()) for line in str(sd.derive(sd.parse(text), wrt.split(","), level, **options)).splitlines()]


@pytest.mark.parametrize(("text", "wrt", "lines"), LECTURE, ids=[text for text, _, _ in LECTURE])
def test_the_lecture_step_by_step(text, wrt, lines):
    lines_ = said(text, wrt)
    missing = [line for line in lines if line not in lines_]
    assert not missing, "\n".join(lines_)


@pytest.mark.parametrize(("text", "wrt", "line"), TRANSPOSED)
def test_why_something_is_transposed(text, wrt, line):
    assert line in said(text, wrt, "full", verify=False)
    assert line not in said(text, wrt, verify=False)


def test_one_symbol_means_one_thing():
    """A local derivative stands on an edge; the left side of an equation is never met twice within a step."""
    for text, wrt in (("x*x", "x"), ("x*sin(x)", "x"), ("x'*A*x", "x"), ("p = x*y; q = x + p; p*q + sin(q)", "x"), (HINGE, "w")):
        for step in sd.derive(sd.parse(text), wrt, "full", verify=False).steps:
            if step.name in ("backward", "answer", "graph"):
                lefts = [cell_writer("text")(line.left) for line in step.lines]
                assert len(set(lefts)) == len(lefts), lefts
            if step.name == "edges":
                assert not any("d(" in cell_writer("text")(line.left) for line in step.lines)


def test_letters_of_rules_are_not_those_of_the_formula():
    lines = said("y: scalar; x: scalar; log(x)*sigma(x) - y", "x", verify=False)
    assert "log(x) -> x: 1/x (log(u): 1/u)" in lines
    lines = said("g: scalar; u: scalar; sqrt(u*g)", "u", verify=False)
    assert any("sqrt(x): 1/(2*sqrt(x))" in line for line in lines)


def test_brief_is_the_backward_program_and_the_answer():
    layers = "h1 = sigma(V1*phi(x)); h2 = sigma(V2*h1); h3 = sigma(V3*h2); residual = w.h3 - y; residual^2"
    for text, wrt, most in ((HINGE, "w", 7), ("h = sigma(V*phi); r = w.h - y; r^2", "V,w", 12), (layers, "w,V1,V2,V3", 21)):
        derivation = sd.derive(sd.parse(text), wrt.split(","), "brief", verify=False)
        assert sum(len(s.lines) for s in derivation.steps) <= most


def test_parts_of_an_answer_stand_behind_it():
    lines = said("W: matrix(m,n); b: vector(m); y: vector(m); x: vector(n); norm2(sigma(W*x + b) - y)^2", "W", verify=False)
    assert "d(L)/d(W) = 2*(a .* (1 - a) .* (a - y))*x' (matrix(m, n); the shape of W)" in lines  # a is its name in the graph
    assert "where a = sigma(W*x + b)" in lines


def test_what_is_never_0_is_not_assumed():
    assert not any("is taken not to be 0" in line for line in said("a = sigma(z); -(y*log(a) + (1 - y)*log(1 - a))", "z", verify=False))
    assert not any("is taken not to be 0" in line for line in said("norm2(A*x - y)^2", "x", verify=False))
    assert "x (is taken not to be 0)" in said("x^2/x*y", "x", verify=False)


def test_rules_come_with_their_conditions():
    said = str(sd.derive(sd.parse("x: positive scalar; exp(log(x)*2 - log(x))"), "x", "full"))
    rules = [line for line in said.splitlines() if "exp-of-log" in line]
    assert rules and all("exp-of-log, since a > 0" in line for line in rules)


def test_levels():
    f = sd.parse(HINGE)
    names = {level: [s.name for s in sd.derive(f, "w", level).steps] for level in ("brief", "normal", "full")}
    assert names["brief"] == ["graph", "backward", "answer"]  # the check is in the title of the answer
    assert "Answer, verified by SymPy" in str(sd.derive(f, "w", "brief"))
    assert names["normal"] == ["types", "graph", "edges", "backward", "answer", "check"]
    brief, normal, full = (sum(len(s.lines) for s in sd.derive(f, "w", level, verify=False).steps) for level in names)
    assert brief < normal < full
    with pytest.raises(sd.SymdiffError, match="there is no level 'long'"):
        sd.derive(f, "w", "long")


@pytest.mark.parametrize(
    ("text", "names"),
    [(HINGE, "w,y,margin"), ("norm2(A*x - y)^2", "A,x,y"), ("-log(softmax(W*x).y)", "W"), ("sum(i=1..m, max(1 - y[i]*w.phi[i], 0))", "w")],
)
def test_the_answer_is_that_of_grad(text, names):
    f = sd.parse(text)
    derivation = sd.derive(f, names.split(","), verify=False)
    (answer,) = [s for s in derivation.steps if s.name == "answer"]
    lines = [line for line in answer.lines if type(line.left) is not tuple]  # not those of parts: where p = …
    for name, g, line in zip(names.split(","), derivation.lesson.answers, lines, strict=True):
        assert written(g) == str(sd.grad(f, name))
        assert text_of(line.rights[0]) == written(g).rpartition("; ")[2]


def test_formats():
    d = sd.derive(sd.parse(HINGE), "w", verify=False)
    assert "margin → score:      y" in d.show("unicode")
    assert r"\delta_{\mathrm{score}} &= y \, \delta_{\mathrm{margin}} && \text{by product}" in d.show("latex")
    assert r"- $\delta_{\mathrm{score}}$ = $y \, \delta_{\mathrm{margin}}$ — by product" in d.show("markdown")
    assert json.loads(d.show("json"))["steps"][1]["lines"][0] == {
        "left": "score",
        "right": ["w.phi(x)"],
        "note": "dot product",
        "shape": "",
    }
    assert d.show("latex").count(r"\begin{align*}") == d.show("latex").count(r"\end{align*}") == len(d.steps)
    with pytest.raises(sd.SymdiffError, match="no derivation in the format pdf"):
        d.show("pdf")

    class Balanced(HTMLParser):
        def __init__(self):
            super().__init__()
            self.open, self.seen = [], set()

        def handle_starttag(self, tag, attrs):
            self.open.append(tag)
            self.seen.add(tag)

        def handle_endtag(self, tag):
            assert self.open.pop() == tag

    reader = Balanced()
    reader.feed(d.show("html"))
    assert reader.open == []
    assert {"ol", "h3", "math", "mfrac"} <= reader.seen


def test_the_command(capsys):
    assert main(["steps", HINGE, "--wrt", "w", "--brief"]) == 0
    out, err = capsys.readouterr()
    assert "d(L)/d(w) = -[margin < 1]*y*phi(x)" in out
    assert "verified by SymPy" in out
    assert err.startswith("w: vector(size(w))")
    assert main(["steps", HINGE]) == 2
    assert "by which variable?" in capsys.readouterr().err


def test_where_a_maximum_agrees_on_a_region_the_first_edge_has_equality():
    text = sd.derive(sd.parse("max(relu(x), x)"), "x", verify=False).show("text")
    assert ": [relu(x) >= x]    (max(a, b): [a > b], here with equality: both arguments may agree on a whole region)" in text
    text = sd.derive(sd.parse("x'*y + max(x'*y, 2)"), "x", verify=False).show("text")
    assert "[x'*y > 2]    (max(a, b): [a > b]; at a kink, a = b: take 0 for both; if they share a variable, the tie is of a)" in re.sub(
        "z", "x'*y", text
    )


# ---------------------------------------------------------------------------------------------- styles, names, layouts


def test_differentials_of_least_squares():
    lines = said("norm2(A*x - y)^2", "x", style="differential", verify=False)
    assert "dL = (2*r).(A*dx) = (2*A'*r).dx" in lines and "dr = A*dx (vector(rows(A)); difference, matrix times vector)" in lines
    assert "d(L)/d(x) = 2*A'*r (vector(cols(A)))" in lines and "A, y held fixed: no differential" in lines


def test_the_trace_trick():
    lines = said("tr(A*X*B)", "X", style="differential", verify=False)
    assert "dL = tr(B*(A*dX)) = tr(B*A*dX)" in lines


def test_the_rules_of_a_calculus_course():
    lines = said("x*sin(x)", "x", style="rules", verify=False)
    assert "d(sin(x))/d(x) = cos(x) (derivative of sin)" in lines
    assert "d(L)/d(x) = sin(x) + x*(d(sin(x))/d(x)) = sin(x) + x*cos(x) (product rule)" in lines
    assert any("chain rule, power rule" in line for line in said("(a^2)^2", "a", style="rules", verify=False))
    assert any("(quotient rule)" in line for line in said("sin(x)/(1 + x^2)", "x", style="rules", verify=False))
    assert any("constant multiple rule" in line for line in said("sin(x)/7", "x", style="rules", verify=False))
    with pytest.raises(sd.SymdiffError, match="are for numbers; x is a vector"):
        said("norm2(A*x - y)^2", "x", style="rules", verify=False)
    with pytest.raises(sd.SymdiffError, match="there is no style 'lagrange'"):
        said("x^2", "x", style="lagrange", verify=False)


def test_names_of_backward_values():
    text = "h = sigma(V*phi); r = w.h - y; r^2"
    assert "r_bar = 2*r (by square)" in said(text, "V,w", names="bar", verify=False)
    assert "dr = 2*r (by square)" in said(text, "V,w", names="grad", verify=False)
    shown = sd.steps(text, ["V", "w"], names="bar", verify=False).show("latex")
    assert r"\bar{r} &= 2 \, r" in shown


def test_in_numerator_layout_gradients_are_rows():
    lines = said("norm2(A*x - y)^2", "x", layout="numerator", verify=False)
    assert "A*x -> x: * A (matrix times vector: the other factor)" in lines
    assert "d(L)/d(x) = 2*r'*A (row(cols(A)); by squared norm, matrix times vector)" in lines
    assert "d(L)/d(x) = 2*(A*x - y)'*A (row(cols(A)); the shape of x, transposed)" in lines
    assert "verified" in str(sd.steps("norm2(A*x - y)^2", "x", layout="numerator"))


def test_values_with_axes_are_stepped():
    lines = said("softmax(x)", "x", verify=False)
    assert "y -> x: * (diag(y) - y*y') (softmax(u) passes down softmax(u) .* (delta - delta.softmax(u)))" in lines
    assert any(line.startswith("d(y)/d(x) = diag(softmax(x)) - softmax(x)*softmax(x)'") for line in lines)
    lines = said("h = sigma(W*x + b); h .* h", "x,b", verify=False)
    assert any(line.startswith("d(y)/d(x) = delta_z*W") for line in lines) and any("the axes of the value first" in line for line in lines)


def test_sums_over_an_index_are_told_for_one_term():
    lines = said("X: matrix(m,n); y: vector(m); 1/m*sum(i=1..m, (w.X[i] - y[i])^2)", "w", verify=False)
    assert "r[i] = w.X[i] - y[i] (vector(m); difference, for every i)" in lines
    assert not any("tensor(" in line for line in lines)


def test_a_fact_that_was_used_is_said():
    onehot = said("y: onehot vector(k); z = W*x; p = softmax(z); cross_entropy(p, y)", "W", verify=False)
    assert any(line.startswith("delta_z = ") and "the entries of y sum to 1" in line for line in onehot)
    plain = said("y: vector(k); z = W*x; p = softmax(z); cross_entropy(p, y)", "W", verify=False)
    assert not any("sum to 1" in line for line in plain)


def test_a_name_of_a_repeated_part_has_one_value_in_all_answers():
    """Each answer alone calls its denominator t1; below each other there are two."""
    f = sd.parse("max(x/(2 + a^2), x*b - 1)/(2 + exp(-(x/(2 + b^2))^2)^2)")
    shown = sd.steps(f, ["x", "b"], "brief", verify=False).show("text").partition("Answer")[2]
    parts = re.findall(r"where (\w+) *= (.*)", shown)
    assert len(parts) == 3 and len({name for name, _ in parts}) == len({value for _, value in parts}) == 3
    assert shown.splitlines()[-1].endswith("/t2")


def test_long_lines_of_a_display_are_broken_at_operators():
    """In front of what no bracket holds, so that every row stands on its own and nothing is lost."""
    from symdiff.teach.lines import _NEXT, _signs_in, broken

    terms = [rf"\left(x_{{{k}}} + \frac{{a + b}}{{y}}\right) \, z" for k in range(12)]
    formula = " + ".join(terms)
    rows = broken(formula).split(_NEXT)
    assert " ".join(rows) == formula and len(rows) > 2 and all(_signs_in(r) <= 70 and r.count("(") == r.count(")") for r in rows)
    assert broken(formula[:40]) == formula[:40]
    product = r" \odot ".join(rf"\sigma(x_{{{k}}} + y)" for k in range(20))
    assert len(broken(product).split(_NEXT)) > 1
    cases = r"\begin{cases} a + b & \text{if } c \\ d & \text{otherwise} \end{cases}"
    assert broken(cases + " + " + formula).startswith(cases + _NEXT)


@pytest.mark.parametrize(
    ("text", "wrt"),
    [
        ("-(y*log(sigma(z)) + (1 - y)*log(1 - sigma(z)))", "z"), ("y: onehot vector(k); z: vector(k); p = softmax(z); cross_entropy(p, y)", "z"),
        ("x/(1 + x^2)", "x"), ("log(1 + exp(x))", "x"), ("x'*A*x", "x"), ("x^3*exp(-x)", "x"), ("(a^2)^2", "a"),
    ],
)  # fmt: skip
def test_what_is_simplified_stands_in_the_derivation(text, wrt):
    """Each simplification begins with a side of a backward line, or where the one before it ended, and the last ends with what the line says."""
    steps = {s["name"]: s["lines"] for s in sd.derive(sd.parse(text), wrt, "full", verify=False).data()}
    shown = {right for line in steps["backward"] for right in line["right"]}
    found = [line for line in steps["simplify"] if line["right"]]
    assert found
    for line in found:
        assert line["left"] in shown, line
        shown.add(line["right"][0])
        assert line["note"]
    assert found[-1]["right"][0] in {line["right"][-1] for line in steps["backward"]}
