"""What everything that code is written for can be asked."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from symdiff.errors import SymdiffError
from symdiff.expr.node import Expr

Exprs = Sequence[Expr]
Names = Sequence[str]


class Target(ABC):
    """A library or a language. language: what that is called.

    shown: code is made of the answers as they are shown; otherwise of whichever nodes are the least work.
    """

    name: str
    language = "Python"
    shown = False

    @abstractmethod
    def code(self, exprs: Exprs, *, name: str = "f", doc: str = "", several: bool = False, given: Exprs = (), order: Names = ()) -> str:
        """The text of a function with the values of the expressions, as `source.code` says. SymdiffError where there is none."""

    def bare(self, exprs: Exprs, *, name: str = "f", several: bool = False, given: Exprs = (), order: Names = ()) -> str:
        """The same as people write it. SymdiffError where that is not shorter."""
        raise SymdiffError(f"{self.language} has no shorter form", hint=f'.code("{self.name}") is what there is')

    def takes(self, exprs: Sequence[Expr]) -> bool:
        """Whether there is code for nodes that only code has; otherwise the answers are taken as they are shown."""
        return True

    def refuse_to_run(self) -> None:
        """SymdiffError where Python cannot run the text."""
        if self.language != "Python":
            raise SymdiffError(
                f"{self.language} is compiled by a {self.language} compiler", hint=f'the text for one is given by .code("{self.name}")'
            )
