"""One thing is one finding, also when its parts lie in several owners or files.

Uses go to the finding that declares the name, fields and conditions to the enum that is their type, and what lies in a
small tree, form or operation to the whole of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from untag.case import DECLARED
from untag.finding import Purpose, Status, gravity
from untag.judge.follow import bare
from untag.later import later
from untag.lexicon import fold
from untag.surface import Kind, Role

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from untag.finding import Claim, Finding, Mark
    from untag.place import Place

__all__ = ["told", "unite"]

#: The rule whose claims say of a place only that a tag proven elsewhere is used there.
_USE = "use"
#: Marks that one finding takes up from elsewhere; further uses stay where they are.
MOST = 200
_NAME = later(r"\w+")
#: Owners whose parts are the same thing: a rule and its condition, a form and its choices, a request and its lists.
_WHOLE = frozenset({Kind.DICT, Kind.FORM, Kind.LIST, Kind.OPERATION, Kind.SCHEMA, Kind.TREE})
#: Kinds of things that a table holds as its own.
_COLUMN = frozenset({Kind.ENUM})
#: Lines and marks over which parts of one owner are one thing; what is larger is a document of many.
LINES, SMALL = 60, 40
#: Kinds of owners in source code; of data nothing is taken to another file.
_SOURCE = frozenset({Kind.CALLABLE, Kind.CLASS, Kind.ENUM, Kind.FILE, Kind.STRUCT})
_QUOTED = later(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'")
#: What one finding may take up of another's kind of claim; contradictions of two maps stay apart.
_APART = "conflict"


def unite(findings: Sequence[Finding], package: Callable[[Place], tuple[int, str]]) -> list[Finding]:
    """Put the parts of one thing together.

    Args:
        findings: In order of place.
        package: Which product a place lies in; names mean the same thing only inside of one.

    Returns:
        Findings in the same order, fewer or as many; each keeps the key and place of what declares it, and is as grave
        as the gravest of its parts. A name that is declared nowhere, or in several findings, joins nothing.
    """
    return _used(_typed(_nested(findings), package), package)


#: What a purpose comes to. Written is not used: a finding shows neither that the thing works nor that anybody used it.
_PLAINLY = {
    Purpose.TARGETING: "an alert, search, list or routing goes by people's ethnicity",
    Purpose.CAPABILITY: "the product tells people's ethnicity or asks for it",
    Purpose.DATASET: "data about people's faces or bodies are labelled with their ethnicity",
    Purpose.RECORD: "people's ethnicity is kept beside a face or a match of identities",
    Purpose.PROXY: "something is kept that can stand in for people's ethnicity",
    Purpose.RESIDUE: "a tag of people's ethnicity was here, or waits here switched off",
    Purpose.CLAIM: "a text says that the product tells people's ethnicity",
    Purpose.FAIRNESS: "results are compared between ethnic groups",
    Purpose.DECLARED: "an ethnic entry is only read off a document or a form",
}


def told(lead: Claim) -> str:
    """The sentence on a finding: what its purpose comes to for somebody new to it, and what its leading claim says."""
    return f"As written, {_PLAINLY[lead.purpose]}: {lead.why}."


def _nested(findings: Sequence[Finding]) -> list[Finding]:
    """Put what lies in an owner under the finding of that owner, where both are parts of one small thing."""
    homes: dict[tuple[Place, str], int] = {}
    taken: dict[int, list[tuple[Finding, list[Mark]]]] = {}
    gone: set[int] = set()
    order = sorted(range(len(findings)), key=lambda i: (len(findings[i].owner), i))
    for number in order:
        finding = findings[number]
        if not _whole(finding):
            continue
        kind = finding.marks[0].surface.kind
        where = finding.place.whole()
        for above in _above(finding.owner):
            home = homes.get((where, above))
            if home is None:
                continue
            held = [m for _, share in taken.get(home, ()) for m in share]
            size = len(findings[home].marks) + len(held) + len(finding.marks)
            if size <= SMALL and _one(findings[home], kind, [*findings[home].marks, *held, *finding.marks]):
                taken.setdefault(home, []).append((finding, list(finding.marks)))
                gone.add(number)
            break
        if number not in gone:
            homes.setdefault((where, finding.owner), number)
    return [_with(f, taken.get(i, ())) for i, f in enumerate(findings) if i not in gone]


def _whole(finding: Finding) -> bool:
    """Whether a finding is the whole of a named owner, and may be joined with others."""
    return (
        finding.status is Status.SHOWN
        and all(c.rule != _APART for c in finding.claims)
        and any(m.surface.owner == finding.owner for m in finding.marks)
    )


def _above(owner: str) -> Iterator[str]:
    """The paths that a path lies in, outermost first."""
    at = owner.find(".")
    while at > 0:
        yield owner[:at]
        at = owner.find(".", at + 1)


def _one(home: Finding, kind: Kind, marks: Sequence[Mark]) -> bool:
    """Whether an owner and what lies in it are one small thing."""
    outer = home.marks[0].surface.kind
    if not (outer in _WHOLE and (kind in _WHOLE or kind in _COLUMN)) and not (outer is Kind.TABLE and kind in _COLUMN):
        return False
    lines = [m.place.line for m in marks if m.place.line is not None]
    return not lines or max(lines) - min(lines) <= LINES


def _typed(findings: Sequence[Finding], package: Callable[[Place], tuple[int, str]]) -> list[Finding]:
    """Put fields under the enum that is their type, and conditions under what declares the names in them."""
    out = list(findings)
    for names, fits in ((_enums, _of_type), (_declared, _on_names)):
        homes = names(out, package)
        if not homes:
            continue
        taken: dict[int, list[tuple[Finding, list[Mark]]]] = {}
        gone: set[int] = set()
        for number, finding in enumerate(out):
            if not _source(finding):
                continue
            where = package(finding.place)
            wanted = set(fits(finding))
            # A copy of a header has its own names.
            own = _file(finding.place)
            targets = {
                home for name in wanted if (home := homes.get((own, name), homes.get((where, name)))) is not None
            }
            if "" in wanted or len(targets) != 1:
                continue
            home = targets.pop()
            if home == number or out[home].origin != finding.origin:
                continue
            if sum(len(m) for _, m in taken.get(home, ())) + len(finding.marks) <= MOST:
                taken.setdefault(home, []).append((finding, list(finding.marks)))
                gone.add(number)
        # What is taken up takes nothing up itself: an enum has no field, a struct no condition in it.
        kept = {h: rows for h, rows in taken.items() if h not in gone}
        moved = {id(f) for rows in kept.values() for f, _ in rows}
        out = [_with(f, kept.get(i, ())) for i, f in enumerate(out) if id(f) not in moved]
    return out


def _source(finding: Finding, *, thin: bool = False) -> bool:
    """Whether a finding lies in source code with all its marks, and may be joined with others.

    ``thin``: also one that is hidden since too little stands around it; a field that is shown says what it is for.
    """
    return (
        (finding.status is Status.SHOWN or (thin and finding.lead.purpose is not Purpose.FAIRNESS))
        and all(c.rule != _APART for c in finding.claims)
        and all(m.surface.kind in _SOURCE for m in finding.marks)
    )


def _file(place: Place) -> tuple[int, str]:
    """An artifact, as a package of its own."""
    return place.input, "\0".join(place.chain)


def _only(rows: Iterable[tuple[tuple[tuple[int, str], str], int]]) -> dict[tuple[tuple[int, str], str], int]:
    """Names that exactly one finding has."""
    seen: dict[tuple[tuple[int, str], str], set[int]] = {}
    for key, number in rows:
        seen.setdefault(key, set()).add(number)
    return {key: next(iter(numbers)) for key, numbers in seen.items() if len(numbers) == 1}


def _enums(
    findings: Sequence[Finding], package: Callable[[Place], tuple[int, str]]
) -> dict[tuple[tuple[int, str], str], int]:
    """The finding of each enum, by package and name."""
    return _only(
        ((where, f.owner.rpartition(".")[2]), i)
        for i, f in enumerate(findings)
        if _source(f, thin=True) and any(m.surface.kind is Kind.ENUM and m.surface.owner == f.owner for m in f.marks)
        for where in (package(f.place), _file(f.place))
    )


def _of_type(finding: Finding) -> Iterator[str]:
    """The types of what a finding declares; an empty name where it declares or says anything else."""
    fields = {m.text for m in finding.marks if m.role in {Role.FIELD, Role.PARAMETER} and m.surface.type}
    types = {bare(m.surface.type) for m in finding.marks if m.role in {Role.FIELD, Role.PARAMETER} and m.surface.type}
    if len(types) != 1:
        yield ""
    yield from types
    for mark in finding.marks:
        bound = mark.surface.about in fields or mark.text in fields
        if not bound and not (mark.role is Role.USE and mark.text in types):
            yield ""


def _declared(
    findings: Sequence[Finding], package: Callable[[Place], tuple[int, str]]
) -> dict[tuple[tuple[int, str], str], int]:
    """The finding of each name that an enum or a thing with members declares, by package and name."""
    return _only(
        ((where, m.text), i)
        for i, f in enumerate(findings)
        if _source(f) and any(m.surface.kind is Kind.ENUM for m in f.marks)
        for where in (package(f.place), _file(f.place))
        for m in f.marks
        if m.role in {Role.MEMBER, Role.FIELD, Role.ENUM} and _NAME.fullmatch(m.text)
    )


def _on_names(finding: Finding) -> Iterator[str]:
    """The identifiers on which a condition or call rests; an empty name where it declares or says anything else."""
    if all(m.role is not Role.CONDITION for m in finding.marks):
        yield ""
    for mark in finding.marks:
        if mark.role is Role.COMMENT:
            continue
        if mark.role not in {Role.CONDITION, Role.CALL, Role.USE, Role.IMPORT}:
            yield ""
            return
        quoted = [q.span() for q in _QUOTED.finditer(mark.text)]
        for hit in mark.hits:
            if hit.kind == "context" or any(a <= hit.start < b for a, b in quoted):
                continue
            around = next((m for m in _NAME.finditer(mark.text) if m.start() <= hit.start < m.end()), None)
            yield around.group() if around is not None and around.end() >= hit.end else ""


def _used(findings: Sequence[Finding], package: Callable[[Place], tuple[int, str]]) -> list[Finding]:
    """Put findings that are nothing but uses of a name under the one finding that declares it."""
    homes = _homes(findings, package)
    if not homes:
        return list(findings)
    taken: dict[int, list[tuple[Finding, list[Mark]]]] = {}
    gone: set[int] = set()
    for number, finding in enumerate(findings):
        if not _only_used(finding):
            continue
        targets = [_target(mark, homes, package(finding.place)) for mark in finding.marks]
        whole = [t for t in targets if t is not None and t != number]
        if len(whole) != len(targets) or any(findings[t].severity < finding.severity for t in whole):
            continue
        shares: dict[int, list[Mark]] = {}
        for target, mark in zip(whole, finding.marks, strict=True):
            shares.setdefault(target, []).append(mark)
        if any(sum(len(m) for _, m in taken.get(t, ())) + len(s) > MOST for t, s in shares.items()):
            continue
        for target, share in shares.items():
            taken.setdefault(target, []).append((finding, share))
        gone.add(number)
    return [_with(f, taken.get(i, ())) for i, f in enumerate(findings) if i not in gone]


def _homes(
    findings: Sequence[Finding], package: Callable[[Place], tuple[int, str]]
) -> dict[tuple[tuple[int, str], tuple[str, ...]], int]:
    """The one shown finding that declares a name, by package and words of the name."""
    seen: dict[tuple[tuple[int, str], tuple[str, ...]], set[int]] = {}
    for number, finding in enumerate(findings):
        if finding.status is not Status.SHOWN or _only_used(finding):
            continue
        where = package(finding.place)
        for mark in finding.marks:
            if mark.role in DECLARED and _NAME.fullmatch(mark.text):
                seen.setdefault((where, _words(mark.text)), set()).add(number)
    return {key: next(iter(numbers)) for key, numbers in seen.items() if len(numbers) == 1}


def _only_used(finding: Finding) -> bool:
    return all(c.rule == _USE for c in finding.claims) and not any(m.role in DECLARED for m in finding.marks)


def _words(name: str) -> tuple[str, ...]:
    return tuple(fold.words_of(name))


def _target(
    mark: Mark, homes: dict[tuple[tuple[int, str], tuple[str, ...]], int], package: tuple[int, str]
) -> int | None:
    """Where the names of a mark are declared, if all lead to one finding."""
    out = {homes.get((package, words)) for words in _names(mark)}
    return out.pop() if len(out) == 1 else None


def _names(mark: Mark) -> Iterator[tuple[str, ...]]:
    """The identifiers in which the hits of a mark lie."""
    for hit in mark.hits:
        if hit.kind != "context":
            around = next((m for m in _NAME.finditer(mark.text) if m.start() <= hit.start < m.end()), None)
            yield _words(around.group() if around and around.end() >= hit.end else mark.text[hit.start : hit.end])


def _with(finding: Finding, uses: Sequence[tuple[Finding, list[Mark]]]) -> Finding:
    """A finding with the uses of its name."""
    if not uses:
        return finding
    claims: list[Claim] = list(finding.claims)
    marks = list(finding.marks)
    for other, share in uses:
        claims += [replace(c, marks=tuple(m for m in c.marks if m in share)) for c in other.claims]
        marks += share
    first, *rest = dict.fromkeys(marks)
    claims.sort(key=gravity)
    changed = gravity(claims[0]) < gravity(finding.lead)
    shown = any(other.status is Status.SHOWN for other, _ in uses)
    return replace(
        finding,
        claims=tuple(claims),
        marks=(first, *sorted(rest, key=lambda m: m.place.sort)),
        against=tuple(dict.fromkeys(e for c in claims for e in c.against)),
        message=told(claims[0]) if changed else finding.message,
        status=Status.SHOWN if shown else finding.status,
        reason="" if shown else finding.reason,
    )
