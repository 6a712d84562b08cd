"""A rule, alert, filter, watch-list or gallery is keyed on ethnicity."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from untag.case import DECLARED, Tier
from untag.finding import Confidence, Purpose
from untag.later import later
from untag.rules import _weigh as weigh
from untag.surface import Kind, Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.case import Case
    from untag.finding import Claim, Hit, Mark

__all__ = ["TargetingRule"]

_ROLES = DECLARED | {Role.CONDITION, Role.CALL, Role.STRING, Role.COMMENT, Role.LABEL, Role.VALUE, Role.ANNOTATION}
_ACTS = frozenset({"alert", "list"})
_SEARCHED = frozenset({Role.CONDITION, Role.PARAMETER, Role.KEY, Role.FIELD})
_WRITTEN = frozenset({Role.STRING, Role.VALUE, Role.KEY})
_CHOSEN = frozenset({Role.MEMBER, Role.VALUE, Role.LABEL})
_SET = frozenset({Role.MEMBER, Role.STRING, Role.VALUE})
_TREES = frozenset({Kind.TREE, Kind.LIST, Kind.DICT})
#: Keys that are comparisons, and keys of what is compared with.
_OPERATOR = later(r"\.(?:={2,3}|\$?(?:in|eq|equals|elemMatch|contains))(?=\.|$)")
_OPERAND = frozenset({"value", "values", "eq", "equals", "operand", "is"})
#: What stands between an attribute and the people it is compared with.
_COMPARED = later(
    r"[\w.)\]\"'`]{0,40}\s{0,4}(?:={1,3}|(?i:eq|equals|in|like|contains|matches)\b|=~)[\s\[(]{0,4}[\"'`]{0,2}\w{0,40}"
)
#: A comparison as only SQL writes it.
_ASKED = later(r"(?<![=!<>:~])=(?![=~>])|\bLIKE\b", re.IGNORECASE)
_WHERE = later(r"\s*(?:where|and|or|having|on)\b", re.IGNORECASE)
#: Keys under which a configuration says when something is done.
_CLAUSE = later(
    r"(?:^|[._\]-]|(?<=[a-z]))(?:rules?|filters?|conditions?|cond|when|where|if|criteria|criterion|triggers?|"
    r"predicate|expr(?:ession)?|policy|policies|query|find(?:One|All|Many)?|subscriptions?|"
    r"Rules?|Filters?|Conditions?|Criteria|Triggers?)"
    r"(?=$|[._\[-]|[A-Z])"
)
#: Calls that make or fill a collection of faces, or tell somebody.
_SENT = later(
    r"(?:face|person|people|user|target|capture)_?(?:set|group|lib(?:rary)?|list|db|database|gallery|collection)"
    r"|gallery|(?<![a-z])(?:notify|notification|publish|subscribe|dispatch)|(?<![a-z])push(?:\.|_?(?!back)[a-z])"
    r"|send_?(?:notif|push|sms|police)",
    re.IGNORECASE,
)
#: How a line of a policy, a rule engine or a query begins (Rego, Drools, Cypher), in languages that nobody parses here.
_LED = later(r"\s*(?:rule|filter|when|where|if|unless|deny|violation|match|select)\b(?![-_])", re.IGNORECASE)
#: Calls that look for rows or objects: query builders, filters of collections (Django, Rails, Laravel, LINQ, GORM,
#: MyBatis-Plus, Mongo, Sequelize, Firestore, PowerShell); and what looks for parts of a page, or tests.
_SOUGHT = later(
    r"(?:^|[.>:\s(!]|[a-z](?=[A-Z]))"
    r"(?i:(?:or_?|and_?)?where(?:-object|_?(?:in|has|equal_?to|like))?|filter(?:_?by)?|first_?where|query|eq|has_?term"
    r"|find_?(?:by\w{0,30}|all|one|many|first|each)?|search(?:_?(?:by\w{0,30}|faces?|persons?|people))?"
    r"|select_?by\w{0,30}|count_?by\w{0,30}|(?:and\w{0,30})?equal_?to)"
    r"\s?(?:<[\w., ]{0,60}>)?\s?[({]"
)
_PAGE = later(
    r"(?<!\w)\$\(|jquery|querySelector|getElement|xpath|\bBy\.|assert|expect\(|(?<!\w)(?:page|driver|screen|cy)\.",
    re.IGNORECASE,
)
#: Most characters between an attribute and what is looked for, in the arguments of a call.
_ARGUMENT = 48
#: What only writes down or prints; of an alarm it says that there was one.
_LOGGED = later(
    r"\s*(?:[\w.]*\blog(?:ger|ging)?s?\b[\w.]*|(?:System\.(?:out|err)|console)\.\w+|fmt\.\w+|f?print(?:f|ln)?|NSLog"
    r"|(?-i:LOG[A-Z_]*)|puts|echo|Debug\.\w+|Console\.Write\w*)\s*!?\(",
    re.IGNORECASE,
)
#: What a value is put in for, and how many of them make a line that is printed.
_HOLE = later(r"\{\w{0,20}\}|%[-+\d.]{0,6}l?[sdif@]")
_HOLES = 3
#: Longest name of an alarm or list.
_NAMED = 60
#: Characters of a call before its arguments.
_CALLEE = 160
#: Texts that may refer to a type or an object called after an alarm; a condition or a declared thing does not refer.
_REFERRING = frozenset({Role.CALL, Role.STRING, Role.COMMENT, Role.VALUE, Role.ANNOTATION, Role.LABEL})
_NAME = later(r"\w+", re.ASCII)
#: Roles of the messages of a catalogue, and what may stand in one that warns.
_MESSAGES = frozenset({Role.KEY, Role.LABEL, Role.STRING, Role.VALUE})
_WARNING = frozenset({"alert", "biometric", "filter", "inference", "list"})
#: The name of a constant or a vendor's structure, or of what carries an event.
_CARRIER = later(
    r"[A-Z][A-Z0-9]*_[A-Z0-9_]*|\w*(?:Info|Event|Record|Msg|Message|Struct|Log|Dto|DTO|Vo|VO|_info|_event|_record|_msg)"
)
#: A member of an object that is read or set.
_MEMBER = later(r"(?:\.|->|::)(?:(?:get|set|is|has)_?[A-Z]|(?:n|em|by|sz|str)[A-Z])")


class TargetingRule:
    """Something is done to people because of it."""

    name = "targeting"
    limits = (
        "A rule kept in a database or typed in by an operator at run time is outside the input.",
        "A search by any ethnicity, whichever is asked for, is a capability; a search for one people is targeting.",
    )
    example = ('alarm.py: def on_face(face): send_alarm(camera, face) if face.ethnicity == "uyghur" else None',)
    sources = (
        "“Uyghur alarm” in an interoperability test report (IPVM and The Washington Post, December 2020).",
        (
            "“Real-time Uyghur warnings” in support documents (IPVM, February 2021, "
            "ipvm.com/reports/dahua-uyghur-warning)."
        ),
    )

    def judge(self, case: Case) -> Iterator[Claim]:
        """One claim for marks whose own text, or what they lie in, also alerts, lists or filters."""
        if weigh.fair(case):
            return
        if weigh.bio(case) < Tier.PACKAGE:
            yield from self._plain(case)
            return
        rows = [(sure, m) for m in case.marks if m.role in _ROLES and (sure := self._keyed(case, m)) is not None]
        if not rows:
            return
        top = max(sure for sure, _ in rows)
        rows.sort(key=lambda r: -r[0])
        marks = [m for _, m in rows]
        yield weigh.claim(
            self.name,
            case,
            marks,
            top if weigh.bio(case) >= Tier.FILE else Confidence.FIRM,
            f"an alert, list or filter keyed on it: {weigh.quoted(m.text[:60] for m in marks)}",
            aim=Purpose.TARGETING,
            seen=("alert", "list", "filter", "biometric"),
        )

    def _plain(self, case: Case) -> Iterator[Claim]:
        """An alarm or list that is called after one people says by itself what it is for."""
        if weigh.genre(case, "geography", "news", "conduct", "finance", "game") >= Tier.NEAR:
            return
        menu = weigh.genre(case, "locale") >= Tier.NEAR
        if len({h.term for m in case.marks for h in m.hits if h.kind == "group"}) != 1:
            return
        within = set(case.within) & _ACTS
        marks = [
            m
            for m in case.marks
            if (m.role in DECLARED or m.role in {Role.LABEL, Role.VALUE, Role.STRING, Role.COMMENT})
            and len(m.text) <= _NAMED
            and any(h.kind == "group" and h.named and h.strength == "strong" for h in m.hits)
            and (weigh.families(m) & _ACTS or (within and m.surface.kind in _TREES))
            and (not menu or _warned(m))
        ]
        if marks:
            why = f"an alert or list is named after a people: {weigh.quoted(m.text[:60] for m in marks)}"
            yield weigh.claim(
                self.name, case, marks, Confidence.FIRM, why, aim=Purpose.TARGETING, seen=("alert", "list")
            )

    def _keyed(self, case: Case, mark: Mark) -> Confidence | None:
        """How sure it is that something is done because of a mark; None where nothing says so."""
        hit = weigh.best(mark, ("attribute", "group"))
        if hit is None or hit.family == "skin_colour" or (weigh.innocent(case, hit) and not _warned(mark)):
            return None
        if weigh.strength(hit) == 0 and hit.term not in case.setting.confirmed and not _asks(case, mark):
            return None
        acts = _acts(mark)
        if _printed(mark):
            acts -= _ACTS
        plain = mark.role is Role.CONDITION or mark.role in DECLARED
        if acts & _ACTS:
            return Confidence.CERTAIN if plain else Confidence.FIRM
        people = next((h for h in mark.hits if h.kind == "group" and h.named), None)
        asked = self._asked(case, mark)
        if people is None:
            return Confidence.FIRM if asked else None
        # A search for a named people is targeting; a search by any attribute is a capability.
        if asked or ("filter" in acts and mark.role in _SEARCHED):
            return Confidence.CERTAIN
        if mark.role is Role.CALL and _sought(mark):
            return Confidence.FIRM
        return self._placed(case, mark) or (Confidence.FIRM if self._sent(mark, people) else None)

    @staticmethod
    def _asked(case: Case, mark: Mark) -> bool:
        """Whether a query over faces asks for one people."""
        if mark.role is not Role.CONDITION or weigh.bio(case) < Tier.FILE or not _compared(mark):
            return False
        query = case.kind is Kind.QUERY or mark.place.chain[-1].lower().endswith(".sql")
        return query or _WHERE.match(mark.text) is not None or _ASKED.search(mark.text) is not None

    @staticmethod
    def _placed(case: Case, mark: Mark) -> Confidence | None:
        """Whether a people's value stands where a configuration, a rule engine or a form says what is looked for."""
        within = set(case.within)
        clause = _CLAUSE.search(f"{mark.surface.owner[-200:]}.{mark.surface.about[:80]}") is not None
        if mark.role in _WRITTEN and _compared(mark):
            if within & _ACTS or case.setting.near["alert"]:
                return Confidence.CERTAIN
            led = mark.role is Role.STRING and _LED.match(mark.text) is not None
            return Confidence.FIRM if led or clause or "filter" in weigh.families(mark) else None
        if case.kind is Kind.FORM:
            return Confidence.FIRM if mark.role in _CHOSEN and within & {*_ACTS, "filter"} else None
        if mark.surface.kind not in _TREES or mark.role not in _SET or not _valued(case, mark):
            return None
        # A list of all that there are looks for none of them.
        if any(not h.named for m in case.marks for h in m.hits if h.kind == "group"):
            return None
        if within & _ACTS or (clause and case.setting.near["alert"]):
            return Confidence.CERTAIN
        return Confidence.FIRM if clause or "filter" in within else None

    @staticmethod
    def _sent(mark: Mark, people: Hit) -> bool:
        """Whether a call makes a gallery of a people, or tells somebody of one."""
        callee, opened, _ = mark.text[: people.start].partition("(")
        return mark.role is Role.CALL and bool(opened) and _SENT.search(callee[-_CALLEE:]) is not None


def _warned(mark: Mark) -> bool:
    """Whether a text itself warns of a people that is singled out, or compares with it, whatever else is near."""
    around = weigh.families(mark)
    if not around <= _WARNING or not any(h.kind == "group" and h.named for h in mark.hits):
        return False
    if mark.role in {Role.CALL, Role.CONDITION}:
        return _compared(mark)  # of a call: people.filter(p => p.ethnicity === "roma")
    return mark.role in _MESSAGES and len(mark.text) <= _NAMED and "alert" in around


def _printed(mark: Mark) -> bool:
    """Whether a text only prints what an event holds, its ethnicity among other things, and names no people."""
    if any(h.named for h in mark.hits):
        return False
    if mark.role is Role.CALL:
        return _LOGGED.match(mark.text) is not None
    return mark.role is Role.STRING and len(_HOLE.findall(mark.text)) >= _HOLES


def _acts(mark: Mark) -> set[str]:
    """Context families in a text; an alarm that is only the name of a type, or an object whose member is read, is none.

    Vendors call every event an alarm; the field of one is a record.
    """
    if mark.role not in _REFERRING:
        return weigh.families(mark)
    tags = [h for h in mark.hits if h.kind != "context"]
    text, out = mark.text, set()
    for hit in mark.hits:
        if hit.kind != "context" or hit.family in out:
            continue
        name = _around(text, hit.start) if hit.family in _ACTS else None
        if name is None or any(name.start() <= t.start < name.end() for t in tags):
            own = True
        else:
            own = not _carries(hit, name, text)
        if own:
            out.add(hit.family)
    return out


def _carries(hit: Hit, name: re.Match[str], text: str) -> bool:
    """Whether a name is that of a type, or of an object whose member is read or set."""
    if _CARRIER.fullmatch(name.group()):
        return True
    return hit.family == "alert" and _MEMBER.match(text, name.end()) is not None


def _around(text: str, at: int) -> re.Match[str] | None:
    """The identifier at an offset."""
    low = at
    while low > 0 and (text[low - 1].isascii() and (text[low - 1].isalnum() or text[low - 1] == "_")):
        low -= 1
    return _NAME.match(text, low)


def _valued(case: Case, mark: Mark) -> bool:
    """Whether a mark in a tree is the value of an attribute of persons, or compared with one."""
    about = mark.surface.about
    if "attribute" in case.within or _OPERATOR.search(mark.surface.owner):
        return True
    attributes = [m for m in case.marks if any(h.kind == "attribute" for h in m.hits)]
    if about.lower() in _OPERAND:
        return any(m.role in {Role.VALUE, Role.STRING} for m in attributes)
    return any(m.role not in {Role.VALUE, Role.STRING} and m.text == about for m in attributes)


def _sought(mark: Mark) -> bool:
    """Whether a call looks for those of one people: an attribute and then the people, both arguments of a search."""
    text = mark.text
    peoples = [h for h in mark.hits if h.kind == "group" and h.named][:8]
    for attribute in [h for h in mark.hits if h.kind == "attribute" and h.family != "skin_colour"][:8]:
        callee = text[max(0, attribute.start - _CALLEE) : attribute.start]
        if _SOUGHT.search(callee) is None or _PAGE.search(callee) is not None:
            continue
        for people in peoples:
            between = people.start - attribute.end
            if 0 <= between <= _ARGUMENT and ";" not in text[attribute.end : people.start]:
                return True
    return False


def _asks(case: Case, mark: Mark) -> bool:
    """Whether weak words (``origin="rom"``) are a comparison with a people that the package is proven to tell."""
    known = any(h.kind == "group" and h.term in case.setting.confirmed for h in mark.hits)
    return known and mark.role in _WRITTEN and _compared(mark)


def _compared(mark: Mark) -> bool:
    """Whether an attribute is compared with a people in the text."""
    attributes = [h for h in mark.hits if h.kind == "attribute" and h.family != "skin_colour"][:8]
    peoples = [h for h in mark.hits if h.kind == "group"][:8]
    return any(
        a.end <= g.start <= a.end + 80 and _COMPARED.fullmatch(mark.text, a.end, g.start) is not None
        for a in attributes
        for g in peoples
    )
