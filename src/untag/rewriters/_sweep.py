"""A last look over the bytes of what was written: a name that was removed must stand nowhere in them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from untag.artifact import Artifact

__all__ = ["residue"]

_CHUNK = 8 << 20
#: A shorter name may stand in weights by chance.
_SHORT = 4
_WORD = rb"[0-9A-Za-z_]"


def residue(artifact: Artifact, names: Iterable[str]) -> str:
    """The first of some names that still stands in the bytes, in UTF-8 or UTF-16; nothing where none does.

    Args:
        artifact: What was written.
        names: What must be gone; a name inside a longer one is another name.
    """
    wanted = sorted({n for n in names if len(n) >= _SHORT})
    if not wanted:
        return ""
    forms = {n.encode("utf-8"): n for n in wanted} | {n.encode("utf-16-le"): n for n in wanted}
    longest = max(map(len, forms)) + 2
    rows = (rb"(?<!%b)%b(?!%b)" % (_WORD, re.escape(f), _WORD) for f in sorted(forms, reverse=True))
    pattern = re.compile(b"|".join(rows))
    rest = b""
    with artifact.open() as file:
        while piece := file.read(_CHUNK):
            window = rest + piece
            # A search for each form as it is takes a fraction of the time that the expression takes.
            near = any(form in window for form in forms)
            found = pattern.search(window, 1 if rest else 0) if near else None
            if found is not None and found.end() < len(window):
                return forms[found[0]]
            rest = window[-longest:]
        found = pattern.search(rest)
        return forms[found[0]] if found is not None else ""
