"""Why something was or was not found at a place: every step of the road, told for one file or a few of its lines."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING

from untag import charset, media
from untag import lexicon as words
from untag.artifact import WHOLE, Artifact
from untag.case import DECLARED
from untag.finding import Severity, Status, gravity
from untag.gap import REASONS, Gap, UntagError
from untag.judge.gather import NEAR, Gatherer
from untag.judge.hear import Hearing, hear, hits_of, lacks, passed_over, weights
from untag.lexicon.sought import REACH
from untag.place import Place
from untag.readers import called, pick
from untag.reports._text import cut, visible, wrap
from untag.reports._words import count, size
from untag.sources import Entry, Passed
from untag.surface import Kind, Role, Surface
from untag.work import FOCUS, Outcome, Worker, opened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from untag.case import Case
    from untag.finding import Claim, Evidence, Finding, Hit
    from untag.judge import Sheet
    from untag.lexicon import Lexicon
    from untag.lexicon.sieve import Sifted
    from untag.readers import Reader
    from untag.report import Report
    from untag.scan import Options, Witness

__all__ = ["AROUND", "Spot", "spot", "trace"]

#: Lines around the asked ones on which surfaces are told too.
AROUND = 3
#: Surfaces, and cases, that are told of one place.
_SURFACES, _CASES = 60, 12
#: Columns of the text.
_COLUMNS = 80
_LINES = re.compile(r"(?P<path>.+):(?P<first>\d{1,9})(?:-(?P<last>\d{1,9}))?", re.DOTALL)
_DESIGN = {
    "links": "a symbolic link inside the input; what it leads to is read at its own place",
    "version_control": "the store of a version control system, read only with --history; by design, no gap",
    "ignored": "an ignore file leaves it out, and --respect-ignore asked for that",
}


@dataclass(frozen=True, slots=True)
class Spot:
    """What is asked about.

    Attributes:
        text: As the user wrote it.
        path: The path in it.
        first: First line, or None for the whole file.
        last: Last line.
    """

    text: str
    path: str
    first: int | None = None
    last: int | None = None

    def holds(self, line: int | None, around: int = 0) -> bool:
        """Whether a line is asked about, or lies no further than ``around`` from one that is."""
        if self.first is None or self.last is None:
            return True
        return line is not None and self.first - around <= line <= self.last + around


def spot(text: str) -> Spot:
    """Read ``PATH``, ``PATH:LINE`` or ``PATH:LINE-LINE``.

    Raises:
        UntagError: The lines are no lines.
    """
    found = _LINES.fullmatch(text)
    if found is None:
        if not text:
            raise UntagError("--trace wants PATH, PATH:LINE or PATH:LINE-LINE")
        return Spot(text, text)
    first = int(found["first"])
    last = int(found["last"] or first)
    if first < 1 or last < first:
        raise UntagError(f"--trace {text}: lines count from 1, and the last is not before the first")
    return Spot(text, found["path"], first, last)


def trace(spots: Sequence[Spot], specs: Sequence[str], options: Options, witness: Witness, report: Report) -> str:
    """Tell what happened at some places.

    Args:
        spots: The places asked about.
        specs: The inputs, as the user named them.
        options: How they were scanned.
        witness: What the scan saw.
        report: What came of it.

    Returns:
        Plain text in 80 columns, without any control character of the input and without a value of a person's record.

    Raises:
        UntagError: A path is not in the inputs; the nearest one is named.
    """
    parts = []
    for asked in spots:
        asked, met = _resolve(asked, specs, witness)
        parts += [_Telling(asked, one, specs, options, witness, report).text() for one in met]
    return "\n".join(parts)


# -- which artifact is meant


def _resolve(asked: Spot, specs: Sequence[str], witness: Witness) -> tuple[Spot, list[Entry | Passed | Gap]]:
    """What the scan met at a path: the path in a report, or one as it would be typed."""
    for tried in (Spot(asked.text, asked.text), asked):
        met = [row for row in witness.walked if _named(tried.path, row.place, specs)]
        # An archive's members are told with the archive they lie in.
        met = met or [row for row in witness.walked if tried.path.startswith(row.place.chain[0] + "!")]
        if met:
            return tried, met
    below: list[Entry | Passed | Gap] = [
        row
        for row in witness.walked
        if isinstance(row, (Passed, Gap))
        and any(c.startswith(row.place.chain[0] + "/") for c in _ways(asked, row, specs))
    ]
    if below:
        return asked, below
    names = sorted({row.place.chain[0] for row in witness.walked})
    if any(
        name.startswith(way + "/") for row in witness.walked[:1] for way in _ways(asked, row, specs) for name in names
    ):
        raise UntagError(f"--trace {asked.path}: that is a folder; name a file in it")
    base = asked.path.rsplit("/", 1)[-1]
    same = [n for n in names if n.rsplit("/", 1)[-1] == base]
    near = same or get_close_matches(asked.path, names, 1, 0.6)
    if near and witness.persons:
        near = [n for n in near if witness.persons.place(Place((n,))) == Place((n,))]
    hint = f"; did you mean {near[0]}?" if near else ""
    raise UntagError(f"--trace {asked.path}: no such file in what was scanned{hint}")


def _ways(asked: Spot, row: Entry | Passed | Gap, specs: Sequence[str]) -> list[str]:
    """The path as written, and as it reads from the root of a row's input."""
    plain = asked.path.replace(os.sep, "/")
    out = [plain, os.path.normpath(asked.path).replace(os.sep, "/")]
    spec = specs[row.place.input] if row.place.input < len(specs) else ""
    if spec and spec != "-" and not spec.startswith("files-from:"):
        out.append(os.path.relpath(asked.path, spec).replace(os.sep, "/"))
    return out


def _named(path: str, place: Place, specs: Sequence[str]) -> bool:
    if place.chain[0] == path or "!".join(place.chain) == path:
        return True
    spec = specs[place.input] if place.input < len(specs) else ""
    if spec in {"", "-"} or spec.startswith("files-from:"):
        return place.chain[0] == os.path.normpath(path).replace(os.sep, "/")
    real = os.path.abspath(path)  # noqa: PTH100 - links must not be followed, and names that are no text must survive
    home = os.path.abspath(spec)  # noqa: PTH100
    if os.path.isdir(home):  # noqa: PTH112
        return real == os.path.join(home, *place.chain[0].split("/"))  # noqa: PTH118
    return real == home


# -- reading once more, with a witness


@dataclass
class _Reading:
    """What one artifact showed.

    Attributes:
        artifact: The artifact.
        used: Readers that ran, in order, and whether each read to its end.
        surfaces: What they showed.
        private: Whether lines must not be quoted.
    """

    artifact: Artifact
    used: list[tuple[str, bool]] = field(default_factory=list)
    surfaces: list[Surface] = field(default_factory=list)
    private: bool = False


class _Ear(Gatherer):
    """Passes surfaces on to a gatherer and remembers them."""

    def __init__(self, gatherer: Gatherer, heard: list[Surface]) -> None:
        self._gatherer = gatherer
        self._heard = heard

    def add(self, surface: Surface) -> None:
        """Remember a surface."""
        self._heard.append(surface)
        self._gatherer.add(surface)

    def extend(self, surfaces: list[Surface]) -> None:
        """Remember several."""
        self._heard += surfaces
        self._gatherer.extend(surfaces)


class _Recorder(Worker):
    """A worker that keeps what readers showed."""

    def __init__(self, options: Options, guard: Callable[[Callable[[], None]], str | None], *, sieve: bool) -> None:
        super().__init__(options.limits, sieve=sieve, engine=options.engine, guard=guard, passwords=options.passwords)
        self.readings: dict[tuple[str, ...], _Reading] = {}

    def again(self, entry: Entry) -> tuple[Outcome, bytes | None]:
        """Read an entry once more; its bytes are None where they cannot be had or are too many to hold."""
        outcome = Outcome()
        try:
            artifact = opened(entry)
            artifact.nest = self._nest(artifact)
            self._artifact(artifact, outcome)
            data = artifact.data if artifact.held else None
        except OSError:
            return outcome, None
        return outcome, data

    def sift(self, data: bytes) -> tuple[tuple[tuple[int, int], ...], bool] | None:
        """Spans and gate, as the sieve says."""
        sifted = self._sift(data)
        return None if sifted is None else (sifted.strong, sifted.gate)

    def _reading(self, artifact: Artifact) -> _Reading:
        return self.readings.setdefault(artifact.place.chain, _Reading(artifact))

    def _run(self, reader: Reader, artifact: Artifact, gatherer: Gatherer, outcome: Outcome) -> bool:
        reading = self._reading(artifact)
        done = super()._run(reader, artifact, _Ear(gatherer, reading.surfaces), outcome)
        reading.used.append((reader.name, done))
        reading.private = reading.private or self._quiet(gatherer, artifact)
        return done

    def _window(
        self, data: bytes, line: int, sifted: Sifted | None, artifact: Artifact, gatherer: Gatherer, outcome: Outcome
    ) -> None:
        reading = self._reading(artifact)
        if not reading.used:
            reading.used.append(("raw", True))
        super()._window(data, line, sifted, artifact, _Ear(gatherer, reading.surfaces), outcome)


# -- telling


class _Telling:
    """One place, told step by step."""

    def __init__(
        self, asked: Spot, met: Entry | Passed | Gap, specs: Sequence[str], options: Options, witness: Witness,
        report: Report,
    ) -> None:  # fmt: skip
        self._asked = asked
        self._met = met
        self._specs = specs
        self._options = options
        self._witness = witness
        self._report = report
        self._lexicon: Lexicon = words.load()
        self._out: list[str] = []
        self._private = False
        self._told: set[str] = set()
        self._rows = False

    def text(self) -> str:
        """All of it."""
        name = "!".join(self._masked(self._met.place).chain)
        lines = self._lines()
        several = f" of input {self._met.place.input}" if len(self._specs) > 1 else ""
        self._say(f"TRACE {name}{lines}{several}", margin=0)
        if isinstance(self._met, Passed):
            self._head("READ")
            self._say("no: " + _DESIGN.get(self._met.why, f"opaque by design: {self._met.why}"))
            self._result("It was not read, so nothing can have been found there.")
        elif isinstance(self._met, Gap):
            self._head("READ")
            self._gap(self._met)
            self._result("It was not read: a gap, listed as such in every report.")
        else:
            self._entry(self._met)
        return "\n".join(self._out) + "\n"

    def _masked(self, place: Place) -> Place:
        """A place without the name of a person's folder."""
        persons = self._witness.persons
        return persons.place(place) if persons else place

    def _unnamed(self, text: str) -> str:
        persons = self._witness.persons
        return visible(persons.text(text) if persons else text)

    def _lines(self) -> str:
        asked = self._asked
        if asked.first is None:
            return ""
        return f":{asked.first}" + (f"-{asked.last}" if asked.last != asked.first else "")

    def _entry(self, entry: Entry) -> None:
        recorder = self._recorder(sieve=self._options.sieve)
        _, data = recorder.again(entry)
        gaps = [g for g in self._witness.gaps if g.place.whole() == entry.place or self._inside(g.place)]
        self._head("READ")
        if data is not None:
            self._bytes(entry, data, recorder)
        elif entry.size > WHOLE:
            self._say(f"{size(entry.size)}: too large to hold, so it is sieved in windows and read as raw text around")
            self._say("what the sieve finds; owners and declarations are not told apart there")
        for gap in gaps:
            self._gap(gap)
        if not recorder.readings:
            self._unread(entry, data, gaps)
            return
        for chain in sorted(recorder.readings):
            self._reading(recorder.readings[chain])

    def _recorder(self, *, sieve: bool) -> _Recorder:
        guard = self._witness.guard
        if guard is None:
            raise UntagError("nothing was scanned, so there is nothing to trace")
        return _Recorder(self._options, guard, sieve=sieve)

    def _inside(self, place: Place) -> bool:
        home = self._met.place
        return place.input == home.input and place.chain[: len(home.chain)] == home.chain

    def _gap(self, gap: Gap) -> None:
        persons = self._witness.persons
        gap = persons.gap(gap) if persons else gap
        bytes_ = f" ({size(gap.size)})" if gap.size else ""
        self._say(f"gap, {gap.reason}{bytes_}: {gap.detail or REASONS[gap.reason]}")
        found = next(
            (g for g in self._report.gaps if (g.place, g.reason, g.detail) == (gap.place, gap.reason, gap.detail)), gap
        )
        if found.accepted:
            self._say(f"the policy accepts this gap: {found.why}")

    def _bytes(self, entry: Entry, data: bytes, recorder: _Recorder) -> None:
        """Size, kind, encoding and what the sieve says."""
        artifact = Artifact(entry.place, data)
        self._row("bytes", f"{len(data):,}, {artifact.digest[:23]}…")
        named = self._lexicon.matcher.named(artifact.name)
        kind = media.opaque(data)
        if kind:
            also = ", but its name holds a term, which is judged" if named else ""
            self._row("kind", f"{kind.replace('_', ' ')}: opaque to this kind of audit by design, no gap{also}")
            return
        if not charset.is_text(data):
            self._row("kind", f"no text: {media.describe(data)}")
        else:
            lost = f", {artifact.decoded.lost} bytes fit no encoding" if artifact.decoded.lost else ""
            self._row("encoding", artifact.decoded.encoding + lost)
        sifted = recorder.sift(data)
        if sifted is None:
            self._row("sieve", "not asked")
            return
        spans, gate = sifted
        worth = named or bool(spans) or gate or not self._options.sieve
        said = []
        if spans:
            said.append(f"{count(len(spans), 'strong or medium form')}{self._spans(artifact, spans)}")
        if gate:
            said.append("a weak word near a gate word (age, gender, a face …)")
        if named:
            said.append("a term in the file's name")
        if not said:
            said.append("no strong or medium form, no gate word, no term in the name")
        if not self._options.sieve:
            said.append("--no-sieve reads it anyway")
        self._row("sieve", ("passed on: " if worth else "stopped here: ") + "; ".join(said))
        if worth and len(data) > FOCUS and spans:
            self._say(f"larger than {size(FOCUS)}: a reader may pass over owners that no such form touches")

    def _spans(self, artifact: Artifact, spans: tuple[tuple[int, int], ...]) -> str:
        """The lines of the forms, where lines can be counted in the bytes."""
        if b"\0" in artifact.data[:8000] or not charset.is_text(artifact.data):
            return ""
        lines = list(dict.fromkeys(artifact.data.count(b"\n", 0, start) + 1 for start, _ in spans[:400]))
        asked = [n for n in lines if self._asked.holds(n)]
        if self._asked.first is not None:
            return f", {'on the asked line' if asked else 'none on the asked line'}"
        more = f" and {len(lines) - 8} more" if len(lines) > 8 else ""
        return f" (line{'s' if len(lines) > 1 else ''} {', '.join(map(str, lines[:8]))}{more})"

    def _unread(self, entry: Entry, data: bytes | None, gaps: list[Gap]) -> None:
        """No reader ran: say why, and what one would have shown."""
        if data is None:
            self._result("It could not be read." if gaps else "Nothing in it passed the sieve.")
            return
        if media.opaque(data):
            self._named_only(entry)
            return
        if not charset.is_text(data):
            self._result("No reader knows the format: a gap. Its bytes were swept, and hold no form of the lexicon.")
            return
        self._say("so it was neither decoded nor parsed. A reader would have shown:")
        recorder = self._recorder(sieve=False)
        recorder.again(entry)
        for chain in sorted(recorder.readings):
            reading = recorder.readings[chain]
            self._surfaces(reading, self._at(reading.surfaces))
        self._result(
            "Nothing was found, since the sieve passed the file over: it holds no word that any rule starts from. A "
            "weak word alone starts none."
        )

    def _named_only(self, entry: Entry) -> None:
        """An opaque file whose name alone may say something."""
        sheet = next((s for s in self._witness.sheets if s.place == entry.place), None)
        if sheet is None or not sheet.path:
            self._result("It is not looked into, and its name holds no term.")
            return
        self._hits("its path", sheet.path, entry.place.chain[-1])
        self._result("Its content is not looked into. A name of a file alone makes no finding; it weighs in others.")

    # -- one artifact that a reader read

    def _reading(self, reading: _Reading) -> None:
        place = reading.artifact.place
        sheet = next((s for s in self._witness.sheets if s.place == place), None)
        masked = sheet is not None and any(d.kind is Kind.DATASET for d in sheet.drafts)
        self._rows = sheet is not None and sheet.masked
        persons, records = self._witness.persons, self._witness.records
        held = bool(persons and persons.holds(place)) or bool(records and records.among(place))
        self._private = reading.private or masked or held
        self._readers(reading)
        if self._private:
            self._say(
                "it may hold records of persons: what it declares is told, of all else only roles and kinds of words; "
                "no line is quoted"
            )
        near = self._at(reading.surfaces)
        self._surfaces(reading, near)
        if sheet is None:
            self._result("Nothing was found: no surface of the file holds a term.")
            return
        if sheet.path:
            self._hits("the path", sheet.path, place.chain[-1])
        if not self._trigger(sheet):
            self._result("Nothing was found: the file as a whole gave no rule a reason to start.")
            return
        packages = self._witness.packages
        heard = hear(sheet, self._witness.sheets, packages, self._lexicon) if packages else []
        self._cases(heard, near)

    def _readers(self, reading: _Reading) -> None:
        names = [name for name, _ in reading.used]
        also = [r.name for r in pick(reading.artifact) if r.name not in names]
        last = reading.used[-1]
        text = last[0]
        failed = [name for name, done in reading.used if not done]
        if failed:
            text = f"{', then '.join(names)}: {', '.join(failed)} gave up (the bytes do not keep to that format)"
        if also:
            text += f" (also fit: {', '.join(also)}, of lower rank)"
        if called(last[0]).lexed(reading.artifact, self._options.limits):
            text += "; too large to parse, lexed around its hits"
        self._row("reader", f"{text}, {count(len(reading.surfaces), 'surface')}")

    def _at(self, surfaces: list[Surface]) -> list[Surface]:
        asked = self._asked
        near = [s for s in surfaces if self._spans_lines(s, AROUND)]
        if asked.first is None:
            near = [s for s in near if hits_of(s, self._lexicon)]
        return sorted(near, key=lambda s: (s.place.sort, s.role, s.owner))

    def _spans_lines(self, surface: Surface, around: int = 0) -> bool:
        place = surface.place
        if self._asked.first is None or self._asked.last is None:
            return True
        if place.line is None:
            return False
        last = max(place.end_line or place.line, place.line + surface.text.count("\n"))
        return place.line <= self._asked.last + around and last >= self._asked.first - around

    def _surfaces(self, reading: _Reading, near: list[Surface]) -> None:
        asked = self._asked
        if asked.first is None:
            self._head(f"SURFACES with words of the lexicon ({len(near):,} of {len(reading.surfaces):,})")
        else:
            self._head(f"SURFACES on the asked line{'s' if asked.last != asked.first else ''} and {AROUND} around")
            if self._private and not any(map(self._spans_lines, near)):
                self._say("none on the asked line itself: rows of records are not told one by one")
            elif not any(map(self._spans_lines, near)):
                self._say(
                    "none on the asked line itself: it is empty or holds only signs, or the reader took its text into "
                    "a surface that begins on another line"
                )
        shown = near
        if len(near) > _SURFACES:  # the asked lines first, then what holds a hit
            order = sorted(near, key=lambda s: (not self._spans_lines(s), not hits_of(s, self._lexicon), s.place.sort))
            kept = set(map(id, order[:_SURFACES]))
            shown = [s for s in near if id(s) in kept]
        for surface in shown:
            self._surface(surface)
        if len(shown) < len(near):
            self._say(f"and {len(near) - len(shown):,} more")

    def _secret(self, surface: Surface) -> bool:
        """Whether a text may be a value of a person: what a file of records declares is none, its classes apart."""
        return self._rows or (self._private and (surface.role is Role.MEMBER or surface.role not in DECLARED))

    def _quoted(self, surface: Surface, limit: int = 100) -> str:
        if self._secret(surface):
            return "(not shown)"
        return f"`{cut(' '.join(surface.text.split()), limit)}`"

    def _surface(self, surface: Surface) -> None:
        place = surface.place
        at = f"{place.line}" if place.line is not None else f"@{place.offset}" if place.offset is not None else "-"
        if place.column is not None:
            at += f":{place.column}"
        mark = ">" if self._asked.first is not None and self._spans_lines(surface) else " "
        owner = "the file itself" if not surface.owner else f"{surface.kind} {surface.owner}"
        text = f"{surface.role} {self._quoted(surface)} in {owner if not self._private else surface.kind}"
        if not self._private:
            text += f", about {surface.about}" if surface.about else ""
            text += f", of type {surface.type}" if surface.type else ""
            text += f", value {cut(surface.value, 60)}" if surface.value else ""
        elif surface.about:
            text += ", about something"
        self._say(f"{mark} {at}  {text}", rest=6)
        hits = hits_of(surface, self._lexicon)
        reason = passed_over(surface, self._lexicon.match(surface.text[:400]))
        if reason:
            self._say(reason, margin=6)
        if self._secret(surface) and (self._rows or surface.role is not Role.MEMBER):
            # A row's term is that person's; a closed set's terms are the classes of a dataset.
            kinds = sorted({hit.kind for hit in hits})
            if kinds:
                self._say(f"a word of the lexicon: {', '.join(kinds)} (which one is not told)", margin=6)
            return
        for hit in hits:
            self._hit(hit, surface.text)
        for term, start, end, by, phrase in self._lexicon.matcher.vetoed(surface.text[:4000]):
            if not phrase and any(h.term == term and h.start <= start and end <= h.end for h in hits):
                continue  # a part of a longer form of the same concept
            word = surface.text[start:end]
            how = "vetoed by" if phrase else "inside the longer"
            told = f"{term}, {how} `{by}`" if not self._private else f"{term}, {how} another phrase"
            self._say(f"left out: {f'`{word}` ' if not self._private else ''}{told}", margin=6, rest=10)

    def _hits(self, what: str, hits: Iterable[Hit], text: str) -> None:
        self._say(f"words in {what}:")
        for hit in hits:
            self._hit(hit, text)

    def _hit(self, hit: Hit, text: str) -> None:
        word = text[hit.start : hit.end]
        if hit.kind == "context":
            said = f"context {hit.family}"
        else:
            vouched = "checked" if hit.checked else "unreviewed: counts as medium" if hit.strength == "strong" else (
                "unreviewed")  # fmt: skip
            said = f"term {hit.term} ({hit.kind}, {hit.family}; {hit.strength}, {vouched}"
            said += ", a people that is persecuted or singled out" if hit.named else ""
            told = hit.term in self._told
            self._told.add(hit.term)
            said += ")" if told else f"; {hit.language}: {hit.gloss})"
        self._say(f"{said}{f' `{cut(word, 40)}`' if not self._private and word else ''}", margin=6, rest=10)

    # -- judging

    def _trigger(self, sheet: Sheet) -> bool:
        self._head("THE FILE")
        around = ", ".join(f"{f} {n}" for f, n in sorted(sheet.file.items(), key=lambda r: (-r[1], r[0])))
        self._row("context", around or "no context word in the whole file")
        if sheet.pathway:
            self._row("path", ", ".join(f"{f} {n}" for f, n in sorted(sheet.pathway.items())))
        if sheet.prose:
            self._row("genre", "a document: most of it is running text")
        if sheet.wordlist:
            self._row("trigger", "no: it is a word list (a dictionary, a vocabulary): words for their own sake")
        elif sheet.trigger:
            self._row("trigger", "yes: it holds what a rule can start from")
        else:
            self._row(
                "trigger",
                f"no: it holds weak words only, and no word on faces, looks, age or gender within {REACH} lines of one "
                "that would let a rule start from them",
            )
        return sheet.trigger

    def _cases(self, heard: list[Hearing], near: list[Surface]) -> None:
        chosen = [h for h in heard if any(self._asked.holds(m.place.line) for m in h.draft.marks)]
        exact = {(s.owner, s.kind) for s in near if self._spans_lines(s)}
        if self._asked.first is not None:
            chosen += [h for h in heard if h not in chosen and (h.draft.owner, h.draft.kind) in exact]
            masked = [h for h in heard if h.draft.kind is Kind.DATASET and h not in chosen]
            chosen += masked
        if not chosen:
            self._result(
                "Nothing was found on this line: no term that counts stands there"
                + (", though other lines of the file hold some." if heard else ".")
            )
            return
        for hearing in chosen[:_CASES]:
            self._case(hearing)
        if len(chosen) > _CASES:
            self._say(f"and {len(chosen) - _CASES:,} more cases; ask for a line to see one of them", margin=0)

    def _case(self, hearing: Hearing) -> None:
        case, draft = hearing.case, hearing.draft
        self._head(f"CASE {case.owner or 'the file itself'} ({case.kind})")
        lines = list(dict.fromkeys(m.place.line for m in case.marks if m.place.line))
        on = f" on line{'s' if len(lines) > 1 else ''} {', '.join(map(str, lines[:8]))}" if lines else ""
        more = f" and {len(lines) - 8} more" if len(lines) > 8 else ""
        self._row(
            "holds", f"{count(len(case.marks), 'marked surface')}{on}{more}; {count(draft.size, 'declared thing')}"
        )
        if case.siblings and not self._private:
            shown = ", ".join(s.text for s in case.siblings[:8])
            self._row(
                "siblings", cut(shown, 200) + (f" and {len(case.siblings) - 8} more" if case.siblings[8:] else "")
            )
        self._told_sets(case)
        self._context(case)
        for question, answer in weights(case):
            self._row("weighs", f"{question}: {answer}")
        proven = ", ".join(sorted(case.setting.confirmed))
        if proven and self._private:
            proven = count(len(case.setting.confirmed), "term")
        self._row("proven", proven or "no term is proven in the rest of the package")
        self._round("round 1", hearing.first)
        added = [c for c in hearing.second if c not in hearing.first]
        gone = [c.rule for c in hearing.first if c not in hearing.second and c.rule not in {m.rule for m in added}]
        if hearing.first or hearing.second:
            text = "with what is proven elsewhere, besides:" if added else "the same"
            self._row("round 2", text + (f" without {', '.join(gone)}" if gone else ""))
        for made in added:
            self._claim("", made)
        self._outcome(hearing)

    def _told_sets(self, case: Case) -> None:
        """Maps from keys to peoples, code systems, what is not live, and what another place contradicts."""
        for legend in case.legends:
            bound = f", bound to {legend.attribute}" if legend.attribute else ""
            self._row(
                "map", f"{legend.name}: {count(len(legend.known), 'key')} of {len(legend.entries)} name a people{bound}"
            )
        for coding in case.codings:
            known = f"{coding.count} of its {coding.size} values" if coding.count else "referred to"
            self._row("codes", f"{coding.system}: {known}, by {coding.how}")
        for scar in case.scars:
            self._row("not live", f"{scar.how}{self._line(scar.mark.place)}")
        for conflict in case.conflicts:
            other = conflict.other.entries[0].mark.place if conflict.other.entries else None
            at = f" at {'!'.join(self._masked(other).chain)}{self._line(other)}" if other is not None else ""
            self._row("conflict", f"another map{at} gives {', '.join(conflict.keys)} different peoples")

    @staticmethod
    def _line(place: Place) -> str:
        return f" (line {place.line})" if place.line is not None else ""

    def _context(self, case: Case) -> None:
        around = case.setting
        columns = (("case", around.case), ("near", around.near), ("file", around.file), ("package", around.package),
                   ("path", around.path))  # fmt: skip
        families = sorted({f for _, tally in columns for f, n in tally.items() if n})
        if not families:
            self._row("context", "none anywhere")
            return
        self._out.append("  " + "context".ljust(12) + "".join(name.rjust(9) for name, _ in columns))
        for family in families:
            cells = "".join((str(tally[family]) if tally[family] else "-").rjust(9) for _, tally in columns)
            self._out.append("    " + visible(family).ljust(10) + cells)
        text = f"(hits in the owner; within {NEAR} lines of a mark; in the file; weight in the package; in the path)"
        self._say(text, margin=4)

    def _round(self, label: str, claims: Iterable[Claim]) -> None:
        rows = sorted(claims, key=gravity)
        if not rows:
            self._row(label, "no rule made a claim")
        seen: tuple[Evidence, ...] | None = None
        for made in rows:
            self._claim(label, made, told=made.evidence == seen)
            label, seen = "", made.evidence

    def _claim(self, label: str, made: Claim, *, told: bool = False) -> None:
        self._row(label, f"{made.rule}: {made.purpose}, {made.severity.word}, {made.confidence.word}")
        secret = any(map(self._secret, (m.surface for m in made.marks)))
        self._say(f"why: {made.why if not secret else '(its sentence quotes a record and is not shown)'}", margin=14)
        if told:
            self._say("for the same evidence", margin=14)
        else:
            self._evidence("for", made.evidence)
        self._evidence("against", made.against)

    def _evidence(self, label: str, rows: Iterable[Evidence]) -> None:
        for row in rows:
            at = self._line(row.place) if row.place is not None else ""
            quoted = "" if self._private else f": {cut(' '.join(row.text.split()), 80)}"
            self._say(f"{label} {row.kind}{quoted}{at}", margin=14, rest=18)

    def _outcome(self, hearing: Hearing) -> None:
        if not hearing.findings:
            self._result("No finding: no rule made a claim; the case is counted as a mention.")
            self._lacks(hearing.case)
        for made in hearing.findings:
            kept = self._kept(made)
            grade = f"{made.severity.word}, {made.confidence.word}, {made.purpose}"
            if kept is None:
                whole = self._joined(made)
                text = f"The rules make a finding of it ({grade}), which the report does not hold."
                if whole is not None:
                    grade = f"{whole.severity.word}, {whole.confidence.word}, {whole.purpose}"
                    at = f"{whole.key} at {whole.place}"
                    text = f"Part of finding {at} ({grade}), {whole.status}: one thing, one finding."
                self._result(text)
                continue
            grade = f"{kept.severity.word}, {kept.confidence.word}, {kept.purpose}"
            self._result(f"Finding {kept.key} ({grade}), {kept.status}{f': {kept.reason}' if kept.reason else '.'}")
            if kept.status is Status.HIDDEN and kept.severity > Severity.NOTE:
                self._lacks(hearing.case)

    def _kept(self, made: Finding) -> Finding | None:
        """The finding as the report has it, with what the policy says of it."""
        persons = self._witness.persons
        key = persons.keys.get(made.key, made.key) if persons else made.key
        return next((f for f in self._report.findings if f.key == key), None)

    def _joined(self, made: Finding) -> Finding | None:
        """The finding of the report that this one became part of."""
        spots = {self._masked(m.place) for m in made.marks}
        return next((f for f in self._report.findings if any(m.place in spots for m in f.marks)), None)

    def _lacks(self, case: Case) -> None:
        rows = lacks(case)
        for row in rows:
            grade = f"{row.claim.severity.word}, {row.claim.confidence.word}"
            self._say(
                f"rule {row.claim.rule} would show it ({grade}, {row.claim.purpose}) if {' and '.join(row.what)}.",
                rest=4,
            )
        if not rows:
            roles = sorted({str(m.role) for m in case.marks})
            declared = any(m.role in DECLARED for m in case.marks)
            self._say(
                "No single or double change of its surroundings that was tried leads to a shown finding"
                + ("." if declared else f": what is marked here is only {', '.join(roles)}."),
                rest=4,
            )

    # -- layout

    def _head(self, text: str) -> None:
        self._out.append("")
        self._out += wrap(self._unnamed(text), _COLUMNS, "", "  ")

    def _row(self, label: str, text: str) -> None:
        self._out += wrap(self._unnamed(text), _COLUMNS, "  " + label.ljust(10))

    def _say(self, text: str, *, margin: int = 2, rest: int | None = None) -> None:
        self._out += wrap(self._unnamed(text), _COLUMNS, " " * margin, " " * (margin + 2 if rest is None else rest))

    def _result(self, text: str) -> None:
        self._out.append("")
        self._out += wrap(self._unnamed(text), _COLUMNS, "=> ", "   ")
