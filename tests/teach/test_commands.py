"""`symdiff graph` and `symdiff handout`: files, streams and exit statuses."""

import pytest

HINGE = "max(1 - y*w.phi, 0)"
POINT = ("--at", "w=[3,1]", "--at", "phi=[1,2]", "--at", "y=0.1")


def test_a_picture_on_standard_output_and_types_beside_it(symdiff):
    status, out, err = symdiff("graph", HINGE, "--wrt", "w")
    assert status == 0 and out.startswith("<svg") and out.endswith("</svg>\n")
    assert "y: scalar" in err


@pytest.mark.parametrize(
    ("form", "begin"),
    [("svg", b"<svg"), ("png", b"\x89PNG"), ("pdf", b"%PDF"), ("dot", b"digraph"), ("tikz", b"\\begin"), ("mmd", b"flow")],
)
def test_the_extension_says_what(symdiff, tmp_path, form, begin):
    path = tmp_path / f"hinge.{form}"
    assert symdiff("graph", HINGE, "--wrt", "w", "-o", str(path))[:2] == (0, "")
    assert path.read_bytes().startswith(begin)


def test_numbers_shapes_and_theme(symdiff):
    plain = symdiff("graph", HINGE, "--wrt", "w")[1]
    full = symdiff("graph", HINGE, "--wrt", "w", *POINT, "--shapes", "--theme", "dark")[1]
    assert "<title>w; shape size(w); forward [3, 1]; backward [−0.1, −0.2]</title>" in full
    assert "#16181c" in full and "prefers-color-scheme" not in full
    assert "forward" not in plain.split("</style>")[1] and "shape" not in plain.split("</style>")[1]


def test_one_reading_for_the_types_and_the_answer(symdiff):
    """Version 0.1 said on one stream that A is a matrix and on the other that it is a scalar."""
    for command in ("steps", "backward"):
        status, out, err = symdiff(command, "A*x", "--wrt", "x")
        assert status == 0 and "A: matrix" in err and "d(y)/d(x) = A" in out + out.replace("dx = A", "d(y)/d(x) = A")


def test_frames(symdiff, tmp_path):
    status, out, err = symdiff("graph", HINGE, "--wrt", "w", "--frames", str(tmp_path / "frames"))
    names = sorted(p.name for p in (tmp_path / "frames").iterdir())
    assert (status, out) == (0, "") and names == [f"0{k}.svg" for k in range(len(names))]
    assert f"{len(names)} pictures in" in err and len(names) == 6


def test_a_page(symdiff, tmp_path):
    path = tmp_path / "hinge.html"
    status, out, err = symdiff("handout", HINGE, "--wrt", "w", *POINT, "--title", "A <title>", "-o", str(path))
    page = path.read_text(encoding="utf-8")
    assert (status, out) == (0, "") and "verified by SymPy: exact" in err
    assert "<h1>A &lt;title&gt;</h1>" in page and page.count("</html>") == 1
    assert symdiff("handout", HINGE, "--wrt", "w", "--no-verify")[1].startswith("<!doctype html>")
    assert symdiff("handout", HINGE, "--wrt", "w", "--no-verify", "-o", str(tmp_path / "a.md"))[0] == 0
    assert "## The answer" in (tmp_path / "a.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("graph", HINGE, "--wrt", "w", "-o", "hinge.gif"),
            "cannot write hinge.gif: a file .gif is not written here\nhint: the name's end says what is written: .svg, .png",
        ),
        (("graph", HINGE, "--wrt", "w", "-o", "hinge"), "cannot write hinge: a file without an ending is not written here"),
        (("graph", HINGE, "--wrt", "w", "--at", "w=[3,1]"), "no value"),
        (("graph", HINGE, "--wrt", "q"), "'q' does not occur in the formula"),
        (("graph", HINGE, "--wrt", "w", "--frames", "/proc/frames"), "cannot write /proc/frames"),
        (
            ("handout", HINGE, "--wrt", "w", "-o", "hinge.docx"),
            "cannot write hinge.docx: a file .docx is not written here\nhint: the name's end says what is written: .html",
        ),
    ],
)
def test_refusals(symdiff, arguments, message):
    status, out, err = symdiff(*arguments)
    assert (status, out) == (2, "") and err.startswith(f"symdiff: {message}"), err
