"""Whether a text says that a face has the attribute or is searched for by it: shared by rules, no rule itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from untag.rules import _weigh as weigh

if TYPE_CHECKING:
    from untag.finding import Hit, Mark

__all__ = ["faced", "sought"]

#: Attributes that a face is searched for, or told to have, and characters of a text that says so.
_SAID = frozenset({"ethnicity", "minority", "nation", "race", "tribe"})
_SENTENCE = 200
#: Context in whose sentences a face has no race: an identity is read, a breed told, a card shown.
_NOT = frozenset({"animal", "conduct", "culture", "fairness", "game", "locale", "news", "privacy", "record", "sport"})


def faced(mark: Mark, hit: Hit) -> bool:
    """Whether a short text names a face beside the attribute, and nothing that a face has no part in.

    A weak word (race) is believed so in other languages than English, whose word for it has too many meanings.
    """
    if hit.kind != "attribute" or hit.family not in _SAID or len(mark.text) > _SENTENCE or weigh.families(mark) & _NOT:
        return False
    return any(h.term == "ctx_face" for h in mark.hits) and (
        weigh.strength(hit) > 0 or hit.language not in {"code", "en"}
    )


def sought(mark: Mark, hit: Hit) -> bool:
    """Whether a text offers to search faces by the attribute."""
    return faced(mark, hit) and "filter" in weigh.families(mark)
