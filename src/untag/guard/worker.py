"""The process that ``pool`` starts: the policy, then messages in and verdicts out, until its input ends."""

from __future__ import annotations

import json
import os
import signal
import sys
from dataclasses import replace

import msgspec

from untag.guard.engine import Engine
from untag.guard.message import Message
from untag.guard.policy import read
from untag.guard.pool import received, send

__all__ = ["main"]

_NICE = 10


def main() -> None:
    """Judge what comes."""
    # Who started it ends it, by closing the pipe; a Ctrl-C in the terminal is meant for that one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Large bodies wait for everybody else, not the other way round.
    if hasattr(os, "nice"):
        os.nice(_NICE)
    # Nothing that a library prints may get between verdicts.
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    into = sys.stdin.buffer
    engine = Engine(read(json.loads(received(into) or b"{}")))
    send(out, b"")
    decode, encode = msgspec.msgpack.Decoder(Message).decode, msgspec.msgpack.Encoder().encode
    while (head := received(into)) is not None and (body := received(into)) is not None:
        made = engine.judge(replace(decode(head), body=body))
        after = made.message.body
        same = after is body
        send(out, encode((replace(made, message=replace(made.message, body=b"")), same)), b"" if same else after)


if __name__ == "__main__":
    main()
