"""Label lists that hide in a text: JSON, a Python literal, or names in lines or between commas."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from untag.later import later
from untag.surface import Kind, Role, Surface

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.place import Place

__all__ = ["hidden", "told"]

_QUOTED = r"'(?:[^'\\\n]|\\.){0,200}'|\"(?:[^\"\\\n]|\\.){0,200}\""
_ENTRY = later(
    rf"\s*(?:(?P<key>{_QUOTED}|-?\d{{1,9}})\s*:\s*)?(?P<value>{_QUOTED}|-?\d[\d.eE+-]{{0,30}}|None|null|True|False|true|false)"
    r"\s*(?P<next>,|[\]})])"
)
_PLAIN = later(r"[^\W_][^\n,;|\t{}\[\]<>=]{0,60}")
#: Labels of one list, and characters of a text that are looked at.
_MOST, _LONG = 2000, 200_000


def hidden(text: str) -> list[tuple[str, str]]:
    """Labels in a text, each with the key it stands under.

    Args:
        text: For example ``{0: 'Asian', 1: 'Black'}``, ``["Asian", "Black"]``, ``Asian,Black,White``.

    Returns:
        (key, label) in order; a position is the key where there is none. Empty where the text is no list.
    """
    bare = text[:_LONG].strip().rstrip("\0")
    if not bare:
        return []
    if bare[0] in "{[(":
        return _literal(bare)
    if len(bare) > 20_000:
        return []
    for sign in ("\n", ",", ";", "|", "\t"):
        parts = [p.strip() for p in bare.split(sign)]
        parts = [p for p in parts if p]
        if len(parts) >= 2:
            # Several words to a part are a sentence, not a label.
            plain = len(parts) <= _MOST and all(_PLAIN.fullmatch(p) and p.count(" ") <= 3 for p in parts)
            return [(str(i), p) for i, p in enumerate(parts)] if plain else []
    return []


def _literal(bare: str) -> list[tuple[str, str]]:
    out: list[tuple[str, str]] = []
    at = 1
    keyed: bool | None = None
    while len(out) < _MOST:
        found = _ENTRY.match(bare, at)
        if found is None:
            break
        key, value = found["key"], found["value"]
        if keyed is None:
            keyed = key is not None
        if keyed != (key is not None):
            return []
        if value[0] in "'\"":
            out.append((_bare(key) if key else str(len(out)), _bare(value)))
        elif key is not None and key[0] in "'\"" and value.lstrip("-").isdigit():
            out.append((value, _bare(key)))
        at = found.end()
        if found["next"] != ",":
            return out
    # A list that is cut off is one still; other JSON has another reader.
    return out if len(out) >= 2 and not bare[at:].lstrip().startswith(("{", "[")) else []


def _bare(text: str) -> str:
    if text[0] in "'\"":
        text = text[1:-1]
    if "\\" not in text:
        return text
    return (
        re.sub(
            r"\\(?:u([0-9a-fA-F]{4})|(.))",
            lambda m: chr(int(m[1], 16)) if m[1] else {"n": "\n", "t": "\t"}.get(m[2], m[2]),
            text,
        )
        .encode("utf-8", "replace")
        .decode()
    )


def told(text: str, key: str, place: Place, owner: str, role: Role = Role.VALUE) -> Iterator[Surface]:
    """What a metadata entry shows: its key, and the labels in its text or the text.

    Args:
        text: The text under the key.
        key: The key.
        place: Where the entry stands.
        owner: What it belongs to.
        role: What a text is that holds no list.
    """
    yield Surface(Role.KEY, key[:400], place, owner, Kind.MODEL)
    labels = hidden(text)
    if len(labels) > 1:
        inner = f"{owner}.{key}".lstrip(".")[:400]
        for number, label in labels:
            yield Surface(Role.MEMBER, label[:400], place, inner, Kind.MODEL, "", number)
        return
    for line in text[:_LONG].split("\n"):
        for start in range(0, len(line), 3000):
            piece = line[start : start + 3000].strip()
            if piece:
                yield Surface(role, piece, place, owner, Kind.MODEL, key[:200])
