"""Windows resource scripts: dialogs, their controls and captions, menus and string tables."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from untag.readers._lines import Line, dense, has_word, joined, lines, spread
from untag.surface import Kind, Role, Surface

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.place import Place

__all__ = ["dialog"]

_STRING = re.compile(r'L?"((?:[^"\\\n]|\\.|"")*)"')
_OPEN = re.compile(r"\s*(\w+)\s+(DIALOG(?:EX)?|MENU(?:EX)?|ACCELERATORS|TOOLBAR|RCDATA|DLGINIT)\b")
_LABEL = re.compile(
    r"\s*(LTEXT|RTEXT|CTEXT|GROUPBOX|PUSHBUTTON|DEFPUSHBUTTON|CHECKBOX|AUTOCHECKBOX|RADIOBUTTON|AUTORADIOBUTTON|CONTROL|MENUITEM|POPUP|CAPTION)\b"
)
_FIELD = re.compile(r"\s*(EDITTEXT|COMBOBOX|LISTBOX|SCROLLBAR|ICON)\s+(\w+)")
_ENTRY = re.compile(r'\s*(\w+)\s*,?\s*L?"')
_ID = re.compile(r"\b([A-Z][A-Z0-9]*_\w+|\d{3,})\b")
_INPUT = re.compile(r'"(?:Edit|ComboBox\w*|ListBox|SysListView32|SysDateTimePick32|RICHEDIT\w*)"', re.IGNORECASE)


def dialog(text: str, place: Place) -> Iterator[Surface]:
    """Surfaces of a resource script.

    Args:
        text: The script.
        place: Place of the artifact.
    """
    owner, kind, table = "", Kind.FILE, False
    held: list[tuple[Line, int, str, str]] = []
    for line in lines(text):
        look = line.text[:4000]
        opened = _OPEN.match(look)
        if opened or look.strip().upper() in ("STRINGTABLE", "END") or look.lstrip().startswith("STRINGTABLE"):
            for item in held:
                yield from _caption(item, item[3], place, owner, kind)
            held = []
        if opened:
            owner, kind, table = opened[1], Kind.FORM, False
            spot = place.at(line=line.number, column=opened.start(1) + 1)
            yield Surface(Role.TYPE, owner, spot, owner, kind)
        elif look.lstrip().startswith("STRINGTABLE"):
            owner, kind, table = "STRINGTABLE", Kind.FORM, True
        elif look.lstrip().startswith(("//", "/*", ";", "*")):
            yield from spread(Role.COMMENT, line, place, owner, kind)
        elif field := _FIELD.match(look):
            spot = place.at(line=line.number, column=field.start(2) + 1)
            yield Surface(Role.FIELD, field[2], spot, owner, kind, type=field[1])
            for item in held:
                yield from _caption(item, field[2], place, owner, kind)
            held = []
        elif label := _LABEL.match(look):
            yield from _control(line, label[1], held, place, owner, kind)
        elif table and (entry := _ENTRY.match(look)):
            spot = place.at(line=line.number, column=entry.start(1) + 1)
            yield Surface(Role.KEY, entry[1], spot, owner, kind)
            if found := _STRING.search(line.text):
                yield from spread(Role.VALUE, line, place, owner, kind, entry[1], found.start(1), found[1])
        else:
            yield from spread(Role.STRING, line, place, owner, kind)
    for item in held:
        yield from _caption(item, item[3], place, owner, kind)


def _control(
    line: Line, word: str, held: list[tuple[Line, int, str, str]], place: Place, owner: str, kind: Kind
) -> Iterator[Surface]:
    found = _STRING.search(line.text)
    rest = line.text[found.end() :][:2000] if found else line.text[:2000]
    number = _ID.search(rest)
    name = number[1] if number else ""
    if number and found:
        role = Role.FIELD if word not in ("MENUITEM", "POPUP", "CAPTION") else Role.USE
        spot = place.at(line=line.number, column=found.end() + number.start() + 1)
        yield Surface(role, name, spot, owner, kind, type=word)
    if found is None:
        yield from spread(Role.STRING, line, place, owner, kind)
        return
    item = (line, found.start(1), found[1], name)
    if word == "CONTROL" and _INPUT.search(rest):
        for label in held:
            yield from _caption(label, name, place, owner, kind)
        held.clear()
    if word in ("LTEXT", "RTEXT", "CTEXT") or (word == "CONTROL" and '"Static"' in rest):
        # A caption stands before the field it names; which one it is shows only when that comes.
        for label in held:
            yield from _caption(label, label[3], place, owner, kind)
        held[:] = [item]
        return
    yield from _caption(item, name, place, owner, kind)


def _caption(item: tuple[Line, int, str, str], about: str, place: Place, owner: str, kind: Kind) -> Iterator[Surface]:
    line, start, text, _ = item
    clean = text.replace('""', '"').replace("&", "")
    if not has_word(clean):
        return
    yield from spread(Role.LABEL, line, place, owner, kind, about, start, clean)
    made = joined(clean[:200])
    if len(clean) <= 200 and made != dense(clean):
        yield from spread(Role.LABEL, line, place, owner, kind, about, start, made)
