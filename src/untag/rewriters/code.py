"""Source code: enum members, fields, elements, parameters, comments; with --unsafe also branches and statements."""

from __future__ import annotations

import ast
import warnings
from typing import TYPE_CHECKING

from untag.edit import Proof, Rewriter
from untag.gap import Limits
from untag.readers._grammar import GRAMMARS
from untag.readers.code import language_of
from untag.rewriters._source import errors, planned

if TYPE_CHECKING:
    from untag.artifact import Artifact
    from untag.edit import Plan, Target

__all__ = ["CodeRewriter"]

#: Bytes of Python that its own parser is asked about.
_PYTHON = 1 << 20


class CodeRewriter(Rewriter):
    """Takes units out of source code, and leaves every other byte."""

    name = "code"
    reads = ("code",)
    limits = (
        "what only uses a name that is gone is removed with --unsafe where it was found itself; the rest is listed",
        "a branch before a plain else, a condition joined with others and a ternary stay",
        "files above the parse limit stay",
        "conditions stay in Pascal, PowerShell, Perl, Elixir, Julia, Haskell, Erlang, F#, Clojure, Nim and Solidity",
        "what a function takes stays in Elixir, F#, Haskell and Erlang, where patterns say it",
    )

    def knows(self, artifact: Artifact) -> bool:
        """Whether it is code of a language whose syntax is known."""
        if not artifact.held or artifact.size > Limits().parse:
            return False
        return (language_of(artifact) or "") in GRAMMARS

    def plan(self, artifact: Artifact, targets: tuple[Target, ...]) -> Plan:
        """Units with their separators, comments and decorators."""
        return planned(artifact, targets, language_of(artifact) or "c")

    def check(self, before: Artifact, after: Artifact, plan: Plan) -> Proof:  # noqa: ARG002 - the syntax alone counts
        """That the code still parses: no error more than before."""
        language = language_of(before) or "c"
        old, new = errors(before, language), errors(after, language)
        if new > old or (language == "python" and _compiles(before) and not _compiles(after)):
            return Proof("the code would no longer parse")
        return Proof("", (f"it parses as {language}, with {new or 'no'} error{'' if new == 1 else 's'} as before",))


def _compiles(artifact: Artifact) -> bool:
    """Whether Python's own parser takes it: it sees an empty block, which the grammar lets pass. Nothing is run."""
    if artifact.size > _PYTHON:
        return False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(artifact.data)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
