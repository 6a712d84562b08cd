"""JSON (RFC 8259), strictly: what two readers would read differently does not pass.

A body in which no string holds a word of the lexicon is passed after one parse by the standard library. Any other is
read once more with the spans of its members; JSON inside a string is read in place.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from untag.guard.body._scan import Scan, inner, parsed
from untag.guard.tree import Tree

if TYPE_CHECKING:
    from untag.guard.body import Reading

__all__ = ["JsonBody"]

_STRING = re.compile(r'"([^"\\]*)"')


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
        if "\\" in text or not reading.clean(set(_STRING.findall(text))):
            # It is parsed when it is read.
            return False
        parsed(text, twice=False)
        return True

    def read(self, text: str, reading: Reading) -> Tree:
        """What it shows.

        Raises:
            Unsound: It is no JSON, too deep, or ambiguous.
        """
        start, end = inner(text)
        document = text[start:end]
        parsed(document, twice=True)
        tree = Tree()
        Scan(document, tree, reading).run()
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
        parsed(text[start:end], twice=False)
