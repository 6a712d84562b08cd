"""Made-up persons in some forms of records, through real commands: no value comes out.

The same generator runs longer, over all forms and commands, with ``./check --long private``.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import documents
import persons
import private
import pytest

if TYPE_CHECKING:
    from pathlib import Path

#: A few forms of each sort.
FORMS = (
    "log equals", "log escaped json", "python dict", "python tuple", "java setters", "c initialiser", "json list",
    "yaml by name", "sql insert many", "markdown table", "rst grid", "html table", "docx fields", "notebook print",
    "xml attributes", "prose", "mail", "mbox", "pdf", "abroad by name", "abroad text", "abroad rows",
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("ways", [("scan",), ("strip",)])
def test_no_value_comes_out(ways: tuple[str, ...], compiled: Path) -> None:
    leaks, found = private.tried(7, 0, FORMS, ways, compiled)
    assert leaks == []
    assert ways != ("scan",) or len(found) > len(FORMS) // 2


@pytest.mark.parametrize("form", documents.FORMS)
def test_the_harness_sees_every_value_that_it_lays_out(form: str) -> None:
    watch = persons.Watch()
    files, made = documents.lay(form, random.Random(f"see:{form}"))  # noqa: S311 - reproducible, no secret
    watch.add(form, made)
    if not form.startswith(("docx", "odt", "xlsx", "zip", "packed", "sqlite", "pdf")):
        assert {kind for _, kind, _ in watch.seen(b"\n".join(files.values()))} >= {"name"}
