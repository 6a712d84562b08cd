"""Whether a text says that a face has the attribute or is searched for by it: shared by rules, no rule itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from untag.later import later
from untag.rules import _weigh as weigh
from untag.surface import Role

if TYPE_CHECKING:
    from untag.case import Case
    from untag.finding import Hit, Mark

__all__ = ["charted", "compared", "faced", "sought"]

#: Attributes that a face is searched for, or told to have, and characters of a text that says so.
_SAID = frozenset({"ethnicity", "minority", "nation", "race", "tribe"})
_SENTENCE = 200
#: Words for pictures, age or looks in a file from which what is compared is somebody.
_PERSON = 2
#: Context in whose sentences a face has no race: an identity is read, a breed told, a card shown.
_NOT = frozenset({"animal", "conduct", "culture", "fairness", "game", "locale", "news", "privacy", "record", "sport"})

#: Roles of the messages of a catalogue: what the file is called says what they are about.
_MESSAGES = frozenset({Role.KEY, Role.LABEL, Role.STRING, Role.VALUE})
#: A column, a label or somebody who labels, in a sentence about a table of faces.
_COLUMN = later(
    r"(?<!\w)(?:columns?|spalten?|colonnes?|columnas?|colunas?|coloan\w+|colonn[ae]|kolumn\w*|kolonn\w*|kolonnen?|kolom\w*"
    r"|sarak\w+|sloup\w+|stĺpec|stolp\w+|stulpel\w+|veer(?:g|u)\w*|oszlop\w*|sütun\w*|safu|lajur|cột|zutabe\w*"
    r"|столб\w+|колон\w+|стовп\w+|слупк\w+|стауп\w+|баған\w*|ustun\w*"
    r"|στήλ\w+|lebo|labels?|etiket\w*|etiqueta\w*|метк\w+|мітк\w+|nhãn)(?!\w)"
    r"|(?<=-)Spalten?(?!\w)|列|标签|標籤|ラベル|列に|열은|라벨|עמודת|عمود|ستون|कॉलम|स्तंभ|কলাম"
    r"|நெடுவரிசை|குறிச்சொல்|కాలమ్|ಕಾಲಮ್|കോളം|คอลัมน์|სვეტ|սյունակ",
    re.IGNORECASE,
)


def faced(mark: Mark, hit: Hit) -> bool:
    """Whether a short text names a face beside the attribute, and nothing that a face has no part in.

    A weak word (race) is believed so in other languages than English, whose word for it has too many meanings.
    """
    if not _plain(mark, hit) or not any(h.term == "ctx_face" for h in mark.hits):
        return False
    return weigh.strength(hit) > 0 or hit.language not in {"code", "en"}


def _plain(mark: Mark, hit: Hit) -> bool:
    """Whether a short text has the attribute, and nothing that a face has no part in."""
    short = len(mark.text) <= _SENTENCE
    return short and hit.kind == "attribute" and hit.family in _SAID and not weigh.families(mark) & _NOT


def sought(case: Case, mark: Mark, hit: Hit) -> bool:
    """Whether a text offers to search faces by the attribute: it names them, or its catalogue of messages does."""
    if "filter" not in weigh.families(mark):
        return False
    if faced(mark, hit):
        return True
    told = bool(case.setting.path["biometric"]) and mark.role in _MESSAGES
    return told and weigh.strength(hit) > 0 and _plain(mark, hit)


def charted(mark: Mark, hit: Hit) -> bool:
    """Whether a sentence says that a column or a label beside pictures of faces is the attribute."""
    return faced(mark, hit) and _COLUMN.search(mark.text) is not None


def compared(case: Case, mark: Mark) -> bool:
    """Whether a comparison stands in a file that tells of a face and of more of a person: it is asked of these."""
    around = case.setting.file
    persons = around["demographic"] + around["image"] + around["visual"]
    return mark.role is Role.CONDITION and around["biometric"] > 0 and persons >= _PERSON
