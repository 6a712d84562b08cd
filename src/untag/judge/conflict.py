"""Conflicts: two legends of one package that give the same key different peoples."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from untag.case import Conflict
from untag.judge.scar import backup_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from untag.case import Legend
    from untag.judge.gather import Draft, Sheet
    from untag.judge.package import Packages

__all__ = ["oppose"]

#: Words that products use for one class: no disagreement lies between them.
_ALIKE = (
    frozenset({"white_people", "european", "slavic"}),
    frozenset({"black_people", "african", "african_american"}),
    frozenset({"yellow_people", "asian", "east_asian", "southeast_asian", "chinese", "mongol"}),
    frozenset({"brown_people", "south_asian", "indian"}),
    frozenset({"middle_eastern", "arab"}),
)
#: Legends compared in one package; a product has a few, a table of the world's languages has more than one can compare.
_MOST = 200
#: Contradictions kept of one draft.
_FEW = 24


class _Row(NamedTuple):
    sheet: Sheet
    draft: Draft
    legend: Legend
    keys: dict[str, frozenset[str]]


def oppose(sheets: Iterable[Sheet], packages: Packages, proves: Callable[[Sheet, Draft], bool]) -> None:
    """Fill in the conflicts of all drafts whose legend another one of the package contradicts.

    Args:
        sheets: All sheets, in order of place.
        packages: Which file belongs to which product.
        proves: Whether a sheet's draft is a tag for sure; at least one of two legends must stand in such a draft, and
            it is the one that carries the conflict: a declared set before a text, else the first by place.
    """
    groups: dict[tuple[int, str], list[_Row]] = {}
    for sheet in sheets:
        if not sheet.trigger or backup_of(sheet.place.chain[-1]) is not None:
            continue  # an old copy contradicts nothing
        for draft in sheet.drafts:
            draft.conflicts = ()
            rows = groups.setdefault(packages.of(sheet.place), [])
            rows += [
                _Row(sheet, draft, legend, keys)
                for legend in draft.legends
                if _closed(legend) and len(keys := _keys(legend)) >= 2 and len(rows) < _MOST
            ]
    for rows in groups.values():
        if len(rows) < 2:
            continue
        sure = [proves(r.sheet, r.draft) for r in rows]
        for i, one in enumerate(rows):
            for j in range(i + 1, len(rows)):
                if sure[i] or sure[j]:
                    _compare(one, rows[j], flip=_rank(rows, sure, j) < _rank(rows, sure, i))


def _rank(rows: Sequence[_Row], sure: Sequence[bool], i: int) -> tuple[bool, bool, int]:
    return (not sure[i], rows[i].legend.inline, i)


def _closed(legend: Legend) -> bool:
    """Whether a legend is one of people: bound to an attribute, or of names of peoples and hardly anything else."""
    if legend.attribute:
        return len(legend.known) * 3 >= len(legend.entries)
    return legend.peopled and len(legend.known) * 4 >= len(legend.entries) * 3


def _keys(legend: Legend) -> dict[str, frozenset[str]]:
    """What each key stands for; a key that the legend itself gives to two classes stands for both."""
    out: dict[str, frozenset[str]] = {}
    for entry in legend.entries:
        if entry.key and entry.terms and "minority" not in entry.terms:  # every people but one may be a minority
            out[entry.key] = out.get(entry.key, frozenset()) | {t for term in entry.terms for t in _kin(term)}
    return out


def _kin(term: str) -> frozenset[str]:
    return next((group for group in _ALIKE if term in group), frozenset({term}))


def _compare(one: _Row, two: _Row, *, flip: bool) -> None:
    if one.draft is two.draft and one.legend.name == two.legend.name:
        return  # an enum and the remark that explains it in another order: one thing read twice
    both = [k for k in one.keys if k in two.keys]
    keys = tuple(sorted((k for k in both if not one.keys[k] & two.keys[k]), key=lambda k: (len(k), k)))
    shared = {e.key for e in one.legend.entries if e.key} & {e.key for e in two.legend.entries if e.key}
    if not keys:
        return
    families = (one.legend.attribute, two.legend.attribute)
    same = families[0] == families[1] != ""
    common = {t for terms in one.keys.values() for t in terms} & {t for terms in two.keys.values() for t in terms}
    if not common:
        return  # peoples and races: different things, not one thing told in two ways
    fewer = min(len({t for terms in row.keys.values() for t in terms}) for row in (one, two))
    if not same and ("" not in families or len(shared) < 2 or len(common) < 2 or len(common) * 3 < fewer * 2):
        return  # race and skin colour, or sets that have one word in common
    own, other = (two, one) if flip else (one, two)
    if len(own.draft.conflicts) < _FEW:
        own.draft.conflicts = (*own.draft.conflicts, Conflict(own.legend, other.legend, keys, len(shared), same))
