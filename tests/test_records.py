"""Records are equal by what they hold, stay as they are, cross processes whole, and show no secret."""

from __future__ import annotations

import copy
import pickle

import pytest

from untag.gap import Damaged
from untag.outcome import Outcome
from untag.place import Place
from untag.scan import Options
from untag.sources._url import taken
from untag.surface import Role, Surface


def test_what_is_frozen_cannot_be_set_and_has_the_hash_of_what_it_holds() -> None:
    place = Place(("a", "b"), line=3)
    with pytest.raises(AttributeError):
        place.line = 4  # type: ignore[misc]
    same = Surface(Role.KEY, "x", Place(("a", "b"), line=3))
    assert {Surface(Role.KEY, "x", place): 1}[same] == 1
    assert same != Surface(Role.KEY, "x", place.whole())
    assert place.moved(("c",), 2) == Place(("c",), 2, 3)


def test_no_two_share_a_list() -> None:
    one, other = Outcome(), Outcome()
    one.sheets.append(1)  # type: ignore[arg-type]
    one.opaque["x"] += 1
    assert (other.sheets, other.opaque) == ([], {})


def test_they_cross_processes_whole() -> None:
    place = Place(("a",), 1, 2, 3, 4, "/x", 5, "c0ffee")
    for record in (place, Surface(Role.KEY, "x", place, value="v"), Options(passwords=(b"secret",))):
        assert pickle.loads(pickle.dumps(record)) == copy.deepcopy(record) == record  # noqa: S301
    damage = pickle.loads(pickle.dumps(Damaged("why", place)))  # noqa: S301
    assert (str(damage), damage.place) == ("why", place)


def test_they_show_no_secret() -> None:
    assert repr(Place(("a",), line=3)).startswith("Place(chain=('a',), input=0, line=3,")
    told = repr(Options(jobs=3, passwords=(b"secret",)))
    assert "secret" not in told
    assert "jobs=3" in told
    told = repr(taken("postgresql://me:secret@host:5432/base?sslkey=hidden"))
    assert "secret" not in told
    assert "hidden" not in told
    assert "host='host'" in told
