"""What an artifact shows, as things in order: a name with its number, type and remarks, and what it holds."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from untag.surface import Role

if TYPE_CHECKING:
    from collections.abc import Iterable

    from untag.look import View
    from untag.surface import Kind, Surface

__all__ = ["DECLARED", "Page", "Thing", "twins"]

#: Roles of what has a name of its own among neighbours.
DECLARED = frozenset({
    Role.COLUMN, Role.CONSTANT, Role.ENUM, Role.FIELD, Role.FUNCTION, Role.KEY, Role.LABEL, Role.MEMBER, Role.OPERATION,
    Role.OUTPUT, Role.PARAMETER, Role.TYPE,
})  # fmt: skip
#: Roles of what is said of a thing.
_SAID = frozenset({Role.ANNOTATION, Role.COMMENT, Role.LABEL, Role.PROSE, Role.VALUE, Role.STRING})
#: Roles of text that uses names.
_USED = frozenset({Role.CALL, Role.CONDITION, Role.STRING, Role.USE, Role.IMPORT})
_HEADS = frozenset({Role.TYPE, Role.ENUM, Role.CONSTANT})
#: Names that are compared to find out what owners that went are called now.
_TRIED = 2_000_000


@dataclass(frozen=True, slots=True)
class Thing:
    """Something declared.

    Attributes:
        name: Its name.
        parent: Path of what it lies in.
        path: Its own, under which what it holds is found.
        surface: As the reader showed it.
    """

    name: str
    parent: str
    path: str
    surface: Surface


class Page:
    """The things of one artifact."""

    def __init__(self, view: View) -> None:
        """Put the surfaces in order."""
        self.view = view
        self.things: dict[str, list[Thing]] = defaultdict(list)
        self.said: dict[tuple[str, str], set[tuple[str, str]]] = defaultdict(set)
        self.used: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
        self.remarks: Counter[str] = Counter()
        self.kinds: dict[str, Kind] = {}
        self.names: set[str] = set()
        self._of: dict[int, Thing] = {}
        seen: set[tuple[str, str]] = set()
        for surface in view.surfaces:
            role, owner = surface.role, surface.owner
            self.kinds.setdefault(owner, surface.kind)
            if role in DECLARED:
                thing = _thing(surface)
                self._of[id(surface)] = thing
                self.names.add(thing.name)
                # What is declared several times (rows of data, overloads, a field and the set it is chosen from)
                # stands where it stood first.
                if (thing.parent, thing.name) not in seen:
                    seen.add((thing.parent, thing.name))
                    self.things[thing.parent].append(thing)
            if role in _SAID and surface.about:
                self.said[owner, surface.about].add((role.value, surface.text))
            if role in _USED:
                self.used[owner][role.value, surface.text] += 1
            if role is Role.COMMENT:
                self.remarks[surface.text] += 1

    def thing(self, surface: Surface) -> Thing | None:
        """The thing that a surface of this artifact declares."""
        return self._of.get(id(surface))

    def beside(self, parent: str) -> list[str]:
        """The names in one thing, in order."""
        return [t.name for t in self.things.get(parent, ())]

    @property
    def texts(self) -> Counter[tuple[str, str]]:
        """Everything in it, to be compared as a whole."""
        return Counter((s.role.value, s.text) for s in self.view.surfaces)


def _thing(surface: Surface) -> Thing:
    owner, name = surface.owner, surface.text
    if surface.role in _HEADS and (owner == name or owner.endswith("." + name)):
        return Thing(name, owner[: -len(name)].rstrip("."), owner, surface)
    return Thing(name, owner, f"{owner}.{name}" if owner else name, surface)


def twins(old: Page, new: Page) -> tuple[dict[str, str], bool]:
    """What each owner of the old page is called in the new one, where that can be told.

    One of the same path is the same. Else it is one that came, in the same parent, of the same kind, that holds most of
    the names; or, where none of its names is left, the only one between the same neighbours that holds as many.

    Returns:
        New paths by old ones, and whether some were not looked for, since too many went and came.
    """
    out: dict[str, str] = {"": ""}
    taken: set[str] = set()
    came: dict[tuple[str, Kind | None], dict[str, set[str]]] = defaultdict(dict)
    for other in new.things:
        if other not in old.things:
            came[other.rpartition(".")[0], new.kinds.get(other)][other] = set(new.beside(other))
    left = _TRIED
    for path in sorted(old.things, key=lambda p: (p.count("."), p)):
        if path in new.things:
            out[path] = path
            continue
        parent, _, last = path.rpartition(".")
        home = out.get(parent)
        if home is None or left <= 0:
            continue
        names = set(old.beside(path))
        best: tuple[int, str] | None = None
        for other, held in came.get((home, old.kinds.get(path)), {}).items():
            left -= 1 + min(len(names), len(held))
            if left <= 0:
                break
            if other in taken:
                continue
            shared = len(names & held)
            if 2 * shared >= len(names) and shared and (best is None or shared > best[0]):
                best = shared, other
        if best is None and left > 0:
            count = len(old.things[path])
            before, after = old.beside(parent), new.beside(home)
            left -= len(before) + len(after)
            found = _between(before, after, last)
            rows = [f"{home}.{n}" if home else n for n in found]
            rows = [r for r in rows if len(new.things.get(r, ())) == count and r not in old.things]
            if len(rows) == 1:
                best = 0, rows[0]
        if best is not None:
            out[path] = best[1]
            taken.add(best[1])
    return out, left <= 0


def _between(before: Iterable[str], after: Iterable[str], name: str) -> list[str]:
    """The names that came between the neighbours of one that went."""
    old, new = list(before), list(after)
    if name not in old:
        return []
    low, high = bounds(old, new, old.index(name))
    known = set(old)
    return [n for n in new[low:high] if n not in known]


def bounds(old: list[str], new: list[str], at: int) -> tuple[int, int]:
    """Where in a new list something would stand that stood at a place of the old one: behind and before whom."""
    spots = {n: i for i, n in reversed(list(enumerate(new)))}
    left = next((spots[n] for n in reversed(old[:at]) if n in spots), -1)
    right = next((spots[n] for n in old[at + 1 :] if n in spots), len(new))
    return (left + 1, right) if left < right else (0, 0)
