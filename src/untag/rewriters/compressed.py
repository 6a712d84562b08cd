"""One file behind a compression, written anew by the same method."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from untag.edit import Edit, Plan
from untag.gap import Damaged
from untag.readers._unpack import codec_of, library
from untag.rewriters._codec import Compressor
from untag.rewriters._pack import Packer, joined

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import BinaryIO

    from untag.artifact import Artifact

__all__ = ["CompressedRewriter"]


class CompressedRewriter(Packer):
    """Compresses the changed file as the old one was: same method, same header (name, time)."""

    name = "compressed"
    reads = ("compressed",)
    limits = ("data of compress(1) stay", "several streams that follow one another become one")

    def knows(self, artifact: Artifact) -> bool:
        """What can be written, too."""
        codec = codec_of(artifact.head)
        return bool(codec) and not library(codec)

    def pack(self, artifact: Artifact, members: Mapping[str, Artifact | None]) -> Plan:  # noqa: ARG002 - it is written by its first bytes
        """The one member; where it goes, all goes."""
        if len(members) != 1:
            raise Damaged("it holds one member")
        ((name, member),) = members.items()
        if member is None:
            return Plan(whole="nothing is left in it")
        return Plan([Edit(-1, -1, what=f"parts of the member {name!r}")], data=member)

    def rewrite(self, artifact: Artifact, plan: Plan, out: BinaryIO) -> None:
        """Compress.

        Raises:
            Damaged: The header is damaged.
        """
        member = cast("Artifact", plan.data)  # pack made the plan
        made = Compressor(out, artifact.head, member.size)
        joined(member, (), cast("BinaryIO", made))
        made.close()
