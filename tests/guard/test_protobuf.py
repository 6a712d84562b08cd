"""Protobuf by descriptors: what goes, what stays to the byte, and what fails closed; read back by protobuf itself."""

from __future__ import annotations

import random
import struct
from base64 import b64encode
from typing import TYPE_CHECKING, Any

import pytest

from described import files, kinds, written
from untag.guard import Message, Verdict, load
from untag.guard.engine import Engine
from untag.mistake import UntagError

if TYPE_CHECKING:
    from pathlib import Path

POLICY = """
[limits]
depth = 20
[[route]]
path = ["/v1/**", "/faces.v1.Faces/*"]
biometric = true
descriptors = "faces.desc"
messages = {request = "faces.v1.Asked", response = "faces.v1.Answer", delivery = "faces.v1.Face"}
[[route]]
path = "/strip/**"
biometric = true
request = "strip"
descriptors = "faces.desc"
messages = {request = "faces.v1.Asked"}
[[route]]
path = "/unknown/**"
biometric = true
descriptors = "faces.desc"
messages = {response = "faces.v1.Answer"}
unknown = "pass"
reason = "fields of the next version, which a test of ours covers"
[[route]]
path = "/numbers/**"
biometric = true
descriptors = "faces.desc"
messages = {request = "faces.v1.Numbers", response = "faces.v1.Numbers"}
masks = {a32 = 4, f32 = 4, boxed = 4}
[[map]]
field = "attr7"
values = {"-3" = "uyghur"}
"""
POLICY += '[[map]]\nfield = "boxed"\nvalues = {"77" = "uyghur", "0" = "han"}\n'
NAMES = ("a32", "a64", "f32", "real", "a32s", "a64s", "f32s", "reals")
POLICY += "".join(f'[[map]]\nfield = "{name}"\nvalues = {{"77" = "uyghur"}}\n' for name in NAMES)
KIND = "application/x-protobuf"


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    folder = tmp_path_factory.mktemp("described")
    written(folder)
    (folder / "guard.toml").write_text(POLICY)
    return Engine(load(folder / "guard.toml"))


def judged(engine: Engine, way: Any, data: bytes, path: str = "/v1/x", kind: str = KIND) -> Verdict:
    headers = (("content-type", kind), ("content-length", str(len(data))))
    return engine.judge(Message(way, "POST", path, "", headers, data))


def face(**given: Any) -> Any:
    return kinds()["Face"](**given)


def answer(*faces: Any, **given: Any) -> Any:
    return kinds()["Answer"](faces=faces, **given)


def left(engine: Engine, made: Any) -> Any:
    verdict = judged(engine, "response", made.SerializeToString())
    assert verdict.action == "change", verdict
    return type(made).FromString(verdict.message.body)


def test_fields_go_and_lengths_are_true(engine: Engine) -> None:
    # So much beside it that the lengths around it get shorter by a byte.
    crop = b"\xff\xd8" + b"x" * 100
    made = answer(face(age=31, race=2, crop=crop, ethnicity=["made up", "twice"]), face(age=4, gender="f"), took=7)
    assert left(engine, made) == answer(face(age=31, crop=crop), face(age=4, gender="f"), took=7)
    verdict = judged(engine, "response", made.SerializeToString())
    assert verdict.message.header("content-length") == str(len(verdict.message.body))
    assert {r.pointer for r in verdict.removed} == {"/faces/0/<race>", "/faces/0/<ethnicity>"}


@pytest.mark.parametrize(
    ("given", "rest"),
    [
        ({"e": 1, "age": 3}, {"age": 3}),
        ({"scores": {"asian": 0.5, "white": 0.25, "black": 0.1}, "age": 3}, {"age": 3}),
        ({"inner": {"inner": {"race": 1, "age": 2}}}, {"inner": {"inner": {"age": 2}}}),
        ({"label": [{"name": "asian", "score": 1}, {"name": "smile", "score": 2}]},
         {"label": [{"name": "smile", "score": 2}]}),
        ({"more": {"race": "x", "age": 3, "deep": {"ethnicity": None}}}, {"more": {"age": 3, "deep": {}}}),
        ({"attr7": -3, "age": 1}, {"age": 1}),
    ],
)  # fmt: skip
def test_what_goes(engine: Engine, given: dict[str, Any], rest: dict[str, Any]) -> None:
    from google.protobuf.json_format import ParseDict

    made = answer(ParseDict(given, face()), answer_kept := face(age=9))
    assert left(engine, made) == answer(ParseDict(rest, face()), answer_kept)


def test_values_of_enums_go_out_of_packed_lists(engine: Engine) -> None:
    made = answer(face(seen=[1, 3, 2, 3], age=5))
    assert left(engine, made) == answer(face(seen=[1, 2], age=5))


def test_what_is_wrapped_in_any_and_maps_of_messages(engine: Engine) -> None:
    outer = face(age=1)
    outer.detail.Pack(face(age=2, race=1))
    made = answer(outer, people={"p1": face(race=3, gender="m")})
    got = left(engine, made)
    inner = face()
    assert got.faces[0].detail.Unpack(inner)
    assert inner == face(age=2)
    assert got.people["p1"] == face(gender="m")


def test_innocent_messages_pass_as_they_are(engine: Engine) -> None:
    data = answer(face(age=3, attr7=3, name="Han Solo", crop=b"\xff\x00race"), took=1).SerializeToString()
    assert judged(engine, "response", data).action == "pass"
    assert judged(engine, "response", b"").action == "pass"


def test_requests(engine: Engine) -> None:
    asked = kinds()["Asked"]
    for given in ({"attributes": [1, 3]}, {"names": ["age", "race"]}, {"read_mask": {"paths": ["age", "race"]}}):
        assert judged(engine, "request", asked(**given).SerializeToString()).action == "refuse"
    assert judged(engine, "request", asked(attributes=[1, 2], image=b"\xff\xd8").SerializeToString()).action == "pass"
    cut = judged(engine, "request", asked(attributes=[1, 3], image=b"\xff").SerializeToString(), "/strip/x")
    assert asked.FromString(cut.message.body) == asked(attributes=[1], image=b"\xff")


def test_deliveries(engine: Engine) -> None:
    made = judged(engine, "delivery", face(age=3, race=1).SerializeToString())
    assert face().FromString(made.message.body) == face(age=3)


def varint(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def record(number: int, data: bytes | int) -> bytes:
    if isinstance(data, int):
        return varint(number << 3) + varint(data)
    return varint(number << 3 | 2) + varint(len(data)) + data


def deep(levels: int) -> bytes:
    data = b""
    for _ in range(levels):
        data = record(12, data)
    return record(1, data)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (record(1, record(99, b"race")), "unread-damaged"),  # nobody knows what 99 is
        (record(1, record(3, 77)), "unread-damaged"),  # nor what the race 77 is
        (record(1, record(1, b"3")), "unread-damaged"),  # nor an age in a text
        (record(1, record(1, 3) + record(1, 4)), "unread-damaged"),  # readers take the last
        (record(1, record(8, b"a") + record(9, 4)), "unread-damaged"),  # of a oneof there is one
        (record(1, record(7, record(1, b"a") + record(1, b"b"))), "unread-damaged"),
        (record(1, record(7, record(1, b"a")) * 2), "unread-damaged"),  # a key twice
        (record(1, record(2, b"\xff\xfe")), "unread-damaged"),
        (record(1, record(13, record(1, b"type.googleapis.com/x.Y") + record(2, b""))), "unread-damaged"),
        (record(1, b"\x0b\x0c"), "unread-damaged"),  # a group
        (record(1, b"abc")[:-1], "unread-damaged"),
        (b"\xff" * 12, "unread-damaged"),
        (b"\x00\x01", "unread-damaged"),
        (deep(30), "unread-size"),
    ],
)
def test_what_cannot_be_read_does_not_pass(engine: Engine, data: bytes, kind: str) -> None:
    made = judged(engine, "response", data)
    assert made.action == "refuse"
    assert made.problem is not None
    assert made.problem.kind == kind


def test_unknown_fields_pass_where_the_policy_says_so(engine: Engine) -> None:
    data = record(1, record(99, b"x") + record(1, 3) + record(3, 2) + record(3000, b"\0"))
    made = judged(engine, "response", data, "/unknown/x")
    assert made.message.body == record(1, record(99, b"x") + record(1, 3) + record(3000, b"\0"))


def test_what_readers_cut_down_is_read_as_they_do(engine: Engine) -> None:
    # Of an enum and an int32 all readers keep 32 bits, whatever is written.
    high, back = (1 << 32) + 2, (1 << 32) - 3
    assert kinds()["Face"].FromString(record(3, high)).race == 2
    for path in ("/v1/x", "/unknown/x"):
        made = judged(engine, "response", record(1, record(1, 3) + record(3, high)), path)
        assert made.message.body == record(1, record(1, 3))
    assert judged(engine, "request", record(2, varint(high + 1))).action == "refuse"
    assert judged(engine, "response", record(1, record(3, back))).action == "refuse"  # nobody knows -3
    assert judged(engine, "response", record(1, (1 << 32) + 77), "/numbers/x").message.body == b""


def test_numbers_of_a_map_in_every_type_of_numbers(engine: Engine) -> None:
    made = kinds()["Numbers"]
    for name in NAMES:
        for number, action in ((77, "change"), (78, "pass")):
            given = made(**{name: [number, 5] if name.endswith("s") else number})
            given.places[1], given.places[2] = "Rome", "Oslo"
            verdict = judged(engine, "response", given.SerializeToString(), "/numbers/x")
            assert verdict.action == action, (name, number)
            if action == "change":
                given.ClearField(name)
                assert made.FromString(verdict.message.body) == given
    verdict = judged(engine, "response", made(by={"a32": 77, "b": 77}).SerializeToString(), "/numbers/x")
    assert made.FromString(verdict.message.body) == made(by={"b": 77})


def test_numbers_in_messages_around_one_value(engine: Engine) -> None:
    made = kinds()["Numbers"]
    for given, rest in (
        (made(boxed={"value": 77}, a64=1), made(a64=1)),
        (made(boxed={}, a64=1), made(a64=1)),
        (made(free={"a32": 77, "b": 77, "f32": "77"}), made(free={"b": 77})),
        (made(free={"boxed": [1, 77], "b": [77]}), made(free={"b": [77]})),
        (made(free={"boxed": [1, 2, {}, [77]]}, boxed={"value": 2}), None),
    ):
        verdict = judged(engine, "response", given.SerializeToString(), "/numbers/x")
        assert verdict.action == ("pass" if rest is None else "change")
        assert made.FromString(verdict.message.body) == (given if rest is None else rest)


def test_masks_in_every_type_of_numbers(engine: Engine) -> None:
    made = kinds()["Numbers"]
    for given in ({"a32": 4}, {"a32": -1}, {"f32": 5}, {"boxed": {"value": 6}}):
        assert judged(engine, "request", made(**given).SerializeToString(), "/numbers/x").action == "refuse", given
    for given in ({"a32": 3}, {"a32": -6}, {"f32": 11}):
        assert judged(engine, "request", made(**given).SerializeToString(), "/numbers/x").action == "pass", given


def test_without_descriptors_it_does_not_pass(engine: Engine) -> None:
    for path, way in (("/other/x", "response"), ("/strip/x", "response")):
        made = judged(engine, way, b"", path) if way == "request" else judged(engine, way, b"\x08\x01", path)
        assert made.problem is not None
        assert made.problem.kind == "unread-type"


# -- gRPC


def framed(*messages: Any, flag: int = 0) -> bytes:
    rows = [m if isinstance(m, bytes) else m.SerializeToString() for m in messages]
    return b"".join(struct.pack(">BI", flag, len(row)) + row for row in rows)


def test_frames_of_grpc(engine: Engine) -> None:
    path, kind = "/faces.v1.Faces/Analyze", "application/grpc"
    rows = [answer(face(age=n, race=1), took=n) for n in range(3)]
    made = judged(engine, "response", framed(*rows), path, kind)
    assert made.message.body == framed(*(answer(face(age=n), took=n) for n in range(3)))
    asked = kinds()["Asked"](attributes=[3])
    refused = judged(engine, "request", framed(asked), path, kind + "+proto")
    assert refused.problem is not None
    assert refused.problem.code == 7
    assert judged(engine, "request", framed(kinds()["Asked"](attributes=[1])), path, kind).action == "pass"
    for data in (framed(rows[0], flag=1), framed(rows[0])[:-1], framed(rows[0]) + b"\0"):
        assert judged(engine, "response", data, path, kind).action == "refuse"
    assert judged(engine, "response", framed(rows[0]), "/faces.v1.Faces/Other", kind).action == "refuse"


def test_frames_in_a_text_are_no_message(engine: Engine) -> None:
    body = b64encode(framed(answer(face(age=3, race=1))))
    for path in ("/v1/x", "/unknown/x", "/faces.v1.Faces/Analyze"):
        for kind in ("application/grpc-web-text", "application/grpc-web-text+proto", "Application/gRPC-foo+proto"):
            made = judged(engine, "response", body, path, kind)
            assert made.problem is not None, (path, kind)
            assert made.problem.kind == "unread-type"


def test_trailers_of_grpc_web(engine: Engine) -> None:
    path, kind = "/faces.v1.Faces/Analyze", "application/grpc-web+proto"
    end = framed(b"grpc-status:0\r\ngrpc-message:fine\r\n", flag=0x80)
    told = framed(b"grpc-status:5\r\nface-race:asian\r\n", flag=0x80)
    body = framed(answer(face(age=3)))
    assert judged(engine, "response", body + end, path, kind).action == "pass"
    assert judged(engine, "response", body + told, path, kind).message.body == body + framed(
        b"grpc-status:5\r\n", flag=0x80
    )
    assert judged(engine, "response", end + body, path, kind).action == "refuse"
    for text, action in (("face race: asian", "change"), ("no such face", "pass")):
        packed = b64encode(record(1, 5) + record(2, text.encode())).rstrip(b"=")
        told = framed(b"grpc-status:5\r\ngrpc-status-details-bin:" + packed + b"\r\n", flag=0x80)
        assert judged(engine, "response", body + told, path, kind).action == action
    broken = framed(b"x-bin:a\r\n", flag=0x80)
    assert judged(engine, "response", body + broken, path, kind).action == "refuse"


# -- policies


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ('descriptors = "missing.desc"', "cannot read"),
        ('descriptors = "guard.toml"', "is no FileDescriptorSet"),
        ('descriptors = "faces.desc"\nmessages = {response = "faces.v1.Answr"}', "did you mean"),
        ('messages = {response = "x"}', "need descriptors"),
        ('descriptors = "faces.desc"\nunknown = "pass"', "give a reason"),
        ('descriptors = "part.desc"', "--include_imports"),
    ],
)
def test_wrong_policies(tmp_path: Path, lines: str, said: str) -> None:
    from google.protobuf.descriptor_pb2 import FileDescriptorSet

    written(tmp_path)
    part = FileDescriptorSet(file=files().file[-1:])
    (tmp_path / "part.desc").write_bytes(part.SerializeToString())
    (tmp_path / "guard.toml").write_text(f'[[route]]\npath = "/x"\n{lines}\n')
    with pytest.raises(UntagError, match=said):
        load(tmp_path / "guard.toml")


def test_other_descriptors_are_another_policy(tmp_path: Path) -> None:
    from untag.guard.policy import Watch

    path = written(tmp_path)
    (tmp_path / "guard.toml").write_text('[[route]]\npath = "/x"\ndescriptors = "faces.desc"\n')
    watch = Watch(tmp_path / "guard.toml")
    path.write_bytes(path.read_bytes() * 2)
    assert watch.again() == (True, "")
    path.write_bytes(b"\xff")
    assert "is no FileDescriptorSet" in watch.again()[1]


# -- many


def drawn(rng: random.Random, depth: int = 0) -> tuple[Any, Any]:
    """A face with tags, and the same without."""
    full, bare = face(), face()
    plain = {
        "age": rng.randrange(1, 200), "gender": "f" * rng.randrange(1, 200),
        "crop": rng.randbytes(rng.randrange(1, 300)), "number": rng.randrange(1, 1 << 40),
    }  # fmt: skip
    for name, value in plain.items():
        if rng.random() < 0.5:
            for one in (full, bare):
                setattr(one, name, value)
    if rng.random() < 0.6:
        full.race = rng.randrange(1, 4)
    if rng.random() < 0.4:
        full.ethnicity.extend("y" * rng.randrange(200) for _ in range(rng.randrange(1, 3)))
    if rng.random() < 0.4:
        rows = [rng.randrange(4) for _ in range(rng.randrange(1, 5))]
        if any(n != 3 for n in rows):
            full.seen.extend(rows)
            bare.seen.extend(n for n in rows if n != 3)
    if depth < 4 and rng.random() < 0.6:
        inner = drawn(rng, depth + 1)
        for one, what in zip((full, bare), inner, strict=True):
            one.inner.CopyFrom(what)
    if rng.random() < 0.3:
        for one in (full, bare):
            one.label.add(name="smile", score=1)
        full.label.add(name="asian", score=2)
    return full, bare


def test_many_are_what_protobuf_makes_of_them_without_the_tag(engine: Engine) -> None:
    for seed in range(400):
        rng = random.Random(seed)  # noqa: S311 - reproducible noise, no secret
        rows = [drawn(rng) for _ in range(rng.randrange(1, 4))]
        full, bare = answer(*(r[0] for r in rows), took=seed), answer(*(r[1] for r in rows), took=seed)
        verdict = judged(engine, "response", full.SerializeToString(deterministic=True))
        assert verdict.action != "refuse", (seed, verdict.problem)
        assert kinds()["Answer"].FromString(verdict.message.body) == bare, seed
        # Nothing else was touched: what protobuf writes of the rest is what was left, byte for byte.
        assert verdict.message.body == bare.SerializeToString(deterministic=True), seed
