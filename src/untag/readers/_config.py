"""XML that describes an interface or a mapping: MyBatis, Hibernate, Qt, Android, XAML, Interface Builder, resx."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from untag.readers._dialect import Dialect
from untag.readers._interface import Android, Apple, Linguist, Qt, Resx
from untag.readers._mapper import Mapper, Mapping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.gap import Gap
    from untag.place import Place
    from untag.surface import Surface

__all__ = ["config", "sort_of"]

_HEAD = re.compile(r"<([A-Za-z_][\w:.\-]*)([^>]*)")
_SKIP = re.compile(r"<!--.*?-->|<\?.*?\?>|<!DOCTYPE[^>\[]*(?:\[.*?\]\s*)?>", re.DOTALL)


def sort_of(head: str, suffix: str) -> str:
    """Which of the known kinds of XML a file is.

    Args:
        head: Its first few thousand characters.
        suffix: Its suffix.

    Returns:
        A word for the kind, or nothing.
    """
    found = _HEAD.search(_SKIP.sub(" ", head))
    if not found:
        return ""
    root, rest = found[1], found[2]
    if root in ("mapper", "sqlMap", "sqlMapConfig") and ("namespace" in rest or "mybatis" in head or "ibatis" in head):
        return "mapper"
    if root in ("generatorConfiguration", "hibernate-mapping", "entity-mappings", "class-mapping"):
        return "mapping"
    if root == "ui" and ("version" in rest or "<class>" in head):
        return "qt"
    if root in ("TS", "RCC"):
        return root.lower()
    if root == "resources" or "schemas.android.com/apk/res" in rest:
        return "android" if root != "manifest" else ""
    if "InterfaceBuilder" in rest or (root == "archive" and suffix in (".xib", ".storyboard")):
        return "apple"
    if (
        suffix in (".xaml", ".axaml", ".fxml")
        or "winfx/2006/xaml" in rest
        or "javafx" in head[:2000]
        or "avaloniaui" in rest
    ):
        return "xaml"
    if root == "root" and ("resheader" in head or suffix in (".resx", ".resw")):
        return "resx"
    return ""


def config(text: str, place: Place, sort: str, most: int) -> Iterator[Surface | Gap]:
    """Surfaces of an XML file of a known kind.

    Args:
        text: The file.
        place: Place of the artifact.
        sort: What ``sort_of`` said.
        most: Most nodes to look at.
    """
    kinds = {
        "mapper": Mapper,
        "mapping": Mapping,
        "qt": Qt,
        "ts": Linguist,
        "android": Android,
        "apple": Apple,
        "resx": Resx,
        "xaml": Android,
    }
    reader = kinds.get(sort, Dialect)(text, place, most)
    yield from reader.run()
    yield from reader.document.gaps(place)
