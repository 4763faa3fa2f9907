"""Functions of NumPy, PyTorch and JAX as formulas: their syntax trees are read, and nothing of them is run.

In: a source text or a function, and the types of its arguments. Out: the text of the formula, with remarks. The walk goes through the
statements as Python would: names stand for values (`arrays.Value`), conditions that are known choose a branch, others become `if(c, a, b)`; loops
over a range that add or multiply up become sums and products over an index. What has no reading is refused with its line.
Entries and labels, which count from 0 in programs, count from 1 here.
"""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from symdiff.bridges import arrays, library
from symdiff.bridges.arrays import Unread, Value, binary, constant
from symdiff.errors import DomainError, ParseError, SymdiffError
from symdiff.syntax import parse as parse_formula
from symdiff.syntax.parse import GREEK
from symdiff.table import BUILT_IN, TABLE

MAX_CALLS = 50  # functions of the program within each other
_LIBRARIES = frozenset(
    (
        "np",
        "numpy",
        "jnp",
        "jax",
        "torch",
        "F",
        "nn",
        "functional",
        "scipy",
        "special",
        "linalg",
        "math",
        "lax",
        "sp",
        "onp",
        "optax",
        "sc",
        "xp",
        "tf",
    )
)
_COMPARISONS = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!="}
_SIGNS: dict[type, str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**", ast.FloorDiv: "//", ast.Mod: "%"}
_CONSTANTS = {"pi": Value("pi", (), True), "e": Value("exp(1)", (), True), "newaxis": constant(None), "inf": constant(float("inf"))}

# Types of numbers as they are said: float, np.float32, torch.long, "int64".
_KIND = re.compile(r"""(\w+\.)?['"]?(float|double|half|bfloat|int|uint|long|short|bool)\d*_?['"]?""")
_WHOLE = re.compile(r"int|long|short|bool")

Names = dict[str, Value]


def formula_of(source: str | Callable[..., Any], types: Mapping[str, str]) -> tuple[str, list[str]]:
    """The text of the formula that a function computes, and remarks. DomainError with the line for what is not read."""
    text = _text_of(source)
    try:
        module = ast.parse(text)
    except (RecursionError, MemoryError):  # what Python's own parser says of brackets within brackets
        raise ParseError("this program is too deeply nested", text=text) from None
    except SyntaxError as error:
        raise ParseError(
            f"this is no program: {error.msg}", span=_span(text, error.lineno or 1, (error.offset or 1) - 1), text=text
        ) from None
    try:
        return _Reader(text, module, types, getattr(source, "__globals__", {})).run()
    except RecursionError:
        raise DomainError("expressions of this program stand too deeply in each other", hint="give parts of it names", text=text) from None


def _text_of(source: str | Callable[..., Any]) -> str:
    if isinstance(source, str):
        return textwrap.dedent(source).strip("\n") + "\n"
    try:
        return textwrap.dedent(inspect.getsource(source))
    except (OSError, TypeError):
        raise DomainError("the source of this function is not known", hint="give its source text") from None


def _span(text: str, line: int, column: int, end: int | None = None) -> tuple[int, int]:
    start = sum(len(part) for part in text.splitlines(keepends=True)[: line - 1]) + column
    return start, start + 1 if end is None else end


class _Reader:
    """names: what the names of the program stand for. bound: the bindings of the formula. index: the names of loops around."""

    def __init__(self, text: str, module: ast.Module, types: Mapping[str, str], outside: Mapping[str, Any]) -> None:
        self.text = text
        self.types = types
        self.outside = outside
        self.functions: dict[str, ast.FunctionDef | ast.Lambda] = {}
        self.lines: list[str] = []
        self.taken: set[str] = set()
        self.notes: list[str] = []
        self.depth = 0
        self.loops = 0
        self.imported: set[str] = set()
        self.outer: dict[str, str] = {}  # of what is imported: its full name
        self.torch = False
        last: ast.FunctionDef | None = None
        for node in module.body:
            if isinstance(node, ast.FunctionDef):
                self.functions[node.name] = last = node
            elif isinstance(node, ast.Import | ast.ImportFrom):
                self.imports(node)
            elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Lambda) and isinstance(node.targets[0], ast.Name):
                self.functions[node.targets[0].id] = node.value
                last = ast.FunctionDef(node.targets[0].id, node.value.args, [ast.Return(node.value.body)], [])
                ast.copy_location(last, node)
                ast.copy_location(last.body[0], node.value.body)
            elif not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
                self.refuse(node, "besides functions and imports nothing of a module is read", "give the function alone")
        if last is None:
            raise DomainError("there is no function in this program", hint="def loss(X, y): …", text=text)
        self.main = last

    def imports(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            self.outer[alias.asname or alias.name.split(".")[0]] = f"{getattr(node, 'module', '') or ''}.{alias.name}"
            self.imported.add(alias.asname or alias.name.split(".")[0])
            self.torch = self.torch or "torch" in (alias.name + (getattr(node, "module", "") or ""))

    def refuse(self, node: ast.AST, message: str, hint: str = "") -> SymdiffError:
        line = getattr(node, "lineno", 1)
        span = _span(self.text, line, getattr(node, "col_offset", 0))
        if getattr(node, "end_lineno", None) == line:
            span = span[0], _span(self.text, line, node.end_col_offset or 0)[0]  # type: ignore[attr-defined]
        raise DomainError(f"line {line}: {message}", span=span, text=self.text, hint=hint)

    def run(self) -> tuple[str, list[str]]:
        names = self.arguments(self.main)
        value = self.body(self.main.body, names)
        if value is None:
            raise self.refuse(self.main, "the function returns nothing on a way through it")
        text = self.told(self.main, arrays.whole, value).text
        if not text:
            raise self.refuse(self.main, "the function returns no number")
        return "\n".join([*self.lines, text]), self.notes

    # ------------------------------------------------------------------------------------------ arguments

    def arguments(self, node: ast.FunctionDef) -> Names:
        names: Names = {}
        a = node.args
        positional = [*a.posonlyargs, *a.args]
        defaults = [None] * (len(positional) - len(a.defaults)) + list(a.defaults)
        for arg, default in [*zip(positional, defaults, strict=True), *zip(a.kwonlyargs, a.kw_defaults, strict=True)]:
            if arg.arg in self.types:
                names[arg.arg] = self.declared(arg, self.types[arg.arg])
            elif default is not None:
                names[arg.arg] = self.value(default, {})
            elif arg.arg not in ("self", "cls"):
                raise self.refuse(
                    arg, f"the type of `{arg.arg}` is not known", f'say it: {arg.arg}="vector(n)", or "scalar", "matrix(m, n)"'
                )
        if a.vararg or a.kwarg:
            raise self.refuse(node, "a function with any number of arguments is not read")
        unknown = [name for name in self.types if name not in names]
        if unknown:
            raise DomainError(
                f"`{self.main.name}` has no argument `{unknown[0]}`", hint=f"its arguments are {', '.join(names)}", text=self.text
            )
        return names

    def declared(self, arg: ast.arg, kind: str) -> Value:
        name = self.fresh(arg.arg)
        try:
            parsed = parse_formula(f"{name}: {kind}; {name}")
        except SymdiffError as error:
            raise DomainError(
                f"the type of `{arg.arg}` is not read: {error.message}", hint='X="matrix(m, n)", y="vector(m) of label(k)"'
            ) from None
        self.lines.append(f"{name}: {kind}")
        shape = tuple([str(d) if not isinstance(d, str) or "(" not in d else d for d in parsed.expr.shape])
        label = ""
        if "label" in kind:
            label = kind.rsplit("label", 1)[1].strip("() ") or "?"
            self.notes.append(f"labels count from 1 here: `{name}` is one more than in the program")
        if "?" in shape or any("(" in d for d in shape):
            raise DomainError(
                f"the sizes of `{arg.arg}` are not known", hint=f'{arg.arg}="{kind.split("(")[0]}({"n" if len(shape) == 1 else "m, n"})"'
            )
        return Value(name, shape, True, label=label)

    def fresh(self, wanted: str) -> str:
        name, k = wanted.strip("_") or "x", 1
        if (
            (name in TABLE and name not in GREEK.values())
            or name in BUILT_IN
            or name in ("of", "pi", "and", "or", "not", "scalar", "label")
        ):
            name += "_"
        while name in self.taken:
            k += 1
            name = f"{wanted.strip('_') or 'x'}{k}"
        self.taken.add(name)
        return name

    # ------------------------------------------------------------------------------------------ statements

    def body(self, statements: list[ast.stmt], names: Names) -> Value | None:
        """The value that the statements return; None if they return none. `names` is changed as they assign."""
        for k, node in enumerate(statements):
            if isinstance(node, ast.Return):
                if node.value is None:
                    return constant(None)
                return self.value(node.value, names)
            if isinstance(node, ast.If):
                rest = statements[k + 1 :]
                condition = self.value(node.test, names)
                if condition.constant is not ...:
                    result = self.body(node.body if condition.constant else node.orelse, names)
                    if result is not None:
                        return result
                    continue
                return self.branches(node, condition, rest, names)
            self.statement(node, names)
        return None

    def branches(self, node: ast.If, condition: Value, rest: list[ast.stmt], names: Names) -> Value | None:
        """`if` with a condition that the arguments decide: both ways, put together."""
        if condition.core:
            raise self.refuse(node.test, "a condition of `if` is one truth value", "np.where chooses entry by entry")
        self.depth += 1
        first, second = dict(names), dict(names)
        a, b = self.body([*node.body, *rest], first), self.body([*node.orelse, *rest], second)
        self.depth -= 1
        if a is None and b is None:
            for name in first.keys() & second.keys():
                if first[name] is not second[name]:
                    names[name] = self.told(node, arrays.choose, condition, first[name], second[name])
            return None
        if a is None or b is None:
            raise self.refuse(node, "one way through this returns a value, the other none")
        return self.told(node, arrays.choose, condition, a, b)

    def statement(self, node: ast.stmt, names: Names) -> None:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                self.assign(target, self.value(node.value, names), names, node)
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            self.assign(node.target, self.value(node.value, names), names, node)
        elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            sign = _SIGNS.get(type(node.op))
            if sign is None:
                raise self.refuse(node, "this operator is not read")
            self.assign(
                node.target, self.told(node, binary, sign, self.named(node.target, names), self.value(node.value, names)), names, node
            )
        elif isinstance(node, ast.FunctionDef):
            self.functions[node.name] = node
        elif isinstance(node, ast.Import | ast.ImportFrom):
            self.imports(node)
        elif isinstance(node, ast.For):
            self.loop(node, names)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            out = next((k.value for k in node.value.keywords if k.arg == "out"), None)
            if not isinstance(out, ast.Name):
                raise self.refuse(node, "a call whose value is not used is not read")
            self.assign(out, self.value(node.value, names), names, node)
        elif isinstance(node, ast.Raise):
            raise self.refuse(node, "an error is raised on this way")
        elif not (isinstance(node, ast.Pass | ast.Assert) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))):
            raise self.refuse(node, f"`{type(node).__name__.lower()}` is not read")

    def assign(self, target: ast.expr, value: Value, names: Names, node: ast.AST) -> None:
        if isinstance(target, ast.Tuple | ast.List):
            parts = value.constant
            if not isinstance(parts, tuple) or len(parts) != len(target.elts):
                raise self.refuse(node, "this cannot be taken apart")
            for t, part in zip(target.elts, parts, strict=True):
                self.assign(t, self.whole_or_part(part), names, node)
            return
        if not isinstance(target, ast.Name):
            raise self.refuse(target, "only names are assigned to", "an entry of an array is not changed in a formula: np.where chooses")
        if not value.atom and not value.truth and value.constant is ... and not self.depth:
            name = self.fresh(target.id)
            self.lines.append(f"{name} = {value.text}")
            value = replace(value, text=name, atom=True)
        names[target.id] = value

    @staticmethod
    def whole_or_part(part: Any) -> Value:
        """What stands in a tuple of the program."""
        return part if isinstance(part, Value) else constant(part)

    def loop(self, node: ast.For, names: Names) -> None:
        """`for i in range(n): total += …`: what is added or multiplied up is a sum or a product over the index."""
        if node.orelse or not isinstance(node.target, ast.Name):
            raise self.refuse(node, "this loop is not read", "for i in range(n): total += …")
        index, limits = self.range(node.iter, names)
        inside = {**names, node.target.id: index}
        before = dict(inside)
        for name, value in names.items():  # what a turn of the loop starts with is not known
            if any(isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Store) for s in node.body for n in ast.walk(s)):
                inside[name] = before[name] = Value(f"<{name}>", value.shape, True)
        self.depth += 1
        self.loops += 1
        if self.body(node.body, inside) is not None:
            raise self.refuse(node, "a loop that returns is not read")
        self.depth -= 1
        self.loops -= 1
        for name, start in names.items():
            after = inside[name]
            if after is before[name]:
                continue
            mark = f"<{name}>"
            for sign, function in ((" + ", "sum"), (" - ", "-sum"), ("*", "prod"), (" .* ", "prod")):
                rest = after.text[len(mark) + len(sign) :]
                if after.text.startswith(mark + sign) and "<" + name + ">" not in rest and not any(f"<{n}>" in rest for n in names):
                    over = Value(f"{function.lstrip('-')}({limits}, {rest})", after.shape, True)
                    names[name] = self.told(node, binary, "*" if function == "prod" else "-" if function[0] == "-" else "+", start, over)
                    if function != "prod" and start.constant in (0, 0.0):
                        names[name] = over if function == "sum" else arrays.negative(over)
                    elif function == "prod" and start.constant in (1, 1.0):
                        names[name] = over
                    break
            else:
                raise self.refuse(node, f"`{name}` is neither added nor multiplied up in this loop", "total += …")

    def range(self, node: ast.expr, names: Names) -> tuple[Value, str]:
        """The index of a loop as a value, and its limits as a sum over it has them."""
        if not (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id == "range"
            and 1 <= len(node.args) <= 2
            and not node.keywords
        ):
            raise self.refuse(node, "a loop runs over a range", "for i in range(n)")
        bounds = [arrays.number(self.value(a, names)) for a in node.args]
        letter = next(
            c
            for c in ("i", "j", "k", "l", "p", "q", "r", "s")
            if c not in self.taken and not any(v.text == f"({c} - 1)" for v in names.values())
        )
        low = "1" if len(bounds) == 1 else self.told(node, binary, "+", bounds[0], constant(1)).text
        return Value(f"({letter} - 1)", (), True, label=f"index {letter}"), f"{letter}={low}..{bounds[-1].text}"

    # ------------------------------------------------------------------------------------------ expressions

    def told(self, node: ast.AST, function: Callable[..., Value], *args: Any, **named: Any) -> Value:
        """A reading, whose refusal names the line."""
        try:
            return function(*args, **named)
        except Unread as error:
            raise self.refuse(node, error.message, error.hint) from None
        except (TypeError, ValueError, LookupError, ArithmeticError):
            raise self.refuse(node, "these arguments are not read") from None

    def named(self, node: ast.Name, names: Names) -> Value:
        if node.id in names:
            return names[node.id]
        found = self.outside.get(node.id)
        if isinstance(found, int | float) and not isinstance(found, bool):
            return constant(found)
        raise self.refuse(node, f"`{node.id}` is not known here")

    def value(self, node: ast.expr, names: Names) -> Value:
        """What an expression stands for."""
        return self.told(node, self.reading, node, names)

    def reading(self, node: ast.expr, names: Names) -> Value:
        if isinstance(node, ast.Constant):
            if isinstance(node.value, complex):
                raise self.refuse(node, "all numbers are real here")
            return constant(node.value)
        if isinstance(node, ast.Name):
            return self.named(node, names)
        if isinstance(node, ast.UnaryOp):
            x = self.value(node.operand, names)
            if isinstance(node.op, ast.Not):
                return constant(not x.constant) if x.constant is not ... else library.logical("not", [x])
            if isinstance(node.op, ast.Invert):
                return library.logical("not", [x])
            return self.told(node, arrays.negative, x) if isinstance(node.op, ast.USub) else x
        if isinstance(node, ast.BinOp):
            return self.operation(node, names)
        if isinstance(node, ast.BoolOp):
            return self.connected(node, names)
        if isinstance(node, ast.Compare):
            return self.comparison(node, names)
        if isinstance(node, ast.IfExp):
            condition = self.value(node.test, names)
            if condition.constant is not ...:
                return self.value(node.body if condition.constant else node.orelse, names)
            return self.told(node, arrays.choose, condition, self.value(node.body, names), self.value(node.orelse, names))
        if isinstance(node, ast.Tuple | ast.List):
            parts = tuple([self.value(e, names) for e in node.elts])
            plain = all(p.constant is not ... for p in parts)
            return Value("", (), True, False, tuple([p.constant for p in parts]) if plain else parts)
        if isinstance(node, ast.Attribute):
            return self.attribute(node, names)
        if isinstance(node, ast.Subscript):
            return self.entry(node, names)
        if isinstance(node, ast.Call):
            return self.call(node, names)
        raise self.refuse(node, f"`{type(node).__name__}` is not read")

    def operation(self, node: ast.BinOp, names: Names) -> Value:
        a, b = self.value(node.left, names), self.value(node.right, names)
        if isinstance(node.op, ast.MatMult):
            return self.told(node, arrays.matmul, a, b)
        if isinstance(node.op, ast.BitAnd | ast.BitOr):
            return self.told(node, library.logical, "and" if isinstance(node.op, ast.BitAnd) else "or", [a, b])
        sign = _SIGNS.get(type(node.op))
        if sign is None:
            raise self.refuse(node, "this operator is not read")
        return self.told(node, binary, sign, a, b)

    def connected(self, node: ast.BoolOp, names: Names) -> Value:
        word = "and" if isinstance(node.op, ast.And) else "or"
        left: list[Value] = []
        for e in node.values:
            v = self.value(e, names)
            decides = v.constant is not ... and bool(v.constant) == (word == "or")
            if v.constant is ... or decides or (e is node.values[-1] and not isinstance(v.constant, bool)):
                left.append(v)
            if decides:
                break
        if not left or (len(left) == 1 and left[0].constant is not ...):
            return left[0] if left else self.value(node.values[-1], names)
        if all(v.truth or isinstance(v.constant, bool) for v in left):
            return self.told(node, library.logical, word, left) if len(left) > 1 else left[0]
        if any(v.core for v in left):
            raise self.refuse(node, f"`{word}` is of single truth values", "np.where chooses entry by entry")
        *rest, value = left  # of numbers, the first that decides
        for v in reversed(rest):
            value = self.told(node, arrays.choose, v, *((v, value) if word == "or" else (value, v)))
        return value

    def comparison(self, node: ast.Compare, names: Names) -> Value:
        values = [self.value(e, names) for e in (node.left, *node.comparators)]
        found: list[Value] = []
        for op, a, b in zip(node.ops, values, values[1:], strict=False):
            if a.constant is not ... and b.constant is not ...:
                x, y = a.constant, b.constant
                known = {ast.Is: x is y, ast.IsNot: x is not y, ast.In: isinstance(y, tuple | str) and x in y, ast.NotIn: isinstance(y, tuple | str) and x not in y,
                         ast.Eq: x == y, ast.NotEq: x != y}.get(type(op))  # fmt: skip
                found.append(constant(known) if known is not None else self.told(node, binary, _COMPARISONS[type(op)], a, b))
            elif isinstance(op, ast.Is | ast.IsNot):
                found.append(constant(isinstance(op, ast.IsNot)))  # an array is not None
            elif type(op) in _COMPARISONS:
                found.append(self.told(node, binary, _COMPARISONS[type(op)], a, b))
            else:
                raise self.refuse(node, "this comparison is not read")
        return found[0] if len(found) == 1 else self.told(node, library.logical, "and", found)

    def attribute(self, node: ast.Attribute, names: Names) -> Value:
        if isinstance(node.value, ast.Name) and node.value.id not in names and node.attr in _CONSTANTS:
            return _CONSTANTS[node.attr]
        if self.library_of(node, names):
            raise self.refuse(node, f"`{ast.unparse(node)}` is not read")
        x = self.value(node.value, names)
        if node.attr in ("T", "mT"):
            return arrays.transpose(x)
        if node.attr == "shape":
            return Value("", (), True, False, tuple([Value(d, (), True) if not d.isdigit() else constant(int(d)) for d in x.shape]))
        if node.attr == "size" or node.attr == "nelement":
            return Value("*".join(x.core) or "1", (), len(x.core) == 1)
        if node.attr == "ndim":
            return constant(len(x.shape))
        if node.attr in ("dtype", "device"):
            return constant(None)
        if node.attr == "real":
            return x
        if node.attr == "values" and isinstance(x.constant, tuple):  # of torch.max(x, dim)
            return self.whole_or_part(x.constant[0])
        raise self.refuse(node, f"`.{node.attr}` is not read")

    # ------------------------------------------------------------------------------------------ entries

    def entry(self, node: ast.Subscript, names: Names) -> Value:
        base = self.value(node.value, names)
        places = list(node.slice.elts) if isinstance(node.slice, ast.Tuple) else [node.slice]
        if isinstance(base.constant, tuple):
            k = self.value(places[0], names).constant
            if not isinstance(k, int) or not -len(base.constant) <= k < len(base.constant):
                raise self.refuse(node, "this entry is not read")
            return self.whole_or_part(base.constant[k])
        if len(places) == 2 and self.runs(places[0], names, base) and len(base.core) == 2:
            y = self.value(places[1], names)
            if y.label:
                return library.picked(base, y)
        axes = list(base.shape)
        texts: list[str] = []
        shape: list[str] = []
        used = 0
        for place in places:
            if (isinstance(place, ast.Constant) and place.value is None) or (isinstance(place, ast.Attribute) and place.attr == "newaxis"):
                shape.append("1")
                continue
            if isinstance(place, ast.Constant) and place.value is Ellipsis:
                fill = len(axes) - sum(1 for p in places if not (isinstance(p, ast.Constant) and p.value in (None, Ellipsis)))
                for d in axes[used : used + fill]:
                    shape.append(d)
                    texts += [":"] if d != "1" else []
                used += fill
                continue
            if used >= len(axes):
                raise self.refuse(node, "there are not so many axes")
            d = axes[used]
            used += 1
            if d == "1":
                if isinstance(place, ast.Slice):
                    shape.append("1")
                continue
            text, left = self.place(place, d, names)
            texts.append(text)
            shape += left
        for d in axes[used:]:
            shape.append(d)
            texts += [":"] if d != "1" else []
        if all(t == ":" for t in texts):
            return base.with_shape(tuple(shape)) if isinstance(base, arrays.Entries) else replace(base, shape=tuple(shape))
        base = base if base.label else arrays.number(base)
        return Value(f"{base.inside}[{','.join(texts)}]", tuple(shape), True, label=base.label)

    def runs(self, node: ast.expr, names: Names, base: Value) -> bool:
        """`np.arange(n)`, `range(len(y))`: all the rows, one by one."""
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name) and len(node.args) == 1):
            return False
        name = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
        return name in ("arange", "range") and self.value(node.args[0], names).text == base.core[0]

    def place(self, node: ast.expr, d: str, names: Names) -> tuple[str, list[str]]:
        """What stands in the brackets for an axis of d entries, and the axes that are left of it."""
        if isinstance(node, ast.Slice):
            low, high = (None if e is None else self.value(e, names) for e in (node.lower, node.upper))
            if node.step is not None or (low is not None and not isinstance(low.constant, int)):
                raise self.refuse(node, "this slice is not read")
            first = 1 + (low.constant if low is not None else 0)
            if high is None and first == 1:
                return ":", [d]
            end = d if high is None else high.text
            if high is not None and isinstance(high.constant, int) and high.constant < 0:  # x[1:-1]
                less = -high.constant
                if d.isdigit():
                    end = str(int(d) + high.constant)
                elif d.replace("_", "").isalnum():
                    return f"{first}:{d} - {less}", [f"{d} - {less + first - 1}"]
                else:
                    raise self.refuse(node, "a slice that counts from the end of this is not read")
            if first < 1:
                raise self.refuse(node, "a slice that counts from the end is not read")
            if first == 1:
                return f"1:{end}", [end]
            if not end.isdigit() and not end.replace("_", "").isalnum():
                raise self.refuse(node, "a slice ends at a size or a number", "x[1:5]")
            return f"{first}:{end}", [str(int(end) - first + 1) if end.isdigit() else f"{end} - {first - 1}"]
        v = self.value(node, names)
        if isinstance(v.constant, int) and not isinstance(v.constant, bool):
            if v.constant >= 0:
                return str(v.constant + 1), []
            return (str(int(d) + v.constant + 1) if d.isdigit() else f"{d} - {-v.constant - 1}" if v.constant < -1 else d), []
        if v.label.startswith("index"):
            return v.label.split()[1], []
        if v.label:
            return v.text, list(v.shape)
        if "<" not in v.text and not v.core and self.loops:
            return self.shifted(v), []
        raise self.refuse(node, "an entry is picked by a number, an index of a loop or a label", 'y="vector(m) of label(k)"')

    @staticmethod
    def shifted(v: Value) -> str:
        """`(i - 1) + 2`, a number of the program, as a place: one more."""
        text = v.text
        for letter in "ijklpqrs":
            text = (
                text.replace(f"({letter} - 1)", letter, 1)
                if text.count(f"({letter} - 1)") == 1 and " - (" not in text and "*" not in text
                else text
            )
        return text if text != v.text and "(" not in text else f"{v.text} + 1"

    # ------------------------------------------------------------------------------------------ calls

    def library_of(self, node: ast.expr, names: Names) -> str:
        """`np.linalg` in front of a function: the dotted name; "" where a value stands there."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if isinstance(node, ast.Name) and node.id not in names and (node.id in _LIBRARIES or node.id in self.imported):
            return ".".join([node.id, *reversed(parts)])
        return ""

    def call(self, node: ast.Call, names: Names) -> Value:
        function = node.func
        if isinstance(function, ast.Name) and function.id in self.functions and function.id not in names:
            return self.inlined(node, self.functions[function.id], names)
        if isinstance(function, ast.Lambda):
            return self.inlined(node, function, names)
        front: list[Value] = []
        torch = self.torch
        if isinstance(function, ast.Attribute):
            name, dotted = function.attr, self.library_of(function, names)
            if not dotted:
                front = [self.value(function.value, names)]
            else:
                torch = dotted.split(".")[0] in ("torch", "F", "nn")
        elif isinstance(function, ast.Name):
            name, dotted = function.id, ""
        else:
            raise self.refuse(node, "this call is not read")
        if name == "len" and len(node.args) == 1:
            x = self.value(node.args[0], names)
            return constant(len(x.constant)) if isinstance(x.constant, tuple) else Value(x.shape[0], (), True)
        if name in ("size", "numel") and front:
            x = front[0]
            if not node.args:
                return (
                    Value("", (), True, False, tuple([Value(d, (), True) for d in x.shape]))
                    if name == "size"
                    else Value("*".join(x.core) or "1")
                )
            return Value(x.shape[self.value(node.args[0], names).constant], (), True)
        if (
            name in ("sum", "prod", "mean", "max", "min")
            and len(node.args) == 1
            and isinstance(node.args[0], ast.GeneratorExp | ast.ListComp)
        ):
            return self.comprehension(name, node.args[0], names)
        if name in ("stack", "array", "tensor", "asarray") and len(node.args) >= 1 and isinstance(node.args[0], ast.ListComp):
            return self.comprehension("tensor", node.args[0], names)
        if name in ("astype", "to", "type", "array", "asarray", "as_tensor", "tensor"):
            kinds = [a for a in node.args if _KIND.fullmatch(ast.unparse(a))]
        else:
            kinds = []
        args = [*front, *[self.value(a, names) for a in node.args if not isinstance(a, ast.Starred) and a not in kinds]]
        if any(isinstance(a, ast.Starred) for a in node.args) or any(k.arg is None for k in node.keywords):
            raise self.refuse(node, "arguments with a star are not read")
        named = {k.arg: self.value(k.value, names) for k in node.keywords if k.arg and k.arg not in ("dtype", "out", "device", "casting")}
        if name in ("array", "tensor", "asarray", "stack") and isinstance(args[0].constant, tuple):
            return self.listed(node, args[0].constant)
        if not dotted and not front and name not in self.imported and name in ("max", "min", "sum"):
            return self.builtin(node, name, args)
        if name == "cholesky" and self.upper(dotted or name):
            raise self.refuse(node, "SciPy's `cholesky` is the upper factor", "np.linalg.cholesky(A).T")
        if name == "gelu" and dotted.startswith("jax") and "approximate" not in named:
            raise self.refuse(node, "JAX's `gelu` is an approximation unless told otherwise", "jax.nn.gelu(x, approximate=False)")
        reading = (library.TORCH if torch else library.FUNCTIONS).get(name)
        if reading is None or (
            not dotted
            and not front
            and name not in ("abs", "sum", "max", "min", "pow", "round", "float", "int", "bool")
            and name not in self.imported
        ):
            spelled = ast.unparse(function)
            raise self.refuse(node, f"`{spelled}` is not read", "what it computes may be written out, or be an argument of the function")
        value = self.told(node, reading, *args, **named)
        kinds += [k.value for k in node.keywords if k.arg == "dtype"]
        if any(_WHOLE.search(ast.unparse(k)) for k in kinds) and not (args and (args[0].truth or args[0].label)):
            return self.told(node, library.whole, value)
        return value

    def upper(self, dotted: str) -> bool:
        """Whether this is a function of scipy.linalg, here or in JAX."""
        root = dotted.split(".")[0]
        return "scipy" in self.outer.get(root, root) or ".scipy." in dotted

    def builtin(self, node: ast.Call, name: str, args: list[Value]) -> Value:
        """Python's own `max`, `min` of several numbers or of a vector, and `sum` along the first axis."""
        parts = [self.whole_or_part(v) for v in args[0].constant] if len(args) == 1 and isinstance(args[0].constant, tuple) else args
        if node.keywords or not parts or (name == "sum" and len(args) > 1) or (len(parts) > 1 and any(v.core for v in parts)):
            raise self.refuse(node, f"this `{name}` is not read", {"max": "np.maximum(x, y)", "min": "np.minimum(x, y)"}.get(name, ""))
        if parts is not args or len(parts) > 1:
            if name != "sum":
                return self.told(node, arrays.elementwise, name, parts) if len(parts) > 1 else parts[0]
            total = parts[0]
            for v in parts[1:]:
                total = self.told(node, binary, "+", total, v)
            return total
        if name != "sum" and len(args[0].shape) != 1:
            raise self.refuse(node, f"`{name}` of rows is not read", f"np.{name}(A)")
        return self.told(node, arrays.reduce, name, args[0], 0)

    def listed(self, node: ast.AST, parts: tuple[Any, ...]) -> Value:
        values = [p if isinstance(p, Value) else constant(p) for p in parts]
        if any(v.core or not v.text for v in values) or len(values) < 2:
            raise self.refuse(node, "an array is written out of numbers")
        return Value(f"[{', '.join([arrays.number(v).text for v in values])}]", (str(len(values)),), True)

    def comprehension(self, name: str, node: ast.GeneratorExp | ast.ListComp, names: Names) -> Value:
        """`sum(f(x[i]) for i in range(n))`."""
        (generator, *more) = node.generators
        if more or generator.ifs or not isinstance(generator.target, ast.Name):
            raise self.refuse(node, "this comprehension is not read", "sum(f(x[i]) for i in range(n))")
        index, limits = self.range(generator.iter, names)
        self.depth += 1
        self.loops += 1
        value = arrays.number(self.value(node.elt, {**names, generator.target.id: index}))
        self.depth -= 1
        self.loops -= 1
        if name in ("sum", "prod", "mean"):
            return Value(f"{name}({limits}, {value.text})", value.shape, True)
        count = limits.partition("..")[2]
        whole = Value(f"tensor({limits}, {value.text})", (count, *value.shape), True)
        return whole if name == "tensor" else self.told(node, arrays.reduce, name, whole)

    def inlined(self, node: ast.Call, function: ast.FunctionDef | ast.Lambda, names: Names) -> Value:
        """A call of a function of the program: its body with the arguments in place."""
        if self.depth > MAX_CALLS:
            raise self.refuse(node, f"more than {MAX_CALLS} functions call each other")
        a = function.args
        parameters = [p.arg for p in (*a.posonlyargs, *a.args)]
        inside = dict(zip(parameters, [self.value(x, names) for x in node.args], strict=False))
        inside |= {k.arg: self.value(k.value, names) for k in node.keywords if k.arg}
        for p, default in [
            *zip(parameters[len(parameters) - len(a.defaults) :], a.defaults, strict=True),
            *zip([p.arg for p in a.kwonlyargs], a.kw_defaults, strict=True),
        ]:
            if p not in inside and default is not None:
                inside[p] = self.value(default, {})
        missing = [p for p in (*parameters, *[p.arg for p in a.kwonlyargs]) if p not in inside]
        if missing or len(node.args) > len(parameters):
            raise self.refuse(node, "these arguments do not fit the function")
        if isinstance(function, ast.Lambda):
            self.depth += 1
            value = self.value(function.body, {**names, **inside})
            self.depth -= 1
            return value
        self.depth += 1
        result = self.body(function.body, inside)
        self.depth -= 1
        if result is None:
            raise self.refuse(node, f"`{function.name}` returns nothing on a way through it")
        return result
