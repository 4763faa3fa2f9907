"""Every function of the table is read when it is typed as the cheat sheet writes it, or refused with a reason; nothing else comes out."""

import pytest

import symdiff as sd
from symdiff.teach.cheatsheet import sheet


@pytest.mark.parametrize("entry", sheet(), ids=lambda entry: entry.name)
def test_a_line_of_the_cheat_sheet_is_read_or_refused(entry):
    try:
        f = sd.parse(entry.formula)
    except sd.SymdiffError as error:
        assert error.message
    else:
        assert f.expr is not None


def test_duplication_of_a_matrix_has_its_sizes():
    assert sd.parse("duplication_of(eye(3))").shape == (9, 6)
    f = sd.parse("E: matrix(n, n); duplication_of(E)*v")
    assert f.types["v"].shape == ("n/2+n*n/2",) and f.shape == (("n", "n"),)
