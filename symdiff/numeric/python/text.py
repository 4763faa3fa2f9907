"""The text of a function around its lines: arguments read and checked, imports, helpers."""

from __future__ import annotations

import re
from collections.abc import Sequence

from symdiff.errors import SymdiffError
from symdiff.expr.build import show_dim
from symdiff.expr.dims import is_sum
from symdiff.numeric.python.pieces import LINE, Piece, listed, listed_names, quoted, stripped
from symdiff.numeric.python.walk import TEMPORARY, NodeWriter


class PythonWriter(NodeWriter):
    """A whole function."""

    def source(self, doc: str, *, several: bool) -> str:
        answers = self.write()
        head = self.head()
        keywords = [f"{p}=None" for p in self.params.values()]
        text = listed(f"def {self.name}(", [f"{self.values}=None, /", *["*"][: len(keywords)], *keywords, f"**{self.others}"], "):", 0)
        if doc:
            plain = all(quoted(line) == f'"{line}"' for line in doc.split("\n"))
            end = "\n" if "\n" in doc else ""
            text += (
                "\n".join([f"    {line}" if line else "" for line in f'"""{doc}{end}"""'.split("\n")] if plain else [f"    {doc!r}"]) + "\n"
            )
        result = self.result(answers, several)  # before the lines, of which it may take the last one
        text += "".join(f"    {line}\n" for line in [*head, *self.lines])
        wide = len(answers) > 1 and len(result) > LINE
        text += listed("return (", [p.text for p in answers], ")", 4) if wide else f"    return {result}\n"
        text = self.with_helpers(text)
        imports = self.import_lines()
        return "".join(imports) + "\n\n" * bool(imports) + text

    def bare(self, *, several: bool) -> str:
        """The function without the reading of its arguments."""
        answers = self.write()
        lines = list(self.size_lines)
        if self.kind_used:
            arrays = [self.params[label] for label in self.variables if label not in self.anywhere | self.optional]
            lines.append(f"{self.kind_name} = {self.spelled(self.target.kind[1]).replace('#', ', '.join(arrays))}")
        if any("_size" in line or "_kind_of" in line for line in self.size_lines + lines) or self.calls or not self.params:
            raise SymdiffError(
                "a bare function takes arrays alone, and no argument has the sizes that this one needs", hint="leave bare out"
            )
        result = self.result(answers, several)
        text = f"def {self.name}({', '.join(self.params.values())}):\n" + "".join(f"    {line}\n" for line in [*lines, *self.lines])
        text += f"    return {result}\n"
        for helper, plain in (("_norm2", "linalg.norm"), ("_exp", "exp")):
            if helper in self.helpers:
                text = re.sub(rf"(?<![\w.]){self.helpers[helper]}\(", f"{self.lib(plain)}(", text)
        text = self.with_helpers(text)
        imports = self.import_lines(text)
        return "".join(imports) + "\n\n" * bool(imports) + text

    def result(self, answers: Sequence[Piece], several: bool) -> str:
        """What is returned; what the last line computes for nothing else stands there itself."""
        if len(answers) == 1 and self.lines and TEMPORARY.fullmatch(last := answers[0].text) and self.lines[-1].startswith(f"{last} = "):
            answers = [Piece(self.lines.pop().removeprefix(f"{last} = "))]
        return ", ".join(stripped(p.text) for p in answers) + "," * (several and len(answers) == 1)

    def with_helpers(self, text: str) -> str:
        """The helpers that the text calls, and those that they call, in front of it."""
        names = {name: self.helper(name) for name in self.target.helpers}
        parts = re.compile("|".join(sorted(names, reverse=True)))
        for name, helper in reversed(self.target.helpers.items()):
            if re.search(rf"(?<![\w.]){names[name]}\(", text):
                text = self.spelled(parts.sub(lambda m: names[m[0]], helper)) + "\n\n" + text
        return text

    def head(self) -> list[str]:
        """Arguments checked and converted, sizes read off them."""
        checks = []
        for label, v in self.variables.items():
            for axis, d in enumerate(v.shape):
                if isinstance(d, tuple) or (isinstance(d, str) and is_sum(d)):
                    wrong = f"{self.params[label]}.shape[{axis}] != {self.dim(d)}"
                    checks.append(f'if {wrong}:\n        raise ValueError("{label} should have {show_dim(d)} entries along axis {axis}")')
        if not self.params:
            return []
        entries = [f"{quoted(key)}: {p}" for key, p in self.params.items()]
        lines = [listed(f"{self.given} = {{", [*entries, f"**{self.others}"], "}", 4).strip()]
        spelled = ", ".join([f"{quoted(p)}: {quoted(key)}" for key, p in self.params.items() if p != key])
        arguments = f"{self.values}, {self.given}" + f", {{{spelled}}}" * bool(spelled)
        lines += [f"if {self.values} is not None:", f"    {self.given} = {self.helper('_joined')}({arguments})"]
        if self.variables:
            shapes = []
            for label, v in self.variables.items():
                dims = ", ".join([str(d) if isinstance(d, int) else quoted(show_dim(d)) for d in v.shape])
                shape = "..." if label in self.anywhere else f"({dims}{',' if len(v.shape) == 1 else ''})"
                shapes.append(f"({quoted(label)}, {shape})")
            optional = "".join([f"{quoted(label)}, " for label in self.variables if label in self.optional])
            names = listed("[", [self.params[label] for label in self.variables], "]", 4).strip()
            shapes_text = listed("(", shapes, ",)" if len(shapes) == 1 else ")", 4).strip()
            rest = f", ({optional.rstrip()})" if optional else ""
            lines.append(f"{names} = {self.helper('_arguments')}({self.given}, {shapes_text}{rest})")
        return lines + self.size_lines + checks + self.kind_lines()

    def kind_lines(self) -> list[str]:
        """What arrays that are made are to be like: those that are given."""
        lines: list[str] = []
        if self.kind_used:
            arrays = [self.params[label] for label in self.variables if label not in self.anywhere | self.optional]
            if arrays:
                made = self.spelled(self.target.kind[1]).replace("#", ", ".join(arrays))
            else:
                lost = dict.fromkeys([label for places in self.sources.values() for label, _ in places])
                made = f"{self.helper('_kind_of')}({self.given}, {listed_names(lost)})"
            lines.append(f"{self.kind_name} = {made}")
        return lines
