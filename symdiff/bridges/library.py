"""What functions and methods of NumPy, SciPy, PyTorch and JAX are in the formula language.

`FUNCTIONS`: by the last name, a function of the values of the arguments (and of keywords) that gives the value; `Unread` where it has no reading.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import Any

from symdiff.bridges import arrays
from symdiff.bridges.arrays import Unread, Value, binary, constant

Reading = Callable[..., Value]

# Entry by entry, of one argument: the language's name, and the libraries' others.
_ELEMENTWISE = """
exp: exp
log: log ln
log2: log2
log10: log10
log1p: log1p
expm1: expm1
exp2: exp2
sqrt: sqrt
cbrt: cbrt
abs: abs absolute fabs
sign: sign sgn
sin: sin
cos: cos
tan: tan
arcsin: arcsin asin
arccos: arccos acos
arctan: arctan atan
sinh: sinh
cosh: cosh
tanh: tanh
arcsinh: arcsinh asinh
arccosh: arccosh acosh
arctanh: arctanh atanh
sigma: sigmoid expit
log_sigmoid: logsigmoid log_sigmoid log_expit
logit: logit
relu: relu
softsign: softsign
silu: silu swish
mish: mish
selu: selu
hardtanh: hardtanh
erf: erf
erfc: erfc
erfinv: erfinv
lgamma: gammaln lgamma loggamma
gamma: gamma
digamma: digamma psi
log_ndtr: log_ndtr
sinc: sinc
floor: floor
ceil: ceil
round: round rint around
stop_gradient: stop_gradient detach
"""
_OF_TWO = """
max: maximum fmax
min: minimum fmin
atan2: arctan2 atan2
hypot: hypot
logaddexp: logaddexp
xlogy: xlogy
betaln: betaln
"""
_OPERATORS = {"add": "+", "subtract": "-", "sub": "-", "multiply": "*", "mul": "*", "divide": "/", "true_divide": "/", "div": "/", "power": "**", "pow": "**",
              "float_power": "**", "mod": "%", "remainder": "%", "floor_divide": "//", "less": "<", "less_equal": "<=", "greater": ">", "greater_equal": ">=",
              "equal": "==", "not_equal": "!=", "eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}  # fmt: skip
_SAME = ("asarray", "array", "as_tensor", "tensor", "copy", "clone", "contiguous", "astype", "float", "double", "to", "type", "type_as", "atleast_1d", "item",
         "numpy", "cpu", "ascontiguousarray", "float64", "float32", "asanyarray")  # fmt: skip


def _axis(axis: Value | None, dim: Value | None) -> Any:
    found = axis if axis is not None else dim
    if found is None:
        return None
    if found.constant is ... or not isinstance(found.constant, int | tuple | None):
        raise Unread("the axis is a whole number of the program")
    return found.constant


# Keywords that change no value: how an array lies in memory, on which device, whether it is changed in place.
_HARMLESS = {"inplace", "copy", "subok", "requires_grad", "non_blocking", "memory_format", "check_finite", "overwrite_a", "overwrite_b"}


def _only(named: Collection[str], *read: str) -> None:
    """Unread if there is a keyword that would change the value; `order="C"` is that of the language."""
    for key in named:
        if key not in _HARMLESS and key not in read:
            raise Unread(f"the argument `{key}` is not read")


def _plain(function: Reading) -> Reading:
    """A reading with as many arguments as the library's, and no keyword that would change the value."""

    def read(*values: Value, **named: Value) -> Value:
        _only(named)
        return function(*values)

    return read


def _flag(*values: Value | None) -> bool:
    return any(v is not None and bool(v.constant) for v in values)


def _reduction(name: str) -> Reading:
    def read(
        x: Value,
        axis: Value | None = None,
        keepdims: Value | None = None,
        *,
        dim: Value | None = None,
        keepdim: Value | None = None,
        **rest: Value,
    ) -> Value:
        more: list[str] = []
        for key, v in rest.items():
            if key in ("ddof", "correction") and name in ("var", "std"):
                more = [v.text] if v.constant != 0 else []
            elif key == "unbiased" and name in ("var", "std"):
                more = ["1"] if v.constant else []
            elif key not in ("dtype", "out"):
                raise Unread(f"the argument `{key}` is not read")
        return arrays.reduce(name, x, _axis(axis, dim), _flag(keepdims, keepdim), *more)

    return read


def _extreme(name: str, in_torch: bool = False) -> Reading:
    """np.max(x, axis) is an array, torch.max(x, dim) a pair: the values, and where they are."""
    reduction = _reduction(name)

    def read(x: Value, *rest: Value, **named: Value) -> Value:
        if rest and (rest[0].constant is ... or isinstance(rest[0].constant, float)):
            _only(named)
            return arrays.elementwise(name, [x, *rest])
        found = reduction(x, *rest, **named)
        pair = {"dim", "keepdim"} & named.keys() or (in_torch and rest and not {"axis", "keepdims"} & named.keys())
        return Value("", (), True, False, (found, Value("", found.shape, True))) if pair else found

    return read


def _torch_spread(name: str) -> Reading:
    """torch.var and torch.std divide by one less."""
    read = _reduction(name)

    def spread(x: Value, *rest: Value, **named: Value) -> Value:
        if rest and isinstance(rest[0].constant, bool):
            named["unbiased"], rest = rest[0], rest[1:]
        if not {"ddof", "correction", "unbiased"} & named.keys():
            named["unbiased"] = constant(True)
        return read(x, *rest, **named)

    return spread


def _average(x: Value, axis: Value | None = None, weights: Value | None = None, **rest: Value) -> Value:
    _only(rest)
    if weights is None or weights.constant is None:
        return arrays.reduce("mean", x, _axis(axis, None))
    k = _axis(axis, None)
    if len(x.shape) == 2 and len(weights.shape) == 1 and k == 0:
        weights = replace(weights, shape=(*weights.shape, "1"))
    return binary("/", arrays.reduce("sum", binary("*", x, weights), k), arrays.reduce("sum", weights))


def _clip(x: Value, low: Value | None = None, high: Value | None = None, *, min: Value | None = None, max: Value | None = None, a_min: Value | None = None,
          a_max: Value | None = None, out: Value | None = None) -> Value:  # fmt: skip
    low = next((v for v in (low, min, a_min) if v is not None and v.constant is not None), None)
    high = next((v for v in (high, max, a_max) if v is not None and v.constant is not None), None)
    if low is not None and high is not None:
        return arrays.elementwise("clip", [x, low, high])
    if low is not None:
        return arrays.elementwise("max", [x, low])
    return x if high is None else arrays.elementwise("min", [x, high])


def _norm(x: Value, ord: Value | None = None, axis: Value | None = None, keepdims: Value | None = None, *, p: Value | None = None,
          dim: Value | None = None, keepdim: Value | None = None) -> Value:  # fmt: skip
    order = ord if ord is not None else p
    k, keep = _axis(axis, dim), _flag(keepdims, keepdim)
    which = 2 if order is None or order.constant is None or order.constant == "fro" else order.constant
    if (len(x.shape) == 2 if k is None else isinstance(k, tuple)) and which not in (2, "nuc"):
        raise Unread("this norm of a matrix is not read")
    if k is None and len(x.core) == 2 and order is not None and order.constant == 2:
        raise Unread("the spectral norm of a matrix is not read", "the root of the sum of squares is `np.linalg.norm(A)`")
    if which == 2:
        return arrays.reduce("norm", x, k, keep)
    if which == 1:
        return arrays.reduce("sum", arrays.call("abs", x), k, keep)
    if which == float("inf"):
        return arrays.reduce("max", arrays.call("abs", x), k, keep)
    if which == "nuc":
        return Value(f"normnuc({x.text})", (), True)
    if k is not None or not isinstance(which, int | float) or which <= 0:
        raise Unread("this norm is not read")
    return Value(f"norm({x.text}, {which!r})", (), True)


def _softmax(name: str) -> Reading:
    def read(x: Value, axis: Value | None = None, *, dim: Value | None = None, **rest: Value) -> Value:
        _only(rest)
        return arrays.along(name, x, _axis(axis, dim))

    return read


def _squeeze(x: Value, axis: Value | None = None, *, dim: Value | None = None) -> Value:
    k = _axis(axis, dim)
    if k is None:
        return replace(x, shape=x.core)
    k %= len(x.shape)
    return replace(x, shape=x.shape[:k] + x.shape[k + 1 :]) if x.shape[k] == "1" else x


def _expand(x: Value, axis: Value | None = None, *, dim: Value | None = None) -> Value:
    k = _axis(axis, dim)
    k = k if k >= 0 else len(x.shape) + 1 + k
    return replace(x, shape=(*x.shape[:k], "1", *x.shape[k:]))


def _flatten(x: Value, *rest: Value, **named: Value) -> Value:
    order = [*rest, *([named["order"]] if "order" in named else [])]
    _only(named, "order")
    if any(v.constant != "C" for v in order):
        raise Unread("entries are strung together row by row, all of them", "vec(A) of the language goes column by column")
    if len(x.core) < 2:
        return replace(x, shape=x.core or ("1",))
    return Value(f"vec({x.inside}')", ("*".join(x.core),), True)


def _reshape(x: Value, *sizes: Value, **named: Value) -> Value:
    _only(named, "order")
    if "order" in named and named["order"].constant != "C":
        raise Unread("entries are strung together row by row", "vec(A) of the language goes column by column")
    wanted = (
        sizes[0].constant
        if len(sizes) == 1 and isinstance(sizes[0].constant, tuple)
        else tuple([s.constant if s.constant is not ... else s.text for s in sizes])
    )
    if wanted == (-1,):
        return _flatten(x)
    if len(x.core) < 2 and wanted in ((-1, 1), (1, -1)):
        return replace(x, shape=tuple([(x.core or ("1",))[0] if k == -1 else "1" for k in wanted]))
    raise Unread("a reshape is read where it makes a vector, a row or a column", "write the entries: `tensor(i=1..m, j=1..n, …)`")


def _diag(x: Value, *rest: Value) -> Value:
    if rest or not x.core:
        raise Unread("only the main diagonal is read, of a matrix or of a vector")
    x = arrays.number(x)
    shape = (x.core[0], x.core[0]) if len(x.core) == 1 else (x.core[0],)
    return Value(f"diag({x.text})", shape, True)


def _matrix(name: str, out: str) -> Reading:
    """A function of a matrix; out: the axes of its value, by those of the argument."""

    def read(x: Value, *rest: Value, **named: Value) -> Value:
        _only(named)
        if rest or len(x.core) != 2:
            raise Unread(f"`{name}` is of a matrix" + (" alone" if rest else ""))
        return Value(f"{name}({x.text})", tuple([x.core[int(k)] for k in out]), True)

    return read


def _solve(a: Value, b: Value, **named: Value) -> Value:
    _only(named)
    return Value(f"solve({a.text}, {b.text})" if len(b.core) == 1 else f"inv({a.text})*{b.inside}", b.shape, len(b.core) == 1)


def _outer(a: Value, b: Value) -> Value:
    a, b = arrays.number(a), arrays.number(b)
    return Value(f"outer({a.text}, {b.text})", (a.core[0], b.core[0]), True)


def _dot(a: Value, b: Value, **named: Value) -> Value:
    _only(named)
    return arrays.matmul(a, b) if a.shape and b.shape else binary("*", a, b)


def _inner(a: Value, b: Value) -> Value:
    """Sums over the last axes of both."""
    return _dot(a, arrays.transpose(b))


def _vdot(a: Value, b: Value) -> Value:
    """The sum of the products of all entries."""
    if a.shape != b.shape:
        raise Unread(f"arrays of ({', '.join(a.shape)}) and ({', '.join(b.shape)}) do not fit")
    return arrays.reduce("sum", binary("*", a, b))


def _transpose(in_torch: bool) -> Reading:
    """np.transpose(A, (1, 0)) says where the axes come from, torch.transpose(A, 0, 1) which two are exchanged."""

    def read(x: Value, *axes: Value, **named: Value) -> Value:
        _only(named, "axes", "dim0", "dim1")
        said = [v.constant for v in (*axes, *named.values())]
        if len(said) == 1:
            said = list(said[0]) if isinstance(said[0], tuple) else []
        if said and len(x.shape) == 2:
            places = [k % 2 for k in said]
            if sorted(places) != [0, 1]:
                raise Unread("these axes are not read", "A.T")
            if places == [0, 1] and not in_torch:
                raise Unread("with these axes PyTorch transposes and NumPy does not", "A.T")
        return arrays.transpose(x)

    return read


def _running(name: str) -> Reading:
    """cumsum and cumprod: of a vector, of each row."""

    def read(x: Value, axis: Value | None = None, *, dim: Value | None = None) -> Value:
        k = _axis(axis, dim)
        if len(x.shape) > 1 and (k is None or k % len(x.shape) != 1 or len(x.core) != 2):
            raise Unread(f"`{name}` is read of a vector, or of each row of a matrix", "axis=1")
        return arrays.call(name, x)

    return read


def _concatenate(parts: Value, axis: Value | None = None, *, dim: Value | None = None) -> Value:
    raise Unread("arrays are not put together", "give the parts names and write their sum")


def _full(c: str) -> Reading:
    def read(*sizes: Value, **named: Value) -> Value:
        _only(named, "order")
        wanted = sizes[0].constant if sizes and isinstance(sizes[0].constant, tuple) else sizes
        dims = tuple([s.text if isinstance(s, Value) else str(s) for s in wanted])
        if not dims or len(dims) > 2:
            raise Unread("arrays of one and two axes are read")
        return Value(f"{c}({', '.join(dims)})", dims, True)

    return read


def _like(c: str) -> Reading:
    return _plain(
        lambda x: (
            Value(c, (), True, False, float(c))
            if not x.core
            else Value(f"{'ones' if c == '1' else 'zeros'}({', '.join(x.core)})", x.shape, True)
        )
    )


def _eye(n: Value, m: Value | None = None, **named: Value) -> Value:
    _only(named)
    if m is not None and m.text != n.text:
        raise Unread("`eye` is read with as many rows as columns")
    return Value(f"eye({n.text})", (n.text, n.text), True)


def _where(c: Value, a: Value | None = None, b: Value | None = None) -> Value:
    if a is None or b is None:
        raise Unread("`where` takes a condition and two values")
    return arrays.choose(c, a, b)


def _leaky(x: Value, negative_slope: Value | None = None, **named: Value) -> Value:
    _only(named)
    return arrays.elementwise("leaky_relu", [x, *([negative_slope] if negative_slope else [])])


def _elu(x: Value, alpha: Value | None = None, **named: Value) -> Value:
    _only(named)
    return arrays.elementwise("elu", [x, *([alpha] if alpha else [])])


def _softplus(x: Value, **named: Value) -> Value:
    if named:
        raise Unread("`softplus` is read without further arguments")
    return arrays.call("softplus", x)


def _gelu(x: Value, approximate: Value | None = None) -> Value:
    if approximate is not None and approximate.constant not in ("none", False):
        raise Unread("the gelu of the language is the exact one", "0.5*x*(1 + tanh(sqrt(2/pi)*(x + 0.044715*x**3)))")
    return arrays.call("gelu", x)


def _one_hot(y: Value, num_classes: Value | None = None, *, depth: Value | None = None) -> Value:
    n = num_classes or depth
    if not y.label or n is None:
        raise Unread("`one_hot` is of labels, whose number is said", 'y="vector(m) of label(k)"')
    return Value(f"unit({y.text}, {n.text})", (*y.shape, n.text), True)


def picked(z: Value, y: Value) -> Value:
    """z[i, y[i]] for each row."""
    return Value(f"tensor(i=1..{z.core[0]}, {z.inside}[i,{y.text}[i]])", (z.core[0],), True)


def _gather(
    x: Value, axis: Value | None = None, index: Value | None = None, *, dim: Value | None = None, indices: Value | None = None
) -> Value:
    index = index or indices
    if index is None or not index.label or len(x.core) != 2 or _axis(axis, dim) not in (1, -1):
        raise Unread("`gather` is read where a label of each row picks its entry", 'y="vector(m) of label(k)"')
    return replace(picked(x, index), shape=(x.core[0], "1"))


def _log_p(z: Value) -> Value:
    return arrays.along("log_softmax", z, -1)


def _reduced(v: Value, named: dict[str, Value]) -> Value:
    said = named.get("reduction")
    how = "mean" if said is None else said.constant
    if named.get("weight") is not None and named["weight"].constant is not None:
        raise Unread("the argument `weight` is not read")
    for key in named.keys() - {"reduction", "weight"}:
        raise Unread(f"the argument `{key}` is not read")
    return v if how == "none" else arrays.reduce("sum" if how == "sum" else "mean", v)


def _nll(z: Value, y: Value, **named: Value) -> Value:
    if not y.label:
        raise Unread("the second argument counts the classes", 'y="vector(m) of label(k)"')
    if len(z.shape) == 1:
        return _reduced(arrays.negative(Value(f"{z.inside}[{y.text}]", (), True)), named)
    return _reduced(arrays.negative(picked(z, y)), named)


def _cross_entropy(z: Value, y: Value, **named: Value) -> Value:
    if y.label:
        return _nll(_log_p(z), y, **named)
    return _reduced(arrays.negative(arrays.reduce("sum", binary("*", y, _log_p(z)), -1)), named)


def _loss(entry: Callable[[Value, Value], Value]) -> Reading:
    return lambda a, b, **named: _reduced(entry(a, b), named)


def _smooth_l1(a: Value, b: Value, *, beta: Value | None = None, **named: Value) -> Value:
    d = beta or constant(1.0)
    return _reduced(binary("/", arrays.elementwise("huber", [binary("-", a, b), d]), d), named)


def _huber(a: Value, b: Value, *, delta: Value | None = None, **named: Value) -> Value:
    return _reduced(arrays.elementwise("huber", [binary("-", a, b), delta or constant(1.0)]), named)


def _bce(a: Value, y: Value) -> Value:
    return arrays.elementwise("bce", [a, y])


def _bce_logits(z: Value, y: Value) -> Value:
    return binary("-", arrays.call("softplus", z), binary("*", y, z))


def _kl(a: Value, b: Value, *, log_target: Value | None = None, **named: Value) -> Value:
    value = (
        binary("*", arrays.call("exp", b), binary("-", b, a))
        if _flag(log_target)
        else binary("-", arrays.elementwise("xlogy", [b, b]), binary("*", b, a))
    )
    if named.get("reduction") is not None and named["reduction"].constant == "batchmean":
        return binary("/", arrays.reduce("sum", value), Value(a.shape[0], (), True))
    return _reduced(value, named)


def _cosine(a: Value, b: Value, axis: Value | None = None, *, dim: Value | None = None, **named: Value) -> Value:
    if named:
        raise Unread("the argument `eps` is not read")
    k = _axis(axis, dim)
    k = (1 if len(a.shape) == 2 else 0) if k is None else k
    lengths = binary("*", arrays.reduce("norm", a, k), arrays.reduce("norm", b, k))
    return binary("/", arrays.reduce("sum", binary("*", a, b), k), lengths)


def _normalize(x: Value, p: Value | None = None, axis: Value | None = None, *, dim: Value | None = None, **named: Value) -> Value:
    if named or (p is not None and p.constant not in (2, 2.0)):
        raise Unread("`normalize` is read with p=2 and without `eps`")
    k = _axis(axis, dim)
    return binary("/", x, arrays.reduce("norm", x, 1 if k is None and len(x.shape) > 1 else 0 if k is None else k, keep=True))


def _slogdet(x: Value) -> Value:
    return Value("", (), True, False, (Value(f"sign(det({x.text}))", (), True), Value(f"log(abs(det({x.text})))", (), True)))


def _einsum(said: Value, *operands: Value, **named: Value) -> Value:
    """The sum over all letters that the result has not, of the product of the entries."""
    _only(named, "optimize")
    if not isinstance(said.constant, str):
        raise Unread("`einsum` is read of a text and arrays", 'np.einsum("ij,j->i", A, x)')
    inputs, arrow, result = said.constant.replace(" ", "").partition("->")
    terms = inputs.split(",")
    letters = "".join(terms)
    if not arrow:
        result = "".join(sorted([c for c in set(letters) if letters.count(c) == 1]))
    if not (letters + result).isalpha() or len(terms) != len(operands) or len(set(result)) < len(result) or not set(result) <= set(letters):
        raise Unread("this text of `einsum` is not read", "a letter for each axis: ij,jk->ik")
    sizes: dict[str, str] = {}
    for term, x in zip(terms, operands, strict=True):
        if len(term) != len(x.shape) or "1" in x.shape:
            raise Unread(f"`{term}` does not fit an array with the axes ({', '.join(x.shape)})")
        for c, d in zip(term, x.shape, strict=True):
            if sizes.setdefault(c, d) != d:
                raise Unread(f"axes of {sizes[c]} and {d} do not fit")
    inner = [c for c in sizes if c not in result]
    bound = dict(zip(inner, arrays.letters(len(inner)), strict=True))

    def entry(index: Sequence[str]) -> str:
        name = bound | dict(zip(result, index, strict=True))
        factors = [x.entry([name[c] for c in term]) if isinstance(x, arrays.Entries) else f"{arrays.number(x).inside}[{','.join([name[c] for c in term])}]" if term else x.inside
                   for term, x in zip(terms, operands, strict=True)]  # fmt: skip
        product = "*".join([f"({f})" if isinstance(x, arrays.Entries) else f for f, x in zip(factors, operands, strict=True)])
        return f"sum({', '.join([f'{bound[c]}=1..{sizes[c]}' for c in inner])}, {product})" if inner else product

    made = arrays.Entries(tuple([sizes[c] for c in result]), entry)
    return made if len(result) > 2 else arrays.whole(made) if result else Value(entry([]), (), True)


def _of_one(name: str) -> Reading:
    return _plain(lambda x: arrays.call(name, x))


def _of_two(name: str) -> Reading:
    return _plain(lambda a, b: arrays.elementwise(name, [a, b]))


def _operator(sign: str) -> Reading:
    return _plain(lambda a, b: binary(sign, a, b))


def _same(x: Value, *rest: Value, **named: Value) -> Value:
    """A copy, another type of numbers, another device: what counts stays what counts."""
    _only(named, "order")
    return x if x.label else arrays.number(x)


def whole(x: Value) -> Value:
    """`int(x)`: what is a whole number anyhow."""
    if isinstance(x.constant, int | float):
        return constant(int(x.constant))
    if not (x.truth or x.label):
        raise Unread("a conversion to whole numbers is not read", "`np.floor(x)` is, or `np.sign(x)*np.floor(np.abs(x))`")
    return _same(x)


def truth(x: Value) -> Value:
    """`bool(x)`: a condition."""
    return x if x.truth else constant(bool(x.constant)) if x.constant is not ... else binary("!=", x, constant(0))


FUNCTIONS: dict[str, Reading] = {}
for _line in _ELEMENTWISE.strip().splitlines():
    _name, _, _others = _line.partition(":")
    FUNCTIONS |= dict.fromkeys(_others.split(), _of_one(_name))
for _line in _OF_TWO.strip().splitlines():
    _name, _, _others = _line.partition(":")
    FUNCTIONS |= dict.fromkeys(_others.split(), _of_two(_name))
for _name, _sign in _OPERATORS.items():
    FUNCTIONS[_name] = _operator(_sign)
FUNCTIONS |= dict.fromkeys(_SAME, _same)
FUNCTIONS |= dict.fromkeys(("int", "long"), lambda x: whole(x))
FUNCTIONS |= {
    "square": lambda x: binary("**", x, constant(2)),
    "reciprocal": lambda x: binary("/", constant(1), x),
    "negative": arrays.negative,
    "neg": arrays.negative,
    "sum": _reduction("sum"),
    "mean": _reduction("mean"),
    "prod": _reduction("prod"),
    "max": _extreme("max"),
    "amax": _reduction("max"),
    "min": _extreme("min"),
    "amin": _reduction("min"),
    "var": _reduction("var"),
    "std": _reduction("std"),
    "logsumexp": _reduction("logsumexp"),
    "average": _average,
    "clip": _clip,
    "clamp": _clip,
    "clamp_min": lambda x, low: arrays.elementwise("max", [x, low]),
    "clamp_max": lambda x, high: arrays.elementwise("min", [x, high]),
    "norm": _norm,
    "vector_norm": _norm,
    "softmax": _softmax("softmax"),
    "log_softmax": _softmax("log_softmax"),
    "squeeze": _squeeze,
    "unsqueeze": _expand,
    "expand_dims": _expand,
    "ravel": _flatten,
    "flatten": _flatten,
    "reshape": _reshape,
    "view": _reshape,
    "t": arrays.transpose,
    "transpose": _transpose(False),
    "dot": _dot,
    "matmul": arrays.matmul,
    "mm": arrays.matmul,
    "mv": arrays.matmul,
    "inner": _inner,
    "vdot": _vdot,
    "outer": _outer,
    "trace": _matrix("tr", ""),
    "det": _matrix("det", ""),
    "logdet": _matrix("logdet", ""),
    "inv": _matrix("inv", "01"),
    "pinv": _matrix("pinv", "10"),
    "cholesky": _matrix("cholesky", "00"),
    "eigvalsh": _matrix("eigvalsh", "0"),
    "expm": _matrix("expm", "00"),
    "matrix_exp": _matrix("expm", "00"),
    "sqrtm": _matrix("sqrtm", "00"),
    "logm": _matrix("logm", "00"),
    "tril": _matrix("tril", "01"),
    "triu": _matrix("triu", "01"),
    "solve": _solve,
    "diag": _diag,
    "diagonal": _diag,
    "cumsum": _running("cumsum"),
    "cumprod": _running("cumprod"),
    "bool": truth,
    "concatenate": _concatenate,
    "cat": _concatenate,
    "ones": _full("ones"),
    "zeros": _full("zeros"),
    "ones_like": _like("1"),
    "zeros_like": _like("0"),
    "eye": _eye,
    "where": _where,
    "leaky_relu": _leaky,
    "elu": _elu,
    "softplus": _softplus,
    "gelu": _gelu,
    "one_hot": _one_hot,
    "normalize": _normalize,
    "slogdet": _slogdet,
    "einsum": _einsum,
    "gather": _gather,
    "take_along_axis": lambda x, indices, axis=None: _gather(x, axis, indices),
    "nll_loss": _nll,
    "cross_entropy": _cross_entropy,
    "mse_loss": _loss(lambda a, b: binary("**", binary("-", a, b), constant(2))),
    "l1_loss": _loss(lambda a, b: arrays.call("abs", binary("-", a, b))),
    "smooth_l1_loss": _smooth_l1,
    "huber_loss": _huber,
    "binary_cross_entropy": _loss(_bce),
    "binary_cross_entropy_with_logits": _loss(_bce_logits),
    "soft_margin_loss": _loss(lambda z, y: arrays.call("softplus", arrays.negative(binary("*", y, z)))),
    "kl_div": _kl,
    "cosine_similarity": _cosine,
    "logical_and": lambda a, b: logical("and", [a, b]),
    "logical_or": lambda a, b: logical("or", [a, b]),
    "logical_not": lambda a: logical("not", [a]),
}
TORCH = FUNCTIONS | {
    "var": _torch_spread("var"),
    "std": _torch_spread("std"),
    "max": _extreme("max", True),
    "min": _extreme("min", True),
    "transpose": _transpose(True),
}


def logical(word: str, values: Sequence[Value]) -> Value:
    parts = [truth(v) for v in values]
    shape = arrays.joined([v.shape for v in parts])
    texts = [f"({v.text})" for v in parts]
    return Value(f"not {texts[0]}" if word == "not" else f" {word} ".join(texts), shape, truth=True)
