"""NumPy arrays: fields of a structured type, and of texts labels and closed vocabularies; never a row.

Format: numpy.org, ``numpy.lib.format``.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from untag import spool
from untag.gap import Damaged, Gap, Opaque, Reason
from untag.readers import BinaryReader
from untag.readers._columns import Vocabulary, columns, glosses, members, personal
from untag.readers._lines import has_word, stem
from untag.syntax.pages import bytes_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.artifact import Artifact
    from untag.gap import Limits
    from untag.surface import Surface
    from untag.syntax.pages import Bytes

__all__ = ["NumpyReader"]

_MAGIC = b"\x93NUMPY"
_HEADER = 1 << 20
_TYPE = re.compile(r"([<>|=]?)([A-Za-z])(\d{0,9})")
_LABELS = re.compile(r"(?:class|label|categor|target|names?$|attribute|codes?$|legend)", re.IGNORECASE)
#: Fields, elements whose texts are looked at, and labels of one list.
_FIELDS, _ROWS, _LISTED, _DEPTH = 10_000, 100_000, 1000, 16


class _Field(NamedTuple):
    """A field: its name, where it lies in an element, and its type."""

    name: str
    at: int
    size: int
    kind: str
    order: str


class NumpyReader(BinaryReader):
    """Reads the header, and of texts as many as tell a vocabulary, in plain Python; objects are pickles."""

    name = "numpy"
    rank = 60
    rows = True
    starts = (_MAGIC,)
    limits = (
        "numbers are not looked at; texts are shown where they are labels or a closed vocabulary over 50 rows",
        "arrays of objects are read as the pickles that they are",
    )

    def read(self, artifact: Artifact, limits: Limits) -> Iterator[Surface | Artifact | Gap | Opaque]:
        """Fields, labels and vocabularies.

        Raises:
            Damaged: The header makes no sense.
        """
        place, owner = artifact.place.whole(), stem(artifact.name)
        with bytes_of(artifact) as data:
            wide = 2 if data[6:7] == b"\1" else 4
            size = int.from_bytes(data[8 : 8 + wide], "little")
            start = 8 + wide + size
            if size > _HEADER or start > len(data):
                raise Damaged("its header is cut off")
            descr, count = _said(data[8 + wide : start])
            if isinstance(descr, str) and descr.lstrip("<>|=").startswith("O"):
                yield from spool.extent(artifact, f"{owner}.pickle", start, artifact.size - start, limits)
                return
            found: list[_Field] = []
            width = _fields(descr, "", 0, found, 0)
            yield from columns(((f.name, f.kind) for f in found if f.name), place, owner, limits.surfaces)
            rows = min(count, (len(data) - start) // width if width else 0)
            if count * width > len(data) - start:
                lost = count * width - (len(data) - start)
                yield Gap(
                    place, Reason.DAMAGED, "numpy: it breaks off before its end", min(artifact.size, max(1, lost))
                )
            for one in found:
                if one.kind in "US" and one.size and not personal(one.name or owner):
                    yield from _texts(data, start, width, rows, one, artifact)
            yield Opaque("rows" if any(f.kind in "US" for f in found) else "numbers", max(0, len(data) - start))


def _said(raw: bytes) -> tuple[Any, int]:
    """The type and number of elements in a header."""
    try:
        head = ast.literal_eval(raw.decode("utf-8", "replace").strip())
        count = 1
        for size in head["shape"]:
            count *= int(size)
        return head["descr"], max(0, count)
    except (SyntaxError, ValueError, TypeError, KeyError, MemoryError, RecursionError, AttributeError) as error:
        raise Damaged("a header that makes no sense") from error


def _fields(descr: Any, name: str, at: int, found: list[_Field], depth: int) -> int:
    """Note the fields of a type; how many bytes it takes."""
    if depth > _DEPTH or len(found) > _FIELDS:
        raise Damaged("a type that is nested too deep")
    if isinstance(descr, str):
        made = _TYPE.match(descr)
        if made is None:
            raise Damaged("a type of no kind")
        size = int(made[3] or 0) * (4 if made[2] == "U" else 1)
        found.append(_Field(name, at, size, made[2], "big" if made[1] == ">" else "little"))
        return size
    if not isinstance(descr, list):
        raise Damaged("a type of no kind")
    start = at
    for part in descr:
        if not isinstance(part, tuple) or len(part) not in (2, 3):
            raise Damaged("a type of no kind")
        own = part[0][-1] if isinstance(part[0], tuple) and part[0] else part[0]
        size = _fields(part[1], f"{name}.{own}".lstrip("."), at, found, depth + 1)
        for times in part[2] if len(part) == 3 and isinstance(part[2], tuple) else ():
            size *= max(0, int(times))
        at += size
    return at - start


def _texts(data: Bytes, start: int, width: int, rows: int, one: _Field, artifact: Artifact) -> Iterator[Surface]:
    """Labels or the closed vocabulary of a field of texts."""
    encoding = ("utf-32-le" if one.order == "little" else "utf-32-be") if one.kind == "U" else "utf-8"
    seen, listed = Vocabulary(), []
    for row in range(0, rows, max(1, rows // _ROWS)):
        at = start + row * width + one.at
        text = data[at : at + min(one.size, 800)].decode(encoding, "replace").rstrip("\0")
        if rows <= _LISTED:
            listed.append(text)
        if not seen.add(text) and rows > _LISTED:
            return
    place, owner = artifact.place.whole(), stem(artifact.name)
    alone = not one.name
    if alone and listed and _LABELS.search(owner) and len(set(listed)) == len(listed):
        if all(has_word(t) and len(t) <= 80 for t in listed):
            yield from glosses([(str(i), t) for i, t in enumerate(listed)], owner, place, "")
        return
    yield from members(seen.values(named=bool(one.name)), one.name or "values", place, owner)
