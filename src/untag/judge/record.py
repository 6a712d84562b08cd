"""Records of single persons (a name beside an ethnicity): what they declare is told, what they hold is not."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec.structs import replace

from untag.judge.identity import SURE
from untag.later import later
from untag.surface import Kind, Role

if TYPE_CHECKING:
    from collections.abc import Iterable

    from untag.finding import Finding, Mark
    from untag.judge.gather import Draft, Sheet
    from untag.place import Place

__all__ = ["Records"]

#: A key that other things have too.
_LOOSE = "name"
#: Words for a sex, an age or looks that make what has them a person.
_PERSON = 2
#: Most peoples that one person is said to be of.
_RACES = 2
_SIGNS = later(r"[\W_]+")
#: A row of an SQL dump, of an INSERT or with tabs between its values behind a COPY.
_ROW = later(r"\bvalues\s*\(|^\s*\(\s*(?:\d|N?')|^\S[^\t]*\t|\t[^\t]*\t[^\t]*\t", re.IGNORECASE)
_ELEMENT = later(r"\[\d+\]")
#: Families of context that make a rule, and no record, of what has a name, a picture and a people.
_RULES = ("alert", "filter", "list")
#: A code for a people.
_CODE = later(r"[\"']?(?:\d{1,3}|[A-Z]{1,3})[\"']?")
#: What stands between an attribute and its value in an answer that was kept as a text.
_GIVEN = later(r"[\"'\\\s]{0,4}[:=][\"'\\\s\[]{0,6}")
_BLANK = "(a row, not shown)"
#: Files of one shape side by side, each with one people in one place, from which they are records of one person each.
_FILES = 5


class Records:
    """Says which findings rest on records of persons."""

    def __init__(self, sheets: Iterable[Sheet]) -> None:
        """Look at the cases of all sheets.

        Args:
            sheets: What was gathered.
        """
        self._owners: dict[Place, set[str]] = {}
        self._lines: dict[Place, set[int]] = {}
        #: Artifacts that are, as a whole, what is recorded of one person.
        self.single: set[Place] = set()
        #: Artifacts that say of which people one is, and may say so of a person after whom they are called.
        self.lone: set[Place] = set()
        folders: dict[tuple[object, ...], list[Sheet]] = {}
        for sheet in sheets:
            *outer, path = sheet.place.chain
            folder, _, name = path.rpartition("/")
            folders.setdefault((sheet.place.input, *outer, folder, name.rpartition(".")[2]), []).append(sheet)
        for same in folders.values():
            self._look(same)

    def _look(self, sheets: list[Sheet]) -> None:
        """Look at the cases of all files of one folder that end alike."""
        # Of a file at most two cases are alike: one of a tree, and one of the file.
        few = len(sheets) * 2 < _FILES
        alike: dict[tuple[str, str], list[tuple[Sheet, int, str]]] = {}
        for sheet in sheets:
            for draft in _listed(sheet):
                self._add(sheet.place, draft, whole=False)
            for number, draft in enumerate(sheet.drafts):
                if draft.kind is Kind.TREE and not draft.owner and _valued(draft):
                    self.lone.add(sheet.place)
                if draft.kind is Kind.TREE and (_record(draft) or _answered(draft) or _pictured(draft)):
                    self._add(sheet.place, draft, whole=not draft.owner and _valued(draft))
                elif not few and (held := _held(draft)) is not None:
                    alike.setdefault((draft.owner, held[0]), []).append((sheet, number, held[1]))
        for rows in alike.values():
            # Files of classes or rules differ, each from each; of persons several are of one people.
            if len(rows) >= _FILES and 1 < len({value for *_, value in rows}) < len(rows):
                for sheet, number, _ in rows:
                    self._add(sheet.place, sheet.drafts[number], whole=True)

    def _add(self, place: Place, draft: Draft, *, whole: bool) -> None:
        if whole:
            self.single.add(place)
        self._owners.setdefault(place, set()).add(draft.owner)
        lines = (s.place.line for s in (*draft.siblings, *(m.surface for m in draft.marks)))
        self._lines.setdefault(place, set()).update(n for n in lines if n is not None)

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._owners)

    def among(self, place: Place) -> bool:
        """Whether an artifact holds such records."""
        return place.whole() in self._owners

    def holds(self, finding: Finding) -> bool:
        """Whether a finding rests on a record of a person."""
        owners = self._owners.get(finding.place.whole())
        if not owners:
            return False
        return any(
            m.surface.owner in owners or any(o and m.surface.owner.startswith(o + ".") for o in owners)
            for m in finding.marks
        )

    def excerpt(self, finding: Finding) -> Finding:
        """A finding whose excerpt shows no line of a record: beside the tag in a schema may lie the rows."""
        if finding.excerpt is None:
            return finding
        first, text = finding.excerpt
        lines = text.split("\n")
        known = self._lines.get(finding.place.whole(), set())
        if self.holds(finding) or any(first + i in known for i in range(len(lines))):
            return replace(finding, excerpt=None)
        marked = {m.place.line for m in finding.marks if m.place.whole() == finding.place.whole()}
        dumped = finding.place.chain[-1].lower().endswith((".sql", ".dump", ".ddl", ".pgsql", ".psql"))
        if not dumped and all(m.surface.kind is not Kind.TABLE for m in finding.marks):
            return finding
        kept = [_BLANK if _ROW.search(line) and first + i not in marked else line for i, line in enumerate(lines)]
        return finding if kept == lines else replace(finding, excerpt=(first, "\n".join(kept)))


def _listed(sheet: Sheet) -> list[Draft]:
    """Cases of one shape under numbers (``cases.c17``, ``rows.[3]``), each with a sex, an age or looks: of persons."""
    rows: dict[tuple[str, frozenset[str]], list[Draft]] = {}
    for draft in sheet.drafts:
        if draft.kind is not Kind.TREE or not any(c.isdigit() for c in draft.owner):
            continue
        around = draft.context["demographic"] + draft.context["visual"]
        asked = frozenset(m.text for m in draft.marks if m.role is Role.KEY)
        if asked and around >= _PERSON and not any(draft.context[f] for f in _RULES):
            path = ".".join("#" if any(c.isdigit() for c in part) else part for part in draft.owner.split("."))
            rows.setdefault((path, asked), []).append(draft)
    return [draft for same in rows.values() if len(same) >= _FILES for draft in same]


def _record(draft: Draft) -> bool:
    """Whether a case is one person: a key for an ethnic attribute beside a key that a person has."""
    keys = [m for m in draft.marks if m.role is Role.KEY]
    if not any(map(_asks, keys)):
        return _described(draft)
    if _bundle(draft):
        return False
    names = {
        _SIGNS.sub("", s.text).lower() for s in (*draft.siblings, *(m.surface for m in keys)) if s.role is Role.KEY
    }
    if any(SURE.fullmatch(name) for name in names):
        return True
    # A rule and a list entry have a name as well.
    return _LOOSE in names and not any(draft.context[f] for f in _RULES)


def _bundle(draft: Draft) -> bool:
    """Whether a case is what an interface says: each key for an ethnic attribute has the word for that as its value."""
    asked = {m.text for m in draft.marks if m.role is Role.KEY and _asks(m) and all(h.kind != "group" for h in m.hits)}
    words = {m.surface.about for m in draft.marks if m.role is Role.VALUE and _asks(m) and _alone(m)}
    return bool(asked) and asked <= words


def _alone(mark: Mark) -> bool:
    """Whether a text is a word for an attribute and nothing else but signs."""
    text = _SIGNS.sub("", mark.text)
    return any(h.kind == "attribute" and _SIGNS.sub("", mark.text[h.start : h.end]) == text for h in mark.hits)


def _described(draft: Draft) -> bool:
    """Whether a people is a value beside a sex, an age or hair, under a key that names no such thing (``group``)."""
    called = {m.text for m in draft.marks if m.role is Role.KEY}
    peoples = [m for m in draft.marks if m.role is Role.VALUE and any(h.kind in {"group", "colour"} for h in m.hits)]
    # Labels are many, or stand behind keys that say the same: ``"asian": "Asian"``.
    if not peoples or len(peoples) > _RACES or any(m.surface.about in called for m in peoples):
        return False
    around = draft.context["demographic"] + draft.context["visual"]
    return around >= _PERSON and not any(draft.context[f] for f in _RULES)


def _pictured(draft: Draft) -> bool:
    """Whether a case is what is said of the person on one picture; a rule may ask for a picture as well."""
    return bool(draft.context["image"]) and _valued(draft) and not any(draft.context[f] for f in _RULES)


def _valued(draft: Draft) -> bool:
    """Whether a key for an ethnic attribute has a people or a code as its value, and no name of a column or label."""
    about = {m.text: m.surface.value for m in draft.marks if m.role is Role.KEY and _asks(m)}
    if any(_CODE.fullmatch(value) for value in about.values()):
        return True
    peoples = (m for m in draft.marks if m.role is Role.VALUE and m.surface.about in about)
    return any(h.kind in {"group", "colour"} for m in peoples for h in m.hits)


def _held(draft: Draft) -> tuple[str, str] | None:
    """The key in a case under which one people or one code for one stands, and that; None where it is no such case.

    The caption of a picture, alone in its file, is one without a key.
    """
    if any(draft.context[f] for f in _RULES):
        return None
    if draft.kind is not Kind.TREE:
        alone = draft.kind is Kind.FILE and len(draft.marks) == 1 and draft.marks[0].role is Role.PROSE
        peoples = [h.term for h in draft.marks[0].hits if h.kind == "group"] if alone and draft.context["image"] else []
        return ("", peoples[0]) if len(peoples) == 1 else None
    rows = [(m.text, m.surface.value) for m in draft.marks if m.role is Role.KEY and _asks(m) and m.surface.value]
    rows = [row for row in rows if _CODE.fullmatch(row[1])]
    for mark in draft.marks:
        if mark.role is Role.VALUE and any(h.kind in {"group", "colour"} for h in mark.hits):
            rows.append((mark.surface.about, mark.text))
    return rows[0] if len(rows) == 1 else None


def _asks(mark: Mark) -> bool:
    return any(h.kind == "attribute" for h in mark.hits)


def _answered(draft: Draft) -> bool:
    """Whether a case is a row that keeps, as a text, what a model said of one person (JSON within JSON)."""
    if _ELEMENT.search(draft.owner) is None:
        return False
    return any(
        a.kind == "attribute" and g.kind in {"group", "colour"} and _GIVEN.fullmatch(m.text, a.end, g.start) is not None
        for m in draft.marks
        if m.role is Role.VALUE
        for a, g in zip(m.hits, m.hits[1:], strict=False)
    )
