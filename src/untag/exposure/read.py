"""Reads a log, or a range of one: sweeps its bytes for words, counts its rows, judges those that say something."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from itertools import compress, count
from operator import itemgetter
from typing import TYPE_CHECKING

from ahocorasick_rs import BytesAhoCorasick

from untag.exposure.format import Capture, Lines
from untag.exposure.hear import Ear
from untag.exposure.name import Customer
from untag.exposure.route import Routes
from untag.exposure.row import FAULTS, SAFE, Rejected
from untag.exposure.tally import BODIES, CUSTOMERS, Part, Person, Spot
from untag.exposure.unpack import LONGEST, Cut, blocks

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import BinaryIO

    from untag.exposure.artefact import Artefacts
    from untag.exposure.format import Block, Format
    from untag.exposure.name import Names
    from untag.exposure.row import Body, Row
    from untag.guard.policy import Policy
    from untag.lexicon.sieve import Sieve

__all__ = ["OTHERS", "Log", "Reader"]

#: What customers without evidence are counted as, beyond those that are told one by one.
OTHERS = Customer("others")
_SEEN, _ABSENT = BODIES.index("seen"), BODIES.index("absent")
#: Lines that the words of the lexicon may stand in otherwise than as they are: escapes, and beyond ASCII. By a byte
#: that such a line has, so that most blocks cost no more than a look for it.
_ODD = (
    (b"%", re.compile(rb"%[0-9A-Fa-f]{2}[^\n]*")),
    (b"\\", re.compile(rb"\\[uUx][^\n]*")),
    (b"&#", re.compile(rb"&#[^\n]*")),
)
#: Digits are alike where texts are told apart: forms of the lexicon with several of them are looked for besides.
_DIGITS = bytes.maketrans(b"123456789", b"000000000")
#: Places of which each line is counted up to by itself.
_FEW = 500
#: Texts that are remembered, their digits alike.
SHAPES = 100_000
#: Objects and lists in a body that is not looked at closer.
_FLAT = 40
#: Who a row of ``Many`` is of.
_WHOM = itemgetter(0)
_BEYOND = re.compile(rb"[\x80-\xff][^\n]*")


def _lines(block: bytes, places: list[int]) -> set[int]:
    """Numbers of the lines in which some places are."""
    if len(places) < _FEW:
        out: set[int] = set()
        number = last = 0
        for at in sorted(places):
            number += block.count(b"\n", last, at)
            last = at
            out.add(number)
        return out
    starts = [0, *(found.end() for found in re.finditer(rb"\n", block))]
    return {bisect_right(starts, at) - 1 for at in places}


def _once(rows: list[tuple[str, object]]) -> dict[str, object]:
    made = dict(rows)
    if len(made) < len(rows):
        raise ValueError
    return made


def _never(_: str) -> object:
    raise ValueError


def _plain(body: Body) -> bool:
    """Whether a body is flat JSON that closes, each key once: then its bytes are all that it says."""
    data = body.data
    if body.type and "json" not in body.type.lower():
        return False
    if data[:1] not in {b"{", b"["} or data.count(b"{") + data.count(b"[") > _FLAT or not data.isascii():
        return False
    try:
        json.loads(data, object_pairs_hook=_once, parse_constant=_never)
    except (ValueError, RecursionError):
        return False
    return True


class Log:
    """A log that is read, or a range of it.

    Attributes:
        number: Of the file, in places.
        format: Its format.
        start: Where the range begins.
        end: Where it ends; None for the end of the file.
    """

    def __init__(self, number: int, format_: Format, start: int = 0, end: int | None = None) -> None:
        self.number = number
        self.format = format_
        self.start = start
        self.end = end


class Reader:
    """Reads logs.

    Args:
        policy: As ``hear.watching`` gives it.
        names: Names of customers.
        sieve: Finds the lines worth judging.
        artefacts: What is looked for in downloads; None for nothing.
    """

    def __init__(self, policy: Policy, names: Names, sieve: Sieve, artefacts: Artefacts | None = None) -> None:
        self.ear = Ear(policy)
        self.names = names
        self.sieve = sieve
        self.routes = Routes(self.ear.engine.look.lexicon)
        self._artefacts = artefacts
        #: Whether what is written like this may hold a word.
        self._shapes: dict[bytes, bool] = {}
        terms = self.ear.engine.look.lexicon.terms.values()
        forms = (form.word for term in terms if term.kind != "context" for form in term.forms)
        #: Numbers in forms of a tag; one digit alone changes none.
        numbers = sorted({number.encode() for word in forms for number in re.findall(r"[0-9]{2,}", word)})
        self._numbers = BytesAhoCorasick(numbers) if numbers else None
        #: More asks for a tag than words do: opaque numbers, bits of a mask, requests for everything.
        self._every = bool(policy.maps) or any(r.masks or r.wildcards for r in policy.routes)

    def read(self, log: Log, file: BinaryIO) -> Part:
        """What a log says.

        Args:
            log: Which.
            file: Its bytes, from the start.
        """
        part = Part()
        try:
            if isinstance(log.format, Lines):
                self._lines(log, log.format.begin(), file, part)
            elif isinstance(log.format, Capture):
                self._capture(log, log.format, file, part)
        except Cut as error:
            part.gap, part.reason = str(error), error.reason
        except OSError as error:
            part.gap, part.reason = (error.strerror or "error").lower(), "damaged"
        return part

    def _capture(self, log: Log, form: Capture, file: BinaryIO, part: Part) -> None:
        """Entries of a capture, each judged."""
        ledger = part.ledger
        rows = iter(form.rows(file))
        while True:
            try:
                row = next(rows, None)
            except FAULTS:
                raise Cut("an entry holds what its format does not; what follows was not read", "damaged") from None
            if row is None:
                break
            ledger.lines += 1
            if isinstance(row, str):
                ledger.reject(row, 1, [ledger.lines])
                continue
            self._row(row, Spot(log.number, row.at or ledger.lines), part)
        ledger.expanded = file.tell()

    def _lines(self, log: Log, form: Lines, file: BinaryIO, part: Part) -> None:
        ledger = part.ledger
        for block in blocks(file, log.start, log.end):
            ledger.expanded += len(block)
            if len(block) >= LONGEST and b"\n" not in block:
                ledger.lines += 1
                ledger.reject(f"it is longer than {LONGEST >> 20} MB", 1, [ledger.lines])
                continue
            many = None if form.headed or form.hidden else self._many(form, block)
            if many is None:
                lines = block.split(b"\n")
                if block.endswith(b"\n"):
                    lines.pop()
                self._each(log, form, list(enumerate(lines)), part)
                ledger.lines += len(lines)
                continue
            if many.left:
                self._each(log, form, many.left, part)
            self._counted(many, part)
            self._judged(log, form, block, many, part)
            ledger.lines += many.lines

    @staticmethod
    def _many(form: Lines, block: bytes) -> Block | None:
        """The rows of a block, counted; None where each line is to be asked for, also for what one of them did."""
        try:
            return form.many(block)
        except FAULTS:
            return None

    def _counted(self, many: Block, part: Part) -> None:
        """Take over what was counted of a block."""
        ledger = part.ledger
        # Sorted, so that who is told apart up to a bound does not depend on how the lines were read.
        for who, day, first, last, seen, number in sorted(many.rows, key=_WHOM):
            fate = _SEEN if seen else _ABSENT
            self.person(part, self.names.raw(who)).many(day, first, last, fate, number)
            ledger.accepted += number
            ledger.bodies[fate] += number
            if day is None:
                ledger.timeless += number
        for time in many.minutes:
            ledger.times.add(time)
        for why, (number, *lines) in many.rejected.items():
            ledger.reject(why, number, [ledger.lines + line + 1 for line in lines])
        ledger.blank += many.blank

    def _judged(self, log: Log, form: Lines, block: bytes, many: Block, part: Part) -> None:
        """Judge the rows of a block that may say something."""
        ledger = part.ledger
        for number, line in self._chosen(block, many, self._marked(block, many)):
            try:
                row = form.take(line)
            except Rejected:
                ledger.words += 1
                continue
            if row is not None:
                self._hear(row, Spot(log.number, ledger.lines + number + 1), part)

    def _each(self, log: Log, form: Lines, lines: Sequence[tuple[int, bytes]], part: Part) -> None:
        """Lines one by one, with their numbers in the block."""
        ledger = part.ledger
        marked = None if form.hidden else self.marked(b"\n".join([line for _, line in lines]))
        for place, (number, line) in enumerate(lines):
            here = ledger.lines + number + 1
            wanted = marked is None or place in marked
            try:
                row = form.take(line)
            except Rejected as error:
                ledger.reject(str(error), 1, [here])
                ledger.words += wanted and marked is not None
                continue
            if row is None:
                ledger.blank += 1
                continue
            self._row(row, Spot(log.number, here), part, swept=not wanted)

    # -- which lines

    def marked(self, block: bytes) -> set[int] | None:
        """Numbers of the lines in which a word of a tag may stand; None where all are looked at."""
        if self._every:
            return None
        out = self._worded(block)
        if self._artefacts is not None:
            out |= _lines(block, self._artefacts.places(block))
        return out

    def _worded(self, block: bytes) -> set[int]:
        """Numbers of the lines in which a word may stand, or what may be one otherwise written."""
        places = [at for at, _ in self.sieve.worded(block)]
        for sign, odd in _ODD:
            if sign in block:
                places += [found.start() for found in odd.finditer(block)]
        if not block.isascii():
            places += [found.start() for found in _BEYOND.finditer(block)]
        return _lines(block, places)

    def told(self, texts: list[bytes]) -> set[int] | None:
        """As ``marked``, of texts that come again and again but for the numbers in them.

        Args:
            texts: Of each line what may say something.
        """
        if self._every:
            return None
        joined = b"\n".join(texts)
        out: set[int] = set()
        if self._artefacts is not None:
            out |= _lines(joined, self._artefacts.places(joined))
        if self._numbers is not None and (found := self._numbers.find_matches_as_indexes(joined)):
            out |= _lines(joined, [start for _, start, _ in found])
        shapes = joined.translate(_DIGITS).split(b"\n")
        said = self._said(set(shapes))
        if any(said.values()):
            out.update(compress(count(), map(said.__getitem__, shapes)))
        return out

    def _said(self, shapes: set[bytes]) -> dict[bytes, bool]:
        """Of texts with zeros for all digits, whether they may say something."""
        fresh = [shape for shape in shapes if shape not in self._shapes]
        if len(self._shapes) + len(fresh) > SHAPES:
            self._shapes.clear()
            fresh = list(shapes)
        if fresh:
            said = self._worded(b"\n".join(fresh))
            self._shapes.update((shape, number in said) for number, shape in enumerate(fresh))
        return {shape: self._shapes[shape] for shape in shapes}

    def _marked(self, block: bytes, many: Block) -> set[int] | None:
        """As ``told``, of a block that was counted."""
        if self._every:
            return None
        out = self.told(many.texts) or set()
        if many.numbers is not None:
            out = {many.numbers[place] for place in out}
        places: list[int] = []
        if many.alike:
            if self._numbers is not None:
                places += [start for _, start, _ in self._numbers.find_matches_as_indexes(block)]
            if self._artefacts is not None:
                places += self._artefacts.places(block)
        for some in many.alike:
            said = self._said(set(some.shapes))
            if any(said.values()):
                out.update(some.lines([said[shape] for shape in some.shapes]))
            if places:
                out.update(some.within(places))
        return out

    @staticmethod
    def _chosen(block: bytes, many: Block, marked: set[int] | None) -> list[tuple[int, bytes]]:
        """Lines by number."""
        if marked is not None and not marked:
            return []
        if marked is not None and many.page is not None:
            numbers = sorted(marked)
            return [(number, many.page[number]) for number in numbers]
        lines = block.split(b"\n")
        if marked is None:
            return list(enumerate(lines[:-1] if block.endswith(b"\n") else lines))
        return [(number, lines[number]) for number in sorted(marked)]

    # -- one row

    def person(self, part: Part, raw: str, *, hashed: bool = False) -> Person:
        """The counts of a customer."""
        name = self.names.customer(raw, pseudonym=hashed)
        known = part.people.get(name)
        if known is None:
            full = len(part.people) >= CUSTOMERS and not name.label
            known = part.people.setdefault(OTHERS if full else name, Person())
        return known

    @staticmethod
    def _count(part: Part, person: Person, time: int | None, fate: int, count: int = 1) -> None:
        ledger = part.ledger
        ledger.accepted += count
        ledger.bodies[fate] += count
        if time is None:
            ledger.timeless += count
        else:
            ledger.times.add(time)
        person.add(time, fate, count)

    def _row(self, row: Row, spot: Spot, part: Part, *, swept: bool = False) -> None:
        """Count a row and judge it, unless the sweep has shown that there is nothing to judge."""
        minute = row.time - row.time % 60 if row.time is not None else None
        raw = row.who.key if row.hashed else self.names.raw(row.who)
        person = self.person(part, raw, hashed=row.hashed)
        fate = self._fate(row) if swept and not row.judged else None
        if fate is None:
            fate = self._hear(row, spot, part, person)
        self._count(part, person, minute, fate)

    @staticmethod
    def _fate(row: Row) -> int | None:
        """What became of the bodies of a row in which no word stands; None where one is to be read closer.

        That no word stands in its bytes says something only of a body that is text: what is no JSON, or is written
        oddly, the guard's engine looks at.
        """
        fate = _SEEN
        if row.messages:
            return None
        for body, none in ((row.asked, row.method in SAFE), (row.answered, row.nothing)):
            if body is None:
                fate = max(fate, _SEEN if none else _ABSENT)
            elif body.cut:
                fate = max(fate, BODIES.index("cut"))
            elif body.damaged:
                fate = max(fate, BODIES.index("unread"))
            elif body.data and not _plain(body):
                return None
        return fate

    def _hear(self, row: Row, spot: Spot, part: Part, person: Person | None = None) -> int:
        """Judge a row; returns what became of its bodies."""
        if self._artefacts is not None:
            row = self._artefacts.fetched(row)
        said, fate = self.ear.row(row)
        ledger = part.ledger
        for one in said:
            if one.unread:
                ledger.unread[one.unread] = ledger.unread.get(one.unread, 0) + 1
            for term in one.terms:
                ledger.mentions[term] = ledger.mentions.get(term, 0) + 1
            if one.heard:
                if person is None:
                    raw = row.who.key if row.hashed else self.names.raw(row.who)
                    person = self.person(part, raw, hashed=row.hashed)
                route = row.route or self.routes.of(row.target)
                for heard in one.heard:
                    person.hear(heard, route, row.time, spot, refused=row.status >= 400)
        return fate
