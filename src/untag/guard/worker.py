"""The process that ``pool`` starts: a line with the policy, then messages in and verdicts out, until its input ends."""

from __future__ import annotations

import json
import os
import signal
import sys

import msgspec

from untag.guard.engine import Engine
from untag.guard.message import Message
from untag.guard.policy import read
from untag.guard.pool import received, sent

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
    engine = Engine(read(json.loads(sys.stdin.buffer.readline())))
    out.write(sent(b""))
    out.flush()
    decode, encode = msgspec.msgpack.Decoder(Message).decode, msgspec.msgpack.Encoder().encode
    while (data := received(sys.stdin.buffer)) is not None:
        out.write(sent(encode(engine.judge(decode(data)))))
        out.flush()


if __name__ == "__main__":
    main()
