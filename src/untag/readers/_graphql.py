"""GraphQL, schemas and operations, read by its tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from untag.readers._idl import QUIET, Scope, past
from untag.readers._plan import join
from untag.surface import Kind, Role

if TYPE_CHECKING:
    from untag.readers._idl import Tokens

__all__ = ["graphql"]

_GRAPH_TYPES = ("type", "interface", "input", "enum", "union", "scalar")
_GRAPH_ACTS = ("query", "mutation", "subscription", "fragment")
_ROOTS = ("Query", "Mutation", "Subscription")


class _Graph:
    """One pass over the tokens of a schema or of operations."""

    def __init__(self, tokens: Tokens) -> None:
        self.tokens = tokens
        self.items = tokens.items
        self.scopes: list[Scope] = []
        self.at = 0
        #: A description that waits for what it describes.
        self.doc = -1

    def run(self) -> None:
        while self.at < len(self.items):
            self.step()

    def step(self) -> None:
        items, at = self.items, self.at
        token = items[at]
        top = self.scopes[-1] if self.scopes else None
        if token.kind == "mark":
            if token.text == "{":
                # A selection without a name is an anonymous query.
                self.scopes.append(Scope("query", Kind.QUERY, "selection") if top is None else top)
            elif token.text == "}" and self.scopes:
                self.scopes.pop()
            self.at += 1
        elif token.kind in ("string", "long"):
            self.doc = at
            self.at += 1
        elif token.kind != "name":
            self.at += 1
        elif top is None:
            self.definition()
        elif top.kind is Kind.ENUM:
            self.declare(at, Role.MEMBER, top.path, Kind.ENUM)
            self.at += 1
        elif top.word == "selection":
            self.selected(top)
        else:
            self.field(top)

    def declare(self, index: int, role: Role, owner: str, kind: Kind, type_: str = "") -> None:
        self.tokens.say(index, role, owner, kind, type_=type_)
        if self.doc >= 0:
            self.tokens.say(self.doc, Role.COMMENT, owner, kind, self.items[index].text)
            self.doc = -1

    def definition(self) -> None:
        """A definition at the top of the file."""
        items, at = self.items, self.at
        word = items[at].text
        if word == "extend":
            self.at += 1
            return
        named = at + 1 < len(items) and items[at + 1].kind == "name"
        if word in _GRAPH_TYPES and named:
            name = items[at + 1].text
            closed = word in ("enum", "union")
            kind = Kind.ENUM if closed else Kind.OPERATION if name in _ROOTS else Kind.SCHEMA
            self.declare(at + 1, Role.ENUM if closed else Role.TYPE, name, kind)
            self.at += 2
            if word == "union":
                while (self.at < len(items) and items[self.at].text in ("=", "|")) or self.member(name):
                    self.at += 1
            else:
                self.header(Scope(name, kind, word))
        elif word in _GRAPH_ACTS:
            name = items[at + 1].text if named else word
            if named:
                self.declare(at + 1, Role.OPERATION, name, Kind.QUERY)
            self.at += 2 if named else 1
            self.header(Scope(name, Kind.QUERY, "selection"))
        elif word in ("schema", "directive"):
            self.at += 1
            self.header(Scope(word, Kind.SCHEMA, word))
        else:
            self.at += 1

    def member(self, owner: str) -> bool:
        """A member of a union at the present position."""
        items, at = self.items, self.at
        if at < len(items) and items[at].kind == "name" and items[at - 1].text in ("=", "|"):
            self.tokens.say(at, Role.MEMBER, owner, Kind.ENUM)
            return True
        return False

    def header(self, scope: Scope) -> None:
        """From the name of a definition to its brace: variables, directives, interfaces."""
        items = self.items
        while self.at < len(items):
            token = items[self.at]
            if token.kind == "mark" and token.text == "{":
                self.scopes.append(scope)
                self.at += 1
                return
            if token.kind == "mark" and token.text == "(":
                self.arguments(scope.path)
                continue
            if token.kind in ("string", "long") or (
                token.text in (*_GRAPH_TYPES, *_GRAPH_ACTS, "extend", "directive", "schema")
            ):
                return
            if token.kind == "name" and token.text not in QUIET:
                self.tokens.say(self.at, Role.USE, scope.path, scope.kind)
            self.at += 1

    def arguments(self, owner: str) -> None:
        """Parameters with types, or arguments with values, in parentheses."""
        items = self.items
        stop = past(self.tokens, self.at, len(items))
        index = self.at + 1
        about = ""
        while index < stop:
            token = items[index]
            if token.kind == "name" and index + 1 < stop and items[index + 1].text == ":":
                about = token.text
                type_ = items[index + 2].text if index + 2 < stop and items[index + 2].kind == "name" else ""
                if not type_ and index + 3 < stop and items[index + 2].text == "[":
                    type_ = f"[{items[index + 3].text}]"
                self.declare(index, Role.PARAMETER, owner, Kind.OPERATION, type_)
            elif token.kind in ("string", "long"):
                if index + 2 < stop and items[index + 1].kind == "name" and items[index + 2].text == ":":
                    self.doc = index
                else:
                    self.tokens.say(index, Role.VALUE, owner, Kind.OPERATION, about)
            elif token.kind == "name" and token.text not in QUIET:
                self.tokens.say(index, Role.USE, owner, Kind.OPERATION, about)
            index += 1
        self.at = max(stop, self.at + 1)

    def field(self, top: Scope) -> None:
        """A field of a type: its arguments, its type, its directives."""
        items, at = self.items, self.at
        index = at + 1
        arguments = index < len(items) and items[index].text == "("
        if arguments:
            index = past(self.tokens, index, len(items))
        type_ = ""
        if index < len(items) and items[index].text == ":":
            index += 1
            while index < len(items) and items[index].text in ("[", "]", "!") and items[index].kind == "mark":
                type_ += items[index].text
                index += 1
            if index < len(items) and items[index].kind == "name":
                type_ += items[index].text
                if items[index].text not in QUIET:
                    self.tokens.say(index, Role.USE, top.path, top.kind, items[at].text)
                index += 1
                while index < len(items) and items[index].kind == "mark" and items[index].text in ("]", "!"):
                    type_ += items[index].text
                    index += 1
        path = join(top.path, items[at].text)
        if top.kind is Kind.OPERATION:
            self.declare(at, Role.OPERATION, path, Kind.OPERATION, type_)
        else:
            self.declare(at, Role.FIELD, top.path, top.kind, type_)
        if arguments:
            self.at = at + 1
            self.arguments(path)
        self.at = max(index, self.at)
        while self.at < len(items) and items[self.at].kind == "name" and items[self.at].text.startswith("@"):
            self.tokens.say(self.at, Role.ANNOTATION, top.path, top.kind, items[at].text)
            self.at += 1
            if self.at < len(items) and items[self.at].text == "(":
                self.arguments(path)

    def selected(self, top: Scope) -> None:
        """A field that an operation asks for."""
        items, at = self.items, self.at
        self.tokens.say(at, Role.KEY, top.path, Kind.QUERY)
        self.at += 1
        if self.at < len(items) and items[self.at].text == "(":
            self.arguments(join(top.path, items[at].text))


def graphql(tokens: Tokens) -> None:
    """Say what a GraphQL schema declares and what its operations ask for."""
    _Graph(tokens).run()
