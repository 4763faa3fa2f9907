"""A loss and its data as one function of all weights: the value and the gradient as one vector.

In: a formula, the variables to descend by, arrays by name. A variable whose array has one axis more than the formula says is
different in every example: the formula is then the loss of one example, and what is minimised is the average. Without such
arrays the formula, with its sums over an index, is the loss itself.

The average is a formula again, the loss lifted over an axis of examples, so that its gradient comes from the same sweep and
one call of compiled code serves a batch. What cannot be lifted (or, at the first examples, has another value) is averaged
example by example.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from symdiff import numeric
from symdiff.calculus import derivative as sweep
from symdiff.calculus.template import lift
from symdiff.descent.jaxed import doubles
from symdiff.differentiate import Form, derivatives
from symdiff.errors import DomainError, ShapeError, SymdiffError, UnknownNameError
from symdiff.expr import build
from symdiff.expr.node import CALL, NAME, OPAQUE, POW, VAR, Dim, Expr, make
from symdiff.expr.patterns import is_call
from symdiff.expr.walk import dimensions, substitute, topological, variables
from symdiff.names import what_there_is
from symdiff.numeric.python.pieces import identifier
from symdiff.table import TABLE

CHUNK = 4096  # examples that one call of compiled code takes: bounds the memory of a pass over all data

LARGE = 2000  # nodes of formula and adjoints, beyond which gradients are not written first
SHARED = 1.25  # times the nodes of the adjoints that written gradients may have

TARGETS = ("numpy", "torch", "jax")

Arrays = Mapping[str, Any]


class Loss:
    """The loss as a function of the weights, in one vector.

    names, shapes: of the weights, in the order of the vector. examples: how many there are; 1 where the formula is the whole loss and
    no batch is taken of it. by_row: the names whose arrays have a row for each example. lifted: whether a batch is one call.
    """

    def __init__(self, f: Expr, wrt: Sequence[Expr], data: Arrays, target: str = "numpy", also: Sequence[Expr] = ()) -> None:
        """also: other formulas whose values will be asked for, and whose names may have data.

        ShapeError, UnknownNameError for data that do not fit; DomainError for variables that no step may move.
        """
        if target not in TARGETS:
            raise SymdiffError(f"there is no target {target!r} for descent", hint="targets are " + ", ".join(TARGETS))
        self.formula = f
        self.expr = plain(f)
        self.wrt = [movable(x) for x in wrt]
        self.names = [x.name for x in self.wrt]
        self.target = target
        self.start, values = split(data, self.names)
        known = [self.expr, *map(plain, also)]
        self.values = fitted(known, self.names, values)
        letters = variables(known)
        self.by_row = [name for name, value in self.values.items() if name in letters and value.ndim == len(letters[name].shape) + 1]
        self.sizes = sizes_of(
            known, self.values, self.by_row, self.start, {n: v for n, v in values.items() if n not in letters and n not in self.values}
        )
        self.shapes = [tuple([self._size(x, d) for d in x.shape]) for x in self.wrt]
        self.slices: list[slice] = []
        for shape in self.shapes:
            first = self.slices[-1].stop if self.slices else 0
            self.slices.append(slice(first, first + _product(shape)))
        self.sizes_given = {name: self.sizes[name] for name in dimensions([self.expr]) if name in self.sizes and "(" not in name}
        self.batched = dict.fromkeys(self.by_row, 0) if self.by_row else self._whole_rows()
        lengths = {name: self.values[name].shape[0] for name in self.batched}
        if len(set(lengths.values())) > 1:
            told = ", ".join(f"{name} {n}" for name, n in lengths.items())
            raise ShapeError(f"the data have different numbers of examples: {told}", hint="one row for each example, in every array")
        self.examples = next(iter(lengths.values()), 1)
        if self.batched and not self.examples:
            raise ShapeError("the data hold no example", hint="a line for each example below the line of names")
        self.lifted = False
        self._one: Callable[..., tuple[Any, ...]] | None = None
        self._many = self._compile()

    # ------------------------------------------------------------------------------------------ what is computed

    def __call__(self, weights: Any, rows: Any = None) -> tuple[float, Any]:
        """The loss and its gradient, as one vector, at weights that are one vector; of some rows, or of all examples."""
        import numpy as np

        with np.errstate(all="ignore"):  # what is not finite is looked for by the caller
            return self._at(weights, rows)

    def _at(self, weights: Any, rows: Any) -> tuple[float, Any]:
        import numpy as np

        params = self.parts(weights)
        if not self.by_row:
            found = self._many({**self.values, **params, **(self._taken(rows) if rows is not None else {}), **self._free_sizes(rows)})
            return float(found[0]), self.joined(found[1:])
        count = self.examples if rows is None else len(rows)
        if self.lifted and count <= CHUNK:
            return self._average(params, rows)
        total, slope = 0.0, np.zeros(self.slices[-1].stop)
        step = CHUNK if self.lifted else 1
        for first in range(0, count, step):
            last = min(first + step, count)
            part = np.arange(first, last) if rows is None else rows[first:last]
            value, g = self._average(params, part) if self.lifted else self._single(params, int(part[0]))
            total += value * (last - first)
            slope += g * (last - first)
        return total / count, slope / count

    def value(self, f: Expr, weights: Any) -> Any:
        """A formula with the same names, averaged over all examples."""
        import numpy as np

        return np.mean(self.each(f, weights), axis=0)

    def mean_of(self, body: Expr, values: Arrays, rows: Any = None) -> float:
        """A number without names, averaged over some examples, or all; the weights, and what else it needs, by name."""
        import numpy as np

        with np.errstate(all="ignore"):
            return float(np.mean(self._each(body, values, rows)))

    def each(self, f: Expr, weights: Any, rows: Any = None) -> Any:
        """A formula's value in each example (in some of them), as an array; without rows by example one value."""
        import numpy as np

        params = self.parts(weights)
        body = plain(f)
        with np.errstate(all="ignore"):
            return self._each(body, params, rows)

    def _each(self, body: Expr, params: Arrays, rows: Any) -> Any:
        import numpy as np

        if not self.by_row:
            return np.asarray(numeric.compile([body], several=True)({**self.values, **params, **self._free_sizes(None)})[0])[None]
        examples = range(self.examples) if rows is None else rows
        try:
            many = numeric.compile([self._lift(body)[0]], several=True)
            (found,) = many({**self._taken(np.asarray(examples)), **self._fixed(), **params})
            found = np.asarray(found)
            if found.ndim == len(body.shape):
                found = np.broadcast_to(found, (len(examples), *found.shape))
            if not self.lifted:
                raise SymdiffError("not by lifting")
            return found
        except (AssertionError, SymdiffError, ValueError, TypeError):
            one = numeric.compile([body], several=True)
            return np.stack([np.asarray(one({**self._example(k), **self._fixed(), **params})[0]) for k in examples])

    # ------------------------------------------------------------------------------------------ one vector

    def parts(self, weights: Any) -> dict[str, Any]:
        """The weights by name, views of the vector."""
        return {name: weights[s].reshape(shape) for name, s, shape in zip(self.names, self.slices, self.shapes, strict=True)}

    def joined(self, values: Sequence[Any]) -> Any:
        """The vector of arrays in the order of the names."""
        import numpy as np

        found = np.concatenate([np.asarray(_plain(value), dtype=float).reshape(-1) for value in values])
        if found.size != self.slices[-1].stop:
            raise ShapeError("the gradient has another size than the weights")
        return found

    # ------------------------------------------------------------------------------------------ how it is made

    def _compile(self) -> Callable[..., tuple[Any, ...]]:
        import numpy as np

        whole = self._code(self.expr, self.wrt)
        if not self.by_row:
            return whole
        self._one = whole
        try:
            lifted, free = self._lift(self.expr)
            average = build.divide(build.total(lifted), build.dim(free)) if len(lifted.shape) == 1 else lifted
            many = self._code(average, self.wrt)
        except (AssertionError, SymdiffError, ValueError):
            return whole
        # A row whose function takes no further axes in front would be wrong in silence: the first examples say so.
        self.lifted = True
        self._many = many
        first = np.arange(min(3, self.examples))
        point = np.random.default_rng(0).normal(size=self.slices[-1].stop)
        params = self.parts(point)
        with np.errstate(all="ignore"):
            try:
                alone = [self._single(params, int(k)) for k in first]
                value, slope = self._average(params, first)
            except (SymdiffError, ValueError, TypeError, IndexError):
                self.lifted = False
                return many
            same = np.allclose(value, np.mean([v for v, _ in alone]), rtol=1e-8, atol=1e-10, equal_nan=True)
            same = same and np.allclose(slope, np.mean([g for _, g in alone], axis=0), rtol=1e-8, atol=1e-10, equal_nan=True)
        self.lifted = bool(same)
        return many

    def _code(self, f: Expr, wrt: Sequence[Expr]) -> Callable[..., tuple[Any, ...]]:
        """The function of values by name that returns the loss f and its gradients.

        The gradients as they are written are short one by one and stay in range (`-y*sigma(-m)`); through many layers each of them repeats
        what the others have, and the adjoints of the sweep, which share it, are the faster program by far: they are taken where the
        written ones are much larger. Where one is not finite, the other is asked: at w = 0, `(1/norm2(w) + 2)*w` is 0/0 in floats, its terms are not.
        """
        import numpy as np

        adjoints = [f, *sweep(f, wrt)]
        size = len(topological(adjoints))

        def short() -> list[Expr]:
            return [f, *[answer.expr for answer in derivatives(f, wrt, Form())]]

        first, second = adjoints, short
        if size <= LARGE:
            exprs = short()
            if len(topological(exprs)) <= SHARED * size:
                first, second = exprs, lambda: adjoints
        function = self._function(first, wrt)
        other: list[Callable[..., tuple[Any, ...]]] = []  # made when a gradient is not finite for the first time

        def both(values: Arrays) -> tuple[Any, ...]:
            found = function(values)
            if all(np.isfinite(_plain(x)).all() for x in found):
                return found
            if not other:
                other.append(self._function(second(), wrt))
            return tuple([x if np.isfinite(_plain(x)).all() else y for x, y in zip(found, other[0](values), strict=True)])

        return both

    def _function(self, exprs: Sequence[Expr], wrt: Sequence[Expr]) -> Callable[..., tuple[Any, ...]]:
        import numpy as np

        function = numeric.compile(list(exprs), self.target, several=True, given=list(wrt))
        if self.target == "numpy":
            return function
        convert = _tensors(self.target)
        if self.target == "torch":
            return lambda values: function({name: convert(value) for name, value in values.items()})

        def in_doubles(values: Arrays) -> tuple[Any, ...]:
            with doubles():
                return tuple([np.asarray(x) for x in function({name: convert(value) for name, value in values.items()})])

        return in_doubles

    def _lift(self, body: Expr) -> tuple[Expr, str]:
        """The formula over an axis of examples in front, and that axis's name."""
        taken = {*dimensions([body, self.expr]), *variables([body, self.expr])}
        free = "examples"
        while free in taken:
            free += "_"
        body = liftable(body, self.by_row)
        letters = variables([body])
        values: dict[str, tuple[Expr, tuple[int, ...]]] = {
            name: (build.var(name, (free, *x.shape)), (0,)) if name in self.by_row else (x, ()) for name, x in letters.items()
        }
        return lift(topological([body]), values, {0: free}, {d: d for d in dimensions([body])})[0], free

    def _average(self, params: Arrays, rows: Any) -> tuple[float, Any]:
        found = self._many({**self._fixed(), **self._taken(rows), **params})
        return float(found[0]), self.joined(found[1:])

    def _single(self, params: Arrays, k: int) -> tuple[float, Any]:
        assert self._one is not None
        found = self._one({**self._fixed(), **self._example(k), **params})
        return float(found[0]), self.joined(found[1:])

    def _taken(self, rows: Any) -> dict[str, Any]:
        if rows is None:
            return {name: self.values[name] for name in self.batched}
        return {name: self.values[name][rows] for name in self.batched}

    def _example(self, k: int) -> dict[str, Any]:
        return {name: self.values[name][k] for name in self.by_row}

    def _fixed(self) -> dict[str, Any]:
        return {**{name: value for name, value in self.values.items() if name not in self.batched}, **self.sizes_given}

    def _free_sizes(self, rows: Any) -> dict[str, Any]:
        """Sizes by name that hold for these rows: not that of the rows themselves, where only some are taken."""
        letters = variables([self.expr])
        of_rows = {letters[name].shape[0] for name in self.batched} if rows is not None and not self.by_row else set()
        return {name: size for name, size in self.sizes_given.items() if name not in of_rows}

    def _whole_rows(self) -> dict[str, int]:
        """Where the formula sums over all data: the arrays that share a first axis along which no weight lies."""
        letters = {name: x for name, x in variables([self.expr]).items() if name in self.values}
        of_weights = {d for x in self.wrt for d in x.shape}
        first = [x.shape[0] for x in letters.values() if x.shape and x.shape[0] not in of_weights and isinstance(x.shape[0], str)]
        for d in sorted(set(first), key=lambda d: -first.count(d)):
            if all(d not in x.shape[1:] for x in letters.values()):
                return {name: 0 for name, x in letters.items() if x.shape[:1] == (d,)}
        return {}

    def _size(self, x: Expr, d: Dim) -> int:
        size = 1
        for part in d if isinstance(d, tuple) else (d,):
            if isinstance(part, str) and part not in self.sizes:
                raise ShapeError(
                    f"the size {part} of {x.name} is fixed by nothing",
                    hint=f'declare it, -d "{x.name}: {_example_of(x)}", or give a start: --at {x.name}=…',
                )
            size *= part if isinstance(part, int) else self.sizes[part]
        return size


def plain(f: Expr) -> Expr:
    """The formula without names, its opaque functions as variables of their values."""

    def put(node: Expr, kids: tuple[Expr, ...]) -> Expr:
        if node.op == NAME:
            return kids[0]
        if node.op == OPAQUE:
            if node.data[1]:
                raise DomainError(f"the derivative of {node.name} is not known, so there is no descent", hint="write the function out")
            if any(x.op == VAR and x.name == node.name for x in topological([f])):
                raise DomainError(f"{node.name} is a function and a variable here", hint="another name for one of them")
            return build.var(node.name, node.shape)
        return make(node.op, kids, node.data, node.shape) if node.args else node

    return substitute([f], put)[f]


def liftable(f: Expr, by_row: Sequence[str]) -> Expr:
    """The formula with norms of what differs between examples as sums. DomainError for other functions over all entries of a tensor.

    Rows of the table over all entries ("* -> ") take no further axes in front; norm2(u)^2 and norm1(u) are sums of entries, with
    the same derivative everywhere.
    """
    varies: set[Expr] = set()

    def put(node: Expr, kids: tuple[Expr, ...]) -> Expr:
        if (node.op == VAR and node.name in by_row) or any(a in varies for a in node.args):
            varies.add(node)
        if node in varies and node.op == POW and node.args[0] in norms and node.args[1] is build.num(2):
            (u,) = kids[0].args
            return build.total(build.elementwise(u, u))
        if node in varies and is_call(node, "norm1"):
            return build.total(build.call("abs", *kids))
        if node in varies and is_call(node, "norm2"):
            norms.add(node)
        return make(node.op, kids, node.data, node.shape) if node.args else node

    norms: set[Expr] = set()
    found = substitute([f], put)[f]
    depends: set[Expr] = set()
    for node in topological([found]):
        if (node.op == VAR and node.name in by_row) or any(a in depends for a in node.args):
            depends.add(node)
            if node.op == CALL and TABLE[node.data].shape.startswith("*"):
                raise DomainError(f"{node.data} takes no axis of examples in front")
    return found


def movable(x: Expr) -> Expr:
    """The variable, if a step of descent leaves it what it is declared to be. DomainError otherwise."""
    if x.op != VAR:
        raise DomainError(f"{x.name} is a value of the formula; descent moves variables", hint="--wrt a variable that it is computed from")
    fixed = {"orthogonal", "simplex", "onehot"} & set(x.data[1])
    if fixed:
        word = min(fixed)
        raise DomainError(
            f"{x.name} is {word}, and a step along the gradient leaves that set",
            hint=f"declare {x.name} without it, or write {x.name} as a function of free weights",
        )
    return x


def split(data: Arrays, names: Sequence[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Starting values of the weights, and all other values, as arrays of floats under their canonical names."""
    import numpy as np

    from symdiff.syntax.parse import canonical

    start: dict[str, Any] = {}
    values: dict[str, Any] = {}
    for name, value in data.items():
        label = canonical(name)
        try:
            array = np.asarray(_plain(value), dtype=float)
        except (TypeError, ValueError):
            raise SymdiffError(
                f"the values of {name} are not numbers in rows of one length", hint="a list or array of numbers, one row for each example"
            ) from None
        if not np.isfinite(array).all():
            raise DomainError(f"the values of {name} are not all finite", hint="leave out, or fill in, what is missing")
        (start if label in names else values)[label] = array
    return start, values


def fitted(known: Sequence[Expr], names: Sequence[str], values: Arrays) -> dict[str, Any]:
    """The values that the formulas need. UnknownNameError for a name too many or too few, ShapeError for axes too many or too few."""
    letters, sizes = variables(known), dimensions(known)
    spelled = {identifier(name): name for name in letters}
    found: dict[str, Any] = {}
    for name, value in values.items():
        label = spelled.get(name, name)
        if label not in letters:
            if label in sizes:
                continue
            raise UnknownNameError(f"data for {name!r}, which does not occur in the formula", hint=what_there_is(known[0]))
        order = len(letters[label].shape)
        if value.ndim not in (order, order + 1):
            raise ShapeError(
                f"{label} is a {build.describe(letters[label].shape)}; its data have {value.ndim} axes",
                hint="an axis of examples in front of it, or the value alone",
            )
        found[label] = value
    missing = [name for name in letters if name not in found and name not in names]
    if missing:
        raise UnknownNameError(
            f"no data for {', '.join(missing)}",
            hint=f"a column or array of that name, or one value: --at {missing[0]}=0.1; or descend by it: --wrt",
        )
    return found


def sizes_of(known: Sequence[Expr], values: Arrays, by_row: Sequence[str], start: Arrays, given: Arrays) -> dict[str, int]:
    """The sizes of dimensions: given by name, from the data and from the starting values. ShapeError where two clash."""
    letters = variables(known)
    sizes: dict[str, int] = {}
    told: dict[str, str] = {}
    for name, value in given.items():
        if value.ndim or value != int(value) or value < 1:
            raise ShapeError(f"{name} is a size, a whole number", hint="k=8")
        sizes[name], told[name] = int(value), "its value"
    for name, value in (*values.items(), *start.items()):
        if name not in letters:
            continue
        shape = value.shape[1:] if name in by_row else value.shape
        if len(shape) != len(letters[name].shape):
            raise ShapeError(f"{name} is a {build.describe(letters[name].shape)}; its start has {value.ndim} axes")
        for d, size in zip(letters[name].shape, shape, strict=True):
            if isinstance(d, tuple):
                continue
            wanted = d if isinstance(d, int) else sizes.setdefault(d, size)
            told.setdefault(str(d), name)
            if wanted != size:
                other = (
                    f"{d} is {wanted}, from {told[str(d)]}"
                    if isinstance(d, str) and told[str(d)] != name
                    else f"it is declared with {wanted}"
                )
                raise ShapeError(f"{name} has size {size} in the data, but {other}")
    return sizes


def _product(shape: Sequence[int]) -> int:
    size = 1
    for d in shape:
        size *= d
    return size


def _example_of(x: Expr) -> str:
    return "vector(16)" if len(x.shape) == 1 else "matrix(16, 4)" if len(x.shape) == 2 else "tensor(…)"


def _plain(value: Any) -> Any:
    """A tensor of another library as what NumPy takes."""
    return value.detach().cpu().numpy() if hasattr(value, "detach") else value


def _tensors(target: str) -> Callable[[Any], Any]:
    if target == "torch":
        import torch

        return lambda value: torch.as_tensor(value, dtype=torch.float64) if hasattr(value, "shape") else value
    import jax.numpy as jnp

    return lambda value: jnp.asarray(value) if hasattr(value, "shape") else value
