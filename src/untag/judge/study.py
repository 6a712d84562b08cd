"""Study: what drafts show beyond their marks: legends, code systems, and which marks are not live."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from untag.judge.coding import systems
from untag.judge.legend import legends
from untag.judge.refer import settle
from untag.judge.scar import backup_of, scars

if TYPE_CHECKING:
    from collections.abc import Sequence

    from untag.judge.gather import Draft, Sheet
    from untag.judge.package import Packages
    from untag.lexicon import Lexicon

__all__ = ["Study"]

_TAGS = frozenset({"attribute", "group", "proxy"})


class Study:
    """Studies one sheet after another, each once: what is seen of one that lies packed is seen while it is open."""

    def __init__(self, sheets: Sequence[Sheet], packages: Packages, lexicon: Lexicon) -> None:
        """Get ready.

        Args:
            sheets: All sheets of the scan, in order of place.
            packages: Knows which paths are there, read or not.
            lexicon: For names and code systems.
        """
        self._packages, self._lexicon = packages, lexicon
        self._systems = systems(lexicon)
        self._sheets = {(s.place.input, s.place.flat): s for s in sheets}
        self._settled: set[int] = set()
        self._done: set[int] = set()

    def see(self, sheet: Sheet) -> None:
        """Take references out of a sheet, and fill in the legends, codings and scars of its drafts."""
        if id(sheet) in self._done:
            return
        self._done.add(id(sheet))
        self._settle(sheet)
        if not sheet.trigger:
            return
        copied = backup_of(sheet.place.flat)
        for draft in sheet.drafts:
            twin = self._lost(sheet, draft, copied) if copied else None
            draft.scars = scars(draft, sheet.excerpts, twin)
            live = _live(draft)
            draft.legends = legends(live, self._lexicon) if live.marks else ()
            draft.codings = self._systems.of(live, draft.legends, sheet.excerpts) if live.marks else ()

    def _settle(self, sheet: Sheet) -> None:
        if id(sheet) not in self._settled:
            self._settled.add(id(sheet))
            settle([sheet])

    def _lost(self, sheet: Sheet, draft: Draft, copied: tuple[str, bool]) -> str | None:
        """The live file of a backup that no longer has the case; None where none is there or it has it still."""
        number, (path, folder) = sheet.place.input, copied
        if folder:
            live = [
                s
                for (n, p), s in self._sheets.items()
                if n == number and p.startswith(path) and backup_of(p) is None and s is not sheet
            ]
            if not self._packages.beside(number, path):
                return None
        else:
            if not self._packages.has(number, path):
                return None
            live = [self._sheets[number, path]] if (number, path) in self._sheets else []
        terms = {h.term for m in draft.marks for h in m.hits if h.kind in _TAGS}
        for other in live:
            self._settle(other)
            for row in other.drafts:
                same = row.owner == draft.owner or not draft.owner
                if same and any(h.term in terms for m in row.marks for h in m.hits):
                    return None
        return path or "the working copy"


def _live(draft: Draft) -> Draft:
    """The draft without the marks that are only remnants."""
    if not draft.scars:
        return draft
    gone = {id(s.mark) for s in draft.scars if s.whole}
    return replace(draft, marks=[m for m in draft.marks if id(m) not in gone])
