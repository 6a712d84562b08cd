"""Rows of logs, and what an exposure says of them, for several modules of tests."""

from __future__ import annotations

import json
from importlib import resources
from typing import TYPE_CHECKING, Any

import jsonschema

from untag.exposure.forms import forms
from untag.exposure.name import Names

if TYPE_CHECKING:
    from untag.exposure.run import Exposure

KEY = b"k" * 32


def line(who: str, target: str, status: int = 200, at: str = "01/Oct/2025:06:25:24", size: int = 512) -> str:
    return f'{who} - - [{at} +0000] "GET {target} HTTP/1.1" {status} {size} "-" "curl"\n'


def name(who: str) -> str:
    return Names(KEY).digest(who)


def told(made: Exposure) -> dict[str, Any]:
    """As JSON, valid against the schema that ships."""
    row = json.loads("".join(forms()["json"].write(made, {"started": "x", "seconds": 0.1})))
    schema = json.loads(resources.files("untag.exposure.forms").joinpath("exposure.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator(schema).validate(row)
    for file in row["coverage"]["files"]:
        assert file["lines"] == file["accepted"] + file["rejected"] + file["blank"]
        assert file["accepted"] == sum(file["bodies"].values())
    assert sum(c["rows"] for c in row["customers"]) == row["summary"]["rows"]
    return dict(row)
