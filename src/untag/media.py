"""What bytes are, by their first few: media is opaque by design, the rest is named so that a gap can say it."""

from __future__ import annotations

import re

__all__ = ["describe", "implies", "layered", "opaque"]

#: (offset, signature, kind): pixels, sound and outlines hold no text to audit and are never decoded.
#: Signatures from the formats' published specifications (also listed by file(1)).
_OPAQUE: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x89PNG\r\n\x1a\n", "pixels"),
    (0, b"\xff\xd8\xff", "pixels"),
    (0, b"GIF87a", "pixels"),
    (0, b"GIF89a", "pixels"),
    (0, b"BM", "pixels"),
    (0, b"II*\0", "pixels"),
    (0, b"MM\0*", "pixels"),
    (0, b"\0\0\1\0", "pixels"),
    (0, b"\0\0\2\0", "pixels"),
    (8, b"WEBP", "pixels"),
    (0, b"8BPS", "pixels"),
    (0, b"qoif", "pixels"),
    (4, b"ftypavif", "pixels"),
    (4, b"ftypheic", "pixels"),
    (4, b"ftyp", "video"),
    (8, b"AVI ", "video"),
    (0, b"\x1aE\xdf\xa3", "video"),
    (0, b"FLV\1", "video"),
    (0, b"\0\0\1\xba", "video"),
    (8, b"WAVE", "sound"),
    (0, b"ID3", "sound"),
    (0, b"OggS", "sound"),
    (0, b"fLaC", "sound"),
    (0, b"\xff\xfb", "sound"),
    (0, b"MThd", "sound"),
    (0, b"\0\1\0\0\0", "fonts"),
    (0, b"OTTO", "fonts"),
    (0, b"ttcf", "fonts"),
    (0, b"wOFF", "fonts"),
    (0, b"wOF2", "fonts"),
)
_NAMED: tuple[tuple[int, bytes, str], ...] = (
    (0, b"PK\3\4", "a zip archive (or jar, apk, docx …)"),
    (0, b"PK\5\6", "an empty zip archive"),
    (0, b"\x1f\x8b", "gzip data"),
    (0, b"BZh", "bzip2 data"),
    (0, b"\xfd7zXZ\0", "xz data"),
    (0, b"(\xb5/\xfd", "zstandard data"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (0, b"Rar!\x1a\7", "a rar archive"),
    (257, b"ustar", "a tar archive"),
    (0, b"\x7fELF", "an ELF binary"),
    (0, b"MZ", "a Windows binary (PE)"),
    (0, b"\xcf\xfa\xed\xfe", "a Mach-O binary"),
    (0, b"\xce\xfa\xed\xfe", "a Mach-O binary"),
    (0, b"\xca\xfe\xba\xbe", "a Java class or a fat Mach-O binary"),
    (0, b"dex\n", "an Android dex file"),
    (0, b"\0asm", "a WebAssembly module"),
    (0, b"!<arch>\n", "a static library or deb package"),
    (0, b"%PDF", "a PDF document"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an OLE compound file (doc, xls, msi …)"),
    (0, b"SQLite format 3\0", "an SQLite database"),
    (0, b"\x89HDF\r\n\x1a\n", "an HDF5 file (h5, keras)"),
    (0, b"PAR1", "a Parquet file"),
    (0, b"ARROW1", "an Arrow file"),
    (0, b"\x93NUMPY", "a NumPy array"),
    (4, b"TFL3", "a TensorFlow Lite model"),
    (0, b"GGUF", "a GGUF model"),
    (0, b"\x80\x02", "a pickle"),
    (0, b"\x80\x03", "a pickle"),
    (0, b"\x80\x04", "a pickle"),
    (0, b"\x80\x05", "a pickle"),
)


#: A picture of Netpbm in binary: its kind, width, height and, but for bitmaps, the largest value; then pixels.
_NETPBM = re.compile(
    rb"P(?:4\s+(?:#[^\n]{0,200}\n\s*){0,9}\d{1,6}\s+\d{1,6}\s|[56]\s+(?:#[^\n]{0,200}\n\s*){0,9}\d{1,6}\s+\d{1,6}\s+\d{1,5}\s)"
)


def opaque(data: bytes) -> str:
    """The kind of media the bytes are, or an empty string."""
    if data[:1] == b"P" and _NETPBM.match(data[:4096]) is not None:
        return "pixels"
    for offset, signature, kind in _OPAQUE:
        if data.startswith(signature, offset):
            if signature == b"BM" and (len(data) < 14 or data[6:10] != b"\0\0\0\0"):
                continue
            return kind
    return ""


def describe(data: bytes) -> str:
    """The format's name for a sentence; never anything from its content."""
    for offset, signature, name in _NAMED:
        if data.startswith(signature, offset):
            return name
    return "a binary format"


#: What begins the declaration of an entity, in the encodings of one and of two bytes a letter.
_DECLARES = tuple("<!ENTITY".encode(name) for name in ("utf-8", "utf-16-le", "utf-16-be"))
#: What stands in a model's file in JSON: all of one row.
_MODELS = (
    (b'"modelTopology"',), (b'"weightsManifest"',), (b'"class_name"', b'"config"'),
    (b'"weights"', b'"shape"', b'"dtype"'), (b'"weight_map"',),
)  # fmt: skip
#: How a net in protocol buffers' text form begins: remarks, then a field of which a model's message is made.
_FIRST = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*+(?:#[^\n]*+\s*+)*+(?:(?:layers?|node|item|input|output|input_shape|versions|library|state)"
    rb"\s*+:?\s*+[{\[]|(?:name|platform|backend|input|max_batch_size|force_backward|debug_info)\s*+:\s*+[\"'\w])"
)
#: What stands in one: a layer, a node, an entry of a label map, what is taken in and put out.
_FIELD = re.compile(rb"^[ \t]*+(?:layers?|node|item|input|output)\s*+:?\s*+[{\[]", re.MULTILINE)
#: How a net of ncnn begins, and one of OpenVINO.
_NCNN, _NET = b"7767517", re.compile(rb"(?:\xef\xbb\xbf)?\s*+(?:<\?xml[^>]*+>\s*+)?+<net\s")
_JSON = re.compile(rb"(?:\xef\xbb\xbf)?\s*+[{\[]")


def implies(data: bytes) -> bool:
    """Whether a text may say what stands nowhere in it: out of entities, or by the shape of a model's heads."""
    # Two bytes a letter show as zeros near the beginning.
    if any(mark in data for mark in (_DECLARES if b"\0" in data[:64] else _DECLARES[:1])):
        return True
    if _JSON.match(data) is not None:
        return any(all(mark in data for mark in row) for row in _MODELS)
    return data.startswith(_NCNN) or _NET.match(data) is not None or layered(data)


def layered(data: bytes) -> bool:
    """Whether a text is a net, a label map or the like in protocol buffers' text form."""
    return _FIRST.match(data) is not None and _FIELD.search(data, 0, 100_000) is not None
