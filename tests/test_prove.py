"""What a rewritten file shows is compared with what it showed: elements are counted anew, and none takes another's."""

from __future__ import annotations

import pytest

from untag.artifact import Artifact
from untag.edit import Edit, Plan
from untag.gap import Limits
from untag.look import View, look
from untag.place import Place
from untag.rewriters import rewriters
from untag.strip.prove import compared
from untag.surface import Kind, Role, Surface


def seen(*rows: tuple[str, str]) -> tuple[Artifact, View]:
    """Owners and texts, ten bytes each."""
    artifact = Artifact(Place(("a.json",)), b" " * 10 * len(rows))
    surfaces = [
        Surface(Role.KEY, text, artifact.place.at(offset=10 * number), owner, Kind.TREE)
        for number, (owner, text) in enumerate(rows)
    ]
    return artifact, View(["tree"], surfaces)


BEFORE = (("a[0]", "x"), ("a[1].b[0]", "gone"), ("a[1].b[2]", "y"), ("a[1].b[10]", "z"), ("a[2]", "x"))


@pytest.mark.parametrize(
    ("after", "same"),
    [
        ((("a[0]", "x"), ("a[1].b[0]", "y"), ("a[1].b[1]", "z"), ("a[2]", "x")), True),
        ((("a[0]", "x"), ("a[1].b[0]", "z"), ("a[1].b[1]", "y"), ("a[2]", "x")), False),
        ((("a[0]", "x"), ("a[1].b", "y"), ("a[1].b", "z"), ("a[2]", "x")), False),
        ((("a[0]", "x"), ("a[0]", "x"), ("a[1].b[0]", "y"), ("a[1].b[1]", "z")), False),
    ],
)
def test_elements_are_counted_anew_and_keep_what_is_theirs(after: tuple[tuple[str, str], ...], *, same: bool) -> None:
    edits = [Edit(10, 20, b"")]
    error, number = compared(seen(*BEFORE), seen(*after), edits, rewriters()["json"], Plan(edits))
    assert (not error, number) == (same, 4 * same)


@pytest.mark.parametrize("owner", ["a", "a[0]", "a[3]"])
def test_an_element_that_is_left_alone_needs_no_number(owner: str) -> None:
    edits = [Edit(10, 50, b"")]
    after = seen((owner, "x"))
    assert compared(seen(*BEFORE), after, edits, rewriters()["json"], Plan(edits)) == ("", 1)


def written(text: str) -> tuple[Artifact, View]:
    artifact = Artifact(Place(("a.py",)), text.encode())
    return artifact, look(artifact, Limits(), lambda step: step())


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        # Keys are a closed set where nothing beside them is computed.
        ("face = {'age': 3, 'gone': ask(x), 'sex': 1}\n", "face = {'age': 3, 'sex': 1}\n", True),
        # Of a set of one there is no name any more.
        ("Face = Literal['gone', 'age']\n", "Face = Literal['age']\n", True),
        ("Face = Literal['gone', 'age']\nx = 'sex'\n", "Face = Literal['sex']\nx = 'age'\n", False),
    ],
)
def test_what_stays_may_be_another_kind_of_thing_and_stands_where_it_did(
    before: str, after: str, *, same: bool
) -> None:
    start, length = before.index("'gone'"), len(before) - len(after)
    edits = [Edit(start, start + length, b"")]
    assert (not compared(written(before), written(after), edits, rewriters()["code"], Plan(edits))[0]) == same
