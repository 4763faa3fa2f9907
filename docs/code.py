"""Writes docs/code.md: `python docs/code.py`. A test asks that the page is current."""

from __future__ import annotations

from pathlib import Path

import symdiff as sd

PAGE = Path(__file__).with_name("code.md")

# Types with sizes to be filled in, formula, variable.
FUNCTIONS = {
    "Hinge loss": ("w: vector({n}); phi: vector({n}); y: scalar", "max(1 - y*w.phi, 0)", "w"),
    "Logistic regression": ("X: matrix({m},{n}); y: vector({m}); w: vector({n})", "sum(log(1 + exp(-y .* (X*w))))", "w"),
    "Ridge regression": ("X: matrix({m},{n}); y: vector({m}); w: vector({n}); lambda: scalar", "norm2(X*w - y)^2 + lambda*norm2(w)^2", "w"),
    "Softmax regression": ("x: vector({n}); y: onehot vector({m}); W: matrix({m},{n})", "-y.log_softmax(W*x)", "W"),
    "Matrix factorisation": ("T: matrix({m},{n}); U: matrix({m},2); V: matrix({n},2)", "norm2(T - U*V')^2", "U"),
    "Two layers": ("V: matrix({m},{n}); x: vector({n}); w: vector({m}); y: scalar", "h = sigma(V*x); (w.h - y)^2", "V"),
    "A quadratic form": ("A: matrix({n},{n}); x: vector({n})", "x'*A*x", "x"),
    "Huber loss": ("r: scalar; d: scalar", "huber(r, d)", "r"),
    "Softplus": ("z: scalar", "softplus(z)", "z"),
    "Cosine of an angle": ("a: vector({n}); b: vector({n})", "a.b/(norm2(a)*norm2(b))", "a"),
}

HEAD = """# Ten derivatives as code

Written by `python docs/code.py`. Each is what `symdiff code FORMULA --wrt NAME --target TARGET` prints, without the imports and
the helpers that stand in front of the function (`_arguments` checks and converts the arguments; `_softmax`, `_exp` and the like
are NumPy's stable spellings). NumPy, JAX and PyTorch take any sizes; C and SymPy are written entry by entry, here for n = 2, m = 3
(C has no inverses and determinants).
How they are used in programs stands [at the end](#derivatives-in-your-own-code).
"""

TAIL = """
## Derivatives in your own code

A compiled function takes the variables by keyword, in a dictionary in front, or some so and some so; `-o file.py` of `symdiff code`
writes one that needs nothing but its library (NumPy 2, JAX, PyTorch).

```python
>>> import numpy as np
>>> import symdiff as sd
>>> f = sd.parse("X: matrix(m,n); y: vector(m); w: vector(n); mean(i=1..m, softplus(-y[i]*X[i].w))")
>>> data = {"X": np.array([[1.0, 2], [0, 1], [3, -2]]), "y": np.array([1.0, -1, 1])}
>>> gradient = sd.grad(f, "w").compile("numpy")
>>> gradient(w=np.zeros(2), **data)
array([-0.66666667,  0.16666667])

```

Value and gradient, or whatever belongs together, come from one function that shares their work:

```python
>>> loss = sd.value_and_grad(f, "w").compile()
>>> value, slope = loss(data, w=np.zeros(2))
>>> round(float(value), 6)
0.693147
>>> newton = sd.Expressions([f, sd.grad(f, "w"), sd.hvp(f, "w", "v")]).compile()
>>> _, _, product = newton(data, w=np.zeros(2), v=np.ones(2))
>>> product
array([0.5       , 0.41666667])

```

For training code `torch_function` registers the derivative as the backward pass of a `torch.autograd.Function`, `jax_function` as a
`jax.custom_vjp`; optimisers, `torch.compile`, `torch.func`, `jit`, `vmap` and `grad` work as with functions of the library:

```python
>>> import torch
>>> w = torch.zeros(2, dtype=torch.float64, requires_grad=True)
>>> sd.torch_function(f)(w=w, X=torch.tensor(data["X"]), y=torch.tensor(data["y"])).backward()
>>> [round(x, 4) for x in w.grad.tolist()]
[-0.6667, 0.1667]

```

```python
>>> import jax
>>> loss = sd.jax_function(f)
>>> step = jax.jit(lambda w: w - 0.5*jax.grad(lambda w: loss(w=w, **data))(w))
>>> [round(float(x), 4) for x in step(np.zeros(2))]
[0.3333, -0.0833]

```

Both register reverse derivatives, so that forward mode (`jax.jvp`, `jax.jacfwd`, `jax.hessian`) refuses them; `jax.jacrev(jax.grad(loss))` and
the functions of `compile` take every mode.

Results have the precision of the arguments: float32 in, float32 out. Plain Python numbers, whole-number and boolean arrays do not decide on it.
Indices of sums are whole numbers whatever the precision is.

What a condition cuts off is computed at a harmless argument: `if(x > 0, log(x), 0)` becomes `np.where(x > 0, np.log(np.where(x > 0, x, 1)), 0)`,
which is 0 at -3 without a warning, and whose derivative by JAX or PyTorch is 0 there, too. `det(A)*inv(A)` is written with the matrix of cofactors,
which singular matrices have. A singular matrix that is inverted is an error of the library; `g(A=…)` raises a DomainError that names it.

SymPy is met in both directions:

```python
>>> g = sd.grad(sd.parse("x'*A*x"), "x")
>>> g.to_sympy(n=2)
Matrix([
[2*A_1_1*x_1 + x_2*(A_1_2 + A_2_1)],
[2*A_2_2*x_2 + x_1*(A_1_2 + A_2_1)]])
>>> import sympy
>>> a, b = sympy.symbols("a b")
>>> sd.grad(sd.from_sympy(sympy.exp(a*b) + a**2), "a")
2*a + exp(a*b)*b

```
"""


def body(source: str) -> str:
    """The function alone."""
    return source[source.rindex("def f(") :].rstrip()


def page() -> str:
    parts = [HEAD]
    for title, (types, formula, wrt) in FUNCTIONS.items():
        f = sd.parse(types.format(m="m", n="n") + "; " + formula)
        g = sd.grad(f, wrt)
        small = sd.grad(sd.parse(types.format(m=3, n=2) + "; " + formula), wrt)
        declarations = f' -d "{types.format(m="m", n="n")}"'
        parts.append(f'\n## {title}\n\n```console\n$ symdiff "{formula}"{declarations} --wrt {wrt}\n{g}\n```\n')
        parts += [f"\n{name}\n\n```python\n{body(g.code(target))}\n```\n" for name, target in TARGETS.items()]
        parts.append(f"\nC\n\n```c\n{small.code('c').rstrip()}\n```\n\nSymPy\n\n```python\n{small.code('sympy').rstrip()}\n```\n")
    return "".join([*parts, TAIL])


TARGETS = {"NumPy": "numpy", "JAX": "jax", "PyTorch": "torch"}

if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
