"""Pages that no reader can read, and what a person read on them: one is bound to the other by the page's digest."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from untag.gap import Gap, Reason
from untag.readers._lines import pieces
from untag.surface import Kind, Role, Surface

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from untag.artifact import Transcript
    from untag.place import Place

__all__ = ["Pages", "digest"]

_PICTURES = "pages with pictures and no text; pictures are not read"
_UNMAPPED = "pages in fonts that do not say which letters they draw"
#: What shows on a page, and how much of it.
_DRAWN = ("/Contents", "/Resources", "/MediaBox", "/CropBox", "/Rotate", "/UserUnit")
#: Things of one page that go into its digest.
_THINGS = 100_000
_ADVICE = "with --transcript FILE a person tells what stands there"


def digest(page: Any, packed: dict[tuple[int, int], bytes] | None = None) -> str:
    """The digest of a page of PDF: over what it draws, and the pictures, fonts and forms that it draws with.

    Args:
        page: A page of pypdf.
        packed: Digests of streams that several pages share, by their numbers in the document.

    Returns:
        ``sha256:`` and 64 digits. Streams go in as they lie in the file, dictionaries in the order of their keys; where
        the page stands in the document, and in which file, does not go in. Nothing for a page of too many things: what
        is left out of a digest could be changed.
    """
    made = hashlib.sha256(b"untag.page/1\n")
    known = {} if packed is None else packed
    waiting: list[tuple[str, Any]] = [(key, page.get(key)) for key in reversed(_DRAWN)]
    seen: dict[tuple[int, int], int] = {}
    for _ in range(_THINGS):
        if not waiting:
            return f"sha256:{made.hexdigest()}"
        key, thing = waiting.pop()
        mark = (int(getattr(thing, "idnum", -1)), int(getattr(thing, "generation", 0)))
        if mark[0] >= 0:
            # What several parts refer to, or what refers to itself, goes in once; after that, which of them it is.
            if mark in seen:
                made.update(f"{key} again {seen[mark]}\n".encode("utf-8", "replace"))
                continue
            seen[mark] = len(seen)
            thing = thing.get_object()
        if isinstance(thing, dict):
            rows = sorted(((str(k), v) for k, v in thing.items() if k != "/Parent"), key=lambda row: row[0])
            made.update(f"{key} dictionary {len(rows)}\n".encode("utf-8", "replace"))
            waiting += reversed(rows)
            if isinstance(raw := getattr(thing, "_data", None), bytes):
                if mark not in known:
                    known[mark] = hashlib.sha256(raw).digest()
                made.update(known[mark])
        elif isinstance(thing, list):
            made.update(f"{key} list {len(thing)}\n".encode("utf-8", "replace"))
            waiting += [(str(at), part) for at, part in reversed(list(enumerate(thing)))]
        else:
            text = str(thing)
            made.update(f"{key} text {len(text)} {text}\n".encode("utf-8", "replace"))
    return ""


class Pages:
    """Notes the pages of one document that cannot be read.

    Args:
        transcripts: What persons read; None where nobody asks for digests.
        place: The document.
    """

    def __init__(self, transcripts: tuple[Transcript, ...] | None, place: Place) -> None:
        self._told = None if transcripts is None else {row.digest: row for row in transcripts}
        self._place = place
        self._packed: dict[tuple[int, int], bytes] = {}
        self._unread: dict[str, list[tuple[int, str]]] = {_PICTURES: [], _UNMAPPED: []}

    def page(self, number: int, page: Any, *, pictures: bool, unmapped: bool) -> Iterator[Surface | Gap]:
        """A page by its number: what a person read on it, if anybody did; else it is noted.

        Args:
            number: From 1.
            page: A page of pypdf.
            pictures: Whether it has pictures and no text.
            unmapped: Whether its letters are not told.
        """
        mark = digest(page, self._packed) if self._told is not None else ""
        row = (self._told or {}).get(mark)
        if row is not None:
            spot = self._place.at(pointer=f"/pages/{number}/transcript")
            for line in row.text.splitlines():
                for _, piece in pieces(" ".join(line.split())):
                    yield Surface(Role.PROSE, piece, spot, f"page {number}", Kind.SECTION)
            when = f" on {row.date}" if row.date else ""
            said = f"page {number} is told by a transcript of {row.by}{when}, bound to {mark}"
            yield Gap(spot, Reason.UNKNOWN, said, accepted=True, why=f"a transcript of {row.by}")
        elif pictures or unmapped:
            self._unread[_PICTURES if pictures else _UNMAPPED].append((number, mark))

    def gaps(self, ranges: Callable[[list[int]], str]) -> Iterator[Gap]:
        """One gap for all pages of a kind, or one for each where its digest is asked for."""
        for said, reason in ((_PICTURES, Reason.UNKNOWN), (_UNMAPPED, Reason.UNDECODABLE)):
            rows = self._unread[said]
            if self._told is not None:
                for number, mark in rows:
                    bound = f"({mark})" if mark else "(too many parts for a digest)"
                    yield Gap(self._place.at(pointer=f"/pages/{number}"), reason, f"{said}: {number} {bound}")
            elif rows:
                spot = self._place.at(pointer=f"/pages/{rows[0][0]}")
                yield Gap(spot, reason, f"{said}: {ranges([n for n, _ in rows])}; {_ADVICE}")
