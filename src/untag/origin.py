"""Whose a file is: the project's own, or a vendored copy, with name and version as package managers write them."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from untag.later import later

if TYPE_CHECKING:
    from collections.abc import Iterable

    from untag.finding import Finding
    from untag.place import Place
    from untag.sources import Entry

__all__ = ["Origins"]

#: Folders below which each folder is somebody else's package.
_ROOMS = frozenset(
    {
        "3rdparty", "3rd_party", "bower_components", "dist-packages", "external", "externals", "gems", "jspm_packages",
        "node_modules", "pods", "site-packages", "third-party", "third_party", "thirdparty", "vendor", "vendored",
        "vendors", "web_modules",
    }
)  # fmt: skip
#: What stands between such a folder and a package and is none (namespaces of hosts, Carthage's checkouts).
_HOST = later(r"[\w-]+(?:\.[\w-]+)+")
#: A version behind a name: ``face-1.2.3``, ``facelib-2.1.0rc1``.
_VERSIONED = later(r"(?P<name>.+?)[-_@]v?(?P<version>\d+(?:\.\d+)+[\w.+-]*)")
_TOML = later(r'^(name|version)\s*=\s*"([^"\n]{1,100})"', re.MULTILINE)
_POD = later(r"^  - \"?([\w+./-]+) \(([^()\n]{1,60})\)", re.MULTILINE)
_MODULE = later(r"^# (\S+) (v\S+)", re.MULTILINE)
#: Bytes of a manifest that are looked at.
_MOST = 4 << 20


class _Package(Struct, frozen=True):
    """A vendored package: where its folder is, what room it lies in, and its name by the path."""

    root: str
    room: str
    name: str


class Origins:
    """Says whose a place is. Manifests of the input are read, and only where a finding lies in a vendored folder."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        """Remember what there is.

        Args:
            entries: Everything in the inputs that can be read.
        """
        self._entries = entries
        self._files: dict[tuple[int, str], Entry] | None = None
        self._known: dict[tuple[int, str], str] = {}

    def of(self, place: Place) -> str:
        """``own``, or ``vendored: NAME VERSION``; the version is left out where nothing tells it."""
        if place.chain[0] == "-":
            return "unknown"
        found = _package(place.chain[0])
        if found is None:
            return "own"
        found = self._composer(place, found)
        row = (place.input, found.root)
        if row not in self._known:
            name, version = self._named(place.input, found)
            self._known[row] = f"vendored: {name} {version}".rstrip()
        return self._known[row]

    def _composer(self, place: Place, package: _Package) -> _Package:
        """Packages of Composer lie one folder deeper, in that of their vendor."""
        rest = place.chain[0][len(package.root) + 1 :]
        if "/" not in rest or (place.input, f"{package.room}/composer/installed.json") not in self._table():
            return package
        name = f"{package.name}/{rest.split('/', 1)[0]}"
        return _Package(f"{package.room}/{name}", package.room, name)

    def named(self, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        """Findings with their origin."""
        return tuple(replace(f, origin=self.of(f.place)) for f in findings)

    def _named(self, number: int, package: _Package) -> tuple[str, str]:
        """Name and version, from the manifest in the folder, the room's own list, or the folder's name."""
        for manifest in ("package.json", "bower.json", ".bower.json", "composer.json", "Cargo.toml", "pyproject.toml"):
            text = self._text(number, f"{package.root}/{manifest}")
            if text:
                name, version = _table(text) if manifest.endswith(".toml") else _object(text)
                if version:
                    return name or package.name, version
        if package.room.endswith(("site-packages", "dist-packages")):
            return self._wheel(number, package)
        listed = self._listed(number, package)
        if listed:
            return listed
        split = _VERSIONED.fullmatch(package.name)
        return (split["name"], split["version"]) if split else (package.name, "")

    def _listed(self, number: int, package: _Package) -> tuple[str, str] | None:
        """From ``vendor/modules.txt`` of Go, ``installed.json`` of Composer, ``Podfile.lock`` beside ``Pods``."""
        text = self._text(number, f"{package.room}/modules.txt")
        inner = package.root[len(package.room) + 1 :]
        if text:
            for name, version in _MODULE.findall(text):
                if inner == name or inner.startswith(name + "/") or name.startswith(inner + "/"):
                    return name, version
        text = self._text(number, f"{package.room}/composer/installed.json")
        for row in _rows(text) if text else ():
            if row.get("name") == inner and isinstance(row.get("version"), str):
                return inner, row["version"]
        if package.room.lower().endswith("pods"):
            parent = package.room[: -len("pods")]
            text = self._text(number, f"{parent}Podfile.lock") or self._text(number, f"{package.room}/Manifest.lock")
            for name, version in _POD.findall(text):
                if name.split("/")[0] == package.name:
                    return package.name, version
        return None

    def _wheel(self, number: int, package: _Package) -> tuple[str, str]:
        """From the ``.dist-info`` or ``.egg-info`` folder beside an installed package of Python."""
        plain = _same(package.name)
        for info in self._infos(number, package.room):
            split = _VERSIONED.match(info.rpartition(".")[0])
            if split is None:
                continue
            version = split["version"].split("-")[0]
            top = self._text(number, f"{package.room}/{info}/top_level.txt").split()
            if _same(split["name"]) == plain or package.name in top:
                return split["name"], version
        return package.name, ""

    def _infos(self, number: int, room: str) -> list[str]:
        prefix = room + "/"
        names = {
            path[len(prefix) :].split("/", 1)[0]
            for n, path in self._table()
            if n == number and path.startswith(prefix) and ("-info/" in path[len(prefix) :])
        }
        return sorted(n for n in names if n.endswith((".dist-info", ".egg-info")))

    def _table(self) -> dict[tuple[int, str], Entry]:
        if self._files is None:
            self._files = {(e.place.input, e.place.chain[0]): e for e in self._entries if len(e.place.chain) == 1}
        return self._files

    def _text(self, number: int, path: str) -> str:
        """The text of a file of the input, or nothing; a file outside it is never opened."""
        entry = self._table().get((number, path))
        if entry is None or entry.size > _MOST:
            return ""
        data = entry.data
        if entry.file:
            try:
                handle = os.open(entry.file, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
            except OSError:
                return ""
            with open(handle, "rb") as file:  # noqa: PTH123 - a descriptor
                data = file.read(_MOST)
        return data.decode("utf-8", "replace")


def _package(path: str) -> _Package | None:
    """The innermost vendored package that a path lies in."""
    parts = path.split("/")
    for i in range(len(parts) - 3, -1, -1):
        if parts[i].lower() not in _ROOMS:
            continue
        n = 1
        first = parts[i + 1]
        if first.startswith("@") or (_HOST.fullmatch(first) and not _VERSIONED.fullmatch(first)):
            n = 2 if first.startswith("@") else 3  # a scope of npm, a host and owner of Go
        n = min(n, len(parts) - i - 2)
        name = "/".join(parts[i + 1 : i + 1 + n])
        return _Package("/".join(parts[: i + 1 + n]), "/".join(parts[: i + 1]), name)
    return None


def _same(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _load(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _object(text: str) -> tuple[str, str]:
    made = _load(text)
    if not isinstance(made, dict):
        return "", ""
    name, version = made.get("name"), made.get("version")
    return (name if isinstance(name, str) else "")[:100], (version if isinstance(version, str) else "")[:60]


def _rows(text: str) -> list[dict[str, str]]:
    made = _load(text)
    rows = made.get("packages") if isinstance(made, dict) else made
    return [r for r in rows if isinstance(r, dict)] if isinstance(rows, list) else []


def _table(text: str) -> tuple[str, str]:
    found: dict[str, str] = {}
    for key, value in _TOML.findall(text):
        found.setdefault(key, value)
    return found.get("name", ""), found.get("version", "")
