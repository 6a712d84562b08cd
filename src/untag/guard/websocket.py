"""WebSockets: the request that opens one is judged like any, and so is each message that goes through it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from untag.guard.asgi import asked, caller, headed, raw, told
from untag.guard.message import Message

if TYPE_CHECKING:
    from untag.guard.asgi import Event, Guard, Receive, Send
    from untag.guard.message import Direction

__all__ = ["Talk"]

#: Close codes of RFC 6455: against the policy; something went wrong.
_POLICY, _FAILED = 1008, 1011


class Talk:
    """One connection."""

    def __init__(self, guard: Guard, scope: Event, receive: Receive, send: Send) -> None:
        self.guard = guard
        self.scope = scope
        self.receive = receive
        self.send = send
        self.request = asked(scope, guard.direction)
        self.caller = caller(scope, self.request.headers, guard.keeper.policy.log.caller)
        self.closed = 0
        self.open = False

    async def run(self) -> None:
        """From the request that opens it to its end."""
        verdict = await self.guard.keeper.settle(self.request, self.caller)
        if verdict.action == "refuse":
            await self.receive()
            await self.send({"type": "websocket.close", "code": _POLICY, "reason": ""})
            return
        await self.guard.app(told(self.scope, verdict.message), self._in, self._out)

    async def _in(self) -> Event:
        """What the client sends, as judged."""
        if self.closed:
            return {"type": "websocket.disconnect", "code": self.closed}
        event = await self.receive()
        if event["type"] != "websocket.receive":
            return event
        made = await self._judged(event, self.guard.direction)
        if made is None:
            return {"type": "websocket.disconnect", "code": self.closed}
        return made

    async def _out(self, event: Event) -> None:
        """What the application sends, as judged."""
        if self.closed:
            return
        if event["type"] == "websocket.accept":
            self.open = True
            headers = headed(event.get("headers", ()))
            answer = Message("response", "GET", self.request.path, "", headers, host=self.request.host)
            verdict = await self.guard.keeper.settle(answer, self.caller)
            if verdict.action == "refuse":
                await self._close(_FAILED)
                return
            await self.send({**event, "headers": raw(verdict.message.headers)})
        elif event["type"] == "websocket.send":
            made = await self._judged(event, "response")
            if made is not None:
                await self.send(made)
        else:
            if event["type"] == "websocket.close":
                self.closed = int(event.get("code") or 1000)
            await self.send(event)

    async def _judged(self, event: Event, direction: Direction) -> Event | None:
        """A message as it goes on; None where the connection was closed for it."""
        text = event.get("text")
        data = text.encode("utf-8", "surrogatepass") if text is not None else bytes(event.get("bytes") or b"")
        headers: tuple[tuple[str, str], ...] = ()
        if text is not None:
            headers = (("content-type", "text/plain"),)
        elif data.lstrip()[:1] not in {b"{", b"["}:
            headers = (("content-type", "application/octet-stream"),)
        message = Message(direction, "GET", self.request.path, "", headers, data, self.request.host)
        limits = self.guard.keeper.policy.limits
        if len(data) > limits.unit:
            verdict = self.guard.keeper.engine.too_large(message, unit=True)
            self.guard.keeper.noted(verdict, self.caller)
        else:
            verdict = await self.guard.keeper.settle(message, self.caller)
        if verdict.action == "refuse":
            await self._close(_FAILED if direction == "response" else _POLICY)
            return None
        if verdict.action == "pass":
            return event
        if text is not None:
            return {**event, "text": verdict.message.body.decode()}
        return {**event, "bytes": verdict.message.body}

    async def _close(self, code: int) -> None:
        self.closed = code
        await self.send({"type": "websocket.close", "code": code, "reason": "does not pass"})
