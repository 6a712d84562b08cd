"""The engine: what is refused, what is left out, what passes as it is, and what fails closed."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import zlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from untag.guard import Message, Verdict, read
from untag.guard.body import Unsound
from untag.guard.engine import Engine
from untag.guard.exif import blanked

POLICY = read(
    {
        "limits": {"body": 200_000, "depth": 32},
        "route": [
            {"path": ["/face/**", "/analyze"], "biometric": True, "media": ["image/*", "video/*"]},
            {"path": "/strip/**", "biometric": True, "request": "strip", "response": "refuse"},
            {"path": "/open/**", "fail-open": ["type", "damaged"], "reason": "being moved"},
            {"path": "/masks/**", "biometric": True, "masks": {"faceAttrs": 12}, "wildcards": "refuse"},
        ],
        "exempt": [{"path": "/audit/**", "reason": "bias audit", "expires": "2999-01-01"}],
        "map": [{"field": "attr7", "values": {"1": "uyghur", "2": "han"}}],
    }
)


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(POLICY)


def answer(engine: Engine, body: object, kind: str = "application/json", path: str = "/face/x", **more: str) -> Verdict:
    data = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    headers = (
        ("content-type", kind),
        ("content-length", str(len(data))),
        *((k.replace("_", "-"), v) for k, v in more.items()),
    )
    return engine.judge(Message("response", "POST", path, "", headers, data))


def ask(
    engine: Engine, body: object = b"", kind: str = "application/json", path: str = "/face/x", query: str = "",
    *headers: tuple[str, str],
) -> Verdict:  # fmt: skip
    data = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    rows = (("content-type", kind), *headers) if data else headers
    return engine.judge(Message("request", "POST", path, query, rows, data))


# -- responses

LEFT = [
    ({"race": 2}, {}),
    ({"faces": [{"age": 3, "race": "asian"}, {"race": "x", "age": 4}]}, {"faces": [{"age": 3}, {"age": 4}]}),
    ({"labels": [{"name": "age", "value": 3}, {"name": "race", "value": "Asian"}]},
     {"labels": [{"name": "age", "value": 3}]}),
    ({"labels": [{"name": "Smile", "confidence": 1}, {"name": "Asian", "confidence": 2}]},
     {"labels": [{"name": "Smile", "confidence": 1}]}),
    ({"scores": {"Asian": 0.9, "White": 0.05, "Black": 0.05}, "n": 1}, {"scores": {}, "n": 1}),
    ({"label": "Asian", "score": 0.9}, {"score": 0.9}),
    ({"tags": ["smile", "asian", "hat"]}, {"tags": ["smile", "hat"]}),
    ({"points": [{"x": 1, "y": 2}, {"x": 3, "race": 4}], "more": [[{"x": 1}], [{"race": 1}]]},
     {"points": [{"x": 1, "y": 2}, {"x": 3}], "more": [[{"x": 1}], [{}]]}),
    ({"tags": "smile, asian"}, {"tags": "smile"}),
    ({"attr7": 1, "b": 2}, {"b": 2}),
    ({"attr7": 0, "b": 2}, {"attr7": 0, "b": 2}),
    ({"attr7": 1.0, "b": 2}, {"b": 2}),
    ({"attr7": [0, 2], "b": 2}, {"b": 2}),
    ({"attr7": [0, 12], "b": 2}, {"attr7": [0, 12], "b": 2}),
    ({"isUyghur": True, "glasses": False}, {"glasses": False}),
    ({"attributes": {"民族": "维吾尔族", "年龄": 3}}, {"attributes": {"年龄": 3}}),
]  # fmt: skip


@pytest.mark.parametrize(("body", "left"), LEFT)
def test_a_tag_is_left_out_and_nothing_else(engine: Engine, body: Any, left: Any) -> None:
    made = answer(engine, body, etag='"1"', content_digest="sha-256=:x:", x_frame_options="DENY")
    assert json.loads(made.message.body) == left
    assert made.action == ("pass" if body == left else "change")
    told = dict(made.message.headers)
    assert told["content-length"] == str(len(made.message.body))
    assert ("etag" in told) == ("content-digest" in told) == (body == left)
    assert told["x-frame-options"] == "DENY"


def test_every_other_byte_stays(engine: Engine) -> None:
    body = b'{ "a" : 1.10,"faces":[ {"age":1e2 , "race" : {"x":[1,"]}"]} ,"s":"\\/\\u00e4"},{ "ethnicity":null }\n]\t}'
    assert answer(engine, body).message.body == b'{ "a" : 1.10,"faces":[ {"age":1e2 , "s":"\\/\\u00e4"},{  }\n]\t}'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'{"\\u0072ace":"x","a":1}', b'{"a":1}'),
        (b'{"a":1,"\\u006e\\u0061tion":2,"age":3}', b'{"a":1,"age":3}'),
        (b'\xef\xbb\xbf{"race":1,"a":2}', b'\xef\xbb\xbf{"a":2}'),
        (b')]}\',\n{"race":1,"a":2}', b')]}\',\n{"a":2}'),
        (b'{"d":"{\\"age\\":3,\\"race\\":\\"x\\"}"}', b'{"d":"{\\"age\\":3}"}'),
        (b'{"d":"[{\\"\\\\u0072ace\\":1,\\"age\\":2}]"}', b'{"d":"[{\\"age\\":2}]"}'),
    ],
)
def test_escapes_marks_and_documents_in_texts(engine: Engine, before: bytes, after: bytes) -> None:
    assert answer(engine, before).message.body == after


OTHERS = [
    ("application/xml", b"<f a='1' race='x'><age>3</age><ethnicity>y</ethnicity><b/></f>",
     b"<f a='1'><age>3</age><b/></f>"),
    ("application/xml", b"<f><age>3</age><label>&#65;sian</label></f>", b"<f><age>3</age></f>"),
    ("text/csv", b"id,age,race,x\r\n1,3,\"a\"\"b\",f\r\n", b"id,age,x\r\n1,3,f\r\n"),
    ("text/tab-separated-values", b"age\trace\n3\tx\n", b"age\n3\n"),
    ("application/x-ndjson", b'{"age":1,"race":2}\n{"age":2}\n', b'{"age":1}\n{"age":2}\n'),
    ("text/event-stream", b'id: 1\ndata: {"age":1,"race":2}\n\n: hi\n\n', b'id: 1\ndata: {"age":1}\n\n: hi\n\n'),
    ("text/event-stream", b'data: {"age":1,\ndata: "race":2}\n\n', b'data: {"age":1}\n\n'),
    ("application/x-www-form-urlencoded", b"age=3&r%61ce=asian&x=1", b"age=3&x=1"),
    ("application/msgpack", b"\x82\xa3age\x03\xa4race\xa5asian", b"\x81\xa3age\x03"),
    ("application/javascript", b'cb({"race":1,"age":2});', b'cb({"age":2});'),
    ("text/plain", b'{"race":1,"age":2}', b'{"age":2}'),
    ("multipart/mixed; boundary=b", b'--b\r\nContent-Type: application/json\r\n\r\n{"race":1}\r\n--b--\r\n',
     b"--b\r\nContent-Type: application/json\r\n\r\n{}\r\n--b--\r\n"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "before", "after"), OTHERS)
def test_other_formats(engine: Engine, kind: str, before: bytes, after: bytes) -> None:
    made = answer(engine, before, kind)
    assert made.message.body == after, made
    assert made.action == "change"


@pytest.mark.parametrize("coding", ["gzip", "deflate", "raw", "gzip, gzip"])
def test_codings_are_undone_and_done_again(engine: Engine, coding: str) -> None:
    body = b'{"age":1,"race":2}'
    packer = zlib.compressobj(wbits=-15)
    packed = {
        "gzip": gzip.compress(body), "deflate": zlib.compress(body), "raw": packer.compress(body) + packer.flush(),
        "gzip, gzip": gzip.compress(gzip.compress(body)),
    }[coding]  # fmt: skip
    made = answer(engine, packed, content_encoding="deflate" if coding == "raw" else coding)
    out = made.message.body
    for name in coding.split(", "):
        out = gzip.decompress(out) if name == "gzip" else zlib.decompress(out)
    assert out == b'{"age":1}'
    assert dict(made.message.headers)["content-length"] == str(len(made.message.body))


def test_headers_and_cookies_of_a_response(engine: Engine) -> None:
    made = answer(engine, b'{"a":1}', x_face_race="asian", set_cookie="ethnicity=han; Path=/", x_other="race condition")
    assert made.action == "change"
    assert [k for k, _ in made.message.headers] == ["content-type", "content-length", "set-cookie", "x-other"]
    assert "ethnicity" not in str(made.message.headers)


def test_a_response_is_withheld_where_the_policy_says_so(engine: Engine) -> None:
    made = answer(engine, {"race": 1}, path="/strip/x")
    assert (made.action, made.problem and made.problem.status) == ("refuse", 502)


# -- requests

ASKS: list[tuple[Any, str]] = [
    ({"attributes": ["age", "race"]}, ""),
    ({"actions": ["race"], "img_path": "a.jpg"}, ""),
    ({"attributes": "age,race"}, ""),
    ({"prompt": "find uyghur men near gate 3"}, ""),
    ({"rule": {"field": "ethnicity", "op": "eq", "value": "uyghur"}, "action": "alarm"}, ""),
    ({"query": "query { face(id: 3) { age who: race { label } } }"}, ""),
    ({"query": "query($e: String) { faces(ethnicity: $e) { id } }", "variables": {}}, ""),
    (b"", "attributes=age%2Crace"),
    (b"", "return_attributes=age+race"),
    (b"", "filter%5Brace%5D=x"),
    (b"", 'f={"race":"x"}'),
    (b"", "%72ace=x"),
]


@pytest.mark.parametrize(("body", "query"), ASKS)
def test_a_request_for_a_tag_is_refused(engine: Engine, body: Any, query: str) -> None:
    made = ask(engine, body, query=query)
    assert made.action == "refuse"
    assert made.problem is not None
    row = json.loads(made.problem.body())
    assert row["status"] == 403
    assert row["rule"]
    assert row["term"] in engine.look.lexicon.terms
    assert "gate" not in str(row)
    assert "label" not in str(row)


def test_a_long_search_is_read_to_its_end(engine: Engine) -> None:
    assert ask(engine, {"prompt": "gate three " * 2000 + "uyghur men"}).action == "refuse"
    assert ask(engine, {"prompt": "gate three " * 2000 + "tall men"}).action == "pass"
    assert ask(engine, b"gate three " * 2000 + b"uyghur men", "text/plain").action == "refuse"


@pytest.mark.parametrize(
    ("path", "query", "body"),
    [
        ("/v1/face/detect", "attributes=race", b""),
        ("/v1/face/detect", "fields=race", b""),
        ("/face/analyse", "", {"img": "x", "actions": "race"}),
        ("/analyse", "", {"face_image": "x", "actions": ["race"]}),
    ],
)
def test_one_name_is_a_list_of_one_where_faces_are_near(path: str, query: str, body: object) -> None:
    undeclared = Engine(read({}))
    assert ask(undeclared, body, path=path, query=query).action == "refuse"


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/horses/bets", "fields=race&select=odds"),
        ("/hr/staff", "fields=ethnicity"),
        ("/v1/face/detect", "attributes=age"),
        ("/v1/face/detect", "title=race&note=the+race+was+on+sunday"),
    ],
)
def test_one_name_elsewhere_is_a_word(path: str, query: str) -> None:
    assert ask(Engine(read({})), path=path, query=query).action == "pass"


def test_path_cookie_and_header_ask_too(engine: Engine) -> None:
    assert ask(engine, path="/face/by-ethnicity/uyghur").action == "refuse"
    assert ask(engine, b"", "", "/face/x", "", ("cookie", "a=1; race=asian")).action == "refuse"
    assert ask(engine, b"", "", "/face/x", "", ("x-face-race", "1")).action == "refuse"
    assert ask(engine, b"", "", "/face/x", "", ("accept-language", "ug, zh")).action == "pass"


def test_a_request_is_stripped_where_the_policy_says_so(engine: Engine) -> None:
    made = ask(engine, {"attributes": "age,race,gender"}, "application/json", "/strip/x", "a=race&fields=age,race&x=1")
    assert json.loads(made.message.body) == {"attributes": "age,gender"}
    assert made.message.query == "fields=age&x=1" or made.message.query == "a=race&fields=age&x=1"
    assert (
        ask(engine, {"query": "{ face { age race } }"}, path="/strip/x").message.body
        == b'{"query": "{ face { age  } }"}'
    )


def test_an_alarm_keyed_on_it_is_never_stripped(engine: Engine) -> None:
    """What would be left of it does the same to everybody."""
    rule = {"rule": {"field": "ethnicity", "op": "eq", "value": "uyghur"}, "action": "alarm"}
    assert ask(engine, rule, path="/strip/x").action == "refuse"
    assert ask(engine, {"prompt": "uyghur men"}, path="/strip/x").action == "refuse"


def test_what_stands_around_a_body_that_passes_unread_is_judged() -> None:
    route = {"path": "/**", "biometric": True, "fail-open": ["type", "size"], "reason": "tried"}
    kind = (("content-type", "application/x-made-up"),)
    for way, action in (("strip", "change"), ("refuse", "refuse")):
        made = Engine(read({"route": [{**route, "request": way}]}))
        verdict = made.judge(Message("request", "POST", "/x", "attributes=age,race&n=1", kind, b"\0"))
        assert verdict.action == action
        assert (way == "refuse") or verdict.message.query == "attributes=age&n=1"
        assert (way == "refuse") or verdict.note.startswith("passed unread (type)")


def test_masks_and_wildcards(engine: Engine) -> None:
    assert ask(engine, {"faceAttrs": 3}, path="/masks/x").action == "pass"
    assert ask(engine, {"faceAttrs": 5}, path="/masks/x").action == "refuse"
    assert ask(engine, {"options": {"n": 1, "faceAttrs": 9}}, path="/masks/x").action == "refuse"
    assert ask(engine, path="/masks/x", query="faceAttrs=0x8").action == "refuse"
    # All bits of a signed number; numbers that are whole all the same.
    for raw in ("-1", "8.0", "8e0", "1e999"):
        body = f'{{"faceAttrs": {raw}}}'.encode()
        made = engine.judge(Message("request", "POST", "/masks/x", "", (("content-type", "application/json"),), body))
        assert made.action == "refuse", raw
    assert ask(engine, {"faceAttrs": -13}, path="/masks/x").action == "pass"
    assert ask(engine, {"attributes": "all"}, path="/masks/x").action == "refuse"
    assert ask(engine, {"attributes": "all"}).action == "pass"


# -- neighbours, and no censor

INNOCENT: list[Any] = [
    {"race": "4:30 Kempton", "horse": "Red Rum", "jockey": "A. Smith", "age": 5},
    {"title": "Uyghur refugees tell", "body": "The Uyghur people in Xinjiang and their ethnicity …"},
    {"messages": [{"user": "ana", "text": "as a black woman my race and my face are my own"}]},
    {"lang": "ug", "html": "<p>ئۇيغۇر خەلقى مىللىتى</p>", "script": "Arab", "language": "Uyghur"},
    {
        "incident": 7,
        "kind": "hate crime",
        "summary": "attacked for his ethnicity, race and religion",
        "face": "injured",
    },
    {"log": "data race between threads", "level": "warn"},
    {"character": {"name": "Elrond", "race": "elf", "class": "wizard", "level": 9}},
]


@pytest.mark.parametrize("body", INNOCENT)
def test_other_products_pass_unchanged(engine: Engine, body: Any) -> None:
    assert answer(engine, body, path="/api/x").action == "pass"
    assert ask(engine, body, path="/api/x").action == "pass"


def test_pages_pass_where_nothing_is_declared(engine: Engine) -> None:
    page = "<html lang=ug><h1>ئۇيغۇر</h1><p>Uyghur people, ethnicity, race, faces, age and gender</p></html>".encode()
    assert answer(engine, page, "text/html; charset=utf-8", "/news/1").action == "pass"
    assert ask(engine, b"I think race and ethnicity of uyghur people ...", "text/plain", "/chat").action == "pass"


def test_neighbours_decide_where_nothing_is_declared(engine: Engine) -> None:
    made = answer(engine, {"faces": [{"age": 3, "gender": "m", "race": "asian"}]}, path="/api/x")
    assert json.loads(made.message.body) == {"faces": [{"age": 3, "gender": "m"}]}
    assert ask(engine, path="/face-recognition/detect", query="attributes=age,gender,ethnicity").action == "refuse"


def test_names_of_persons_are_let_alone(engine: Engine) -> None:
    body = {"faces": [{"name": "Roma Han", "city": "Kazan", "confidence": 0.9, "age": 3, "hair_color": "black"}]}
    assert answer(engine, body).action == "pass"


def test_exempt_routes_pass_and_say_why(engine: Engine) -> None:
    made = answer(engine, {"ethnicity": "x", "face": 1}, path="/audit/2026")
    assert (made.action, made.note) == ("pass", "exempt: bias audit")


@pytest.mark.parametrize("path", ["/face//x", "/FACE/x", "/a/../face/x", "/%66ace/x", "/face;v=1/x", "/face/./x/"])
def test_a_route_is_found_however_its_path_is_written(engine: Engine, path: str) -> None:
    assert answer(engine, {"race": 2}, path=path).action == "change"


# -- failing closed

CLOSED = [
    (b'{"a":{"race":1,"race":2}}', "application/json", {}),
    (b'{"race":1', "application/json", {}),
    (b'{"race":NaN}', "application/json", {}),
    (b'{"a":"\xff"}', "application/json", {}),
    (b"[" * 5000, "application/json", {}),
    (b'{"a":' * 40 + b'{"race":1}' + b"}" * 40, "application/json", {}),
    (b'{"a":1}', "application/grpc", {}),
    (b"x" * 200_001, "text/plain", {}),
    (b"x", "application/json", {"content_encoding": "snappy"}),
    (gzip.compress(b'{"race":1}', mtime=0)[:-6], "application/json", {"content_encoding": "gzip"}),
    (gzip.compress(b"a" * 300_000, mtime=0), "text/plain", {"content_encoding": "gzip"}),
    (zlib.compress(b'{"race":1}') + b"x", "application/json", {"content_encoding": "deflate"}),
    (b"<a><race></a>", "application/xml", {}),
    (b'<!DOCTYPE a [<!ENTITY e "race">]><a>&e;</a>', "application/xml", {}),
    (b"<?xml version='1.0' encoding='utf-7'?><a/>", "application/xml", {}),
    (b'id,race\n1,"x\n', "text/csv", {}),
    (b"race,age\n1,2,3\n", "text/csv", {}),
    (b'{"race":1}\n{"race"', "application/x-ndjson", {}),
    (b"\x82\xa4race\x01", "application/msgpack", {}),
    (b"\x82\xa4race\x01\xa4race\x02", "application/msgpack", {}),
    (b"a=%7", "application/x-www-form-urlencoded", {}),
    (b"--x\r\n\r\na", "multipart/form-data; boundary=x", {}),
    (b'{"a":1}', "application/json; charset=utf-7", {}),
    (b"\xff\xfe{\x00}\x00", "application/json", {}),
    (b"GIF89a", "image/jpeg", {}),
    (b"\xff\xd8\xff\xe1\xff\xffx", "image/jpeg", {}),
]  # fmt: skip


@pytest.mark.parametrize(("body", "kind", "headers"), CLOSED)
def test_what_cannot_be_read_does_not_pass(engine: Engine, body: bytes, kind: str, headers: dict[str, str]) -> None:
    made = answer(engine, body, kind, **headers)
    assert made.action == "refuse", made
    assert made.problem is not None
    assert made.problem.status == 502
    assert answer(engine, body, kind, "/face/x", **headers).problem == made.problem


def test_two_types_are_none(engine: Engine) -> None:
    rows = (("content-type", "text/plain"), ("content-type", "application/json"))
    assert engine.judge(Message("response", "GET", "/x", "", rows, b"{}")).action == "refuse"


def test_a_failure_of_the_engine_is_a_refusal(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("secret of the body")

    monkeypatch.setattr(engine.look, "tags", fail)
    made = answer(engine, {"race": 2})
    assert made.action == "refuse"
    assert "secret" not in str(made.problem)


def test_open_only_where_the_policy_says_so_and_it_is_said(engine: Engine) -> None:
    made = answer(engine, b"x", "application/octet-stream", "/open/x")
    assert made.action == "pass"
    assert made.note.startswith("passed unread (type)")
    assert answer(engine, b"[" * 5000, "application/json", "/open/x").action == "refuse"  # a bound, not damage


def test_observing_changes_nothing_and_says_what_it_would_do() -> None:
    engine = Engine(read({"observe": True, "route": [{"path": "/face/**", "biometric": True}]}))
    made = answer(engine, {"race": 2})
    assert (made.action, made.would, made.message.body) == ("pass", "change", b'{"race": 2}')
    made = answer(engine, b"x", "application/x-unknown")
    assert (made.action, made.would) == ("pass", "refuse")


def test_families() -> None:
    engine = Engine(read({"families": ["ethnicity"], "route": [{"path": "/**", "biometric": True}]}))
    assert answer(engine, {"ethnicity": 2}).action == "change"
    assert answer(engine, {"skin_tone": 2}).action == "pass"


# -- media


def jpeg(*segments: tuple[int, bytes]) -> bytes:
    out = b"\xff\xd8"
    for marker, data in segments:
        out += b"\xff" + bytes([marker]) + (len(data) + 2).to_bytes(2, "big") + data
    return out + b"\xff\xda\x00\x02pixels race\xff\xd9"


def png(*chunks: tuple[bytes, bytes]) -> bytes:
    out = b"\x89PNG\r\n\x1a\n"
    for name, data in (*chunks, (b"IDAT", b"ethnicity"), (b"IEND", b"")):
        out += len(data).to_bytes(4, "big") + name + data + zlib.crc32(name + data).to_bytes(4, "big")
    return out


def test_texts_beside_pixels_are_swept_and_pixels_are_not_looked_at(engine: Engine) -> None:
    exif, plain = (0xE1, b"Exif\0\0ethnicity: uyghur"), (0xE0, b"JFIF\0\1\1")
    assert answer(engine, jpeg(plain, exif), "image/jpeg").message.body == jpeg(plain)
    assert answer(engine, jpeg(plain), "image/jpeg").action == "pass"
    text = (b"zTXt", b"Comment\0\0" + zlib.compress(b"ethnicity=asian"))
    assert answer(engine, png(text), "image/png").message.body == png()
    assert answer(engine, png((b"tEXt", b"Title\0sunset")), "image/png").action == "pass"
    assert answer(engine, b"\0\0\0 ftypmp42 race", "video/mp4").action == "pass"


def tiff(*entries: tuple[int, int, bytes], order: str = "little", below: tuple[int, int, bytes] | None = None) -> bytes:
    """A TIFF of one directory, and of one for EXIF below it, with texts behind them."""
    mark = b"II*\0" if order == "little" else b"MM\0*"

    def number(value: int, size: int) -> bytes:
        return value.to_bytes(size, order)  # type: ignore[arg-type]

    def folder(rows: list[tuple[int, int, int, bytes]], at: int) -> tuple[bytes, int]:
        out, texts, rest = number(len(rows), 2), b"", at + 6 + 12 * len(rows)
        for tag, kind, count, value in rows:
            out += number(tag, 2) + number(kind, 2) + number(count, 4)
            if len(value) <= 4:
                out += value.ljust(4, b"\0")
            else:
                out += number(rest + len(texts), 4)
                texts += value
        return out + number(0, 4) + texts, rest + len(texts)

    rows = [(tag, kind, len(value), value) for tag, kind, value in entries]
    if below is None:
        return mark + number(8, 4) + folder(rows, 8)[0]
    _, end = folder([*rows, (0x8769, 4, 1, number(0, 4))], 8)
    tag, kind, value = below
    inner, _ = folder([(tag, kind, len(value), value)], end)
    return mark + number(8, 4) + folder([*rows, (0x8769, 4, 1, number(end, 4))], 8)[0] + inner


def webp(*chunks: tuple[bytes, bytes]) -> bytes:
    out = b"WEBP"
    for name, data in ((b"VP8 ", b"ethnicity"), *chunks):
        out += name + len(data).to_bytes(4, "little") + data + b"\0" * (len(data) % 2)
    return b"RIFF" + len(out).to_bytes(4, "little") + out


def gif(*remarks: bytes) -> bytes:
    out = b"GIF89a\1\0\1\0\x80\0\0" + b"\xff" * 6
    for remark in remarks:
        out += b"!\xfe" + b"".join(bytes([len(p := remark[i : i + 9])]) + p for i in range(0, len(remark), 9)) + b"\0"
    return out + b",\0\0\0\0\1\0\1\0\0\2\x09ethnicity\0;"


def heif(*parts: bytes) -> bytes:
    return b"\0\0\0\x18ftypheic\0\0\0\0mif1heic\0\0\0\x20mdat" + b"".join(parts) + b"ethnicity in pixels"


PACKET = '<x:xmpmeta xmlns:x="adobe:ns:meta/"><dc:subject>ethnicity: uyghur</dc:subject></x:xmpmeta>'
SAID = b"ethnicity=uyghur"


@pytest.mark.parametrize(
    ("kind", "body", "gone"),
    [
        ("image/tiff", tiff((0x010E, 2, SAID + b"\0")), SAID + b"\0"),
        ("image/tiff", tiff((0x010E, 2, b"sunset"), order="big", below=(0x9286, 7, b"ASCII\0\0\0" + SAID)), None),
        ("image/tiff", tiff((0x9C9C, 1, SAID.decode().encode("utf-16-le"))), SAID.decode().encode("utf-16-le")),
        ("image/tiff", tiff((0x02BC, 1, PACKET.encode())), PACKET.encode()),
        ("image/webp", webp((b"EXIF", tiff((0x010E, 2, SAID)))), SAID),
        ("image/webp", webp((b"EXIF", b"Exif\0\0" + tiff((0x010E, 2, SAID)))), SAID),
        ("image/webp", webp((b"XMP ", PACKET.encode())), PACKET.encode()[: -len("</x:xmpmeta>")]),
        ("image/gif", gif(b"sunset", SAID), None),
        ("image/heic", heif(b"\0\0\0\6Exif\0\0", tiff((0x010E, 2, SAID))), SAID),
        ("image/avif", heif(b"\0\0\0\0", tiff((0x010E, 2, SAID))), SAID),
        ("image/heif", heif(PACKET.encode("utf-16-le")), PACKET[: -len("</x:xmpmeta>")].encode("utf-16-le")),
    ],
)
def test_texts_of_other_pictures_are_blanked_where_they_stand(
    engine: Engine, kind: str, body: bytes, gone: bytes | None
) -> None:
    made = answer(engine, body, kind)
    after = made.message.body
    assert (made.action, len(after)) == ("change", len(body))
    assert b"uyghur" not in after.replace(b"\0", b"")
    if gone is not None:
        assert after == body.replace(gone, b" " * len(gone))
    assert answer(engine, after, kind).action == "pass"


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("image/tiff", tiff((0x010E, 2, b"sunset at the lake"), (0x0131, 2, b"race car"))),
        ("image/webp", webp((b"EXIF", tiff((0x010E, 2, b"sunset"))))),
        ("image/gif", gif(b"made with a tool")),
        ("image/heic", heif(b"\0\0\0\6Exif\0\0", tiff((0x010E, 2, b"sunset")))),
        ("image/x-icon", b"\0\0\1\0race"),
    ],
)
def test_other_pictures_without_a_tag_pass_as_they_are(engine: Engine, kind: str, body: bytes) -> None:
    assert answer(engine, body, kind).action == "pass"


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("image/tiff", tiff((0x010E, 2, SAID))[:-4]),
        ("image/tiff", b"II*\0\xff\xff\xff\x7f"),
        ("image/tiff", b"II*\0\x08\0\0\0\xff\xff" + b"\0" * 90_000),
        ("image/tiff", b"II+\0\x08\0\0\0\x10\0\0\0\0\0\0\0"),
        ("image/webp", webp((b"EXIF", b"no directory"))),
        ("image/webp", webp()[:-3]),
        ("image/webp", webp((b"XMP ", PACKET[:40].encode()))),
        ("image/gif", gif(SAID)[:-30]),
        ("image/gif", b"GIF89a\1\0\1\0\0\0\0?"),
        ("image/gif", b"GIF89a"),
        ("image/avif", b"no picture at all"),
    ],
)
def test_other_pictures_whose_parts_cannot_be_walked_do_not_pass(engine: Engine, kind: str, body: bytes) -> None:
    assert answer(engine, body, kind).action == "refuse"


@settings(max_examples=400, deadline=None)
@given(st.sampled_from([tiff((0x010E, 2, SAID), below=(0x9286, 7, SAID)), webp((b"EXIF", tiff((0x010E, 2, SAID)))),
                        gif(SAID), heif(b"Exif\0\0", tiff((0x010E, 2, SAID)))]),
       st.lists(st.tuples(st.integers(0, 200), st.integers(0, 255)), max_size=4), st.integers(0, 250))  # fmt: skip
def test_a_damaged_picture_is_blanked_or_does_not_pass(body: bytes, changes: list[tuple[int, int]], end: int) -> None:
    data = bytearray(body)
    for at, value in changes:
        data[at % len(data)] = value
    raw = bytes(data[: max(12, end)])
    try:
        after, told = blanked(raw, lambda some: "uyghur" if b"uyghur" in some else "")
    except Unsound:
        return
    assert len(after) == len(raw)
    assert bool(told) == (after != raw)


def test_a_drawing_is_read_as_the_text_that_it_is(engine: Engine) -> None:
    drawing = b'<svg xmlns="http://www.w3.org/2000/svg"><text ethnicity="uyghur">age 31</text></svg>'
    made = answer(engine, drawing, "image/svg+xml")
    assert (made.action, b"uyghur" in made.message.body) == ("change", False)


def test_media_pass_only_where_a_route_declares_them(engine: Engine) -> None:
    assert answer(engine, jpeg(), "image/jpeg", "/api/x").action == "refuse"


@pytest.mark.parametrize(
    "body",
    [
        b'{"race": 1, "p": {"x": 1, "x": 2}}',
        b'{"race": 1, "p": [{"x": 1, "x": 2}, {"y": 1, "y": 2}]}',
        b'{"race": 1, "p": [{"x": 1, "y": 2}, {"x": 1, "x": 2}]}',
        b'{"race": 1, "a": {"b": "s", "c": [], "b": {}}}',
        b'{"race": 1, "a": 1, "\\u0061": 2}',
        b'[{"race": 1}, {"a": [], "a": "\\n"}]',
    ],
)
def test_a_key_that_stands_twice_beside_a_tag_is_seen_in_every_form(engine: Engine, body: bytes) -> None:
    made = answer(engine, body)
    assert made.problem is not None
    assert made.problem.kind == "unread-damaged"


NOJSON = ["{", "[1,]", '{"a" 1}', "[01]", "[1 2]", '["\t"]', "nul", "[NaN]", "[1]]", '{"a":1}{', "\0"]


@pytest.mark.parametrize("text", NOJSON)
def test_what_is_no_json_is_seen_without_a_parse(engine: Engine, text: str) -> None:
    assert answer(engine, text.encode()).action == "refuse"


# -- what it says of itself


def test_pointers_never_hold_data(engine: Engine) -> None:
    made = answer(engine, {"people": {"Ann Smith": {"race": "x", "age": 3}}, "data": [{"ethnicity": "y"}]})
    assert [r.pointer for r in made.removed] == ["/people/*/<race>", "/data/0/<ethnicity>"]


def test_importing_it_is_light() -> None:
    code = (
        "import sys, untag.guard, untag.guard.engine, untag.guard.asgi, untag.guard.websocket, untag.guard.policy\n"
        "e = untag.guard.engine.Engine(untag.guard.Policy())\n"
        "bad = [m for m in sys.modules if m.startswith(('untag.readers', 'untag.sources', 'untag.reports', "
        "'untag.scan', 'untag.cli', 'rich', 'click', 'tree_sitter', 'hyperscan', 'starlette'))]\n"
        "assert not bad, bad\n"
        "print('ok')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "ok\n", done.stderr
    first = "import sys, untag.guard\nprint(sorted(m for m in sys.modules if m.startswith('untag')))"
    done = subprocess.run([sys.executable, "-c", first], capture_output=True, text=True)
    assert "lexicon" not in done.stdout
    assert "judge" not in done.stdout


def test_colours_beside_a_people_in_a_map_go_with_it() -> None:
    """However much else is in it: the rest of a distribution says the same of who is on the picture."""
    engine = Engine(read({"route": [{"path": "/v1/**", "biometric": True}]}))
    scores = {"asian": 0.5, "white": 0.2, "black": 0.1}
    more = dict.fromkeys(("smile", "hat", "glasses", "beard", "mask", "earring", "necklace", "tie", "wig"), 0.5)
    body = {"faces": [{"scores": {**scores, **more}}, {"hair": {"black": 0.5, "white": 0.4, "brown": 0.1}}]}
    headers = (("content-type", "application/json"),)
    made = engine.judge(Message("response", "GET", "/v1/x", "", headers, json.dumps(body).encode()))
    assert json.loads(made.message.body) == {"faces": [{"scores": more}, body["faces"][1]]}
