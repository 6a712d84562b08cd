"""What tells who a person is: keys that only a person has, and values that are such a person's and no label."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from untag.judge.keys import MARKS, keys
from untag.later import later

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = [
    "SURE", "SURNAMES", "UP", "birth", "called", "contact", "names", "namesake", "person", "plainly", "spelled",
]  # fmt: skip

#: Keys that only a person has, lower-case and without signs.
SURE = later(
    r"(?:full|first|last|given|family|middle|sur|nick|real|user|person|subject|employee|customer|citizen)name"
    r"|surname|forename|patronymic|姓名|名字|xingming|身份证号?码?|证件号码?|手机号?码?|电话号?码?|出生日期|生日"
    r"|id(?:card|number|cardno|cardnumber|cardnum)|(?:cert|certificate|passport|licen[cs]e|ssn|iin|snils|inn)(?:no|num|number|id)?"
    r"|ssn|(?:e|mobile|cell|tele)?(?:mail|phone)(?:no|num|number|address)?|mobile|tel|birth(?:day|date)?|dob|dateofbirth"
    r"|fio|фио|имя|фамилия|nama|nombre|apellidos?|氏名|이름|성명"
)
_NAMES = later(
    r"(?:full|first|last|given|family|middle|sur|nick|real|user|person|subject|employee|customer|citizen|face|patient"
    r"|student|owner|holder|member|child|father|mother|suspect|contact)?names?|surname|forename|patronymic|姓名|名字|xingming"
    r"|fn|cn|sn|fio|фио|имя|фамилия|nama|nombre|apellidos?|nom|prenom|nome|cognome|vorname|nachname|氏名|이름|성명|who"
    r"|(?:name|xm|姓名)(?:cn|en|zh)?"
)
_SOLE = later(
    r"sn|(?:first|last|given|family|middle|sur|real)name|surname|forename|nachname|vorname|cognome|apellidos?|姓|名"
)
_NUMBERS = later(
    r"(?:national|identity|citizen|person|personal|government)?id(?:card|number|no|num|cardno|cardnumber|cardnum|code|document)?"
    r"|(?:cert|certificate|passport|licen[cs]e|ssn|iin|snils|inn|dni|nin|cpf|aadhaa?r)(?:no|num|number|id)?|ssn"
    r"|身份证号?码?|证件号码?|sfzh|zjhm|birth(?:day|date)?|dob|dateofbirth|bday|born|birthdt|csrq|出生日期|生日|出生年月"
    r"|geburtsdatum|geboren|fechadenacimiento|datanascimento|datedenaissance"
)
_REACH = later(
    r"(?:e|mobile|cell|tele|contact|home|work)?(?:mail|phone)(?:no|num|number|address)?|mobile(?:no|number)?|tel|telephone(?:number)?"
    r"|fax|cell|手机号?码?|电话号?码?|联系电话|sjhm|(?:home|street|postal|full|residential|mail)?(?:address|addr)|street|住址|地址|家庭住址"
    r"|adresse|direccion|endereco|indirizzo|адрес|телефон|sms"
)
_CAMEL = later(rf"(?<=[a-z0-9])(?=[A-Z])|[^\w{MARKS}]+|_+|(?<=[A-Za-z])(?=\d)|(?<=\d)(?=[A-Za-z])")
#: Common surnames of Chinese (traditional ones too), by their first character.
SURNAMES = frozenset(
    "王李张張刘劉陈陳杨楊黄黃赵趙吴吳周徐孙孫马馬朱胡郭何高林罗羅郑鄭梁谢謝宋唐许許韩韓冯馮邓鄧曹彭曾肖田董袁潘于蒋蔣蔡余杜叶葉程苏蘇魏吕呂"
    "丁任沈姚卢盧姜崔钟鍾谭譚陆陸汪范石廖贾賈夏韦韋付方白邹鄒孟熊秦邱江尹薛闫閻段雷侯龙龍史陶黎贺賀顾顧毛郝龚龔邵万萬钱錢严嚴覃武戴莫孔向汤湯"
)
#: Of a company or of who wrote a program.
_OTHERS = frozenset(
    {
        "author", "authors", "maintainer", "company", "vendor", "support", "copyright", "publisher", "organization",
        "org",
        "file", "class", "table", "column", "field", "model", "host", "server", "domain", "package", "module", "app",
        "project", "product", "brand", "type", "event", "function", "method", "var", "variable", "param", "tag", "key",
        "display", "label", "category", "group", "layer", "bucket", "service", "ip", "mac", "memory", "url", "web",
        "base", "from", "wallet", "contract", "device", "camera", "city", "country", "region", "state",
    }
)  # fmt: skip
#: Words that labels are made of, and names of persons are not.
_LABELS = frozenset(
    {
        "name", "full", "first", "last", "middle", "given", "family", "date", "birth", "number", "phone",
        "mobile", "address", "email", "mail", "id", "card", "type", "the", "of", "and", "new", "old", "my",
        "your", "user", "person", "face", "image", "photo", "picture", "group", "list", "set", "model", "data",
        "test", "sample", "demo", "unknown", "default", "string", "value", "field", "key", "label", "title",
        "class", "color", "colour", "skin", "tone", "hair", "eye", "age", "gender", "sex", "street", "road",
        "city", "country", "state", "north", "south", "east", "west", "united", "york", "hong", "kong",
        "english", "kingdom", "states", "none", "null", "true", "false", "select", "request", "response",
        "result", "error", "info", "debug", "warn", "api", "http", "json", "xml", "sql", "table", "column",
        "row", "system", "service", "server", "client", "home", "page", "view", "edit", "add", "delete", "save",
        "cancel", "search", "filter", "settings", "account", "login", "logout", "version", "release", "license",
        "mit", "apache", "windows", "linux", "mac", "google", "amazon", "microsoft", "intel", "nvidia",
        "january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
        "november", "december", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
        "mon", "tue", "wed", "thu", "fri", "sat", "sun", "get", "post", "put", "url", "this", "that", "these",
        "each", "all", "any", "for", "with", "without", "from", "into", "create", "insert", "update", "where",
        "values", "neural", "network", "deep", "learning", "machine", "computer", "vision", "human", "people",
        "subject", "report", "status", "time", "file", "path",
        "smart", "gate", "entrance", "entry", "exit", "door", "lobby", "building", "office", "station", "zone", "area",
        "main", "front", "back", "left", "right", "setting", "config", "rule", "rules", "mode",
        "profile", "preset", "engine", "detector", "classifier", "analyzer", "recognizer", "tracker", "matcher",
        "sight",
        "super", "pro", "lite", "cloud", "edge", "ultra", "plus", "core", "hub", "live", "stream", "capture", "target",
        "watch", "guard", "alert", "alarm", "access", "control", "camera", "video", "security", "safe", "scan",
        "scanner",
        "example", "examples", "notes", "overview", "guide", "getting", "started", "quick",
        "start", "introduction", "usage", "installation", "feature", "features", "product", "solution", "platform",
        "app", "web", "desktop", "attribute", "attributes", "property", "properties", "option", "options",
    }
)  # fmt: skip
_PLACEHOLDER = later(
    r"(?i)[%$?:@<{\[]|x{3,}|\.{3}|(?:str(?:ing)?|text|varchar|char|date(?:time)?|int(?:eger)?|number|null|none)\b"
)
#: Letters with which a name begins where capitals are written, and ones that stand within it.
UP = "A-ZÀ-ÞĀ-ɏΆ-ΫЀ-ЯҊ-ӿԱ-ՖḀ-ỹ"
_LATIN = later(
    rf"(?:[{UP}][\w'’\-]{{1,30}}\.?|[{UP}]\.)(?:(?:[ ,]{{1,2}}|\+|%20|_|\xa0)"
    rf"(?:(?:van|von|de|der|den|bin|al|el|la|da|di|du|dos)[ +_])?(?:[{UP}][\w'’\-]{{1,30}}|[{UP}]\.)){{1,3}}"
)
#: Part of a name that no other word is likely to be.
_NAMED = later(r"[^\W\d_][^\W\d_'’]{2,30}")
_ONE = later(rf"[{UP}][a-zà-ÿά-ώа-ӿā-žա-և'’]{{2,30}}")
_HAN = later("[\u3400-\u9fff]{2,4}(?:·[\u3400-\u9fff]{1,8})?|(?:\\\\*u[3-9][0-9a-fA-F]{3}){2,4}")
#: Scripts without capitals, Chinese apart: Hebrew to Khmer, kana, Hangul.
_LETTERS = (
    "\u0591-\u05ea\u0610-\u061a\u0620-\u065f\u0670-\u06d3\u06d5-\u06dc\u06fa-\u06ff\u0900-\u0963\u0971-\u0df3\u0e01-\u0e3a"
    "\u0e40-\u0e4e\u0e81-\u0ede\u0f0b\u0f0c\u0f40-\u0fbc\u1000-\u103f\u1050-\u108f\u10d0-\u10fa\u1200-\u135a"
    "\u1780-\u17d3\u200c\u200d\u3041-\u3096\u30a1-\u30fa\u30fc\uac00-\ud7a3"
)
#: What divides the words of a name: a space, also the wide one, and the dots that Japanese and Chinese have.
_GAP = r"(?:[ +_\xa0\u3000]|%20|[·・･])"
_UNCASED = later(rf"[{_LETTERS}]{{2,24}}(?:{_GAP}[{_LETTERS}]{{1,24}}){{0,3}}")
#: Written in Chinese characters with a gap, or with kana or Hangul beside them.
_MIXED = later(rf"[\u3400-\u9fff々]{{1,4}}{_GAP}[\u3400-\u9fff\u3041-\u3096\u30a1-\u30fa\uac00-\ud7a3々]{{1,5}}")
#: Common surnames in Japanese.
_SATO = frozenset(
    {
        "佐藤", "佐々木", "鈴木", "高橋", "田中", "伊藤", "渡辺", "渡邊", "山本", "山田", "山口", "山崎", "中村",
        "中島", "中川", "小林", "小川", "小野", "加藤", "吉田", "吉川", "松本", "松田", "松井", "井上", "木村", "斎藤",
        "斉藤", "清水", "藤田", "藤井", "藤原", "岡田", "岡本", "長谷川", "村上", "村田", "近藤", "石川", "石井",
        "石田", "後藤", "前田", "遠藤", "青木", "坂本", "西村", "福田", "太田", "三浦", "橋本", "阿部", "森田", "池田",
        "上田", "内田", "原田", "川口", "大野", "今井", "河野", "本田", "野口", "久保", "金子", "竹内", "和田", "宮崎",
        "宮本", "菊地", "北村", "古川", "平野", "荒木", "片山", "桜井", "武田",
    }
)  # fmt: skip
_PART = later(r"[ ,+_\xa0\u3000·・･]+|%20")
_ESCAPE = later(r"\\+u([0-9a-fA-F]{4})")
_SPACED = later(r"[ +_\xa0]|%20|[\u0590-\u17ff\u3041-\uffdc]")
_DIGITS = later(r"\d")


def _tails(key: str) -> Iterator[str]:
    """The last words of a key, joined: ``person.idCard`` gives ``card``, ``idcard`` and ``personidcard``."""
    parts = [p for p in _CAMEL.split(key) if p and not p.isdigit()]
    parts = [p for p in parts if p.lower() not in {"set", "with", "get", "x"}] or parts
    for size in range(1, min(4, len(parts)) + 1):
        yield "".join(parts[-size:]).lower()


class _Sort(NamedTuple):
    """What a key is for."""

    name: bool
    sole: bool
    paper: bool
    id: bool
    reach: bool
    foreign: bool


@lru_cache(maxsize=4096)
def _sort(key: str) -> _Sort:
    """What a key is for; a few keys are asked again and again."""
    tails = list(_tails(key))
    # Of a thing, or of who made the program.
    foreign = any(p.lower() in _OTHERS for p in _CAMEL.split(key) if p)
    listed = keys()
    return _Sort(
        any(_NAMES.fullmatch(t) or t in listed.names for t in tails), any(_SOLE.fullmatch(t) for t in tails),
        any((_NUMBERS.fullmatch(t) and t != "id") or t in listed.papers for t in tails), "id" in tails,
        any(_REACH.fullmatch(t) or t in listed.reach for t in tails), foreign,
    )  # fmt: skip


def plainly(text: str) -> str:
    """A text with characters for the escapes of JSON and of programs."""
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text) if "\\u" in text else text


def person(text: str) -> bool:
    """Whether a text looks like a person's full name.

    That is two to four words with capitals, as many characters in Chinese after a surname, or in Japanese with a gap.
    """
    text = text.strip()
    if _HAN.fullmatch(text):
        return "\\" in text or text[0] in SURNAMES
    if len(text) > 60:
        return False
    if not text.isascii() and _uncased(text):
        # Two words of a script without capitals are what any text is made of; a surname in Japanese is not.
        return _MIXED.fullmatch(text) is not None and _PART.split(text)[0] in _SATO
    if not _LATIN.fullmatch(text) or not text[0].isupper():
        return False
    parts = [p.lower().strip(".") for p in _PART.split(text)]
    if any(p in _LABELS for p in parts) or text.isupper():
        return False
    # Where letters have no range for capitals, each word is looked at.
    return text.isascii() or (_PART.split(text)[-1][:1].isupper() and not _keyish(parts))


def spelled(text: str) -> str | None:
    """A pattern for a name of two and more words in every writing, ``ann_smith`` and ``SMITH, Ann``; None of others."""
    parts = [p for p in _PART.split(text.replace("%20", " ").replace("+", " ").replace("_", " ")) if p]
    if not 1 < len(parts) <= 4 or not all(_NAMED.fullmatch(p) for p in parts) or not person(text):
        return None
    ways = (parts, [*parts[1:], parts[0]])
    rows = "|".join(r"(?:[\s_\-.+,]{0,2}|%20)".join(map(re.escape, way)) for way in ways)
    return rf"(?<![^\W_])(?i:{rows})(?![^\W_])"


def _uncased(text: str) -> bool:
    """Whether a text is one to four words of a script without capitals, or such in Chinese characters with a gap."""
    return _UNCASED.fullmatch(text) is not None or _MIXED.fullmatch(text) is not None


def _keyish(parts: Iterable[str]) -> bool:
    """Whether some words are such that keys are made of."""
    words = keys().words
    return any(p in words for p in parts)


def called(text: str) -> bool:
    """Whether a key that has a record as its value may be a person: also two to four characters of any surname."""
    text = plainly(text.strip())
    if person(text):
        return True
    if text.isascii() or len(text) > 60:
        return False
    if not (_HAN.fullmatch(text) or _uncased(text)):
        return False
    return not (names(text) or birth(text) or contact(text) or _keyish(_PART.split(text)))


def names(key: str, value: str | None = None) -> bool:
    """Whether a key is for a name, and a value is one; without a value only the key is asked."""
    sort = _sort(key)
    if not sort.name or sort.foreign:
        return False
    if value is None:
        return True
    value = plainly(value.strip(" \"'`."))
    if _HAN.fullmatch(value) or person(value) or _lead(value):
        return True
    if not value.isascii() and _uncased(value):
        return not _keyish(_PART.split(value))
    return (sort.sole or not value.isascii()) and bool(_ONE.fullmatch(value)) and value.lower() not in _LABELS


def _lead(value: str) -> bool:
    """Whether a value begins with a name: ``Ann Smith phone``, ``Ann Smith AND``."""
    found = _LATIN.match(value) or _HAN.match(value)
    if found is None or found[0][0].islower():
        return False
    return not any(p.lower().strip(".") in _LABELS for p in _PART.split(found[0])[:2])


def namesake(chain: tuple[str, ...], key: str, value: str) -> bool:
    """Whether a path is called after the person whose name a value is.

    Args:
        chain: The path.
        key: Of the value.
        value: Any text.
    """
    if not value[:1].isupper():
        # In scripts without capitals a name is one word as well; few values are no longer.
        if value.isascii() or len(value) > 60 or "\n" in value:
            return False
        stem = "/".join(chain)
        return all(p in stem for p in _PART.split(value.strip())) and names(key, value)
    if len(value) > 60 or not 1 <= value.count(" ") <= 3:
        return False
    path = "/".join(chain).casefold()
    parts = value.casefold().split()
    return all(p in path for p in parts) and person(value) and names(key)


def birth(key: str, value: str | None = None) -> bool:
    """Whether a key is for a date of birth or the number of a document, and a value is one."""
    sort = _sort(key)
    if not sort.paper or (sort.foreign and value is not None):
        return sort.id and value is not None and _long(value) and not sort.foreign
    return value is None or (len(_DIGITS.findall(value)) >= 4 and not _PLACEHOLDER.match(value))


def _long(value: str) -> bool:
    return len(_DIGITS.findall(value)) >= 9 and value.strip().isalnum()


def contact(key: str, value: str | None = None) -> bool:
    """Whether a key is for how a person is reached, and a value is that."""
    sort = _sort(key)
    if not sort.reach or sort.foreign:
        return False
    if value is None:
        return True
    if _PLACEHOLDER.match(value):
        return False
    digits = len(_DIGITS.findall(value))
    return "@" in value or digits >= 6 or (digits >= 1 and len(value) >= 8 and _SPACED.search(value) is not None)
