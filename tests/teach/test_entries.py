"""Lines by entries: what matrix notation has no words for is said of one entry, in no program's words, and every such line is true."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

import symdiff as sd
from symdiff.expr.walk import variables
from symdiff.names import resolve
from symdiff.notation.trees import postorder
from symdiff.printers import latex, text
from symdiff.syntax.tree import Program, Tree
from symdiff.teach.backward import backward
from symdiff.teach.numbers import trace
from symdiff.teach.record import lesson
from symdiff.teach.steps import LEVELS, derive
from symdiff.teach.styles import STYLES
from tests.printers.test_read_back import node
from tests.teach.truth import edge_faults, passing_faults, program_faults, step_faults, table_faults
from tests.teach.values import Values

FORMULAS = {
    "smooth": ("sum(i=1..n-1, (x[i+1] - x[i])^2)", "x"),
    "pairs": ("sum(i<j, log(1 + (x[i] - x[j])^2))", "x"),
    "kuramoto": ("sum(i<j, K*cos(t[i] - t[j]))", "t,K"),
    "ising": ("sum(i=1..n-1, J*s[i]*s[i+1]) + sum(i, h[i]*s[i])", "h,s,J"),
    "bigram": ("y: vector(n) of label(k); W: matrix(k,k); sum(t=1..n-1, logsumexp(W[y[t]]) - W[y[t],y[t+1]])", "W"),
    "chain": ("E: matrix(n,k); A: matrix(k,k); y: vector(n) of label(k); sum(t=1..n, E[t,y[t]]) + sum(t=1..n-1, A[y[t],y[t+1]])", "E,A"),
    "word": ("v: vector(d); U: matrix(k,d); o: label(k); -log(softmax(U*v)[o])", "v,U"),
    "weights": ("sum(i=1..n, i*x[i]^2)", "x"),
    "advantage": ("r, V: vector(n); sum(t=1..n-1, (r[t] + g*V[t+1] - V[t])^2)", "V"),
    "means": ("X: matrix(m,n); C: matrix(k,n); sum(i=1..m, min(norm2(X[i] - C[1])^2, norm2(X[i] - C[2])^2))", "C"),
}
SIZES = {"n": 4, "m": 3, "k": 3, "d": 2}
PROGRAM = re.compile(r"tensor\(|cumsum\(|(?<![\w.)\]])1\*\[|\\operatorname\{(sum|mean|vector|matrix|rowsum|colsum|unit|cumsum|tensor)\}")


def taught(text_, wrt, *, numerator=False):
    f = node(sd.parse(text_))
    return lesson(f, resolve(f, wrt.split(",")), numerator=numerator)


def point(told):
    """Values for the letters of a lesson."""
    rng = np.random.default_rng(2)
    found = {}
    for name, v in variables([told.formula]).items():
        shape = tuple(d if isinstance(d, int) else SIZES.get(d, 4) for d in v.shape)
        labelled = "label" in str(v.data[1])
        found[name] = (rng.integers(1, 4, shape) if shape else 2) if labelled else rng.random(shape) + 0.3
    return found


def derivations(told):
    for style in STYLES:
        for level in LEVELS:
            try:
                yield derive(told, level, style=style)
            except sd.SymdiffError:
                break


@pytest.mark.parametrize("name", FORMULAS)
def test_no_word_of_a_program_stands_in_a_line(name):
    told = taught(*FORMULAS[name])
    for made in derivations(told):
        for form in ("text", "latex"):
            assert not PROGRAM.search(made.show(form)), PROGRAM.search(made.show(form))
    for form in ("text", "latex", "algorithm", "markdown"):
        assert not PROGRAM.search(backward(told).show(form))


@pytest.mark.parametrize("name", FORMULAS)
def test_every_line_by_entries_is_true(name):
    told = taught(*FORMULAS[name])
    numbers = Values(point(told), [told.formula])
    program = backward(told)
    faults = program_faults(program, numbers)[0] + edge_faults(program, numbers)[0] + passing_faults(told, numbers)[0]
    faults += table_faults(trace(told, point(told)), numbers)[0]
    count = 0
    for made in derivations(told):
        found, more, _ = step_faults(made, made.program, numbers)
        faults, count = faults + found, count + more
    assert not faults and count > 10


def test_what_people_write():
    lines = [" ".join(line.split()) for line in derive(taught(*FORMULAS["smooth"])).show("text").splitlines()]
    assert "r[i] = x[i + 1]*[i <= n - 1] - x[i] (vector(n); difference, for every i)" in lines
    assert "L = sum(i=1..n - 1, r[i]^2) (dot product)" in lines
    assert "L -> r[i]^2: delta*[i <= n - 1] (dot product: the other vector, for every i)" in lines
    assert "d(L)/d(x[i]) = delta_r[i - 1]*[i >= 2] - delta_r[i] (vector(n); sum over 2 paths; by difference, for every i)" in lines
    shown = backward(taught("sum(i<j, log(abs(x[i] - x[j])))", "x")).show("text")
    assert "r[i,j]" in shown and re.search(r"delta_r\[i,j\] += \[i < j\]/r\[i,j\] ", shown) and "every i, j" in shown
    told = derive(taught(*FORMULAS["kuramoto"])).show("text")
    assert "d(L)/d(t[i]) = -K*sum(j=1..size(t), sin(t[i] - t[j]))" in told
    assert "\\frac{\\partial L}{\\partial x_{i}} &= (\\delta_{r})_{i - 1}" in derive(taught(*FORMULAS["smooth"])).show("latex")


def test_a_label_is_an_entry_and_its_unit_vector():
    told = derive(taught(*FORMULAS["word"]))
    shown = " ".join(told.show("text").split())
    assert "p[o] (entry)" in shown and "comparison" not in shown
    assert re.search(r"delta_z = .* = p - unit\(o, k\) ", shown)  # not (p*p' - diag(p))*unit(o, k)/p[o]
    assert "e_{o}" in told.show("latex") and r"\mathbf{1}[" not in told.show("latex")


def test_an_answer_names_its_parts_unlike_the_graph():
    """r is a - b there, so the norm has another name."""
    told = derive(taught("a, b: vector(d); y*norm2(a - b)^2 + (1 - y)*max(m - norm2(a - b), 0)^2", "a")).show("text")
    assert "where r2  = norm2(a - b)" in told and "r = a - b" in told


def test_a_kink_is_told_in_the_letters_of_its_rule():
    told = derive(taught("a, b: vector(d); max(1 - norm2(a - b), 0)", "a")).show("text")
    assert "max(u, v): [u > v]; at a kink, u = v: take 0 for both; if they share a variable, the tie is of u" in told


def test_the_square_of_a_rows_norm_assumes_nothing():
    told = derive(taught(*FORMULAS["means"])).show("text")
    assert "Assumed" not in told and "square of a root: what stands below the root is handed on" in told


def test_a_number_within_a_line_is_simplified_with_it():
    told = backward(taught("mu, s, x: vector(n); 0.5*sum(mu.^2 + exp(s) - s - 1) + norm2(x - mu)^2", "mu,s")).show("text")
    assert "mu - 2*r" in told and "(exp(s) - 1)/2" in told and "vector(" not in told.replace("    vector(n)", "")


# ---------------------------------------------------------------------------------------------- planted untruths


def changed(t, change):
    """A tree with the first kid for which `change` gives another tree in its place; None where there is none."""
    new, done = {}, False
    for k in postorder([t]):
        kids = tuple([new.get(id(x), x) for x in k.kids])
        other = None if done else change(k)
        done = done or other is not None
        new[id(k)] = other if other is not None else Tree(k.kind, kids, k.value)
    return new[id(t)] if done else None


def neighbour(t):
    if t.kind == "index" and t.kids[-1].kind == "name":
        return Tree("index", (*t.kids[:-1], Tree("sub", (t.kids[-1], Tree("number", value=1)))))
    return None


def exchanged(t):
    if t.kind == "index" and len(t.kids) == 3 and all(k.kind == "name" for k in t.kids):
        return Tree("index", (t.kids[0], t.kids[2], t.kids[1]))
    return None


def turned(t):
    other = {"lt": "gt", "le": "ge", "ge": "le", "gt": "lt"}.get(t.kind)
    return Tree(other, t.kids) if other else None


def one_less(t):
    if t.kind == "over" and len(t.kids) == 3:
        return Tree("over", (t.kids[0], Tree("sub", (t.kids[1], Tree("number", value=1))), t.kids[2]), t.value)
    return None


PLANTED = {
    "the entry beside": neighbour,
    "letters exchanged": exchanged,
    "a condition lost": lambda t: Tree("number", value=1) if t.kind == "iverson" else None,
    "a condition turned": turned,
    "a sum that ends one early": one_less,
    "a sign within": lambda t: Tree("add", t.kids) if t.kind == "sub" and all(k.kind == "index" for k in t.kids) else None,
}


@pytest.mark.parametrize("kind_of", PLANTED)
def test_an_untrue_entry_is_seen(kind_of):
    """What is shown is changed, the nodes are left as they are."""
    seen = 0
    for name in ("smooth", "pairs", "kuramoto", "weights"):
        told = taught(*FORMULAS[name])
        numbers = Values(point(told), [told.formula])
        for style in ("paths", "differential"):
            made = derive(told, style=style)
            for k, s in enumerate(made.steps):
                for j, line in enumerate(s.lines):
                    if line.sides is None or not line.rights or not isinstance(line.rights[-1], Program):
                        continue
                    body = changed(line.rights[-1].body, PLANTED[kind_of])
                    if body is None:
                        continue
                    bad_line = replace(line, rights=(*line.rights[:-1], Program("", [], body)))
                    lines = (*s.lines[:j], bad_line, *s.lines[j + 1 :])
                    bad = replace(made, steps=(*made.steps[:k], replace(s, lines=lines), *made.steps[k + 1 :]))
                    seen += bool(step_faults(bad, made.program, numbers)[0])
    assert seen >= 2, kind_of


def test_sums_and_means_are_typeset_with_ones():
    def typeset(formula):
        f = sd.parse(formula)
        read = sd.parse_latex(f.latex(), given=f)
        assert read.equals(f), formula
        return f.latex()

    assert typeset("sum(x)") == r"\mathbf{1}^{\top} \, x"
    assert typeset("X: matrix(m,n); sum(abs(X))") == r"\mathbf{1}^{\top} \, \lvert X \rvert_{\odot } \, \mathbf{1}"
    assert typeset("x: vector(n); sum(2*x)") == r"\mathbf{1}^{\top} \, (2 \, x)"
    assert typeset("A: matrix(n,n); x: vector(n); sum(x)*A*x") == r"(\mathbf{1}^{\top} \, x) \, A \, x"
    assert typeset("x: vector(n); sum(x)^2") == r"(\mathbf{1}^{\top} \, x)^{2}"
    assert typeset("x: vector(n); x - mean(x)") == r"x - \left(\frac{1}{n} \, \mathbf{1}^{\top} \, x\right) \, \mathbf{1}"
    assert typeset("X: matrix(m,n); mean(X.^2)") == r"\frac{1}{m \, n} \, \mathbf{1}^{\top} \, X^{\odot 2} \, \mathbf{1}"


def test_pictures_say_entries():
    from symdiff.teach.picture import Graph

    told = taught(*FORMULAS["pairs"])
    drawn = Graph(told).drawing
    labels = [b.label.latex for b in drawn.boxes] + [a.local.latex for a in drawn.arcs if a.local]
    assert not any("ldots" in x or "operatorname{sum}" in x for x in labels), labels
    assert r"\sum" in labels


def test_a_page_speaks_of_entries_and_says_what_goes_where():
    page = sd.handout("sum(i<j, log(abs(x[i] - x[j]))) + max(x[1], x[2])", "x", verify=False)
    shown = page.show("markdown")
    assert "for every $i$, $j$" in shown and "ldots" not in shown
    assert r"to $a$\: $\mathbf{1}[a > b]$, to $b$\: $\mathbf{1}[b > a]$" in shown  # which argument gets what
    assert "at a kink, u = 0" in shown  # in the letter of the rule


def test_a_label_with_the_adjoint_in_it_has_no_number():
    """`delta[i]*x[i]` is not the value of x[i]."""
    told = taught("c*sum(i=1..n, i*x[i]^2)", "x")
    shown = trace(told, {"c": 5, "x": [1, 2, 3]}).show("text")
    assert re.search(r"delta\*i for every i +\[5, 10, 15\]", shown), shown


def test_texts_of_edges_by_entries():
    told = taught(*FORMULAS["smooth"])
    shown = [told.at_entries(e) for e in told.edges]
    assert [text(x[2]) for x in shown if x] == ["delta*[i <= n - 1]", "delta[i - 1]*[i >= 2]"]
    assert all(latex(x[2]) for x in shown if x)
