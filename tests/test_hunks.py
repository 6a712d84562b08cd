"""What goes, as a diff: lines that go stand before those that come, and data are told by counts alone."""

from __future__ import annotations

from untag.artifact import Artifact
from untag.edit import Edit
from untag.place import Place
from untag.strip.hunk import closed, hunks


def test_lines_that_go_stand_before_the_line_that_comes() -> None:
    text = "a: 1\nb: [x]\nc: [x, y]\nd: 2\n"
    first, second = text.index("b:"), text.index(", y")
    edits = [Edit(first, first + 7), Edit(second, second + 3)]
    made = list(hunks("a.yaml", Artifact(Place(("a.yaml",)), text.encode()), edits))
    assert made[2:] == ["@@ -1,4 +1,3 @@\n", " a: 1\n", "-b: [x]\n", "-c: [x, y]\n", "+c: [x]\n", " d: 2\n"]


def test_steps_that_are_told_alike_are_counted() -> None:
    edits = [Edit(-1, -1, what=what) for what in ("the key", "1 element", "the key", "the key")]
    assert list(closed("a.json", edits))[2:] == [
        "@@ 4 edits of data, whose rows are not shown @@\n", "-the key (3 times)\n", "-1 element\n",
    ]  # fmt: skip
