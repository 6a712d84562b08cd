"""Text encodings: which one fits, tried in the order that mistakes cost least."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

__all__ = ["Decoded", "decode", "is_text"]

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROL = bytes(set(range(32)) - set(b"\t\n\v\f\r\x1b\x08")) + b"\x7f"
_HIGH = re.compile(rb"[\x80-\xff]+")
#: Bytes looked at when an encoding is chosen among several that decode.
_SAMPLE = 1 << 16


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text and how it was got.

    Attributes:
        text: The text.
        encoding: Python's name of the encoding.
        lost: Bytes that no encoding explained (they stand as U+FFFD).
    """

    text: str
    encoding: str
    lost: int = 0


def is_text(data: bytes) -> bool:
    """Whether bytes look like text rather than a binary format (looks at the first 8,000 bytes, as git does)."""
    head = data[:8000]
    if b"\0" not in head:
        # Text holds hardly any control characters; compressed data and weights hold about one in ten.
        return len(head) - len(head.translate(None, _CONTROL)) <= len(head) // 50
    return any(data.startswith(bom) for bom, _ in _BOMS) or _wide(head) is not None


def _wide(head: bytes) -> str | None:
    """UTF-16 without a mark: every other byte of ASCII text is NUL."""
    if len(head) < 8 or (len(head) % 2 and len(head) < 8000):
        return None
    even, odd = head[0::2].count(0), head[1::2].count(0)
    half = len(head) // 2
    if odd > half * 0.4 and even < half * 0.05:
        return "utf-16-le"
    if even > half * 0.4 and odd < half * 0.05:
        return "utf-16-be"
    return None


def decode(data: bytes) -> Decoded:
    """Decode bytes to text.

    Order: byte-order mark, UTF-16 by its NULs, UTF-8, then the legacy encodings that decode strictly, the best by how
    much of the result is ordinary text of that script; Latin-1 never competes, since it decodes everything.

    Args:
        data: Any bytes.

    Returns:
        The text, the encoding, and how many bytes were lost (only when none fits).
    """
    for bom, name in _BOMS:
        if data.startswith(bom):
            text = data.decode(name, "replace")
            return Decoded(text, name, text.count("\ufffd"))
    if b"\0" in data[:8000] and (wide := _wide(data[:8000])):
        text = data.decode(wide, "replace")
        return Decoded(text, wide, text.count("\ufffd"))
    try:
        return Decoded(data.decode("utf-8"), "utf-8")
    except UnicodeDecodeError:
        pass
    best = _legacy(data)
    if best:
        return Decoded(data.decode(best, "replace"), best)
    # A mostly UTF-8 file with stray bytes is read as UTF-8: the stray bytes are what is lost.
    text = data.decode("utf-8", "replace")
    lost = text.count("\ufffd")
    for name in ("gb18030", "big5"):
        other = data.decode(name, "replace")
        bad = other.count("\ufffd")
        if bad * 4 < lost:
            return Decoded(other, name, bad)
    return Decoded(text, "utf-8", lost)


def _plausible(text: str, ranges: tuple[tuple[str, str], ...], common: str) -> float:
    """Share of the non-ASCII characters that are ordinary for a script, common ones counting double."""
    score = total = 0.0
    for ch in text:
        if ch < "\x80":
            continue
        total += 1
        if ch in common:
            score += 2
        elif any(a <= ch <= b for a, b in ranges):
            score += 1
        else:
            score -= 1
    return score / total if total else 0.0


#: Encoding, ranges of its ordinary characters, and its commonest characters (from general frequency tables).
_LEGACY: tuple[tuple[str, tuple[tuple[str, str], ...], str], ...] = (
    (
        "gb18030",
        (("\u4e00", "\u9fa5"), ("\u3000", "\u303f"), ("\uff01", "\uff5e"), ("\u2010", "\u2026")),
        "的一是不了人我在有他这为之大来以个中上们到说国和地也子时道出而要于就下得可你年生自会那后能对着事其里所去行过家十用发天如然作方成者多日都三小军二无同么经法当起与好看学进种将还分此心前面又定见只主没公从类型数据参返回设备通道编号状态开始结束时间返回值信息保留字节性别年龄人脸",
    ),
    (
        "big5",
        (("\u4e00", "\u9fa5"), ("\u3000", "\u303f"), ("\uff01", "\uff5e")),
        "的一是不了人我在有他這為之大來以個中上們到說國和地也子時道出而要於就下得可你年生自會那後能對著事其裡所去行過家十用發天如然作方成者多日都三小軍二無同麼經法當起與好看學進種將還分此心前面又定見只主沒公從",
    ),
    (
        "shift_jis",
        (("\u3041", "\u30ff"), ("\u4e00", "\u9fa5"), ("\u3000", "\u303f"), ("\uff01", "\uff5e")),
        "のにはをたがでてとしれさあいうるなかくまもりすんスンルトイラーックリアドレ",
    ),
    (
        "euc_jp",
        (("\u3041", "\u30ff"), ("\u4e00", "\u9fa5"), ("\u3000", "\u303f"), ("\uff01", "\uff5e")),
        "のにはをたがでてとしれさあいうるなかくまもりすんスンルトイラーックリアドレ",
    ),
    ("euc_kr", (("\uac00", "\ud7a3"), ("\u3000", "\u303f")), "이다의가는에하을고를지로한은서기도사대자인시정아어"),
    ("cp1251", (("\u0410", "\u044f"), ("\u0401", "\u0401"), ("\u0451", "\u0451"), ("\u00a0", "\u00bb")), "оеаинтсрвлк"),
    ("koi8_r", (("\u0410", "\u044f"), ("\u0451", "\u0451")), "оеаинтсрвлк"),
    ("cp1256", (("\u0621", "\u06af"), ("\u060c", "\u061f")), "البيمنوترهدع"),
    ("cp1252", (("\u00c0", "\u00ff"), ("\u2010", "\u2026"), ("\u00a0", "\u00bf")), "éèàäöüßñóíáçãêô"),
    ("cp1254", (("\u011e", "\u015f"), ("\u00c0", "\u00ff")), "ığşçöü"),
)


def _legacy(data: bytes) -> str | None:
    """The legacy encoding that fits best, or None."""
    # Only runs with high bytes say anything, and each is taken with a little of what stands around it.
    sample = bytearray()
    for found in _HIGH.finditer(data):
        sample += data[max(0, found.start() - 1) : found.end() + 1] + b"\n"
        if len(sample) > _SAMPLE:
            break
    best, mark = None, 0.35
    for name, ranges, common in _LEGACY:
        try:
            data.decode(name)
        except UnicodeDecodeError:
            continue
        text = bytes(sample).decode(name, "replace")
        # A multi-byte encoding that explains everything needs fewer characters for the same bytes.
        score = _plausible(text, ranges, common)
        if name == "gb18030":
            score += 0.15
        if score > mark:
            best, mark = name, score
    return best
