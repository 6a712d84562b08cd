"""Text encodings: which one fits, tried in the order that mistakes cost least."""

from __future__ import annotations

import codecs
import re
import unicodedata
from functools import cache, lru_cache
from itertools import pairwise

from msgspec import Struct

__all__ = ["Decoded", "decode", "is_text"]

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROL = bytes(set(range(32)) - set(b"\t\n\v\f\r\x1b\x08")) + b"\x7f"
_UPPER = bytes(range(0x80, 0x100))
_HIGH = re.compile(rb"[\x80-\xff]+")
#: Bytes in which text is told from a binary format.
_HEAD = 8000
#: Categories of characters that text does not hold: control, not assigned, private use, surrogates.
_ODD = frozenset({"Cc", "Cn", "Co", "Cs"})
#: Encodings of more than one byte a character, in the order in which a damaged text is tried.
_MANY = ("gb18030", "big5", "shift_jis", "euc_jp", "euc_kr")
#: Bytes looked at when an encoding is chosen among several that decode.
_SAMPLE = 1 << 16


class Decoded(Struct, frozen=True):
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
    """Whether bytes look like text rather than a binary format (looks at the first 8,000 bytes, as git does).

    Text is UTF-8, or UTF-16 or UTF-32 that decodes to ordinary characters, or holds hardly a control character and is
    either plausible in one of the legacy encodings or mostly ASCII in lines. Weights and samples that happen to hold no
    NUL are none of these.
    """
    head = data[:_HEAD]
    for bom, name in _BOMS[1:]:
        if head.startswith(bom):
            return _ordinary(head[: len(head) // 4 * 4 or None].decode(name, "ignore"))
    if b"\0" in head:
        return _wide(head) is not None
    # Text holds hardly any control characters; compressed data and weights hold about one in ten.
    if len(head) - len(head.translate(None, _CONTROL)) > len(head) // 50:
        return False
    return head.isascii() or _legible(head)


@lru_cache(maxsize=4)
def _legible(head: bytes) -> bool:
    """Whether bytes beyond ASCII make text in some encoding; asked by several readers of one artifact in a row."""
    high = len(head) - len(head.translate(None, _UPPER))
    lost = head.decode("utf-8", "replace").count("\ufffd")
    # The head may end inside a character; a stray byte here and there damages a text and makes it no binary.
    if lost <= 1 + high // 50 and (high > lost or high * 4 <= len(head)):
        return True
    if _legacy(head, cut=len(head) == _HEAD):
        return True
    # An encoding that is not known here: words and lines tell it from numbers, and letters, which stand above 0xA0.
    blanks = len(head) - len(head.translate(None, b" \t\r\n"))
    low = len(head) - len(head.translate(None, _UPPER[:32]))
    if blanks * 25 >= len(head) and (low * 10 <= high or high * 10 <= len(head)):
        return True
    return any(_damaged(head, name) is not None for name in _MANY)


def _damaged(data: bytes, name: str) -> Decoded | None:
    """The bytes in a multi-byte encoding that explains all but a few of them, if what it says is language."""
    text = data.decode(name, "replace")
    bad = text.count("\ufffd")
    total = sum(ch >= "\x80" for ch in text)
    return Decoded(text, name, bad) if bad * 50 <= total and _speaks(text, name) else None


def _ordinary(text: str) -> bool:
    """Whether decoded text is made of assigned characters that text is made of."""
    if not text:
        return True
    odd = sum(unicodedata.category(ch) in _ODD and ch not in "\t\n\v\f\r\x1b\x08\ufeff" for ch in text)
    return odd * 20 <= len(text)


def _wide(head: bytes) -> str | None:
    """UTF-16 without a mark: every other byte of ASCII text is NUL, and what it says is mostly letters and ASCII."""
    if len(head) < 8 or (len(head) % 2 and len(head) < _HEAD):
        return None
    even, odd = head[0::2].count(0), head[1::2].count(0)
    half = len(head) // 2
    name = None
    if odd > half * 0.4 and even < half * 0.05:
        name = "utf-16-le"
    elif even > half * 0.4 and odd < half * 0.05:
        name = "utf-16-be"
    if name is None:
        return None
    text = head[: half * 2].decode(name, "ignore")
    if not _ordinary(text):
        return None
    told = sum(" " <= ch <= "~" or ch in "\t\r\n" or (ch > "\x7f" and ch.isalpha()) for ch in text)
    # Letters of the second half of Latin-1 are rare in any text, and as common as all others in numbers.
    upper = sum("\x80" <= ch <= "\xff" for ch in text)
    return name if told * 10 >= len(text) * 9 and upper * 4 <= len(text) else None


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
    for name in _MANY:
        other = _damaged(data, name)
        if other is not None and other.lost * 4 < lost:
            return other
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


@cache
def _level(name: str) -> frozenset[str]:
    """The first level of a national standard, ordered by use: the characters that running text is made of.

    GB 2312 rows 16-55, Big5 A4-C6, JIS X 0208 rows 16-47 with both kana, KS X 1001 rows 16-40 (hangul syllables).
    """
    rows, codec = {
        "gb18030": (range(0xB0, 0xD8), "gb2312"),
        "big5": (range(0xA4, 0xC7), "big5"),
        "shift_jis": (range(0xB0, 0xD0), "euc_jp"),
        "euc_jp": (range(0xB0, 0xD0), "euc_jp"),
        "euc_kr": (range(0xB0, 0xC9), "euc_kr"),
    }[name]
    trail = [*range(0x40, 0x7F), *range(0xA1, 0xFF)] if name == "big5" else [*range(0xA1, 0xFF)]
    found = {bytes((row, cell)).decode(codec, "ignore") for row in rows for cell in trail}
    if codec == "euc_jp":
        found |= {chr(n) for n in (*range(0x3041, 0x3097), *range(0x30A1, 0x30FD))}
    return frozenset(found - {""})


#: Share of the characters beyond ASCII that must be of the first level, or marks of East Asian text. Characters at
#: random are of it in 16 (GB 18030) to 40 of 100 cases (Big5); in running text nearly all are. Traditional characters
#: in GB 18030 are of its first level in about six of ten cases.
_SHARE = {"gb18030": 0.5, "big5": 0.75, "shift_jis": 0.75, "euc_jp": 0.75, "euc_kr": 0.7}
_RUN = re.compile(r"[^\W\d_]+")


def _speaks(text: str, name: str) -> bool:
    """Whether decoded text is language, not bytes that an encoding happens to explain."""
    if name in _SHARE:
        level = _level(name)
        good = total = 0
        for ch in text:
            if ch >= "\x80" and ch != "\ufffd":
                total += 1
                good += ch in level or "\u3000" <= ch <= "\u3020" or "\uff01" <= ch <= "\uff5e" or ch in "“”‘’—…·"
        return good >= total * _SHARE[name]
    letters = foreign = pairs = humps = runs = mixed = 0
    for found in _RUN.finditer(text):
        run = found.group()
        if run.isascii():
            letters += len(run)
            continue
        runs += 1
        letters += len(run)
        foreign += sum(ch >= "\x80" for ch in run)
        mixed += not _pure(run, name)
        for before, after in pairwise(run):
            if before >= "\x80" or after >= "\x80":
                pairs += 1
                humps += before.islower() and after.isupper()
    # Words of one script, and hardly a capital inside of them: at random every fourth pair of letters is such a hump,
    # and the accented vowels of Greek read as Cyrillic are.
    if (humps > 1 and humps * 25 > pairs) or mixed * 5 > runs:
        return False
    # A language in Latin letters has few beyond ASCII; a word alone may be full of them.
    return (
        name not in {"cp1252", "cp1254"} or foreign * 5 <= letters * 2 or (letters < 12 and foreign * 4 <= letters * 3)
    )


def _pure(run: str, name: str) -> bool:
    """Whether a word is of one script, as far as an encoding has two."""
    if name == "cp1256":
        arabic = sum("\u0600" <= ch <= "\u06ff" for ch in run)
        return arabic in {0, len(run)}
    if name in {"cp1251", "koi8_r"}:
        cyrillic = sum("\u0400" <= ch <= "\u04ff" for ch in run)
        return cyrillic in {0, len(run)}
    return True


def _legacy(data: bytes, *, cut: bool = False) -> str | None:
    """The legacy encoding that fits best and says something, or None; ``cut`` data may end inside a character."""
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
        except UnicodeDecodeError as error:
            if not cut or error.start < len(data) - 4:
                continue
        text = bytes(sample).decode(name, "replace")
        # A multi-byte encoding that explains everything needs fewer characters for the same bytes.
        score = _plausible(text, ranges, common)
        if name == "gb18030":
            score += 0.15
        if score > mark and _speaks(text if name in _SHARE else data[:_SAMPLE].decode(name, "replace"), name):
            best, mark = name, score
    return best
