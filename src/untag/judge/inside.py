"""What the path of an owner says of what lies in it: ``alarmRules.[0].filter``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from untag.surface import Kind

if TYPE_CHECKING:
    from untag.judge.gather import Draft
    from untag.lexicon import Lexicon

__all__ = ["within"]

#: Kinds of owners whose path is made of keys and form names, not of types.
_PLACED = frozenset({Kind.DICT, Kind.FORM, Kind.LIST, Kind.OPERATION, Kind.SECTION, Kind.TREE})


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
