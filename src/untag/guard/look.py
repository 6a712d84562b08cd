"""Which of the things that a body shows are tags: the lexicon's words, the judge, and what a policy knows of its API.

What was judged once is remembered by what was shown, so that an API that answers alike costs a look-up.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from untag.finding import Purpose
from untag.guard.body._mold import Molds
from untag.judge.live import Live
from untag.lexicon import load
from untag.place import Place
from untag.surface import Role, Surface

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from untag.finding import Claim, Hit
    from untag.guard.policy import Policy, Route
    from untag.guard.tree import Shown, Tree
    from untag.lexicon import Lexicon

__all__ = ["NAMING", "Look", "Tag", "bits", "numbers", "wild"]

#: Texts and judgements that are remembered; what is beyond is forgotten at once, so that memory is bounded.
TEXTS, JUDGED = 100_000, 4096
#: Characters of the longest text that is remembered, of the longest label, and of what is looked at at once.
SHORT, LABEL, LONGEST = 120, 60, 4000
#: Characters by which windows over a longer text overlap.
OVERLAP = 200
#: How many names with a word of a tag are looked for at once; and what such names are.
SPOKEN, _BARE = 3, re.compile(r"[A-Za-z_][A-Za-z0-9_]{1,40}")
#: Spaces of the longest label.
WORDS = 4
_TAGS = frozenset({"attribute", "group", "colour", "proxy"})
_ORDER = {"strong": 2, "medium": 1, "weak": 0}
#: Keys whose value says what the entry is that they stand in.
NAMING = frozenset(
    {
        "attribute", "category", "class", "class_name", "classname", "field", "id", "key", "kind", "label",
        "label_name", "name", "property", "tag", "type",
    }
)  # fmt: skip
#: Keys whose value is what a classifier says.
_LABELS = frozenset(
    {
        "attribute", "category", "class", "class_name", "classname", "classification", "group", "label",
        "label_name", "labels", "predicted", "prediction", "predictions", "result", "results", "tag", "tags",
        "top", "value", "values",
    }
)  # fmt: skip
_SCORES = frozenset({"confidence", "probability", "score"})
#: What else may stand in an entry of a classifier; with anything more it is a person's, or a thing's.
_ENTRY = _SCORES | NAMING | frozenset({"code", "count", "index", "parent", "parents", "percentage", "rank", "value"})
_HOLLOW = re.compile(r"\.0+\Z")
_LIST = re.compile(r"\[([^\[\]{}]*)\]\s*\Z")
_BITS = re.compile(r"(-?(?:0[xX][0-9a-fA-F]{1,40}|\d{1,400}))((?:\.\d+)?(?:[eE][+-]?\d+)?)\s*\"?\s*\Z")
_ALL = re.compile(r"all|\*|everything", re.IGNORECASE)
_LISTS = re.compile(r"attr|field|feature|include|select|return|action", re.IGNORECASE)


class Tag(NamedTuple):
    """Why something is left out.

    Attributes:
        rule: The rule that says so.
        term: The term of the lexicon.
        kind: What kind of term that is.
        whole: Whether what it stands in is refused and never cut: of an alert or list that is keyed on it the rest
            would do the same to everybody, and a search in somebody's own words is one thing.
    """

    rule: str
    term: str
    kind: str
    whole: bool = False


class Look:
    """The lexicon and judge as one policy has them.

    Args:
        policy: Its families and maps count.
        lexicon: The words; the shipped ones if not given.
    """

    def __init__(self, policy: Policy, lexicon: Lexicon | None = None) -> None:
        self.lexicon = lexicon or load()
        self._match = self.lexicon.match
        self._families = policy.families
        self._maps = {row.field: dict(row.values) for row in policy.maps}
        self._masks = frozenset(name for route in policy.routes for name, _ in route.masks)
        #: 0 nothing, 1 words of the surroundings, 2 a word of a tag.
        self._known: dict[str, int] = {}
        self._clean: set[str] = set()
        self._mute: set[str] = set()
        self._spoken: tuple[str, ...] = ()
        #: Forms of elements of lists, by whether a route is declared biometric: what is looked at there is another.
        self.molds = {declared: Molds(self._mute) for declared in (False, True)}
        self._judged: dict[object, dict[Shown, Tag]] = {}
        self._paths: dict[str, str] = {}
        self._live = Live(self.lexicon)
        self.nothing = self.lexicon.matcher.nothing
        # The tables and rules are made now, not while somebody waits.
        self._live.claims([Surface(Role.KEY, "face_race", Place(("/",)))], "/", biometric=True)

    def weight(self, text: str) -> int:
        """0 where a text holds no word, 1 for one of the surroundings, 2 for one of a tag."""
        known = self._known.get(text)
        if known is not None:
            return known
        weight = 0
        for hit in self._hits(text):
            weight = 2 if hit.kind in _TAGS else 1
            if weight == 2:
                break
        if text in self._maps or text in self._masks:
            weight = 2
        if len(text) <= SHORT:
            if len(self._known) >= TEXTS:
                self._known.clear()
                self._clean.clear()
                self._mute.clear()
            self._known[text] = weight
            if weight < 2:
                self._clean.add(text)
            if not weight:
                self._mute.add(text)
        return weight

    def _hits(self, text: str) -> Iterator[Hit]:
        """Hits in a text of any length, in windows that overlap; their places are those in the window."""
        for start in range(0, max(len(text), 1), LONGEST - OVERLAP):
            yield from self._match(text[start : start + LONGEST])
            if start + LONGEST >= len(text):
                return

    def clean(self, texts: set[str]) -> bool:
        """Whether none of some texts holds a word of a tag."""
        for text in texts - self._clean:
            if self.weight(text) == 2:
                if _BARE.fullmatch(text) and f'"{text}"' not in self._spoken:
                    self._spoken = (f'"{text}"', *self._spoken[: SPOKEN - 1])
                return False
        return True

    def spoken(self, text: str) -> bool:
        """Whether a sound document of JSON without escapes holds a string again that held a word of a tag lately.

        Such a string has no sign that may stand between two others, so that it stands between quotes of its own.
        """
        return any(quoted in text for quoted in self._spoken)

    def label(self, text: str) -> bool:
        """Whether a text is short enough to be a name or label, and holds a word."""
        return len(text) <= LABEL and text.count(" ") <= WORDS and self.weight(text) > 0

    def words(self, text: str) -> bool:
        """Whether a text of any length holds a word."""
        return self.weight(text) > 0

    # -- judging

    def tags(self, tree: Tree, path: str, route: Route, *, request: bool) -> dict[Shown, Tag]:
        """Which of the things shown are tags.

        Args:
            tree: What is shown.
            path: Of the request.
            route: Its route.
            request: Whether it is asked or answered.
        """
        shown = tree.shown
        if all(self.weight(thing.text) < 2 for thing in shown):
            return self._asked({}, shown, route, request=request)
        key = (self._path(path), id(route), request, frozenset(shown))
        made = self._judged.get(key)
        if made is None:
            if len(self._judged) >= JUDGED:
                self._judged.clear()
            made = self._judged[key] = self._judge(list(shown), key[0], route, request=request)
        return self._asked(made, shown, route, request=request)

    def _path(self, path: str) -> str:
        """The words of a path that say something; ids in it are no other route."""
        made = self._paths.get(path)
        if made is None:
            made = "/" + "/".join(part for part in path.split("/") if self.weight(part))
            if len(path) <= SHORT and len(self._paths) < JUDGED:
                self._paths[path] = made
        return made

    def _judge(self, shown: list[Shown], path: str, route: Route, *, request: bool) -> dict[Shown, Tag]:
        place = Place((path,))
        rows = [
            Surface(t.role, t.text[:LONGEST], place.at(pointer=str(i)), t.owner, t.kind, t.about)
            for i, t in enumerate(shown)
        ]
        # By names alone first: what stands in a value must not make a set of the peoples that a name is one of.
        names = [r for r in rows if r.role is not Role.VALUE]
        claims = self._live.claims(names, path, biometric=route.biometric)
        if len(names) < len(rows):
            claims += self._live.claims(rows, path, biometric=route.biometric)
        scored = _scored(shown)
        out: dict[Shown, Tag] = {}
        for claim in claims:
            for mark in claim.marks:
                thing = shown[int(mark.place.pointer or 0)]
                hit = self._best(mark.hits)
                if hit is None or thing in out:
                    continue
                prompt = request and thing.role is Role.VALUE and thing.about.lower() in route.prompts
                whole = claim.purpose is Purpose.TARGETING or (prompt and route.biometric)
                if whole or self._acted(thing, hit, claim, route, scored=thing.owner in scored):
                    out[thing] = Tag(claim.rule, hit.term, hit.kind, whole)
        if route.biometric:
            for thing in shown:
                if thing not in out and (tag := self._said(thing, scored, route, request=request)) is not None:
                    out[thing] = tag
            self._beside(shown, out)
        if request and (route.biometric or self._faces(shown, path)):
            for thing in shown:
                if thing not in out and (tag := self._wanted(thing)) is not None:
                    out[thing] = tag
        return out

    def _faces(self, shown: Iterable[Shown], path: str) -> bool:
        """Whether a path or a name that is shown speaks of faces."""
        names = (thing.text for thing in shown if thing.role not in {Role.VALUE, Role.MEMBER})
        return any(hit.family == "biometric" for text in (path, *names) for hit in self._hits(text))

    def _wanted(self, thing: Shown) -> Tag | None:
        """What is asked for by name where a list of names is expected: ``actions=race`` is a list of one.

        The judge sees no neighbour beside the one name, so that a word with other senses would not convince it; that
        the key lists what a service shall return, and that the request is about faces, stands for the neighbours.
        """
        if thing.role not in {Role.VALUE, Role.MEMBER} or len(thing.text) > LABEL:
            return None
        key = thing.about or thing.owner.rpartition(".")[2]
        if not _LISTS.search(key):
            return None
        hit = self._best(self._hits(thing.text))
        if hit is None or hit.kind != "attribute" or (hit.end - hit.start) * 3 < len(thing.text.strip()) * 2:
            return None
        return Tag("field", hit.term, hit.kind)

    def _best(self, hits: Iterable[Hit]) -> Hit | None:
        """The strongest hit of a tag, of a family that is acted on."""
        rows = [h for h in hits if h.kind in _TAGS and (not self._families or h.family in self._families)]
        return max(rows, key=lambda h: (h.kind != "colour", _ORDER[h.strength], h.end - h.start)) if rows else None

    @staticmethod
    def _acted(thing: Shown, hit: Hit, claim: Claim, route: Route, *, scored: bool) -> bool:
        """Whether a claim on a thing is acted on: a name is, a value where its key says that it is a label."""
        if thing.role is not Role.VALUE:
            return thing.role is not Role.MEMBER or route.biometric or claim.rule != "people"
        if not route.biometric and claim.rule == "people":
            return False
        if len(thing.text) > LABEL or thing.text.count(" ") > WORDS:
            return False  # free text
        about = thing.about.lower()
        if hit.kind == "attribute":
            return True
        if hit.kind == "colour" or _OWN.fullmatch(about):
            return about in _LABELS or (about == "name" and scored)
        return True

    def _said(self, thing: Shown, scored: set[str], route: Route, *, request: bool) -> Tag | None:
        """What no rule says, where a route is declared: a name for a people, the label of a classifier, a search."""
        hit = self._best(self._hits(thing.text))
        if hit is None or hit.kind not in {"attribute", "group"} or hit.strength == "weak":
            return None
        if thing.role not in {Role.VALUE, Role.MEMBER}:
            spoken = any(h.family == "locale" for h in self._match(f"{thing.owner} {thing.text}"[-LONGEST:]))
            return Tag("people", hit.term, hit.kind) if hit.kind == "group" and not spoken else None
        about = thing.about.lower() or thing.owner.rpartition(".")[2].lower()
        if request and about in route.prompts:
            return Tag("prompt", hit.term, hit.kind, whole=True)
        if (hit.end - hit.start) * 3 < len(thing.text.strip()) * 2 or len(thing.text) > LABEL:
            return None
        labelled = about in _LABELS or (about == "name" and thing.owner in scored)
        return Tag("label", hit.term, hit.kind) if labelled else None

    def _beside(self, shown: list[Shown], out: dict[Shown, Tag]) -> None:
        """Colours that are keys beside a people, as ``white`` and ``black`` beside ``asian``, are peoples as well.

        The maps of all entries of a list are judged as one, so that what else is in them may outnumber a set.
        """
        peoples = {t.owner for t, tag in out.items() if tag.kind == "group" and t.role is Role.KEY}
        for thing in shown if peoples else ():
            if thing in out or thing.role is not Role.KEY or thing.owner not in peoples:
                continue
            hit = self._best(self._hits(thing.text))
            if hit is not None and hit.kind == "colour" and (hit.end - hit.start) * 3 >= len(thing.text) * 2:
                out[thing] = Tag("people", hit.term, hit.kind)

    def _asked(
        self, made: dict[Shown, Tag], shown: Iterable[Shown], route: Route, *, request: bool
    ) -> dict[Shown, Tag]:
        """With requests for every attribute, where a route refuses these."""
        if not (request and route.wildcards):
            return made
        every = {
            t: Tag("wildcard", "ctx_wildcard", "context")
            for t in shown
            if t.role in {Role.VALUE, Role.MEMBER}
            and wild(t.text)
            and _LISTS.search(t.about or t.owner.rpartition(".")[2])
        }
        return {**made, **every} if every else made

    def whole(self, text: str) -> Tag | None:
        """What a free text on a declared route says."""
        hit = self._best(h for h in self._hits(text) if h.strength != "weak")
        return Tag("prompt", hit.term, hit.kind) if hit is not None and hit.kind in {"attribute", "group"} else None

    def mapped(self, field: str, value: str) -> Tag | None:
        """What a number of an opaque field stands for."""
        row = self._maps.get(field)
        value = value.strip().strip('"')
        # Whole numbers that went through a table with holes are written as 1.0.
        term = row.get(value) or row.get(_HOLLOW.sub("", value)) if row else None
        return Tag("map", term, self.lexicon.terms[term].kind) if term else None

    @property
    def fields(self) -> frozenset[str]:
        """Opaque fields."""
        return frozenset(self._maps)


def numbers(raw: str) -> list[str]:
    """What stands behind the name of a field, as it is written: one value, or those of a list.

    Args:
        raw: The field as it stands in its text.
    """
    if (found := _LIST.search(raw)) is not None:
        return found[1].split(",")
    return [re.split(r"[:=,>]", raw)[-1].split("<")[0]]


def bits(raw: str) -> int:
    """The number that stands behind the name of a field; 0 where none does, all bits where it is beyond all bounds.

    Args:
        raw: The field as it stands in its text.
    """
    found = _BITS.search(raw)
    if found is None:
        return 0
    if not found[2]:
        # Of a mask that is signed, -1 is all bits.
        return int(found[1], 16 if "x" in found[1].lower() else 10)
    value = float(found[1] + found[2])
    return int(value) if abs(value) < 1e300 else -1


#: Keys whose value is somebody's or some place's own name.
_OWN = re.compile(
    r"(?:.*[_\-.])?(?:(?:first|last|full|given|family|middle|user|display|nick|person|login|customer|staff)_?-?name"
    r"|names?|surname|user|author|city|country|street|address|region|province|place|location|lang(?:uage)?|locale|title|company)",
    re.IGNORECASE,
)


def wild(text: str) -> bool:
    """Whether a text asks for everything."""
    return len(text) <= LABEL and _ALL.fullmatch(text.strip()) is not None


def _scored(shown: Iterable[Shown]) -> set[str]:
    """Owners whose entries are a name with a score, and no more."""
    keys: dict[str, set[str]] = {}
    for thing in shown:
        if thing.role not in {Role.VALUE, Role.MEMBER}:
            keys.setdefault(thing.owner, set()).add(thing.text.lower())
    return {owner for owner, row in keys.items() if row & _SCORES and row <= _ENTRY}
