"""A statement as CycloneDX 1.6 declarations: claims, counter-claims and evidence for one requirement.

https://cyclonedx.org/docs/1.6/json/ (declarations, definitions). Nothing is said here that the statement does not say.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from untag.report import PRESENCE

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["declarations"]

_REQUIREMENT = "No data field, label, output, filter or rule sorts people by ethnicity or race."
#: How far the requirement is met, by result.
_SCORES = {"PASSED": 1, "INCOMPLETE": 0.5, "FAILED": 0}


def declarations(statement: Mapping[str, Any], keyid: str) -> dict[str, Any]:
    """Make a document.

    Args:
        statement: The signed statement.
        keyid: The key or identity that signed it.

    Returns:
        A CycloneDX 1.6 document; its serial number follows from the report, so that it can be made again.
    """
    p = statement["predicate"]
    digest = p["report"]["digest"]["sha256"]
    made, until = p["run"]["timeCreated"], p["run"]["notAfter"]
    target = {"type": "application", "name": p["product"] or p["inputs"][0]["spec"], "bom-ref": "target"}
    read = f"{p['coverage']['artifacts']} files read by untag {p['tool']['version']}"
    attached = {"attachment": {"contentType": "text/plain", "content": f"sha256:{digest}"}}
    evidence = [
        {
            "bom-ref": "scan",
            "propertyName": "untag:report",
            "description": f"{read}, lexicon {p['digests']['lexicon']}",
            "data": [{"name": "report", "contents": attached}],
            "created": made,
            "expires": until,
        }
    ]
    why = "; ".join(p["reasons"])
    claims = [
        {
            "bom-ref": "claim",
            "target": "target",
            "predicate": f"{p['result']}: {why or 'no ethnic tag was found and nothing was left unread'}",
            "reasoning": PRESENCE,
            "evidence": ["scan"],
        }
    ]
    against: list[str] = []
    for row in p["findings"]:
        if row["status"] == "hidden":
            continue
        ref = f"finding-{len(against) + 1}"
        against.append(ref)
        where = "!".join(row["place"]["chain"])
        claims.append(
            {
                "bom-ref": ref,
                "target": "target",
                "predicate": f"{row['severity']} {row['purpose']} ({row['status']}): {row['owner']} in {where}",
                "evidence": ["scan"],
            }
        )
    requirement: dict[str, Any] = {
        "requirement": "no-ethnic-tag",
        "claims": ["claim"],
        "conformance": {"score": _SCORES[p["result"]], "rationale": why or "see the evidence"},
    }
    if against:
        requirement["counterClaims"] = against
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.UUID(digest[:32])}",
        "version": 1,
        "metadata": {
            "timestamp": made,
            "tools": {"components": [{"type": "application", "name": "untag", "version": p["tool"]["version"]}]},
        },
        "definitions": {
            "standards": [
                {
                    "bom-ref": "untag",
                    "name": "untag",
                    "version": "1",
                    "requirements": [{"bom-ref": "no-ethnic-tag", "identifier": "1", "text": _REQUIREMENT}],
                }
            ]
        },
        "declarations": {
            "assessors": [
                {
                    "bom-ref": "assessor",
                    "thirdParty": p["claimant"]["party"] == "third-party",
                    "organization": {"name": p["claimant"]["name"]},
                }
            ],
            "attestations": [
                {
                    "summary": f"Signed with the key {keyid}" if keyid.startswith("sha256:") else f"Signed by {keyid}",
                    "assessor": "assessor",
                    "map": [requirement],
                }
            ],
            "claims": claims,
            "evidence": evidence,
            "targets": {"components": [target]},
        },
    }
