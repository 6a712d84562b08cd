"""What the readers of trees and of specifications ask of a text before and after it is parsed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from untag.gap import Gap, Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.artifact import Artifact
    from untag.syntax.tree import Document, Source

__all__ = ["damage"]

#: Formats in which damage is a fact about the bytes and not about a template's blanks.
_STRICT = {"json", "lines", "xml", "plist", "toml"}


def damage(document: Document, source: Source, artifact: Artifact, what: str) -> Iterator[Gap]:
    """One gap for a document whose text does not keep to its format, and those for references not followed."""
    for at, reason, said in document.unresolved:
        yield Gap(artifact.place.at(line=source.line(at)), reason, f"{what}: {said}")
    if not document.errors or document.stop is not None:
        return
    templated = "{{" in source.text or "{%" in source.text or "${" in source.text
    open_ended = any("not closed" in why or "ends inside" in why for _, why in document.errors[-3:])
    if templated or not (document.lost or (open_ended and what in _STRICT)):
        return
    at, why = document.errors[0]
    size = sum(end - start for start, end in document.lost)
    line = source.line(min(at, len(source.text)))
    count = len(document.errors)
    detail = f"{what}: {why}" + (f", and {count - 1} more such places" if count > 1 else "")
    yield Gap(artifact.place.at(line=line), Reason.DAMAGED, detail + "; the text was read as plain lines", size)
