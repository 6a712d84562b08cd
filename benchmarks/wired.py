"""Generated messages of protobuf and calls of gRPC, for the run ``leak``.

Each API is made out of its number: names, field numbers, types, what is repeated, packed, in a map or a oneof. Messages
are written here piece by piece, so that what has to be left is known to the byte, and read back by protobuf's library.
"""

from __future__ import annotations

import gzip
import random
import struct
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from google.protobuf import any_pb2, descriptor_pb2, descriptor_pool, field_mask_pb2, message_factory, struct_pb2
from leak import NAMES, VALUES, Pair

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

__all__ = ["call", "refused", "routes", "wrong"]

APIS = 24
#: Names that may be one of a field.
FIELDS = tuple(name for name in NAMES if name.isascii())
#: Wire type and writer of each type of numbers; ``v`` for a number of changing size.
_FIXED = {"double": (1, "d"), "float": (5, "f"), "fixed64": (1, "Q"), "fixed32": (5, "I"), "sfixed64": (1, "q"),
          "sfixed32": (5, "i")}  # fmt: skip
_TYPES = {
    "double": 1, "float": 2, "int64": 3, "uint64": 4, "int32": 5, "fixed64": 6, "fixed32": 7, "bool": 8, "string": 9,
    "message": 11, "bytes": 12, "uint32": 13, "enum": 14, "sfixed32": 15, "sfixed64": 16, "sint32": 17, "sint64": 18,
}  # fmt: skip
_NUMBERS = tuple(name for name in _TYPES if name not in {"bool", "string", "message", "bytes", "enum"})
_PEOPLES = ("ASIAN", "BLACK", "WHITE", "UYGHUR", "INDIAN")
_WANTED = ("NONE", "AGE", "GENDER", "EMOTION", "RACE", "ETHNICITY")
_MESSAGES = ("application/x-protobuf", "application/protobuf", "application/vnd.google.protobuf",
             "application/x-google-protobuf", "application/vnd.faces+proto")  # fmt: skip
_CALLS = ("application/grpc", "application/grpc+proto", "application/grpc-web", "application/grpc-web+proto")


class Gone(NamedTuple):
    """Bytes that must not come out."""

    data: bytes


class Held(NamedTuple):
    """Pieces with their length before them; ``wide`` bytes of it, or as many as it needs."""

    head: bytes
    pieces: Sequence[Any]
    wide: int = 0


def _written(pieces: Sequence[Any], *, full: bool) -> bytes:
    """Pieces as bytes, with or without what must not come out."""
    out = []
    for piece in pieces:
        if isinstance(piece, Held):
            inner = _written(piece.pieces, full=full)
            size = len(inner).to_bytes(piece.wide, "big") if piece.wide else _varint(len(inner))
            out.append(piece.head + size + inner)
        elif not isinstance(piece, Gone):
            out.append(piece)
        elif full:
            out.append(piece.data)
    return b"".join(out)


def _gone(piece: Any) -> Gone:
    return Gone(_written([piece], full=True))


def _varint(value: int, more: int = 0, most: int = 10) -> bytes:
    """A number, in more bytes than it needs where that is said; readers take as many as ``most``."""
    value &= (1 << 64) - 1
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    for _ in range(min(more, most - len(out))):
        out[-1] |= 0x80
        out.append(0)
    return bytes(out)


class Row(NamedTuple):
    """A field of a generated message: its number and type, the message or enum it holds, and whether it is a tag."""

    number: int
    name: str
    kind: str
    of: str = ""
    repeated: bool = False
    one: bool = False
    tag: bool = False


@dataclass
class Api:
    """A generated API: messages by name, and their classes."""

    package: str
    rows: dict[str, list[Row]] = field(default_factory=dict)
    maps: dict[str, dict[str, tuple[str, str, str]]] = field(default_factory=dict)
    file: Any = None
    kinds: dict[str, Any] = field(default_factory=dict)

    def row(self, message: str, name: str) -> Row:
        """A field by its name."""
        return next(row for row in self.rows[message] if row.name == name)


# -- APIs


def _number(rng: random.Random, taken: set[int]) -> int:
    while True:
        number = rng.randrange(1, rng.choice([16, 16, 64, 2048, 1 << 20, 1 << 29]))
        if number not in taken and not 19000 <= number < 20000:
            taken.add(number)
            return number


def _rows(rng: random.Random, given: Sequence[tuple[Any, ...]]) -> list[Row]:
    taken: set[int] = set()
    return [Row(_number(rng, taken), *row) for row in given]


def _face(rng: random.Random, race: str) -> list[Row]:
    number = rng.choice(_NUMBERS)
    given: list[tuple[Any, ...]] = [
        ("age", rng.choice(["int32", "uint32", "sint32"])), ("gender", "string"), ("confidence", "double"),
        ("glasses", "bool"), ("box", number, "", True), ("crop", "bytes"), ("camera", "string", "", True),
        ("hair_color", "enum", "HairColor"), ("inner", "message", "Face"), ("labels", "message", "Label", True),
        ("more", "message", "google.protobuf.Struct"), ("detail", "message", "google.protobuf.Any"),
        ("seen", "enum", "Attribute", True), ("scores", "map"), ("extra", "map"), ("name", "string", "", False, True),
        ("number", "int64", "", False, True), ("e", "enum", race, rng.random() < 0.5, False, True),
    ]  # fmt: skip
    for name in rng.sample(FIELDS, 4):
        kind = rng.choice(["string", "string", "enum", "bytes", "bool", "message", *_NUMBERS])
        of = {"enum": rng.choice([race, "HairColor"]), "message": "Label"}.get(kind, "")
        one = rng.random() < 0.2
        given.append((name, kind, of, not one and rng.random() < 0.4, one, True))
    return _rows(rng, given)


@cache
def api(number: int) -> Api:
    """An API by its number."""
    rng = random.Random(f"api:{number}")  # noqa: S311 - reproducible, no secret
    made = Api(f"a{number}.v1")
    race = rng.choice(["Race", "Ethnicity", "RaceType", "FaceRace"])
    made.rows = {
        "Label": _rows(rng, [("name", "string"), ("score", "double")]),
        "Face": _face(rng, race),
        "Answer": _rows(rng, [("faces", "message", "Face", True), ("people", "map"), ("took", "int64"),
                              ("page", "string")]),
        "Filter": _rows(rng, [("field", "string"), ("value", "string")]),
        "Asked": _rows(rng, [
            ("image", "bytes"), ("attributes", "enum", "Attribute", True), ("fields", "string", "", True),
            ("read_mask", "message", "google.protobuf.FieldMask"), ("limit", "int32"), ("filter", "message", "Filter"),
            (rng.choice(FIELDS), "string", "", False, False, True),
        ]),
        "Runner": _rows(rng, [("horse", "string"), ("jockey", "string"), ("race", "int32"), ("odds", "string")]),
        "Meeting": _rows(rng, [("course", "string"), ("runners", "message", "Runner", True)]),
    }  # fmt: skip
    made.maps = {
        "Face": {"scores": ("string", "double", ""), "extra": ("string", "string", "")},
        "Answer": {"people": (rng.choice(["string", "int64"]), "message", "Face")},
    }
    _described(made, race, rng)
    return made


def _described(made: Api, race: str, rng: random.Random) -> None:
    """Write its descriptors, and let protobuf make classes of them."""
    kinds = descriptor_pb2.FileDescriptorSet()
    for known in (any_pb2, struct_pb2, field_mask_pb2):
        known.DESCRIPTOR.CopyToProto(kinds.file.add())
    one = kinds.file.add(name="faces.proto", package=made.package, syntax="proto3")
    one.dependency.extend(f.name for f in kinds.file[:3])
    long = rng.random() < 0.5
    for name, prefix, values in (
        (race, "RACE_", ("UNKNOWN", *_PEOPLES)), ("Attribute", "ATTRIBUTE_", _WANTED),
        ("HairColor", "HAIR_", ("NONE", "BLACK", "WHITE", "RED")),
    ):  # fmt: skip
        enum = one.enum_type.add(name=name)
        for number, value in enumerate(values):
            enum.value.add(name=(prefix if long or name != race else f"{race.upper()}_") + value, number=number)
    for name, rows in made.rows.items():
        message = one.message_type.add(name=name)
        if any(row.one for row in rows):
            message.oneof_decl.add(name="identity")
        for row in rows:
            said = message.field.add(
                name=row.name, number=row.number, label=3 if row.repeated or row.kind == "map" else 1
            )
            if row.kind == "map":
                key, kind, of = made.maps[name][row.name]
                entry = message.nested_type.add(name=row.name.title() + "Entry")
                entry.options.map_entry = True
                entry.field.add(name="key", number=1, type=_TYPES[key], label=1)
                value = entry.field.add(name="value", number=2, type=_TYPES[kind], label=1)
                if of:
                    value.type_name = f".{made.package}.{of}"
                said.type, said.type_name = 11, f".{made.package}.{name}.{entry.name}"
                continue
            said.type = _TYPES[row.kind]
            if row.of:
                said.type_name = f".{row.of}" if row.of.startswith("google") else f".{made.package}.{row.of}"
            if row.one:
                said.oneof_index = 0
    service = one.service.add(name="Faces")
    service.method.add(name="Analyze", input_type=f".{made.package}.Asked", output_type=f".{made.package}.Answer")
    made.file = kinds
    pool = descriptor_pool.DescriptorPool()
    for file in kinds.file:
        pool.Add(file)
    for name in made.rows:
        made.kinds[name] = message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{made.package}.{name}"))


def routes(folder: Path) -> list[dict[str, Any]]:
    """What the policy says of these APIs; their descriptors are written to a folder."""
    out: list[dict[str, Any]] = []
    for number in range(APIS):
        made = api(number)
        name = f"a{number}.desc"
        (folder / name).write_bytes(made.file.SerializeToString())
        both = {"request": f"{made.package}.Asked", "response": f"{made.package}.Answer"}
        known = {"biometric": True, "descriptors": name, "messages": both}
        out += [
            {"path": [f"/a{number}/faces/**", f"/{made.package}.Faces/*"], **known},
            {"path": f"/a{number}/next/**", **known, "unknown": "pass", "reason": "fields of the next version"},
            {"path": f"/a{number}/meetings", "descriptors": name, "messages": {"response": f"{made.package}.Meeting"}},
        ]
    return out


# -- messages


class Writer:
    """Writes messages of an API, piece by piece.

    Args:
        made: The API.
        rng: What is drawn from.
        tagged: Whether tags are among what it writes.
    """

    def __init__(self, made: Api, rng: random.Random, *, tagged: bool) -> None:
        self.made = made
        self.rng = rng
        self.tagged = tagged
        self.planted = 0

    def tag(self, number: int, wire: int) -> bytes:
        """What stands before a value."""
        return _varint(number << 3 | wire, self.rng.randrange(3) if self.rng.random() < 0.02 else 0, 5)

    def held(self, number: int, *pieces: Any) -> Held:
        """A value with its length."""
        return Held(self.tag(number, 2), pieces)

    def plant(self, piece: Any) -> Gone:
        """A piece that must not come out."""
        self.planted += 1
        return _gone(piece)

    def plain(self, kind: str) -> tuple[int, bytes]:
        """A number of a type: its wire type and bytes."""
        rng = self.rng
        if kind in _FIXED:
            wire, code = _FIXED[kind]
            value: Any = rng.random() * 100 if code in "df" else rng.randrange(1, 1 << 31)
            return wire, struct.pack(f"<{code}", value)
        value = 1 if kind == "bool" else rng.randrange(1, rng.choice([100, 1 << 14, 1 << 31]))
        if kind in {"int32", "int64"} and rng.random() < 0.1:
            value = -value
        return 0, _varint(value, rng.randrange(1, 4) if rng.random() < 0.05 else 0)

    def text(self) -> bytes:
        """A text that says nothing of anybody."""
        rng = self.rng
        return rng.choice(
            ["gate 3", "Li Wei", "löß 東京 😀", "x" * rng.randrange(1, 300), "Jordan Black", "f", "ok"]
        ).encode()

    def value(self, row: Row, depth: int) -> tuple[int, bytes] | list[Any]:
        """A value: a number as it is, or pieces that need a length."""
        rng = self.rng
        if row.kind == "string":
            return [rng.choice(VALUES).encode() if row.tag else self.text()]
        if row.kind == "bytes":
            return [b"\xff" + rng.randbytes(rng.randrange(200))]
        if row.kind == "enum":
            return 0, _varint(rng.randrange(1, 4))
        if row.kind == "message":
            return self.message(row.of, depth + 1)
        return self.plain(row.kind)

    def field(self, row: Row, depth: int) -> list[Any]:
        """A field, as often as it may stand; numbers packed or not, whatever was declared."""
        rng = self.rng
        count = rng.randrange(1, 4) if row.repeated else 1
        values = [self.value(row, depth) for _ in range(count)]
        numbers = [v for v in values if isinstance(v, tuple)]
        if not numbers:
            return [self.held(row.number, *v) for v in values if isinstance(v, list)]
        if not row.repeated or rng.random() < 0.4:
            return [self.tag(row.number, wire) + data for wire, data in numbers]
        at = rng.randrange(len(numbers) + 1)  # some of them in one record, the others in another
        parts = [numbers[:at], numbers[at:]]
        return [self.held(row.number, *(data for _, data in part)) for part in parts if part]

    def message(self, name: str, depth: int = 0) -> list[Any]:
        """The fields of a message, in any order."""
        rng, special = self.rng, _SPECIAL
        out: list[Any] = []
        rows = self.made.rows[name]
        ones = [row for row in rows if row.one and (self.tagged or not row.tag)]
        chosen = rng.choice(ones) if ones else None
        for row in rng.sample(rows, len(rows)):
            if (row.one and row is not chosen) or rng.random() < (0.6 if row.tag else 0.75 if depth else 0.3):
                continue
            if row.tag:
                if self.tagged:
                    # The records of one field, each by itself; what lies in a message that goes was never planted.
                    before = self.planted
                    pieces = self.field(row, depth)
                    self.planted = before
                    out += [self.plant(piece) for piece in pieces]
            elif (make := special.get((name, row.name))) is not None:
                out += make(self, row, depth)
            elif row.of not in {"Face", "Answer"} or depth < 3:
                out += self.field(row, depth)
        return out


def _labels(out: Writer, row: Row, depth: int) -> list[Any]:
    """Labels of a classifier, of which some say a people."""
    del depth
    name, score = out.made.row("Label", "name").number, out.made.row("Label", "score").number

    def label(text: str) -> Held:
        return out.held(
            row.number, out.held(name, text.encode()), out.tag(score, 1) + struct.pack("<d", out.rng.random())
        )

    rows: list[Any] = [label(text) for text in out.rng.sample(["smile", "glasses", "hat"], 2)]
    if out.tagged:
        rows.insert(out.rng.randrange(3), out.plant(label(out.rng.choice(["asian", "Uyghur", "caucasian"]))))
    return rows


def _seen(out: Writer, row: Row, depth: int) -> list[Any]:
    """Attributes of which some are asked for by nobody: packed in one record, or each in its own."""
    del depth
    rng = out.rng
    values = [rng.randrange(1, 4) for _ in range(rng.randrange(1, 4))]
    if out.tagged:
        values.insert(rng.randrange(len(values) + 1), rng.choice([4, 5]))
    bare = rng.random() < 0.4
    rows = []
    for value in values:
        data = _varint(value, rng.randrange(1, 4) if rng.random() < 0.05 else 0)
        piece: Any = out.tag(row.number, 0) + data if bare else data
        rows.append(out.plant(piece) if value > 3 else piece)
    return rows if bare else [out.held(row.number, *rows)]


def _entry(out: Writer, number: int, key: Any, *value: Any) -> Held:
    """An entry of a map; key and value in any order."""
    first: Any = out.held(1, key.encode()) if isinstance(key, str) else out.tag(1, 0) + _varint(key)
    rows = [first, *value]
    return out.held(number, *(rows if out.rng.random() < 0.8 else rows[::-1]))


def _scores(out: Writer, row: Row, depth: int) -> list[Any]:
    """A map from what a classifier knows to how sure it is."""
    del depth

    def one(key: str) -> Held:
        return _entry(out, row.number, key, out.tag(2, 1) + struct.pack("<d", out.rng.random()))

    rows: list[Any] = [one(key) for key in out.rng.sample(["smile", "glasses", "hat"], 2)]
    if out.tagged:
        rows += [out.plant(one(key)) for key in out.rng.choice([["asian", "black", "white"], [out.rng.choice(NAMES)]])]
    return rows


def _extra(out: Writer, row: Row, depth: int) -> list[Any]:
    """A map of texts."""
    del depth
    rows: list[Any] = [_entry(out, row.number, key, out.held(2, out.text())) for key in ("camera", "age")]
    if out.tagged:
        value = out.held(2, out.rng.choice(VALUES).encode())
        rows.insert(out.rng.randrange(3), out.plant(_entry(out, row.number, out.rng.choice(NAMES), value)))
    return rows


def _people(out: Writer, row: Row, depth: int) -> list[Any]:
    """A map of faces."""
    rng, text = out.rng, out.made.maps["Answer"]["people"][0] == "string"
    keys = [f"p{n}" if text else rng.randrange(1, 1 << 40) + n for n in range(rng.randrange(1, 3))]
    return [_entry(out, row.number, key, out.held(2, *out.message("Face", depth + 1))) for key in keys]


def _struct(out: Writer, depth: int) -> list[Any]:
    """A google.protobuf.Struct: a document of JSON as messages."""
    rows: list[Any] = []
    keys = ["age", "quality", "deep", "list"]
    if out.tagged:
        keys.insert(out.rng.randrange(5), out.rng.choice(NAMES))
    for key in keys:
        value = _value(out, 2 if depth > 2 and key in {"deep", "list"} else {"deep": 5, "list": 6}.get(key, 2), depth)
        if key in NAMES:
            value = _value(out, 3, depth, out.rng.choice(VALUES))
        entry = _entry(out, 1, key, out.held(2, value))
        rows.append(out.plant(entry) if key in NAMES else entry)
    return rows


def _value(out: Writer, which: int, depth: int, text: str = "") -> Any:
    """A google.protobuf.Value."""
    if which == 3:
        return out.held(3, text.encode())
    if which == 5:
        return out.held(5, *_struct(out, depth + 1))
    if which == 6:
        return out.held(6, *(out.held(1, _value(out, 2, depth)) for _ in range(2)))
    return out.tag(2, 1) + struct.pack("<d", float(out.rng.randrange(90)))


def _more(out: Writer, row: Row, depth: int) -> list[Any]:
    return [out.held(row.number, *_struct(out, depth))]


def _detail(out: Writer, row: Row, depth: int) -> list[Any]:
    """A google.protobuf.Any with a face."""
    if depth > 2:
        return []
    url = out.held(1, f"type.googleapis.com/{out.made.package}.Face".encode())
    rows = [url, out.held(2, *out.message("Face", depth + 1))]
    return [out.held(row.number, *(rows if out.rng.random() < 0.8 else rows[::-1]))]


_SPECIAL: dict[tuple[str, str], Callable[[Writer, Row, int], list[Any]]] = {
    ("Face", "labels"): _labels, ("Face", "seen"): _seen, ("Face", "scores"): _scores, ("Face", "extra"): _extra,
    ("Face", "more"): _more, ("Face", "detail"): _detail, ("Answer", "people"): _people,
}  # fmt: skip


# -- pairs


def _asked(made: Api, rng: random.Random, *, asks: bool) -> bytes:
    """A request, in which something asks for a tag or nothing does."""
    out = Writer(made, rng, tagged=False)
    row = {r.name: r for r in made.rows["Asked"]}
    pieces: list[Any] = []
    which = rng.randrange(5) if asks else -1
    if rng.random() < 0.5:
        pieces.append(out.held(row["image"].number, b"\xff\xd8" + rng.randbytes(40)))
    if rng.random() < 0.5:
        pieces.append(out.tag(row["limit"].number, 0) + _varint(5))
    values = [1, 2, 3][: rng.randrange(4)]
    if which == 0:
        values.insert(rng.randrange(len(values) + 1), rng.choice([4, 5]))
    if rng.random() < 0.5:
        pieces += [out.tag(row["attributes"].number, 0) + _varint(v) for v in values]
    elif values:
        pieces.append(out.held(row["attributes"].number, *(_varint(v) for v in values)))
    listed = ["age", "gender", "emotion"][: rng.randrange(4)]
    if which in {1, 2}:
        listed.insert(rng.randrange(len(listed) + 1), rng.choice(["race", "ethnicity", "dominant_race"]))
    if which == 2 or (not asks and rng.random() < 0.5):
        pieces.append(out.held(row["read_mask"].number, *(out.held(1, name.encode()) for name in listed)))
    else:
        pieces += [out.held(row["fields"].number, name.encode()) for name in listed]
    if which == 3:
        inner = (("field", rng.choice(["race", "ethnicity"])), ("value", rng.choice(VALUES)))
        rows = [out.held(made.row("Filter", name).number, value.encode()) for name, value in inner]
        pieces.append(out.held(row["filter"].number, *rows))
    if which == 4:
        named = next(r for r in row.values() if r.tag)
        pieces.append(out.held(named.number, rng.choice(VALUES).encode()))
    rng.shuffle(pieces)
    return _written(pieces, full=True)


def _frame(pieces: Sequence[Any], flag: int = 0) -> Held:
    return Held(bytes([flag]), pieces, 4)


def call(rng: random.Random) -> Pair:
    """One exchange."""
    number = rng.randrange(APIS)
    made = api(number)
    framed = rng.random() < 0.5
    kind = rng.choice(_CALLS if framed else _MESSAGES)
    path = f"/{made.package}.Faces/Analyze" if framed else f"/a{number}/faces/x"
    one = Pair(path=path, kind=kind, headers=[("content-type", kind)], message=made.kinds["Answer"], format="protobuf")
    what = rng.random()
    one.asks = what < 0.2
    body = _asked(made, rng, asks=one.asks)
    one.body = _written([_frame([body])], full=True) if framed else body
    if what < 0.3 and not one.asks and not framed:
        return _meeting(one, made, rng, number)
    out = Writer(made, rng, tagged=what >= 0.4)
    messages = [out.message("Answer") for _ in range(rng.randrange(1, 4) if framed else 1)]
    if not framed and rng.random() < 0.1:
        # A field of the next version: no descriptor names it.
        one.kept_back = rng.random() < 0.5
        one.path = one.path if one.kept_back else f"/a{number}/next/x"
        taken = {row.number for row in made.rows["Answer"]}
        messages[0].insert(rng.randrange(len(messages[0]) + 1), out.held(_number(rng, taken), b"next"))
    pieces: list[Any] = messages[0]
    if framed:
        pieces = [_frame(m) for m in messages]
        if "web" in kind:
            status: list[Any] = [b"grpc-status:0\r\n", b"grpc-message:fine\r\n"]
            if out.tagged:
                status.insert(rng.randrange(3), out.plant(b"face-race:" + rng.choice([b"asian", b"Uyghur"]) + b"\r\n"))
            pieces.append(_frame(status, 0x80))
        if rng.random() < 0.05:
            one.kept_back = True
            pieces.insert(0, _frame([gzip.compress(_written(messages[0], full=True), 1, mtime=0)], 1))
    one.answer, one.clean = (_written(pieces, full=full) for full in (True, False))
    one.innocent = not out.planted and not one.kept_back
    if not kind.startswith("application/grpc") or "web" in kind:
        one.coding = rng.choice(["", "", "gzip", "deflate"])
    return one


def _meeting(one: Pair, made: Api, rng: random.Random, number: int) -> Pair:
    """Races of horses, on a route that is not declared."""
    out = Writer(made, rng, tagged=False)
    one.path, one.message, one.body, one.headers = f"/a{number}/meetings", made.kinds["Meeting"], b"", []
    one.answer = one.clean = _written(out.message("Meeting"), full=True)
    one.innocent = True
    return one


def _messages(data: bytes, kind: str) -> list[bytes]:
    """The messages of a body."""
    if not kind.startswith("application/grpc"):
        return [data]
    out, at = [], 0
    while at < len(data):
        size = int.from_bytes(data[at + 1 : at + 5], "big")
        if data[at] == 0:
            out.append(data[at + 5 : at + 5 + size])
        at += 5 + size
    return out


def refused(one: Pair, status: int, told: dict[bytes, bytes], body: bytes, *, asked: bool) -> str:
    """What is wrong with the answer to a call of which nothing may pass."""
    if one.kind.startswith("application/grpc"):
        code = told.get(b"grpc-status", b"")
        good = status == 200 and not body and code == (b"7" if one.asks else b"13")
    else:
        good = status == (403 if one.asks else 502) and told[b"content-type"] == b"application/problem+json"
    if one.asks:
        return "" if good and not asked else f"a request for a tag was let through ({status})"
    return "" if good else f"what cannot be read came out ({status})"


def wrong(one: Pair, told: dict[bytes, bytes], body: bytes) -> str:
    """What is wrong with messages that came out, or nothing.

    Args:
        one: The exchange.
        told: Headers of the response.
        body: Of the response, unpacked.
    """
    if b"etag" in told:
        return "the ETag of another body was kept"
    if body != one.clean:
        return "a tag came out, or something else went"
    from google.protobuf.message import DecodeError

    try:
        for data in _messages(body, one.kind):
            one.message.FromString(data)
    except DecodeError as error:
        return f"what came out cannot be read: {error}"
    return ""
