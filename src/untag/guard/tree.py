"""What a body shows to the judge, and how parts of it are cut out so that every other byte stays as it is.

A format makes boxes: things side by side, each with its span in the text. What is shown is kept by what it says, not by
how often it is there, so that twelve faces cost the judge as much as one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from untag.surface import Kind, Role

__all__ = ["Box", "Cut", "Shown", "Spot", "Tree", "merged", "spliced"]


class Cut(NamedTuple):
    """A piece of the text that is left out, and what stands there instead."""

    start: int
    end: int
    text: str = ""


class Shown(NamedTuple):
    """One thing that a body says, wherever it says it.

    Attributes:
        role: What it is in its format.
        text: As its reader sees it, escapes resolved.
        owner: Dotted path of keys it lies in; elements of a list are one.
        kind: What kind of thing the owner is.
        about: The key whose value it is.
    """

    role: Role
    text: str
    owner: str
    kind: Kind
    about: str = ""


class Box:
    """Things side by side: members of an object, elements of a list, cells of a row, pairs of a query.

    Attributes:
        parent: The box it lies in.
        index: Which one of the parent's things it is.
        names: Key of each thing; empty where things have no names.
        starts: Where each begins.
        ends: Where each ends.
        glued: Whether something stands between two of them (a comma, ``&``) that goes with one that is left out.
        listed: Whether it is an ordered list, so that a thing in it is an entry by itself.
        inside: Whether it lies in a text, which goes as a whole once nothing is left of it.
        gone: Which of its things are left out.
        path: Names for the pointer where it has no parent.
    """

    __slots__ = (
        "ends", "fix", "glued", "gone", "index", "inside", "listed", "names", "parent", "path", "starts",
    )  # fmt: skip

    def __init__(
        self,
        parent: Box | None = None,
        index: int = 0,
        *,
        glued: bool = True,
        listed: bool = False,
        inside: bool = False,
        path: tuple[str, ...] = (),
    ) -> None:
        self.parent = parent
        self.index = index
        self.names: list[str] = []
        self.starts: list[int] = []
        self.ends: list[int] = []
        self.glued = glued
        self.listed = listed
        self.inside = inside
        self.path = path
        self.gone: set[int] = set()
        #: What else is written anew when some are left out (the count before a map of MessagePack).
        self.fix: Callable[[Box], Cut] | None = None

    def add(self, start: int, end: int, name: str | None = None) -> int:
        """One thing more; its number."""
        self.starts.append(start)
        self.ends.append(end)
        if name is not None:
            self.names.append(name)
        return len(self.starts) - 1

    def name(self, index: int) -> str:
        """The key of a thing, or its number."""
        return self.names[index] if index < len(self.names) else str(index)

    def pointer(self, index: int) -> list[str]:
        """Keys and numbers from the outside to a thing."""
        out: list[str] = []
        box: Box = self
        while True:
            out.append(box.name(index))
            if box.parent is None:
                out.extend(reversed(box.path))
                break
            box, index = box.parent, box.index
        out.reverse()
        return out

    def cuts(self) -> list[Cut]:
        """What is left out of the text for the things that are gone, separators with them."""
        out: list[Cut] = []
        if not self.gone:
            return out
        if not self.glued:
            out = [Cut(self.starts[i], self.ends[i]) for i in sorted(self.gone)]
        else:
            size, i = len(self.starts), 0
            while i < size:
                if i not in self.gone:
                    i += 1
                    continue
                last = i
                while last + 1 < size and last + 1 in self.gone:
                    last += 1
                if last + 1 < size:
                    out.append(Cut(self.starts[i], self.starts[last + 1]))
                elif i:
                    out.append(Cut(self.ends[i - 1], self.ends[last]))
                else:
                    out.append(Cut(self.starts[i], self.ends[last]))
                i = last + 1
        if self.fix is not None:
            out.append(self.fix(self))
        return out


#: Where something is shown: a thing of a box, by its number.
Spot = tuple[Box, int]


class Tree:
    """What one body shows.

    Attributes:
        boxes: All of its boxes, outer ones first.
        shown: Where each thing that it says stands.
        whole: Free texts, which cannot be cut.
    """

    __slots__ = ("boxes", "shown", "whole")

    def __init__(self) -> None:
        self.boxes: list[Box] = []
        self.shown: dict[Shown, list[Spot]] = {}
        self.whole: list[str] = []

    def box(
        self,
        parent: Box | None = None,
        index: int = 0,
        *,
        glued: bool = True,
        listed: bool = False,
        inside: bool = False,
    ) -> Box:
        """A new box."""
        made = Box(parent, index, glued=glued, listed=listed, inside=inside)
        self.boxes.append(made)
        return made

    def show(self, thing: Shown, box: Box, index: int) -> None:
        """Note where something is said."""
        self.spots(thing).append((box, index))

    def spots(self, thing: Shown) -> list[Spot]:
        """Where something is said, to be added to."""
        rows = self.shown.get(thing)
        if rows is None:
            rows = self.shown[thing] = []
        return rows

    def moved(self, where: Callable[[int], int]) -> None:
        """Take all spans to where they stand in an outer text."""
        for box in self.boxes:
            box.starts = [where(at) for at in box.starts]
            box.ends = [where(at) for at in box.ends]

    def take(self, other: Tree) -> None:
        """Add what another tree of the same text shows."""
        self.boxes += other.boxes
        self.whole += other.whole
        for thing, spots in other.shown.items():
            self.shown.setdefault(thing, []).extend(spots)

    def raw(self, text: str, box: Box, number: int) -> str:
        """A thing as it stands in the text."""
        return text[box.starts[number] : box.ends[number]]

    def cuts(self) -> list[Cut]:
        """All that is left out, once a text of which nothing is left goes as a whole."""
        for box in reversed(self.boxes):
            if box.inside and box.gone and len(box.gone) == len(box.starts) and box.parent is not None:
                box.parent.gone.add(box.index)
        return merged(cut for box in self.boxes for cut in box.cuts())


def merged(cuts: Iterable[Cut]) -> list[Cut]:
    """Cuts in order, none in another."""
    out: list[Cut] = []
    for cut in sorted(cuts, key=lambda c: (c.start, -c.end)):
        if out and cut.start < out[-1].end:
            if cut.end > out[-1].end:
                out[-1] = Cut(out[-1].start, cut.end, out[-1].text + cut.text)
            continue
        out.append(cut)
    return out


def spliced(text: str, cuts: list[Cut]) -> str:
    """The text without what is cut out."""
    out: list[str] = []
    at = 0
    for start, end, instead in cuts:
        out.append(text[at:start])
        out.append(instead)
        at = end
    out.append(text[at:])
    return "".join(out)
