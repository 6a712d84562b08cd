"""Rewriters: from findings to edits that take them out. A rewriter knows a format, and what its readers show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from untag.edit import Rewriter
from untag.registry import leaves

if TYPE_CHECKING:
    from untag.artifact import Artifact

__all__ = ["Rewriter", "choose", "rewriters"]


def rewriters() -> dict[str, Rewriter]:
    """All rewriters by name."""
    return leaves(__name__, "Rewriter")


def choose(artifact: Artifact, reader: str) -> Rewriter | None:
    """The rewriter for an artifact, or None where there is none.

    Args:
        artifact: The bytes.
        reader: Name of the reader whose surfaces the findings rest on.
    """
    known = [r for r in rewriters().values() if reader in r.reads and r.knows(artifact)]
    return max(known, key=lambda r: (r.rank, r.name), default=None)
