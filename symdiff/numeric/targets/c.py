"""C99 over <math.h>: `double f(…)` of one scalar, else `void f(…, double *out)`, with an `out` for every expression.

Scalars are passed by value, tensors row by row as `const double *`. SymdiffError for sizes that are not numbers, opaque functions and
functions that C has no spelling for; LimitError for too many terms.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from symdiff.numeric.targets.scalars import EntryByEntry, ScalarWriter, WrittenFunction

RESERVED = re.findall(  # keywords, and macros of math.h
    r"\w+",
    """auto break case char const continue default do double else enum extern float for goto if inline int long main register
    restrict return short signed sizeof static struct switch typedef union unsigned void volatile while asm typeof
    NAN INFINITY HUGE_VAL HUGE_VALF HUGE_VALL FP_NAN FP_INFINITE FP_ZERO FP_SUBNORMAL FP_NORMAL FP_ILOGB0 FP_ILOGBNAN
    MATH_ERRNO MATH_ERREXCEPT math_errhandling linux unix M_E M_LOG2E M_LOG10E M_LN2 M_LN10 M_PI M_PI_2 M_PI_4 M_1_PI M_2_PI M_2_SQRTPI M_SQRT2
    M_SQRT1_2""",
)


class CWriter(ScalarWriter):
    language = "C"
    reserved = RESERVED
    truth = "(double){}"  # an int in C, and a quotient of ints is whole

    def at(self, name: str, place: int, shape: Sequence[int]) -> str:
        return f"{name}[{place}]"

    def text(self, function: WrittenFunction, doc: str) -> str:
        results = [
            (f"{out}[{k}] = " if shape else f"*{out} = ", text) for out, shape, entries in function.outs for k, text in enumerate(entries)
        ]
        if function.scalar:
            results = [("return ", function.outs[0][2][0])]
        arguments = [("const double *" if v.shape else "double ") + name for name, v in function.arguments.items()]
        arguments += [] if function.scalar else [f"double *{out}" for out, _, _ in function.outs]
        body = [f"    (void){p};\n" for p in function.unused] + [f"    const double {local} = {text};\n" for local, text in function.lines]
        comment = "/* " + re.sub(r"\n(?!\n)", "\n   ", doc.replace("*/", "* /").replace("/*", "/ *")) + " */\n" if doc else ""
        head = f"{'double' if function.scalar else 'void'} {self.name}({', '.join(arguments) or 'void'})"
        return f"#include <math.h>\n\n{comment}{head}\n{{\n" + "".join(body + [f"    {to}{text};\n" for to, text in results]) + "}\n"


class C(EntryByEntry):
    name = "c"
    language = "C"
    writer = CWriter
