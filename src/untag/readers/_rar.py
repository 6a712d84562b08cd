"""Encrypted rar archives, by the passwords that were given: written again without encryption, for libarchive to read.

rarfile parses the headers, encrypted ones too, and makes keys of passwords; cryptography decrypts. What is packed stays
packed. No program is started: rarfile would, to unpack. Formats: RAR 5.0 archive format (rarlab.com); of version 3 as
rarfile has it.
"""

from __future__ import annotations

import struct
import zlib
from functools import partial
from typing import IO, TYPE_CHECKING, Any

from msgspec import Struct

from untag.readers._library import FAILS
from untag.spool import scratch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from untag.artifact import Artifact

__all__ = ["Refused", "Rewritten", "locked", "rewrite"]

_RAR3, _RAR5 = b"Rar!\x1a\7\0", b"Rar!\x1a\7\1\0"
#: How often all passwords of one archive may be hashed to make keys: of version 5, and keys of version 3, each of which
#: takes 2**18 steps in plain Python; and headers that are looked at.
_HASHES, _KEYS, _HEADERS = 1 << 22, 16, 20_000
_WORK = "encrypted so that to try a password takes more work than is done"
_CHUNK = 1 << 20
#: Bytes of a header that are looked at before any library is asked.
_HEADER = 1 << 16
#: The method by which nothing is packed, as rarfile has it for both versions.
_STORED = 0x30
#: Flags of a file as rarfile has them for both versions: encrypted, and going on from or in another volume.
_PASSWORD, _SPLIT = 0x04, 0x03
#: Flags of a file of version 3: larger than 4 GB, its name in UTF-8, with data behind it; and its window and solidity.
_LARGE, _UNICODE, _LONG, _KEPT = 0x100, 0x200, 0x8000, 0xF0


class Refused(Exception):  # noqa: N818 - no mistake: a bound, or what is not read
    """An archive is not opened: for how it is made, not for its password."""


class Rewritten(Struct):
    """An archive without encryption.

    Attributes:
        kind: As libarchive has it.
        check: A member by which the password can be told: its name and checksum; None where it was told already.
        lost: Members that go on in another volume.
        broken: Whether the headers break off or are damaged, so that there may be more members.
    """

    kind: str
    check: tuple[str, int] | None = None
    lost: int = 0
    broken: bool = False


def locked(artifact: Artifact) -> bool:
    """Whether anything of a rar archive is encrypted: libarchive gives what of version 5 is for what it was.

    Headers are stepped over, and no library is asked.
    """
    with artifact.open() as file:
        head = file.read(8)
        new = head == _RAR5
        at = 8 if new else 7
        for _ in range(_HEADERS):
            if at >= artifact.size:
                return False
            file.seek(at)
            row = _step(file.read(_HEADER), new=new)
            if row is None or row[0] <= 0:
                return False
            if row[1]:
                return True
            at += row[0]
    return False


def _step(head: bytes, *, new: bool) -> tuple[int, bool] | None:
    """How far it is from one block to the next, and whether the block is encrypted or tells that others are."""
    try:
        return _step_new(head) if new else _step_old(head)
    except (IndexError, struct.error):
        return None


def _step_old(head: bytes) -> tuple[int, bool]:
    kind, flags, size = struct.unpack_from("<xxBHH", head)
    data = 0
    if flags & _LONG or kind == 0x74:
        data = struct.unpack_from("<L", head, 7)[0]
        if kind == 0x74 and flags & _LARGE:
            data |= struct.unpack_from("<L", head, 32)[0] << 32
    return size + data, bool((kind == 0x73 and flags & 0x80) or (kind == 0x74 and flags & _PASSWORD))


def _step_new(head: bytes) -> tuple[int, bool]:
    size, at = _vint(head, 4)
    end = at + size
    kind, at = _vint(head, at)
    flags, at = _vint(head, at)
    extra, at = _vint(head, at) if flags & 1 else (0, at)
    data, at = _vint(head, at) if flags & 2 else (0, at)
    at = end - extra
    while kind == 2 and at < min(end, len(head)):
        length, at = _vint(head, at)
        if head[at] == 1:
            return end + data, True
        at += length
    return end + data, kind == 4


def _vint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    for _ in range(10):
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            break
    return value, at


def rewrite(artifact: Artifact, password: bytes, out: IO[bytes]) -> Rewritten | None:
    """Write an archive again without encryption.

    Args:
        artifact: The archive.
        password: To try; nothing takes what is not encrypted alone.
        out: Where it goes.

    Returns:
        What was written; None if the password is not the right one.

    Raises:
        ImportError: rarfile or cryptography is not installed.
        Refused: See its text.
    """
    library = _library()
    count = spent = 0

    def see(info: Any) -> None:
        nonlocal count, spent
        count += 1
        # Seen before a password is there, and so before anything is hashed: once for the proof, once for the key.
        spent += 2 << min(getattr(info, "encryption_kdf_count", None) or 0, 40)
        if spent > _HASHES:
            raise Refused(_WORK)
        if count > (_KEYS if new[0] is False and hidden[0] else _HEADERS):
            raise Refused("more headers than are looked at")

    new, hidden = [artifact.head.startswith(_RAR5)], [False]
    try:
        with artifact.open() as file:
            book = library.RarFile(file, info_callback=see, part_only=True)
            hidden[0] = not book.infolist() and book.needs_password()
            count = spent = 0
            if password:
                book.setpassword(password.decode("utf-8", "surrogateescape"))
            rows = book.infolist()
            if hidden[0] and not rows:
                return None
            if not password:
                rows = [info for info in rows if not info.flags & _PASSWORD]
            make = _new(rows, password, library) if new[0] else _old(rows, password, library, solid=book.is_solid())
            made = _written(make, file, out, "rar5" if new[0] else "rar")
            made.broken = bool(book.strerror())
            return made
    except library.RarWrongPassword:
        return None
    except (library.Error, struct.error, *FAILS):
        return None


def _library() -> Any:
    """rarfile, with its way to start programs shut: it would unpack comments with them."""
    import cryptography.hazmat.primitives.ciphers  # noqa: F401 - rarfile does without, and then decrypts nothing
    import rarfile

    rarfile.rar3_decompress = _nothing
    return rarfile


def _nothing(*_: object, **__: object) -> bytes:
    return b""


class _Block(Struct):
    """A block of the new archive: what makes its header, where its data lie, and what decrypts them.

    Attributes:
        head: The header, by how many bytes of data there are.
        start: Where the data begin in the old archive.
        size: How many there are.
        key: Decrypts them; nothing where they are not encrypted.
        vector: With this.
        stored: How many there are without what fills the last sixteen up, where nothing is packed; else -1.
        check: Name and checksum of the member.
    """

    head: Callable[[int], bytes]
    start: int = 0
    size: int = 0
    key: bytes = b""
    vector: bytes = b""
    stored: int = -1
    check: tuple[str, int] | None = None


def _written(blocks: Iterator[_Block | None], file: IO[bytes], out: IO[bytes], kind: str) -> Rewritten:
    made = Rewritten(kind)
    for block in blocks:
        if block is None:
            made.lost += 1
            continue
        file.seek(block.start)
        if not block.key:
            out.write(block.head(block.size))
            _copy(file, out, block.size)
            continue
        made.check = made.check or block.check
        with scratch() as plain:
            _decrypt(file, plain, block)
            size = min(block.size, block.stored) if block.stored >= 0 else block.size
            if block.stored < 0 and kind == "rar5":
                size = _end(plain, block.size)
            plain.seek(0)
            out.write(block.head(size))
            _copy(plain, out, size)
    return made


def _copy(file: IO[bytes], out: IO[bytes], size: int) -> None:
    while size and (data := file.read(min(size, _CHUNK))):
        size -= len(data)
        out.write(data)


def _decrypt(file: IO[bytes], out: IO[bytes], block: _Block) -> None:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    made = Cipher(algorithms.AES(block.key), modes.CBC(block.vector)).decryptor()
    left = block.size
    while left and (data := file.read(min(left, _CHUNK))):
        left -= len(data)
        out.write(made.update(data))


def _end(file: IO[bytes], size: int) -> int:
    """Where what is packed ends, before zeros that fill the last sixteen bytes up: behind its last block."""
    at = 0
    while at + 3 <= size:
        file.seek(at)
        head = file.read(5)
        wide = (head[0] >> 3 & 7) + 1 if head else 4
        if wide > 3 or len(head) < 2 + wide:
            return size
        at += 2 + wide + int.from_bytes(head[2 : 2 + wide], "little")
        if head[0] & 0x40:
            return min(at, size)
    return size


def _new(rows: list[Any], password: bytes, library: Any) -> Iterator[_Block | None]:
    """Blocks of version 5."""
    yield _Block(lambda _: _RAR5 + _sealed(_number(1) + _number(0) + _number(0)))
    keys: dict[tuple[int, bytes], bytes] = {}
    left = _HASHES
    told = False
    for info in rows:
        if info.flags & _SPLIT:
            yield None
            continue
        if info.is_symlink():
            continue
        _, tweaked, power, salt, vector, proof = info.file_encryption
        key = b""
        if info.flags & _PASSWORD:
            left -= (2 << power) if (power, salt) not in keys else 0
            if left < 0 or power > 24:
                raise Refused(_WORK)
            if (power, salt) not in keys:
                keys[power, salt] = library.rar5_s2k(password.decode("utf-8", "replace"), salt, 1 << power)
                if proof:
                    _proven(password, power, salt, proof, library)
                    told = True
            key = keys[power, salt]
        flags, crc = info.file_flags & 9, b""
        if info.CRC is not None and not tweaked & 2:
            flags, crc = flags | 4, struct.pack("<I", info.CRC & 0xFFFFFFFF)
        name = bytes(info.orig_filename)
        body = _number(flags) + _number(info.file_size) + _number(0o40755 if flags & 1 else 0o100644) + crc
        body += _number(info.file_compress_flags) + _number(1) + _number(len(name)) + name
        check = (info.filename, info.CRC) if crc and info.file_size and not told else None
        stored = info.file_size if info.compress_type == _STORED else -1
        yield _Block(partial(_member, body), info.data_offset, info.add_size, key, vector or b"", stored, check)
    yield _Block(lambda _: _sealed(_number(5) + _number(0) + _number(0)))


def _member(body: bytes, size: int) -> bytes:
    """The header of a file of version 5."""
    return _sealed(_number(2) + _number(2) + _number(size) + body)


def _proven(password: bytes, power: int, salt: bytes, proof: bytes, library: Any) -> None:
    """See to it that a password is the one whose hash the archive keeps.

    Raises:
        RarWrongPassword: It is not.
    """
    made = library.rar5_s2k(password.decode("utf-8", "replace"), salt, (1 << power) + 32)
    folded = bytearray(8)
    for at, byte in enumerate(made):
        folded[at & 7] ^= byte
    if bytes(folded) != proof[:8]:
        raise library.RarWrongPassword


def _old(rows: list[Any], password: bytes, library: Any, *, solid: bool) -> Iterator[_Block | None]:
    """Blocks of version 3."""
    main = struct.pack("<BHH", 0x73, 8 if solid else 0, 13) + bytes(6)
    yield _Block(lambda _: _RAR3 + _summed(main))
    keys: dict[bytes, tuple[bytes, bytes]] = {}
    for info in rows:
        if info.flags & _SPLIT:
            yield None
            continue
        key, vector = b"", b""
        if info.flags & _PASSWORD:
            if info.extract_version < 29:
                raise Refused("encrypted as RAR did before version 2.9, which is not read")
            salt = info.salt or b""
            if salt not in keys:
                if len(keys) >= _KEYS:
                    raise Refused(_WORK)
                keys[salt] = library.rar3_s2k(password.decode("utf-8", "replace"), salt)
            key, vector = keys[salt]
        name = info.filename.rstrip("/").encode("utf-8", "replace")
        check = (info.filename, info.CRC & 0xFFFFFFFF) if info.file_size else None
        stored = info.file_size if info.compress_type == _STORED else -1
        yield _Block(partial(_file, info, name), info.data_offset, info.compress_size, key, vector, stored, check)
    yield _Block(lambda _: _summed(struct.pack("<BHH", 0x7B, 0x4000, 7)))


def _file(info: Any, name: bytes, size: int) -> bytes:
    """The header of a file of version 3."""
    flags = info.flags & (_KEPT | _LARGE) | _LONG | _UNICODE
    body = struct.pack(
        "<LLBLLBBHL", size & 0xFFFFFFFF, info.file_size & 0xFFFFFFFF, 3, info.CRC & 0xFFFFFFFF, 0,
        info.extract_version, info.compress_type, len(name), 0o40755 if info.is_dir() else 0o100644,
    )  # fmt: skip
    if flags & _LARGE:
        body += struct.pack("<LL", size >> 32, info.file_size >> 32)
    return _summed(struct.pack("<BHH", 0x74, flags, 7 + len(body) + len(name)) + body + name)


def _summed(body: bytes) -> bytes:
    """A header of version 3: its checksum before it."""
    return struct.pack("<H", zlib.crc32(body) & 0xFFFF) + body


def _number(value: int) -> bytes:
    """A number seven bits a byte, the lowest first."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out) + bytes([value])


def _sealed(body: bytes) -> bytes:
    """A header of version 5: its checksum and length before it."""
    body = _number(len(body)) + body
    return struct.pack("<I", zlib.crc32(body)) + body
