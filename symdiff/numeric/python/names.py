"""The names in a source: arguments, locals, modules and helpers; those of the formula come before any of ours."""

from __future__ import annotations

import re
from collections.abc import Sequence

from symdiff.errors import SymdiffError
from symdiff.expr.node import NAME, OPAQUE, VAR, Expr
from symdiff.expr.walk import topological
from symdiff.numeric.python.library import Library
from symdiff.numeric.python.pieces import identifier, opaque_name


class NameWriter:
    """Who is called what; nothing is written yet.

    exprs: what is computed. name: of the function. given: variables of the question that may have gone from the answer. order: names of parameters in their order.
    """

    def __init__(self, exprs: Sequence[Expr], target: Library, name: str, given: Sequence[Expr], order: Sequence[str] = ()) -> None:
        self.exprs, self.target, self.name, self.more, self.order = exprs, target, name, given, order
        self.imports: dict[str, str] = {}
        self.helpers: dict[str, str] = {}
        self.params: dict[str, str] = {}  # key in the caller's dict: identifier
        self.nodes = topological(exprs)
        self.variables: dict[str, Expr] = {}
        self.calls: dict[str, set[tuple[Expr, ...]]] = {}
        self.taken: set[str] = set()
        self.collect()
        self.given, self.values, self.others = self.fresh("given"), self.fresh("values"), self.fresh("others")
        self.kind_name = self.fresh(self.target.kind[0])

    def collect(self) -> None:
        """Variables, opaque functions and bindings, and which variables need not be given: those that an opaque function alone has."""
        outside = {v for v in topological(self.exprs, {n for n in self.nodes if n.op == OPAQUE}) if v.op == VAR}
        labels: list[str] = []
        for node in self.nodes:
            if node.op == VAR:
                label = node.data[0]
                if self.variables.setdefault(label, node).shape != node.shape:
                    raise SymdiffError(f"two variables of different shapes are called {label}", hint="rename one of them")
            elif node.op == NAME:
                labels.append(node.data[0])
            elif node.op == OPAQUE:
                self.calls.setdefault(opaque_name(node), set()).add(node.args)
        for label in self.calls:
            if label in self.variables:
                raise SymdiffError(f"{label} is a variable and a function; compiled, both would be one argument", hint="rename one")
        places = {label: k for k, label in enumerate(self.order)}
        for key in sorted((*self.variables, *self.calls), key=lambda key: places.get(key, len(places))):
            self.params[key] = self.fresh(identifier(key))
        self.local = {label: self.fresh(identifier(label)) for label in dict.fromkeys(labels)}
        self.taken.update([self.name, "__debug__"])
        inside = {label: v for label, v in self.variables.items() if v not in outside}
        self.anywhere = {label for label, v in inside.items() if not v.shape}
        direct = {a for n in self.nodes if n.op != OPAQUE for a in n.args}
        self.optional = {label for label, v in inside.items() if v not in direct}

    def fresh(self, wanted: str) -> str:
        """`wanted`, with underscores behind it where the name is taken."""
        while wanted in self.taken:
            wanted += "_"
        self.taken.add(wanted)
        return wanted

    def module(self, prefix: str) -> str:
        """What the text calls the library; the import is noted."""
        if prefix not in self.imports:
            alias = self.target.sources[prefix].split()[-1]
            self.imports[prefix] = self.fresh(alias)
        return self.imports[prefix]

    def lib(self, function: str) -> str:
        return f"{self.module(self.target.module)}.{function}"

    def spelled(self, text: str) -> str:
        """A spelling of the table with the modules' and built-in functions' names as this source has them."""

        def rename(found: re.Match[str]) -> str:
            prefix, helper, builtin = found.groups()
            if prefix:
                return self.module(prefix)
            if helper:
                return self.helper(helper) if helper in self.target.helpers else found[0]
            return f"{self.module('builtins')}.{builtin}" if builtin in self.taken else str(builtin)

        return self.target.heads.sub(rename, text)

    def helper(self, wanted: str) -> str:
        """What the text calls a helper function."""
        if wanted not in self.helpers:
            self.helpers[wanted] = self.fresh(wanted)
        return self.helpers[wanted]

    def bound(self, node: Expr) -> str:
        """The local of a binding; another binding of the same name gets another."""
        return self.local.pop(node.data[0], "") or self.fresh(identifier(node.data[0]))

    def import_lines(self, text: str | None = None) -> list[str]:
        """The imports of the modules that were called for; of those alone that this text calls."""
        lines = []
        for prefix, alias in self.imports.items():
            line = self.target.sources[prefix]
            if text is None or re.search(rf"(?<![\w.]){alias}\.", text):
                lines.append((line if line.split()[-1] == alias else f"{line.partition(' as ')[0]} as {alias}") + "\n")
        return sorted(lines)
