"""Documents: Markdown (model cards too), reStructuredText, AsciiDoc, LaTeX, and HTML pages that are prose."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from untag import charset
from untag.readers import Reader
from untag.readers._lines import lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.artifact import Artifact
    from untag.gap import Gap, Limits
    from untag.surface import Surface

__all__ = ["DocumentsReader"]

_FORMS = {
    ".md": "markdown", ".markdown": "markdown", ".mdown": "markdown", ".mkd": "markdown", ".mkdn": "markdown",
    ".mdx": "markdown", ".rmd": "markdown", ".qmd": "markdown", ".mdwn": "markdown", ".mdc": "markdown",
    ".rst": "rest", ".rest": "rest",
    ".adoc": "asciidoc", ".asciidoc": "asciidoc", ".asc": "asciidoc",
    ".tex": "latex", ".ltx": "latex", ".latex": "latex",
    ".html": "page", ".htm": "page", ".xhtml": "page", ".shtml": "page", ".mht": "page",
}  # fmt: skip
_PAGE = re.compile(rb"\s*(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]{0,200}>\s*)?<(?:!doctype\s+html|html[\s>])", re.IGNORECASE)
_ARMOUR = b"-----BEGIN PGP"


class DocumentsReader(Reader):
    """Reads documents made for people."""

    name = "documents"
    rank = 15
    limits = (
        "macros, includes and substitutions of a document are shown as written, not followed",
        "images in a document are not looked at; their addresses and alternative texts are read",
    )

    def knows(self, artifact: Artifact) -> bool:
        """By suffix, and HTML by its beginning."""
        form = _FORMS.get(artifact.suffix)
        if form in (None, "page"):
            known = form == "page" or _PAGE.match(artifact.data[:600]) is not None
        else:
            known = not (artifact.suffix == ".asc" and artifact.data[:200].lstrip().startswith(_ARMOUR))
        return known and charset.is_text(artifact.data)

    def read(self, artifact: Artifact, limits: Limits) -> Iterator[Surface | Artifact | Gap]:
        """Surfaces of the document, in order of line."""
        form = _FORMS.get(artifact.suffix, "page")
        place = artifact.place.whole()
        if form == "page":
            from untag.readers._page import page

            yield from page(artifact.text, place, limits.nodes)
            return
        rows = list(lines(artifact.text))
        if form == "markdown":
            from untag.readers._markdown import markdown

            yield from markdown(rows, place)
        elif form == "rest":
            from untag.readers._rest import rest

            yield from rest(rows, place)
        elif form == "asciidoc":
            from untag.readers._asciidoc import asciidoc

            yield from asciidoc(rows, place)
        else:
            from untag.readers._latex import latex

            yield from latex(rows, place)
