"""A class graded: every row has its mark, equal answers once, equal slips together, nothing lost, nothing run."""

from __future__ import annotations

import csv
import io
import json
import xml.etree.ElementTree as ET
from fractions import Fraction
from pathlib import Path

import pytest

import symdiff as sd
from symdiff.cli import main
from symdiff.course import grade as room
from symdiff.course.answers import meant, numbers, same, word
from symdiff.course.grade import Submitted, grade_class, read_answers
from symdiff.course.marking import Marker
from symdiff.course.sheet import read_sheet

HERE = Path(__file__).parent
SMALL = HERE / "small.toml"
ANSWERS: list[tuple[str, str, str]] = [
    ("ada", "square", "4*a^3"),
    ("bob", "square", "4a³"),
    ("cy", "square", "-4*a^3"),
    ("dee", "square", "-4*a*b"),
    ("ada", "least", "2*A'*(A*x - b)"),
    ("bob", "least", "2*A*(A*x - b)"),
    ("cy", "least", "2*A*(A*x-b)"),
    ("dee", "least", "2A(Ax - b)"),
    ("ada", "square.value.L", "16"),
    ("ada", "square.nothing", "16"),
    ("ada", "cube", "16"),
    ("cy", "square", "4*a^3"),
    ("eve", "square", "<script>alert(1)</script>"),
    ("eve", "least", ""),
    ("eve", "least.hessian", "=cmd|' /C calc'!A0"),
    ("eve", "net-1.gradient.w", "2*r*h"),
]


@pytest.fixture(scope="module")
def marks() -> room.Marks:
    return grade_class(SMALL, ANSWERS, workers=1)


def test_every_row_has_its_mark(marks: room.Marks) -> None:
    assert [(r.row.student, r.row.answer) for r in marks.rows] == [(s, a) for s, _, a in ANSWERS]
    assert [r.mark.mark for r in marks.rows] == [
        "correct", "loose", "wrong", "wrong", "correct", "wrong", "wrong", "wrong", "correct", "failed", "failed", "correct", "unreadable", "empty", "unreadable", "correct",
    ]  # fmt: skip
    assert marks.failed == 2
    assert marks.rows[2].later == 12 and marks.rows[2].points == 0 and marks.rows[11].points == 2
    assert marks.totals == {"ada": Fraction(3) + Fraction(1, 2), "bob": 2, "cy": 2, "dee": 0, "eve": 1}


def test_equal_slips_are_counted_together(marks: room.Marks) -> None:
    told = {(s.problem, s.count, s.of): s.diagnosis for s in marks.slips}
    assert told["least.gradient", 3, 4] == "a transpose is forgotten"
    assert ("square.gradient", 1, 5) in told  # dee's; cy's first answer does not count
    assert str(marks.slips[-1]).startswith("1 of ")


def test_equal_answers_are_graded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    plain = Marker.__call__

    def counted(self: Marker, name: str, answer: str) -> object:
        asked.append(answer)
        return plain(self, name, answer)

    monkeypatch.setattr(Marker, "__call__", counted)
    found = grade_class(SMALL, [(f"s{k}", "square", "4*a^3" if k % 2 else "a^4") for k in range(40)], workers=1)
    assert sorted(asked) == ["4*a^3", "a^4"] and len(found.rows) == 40


def test_processes_give_the_same_marks(marks: room.Marks) -> None:
    spread = grade_class(SMALL, ANSWERS, workers=2)
    assert [r.mark for r in spread.rows] == [r.mark for r in marks.rows]


def test_a_lost_process_is_one_rows_fault() -> None:
    from concurrent.futures import BrokenExecutor, Future, ThreadPoolExecutor

    class Fragile(ThreadPoolExecutor):
        def submit(self, fn, /, *args, **kwargs):  # type: ignore[no-untyped-def]
            if any(item[2] == "lost" for item in args[0]):
                future: Future[object] = Future()
                future.set_exception(BrokenExecutor("gone"))
                return future
            return super().submit(fn, *args, **kwargs)

    with Fragile(2) as executor:
        found = grade_class(SMALL, [("a", "square", "4*a^3"), ("b", "square", "lost"), ("c", "square", "a")], executor=executor)
    assert [r.mark.mark for r in found.rows] == ["correct", "failed", "wrong"]
    assert "was lost" in found.rows[1].mark.diagnosis


def test_tables_in_every_dress(tmp_path: Path) -> None:
    sheet = read_sheet(SMALL)
    path = tmp_path / "answers.csv"
    wanted = [("ada", "square", "4*a^3"), ("bob", "square", "2,5")]
    for content in (
        b'student,problem,answer\nada,square,4*a^3\nbob,square,"2,5"\n',
        b"Name;Question;Response;Extra\r\nada;square;4*a^3;x\r\nbob;square;2,5;y\r\n",
        "\ufeffstudent\tproblem\tanswer\nada\tsquare\t4*a^3\nbob\tsquare\t2,5\n".encode(),
        'student,problem,answer\nada,square,4*a^3\nbob,square,"2,5"\n'.encode("utf-16"),
        b'answer,student,problem\n4*a^3,ada,square\n"2,5",bob,square\n\n',
        b'student,square\nada,4*a^3\nbob,"2,5"\n',
    ):
        path.write_bytes(content)
        assert [(r.student, r.problem, r.answer) for r in read_answers(path, sheet)] == wanted
    for content, said in ((b"", "is empty"), (b"a,b\n1,2\n", "no columns student, problem and answer"), (b"\xe9\n", "not UTF-8")):
        path.write_bytes(content)
        with pytest.raises(sd.SymdiffError, match=said):
            read_answers(path, sheet)
    path.write_bytes(b"student,problem,answer\nada,square\n,square,3\nada,,3\n" + b"bob,square," + b"9" * 200_000 + b"\n")
    rows = read_answers(path, sheet)
    assert [bool(r.fault) for r in rows] == [True, True, True, False] and rows[-1].line == 5
    found = grade_class(sheet, rows, workers=1)
    assert [r.mark.mark for r in found.rows] == ["failed", "failed", "failed", "unreadable"]
    assert "200,000 characters" in found.rows[-1].mark.diagnosis


def test_csv_json_and_html(marks: room.Marks) -> None:
    read = list(csv.DictReader(io.StringIO(marks.show("csv"))))
    assert len(read) == len(ANSWERS) and read[0]["mark"] == "correct" and read[0]["points"] == "2"
    assert read[14]["answer"].startswith("'=cmd")  # no formula of a spreadsheet
    told = json.loads(marks.show("json"))
    assert told["failed"] == 2 and told["students"]["bob"] == 2.0 and len(told["marks"]) == len(ANSWERS)
    page = marks.show("html")
    assert "<script" not in page and "&lt;script&gt;" in page
    for name in ("ada", "bob", "eve"):
        assert f">{name}<" not in page and f">{name}<" in marks.show("html", names=True)
    assert len(set(marks.numbers.values())) == 5
    svg = page[page.index("<svg") : page.index("</svg>") + 6]
    assert sum("4 of 5 right" not in t for t in [svg]) == 1 and "of 5 right" in svg
    ET.fromstring(svg)
    with pytest.raises(sd.SymdiffError, match="there is no format"):
        marks.show("pdf")


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answers, out = tmp_path / "answers.csv", tmp_path / "marks.html"
    answers.write_text("student,problem,answer\nada,square,4*a^3\nbob,square,a\n", encoding="utf-8")
    assert main(["grade", str(SMALL), str(answers), "-o", str(out), "--jobs", "1"]) == 0
    assert "2 students, 2 answers, 1 right, 0 failed" in capsys.readouterr().err
    assert out.read_text(encoding="utf-8").startswith("<!doctype html>")
    answers.write_text("student,problem,answer\nada,square,4*a^3\nbob,cube,a\n", encoding="utf-8")
    assert main(["grade", str(SMALL), str(answers), "--format", "json", "--jobs", "1"]) == 1
    told = capsys.readouterr()
    assert json.loads(told.out)["failed"] == 1 and "line 3: the sheet has no problem 'cube'" in told.err
    for table in ("student,problem,answer\nada,1,4*a^3\nada,1.gradient.a,4*a^3\n", "student,1\nada,4*a^3\n"):  # as the sheet prints them
        answers.write_text(table, encoding="utf-8")
        assert main(["grade", str(SMALL), str(answers), "--format", "json", "--jobs", "1"]) == 0
        assert "0 right" not in capsys.readouterr().err
    assert main(["grade", str(SMALL)]) == 2
    assert main(["grade", str(SMALL), str(tmp_path / "none.csv")]) == 2
    assert main(["grade", str(SMALL), str(answers), "-o", str(tmp_path / "marks.pdf")]) == 2


@pytest.mark.parametrize(
    ("typed", "wanted", "verdict"),
    [
        ("2", 2, True), ("2.0", 2, True), ("4/2", 2, True), ("2.001", 2, True), ("2.1", 2, False), ("300", 301, False), ("0.333", Fraction(1, 3), True), ("1/3", Fraction(1, 3), True),
        ("0.3", Fraction(1, 3), False), ("0", 0, True), ("0.001", 0, False), ("0.731", 0.7310585786, True), ("0.73", 0.7310585786, True), ("0.7", 0.7310585786, False), ("sqrt(2)/2", 0.70710678, True),
        ("[1, 2]", [1, 2], True), ("1 2", [1, 2], True), ("(1;2)", [1, 2], True), ("[[1],[2]]", [1, 2], True), ("[2, 1]", [1, 2], False), ("[1, 2, 3]", [1, 2], False), ("[1 2; 3 4]", [[1, 2], [3, 4]], True),
        ("[[1, 3], [2, 4]]", [[1, 2], [3, 4]], False), (r"\begin{pmatrix}1 & 2\\3 & 4\end{pmatrix}", [[1, 2], [3, 4]], True), ("[1, 2, 3, 4]", [[1, 2], [3, 4]], False), ("x = 5", 5, True), ("−2", -2, True),
    ],
)  # fmt: skip
def test_numbers(typed: str, wanted: object, verdict: bool) -> None:
    assert same(numbers(typed), wanted) is verdict


def test_what_an_answer_may_mean() -> None:
    assert list(meant("$2r$")) == ["$2r$", "2r"]
    assert list(meant("dL/dw = 2*r = 2*(w.x)"))[-1] == "2*(w.x)"
    assert list(meant("2*r*x where r = w.x - y"))[-1] == "2*(w.x - y)*x"
    assert list(meant("[a <= b]")) == ["[a <= b]"]
    assert list(meant("a == b")) == ["a == b"]
    assert (word("It is NOT convex!"), word("strictly convex"), word("convex and concave"), word("hm")) == (
        "not-convex",
        "convex",
        "affine",
        "",
    )


def test_a_problem_by_its_own_name_means_its_derivative() -> None:
    sheet = read_sheet(SMALL)
    assert Marker(sheet.problem("square")).question("square") == "square.gradient"
    assert Marker(sheet.problem("square")).question("square.gradient.a") == "square.gradient"
    assert Marker(sheet.problem("least")).question("hessian") == "least.hessian"
    with pytest.raises(sd.SymdiffError, match="several derivatives"):
        Marker(sheet.problem("net-1")).question("net-1")


def test_rows_may_be_given_in_python() -> None:
    found = sd.grade_class(read_sheet(SMALL), [Submitted("ada", "square", "4*a^3", 7)], workers=1)
    assert found.rows[0].mark.right and found.rows[0].row.line == 7


def test_nodes_are_called_what_the_page_calls_them(tmp_path: Path) -> None:
    """`n4` is a part of the name of a blank; no page shows it beside a box."""
    path = tmp_path / "boxes.toml"
    path.write_text(
        'title = "B"\n[[problem]]\nid = "b"\nformula = "exp(-a)^2 + a*exp(-a)"\nwrt = "a"\nat = {a = 2}\nasks = ["edges", "values"]\n',
        encoding="utf-8",
    )
    (p,) = read_sheet(path).problems
    marks, record = Marker(p), p.record
    values = [b for b in record.blanks if b.ask == "values"]
    diagnoses = [marks(b.id, other.text).diagnosis for b in values for other in values if b.id != other.id]
    assert "this is the forward value of `exp(-a)`" in diagnoses and not any("of n" in d for d in diagnoses)
    edge = next(b for b in record.blanks if b.ask == "edges")
    assert marks(edge.id, "exp(-a)").diagnosis == "this is the local derivative on another edge, `a*exp(-a)` to a"


def test_letters_after_wrt_are_those_of_the_formula(tmp_path: Path) -> None:
    path = tmp_path / "greek.toml"
    path.write_text('title = "G"\n[[problem]]\nid = "g"\nformula = "θ^2*λ"\nwrt = ["θ", "λ"]\nasks = ["gradient"]\n', encoding="utf-8")
    (p,) = read_sheet(path).problems
    assert p.wrt == ("theta", "lambda")
    assert [Marker(p)(b.id, b.text).right for b in p.record.blanks] == [True, True]
