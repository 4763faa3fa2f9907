"""Convex, concave, affine or neither: verdicts with reasons, conditions and counterexamples."""

from symdiff.convexity.verdict import Curvature, curvature

__all__ = ["Curvature", "curvature"]
