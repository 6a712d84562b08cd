"""What a person read on a page that untag cannot read, bound to that page by its digest.

A transcript is a file of the user's own, named by a flag and never taken from an input. It is believed for the page
whose digest it names and for no other; the gap stays in the report, accepted, with who read the page.
"""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from untag.artifact import Transcript
from untag.config import nearest, tables
from untag.mistake import UntagError

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["load"]

_KEYS = ("digest", "text", "by", "date")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def load(names: Iterable[str]) -> tuple[Transcript, ...]:
    """The transcripts in some files.

    Args:
        names: TOML files: ``[[page]]`` with ``digest`` (as the gap tells it), ``text`` and ``by``; ``date`` may be left
            out.

    Raises:
        UntagError: A file cannot be read, a key is unknown or missing, or a page is told twice.
    """
    rows: dict[str, Transcript] = {}
    for name in names:
        where = f"transcript {name}"
        for key, value in tables(Path(name), "transcript").items():
            if key != "page" or not isinstance(value, list):
                raise UntagError(f"{where}: no such key {key!r}{nearest(key, ('page',))}")
            for number, row in enumerate(value, 1):
                made = _page(row, f"{where}: page {number}")
                if made.digest in rows:
                    raise UntagError(f"{where}: page {number}: another one has its digest")
                rows[made.digest] = made
    return tuple(rows[digest] for digest in sorted(rows))


def _page(row: Any, where: str) -> Transcript:
    if not isinstance(row, dict):
        raise UntagError(f"{where}: is no table")
    for key in row:
        if key not in _KEYS:
            raise UntagError(f"{where}: no such key {key!r}{nearest(key, _KEYS)}")
    for key in _KEYS[:3]:
        if not isinstance(row.get(key), str) or not row[key].strip():
            raise UntagError(f"{where}: {key} is missing")
    if not _DIGEST.fullmatch(row["digest"]):
        raise UntagError(f"{where}: digest is not sha256: and 64 digits")
    date = row.get("date", "")
    if not isinstance(date, (str, dt.date)):
        raise UntagError(f"{where}: date is no date")
    return Transcript(row["digest"], row["text"], " ".join(row["by"].split())[:200], str(date)[:40])
