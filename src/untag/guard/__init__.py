"""The guard: at run time no request asks for an ethnic tag, and no response holds one.

``Engine(policy).judge(message)`` is a pure function of what it is given; ``untag.guard.asgi.Guard`` is the same as
middleware. It lives in other people's servers: it imports no reader and no source, and is small.
"""

from __future__ import annotations

from untag.guard.message import Message, Problem, Removed, Verdict
from untag.guard.policy import Policy, Route, load, read

__all__ = ["Message", "Policy", "Problem", "Removed", "Route", "Verdict", "load", "read"]
