"""Marks for derivatives worked out by hand: right, or which slip was made.

The verdict itself is `symdiff.checking`'s, which knows nothing of the engine; naming the slip needs the right derivative.
"""

from symdiff.grading.grade import Checker, Grade, equal, grade

__all__ = ["Checker", "Grade", "equal", "grade"]
