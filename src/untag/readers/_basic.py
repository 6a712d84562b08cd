"""Visual Basic of all kinds (6, .NET, VBA, VBScript), line by line: types, enums, members, labels, conditions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from untag.later import later
from untag.readers._lined import DEEPEST, LONGEST, Lined
from untag.readers._lines import lines
from untag.surface import Kind, Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.place import Place
    from untag.readers._lines import Line
    from untag.surface import Surface

__all__ = ["basic"]

_NAME = r"\[?[^\W\d]\w*\]?[%&!#@$]?"
_MOD = (
    r"(?:(?:public|private|protected|friend|shared|static|global|partial|mustinherit|notinheritable|shadows|default|overrides"
    r"|overridable|mustoverride|notoverridable|overloads|readonly|writeonly|withevents|async|iterator|dim|const)\s+)"
)
_SCOPE = later(
    rf"\s*{_MOD}*(?P<what>class|module|structure|interface|namespace|type|enum)\s+(?P<name>{_NAME}(?:\.\w+)*)\s*(?:as\s+\w+\s*)?$",
    re.IGNORECASE,
)
_CALLABLE = later(
    rf"\s*(?P<mods>{_MOD}*)(?P<apart>(?:declare\s+(?:ptrsafe\s+)?(?:ansi\s+|unicode\s+|auto\s+)?|delegate\s+)?)"
    rf"(?P<what>sub|function|property(?:\s+(?:get|let|set))?|event|operator)\s+(?P<name>{_NAME})(?P<more>.*)$",
    re.IGNORECASE,
)
_END = later(r"\s*end\s+(?P<what>class|module|structure|interface|namespace|type|enum|sub|function)\b", re.IGNORECASE)
#: ``Begin VB.Label lblRace`` of a form, what closes it, and its properties.
_BEGIN = later(rf"\s*begin(?:property)?\s+(?P<type>[\w.]+)(?:\s+(?P<name>{_NAME}))?\s*(?:\{{.*\}})?\s*$", re.IGNORECASE)
_CLOSE = later(r"\s*end(?:property)?\s*$", re.IGNORECASE)
_SHOWN = later(r"\s*(?P<key>caption|text|tooltiptext|title|tag|datafield|list|itemdata)\s*=\s*(?=\")", re.IGNORECASE)
#: One thing that is declared: its bounds, its type and its value.
_ONE = later(
    rf"\s*(?P<name>{_NAME})\s*(?P<bounds>\([^()]*\))?\s*(?:as\s+(?:new\s+)?(?P<type>[\w.]+(?:\s*\(of[^()]*\)|\s*\*\s*\w+|\(\))?))?"
    r"\s*(?:=\s*(?P<value>.*))?$",
    re.IGNORECASE,
)
_DECLARES = later(rf"\s*{_MOD}+", re.IGNORECASE)
_PARAMETER = later(
    rf"\s*(?:(?:byval|byref|optional|paramarray)\s+|<[^<>]*>\s*)*(?P<name>{_NAME})(?:\(\))?\s*(?:as\s+(?P<type>[\w.]+))?",
    re.IGNORECASE,
)
_TEST = later(
    r"\s*(?:(?P<if>if|elseif|else\s+if)\s+(?P<test>.*?)(?:\s+then\b(?P<leads>.*))?"
    r"|(?:while|do\s+while|do\s+until|loop\s+while|loop\s+until|until)\s+(?P<loop>.*)|select\s+case\s+(?P<select>.*)"
    r"|case\s+(?P<case>.*))$",
    re.IGNORECASE,
)
_SET = later(rf"\s*(?:set\s+|let\s+)?(?:[\w.()\"]*[.!])?(?P<name>{_NAME})\s*(?:\([^()]*\))?\s*=(?!=)", re.IGNORECASE)
_CALLED = later(rf"\s*(?:call\s+)?(?:{_NAME}\.)*{_NAME}\s*(?:\(|[\"\w]).*", re.IGNORECASE)
_LITERAL = later(r"\"((?:[^\"]|\"\")*)\"")
_REM = later(r"\s*rem\b", re.IGNORECASE)
_KINDS = {"class": Kind.CLASS, "enum": Kind.ENUM, "structure": Kind.STRUCT, "type": Kind.STRUCT}
_HOLDS = frozenset({Kind.CLASS, Kind.STRUCT, Kind.FORM})
#: Labels of a case that hold for everything.
_ELSE = "else"


def basic(text: str, place: Place) -> Iterator[Surface]:
    """Surfaces of source in Visual Basic.

    Args:
        text: A module, class or form.
        place: Place of the artifact.

    Yields:
        What it declares, shows, asks and calls, with the comments bound to what they stand beside; line by line.
    """
    reader = _Basic(place)
    for line in lines(text):
        reader.line(line)
        yield from reader.flush()
    yield from reader.end()


class _Basic(Lined):
    words = frozenset(
        re.split(
            r"\s+",
            """
        addressof alias and andalso as attribute base boolean byref byte byval call case catch class compare const
        declare delegate dim do double each else elseif end enum error event exit explicit finally for friend function
        get global goto if implements imports in inherits integer interface is let lib like long loop me mod module
        mustinherit namespace new next not nothing object of on option optional or orelse overridable overrides partial
        private property protected public readonly redim resume return select set shared single static step stop string
        structure sub then throw to try type until variant wend while with withevents xor
            """.strip(),
        )
    )

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        #: What is open: the word that closes it, owner and kind around it.
        self.open: list[tuple[str, str, Kind]] = []
        self.subject = ""
        self.control = ""

    def line(self, line: Line) -> None:
        """Show one line."""
        body = line.text
        if len(body) > LONGEST:
            self.put(Role.STRING, line, (0, len(body)))
            return
        cut = _comment(body)
        code = body[:cut]
        if code.strip():
            start = 0
            for end in _statements(code):
                self.statement(line, start, end)
                start = end + 1
            self.rest(line, 0, cut)
        if cut < len(body):
            self.remark(line, cut, alone=not code.strip())

    def push(self, word: str, owner: str, kind: Kind) -> None:
        if len(self.open) < DEEPEST:
            self.open.append((word, self.owner, self.kind))
            self.owner, self.kind = owner, kind

    def pop(self, word: str) -> None:
        """Close the innermost of a kind, and what was left open in it."""
        if any(w == word for w, _, _ in self.open):
            while self.open:
                name, self.owner, self.kind = self.open.pop()
                if name == word:
                    break

    def statement(self, line: Line, start: int, end: int) -> None:
        """One statement of a line."""
        code = line.text[:end]
        bare = code[start:].strip()
        if not bare:
            return
        if bare.startswith("<") and ">" in bare:
            self.remark_of(line, start, end)
        elif found := _END.match(code, start):
            self.pop(found["what"].lower())
        elif self.form(line, code, start) or self.scope(line, code, start):
            pass
        elif found := _CALLABLE.match(code, start):
            self.callable(line, found)
        elif found := _TEST.match(code, start):
            self.test(line, found)
        elif self.kind is Kind.ENUM or (self.open and self.open[-1][0] == "type"):
            self.one(line, start, end)
        elif declares := _DECLARES.match(code, start):
            self.listed(line, declares.end(), end)
        elif found := _SET.match(code, start):
            self.values(line, found.end(), end, found["name"].strip("[]"))
        elif _CALLED.match(code, start) and bare.lower().split()[0] not in self.words - {"call"}:
            low = len(code[start:]) - len(code[start:].lstrip()) + start
            taken = list(self.taken)
            self.put(Role.CALL, line, (low, low + len(bare)))
            self.taken = taken  # what it is called with is shown as well
        elif bare.lower().startswith(("imports ", "implements ", "inherits ")):
            self.put(Role.IMPORT, line, (start, end))

    def remark_of(self, line: Line, start: int, end: int) -> None:
        """An attribute of .NET, which is of what comes below it."""
        before = len(self.now)
        self.put(Role.ANNOTATION, line, (start, end))
        self.above += self.now[before:]
        self.below = line.number
        del self.now[before:]

    def form(self, line: Line, code: str, start: int) -> bool:
        """The controls of a form as VB6 keeps them."""
        if found := _BEGIN.match(code, start):
            name = (found["name"] or "").strip("[]")
            if name:
                self.declare(
                    Role.FIELD, line, found.span("name"), (self.owner or "form", Kind.FORM), type=found["type"]
                )
            owner = self.owner if self.kind is Kind.FORM else name or "form"
            self.push("begin", owner, Kind.FORM)
            self.control = name or self.control
            return True
        if self.kind is Kind.FORM and _CLOSE.match(code, start):
            self.pop("begin")
            return True
        if self.kind is Kind.FORM and (found := _SHOWN.match(code, start)):
            for said in _LITERAL.finditer(code, found.end()):
                role = Role.FIELD if found["key"].lower() == "datafield" else Role.LABEL
                self.put(role, line, said.span(1), about="" if role is Role.FIELD else self.control)
            return True
        return False

    def scope(self, line: Line, code: str, start: int) -> bool:
        found = _SCOPE.match(code, start)
        if found is None:
            return False
        what = found["what"].lower()
        kind = _KINDS.get(what, Kind.CLASS)
        path = self.unique(self.join(self.owner, found["name"].strip("[]")))
        self.declare(Role.ENUM if what == "enum" else Role.TYPE, line, found.span("name"), (path, kind))
        self.push(what, path, kind)
        return True

    def callable(self, line: Line, found: re.Match[str]) -> None:
        """A procedure with its parameters; a property is a field of what it stands in."""
        what, name = found["what"].lower().split(), found["name"].strip("[]")
        if what[0] == "property":
            typed = re.search(r"\bas\s+(?:new\s+)?([\w.]+)", found["more"], re.IGNORECASE)
            self.declare(Role.FIELD, line, found.span("name"), type=typed[1] if typed else "")
            if "=" in found["more"]:
                self.values(line, found.start("more") + found["more"].index("=") + 1, found.end("more"), name)
            return
        self.declare(Role.FUNCTION, line, found.span("name"))
        path = self.unique(self.join(self.owner, name))
        open_ = found["more"].find("(")
        if open_ >= 0:
            at = found.start("more") + open_ + 1
            for end in _split(line.text, at, found.end("more")):
                one = _PARAMETER.match(line.text, at, end)
                if one:
                    more = {"type": one["type"] or ""}
                    self.put(Role.PARAMETER, line, one.span("name"), (path, Kind.CALLABLE), **more)
                at = end + 1
        held = (
            not found["apart"].strip()
            and "mustoverride" not in found["mods"].lower()
            and what[0] in {"sub", "function"}
        )
        if held and not any(w == "interface" for w, _, _ in self.open[-1:]):
            self.push(what[0], path, Kind.CALLABLE)

    def test(self, line: Line, found: re.Match[str]) -> None:
        """A condition as written, with what its line leads to."""
        taken = list(self.taken)
        group = next(g for g in ("test", "loop", "select", "case") if found[g] is not None)
        if group == "case" and found["case"].strip().lower() == _ELSE:
            return
        low, high = found.span(group)
        about = self.subject if group == "case" else ""
        self.put(Role.CONDITION, line, (low, high), about=about, value=self.names(found["leads"] or ""))
        self.taken = taken
        if group == "select":
            self.subject = found["select"].strip()[:100]

    def listed(self, line: Line, start: int, end: int) -> None:
        """``a As T, b() As T = …`` behind the words that declare them."""
        for stop in _split(line.text, start, end):
            self.one(line, start, stop)
            start = stop + 1

    def one(self, line: Line, start: int, end: int) -> None:
        found = _ONE.match(line.text[:end], start)
        if found is None:
            return
        name = found["name"].strip("[]%&!#@$")
        low = line.text.find(name, found.start("name"))
        value = (found["value"] or "").strip()
        member = self.kind is Kind.ENUM
        role = Role.MEMBER if member else Role.FIELD if self.kind in _HOLDS else Role.CONSTANT
        literal = _LITERAL.fullmatch(value)
        self.declare(
            role, line, (low, low + len(name)), type=found["type"] or "", value=literal[1] if literal else value[:200]
        )
        if value and not member:
            self.values(line, found.start("value"), found.end("value"), name)

    def values(self, line: Line, start: int, end: int, name: str) -> None:
        """The strings that a thing is given: a list of labels, or its value."""
        found = list(_LITERAL.finditer(line.text, start, end))
        plain = [
            m for m in found if line.text[start : m.start()].strip() == "" and line.text[m.end() : end].strip() == ""
        ]
        listed = len(found) > 1 and re.search(r"\{|\barray\s*\(", line.text[start:end], re.IGNORECASE) is not None
        path = self.unique(self.join(self.owner, name)) if listed else ""
        for one in found:
            if listed:
                self.put(Role.MEMBER, line, one.span(1), (path, Kind.LIST))
            else:
                self.put(Role.VALUE if plain else Role.STRING, line, one.span(1), about=name)


def _comment(text: str) -> int:
    """Where the comment of a line begins, or its end."""
    if _REM.match(text):
        return len(text) - len(text.lstrip())
    inside = False
    for at, sign in enumerate(text):
        if sign == '"':
            inside = not inside
        elif sign in "'\u2018\u2019" and not inside:
            return at
    return len(text)


def _statements(code: str) -> list[int]:
    """Where the statements of a line end: at colons outside of strings and brackets."""
    return _ends(code, 0, len(code), ":")


def _split(text: str, start: int, end: int) -> list[int]:
    """Where the parts of a list end: at commas outside of strings and brackets, or at the bracket that closes it."""
    return _ends(text, start, end, ",")


def _ends(text: str, start: int, end: int, mark: str) -> list[int]:
    out: list[int] = []
    depth, inside = 0, False
    for at in range(start, end):
        sign = text[at]
        if sign == '"':
            inside = not inside
        elif inside:
            continue
        elif sign in "({":
            depth += 1
        elif sign in ")}":
            depth -= 1
            if depth < 0:
                return [*out, at]
        elif sign == mark and depth <= 0 and text[at + 1 : at + 2] != "=":
            out.append(at)
    return [*out, end]
