"""What hostile inputs cost: bombs, loops, depth, lies about size or kind, cuts. Each lies between two files with a tag.

An input passes where its scan ends by itself within 60 seconds of processor time and 500 MB, tells a gap where it
is not read whole, and finds the tag before and after it. All inputs are made anew and
none is kept; the sieve is off, so that readers meet all of them.
"""

from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import json
import lzma
import subprocess
import sys
import tarfile
import tempfile
import zipfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

from fixtures import pdf

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

__all__ = ["arguments"]

SPECIMENS = Path(__file__).resolve().parent.parent / "tests" / "specimens" / "readers"
#: Bounds of an input: seconds of processor time, bytes of the largest process.
SECONDS, MEMORY = 60.0, 500 << 20
TAG = b"struct FACE_ATTR { int age; int gender; int ethnicity; bool glasses; };\n"
_OBJECT = b'{"face_id": 1, "age": 1, "gender": 1, "ethnicity": 1}'
_MB = bytes(1 << 20)
_FEW, _MANY = 10_000, 200_000


def _zip(rows: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in rows.items():
            archive.writestr(name, data)
    return out.getvalue()


def _tar(rows: list[tuple[tarfile.TarInfo, bytes]]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for info, data in rows:
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def _info(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


def _zeros(packer: Callable[[], object], megabytes: int) -> bytes:
    """Zeros, packed piece by piece."""
    made = packer()
    body = b"".join(made.compress(_MB) for _ in range(megabytes))  # type: ignore[attr-defined]
    return bytes(body + made.flush())  # type: ignore[attr-defined]


def _nested(depth: int, width: int) -> bytes:
    data = _zip({"zeros": _MB * 16})
    for _ in range(depth):
        data = _zip({f"{n}.zip": data for n in range(width)})
    return data


def _overlapping() -> bytes:
    """Thousands of names in a directory, all of which lead to the same packed bytes."""
    raw = _zip({"zeros": _MB * 64})
    start, end = raw.find(b"PK\1\2"), raw.find(b"PK\5\6")
    entry = raw[start:end]
    many = b"".join(entry[:46] + b"%05d" % n + entry[51:] for n in range(_FEW))
    tail = bytearray(raw[end:])
    tail[8:12] = _FEW.to_bytes(2, "little") * 2
    tail[12:16] = len(many).to_bytes(4, "little")
    return raw[:start] + many + bytes(tail)


def _laughs() -> bytes:
    rows = ['<!ENTITY a0 "ha">', *(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))]
    return f"<?xml version='1.0'?><!DOCTYPE x [{''.join(rows)}]><x>&a11;</x>".encode()


def _aliases() -> bytes:
    rows = ["a0: &a0 [ha, ha]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12))]
    return "\n".join(rows).encode()


def _pdf() -> bytes:
    """A page whose content is packed three times over."""
    body = _zeros(lambda: zlib.compressobj(9), 512)
    for _ in range(2):
        body = zlib.compress(body, 9)
    rows = [
        b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R >>",
        b"<< /Filter [/FlateDecode /FlateDecode /FlateDecode] /Length %d >>\nstream\n" % len(body)
        + body
        + b"\nendstream",
    ]  # fmt: skip
    return pdf(rows)


def _sheet() -> bytes:
    """A workbook of one row that is said to be the last of a million, with a million shared strings."""
    base = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    rows = base + '<row r="1048576"><c r="XFD1048576" t="s"><v>0</v></c></row>' * 100_000 + "</sheetData></worksheet>"
    shared = "<sst>" + "<si><t>a</t></si>" * 1_000_000 + "</sst>"
    book = '<workbook><sheets><sheet name="a" sheetId="1"/></sheets></workbook>'
    spreadsheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
    kinds = (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        f'<Override PartName="/xl/workbook.xml" ContentType="{spreadsheet}"/></Types>'
    )
    return _zip({
        "[Content_Types].xml": kinds.encode(), "xl/workbook.xml": book.encode(),
        "xl/worksheets/sheet1.xml": rows.encode(), "xl/sharedStrings.xml": shared.encode(),
    })  # fmt: skip


def _pickle() -> bytes:
    """A list that holds itself, doubled again and again in the memo."""
    return b"\x80\x04]\x94" + b"(h\x00h\x00e" * _MANY + b"".join(b"]\x94(h%ch%ce" % (n, n) for n in range(200)) + b"."


def _plain() -> Iterator[tuple[str, bytes, bool]]:
    """Depth, length and repetition in texts."""
    n = _FEW
    yield "deep.json", b'{"a":' * n + _OBJECT + b"}" * n, True
    yield "deep-list.json", b"[" * _MANY + _OBJECT + b"]" * _MANY, True
    yield "deep.xml", b"<a>" * n + b"<face age='1' gender='1' ethnicity='1'/>" + b"</a>" * n, True
    yield "deep.html", b"<div>" * n + b"</div>" * n, False
    yield "deep.yaml", b"".join(b" " * k + b"a:\n" for k in range(3_000)), False
    yield "deep-flow.yaml", b"[" * n + b"]" * n, False
    yield "deep.toml", b"a = " + b"[" * n + b"]" * n, False
    yield "deep.py", b"x = " + b"(" * n + b")" * n, False
    yield "deep.c", b"int f() {" * n + b"}" * n, False
    yield "deep.js", b"f(" * n + b")" * n, False
    yield "deep.sql", b"SELECT (" * n + b")" * n, False
    yield "deep.md", b"> " * n + b"a\n", False
    yield "deep.graphql", b"type A { a: " + b"[" * n + b"Int" + b"]" * n + b"}", False
    yield "laughs.xml", _laughs(), True
    yield "aliases.yaml", _aliases(), False
    yield "external.xml", b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>', True
    yield "one-line.txt", b"a" * (64 << 20), False
    yield "escapes.json", b'["' + b"\\u0041" * 4_000_000 + b'"]', False
    yield "entities.html", b"&#65;" * 4_000_000, False
    yield "words.txt", b"race ethnicity age gender face " * 400_000, False
    yield "underscores.c", b"int " + b"_a" * 2_000_000 + b";", False
    yield "quotes.csv", b'"' * (16 << 20), False
    yield "columns.csv", b"a," * 2_000_000 + b"\n" + b"1," * 2_000_000, False
    yield "brackets.md", b"[" * n + b"](" * n, False
    yield "stars.md", b"*a **a " * 20_000, False
    yield "lines.txt", b"\n" * (32 << 20), False
    yield (
        "boundary.eml",
        b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\nContent-Type: multipart/mixed; boundary=b\n\n" * n,
        False,
    )


def _packed() -> Iterator[tuple[str, bytes, bool]]:
    """Bombs and lies of containers."""
    yield "flat.zip", _zip({f"{n}": _MB * 100 for n in range(10)}), False
    yield "nested.zip", _zip({"b.zip": _nested(4, 16)}), True
    yield "deep.zip", _nested(12, 1), True
    yield "overlapping.zip", _overlapping(), False
    yield "many.zip", _zip({f"d/{n}": b"" for n in range(50_000)}, zipfile.ZIP_STORED), False
    yield "name.zip", _zip({"../../../../etc/face.h": b"int a;", "/abs": b"a", "C:\\a": b"a", "a\0b": b"a"}), False
    yield "bomb.gz", _zeros(lambda: zlib.compressobj(9, zlib.DEFLATED, 31), 4_000), False
    yield "bomb.bz2", _zeros(bz2.BZ2Compressor, 2_000), False
    yield "bomb.xz", _zeros(lambda: lzma.LZMACompressor(preset=1), 2_000), False
    yield "again.gz", gzip.compress(gzip.compress(_zeros(lambda: zlib.compressobj(9, zlib.DEFLATED, 31), 2_000))), False
    with contextlib.suppress(ImportError):
        import zstandard

        yield "bomb.zst", _zeros(lambda: zstandard.ZstdCompressor(level=1).compressobj(), 4_000), False
    with contextlib.suppress(ImportError):
        import lz4.frame

        yield "bomb.lz4", lz4.frame.compress(bytes(512 << 20)), False
    with contextlib.suppress(ImportError):
        import py7zr

        out = io.BytesIO()
        with py7zr.SevenZipFile(out, "w") as archive:
            archive.writestr(bytes(512 << 20), "zeros")
        yield "bomb.7z", out.getvalue(), False
    yield "links.tar", _tar([
        (_info("a", tarfile.SYMTYPE, "/etc/passwd"), b""), (_info("b", tarfile.LNKTYPE, "../../etc/passwd"), b""),
        (_info("a/face.h"), b"int a;"), (_info("../../up.h"), b"int a;"), (_info("dev", tarfile.CHRTYPE), b""),
        (_info("loop", tarfile.SYMTYPE, "loop"), b""),
    ]), True  # fmt: skip
    long = _info("x" * 5_000)
    yield "long.tar", _tar([(long, b"int a;")]), False
    lie = bytearray(_tar([(_info("big"), b"int a;")]))
    lie[124:136] = b"77777777777\0"
    yield "lie.tar", bytes(lie), True
    yield "bomb.tar.gz", gzip.compress(_tar([(_info(f"{n}"), _MB * 64) for n in range(8)])), False
    yield "page.pdf", _pdf(), False
    yield "sheet.xlsx", _sheet(), False
    yield "memo.pkl", _pickle(), False
    yield "deep.onnx", b"".join(b"\x3a" + b"\xff\xff\x03" for _ in range(_FEW)), False


def _mixed() -> Iterator[tuple[str, bytes, bool]]:
    """Two formats in one, and formats under another's name."""
    archive = _zip({"a/face.h": b"int a;"})
    yield "poly.pdf", b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\n" + archive, False
    yield "poly.png", b"\x89PNG\r\n\x1a\n" + bytes(64) + archive, False
    yield "poly.exe", b"MZ" + bytes(1 << 16) + archive, False
    yield "poly.html", b"<html><body>" + archive, False
    yield "poly.gif", b"GIF89a/*" + bytes(16) + b"*/=1;int a;" + archive, False
    inputs = [
        next(p for p in sorted(case.iterdir()) if p.name != "surfaces.txt") for case in sorted(SPECIMENS.glob("*/*"))
    ]
    inputs = [p for p in inputs if p.is_file()]
    yield "", b"", False
    for suffix in ("json", "zip", "png", "csv", "so", "onnx", "pkl", "xml", "docx", "parquet"):
        yield f"*.{suffix}", b"".join(str(p).encode() + b"\n" for p in inputs), False
    for part in range(1, 16):
        yield f"cut at {part}/16", b"".join(str(p).encode() + b"\n" for p in inputs), False


def _lay(folder: Path, name: str, data: bytes) -> None:
    """Write an input; a list of specimens is laid out cut or under a wrong name."""
    if name.startswith(("*.", "cut at ")):
        for number, row in enumerate(data.decode().splitlines()):
            raw = Path(row).read_bytes()
            if name.startswith("*."):
                (folder / f"b{number:04d}{name[1:]}").write_bytes(raw)
            else:
                part = int(name.removeprefix("cut at ").partition("/")[0])
                (folder / f"b{number:04d}-{Path(row).name}").write_bytes(raw[: len(raw) * part // 16])
        return
    (folder / f"b-{name}").write_bytes(data)


#: Runs a command and tells of it: a process of its own, since a child's peak includes that of whoever forked it.
_MEASURE = (
    "import json, resource, subprocess, sys\n"
    "code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode\n"
    "used = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
    "print(json.dumps([code, used.ru_utime + used.ru_stime, used.ru_maxrss << 10]))\n"
)


def _scan(folder: Path, out: Path, *more: str) -> tuple[int, float, int]:
    """Exit code, processor seconds and the largest process in bytes."""
    command = [sys.executable, "-m", "untag", "scan", str(folder), "--jobs", "1", "--no-progress", *more,
               "--format", "json", "-o", str(out)]  # fmt: skip
    done = subprocess.run([sys.executable, "-c", _MEASURE, *command], stdout=subprocess.PIPE, check=True)
    code, seconds, memory = json.loads(done.stdout)
    return code, seconds, memory


def bounds(args: argparse.Namespace) -> int:
    """Scan each hostile input for itself; print those that cost most, and those that are out of bounds."""
    with tempfile.TemporaryDirectory() as tmp:  # the lexicon is compiled once a version
        (Path(tmp) / "a.h").write_bytes(TAG)
        (Path(tmp) / "a.zip").write_bytes(_zip({"a.bin": b"\x7fELF\0\0ethnicity\0" * 9}))
        _scan(Path(tmp), Path(tmp) / "r.json")
    rows: list[tuple[float, int, str]] = []
    bad = 0
    for maker in (_plain, _packed, _mixed):
        for name, data, due in maker():
            if not name or (args.only and args.only not in name):
                continue
            with tempfile.TemporaryDirectory() as tmp:
                folder, out = Path(tmp) / "in", Path(tmp) / "r.json"
                folder.mkdir()
                (folder / "a.h").write_bytes(TAG)
                (folder / "z.h").write_bytes(TAG + b"\n")
                _lay(folder, name, data)
                code, seconds, memory = _scan(folder, out, "--no-cache", "--no-sieve")
                report = json.loads(out.read_bytes()) if out.exists() else {"findings": [], "gaps": []}
            found = {f["place"]["chain"][0] for f in report["findings"] if f["status"] == "shown"}
            wrong = [
                f"exit code {code}" if code not in {0, 1, 3} else "",
                f"{seconds:.0f} s" if seconds > SECONDS else "",
                f"{memory >> 20} MB" if memory > MEMORY else "",
                "a neighbour is lost" if not {"a.h", "z.h"} <= found else "",
                "neither read nor a gap" if due and not report["gaps"] and len(found) < 3 else "",
                "a crash" if any(g["reason"] == "crash" for g in report["gaps"]) else "",
            ]
            wrong = [w for w in wrong if w]
            rows.append((seconds, memory >> 20, name))
            bad += bool(wrong)
            if wrong or args.all:
                print(
                    f"{name}: {seconds:.1f} s, {memory >> 20} MB, {len(report['gaps'])} gaps; "
                    f"{', '.join(wrong) or 'fine'}",
                    flush=True,
                )
    slowest, largest = max(rows), max(rows, key=lambda row: row[1])
    print(
        f"bounds: {len(rows)} inputs, {bad} out of bounds; slowest {slowest[2]} {slowest[0]:.1f} s, "
        f"largest {largest[2]} {largest[1]} MB"
    )
    return int(bad > 0)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the run."""
    parser.add_argument("--only", metavar="TEXT", help="only inputs whose name holds this")
    parser.add_argument("--all", action="store_true", help="print a line for each input")
    parser.set_defaults(run=bounds)
