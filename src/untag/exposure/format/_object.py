"""Lines of JSON: one object a row, of which fields are taken by name; several formats have them."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections import Counter
from copy import copy
from itertools import compress
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from untag.exposure.format import Block, Lines, Many, paged
from untag.exposure.format._shape import learned
from untag.exposure.format._swift import alike
from untag.exposure.format._swift import request as first_line
from untag.exposure.format._when import told
from untag.exposure.row import SAFE, Body, Rejected, Row, Who

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from untag.exposure.format._column import Page
    from untag.exposure.format._shape import Shape

__all__ = ["Objects", "at", "body", "loaded", "text", "whole"]

_T = TypeVar("_T")
#: Shapes of one log, and lines of a block from which one is tried to be learned.
_SHAPES, _TRIES = 8, 4
#: How deep an object may nest; a log that goes deeper is none.
_OPEN = 200
_STRINGS, _SIGNS = re.compile(rb'"(?:[^"\\]|\\.)*"'), re.compile(rb"[\[\]{}]")
#: What collectors put before a line: a time (CloudWatch), and stream and tag (containers).
_BEFORE = re.compile(rb"\d{4}-\d\d-\d\dT[0-9:.]+(?:Z|[+-]\d\d:\d\d)\s(?:std(?:out|err) [FP] )?(?=\{)")


def loaded(line: bytes) -> dict[str, Any] | None:
    """The object of a line; None for an empty one.

    Raises:
        Rejected: It is none.
    """
    if not line or line.isspace():
        return None
    if not line.startswith(b"{") and (before := _BEFORE.match(line)) is not None:
        line = line[before.end() :]
    if line.count(b"{") + line.count(b"[") > _OPEN and _deep(line):
        raise Rejected("it nests too deep")
    try:
        made = json.loads(line)
    except (ValueError, RecursionError):
        raise Rejected("it is no JSON") from None
    if not isinstance(made, dict):
        raise Rejected("it is no object")
    return made


def _deep(line: bytes) -> bool:
    depth = 0
    for sign in _SIGNS.findall(_STRINGS.sub(b"", line)):
        depth += 1 if sign in b"{[" else -1
        if depth > _OPEN:
            return True
    return False


def at(row: dict[str, Any], name: str) -> Any:
    """A field by its name, or by names with dots between."""
    if name in row:
        return row[name]
    here: Any = row
    for part in name.split("."):
        if isinstance(here, list):
            here = here[0] if here else None
        if not isinstance(here, dict) or part not in here:
            return None
        here = here[part]
    return here


def text(value: object) -> str:
    """A value as text; empty for what is none."""
    if isinstance(value, str):
        return "" if value in {"-", "(null)", "null"} else value
    if isinstance(value, list) and value:
        return text(value[0])
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else ""


def whole(value: object) -> int | None:
    """A value as a number that is not negative; None for what is none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return int(value) if 0 <= value < 1 << 60 else None
    return int(value) if isinstance(value, str) and value.isdecimal() and len(value) < 19 else None


def body(value: object, kind: str, *, packed: bool = False, size: int | None = None) -> Body | None:
    """A body as a field holds it: a text, base64, or JSON as it is.

    Args:
        value: The field; None where there is none.
        kind: Its media type.
        packed: Whether it is base64.
        size: Its bytes as the log says; of a body of fewer it holds only a part.
    """
    if value is None:
        return None
    if isinstance(value, (dict, list)):
        return Body(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"), kind or "application/json")
    said = value if isinstance(value, str) else json.dumps(value)
    if packed:
        try:
            data = base64.b64decode(said, validate=True)
        except (binascii.Error, ValueError):
            return Body(b"", kind, damaged="coding")
    else:
        data = said.encode("utf-8", "replace")
    return Body(data, kind, cut=size is not None and len(data) < size)


class Objects(Lines):
    """A row an object. A format says under which names its fields stand, the first that is there counts.

    Attributes:
        plain: Whether nothing but what ``names`` names is judged of a row: then lines that are written alike are read
            by one expression.
        needs: Of each set of names one must be there: what tells the format from others.
        names: Names by what they hold: ``time``, ``key``, ``user``, ``address``, ``method``, ``target``, ``query``,
            ``line`` (the whole first line), ``status``, ``size``, ``asked``, ``answered``, ``asked_type``,
            ``answered_type``, ``asked_size``.
    """

    rank = 1
    plain: ClassVar[bool] = True
    needs: ClassVar[tuple[tuple[str, ...], ...]] = ()
    names: ClassVar[dict[str, tuple[str, ...]]] = {}
    shapes: list[Shape] = []  # noqa: RUF012 - those of one log, which ``begin`` makes
    _dear = False

    def begin(self) -> Lines:
        """As for ``Lines``: shapes are of one log."""
        one = copy(self)
        one.shapes, one._dear = [], False  # noqa: SLF001 - one of our own
        return one

    def row(self, line: bytes) -> Row | None:
        """As for ``Lines``."""
        made = loaded(line)
        return None if made is None else self.made(made)

    def made(self, row: dict[str, Any]) -> Row:
        """The row of an object.

        Raises:
            Rejected: It is none of the format.
        """
        for names in self.needs:
            if all(at(row, name) is None for name in names):
                raise Rejected("fields of the format are missing")
        pick = self._picker(row)
        target, method = text(pick("target")), text(pick("method"))
        said = text(pick("line"))
        if said and not target:
            method, target = first_line(said)
        if "://" in target[:12]:
            target = "/" + target.partition("://")[2].partition("/")[2]
        if "?" not in target and (query := text(pick("query"))):
            target = f"{target}?{query.removeprefix('?')}"
        when = pick("time")
        time = told(when)
        if time is None and when is not None:
            raise Rejected("its time is none")
        size = whole(pick("size"))
        return Row(
            Who(text(pick("key")), text(pick("user")), _host(text(pick("address")))),
            time,
            (method or "GET").upper()[:32],
            target or "/",
            whole(pick("status")) or 0,
            size,
            (),
            body(pick("asked"), text(pick("asked_type")), size=whole(pick("asked_size"))),
            body(pick("answered"), text(pick("answered_type")), size=size),
        )

    def many(self, block: bytes) -> Block | None:
        """As for ``Lines``: what is written like a line before it is not parsed again."""
        if not self.plain or self._dear:
            return None
        page = paged(block, b'"')
        lines: Page | list[bytes] = page if page is not None else _split(block)
        out = Block([], set(), {}, 0, [], (), (), page, ())
        left: Sequence[int] = range(len(lines))
        if page is not None:
            for shape in self.shapes:
                left, out = _laid(shape, page, left, out)
        texts: dict[int, bytes] = {}
        for shape in self.shapes:
            left = self._taken(shape, block, lines, left, out, texts)
        tries = 0
        while left and len(self.shapes) < _SHAPES and tries < _TRIES:
            tries += 1
            fresh = self._learn(lines[left[min(tries, len(left)) - 1]])
            if fresh is not None and all(fresh.line.pattern != one.line.pattern for one in self.shapes):
                self.shapes.append(fresh)
                if page is not None:
                    left, out = _laid(fresh, page, left, out)
                left = self._taken(fresh, block, lines, left, out, texts)
        # Where most lines have to be parsed all the same, the expressions only cost.
        self._dear = len(left) * 2 > len(lines)
        if page is None:
            said = [texts.get(number, b"") for number in range(len(lines))]
            out = out._replace(texts=said, numbers=None)
        else:
            out = out._replace(texts=list(texts.values()), numbers=list(texts))
        return out._replace(left=tuple((number, lines[number]) for number in left))

    def _learn(self, line: bytes) -> Shape | None:
        try:
            if self.row(line) is None:
                return None
        except Rejected:
            return None
        return learned(line, self.names, self.needs, frozenset({"asked", "answered"}))

    @staticmethod
    def _taken(
        shape: Shape, block: bytes, lines: Page | list[bytes], left: Sequence[int], out: Block, texts: dict[int, bytes]
    ) -> Sequence[int]:
        """Count the lines of a shape; returns the numbers of the others."""
        if not left:
            return left
        size = len(shape.fields)
        mine: Sequence[int] = left
        if len(left) == len(lines):
            rows = shape.block.findall(block if block.endswith(b"\n") else block + b"\n")
            is_one = [bool(row[0]) for row in rows]
            if not all(is_one):
                mine, rows = list(compress(left, is_one)), list(compress(rows, is_one))
        else:
            pairs = [(number, one.groups()) for number in left if (one := shape.line.fullmatch(lines[number]))]
            mine, rows = [number for number, _ in pairs], [row for _, row in pairs]
        if not rows:
            return left
        good, said = _counted(shape, list(zip(*rows, strict=True))[:size], out)
        done = list(compress(mine, good))
        texts.update(zip(done, compress(said, good), strict=True))
        if len(done) == len(left):
            return []
        some = set(done)
        return [number for number in left if number not in some]

    def _picker(self, row: dict[str, Any]) -> Callable[[str], Any]:
        names = self.names

        def pick(what: str) -> Any:
            for name in names.get(what, ()):
                value = row[name] if name in row else at(row, name) if "." in name else None
                if value is not None and value != "-":
                    return value
            return None

        return pick


def _split(block: bytes) -> list[bytes]:
    lines = block.split(b"\n")
    if block.endswith(b"\n"):
        lines.pop()
    return lines


def _host(address: str) -> str:
    """An address without its port; of a list of forwarders the first."""
    address = address.partition(",")[0].strip()
    if address.startswith("["):
        return address[1:].partition("]")[0]
    return address.partition(":")[0] if address.count(":") == 1 else address


def _value(raw: bytes) -> Any:
    """A value of a shape, as JSON has it; what is no plain text or number is parsed."""
    if raw[:1] == b'"':
        return raw[1:-1].decode()
    return int(raw) if raw.isdigit() else json.loads(raw)


class _Columns:
    """What the columns of some rows say, each value worked out once."""

    def __init__(self, shape: Shape, columns: Sequence[tuple[bytes, ...]]) -> None:
        self._size = len(columns[0])
        self._columns = dict(zip(shape.fields, columns, strict=True))

    def raw(self, field: str) -> Sequence[bytes]:
        """As they stand there; empty where the shape has none."""
        return self._columns.get(field) or (b"",) * self._size

    def made(self, field: str, way: Callable[[Any], _T]) -> list[_T]:
        """Of each row what its value is; None is asked where it has none."""
        if field not in self._columns:
            return [way(None)] * self._size
        raw = self._columns[field]
        known = {one: way(_value(one)) for one in set(raw)}
        return list(map(known.__getitem__, raw))

    def holding(self, field: str, way: Callable[[Any], bool]) -> list[bool] | None:
        """Of each row whether its value is such a one; None where none is."""
        raw = self._columns.get(field, ())
        some = {one for one in set(raw) if way(_value(one))}
        return [one in some for one in raw] if some else None


def _laid(shape: Shape, page: Page, left: Sequence[int], out: Block) -> tuple[Sequence[int], Block]:
    """Count lines of a shape as columns; returns the numbers of the others."""
    from untag.exposure.format._column import counted, crossed
    from untag.exposure.format._grid import laid

    if not left:
        return left, out
    cells = laid(shape, page, None if len(left) == len(page) else left)
    columns, good = cells.columns, cells.good
    times = None
    if "time" in columns:
        stamps = [_valued(raw, _minute) for raw in columns["time"].values]
        times = columns["time"].numbers([-1 if stamp is None else stamp for stamp in stamps])
        good = good & (times >= 0)
    who, raws = crossed([columns.get(name) for name in ("key", "user", "address")], good)
    method = columns.get("method")
    if "line" in columns and not {"method", "target"} <= columns.keys():
        line = columns["line"]
        method = line._replace(values=[one[1 : max(1, one.find(b" "))] for one in line.values])
        verbs = [one.decode() for one in method.values]
    else:
        verbs = [_valued(one, _verb) or "" for one in method.values] if method is not None else []
    none = cells.empty
    if "status" in columns:
        status = columns["status"]
        none = none | status.holding([_valued(one, whole) in {204, 304} for one in status.values])
    if method is None:
        seen = none
    else:
        heads = method.holding([verb == "HEAD" for verb in verbs])
        seen = (none | heads) & method.holding([verb in SAFE for verb in verbs])
    askers = [_asker(raw) for raw in raws]
    counted(out, who, askers, None if times is None else times[good], seen[good])
    rows = cells.rows[good]
    alike = [
        page.alike(rows, columns[name]._replace(codes=columns[name].codes[good]), at[good], size[good])
        for name, (at, size) in cells.spots.items()
    ]
    return page.others(rows, left), out._replace(alike=(*out.alike, *alike))


def _verb(value: Any) -> str:
    """A method as a row has it."""
    return (text(value) or "GET").upper()[:32]


def _valued(raw: bytes, way: Callable[[Any], _T]) -> _T | None:
    """What is made of a value as it stands in a line; None for what is none."""
    try:
        return way(_value(raw))
    except ValueError:
        return None


def _minute(value: Any) -> int | None:
    time = told(value)
    return None if time is None else time - time % 60


def _counted(shape: Shape, rows: Sequence[tuple[bytes, ...]], out: Block) -> tuple[list[bool], list[bytes]]:
    """Count rows of one shape, by columns; returns which of them are rows, and what is judged of each."""
    columns = _Columns(shape, rows)
    times = columns.made("time", _minute)
    has = "time" in shape.fields
    good = [not has or time is not None for time in times]
    target = columns.raw("target")
    line = columns.raw("line") if "line" in shape.fields else None
    texts = list(target) if line is None else list(map(bytes.__add__, target, line))
    if "query" in shape.fields:
        texts = list(map(bytes.__add__, texts, columns.raw("query")))
    if line is not None and not {"method", "target"} <= set(shape.fields):
        known = {one: one[1 : one.index(b" ")].decode() for one in set(line)}
        method = list(map(known.__getitem__, line))
    else:
        method = columns.made("method", _verb)
    seen = _seen(columns, method)
    counts = Counter(zip(columns.raw("key"), columns.raw("user"), columns.raw("address"), times, seen, strict=True))
    askers: dict[tuple[bytes, bytes, bytes], Who] = {}
    told_: list[tuple[Who, int, bool, int]] = []
    for (key, user, address, time, nothing), count in counts.items():
        raw = key, user, address
        who = askers.get(raw)
        if who is None:
            who = askers[raw] = _asker(raw)
        if time is not None:
            told_.append((who, time, nothing, count))
        elif not has:
            out.rows.append(Many(who, None, None, None, nothing, count))
    alike(out, told_)
    return good, texts


def _seen(columns: _Columns, method: list[str]) -> list[bool]:
    """Of each row whether neither request nor response had a body."""
    nothing = columns.holding("status", lambda value: whole(value) in {204, 304})
    empty = columns.holding("size", lambda value: whole(value) == 0)
    out = [False] * len(method)
    some = [column for column in (nothing, empty) if column is not None]
    if "HEAD" in method:
        some.append([verb == "HEAD" for verb in method])
    for column in some:
        for number in compress(range(len(out)), column):
            out[number] = method[number] in SAFE
    return out


def _asker(raw: tuple[bytes, ...]) -> Who:
    key, user, address = (text(_value(one)) if one else "" for one in raw)
    return Who(key, user, _host(address))
