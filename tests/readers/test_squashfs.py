"""Squashfs by its tables: what mksquashfs packs comes out, whatever it packs with; damage and circles are bounded."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from pathlib import Path

import pytest

from hostile import artifact_of, changes, cuts, input_of, shown
from untag.artifact import Artifact
from untag.gap import Damaged, Gap, Limits, Reason
from untag.readers import readers

SPECIMEN = Path(__file__).parent.parent / "specimens/readers/squashfs/firmware"
RAW = input_of(SPECIMEN).read_bytes()


def members(data: bytes) -> tuple[dict[str, bytes], list[Gap]]:
    out: dict[str, bytes] = {}
    gaps: list[Gap] = []
    for item in readers()["squashfs"].read(artifact_of("a.squashfs", data), Limits()):
        if isinstance(item, Artifact):
            out[item.path] = item.data
        elif isinstance(item, Gap):
            gaps.append(item)
    return out, gaps


@pytest.mark.skipif(shutil.which("mksquashfs") is None, reason="mksquashfs is not installed (Debian: squashfs-tools)")
@pytest.mark.parametrize("codec", ["gzip", "xz", "lz4", "zstd", "lzma", "lzo"])
def test_what_is_packed_comes_out(tmp_path: Path, codec: str) -> None:
    root = tmp_path / "root"
    chance = random.Random(codec)  # noqa: S311 - not for secrets
    files = {
        "empty": b"",
        "small.txt": b"small\n",
        "a/b/c/large.bin": chance.randbytes(300_000),
        "a/zeros.bin": bytes(700_000),
        "a/mixed.bin": b"x" * 131_072 + bytes(131_072) + chance.randbytes(5_000),
        "名前.txt": b"name\n",
        **{f"many/{n:04}.txt": b"%d\n" % n for n in range(600)},
    }
    for name, data in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    (root / "inside").symlink_to("a/mixed.bin")
    (root / "outside").symlink_to("../../etc/passwd")
    done = subprocess.run(
        ["mksquashfs", root, tmp_path / "out", "-comp", codec, "-processors", "1", "-no-xattrs"], capture_output=True
    )
    if done.returncode:
        pytest.skip(f"mksquashfs here does not know {codec}: {done.stderr.decode()[:80]}")
    found, gaps = members((tmp_path / "out").read_bytes())
    if codec == "lzo":
        assert (found, [g.reason for g in gaps]) == ({}, [Reason.UNKNOWN])
        assert "squashfs-tools" in gaps[0].detail
        return
    assert found == files
    assert [(g.reason, "outside" in g.detail) for g in gaps] == [(Reason.REFUSED, True)]


def test_a_folder_that_holds_itself_ends() -> None:
    data = bytearray(RAW)
    root = int.from_bytes(data[32:40], "little")
    table = int.from_bytes(data[64:72], "little")
    assert root >> 16 == 0
    # The tables of the specimen are small enough to be written anew, not packed.
    import zlib

    def plain(at: int) -> bytes:
        head = int.from_bytes(data[at : at + 2], "little")
        raw = bytes(data[at + 2 : at + 2 + (head & 0x7FFF)])
        return raw if head & 0x8000 else zlib.decompress(raw)

    inodes, folders = plain(table), plain(int.from_bytes(data[72:80], "little"))
    # Every entry leads back to the root.
    listing = bytearray(folders)
    for at in range(len(listing)):
        if listing[at + 8 : at + 11] == b"usr" or listing[at + 8 : at + 15] == b"include":
            listing[at : at + 2] = (root & 0xFFFF).to_bytes(2, "little")
    new = bytes(data[:96])
    start = len(new)
    body = (0x8000 | len(inodes)).to_bytes(2, "little") + inodes
    new += body + (0x8000 | len(listing)).to_bytes(2, "little") + bytes(listing)
    new = bytearray(new)
    new[64:72] = start.to_bytes(8, "little")
    new[72:80] = (start + len(body)).to_bytes(8, "little")
    found, gaps = members(bytes(new))
    assert len(found) <= 2
    assert any("holds itself" in g.detail for g in gaps)


def test_other_versions_name_the_tool() -> None:
    for data in (b"sqsh" + RAW[4:], b"hsqs" + RAW[4:28] + b"\3\0\1\0" + RAW[32:]):
        items = shown("a.img", data)
        assert next(i.reason for i in items if isinstance(i, Gap)) in (Reason.UNKNOWN, Reason.DAMAGED)


@pytest.mark.parametrize("size", [1, 2, 3])
def test_damage_is_bounded_and_never_a_crash(size: int) -> None:
    rows = [cut for _, cut in cuts(RAW)] if size == 1 else list(changes(RAW, f"squash{size}", 300))
    for data in rows:
        if data[:4] == b"hsqs":
            try:
                members(data)
            except Damaged:
                continue


def test_the_command_that_shows_a_member_works(tmp_path: Path) -> None:
    if shutil.which("unsquashfs") is None:
        pytest.skip("unsquashfs is not installed (Debian: squashfs-tools)")
    from untag.scan import Options, scan

    shutil.copy(input_of(SPECIMEN), tmp_path / "a.squashfs")
    report = scan([str(tmp_path)], Options(jobs=1, cache=False))
    check = report.shown[0].check[0]
    done = subprocess.run(["sh", "-c", check], capture_output=True, cwd=tmp_path, env=os.environ)
    assert b"UYGHUR" in done.stdout, (check, done.stderr)
