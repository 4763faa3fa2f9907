r"""LaTeX in, one construct a line: what it is in the language, or why it is refused and what to write instead.

A line is `LaTeX ;; types => text`, or `LaTeX ;; types => ! message | hint`. What is read reads back from the text of its program.
"""

from __future__ import annotations

import pytest

import symdiff as sd
from symdiff.errors import SymdiffError
from symdiff.formula import built
from symdiff.syntax import parse

READ = r"""
\log \det A ;; A: matrix(n,n) => logdet(A)
\log\operatorname{softmax}(x) ;; x: vector(n) => log_softmax(x)
\log \Gamma(x) => lgamma(x)
\log_2 x => log2(x)
\log_{10}(x) => log10(x)
\log_a(x) => log(x)/log(a)
\log_b^2 x => log(x)^2/log(b)
\operatorname{erf}^{-1}(x) => erfinv(x)
\sin^2 x => sin(x)^2
\log^3(x) => log(x)^3
\sin_i(x) => sin(x).unit(i, size(x))
\sin_2 x => sin(x)[2]
\exp A x ;; A: matrix(n,n); x: vector(n) => exp(A*x)
\exp (a) b => exp(a)*b
\sin 2 \pi x => sin(2*pi*x)
\log a b => log(a*b)
\cos 2 x y => cos(2*x*y)
\operatorname{KL}(p \| q) ;; p: vector(n); q: vector(n) => sum(p .* log(p ./ q))
D_{KL}(p \| q) ;; p: vector(n); q: vector(n) => sum(p .* log(p ./ q))
\max x => max(x)
\max(x) => max(x)
\max(x) ;; x: vector(n) => max(x)
\operatorname{Var}(x) ;; x: vector(n) => var(x)
\log|A| ;; A: matrix(n,n) => logdet(A)
\log|x| => log(abs(x))
\log\det(A) ;; A: matrix(n,n) => logdet(A)
\log\|x\| ;; x: vector(n) => log(norm2(x))
\max_i x_i ;; x: vector(n) => max(x)
\max_i (x_i) ;; x: vector(n) => max(x)
\max_i x_i^2 ;; x: vector(n) => max(x.^2)
\max_{i=1}^{n} x_i^2 ;; x: vector(n) => max(x.^2)
\min_j (a - x_j)^2 ;; x: vector(n) => min((a - x).^2)
\prod_i x_i ;; x: vector(n) => prod(x)
\prod_i y x_i ;; x: vector(n) => prod(y*x)
\prod(x) ;; x: vector(n) => prod(x)
\prod_{i=1}^n (1 + x_i) ;; x: vector(n) => prod(1 + x)
\prod_{i<j} x_i x_j ;; x: vector(n) => prod(rowprod(tensor(i=1..n, j=1..n, if(i < j, x[i]*x[j], 1))))
\sum_i x_i ;; x: vector(n) => sum(x)
\sum_{i=1} x_i ;; x: vector(n) => sum(x)
\sum_{i=1,\ldots,n} x_i ;; x: vector(n) => sum(x)
\sum_{i,j} A_{ij} ;; A: matrix(m,n) => sum(A)
\sum_{i, j=1}^n A_{ij} ;; A: matrix(n,n) => sum(A)
\sum_{i=1}^{n} \sum_{j=1}^{i} x_i x_j ;; x: vector(n) => sum(i=1..n, sum(j=1..i, x[i]*x[j]))
\sum_{i=1}^{n} \sum_{j=i}^{n} x_i x_j ;; x: vector(n) => sum(i=1..n, sum(j=i..n, x[i]*x[j]))
\sum_{i=1}^{n} \sum_{j=i+1}^{n} x_i x_j ;; x: vector(n) => sum(i=1..n, sum(j=i + 1..n, x[i]*x[j]))
\sum_{1 \le i \le n} x_i ;; x: vector(n) => sum(x)
\sum_{1 \le i < n} x_i ;; x: vector(n) => x.[cumsum(ones(n)) <= n - 1]
\sum_{0 < i \le n} x_i ;; x: vector(n) => sum(x)
\sum_{0 < i < n} x_i ;; x: vector(n) => x.[cumsum(ones(n)) <= n - 1]
\sum_{1 \le i < j \le n} x_i x_j ;; x: vector(n) => sum(i=1..n, sum(j=i + 1..n, x[i]*x[j]))
\sum_{i \ne j} x_i x_j ;; x: vector(n) => sum(i=1..n, sum(j=1..n, x[i]*x[j]*[i != j]))
\sum_i \sum_{j \ne i} x_i x_j ;; x: vector(n) => sum(i=1..n, sum(j=1..n, x[i]*x[j]*[j != i]))
\sum_i \sum_{j < i} x_i x_j ;; x: vector(n) => sum(i=1..n, sum(j=1..i - 1, x[i]*x[j]))
\sum_{i \in [n]} x_i ;; x: vector(n) => sum(x)
\sum_{i \in \{1, \ldots, n\}} x_i ;; x: vector(n) => sum(x)
\sum_{i'} x_{i'} ;; x: vector(n) => sum(x)
\frac{1}{n} \sum_{i=1}^n x_i ;; x: vector(n) => 1/n*sum(x)
\mathbf{1}^\top x ;; x: vector(n) => ones(n)'*x
\mathbf{1}[x > 0] => [x > 0]
1[x > 0] => [x > 0]
1\{x > 0\} => [x > 0]
\mathbb{1}(x > 0) => [x > 0]
I(x > 0) => [x > 0]
I[x \ge y] => [x >= y]
a ; => a
x = 3 ; y => y
x_1, x_2 \in \mathbb{R}^n ; x_1^\top x_2 => x1'*x2
f(x) \in \mathbb{R}^n ; x => x
x_i = a ; x => x
\log|A B| ;; A: matrix(n,n); B: matrix(n,n) => logdet(A*B)
\|A\| ;; A: matrix(m,n) => norm2(A)
I_n ;; A: matrix(n,n) => eye(n)
A + I ;; A: matrix(n,n) => A + eye
x_{(1)} => x1
x_{\infty} => x_inf
x_{*} => x_star
x_{\text{old}} => x_old
x_{a+b} => x_a_plus_b
x_{i+1} => x_i_plus_1
\sum_{i=1}^{n-1} x_{i+1} x_i ;; x: vector(n) => sum(i=1..n - 1, x[i + 1]*x[i])
\pi_k => pi_k
\pi_1 => pi1
\delta_{ij} => delta_i_j
\sum_{i,j} \delta_{ij} A_{ij} ;; A: matrix(n,n) => sum(i=1..n, A[i,i])
\sum_{ij} A_{ij} \delta_{ij} ;; A: matrix(n,n) => sum(i=1..n, A[i,i])
e_1 ;; x: vector(n) => e1
e_i^\top x ;; x: vector(n) => e_i'*x
e_{a} => e_a
w'x ;; w: vector(n); x: vector(n) => w'*x
A^+ ;; A: matrix(m,n) => pinv(A)
A^\dagger ;; A: matrix(m,n) => pinv(A)
X^+ => pinv(X)
x^{(1)} => x1
x^{(t)} + x^{(t+1)} => x_t + x_t_plus_1
x^* => x_star
x^{*} => x_star
x^T => x'
x^T ;; x: vector(n) => x'
x^T ;; x: scalar; T: scalar => x^T
\sum_{t=1}^{T} y^T x_t ;; y: vector(n) => sum(j=1..T, y.x[j])
x_t^T => x_t'
[A]_{ij} ;; A: matrix(m,n) => A[i,j]
[A x]_i ;; A: matrix(m,n); x: vector(n) => (A*x).unit(i, m)
(A x)_1 ;; A: matrix(m,n); x: vector(n) => (A*x)[1]
[x_i]_{i=1 \ldots n} ;; x: vector(n) => x
[x_i y_j]_{i=1 \ldots n, j = 1 \ldots m} ;; x: vector(n); y: vector(m) => outer(x, y)
\langle a, b \rangle => a.b
\|x\|_p => norm(x, p)
\|x\|_3^3 ;; x: vector(n) => norm(x, 3)^3
\|x\|_3 ;; x: vector(n) => norm(x, 3)
\|A\|_* ;; A: matrix(m,n) => normnuc(A)
\|A\|_{F}^2 ;; A: matrix(m,n) => norm2(A)^2
\|x\|_1^2 ;; x: vector(n) => norm1(x)^2
\|x\|_\infty ;; x: vector(n) => norminf(x)
\|x\|_2^2{}^2 ;; x: vector(n) => (norm2(x)^2)^2
\|x\|^4 ;; x: vector(n) => norm2(x)^4
|x|^3 => abs(x)^3
[x > 0]^2 => [x > 0]^2
[[x > 0]] => [x > 0]
\mathbf{1}_n ;; x: vector(n) => ones(n)
\mathbf{1}_{m \times n} => ones(m, n)
\mathbf{0}_{m} => zeros(m)
\mathbf{1}_{x > 0} => [x > 0]
1_{x > 0} => [x > 0]
\mathbf{1}^\top x \mathbf{1}^\top y ;; x: vector(n); y: vector(n) => ones(n)'*x*ones(n)'*y
\hat{{x}} => x_hat
\bar{{{x}}} => x_bar
\tilde{w}^\top x ;; x: vector(n) => w_tilde'*x
\sqrt[3]{x} => cbrt(x)
\sqrt[2]{x} => sqrt(x)
\sqrt[4]{x} => x^0.25
\sqrt[n]{x} => x^(1/n)
\begin{cases} x & x > 0 \\ 0 \end{cases} => if(x > 0, x, 0)
\begin{cases} x & \text{if } x > 0 \\ 0 & \text{otherwise} \end{cases} => if(x > 0, x, 0)
\begin{cases} x & \text{if } x > 0 \\ 0 & \text{if } x \le 0 \end{cases} => if(x > 0, x, 0)
\begin{cases} x & \text{if } x > 0 \\ 0 & \text{if } x < 0 \end{cases} => if(x > 0, x, 0)
\begin{cases} x & \text{if } x > 1 \\ -x & \text{if } x < -1 \\ 0 & \text{else} \end{cases} => if(x > 1, x, if(x < -1, -x, 0))
\begin{cases} x & if x > 0 \\ 0 & otherwise \end{cases} => if(x > 0, x, 0)
\begin{cases} x & \lnot (x > 0) \\ 0 & otherwise \end{cases} => if(not x > 0, x, 0)
-x y - z => -x*y - z
-\frac{a}{b} x => -(a/b)*x
\underbrace{x + y}_{\text{sum}} => x + y
\overbrace{x}^{z} + 1 => x + 1
\{x\} => x
\left\{ x + 1 \right\} y => (x + 1)*y
\parallel x \parallel ;; x: vector(n) => norm2(x)
\abs{x} => abs(x)
\norm{x} ;; x: vector(n) => norm2(x)
sqrt(x) => sqrt(x)
sqrt x => sqrt(x)
abs(x) => abs(x)
sin(x) => sin(x)
if x => i*f*x
\text{loss} => loss
\text{} x => x
\mathrm{loss} + 1 => loss + 1
x_{\text{train set}} => x_train_set
x_{\text{a-b}} => x_a_b
x_{\text{12}} => x12
\mathrm{softplus}(x) => softplus(x)
\softplus(x) => softplus(x)
\relu(x) => relu(x)
f[x] => f*x
g(x)(y) => g(x)*y
D\phi(x) => D*phi(x)
D_{\text{KL}}(p, q) ;; p: vector(n); q: vector(n) => sum(p .* log(p ./ q))
Dx => D*x
f'(x) => f'(x)
\phi'(x) => phi'(x)
\phi''(x) => phi''(x)
w(x) => w(x)
w(x + y) => w*(x + y)
\lambda (x + y) => lambda*(x + y)
\operatorname{f}(x) => f(x)
x̂ + ŷ => x_hat + y_hat
α̂ => alpha_hat
α + β => alpha + beta
wᵀx ;; w: vector(n); x: vector(n) => w'*x
x² + y³ => x^2 + y^3
∑ᵢ xᵢ ;; x: vector(n) => sum(x)
√x => sqrt(x)
x ⋅ y ;; x: vector(n); y: vector(n) => x.y
‖x‖² ;; x: vector(n) => norm2(x)^2
z_y + \sum_j z_j ;; z: vector(k) => z[y] + sum(z)
-z_y + \log \sum_j \exp z_j ;; z: vector(k) => -z[y] + log(sum(exp(z)))
-z_y + \log \sum_j \exp z_j => -z[y] + log(sum(exp(z)))
x_{i,j} => x_i_j
x_1^{(2)} => x_2_1
W^{(1)} x ;; x: vector(n) => W1*x
x_i^{(2)} => x_2_i
x_{ij} ;; x: matrix(m,n) => x[i,j]
A_{i:} ;; A: matrix(m,n) => A[i]
A_{:,1} ;; A: matrix(m,n) => A[:,1]
A_1 ;; A: matrix(m,n) => A[1,:]
A_{12} ;; A: matrix(m,n) => A[1,2]
A_{1,2} ;; A: matrix(m,n) => A[1,2]
a \odot b \oslash c => a .* b ./ c
a \otimes b => outer(a, b)
a \times b => a*b
a \cdot b => a.b
a \div b => a/b
\lfloor x \rfloor => floor(x)
\lceil x \rceil => ceil(x)
x \, y \; z \quad w \! v => x*y*z*w*v
x~y => x*y
x % comment => x
$x + y$ => x + y
\[ x + y \] => x + y
\(x\) => x
$$x$$ => x
\displaystyle x => x
\mathcal{L} => L
\mathbf{x}^\top \mathbf{y} => x'*y
\bm{x} => x
\boldsymbol{\theta}^\top x ;; x: vector(n) => theta'*x
\vec{x} => x
\dot{x} => x_dot
A^\top => A'
A^{\mathsf{T}} B ;; A: matrix(m,n); B: matrix(m,n) => A'*B
A^{-\top} ;; A: matrix(n,n) => inv(A)'
A^{-T} ;; A: matrix(n,n) => inv(A)'
(A^\top)^{-1} ;; A: matrix(n,n) => inv(A')
A^{-1} x ;; A: matrix(n,n); x: vector(n) => inv(A)*x
x^{1/2} => x^0.5
x^{-1} => 1/x
x^{-2} => x^-2
A^2 ;; A: matrix(n,n) => A^2
A^n ;; A: matrix(n,n) => A^n
"""
REFUSED = r"""
\sin => ! `\sin` has no argument | hint: \sin(x)
\exp => ! `\exp` has no argument | hint: \exp(x)
\operatorname{tr}(A)^{-1} ;; A: matrix(n,n) => ! it is not clear whether this belongs to the argument or to the value | hint: write \operatorname{tr}\left( (A)^{-1} \right), or \frac{1}{\operatorname{tr}(A)}
\operatorname{tr}(A)^\top ;; A: matrix(n,n) => ! it is not clear whether this belongs to the argument or to the value | hint: write \operatorname{tr}\left( (A)^\top \right); the value is a number, which has no transpose
\sin^{-1} x => ! it is not clear whether this is the inverse function or the reciprocal | hint: write \arcsin, or \frac{1}{\sin(x)}
\sin^{-1}(x) => ! it is not clear whether this is the inverse function or the reciprocal | hint: write \arcsin, or \frac{1}{\sin(x)}
\exp^{-1}(x) => ! it is not clear whether this is the inverse function or the reciprocal | hint: write \frac{1}{\exp(x)}
\tanh^{-1} x => ! it is not clear whether this is the inverse function or the reciprocal | hint: write \arctanh, or \frac{1}{\tanh(x)}
\sin'(x) => ! the derivative of `\sin'` is not written with a prime here | hint: write it out
\exp' x => ! the derivative of `\exp'` is not written with a prime here | hint: write it out
\sigma_i(x) => ! there is no function `sigma_i` | hint: did you mean `sigma`? To use `sigma_i` as an opaque function, declare it: `sigma_i: vector(n) -> scalar`
\exp \frac{a}{b} c => ! it is not clear what `\exp` is applied to | hint: put brackets around it: \exp(x)
\sin a b (c) => ! it is not clear whether `b` is a function or a factor here | hint: a factor: b \cdot ( \ldots ), or declare its type; a function: \operatorname{b}( \ldots )
\exp{} => ! `\exp` has no argument | hint: \exp(x)
\exp() => ! `\exp` has no argument
\log(p \mid q) => ! `|` is a condition or a divergence here, not a value | hint: write the formula out, or give the function its arguments with commas
\log(p | q) => ! `|` is a condition or a divergence here, not a value | hint: write the formula out, or give the function its arguments with commas
f(x \mid y) => ! `|` is a condition or a divergence here, not a value | hint: write the formula out, or give the function its arguments with commas
\max(x) ;; x: scalar => ! the maximum of one number is that number | hint: \max(0, x)
\operatorname{Var}(x) => ! the variance of a random variable has no formula here | hint: of a declared vector it is that of its entries
\operatorname{Var}(x) ;; x: scalar => ! the variance of a random variable has no formula here | hint: of a declared vector it is that of its entries
\max_i (x_i, 2) ;; x: vector(n) => ! `\max_i` over an index takes one value
\max_{i=1}^n x_i y ;; x: vector(n) => ! it is not clear where this ends | hint: put brackets around its factors, or those that do not belong to it in front: c \prod_i x_i
\max_{i \ne j} x_i ;; x: vector(n) => ! `\max` with a condition is not supported | hint: \max_{j} x_j
\max_{i,j} A_{ij} ;; A: matrix(m,n) => ! `\max_{i,j}` over several indices is not supported | hint: \max_{i} \max_{j} in their place
\max_w w^2 => ! `\max` over variables is an optimisation, not a value | hint: give the function under it alone: w^2
\max_{w} w^\top x ;; x: vector(n); w: vector(n) => ! `\max` over variables is an optimisation, not a value | hint: give the function under it alone: w^\top x
\max_i a => ! `\max` over variables is an optimisation, not a value | hint: give the function under it alone: a
\prod_i x_i y ;; x: vector(n) => ! it is not clear where this ends | hint: put brackets around its factors, or those that do not belong to it in front: c \prod_i x_i
\prod_{i: x_i > 0} x_i ;; x: vector(n) => ! `:` cannot stand here
\sum => ! the sum has no terms
\sum x_i ;; x: vector(n) => ! the index of `Σ` is missing | hint: write `\sum_i x_i`
\sum x ;; x: vector(n) => ! the index of `Σ` is missing | hint: \sum_{i=1}^{n} x_i; the sum of all entries is \mathbf{1}^\top x
\sum^n x_i ;; x: vector(n) => ! the index of `Σ` is missing | hint: write `\sum^n_i x_i`
\sum_{i=1}^\infty x_i ;; x: vector(n) => ! an infinite series is not supported | hint: write its value out
\sum_{i=1}^{n}' x_i ;; x: vector(n) => ! a sum has a range below and above, nothing else
\sum_{a < i < b} x_i ;; x: vector(n) => ! these are not entries of `x_i` (a vector(n), declared): n (of `x`) is not b (of `b`)
\sum_{i < j < k} x_i x_j x_k ;; x: vector(n) => ! `i` is not the index of a sum here | hint: \sum_{i=1}^{n} x_{i}, a number: x_1, or a label: declare `i: label(n)`
\sum_{i: y_i = 1} x_i ;; x: vector(n); y: vector(n) => ! `:` cannot stand here
\sum_{y_i = 1} x_i ;; x: vector(n); y: vector(n) => ! `y` cannot be both an index and a variable | hint: another letter for one of them
\sum_{i \in \{1, 2, 5\}} x_i ;; x: vector(n) => ! a sum over a set is not supported | hint: number its elements: \sum_{i=1}^{n}
\sum_{i \in S} x_i ;; x: vector(n) => ! a sum over a set is not supported | hint: number its elements: \sum_{i=1}^{n}
\sum_{i \in S^c} x_i ;; x: vector(n) => ! a sum over a set is not supported | hint: number its elements: \sum_{i=1}^{n}
\sum_{x} x ;; x: vector(n) => ! `x` cannot be both an index and a variable | hint: another letter for one of them
\sum_{2} x ;; x: vector(n) => ! this is no index of a sum | hint: \sum_{i=1}^{n}
\sum_{i^2} x_i ;; x: vector(n) => ! this is no index of a sum | hint: \sum_{i=1}^{n}
\sum_{} x_i ;; x: vector(n) => ! this is no index of a sum | hint: \sum_{i=1}^{n}
\sum_{i+j} x_i ;; x: vector(n) => ! this is no range of a sum | hint: \sum_{i=1}^{n}
\mathbb{E}_{i} x_i ;; x: vector(n) => ! `\mathbb{E}` is an expectation | hint: write its sum over the data: \frac{1}{n} \sum_{i=1}^{n}
\mathbb{E}[x] => ! `\mathbb{E}` is an expectation | hint: write its sum over the data: \frac{1}{n} \sum_{i=1}^{n}
I(x) => ! it is not clear whether `I` is a function or a factor here | hint: a factor: I \cdot ( \ldots ), or declare its type; a function: \operatorname{I}( \ldots )
x 2 => ! a number stands behind a factor | hint: write x_2, x^2 or 2 x
x_1 2 => ! a number stands behind a factor | hint: write 2 x_1
2 3 => ! a number stands behind a factor | hint: write 2 \cdot 3
a 2 b => ! a number stands behind a factor | hint: write a_2, a^2 or 2 a
x^2 3 => ! a number stands behind a factor | hint: write 3 x^2
x + y ; z => ! an expression stands before the end | hint: give it a name: z = Wx + b; the last line is the formula
x = ; z => ! the formula ends where a value is expected
x \in \mathbb{R}^{a+b} ; x^\top x => ! this is no size that a vector or matrix can have here | hint: x \in \mathbb{R}^n, A \in \mathbb{R}^{m \times n}
x \in \mathbb{R}^{m \times n \times k} ; x => ! this is no size that a vector or matrix can have here | hint: x \in \mathbb{R}^n, A \in \mathbb{R}^{m \times n}
x + y \in \mathbb{R}^n ; x => ! a declaration has a name on its left | hint: w \in \mathbb{R}^n
f(x) = x^2 ; f(y) => ! a function cannot be defined here | hint: write its value out where it is used
z_i = w^\top x_i ; \sum_i z_i^2 ;; w: vector(n) => ! a definition for every index is not supported | hint: write its value out where it is used
= x => ! there is nothing left of the equals sign, or the line before has one, too | hint: give one right-hand side alone
y = x = z => ! there are two equals signs | hint: give one of the sides alone
\frac{\partial}{\partial w} w^\top x => ! a derivative in front of a formula is the question, not the formula | hint: sd.grad(f, "w"), where f is what stands behind it; on the command line --wrt w
\frac{\partial^2}{\partial w^2} (w^\top x)^2 => ! a derivative in front of a formula is the question, not the formula | hint: sd.hessian(f, "w"), where f is what stands behind it; on the command line --wrt w --order 2
\frac{\partial}{\partial w^2} w => ! a derivative in front of a formula is the question, not the formula | hint: sd.grad(f, "w"), where f is what stands behind it; on the command line --wrt w
\frac{d}{dx} x^2 => ! a derivative in front of a formula is the question, not the formula | hint: sd.grad(f, "x"), where f is what stands behind it; on the command line --wrt x
\frac{\partial f}{\partial w} + 1 => ! a derivative inside a formula is not supported | hint: a derivative in front of the whole formula is the question
2 \frac{\partial f}{\partial x} => ! a derivative inside a formula is not supported | hint: a derivative in front of the whole formula is the question
\nabla^2_w (w^\top x) => ! a derivative in front of a formula is the question, not the formula | hint: sd.hessian(f, "w"), where f is what stands behind it; on the command line --wrt w --order 2
\nabla_w w^\top x => ! a derivative in front of a formula is the question, not the formula | hint: sd.grad(f, "w"), where f is what stands behind it; on the command line --wrt w
\frac{a}{\partial w} => ! a derivative inside a formula is not supported | hint: a derivative in front of the whole formula is the question
\|A\|_2 ;; A: matrix(m,n) => ! this norm of a matrix is its largest singular value, which is not supported | hint: the root of the sum of the squares is \|A\|_F
x_{+} ;; x: vector(n) => ! `x_{+}` may be the positive part or a name of its own | hint: the positive part is `\max(0, x)`, another variable `\tilde{x}`
x_{\frac{a}{b}} => ! this is no index and no label | hint: x_i, x_{i,j}, x_{i+1}, x_{old}
\sum_k \pi_k x_k ;; x: vector(n) => ! `\pi` is the number, which has no entries | hint: name it otherwise, for example `\rho_k`
x' => ! it is not clear what this prime means | hint: `x^\top` is the transposition, `\tilde{x}` another variable
x^+ ;; x: vector(n) => ! `x^+` may be the positive part or a name of its own | hint: the positive part is `\max(0, x)`, another variable `\tilde{x}`
x_+^2 => ! `x_+` may be the positive part or a name of its own | hint: the positive part is `\max(0, x)`, another variable `\tilde{x}`
x_- => ! a minus as a script has several meanings | hint: \max(0, -x) is the negative part
x^- => ! a minus as a script has several meanings | hint: \max(0, -x) is the negative part
x^{-} => ! a minus as a script has several meanings | hint: \max(0, -x) is the negative part
x^\prime => ! it is not clear what this prime means | hint: `x^\top` is the transposition, `\tilde{x}` another variable
(x+y)^{(2)} => ! a number in brackets above is part of a name | hint: W^{(1)}, or without brackets for a power
(a)^{(b)} => ! a number in brackets above is part of a name | hint: W^{(1)}, or without brackets for a power
90^\circ => ! degrees are not supported | hint: \frac{\pi}{180} x
x^{y} ;; y: vector(n) => ! an exponent is a number
2^A ;; A: matrix(n,n) => ! an exponent is a number
\sum_{t=1}^T x_t^T x_t => ! it is not clear whether this T is a transposition | hint: x^\top is the transposition; a power of a declared scalar is one
[x_i]_{i} ;; x: vector(n) => ! an entry is a number, which has no entries | hint: the whole vector or matrix is its name alone
[x_i]_{i=1} ;; x: vector(n) => ! this is no range | hint: i=1 \ldots n
\langle a, b, c \rangle => ! an inner product has two operands | hint: \langle a, b \rangle
\langle a \rangle => ! an inner product has two operands | hint: \langle a, b \rangle
\|A\|_3 ;; A: matrix(m,n) => ! this norm of a matrix is not supported | hint: \|A\|_F is the root of the sum of the squares
\|x\|_0 ;; x: vector(n) => ! a count of entries that are not zero is not differentiable | hint: \|x\|_1
\| A x \|_A => ! this norm is not supported | hint: x^\top A x is the square of the norm that a matrix A gives
((x > 0)) => ! a condition stands only in `[ ]` and in `if(c, a, b)` | hint: write `([x > 0])`
\infty => ! infinity is no number
\ldots => ! dots leave out what cannot be guessed | hint: write a sum over an index: \sum_{i=1}^{n} x_i
a \ldots b => ! dots leave out what cannot be guessed | hint: write a sum over an index: \sum_{i=1}^{n} x_i
\bar{x + y} => ! an accent stands over one letter | hint: \hat{y}, \bar{x}, \tilde{w}
\bar{x y} => ! an accent stands over one letter | hint: \hat{y}, \bar{x}, \tilde{w}
\hat{\sin} => ! an accent stands over one letter | hint: \hat{y}, \bar{x}, \tilde{w}
\hat{3} => ! an accent stands over one letter | hint: \hat{y}, \bar{x}, \tilde{w}
\begin{cases} x & x > 0 \end{cases} => ! a single case leaves the value open elsewhere | hint: add a row: 0 & \text{otherwise}
\begin{cases} x \\ 0 & x > 0 \end{cases} => ! a case without its condition is not the last | hint: x & \text{if } x > 0 \\ 0 & \text{otherwise}
\begin{cases} x & \text{if not } x > 0 \\ 0 & \text{otherwise} \end{cases} => ! `if not` is text, not a formula | hint: leave the words out
p(y \mid x) => ! `|` is a condition or a divergence here, not a value | hint: write the formula out, or give the function its arguments with commas
p(y | x) => ! `|` is a condition or a divergence here, not a value | hint: write the formula out, or give the function its arguments with commas
\frac{\partial f}{\partial x} g => ! a derivative inside a formula is not supported | hint: a derivative in front of the whole formula is the question
\underset{w}{\min} w^2 => ! `\underset` is a remark, not a value | hint: write what stands under or over it alone
\stackrel{def}{=} x => ! `\stackrel` is a remark, not a value | hint: write what stands under or over it alone
\sum_{\substack{i \\ j}} x_i ;; x: vector(n) => ! a range of several lines is not supported | hint: write one sum after the other: \sum_{i} \sum_{j}
\_ x => ! `\_` stands inside words only | hint: \mathrm{y\_hat}
x \parallel y => ! a bar is never closed | hint: write \lvert x \rvert, or \lVert x \rVert
argmin x => ! `argmin` is the place of a minimum, not a value that can be differentiated | hint: give the function under it alone
\operatorname*{argmin}_w w^2 => ! `argmin` is the place of a minimum, not a value that can be differentiated | hint: give the function under it alone
\arg\min_w w^2 => ! `\arg` is the place of a minimum, not a value that can be differentiated | hint: give the function under it alone
\text{the loss is} x => ! `the loss is` is text, not a formula | hint: leave the words out
\text{a b} => ! `a b` is text, not a formula | hint: leave the words out
\foo x => ! `\foo` is not known here | hint: a name is written \mathrm{foo}, a function \operatorname{foo}(x)
\text{not } x > 0 => ! a condition stands only in `[ ]` and in `if(c, a, b)` | hint: `[\text{not } x > 0]` is 1 where it holds and 0 elsewhere
\sigma'(x) => ! the derivative of `\sigma'` is not written with a prime here | hint: write it out
a(b) => ! it is not clear whether `a` is a function or a factor here | hint: a factor: a \cdot ( \ldots ), or declare its type; a function: \operatorname{a}( \ldots )
a(b c) => ! it is not clear whether `a` is a function or a factor here | hint: a factor: a \cdot ( \ldots ), or declare its type; a function: \operatorname{a}( \ldots )
\lambda(x) => ! it is not clear whether `\lambda` is a function or a factor here | hint: a factor: \lambda \cdot ( \ldots ), or declare its type; a function: \operatorname{lambda}( \ldots )
A_{1:} x ;; A: matrix(m,n); x: vector(n) => ! `A_{1:}` and `x` are vectors side by side | hint: `A_{1:}^\top x` is the dot product, `A_{1:} \odot x` goes entry by entry, `A_{1:} x^\top` is the outer product
A \succeq 0 => ! an order of matrices is no condition on numbers | hint: give the formula alone
a / b c => ! it is not clear where the denominator ends | hint: write `\frac{a}{b c}`
a \pm b => ! `\pm` is two values at once | hint: write + or -
x \approx y => ! an approximation is no condition on numbers | hint: give the right-hand side alone
x \in y => ! membership in a set is no condition on numbers | hint: \mathbf{1}[x = y]
\int x dx => ! `\int` is an integral | hint: write its value out, or a sum over an index: \sum_{i=1}^{n}
\lim_{x} x => ! `\lim` is a limit | hint: write its value out
x! => ! a factorial is not differentiable | hint: write it with \Gamma(n + 1)
\binom{n}{k} => ! `\binom` is a binomial coefficient | hint: write it with \Gamma
\partial x => ! a derivative inside a formula is not supported | hint: a derivative in front of the whole formula is the question
\nabla f => ! a derivative in front of a formula is the question, not the formula | hint: sd.grad(f, "w"), where f is what stands behind it; on the command line --wrt w
\begin{pmatrix} a & b \\ c & d \end{pmatrix} => ! a matrix written out by its entries is not supported | hint: give it a name, and its entries as values: A_{ij}
\begin{bmatrix} x \end{bmatrix} => ! a matrix written out by its entries is not supported | hint: give it a name, and its entries as values: A_{ij}
\begin{aligned} x \\ y \end{aligned} => ! an expression stands before the end | hint: give it a name: z = Wx + b; the last line is the formula
\begin{foo} x \end{foo} => ! the environment `foo` is not known here | hint: cases, aligned, equation
\begin{cases} x => ! `cases` is never closed
x^ => ! the formula ends where a script or an argument is expected
x_ => ! the formula ends where a script or an argument is expected
^2 => ! a value is missing
_i => ! a value is missing
{x => ! `{` is never closed
x} => ! `}` closes nothing
\left( x => ! `(` is never closed
x \right) => ! `\right)` closes nothing | hint: a bracket is missing, or this is one too many
() => ! a value is missing
\frac{a} => ! an argument is missing at the end | hint: \frac{1}{2}, \sqrt{x}, \hat{y}
\frac{}{b} => ! a value is missing
% comment => ! the formula is empty | hint: \frac{1}{2} \lVert A x - b \rVert^2
\mathbb{R} => ! the real numbers are no value | hint: a type is declared in front: x \in \mathbb{R}^n; the formula
\mathbb{P}(x) => ! `\mathbb{P}` is a probability | hint: write the density or the sum out
\top => ! a transposition is a superscript | hint: w^\top x
A^{1/2} ;; A: matrix(n,n) => ! cannot raise `A` (a matrix(n, n), declared) to the power of `1/2` (a scalar): the power of a matrix is a whole number | hint: `A^{\odot 1/2}` goes entry by entry
A \backslash b ;; A: matrix(n,n); b: vector(n) => ! `\backslash` is not known here | hint: a name is written \mathrm{backslash}, a function \operatorname{backslash}(x)
"""


def parts(line: str) -> tuple[str, list[str], str]:
    left, _, right = line.rpartition(" => ")
    latex, _, types = left.partition(" ;; ")
    return latex, [t for t in types.split(";") if t.strip()], right


@pytest.mark.parametrize("line", READ.strip("\n").splitlines())
def test_what_is_read(line: str) -> None:
    latex, types, text = parts(line)
    found = built(parse(latex, declarations=types, latex=True).expr)
    assert str(found) == text
    again = sd.parse(found.program())
    assert str(again).replace("size(x)", "n") == text.replace("size(x)", "n") or again.equals(found)


@pytest.mark.parametrize("line", REFUSED.strip("\n").splitlines())
def test_what_is_refused(line: str) -> None:
    latex, types, wanted = parts(line)
    with pytest.raises(SymdiffError) as caught:
        parse(latex, declarations=types, latex=True)
    message, _, hint = wanted.removeprefix("! ").partition(" | hint: ")
    assert (caught.value.message, caught.value.hint) == (message, hint)
    start, end = caught.value.span
    assert 0 <= start < end <= max(1, len(latex))
