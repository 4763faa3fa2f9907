"""The handout: complete without a script, safe with any title or name, and stepping in a real browser."""

import json
import re
import subprocess
from html.parser import HTMLParser

import pytest

import symdiff as sd
from symdiff.expr import build
from symdiff.teach.handout import FORMS

HINGE = "score = w.phi(x); margin = y*score; max(1 - margin, 0)"
POINT = {"w": [3, 1], "phi": [1, 2], "y": 0.1}
NASTY = """<script>alert(1)</script> $x$ 50% \\input{/etc/passwd} "q" 'a' #read("x") `c` [l](u) </title> &amp;"""
VOID = {"meta", "br", "link", "img", "input"}


@pytest.fixture(scope="module")
def page():
    return sd.handout(sd.parse(HINGE), "w", POINT, title="The hinge loss")


class Outline(HTMLParser):
    """The elements of a page, checked to be properly nested."""

    def __init__(self, text):
        super().__init__()
        self.open, self.found, self.texts = [], [], {}
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open:
            self.texts.setdefault(self.open[-1], []).append(data)

    def tags(self, tag):
        return [attrs for name, attrs in self.found if name == tag]


# ---------------------------------------------------------------------------------------------- what it says


def test_the_sections(page):
    headings = ["The formula", "The graph", "The rules", "The answer", "The check"]
    assert Outline(page.show("html")).texts["h2"] == headings
    assert re.findall(r"^## (.*)", page.show("markdown"), re.MULTILINE) == headings
    assert re.findall(r"\\section\*\{(.*)\}", page.show("latex")) == headings


def test_answer_numbers_and_check_in_every_format(page):
    markdown, tex, html = (page.show(form) for form in ("markdown", "latex", "html"))
    answer = r"-\mathbf{1}[\mathrm{margin} < 1] \, y \, \phi(x)"
    left = r"\frac{\partial L}{\partial w} = "
    assert f"$$\n{left}{answer}\n$$" in markdown and rf"$\displaystyle {left}{answer}$" in tex
    for text in (markdown.replace("\\", ""), tex, html):
        assert "[-0.1, -0.2]" in text
        assert "Verified by SymPy: exact" in text
    assert "flowchart BT" in markdown and r"\begin{tikzpicture}" in tex and '<svg xmlns="http://www.w3.org/2000/svg"' in html


def test_the_rules_are_those_of_the_paths(page):
    rules = page.show("markdown").split("## The rules")[1].split("## The answer")[0]
    assert re.findall(r"^\| ([a-z ]+) \|", rules, re.MULTILINE)[1:] == ["max", "difference", "product", "dot product"]


def test_without_numbers_and_check():
    page = sd.handout(sd.parse(HINGE), "w", verify=False)
    headings = Outline(page.show("html")).texts["h2"]
    assert "The numbers" not in headings and "The check" not in headings
    assert "<title>The derivative of max(1 - margin, 0) by w</title>" in page.show("html")
    assert page.show("markdown").startswith(r"# The derivative of $\max(1 - \mathrm{margin}, 0)$ by $w$")


def test_several_variables_have_an_answer_each():
    page = sd.handout(sd.parse("h = sigma(V*phi(x)); residual = w.h - y; residual^2"), ["w", "V"], verify=False)
    assert page.show("html").count('class="answer"') == 2


def test_a_statement_that_is_refuted_is_not_said(page):
    assert all(v.ok for v in page.verdicts.values())


# ---------------------------------------------------------------------------------------------- the page


def test_one_file_without_the_network(page):
    text = page.show("html")
    outline = Outline(text)
    names = {"http://www.w3.org/2000/svg", "http://www.w3.org/1998/Math/MathML"}
    assert set(re.findall(r"https?://[^\"' <]+", text)) == names
    for _, attrs in outline.found:
        assert not {"src", "srcset", "action", "onclick", "onload"} & set(attrs)
        assert (attrs.get("href") or "#").startswith("#")
    assert "default-src 'none'" in next(a["content"] for a in outline.tags("meta") if a.get("http-equiv"))


def test_a_screen_reader_can_use_it(page):
    outline = Outline(page.show("html"))
    assert outline.tags("html")[0]["lang"] == "en"
    assert [tag for tag, _ in outline.found if tag in ("h1", "main")] == ["main", "h1"]
    (svg,) = outline.tags("svg")
    assert svg["role"] == "img"
    assert {b["value"] for b in outline.tags("button")} == {"first", "back", "next", "all"}
    assert all(t.get("scope") == "col" for t in outline.tags("th"))
    (figure,) = outline.tags("figure")
    passes = [a for a in outline.tags("li") if "data-text" in a]
    assert len(passes) == int(figure["data-steps"]) == 9
    assert passes[1]["data-text"] == "forward pass, margin = y*score = 0.5"


def test_what_the_script_hides_is_there_without_it(page):
    text = page.show("html")
    assert "later" not in re.sub(r"(?s)<(style|script)>.*?</\1>", "", text)
    assert "@media print" in text and "prefers-color-scheme: dark" in text


# ---------------------------------------------------------------------------------------------- any text


@pytest.mark.parametrize("form", sorted(set(FORMS.values())))
def test_a_title_is_text(form):
    plain, nasty = (sd.handout(sd.parse("a*b"), "a", title=t, verify=False).show(form) for t in ("T", NASTY))
    if form == "html":
        assert [t for t, _ in Outline(nasty).found] == [t for t, _ in Outline(plain).found]
        assert "".join(Outline(nasty).texts["h1"]) == NASTY
    elif form == "latex":
        assert not re.search(r"\\input|(?<!\\)[$%#&]", nasty.split(r"\Large")[1].split(r"\end{center}")[0])
    elif form == "typst":  # a string of Typst's code
        assert json.dumps(NASTY, ensure_ascii=False) in nasty and nasty.replace(json.dumps(NASTY, ensure_ascii=False), '"T"') == plain
    else:
        assert "<script" not in nasty and r"\$x\$" in nasty and r"\[l\]\(u\)" in nasty


@pytest.fixture(scope="module")
def nasty():
    """A formula with a name that no text can have, only a program."""
    name = NASTY.replace(" ", "")
    return build.elementwise(build.var(name), build.call("sigma", build.var("b")))


@pytest.mark.parametrize("form", ["svg", "png", "pdf", "dot", "tikz", "mmd"])
def test_a_name_is_text_in_every_picture(nasty, form):
    content = sd.graph(nasty, "b").rendered(form)
    if form in ("png", "pdf"):
        assert len(content) > 1000
        return
    text = content.decode()
    assert form == "tikz" or ("<script" not in text and "&amp;*" not in text)
    if form == "svg":
        assert text.count("<title>") == len(Outline(text).tags("title"))
    if form == "tikz":
        assert not re.search(r"\\input|(?<!\\)[%#&]", text.replace(r"\\", ""))
        assert text.count("{") - text.count(r"\{") == text.count("}") - text.count(r"\}")
    if form == "dot":
        assert all(re.fullmatch(r'[^"]*("([^"\\]|\\.)*"[^"]*)*', line) for line in text.splitlines())
    if form == "mmd":
        assert not re.search(r"[<$%\\`#](?!\d+;|br/>)", re.sub(r"classDef.*", "", text))


@pytest.mark.parametrize("form", sorted(set(FORMS.values())))
def test_a_name_is_text_in_every_handout(nasty, form):
    text = sd.handout(nasty, "b", title="T", verify=False).show(form)
    assert form in ("latex", "typst") or "<script>alert" not in text
    if form == "html":
        assert len(Outline(text).tags("script")) == 1
    if form == "latex":
        assert r"\input" not in text


# ---------------------------------------------------------------------------------------------- in a browser

PROBE = """
<script>
const errors = [];
window.addEventListener("error", (event) => errors.push(String(event.message)));
window.addEventListener("securitypolicyviolation", (event) => errors.push("policy: " + event.violatedDirective));
window.addEventListener("load", () => {
  const figure = document.querySelector("figure"), status = figure.querySelector("[role=status]");
  const shown = () => [...figure.querySelectorAll("svg [data-step]")].filter((e) => getComputedStyle(e).visibility === "visible").length;
  const press = (key) => document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  const click = (value) => figure.querySelector(`button[value=${value}]`).click();
  const seen = [["whole", shown(), status.textContent]];
  const say = (what) => seen.push([what, shown(), status.textContent]);
  const open = () => [...document.querySelectorAll(".answer")].filter((e) => getComputedStyle(e).visibility === "visible").length;
  const answers = [open()];
  click("first"); say("first"); answers.push(open());
  click("next"); say("next");
  press("ArrowRight"); say("right");
  press("ArrowLeft"); say("left");
  for (let k = 0; k < 6; k++) press("ArrowRight");
  say("far");
  const current = document.querySelectorAll(".passes [aria-current=step]").length;
  const marked = figure.querySelectorAll("svg .box.now").length;
  click("back"); say("back");
  click("all"); say("all"); answers.push(open());
  const flat = [...document.querySelectorAll("math")].filter((m) => !(m.getBoundingClientRect().width > 1 && m.getBoundingClientRect().height > 1));
  const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  const texts = [...figure.querySelectorAll("svg g[class]")].filter((g) => /^(symbol|name|shape|forward|backward|local)\\b/.test(g.getAttribute("class")));
  const boxes = texts.map((g) => g.getBoundingClientRect());
  let overlaps = 0;
  boxes.forEach((a, i) => boxes.slice(0, i).forEach((b) => {
    if (a.left < b.right - 0.2 && b.left < a.right - 0.2 && a.top < b.bottom - 0.2 && b.top < a.bottom - 0.2) overlaps++;
  }));
  const report = { errors, seen, flat: flat.length, math: document.querySelectorAll("math").length, wide, overlaps, texts: texts.length, current, marked, answers };
  document.body.innerHTML = "";
  document.body.textContent = "REPORT" + JSON.stringify(report) + "END";
});
</script>
"""


def browse(chromium, tmp_path, *arguments):
    quiet = ["--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
    command = [chromium, "--headless", "--no-sandbox", "--disable-gpu", *quiet, f"--user-data-dir={tmp_path / 'profile'}", *arguments]
    return subprocess.run(command, check=True, capture_output=True, timeout=60)


@pytest.mark.parametrize("size", ["1000,900", "500,900"])
def test_stepping_by_click_and_key(page, chromium, tmp_path, size):
    path = tmp_path / "page.html"
    path.write_text(page.show("html").replace("</head>", PROBE + "</head>"), encoding="utf-8")
    done = browse(chromium, tmp_path, f"--window-size={size}", "--virtual-time-budget=5000", "--dump-dom", path.as_uri())
    report = json.loads(
        re.search(r"<body>REPORT(.*)END", done.stdout.decode(), re.DOTALL)[1]
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
    )
    assert report["errors"] == []
    assert report["math"] > 30 and report["flat"] == 0
    assert report["wide"] <= 0
    assert report["answers"] == [1, 0, 1]  # hidden while one steps
    assert report["texts"] > 20 and report["overlaps"] == 0
    seen = {what: (count, status) for what, count, status in report["seen"]}
    everything = seen["whole"][0]
    assert everything == seen["all"][0] > 10
    assert seen["first"] == (0, "Step 0 of 9: the leaves")
    assert seen["next"] == (1, "Step 1 of 9: forward pass, score = w·φ(x) = 5")
    assert seen["right"] == (2, "Step 2 of 9: forward pass, margin = y*score = 0.5")
    assert seen["left"] == seen["next"]
    assert seen["far"][1].startswith("Step 7 of 9: backward pass, δ_margin") and 2 < seen["far"][0] < everything
    assert report["current"] == 1 and report["marked"] == 1
    assert seen["back"][1].startswith("Step 6 of 9")


def test_it_prints_on_pages(page, chromium, tmp_path):
    path, pdf = tmp_path / "page.html", tmp_path / "page.pdf"
    path.write_text(page.show("html"), encoding="utf-8")
    browse(chromium, tmp_path, "--no-pdf-header-footer", f"--print-to-pdf={pdf}", path.as_uri())
    pages = len(re.findall(rb"/Type\s*/Page\b", pdf.read_bytes()))
    assert 1 < pages < 8


def test_the_formula_stands_there_as_it_was_typed():
    f = sd.parse("x: vector(n); r = x.x; u = 3*r; sum(i=2..n, (x[i] - x[i-1])^2) + u")
    page = sd.handout(f, "x", verify=False).show("markdown")
    assert r"\left(\sum_{i=2}^{n} (x_{i} - x_{i - 1})^{2}\right) + u" in page
    assert page.index("r = x") < page.index("u = 3")


def test_the_types_with_their_properties():
    page = sd.handout(sd.parse("A: psd matrix(n,n); y: positive scalar; y*x'*A*x + phi(x)"), "x", verify=False).show("markdown")
    assert "$A$\\: psd matrix of n rows and n columns" in page
    assert "$y$\\: positive number" in page


# ---------------------------------------------------------------------------------------------- as PDF, and its length

FOUR = "h1 = sigma(V1*phi); h2 = sigma(V2*h1); h3 = sigma(V3*h2); residual = w.h3 - y; residual^2"
AT = {"V1": [[1, -1], [0.5, 0.25]], "V2": [[1, -1], [2, 0.5]], "V3": [[0.5, 1], [-1, 1]], "w": [1, -1], "phi": [1, 2], "y": 1}


def pages(content):
    return len(re.findall(rb"/Type\s*/Page\b", content))


@pytest.mark.parametrize(
    ("text", "wrt", "values", "most"), [(HINGE, "w", {"w": [3, 1], "phi": [1, 2], "y": 0.1}, 2), (FOUR, "w,V1,V2,V3", AT, 3)]
)
def test_pages_in_print(text, wrt, values, most):
    """The PDF by typst: two pages for the hinge loss, three for a network of four layers."""
    content = sd.handout(sd.parse(text), wrt.split(","), values, verify=False).rendered("pdf")
    assert content.startswith(b"%PDF") and 1 <= pages(content) <= most


@pytest.mark.parametrize(("text", "wrt", "most"), [(HINGE, "w", 2), (FOUR, "w,V1,V2,V3", 3)])
def test_pages_of_the_browser(text, wrt, most, chromium, tmp_path):
    path = tmp_path / "page.html"
    path.write_text(sd.handout(sd.parse(text), wrt.split(","), verify=False).show("html"), encoding="utf-8")
    browse(chromium, tmp_path, f"--print-to-pdf={tmp_path / 'page.pdf'}", "--no-pdf-header-footer", path.as_uri())
    assert 1 <= pages((tmp_path / "page.pdf").read_bytes()) <= most


def test_every_thing_stands_once():
    page = sd.handout(sd.parse(FOUR), ["w", "V3"], verify=False).show("markdown")
    for once in ("## The formula", "## The graph", "## The rules", "## The answer", r"\delta_{h_{3}}$ = ", "| square |", "| sigma |"):
        assert page.count(once) == 1, once


def test_a_value_with_axes_has_a_page():
    page = sd.handout("softmax(A*x + b)", ["x"], {"A": [[1, 2], [3, 4]], "x": [1, 0], "b": [0, 1]}, verify=False)
    assert "start with the identity" in page.show("markdown") and page.rendered("pdf").startswith(b"%PDF")
