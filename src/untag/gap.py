"""What was not read, and why: a gap is a result, equal in rank to a finding."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from untag.place import Place

__all__ = ["Damaged", "Freed", "Gap", "Limits", "Opaque", "Part", "Reason"]


class Reason(StrEnum):
    """Why something was not read. The words are part of the contract."""

    ABSENT = "absent"
    CRASH = "crash"
    DAMAGED = "damaged"
    ENCRYPTED = "encrypted"
    INTERRUPTED = "interrupted"
    LIMIT = "limit"
    NEEDS = "needs"
    REFUSED = "refused"
    UNDECODABLE = "undecodable"
    UNKNOWN = "unknown"
    UNREACHABLE = "unreachable"


#: What each reason means, for ``untag explain``.
REASONS: dict[Reason, str] = {
    Reason.ABSENT: "something the input points to is not there (a submodule, a large-file pointer, an external file)",
    Reason.CRASH: "a reader failed in a way nobody foresaw; what it had shown before stays shown. Please report it",
    Reason.DAMAGED: "the bytes do not keep to the format they claim; what could be read around the damage was read",
    Reason.ENCRYPTED: "the content is encrypted and no password was given",
    Reason.INTERRUPTED: "the run was stopped before it came here",
    Reason.LIMIT: "a bound on size, depth, count or work was reached",
    Reason.NEEDS: "a library or program that can read this format is not installed; the detail names it",
    Reason.REFUSED: "reading on was unsafe or not allowed (a link that leaves the input, a permission)",
    Reason.UNDECODABLE: "no known text encoding fits; the bytes were still swept for the lexicon's words",
    Reason.UNKNOWN: "no reader knows this format; the bytes were still swept for the lexicon's words",
    Reason.UNREACHABLE: "a network place did not answer",
}


class Gap(Struct, frozen=True):
    """One thing that was not read.

    Attributes:
        place: Where.
        reason: Why, one of the contract's words.
        detail: A sentence for people: what happened and what would help. Never a person's value.
        size: Bytes that were not read, where known.
        accepted: Whether a policy accepts the gap.
        why: The policy's reason for accepting it.
    """

    place: Place
    reason: Reason
    detail: str = ""
    size: int = 0
    accepted: bool = False
    why: str = ""


class Opaque(Struct, frozen=True):
    """Bytes of an artifact that hold nothing to audit, by design; no gap.

    Attributes:
        kind: What they are, as it stands in the coverage: ``weights``, ``machine_code``, ``pixels`` …
        size: How many of the artifact's bytes.
    """

    kind: str
    size: int


class Freed(Struct, frozen=True):
    """What a store gave up and did not wipe: swept for the lexicon's words, and nothing else of it is told.

    Attributes:
        at: Where the page begins that holds it.
        data: Its bytes, or its texts a line each.
    """

    at: int
    data: bytes


class Part(Struct, frozen=True):
    """A file that a model names and in which a part of it lies; whether it is there is looked up when all are known.

    Attributes:
        place: Where it is named.
        name: Its path from the folder of the model, as it is written there.
        raw: Whether it holds numbers alone, in no format of its own.
        end: Where the last of these ends; 0 where that is not said.
    """

    place: Place
    name: str
    raw: bool = False
    end: int = 0


class Limits(Struct, frozen=True):
    """Bounds that count work, not seconds, so that a result does not depend on the machine.

    Attributes:
        depth: How deep containers (and trees) may nest.
        size: Bytes one artifact may have before it is read in windows only.
        parse: Bytes above which source is lexed around its hits instead of parsed whole.
        nodes: Nodes of a syntax tree or data tree that a reader visits.
        members: Members of one container.
        ratio: How many times its bytes compressed data may expand to, above ``free``.
        free: Bytes that anything may expand to, however small it is.
        expanded: Bytes that may be unpacked out of one outermost artifact, at all depths together.
        surfaces: Surfaces one artifact may yield.
    """

    depth: int = 8
    size: int = 4 << 30
    parse: int = 8 << 20
    nodes: int = 20_000_000
    members: int = 1_000_000
    ratio: int = 200
    free: int = 64 << 20
    expanded: int = 64 << 30
    surfaces: int = 4_000_000


class Damaged(Exception):  # noqa: N818 - a state of the input, named as in the contract
    """Raised by a reader that owns the format when the bytes do not keep to it; becomes a gap."""

    def __init__(self, detail: str, place: Place | None = None) -> None:
        super().__init__(detail, place)
        self.detail, self.place = detail, place

    def __str__(self) -> str:
        return self.detail
