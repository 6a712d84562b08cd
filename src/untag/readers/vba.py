"""Macros of office documents, old ones (doc, xls) and those packed into new ones (docm, xlsm): source by module."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from untag import spool
from untag.gap import Gap, Reason
from untag.readers import BinaryReader
from untag.readers._compound import MAGIC, holds
from untag.readers._library import FAILS
from untag.syntax import vba

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.artifact import Artifact
    from untag.gap import Limits

__all__ = ["VbaReader"]

#: Bytes that one module may unpack to, those of a project that are read and unpacked, and bytes of one stream.
_MODULE, _ALL, _STREAM = 16 << 20, 256 << 20, 64 << 20


class VbaReader(BinaryReader):
    """Takes the source of macros out of a compound file, each module as a member; nothing of it is run."""

    name = "vba"
    rank = 51
    starts = (MAGIC,)
    limits = (
        "only source is read: where it was taken away and compiled code was left, nothing is seen",
        "macros of old presentations (ppt) lie packed in the slides and are swept; forms are not read",
    )

    def knows(self, artifact: Artifact) -> bool:
        """A compound file with a storage for a project."""
        return artifact.head.startswith(MAGIC) and holds(artifact, "VBA") and holds(artifact, "dir")

    def read(self, artifact: Artifact, limits: Limits) -> Iterator[Artifact | Gap]:
        """Modules of each project."""
        place = artifact.place.whole()
        try:
            import olefile
        except ImportError:
            said = "macros of an office document: pip install 'untag[documents]' reads them"
            yield Gap(place.at(pointer="/VBA"), Reason.NEEDS, said)
            return
        with artifact.open() as file:
            try:
                book = olefile.OleFileIO(file)
                rows = book.listdir()[: limits.members]
            except FAILS as error:
                yield _broken(place, "/VBA", error)
                return
            names = {"/".join(row).lower(): row for row in rows}
            for row in rows:
                if len(row) > 1 and row[-1].lower() == "dir" and row[-2].lower() == "vba":
                    yield from _project(book, row[:-1], names, artifact, limits)


def _project(
    book: Any, home: list[str], names: dict[str, list[str]], artifact: Artifact, limits: Limits
) -> Iterator[Artifact | Gap]:
    path = "/".join(home)
    place = artifact.place.whole()
    try:
        found, page = vba.modules(vba.decompress(_stream(book, [*home, "dir"]), _MODULE))
    except FAILS as error:  # ``Broken`` among them
        yield _broken(place, f"/{path}/dir", error)
        return
    left = _ALL
    seen: set[tuple[str, int]] = set()
    for module in found:
        # Any number of modules may name one stream.
        if (mark := (module.stream.lower(), module.offset)) in seen:
            continue
        seen.add(mark)
        if left <= 0:
            yield Gap(place.at(pointer=f"/{path}"), Reason.LIMIT, "vba: more source than is unpacked of one project")
            break
        row = names.get(f"{path}/{module.stream}".lower())
        if row is None:
            yield Gap(place.at(pointer=f"/{path}"), Reason.DAMAGED, "vba: a module of the project is not there")
            continue
        gap, packed = None, b""
        try:
            packed = _stream(book, row)
            raw = vba.decompress(packed[module.offset :], _MODULE)
        except vba.Broken as error:
            raw, gap = error.part, _broken(place, f"/{path}/{module.name}", error)
        except FAILS as error:
            raw, gap = b"", _broken(place, f"/{path}/{module.name}", error)
        left -= max(len(raw), len(packed))
        name = spool.attached(f"{module.name}.bas")
        if raw:
            body = io.BytesIO(vba.text(raw, page).replace("\r\n", "\n").encode())
            yield from spool.member(artifact, f"{path}/{name}", body, limits, packed=artifact.size)
        if gap is not None:
            yield gap
    if not found:
        yield Gap(place.at(pointer=f"/{path}"), Reason.DAMAGED, "vba: a project without modules")


def _stream(book: Any, row: list[str]) -> bytes:
    with book.openstream(row) as stream:
        return bytes(stream.read(_STREAM))


def _broken(place: Any, pointer: str, error: BaseException) -> Gap:
    said = f"vba: cannot be followed ({type(error).__name__})"
    return Gap(place.at(pointer=pointer[:400]), Reason.DAMAGED, said)
