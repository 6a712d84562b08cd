"""JSON, with comments or without: members, elements, and what in a specification stands or falls with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from untag.edit import Rewriter
from untag.readers import specs, tree
from untag.rewriters import _tree
from untag.rewriters._lists import in_tree
from untag.rewriters._page import bracketed
from untag.rewriters._pair import followed
from untag.surface import Kind, Role
from untag.syntax import json

if TYPE_CHECKING:
    from untag.artifact import Artifact
    from untag.edit import Listing, Plan, Target
    from untag.surface import Surface
    from untag.syntax.tree import Document

__all__ = ["JsonRewriter"]


def _parse(text: str) -> Document:
    return json.parse(text, limit=1_500_000)


class JsonRewriter(Rewriter):
    """Takes members and elements out of JSON."""

    name = "json"
    reads = ("tree", "specs")
    limits = (
        "JSON in a string of JSON is left as it is",
        "a document with damage is left as it is",
        "of a list of labels that keeps others the elements go only with --unsafe, since the places behind them shift",
    )

    def knows(self, artifact: Artifact) -> bool:
        """Whether it is one JSON document."""
        return artifact.held and (specs.form(artifact) or tree.form(artifact)) == "json"

    def plan(self, artifact: Artifact, targets: tuple[Target, ...]) -> Plan:
        """Members and elements with their commas and comments."""
        return _tree.planned(artifact, targets, _parse, bracketed)

    def gone(self, surface: Surface, plan: Plan) -> bool:
        """The values of a key that goes out of all rows: they are shown at the row's list, and not where they stand."""
        rows = plan.data if isinstance(plan.data, frozenset) else frozenset()
        return surface.kind is Kind.DATASET and surface.role is Role.MEMBER and surface.place.pointer in rows

    def listings(self, artifact: Artifact) -> list[Listing]:
        """Lists and maps of classes in it."""
        return in_tree(artifact, _parse, bracketed)

    def follow(self, artifact: Artifact, orders: tuple[object, ...]) -> Plan:
        """Take classes that a model loses out of the lists that name them."""
        return followed(artifact, orders, self)
