"""Tables of data: headers and closed sets of values of CSV and its kin, never a row of a person."""

from __future__ import annotations

import codecs
import re
from array import array
from bisect import bisect_left
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from msgspec import Struct

from untag import charset
from untag.gap import Gap, Reason
from untag.readers import Reader
from untag.readers._columns import Vocabulary, personal
from untag.readers._lines import Line, dense, has_word, pieces, spread, stem
from untag.surface import Kind, Role, Surface, upto
from untag.syntax.table import BORDER, listed, mark_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.artifact import Artifact
    from untag.gap import Limits
    from untag.place import Place

__all__ = ["TablesReader"]

_NAMED = frozenset((".csv", ".tsv", ".tab", ".psv", ".ssv", ".arff"))
#: Names under which tables go that do not say so; they must look like one.
_MAYBE = frozenset((".txt", ".data", ".dat", ".list", ".lst", ".test", ".train", ".labels", ""))
#: Bytes from which encoding and separator are told.
_HEAD = 1 << 16
#: Rows that a file of unknown name must have alike to be a table.
_ALIKE = 12
#: Columns whose values are counted; wider tables are matrices.
_COLUMNS = 2048
#: Rows whose values are counted, and bytes of one line that are read at once.
_COUNTED, _LONGEST = 2_000_000, 16 << 20
#: Rows of a label table.
_LABELS = 2000
#: Lines and characters that a quoted cell may go on over.
_QUOTED_LINES, _QUOTED = 200, 1 << 16

_TELLING = re.compile(r"[@/\\]|\d{4}|\.\w{2,4}$")
_FILE = re.compile(r"[\w./\\ -]{1,200}\.[A-Za-z]\w{1,3}")
_LISTS = re.compile(
    r"(?:^|[_\-. ])(?:labels?|label_?map|classes|class_?(?:names?|map|labels?|index|indices)|categor(?:y|ies)"
    r"|codes?|codelist|dict|dictionary|lookup|enums?"
    r"|vocab|mapping|synsets?|attributes?|ethnicit(?:y|ies)|races|nationalit(?:y|ies)|ethnic_?groups?)(?:$|[_\-. \d])",
    re.IGNORECASE,
)
#: Headers of a list of fields: what names one, and what tells of it.
_FIELDS = re.compile(
    r"(?:field|column|variable|attribute)[ _]?(?:name)?|campo|champ|feld(?:name)?|kolom|alan|поле"
    r"|字段(?:名称?)?|列名|項目名?|フィールド名?|필드명?",
    re.IGNORECASE,
)
_TOLD = re.compile(
    r"(?:data ?)?types?|tipo|typ|тип|类型|数据类型|型|descripci[oó]n|descri(?:ption|ção)|comments?"
    r"|remarks?|meaning|labels?|说明|描述|备注|含义|名称|中文名称?|注释|название|наименование|mô tả|ý nghĩa|tên"
    r"|описание|beschreibung|keterangan|açıklama|説明|설명|descrizione",
    re.IGNORECASE,
)
_TYPES = re.compile(r"(?:data ?)?types?|tipo|typ|тип|类型|数据类型|型", re.IGNORECASE)
#: A header that says whom a row is about.
_WHO = re.compile(
    r"(?<![A-Za-z])(?:patients?|persons?|subjects?|users?|usernames?|employees?|students?|customers?|clients?|e?-?mails?"
    r"|phone|surname|(?:first|last|full) ?name|passport|ssn|paciente|persona|usuario|cliente|alumno)(?![A-Za-z])"
    r"|姓名|患者|用户|病人|氏名|사용자|환자|пациент|клиент|фамилия",
    re.IGNORECASE,
)
_NAME = re.compile(r"[^\W\d][\w.\[\]-]{0,60}")
_CODE = re.compile(r"[A-Za-z_][\w.\[\]-]*", re.ASCII)
#: Words from which what is told of a field is a sentence, and no value of it.
_SENTENCE = 3
_ATTRIBUTE = re.compile(r"\s*@attribute\s+('(?:[^'\\]|\\.)*'|\"[^\"]*\"|\S+)\s*(.*)$", re.IGNORECASE)
_RELATION = re.compile(r"\s*@relation\s+(.*)$", re.IGNORECASE)
_QUOTE = re.compile(r'"((?:[^"]++|"")*+)("?)')


class _Cell(NamedTuple):
    """A cell and where its text begins in its line."""

    text: str
    column: int


class _Cells:
    """The cells of a row, made one by one when they are asked for: of a wide row they would take much memory.

    Attributes:
        texts: Their texts.
    """

    __slots__ = ("_start", "_starts", "texts")

    def __init__(self, texts: list[str], start: int = 0, starts: array[int] | None = None) -> None:
        """Take the texts.

        Args:
            texts: One a cell.
            start: Where the first begins; one character stands between two.
            starts: Where each begins, where that is not so.
        """
        self.texts, self._start, self._starts = texts, start, starts

    def __len__(self) -> int:
        return len(self.texts)

    def __getitem__(self, number: int) -> _Cell:
        text = self.texts[number]
        if self._starts is not None:
            return _Cell(text, self._starts[number])
        return _Cell(text, self._start + sum(map(len, self.texts[:number])) + number)

    def __iter__(self) -> Iterator[_Cell]:
        if self._starts is not None:
            yield from map(_Cell, self.texts, self._starts)
            return
        start = self._start
        for text in self.texts:
            yield _Cell(text, start)
            start += len(text) + 1


class _Shape(Struct):
    """How a table is written."""

    encoding: str
    mark: str


class TablesReader(Reader):
    """Reads comma-, tab- and bar-separated tables and ARFF."""

    name = "tables"
    rank = 20
    streams = True
    limits = (
        "rows are never shown; of a column its name, and its values where at most 30 short ones repeat over 50 rows",
        "values are counted in the first 2,000,000 rows",
        "of tables wider than 2,048 columns the values of the rest are not counted",
        "a cell in quotes that goes on for more than 200 lines is taken for a stray quotation mark",
    )

    def knows(self, artifact: Artifact) -> bool:
        """By suffix, or by rows that are all alike."""
        data = artifact.data if artifact.held else artifact.head
        if not charset.is_text(data) or not data:
            return False
        if artifact.suffix in _NAMED:
            return True
        if artifact.suffix not in _MAYBE and artifact.suffix.lstrip(".").isalpha():
            return False
        return _alike(data)

    def read(self, artifact: Artifact, limits: Limits) -> Iterator[Surface | Artifact | Gap]:
        """Header, closed value sets and label lists of the table."""
        with artifact.open() as data:
            yield from self._read(data, artifact, limits)

    @staticmethod
    def _read(data: BinaryIO, artifact: Artifact, limits: Limits) -> Iterator[Surface | Artifact | Gap]:
        place = artifact.place.whole()
        head = _head(data.read(_HEAD + 1))
        data.seek(0)
        shape = _Shape(charset.decode(head).encoding, "")
        owner = stem(artifact.name)
        if artifact.suffix == ".arff" or head.lstrip(b"\xef\xbb\xbf \r\n").lower().startswith(b"@relation"):
            yield from _arff(_lines(data, shape.encoding), place, owner)
            return
        shape.mark = mark_of(charset.decode(head).text, artifact.suffix)
        yield from _Table(place, owner, shape, limits).read(data)


def _head(data: bytes) -> bytes:
    """The beginning of the data, up to a line end where there is one."""
    if len(data) <= _HEAD:
        return data
    head = data[:_HEAD]
    end = head.rfind(b"\n")
    return head[: end + 1] if end > 0 and b"\0" not in head else head


def _lines(data: BinaryIO, encoding: str) -> Iterator[Line]:
    """Lines of the data, decoded one by one."""
    if encoding.startswith(("utf-16", "utf-32")):
        yield from _wide(data, encoding)
        return
    other = ""
    for number, raw in enumerate(iter(partial(data.readline, _LONGEST), b""), 1):
        try:
            text = raw.decode(other or encoding)
        except UnicodeDecodeError:
            # The encoding shows only where a byte above ASCII stands, which may be far below the beginning.
            other = other or charset.decode(raw[:_HEAD]).encoding
            text = raw.decode(other, "replace")
        if number == 1:
            text = text.removeprefix("\ufeff")
        yield Line(number, text.rstrip("\r\n").replace("\0", ""))


def _wide(data: BinaryIO, encoding: str) -> Iterator[Line]:
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    rest: list[str] = []
    number = 0
    for piece in iter(partial(data.read, 1 << 20), b""):
        parts = decoder.decode(piece).split("\n")
        for part in parts[:-1]:
            number += 1
            yield Line(number, ("".join(rest) + part).rstrip("\r").removeprefix("\ufeff"))
            rest = []
        rest.append(parts[-1])
    if last := "".join(rest) + decoder.decode(b"", final=True):
        yield Line(number + 1, last)


def _alike(data: bytes) -> bool:
    """Whether the first lines have the same number of cells, and look like data."""
    head = _head(data)
    rows = [r for r in charset.decode(head).text.split("\n")[:200] if r.strip()]
    if len(data) > len(head) and len(rows) < 2:
        return False
    rows = rows[:60]
    if len(rows) < _ALIKE or BORDER.match(rows[0]):
        return False
    if listed(rows):
        return True
    mark = mark_of("\n".join(rows), "")
    counts = {r.count(mark) for r in rows[:-1]}
    if len(counts) != 1 or counts == {0}:
        return False
    # Prose and code may have one comma a line; a table of two columns must hold numbers or files in one of them.
    many = next(iter(counts)) >= 2
    telling = sum(
        1 for r in rows[1:] if any(_number(c.strip(' "')) or _FILE.fullmatch(c.strip(' "')) for c in r.split(mark))
    )
    code = sum(
        1
        for r in rows
        if r.rstrip().endswith((";", "{", "}", ",", "\\", ")", "("))
        or r.lstrip().startswith(("#", "//", "*", "<", "-"))
    )
    return (many or mark == "\t" or telling * 10 >= len(rows) * 9) and telling * 2 >= len(rows) and code * 5 < len(rows)


class _Table:
    def __init__(self, place: Place, owner: str, shape: _Shape, limits: Limits) -> None:
        self.place = place
        self.owner = owner
        self.mark = shape.mark
        self.encoding = shape.encoding
        self.limits = limits
        self.head = _Cells([])
        self.line = 1
        #: Offsets of the line feeds inside the header.
        self.breaks: list[int] = []
        self.columns: dict[int, Vocabulary] = {}
        self.labels: list[tuple[Line, _Cells]] | None = []
        self.rows = 0
        self.wide = 0

    def read(self, data: BinaryIO) -> Iterator[Surface | Gap]:
        stream = self.records(_lines(data, self.encoding))
        remarks: list[Line] = []
        first: list[tuple[Line, _Cells]] = []
        for line, cells in stream:
            if line.text.startswith("#") and not first and len(cells) < 3:
                remarks.append(line)
            elif any(map(str.strip, cells.texts)):
                first.append((line, cells))
            if len(first) >= 200 or len(remarks) > 10_000:
                break
        for line in remarks:
            yield from spread(Role.COMMENT, line, self.place, self.owner, Kind.DATASET)
        if first and self.mark == " " and len(first[0][1]) == 1:
            first = first[1:]
        if self.is_head(first):
            self.line, self.head = first[0][0].number, first[0][1]
            self.breaks = [found.start() for found in re.finditer("\n", first[0][0].text)]
            first = first[1:]
            yield from self.heads()
        for line, cells in first:
            self.count(line, cells)
        first.clear()
        for line, cells in stream:
            self.count(line, cells)
            # No column is left that may be a closed set, or it was one for long enough.
            if (self.rows > _COUNTED or not self.columns) and self.labels is None:
                break
        yield from self.sets()
        if self.wide > _COLUMNS:
            yield Gap(self.place, Reason.LIMIT, f"values of columns after {_COLUMNS} were not counted")

    def records(self, lines: Iterator[Line]) -> Iterator[tuple[Line, _Cells]]:
        """Rows: the line where each starts, and its cells."""
        for line in lines:
            text = line.text
            if BORDER.match(text[:200]) and len(text) < 10_000:
                continue
            if '"' not in text or self.mark == " ":
                yield line, self.split(text)
                continue
            whole = [text]
            size, count = len(text), text.count('"')
            # An odd number of quotation marks: the cell goes on in the next line.
            while count % 2 and len(whole) < _QUOTED_LINES and size < _QUOTED:
                following = next(lines, None)
                if following is None:
                    break
                whole.append(following.text)
                size += len(following.text)
                count += following.text.count('"')
            text = "\n".join(whole)
            yield Line(line.number, text), self.quoted(text)

    def split(self, text: str) -> _Cells:
        if self.mark == " ":
            found = list(re.finditer(r"\S+", text))
            return _Cells([m[0] for m in found], starts=array("Q", [m.start() for m in found]))
        start = 0
        if self.mark == "|" and text.lstrip().startswith("|"):
            start = text.find("|") + 1
            text = text.rstrip()
            text = text.removesuffix("|")
        return _Cells(text[start:].split(self.mark), start)

    def quoted(self, text: str) -> _Cells:
        """Cells of a row with quotation marks in it."""
        texts: list[str] = []
        starts = array("Q")
        at, size = 0, len(text)
        while at <= size:
            lead = at
            while lead < size and text[lead] in " \t" and text[lead] != self.mark:
                lead += 1
            if lead < size and text[lead] == '"' and (found := _QUOTE.match(text, lead)):
                texts.append(found[1].replace('""', '"'))
                starts.append(lead + 1)
                end = text.find(self.mark, found.end())
            else:
                end = text.find(self.mark, at)
                texts.append(text[at : end if end >= 0 else size])
                starts.append(at)
            if end < 0:
                break
            at = end + 1
        return _Cells(texts, starts=starts)

    def is_head(self, rows: list[tuple[Line, _Cells]]) -> bool:
        """Whether the first row names the columns: words that do not occur below them."""
        if not rows:
            return False
        cells = [text.strip() for text in rows[0][1].texts]
        words = [c for c in cells if has_word(c)]
        if not words or any(_TELLING.search(c) and not re.fullmatch(r"[\w .()/%-]+", c) for c in words):
            return False
        if any(re.search(r"\.(?:jpe?g|png|bmp|gif|mp4|wav|npy|pgm|tiff?)$", c, re.IGNORECASE) for c in words):
            return False
        if len(rows) == 1:
            return all(len(c) <= 80 for c in words)
        numbers = sum(1 for c in cells if _number(c))
        below = rows[1:]
        for at, cell in enumerate(cells):
            if not has_word(cell):
                continue
            column = [r.texts[at].strip() for _, r in below if at < len(r)]
            if cell in column:
                return False
        if numbers * 2 > len(cells):
            return False
        if numbers:
            # A number in a header is the name of a column only where words stand above numbers elsewhere.
            return any(
                has_word(c) and _number(below[0][1].texts[i]) for i, c in enumerate(cells) if i < len(below[0][1])
            )
        return max(len(c) for c in words) <= 200

    def heads(self) -> Iterator[Surface | Gap]:
        for at, cell in enumerate(self.head):
            if at >= self.limits.surfaces:
                yield Gap(self.place, Reason.LIMIT, "more columns than are shown")
                return
            for start, piece in pieces(cell.text):
                line, column = self.spot(cell.column + start)
                spot = self.place.at(line=line, column=column)
                yield Surface(Role.COLUMN, dense(piece), spot, self.owner, Kind.DATASET)

    def spot(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset in the header, which may go on over several lines."""
        breaks = bisect_left(self.breaks, offset)
        return self.line + breaks, offset - (self.breaks[breaks - 1] if breaks else -1)

    def count(self, line: Line, cells: _Cells) -> None:
        """Take one row into account; nothing of it is kept but values that may be a closed set."""
        if self.rows == 0:
            self.wide = max(len(cells), len(self.head))
            self.columns = {i: Vocabulary() for i in range(min(self.wide, _COLUMNS)) if not personal(self.name(i))}
        self.rows += 1
        if self.labels is not None:
            if len(cells) < 2 or len(cells) > 4 or self.rows > _LABELS:
                self.labels = None
            else:
                self.labels.append((line, cells))
        texts, width = cells.texts, len(cells)
        dead: list[int] = []
        for at, column in self.columns.items():
            if at >= width:
                continue
            if not column.add(texts[at]):
                dead.append(at)
        for at in dead:
            del self.columns[at]

    def name(self, at: int) -> str:
        return self.head.texts[at].strip() if at < len(self.head) else ""

    def sets(self) -> Iterator[Surface]:
        """The closed sets, or the label list that the whole table is."""
        if self.labels and (made := self.labelled(self.labels)):
            for line, cell, value in made:
                spot = self.place.at(
                    line=line.number, column=cell.column + len(cell.text) - len(cell.text.lstrip()) + 1
                )
                yield Surface(Role.MEMBER, cell.text.strip(), spot, self.owner, Kind.LIST, value=value)
            return
        if self.labels and (told := self.described(self.labels)):
            yield from told
            return
        for at, column in self.columns.items():
            values = column.values(named=bool(self.name(at)))
            if not values:
                continue
            owner = f"{self.owner}.{self.name(at) or f'column {at + 1}'}"
            number, where = self.spot(self.head[at].column) if at < len(self.head) else (1, 1)
            spot = self.place.at(line=number, column=where)
            for value in values:
                yield Surface(Role.MEMBER, value, spot, owner, Kind.DATASET)

    def labelled(self, rows: list[tuple[Line, _Cells]]) -> list[tuple[Line, _Cell, str]]:
        """A table of codes and what they mean, where its name or its header says that it is one."""
        heads = " ".join(c.text for c in self.head)
        said = _LISTS.search(self.owner) or (len(self.head) == 2 and _LISTS.search(heads))
        if not said or len(rows) < 2:
            return []
        out: list[tuple[Line, _Cell, str]] = []
        for line, cells in rows:
            numbers = [
                c for c in cells if _number(c.text.strip()) or re.fullmatch(r"[A-Z]{0,3}\d{1,4}", c.text.strip())
            ]
            words = [c for c in cells if c not in numbers and has_word(c.text)]
            if not numbers or not words or len(words[0].text.strip()) > 60 or _TELLING.search(words[0].text):
                return []
            out.append((line, words[0], numbers[0].text.strip()))
        return out if len({c.text for _, c, _ in out}) == len(out) == len({v for _, _, v in out}) else []

    def described(self, rows: list[tuple[Line, _Cells]]) -> list[Surface]:
        """A list of fields, as its header says: each row names one and tells what it is."""
        heads = [c.text.strip().strip("'\"") for c in self.head]
        named = next((n for n, head in enumerate(heads) if _FIELDS.fullmatch(head)), None)
        told = [n for n, head in enumerate(heads) if _TOLD.fullmatch(head)]
        who = any(_WHO.search(head.replace("_", " ")) for n, head in enumerate(heads) if n != named and n not in told)
        if named is None or not told or len(rows) < 2 or who:
            return []
        names = [cells[named].text.strip() if named < len(cells) else "" for _, cells in rows]
        if len(set(names)) < len(names) or not all(_NAME.fullmatch(name) for name in names):
            return []
        # What has neither types nor sentences may be one person's record: a field, and what it is of her.
        texts = [c[n].text.split() for _, c in rows for n in told if n < len(c)]
        sentences = sum(len(words) >= _SENTENCE for words in texts) * 2 >= len(texts)
        foreign = not heads[named].isascii() and all(map(_CODE.fullmatch, names))
        if not (sentences or foreign or any(_TYPES.fullmatch(heads[n]) for n in told)):
            return []
        out: list[Surface] = []
        for (line, cells), name in zip(rows, names, strict=True):
            for at in (named, *told):
                if at >= len(cells) or not (text := cells[at].text.strip()):
                    continue
                spot = self.place.at(line=line.number, column=cells[at].column + 1)
                role, about = (Role.COLUMN, "") if at == named else (Role.COMMENT, name)
                out.append(Surface(role, upto(text, 2000), spot, self.owner, Kind.SCHEMA, about))
        return out


def _number(text: str) -> bool:
    """Whether a cell is a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def _arff(lines: Iterator[Line], place: Place, owner: str) -> Iterator[Surface]:
    """The attributes of an ARFF file, up to its data."""
    for line in islice(lines, 1_000_000):
        text = line.text
        bare = text.lstrip()
        if bare.startswith("%"):
            yield from spread(Role.COMMENT, line, place, owner, Kind.DATASET)
        elif bare[:5].lower() == "@data":
            return
        elif relation := _RELATION.match(text):
            yield from spread(Role.TYPE, line, place, owner, Kind.DATASET, "", relation.start(1), relation[1])
        elif attribute := _ATTRIBUTE.match(text[:1_000_000]):
            name = attribute[1].strip("'\"")
            rest = attribute[2].strip()
            start = attribute.start(1) + (attribute[1][:1] in "'\"")
            kind = rest if not rest.startswith("{") else "nominal"
            yield Surface(
                Role.COLUMN,
                upto(name, 2000),
                place.at(line=line.number, column=start + 1),
                owner,
                Kind.DATASET,
                type=upto(kind, 200),
            )
            if not rest.startswith("{"):
                continue
            for value in re.finditer(r"'([^']*)'|\"([^\"]*)\"|([^\s,{}'\"][^,{}]*)", text[attribute.start(2) :]):
                word = (value[1] or value[2] or value[3] or "").strip()
                if has_word(word) and len(word) <= 200:
                    at = attribute.start(2) + value.start() + (value[3] is None)
                    yield Surface(
                        Role.MEMBER, word, place.at(line=line.number, column=at + 1), f"{owner}.{name}", Kind.DATASET
                    )
