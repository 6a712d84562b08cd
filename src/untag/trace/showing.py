"""What readers showed near the asked lines, and the words the lexicon finds in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from untag.case import DECLARED
from untag.judge.hear import hits_of, passed_over
from untag.surface import Role, Surface
from untag.trace.page import AROUND, Page

if TYPE_CHECKING:
    from collections.abc import Iterable

    from untag.finding import Hit
    from untag.trace.record import Reading

__all__ = ["Showing"]

#: Surfaces that are told of one place.
SURFACES = 60


class Showing(Page):
    """Tells surfaces and hits."""

    def _secret(self, surface: Surface) -> bool:
        """Whether a text may be a value of a person: what a file of records declares is none, its classes apart."""
        return self._rows or (self._beside(surface) and (surface.role is Role.MEMBER or surface.role not in DECLARED))

    def _beside(self, surface: Surface) -> bool:
        """Whether a surface stands in or beside a record of a person."""
        line = surface.place.line
        last = None if line is None else line + surface.text.count("\n")
        return self._veiled(surface.place, surface.owner, last)

    def _quoted(self, surface: Surface, limit: int = 100) -> str:
        if self._secret(surface):
            return "(not shown)"
        return f"`{self._cut(' '.join(surface.text.split()), limit)}`"

    def _spans_lines(self, surface: Surface, around: int = 0) -> bool:
        place = surface.place
        if self._asked.first is None or self._asked.last is None:
            return True
        if place.line is None:
            return False
        last = max(place.end_line or place.line, place.line + surface.text.count("\n"))
        return place.line <= self._asked.last + around and last >= self._asked.first - around

    def _at(self, surfaces: list[Surface]) -> list[Surface]:
        asked = self._asked
        near = [s for s in surfaces if self._spans_lines(s, AROUND)]
        if asked.first is None:
            near = [s for s in near if hits_of(s, self._lexicon)]
        return sorted(near, key=lambda s: (s.place.sort, s.role, s.owner))

    def _surfaces(self, reading: Reading, near: list[Surface]) -> None:
        asked = self._asked
        if asked.first is None:
            self._head(f"SURFACES with words of the lexicon ({len(near):,} of {len(reading.surfaces):,})")
        else:
            self._head(f"SURFACES on the asked line{'s' if asked.last != asked.first else ''} and {AROUND} around")
            if self._private and not self._apart and not any(map(self._spans_lines, near)):
                self._say("none on the asked line itself: rows of records are not told one by one")
            elif not any(map(self._spans_lines, near)):
                self._say(
                    "none on the asked line itself: it is empty or holds only signs, or the reader took its text into "
                    "a surface that begins on another line"
                )
        shown = near
        if len(near) > SURFACES:  # the asked lines first, then what holds a hit
            order = sorted(near, key=lambda s: (not self._spans_lines(s), not hits_of(s, self._lexicon), s.place.sort))
            kept = set(map(id, order[:SURFACES]))
            shown = [s for s in near if id(s) in kept]
        for surface in shown:
            self._surface(surface)
        if len(shown) < len(near):
            self._say(f"and {len(near) - len(shown):,} more")

    def _surface(self, surface: Surface) -> None:
        place = surface.place
        at = f"{place.line}" if place.line is not None else f"@{place.offset}" if place.offset is not None else "-"
        if place.column is not None:
            at += f":{place.column}"
        mark = ">" if self._asked.first is not None and self._spans_lines(surface) else " "
        private = self._beside(surface)
        owner = "the file itself" if not surface.owner else f"{surface.kind} {surface.owner}"
        text = f"{surface.role} {self._quoted(surface)} in {owner if not private else surface.kind}"
        if not private:
            text += f", about {surface.about}" if surface.about else ""
            text += f", of type {surface.type}" if surface.type else ""
            text += f", value {self._cut(surface.value, 60)}" if surface.value else ""
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
            self._hit(hit, surface.text, private=private)
        for term, start, end, by, phrase in self._lexicon.matcher.vetoed(surface.text[:4000]):
            if not phrase and any(h.term == term and h.start <= start and end <= h.end for h in hits):
                continue  # a part of a longer form of the same concept
            word = surface.text[start:end]
            how = "vetoed by" if phrase else "inside the longer"
            told = f"{term}, {how} `{by}`" if not private else f"{term}, {how} another phrase"
            self._say(f"left out: {f'`{word}` ' if not private else ''}{told}", margin=6, rest=10)

    def _hits(self, what: str, hits: Iterable[Hit], text: str) -> None:
        self._say(f"words in {what}:")
        for hit in hits:
            self._hit(hit, text, private=self._private)

    def _hit(self, hit: Hit, text: str, *, private: bool) -> None:
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
        self._say(f"{said}{f' `{self._cut(word, 40)}`' if not private and word else ''}", margin=6, rest=10)
