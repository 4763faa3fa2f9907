"""Derivatives: templates from the table's texts, and the reverse sweep."""

from symdiff.calculus.sweep import Edge, Record, derivative, quiet_collector

__all__ = ["Edge", "Record", "derivative", "quiet_collector"]
