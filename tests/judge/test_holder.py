"""Names of what merely holds are not taken for what they hold."""

from __future__ import annotations

import pytest

from untag.judge.holder import holds, points


@pytest.mark.parametrize(
    "name",
    [
        "strHtml",
        "sXml",
        "m_strJson",
        "pszBody",
        "jobName",
        "job_name",
        "bucket",
        "trainfilename",
        "csv_path",
        "ImageURL",
    ],
)
def test_what_holds_anything(name: str) -> None:
    assert holds(name)


@pytest.mark.parametrize("name", ["c5", "t1", "mz", "mzName", "cls", "dx5", "nationCode", "lblMz", "f3"])
def test_what_may_stand_for_a_tag(name: str) -> None:
    assert not holds(name)


@pytest.mark.parametrize(
    "text", ["train/ethnicity.csv", "ethnicity-pred-repo", "ethnicity-pred-", "race.py", "./race", "s3://faces/race"]
)
def test_names_of_files_and_places(text: str) -> None:
    assert points(text)


@pytest.mark.parametrize("text", ["Ethnicity", "Race/Ethnicity", "民族", "ethnic group", "Cor/Raça", "user_race"])
def test_what_says_what_a_thing_is(text: str) -> None:
    assert not points(text)
