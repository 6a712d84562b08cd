"""What is whole of a body that was cut."""

from __future__ import annotations

import json

from untag.exposure.hear import mended

FACES = [{"age": 31, "note": 'a "]}, b', "more": [1, {"x": None}]}, {"race": "x"}]
WHOLE = json.dumps({"faces": FACES, "n": 2}).encode()


def test_every_cut_is_closed_and_adds_nothing() -> None:
    for end in range(1, len(WHOLE)):
        made = mended(WHOLE[:end])
        json.loads(made)
        assert WHOLE.startswith(made.rstrip(b"]}"))
    assert json.loads(mended(WHOLE[:-2])) == {"faces": FACES}


def test_what_is_no_json_or_whole_stays() -> None:
    for data in (b"", b"text", WHOLE, WHOLE + b" x", b"[1}", b"]", b'{"a": 1}}'):
        assert mended(data) == data
