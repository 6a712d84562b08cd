"""COBOL: programs and copybooks, in fixed and in free form."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from untag.charset import is_text
from untag.readers import Reader
from untag.readers._cobol import cobol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.artifact import Artifact
    from untag.gap import Gap, Limits
    from untag.surface import Surface

__all__ = ["CobolReader"]

_SUFFIXES = frozenset({".cbl", ".ccp", ".cob", ".cobol", ".cpy", ".pco", ".sqb"})
_LOOKS = re.compile(
    rb"^(?:.{6})?[ \t]*(?:(?:identification|data|procedure|environment)[ \t]+division"
    rb"|\d\d?[ \t]+[\w-]+.*\b(?:pic|picture|value)\b|\d\d[ \t]+[A-Za-z][\w-]*[ \t]*\.)",
    re.IGNORECASE | re.MULTILINE,
)
_LOOK = 1 << 16


class CobolReader(Reader):
    """See the module's first line."""

    name = "cobol"
    rank = 30
    formats = tuple(f"COBOL ({suffix})" for suffix in sorted(_SUFFIXES))
    limits = (
        "an entry or a condition that goes on in the next line is read up to the end of its first",
        "copybooks are read where they lie and are not put into the programs that copy them",
    )

    def knows(self, artifact: Artifact) -> bool:
        """By suffix, and by a division or an entry of data."""
        known = artifact.suffix in _SUFFIXES and is_text(artifact.data)
        return known and _LOOKS.search(artifact.data[:_LOOK]) is not None

    def read(self, artifact: Artifact, limits: Limits) -> Iterator[Surface | Artifact | Gap]:  # noqa: ARG002
        """Surfaces of the source, in order of line."""
        yield from cobol(artifact.text, artifact.place.whole())
