"""Parquet: columns go from every group of rows; the bytes of all others are taken over as they are."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, BinaryIO

from untag.edit import Plan, Proof, Rewriter
from untag.gap import Damaged
from untag.reports._words import count
from untag.rewriters import _columnar, _fields
from untag.rewriters._columnar import Book, Column, columns, entries
from untag.rewriters._footer import ARROW, MAGIC, arrow, extents, footer, remade
from untag.syntax import rethrift
from untag.syntax.rethrift import Many, Struct

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.artifact import Artifact
    from untag.edit import Target
    from untag.rewriters._footer import Footer, Part, Twig
    from untag.surface import Surface

__all__ = ["ParquetRewriter"]

_CHUNK = 1 << 20
#: Of a column in a group: fields that say where things lie, which may change.
_PLACES = (9, 10, 11, 14)


class ParquetRewriter(Rewriter):
    """Drops columns from Parquet: pages, statistics, indexes, filters, and what the metadata says of them."""

    name = "parquet"
    reads = ("parquet",)
    rank = 20
    exact = False
    inner = True
    limits = (
        "encrypted files, and those whose columns lie in other files, stay",
        "a summary beside a data set (_metadata) stays",
        "of metadata in JSON what speaks of a column that goes is cut; other documents go whole, only with --unsafe",
    )

    def knows(self, artifact: Artifact) -> bool:
        """The signature."""
        return artifact.head.startswith(MAGIC)

    def plan(self, artifact: Artifact, targets: tuple[Target, ...]) -> Plan:
        """One step a column, one for each entry of the metadata that goes whole.

        Raises:
            Damaged: The footer cannot be followed, or names something that cannot be rewritten.
        """
        made = footer(artifact)
        plan = _columnar.planned(artifact, targets, _book(made))
        gone = _leaves(made, plan)
        if len(gone) == len(made.leaves) and gone:
            if all(edit.safe for edit in plan.edits):
                plan.whole = "every column of it carries the tag"
            else:
                plan.edits = []
                plan.keep(targets, "no column of it would be left, and not all that they say is a tag")
        return plan

    def rewrite(self, artifact: Artifact, plan: Plan, out: BinaryIO) -> None:
        """Copy the pages of what stays, group by group, then indexes, then a new footer.

        Raises:
            Damaged: Something lies outside of the file.
        """
        made = footer(artifact)
        gone = _leaves(made, plan)
        with artifact.open() as file:
            _Copy(made, file, out).run(gone)
        _schema(made, plan)
        _metadata(made, plan)
        data = rethrift.write(made.meta)
        out.write(data + len(data).to_bytes(4, "little") + MAGIC)

    def gone(self, surface: Surface, plan: Plan) -> bool:
        """A column with its values and remarks, an entry of the metadata."""
        return _columnar.gone(surface, plan)

    def check(self, before: Artifact, after: Artifact, plan: Plan) -> Proof:
        """Compare the bytes of every other column, group by group, and what the footers say of them."""
        old, new = footer(before), footer(after)
        gone = _leaves(old, plan)
        stay = [leaf for leaf in old.leaves if leaf.leaf not in gone]
        if [leaf.names for leaf in stay] != [leaf.names for leaf in new.leaves]:
            return Proof("other columns are not the same")
        if old.meta.whole(3) != new.meta.whole(3) or len(old.groups) != len(new.groups):
            return Proof("rows are not the same")
        total = hashlib.sha256()
        with before.open() as was, after.open() as now:
            for one, other in zip(old.groups, new.groups, strict=True):
                if one.whole(3) != other.whole(3):
                    return Proof("groups of rows are not the same")
                left = [c for n, c in enumerate(one.structs(1)) if n not in gone]
                for chunk, twin in zip(left, other.structs(1), strict=True):
                    digest = _digest(chunk, was, old.start)
                    if digest != _digest(twin, now, new.start):
                        return Proof("a column that stays is not the same")
                    total.update(digest)
        if error := _documents(old, new, plan):
            return Proof(error)
        groups = count(len(old.groups), "group")
        said = f"{count(len(stay), 'other column')} in {groups} of rows: the same bytes, {old.meta.whole(3):,} rows"
        facts = {"columns": len(stay), "rows": old.meta.whole(3), "sha256": total.hexdigest()}
        return Proof("", (said,), facts)


def _book(made: Footer) -> Book:
    """What can go: columns by their pointer, entries, and what is written beside columns."""
    book = Book(entries=made.entries())
    also: dict[tuple[str, ...], list[str]] = {}
    if ARROW in book.entries:
        try:
            fields = arrow(book.entries[ARROW])[2]
        except Damaged:
            fields = []
        for one in (o for top in fields for o in top.walk()):
            also.setdefault(_fields.between(one.names), []).append(one.shown)
            for key, text in one.remarks:
                book.remarks[one.shown, key] = text.encode("utf-8", "surrogatepass")
    for twig in made.root.walk():
        if twig.above is None:
            continue
        whole = twig.lifted()
        path = _fields.between(whole.names)
        shown = tuple(dict.fromkeys((".".join(whole.names), *also.get(path, ()))))
        spot = _columnar.pointer(".".join(twig.names))
        book.columns.setdefault(spot, []).append(Column(whole.names, shown, path))
    return book


def _doomed(made: Footer, plan: Plan) -> list[Twig]:
    """Elements of the schema that go."""
    wanted = {column.id for column in columns(plan)}
    return [twig for twig in made.root.walk() if twig.above is not None and twig.names in wanted]


def _leaves(made: Footer, plan: Plan) -> set[int]:
    """Numbers of the columns that go."""
    return {one.leaf for twig in _doomed(made, plan) for one in twig.walk() if one.leaf >= 0}


class _Copy:
    """Takes over what stays, and notes in the footer where it lies now."""

    def __init__(self, made: Footer, file: BinaryIO, out: BinaryIO) -> None:
        self.made, self.file, self.out = made, file, out
        self.at = 0

    def run(self, gone: set[int]) -> None:
        self.write(MAGIC)
        beside: dict[int, list[tuple[Struct, Part, list[tuple[Part, int]]]]] = {14: [], 6: [], 4: []}
        for group in self.made.groups:
            held = group.of(1)
            assert isinstance(held, Many)  # noqa: S101 - ``footer`` looked
            chunks = group.structs(1)
            lost = [self.meta(c) for n, c in enumerate(chunks) if n in gone]
            held.items = [c for n, c in enumerate(chunks) if n not in gone]
            _less(group, 2, sum(meta.whole(6) for meta in lost))
            _less(group, 6, sum(meta.whole(7) for meta in lost))
            _sorted(group, gone, len(chunks))
            group.put(5, self.at)
            moves: list[tuple[Part, int]] = []
            for chunk in group.structs(1):
                pages, parts = extents(chunk, self.file, self.made.start)
                moves.append((pages, self.at - pages.start))
                self.moved(chunk, pages)
                self.copy(pages)
                for number, part in parts.items():
                    beside[number].append((chunk, part, moves[-1:]))
        for number, rows in beside.items():
            for chunk, part, moves in rows:
                holder = self.meta(chunk) if number == 14 else chunk
                holder.put(number, self.at)
                if number == 4:
                    size = self.at
                    self.offsets(part, moves)
                    chunk.put(5, self.at - size)
                else:
                    self.copy(part)

    @staticmethod
    def meta(chunk: Struct) -> Struct:
        made = chunk.of(3)
        assert isinstance(made, Struct)  # noqa: S101 - ``footer`` looked
        return made

    def moved(self, chunk: Struct, pages: Part) -> None:
        """Note where a column now begins."""
        meta = self.meta(chunk)
        for number in (9, 10, 11):
            if meta.whole(number) > 0:
                meta.put(number, meta.whole(number) + self.at - pages.start)
        at = chunk.whole(2)
        inside = pages.start <= at < pages.start + pages.size
        # Some writers put a copy of what the footer says behind the column, and its place here; that copy is left.
        chunk.put(2, at + self.at - pages.start if inside else 0)

    def offsets(self, part: Part, moves: list[tuple[Part, int]]) -> None:
        """The places of pages, which are others now."""
        self.file.seek(part.start)
        index, _ = rethrift.read(self.file.read(part.size), {1: {1: {}}})
        ((pages, shift),) = moves
        for page in index.structs(1):
            at = page.whole(1)
            if not pages.start <= at < pages.start + max(1, pages.size):
                raise Damaged("an index that leads out of its column")
            page.put(1, at + shift)
        self.write(rethrift.write(index))

    def copy(self, part: Part) -> None:
        self.file.seek(part.start)
        left = part.size
        while left:
            piece = self.file.read(min(left, _CHUNK))
            if not piece:
                raise Damaged("a column that leaves the file")
            self.write(piece)
            left -= len(piece)

    def write(self, data: bytes) -> None:
        self.out.write(data)
        self.at += len(data)


def _less(group: Struct, number: int, by: int) -> None:
    if group.of(number) is not None:
        group.put(number, max(0, group.whole(number) - by))


def _sorted(group: Struct, gone: set[int], width: int) -> None:
    """Which columns rows are sorted by: up to the first that goes, and by their new numbers."""
    held = group.of(4)
    if not isinstance(held, Many):
        return
    new = {n: at for at, n in enumerate(n for n in range(width) if n not in gone)}
    stay = []
    for row in group.structs(4):
        if row.whole(1) not in new:
            break
        row.put(1, new[row.whole(1)])
        stay.append(row)
    held.items = list(stay)
    if not stay:
        group.drop(4)


def _schema(made: Footer, plan: Plan) -> None:
    """Take elements out of the schema, and the orders of columns that go."""
    doomed = _doomed(made, plan)
    leaves = _leaves(made, plan)
    numbers = {one.number for twig in doomed for one in twig.walk()}
    elements = made.meta.structs(2)
    for twig in doomed:
        if twig.above is not None:
            elements[twig.above.number].put(5, elements[twig.above.number].whole(5) - 1)
    held, orders = made.meta.of(2), made.meta.of(7)
    assert isinstance(held, Many)  # noqa: S101 - there is a root
    held.items = [e for n, e in enumerate(elements) if n not in numbers]
    if isinstance(orders, Many) and len(orders.items) == len(made.leaves):
        orders.items = [o for n, o in enumerate(orders.items) if n not in leaves]


def _metadata(made: Footer, plan: Plan) -> None:
    """Take what is said of columns that go out of what is written beside the schema."""
    held = made.meta.of(5)
    if not isinstance(held, Many):
        return
    stay: list[rethrift.Value] = []
    for row in made.meta.structs(5):
        text = _text(row.data(1).decode("utf-8", "replace"), row.data(2), plan)
        if text is not None:
            row.put(2, text)
            stay.append(row)
    held.items = stay
    if not stay:
        made.meta.drop(5)


def _text(key: str, raw: bytes, plan: Plan) -> bytes | None:
    """What an entry becomes; None where it goes.

    Raises:
        Damaged: It is a schema of Arrow that cannot be followed.
    """
    whole = entries(plan)
    if any(e.key == key and not e.column for e in whole):
        return None
    paths = [column.path for column in columns(plan)]
    if key != ARROW:
        return _columnar.without(raw, paths)
    made = remade(raw, paths, whole)
    if made is None:
        raise Damaged("the schema of Arrow beside its own cannot be followed")
    return made


def _digest(chunk: Struct, file: BinaryIO, end: int) -> bytes:
    """A digest of the pages of a column, of what the footer says of it, and of its filter and index."""
    pages, beside = extents(chunk, file, end)
    total = hashlib.sha256()
    for part in (pages, *(p for n, p in sorted(beside.items()) if n != 4)):
        file.seek(part.start)
        left = part.size
        while left and (piece := file.read(min(left, _CHUNK))):
            total.update(piece)
            left -= len(piece)
    meta = chunk.of(3)
    assert isinstance(meta, Struct)  # noqa: S101 - ``footer`` looked
    said = [(f.number, f.value) for f in meta.fields if f.number not in _PLACES]
    total.update(repr(said).encode())
    return total.digest()


def _documents(old: Footer, new: Footer, plan: Plan) -> str:
    """Whether what is written beside the schema is what it should be; why not."""
    wanted = {key: text for key, raw in old.entries().items() if (text := _text(key, raw, plan)) is not None}
    if wanted != new.entries():
        return "what is written beside the schema is not the same"
    if ARROW not in wanted:
        return ""
    fields = list(_names(old.entries()[ARROW]))
    gone = [column.path for column in columns(plan)]
    left = [row for row in fields if not any(_fields.between(row)[: len(path)] == path for path in gone)]
    return "" if left == list(_names(wanted[ARROW])) else "the schema of Arrow beside it is not the same"


def _names(raw: bytes) -> Iterator[tuple[str, ...]]:
    for top in arrow(raw)[2]:
        for one in top.walk():
            yield one.names
