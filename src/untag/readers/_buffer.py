"""The bytes of an artifact for a parser: held where it is small, a few pages at a time where it is large."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from untag.syntax.pages import Pages

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.artifact import Artifact
    from untag.syntax.pages import Bytes

__all__ = ["bytes_of"]


@contextmanager
def bytes_of(artifact: Artifact) -> Iterator[Bytes]:
    """Something that can be sliced and searched."""
    if artifact.held:
        yield artifact.data
        return
    with artifact.open() as file:
        yield Pages(file, artifact.size)
