"""What tests of binary readers share: a specimen's file, what readers show of bytes, and bytes with mistakes."""

from __future__ import annotations

import random
import sys
from typing import TYPE_CHECKING

from untag.artifact import Artifact
from untag.gap import Damaged, Gap, Limits, Opaque, Reason
from untag.place import Place
from untag.readers import formats
from untag.scan import Options, scan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from untag.report import Coverage, Report
    from untag.surface import Surface


def input_of(case: Path) -> Path:
    """The file of a specimen."""
    return next(p for p in sorted(case.iterdir()) if p.name != "surfaces.txt")


def artifact_of(name: str, data: bytes) -> Artifact:
    """Bytes out of which little may be unpacked."""
    artifact = Artifact(Place((name,)), data)
    artifact.nest.left = 1 << 30
    return artifact


def shown(name: str, data: bytes) -> list[Surface | Gap | Opaque | Artifact]:
    """What all readers of binary formats that know some bytes show, and the gap where one gives up."""
    artifact = artifact_of(name, data)
    out: list[Surface | Gap | Opaque | Artifact] = []
    for reader in formats(artifact):
        try:
            for item in reader.read(artifact, Limits()):
                out.append(item)  # noqa: PERF402 - what came before Damaged is kept
        except Damaged as broken:
            out.append(Gap(artifact.place, Reason.DAMAGED, broken.detail))
    return out


def adds_up(cover: Coverage) -> bool:
    """Whether every outermost byte is read, opaque by design, ignored or in a gap, and counted once."""
    read = sum(row["bytes"] for row in cover.read.values())
    return read + sum(cover.by_design.values()) + cover.gap + cover.ignored == cover.bytes


def scanned(path: Path, data: bytes) -> Report:
    """The report of a file with some bytes, every one of them accounted for."""
    path.write_bytes(data)
    report = scan([str(path)], Options(jobs=1, cache=False))
    assert adds_up(report.coverage)
    return report


def cuts(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The first sixteenths of some bytes, with how many they are."""
    for part in range(1, 16):
        yield part, data[: len(data) * part // 16]


def changes(data: bytes, seed: str, times: int) -> Iterator[bytes]:
    """The bytes with some of them changed, and now and then a few left out; the same ones for a seed."""
    chance = random.Random(seed)  # noqa: S311 - not for secrets
    for _ in range(times):
        changed = bytearray(data)
        for _ in range(chance.randint(1, 8)):
            changed[chance.randrange(len(changed))] = chance.choice((0, 1, 127, 128, 255, chance.randrange(256)))
        if chance.random() < 0.3:
            at = chance.randrange(len(changed))
            del changed[at : at + chance.randint(1, 40)]
        yield bytes(changed)


def linear(read: Callable[[int], object], least: int = 4000) -> None:
    """Reading four times as much takes four times the steps, which are counted and not timed; much of it is read, too.

    Args:
        read: Reads so many characters.
        least: From how many on it reads in one way.
    """
    few, many = (_steps(lambda size=size: read(size)) for size in (least, 4 * least))
    assert many < 5 * few
    if 4 * least < 100_000:
        # What takes its time within one step, as an expression may, is seen here by whoever waits.
        read(100_000)


def _steps(work: Callable[[], object]) -> int:
    """How many functions are called."""
    count = 0

    def tell(_frame: object, event: str, _given: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    sys.setprofile(tell)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count
