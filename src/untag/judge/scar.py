"""Scars: marks that are not live: commented-out code, reserved or renamed fields, remnants in names, backup copies."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec.structs import replace

from untag.case import DECLARED, Scar
from untag.finding import Mark
from untag.judge.legend import items
from untag.later import later
from untag.surface import Kind, Role

if TYPE_CHECKING:
    from collections.abc import Mapping

    from untag.judge.gather import Draft
    from untag.surface import Surface

__all__ = ["backup_of", "code_in", "scars"]

#: Longest line that is looked at as code.
_LONGEST = 300
_NAME = r"[A-Za-z_$][\w$]*"
_PATH = rf"{_NAME}(?:(?:\.|->|::){_NAME}|\[[^\[\]\n]{{0,40}}\])*"
#: What a line of code ends its remark with.
_REMARK = later(r"\s+(?://|/\*|#|--\s).*$")
_TYPES = (
    r"(?:unsigned\s+|signed\s+)?(?:int|long|short|char|byte|bool|boolean|float|double|void|string|auto|var|let|const|val|u?int\d{1,2}(?:_t)?"
    r"|size_t|String|Integer|Boolean|Long|Float|Double|Byte|Short|Object|Date|(?=[A-Z])[A-Z][A-Z0-9_]{2,}|[A-Z]\w*[a-z0-9][A-Z]\w*|[a-z]\w*_t"
    r"|[A-Z]\w*\s?<[\w<>,.? ]{1,60}>)"
)
_WORDS = (
    r"(?:(?:public|private|protected|internal|static|final|const|readonly|volatile|override|required|optional|repeated"
    r"|export|lateinit|pub|virtual|abstract|readonly|mutable|inline|open)\s+)"
)
_LITERAL = (
    r"(?:-?\d[\w.]*|\"[^\"\n]*\"|'[^'\n]*'|[rbfu]\"[^\"\n]*\"|(?:true|false|null|None|True|False|nil|nullptr)|"
    rf"[\[{{(][^\n]*|(?:new\s+|await\s+)?{_PATH}\([^\n]*|{_NAME}(?:\.|->|::)[\w.>:-]+|{_NAME}\[[^\n]*)"
)
#: ``private int race;``, ``BYTE byRace[4];``, ``var race = 1``, ``int32 race = 3;``
_FIELD = later(
    rf"{_WORDS}{{0,4}}(?:{_TYPES}(?:\s+|\s*[*&]+\s*|\s?\[\]\s*)|{_WORDS})(?P<name>{_NAME})(?:\[\w*\])?\s*(?:(?:=|:=)[^=\n][^\n]*|[;,]|\{{\s*(?:get|set|private)\b[^\n]*)"
)
#: ``val race: String``, ``race: Optional[str] = None``
_TYPED = later(
    rf"{_WORDS}{{0,4}}(?:(?:val|var|let|const)\s+(?P<name>{_NAME})\s*[:=]|(?P<plain>{_NAME})\??:\s*"
    r"(?:int|str|string|number|boolean|bool|float|any|String|Int|Integer|[A-Z]\w*\[\w+\]|[A-Z]\w*<[\w<>, ?]{1,60}>)"
    r"\s*(?:[;,]|=[^\n]+)?$)[^\n]*"
)
#: ``Race int`` in Go, ``ethnicity: Ethnicity,`` in languages that put the type behind, ``race: face.race,`` in objects.
_GO = later(
    r"(?P<name>[A-Za-z_]\w*)\s+(?:(?:\*|\[\])*(?:string|bool|byte|rune|u?int(?:8|16|32|64)?|float(?:32|64))|(?:\*|\[\])*[\w.]+(?=\s+`))"
    r"(?:\s+`[^`\n]*`)?"
)
_BEHIND = later(r"(?:pub\s+)?(?P<name>[a-z_]\w*)\??:\s*[&*]?[A-Z]\w*\??(?:\s*=[^\n]+)?\s*,")
_PAIR = later(rf"(?P<name>[a-z_$][\w$]*):\s*{_LITERAL}\s*,")
#: ``face.race = model(x)``, ``ethnicity=2,``, ``race_labels = ["asian"]``
_ASSIGN = later(rf"(?P<name>{_PATH})\s*[-+|&]?:?=(?!=)\s*(?:(?P<value>{_LITERAL})\s*[,;]?|{_NAME}\s*[,;])\s*")
#: ``result.put("race", x);``, ``detect(race=True)``, ``return model.race(face)``
_CALL = later(
    rf"(?:(?:@|return\s+|await\s+|throw\s+)?(?:new\s+)?{_PATH}\((?!s?\)$)[^\n]*[)(,{{;]|return\s+{_NAME}(?:\.|->){_PATH}\s*;)"
)
#: ``if (face.race == 2) {{``, ``elif race == "asian":``, ``case UYGHUR:``
_BRANCH = later(
    r"(?:\}\s*)?(?:(?:else\s+)?(?:if|while|switch|for|foreach|when)\s*\([^\n]*|(?:if|elif|while|unless)\s[^\n]*(?:==|!=|>|<|\bin\s+[\[({\w.]+:$)[^\n]*"
    r"|for\s+\w+(?:\s*,\s*\w+)*\s+in\s+[\w.()\[\]]+:"
    r"|(?:if|while)\s[^\n]*\{|case\s+[\w.\"']+\s*:[^\n]*)"
)
_FUNCTION = later(
    rf"(?:async\s+)?(?:def|fn|func|fun|function|class|enum|struct|interface)\s+(?P<name>{_NAME})\s*[<({{:][^\n]*"
    rf"|{_WORDS}{{1,4}}[\w<>\[\],.]+\s+(?P<method>{_NAME})\([^\n]*\)?\s*\{{?"
)
#: A member of an enum or list, an entry of a map: ``NATION_UYGHUR,``, ``"race": 1,``, ``'uyghur',``
_MEMBER = later(
    rf"(?P<name>[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*)\s*(?:=\s*[-\w]+\s*)?,|[\"'](?P<key>[^\"'\n]{{1,60}})[\"']\s*(?:(?::|=>)\s*{_LITERAL}\s*,?|,)"
)
_BARE = later(r"(?P<name>[A-Za-z]\w*)\s*=\s*-?\d\w*|(?P<caps>[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)")
_SQL = later(
    rf"[`\"]?(?P<name>{_NAME})[`\"]?\s+(?:varchar2?|n?varchar|char|int|integer|tinyint|smallint|bigint|text|number|decimal|enum)\b\s*(?:\([^\n]*|not\b[^\n]*"
    r"|null\b[^\n]*|default\b[^\n]*|comment\b[^\n]*|,)"
    r"|select\s[^\n]*\sfrom\s+[\w.`\"\[\]]+(?:\s+(?:where|join|left|right|inner|order|group|limit|as|on)\b[^\n]*|\s+\w)?;?"
    r"|(?:insert\s+into\s+\S+\s*\(|update\s+\S+\s+set\s+\S+\s*=|alter\s+table\s+\S+\s+(?:add|drop|modify|change)\b|create\s+table\s+\S+\s*\("
    r"|(?:and|or|where)\s+[\w.`]+\s*(?:=|in\s*\(|like\b))[^\n]*",
    re.IGNORECASE,
)
_TAG = later(r"</?[A-Za-z][\w:.\-]*(?:\s+[\w:.@#\-]+\s*=\s*(?:\"[^\"\n]*\"|'[^'\n]*'|\{[^\n]*))[^\n]*")
#: ``Nation, Race: TRace;``, ``property Race: TRace read FRace;``
_PASCAL = later(
    rf"(?:(?:class\s+)?(?:var|const|property)\s+)?(?P<name>{_NAME})(?:\s*,\s*{_NAME})*\s*:\s*(?:(?:packed\s+)?array\s*\[[^\]\n]*\]\s*of\s+)?"
    r"[\w.^]+(?:<[\w.,\s]+>|\[[^\]\n]*\])?(?:\s*=[^;\n]+|\s+(?:read|write|index|default|stored)\b[^;\n]*)?;"
    rf"|(?:class\s+)?(?:procedure|function)\s+(?:\w+\.)?(?P<method>{_NAME})\s*[(:;][^\n]*"
)
#: ``[string]$Nationality,``, ``[ValidateSet('a')] [string] $Race = 'a'``
_POWER = later(r"(?:\[[^\]\n]{1,200}\]\s*){1,8}\$(?P<name>\w+)\s*(?:=[^\n]+|,)?")
#: ``nation => 5,``, ``my $race = 'x';``, ``$self->{race} = 1;``
_ARROW = later(
    rf"[\"']?(?P<name>[A-Za-z_]\w*)[\"']?\s*=>\s*(?:{_LITERAL}|[$@%\\]{{1,2}}[\w>{{}}\->\[\]]+|undef)\s*,?"
    r"|(?:my|our|local)\s+[$@%](?P<mine>\w+)\s*(?:=[^\n]+)?;|\$\w+->\{(?P<key>\w+)\}\s*=[^=\n][^\n]*;"
)
#: ``field :race, :string``, ``t.string :race``, ``attr_reader :race``
_MACRO = later(r"[a-z_]+(?:\.[a-z_]+)?[ (]\s?:(?P<name>\w+)\s*(?:,[^\n]*)?\)?")
#: ``ethnicity String? @default("x")``
_MODEL = later(r"(?P<name>[a-z_]\w*)\s+[A-Z]\w*(?:\?|\[\])?(?:\s+@[^\n]*)?")
#: ``ethnicity::String = "x"``, ``, ethnicity :: !Text``, ``ethnicity :: integer(),``
_COLONS = later(r",?\s*(?P<name>[a-z]\w*)\s*::\s*[!\w(][^\n]*")
#: ``mutable Ethnicity: string option``, ``ethnicity*: Kind``
_MUTABLE = later(
    r"(?:mutable\s+)?(?P<name>[A-Z]\w*)\s*:\s*(?:(?:u?int(?:16|32|64)?|string|float|byte|bool|decimal|char)(?:\s+(?:option|list|array)|\[\])?"
    r"|[A-Z]\w*\s+(?:option|list|array))\s*;?"
)
_STARRED = later(r"(?P<name>[a-z]\w*)\*\s*:\s*\w[^\n]*")
#: ``String ethnicity``
_CAPITAL = later(
    r"(?:private\s+|static\s+|final\s+)*(?:def|[A-Z]\w*(?:<[^<>\n]{1,60}>)?)\s+(?P<name>[a-z]\w*)(?:\s*=[^\n]*)?"
)
#: ``integer :: race``, ``character(len=10), private :: race``
_DOUBLE = later(r"[a-z]\w*\s*(?:\([^()\n]{0,40}\))?[^:\n]{0,60}::\s*(?P<name>[a-z]\w*)[^\n]*", re.IGNORECASE)
#: ``:ethnicity "x"``
_KEYED = later(r":(?P<name>[a-z][\w\-]*)\s+(?:\"[^\"\n]*\"|-?\d+|:[\w\-]+|nil|[a-z][\w\-.]*|[\[({][^\n]*)")
#: Shapes of some languages alone.
_OWN: dict[str, tuple[tuple[re.Pattern[str], Role], ...]] = {
    **dict.fromkeys((".pas", ".dpr", ".dpk", ".lpr", ".inc"), ((_PASCAL, Role.FIELD),)),
    **dict.fromkeys((".ps1", ".psm1"), ((_POWER, Role.FIELD),)),
    **dict.fromkeys((".pl", ".pm"), ((_ARROW, Role.MEMBER),)),
    **dict.fromkeys((".ex", ".exs"), ((_ARROW, Role.MEMBER), (_MACRO, Role.FIELD))),
    **dict.fromkeys((".rb", ".rake"), ((_MACRO, Role.FIELD),)),
    ".prisma": ((_MODEL, Role.FIELD),),
    **dict.fromkeys((".jl", ".hs", ".hsc"), ((_COLONS, Role.FIELD),)),
    **dict.fromkeys((".erl", ".hrl"), ((_COLONS, Role.FIELD), (_ARROW, Role.MEMBER))),
    **dict.fromkeys((".fs", ".fsx"), ((_MUTABLE, Role.FIELD),)),
    **dict.fromkeys((".clj", ".cljs", ".cljc", ".edn"), ((_KEYED, Role.MEMBER),)),
    ".nim": ((_STARRED, Role.FIELD),),
    **dict.fromkeys((".groovy", ".gradle", ".gvy"), ((_CAPITAL, Role.FIELD),)),
    **dict.fromkeys((".f90", ".f95", ".f03", ".f08", ".f", ".for"), ((_DOUBLE, Role.FIELD),)),
}
_ENTRY = later(rf"-?\s*(?P<name>[\w.\-]+):(?:\s+(?:{_LITERAL}|[\w.\-]+))?")
_SHAPES: tuple[tuple[re.Pattern[str], Role], ...] = (
    (_FIELD, Role.FIELD),
    (_TYPED, Role.FIELD),
    (_ASSIGN, Role.CONSTANT),
    (_FUNCTION, Role.FUNCTION),
    (_BRANCH, Role.CONDITION),
    (_MEMBER, Role.MEMBER),
    (_SQL, Role.COLUMN),
    (_TAG, Role.KEY),
    (_CALL, Role.CALL),
)
#: Words that open a sentence or a documented example, not a line of code.
_SENTENCE = later(
    r"(?:>>>|\$\s|(?-i:@[a-z])|\\|e\.?g\b|i\.?e\b|see\b|example|usage|note\b|todo\b|fixme\b|returns?:|参考|参见|例如|如[:：])",
    re.IGNORECASE,
)
#: What stands before the text of a remark in the raw line: not the marks of documentation, nor the star of its lines.
_OPENS = ("//", "#", "--", "/*", "<!--", "%", ";", "'", "(*", "{-", "REM", "rem", '"', "{", "<#", "#=", "#_", "!")
_DOCUMENTS = ("///", "//!", "/**", "/*!", '"""', "'''", "##!", "#:", "%%", "--|", "#'", "*")
#: Languages whose block comments open with a mark on the first line only.
_BLOCKS = (
    ".java", ".kt", ".kts", ".scala", ".c", ".h", ".cc", ".cpp", ".cxx", ".hpp", ".hh", ".m", ".mm", ".cs", ".go",
    ".rs", ".swift", ".js", ".mjs", ".cjs", ".jsx", ".ts", ".tsx", ".dart", ".php", ".sql", ".proto", ".thrift", ".css",
    ".vue", ".html", ".htm", ".jsp", ".xml", ".ftl", ".pas", ".dpr", ".dpk", ".lpr", ".ps1", ".psm1",
)  # fmt: skip
_OBJECTS = (
    ".js", ".mjs", ".cjs", ".jsx", ".ts", ".tsx", ".vue", ".dart", ".go", ".rs", ".kt", ".swift", ".scala", ".json",
    ".json5", ".jsonc", ".ex", ".exs",
)  # fmt: skip
_YAML = (".yml", ".yaml", ".toml", ".ini", ".conf", ".properties", ".cfg", ".env")
_RESERVED = later(
    r"(?:^|[_.])(?:by|sz|dw|b|n|u|uc|w|ac|ch|str|i|m)?_?(?:reserved?|resv|rsvd?|rsv|unused|padding|pad|spare|filler|保留)\d*$"
    r"|(?:^|[_.])(?:by|sz|dw|uc|ac|ch)_?res\d*$",
    re.IGNORECASE,
)
#: A remark that says what a thing was before.
_WAS = later(
    r"(?:\b(?:formerly|previously|was|used to be|originally|renamed from|replaces|old name|ex|antes"
    r"|anteriormente|früher|ehemals|anciennement|dulu|sebelumnya|ранее|раньше|бывш\w{0,4})\b|原(?:名|为|来|先|字段|叫)?(?:是|为|叫)?|旧(?:名|字段|称)?|曾(?:用名|经|用|名)?|以前|此前|旧名)"
    r"[\s:：=\"'`「『（(\-–]{0,4}(?:called|named|known as|the|a|field|字段|是|叫|为)?[\s:：\"'`「『]{0,3}$",
    re.IGNORECASE,
)
_REMNANT = later(
    r"(?:^|[_\-.])(?:removed|unused|obsolete|defunct|deleted|deprecated)(?=[_\-.])"
    r"|(?<=[_\-.])(?:removed|unused|obsolete|defunct|deleted|deprecated|bak|reserved)\d?$"
    r"|(?<=[a-z0-9])(?:Removed|Unused|Obsolete|Deleted|Deprecated)(?=[A-Z]|$)|^(?:removed|unused|deleted|deprecated|obsolete)(?=[A-Z])",
)
#: A statement of an interface that keeps numbers free.
_KEPT = later(r"\s*reserved\s+[\d\"][^;\n]{0,80};\s*(?://|/\*)")
_RETIRED = later(r"^\s*(?:@[Dd]eprecated\b|\[Obsolete\b|#\[deprecated\b|\[\[deprecated\b)")
_BACKUP = later(
    r"(?P<twin>.+?)(?:\.(?:bak|orig|old|saved?|backup|prev|mine)\d{0,4}|~\d{0,3}~?|\.~\d{0,4}~)$", re.IGNORECASE
)
_COPIES = (".bak", ".orig", ".old", ".save", ".backup", ".prev", ".mine")
_PRISTINE = later(r"(?P<root>(?:.*/)?)\.svn/(?:pristine/[0-9a-f]{2}/[0-9a-f]{40}|text-base/(?P<name>[^/]+))\.svn-base$")


def backup_of(path: str) -> tuple[str, bool] | None:
    """What a path is a copy of.

    Args:
        path: Path of an artifact, with ``/``.

    Returns:
        The live file's path, or for a nameless copy of version control the folder of its working copy (ending in
        ``/``) and True; None for a path that is no backup.
    """
    pristine = _PRISTINE.fullmatch(path) if path.endswith(".svn-base") else None
    if pristine is not None:
        name = pristine["name"]
        return (pristine["root"] + name, False) if name else (pristine["root"], True)
    tail = path[-16:].lower()
    if "~" not in tail and not any(word in tail for word in _COPIES):
        return None
    match = _BACKUP.fullmatch(path)
    return (match["twin"], False) if match is not None and not match["twin"].endswith("/") else None


def scars(draft: Draft, excerpts: Mapping[int, str], twin: str | None) -> tuple[Scar, ...]:
    """The marks of a draft that are not live.

    Args:
        draft: The case in the making.
        excerpts: Raw lines around its marks, by number.
        twin: Where the artifact is a backup whose live file no longer holds this case: that file's path.
    """
    if twin is not None:
        return tuple(Scar(m, m, f"left in a backup copy; {twin} no longer has it") for m in draft.marks)
    rows: list[Scar] = []
    suffix = "." + draft.marks[0].place.chain[-1].rsplit(".", 1)[-1].lower()
    for mark in draft.marks:
        surface = mark.surface
        if all(h.kind == "context" for h in mark.hits):
            continue
        if surface.role is Role.COMMENT:
            made = _remark(mark, excerpts.get(surface.place.line or 0), suffix)
            if made is not None:
                rows.append(made)
        elif surface.type == "deleted" and surface.kind is Kind.DATASET:
            rows.append(Scar(mark, mark, "deleted, and not wiped from the free pages of the database"))
        elif surface.type == "reserved" and surface.role is Role.FIELD:
            rows.append(Scar(mark, mark, "reserved where it sat"))
        elif surface.role in DECLARED and surface.role is not Role.FUNCTION and _remnant(mark):
            rows.append(Scar(mark, mark, "its name says that it is no longer in use"))
        elif surface.role in DECLARED and _deprecated(excerpts, surface.place.line or 0):
            rows.append(Scar(mark, mark, "marked as deprecated", whole=False))
    return tuple(rows)


def _deprecated(excerpts: Mapping[int, str], line: int) -> bool:
    """Whether an annotation on a declaration or just above it calls it deprecated."""
    return any(_RETIRED.search(excerpts.get(n, "")) for n in (line - 1, line))


def _remark(mark: Mark, line: str | None, suffix: str) -> Scar | None:
    """A comment that is code, or that says what stood where now something else is."""
    surface = mark.surface
    if _RESERVED.search(surface.about) and len(surface.text) <= 120:
        return Scar(mark, replace_role(mark, Role.FIELD), "named in the remark on a reserved field")
    if surface.about and len(surface.text) <= 120:
        for hit in mark.hits:
            if hit.kind != "context" and _WAS.search(surface.text[max(0, hit.start - 40) : hit.start]):
                return Scar(mark, replace_role(mark, Role.FIELD), "named as what the thing was before")
    if line is not None and surface.place.column and _KEPT.match(line[: surface.place.column]):
        return Scar(mark, replace_role(mark, Role.FIELD), "named in the remark on a reserved number")
    if line is None or not _plain(line, surface, suffix):
        return None
    live = code_in(mark, suffix)
    return None if live is None else Scar(mark, live, "commented out")


def _plain(line: str, surface: Surface, suffix: str) -> bool:
    """Whether a comment is a plain remark, not documentation, by what stands before it in its line."""
    before = line[: max(0, (surface.place.column or 1) - 1)].rstrip()
    if before.endswith("/*") and not before.endswith("//*"):
        return True
    if before.endswith(_DOCUMENTS):
        return False
    if before.endswith(_OPENS):
        return True
    return not before and suffix in _BLOCKS


def replace_role(mark: Mark, role: Role) -> Mark:
    """The same mark as another kind of thing."""
    return Mark(replace(mark.surface, role=role, about=""), mark.hits)


def code_in(mark: Mark, suffix: str = "") -> Mark | None:
    """What a comment would be if it were live code.

    Args:
        mark: A comment.
        suffix: Of the file's name; bare ``key: value`` is code only in formats that are made of it.

    Returns:
        The declared name that is marked, or the whole line as a call, condition or use; None for prose.
    """
    text = mark.text.strip()
    if "\n" in text or len(text) > _LONGEST or len(text) < 4 or _SENTENCE.match(text):
        return None
    cut = _REMARK.search(text)
    code = (text[: cut.start()] if cut else text).rstrip()
    shapes = _SHAPES
    shapes = (*shapes, *_OWN.get(suffix, ()))
    if suffix == ".go":
        shapes = (*shapes, (_GO, Role.FIELD))
    if suffix in _OBJECTS:
        shapes = (*shapes, (_PAIR, Role.MEMBER), (_BEHIND, Role.FIELD))
    if suffix in _YAML:
        shapes = (*shapes, (_ENTRY, Role.KEY))
    if mark.surface.kind is Kind.ENUM:
        shapes = (*shapes, (_BARE, Role.MEMBER))
    for shape, role in shapes:
        match = shape.fullmatch(code)
        if match is None:
            continue
        if len(items(text)) >= 2 and role in {Role.CONSTANT, Role.CALL, Role.FIELD, Role.MEMBER}:
            return None  # "WHITE = 0, BLACK = 1" explains numbers
        return _live(mark, match, role, mark.text.index(text))
    return None


def _live(mark: Mark, match: re.Match[str], role: Role, shift: int) -> Mark:
    """The mark as live code: the declared name where the term stands in it, else the line as a use."""
    name = next((n for n, v in match.groupdict().items() if v and n != "value"), None)
    if name is not None:
        start, end = match.span(name)
        start, end = start + shift, end + shift
        inside = tuple(
            replace(h, start=max(0, h.start - start), end=h.end - start)
            for h in mark.hits
            if start <= h.start and h.end <= end
        )
        if any(h.kind != "context" for h in inside):
            return Mark(replace(mark.surface, role=role, text=match[name], about=""), inside)
        role = Role.STRING
    return replace_role(mark, role)


def _remnant(mark: Mark) -> bool:
    return len(mark.text) <= 80 and _REMNANT.search(mark.text) is not None
