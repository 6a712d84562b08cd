"""The cache: private, checked, never in the way."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from untag.cache import Cache, directory
from untag.registry import stamp

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="modes and owners are POSIX's")


def test_what_was_written_is_read(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "c")
    assert cache.read("room", "key") is None
    assert cache.write("room", "key", b"\0body" * 1000)
    assert cache.read("room", "key") == b"\0body" * 1000
    assert Cache(tmp_path / "c").read("room", "key") == b"\0body" * 1000
    assert cache.read("room", "other") is None
    assert cache.read("other", "key") is None
    assert cache.write("room", "key", b"")
    assert cache.read("room", "key") == b""
    cache.drop("room", "key")
    assert cache.read("room", "key") is None
    cache.drop("room", "key")


@POSIX
def test_the_folder_and_its_entries_are_private(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b" / "untag"
    cache = Cache(folder)
    assert cache.write("room", "key", b"x")
    assert folder.stat().st_mode & 0o777 == 0o700
    (entry,) = folder.iterdir()
    assert entry.stat().st_mode & 0o077 == 0


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200), st.data())
def test_a_damaged_entry_is_absent_and_can_be_written_again(tmp_path: Path, body: bytes, data: st.DataObject) -> None:
    folder = tmp_path / "c"
    cache = Cache(folder)
    assert cache.write("room", "key", body)
    (entry,) = folder.iterdir()
    raw = bytearray(entry.read_bytes())
    at = data.draw(st.integers(0, len(raw) - 1))
    if data.draw(st.booleans()):
        raw[at] ^= data.draw(st.integers(1, 255))
    else:
        del raw[at:]
    entry.write_bytes(bytes(raw))
    assert cache.read("room", "key") is None
    assert cache.write("room", "key", body)
    assert cache.read("room", "key") == body


def test_an_entry_under_another_name_is_absent(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "c")
    cache.write("room", "one", b"1")
    (one,) = (tmp_path / "c").iterdir()
    cache.write("room", "two", b"2")
    (two,) = (p for p in (tmp_path / "c").iterdir() if p != one)
    two.write_bytes(one.read_bytes())
    assert cache.read("room", "two") is None


@POSIX
def test_a_link_is_refused(tmp_path: Path) -> None:
    real = tmp_path / "real"
    real.mkdir(mode=0o700)
    (tmp_path / "link").symlink_to(real)
    cache = Cache(tmp_path / "link")
    assert not cache.usable
    assert not cache.write("room", "key", b"x")
    assert list(real.iterdir()) == []

    honest = Cache(real)
    honest.write("room", "key", b"x")
    (entry,) = real.iterdir()
    entry.rename(tmp_path / "elsewhere")
    entry.symlink_to(tmp_path / "elsewhere")
    assert honest.read("room", "key") is None


@POSIX
def test_a_folder_that_others_may_write_to_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "open"
    folder.mkdir()
    folder.chmod(0o777)
    assert not Cache(folder).write("room", "key", b"x")
    assert Cache(folder).read("room", "key") is None


@POSIX
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "theirs"
    folder.mkdir(mode=0o700)
    os.chown(folder, 12345, 12345)
    assert not Cache(folder).write("room", "key", b"x")


def test_no_place_to_write_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    for folder in (tmp_path / "file", tmp_path / "file" / "below", Path("/proc/untag-cache")):
        cache = Cache(folder)
        assert not cache.write("room", "key", b"x")
        assert cache.read("room", "key") is None
        cache.drop("room", "key")


@POSIX
def test_the_place_follows_the_platform(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("UNTAG_CACHE", raising=False)
    monkeypatch.setenv("HOME", "/home/someone")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    usual = ".cache" if sys.platform != "darwin" else "Library/Caches"
    assert directory() == Path("/home/someone") / usual / "untag"
    monkeypatch.setenv("XDG_CACHE_HOME", "/var/mine")
    assert directory() == Path("/var/mine/untag")
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert directory() == Path("/home/someone") / usual / "untag"
    monkeypatch.setenv("UNTAG_CACHE", "/other")
    assert directory() == Path("/other")
    monkeypatch.setenv("UNTAG_CACHE", "")
    assert directory() is None
    assert not Cache().write("room", "key", b"x")
    assert Cache().read("room", "key") is None
    monkeypatch.delenv("UNTAG_CACHE")
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.delenv("HOME")
    assert directory() is None


@POSIX
def test_a_file_put_in_place_of_another_has_another_stamp(tmp_path: Path) -> None:
    """Even one of the same size that says it is as old."""
    file, other = tmp_path / "a.toml", tmp_path / "b.toml"
    file.write_text("x = 1")
    before = stamp(str(tmp_path), ["a.toml"])
    assert stamp(str(tmp_path), ["a.toml"]) == before
    other.write_text("x = 2")
    about = file.stat()
    os.utime(other, ns=(about.st_atime_ns, about.st_mtime_ns))
    other.replace(file)
    assert stamp(str(tmp_path), ["a.toml"]) != before
    assert stamp(str(tmp_path), ["a.toml", "none.toml"]) != stamp(str(tmp_path), ["a.toml"])
