"""Generated requests and responses through the guard: nothing planted may come out, all else must be as it was.

Each number makes one pair out of the seed, whatever was made before, so that a run can go on where it stopped and one
pair can be looked at. The application is a function; pieces, codings, escapes and cases are drawn. What comes out is
read by the parsers of the standard library (and msgpack's own), never by the guard's.
"""

from __future__ import annotations

import asyncio
import csv
import gzip
import io
import json
import random
import tempfile
import time
import xml.etree.ElementTree as ET
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, quote_plus

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

    from untag.guard.asgi import Guard

__all__ = ["arguments", "guard", "pair", "tried"]

#: Names of fields that are a tag on a route about faces.
NAMES = (
    "race", "Race", "RACE", "dominant_race", "dominantRace", "face_race", "raceType", "race_score", "ethnicity",
    "Ethnicity", "ETHNICITY", "ethnic_group", "ethnicGroup", "faceEthnicity", "ethnicity_confidence", "isUyghur",
    "uyghur_score", "uygur", "minority", "isMinority", "emNation", "nation", "nationality_race", "民族", "种族",
    "人种", "этническая_принадлежность", "национальность_раса", "etnia", "raza", "racial_group", "ethnie", "ırk",
    "민족", "人種",
)  # fmt: skip
#: Values that only a tag has; none of them may come out.
VALUES = (
    "Uyghur",
    "uygur",
    "asian",
    "East Asian",
    "caucasian",
    "african",
    "维吾尔族",
    "latino_hispanic",
    "middle eastern",
)
#: Members of a face that are none.
PLAIN: tuple[tuple[str, Callable[[random.Random], Any]], ...] = (
    ("age", lambda r: r.randrange(100)),
    ("gender", lambda r: r.choice(["male", "female", "f"])),
    ("emotion", lambda r: r.choice(["happy", "sad", "neutral"])),
    ("face_id", lambda r: f"f{r.randrange(10**6)}"),
    ("confidence", lambda r: r.random()),
    ("box", lambda r: [r.randrange(900) for _ in range(4)]),
    ("landmarks", lambda r: [{"x": r.random() * 500, "y": r.random() * 500} for _ in range(r.randrange(6))]),
    ("hair_color", lambda r: r.choice(["black", "brown", "white"])),
    ("glasses", lambda r: r.choice([True, False, None])),
    ("name", lambda r: r.choice(["Han Solo", "Li Wei", "Jordan Black", "Roma Downey", "Ana"])),
    ("camera", lambda r: f"gate {r.randrange(9)}"),
    ("note", lambda r: r.choice(["", "ok", 'a "quoted" thing', "tab\tand\nline", "löß 東京 😀", "\\\\share"])),
)
#: Traffic of other products, in which such words are innocent; on a route that is not declared.
INNOCENT: tuple[dict[str, Any], ...] = (
    {"race": "4:30 Kempton", "horse": "Red Rum", "jockey": "A. Smith", "odds": "7/2", "age": 5},
    {"races": [{"race": 1, "circuit": "Monza", "driver": "Black", "laps": 53}]},
    {"title": "Uyghur refugees tell of camps", "body": "The Uyghur people of Xinjiang …", "lang": "en"},
    {"messages": [{"user": "ana", "text": "my ethnicity is nobody's business, race is a construct"}]},
    {"locale": "ug", "script": "Arab", "language": "Uyghur", "fonts": ["Noto Sans Arabic"]},
    {"incident": 7, "kind": "hate crime", "summary": "insulted because of race and ethnicity", "status": "open"},
    {"log": "race condition in the cache between two threads", "level": "warn", "thread": 7},
    {"character": {"name": "Elrond", "race": "elf", "class": "wizard", "level": 9, "hit_points": 30}},
    {"sku": 77, "color": "black", "material": "white oak", "sizes": ["S", "M"]},
    {"city": "Ürümqi", "region": "Xinjiang Uyghur Autonomous Region", "country": "China", "postcode": "830000"},
    {"employees": [{"name": "Ana", "department": "sales", "salary": 10}]},
    {"dish": "asian noodles", "cuisine": "Asian", "price": 9.5, "restaurant": "Han Palace"},
    {"option": "asian option", "model": "Black-Scholes", "strike": 100.0, "volatility": 0.2},
)
LIMIT = 40


@dataclass
class Pair:
    """One exchange.

    Attributes:
        path: Of the request.
        query: Of the request.
        headers: Of the request.
        body: Of the request.
        kind: What the response says that it is.
        coding: Its content coding.
        answer: Its body, before the coding.
        secrets: What must not come out, as text; empty where all is innocent.
        wanted: What must come out, read by another parser; None where only secrets count.
        asks: Whether the request asks for a tag and must be refused.
        format: Of the body that is looked at.
        innocent: Whether nothing of the response may be altered.
        clean: What must come out, to the byte; None where that is not known.
        kept_back: Whether nothing of the response may come out, since it cannot be read.
        message: Class of protobuf that reads what comes out.
    """

    path: str = "/faces/analyze"
    query: str = ""
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    kind: str = "application/json"
    coding: str = ""
    answer: bytes = b"{}"
    wanted: Any = None
    asks: bool = False
    format: str = "json"
    innocent: bool = False
    clean: bytes | None = None
    kept_back: bool = False
    message: Any = None


# -- making


def _number(value: float, rng: random.Random) -> str:
    text = json.dumps(value)
    return rng.choice([text, text + "0", text]) if "." in text and "e" not in text else text


def _text(value: str, rng: random.Random, escape: float) -> str:
    """A string of JSON, some of its characters escaped."""
    out = ['"']
    for char in value:
        if rng.random() < escape and ord(char) < 0x10000:
            out.append(f"\\u{ord(char):04x}" if rng.random() < 0.5 else f"\\u{ord(char):04X}")
        elif char in '"\\':
            out.append("\\" + char)
        elif char == "/" and rng.random() < 0.3:
            out.append("\\/")
        elif ord(char) < 32:
            out.append(f"\\u{ord(char):04x}")
        else:
            out.append(char if rng.random() < 0.9 or ord(char) < 128 else json.dumps(char)[1:-1])
    return "".join(out) + '"'


def _json(value: Any, rng: random.Random, escape: float) -> str:
    """A document, with spaces and escapes as somebody may write them."""
    gap = rng.choice(["", "", " ", "\n  ", "\t"])
    if isinstance(value, dict):
        rows = [
            f"{gap}{_text(k, rng, escape)}{rng.choice(['', ' '])}:{gap}{_json(v, rng, escape)}"
            for k, v in value.items()
        ]
        return "{" + ",".join(rows) + gap + "}"
    if isinstance(value, list):
        return "[" + ",".join(gap + _json(v, rng, escape) for v in value) + gap + "]"
    if isinstance(value, str):
        return _text(value, rng, escape)
    if isinstance(value, float):
        return _number(value, rng)
    return json.dumps(value)


def _face(rng: random.Random, *, flat: bool = False) -> dict[str, Any]:
    rows = rng.sample(PLAIN, rng.randint(3, len(PLAIN)))
    made = {name: make(rng) for name, make in rows}
    made.setdefault("age", 30)
    return {k: v for k, v in made.items() if not flat or not isinstance(v, (list, dict))}


def _tag(rng: random.Random) -> Any:
    value = rng.choice(VALUES)
    return rng.choice(
        [value, {"value": value, "confidence": rng.random()}, [value], dict.fromkeys(rng.sample(VALUES, 3), 0.3), 3,
         None, {"type": value, "probability": 0.5}]
    )  # fmt: skip


def _planted(face: dict[str, Any], rng: random.Random, *, flat: bool = False) -> dict[str, Any]:
    """A face with a tag at some place among its members."""
    rows = list(face.items())
    for name in rng.sample(NAMES, rng.randint(1, 2)):
        rows.insert(rng.randrange(len(rows) + 1), (name, rng.choice(VALUES) if flat else _tag(rng)))
    return dict(rows)


def _nest(inner: Any, rng: random.Random) -> Any:
    for _ in range(rng.randrange(4)):
        inner = {rng.choice(["data", "result", "faces", "response", "items", "payload"]): inner}
        if rng.random() < 0.3:
            inner = [inner, rng.randrange(9)]
    return inner


def _documents(rng: random.Random) -> tuple[Any, Any]:
    """A document with tags, and the same without."""
    clean = [_face(rng) for _ in range(rng.randint(1, 4))]
    tagged = [_planted(face, rng) for face in clean]
    state = rng.getstate()
    one = _nest({"faces": tagged} if rng.random() < 0.7 else tagged, rng)
    rng.setstate(state)
    two = _nest({"faces": clean} if rng.random() < 0.7 else clean, rng)
    return one, two


def _as_json(rng: random.Random) -> Pair:
    tagged, clean = _documents(rng)
    text = _json(tagged, rng, rng.choice([0, 0, 0.02, 0.5]))
    mark = b"\xef\xbb\xbf" if rng.random() < 0.05 else b""
    kind = rng.choice(
        ["application/json", "application/json; charset=utf-8", "application/problem+json", "text/plain", ""]
    )
    return Pair(answer=mark + text.encode(), wanted=clean, kind=kind)


def _as_nested(rng: random.Random) -> Pair:
    tagged, clean = _documents(rng)
    inner = _json(tagged, rng, rng.choice([0, 0.05]))
    outer = {"status": "ok", "data": inner, "face_count": 3}
    text = json.dumps(outer, ensure_ascii=rng.random() < 0.5)
    return Pair(answer=text.encode(), wanted={"status": "ok", "data": clean, "face_count": 3}, format="nested")


def _as_lines(rng: random.Random) -> Pair:
    clean = [_face(rng) for _ in range(rng.randint(1, 5))]
    rows = [json.dumps(_planted(face, rng), ensure_ascii=rng.random() < 0.5) for face in clean]
    end = rng.choice(["\n", "\r\n"])
    text = end.join(rows) + rng.choice(["", end])
    return Pair(answer=text.encode(), wanted=clean, kind="application/x-ndjson", format="lines")


def _as_events(rng: random.Random) -> Pair:
    clean = [_face(rng) for _ in range(rng.randint(1, 5))]
    end = rng.choice(["\n", "\r\n", "\r"])
    out = []
    for face in clean:
        text = json.dumps(_planted(face, rng), ensure_ascii=rng.random() < 0.5)
        out.append(f"id: {rng.randrange(99)}{end}event: face{end}data: {text}{end}{end}")
    return Pair(answer="".join(out).encode(), wanted=clean, kind="text/event-stream", format="events")


def _xml_text(value: Any, rng: random.Random) -> str:
    out = []
    for char in str(value):
        if char in "<&>\"'" or rng.random() < 0.03 or ord(char) < 32:
            out.append(f"&#{ord(char)};" if rng.random() < 0.5 else f"&#x{ord(char):x};")
        else:
            out.append(char)
    return "".join(out)


def _as_xml(rng: random.Random) -> Pair:
    clean = [_face(rng, flat=True) for _ in range(rng.randint(1, 4))]
    for face in clean:
        face.pop("note", None)
    out = [rng.choice(["", '<?xml version="1.0" encoding="UTF-8"?>\n']), "<faces>"]
    for face in clean:
        tagged = list(_planted(face, rng, flat=True).items())
        attributes = [(k, v) for k, v in tagged if rng.random() < 0.4]
        out.append("<face" + "".join(f' {k}="{_xml_text(v, rng)}"' for k, v in attributes) + ">")
        out += [f"<{k}>{_xml_text(v, rng)}</{k}>" for k, v in tagged if (k, v) not in attributes]
        out.append("</face>")
    out.append("</faces>")
    wanted = [{k: str(v) for k, v in face.items()} for face in clean]
    return Pair(
        answer="".join(out).encode(), wanted=wanted, kind=rng.choice(["application/xml", "text/xml"]), format="xml"
    )


def _as_csv(rng: random.Random) -> Pair:
    clean = [_face(rng, flat=True) for _ in range(rng.randint(1, 6))]
    names = sorted({k for face in clean for k in face})
    extra = rng.choice(NAMES)
    place = rng.randrange(len(names) + 1)
    file = io.StringIO()
    out = csv.writer(
        file, lineterminator=rng.choice(["\n", "\r\n"]), quoting=rng.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
    )
    out.writerow([*names[:place], extra, *names[place:]])
    rows = []
    for face in clean:
        row = [str(face.get(n, "")) for n in names]
        rows.append(row)
        out.writerow([*row[:place], rng.choice(VALUES), *row[place:]])
    return Pair(answer=file.getvalue().encode(), wanted=[names, *rows], kind="text/csv", format="csv")


def _as_msgpack(rng: random.Random) -> Pair:
    import msgpack

    tagged, clean = _documents(rng)
    return Pair(answer=msgpack.packb(tagged), wanted=clean, kind="application/msgpack", format="msgpack")


def _as_form(rng: random.Random) -> Pair:
    face = _face(rng, flat=True)
    tagged = _planted(face, rng, flat=True)
    text = "&".join(f"{quote_plus(k)}={quote_plus(str(v))}" for k, v in tagged.items())
    wanted = [(k, str(v)) for k, v in face.items()]
    return Pair(answer=text.encode(), wanted=wanted, kind="application/x-www-form-urlencoded", format="form")


def _percent(text: str, rng: random.Random) -> str:
    """A text of a query, more of it escaped than need be."""
    return "".join(f"%{ord(c):02X}" if c.isascii() and rng.random() < 0.2 else quote(c, safe="") for c in text)


def _asking(rng: random.Random) -> Pair:
    """A request that asks for a tag."""
    name, value = rng.choice(NAMES), rng.choice(VALUES)
    which = rng.randrange(9)
    pair = Pair(asks=True, format="request")
    listed = ["age", "gender", "emotion"][: rng.randrange(4)]
    listed.insert(
        rng.randrange(len(listed) + 1), rng.choice(["race", "ethnicity", "RACE", "dominant_race", "Ethnicity"])
    )
    if which == 0:
        key = rng.choice(["attributes", "return_attributes", "face_field", "fields", "features"])
        pair.query = f"mode=fast&{key}={_percent(rng.choice([',', ', ']).join(listed), rng)}&v=2"
    elif which == 1:
        pair.query = f"{_percent(name, rng)}={quote_plus(value)}&limit=3"
    elif which == 2:
        key = rng.choice(["actions", "attributes", "fields"])
        body = _json({"img_path": "a.jpg", key: rng.choice([listed, ",".join(listed)])}, rng, rng.choice([0, 0.3]))
        pair.body, pair.headers = body.encode(), [("content-type", "application/json")]
    elif which == 3:
        rule = {"filter": {"field": rng.choice(["race", "ethnicity"]), "op": "eq", "value": value}, "action": "alert"}
        pair.body, pair.headers = _json(_nest(rule, rng), rng, 0.05).encode(), [("content-type", "application/json")]
    elif which == 4:
        text = (
            "query { faces(limit: 3) { age " + rng.choice(["race", "ethnicity", "who: race"]) + " { label } gender } }"
        )
        pair.body, pair.headers = json.dumps({"query": text}).encode(), [("content-type", "application/json")]
    elif which == 5:
        body = f"mode=fast&{quote_plus(name)}={quote_plus(value)}"
        pair.body, pair.headers = body.encode(), [("content-type", "application/x-www-form-urlencoded")]
    elif which == 6:
        key = rng.choice(["race", "ethnicity"])
        pair.headers = [("cookie", f"a=1; {key}={rng.choice(['asian', 'uyghur'])}; b=2")]
    elif which == 7:
        pair.body = (
            f'--B0\r\nContent-Disposition: form-data; name="{rng.choice(["attributes", "fields"])}"\r\n\r\n'
            f"{','.join(listed)}\r\n"
            '--B0\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
            "\xff\xd8\xff\xd9\r\n--B0--\r\n"
        ).encode("latin-1")
        pair.headers = [("content-type", "multipart/form-data; boundary=B0")]
    else:
        prompt = rng.choice(
            ["find all uyghur men at gate 3", "asian woman with glasses", "show tibetan people", "维吾尔族男子"]
        )
        pair.body = _json({rng.choice(["prompt", "query", "q"]): prompt, "top": 3}, rng, rng.choice([0, 0.2])).encode()
        pair.headers = [("content-type", "application/json")]
    return pair


def _other(rng: random.Random) -> Pair:
    """Traffic in which there is nothing to be left out."""
    if rng.random() < 0.5:
        made = rng.choice(INNOCENT)
        text = _json(made if rng.random() < 0.5 else [made, rng.choice(INNOCENT)], rng, rng.choice([0, 0.05]))
        return Pair(path="/api/things", answer=text.encode(), innocent=True)
    faces = [_face(rng) for _ in range(rng.randint(1, 4))]
    return Pair(answer=_json({"faces": faces}, rng, rng.choice([0, 0.05])).encode(), innocent=True)


def _as_call(rng: random.Random) -> Pair:
    from wired import call

    return call(rng)


MAKERS = (
    _as_json, _as_json, _as_json, _as_nested, _as_lines, _as_events, _as_xml, _as_csv, _as_msgpack, _as_form, _asking,
    _asking,
    _asking, _other, _other, _other, _as_call, _as_call, _as_call, _as_call,
)  # fmt: skip


def pair(seed: int, number: int, makers: Sequence[Callable[[random.Random], Pair]] = MAKERS) -> Pair:
    """One pair, by its number alone."""
    rng = random.Random(f"leak:{seed}:{number}")  # noqa: S311 - reproducible, no secret
    made = rng.choice(makers)(rng)
    if made.format not in {"request", "protobuf"} and made.kind not in {"text/event-stream", "application/x-ndjson"}:
        made.coding = rng.choice(["", "", "gzip", "deflate", "raw"])
    return made


# -- trying


def guard() -> Guard:
    """The guard of these runs, around nothing yet."""
    from wired import routes

    from untag.guard import read
    from untag.guard.asgi import Guard

    async def nothing(*_: Any) -> None:
        """Replaced for each pair."""

    plain = {"path": "/faces/**", "biometric": True, "media": ["image/*"]}
    with tempfile.TemporaryDirectory() as folder:
        policy = read({"route": [plain, *routes(Path(folder))]}, base=Path(folder))
    return Guard(nothing, policy)


def _packed(data: bytes, name: str) -> bytes:
    if name == "gzip":
        return gzip.compress(data, 1, mtime=0)
    if name == "deflate":
        return zlib.compress(data, 1)
    if name == "raw":
        packer = zlib.compressobj(1, zlib.DEFLATED, -15)
        return packer.compress(data) + packer.flush()
    return data


def _cut(data: bytes, rng: random.Random) -> list[bytes]:
    at = sorted(rng.randrange(len(data) + 1) for _ in range(rng.randrange(4)))
    return [data[a:b] for a, b in zip([0, *at], [*at, len(data)], strict=True)]


async def exchange(door: Guard, one: Pair, rng: random.Random) -> tuple[int, list[tuple[bytes, bytes]], bytes, bool]:
    """Take a pair through the middleware: status, headers, body, and whether the application was asked."""
    asked = False

    async def app(scope: Any, receive: Any, send: Any) -> None:
        nonlocal asked
        asked = True
        del scope
        while (await receive()).get("more_body"):
            pass
        body = _packed(one.answer, one.coding)
        headers = [(b"content-type", one.kind.encode())] if one.kind else []
        if one.coding:
            headers.append((b"content-encoding", b"deflate" if one.coding == "raw" else one.coding.encode()))
        headers += [(b"content-length", str(len(body)).encode()), (b"etag", b'"1"'), (b"x-frame-options", b"DENY")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        pieces = _cut(body, rng)
        for piece in pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    sent = [{"type": "http.request", "body": p, "more_body": True} for p in _cut(one.body, rng)]
    sent.append({"type": "http.request", "body": b"", "more_body": False})

    async def receive() -> Any:
        return sent.pop(0) if sent else {"type": "http.disconnect"}

    out: list[Any] = []

    async def send(event: Any) -> None:
        out.append(event)

    door.app = app
    scope = {
        "type": "http", "method": "POST", "path": one.path, "raw_path": one.path.encode(),
        "query_string": one.query.encode(),
        "headers": [(k.encode(), v.encode()) for k, v in one.headers], "client": ("127.0.0.1", 1), "extensions": {},
    }  # fmt: skip
    await door(scope, receive, send)
    start = out[0]
    body = b"".join(e.get("body", b"") for e in out[1:])
    return start["status"], list(start["headers"]), body, asked


def _unpacked(body: bytes, coding: str) -> bytes:
    if coding == "gzip":
        return gzip.decompress(body)
    # What was sent without its wrapping and is passed as it is has none still.
    wrapped = body[0] & 15 == 8 and int.from_bytes(body[:2], "big") % 31 == 0
    return zlib.decompress(body, 15 if wrapped else -15)


def _read(one: Pair, body: bytes) -> Any:
    """What came out, by another parser than the guard's."""
    if one.format == "json":
        return json.loads(body.decode("utf-8-sig"))
    if one.format == "nested":
        outer = json.loads(body)
        return {**outer, "data": json.loads(outer["data"])}
    if one.format == "lines":
        return [json.loads(line) for line in body.decode().splitlines() if line.strip()]
    if one.format == "events":
        text = body.decode().replace("\r\n", "\n").replace("\r", "\n")
        return [json.loads(line[6:]) for line in text.split("\n") if line.startswith("data: ")]
    if one.format == "xml":
        root = ET.fromstring(body)  # noqa: S314 - made here
        return [{**face.attrib, **{c.tag: c.text or "" for c in face}} for face in root]
    if one.format == "csv":
        return list(csv.reader(io.StringIO(body.decode(), newline="")))
    if one.format == "msgpack":
        import msgpack

        return msgpack.unpackb(body)
    return parse_qsl(body.decode(), keep_blank_values=True)


def _within(after: bytes, before: bytes) -> bool:
    """Whether bytes are others with pieces left out."""
    at = 0
    for byte in after:
        at = before.find(byte, at) + 1
        if not at:
            return False
    return True


def wrong(one: Pair, status: int, headers: list[tuple[bytes, bytes]], body: bytes, *, asked: bool) -> str:
    """What is wrong with what came out, or nothing."""
    told = dict(headers)
    if one.kept_back or (one.asks and one.format == "protobuf"):
        from wired import refused

        return refused(one, status, told, body, asked=asked)
    if one.asks:
        return "" if status == 403 and not asked else f"a request for a tag was let through ({status})"
    if status != 200:
        return f"refused: {body[:200]!r}"
    if b"content-length" in told and int(told[b"content-length"]) != len(body):
        return "the length is wrong"
    if one.coding:
        body = _unpacked(body, one.coding)
    if one.innocent:
        return "" if body == one.answer and b"etag" in told else "innocent traffic was altered"
    if one.clean is not None:
        from wired import wrong as unlike

        return unlike(one, told, body)
    if b"etag" in told:
        return "the ETag of another body was kept"
    try:
        got = _read(one, body)
    except ValueError as error:
        return f"what came out cannot be read: {error}"
    if got != one.wanted:
        return "a tag came out, or something else went"
    if one.format != "msgpack" and not _within(body, one.answer):
        return "bytes came out that were not put in"
    return ""


def tried(door: Guard, seed: int, number: int) -> tuple[str, Pair]:
    """Try one pair; what is wrong with it, or nothing."""
    one = pair(seed, number)
    rng = random.Random(f"pieces:{seed}:{number}")  # noqa: S311 - reproducible, no secret
    status, headers, body, asked = asyncio.run(exchange(door, one, rng))
    return wrong(one, status, headers, body, asked=asked), one


async def _many(door: Guard, args: argparse.Namespace) -> tuple[int, dict[str, int]]:
    bad, counts = 0, dict.fromkeys(("asked", "tagged", "innocent"), 0)
    for number in range(args.first, args.first + args.count):
        one = pair(args.seed, number, (_as_call,) if args.only else MAKERS)
        rng = random.Random(f"pieces:{args.seed}:{number}")  # noqa: S311 - reproducible, no secret
        said = wrong(one, *(row := await exchange(door, one, rng))[:3], asked=row[3])
        counts["asked" if one.asks else "innocent" if one.innocent else "tagged"] += 1
        if said:
            bad += 1
            if bad <= LIMIT:
                print(f"pair {number} ({one.format} {one.kind} {one.coding}): {said}", flush=True)
        if (number + 1) % 50_000 == 0:
            print(f"# {number + 1} done, {bad} bad, resume with --from {number + 1}", flush=True)
    return bad, counts


def run(args: argparse.Namespace) -> int:
    """Try many pairs."""
    started = time.perf_counter()
    bad, counts = asyncio.run(_many(guard(), args))
    print(
        f"leak: {args.count} pairs from {args.first}, seed {args.seed}: {counts['tagged']} responses with tags, "
        f"{counts['asked']} requests for one, {counts['innocent']} innocent; {bad} bad, "
        f"{time.perf_counter() - started:.0f} s"
    )
    return int(bad > 0)


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the run is told."""
    parser.add_argument("count", type=int, nargs="?", default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--from", dest="first", type=int, default=0)
    parser.add_argument("--only", choices=["protobuf"], help="pairs of one kind")
    parser.set_defaults(run=run)
