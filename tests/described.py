"""A made-up API in protobuf: its descriptors, and messages as protobuf's own library makes and reads them."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from google.protobuf import (
    any_pb2,
    descriptor_pb2,
    descriptor_pool,
    field_mask_pb2,
    message_factory,
    struct_pb2,
    wrappers_pb2,
)

if TYPE_CHECKING:
    from pathlib import Path

F = descriptor_pb2.FieldDescriptorProto
TYPES = {
    "double": 1, "float": 2, "int64": 3, "int32": 5, "fixed32": 7, "string": 9, "message": 11, "bytes": 12,
    "enum": 14, "sint32": 17,
}  # fmt: skip


def _field(message: Any, number: int, name: str, kind: str, of: str = "", *, many: bool = False, one: int = -1) -> None:
    row = message.field.add(name=name, number=number, type=TYPES[kind], label=3 if many else 1)
    if of:
        row.type_name = of
    if one >= 0:
        row.oneof_index = one


def _map(
    message: Any, package: str, number: int, name: str, kind: str, of: str = "", key: str = "string"
) -> None:  # fmt: skip
    entry = message.nested_type.add(name=name.title() + "Entry")
    entry.options.map_entry = True
    _field(entry, 1, "key", key)
    _field(entry, 2, "value", kind, of)
    _field(message, number, name, "message", f".{package}.{message.name}.{entry.name}", many=True)


@cache
def files() -> descriptor_pb2.FileDescriptorSet:
    made = descriptor_pb2.FileDescriptorSet()
    for known in (any_pb2, struct_pb2, field_mask_pb2, wrappers_pb2):
        known.DESCRIPTOR.CopyToProto(made.file.add())
    one = made.file.add(name="faces.proto", package="faces.v1", syntax="proto3")
    one.dependency.extend(f.name for f in made.file[:4])
    race = one.enum_type.add(name="Race")
    for number, name in enumerate(("RACE_UNSPECIFIED", "RACE_ASIAN", "RACE_BLACK", "RACE_WHITE")):
        race.value.add(name=name, number=number)
    wanted = one.enum_type.add(name="Attribute")
    for number, name in enumerate(("ATTRIBUTE_NONE", "ATTRIBUTE_AGE", "ATTRIBUTE_GENDER", "ATTRIBUTE_RACE")):
        wanted.value.add(name=name, number=number)
    face = one.message_type.add(name="Face")
    _field(face, 1, "age", "int32")
    _field(face, 2, "gender", "string")
    _field(face, 3, "race", "enum", ".faces.v1.Race")
    _field(face, 4, "e", "enum", ".faces.v1.Race")  # its type alone says what it is
    _field(face, 5, "box", "double", many=True)
    _field(face, 6, "crop", "bytes")
    _map(face, "faces.v1", 7, "scores", "double")
    face.oneof_decl.add(name="identity")
    _field(face, 8, "name", "string", one=0)
    _field(face, 9, "number", "int64", one=0)
    _field(face, 10, "label", "message", ".faces.v1.Label", many=True)
    _field(face, 11, "more", "message", ".google.protobuf.Struct")
    _field(face, 12, "inner", "message", ".faces.v1.Face")
    _field(face, 13, "detail", "message", ".google.protobuf.Any")
    _field(face, 14, "seen", "enum", ".faces.v1.Attribute", many=True)
    _field(face, 300, "ethnicity", "string", many=True)
    _field(face, 15, "attr7", "sint32")
    label = one.message_type.add(name="Label")
    _field(label, 1, "name", "string")
    _field(label, 2, "score", "double")
    answer = one.message_type.add(name="Answer")
    _field(answer, 1, "faces", "message", ".faces.v1.Face", many=True)
    _field(answer, 2, "took", "int64")
    _map(answer, "faces.v1", 3, "people", "message", ".faces.v1.Face")
    asked = one.message_type.add(name="Asked")
    _field(asked, 1, "image", "bytes")
    _field(asked, 2, "attributes", "enum", ".faces.v1.Attribute", many=True)
    _field(asked, 3, "read_mask", "message", ".google.protobuf.FieldMask")
    _field(asked, 4, "names", "string", many=True)
    numbers = one.message_type.add(name="Numbers")
    rows = ("a32", "int32"), ("a64", "int64"), ("f32", "fixed32"), ("real", "float")
    for number, (name, kind) in enumerate(rows, 1):
        _field(numbers, number, name, kind)
        _field(numbers, number + 10, f"{name}s", kind, many=True)
    _field(numbers, 30, "boxed", "message", ".google.protobuf.UInt32Value")
    _field(numbers, 31, "free", "message", ".google.protobuf.Struct")
    _map(numbers, "faces.v1", 20, "by", "int32")
    _map(numbers, "faces.v1", 21, "places", "string", key="fixed32")
    service = one.service.add(name="Faces")
    service.method.add(name="Analyze", input_type=".faces.v1.Asked", output_type=".faces.v1.Answer")
    return made


def written(folder: Path) -> Path:
    path = folder / "faces.desc"
    path.write_bytes(files().SerializeToString())
    return path


@cache
def kinds() -> dict[str, Any]:
    pool = descriptor_pool.DescriptorPool()
    for one in files().file:
        pool.Add(one)
    names = ("Face", "Answer", "Asked", "Label", "Numbers")
    return {n: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"faces.v1.{n}")) for n in names}
