"""Multipart bodies (RFC 2046, RFC 7578): parts with headers; read as Latin-1, so that characters are bytes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from untag.guard.body import Unsound, named
from untag.guard.body._scan import said
from untag.guard.tree import Box, Shown, Tree
from untag.surface import Kind, Role

if TYPE_CHECKING:
    from collections.abc import Callable

    from untag.guard.body import Reading

__all__ = ["MultipartBody", "parts_of"]

_HEADER = re.compile(r"([!#-'*+\-.^-z|~0-9A-Z]+):[ \t]*([^\r\n]*)\r\n")
_NAME = re.compile(r";\s*name=(?:\"((?:[^\"\\]|\\.)*)\"|([^;\s\"]+))", re.IGNORECASE)
_OTHER = re.compile(r";\s*name\*", re.IGNORECASE)
_BOUNDARY = re.compile(r"[\w'()+,./:=? -]{1,70}")


class MultipartBody:
    """Bodies of several parts."""

    name = "multipart"
    types = ("multipart/form-data", "multipart/mixed", "multipart/related", "multipart/alternative")
    binary = True

    def clean(self, text: str, reading: Reading) -> bool:  # noqa: ARG002 - what all formats are told
        """Never known beforehand."""
        return False

    def read(self, text: str, reading: Reading) -> Tree:
        """What its parts show.

        Raises:
            Unsound: It is no such body, or a part is of a type that does not pass.
        """
        tree = Tree()
        box = tree.box(glued=False)
        for start, end, headers, begin, stop in parts_of(text, reading.boundary):
            reading.spend(1)
            name = _named(headers)
            here = box.add(start, end, name)
            if name:
                tree.show(Shown(Role.PARAMETER, name, "", Kind.FORM), box, here)
            kind = headers.get("content-type", "text/plain").partition(";")[0].strip().lower()
            if headers.get("content-transfer-encoding", "binary").strip().lower() not in {"binary", "8bit", "7bit"}:
                raise Unsound("a part has a transfer encoding")
            if reading.media(kind):
                continue
            self._part(tree, reading, text[begin:stop], begin, kind, (box, here), name)
        return tree

    @staticmethod
    def _part(tree: Tree, reading: Reading, raw: str, begin: int, kind: str, spot: tuple[Box, int], name: str) -> None:
        """One part, in its own format."""
        body = named(kind)
        if body is None or getattr(body, "binary", False):
            raise Unsound(f"a part is of a type that does not pass: {kind[:60]}")
        text, where = _utf8(raw, begin)
        if body.name == "text":
            said(tree, reading, text, text, where, spot, "", name)
            return
        inner = body.read(text, reading)
        inner.moved(where)
        for one in inner.boxes:
            if one.parent is None:
                one.parent, one.index = spot
        tree.take(inner)

    def done(self, text: str) -> None:
        """What is left are parts."""


def _utf8(raw: str, begin: int) -> tuple[str, Callable[[int], int]]:
    """The text of a part, and where each of its characters stands.

    Raises:
        Unsound: It is no UTF-8.
    """
    if raw.isascii():
        return raw, lambda at: at + begin
    try:
        text = raw.encode("latin-1").decode("utf-8")
    except UnicodeDecodeError:
        raise Unsound("a part is no UTF-8") from None
    where = [begin]
    for char in text:
        where.append(where[-1] + len(char.encode("utf-8")))
    return text, where.__getitem__


def _named(headers: dict[str, str]) -> str:
    """The name of the field that a part is.

    Raises:
        Unsound: It has two, or one in an encoding of its own.
    """
    said_ = headers.get("content-disposition", "")
    found = _NAME.findall(said_)
    if len(found) > 1 or _OTHER.search(said_):
        raise Unsound("the name of a part can be read in two ways", ambiguous=True)
    if not found:
        return ""
    raw = (found[0][0] or found[0][1]).replace('\\"', '"').replace("%22", '"')
    try:
        made: str = raw.encode("latin-1").decode("utf-8")
    except UnicodeDecodeError:
        raise Unsound("the name of a part is no UTF-8") from None
    return made


def parts_of(text: str, boundary: str) -> list[tuple[int, int, dict[str, str], int, int]]:
    """Parts: where each begins (its boundary) and ends, its headers, where its content begins and ends.

    Raises:
        Unsound: The boundary is none, the end is missing, or a header is no header.
    """
    if _BOUNDARY.fullmatch(boundary) is None:
        raise Unsound("its boundary is missing or no boundary")
    mark = "--" + boundary
    at = 0 if text.startswith(mark) else text.find("\r\n" + mark) + 2
    if at == 1:
        raise Unsound("its boundary does not stand in it")
    out = []
    while True:
        after = at + len(mark)
        if text.startswith("--", after):
            break
        line = text.find("\r\n", after)
        if line < 0 or text[after:line].strip(" \t"):
            raise Unsound("a boundary in it goes on", ambiguous=True)
        begin, headers = line + 2, {}
        while found := _HEADER.match(text, begin):
            key = found[1].lower()
            if key in headers:
                raise Unsound("a header of a part stands twice", ambiguous=True)
            headers[key] = found[2]
            begin = found.end()
        if not text.startswith("\r\n", begin):
            raise Unsound("the headers of a part are none")
        begin += 2
        stop = text.find("\r\n" + mark, begin - 2)
        if stop < 0:
            raise Unsound("it ends too early")
        out.append((at, stop + 2, headers, begin, max(begin, stop)))
        at = stop + 2
    return out
