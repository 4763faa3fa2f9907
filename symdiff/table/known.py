"""Names that people know from NumPy, SciPy, PyTorch, JAX, MATLAB and lectures, and that are no functions of the table.

None of them is silently an opaque function. `SAME`: the function of the table that does the same. `WRITTEN`: the formula to type.
`REFUSED`: why there is none. A row of the table comes first: a name that becomes one is left out here or never looked up.
Who means something else by such a name declares it: `power: vector(n) -> scalar`.
"""

from __future__ import annotations

import re

# What is known by another name, with the same arguments.
SAME: dict[str, str] = {
    name: other
    for other, names in {
        "abs": "absolute fabs magnitude",
        "acosh": "arcosh",
        "arccos": "arccosine",
        "arcsin": "arcsine arcsen",
        "arctan": "arctg arctangent",
        "arctanh": "artanh",
        "arcsinh": "arsinh",
        "atan2": "arctan2",
        "cbrt": "cuberoot",
        "ceil": "ceiling",
        "clip": "clamp",
        "cos": "cosine cosinus",
        "cot": "ctg cotg cotan",
        "csc": "cosec",
        "csch": "cosech",
        "arccsc": "arccosec",
        "cross": "vectorproduct",
        "cross_entropy": "crossentropy xent CE",
        "bce": "binary_cross_entropy binary_crossentropy BCELoss BCE",
        "concat": "concatenate cat",
        "hcat": "hstack column_stack cbind horzcat",
        "vcat": "vstack row_stack rbind vertcat",
        "expm": "matrix_exp matrix_exponential",
        "normnuc": "nuclear nucnorm nuclear_norm",
        "cholesky": "chol",
        "pinv": "pinverse",
        "cumsum": "cumulative_sum cumulative",
        "det": "determinant",
        "diag": "diagonal diagflat diag_embed diagm blkdiag",
        "digamma": "psi0 polygamma0",
        "dot": "SUMPRODUCT dotproduct inner vdot innerproduct inner_product scalarproduct vecdot",
        "exp": "exponential",
        "floor": "entier",
        "gamma": "tgamma gammafunc",
        "hardtanh": "hard_tanh",
        "huber": "huber_loss HuberLoss",
        "hypot": "hypotenuse",
        "inv": "inverse matinv minverse",
        "kron": "kronecker kronecker_product",
        "leaky_relu": "leakyrelu lrelu",
        "lgamma": "gammaln loggamma log_gamma lngamma",
        "ln": "loge log_e natural_log",
        "log10": "lg log_10",
        "log2": "ld lb log_2",
        "log1p": "log1plus",
        "logaddexp": "logaddexp1",
        "log_softmax": "logsoftmax",
        "log_sigmoid": "log_expit",
        "logdet": "log_det slogdet logabsdet lndet",
        "logsumexp": "lse log_sum_exp LSE reduce_logsumexp",
        "max": "maximum fmax amax nanmax maxval Max reduce_max",
        "mean": "average avg nanmean reduce_mean",
        "min": "minimum fmin amin nanmin minval Min reduce_min",
        "norm1": "l1 l1norm l1_norm norm_1 L1",
        "norm2": "l2 fro l2norm l2_norm norm_2 euclidean_norm frobenius norm_fro normF norm_F fro_norm L2 vector_norm matrix_norm",
        "norminf": "linf linfnorm inf_norm maxnorm norm_inf",
        "outer": "outerproduct outer_product ger",
        "pow": "power float_power Power",
        "prod": "product nanprod reduce_prod",
        "relu": "rectifier rectified_linear relu_layer",
        "round": "rint around nearbyint",
        "rowsum": "rowsums",
        "rowmax": "rowmaxs",
        "colsum": "colsums",
        "sigma": "expit sigm logsig",
        "stop_gradient": "stopgrad stop_grad detach no_grad sg",
        "sign": "sgn signum",
        "silu": "SiLU",
        "sin": "sine sen sinus",
        "sinh": "sh senh",
        "cosh": "ch",
        "tanh": "th",
        "sqrt": "root squareroot square_root realsqrt",
        "squared": "square sqr sq",
        "std": "stdevp stdev stddev standard_deviation nanstd",
        "step": "heaviside unitstep unit_step theta_step HeavisideTheta",
        "sum": "total summation nansum reduce_sum Sum",
        "tan": "tg tangent",
        "tr": "Tr",
        "transpose": "t_ permute_dims ctranspose matrix_transpose adjoint swapdims",
        "var": "variance nanvar Var varp",
        "vec": "vectorize vectorise",
        "erfinv": "erf_inv",
        "softsign": "soft_sign",
        "gelu": "GeLU",
        "eye": "identity Identity",
        "size": "numel length len ndims",
        "rows": "nrows nrow",
        "cols": "ncols ncol columns",
    }.items()
    for name in names.split()
}

# Formulas to type. The arguments are put into them.
_WRITTEN = """
MSE(a, b)                    mean((a - b) .^ 2)
mse_loss(a, b)               mean((a - b) .^ 2)
mean_squared_error(a, b)     mean((a - b) .^ 2)
MSELoss(a, b)                mean((a - b) .^ 2)
rmse(a, b)                   sqrt(mean((a - b) .^ 2))
RMSE(a, b)                   sqrt(mean((a - b) .^ 2))
sse(a, b)                    sum((a - b) .^ 2)
rss(a, b)                    sum((a - b) .^ 2)
mae(a, b)                    mean(abs(a - b))
MAE(a, b)                    mean(abs(a - b))
l1_loss(a, b)                mean(abs(a - b))
L1Loss(a, b)                 mean(abs(a - b))
mean_absolute_error(a, b)    mean(abs(a - b))
mape(a, b)                   mean(abs((a - b) ./ a))
dist(a, b)                   norm2(a - b)
distance(a, b)               norm2(a - b)
euclidean(a, b)              norm2(a - b)
cosine_similarity(a, b)      a.b/(norm2(a)*norm2(b))
cos_sim(a, b)                a.b/(norm2(a)*norm2(b))
cossim(a, b)                 a.b/(norm2(a)*norm2(b))
cosine_distance(a, b)        1 - a.b/(norm2(a)*norm2(b))
corr(a, b)                   (a - mean(a)).(b - mean(b))/(norm2(a - mean(a))*norm2(b - mean(b)))
corrcoef(a, b)               (a - mean(a)).(b - mean(b))/(norm2(a - mean(a))*norm2(b - mean(b)))
correlation(a, b)            (a - mean(a)).(b - mean(b))/(norm2(a - mean(a))*norm2(b - mean(b)))
cov(a, b)                    mean((a - mean(a)) .* (b - mean(b)))
covariance(a, b)             mean((a - mean(a)) .* (b - mean(b)))
KL(p, q)                     sum(p .* log(p ./ q))
kl_div(p, q)                 sum(p .* log(p ./ q))
kldiv(p, q)                  sum(p .* log(p ./ q))
kl_divergence(p, q)          sum(p .* log(p ./ q))
D_KL(p, q)                   sum(p .* log(p ./ q))
JS(p, q)                     (sum(p .* log(2*p ./ (p + q))) + sum(q .* log(2*q ./ (p + q))))/2
ridge(w)                     norm2(w)^2
lasso(w)                     norm1(w)
elastic_net(w, a)            a*norm1(w) + (1 - a)/2*norm2(w)^2
dice(p, y)                   1 - 2*p.y/(sum(p) + sum(y))
triplet(a, p, n)             max(norm2(a - p)^2 - norm2(a - n)^2 + 1, 0)
kullback_leibler(p, q)       sum(p .* log(p ./ q))
rel_entr(p, q)               p .* log(p ./ q)
H_entropy(p)                 -sum(p .* log(p))
shannon(p)                   -sum(p .* log(p))
entr(p)                      -p .* log(p)
nll(p, y)                    -y.log(p)
NLL(p, y)                    -y.log(p)
nll_loss(z, y)               -y.z
NLLLoss(z, y)                -y.z
CrossEntropyLoss(z, y)       -y.log_softmax(z)
CrossEntropy(p, y)           -y.log(p)
categorical_crossentropy(y, p)           -y.log(p)
categorical_cross_entropy(p, y)          -y.log(p)
softmax_cross_entropy(z, y)              -y.log_softmax(z)
softmax_cross_entropy_with_logits(z, y)  -y.log_softmax(z)
sigmoid_cross_entropy(z, y)              sum(softplus(z) - y .* z)
bce_with_logits(z, y)                    sum(softplus(z) - y .* z)
binary_cross_entropy_with_logits(z, y)   sum(softplus(z) - y .* z)
BCEWithLogitsLoss(z, y)                  sum(softplus(z) - y .* z)
hinge_loss(m)                hinge(m)
hingeloss(m)                 hinge(m)
squared_hinge(m)             max(1 - m, 0)^2
hinge2(m)                    max(1 - m, 0)^2
logistic_loss(m)             logloss(m)
log_loss(m)                  logloss(m)
logit_loss(m)                logloss(m)
zero_one_loss(m)             zero_one(m)
focal_loss(p, g)             -(1 - p)^g*log(p)
squared_error(a, b)          (a - b)^2
squared_loss(a, b)           (a - b)^2
absolute_error(a, b)         abs(a - b)
smooth_l1(r)                 huber(r, 1)
smooth_l1_loss(a, b)         mean(huber(a - b, 1))
pinball(r, t)                max(t*r, (t - 1)*r)
quantile_loss(r, t)          max(t*r, (t - 1)*r)
logcosh(x)                   log(cosh(x))
log_cosh(x)                  log(cosh(x))
logsinh(x)                   log(sinh(x))
LogSigmoid(x)                -softplus(-x)
log1mexp(x)                  log(-expm1(-x))
log1pexp(x)                  softplus(x)
softrelu(x)                  softplus(x)
softplus_inv(y)              log(expm1(y))
logsubexp(a, b)              a + log(-expm1(b - a))
logdiffexp(a, b)             a + log(-expm1(b - a))
exp10(x)                     10 .^ x
rsqrt(x)                     1 ./ sqrt(x)
reciprocal(x)                1 ./ x
recip(x)                     1 ./ x
cube(x)                      x .^ 3
negative(x)                  -x
neg(x)                       -x
add(a, b)                    a + b
plus(a, b)                   a + b
subtract(a, b)               a - b
minus(a, b)                  a - b
multiply(a, b)               a .* b
times(a, b)                  a .* b
mul(a, b)                    a .* b
hadamard(a, b)               a .* b
divide(a, b)                 a ./ b
true_divide(a, b)            a ./ b
div(a, b)                    a ./ b
matmul(A, B)                 A*B
mm(A, B)                     A*B
bmm(A, B)                    A*B
mv(A, x)                     A*x
matvec(A, x)                 A*x
mtimes(A, B)                 A*B
mmult(A, B)                  A*B
baddbmm(C, A, B)             C + A*B
crossprod(A, B)              A'*B
tcrossprod(A, B)             A*B'
mrdivide(A, B)               A*inv(B)
rdivide(a, b)                a ./ b
addcmul(c, a, b)             c + a .* b
addcdiv(c, a, b)             c + a ./ b
rem(a, b)                    a - b*sign(a/b)*floor(abs(a/b))
abs2(x)                      x .^ 2
sumabs(x)                    norm1(x)
sumabs2(x)                   sum(x .^ 2)
normsdist(x)                 (1 + erf(x/sqrt(2)))/2
logcumsumexp(x)              log(cumsum(exp(x)))
skewness(x)                  mean((x - mean(x)) .^ 3)/std(x)^3
kurtosis(x)                  mean((x - mean(x)) .^ 4)/var(x)^2
logitcrossentropy(z, y)      -y.log_softmax(z)
fmod(a, b)                   a - b*floor(a/b)
remainder(a, b)              a - b*floor(a/b)
frac(x)                      x - floor(x)
trunc(x)                     sign(x) .* floor(abs(x))
fix(x)                       sign(x) .* floor(abs(x))
sinpi(x)                     sin(pi*x)
cospi(x)                     cos(pi*x)
haversine(x)                 sin(x/2)^2
versin(x)                    1 - cos(x)
deg2rad(x)                   pi/180*x
radians(x)                   pi/180*x
rad2deg(x)                   180/pi*x
degrees(x)                   180/pi*x
factorial(n)                 gamma(n + 1)
fact(n)                      gamma(n + 1)
binom(n, k)                  gamma(n + 1)/(gamma(k + 1)*gamma(n - k + 1))
comb(n, k)                   gamma(n + 1)/(gamma(k + 1)*gamma(n - k + 1))
choose(n, k)                 gamma(n + 1)/(gamma(k + 1)*gamma(n - k + 1))
nchoosek(n, k)               gamma(n + 1)/(gamma(k + 1)*gamma(n - k + 1))
logbeta(a, b)                lgamma(a) + lgamma(b) - lgamma(a + b)
lbeta(a, b)                  lgamma(a) + lgamma(b) - lgamma(a + b)
Beta(a, b)                   gamma(a)*gamma(b)/gamma(a + b)
trigamma(x)                  polygamma(1, x)
ndtr(x)                      (1 + erf(x/sqrt(2)))/2
normcdf(x)                   (1 + erf(x/sqrt(2)))/2
norm_cdf(x)                  (1 + erf(x/sqrt(2)))/2
probit(x)                    sqrt(2)*erfinv(2*x - 1)
ndtri(x)                     sqrt(2)*erfinv(2*x - 1)
norminv(x)                   sqrt(2)*erfinv(2*x - 1)
normpdf(x)                   exp(-x^2/2)/sqrt(2*pi)
norm_pdf(x)                  exp(-x^2/2)/sqrt(2*pi)
gaussian(x)                  exp(-x^2/2)/sqrt(2*pi)
rbf(x, y)                    exp(-norm2(x - y)^2/2)
rbf_kernel(x, y)             exp(-norm2(x - y)^2/2)
gauss_kernel(x, y)           exp(-norm2(x - y)^2/2)
erfcx(x)                     exp(x^2)*erfc(x)
normalize(x)                 x/norm2(x)
normalise(x)                 x/norm2(x)
l2_normalize(x)              x/norm2(x)
unitvec(x)                   x/norm2(x)
standardize(x)               (x - mean(x))/std(x)
zscore(x)                    (x - mean(x))/std(x)
layernorm(x)                 (x - mean(x))/sqrt(var(x) + 1e-5)
layer_norm(x)                (x - mean(x))/sqrt(var(x) + 1e-5)
LayerNorm(x)                 (x - mean(x))/sqrt(var(x) + 1e-5)
batchnorm(x)                 (x - mean(x))/sqrt(var(x) + 1e-5)
batch_norm(x)                (x - mean(x))/sqrt(var(x) + 1e-5)
BatchNorm(x)                 (x - mean(x))/sqrt(var(x) + 1e-5)
rmsnorm(x)                   x/sqrt(mean(x .^ 2) + 1e-5)
rms_norm(x)                  x/sqrt(mean(x .^ 2) + 1e-5)
RMSNorm(x)                   x/sqrt(mean(x .^ 2) + 1e-5)
rms(x)                       sqrt(mean(x .^ 2))
sumsq(x)                     sum(x .^ 2)
sum_of_squares(x)            sum(x .^ 2)
sumsqr(x)                    sum(x .^ 2)
ssq(x)                       sum(x .^ 2)
norm_squared(x)              norm2(x)^2
normsq(x)                    norm2(x)^2
sqnorm(x)                    norm2(x)^2
sq_norm(x)                   norm2(x)^2
ptp(x)                       max(x) - min(x)
logmeanexp(x)                logsumexp(x) - log(size(x))
geomean(x)                   exp(mean(log(x)))
gmean(x)                     exp(mean(log(x)))
hmean(x)                     1/mean(1 ./ x)
hardsigmoid(x)               clip(x/6 + 1/2, 0, 1)
hard_sigmoid(x)              clip(x/6 + 1/2, 0, 1)
hardswish(x)                 x .* clip(x/6 + 1/2, 0, 1)
hard_swish(x)                x .* clip(x/6 + 1/2, 0, 1)
relu6(x)                     clip(x, 0, 6)
ReLU6(x)                     clip(x, 0, 6)
celu(x)                      max(x, 0) + min(exp(x) - 1, 0)
prelu(x, a)                  max(x, 0) + a*min(x, 0)
PReLU(x, a)                  max(x, 0) + a*min(x, 0)
softshrink(x, l)             sign(x) .* max(abs(x) - l, 0)
soft_threshold(x, l)         sign(x) .* max(abs(x) - l, 0)
soft_thresholding(x, l)      sign(x) .* max(abs(x) - l, 0)
hardshrink(x, l)             x .* [abs(x) > l]
tanhshrink(x)                x - tanh(x)
threshold(x, t)              x .* [x > t]
glu(a, b)                    a .* sigma(b)
swiglu(a, b)                 a .* silu(b)
positive_part(x)             max(x, 0)
pos(x)                       max(x, 0)
ramp(x)                      max(x, 0)
negative_part(x)             max(-x, 0)
indicator(c)                 [c]
Indicator(c)                 [c]
where(c, a, b)               if(c, a, b)
ifelse(c, a, b)              if(c, a, b)
iif(c, a, b)                 if(c, a, b)
IF(c, a, b)                  if(c, a, b)
cond(c, a, b)                if(c, a, b)
select(c, a, b)              if(c, a, b)
Piecewise(c, a, b)           if(c, a, b)
cases(c, a, b)               if(c, a, b)
piecewise(c, a, b)           if(c, a, b)
linsolve(A, b)               inv(A)*b
mldivide(A, b)               inv(A)*b
lstsq(A, b)                  inv(A'*A)*A'*b
adj(A)                       det(A)*inv(A)
cofactor(A)                  det(A)*inv(A)'
sym(A)                       (A + A')/2
symmetrize(A)                (A + A')/2
skew(A)                      (A - A')/2
quad(x, A)                   x'*A*x
quadratic(x, A)              x'*A*x
quad_form(x, A)              x'*A*x
bilinear(x, A, y)            x'*A*y
mahalanobis(x, y, S)         sqrt((x - y)'*inv(S)*(x - y))
linear(x, W, b)              W*x + b
dense(x, W, b)               W*x + b
affine(x, W, b)              W*x + b
Linear(x, W, b)              W*x + b
attention(Q, K, V)           softmax(Q*K'/sqrt(cols(K)))*V
scaled_dot_product_attention(Q, K, V)    softmax(Q*K'/sqrt(cols(K)))*V
frobenius_norm(A)            norm2(A)
full(n, c)                   vector(c, n)
nroot(x, n)                  x^(1/n)
nthroot(x, n)                x^(1/n)
logn(x, b)                   log(x)/log(b)
logb(x, b)                   log(x)/log(b)
odds(p)                      p/(1 - p)
beta(a, b)                   gamma(a)*gamma(b)/gamma(a + b)
sub(a, b)                    a - b
rsub(a, b)                   b - a
lerp(a, b, t)                a + t*(b - a)
addmm(C, A, B)               C + A*B
addmv(y, A, x)               y + A*x
addr(A, x, y)                A + x*y'
multi_dot(A, B)              A*B
chain_matmul(A, B)           A*B
floor_divide(a, b)           floor(a/b)
copysign(a, b)               abs(a)*sign(b)
clamp_min(x, a)              max(x, a)
clamp_max(x, a)              min(x, a)
less(a, b)                   [a < b]
less_equal(a, b)             [a <= b]
greater(a, b)                [a > b]
greater_equal(a, b)          [a >= b]
equal(a, b)                  [a == b]
not_equal(a, b)              [a != b]
signbit(x)                   [x < 0]
boxcox(x, l)                 (x .^ l - 1)/l
exprel(x)                    expm1(x)/x
xlog1py(x, y)                x .* log1p(y)
powm1(x, y)                  x^y - 1
cosm1(x)                     cos(x) - 1
rgamma(x)                    1/gamma(x)
pseudo_huber(d, r)           d^2*(sqrt(1 + (r/d)^2) - 1)
charbonnier(r, d)            sqrt(r^2 + d^2)
tukey(r, c)                  if(abs(r) <= c, c^2/6*(1 - (1 - (r/c)^2)^3), c^2/6)
squareplus(x)                (x + sqrt(x .^ 2 + 4))/2
logaddexp2(a, b)             log2(2 .^ a + 2 .^ b)
gaussian_nll_loss(m, y, v)   mean((log(v) + (y - m) .^ 2 ./ v)/2)
poisson_nll_loss(z, y)       mean(exp(z) - y .* z)
soft_margin_loss(z, y)       mean(log(1 + exp(-y .* z)))
hinge_embedding_loss(x, y)   if(y == 1, x, max(1 - x, 0))
margin_ranking_loss(a, b, y) max(-y*(a - b), 0)
triplet_loss(a, p, n)        max(norm2(a - p)^2 - norm2(a - n)^2 + 1, 0)
contrastive_loss(d, y)       y*d^2 + (1 - y)*max(1 - d, 0)^2
KLDivLoss(p, q)              sum(p .* log(p ./ q))
KL_div(p, q)                 sum(p .* log(p ./ q))
js_divergence(p, q)          (sum(p .* log(2*p ./ (p + q))) + sum(q .* log(2*q ./ (p + q))))/2
hellinger(p, q)              norm2(sqrt(p) - sqrt(q))/sqrt(2)
SmoothL1Loss(a, b)           mean(huber(a - b, 1))
pairwise_distance(a, b)      norm2(a - b)
cube_root(x)                 cbrt(x)
wrap(x)                      x - 2*pi*floor((x + pi)/(2*pi))
accuracy(a, y)               mean([a == y])
r2(y, a)                     1 - sum((y - a) .^ 2)/sum((y - mean(y)) .^ 2)
R2(y, a)                     1 - sum((y - a) .^ 2)/sum((y - mean(y)) .^ 2)
r2_score(y, a)               1 - sum((y - a) .^ 2)/sum((y - mean(y)) .^ 2)
elbo(m, s)                   sum((m .^ 2 + s .^ 2 - 1)/2 - log(s))
perplexity(p)                exp(-sum(p .* log(p)))
gini(p)                      1 - p.p
""".strip().splitlines()

# Why there is nothing to type, what to do instead, and the names.
_REFUSED = """
a derivative is asked for and not typed
type the formula alone and say by what with --wrt NAME, or sd.grad(f, NAME)
diff Diff grad gradient Grad derivative deriv Derivative differentiate partial jacobian Jacobian jac hessian hess Hessian laplacian nabla
backward vjp jvp jacfwd jacrev value_and_grad autograd elementwise_grad egrad

its value is a whole number, so that its derivative is 0 where it has one
the largest entry itself is `max(x)`, a smooth choice `softmax(x)`
argmax arg_max Argmax

its value is a whole number, so that its derivative is 0 where it has one
the smallest entry itself is `min(x)`, a smooth choice `softmax(-x)`
argmin arg_min Argmin

its value is a whole number, so that its derivative is 0 where it has one
sums of brackets count: `sum([x > 0])`
countif bucketize histc argsort count_nonzero nnz searchsorted digitize bincount rank matrix_rank nonzero any all
allclose isclose array_equal isin logical_and logical_or logical_not logical_xor bitwise_and bitwise_or bitwise_not gcd lcm histogram histogram2d argpartition argwhere flatnonzero

it jumps with the order of the entries
of three numbers the median is `max(min(a, b), min(max(a, b), c))`
median nanmedian mad

it jumps with the order of the entries
single entries are `x[1]`, the largest one `max(x)`
sort sorted topk top_k quantile percentile mode unique

it moves entries about, but has no formula here
write the entries: `tensor(i=1..m, j=1..n, …)`, or a sum over them
reshape view flatten ravel squeeze unsqueeze expand_dims permute swapaxes stack dstack append
split chunk tile repeat roll flip fliplr flipud gather scatter index_select take take_along_axis pad expand broadcast_to block block_diag
meshgrid
moveaxis rollaxis unbind unstack narrow hsplit vsplit dsplit array_split tensor_split rot90 tri toeplitz hankel circulant vander
repmat circshift cartesian_prod pixel_shuffle dropdims permutedims sub2ind accumarray hilbert companion diag_indices triu_indices tril_indices repeat_interleave masked_fill masked_select slice unfold fold index_add scatter_add insert delete extract

it is not in the table
write the sum with its indices: `sum(i=1..m, sum(j=1..n, x[i]*A[i,j]*y[j]))`
einsum tensordot contract convolve conv conv1d conv2d conv3d correlate fft ifft rfft dct xcorr conv_transpose embedding maxpool max_pool
max_pool2d avgpool avg_pool avg_pool2d interp interp1d interpolate vmap map scan lstm LSTM gru GRU rnn RNN transformer
einsum_path tensorinv tensorsolve convolution conv_transpose1d conv_transpose2d max_pool1d max_pool3d avg_pool1d avg_pool3d adaptive_avg_pool2d istft stft hfft
dft polyval polyfit polyder polyint roots poly trapz trapezoid simpson simps group_norm instance_norm local_response_norm ctc_loss triplet_margin_loss
interp2 cdist pdist grid_sample del2 ellipke i0e normest cosine_embedding_loss multi_head_attention MultiheadAttention Conv1d Conv2d Conv3d Embedding fori_loop while_loop pmap pmean psum

there is no such decomposition here
`eigvalsh(A)`, `cholesky(A)`, `det(A)`, `logdet(A)` and `inv(A)` are there; the trace is the sum of the eigenvalues, the determinant their product
eigen chol2inv svd svdvals eig eigh eigvals eigenvalues eigenvalue lu qr schur hessenberg ldl null nullspace orth rref lambda_max
lambda_min spectral_norm spectral_radius cond_number
null_space rq qz lu_factor lu_solve cho_factor cho_solve solve_triangular cholesky_solve cholesky_inverse solve_lyapunov svd_lowrank symeig

it is no function of the entries one by one, and not in the table
`expm(A)`, `logm(A)`, `sqrtm(A)` are there; `A^2` is A*A, `A^-1` the inverse
funm cosm sinm signm 
tanm coshm sinhm tanhm fractional_matrix_power mpower 

all numbers are real here
for real z the conjugate is z itself
conj conjugate

all numbers are real here
write real and imaginary part as two variables
real imag re im Re Im angle arg phase iscomplex hermitian
complex imaginary isreal iscomplexobj

it draws random numbers
give the drawn value a name: `x + s*epsilon`
rand randn random randint uniform normal sample bernoulli multinomial gumbel gumbel_softmax dropout Dropout rng shuffle choice
randperm rand_like randn_like poisson binomial alpha_dropout dropout1d dropout2d permutation

it is the probability or density of a distribution
write the density out: `exp(-(x - mu)^2/(2*s^2))/(s*sqrt(2*pi))`
dbinom dpois pdf cdf logpdf log_prob logcdf pmf ppf Normal Gaussian mvn multivariate_normal dnorm pnorm qnorm

an expectation is the mean over data or a sum of probabilities
`mean(x.^2)`, or `sum(p .* x)`
Expectation expectation expect EE

a label is a vector with one 1
declare it: `y: onehot vector(k); -y.log(p)`; the i-th basis vector is `unit(1, n)`
onehot one_hot to_categorical kronecker_delta

there are no limits here
type the function itself; its value at a point is `--at x=1`
lim limit

there is no algebra in a formula
type the formula itself
simplify expand factor subs series taylor Taylor collect together apart cancel

there are no integrals here
a function that it defines may be declared and stay opaque: `F: scalar -> scalar`
integral integrate int quad_int Integral antiderivative odeint solve_ivp

it is not in the table
declare it as an opaque function: `f: scalar -> scalar`
besselj bessely jv yv iv kv i0 i1 j0 j1 airy hyp2f1 hyp1f1 legendre chebyshev hermite laguerre lambertw gammainc gammaincc betainc
expint Ei Si Ci ellipk ellipe sph_harm dawsn fresnel erfcinv gammaincinv
jn yn kn kelvin struve hankel1 hankel2 spherical_yn erfi exp1 expi expn shichi sici spence wofz owens_t wrightomega multigammaln mvlgamma
igamma igammac gammasgn stdtr chdtr fdtr bdtr pdtr voigt_profile kolmogorov betaincinv poch factorial2 perm agm euler zetac

a minimum over a variable has no formula
type what is minimised, and ask by `--wrt`; `min(a, b)` and `min(x)` are the smallest of numbers
minimize minimise maximize maximise optimize optimise fmin_bfgs sup inf supremum infimum prox proj project projection

its size is said where it is made
`ones(n)` and `zeros(m, n)` are there
ones_like zeros_like full_like empty

it is a word of a program
type the formula alone
sapply lapply mapply cellfun arrayfun bsxfun mapslices eachrow sumif print return range zip enumerate list array asarray float str Tensor Variable Parameter astype numpy item to cuda cpu requires_grad copy
clone eval exec arange linspace logspace

it has no value in mathematics
type the formula alone
isnan isinf isfinite nan_to_num finfo shape dtype ndim

it is not in the table
a difference of entries is `sum(i=1..n-1, (x[i+1] - x[i])^2)`
ediff1d cummax cummin cumtrapz total_variation tv
""".strip()

_HEAD = re.compile(r"(\w+)\(([^)]*)\)\s+(.*)")

# name -> its arguments and the formula in which they stand
WRITTEN: dict[str, tuple[tuple[str, ...], str]] = {
    m[1]: (tuple(re.split(r",\s*", m[2])), m[3]) for m in map(_HEAD.fullmatch, _WRITTEN) if m
}

REFUSED: dict[str, tuple[str, str]] = {
    name: (reason, hint) for reason, hint, names in (block.split("\n", 2) for block in _REFUSED.split("\n\n")) for name in names.split()
}


def fold(name: str) -> str:
    """A name without the difference of capitals and underscores: LeakyReLU is leaky_relu."""
    return name.replace("_", "").lower()


NAMES = frozenset({*SAME, *WRITTEN, *REFUSED})
FOLDED = {fold(name): name for name in sorted(NAMES) if len(name) > 2}

# What stands in front of a dot and is no value: `np.exp(x)`.
_MODULES = "np numpy jnp jax torch tf tensorflow keras nn F functional sp scipy special linalg math Math sympy cp mx optax lax anp autograd"
MODULES = frozenset(_MODULES.split())

# Methods of arrays: `x.sum()`. What they are as functions of the table, or a formula of WRITTEN.
_METHODS = """
sum mean max min prod std var trace dot norm exp log sqrt abs sin cos tanh sigmoid relu softmax transpose pow square det logdet inverse
cumsum round floor ceil clip clamp sign matmul mm mv logsumexp diag diagonal log_softmax outer argmax argmin t
"""
METHODS = frozenset(_METHODS.split())
