"""PDF documents: text by page, outline, form, comments, titles and attached files; pictures are never looked at."""

from __future__ import annotations

import io
import logging
import re
from functools import partial
from typing import TYPE_CHECKING, Any

from untag import spool
from untag.gap import Gap, Reason
from untag.readers import BinaryReader
from untag.readers._library import FAILS
from untag.readers._transcript import Pages
from untag.surface import Kind, Role, Surface

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.artifact import Artifact
    from untag.gap import Limits, Opaque
    from untag.place import Place

__all__ = ["PdfReader"]

#: Pages, entries of the outline and fields that are looked at, and how deep an outline may nest.
_PAGES, _ENTRIES, _DEPTH = 20_000, 20_000, 32
#: Bytes of drawing instructions of one page, and of all together: they are followed in plain Python.
_PAGE, _ALL = 4 << 20, 128 << 20
#: Letters of a line from which on the next one may be its continuation, and of a paragraph.
_FULL, _PARAGRAPH = 40, 2000
_ENDS = re.compile(r"[.!?:;。！？：；]\s*$|^\s*[\d.]{1,8}\s*$")
#: A line that begins a new thing: a bullet, a number, a name with a capital behind a full stop.
_BEGINS = re.compile(r"\s*(?:[-*\u2022\u25cf\u00b7]|\d+[.)、]|[(\[【（])")
_WIDE = re.compile(r"[\u2e80-\u9fff\uac00-\ud7ff]")
#: What stands for a letter where a font does not say which it is.
_LOST = re.compile("[\ufffd\ue000-\uf8ff\x00-\x08\x0e-\x1f]")


class PdfReader(BinaryReader):
    """Reads PDF files with pypdf, which is plain Python and bounds what its filters unpack."""

    name = "pdf"
    rank = 50
    starts = (b"%PDF-",)
    limits = (
        "pictures are not read: a page without text but with a picture is a gap, unless a transcript tells it",
        "a font that does not say which letters it draws is a gap, unless a transcript tells the page",
        "what somebody filled into a form, and who wrote the document, is never shown",
        "scripts and XMP metadata are not read",
    )

    def knows(self, artifact: Artifact) -> bool:
        """The header, within the first KiB (ISO 32000-1, Annex H.3, implementation note 13)."""
        return b"%PDF-" in artifact.head[:1024]

    def read(self, artifact: Artifact, limits: Limits) -> Iterator[Surface | Artifact | Gap | Opaque]:
        """Titles, outline, pages, forms and attached files."""
        try:
            import pypdf
            from pypdf.errors import PyPdfError
        except ImportError:
            said = "a PDF document: pip install 'untag[documents]' reads it"
            yield Gap(artifact.place.whole(), Reason.NEEDS, said, artifact.size)
            return
        # The library tells damage to the log, with pieces of the document.
        logging.getLogger("pypdf").setLevel(logging.CRITICAL + 1)
        fails: tuple[type[Exception], ...] = (PyPdfError, *FAILS)
        with artifact.open() as file:
            try:
                book = pypdf.PdfReader(file)
                opened = not book.is_encrypted or _decrypted(book, artifact.nest.passwords)
                pages = min(len(book.pages), _PAGES + 1) if opened else 0
            except ImportError:
                said = "an encrypted PDF document: pip install 'untag[documents]' reads it"
                yield Gap(artifact.place.whole(), Reason.NEEDS, said, artifact.size)
                return
            except fails as error:
                said = f"pdf: cannot be followed ({type(error).__name__})"
                yield Gap(artifact.place.whole(), Reason.DAMAGED, said, artifact.size)
                return
            if not opened:
                said = "encrypted; --password opens it"
                yield Gap(artifact.place.whole(), Reason.ENCRYPTED, said, artifact.size)
                return
            yield from _Book(book, pages, artifact, limits, fails).run()


def _decrypted(book: Any, passwords: tuple[bytes, ...]) -> bool:
    """Whether a password opens it; many documents have an empty one and forbid only printing."""
    return any(book.decrypt(word) for word in ("", *passwords))


class _Book:
    def __init__(
        self, book: Any, pages: int, artifact: Artifact, limits: Limits, fails: tuple[type[Exception], ...]
    ) -> None:
        self.book, self.pages, self.artifact, self.limits, self.fails = book, pages, artifact, limits, fails
        self.place = artifact.place.whole()
        self.left = _ALL
        self.unread = Pages(artifact.nest.transcripts, self.place)

    def run(self) -> Iterator[Surface | Artifact | Gap | Opaque]:
        yield from self._safely("metadata", self._titles)
        yield from self._safely("outline", self._outline)
        for number in range(min(self.pages, _PAGES)):
            yield from self._safely(f"pages/{number + 1}", partial(self._page, number))
        if self.pages > _PAGES:
            yield Gap(self.place.at(pointer="/pages"), Reason.LIMIT, f"more than {_PAGES} pages; the rest was not read")
        yield from self._safely("form", self._form)
        yield from self._safely("attachments", self._attached)
        yield from self.unread.gaps(_ranges)

    def _safely(self, what: str, step: Any) -> Iterator[Any]:
        """What a part of the document shows; where it is damaged, a gap, and the others are read all the same."""
        try:
            yield from step()
        except ImportError:
            yield Gap(self.place.at(pointer=f"/{what}"), Reason.NEEDS, "pip install 'untag[documents]' reads it")
        except self.fails as error:
            said = f"pdf: cannot be followed ({type(error).__name__})"
            yield Gap(self.place.at(pointer=f"/{what}"), Reason.DAMAGED, said)

    def _titles(self) -> Iterator[Surface]:
        about = self.book.metadata or {}
        for key in ("/Title", "/Subject", "/Keywords"):
            if text := _text(about.get(key)):
                role = Role.HEADING if key == "/Title" else Role.PROSE
                yield Surface(role, text, self.place.at(pointer=f"/metadata{key}"))

    def _outline(self) -> Iterator[Surface | Gap]:
        waiting = [(self.book.outline, 0, "")]
        seen = 0
        while waiting:
            entries, depth, path = waiting.pop()
            for number, entry in enumerate(entries):
                seen += 1
                if seen > _ENTRIES:
                    yield Gap(self.place.at(pointer="/outline"), Reason.LIMIT, f"more than {_ENTRIES} entries")
                    return
                if isinstance(entry, list):
                    if depth < _DEPTH:
                        waiting.append((entry, depth + 1, f"{path}/{number}"))
                elif text := _text(getattr(entry, "title", None)):
                    spot = self.place.at(pointer=f"/outline{path}/{number}")
                    yield Surface(Role.HEADING, text, spot, text, Kind.SECTION)

    def _page(self, number: int) -> Iterator[Surface | Gap]:
        page = self.book.pages[number]
        spot = self.place.at(pointer=f"/pages/{number + 1}")
        contents = page.get_contents()
        size = len(contents.get_data()) if contents is not None else 0
        if size > _PAGE or size > self.left:
            yield Gap(spot, Reason.LIMIT, f"{size:,} bytes of drawing; the page was not read")
            return
        self.left -= size
        text = page.extract_text() if size else ""
        lost = len(_LOST.findall(text))
        unmapped = lost * 5 > len(text.split()) and lost > 4
        pictures = not text.strip() and _pictured(page)
        yield from self.unread.page(number + 1, page, pictures=pictures, unmapped=unmapped)
        owner = f"page {number + 1}"
        for line in paragraphs(_LOST.sub("\ufffd", text)):
            if any(map(str.isalnum, line)):
                yield Surface(Role.PROSE, line, spot, owner, Kind.SECTION)
        yield from self._remarks(page, spot, owner)

    @staticmethod
    def _remarks(page: Any, spot: Place, owner: str) -> Iterator[Surface]:
        for row in list(page.get("/Annots") or ())[:1000]:
            note = row.get_object()
            if note.get("/Subtype") != "/Widget" and (text := _text(note.get("/Contents"))):
                yield Surface(Role.COMMENT, text, spot, owner, Kind.SECTION)

    def _form(self) -> Iterator[Surface]:
        """Names, labels and choices of the fields; never what was filled in."""
        for name, row in list((self.book.get_fields() or {}).items())[:_ENTRIES]:
            bare = str(name)
            spot = self.place.at(pointer=f"/form/{bare}"[:400])
            yield Surface(Role.FIELD, bare, spot, "form", Kind.FORM)
            if text := _text(row.get("/TU")):
                yield Surface(Role.LABEL, text, spot, "form", Kind.FORM, about=bare)
            for at, choice in enumerate(list(row.get("/Opt") or row.get("/_States_") or ())[:1000]):
                shown = choice[-1] if isinstance(choice, list) and choice else choice
                if text := _text(shown).removeprefix("/"):
                    yield Surface(Role.MEMBER, text, spot, f"form.{bare}", Kind.LIST, value=str(at))

    def _attached(self) -> Iterator[Artifact | Gap]:
        for at, row in enumerate(self.book.attachment_list):
            if at >= self.limits.members:
                return
            name = _text(row.name) or f"attachment {at + 1}"
            data = bytes(row.content)
            yield from spool.member(self.artifact, name.replace("/", "_"), io.BytesIO(data), self.limits)


def _text(value: object) -> str:
    return str(value).strip()[:_PARAGRAPH] if isinstance(value, str) else ""


def _pictured(page: Any) -> bool:
    """Whether a page draws a picture."""
    resources = page.get("/Resources")
    things = resources.get_object().get("/XObject") if resources is not None else None
    rows = list(things.get_object().values())[:200] if things is not None else []
    return any(thing.get_object().get("/Subtype") == "/Image" for thing in rows)


def paragraphs(text: str) -> Iterator[str]:
    """The lines of a page; one that goes on in the next is one with it, so that a sentence stays whole.

    Args:
        text: As it was taken from the page.

    Returns:
        Texts without line ends, none empty, each of at most 2,000 characters and some.
    """
    kept = ""
    for line in text.splitlines():
        bare = " ".join(line.split())
        if not bare:
            if kept:
                yield kept
            kept = ""
            continue
        if kept and _goes_on(kept, bare):
            kept = kept[:-1] + bare if kept.endswith("-") and bare[:1].islower() else kept + _joint(kept, bare) + bare
            continue
        if kept:
            yield kept
        kept = bare
    if kept:
        yield kept


def _goes_on(line: str, following: str) -> bool:
    if len(line) >= _PARAGRAPH or _ENDS.search(line) or _BEGINS.match(following):
        return False
    long = len(line) >= _FULL or len(_WIDE.findall(line)) * 2 >= _FULL
    return long and (
        following[:1].islower() or _WIDE.match(following) is not None or line.endswith((",", "-", "，", "、"))
    )


def _joint(line: str, following: str) -> str:
    return "" if _WIDE.match(line[-1]) and _WIDE.match(following[0]) else " "


def _ranges(numbers: list[int]) -> str:
    """``1-3, 7`` of sorted numbers; at most twenty ranges."""
    rows: list[list[int]] = []
    for number in numbers:
        if rows and number == rows[-1][1] + 1:
            rows[-1][1] = number
        else:
            rows.append([number, number])
    said = [str(a) if a == b else f"{a}-{b}" for a, b in rows[:20]]
    return ", ".join(said) + (f" and {len(rows) - 20} more ranges" if len(rows) > 20 else "")
