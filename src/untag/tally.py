"""What a scan has so far: how far it is, what came of the entries, and what is said of the rest where it is stopped."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from msgspec import Struct, field

from untag.gap import Gap, Part, Reason
from untag.place import Place
from untag.report import Coverage, Input, Unheeded, digest_of
from untag.sources import Entry, Passed, choose

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from untag.judge import Judgement, Sheet
    from untag.outcome import Outcome

__all__ = ["Progress", "Tally"]


class Progress(Struct):
    """What a progress bar shows; updated as the scan goes on."""

    files: int = 0
    bytes: int = 0
    found: int = 0
    total_files: int = 0
    total_bytes: int = 0
    walked: bool = False


class Tally(Struct):
    """What comes together from all workers: coverage, gaps, sheets, and how far the scan is."""

    progress: Progress
    watch: Callable[[Progress], None] | None = None
    coverage: Coverage = field(default_factory=Coverage)
    gaps: list[Gap] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    sheets: list[Sheet] = field(default_factory=list)
    members: list[tuple[int, str]] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    digests: dict[int, list[tuple[tuple[str, ...], str]]] = field(default_factory=dict)
    interrupted: bool = False
    untrusted: list[Unheeded] = field(default_factory=list)
    stores: list[Place] = field(default_factory=list)
    over: list[tuple[Place, str]] = field(default_factory=list)

    def today(self, entries: Iterable[Entry]) -> list[tuple[Place, str]]:
        """Of what lies in the inputs, and not in their history, what was read so far, with its digest."""
        files = {(entry.place.input, entry.place.chain) for entry in entries}
        return [
            (Place(chain, number), digest)
            for number, rows in self.digests.items()
            for chain, digest in rows
            if (number, chain) in files
        ]

    def entry(self, found: Entry) -> None:
        """Note that there is something to read."""
        self.places.append(found.place)
        if found.place.chain[0].rpartition("/")[2] == ".git":
            self.stores.append(found.place)
        self.progress.total_files += 1
        self.progress.total_bytes += found.size

    def passed(self, row: Passed) -> None:
        """Note what is not read on purpose."""
        self.coverage.bytes += row.size
        self.over.append((row.place, row.why))
        if row.why == "version_control":
            self.stores.append(row.place)
        if row.why == "ignored":
            self.coverage.ignored += row.size
            self.coverage.ignored_artifacts += 1
        else:
            self.coverage.by_design[row.why] += row.size

    def take(self, outcome: Outcome) -> None:
        """Add what a worker made of a batch."""
        self.gaps += outcome.gaps
        self.parts += outcome.parts
        self.sheets += outcome.sheets
        self.members += outcome.members
        for number, chain, digest in outcome.digests:
            self.digests.setdefault(number, []).append((chain, digest))
        cover = self.coverage
        cover.artifacts += outcome.artifacts
        cover.bytes += outcome.bytes
        cover.gap += outcome.gap_bytes
        cover.expanded_bytes += outcome.expanded
        cover.encodings.update(outcome.encodings)
        cover.by_design.update(outcome.by_design)
        for name, (artifacts, size, lexed) in outcome.read.items():
            row = cover.read.setdefault(name, {"artifacts": 0, "bytes": 0, "lexed_only": 0})
            row["artifacts"] += artifacts
            row["bytes"] += size
            row["lexed_only"] += lexed
        self.progress.files += outcome.artifacts
        self.progress.bytes += outcome.bytes
        self.progress.found += sum(bool(s.trigger) for s in outcome.sheets)
        if self.watch:
            self.watch(self.progress)

    def interrupt(self, specs: Sequence[str]) -> None:
        """Say what was left unread."""
        left = self.progress.total_files - self.progress.files
        size = max(0, self.progress.total_bytes - self.progress.bytes)
        more = "" if self.progress.walked else " that were listed, and what had not been listed yet"
        place = Place((specs[0],))
        self.gaps.append(Gap(place, Reason.INTERRUPTED, f"stopped before {left} files{more}", size))
        self.coverage.gap += size
        self.coverage.bytes += size

    def unjudged(self, specs: Sequence[str], judgement: Judgement) -> None:
        """Say what was read and not judged."""
        self.interrupted = True
        detail = f"stopped while judging: {judgement.unjudged} of {len(self.sheets)} files with hits were not judged"
        if not judgement.unjudged:
            detail = "stopped while judging: names that one file proves were not followed into the others"
        self.gaps.append(Gap(Place((specs[0],)), Reason.INTERRUPTED, detail))

    def inputs(self, specs: Sequence[str]) -> Iterator[Input]:
        """The inputs with the digest of what was read of each."""
        for number, spec in enumerate(specs):
            # Names that are no text must survive, so that it is no Path.
            digest = digest_of(self.digests.get(number, ()), folder=os.path.isdir(spec))  # noqa: PTH112
            yield Input(spec, choose(spec).name, digest)
