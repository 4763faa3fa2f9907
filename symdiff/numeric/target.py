"""What differs between the libraries that code is written for, as data; what is alike is written once in `source`."""

from __future__ import annotations

from dataclasses import dataclass, field

from symdiff.errors import SymdiffError
from symdiff.numeric.slices import PLACES

# The prefixes that the table's spellings use, the name a source calls them by, and where they come from.
MODULES = {
    "np": "import numpy as np",
    "scipy.special": "from scipy import special",
    "scipy.linalg": "from scipy import linalg",
    "jnp": "import jax.numpy as jnp",
    "jax": "import jax",
    "torch": "import torch",
    "math": "import math",
    "contextvars": "import contextvars",
    "functools": "import functools",
    "itertools": "import itertools",
    "builtins": "import builtins",
}


@dataclass(frozen=True, slots=True)
class Target:
    """name: also the field of the table's rows with the spellings. module: prefix of the library.

    lift: a Python number as a value of the library, #k of the arguments' type.
    kind: name and value of the local that holds the arguments' common type, how it is passed, and what it is without arguments.
    cast: truth values and indices as numbers. place: where an array of whole numbers is made, for arguments whose common type is in the local #. permute: axes in another order. ready: whether an argument needs no
    conversion, a test that costs next to nothing. floats: body of the conversion of an argument. shape: that of `value`.
    cholesky: functions of a positive definite matrix by its factor #L: a solution with the right side #b, where that is faster.
    slope: a*(1 - h^2) of a and h in one go, where the library has it.
    cache: how shapes that were found to fit are remembered, where calls are so short that it shows.
    counted: whether a converted argument came as whole numbers or truth values. alike: such a one, or a plain Python number, in the
    precision of the `others`; "" where there is one precision only. joint: an argument in the precision of all, where the library
    does not mix them by itself. exponentials: functions of rows that are made of the same exponentials.
    stack: a list of `values` as one array with the axes `places` in front.
    """

    name: str
    module: str
    lift: str
    kind: tuple[str, str, str, str]
    cast: str
    permute: str
    ready: str
    floats: str
    shape: str = "value.shape"
    cholesky: dict[str, str] = field(default_factory=dict)
    slope: str = ""
    place: str = ""
    cache: str = ""
    counted: str = ""
    alike: str = ""
    joint: str = ""
    exponentials: tuple[str, ...] = ("softmax", "log_softmax", "logsumexp")
    stack: str = ""


# NumPy has no triangular solve: Cholesky and two solves by LU take three times as long as one of these alone (n = 100 to 1000).
NUMPY = Target(
    "numpy",
    "np",
    lift="np.float64(#)",
    kind=("dtype", "np.result_type(#)", "dtype=#", "dtype=np.float64"),
    cast="#.astype(#k)",
    permute="np.transpose",
    ready='type(value) is np.ndarray and value.ndim and value.dtype.kind == "f" or isinstance(value, np.floating)',
    floats="""
        value = np.asarray(value)
        if value.dtype.kind != "f":
            value = value.astype(float, casting="unsafe" if value.dtype.kind == "O" else "same_kind")
        return value[()]
""",
    cache="@functools.lru_cache\n",
    counted='np.asarray(given[name]).dtype.kind in "biu"',
    alike="value.astype(np.result_type(*others))",
    stack="np.stack(values).reshape(places + values[0].shape)",
)

JAX = Target(
    "jax",
    "jnp",
    lift="jnp.asarray(#, float)",
    kind=("dtype", "jnp.result_type(#)", "dtype=#", "dtype=float"),
    cast="#.astype(#k)",
    permute="jnp.transpose",
    ready="isinstance(value, jax.Array) and jnp.issubdtype(value.dtype, jnp.floating)",
    floats="""
        value = jnp.asarray(value)
        if jnp.iscomplexobj(value):
            raise TypeError("it is complex")
        return value if jnp.issubdtype(value.dtype, jnp.floating) else value.astype(float)
""",
    counted="not jnp.issubdtype(jnp.asarray(given[name]).dtype, jnp.inexact)",
    alike="value.astype(jnp.result_type(*others))",
    stack="jnp.stack(values).reshape(places + values[0].shape)",
    cholesky={
        "solve": "jax.scipy.linalg.cho_solve((#L, True), #b)",
        "logdet": "2*jnp.log(jnp.diagonal(#L)).sum()",
    },
)

TORCH = Target(
    "torch",
    "torch",
    lift="torch.tensor(#, #k)",
    kind=("kind", "_kind(#)", "**#", "dtype=torch.float64"),
    cast="#.to(#k)",
    permute="torch.permute",
    ready="isinstance(value, torch.Tensor) and value.is_floating_point()",
    floats="""
        value = torch.as_tensor(value, dtype=None if hasattr(value, "dtype") else torch.float64)
        if value.is_complex():
            raise TypeError("it is complex")
        return value if value.is_floating_point() else value.to(torch.float64)
""",
    shape="tuple(value.shape)",
    counted="not torch.as_tensor(given[name]).is_floating_point()",
    alike="value.to(**_kind(*others))",
    stack="torch.stack(values).reshape(places + tuple(values[0].shape))",
    joint="value.to(**kind)",
    cholesky={
        "solve": "torch.cholesky_solve(#b, #L)",
        "logdet": "2*torch.log(torch.diagonal(#L)).sum()",
        "inv": "torch.cholesky_inverse(#L)",
    },
    place='device=#["device"]',
    slope="torch.ops.aten.tanh_backward",  # what torch.autograd calls, too: one pass for three, 0.7 of the time at 10^5 by 50
)

MATH = Target(
    "math",
    "math",
    lift="float(#)",
    kind=("dtype", "", "", ""),
    cast="(1.0 if # else 0.0)",
    permute="",
    ready="type(value) is float",
    floats="""
        return float(value)
""",
    shape="()",
)

TARGETS = {t.name: t for t in (NUMPY, JAX, TORCH, MATH)}


def find(name: str) -> Target:
    """The target of this name; SymdiffError if there is none."""
    if not isinstance(name, str) or name not in TARGETS:
        raise SymdiffError(f"there is no target {name!r}", hint="targets: " + ", ".join([*TARGETS, "c"]))
    return TARGETS[name]


def no_spelling(name: str, row: object, target: str) -> SymdiffError:
    """The error that a function has no code for a target, with those that it has code for."""
    others = [f'"{other}"' for other in ("numpy", "jax", "torch", "math", "c") if getattr(row, other, "")]
    hint = f"use {', '.join(others[:-1])} or {others[-1]}" if len(others) > 1 else f"use {others[0]}" if others else ""
    return SymdiffError(f"{name} has no spelling for the target {target}", hint=hint)


# ---------------------------------------------------------------------------------------------- helpers of a source

QUIET = '''\
_quiet = contextvars.Context()  # to enter a copy of it takes a tenth of the time of np.errstate
_quiet.run(np.seterr, over="ignore")


'''

# In the order in which a source shows those that it needs; #ready, #floats, #shape, #alike and #cache are the target's.
HELPERS = {
    "_floats": '''\
def _floats(name, value):
    """The argument `name` as real numbers."""
    if #ready:
        return value
    try:#floats\
    except Exception as error:
        raise TypeError(f"{name} does not hold real numbers: {error}") from None
''',
    "_fit": '''\
def _fit(name, shape, dims, sizes):
    """ValueError unless the shape is `dims`: numbers, names that are looked up or noted in `sizes`, None for any size."""
    if len(shape) != len(dims):
        wanted = ("a scalar", "a vector", "a matrix", f"of {len(dims)} axes")[min(len(dims), 3)]
        raise ValueError(f"{name} should be {wanted}; its shape is {shape}")
    for axis, (dim, size) in enumerate(zip(dims, shape)):
        wanted = sizes.setdefault(dim, size) if type(dim) is str else size if dim is None else dim
        if size != wanted:
            place = f"{dim} is {wanted}" if type(dim) is str else f"axis {axis} should have {wanted}"
            raise ValueError(f"{name} has shape {shape}, but {place}")
''',
    "_fit_all": '''\
#cache\
def _fit_all(wanted, shapes):
    """ValueError unless the shapes are as wanted, the same names standing for the same sizes; ... stands for any shape."""
    sizes = {}
    for (name, dims), shape in zip(wanted, shapes):
        if shape is not None and dims is not ...:
            _fit(name, shape, dims, sizes)
''',
    "_kind": '''\
def _kind(*tensors):
    """The dtype and device that the tensors have in common."""
    dtype = tensors[0].dtype
    for tensor in tensors[1:]:
        dtype = torch.promote_types(dtype, tensor.dtype)
    return {"dtype": dtype, "device": tensors[0].device}
''',
    "_alike": '''\
def _alike(values, plain):
    """Plain numbers, whole numbers and truth values do not decide on the precision of a result: they take that of the other arguments."""
    others = [value for k, value in enumerate(values) if k not in plain and value is not None]
    if others:
        for k in plain:
            value = values[k]
            values[k] = #alike
''',
    "_joined": '''\
def _joined(values, given, spelled={}):
    """The arguments that are given by name, and those that a dictionary in front gives besides."""
    if not hasattr(values, "items"):
        raise TypeError("arguments are given by name, or in a dictionary")
    values = {spelled.get(name, name): value for name, value in values.items()}
    return {**values, **{name: value for name, value in given.items() if value is not None or name not in values}}
''',
    "_arguments": '''\
def _arguments(given, wanted, optional=()):
    """The arguments in the order of `wanted`, as real numbers; an error if one is missing or shapes clash."""
    values, shapes = [], []
    plain = []  #plain
    for name, _ in wanted:
        value = given[name]
        if not (#ready):
            if value is None and name not in optional:
                raise TypeError(f"the argument {name} is missing")
            value = None if value is None else _floats(name, value)
            if type(given[name]) in (float, int) or value is not None and #counted:  #plain
                plain.append(len(values))  #plain
        values.append(value)
        shapes.append(None if value is None else #shape)
    _fit_all(wanted, tuple(shapes))
    if plain:  #plain
        _alike(values, plain)  #plain
    if len({value.dtype for value in values if value is not None}) > 1:  #mixed
        kind = _kind(*[value for value in values if value is not None])  #mixed
        values = [value if value is None else #joint for value in values]  #mixed
    return values
''',
    "_size": '''\
def _size(given, name, axis=None):
    """The size that is passed as `name`, or that of an axis of the argument `name`."""
    value = given.get(name)
    if value is None:
        raise TypeError(f"the argument {name} is missing: nothing else fixes a size")
    if axis is not None:
        value = _floats(name, value)
        return #shape[axis]
    if int(value) != value or value < 0:
        raise ValueError(f"the size {name} should be a whole number, not {value}")
    return int(value)
''',
    "_size_of": '''\
def _size_of(given, name, places):
    """The size that is passed as `name`, or that those of the arguments have at these axes that are passed."""
    sizes = {}
    for key, axis in places:
        if given.get(key) is not None:
            value = _floats(key, given[key])
            if len(#shape) <= axis:
                raise ValueError(f"{key} should have an axis {axis}; its shape is {#shape}")
            sizes[key] = #shape[axis]
    if name and given.get(name) is not None:
        sizes[name] = _size(given, name)
    if not sizes:
        wanted = " or ".join(dict.fromkeys([*[key for key, _ in places], *[name]*bool(name)]))
        raise TypeError(f"the argument {wanted} is missing: nothing else fixes a size")
    if len(set(sizes.values())) > 1:
        raise ValueError("these sizes should be the same: " + ", ".join(f"{size} of {key}" for key, size in sizes.items()))
    return next(iter(sizes.values()))
''',
    "_apply": '''\
def _apply(given, name, dims, *args, once=True):
    """The value of the function `name`, which is given as a function or, where it is applied once, as its value."""
    value = given.get(name)
    if callable(value):
        if any(a is None for a in args):
            raise TypeError(f"{name} is given as a function, but its argument is missing")
        value = value(*args)
    elif value is None:
        raise TypeError(f"the argument {name} is missing: a function or its value")
    elif not once:
        raise TypeError(f"{name} should be a function: it is applied to several values")
    value = _floats(name, value)
    _fit(name, #shape, dims, {})
    return value
''',
    "_apply_each": '''\
def _apply_each(batch, given, name, dims, *args, once=True):
    """The values of the function `name` at every place along the first `batch` axes of its arguments; or they are given at once."""
    function = given.get(name)
    if not callable(function) or any(a is None for a in args):
        return _apply(given, name, dims, *args, once=once)
    places = tuple(args[0].shape[:batch])
    values = [_floats(name, function(*[a[place] for a in args])) for place in itertools.product(*map(range, places))]
    value = #stack
    _fit(name, #shape, dims, {})
    return value
''',
    # NumPy has none of these; logaddexp and its reduction take ten times as long.
    "_exp": QUIET
    + '''\
def _exp(x):
    """exp(x), and inf where that overflows."""
    return _quiet.copy().run(np.exp, x)
''',
    "_sigmoid": '''\
def _sigmoid(x):
    """1/(1 + exp(-x)); where exp overflows, it is 0."""
    return 1/(1 + _exp(-x))
''',
    "_xlogy": '''\
def _xlogy(x, y):
    """x*log(y), and 0 where x is 0."""
    return x*np.log(np.where(x == 0, 1, y))
''',
    "_softplus": '''\
def _softplus(x):
    """log(1 + exp(x)), without overflow."""
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))
''',
    "_softmax": '''\
def _softmax(x):
    """exp(x)/sum(exp(x)) along the last axis, without overflow."""
    e = np.exp(x - np.max(x, axis=-1, keepdims=True))
    e /= np.sum(e, axis=-1, keepdims=True)
    return e
''',
    "_log_softmax": '''\
def _log_softmax(x):
    """x - log(sum(exp(x))) along the last axis, without overflow."""
    x = x - np.max(x, axis=-1, keepdims=True)
    return x - np.log(np.sum(np.exp(x), axis=-1, keepdims=True))
''',
    "_logsumexp": '''\
def _logsumexp(x):
    """log(sum(exp(x))) along the last axis, without overflow."""
    top = np.max(x, axis=-1, keepdims=True)
    top = np.where(np.isfinite(top), top, 0)
    with np.errstate(over="ignore", divide="ignore"):  # infinite entries: inf, or -inf if all are
        return np.log(np.sum(np.exp(x - top), axis=-1)) + top[..., 0]
''',
}

# Of these every library has its own.
SPELLED = {
    "_exponentials": {
        library: f'''\
def _exponentials(x):
    """exp(x - top), where top is the largest entry of each row, the sums of these along the rows, and top."""
    top = {top}
    top = {finite}
    e = {exp}
    return e, {total}, top
'''
        for library, top, finite, exp, total in (
            (
                "numpy",
                "np.max(x, axis=-1, keepdims=True)",
                "np.where(np.isfinite(top), top, 0)",
                "_exp(x - top)",
                "np.sum(e, axis=-1, keepdims=True)",
            ),
            (
                "jax",
                "jax.lax.stop_gradient(jnp.max(x, axis=-1, keepdims=True))",
                "jnp.where(jnp.isfinite(top), top, 0)",
                "jnp.exp(x - top)",
                "jnp.sum(e, axis=-1, keepdims=True)",
            ),
            (
                "torch",
                "torch.amax(x, dim=-1, keepdim=True).detach()",
                "torch.where(torch.isfinite(top), top, 0)",
                "torch.exp(x - top)",
                "torch.sum(e, dim=-1, keepdim=True)",
            ),
        )
    },
    **PLACES,
    "_kind_of": {
        "numpy": '''\
def _kind_of(given, names):
    """The common type of those of the arguments that are passed."""
    arrays = [_floats(name, given[name]) for name in names if given.get(name) is not None]
    return np.result_type(*arrays) if arrays else np.float64
''',
        "jax": '''\
def _kind_of(given, names):
    """The common type of those of the arguments that are passed."""
    arrays = [_floats(name, given[name]) for name in names if given.get(name) is not None]
    return jnp.result_type(*arrays) if arrays else float
''',
        "torch": '''\
def _kind_of(given, names):
    """The common dtype and device of those of the arguments that are passed."""
    tensors = [_floats(name, given[name]) for name in names if given.get(name) is not None]
    return _kind(*tensors) if tensors else {"dtype": torch.float64, "device": "cpu"}
''',
    },
    "_norm2": {
        "numpy": QUIET
        + '''\
def _norm2(x):
    """The length of x; scaled where squares would overflow or underflow."""
    length = _quiet.copy().run(np.linalg.norm, x)
    small = np.finfo(length.dtype).tiny**0.25
    if small < length < 1/small or not x.size:
        return length
    top = np.max(np.abs(x))
    return top*np.linalg.norm(x/top) if 0 < top < np.inf else top
''',
        "jax": '''\
def _norm2(x):
    """The length of x, scaled so that no square overflows or underflows; its derivative at 0 is 0."""
    top = jax.lax.stop_gradient(jnp.max(jnp.abs(x), initial=0))
    top = jnp.where((top > 0) & jnp.isfinite(top), top, 1)
    square = jnp.sum((x/top)**2)
    return jnp.where(square == 0, 0, top*jnp.sqrt(jnp.where(square == 0, 1, square)))
''',
        "torch": '''\
def _norm2(x):
    """The length of x, scaled so that no square overflows or underflows."""
    if x.numel() == 0:
        return x.sum()
    top = x.detach().abs().amax()
    top = torch.where((top > 0) & torch.isfinite(top), top, torch.ones_like(top))
    return top*torch.linalg.vector_norm(x/top)
''',
    },
    "_normp": {
        "numpy": '''\
def _normp(x, p):
    """sum(abs(x)**p)**(1/p), scaled so that no power overflows or underflows."""
    x = np.abs(x)
    top = np.max(x, initial=0)
    return top*np.sum((x/top)**p)**(1/p) if 0 < top < np.inf else top
''',
        "jax": '''\
def _normp(x, p):
    """sum(abs(x)**p)**(1/p), scaled so that no power overflows or underflows."""
    top = jax.lax.stop_gradient(jnp.max(jnp.abs(x), initial=0))
    top = jnp.where((top > 0) & jnp.isfinite(top), top, 1)
    total = jnp.sum((jnp.abs(x)/top)**p)
    return jnp.where(total == 0, 0, top*jnp.where(total == 0, 1, total)**(1/p))
''',
        "torch": '''\
def _normp(x, p):
    """sum(abs(x)**p)**(1/p), scaled so that no power overflows or underflows."""
    top = x.detach().abs().amax()
    top = torch.where((top > 0) & torch.isfinite(top), top, torch.ones_like(top))
    return top*torch.sum((x.abs()/top)**p)**(1/p)
''',
    },
    "_rownorm2": {
        "numpy": QUIET
        + '''\
def _rownorm2(x):
    """The lengths along the last axis of x; scaled where squares would overflow or underflow."""
    length = _quiet.copy().run(np.linalg.norm, x, axis=-1)
    small = np.finfo(length.dtype).tiny**0.25
    far = ~((small < length) & (length < 1/small))
    if not np.any(x[far]):  # but for rows of zeros
        return length
    top = np.max(np.abs(x), axis=-1, keepdims=True, initial=0)
    top = np.where((top > 0) & (top < np.inf), top, 1)
    return top[..., 0]*np.linalg.norm(x/top, axis=-1)
''',
        "jax": '''\
def _rownorm2(x):
    """The lengths along the last axis of x, scaled so that no square overflows or underflows; their derivative at 0 is 0."""
    top = jax.lax.stop_gradient(jnp.max(jnp.abs(x), axis=-1, keepdims=True, initial=0))
    top = jnp.where((top > 0) & jnp.isfinite(top), top, 1)
    square = jnp.sum((x/top)**2, axis=-1)
    return jnp.where(square == 0, 0, top[..., 0]*jnp.sqrt(jnp.where(square == 0, 1, square)))
''',
        "torch": '''\
def _rownorm2(x):
    """The lengths along the last axis of x, scaled so that no square overflows or underflows."""
    if x.numel() == 0:
        return x.sum(dim=-1)
    top = x.detach().abs().amax(dim=-1, keepdim=True)
    top = torch.where((top > 0) & torch.isfinite(top), top, torch.ones_like(top))
    return top[..., 0]*torch.linalg.vector_norm(x/top, dim=-1)
''',
    },
    "_spherical_jn": {
        "jax": '''\
def _spherical_jn(n, x):
    """The spherical Bessel function of order n: near 0 by its series, else by the recurrence from sin(x)/x."""
    far = jnp.abs(x) > n + 1
    near, x = jnp.where(far, 0, x), jnp.where(far, x, 1)
    term = near**n
    for k in range(3, 2*n + 2, 2):
        term = term/k
    series = term
    for k in range(1, 30 + n):
        term = -term*near**2/(2*k*(2*n + 2*k + 1))
        series = series + term
    low, high = jnp.cos(x)/x, jnp.sin(x)/x
    for k in range(n):
        low, high = high, (2*k + 1)/x*high - low
    return jnp.where(far, high, series)
''',
        "torch": '''\
def _spherical_jn(n, x):
    """The spherical Bessel function of order n: near 0 by its series, else by the recurrence from sin(x)/x."""
    far = x.abs() > n + 1
    near, x = torch.where(far, 0, x), torch.where(far, x, 1)
    term = near**n
    for k in range(3, 2*n + 2, 2):
        term = term/k
    series = term
    for k in range(1, 30 + n):
        term = -term*near**2/(2*k*(2*n + 2*k + 1))
        series = series + term
    low, high = torch.cos(x)/x, torch.sin(x)/x
    for k in range(n):
        low, high = high, (2*k + 1)/x*high - low
    return torch.where(far, high, series)
''',
        "math": '''\
def _spherical_jn(n, x):
    """The spherical Bessel function of order n: near 0 by its series, else by the recurrence from sin(x)/x."""
    n = int(n)
    if abs(x) <= n + 1:
        term = x**n/math.prod(range(1, 2*n + 2, 2))
        series = term
        for k in range(1, 30 + n):
            term *= -x*x/(2*k*(2*n + 2*k + 1))
            series += term
        return series
    low, high = math.cos(x)/x, math.sin(x)/x
    for k in range(n):
        low, high = high, (2*k + 1)/x*high - low
    return high
''',
    },
    "_symmetric": {
        "numpy": '''\
def _symmetric(A):
    """The symmetric part of a matrix."""
    return (A + np.swapaxes(A, -1, -2))/2
''',
        "jax": '''\
def _symmetric(A):
    """The symmetric part of a matrix."""
    return (A + jnp.swapaxes(A, -1, -2))/2
''',
        "torch": '''\
def _symmetric(A):
    """The symmetric part of a matrix."""
    return (A + torch.swapaxes(A, -1, -2))/2
''',
    },
    "_others": {
        "numpy": '''\
def _others(x):
    """For every entry of a row the product of the others."""
    one = np.ones_like(x[..., :1])
    before = np.cumprod(np.concatenate([one, x[..., :-1]], axis=-1), axis=-1)
    behind = np.cumprod(np.concatenate([one, x[..., :0:-1]], axis=-1), axis=-1)
    return before*behind[..., ::-1]
''',
        "jax": '''\
def _others(x):
    """For every entry of a row the product of the others."""
    one = jnp.ones_like(x[..., :1])
    before = jnp.cumprod(jnp.concatenate([one, x[..., :-1]], axis=-1), axis=-1)
    behind = jnp.cumprod(jnp.concatenate([one, x[..., :0:-1]], axis=-1), axis=-1)
    return before*behind[..., ::-1]
''',
        "torch": '''\
def _others(x):
    """For every entry of a row the product of the others."""
    one = torch.ones_like(x[..., :1])
    before = torch.cumprod(torch.cat([one, x[..., :-1]], dim=-1), dim=-1)
    behind = torch.cumprod(torch.cat([one, torch.flip(x[..., 1:], [-1])], dim=-1), dim=-1)
    return before*torch.flip(behind, [-1])
''',
    },
    "_pairs": {
        "numpy": '''\
def _pairs(x):
    """For every two different entries of a row the product of the others, 0 on the diagonal."""
    same = np.eye(x.shape[-1], dtype=bool)
    return np.where(same, 0, _others(np.where(same, 1, x[..., None, :])))
''',
        "jax": '''\
def _pairs(x):
    """For every two different entries of a row the product of the others, 0 on the diagonal."""
    same = jnp.eye(x.shape[-1], dtype=bool)
    return jnp.where(same, 0, _others(jnp.where(same, 1, x[..., None, :])))
''',
        "torch": '''\
def _pairs(x):
    """For every two different entries of a row the product of the others, 0 on the diagonal."""
    same = torch.eye(x.shape[-1], dtype=torch.bool, device=x.device)
    return torch.where(same, 0, _others(torch.where(same, 1, x[..., None, :])))
''',
    },
    "_running_others": {
        "numpy": '''\
def _running_others(x):
    """Row i, column j: the product of the entries up to j but for i, 0 left of the diagonal."""
    same = np.eye(x.shape[-1], dtype=bool)
    return np.triu(np.cumprod(np.where(same, 1, x[..., None, :]), axis=-1))
''',
        "jax": '''\
def _running_others(x):
    """Row i, column j: the product of the entries up to j but for i, 0 left of the diagonal."""
    same = jnp.eye(x.shape[-1], dtype=bool)
    return jnp.triu(jnp.cumprod(jnp.where(same, 1, x[..., None, :]), axis=-1))
''',
        "torch": '''\
def _running_others(x):
    """Row i, column j: the product of the entries up to j but for i, 0 left of the diagonal."""
    same = torch.eye(x.shape[-1], dtype=torch.bool, device=x.device)
    return torch.triu(torch.cumprod(torch.where(same, 1, x[..., None, :]), dim=-1))
''',
    },
    "_cumprod_pull": {
        "numpy": '''\
def _cumprod_pull(x, w):
    """The gradient of the sum of w*cumprod(x)."""
    return (_running_others(x) @ w[..., None])[..., 0]
''',
        "jax": '''\
def _cumprod_pull(x, w):
    """The gradient of the sum of w*cumprod(x)."""
    return (_running_others(x) @ w[..., None])[..., 0]
''',
        "torch": '''\
def _cumprod_pull(x, w):
    """The gradient of the sum of w*cumprod(x)."""
    return (_running_others(x) @ w[..., None])[..., 0]
''',
    },
    "_cumprod_push": {
        "numpy": '''\
def _cumprod_push(x, v):
    """The rate of cumprod(x) in the direction v."""
    return (v[..., None, :] @ _running_others(x))[..., 0, :]
''',
        "jax": '''\
def _cumprod_push(x, v):
    """The rate of cumprod(x) in the direction v."""
    return (v[..., None, :] @ _running_others(x))[..., 0, :]
''',
        "torch": '''\
def _cumprod_push(x, v):
    """The rate of cumprod(x) in the direction v."""
    return (v[..., None, :] @ _running_others(x))[..., 0, :]
''',
    },
    "_cumprod_second": {
        "numpy": '''\
def _cumprod_second(x, w, v):
    """The rate, in the direction v, of the gradient of the sum of w*cumprod(x)."""
    n = x.shape[-1]
    before, rate = [np.ones_like(x[..., 0])], [np.zeros_like(x[..., 0])]
    for i in range(n - 1):
        rate.append(rate[i]*x[..., i] + before[i]*v[..., i])
        before.append(before[i]*x[..., i])
    behind, slope, found = w[..., n - 1], np.zeros_like(x[..., 0]), []
    for i in reversed(range(n)):
        if i < n - 1:
            behind, slope = w[..., i] + x[..., i + 1]*behind, v[..., i + 1]*behind + x[..., i + 1]*slope
        found.append(rate[i]*behind + before[i]*slope)
    return np.stack(found[::-1], axis=-1)
''',
        "jax": '''\
def _cumprod_second(x, w, v):
    """The rate, in the direction v, of the gradient of the sum of w*cumprod(x)."""
    n = x.shape[-1]
    before, rate = [jnp.ones_like(x[..., 0])], [jnp.zeros_like(x[..., 0])]
    for i in range(n - 1):
        rate.append(rate[i]*x[..., i] + before[i]*v[..., i])
        before.append(before[i]*x[..., i])
    behind, slope, found = w[..., n - 1], jnp.zeros_like(x[..., 0]), []
    for i in reversed(range(n)):
        if i < n - 1:
            behind, slope = w[..., i] + x[..., i + 1]*behind, v[..., i + 1]*behind + x[..., i + 1]*slope
        found.append(rate[i]*behind + before[i]*slope)
    return jnp.stack(found[::-1], axis=-1)
''',
        "torch": '''\
def _cumprod_second(x, w, v):
    """The rate, in the direction v, of the gradient of the sum of w*cumprod(x)."""
    n = x.shape[-1]
    before, rate = [torch.ones_like(x[..., 0])], [torch.zeros_like(x[..., 0])]
    for i in range(n - 1):
        rate.append(rate[i]*x[..., i] + before[i]*v[..., i])
        before.append(before[i]*x[..., i])
    behind, slope, found = w[..., n - 1], torch.zeros_like(x[..., 0]), []
    for i in reversed(range(n)):
        if i < n - 1:
            behind, slope = w[..., i] + x[..., i + 1]*behind, v[..., i + 1]*behind + x[..., i + 1]*slope
        found.append(rate[i]*behind + before[i]*slope)
    return torch.stack(found[::-1], dim=-1)
''',
    },
    "_vech": {
        "numpy": '''\
def _vech(A):
    """The lower triangle of a matrix, column by column."""
    j, i = np.triu_indices(A.shape[-1])
    return A[..., i, j]
''',
        "jax": '''\
def _vech(A):
    """The lower triangle of a matrix, column by column."""
    j, i = jnp.triu_indices(A.shape[-1])
    return A[..., i, j]
''',
        "torch": '''\
def _vech(A):
    """The lower triangle of a matrix, column by column."""
    j, i = torch.triu_indices(A.shape[-1], A.shape[-1], device=A.device)
    return A[..., i, j]
''',
    },
    "_unvech": {
        "numpy": '''\
def _unvech(v):
    """The matrix with these entries in its lower triangle, column by column."""
    n = int((2*v.shape[-1])**0.5)
    j, i = np.triu_indices(n)
    A = np.zeros((*v.shape[:-1], n, n), v.dtype)
    A[..., i, j] = v
    return A
''',
        "jax": '''\
def _unvech(v):
    """The matrix with these entries in its lower triangle, column by column."""
    n = int((2*v.shape[-1])**0.5)
    j, i = jnp.triu_indices(n)
    return jnp.zeros((*v.shape[:-1], n, n), v.dtype).at[..., i, j].set(v)
''',
        "torch": '''\
def _unvech(v):
    """The matrix with these entries in its lower triangle, column by column."""
    n = int((2*v.shape[-1])**0.5)
    j, i = torch.triu_indices(n, n, device=v.device)
    A = torch.zeros((*v.shape[:-1], n, n), dtype=v.dtype, device=v.device)
    A[..., i, j] = v
    return A
''',
    },
    "_duplication": {
        "numpy": '''\
def _duplication(E):
    """The matrix that takes the lower triangle of a symmetric matrix, of the size of E, to all of its entries, columns stacked."""
    n = E.shape[-1]
    j, i = np.triu_indices(n)
    D = np.zeros((n*n, len(i)), E.dtype)
    D[i + n*j, np.arange(len(i))] = 1
    D[j + n*i, np.arange(len(i))] = 1
    return D
''',
        "jax": '''\
def _duplication(E):
    """The matrix that takes the lower triangle of a symmetric matrix, of the size of E, to all of its entries, columns stacked."""
    n = E.shape[-1]
    j, i = jnp.triu_indices(n)
    k = jnp.arange(len(i))
    return jnp.zeros((n*n, len(i)), E.dtype).at[i + n*j, k].set(1).at[j + n*i, k].set(1)
''',
        "torch": '''\
def _duplication(E):
    """The matrix that takes the lower triangle of a symmetric matrix, of the size of E, to all of its entries, columns stacked."""
    n = E.shape[-1]
    j, i = torch.triu_indices(n, n, device=E.device)
    k = torch.arange(len(i), device=E.device)
    D = torch.zeros((n*n, len(i)), dtype=E.dtype, device=E.device)
    D[i + n*j, k] = 1
    D[j + n*i, k] = 1
    return D
''',
    },
    "_polar": {
        "numpy": '''\
def _polar(A):
    """The orthogonal factor U*V' of A = U*diag(s)*V'."""
    u, _, v = np.linalg.svd(A, full_matrices=False)
    return u @ v
''',
        "jax": '''\
def _polar(A):
    """The orthogonal factor U*V' of A = U*diag(s)*V'."""
    u, _, v = jnp.linalg.svd(A, full_matrices=False)
    return u @ v
''',
        "torch": '''\
def _polar(A):
    """The orthogonal factor U*V' of A = U*diag(s)*V'."""
    u, _, v = torch.linalg.svd(A, full_matrices=False)
    return u @ v
''',
    },
    "_polar_adjoint": {
        "numpy": '''\
def _polar_adjoint(A, G):
    """The adjoint of the derivative of U*V' by A = U*diag(s)*V', at G."""
    u, s, v = np.linalg.svd(A, full_matrices=False)
    ut, vt = np.swapaxes(u, -1, -2), np.swapaxes(v, -1, -2)
    M = ut @ G @ vt
    K = (M - np.swapaxes(M, -1, -2))/(s[..., :, None] + s[..., None, :])
    right = (G @ vt/s[..., None, :]) @ v
    left = u/s[..., None, :] @ (ut @ G)
    return u @ K @ v + right - u @ (ut @ right) + left - left @ vt @ v
''',
        "jax": '''\
def _polar_adjoint(A, G):
    """The adjoint of the derivative of U*V' by A = U*diag(s)*V', at G."""
    u, s, v = jnp.linalg.svd(A, full_matrices=False)
    ut, vt = jnp.swapaxes(u, -1, -2), jnp.swapaxes(v, -1, -2)
    M = ut @ G @ vt
    K = (M - jnp.swapaxes(M, -1, -2))/(s[..., :, None] + s[..., None, :])
    right = (G @ vt/s[..., None, :]) @ v
    left = u/s[..., None, :] @ (ut @ G)
    return u @ K @ v + right - u @ (ut @ right) + left - left @ vt @ v
''',
        "torch": '''\
def _polar_adjoint(A, G):
    """The adjoint of the derivative of U*V' by A = U*diag(s)*V', at G."""
    u, s, v = torch.linalg.svd(A, full_matrices=False)
    ut, vt = torch.swapaxes(u, -1, -2), torch.swapaxes(v, -1, -2)
    M = ut @ G @ vt
    K = (M - torch.swapaxes(M, -1, -2))/(s[..., :, None] + s[..., None, :])
    right = (G @ vt/s[..., None, :]) @ v
    left = u/s[..., None, :] @ (ut @ G)
    return u @ K @ v + right - u @ (ut @ right) + left - left @ vt @ v
''',
    },
    "_sylvester": {
        "numpy": '''\
def _sylvester(A, B, Q):
    """X with A*X + X*B = Q, as one system of equations for its entries."""
    m, n = Q.shape[-2:]
    system = A[..., :, None, :, None]*np.eye(n, dtype=A.dtype)[:, None, :] + np.eye(m, dtype=A.dtype)[:, None, :, None]*np.swapaxes(B, -1, -2)[..., None, :, None, :]
    flat = np.linalg.solve(system.reshape(*system.shape[:-4], m*n, m*n), Q.reshape(*Q.shape[:-2], m*n, 1))
    return flat.reshape(Q.shape)
''',
        "jax": '''\
def _sylvester(A, B, Q):
    """X with A*X + X*B = Q, as one system of equations for its entries."""
    m, n = Q.shape[-2:]
    system = A[..., :, None, :, None]*jnp.eye(n, dtype=A.dtype)[:, None, :] + jnp.eye(m, dtype=A.dtype)[:, None, :, None]*jnp.swapaxes(B, -1, -2)[..., None, :, None, :]
    flat = jnp.linalg.solve(system.reshape(*system.shape[:-4], m*n, m*n), Q.reshape(*Q.shape[:-2], m*n, 1))
    return flat.reshape(Q.shape)
''',
        "torch": '''\
def _sylvester(A, B, Q):
    """X with A*X + X*B = Q, as one system of equations for its entries."""
    m, n = Q.shape[-2:]
    system = A[..., :, None, :, None]*torch.eye(n, dtype=A.dtype, device=A.device)[:, None, :] + torch.eye(m, dtype=A.dtype, device=A.device)[:, None, :, None]*torch.swapaxes(B, -1, -2)[..., None, :, None, :]
    flat = torch.linalg.solve(system.reshape(*system.shape[:-4], m*n, m*n), Q.reshape(*Q.shape[:-2], m*n, 1))
    return flat.reshape(Q.shape)
''',
    },
    "_sqrtm": {
        "numpy": '''\
def _sqrtm(A):
    """The principal square root of a matrix; nan where it is not real."""
    def one(a):
        root = scipy.linalg.sqrtm(a)
        return root.real if np.all(np.abs(root.imag) <= 1e-9*(1 + np.abs(root.real))) else np.full(a.shape, np.nan)
    return np.vectorize(one, signature="(n,n)->(n,n)")(A)
''',
        "jax": '''\
def _sqrtm(A):
    """The square root of a matrix, by the scaled iteration of Denman and Beavers."""
    n = A.shape[-1]
    y, z = A, A*0 + jnp.eye(n, dtype=A.dtype)
    for _ in range(24):
        scale = jnp.abs(jnp.linalg.det(y)*jnp.linalg.det(z))**(-1/(2*n))
        scale = scale[..., None, None]
        y, z = (scale*y + jnp.linalg.inv(z)/scale)/2, (scale*z + jnp.linalg.inv(y)/scale)/2
    return y
''',
        "torch": '''\
def _sqrtm(A):
    """The square root of a matrix, by the scaled iteration of Denman and Beavers."""
    n = A.shape[-1]
    y, z = A, A*0 + torch.eye(n, dtype=A.dtype, device=A.device)
    for _ in range(24):
        scale = torch.abs(torch.linalg.det(y)*torch.linalg.det(z))**(-1/(2*n))
        scale = scale[..., None, None]
        y, z = (scale*y + torch.linalg.inv(z)/scale)/2, (scale*z + torch.linalg.inv(y)/scale)/2
    return y
''',
    },
    "_logm": {
        "numpy": '''\
def _logm(A):
    """The principal logarithm of a matrix; nan where it is not real."""
    def one(a):
        log = scipy.linalg.logm(a)
        return log.real if np.all(np.abs(log.imag) <= 1e-9*(1 + np.abs(log.real))) else np.full(a.shape, np.nan)
    return np.vectorize(one, signature="(n,n)->(n,n)")(A)
''',
        "jax": '''\
def _logm(A):
    """The logarithm of a matrix: of its 64th root by an integral, Gauss's rule with eight nodes."""
    for _ in range(6):
        A = _sqrtm(A)
    one = jnp.eye(A.shape[-1], dtype=A.dtype)
    x = A - one
    total = 0*x
    for t, w in ((0.019855071751231912, 0.05061426814518853), (0.10166676129318664, 0.11119051722668721), (0.2372337950418355, 0.15685332293894344), (0.4082826787521751, 0.18134189168918083), (0.5917173212478248, 0.18134189168918083), (0.7627662049581645, 0.15685332293894344), (0.8983332387068134, 0.11119051722668721), (0.9801449282487681, 0.05061426814518853)):
        total = total + w*jnp.linalg.solve(one + t*x, x)
    return 64*total
''',
        "torch": '''\
def _logm(A):
    """The logarithm of a matrix: of its 64th root by an integral, Gauss's rule with eight nodes."""
    for _ in range(6):
        A = _sqrtm(A)
    one = torch.eye(A.shape[-1], dtype=A.dtype, device=A.device)
    x = A - one
    total = 0*x
    for t, w in ((0.019855071751231912, 0.05061426814518853), (0.10166676129318664, 0.11119051722668721), (0.2372337950418355, 0.15685332293894344), (0.4082826787521751, 0.18134189168918083), (0.5917173212478248, 0.18134189168918083), (0.7627662049581645, 0.15685332293894344), (0.8983332387068134, 0.11119051722668721), (0.9801449282487681, 0.05061426814518853)):
        total = total + w*torch.linalg.solve(one + t*x, x)
    return 64*total
''',
    },
    "_expm": {
        "numpy": '''\
def _expm(A):
    """The exponential of a matrix."""
    return np.vectorize(scipy.linalg.expm, signature="(n,n)->(n,n)")(A)
''',
    },
    "_matrix_power": {
        "numpy": '''\
def _matrix_power(A, k):
    """A to the power of a whole number."""
    if int(k) != k:
        raise ValueError(f"the exponent of a matrix should be a whole number, not {k}")
    return np.linalg.matrix_power(A, int(k))
''',
        "jax": '''\
def _matrix_power(A, k):
    """A to the power of a whole number."""
    if int(k) != k:
        raise ValueError(f"the exponent of a matrix should be a whole number, not {k}")
    return jnp.linalg.matrix_power(A, int(k))
''',
        "torch": '''\
def _matrix_power(A, k):
    """A to the power of a whole number."""
    if int(k) != k:
        raise ValueError(f"the exponent of a matrix should be a whole number, not {k}")
    return torch.linalg.matrix_power(A, int(k))
''',
    },
    "_frechet": {
        "numpy": '''\
def _frechet(function, A, E):
    """The rate of a function of matrices at A in the direction E: the block above the diagonal of the function of [A, E; 0, A]."""
    n = A.shape[-1]
    above = np.concatenate([A, E], axis=-1)
    below = np.concatenate([np.zeros_like(A), A], axis=-1)
    return function(np.concatenate([above, below], axis=-2))[..., :n, n:]
''',
        "jax": '''\
def _frechet(function, A, E):
    """The rate of a function of matrices at A in the direction E: the block above the diagonal of the function of [A, E; 0, A]."""
    n = A.shape[-1]
    above = jnp.concatenate([A, E], axis=-1)
    below = jnp.concatenate([jnp.zeros_like(A), A], axis=-1)
    return function(jnp.concatenate([above, below], axis=-2))[..., :n, n:]
''',
        "torch": '''\
def _frechet(function, A, E):
    """The rate of a function of matrices at A in the direction E: the block above the diagonal of the function of [A, E; 0, A]."""
    n = A.shape[-1]
    above = torch.cat([A, E], dim=-1)
    below = torch.cat([torch.zeros_like(A), A], dim=-1)
    return function(torch.cat([above, below], dim=-2))[..., :n, n:]
''',
    },
    "_adjugate": {
        "numpy": '''\
def _adjugate(A):
    """det(A)*inv(A), which singular matrices have as well."""
    try:
        inverse = np.linalg.inv(A)
        if np.all(np.linalg.norm(A, axis=(-2, -1))*np.linalg.norm(inverse, axis=(-2, -1)) < 1e6):
            return np.linalg.det(A)[..., None, None]*inverse
    except np.linalg.LinAlgError:
        pass
    u, s, v = np.linalg.svd(A)
    one = np.ones_like(s[..., :1])
    before = np.cumprod(np.concatenate([one, s[..., :-1]], axis=-1), axis=-1)
    behind = np.cumprod(np.concatenate([one, s[..., :0:-1]], axis=-1), axis=-1)[..., ::-1]
    others = before*behind*(np.linalg.det(u)*np.linalg.det(v))[..., None]
    return np.swapaxes(v, -1, -2) @ (others[..., None]*np.swapaxes(u, -1, -2))
''',
        "jax": '''\
def _adjugate(A):
    """det(A)*inv(A), which singular matrices have as well: the transposed gradient of det."""
    return jnp.swapaxes(jnp.vectorize(jax.grad(jnp.linalg.det), signature="(n,n)->(n,n)")(A), -1, -2)
''',
        "torch": '''\
def _adjugate(A):
    """det(A)*inv(A), which singular matrices have as well; no branch depends on numbers, and no derivative is nan."""
    n = A.shape[-1]
    inverse, info = torch.linalg.inv_ex(A.detach())
    fine = (info == 0) & (torch.linalg.matrix_norm(A.detach())*torch.linalg.matrix_norm(inverse) < 1e6)
    fine = fine[..., None, None]
    regular = torch.where(fine, A, torch.eye(n, dtype=A.dtype, device=A.device))
    u, s, v = torch.linalg.svd(torch.where(fine, torch.diag(torch.arange(1, n + 1, dtype=A.dtype, device=A.device)), A))
    one = torch.ones_like(s[..., :1])
    before = torch.cumprod(torch.cat([one, s[..., :-1]], dim=-1), dim=-1)
    behind = torch.flip(torch.cumprod(torch.cat([one, torch.flip(s[..., 1:], (-1,))], dim=-1), dim=-1), (-1,))
    others = before*behind*(torch.linalg.det(u)*torch.linalg.det(v))[..., None]
    singular = v.transpose(-1, -2) @ (others[..., None]*u.transpose(-1, -2))
    return torch.where(fine, torch.linalg.det(regular)[..., None, None]*torch.linalg.inv_ex(regular)[0], singular)
''',
    },
    "_erfc_scaled": {
        "numpy": '''\
def _erfc_scaled(x):
    """erfc(x)*exp(max(x, 0)**2)."""
    return np.where(x > 0, scipy.special.erfcx(np.maximum(x, 0)), scipy.special.erfc(np.minimum(x, 0)))[()]
''',
        "jax": '''\
def _erfc_scaled(x):
    """erfc(x)*exp(max(x, 0)**2), from 10 (in float32 from 4) on by its asymptotic series."""
    far = x > (10 if jnp.asarray(x).dtype == jnp.float64 else 4)
    near = jnp.where(far, 0, x)
    w = 1/(2*jnp.where(far, x, 1)**2)
    series = 1.0
    for k in range(19, 0, -2):
        series = 1 - k*w*series
    near = jax.scipy.special.erfc(near)*jnp.exp(jnp.maximum(near, 0)**2)
    return jnp.where(far, series/(jnp.where(far, x, 1)*jnp.pi**0.5), near)
''',
        "torch": '''\
def _erfc_scaled(x):
    """erfc(x)*exp(max(x, 0)**2)."""
    return torch.where(x > 0, torch.special.erfcx(x.clamp(min=0)), torch.erfc(x.clamp(max=0)))
''',
        "math": '''\
def _erfc_scaled(x):
    """erfc(x)*exp(max(x, 0)**2), from 10 on by its asymptotic series."""
    if x <= 10:
        return math.erfc(x)*math.exp(max(x, 0.0)**2)
    series = 1.0
    for k in range(19, 0, -2):
        series = 1 - k*series/(2*x*x)
    return series/(x*math.pi**0.5)
''',
    },
}
HELPERS |= dict.fromkeys(SPELLED, "")


def helper_text(name: str, target: Target) -> str:
    """The text of a helper for a target."""
    return SPELLED[name].get(target.name, "") if name in SPELLED else HELPERS[name]
