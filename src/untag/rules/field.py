"""A declared thing (field, parameter, column, key, function, constant, type) is named or described as an ethnic one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec.structs import replace

from untag.case import BOUND, DECLARED, Tier
from untag.finding import Confidence, Evidence, Purpose
from untag.later import later
from untag.rules import _weigh as weigh
from untag.rules._faced import sought
from untag.rules._warn import warns
from untag.surface import Kind, Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.case import Case
    from untag.finding import Claim, Hit, Mark

__all__ = ["FieldRule"]

_KINDS = ("attribute",)
#: Roles of what describes a thing by name; of a document the cells of a row and the terms of a list.
_BOUND = BOUND | {Role.PROSE}
#: Roles of what is not declared here but asked for, shown or sent.
_LONG = frozenset({Role.ANNOTATION, Role.COMMENT})
_USES = frozenset({Role.CONDITION, Role.CALL, Role.STRING, Role.VALUE, Role.LABEL})
#: Families of attributes that are believed there, and families of context in whose sentences they are not.
_ASKED = frozenset({"ethnicity", "minority", "nation", "race"})
_ELSE = frozenset({"concurrency", "conduct", "game", "news", "privacy", "sport"})
#: Characters of a text that is looked at so, and how many other attributes of a person make a list.
_LONGEST, _MANY = 400, 2
#: Words beside "race" in one name that make it a model's or an API's, not a contest or a bug.
_INFERENCE = frozenset({"inference", "biometric", "demographic", "visual"})


#: A word for a race, a people or a nation in quotes, alone or in a list of attributes.
_QUOTED = later(r"""["'](?:[\w ]{1,24}, ?){0,8}(?:race|ethnicity|ethnic|nation|nationality)["',]""", re.IGNORECASE)
#: Spaces of a comment that may still be a label.
_TERSE = 6
#: Words for faces and cameras in a file from which a character of a game is one that is looked at.
_FACES = 3
#: Families whose weak words (race, nation, minority …) may be believed beside a face; origin and ancestry never.
_WEAK = frozenset({"caste", "ethnicity", "indigenous", "minority", "nation", "population", "race", "tribe"})


#: Roles of what a build or a configuration is told, and words that make a name one that switches something on.
_SWITCHES = frozenset({Role.CONDITION, Role.CONSTANT, Role.KEY, Role.MEMBER, Role.USE})
_SWITCH = frozenset(
    re.split(
        r"\s+",
        """
    enable enabled disable disabled detect detection with use has have support supports supported switch on flag opt
    option is feature features attr attribute attributes config cfg build model module face faces facial person human
    estimate estimation classify classification recognize recognition predict prediction analyze analysis output return
    true false
        """.strip(),
    )
)
#: How a compiler is told a definition.
_FLAGS = ("-D", "/D")
#: Families of attributes that are switched: a minority is as often the rarer class of a set.
_SWITCHED = frozenset({"ethnicity", "race"})
_STATES = frozenset({"0", "1", "disabled", "enabled", "false", "no", "off", "on", "true", "yes"})
_WORD = later(r"[A-Za-z_][\w.-]*")
_PART = later(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
#: Families whose weak words are believed where peoples are their values.
_VALUED = frozenset({"ethnicity", "nation", "race", "tribe"})
#: What a query puts in for what it is asked for.
_ASKS = later(r"\w{0,40}[`\"\]]?\s*(?:=|<>|!=|in\b|like\b)\s*\(?\s*(?:#\{|\$\{|\$\d|%s|\?|:\w|@\w)", re.IGNORECASE)
#: What a catalogue says of the values of a column.
_COUNT = later(r"[\d,]+ distinct in [\d,]+ rows$")


#: The place of a string in a section of a native program.
_ADDRESS = later(r"^/[.\w]{1,40}/0x[0-9a-f]+$")


class FieldRule:
    """Names and descriptions of declared things."""

    name = "field"
    limits = (
        "An opaque name (attr7) whose meaning stands only in a document outside the input is not seen.",
        "A word like race or nation alone is believed only beside age, gender or a face.",
    )
    example = ("face.h: struct FACE_ATTR { int age; int gender; int ethnicity; bool glasses; };",)
    sources = (
        "Face APIs that return an ethnicity field beside age and gender: the references of Face++ and VisionLabs LUNA.",
        (
            "Chinese police standards name the field EthicCode (IPVM, March 2021, "
            "ipvm.com/reports/racial-ethnic-standards)."
        ),
    )

    def judge(self, case: Case) -> Iterator[Claim]:
        """One claim for all declared things of the case that are named so, by the surest of them."""
        rows: list[tuple[Confidence, Mark, Hit]] = []
        for mark in case.marks:
            hit = weigh.best(mark, _KINDS)
            if hit is not None and mark.role is Role.STRING and weigh.stray(hit) and _raw(mark):
                continue  # two letters out of the bytes of a program
            told = mark.role in DECLARED or (mark.role in _BOUND and mark.surface.about)
            if not told or not (mark.role in _LONG or mark.role is Role.PROSE or weigh.named(mark)):
                asked = hit is not None and (self._used(case, mark, hit) or self._read(case, mark, hit))
                if hit is not None and (asked or self._switch(case, mark, hit)):
                    rows.append((Confidence.FIRM, mark, hit))
                continue
            if hit is None or hit.family == "skin_colour" or weigh.astray(case, mark):
                continue
            if ((mark.role in _LONG or mark.role is Role.PROSE) and warns(mark)) or (
                mark.role in BOUND and weigh.folder(mark.text, hit, app=True)
            ):
                continue
            sure = self._weigh(case, mark, hit)
            if (sure or 0) < Confidence.FIRM and sought(case, mark, hit) and not weigh.fair(case):
                sure = Confidence.FIRM
            if sure is not None:
                rows.append((sure, mark, hit))
        if not rows:
            return
        rows.sort(key=lambda r: (-r[0], r[1].place.sort))
        top = rows[0][0]
        marks = [m for sure, m, _ in rows if sure >= min(top, Confidence.FIRM)]
        names = weigh.quoted(m.surface.about or m.text for m in marks)
        why = f"{names}: named or described as {rows[0][2].gloss}"
        aim = None
        if all(weigh.citizen(case, m) for m in marks):
            why, aim = f"{names}: the citizenship, as licences and passports show it", Purpose.DECLARED
        if top >= Confidence.FIRM:
            marks += weigh.values(case, marks)
        made = weigh.claim(self.name, case, marks, top, why, aim=aim)
        yield replace(made, evidence=(*made.evidence, *_counts(marks)))

    @staticmethod
    def _read(case: Case, mark: Mark, hit: Hit) -> bool:
        """Whether a strong name is read from a result, ``face["dominant_race"]``, where a face is told of."""
        return (
            mark.role is Role.STRING
            and bool(mark.surface.about)
            and (weigh.strength(hit) == 2 or (hit.strength == "strong" and weigh.demo(case) >= Tier.NEAR))
            and hit.family != "skin_colour"
            and weigh.named(mark)
            and weigh.bio(case) >= Tier.NEAR
            and (weigh.demo(case) >= Tier.NEAR or case.setting.tier("inference") >= Tier.NEAR)
        )

    @staticmethod
    def _switch(case: Case, mark: Mark, hit: Hit) -> bool:
        """Whether a name switches the attribute on and off in a product about faces: ``detect_race``, ``WITH_RACE``."""
        token = mark.text.rfind(" ", 0, hit.start) + 1  # of several flags in one string
        flag = mark.text.startswith(_FLAGS, token)
        if (
            not (mark.role in _SWITCHES or (flag and mark.role is Role.STRING))
            or hit.family not in _SWITCHED
            or weigh.bio(case) < Tier.PACKAGE
        ):
            return False
        around = case.setting
        if weigh.fair(case) or any(
            around.file[f] or around.package[f] > around.package["biometric"] for f in ("concurrency", "game", "sport")
        ):
            return False
        begin = token + 2 if flag else 0
        named = list(_WORD.finditer(mark.text)) if mark.role is Role.CONDITION else [_WORD.match(mark.text, begin)]
        start = max(hit.start, begin)  # of ``-DRACE_DETECTION`` the sign of the flag is one word with the first
        name = next((m for m in named if m and m.start() <= start and hit.end <= m.end()), None)
        if name is None or (mark.role is Role.USE and not name.group().isupper()):
            return False
        words = [w.lower() for w in _PART.findall(name.group())]
        own = {w.lower() for w in _PART.findall(mark.text, start, hit.end)}
        state = mark.surface.value or (mark.text[name.end() + 1 :].partition(" ")[0] if flag else "")
        told = len(words) > 1 or state.lower() in _STATES
        return told and all(w in own or w in _SWITCH for w in words)

    @staticmethod
    def _valued(case: Case, mark: Mark) -> bool:
        """Whether peoples stand beside a weak word: one that describes it, or any beside a nation."""
        groups = [m for m in case.marks if any(h.kind == "group" for h in m.hits)]
        name = mark.surface.about or mark.text
        if any(h.family == "nation" for h in mark.hits):
            # A maintainer called Yi is no people: a weak word counts where it is said of the nation itself.
            return any(
                m is mark or m.surface.about == name or any(h.kind == "group" and weigh.strength(h) for h in m.hits)
                for m in groups
            )
        return any(m.surface.about == name or m is mark for m in groups) and weigh.bio(case) >= Tier.NEAR

    def _weigh(self, case: Case, mark: Mark, hit: Hit) -> Confidence | None:
        level = weigh.strength(hit)
        if weigh.promised(case, hit) or (hit.family == "race" and "concurrency" in weigh.families(mark)):
            return None
        if level == 0 and hit.family in _VALUED and self._valued(case, mark):
            level = 1  # its values say what it is
        if level == 0 and hit.family not in _WEAK:
            return None
        bio, demo = weigh.bio(case), weigh.demo(case)
        innocent = weigh.innocent(case, hit)
        around = case.setting
        if (innocent and hit.family == "minority") or around.case["privacy"] + around.near["privacy"]:
            # The rarer class of a training set; a list of what is to be blacked out.
            return Confidence.TENTATIVE if level and mark.role in DECLARED else None
        if weigh.account(case, bio) or weigh.animal(case, hit):
            # Who logs in to the product: a form of its staff, whatever the product looks at.
            return Confidence.TENTATIVE if level and mark.role in DECLARED else None
        if bio < Tier.PACKAGE and demo < Tier.NEAR:
            # Nothing joins it to a face: an HR form or a census column. Kept as a note, never shown.
            return Confidence.TENTATIVE if level and mark.role in DECLARED else None
        if weigh.common(hit) and bio < Tier.NEAR and demo < Tier.NEAR:
            return None  # nodes, commits and packages have an ancestry and an origin
        sure = self._by_level(case, mark, hit, level)
        return max(sure or Confidence.FIRM, Confidence.FIRM) if self._switch(case, mark, hit) else sure

    def _by_level(self, case: Case, mark: Mark, hit: Hit, level: int) -> Confidence | None:
        """How sure a word is beside faces, by how much it says."""
        bio, demo, innocent = weigh.bio(case), weigh.demo(case), weigh.innocent(case, hit)
        if level == 2:
            return self._strong(bio, demo, innocent=innocent)
        if level == 1:
            if innocent and hit.family == "race" and demo < Tier.NEAR and _played(case):
                return Confidence.TENTATIVE
            if innocent and demo < Tier.NEAR and (bio < Tier.NEAR or self._threads(case, mark, hit)):
                return Confidence.TENTATIVE
            if demo >= Tier.NEAR and bio >= Tier.PACKAGE:
                return Confidence.CERTAIN if bio >= Tier.NEAR else Confidence.FIRM
            return Confidence.FIRM if bio >= Tier.FILE else Confidence.TENTATIVE
        return self._weak(case, mark, hit, bio, demo)

    @staticmethod
    def _threads(case: Case, mark: Mark, hit: Hit) -> bool:
        """Whether what is detected or enabled may be races of threads, as a build of any product says beside these."""
        around = case.setting
        return weigh.racy(mark, hit) and around.case["concurrency"] + around.near["concurrency"] > 0

    @staticmethod
    def _used(case: Case, mark: Mark, hit: Hit) -> bool:
        """Whether a condition, call or text asks for the attribute of a face, or lists it among those of a person."""
        around = weigh.families(mark)
        if mark.role not in _USES or len(mark.text) > _LONGEST or around & _ELSE:
            return False
        if sought(case, mark, hit):
            return not weigh.fair(case)  # "Search faces by race": a menu of languages beside it says nothing else
        if weigh.innocent(case, hit):
            return False
        if weigh.folder(mark.text, hit, bare=mark.role is not Role.CONDITION, app=mark.role not in DECLARED):
            return False  # an environment or a path by the product's own name
        if not (weigh.bio(case) >= Tier.NEAR or _pictured(case)) or hit.family not in _ASKED or weigh.fair(case):
            return False
        if weigh.beside(mark) >= (1 if mark.role is Role.CONDITION else _MANY):
            return True  # age,gender,race
        if case.kind is Kind.QUERY and mark.role is Role.CONDITION and _filled(mark, hit):
            return True  # ... AND is_minority = #{minority}, over rows of faces
        faced = "biometric" in around and mark.role in {Role.CONDITION, Role.CALL}
        if weigh.strength(hit) == 0:
            quoted = mark.role is Role.CALL and _QUOTED.search(mark.text) is not None
            # Head("age"), Head("gender"), Head("race"): the word alone, among others of its kind.
            whole = quoted or (mark.role is Role.STRING and hit.end - hit.start == len(mark.text.strip()))
            if whole and case.setting.case["demographic"] >= _MANY and "inference" in case.setting.case:
                return True
            # analyze(face, actions=["race"]): asked of what looks at a face, by that word alone.
            return faced and quoted and "inference" in around
        if weigh.strength(hit) == 2 and mark.role is not Role.LABEL:
            if "inference" in around and mark.role in {Role.CONDITION, Role.CALL}:
                return True  # count(pred_ethnicity)
            # A line of a prompt: "approximate age, sex," and in the next "apparent ethnicity".
            if mark.role is Role.VALUE and case.setting.near["demographic"] > 1 and not weigh.named(mark):
                return True
        return faced or ("demographic" in around and mark.role in {Role.CONDITION, Role.CALL, Role.STRING})

    @staticmethod
    def _strong(bio: Tier, demo: Tier, *, innocent: bool) -> Confidence:
        if bio >= Tier.NEAR or (demo >= Tier.NEAR and bio >= Tier.PACKAGE):
            return Confidence.CERTAIN
        if bio >= Tier.FILE:
            return Confidence.CERTAIN if demo >= Tier.FILE else Confidence.FIRM
        if innocent:
            return Confidence.TENTATIVE
        return Confidence.FIRM if bio >= Tier.PACKAGE else Confidence.TENTATIVE

    @staticmethod
    def _weak(case: Case, mark: Mark, hit: Hit, bio: Tier, demo: Tier) -> Confidence | None:
        innocent = weigh.innocent(case, hit)
        if (innocent and demo < Tier.CASE) or weigh.families(mark) & _ELSE:
            return None
        if mark.role in _LONG and mark.text.strip().count(" ") > _TERSE and not weigh.families(mark) & _INFERENCE:
            return None  # a sentence of a comment that has a contest or a bug in it as soon as a person
        if (innocent and _played(case)) or (hit.family == "race" and _run(case)):
            return None  # a hero of a game and whoever runs have a face, an age, a sex and a race
        if demo >= Tier.NEAR and bio >= Tier.PACKAGE:
            return Confidence.CERTAIN if demo >= Tier.CASE and bio >= Tier.NEAR else Confidence.FIRM
        if bio >= Tier.FILE and weigh.families(mark) & _INFERENCE and not weigh.stray(hit):
            return Confidence.FIRM
        return Confidence.TENTATIVE if bio >= Tier.NEAR and not weigh.stray(hit) else None


def _filled(mark: Mark, hit: Hit) -> bool:
    """Whether a condition compares the attribute with whatever is asked for."""
    return weigh.strength(hit) > 0 and _ASKS.match(mark.text, hit.end) is not None


#: Words for contests in a file, or in the names of its folders, from which a race there is one.
_RUN = 2


def _played(case: Case) -> bool:
    """Whether a race is one of a game, or is run or driven, in a file that tells nothing of faces but a picture."""
    around = case.setting
    played = sum(around.case[f] + around.near[f] for f in ("game", "sport"))
    return played > 0 and around.terms["biometric"] < _FACES and not around.terms["inference"]


def _run(case: Case) -> bool:
    """Whether a race is run: words for contests stand beside it and elsewhere in its file or path."""
    around = case.setting
    near = around.case["sport"] + around.near["sport"]
    return near + around.path["sport"] > 0 and around.file["sport"] + around.path["sport"] >= _RUN


def _pictured(case: Case) -> bool:
    """Whether a model is asked of a picture, as the instructions of one do."""
    around = case.setting
    asked = around.case["inference"] and around.case["demographic"]
    return bool(asked and around.case["image"] + around.near["image"]) and weigh.bio(case) >= Tier.PACKAGE


def _raw(mark: Mark) -> bool:
    """Whether a text was cut out of the bytes of a program: told by an offset, or by a section and an address."""
    where = mark.place
    return where.offset is not None or (where.line is None and _ADDRESS.search(where.pointer or "") is not None)


def _counts(marks: list[Mark]) -> Iterator[Evidence]:
    """How many values a column of a database holds, where its server counted them."""
    for mark in marks:
        if mark.role is Role.COLUMN and (found := _COUNT.search(mark.surface.type)):
            yield Evidence("count", f"{mark.text}: {found[0]}", mark.place)
