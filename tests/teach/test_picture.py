"""Pictures of the lecture's graphs: what is drawn, what it says, and that no two texts overlap."""

import re
import time
from itertools import combinations
from xml.etree import ElementTree

import pytest

import symdiff as sd
from symdiff.teach.drawing import THEMES
from symdiff.teach.glyphs import typeset
from symdiff.teach.picture import number

SVG = "{http://www.w3.org/2000/svg}"
HINGE = "score = w.phi(x); margin = y*score; max(1 - margin, 0)"
POINT = {"w": [3, 1], "phi": [1, 2], "y": 0.1}
FORMULAS = {
    "hinge": (HINGE, "w"),
    "square of a square": ("b = a^2; b^2", "a"),
    "two layers": ("h = sigma(V*phi(x)); residual = w.h - y; residual^2", "w,V"),
    "four layers": ("h1 = sigma(V1*phi(x)); h2 = sigma(V2*h1); h3 = sigma(V3*h2); residual = w.h3 - y; residual^2", "V2"),
    "logistic regression": ("a = sigma(w.x + b); -(y*log(a) + (1 - y)*log(1 - a))", "w,b"),
    "a batch": ("X: matrix(m,n); y: vector(m); w: vector(n); sum(log(1 + exp(-y .* (X*w))))", "w"),
    "traces": ("tr(A*X'*B*X*C)", "X"),
    "a shared node": ("(x + y)*z + x*y*z/(x^2 + exp(y))", "x"),
    "softmax": ("y: onehot vector(k); -y.log(softmax(z))", "z"),
    "fractions": ("norm2(A*x - y)/(1 + norm2(x)^2)", "x"),
}


def drawn(name, **options):
    text, wrt = FORMULAS[name]
    return sd.graph(sd.parse(text), wrt.split(","), **options)


def titles(svg):
    return [e.text for e in ElementTree.fromstring(svg).iter(SVG + "title")]


# ---------------------------------------------------------------------------------------------- what it says


def test_the_hinge_graph():
    spoken = titles(drawn("hinge").svg())[1:]
    assert spoken == [
        "from 1 - · to L = max(·, 0): local derivative [1 - margin > 0]",
        "from margin = × to 1 - ·: local derivative -1",
        "from y to margin = ×: local derivative score",
        "from score = · to margin = ×: local derivative y",
        "from w to score = ·: local derivative φ(x)",
        "from φ(x) to score = ·: local derivative w",
        *("y", "w", "φ(x)", "score = ·", "margin = ×", "1 - ·", "L = max(·, 0)"),
    ]


def test_numbers_and_shapes_stand_beside_the_boxes():
    boxes = {
        box.label.unicode: {r.kind: r.label.unicode for r in box.remarks} for box in drawn("hinge", values=POINT, shapes=True).drawing.boxes
    }
    assert boxes["w"] == {"shape": "size(w)", "forward": "[3, 1]", "backward": "[−0.1, −0.2]"}
    assert boxes["×"] == {"name": "margin", "forward": "0.5", "backward": "−1"}
    assert boxes["max(·, 0)"] == {"name": "L", "forward": "0.5", "backward": "1"}
    assert boxes["y"] == {"forward": "0.1"}


def test_paths_to_the_variables_stand_out_by_line_as_well_as_colour():
    drawing = drawn("logistic regression").drawing
    goals = {box.label.unicode for box in drawing.boxes if box.goal}
    assert goals == {"w", "b"}
    assert {drawing.boxes[a.argument].label.unicode for a in drawing.arcs if not a.active} == {"x", "y", "1 - ·"}
    svg = drawn("logistic regression").svg("light")
    assert svg.count('class="arc on"') == 1 + sum(a.active for a in drawing.arcs)  # one in the legend
    assert svg.count('class="arc off"') == sum(not a.active for a in drawing.arcs)
    assert re.search(r"\.off\{[^}]*dasharray", svg) and "path to w, b" in drawing.goal


@pytest.mark.parametrize(
    ("value", "text", "typst"),
    [
        (9, "9", "9"),
        (-0.73106, "−0.7311", "-0.7311"),
        (1.5e-8, "1.5e-8", "1.5 dot 10^(-8)"),
        (float("nan"), "nan", '"nan"'),
        (float("-inf"), "−∞", "-infinity"),
        ([6, 12], "[6, 12]", "[6, 12]"),
        ([[1, 2], [3, 4]], "[[1, 2], [3, 4]]", 'mat(delim: "[", 1, 2; 3, 4)'),
        ([[1, 2, 3, 4]] * 5, "5 × 4 values", '5 times 4 " values"'),
    ],
)
def test_values(value, text, typst):
    label = number(value)
    assert (label.unicode, label.typst) == (text, typst)


# ---------------------------------------------------------------------------------------------- how it looks


def overlap(a, b):
    (ax, ay, aw, ah), (bx, by, bw, bh) = a, b
    return ax < bx + bw - 0.01 and bx < ax + aw - 0.01 and abs(ay - by) < (ah + bh) / 2 - 0.01


@pytest.mark.parametrize("name", FORMULAS)
def test_no_texts_overlap_and_all_are_inside(name):
    graph = drawn(name, shapes=True)
    texts = graph.drawing.placed().texts
    assert len(texts) >= len(graph.lesson.nodes) + len(graph.lesson.edges)
    assert not [pair for pair in combinations(texts, 2) if overlap(*pair)]
    _, _, width, height = map(float, ElementTree.fromstring(graph.svg()).get("viewBox").split())
    assert all(x > -0.01 and x + w < width and y + h / 2 < height for x, y, w, h in texts)


def test_the_overlap_test_can_fail():
    assert overlap((0, 0, 10, 10), (9, 4, 10, 10))


@pytest.mark.parametrize("name", FORMULAS)
def test_labels_fit_into_their_boxes(name):
    drawing = drawn(name).drawing
    symbols = typeset([box.label.typst for box in drawing.boxes])
    for (half, high), symbol in zip(drawing.placed().halves, symbols, strict=True):
        assert 0 < symbol.width <= 2 * half - 6 and 0 < symbol.height <= 2 * high - 6


def luminance(colour):
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    r, g, b = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


@pytest.mark.parametrize("theme", THEMES)
def test_every_colour_has_contrast(theme):
    ink, paper, faint, path, derivative, forward, marked = THEMES[theme]
    for text in (ink, faint, path, derivative, forward):
        light, dark = sorted([luminance(text), luminance(paper)], reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5
    light, dark = sorted([luminance(ink), luminance(marked)], reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_light_dark_and_what_the_reader_prefers():
    light, dark, auto = (drawn("hinge").svg(theme) for theme in ("light", "dark", "auto"))
    assert "#ffffff" in light and "#16181c" not in light
    assert "#16181c" in dark and "#ffffff" not in dark
    assert "prefers-color-scheme: dark" in auto
    with pytest.raises(sd.SymdiffError, match="theme"):
        drawn("hinge").svg("pink")


def test_the_svg_stands_alone():
    root = ElementTree.fromstring(drawn("hinge").svg())
    ids = {e.get("id") for e in root.iter(SVG + "symbol")}
    used = {e.get("href") for e in root.iter(SVG + "use")}
    assert used and used == {"#" + i for i in ids}  # outlines, and nothing else is referred to
    assert not list(root.iter(SVG + "image"))
    texts = {e.text for e in root.iter(SVG + "text")}  # unseen, to be selected and found
    assert {"max(·, 0)", "score", "φ(x)", "y"} <= texts and "fill-opacity:0" in drawn("hinge").svg()
    assert root.get("role") == "img" and root.find(SVG + "desc").text.startswith("score of w, φ(x)")


# ---------------------------------------------------------------------------------------------- steps


def test_frames_reveal_the_backward_pass(tmp_path):
    graph = drawn("hinge", values=POINT)
    paths = graph.frames(tmp_path)
    assert [p.rsplit("/", 1)[1] for p in paths] == ["00.svg", "01.svg", "02.svg", "03.svg", "04.svg", "05.svg"]
    shown = []
    for path in paths:
        with open(path, encoding="utf-8") as file:
            svg = file.read()
        shown.append((svg.count('<g class="local'), svg.count('<g class="backward'), svg.count('<g class="box')))
    legend = 1
    assert shown[0] == (legend, legend, 7)
    assert [s[1] - legend for s in shown] == [0, 1, 2, 3, 4, 5]
    assert shown[-1] == (6 + legend, 5 + legend, 7)
    assert [s[0] for s in shown] == sorted(s[0] for s in shown)


def test_every_step_has_its_number():
    drawing = drawn("two layers").drawing
    steps = [b.step for b in drawing.boxes if not b.leaf]
    assert sorted(steps) == list(range(1, len(steps) + 1))
    assert drawing.steps == len(steps) + len(drawn("two layers").lesson.backward)
    assert max(a.step for a in drawing.arcs) == drawing.steps


# ---------------------------------------------------------------------------------------------- files


def test_pixels_and_pages():
    graph = drawn("hinge")
    png, pdf = graph.rendered("png"), graph.rendered("pdf")
    assert png.startswith(b"\x89PNG") and pdf.startswith(b"%PDF")
    _, _, width, height = map(float, ElementTree.fromstring(graph.svg()).get("viewBox").split())
    found = [int.from_bytes(png[k : k + 4], "big") for k in (16, 20)]
    assert found == pytest.approx([width * 192 / 72, height * 192 / 72], abs=2)


def test_a_file_is_what_its_extension_says(tmp_path):
    for form, begin in {"svg": "<svg", "dot": "digraph {", "tikz": "\\begin{tikzpicture}", "mmd": "flowchart BT"}.items():
        drawn("hinge").save(tmp_path / f"hinge.{form}")
        assert (tmp_path / f"hinge.{form}").read_text(encoding="utf-8").startswith(begin)
    with pytest.raises(sd.SymdiffError, match="gif") as refused:
        drawn("hinge").save(tmp_path / "hinge.gif")
    assert "svg, png, pdf, dot, tikz" in refused.value.hint


def test_graphviz_text():
    assert '  n4 -> n5 [label="-1", fontcolor="#a33c00", color="#00549e", penwidth=2];' in drawn("hinge").dot().splitlines()


def test_tikz_names_every_box_and_label():
    text = drawn("two layers").tikz()
    for piece in (r"$\sigma$", r"$\mathrm{residual}$", r"$\odot h \odot (1 - h)$", r"$\cdot \phi(x)^{\top}$", r"{$(\cdot)^{2}$}"):
        assert piece in text
    assert text.count(r"\draw[on]") + text.count(r"\draw[off]") == len(drawn("two layers").lesson.edges)


def test_without_typst_there_is_a_way_out(monkeypatch):
    import sys

    from symdiff.teach import glyphs

    glyphs._set.cache_clear()
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(sd.SymdiffError, match="typst") as refused:
        drawn("hinge").svg()
    assert "pip install typst" in refused.value.hint
    assert drawn("hinge").mermaid()  # text needs no outlines
    glyphs._set.cache_clear()


# ---------------------------------------------------------------------------------------------- size


def test_a_wall_is_refused_but_written_for_others():
    lines = "; ".join(["h0 = x", *[f"h{k + 1} = sigma(x*h{k})" for k in range(200)]]) + "; h200"
    graph = sd.graph(sd.parse(lines), "x")
    with pytest.raises(sd.LimitError, match="the limit `boxes` is 50000") as refused:
        graph.svg()
    assert ".mmd" in refused.value.hint
    assert graph.mermaid().count("-->") + graph.mermaid().count("==>") == len(graph.lesson.edges)


def test_a_graph_of_200_nodes():
    """Two seconds on an idle machine; twice that, since tests share it."""
    lines = "; ".join(["h0 = x", *[f"h{k + 1} = sigma(a_{k}*h{k} + b_{k})" for k in range(40)]]) + "; h40^2"
    graph = sd.graph(sd.parse(lines), "a_0")
    assert len(graph.lesson.nodes) > 200
    start = time.process_time()
    graph.svg()
    assert time.process_time() - start < 4
