"""Columns of data: their names, and of what stands in them closed vocabularies alone, never a row of a person.

All readers of datasets keep one rule: values are counted while they are few; what repeats over enough rows is the
vocabulary of the column, and told; a column that says who somebody is, or where a file lies, is never looked at.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from untag.codes import CODED
from untag.later import later
from untag.readers._lines import dense, has_word, pieces
from untag.surface import Kind, Role, Surface

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from untag.place import Place

__all__ = ["CODED", "ROWS", "VALUES", "Vocabulary", "columns", "glosses", "members", "personal"]

#: A closed set: rows it needs at least, values it has at most, how often each occurs at least, and how long it is.
ROWS, VALUES, _TWICE, _LENGTH = 50, 30, 2, 40
#: Distinct values that are held while it is open whether they are one: some may stand for nothing.
_HELD = VALUES + 4
#: Characters of a label of a code list that are shown.
_GLOSS = 200

_WORD = later(r"[A-Za-z]+")
#: Columns that say who somebody is, or where a file lies: their values are never counted.
_PERSONAL = frozenset({
    "name", "names", "firstname", "lastname", "surname", "fullname", "forename", "person", "people", "identity",
    "subject", "user", "username", "login", "email", "mail", "phone", "mobile", "tel", "address", "street",
    "author", "owner", "id", "uid", "uuid", "guid", "key", "hash", "file", "filename", "path", "image", "img",
    "url", "uri", "link", "photo", "picture", "video", "frame", "speaker", "actor", "celebrity", "patient",
    "student", "employee", "customer", "member", "birthday", "birthdate", "dob", "date", "time", "timestamp",
    "passport", "ssn", "plate", "comment", "comments", "text", "description", "note", "notes", "title", "message",
})  # fmt: skip
_CLASSES = frozenset({
    "class", "classes", "label", "labels", "category", "categories", "attribute", "type", "group",
})  # fmt: skip
_PERSONAL_WIDE = (
    "姓名",
    "名字",
    "身份证",
    "电话",
    "手机",
    "地址",
    "邮箱",
    "氏名",
    "名前",
    "이름",
    "имя",
    "фамилия",
    "اسم",
)
_TELLING = later(r"[@/\\]|\d{4}|\.\w{2,4}$")
_FULL = later(r"[A-Z][\w'’.\-]*(?:[ _][A-Z][\w'’.\-]*)+$")
#: A gloss that is an address or a file.
_FILED = later(r"@|\.\w{2,4}$")
_NOTHING = frozenset(("nan", "na", "n/a", "null", "none", "?", "-"))


def personal(name: str) -> bool:
    """Whether a column's name says that it tells who somebody is."""
    words = {w.lower() for w in _WORD.findall(re.sub(r"([a-z])([A-Z])", r"\1 \2", name))}
    if words & _CLASSES:
        return False
    return bool(words & _PERSONAL) or any(w in name.lower() for w in _PERSONAL_WIDE)


class Vocabulary:
    """The values of a column, as long as they may still be a closed set.

    Attributes:
        count: How often each value was met.
        rows: Values that were met.
        open: Whether it may still be one; what was counted is forgotten once it may not.
    """

    __slots__ = ("count", "open", "rows")

    def __init__(self) -> None:
        self.count: dict[str, int] = {}
        self.rows = 0
        self.open = True

    def add(self, value: str, times: int = 1) -> bool:
        """Count a value; whether the set may still be closed."""
        if not self.open:
            return False
        value = value.strip()
        if not value:
            return True
        self.rows += times
        if value not in self.count and (len(value) > _LENGTH or "\n" in value or len(self.count) >= _HELD):
            self.close()
            return False
        self.count[value] = self.count.get(value, 0) + times
        return True

    def close(self) -> None:
        """It is no closed set: nothing of it is kept."""
        self.open = False
        self.count.clear()

    @property
    def sure(self) -> bool:
        """Whether more rows would change nothing but to add a value."""
        return self.open and self.rows >= ROWS and all(n >= _TWICE for n in self.count.values())

    def values(self, *, named: bool = True) -> list[str]:
        """The closed vocabulary in order of the alphabet: few, short, repeated, words, not who or where somebody is.

        Args:
            named: Whether the column has a name; of one that has none, what looks like names of persons is not shown.
        """
        values = [v for v in self.count if v.lower() not in _NOTHING]
        if not self.open or not values or len(values) > VALUES or self.rows < ROWS:
            return []
        if any(self.count[v] < _TWICE or _TELLING.search(v) for v in values):
            return []
        words = [v for v in values if has_word(v)]
        if not words or len(words) * 2 < len(values):
            return []
        return [] if not named and all(_FULL.match(v) for v in words) else sorted(values)


class Vocabularies(dict[str, Vocabulary]):
    """The vocabularies of nested fields by dotted path; of one that says who somebody is nothing is kept."""

    def __init__(self, most: int) -> None:
        """Take no more than so many fields."""
        super().__init__()
        self._most = most

    def add(self, path: str, raw: bytes) -> None:
        """Count a text of a field."""
        seen = self.get(path)
        if seen is None:
            if len(self) >= self._most:
                return
            seen = self[path] = Vocabulary()
            if any(map(personal, path.split("."))):
                seen.close()
        seen.add(raw.decode("utf-8", "replace"))


def columns(names: Iterable[tuple[str, str]], place: Place, owner: str, limit: int) -> Iterator[Surface]:
    """The columns of a table that stands at no line.

    Args:
        names: Name and type of each; the name is also its pointer.
        place: The artifact.
        owner: The table.
        limit: Columns that are shown.
    """
    for number, (name, kind) in enumerate(names):
        if number >= limit:
            return
        spot = place.at(pointer=_pointer(name))
        for _, piece in pieces(name):
            yield Surface(Role.COLUMN, dense(piece), spot, owner, Kind.DATASET, type=kind[:200])


def members(values: Iterable[str], name: str, place: Place, owner: str) -> Iterator[Surface]:
    """The members of a closed vocabulary of a column."""
    spot = place.at(pointer=_pointer(name))
    for value in values:
        yield Surface(Role.MEMBER, value, spot, f"{owner}.{name}"[:400], Kind.DATASET)


def glosses(rows: Iterable[tuple[str, str]], name: str, place: Place, owner: str) -> Iterator[Surface]:
    """The labels that a codebook gives to the codes of a column: (code, label).

    They are told whatever stands in the rows, unless the column says who somebody is.
    """
    if personal(name):
        return
    spot = place.at(pointer=_pointer(name))
    for number, (code, label) in enumerate(rows):
        if number >= CODED:
            return
        if label.strip() and not _FILED.search(label.strip()):
            yield Surface(
                Role.MEMBER,
                label.strip()[:_GLOSS],
                spot,
                f"{owner}.{name}".strip(".")[:400],
                Kind.DATASET,
                value=code[:_LENGTH],
            )


def _pointer(name: str) -> str:
    return ("/" + name.replace("~", "~0").replace("/", "~1"))[:400]
