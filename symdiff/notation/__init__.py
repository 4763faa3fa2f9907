"""From normal form to the notation that people write, and from written nodes to syntax trees."""

from symdiff.notation.answer import write

__all__ = ["write"]
