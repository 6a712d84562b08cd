"""Counts that come out of reading logs: of each customer and of each file; those of two parts add up.

Nothing in here is a value of a log but times, numbers and collapsed routes.
"""

from __future__ import annotations

from bisect import insort
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from untag.exposure.name import Customer
    from untag.exposure.row import Heard

__all__ = [
    "BODIES", "CUSTOMERS", "DAY", "FIRST", "LAST", "WAYS", "Evidence", "Ledger", "Part", "Person", "Spot", "Times",
    "day",
]  # fmt: skip

#: Places kept of one piece of evidence, and of one reason for rejection.
PLACES = 5
#: Kinds of evidence kept of one customer.
EVIDENCE = 200
#: Customers told one by one; of those beyond only the ones with evidence are.
CUSTOMERS = 200_000
#: Reasons of rejection and of unread bodies, and mentions, kept of one file.
REASONS = 50
#: Seconds of a day.
DAY = 86_400
#: Times that a log can have: 1990 to 2100. Others are mistakes, and would make a timeline of centuries.
FIRST, LAST = 631_152_000, 4_102_444_800


#: What may be heard, as ``row.Heard`` says it.
WAYS = ("requested", "received", "withheld", "fetched")


class Spot(NamedTuple):
    """Where something stands.

    Attributes:
        file: Number of the file.
        line: Line, or entry of a capture, from 1.
    """

    file: int
    line: int


def day(time: int) -> int:
    """Days since 1970."""
    return time // DAY


class Times:
    """First and last, and which minutes of which days there was something."""

    __slots__ = ("first", "last", "minutes")

    def __init__(self) -> None:
        self.first: int | None = None
        self.last: int | None = None
        #: By day, a bit for each minute.
        self.minutes: dict[int, int] = {}

    def add(self, time: int) -> None:
        """There was something then."""
        if self.first is None or time < self.first:
            self.first = time
        if self.last is None or time > self.last:
            self.last = time
        number, rest = divmod(time, DAY)
        self.minutes[number] = self.minutes.get(number, 0) | (1 << (rest // 60))

    def join(self, other: Times) -> None:
        """Take over what another saw."""
        for end in (other.first, other.last):
            if end is not None:
                self.first = end if self.first is None else min(self.first, end)
                self.last = end if self.last is None else max(self.last, end)
        for number, bits in other.minutes.items():
            self.minutes[number] = self.minutes.get(number, 0) | bits

    def gaps(self, least: int) -> list[tuple[int, int]]:
        """Stretches without anything, between the first and the last, of at least so many seconds."""
        out: list[tuple[int, int]] = []
        last: int | None = None
        for number in sorted(self.minutes):
            bits = self.minutes[number]
            base = number * DAY
            at = 0
            while bits:
                low = (bits & -bits).bit_length() - 1
                bits >>= low
                at += low
                run = (~bits & (bits + 1)).bit_length() - 1
                if last is not None and base + at * 60 - last >= least:
                    out.append((last, base + at * 60))
                bits >>= run
                at += run
                last = base + at * 60
        return out


@dataclass(slots=True)
class Evidence:
    """How often, when and where one customer met one tag on one route."""

    count: int = 0
    refused: int = 0
    first: int | None = None
    last: int | None = None
    spots: list[Spot] = field(default_factory=list)

    def add(self, time: int | None, spot: Spot, *, refused: bool) -> None:
        """Once more."""
        self.count += 1
        self.refused += refused
        if time is not None:
            self.first = time if self.first is None else min(self.first, time)
            self.last = time if self.last is None else max(self.last, time)
        if len(self.spots) < PLACES or spot < self.spots[-1]:
            # Lines that one expression reads are told after those that are parsed.
            insort(self.spots, spot)
            del self.spots[PLACES:]

    def join(self, other: Evidence) -> None:
        """Take over what another part saw, which comes later."""
        self.count += other.count
        self.refused += other.refused
        for end in (other.first, other.last):
            if end is not None:
                self.first = end if self.first is None else min(self.first, end)
                self.last = end if self.last is None else max(self.last, end)
        self.spots = sorted(self.spots + other.spots)[:PLACES]


#: What became of the bodies of a row, the gravest last.
BODIES = ("seen", "unread", "cut", "absent")


@dataclass(slots=True)
class Person:
    """What logs say of one customer.

    Attributes:
        rows: Rows.
        first: Of its rows, to the minute.
        last: Of its rows, to the minute.
        bodies: Rows by what became of their bodies, in the order of ``BODIES``.
        days: Rows by day.
        met: By day, how often it came to each of ``WAYS``.
        evidence: By what was heard and on which route.
        more: Evidence beyond what is kept apart.
    """

    rows: int = 0
    first: int | None = None
    last: int | None = None
    bodies: list[int] = field(default_factory=lambda: [0, 0, 0, 0])
    days: dict[int, int] = field(default_factory=dict)
    met: dict[int, list[int]] = field(default_factory=dict)
    evidence: dict[tuple[Heard, str], Evidence] = field(default_factory=dict)
    more: int = 0

    def add(self, time: int | None, body: int, count: int = 1) -> None:
        """Rows of one time and one fate."""
        self.rows += count
        self.bodies[body] += count
        if time is not None:
            self.first = time if self.first is None else min(self.first, time)
            self.last = time if self.last is None else max(self.last, time)
            number = day(time)
            self.days[number] = self.days.get(number, 0) + count

    def many(self, day: int | None, first: int | None, last: int | None, body: int, count: int) -> None:
        """Rows of one day and one fate, between two times."""
        self.rows += count
        self.bodies[body] += count
        if day is not None and first is not None and last is not None:
            self.first = first if self.first is None else min(self.first, first)
            self.last = last if self.last is None else max(self.last, last)
            self.days[day] = self.days.get(day, 0) + count

    def hear(self, heard: Heard, route: str, time: int | None, spot: Spot, *, refused: bool) -> None:
        """A tag was asked for or answered."""
        known = self.evidence.get((heard, route))
        if known is None:
            if len(self.evidence) >= EVIDENCE:
                # Another route, or another place in the body, must not hide that it was met at all.
                heard, route = heard._replace(at="…"), "…"
                self.more += 1
            known = self.evidence.setdefault((heard, route), Evidence())
        known.add(time, spot, refused=refused)
        if time is not None:
            row = self.met.setdefault(day(time), [0] * len(WAYS))
            row[WAYS.index(heard.way)] += 1

    def join(self, other: Person) -> None:
        """Take over what another part saw, which comes later."""
        self.rows += other.rows
        for end in (other.first, other.last):
            if end is not None:
                self.first = end if self.first is None else min(self.first, end)
                self.last = end if self.last is None else max(self.last, end)
        self.bodies = [a + b for a, b in zip(self.bodies, other.bodies, strict=True)]
        for number, count in other.days.items():
            self.days[number] = self.days.get(number, 0) + count
        for number, row in other.met.items():
            mine = self.met.setdefault(number, [0] * len(WAYS))
            self.met[number] = [a + b for a, b in zip(mine, row, strict=True)]
        self.more += other.more
        for (heard, route), evidence in other.evidence.items():
            known = self.evidence.get((heard, route))
            if known is None and len(self.evidence) >= EVIDENCE:
                heard, route = heard._replace(at="…"), "…"
                self.more += 1
            self.evidence.setdefault((heard, route), Evidence()).join(evidence)

    def count(self, way: str) -> int:
        """How often it came to one of ``WAYS``."""
        return sum(row.count for (heard, _), row in self.evidence.items() if heard.way == way)

    @property
    def verdict(self) -> str:
        """One of the contract's words."""
        if self.count("received"):
            return "received"
        if self.count("requested"):
            return "requested"
        return "neither (bodies seen)" if self.rows and self.bodies[0] == self.rows else "no evidence"


@dataclass(slots=True)
class Ledger:
    """What was read of one file: ``lines`` = accepted + rejected + blank.

    Attributes:
        lines: Lines, or entries of a capture.
        accepted: Rows that count.
        blank: Empty lines, and those that a format has for comments and headings.
        rejected: By reason: how many, and the first of their lines.
        words: Rejected lines in which a word of a tag stands.
        timeless: Accepted rows without a time.
        bodies: Rows by what became of their bodies, in the order of ``BODIES``.
        unread: Bodies that could not be judged, by reason.
        mentions: Rows with a word of a tag that was judged to be none, by term.
        times: When there were rows.
        expanded: Bytes read, unpacked.
    """

    lines: int = 0
    accepted: int = 0
    blank: int = 0
    rejected: dict[str, list[int]] = field(default_factory=dict)
    words: int = 0
    timeless: int = 0
    bodies: list[int] = field(default_factory=lambda: [0, 0, 0, 0])
    unread: dict[str, int] = field(default_factory=dict)
    mentions: dict[str, int] = field(default_factory=dict)
    times: Times = field(default_factory=Times)
    expanded: int = 0

    @property
    def refused(self) -> int:
        """Rejected rows."""
        return sum(row[0] for row in self.rejected.values())

    def reject(self, why: str, count: int, lines: list[int]) -> None:
        """Lines that their format cannot read; the first of them are named."""
        if why not in self.rejected and len(self.rejected) >= REASONS:
            why = "other reasons"
        row = self.rejected.setdefault(why, [0])
        row[0] += count
        row += lines[: PLACES + 1 - len(row)]

    def join(self, other: Ledger) -> None:
        """Take over what another part of the file saw, which comes later."""
        for why, (count, *lines) in other.rejected.items():
            row = self.rejected.setdefault(why, [0])
            row[0] += count
            row += [line + self.lines for line in lines][: PLACES + 1 - len(row)]
        self.lines += other.lines
        self.accepted += other.accepted
        self.blank += other.blank
        self.words += other.words
        self.timeless += other.timeless
        self.expanded += other.expanded
        self.bodies = [a + b for a, b in zip(self.bodies, other.bodies, strict=True)]
        for mine, others in ((self.unread, other.unread), (self.mentions, other.mentions)):
            for name, count in others.items():
                mine[name] = mine.get(name, 0) + count
        self.times.join(other.times)


@dataclass(slots=True)
class Part:
    """What came of reading one file, or a range of it.

    Attributes:
        ledger: Of the rows.
        people: By pseudonym and label.
        gap: Why reading ended before its end; empty where it did not.
        reason: The contract's word for that.
    """

    ledger: Ledger = field(default_factory=Ledger)
    people: dict[Customer, Person] = field(default_factory=dict)
    gap: str = ""
    reason: str = ""

    def shift(self, lines: int) -> None:
        """Lines stand before it in its file."""
        for person in self.people.values():
            for evidence in person.evidence.values():
                evidence.spots = [Spot(file, line + lines) for file, line in evidence.spots]
