"""What tells who a person is: keys that only a person has, and values that are such a person's and no label."""

from __future__ import annotations

from typing import TYPE_CHECKING

from untag.later import later

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["SURE", "SURNAMES", "birth", "called", "contact", "names", "namesake", "person"]

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
    r"(?:first|last|given|family|middle|sur|real)name|surname|forename|nachname|vorname|cognome|apellidos?|姓|名"
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
_CAMEL = later(r"(?<=[a-z0-9])(?=[A-Z])|[\W_]+|(?<=[A-Za-z])(?=\d)|(?<=\d)(?=[A-Za-z])")
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
    }
)  # fmt: skip
_PLACEHOLDER = later(
    r"(?i)[%$?:@<{\[]|x{3,}|\.{3}|(?:str(?:ing)?|text|varchar|char|date(?:time)?|int(?:eger)?|number|null|none)\b"
)
_LATIN = later(
    r"(?:[A-ZÀ-ÞА-ЯĀ-Ž][\w'’\-]{1,30}\.?|[A-Z]\.)(?:(?:[ ,]{1,2}|\+|%20|_|\xa0)"
    r"(?:(?:van|von|de|der|den|bin|al|el|la|da|di|du|dos)[ +_])?(?:[A-ZÀ-ÞА-ЯĀ-Ž][\w'’\-]{1,30}|[A-Z]\.)){1,3}"
)
_ONE = later(r"[A-ZÀ-ÞА-ЯĀ-Ž][a-zà-ÿа-яā-ž'’]{2,30}")
_HAN = later("[\u3400-\u9fff]{2,4}(?:·[\u3400-\u9fff]{1,8})?|(?:\\\\*u[3-9][0-9a-fA-F]{3}){2,4}")
_PART = later(r"[ ,+_\xa0]+|%20")
_DIGITS = later(r"\d")


def _tails(key: str) -> Iterator[str]:
    """The last words of a key, joined: ``person.idCard`` gives ``card``, ``idcard`` and ``personidcard``."""
    parts = [p for p in _CAMEL.split(key) if p and not p.isdigit()]
    parts = [p for p in parts if p.lower() not in {"set", "with", "get", "x"}] or parts
    for size in range(1, min(4, len(parts)) + 1):
        yield "".join(parts[-size:]).lower()
    if parts and len(parts) > 1 and parts[-2].lower() in _OTHERS:
        return


def _foreign(key: str) -> bool:
    """Whether a key is that of a thing or of who made the program."""
    parts = [p.lower() for p in _CAMEL.split(key) if p]
    return any(p in _OTHERS for p in parts)


def person(text: str) -> bool:
    """Whether a text looks like a person's full name: two to four words with capitals, or two to four characters."""
    text = text.strip()
    if _HAN.fullmatch(text):
        return "\\" in text or text[0] in SURNAMES
    if len(text) > 60 or not _LATIN.fullmatch(text):
        return False
    return not any(p.lower().strip(".") in _LABELS for p in _PART.split(text)) and not text.isupper()


def called(text: str) -> bool:
    """Whether a key that has a record as its value may be a person: also two to four characters of any surname."""
    return person(text) or (_HAN.fullmatch(text.strip()) is not None and not names(text) and not birth(text))


def names(key: str, value: str | None = None) -> bool:
    """Whether a key is for a name, and a value is one; without a value only the key is asked."""
    if not any(_NAMES.fullmatch(t) for t in _tails(key)) or _foreign(key):
        return False
    if value is None:
        return True
    value = value.strip(" \"'`.")
    if _HAN.fullmatch(value):
        return True
    if person(value) or _lead(value):
        return True
    sole = any(_SOLE.fullmatch(t) for t in _tails(key))
    return sole and bool(_ONE.fullmatch(value)) and value.lower() not in _LABELS


def _lead(value: str) -> bool:
    """Whether a value begins with a name: ``Ann Smith phone``, ``Ann Smith AND``."""
    found = _LATIN.match(value) or _HAN.match(value)
    if found is None:
        return False
    return not any(p.lower().strip(".") in _LABELS for p in _PART.split(found[0])[:2])


def namesake(chain: tuple[str, ...], key: str, value: str) -> bool:
    """Whether a path is called after the person whose name a value is.

    Args:
        chain: The path.
        key: Of the value.
        value: Any text.
    """
    if not value[:1].isupper() or len(value) > 60 or not 1 <= value.count(" ") <= 3:
        return False
    path = "/".join(chain).casefold()
    parts = value.casefold().split()
    return all(p in path for p in parts) and person(value) and names(key)


def birth(key: str, value: str | None = None) -> bool:
    """Whether a key is for a date of birth or the number of a document, and a value is one."""
    if not any(_NUMBERS.fullmatch(t) and t != "id" for t in _tails(key)) or (_foreign(key) and value is not None):
        return any(t == "id" for t in _tails(key)) and value is not None and _long(value) and not _foreign(key)
    return value is None or (len(_DIGITS.findall(value)) >= 4 and not _PLACEHOLDER.match(value))


def _long(value: str) -> bool:
    return len(_DIGITS.findall(value)) >= 9 and value.strip().isalnum()


def contact(key: str, value: str | None = None) -> bool:
    """Whether a key is for how a person is reached, and a value is that."""
    if not any(_REACH.fullmatch(t) for t in _tails(key)) or _foreign(key):
        return False
    if value is None:
        return True
    if _PLACEHOLDER.match(value):
        return False
    digits = len(_DIGITS.findall(value))
    return "@" in value or digits >= 6 or (digits >= 1 and " " in value and len(value) >= 8)
