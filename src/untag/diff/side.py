"""One side of a comparison: what a report says, or a scan of something whose files are at hand."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from untag.config import document
from untag.fill import opened
from untag.finding import Confidence, Purpose, Severity, Status
from untag.gap import Gap, Reason
from untag.look import View, look
from untag.mistake import UntagError
from untag.place import Place
from untag.reports import View as Shown
from untag.reports import form_of
from untag.scan import Witness, scan
from untag.sources import Entry, Passed, told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from untag.artifact import Artifact
    from untag.look import Guard
    from untag.scan import Options, Progress

__all__ = ["Chain", "Item", "Side", "Sign", "of_input", "of_report", "report_in"]

#: A chain as it is compared: without what differs from one release to the next.
Chain = tuple[str, ...]

SCHEMA = "untag.report/1"
_VERSION = re.compile(r"[-_.]?v?\d+(?:[._]\d+)+(?:[-_.]?(?:r|rc|beta|alpha|build)?\.?\d+)*", re.IGNORECASE)
#: A name that is a digest: layers of images are called so.
_DIGEST = re.compile(r"[0-9a-f]{32,}")
#: Files whose surfaces are kept at once, the ones that were asked for last.
_KEPT = 24
#: Artifacts of an outermost file that are looked at.
_INSIDE = 20_000


@dataclass(frozen=True, slots=True)
class Sign:
    """A mark, as a report has it.

    Attributes:
        text: As quoted.
        role: What the text is.
        place: Where.
        words: The forms in it that are terms, without context.
        terms: Ids of these.
    """

    text: str
    role: str
    place: Place
    words: tuple[str, ...]
    terms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """A finding, as a report has it."""

    key: str
    owner: str
    place: Place
    rule: str
    purpose: Purpose
    severity: Severity
    confidence: Confidence
    status: Status
    reason: str
    message: str
    signs: tuple[Sign, ...]
    quoted: bool
    past: bool

    @property
    def terms(self) -> frozenset[str]:
        """Ids of the terms in it."""
        return frozenset(t for s in self.signs for t in s.terms)

    @property
    def standing(self) -> bool:
        """Whether it is shown."""
        return self.status is Status.SHOWN


@dataclass
class Side:
    """Old or new.

    Attributes:
        name: As the user wrote it.
        kind: ``report``, or the kind of the input.
        row: The whole report.
        items: Its findings, in order.
        gaps: What was not read.
        options: How it was scanned; None for a report, like the next.
        guard: Behind which readers run.
        entries: The files that are at hand, by chain.
        left_out: Paths that an ignore file left out.
    """

    name: str
    kind: str
    row: Mapping[str, Any]
    items: list[Item]
    gaps: list[Gap]
    options: Options | None = field(default=None, repr=False)
    guard: Guard | None = field(default=None, repr=False)
    entries: dict[Chain, Entry] = field(default_factory=dict, repr=False)
    left_out: list[str] = field(default_factory=list, repr=False)
    _views: dict[str, dict[Chain, View]] = field(default_factory=dict, repr=False)

    @property
    def held(self) -> bool:
        """Whether files can be looked at."""
        return self.guard is not None

    @property
    def interrupted(self) -> bool:
        """Whether it is only a part."""
        return bool(self.row.get("interrupted"))

    @property
    def empty(self) -> bool:
        """Whether nothing was read."""
        return bool(self.row["verdict"] == "empty")

    @property
    def open_gaps(self) -> list[Gap]:
        """Gaps that no policy accepts."""
        return [g for g in self.gaps if not g.accepted]

    @property
    def ignored(self) -> int:
        """Files that an ignore file left out."""
        return int(self.row["coverage"].get("ignored_artifacts", 0))

    @property
    def historic(self) -> bool:
        """Whether history was read as well."""
        return "messages" in self.row["coverage"]["read"]

    @cached_property
    def single(self) -> str:
        """The name of the one file that the input is, or nothing."""
        inputs = self.row["inputs"]
        if len(inputs) != 1 or inputs[0]["kind"] not in {"path", "stdin"}:
            return ""
        base = inputs[0]["spec"].replace("\\", "/").rstrip("/").rpartition("/")[2]
        if self.held:
            return base if list(self.entries) == [(base,)] else ""
        tops = {i.place.chain[0] for i in self.items} | {g.place.chain[0] for g in self.gaps}
        return base if tops == {base} else ""

    def level(self, place: Place) -> Chain:
        """The chain of a place as it is compared with the other side's.

        The name of a single file plays no part, nor does the version in the name of an archive or of the folder that
        all of it lies in, nor a digest that is a name.
        """
        chain = list(place.chain)
        number = str(place.input) if len(self.row["inputs"]) > 1 else ""
        if self.single and chain[0] == self.single:
            chain = chain[1:]
        rows = [_DIGEST.sub("#", part) for part in chain]
        rows[:-1] = [_VERSION.sub("", part) for part in rows[:-1]]
        if self.single and rows:
            top, slash, rest = rows[0].partition("/")
            rows[0] = _VERSION.sub("", top) + slash + rest if slash else rows[0]
        return (number, *rows)

    # -- what was not read

    def unread(self, chain: Chain, *, past: bool = False) -> str:
        """Why nothing is known of an artifact here, or nothing where it was read or is not there.

        Args:
            chain: As ``level`` says it.
            past: Whether it is something of history.
        """
        if self.interrupted:
            return "the reading was interrupted"
        if past and not self.historic:
            return "history was not read"
        for gap in self.gaps:
            at = self.level(gap.place)
            if chain[: len(at)] == at or (len(at) > 1 and len(chain) >= len(at) and _under(chain[: len(at)], at)):
                return f"{gap.reason.value}: {gap.detail}" if gap.detail else gap.reason.value
        if self.ignored:
            if not self.held:
                return "ignore files were obeyed, and the report does not say which files they left out"
            if any(_beneath(self._shown(chain), path) for path in self.left_out):
                return "an ignore file leaves it out"
        return ""

    @staticmethod
    def _shown(chain: Chain) -> str:
        return chain[1] if len(chain) > 1 else ""

    # -- files

    def chains(self) -> Iterator[tuple[Chain, Chain]]:
        """Of each file at hand its chain as it is compared, and its own; in order."""
        for chain, entry in self.entries.items():
            yield self.level(Place(chain, entry.place.input)), chain

    @cached_property
    def there(self) -> dict[Chain, Chain]:
        """The files at hand, by their chain as it is compared."""
        return dict(self.chains())

    def view(self, chain: Chain) -> View | None:
        """What an artifact shows; None where it is not here, too large or cannot be opened.

        Args:
            chain: Its own.
        """
        views = self.views(chain[0])
        return views.get(chain)

    def views(self, outer: str) -> dict[Chain, View]:
        """What a file and all that lies in it show, by chain; nothing where it cannot be read."""
        entry = self.entries.get((outer,))
        guard, options = self.guard, self.options
        if entry is None or guard is None or options is None:
            return {}
        if outer in self._views:
            self._views[outer] = self._views.pop(outer)
        else:
            while len(self._views) >= _KEPT:
                del self._views[next(iter(self._views))]
            found: dict[Chain, View] = {}
            waiting = [0]

            def add(artifact: Artifact) -> None:
                waiting[0] += 1
                if artifact.depth > options.limits.depth or waiting[0] > _INSIDE:
                    found[artifact.place.chain] = View(gaps=[Gap(artifact.place, Reason.LIMIT, "too much lies in it")])
                    return
                if not artifact.held:
                    found[artifact.place.chain] = View(gaps=[Gap(artifact.place, Reason.LIMIT, "too large")])
                    return
                found[artifact.place.chain] = look(artifact, options.limits, guard, add)

            try:
                made = opened(entry)
                made.nest.passwords, made.nest.transcripts = options.passwords, options.transcripts
                add(made)
            except OSError:
                found = {}
            self._views[outer] = found
        return self._views[outer]

    def text(self, chain: Chain) -> str:
        """The text of a file that lies in no other; nothing where it cannot be had.

        Args:
            chain: Its own.
        """
        entry = self.entries.get(chain)
        if entry is None:
            return ""
        try:
            made = opened(entry)
        except OSError:
            return ""
        return made.text if made.held else ""


def _under(chain: Chain, folder: Chain) -> bool:
    return chain[:-1] == folder[:-1] and _beneath(chain[-1], folder[-1])


def _beneath(path: str, folder: str) -> bool:
    return folder == "." or path == folder or path.startswith(folder.rstrip("/") + "/")


def report_in(name: str) -> Mapping[str, Any] | None:
    """A JSON report of untag; None where the file is none.

    Raises:
        UntagError: It says that it is one and lacks a part.
    """
    if not name.endswith(".json") or not os.path.isfile(name):  # noqa: PTH113 - names that are no text must survive
        return None
    with open(name, "rb") as file:  # noqa: PTH123
        head = file.read(4096)
    if SCHEMA.encode() not in head:
        return None
    row = document(Path(name), f"cannot read {name}")
    return row if isinstance(row, dict) and row.get("schema") == SCHEMA else None


def of_report(name: str, row: Mapping[str, Any]) -> Side:
    """The side that a report is.

    Raises:
        UntagError: It lacks a part.
    """
    try:
        return _side(name, "report", row)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise UntagError(f"{name} is no whole JSON report of untag: it lacks a part") from None


def of_input(spec: str, options: Options, watch: Callable[[Progress], None] | None = None) -> Side:
    """The side that an input is: it is scanned, and its files stay at hand.

    Raises:
        UntagError: It is not there.
    """
    witness = Witness()
    report = scan([spec], options, watch, witness)
    text = "".join(form_of("json").write(report, Shown()))
    # A URL is told without its password.
    made = _side(told(spec), report.inputs[0].kind if report.inputs else "path", json.loads(text))
    masked = witness.persons.place if witness.persons else (lambda place: place)
    for met in witness.walked:
        if isinstance(met, Entry):
            chain = masked(met.place).chain
            # What is called after persons is one thing in a report; which of them it was is not told apart.
            if chain == met.place.chain:
                made.entries[chain] = met
        elif isinstance(met, Passed) and met.why == "ignored":
            made.left_out.append(met.place.chain[0])
    made.guard, made.options = witness.guard, options
    return made


def _side(name: str, kind: str, row: Mapping[str, Any]) -> Side:
    gaps = [
        Gap(_place(g["place"]), Reason(g["reason"]), str(g["detail"]), int(g["bytes"]), bool(g["accepted"]))
        for g in row["gaps"]
    ]
    side = Side(name, kind, row, [_item(f) for f in row["findings"]], gaps)
    if (
        row["verdict"] not in {"findings", "accepted", "clean", "incomplete", "empty"}
        or not row["coverage"]["read"].keys
    ):
        raise ValueError
    digests = row["digests"]
    if not all(isinstance(digests[name], str) for name in ("lexicon", "rules", "policy")):
        raise TypeError
    if not all(isinstance(i["spec"], str) and isinstance(i["kind"], str) for i in row["inputs"]):
        raise TypeError
    return side


def _place(row: Mapping[str, Any]) -> Place:
    chain = tuple(row["chain"])
    if not chain or not all(isinstance(part, str) for part in chain):
        raise ValueError
    return Place(
        chain, int(row.get("input", 0)), row.get("line"), row.get("end_line"), row.get("column"), row.get("pointer"),
        row.get("offset"), row.get("commit"),
    )  # fmt: skip


def _item(row: Mapping[str, Any]) -> Item:
    return Item(
        key=str(row["key"]),
        owner=str(row["owner"]),
        place=_place(row["place"]),
        rule=str(row["rule"]),
        purpose=Purpose(row["purpose"]),
        severity=Severity[row["severity"].upper()],
        confidence=Confidence[row["confidence"].upper()],
        status=Status(row["status"]),
        reason=str(row["reason"]),
        message=str(row["message"]),
        signs=tuple(map(_sign, row["marks"])),
        quoted=row["excerpt"] is not None,
        past="at_tip" in row["place"] and not row["place"]["at_tip"],
    )


def _sign(row: Mapping[str, Any]) -> Sign:
    own = [t for t in row["terms"] if t["kind"] != "context"]
    return Sign(
        str(row["text"]), str(row["role"]), _place(row["place"]),
        tuple(dict.fromkeys(str(t["form"]) for t in own)), tuple(dict.fromkeys(str(t["id"]) for t in own)),
    )  # fmt: skip
