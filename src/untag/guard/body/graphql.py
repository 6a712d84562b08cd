"""GraphQL as a body by itself; inside JSON and in a query it is read where it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from untag.guard.body import Unsound
from untag.guard.body._select import select

if TYPE_CHECKING:
    from untag.guard.body import Reading
    from untag.guard.tree import Tree

__all__ = ["GraphqlBody"]


class GraphqlBody:
    """Documents of GraphQL."""

    name = "graphql"
    types = ("application/graphql",)

    def clean(self, text: str, reading: Reading) -> bool:
        """Whether it surely says nothing of the lexicon."""
        return "\\" not in text and reading.nothing(text)

    def read(self, text: str, reading: Reading) -> Tree:
        """What it asks for.

        Raises:
            Unsound: It is no document of GraphQL.
        """
        tree = select(text, reading)
        if tree is None:
            raise Unsound("it is no document of GraphQL")
        return tree

    def done(self, text: str) -> None:
        """See to it that something is left to ask for.

        Raises:
            Unsound: Nothing is.
        """
        if "{" not in text:
            raise Unsound("nothing is left of it")
