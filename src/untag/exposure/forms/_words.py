"""What every form says alike."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from untag.exposure.tally import BODIES, WAYS

if TYPE_CHECKING:
    from untag.exposure.artefact import Artefact
    from untag.exposure.name import Customer
    from untag.exposure.row import Heard
    from untag.exposure.run import Exposure, File
    from untag.exposure.tally import Evidence, Person

__all__ = [
    "DAYS", "FATES", "MEANING", "NONE", "NOTE", "away", "date", "days", "evidence", "fates", "fetches", "gaps",
    "moment", "named", "span", "spots", "told",
]  # fmt: skip

#: What a verdict means, in one sentence.
MEANING = {
    "received": "a response that held a tag was delivered",
    "requested": "a tag was asked for; that it was answered is not seen in the logs",
    "neither (bodies seen)": "every request and response is in the logs with its bodies, and none held a tag",
    "no evidence": "the logs do not hold the bodies, or nothing at all: that nothing is seen shows nothing",
}
NOTE = (
    "Told by the words and rules untag knows, from these logs alone. What is not in them is not known: no evidence is "
    "no evidence of absence."
)
#: What became of the bodies of a row.
FATES = {
    "seen": "bodies seen and judged",
    "unread": "bodies that could not be judged",
    "cut": "bodies of which the log holds a part",
    "absent": "bodies not in the log",
}
#: Days that are told one by one: eleven years; and what was met on a day on which nothing was.
DAYS = 4000
NONE = [0] * len(WAYS)


def moment(time: int | None) -> str | None:
    """A time in RFC 3339."""
    if time is None:
        return None
    return dt.datetime.fromtimestamp(time, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def date(day: int) -> str:
    """A day, counted from 1970."""
    return dt.date.fromordinal(dt.date(1970, 1, 1).toordinal() + day).isoformat()


def days(exposure: Exposure) -> list[tuple[int, int, list[int]]]:
    """Every day from the first to the last with its rows and what was met on it; days without a row among them."""
    rows: dict[int, int] = {}
    met: dict[int, list[int]] = {}
    for person in exposure.people.values():
        for number, count in person.days.items():
            rows[number] = rows.get(number, 0) + count
        for number, row in person.met.items():
            met[number] = [a + b for a, b in zip(met.get(number, NONE), row, strict=True)]
    if not rows:
        return []
    every = range(min(rows), max(rows) + 1)
    # Logs of centuries: days without a row are told as gaps alone.
    chosen = every if len(every) <= DAYS else sorted(rows)[:DAYS]
    return [(number, rows.get(number, 0), met.get(number, NONE)) for number in chosen]


def span(first: int | None, last: int | None) -> str:
    """From when to when, to the minute."""
    if first is None or last is None:
        return "at times not said"
    ends = [dt.datetime.fromtimestamp(t, dt.UTC).strftime("%Y-%m-%d %H:%M") for t in (first, last)]
    return ends[0] if ends[0] == ends[1] else f"{ends[0]} to {ends[1]}"


def named(name: Customer) -> str:
    """A customer as people read it."""
    special = {"": "(not said who)", "others": "(others, beyond those told one by one)"}
    return name.label or special.get(name.id, name.id)


def evidence(person: Person) -> list[tuple[Heard, str, Evidence]]:
    """What a customer met, the gravest and most frequent first."""
    order = ("received", "requested", "fetched", "withheld")
    rows = [(heard, route, row) for (heard, route), row in person.evidence.items()]
    return sorted(rows, key=lambda r: (order.index(r[0].way), -r[2].count, r[1], r[0]))


def fetches(exposure: Exposure) -> list[tuple[Artefact, list[Customer], int, int | None, int | None]]:
    """Who fetched each artefact, how often, and when first and last; those that nobody did are among them."""
    rows: dict[str, tuple[list[Customer], list[Evidence]]] = {a.name[:200]: ([], []) for a in exposure.artefacts}
    for name, person in exposure.ranked():
        for (heard, _), row in person.evidence.items():
            if heard.way == "fetched" and heard.at in rows:
                who, met = rows[heard.at]
                met.append(row)
                if not who or who[-1] != name:
                    who.append(name)
    out = []
    for artefact in exposure.artefacts:
        who, met = rows[artefact.name[:200]]
        ends = [t for row in met for t in (row.first, row.last) if t is not None]
        out.append((artefact, who, sum(row.count for row in met), min(ends, default=None), max(ends, default=None)))
    return sorted(out, key=lambda row: (-len(row[1]), -row[2], row[0].name))


def spots(exposure: Exposure, row: Evidence) -> list[tuple[str, int]]:
    """Where the first of it stand."""
    return [(exposure.files[spot.file].name, spot.line) for spot in row.spots]


def gaps(exposure: Exposure) -> list[tuple[int, int]]:
    """Stretches without any row, the longest first where there are many."""
    rows = exposure.times.gaps(exposure.settings.gap)
    if len(rows) > 1000:
        rows = sorted(sorted(rows, key=lambda r: (r[0] - r[1], r))[:1000])
    return rows


def away(exposure: Exposure) -> list[File]:
    """Files that were not read, or not to their end."""
    return [file for file in exposure.files if file.gap]


def told(exposure: Exposure) -> str:
    """What came out, in one sentence."""
    received, requested = exposure.count("received"), exposure.count("requested")
    neither, none = exposure.count("neither (bodies seen)"), exposure.count("no evidence")
    rows = sum(file.ledger.accepted for file in exposure.files)
    if exposure.verdict == "empty":
        return "Nothing was read."
    parts = [f"{received:,} received an ethnic tag", f"{requested:,} only asked for one"]
    parts += [f"{neither:,} did neither, as their bodies show", f"of {none:,} the logs show nothing either way"]
    said = f"Of {len(exposure.people):,} customers in {rows:,} rows, " + ", ".join(parts[:-1]) + f"; {parts[-1]}."
    if exposure.artefacts:
        fetched = sum(person.count("fetched") > 0 for person in exposure.people.values())
        said += f" {fetched:,} fetched a release that carries a tag."
    return said


def fates(bodies: list[int]) -> dict[str, int]:
    """Rows by what became of their bodies."""
    return dict(zip(BODIES, bodies, strict=True))
