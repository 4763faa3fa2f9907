"""What differs between the libraries that Python text is written for; what is alike is written once by the writer's layers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property
from typing import ClassVar

from symdiff.table import Row

# The prefixes that spellings may use, and where they come from; the source calls them by the last word.
MODULES = {
    "np": "import numpy as np",
    "scipy.special": "from scipy import special",
    "scipy.linalg": "from scipy import linalg",
    "math": "import math",
    "contextvars": "import contextvars",
    "functools": "import functools",
    "itertools": "import itertools",
    "builtins": "import builtins",
}


class Library:
    """Facts and words of a library, asked for by the writer. A library that follows NumPy's names is a subclass of NumPy's with its imports.

    In these texts `#` is the piece that they are put around, `#k` the arguments' type as `kind` passes it, `#L` a Cholesky factor.
    """

    name: str
    column: str = ""  # the field of a row with the spellings; "" = the name
    module: str  # the prefix of the library in these
    modules: ClassVar[dict[str, str]] = {}  # prefixes that the others do not have, or that come from elsewhere

    arrays = True  # False: plain floats, and expressions of scalars only
    lift: str  # a Python number as a value of the library
    kind: tuple[
        str, str, str, str
    ]  # name and value of the local with the arguments' common type, how it is passed, what it is without arguments
    cast: str  # truth values and indices as numbers
    place = ""  # where an array of whole numbers is made, for arguments whose common type is in the local #
    permute = "transpose"  # axes in another order

    # Of the helpers that read arguments.
    ready: str  # whether an argument needs no conversion, a test that costs next to nothing
    floats: str  # body of the conversion of an argument
    shape = "value.shape"
    cache = ""  # how shapes that were found to fit are remembered, where calls are so short that it shows
    counted = ""  # whether a converted argument came as whole numbers or truth values
    alike = ""  # such a one, or a plain Python number, in the precision of the `others`; "" where there is one precision only
    joint = ""  # an argument in the precision of all, where the library does not mix them by itself
    stack = ""  # a list of `values` as one array with the axes `places` in front

    # What the library has that others have not, and what it lacks.
    cholesky: ClassVar[
        dict[str, str]
    ] = {}  # functions of a positive definite matrix by its factor, and the solution with the right side #b, where that is faster
    solves_vectors = True  # False: of a factor it solves for matrices only
    slope = ""  # a*(1 - h^2) of a and h in one go
    exponentials: tuple[str, ...] = ("softmax", "log_softmax", "logsumexp")  # functions of rows that are made of the same exponentials
    numbers = False  # an answer that is a number may be a plain one
    takes_numbers = True  # functions take plain numbers beside arrays
    fills = True  # `full` takes a value of the library, not a plain number alone
    own = ""  # behind an answer that is spread: memory of its own
    unpacked = ""  # behind functions that make an array of a scalar
    mixes = False  # whole numbers are compared with floats exactly
    exponential_under = False  # v/(1 + exp(t)) is written for v*sigma(-t)
    einsum_sums = False  # einsum sums products along an axis in one pass; elsewhere it makes a product of matrices of them
    scales_inside = False  # a coefficient goes into the brackets of a matrix that is a sum
    copies_transposed = False  # a transposed matrix in front of a vector is copied: the vector stands first

    cuts = False  # zeros are written into arrays, and slices taken, where brackets of indices say so

    helpers_of_its_own: ClassVar[dict[str, str]] = {}

    def spelling(self, row: Row) -> str:
        """The row's code for this library; "" if there is none."""
        return str(getattr(row, self.column or self.name, ""))

    def contracted(self, axes: Sequence[Sequence[int]]) -> str:
        """How tensordot is told over which axes of both it sums."""
        single = all(len(a) == 1 for a in axes)
        return f"axes={tuple([a[0] for a in axes]) if single else list(axes)}"

    @cached_property
    def sources(self) -> dict[str, str]:
        """The import of every prefix."""
        return {**MODULES, **self.modules}

    @cached_property
    def heads(self) -> re.Pattern[str]:
        """In a spelling: a prefix, a helper that is called, a built-in function that is."""
        prefixes = "|".join(re.escape(prefix) for prefix in sorted(self.sources.keys() - {"builtins"}, reverse=True))
        return re.compile(rf"(?<![\w.])(?:({prefixes})(?=\.)|(_[a-z_]+)(?=\()|([a-z]+)(?=\())")

    @cached_property
    def helpers(self) -> dict[str, str]:
        """The texts of helper functions by name, each behind those that it calls."""
        words = {
            "#ready": self.ready,
            "#floats": self.floats,
            "#shape": self.shape,
            "#cache": self.cache,
            "#alike": self.alike,
            "#counted": self.counted,
        }
        words |= {"#joint": self.joint, "#stack": self.stack}
        marks = re.compile("|".join(words))
        made = {}
        for name, text in self.helper_texts().items():
            for mark, kept in (("plain", self.alike), ("mixed", self.joint)):
                text = re.sub(rf" *#{mark}$" if kept else rf".*#{mark}\n", "", text, flags=re.MULTILINE)
            made[name] = marks.sub(lambda found: words[found[0]], text)
        return made

    def helper_texts(self) -> dict[str, str]:
        """The helpers with marks for this library's words."""
        return dict(self.helpers_of_its_own)
