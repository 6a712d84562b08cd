"""Forms and queries (``application/x-www-form-urlencoded``, WHATWG URL): pairs with ``&`` between them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from untag.guard.body import Unsound
from untag.guard.body._scan import parts, said
from untag.guard.tree import Box, Shown, Tree
from untag.surface import Kind, Role

if TYPE_CHECKING:
    from untag.guard.body import Reading

__all__ = ["FormBody"]

_WORD = re.compile(r"[\w.:-]{1,40}")
#: Words of the longest list that spaces divide.
_LONGEST = 64
_ESCAPED = re.compile(r"(?:[^%]|%[0-9a-fA-F]{2})*")
_DIGIT = frozenset("0123456789abcdefABCDEF")


class FormBody:
    """Pairs of a query or form."""

    name = "form"
    types = ("application/x-www-form-urlencoded",)

    def clean(self, text: str, reading: Reading) -> bool:
        """Whether it surely says nothing of the lexicon."""
        return "%" not in text and "\\" not in text and reading.nothing(text.replace("+", " "))

    def read(self, text: str, reading: Reading) -> Tree:
        """What its pairs are.

        Raises:
            Unsound: An escape is broken or no UTF-8.
        """
        return shown(text, reading, "&")

    def done(self, text: str) -> None:
        """Any rest of a form is a form."""


def shown(text: str, reading: Reading, mark: str) -> Tree:
    """What pairs are.

    Args:
        text: The pairs.
        reading: The look.
        mark: What stands between them: ``&`` of a form, ``;`` of cookies, ``/`` of a path, nothing where there is one.

    Raises:
        Unsound: An escape is broken or no UTF-8.
    """
    tree = Tree()
    box = tree.box()
    at = 0
    plain = mark != "&"
    for pair in text.split(mark) if mark else [text]:
        reading.spend(1)
        name, equals, _ = pair.partition("=")
        key = unescaped(name, at, plain=plain)[0].strip()
        here = box.add(at, at + len(pair), key)
        if key:
            # ``filter[race]`` and ``a.race`` are paths.
            tree.show(Shown(Role.PARAMETER, key, "", Kind.OPERATION), box, here)
        if equals:
            value, where = unescaped(pair[len(name) + 1 :], at + len(name) + 1, plain=plain)
            _value(tree, reading, value, where, (box, here), key)
        at += len(pair) + len(mark)
    return tree


def _value(tree: Tree, reading: Reading, value: str, where: list[int], spot: tuple[Box, int], key: str) -> None:
    """A value: also a list that spaces divide, as a ``+`` in a query does."""
    words = value.split(" ")
    if 1 < len(words) <= _LONGEST and _listing(key) and all(map(_WORD.fullmatch, words)):
        rows = [found.span() for found in re.finditer(r"\S+", value)]
        parts(tree, reading, value, rows, where.__getitem__, spot, key)
        return
    said(tree, reading, value, value, where.__getitem__, spot, "", key)


def _listing(key: str) -> bool:
    """Whether a key is called a list of names."""
    return re.search(r"attr|field|feature|include|select|return|action|tag|propert", key, re.IGNORECASE) is not None


def unescaped(raw: str, start: int, *, plain: bool = False) -> tuple[str, list[int]]:
    """The text of a name or value, and where each of its characters stands.

    Args:
        raw: As sent.
        start: Where it stands.
        plain: Whether ``+`` is a plus, and what looks like a broken escape none, as in cookies and headers.

    Raises:
        Unsound: An escape is broken or no UTF-8.
    """
    space = "+" if plain else " "
    if "%" not in raw or (plain and not _ESCAPED.fullmatch(raw)):
        return raw if plain else raw.replace("+", " "), list(range(start, start + len(raw) + 1))
    out: list[str] = []
    where: list[int] = []
    at, size = 0, len(raw)
    while at < size:
        if raw[at] != "%":
            out.append(space if raw[at] == "+" else raw[at])
            where.append(start + at)
            at += 1
            continue
        data = bytearray()
        places: list[int] = []
        while at < size and raw[at] == "%":
            two = raw[at + 1 : at + 3]
            if len(two) < 2 or not _DIGIT.issuperset(two):
                raise Unsound("an escape (%) in it is broken")
            data.append(int(two, 16))
            places.append(start + at)
            at += 3
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            raise Unsound("an escape (%) in it is no UTF-8") from None
        taken = 0
        for char in text:
            out.append(char)
            where.append(places[taken])
            taken += len(char.encode("utf-8"))
    where.append(start + size)
    return "".join(out), where
