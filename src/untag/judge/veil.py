"""Values of persons in a few lines of text: recognised by what stands beside them, blanked, with all else as it was."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from untag.judge.identity import UP, birth, called, contact, names, person, plainly
from untag.judge.keys import MARKS, keys
from untag.judge.shape import QUOTED, TAG, body_of, declares, depth_of, pictured, predicate, shape, tokens
from untag.later import later
from untag.lexicon import load

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from untag.finding import Hit

__all__ = ["CLASSES", "VALUE", "Cut", "Veil", "cut_out", "somebody", "veil"]

#: What stands for a value of a person.
VALUE = "<value>"
#: From, to, and what stands there instead.
Cut = tuple[int, int, str]
#: A key, what divides it from its value, and where that begins.
_KEY = rf"(?P<key>[^\W\d](?:[\w.\-{MARKS}]|(?<=\w) (?=(?:of|no|number|name|id|date)\b)){{0,60}})"
_PAIR = later(
    _KEY + r"(?:"
    r"(?:\\*[\"'`*_])*\s{0,3}\]?\)?\s{0,20}(?:=>|:=|[=!]==?|[:=：＝]|\.{3,})\s{0,20}(?:[A-Za-z]{0,6}[\[({])?"
    r"|\s?[({]"  # name("value"), name { "value" }
    r"|\)\.\w{1,20}\("  # expect(face.name).toBe("value")
    r"|</[\w:.\-]{1,40}>\s{0,20}<[\w:.\-]{1,40}"  # <key>name</key><string>value
    r"|(?:\\*[\"'`])\s{0,3},\s{0,3}(?=\\*[\"'`])"  # 'name', 'value'
    r"|[\"']\s+value\s?=\s?(?=[\"'])"  # name="name" value="value"
    r"|\s(?=[\"'])"  # name "value"
    r"|(?=>))\s{0,20}[>\s\"'`*\[({\\]{0,8}(?P<value>[^\s\"'`<>{}()\[\],;|&*，；。、،؛][^\"'`<>{}()\[\],;|&*\n，；。、،؛]{0,80})",
)
_FOLLOWS = later(r"\s*(?:\]?\s*(?::|=>|=(?!=)))")
_STRUCTURED = later(r"[:=：＝]\s*\S|(?:[^,]+,){2}|(?:[^|;\t]+[|;\t]){2}|[{}<>]|\n")
_COMMENT = later(r"\s*(?:#|//|/\*|\*|--|;|%|<!--|\"\"\"|''')")
_MAIL = later(r"[\w.+\-]{1,64}@[\w\-]{1,64}(?:\.[\w\-]{1,64}){1,4}")
_PHONE = later(r"(?<![\w.])\+\d[\d \-()]{6,18}\d(?!\w)|(?<![\w.])1[3-9]\d{9}(?!\w)")
_NUMBER = later(r"(?<![\w.])\d{8,18}[Xx]?(?![\w.])")
_DATE = later(
    r"(?<![\d\-])(?:19[2-9]\d|20[01]\d)([-/.])(?:0?[1-9]|1[0-2])\1(?:0?[1-9]|[12]\d|3[01])(?![\d\-])"
    r"|(?<![\d\-])(?:0?[1-9]|[12]\d|3[01])([-/.])(?:0?[1-9]|1[0-2])\2(?:19[2-9]\d|20[01]\d)(?![\d\-])"
    r"|(?:19[2-9]\d|20[01]\d)\s?年\s?\d{1,2}\s?月\s?\d{1,2}"
)
_BORN = later(r"\b(?:born|geboren|né|née|nacid[oa]|nat[oa]|nascid[oa]|р\.|род\.)\b|出生|生于|生日|\bb\.\s?(?=\d)", 2)
_STREET = later(r"(?<!\w)\d{1,4} [A-Z][\w'’]+ (?:Street|St|Road|Rd|Avenue|Ave|Lane|Drive|Way|Square)\b|\d号[楼室]?")
_CELLS = later(r"\s*(?:[|;\t]|[,،，、]|&(?!\w+;)|\s{2,}|\\\\|\]\()\s*")
#: The same but for a sign that stands for "and".
_PLAIN = later(r"\s*(?:[|;\t]|[,،，、]|\s{2,}|\]\()\s*")
_BARE = later(r"[^|\t\n]+")
_WORDS = later(r"[^\W_]")
#: What a line has that may hold a name: a capital, or a script that has none.
_NAMED = later("[A-Z\u00c0-\u1fff\u2e80-\U0010ffff]")
#: Up to four words before the last one of a key.
_BEFORE = later(rf"(?:[\w{MARKS}'’\-]+ ){{1,4}}$")
_KEEP = later(r"[\s|\t\-*+#/%;.,，；。、،؛:：!<>&()\[\]{}\\\"'`=]+")
#: Peoples of one line from which it is a list of classes, unless as many persons stand in it.
CLASSES = 3
#: Characters of a line that are looked at, and levels of texts in texts.
_LONG, _DEEP = 4000, 4
#: Characters from which a text that is evidence may have been cut.
_HALF = 70
#: Lines above one that are looked at for the name under which it stands.
_ABOVE = 12
#: Characters of a cell that may be one value of a person.
_CELL = 120
#: Characters of a cell that says which people somebody is of.
_SHORT = 24
#: Characters of a whole name in Chinese.
_PART = 3
#: What a text is about: such words are names of persons as well (Baker, King).
_TOPICS = frozenset({"topic", "roll"})


class Veil:
    """Blanks what persons' records hold."""

    def __init__(self, match: Callable[[str], Sequence[Hit]]) -> None:
        """Take the lexicon's matcher: what it knows is no name of a person."""
        self._match = match
        self._known: dict[str, tuple[bool, bool, int]] = {}

    # -- recognising

    def _told(self, text: str) -> tuple[bool, bool, int]:
        """Whether a text holds any word, one for an attribute, and how many peoples."""
        told = self._known.get(said := text)
        if told is None:
            text = plainly(text)
            hits = self._match(text[:_LONG])
            groups = {h.term for h in hits if h.kind in {"group", "colour"}}
            known = any(_word(h, text) for h in hits)
            told = self._known[said] = (known, any(h.kind == "attribute" for h in hits), len(groups))
            if len(self._known) > 5000:
                self._known.clear()
        return told

    def person(self, text: str) -> bool:
        """Whether a text looks like the name of a person and is no word of the lexicon."""
        return person(text) and not self._told(text)[0]

    def valued(self, key: str, value: str) -> bool:
        """Whether a key has a value of a person."""
        return birth(key, value) or contact(key, value) or (names(key, value) and not self._told(value)[0])

    def alone(self, text: str) -> bool:
        """Whether a text is nothing but a way to reach somebody, a date of birth or a number as long as a person's."""
        text = text.strip()
        return any(p.fullmatch(text) is not None for p in (_MAIL, _PHONE, _NUMBER, _DATE, _STREET))

    def named(self, text: str) -> list[str]:
        """Names of persons that stand in a text."""
        return [name for name in _inner(text) if self.person(name)]

    def row(self, texts: Iterable[str]) -> bool:
        """Whether some of the texts that stand apart in one list or table say who somebody is.

        Args:
            texts: Its members or cells; values of one person need no keys there.
        """
        sorts: set[int] = set()
        named = False
        for text in texts:
            if not 2 <= len(text) <= _CELL:
                continue
            cell = text.strip()
            sort = next((n for n, p in enumerate((_MAIL, _PHONE, _DATE, _STREET, _NUMBER)) if p.fullmatch(cell)), None)
            if sort is not None:
                sorts.add(sort)
            else:
                named = named or (called(cell) and not self._told(cell)[0])
            if len(sorts) > 1 or (sorts and named):
                return True
        return False

    def people(self, text: str) -> bool:
        """Whether a cell holds a people and hardly anything else."""
        _, asks, peoples = self._told(text) if len(text) <= _SHORT else (False, True, 0)
        return peoples == 1 and not asks

    def _apart(self, text: str) -> bool:
        """Whether a cell holds a people that stands by itself, and is no part of a longer name: ``Indian Ocean``."""
        if not self.people(text):
            return False
        hits = self._match(text)
        for hit in hits:
            if hit.kind not in {"group", "colour"} or _MANY.search(text[hit.start : hit.end]):
                continue
            beside = (_BEHIND.search(text, 0, hit.start), _AHEAD.match(text, hit.end))
            # ``Asian Male``: what is known stands beside it, and makes no name of it.
            if all(w is None or any(h.start < w.end() and w.start() < h.end for h in hits) for w in beside):
                return True
        return False

    def _labelled(self, line: str) -> bool:
        """Whether a line is what a people is called elsewhere: ``"chinese": "Chinesischer Kalender"``."""
        found = _LABELLED.fullmatch(line)
        if found is None:
            return False
        key = found["key"]
        hits = [h for h in self._match(key) if h.kind in {"group", "colour"}]
        return any(h.end - h.start == len(key) or _BEHIND.search(key, 0, h.start) for h in hits)

    def keyed(self, text: str) -> bool:
        """Whether a text is the name of a column that only rows of persons have."""
        return len(text) <= _CELL and (contact(text) or birth(text) or names(text))

    def somebody(self, text: str) -> bool:
        """Whether a name beside a person's value may be a person's as well."""
        return somebody(text, self._match)

    def part(self, text: str) -> bool:
        """Whether a part of a pointer may be who has the record there: of a whole name in Chinese, three characters."""
        loose = len(text) <= _PART or not (text.isascii() or "㐀" <= text[0] <= "鿿")
        return (loose and self.somebody(text)) or self.person(text)

    def telling(self, text: str) -> bool:
        """Whether a value says who somebody is, wherever it stands."""
        if not 2 <= len(text) <= 120 or self.column(text):
            return False
        if self.person(text) or ("@" in text and "." in text):
            return True
        if self._told(text)[0]:
            return False
        digits = sum(c.isdigit() for c in text)
        return digits >= 6 or (" " in text and len(text) >= 8) or (text[0] >= "㐀" and len(text) <= 4) or called(text)

    def _pairs(self, line: str) -> Iterator[tuple[str, str, int]]:
        at = 0
        while (found := _PAIR.search(line, at)) is not None:
            key, begin = found["key"], found.start("key")
            if begin > 1 and line[begin - 1] == " " and key.lower() in keys().lasts:
                key, begin = _wide(line, key, begin)
            yield key, found["value"].strip(), begin
            at = found.end("key")

    def _identities(self, line: str) -> tuple[int, int, int]:
        """How many values of a line are a person's name, birth or number, a way to reach one, and a people's."""
        own = other = tagged = 0
        for key, value, at in self._pairs(line):
            if (names(key, value) and not self._told(value)[0]) or birth(key, value):
                own += 1
            elif contact(key, value):
                other += 1
            elif self._asks(line, key, value, at):
                tagged += 1
        return own, other, tagged

    def tagged(self, text: str) -> bool:
        """Whether a text says of which people somebody is: a key for that, and a single one as its value."""
        if len(text) > _CELL or not self._told(text)[1]:
            return False
        return any(self._asks(text, key, value, at, sole=True) for key, value, at in self._pairs(text))

    def _asks(self, line: str, key: str, value: str, at: int, *, sole: bool = False) -> bool:
        """Whether a key is for a people, and its value none of the words for that; with ``sole``, whether it is one."""
        if self._told(key)[1]:
            return not self._told(value)[1] and (not sole or self._told(value)[2] == 1)
        return self._told(value)[2] == 1 and self._asked(line, key, at) is not None

    def _asked(self, line: str, key: str, at: int) -> int | None:
        """Where a key for a people begins of which a pair has but the last word: ``Origine ethnique``."""
        if at < 2 or line[at - 1] != " " or (before := _BEFORE.search(line, max(0, at - 60), at)) is None:
            return None
        words = before[0] + key
        if not self._told(words)[1]:
            return None
        starts = [h.start for h in self._match(words) if h.kind == "attribute" and h.end > len(before[0])]
        return min(starts) + before.start() if starts else None

    def _described(self, line: str) -> bool:
        """Whether a line without keys is a row or a sentence of a person: a people beside who it is."""
        strong = bool(_MAIL.search(line)) + bool(_PHONE.search(line))
        weak = bool(_NUMBER.search(line)) + bool(_STREET.search(line))
        dated = bool(_DATE.search(line))
        strong += dated and bool(_BORN.search(line))
        weak += dated
        if not (strong or weak or _NAMED.search(line)):
            return False
        _, asks, peoples = self._told(line)
        if not (asks or peoples) or peoples >= CLASSES:
            return False
        if strong and (weak or strong > 1 or peoples):
            return True
        # Beside a date or a number two or three characters are a name, whatever surname they begin with, and so are
        # words of a script without capitals.
        called = any(self.person(cell) or (weak and self.somebody(cell)) for cell in self._cells(line))
        if weak and (weak > 1 or called) and (peoples or asks):
            return True
        # A picture of a people is called after the one whom it shows: ``asian/Ann_Smith_01.jpg``.
        if peoples and any(self.person(found["name"]) for found in pictured(line)):
            return True
        # ``Ann Smith (Asian)``, ``Ann Smith is Asian``.
        if any(self.person(f[0]) and self._starts(line, f.end()) for f in _CALLED.finditer(line)):
            return True
        # ``("Ann Smith", "Asian")``: nothing but a name and a people.
        return called and not self._labelled(line) and any(map(self._apart, self._cells(line)))

    def _starts(self, line: str, end: int) -> bool:
        """Whether a people, and nothing longer, is all that is said of whose name ends at some place of a line."""
        at = predicate(line, end)
        rows = (h for h in self._match(line[:_LONG]) if end <= h.start <= at < h.end) if at else ()
        return any(h.kind in {"group", "colour"} and _ENDS.match(line, h.end) for h in rows)

    def _persons(self, line: str) -> int:
        """How many cells of a line are names of persons: ``name: ["Ann Smith", "Bo Li"], race: [...]``."""
        return sum(self.person(cell) for cell in {c.strip() for c in self._cells(line)})

    def _cells(self, line: str) -> Iterator[str]:
        """Parts of a line that may be a name."""
        for found in QUOTED.finditer(line):
            yield body_of(found)[2]
        bare = TAG.sub("\t", line)
        # A row of LaTeX has more than one, or ends in its own sign: ``Turks & Caicos Islands`` is one name.
        sole = bare.count("&") == 1 and " & " in bare and "\\\\" not in bare
        for cell in _CELLS.split(bare) if not sole else _PLAIN.split(bare):
            cell = cell.strip(" \"'`*()[]{}-#/.%:!")
            if cell:
                yield cell
                yield from _inner(cell)

    def records(self, lines: Sequence[str]) -> set[int]:
        """Which of some neighbouring lines hold values of persons, by index.

        Args:
            lines: As they stand in an artifact, one after another.
        """
        lines = [plainly(line) for line in lines]
        rows = [self._identities(line[:_LONG]) for line in lines]
        tagged = any(row[2] for row in rows) or any(row[0] and row[1] for row in rows)
        out: set[int] = set()
        for number, (line, (own, other, here)) in enumerate(zip(lines, rows, strict=True)):
            if own or (other and (tagged or here)):
                # ``name: "Skin Tone", values: ["Asian", "Black", "White"]`` is a list of classes.
                peoples = self._told(line)[2]
                if peoples < CLASSES or own + other >= peoples or self._persons(line[:_LONG]) >= peoples:
                    out.add(number)
            elif here and (beside := self._beside(lines, number)) is not None:
                out |= {beside, number}
            elif here and (title := self._title(lines, number)) is not None:
                out |= {title, number}
            elif self._described(line[:_LONG]) and not declares(line):
                out.add(number)
        # In the body of a form each value stands by itself.
        reach = {n for n, line in enumerate(lines) if line and self.alone(line)}
        if reach and any(self._told(line)[1] for line in lines):
            out |= reach
        if not out:
            return out
        shapes = {shape(lines[n]) for n in out} - {""}
        for number, line in enumerate(lines):
            if number in out or not _WORDS.search(line):
                continue
            own, other, here = rows[number]
            # What is said of the same person on the next line, and the row beside a row.
            if (
                other
                or here
                or (shape(line) in shapes and not self._header(line))
                or self._titled(line)
                or (not line.isascii() and self._told(line)[2] == 1 and self._paired(line))
            ):
                out.add(number)
        return out

    def _paired(self, line: str) -> bool:
        """Whether a line beside a record is a name and a people."""
        cells = list(self._cells(line))
        return any(map(self.people, cells)) and any(map(self.somebody, cells))

    def _beside(self, lines: Sequence[str], number: int) -> int | None:
        """The line beside one that says of which people somebody is, whose value, under any key, is a whole name."""
        line = lines[number][:_LONG]
        if not any(self._asks(line, key, value, at, sole=True) for key, value, at in self._pairs(line)):
            return None
        for at in (number - 1, number + 1):
            if 0 <= at < len(lines) and lines[at].strip() and depth_of(lines[at]) == depth_of(lines[number]):
                rows = list(self._pairs(lines[at][:_LONG]))
                if len(rows) == 1 and self.person(rows[0][1]):
                    return at
        return None

    def _title(self, lines: Sequence[str], number: int) -> int | None:
        """The line above one that says of which people somebody is, under whose key or section, a name, it stands."""
        line = lines[number]
        line = line[:_LONG]
        if not any(self._asks(line, key, value, at, sole=True) for key, value, at in self._pairs(line)):
            return None
        depth = depth_of(line)
        for at in range(number - 1, max(-1, number - _ABOVE), -1):
            above = lines[at]
            if (found := _SECTION.fullmatch(above)) is not None:
                return at if self.person(found["key"]) else None
            if above.strip() and depth_of(above) < depth:
                # Without any other value of a person only a whole name is believed, and no two words of any text.
                found = _TITLE.fullmatch(above)
                return at if found is not None and self.person(found["key"]) else None
        return None

    def _titled(self, line: str) -> bool:
        """Whether a line is the key of a person's record: ``"Ann Smith": {``."""
        found = _TITLE.fullmatch(line)
        return found is not None and not self._told(found["key"])[0] and called(found["key"])

    def _header(self, line: str) -> bool:
        """Whether the cells of a line are names of columns."""
        cells = [c for c in (c.strip(" \"'`*()[]{}-#/.%:") for c in _CELLS.split(TAG.sub("\t", line))) if c]
        return bool(cells) and sum(self.column(c) for c in cells) * 2 >= len(cells)

    def column(self, text: str) -> bool:
        """Whether a text is the name of a column or key, and no value."""
        if len(text) > 32 or not _COLUMN.fullmatch(text) or person(text):
            return False
        return self._told(text)[1] or contact(text) or birth(text) or names(text)

    # -- blanking

    def unbroken(self, text: str) -> str:
        """A text that was cut, without the half of a value that it may end with."""
        bare = text.rstrip()
        if len(text) < _HALF or not bare[-1:].isalnum():
            return text
        end = ""
        for key, value, _ in self._pairs(bare[-_HALF:]):
            named = names(key) and (value[:1].isupper() or not value.isascii())
            quoted = contact(key) and bare[: -len(value) or None].endswith(("'", '"'))
            asked = named or quoted or ((birth(key) or contact(key)) and any(c.isdigit() or c == "@" for c in value))
            if asked and bare.endswith(value) and not self._told(value)[0]:
                end = value
        return bare[: len(bare) - len(end)] + VALUE if end else text

    def lines(self, lines: Sequence[str]) -> dict[int, list[Cut]]:
        """What goes from which of some neighbouring lines."""
        return {n: self.line(lines[n]) for n in sorted(self.records(lines))}

    def text(self, text: str, *, sure: bool = False, code: bool = False) -> list[Cut]:
        """What goes from a text of its own.

        Args:
            text: Of any number of lines.
            sure: Whether it is known to belong to a record of a person.
            code: Whether it is code: of that, texts in quotes go and what no code holds.
        """
        out: list[Cut] = []
        rows = text.split("\n")
        known = set(range(len(rows))) if sure else self.records(rows)
        at = 0
        for number, row in enumerate(rows):
            if number in known and not (sure and len(rows) > 1 and self._header(row)):
                out += [(a + at, b + at, new) for a, b, new in self.line(row, code=code)]
            at += len(row) + 1
        return out

    def line(self, line: str, depth: int = 0, *, code: bool = False) -> list[Cut]:
        """What goes from a line of a record: its values; keys, names of columns and code stay."""
        out: list[Cut] = []
        free: list[tuple[int, int]] = []
        at, quoted = 0, code
        lead = line.lstrip()
        if lead.startswith(("*", "#", "--")):
            remark = depth == 0 and lead.startswith(("# ", "* ", "-- "))
        else:
            remark = _COMMENT.match(line) is not None
        for start, end, kind in tokens(line, bare=remark):
            free.append((at, start))
            at = end
            if kind == "tag":
                if "=" in line[start:end]:
                    inner = line[start + 1 : end - 1]
                    out += [(a + start + 1, b + start + 1, new) for a, b, new in self._strings(inner, depth)]
                continue
            quoted = True
            out += self._string(line, start, end, depth)
        free.append((at, len(line)))
        for low, high in free:
            out += self._code(line, low, high) if quoted else self._prose(line, low, high)
        return sorted(out)

    def _strings(self, text: str, depth: int) -> list[Cut]:
        out: list[Cut] = []
        for found in QUOTED.finditer(text):
            low, high, _ = body_of(found)
            out += self._string(text, low, high, depth)
        return out

    def _string(self, line: str, start: int, end: int, depth: int) -> list[Cut]:
        """What goes from a text in quotes (its bounds, without them)."""
        body = line[start:end]
        if not _WORDS.search(body) or VALUE in body:
            return []
        behind = line[end:].lstrip("\\\"'`")
        named = called(body) and not self._told(body)[0]
        if _FOLLOWS.match(behind) and not named and len(body) <= 60 and not _STRUCTURED.search(body):
            return []
        if self.column(body) and not self.person(body):
            return []
        if depth < _DEEP and _STRUCTURED.search(body):
            if not body.isascii() or ":" in body or "=" in body or "<" in body or "(" in body:
                return [(a + start, b + start, new) for a, b, new in self.line(body, depth + 1)]
            if self._header(body):
                return []
        return [(start, end, VALUE)]

    def _code(self, line: str, low: int, high: int) -> list[Cut]:
        """What goes from code between texts in quotes: what no code holds."""
        part = line[low:high]
        out: list[Cut] = []
        for pattern in (_MAIL, _PHONE, _DATE, _NUMBER):
            for found in pattern.finditer(part):
                _add(out, (found.start() + low, found.end() + low, VALUE))
        for found in pictured(part):
            if self.person(found["name"]):
                _add(out, (found.start() + low, found.end("name") + low, VALUE))
        # No code has two words with a capital each beside each other: ``ethnicity of Ann Smith is 'Asian'``.
        for found in _CALLED.finditer(part):
            if all(w[1:].islower() for w in found[0].split()) and self.person(found[0]):
                _add(out, (found.start() + low, found.end() + low, VALUE))
        for key, value, at in self._pairs(part):
            if contact(key, value) or birth(key, value) or (names(key, value) and not self._told(value)[0]):
                begin = part.find(value, at + len(key))
                _add(out, (begin + low, begin + low + len(value), VALUE))
        return out

    def _prose(self, line: str, low: int, high: int) -> list[Cut]:
        """What goes from text without quotes: all but keys, names of columns and what divides them."""
        out: list[Cut] = []
        for found in _BARE.finditer(line, low, high):
            at = found.start()
            if self.column(found[0].strip(" :=-*")):
                continue
            kept = [(k, k + len(key)) for key, _, k in self._keys(found[0])]
            for a, b in [*((a + found.start(), b + found.start()) for a, b in kept), (found.end(), found.end())]:
                if a < at:
                    continue
                lead = _KEEP.match(line, at, a)
                begin = lead.end() if lead else at
                end = a
                while end > begin and _KEEP.match(line, end - 1, end):
                    end -= 1
                if _WORDS.search(line[begin:end]):
                    out.append((begin, end, VALUE))
                at = b
        return out

    def _keys(self, text: str) -> Iterator[tuple[str, str, int]]:
        """Keys in running text that are kept: known ones, and identifiers."""
        for key, value, at in self._pairs(text):
            last = key.rsplit(" ", 1)[-1] if not self.column(key) else key
            plain = last.isascii() and (last.islower() or "_" in last) and not any(c.isdigit() for c in last)
            if (self.column(last) or plain) and not self.person(last):
                yield last, value, at + len(key) - len(last)
            elif self._told(value)[2] == 1 and (start := self._asked(text, key, at)) is not None:
                yield text[start : at + len(key)], value, start


def _word(hit: Hit, text: str) -> bool:
    """Whether a hit shows that a text is no name: words of the surroundings are names, too (Baker; Mata, a face)."""
    if hit.kind != "context":
        return True
    plain = hit.language.partition("-")[0] in {"en", "code", "und", ""}
    return hit.family not in _TOPICS and (plain or not text[hit.start : hit.end].isascii())


@cache
def veil() -> Veil:
    """What blanks by the lexicon that is shipped, made once a process."""
    return Veil(load().match)


def somebody(text: str, match: Callable[[str], Sequence[Hit]]) -> bool:
    """Whether a name that stands in a file may be a person's, or another value of one."""
    if len(text) < 2 or len(text) > 120 or match(text):
        return False
    return called(text) or ("@" in text and "." in text) or sum(c.isdigit() for c in text) >= 8


def cut_out(text: str, cuts: Iterable[Cut]) -> str:
    """A text with other words in some places."""
    out, at = [], 0
    for start, end, new in cuts:
        if start < at:
            continue
        out += [text[at:start], new]
        at = end
    return "".join(out) + text[at:] if out else text


def _add(out: list[Cut], cut: Cut) -> None:
    if all(cut[1] <= a or cut[0] >= b for a, b, _ in out):
        out.append(cut)


def _inner(cell: str) -> Iterator[str]:
    """Runs of words with capitals in a sentence."""
    end = -1
    for found in _CALLED.finditer(cell):
        # What goes on after as many words as a name has is the rest of another one.
        if found.start() != end + 1 or cell[end] != " ":
            yield found[0]
        end = found.end()


_CALLED = later(rf"(?<!\w)(?<!\w-)[{UP}][\w'’]+(?:-\w+)*(?: [{UP}][\w'’.]+(?:-\w+)*){{1,3}}")
#: What joins a word to the one before it or behind it: it goes on itself, or both have capitals.
_BEHIND = later(rf"(?:(?:[{UP}][\w'’]* (?:& )?|[A-Za-zÀ-ɏ]-)|[A-Za-z0-9_])$")
_AHEAD = later(rf"(?: (?:& )?[{UP}]\w*|-[^\W\d]+|[A-Za-z0-9_])")
#: What stands behind a people that is all that is said of somebody.
_ENDS = later(r"\)|[.,;!?]?(?:\s+(?![A-Z])|$|[\"'`]|</)")
#: Whom one calls by such a word are many.
_MANY = later(r"(?i)\b(?:faces|people|peoples|persons|men|women|males|females|populations?|countries|languages)$")
#: A key and a text, alone on a line.
_LABELLED = later(r"\s*(?P<mark>[\"'])(?P<key>[^\"'\s]{2,40})(?P=mark)\s*(?::|=>?)\s*(?:\"[^\"]*\"|'[^']*')\s*[,;]?\s*")
_TITLE = later(r"\s*(?:- )?[\"'`]?(?P<key>[^\"'`:=]{2,60})[\"'`]?\s*(?::|=>|=)\s*[{\[(]?\s*")
#: The beginning of a section.
_SECTION = later(r"\s*\[{1,2}[\"']?(?P<key>[^\"'`:=\[\]]{2,60})[\"']?\]{1,2}\s*")
_COLUMN = later(rf"[^\W\d][\w.\-{MARKS}]*(?: [^\W\d][\w{MARKS}]*){{0,3}}")


def _wide(line: str, key: str, begin: int) -> tuple[str, int]:
    """A key of several words whose last one stands before a value, and where it begins."""
    known = keys()
    found = _BEFORE.search(line, max(0, begin - 60), begin)
    if found is not None:
        parts = found[0].split()
        for at in range(len(parts)):
            joined = "".join([*parts[at:], key]).lower().replace("'", "").replace("-", "")
            if joined in known.names or joined in known.papers or joined in known.reach:
                wide = " ".join([*parts[at:], key])
                return wide, begin - (len(wide) - len(key))
    return key, begin
