"""Numbers out of expressions: evaluation, compiled functions and their source text."""

from symdiff.expr.walk import variables
from symdiff.numeric.run import compile, evaluate
from symdiff.numeric.source import bare_code, code, work

__all__ = ["bare_code", "code", "compile", "evaluate", "variables", "work"]
