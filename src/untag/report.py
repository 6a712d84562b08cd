"""The whole outcome of a scan: findings, gaps, coverage, and the verdict that follows from them."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct, field

from untag.finding import Severity, Status

if TYPE_CHECKING:
    from collections.abc import Iterable

    from untag.finding import Finding
    from untag.gap import Gap
    from untag.place import Place

__all__ = ["Coverage", "Input", "Report", "Run", "Unheeded", "digest_of"]

#: The fixed sentence on what presence does not prove; every report for people carries it.
PRESENCE = (
    "A finding shows that the text is there. It does not show that the feature works, that anybody used it, or who "
    "did; "
    "and where none is shown, that holds only for what was read, with this lexicon."
)


class Input(Struct, frozen=True):
    """One INPUT of the command line.

    Attributes:
        spec: As the user wrote it.
        kind: ``path``, ``stdin`` …
        digest: ``sha256:…`` of a file's bytes, or of the sorted list of (path, digest) of what a folder holds.
    """

    spec: str
    kind: str
    digest: str


def digest_of(rows: Iterable[tuple[tuple[str, ...], str]], *, folder: bool) -> str:
    """The digest of an input.

    Args:
        rows: Chain and digest of each outermost artifact that was read.
        folder: Whether the input is a folder.

    Returns:
        Of a single file its own, else one over the sorted list.
    """
    ordered = sorted(rows)
    if len(ordered) == 1 and not folder:
        return ordered[0][1]
    total = hashlib.sha256()
    for chain, one in ordered:
        total.update("\0".join(chain).encode("utf-8", "surrogatepass") + b"\0" + one.encode() + b"\n")
    return "sha256:" + total.hexdigest()


class Read(NamedTuple):
    """What was read of the past of a repository.

    Attributes:
        input: Number of the input.
        chain: Of the repository.
        blobs: How many.
        messages: Of commits and tags.
        digest: ``digest_of`` all of them, by path or id.
    """

    input: int
    chain: tuple[str, ...]
    blobs: int
    messages: int
    digest: str


class Unheeded(Struct, frozen=True):
    """What lies in an input that is not trusted and asks untag for something: it was not obeyed.

    Attributes:
        place: Where.
        what: ``configuration``, ``policy``, ``baseline`` or ``allowance``.
        text: An allowance as written; nothing for a file.
    """

    place: Place
    what: str
    text: str = ""


class Coverage(Struct):
    """Every outermost byte, accounted for: read + by_design + ignored + gap = bytes."""

    artifacts: int = 0
    bytes: int = 0
    read: dict[str, dict[str, int]] = field(default_factory=dict)
    expanded_bytes: int = 0
    by_design: Counter[str] = field(default_factory=Counter)
    ignored: int = 0
    ignored_artifacts: int = 0
    gap: int = 0
    encodings: Counter[str] = field(default_factory=Counter)
    mentions: int = 0


class Run(Struct, frozen=True):
    """What differs from one run to the next; nothing outside this block does."""

    started: str
    seconds: float
    jobs: int
    host: str | None = None


class Report(Struct):
    """Everything a form writes.

    Attributes:
        version: Version of untag.
        digests: Digests of lexicon, rules and policy, by those names.
        inputs: What was scanned.
        findings: All of them, whatever their status, in order of place.
        gaps: All gaps, in order of place.
        coverage: What was read.
        run: The block of what is not repeatable.
        interrupted: Whether the scan was stopped before its end.
        untrusted: What the inputs ask of untag without being trusted, in order of place.
        artifacts: Input number, chain and ``sha256:…`` of each outermost artifact of today that was read, in order;
            names of persons are masked. Only where they were asked for (``Options.listed``); no form writes them.
        past: Of each repository whose past was read what that was; likewise.
        passed: The same of what was passed over, with the why (``version_control``, ``ignored``, ``links``) in place of
            the digest.
        accepted_findings: Reasons of accepted findings by key (they also stand in each finding).
    """

    version: str
    digests: dict[str, str]
    inputs: tuple[Input, ...]
    findings: tuple[Finding, ...]
    gaps: tuple[Gap, ...]
    coverage: Coverage
    run: Run
    interrupted: bool = False
    untrusted: tuple[Unheeded, ...] = ()
    artifacts: tuple[tuple[int, tuple[str, ...], str], ...] = ()
    past: tuple[Read, ...] = ()
    passed: tuple[tuple[int, tuple[str, ...], str], ...] = ()

    @property
    def shown(self) -> tuple[Finding, ...]:
        """Findings with status shown, gravest and surest first, then by place."""
        rows = [f for f in self.findings if f.status is Status.SHOWN]
        return tuple(sorted(rows, key=lambda f: (-f.severity, -f.confidence, f.place.sort)))

    @property
    def open_gaps(self) -> tuple[Gap, ...]:
        """Gaps that no policy accepts."""
        return tuple(g for g in self.gaps if not g.accepted)

    @property
    def verdict(self) -> str:
        """``findings``, ``accepted``, ``clean``, ``incomplete`` or ``empty``; display options play no part.

        What was interrupted is never ``accepted`` or ``clean``.
        """
        if self.shown:
            return "findings"
        if self.coverage.artifacts == 0 and not self.gaps:
            return "empty"
        if self.open_gaps or self.interrupted:
            return "incomplete"
        if any(f.status is Status.ACCEPTED and f.severity >= Severity.HIGH for f in self.findings):
            return "accepted"
        return "clean"

    def exit_code(self, fail_on: Severity = Severity.LOW, *, strict: bool = False) -> int:
        """Exit code of the contract.

        Args:
            fail_on: Lowest severity of a shown finding that makes it 1.
            strict: Whether an accepted gap counts as well.

        Returns:
            0 clean and complete, 1 findings, 3 gaps only, 4 nothing was read.
        """
        if any(f.severity >= fail_on for f in self.shown):
            return 1
        if self.coverage.artifacts == 0 and not self.gaps:
            return 4
        if self.open_gaps or (strict and self.gaps):
            return 3
        return 0

    @property
    def summary(self) -> dict[str, object]:
        """Counts by status, and of what is shown by severity and purpose."""
        status = Counter(f.status for f in self.findings)
        severity = Counter(f.severity.word for f in self.shown)
        purpose = Counter(str(f.purpose) for f in self.shown)
        return {
            "shown": status[Status.SHOWN],
            "hidden": status[Status.HIDDEN],
            "accepted": status[Status.ACCEPTED],
            "gaps": len(self.gaps),
            "mentions": self.coverage.mentions,
            "by_severity": dict(sorted(severity.items())),
            "by_purpose": dict(sorted(purpose.items())),
        }
