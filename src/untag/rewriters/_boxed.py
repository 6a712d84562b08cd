"""Models that are zips, or carry one: what can go wrong in unpacking, and members written anew as they were."""

from __future__ import annotations

import zipfile
import zlib

__all__ = ["FAILS", "twin"]

#: What the library raises over damaged or odd archives.
FAILS: tuple[type[Exception], ...] = (
    zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, RuntimeError, ValueError,
)  # fmt: skip


def twin(info: zipfile.ZipInfo) -> zipfile.ZipInfo:
    """A member of the same name, time, mode and compression, for an archive that is written anew."""
    made = zipfile.ZipInfo(info.filename, info.date_time)
    made.compress_type, made.external_attr = info.compress_type, info.external_attr
    made.create_system = info.create_system
    return made
