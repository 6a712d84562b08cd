"""Flat files of pairs: properties, ini and env files, gettext catalogues, Apple strings."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from untag.edit import Rewriter
from untag.readers import tree
from untag.rewriters import _tree
from untag.rewriters._lists import in_lines
from untag.rewriters._pair import followed
from untag.syntax import flat
from untag.syntax.tree import OBJECT

if TYPE_CHECKING:
    from collections.abc import Callable

    from untag.artifact import Artifact
    from untag.edit import Listing, Plan, Target
    from untag.rewriters._page import Notes, Page, Span
    from untag.rewriters._tree import Cutter
    from untag.syntax.tree import Document, Node

__all__ = ["FlatRewriter"]

_PARSERS: dict[str, Callable[[str], Document]] = {
    "catalogue": flat.catalogue,
    "ini": flat.ini,
    "properties": flat.properties,
    "strings": flat.strings,
}
_BLANK = re.compile(r"\n[ \t\r]*(?=\n)")
_ENTRY = re.compile(r"^[ \t]*(?:#~[ \t]*)?msgid[ \t]", re.MULTILINE)


def pairs(page: Page, parent: Node, gone: list[int], notes: Notes) -> list[Span]:
    """Pairs with their lines; a section with its header and all its pairs."""
    out = []
    for number in gone:
        child = parent.children[number]
        nodes = [child, *child.children] if child.kind == OBJECT else [child]
        for node in nodes:
            low = page.text.rfind("\n", 0, node.key_start) + 1
            end = node.key_end if node.kind == OBJECT else max(node.end, node.key_end)
            stop = page.text.find("\n", end)
            out.append(page.lines((low, len(page.text) if stop < 0 else stop), notes))
    return out


def strings(page: Page, parent: Node, gone: list[int], notes: Notes) -> list[Span]:
    """Pairs of Apple's strings, up to their semicolons."""
    out = []
    for number in gone:
        child = parent.children[number]
        start = child.key_start - page.text.startswith('"', child.key_start - 1)
        end = re.compile(r"\s*;?").match(page.text, child.end)
        out.append(page.lines((start, end.end() if end else child.end), notes))
    return out


def entries(page: Page, parent: Node, gone: list[int], notes: Notes) -> list[Span]:  # noqa: ARG001 - comments lie inside
    """Entries of a catalogue with all their lines: from blank line to blank line."""
    out = set()
    for number in gone:
        at = parent.children[number].key_start
        before = [found.end() for found in _BLANK.finditer(page.text, 0, at)]
        start = before[-1] + 1 if before else 0
        after = _BLANK.search(page.text, at)
        end = after.end() + 1 if after else len(page.text)
        if len(_ENTRY.findall(page.text, start, end)) == 1:
            out.add((start, end))
    return sorted(out)


class FlatRewriter(Rewriter):
    """Takes pairs out of flat files."""

    name = "flat"
    reads = ("tree",)
    limits = ("entries of a gettext catalogue that no blank line parts are left as they are",)

    def knows(self, artifact: Artifact) -> bool:
        """Whether it is a flat file of pairs."""
        return artifact.held and tree.form(artifact) in _PARSERS

    def plan(self, artifact: Artifact, targets: tuple[Target, ...]) -> Plan:
        """Pairs with their lines and comments."""
        form = tree.form(artifact)
        cut: Cutter = entries if form == "catalogue" else strings if form == "strings" else pairs
        return _tree.planned(artifact, targets, _PARSERS[form], cut, strict=form in ("catalogue", "strings"))

    def listings(self, artifact: Artifact) -> list[Listing]:
        """Numbers with the classes that they stand for, and nothing else."""
        return in_lines(artifact, numbered=True) if tree.form(artifact) in ("ini", "properties") else []

    def follow(self, artifact: Artifact, orders: tuple[object, ...]) -> Plan:
        """Take classes that a model loses out of the lists that name them."""
        return followed(artifact, orders, self)
