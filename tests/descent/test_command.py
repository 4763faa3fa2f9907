"""`symdiff descend`: streams, files, exit statuses; pictures that stand alone."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from xml.etree import ElementTree

import numpy as np
import pytest
from problems import X, Y

import symdiff as sd
from symdiff.cli import main
from symdiff.descent.picture import level_lines, ticks

HINGE = "max(1 - y*w.phi, 0)"


@pytest.fixture
def data(tmp_path):
    np.savez(tmp_path / "train.npz", phi=X, y=Y)
    np.savez(tmp_path / "plane.npz", phi=X[:, :2], y=Y)
    return tmp_path


@pytest.fixture
def symdiff(capsys):
    def call(*arguments):
        status = main(["descend", *map(str, arguments)])
        out, err = capsys.readouterr()
        return status, out, err

    return call


def test_weights_on_standard_output(symdiff, data):
    status, out, err = symdiff(HINGE, "--wrt", "w", "--data", data / "train.npz", "--batch", 4)
    assert status == 0 and json.loads(out) == sd.descend(HINGE, "w", {"phi": X, "y": Y}, batch=4).weights["w"].tolist()
    assert "sgd, 20 epochs, 120 steps: loss 1 -> 0." in err and "y: scalar" in err


def test_several_weights_test_data_and_score(symdiff, data):
    where = data / "train.npz"
    status, out, err = symdiff(
        "h = tanh(V*phi); (w.h - y)^2", "-d", "V: matrix(4, 3)", "--wrt", "V,w", "--data", where, "--test", where, "--score", "[y*w.h > 0]",
        "--method", "adam", "--step", 0.05, "--epochs", 60, "--init", "he", "--seed", 2, "--set", "beta1=0.8",
    )  # fmt: skip
    assert status == 0 and [line[:3] for line in out.splitlines()] == ["V: ", "w: "]
    assert "test loss" in err and "score" in err.splitlines()[-1] and float(err.splitlines()[-1].split()[-1]) > 0.9


def test_json_and_a_file(symdiff, data):
    ask = [HINGE, "--wrt", "w", "--data", data / "train.npz", "--format", "json", "-o", data / "run.json", "--epochs"]
    status, out, _ = symdiff(*ask, 5)
    told = json.loads(out)
    assert status == 0 and told["schema"] == 1 and told["wrt"] == ["w"] and len(told["losses"]) == 6 and told["rule"] == "w <- w - eta*g"
    assert symdiff(*ask, 5)[1] == out
    assert json.loads(symdiff(*ask, 9)[1])["epochs"] == 9
    assert symdiff(*ask, 9, "--method", "adam")[:2] == (2, "")


def test_divergence_is_status_1(symdiff, data):
    status, out, err = symdiff(
        "(w.phi - y)^2", "--wrt", "w", "--data", data / "train.npz", "--step", 30, "--epochs", 99, "--plot", data / "l.svg"
    )
    assert (status, out) == (1, "") and "stopped: epoch " in err and "try a smaller step: --step 0.1, " in err
    assert (data / "l.svg").exists()


def test_interruption_is_status_130(symdiff, data, monkeypatch):
    from test_resume import Stop

    ask = [HINGE, "--wrt", "w", "--data", data / "train.npz", "--batch", 3]
    whole = symdiff(*ask)[1]
    with monkeypatch.context() as patch:
        Stop(patch, 31)
        status, out, err = symdiff(*ask, "-o", data / "run.json")
    assert (status, out) == (130, "") and "the same command goes on with it" in err
    assert symdiff(*ask, "-o", data / "run.json")[:2] == (0, whole)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([HINGE], "which variables are the weights"),
        ([HINGE, "--wrt", "v"], "'v' does not occur"),
        ([HINGE, "--wrt", "w"], "no data for"),
        ([HINGE, "--wrt", "w", "--data", "none.csv"], "cannot read none.csv"),
        (
            [HINGE, "--wrt", "w", "--plot", "a.png"],
            "a file .png is not written here\nhint: the name's end says what is written: .svg, .html",
        ),
        ([HINGE, "--wrt", "w", "--set", "mu"], "--set mu: this is not NAME=NUMBER"),
        ([HINGE, "--wrt", "w", "--method", "lion"], "is not one of"),
        ([HINGE, "--wrt", "w", "--order", "2"], "`symdiff descend` has no option --order"),
        ([HINGE, "--wrt", "w", "--at", "y=[[1"], "not a number"),
        ([], "no formula"),
    ],
)
def test_bad_input(arguments, message, symdiff):
    status, out, err = symdiff(*arguments)
    assert (status, out) == (2, "") and message in err and "Traceback" not in err


@pytest.mark.parametrize(
    ("head", "hint"),
    [
        ("phi1,phi2,y", "the head has phi1, phi2; the entries of phi are called phi[1], phi[2]"),
        ("age,mass,label", "the data have age, mass, label: name the columns as the formula does"),
        ("phi[1];phi[2];y", "the cells are divided by semicolons\nhint: commas divide the cells"),
    ],
)
def test_columns_of_other_names(head, hint, symdiff, tmp_path):
    (tmp_path / "a.csv").write_text(f"{head}\n{';'.join('121') if ';' in head else '1,2,1'}\n", encoding="utf-8")
    status, out, err = symdiff(HINGE, "--wrt", "w", "--data", tmp_path / "a.csv")
    assert (status, out) == (2, "") and hint in err


def test_help(capsys):
    assert main(["descend", "--help"]) == 0
    assert "--init" in capsys.readouterr().out
    assert main(["--help"]) == 0
    assert "  descend     weights that make" in capsys.readouterr().out


class Checked(HTMLParser):
    """Every tag that is opened is closed, but for those of HTML that are not."""

    def __init__(self):
        super().__init__()
        self.open = []

    def handle_starttag(self, tag, attrs):
        if tag not in ("meta", "input"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_pictures(symdiff, data):
    status, _, _ = symdiff(
        HINGE, "--wrt", "w", "--data", data / "plane.npz", "--batch", 4, "--plot", data / "a.svg", "--plot", data / "a.html"
    )
    assert status == 0
    tree = ElementTree.fromstring((data / "a.svg").read_text(encoding="utf-8"))
    words = [e.text for e in tree.iter("{http://www.w3.org/2000/svg}text")]
    assert {"Loss", "Norm of the gradient", "Level lines and path", "epoch", "w"} <= set(words)
    assert len(list(tree.iter("{http://www.w3.org/2000/svg}circle"))) == 21  # the path: the start of each epoch, and the end
    page = (data / "a.html").read_text(encoding="utf-8")
    parser = Checked()
    parser.feed(page)
    assert not parser.open and 'type="range" min="0" max="20"' in page and "http" not in page.replace("http://www.w3.org/2000/svg", "")


def test_a_name_in_a_page_is_no_markup(data):
    run = sd.descend("a = w.x; [a < 1]*a^2", "w", {"x": X})
    run.plot(str(data / "a.html"))
    page = (data / "a.html").read_text(encoding="utf-8")
    assert "[a &lt; 1]" in page and "[a < 1]" not in page


def test_level_lines_of_a_cone():
    axis = np.linspace(-1, 1, 41)
    field = np.hypot(*np.meshgrid(axis, axis))
    points = [((x - 20) / 20, (y - 20) / 20) for a, b, c, d in level_lines(field, 0.5) for x, y in ((a, b), (c, d))]
    assert len(points) > 100 and all(abs(np.hypot(*p) - 0.5) < 2e-3 for p in points)


@pytest.mark.parametrize(("low", "high"), [(0, 20), (-3e-7, 2e-7), (1e9, 1.5e9), (0, 1), (-7, 1000)])
def test_ticks_are_round_and_few(low, high):
    found = ticks(low, high, 6)
    assert 2 <= len(found) <= 7 and all(low - 1e-12 <= t <= high + 1e-12 for t in found) and all(len(f"{t:g}") < 10 for t in found)
