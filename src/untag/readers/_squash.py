"""Tables of a squashfs image: metadata blocks, inodes, folders, fragments; every offset checked, nothing recursive.

Format: kernel.org, filesystems/squashfs, and ``squashfs_fs.h``, version 4.0. The libraries for it that there are unpack
a block whole, whatever size that comes to, and follow folders that hold themselves.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO

from msgspec import Struct

from untag.gap import Damaged
from untag.readers import _unpack

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["FAILS", "FILE", "FOLDER", "LINK", "Image", "Node"]

#: Kinds of inodes, basic and extended.
FOLDER, FILE, LINK = (1, 8), (2, 9), (3, 10)
_META = 8192
_NONE = 0xFFFFFFFF
#: Unpacked metadata blocks that are held.
_HELD = 256
_SUPER = struct.Struct("<4s4I6H8Q")
FAILS: tuple[type[Exception], ...] = (Damaged, struct.error, zlib.error, ValueError, EOFError, OSError)
_NAMES = {1: "gzip", 2: "lzma", 3: "lzo", 4: "xz", 5: "lz4", 6: "zstd"}


class Node(Struct, frozen=True):
    """An inode: its kind, size, where its blocks or entries lie, and where the numbers of its blocks are."""

    kind: int
    size: int = 0
    start: int = 0
    offset: int = 0
    fragment: int = _NONE
    target: bytes = b""
    sizes: tuple[int, int] = (0, 0)


class _Cursor(Struct):
    """A place in the stream of metadata blocks."""

    block: int
    offset: int


@dataclass
class Image:
    """An image that is open."""

    file: BinaryIO
    size: int
    codec: str = ""
    root: int = 0
    _held: dict[int, tuple[bytes, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Read the head.

        Raises:
            Damaged: It makes no sense.
        """
        self.file.seek(0)
        head = self.file.read(_SUPER.size)
        if len(head) < _SUPER.size:
            raise Damaged("its head is cut off")
        (_, _, _, self.block, self._fragments, codec, log, self.flags, _, major, minor, self.root,
         self.used, _, _, self._inode, self._folder, self._fragment, _) = _SUPER.unpack(head)  # fmt: skip
        if (major, minor) != (4, 0) or self.block != 1 << log or not 12 <= log <= 20:
            raise Damaged(f"a version that is not read ({major}.{minor})")
        self.codec = _NAMES.get(codec, f"number {codec}")

    # -- blocks

    def unpacked(self, data: bytes, most: int) -> bytes:
        """The bytes of a packed block, never more than so many.

        Raises:
            ImportError: A library for it is missing.
            Damaged: It cannot be unpacked.
        """
        if self.codec == "lz4":
            from lz4.block import LZ4BlockError, decompress

            try:
                return bytes(decompress(data, uncompressed_size=most))
            except LZ4BlockError:
                raise Damaged("damaged compressed data") from None
        if self.codec == "gzip":
            return zlib.decompressobj().decompress(data, most)
        if self.codec not in ("xz", "lzma", "zstd"):
            raise Damaged(f"compressed with {self.codec}")
        made = _unpack.zstd() if self.codec == "zstd" else _unpack.xz()
        out = bytearray()
        while len(out) < most and not made.eof:
            piece = made.decompress(data if not out and data else b"", most - len(out))
            if not piece:
                break
            out += piece
            data = b""
        return bytes(out)

    def data(self, at: int, stated: int) -> bytes:
        """A block of data: its bytes, as many as a block holds at most."""
        size = stated & 0xFFFFFF
        if at < 0 or at + size > self.size or size > self.block + 64:
            raise Damaged("a block that lies outside of the image")
        self.file.seek(at)
        raw = self.file.read(size)
        return raw if stated >> 24 & 1 else self.unpacked(raw, self.block)

    def _meta(self, at: int) -> tuple[bytes, int]:
        found = self._held.get(at)
        if found is None:
            if at < 0 or at + 2 > self.size:
                raise Damaged("a table that lies outside of the image")
            self.file.seek(at)
            head = int.from_bytes(self.file.read(2), "little")
            size = head & 0x7FFF
            raw = self.file.read(size)
            if len(raw) < size or not size or size > _META:
                raise Damaged("a table that breaks off")
            found = (raw if head & 0x8000 else self.unpacked(raw, _META), at + 2 + size)
            if len(self._held) >= _HELD:
                self._held.pop(next(iter(self._held)))
            self._held[at] = found
        return found

    def take(self, at: _Cursor, size: int) -> bytes:
        """So many bytes of metadata from a place on, which moves behind them."""
        out = bytearray()
        while True:
            body, after = self._meta(at.block)
            piece = body[at.offset : at.offset + size - len(out)]
            out += piece
            at.offset += len(piece)
            if len(out) >= size:
                return bytes(out)
            if at.offset > len(body) or (not piece and not body):
                raise Damaged("a table that breaks off")
            at.block, at.offset = after, 0

    # -- inodes and folders

    def node(self, reference: int) -> Node:
        """The inode that a reference leads to."""
        at = _Cursor(self._inode + (reference >> 16), reference & 0xFFFF)
        kind = int.from_bytes(self.take(at, 16)[:2], "little")
        if kind == 1:
            start, _, size, offset, _ = struct.unpack("<2I2HI", self.take(at, 16))
            return Node(kind, size, start, offset)
        if kind == 8:
            _, size, start, _, _, offset, _ = struct.unpack("<4I2HI", self.take(at, 24))
            return Node(kind, size, start, offset)
        if kind == 2:
            start, fragment, offset, size = struct.unpack("<4I", self.take(at, 16))
            return Node(kind, size, start, offset, fragment, b"", (at.block, at.offset))
        if kind == 9:
            start, size, _, _, fragment, offset, _ = struct.unpack("<3Q4I", self.take(at, 40))
            return Node(kind, size, start, offset, fragment, b"", (at.block, at.offset))
        if kind in LINK:
            _, size = struct.unpack("<2I", self.take(at, 8))
            if size > 65_536:
                raise Damaged("a link that is too long")
            return Node(kind, size, target=self.take(at, size))
        return Node(kind)

    def entries(self, node: Node) -> Iterator[tuple[bytes, int]]:
        """Name and reference of what a folder holds."""
        at = _Cursor(self._folder + node.start, node.offset)
        left = node.size - 3
        while left > 0:
            count, block, _ = struct.unpack("<3I", self.take(at, 12))
            left -= 12
            if count >= 256:
                raise Damaged("a folder that makes no sense")
            for _ in range(count + 1):
                offset, _, _, size = struct.unpack("<HhHH", self.take(at, 8))
                if size >= 256:
                    raise Damaged("a name that is too long")
                name = self.take(at, size + 1)
                left -= 9 + size
                yield name, block << 16 | offset

    def pieces(self, node: Node) -> Iterator[bytes]:
        """The bytes of a file, block by block."""
        ends = node.fragment != _NONE
        blocks = node.size // self.block if ends else -(-node.size // self.block)
        at, start, left = _Cursor(*node.sizes), node.start, node.size
        for _ in range(blocks):
            stated = int.from_bytes(self.take(at, 4), "little")
            size = min(left, self.block)
            piece = self.data(start, stated) if stated & 0xFFFFFF else bytes(size)
            if len(piece) < size:
                raise Damaged("a block that breaks off")
            yield piece[:size]
            start += stated & 0xFFFFFF
            left -= size
        if ends and left:
            body = self._tail(node.fragment)[node.offset : node.offset + left]
            if len(body) < left:
                raise Damaged("the end of a file that is not there")
            yield body

    def _tail(self, number: int) -> bytes:
        if number >= self._fragments:
            raise Damaged("the end of a file that is not there")
        self.file.seek(self._fragment + number // 512 * 8)
        at = _Cursor(int.from_bytes(self.file.read(8), "little"), number % 512 * 16)
        start, stated, _ = struct.unpack("<Q2I", self.take(at, 16))
        return self.data(start, stated)
