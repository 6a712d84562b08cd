"""A closed set (enum, label list, label map, value set, row of columns) lists peoples or races."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from untag.case import Tier
from untag.finding import Confidence, Purpose
from untag.later import later
from untag.rules import _tongue as tongues
from untag.rules import _weigh as weigh
from untag.surface import Kind, Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.case import Case
    from untag.finding import Claim, Hit, Mark

__all__ = ["LabelsetRule"]

_ROLES = frozenset({Role.MEMBER, Role.COLUMN, Role.KEY, Role.FIELD, Role.OUTPUT, Role.VALUE, Role.CONSTANT, Role.LABEL})
#: Roles of texts that tell the values of a thing that they name.
_TOLD = frozenset({Role.COMMENT, Role.PROSE})
_CLOSED = frozenset({Kind.ENUM, Kind.LIST, Kind.DICT, Kind.DATASET, Kind.SCHEMA, Kind.MODEL, Kind.TABLE, Kind.FORM})
#: What a set of classes or its file is called.
_LABELS = later(r"label|class|categor|(?<![a-z])(?:names|index|indices|idx)(?![a-z])|id2|2id", re.IGNORECASE)
#: What stands for everybody else.
_REST = later(
    r"(?i:(?<![a-z])(?:non|not|no|un)[-_ ]?(?=[a-z])|others?(?![a-z])|unknown|none|rest$|unidentified)"
    r"|其他|其它|未知|非|(?:нет|другие|прочие)\b"
)
#: Keys whose values are names of persons.
_BY = later(r"(?:authors?|editors?|contributors?|maintainers?|creators?|by)", re.IGNORECASE)
#: Kinds of owners in which something is done, what takes a case of a switch or an option, and how options are put in.
_SPOKEN = frozenset({Kind.CALLABLE, Kind.CLASS, Kind.FILE})
_PAIRS = frozenset({Role.CALL, Role.CONDITION})
_ADDED = later(r"(?:\.|->|::)(?:add|append|insert|push|put)\w{0,20}\(", re.IGNORECASE)
#: Cases or options that make a choice of races.
_SEVERAL = 2
#: Races, white people apart, from which a set is one of a data set of faces.
_RACES = 3
#: Largest set that one named people and "other" may make.
_PAIR = 5


#: Attributes that a list of them holds at most.
_LISTED = 120


class LabelsetRule:
    """Sets of peoples, by their values, whatever the set is called."""

    name = "labelset"
    limits = (
        "A set of fewer than three names is seen only where one of them is a named people or its owner is called so.",
        "Numbers without names (0 to 3) are seen only where a comment, an enum or a map resolves them.",
    )
    example = (
        'race.py: labels = ["asian", "indian", "black", "white", "middle eastern", "latino hispanic"]  # of a face',
    )
    sources = (
        "An SDK's enum of four values, one of them a people (IPVM, November 2020, on Dahua).",
        "Four racial groups in the SDKs of four vendors (Biometric Update, July 2021).",
    )

    def judge(self, case: Case) -> Iterator[Claim]:
        """One claim for the set, if enough of its members are peoples."""
        told = {lg.entries[0].mark.place: lg for lg in case.legends if lg.inline}
        marks: list[Mark] = []
        for mark in case.marks:
            if mark.role is Role.VALUE and _BY.fullmatch(mark.surface.about):
                continue  # names of authors
            if tongues.keyed(mark):
                continue  # a language that can be chosen
            if mark.role in _ROLES or (mark.role in _TOLD and mark.surface.about):
                legend = told.pop(mark.place, None)
                marks += [mark] if legend is None else [e.mark for e in legend.known]
        peoples = {h.term: m for m in reversed(marks) for h in m.hits if h.kind == "group"}
        colours = {h.term: m for m in reversed(marks) for h in m.hits if h.kind == "colour"}
        named = [h for m in marks for h in m.hits if h.kind == "group" and h.named and _whole(h, m)]
        members = [m for m in marks if any(h.kind in {"group", "colour"} for h in m.hits)]
        count = len(peoples) + len(colours)
        attribute = self._attribute(case)
        if not attribute and tongues.block(case.owner):
            return  # a library that knows characters, and nothing of faces
        if len(peoples) >= 2 and count >= 3 and self._dense(case, members):
            yield from self._set(case, members, count, attribute=attribute)
        elif len(colours) >= 3 or (len(colours) >= 2 and peoples):
            yield from self._colours(case, members, attribute=attribute)
        elif (
            named
            and (attribute or not (tongues.lingual(case, members) or tongues.spoken(case, members)))
            and (self._pair(case, named, attribute=attribute) or self._against(case, peoples, attribute=attribute))
        ):
            why = f"a small closed set that names one people: {named[0].gloss}"
            yield weigh.claim(self.name, case, members, Confidence.FIRM, why, aim=_aim(case, Confidence.FIRM))
        elif chosen := _chosen(case):
            why = f"peoples or races are told apart one by one: {weigh.quoted(m.text for m in chosen)}"
            yield weigh.claim(self.name, case, chosen, Confidence.FIRM, why)
        else:
            yield from self._legend(case)

    @staticmethod
    def _legend(case: Case) -> Iterator[Claim]:
        """Numbers or letters that one text resolves to peoples, bound to a thing that is called so."""
        bio = weigh.bio(case)
        rows = [g for g in case.legends if g.inline and g.attribute not in {"", "skin_colour"}]
        if (
            not rows
            or bio < Tier.PACKAGE
            or (bio < Tier.NEAR and weigh.genre(case, "locale", "geography") >= Tier.NEAR)
        ):
            return
        marks = [e.mark for g in rows for e in g.known]
        told = ", ".join(f"{e.key} = {e.mark.text.strip()[:40]}" for e in rows[0].entries[:6])
        near = bio >= Tier.NEAR or weigh.demo(case) >= Tier.NEAR
        aim = Purpose.CLAIM if all(m.surface.kind is Kind.SECTION for m in marks) and not weigh.fair(case) else None
        yield weigh.claim(
            "labelset",
            case,
            marks,
            Confidence.FIRM if near else Confidence.TENTATIVE,
            f"keys stand for peoples: {told}",
            aim=aim,
        )

    @staticmethod
    def _pair(case: Case, named: list[Hit], *, attribute: bool) -> bool:
        """Whether the case is a small closed set, {Uyghur, other}, about persons on camera and not about languages."""
        if not attribute and all(h.strength == "weak" for h in named):
            return False  # *Roma* is a city as well
        if case.kind not in _CLOSED or case.size > _PAIR or weigh.bio(case) < Tier.PACKAGE:
            return False
        return weigh.genre(case, "locale", "geography") < Tier.NEAR and not tongues.localized(case)

    @staticmethod
    def _against(case: Case, peoples: dict[str, Mark], *, attribute: bool) -> bool:
        """Whether one people stands against all others, {Uyghur, other}: no register or dictionary sorts so."""
        if case.kind not in _CLOSED or case.size > _PAIR or len(peoples) > 1 + ("han" in peoples):
            return False
        if weigh.genre(case, "locale", "geography", "news", "finance") >= Tier.NEAR:
            return False
        texts = [m.text for m in case.marks if m.role in _ROLES] + [s.text for s in case.siblings]
        rest = any(_REST.search(text) for text in texts)
        return rest and (attribute or case.kind is Kind.MODEL or _LABELS.search(_called(case)) is not None)

    @staticmethod
    def _attribute(case: Case) -> bool:
        """Whether the set itself is called race, ethnicity, nation …."""
        return any(
            h.kind == "attribute" and h.family != "skin_colour"
            for m in case.marks
            if m.role in {Role.ENUM, Role.TYPE, Role.CONSTANT, Role.FIELD, Role.COMMENT, Role.PARAMETER, Role.KEY}
            for h in m.hits
        ) or any(h.kind == "attribute" and h.family != "skin_colour" for h in case.path)

    @staticmethod
    def _dense(case: Case, members: list[Mark]) -> bool:
        """Whether peoples make up the set, rather than stand among a thousand things."""
        if len(members) * 3 >= case.size or (len(members) >= 20 and len(members) * 5 >= case.size):
            return True
        # Of the attributes of a face some are races: *Mustache, Smiling, Asian, Male*.
        around = case.setting.case
        return case.size <= _LISTED and (around["visual"] + around["demographic"]) * 3 >= case.size

    def _set(self, case: Case, members: list[Mark], count: int, *, attribute: bool) -> Iterator[Claim]:
        bio, demo = weigh.bio(case), weigh.demo(case)
        innocent = weigh.genre(case, "locale", "geography", "finance", "conduct", "news")
        why = f"a closed set names {count} peoples or races: {weigh.quoted(m.text for m in members)}"
        if innocent >= Tier.NEAR and not attribute and bio < Tier.NEAR:
            return
        if not attribute and (weigh.genre(case, "locale", "geography") >= Tier.CASE or tongues.localized(case)):
            return  # languages or regions, whatever stands around them
        if not attribute and tongues.spoken(case, members):
            return
        if weigh.bred(case):
            return  # breeds and coats
        plain = all(any(h.kind == "colour" for h in m.hits) for m in members)
        if plain and demo < Tier.NEAR and weigh.genre(case, "game", "sport") >= Tier.CASE:
            return  # what the cars and pieces of a game look like
        if plain and not attribute and case.kind in _CLOSED and case.setting.case["colourword"]:
            return  # *preto* and *branco* of pigments, in a language that calls races so too
        values = [m for m in members if m.role is Role.VALUE]
        if not attribute and values and innocent >= Tier.NEAR and all(map(tongues.tongue, values)):
            return
        if not attribute and (weigh.surnames(case, members) or weigh.scattered(members)):
            return
        if bio >= Tier.NEAR or (bio >= Tier.PACKAGE and (attribute or demo >= Tier.NEAR)):
            sure = Confidence.CERTAIN
        elif bio >= Tier.PACKAGE or self._races(case, members, persons=attribute or demo >= Tier.NEAR):
            sure = Confidence.FIRM
        elif attribute or demo >= Tier.NEAR:
            sure = Confidence.TENTATIVE
        else:
            return
        yield weigh.claim(self.name, case, members, sure, why, aim=_aim(case, sure))

    @staticmethod
    def _races(case: Case, members: list[Mark], *, persons: bool) -> bool:
        """Whether the classes of a model are those that data sets of faces sort people into, and nothing else.

        Kitchens and markets are Asian and African too; a class of white or Caucasian people beside them is of people.
        """
        others = (*weigh.GENRES, *weigh.FILES_ON_PEOPLE, "fairness", "names", "privacy")
        if weigh.genre(case, *others) >= Tier.FILE or case.setting.package["names"]:
            return False
        sure = [m for m in members if any(h.family == "race" and h.strength == "strong" for h in m.hits)]
        if len(sure) >= _RACES and len(sure) == len(members) and weigh.pictured(case):
            return True
        classes = case.kind is Kind.MODEL or _LABELS.search(_called(case)) is not None
        if not classes and not (persons and weigh.pictured(case)):
            return False
        races = {h.term for m in members for h in m.hits if h.kind == "group" and h.family == "race"}
        terms = {h.term for m in members for h in m.hits}
        white = bool(terms & {"european", "white", "white_people"})
        # {White, Black, Asian, Indian, Others}: the two colours of people count as one more.
        known = len(races) + persons + (white and bool(terms & {"black", "black_people"}))
        rest = any(_REST.search(s.text) for s in case.siblings)
        # A set that is called so may hold a class that nobody knows.
        most = len(members) * 2 if persons and not classes else len(members)
        return white and known >= _RACES and most >= case.size - 1 - rest

    def _colours(self, case: Case, members: list[Mark], *, attribute: bool) -> Iterator[Claim]:
        """Yellow, white and black are races only where the set is called so or colours of things are absent."""
        skin = any(h.family == "skin_colour" for m in case.marks for h in m.hits)
        skin = skin or case.setting.case["skin"] > 0
        things = case.setting.case["colourword"] or case.size > 3 * len(members)
        if things or not (attribute or skin or any(h.kind == "group" for m in members for h in m.hits)):
            return
        bio = weigh.bio(case)
        if bio < Tier.PACKAGE or (not attribute and weigh.scattered(members)):
            return
        if not skin and weigh.demo(case) < Tier.NEAR and weigh.genre(case, "game", "sport") >= Tier.CASE:
            return
        sure = Confidence.CERTAIN if bio >= Tier.NEAR or weigh.demo(case) >= Tier.NEAR else Confidence.FIRM
        aim = Purpose.PROXY if skin and not attribute else None
        why = f"a closed set of people's colours: {weigh.quoted(m.text for m in members)}"
        yield weigh.claim(self.name, case, members, sure, why, aim=aim)


def _chosen(case: Case) -> list[Mark]:
    """Cases of a switch over race, or options that are put into a list of races: the attribute, and a people each."""
    if case.kind not in _SPOKEN or not any(m.role in _PAIRS for m in case.marks) or weigh.bio(case) < Tier.PACKAGE:
        return []
    if weigh.fair(case) or weigh.genre(case, "locale", "geography", "news", "conduct", "game") >= Tier.NEAR:
        return []
    rows: list[Mark] = []
    terms: set[str] = set()
    switched: set[str] = set()
    sure = False
    for mark in case.marks:
        if mark.role not in _PAIRS or not weigh.named(mark):
            continue
        asked = next((h for h in mark.hits if h.kind == "attribute" and h.family in {"ethnicity", "race"}), None)
        people = next((h for h in mark.hits if h.kind == "group" and h.family in {"people", "race"}), None)
        if asked is not None and mark.role is Role.CONDITION:
            switched.add(mark.text)
        if people is None or (asked is None and mark.surface.about not in switched):
            continue
        between = mark.text[asked.end : people.start] if asked is not None else ""
        if mark.role is Role.CONDITION or _ADDED.search(between) is not None:
            rows.append(mark)
            terms.add(people.term)
            sure = sure or weigh.strength(people) > 0
    return rows if len(terms) >= _SEVERAL and sure else []


def _whole(hit: Hit, mark: Mark) -> bool:
    """Whether a word that means other things too makes up a member by itself, rather than stands in a longer name."""
    return hit.strength != "weak" or (hit.end - hit.start) * 2 >= len(mark.text.strip())


def _called(case: Case) -> str:
    """What the set and its file are called."""
    return f"{case.owner[-80:]} {case.place.chain[-1].rsplit('/', 1)[-1]}"


def _aim(case: Case, sure: Confidence) -> Purpose | None:
    """What a set is for that proves itself, without anything biometric around it; None where the surroundings say."""
    if sure < Confidence.FIRM or weigh.bio(case) >= Tier.PACKAGE or weigh.fair(case):
        return None
    return Purpose.DATASET if case.kind is Kind.DATASET else Purpose.CAPABILITY
