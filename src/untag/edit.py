"""What strip asks of a rewriter: targets in, a plan of edits out; the plain way to carry one out is to splice bytes."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from untag.artifact import Artifact
from untag.gap import Damaged
from untag.place import Place

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
    from typing import BinaryIO

    from untag.finding import Finding, Mark
    from untag.surface import Surface

__all__ = [
    "Blank", "Edit", "Listing", "Plan", "Proof", "Rewriter", "Target", "applied", "around", "beside", "merged",
    "splice",
]  # fmt: skip

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Target:
    """A finding that is to go, as far as it lies in one artifact.

    Attributes:
        finding: All that is known of it: key, owner, purpose, claims.
        marks: Its marks in that artifact, each with role, text, hits and place.
    """

    finding: Finding
    marks: tuple[Mark, ...]

    @property
    def key(self) -> str:
        """The finding's."""
        return self.finding.key

    @property
    def owner(self) -> str:
        """The thing that carries the tag."""
        return self.finding.owner


@dataclass(frozen=True, slots=True)
class Edit:
    """One step of a plan.

    Attributes:
        start: First byte that goes, in the artifact as it was; -1 for a step of a format that is written anew.
        end: The byte behind the last.
        new: What stands there instead: mostly nothing.
        safe: Whether what is left works as before for everything that does not ask for the tag.
        what: What goes, for people: ``the member "race"``. Never a value of a person.
        why: Where it is not safe, why.
        keys: Keys of the findings that it serves.
        names: Names that were declared there and are gone with it: what still refers to them is listed.
        data: What the rewriter that planned it needs to carry it out.
        run: Statements that do the same to a database made from the artifact; kept with the record, and never run.
        mates: Names of files beside the artifact that have to change with it, each with what it has to do (for
            ``Rewriter.follow``): either all of them are changed and proven, or none.
        lists: Of classes of a model that go: what all of them are called, in order, and the places of those.
        entry: Whether it takes an entry out of a list whose order may be that of a model's classes.
    """

    start: int
    end: int
    new: bytes = b""
    safe: bool = True
    what: str = ""
    why: str = ""
    keys: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    data: object = None
    run: str = ""
    mates: tuple[tuple[str, object], ...] = ()
    lists: tuple[tuple[tuple[str, ...], tuple[int, ...]], ...] = ()
    entry: bool = False


@dataclass(frozen=True, slots=True)
class Blank:
    """What a file beside an artifact has to do that holds numbers of it: those that went are overwritten or taken out.

    Attributes:
        spans: Bytes from and to, in order, none over another.
        whole: Where all of the artifact goes: why the file goes too.
        safe: As the edit that asks for it.
        why: As there.
        keys: As there.
        out: Whether they are taken out, so that the file is shorter; else zeros stand there.
    """

    spans: tuple[tuple[int, int], ...] = ()
    whole: str = ""
    safe: bool = True
    why: str = ""
    keys: tuple[str, ...] = ()
    out: bool = False


@dataclass(slots=True)
class Plan:
    """What a rewriter would do to one artifact.

    Attributes:
        edits: Its steps; strip takes out those that are not allowed before it has the plan carried out.
        kept: Key of each finding that stays, or stays in part, and why.
        masked: Key of each finding that is hidden and not taken out, and how.
        whole: Where nothing is left of the artifact: why the whole of it goes.
        beside: Files to be written beside the artifact, by name: a migration that is not run here.
        notes: What people must know of the plan: what it breaks, what it cannot reach.
        planned: What would go and is not written, since nothing here could prove it.
        secret: Whether the bytes may hold records of persons, so that no line of a diff is shown.
        data: What the rewriter needs to carry it out.
        name: Where what is left is written in another format: the name of the file that stands in its place. Nothing
            that its reader showed can then be compared; ``check`` proves all of it.
        mates: Where the whole artifact goes: files beside it that go or change with it, as those of an edit.
        fresh: Files beside it that were written anew with it, by name: where their bytes lie.
        bare: Whether the bytes are numbers alone, in which a reader sees text by chance: they are compared byte for
            byte, and not by what is read of them.
    """

    edits: list[Edit] = field(default_factory=list)
    kept: dict[str, str] = field(default_factory=dict)
    masked: dict[str, str] = field(default_factory=dict)
    whole: str = ""
    beside: dict[str, bytes] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    planned: list[str] = field(default_factory=list)
    secret: bool = False
    data: object = None
    name: str = ""
    mates: tuple[tuple[str, object], ...] = ()
    fresh: dict[str, str] = field(default_factory=dict)
    bare: bool = False

    def keep(self, targets: Iterable[Target], why: str) -> Plan:
        """The same, with targets that stay."""
        for target in targets:
            self.kept.setdefault(target.key, why)
        return self


@dataclass(frozen=True, slots=True)
class Proof:
    """What a comparison of an artifact before and after showed.

    Attributes:
        error: Why the rewritten artifact must not be used; nothing where it may.
        said: What was compared and how it came out, for people and the record.
        facts: The same for programs: digests, differences, versions.
    """

    error: str = ""
    said: tuple[str, ...] = ()
    facts: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Listing:
    """A list in a text that may name the classes of a model.

    Attributes:
        labels: As the list says them, in the order of their numbers.
        spans: Of each what stands for it, in characters.
        without: Of the places of some what goes with them, and what the numbers of the others are then: spans and new
            texts.
    """

    labels: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]
    without: Callable[[Collection[int]], list[tuple[tuple[int, int], str]]] = field(repr=False)


class Rewriter(Protocol):
    """What every file in the room of rewriters holds as ``<Name>Rewriter``.

    Attributes:
        name: The file's name.
        reads: Names of the readers whose surfaces it takes for targets.
        rank: Among those that know an artifact the highest rewrites it.
        limits: What it leaves, one sentence each; printed by ``untag explain`` and the docs.
        exact: Whether all bytes outside the edits stay as they are; False for a format that is written anew.
        inner: Whether it takes targets in what its reader shows as members too: a schema, a document of metadata.
        packs: Whether it writes containers anew, with other members (``pack``).
        names: Whether what stands in the place of a member may be called otherwise there: it lies beside it, and its
            place says its name.
    """

    name: str
    reads: tuple[str, ...]
    rank: int = 0
    limits: tuple[str, ...] = ()
    exact: bool = True
    inner: bool = False
    packs: bool = False
    names: bool = False

    def knows(self, artifact: Artifact) -> bool:
        """Whether it can rewrite an artifact that one of ``reads`` knows."""
        ...

    def plan(self, artifact: Artifact, targets: tuple[Target, ...]) -> Plan:
        """What to do so that the targets are gone; every target is served by an edit, or ``kept`` says why not.

        Raises:
            Damaged: The bytes do not keep to the format, so that nothing can be planned.
        """
        ...

    def follow(self, artifact: Artifact, orders: tuple[object, ...]) -> Plan:  # noqa: ARG002 - most files stand alone
        """What to do in a file so that what was planned for one beside it holds.

        Args:
            artifact: The file.
            orders: What the edits beside it say of this one.

        Raises:
            Damaged: It cannot be done; then nothing is done beside it either.
        """
        raise Damaged(f"untag does not change what the rewriter {self.name} takes together with other files")

    def mates(self, artifact: Artifact, plan: Plan) -> tuple[tuple[str, object], ...]:  # noqa: ARG002 - most need none
        """Files beside an artifact that have to change with all steps of a plan together, each with what it has to do.

        Raises:
            Damaged: One of them cannot.
        """
        return ()

    def parts(self, artifact: Artifact) -> frozenset[str]:  # noqa: ARG002 - most files are all of a thing
        """Names of files beside an artifact that hold a part of it, and change with it alone."""
        return frozenset()

    def listings(self, artifact: Artifact) -> list[Listing]:  # noqa: ARG002 - most formats hold no lists
        """The lists in a file that may name the classes of a model.

        Raises:
            Damaged: The bytes do not keep to the format.
        """
        return []

    def pack(self, artifact: Artifact, members: Mapping[str, Artifact | None]) -> Plan:
        """What to do so that a container holds other members.

        Args:
            artifact: The container.
            members: By the name that places show: what stands there instead, or None where it goes. Its own place says
                what that is called; only one of those that have ``names`` is given another name than there was.

        Raises:
            Damaged: It cannot be done.
        """
        raise NotImplementedError(f"{self.name} holds no members")

    def rewrite(self, artifact: Artifact, plan: Plan, out: BinaryIO) -> None:
        """Carry a plan out: write the artifact anew, without what the edits of the plan name.

        Raises:
            Damaged: It cannot be done; nothing that was written is used.
        """
        splice(artifact, plan.edits, out)

    def gone(self, surface: Surface, plan: Plan) -> bool:  # noqa: ARG002 - where bytes are cut, places tell it
        """Of a format that is written anew: whether a surface of the old artifact goes with the edits of a plan."""
        return False

    def becomes(self, surface: Surface, plan: Plan) -> Surface | None:
        """Of a format that is written anew: how a surface of the old artifact is shown in the new one; None if not."""
        return None if self.gone(surface, plan) else surface

    def check(self, before: Artifact, after: Artifact, plan: Plan) -> Proof:  # noqa: ARG002 - most formats need no more
        """What only this format can prove: other columns by digest, other outputs bit by bit.

        That nothing else reads differently, that the bytes outside the edits are the same and that the tag is not
        found again is proven for all formats by strip itself.
        """
        return Proof()


def merged(edits: Iterable[Edit]) -> list[Edit]:
    """Edits in order, none inside another and none over another; what is not at a place comes last, as it was."""
    placed: list[Edit] = []
    rest: list[Edit] = []
    for edit in edits:
        (rest if edit.start < 0 else placed).append(edit)
    out: list[Edit] = []
    for edit in sorted(placed, key=lambda e: (e.start, -e.end)):
        if not out or edit.start >= out[-1].end:
            out.append(edit)
            continue
        last = out[-1]
        keys = tuple(dict.fromkeys((*last.keys, *edit.keys)))
        inside = edit.end <= last.end
        # What is declared inside of something that goes is named by that, and by nobody else.
        within = inside and edit.start < edit.end and (edit.start, edit.end) != (last.start, last.end)
        names = last.names if within else tuple(dict.fromkeys((*last.names, *edit.names)))
        # What is put where a cut begins stands in its place; what is put into it goes with it.
        first = edit.new if edit.start == edit.end == last.start else b""
        out[-1] = replace(
            last,
            end=max(last.end, edit.end),
            new=first + last.new if inside else last.new + edit.new,
            safe=last.safe and (inside or edit.safe),
            what=last.what if inside else f"{last.what}, {edit.what}",
            why=last.why or ("" if inside else edit.why),
            keys=keys,
            names=names,
            run="\n".join(dict.fromkeys(filter(None, (last.run, edit.run)))),
            mates=tuple(dict.fromkeys((*last.mates, *edit.mates))),
            lists=tuple(dict.fromkeys((*last.lists, *edit.lists))),
            entry=last.entry or edit.entry,
        )
    return out + rest


def splice(artifact: Artifact, edits: Iterable[Edit], out: BinaryIO) -> None:
    """Copy an artifact but for what edits take out.

    Args:
        artifact: As it was.
        edits: At places in it, in order, none over another.
        out: Takes the result.
    """
    with artifact.open() as file:
        for start, end, new in _steps(edits, artifact.size):
            file.seek(start)
            left = end - start
            while left and (piece := file.read(min(left, _CHUNK))):
                out.write(piece)
                left -= len(piece)
            out.write(new)


def _steps(edits: Iterable[Edit], size: int) -> Iterator[tuple[int, int, bytes]]:
    """Spans that stay, each with what is put behind it."""
    at = 0
    for edit in edits:
        yield at, edit.start, edit.new
        at = edit.end
    yield at, size, b""


def applied(edits: Iterable[Edit], place: int) -> int | None:
    """Where a byte stands after edits; None where it is gone.

    Args:
        edits: In order, none over another.
        place: Offset before.
    """
    shift = 0
    for edit in edits:
        if place < edit.start:
            break
        if place < edit.end:
            return None
        shift += len(edit.new) - (edit.end - edit.start)
    return place + shift


def beside(artifact: Artifact, name: str) -> Artifact | None:
    """A file in the same folder.

    Args:
        artifact: An outermost one, or one of a container whose members were laid out; any other, and one that is all of
            the input, has none beside it.
        name: Its name, not a path.

    Returns:
        The file; None where there is none of that name, or it is a link.
    """
    if not artifact.file or name in ("", ".", "..") or any(sign in name for sign in "/\\\0") or not name.isprintable():
        return None
    path = os.path.join(os.path.dirname(artifact.file), name)  # noqa: PTH118, PTH120
    if os.path.islink(path) or not os.path.isfile(path):  # noqa: PTH113, PTH114
        return None
    folder = artifact.path.rpartition("/")[0]
    made = Artifact(
        Place((*artifact.place.chain[:-1], f"{folder}/{name}" if folder else name)),
        opener=lambda: open(path, "rb"),  # noqa: PTH123, SIM115
        size=os.stat(path).st_size,  # noqa: PTH116
        depth=artifact.depth,
    )
    made.file, made.nest, made.near, made.fixed = path, artifact.nest, artifact.near, artifact.fixed
    return made


def around(artifact: Artifact, *, deep: bool = False) -> list[str]:
    """Names of files and links in the same folder; sorted.

    Args:
        artifact: As for ``beside``: around one that has none beside it there is nothing.
        deep: Whether those in folders in it are named too (``folder/name``).
    """
    if not artifact.file:
        return []
    out: list[str] = []
    stack = [(os.path.dirname(artifact.file), "")]  # noqa: PTH120
    while stack:
        folder, before = stack.pop()
        with os.scandir(folder) as rows:
            for entry in rows:
                if not entry.is_dir(follow_symlinks=False):
                    out.append(before + entry.name)
                elif deep:
                    stack.append((entry.path, f"{before}{entry.name}/"))
    return sorted(out)
