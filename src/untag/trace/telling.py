"""One place, told step by step: what was met, how it was read, what it showed, how it was judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from untag import charset, media
from untag.artifact import WHOLE, Artifact
from untag.gap import REASONS, Gap
from untag.judge.hear import hear
from untag.mistake import UntagError
from untag.readers import called, pick
from untag.reports._words import count, size
from untag.sources import Entry, Passed
from untag.surface import Kind
from untag.trace.judging import Judging
from untag.trace.record import Reading, Recorder
from untag.work import FOCUS

if TYPE_CHECKING:
    from untag.place import Place

__all__ = ["Telling"]

#: Lines or texts of an artifact that are looked at for records of persons.
_SHOWN = 20_000
_DESIGN = {
    "links": "a symbolic link inside the input; what it leads to is read at its own place",
    "version_control": "the store of a version control system, read only with --history; by design, no gap",
    "ignored": "an ignore file leaves it out, and --respect-ignore asked for that",
}


class Telling(Judging):
    """The whole road."""

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

    def _recorder(self, *, sieve: bool) -> Recorder:
        guard = self._witness.guard
        if guard is None:
            raise UntagError("nothing was scanned, so there is nothing to trace")
        return Recorder(self._options, guard, sieve=sieve)

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

    def _bytes(self, entry: Entry, data: bytes, recorder: Recorder) -> None:
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
            self._home = reading.artifact.place
            self._private = reading.private or self._records(reading)
            self._stand(reading, whole=reading.private)
            self._warn()
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

    def _reading(self, reading: Reading) -> None:
        place = reading.artifact.place
        sheet = next((s for s in self._witness.sheets if s.place == place), None)
        masked = sheet is not None and any(d.kind is Kind.DATASET for d in sheet.drafts)
        self._rows = sheet is not None and sheet.masked
        persons, records = self._witness.persons, self._witness.records
        held = bool(persons and persons.holds(place)) or bool(records and records.among(place))
        self._home = place
        self._held = self._records(reading)
        self._private = reading.private or masked or held or self._held
        self._stand(reading, whole=reading.private or masked or held or self._rows)
        self._readers(reading)
        self._warn()
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

    def _stand(self, reading: Reading, *, whole: bool) -> None:
        """Say whether records stand in code, so that all else of it can be told.

        Args:
            reading: Of the artifact.
            whole: Whether something else says that the artifact is one of records.
        """
        hide, place = self._witness.hide, reading.artifact.place
        code = [name for name, done in reading.used if done][-1:] == ["code"]
        self._apart = code and not whole and hide is not None and not hide.rows(place, reading.surfaces[:_SHOWN])
        self._owned = set()
        if self._apart and hide is not None:
            for surface in reading.surfaces:
                line = surface.place.line
                if surface.owner and line is not None and hide.touches(place, line, line + surface.text.count("\n")):
                    self._owned.add(surface.owner)

    def _warn(self) -> None:
        """Say what is withheld."""
        if self._apart and self._private:
            self._say("it holds a record of a person: of what stands in or beside that, only roles and kinds are told")
        elif self._private:
            self._say(
                "it may hold records of persons: what it declares is told, of all else only roles and kinds of words; "
                "no line is quoted"
            )

    def _records(self, reading: Reading) -> bool:
        """Whether the artifact holds records of persons: all lines are looked at, since one is asked for."""
        hide, artifact = self._witness.hide, reading.artifact
        if hide is None:
            return False
        lines = [s.text for s in reading.surfaces[:_SHOWN]]
        if artifact.held and charset.is_text(artifact.data):
            lines = artifact.decoded.text.split("\n")[:_SHOWN]
        code = [name for name, _ in reading.used][-1:] == ["code"]
        return hide.read(artifact.place, lines, code=code) or hide.rows(artifact.place, reading.surfaces[:_SHOWN])

    def _readers(self, reading: Reading) -> None:
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
            text += "; too large or too deep to parse, lexed"
        self._row("reader", f"{text}, {count(len(reading.surfaces), 'surface')}")
