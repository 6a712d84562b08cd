"""Where something was that is left out, as the audit log may hold it: keys that may be data of a person are hidden."""

from __future__ import annotations

from typing import TYPE_CHECKING

from untag.guard.message import Removed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from untag.guard.body._mold import Run
    from untag.guard.look import Tag
    from untag.guard.tree import Box
    from untag.lexicon import Lexicon

__all__ = ["Pointers"]

#: Keys that are remembered as the log may hold them.
_MOST = 10_000
#: Keys of bodies that say how they are built, and nothing of anybody.
_STRUCTURE = frozenset(
    {
        "actions", "attribute", "attributes", "body", "classes", "content", "data", "entries", "features",
        "fields", "filter", "filters", "items", "key", "label", "labels", "list", "message", "metadata",
        "name", "objects", "output", "params", "payload", "people", "person", "persons", "predictions",
        "properties", "query", "region", "regions", "response", "result", "results", "rows", "rule", "rules",
        "scores", "tags", "type", "value", "values", "variables",
    }
)  # fmt: skip


class Pointers:
    """Names places, by what the lexicon knows of their keys; safe to be used by several threads.

    Args:
        lexicon: The words.
    """

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        #: Keys as the log may hold them; none that is hidden there.
        self._known: dict[str, str] = {}

    def removed(self, zone: str, box: Box, at: int, tag: Tag) -> Removed:
        """A thing of a box, left out for a tag."""
        return Removed(zone, self._pointer(box.pointer(at)) or "/", tag.rule, tag.term)

    def alike(self, zone: str, run: Run, thing: int, tag: Tag) -> list[Removed]:
        """A thing of elements that show the same, each where it is."""
        before, inside = run.places(thing)
        head, tails = self._pointer(before), [self._pointer(names) for names in inside]
        numbers = [self._name(str(number)) for number in run.numbers]
        return [Removed(zone, f"{head}/{number}{tail}", tag.rule, tag.term) for number in numbers for tail in tails]

    def _pointer(self, names: Iterable[str]) -> str:
        known = self._known
        out = []
        for name in names:
            said = known.get(name)
            if said is None:
                said = self._name(name)
                if said != "*":
                    if len(known) >= _MOST:
                        known.clear()
                    known[name] = said
            out.append("/" + said)
        return "".join(out)

    def _name(self, name: str) -> str:
        if name.isdecimal() and len(name) <= 6:
            return name
        hits = self._lexicon.match(name)
        bare = name.lstrip("@")
        whole = [h for h in hits if (h.end - h.start) >= len(bare) - 1]
        if whole:
            return f"<{whole[0].term}>" if whole[0].kind != "context" else name
        return name if bare.lower() in _STRUCTURE else "*"
