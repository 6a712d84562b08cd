"""Encrypted rar archives: seen as such before libarchive is asked, opened with the password, bounded whatever they say.

No free program writes them: they are written here, stored and not packed, after the format's description.
"""

from __future__ import annotations

import hashlib
import struct
import sys
import zlib
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from hostile import adds_up, changes, cuts
from untag.artifact import Artifact
from untag.gap import Damaged, Gap, Limits, Reason
from untag.place import Place
from untag.readers import called
from untag.readers._rar import locked
from untag.scan import Options, scan

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from untag.report import Report

rarfile = pytest.importorskip("rarfile")
FACE = b"enum FaceEthnicity { FACE_UYGHUR = 1, FACE_OTHER = 2 };\n"
CLEAN = b"enum FaceMood { FACE_CALM = 1, FACE_OTHER = 2 };\n"
WORD = "gehe\u00efm-4711"
SALT, VECTOR = bytes(range(16)), bytes(range(16, 32))


def number(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out) + bytes([value])


def sealed(body: bytes) -> bytes:
    body = number(len(body)) + body
    return struct.pack("<I", zlib.crc32(body)) + body


def aes(data: bytes, key: bytes, vector: bytes) -> bytes:
    made = Cipher(algorithms.AES(key), modes.CBC(vector)).encryptor()
    return made.update(data + bytes(-len(data) % 16))


def key5(power: int, more: int = 0) -> bytes:
    return hashlib.pbkdf2_hmac("sha256", WORD.encode(), SALT, (1 << power) + more)


def rar5(rows: dict[str, bytes], *, power: int = 10, plain: tuple[str, ...] = (), hidden: bool = False) -> bytes:
    """Version 5, members stored, with the proof of the password."""
    key = key5(min(power, 10))
    folded = bytearray(8)
    for at, byte in enumerate(key5(min(power, 10), 32)):
        folded[at & 7] ^= byte
    proof = bytes(folded) + hashlib.sha256(bytes(folded)).digest()[:4]
    parts = [(sealed(number(1) + number(0) + number(0)), b"")]
    for name, data in rows.items():
        body = number(4) + number(len(data)) + number(0o100644) + struct.pack("<I", zlib.crc32(data))
        body += number(0) + number(1) + number(len(name)) + name.encode()
        record = number(1) + number(0) + number(1) + bytes([power]) + SALT + VECTOR + proof
        extra = b"" if name in plain else number(len(record)) + record
        held = data if name in plain else aes(data, key, VECTOR)
        head = number(2) + number(3 if extra else 2) + (number(len(extra)) if extra else b"") + number(len(held))
        parts.append((sealed(head + body + extra), held))
    parts.append((sealed(number(5) + number(0) + number(0)), b""))
    if not hidden:
        return b"Rar!\x1a\7\1\0" + b"".join(head + held for head, held in parts)
    first = sealed(number(4) + number(0) + number(0) + number(1) + bytes([power]) + SALT + proof)
    return b"Rar!\x1a\7\1\0" + first + b"".join(VECTOR + aes(head, key, VECTOR) + held for head, held in parts)


def rar3(rows: dict[str, bytes], *, salts: bool = False) -> bytes:
    """Version 3, members stored; nothing in it tells whether a password is right but the checksums."""
    salt = bytes(range(8))
    key, vector = rarfile.rar3_s2k(WORD, salt)

    def summed(body: bytes) -> bytes:
        return struct.pack("<H", zlib.crc32(body) & 0xFFFF) + body

    out = b"Rar!\x1a\7\0" + summed(struct.pack("<BHH", 0x73, 0, 13) + bytes(6))
    for at, (name, data) in enumerate(rows.items()):
        salt = bytes([at, *range(1, 8)]) if salts else salt
        held, raw = aes(data, key, vector), name.encode()
        body = struct.pack("<LLBLLBBHL", len(held), len(data), 3, zlib.crc32(data), 0, 29, 0x30, len(raw), 0o100644)
        out += summed(struct.pack("<BHH", 0x74, 0x8404, 7 + len(body) + len(raw) + 8) + body + raw + salt) + held
    return out + summed(struct.pack("<BHH", 0x7B, 0x4000, 7))


def look(path: Path, *passwords: str, **options: object) -> Report:
    words = tuple(w.encode() for w in passwords)
    report = scan([str(path)], Options(jobs=1, cache=False, passwords=words, **options))  # type: ignore[arg-type]
    assert adds_up(report.coverage)
    assert WORD not in repr(report)
    return report


MADE = {
    "five": rar5({"inc/face.h": FACE, "b.txt": b"nothing\n"}),
    "hidden": rar5({"inc/face.h": FACE, "b.txt": b"nothing\n"}, hidden=True),
    "three": rar3({"inc/face.h": FACE, "b.txt": b"nothing\n"}),
}


@pytest.mark.parametrize("kind", MADE)
def test_a_rar_opens_with_its_password_and_is_a_gap_without(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "sdk.rar"
    path.write_bytes(MADE[kind])
    for words, said in (((), "--password"), (("wrong",), "no password that was given fits")):
        shut = look(path, *words)
        assert [(g.reason, g.place.chain) for g in shut.gaps] == [(Reason.ENCRYPTED, ("sdk.rar",))]
        assert said in shut.gaps[0].detail
        assert not shut.findings
    opened = look(path, "wrong", WORD)
    assert {f.place.chain for f in opened.shown} == {("sdk.rar", "inc/face.h")}
    assert not opened.gaps


@pytest.mark.parametrize("make", [rar5, rar3])
def test_the_twin_without_the_tag_is_clean(make: object, tmp_path: Path) -> None:
    path = tmp_path / "sdk.rar"
    path.write_bytes(make({"inc/face.h": CLEAN}))  # type: ignore[operator]
    report = look(path, WORD)
    assert not report.findings
    assert not report.gaps


def test_what_is_not_encrypted_is_read_beside_what_is(tmp_path: Path) -> None:
    path = tmp_path / "sdk.rar"
    path.write_bytes(rar5({"secret.txt": b"nothing\n", "face.h": FACE}, plain=("face.h",)))
    report = look(path)
    assert {f.place.chain for f in report.shown} == {("sdk.rar", "face.h")}
    assert [g.reason for g in report.gaps] == [Reason.ENCRYPTED]


def test_members_are_read_to_their_last_byte(tmp_path: Path) -> None:
    path = tmp_path / "sdk.rar"
    for make in (rar5, rar3):
        path.write_bytes(make({f"{n}.txt": b"x" * n for n in (0, 1, 15, 16, 17, 70_000)}))  # type: ignore[operator]
        sizes = {i.place.chain[-1]: i.size for i in items(path.read_bytes(), WORD) if isinstance(i, Artifact)}
        assert sizes == {f"{n}.txt": n for n in (0, 1, 15, 16, 17, 70_000)}


def items(data: bytes, *passwords: str) -> Iterator[object]:
    artifact = Artifact(Place(("a.rar",)), data)
    artifact.nest.passwords = tuple(w.encode() for w in passwords)
    artifact.nest.left = 1 << 30
    try:
        yield from called("archive").read(artifact, Limits())
    except Damaged as broken:
        yield Gap(artifact.place, Reason.DAMAGED, broken.detail)


@pytest.mark.parametrize("kind", ["five", "three"])
def test_damage_is_no_crash(kind: str) -> None:
    data = MADE[kind]
    for _, cut in cuts(data):
        assert list(items(cut, WORD)) or len(cut) < 90
    for changed in changes(data, kind, 60 if kind == "five" else 15):
        list(items(changed, WORD))


def test_a_key_that_takes_hours_to_make_is_not_made() -> None:
    for power in (23, 30, 63):
        gaps = [i for i in items(rar5({"face.h": FACE}, power=power), WORD) if isinstance(i, Gap)]
        assert gaps
        assert {g.reason for g in gaps} <= {Reason.LIMIT, Reason.ENCRYPTED}


def test_headers_behind_a_key_that_takes_long_are_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    monkeypatch.setattr(rarfile, "rar5_s2k", lambda *given: made.append(given[2]))
    (gap,) = items(rar5({"face.h": FACE}, power=24, hidden=True), WORD)
    assert isinstance(gap, Gap)
    assert gap.reason is Reason.LIMIT
    assert not made


def test_keys_of_version_three_are_counted() -> None:
    data = rar3({f"{n}.txt": b"abc" for n in range(40)}, salts=True)
    assert {i.reason for i in items(data, WORD) if isinstance(i, Gap)} == {Reason.LIMIT}


def test_members_behind_a_broken_header_are_a_gap() -> None:
    data = bytearray(rar3({f"{n}.txt": b"abc" for n in range(4)}))
    at = data.index(b"2.txt")
    data[at] ^= 0xFF
    got = list(items(bytes(data), WORD))
    assert [i.place.chain[-1] for i in got if isinstance(i, Artifact)][:2] == ["0.txt", "1.txt"]
    assert Reason.DAMAGED in {i.reason for i in got if isinstance(i, Gap)}


def test_what_is_not_encrypted_is_never_called_so() -> None:
    plain = rar5({"a": FACE, "b": CLEAN}, plain=("a", "b"))
    assert not locked(Artifact(Place(("a.rar",)), plain))
    assert locked(Artifact(Place(("a.rar",)), MADE["five"]))
    assert [i.data for i in items(plain) if isinstance(i, Artifact)] == [FACE, CLEAN]


def test_without_the_library_the_gap_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "sdk.rar"
    path.write_bytes(MADE["five"])
    monkeypatch.setitem(sys.modules, "rarfile", None)
    (gap,) = look(path, WORD).gaps
    assert gap.reason is Reason.NEEDS
    assert "untag[passwords]" in gap.detail
