"""What rewriters of containers share: bytes that are replaced in a stream, and the signatures that this breaks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from untag.artifact import Artifact
from untag.edit import Edit, Plan, Rewriter
from untag.gap import Damaged

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import BinaryIO

    from untag.edit import Target

__all__ = ["Packed", "Packer", "Step", "changes", "joined", "moved_of", "renamed", "single", "sized", "steps_of"]

_CHUNK = 1 << 20
#: Names of members that vouch for others, and what they are.
_SIGNS: tuple[tuple[str, str], ...] = (
    (r"META-INF/[^/]+\.(?:RSA|DSA|EC)", "the signature of a jar: sign it again"),
    (r"META-INF/[^/]+\.SF|META-INF/MANIFEST\.MF", "digests of the members of a jar"),
    (r"AndroidManifest\.xml", "an APK's signature and the alignment of its members: run zipalign and apksigner"),
    (r"(?:.*/)?_CodeSignature/CodeResources", "the code signature of an Apple bundle: sign it again"),
    (r"(?:.*/)?\.signature\.p7s", "the signature of a NuGet package"),
    (r"[^/]+\.dist-info/RECORD(?:\.jws|\.p7s)?", "the digests of a wheel's members: make its RECORD again"),
    (r"_xmlsignatures/.*", "the signature of an Office document"),
    (r"META-INF/(?:documentsignatures|signatures)\.xml", "the signature of a document or EPUB"),
    (r"_gpg(?:origin|builder|maint)|debian-binary", "digests and signatures of a Debian package, also in repositories"),
    (r"AppxSignature\.p7x|AppxBlockMap\.xml", "the signature and block map of an MSIX package"),
)


class Step(NamedTuple):
    """A stretch of a container and what stands there instead.

    Attributes:
        start: Its first byte.
        end: The byte behind its last.
        parts: Bytes, or artifacts whose bytes are meant, one after another.
    """

    start: int
    end: int
    parts: tuple[bytes | Artifact, ...] = ()

    @property
    def grows(self) -> int:
        """By how many bytes the container grows."""
        return sized(self.parts) - (self.end - self.start)


class Packed(NamedTuple):
    """What a plan of a container writes.

    Attributes:
        steps: In any order.
        moved: Members that are called otherwise then, and how.
    """

    steps: tuple[Step, ...]
    moved: dict[str, str]


def sized(parts: Iterable[bytes | Artifact]) -> int:
    """How many bytes parts are."""
    return sum(part.size if isinstance(part, Artifact) else len(part) for part in parts)


def joined(source: Artifact, steps: Sequence[Step], out: BinaryIO) -> None:
    """Copy bytes but for what steps replace.

    Args:
        source: As it was.
        steps: In any order, none over another.
        out: Takes the result.
    """
    with source.open() as file:
        at = 0
        for step in sorted(steps):
            _copied(file, at, step.start, out)
            for part in step.parts:
                if isinstance(part, Artifact):
                    with part.open() as inner:
                        _copied(inner, 0, part.size, out)
                else:
                    out.write(part)
            at = step.end
        _copied(file, at, source.size, out)


def _copied(file: BinaryIO, start: int, end: int, out: BinaryIO) -> None:
    file.seek(start)
    left = end - start
    while left > 0 and (piece := file.read(min(left, _CHUNK))):
        out.write(piece)
        left -= len(piece)


def single(names: Iterable[str], members: Mapping[str, Artifact | None]) -> None:
    """Complain where a member that is to be replaced is not there exactly once.

    Raises:
        Damaged: It is not.
    """
    counts = dict.fromkeys(members, 0)
    for name in names:
        if name in counts:
            counts[name] += 1
    for number in counts.values():
        if number != 1:
            raise Damaged("several members are called alike, or one cannot be found again")


def changes(names: Sequence[str], members: Mapping[str, Artifact | None], steps: Sequence[Step]) -> Plan:
    """A plan: one edit a member, the bytes beside them, what it breaks.

    Args:
        names: All members.
        members: Those that are replaced or go.
        steps: What is written.
    """
    told = {name: one.place.chain[-1] for name, one in members.items() if one is not None}
    moved = {name: new for name, new in told.items() if new != name}
    plan = Plan(data=Packed(tuple(steps), moved))
    for name in sorted(members):
        what = f"{'the' if members[name] is None else 'parts of the'} member {name!r}"
        what += f", which is called {moved[name]!r} then" if name in moved else ""
        plan.edits.append(Edit(-1, -1, what=what))
    for pattern, said in _SIGNS:
        if any(re.fullmatch(pattern, name) for name in names):
            plan.notes.append(f"this breaks {said}")
    return plan


class Packer(Rewriter):
    """A rewriter of containers: what lies in a member is another rewriter's, what stays is copied."""

    exact = False
    packs = True

    def knows(self, artifact: Artifact) -> bool:
        """All that its reader reads."""
        return bool(artifact.size)

    def plan(self, artifact: Artifact, targets: tuple[Target, ...]) -> Plan:  # noqa: ARG002 - names are not read
        """Names of members stay: strip does not rename."""
        return Plan().keep(targets, "it is the name of a member; strip does not rename")

    def rewrite(self, artifact: Artifact, plan: Plan, out: BinaryIO) -> None:
        """Copy all but the members that are replaced."""
        joined(artifact, steps_of(plan), out)


def steps_of(plan: Plan) -> tuple[Step, ...]:
    """What a plan of ``changes`` writes."""
    return plan.data.steps if isinstance(plan.data, Packed) else ()


def moved_of(plan: Plan) -> dict[str, str]:
    """Members that are called otherwise after a plan of ``changes``, and how."""
    return plan.data.moved if isinstance(plan.data, Packed) else {}


def renamed(raw: bytes, name: str, new: str) -> bytes:
    """The bytes of a member's name, whatever it is coded in, with another ending.

    Args:
        raw: As they are.
        name: As places show it.
        new: As it shall be shown.

    Raises:
        Damaged: The endings are not those of the bytes.
    """
    same = next((at for at, (one, other) in enumerate(zip(name, new, strict=False)) if one != other), len(name))
    old, tail = name[same:], new[same:]
    if not f"{old}{tail}".isascii() or not raw.endswith(old.encode()):
        raise Damaged("the name of the member cannot be written anew")
    return raw[: len(raw) - len(old)] + tail.encode()
