"""Records of made-up persons through the guard: no value of them may stand in its log or in what it answers itself."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from persons import Person, person

from untag.guard import read
from untag.guard.asgi import Guard

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["told"]

#: Exchanges of a turn.
_MANY = 40


def _row(one: Person) -> dict[str, str]:
    return {
        "name": one.name, "id_card": one.id, "phone": one.phone, "birthday": one.birth, "email": one.mail,
        "address": one.address, "race": one.people,
    }  # fmt: skip


async def _exchange(door: Guard, scope: dict[str, Any], body: bytes, answer: bytes) -> tuple[int, bytes]:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        del scope, receive
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": answer})

    sent = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Any:
        return sent.pop(0) if sent else {"type": "http.disconnect"}

    out: list[Any] = []

    async def send(event: Any) -> None:
        out.append(event)

    door.app = app
    await door(scope, receive, send)
    head = repr(out[0]["headers"]).encode()
    return out[0]["status"], head + b"".join(e.get("body", b"") for e in out[1:])


def told(home: Path, rng: random.Random) -> tuple[list[Person], Iterator[tuple[str, bytes]]]:
    """Persons, and what the guard writes and answers by itself when records of them pass.

    Args:
        home: A folder for its log.
        rng: Decides on the persons and on how they are written.
    """
    persons = [person(rng) for _ in range(_MANY)]

    async def nothing(*_: Any) -> None:
        """Replaced for each exchange."""

    rules = {
        "route": [{"path": "/faces/**", "biometric": True}],
        "log": {"file": str(home / "guard.log")},
    }
    door = Guard(nothing, read(rules, base=home))
    refused: list[bytes] = []
    for number, one in enumerate(persons):
        row = _row(one)
        asks = number % 2 == 0
        query = urlencode(row).encode() if asks and number % 4 == 0 else b""
        body = json.dumps(row).encode() if not query else b""
        path = f"/faces/{quote(one.name)}" if number % 3 == 0 else "/faces/search"
        scope = {
            "type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": query,
            "headers": [(b"content-type", b"application/json"), (b"x-user", one.name.encode())],
            "client": ("127.0.0.1", 1), "extensions": {},
        }  # fmt: skip
        status, answer = asyncio.run(
            _exchange(door, scope, body if asks else b"", json.dumps({"faces": [row]}).encode())
        )
        if status != 200:
            refused.append(answer)
    rows = [("guard problem", b"\n".join(refused))]
    rows += [("guard log", p.read_bytes()) for p in sorted(home.glob("guard.log*"))]
    return persons, iter(rows)
