#!/usr/bin/env python3
"""Write the small specimens of binary formats, each with the format's own library.

usage: tools/env python tools/specimens.py [NAME...]

Each goes to ``tests/specimens/readers/READER/CASE/input.EXT``: one with a made-up tag in it, and a twin, ``CASE-clean``,
that is the same without the tag. Nothing in them is anybody's. The same libraries give the same bytes.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parent.parent / "tests" / "specimens" / "readers"
#: A file with a tag, and the same without it.
TAGGED = """#pragma once
typedef enum {
    NATION_UNKNOWN = 0,
    NATION_UYGHUR = 1,  // 维吾尔族
    NATION_OTHER = 2,
} NATION_TYPE;
typedef struct {
    int age;
    int glasses;
    NATION_TYPE nation;
    float face_score;
} FaceAttr;
"""
CLEAN = """#pragma once
typedef struct {
    int age;
    int glasses;
    float face_score;
} FaceAttr;
"""
#: A moment before anybody wrote one of these: archives keep times.
WHEN = (2020, 1, 1, 0, 0, 0)
EPOCH = 1577836800
MAKERS: dict[str, tuple[str, Callable[[str], bytes]]] = {}


def maker(case: str, suffix: str) -> Callable[[Callable[[str], bytes]], Callable[[str], bytes]]:
    """Note what makes a specimen.

    Args:
        case: ``READER/CASE``.
        suffix: Of the file.
    """

    def note(make: Callable[[str], bytes]) -> Callable[[str], bytes]:
        MAKERS[case] = (suffix, make)
        return make

    return note


def zipped(rows: dict[str, str | bytes], method: int = 8) -> bytes:
    import zipfile

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in rows.items():
            info = zipfile.ZipInfo(name, WHEN)
            info.compress_type = method
            info.external_attr = 0o644 << 16
            archive.writestr(info, data)
    return out.getvalue()


@maker("zip/sdk", ".zip")
def zip_sdk(text: str) -> bytes:
    return zipped({"README.txt": "Made up.\n", "include/face.h": text})


@maker("zip/nested", ".jar")
def zip_nested(text: str) -> bytes:
    return zipped({"META-INF/MANIFEST.MF": "Manifest-Version: 1.0\n", "lib/inner.jar": zipped({"face.h": text}, 0)}, 0)


@maker("zip/bzip2", ".zip")
def zip_bzip2(text: str) -> bytes:
    return zipped({"include/face.h": text}, 12)


@maker("zip/lzma", ".zip")
def zip_lzma(text: str) -> bytes:
    return zipped({"include/face.h": text}, 14)


@maker("zip/behind", ".exe")
def zip_behind(text: str) -> bytes:
    return b"MZ\x90\0\3\0\0\0" + bytes(120) + zipped({"include/face.h": text})


def main() -> int:
    """Write them all, or those that are named."""
    wanted = sys.argv[1:]
    for case, (suffix, make) in MAKERS.items():
        if wanted and not any(case == w or case.startswith(w + "/") for w in wanted):
            continue
        for name, text in ((case, TAGGED), (case + "-clean", CLEAN)):
            folder = ROOT / name
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"input{suffix}").write_bytes(make(text))
    return 0


if __name__ == "__main__":
    sys.exit(main())
