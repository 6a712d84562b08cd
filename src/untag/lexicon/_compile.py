"""The lexicon compiled for the sieve: literals to search, and what decides at each of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from untag.lexicon import _plain, _spell
from untag.lexicon._store import Hung

if TYPE_CHECKING:
    from untag.lexicon import Lexicon

__all__ = ["Tables"]


class Tables:
    """A lexicon compiled to plain lists: anchors to search, and what hangs on each.

    Every pattern of one word hangs on an anchor inside that word; a pattern of several words hangs on an anchor inside
    one of them, or on a rare word, which then becomes one; or else, where all its words are common, it is a phrase.
    """

    def __init__(self, lexicon: Lexicon, kind: str) -> None:
        """Compile.

        Args:
            lexicon: The forms.
            kind: ``text`` for what is searched everywhere, ``binary`` for what is searched in binaries besides,
                ``weak`` for what is searched beside gate words, ``near`` for these and the gate words, ``kin`` for all
                that is looked at in a binary.
        """
        made = {"text": _spell.patterns, "binary": _spell.strings, "weak": _spell.weak, "near": _spell.near,
                "kin": _spell.kin}  # fmt: skip
        every = made[kind](lexicon)
        self._lexicon, self._kind = lexicon, kind
        self._parts: set[tuple[int, tuple[bytes, ...]]] = set()
        self._index: dict[bytes, int] = {}
        #: Lengths of the anchors of single words, by their first four bytes.
        self._sizes: dict[bytes, list[int]] = {}
        self._exact: list[bytes | None] = []
        self._hung: list[list[Hung]] = []
        self._phrases: list[tuple[bytes, tuple[bytes, ...], bytes, bool, bytes, int]] = []
        for pattern in sorted(every, key=lambda p: (len(p.words[0]), p.words[0])):
            if len(pattern.words) == 1:
                self._single(pattern)
        for pattern in every:
            if len(pattern.words) > 1:
                self._several(pattern)

    def plain(self) -> dict[str, Any]:
        """All of it, fit for ``_store``."""
        brief, beside = _spell.pairs(self._lexicon) if self._kind == "text" else ([], [])
        folds = _plain.folds() if self._kind == "text" else {}
        return {
            "brief": brief,
            "beside": beside,
            "anchors": list(self._index),
            "exact": self._exact,
            "hung": [self._row(i) for i in range(len(self._exact))],
            "phrases": self._phrases,
            "parts": sorted(self._parts),
            "gates": self._gates(),
            "leads": _plain.leads(folds),
            "folds": folds,
        }

    def _gates(self) -> list[tuple[bytes, bool, bool, bool]]:
        if self._kind in {"weak", "near", "kin"}:
            return []
        return _spell.gates(self._lexicon, binary=self._kind == "binary")

    def _row(self, number: int) -> list[Hung] | None:
        """What hangs on an anchor; nothing where it is the anchor itself as it stands, which most are."""
        rows, exact = self._hung[number], self._exact[number]
        if exact is not None and [(row.offset, row.source) for row in rows] == [(0, re.escape(exact))]:
            return None
        return rows

    def _inside(self, word: bytes) -> tuple[int, int] | None:
        """The first anchor inside a word, with its offset."""
        for start in range(len(word) - 3):
            for size in self._sizes.get(word[start : start + 4], ()):
                number = self._index.get(word[start : start + size])
                if number is not None:
                    return number, start
        return None

    def _new(self, word: bytes, *, nocase: bool) -> int:
        number = self._index.setdefault(word.lower(), len(self._index))
        if number == len(self._exact):
            self._exact.append(None if nocase else word)
            self._hung.append([])
        return number

    def _single(self, pattern: _spell.Pattern) -> None:
        word = pattern.words[0]
        place = self._inside(word.lower())
        if place is None:
            place = self._new(word, nocase=pattern.nocase), 0
            sizes = self._sizes.setdefault(word[:4].lower(), [])
            if len(word) not in sizes:
                sizes.append(len(word))
        self._hang(pattern, 0, *place)

    def _several(self, pattern: _spell.Pattern) -> None:
        for k, word in enumerate(pattern.words):
            if (place := self._inside(word.lower())) is not None:
                self._hang(pattern, k, *place)
                return
        k, rare = _spell.handle(pattern)
        if rare or not pattern.nocase or not pattern.words[0].isascii():
            self._hang(pattern, k, self._new(pattern.words[k], nocase=pattern.nocase), 0)
        else:
            needle = pattern.words[k].lower()
            self._phrases.append((needle, pattern.words, pattern.join, pattern.nocase, pattern.source, pattern.span))

    def _hang(self, pattern: _spell.Pattern, k: int, number: int, offset: int) -> None:
        """Hang a pattern on an anchor at an offset inside its word ``k``."""
        here = pattern.words[k][offset:]
        exact = self._exact[number]
        # The anchor stands for both cases as soon as something on it does, or is written otherwise.
        if exact is not None and (not here.startswith(exact) or (pattern.nocase and exact.lower() != exact.upper())):
            self._exact[number] = None
        weight = sum(map(len, pattern.words))
        if len(pattern.words) > 1 and self._kind == "text":
            self._parts.add((number, pattern.words))
        words = tuple(word.lower() for word in pattern.words)
        self._hung[number].append(
            Hung(offset, weight, pattern.source, pattern.span, words)
            if k == 0
            else Hung(-1, weight, pattern.source, pattern.span, words, _spell.behind(pattern, k, offset))
        )
