"""Is a derivative right? `verify` compares it with SymPy's on explicit components; `Verdict` is its answer."""

from symdiff.checking.verdict import Verdict, verify

__all__ = ["Verdict", "verify"]
