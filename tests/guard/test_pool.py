"""Large bodies are judged in processes of their own: alike, and not passed where one dies."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from described import written
from untag.guard import Message, Policy, load, read
from untag.guard.keeper import LARGE, Keeper
from untag.guard.pool import tables

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

POLICY = """
families = ["ethnicity", "race", "people"]
[[route]]
name = "faces"
path = ["/faces/**"]
methods = ["POST", "GET"]
host = "*.example.org"
biometric = true
request = "strip"
response = "refuse"
delivery = "strip"
media = ["image/*"]
prompts = ["ask"]
wildcards = "refuse"
masks = {attrs = 12}
fail-open = ["crash"]
descriptors = "faces.desc"
messages = {response = "faces.v1.Answer"}
unknown = "pass"
reason = "tried"
[[exempt]]
path = "/audit"
reason = "bias audit"
expires = 2999-01-01
[[map]]
field = "attr7"
values = {"1" = "uyghur"}
[limits]
body = 9000000
depth = 30
"""
KIND = (("content-type", "application/json"),)


def body(**more: Any) -> bytes:
    face = {"age": 31, "gender": "f", "box": [1.5, 2.25], **more}
    return json.dumps([face] * (LARGE // len(json.dumps(face)) + 2)).encode()


def answer(data: bytes, path: str = "/v1/x") -> Message:
    return Message("response", "GET", path, "", KIND, data)


@pytest.fixture
def keeper() -> Iterator[Keeper]:
    made = Keeper(read({"route": [{"path": "/v1/**", "biometric": True},
                                  {"path": "/open", "fail-open": "crash", "reason": "tried"}]}))  # fmt: skip
    yield made
    made.close()


def processes(keeper: Keeper) -> list[int]:
    pool = keeper._pool
    return sorted(one._process.pid for one in pool._all) if pool is not None else []


def test_a_policy_comes_through_as_it_is(tmp_path: Path) -> None:
    written(tmp_path)
    (tmp_path / "guard.toml").write_text(POLICY.replace('families = ["ethnicity", "race", "people"]\n', ""))
    policy = load(tmp_path / "guard.toml")
    again = read(json.loads(json.dumps(tables(policy))))
    assert again.routes[0].descriptors is not None
    assert policy.routes[0].descriptors is not None
    assert again.routes[0].descriptors.digest == policy.routes[0].descriptors.digest
    assert tables(again) == tables(policy)
    assert (again.exempt, again.maps, again.limits) == (policy.exempt, policy.maps, policy.limits)
    assert tables(read(json.loads(json.dumps(tables(Policy()))))) == tables(Policy())


def test_what_a_process_says_is_what_the_engine_says(keeper: Keeper) -> None:
    for data in (body(), body(race="x"), body(name="löß 東京 😀", ethnicity=None), body()[:-1]):
        verdict = asyncio.run(keeper.settle(answer(data), "me"))
        assert verdict == keeper.engine.judge(answer(data))
    assert processes(keeper)
    assert keeper.counts["response", "change"] == 2


def test_a_small_body_needs_none(keeper: Keeper) -> None:
    assert asyncio.run(keeper.settle(answer(b'{"race": 1}'), "me")).action == "change"
    assert not processes(keeper)


@pytest.mark.skipif(os.name != "posix", reason="it stops a process")
def test_a_process_that_dies_lets_nothing_pass(keeper: Keeper) -> None:
    asyncio.run(keeper.settle(answer(body()), "me"))

    async def killed(path: str) -> Any:
        (number,) = processes(keeper)
        os.kill(number, signal.SIGSTOP)
        task = asyncio.create_task(keeper.settle(answer(body(race="x"), path), "me"))
        await asyncio.sleep(0.2)
        assert not task.done()
        os.kill(number, signal.SIGKILL)
        return await task

    verdict = asyncio.run(killed("/v1/x"))
    assert (verdict.action, verdict.problem.kind, keeper.died) == ("refuse", "unread-crash", 1)
    # Another takes its place; and a route may say otherwise.
    assert asyncio.run(keeper.settle(answer(body(race="x")), "me")).action == "change"
    assert asyncio.run(killed("/open")).note.startswith("passed unread (crash)")


@pytest.mark.skipif(os.name != "posix", reason="it stops a process")
def test_one_that_died_while_it_held_nothing_costs_nobody_a_request(keeper: Keeper) -> None:
    asyncio.run(keeper.settle(answer(body()), "me"))
    assert keeper._pool is not None
    (one,) = keeper._pool._all
    os.kill(one._process.pid, signal.SIGKILL)
    os.waitid(os.P_PID, one._process.pid, os.WEXITED | os.WNOWAIT)
    assert asyncio.run(keeper.settle(answer(body(race="x")), "me")).action == "change"
    assert keeper.died == 0
    assert len(processes(keeper)) == 1


def test_where_no_process_can_be_started_it_is_judged_here(keeper: Keeper, monkeypatch: pytest.MonkeyPatch) -> None:
    for python in ("/nowhere/python", "", "/bin/true"):
        monkeypatch.setattr(sys, "executable", python)
        assert asyncio.run(keeper.settle(answer(body(race="x")), "me")).action == "change"
        assert not processes(keeper)


def test_another_policy_has_processes_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "guard.toml"
    file.write_text('[[route]]\npath = "/v1/**"\nbiometric = true\n')
    keeper = Keeper(file)
    keeper.warm()
    assert asyncio.run(keeper.settle(answer(body(race="x")), "me")).action == "change"
    (before,) = processes(keeper)
    file.write_text('[[route]]\npath = "/v1/**"\nbiometric = true\nresponse = "refuse"\n')
    keeper.renew(now=True)
    assert asyncio.run(keeper.settle(answer(body(race="x")), "me")).action == "refuse"
    assert before not in processes(keeper)
    keeper.close()


def test_they_end_with_who_keeps_them() -> None:
    keeper = Keeper(read({"route": [{"path": "/v1/**", "biometric": True}]}))
    asyncio.run(keeper.settle(answer(body()), "me"))
    (number,) = processes(keeper)
    del keeper
    for _ in range(200):
        try:
            os.kill(number, 0)
        except OSError:
            return
        time.sleep(0.05)
    raise AssertionError("it is still there")
