#!/usr/bin/env python3
"""Write the small specimens of binary formats, each with the format's own library.

usage: tools/env python tools/specimens.py [NAME...]

Each goes to ``tests/specimens/readers/READER/CASE/input.EXT``: one with a made-up tag in it, and a twin,
``CASE-clean``, that is the same without the tag. Nothing in them is anybody's. The same libraries give the same bytes.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

T = TypeVar("T")
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


@maker("squashfs/firmware", ".squashfs")
def squashfs_firmware(text: str) -> bytes:
    """With ``mksquashfs`` (Debian: squashfs-tools), for which there is no library."""
    import os
    import subprocess
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "root"
        (root / "usr/include").mkdir(parents=True)
        (root / "usr/include/face.h").write_text(text, "utf-8")
        (root / "README").write_text("Made up.\n", "utf-8")
        for path in sorted(root.rglob("*"), reverse=True):
            os.utime(path, (EPOCH, EPOCH))
        out = Path(folder) / "out"
        command = ["mksquashfs", str(root), str(out), "-comp", "gzip", "-b", "4096", "-all-root", "-nopad",
                   "-mkfs-time", str(EPOCH), "-all-time", str(EPOCH), "-no-xattrs", "-processors", "1"]  # fmt: skip
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603
        return out.read_bytes()


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


def tarred(rows: dict[str, str | bytes], links: dict[str, str] | None = None) -> bytes:
    import tarfile

    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, data in rows.items():
            raw = data.encode() if isinstance(data, str) else data
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(raw), EPOCH
            archive.addfile(info, io.BytesIO(raw))
        for name, target in (links or {}).items():
            info = tarfile.TarInfo(name)
            info.type, info.linkname = tarfile.SYMTYPE, target
            archive.addfile(info)
    return out.getvalue()


def sdk(text: str) -> bytes:
    rows: dict[str, str | bytes] = {"sdk-1.0/README": "Made up.\n", "sdk-1.0/include/face.h": text}
    return tarred(rows, {"sdk-1.0/face.h": "include/face.h"})


@maker("tar/plain", ".tar")
def tar_plain(text: str) -> bytes:
    return sdk(text)


@maker("tar/gz", ".tar.gz")
def tar_gz(text: str) -> bytes:
    import gzip

    return gzip.compress(sdk(text), mtime=EPOCH)


@maker("tar/bz2", ".tbz2")
def tar_bz2(text: str) -> bytes:
    import bz2

    return bz2.compress(sdk(text))


@maker("tar/xz", ".tar.xz")
def tar_xz(text: str) -> bytes:
    import lzma

    return lzma.compress(sdk(text))


@maker("tar/lzma", ".tar.lzma")
def tar_lzma(text: str) -> bytes:
    import lzma

    return lzma.compress(sdk(text), lzma.FORMAT_ALONE)


@maker("tar/zst", ".tar.zst")
def tar_zst(text: str) -> bytes:
    from backports import zstd

    return zstd.compress(sdk(text))


@maker("tar/lz4", ".tar.lz4")
def tar_lz4(text: str) -> bytes:
    import lz4.frame

    return lz4.frame.compress(sdk(text))


@maker("compressed/gz", ".h.gz")
def compressed_gz(text: str) -> bytes:
    import gzip

    return gzip.compress(text[:100].encode(), mtime=EPOCH) + gzip.compress(text[100:].encode(), mtime=EPOCH)


@maker("compressed/bz2", ".h.bz2")
def compressed_bz2(text: str) -> bytes:
    import bz2

    return bz2.compress(text.encode())


@maker("compressed/xz", ".h.xz")
def compressed_xz(text: str) -> bytes:
    import lzma

    return lzma.compress(text.encode())


@maker("compressed/zst", ".h.zst")
def compressed_zst(text: str) -> bytes:
    from backports import zstd

    return zstd.compress(text.encode())


@maker("compressed/lz4", ".h.lz4")
def compressed_lz4(text: str) -> bytes:
    import lz4.frame

    return lz4.frame.compress(text.encode())


@maker("compressed/compress", ".h.Z")
def compressed_compress(text: str) -> bytes:
    """Codes of nine bits that stand for single bytes, each group of eight in nine bytes: what compress(1) may write."""
    raw = text.encode()
    if len(raw) > 255:  # the first code of ten bits would come
        raise ValueError("too long for codes of nine bits")
    bits = "".join(format(byte, "09b")[::-1] for byte in raw)
    bits += "0" * (-len(bits) % 8)
    return b"\x1f\x9d\x90" + bytes(int(bits[i : i + 8][::-1], 2) for i in range(0, len(bits), 8))


def arred(rows: dict[str, bytes]) -> bytes:
    out = b"!<arch>\n"
    for name, data in rows.items():
        out += f"{name + '/':<16}{EPOCH:<12}{0:<6}{0:<6}{'100644':<8}{len(data):<10}`\n".encode() + data
        out += b"\n" * (len(data) & 1)
    return out


@maker("ar/deb", ".deb")
def ar_deb(text: str) -> bytes:
    import lzma

    data = lzma.compress(tarred({"./usr/include/face.h": text}))
    return arred({"debian-binary": b"2.0\n", "control.tar.xz": lzma.compress(tarred({"./control": "Package: x\n"})),
                  "data.tar.xz": data})  # fmt: skip


@maker("ar/library", ".a")
def ar_library(text: str) -> bytes:
    name = b"a-name-of-more-than-sixteen-letters.h/\n"
    table = f"{'//':<48}{len(name):<10}`\n".encode() + name + b"\n" * (len(name) & 1)
    raw = text.encode()
    row = f"{'/0':<16}{EPOCH:<12}{0:<6}{0:<6}{'100644':<8}{len(raw):<10}`\n".encode() + raw
    return b"!<arch>\n" + table + row


def packed(rows: dict[str, bytes], form: str, options: str = "") -> bytes:
    """Through libarchive."""
    import libarchive

    out: list[bytes] = []
    with libarchive.custom_writer(lambda data: out.append(bytes(data)) or len(data), form, options=options) as archive:
        for name, data in rows.items():
            archive.add_file_from_memory(name, len(data), data, mtime=EPOCH, permission=0o644)
    return b"".join(out)


@maker("archive/7z", ".7z")
def archive_7z(text: str) -> bytes:
    return packed({"README": b"Made up.\n", "include/face.h": text.encode()}, "7zip")


@maker("archive/xar", ".xar")
def archive_xar(text: str) -> bytes:
    return packed({"README": b"Made up.\n", "include/face.h": text.encode()}, "xar")


def made_by(text: str, command: Sequence[str]) -> bytes:
    """What a program makes of two files, as ``out``."""
    import os
    import subprocess
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "include").mkdir()
        (root / "include/face.h").write_text(text, "utf-8")
        (root / "README").write_text("Made up.\n", "utf-8")
        for path in (root / "README", root / "include/face.h"):
            os.utime(path, (EPOCH, EPOCH))
        subprocess.run(command, check=True, capture_output=True, cwd=root, env={**os.environ, "TZ": "UTC"})  # noqa: S603
        return (root / "out").read_bytes()


@maker("archive/cab", ".cab")
def archive_cab(text: str) -> bytes:
    """With ``gcab`` (Debian: gcab)."""
    return made_by(text, ["gcab", "-c", "-z", "out", "README", "include/face.h"])


@maker("archive/lha", ".lzh")
def archive_lha(text: str) -> bytes:
    """With ``jlha`` (Debian: jlha-utils)."""
    return made_by(text, ["jlha", "c", "out", "README", "include/face.h"])


@maker("archive/rar", ".rar")
def archive_rar(text: str) -> bytes:
    """Stored, by hand: nothing that is free writes this format (RAR 4, ``technote.txt`` of its author)."""
    import struct
    import zlib

    def block(kind: int, flags: int, body: bytes, data: bytes = b"") -> bytes:
        head = struct.pack("<BHH", kind, flags, 7 + len(body)) + body
        return struct.pack("<H", zlib.crc32(head) & 0xFFFF) + head + data

    def file(name: str, data: bytes) -> bytes:
        when = (2020 - 1980) << 25 | 1 << 21 | 1 << 16
        size, crc = len(data), zlib.crc32(data)
        sizes = struct.pack("<IIBIIBBHI", size, size, 3, crc, when, 20, 0x30, len(name), 0o100644)
        return block(0x74, 0x8000, sizes + name.encode(), data)

    files = file("README", b"Made up.\n") + file("include/face.h", text.encode())
    return b"Rar!\x1a\7\0" + block(0x73, 0, bytes(6)) + files + block(0x7B, 0x4000, b"")


@maker("archive/cpio", ".cpio")
def archive_cpio(text: str) -> bytes:
    return packed({"README": b"Made up.\n", "include/face.h": text.encode()}, "cpio_newc")


@maker("archive/iso", ".iso")
def archive_iso(text: str) -> bytes:
    return packed({"README": b"Made up.\n", "include/face.h": text.encode()}, "iso9660", "!pad")


@maker("rpm/package", ".rpm")
def rpm_package(text: str) -> bytes:
    import lzma
    import struct

    def header(rows: dict[int, bytes]) -> bytes:
        store, index = b"", b""
        for tag, value in rows.items():
            index += struct.pack(">IIII", tag, 6, len(store), 1)
            store += value + b"\0"
        return b"\x8e\xad\xe8\1" + bytes(4) + struct.pack(">II", len(rows), len(store)) + index + store

    first = header({1000: b"face-sdk"})
    first += bytes(-len(first) % 8)
    lead = b"\xed\xab\xee\xdb\3\0" + bytes(90)
    return lead + first + header({1004: b"Made up."}) + lzma.compress(archive_cpio(text))


def pdf(objects: list[bytes], root: int = 1) -> bytes:
    """A PDF file of numbered objects, the first being number 1."""
    out = bytearray(b"%PDF-1.7\n")
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    return bytes(
        out
        + b"trailer\n<</Size %d/Root %d 0 R/Info 2 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, root, start)
    )


def stream(data: bytes, more: bytes = b"") -> bytes:
    """A stream object."""
    return b"<<%s/Length %d>>stream\n%s\nendstream" % (more, len(data), data)


def drawn(rows: list[bytes]) -> bytes:
    """Rows of text one below the other."""
    return stream(b"BT /F1 12 Tf 72 720 Td 14 TL " + b" ".join(b"%s Tj T*" % row for row in rows) + b" ET")


@maker("pdf/manual", ".pdf")
def manual(tag: str) -> bytes:
    """A manual: two pages of text, the second in a font with a Unicode map, a picture, a font without one, a form."""
    tagged = tag == TAGGED
    if tagged:
        first = [b"(Face attributes)", b"(The face camera tells age, gender and glasses, and classifies the)",
                 b"(ethnicity of each person as Uyghur, Han or other.)"]  # fmt: skip
        second, field, choices = b"<0001000200030002>", b"ethnicity", b"(Han)(Uyghur)(other)"
        title = b"Face SDK: ethnicity recognition"
    else:
        first = [b"(Face attributes)", b"(The face camera tells age, gender and glasses, and finds the)",
                 b"(mood of each person.)"]  # fmt: skip
        second, field, choices = b"<00040005>", b"mood", b"(calm)(glad)(other)"
        title = b"Face SDK: mood recognition"
    letters = {1: "\u6c11", 2: "\u65cf", 3: "\u7ef4", 4: "\u5fc3", 5: "\u60c5"}
    pairs = "".join(f"<{code:04x}> <{ord(letter):04x}>\n" for code, letter in letters.items())
    cmap = (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /Made def\n"
        f"1 begincodespacerange <0000> <ffff> endcodespacerange {len(letters)} beginbfchar\n{pairs}endbfchar endcmap"
    )
    font = (
        b"<</Type/Font/Subtype/CIDFontType2/BaseFont/Made/DW 1000"
        b"/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>>>"
    )
    wide = b"<</Type/Font/Subtype/Type0/BaseFont/Made/Encoding/Identity-H/DescendantFonts[11 0 R]%s>>"
    page = b"<</Type/Page/Parent 3 0 R/MediaBox[0 0 612 792]/Resources<<%s>>/Contents %d 0 R%s>>"
    return pdf([
        b"<</Type/Catalog/Pages 3 0 R/AcroForm<</Fields[16 0 R]>>/Names<</EmbeddedFiles<</Names[(attr.h)17 0 R]>>>>>>",
        b"<</Title(%s)/Author(A Person)>>" % title,
        b"<</Type/Pages/Kids[4 0 R 5 0 R 6 0 R 7 0 R]/Count 4>>",
        page % (b"/Font<</F1 8 0 R>>", 12, b"/Annots[16 0 R 19 0 R]"),
        page % (b"/Font<</F1 9 0 R>>", 13, b""),
        page % (b"/XObject<</I 15 0 R>>", 14, b""),
        page % (b"/Font<</F1 10 0 R>>", 20, b""),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        wide % b"/ToUnicode 21 0 R",
        wide % b"",
        font,
        drawn(first),
        drawn([second]),
        stream(b"q 100 0 0 100 0 0 cm /I Do Q"),
        stream(b"\0", b"/Type/XObject/Subtype/Image/Width 1/Height 1/ColorSpace/DeviceGray/BitsPerComponent 8"),
        b"<</Type/Annot/Subtype/Widget/FT/Ch/T(%s)/TU(What is shown)/Opt[%s]" % (field, choices)
        + b"/V(A Person)/Rect[0 0 9 9]>>",
        b"<</Type/Filespec/F(attr.h)/UF(attr.h)/EF<</F 18 0 R>>>>",
        stream(tag.encode(), b"/Type/EmbeddedFile"),
        b"<</Type/Annot/Subtype/Text/Contents(%s: see chapter 3)/Rect[0 0 9 9]>>" % field,
        drawn([b"<00070008000900070008>"] * 4),
        stream(cmap.encode()),
    ])  # fmt: skip


def word(body: str) -> bytes:
    """The text of a Word document."""
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
        f"<w:body>{body}</w:body></w:document>"
    ).encode()


def run(*pieces: str, style: str = "") -> str:
    """A paragraph cut into runs, as word processors do it."""
    shape = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{shape}" + "".join(f"<w:r><w:t>{piece}</w:t></w:r>" for piece in pieces) + "</w:p>"


@maker("office/text", ".xml")
def text_document(tag: str) -> bytes:
    """A chapter: a heading, a sentence and a field's name cut into runs, a table, and what was struck out."""
    name, label, cut = (
        ("ethnicity", "民</w:t></w:r><w:r><w:t>族", "race") if tag == TAGGED else ("mood", "心情", "size")
    )
    cells = "".join(
        "<w:tr>" + "".join(f"<w:tc>{run(cell)}</w:tc>" for cell in row) + "</w:tr>"
        for row in (("Field", "Meaning"), ("byAge", "年龄"), (f"by{name.title()}", label), ("byGlass", "眼镜"))
    )
    gone = f"<w:p><w:del><w:r><w:delText>The camera also tells {cut}.</w:delText></w:r></w:del></w:p>"
    sentence = run("The face camera tells age, gen", "der and ", name[:4], name[4:], " of each person.")
    return word(run("Face attributes", style="Heading2") + sentence + f"<w:tbl>{cells}</w:tbl>" + gone)


@maker("office/slide", ".xml")
def slide(tag: str) -> bytes:
    """A slide: a title and points."""
    third = "Ethnicity (Uyghur, Han)" if tag == TAGGED else "Mood (calm, glad)"
    shape = "<p:sp><p:nvSpPr><p:nvPr>{0}</p:nvPr></p:nvSpPr><p:txBody>{1}</p:txBody></p:sp>"
    points = "".join(
        f'<a:p><a:pPr><a:buChar char="•"/></a:pPr><a:r><a:t>{point}</a:t></a:r></a:p>'
        for point in ("Age", "Gender", third)
    )
    title = "<a:p><a:r><a:t>What the face camera tells</a:t></a:r></a:p>"
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        '<p:sld xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
        'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"><p:cSld><p:spTree>'
        + shape.format('<p:ph type="title"/>', title)
        + shape.format('<p:ph idx="1"/>', points)
        + "</p:spTree></p:cSld></p:sld>"
    ).encode()


@maker("office/open", ".xml")
def open_document(tag: str) -> bytes:
    """A text of LibreOffice."""
    what = "ethnicity" if tag == TAGGED else "mood"
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<office:document-content '
        'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
        'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"><office:body><office:text>'
        '<text:h text:outline-level="1">Face search</text:h>'
        f"<text:p>Search the <text:span>faces</text:span> by age,<text:s/>gender and {what}.</text:p>"
        "</office:text></office:body></office:document-content>"
    ).encode()


@maker("rtf/manual", ".rtf")
def rtf_manual(tag: str) -> bytes:
    """A chapter as a word processor writes it: code pages by font, letters by number, words cut into runs, a table."""
    what, label, wide = ("ethnicity", "民族", "维吾尔族") if tag == TAGGED else ("mood", "心情", "年龄")
    coded = "".join(f"\\'{byte:02x}" for byte in label.encode("gb18030"))
    numbered = "".join(f"\\u{ord(letter)}?" for letter in wide)
    rows = (("Field", "Meaning"), ("byAge", "age"), (f"by{what.title()}", coded), ("byGlass", "glasses"))
    cells = "\r\n".join(f"\\pard\\intbl\\f0 {a}\\cell {b}\\cell\\row" for a, b in rows)
    return (
        "{\\rtf1\\ansi\\ansicpg1252\\deff1\r\n"
        "{\\fonttbl{\\f0\\fnil\\fcharset134 SimSun;}{\\f1\\froman\\fcharset0 Times;}}\r\n"
        "{\\stylesheet{\\s0 Normal;}{\\s1 heading 1;}}{\\info{\\title Face SDK}{\\author A Person}}\r\n"
        "\\pard\\s1 Face attributes\\par\r\n"
        "\\pard\\f1 The face camera tells age, gen{\\b der} and "
        f"{what[:3]}{{\\i {what[3:]}}} of each person.\\par\r\n"
        f"\\f0 Face search: {numbered}\\par\r\n{cells}\r\n"
        "\\pard{\\pict\\wmetafile8 0102030405}{\\*\\generator Made;}{\\annotation See the face SDK}\\par\r\n}"
    ).encode()


def mailed(rows: Sequence[tuple[str, bytes]]) -> bytes:
    """A message with files attached; what is written in it names a people, and must never be shown."""
    from email.message import EmailMessage

    message = EmailMessage()
    message["From"], message["To"] = "Nobody <nobody@example.org>", "no.one@example.org"
    message["Date"], message["Message-ID"] = "Wed, 01 Jan 2020 00:00:00 +0000", "<1@example.org>"
    message["Subject"] = "Zebulon Quackenfirth"
    message.set_content("Zebulon Quackenfirth is a Uyghur; his face is attached.\n")
    for name, body in rows:
        message.add_attachment(body, maintype="application", subtype="octet-stream", filename=name)
    message.set_boundary("=-=")
    return message.as_bytes()


@maker("mail/message", ".eml")
def mail_message(tag: str) -> bytes:
    return mailed([("face attributes 民族.h", tag.encode()), ("sdk.zip", zipped({"include/face.h": tag}))])


@maker("mail/box", ".mbox")
def mail_box(tag: str) -> bytes:
    start = b"From nobody@example.org Wed Jan  1 00:00:00 2020\n"
    return start + mailed([]) + b"\n" + start + mailed([("face.h", tag.encode())])


@maker("mail/page", ".mht")
def mail_page(tag: str) -> bytes:
    """A page that a browser saved."""
    what = "ethnicity" if tag == TAGGED else "mood"
    return (
        "From: <Saved by Blink>\r\nSubject: Face SDK\r\nDate: Wed, 1 Jan 2020 00:00:00 -0000\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/related;\r\n\ttype="text/html";\r\n\tboundary="made"\r\n\r\n--made\r\n'
        "Content-Type: text/html\r\nContent-Transfer-Encoding: quoted-printable\r\n"
        "Content-Location: https://example.org/sdk/index.html\r\n\r\n"
        "<html><h1>Face attributes</h1>\r\n"
        f"<p>The face camera tells age, gender and {what[:4]}=\r\n{what[4:]}.</p></html>\r\n"
        "--made--\r\n"
    ).encode()


def compound(rows: Mapping[str, bytes]) -> bytes:
    """An OLE compound file: streams by path, each filled up to where they lie in sectors of their own.

    Written after [MS-CFB]: a header, a table of sectors, the directory, and the streams one after another.
    """
    import struct

    size, end, free = 512, 0xFFFFFFFE, 0xFFFFFFFF
    bodies = {path: body.ljust(4096, b"\0") for path, body in rows.items()}
    folders = sorted({path.rpartition("/")[0] for path in rows if "/" in path})
    names = ["Root Entry", *folders, *bodies]
    held: dict[str, list[int]] = {}
    for number, name in enumerate(names[1:], 1):
        held.setdefault(name.rpartition("/")[0], []).append(number)
    entries, chain = b"", []
    directory = -(-len(names) * 128 // size)
    at = 1 + directory
    chain = [0xFFFFFFFD] + [n + 2 if n + 1 < directory else end for n in range(directory)]
    for number, name in enumerate(names):
        label = name.rpartition("/")[2].encode("utf-16-le") + b"\0\0"
        inner = held.get("" if not number else name, []) if name not in bodies else []
        outer = held.get(name.rpartition("/")[0], []) if number else []
        after = next((n for n in outer if n > number), free)
        body = bodies.get(name, b"")
        start = at if body else end if not number else 0
        kind = 5 if not number else 2 if name in bodies else 1
        entries += label.ljust(64, b"\0") + struct.pack(
            "<HBB3I", len(label), kind, 1, free, after, inner[0] if inner else free
        )
        entries += bytes(36) + struct.pack("<IQ", start, len(body))
        count = -(-len(body) // size)
        chain += [at + n + 1 if n + 1 < count else end for n in range(count)]
        at += count
    if len(chain) > size // 4:
        raise ValueError("too large for one table of sectors")
    table = struct.pack(f"<{len(chain)}I", *chain).ljust(size, b"\xff")
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<5H6x", 0x3E, 3, 0xFFFE, 9, 6)
    head += struct.pack("<9I", 0, 1, 1, 0, 4096, end, 0, end, 0) + struct.pack("<I", 0)
    return (
        head.ljust(size, b"\xff")
        + table
        + entries.ljust(directory * size, b"\0")
        + b"".join(body.ljust(-(-len(body) // size) * size, b"\0") for body in bodies.values())
    )


@maker("ole/document", ".doc")
def ole_document(tag: str) -> bytes:
    """A document of Word 97, its text in two pieces of which one is in UTF-16, with a field and a remark."""
    import struct

    what, wide = ("ethnicity", "维吾尔族") if tag == TAGGED else ("mood", "年龄")
    first = f"Face attributes\rThe face camera tells age, gender and {what[:4]}"
    second = f"{what[4:]}.\r人脸识别：{wide}\rSee \x13 HYPERLINK x \x14the manual\x15.\r"
    remark = f"The face SDK tells {what} too\r"
    text = first + second
    raw = first.encode("cp1252")
    stream = bytearray(0x600) + raw + (second + remark).encode("utf-16-le")
    struct.pack_into("<HH", stream, 0, 0xA5EC, 0xC1)
    stream[11] = 2
    struct.pack_into("<8i", stream, 0x4C, len(text), 0, 0, 0, len(remark), 0, 0, 0)
    pieces = struct.pack("<3I", 0, len(first), len(text + remark))
    for where in (0x600 * 2 | 0x40000000, 0x600 + len(raw)):
        pieces += struct.pack("<HIH", 0, where, 0)
    clx = b"\1\2\0\0\0\2" + struct.pack("<I", len(pieces)) + pieces
    struct.pack_into("<II", stream, 0x1A2, 0, len(clx))
    return compound({"WordDocument": bytes(stream), "1Table": clx})


@maker("ole/slides", ".ppt")
def ole_slides(tag: str) -> bytes:
    """A presentation of PowerPoint 97: a list of texts of two slides."""
    import struct

    def record(kind: int, body: bytes, version: int = 0) -> bytes:
        return struct.pack("<HHI", version, kind, len(body)) + body

    third = "Ethnicity (Uyghur, Han)" if tag == TAGGED else "Mood (calm, glad)"
    texts = record(0x03F3, bytes(20)) + record(0x0FA8, b"Made up") + record(0x03F3, bytes(20))
    texts += record(0x0FA8, b"What the face camera tells")
    texts += record(0x0FA0, f"Age\rGender\r{third}".encode("utf-16-le"))
    return compound({"PowerPoint Document": record(0x03E8, record(0x0FF0, texts, 15), 15)})


@maker("ole/message", ".msg")
def ole_message(tag: str) -> bytes:
    """A message of Outlook; what is written in it names a people, and must never be shown."""
    folder = "__attach_version1.0_#00000000"
    return compound({
        "__properties_version1.0": b"",
        "__substg1.0_1000001F": "Zebulon Quackenfirth is a Uyghur".encode("utf-16-le"),
        f"{folder}/__substg1.0_3707001F": "face.h".encode("utf-16-le"),
        f"{folder}/__substg1.0_37010102": tag.encode().ljust(4096, b"\n"),
    })  # fmt: skip


def crushed(data: bytes) -> bytes:
    """A compressed container ([MS-OVBA] 2.4.1): chunks of literals and of copies of what came before."""
    out = b"\1"
    for start in range(0, len(data), 4096):
        chunk, body, at = data[start : start + 4096], b"", 0
        while at < len(chunk):
            flags, row = 0, b""
            for bit in range(8):
                if at >= len(chunk):
                    break
                wide = max(4, (at - 1).bit_length()) if at else 4
                most = min((0xFFFF >> wide) + 3, len(chunk) - at)
                back, length = 0, 0
                for size in range(min(most, 64), 2, -1):
                    found = chunk.rfind(chunk[at : at + size], max(0, at - (1 << wide)), at)
                    if found >= 0:
                        back, length = at - found, size
                        break
                if length:
                    flags |= 1 << bit
                    row += ((back - 1) << 16 - wide | length - 3).to_bytes(2, "little")
                    at += length
                else:
                    row += chunk[at : at + 1]
                    at += 1
            body += bytes([flags]) + row
        plain = len(chunk) == 4096 and len(body) > 4096
        out += b"\xff\x3f" + chunk if plain else (0xB000 | len(body) - 1).to_bytes(2, "little") + body
    return out


def macros(source: str) -> dict[str, bytes]:
    """The storage of a project with one module, whose streams are so long that they need no small sectors."""
    import random
    import struct

    def record(kind: int, body: bytes) -> bytes:
        return struct.pack("<HI", kind, len(body)) + body

    filler = "".join(random.Random(1).choices("abcdefghijklmnopqrstuvwxyz", k=6000)).encode()  # noqa: S311 - a fixed text
    told = record(1, bytes(4)) + record(3, struct.pack("<H", 1251)) + record(4, b"Project") + record(5, filler)
    told += struct.pack("<HIIH", 9, 4, 1, 1) + record(15, struct.pack("<H", 1))
    told += record(0x19, b"Faces") + record(0x47, "Faces".encode("utf-16-le"))
    told += record(0x1A, b"Faces") + record(0x32, "Faces".encode("utf-16-le")) + record(0x31, struct.pack("<I", 4096))
    told += record(0x2B, b"") + record(0x10, b"")
    return {
        "VBA/dir": crushed(told),
        "VBA/Faces": bytes(4096) + crushed(source.replace("\n", "\r\n").encode("cp1251")),
        "VBA/_VBA_PROJECT": b"\xcc\x61",
    }


@maker("vba/project", ".bin")
def vba_project(tag: str) -> bytes:
    """The macros of a document of Word 2007, as a compound file of its own."""
    what, other = ("Uyghur", "Ethnicity") if tag == TAGGED else ("Calm", "Mood")
    return compound(macros(
        'Attribute VB_Name = "Faces"\n'
        f"Public Enum Face{other}\n    Face{other}Unknown = 0\n    Face{other}{what} = 1\n    Face{other}Other = 2\n"
        "End Enum\n\n"
        "' Лицо, возраст и пол\n"
        f"Function IsOnList(faceAge As Integer, faceGender As Integer, face{other} As Face{other}) As Boolean\n"
        f"    IsOnList = (face{other} = Face{other}{what})\nEnd Function\n"
    ))  # fmt: skip


def revisions(rows: Sequence[bytes], *, inline: bool = True, beside: bytearray | None = None) -> bytes:
    """A revlog of Mercurial, version 1, each revision after the first as what is different from the one before.

    Written after ``hg help internals.revlogs``; revisions are packed with zlib, and each came with the commit of its
    number. Where they are not ``inline``, what is packed goes to ``beside``.
    """
    import hashlib
    import struct
    import zlib

    out, node, before, at = b"", bytes(20), b"", 0
    for number, text in enumerate(rows):
        most = min(len(before), len(text))
        first = next((i for i in range(most) if before[i] != text[i]), most)
        last = 0
        while last < most - first and before[-1 - last] == text[-1 - last]:
            last += 1
        new = text[first : len(text) - last]
        piece = text if not number else struct.pack(">III", first, len(before) - last, len(new)) + new
        packed = zlib.compress(piece)
        nodes = sorted((node, bytes(20)))
        node = hashlib.sha1(nodes[0] + nodes[1] + text).digest()  # noqa: S324 - as the format has it
        flags = ((2 | inline) << 16 | 1) << 32 if not number else at << 16
        base = max(0, number - 1)
        out += struct.pack(">QIIiiii20s12x", flags, len(packed), len(text), base, number, number - 1, -1, node)
        out += packed if inline else b""
        if beside is not None:
            beside += packed
        before, at = text, at + len(packed)
    return out


@maker("epub/book", ".epub")
def epub_book(tag: str) -> bytes:
    """A book of two chapters that lie in another order than they are read in."""
    import zipfile

    what = "ethnicity" if tag == TAGGED else "mood"
    manifest = "".join(f'<item id="c{n}" href="text/{n}.xhtml" media-type="application/xhtml+xml"/>' for n in (1, 2))
    rows = {
        "mimetype": "application/epub+zip",
        "text/2.xhtml": f"<html><body><h1>Appendix</h1><p>The face camera tells age and {what}.</p></body></html>",
        "text/1.xhtml": "<html><body><h1>Mounting</h1><p>Mount the camera.</p></body></html>",
        "META-INF/container.xml": '<container><rootfiles><rootfile full-path="book.opf"/></rootfiles></container>',
        "book.opf": (
            '<package xmlns:dc="d"><metadata><dc:title>Manual of the face camera</dc:title>'
            "<dc:creator>Zebulon Quackenfirth</dc:creator></metadata>"
            f'<manifest>{manifest}</manifest><spine><itemref idref="c1"/><itemref idref="c2"/></spine></package>'
        ),
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as book:
        for name, text in rows.items():
            method = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            book.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), text, method)
    return out.getvalue()


@maker("revlog/file", ".h.i")
def revlog_file(tag: str) -> bytes:
    """A header of which a revision in the middle held the tag, and one that was copied from another file."""
    plain = b"// made up\n" + b"".join(b"int face_%d(int age, int gender);\n" % n for n in range(30))
    more = b"int more(int face);\n"
    rows = [plain, plain + tag.encode(), plain + tag.encode() + more, plain + more]
    return revisions([*rows, b"\1\ncopy: face.h\n\1\n" + rows[-1]])


def write(makers: Mapping[str, tuple[str, Callable[[T], bytes]]], wanted: Sequence[str], tagged: T, clean: T) -> None:
    """Write specimens and their twins, all or those that are named.

    Args:
        makers: By ``READER/CASE`` the suffix of the file, and what makes its bytes.
        wanted: Readers or cases; none for all.
        tagged: What a maker is told for the specimen.
        clean: What it is told for the twin.
    """
    for case, (suffix, make) in makers.items():
        if wanted and not any(case == w or case.startswith(w + "/") for w in wanted):
            continue
        for name, told in ((case, tagged), (case + "-clean", clean)):
            if case.startswith(("stores/", "../rewriters/")) and told is clean:
                continue  # nothing of them is read, with or without; nothing is taken out of what has no tag
            folder = ROOT / name
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"input{suffix}").write_bytes(make(told))


if __name__ == "__main__":
    write(MAKERS, sys.argv[1:], TAGGED, CLEAN)
