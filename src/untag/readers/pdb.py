"""Debug information of Windows programs in a file of its own (PDB): named and swept, since no free library reads it.

LIEF reads it in its commercial build only, and pdbparse has no maintained release. Signatures: LLVM, "The MSF File
Format"; Microsoft, "Portable PDB v1.0".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from untag.gap import Gap, Reason
from untag.readers import BinaryReader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.artifact import Artifact
    from untag.gap import Limits

__all__ = ["PdbReader"]

_NATIVE = (b"Microsoft C/C++ MSF 7.00\r\n\x1aDS\0", b"Microsoft C/C++ program database 2.00\r\n\x1aJG\0")
_PORTABLE = b"BSJB"
_SAID = "the bytes were swept"
_ADVICE = "llvm-pdbutil pretty -all (Debian: apt-get install llvm) writes its enums, types and symbols as text to scan"


class PdbReader(BinaryReader):
    """Says what the file is and what would write it as text."""

    name = "pdb"
    rank = 50
    starts = (*_NATIVE, _PORTABLE)
    limits = (
        "Enums, members and symbols are not told apart: no free library reads the format; it is swept for names.",
        "A name that lies over the end of a page of the file is not seen.",
    )

    def read(self, artifact: Artifact, limits: Limits) -> Iterator[Gap]:
        """One gap of all bytes, which are swept."""
        del limits
        if artifact.head.startswith(_PORTABLE):
            said = f"debug information of .NET (portable PDB): no reader knows it; {_SAID}; the assembly itself is read"
        else:
            said = f"debug information of Windows (PDB): no free library reads it; {_SAID}; {_ADVICE}"
        yield Gap(artifact.place.whole(), Reason.UNKNOWN, said, artifact.size)
