"""Helpers of a source that are alike in every library: how arguments are read, and texts that differ in a word or two.

`#ready`, `#floats`, `#shape`, `#alike`, `#counted`, `#joint`, `#stack` and `#cache` are the library's (`python/library.py`); lines that end
in `#plain` or `#mixed` are left out where it has no such word.
"""

from __future__ import annotations

# In the order in which a source shows those that it needs.
ARGUMENTS = {
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
    "_kind": "",  # where the type of an array is not one thing
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
}

QUIET = """\
_quiet = contextvars.Context()  # to enter a copy of it takes a tenth of the time of np.errstate
_quiet.run(np.seterr, over="ignore")


"""

# NumPy has none of these; logaddexp and its reduction take ten times as long. Where a value depends on no argument, it is computed by NumPy in
# the sources for other libraries, too.
CONSTANTS = {
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
    "_erfc_scaled": '''\
def _erfc_scaled(x):
    """erfc(x)*exp(max(x, 0)**2)."""
    return np.where(x > 0, scipy.special.erfcx(np.maximum(x, 0)), scipy.special.erfc(np.minimum(x, 0)))[()]
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


# For these NumPy asks SciPy; libraries that trace a function to differentiate it need them written out, and share the words.
TRACED = {
    "_spherical_jn": '''\
def _spherical_jn(n, x):
    """The spherical Bessel function of order n: near 0 by its series, else by the recurrence from sin(x)/x."""
    far = np.abs(x) > n + 1
    near, x = np.where(far, 0, x), np.where(far, x, 1)
    term = near**n
    for k in range(3, 2*n + 2, 2):
        term = term/k
    series = term
    for k in range(1, 30 + n):
        term = -term*near**2/(2*k*(2*n + 2*k + 1))
        series = series + term
    low, high = np.cos(x)/x, np.sin(x)/x
    for k in range(n):
        low, high = high, (2*k + 1)/x*high - low
    return np.where(far, high, series)
''',
    "_sqrtm": '''\
def _sqrtm(A):
    """The square root of a matrix, by the scaled iteration of Denman and Beavers."""
    n = A.shape[-1]
    y, z = A, A*0 + np.eye(n, dtype=A.dtype)
    for _ in range(24):
        scale = np.abs(np.linalg.det(y)*np.linalg.det(z))**(-1/(2*n))
        scale = scale[..., None, None]
        y, z = (scale*y + np.linalg.inv(z)/scale)/2, (scale*z + np.linalg.inv(y)/scale)/2
    return y
''',
    "_logm": '''\
def _logm(A):
    """The logarithm of a matrix: of its 64th root by an integral, Gauss's rule with eight nodes."""
    for _ in range(6):
        A = _sqrtm(A)
    one = np.eye(A.shape[-1], dtype=A.dtype)
    x = A - one
    total = 0*x
    for t, w in ((0.019855071751231912, 0.05061426814518853), (0.10166676129318664, 0.11119051722668721), (0.2372337950418355, 0.15685332293894344), (0.4082826787521751, 0.18134189168918083), (0.5917173212478248, 0.18134189168918083), (0.7627662049581645, 0.15685332293894344), (0.8983332387068134, 0.11119051722668721), (0.9801449282487681, 0.05061426814518853)):
        total = total + w*np.linalg.solve(one + t*x, x)
    return 64*total
''',
}


def exponentials(top: str, finite: str, exp: str, total: str) -> str:
    """The helper `_exponentials` from what a library calls its parts."""
    return f'''\
def _exponentials(x):
    """exp(x - top), where top is the largest entry of each row, the sums of these along the rows, and top."""
    top = {top}
    top = {finite}
    e = {exp}
    return e, {total}, top
'''


def sliced(flip: str, pad: str) -> str:
    """The helper `_slice` from what a library calls its parts."""
    return f'''\
def _slice(x, start, count, axis=0, sign=1):
    """The `count` entries of x along an axis from `start` on, or back from there; 0 where there are none."""
    size = x.shape[axis]
    if sign < 0:
        x, start = {flip}, size - 1 - start
    before, behind = min(max(-start, 0), count), min(max(start + count - size, 0), count)
    x = x[(slice(None),)*axis + (slice(max(start, 0), max(start + count, 0)),)]
    if before or behind:
        x = {pad}
    return x
'''


def windows(made: str) -> str:
    """The helper `_windows` from what a library calls its parts."""
    return f'''\
def _windows(x, start, signs, counts):
    """x at start + i*signs[0] + j*signs[1] for both indices, which count from 1."""
    first, other = counts
    low = start + sum(1 if sign > 0 else -count for sign, count in zip(signs, counts))
    x = _slice(x, low, first + other - 1 if first and other else 0)
{made}
'''


def convolved(size: str, zeros: str, flip_w: str, made: str, flip: str) -> str:
    """The helper `_convolved` from what a library calls its parts."""
    size_w = size.replace("x", "w")
    return f'''\
def _convolved(x, w, places, counts):
    """The sum of w[j]*x[start + i*other + j*along] over j, for `counts` values of i, both from 1; places: these three for each axis."""
    if not {size} or not {size_w} or 0 in counts:
        return {zeros}
    if {size} < {size_w}:  # the smaller is what is moved along the other
        x, w = w, x
        places = [place if place[2] < 0 else (-place[0] - 2, -place[1], 1) for place in places]
    turned = tuple([axis for axis, place in enumerate(places) if place[2] < 0])
    for axis, ((start, other, along), count) in enumerate(zip(places, counts)):
        k = w.shape[axis]
        x = _slice(x, start + (1 if along > 0 else -k) + (1 if other > 0 else -count), count + k - 1, axis)
    w = {flip_w}
{made}
    turned = tuple([axis for axis, place in enumerate(places) if place[1] < 0])
    return {flip} if turned else found
'''


def take_inside(clip: str, moved: str, joined: str) -> str:
    """The helper `_take_inside` from what a library calls its parts."""
    return f'''\
def _take_inside(x, start, count, low, high, axis=0):
    """The entries of x along an axis at start + i for i from 1 to `count`, each i kept between low and high."""
    places = start + {clip}
    if high < low or low > count or high < 1 or not 0 <= start + low <= start + high < x.shape[axis]:
        return {moved}
    low, high = max(low, 1), min(high, count)
    x = _slice(x, start + low, high - low + 1, axis)
    if low == 1 and high == count:
        return x
    first, last = [x[(slice(None),)*axis + (slice(k, k + 1 or None),)] for k in (0, -1)]
    return {joined}
'''


def put_inside(clip: str, cat: str) -> str:
    """The helper `_put_inside` from what a library calls its parts."""
    return f'''\
def _put_inside(g, start, size, low, high):
    """The sums of the g[i] along an axis of this size, at start + i for i from 1 on, each i kept between low and high."""
    count = g.shape[0]
    if not 1 <= low <= high <= count:
        return _put(g, start + 1 + {clip}, size)
    middle = g[low - 1:high]
    if low > 1:
        middle = {cat}([g[:low].sum(0)[None], middle[1:]])
    if high < count:
        middle = {cat}([middle[:-1], middle[-1:] + g[high:].sum(0)[None]])
    return _slice(middle, -(start + low), size)
'''
