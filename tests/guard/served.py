"""A made-up face API on loopback, behind the guard where a policy is given; started by the tests as a process."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute

from untag.guard.asgi import Guard

SEEN: list[object] = []
GO = asyncio.Event()
FACE = {"age": 31, "gender": "f", "dominant_race": "made up"}


async def analyze(request):
    body = await request.json()
    SEEN.append(body)
    return JSONResponse({"results": [FACE, FACE], "asked": body}, headers={"etag": '"1"', "x-face-race": "y"})


async def seen(request):
    return JSONResponse(
        {"count": sum(isinstance(s, dict) for s in SEEN), "done": SEEN.count("background"), "left": SEEN.count("left"),
         "held": SEEN.count("held")}
    )  # fmt: skip


async def fails(request):
    raise RuntimeError("of the application")


async def late(request):
    async def pieces():
        yield b'{"results": [{"age": 31, "dominant_'
        yield b'race": "x"}'
        raise RuntimeError("in the middle")

    return StreamingResponse(pieces(), media_type="application/json")


async def slow(request):
    """One event a moment; half of one at first."""

    async def pieces():
        try:
            yield b'data: {"age": 1, "ra'
            await asyncio.sleep(0.05)
            yield b'ce": "x"}\n\n'
            yield b'data: {"age": 2}\n\ndata: {"age": 3, "ethnicity": 1}\n\n'
            while True:
                await asyncio.sleep(0.02)
                yield b": still here\n\n"
        finally:
            SEEN.append("left")

    return StreamingResponse(pieces(), media_type="text/event-stream")


async def lines(request):
    which = request.query_params["which"]

    async def pieces():
        yield b'{"age": 1, "race": "x"}\n{"a'
        yield b'ge": 2}\n'
        if which == "bad":
            yield b'{"age": 3, "race": \n{"age": 4}\n'
        yield b'{"age": 5, "race": 2}'

    return StreamingResponse(pieces(), media_type="application/x-ndjson")


async def large(request):
    rows = [{"age": n, "ethnicity": "x", "box": [1.5, 2.25]} for n in range(int(request.query_params["n"]))]
    return Response(
        json.dumps(rows), media_type="application/json", background=BackgroundTask(SEEN.append, "background")
    )


async def picture(request):
    return Response(b"\xff\xd8\xff\xe1\x00\x0eethnicity: x\xff\xda\x00\x02pixels\xff\xd9", media_type="image/jpeg")


async def clip(request):
    async def pieces():
        for _ in range(4):
            yield b"\0" * 100_000

    return StreamingResponse(pieces(), media_type="video/mp4")


async def text(request):
    return PlainTextResponse("Uyghur news: race, ethnicity, faces")


async def talk(socket):
    await socket.accept()
    SEEN.append("open")
    while True:
        event = await socket.receive()
        if event["type"] == "websocket.disconnect":
            SEEN.append(f"closed {event.get('code')}")
            return
        said = event.get("text") or event["bytes"].decode()
        if said == "bytes":
            await socket.send_bytes(b'{"age":1,"race":2}')
        elif said == "junk":
            await socket.send_text('{"race":1,"race":2}')
        elif said == "face":
            await socket.send_text('{"age": 1, "race": "x"}')
        else:
            await socket.send_text(said)


async def cookies(request):
    answer = JSONResponse({"age": 1})
    answer.set_cookie("face_ethnicity", "asian")
    answer.set_cookie("sid", "1")
    return answer


async def held(request):
    """Answers when it is told to."""
    SEEN.append("held")
    await asyncio.wait_for(GO.wait(), 60)
    return JSONResponse(FACE)


async def go(request):
    GO.set()
    return Response(status_code=204)


async def queried(request):
    return PlainTextResponse(request.url.query)


async def emptied(request):
    SEEN.append(await request.body())
    return Response(status_code=204)


INNER = Starlette(
    routes=[
        Route("/v1/analyze", analyze, methods=["POST"]), Route("/seen", seen), Route("/v1/fails", fails),
        Route("/v1/late", late), Route("/v1/slow", slow), Route("/v1/lines", lines), Route("/v1/large", large),
        Route("/v1/picture", picture), Route("/v1/clip", clip), Route("/news", text), Route("/v1/text", text),
        Route("/v1/cookies", cookies), Route("/v1/held", held), Route("/go", go), Route("/strip/asked", queried),
        Route("/v1/empty", emptied, methods=["POST"]), WebSocketRoute("/v1/talk", talk),
    ]
)  # fmt: skip


if __name__ == "__main__":
    app = GZipMiddleware(INNER, minimum_size=200)
    if sys.argv[1:]:
        app = Guard(app, Path(sys.argv[1]))
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", lifespan="on")
    server = uvicorn.Server(config)

    async def main() -> None:
        task = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.01)
        sys.stdout.write(f"{server.servers[0].sockets[0].getsockname()[1]}\n")
        sys.stdout.flush()
        await task

    asyncio.run(main())
