"""Object-relational mappings in XML: MyBatis mappers and their SQL, Hibernate and generators."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

from untag.readers._dialect import Dialect, first
from untag.readers._lines import Line, has_word, spread
from untag.readers._runs import rows
from untag.surface import Kind, Role, Surface, upto

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.readers._markup import Node

__all__ = ["Mapper", "Mapping"]

_PARAMETER = re.compile(r"[#$]\{?\s*([A-Za-z_][\w.\[\]]*)[^{}]*\}?|:([a-z]\w*)")

_WORD = re.compile(
    r"'(?:[^'\\]|\\.)*'|[#$]\{[^{}]*\}|[`\"\[]?[A-Za-z_\u3400-\u9fff][\w$.\u3400-\u9fff]*[`\"\]]?|--[^\n]*|[(),;=<>]"
)

_SQL = frozenset({
    "select", "insert", "update", "delete", "from", "where", "and", "or", "not", "null", "is", "in", "like", "as",
    "on", "join", "left", "right", "inner", "outer", "full", "cross", "group", "by", "order", "having", "limit",
    "offset", "union", "all", "distinct", "set", "values", "into", "case", "when", "then", "else", "end", "asc",
    "desc", "between", "exists", "count", "sum", "max", "min", "avg", "if", "ifnull", "nvl", "coalesce", "concat",
    "cast", "true", "false", "top", "with", "replace", "ignore", "key", "duplicate", "using", "natural", "trim",
    "date_format", "now", "varchar", "integer", "bigint", "timestamp", "date", "rownum", "over", "partition",
})  # fmt: skip

_STATEMENTS = frozenset(("select", "insert", "update", "delete", "sql", "statement", "procedure", "selectkey"))


class Mapper(Dialect):
    """MyBatis and iBATIS: result maps, statements, their conditions and SQL."""

    def prepare(self) -> None:
        self.space = ""
        self.held: list[str] = []
        #: State of the SQL of the statement that is read: the clause, and its depth of brackets.
        self.clause = ""
        self.statement = ""
        self.end = -1
        for node in self.nodes:
            if node.sort == "element" and node.name in ("mapper", "sqlMap"):
                self.space = node.get("namespace").rpartition(".")[2]
                break

    def around(self, index: int) -> tuple[str, Kind]:
        if index < self.end:
            return self.statement, Kind.QUERY
        for at in self.document.parents(index):
            if self.nodes[at].name in ("resultMap", "parameterMap"):
                return self.nodes[at].get("id"), Kind.TABLE
        return self.space, Kind.FILE

    def element(self, index: int, node: Node) -> Iterator[Surface]:
        name = node.name.lower()
        if name in ("resultmap", "parametermap"):
            own = node.get("id")
            yield from self.named(Role.TYPE, first(node, "id"), own, Kind.TABLE, node.get("type", "class"))
            for attribute in node.attributes:
                if attribute.name != "id":
                    yield from self.put(Role.USE, attribute, own, Kind.TABLE)
        elif name in (
            "id",
            "result",
            "association",
            "collection",
            "idarg",
            "arg",
            "parameter",
            "discriminator",
        ) and self.up(index, "resultMap", "parameterMap"):
            owner, kind = self.around(index)
            for attribute in node.attributes:
                low = attribute.name.lower()
                role = Role.FIELD if low in ("property", "name") else Role.COLUMN if low == "column" else Role.USE
                if role is Role.USE:
                    yield from self.put(role, attribute, owner, kind, node.get("property"))
                else:
                    yield from self.named(
                        role,
                        attribute,
                        owner,
                        kind,
                        node.get("jdbcType", "javaType"),
                        node.get("column") if role is Role.FIELD else "",
                    )
        elif name in _STATEMENTS and (own := node.get("id")):
            self.statement = f"{self.space}.{own}" if self.space else own
            self.clause, self.end = name if name != "sql" else "", node.end
            yield from self.named(
                Role.FUNCTION,
                first(node, "id"),
                self.space,
                Kind.FILE,
                node.get("resultMap", "resultType", "resultClass"),
            )
            for attribute in node.attributes:
                if attribute.name != "id":
                    yield from self.put(Role.USE, attribute, self.statement, Kind.QUERY)
        else:
            yield from self.dynamic(index, node, name)

    def dynamic(self, index: int, node: Node, name: str) -> Iterator[Surface]:
        """Elements that make SQL depend on what is asked for."""
        owner, kind = self.around(index)
        if name in ("where", "set"):
            self.clause = name
        elif name == "trim" and (prefix := node.get("prefix").strip().lower()):
            self.clause = "columns" if prefix == "(" else prefix.partition(" ")[0].partition("(")[0] or self.clause
        for attribute in node.attributes:
            low = attribute.name.lower()
            if low == "test" or (name.startswith("is") and low in ("property", "compareproperty", "comparevalue")):
                yield from self.put(Role.CONDITION, attribute, owner, kind)
            elif low in ("collection", "refid", "item", "value", "property"):
                yield from self.put(Role.USE, attribute, owner, kind)
            else:
                yield from self.plain(index, attribute)

    def text(self, index: int, node: Node) -> Iterator[Surface]:
        owner, kind = self.around(index)
        if index >= self.end:
            yield from self.shown(Role.STRING, node, owner, kind)
            return
        for line in rows(self.document, node):
            yield from self.sql(
                Line(line.number, unescape(line.text) if node.sort == "text" else line.text, line.indent), owner
            )

    def sql(self, line: Line, owner: str) -> Iterator[Surface]:
        """A line of SQL: what stands in a condition as a condition, names as tables and columns."""
        begun = -1
        for found in _WORD.finditer(line.text):
            word = found[0]
            low = word.strip('`"[]').lower()
            if low in ("where", "having", "on"):
                self.clause = "where"
            elif low in (
                "select",
                "from",
                "join",
                "into",
                "update",
                "set",
                "values",
                "order",
                "group",
                "limit",
                "union",
                "insert",
                "delete",
            ):
                if begun >= 0:
                    yield from self.condition(line, begun, found.start(), owner)
                    begun = -1
                self.clause = {"join": "from", "into": "into", "update": "into"}.get(low, low)
                continue
            if self.clause == "where":
                begun = found.start() if begun < 0 else begun
                continue
            yield from self.word(line, found, low, owner)
        if begun >= 0:
            yield from self.condition(line, begun, len(line.text), owner)

    def condition(self, line: Line, start: int, end: int, owner: str) -> Iterator[Surface]:
        yield from spread(Role.CONDITION, line, self.place, owner, Kind.QUERY, "", start, line.text[start:end])

    def word(self, line: Line, found: re.Match[str], low: str, owner: str) -> Iterator[Surface]:
        word = found[0]
        spot = self.place.at(line=line.number, column=line.indent + found.start() + 1)
        if word == "(" and self.clause == "into":
            self.clause = "columns"
        elif word[0] in "#$":
            name = _PARAMETER.match(word)
            if name and name[1]:
                yield Surface(Role.PARAMETER, upto(name[1], 200), spot, owner, Kind.QUERY)
        elif word.startswith("--"):
            yield from spread(Role.COMMENT, line, self.place, owner, Kind.QUERY, "", found.start(), word)
        elif word[0] == "'":
            yield from spread(Role.STRING, line, self.place, owner, Kind.QUERY, "", found.start() + 1, word[1:-1])
        elif low not in _SQL and has_word(word):
            role = Role.TYPE if self.clause in ("from", "into") else Role.COLUMN
            if role is Role.TYPE and self.clause == "from" and len(low) <= 2:
                return
            yield Surface(role, upto(word.strip('`"[]'), 2000), spot, owner, Kind.QUERY)


class Mapping(Dialect):
    """Object-relational mappings and generator configurations: classes, tables, fields and columns."""

    def around(self, index: int) -> tuple[str, Kind]:
        for at in (
            [index, *self.document.parents(index)]
            if self.nodes[index].sort == "element"
            else self.document.parents(index)
        ):
            node = self.nodes[at]
            if node.name in ("class", "entity", "table", "subclass", "joined-subclass", "embeddable", "component"):
                return node.get("name", "class", "domainObjectName", "tableName", "table"), Kind.TABLE
        return "", Kind.FILE

    def element(self, index: int, node: Node) -> Iterator[Surface]:
        owner, kind = self.around(index)
        holds = node.name in ("class", "entity", "table", "subclass", "joined-subclass", "embeddable")
        for attribute in node.attributes:
            low = attribute.name.lower()
            if holds and low in ("name", "table", "class", "tablename", "domainobjectname"):
                yield from self.named(Role.TYPE, attribute, owner, kind)
            elif low in ("column", "delimitedcolumnname") or (low == "name" and node.name == "column"):
                yield from self.named(Role.COLUMN, attribute, owner, kind)
            elif low in ("name", "property", "javaproperty") and owner:
                yield from self.named(
                    Role.FIELD, attribute, owner, kind, node.get("type", "javaType"), node.get("column")
                )
            elif low == "value" and node.name == "property":
                yield from self.put(Role.VALUE, attribute, owner, kind, node.get("name"))
            else:
                yield from self.put(Role.STRING, attribute, owner, kind)
