"""Update rules, as formulas of the language.

In: the gradient, the weights, what a method remembers. Out: a compiled function that gives their next values. All weights
of a formula stand one after the other in one vector, so that a rule is a few lines about vectors of one size. The letters: w
the weights, g the gradient, eta the step, t the number of the step, from 1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, cast

from symdiff import numeric
from symdiff.expr.node import VAR, Expr, make
from symdiff.expr.walk import substitute
from symdiff.syntax import template


@dataclass(frozen=True)
class Rule:
    """One method.

    remembers: the next value of each vector that the method keeps, all of them 0 at the start; a line may use those above it.
    step: the next weights, by the values just made. settings: the method's numbers besides eta, with their defaults.
    eta: the step that is taken if none is given. source: where the rule stands, in this form.
    """

    name: str
    step: str
    eta: float
    source: str
    remembers: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, float] = field(default_factory=dict)

    def __str__(self) -> str:
        return "; ".join([*(f"{name} <- {text}" for name, text in self.remembers.items()), f"w <- {self.step}"])


RULES = {
    rule.name: rule
    for rule in (
        Rule("sgd", step="w - eta*g", eta=0.1, source="Robbins and Monro 1951; with all examples in one batch, gradient descent"),
        Rule(
            "momentum",
            remembers={"v": "mu*v + g"},
            step="w - eta*v",
            eta=0.01,
            settings={"mu": 0.9},
            source="Polyak 1964, in the form of Sutskever et al. 2013 that PyTorch has",
        ),
        Rule(
            "adagrad",
            remembers={"s": "s + g .* g"},
            step="w - eta*(g ./ (sqrt(s) + epsilon))",
            eta=0.1,
            settings={"epsilon": 1e-10},
            source="Duchi, Hazan, Singer 2011: a step size per weight",
        ),
        Rule(
            "adam",
            remembers={"m": "beta1*m + (1 - beta1)*g", "v": "beta2*v + (1 - beta2)*(g .* g)"},
            step="w - eta*((m/(1 - beta1^t)) ./ (sqrt(v/(1 - beta2^t)) + epsilon))",
            eta=0.01,
            settings={"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8},
            source="Kingma and Ba 2015, algorithm 1",
        ),
    )
}

METHODS = (*RULES, "lbfgs")


@cache
def compiled(name: str) -> Callable[..., tuple[Any, ...]]:
    """The function of a rule: what it remembers, then the weights, from the values before, by keyword."""
    rule = RULES[name]
    vectors = {letter: ("n",) for letter in ("w", "g", *rule.remembers)}
    types: dict[str, tuple[Any, ...]] = {**vectors, **dict.fromkeys(("eta", "t", *rule.settings), ())}
    new: dict[str, Expr] = {}
    for letter, text in (*rule.remembers.items(), ("w", rule.step)):
        written = template(text, types)
        above = dict(new)

        def put(node: Expr, kids: tuple[Expr, ...], above: Mapping[str, Expr] = above) -> Expr:
            if node.op == VAR:
                return above.get(node.name, node)
            return make(node.op, kids, node.data, node.shape) if node.args else node

        new[letter] = substitute([written], put)[written]
    return cast(Callable[..., tuple[Any, ...]], numeric.compile(list(new.values()), several=True))
