"""Forms of elements that were met before: what is read by one is judged as what is read step by step."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

import pytest

from untag.guard import Message, policy
from untag.guard.body import _mold, bodies
from untag.guard.engine import Engine

if TYPE_CHECKING:
    from collections.abc import Callable

    from untag.guard.message import Verdict

KEYS = ("age", "gender", "race", "dominant_race", "box", "x", "y", "score", "name", "label", "id", "attributes",
        "emotion", "asian", "value", "tags", "a.b", "ключ", "")  # fmt: skip
VALUES = ("made up", "female", "asian", "white", "Uyghur", "race", "age,gender,race", "happy", "", "{x", "[1,2]", " s",
          "a long text with the word race in it, which somebody wrote of what he saw", "*")  # fmt: skip


def engine(tables: dict[str, Any] | None = None) -> Engine:
    raw = tables or {"route": [{"path": "/v1/**", "biometric": True}], "limits": {"depth": 8, "parts": 2000}}
    return Engine(policy.read(raw))


def answer(engine: Engine, body: str, path: str = "/v1/faces", direction: Any = "response") -> Verdict:
    headers = (("content-type", "application/json"), ("content-length", str(len(body.encode()))))
    return engine.judge(Message(direction, "POST", path, "", headers, body.encode()))


class Pairs(list[tuple[str, Any]]):
    """An object, in which a key may stand twice."""


def shape(draw: random.Random, deep: int) -> Callable[[], Any]:
    """What makes values of one form."""
    kind = draw.random()
    if kind < 0.3:
        return lambda: draw.choice((1, 2.5, -3e9, True, None))
    if kind < 0.6:
        some = draw.sample(VALUES, draw.randint(1, 4))
        return lambda: draw.choice(some)
    if kind < 0.7:
        names = draw.sample(KEYS, 2)
        return lambda: [{name: draw.random() for name in names} for _ in range(draw.randint(0, 3))]
    if kind < 0.9 and deep:
        return form(draw, deep - 1)
    one, count = (shape(draw, deep - 1) if deep else lambda: 1.5), draw.choice((None, 2))
    return lambda: [one() for _ in range(count or draw.randint(0, 3))]


def form(draw: random.Random, deep: int) -> Callable[[], Pairs]:
    """What makes objects of one form; now and then a member is missing, or stands twice."""
    members = [(key, shape(draw, deep)) for key in draw.sample(KEYS, draw.randint(1, 6))]
    often = draw.random() < 0.2

    def made() -> Pairs:
        rows = Pairs((key, value()) for key, value in members if not often or draw.random() < 0.8)
        return Pairs([*rows, rows[0]]) if rows and draw.random() < 0.002 else rows

    return made


def written(value: Any, gap: str) -> str:
    if isinstance(value, Pairs):
        inner = f",{gap}".join(f"{json.dumps(k, ensure_ascii=False)}{gap}:{written(v, gap)}" for k, v in value)
        return f"{{{gap}{inner}}}"
    if isinstance(value, dict):
        return written(Pairs(value.items()), gap)
    if isinstance(value, list):
        return "[" + f"{gap},{gap}".join(written(v, gap) for v in value) + "]"
    return json.dumps(value, ensure_ascii=False)


@pytest.mark.parametrize("seed", range(3))
def test_a_form_that_is_known_changes_nothing_of_what_is_said(seed: int) -> None:
    draw = random.Random(seed)  # noqa: S311 - to be drawn the same again
    by_form, stepwise = engine(), engine()
    stepwise.look.molds.clear()
    for _ in range(6):
        one, other = form(draw, 2), form(draw, 2)
        for _ in range(8):
            rows = [(one if draw.random() < 0.9 else other)() for _ in range(draw.choice((1, 6, 12, 40)))]
            body = written(Pairs([("faces", rows)]), draw.choice(("", " ", "\n  ")))
            path, way = draw.choice(("/v1/faces", "/other")), draw.choice(("response", "response", "request"))
            assert answer(by_form, body, path, way) == answer(stepwise, body, path, way), body
    assert by_form.look.molds[True].at("faces")


FACE = '{"id": "%s", "age": %d, "race": {"value": "%s", "score": 0.5}, "box": [%d, 2], "points": [{"x": %d, "y": 2.5}]}'


def faces(count: int, text: str = "made up") -> str:
    return '{"faces": [' + ", ".join(FACE % (f"f{n}", n, text, n, n) for n in range(count)) + "]}"


def test_elements_of_one_form_lose_the_same_and_each_is_told() -> None:
    one = engine()
    for count in (8, 30):
        made = answer(one, faces(count))
        assert made.action == "change"
        assert made.message.body.decode() == faces(count).replace(', "race": {"value": "made up", "score": 0.5}', "")
        assert [row.pointer for row in made.removed] == [f"/faces/{n}/<race>" for n in range(count)]
    assert [mold.met > 8 for mold in one.look.molds[True].at("faces")] == [True]


@pytest.mark.parametrize(("before", "after"), [("\ufeff", ""), (")]}',\n", ""), ("call(", ");"), (" \n", "\n")])
def test_what_stands_before_a_document_moves_what_is_cut(before: str, after: str) -> None:
    one = engine()
    for _ in range(3):
        answer(one, faces(20))
        made = answer(one, f"{before}{faces(20)}{after}")
        left = faces(20).replace(', "race": {"value": "made up", "score": 0.5}', "")
        assert made.message.body.decode() == f"{before}{left}{after}"


def test_elements_with_escapes_are_read_step_by_step() -> None:
    one, text = engine(), r"made \" up"
    left = faces(20, text).replace(rf', "race": {{"value": "{text}", "score": 0.5}}', "")
    assert answer(one, faces(20, text)).message.body.decode() == left
    assert not one.look.molds[True].at("faces")


def test_elements_of_one_form_are_as_much_work_as_without_it() -> None:
    by_form, stepwise = engine(), engine()
    stepwise.look.molds.clear()
    for count in (30, 1, 7, 0):
        left = []
        for one in (by_form, stepwise):
            reading = one._reading(one.policy.routes[0], asked=False, alone=True)
            bodies()["json"].read(faces(count), reading)
            left.append(reading.left)
        assert left[0] == left[1]


def test_a_form_holds_no_value_of_the_elements_it_was_made_of() -> None:
    one = engine()
    answer(one, faces(30, "Brigitte Example"))
    (mold,) = one.look.molds[True].at("faces")
    kept = repr([vars(mold), [vars(choice) for choice in mold.choices.values() if choice is not None]])
    assert '"race"' in mold.match.__self__.pattern
    assert "Brigitte" not in kept


def test_a_word_that_comes_later_among_the_values_is_seen() -> None:
    one = engine()
    rows = [{"label": "glasses", "score": 0.5, "box": [1]} for _ in range(20)]
    assert answer(one, json.dumps({"faces": rows, "race": "made up"})).action == "change"
    rows[13] = {"label": "Uyghur", "score": 0.5, "box": [1]}
    made = answer(one, json.dumps({"faces": rows}))
    assert b"Uyghur" not in made.message.body
    assert made.action == "change"


def test_numbers_that_stand_for_peoples_are_looked_at_one_by_one() -> None:
    one = engine(
        {
            "route": [{"path": "/v1/**", "biometric": True}],
            "map": [{"field": "attr7", "values": {"3": "uyghur"}}],
        }
    )
    rows = [{"id": f"f{n}", "attr7": n % 5, "race": 1} for n in range(20)]
    left = json.loads(answer(one, json.dumps({"faces": rows})).message.body)["faces"]
    assert [row.get("attr7") for row in left] == [None if n % 5 == 3 else n % 5 for n in range(20)]


def test_an_element_whose_form_is_known_makes_no_other() -> None:
    one, text = engine(), "a text with the word race in it, longer than what is kept of one, and " + "longer " * 9
    for _ in range(9):
        answer(one, faces(60, text))
    assert len(one.look.molds[True].at("faces")) == 1


def test_what_is_kept_of_all_forms_together_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_mold, "HELD", 300)
    one = engine({"route": [{"path": "/v1/**", "biometric": True}]})
    most = 0
    for path in range(6):
        for word in ("race", "asian", "white", "Uyghur", "black"):
            rows = [{"id": n, "a": word, "b": "", "c": "", "d": 1} for n in range(20)]
            answer(one, json.dumps({f"list{path}": rows}))
            forms = [mold for row in one.look.molds[True]._forms.values() for mold in row]
            most = max(most, sum(len(c.members) for mold in forms for c in mold.choices.values() if c is not None))
    assert len(forms) == 6
    assert 20 < most <= 300


def test_making_forms_is_paid_for_by_what_is_read_step_by_step() -> None:
    one = engine({"route": [{"path": "/v1/**", "biometric": True}]})
    rows = [{f"k{n // 3}": "x", "race": 1, "list": ["a" * 900]} for n in range(300)]
    assert answer(one, json.dumps({"faces": rows})).action == "change"
    assert 0 < one.look.molds[True]._count < 20
