# fmt: off
"""Functions of whole vectors and matrices. g: the adjoint of the output y. pull: the adjoint of each argument."""

from symdiff.table.rows import section, spell

ARRAYS = {"math": "", "c": ""}  # targets of scalars only

# ------------------------------------------------------------------------------- all entries of a vector or matrix

row = section(**ARRAYS, shape="* -> ", source="Petersen, Pedersen, The Matrix Cookbook (2012), 129-131; entry by entry")
row("mean(x)",        pull=("g/size(x)",),                define="sum(x)/size(x)", work="entry", scales=True)
row("prod(x)",        pull=("g*y ./ x",),                 where="x != 0", closed=True, by_row="rowprod")
row("norm1(x)",       pull=("g*sign(x)",),                kink="an entry = 0: take 0", range="y >= 0", define="sum(abs(x))", work="entry", scales=True)
row("norm2(x)",       pull=("g*x/y",),                    where="y > 0", closed=True, range="y >= 0", aliases=("norm",),
    define="sqrt(sum(x .^ 2))", work="entry", scales=True)
row("norminf(x)",     pull=("g*sign(x) .* [abs(x) == y]",), shared=("g*sign(x) .* [abs(x) == y]/sum([abs(x) == y])",),
    kink="a tie: each entry takes all; shared where entries may be one function", range="y >= 0", define="max(abs(x))", scales=True)
row("max_entries(x)", pull=("g*[x == y]",),               shared=("g*[x == y]/sum([x == y])",), spelled="max",
    kink="a tie: each entry takes all; shared where entries may be one function", work="entry", by_row="rowmax", scales=True)
row("min_entries(x)", pull=("g*[x == y]",),               shared=("g*[x == y]/sum([x == y])",), spelled="min",
    kink="a tie: each entry takes all; shared where entries may be one function", work="entry", by_row="rowmin", scales=True)

row("normp(x, p)",    pull=("g*y^(1 - p)*(sign(x) .* abs(x) .^ (p - 1))", "g*y*(sum(xlogy((abs(x)/y) .^ p, abs(x))) - log(y))/p"),
    shape="*,  -> ", where="y > 0", closed=True, kink="an entry = 0: take 0", range="y >= 0", spelled="norm",
    define="sum(abs(x) .^ p)^(1/p)", sample=((-3, 3), (1, 4)))

# d: what is taken off the number of entries that the sum of squares is divided by.
row = section(**ARRAYS, shape="*,  -> ", source="quotient and chain rule on the definition",
              defaults=("0",), integer=("d",), sample=((-3, 3), (0, 1)))
row("var(x, d)", pull=("2*g*(x - mean(x))/(size(x) - d)",), range="y >= 0", define="sum((x - mean(x)) .^ 2)/(size(x) - d)")
row("std(x, d)", pull=("g*(x - mean(x))/((size(x) - d)*y)",), where="y > 0", closed=True, range="y >= 0",
    define="sqrt(sum((x - mean(x)) .^ 2)/(size(x) - d))", scales=True)

# ------------------------------------------------------------------------------- a vector, or a matrix row by row

row = section(**ARRAYS, source="Goodfellow, Bengio, Courville, Deep Learning (2016), 4.1, 6.2")
row("softmax(x)",     pull=("y .* (g - g.y)",),           shape="n -> n", range="0 < y <= 1", define="exp(x)/sum(exp(x))")
row("log_softmax(x)", pull=("g - sum(g)*softmax(x)",),    shape="n -> n", range="y <= 0", define="x - log(sum(exp(x)))")
row("logsumexp(x)",   pull=("g*softmax(x)",),             shape="n -> ", define="log(sum(exp(x)))", aliases=("rowlogsumexp",))
row("rowmax(x)",      pull=("g*[x == y]",),               shared=("g*[x == y]/sum([x == y])",), shape="n -> ",
    kink="a tie: each entry takes all; shared where entries may be one function", define="max(x)", work="entry", scales=True, of="max_entries")
row("rowmin(x)",      pull=("g*[x == y]",),               shared=("g*[x == y]/sum([x == y])",), shape="n -> ",
    kink="a tie: each entry takes all; shared where entries may be one function", define="min(x)", work="entry", scales=True, of="min_entries")
row("rowprod(x)",     pull=("g*y ./ x",),                 shape="n -> ", where="x != 0", closed=True, define="prod(x)", of="prod")
row("rowmean(x)",     pull=("g/size(x)",),                shape="n -> ", define="mean(x)", scales=True, of="mean")
row("rownorm2(x)",    pull=("g*x/y",),                    shape="n -> ", where="y > 0", closed=True, range="y >= 0",
    define="sqrt(sum(x .^ 2))", scales=True, of="norm2")
row("cumprod(x)",     pull=("(sum(g .* y) - cumsum(g .* y) + g .* y) ./ x",), shape="n -> n", where="x != 0", closed=True)
row("cumsum(x)",      pull=("sum(g) - cumsum(g) + g",),   shape="n -> n", linear=True, work="entry")

# d: what is taken off the number of entries, as in var and std.
row = section(**ARRAYS, shape="n,  -> ", source="quotient and chain rule on the definition", defaults=("0",), integer=("d",), sample=((-3, 3), (0, 1)))
row("rowvar(x, d)", pull=("2*g*(x - rowmean(x))/(size(x) - d)",), range="y >= 0", define="sum((x - mean(x)) .^ 2)/(size(x) - d)", of="var")
row("rowstd(x, d)", pull=("g*(x - rowmean(x))/((size(x) - d)*y)",), where="y > 0", closed=True, range="y >= 0",
    define="sqrt(sum((x - mean(x)) .^ 2)/(size(x) - d))", scales=True, of="std")

# ------------------------------------------------------------------------------- vectors of three, square matrices

row = section(**ARRAYS, source="Petersen, Pedersen, The Matrix Cookbook (2012), 49, 57, 60")
row("cross(a, b)", pull=("cross(b, g)", "cross(g, a)"), shape="3, 3 -> 3", linear=True, source="g.(a x b) = a.(b x g) = b.(g x a)")
row("inv(A)",      pull=("-y'*g*y'",),                 shape="n n -> n n", where="det(A) != 0", work="solve", matrix=True)
row("det(A)",      pull=("g*y*inv(A)'",),              shape="n n -> ", where="y != 0", closed=True, work="solve", matrix=True)
# The logarithm of the sign makes the value of a matrix with a negative determinant nan, as log(det(A)) is.
row("logdet(A)",   pull=("g*inv(A)'",),                shape="n n -> ", where="det(A) > 0", define="log(det(A))", work="solve", matrix=True)

# =============================================================================== spellings of notations and targets

spell("mean",        code="np.mean")
spell("prod",        code="np.prod", tex=r"\prod", typst="product")
spell("norm1",       code="np.sum(np.abs(#1))", tex=r"\lVert #1 \rVert_1", typst="norm(#1)_1",
    mathml="<msub><mrow><mo>‖</mo>#1<mo>‖</mo></mrow><mn>1</mn></msub>")
spell("norm2",       numpy="_norm2", jax="_norm2", torch="_norm2", tex=r"\lVert #1 \rVert", unicode="‖#1‖", typst="norm(#1)",
    mathml="<mrow><mo>‖</mo>#1<mo>‖</mo></mrow>")
spell("norminf",     code="np.max(np.abs(#1))", tex=r"\lVert #1 \rVert_\infty", typst="norm(#1)_infinity",
    mathml="<msub><mrow><mo>‖</mo>#1<mo>‖</mo></mrow><mo>∞</mo></msub>")
spell("max_entries", code="np.max", tex=r"\max", typst="max")
spell("min_entries", code="np.min", tex=r"\min", typst="min")
spell("var",         numpy="np.var(#1, ddof=#2)", jax="jnp.var(#1, ddof=#2)", torch="torch.var(#1, correction=#2)",
    tex=r"\operatorname{var}")
spell("std",         numpy="np.std(#1, ddof=#2)", jax="jnp.std(#1, ddof=#2)", torch="torch.std(#1, correction=#2)",
    tex=r"\operatorname{std}")
spell("softmax",     numpy="_softmax", jax="jax.nn.softmax(#1, axis=-1)", torch="torch.softmax(#1, dim=-1)")
spell("log_softmax", numpy="_log_softmax", jax="jax.nn.log_softmax(#1, axis=-1)", torch="torch.log_softmax(#1, dim=-1)",
    tex=r"\log\operatorname{softmax}", typst='log op("softmax")', mathml="<mrow><mi>log</mi><mi>softmax</mi></mrow>")
spell("logsumexp",   numpy="_logsumexp", jax="jax.nn.logsumexp(#1, axis=-1)", torch="torch.logsumexp(#1, dim=-1)")
spell("rowmax",      numpy="np.max(#1, axis=-1)", jax="jnp.max(#1, axis=-1)", torch="torch.amax(#1, dim=-1)")
spell("rowmin",      numpy="np.min(#1, axis=-1)", jax="jnp.min(#1, axis=-1)", torch="torch.amin(#1, dim=-1)")
spell("rowprod",     numpy="np.prod(#1, axis=-1)", jax="jnp.prod(#1, axis=-1)", torch="torch.prod(#1, dim=-1)")
spell("cumsum",      numpy="np.cumsum(#1, axis=-1)", jax="jnp.cumsum(#1, axis=-1)", torch="torch.cumsum(#1, dim=-1)")
spell("cross",       code="np.cross", torch="torch.linalg.cross")
spell("inv",         code="np.linalg.inv")
spell("det",         code="np.linalg.det", tex=r"\det", typst="det")
spell("logdet",      numpy="[np.log(s) + d for s, d in [np.linalg.slogdet(#1)]][0]",
    jax="[jnp.log(s) + d for s, d in [jnp.linalg.slogdet(#1)]][0]", torch="torch.logdet", tex=r"\log\det", typst="log det",
    mathml="<mrow><mi>log</mi><mi>det</mi></mrow>")
spell("normp",    numpy="_normp", jax="_normp", torch="_normp", tex=r"\lVert #1 \rVert_{#2}", typst="norm(#1)_(#2)",
    mathml="<msub><mrow><mo>‖</mo>#1<mo>‖</mo></mrow>#2</msub>")
spell("rowmean",  numpy="np.mean(#1, axis=-1)", jax="jnp.mean(#1, axis=-1)", torch="torch.mean(#1, dim=-1)")
spell("rownorm2", numpy="_rownorm2", jax="_rownorm2", torch="_rownorm2")
spell("cumprod",  numpy="np.cumprod(#1, axis=-1)", jax="jnp.cumprod(#1, axis=-1)", torch="torch.cumprod(#1, dim=-1)")
spell("rowvar",   numpy="np.var(#1, axis=-1, ddof=#2)", jax="jnp.var(#1, axis=-1, ddof=#2)", torch="torch.var(#1, dim=-1, correction=#2)")
spell("rowstd",   numpy="np.std(#1, axis=-1, ddof=#2)", jax="jnp.std(#1, axis=-1, ddof=#2)", torch="torch.std(#1, dim=-1, correction=#2)")
