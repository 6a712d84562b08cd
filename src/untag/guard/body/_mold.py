"""Forms of elements of a list that were met before: the next of the same form is read in one step.

What answers with faces answers with the same keys for each of them, and only numbers and texts differ. A form that
comes again becomes an expression, with a group for each member; what one element of it shows, and where a member ends,
was found out once, by reading one step by step. Elements differ in what they show by the words among their values
alone: for each such choice of words one was read.

A form is kept with its keys and the words of the lexicon among its values; of other values nothing is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from untag.guard.tree import Box, Cut, Spot, Tree, merged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    #: What reads a document step by step: its text and the path it lies in; what it shows, and how many steps it took.
    Stepped = Callable[[str, str], tuple[Tree, int]]
    Places = list[tuple[tuple[int, int], tuple[int, int]]]

__all__ = ["Mold", "Molds", "Run"]

#: Forms in all, at one path, and choices of words of one; what is beyond is forgotten.
FORMS, PATHWISE, CHOICES = 512, 4, 128
#: Members and texts of all choices together, at about 400 bytes each; and how many ways one is cut that are kept.
HELD, PLANS = 100_000, 16
#: Characters of the longest value with a word that is kept, and of the longest element that is made a form; the members
#: of that, and how deep it nests.
WORD, LONGEST, MEMBERS, DEEP = 60, 4000, 80, 6
#: How often a form is met before it is worth an expression.
OFTEN = 3
#: Characters that are read step by step for each of an element that is made a form, so that making forms takes no
#: longer than reading as many members step by step; and how many are saved up for that.
PRICE, CREDIT = 50, 400_000
#: In a text that is sound, few signs tell one thing from another: what stands between strings and brackets are numbers
#: and words, with what divides them.
_SPACE, _COLON, _COMMA = r"[ \t\r\n]*+", r"[ \t\r\n:]++", r"[ \t\r\n,]*+"
_NUMBER, _BETWEEN = r'[^ \t\r\n",:{}\[\]]++', r'[^"{}\[\]]*+'
#: What no document begins in.
_STRING = r'"((?![{\[ \t\r\n])[^"\\]*+)"'
_KEY = re.compile(r'"([^"\\]*+)"[ \t\r\n]*+:[ \t\r\n]*+')
_PLAIN = re.compile(_NUMBER)
_GAP = re.compile(_SPACE)


class Choice:
    """What elements of a form show that hold the same words.

    Attributes:
        things: Each thing, and where it stands: members by number.
        steps: How many steps reading one takes.
        members: Box and number in it, of each member by number.
    """

    def __init__(self, tree: Tree, steps: int, found: re.Match[str], groups: Iterable[int]) -> None:
        """Take it from an element that was read.

        Args:
            tree: What a list with it alone shows.
            steps: How many steps that took.
            found: Its form, matched in the text that it is from.
            groups: Those of its members.

        Raises:
            ValueError: Something in it has no group (a list in a text).
        """
        self.steps = steps
        self._boxes = tree.boxes
        self.members = [(box, at) for box in tree.boxes for at in range(len(box.starts))]
        numbers = {(id(box), at): number for number, (box, at) in enumerate(self.members)}
        self.things = [(thing, [numbers[id(box), at] for box, at in spots]) for thing, spots in tree.shown.items()]
        #: Where a place in the list with it alone stands in any other: a group, and its start or end.
        shift = 1 - found.start(1)
        self._where = {found.span(group)[side] + shift: (group, side) for group in groups for side in (0, 1)}
        places = {place for box in tree.boxes for place in (*box.starts, *box.ends)}
        if tree.whole or not places <= self._where.keys():
            raise ValueError("a part of it has no place")
        self._plans: dict[frozenset[int], Places] = {}

    def number(self, box: Box, at: int) -> int:
        """The number of a member, by its box."""
        return next(n for n, member in enumerate(self.members) if member[0] is box and member[1] == at)

    def plan(self, gone: frozenset[int]) -> Places:
        """From which place to which an element is cut where some members are left out; the element is number 0."""
        made = self._plans.get(gone)
        if made is None:
            cuts: list[Cut] = []
            for box in self._boxes:
                own = Box()
                own.starts, own.ends = box.starts, box.ends
                own.gone = {at for number in gone for owner, at in (self.members[number],) if owner is box}
                cuts += own.cuts()
            made = [(self._where[cut.start], self._where[cut.end]) for cut in merged(cuts)]
            if len(self._plans) < PLANS:
                self._plans[gone] = made
        return made


class Run(Box):
    """Elements of a list one behind the other that show the same: a box whose things are members by number.

    Attributes:
        choice: What each of them shows.
        found: The form of each, matched.
    """

    __slots__ = ("choice", "found")

    def __init__(self, parent: Box, index: int, choice: Choice) -> None:
        super().__init__(parent, index)
        self.choice = choice
        self.found: list[re.Match[str]] = []

    def places(self, thing: int) -> tuple[list[str], list[list[str]]]:
        """Where a thing stands: keys and numbers to the list that the elements are of, and from an element to it."""
        assert self.parent is not None  # noqa: S101 - for the type checker
        return self.parent.pointer(self.index)[:-1], [box.pointer(at)[1:] for box, at in self.spots(thing)]

    def spots(self, thing: int) -> list[Spot]:
        """Where a thing stands in one of them."""
        return [self.choice.members[number] for number in self.choice.things[thing][1]]

    @property
    def numbers(self) -> range:
        """Which elements of their list they are."""
        return range(self.index, self.index + len(self.found))

    def leave_out(self, box: Box, at: int) -> None:
        """Mark what goes of each: a member, or the element as a whole."""
        number = self.choice.number(box, at)
        if number:
            self.gone.add(number)
        elif self.parent is not None:
            self.parent.gone.update(self.numbers)

    def cuts(self) -> list[Cut]:
        """What is left out of the text for the members that are gone."""
        if not self.gone:
            return []
        plan = self.choice.plan(frozenset(self.gone))
        return [Cut(one.span(a)[i], one.span(b)[j]) for one in self.found for (a, i), (b, j) in plan]


class Mold:
    """One form.

    Args:
        text: An element that was read and is sound.
        clean: Whether none of some keys holds a word of a tag.
        flat: What matches a value of numbers alone.

    Raises:
        ValueError: It is too large, or deep, or of another form than what can be told by an expression.
    """

    def __init__(self, text: str, clean: Callable[[set[str]], bool], flat: re.Pattern[str]) -> None:
        if len(text) > LONGEST or "\\" in text:
            raise ValueError("too long, or with an escape")
        self._text, self._clean, self._flat = text, clean, flat
        self._at = self.levels = 0
        self._groups = 1
        self._members: list[int] = [1]
        self._values: list[int] = []
        pattern = self._value(0)
        if self._at != len(text):
            raise ValueError("not an element alone")
        del self._text  # what it holds may be of a person
        self.match = re.compile(rf"[ \t\r\n,]*+({pattern})").match
        self.groups = tuple(self._members)
        #: Groups of its texts; one of them comes twice, so that there are always several.
        self.values = (self._values or [1])[:1] + (self._values or [1])
        self.texts = bool(self._values)
        self.choices: dict[tuple[str, ...], Choice | None] = {}
        #: How many elements were read by it, and how many had to be read step by step.
        self.met = self.missed = 0

    def _space(self) -> None:
        found = _GAP.match(self._text, self._at)
        self._at = found.end() if found is not None else self._at

    def _member(self) -> None:
        self._groups += 1
        if self._groups > MEMBERS:
            raise ValueError("too many members")
        self._members.append(self._groups)

    def _value(self, depth: int) -> str:
        """The expression of the value that comes."""
        text, at = self._text, self._at
        if text[at] == '"':
            self._groups += 1
            self._values.append(self._groups)
            self._at = text.index('"', at + 1) + 1
            return _STRING
        if text[at] not in "{[":
            found = _PLAIN.match(text, at)
            if found is None:
                raise ValueError("no value")
            self._at = found.end()
            return _NUMBER
        if depth and (found := self._flat.match(text, at)) is not None and (made := self._even(found[1])):
            self._at = found.end()
            return made
        if depth >= DEEP:
            raise ValueError("too deep")
        self.levels = max(self.levels, depth + 1)
        named = text[at] == "{"
        parts = []
        self._at += 1
        self._space()
        while text[self._at] not in "]}":
            self._member()
            head = ""
            if named:
                found = _KEY.match(text, self._at)
                if found is None:
                    raise ValueError("a key with an escape")
                self._at = found.end()
                head = f'"{re.escape(found[1])}"{_COLON}'
            parts.append(f"({head}{self._value(depth + 1)})")
            self._space()
            if text[self._at] == ",":
                self._at += 1
                self._space()
        self._at += 1
        return rf"\{text[at]}{_SPACE}{_COMMA.join(parts)}{_SPACE}\{text[self._at - 1]}"

    def _even(self, text: str) -> str:
        """The expression of numbers alone, or of points with the same names; nothing where the names say something."""
        names = text.split('"')[1::2]
        keys = list(dict.fromkeys(names))
        if names != keys * (text.count("{") or 1) or not self._clean(set(keys)):
            return ""
        if not keys:
            return rf"\[{_SPACE}[^\"{{}}\[\]]++\]"
        point = "".join(f'"{re.escape(key)}"{_BETWEEN}' for key in keys)
        point = rf"\{{{_SPACE}{point}\}}"
        return point if text[0] == "{" else rf"\[(?:{_COMMA}{point})++{_SPACE}\]"


class Molds:
    """The forms that were met, by the path of their list; safe to be used by several threads.

    Args:
        mute: Texts that are known to say nothing at all.
    """

    def __init__(self, mute: set[str]) -> None:
        self.mute = mute
        self._forms: dict[str, list[Mold]] = {}
        #: Paths where nearly each element has words of its own.
        self._poor: set[str] = set()
        self._met: dict[int, int] = {}
        self._count = self._held = 0
        self._credit = CREDIT

    def at(self, path: str) -> list[Mold]:
        """Forms of the elements of a list."""
        return self._forms.get(path, [])

    def often(self, path: str, names: list[str], size: int) -> bool:
        """Whether elements with such keys come often, and a form may be made of this one, of so many characters."""
        self._credit = min(self._credit + size, CREDIT)
        # By their digest: keys may be data of a person.
        key = hash((path, *names))
        met = self._met.get(key, 0) + 1
        if size > LONGEST:
            return False
        if met < OFTEN or self._credit < PRICE * size or path in self._poor:
            if len(self._met) >= 8 * FORMS:
                self._met.clear()
            self._met[key] = met
            return False
        self._met[key] = 0
        self._credit -= PRICE * size
        return True

    def learn(self, path: str, text: str, clean: Callable[[set[str]], bool], flat: re.Pattern[str]) -> None:
        """Make a form of an element that was read step by step, if it can be and is not known."""
        if any((found := mold.match(text)) is not None and found.end() == len(text) for mold in self.at(path)):
            return  # its words were too long, or have no place
        try:
            made = Mold(text, clean, flat)
        except (ValueError, IndexError, re.error):
            return
        if self._count >= FORMS:
            self._forms, self._poor, self._count = {}, set(), 0
        self._count += 1
        self._forms[path] = [made, *self.at(path)][:PATHWISE]

    def words(self, values: tuple[str, ...], look: Callable[[str], bool]) -> tuple[str, ...] | None:
        """The texts of an element that hold a word, each in its place; None where one is too long to be kept."""
        words = tuple(value if look(value) else "" for value in values)
        if max(map(len, words)) > WORD:
            return None
        return words if any(words) else ()

    def choice(
        self, mold: Mold, found: re.Match[str], path: str, words: tuple[str, ...], stepped: Stepped
    ) -> Choice | None:
        """What elements of a form show that hold some words, found out by one; None where each is read step by step."""
        mold.missed += 1
        if mold.missed > CHOICES and mold.missed * 2 > mold.met:
            self._poor.add(path)
            self._forms[path] = [other for other in self.at(path) if other is not mold]
            return None
        if words in mold.choices:
            return None
        tree, steps = stepped(f"[{found[1]}]", path)
        try:
            made = Choice(tree, steps, found, mold.groups)
        except ValueError:
            made = None
        if len(mold.choices) >= CHOICES:
            mold.choices.clear()
        self._held += len(words) + (len(made.members) if made is not None else 0)
        if self._held > HELD:
            # Whoever sends forms that are all different makes it forget, and not grow.
            for one in [one for row in list(self._forms.values()) for one in row]:
                one.choices.clear()
            self._held = 0
        mold.choices[words] = made
        return made
