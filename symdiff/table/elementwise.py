# fmt: off
"""Elementwise functions. y: the output. One edge for every argument: dy/dargument, as the sweep multiplies it in."""

from symdiff.table.rows import section, spell, word

# ------------------------------------------------------------------------------- exponentials and logarithms

row = section(source="DLMF 4.2, 4.7")
row("exp(x)",          "y",                            increasing=True, range="y > 0", overflows=True)
row("log(x)",          "1/x",                          where="x > 0", increasing=True, aliases=("ln",), sample=((0, 5),))
row("log2(x)",         "1/(x*log(2))",                 where="x > 0", increasing=True, sample=((0, 5),), define="log(x)/log(2)")
row("log10(x)",        "1/(x*log(10))",                where="x > 0", increasing=True, sample=((0, 5),), define="log(x)/log(10)")
row("log1p(x)",        "1/(1 + x)",                    where="x > -1", increasing=True, define="log(1 + x)", rises_from_zero=True)
row("expm1(x)",        "exp(x)",                       increasing=True, range="y > -1", define="exp(x) - 1", rises_from_zero=True, overflows=True)
row("logaddexp(a, b)", "sigma(a - b)", "sigma(b - a)", define="log(exp(a) + exp(b))")
row("exp2(x)",         "y*log(2)",                     increasing=True, range="y > 0", define="2 .^ x", overflows=True)
row("logit(x)",        "1/(x*(1 - x))",                where="x > 0 and x < 1", increasing=True, define="log(x ./ (1 - x))",
    sample=((0, 1),))
row("xlogy(a, b)",     "log(b)", "a/b",                where="b > 0", kink="a = 0: the value is 0, whatever b", define="a .* log(b)",
    sample=((-3, 3), (0, 5)))

# ------------------------------------------------------------------------------- roots, powers, absolute values

row = section(source="chain rule on the definition; the value at a kink is the lecture's")
row("sqrt(x)",     "1/(2*y)",    where="x > 0", closed=True, increasing=True, range="y >= 0", sample=((0, 9),))
row("cbrt(x)",     "1/(3*y^2)",  where="x != 0", closed=True, increasing=True, odd=True, define="sign(x) .* abs(x) .^ (1/3)")
row("pow(a, b)",   macro=True, define="a .^ b", sample=((0, 5), (-3, 3)))
row("hypot(a, b)", "a/y", "b/y", where="y > 0", closed=True, range="y >= 0", define="sqrt(a .^ 2 + b .^ 2)", scales=True)
row("abs(x)",      "sign(x)",    kink="x = 0: take 0", even=True, range="y >= 0", work="entry", scales=True, rises_from_zero=True)
row("sign(x)",     "0",          kink="x = 0: the value is 0; take 0", odd=True, range="-1 <= y <= 1", work="entry")

# ------------------------------------------------------------------------------- trigonometric functions

row = section(source="DLMF 4.20", sample=((-6, 6),))
row("sin(x)",             "cos(x)",                           odd=True, range="-1 <= y <= 1")
row("cos(x)",             "-sin(x)",                          even=True, range="-1 <= y <= 1")
# NumPy's: sin(pi*x)/(pi*x). Its derivative as (cos(pi*x) - sinc(x))/x has no value at 0, and no digits near it.
row("sinc(x)",            "-pi*spherical_jn(1, pi*x)",        even=True, range="-1 <= y <= 1", define="if(x == 0, 1, sin(pi*x) ./ (pi*x))",
    source="DLMF 10.49, 10.51")
row("spherical_jn(n, x)", "", "(n*spherical_jn(max(n - 1, 0), x) - (n + 1)*spherical_jn(n + 1, x))/(2*n + 1)", integer=("n",),
    sample=((0, 4), (0, 6)), source="DLMF 10.51.2", range="-1 <= y <= 1")
row("tan(x)",             "1 + y^2",                          odd=True, where="cos(x) != 0")
row("cot(x)",             "-1 - y^2",                         odd=True, where="sin(x) != 0")
row("sec(x)",             "y*tan(x)",                         even=True, where="cos(x) != 0")
row("csc(x)",             "-y*cot(x)",                        odd=True, where="sin(x) != 0")

# ------------------------------------------------------------------------------- and their inverses

row = section(source="DLMF 4.24")
row("arcsin(x)",   "1/sqrt(1 - x^2)",                 where="abs(x) < 1", closed=True, increasing=True, odd=True,
    range="-pi/2 <= y <= pi/2", aliases=("asin",), sample=((-1, 1),))
row("arccos(x)",   "-1/sqrt(1 - x^2)",                where="abs(x) < 1", closed=True, increasing=False, range="0 <= y <= pi",
    aliases=("acos",), sample=((-1, 1),))
row("arctan(x)",   "1/(1 + x^2)",                     increasing=True, odd=True, range="-pi/2 < y < pi/2", aliases=("atan",))
# SymPy's acot is another function for x < 0: it jumps at 0, to keep acot(-x) = -acot(x).
row("arccot(x)",   "-1/(1 + x^2)",                    increasing=False, range="0 < y < pi", define="pi/2 - arctan(x)", aliases=("acot",))
row("arcsec(x)",   "1/(abs(x)*sqrt(x^2 - 1))",        where="abs(x) > 1", closed=True, range="0 <= y <= pi", aliases=("asec",),
    sample=((-5, 5),))
row("arccsc(x)",   "-1/(abs(x)*sqrt(x^2 - 1))",       where="abs(x) > 1", closed=True, odd=True, range="-pi/2 <= y <= pi/2",
    aliases=("acsc",), sample=((-5, 5),))
row("atan2(a, b)", "b/(a^2 + b^2)", "-a/(a^2 + b^2)", where="a != 0 or b > 0", closed=True, range="-pi < y <= pi",
    kink="b < 0 at a = 0: the value jumps by 2*pi")

# ------------------------------------------------------------------------------- hyperbolic functions
# sech, csch by exp(-|x|): cosh and sinh overflow from 710 on.

row = section(source="DLMF 4.34")
row("sinh(x)", "cosh(x)",    odd=True, increasing=True, overflows=True)
row("cosh(x)", "sinh(x)",    even=True, range="y >= 1", overflows=True)
row("tanh(x)", "1 - y^2",    odd=True, increasing=True, range="-1 < y < 1", activation=True)
row("coth(x)", "1 - y^2",    odd=True, where="x != 0")
row("sech(x)", "-y*tanh(x)", even=True, range="0 < y <= 1")
row("csch(x)", "-y*coth(x)", odd=True, where="x != 0")

# ------------------------------------------------------------------------------- and their inverses

row = section(source="DLMF 4.38")
row("arcsinh(x)", "1/sqrt(x^2 + 1)",           odd=True, increasing=True, aliases=("asinh",))
row("arccosh(x)", "1/sqrt(x^2 - 1)",           where="x > 1", closed=True, increasing=True, range="y >= 0", aliases=("acosh",),
    sample=((1, 6),))
row("arctanh(x)", "1/(1 - x^2)",               where="abs(x) < 1", odd=True, increasing=True, aliases=("atanh",), sample=((-1, 1),))
row("arccoth(x)", "1/(1 - x^2)",               where="abs(x) > 1", odd=True, aliases=("acoth",), sample=((-5, 5),))
row("arcsech(x)", "-1/(x*sqrt(1 - x^2))",      where="x > 0 and x < 1", increasing=False, range="y >= 0", aliases=("asech",),
    sample=((0, 1),))
row("arccsch(x)", "-1/(abs(x)*sqrt(1 + x^2))", where="x != 0", odd=True, aliases=("acsch",))

# ------------------------------------------------------------------------------- error and gamma functions

row = section(source="DLMF 7.2, 7.10, 7.17")
row("erf(x)",      "2/sqrt(pi)*exp(-x^2)",       odd=True, increasing=True, range="-1 < y < 1")
row("erfc(x)",     "-2/sqrt(pi)*exp(-x^2)",      increasing=False, range="0 < y < 2")
row("erfinv(x)",   "sqrt(pi)/2*exp(y^2)",        where="abs(x) < 1", odd=True, increasing=True, sample=((-1, 1),))

# log(erfc(-x/sqrt(2))/2), far below 0 too.
row("log_ndtr(x)", "exp(-x^2/2 - y)/sqrt(2*pi)", increasing=True, range="y < 0", define="log(erfc(-x/sqrt(2))/2)", source="DLMF 7.1")

row = section(source="DLMF 5.2, 5.15", where="x > 0", sample=((0, 6),))
row("gamma(x)",        "y*digamma(x)", overflows=True)
row("lgamma(x)",       "digamma(x)")
row("betaln(a, b)",    "digamma(a) - digamma(a + b)", "digamma(b) - digamma(a + b)", where="a > 0 and b > 0",
    define="lgamma(a) + lgamma(b) - lgamma(a + b)", source="DLMF 5.12")
row("digamma(x)",      "polygamma(1, x)",                  increasing=True)
row("polygamma(k, x)", "", "polygamma(k + 1, x)",          integer=("k",), sample=((0, 4), (0, 6)))

# ------------------------------------------------------------------------------- activations

row = section(source="Goodfellow, Bengio, Courville, Deep Learning (2016), 3.10, 6.3")
row("sigma(x)",       "y*(1 - y)",        increasing=True, range="0 < y < 1", aliases=("sigmoid", "logistic"), define="1 ./ (1 + exp(-x))",
    activation=True)
row("softplus(x)",    "sigma(x)",         increasing=True, range="y > 0", define="log(1 + exp(x))", activation=True)
row("log_sigmoid(x)", "sigma(-x)",        increasing=True, range="y < 0", aliases=("logsigmoid",), define="-log(1 + exp(-x))")
row("softsign(x)",    "1/(1 + abs(x))^2", increasing=True, odd=True, range="-1 < y < 1", define="x ./ (1 + abs(x))")
row("relu(x)",        "[x > 0]",          kink="x = 0: take 0", range="y >= 0", define="max(x, 0)", work="entry",
    rises_from_zero=True, activation=True)
row("hardtanh(x)",    "[abs(x) < 1]",     kink="x = -1, x = 1: take 0", odd=True, range="-1 <= y <= 1", define="max(min(x, 1), -1)")
row("step(x)",        "0",                kink="x = 0: the value is 0; take 0", range="0 <= y <= 1", define="[x > 0]")

row = section(source="Maas, Hannun, Ng, Rectifier Nonlinearities Improve Neural Network Acoustic Models (2013)")
row("leaky_relu(x, a)", "if(x > 0, 1, a)", "min(x, 0)", kink="x = 0: take a", defaults=("0.01",), define="if(x > 0, x, a .* x)",
    rises_from_zero=True, activation=True)

row = section(source="Clevert, Unterthiner, Hochreiter, arXiv:1511.07289")
row("elu(x, a)", "if(x > 0, 1, y + a)", "expm1(min(x, 0))", kink="x = 0: take a", defaults=("1",), define="if(x > 0, x, a .* (exp(x) - 1))",
    rises_from_zero=True, activation=True)

# Both constants are decimals of the language, hence exact: edge and definition agree to every digit.
row = section(source="Klambauer, Unterthiner, Mayr, Hochreiter, arXiv:1706.02515")
row("selu(x)", "if(x > 0, 1.0507009873554805, y + 1.7580993408473769)", kink="x = 0: take 1.7580993408473769", increasing=True,
    define="if(x > 0, 1.0507009873554805*x, 1.7580993408473769*(exp(x) - 1))", range="y > -1.7580993408473769",
    rises_from_zero=True, activation=True)

row = section(source="Elfwing, Uchibe, Doya, arXiv:1702.03118")
row("silu(x)", "y + sigma(x)*(1 - y)", aliases=("swish",), define="x ./ (1 + exp(-x))", rises_from_zero=True, activation=True)

row = section(source="Misra, arXiv:1908.08681")
row("mish(x)", "tanh(softplus(x)) + x*sigma(x)*(1 - tanh(softplus(x))^2)", define="x .* tanh(log(1 + exp(x)))",
    rises_from_zero=True, activation=True)

# erfc, not 1 + erf: for x far below 0 the sum would cancel.
row = section(source="Hendrycks, Gimpel, arXiv:1606.08415")
row("gelu(x)", "erfc(-x/sqrt(2))/2 + x*exp(-x^2/2)/sqrt(2*pi)", define="x .* (1 + erf(x/sqrt(2)))/2", rises_from_zero=True, activation=True)

# ------------------------------------------------------------------------------- the larger, the smaller, between

row = section(source="the lecture's convention: a tie gives 0 to both, but to the first where both share a variable")
row("max(a, b)",       "[a > b]", "[b > a]",               kink="a = b: take 0 for both; if they share a variable, the tie is of a",
    ties=("a >= b",), work="entry", scales=True)
row("min(a, b)",       "[a < b]", "[b < a]",               kink="a = b: take 0 for both; if they share a variable, the tie is of a",
    ties=("a <= b",), work="entry", scales=True)
row("clip(x, lo, hi)", "[lo < x and x < hi]", "[x < lo and lo < hi]", "[x > hi or lo > hi]",
    kink="x = lo, x = hi: take 0; if they share a variable, the tie is of x", ties=("lo <= x", "x <= hi", "lo <= hi"),
    define="min(max(x, lo), hi)")

row = section(source="Huber, Robust Estimation of a Location Parameter (1964)", where="d > 0", sample=((-3, 3), (0, 3)))
row("huber(r, d)", "clip(r, -d, d)", "max(abs(r) - d, 0)", range="y >= 0", define="if(abs(r) <= d, r .^ 2/2, d .* (abs(r) - d/2))")

# ------------------------------------------------------------------------------- whole numbers

row = section(source="piecewise constant", kink="jumps: take 0")
row("floor(x)", "0", work="entry")
row("ceil(x)",  "0", work="entry")
# To even: the bracket takes one off where x + 1/2 is an odd whole number.
row("round(x)", "0", odd=True, define="floor(x + 1/2) - [floor(x/2 - 1/4) == x/2 - 1/4]", work="entry")

# NumPy's, with the sign of b.
row = section(source="a - b*floor(a/b), piecewise linear", where="b != 0", kink="jumps where a/b is a whole number: take 1 and -floor(a/b)")
row("mod(a, b)", "1", "-floor(a/b)", define="a - b .* floor(a ./ b)")

# ------------------------------------------------------------------------------- what derivatives pass by

row = section(source="the value, taken for a constant")
row("stop_gradient(x)", "0", odd=True, define="x")

# ------------------------------------------------------------------------------- conditions: the values are 0 and 1

row = section(source="piecewise constant", kink="jumps: take 0", range="0 <= y <= 1")
row("lt(a, b)", "0", "0", relation="<")
row("le(a, b)", "0", "0", relation="<=")
row("gt(a, b)", "0", "0", relation=">")
row("ge(a, b)", "0", "0", relation=">=")
row("eq(a, b)", "0", "0", relation="==")
row("ne(a, b)", "0", "0", relation="!=")

row = section(source="piecewise constant", kink="jumps: take 0", range="0 <= y <= 1", sample=((0, 1),))
row("and(a, b)", "0", "0", relation="and")
row("or(a, b)",  "0", "0", relation="or")
row("not(a)",    "0",      relation="not")

# c is a condition, so that it is its own bracket.
row = section(source="piecewise; a jump of c counts as a kink")
row("if(c, a, b)", "0", "c", "1 - c", kink="where c changes: take the branch that c selects", define="c .* a + (1 - c) .* b",
    sample=((0, 1), (-3, 3), (-3, 3)), work="entry")

# =============================================================================== spellings of notations and targets

spell("exp",        code="np.exp", sympy="exp", tex=r"\exp", typst="exp")
spell("log",        code="np.log", sympy="log", tex=r"\log", typst="log")
spell("log2",       code="np.log2", tex=r"\log_2", typst="log_2", mathml="<msub><mi>log</mi><mn>2</mn></msub>")
spell("log10",      code="np.log10", tex=r"\log_{10}", typst="log_10", mathml="<msub><mi>log</mi><mn>10</mn></msub>")
spell("log1p",      code="np.log1p")
spell("expm1",      code="np.expm1")
spell("logaddexp",  code="np.logaddexp", math="(max(#1, #2) + math.log1p(math.exp(-abs(#1 - #2))))",
    c="(fmax(#1, #2) + log1p(exp(-fabs(#1 - #2))))")
spell("xlogy",      numpy="_xlogy", jax="jax.scipy.special.xlogy", torch="torch.xlogy", math="(#1*math.log(#2) if #1 else 0.0)",
    c="(#1 != 0 ? #1*log(#2) : 0.0)")
spell("sqrt",       code="np.sqrt", sympy="sqrt", tex=r"\sqrt{#1}", typst="sqrt(#1)", mathml="<msqrt>#1</msqrt>")
spell("cbrt",       code="np.cbrt", torch="(torch.sign(#1)*torch.abs(#1)**(1/3))", tex=r"\sqrt[3]{#1}", typst="root(3, #1)",
    mathml="<mroot><mrow>#1</mrow><mn>3</mn></mroot>")
spell("hypot",      code="np.hypot")
spell("abs",        code="np.abs", sympy="Abs", tex=r"\lvert #1 \rvert", unicode="|#1|", typst="abs(#1)",
    mathml="<mrow><mo>|</mo>#1<mo>|</mo></mrow>")
spell("sign",       code="np.sign", sympy="sign", math="((#1 > 0) - (#1 < 0))", c="((#1 > 0) - (#1 < 0))")
spell("sin",        code="np.sin", sympy="sin", tex=r"\sin", typst="sin")
spell("cos",        code="np.cos", sympy="cos", tex=r"\cos", typst="cos")
spell("tan",        code="np.tan", sympy="tan", tex=r"\tan", typst="tan")
spell("cot",        code="(1/np.tan(#1))", sympy="cot", tex=r"\cot", typst="cot")
spell("sec",        code="(1/np.cos(#1))", sympy="sec", tex=r"\sec", typst="sec")
spell("csc",        code="(1/np.sin(#1))", sympy="csc", tex=r"\csc", typst="csc")
spell("arcsin",     code="np.arcsin", sympy="asin", tex=r"\arcsin", typst="arcsin")
spell("arccos",     code="np.arccos", sympy="acos", tex=r"\arccos", typst="arccos")
spell("arctan",     code="np.arctan", sympy="atan", tex=r"\arctan", typst="arctan")
spell("arccot",     code="np.arctan2(1, #1)", torch="torch.arctan2(torch.ones_like(#1), #1)")
spell("arcsec",     code="np.arccos(1/#1)", sympy="asec")
spell("arccsc",     code="np.arcsin(1/#1)", sympy="acsc")
spell("atan2",      code="np.arctan2", sympy="atan2")
spell("sinh",       code="np.sinh", sympy="sinh", tex=r"\sinh", typst="sinh")
spell("cosh",       code="np.cosh", sympy="cosh", tex=r"\cosh", typst="cosh")
spell("tanh",       code="np.tanh", sympy="tanh", tex=r"\tanh", typst="tanh")
spell("coth",       code="(1/np.tanh(#1))", sympy="coth", tex=r"\coth", typst="coth")
spell("sech",       sympy="sech", typst="sech", code="(2*np.exp(-np.abs(#1))/(1 + np.exp(-2*np.abs(#1))))")
spell("csch",       sympy="csch", code="np.copysign(2*np.exp(-np.abs(#1))/-np.expm1(-2*np.abs(#1)), #1)")
spell("arcsinh",    code="np.arcsinh", sympy="asinh")
spell("arccosh",    code="np.arccosh", sympy="acosh")
spell("arctanh",    code="np.arctanh", sympy="atanh")
spell("arccoth",    code="np.arctanh(1/#1)", sympy="acoth")
spell("arcsech",    code="np.arccosh(1/#1)", sympy="asech")
spell("arccsch",    code="np.arcsinh(1/#1)", sympy="acsch")
spell("erf",        sympy="erf", numpy="scipy.special.erf", jax="jax.scipy.special.erf", torch="torch.erf", math="math.erf", c="erf")
spell("erfc",       sympy="erfc", numpy="scipy.special.erfc", jax="jax.scipy.special.erfc", torch="torch.erfc", math="math.erfc", c="erfc")
spell("erfinv",     sympy="erfinv", numpy="scipy.special.erfinv", jax="jax.scipy.special.erfinv", torch="torch.erfinv",
    tex=r"\operatorname{erf}^{-1}", typst='op("erf")^(-1)',
    mathml="<msup><mi>erf</mi><mrow><mo>−</mo><mn>1</mn></mrow></msup>")
spell("gamma",      sympy="gamma", numpy="scipy.special.gamma", jax="jax.scipy.special.gamma", torch="torch.exp(torch.lgamma(#1))",
    math="math.gamma", c="tgamma", tex=r"\Gamma", typst="Gamma", mathml="<mi>Γ</mi>")
spell("lgamma",     sympy="loggamma", numpy="scipy.special.gammaln", jax="jax.scipy.special.gammaln", torch="torch.lgamma",
    math="math.lgamma", c="lgamma", tex=r"\log\Gamma", typst="log Gamma", mathml="<mrow><mi>log</mi><mi>Γ</mi></mrow>")
spell("digamma",    sympy="digamma", numpy="scipy.special.digamma", jax="jax.scipy.special.digamma", torch="torch.digamma", tex=r"\psi",
    typst="psi", mathml="<mi>ψ</mi>")
spell("polygamma",  sympy="polygamma", numpy="scipy.special.polygamma", jax="jax.scipy.special.polygamma", torch="torch.polygamma",
    tex=r"\psi^{(#1)}\left(#2\right)", typst="psi^((#1))(#2)",
    mathml="<mrow><msup><mi>ψ</mi><mrow><mo>(</mo>#1<mo>)</mo></mrow></msup><mo>(</mo>#2<mo>)</mo></mrow>")
spell("sigma",      numpy="_sigmoid", jax="jax.nn.sigmoid", torch="torch.sigmoid",
    math="(1/(1 + math.exp(-#1)) if #1 >= 0 else math.exp(#1)/(1 + math.exp(#1)))",
    c="(#1 >= 0 ? 1/(1 + exp(-#1)) : exp(#1)/(1 + exp(#1)))", tex=r"\sigma", unicode="σ", typst="sigma", mathml="<mi>σ</mi>")
spell("softplus",   numpy="_softplus", jax="jax.nn.softplus", torch="(-torch.nn.functional.logsigmoid(-#1))",
    math="(max(#1, 0.0) + math.log1p(math.exp(-abs(#1))))", c="(fmax(#1, 0) + log1p(exp(-fabs(#1))))")
spell("softsign",   code="(#1/(1 + np.abs(#1)))")
spell("relu",       **word("ReLU"), numpy="np.maximum(#1, 0)", jax="jnp.maximum(#1, 0)", torch="torch.relu", math="max(#1, 0.0)", c="fmax(#1, 0)")
spell("hardtanh",   numpy="np.clip(#1, -1, 1)", jax="jnp.clip(#1, -1, 1)", torch="torch.clamp(#1, -1, 1)", math="max(-1.0, min(1.0, #1))",
    c="fmax(-1, fmin(1, #1))")
spell("step",       numpy="np.heaviside(#1, 0.0)", jax="jnp.heaviside(#1, 0.0)", torch="torch.heaviside(#1, torch.zeros_like(#1))",
    math="float(#1 > 0)", c="(#1 > 0 ? 1.0 : 0.0)")
spell("leaky_relu", **word("LeakyReLU"),
    code="np.where(#1 > 0, #1, #2*#1)", math="(#1 if #1 > 0 else #2*#1)", c="(#1 > 0 ? #1 : #2*#1)")
spell("elu",        **word("ELU"), numpy="np.where(#1 > 0, #1, #2*np.expm1(np.minimum(#1, 0)))",
    jax="jnp.where(#1 > 0, #1, #2*jnp.expm1(jnp.minimum(#1, 0)))", torch="torch.where(#1 > 0, #1, #2*torch.expm1(torch.clamp(#1, max=0)))",
    math="(#1 if #1 > 0 else #2*math.expm1(#1))", c="(#1 > 0 ? #1 : #2*expm1(#1))")
spell("selu",       **word("SELU"), numpy="np.where(#1 > 0, 1.0507009873554805*#1, 1.7580993408473769*np.expm1(np.minimum(#1, 0)))", jax="jax.nn.selu",
    torch="torch.nn.functional.selu", math="(1.0507009873554805*#1 if #1 > 0 else 1.7580993408473769*math.expm1(#1))",
    c="(#1 > 0 ? 1.0507009873554805*#1 : 1.7580993408473769*expm1(#1))")
spell("silu",       **word("SiLU"), numpy="(#1*_sigmoid(#1))", jax="jax.nn.silu", torch="torch.nn.functional.silu",
    math="(#1/(1 + math.exp(-#1)) if #1 >= 0 else #1*math.exp(#1)/(1 + math.exp(#1)))", c="(#1/(1 + exp(-#1)))")
spell("mish",       **word("Mish"), numpy="(#1*np.tanh(_softplus(#1)))", jax="jax.nn.mish", torch="torch.nn.functional.mish",
    math="(#1*math.tanh(max(#1, 0.0) + math.log1p(math.exp(-abs(#1)))))", c="(#1*tanh(fmax(#1, 0) + log1p(exp(-fabs(#1)))))")
spell("gelu",       **word("GELU"), numpy="(0.5*#1*scipy.special.erfc(-#1/2**0.5))", jax="jax.nn.gelu(#1, approximate=False)",
    torch="torch.nn.functional.gelu", math="(0.5*#1*math.erfc(-#1/2**0.5))", c="(0.5*#1*erfc(-#1/sqrt(2)))")
spell("max",        sympy="Max", tex=r"\max", typst="max", numpy="np.maximum", jax="jnp.maximum", torch="torch.maximum", math="max",
    c="fmax")
spell("min",        sympy="Min", tex=r"\min", typst="min", numpy="np.minimum", jax="jnp.minimum", torch="torch.minimum", math="min",
    c="fmin")
spell("clip",       numpy="np.clip", jax="jnp.clip", torch="torch.clamp", math="min(max(#1, #2), #3)", c="fmin(fmax(#1, #2), #3)")
spell("huber",      code="np.where(np.abs(#1) <= #2, #1*#1/2, #2*(np.abs(#1) - #2/2))",
    math="(#1*#1/2 if abs(#1) <= #2 else #2*(abs(#1) - #2/2))", c="(fabs(#1) <= #2 ? #1*#1/2 : #2*(fabs(#1) - #2/2))")
spell("floor",      code="np.floor", sympy="floor", tex=r"\lfloor #1 \rfloor", typst="floor(#1)",
    mathml="<mrow><mo>⌊</mo>#1<mo>⌋</mo></mrow>")
spell("ceil",       code="np.ceil", sympy="ceiling", tex=r"\lceil #1 \rceil", typst="ceil(#1)",
    mathml="<mrow><mo>⌈</mo>#1<mo>⌉</mo></mrow>")
spell("round",      code="np.round", math="round", c="rint", tex=r"\operatorname{round}")
spell("lt",         code="(#1 < #2)", sympy="Lt", tex="<", unicode="<", typst="<", mathml="&lt;")
spell("le",         code="(#1 <= #2)", sympy="Le", tex=r"\le", unicode="≤", typst="<=", mathml="≤")
spell("gt",         code="(#1 > #2)", sympy="Gt", tex=">", unicode=">", typst=">", mathml="&gt;")
spell("ge",         code="(#1 >= #2)", sympy="Ge", tex=r"\ge", unicode="≥", typst=">=", mathml="≥")
spell("eq",         code="(#1 == #2)", sympy="Eq", tex="=", unicode="=", typst="=", mathml="=")
spell("ne",         code="(#1 != #2)", sympy="Ne", tex=r"\ne", unicode="≠", typst="!=", mathml="≠")
spell("and",        code="np.logical_and(#1, #2)", math="(#1 and #2)", c="(#1 && #2)", sympy="And", tex=r"\land", unicode="and",
    typst="and", mathml="∧")
spell("or",         code="np.logical_or(#1, #2)", math="(#1 or #2)", c="(#1 || #2)", sympy="Or", tex=r"\lor", unicode="or", typst="or",
    mathml="∨")
spell("not",        code="np.logical_not(#1)", math="(not #1)", c="(!#1)", sympy="Not", tex=r"\lnot", unicode="not", typst="not",
    mathml="¬")
spell("if",         code="np.where", math="(#2 if #1 else #3)", c="(#1 ? #2 : #3)")
spell("exp2",          code="np.exp2", math="math.pow(2.0, #1)", tex="2^{#1}", unicode="", typst="2^(#1)",
    mathml="<msup><mn>2</mn><mrow>#1</mrow></msup>")
spell("logit",         numpy="scipy.special.logit", jax="jax.scipy.special.logit", torch="torch.logit",
    math="(math.log(#1) - math.log1p(-#1))", c="(log(#1) - log1p(-#1))")
spell("sinc",          code="np.sinc", math="(math.sin(math.pi*#1)/(math.pi*#1) if #1 else 1.0)",
    c="(#1 != 0 ? sin(M_PI*(#1))/(M_PI*(#1)) : 1.0)")
spell("spherical_jn",  sympy="jn", numpy="scipy.special.spherical_jn", jax="_spherical_jn", torch="_spherical_jn", math="_spherical_jn",
    tex=r"j_{#1}\left(#2\right)", typst="j_(#1)(#2)", mathml="<mrow><msub><mi>j</mi>#1</msub><mo>(</mo>#2<mo>)</mo></mrow>")
spell("log_ndtr",      numpy="scipy.special.log_ndtr", jax="jax.scipy.special.log_ndtr", torch="torch.special.log_ndtr",
    math="(math.log1p(-math.erfc(#1/2**0.5)/2) if #1 > 0 else math.log(_erfc_scaled(-#1/2**0.5)/2) - #1*#1/2)", tex=r"\log\Phi",
    typst="log Phi", mathml="<mrow><mi>log</mi><mi>Φ</mi></mrow>")
spell("betaln",        numpy="scipy.special.betaln", jax="jax.scipy.special.betaln",
    torch="(torch.lgamma(#1) + torch.lgamma(#2) - torch.lgamma(#1 + #2))",
    math="(math.lgamma(#1) + math.lgamma(#2) - math.lgamma(#1 + #2))", c="(lgamma(#1) + lgamma(#2) - lgamma(#1 + #2))",
    tex=r"\log\mathrm{B}", typst="log Beta", mathml="<mrow><mi>log</mi><mi>Β</mi></mrow>")
spell("log_sigmoid",   numpy="np.negative(_softplus(-#1))", jax="jax.nn.log_sigmoid", torch="torch.nn.functional.logsigmoid",
    math="(min(#1, 0.0) - math.log1p(math.exp(-abs(#1))))", c="(fmin(#1, 0) - log1p(exp(-fabs(#1))))", tex=r"\log\sigma", typst="log sigma",
    mathml="<mrow><mi>log</mi><mi>σ</mi></mrow>")
spell("mod",           code="np.mod", torch="torch.remainder", math="(#1 % #2)", c="(#1 - #2*floor(#1/#2))")
spell("stop_gradient", **word("stopgrad"), numpy="(#1)", jax="jax.lax.stop_gradient", torch="torch.Tensor.detach(#1)", math="(#1)", c="(#1)")
