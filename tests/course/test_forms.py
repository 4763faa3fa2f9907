"""Every form of a sheet, opened: what is asked stands there, the worksheet tells no answer, and the key tells them all."""

import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest

import symdiff as sd
from symdiff.cli import main
from symdiff.course.blocks import page
from symdiff.course.sheet import Sheet
from symdiff.course.sheetfile import read_sheet
from symdiff.errors import SymdiffError

LECTURE = Path(__file__).parents[2] / "examples" / "course" / "sheet.toml"
SMALL = """
title = "Two <problems> & more"
course = "A $course"
[[problem]]
title = "The hinge"
text = "**Bold** words, *soft* ones, `code`, $w.phi$ and $\\\\frac{1}{2} w^\\\\top w$.\\n\\n1. one\\n2. two\\n\\n$$m = y*w.phi$$"
formula = "score = w.phi; margin = y*score; max(1 - margin, 0)"
wrt = "w"
at = {w = [2, -1], phi = [2, 1], y = -1}
asks = ["edges", "values", "gradient", "check", "convex"]
wrong = "-y*phi"
points = 12.5
hints = ["Look at $max(u, 0)$."]
[[problem]]
formula = "norm2(X*w - y)^2"
wrt = "w"
asks = ["hessian"]
"""
KINDS = ("sheet", "key", "solutions")


@pytest.fixture(scope="module")
def sheet(tmp_path_factory: pytest.TempPathFactory) -> Sheet:
    path = tmp_path_factory.mktemp("sheet") / "sheet.toml"
    path.write_text(SMALL, encoding="utf-8")
    return read_sheet(path)


class Opened(HTMLParser):
    """Elements that are open and closed in order; fields and where their names are told."""

    void = frozenset(("meta", "input", "br", "img", "link"))

    def __init__(self, text: str) -> None:
        super().__init__()
        self.stack: list[str] = []
        self.fields: dict[str, str] = {}
        self.ids: list[str] = []
        self.words = ""
        self.feed(text)
        self.close()
        assert not self.stack

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag not in self.void:
            self.stack.append(tag)
        if tag in ("input", "textarea") and "data-blank" in given:
            assert given["aria-label"]
            self.fields[str(given["data-blank"])] = tag
        if given.get("id"):
            self.ids.append(str(given["id"]))
        assert not str(given.get("src", given.get("href", "#"))).startswith("http")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.stack.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


def test_the_worksheet_has_a_field_for_every_blank(sheet: Sheet) -> None:
    text = sheet.html()
    opened = Opened(text)
    assert set(opened.fields) == {b.id for p in sheet.problems for b in p.record.blanks}
    assert len([i for i in opened.ids if i.startswith("p")]) == len({i for i in opened.ids if i.startswith("p")})
    assert "Two <problems> & more" in opened.words and "<script" not in text


def test_the_worksheet_tells_no_answer(sheet: Sheet) -> None:
    """Not in a picture either: local derivatives, values of inner nodes and the marks of derivations."""
    for form in ("html", "markdown", "latex", "exam", "notebook", "typst"):
        text = sheet.rendered(form).decode()
        if form != "exam":  # there \noprintanswers hides them
            assert "It is wrong" not in text and "Convex" not in text
        assert "score = 3" not in text and "= -3" not in text
    drawing = next(b for b in page(sheet).items[0].blocks if type(b).__name__ == "Figure").drawing(False)
    told = {a.local.unicode for a in drawing.arcs if a.active and a.local}
    assert told == {"____"} and all(r.kind == "name" for box in drawing.boxes for r in box.remarks)


def test_the_key_is_the_filled_twin(sheet: Sheet) -> None:
    """The same blocks, with the answers of the record in the gaps."""
    empty, filled = page(sheet, "sheet"), page(sheet, "key")
    assert [[type(b) for b in i.blocks if type(b).__name__ != "Hint"] for i in empty.items] == [
        [type(b) for b in i.blocks] for i in filled.items
    ]
    opened = Opened(sheet.html("key"))
    assert not opened.fields and "It is wrong: the indicator" in opened.words and "Convex in w." in opened.words
    told = {b.id for p in sheet.problems for b in p.record.blanks if b.ask != "edges"}
    assert set(re.findall(r'data-blank="([^"]+)"', sheet.html("key"))) == told
    assert "verified by SymPy" in sheet.html("solutions") and "verified" not in sheet.html("key")


@pytest.mark.parametrize("kind", KINDS)
def test_pdf(sheet: Sheet, kind: str) -> None:
    assert sheet.pdf(kind).startswith(b"%PDF-")
    assert sheet.rendered("pdf", kind) == sheet.rendered("pdf", kind), "the same bytes"


def test_the_lecture_fits_its_pages() -> None:
    lecture = sd.sheet(LECTURE)
    pages = {kind: len(re.findall(rb"/Type\s*/Page\b(?!s)", lecture.pdf(kind))) for kind in ("sheet", "key")}
    assert 0 < pages["sheet"] <= 3 and 0 < pages["key"] <= 4


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no pdflatex")
@pytest.mark.parametrize("kind", KINDS)
def test_latex_compiles(sheet: Sheet, kind: str, tmp_path: Path) -> None:
    forms = ["latex"]
    if shutil.which("kpsewhich") and subprocess.run(["kpsewhich", "exam.cls"], capture_output=True, check=False).stdout:
        forms.append("exam")
    for form in forms:
        (tmp_path / f"{form}.tex").write_bytes(sheet.rendered(form, kind))
        done = subprocess.run(
            ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", f"{form}.tex"],
            cwd=tmp_path,
            capture_output=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-2000:]


def test_the_exam_class_has_its_own_points(sheet: Sheet) -> None:
    text = sheet.latex(exam=True)
    assert r"\documentclass[addpoints]{exam}" in text and r"\noprintanswers" in text and r"\printanswers" in sheet.latex("key", exam=True)
    assert (
        text.count(r"\question") == 2
        and text.count(r"\part[2\half]") == 5
        and text.count(r"\begin{parts}") == text.count(r"\end{parts}") == 1
    )
    assert text.count(r"\begin{solutionorlines}") == text.count(r"\end{solutionorlines}") == 4


@pytest.mark.parametrize("kind", KINDS)
def test_the_notebook_runs(sheet: Sheet, kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    book = json.loads(sheet.notebook(kind))
    assert book["nbformat"] == 4 and len({c["id"] for c in book["cells"]}) == len(book["cells"])
    space: dict[str, object] = {}
    for cell in book["cells"]:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), space)
    said = capsys.readouterr().out.split("\n")
    assert said == ([""] if kind == "sheet" else ["correct", "correct", ""])


def test_markdown(sheet: Sheet) -> None:
    text = sheet.markdown()
    assert "| name | operation | forward | backward |" in text and "```mermaid" in text and text.replace("\\$", "").count("$") % 2 == 0
    assert r"**Bold** words, *soft* ones, `code`, $w \cdot \phi$" in text and "\n1. one\n" in text


def test_slides_reveal_both_passes(sheet: Sheet) -> None:
    text = sheet.html("slides")
    opened = Opened(text)
    assert "It is wrong" not in opened.words, "what is not shown is not judged"
    slides = re.findall(r'<section class="slide" data-steps="(\d+)"', text)
    steps = [len(p.record.lesson.backward) + sum(not n.leaf for n in p.record.lesson.nodes) for p in sheet.problems]
    assert [int(s) for s in slides] == steps
    for chunk, count in zip(text.split('<section class="slide" ')[1:], steps, strict=True):
        assert {int(k) for k in re.findall(r'data-step="(\d+)"', chunk)} <= set(range(1, count + 1)) and chunk.count(
            "<li data-text"
        ) == count
    assert sheet.pdf("slides").startswith(b"%PDF-")
    with pytest.raises(SymdiffError, match="slides are not written as markdown"):
        sheet.markdown("slides")


def test_what_there_is_not(sheet: Sheet) -> None:
    with pytest.raises(SymdiffError, match="a sheet cannot be written as 'doc'"):
        sheet.rendered("doc")
    with pytest.raises(SymdiffError, match="there is no 'answers' of a sheet"):
        sheet.html("answers")


# ---------------------------------------------------------------------------------------------- the command


def test_the_command_writes_what_the_ending_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "s.toml"
    source.write_text(SMALL, encoding="utf-8")
    for options, name, start in (
        ([], "a.pdf", b"%PDF"),
        (["--key"], "b.md", b"# Two"),
        (["--solutions"], "c.tex", b"\\documentclass{article}"),
        (["--slides"], "d.html", b"<!doctype"),
    ):
        assert main(["sheet", str(source), *options, "-o", str(tmp_path / name)]) == 0
        assert (tmp_path / name).read_bytes().startswith(start)
    capsys.readouterr()
    assert main(["sheet", str(source), "--format", "exam"]) == 0
    assert capsys.readouterr().out.startswith("\\documentclass[addpoints]{exam}")
    assert main(["sheet", str(source), "--variants", "2", "--seed", "1", "-o", str(tmp_path / "v.md")]) == 0
    assert sorted(p.name for p in tmp_path.glob("v-*.md")) == ["v-1-key.md", "v-1.md", "v-2-key.md", "v-2.md"]
    before = {p.name: p.read_bytes() for p in tmp_path.glob("v-*.md")}
    assert main(["sheet", str(source), "--variants", "2", "--seed", "1", "-o", str(tmp_path / "v.md")]) == 0
    assert before == {p.name: p.read_bytes() for p in tmp_path.glob("v-*.md")}, "the same seed, the same bytes"
    assert b"variant 2" in before["v-2.md"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--key", "--slides"], "--key, --solutions and --slides are three files"),
        (["--seed", "3"], "--seed chooses the numbers of variants"),
        (["--format", "pdf"], "a pdf is written to a file"),
        (["--variants", "2"], "variants are written to files"),
        (["-o", "x.doc"], "a file .doc is not written here"),
    ],
)
def test_what_the_command_refuses(arguments: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "s.toml"
    source.write_text(SMALL, encoding="utf-8")
    assert main(["sheet", str(source), *arguments]) == 2
    assert message in capsys.readouterr().err
