"""Packages: which files belong to one product, and what that product is about."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from untag.case import PROSE
from untag.judge.scar import backup_of
from untag.later import later
from untag.rules import _weigh as weigh

if TYPE_CHECKING:
    from collections.abc import Iterable

    from untag.finding import Mark
    from untag.judge.gather import Sheet
    from untag.lexicon import Lexicon
    from untag.place import Place

__all__ = ["Packages", "telling"]

#: Files that stand at the root of a product.
_ROOTS = later(
    r"(?:readme[^/]*|change_?log[^/]*|licen[cs]e[^/]*|copying|setup\.(?:py|cfg)|pyproject\.toml|package\.json|pom\.xml|build\.gradle(?:\.kts)?|go\.mod"
    r"|cargo\.toml|composer\.json|gemfile|makefile|cmakelists\.txt|requirements[^/]*\.txt|[^/]*\.(?:sln|csproj|vcxproj|xcodeproj|podspec))",
    re.IGNORECASE,
)
#: Folders that are parts of one product, and never a product each.
_PARTS = later(
    r"\.[\w.-]+|src|sources?|include|libs?|db|database|sql|migrations|docs?|tests?|ui|gui|i18n|l10n|locales?|lang|res"
    r"|resources|assets|static|public|templates|views|web|www|html|frontend|backend|clients?|servers?|api|conf|config|configs"
    r"|deploy|deployment|docker|k8s|helm|charts|scripts|bin|build|cmake|proto|protos|spec|specs|models?|data|train|training"
    r"|eval|notebooks",
    re.IGNORECASE,
)
#: Characters of a name.
_NAME = 40
#: Where one of so many files tells people's race, a package that says that it studies bias has a product as well.
_TELLING = 12
#: Distinct biometric words from which a file counts as one about faces or persons on camera.
_DISTINCT = 3


def telling(sheet: Sheet) -> bool:
    """Whether a name in a sheet says that race or ethnicity is inferred."""
    return any(_tells(m) for d in sheet.drafts for m in d.marks)


def _tells(mark: Mark) -> bool:
    """Whether a name in a program says that race or ethnicity is inferred: ``race_pred``, ``predict_ethnicity``."""
    if mark.role in PROSE or len(mark.text) > _NAME:
        return False
    return weigh.infers(mark) and any(h.kind == "attribute" and h.family in {"ethnicity", "race"} for h in mark.hits)


class Packages:
    """Says for each place which package it lies in and what surrounds it there."""

    def __init__(self, lexicon: Lexicon, paths: Iterable[tuple[int, str]]) -> None:
        """Look at the paths of all artifacts.

        Args:
            lexicon: For the words in the paths.
            paths: Input number and flat path of each artifact, read or not.
        """
        self._lexicon = lexicon
        self._single: dict[int, bool] = {}
        self._files: Counter[tuple[int, str]] = Counter()
        self._words: dict[tuple[int, str], set[str]] = {}
        self._tally: dict[tuple[int, str], Counter[str]] = {}
        self._about: dict[tuple[int, str], Counter[str]] = {}
        rows = list(paths)
        wanted = {(number, copied) for number, path in rows if (copied := backup_of(path)) is not None}
        twins = {(number, path) for number, (path, folder) in wanted if not folder}
        self._there = {row for row in rows if row in twins} if twins else set()
        roots = {(number, path) for number, (path, folder) in wanted if folder}
        self._copied = {
            root for root in roots if any(n == root[0] and p.startswith(root[1]) and ".svn/" not in p for n, p in rows)
        }
        for number, path in rows:
            if "/" not in path and _ROOTS.fullmatch(path):
                self._single[number] = True
        self._join(rows)
        seen: dict[tuple[tuple[int, str], str], int] = {}
        for number, path in rows:
            package = self._package(number, path)
            self._files[package] += 1
            for part in path.split("/"):
                seen[package, part] = seen.get((package, part), 0) + 1
        for package, part in seen:
            for hit in lexicon.match(part):
                if hit.kind == "context":
                    self._words.setdefault(package, set()).add(f"{hit.family} {part.lower()}")

    def _join(self, rows: Iterable[tuple[int, str]]) -> None:
        """Take an input whose folders are all parts of a product (``src``, ``db``, ``i18n``) for one package."""
        tops: dict[int, set[str]] = {}
        for number, path in rows:
            if not self._single.get(number) and "/" in path:
                tops.setdefault(number, set()).add(path.split("/", 1)[0])
        for number, names in tops.items():
            if all(_PARTS.fullmatch(name) for name in names):
                self._single[number] = True

    def _package(self, number: int, path: str) -> tuple[int, str]:
        if self._single.get(number) or "/" not in path:
            return number, ""
        return number, path.split("/", 1)[0]

    def has(self, number: int, path: str) -> bool:
        """Whether the live file of some backup copy is in the input, read or not."""
        return (number, path) in self._there

    def beside(self, number: int, folder: str) -> bool:
        """Whether a folder with nameless copies of version control also holds live files."""
        return (number, folder) in self._copied

    def of(self, place: Place) -> tuple[int, str]:
        """The package of a place."""
        return self._package(place.input, place.flat)

    def learn(self, sheets: Iterable[Sheet]) -> None:
        """Add what the read artifacts say; of what nothing drew only what stands at the root of a package."""
        self._about.clear()
        for sheet in sheets:
            if not sheet.drawn and not self._root(sheet.place):
                continue
            tally = self._tally.setdefault(self.of(sheet.place), Counter())
            for family, distinct in sheet.terms.items():
                if distinct >= _DISTINCT:
                    tally[family] += 1
            # The file of one form may hold a word for a face; what looks at faces infers something, too.
            tally["sight"] += bool(sheet.terms["biometric"] and sheet.terms["inference"] + sheet.terms["layer"])
            if "fairness" in sheet.title and self._root(sheet.place):
                tally["study"] += 1
            tally["telling"] += telling(sheet) if sheet.telling is None else sheet.telling

    def _root(self, place: Place) -> bool:
        """Whether a file stands at the root of its package."""
        _, folder = self.of(place)
        return place.flat.rpartition("/")[0] == folder

    def about(self, place: Place) -> Counter[str]:
        """Families the package is about: in several of its files' content, or in its names.

        Returns:
            Family to weight, one table a package; a family that says too little for the package's size is absent.
        """
        package = self.of(place)
        if package not in self._about:
            self._about[package] = self._weighed(package)
        return self._about[package]

    def _weighed(self, package: tuple[int, str]) -> Counter[str]:
        tally = self._tally.get(package, Counter()).copy()
        names = Counter(row.split(" ", 1)[0] for row in self._words.get(package, ()))
        total = self._files[package]
        out: Counter[str] = Counter()
        if not tally["study"] or tally["telling"] * _TELLING > total:
            del tally["study"]
        del tally["telling"]
        sight = tally.pop("sight", 0) + names["biometric"]
        for family in {*tally, *names}:
            weight = tally[family] * 2 + names[family]
            if weight >= 2 and weight * 400 >= total:
                out[family] = weight
        if sight:
            out["sight"] = sight
        return out
