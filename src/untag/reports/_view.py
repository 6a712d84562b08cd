"""What the forms for people have in common: which findings, in which groups, with which words marked and glossed."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from msgspec import Struct

from untag.finding import Purpose, Severity, Status
from untag.reports._text import LIMIT, cut, window

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from untag.finding import Claim, Evidence, Finding, Hit, Mark
    from untag.gap import Gap, Reason
    from untag.place import Place
    from untag.report import Report
    from untag.reports import View

__all__ = [
    "ORDER", "Line", "Span", "beside", "by_purpose", "by_reason", "commands", "excerpt", "foreign", "glossary",
    "glossed", "gravest", "inner", "picked", "quoted", "reasons", "short", "where",
]  # fmt: skip

#: Purposes as people should read them, gravest first.
ORDER = (
    Purpose.TARGETING, Purpose.CAPABILITY, Purpose.DATASET, Purpose.RECORD, Purpose.PROXY, Purpose.RESIDUE,
    Purpose.CLAIM, Purpose.FAIRNESS, Purpose.DECLARED,
)  # fmt: skip


class Span(Struct, frozen=True):
    """A marked word in a line of an excerpt.

    Attributes:
        start: Offset of its first character.
        end: Offset behind its last.
        gloss: What it means.
        language: Its language.
        foreign: Whether a reader of English needs the gloss.
        near: Whether it is only context (a face, a camera), not itself a tag.
    """

    start: int
    end: int
    gloss: str
    language: str
    foreign: bool
    near: bool


class Line(Struct, frozen=True):
    """A line of an excerpt.

    Attributes:
        number: Physical line, from 1.
        pieces: Its text in order, each with the span it is marked by, or None.
    """

    number: int
    pieces: tuple[tuple[str, Span | None], ...]

    @property
    def marked(self) -> bool:
        """Whether anything in it is marked."""
        return any(span for _, span in self.pieces)


def picked(finding: Finding, view: View) -> bool:
    """Whether the view prints a finding; a view below the usual bounds also brings up hidden ones."""
    if view.full:
        return True
    if finding.status is Status.ACCEPTED:
        return False
    return finding.severity >= view.severity and finding.confidence >= view.confidence


def by_purpose(findings: Iterable[Finding]) -> list[tuple[Purpose, list[Finding]]]:
    """Findings by purpose, the gravest group first; inside a group by severity, confidence and place."""
    groups: dict[Purpose, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(finding.purpose, []).append(finding)
    for group in groups.values():
        group.sort(key=lambda f: (-f.severity, -f.confidence, f.place.sort, f.key))
    return sorted(groups.items(), key=lambda item: (-max(f.severity for f in item[1]), ORDER.index(item[0])))


def by_reason(gaps: Iterable[Gap]) -> list[tuple[Reason, list[Gap]]]:
    """Gaps by reason, the most frequent first, each group in order of place."""
    groups: dict[Reason, list[Gap]] = {}
    for gap in gaps:
        groups.setdefault(gap.reason, []).append(gap)
    for group in groups.values():
        group.sort(key=lambda g: (g.accepted, g.place.sort, g.detail))
    return sorted(groups.items(), key=lambda item: (-len(item[1]), item[0].value))


def inner(place: Place) -> str:
    """The spot inside the innermost artifact: ``:48``, ``#/pointer``, ``.column``, ``@1234``, or nothing."""
    if place.line is not None:
        last = place.end_line
        return f":{place.line}" + (f"-{last}" if last is not None and last != place.line else "")
    if place.pointer:
        return place.pointer if place.pointer.startswith(".") else f"#{place.pointer}"
    return f"@{place.offset}" if place.offset is not None else ""


def where(place: Place, home: Place | None = None) -> str:
    """A place as printed: ``a.zip!b.jar!C.java:48``; only its spot where it lies in the same artifact as ``home``."""
    same = home is not None and (home.chain, home.input, home.commit) == (place.chain, place.input, place.commit)
    # A column of a database is called by its whole name, as people do.
    named = place.line is None and (place.pointer or "").startswith(".")
    chain = "" if same and not named else "!".join(place.chain)
    at = f" in commit {place.commit[:12]}" if chain and place.commit else ""
    return (chain + inner(place) + at) or "the same file"


def foreign(hit: Hit, word: str) -> bool:
    """Whether a reader of English needs the gloss of a hit."""
    if not hit.gloss or short(hit.gloss).casefold() == word.casefold():
        return False
    if hit.language == "code":  # a name of software: what it says is plain only if the gloss says the same
        plain, said = word.casefold(), hit.gloss.casefold()
        return plain not in said and short(said) not in plain
    return not word.isascii() or hit.language.split("-")[0] not in {"en", "und", ""}


def short(gloss: str) -> str:
    """A gloss without what stands in brackets or after a semicolon: ``Uyghur (an ethnic group)`` becomes ``Uyghur``."""
    while gloss.endswith(")") and (start := gloss.rfind("(")) > 0:
        gloss = gloss[:start].rstrip()
    return gloss.partition(";")[0]


def glossary(marks: Iterable[Mark], *, every: bool = False) -> dict[str, str]:
    """Short gloss by word, in order of appearance; without ``every`` only of words a reader of English may not know."""
    words: dict[str, str] = {}
    for mark in marks:
        for hit in mark.hits:
            word = mark.text[hit.start : hit.end]
            if hit.kind == "context" and word.isascii() and not every:
                continue  # a face or a card beside it: the tag is what a reader needs explained
            if word and hit.gloss and (every or foreign(hit, word)):
                words.setdefault(word, short(hit.gloss))
    return words


def glossed(text: str, words: dict[str, str]) -> str:
    """A sentence with the gloss in brackets behind the first occurrence of each foreign word that has none yet."""
    present = [word for word in words if word in text]
    if not present:
        return text
    pattern = re.compile("|".join(re.escape(word) for word in sorted(present, key=lambda w: (-len(w), w))))
    done: set[str] = set()
    parts: list[str] = []
    last = 0
    for match in pattern.finditer(text):
        word = match[0]
        if word in done or re.match(r"['’\"”]?\s*[(（]", text[match.end() : match.end() + 3]) or _inside(text, match):
            continue
        done.add(word)
        parts += [text[last : match.end()], f" ({words[word]})"]
        last = match.end()
    return "".join(parts) + text[last:]


def _inside(text: str, match: re.Match[str]) -> bool:
    """Whether an alphabetic match is only part of a longer word or identifier, where brackets would tear it apart."""
    before, after = text[match.start() - 1 : match.start()], text[match.end() : match.end() + 1]
    return match[0][0].isascii() and any(c.isascii() and (c.isalnum() or c == "_") for c in (before, after) if c)


def excerpt(finding: Finding, limit: int = LIMIT) -> Iterator[Line]:
    """The lines of a finding's excerpt with the words that were found marked.

    Args:
        finding: The finding.
        limit: Characters of a line that are quoted; a longer one is cut around its first mark.

    Yields:
        Lines in order. Where a surface does not stand in the line letter by letter (escapes, markup), the word is
        looked for behind the mark's column and then anywhere in the line.
    """
    if finding.excerpt is None:
        return
    first, text = finding.excerpt
    lines = _lines(text)
    margin = _margin(lines)
    found: dict[int, list[Span]] = {}
    beyond: set[tuple[int, str, str]] = set()
    home = finding.place
    for mark in finding.marks:
        place = mark.place
        if place.line is None or place.chain != home.chain or place.input != home.input or place.commit != home.commit:
            continue
        for hit in mark.hits:
            row = place.line - first + mark.text.count("\n", 0, hit.start)
            if 0 <= row < len(lines):
                begin = mark.text.rfind("\n", 0, hit.start) + 1
                column = (place.column or 1) - 1 if begin == 0 else 0
                if column + hit.start - begin >= len(lines[row]):
                    # What stands behind the cut of a long line is looked for in what is left of it: each word once.
                    if (key := (row, hit.term, mark.text[hit.start : hit.end])) in beyond:
                        continue
                    beyond.add(key)
                _note(found.setdefault(row, []), lines[row], mark, hit, column + hit.start - begin)
    for row, line in enumerate(lines):
        yield _cut(first + row, line, _apart(found.get(row, [])), limit, margin)


def _margin(lines: list[str]) -> int:
    """Characters of white space that all lines begin with, beyond a little: deep indentation only costs the width."""
    leads = {line[: len(line) - len(line.lstrip())] for line in lines if line.strip()}
    shared = min(leads, key=len, default="")
    if not all(lead.startswith(shared) for lead in leads):
        return 0  # tabs and spaces mixed
    return max(0, len(shared) - (1 if "\t" in shared else 4))


def _lines(text: str) -> list[str]:
    lines = re.split(r"\r\n|\n|\r", text)
    return lines[:-1] if len(lines) > 1 and not lines[-1] else lines


def _note(spans: list[Span], line: str, mark: Mark, hit: Hit, guess: int) -> None:
    word = mark.text[hit.start : hit.end]
    if not word or "\n" in word:
        return
    if not line.startswith(word, guess):
        folded, low = line.lower(), word.lower()
        if len(folded) != len(line):  # lower() of a few letters is longer; then only the exact word is looked for
            folded, low = line, word
        guess = next((at for at in (folded.find(low, max(0, guess - hit.start)), folded.find(low)) if at >= 0), -1)
        if guess < 0:
            return
    near = hit.kind == "context"
    spans.append(Span(guess, guess + len(word), hit.gloss, hit.language, foreign(hit, word), near))


def _apart(spans: list[Span]) -> list[Span]:
    """Spans in order without overlaps: of two that overlap, a tag wins over its context, then the longer one."""
    kept: list[Span] = []
    for span in sorted(spans, key=lambda s: (s.near, s.start - s.end, s.start, s.gloss)):
        if all(span.end <= other.start or span.start >= other.end for other in kept):
            kept.append(span)
        if len(kept) > LIMIT:
            break
    return sorted(kept, key=lambda s: s.start)


def _cut(number: int, line: str, spans: list[Span], limit: int, margin: int) -> Line:
    around = next((s.start for s in spans if not s.near), spans[0].start if spans else margin)
    start, end = window(len(line) - margin, limit, max(0, around - margin))
    pieces: list[tuple[str, Span | None]] = [("…", None)] if start else []
    at, end = start + margin, end + margin
    for span in spans:
        if span.start < at or span.end > end:
            continue
        if span.start > at:
            pieces.append((line[at : span.start], None))
        pieces.append((line[span.start : span.end], span))
        at = span.end
    if at < end:
        pieces.append((line[at:end], None))
    if end < len(line):
        pieces.append(("…", None))
    return Line(number, tuple((piece.replace("\t", "    "), span) for piece, span in pieces))


def reasons(finding: Finding) -> list[Claim]:
    """The claims of a finding, gravest first, without those that say in the same words what an earlier one says."""
    rows: dict[tuple[str, str], Claim] = {}
    for claim in sorted(finding.claims, key=lambda c: (-c.severity, -c.confidence, c.rule)):
        rows.setdefault((claim.rule, claim.why), claim)
    return list(rows.values())


def beside(claims: Iterable[Claim]) -> list[Evidence]:
    """What stands beside a thing, once: in its own group first, then around it, without words that are a sibling's."""
    items = list(dict.fromkeys(item for claim in claims for item in claim.evidence))
    near = [item for item in items if item.kind == "sibling"]
    said = {item.text for item in near}
    rows: dict[tuple[str, str, int | None], Evidence] = {}
    for item in [*near, *(item for item in items if item.kind != "sibling" and item.text not in said)]:
        rows.setdefault((item.kind, item.text, item.place.line if item.place else None), item)
    return list(rows.values())


def commands(finding: Finding, report: Report) -> list[str]:
    """The ordinary commands that show a finding, to be pasted where untag was run: they go into the input first."""
    if finding.place.input >= len(report.inputs):
        return list(finding.check)
    item = report.inputs[finding.place.input]
    if item.kind == "stdin":
        return []
    spec = item.spec.rstrip("/") or "/"
    folder = spec.rpartition("/")[0] if spec.rpartition("/")[2] == finding.place.chain[0] else spec
    if item.kind != "path" or folder in {"", "."}:
        return list(finding.check)
    inside = shlex.quote(folder if not folder.startswith("-") else f"./{folder}")
    return [f"cd {inside} && {command}" for command in finding.check]


def gravest(findings: Iterable[Finding]) -> Severity:
    """The highest severity among findings; note where there are none."""
    return max((f.severity for f in findings), default=Severity.NOTE)


def quoted(mark: Mark, limit: int = LIMIT) -> str:
    """A mark's text as quoted: cut around its first hit."""
    return cut(mark.text, limit, mark.hits[0].start if mark.hits else 0)
