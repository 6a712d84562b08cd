"""From two sides to what became of each finding."""

from __future__ import annotations

from typing import TYPE_CHECKING

from untag import lexicon as words
from untag.diff.disguise import Disguise, Pair
from untag.diff.outcome import Outcome, Reason, Row, Verdict
from untag.diff.page import Page
from untag.diff.pair import FADED, paired
from untag.finding import Purpose, Status
from untag.place import Place
from untag.reports._view import where

if TYPE_CHECKING:
    from collections import Counter

    from untag.diff.side import Chain, Item, Side, Sign

__all__ = ["compared"]

#: Suffixes of documents, and words in the names of files that describe an interface.
_PAPERS = frozenset({
    ".adoc", ".asciidoc", ".doc", ".docx", ".htm", ".html", ".md", ".odt", ".pdf", ".pptx", ".rst", ".rtf", ".tex",
    ".txt", ".wiki", ".mdx", ".textile",
})  # fmt: skip
_SPEC = ("openapi", "swagger", "api-docs", "apidocs", "postman", "asyncapi")
#: What something must be so that a document about it is only a document.
_REAL = frozenset({Purpose.CAPABILITY, Purpose.TARGETING, Purpose.DATASET, Purpose.RECORD})
#: What is still there.
_STILL = frozenset({Verdict.UNCHANGED, Verdict.MOVED, Verdict.LAUNDERED})
_TALK = frozenset({"comment", "annotation", "prose", "heading"})
#: How much of a file must be the same so that it is the same under another name; files that are looked at for that.
_ALIKE, _TRIED = 0.6, 60


def compared(old: Side, new: Side) -> Outcome:
    """Compare two sides.

    Args:
        old: As it was.
        new: As it is.

    Returns:
        What became of each finding that is shown on one side at least, in a fixed order.
    """
    return _Comparison(old, new).outcome()


class _Comparison:
    def __init__(self, old: Side, new: Side) -> None:
        self.old, self.new = old, new
        self._lexicon = words.load()
        self._pairs: dict[Chain, Pair | None] = {}
        self._homes: dict[Chain, Chain | None] = {}

    def outcome(self) -> Outcome:
        """All of it."""
        found = paired(self.old, self.new)
        rows = [row for o, n in found.same if (row := self._same(o, n))]
        rows += [self._faded(o, n) for o, n in found.faded]
        for sure, pairs in ((True, found.moved), (False, found.apart)):
            for o, n in pairs:
                row = self._moved(o, n, sure=sure)
                if row is None:
                    found.gone.append(o)
                    found.came.append(n)
                else:
                    rows.append(row)
        came = {id(i): i for i in found.came}
        gone = [self._gone(o, came) for o in found.gone]
        rows += gone
        rows += [self._came(n) for n in came.values()]
        still = [r for r in rows if r.verdict in _STILL and (r.new is None or r.new.standing)]
        for row in gone:
            if row.verdict is Verdict.REMOVED or any(r.kind == "not looked at" for r in row.reasons):
                self._papers(row, still)
        order = list(Verdict)
        rows.sort(key=lambda r: (order.index(r.verdict), -r.severity, r.item.place.sort, r.item.key, r.item.owner))
        return Outcome(self.old, self.new, rows, self._remarks())

    # -- what is in both

    def _same(self, old: Item, new: Item) -> Row | None:
        if not old.standing and not new.standing:
            accepted = Status.ACCEPTED in {old.status, new.status}
            return Row(Verdict.UNCHANGED, old, new) if accepted else None
        if not old.standing:
            if old.status is Status.HIDDEN:
                why = f"it was hidden ({old.reason or 'a mere suspicion, or a note'}) and is shown now"
                return Row(Verdict.ADDED, old, new, [Reason("status", why)])
            row = Row(
                Verdict.UNCHANGED, old, new, [Reason("status", f"it was accepted ({old.reason}) and is open now")]
            )
            row.graver = self._worse(old, new)
            return row
        row = Row(Verdict.UNCHANGED, old, new)
        if new.purpose in FADED and old.purpose not in FADED:
            return self._faded(old, new)
        if new.status is Status.HIDDEN:
            row.reasons.append(Reason("status", f"it is hidden now: {new.reason or 'a mere suspicion, or a note'}"))
        elif new.status is Status.ACCEPTED:
            row.reasons.append(Reason("status", f"it is accepted now: {new.reason}"))
        self._changed(row, old, new)
        return row

    def _changed(self, row: Row, old: Item, new: Item) -> None:
        """What of a finding in both is not as it was."""
        there = {s.text for s in new.signs}
        lost = tuple(s for s in old.signs if s.words and s.text not in there)
        if lost:
            # What the judge finds in its place is not hidden.
            found, _ = self._hidden(lost)
            if found:
                row.verdict = Verdict.LAUNDERED
                row.reasons += map(_told, found)
            else:
                number = len({(s.role, s.text) for s in lost})
                row.reasons.append(Reason("changed", f"{number} of its marks {'are' if number > 1 else 'is'} gone"))
        if self._worse(old, new) and new.standing:
            row.graver = True
            was, now = (f"{i.severity.word} ({i.purpose})" for i in (old, new))
            row.reasons.append(Reason("graver", f"it is {now} now and was {was}"))

    @staticmethod
    def _worse(old: Item, new: Item) -> bool:
        return new.severity > old.severity or (
            new.purpose is Purpose.TARGETING and old.purpose is not Purpose.TARGETING
        )

    def _faded(self, old: Item, new: Item) -> Row:
        kind = "residue" if new.purpose is Purpose.RESIDUE else "proxy"
        said = {
            "residue": "what is left of it stands there still, dormant or half removed",
            "proxy": "a stand-in is there for it",
        }[kind]
        text = f"{said}: {new.message}" if new.message else said
        row = Row(Verdict.LAUNDERED, old, new, [Reason(kind, text, _spot(old), _spot(new))])
        for found in self._disguises(old.signs):
            row.reasons.append(_told(found))
        return row

    def _moved(self, old: Item, new: Item, *, sure: bool) -> Row | None:
        """What is elsewhere now; None where it is another thing."""
        there, here = self.old.level(old.place), self.new.level(new.place)
        spots = _spot(old), _spot(new)
        if there == here:
            text = f"what it lies in is called {new.owner or 'otherwise'} now, and was {old.owner or 'the file'}"
            row = Row(Verdict.MOVED, old, new, [Reason("moved", text, *spots)])
            self._changed(row, old, new)
            return row
        way = self._way(old, new)
        if way == "other" or (not way and not sure):
            return None
        row = Row(Verdict.MOVED, old, new)
        text = f"from {where(old.place.whole())} to {where(new.place.whole())}"
        if way == "alone":
            row.verdict = Verdict.LAUNDERED
            row.reasons.append(Reason("moved apart", f"moved {text}, and what stood beside it stayed behind", *spots))
        else:
            row.reasons.append(Reason("moved", text, *spots))
        self._changed(row, old, new)
        return row

    def _way(self, old: Item, new: Item) -> str:
        """How a thing came to another file.

        Returns:
            ``with`` what stood beside it; ``alone``, out of what stays without it; ``other``, since it is another thing
            in what was there; nothing where that cannot be told.
        """
        before, now = self._page(self.old, old.place.chain), self._page(self.new, new.place.chain)
        if before is None or now is None:
            return ""
        tagged = {s.text for s in old.signs}
        parents = {t.parent for rows in before.things.values() for t in rows if t.name in tagged}
        beside = {t.name for p in parents for t in before.things[p]} - tagged
        if not beside:
            return ""
        stays = self._found(old.place.chain)
        left = self._page(self.new, stays) if stays is not None else None
        if left is None:
            return "with" if 2 * len(beside & now.names) > len(beside) else ""
        if stays == new.place.chain:
            return ""
        came, stayed = (2 * len(beside & page.names) > len(beside) for page in (now, left))
        # Where all of it is in both files, the new one is another thing beside the old one.
        return {(True, False): "with", (False, True): "alone"}.get((came, stayed), "other")

    # -- what went, what came

    def _came(self, new: Item) -> Row:
        row = Row(Verdict.ADDED, None, new)
        why = self.old.unread(self.new.level(new.place), past=new.past)
        if why:
            row.reasons.append(Reason("gap", f"OLD did not read its place ({why}): it may have been there"))
        return row

    def _gone(self, old: Item, came: dict[int, Item]) -> Row:
        row = Row(Verdict.REMOVED, old, None)
        level = self.old.level(old.place)
        why = self.new.unread(level, past=old.past)
        if why:
            row.verdict = Verdict.UNKNOWN
            row.reasons.append(Reason("gap", why))
            return row
        found, plain = self._hidden(old.signs)
        if found or plain:
            row.verdict = Verdict.LAUNDERED if found else Verdict.MOVED
            row.reasons += map(_told, found or plain)
            # Where the judge found something there as well, it is one thing.
            for item in list(came.values()):
                if any(_meets(item, d) for d in found or plain):
                    row.new = came.pop(id(item))
                    break
            return row
        if not (self.old.held and self.new.held):
            text = "its files were not at hand, so that another name in its place would not have been seen"
            row.verdict = Verdict.UNKNOWN
            row.reasons.append(Reason("not looked at", text))
        elif self._found(old.place.chain) is None:
            row.reasons.append(Reason("file gone", "its file is not there any more"))
        elif (pair := self._pair(old.place.chain)) is None or pair.short:
            text = "its file cannot be looked at as a whole, so that another name in its place would not have been seen"
            row.verdict = Verdict.UNKNOWN
            row.reasons.append(Reason("not looked at", text))
        return row

    def _papers(self, row: Row, still: list[Row]) -> None:
        """What was only taken out of the documents."""
        old = row.old
        if old is None or not _paper(old):
            return
        for other in still:
            was = other.old
            if was is None or was.purpose not in _REAL or _paper(was) or not was.terms & old.terms:
                continue
            if other is not row:
                row.verdict = Verdict.LAUNDERED
                item = other.new
                spot = _spot(item) if item is not None else next((r.new for r in other.reasons if r.new), None)
                name = spot[1] if spot else ""
                text = f"only the document says nothing of it now; {name or 'the file'} still does it"
                row.reasons = [Reason("documents only", text, _spot(old), spot)]
                return

    # -- looking

    def _found(self, old: Chain) -> Chain | None:
        """The artifact of NEW that one of OLD is: of the same name, else one that came and shows most of the same."""
        if old not in self._homes:
            self._homes[old] = self._find(old)
        return self._homes[old]

    def _find(self, old: Chain) -> Chain | None:
        outer = self.new.there.get(self.old.level(_at(old[:1])))
        if len(old) == 1:
            if outer is not None:
                return outer
            came = [c for level, c in self.new.there.items() if level not in self.old.there]
            return self._alike(old, came)
        outer = outer or self._found(old[:1])
        if outer is None:
            return None
        mine, inside = self._inner(self.old, old[:1]), self._inner(self.new, outer)
        rest = next((r for r, c in mine.items() if c == old), None)
        if rest in inside:
            return inside[rest]
        return self._alike(old, [c for r, c in inside.items() if r not in mine])

    @staticmethod
    def _inner(side: Side, outer: Chain) -> dict[Chain, Chain]:
        """What lies in a file, by its chain as it is compared, from the file on."""
        length = len(side.level(_at(outer)))
        return {side.level(_at(chain))[length:]: chain for chain in side.views(outer[0])}

    def _alike(self, old: Chain, rows: list[Chain]) -> Chain | None:
        """Of some artifacts that came the one that shows most of what one showed that went, if that is most of it."""
        page = self._page(self.old, old)
        if page is None:
            return None
        texts = page.texts
        name = old[-1].rpartition("/")[2]
        suffix = name.rpartition(".")[2]
        # Of very many those of the same name come first, and the rest is not looked at.
        rows = [c for c in rows if c[-1].endswith(suffix)]
        rows.sort(key=lambda c: (c[-1].rpartition("/")[2] != name, c))
        best: tuple[float, Chain] | None = None
        for chain in rows[:_TRIED]:
            other = self._page(self.new, chain)
            if other is None:
                continue
            share = _share(texts, other.texts)
            if share >= _ALIKE and (best is None or share > best[0]):
                best = share, chain
        return best[1] if best else None

    def _page(self, side: Side, chain: Chain) -> Page | None:
        view = side.view(chain)
        return Page(view) if view is not None else None

    def _pair(self, old: Chain) -> Pair | None:
        """One artifact of OLD beside the same of NEW; None where one of them cannot be looked at."""
        if old not in self._pairs:
            # Findings come file by file.
            self._pairs.clear()
            new = self._found(old)
            before = self.old.view(old)
            after = self.new.view(new) if new is not None else None
            made = None
            if new is not None and before is not None and after is not None:
                text = self.new.text(new) if new[-1].endswith((".proto", ".thrift")) else ""
                made = Pair(Page(before), Page(after), self._lexicon, text)
            self._pairs[old] = made
        return self._pairs[old]

    def _disguises(self, signs: tuple[Sign, ...]) -> list[Disguise]:
        """What hides some marks of a finding of OLD."""
        if not (self.old.held and self.new.held):
            return []
        out: dict[tuple[object, ...], Disguise] = {}
        for chain in dict.fromkeys(s.place.chain for s in signs):
            pair = self._pair(chain)
            if pair is not None:
                for found in pair.disguises(tuple(s for s in signs if s.place.chain == chain)):
                    out.setdefault((found.kind, found.old[1], found.new[1]), found)
        return list(out.values())

    def _hidden(self, signs: tuple[Sign, ...]) -> tuple[list[Disguise], list[Disguise]]:
        """What hides some marks of a finding of OLD; apart, names in which the judge finds as much as before."""
        found = self._disguises(signs)
        if not found:
            return [], []
        chains = {d.new[0].chain for d in found}
        there = [i for i in self.new.items if i.place.chain in chains and i.standing and i.purpose not in FADED]
        plain = [d for d in found if any(_plain(signs, i, d) for i in there)]
        return [d for d in found if d not in plain], plain

    # -- what else is to be known

    def _remarks(self) -> list[str]:
        said = []
        old, new = self.old.row["digests"], self.new.row["digests"]
        if any(old[n] != new[n] for n in ("lexicon", "rules")):
            said.append(
                "the two were read with other words or rules: what is added may have been there, and what is removed "
                "may be there still"
            )
        if self.old.historic != self.new.historic:
            said.append(f"only {'OLD' if self.old.historic else 'NEW'} was read with its history")
        if not (self.old.held and self.new.held):
            which = [n for n, s in (("OLD", self.old), ("NEW", self.new)) if not s.held]
            said.append(
                f"{' and '.join(which)} {'are reports' if len(which) > 1 else 'is a report'}: without the files, names "
                "that took the place of a tag are not seen"
            )
        return said


def _share(old: Counter[tuple[str, str]], new: Counter[tuple[str, str]]) -> float:
    total = max(old.total(), new.total())
    return (old & new).total() / total if total else 0.0


def _at(chain: Chain) -> Place:
    return Place(chain)


def _spot(item: Item) -> tuple[Place, str]:
    return item.place, item.owner


def _told(found: Disguise) -> Reason:
    return Reason(found.kind, found.why, found.old, found.new)


def _meets(item: Item, found: Disguise) -> bool:
    """Whether a finding of NEW rests on what a disguise shows."""
    place, text = found.new
    return any(
        s.place.chain == place.chain and s.place.line == place.line and (s.text in text or text in s.text)
        for s in item.signs
    )


def _plain(lost: tuple[Sign, ...], item: Item, found: Disguise) -> bool:
    """Whether the judge finds as much in the name that came as it did in the one that went."""
    place, text = found.new
    was = max((len(s.terms) for s in lost if found.old[1] in s.text or s.text in found.old[1]), default=0)
    return any(
        any(s.words)
        and len(s.terms) >= was
        and s.place.chain == place.chain
        and s.place.line == place.line
        and s.text == text
        for s in item.signs
    )


def _paper(item: Item) -> bool:
    """Whether a finding is in a document, or in what describes an interface."""
    name = item.place.chain[-1].rpartition("/")[2].lower()
    if any(w in name for w in _SPEC):
        return True
    suffix = "." + name.rpartition(".")[2]
    return suffix in _PAPERS and (item.purpose is Purpose.CLAIM or all(s.role in _TALK for s in item.signs))
