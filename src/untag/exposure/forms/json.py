"""The exposure as JSON, schema ``untag.exposure/1``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from untag import __version__
from untag.exposure.forms._words import DAYS, NONE, away, date, days, evidence, fates, fetches, gaps, moment, spots
from untag.exposure.tally import WAYS
from untag.reports._text import wire

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.exposure.name import Customer
    from untag.exposure.run import Exposure, File
    from untag.exposure.tally import Person

__all__ = ["JsonForm"]


class JsonForm:
    """Keys in a fixed order; the same logs and key give the same bytes outside ``run``."""

    name = "json"

    def write(self, exposure: Exposure, run: dict[str, object]) -> Iterator[str]:
        """As for ``Form``."""
        yield wire(json.dumps(_top(exposure, run), ensure_ascii=False, indent=1)) + "\n"


def _top(exposure: Exposure, run: dict[str, object]) -> dict[str, Any]:
    count, policy = exposure.count, exposure.settings.policy
    return {
        "schema": "untag.exposure/1",
        "tool": {"name": "untag", "version": __version__},
        "digests": {"lexicon": exposure.lexicon, "policy": policy.digest if policy is not None else ""},
        "pseudonyms": {"key": exposure.mark, "kept": exposure.settings.kept, "of": list(exposure.settings.fields)},
        "verdict": exposure.verdict,
        "summary": {
            "customers": len(exposure.people),
            "received": count("received"),
            "requested": count("requested"),
            "neither": count("neither (bodies seen)"),
            "no_evidence": count("no evidence"),
            "rows": sum(file.ledger.accepted for file in exposure.files),
            "first": moment(exposure.times.first),
            "last": moment(exposure.times.last),
        },
        "customers": [_customer(exposure, *row) for row in exposure.ranked()],
        "days": [
            {"day": date(number), "rows": rows, **dict(zip(WAYS, met, strict=True))}
            for number, rows, met in days(exposure)
        ],
        "artefacts": [
            {
                "artefact": artefact.name,
                "digest": artefact.digest,
                "term": artefact.term,
                "findings": artefact.findings,
                "customers": len(who),
                "fetched": times,
                "first": moment(first),
                "last": moment(last),
            }
            for artefact, who, times, first, last in fetches(exposure)
        ],
        "coverage": _coverage(exposure),
        "run": {**run, "interrupted": exposure.interrupted},
    }  # fmt: skip


def _customer(exposure: Exposure, name: Customer, person: Person) -> dict[str, Any]:
    return {
        "customer": name.id,
        "label": name.label,
        "verdict": person.verdict,
        "rows": person.rows,
        "first": moment(person.first),
        "last": moment(person.last),
        **{way: person.count(way) for way in WAYS},
        "bodies": fates(person.bodies),
        "evidence": [
            {
                "way": heard.way,
                "route": route,
                "rule": heard.rule,
                "term": heard.term,
                "zone": heard.zone,
                "at": heard.at,
                "count": row.count,
                "refused": row.refused,
                "first": moment(row.first),
                "last": moment(row.last),
                "places": [{"file": file, "line": line} for file, line in spots(exposure, row)],
            }
            for heard, route, row in evidence(person)
        ],
        "more": person.more,
        "days": [
            {"day": date(number), "rows": rows, **dict(zip(WAYS, person.met.get(number, NONE), strict=True))}
            for number, rows in sorted({**dict.fromkeys(person.met, 0), **person.days}.items())
        ][:DAYS],
    }


def _coverage(exposure: Exposure) -> dict[str, Any]:
    return {
        "files": [_file(file) for file in exposure.files],
        "gaps": [{"file": f.name, "reason": f.reason, "detail": f.gap} for f in away(exposure)],
        "silent": [{"from": moment(first), "to": moment(last)} for first, last in gaps(exposure)],
        "silent_from": exposure.settings.gap,
    }


def _file(file: File) -> dict[str, Any]:
    ledger = file.ledger
    return {
        "file": file.name,
        "format": file.format,
        "packed": file.packed,
        "bytes": file.size,
        "expanded_bytes": ledger.expanded,
        "lines": ledger.lines,
        "accepted": ledger.accepted,
        "rejected": ledger.refused,
        "blank": ledger.blank,
        "rejections": [
            {"reason": why, "count": count, "lines": lines} for why, (count, *lines) in sorted(ledger.rejected.items())
        ],
        "rejected_with_words": ledger.words,
        "timeless": ledger.timeless,
        "bodies": fates(ledger.bodies),
        "unread": dict(sorted(ledger.unread.items())),
        "mentions": dict(sorted(ledger.mentions.items())),
        "first": moment(ledger.times.first),
        "last": moment(ledger.times.last),
    }
