"""Visual Basic: modules, classes and forms of version 6 and .NET, macros of office documents, scripts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from untag.charset import is_text
from untag.readers import Reader
from untag.readers._basic import basic

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.artifact import Artifact
    from untag.gap import Gap, Limits
    from untag.surface import Surface

__all__ = ["BasicReader"]

_SURE = frozenset({".vb", ".vbs", ".vba"})
#: Suffixes that other formats have as well (classes of LaTeX and Apex, tables of MySQL).
_SHARED = frozenset({".bas", ".cls", ".ctl", ".dob", ".dsr", ".frm", ".pag"})
_LOOKS = re.compile(
    rb"^(?:\xef\xbb\xbf)?\s*(?:attribute\s+vb_\w+|version\s+\d+\.\d+|option\s+(?:explicit|base|compare)|begin\s+[\w.{]+"
    rb"|(?:(?:public|private|global|friend|static)\s+)*(?:sub|function|property|type|enum|const|declare)\s+\w"
    rb"|dim\s+\w+)",
    re.IGNORECASE | re.MULTILINE,
)
_LOOK = 1 << 16


class BasicReader(Reader):
    """See the module's first line."""

    name = "basic"
    rank = 30
    formats = tuple(f"Visual Basic ({suffix})" for suffix in sorted(_SURE | _SHARED))
    limits = (
        "a statement that goes on in the next line is read as two",
        "what a form binds by code is not followed; its label is bound to the control that shows it",
    )

    def knows(self, artifact: Artifact) -> bool:
        """By suffix, where others have it too by what Visual Basic begins its lines with."""
        if artifact.suffix in _SURE:
            return is_text(artifact.data)
        return (
            artifact.suffix in _SHARED and is_text(artifact.data) and _LOOKS.search(artifact.data[:_LOOK]) is not None
        )

    def read(self, artifact: Artifact, limits: Limits) -> Iterator[Surface | Artifact | Gap]:  # noqa: ARG002
        """Surfaces of the source, in order of line."""
        yield from basic(artifact.text, artifact.place.whole())
