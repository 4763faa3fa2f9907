"""What the parts of the LaTeX reader share: the names that are known, and the doors between them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from symdiff.errors import ParseError
from symdiff.syntax.latexsurface import Chain, Item, M, Names, Part, Run, Surface, Typed, V, bare, indexed_only, indices, numbered
from symdiff.syntax.latexwords import Token

OF_MATRICES = frozenset(("det", "logdet", "tr", "trace", "diag", "vec", "inv", "softmax", "log_softmax", "logsumexp"))


def spectral(place: Any) -> ParseError:
    return ParseError(
        "this norm of a matrix is its largest singular value, which is not supported",
        span=(place.start, place.end),
        hint=r"the root of the sum of the squares is \|A\|_F",
    )


class TreesOfLatex(ABC):
    """What one formula is read with, and what its parts ask of each other."""

    def __init__(self, text: str, names: Names, tokens: Sequence[Token], given: bool, fixed: frozenset[str] = frozenset()) -> None:
        self.text = text
        self.names = names
        self.given = given
        self.notes: list[str] = []
        self.indices, self.joint = indices(tokens, names, fixed)
        self.bare, self.alone = bare(tokens)
        self.numbered = numbered(tokens, self.indices)
        self.unprimed = {
            t.value
            for t, after in zip(tokens, [*tokens[1:], None], strict=True)
            if t.sort == "name" and (after is None or after.sort != "prime")
        }
        for name in {t.value for t in tokens if t.bold} & {
            t.value for t in tokens if t.sort == "name" and not t.bold and t.value in self.alone
        }:
            if not indexed_only(tokens, name):
                self.note(f"`{name}` in bold and `{name}` in plain letters are one variable here")
        self.matrices = any(k in (V, M) for k in names.kinds.values()) or any(
            t.kind == "NORM"
            or (t.kind == "MARK" and "transpose" in t.sort)
            or (t.kind == "ATOM" and t.sort == "function" and t.value in OF_MATRICES)
            for t in tokens
        )
        self.units: list[tuple[Typed, bool]] = []  # basis vectors, whose sizes are not printed; whether they are rows
        self.unsettled: list[tuple[Typed, str]] = []  # trees that mean something else if their operand is a matrix

    @abstractmethod
    def whole(self, run: Run) -> Run:
        """A run is complete: the indices that are free in it."""

    @abstractmethod
    def only(self, content: Sequence[Any]) -> Any: ...

    @abstractmethod
    def note(self, text: str) -> None: ...

    @abstractmethod
    def tree(self, x: Surface, minus: int = -1) -> Typed:
        """The tree of what was read; minus: where a sign stands in front of it, which belongs to the first factor as in the language."""

    @abstractmethod
    def comparison(self, x: Chain) -> Typed: ...

    @abstractmethod
    def divided(self, a: Typed, b: Typed, start: int, end: int) -> Typed: ...

    @abstractmethod
    def times_of(self, a: Typed, b: Typed) -> Typed: ...

    @abstractmethod
    def factors(self, items: Sequence[Item], minus: int = -1) -> Typed:
        """The product of factors side by side; minus: as for `tree`."""

    @abstractmethod
    def resolved(self, items: Sequence[Item]) -> list[Typed]:
        """The factors of a run, after functions and sums have taken what is theirs. From the right to the left."""

    @abstractmethod
    def cut(self, item: Item) -> str: ...

    @abstractmethod
    def arguments(self, group: Item, function: str) -> list[Typed]: ...

    @abstractmethod
    def call(self, name: str, arguments: list[Typed], start: int, end: int) -> Typed: ...

    @abstractmethod
    def entrywise_only(self, tree: Typed, name: str, written: str) -> None:
        """exp, log and sqrt of matrices are matrix functions in papers, and entrywise in the language: both cannot be meant."""

    @abstractmethod
    def one(self, item: Item, out: list[tuple[Typed | None, Item]]) -> tuple[Typed, Item]:
        r"""`\mathbf{1}`: an indicator before a condition, else the vector of ones."""

    @abstractmethod
    def tests(self, item: Item, out: list[tuple[Typed | None, Item]]) -> bool:
        """Is a 1 an indicator: `1[x > 0]`, `1_{x > 0}`?"""

    @abstractmethod
    def constant(self, item: Item, name: str) -> Typed: ...

    @abstractmethod
    def is_indicator(self, item: Item, group: Item) -> bool: ...

    @abstractmethod
    def iverson(self, group: Item, start: int) -> Typed: ...

    @abstractmethod
    def item(self, item: Item) -> Typed: ...

    @abstractmethod
    def parts(self, content: Sequence[Any]) -> list[Part]:
        """What a script of a name says: labels, and the indices among them."""

    @abstractmethod
    def name(self, item: Item) -> Typed:
        """A name with its scripts: the variable, or its entry, and what the other scripts do with it."""

    @abstractmethod
    def kind(self, base: str) -> str: ...

    @abstractmethod
    def fresh(self, base: str, labels: Sequence[Part]) -> str: ...

    @abstractmethod
    def is_label(self, content: Sequence[Any]) -> bool:
        """Is a superscript `(1)`, `[l]` or `(i)`: part of a name, or an index?"""

    @abstractmethod
    def entry(self, tree: Typed, indices: Sequence[Part], start: int, end: int) -> Typed: ...

    @abstractmethod
    def callee(self, item: Item, group: Item) -> str:
        """The function that a name in front of a bracket is; "" if it is a factor. ParseError if nobody can tell."""

    @abstractmethod
    def called(self, item: Item, group: Item, before: Any) -> Typed | None: ...

    @abstractmethod
    def script(self, tree: Typed, script: tuple[str, Any, int, int]) -> Typed: ...
