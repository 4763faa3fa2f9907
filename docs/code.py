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
are NumPy's stable spellings). NumPy, JAX and PyTorch take any sizes; C and SymPy are written entry by entry, here for n = 2, m = 3.
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
        parts.append(f"\n## {title}\n\n`{formula}`, by `{wrt}`: `{g}`\n")
        parts += [f"\n{name}\n\n```python\n{body(g.code(target))}\n```\n" for name, target in TARGETS.items()]
        parts.append(f"\nC\n\n```c\n{small.code('c').rstrip()}\n```\n\nSymPy\n\n```python\n{small.code('sympy').rstrip()}\n```\n")
    return "".join(parts)


TARGETS = {"NumPy": "numpy", "JAX": "jax", "PyTorch": "torch"}

if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
