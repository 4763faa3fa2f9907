"""The backward program as code: for PyTorch an autograd.Function, for JAX a custom_vjp, for NumPy two functions.

In: a backward program. Out: Python source whose lines are those of the program: the forward pass keeps the values that the backward pass
reads, and nothing is computed twice. Arguments are arrays of the library; an opaque function is an argument, too: its value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from symdiff.errors import SymdiffError
from symdiff.expr import build
from symdiff.expr.node import NAME, OPAQUE, Expr
from symdiff.expr.patterns import is_opaque_derivative
from symdiff.expr.walk import topological
from symdiff.numeric.python.pieces import identifier
from symdiff.numeric.source import Statements, statements
from symdiff.teach.record import put, symbols

if TYPE_CHECKING:
    from symdiff.teach.backward import Backward

TARGETS = ("numpy", "torch", "jax")


def source(program: Backward, target: str, name: str = "loss") -> str:
    """The source of the value and its backward pass. SymdiffError for another target, and where a function on the way is opaque."""
    if target not in TARGETS:
        raise SymdiffError(f"no backward program as code for {target}", hint="the targets are " + ", ".join(TARGETS))
    if program.lesson.numerator:
        raise SymdiffError("code has gradients of the shape of their variables", hint="--layout numerator is for reading")
    if program.lesson.formula.shape:
        raise SymdiffError(
            "code is made of the backward pass of a number", hint="sum(…) makes one; a Jacobian is computed by `symdiff code`"
        )
    return _Code(program, target, name).text()


class _Code:
    def __init__(self, program: Backward, target: str, name: str) -> None:
        self.program, self.target, self.name = program, target, name
        lesson = program.lesson
        # Leaves are arguments: variables, bound names that are asked for, values of opaque functions.
        self.arguments: dict[Expr, Expr] = {}
        for n in lesson.nodes:
            if n.leaf and n.rule in ("variable", "function", "binding"):
                self.arguments[n.expr] = build.var(self.word(n.expr), n.shape)
        if any(is_opaque_derivative(n) for x in program.lines for n in topological([x.value])):
            raise SymdiffError("the backward pass needs the derivative of an opaque function", hint="write the function out")
        kept = [k for k in program.kept if k.op != OPAQUE or k in self.arguments]
        self.kept = {k: self.arguments.get(k, build.var(str(k.name), k.shape)) for k in kept}
        self.back = self.backward_statements()

    def word(self, e: Expr) -> str:
        return str(e.name)

    def forward_statements(self) -> Statements:
        top = self.program.lesson.top
        value = top.shown if top.shown.op == NAME or top.leaf else build.name("value", top.formula)
        exprs = [value, *[k for k in self.kept if k not in self.arguments]]
        return statements([put(x, self.arguments) for x in exprs], self.target, given=list(self.arguments.values()))

    def backward_statements(self) -> Statements:
        """The lines of the program over kept values; where a size is read of a variable that no line needs, it is kept, too."""
        known: dict[Expr, Expr] = dict(self.kept)
        for x in self.program.lines:
            value = put(x.value, known)
            known |= symbols([x.symbol], [build.name(x.name, value)])
        finals = [known[x.symbol] for x in self.program.finals]
        made = statements(finals, self.target, given=list(self.arguments.values()))
        there = {v.name for v in self.kept.values()}
        self.kept |= {e: v for e, v in self.arguments.items() if v.name in made.params and v.name not in there}
        return made

    # ------------------------------------------------------------------------------------------ text

    def text(self) -> str:
        forward = self.forward_statements()
        if any(re.search(r"\bgiven\b", line) for line in (*forward.lines, *self.back.lines)):
            raise SymdiffError("a size in the formula belongs to no variable", hint="declare it as a number, or as the size of a variable")
        arguments = [identifier(v.name) for v in self.arguments.values()]
        kept = [identifier(v.name) for v in self.kept.values()]
        taken = {*arguments, *re.findall(r"\w+", "\n".join([*forward.lines, *self.back.lines]))}
        self.g, self.ctx, self.saved = [_free(wanted, taken) for wanted in ("g", "ctx", "kept")]
        self.name = _free(self.name, taken)
        write: Callable[[Statements, list[str], list[str]], str] = {"numpy": self.numpy, "torch": self.torch, "jax": self.jax}[self.target]
        body = write(forward, arguments, kept)
        text = forward.with_helpers(body)
        imports = sorted(
            {*forward.imports(), *self.back.imports(), *{"torch": ["import torch\n"], "jax": ["import jax\n"]}.get(self.target, [])}
        )
        return "".join(imports) + "\n\n" * bool(imports) + text

    def gradients(self, arguments: list[str], none: str = "None") -> list[str]:
        """For every argument what the backward pass returns: the derivative times what comes in, or nothing."""
        found = {x.node.expr: text for x, text in zip(self.program.finals, self.back.answers, strict=True)}
        return [f"{self.g}*{found[e] if found[e].isidentifier() else f'({found[e]})'}" if e in found else none for e in self.arguments]

    def numpy(self, forward: Statements, arguments: list[str], kept: list[str]) -> str:
        value, *_ = forward.answers
        wrt = [x for x in self.gradients(arguments) if x != "None"]
        return "\n".join(
            [
                f"def {self.name}({', '.join(arguments)}):",
                f'    """The value, and what the backward pass keeps of the way to it: {", ".join(kept) or "nothing"}."""',
                *_indented(forward.lines, 4),
                f"    return {value}, ({_listed(kept)})",
                "",
                "",
                f"def {self.name}_backward({self.saved}, {self.g}=1.0):",
                f'    """The derivatives by {", ".join(self.program.lesson.names)}, times {self.g}."""',
                *([f"    {_listed(kept)} = {self.saved}"] if kept else []),
                *_indented(self.back.lines, 4),
                f"    return {', '.join(wrt)}",
                "",
            ]
        )

    def torch(self, forward: Statements, arguments: list[str], kept: list[str]) -> str:
        value, *_ = forward.answers
        kind = "".join([p.capitalize() for p in self.name.split("_")])
        return "\n".join(
            [
                f"class {kind}(torch.autograd.Function):",
                f'    """Keeps {", ".join(kept) or "nothing"} for the backward pass. Arguments are tensors."""',
                "",
                "    @staticmethod",
                f"    def forward({self.ctx}, {', '.join(arguments)}):",
                *_indented(forward.lines, 8),
                *([f"        {self.ctx}.save_for_backward({', '.join(kept)})"] if kept else []),
                f"        return {value}",
                "",
                "    @staticmethod",
                f"    def backward({self.ctx}, {self.g}):",
                *([f"        {_listed(kept)} = {self.ctx}.saved_tensors"] if kept else []),
                *_indented(self.back.lines, 8),
                f"        return {', '.join(self.gradients(arguments))}",
                "",
                "",
                f"def {self.name}({', '.join(arguments)}):",
                f"    return {kind}.apply({', '.join(arguments)})",
                "",
            ]
        )

    def jax(self, forward: Statements, arguments: list[str], kept: list[str]) -> str:
        value, *_ = forward.answers
        return "\n".join(
            [
                "@jax.custom_vjp",
                f"def {self.name}({', '.join(arguments)}):",
                f"    return {self.name}_forward({', '.join(arguments)})[0]",
                "",
                "",
                f"def {self.name}_forward({', '.join(arguments)}):",
                f'    """The value, and what the backward pass keeps: {", ".join(kept) or "nothing"}."""',
                *_indented(forward.lines, 4),
                f"    return {value}, ({_listed(kept)})",
                "",
                "",
                f"def {self.name}_backward({self.saved}, {self.g}):",
                *([f"    {_listed(kept)} = {self.saved}"] if kept else []),
                *_indented(self.back.lines, 4),
                f"    return {_listed(self.gradients(arguments))}",
                "",
                "",
                f"{self.name}.defvjp({self.name}_forward, {self.name}_backward)",
                "",
            ]
        )


def _free(wanted: str, taken: set[str]) -> str:
    while wanted in taken:
        wanted += "_"
    taken.add(wanted)
    return wanted


def _indented(lines: Sequence[str], width: int) -> list[str]:
    return [" " * width + part for line in lines for part in line.replace("\n    ", "\n").split("\n")]


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) + ("," if len(names) == 1 else "")
