"""Tables that are a codebook: codes and what they mean, and nothing else."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from untag.later import later

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["CODED", "Codes", "listing", "persons"]

#: Labels of one code list that are shown.
CODED = 2000
_LETTER = later(r"[^\W\d_]")

_LISTS = later(
    r"(?:^|[_\-. ])(?:labels?|label_?map|classes|class_?(?:names?|map|labels?|index|indices)|categor(?:y|ies)"
    r"|codes?|code_?(?:book|list|table)|dict|dictionary|lookup|enums?|ref|reference|types?|values?|options?"
    r"|vocab|mapping|attributes?|ethnic(?:it(?:y|ies))?|races?|nations?|nationalit(?:y|ies)|ethnic_?groups?|minzu)"
    r"(?:$|[_\-. \d])",
    re.IGNORECASE,
)
#: Columns of a codebook, lower-case and without signs: the code, what it means, and how it is sorted.
_CODE = frozenset((
    "id", "code", "value", "key", "no", "num", "number", "index", "idx", "classid", "labelid", "dictvalue",
))  # fmt: skip
_GLOSS = frozenset((
    "name", "label", "text", "title", "description", "desc", "meaning", "gloss", "value", "display", "displayname",
    "race", "ethnicity", "ethnic", "nation", "nationality", "minzu", "class", "classname", "category", "dictlabel",
    "remark", "labelname", "definition", "nameen", "namezh", "namecn", "enname", "zhname", "cnname", "group",
    "ethnicgroup",
))  # fmt: skip
_MORE = frozenset((
    "sort", "order", "sortorder", "ord", "status", "active", "enabled", "parent", "parentid", "abbr", "color",
))  # fmt: skip
#: Words in the name of a table that lists persons, and in that of one which lists what persons are sorted by.
_PERSONS = frozenset((
    "person", "people", "user", "subject", "staff", "employee", "customer", "member", "patient", "student", "identity",
    "celebrity", "actor", "face", "suspect", "visitor", "guest", "citizen", "resident", "name", "speaker", "owner",
))  # fmt: skip
_SORTS = frozenset((
    "race", "ethnic", "ethnicity", "ethnicities", "nation", "nationality", "minzu", "gender", "sex", "emotion",
    "attribute", "skin", "religion", "language", "country",
))  # fmt: skip
_WORDS = later(r"[^\W\d_]+")
_FULL = later(r"[A-Z][\w'’.\-]*(?:[ _][A-Z][\w'’.\-]*)+")
_SIGNS = later(r"[\W_]+")
_SHORT = later(r"[A-Z]{0,3}\d{1,6}|[A-Z]{1,4}")
_TELLING = later(r"[@\\]|\.\w{2,4}$|https?:")


def listing(name: str) -> bool:
    """Whether a table's name says that it lists codes or classes."""
    return _LISTS.search(re.sub(r"([a-z])([A-Z])", r"\1_\2", name)) is not None


def persons(table: str, labels: Sequence[str] = ()) -> bool:
    """Whether what looks like a codebook may list persons: by the table's name, or since its labels are full names.

    Args:
        table: Name of the table.
        labels: What its codes mean, where that is known.
    """
    words = {w.lower() for w in _WORDS.findall(re.sub(r"([a-z])([A-Z])", r"\1 \2", table))}
    words |= {w.removesuffix("s") for w in words}
    if words & _SORTS:
        return False
    return bool(words & _PERSONS) or sum(_FULL.fullmatch(w) is not None for w in labels) * 2 > len(labels)


class Codes:
    """Rows of a table, as long as it may be a codebook.

    A table of persons has a name as well: so the table's name must say that it lists something, its columns must be a
    code, what it means and how they are sorted, with not one more, and no code or meaning may come twice.
    """

    def __init__(self, table: str, names: Sequence[str]) -> None:
        """Look at what the table and its columns are called.

        Args:
            table: Name of the table.
            names: Names of the columns.
        """
        bare = [_SIGNS.sub("", n).lower() for n in names]
        table = table.rpartition(".")[2]
        own = _SIGNS.sub("", table).lower().removesuffix("s")
        bare = [_trimmed(n, own) for n in bare]
        self._code = next((i for i, n in enumerate(bare) if n in _CODE), -1)
        found = [i for i, n in enumerate(bare) if (n in _GLOSS or n == own) and i != self._code]
        self._glosses = found
        rest = [i for i, n in enumerate(bare) if i != self._code and i not in found and n not in _MORE]
        fits = 2 <= len(names) <= 6 and listing(table) and not rest
        self._rows: list[tuple[str, list[str]]] | None = [] if fits and self._code >= 0 and found else None
        #: Numbers of the columns that hold the code and what it means.
        self.spots = self._code, tuple(found)
        #: The column that the meanings are told of; the table where it says no more than that they are names.
        self.column = table

    @property
    def open(self) -> bool:
        """Whether it may still be a codebook."""
        return self._rows is not None

    def add(self, row: Sequence[object]) -> None:
        """Take a row in."""
        if self._rows is None:
            return
        code = str(row[self._code]).strip() if self._code < len(row) else ""
        words = [str(row[i]).strip() for i in self._glosses if i < len(row) and isinstance(row[i], str)]
        words = [w for w in words if w and len(w) <= 80 and _LETTER.search(w) and not _TELLING.search(w)]
        number = code.lstrip("-").isdigit() or _SHORT.fullmatch(code) is not None
        if len(self._rows) >= CODED or not number or not words:
            self._rows = None
            return
        self._rows.append((code, words))

    def rows(self) -> list[tuple[str, str]]:
        """Codes and meanings, if this is a codebook."""
        rows = self._rows or []
        firsts = {words[0] for _, words in rows}
        if len(rows) < 2 or len(firsts) < len(rows) or len({code for code, _ in rows}) < len(rows):
            return []
        return [(code, word) for code, words in rows for word in words]


def _trimmed(name: str, table: str) -> str:
    """The name of a column without that of its table: ``race_name`` of ``races``."""
    return name.removeprefix(table) if name != table and table and name.startswith(table) else name
