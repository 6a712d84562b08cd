"""A case: everything that one owner shows, with its neighbours and how far away each of them is."""

from __future__ import annotations

from collections import Counter
from enum import IntEnum
from typing import TYPE_CHECKING

from msgspec import Struct, field

from untag.surface import Kind, Role

if TYPE_CHECKING:
    from collections.abc import Iterable

    from untag.finding import Evidence, Hit, Mark
    from untag.place import Place
    from untag.surface import Surface

__all__ = [
    "BOUND", "DECLARED", "PICTURED", "PROSE", "USED", "Case", "Coding", "Conflict", "Entry", "Legend", "Scar",
    "Setting", "Tier",
]  # fmt: skip

#: Roles of things that a program, schema or dataset declares.
DECLARED = frozenset(
    {
        Role.TYPE, Role.ENUM, Role.MEMBER, Role.FIELD, Role.PARAMETER, Role.FUNCTION, Role.CONSTANT, Role.COLUMN,
        Role.KEY, Role.OPERATION, Role.OUTPUT,
    }
)  # fmt: skip
#: Roles of text that describes a declared thing.
BOUND = frozenset({Role.COMMENT, Role.ANNOTATION, Role.LABEL, Role.VALUE})
#: Roles of use.
USED = frozenset({Role.CONDITION, Role.CALL, Role.USE, Role.STRING, Role.IMPORT, Role.VALUE})
#: Roles of running text.
PROSE = frozenset({Role.PROSE, Role.HEADING})
#: Under what the context of a folder counts the pictures in folders by class; no family of the lexicon's.
PICTURED = "pictured"


class Tier(IntEnum):
    """How far away a neighbour is; nearer is larger."""

    NONE = 0
    PACKAGE = 1
    FILE = 2
    NEAR = 3
    CASE = 4


class Setting(Struct, frozen=True):
    """What surrounds a case: context families counted by how far away they stand.

    Attributes:
        case: Context hits by family among the surfaces of the same owner.
        near: The same within a few lines of a mark.
        file: The same in the whole artifact.
        package: The same, per thousand files and capped, for the package the artifact lies in.
        path: Context hits by family in the artifact's own path.
        terms: Distinct context terms by family in the artifact.
        prose: Whether the artifact is a document, not a program.
        confirmed: Terms that another case of the file or package has proven to be a tag there.
        sample: One example surface per family, to be shown as evidence.
    """

    case: Counter[str] = field(default_factory=Counter)
    near: Counter[str] = field(default_factory=Counter)
    file: Counter[str] = field(default_factory=Counter)
    package: Counter[str] = field(default_factory=Counter)
    path: Counter[str] = field(default_factory=Counter)
    terms: Counter[str] = field(default_factory=Counter)
    prose: bool = False
    confirmed: frozenset[str] = frozenset()
    sample: dict[str, Evidence] = field(default_factory=dict)

    def tier(self, *families: str, floor: int = 1) -> Tier:
        """How near the nearest of some families stands.

        Args:
            families: Context families.
            floor: How many hits the file must hold to count as ``FILE``.
        """
        if any(self.case[f] for f in families):
            return Tier.CASE
        if any(self.near[f] for f in families):
            return Tier.NEAR
        if sum(self.file[f] for f in families) >= floor or any(self.path[f] for f in families):
            return Tier.FILE
        if any(self.package[f] for f in families):
            return Tier.PACKAGE
        return Tier.NONE


class Entry(Struct, frozen=True):
    """One line of a legend.

    Attributes:
        key: The number or letters, normalised (``01`` is ``1``).
        terms: Peoples and classes the key stands for; one that is negated begins with ``!``; none for "unknown".
        mark: Where it stands; its text is the label.
    """

    key: str
    terms: tuple[str, ...]
    mark: Mark


class Legend(Struct, frozen=True):
    """A map from keys to peoples: an enum, a label map, or ``0=White,1=Black`` in a comment.

    Attributes:
        name: The thing whose values it explains.
        attribute: Family of the attribute it is bound to (``race``, ``ethnicity`` …), or an empty string.
        entries: In order of place.
        inline: Whether it stands in one text, not in a declared set.
    """

    name: str
    attribute: str
    entries: tuple[Entry, ...]
    inline: bool

    @property
    def known(self) -> tuple[Entry, ...]:
        """Entries that name a people or class."""
        return tuple(e for e in self.entries if e.terms)

    @property
    def peopled(self) -> bool:
        """Whether two of them are peoples or races by name, not mere colours."""
        return sum(any(h.kind == "group" for h in e.mark.hits) for e in self.entries) >= 2


class Coding(Struct, frozen=True):
    """A known code system that a case uses.

    Attributes:
        system: Its title.
        how: ``names``, ``letters``, ``numbers``, ``range`` or ``reference``.
        count: How many of its values are there; 0 where they are only referred to.
        size: How many it has.
        attribute: As of a legend.
        marks: What it rests on.
        coded: Whether names stand with the system's own codes.
        distinct: Whether the set alone proves an ethnic one.
    """

    system: str
    how: str
    count: int
    size: int
    attribute: str
    marks: tuple[Mark, ...]
    coded: bool = False
    distinct: bool = False


class Scar(Struct, frozen=True):
    """A mark that is not live.

    Attributes:
        mark: As found.
        live: The same as it would be if it were live.
        how: What makes it dormant: ``commented out``, ``reserved`` …
        whole: Whether the mark is only a remnant, or live all the same (a deprecated field).
    """

    mark: Mark
    live: Mark
    how: str
    whole: bool = True


class Conflict(Struct, frozen=True):
    """Two legends of one package that give a key different peoples.

    Attributes:
        own: The legend of this case.
        other: The other one.
        keys: Keys on which they disagree, sorted.
        shared: How many keys they share.
        same: Whether both are bound to the same attribute.
    """

    own: Legend
    other: Legend
    keys: tuple[str, ...]
    shared: int
    same: bool


class Case(Struct, frozen=True):
    """What one owner shows.

    Attributes:
        owner: Its dotted path; empty for the file itself.
        kind: What kind of thing it is.
        place: Place of the first mark.
        marks: Surfaces with terms in them, in order of place.
        siblings: Other surfaces of the same owner that declare something, at most a few dozen.
        size: How many declared surfaces the owner has, marked or not.
        setting: What surrounds it.
        path: Terms (context apart) in the artifact's path.
        cues: What points to a tag without being one: a model's layer, reserved bytes, a request for every attribute.
        legends: Maps from keys to peoples in it.
        codings: Known code systems in it.
        scars: Marks that are not live; those that are only remnants are not among ``marks``.
        conflicts: Its legends that another of the package contradicts.
        within: Context families in the path of keys it lies in (``alarmRules.[0].filter``), and ``attribute`` if one of
            them names one; sorted.
    """

    owner: str
    kind: Kind
    place: Place
    marks: tuple[Mark, ...]
    siblings: tuple[Surface, ...]
    size: int
    setting: Setting
    path: tuple[Hit, ...] = ()
    cues: tuple[Mark, ...] = ()
    legends: tuple[Legend, ...] = ()
    codings: tuple[Coding, ...] = ()
    scars: tuple[Scar, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    within: tuple[str, ...] = ()

    def marked(self, roles: Iterable[Role] | None = None, kinds: Iterable[str] | None = None) -> list[Mark]:
        """Marks of some roles that hold a hit of some kinds."""
        wanted = None if roles is None else frozenset(roles)
        sorts = None if kinds is None else frozenset(kinds)
        return [
            m
            for m in self.marks
            if (wanted is None or m.role in wanted) and (sorts is None or any(h.kind in sorts for h in m.hits))
        ]
