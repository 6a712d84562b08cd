"""Lines of JSON: one object a row, of which fields are taken by name; several formats have them."""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import TYPE_CHECKING, Any, ClassVar

from untag.exposure.format import Lines
from untag.exposure.format._swift import request as first_line
from untag.exposure.format._when import told
from untag.exposure.row import Body, Rejected, Row, Who

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Objects", "at", "body", "loaded", "text", "whole"]

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
        needs: Of each set of names one must be there: what tells the format from others.
        names: Names by what they hold: ``time``, ``key``, ``user``, ``address``, ``method``, ``target``, ``query``,
            ``line`` (the whole first line), ``status``, ``size``, ``asked``, ``answered``, ``asked_type``,
            ``answered_type``, ``asked_size``.
    """

    rank = 1
    needs: ClassVar[tuple[tuple[str, ...], ...]] = ()
    names: ClassVar[dict[str, tuple[str, ...]]] = {}

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

    def _picker(self, row: dict[str, Any]) -> Callable[[str], Any]:
        names = self.names

        def pick(what: str) -> Any:
            for name in names.get(what, ()):
                value = row[name] if name in row else at(row, name) if "." in name else None
                if value is not None and value != "-":
                    return value
            return None

        return pick


def _host(address: str) -> str:
    """An address without its port; of a list of forwarders the first."""
    address = address.partition(",")[0].strip()
    if address.startswith("["):
        return address[1:].partition("]")[0]
    return address.partition(":")[0] if address.count(":") == 1 else address
