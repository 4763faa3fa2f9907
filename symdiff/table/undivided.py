# fmt: off
"""Products whose derivatives of every order that they have are products again: no entry is divided out, so that entries may be 0.

Nobody types them, and no answer is written with them: code for second derivatives is made of them where the written answer divides by zeros
(`differentiate.undivided`). Rows as all others; the table finds them by name, and does not list them.
"""

from typing import Any

from symdiff.table.row import Row
from symdiff.table.rows import TABLE


def row(signature: str, shape: str, *pull: str, **facts: Any) -> None:
    name, _, rest = signature.rstrip(")").partition("(")
    spelling = facts.pop("code", {target: name for target in ("numpy", "jax", "torch")})
    TABLE.keep(Row(name, tuple([a.strip() for a in rest.split(",")]), pull=pull, shape=shape, source="the product rule", **spelling, **facts))


BY_ROWS = {"numpy": "np.prod(#1, axis=-1)", "jax": "jnp.prod(#1, axis=-1)", "torch": "torch.prod(#1, dim=-1)"}
RUNNING = {"numpy": "np.cumprod(#1, axis=-1)", "jax": "jnp.cumprod(#1, axis=-1)", "torch": "torch.cumprod(#1, dim=-1)"}

# _others: for every entry the product of the others. _pairs: for every two different entries that of the rest, 0 on the diagonal.
row("_rowprod(x)", "n -> ",    "g*_others(x)", code=BY_ROWS)
row("_others(x)",  "n -> n",   "_pairs(x)*g")
row("_pairs(x)",   "n -> n n", "")

# J: the Jacobian of cumprod(x). _cumprod_pull: J'*w. _cumprod_push: J*v. _cumprod_second: the derivative by x of the number w.(J*v).
row("_cumprod(x)",              "n -> n",       "_cumprod_pull(x, g)", code=RUNNING)
row("_cumprod_pull(x, w)",      "n, n -> n",    "_cumprod_second(x, w, g)", "_cumprod_push(x, g)")
row("_cumprod_push(x, v)",      "n, n -> n",    "_cumprod_second(x, g, v)", "_cumprod_pull(x, g)")
row("_cumprod_second(x, w, v)", "n, n, n -> n", "", "", "")
