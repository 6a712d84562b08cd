"""Packets (pcap, pcapng) with plain HTTP in them, taken apart by an installed tshark.

Packets of strangers are read by a program in C: it gets the file on standard input, no configuration, no name
resolution, and what it prints is read line by line.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any

from untag.exposure.format import Capture
from untag.exposure.format._message import captured
from untag.exposure.format._object import loaded
from untag.exposure.format.har import caller
from untag.exposure.row import Body, Rejected, Row, Who
from untag.exposure.unpack import LONGEST, Cut, packed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

__all__ = ["PcapFormat"]

_MAGIC = (b"\xd4\xc3\xb2\xa1", b"\xa1\xb2\xc3\xd4", b"\x4d\x3c\xb2\xa1", b"\xa1\xb2\x3c\x4d", b"\x0a\x0d\x0d\x0a")
_FIELDS = (
    "frame.number", "frame.time_epoch", "ip.src", "ipv6.src", "tcp.stream", "http.request.method", "http.request.uri",
    "http.response.code", "http.request.line", "http.response.line", "http.file_data", "http.content_length",
)  # fmt: skip
_ASKED = (
    "-n", "-l", "-r", "-", "-Y", "http", "-T", "ek", "-o", "tcp.desegment_tcp_streams:TRUE",
    "-o", "http.desegment_headers:TRUE", "-o", "http.desegment_body:TRUE", "-o",
    "http.dechunk_body:TRUE", "-o", "http.decompress_body:TRUE",
    *(part for name in _FIELDS for part in ("-e", name)),
)  # fmt: skip
#: Connections with a request that waits for its response.
_WAITING = 100_000
#: Seconds after which a tshark that neither reads on nor prints is stopped.
STILL = 60.0
_HEX = re.compile(r"(?:[0-9a-f]{2}:?)*")


class PcapFormat(Capture):
    """Requests with their responses, connection by connection; a request's frame number is its place."""

    name = "pcap"
    title = "packets (pcap, pcapng) with plain HTTP/1.1, by tshark"
    source = "https://www.wireshark.org/docs/man-pages/tshark.html"
    limits = "It needs tshark (Debian: apt-get install tshark). TLS and HTTP/2 are not looked into."
    rank = 9

    def knows(self, start: bytes) -> float:
        """As for ``Format``."""
        return float(start.startswith(_MAGIC))

    def rows(self, file: BinaryIO) -> Iterator[Row | str]:
        """As for ``Capture``."""
        tool = shutil.which("tshark")
        if tool is None:
            raise Cut("packets need tshark (Debian: apt-get install tshark)", "needs")
        first = file.read(8)
        if packed(first) not in {"", "gzip"}:
            raise Cut("unpack it first: tshark reads packets plain or in gzip", "refused")
        try:
            os.lseek(file.fileno(), 0, os.SEEK_SET)  # what Python read ahead, tshark must read, too
        except (OSError, AttributeError):
            raise Cut("packets are read from a file only, not from standard input", "refused") from None
        still, code = False, 0
        try:
            with tempfile.TemporaryDirectory() as home:
                # Neither preferences, profiles nor scripts of the user: what they change, a verdict must not hang on.
                env = {"PATH": os.environ.get("PATH", ""), "HOME": home, "LC_ALL": "C.UTF-8"}
                env["WIRESHARK_CONFIG_DIR"] = home
                hexed = _hexed(tool, env)
                with subprocess.Popen(  # noqa: S603 - a program that the user installed, with constants for arguments
                    [tool, *_ASKED], stdin=file, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=env
                ) as process:
                    watched = _Watched(process, file.fileno())
                    try:
                        yield from _paired(watched, hexed=hexed)
                        code = process.wait(STILL)
                    finally:
                        still = watched.end()
                        process.kill()
        except subprocess.TimeoutExpired:
            still = True
        if still:
            raise Cut(f"tshark stood still for {STILL:.0f} seconds and was stopped", "limit")
        if code:
            raise Cut("tshark could not read it to its end", "damaged")


def _hexed(tool: str, env: dict[str, str]) -> bool:
    """Whether a body is told as hexadecimal digits, as from 4.2 on, and not as text."""
    asked = subprocess.run(  # noqa: S603 - a program that the user installed
        [tool, "--version"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=env,
        check=False, timeout=STILL,
    )  # fmt: skip
    version = re.search(rb"(\d+)\.(\d+)", asked.stdout.split(b"\n")[0])
    return version is not None and (int(version[1]), int(version[2])) >= (4, 1)


class _Watched:
    """What a program prints, line by line; it is stopped when it neither reads its input on nor prints for too long.

    A large capture without HTTP keeps tshark busy for minutes without a line: then its place in the file moves, which
    is this process's own, since both hold one open file.
    """

    def __init__(self, process: subprocess.Popen[bytes], handle: int) -> None:
        self._still = False
        self._process, self._handle = process, handle
        self._since: float | None = None
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def readline(self, most: int) -> bytes:
        """A line, or as much of it as is asked for."""
        assert self._process.stdout is not None  # noqa: S101 - for the type checker
        self._since = time.monotonic()
        try:
            return self._process.stdout.readline(most)
        finally:
            self._since = None  # what is done with the line is not the program's time

    def end(self) -> bool:
        """Watch no longer; whether the program was stopped."""
        self._done.set()
        self._thread.join()
        return self._still

    def _watch(self) -> None:
        place, moved = -1, time.monotonic()
        while not self._done.wait(min(1.0, STILL / 4)):
            now, since = os.lseek(self._handle, 0, os.SEEK_CUR), self._since
            if now != place or since is None:
                place, moved = now, time.monotonic()
            elif time.monotonic() - max(moved, since) > STILL:
                self._still = True
                self._process.kill()
                return


def _paired(lines: _Watched, *, hexed: bool) -> Iterator[Row | str]:
    """Rows of what tshark prints."""
    waiting: dict[str, deque[Row]] = {}
    while line := lines.readline(2 * LONGEST):
        if line.startswith(b'{"index"') or line.isspace():
            continue  # it heads the next line
        if not line.endswith(b"\n"):
            while (rest := lines.readline(2 * LONGEST)) and not rest.endswith(b"\n"):
                pass
            yield "a packet is too long to be read"
            continue
        try:
            made = loaded(line)
        except Rejected:
            made = None
        layers = made.get("layers") if made is not None else None
        if not isinstance(layers, dict):
            yield "a packet cannot be read"
            continue
        stream = _one(layers, "tcp.stream")
        if _one(layers, "http.request.method"):
            row = _asked(layers, hexed=hexed)
            waiting.setdefault(stream, deque()).append(row)
            if len(waiting) > _WAITING:
                yield from waiting.pop(next(iter(waiting)))
        elif code := _one(layers, "http.response.code"):
            if code.startswith("1") and code != "101":
                continue
            rows = waiting.get(stream)
            if not rows:
                yield "a response without its request"
                continue
            row = rows.popleft()
            row.status = int(code) if code.isdecimal() and len(code) == 3 else 0
            row.answered = _body(layers, _headers(layers, "http.response.line"), hexed=hexed)
            if not rows:
                del waiting[stream]
            yield row
        else:
            yield "a packet is neither request nor response"
    for rows in waiting.values():
        yield from rows


def _one(layers: dict[str, Any], name: str) -> str:
    value = layers.get(name.replace(".", "_"))
    return str(value[0]) if isinstance(value, list) and value else ""


def _headers(layers: dict[str, Any], name: str) -> tuple[tuple[str, str], ...]:
    rows = layers.get(name.replace(".", "_"))
    out = []
    for row in rows if isinstance(rows, list) else []:
        key, mark, value = str(row).partition(":")
        if mark:
            out.append((key.strip().lower(), value.strip().removesuffix("\\r\\n").strip()))
    return tuple(out)


def _body(layers: dict[str, Any], headers: tuple[tuple[str, str], ...], *, hexed: bool) -> Body | None:
    """A body, its chunks and codings undone by tshark; None where it is not there and not said to be empty."""
    value = _one(layers, "http.file_data")
    if not value:
        return Body() if _one(layers, "http.content_length") == "0" else None
    data = value.encode("utf-8", "replace")
    if hexed and _HEX.fullmatch(value):
        data = bytes.fromhex(value.replace(":", ""))
    # What is undone, the headers still say; of a body in a coding the length is another.
    plain = tuple(h for h in headers if h[0] not in {"content-encoding", "transfer-encoding"})
    coded = len(plain) < len(headers)
    return captured(data, tuple(h for h in plain if not (coded and h[0] == "content-length")))


def _asked(layers: dict[str, Any], *, hexed: bool) -> Row:
    headers = _headers(layers, "http.request.line")
    epoch = _one(layers, "frame.time_epoch").partition(".")[0]
    frame = _one(layers, "frame.number")
    target = _one(layers, "http.request.uri")
    if "://" in target[:12]:
        target = "/" + target.partition("://")[2].partition("/")[2]
    method = _one(layers, "http.request.method").upper()[:32]
    body = _body(layers, headers, hexed=hexed)
    if body is None and any(name in {"content-length", "transfer-encoding"} for name, _ in headers):
        body = Body(cut=True)  # it is announced and not there, whatever the method is
    return Row(
        Who(caller(headers), "", _one(layers, "ip.src") or _one(layers, "ipv6.src")),
        int(epoch) if epoch.isdecimal() and len(epoch) < 12 else None,
        method,
        target or "/",
        headers=headers,
        asked=body,
        at=int(frame) if frame.isdecimal() else 0,
    )
