"""User interfaces and mappings in markup: Vue, HTML forms, server pages, MyBatis, Qt, Android, XAML, resources."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from untag import charset
from untag.readers import Reader
from untag.readers._config import config, sort_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.artifact import Artifact
    from untag.gap import Gap, Limits
    from untag.surface import Surface

__all__ = ["TemplatesReader"]

#: Suffixes that are templates whatever they hold, as long as it holds a tag.
_ALWAYS = frozenset({
    ".vue", ".svelte", ".jsp", ".jspf", ".jspx", ".tag", ".aspx", ".ascx", ".master", ".cshtml", ".vbhtml",
    ".razor", ".phtml", ".ftl", ".ftlh", ".vm", ".vtl", ".j2", ".jinja", ".jinja2", ".twig", ".njk", ".liquid",
    ".hbs", ".handlebars", ".mustache", ".ejs", ".erb", ".rhtml", ".eex", ".heex", ".leex", ".tpl", ".wxml",
    ".axml", ".swan", ".ttml", ".gohtml", ".astro", ".marko", ".zul", ".gsp", ".jelly", ".nvue", ".uvue", ".ux",
    ".qxml", ".asp", ".cfm", ".thtml", ".latte",
})  # fmt: skip
#: Suffixes of templates that indentation structures.
_INDENTED = frozenset({".haml", ".slim", ".pug", ".jade"})
_PAGES = frozenset((".html", ".htm", ".xhtml", ".shtml"))
_TAG = re.compile(rb"<[/!]?[.:]?[A-Za-z%?]")
#: What makes a page a form rather than a document.
_CONTROL = re.compile(
    rb"<(?:input|select|textarea|form|button|option)\b|\bv-(?:model|if|for)\b|\bng-(?:model|repeat|if|app|controller)\b|\*ng(?:If|For)\b|\[\(ngModel\)\]"
    rb"|\bth:\w+=|\{\{|\{%|<%|<\?php|\bformControlName\b|<(?:el|a|mat|van|nz|p|v|i|u)-[a-z]",
    re.IGNORECASE,
)
_PROSE = re.compile(rb"<(?:p|h[1-6]|pre|dd)\b", re.IGNORECASE)
_LOOK = 1 << 18


class TemplatesReader(Reader):
    """Reads what a user interface is made from."""

    name = "templates"
    rank = 25
    limits = (
        "a label is bound to a field by where they stand in the markup; layouts made by code are not followed",
        "of templates that indentation structures (Pug, Haml, Slim) each line is read by itself",
    )

    def knows(self, artifact: Artifact) -> bool:
        """By root element for XML, by its controls for a page, by suffix for the other templates."""
        data, suffix = artifact.data, artifact.suffix
        if not charset.is_text(data):
            return False
        if suffix == ".rc" or suffix == ".rc2":
            return (
                re.search(
                    rb"\b(?:DIALOG|DIALOGEX|STRINGTABLE|MENU|VERSIONINFO|ICON|BITMAP)\b",
                    data[:_LOOK].replace(b"\0", b""),
                )
                is not None
            )
        if suffix in _INDENTED:
            return True
        if suffix in _ALWAYS or artifact.name.lower().endswith(".blade.php"):
            return _TAG.search(data[:_LOOK].replace(b"\0", b"")) is not None
        if suffix in _PAGES:
            return _is_form(data)
        return self._sort(artifact) != ""

    def read(self, artifact: Artifact, limits: Limits) -> Iterator[Surface | Artifact | Gap]:
        """Surfaces of the template, in order of line."""
        place = artifact.place.whole()
        if artifact.suffix in (".rc", ".rc2"):
            from untag.readers._dialog import dialog

            yield from dialog(artifact.text, place)
            return
        if artifact.suffix in _INDENTED:
            from untag.readers._indented import indented

            yield from indented(artifact.text, place)
            return
        sort = self._sort(artifact)
        if sort:
            yield from config(artifact.text, place, sort, limits.nodes)
            return
        from untag.readers._form import form

        yield from form(artifact.text, place, artifact.suffix, limits.nodes)

    @staticmethod
    def _sort(artifact: Artifact) -> str:
        head = artifact.data[:4000]
        if b"<" not in head.replace(b"\0", b"")[:400] or artifact.suffix in _ALWAYS or artifact.suffix in _PAGES:
            return ""
        return sort_of(charset.decode(head).text, artifact.suffix)


def _is_form(data: bytes) -> bool:
    """Whether a page has controls, and not just a search box above its prose."""
    head = data[:_LOOK].replace(b"\0", b"")
    controls = sum(1 for _ in _CONTROL.finditer(head))
    return controls > 0 and controls * 3 >= sum(1 for _ in _PROSE.finditer(head))
