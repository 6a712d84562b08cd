"""The past of an input: every blob that a repository ever held, read once, and what of it is not there any more.

The files of today are judged as they always are. Of each version of a file that is no longer there, only what today's
file lacks is judged: an owner that is gone, or one that named more than it does now. Versions that show the same are
one thing, told at the richest and then the newest of them.
"""

from __future__ import annotations

import hashlib
import re
from array import array
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct, field
from msgspec.structs import replace

from untag.case import DECLARED
from untag.finding import Claim, Finding, Purpose, Severity, key_of
from untag.gap import Gap, Reason
from untag.history.log import Log
from untag.history.repository import Repository, open_at
from untag.history.track import Track
from untag.judge import Packages, judge
from untag.judge.shelf import shelves
from untag.later import later
from untag.place import Place
from untag.report import Read, digest_of
from untag.sources import Entry
from untag.surface import Role

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from untag.finding import Mark, Span
    from untag.history.log import Remark
    from untag.judge import Sheet
    from untag.judge.gather import Draft
    from untag.lexicon import Lexicon
    from untag.outcome import Outcome
    from untag.surface import Kind

__all__ = ["Met", "Past", "Told", "opened_all"]

#: Bytes of a blob from which one that takes hardly any room in the store is taken for a bomb, and how many times.
BOMB, RATIO = 128 << 20, 200
#: Pictures that one word in their names stands for.
FILES = 1000
#: Context that says what a tag is for: an alert, a watch-list.
_ACTS = ("alert", "list", "search")
_MAIL = later(rb"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
#: Lines of a message that name persons, and what stands behind a name of a branch on a code host.
_TRAILER = later(
    rb"^[ \t]*(?:[A-Za-z]+(?:-[A-Za-z]+)*-by|cc|from|to|author|committer|reviewers?)[ \t]*:[^\n]*$",
    re.IGNORECASE | re.MULTILINE,
)
_MERGED = later(rb"(?<=from )[\w.-]+(?=/)|(?<![\w@])@[A-Za-z][\w-]*|(?<=gitsvn-id: )[^\n]*|(?<=git-svn-id: )[^\n]*")


class _Key(NamedTuple):
    """What versions of one thing have in common."""

    chain: tuple[str, ...]
    owner: str
    kind: Kind


#: What a version shows: terms, and how; versions by number that show the same of one thing.
_Features = frozenset[tuple[str, int]]
_Seen = dict[_Key, dict[_Features, "array[int]"]]


class _Version(Struct):
    """A draft, by its position, in one version of its file."""

    features: _Features
    rank: tuple[int, int]
    tip: bool
    at: int
    sheet: Sheet

    def beats(self, other: _Version) -> bool:
        """Whether it shows all that another one does, and more, or the same in a newer version."""
        if self.features == other.features:
            return self.rank < other.rank
        return self.features > other.features


class Told(Struct):
    """What the past adds to a report.

    Attributes:
        findings: Things that the files of today do not hold.
        spans: How long findings of today were in history, by key.
        gaps: What was not read.
        sheets: What was judged.
        places: Paths that only the past has.
    """

    findings: list[Finding] = field(default_factory=list)
    spans: dict[str, Span] = field(default_factory=dict)
    gaps: list[Gap] = field(default_factory=list)
    sheets: list[Sheet] = field(default_factory=list)
    places: list[tuple[int, str]] = field(default_factory=list)

    def add(self, other: Told) -> None:
        """Add what another repository's past says."""
        self.findings += other.findings
        self.spans.update(other.spans)
        self.gaps += other.gaps
        self.sheets += other.sheets
        self.places += other.places


class Met(Sequence[Entry]):
    """The blobs of a log as entries, made when they are asked for."""

    def __init__(self, repository: Repository, log: Log, more: Sequence[Entry]) -> None:
        """Take a log.

        Args:
            repository: Where it is.
            log: Its blobs were followed.
            more: Entries that come after them.
        """
        self._repository, self._log, self._more = repository, log, more
        self._ids = list(log.blobs.number)

    def __len__(self) -> int:
        return len(self._ids) + len(self._more)

    def __getitem__(self, number: int) -> Entry:  # type: ignore[override]
        if number >= len(self._ids):
            return self._more[number - len(self._ids)]
        blobs, home = self._log.blobs, self._repository
        path = blobs.path[number]
        oid = self._ids[number]
        if path is None:
            place = replace(home.place, chain=(*home.place.chain, f"blob {oid}"))
        else:
            place = Place(
                (home.prefix + (path or f"blob {oid}"),), home.place.input, commit=blobs.commit[number] or None
            )
        return Entry(place, blobs.size[number], store=home.store, blob=oid)

    def oid(self, number: int) -> str:
        """The id of a blob; nothing for what comes after them."""
        return self._ids[number] if number < len(self._ids) else ""


def opened_all(folder: str, place: Place, prefix: str, root: str, seen: set[str]) -> Iterator[Repository | Gap]:
    """A repository and those of submodules inside it.

    Args:
        folder: As in ``open_at``, like the next three.
        place: Of it.
        prefix: What stands before its paths.
        root: The input.
        seen: Git directories that were opened before, and are not opened again; it is added to.

    Yields:
        Repositories, whose stores the caller closes, and why there is none.
    """
    waiting = [(folder, place, prefix)]
    while waiting:
        found = open_at(*waiting.pop(), root)
        if isinstance(found, Repository):
            if found.folder in seen:
                found.store.close()
                continue
            seen.add(found.folder)
            for name, path in found.inner:
                inner = replace(found.place, chain=(f"{found.place.chain[0]}/modules/{name}",))
                waiting.append((path, inner, f"{found.prefix}{name}/"))
        yield found


class Past:
    """The past of one repository."""

    def __init__(self, repository: Repository, lexicon: Lexicon, *, unreachable: bool, listed: bool = False) -> None:
        """Nothing is read yet.

        Args:
            repository: Its store is open.
            lexicon: The words.
            unreachable: Whether what nothing leads to is read too.
            listed: Whether it is kept what was read.
        """
        self.repository = repository
        self._lexicon = lexicon
        self._unreachable = unreachable
        self.log: Log | None = None
        self._seen: _Seen = {}
        self._same: dict[_Features, _Features] = {}
        self._kept: dict[_Key, list[_Version]] = {}
        self._gaps: dict[tuple[tuple[str, ...], Reason, str], list[int]] = {}
        self._numbers: dict[tuple[str, str | None], int] = {}
        self.met: Met | None = None
        self._listed = listed
        self._messages: list[tuple[tuple[str, ...], str]] = []
        self._digests: list[tuple[tuple[str, ...], str]] = []

    # -- reading

    def read(self) -> Read:
        """What was read of it so far, where that is kept."""
        place, digest = self.repository.place, digest_of([*self._digests, *self._messages], folder=True)
        return Read(place.input, place.chain, len(self._digests), len(self._messages), digest)

    def today(self) -> Iterator[Entry]:
        """The files of what is checked out, out of the store: those of a repository without working files."""
        # It is not kept: processes that are forked meanwhile would carry it as long as they live.
        log = Log(self.repository, unreachable=self._unreachable)
        for _ in log.remarks():
            pass
        head = log.commit_of(self.repository.head)
        home = self.repository
        if not head:
            return
        for _, oid, path, size in log.listing(head):
            yield Entry(Place((path,), home.place.input, commit=head), size, store=home.store, blob=oid)

    def entries(self, worth: Callable[[bytes], bool], outcome: Outcome) -> Iterator[tuple[int, Entry]]:
        """Everything to be read, numbered as in ``met``.

        Args:
            worth: Whether a message may hold a word.
            outcome: Takes the count of messages that need no reading, and what is not read.
        """
        log = self.log = Log(self.repository, unreachable=self._unreachable)
        kept: list[tuple[Remark, bytes]] = []
        names: set[bytes] = set()
        row = outcome.read.setdefault("messages", [0, 0, 0])
        for remark in log.remarks():
            names.update(name for name in remark.names if b" " in name.strip())
            row[0] += 1
            row[1] += len(remark.text)
            if self._listed:
                digest = "sha256:" + hashlib.sha256(remark.text).hexdigest()
                self._messages.append(((*self.repository.place.chain, f"{remark.kind} {remark.oid}"), digest))
            outcome.artifacts += 1
            outcome.bytes += len(remark.text)
            if worth(remark.text):
                kept.append((remark, remark.text))
        # Workers have a git of their own; this one is not needed before it is told what was found.
        self.repository.store.stop()
        log.follow()
        head = log.commit_of(self.repository.head)
        if head:
            with suppress(OSError):
                for _ in log.listing(head):
                    pass  # only which submodules there are
        more = [self._message(remark, text, names) for remark, text in kept]
        met = self.met = Met(self.repository, log, more)
        for number, entry in enumerate(more):
            row[0] -= 1
            row[1] -= entry.size
            outcome.artifacts -= 1
            outcome.bytes -= entry.size
            yield len(met) - len(more) + number, entry
        count, size = log.left
        if count:
            outcome.by_design["unreachable"] += size
            outcome.bytes += size
        blobs = log.blobs
        for number in range(len(blobs.size)):
            if blobs.path[number] is None and not log.loose:
                continue
            size = blobs.size[number]
            if size > BOMB and size > blobs.disk[number] * RATIO:
                place = met[number].place
                outcome.gaps.append(
                    Gap(place, Reason.LIMIT, f"a blob of {size} bytes that grows {RATIO} times and more", size)
                )
                outcome.gap_bytes += size
                outcome.bytes += size
                continue
            yield number, met[number]

    def _message(self, remark: Remark, text: bytes, names: set[bytes]) -> Entry:
        """A message without the persons it names: lines and columns stay, names become dots."""
        if remark.charset and remark.charset.lower() not in {"utf-8", "utf8"}:
            with suppress(LookupError, UnicodeDecodeError):
                text = text.decode(remark.charset).encode()

        def dots(match: re.Match[bytes]) -> bytes:
            return b"." * len(match[0])

        for pattern in (_TRAILER, _MAIL, _MERGED):
            text = pattern.sub(dots, text)
        low = text.lower()
        for name in sorted(n for n in names | set(remark.names) if n.lower() in low and (b" " in n or b"@" in n)):
            text = re.sub(re.escape(name), dots, text, flags=re.IGNORECASE)
        home = self.repository.place
        place = Place((*home.chain, f"{remark.kind} {remark.oid}"), home.input, commit=remark.oid)
        return Entry(place, len(text), data=text)

    def take(self, numbers: Iterable[int], outcome: Outcome) -> None:
        """Keep of what a batch showed what may be judged; its sheets and gaps are taken out of it.

        Args:
            numbers: Of the entries in the batch.
            outcome: What came of them.
        """
        for gap in outcome.gaps:
            row = self._gaps.setdefault((gap.place.chain, gap.reason, gap.detail), [0, 0])
            row[0] += 1
            row[1] += gap.size
        if outcome.sheets and self.met is not None and self.log is not None:
            places = {(p.chain[:2] if p.chain[0] == self.repository.place.chain[0] else p.chain[:1], p.commit): n
                      for n in numbers for p in (self.met[n].place,)}  # fmt: skip
            for sheet in outcome.sheets:
                at = sheet.place
                home = at.chain[:2] if at.chain[0] == self.repository.place.chain[0] else at.chain[:1]
                number = places.get((home, at.commit))
                if sheet.trigger and number is not None:
                    self._sheet(number, sheet, self.log)
        if self._listed and self.met is not None:
            blobs = {self.met[n].place.chain for n in numbers if self.met.oid(n)}
            self._digests += [(chain, digest) for _, chain, digest in outcome.digests if chain in blobs]
        outcome.sheets, outcome.gaps, outcome.digests = [], [], []

    def _sheet(self, number: int, sheet: Sheet, log: Log) -> None:
        """Keep what a version shows beside what others did."""
        blobs = log.blobs
        held = number < len(blobs.size)
        commit = blobs.commit[number] if held else sheet.place.commit or ""
        rank = (log.rank.get(commit, len(log.rank)), number)
        tip = bool(held and blobs.tip[number])
        for at, draft in enumerate(sheet.drafts):
            features = _features(draft)
            if not features:
                continue
            # Most versions of a file show the same: they are many, and share it.
            features = self._same.setdefault(features, features)
            key = _Key(sheet.place.chain, draft.owner, draft.kind)
            self._seen.setdefault(key, {}).setdefault(features, array("I")).append(number)
            made = _Version(features, rank, tip, at, sheet)
            rows = self._kept.setdefault(key, [])
            if not any(r.tip == tip and r.beats(made) for r in rows):
                rows[:] = [r for r in rows if r.tip != tip or not made.beats(r)]
                rows.append(made)

    # -- judging

    def tell(
        self,
        live: Sequence[Sheet],
        findings: Sequence[Finding],
        paths: Iterable[tuple[int, str]],
        asked: Callable[[], int],
    ) -> Told:
        """Judge what the files of today do not hold.

        Args:
            live: Sheets of the files of today.
            findings: What was found in them.
            paths: Of all files of today: input and path.
            asked: How often it was asked to stop.
        """
        told = Told()
        home, log = self.repository, self.log
        if log is None or self.met is None:
            return told
        self._tell_gaps(told)
        number = home.place.input
        today = _Today(live, number)
        sheets = self._lost(today)
        there = {path for n, path in paths if n == number}
        ever = {path for n in range(len(log.blobs.path)) for path in log.blobs.paths(n) if path}
        gone = sorted({home.prefix + p for p in ever} - there)
        told.places = [(number, path) for path in gone]
        packages = Packages(self._lexicon, [*((number, p) for p in sorted(there)), *told.places])
        packages.learn([s for s in live if s.place.input == number])
        named = self._named(told.places, there)
        told.sheets = sorted([*sheets, *named], key=lambda s: s.place.sort)
        judged = judge(told.sheets, packages, self._lexicon, asked)
        rows = [(f, self._items(f, today, gone)) for f in judged.findings]
        mine = [
            (f, self._held(f, today))
            for f in findings
            if f.place.input == number and f.place.chain[0].startswith(home.prefix)
        ]
        wanted = {path for _, items in [*rows, *mine] for path, _ in items if path}
        commits = {oid for _, items in [*rows, *mine] for path, oid in items if not path}
        track = Track(log, wanted, home.refs, home.logged, commits)
        for finding, items in mine:
            span = track.span(items, {p for p, _ in items if p and home.prefix + p not in there})
            if span is not None:
                told.spans[finding.key] = span
        counts = Counter((f.place.chain, f.owner) for f in findings if f.place.input == number)
        for finding, items in rows:
            span = track.span(items, {p for p, _ in items if p} - {finding.place.chain[0][len(home.prefix) :]})
            where = (finding.place.chain, finding.owner)
            key = key_of(*where, counts[where])
            counts[where] += 1
            told.findings.append(_past(replace(finding, key=key, check=self._check(finding)), span))
        return told

    def _tell_gaps(self, told: Told) -> None:
        number = self.repository.place.input
        if self.log is not None:
            told.gaps += self.log.gaps
            for path, oid in sorted(self.log.submodules.items()):
                place = Place((self.repository.prefix + path,), number)
                inside = any(name == path for name, _ in self.repository.inner)
                if not inside:
                    told.gaps.append(
                        Gap(place, Reason.ABSENT, f"a submodule, at commit {oid[:12]}; its repository is not here")
                    )
        for (chain, reason, detail), (count, size) in sorted(self._gaps.items()):
            said = detail if count == 1 else f"{detail} (in {count} versions)"
            told.gaps.append(Gap(Place(chain, number), reason, said, size))

    def _lost(self, today: _Today) -> list[Sheet]:
        """Sheets of what today's files do not hold, each with only those drafts."""
        now: dict[_Key, set[tuple[str, int]]] = {}
        for key, rows in self._kept.items():
            now.setdefault(_moved(key), set()).update(*(r.features for r in rows if r.tip))
        groups: dict[tuple[_Key, bool], list[_Version]] = {}
        for key, rows in sorted(self._kept.items(), key=lambda row: row[0]):
            for made in rows:
                known = today.of(key) | (set() if made.tip else now[_moved(key)])
                if not made.features <= known:
                    groups.setdefault((_moved(key), made.tip), []).append(made)
        chosen: dict[int, tuple[Sheet, set[int]]] = {}
        for rows in groups.values():
            for made in rows:
                if not any(other.beats(made) for other in rows):
                    chosen.setdefault(id(made.sheet), (made.sheet, set()))[1].add(made.at)
        out = []
        for sheet, wanted in chosen.values():
            out.append(replace(sheet, drafts=[d for i, d in enumerate(sheet.drafts) if i in wanted], cued=[]))
        self._now = now
        return out

    def _named(self, gone: Sequence[tuple[int, str]], there: Iterable[str]) -> list[Sheet]:
        """Sheets of names that are gone, without what folders of that name show by the names in them today."""
        sheets = shelves(gone, self._lexicon.match)
        if not sheets:
            return []
        number = self.repository.place.input
        today = _Today(shelves([(number, path) for path in there], self._lexicon.match), number)
        out = []
        for sheet in sheets:
            for draft in sheet.drafts:
                known = {term for term, _ in today.of(_Key(sheet.place.chain, draft.owner, draft.kind))}
                draft.marks = [m for m in draft.marks if not known.issuperset(h.term for h in m.hits)]
                draft.size = len(draft.marks)
            if any(_features(draft) for draft in sheet.drafts):
                out.append(sheet)
        return out

    # -- when it was there

    @cached_property
    def _shown(self) -> _Seen:
        """What versions show of an owner, wherever their file was moved, and under each path at which they lay."""
        out: _Seen = {}
        also = self.log.blobs.also if self.log is not None else {}
        for key, rows in self._seen.items():
            mine = _moved(key)
            for features, numbers in rows.items():
                out.setdefault(mine, {}).setdefault(features, array("I")).extend(numbers)
                for number in numbers:
                    paths = (self.repository.prefix + path for path in also.get(number, ()))
                    for other in {_moved(_Key((path, *key.chain[1:]), key.owner, key.kind)) for path in paths} - {mine}:
                        out.setdefault(other, {}).setdefault(features, array("I")).append(number)
        return out

    def _items(self, finding: Finding, today: _Today, gone: Iterable[str]) -> set[tuple[str, str]]:
        """Path and id of every version that shows a thing of the past."""
        keys = _keys(finding.marks)
        return self._rows(keys, lambda features, key: not features <= today.of(key)) or _paths(
            finding, self.repository.prefix, gone
        )

    def _held(self, finding: Finding, today: _Today) -> set[tuple[str, str]]:
        """The same of a thing of today."""
        return self._rows(_keys(finding.marks), lambda features, key: features <= today.of(key)) or _paths(
            finding, self.repository.prefix, ()
        )

    def _rows(self, keys: set[_Key], fits: Callable[[_Features, _Key], bool]) -> set[tuple[str, str]]:
        rows = [(key, self._shown.get(key, {})) for key in {_moved(k) for k in keys}]
        wanted = {n for key, some in rows for features, numbers in some.items() if fits(features, key) for n in numbers}
        out: set[tuple[str, str]] = set()
        if self.met is None or self.log is None:
            return out
        for number in wanted:
            oid = self.met.oid(number)
            if not oid:
                out.add(("", self.log.commit_of(self.met[number].place.commit or "")))
            else:
                out.update((path, oid) for path in self.log.blobs.paths(number))
        return out

    def _check(self, finding: Finding) -> tuple[str, ...]:
        """Ordinary commands that show the place."""
        import shlex

        place, line = finding.place, finding.place.line
        span = f" | sed -n {max(1, line - 2)},{line + 2}p" if line else ""
        inner = place.chain[0][len(self.repository.prefix) :]
        folder = f" -C {shlex.quote(self.repository.prefix.rstrip('/'))}" if self.repository.prefix else ""
        if place.chain[0] == self.repository.place.chain[0] and len(place.chain) == 2:
            kind, _, oid = place.chain[1].partition(" ")
            show = f"git{folder} cat-file -p {oid}" if kind != "commit" else f"git{folder} log -1 --format=%B {oid}"
            return (show + span,)
        if len(place.chain) > 1 or not place.commit:
            return ()
        return (f"git{folder} show {shlex.quote(f'{place.commit}:{inner}')}{span}",)


class _Today:
    """What the files of today show, by owner."""

    def __init__(self, sheets: Sequence[Sheet], number: int) -> None:
        self._rows: dict[_Key, set[tuple[str, int]]] = {}
        for sheet in sheets:
            if sheet.place.input == number:
                for draft in sheet.drafts:
                    key = _moved(_Key(sheet.place.chain, draft.owner, draft.kind))
                    self._rows.setdefault(key, set()).update(_features(draft))

    def of(self, key: _Key) -> set[tuple[str, int]]:
        """What an owner of that name shows in a file of that name, wherever it lies now."""
        return self._rows.get(_moved(key), set())


def _moved(key: _Key) -> _Key:
    """The key of a thing wherever its file was moved: by the file's name; text without an owner stays where it is."""
    if not key.owner:
        return key
    return _Key((key.chain[0].rpartition("/")[2], *key.chain[1:]), key.owner, key.kind)


def _features(draft: Draft) -> _Features:
    """What a draft shows: its terms, and whether they are declared or something depends on them."""
    out: set[tuple[str, int]] = set()
    for mark in draft.marks:
        level = 1 if mark.role in DECLARED else 2 if mark.role is Role.CONDITION else 0
        for hit in mark.hits:
            if hit.kind != "context":
                out.add((hit.term, 0))
                out.add((hit.term, level))
    if out:
        out.update((name, 3) for name in _ACTS if draft.context[name])
    return frozenset(out)


def _keys(marks: Iterable[Mark]) -> set[_Key]:
    return {_Key(m.place.chain, m.surface.owner, m.surface.kind) for m in marks}


def _paths(finding: Finding, prefix: str, gone: Iterable[str]) -> set[tuple[str, str]]:
    """The paths of a finding that rests on names: of a picture, which is told by its folder, those that are gone."""
    out: set[tuple[str, str]] = set()
    for mark in finding.marks:
        if mark.role is not Role.PATH:
            continue
        path, word = mark.place.chain[0], mark.text.lower()
        files: tuple[str, ...] = ()
        if path.rpartition("/")[2] != mark.text:
            rows = (p.rpartition("/") for p in gone)
            files = tuple(f"{a}{s}{b}" for a, s, b in rows if (a or ".") == path and word in b.lower())
        out.update((p[len(prefix) :], "") for p in files[:FILES] or (path,))
    return out


def _past(finding: Finding, span: Span | None) -> Finding:
    """A finding of the past; what no branch holds any more is residue."""
    if span is not None and span.tip:
        return replace(finding, span=span)
    claims = tuple(_residue(c) for c in finding.claims)
    changed = replace(finding, claims=claims, span=span)
    lead = changed.lead
    where = "It is in no file of today's branches: only history holds it"
    if span is not None and span.first:
        where += f", from commit {span.first[:12]} to {span.last[:12]}"
    why = lead.why[0].upper() + lead.why[1:]
    return replace(changed, message=f"{why}. {where}. It is judged as {lead.purpose.meaning}.")


def _residue(claim: Claim) -> Claim:
    if claim.severity is Severity.NOTE:
        return claim
    severity = Purpose.RESIDUE.severity
    if any(h.named for m in claim.marks for h in m.hits):
        severity = Severity(min(severity + 1, Severity.CRITICAL))
    return replace(claim, purpose=Purpose.RESIDUE, severity=severity)
