"""Data from files: columns by the formula's names, and what is said of those that do not fit."""

from __future__ import annotations

import numpy as np
import pytest
from problems import X, Y

import symdiff as sd
from symdiff.descent import read


def csv(path, text):
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_columns_of_entries(tmp_path):
    found = read([csv(tmp_path / "a.csv", "phi[2], phi[1],y,\u03bb\n2,1,-1,0.5\n\n4,3,1,.25\n")])
    assert found["phi"].tolist() == [[1, 2], [3, 4]] and found["y"].tolist() == [-1, 1] and found["lambda"].tolist() == [0.5, 0.25]


def test_entries_of_a_matrix_and_lists(tmp_path):
    found = read([csv(tmp_path / "a.csv", '"A[1,1]","A[1,2]","A[2,1]","A[2,2]",x\n1,2,3,4,"[1, 2, 3]"\n5,6,7,8,"[4, 5, 6]"\n')])
    assert found["A"].tolist() == [[[1, 2], [3, 4]], [[5, 6], [7, 8]]] and found["x"].tolist() == [[1, 2, 3], [4, 5, 6]]


def test_numpy_files(tmp_path):
    np.savez(tmp_path / "a.npz", phi=X, y=Y)
    np.save(tmp_path / "x.npy", X)
    found = read([str(tmp_path / "a.npz"), str(tmp_path / "x.npy")])
    assert set(found) == {"phi", "y", "x"} and (found["x"] == X).all()


def test_one_run_from_any_file(tmp_path):
    np.savez(tmp_path / "a.npz", phi=X, y=Y)
    text = "\n".join(["phi[1],phi[2],phi[3],y", *(",".join(map(repr, [*map(float, row), float(y)])) for row, y in zip(X, Y, strict=True))])
    lists = "\n".join(["phi,y", *(f'"{list(map(float, row))}",{y}' for row, y in zip(X, Y, strict=True))])
    sources = [{"phi": X, "y": Y}, str(tmp_path / "a.npz"), csv(tmp_path / "a.csv", text), [csv(tmp_path / "b.csv", lists)]]
    runs = [sd.descend("max(1 - y*w.phi, 0)", "w", source, batch=4).weights["w"] for source in sources]
    assert all((w == runs[0]).all() for w in runs)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "has no examples"),
        ("x,y\n", "has no examples"),
        ("x,y\n1\n", "line 2 has 1 cells, the head has 2"),
        ("x,y\n1,2\n1,two\n", "line 3: y is 'two', not a number"),
        ("x,y\n1,\n", "line 2: y is empty"),
        ("x[1],x[3]\n1,2\n", "the columns of x are not all there"),
        ("x[0],x[1]\n1,2\n", "the columns of x are not all there"),
        ('x[1],"x[1,2]"\n1,2\n', "different numbers of indices"),
        ("x,x\n1,2\n", "two columns 'x'"),
        ("x[1],x\n1,2\n", "two columns 'x'"),
        ("x[1],x[1]\n1,2\n", "two columns"),
        ("x y,z\n1,2\n", "'x y' is no name of a column"),
        ('x\n"[1, 2]"\n"[1]"\n', "line 3: x has another form"),
        ('x\n"[1, 2]"\n3\n', "line 3: x has another form"),
        ('x\n"[1, [2]]"\n', "line 2: x has another form"),
        ('x\n"[1, true]"\n', "not a number"),
        ('x\n"[1, 2"\n', "not a number"),
    ],
)
def test_files_that_do_not_fit(text, message, tmp_path):
    with pytest.raises(sd.SymdiffError, match=message.replace("[", "\\[")):
        read([csv(tmp_path / "a.csv", text)])


def test_files_that_are_none(tmp_path):
    with pytest.raises(sd.SymdiffError, match="cannot read"):
        read([str(tmp_path / "none.csv")])
    for name, content, message in (
        ("a.txt", b"x", "come as"),
        ("a.npz", b"x", "not a NumPy file"),
        ("a.npy", b"", "not a NumPy file"),
        ("a.csv", b"\xff\xfe", "not UTF-8"),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(sd.SymdiffError, match=message):
            read([str(tmp_path / name)])
    with pytest.raises(sd.SymdiffError, match="as a file before it"):
        read([csv(tmp_path / "b.csv", "x\n1\n"), csv(tmp_path / "c.csv", "x\n1\n")])


def test_a_file_beyond_the_limit(tmp_path):
    with sd.limits(bytes=10), pytest.raises(sd.LimitError):
        read([csv(tmp_path / "a.csv", "x\n1\n2\n3\n4\n5\n6\n7\n")])
