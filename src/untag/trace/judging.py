"""What the judge made of it: cases, what they were weighed by, claims, and what came of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from untag.case import DECLARED
from untag.finding import Severity, Status, gravity
from untag.judge.around import NEAR
from untag.judge.hear import lacks, weights
from untag.lexicon.sought import REACH
from untag.reports._text import visible
from untag.reports._words import count
from untag.surface import Kind
from untag.trace.showing import Showing

if TYPE_CHECKING:
    from collections.abc import Iterable

    from untag.case import Case
    from untag.finding import Claim, Evidence, Finding
    from untag.judge import Sheet
    from untag.judge.hear import Hearing
    from untag.surface import Surface

__all__ = ["Judging"]

#: Cases that are told of one place.
CASES = 12


class Judging(Showing):
    """Tells a file's cases."""

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
        for hearing in chosen[:CASES]:
            self._case(hearing)
        if len(chosen) > CASES:
            self._say(f"and {len(chosen) - CASES:,} more cases; ask for a line to see one of them", margin=0)

    def _case(self, hearing: Hearing) -> None:
        case, draft = hearing.case, hearing.draft
        self._head(f"CASE {case.owner or 'the file itself'} ({case.kind})")
        lines = list(dict.fromkeys(m.place.line for m in case.marks if m.place.line))
        on = f" on line{'s' if len(lines) > 1 else ''} {', '.join(map(str, lines[:8]))}" if lines else ""
        more = f" and {len(lines) - 8} more" if len(lines) > 8 else ""
        self._row(
            "holds", f"{count(len(case.marks), 'marked surface')}{on}{more}; {count(draft.size, 'declared thing')}"
        )
        siblings = [s for s in case.siblings if not self._veiled(s.place, s.owner)]
        if siblings:
            shown = ", ".join(s.text for s in siblings[:8])
            self._row("siblings", self._cut(shown, 200) + (f" and {len(siblings) - 8} more" if siblings[8:] else ""))
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
            secret = self._private if row.place is None else self._veiled(row.place)
            quoted = "" if secret else f": {self._cut(' '.join(row.text.split()), 80)}"
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
