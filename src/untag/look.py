"""Looking at one artifact: everything that readers show of it, by the readers that a scan would choose.

A scan passes over what no word touches and keeps only what the judge needs. Whoever compares two states of a file asks
for all of it: what stands beside a name counts as much as the name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from untag import charset
from untag.artifact import Artifact
from untag.gap import Damaged, Gap, Reason
from untag.readers import formats, is_binary, signed, texts
from untag.surface import Surface

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from untag.gap import Limits
    from untag.readers import Reader

    #: Runs a step and says what it died of; ``Damaged`` passes through.
    Guard = Callable[[Callable[[], None]], str | None]

__all__ = ["View", "look"]


class View(Struct):
    """What readers show of an artifact.

    Attributes:
        readers: Names of those that read it.
        surfaces: In their order.
        members: Name and digest of what lies in it.
        by: For each of these, the reader that showed it: bytes may be two containers at once, as a tar is whose last
            member is a zip.
        gaps: What was not read.
        crash: What a reader died of.
    """

    readers: list[str] = field(default_factory=list)
    surfaces: list[Surface] = field(default_factory=list)
    members: list[tuple[str, str]] = field(default_factory=list)
    by: list[str] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    crash: str = ""

    def only(self, readers: Collection[str]) -> View:
        """The same with the members that some readers show."""
        rows = [row for row, by in zip(self.members, self.by, strict=True) if by in readers]
        return View(self.readers, self.surfaces, rows, [by for by in self.by if by in readers], self.gaps, self.crash)


def look(artifact: Artifact, limits: Limits, guard: Guard, inner: Callable[[Artifact], None] | None = None) -> View:
    """Everything that an artifact shows, as a scan without its sieve would see it.

    Args:
        artifact: What to look at; all of it is looked at, whatever its ``focus``.
        limits: Bounds.
        guard: As ``Guard``.
        inner: Is given each member while it can be read; without it members are named by their digest.
    """
    view = View()

    def ask(reader: Reader) -> bool:
        answer: list[bool] = []
        try:
            guard(lambda: answer.append(reader.knows(artifact)))
        except Damaged:
            return False
        return any(answer)

    text = charset.is_text(artifact.head)
    known = formats(artifact, ask) if not text or signed(artifact.head) else []
    if known:
        done: list[str] = []
        for reader in known:
            if reader.name not in done and _read(reader, artifact, limits, guard, view, inner):
                done += [reader.name, *(reader.covers if is_binary(reader) else ())]
        return view
    for one in texts(artifact, ask):
        if _read(one, artifact, limits, guard, view, inner):
            break
    return view


def _read(
    reader: Reader,
    artifact: Artifact,
    limits: Limits,
    guard: Guard,
    view: View,
    inner: Callable[[Artifact], None] | None,
) -> bool:
    """Run one reader; False where a lower one must read the artifact too."""
    view.readers.append(reader.name)

    def take() -> None:
        for item in reader.read(artifact, limits):
            if isinstance(item, Surface):
                view.surfaces.append(item)
                if len(view.surfaces) > limits.surfaces:
                    view.gaps.append(Gap(artifact.place, Reason.LIMIT, f"more than {limits.surfaces} surfaces"))
                    return
            elif isinstance(item, Gap):
                view.gaps.append(item)
            elif isinstance(item, Artifact):
                if inner is None:
                    view.members.append((item.place.chain[-1], item.digest))
                    view.by.append(reader.name)
                else:
                    item.depth, item.nest = artifact.depth + 1, artifact.nest
                    inner(item)

    try:
        crash = guard(take)
    except Damaged as broken:
        view.gaps.append(Gap(artifact.place, Reason.DAMAGED, broken.detail))
        return False
    view.crash = view.crash or (f"reader {reader.name}: {crash}" if crash is not None else "")
    return crash is None
