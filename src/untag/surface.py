"""A surface: a piece of text that a format shows, with its role, its place and its owner."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from untag.place import Place

__all__ = ["Kind", "Role", "Surface", "upto"]


class Role(StrEnum):
    """What a piece of text is in its format. Readers give it, rules rely on it.

    Declared things: ``TYPE`` (class, struct, table, schema, message), ``ENUM`` (the name of a closed set), ``MEMBER``
    (of an enum, label list, label map, union, value set), ``FIELD`` (struct field, class attribute, schema property),
    ``PARAMETER``, ``FUNCTION``, ``CONSTANT`` (also a variable that is assigned), ``COLUMN`` (of a table or dataset),
    ``KEY`` (of a dictionary literal or a configuration), ``OPERATION`` (of an API: path, method, topic),
    ``OUTPUT`` (a model's output, a notebook cell's output).

    Text beside them: ``VALUE`` (what a key or constant holds), ``STRING``, ``COMMENT``, ``ANNOTATION``, ``LABEL``
    (what a user interface shows), ``PROSE``, ``HEADING``.

    Use: ``CONDITION`` (text of an if/switch/where), ``CALL``, ``USE`` (an identifier that is not declared here),
    ``IMPORT``. ``PATH`` is the artifact's own path.
    """

    # Roles are looked up for every piece of text; the enumeration's own hash is a call into Python.
    __hash__ = str.__hash__

    ANNOTATION = "annotation"
    CALL = "call"
    COLUMN = "column"
    COMMENT = "comment"
    CONDITION = "condition"
    CONSTANT = "constant"
    ENUM = "enum"
    FIELD = "field"
    FUNCTION = "function"
    HEADING = "heading"
    IMPORT = "import"
    KEY = "key"
    LABEL = "label"
    MEMBER = "member"
    OPERATION = "operation"
    OUTPUT = "output"
    PARAMETER = "parameter"
    PATH = "path"
    PROSE = "prose"
    STRING = "string"
    TYPE = "type"
    USE = "use"
    VALUE = "value"


class Kind(StrEnum):
    """What kind of thing an owner is."""

    __hash__ = str.__hash__

    CALLABLE = "callable"
    CLASS = "class"
    DATASET = "dataset"
    DICT = "dict"
    ENUM = "enum"
    FILE = "file"
    FORM = "form"
    LIST = "list"
    MODEL = "model"
    OPERATION = "operation"
    QUERY = "query"
    SCHEMA = "schema"
    SECTION = "section"
    STRUCT = "struct"
    TABLE = "table"
    TREE = "tree"


#: Characters that are given up at most so that a text does not end inside a word.
WORD = 64


def upto(text: str, size: int) -> str:
    """The beginning of a text, at most so long and not cut inside a word: half a word may be another one."""
    if len(text) <= size:
        return text
    end, low = size, max(0, size - WORD)
    while end > low and text[end - 1].isalnum() and text[end].isalnum():
        end -= 1
    # A longer run of letters is no word, or one of a script without word breaks.
    return text[: end if end > low else size]


class Surface(Struct, frozen=True):
    """A piece of text with what is known of it.

    Attributes:
        role: What the text is.
        text: The text as a reader of the format sees it (escapes resolved), at most a few thousand characters.
        place: Exact place, with physical line and column.
        owner: Dotted path of the thing that holds it, unique in the artifact, for example ``Face.emNation`` lies in
            owner ``Face``; the name of an enum lies in the owner of that name. Empty: the file itself.
        kind: What kind of thing the owner is.
        about: Name of the thing that a comment, annotation, label or value describes; empty where there is none. A
            comment bound to a field has the field's owner as its owner and the field's name here.
        value: The literal beside it: an enum member's number, a label map's key, what a condition leads to.
        type: The declared type of a field, parameter or constant, as written.
    """

    role: Role
    text: str
    place: Place
    owner: str = ""
    kind: Kind = Kind.FILE
    about: str = ""
    value: str = ""
    type: str = ""
