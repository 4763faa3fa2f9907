"""Convex, concave, affine or neither: verdicts with reasons, conditions and counterexamples."""

from symdiff.convexity.verdict import Curvature, certificates, curvature

__all__ = ["Curvature", "certificates", "curvature"]
