"""Arrow files, streams and Feather: columns go from every batch; the buffers of all others stay the same bytes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from untag.edit import Plan, Proof, Rewriter
from untag.gap import Damaged
from untag.reports._words import count
from untag.rewriters import _columnar, _fields
from untag.rewriters._columnar import Book, Column, columns, entries
from untag.rewriters._ipc import FILE, Batch, Footer, Walk, layout

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.artifact import Artifact
    from untag.edit import Target
    from untag.rewriters._fields import Spot
    from untag.rewriters._ipc import Message
    from untag.surface import Surface

__all__ = ["ArrowRewriter"]


class ArrowRewriter(Rewriter):
    """Drops columns from Arrow files, streams and Feather: buffers, dictionaries, and what is written beside them."""

    name = "arrow"
    reads = ("arrow",)
    rank = 20
    exact = False
    inner = True
    limits = (
        "Feather's first version stays",
        "a column inside of a union, or of what a dictionary holds, stays",
        "of metadata in JSON what speaks of a column that goes is cut; other documents go whole, only with --unsafe",
    )

    def knows(self, artifact: Artifact) -> bool:
        """All that the reader knows but Feather's first version."""
        return not artifact.head.startswith(b"FEA1")

    def plan(self, artifact: Artifact, targets: tuple[Target, ...]) -> Plan:
        """One step a column, one for each entry of the metadata that goes whole.

        Raises:
            Damaged: The schema cannot be followed, or a field cannot be taken out by itself.
        """
        with artifact.open() as file:
            fields, beside = Walk(file, artifact.size).schema()
        plan = _columnar.planned(artifact, targets, _book(fields, beside))
        gone = {column.id for column in columns(plan)}
        if fields and all(one.id in gone for one in fields):
            if all(edit.safe for edit in plan.edits):
                plan.whole = "every column of it carries the tag"
            else:
                plan.edits = []
                plan.keep(targets, "no column of it would be left, and not all that they say is a tag")
        return plan

    def rewrite(self, artifact: Artifact, plan: Plan, out: BinaryIO) -> None:
        """Copy message by message, without what goes of each.

        Raises:
            Damaged: A message cannot be followed.
        """
        with artifact.open() as file:
            _Copy(file, artifact.size, out, plan).run()

    def gone(self, surface: Surface, plan: Plan) -> bool:
        """A column with its values and remarks, an entry of the metadata."""
        return _columnar.gone(surface, plan)

    def check(self, before: Artifact, after: Artifact, plan: Plan) -> Proof:
        """Compare the buffers of every other column, batch by batch, and what is written beside them."""
        gone = {column.id for column in columns(plan)}
        with before.open() as was, after.open() as now:
            old, new = Walk(was, before.size), Walk(now, after.size)
            fields, beside = old.schema()
            left, beside_now = new.schema()
            if _told(fields, gone, plan) != _told(left, set(), Plan()):
                return Proof("other columns are not the same")
            wanted = {key: text for key, raw in beside.items() if (text := _text(key, raw, plan)) is not None}
            if wanted != beside_now:
                return Proof("what is written beside the schema is not the same")
            digests = _digests(old, fields, gone), _digests(new, left, set())
            if digests[0] != digests[1]:
                return Proof("a column that stays is not the same")
            if old.footed != new.footed or not _framed(new):
                return Proof("its footer tells other places than those of its messages")
        rows, digest = digests[0]
        said = f"{count(len(left), 'other column')} of {rows:,} rows: the same buffers in every batch"
        return Proof("", (said,), {"columns": len(left), "rows": rows, "sha256": digest})


def _framed(walk: Walk) -> bool:
    """Whether a footer has the schema and the places of the messages."""
    footer = walk.footer()
    if footer is None:
        return True
    schemas = (walk.schema()[0], _fields.spots(footer.schema(), 0))
    names = [[one.names for one in _left(fields, set())] for fields in schemas]
    if names[0] != names[1]:
        return False
    met = {(m.at, m.head + m.size, m.body) for m in walk.messages()}
    return all(row in met for row in footer.blocks())


def _book(fields: list[Spot], beside: dict[str, bytes]) -> Book:
    book = Book(entries=beside)
    for one in (o for top in fields for o in top.walk()):
        for key, text in one.remarks:
            book.remarks[one.shown, key] = text.encode("utf-8", "surrogatepass")
        try:
            whole = _fields.lifted(fields, one.id)
        except Damaged:
            continue
        made = Column(whole.id, (whole.shown,), _fields.between(whole.names))
        book.columns.setdefault(_columnar.pointer(one.shown), []).append(made)
    return book


def _text(key: str, raw: bytes, plan: Plan) -> bytes | None:
    """What an entry beside the schema becomes; None where it goes."""
    if any(e.key == key and not e.column for e in entries(plan)):
        return None
    return _columnar.without(raw, [column.path for column in columns(plan)])


def _told(fields: list[Spot], gone: set[tuple[object, ...]], plan: Plan) -> list[object]:
    """What a schema says of the columns that stay."""
    doomed = {(e.column, e.key) for e in entries(plan)}
    rows: list[object] = []
    for one in _left(fields, gone):
        remarks = [row for row in one.remarks if (one.shown, row[0]) not in doomed]
        rows.append((one.names, one.kind, one.code, one.buffers, remarks))
    return rows


def _left(fields: list[Spot], gone: set[tuple[object, ...]]) -> Iterator[Spot]:
    stack = list(reversed(fields))
    while stack:
        one = stack.pop()
        if one.id not in gone:
            yield one
            stack += reversed(one.inner)


def _codes(fields: list[Spot], gone: set[tuple[object, ...]]) -> set[int]:
    """Numbers of dictionaries of the columns that stay."""
    return {one.code for one in _left(fields, gone) if one.code is not None}


def _digests(walk: Walk, fields: list[Spot], gone: set[tuple[object, ...]]) -> tuple[int, str]:
    """Rows, and a digest of all buffers of the columns that stay."""
    total = hashlib.sha256()
    rows = 0
    codes = _codes(fields, gone)
    for message in walk.messages():
        batch = message.batch()
        if batch is None or (message.code is not None and message.code not in codes):
            continue
        if message.code is None:
            rows += batch.rows
        keep = layout(fields, gone, batch) if message.code is None else batch.whole()
        total.update(repr((message.code, batch.rows, [batch.nodes[n] for n in keep.nodes])).encode())
        for number in keep.buffers:
            start, size = batch.buffers[number]
            total.update(size.to_bytes(8, "little"))
            for piece in walk.pieces(message.at + message.head + message.size + start, size):
                total.update(piece)
    return rows, total.hexdigest()


@dataclass(slots=True)
class _Moved:
    """Where a message was, and where it is now, with the size of its body."""

    new: int
    body: int


class _Copy:
    """Writes messages anew."""

    def __init__(self, file: BinaryIO, size: int, out: BinaryIO, plan: Plan) -> None:
        self.walk = Walk(file, size)
        self.out = out
        self.at = 0
        self.fields, _ = self.walk.schema()
        self.entries = entries(plan)
        self.paths = [column.path for column in columns(plan)]
        self.gone = {column.id for column in columns(plan)}
        self.doomed = [one for top in self.fields for one in top.walk() if one.id in self.gone]
        self.codes = _codes(self.fields, self.gone)

    def run(self) -> None:
        """All of the file."""
        self.write(self.walk.start)
        moved: dict[int, _Moved] = {}
        for message in self.walk.messages():
            if message.code is not None and message.code not in self.codes:
                continue
            start = self.at
            batch = message.batch()
            if batch is None:
                self.plain(message)
                moved[message.at] = _Moved(start, message.body)
            else:
                moved[message.at] = _Moved(start, self.batch(message, batch))
        self.write(self.walk.end)
        footer = self.walk.footer()
        if footer is not None:
            self.footer(footer, moved)

    def plain(self, message: Message) -> None:
        """A message without columns of its own: the schema, or something else."""
        out = bytearray(message.data)
        if message.schema:
            held, _ = _fields.schema(message.data)
            _fields.trim(message.data, out, held, self.fields, self.doomed, self.entries, self.paths)
        self.write(message.prefix + bytes(out))
        for piece in self.walk.pieces(message.at + message.head + message.size, message.body):
            self.write(piece)

    def batch(self, message: Message, batch: Batch) -> int:
        """A batch of rows or a dictionary; the size of its body."""
        keep = layout(self.fields, self.gone, batch) if message.code is None else batch.whole()
        spans = [batch.buffers[n] for n in keep.buffers]
        step = 64 if all(at % 64 == 0 for at, _ in batch.buffers) else 8
        places: list[tuple[int, int]] = []
        to = 0
        for _, size in spans:
            places.append((to, size))
            to += -(-size // step) * step
        self.write(message.prefix + batch.trimmed(keep, places, to))
        body = message.at + message.head + message.size
        for at, size in spans:
            for piece in self.walk.pieces(body + at, size):
                self.write(piece)
            self.write(bytes(-size % step))
        return to

    def footer(self, footer: Footer, moved: dict[int, _Moved]) -> None:
        """The footer of a file: the schema once more, and where messages are."""
        out = bytearray(footer.data)
        held = footer.schema()
        fields = _fields.spots(held, 0)
        doomed = [one for top in fields for one in top.walk() if one.id in self.gone]
        if [one.names for one in _left(fields, set())] != [one.names for one in _left(self.fields, set())]:
            raise Damaged("a footer with another schema")
        _fields.trim(footer.data, out, held, fields, doomed, self.entries, self.paths)
        footer.place(out, {at: (row.new, row.body) for at, row in moved.items()})
        self.write(bytes(out) + len(out).to_bytes(4, "little") + FILE[:6])

    def write(self, data: bytes) -> None:
        self.out.write(data)
        self.at += len(data)
