"""What a maker's descriptors say of the messages of an API: a ``FileDescriptorSet`` as ``protoc`` writes it.

Read by the library of protobuf (google/protobuf/descriptor.proto); kept are names, numbers and types alone.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from untag.mistake import UntagError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Descriptors", "Enum", "Field", "Shape", "load"]

#: Bytes of the largest file.
LARGEST = 16 << 20
NEEDS = "descriptors need protobuf: pip install 'untag[protobuf]'"
#: Types of fields by their number in ``FieldDescriptorProto.Type``, the wire type of each, and how its numbers are kept
#: in memory, as ``struct`` says it: readers cut what was written longer down to that.
_TYPES = {
    1: ("fixed", 1, "d"), 2: ("fixed", 5, "f"), 3: ("number", 0, "q"), 4: ("number", 0, "Q"), 5: ("number", 0, "i"),
    6: ("fixed", 1, "Q"), 7: ("fixed", 5, "I"), 8: ("number", 0, "?"), 9: ("text", 2, ""), 10: ("group", 3, ""),
    11: ("message", 2, ""), 12: ("bytes", 2, ""), 13: ("number", 0, "I"), 14: ("enum", 0, "i"), 15: ("fixed", 5, "i"),
    16: ("fixed", 1, "q"), 17: ("zigzag", 0, "i"), 18: ("zigzag", 0, "q"),
}  # fmt: skip
_REPEATED = 3


class Field(NamedTuple):
    """One field of a message.

    Attributes:
        name: Its name.
        kind: ``number``, ``zigzag``, ``fixed``, ``text``, ``bytes``, ``enum``, ``message`` or ``group``.
        wire: Wire type of one value.
        of: Full name of the message or enum that it holds.
        repeated: Whether there may be many.
        one: The oneof of which it is one; empty for none.
        code: How its numbers are kept, as ``struct`` says it; empty where it holds none.
    """

    name: str
    kind: str
    wire: int
    of: str = ""
    repeated: bool = False
    one: str = ""
    code: str = ""


class Enum(NamedTuple):
    """An enum.

    Attributes:
        name: Its full name.
        values: Names by number, without the prefix that all of them share.
    """

    name: str
    values: dict[int, str]


@dataclass(slots=True, eq=False)
class Shape:
    """A message.

    Attributes:
        name: Its full name.
        fields: By number.
        entry: Whether it is an entry of a map: a key and a value.
    """

    name: str
    fields: dict[int, Field] = field(default_factory=dict)
    entry: bool = False


@dataclass(frozen=True, eq=False)
class Descriptors:
    """All of a file.

    Attributes:
        path: The file.
        digest: Of the file.
        shapes: Messages by full name.
        enums: Enums by full name.
        methods: What is sent and what is answered, by the path of a method of gRPC.
    """

    path: Path
    digest: str
    shapes: dict[str, Shape]
    enums: dict[str, Enum]
    methods: dict[str, tuple[str, str]]


def load(path: Path, where: str) -> Descriptors:
    """Read a file.

    Args:
        path: A serialized ``FileDescriptorSet``, with what it imports.
        where: What names it, for messages.

    Raises:
        UntagError: It cannot be read, is none, or lacks what a field refers to; or a library is missing.
    """
    try:
        from google.protobuf.descriptor_pb2 import FileDescriptorSet
        from google.protobuf.message import DecodeError
    except ImportError:
        raise UntagError(NEEDS) from None
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise UntagError(f"{where}: cannot read {path}: {(error.strerror or 'error').lower()}") from None
    if len(data) > LARGEST:
        raise UntagError(f"{where}: {path} is larger than {LARGEST} bytes")
    files = FileDescriptorSet()
    try:
        files.ParseFromString(data)
    except DecodeError:
        raise UntagError(f"{where}: {path} is no FileDescriptorSet (protoc --descriptor_set_out)") from None
    made = _Made()
    for one in files.file:
        made.file(one)
    wrong = made.missing()
    if wrong:
        raise UntagError(f"{where}: {path} lacks {wrong} (protoc --include_imports)")
    if not made.shapes:
        raise UntagError(f"{where}: {path} describes no message")
    return Descriptors(path, hashlib.sha256(data).hexdigest(), made.shapes, made.enums, made.methods)


class _Made:
    """What is collected."""

    def __init__(self) -> None:
        self.shapes: dict[str, Shape] = {}
        self.enums: dict[str, Enum] = {}
        self.methods: dict[str, tuple[str, str]] = {}
        self.extensions: list[tuple[str, int, Field]] = []

    def file(self, one: Any) -> None:
        """One file of the set."""
        waiting = [(one.package, message) for message in one.message_type]
        for enum in one.enum_type:
            self.enum(one.package, enum)
        self.extended(one.extension)
        while waiting:
            scope, message = waiting.pop()
            name = f"{scope}.{message.name}" if scope else message.name
            ones = [row.name for row in message.oneof_decl]
            shape = self.shapes[name] = Shape(name, entry=message.options.map_entry)
            for row in message.field:
                # An ``optional`` of proto3 is a oneof of one.
                group = ones[row.oneof_index] if row.HasField("oneof_index") and not row.proto3_optional else ""
                shape.fields[row.number] = _field(row, group)
            waiting += [(name, inner) for inner in message.nested_type]
            for enum in message.enum_type:
                self.enum(name, enum)
            self.extended(message.extension)
        for service in one.service:
            full = f"{one.package}.{service.name}" if one.package else service.name
            for method in service.method:
                types = method.input_type.lstrip("."), method.output_type.lstrip(".")
                self.methods[f"/{full}/{method.name}"] = types

    def enum(self, scope: str, enum: Any) -> None:
        """One enum; its values are called by what tells them apart (``RACE_ASIAN``, ``RACE_BLACK``)."""
        name = f"{scope}.{enum.name}" if scope else enum.name
        names = [row.name for row in enum.value]
        shared = 0
        if len(names) > 1:
            first, last = min(names), max(names)
            same = next((i for i, pair in enumerate(zip(first, last, strict=False)) if len(set(pair)) > 1), len(first))
            shared = first.rfind("_", 0, same) + 1
        self.enums[name] = Enum(name, {row.number: row.name[shared:] or row.name for row in enum.value})

    def extended(self, rows: Any) -> None:
        """Fields that are added to a message elsewhere."""
        self.extensions += [(row.extendee.lstrip("."), row.number, _field(row, "")) for row in rows]

    def missing(self) -> str:
        """Put extensions where they belong; the first name that nothing in the file bears."""
        for owner, number, row in self.extensions:
            if owner not in self.shapes:
                return owner
            self.shapes[owner].fields[number] = row
        for shape in self.shapes.values():
            for row in shape.fields.values():
                known = self.enums if row.kind == "enum" else self.shapes
                if row.of and row.of not in known:
                    return row.of
        return next((name for pair in self.methods.values() for name in pair if name not in self.shapes), "")


def _field(row: Any, one: str) -> Field:
    kind, wire, code = _TYPES.get(row.type, ("group", 3, ""))
    return Field(row.name, kind, wire, row.type_name.lstrip("."), row.label == _REPEATED, one, code)
