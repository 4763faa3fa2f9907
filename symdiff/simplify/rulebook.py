"""The rewrite rules as text, by subject: `name: left => right where condition`.

The letters stand for any value, entry by entry for tensors. A left side that is a product of two factors is looked for
among the factors of a product; one that is a sum of two terms among the terms of a sum, both perhaps times something more,
and there the rule fires where that is shorter. A condition that is not proven keeps a rule from firing. Rules about collecting,
powers, identities and inverses are functions of normal.py and product.py; those about costs are in improve.py.
"""

EXPONENTIAL = """
exp-of-zero:            exp(0) => 1
log-of-one:             log(1) => 0
exp-of-log:             exp(log(a)) => a where a > 0
log-of-exp:             log(exp(a)) => a
exp-of-log-sigmoid:     exp(log_sigmoid(a)) => sigma(a)
logit-of-sigma:         logit(sigma(a)) => a
log-of-power:           log(a^b) => b*log(a) where a > 0
log-of-det:             log(det(A)) => logdet(A)
sylvester-of-identity:  solve_sylvester(A, A, eye(n)) => inv(A)/2
frechet-of-exp:         expm_frechet(A, eye(n)) => expm(A)
frechet-of-log:         logm_frechet(A, eye(n)) => inv(A)
log-of-sigma-complement: log(1 - sigma(a)) => -softplus(a)
softplus-from-log:      log(1 + exp(a)) => softplus(a)
log-of-log1p:           log1p(a) => log(1 + a)
expm1-as-exp:           expm1(a) => exp(a) - 1
sigma-from-exp:         1/(1 + exp(a)) => sigma(-a)
sigma-flip:             exp(a)*sigma(-a) => sigma(a)
sigma-of-denominator:   sigma(-a)*(1 + exp(a)) => 1
sigma-at-zero:          sigma(0) => 1/2
exp-over-sigma:         exp(-a)/sigma(-a) => 1/sigma(a)
exp-of-softplus:        exp(softplus(a)) => 1 + exp(a)
"""

PIECEWISE = """
relu-where-positive:    relu(a)*[a > 0] => relu(a)
relu-where-negative:    relu(a)*[0 > a] => 0
max-where-positive:     max(a, 0)*[a > 0] => max(a, 0)
relu-over-value:        relu(a)/a => [a > 0]
max-where-first:        max(a, b)*[a > b] => a*[a > b]
min-where-first:        min(a, b)*[b > a] => a*[b > a]
sign-times-abs:         sign(a)*abs(a) => a
sign-over-abs:          sign(a)/abs(a) => 1/a
sign-times-its-sign:    sign(a)*sign(abs(a)) => sign(a)
sign-over-value:        sign(a)/a => 1/abs(a)
abs-from-hypot:         hypot(a, 0) => abs(a)
abs-from-hypot-too:     hypot(0, a) => abs(a)
value-over-abs:         a/abs(a) => sign(a)
value-times-sign:       a*sign(a) => abs(a)
sign-of-sign:           sign(sign(a)) => sign(a)
cbrt-of-cube:           cbrt(a^3) => a
value-over-cbrt:        a/cbrt(a) => cbrt(a)^2
max-of-relu:            relu(relu(a)) => relu(a)
step-as-bracket:        step(a) => [a > 0]
if-as-bracket:          if(a, 1, 0) => a
if-as-complement:       if(a, 0, 1) => not a
bracket-and-complement: [a > b]*[b >= a] => 0
bracket-and-opposite:   [a > b]*[b > a] => 0
equal-and-greater:      [a == b]*[a > b] => 0
unequal-and-greater:    [a != b]*[a > b] => [a > b]
"""

TRIGONOMETRIC = """
sin-of-zero:            sin(0) => 0
cos-of-zero:            cos(0) => 1
sin-of-arcsin:          sin(arcsin(a)) => a
cos-of-arccos:          cos(arccos(a)) => a
tan-of-arctan:          tan(arctan(a)) => a
sin-over-cos:           sin(a)/cos(a) => tan(a)
tan-times-cos:          tan(a)*cos(a) => sin(a)
cos-over-sin:           cos(a)/sin(a) => cot(a)
sinh-over-cosh:         sinh(a)/cosh(a) => tanh(a)
tanh-times-cosh:        tanh(a)*cosh(a) => sinh(a)
cosh-over-sinh:         cosh(a)/sinh(a) => coth(a)
tan-of-zero:            tan(0) => 0
tanh-of-zero:           tanh(0) => 0
sinh-of-zero:           sinh(0) => 0
cosh-of-zero:           cosh(0) => 1
arctan-of-zero:         arctan(0) => 0
sin-and-cos:            sin(a)^2 + cos(a)^2 => 1
one-minus-sin:          1 - sin(a)^2 => cos(a)^2
one-minus-cos:          1 - cos(a)^2 => sin(a)^2
sec-and-tan:            sec(a)^2 - tan(a)^2 => 1
sec-minus-one:          sec(a)^2 - 1 => tan(a)^2
csc-and-cot:            csc(a)^2 - cot(a)^2 => 1
csc-minus-one:          csc(a)^2 - 1 => cot(a)^2
cosh-and-sinh:          cosh(a)^2 - sinh(a)^2 => 1
one-plus-sinh:          1 + sinh(a)^2 => cosh(a)^2
cosh-minus-one:         cosh(a)^2 - 1 => sinh(a)^2
sech-and-tanh:          sech(a)^2 + tanh(a)^2 => 1
one-minus-sech:         1 - sech(a)^2 => tanh(a)^2
"""

SUBJECTS = {"exponential": EXPONENTIAL, "piecewise": PIECEWISE, "trigonometric": TRIGONOMETRIC}
