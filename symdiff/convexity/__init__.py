"""Convex, concave, affine or neither: verdicts with reasons, conditions and counterexamples."""

from symdiff.convexity.verdict import Curvature, certificates, curvature, node_by_node

__all__ = ["Curvature", "certificates", "curvature", "node_by_node"]
