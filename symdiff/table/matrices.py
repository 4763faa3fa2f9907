# fmt: off
"""Functions of matrices as a whole: triangles, factors, eigenvalues, powers and exponentials. g: the adjoint of y; pull: that of each argument.

A function f of a matrix has the Fréchet derivative L(A, E), its rate in the direction E; the adjoint of L(A, .) is L(A', .), and L(A, E) is the
block above the diagonal of f([A, E; 0, A]): Higham, Functions of Matrices (2008), 3.2, 3.3. So its own derivative by A is such a block, too.
"""

from symdiff.table.rows import section, spell, word

ARRAYS = {"math": "", "c": ""}  # targets of scalars only

# ------------------------------------------------------------------------------- triangles

row = section(**ARRAYS, shape="m n -> m n", linear=True, source="entry by entry")
row("tril(A)",     pull=("tril(g)",),     define="A .* tensor(i=1..rows(A), j=1..cols(A), [i >= j])", matrix=True)
row("triu(A)",     pull=("triu(g)",),     define="A .* tensor(i=1..rows(A), j=1..cols(A), [i <= j])", matrix=True)
row("trilhalf(A)", pull=("trilhalf(g)",), define="A .* tensor(i=1..rows(A), j=1..cols(A), [i > j] + [i == j]/2)", matrix=True)

# The lower triangle column by column; back, with zeros above the diagonal; the matrix that takes vech(S) to vec(S), of the identity of its size.
row = section(**ARRAYS, linear=True, source="Magnus, Neudecker, Matrix Differential Calculus (2019), 3.7, 3.8")
row("vech(A)",           pull=("unvech(g)",), shape="n n -> n/2+n*n/2", matrix=True)
row("unvech(v)",         pull=("vech(g)",),   shape="n/2+n*n/2 -> n n")
row("duplication_of(E)", pull=("",),          linear=False, shape="n n -> n*n n/2+n*n/2")

# ------------------------------------------------------------------------------- factors and eigenvalues, of the symmetric part (A + A')/2

row = section(**ARRAYS, source="Smith, Differentiation of the Cholesky Algorithm (1995); Murray, arXiv:1602.07527, (10)")
row("cholesky(A)", pull=("(inv(y)'*trilhalf(y'*g)*inv(y) + (inv(y)'*trilhalf(y'*g)*inv(y))')/2",), shape="n n -> n n", matrix=True)

row = section(**ARRAYS, source="Magnus, Neudecker, Matrix Differential Calculus (2019), 9.11; the eigenvalues are simple")
row("eigvalsh(A)", pull=("eigvecsh(A)*diag(g)*eigvecsh(A)'",), shape="n n -> n", matrix=True)
row("eigvecsh(A)", pull=("(y*((matrix(1, n, n) - eye(n)) ./ (eye(n) + ones(n)*eigvalsh(A)' - eigvalsh(A)*ones(n)') .* (y'*g))*y' + (y*((matrix(1, n, n) - eye(n)) ./ (eye(n) + ones(n)*eigvalsh(A)' - eigvalsh(A)*ones(n)') .* (y'*g))*y')')/2",),
    shape="n n -> n n", matrix=True)

row = section(**ARRAYS, source="Golub, Pereyra, SIAM J. Numer. Anal. 10 (1973), (4.12); of full rank")
row("pinv(A)", pull=("(g' - A*y*g')*y*y' + y'*y*(g' - g'*y*A) - y'*g*y'",), shape="m n -> n m", matrix=True)

row = section(**ARRAYS, source="Fazel (2002), 5.1; Higham, Functions of Matrices (2008), 8.1; of full rank")
row("normnuc(A)",          pull=("g*polar(A)",),             shape="m n -> ", range="y >= 0", matrix=True)
row("polar(A)",            pull=("polar_adjoint(A, g)",),    shape="m n -> m n", matrix=True)
row("polar_adjoint(A, G)", pull=("", "polar_adjoint(A, g)"), shape="m n, m n -> m n")

# ------------------------------------------------------------------------------- functions of a square matrix

# A^k with a letter for k: the sum of A'^i*g*A'^(k-1-i), which has a closed form where g is a multiple of the identity, as under tr (calculus/sweep.py).
row = section(**ARRAYS, source="Petersen, Pedersen, The Matrix Cookbook (2012), 91, 121", integer=("k",), sample=((-3, 3), (1, 4)))
row("matrix_power(A, k)", pull=("g",), shape="n n,  -> n n")

row = section(**ARRAYS, source="Higham, Functions of Matrices (2008), 6.1, (B.10); eigenvalues off the negative axis")
row("sqrtm(A)",             pull=("solve_sylvester(y', y', g)",), shape="n n -> n n", matrix=True)
row("solve_sylvester(A, B, Q)",pull=("-solve_sylvester(A', B', g)*y'", "-y'*solve_sylvester(A', B', g)", "solve_sylvester(A', B', g)"),
    shape="m m, n n, m n -> m n", source="A*X + X*B = Q, differentiated")

SECOND = "kron(unit(1, 2)', eye(n))*{}_frechet(kron(eye(2), A') + kron(unit(1, 2)*unit(2, 2)', E'), kron(eye(2), g))*kron(unit(2, 2)', eye(n))'"

row = section(**ARRAYS, source="Higham, Functions of Matrices (2008), 3.2, 3.3, 10.2, 11.2")
row("expm(A)",            pull=("expm_frechet(A', g)",),      shape="n n -> n n", matrix=True)
row("expm_frechet(A, E)", pull=(SECOND.format("expm"), "expm_frechet(A', g)"), shape="n n, n n -> n n")
row("logm(A)",            pull=("logm_frechet(A', g)",),      shape="n n -> n n", matrix=True)
row("logm_frechet(A, E)", pull=(SECOND.format("logm"), "logm_frechet(A', g)"), shape="n n, n n -> n n")

# =============================================================================== spellings of notations and targets

spell("tril",            code="np.tril")
spell("triu",            code="np.triu")
spell("vech",            numpy="_vech", jax="_vech", torch="_vech")
spell("unvech",          tex=r"\operatorname{vech}^{-1}", typst='op("vech")^(-1)', mathml="<msup><mi>vech</mi><mrow><mo>−</mo><mn>1</mn></mrow></msup>", numpy="_unvech", jax="_unvech", torch="_unvech")
spell("duplication_of",  numpy="_duplication", jax="_duplication", torch="_duplication")
spell("trilhalf",        tex=r"\operatorname{tril}_{1/2}", typst='op("tril")_(1/2)', mathml="<msub><mi>tril</mi><mrow><mn>1</mn><mo>/</mo><mn>2</mn></mrow></msub>", numpy="((np.tril(#1) + np.tril(#1, -1))/2)", jax="((jnp.tril(#1) + jnp.tril(#1, -1))/2)",
    torch="((torch.tril(#1) + torch.tril(#1, -1))/2)")
spell("cholesky",        **word("chol"), numpy="np.linalg.cholesky(_symmetric(#1))", jax="jnp.linalg.cholesky(_symmetric(#1))",
    torch="torch.linalg.cholesky(_symmetric(#1))")
spell("eigvalsh",        tex=r"\lambda", typst="lambda", mathml="<mi>λ</mi>", numpy="np.linalg.eigvalsh(_symmetric(#1))", jax="jnp.linalg.eigvalsh(_symmetric(#1))",
    torch="torch.linalg.eigvalsh(_symmetric(#1))")
spell("eigvecsh",        **word("eigvec"), numpy="(np.linalg.eigh(_symmetric(#1))[1])", jax="(jnp.linalg.eigh(_symmetric(#1))[1])",
    torch="(torch.linalg.eigh(_symmetric(#1))[1])")
spell("pinv",            code="np.linalg.pinv")
spell("normnuc",         numpy="np.sum(np.linalg.svd(#1, compute_uv=False), axis=-1)",
    jax="jnp.sum(jnp.linalg.svd(#1, compute_uv=False), axis=-1)", torch="torch.sum(torch.linalg.svdvals(#1), dim=-1)",
    tex=r"\lVert #1 \rVert_*", typst="norm(#1)_*", mathml="<msub><mrow><mo>‖</mo>#1<mo>‖</mo></mrow><mo>*</mo></msub>")
spell("polar",           numpy="_polar", jax="_polar", torch="_polar")
spell("polar_adjoint",   tex=r"\mathrm{D}\operatorname{polar}(#1)^{*}[#2]", typst='"D" op("polar")(#1)^(*)[#2]',
    mathml="<mrow><mi mathvariant='normal'>D</mi><mi>polar</mi><msup><mrow><mo>(</mo>#1<mo>)</mo></mrow><mo>*</mo></msup><mo>[</mo>#2<mo>]</mo></mrow>", numpy="_polar_adjoint", jax="_polar_adjoint", torch="_polar_adjoint")
spell("matrix_power",    numpy="_matrix_power", jax="_matrix_power", torch="_matrix_power")
spell("sqrtm",           numpy="_sqrtm", jax="_sqrtm", torch="_sqrtm")
spell("solve_sylvester", numpy="_sylvester", jax="_sylvester", torch="_sylvester")
spell("expm",            tex=r"\exp", typst="exp", mathml="<mi>exp</mi>", numpy="_expm", jax="jax.scipy.linalg.expm", torch="torch.linalg.matrix_exp")
spell("expm_frechet",    tex=r"\mathrm{D}\exp(#1)[#2]", typst='"D" exp(#1)[#2]',
    mathml="<mrow><mi mathvariant='normal'>D</mi><mi>exp</mi><mo>\u2061</mo><mo>(</mo>#1<mo>)</mo><mo>[</mo>#2<mo>]</mo></mrow>", numpy="_frechet(lambda A: _expm(A), #1, #2)", jax="_frechet(jax.scipy.linalg.expm, #1, #2)",
    torch="_frechet(torch.linalg.matrix_exp, #1, #2)")
spell("logm",            tex=r"\log", typst="log", mathml="<mi>log</mi>", numpy="_logm", jax="_logm", torch="_logm")
spell("logm_frechet",    tex=r"\mathrm{D}\log(#1)[#2]", typst='"D" log(#1)[#2]',
    mathml="<mrow><mi mathvariant='normal'>D</mi><mi>log</mi><mo>\u2061</mo><mo>(</mo>#1<mo>)</mo><mo>[</mo>#2<mo>]</mo></mrow>", numpy="_frechet(lambda A: _logm(A), #1, #2)", jax="_frechet(lambda A: _logm(A), #1, #2)", torch="_frechet(lambda A: _logm(A), #1, #2)")
