"""Lines of text that one expression takes apart a block at a time: what makes long logs cheap."""

from __future__ import annotations

import re
from collections import Counter
from itertools import compress
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from untag.exposure.format import Block, Lines, Many, paged
from untag.exposure.row import SAFE, Rejected, Who
from untag.exposure.tally import DAY

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from untag.exposure.format._column import Bools, Ints, Page

__all__ = ["FIRST_LINE", "TEXT", "Swift", "Told", "alike", "beside", "number", "request", "unescaped"]

#: A quoted text; and for a block a first line as most clients send it, of which ``request`` would take every one.
TEXT = rb'(?:[^"\\\n]|\\.)*'
FIRST_LINE = rb'"(?P<first>[A-Z]{1,32}+ [!#-\[\]-~]++ HTTP/[\d.]++)"'
_SAFE = tuple(f"{method} ".encode() for method in sorted(SAFE))
#: A first line of which the digits are zeros.
_FIRST = re.compile(FIRST_LINE[1:-1].replace(b"?P<first>", b""))
_GROUPS = ("who", "minute", "zone", "first", "none", "rest")
_REQUEST = re.compile(r"([A-Za-z!#$%&'*+.^_`|~0-9-]{1,32}) (\S+)(?: HTTP/[\d.]+)?")
_ESCAPED = re.compile(r'\\(?:x([0-9A-Fa-f]{2})|(["\\/bnrtvf]))')
_SIGNS = {"b": "\b", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "f": "\f"}


def unescaped(raw: bytes) -> str:
    r"""A text of such a log: ``\xHH`` and ``\"`` undone, UTF-8 where it is that."""
    text = raw.decode("utf-8", "surrogateescape")
    if "\\" not in text:
        return text
    made = _ESCAPED.sub(lambda m: chr(int(m[1], 16)) if m[1] else _SIGNS.get(m[2], m[2]), raw.decode("latin-1"))
    return made.encode("latin-1", "replace").decode("utf-8", "surrogateescape")


def number(said: bytes) -> int:
    """A status or a size as such logs write it, where ``-`` is none; what no size can be is cut."""
    return 0 if said == b"-" else int(said[:18])


def request(text: str) -> tuple[str, str]:
    """Method and target of a first line.

    Raises:
        Rejected: It is none.
    """
    found = _REQUEST.fullmatch(text)
    if found is None:
        if text in {"", "-"}:
            return "GET", "/"  # the client said nothing
        raise Rejected("the first line of the request is none of HTTP")
    target = found[2]
    if "://" in target[:12]:
        target = "/" + target.partition("://")[2].partition("/")[2]
    return found[1].upper(), target


def alike(made: Block, counts: Iterable[tuple[Who, int, bool, int]]) -> None:
    """Count rows that are alike.

    Args:
        made: What they are added to.
        counts: Who asked, a time to the minute, whether there was no body, and how many such rows there are.
    """
    known: dict[tuple[Who, int, bool], list[int]] = {}
    for who, time, nothing, count in counts:
        made.minutes.add(time)
        key = who, time // DAY, nothing
        row = known.get(key)
        if row is None:
            known[key] = [time, time, count]
            continue
        if time < row[0]:
            row[0] = time
        elif time > row[1]:
            row[1] = time
        row[2] += count
    made.rows.extend(
        Many(who, day, first, last, nothing, count) for (who, day, nothing), (first, last, count) in known.items()
    )


def beside(made: Block, numbers: Sequence[int], more: Block) -> Block:
    """What was counted, and besides what was counted of other lines.

    Args:
        made: Where it is added.
        numbers: Of the other lines.
        more: What they say.
    """
    made.rows.extend(more.rows)
    made.minutes.update(more.minutes)
    for why, (count, *some) in more.rejected.items():
        made.rejected[why] = [count, *(numbers[place] for place in some)]
    if made.numbers is not None:
        return made._replace(blank=more.blank, texts=more.texts, numbers=numbers)
    for place, said in zip(numbers, more.texts, strict=True):
        made.texts[place] = said
    return made._replace(blank=more.blank)


class Told(NamedTuple):
    """What columns of some lines say.

    Attributes:
        rows: Numbers of the lines.
        good: Which of them are told; the others are left to the expression.
        who: Of each who asked, as a number in ``askers``.
        askers: Who they are.
        times: Of each its time to the minute.
        none: Whether its response had no body.
        at: Where the first line of its request begins, without the quote.
        size: Bytes of that.
    """

    rows: Ints
    good: Bools
    who: Ints
    askers: list[Who]
    times: Ints
    none: Bools
    at: Ints
    size: Ints


class Swift(Lines):
    r"""A format with an expression for blocks besides ``row`` for a line, and columns for what most lines are.

    Attributes:
        signs: Bytes by whose places ``columns`` takes lines apart.
        block: Matches each line with its line break (``(?:…|(?P<rest>[^\n]*+))\n``): a line that is written otherwise
            than most comes through as ``rest``, and is asked for by ``row``; of what it takes ``row`` says the same.
            Its other groups: ``who`` asked; the time to the ``minute``; the ``zone``; the ``first`` line of the
            request; ``none``, something where the response had no body.
    """

    block: ClassVar[re.Pattern[bytes]]
    signs: ClassVar[bytes] = b'"'

    def stamp(self, minute: bytes, zone: bytes) -> int | None:
        """A time to the minute, in seconds since 1970; None where it is none."""
        raise NotImplementedError

    def asker(self, raw: bytes) -> Who:
        """Who asked."""
        raise NotImplementedError

    def columns(self, page: Page) -> Told:
        """Lines that are written as most are: of each what ``block`` says of it."""
        raise NotImplementedError

    def many(self, block: bytes) -> Block:
        """As for ``Lines``: most lines as columns, where there are enough; the rest by the expression."""
        page = paged(block, self.signs)
        if page is None:
            return self.expressed(block)
        from untag.exposure.format._column import counted

        told = self.columns(page)
        first = page.distinct(told.at, told.size, shaped=True)
        good = told.good & first.matching(_FIRST.fullmatch)
        seen = first.holding([text.startswith(b"HEAD ") for text in first.values])
        seen |= told.none & first.holding([text.startswith(_SAFE) for text in first.values])
        made = Block([], set(), {}, 0, [], (), (), page, ())
        counted(made, told.who[good], told.askers, told.times[good], seen[good])
        rows = told.rows[good]
        first = first._replace(codes=first.codes[good])
        made = made._replace(alike=(page.alike(rows, first, told.at[good], told.size[good]),))
        rest = page.others(rows)
        if not rest:
            return made
        more = self.expressed(b"\n".join(map(page.__getitem__, rest)) + b"\n")
        return beside(made, rest, more)

    def expressed(self, block: bytes) -> Block:
        """As ``many``, by the expression: columns are counted as a whole, in few steps a row."""
        rows = self.block.findall(block if block.endswith(b"\n") else block + b"\n")
        if not rows:
            return Block([], set(), {}, 0, [])
        groups = list(zip(*rows, strict=True))
        whos, minutes, zones, firsts, none, rest = (groups[self.block.groupindex[name] - 1] for name in _GROUPS)
        made = Block([], set(), {}, 0, list(firsts))
        seen = self._seen(firsts, none, head=b'"HEAD ' in block)
        often = Counter(zip(whos, minutes, zones, seen, strict=True))
        both = {(minute, zone) for _, minute, zone, _ in often}
        stamps = {stamp: self.stamp(*stamp) if stamp[0] else None for stamp in both}
        if None in stamps.values():
            odd = [n for n, stamp in enumerate(zip(minutes, zones, strict=True)) if stamps[stamp] is None]
            lines = block.split(b"\n")
            for number in odd:
                made.texts[number] += rest[number]
            made = self._slow(made, [(number, lines[number]) for number in odd])
        askers: dict[bytes, Who] = {}
        counts: list[tuple[Who, int, bool, int]] = []
        for (raw, minute, zone, nothing), count in often.items():
            time = stamps[minute, zone]
            if time is None:
                continue
            who = askers.get(raw)
            if who is None:
                who = askers[raw] = self.asker(raw)
            counts.append((who, time, nothing, count))
        alike(made, counts)
        return made

    @staticmethod
    def _seen(firsts: Sequence[bytes], none: Sequence[bytes], *, head: bool) -> list[bool]:
        """Of each row whether neither request nor response had a body."""
        if head:
            return [
                first.startswith(b"HEAD ") or (bool(said) and first.startswith(_SAFE))
                for first, said in zip(firsts, none, strict=True)
            ]
        seen = [False] * len(none)
        for number in compress(range(len(none)), none):
            seen[number] = firsts[number].startswith(_SAFE)
        return seen

    def _slow(self, made: Block, lines: Iterable[tuple[int, bytes]]) -> Block:
        """Lines that are written otherwise than most."""
        blank = 0
        for number, line in lines:
            try:
                row = self.row(line) if line else None
                if row is None:
                    blank += 1
                    continue
                time = row.time - row.time % 60 if row.time is not None else None
            except Rejected as error:
                made.reject(str(error), number)
                continue
            seen = row.nothing and row.method in SAFE
            made.rows.append(Many(row.who, None if time is None else time // DAY, time, time, seen, 1))
            if time is not None:
                made.minutes.add(time)
        return made._replace(blank=blank)
