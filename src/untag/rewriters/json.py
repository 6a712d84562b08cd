"""JSON, with comments or without: members, elements, and what in a specification stands or falls with them."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from untag.edit import Proof, Rewriter
from untag.readers import specs, tree
from untag.rewriters import _tree
from untag.rewriters._lists import in_tree
from untag.rewriters._page import Page, bracketed
from untag.rewriters._pair import followed
from untag.rewriters._tree import annotated
from untag.surface import Kind, Role
from untag.syntax import json

if TYPE_CHECKING:
    from collections.abc import Iterable

    from untag.artifact import Artifact
    from untag.edit import Edit, Listing, Plan, Target
    from untag.surface import Surface
    from untag.syntax.tree import Document

__all__ = ["JsonRewriter"]


def _parse(text: str) -> Document:
    return json.parse(text, limit=1_500_000)


def _annotations(artifact: Artifact, edits: Iterable[Edit]) -> tuple[int, str] | None:
    """How many annotations a data set of pictures has without what edits take out, and their digest; None of others."""
    if not _pictures(artifact.text):
        return None
    page = Page(artifact)
    document = _parse(page.text)
    held = annotated(document.roots[0]) if len(document.roots) == 1 else None
    if held is None:
        return None
    cuts = sorted((edit.start, edit.end) for edit in edits if edit.start >= 0)
    total, number, at = hashlib.sha256(), 0, 0
    for node in held[1].children:
        start, end = page.source.span(node.start, node.end)
        while at < len(cuts) and cuts[at][1] <= start:
            at += 1
        last = at
        while last < len(cuts) and cuts[last][0] < end:
            last += 1
        inside = cuts[at:last]
        if inside and inside[0][0] <= start and inside[0][1] >= end:
            continue
        number += 1
        for low, high in [*inside, (end, end)]:
            total.update(artifact.data[start : max(start, low)])
            start = max(start, high)
        total.update(b"\n")
    return number, "sha256:" + total.hexdigest()


def _pictures(text: str) -> bool:
    """Whether a text may be a data set of pictures: one that holds no such keys, however they are written, is none."""
    bare = json.unescape(text)
    return "categories" in bare and "annotations" in bare


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

    def check(self, before: Artifact, after: Artifact, plan: Plan) -> Proof:
        """Of a data set of pictures: every annotation that stays is the one that was there, but for keys that went."""
        counted = _annotations(before, plan.edits), _annotations(after, ())
        if counted[0] is None or counted[1] is None:
            return Proof()
        if counted[0] != counted[1]:
            return Proof("an annotation that stays would not be the same")
        number, digest = counted[0]
        said = f"{number:,} other annotations are the same, by digest"
        return Proof("", (said,), {"annotations": number, "annotations_digest": digest})

    def listings(self, artifact: Artifact) -> list[Listing]:
        """Lists and maps of classes in it."""
        return in_tree(artifact, _parse, bracketed)

    def follow(self, artifact: Artifact, orders: tuple[object, ...]) -> Plan:
        """Take classes that a model loses out of the lists that name them."""
        return followed(artifact, orders, self)
