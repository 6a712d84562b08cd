"""Packages of data of ICU: what they say of languages and countries is no tag of anybody, and is passed over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from untag.gap import Gap, Opaque, Reason
from untag.readers import BinaryReader
from untag.syntax.icu import locales, starts
from untag.syntax.pages import bytes_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.artifact import Artifact
    from untag.gap import Limits

__all__ = ["IcuReader"]


class IcuReader(BinaryReader):
    """Tells ICU's own data, which are opaque by design, from the packages of others, which are gaps."""

    name = "icu"
    rank = 50
    #: The length of the header, in either order of bytes, and the mark of ICU.
    starts = tuple(row + b"\xda\x27" for n in range(16, 256, 16) for row in (bytes((n, 0)), bytes((0, n))))
    limits = (
        "ICU's own data (names of languages, scripts, countries and currencies) are passed over and counted as such",
        "other packages in the same format are swept, and gaps",
    )

    def knows(self, artifact: Artifact) -> bool:
        """The header of a package."""
        return starts(artifact.head)

    def read(self, artifact: Artifact, limits: Limits) -> Iterator[Gap | Opaque]:
        """All of it is opaque, or a gap."""
        del limits
        with bytes_of(artifact) as data:
            found = locales(data, 0, artifact.size)
        if found[1]:
            yield Opaque("locale_data", found[1])
            if found[1] < artifact.size:
                said = "bytes behind the data of ICU; they were swept"
                yield Gap(artifact.place.whole(), Reason.UNKNOWN, said, artifact.size - found[1])
        else:
            said = "a package of data of ICU that is not its own: no reader knows it; it was swept"
            yield Gap(artifact.place.whole(), Reason.UNKNOWN, said, artifact.size)
