"""Wrong answers that are wrong only where several things meet: equations, bounds of several entries, regions that are small in two variables."""

import pytest

import symdiff as sd


@pytest.mark.parametrize(
    "row",
    [
        "x^2*y | x | 2*x*y*(1 + [x == 2.5 and y == -1])",
        "x^2*y | x | 2*x*y*(1 + [x == 2.5]*[y == -1])",
        "x: vector(n); x.x | x | 2*x*(1 + [x[1] == 5 and sum(x) == 1.5])",
        "x*y | x | y*(1 + exp(-1e5*((x - 2)^2 + (y - 7)^2)))",
        "x*y*z | x | y*z*(1 + exp(-1e4*((x - 2)^2 + (y - 7)^2 + (z + 3)^2)))",
        "w, x: vector(n); w.x | w | x*(1 + exp(-1e5*((sum(w) - 20)^2 + (sum(x) - 10)^2)))",
        "w, x: vector(n); w.x | w | x*(1 + exp(-1e4*norm2(w - 2)^2))",
        "x: vector(n); x.x | x | 2*x*(1 + [norm2(x - tensor(i=1..n,i^2)) < 0.001])",
        "w, x: vector(n); w.x | w | x*(1 + [norm2(w - 3*x) < 0.001]*[norm2(x) > 50])",
        "w, x: vector(n); w.x | w | x*(1 + [w[1] > 2 and w[1] < 2.001 and w[2] > 3 and w[2] < 3.001])",
        "x^2 | x | 2*x*(1 + relu(sin(x) - 0.999)*relu(x - 100))",
    ],
)
def test_what_is_wrong_where_several_things_meet(row):
    assert sd.check(*row.split(" | ")).correct is False


@pytest.mark.parametrize(
    "row",
    [
        "x^2*y | x | 2*x*y + [x == 2.5 and y == -1]*(x - 2.5)",
        "x*y | x | y*(1 + 0*exp(-1e5*((x - 2)^2 + (y - 7)^2)))",
        "max(x, y) | x | [x > y and x - y > 0]",
        "x: vector(n); x.x | x | 2*x*([x[1] > 2]*[x[2] > 3] + [x[1] > 2]*[x[2] <= 3] + [x[1] <= 2])",
        "x: vector(n); x.x | x | 2*x*[n*max(x) >= sum(x)]*[n*min(x) <= sum(x)]",
        "x: vector(n); x.x | x | 2*x*[n*norminf(x) >= norm1(x)]",
        "x^2 | x | 2*x*[arctan(x) > -pi/2]*[2*arctan(x) < pi]*[abs(arctan(x)) < pi/2]",
        "x^2 | x | 2*x*[arccot(x) < pi]",
    ],
)
def test_what_is_right_where_they_meet(row):
    assert sd.check(*row.split(" | ")).correct is True


@pytest.mark.parametrize(
    "row",
    [
        "x: vector(n); x.x | x | 2*x*[(n - 1)*max(x) >= sum(x)]",
        "x, y: vector(n); x.y | x | y*[n*max(x) >= sum(y)]",
        "x^2 | x | 2*x*[arctan(x) > -pi/3]",
        "x^2 | x | 2*x*[2*arctan(x) < pi/2]",
        "x^2 | x | 2*x*[abs(arctan(x)) < pi/4]",
    ],
)
def test_inequalities_that_hold_nearly_always(row):
    assert sd.check(*row.split(" | ")).correct is False
