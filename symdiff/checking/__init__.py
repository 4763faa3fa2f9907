"""Is a derivative right? `verify` compares it with SymPy's on explicit components; `Verdict` is its answer, `Checker` a question prepared for many answers."""

from symdiff.checking.verdict import Checker, Verdict, verify

__all__ = ["Checker", "Verdict", "verify"]
