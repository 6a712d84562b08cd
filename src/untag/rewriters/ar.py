"""Archives of ar, Debian packages among them: members are replaced where they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from untag.edit import Proof
from untag.gap import Damaged
from untag.readers._ar import HEADER, Heads
from untag.rewriters._pack import Packer, Step, changes, single

if TYPE_CHECKING:
    from collections.abc import Mapping

    from untag.artifact import Artifact
    from untag.edit import Plan
    from untag.readers._ar import Head

__all__ = ["ArRewriter"]

_LARGEST = 10**10 - 1


class ArRewriter(Packer):
    """Writes members of ar archives anew, in their order, with their modes and times."""

    name = "ar"
    reads = ("ar",)
    limits = ("a static library with a table of symbols stays: the table says where its members begin",)

    def pack(self, artifact: Artifact, members: Mapping[str, Artifact | None]) -> Plan:
        """Steps over sizes and bytes."""
        heads = Heads(artifact)
        rows = list(heads)
        if heads.damaged is not None:
            raise Damaged("the archive is damaged")
        if heads.indexed:
            raise Damaged("a static library with a table of symbols, which says where its members begin")
        single((head.name for head in rows), members)
        steps = []
        for head in rows:
            if head.name in members:
                steps += _steps(head, members[head.name], artifact.size)
        return changes([head.name for head in rows], members, steps)

    def check(self, before: Artifact, after: Artifact, plan: Plan) -> Proof:  # noqa: ARG002 - both tell it
        """Compare owners, modes and times."""
        old, new = ([(h.name, h.raw[16:48]) for h in Heads(a)] for a in (before, after))
        stay = iter(old)
        if not all(row in stay for row in new):
            return Proof("order, names, modes or times of members are not the same")
        return Proof("", (f"order, names, modes and times of {len(new):,} members are the same",))


def _steps(head: Head, member: Artifact | None, whole: int) -> list[Step]:
    end = min(head.at + head.size + (head.at + head.size & 1), whole)
    if member is None:
        return [Step(head.start, end)]
    named = head.at - head.start - HEADER  # BSD's way: the name is counted with the bytes
    if member.size + named > _LARGEST:
        raise Damaged("a member would be too large for ar")
    size = b"%-10d" % (member.size + named)
    pad = b"\n" * (head.at + member.size & 1)
    return [Step(head.start + 48, head.start + 58, (size,)), Step(head.at, end, (member, pad))]
