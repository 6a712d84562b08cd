"""What models name beside them: weights are bound to the model that names them, and what is not there is a gap.

A reader sees one file. Many models lie in several: ONNX keeps tensors in files of its own, checkpoints lie in shards
that an index lists, OpenVINO, ncnn and TensorFlow.js keep the graph apart from the numbers. A file of bare numbers has
no format that could be told; that it is one only the model says. Nothing is opened here: names are looked up among the
files that were met.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from untag.finding import Evidence
from untag.gap import Gap, Reason
from untag.outline import OPEN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from untag.finding import Finding
    from untag.gap import Part
    from untag.place import Place
    from untag.report import Coverage

    Spot = tuple[int, tuple[str, ...]]

__all__ = ["joined", "prompted"]

#: Names that one gap says, and letters of one.
_NAMES, _LONG = 8, 120
#: Rules that tell sets of peoples: what a model is asked to tell apart.
_SETS = frozenset({"codesystem", "labelset"})
_BESIDE = "an open-vocabulary model, which tells whatever it is asked for in words"
#: What no path from a folder to a file beside it begins with: a root, a drive, an address.
_ELSEWHERE = re.compile(r"/|[A-Za-z]:|[A-Za-z][A-Za-z0-9+.-]*://|~/")


class _Model(Struct):
    """Of one model what it names and does not have."""

    place: Place
    named: int = 0
    missing: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)


def joined(parts: Iterable[Part], gaps: list[Gap], there: Iterable[tuple[int, str]], coverage: Coverage) -> list[Gap]:
    """Gaps, when it is known what models name beside them.

    Args:
        parts: What they name; what lies in history is not looked for.
        gaps: What was not read so far.
        there: Input number and flat path of everything that was met.
        coverage: Where bytes that a model says to be weights move from gaps to what is opaque by design.

    Returns:
        The gaps without those of such bytes, and with one for each model that names what is not there.
    """
    rows = [part for part in dict.fromkeys(parts) if part.place.commit is None]
    if not rows:
        return gaps
    met = {*there, *((g.place.input, g.place.flat) for g in gaps)}
    models: dict[Spot, _Model] = {}
    ends: dict[Spot, int] = {}
    for part in rows:
        own = part.place
        model = models.setdefault((own.input, own.chain), _Model(own))
        model.named += 1
        place = _beside(part)
        if place is None:
            model.outside.append(part.name)
        elif (place.input, place.flat) not in met:
            model.missing.append(part.name)
        elif part.raw:
            spot = (place.input, place.chain)
            known = ends.get(spot, part.end)
            ends[spot] = max(known, part.end) if known and part.end else 0
    out = [left for gap in gaps for left in _bound(gap, ends, coverage)]
    for model in models.values():
        out += _told(model)
    return out


def _beside(part: Part) -> Place | None:
    """The place that a model names; None where that lies outside of the input or container."""
    name = part.name.replace("\\", "/")
    if not name or "\0" in name or _ELSEWHERE.match(name):
        return None
    *outer, own = part.place.chain
    steps = own.split("/")[:-1]
    for step in name.split("/"):
        if step == "..":
            if not steps:
                return None
            steps.pop()
        elif step not in ("", "."):
            steps.append(step)
    return replace(part.place.whole(), chain=(*outer, "/".join(steps)))


def _bound(gap: Gap, ends: dict[Spot, int], coverage: Coverage) -> Iterable[Gap]:
    """What is left of a gap where a model says that its bytes are weights."""
    end = ends.get((gap.place.input, gap.place.chain))
    if end is None or gap.reason is not Reason.UNKNOWN or not gap.size:
        return (gap,)
    size = min(gap.size, end or gap.size)
    if len(gap.place.chain) == 1:
        coverage.gap -= size
        coverage.by_design["weights"] += size
    if end > gap.size:
        said = f"the model that these weights belong to names {end} bytes of them; {gap.size} are here"
        return (Gap(gap.place, Reason.DAMAGED, said),)
    if gap.size > size:
        said = f"behind the {size} bytes that a model names as weights no reader knows what stands"
        return (replace(gap, size=gap.size - size, detail=f"{said}; it was swept for the lexicon's words"),)
    return ()


def _told(model: _Model) -> Iterable[Gap]:
    """One gap for all that is not there, one for all that lies outside."""
    if model.missing:
        count = f"{len(model.missing)} of the {model.named} files" if model.named > 1 else "the file"
        said = f"not there is {count} that this model names beside it"
        yield Gap(model.place, Reason.ABSENT, f"{said}: {_names(model.missing)}")
    if model.outside:
        said = "this model names files outside of the input, which are never opened"
        yield Gap(model.place, Reason.REFUSED, f"{said}: {_names(model.outside)}")


def _names(names: list[str]) -> str:
    more = f" and {len(names) - _NAMES} more" if len(names) > _NAMES else ""
    return ", ".join(name[:_LONG] for name in names[:_NAMES]) + more


def prompted(
    findings: Sequence[Finding], gaps: list[Gap], package: Callable[[Place], tuple[int, str]]
) -> tuple[list[Finding], list[Gap]]:
    """Models that tell whatever they are asked for, with the sets of peoples in the same package that ask for it.

    Args:
        findings: What was found.
        gaps: What was not read, such models among it.
        package: Which product a place belongs to.

    Returns:
        The findings, of those sets with the model as evidence; and the gaps, of those models with where the sets stand.
    """
    models = [gap.place for gap in gaps if gap.detail == OPEN]
    if not models:
        return list(findings), gaps
    sets: dict[Place, list[Finding]] = {}
    out: list[Finding] = []
    for finding in findings:
        asks = bool(_SETS & {claim.rule for claim in finding.claims})
        near = [model for model in models if asks and _near(model, finding.place, package)]
        for model in near:
            sets.setdefault(model, []).append(finding)
        out.append(_with(finding, near[0]) if near else finding)
    return out, [_asking(gap, sets.get(gap.place, ())) if gap.detail == OPEN else gap for gap in gaps]


def _with(finding: Finding, model: Place) -> Finding:
    """A set with the model that it can be asked of."""
    lead = finding.lead
    told = replace(lead, evidence=(Evidence("context", _BESIDE, model), *lead.evidence))
    return replace(finding, claims=tuple(told if claim is lead else claim for claim in finding.claims))


def _near(model: Place, place: Place, package: Callable[[Place], tuple[int, str]]) -> bool:
    """Whether something stands in the product of a model, or in a folder above it."""
    if model.chain == place.chain or model.input != place.input:
        return False
    above = place.flat.rpartition("/")[0]
    return package(model) == package(place) or model.flat.startswith(above + "/" if above else "")


def _asking(gap: Gap, sets: Iterable[Finding]) -> Gap:
    """The gap of a model with the sets that it can be asked with."""
    rows = [str(finding.place) for finding in sets]
    said = OPEN.partition(";")[0]
    return replace(gap, detail=f"{said}; words that it can be asked with: {_names(rows)}") if rows else gap
