"""The table knows what the language promises: this list is a copy of the language page's own, by hand."""

import subprocess
import sys

import pytest

from symdiff.table import BUILT_IN, TABLE, Row, Table

LISTS = """
    exp log ln log2 log10 log1p expm1 sqrt cbrt abs sign sin cos tan cot sec csc
    arcsin arccos arctan arccot arcsec arccsc asin acos atan acot asec acsc sinh cosh tanh coth sech csch
    arcsinh arccosh arctanh arccoth arcsech arccsch asinh acosh atanh acoth asech acsch
    sigma sigmoid logistic relu leaky_relu elu selu softplus softsign silu swish mish gelu hardtanh
    step erf erfc erfinv gamma lgamma digamma polygamma floor ceil round
    max min pow atan2 hypot clip if huber logaddexp xlogy;

    sum mean prod max min norm1 norm2 norm norminf logsumexp softmax log_softmax var std dot outer cross diag tr trace
    det logdet inv transpose vec kron cumsum vector matrix ones eye rowsum colsum rowmax rowmin rowprod unit zeros size rows cols tensor;

    hinge squared logloss zero_one cross_entropy bce;

    lt le gt ge eq ne and or not"""
ELEMENTWISE, WHOLE, LOSSES, CONDITIONS = [part.split() for part in LISTS.split(";")]


@pytest.mark.parametrize("name", sorted({*ELEMENTWISE, *WHOLE, *LOSSES, *CONDITIONS}))
def test_every_function_of_the_language_is_known(name):
    assert name in TABLE or name in BUILT_IN


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_elementwise_functions_are_elementwise_rows(name):
    assert TABLE[name].elementwise


def test_no_function_is_both_a_row_and_built_in():
    assert not [name for name in BUILT_IN if name in TABLE]


@pytest.mark.parametrize(
    "alias, name", [("ln", "log"), ("sigmoid", "sigma"), ("logistic", "sigma"), ("swish", "silu"), ("norm", "norm2"), ("asin", "arcsin")]
)
def test_aliases_lead_to_one_row(alias, name):
    assert TABLE[alias] is TABLE[name]


def test_functions_of_one_argument_that_share_a_name_say_how_they_are_typed():
    assert {row.spelled: row.name for row in TABLE if row.spelled} == {"max": "max_entries", "min": "min_entries", "norm": "normp"}


@pytest.mark.parametrize("name, args, defaults", [("leaky_relu", 2, ("0.01",)), ("elu", 2, ("1",)), ("var", 2, ("0",)), ("clip", 3, ())])
def test_arity_and_defaults(name, args, defaults):
    assert (len(TABLE[name].args), TABLE[name].defaults) == (args, defaults)


def test_a_name_is_entered_once():
    table = Table()
    table.add(Row("f", ("x",), ("1",), aliases=("g",)))
    for taken in (Row("g", ("x",), ("2",)), Row("h", ("x",), ("2",), aliases=("f",))):
        with pytest.raises(ValueError, match="has a row for"):
            table.add(taken)
    assert len(table) == 1 and "h" not in table


def test_the_table_is_plain_data():
    """Importing it costs no library: it stands below everything, in every start of the program."""
    code = "import sys, {}; print(sorted({{m.split('.')[0] for m in sys.modules}} & set(sys.argv[1:])))"
    heavy = ["numpy", "scipy", "sympy", "lark", "flint", "click", "dataclasses", "inspect"]

    def loaded(module):
        return subprocess.run([sys.executable, "-c", code.format(module), *heavy], check=True, capture_output=True, text=True).stdout

    assert loaded("symdiff.table").strip() == "[]"
    assert "lark" in loaded("lark")  # the check itself can fail
