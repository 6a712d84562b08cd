"""Whether a statement is one of untag's and agrees with itself."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from untag.attest.dsse import Malformed, strict
from untag.attest.statement import PREDICATE, SCHEMA, STATEMENT, result
from untag.mistake import UntagError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["moment", "schema_errors", "sound"]


def sound(payload: bytes) -> dict[str, Any]:
    """The statement in some bytes.

    Args:
        payload: What an envelope holds.

    Raises:
        Malformed: It is no statement of untag, does not keep to the schema, or does not agree with itself.
    """
    row = strict(payload)
    if not isinstance(row, dict) or row.get("_type") != STATEMENT or row.get("predicateType") != PREDICATE:
        raise Malformed("it is no in-toto statement with untag's predicate")
    errors = schema_errors(row)
    if errors:
        raise Malformed(f"it does not keep to the schema of {SCHEMA}: {errors[0]}")
    made: dict[str, Any] = row["predicate"]
    if (made["result"], made["reasons"]) != result(made):
        raise Malformed("its result does not follow from what it says was found and not read")
    count = Counter(f["status"] for f in made["findings"])
    counted = {**{name: count[name] for name in ("shown", "hidden", "accepted")}, "gaps": len(made["gaps"])}
    if any(made["summary"][name] != number for name, number in counted.items()):
        raise Malformed("its summary does not count what it lists")
    kind = "sha256" if made["rescanned"] else "untagInput1"
    if any(kind not in subject["digest"] for subject in row["subject"]):
        raise Malformed("its subjects are not what was read")
    if not made["rescanned"] and len(row["subject"]) != len(made["inputs"]):
        raise Malformed("its subjects are not its inputs")
    if None in map(moment, (made["run"]["timeCreated"], made["run"]["notAfter"])):
        raise Malformed("its times cannot be read")
    return row


def moment(text: str) -> dt.datetime | None:
    """A time with its zone, or None."""
    try:
        made = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return made if made.tzinfo is not None else None


def schema_errors(statement: Mapping[str, Any]) -> list[str]:
    """Where a statement does not keep to its schema, in order of place.

    Raises:
        UntagError: The library that checks schemas is not installed.
    """
    try:
        from jsonschema import Draft202012Validator
        from referencing import Registry, Resource
    except ImportError:
        raise UntagError("this needs the library jsonschema: pip install 'untag[attest]'") from None
    here = Path(__file__).parent
    paths = (here / "predicate.schema.json", here.parent / "reports" / "report.schema.json")
    schema, report = (json.loads(path.read_text(encoding="utf-8")) for path in paths)
    table: Registry[Any] = Registry().with_resource(report["$id"], Resource.from_contents(report))
    errors = Draft202012Validator(schema, registry=table).iter_errors(statement)
    return sorted(f"/{'/'.join(map(str, e.absolute_path))}: {e.validator}" for e in errors)
