"""What the guard does where: routes, exemptions, maps of opaque numbers, bounds and the log, from a TOML file.

There is no way to add words: what is acted on is the lexicon, or less of it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from untag.config import nearest, tables
from untag.mistake import UntagError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from untag.guard.message import Direction
    from untag.guard.schema import Descriptors

__all__ = [
    "FAILURES", "PROMPTS", "Exempt", "Limits", "Logging", "Opaque", "Policy", "Route", "Tunnel", "Watch", "load",
    "normal", "read",
]  # fmt: skip

#: Why a body cannot be judged, as a route may be told to let it through all the same.
FAILURES = ("type", "size", "coding", "charset", "damaged", "crash")
#: Names of fields that hold a search in a person's own words, where a route does not name them.
PROMPTS = ("prompt", "query", "q", "text", "search", "search_text", "caption", "description", "keyword", "keywords",
           "instruction")  # fmt: skip
_METHOD = re.compile(r"[A-Z]{1,20}")
_MEDIA = re.compile(r"[a-z0-9*][a-z0-9.+*-]*/[a-z0-9*][a-z0-9.+*-]*")
_HOST = re.compile(r"(?:[a-z0-9*](?:[a-z0-9*.-]{0,251}[a-z0-9*])?|\[?[0-9a-f:.]{2,45}\]?)(?::(\d{1,5}))?")
_NUMBER = re.compile(r"-?\d{1,18}")
_FSYNC = ("always", "interval", "never")


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on one message.

    Attributes:
        body: Bytes of a body, as sent and once more when unpacked.
        depth: How deep its parts may nest.
        parts: How many there may be.
        nested: How deep documents may lie in texts of documents.
        unit: Bytes of one event, line or message of a stream.
        held: Bytes of all bodies that are held at once until they are whole and judged.
    """

    body: int = 8 << 20
    depth: int = 64
    parts: int = 500_000
    nested: int = 4
    unit: int = 1 << 20
    held: int = 512 << 20


@dataclass(frozen=True, slots=True)
class Logging:
    """Where and how it is logged.

    Attributes:
        file: The log; None for none.
        fsync: ``always`` after each record, ``interval`` at most once a second, ``never``.
        rotate: Bytes from which a new file is begun.
        checkpoint: Records after which a checkpoint is signed.
        key: Private key that signs checkpoints; None for none.
        caller: ``client`` for the address, or the name of a header, from which the pseudonym of a caller is made.
        secret: File with the key of pseudonyms; None for one that ends with the process.
        required: Whether what must be logged and cannot is refused.
    """

    file: Path | None = None
    fsync: str = "interval"
    rotate: int = 64 << 20
    checkpoint: int = 1000
    key: Path | None = None
    caller: str = "client"
    secret: Path | None = None
    required: bool = True


class _Where:
    """What holds for some methods, paths and hosts."""

    paths: tuple[str, ...]
    methods: frozenset[str]
    hosts: tuple[str, ...]

    @cached_property
    def _patterns(self) -> tuple[re.Pattern[str], ...]:
        return tuple(map(globbed, self.paths))

    def matches(self, method: str, path: str, host: str = "") -> bool:
        """Whether it is for a method, a path (as ``normal`` gives it) and a host."""
        # Many who answer take "post" for POST, and a name with a dot at its end is the same name.
        if self.methods and method.upper() not in self.methods:
            return False
        if self.hosts and not any(fnmatchcase(host.lower().rstrip("."), glob) for glob in self.hosts):
            return False
        return any(p.fullmatch(path) for p in self._patterns)


@dataclass(frozen=True)
class Route(_Where):
    """What is done where.

    Attributes:
        paths: Globs: ``*`` stays in a segment, ``**`` crosses.
        methods: Methods it is for; empty for all.
        biometric: Whether it is about faces or persons on camera: what surrounds a word need not say so then, and free
            text is acted on.
        request: ``refuse``, ``strip`` or ``pass``.
        response: ``strip``, ``refuse`` or ``pass``.
        delivery: ``strip``, ``refuse`` or ``pass``, of what goes out by itself.
        media: Media types that pass unread, as globs.
        prompts: Fields that hold a search in a person's own words.
        wildcards: Whether a request for every attribute is refused as well.
        masks: By name of a field, the bits that ask for a tag.
        fail_open: For which reasons a body passes that cannot be judged.
        reason: Why that is so; needed for ``pass`` and ``fail-open``.
        name: How the log calls it.
        hosts: Names it is for, as globs; empty for all.
        descriptors: What messages of protobuf are there; None where they do not pass.
        messages: By direction, the full name of the message that a body is; gRPC says it by its path.
        unknown: Whether fields pass that no descriptor names.
    """

    paths: tuple[str, ...] = ("/**",)
    methods: frozenset[str] = frozenset()
    biometric: bool = False
    request: str = "refuse"
    response: str = "strip"
    delivery: str = "strip"
    media: tuple[str, ...] = ()
    prompts: frozenset[str] = frozenset(PROMPTS)
    wildcards: bool = False
    masks: tuple[tuple[str, int], ...] = ()
    fail_open: frozenset[str] = frozenset()
    reason: str = ""
    name: str = "default"
    hosts: tuple[str, ...] = ()
    descriptors: Descriptors | None = None
    messages: tuple[tuple[str, str], ...] = ()
    unknown: bool = False

    def way(self, direction: Direction) -> str:
        """What is done with what goes one way."""
        return {"request": self.request, "response": self.response, "delivery": self.delivery}[direction]


@dataclass(frozen=True)
class Exempt(_Where):
    """A route that is let alone, with a reason, until a day.

    Attributes:
        paths: Globs, as of a route.
        methods: Methods it is for; empty for all.
        reason: Why.
        expires: The last day it holds.
        hosts: Names it is for, as globs; empty for all.
    """

    paths: tuple[str, ...]
    methods: frozenset[str]
    reason: str
    expires: dt.date
    hosts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tunnel:
    """Addresses to which connections may be made through the forward proxy.

    Attributes:
        hosts: Names and ports.
        reason: Why.
        expires: The last day it holds.
        judged: Whether only what can be judged goes through: HTTP and WebSockets that are not encrypted.
    """

    hosts: tuple[tuple[str, int], ...]
    reason: str
    expires: dt.date
    judged: bool = False

    def matches(self, host: str, port: int) -> bool:
        """Whether it is for an address."""
        return any(port == number and fnmatchcase(host.lower(), glob) for glob, number in self.hosts)


@dataclass(frozen=True, slots=True)
class Opaque:
    """A field whose numbers stand for peoples, as the maker of the API knows.

    Attributes:
        field: Its exact name.
        values: Term of the lexicon by number.
    """

    field: str
    values: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Policy:
    """All of it.

    Attributes:
        routes: The first that matches counts; behind them one that matches all, not declared biometric.
        exempt: Routes that are let alone.
        maps: Opaque fields.
        families: Families of the lexicon that are acted on; empty for all.
        limits: Bounds.
        log: The log.
        observe: Whether nothing is changed, and only logged what would be.
        digest: Of the file.
        tunnels: Where connections may go through the forward proxy.
    """

    routes: tuple[Route, ...] = ()
    exempt: tuple[Exempt, ...] = ()
    maps: tuple[Opaque, ...] = ()
    families: frozenset[str] = frozenset()
    limits: Limits = field(default_factory=Limits)
    log: Logging = field(default_factory=Logging)
    observe: bool = False
    digest: str = ""
    tunnels: tuple[Tunnel, ...] = ()

    def route(self, method: str, path: str, host: str = "") -> Route:
        """The route of a method, a path (as ``normal`` gives it) and a host."""
        return next((r for r in self.routes if r.matches(method, path, host)), _DEFAULT)

    def exemption(self, method: str, path: str, today: dt.date, host: str = "") -> Exempt | None:
        """The exemption that holds there, if one does."""
        return next((e for e in self.exempt if today <= e.expires and e.matches(method, path, host)), None)

    def tunnel(self, host: str, port: int, today: dt.date) -> Tunnel | None:
        """What lets a connection through, if something does."""
        return next((t for t in self.tunnels if today <= t.expires and t.matches(host, port)), None)


_DEFAULT = Route()


def normal(path: str) -> str:
    """A path as servers understand it: escapes resolved, dots and double slashes gone."""
    parts: list[str] = []
    for part in unquote(path.partition("?")[0]).replace("\\", "/").split("/"):
        bare = part.partition(";")[0]
        if bare == "..":
            del parts[-1:]
        elif bare not in {"", "."}:
            parts.append(bare)
    return "/" + "/".join(parts)


def globbed(pattern: str) -> re.Pattern[str]:
    """A glob over paths as an expression; upper and lower case are one."""
    words = {"/**": "(?:/.*)?", "**": ".*", "*": "[^/]*"}
    parts = re.split(r"(/\*\*|\*\*|\*)", "/" + pattern.strip("/"))
    return re.compile("".join(words.get(part, re.escape(part)) for part in parts) or "/", re.IGNORECASE | re.DOTALL)


# -- reading


def load(path: Path) -> Policy:
    """A policy from a file.

    Args:
        path: A TOML file.

    Raises:
        UntagError: It cannot be read, a key is unknown (the nearest known one is named), or a value is wrong.
    """
    raw = tables(path, "policy")
    try:
        digest = "sha256:" + hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise UntagError(f"policy {path}: {(error.strerror or 'cannot be read').lower()}") from None
    made = read(raw, f"policy {path}", path.parent, digest)
    described = [route.descriptors.digest for route in made.routes if route.descriptors is not None]
    if described:
        # Other descriptors are another policy.
        whole = hashlib.sha256("\n".join([digest, *described]).encode()).hexdigest()
        made = replace(made, digest=f"sha256:{whole}")
    return made


def read(raw: dict[str, Any], where: str = "policy", base: Path | None = None, digest: str = "") -> Policy:
    """A policy from tables.

    Args:
        raw: As a TOML file holds it.
        where: What it is, for messages.
        base: The folder that files are relative to.
        digest: Of the file.

    Raises:
        UntagError: As for ``load``.
    """
    top = _Table(raw, where, ("observe", "families", "limits", "log", "route", "exempt", "map", "tunnel"))
    families = frozenset(top.texts("families"))
    if families:
        _familiar(families, where)
    return Policy(
        tuple(_route(t, n, base or Path()) for n, t in top.rows("route", _ROUTE)),
        tuple(_exempt(t) for _, t in top.rows("exempt", ("path", "methods", "host", "reason", "expires"))),
        tuple(_opaque(t) for _, t in top.rows("map", ("field", "values"))),
        families,
        _limits(top.table("limits", LIMITS)),
        _logging(top.table("log", _LOG), base or Path()),
        top.flag("observe", default=False),
        digest,
        tuple(_tunnel(t) for _, t in top.rows("tunnel", ("host", "judged", "reason", "expires"))),
    )


_ROUTE = (
    "path", "methods", "host", "biometric", "request", "response", "delivery", "media", "prompts", "wildcards",
    "masks", "fail-open", "reason", "name", "descriptors", "messages", "unknown",
)  # fmt: skip
LIMITS = ("body", "depth", "parts", "nested", "unit", "held")
_LOG = ("file", "fsync", "rotate", "checkpoint", "key", "caller", "secret", "required")


class _Table:
    """A table of the file, asked for its keys by what they take."""

    def __init__(self, raw: dict[str, Any], where: str, keys: tuple[str, ...]) -> None:
        self.raw = raw
        self.where = where
        for key in raw:
            if key not in keys:
                raise UntagError(f"{where}: unknown key {key!r}{nearest(key, keys)}")

    def wrong(self, key: str, what: str) -> UntagError:
        return UntagError(f"{self.where}: {key} must be {what}")

    def flag(self, key: str, *, default: bool) -> bool:
        value = self.raw.get(key, default)
        if not isinstance(value, bool):
            raise self.wrong(key, "true or false")
        return value

    def number(self, key: str, default: int) -> int:
        value = self.raw.get(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise self.wrong(key, "a number above 0")
        return value

    def text(self, key: str, default: str | None = None) -> str:
        value = self.raw.get(key, default)
        if value is None:
            raise UntagError(f"{self.where}: {key} is missing")
        if not isinstance(value, str) or not (value.strip() or default == ""):
            raise self.wrong(key, "a text")
        return value.strip()

    def texts(self, key: str, default: Iterable[str] = ()) -> tuple[str, ...]:
        value = self.raw.get(key, list(default))
        rows = [value] if isinstance(value, str) else value
        if not isinstance(rows, list) or not all(isinstance(r, str) and r for r in rows):
            raise self.wrong(key, "a text or a list of texts")
        return tuple(rows)

    def one(self, key: str, words: tuple[str, ...], default: str) -> str:
        value = self.text(key, default)
        if value not in words:
            raise UntagError(f"{self.where}: {key} must be one of {', '.join(words)}{nearest(value, words)}")
        return value

    def table(self, key: str, keys: tuple[str, ...]) -> _Table:
        value = self.raw.get(key, {})
        if not isinstance(value, dict):
            raise self.wrong(key, "a table")
        return _Table(value, f"{self.where}: {key}", keys)

    def rows(self, key: str, keys: tuple[str, ...]) -> Iterator[tuple[int, _Table]]:
        value = self.raw.get(key, [])
        if not isinstance(value, list) or not all(isinstance(r, dict) for r in value):
            raise UntagError(f"{self.where}: write [[{key}]] with two brackets")
        for number, row in enumerate(value, 1):
            yield number, _Table(row, f"{self.where}: {key} {number}", keys)


def _paths(table: _Table) -> tuple[str, ...]:
    paths = table.texts("path")
    if not paths:
        raise UntagError(f"{table.where}: path is missing")
    if any(not p.startswith(("/", "**")) for p in paths):
        raise table.wrong("path", "a glob that begins with / or **")
    return paths


def _methods(table: _Table) -> frozenset[str]:
    methods = frozenset(table.texts("methods"))
    if any(not _METHOD.fullmatch(m) for m in methods):
        raise table.wrong("methods", "methods in capitals, such as POST")
    return methods


def _described(table: _Table, base: Path) -> tuple[Descriptors | None, tuple[tuple[str, str], ...]]:
    """The descriptors of a route, and which message goes which way."""
    name = table.text("descriptors", "")
    ways = table.table("messages", ("request", "response", "delivery"))
    rows = tuple((way, ways.text(way)) for way in sorted(ways.raw))
    if not name:
        if rows or "unknown" in table.raw:
            raise UntagError(f"{table.where}: messages and unknown need descriptors")
        return None, ()
    from untag.guard.schema import load as described

    made = described(base / name, table.where)
    for _, message in rows:
        if message not in made.shapes:
            raise UntagError(f"{table.where}: {name} describes no {message!r}{nearest(message, made.shapes)}")
    return made, rows


def _route(table: _Table, number: int, base: Path) -> Route:
    media = tuple(m.lower() for m in table.texts("media"))
    if any(not _MEDIA.fullmatch(m) for m in media):
        raise table.wrong("media", "media types such as image/*")
    failures = table.texts("fail-open")
    for word in failures:
        if word not in FAILURES:
            raise UntagError(f"{table.where}: fail-open must be among {', '.join(FAILURES)}{nearest(word, FAILURES)}")
    masks = table.raw.get("masks", {})
    if not isinstance(masks, dict) or not all(
        isinstance(v, int) and not isinstance(v, bool) and v > 0 for v in masks.values()
    ):
        raise table.wrong("masks", "a table of numbers: the bits that ask for a tag, by name of field")
    described, messages = _described(table, base)
    unknown = table.one("unknown", ("refuse", "pass"), "refuse") == "pass"
    route = Route(
        _paths(table),
        _methods(table),
        table.flag("biometric", default=False),
        table.one("request", ("refuse", "strip", "pass"), "refuse"),
        table.one("response", ("strip", "refuse", "pass"), "strip"),
        table.one("delivery", ("strip", "refuse", "pass"), "strip"),
        media,
        frozenset(p.lower() for p in table.texts("prompts", PROMPTS)),
        table.one("wildcards", ("pass", "refuse"), "pass") == "refuse",
        tuple(sorted(masks.items())),
        frozenset(failures),
        table.text("reason", ""),
        table.text("name", f"route {number}"),
        tuple(host for host, _ in _hosts(table, ports=False)),
        described,
        messages,
        unknown,
    )
    if ("pass" in {route.request, route.response, route.delivery} or failures or unknown) and not route.reason:
        raise UntagError(f"{table.where}: give a reason for pass, fail-open or unknown")
    return route


def _hosts(table: _Table, *, ports: bool) -> tuple[tuple[str, int], ...]:
    """Names of hosts as globs, and ports; 443 where none is said."""
    out = []
    for text in table.texts("host"):
        found = _HOST.fullmatch(text.lower())
        if found is None or (found[1] is not None and not (ports and 0 < int(found[1]) < 65536)):
            raise table.wrong("host", f"names such as hooks.example.org or *.example.org{':8443' if ports else ''}")
        name = text.lower()[: found.start(1) - 1] if found[1] is not None else text.lower()
        out.append((name.strip("[]"), int(found[1] or 443)))
    return tuple(out)


def _exempt(table: _Table) -> Exempt:
    hosts = tuple(host for host, _ in _hosts(table, ports=False))
    return Exempt(_paths(table), _methods(table), table.text("reason"), _expires(table), hosts)


def _tunnel(table: _Table) -> Tunnel:
    if not (hosts := _hosts(table, ports=True)):
        raise UntagError(f"{table.where}: host is missing")
    if table.flag("judged", default=False):
        return Tunnel(hosts, table.text("reason", ""), dt.date.max, judged=True)  # nothing passes unseen
    return Tunnel(hosts, table.text("reason"), _expires(table))


def _expires(table: _Table) -> dt.date:
    expires = table.raw.get("expires")
    if isinstance(expires, str):
        try:
            expires = dt.date.fromisoformat(expires)
        except ValueError:
            expires = None
    if isinstance(expires, dt.datetime) or not isinstance(expires, dt.date):
        raise table.wrong("expires", "a date such as 2030-01-31: no exemption is for ever")
    return expires


def _opaque(table: _Table) -> Opaque:
    values = table.raw.get("values")
    good = isinstance(values, dict) and values
    if not good or not all(_NUMBER.fullmatch(k) and isinstance(v, str) for k, v in (values or {}).items()):
        raise table.wrong("values", 'a table from numbers to terms of the lexicon, such as {"1" = "uyghur"}')
    assert isinstance(values, dict)  # noqa: S101 - for the type checker
    from untag.lexicon import load as words

    terms = words().terms
    for term in values.values():
        if term not in terms or terms[term].kind == "context":
            raise UntagError(f"{table.where}: {term!r} is no term of the lexicon{nearest(term, terms)}")
    return Opaque(table.text("field"), tuple(sorted(values.items())))


def _familiar(families: frozenset[str], where: str) -> None:
    from untag.lexicon import load as words

    known = {t.family for t in words().terms.values() if t.kind != "context"}
    for family in families:
        if family not in known:
            raise UntagError(f"{where}: families: {family!r} is no family of the lexicon{nearest(family, known)}")


def _limits(table: _Table) -> Limits:
    base = Limits()
    return Limits(*(table.number(k, getattr(base, k)) for k in LIMITS))


def _logging(table: _Table, base: Path) -> Logging:
    plain = Logging()

    def file(key: str) -> Path | None:
        name = table.text(key, "")
        return base / name if name else None

    return Logging(
        file("file"),
        table.one("fsync", _FSYNC, plain.fsync),
        table.number("rotate", plain.rotate),
        table.number("checkpoint", plain.checkpoint),
        file("key"),
        table.text("caller", plain.caller).lower(),
        file("secret"),
        table.flag("required", default=True),
    )


class Watch:
    """A policy that is read again when its file is another; a wrong one is refused and the old one kept.

    Args:
        path: The file.

    Raises:
        UntagError: The file is wrong at the start.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.policy = load(path)
        self._stamp = self._look()

    def _look(self) -> tuple[tuple[int, int, int] | None, ...]:
        described = (route.descriptors for route in self.policy.routes)
        files = [self.path, *(one.path for one in described if one is not None)]
        return tuple(map(_stamp, files))

    def again(self) -> tuple[bool, str]:
        """Read it again if the file is another.

        Returns:
            Whether there is a new policy, and what is wrong with a file that was refused (empty where nothing is).
        """
        stamp = self._look()
        if stamp == self._stamp:
            return False, ""
        self._stamp = stamp
        try:
            made = load(self.path)
        except UntagError as error:
            return False, str(error)
        if made.digest == self.policy.digest:
            return False, ""
        self.policy = made
        return True, ""


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """What changes when a file does."""
    try:
        seen = path.stat()
    except OSError:
        return None
    return seen.st_mtime_ns, seen.st_size, seen.st_ino
