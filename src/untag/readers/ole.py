"""OLE compound files: Word and PowerPoint of 1997 to 2003, attachments of Outlook messages, and embedded files.

Format: [MS-CFB], read with olefile, which is plain Python; [MS-DOC], [MS-PPT], [MS-OXMSG].
"""

from __future__ import annotations

import io
import re
import struct
from typing import TYPE_CHECKING, Any

from untag import spool
from untag.gap import Gap, Opaque, Reason
from untag.readers import BinaryReader
from untag.readers._compound import MAGIC, workbook
from untag.readers._lines import dense, has_word
from untag.surface import Kind, Role, Surface
from untag.syntax import worddoc

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.artifact import Artifact
    from untag.gap import Limits

__all__ = ["OleReader"]

_LONG = 2000
#: Points of a list at least, letters of one at most, and what a sentence ends with.
_POINTS, _POINT, _END = 3, 60, re.compile(r"[.!?;。！？；]$")
#: Times that all streams together may be as large as the file.
_OFTEN = 4
_FAILS: tuple[type[Exception], ...] = (
    ArithmeticError, AttributeError, IndexError, KeyError, MemoryError, OSError, RecursionError, TypeError, ValueError,
    struct.error,
)  # fmt: skip
#: A field's instructions, up to where its result begins.
_FIELD = re.compile("\x13[^\x13\x14\x15]*(?:\x14|(?=\x15))")
_ATTACHED = re.compile(r"__attach_version1\.0_#[0-9A-F]{8}")
#: An attachment's bytes, its long and its short name, the latter two in UTF-16 and in a code page.
_BODY, _NAMES = "__substg1.0_37010102", ("3707001F", "3707001E", "3704001F", "3704001E")


class OleReader(BinaryReader):
    """Reads what documents say, and takes out what is attached to messages and embedded in documents."""

    name = "ole"
    rank = 50
    rows = True  # letters; and of a damaged file it is not known whether it holds a table
    starts = (MAGIC,)
    limits = (
        "who wrote a document is never shown; what is written in a message is not looked at, by design",
        "pictures and charts of old documents are swept; macros are read by the reader of macros",
        "other compound files (installers, drawings, old Hangul documents) are gaps",
    )

    def knows(self, artifact: Artifact) -> bool:
        """The signature of a compound file, but for workbooks, which hold rows."""
        return artifact.head.startswith(MAGIC) and not workbook(artifact)

    def read(self, artifact: Artifact, limits: Limits) -> Iterator[Surface | Artifact | Gap | Opaque]:
        """What its streams say it is."""
        place = artifact.place.whole()
        try:
            import olefile
        except ImportError:
            said = "an OLE compound file (doc, ppt, msg …): pip install 'untag[documents]' reads it"
            yield Gap(place, Reason.NEEDS, said, artifact.size)
            return
        with artifact.open() as file:
            try:
                book = olefile.OleFileIO(file)
                names = {"/".join(row): row for row in book.listdir()[: limits.members]}
                yield from _File(book, names, artifact, limits).run()
            except _FAILS as error:
                said = f"ole: cannot be followed ({type(error).__name__})"
                yield Gap(place, Reason.DAMAGED, said, artifact.size)


class _File:
    def __init__(self, book: Any, names: dict[str, list[str]], artifact: Artifact, limits: Limits) -> None:
        self.book, self.names, self.artifact, self.limits = book, names, artifact, limits
        self.place = artifact.place.whole()
        self.left = _OFTEN * artifact.size + (1 << 20)
        #: Bytes that streams lack.
        self.short = 0

    def stream(self, name: str) -> bytes:
        """The bytes of a stream; nothing where it is not there.

        Raises:
            ValueError: All together are larger than the file, since they share their sectors.
        """
        if name not in self.names:
            return b""
        size = int(self.book.get_size(self.names[name]))
        self.left -= size
        if self.left < 0:
            raise ValueError("streams share their sectors")
        with self.book.openstream(self.names[name]) as stream:
            raw = bytes(stream.read())
        self.short += max(0, size - len(raw))
        return raw

    def run(self) -> Iterator[Surface | Artifact | Gap | Opaque]:
        if "WordDocument" in self.names:
            yield from self.document()
        elif "PowerPoint Document" in self.names:
            yield from self.presentation()
        elif "__properties_version1.0" in self.names:
            yield from self.message()
        elif "EncryptedPackage" in self.names:
            yield Gap(self.place, Reason.ENCRYPTED, "an encrypted office document", self.artifact.size)
        elif not any(row[-1] == "dir" and "VBA" in row[:-1] for row in self.names.values()):
            said = "a compound file of a kind that no reader knows; it was swept"
            yield Gap(self.place, Reason.UNKNOWN, said, self.artifact.size)
            return
        yield from self.beside()
        if self.short:
            yield Gap(self.place, Reason.DAMAGED, f"ole: streams break off; {self.short} bytes are not there", 1)

    def beside(self) -> Iterator[Artifact | Gap]:
        """Files that are embedded, and sheets."""
        rest = 0
        for name, row in self.names.items():
            if row[-1] in {"Package", "CONTENTS"}:
                body = self.stream(name)
                yield from spool.member(self.artifact, spool.shown(name), io.BytesIO(body), self.limits)
            elif row[-1] in {"Workbook", "Book"}:
                rest += int(self.book.get_size(row))
        if rest:
            said = "sheets in an old document: save it as docx or pptx to have them read"
            yield Gap(self.place, Reason.UNKNOWN, said, min(rest, self.artifact.size))

    def document(self) -> Iterator[Surface | Gap | Opaque]:
        stream = self.stream("WordDocument")
        name = worddoc.table(stream)
        if worddoc.encrypted(stream):
            yield Gap(self.place, Reason.ENCRYPTED, "an encrypted document of Word", self.artifact.size)
            return
        number = 0
        for part, text in worddoc.document(stream, self.stream(name)):
            for line in re.split(r"[\r\x0c\x0b\x07]", _FIELD.sub("", text)):
                number += 1
                bare = dense(re.sub(r"[\x00-\x1f]", "", line))
                if has_word(bare):
                    role = Role.COMMENT if part == "remarks" else Role.PROSE
                    spot = self.place.at(pointer=f"/{part}/{number}")
                    for start in range(0, len(bare), _LONG):
                        yield Surface(role, bare[start : start + _LONG], spot, part, Kind.SECTION)

    def presentation(self) -> Iterator[Surface | Gap]:
        """Of each slide its first text as a heading, and what else stands on it; points are a list."""
        seen: set[tuple[int, str]] = set()
        titles: dict[int, str] = {}
        for number, text in worddoc.slides(self.stream("PowerPoint Document")):
            lines = [dense(line) for line in re.split(r"[\r\n\x0b]", text)]
            lines = [line for line in lines if has_word(line) and (number, line) not in seen]
            seen.update((number, line) for line in lines)
            owner = titles.get(number, "")
            listed = len(lines) >= _POINTS and all(len(line) <= _POINT and not _END.search(line) for line in lines)
            role = Role.MEMBER if listed else Role.PROSE if number in titles else Role.HEADING
            if lines and number not in titles:
                titles[number] = owner = f"{lines[0][:80]} (slide {number})" if number else "master"
            for line in lines:
                spot = self.place.at(pointer=f"/slides/{number}")
                yield Surface(role, line[:_LONG], spot, owner, Kind.SECTION)

    def message(self) -> Iterator[Artifact | Gap | Opaque]:
        """What is attached, also to messages within it."""
        total = 0
        for number, (name, row) in enumerate(self.names.items(), 1):
            if row[-1] != _BODY or len(row) < 2 or _ATTACHED.fullmatch(row[-2]) is None:
                continue
            body = self.stream(name)
            total += len(body)
            inner = "".join(f"message {part[-8:]}/" for part in row[:-2] if _ATTACHED.fullmatch(part))
            shown = self.label("/".join(row[:-1])) or f"attachment {number}"
            yield from spool.member(self.artifact, inner + shown, io.BytesIO(body), self.limits)
        yield Opaque("correspondence", max(0, self.artifact.size - total))

    def label(self, folder: str) -> str:
        """The name of an attachment."""
        for kind in _NAMES:
            raw = self.stream(f"{folder}/__substg1.0_{kind}")
            name = spool.attached(raw.decode("utf-16-le" if kind.endswith("F") else "utf-8", "replace").strip("\0 "))
            if name:
                return name
        return ""
