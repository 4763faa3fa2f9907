"""Derivatives: templates from the table's texts, and the reverse sweep."""

from symdiff.calculus.sweep import Edge, Record, derivative

__all__ = ["Edge", "Record", "derivative"]
