"""What became of a tag that is no longer found: whether something stands in its place, under a name that hides it.

The same artifact is looked at on both sides. A thing that went is compared with things that came beside the same
neighbours: by number, by type, by what is said of it, by what it holds and by who uses it. A name is never measured by
how much it looks like a tag.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING

from msgspec.structs import replace

from untag.diff.name import Sense, reserved, sense, words_of
from untag.diff.page import DECLARED, Page, Thing, bounds, twins
from untag.finding import Mark
from untag.judge.person import PERSON
from untag.judge.scar import code_in
from untag.judge.veil import somebody, veil
from untag.later import later
from untag.lexicon import load
from untag.surface import Kind, Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.diff.side import Sign
    from untag.lexicon import Lexicon
    from untag.place import Place
    from untag.surface import Surface

__all__ = ["Disguise", "Pair"]

_TALK = frozenset({Role.COMMENT, Role.ANNOTATION, Role.PROSE, Role.HEADING})
_PHRASES = frozenset({Role.CONDITION, Role.CALL, Role.STRING})
_WORD = later(r"[^\W\d]\w*")
_TOKEN = later(r"(?P<s>\"[^\"\n]*\"|'[^'\n]*')|(?P<n>(?<!\w)\d[\w.]*)|(?P<w>[^\W\d]\w*)")
#: Literals that many things hold.
_TRIVIAL = frozenset({"", "true", "false", "null", "none", "nil", "0", "1", "-1", "undefined", "''", '""'})
#: Pieces of text from which on what a function does tells it from others.
_BODY = 3
#: Digits of the number of a field in a protocol; what stands in front of one that is kept free, and such numbers.
_DIGITS = 10
_RESERVED = later(r"\breserved\b(?P<rows>[^;\"'\n]*);")
_RANGE = later(r"(?<!\d)(\d{1,10})(?!\d)(?:\s*to\s*(\d{1,10}(?!\d)|max))?")


@dataclass(frozen=True, slots=True)
class Disguise:
    """A thing that hides what a tag was.

    Attributes:
        kind: ``renamed``, ``commented out``, ``reserved``, ``recoded`` or ``undescribed``.
        why: A sentence.
        old: Where the tag stood, and its name.
        new: Where the other thing stands, and its name; a name that may be a person's value is left out.
    """

    kind: str
    why: str
    old: tuple[Place, str]
    new: tuple[Place, str]


class Pair:
    """One artifact in two states."""

    def __init__(self, old: Page, new: Page, lexicon: Lexicon, text: str = "") -> None:
        """Compare what lies in what.

        Args:
            old: As it was.
            new: As it is.
            lexicon: The words.
            text: The new one's, where it is a protocol.
        """
        self.old, self.new = old, new
        self._lexicon = lexicon
        self._text = text
        self._twins, self.short = twins(old, new)

    def disguises(self, signs: tuple[Sign, ...]) -> Iterator[Disguise]:
        """What hides some marks that are gone, in order of place; one a mark at most.

        Args:
            signs: Marks of one finding.
        """
        gone = [s for sign in signs if sign.words for s in self._surfaces(sign)]
        tagged = {s.text for s in gone}
        named = any(s.role in DECLARED for s in gone)
        for surface in gone:
            found = self._commented(surface)
            if found is None and surface.role in DECLARED:
                thing = self.old.thing(surface)
                found = self._thing(thing, tagged) if thing is not None else None
            elif found is None and surface.role in _PHRASES:
                found = self._phrase(surface)
            elif found is None and surface.role in _TALK:
                found = self._undescribed(surface, named=named)
            if found is not None:
                yield _unnamed(found)

    def _surfaces(self, sign: Sign) -> list[Surface]:
        """The surfaces that a mark of a report stands for."""
        text = sign.text.removeprefix("…").removesuffix("…")
        rows = [s for s in self.old.view.surfaces if s.role.value == sign.role and text in s.text]
        near = [s for s in rows if s.place.line == sign.place.line and s.place.pointer == sign.place.pointer]
        exact = [s for s in near or rows if s.text == sign.text]
        return (exact or near or rows)[:1]

    # -- names

    def _thing(self, thing: Thing, tagged: set[str]) -> Disguise | None:
        home = self._twins.get(thing.parent)
        if home is None:
            return None
        before, after = self.old.beside(thing.parent), self.new.beside(home)
        if thing.name not in before or thing.name in after:
            return None
        came = [t for t in self.new.things.get(home, ()) if t.name not in before]
        if not came:
            return self._kept_free(thing)
        for other in came:
            if found := self._strong(thing, other):
                return self._named(thing, other, found)
        return self._placed(thing, before, after, came, tagged) or self._kept_free(thing)

    def _named(self, thing: Thing, other: Thing, why: str) -> Disguise:
        kind = "reserved" if reserved(other.name) else "renamed"
        here = self._sense(other)
        code = here is Sense.OPAQUE and thing.surface.role in {Role.MEMBER, Role.LABEL}
        return Disguise(
            "recoded" if code and kind == "renamed" else kind,
            why,
            (thing.surface.place, thing.name),
            (other.surface.place, _quoted(other.surface)),
        )

    def _strong(self, thing: Thing, other: Thing) -> str:
        """What the two have in common that no two things have by chance, as a sentence; or nothing."""
        said = self._said(thing, other)
        if said:
            return said
        what = self._sense(other)
        if what is Sense.KNOWN:
            return ""
        if self._uses(thing, other):
            return "what used the old name uses the new one"
        if held := self._holds(thing, other):
            return held
        if self._does(thing, other):
            return "it does the same"
        number, type_ = thing.surface.value, thing.surface.type
        alike = type_ == other.surface.type
        same = _number(number) and number == other.surface.value and self._alone(thing, other)
        if same and (alike or what is Sense.OPAQUE):
            return f"the same number, {number}, in the same place"
        return ""

    def _alone(self, thing: Thing, other: Thing) -> bool:
        """Whether each has a number of its own among its neighbours."""
        rows = [t.surface.value for t in self.old.things[thing.parent]]
        more = [t.surface.value for t in self.new.things[other.parent]]
        return rows.count(thing.surface.value) == 1 == more.count(other.surface.value)

    def _said(self, thing: Thing, other: Thing) -> str:
        """Whether the same is said of both."""
        old = self.old.said[thing.surface.owner, thing.name]
        new = self.new.said[other.surface.owner, other.name]
        for role, text in sorted(old & new):
            if role == Role.VALUE.value and (text.strip().lower() in _TRIVIAL or text.strip().isdecimal()):
                continue
            if text.strip() and sum((role, text) in row for row in self.old.said.values()) == 1:
                return "the same is said of it" if role != Role.VALUE.value else "it holds the same value"
        word = re.compile(rf"(?<!\w){re.escape(thing.name)}(?!\w)", re.IGNORECASE)
        for role, text in sorted(new - old):
            if role in {Role.COMMENT.value, Role.ANNOTATION.value} and word.search(text):
                return "the remark on it names what it was"
        return ""

    def _uses(self, thing: Thing, other: Thing) -> bool:
        """Whether what used the one uses the other now."""
        name = re.compile(rf"(?<![\w]){re.escape(thing.name)}(?![\w])")
        if len(thing.name) < 3:
            return False
        total = kept = 0
        for owner, rows in self.old.used.items():
            twin = self._twins.get(owner, owner)
            now = self.new.used.get(twin)
            for role, text in rows:
                if name.search(text):
                    total += 1
                    made = name.sub(lambda _: other.name, text)
                    kept += now is not None and (role, made) in now and (role, made) not in rows
        for t in (t for rows in self.old.things.values() for t in rows):
            if name.search(t.surface.type) and t.surface.type:
                total += 1
                twin = self._twins.get(t.parent, t.parent)
                made = name.sub(lambda _: other.name, t.surface.type)
                kept += any(made == o.surface.type for o in self.new.things.get(twin, ()))
        return kept > 0 and 2 * kept >= total

    def _holds(self, thing: Thing, other: Thing) -> str:
        """Whether both hold the same."""
        old, new = self.old.things.get(thing.path, []), self.new.things.get(other.path, [])
        if len(old) < 2 or thing.surface.role is Role.FUNCTION:
            return ""
        before, after = [t.name for t in old], [t.name for t in new]
        # What its neighbours hold as well says nothing of it.
        usual = {n for t in self.old.things[thing.parent] if t is not thing for n in self.old.beside(t.path)}
        own = [n for n in before if n not in usual]
        shared = [n for n in own if n in after]
        if len(own) < 2:
            return ""
        if shared and 2 * len(shared) >= len(own):
            return f"it holds the same {len(shared)} names"
        if len(old) != len(new):
            return ""
        numbers = [t.surface.value for t in old]
        if all(map(_number, numbers)) and numbers == [t.surface.value for t in new]:
            return f"it holds {len(old)} values with the same numbers"
        came = [t for t in new if t.name not in before]
        if came and all(self._sense(t) is Sense.OPAQUE for t in came):
            return f"it holds as many values, {len(old)}, as codes"
        return ""

    def _does(self, thing: Thing, other: Thing) -> bool:
        """Whether two functions use the same, but for names that nobody knows."""
        if thing.surface.role is not Role.FUNCTION or other.surface.role is not Role.FUNCTION:
            return False
        if self._sense(other) not in {Sense.OPAQUE, Sense.MARKED}:
            return False
        old, new = self.old.used.get(thing.path), self.new.used.get(other.path)
        if not old or not new or old.total() < _BODY:
            return False
        return 2 * (old & new).total() >= max(old.total(), new.total())

    def _shared(self, thing: Thing) -> list[str]:
        """The words that all names beside one begin with."""
        rows = [words_of(n) for n in self.new.beside(thing.parent)]
        if len(rows) < 2:
            return []
        return [w[0] for w in takewhile(lambda column: len(set(column)) == 1, zip(*rows, strict=False))]

    def _placed(
        self, thing: Thing, before: list[str], after: list[str], came: list[Thing], tagged: set[str]
    ) -> Disguise | None:
        """Something that came where the thing stood, between the same neighbours.

        Of functions, and of what lies in a file of code as such, the order says nothing.
        """
        if thing.surface.role is Role.FUNCTION or (not thing.parent and self.old.kinds.get("") is Kind.FILE):
            return None
        shared = [n for n in before if n in after]
        if [n for n in after if n in shared] != shared:
            return self._loose(thing, before, after, came, tagged)
        at = before.index(thing.name)
        low, high = bounds(before, after, at)
        new = [t for t in came if low <= after.index(t.name) < high]
        left = at
        while left > 0 and before[left - 1] not in after:
            left -= 1
        right = at
        while right + 1 < len(before) and before[right + 1] not in after:
            right += 1
        gone = before[left : right + 1]
        if len(gone) != len(new):
            # Something else went or came beside it; only names that say nothing are told apart from that.
            gone = [n for n in gone if n in tagged]
            new = [t for t in new if self._sense(t) in {Sense.OPAQUE, Sense.MARKED}]
        if len(gone) != len(new) or thing.name not in gone:
            return None
        other = new[gone.index(thing.name)]
        behind, ahead = left > 0, right + 1 < len(before)
        what = self._sense(other)
        if what is Sense.KNOWN:
            return None
        sides = " and ".join(
            f"{word} {_quoted(self._at(self.new, thing, name))}"
            for word, name in (
                ("behind", before[left - 1] if behind else ""),
                ("before", before[right + 1] if ahead else ""),
            )
            if name
        )
        if not behind and not ahead:
            return self._whole(thing, gone, new, tagged)
        same = bool(thing.surface.type) and thing.surface.type == other.surface.type
        if what is Sense.PLAIN and not (behind and ahead and same):
            return None
        listed = thing.surface.role in {Role.MEMBER, Role.LABEL}
        if what is not Sense.PLAIN and not (behind and ahead) and not same and not listed:
            return None
        says = {
            Sense.OPAQUE: "a name that says nothing",
            Sense.MARKED: "a name that stands for it",
            Sense.PLAIN: "another name of the same type",
        }[what]
        if reserved(other.name):
            says = "room that is kept free"
        return self._named(thing, other, f"{says} stands where it stood, {sides}")

    def _sense(self, thing: Thing) -> Sense:
        return sense(thing.name, self._lexicon, self._shared(thing))

    def _loose(
        self, thing: Thing, before: list[str], after: list[str], came: list[Thing], tagged: set[str]
    ) -> Disguise | None:
        """Where the order changed: as many names that say nothing as tags that went, of the same types."""
        types = {t.name: t.surface.type for t in self.old.things[thing.parent]}
        gone = [n for n in before if n not in after and n in tagged and types[n] == thing.surface.type]
        new = [t for t in came if t.surface.type == thing.surface.type and t.surface.role is thing.surface.role]
        new = [t for t in new if self._sense(t) in {Sense.OPAQUE, Sense.MARKED}]
        if len(gone) != len(new) or thing.name not in gone:
            return None
        other = new[gone.index(thing.name)]
        return self._named(thing, other, "a name that says nothing came into the same thing, and the order is another")

    def _at(self, page: Page, thing: Thing, name: str) -> Surface:
        home = self._twins.get(thing.parent, "")
        return next((t.surface for t in page.things[home] if t.name == name), thing.surface)

    def _whole(self, thing: Thing, gone: list[str], new: list[Thing], tagged: set[str]) -> Disguise | None:
        """A closed set of which every value was replaced."""
        if thing.surface.role not in {Role.MEMBER, Role.LABEL} or len(gone) < 2:
            return None
        if any(self._sense(t) is not Sense.OPAQUE for t in new):
            return None
        if 2 * sum(n in tagged for n in gone) < len(gone):
            return None
        other = new[gone.index(thing.name)]
        return self._named(thing, other, f"the set has as many values as before, {len(new)}, and all of them are codes")

    def _kept_free(self, thing: Thing) -> Disguise | None:
        """A number that a protocol keeps free."""
        number = thing.surface.value
        if not self._text or not number.isdecimal() or len(number) > _DIGITS:
            return None
        for match in _RESERVED.finditer(self._text):
            for row in _RANGE.finditer(match["rows"]):
                last = row[2] or row[1]
                if int(row[1]) <= int(number) and (last == "max" or int(number) <= int(last)):
                    line = self._text.count("\n", 0, match.start()) + 1
                    place = thing.surface.place.whole().at(line)
                    home = next((s.place for s in self.new.view.surfaces), place)
                    place = place.moved(home.chain, home.input)
                    why = f"its number, {number}, is reserved"
                    return Disguise("reserved", why, (thing.surface.place, thing.name), (place, f"reserved {number}"))
        return None

    # -- remarks

    def _commented(self, surface: Surface) -> Disguise | None:
        """The same as a line of code in a comment that was not there."""
        if surface.role not in DECLARED and surface.role not in _PHRASES:
            return None
        name = surface.text
        word = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
        for other in self.new.view.surfaces:
            if other.role is not Role.COMMENT or self.old.remarks[other.text] or not word.search(other.text):
                continue
            for line in other.text.split("\n"):
                match = word.search(line)
                if match is None:
                    continue
                hits = tuple(self._lexicon.match(line))
                piece = Mark(_one(other, line), hits)
                if hits and code_in(piece, _suffix(other.place)) is not None:
                    return Disguise(
                        "commented out",
                        "it stands in a comment now",
                        (surface.place, name),
                        (other.place, _quoted(other)),
                    )
        return None

    def _undescribed(self, surface: Surface, *, named: bool) -> Disguise | None:
        """A thing that only its remark called a tag, and that stays without the remark.

        Args:
            surface: The remark.
            named: Whether a name that says it went as well: then the remark may have been on that.
        """
        if not surface.about or any(h.kind != "context" for h in self._lexicon.match(surface.about)):
            return None
        home = self._twins.get(surface.owner)
        if home is None:
            return None
        stays = next((t for t in self.new.things.get(home, ()) if t.name == surface.about), None)
        if stays is None or self.new.remarks[surface.text]:
            return None
        what = sense(stays.name, self._lexicon)
        if what is Sense.KNOWN or (named and what is not Sense.OPAQUE):
            return None
        why = f"the remark that says what {surface.about} is, is gone; {surface.about} is still there"
        return Disguise(
            "undescribed", why, (surface.place, surface.about), (stays.surface.place, _quoted(stays.surface))
        )

    # -- what acts

    def _phrase(self, surface: Surface) -> Disguise | None:
        """A condition or call of the same form, with the same outcome, on another name."""
        home = self._twins.get(surface.owner, surface.owner)
        old = [s for s in self.old.view.surfaces if s.owner == surface.owner and s.role is surface.role]
        new = [s for s in self.new.view.surfaces if s.owner == home and s.role is surface.role]
        before, after = [s.text for s in old], [s.text for s in new]
        if surface.text in after or surface.role is Role.STRING:
            return None
        shape, names = _shape(surface.text)
        for other in new:
            if other.text in before or other.value != surface.value:
                continue
            form, here = _shape(other.text)
            came = here - names
            if form != shape or not names & here or not came:
                continue
            senses = {sense(n, self._lexicon) for n in came}
            if senses & {Sense.KNOWN, Sense.PLAIN}:
                continue
            why = "a line of the same form, with the same outcome, asks for another name"
            return Disguise("renamed", why, (surface.place, surface.text), (other.place, other.text))
        return None


def _unnamed(found: Disguise) -> Disguise:
    """The same without the names of persons in pointers: who is the key of a record."""

    def spot(place: Place) -> Place:
        parts = (place.pointer or "").split("/")
        shown = "/".join(PERSON if part and veil().part(part) else part for part in parts)
        return place if shown == (place.pointer or "") else replace(place, pointer=shown)

    (old, was), (new, now) = found.old, found.new
    return Disguise(found.kind, found.why, (spot(old), was), (spot(new), now))


def _one(surface: Surface, line: str) -> Surface:

    return replace(surface, text=line.strip())


def _suffix(place: Place) -> str:
    _, dot, last = place.chain[-1].rpartition(".")
    return (dot + last).lower() if dot else ""


def _number(text: str) -> bool:
    return bool(re.fullmatch(r"-?\d+|0[xX][0-9a-fA-F]+|1\s*<<\s*\d+", text.strip()))


def _quoted(surface: Surface) -> str:
    """A name as it may be told; what may be somebody's value is not."""
    if surface.kind is Kind.DATASET and surface.role is not Role.COLUMN:
        return "(a value)"
    if surface.role in {Role.KEY, Role.MEMBER, Role.VALUE, Role.STRING} and somebody(surface.text, load().match):
        return "(a value)"
    return surface.text


def _shape(text: str) -> tuple[str, set[str]]:
    """A line with its names and literals taken out, and the names."""
    names: set[str] = set()

    def put(match: re.Match[str]) -> str:
        if match["w"]:
            names.add(match["w"])
            return "w"
        return "l"

    shape = re.sub(r"\s+", "", _TOKEN.sub(put, text))
    return shape, names
