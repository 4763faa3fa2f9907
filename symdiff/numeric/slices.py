"""Helpers of a source that take, put and add up entries by their places, as each library does it."""

# Entries by their places, counted from 1 in `index` and from 0 in `start`; x has zeros on all sides.
PLACES = {
    "_slice": {
        library: f'''\
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
        for library, flip, pad in (
            (
                "numpy",
                "np.flip(x, axis)",
                "np.concatenate([np.zeros(x.shape[:axis] + (k,) + x.shape[axis + 1:], x.dtype) if k >= 0 else x for k in (before, -1, behind)], axis)",
            ),
            ("jax", "jnp.flip(x, axis)", "jnp.pad(x, [(before, behind) if k == axis else (0, 0) for k in range(x.ndim)])"),
            ("torch", "x.flip(axis)", "torch.nn.functional.pad(x, (0, 0)*(x.ndim - 1 - axis) + (before, behind))"),
        )
    },
    "_windows": {
        library: f'''\
def _windows(x, start, signs, counts):
    """x at start + i*signs[0] + j*signs[1] for both indices, which count from 1."""
    first, other = counts
    low = start + sum(1 if sign > 0 else -count for sign, count in zip(signs, counts))
    x = _slice(x, low, first + other - 1 if first and other else 0)
{made}
'''
        for library, made in (
            (
                "numpy",
                """    x = np.moveaxis(np.lib.stride_tricks.sliding_window_view(x, other, axis=0), -1, 1) if x.size else x.reshape(first, other, *x.shape[1:])
    return x[::signs[0], ::signs[1]]""",
            ),
            (
                "jax",
                """    if other < first:
        x = jnp.stack([x[k:k + first] for k in range(other)], axis=1) if other <= 32 else x[jnp.arange(first)[:, None] + jnp.arange(other)]
    else:
        x = jnp.stack([x[k:k + other] for k in range(first)]) if 0 < first <= 32 else x[jnp.arange(first)[:, None] + jnp.arange(other)]
    return x[::signs[0], ::signs[1]]""",
            ),
            (
                "torch",
                """    x = x.unfold(0, other, 1).movedim(-1, 1) if x.numel() else x.reshape(first, other, *x.shape[1:])
    return x.flip([k for k in (0, 1) if signs[k] < 0])""",
            ),
        )
    },
    "_convolved": {
        library: f'''\
def _convolved(x, w, places, counts):
    """The sum of w[j]*x[start + i*other + j*along] over j, for `counts` values of i, both from 1; places: these three for each axis."""
    if not x.size_ or not w.size_ or 0 in counts:
        return {zeros}
    if x.size_ < w.size_:  # the smaller is what is moved along the other
        x, w = w, x
        places = [place if place[2] < 0 else (-place[0] - 2, -place[1], 1) for place in places]
    turned = tuple([axis for axis, place in enumerate(places) if place[2] < 0])
    for axis, ((start, other, along), count) in enumerate(zip(places, counts)):
        k = w.shape[axis]
        x = _slice(x, start + (1 if along > 0 else -k) + (1 if other > 0 else -count), count + k - 1, axis)
    w = {flip_w}
{made}
    turned = tuple([axis for axis, place in enumerate(places) if place[1] < 0])
    return {flip}
'''.replace("x.size_", size_x).replace("w.size_", size_x.replace("x", "w"))
        for library, size_x, zeros, flip_w, made, flip in (
            (
                "numpy",
                "x.size",
                "np.zeros(counts, np.result_type(x, w))",
                "np.flip(w, turned)",
                """    if w.ndim == 1:
        found = np.correlate(x, w, "valid")
    elif np.prod(counts) < w.size:
        found = np.zeros(counts, np.result_type(x, w))
        for place in np.ndindex(*counts):
            found[place] = np.vdot(w, x[tuple([slice(k, k + n) for k, n in zip(place, w.shape)])])
    else:
        found = np.zeros(counts, np.result_type(x, w))
        for place in np.ndindex(*w.shape):
            found += w[place]*x[tuple([slice(k, k + n) for k, n in zip(place, counts)])]""",
                "np.flip(found, turned)",
            ),
            (
                "jax",
                "x.size",
                "jnp.zeros(counts, jnp.result_type(x, w))",
                "jnp.flip(w, turned)",
                """    few = 1
    for n in counts:
        few *= n
    if few <= 32:
        found = [(w*x[tuple([slice(k, k + n) for k, n in zip(place, w.shape)])]).sum() for place in np.ndindex(*counts)]
        found = jnp.stack(found).reshape(counts)
    elif w.size <= 32:
        found = sum([w[place]*x[tuple([slice(k, k + n) for k, n in zip(place, counts)])] for place in np.ndindex(*w.shape)])
    else:
        found = jax.lax.conv_general_dilated(x[None, None], w[None, None], (1,)*w.ndim, "VALID")[0, 0]""",
                "jnp.flip(found, turned)",
            ),
            (
                "torch",
                "x.numel()",
                "x.new_zeros(counts)",
                "w.flip(turned)",
                """    few = 1
    for n in counts:
        few *= n
    if few <= 32 and few < w.numel():
        spots = [()]
        for n in counts:
            spots = [(*spot, k) for spot in spots for k in range(n)]
        found = [torch.sum(w*x[tuple([slice(k, k + n) for k, n in zip(spot, w.shape)])]) for spot in spots]
        found = torch.stack(found).reshape(counts)
    else:
        found = (torch.nn.functional.conv1d if w.ndim == 1 else torch.nn.functional.conv2d)(x[None, None], w[None, None])[0, 0]""",
                "found.flip(turned)",
            ),
        )
    },
    "_take": {
        "numpy": '''\
def _take(x, index, shared=0):
    """x at the places of the index, counted from 1; 0 where there is none. They have the first axes in common, `shared` of them."""
    index = np.asarray(index).astype(np.intp) - 1
    size = x.shape[shared]
    inside = (index >= 0) & (index < size)
    safe = index if inside.all() else np.where(inside, index, 0)
    if not size:
        return np.zeros(index.shape + x.shape[shared + 1:], x.dtype)
    front = tuple([np.arange(x.shape[k]).reshape([-1 if k == axis else 1 for axis in range(index.ndim)]) for k in range(shared)])
    found = x[(*front, safe)]
    return found if safe is index else np.where(inside.reshape(inside.shape + (1,)*(found.ndim - index.ndim)), found, 0)
''',
        "jax": '''\
def _take(x, index, shared=0):
    """x at the places of the index, counted from 1; 0 where there is none. They have the first axes in common, `shared` of them."""
    index = jnp.asarray(index).astype(int) - 1
    index = jnp.where(index < 0, x.shape[shared], index)
    front = tuple([jnp.arange(x.shape[k]).reshape([-1 if k == axis else 1 for axis in range(index.ndim)]) for k in range(shared)])
    return x.at[(*front, index)].get(mode="fill", fill_value=0)
''',
        "torch": '''\
def _take(x, index, shared=0):
    """x at the places of the index, counted from 1; 0 where there is none. They have the first axes in common, `shared` of them."""
    index = torch.as_tensor(index, device=x.device).long() - 1
    size = x.shape[shared]
    if not size:
        return x.new_zeros((*index.shape, *x.shape[shared + 1:]))
    inside = (index >= 0) & (index < size)
    front = [torch.arange(x.shape[k], device=x.device).reshape([-1 if k == axis else 1 for axis in range(index.ndim)]) for k in range(shared)]
    found = x[(*front, torch.where(inside, index, 0))]
    return torch.where(inside.reshape(inside.shape + (1,)*(found.ndim - index.ndim)), found, 0)
''',
    },
    "_put": {
        "numpy": '''\
def _put(g, index, size, shared=0):
    """The sums of the g whose index, counted from 1, is the place, along an axis of this size; the first axes, `shared` of them, stay."""
    index = np.asarray(index).astype(np.intp) - 1
    inside = (index >= 0) & (index < size)
    rest = g.shape[index.ndim:]
    front, safe = g.shape[:shared], np.where(inside, index, size)
    rows = int(np.prod(front, dtype=int))
    safe = safe.reshape(rows, -1) + (size + 1)*np.arange(rows)[:, None]
    g = g.reshape(safe.size, -1)
    width = g.shape[1]
    if width == 1:
        found = np.bincount(safe.ravel(), g.ravel(), rows*(size + 1)).astype(g.dtype)
    else:
        found = np.zeros((rows*(size + 1), width), g.dtype)
        np.add.at(found, safe.ravel(), g)
    return found.reshape(rows, size + 1, width)[:, :size].reshape(front + (size,) + rest)
''',
        "jax": '''\
def _put(g, index, size, shared=0):
    """The sums of the g whose index, counted from 1, is the place, along an axis of this size; the first axes, `shared` of them, stay."""
    index = jnp.asarray(index).astype(int) - 1
    index = jnp.where(index < 0, size, index)
    front = tuple([jnp.arange(g.shape[k]).reshape([-1 if k == axis else 1 for axis in range(index.ndim)]) for k in range(shared)])
    return jnp.zeros(g.shape[:shared] + (size,) + g.shape[index.ndim:], g.dtype).at[(*front, index)].add(g, mode="drop")
''',
        "torch": '''\
def _put(g, index, size, shared=0):
    """The sums of the g whose index, counted from 1, is the place, along an axis of this size; the first axes, `shared` of them, stay."""
    index = torch.as_tensor(index, device=g.device).long() - 1
    safe = torch.where((index >= 0) & (index < size), index, size)
    front, rest = tuple(g.shape[:shared]), tuple(g.shape[index.ndim:])
    rows = 1
    for n in front:
        rows *= n
    safe = safe.reshape(rows, -1) + (size + 1)*torch.arange(rows, device=g.device)[:, None]
    found = g.new_zeros((rows*(size + 1), *rest)).index_add(0, safe.reshape(-1), g.reshape(-1, *rest))
    return found.reshape(rows, size + 1, *rest)[:, :size].reshape(front + (size,) + rest)
''',
    },
    "_take_inside": {
        library: f'''\
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
        for library, clip, moved, joined in (
            (
                "numpy",
                "np.clip(np.arange(1, count + 1), low, high)",
                "np.moveaxis(_take(np.moveaxis(x, axis, 0), places + 1), 0, axis)",
                "np.concatenate([np.repeat(first, low - 1, axis), x, np.repeat(last, count - high, axis)], axis)",
            ),
            (
                "jax",
                "jnp.clip(jnp.arange(1, count + 1), low, high)",
                "jnp.moveaxis(_take(jnp.moveaxis(x, axis, 0), places + 1), 0, axis)",
                "jnp.concatenate([jnp.repeat(first, low - 1, axis), x, jnp.repeat(last, count - high, axis)], axis)",
            ),
            (
                "torch",
                "torch.arange(1, count + 1, device=x.device).clamp(low, high)",
                "_take(x.movedim(axis, 0), places + 1).movedim(0, axis)",
                "torch.cat([first.repeat_interleave(low - 1, axis), x, last.repeat_interleave(count - high, axis)], axis)",
            ),
        )
    },
    "_put_inside": {
        library: f'''\
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
        for library, clip, cat in (
            ("numpy", "np.clip(np.arange(1, count + 1), low, high)", "np.concatenate"),
            ("jax", "jnp.clip(jnp.arange(1, count + 1), low, high)", "jnp.concatenate"),
            ("torch", "torch.arange(1, count + 1, device=g.device).clamp(low, high)", "torch.cat"),
        )
    },
    "_upto": {
        "numpy": '''\
def _upto(x, index):
    """The sums of x along its first axis up to the index, which counts from 1."""
    sums = np.concatenate([np.zeros((1, *x.shape[1:]), x.dtype), np.cumsum(x, axis=0)])
    return sums[np.clip(np.asarray(index).astype(np.intp), 0, x.shape[0])]
''',
        "jax": '''\
def _upto(x, index):
    """The sums of x along its first axis up to the index, which counts from 1."""
    sums = jnp.concatenate([jnp.zeros((1, *x.shape[1:]), x.dtype), jnp.cumsum(x, axis=0)])
    return sums[jnp.clip(jnp.asarray(index).astype(int), 0, x.shape[0])]
''',
        "torch": '''\
def _upto(x, index):
    """The sums of x along its first axis up to the index, which counts from 1."""
    sums = torch.cat([x.new_zeros((1, *x.shape[1:])), torch.cumsum(x, 0)])
    return sums[torch.as_tensor(index, device=x.device).long().clamp(0, x.shape[0])]
''',
    },
    "_from": {
        "numpy": '''\
def _from(x, index):
    """The sums of x along its first axis from the index on, which counts from 1."""
    sums = np.concatenate([np.cumsum(x[::-1], axis=0)[::-1], np.zeros((1, *x.shape[1:]), x.dtype)])
    return sums[np.clip(np.asarray(index).astype(np.intp) - 1, 0, x.shape[0])]
''',
        "jax": '''\
def _from(x, index):
    """The sums of x along its first axis from the index on, which counts from 1."""
    sums = jnp.concatenate([jnp.cumsum(x[::-1], axis=0)[::-1], jnp.zeros((1, *x.shape[1:]), x.dtype)])
    return sums[jnp.clip(jnp.asarray(index).astype(int) - 1, 0, x.shape[0])]
''',
        "torch": '''\
def _from(x, index):
    """The sums of x along its first axis from the index on, which counts from 1."""
    sums = torch.cat([torch.cumsum(x.flip(0), 0).flip(0), x.new_zeros((1, *x.shape[1:]))])
    return sums[(torch.as_tensor(index, device=x.device).long() - 1).clamp(0, x.shape[0])]
''',
    },
    "_sums": {
        "numpy": '''\
def _sums(x):
    """The sums of x along its first axis up to each place."""
    return np.cumsum(x, axis=0)
''',
        "jax": '''\
def _sums(x):
    """The sums of x along its first axis up to each place."""
    return jnp.cumsum(x, axis=0)
''',
        "torch": '''\
def _sums(x):
    """The sums of x along its first axis up to each place."""
    return torch.cumsum(x, 0)
''',
    },
    "_sums_back": {
        "numpy": '''\
def _sums_back(x):
    """The sums of x along its first axis from each place on."""
    return np.cumsum(x[::-1], axis=0)[::-1]
''',
        "jax": '''\
def _sums_back(x):
    """The sums of x along its first axis from each place on."""
    return jnp.cumsum(x[::-1], axis=0)[::-1]
''',
        "torch": '''\
def _sums_back(x):
    """The sums of x along its first axis from each place on."""
    return torch.cumsum(x.flip(0), 0).flip(0)
''',
    },
}
