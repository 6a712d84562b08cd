"""The compiled lexicon as JSON, which can hold nothing that runs: bytes stand as characters of Latin-1."""

from __future__ import annotations

import json
from typing import Any

__all__ = ["dump", "hung", "load"]


def dump(tables: dict[str, Any]) -> bytes:
    """Tables as bytes for the cache."""
    return json.dumps(_plain(tables), ensure_ascii=False, separators=(",", ":")).encode()


def load(raw: bytes) -> dict[str, Any]:
    """Tables out of the cache.

    What hangs on an anchor is turned back only where the anchor was hit: see ``hung``.

    Raises:
        ValueError, KeyError, TypeError, AttributeError: These are no tables.
    """
    tables: dict[str, Any] = json.loads(raw)
    return {
        "anchors": [_raw(anchor) for anchor in tables["anchors"]],
        "exact": [None if exact is None else _raw(exact) for exact in tables["exact"]],
        "hung": tables["hung"],
        "phrases": [
            (_raw(needle), tuple(map(_raw, words)), _raw(join), nocase, _raw(source), span)
            for needle, words, join, nocase, source, span in tables["phrases"]
        ],
        "parts": [(number, tuple(map(_raw, words))) for number, words in tables["parts"]],
        "gates": [(_raw(gate), nocase, left, right) for gate, nocase, left, right in tables["gates"]],
        "brief": [_raw(word) for word in tables["brief"]],
        "beside": [_raw(word) for word in tables["beside"]],
        "folds": {_raw(key): _raw(value) for key, value in tables["folds"] or ()},
    }


def hung(row: list[Any]) -> tuple[list[tuple[int, int, bytes]], list[tuple[int, bytes, int, bytes]]]:
    """What hangs on one anchor, as the compiler made it."""
    heads, tails = row
    return (
        [(offset, weight, _raw(source)) for offset, weight, source in heads],
        [(weight, _raw(source), span, _raw(quick)) for weight, source, span, quick in tails],
    )


def _raw(text: str) -> bytes:
    return text.encode("latin-1")


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
