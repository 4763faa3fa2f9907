"""The mathematics of rulebook and table is altered, one slip at a time; the checks notice every mutant (see run.py)."""

from tests.mutation.run import EQUAL, run

# Rows whose survivors nobody has gone through yet: which of them are equal to what stands there, and which are holes in the checks.
OPEN = frozenset(
    ["rowmean", "rowmin", "rowmax", "rowprod", "rownorm2", "rowvar", "rowstd", "rowlogsumexp", "colmean", "colmin", "colmax", "colprod", "colnorm2", "colvar", "colstd", "collogsumexp", "normp", "normnuc", "pinv", "adjugate", "sqrtm", "expm", "logm", "cholesky", "eigvalsh", "eigvecsh", "polar", "polar_adjoint", "sqrtm_frechet", "expm_frechet", "logm_frechet", "solve", "solve_sylvester", "tril", "triu", "trilhalf", "cumprod", "kl", "entropy", "mse", "softmin", "logit", "log_sigmoid", "exp2", "mod", "sinc", "betaln", "log_ndtr", "stop_gradient", "matrix_power", "spherical_jn"]
)


def test_every_mutant_is_noticed():
    made, alive = run()
    assert sum(made.values()) > 4000 and made["rule"] > 400
    assert {mutant for mutant in alive if mutant.partition(",")[0] not in OPEN} == EQUAL.keys()
