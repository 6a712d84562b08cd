"""Free text: acted on only where a route is declared biometric. JSON that is sent as text is read as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from untag.guard.body import Unsound
from untag.guard.body._scan import Scan, inner, parsed
from untag.guard.tree import Tree

if TYPE_CHECKING:
    from untag.guard.body import Reading

__all__ = ["TextBody"]


class TextBody:
    """Running text, pages, programs."""

    name = "text"
    types = ("text/plain", "text/html", "text/markdown", "text/css", "text/javascript", "application/javascript",
             "application/x-javascript", "application/xhtml+xml", "text/calendar", "text/vtt")  # fmt: skip

    def clean(self, text: str, reading: Reading) -> bool:
        """Whether it surely says nothing of the lexicon."""
        return not any(sign in text for sign in ("\\", "&#", "%")) and reading.nothing(text)

    def read(self, text: str, reading: Reading) -> Tree:
        """What it shows: the members of a document that is sent as text, else itself.

        Raises:
            Unsound: A document in it is ambiguous.
        """
        tree = Tree()
        start, end = inner(text)
        if text[start:end].lstrip(" \t\r\n")[:1] in {"{", "["}:
            try:
                parsed(text[start:end], twice=True)
            except Unsound as error:
                if error.limit or error.ambiguous:
                    raise
            else:
                Scan(text[start:end], tree, reading).run()
                tree.moved(lambda at: at + start)
                return tree
        tree.whole.append(text)
        return tree

    def done(self, text: str) -> None:
        """Any rest of a text is text."""
