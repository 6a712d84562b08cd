"""What a template asks a framework for: controls that a helper makes, labels that it writes, keys of messages.

Rails and Phoenix (``f.select :race``), Razor (``Html.EditorFor(m => m.Race)``), Laravel (``Form::text('race')``), Twig
(``form_row(form.race)``), Django and WTForms (``{{ form.race.label }}``); ``$t('face.race')`` and its like.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from untag.later import later
from untag.readers._lines import has_word
from untag.surface import Kind, Role, Surface

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from untag.place import Place

__all__ = ["Helped", "helped", "message", "translated"]

_NAME = r"[A-Za-z_]\w{0,79}"
#: Verbs of Rails, Phoenix and simple_form that make a control.
_VERB = (
    r"(?:select|input|input_field|association|collection_\w{1,24}|grouped_\w{1,24}|radio_button|check_box|checkbox|text_input"
    r"|\w{1,20}_(?:field|area|select|box|button|input)(?:_tag)?|(?:select|check_box|radio_button)_tag)"
)
#: Helpers of Razor and Laravel that take something else than a field.
_NONE = r"(?:Partial|Raw|Action|Begin|Render|open|model|close|submit|token|button)"
_CALLS = tuple(
    later(pattern)
    for pattern in (
        # f.select :race   f.input(:race)   f.label :race, "Race"
        rf"\w\.(?P<verb>{_VERB}|label)\s*\(?\s*(?::|['\"])(?P<name>{_NAME})",
        # select f, :race   label(:face, :race, "Race")   select_tag "race"
        rf"(?<![\w.:>])(?P<verb>{_VERB}|label(?:_tag)?)(?:\s*\(\s*|\s+)(?:[@:]?\w{{1,40}}\s*,\s*)?[:'\"](?P<name>{_NAME})",
        # Html.EditorFor(m => m.Race)
        rf"\bHtml\.(?P<verb>\w{{1,40}}For)\s*\(\s*\w{{1,40}}\s*=>\s*(?:\w{{1,40}}\.){{1,6}}(?P<name>{_NAME})",
        # Html.DropDownList("Race")   Form::select('race')
        rf"\b(?:Html\.|\w{{0,20}}Form::)(?!{_NONE})(?P<verb>\w{{2,40}})\s*\(\s*['\"](?P<name>{_NAME})",
        # form_row(form.race)   form_field(form.race)   render_field form.race
        rf"\b(?P<verb>form_(?:row|widget|label|field)|(?:render|bootstrap)_\w{{0,12}}field)\s*\(?\s*(?:\w{{1,40}}\.){{1,4}}(?P<name>{_NAME})",
        # form.race   form.race(class="x")   form.race.label   form.race|as_crispy_field
        rf"^\s*(?:\w{{1,30}}_)?form\.(?P<name>{_NAME})\s*(?:\.(?P<verb>label(?:_tag)?)\b|(?:[(|]|\Z))",
    )
)
_LABEL = later(r"(?i)label|display_?name")
_QUOTED = r"""(?P<quote>['"])(?P<said>[^'"\n]{1,200})(?P=quote)"""
_SAID = later(rf"""\s*,\s*(?:\{{?\s*['"]?label['"]?\s*(?:=>|:)\s*)?{_QUOTED}""")
_CALLED = later(rf"""\b['"]?label['"]?\s*(?:=>|:)\s*{_QUOTED}""")
_ITEM = later(_QUOTED)
#: Characters of a call that are looked at, and how many of its choices are told.
_MOST, _ITEMS = 2000, 60

#: Functions that look up a message, and filters that do.
_LOOKED = later(
    r"(?:^|[^\w$])(?:\$?tc?|\$_|i18n(?:\.\w{1,12})?|\$?translate|trans(?:_choice|late)?|gettext|__|_|_t|msg|message|getMessage"
    r"|Localizer|L|@lang|lang|formatMessage|I18n\.t)\s*[(\[]\s*(?:\{\s*id\s*:\s*)?(?P<quote>['\"`])(?P<key>[^'\"`\n{}]{1,200})(?P=quote)"
)
_FILTER = later(r"(?P<quote>['\"])(?P<key>[^'\"\n]{1,200})(?P=quote)\s*\|\s*(?:trans(?:late|loco)?|i18n|t|localize)\b")
_PLAIN = later(r"\s*(?:t|trans|translate|blocktrans)\s+(?P<quote>['\"])(?P<key>[^'\"\n]{1,200})(?P=quote)")
#: ``#{face.race}`` of Thymeleaf.
_HASH = later(r"\s*#\{\s*(?P<key>[\w.\-]{1,200})")
#: Elements that are replaced by a message, and the attributes that hold its key; attributes that do so on any element.
_MESSAGES = {
    "fmt:message": "key", "spring:message": "code", "s:message": "code", "bean:message": "key", "s:text": "name",
    "g:message": "code", "i18n-t": "keypath", "i18n": "path", "trans": "i18nkey", "formattedmessage": "id",
    "nested:message": "key", "message": "key", "f:translate": "key",
}  # fmt: skip
_KEYED = frozenset({
    "translate", "v-t", "data-i18n", "data-i18n-key", "i18n-key", "i18nkey", "transloco", "data-localize",
    "data-translate", "data-lang-key", "t-key", "titlekey", "labelkey",
})  # fmt: skip


class Helped(NamedTuple):
    """What a helper makes.

    Attributes:
        name: The field.
        start: Where the name stands in the text.
        control: Whether it makes a control; else a label alone.
        labels: What it writes beside the field, each with where it stands.
        items: What it offers to choose from.
    """

    name: str
    start: int
    control: bool
    labels: tuple[tuple[str, int], ...] = ()
    items: tuple[tuple[str, int], ...] = ()

    def surfaces(self, owner: str, at: Callable[[int], Place]) -> Iterator[Surface]:
        """The field, what is written beside it and what it offers.

        Args:
            owner: The form.
            at: The place of an offset in the text of the call.
        """
        if self.control:
            yield Surface(Role.FIELD, self.name, at(self.start), owner, Kind.FORM)
        for said, start in self.labels:
            yield Surface(Role.LABEL, said, at(start), owner, Kind.FORM, self.name)
        for said, start in self.items:
            yield Surface(Role.MEMBER, said, at(start), f"{owner}.{self.name}", Kind.FORM)

    def rest(self, text: str) -> str:
        """The text of the call without what ``surfaces`` shows of it, on as many lines."""
        for said, _ in (*self.labels, *self.items, *(((self.name, 0),) if self.control else ())):
            text = text.replace(said, "…")
        return text


def helped(text: str) -> Helped | None:
    """What the first helper in a piece of a template makes.

    Args:
        text: What stands between the signs of a server's block or an expression.

    Returns:
        The field and what is said of it, or None where no helper is called.
    """
    text = text[:_MOST]
    found = next((f for call in _CALLS if (f := call.search(text))), None)
    if found is None:
        return None
    start, end = found.span("name")
    label = _LABEL.search(found["verb"] or "") is not None
    said = _SAID.match(text, end + (text[end : end + 1] in {'"', "'"})) if label else None
    said = said or _CALLED.search(text, end)
    labels = ((said["said"], said.start("said")),) if said and has_word(said["said"]) else ()
    if label:
        return Helped(found["name"], start, control=False, labels=labels or ((found["name"], start),))
    return Helped(found["name"], start, control=True, labels=labels, items=tuple(_items(text, end)))


def _items(text: str, start: int) -> Iterator[tuple[str, int]]:
    """Words in the first list that a helper is given."""
    begin = text.find("[", start)
    end = text.rfind("]", begin) if begin >= 0 else -1
    count = 0
    for found in _ITEM.finditer(text, begin, end) if end > begin else ():
        if has_word(found["said"]) and count < _ITEMS:
            count += 1
            yield found["said"], found.start("said")


def message(text: str) -> tuple[str, int] | None:
    """The key of the message that an expression looks up, and where it stands.

    Args:
        text: An expression, with or without the signs around it.
    """
    text = text[:_MOST]
    found = _HASH.match(text) or _LOOKED.search(text) or _FILTER.search(text) or _PLAIN.match(text)
    return (found["key"], found.start("key")) if found and has_word(found["key"]) else None


def translated(element: str, attribute: str, value: str) -> tuple[str, int] | None:
    """The key in an attribute that has an element's text looked up, and where it stands in the value.

    Args:
        element: Name of the element.
        attribute: Name of the attribute, without the signs of a binding.
        value: Its value.
    """
    low = attribute.lower()
    if low in _KEYED or _MESSAGES.get(element.lower()) == low:
        bare = value.strip(" '\"`[]")
        return (bare.rpartition("]")[2], value.find(bare.rpartition("]")[2])) if bare else None
    if low in {"th:text", "th:utext", "th:placeholder", "th:title"} and (found := _HASH.match(value)):
        return found["key"], found.start("key")
    return None
