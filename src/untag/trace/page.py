"""The page a trace is told on: its columns, and what on it may not be told because it would name a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from untag import lexicon as words
from untag.reports._text import cut, visible, wrap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from untag.gap import Gap
    from untag.lexicon import Lexicon
    from untag.place import Place
    from untag.report import Report
    from untag.scan import Options, Witness
    from untag.sources import Entry, Passed
    from untag.trace.spot import Spot

__all__ = ["AROUND", "Page"]

#: Lines around the asked ones on which surfaces are told too.
AROUND = 3
#: Lines before and behind one of a record that are withheld as well.
BESIDE = 2
#: Columns of the text.
COLUMNS = 80


class Page:
    """One place, and what is told of it, line by line."""

    def __init__(
        self, asked: Spot, met: Entry | Passed | Gap, specs: Sequence[str], options: Options, witness: Witness,
        report: Report,
    ) -> None:  # fmt: skip
        """Nothing is told yet.

        Args:
            asked: The place asked about.
            met: What the scan met there.
            specs: The inputs, as the user named them.
            options: How they were scanned.
            witness: What the scan saw.
            report: What came of it.
        """
        self._asked = asked
        self._met = met
        self._specs = specs
        self._options = options
        self._witness = witness
        self._report = report
        self._lexicon: Lexicon = words.load()
        self._out: list[str] = []
        self._private = False
        #: Whether only what stands in or beside a record is withheld, and the owners that hold one.
        self._apart = False
        self._owned: set[str] = set()
        #: The artifact whose reading is told, and whether it is known to hold records of persons.
        self._home: Place | None = None
        self._held = False
        self._told: set[str] = set()
        self._rows = False

    def _masked(self, place: Place) -> Place:
        """A place without the name of a person's folder."""
        persons = self._witness.persons
        return persons.place(place) if persons else place

    def _unnamed(self, text: str) -> str:
        return visible(self._bare(text))

    def _bare(self, text: str) -> str:
        """A text without persons."""
        persons, hide = self._witness.persons, self._witness.hide
        if hide is not None and self._home is not None:
            text = hide.text(self._home, text)
        return persons.text(text) if persons else text

    def _veiled(self, place: Place, owner: str = "", last: int | None = None) -> bool:
        """Whether what stands at a place is withheld.

        Args:
            place: The place.
            owner: Whose it is.
            last: Its last line, where it has several.
        """
        if not self._private or not self._apart:
            return self._private
        hide = self._witness.hide
        if hide is None or place.line is None or owner in self._owned:
            return True
        return hide.touches(place, place.line - BESIDE, max(last or place.end_line or 0, place.line) + BESIDE)

    def _cut(self, text: str, limit: int) -> str:
        """The beginning of a text; half a value of a person is not known for one, so that they go before."""
        return cut(self._bare(text), limit)

    @staticmethod
    def _line(place: Place) -> str:
        return f" (line {place.line})" if place.line is not None else ""

    def _head(self, text: str) -> None:
        self._out.append("")
        self._out += wrap(self._unnamed(text), COLUMNS, "", "  ")

    def _row(self, label: str, text: str) -> None:
        self._out += wrap(self._unnamed(text), COLUMNS, "  " + label.ljust(10))

    def _say(self, text: str, *, margin: int = 2, rest: int | None = None) -> None:
        self._out += wrap(self._unnamed(text), COLUMNS, " " * margin, " " * (margin + 2 if rest is None else rest))

    def _result(self, text: str) -> None:
        self._out.append("")
        self._out += wrap(self._unnamed(text), COLUMNS, "=> ", "   ")
