"""Study: what drafts show beyond their marks: legends, code systems, and which marks are not live."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from untag.judge.coding import Systems
from untag.judge.legend import legends
from untag.judge.refer import settle
from untag.judge.scar import backup_of, scars
from untag.surface import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from untag.judge.gather import Draft, Sheet
    from untag.judge.package import Packages
    from untag.lexicon import Lexicon

__all__ = ["study", "within"]

_TAGS = frozenset({"attribute", "group", "proxy"})
#: Kinds of owners whose path is made of keys and form names, not of types.
_PLACED = frozenset({Kind.DICT, Kind.FORM, Kind.LIST, Kind.OPERATION, Kind.SECTION, Kind.TREE})


def study(sheets: Sequence[Sheet], packages: Packages, lexicon: Lexicon) -> None:
    """Take out references, and fill in the legends, codings, scars and paths of all drafts.

    Args:
        sheets: All sheets of the scan, in order of place.
        packages: Knows which paths are there, read or not.
        lexicon: For names and code systems.
    """
    settle(sheets)
    systems = Systems(lexicon)
    by_path = {(s.place.input, s.place.flat): s for s in sheets}
    for sheet in sheets:
        if not sheet.trigger:
            continue
        copied = backup_of(sheet.place.flat)
        for draft in sheet.drafts:
            twin = _lost(sheet, draft, copied, by_path, packages) if copied else None
            draft.scars = scars(draft, sheet.excerpts, twin)
            live = _live(draft)
            draft.legends = legends(live, lexicon) if live.marks else ()
            draft.codings = systems.of(live, draft.legends, sheet.excerpts) if live.marks else ()
            draft.within = within(draft, lexicon)


def within(draft: Draft, lexicon: Lexicon) -> tuple[str, ...]:
    """Context families in the path of the owner, and ``attribute`` if it names one.

    Only paths made of keys say what a thing in them is for; a type is named by what it is.
    """
    if not draft.owner or draft.kind not in _PLACED:
        return ()
    hits = lexicon.match(draft.owner[:400])
    return tuple(
        sorted({h.family if h.kind == "context" else h.kind for h in hits if h.kind in {"attribute", "context"}})
    )


def _live(draft: Draft) -> Draft:
    """The draft without the marks that are only remnants."""
    if not draft.scars:
        return draft
    gone = {id(s.mark) for s in draft.scars if s.whole}
    return replace(draft, marks=[m for m in draft.marks if id(m) not in gone])


def _lost(
    sheet: Sheet,
    draft: Draft,
    copied: tuple[str, bool],
    by_path: dict[tuple[int, str], Sheet],
    packages: Packages,
) -> str | None:
    """The live file of a backup that no longer has the case; None where there is no live file or it has it still."""
    number, (path, folder) = sheet.place.input, copied
    if folder:
        live = [
            s
            for (n, p), s in by_path.items()
            if n == number and p.startswith(path) and backup_of(p) is None and s is not sheet
        ]
        if not packages.beside(number, path):
            return None
    else:
        if not packages.has(number, path):
            return None
        live = [by_path[number, path]] if (number, path) in by_path else []
    terms = {h.term for m in draft.marks for h in m.hits if h.kind in _TAGS}
    for other in live:
        for row in other.drafts:
            same = row.owner == draft.owner or not draft.owner
            if same and any(h.term in terms for m in row.marks for h in m.hits):
                return None
    return path or "the working copy"
