"""JSON (RFC 8259), strictly: what two readers would read differently does not pass.

A body in which no string holds a word of the lexicon is passed once it was seen to be JSON. Any other is read with the
spans of its members; JSON inside a string is read in place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from untag.guard.body._scan import Scan, inner, parsed, sound
from untag.guard.tree import Tree

if TYPE_CHECKING:
    from untag.guard.body import Reading

__all__ = ["JsonBody"]


class JsonBody:
    """Documents of JSON."""

    name = "json"
    types = (
        "application/json", "text/json", "application/*+json", "application/x-json", "application/manifest+json",
        "application/graphql-response+json",
    )  # fmt: skip

    def clean(self, text: str, reading: Reading) -> bool:
        """Whether it is sound and surely says nothing of the lexicon.

        Raises:
            Unsound: It is no JSON.
        """
        start, end = inner(text)
        if start or end < len(text):
            return False
        if "\\" in text:
            return False  # it is parsed when it is read
        sound(text)
        reading.proven = text
        if reading.spoken(text):
            return False
        # Every other piece between quotes is a string.
        return reading.clean(set(text.split('"')[1::2]))

    def read(self, text: str, reading: Reading) -> Tree:
        """What it shows.

        Raises:
            Unsound: It is no JSON, too deep, or ambiguous.
        """
        start, end = inner(text)
        document = text[start:end]
        if "\\" in document:
            parsed(document, twice=True)
        elif document is not reading.proven:
            sound(document)
        tree = Tree()
        # Elements that are read by their form cannot be moved.
        Scan(document, tree, reading, molds=None if start else reading.molds).run()
        if start:
            tree.moved(lambda at: at + start)
        return tree

    def done(self, text: str) -> None:
        """See to it that what is left is sound.

        Raises:
            Unsound: It is not.
        """
        # What was left out makes no key stand twice.
        start, end = inner(text)
        document = text[start:end]
        if "\\" in document:
            parsed(document, twice=False)
        else:
            sound(document)
