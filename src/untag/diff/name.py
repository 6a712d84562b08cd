"""What a name that came says: nothing, something else that is known, a tag, or a word that nobody here knows.

This is asked only of a name that stands where a tag stood. It is not told how near a name is to being found: there is
no scale, only these four.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from untag.later import later

if TYPE_CHECKING:
    from collections.abc import Iterable

    from untag.lexicon import Lexicon

__all__ = ["Sense", "reserved", "sense", "words_of"]


class Sense(StrEnum):
    """What a name says."""

    KNOWN = "known"
    MARKED = "marked"
    OPAQUE = "opaque"
    PLAIN = "plain"


_WORD = later(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_A-Za-z]+")
#: Words that say what sort of thing something is, and not which.
_EMPTY = frozenset({
    "aa", "ab", "abc", "another", "any", "attr", "attribute", "attributes", "attrs", "aux", "bar", "bucket", "cat",
    "categories", "category", "cl", "class", "classes", "cls", "cluster", "code", "codes", "col", "column", "const",
    "custom", "data", "default", "desc", "dim", "elem", "element", "entry", "enum", "ext", "extended", "extension",
    "extra", "feat", "feature", "field", "flag", "flags", "foo", "generic", "group", "groups", "grp", "id", "idx",
    "index", "info", "internal", "item", "items", "key", "kind", "label", "labels", "level", "list", "map", "member",
    "meta", "misc", "mode", "name", "new", "num", "number", "object", "opt", "option", "other", "param", "parameter",
    "payload", "priv", "private", "prop", "property", "sort", "spec", "special", "str", "sub", "subtype", "tag",
    "tags", "tmp", "type", "types", "val", "value", "values", "var", "vec", "vector", "xx", "xxx", "zz",
    "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta",
    "属性", "类型", "类别", "标签", "字段", "代码", "编号", "分类", "特征", "组", "值", "扩展", "其他", "屬性", "類型",
    "類別", "分類", "特徵", "種別", "区分", "コード",
})  # fmt: skip
#: Words that say that something is kept free.
_FREE = frozenset({
    "deprecated", "dummy", "free", "obsolete", "pad", "padding", "placeholder", "removed", "res", "reserve", "reserved",
    "rsv", "rsvd", "spare", "unused", "保留", "预留", "備用", "备用", "預留", "予約",
})  # fmt: skip
#: Words that say whose it is, and what is glued to names.
_AROUND = frozenset({
    "face", "faces", "facial", "human", "img", "obj", "people", "person", "persons", "pred", "predicted", "subject",
    "target", "user", "get", "set", "is", "has", "by", "em", "sz", "dw", "st", "udw", "of", "the", "fn", "fld",
    "predict", "predictor", "detect", "classify", "estimate", "infer", "compute", "read", "write", "load", "parse",
    "analyze", "analyse", "result", "output",
})  # fmt: skip


def words_of(name: str) -> list[str]:
    """The words of a name, in lower case: ``emNationType`` is em, nation, type."""
    return [w.lower() for w in _WORD.findall(name)]


def _bare(word: str) -> bool:
    return (len(word) <= 2 and word.isascii()) or word.isdecimal()


def reserved(name: str) -> bool:
    """Whether a name says that something is kept free."""
    words = words_of(name)
    return any(w in _FREE for w in words) and all(w in _FREE or w in _EMPTY or w in _AROUND or _bare(w) for w in words)


def sense(name: str, lexicon: Lexicon, shared: Iterable[str] = ()) -> Sense:
    """What a name says.

    Args:
        name: The name.
        lexicon: The words.
        shared: Words that the names beside it begin with, and that say nothing of this one.
    """
    hits = lexicon.match(name)
    if any(h.kind != "context" for h in hits):
        return Sense.MARKED
    beside = set(shared)
    left = [w for w in words_of(name) if w not in beside and w not in _AROUND]
    if all(w in _EMPTY or w in _FREE or _bare(w) for w in left):
        return Sense.OPAQUE
    if hits:
        return Sense.KNOWN
    return Sense.PLAIN
