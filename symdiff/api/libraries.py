"""To and from other libraries: SymPy, PyTorch, JAX, and functions written for NumPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from symdiff.api.formulas import Asked, formula, parse
from symdiff.arguments import public
from symdiff.formula import Formula, built


@public
def torch_function(f: Asked) -> Callable[..., Any]:
    """f as a function of tensors by keyword whose backward pass is the symbolic derivative (a `torch.autograd.Function`).

    It may be differentiated again, and used under `torch.func`. Entries of symmetric variables count as free.
    """
    from symdiff import bridges

    return bridges.torch_function(formula(f).expr)


@public
def jax_function(f: Asked) -> Callable[..., Any]:
    """f as a function of arrays by keyword whose reverse derivative is the symbolic one (`jax.custom_vjp`).

    It works under `jit`, `vmap` and `grad`. Entries of symmetric variables count as free.
    """
    from symdiff import bridges

    return bridges.jax_function(formula(f).expr)


@public
def from_sympy(expression: Any) -> Formula:
    """A SymPy expression as a formula: scalars, and `MatrixSymbol`s with their sums, products, powers, transposes, inverses, entries,
    traces, determinants and identities.

    Symbols are real variables by their names, or sizes where a matrix has them. A `MatrixSymbol` of one column is a vector, of one row the transpose
    of a vector, and what has one row and one column is a number: `x.T*A*x`. DomainError for what the language lacks.
    """
    from symdiff import bridges

    return built(bridges.from_sympy(expression))


@public
def from_python(source: str | Callable[..., Any], /, **types: str) -> Formula:
    """What a function of NumPy, PyTorch or JAX computes, as a formula: `sd.from_python(loss, X="matrix(m, n)", y="vector(m)", w="vector(n)")`.

    source: the function, or the text of a program whose last function it is. Its syntax tree is read; nothing of it is run. types: of its arguments,
    as in the language; an argument with a default may do without. Entries and labels count from 1 in the formula; its notes say where that matters.
    DomainError with the line of what is not read, ParseError for what is no program.
    """
    from symdiff import bridges
    from symdiff.syntax.reading import noted

    text, notes = bridges.formula_of(source, types)
    f = parse(text)
    return f if not notes else Formula(f.expr, noted(f.reading, notes))
