"""Formats of logs and captures: what each row says; one module a format, found by walking."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, NamedTuple

from untag import registry
from untag.exposure.tally import PLACES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import BinaryIO

    from untag.exposure.format._column import Page
    from untag.exposure.row import Row, Who

__all__ = ["HEAD", "LEAST", "Alike", "Block", "Capture", "Format", "Lines", "Many", "formats", "known", "paged"]

#: Bytes of a log by which its format is told.
HEAD = 1 << 18
#: Lines of it that are tried.
_TRIED = 200
#: Bytes of a block from which its lines are looked at as columns: below, that takes longer than the expressions do.
LEAST = 1 << 15


class Many(NamedTuple):
    """Rows that are alike in all that is counted.

    Attributes:
        who: Who asked.
        day: Days since 1970; None where no time is said.
        first: When the first row of this customer in the block was, in seconds since 1970, to the minute.
        last: When the last was.
        seen: Whether neither request nor response had a body.
        rows: How many.
    """

    who: Who
    day: int | None
    first: int | None
    last: int | None
    seen: bool
    rows: int


class Alike(NamedTuple):
    """Texts of lines that differ in their digits alone.

    Attributes:
        shapes: The texts, each once, all digits ``0``.
        lines: Numbers of the lines whose text is one of those of which ``True`` is said.
        within: Numbers of the lines in whose text some places of the block are.
    """

    shapes: list[bytes]
    lines: Callable[[Sequence[bool]], list[int]]
    within: Callable[[Sequence[int]], list[int]]


class Block(NamedTuple):
    """Lines, counted.

    Attributes:
        rows: Rows that are alike.
        minutes: Times at which there were some.
        rejected: By reason: how many, and the numbers of the first of them, from 0.
        blank: Empty lines and comments.
        texts: Of each line what may say something: all of it, or what is judged of it.
        left: Lines that are counted by nobody yet, and are to be asked for by ``row``, with their numbers.
        alike: Texts of the lines that ``page`` has told.
        page: The lines, where some were looked at as columns.
        numbers: Of which lines the ``texts`` are; None for all of them.
    """

    rows: list[Many]
    minutes: set[int]
    rejected: dict[str, list[int]]
    blank: int
    texts: list[bytes]
    left: tuple[tuple[int, bytes], ...] = ()
    alike: tuple[Alike, ...] = ()
    page: Page | None = None
    numbers: Sequence[int] | None = None

    @property
    def lines(self) -> int:
        """How many there are."""
        return len(self.texts) if self.page is None else len(self.page)

    def reject(self, why: str, number: int) -> None:
        """A line that is no row."""
        known = self.rejected.setdefault(why, [0])
        known[0] += 1
        if len(known) <= PLACES:
            known.append(number)


class Format:
    """A format.

    Attributes:
        name: Its module.
        title: What it is, for people.
        source: Where it is described.
        limits: What it cannot tell, one sentence.
        rank: Of two formats that both read a log, the one with the higher rank does.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    source: ClassVar[str]
    limits: ClassVar[str] = ""
    rank: ClassVar[int] = 0

    def knows(self, start: bytes) -> float:
        """How much of the start of a log is of this format, from 0 to 1.

        Args:
            start: Its first bytes, unpacked.
        """
        raise NotImplementedError


class Lines(Format):
    """A format with a row a line.

    Attributes:
        headed: Whether a heading says what stands where; such a log is not divided among processes.
        bodies: Whether rows may hold bodies: then each is taken apart.
        hidden: Whether words may stand in a row in a coding: then the sweep of its bytes says nothing.
    """

    headed: ClassVar[bool] = False
    bodies: ClassVar[bool] = False
    hidden: bool = False

    def begin(self) -> Lines:
        """What reads one log from its start."""
        return self

    def knows(self, start: bytes) -> float:
        """As for ``Format``: the share of lines that are rows."""
        from untag.exposure.row import Rejected

        lines = start.split(b"\n")
        if len(start) >= HEAD and len(lines) > 1:
            lines.pop()
        one = self.begin()
        good = bad = 0
        for line in lines[:_TRIED]:
            try:
                good += one.take(line) is not None
            except Rejected:
                bad += 1
        return good / (good + bad) if good else 0.0

    def row(self, line: bytes) -> Row | None:
        """A row.

        Args:
            line: Without its line break.

        Returns:
            None for an empty line, a comment or a heading.

        Raises:
            Rejected: It is no row.
        """
        raise NotImplementedError

    def take(self, line: bytes) -> Row | None:
        """As ``row``; whatever a line makes go wrong, it is rejected, and the next one is read.

        Raises:
            Rejected: It is no row.
        """
        from untag.exposure.row import FAULTS, Rejected

        try:
            return self.row(line)
        except Rejected:
            raise
        except FAULTS:
            raise Rejected("it cannot be read") from None

    def many(self, block: bytes) -> Block | None:
        """The rows of a block, counted.

        Args:
            block: Whole lines.

        Returns:
            None where each line is to be asked for by ``row``.
        """
        del block
        return None


class Capture(Format):
    """A format of a whole file.

    Attributes:
        most: Bytes of the largest that is read.
    """

    most: ClassVar[int] = 512 << 20

    def rows(self, file: BinaryIO) -> Iterator[Row | str]:
        """Its entries in order; of one that cannot be read the reason.

        Raises:
            Cut: The rest of the file cannot be read.
        """
        raise NotImplementedError


def formats() -> dict[str, Format]:
    """All formats by name."""
    found: dict[str, Format] = registry.leaves(__name__, "Format")
    return found


def paged(block: bytes, signs: bytes) -> Page | None:
    """The lines of a block as columns; None where the expressions are to read them, which say the same.

    Args:
        block: Whole lines.
        signs: Bytes whose places are looked for.
    """
    if len(block) < LEAST:
        return None
    try:
        from untag.exposure.format._column import Page
    except ImportError:
        return None  # numpy is not installed
    page = Page(block, signs)
    return None if page.dense else page


def _share(one: Format, start: bytes) -> float:
    from untag.exposure.row import FAULTS

    try:
        return one.knows(start)
    except FAULTS:
        return 0.0


def known(start: bytes, among: Iterable[Format] | None = None) -> Format | None:
    """The format of a log, or None: the one of which at least half of the first lines are.

    Args:
        start: The first ``HEAD`` bytes, unpacked.
        among: All formats if not given.
    """
    rows = [(_share(one, start), one.rank, one) for one in among or formats().values()]
    best = max(rows, key=lambda row: (row[0] >= 0.5, row[1] if row[0] >= 0.5 else 0, row[0]), default=None)
    return best[2] if best is not None and best[0] >= 0.5 else None
