"""Which finding of the one side is which of the other."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from untag.finding import Purpose

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from untag.diff.side import Chain, Item, Side

    #: What a finding is called for one way of pairing.
    Name = Callable[[Item], Hashable]

__all__ = ["Paired", "paired"]

#: Roles of names.
_DECLARED = frozenset({"column", "constant", "enum", "field", "function", "key", "member", "parameter", "type"})
#: What a tag is called that is half gone, or stood in for.
FADED = frozenset({Purpose.RESIDUE, Purpose.PROXY})


class Paired:
    """Findings of both sides, two and two.

    Attributes:
        same: At the same place.
        faded: In the same file, where NEW has only what is left of it or stands in for it.
        moved: Elsewhere, by all of its marks.
        apart: Elsewhere, by a name that is a tag alone; whether it is the same is not known yet.
        gone: Only in OLD.
        came: Only in NEW.
    """

    def __init__(self) -> None:
        """Nothing yet."""
        self.same: list[tuple[Item, Item]] = []
        self.faded: list[tuple[Item, Item]] = []
        self.moved: list[tuple[Item, Item]] = []
        self.apart: list[tuple[Item, Item]] = []
        self.gone: list[Item] = []
        self.came: list[Item] = []


def paired(old: Side, new: Side) -> Paired:
    """Pair the findings of two sides, the surest way first."""
    out = Paired()
    # By identity: findings of two files may be alike.
    left, right = {id(i): i for i in old.items}, {id(i): i for i in new.items}

    def take(into: list[tuple[Item, Item]], was: Name, now: Name) -> None:
        """Pair what has the same name, in order; None is no name."""
        table: dict[Hashable, list[Item]] = defaultdict(list)
        for item in reversed(right.values()):
            if (name := now(item)) is not None:
                table[name].append(item)
        for item in list(left.values()):
            name = was(item)
            if name is not None and table.get(name):
                into.append((left.pop(id(item)), right.pop(id(table[name].pop()))))

    take(out.same, lambda i: (old.level(i.place), i.key), lambda i: (new.level(i.place), i.key))
    take(out.same, lambda i: (old.level(i.place), i.owner), lambda i: (new.level(i.place), i.owner))
    faint: dict[Chain, list[Item]] = defaultdict(list)
    for item in right.values():
        if item.purpose in FADED:
            faint[new.level(item.place)].append(item)
    for item in [i for i in left.values() if i.standing and i.purpose not in FADED]:
        rows = faint.get(old.level(item.place), [])
        other = next((n for n in rows if id(n) in right and _fades(item, n)), None)
        if other is not None:
            out.faded.append((left.pop(id(item)), right.pop(id(other))))
    # What stands where NEW was not read is nowhere else, as far as anybody knows.
    unread = {n: i for n, i in left.items() if new.unread(old.level(i.place), past=i.past)}
    for number in unread:
        del left[number]
    for told in (_whole, _named, _texts):
        take(out.moved, told(old), told(new))
    _apart(out, left, right)
    left.update(unread)
    out.gone, out.came = [i for i in left.values() if i.standing], [i for i in right.values() if i.standing]
    return out


def _apart(out: Paired, left: dict[int, Item], right: dict[int, Item]) -> None:
    """Pair what is left by a single name that is a tag, whatever it lies in now; the most in common first."""
    table: dict[str, list[Item]] = defaultdict(list)
    for item in right.values():
        for text in _names(item):
            table[text].append(item)
    for item in [i for i in left.values() if i.standing]:
        rows = {id(o): o for text in sorted(_names(item)) for o in table.get(text, ()) if id(o) in right}
        mine = _names(item)
        best = min(rows.values(), key=lambda o: (-len(mine & _names(o)), o.place.sort), default=None)
        if best is not None:
            out.apart.append((left.pop(id(item)), right.pop(id(best))))


def _names(item: Item) -> set[str]:
    """The declared names in it that are tags."""
    return {s.text for s in item.signs if s.words and s.role in _DECLARED} if item.standing else set()


def _fades(item: Item, other: Item) -> bool:
    if other.purpose not in FADED:
        return False
    if other.purpose is Purpose.RESIDUE:
        return bool(item.terms & other.terms)
    return bool(item.owner) and _stem(item) == _stem(other)


def _stem(item: Item) -> str:
    """What the owner of a field lies in."""
    return item.owner.rpartition(".")[0] or item.owner


def _base(chain: Chain) -> str:
    return chain[-1].rpartition("/")[2]


def _signs(item: Item) -> frozenset[tuple[str, str]]:
    return frozenset((s.role, s.text) for s in item.signs)


def _whole(side: Side) -> Name:
    """A file of the same name elsewhere, the same owner and marks."""
    return lambda i: (_base(side.level(i.place)), i.owner, _signs(i)) if i.standing else None


def _named(side: Side) -> Name:  # noqa: ARG001 - the three are told alike
    """The same owner and marks in any file."""
    return lambda i: (i.owner, _signs(i)) if i.standing and i.owner else None


def _texts(side: Side) -> Name:
    """The same marks in the same file, in an owner of another name."""
    return lambda i: (side.level(i.place), _signs(i)) if i.standing else None
