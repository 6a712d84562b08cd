"""What a preprocessor leaves out is a comment to the parser, and every line stays where it was."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from untag.artifact import Artifact
from untag.gap import Limits
from untag.place import Place
from untag.readers import called
from untag.readers._dead import hushed
from untag.surface import Role, Surface

_LINES = ("#if 0", "#if 1", "#if X", "  #ifdef A", "#elif 0", "# elif B", "#else", "#endif", "int a;", "/* x", "*/", "")


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(_LINES), max_size=12))
@example(["#if 0", "a", "#elif C", "c", "#endif"])
@example(["#if X", "#elif 0", "a", "#else", "b", "#endif"])
def test_no_line_moves(rows: list[str]) -> None:
    source = "\n".join(rows).encode()
    seen = hushed(source)
    assert [len(line) for line in seen.split(b"\n")] == [len(line) for line in source.split(b"\n")]


@pytest.mark.parametrize(
    ("source", "dead"),
    [
        ("#if X\nenum A { HAN };\n#elif 0\nenum E { UYGUR };\n#else\nenum B { HUI };\n#endif\n", True),
        ("#if X\nenum A { HAN };\n#elif Y\nenum E { UYGUR };\n#else\nenum B { HUI };\n#endif\n", False),
        ("#if 0\nenum A { HAN };\n#elif Y\nenum E { UYGUR };\n#endif\n", False),
        ("#if 0\nenum A { HAN };\n#elif 0\nenum E { UYGUR };\n#endif\n", True),
    ],
)
def test_what_an_elif_leaves_out_is_a_comment(source: str, dead: bool) -> None:
    artifact = Artifact(Place(("a.h",)), source.encode())
    shown = [s for s in called("code").read(artifact, Limits()) if isinstance(s, Surface) and "UYGUR" in s.text]
    assert {s.role for s in shown} == {Role.COMMENT if dead else Role.MEMBER}
    assert {s.place.line for s in shown} == {4}
