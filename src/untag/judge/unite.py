"""One thing is one finding, also when its parts lie in several files: uses go to the finding that declares the name."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from untag.case import DECLARED
from untag.finding import Status, gravity
from untag.lexicon import fold

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from untag.finding import Claim, Finding, Mark
    from untag.place import Place

__all__ = ["unite"]

#: The rule whose claims say of a place only that a tag proven elsewhere is used there.
_USE = "use"
#: Marks that one finding takes up from elsewhere; further uses stay where they are.
MOST = 200
_NAME = re.compile(r"\w+")


def unite(findings: Sequence[Finding], package: Callable[[Place], tuple[int, str]]) -> list[Finding]:
    """Put findings that are nothing but uses of a name under the one finding that declares it.

    Args:
        findings: In order of place.
        package: Which product a place lies in; names mean the same thing only inside of one.

    Returns:
        Findings in the same order, fewer or as many. A use whose name is declared nowhere, or in several findings,
        stays a finding of its own, as does one that is graver than the finding it would go to.
    """
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
    return replace(
        finding,
        claims=tuple(sorted(claims, key=gravity)),
        marks=(first, *sorted(rest, key=lambda m: m.place.sort)),
    )
