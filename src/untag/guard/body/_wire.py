"""Messages of protobuf by their descriptors: what they show, and how a field is cut out of them.

Wire format: protobuf.dev, "Encoding". A field goes with its tag; the lengths before all that it lies in are counted
anew, and every other byte stays. Two records of one field that is not repeated are refused: readers merge them or take
the last, and neighbours decide.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

from untag.guard.body import Unsound
from untag.guard.body._scan import said
from untag.guard.tree import Box, Cut, Shown, Spot, Tree, merged
from untag.surface import Kind, Role
from untag.syntax.leb128 import unsigned, zigzag
from untag.syntax.rewire import varint

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.guard.body import Reading
    from untag.guard.schema import Descriptors, Field, Shape

__all__ = ["Frames", "Told", "Walk"]

_LARGEST = (1 << 29) - 1
#: Messages that stand for one value: what they hold is said of the field that holds them.
_PLAIN = frozenset({"google.protobuf.Value", "google.protobuf.StringValue", "google.protobuf.ListValue"})
#: Messages around one plain value, that it may be told from none, or have any type.
_LIST = "google.protobuf.ListValue"
_AROUND = frozenset(
    {"google.protobuf.Value", _LIST}
    | {f"google.protobuf.{n}Value" for n in ("Int32", "Int64", "UInt32", "UInt64", "Float", "Double", "String", "Bool")}
)
_MASK, _ANY = "google.protobuf.FieldMask", "google.protobuf.Any"


class Told(NamedTuple):
    """What is known of a body.

    Attributes:
        descriptors: Of its route.
        name: Of the message that it is.
        unknown: Whether fields pass that no descriptor names.
    """

    descriptors: Descriptors
    name: str
    unknown: bool = False


class _Record(NamedTuple):
    """One field as it stands: its number and wire type, its value if it is a number, and its places."""

    number: int
    wire: int
    value: int
    start: int
    head: int
    begin: int
    end: int


class _Frame(NamedTuple):
    """A piece whose length stands before it: from where to where, the length itself, and the frame around it."""

    head: int
    begin: int
    end: int
    outer: int
    #: Bytes of a length that is always as wide; 0 for one that is as wide as it needs.
    wide: int


class Frames(Tree):
    """What messages show.

    Attributes:
        frames: Pieces with a length, outer ones first.
        shapes: The message that each box is, by the box's identity; of the entries of a map what one of them is.
        known: All messages by name.
    """

    __slots__ = ("frames", "known", "shapes")

    def __init__(self) -> None:
        super().__init__()
        self.frames: list[_Frame] = []
        self.shapes: dict[int, Shape] = {}
        self.known: dict[str, Shape] = {}

    def frame(self, head: int, begin: int, end: int, outer: int = -1, wide: int = 0) -> int:
        """One piece more; its number."""
        self.frames.append(_Frame(head, begin, end, outer, wide))
        return len(self.frames) - 1

    def raw(self, text: str, box: Box, number: int) -> str:
        """What a field or an entry of a map says, as JSON writes it: numbers, a list of them, a text."""
        data = text[box.starts[number] : box.ends[number]].encode("latin-1")
        record, shape = next(_records(data)), self.shapes.get(id(box))
        if shape is not None and shape.entry and record.wire == 2:
            record = next((r for r in _records(data, record.begin, record.end) if r.number == 2), record)
        field = shape.fields.get(record.number) if shape is not None else None
        told = self._plain(data, record, field)
        return f":{told}" if told else ""

    def _plain(self, data: bytes, record: _Record, field: Field | None) -> str:
        """A value as JSON writes it; nothing where it is a message of its own."""
        if field is None or not _fits(field, record.wire):
            return ""
        if field.kind == "message" and field.of in _AROUND:
            shape, rows = self.known[field.of], list(_records(data, record.begin, record.end))
            if field.of == _LIST:
                return f"[{','.join(self._plain(data, row, shape.fields.get(row.number)) for row in rows)}]"
            # What is not said is 0.
            return self._plain(data, rows[-1], shape.fields.get(rows[-1].number)) if rows else "0"
        if field.kind == "text":
            return f'"{data[record.begin : record.end].decode()}"'
        if not field.code:
            return ""
        if record.wire != 2:
            return str(_counted(field, data, record.begin, record.end)[0])
        at, rows_ = record.begin, []
        while at < record.end:
            value, at = _counted(field, data, at, record.end)
            rows_.append(str(value))
        return f"[{','.join(rows_)}]"

    def cuts(self) -> list[Cut]:
        """As for every tree, and lengths with them."""
        gone = super().cuts()
        if not gone:
            return gone
        # How much goes out of each frame itself, by the innermost one that a cut lies in.
        lost = [0] * len(self.frames)
        stack: list[int] = []
        at = 0
        for cut in gone:
            while at < len(self.frames) and self.frames[at].begin <= cut.start:
                stack.append(at)
                at += 1
            while stack and self.frames[stack[-1]].end < cut.end:
                stack.pop()
            if stack:
                lost[stack[-1]] += cut.end - cut.start
        heads: list[Cut] = []
        for number in range(len(self.frames) - 1, -1, -1):
            frame, less = self.frames[number], lost[number]
            if not less:
                continue
            size = frame.end - frame.begin - less
            new = size.to_bytes(frame.wide, "big") if frame.wide else varint(size)
            heads.append(Cut(frame.head, frame.begin, new.decode("latin-1")))
            if frame.outer >= 0:
                lost[frame.outer] += less + (frame.begin - frame.head) - len(new)
        return merged([*gone, *heads])


class Walk:
    """One run over the messages of a body; it goes as deep as the policy lets it.

    Args:
        data: The body.
        tree: What is filled.
        reading: The look.
        told: What is known of it.
    """

    def __init__(self, data: bytes, tree: Frames, reading: Reading, told: Told) -> None:
        self.data = data
        self.tree = tree
        self.reading = reading
        self.shapes = tree.known = told.descriptors.shapes
        self.enums = told.descriptors.enums
        self.unknown = told.unknown
        self.speaking: dict[str, bool] = {}

    def message(
        self, name: str, begin: int, end: int, spot: Spot | None = None, owner: str = "", frame: int = -1,
        about: str = "", depth: int = 0,
    ) -> None:  # fmt: skip
        """Show a message.

        Args:
            name: Its full name.
            begin: Where it begins.
            end: Where it ends.
            spot: The field that it is.
            owner: The path it lies in.
            frame: The piece that it is.
            about: What it is the value of, where it stands for one value.
            depth: How deep it lies.

        Raises:
            Unsound: It is none, too deep, ambiguous, or holds what no descriptor names.
        """
        if depth >= self.reading.depth:
            raise Unsound("it is nested too deep", limit=True)
        shape = self.shapes[name]
        box = self.tree.box(*(spot or (None, 0)), glued=False)
        self.tree.shapes[id(box)] = shape
        seen: set[int | str] = set()
        many: dict[int, Box] = {}
        url, packed = "", None
        for record in _records(self.data, begin, end):
            self.reading.spend(1)
            field = shape.fields.get(record.number)
            if field is None or not _fits(field, record.wire):
                self.stranger()
                box.add(record.start, record.end, str(record.number))
                continue
            here = box.add(record.start, record.end, field.name)
            for word in (field.name, field.of.rpartition(".")[2]):
                if word == field.name or (word and self.reading.look(word)):
                    self.tree.show(Shown(Role.KEY, word, owner, Kind.TREE), box, here)
            if not field.repeated:
                only = field.one or record.number
                if only in seen:
                    raise Unsound("a field stands twice in a message", ambiguous=True)
                seen.add(only)
            if name == _ANY:
                if field.kind == "text":
                    url = self.text(record)
                else:
                    packed = (record, (box, here))
                continue
            if field.repeated and record.number not in many:
                many[record.number] = self.tree.box(box, here, glued=False, listed=True)
            self.field(field, record, (box, here), many.get(record.number), shape, owner, frame, about, depth)
        if packed is not None:
            self.any(url, *packed, owner=owner, frame=frame, depth=depth)

    def field(
        self, field: Field, record: _Record, spot: Spot, many: Box | None, shape: Shape, owner: str, frame: int,
        about: str, depth: int,
    ) -> None:  # fmt: skip
        """Show the value of a field."""
        path = f"{owner}.{field.name}" if owner else field.name
        key, under = field.name, owner
        if shape.name in _PLAIN and about:
            key, path = about, owner
        elif shape.name == _MASK:
            path = f"{owner}.fields"
        if many is not None:
            if field.kind == "message" and self.shapes[field.of].entry:
                self.entry(field, record, spot, many, path, frame, depth)
                return
            if record.wire == 2 and field.wire != 2:
                if field.kind == "enum":
                    self.packed(field, record, spot, path, frame)
                return
            # An element of a list: it has no key of its own, unless it is a list of plain values.
            spot = many, many.add(record.start, record.end)
            key, under = "", path
        if field.kind == "message":
            inner = self.tree.frame(record.head, record.begin, record.end, frame)
            of = about if shape.name in _PLAIN else field.name
            self.message(field.of, record.begin, record.end, spot, path, inner, of, depth + 1)
        else:
            self.value(field, record, spot, under, key)

    def value(self, field: Field, record: _Record, spot: Spot, owner: str, key: str) -> None:
        """Show a plain value."""
        if field.kind == "enum":
            word = self.enums[field.of].values.get(_kept(field, record.value))
            if word is None:
                self.stranger()
                return
        elif field.kind == "text":
            word = self.text(record)
        elif field.kind == "bytes":
            try:
                word = self.data[record.begin : record.end].decode("utf-8")
            except UnicodeDecodeError:
                return
        else:
            return
        said(self.tree, self.reading, word, "", _nowhere, spot, owner, key)

    def packed(self, field: Field, record: _Record, spot: Spot, owner: str, frame: int) -> None:
        """Show the values of an enum that stand in one record."""
        enum = self.enums[field.of]
        if enum.name not in self.speaking:
            self.speaking[enum.name] = any(map(self.reading.look, enum.values.values()))
        box = None
        if self.speaking[enum.name]:
            box = self.tree.box(*spot, glued=False, listed=True)
            self.tree.frame(record.head, record.begin, record.end, frame)
        at = record.begin
        while at < record.end:
            self.reading.spend(1)
            start = at
            value, at = _number(self.data, at, record.end)
            word = enum.values.get(_kept(field, value))
            if word is None:
                self.stranger()
            elif box is not None:
                said(self.tree, self.reading, word, "", _nowhere, (box, box.add(start, at)), owner, "")

    def entry(self, field: Field, record: _Record, spot: Spot, many: Box, owner: str, frame: int, depth: int) -> None:
        """Show an entry of a map: its key is a name, as that of a member of an object is."""
        shape = self.shapes[field.of]
        rows = list(_records(self.data, record.begin, record.end))
        by = {row.number: row for row in rows}
        if len(by) < len(rows):
            raise Unsound("a field stands twice in a message", ambiguous=True)
        key, value = "", None
        for row in rows:
            self.reading.spend(1)
            said_ = shape.fields.get(row.number)
            if said_ is None or row.number > 2 or not _fits(said_, row.wire):
                self.stranger()
            elif row.number == 1:
                key = self.text(row) if said_.kind == "text" else str(_counted(said_, self.data, row.begin, row.end)[0])
            else:
                value = (said_, row)
        if key in many.names:
            raise Unsound("a key stands twice in a map", ambiguous=True)
        self.tree.shapes[id(many)] = shape
        spot = many, many.add(record.start, record.end, key)
        self.tree.show(Shown(Role.KEY, key, owner, Kind.TREE), *spot)
        if value is None:
            return
        kind, row = value
        outer = self.tree.frame(record.head, record.begin, record.end, frame)
        if kind.kind == "message":
            inner = self.tree.frame(row.head, row.begin, row.end, outer)
            path = f"{owner}.{key}" if owner else key
            self.message(kind.of, row.begin, row.end, spot, path, inner, key, depth + 1)
        else:
            self.value(kind, row, spot, owner, key)

    def any(self, url: str, record: _Record, spot: Spot, *, owner: str, frame: int, depth: int) -> None:
        """Show a message of a type that it names itself."""
        name = url.rpartition("/")[2]
        if name not in self.shapes:
            self.stranger()
            return
        inner = self.tree.frame(record.head, record.begin, record.end, frame)
        self.message(name, record.begin, record.end, spot, owner, inner, "", depth + 1)

    def text(self, record: _Record) -> str:
        """A text.

        Raises:
            Unsound: It is no UTF-8.
        """
        try:
            return self.data[record.begin : record.end].decode("utf-8")
        except UnicodeDecodeError:
            raise Unsound("a text in it is no UTF-8") from None

    def stranger(self) -> None:
        """Something that no descriptor names.

        Raises:
            Unsound: It does not pass here.
        """
        if not self.unknown:
            raise Unsound("it holds what its descriptors do not name")


def _fits(field: Field, wire: int) -> bool:
    """Whether a field may come as a wire type; numbers that are repeated come packed as well."""
    if field.kind == "group":
        return False
    return wire == field.wire or (wire == 2 and field.repeated and field.wire != 2)


def _records(data: bytes, at: int = 0, end: int | None = None) -> Iterator[_Record]:
    """The fields of a message.

    Raises:
        Unsound: It is none.
    """
    stop = len(data) if end is None else end
    while at < stop:
        start = at
        tag, at = _number(data, at, stop)
        number, wire, value = tag >> 3, tag & 7, 0
        if not 0 < number <= _LARGEST:
            raise Unsound("it is no message of protobuf")
        head = begin = at
        if wire == 0:
            value, at = _number(data, at, stop)
        elif wire == 2:
            size, begin = _number(data, at, stop)
            at = begin + size
        elif wire in {1, 5}:
            at += 8 if wire == 1 else 4
        else:
            raise Unsound("it holds a group, or is no message of protobuf")
        if at > stop:
            raise Unsound("it ends too early")
        yield _Record(number, wire, value, start, head, begin, at)


def _number(data: bytes, at: int, end: int) -> tuple[int, int]:
    """A number of 64 bits, and where it ends.

    Raises:
        Unsound: It does not end.
    """
    try:
        value, at = unsigned(data, at, end)
    except IndexError:
        raise Unsound("it ends too early, or is no message of protobuf") from None
    return value & 0xFFFFFFFFFFFFFFFF, at


def _counted(field: Field, data: bytes, at: int, end: int) -> tuple[int | float, int]:
    """One number of a field, and where it ends.

    Raises:
        Unsound: It does not end.
    """
    if field.kind != "fixed":
        value, at = _number(data, at, end)
        return _kept(field, value), at
    after = at + struct.calcsize(f"<{field.code}")
    if after > end:
        raise Unsound("it ends too early")
    (made,) = struct.unpack_from(f"<{field.code}", data, at)
    return (int(made) if made == made // 1 and abs(made) < 1 << 53 else made) if field.code in "fd" else made, after


def _kept(field: Field, value: int) -> int:
    """What readers keep of a number that is written in up to 64 bits: of a type of 32 bits the lower half."""
    if field.code == "?":
        return int(value != 0)
    bits = 32 if field.code in "iI" else 64
    value &= (1 << bits) - 1
    if field.kind == "zigzag":
        return zigzag(value)
    return value - (1 << bits) if field.code in "iq" and value >> (bits - 1) else value


def _nowhere(at: int) -> int:
    """What stands in a text goes as a whole: its length stands before it."""
    return at
