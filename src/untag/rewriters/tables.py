"""CSV and its kin: the cells of a column are cut out of each row, all other bytes stay as they are."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import TYPE_CHECKING

from msgspec.structs import replace

from untag.edit import Edit, Plan, Proof, Rewriter
from untag.gap import Damaged
from untag.rewriters._rows import rows, way
from untag.surface import Kind, Role
from untag.syntax.table import BORDER, without

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from typing import BinaryIO

    from untag.artifact import Artifact
    from untag.edit import Target
    from untag.finding import Mark
    from untag.rewriters._rows import Row, Way
    from untag.surface import Surface

__all__ = ["TablesRewriter"]

_NAMELESS = re.compile(r"column (\d+)\Z")
_ATTRIBUTE = re.compile(rb"\s*@attribute\b", re.IGNORECASE)
_DATA = re.compile(rb"\s*@data\b", re.IGNORECASE)
#: Rows in which the header is looked for.
_FIRST = 11_000
MIXED = "only some values of the column are tags: what else it says goes with it"


@dataclass(slots=True)
class _Cut:
    """What goes: a column by number (from the front of the header), or a line.

    Attributes:
        spot: First and last line and column of the cell in the header, as places say it.
    """

    column: int = -1
    line: int = -1
    spot: tuple[int, int, int, int] | None = None


@dataclass(slots=True)
class _Table:
    """What is known of a table before it is cut.

    Attributes:
        how: How it is written.
        head: The row that names the columns, if one does.
        ahead: By how many cells rows are longer than the header at their front.
        arff: Whether columns are declared one a line.
        declared: Of ARFF the line of each column.
    """

    how: Way
    head: Row | None = None
    ahead: int = 0
    width: int = 0
    arff: bool = False
    declared: list[int] = field(default_factory=list)


class TablesRewriter(Rewriter):
    """Drops columns, and entries of label lists, from tables in text."""

    name = "tables"
    reads = ("tables",)
    rank = 20
    exact = False
    limits = (
        "a table with a row that has more cells than its header stays: which of them is which cannot be told",
        "sparse ARFF stays",
    )

    def knows(self, artifact: Artifact) -> bool:
        """All that the reader of tables reads."""
        return bool(artifact.size)

    def plan(self, artifact: Artifact, targets: tuple[Target, ...]) -> Plan:
        """One step a column, one a line."""
        plan = Plan(secret=True)
        table = _table(artifact)
        steps: dict[tuple[int, int], tuple[_Cut, set[str], set[str], bool]] = {}
        listed: set[int] = set()
        for target in targets:
            for mark in target.marks:
                made = _cut(table, mark)
                if isinstance(made, str):
                    plan.kept.setdefault(target.key, made)
                    continue
                names = mark.role is Role.COLUMN
                listed |= {made.line} if mark.role is Role.MEMBER and made.line > 0 else set()
                row = steps.get((made.column, made.line), (made, set(), set(), False))
                row[1].add(target.key)
                if names:
                    row[2].add(mark.text)
                steps[made.column, made.line] = (row[0], row[1], row[2], row[3] or names or made.line > 0)
        columns = {cut.column for cut, *_ in steps.values() if cut.column >= 0}
        if columns and len(columns) == table.width and all(safe for *_, safe in steps.values()):
            plan.whole = "every column of it carries the tag"
            return plan
        for cut, keys, named, safe in steps.values():
            what = f"column {cut.column + 1}" if cut.column >= 0 else f"line {cut.line}"
            what += "".join(f" {name!r}" for name in sorted(named)[:1])
            why, entry = "" if safe else MIXED, cut.line in listed
            named_ = tuple(sorted(named))
            plan.edits.append(Edit(-1, -1, b"", safe, what, why, tuple(sorted(keys)), named_, cut, entry=entry))
        return plan

    def rewrite(self, artifact: Artifact, plan: Plan, out: BinaryIO) -> None:
        """Copy row by row.

        Raises:
            Damaged: A row has more cells than the header names.
        """
        table = _table(artifact)
        with artifact.open() as file:
            file.seek(0)
            out.write(file.read(table.how.start))
            stay = _without(file, table, _cuts(plan))
            if table.how.wide:
                stay = (row.decode().encode(table.how.encoding) for row in stay)
            out.writelines(stay)

    def gone(self, surface: Surface, plan: Plan) -> bool:
        """A column, its values, a line."""
        place = surface.place
        at = place.line or 0, place.column or 0
        for cut in _cuts(plan):
            if cut.line == at[0] and cut.line > 0:
                return True
            if cut.spot is not None and cut.spot[:2] <= at <= cut.spot[2:]:
                return surface.kind is Kind.DATASET
        return False

    def becomes(self, surface: Surface, plan: Plan) -> Surface | None:
        """Columns without a name are called by their number, which is another one behind a column that went."""
        found = _NAMELESS.search(surface.owner)
        gone = [c.column + 1 for c in _cuts(plan) if c.column >= 0]
        if found is None or surface.role is not Role.MEMBER or not gone:
            return super().becomes(surface, plan)
        number = int(found[1])
        if number in gone:
            return None
        left = number - sum(g < number for g in gone)
        return replace(surface, owner=f"{surface.owner[: found.start(1)]}{left}")

    def check(self, before: Artifact, after: Artifact, plan: Plan) -> Proof:
        """Compare all other cells, as Python's own reader of CSV tells them."""
        table, now = _table(before), _table(after)
        cuts = _cuts(plan)
        columns = {c.column for c in cuts if c.column >= 0}
        if table.width - len(columns) > 1 and table.how[:2] != now.how[:2]:
            return Proof("what parts its cells would be told otherwise")
        now.how = table.how
        total = hashlib.sha256()
        count = 0
        with before.open() as old, after.open() as new:
            for was, is_ in zip_longest(_read(old, table, cuts), _read(new, now)):
                if was is None or was != is_:
                    return Proof("a row that stays would read differently")
                count += 1
                total.update(repr(was).encode("utf-8", "surrogatepass"))
        said = f"all other cells of {count:,} rows are the same, in the same order"
        return Proof("", (said,), {"rows": count, "columns": len(columns), "sha256": total.hexdigest()})


def _cuts(plan: Plan) -> list[_Cut]:
    return [edit.data for edit in plan.edits if isinstance(edit.data, _Cut)]


def _table(artifact: Artifact) -> _Table:
    """What its first rows tell, read as the reader does."""
    how = way(artifact)
    table = _Table(how)
    with artifact.open() as file:
        start = file.read(4096).lstrip(b"\xef\xbb\xbf \r\n").lower()
        if artifact.suffix == ".arff" or start.startswith(b"@relation"):
            return _arff(file, table)
        first: list[Row] = []
        for row in rows(file, how):
            bare = row.data.strip()
            skipped = bare.startswith(b"#") and not first and len(row.cells) < 3
            if bare.strip(how.mark) and not skipped and not BORDER.match(_text(row.data, how)[:200]):
                first.append(row)
            if len(first) >= 3 or row.line > _FIRST:
                break
    if how.mark == b" " and first and len(first[0].cells) == 1:
        first = first[1:]
    if first:
        table.head = first[0]
        table.width = len(first[0].cells)
    if how.mark == b" " and len(first) > 1:
        table.ahead = max(0, len(first[1].cells) - table.width)
    return table


def _arff(file: BinaryIO, table: _Table) -> _Table:
    table.arff = True
    file.seek(0)
    table.how = table.how._replace(mark=b",")
    for number, line in enumerate(iter(file.readline, b""), 1):
        if _ATTRIBUTE.match(line):
            table.declared.append(number)
        elif _DATA.match(line):
            break
    table.width = len(table.declared)
    return table


def _text(data: bytes, how: Way) -> str:
    return data.decode("utf-8" if how.wide else how.encoding, "replace")


def _cut(table: _Table, mark: Mark) -> _Cut | str:
    """What goes with a mark, or why nothing does."""
    line, column = mark.place.line, mark.place.column
    if line is None or column is None:
        return "its place is no place in the table"
    if mark.role is Role.COMMENT or (mark.role is Role.MEMBER and mark.surface.kind is Kind.LIST):
        return _Cut(line=line)
    if mark.role not in (Role.COLUMN, Role.MEMBER):
        return "it names the table itself"
    if table.arff:
        if line not in table.declared:
            return "its place is no place in the table"
        return _Cut(table.declared.index(line), spot=(line, 1, line, 1 << 30))
    head = table.head
    if mark.role is Role.MEMBER and (nameless := _NAMELESS.search(mark.surface.owner)) and (line, column) == (1, 1):
        return _Cut(int(nameless[1]) - 1, spot=(1, 1, 1, 1))
    if head is None:
        return "the table has no header"
    for number, (start, end) in enumerate(head.cells):
        first, last = _spot(head, start, table.how), _spot(head, end, table.how)
        if first <= (line, column) <= last:
            return _Cut(number, spot=(*first, *last))
    return "its place is no place in the header"


def _spot(head: Row, at: int, how: Way) -> tuple[int, int]:
    """Line and column of a byte of the header."""
    text = _text(head.data[:at], how)
    return head.line + text.count("\n"), len(text) - text.rfind("\n")


def _without(file: BinaryIO, table: _Table, cuts: Collection[_Cut]) -> Iterator[bytes]:
    """All rows, without what goes."""
    columns = sorted({c.column for c in cuts if c.column >= 0})
    gone = [c + table.ahead for c in columns]
    lines = {c.line for c in cuts if c.line > 0}
    if table.arff:
        lines |= {table.declared[c] for c in columns}
    data = not table.arff
    for row in rows(file, table.how):
        if row.line in lines:
            continue
        if not data:
            data = bool(_DATA.match(row.data))
            yield row.data
            continue
        yield _row(row, table, columns, gone)


def _row(row: Row, table: _Table, columns: list[int], gone: list[int]) -> bytes:
    bare = row.data.strip()
    head = table.head is not None and row.line == table.head.line
    before = table.head is not None and row.line < table.head.line
    if not columns or not bare or before or (table.arff and bare[:1] in b"%"):
        return row.data
    if table.arff and bare[:1] == b"{":
        raise Damaged("its rows name their columns by number (sparse ARFF)")
    if len(row.cells) > table.width + (0 if head else table.ahead):
        if BORDER.match(_text(row.data, table.how)):
            return row.data
        raise Damaged(f"line {row.line} has more cells than the header, so that nobody can tell which is which")
    spans = columns if head else gone
    data = without(row.data, row.cells, spans)
    if len(row.cells) - len([c for c in spans if c < len(row.cells)]) == 1 and not data.strip():
        # A row of one empty cell is an empty line, which many programs pass over.
        return b'""' + data.lstrip(b" \t")
    return data


def _read(file: BinaryIO, table: _Table, cuts: Collection[_Cut] = ()) -> Iterator[list[str]]:
    """Rows without what goes, by another reader than the one that cut them."""
    columns = {c.column for c in cuts if c.column >= 0}
    lines = {c.line for c in cuts if c.line > 0} | ({table.declared[c] for c in columns} if table.arff else set())
    head = table.head.line if table.head is not None else 0
    data = not table.arff
    file.seek(table.how.start)
    text = io.TextIOWrapper(file, table.how.encoding, errors="surrogateescape", newline="")
    limit = csv.field_size_limit(1 << 30)
    try:
        for line, row in _split(text, table.how.mark.decode()):
            if line in lines or not row:
                continue
            ahead = 0 if line == head else table.ahead
            whole = line < head or not data or row[0][:1] == "%"
            yield row if whole else [c for i, c in enumerate(row) if i - ahead not in columns]
            data = data or row[0].strip().lower().startswith("@data")
    finally:
        csv.field_size_limit(limit)
        text.detach()


def _split(text: io.TextIOWrapper, mark: str) -> Iterator[tuple[int, list[str]]]:
    """Rows, each with its first line."""
    if mark == " ":
        for number, line in enumerate(text, 1):
            yield number, line.split()
        return
    lines = text if mark != "|" else (_bare(line) for line in text)
    reader = csv.reader(lines, delimiter=mark, skipinitialspace=True)
    last = 0
    for row in reader:
        yield last + 1, row
        last = reader.line_num


def _bare(line: str) -> str:
    """A row of a drawn table without the bars at its sides."""
    inner = line.strip()
    return inner[1:].removesuffix("|") + "\n" if inner.startswith("|") else line
