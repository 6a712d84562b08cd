"""What a format knows of single nodes of a data tree before the walk, and how paths and attribute lists are written."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from untag.readers._lines import BOUND

if TYPE_CHECKING:
    from untag.surface import Kind, Role

__all__ = ["Plan", "Said", "attributes", "join", "step"]
#: Longest owner and pointer; below, those of the ancestor stand for what lies deeper.
_PATH = 400
_PART = 120
#: A list of attribute names in one string.
_LIST = re.compile(r"[ \t]*+[A-Za-z][\w.\-]{0,48}+(?:[ \t]*+[,|;][ \t]*+[A-Za-z][\w.\-]{0,48}+)++[ \t]*+\Z")
_ITEM = re.compile(r"[\w.\-]+")
_ASKS = re.compile(
    r"attribute|field|feature|return|include|param|output|props|properties|columns|select|values|filter", re.IGNORECASE
)


class Said(NamedTuple):
    """What a plan says of a key or a value; ``text`` None means the node's own text."""

    role: Role
    text: str | None
    owner: str
    kind: Kind
    about: str = ""
    value: str = ""
    type: str = ""


class Plan:
    """What a format knows of single nodes, by the identity of the node.

    Attributes:
        keys: What to say at the key of a node, in place of the default.
        values: What to say at the scalar of a node, in place of the default; an empty list: nothing.
        scopes: Owner and kind for all that lies in a node.
        plain: Nodes whose elements are never rows, maps or member lists.
        lists: Owner for the names in an attribute list or in the query of an address, where a scalar may hold one.
        nested: Owner for what lies in a scalar that is itself JSON.
        names: What a comment bound to a node is about, where that is not what is said at its key.
    """

    def __init__(self) -> None:
        self.keys: dict[int, list[Said]] = {}
        self.values: dict[int, list[Said]] = {}
        self.scopes: dict[int, tuple[str, Kind]] = {}
        self.plain: set[int] = set()
        self.names: dict[int, Said] = {}
        self.lists: dict[int, str] = {}
        self.nested: dict[int, str] = {}


def join(owner: str, part: str) -> str:
    """An owner one step deeper; of too long a path only the steps are counted, so that depths stay apart."""
    if len(owner) > _PATH:
        head, _, steps = owner.partition("…")
        return f"{head}…{int(steps or 0) + 1}"
    part = part[:_PART]
    return f"{owner}.{part}" if owner else part


def attributes(text: str, about: str = "") -> list[tuple[str, int]]:
    """The names in an attribute list in one string (``age,gender,ethnicity``), each with its offset; else nothing.

    Args:
        text: The string.
        about: The key it stands under: two names are a list only where the key asks for one.
    """
    if len(text) > BOUND or ("," not in text and "|" not in text and ";" not in text) or not _LIST.match(text):
        return []
    found = [(item[0], item.start()) for item in _ITEM.finditer(text)]
    return found if len(found) > 2 or _ASKS.search(about) else []


def step(pointer: str, part: str) -> str:
    if len(pointer) > _PATH:
        return pointer
    part = part[:_PART]
    if "~" in part or "/" in part:
        part = part.replace("~", "~0").replace("/", "~1")
    return f"{pointer}/{part}"
