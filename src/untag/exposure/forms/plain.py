"""The exposure as plain text, 80 columns wide."""

from __future__ import annotations

from typing import TYPE_CHECKING

from untag.exposure.forms._words import (
    FATES,
    MEANING,
    NOTE,
    away,
    evidence,
    fates,
    fetches,
    gaps,
    named,
    span,
    spots,
    told,
)  # fmt: skip
from untag.reports._text import cut, pad, visible, wrap
from untag.reports._words import count as number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.exposure.name import Customer
    from untag.exposure.run import Exposure, File
    from untag.exposure.tally import Person

__all__ = ["PlainForm"]

_WIDE = 80
#: Customers told one by one of each verdict, evidence told of each, and files.
_CUSTOMERS, _EVIDENCE, _FILES = 50, 10, 40


class PlainForm:
    """What a person reads first: the answer, who, and what the logs do not hold."""

    name = "plain"

    def write(self, exposure: Exposure, run: dict[str, object]) -> Iterator[str]:  # noqa: ARG002 - as for ``Form``
        """As for ``Form``."""
        for line in self._lines(exposure):
            yield line + "\n"

    def _lines(self, exposure: Exposure) -> Iterator[str]:
        yield from wrap(told(exposure), _WIDE)
        if exposure.times.first is not None:
            yield from wrap(f"Rows from {span(exposure.times.first, exposure.times.last)} (UTC).", _WIDE)
        if exposure.interrupted:
            yield "Interrupted: this is a part."
        for verdict, meaning in MEANING.items():
            rows = [row for row in exposure.ranked() if row[1].verdict == verdict]
            if not rows:
                continue
            yield ""
            yield f"{verdict} ({len(rows):,})"
            yield from wrap(meaning, _WIDE, "  ")
            for name, person in rows[:_CUSTOMERS]:
                yield from self._customer(exposure, name, person)
            if len(rows) > _CUSTOMERS:
                yield f"  … and {len(rows) - _CUSTOMERS:,} more (all of them with --format json)"
        if exposure.artefacts:
            yield ""
            yield from self._artefacts(exposure)
        yield ""
        yield from self._coverage(exposure)
        yield ""
        yield from wrap(NOTE, _WIDE)
        if not exposure.settings.kept:
            text = "Pseudonyms are of this run only; --key FILE keeps them the same from run to run."
            yield from wrap(text, _WIDE)

    def _customer(self, exposure: Exposure, customer: Customer, person: Person) -> Iterator[str]:
        name = pad(cut(visible(named(customer)), 24), 24)
        if not person.rows:
            yield f"  {name}no row in any log"
            return
        text = f"{number(person.rows, 'row')}, {span(person.first, person.last)}"
        yield from wrap(text, _WIDE, f"  {name}", " " * 26)
        rows = evidence(person)
        for heard, route, row in rows[:_EVIDENCE]:
            refused = f", {row.refused:,} of them answered with an error" if row.refused else ""
            what = f"{heard.way} {row.count:,}x {heard.term} ({heard.rule}) in the {heard.zone}"
            text = f"{what} of {visible(route)}{refused}"
            yield from wrap(text, _WIDE, "    ", "      ")
            places = ", ".join(f"{visible(file)}:{line}" for file, line in spots(exposure, row)[:3])
            yield from wrap(f"{places}{', …' if row.count > 3 else ''}", _WIDE, "      ", "      ")
        if len(rows) > _EVIDENCE:
            yield f"    … and {len(rows) - _EVIDENCE:,} kinds more"

    @staticmethod
    def _artefacts(exposure: Exposure) -> Iterator[str]:
        yield "Releases that carry a tag"
        for artefact, who, times, first, last in fetches(exposure)[:_FILES]:
            if times:
                text = f"fetched {times:,}x by {number(len(who), 'customer')}, {span(first, last)}"
            else:
                text = "in no log: that nobody fetched it is not shown"
            yield from wrap(f"{visible(artefact.name)} ({artefact.term}): {text}", _WIDE, "  ", "    ")

    def _coverage(self, exposure: Exposure) -> Iterator[str]:
        yield "What was read"
        for file in exposure.files[:_FILES]:
            yield from self._file(file)
        if len(exposure.files) > _FILES:
            yield f"  … and {len(exposure.files) - _FILES:,} files more"
        total = [sum(f.ledger.bodies[i] for f in exposure.files) for i in range(4)]
        for fate, count in fates(total).items():
            if count:
                yield f"  {count:>14,}  rows: {FATES[fate]}"
        rows = gaps(exposure)
        hours = exposure.settings.gap / 3600
        for first, last in rows[:10]:
            text = f"no row for {(last - first) / 3600:,.1f} h: {span(first, last)}"
            yield from wrap(text, _WIDE, "  ", "    ")
        if len(rows) > 10:
            yield f"  … and {len(rows) - 10:,} more stretches of {hours:g} h and longer without a row"
        missing = away(exposure)
        for file in missing[:_FILES]:
            yield from wrap(f"not read: {visible(file.name)}: {visible(file.gap)} ({file.reason})", _WIDE, "  ", "    ")

    @staticmethod
    def _file(file: File) -> Iterator[str]:
        ledger = file.ledger
        if not file.format:
            return
        parts = (number(ledger.lines, "line"), number(ledger.accepted, "row"), ledger.refused, ledger.blank)
        text = "{} = {} + {:,} rejected + {:,} blank".format(*parts)
        yield from wrap(f"{visible(file.name)} ({file.format}): {text}", _WIDE, "  ", "    ")
        for why, (count, *lines) in sorted(ledger.rejected.items()):
            first = f", first in line {lines[0]:,}" if lines else ""
            yield from wrap(f"{count:,} rejected: {visible(why)}{first}", _WIDE, "    ", "      ")
        if ledger.words:
            yield f"    rejected lines that hold a word of a tag: {ledger.words:,}"
        if ledger.unread:
            text = ", ".join(f"{count:,} {why}" for why, count in sorted(ledger.unread.items()))
            yield from wrap(f"bodies not judged: {text}", _WIDE, "    ", "      ")
        if ledger.mentions:
            top = sorted(ledger.mentions.items(), key=lambda row: (-row[1], row[0]))[:6]
            text = ", ".join(f"{term} {count:,}x" for term, count in top)
            text = f"words that were not taken for a tag: {text} (if these paths are about faces, say so: --faces)"
            yield from wrap(text, _WIDE, "    ", "      ")
