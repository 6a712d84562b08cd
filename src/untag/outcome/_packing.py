"""The way of sheets into compact bytes and back: texts, terms and chains stand once in tables, all else is numbers."""

from __future__ import annotations

import json
import zlib
from collections import Counter
from dataclasses import fields
from functools import lru_cache
from typing import Any, TypeAlias

from msgspec import Raw
from msgspec import json as swift

from untag.finding import Evidence, Hit, Mark
from untag.judge import Sheet
from untag.judge.gather import Draft
from untag.place import Place
from untag.surface import Kind, Role, Surface

__all__ = ["DRAFTS", "FIELD", "Packed", "Packer", "Unpacker", "encoded", "loose", "part", "parts_of", "unpacker"]

#: A record, or the key of one.
Packed: TypeAlias = bytes
#: Bytes from which a record is worth compressing.
_SMALL = 256
#: Values that JSON writes as they are.
_PLAIN = frozenset({str, int, bool, float, type(None)})
#: Fields of a sheet and of a draft, in the order in which they are packed, and where some of them stand.
_SHEET = Sheet.__struct_fields__
_DRAFT = tuple(f.name for f in fields(Draft))
DRAFTS = _SHEET.index("drafts")
FIELD = {name: i for i, name in enumerate(_DRAFT)}
_ROLES, _KINDS = tuple(Role), tuple(Kind)
_ROLE = {role: i for i, role in enumerate(_ROLES)}
_KIND = {kind: i for i, kind in enumerate(_KINDS)}


class Packer:
    """Turns sheets into lists of numbers; texts, terms and chains stand once in tables."""

    def __init__(self, base: tuple[str, ...]) -> None:
        self.base = base
        self.texts: dict[str, int] = {}
        self.terms: dict[tuple[object, ...], int] = {}
        self.chains: dict[tuple[str, ...], int] = {}

    def text(self, text: str) -> int:
        return self.texts.setdefault(text, len(self.texts))

    def place(self, p: Place) -> list[Any]:
        # Most places are on one line; the input's number is the reader's own, and is put in again.
        pointer = None if p.pointer is None else self.text(p.pointer)
        chain = self.chains.setdefault(p.chain, len(self.chains))
        return [chain, p.line, p.end_line, p.column, pointer, p.offset]

    def surface(self, s: Surface) -> list[Any]:
        text = self.text
        return [
            _ROLE[s.role], text(s.text), text(s.owner), _KIND[s.kind], text(s.about), text(s.value), text(s.type),
            *self.place(s.place),
        ]  # fmt: skip

    def hit(self, h: Hit) -> list[Any]:
        term = (h.term, h.kind, h.family, h.strength, h.language, h.gloss, h.named, h.checked)
        return [self.terms.setdefault(term, len(self.terms)), h.start, h.end]

    def mark(self, m: Mark) -> list[Any]:
        return [self.surface(m.surface), *[n for h in m.hits for n in self.hit(h)]]

    def any(self, value: Any) -> Any:
        """Any value of a sheet or draft; what is no plain value is a list that begins with its sort."""
        sort = type(value)
        if sort in _PLAIN:
            return value
        if sort is list or sort is tuple:
            tag = "l" if sort is list else "t"
            kinds = {type(v) for v in value}
            if kinds == {Mark}:
                return [tag + "M", *map(self.mark, value)]
            if kinds == {Surface}:
                return [tag + "S", *map(self.surface, value)]
            return [tag, *map(self.any, value)]
        if sort is dict or sort is Counter:
            return ["d" if sort is dict else "c", *[self.any(x) for pair in value.items() for x in pair]]
        return self._one(value)

    def _one(self, value: Any) -> list[Any]:
        """An object of the model."""
        if isinstance(value, Draft):
            return ["D", *[self.any(getattr(value, name)) for name in _DRAFT]]
        if isinstance(value, Hit):
            return ["H", *self.hit(value)]
        if isinstance(value, Evidence):
            return ["E", value.kind, value.text, None if value.place is None else self.place(value.place)]
        if isinstance(value, Place):
            return ["P", *self.place(value)]
        if isinstance(value, Surface):
            return ["S", *self.surface(value)]
        if isinstance(value, Mark):
            return ["M", *self.mark(value)]
        if isinstance(value, Kind):
            return ["K", _KIND[value]]
        if isinstance(value, Role):
            return ["R", _ROLE[value]]
        raise TypeError(f"no way to pack a {type(value).__name__}")

    def sheet(self, sheet: Sheet) -> list[Any]:
        return [None if name == "excerpts" else self.any(getattr(sheet, name)) for name in _SHEET]


@lru_cache(1 << 13)
def _hit(term: tuple[Any, ...], start: int, end: int) -> Hit:
    """A hit; the same terms stand at the same spots again and again."""
    name, kind, family, strength, language, gloss, named, checked = term
    return Hit(name, kind, family, strength, language, gloss, start, end, named, checked)


class Unpacker:
    """The way back."""

    def __init__(
        self,
        texts: list[str],
        terms: list[list[Any]],
        chains: list[tuple[str, ...]],
        number: int,
        commit: str | None = None,
    ) -> None:
        self.texts = texts
        self.terms = [tuple(term) for term in terms]
        self.chains = chains
        self.number = number
        self.commit = commit

    def place(self, row: list[Any]) -> Place:
        chain, line, end, column, pointer, offset = row
        texts = self.texts
        return Place(
            self.chains[chain], self.number, line, line if end == line else end, column,
            None if pointer is None else texts[pointer], offset, self.commit,
        )  # fmt: skip

    def surface(self, row: list[Any]) -> Surface:
        texts = self.texts
        role, text, owner, kind, about, value, type_ = row[:7]
        return Surface(
            _ROLES[role], texts[text], self.place(row[7:]), texts[owner], _KINDS[kind], texts[about], texts[value],
            texts[type_],
        )  # fmt: skip

    def hit(self, number: int, start: int, end: int) -> Hit:
        return _hit(self.terms[number], start, end)

    def mark(self, row: list[Any]) -> Mark:
        hits = [self.hit(row[i], row[i + 1], row[i + 2]) for i in range(1, len(row), 3)]
        return Mark(self.surface(row[0]), tuple(hits))

    def any(self, value: Any) -> Any:
        if type(value) is not list:
            return value
        sort, *rest = value
        if sort[0] in "lt":
            one = {"M": self.mark, "S": self.surface}.get(sort[1:], self.any)
            rows = map(one, rest)
            return list(rows) if sort[0] == "l" else tuple(rows)
        if sort == "D":
            return Draft(*map(self.any, rest))
        if sort in {"d", "c"}:
            made: dict[Any, Any] = {} if sort == "d" else Counter()
            made.update(dict(zip(map(self.any, rest[::2]), map(self.any, rest[1::2]), strict=True)))
            return made
        if sort == "E":
            return Evidence(rest[0], rest[1], None if rest[2] is None else self.place(rest[2]))
        if sort == "K":
            return _KINDS[rest[0]]
        if sort == "R":
            return _ROLES[rest[0]]
        if sort == "H":
            return self.hit(*rest)
        return {"P": self.place, "S": self.surface, "M": self.mark}[sort](rest)

    def sheet(self, row: list[Any], *, drafts: bool = True) -> Sheet:
        """A sheet from its parts, with or without its drafts."""
        named = {
            n: self.any(part(v))
            for n, v in zip(_SHEET, row, strict=True)
            if n != "excerpts" and (drafts or n != "drafts")
        }
        return Sheet(**named)


#: Reads a list, and nothing in it.
_LIST = swift.Decoder(list[Raw])


def encoded(record: list[Any]) -> Packed:
    """A record as bytes, compressed where that is worth it."""
    try:
        raw = swift.encode(record)
    except UnicodeEncodeError:
        # Lone surrogates may come out of escapes, and two of them must not become one character on the way back.
        raw = json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
    return b"j" + raw if len(raw) < _SMALL else b"z" + zlib.compress(raw, 1)


def parts_of(blob: Packed) -> tuple[int, list[Any]]:
    """The length of a record before compression, and its parts as they lie in it.

    Args:
        blob: What ``encoded`` gave.

    Raises:
        ValueError, zlib.error: It is none.
    """
    raw = blob[1:] if blob[:1] == b"j" else zlib.decompress(blob[1:])
    return len(raw), loose(raw)


def loose(value: Any) -> list[Any]:
    """The items of a list as they lie in a record, so that what nobody asks for is never made.

    Args:
        value: A list, or what lies in a record and is one.
    """
    if type(value) is list:
        return value
    try:
        return _LIST.decode(value)
    except ValueError:
        made = _json(value)
        if type(made) is not list:
            raise
        return made


def part(value: Any) -> Any:
    """What lies in a record as ``loose`` gave it, read as a whole."""
    return _json(value) if type(value) is Raw else value


def _json(raw: bytes | Raw) -> Any:
    try:
        return swift.decode(raw)
    except ValueError:
        return json.loads(bytes(raw).decode("utf-8", "surrogatepass"))


def unpacker(record: list[Any], place: Place) -> Unpacker:
    """What reads the sheets of a record.

    Args:
        record: Its parts.
        place: Where the entry lies now.
    """
    texts, terms, chains = map(part, record[8:11])
    base = place.chain
    # The commit is the reader's own, too: the same bytes may be met in another one.
    shown = [(*base, *c[1:]) if c[0] else tuple(c[1:]) for c in chains]
    return Unpacker(texts, terms, shown, place.input, place.commit)
