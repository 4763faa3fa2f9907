"""Every function, operator and statement that `sd.from_python` reads: the formula has the value that the program has when it is run.

The oracle is the library itself: NumPy, SciPy and PyTorch run the program, the formula is evaluated. What has no reading is refused with its
reason; above all what would be read as something else: a keyword that changes the value, another order of entries, another norm.
"""

from __future__ import annotations

import ast
import re
from typing import Any

import numpy as np
import pytest

import symdiff as sd
from symdiff.bridges import library
from symdiff.errors import SymdiffError

torch: Any = pytest.importorskip("torch")
scipy: Any = pytest.importorskip("scipy")
pytest.importorskip("scipy.linalg")
special: Any = pytest.importorskip("scipy.special")

F = torch.nn.functional
TYPES = {
    "x": "vector(n)", "z": "vector(n)", "v": "vector(4)", "b": "vector(m)", "A": "matrix(m, n)", "B": "matrix(m, n)", "S": "matrix(n, n)",
    "t": "scalar", "u": "scalar", "y": "vector(m) of label(n)", "c": "label(n)",
}  # fmt: skip
SIZES = {"n": 4, "4": 4, "m": 3}


def program(body: str, in_torch: bool = False) -> tuple[str, dict[str, str]]:
    """The text of a program that returns this, and the types of its arguments."""
    body = body if "return" in body else f"return {body}"
    used = {node.id for node in ast.walk(ast.parse(f"def f():\n{indented(body)}")) if isinstance(node, ast.Name)}
    names = [name for name in TYPES if name in used]
    imports = "import torch\nimport torch.nn.functional as F\n" if in_torch else ""
    return f"{imports}def f({', '.join(names)}):\n{indented(body)}", {name: TYPES[name] for name in names}


def indented(body: str) -> str:
    return "\n".join(f"    {line}" for line in body.splitlines())


def agree(body: str, in_torch: bool = False) -> None:
    text, types = program(body, in_torch)
    formula = sd.from_python(text, **types)
    rng = np.random.default_rng(5)
    for _ in range(3):
        at: dict[str, Any] = {}
        for name, kind in types.items():
            dims = [SIZES[d] for d in kind.partition(" of")[0].partition("(")[2].strip(")").split(", ") if d in SIZES]
            values = (
                rng.integers(0, 4, dims) if "label" in kind and name != "c" else 2 if name == "c" else rng.standard_normal(dims or None)
            )
            at[name] = np.abs(values) + 0.3 if name in "zS" else values
        given = {name: value + 1 if "label" in types[name] else value for name, value in at.items()}
        room: dict[str, Any] = {"np": np, "special": special, "scipy": scipy, "torch": torch, "F": F}
        exec(text, room)  # the program of the table
        run = room["f"](**{name: torch.as_tensor(value) if in_torch else np.copy(value)[()] for name, value in at.items()})
        value = np.asarray(formula(**{name: value for name, value in given.items() if name in formula.types}), float)
        np.testing.assert_allclose(value.ravel(), np.asarray(run, float).ravel(), rtol=1e-6 if in_torch else 1e-9, atol=1e-9)


IN_NUMPY = r"""
(np.zeros_like(A) + A).sum()
bool(t)*3
max(t, 0)
max(t, 0.0)
max(t, u, 1)
np.linalg.norm(x, np.inf)
np.linalg.norm(x, 3)
np.linalg.norm(A, "nuc")
np.linalg.norm(A, axis=1).sum()
np.linalg.norm(A, 1, axis=1).sum()
np.cumsum(x)[2]
np.cumprod(x)[2]
np.transpose(A)[1, 2]
A.transpose(1, 0)[1, 2]
np.tril(S).sum()
np.round(t)
np.ravel(A)[1]
A.reshape(-1)[3]
np.inner(A, B).sum()
np.vdot(A, B)
np.inner(x, z)
np.dot(x, t).sum()
t or 0.5
t and 0.5
(t > 0 and u > 0)*1.0
(t > 0) or (u > 0)
not t > 0
(0 == y).sum()
(y == 0).sum()
(b*y).sum()
y.sum()
-y.sum()
np.where(y > 0, b, 0).sum()
np.sqrt(y).sum()
np.outer(x, z).sum()
np.add(x, z).sum()
np.floor_divide(t, 0.3)
np.mod(t, 0.3)
t // 0.3
t % 0.3
np.average(x, weights=z)
np.average(A, axis=0, weights=b).sum()
np.average(A, axis=1, weights=x).sum()
np.average(A)
np.average(A, axis=0).sum()
np.clip(x, -0.5, 0.5).sum()
np.clip(x, None, 0.5).sum()
np.clip(x, -0.5, None).sum()
np.clip(x, None, None).sum()
np.clip(x, a_min=0, a_max=1).sum()
np.var(x, ddof=1)
np.std(x)
np.var(A, axis=0).sum()
np.max(x, 0)
np.max(A, 0).sum()
np.max(A, axis=(0, 1))
np.sum(A, axis=(0,))[1]
np.amax(A, axis=1, keepdims=True).sum()
np.maximum(x, 0).sum()
np.hypot(x, z).sum()
np.arctan2(x, z).sum()
np.logaddexp(x, z).sum()
special.xlogy(z, z).sum()
special.betaln(z, z).sum()
special.logsumexp(A)
special.logsumexp(A, axis=1).sum()
special.softmax(A, axis=1)[1,2]
special.softmax(A, axis=0)[1,2]
special.softmax(x)[1]
special.log_softmax(A, axis=0)[1,2]
np.expand_dims(x, 0).sum()
np.expand_dims(x, -1).sum()
np.expand_dims(x, axis=1)[2, 0]
x[None][0, 2]
x[..., 1]
A[..., 1].sum()
A[1, ...].sum()
A[:, 1:3].sum()
A[0].sum()
A[-1].sum()
A[-2, 1]
x[1:-1].sum()
v[1:-1].sum()
v[:-1].sum()
x[:2].sum()
x[1:3].sum()
(x, z)[1].sum()
A.ndim*t
x.real.sum()
np.pi*t
np.e*t
x @ S @ x
A @ x @ b
~(x > 0) @ x
np.where(~(x > 0), x, 0).sum()
np.where((x > 0) & (z < 1), x, 0).sum()
np.where((x > 0) | (z < 1), x, 0).sum()
np.where(np.logical_and(x > 0, z < 1), x, 0).sum()
np.where(np.logical_not(x > 0), x, 0).sum()
np.where(np.logical_or(x > 0, z < 1), x, 0).sum()
0 < t < 1
(0 < t < 1)*u
t is None
t is not None
np.linalg.slogdet(S)[1]
np.linalg.slogdet(S)[0]
np.linalg.det(S)
np.linalg.inv(S)[0, 1]
np.linalg.pinv(A)[0, 1]
np.linalg.solve(S, x).sum()
np.linalg.solve(S, A.T).sum()
np.linalg.cholesky(S @ S.T)[1, 0]
np.linalg.eigvalsh(S @ S.T)[1]
scipy.linalg.expm(S)[0, 1]
scipy.linalg.sqrtm(S @ S.T)[0, 1]
np.ones((3, 4)).sum()
np.zeros(4).sum()
np.ones_like(x) @ x
np.ones_like(t)*t
np.array([t, u, 1.0]).sum()
np.array([t*i for i in range(3)]).sum()
np.einsum("ij,j->i", A, x).sum()
np.einsum("ij,jk->", A, S)
np.einsum("ij", A)[1, 2]
np.einsum("ji", A)[1, 2]
np.einsum("ii->i", S).sum()
np.einsum("ii", S)
np.einsum("i,j", x, b)[1, 2]
np.einsum("i,i", x, z)
np.array(x)[1]
np.std(t)
np.var(t)
np.mean(t)
np.sum(t)
x.mean(axis=0)
A.sum(axis=-1)[2]
A.sum(axis=-2)[2]
A.prod()
A.prod(axis=1).sum()
A.min(axis=1).sum()
A.std(axis=1).sum()
A.var()
x[:, None].mean(axis=1).sum()
x[:, None].sum(axis=0)[0]
(x[:, None] - x[None, :]).sum()
(x[:, None] - b[None, :])[1, 2]
(x[:, None] * b).sum()
(x[:, None] @ b[None, :])[1, 2]
(x[None, :] @ x[:, None])[0, 0]
(x[None, :] @ S)[0, 1]
(A @ x[:, None])[1, 0]
x[:, None].T[0, 1]
x.reshape(-1, 1)[1, 0]
x.reshape(1, -1)[0, 1]
(A > 0).sum()
np.sum(A > 0)
(x > 0).mean()
np.abs(x).max()
np.square(x).sum()
np.reciprocal(x).sum()
np.negative(x).sum()
np.power(z, 1.5).sum()
np.less(x, 0).sum()
2**3*t
7//2*t
-7%3*t
2**1000*t
np.cumsum(A, axis=1)[1,2]
np.cumprod(A, axis=1)[1,2]
np.sinc(x).sum()
np.round(2.5*np.sign(t)+t*0)
np.round(0.5*np.sign(t)+t*0)
sum(A)[1]
np.max(A, axis=1)[1]
t or u or 2.0
t > 0 and u
None or t
0 or t
1 and t
True and t > 0
t > 0 or False
t > 0 and True
not x @ x
a = None\nreturn a or t
def g(q, r=2.0, *, s=1.0):\n    return q*r + s\nreturn g(t) + g(t, r=u) + g(q=t, s=3)
return (lambda q: q**2)(t)
s = 0.0\nfor i in range(len(x)):\n    s += x[i]*z[i]\nreturn s
s = 1.0\nfor i in range(len(x)):\n    s *= x[i]\nreturn s
s = t\nfor i in range(len(x)):\n    s *= x[i]\nreturn s
s = 0.0\nfor i in range(len(x)):\n    s -= x[i]\nreturn s
s = t\nfor i in range(1, len(x)):\n    s -= x[i]*i\nreturn s
s = 0\nfor i in range(len(b)):\n    for j in range(len(x)):\n        s += b[i]*A[i, j]*x[j]\nreturn s
s = 0\nfor i in range(len(b)):\n    s += A[i] @ x\nreturn s
s = 0\nfor i in range(len(b)):\n    s += A[i, y[i]]\nreturn s
s = 0\nfor i in range(len(b)):\n    s += y[i]*b[i]\nreturn s
s = 0\nfor i in range(len(x) - 1):\n    s += x[i + 1]*x[i]\nreturn s
s = 0\nfor i in range(1, len(x)):\n    s += x[i - 1]*x[i]\nreturn s
s = 0\nfor i in range(len(x) - 1):\n    s += x[len(x) - 1 - i]*x[i]\nreturn s
p = np.ones_like(x)\nfor i in range(3):\n    p = p*(x + i)\nreturn p.sum()
if t > 0:\n    s = t\nelse:\n    s = u\nreturn s*2
if t > 0:\n    return t\nelif u > 0:\n    return u\nelse:\n    return t*u
if t is None:\n    return 0.0\nreturn t
if x.ndim == 1:\n    return x.sum()\nreturn 0.0
a, b2 = x, z\nreturn a @ b2
(a, c2), d = (x, z), t\nreturn d*(a @ c2)
m0 = n0 = t\nreturn m0*n0
a: float = 2*t\nreturn a*u
a = t + 1\na **= 2\nreturn a
np.exp(x, out=x)\nreturn x.sum()
import math\nreturn math.exp(t)*math.pi
import numpy as xx\nreturn xx.tanh(t)
t if t > 0 else -t
t if True else x
+t
-(-t)
-x[0]
y[0]*t
(y + 1).sum()
(y == c).sum()
(1 == y).mean()
np.where(y == 1, b, -b).sum()
b @ y
np.outer(y, b)[1, 2]
np.diag(y)[1, 1]
y.mean()
y.max()
np.maximum(y, b).sum()
(b[:, None, None]*x[None, :, None]*y).sum()
y.astype(float) @ b
(b > 0).astype(int) @ b
(b > 0).astype(np.float32) @ b
int(t > 0)*u
int(2.7)*t
float(t > 0)*u
np.array(x, dtype=np.float64).sum()
np.sum(b > 0, dtype=int)*1
np.asarray(x).sum()
bool(t > 0)*u
bool(1)*u
max((t, u, 3))
max(x)
sum([t, u])
sum((t, u, 2*t))
sum(x)
sum(A)[2]
min(t, u)
np.log2(z).sum()
np.log10(z).sum()
np.expm1(x).sum()
np.exp2(x).sum()
np.cbrt(x).sum()
np.absolute(x).sum()
np.fabs(x).sum()
np.sin(x).sum()
np.tan(x).sum()
np.arcsin(np.tanh(x)).sum()
np.arccos(np.tanh(x)).sum()
np.arctan(x).sum()
np.sinh(x).sum()
np.cosh(x).sum()
np.arcsinh(x).sum()
np.arccosh(1 + z).sum()
np.arctanh(np.tanh(x)).sum()
special.expit(x).sum()
special.log_expit(x).sum()
special.erf(x).sum()
special.erfc(x).sum()
special.erfinv(np.tanh(x)).sum()
special.gammaln(z).sum()
special.loggamma(z).sum()
special.digamma(z).sum()
special.psi(z).sum()
special.log_ndtr(x).sum()
np.ceil(x).sum()
np.rint(x).sum()
np.around(x).sum()
np.fmax(x, z).sum()
np.minimum(x, z).sum()
np.fmin(x, z).sum()
np.subtract(x, z).sum()
np.multiply(x, z).sum()
np.divide(x, z).sum()
np.true_divide(x, z).sum()
np.float_power(z, 2.5).sum()
np.remainder(x, z).sum()
np.less_equal(x, z).sum()
np.greater(x, z).sum()
np.greater_equal(x, z).sum()
np.not_equal(x, z).sum()
np.equal(x, z).sum()
np.atleast_1d(x).sum()
np.ascontiguousarray(x).sum()
np.asanyarray(x).sum()
np.amin(A, axis=0).sum()
np.matmul(A, x).sum()
scipy.linalg.logm(S @ S.T + 9*np.eye(S.shape[0]))[0, 0]
np.triu(S).sum()
np.eye(S.shape[0], S.shape[1])[0, 0]*S[0, 0]
A.shape[0]*A[0, 0]
not (None is None)
A[:, None][1, 0, 2]
A[:, None, :].sum()
x[None, 1:3].sum()
x[1:3, None].sum()
(2*x)[1:-1].sum()
x[-3]
x[:-2].sum()
v[-4]
A.T[y[0], 1]
(A > 0)[1, 2]*1.0
max(x[i]*2 for i in range(len(x)))
np.mean([x[i]*2 for i in range(len(x))])
np.array([A[i, 0]*2 for i in range(len(b))]) @ b
np.prod([x[i] for i in range(1, len(x))])
s = 0.0\nr = 1.0\nfor i in range(len(x)):\n    s += x[i]\n    r *= z[i]\nreturn s*r
s = 0.0\nfor i in range(len(x)):\n    q = x[i]**2\n    s += q*z[i]\nreturn s
s = 2.0\nfor i in range(len(x)):\n    s += x[i]\nreturn s
if t > 0:\n    s = x\nelse:\n    s = z\nq = s\nreturn q @ x
q = x\nif t > 0:\n    q = z\nreturn q @ x
np.linalg.norm(A, axis=(0, 1))
np.vdot(A, A)
np.inner(A, x).sum()
np.inner(x, A).sum()
np.inner(A, A)[0, 1]
np.transpose(A, axes=(1, 0))[1, 2]
x.transpose()[1]
np.diag(S).sum()
np.reshape(x, -1).sum()
(x[:, None] @ x[None, :]).sum()
(A @ x[:, None]).sum()
(b[None, :] @ A).sum()
(A[:, :, None]*S[None, :, :]).sum(axis=1)[1, 2]
x[:, None].sum(axis=1, keepdims=True)[1, 0]
t.sum(keepdims=True)
A.sum(axis=None, keepdims=True)[0, 0]
(A[:, :, None]*S[None, :, :]).sum(axis=(0, 1, 2), keepdims=True)
x.T @ z
np.where(t > 0, 1.0, A).sum()
np.where(x[:, None] > b[None, :], 1.0, 0.0).sum()
np.where(x > 0, x, A).sum()
np.exp(A[:, :, None]*S[None, :, :]).sum()
special.xlogy(A[:, :, None]**2, S[None, :, :]).sum()
(A[:, :, None]*S[None, :, :])[None]
np.take_along_axis(A, y[:, None], axis=1).sum()
np.einsum("ij,j->i", A, x, optimize=True)[1]
np.cos(x).sum()
np.floor(x).sum()
special.gamma(z).sum()
np.log(z).sum()
np.log1p(z).sum()
np.sqrt(z).sum()
np.sign(x).sum()
np.float64(t)*u
np.float32(2.5)*u
special.logit(special.expit(x)).sum()
np.mod(x, z).sum()
np.min(A, axis=1).sum()
np.copy(x).sum()
(A @ x).dot(b)
"""


@pytest.mark.parametrize("body", [line.replace(r"\n", "\n") for line in IN_NUMPY.strip().splitlines()])
def test_a_program_of_numpy_has_the_value_of_its_formula(body: str) -> None:
    agree(body)


IN_TORCH = r"""
torch.as_tensor(x).sum()
x.max(dim=0)[0]
A.max(dim=1)[0][1]
A.max(1)[0][1]
torch.max(A, 1, keepdim=True)[0].sum()
torch.max(A, 1).values.sum()
torch.max(x, z).sum()
A.transpose(0, 1)[1, 2]
x.var()
x.std(unbiased=False)
torch.var(x, False)
torch.var(x, correction=0)
torch.var(x, dim=0)
x.norm(p=1)
F.normalize(A).sum()
F.normalize(A, dim=0).sum()
F.normalize(x, dim=0).sum()
F.cosine_similarity(A, B).sum()
F.cosine_similarity(x, z, dim=0)
F.gelu(x).sum()
F.gelu(x, approximate="none").sum()
F.elu(x, 0.5).sum()
F.elu(x, alpha=0.5).sum()
F.elu(x).sum()
F.leaky_relu(x).sum()
F.leaky_relu(x, 0.2).sum()
F.leaky_relu(x, negative_slope=0.2).sum()
F.softplus(x).sum()
A.gather(1, y.unsqueeze(1)).squeeze(1).sum()
F.nll_loss(A, y)
F.nll_loss(A, y, reduction="sum")
F.nll_loss(A, y, reduction="none").sum()
F.nll_loss(A[1], y[1])
F.cross_entropy(A, y)
F.cross_entropy(A, torch.softmax(B, 1))
F.smooth_l1_loss(x, z)
F.smooth_l1_loss(x, z, beta=0.5)
F.huber_loss(x, z)
F.huber_loss(x, z, delta=0.5, reduction="sum")
F.binary_cross_entropy(torch.sigmoid(x), torch.sigmoid(z))
F.binary_cross_entropy_with_logits(x, torch.sigmoid(z))
F.soft_margin_loss(x, torch.sign(z))
F.l1_loss(x, z)
F.mse_loss(x, z, reduction="sum")
F.kl_div(x, z, reduction="sum")
F.kl_div(x, z, reduction="batchmean")
F.kl_div(A, B, log_target=True, reduction="batchmean")
F.kl_div(x, z)
x.size()[0]*t*x[0]
x.numel()*t*x[0]
x.clamp(min=0).sum()
x.clamp(-0.1, 0.1).sum()
torch.clamp_min(x, 0).sum()
torch.clamp_max(x, 0).sum()
torch.diagonal(S).sum()
torch.diag(x)[1, 1]
torch.outer(x, b)[1, 2]
torch.mm(A, S)[1, 2]
torch.mv(A, x)[1]
torch.trace(S)
torch.logdet(S @ S.T)
torch.matrix_exp(S)[1, 2]
(y == 1).float().mean()
(x > 0).to(torch.float64).sum()
y.long().sum()
t.item()
x[1].item()
x.detach().sum()
torch.einsum("ij,kj,lj->ikl", A, A, A).sum()
torch.logsumexp(A, dim=1).sum()
torch.softmax(A, dim=0)[1, 2]
A.softmax(-1)[1, 2]
A.t()[1, 2]
A.mT[1, 2]
(x[:, None, None]*b[None, :, None]*x).sum(dim=2)[1, 2]
(x[:, None, None]*b[None, :, None]*x).sum(dim=(0, 2))[1]
(x[:, None, None]*b[None, :, None]*x).mean()
(x[:, None, None]*b[None, :, None]*x).prod(dim=2).sum()
(x[:, None, None]*b[None, :, None]*x).amax(dim=2).sum()
(x[:, None, None]*b[None, :, None]*x).norm(dim=2).sum()
(x[:, None, None]*b[None, :, None]*x).logsumexp(dim=2).sum()
(x[:, None, None]*b[None, :, None]*x > 0).sum()
(-(x[:, None, None]*b[None, :, None]*x)).exp().sum()
torch.where(x[:, None, None]*b[None, :, None] > x, x, 0.5).sum()
torch.maximum(x[:, None, None]*b[None, :, None], x).sum()
x[:, None, None, None]*b[None, :, None, None]*x[None, None, :, None]*b[None, None, None, :]
(x[:, None, None, None]*b[None, :, None, None]*x[None, None, :, None]*b[None, None, None, :]).sum()
torch.where(b[:, None] > 0, A, B).sum()
torch.where(x > 0, A, B).sum()
torch.where(t > 0, A, B).sum()
torch.asin(torch.tanh(x)).sum()
torch.acos(torch.tanh(x)).sum()
torch.atan(x).sum()
torch.asinh(x).sum()
torch.acosh(1 + z).sum()
torch.atanh(torch.tanh(x)).sum()
torch.sgn(x).sum()
torch.lgamma(z).sum()
torch.atan2(x, z).sum()
F.logsigmoid(x).sum()
F.softsign(x).sum()
F.silu(x, inplace=False).sum()
F.mish(x).sum()
F.selu(x).sum()
F.relu(x, inplace=True).sum()
torch.sub(x, z).sum()
torch.mul(x, z).sum()
x.mul(z).sub(t).sum()
torch.eq(x, z).sum()
torch.ne(x, z).sum()
torch.lt(x, z).sum()
torch.le(x, z).sum()
torch.gt(x, z).sum()
torch.ge(x, z).sum()
x.clone().sum()
x.contiguous().double().sum()
x.type_as(z).cpu().sum()
x.view(-1).sum()
x.view(-1, 1).sum()
A.reshape(-1).sum()
torch.linalg.vector_norm(x, 3)
torch.linalg.vector_norm(A)
torch.min(A, dim=0).values.sum()
A.min(0)[0].sum()
x.max()
torch.std(A, dim=1, keepdim=True).sum()
torch.std(x, correction=2)
torch.var(A, unbiased=False)
torch.transpose(A, 0, 1)[1, 2]
A.transpose(-2, -1)[1, 2]
x.to(dtype=torch.float64).sum()
(x > 0).long().sum()
(x > 0).int().sum()
y.to(torch.float64) @ b
torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64).sum()*t
torch.ones(3, dtype=torch.float64).sum()*t
F.smooth_l1_loss(x, z, reduction="sum", beta=2.0)
F.nll_loss(A[0], c)
F.cross_entropy(A[0], c)
A[0, c]
F.log_softmax(x, dim=0)[1]
F.softmax(x, 0, dtype=torch.float64)[1]
m1, where = A.max(dim=1)\nreturn m1.sum()
torch.sigmoid(x).sum()
torch.logaddexp(x, z).sum()
torch.neg(x).sum()
x.neg().sum()
x.log_softmax(0)[1]
x.pow(2).sum()
x.detach().numpy().sum()
torch.square(x).sum()
torch.tensor(2.0)*t
"""


@pytest.mark.filterwarnings("ignore:reduction")
@pytest.mark.parametrize("body", [line.replace(r"\n", "\n") for line in IN_TORCH.strip().splitlines()])
def test_a_program_of_pytorch_has_the_value_of_its_formula(body: str) -> None:
    agree(body, in_torch=True)


REFUSED = r"""
int(t) | line 2: a conversion to whole numbers is not read
x.astype("int").sum() | line 2: a conversion to whole numbers is not read
np.asarray(x, dtype=int).sum() | line 2: a conversion to whole numbers is not read
np.linalg.norm(x, 0) | line 2: this norm is not read
np.linalg.norm(x, -np.inf) | line 2: this norm is not read
np.linalg.norm(x[None, :], 1) | line 2: this norm of a matrix is not read
np.cumsum(A).sum() | line 2: `cumsum` is read of a vector, or of each row of a matrix
np.cumsum(A, axis=0)[1,2] | line 2: `cumsum` is read of a vector, or of each row of a matrix
np.transpose(A, (0, 1))[1, 2] | line 2: with these axes PyTorch transposes and NumPy does not
np.tril(S, -1).sum() | line 2: `tril` is of a matrix alone
np.trace(S, 1) | line 2: `tr` is of a matrix alone
np.round(t, decimals=1) | line 2: the argument `decimals` is not read
round(t, 1) | line 2: these arguments are not read
np.ravel(A, order="F")[1] | line 2: entries are strung together row by row, all of them
A.flatten("F")[1] | line 2: entries are strung together row by row, all of them
A.reshape(-1, order="F")[3] | line 2: entries are strung together row by row
np.eye(4, 3).sum() | line 2: `eye` is read with as many rows as columns
np.eye(4, k=1).sum() | line 2: the argument `k` is not read
(S*np.eye(4)).sum() | line 2: axes of 4 and n do not fit
len(t) | line 2: these arguments are not read
np.diag(t) | line 2: only the main diagonal is read, of a matrix or of a vector
np.outer(t, u) | line 2: these arguments are not read
np.squeeze(t, 0) | line 2: these arguments are not read
np.exp(x, where=x > 0).sum() | line 2: the argument `where` is not read
special.softmax(A)[1,2] | line 2: `softmax` of a matrix says along which axis
special.softmax(x[:, None], axis=1).sum() | line 2: `softmax` goes along an axis of several entries
v[-3:].sum() | line 2: a slice that counts from the end is not read
x[::2].sum() | line 2: this slice is not read
x[::-1][0] | line 2: this slice is not read
A[1, 2, 3] | line 2: there are not so many axes
(x, z)[2].sum() | line 2: this entry is not read
A.dtype | line 1: the function returns no number
A.foo | line 2: `.foo` is not read
np.foo*t | line 2: `np.foo` is not read
np.newaxis | line 1: the function returns no number
1j*t | line 2: all numbers are real here
x @ t | line 2: a product of matrices and vectors is read, of more axes none
S @ A | line 2: axes of n and m do not fit
np.where(x > 0) | line 2: `where` takes a condition and two values
t in (1, 2) | line 2: this comparison is not read
t << 2 | line 2: this operator is not read
t ^ 2 | line 2: this operator is not read
[x for x in A] | line 2: `ListComp` is not read
{1: t} | line 2: `Dict` is not read
np.concatenate([x, z]).sum() | line 2: arrays are not put together
np.ones(4) @ x | line 2: axes of 4 and n do not fit
np.ones((3, 4, 2)).sum() | line 2: arrays of one and two axes are read
np.array([t]).sum() | line 2: an array is written out of numbers
np.array([x, z]).sum() | line 2: an array is written out of numbers
sum(x[i]*z[i] for i in range(4)) | the range of `i` ends at 4, but there are n entries
sum(x[i] for i in range(4) if i > 0) | line 2: this comprehension is not read
max(x[i]*2 for i in range(4)) | the range of `i` ends at 4, but there are n entries
np.mean([x[i]*2 for i in range(4)]) | the range of `i` ends at 4, but there are n entries
np.prod([x[i]*2 for i in range(4)]) | the range of `i` ends at 4, but there are n entries
sum(f for f in x) | line 2: a loop runs over a range
np.einsum("ijk->i", A) | line 2: `ijk` does not fit an array with the axes (m, n)
np.einsum(A, [0, 1]) | line 2: `einsum` is read of a text and arrays
np.einsum("ij,kj->ik", A, x) | line 2: `kj` does not fit an array with the axes (n)
np.einsum("ij,i->j", A, x) | line 2: axes of m and n do not fit
np.exp(*x) | line 2: arguments with a star are not read
np.exp(x, z) | line 2: these arguments are not read
x.mean(axis=1) | line 2: there is no such axis
A.sum(axis=t) | line 2: the axis is a whole number of the program
A.sum(axis=2) | line 2: there is no such axis
x[:, None].var(axis=1).sum() | line 2: the variance of one number is 0
x.reshape(2, 2)[0, 1] | line 2: a reshape is read where it makes a vector, a row or a column
np.full(4, 2.0) @ x | line 2: `np.full` is not read
np.linspace(0, 1, 4) @ x | line 2: `np.linspace` is not read
1/0*t | line 2: this has no value
scipy.linalg.cholesky(S@S.T)[1,0] | line 2: SciPy's `cholesky` is the upper factor
x or z | line 2: `or` is of single truth values
f = lambda q: f(q)\nreturn f(t) | line 2: `Lambda` is not read
def g(q):\n    return g(q)\nreturn g(t) | line 3: more than 50 functions call each other
def g(q, r):\n    return q*r\nreturn g(t) | line 4: these arguments do not fit the function
def g(q):\n    r = q\nreturn g(t) | line 4: `g` returns nothing on a way through it
def g(q):\n    if q > 0:\n        return q\nreturn g(t) | line 3: one way through this returns a value, the other none
s = t\nfor i in range(len(x)):\n    s = s/x[i]\nreturn s | line 3: `s` is neither added nor multiplied up in this loop
s = t\nfor i in range(len(x)):\n    return s | line 3: a loop that returns is not read
s = t\nfor i in x:\n    s += i\nreturn s | line 3: a loop runs over a range
s = t\nfor i in range(0, 4, 2):\n    s += i\nreturn s | line 3: a loop runs over a range
s = t\nfor i in range(4):\n    s += i\nelse:\n    s = 0\nreturn s | line 3: this loop is not read
s = t\nfor i, j in enumerate(x):\n    s += j\nreturn s | line 3: this loop is not read
s = 0\nfor i in range(len(b)):\n    if y[i] == 1:\n        s += b[i]\nreturn s | line 3: `s` is neither added nor multiplied up in this loop
if t > 0:\n    s = t\n    r = u\nreturn s*2 | line 5: `s` is not known here
if x > 0:\n    return t\nreturn u | line 2: a condition of `if` is one truth value
if t > 0:\n    return t | line 2: one way through this returns a value, the other none
if t > 0:\n    raise ValueError\nreturn t | line 3: an error is raised on this way
return | line 1: the function returns no number
a, b2 = x\nreturn a | line 2: this cannot be taken apart
a: float\nreturn t | line 2: `annassign` is not read
a = t\na <<= 2\nreturn a | line 3: this operator is not read
a = x\na @= z\nreturn a | line 3: this operator is not read
x[0] = 2\nreturn x.sum() | line 2: only names are assigned to
np.exp(x)\nreturn x.sum() | line 2: a call whose value is not used is not read
w = np.empty_like(x)\nreturn w.sum() | line 2: `np.empty_like` is not read
del t\nreturn u | line 2: `delete` is not read
global q\nreturn t | line 2: `global` is not read
from math import exp as e2\nreturn e2(t) | line 3: `e2` is not read
c[0] | line 2: there are not so many axes
A[y].sum() | `y` is a label of n, but there are m entries to pick from
(y & 1).sum() | here a condition is expected, such as `x > 0`
np.array([1.0, 2.0, t], dtype=float) @ b | line 2: axes of 3 and m do not fit
min(A) | line 2: `min` of rows is not read
sum(x, 2) | line 2: this `sum` is not read
max(x, 0) | line 2: this `max` is not read
max(t, key=u) | line 2: this `max` is not read
x - (1, 2) | line 2: this is no number and no array
x + "a" | line 2: this is no number and no array
t + None | line 2: this is no number and no array
np.exp(None) | `exp` has no argument
np.exp("a") | `exp` has no argument
np.sum((t, u)) | line 1: the function returns no number
np.shape(A) | line 2: `np.shape` is not read
x[len(x) - 1] | line 2: an entry is picked by a number, an index of a loop or a label
x[2.0] | line 2: an entry is picked by a number, an index of a loop or a label
x[:t] | `t` cannot be both a dimension and a variable
x[t:] | line 2: this slice is not read
A[y[0], 1] | `y` is a label of n, but there are m entries to pick from
sum(A[i, j] for i in range(3) for j in range(4)) | line 2: this comprehension is not read
s = 0.0\nr = t\nfor i in range(len(x)):\n    r += x[i]\n    s += r\nreturn s | line 4: `s` is neither added nor multiplied up in this loop
s = 0.0\nfor i in range(len(x)):\n    s = x[i] + s\nreturn s | line 3: `s` is neither added nor multiplied up in this loop
x.foo() | line 2: `x.foo` is not read
g(x) | line 2: `g` is not read
x[0](t) | line 2: this call is not read
(x + z)(t) | line 2: this call is not read
np.linalg.norm(A, 2) | line 2: the spectral norm of a matrix is not read
np.linalg.norm(A, 1) | line 2: this norm of a matrix is not read
np.linalg.norm(A, 1, axis=(0, 1)) | line 2: this norm of a matrix is not read
np.vdot(A, x) | line 2: arrays of (m, n) and (n) do not fit
np.transpose(A, (0, 0)) | line 2: these axes are not read
np.diag(S, 1).sum() | line 2: only the main diagonal is read, of a matrix or of a vector
(x[:, None]*t @ t) | line 2: a product of matrices and vectors is read, of more axes none
t @ t | line 2: a product of matrices and vectors is read, of more axes none
x @ b | line 2: axes of n and m do not fit
(A[:, :, None]*S[None, :, :]).transpose() | line 2: axes of an array of three are not turned
np.linalg.det(x) | line 2: `det` is of a matrix
x[:, None].std(axis=1) | line 2: the variance of one number is 0
A.sum(where=A > 0) | line 2: the argument `where` is not read
np.cumsum(A[:, :, None]*S[None, :, :]) | line 2: `cumsum` is read of a vector, or of each row of a matrix
A.sum(axis=(0, 5)) | line 2: there is no such axis
"""


@pytest.mark.parametrize("line", REFUSED.strip().splitlines())
def test_what_would_be_read_as_something_else_is_refused(line: str) -> None:
    body, _, message = line.partition(" | ")
    text, types = program(body.replace(r"\n", "\n"))
    with pytest.raises(SymdiffError) as caught:
        sd.from_python(text, **types)
    assert caught.value.message == message


REFUSED_IN_TORCH = r"""
torch.div(x, z, rounding_mode="floor").sum() | line 4: the argument `rounding_mode` is not read
torch.add(x, z, alpha=2).sum() | line 4: the argument `alpha` is not read
F.hardtanh(x, min_val=-0.1, max_val=0.1).sum() | line 4: the argument `min_val` is not read
F.hardtanh(x, -0.1, 0.1).sum() | line 4: these arguments are not read
torch.logit(torch.sigmoid(x), eps=0.4).sum() | line 4: the argument `eps` is not read
torch.flatten(A, 1)[1, 2] | line 4: entries are strung together row by row, all of them
F.normalize(A, p=1).sum() | line 4: `normalize` is read with p=2 and without `eps`
F.cosine_similarity(x, z, dim=0, eps=1e-3) | line 4: the argument `eps` is not read
F.gelu(x, approximate="tanh").sum() | line 4: the gelu of the language is the exact one
F.softplus(x, beta=2).sum() | line 4: `softplus` is read without further arguments
F.one_hot(y, 4)[1, 2] | `y` is a label of another size
F.one_hot(y)[1, 2] | line 4: `one_hot` is of labels, whose number is said
F.one_hot(b, 4) | line 4: `one_hot` is of labels, whose number is said
A.gather(0, y.unsqueeze(1)).sum() | line 4: `gather` is read where a label of each row picks its entry
A.gather(1, b) | line 4: `gather` is read where a label of each row picks its entry
F.nll_loss(A, b) | line 4: the second argument counts the classes
F.cross_entropy(A, y, label_smoothing=0.1) | line 4: the argument `label_smoothing` is not read
F.cross_entropy(A, y, weight=x) | line 4: the argument `weight` is not read
F.binary_cross_entropy_with_logits(x, torch.sigmoid(z), pos_weight=x) | line 4: the argument `pos_weight` is not read
torch.diag(S, 1).sum() | line 4: only the main diagonal is read, of a matrix or of a vector
A[torch.arange(3), y].sum() | line 4: `torch.arange` is not read
torch.einsum("ij,kj,lj->ikl", A, A, A)[0, 1, 2] | line 4: an array of three axes is read entry by entry and summed up, not here
(x[:, None, None]*b[None, :, None]*x).logsumexp(dim=(1, 2)).sum() | line 4: `logsumexp` along an axis of an array of three axes is not read
(x[:, None, None]*b[None, :, None]*x).var(dim=2).sum() | line 4: `var` along an axis of an array of three axes is not read
(x[:, None, None]*b[None, :, None]*x).sum(dim=3) | line 4: there is no such axis
torch.softmax(x[:, None, None]*b[None, :, None]*x, dim=2).sum() | line 4: `softmax` of an array of three axes is not read
torch.where(x[:, None, None]*b[None, :, None]*x, x, 0.5).sum() | line 4: this condition is a comparison
(x[:, None, None]*b[None, :, None]*x)[1, 2, 3] | line 4: an array of three axes is read entry by entry and summed up, not here
torch.cat([x, z]) | line 4: arrays are not put together
A.max(1) | line 3: the function returns no number
A.max(1)*2 | line 4: this is no number and no array
A.transpose(0, 0) | line 4: these axes are not read
torch.transpose(x[:, None, None]*b[None, :, None]*x, 0, 1) | line 4: axes of an array of three are not turned
x.long().sum() | line 4: a conversion to whole numbers is not read
x.type(torch.int64).sum() | line 4: a conversion to whole numbers is not read
F.nll_loss(F.log_softmax(A, 1), y, ignore_index=-1) | line 4: the argument `ignore_index` is not read
F.nll_loss(A[0], c, weight=x) | line 4: the argument `weight` is not read
F.gelu(x, "tanh") | line 4: the gelu of the language is the exact one
F.softmax(A, dim=2) | line 4: `softmax` goes along an axis of several entries
F.softmax(t) | `softmax` does not take `t` (a scalar, declared)
torch.max(x, dim=0)[1] | line 3: the function returns no number
"""


@pytest.mark.parametrize("line", REFUSED_IN_TORCH.strip().splitlines())
def test_what_pytorch_computes_otherwise_is_refused(line: str) -> None:
    body, _, message = line.partition(" | ")
    text, types = program(body, in_torch=True)
    with pytest.raises(SymdiffError) as caught:
        sd.from_python(text, **types)
    assert caught.value.message == message


MODULES = {
    "from scipy.linalg import cholesky\ndef f(A):\n    return cholesky(A)[0, 1]": "line 3: SciPy's `cholesky` is the upper factor",
    "import jax\ndef f(x):\n    return jax.nn.gelu(x).sum()": "line 3: JAX's `gelu` is an approximation unless told otherwise",
    "f = lambda x: f(x)\ng = lambda x: f(x)": "line 1: more than 50 functions call each other",
    "def f(x):\n    return " + "-" * 2000 + "x": "expressions of this program stand too deeply in each other",
    "def f(x):\n    return " + "(" * 150 + "x" + ")" * 150: None,
    "def f(*x):\n    return x": "line 1: a function with any number of arguments is not read",
    "x = 3": "line 1: besides functions and imports nothing of a module is read",
    "import numpy": "there is no function in this program",
    "def f(x, q):\n    return x": "line 1: the type of `q` is not known",
    "def f():\n    return 1.0": "`f` has no argument `x`",
    "def f(x):\n    y = x": "line 1: the function returns nothing on a way through it",
}


@pytest.mark.parametrize("text", MODULES)
def test_a_whole_program_is_refused_with_its_reason(text: str) -> None:
    types = {"A": "matrix(n, n)"} if "A" in text else {"x": "vector(n)"}
    if MODULES[text] is None:
        assert str(sd.from_python(text, **types)) == "x"
        return
    with pytest.raises(SymdiffError) as caught:
        sd.from_python(text, **types)
    assert caught.value.message == MODULES[text]


DECLARED = {
    "vectr(n)": "the type of `x` is not read",
    "vector": "the sizes of `x` are not known",
    "matrix": "the sizes of `x` are not known",
}


@pytest.mark.parametrize("kind", DECLARED)
def test_a_type_that_is_not_read(kind: str) -> None:
    with pytest.raises(SymdiffError, match=DECLARED[kind]):
        sd.from_python("def f(x):\n    return x.sum()", x=kind)


def test_names_that_the_language_has_itself_are_told_apart() -> None:
    formula = sd.from_python("def f(det, tr, pi):\n    return (det*tr).sum()*pi", det="vector(n)", tr="vector(n)", pi="scalar")
    assert set(formula.types) == {"det_", "tr_", "pi_"}


def test_a_function_without_source() -> None:
    with pytest.raises(SymdiffError, match="the source of this function is not known"):
        sd.from_python(len)


def test_every_function_of_the_table_stands_in_a_program() -> None:
    """A function that is added to the table is added here, too: run by its library, or refused."""
    here = IN_NUMPY + IN_TORCH + REFUSED + REFUSED_IN_TORCH
    others = {"ln", "log_sigmoid", "swish", "stop_gradient"}  # of JAX and of nobody
    missing = {name for name in library.FUNCTIONS if not re.search(rf"\b{name}\(", here)} - others
    assert not missing
