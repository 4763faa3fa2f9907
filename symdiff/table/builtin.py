# fmt: off
"""Functions that need no row, because the node they make is an operation of its own (symdiff.expr.build).

name: (argument names, meaning). An argument in brackets may be left out.
"""

BUILT_IN: dict[str, tuple[tuple[str, ...], str]] = {
    "sum":       (("x",),                 "the sum of all entries; sum(i=1..m, …) over an index"),
    "rowsum":    (("A",),                 "the vector of the sums of the rows"),
    "colsum":    (("A",),                 "the vector of the sums of the columns"),
    "tr":        (("A",),                 "the trace: the sum of the diagonal"),
    "trace":     (("A",),                 "the trace: the sum of the diagonal"),
    "diag":      (("x",),                 "the diagonal matrix of a vector; the diagonal of a matrix"),
    "dot":       (("x", "y"),             "the dot product x.y"),
    "outer":     (("x", "y"),             "the outer product x*y'"),
    "transpose": (("A",),                 "the transpose A'"),
    "vec":       (("A",),                 "the columns of a matrix, stacked"),
    "kron":      (("A", "B"),             "the Kronecker product"),
    "concat":    (("x", "y"),             "the entries of vectors, one after the other"),
    "hcat":      (("A", "B"),             "matrices, or vectors as columns, side by side"),
    "vcat":      (("A", "B"),             "matrices, or rows, one above the other"),
    "vector":    (("c", "[n]"),           "the vector whose entries are all c"),
    "matrix":    (("c", "[m]", "[n]"),    "the matrix whose entries are all c"),
    "ones":      (("[m]", "[n]"),         "the vector or matrix of ones"),
    "zeros":     (("[m]", "[n]"),         "the vector or matrix of zeros"),
    "eye":       (("[n]",),               "the identity matrix"),
    "unit":      (("i", "[n]"),           "the i-th basis vector"),
    "commutation": (("m", "n"),           "the matrix that takes vec(A) to vec(A') of an m by n matrix A"),
    "duplication": (("n",),               "the matrix that takes vech(S) to vec(S) of a symmetric matrix S of n rows"),
    "size":      (("x",),                 "the number of entries"),
    "rows":      (("A",),                 "the number of rows"),
    "cols":      (("A",),                 "the number of columns"),
    "tensor":    (("i=1..m", "value"),    "the tensor with these entries, an axis for each index"),
}
