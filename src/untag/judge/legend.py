"""Legends: which key stands for which people, in declared sets and in one line of text (``0=White,1=Black``)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from untag.case import Entry, Legend
from untag.finding import Mark
from untag.later import later
from untag.surface import Kind, Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from untag.finding import Hit
    from untag.judge.gather import Draft
    from untag.lexicon import Lexicon
    from untag.surface import Surface

__all__ = ["Item", "class_of", "family_of", "items", "key_of", "legends", "named"]

#: Characters of a text in which a legend is looked for.
_LONGEST = 4000
#: Lines of a legend that are kept; the longest real one has some sixty.
_MOST = 120
#: Members from which a set is wide, and how many of them a mark must stand for.
_WIDE, _SPARSE = 40, 8
#: Longest text that is one value of a declared set.
_NAMED = 160
#: Longest label.
_LABEL = 40

_NUMBER = r"-?\d{1,4}"
_OPEN, _CLOSE = r"[(（\[【\"'“]?", r"[\"'”)）\]】]?"
#: A key before its label: ``0-unknown``, ``(1) Han``, ``"2": "Black"``, ``A = Asian``, ``1汉族``.
_KEY = later(
    rf"(?<![\w.\-/#&+%]){_OPEN}(?:"
    rf"(?P<number>{_NUMBER}){_CLOSE}(?P<sign>\s{{0,3}}(?:=>|->|[:：=＝\-–—~、.．)）])\s{{0,3}}|\s{{1,3}}|(?=[\u3400-\u9fff]))"
    rf"|(?P<letters>[A-Z]{{1,5}}){_CLOSE}\s{{0,3}}(?:=>|->|[:：=＝\-–—])\s{{0,3}})[\"'“]?(?=[^\W\d])"
)
#: A label before its key: ``White=0``, ``汉族:1``, ``BLACK(2)``.
_BACK = later(
    rf"(?P<label>[^\W\d][\w \-/]{{0,{_LABEL - 1}}}?)[\"']?\s{{0,2}}(?:=>|->|[=:：＝(（])\s{{0,2}}"
    rf"[\"']?(?P<number>{_NUMBER})[\"']?[)）]?"
    r"(?=\s*(?:[,，;；|、/})\]\n。.]|and\b|$))"
)
_END = later(r"[,，;；|\n\t。、\"'”{}\[\]【】]")
#: What may stand before a number that nothing but a space joins to its label.
_START = tuple(",，;；|/({[（：:\n")
_KEYLIKE = later(rf"[\"']?({_NUMBER}|[A-Z]{{1,5}})[\"']?(?:\s*,.*)?", re.DOTALL)
_TAIL = later(r"[._\-](\d{1,3})$")
_NOT = later(r"(?:非|不是|\bnot|\bnon|\bno|не)[\s_\-]*$", re.IGNORECASE)
_CARRIERS = frozenset({Role.MEMBER, Role.CONSTANT, Role.FIELD, Role.KEY})
_TOLD = frozenset({Role.VALUE, Role.PROSE, Role.LABEL, Role.STRING, Role.COMMENT})
_TEXTS = frozenset(
    {Role.COMMENT, Role.LABEL, Role.STRING, Role.PROSE, Role.ANNOTATION, Role.VALUE, Role.HEADING}
)  # fmt: skip
_CLASS = {"white": "white_people", "black": "black_people", "yellow": "yellow_people", "brown": "brown_people"}
_FAMILY = {"nation": "ethnicity", "population": "ethnicity"}


class Item(NamedTuple):
    """A key and its label in a text, with the label's span."""

    key: str
    label: str
    start: int
    end: int


def items(text: str) -> list[Item]:
    """The legend in a text.

    Args:
        text: One comment, label or sentence.

    Returns:
        Two lines or more with different keys, in order; an empty list where there is no legend.
    """
    text = text[:_LONGEST]
    rows = list(_forward(text))
    if len({r.key for r in rows}) < 2:
        rows = [
            Item(key_of(m["number"]), m["label"].strip(), m.start("label"), m.end("label"))
            for m in _BACK.finditer(text)
        ]
    first: dict[str, Item] = {}
    for row in rows:
        first.setdefault(row.key, row)
    return list(first.values())[:_MOST] if len(first) >= 2 else []


def _forward(text: str) -> Iterator[Item]:
    """Lines of the form key, sign, label."""
    found = list(_KEY.finditer(text))
    last: int | None = None
    for i, match in enumerate(found):
        number, sign = match["number"], match["sign"]
        if number and sign and not sign.strip():
            before = text[max(0, match.start() - 80) : match.start()].rstrip(" ")
            if before and not before.endswith(_START) and int(number) - 1 != last:
                continue  # "at least 1 Asian"
        last = int(number) if number else None
        stop = found[i + 1].start() if i + 1 < len(found) else len(text)
        end = _END.search(text, match.end(), stop)
        label = text[match.end() : end.start() if end else stop].rstrip(" .()（）:：-–—")
        if 0 < len(label) <= _LABEL:
            yield Item(key_of(number or match["letters"]), label, match.end(), match.end() + len(label))


def key_of(text: str) -> str:
    """A key as compared: numbers without leading zeros."""
    try:
        return str(int(text))
    except ValueError:
        return text.upper()


def class_of(term: str) -> str:
    """The class that a term stands for in a set of people: "white" is the class and not the paint."""
    return _CLASS.get(term, term)


def family_of(hits: Iterable[Hit]) -> str:
    """Family of the first ethnic attribute among hits; nation and ethnicity are one thing in such maps."""
    for hit in hits:
        if hit.kind == "attribute":
            return _FAMILY.get(hit.family, hit.family)
    return ""


def legends(draft: Draft, lexicon: Lexicon) -> tuple[Legend, ...]:
    """All legends of a draft that name a people.

    Args:
        draft: The case in the making.
        lexicon: For the names of what is explained.
    """
    out = [made for mark in draft.marks if (made := _inline(draft, mark, lexicon)) is not None]
    if (made := _declared(draft, lexicon)) is not None:
        out.append(made)
    return tuple(out)


def _inline(draft: Draft, mark: Mark, lexicon: Lexicon) -> Legend | None:
    """The legend in one text."""
    if mark.role not in _TEXTS or not any(h.kind in {"group", "colour"} or h.family == "minority" for h in mark.hits):
        return None
    rows = items(mark.text)
    entries: list[Entry] = []
    for row in rows:
        hits = tuple(
            replace(h, start=h.start - row.start, end=h.end - row.start)
            for h in mark.hits
            if row.start <= h.start and h.end <= row.end
        )
        surface = replace(
            mark.surface, role=Role.MEMBER, text=row.label, about=mark.surface.about, value=row.key, type=""
        )
        entries.append(Entry(row.key, _terms(row.label, hits), Mark(surface, hits)))
    known = [e for e in entries if e.terms]
    if not known or len(known) * 3 < len(entries):
        return None
    before = [h for h in mark.hits if h.end <= rows[0].start]
    name = mark.surface.about or (mark.text[before[-1].start : before[-1].end] if before else draft.owner)
    family = family_of(reversed(before)) or named(name, lexicon) or named(draft.owner, lexicon)
    if len(known) < 2 and not family:
        return None
    return Legend(name, family, tuple(entries), inline=True)


def _declared(draft: Draft, lexicon: Lexicon) -> Legend | None:
    """The legend that the draft itself is, as an enum, a label map or a table."""
    if draft.size > _WIDE and len(draft.marks) * _SPARSE < draft.size:
        return None  # a table of the world's countries, in which some are called like a people
    if not any(h.kind in {"group", "colour"} for m in draft.marks for h in m.hits):
        return None
    keys = _numbers(draft)
    entries: list[Entry] = []
    for mark in draft.marks:
        surface = mark.surface
        if mark.role in _CARRIERS:
            key = keys.get(id(surface), "") or _keylike(surface.value)
        elif mark.role in _TOLD:
            key = keys.get(surface.about, "") if mark.role is Role.COMMENT else _keylike(_last(surface.about))
        else:
            continue
        terms = _terms(surface.text, mark.hits) if len(surface.text) <= _NAMED else ()
        if (terms and (key or mark.role is Role.MEMBER)) or (key and mark.role is Role.MEMBER):
            entries.append(Entry(key, terms, mark))
    family = (
        named(draft.owner, lexicon)
        or family_of(h for m in draft.marks if m.role in {Role.ENUM, Role.TYPE, Role.CONSTANT} for h in m.hits)
        or family_of(h for e in entries for h in e.mark.hits)
        or next((f for e in entries if (f := named(e.mark.surface.about, lexicon))), "")
    )
    known = sum(bool(e.terms) for e in entries)
    if known < 2 and not (known and family):
        return None
    # "Unknown" and "other" have keys too.
    rest = ((keys.get(id(s), ""), s) for s in draft.siblings if s.role is Role.MEMBER)
    entries += [Entry(key, (), Mark(s, ())) for key, s in rest if key]
    entries.sort(key=lambda e: e.mark.place.sort)
    return Legend(draft.owner, family, tuple(entries), inline=False)


def _numbers(draft: Draft) -> dict[int | str, str]:
    """Keys of members, by identity of the surface and by its name; an enum numbers those that say nothing."""
    members: list[Surface] = [m.surface for m in draft.marks if m.role in _CARRIERS]
    whole = len(draft.siblings) + len(draft.marks) >= draft.size
    members += [s for s in draft.siblings if s.role in _CARRIERS]
    members.sort(key=lambda s: s.place.sort)
    out: dict[int | str, str] = {}
    last: int | None = -1 if draft.kind is Kind.ENUM and whole else None
    for surface in members:
        if draft.kind is Kind.ENUM and surface.role is not Role.MEMBER:
            continue
        key = _keylike(surface.value)
        if not key and not surface.value and last is not None:
            key = str(last + 1)
        last = int(key) if key.lstrip("-").isdigit() and last is not None else None
        if key:
            out[id(surface)] = key
            out.setdefault(surface.text, key)
    return out


def _last(name: str) -> str:
    """The number that a key of a message file ends in: ``race.1``, ``NATION_05``."""
    match = _TAIL.search(name[-12:])
    return match[1] if match is not None else name


def _keylike(text: str) -> str:
    match = _KEYLIKE.fullmatch(text) if text else None
    return key_of(match[1]) if match else ""


def _terms(text: str, hits: Iterable[Hit]) -> tuple[str, ...]:
    """Peoples and classes in a label, each once."""
    rows = []
    for hit in hits:
        if hit.kind not in {"group", "colour"} and hit.family != "minority":
            continue
        denied = _NOT.search(text, 0, hit.start) or text.startswith("非", hit.start)
        rows.append(("!" if denied else "") + class_of(hit.term))
    return tuple(dict.fromkeys(rows))


def named(name: str, lexicon: Lexicon) -> str:
    """Family of the attribute that a dotted name ends in."""
    if not name:
        return ""
    return family_of(lexicon.match(_TAIL.sub("", name[-200:]).rsplit(".", 1)[-1]))
