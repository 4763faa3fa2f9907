"""Is a derivative right? `verify` compares it with SymPy's on explicit components; `Verdict` is its answer, `Judge` a question prepared for many answers."""

from symdiff.checking.verdict import Judge, Verdict, verify

__all__ = ["Judge", "Verdict", "verify"]
