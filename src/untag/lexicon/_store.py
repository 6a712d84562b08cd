"""The compiled lexicon as JSON, which can hold nothing that runs: bytes stand as characters of Latin-1."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Hung", "Tables", "dump", "hung"]


def dump(tables: dict[str, Any]) -> bytes:
    """Tables as lines for the cache; what hangs on an anchor is a line of its own, since most of it is never read."""
    plain = _plain({**tables, "sizes": [len(anchor) for anchor in tables["anchors"]]})
    hung = ["" if row is None else _text(row) for row in plain.pop("hung")]
    return "\n".join([*(_text(plain[name]) for name in _NAMES), *hung]).encode()


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _raw(text: str) -> bytes:
    return text.encode("latin-1")


def _words(rows: list[str]) -> list[bytes]:
    return [_raw(row) for row in rows]


#: How each table is turned back.
_MAKE: dict[str, Callable[[Any], Any]] = {
    "anchors": _words,
    "exact": lambda rows: [None if row is None else _raw(row) for row in rows],
    "sizes": list,
    "phrases": lambda rows: [
        (_raw(needle), tuple(map(_raw, words)), _raw(join), nocase, _raw(source), span)
        for needle, words, join, nocase, source, span in rows
    ],
    "parts": lambda rows: [(number, tuple(map(_raw, words))) for number, words in rows],
    "gates": lambda rows: [(_raw(gate), nocase, left, right) for gate, nocase, left, right in rows],
    "brief": _words,
    "beside": _words,
    "leads": _raw,
    "folds": lambda rows: {_raw(key): _raw(value) for key, value in rows or ()},
}
_NAMES = tuple(_MAKE)


class Tables:
    """Tables out of the cache, each turned back when it is first asked for.

    Attributes:
        hung: A line for each anchor; see ``hung``.
    """

    def __init__(self, raw: bytes) -> None:
        """Take the bytes that ``dump`` gave.

        Raises:
            ValueError, TypeError: These are no tables.
        """
        lines = raw.split(b"\n")
        self.hung = lines[len(_NAMES) :]
        self._lines = dict(zip(_NAMES, lines, strict=False))
        self._made: dict[str, Any] = {}
        if len(self.hung) != len(self["sizes"]):
            raise ValueError("lines are missing")

    def __getitem__(self, name: str) -> Any:
        """A table by name."""
        if name not in self._made:
            self._made[name] = _MAKE[name](json.loads(self._lines[name]))
        return self._made[name]


class Hung(NamedTuple):
    """A pattern that hangs on an anchor.

    Attributes:
        offset: Of the anchor inside the first word; -1 where it stands in a later one.
        weight: Letters of all words: the pattern with the most is tried first.
        source: The regular expression that decides.
        span: Most bytes that an occurrence has.
        words: In lower case, what surely stands in an occurrence, but for the case.
        quick: What must stand before the anchor, read from right to left, where it stands in a later word.
    """

    offset: int
    weight: int
    source: bytes
    span: int
    words: tuple[bytes, ...]
    quick: bytes = b""


def hung(text: bytes) -> list[Hung]:
    """What hangs on one anchor, as the compiler made it."""
    return [
        Hung(offset, weight, _raw(source), span, tuple(map(_raw, words)), _raw(quick))
        for offset, weight, source, span, words, quick in json.loads(text)
    ]


def _plain(value: Any) -> Any:
    """Bytes as text, tuples as lists, a table of bytes as pairs."""
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        if any(isinstance(key, bytes) for key in value):
            return [[_plain(key), _plain(one)] for key, one in sorted(value.items())]
        return {key: _plain(one) for key, one in value.items()}
    return value
