"""PyTorch: tensors, which have a device and mix with nothing else."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import ClassVar

from symdiff.numeric.targets import helpers
from symdiff.numeric.targets.numpy import HELPERS as NUMPY
from symdiff.numeric.targets.python import PythonTarget

HELPERS = {
    "_kind": '''\
def _kind(*tensors):
    """The dtype and device that the tensors have in common."""
    dtype = tensors[0].dtype
    for tensor in tensors[1:]:
        dtype = torch.promote_types(dtype, tensor.dtype)
    return {"dtype": dtype, "device": tensors[0].device}
''',
    "_exponentials": helpers.exponentials(
        top="torch.amax(x, dim=-1, keepdim=True).detach()",
        finite="torch.where(torch.isfinite(top), top, 0)",
        exp="torch.exp(x - top)",
        total="torch.sum(e, dim=-1, keepdim=True)",
    ),
    "_slice": helpers.sliced(
        flip="x.flip(axis)",
        pad="torch.nn.functional.pad(x, (0, 0)*(x.ndim - 1 - axis) + (before, behind))",
    ),
    "_windows": helpers.windows(
        made="""    x = x.unfold(0, other, 1).movedim(-1, 1) if x.numel() else x.reshape(first, other, *x.shape[1:])
    return x.flip([k for k in (0, 1) if signs[k] < 0])""",
    ),
    "_convolved": helpers.convolved(
        size="x.numel()",
        zeros="x.new_zeros(counts)",
        flip_w="w.flip(turned)",
        made="""    few = 1
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
        flip="found.flip(turned)",
    ),
    "_take": '''\
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
    "_put": '''\
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
    "_take_inside": helpers.take_inside(
        clip="torch.arange(1, count + 1, device=x.device).clamp(low, high)",
        moved="_take(x.movedim(axis, 0), places + 1).movedim(0, axis)",
        joined="torch.cat([first.repeat_interleave(low - 1, axis), x, last.repeat_interleave(count - high, axis)], axis)",
    ),
    "_put_inside": helpers.put_inside(clip="torch.arange(1, count + 1, device=g.device).clamp(low, high)", cat="torch.cat"),
    "_upto": '''\
def _upto(x, index):
    """The sums of x along its first axis up to the index, which counts from 1."""
    sums = torch.cat([x.new_zeros((1, *x.shape[1:])), torch.cumsum(x, 0)])
    return sums[torch.as_tensor(index, device=x.device).long().clamp(0, x.shape[0])]
''',
    "_from": '''\
def _from(x, index):
    """The sums of x along its first axis from the index on, which counts from 1."""
    sums = torch.cat([torch.cumsum(x.flip(0), 0).flip(0), x.new_zeros((1, *x.shape[1:]))])
    return sums[(torch.as_tensor(index, device=x.device).long() - 1).clamp(0, x.shape[0])]
''',
    "_sums": '''\
def _sums(x):
    """The sums of x along its first axis up to each place."""
    return torch.cumsum(x, 0)
''',
    "_sums_back": '''\
def _sums_back(x):
    """The sums of x along its first axis from each place on."""
    return torch.cumsum(x.flip(0), 0).flip(0)
''',
    "_kind_of": '''\
def _kind_of(given, names):
    """The common dtype and device of those of the arguments that are passed."""
    tensors = [_floats(name, given[name]) for name in names if given.get(name) is not None]
    return _kind(*tensors) if tensors else {"dtype": torch.float64, "device": "cpu"}
''',
    "_norm2": '''\
def _norm2(x):
    """The length of x, scaled so that no square overflows or underflows."""
    if x.numel() == 0:
        return x.sum()
    top = x.detach().abs().amax()
    top = torch.where((top > 0) & torch.isfinite(top), top, torch.ones_like(top))
    return top*torch.linalg.vector_norm(x/top)
''',
    "_normp": '''\
def _normp(x, p):
    """sum(abs(x)**p)**(1/p), scaled so that no power overflows or underflows."""
    top = x.detach().abs().amax()
    top = torch.where((top > 0) & torch.isfinite(top), top, torch.ones_like(top))
    return top*torch.sum((x.abs()/top)**p)**(1/p)
''',
    "_rownorm2": '''\
def _rownorm2(x):
    """The lengths along the last axis of x, scaled so that no square overflows or underflows."""
    if x.numel() == 0:
        return x.sum(dim=-1)
    top = x.detach().abs().amax(dim=-1, keepdim=True)
    top = torch.where((top > 0) & torch.isfinite(top), top, torch.ones_like(top))
    return top[..., 0]*torch.linalg.vector_norm(x/top, dim=-1)
''',
    "_others": '''\
def _others(x):
    """For every entry of a row the product of the others."""
    one = torch.ones_like(x[..., :1])
    before = torch.cumprod(torch.cat([one, x[..., :-1]], dim=-1), dim=-1)
    behind = torch.cumprod(torch.cat([one, torch.flip(x[..., 1:], [-1])], dim=-1), dim=-1)
    return before*torch.flip(behind, [-1])
''',
    "_vech": '''\
def _vech(A):
    """The lower triangle of a matrix, column by column."""
    j, i = torch.triu_indices(A.shape[-1], A.shape[-1], device=A.device)
    return A[..., i, j]
''',
    "_unvech": '''\
def _unvech(v):
    """The matrix with these entries in its lower triangle, column by column."""
    n = int((2*v.shape[-1])**0.5)
    j, i = torch.triu_indices(n, n, device=v.device)
    A = torch.zeros((*v.shape[:-1], n, n), dtype=v.dtype, device=v.device)
    A[..., i, j] = v
    return A
''',
    "_duplication": '''\
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
    "_right": '''\
def _right(A):
    """V of A = U diag(s) V'."""
    v = torch.linalg.svd(A)[2]
    return v.transpose(-1, -2)
''',
    "_adjugate": '''\
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
    "_erfc_traced": '''\
def _erfc_traced(x):
    """erfc(x)*exp(max(x, 0)**2)."""
    return torch.where(x > 0, torch.special.erfcx(x.clamp(min=0)), torch.erfc(x.clamp(max=0)))
''',
}


def adapted(text: str) -> str:
    """A helper of NumPy's in PyTorch's words; what is made stands on the device of what it is made for."""
    text = text.replace("np.concatenate(", "torch.cat(").replace("keepdims=", "keepdim=").replace("axis=", "dim=")
    text = re.sub(r"dtype=(\w+)\.dtype", r"dtype=\1.dtype, device=\1.device", text)
    text = re.sub(r"\b(\w+)(\.shape\[.*?\]), dtype=bool", r"\1\2, dtype=torch.bool, device=\1.device", text)
    text = text.replace("np.eye(n, dtype=bool)", "np.eye(n, dtype=torch.bool, device=A.device)")
    return re.sub(r"\bnp\.", "torch.", text)


class Torch(PythonTarget):
    name = "torch"
    module = "torch"
    modules: ClassVar[dict[str, str]] = {"torch": "import torch"}
    lift = "torch.tensor(#, #k)"
    kind = ("kind", "_kind(#)", "**#", "dtype=torch.float64")
    cast = "#.to(#k)"
    permute = "permute"
    ready = "isinstance(value, torch.Tensor) and value.is_floating_point()"
    floats = """
        value = torch.as_tensor(value, dtype=None if hasattr(value, "dtype") else torch.float64)
        if value.is_complex():
            raise TypeError("it is complex")
        return value if value.is_floating_point() else value.to(torch.float64)
"""
    shape = "tuple(value.shape)"
    counted = "not torch.as_tensor(given[name]).is_floating_point()"
    alike = "value.to(**_kind(*others))"
    stack = "torch.stack(values).reshape(places + tuple(values[0].shape))"
    joint = "value.to(**kind)"
    cholesky: ClassVar[dict[str, str]] = {
        "solve": "torch.cholesky_solve(#b, #L)",
        "logdet": "2*torch.log(torch.diagonal(#L)).sum()",
        "inv": "torch.cholesky_inverse(#L)",
    }
    solves_vectors = False
    place = 'device=#["device"]'
    slope = "torch.ops.aten.tanh_backward"  # what torch.autograd calls, too: one pass for three, 0.7 of the time at 10^5 by 50
    takes_numbers = False
    fills = False
    helpers_of_its_own: ClassVar[dict[str, str]] = {
        "_kind": "",
        **{name: adapted(text) for name, text in {**NUMPY, **helpers.TRACED}.items()},
        **HELPERS,
    }

    def contracted(self, axes: Sequence[Sequence[int]]) -> str:
        return f"dims={list(axes)}"
