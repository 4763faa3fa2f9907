# fmt: off
"""Functions that are another spelling of a formula: a call means its definition. By columns is by rows of the transpose."""

from symdiff.table.rows import section

# ------------------------------------------------------------------------------- a matrix column by column

row = section(macro=True, shape="m n -> n", source="the rows of the transpose")
row("colmean(A)",      define="rowmean(A')")
row("colmax(A)",       define="rowmax(A')")
row("colmin(A)",       define="rowmin(A')")
row("colprod(A)",      define="rowprod(A')")
row("colnorm2(A)",     define="rownorm2(A')")
row("collogsumexp(A)", define="logsumexp(A')")

row = section(macro=True, shape="m n,  -> n", source="the rows of the transpose", defaults=("0",), integer=("d",))
row("colvar(A, d)",    define="rowvar(A', d)")
row("colstd(A, d)",    define="rowstd(A', d)")

# ------------------------------------------------------------------------------- whole vectors

row = section(macro=True, shape="n -> n", source="the definition")
row("softmin(x)",      define="softmax(-x)")

row = section(macro=True, shape="* -> ", source="Cover, Thomas, Elements of Information Theory (2006), 2.1, 2.3")
row("entropy(p)",      define="-sum(p .* log(p))",           where="p > 0", sample=((0, 1),))

row = section(macro=True, shape="*, * -> ")
row("kl(p, q)",        define="sum(p .* log(p ./ q))",       where="p > 0 and q > 0", sample=((0, 1),), source="Cover, Thomas, 2.3")
row("mse(a, b)",       define="mean((a - b) .^ 2)",          source="the definition")

# ------------------------------------------------------------------------------- square matrices

row = section(macro=True, source="Horn, Johnson, Matrix Analysis (2013), 0.8.2")
row("adjugate(A)",     define="det(A)*inv(A)",               shape="n n -> n n")
row("solve(A, b)",     define="inv(A)*b",                    shape="n n, n -> n")
