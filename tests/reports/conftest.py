"""A synthetic report that has everything a report can have, hostile text included."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from untag.finding import Claim, Confidence, Evidence, Finding, Hit, Mark, Purpose, Severity, Span, Status, key_of
from untag.gap import Gap, Reason
from untag.place import Place
from untag.report import Coverage, Input, Report, Run, Unheeded
from untag.surface import Kind, Role, Surface

if TYPE_CHECKING:
    from collections.abc import Callable

GOLDEN = Path(__file__).parent / "golden"

TERMS = {
    "UYGUR": ("uyghur", "group", "en", "Uyghur (an ethnic group)", True),
    "uyghur": ("uyghur", "group", "en", "Uyghur (an ethnic group)", True),
    "维族": ("uyghur", "group", "zh", "Uyghur (an ethnic group)", True),
    "维吾尔族": ("uyghur", "group", "zh", "Uyghur (an ethnic group)", True),
    "汉族": ("han", "group", "zh", "Han (an ethnic group)", False),
    "民族": ("ethnicity", "attribute", "zh", "ethnic group, nationality", False),
    "NATION": ("nation", "attribute", "code", "ethnic group (mistranslated from 民族)", False),
    "Nation": ("nation", "attribute", "code", "ethnic group (mistranslated from 民族)", False),
    "Ethic": ("ethnicity", "attribute", "code", "ethnic (misspelt)", False),
    "ethnicity": ("ethnicity", "attribute", "en", "ethnicity", False),
    "race": ("race", "attribute", "en", "race", False),
    "национальность": ("ethnicity", "attribute", "ru", "ethnicity (of a person, also: nationality)", False),
    "ئۇيغۇر": ("uyghur", "group", "ug", "Uyghur (an ethnic group)", True),
    "קבוצה אתנית": ("ethnicity", "attribute", "he", "ethnic group", False),
    "skin": ("skin", "colour", "en", "skin colour", False),
    "face": ("face", "context", "en", "face", False),
}


def mark(place: Place, role: Role, text: str, *words: str, owner: str = "", kind: Kind = Kind.FILE) -> Mark:
    """A mark on each first occurrence of the words."""
    hits = []
    for word in words:
        term, sort, language, gloss, named = TERMS[word]
        start = text.index(word)
        hits.append(Hit(term, sort, "race", "strong", language, gloss, start, start + len(word), named))
    return Mark(Surface(role, text, place, owner, kind), tuple(hits))


def finding(
    owner: str,
    place: Place,
    purpose: Purpose,
    severity: Severity,
    confidence: Confidence,
    why: str,
    marks: tuple[Mark, ...],
    *,
    rule: str = "field",
    ordinal: int = 0,
    evidence: tuple[Evidence, ...] = (),
    against: tuple[Evidence, ...] = (),
    **more: object,
) -> Finding:
    claim = Claim(rule, purpose, severity, confidence, why, evidence, (), marks)
    claims = (claim, *more.pop("claims", ()))  # type: ignore[misc]
    return Finding(key_of(place.chain, owner, ordinal), owner, place, claims, marks, against, **more)  # type: ignore[arg-type]


def sample() -> Report:
    """The standard report of these tests."""
    found: list[Finding] = []
    header = Place(("sdk-2.1.zip", "include/net_face.h"))
    enum = "EM_NATION_TYPE"
    members = (
        mark(header.at(48, column=14), Role.ENUM, enum, "NATION", owner=enum, kind=Kind.ENUM),
        mark(header.at(50, column=5), Role.MEMBER, "EM_NATION_UYGUR", "UYGUR", owner=enum, kind=Kind.ENUM),
        mark(header.at(50, column=30), Role.COMMENT, "维族", "维族", owner=enum, kind=Kind.ENUM),
        mark(Place(("sdk-2.1.zip", "demo/face_demo.cpp")).at(212, column=21), Role.USE, "EM_NATION_UYGUR", "UYGUR"),
    )
    found.append(
        finding(
            enum,
            header.at(48, 53, 14),
            Purpose.CAPABILITY,
            Severity.CRITICAL,
            Confidence.CERTAIN,
            "a closed set of 3 values names one people, 维族, and 'other'; "
            "it stands next to emAge, emSex and fSimilarity",
            members,
            rule="labelset",
            evidence=(
                Evidence("sibling", "emAge", header.at(61, column=12)),
                Evidence("sibling", "emSex", header.at(62, column=12)),
                Evidence("path", "net_face.h"),
            ),
            against=(Evidence("genre", "the archive also holds a demo", Place(("sdk-2.1.zip", "demo/readme.txt"))),),
            claims=(
                Claim(
                    "function",
                    Purpose.CAPABILITY,
                    Severity.HIGH,
                    Confidence.FIRM,
                    "GetFaceNation() returns it",
                    (Evidence("call", "GetFaceNation", Place(("sdk-2.1.zip", "include/net_api.h")).at(911)),),
                ),
            ),
            origin="vendored: NetFace SDK 2.1",
            span=Span("a1" * 20, "b2" * 20, ("main", "v2.0", "v2.1", "<b>x"), 5, tip=False),
            excerpt=(
                47,
                (
                    "// attribute\ntypedef enum tagEM_NATION_TYPE\n{\n    EM_NATION_UYGUR = 1,     // 维族\n"
                    "    EM_NATION_OTHER = 2,\n} EM_NATION_TYPE;"
                ),
            ),
            check=(
                "unzip -p sdk-2.1.zip include/net_face.h | sed -n 48,53p",
                "unzip -p sdk-2.1.zip include/net_face.h | grep -n NATION",
            ),
            message="The SDK's interface has a value for Uyghurs among the attributes of a face; "
            "this does not show that it is used or that it works.",
            fix={"safe": False, "edits": []},
        )
    )
    rule = Place(("server/alert.py",))
    found.append(
        finding(
            "watch_rule",
            rule.at(12, 14, 8),
            Purpose.TARGETING,
            Severity.CRITICAL,
            Confidence.FIRM,
            "an alarm is raised when the attribute says uyghur",
            (mark(rule.at(12, column=8), Role.CONDITION, 'attr["ethnicity"] == "uyghur"', "ethnicity", "uyghur"),),
            rule="alert",
            evidence=(Evidence("action", "raise_alarm(camera, face)", rule.at(13, column=9)),),
            excerpt=(
                11,
                (
                    'def watch_rule(attr, camera, face):\n    if attr["ethnicity"] == "uyghur":\n'
                    "\t\traise_alarm(camera, face)\n"
                ),
            ),
            check=("sed -n 11,14p server/alert.py",),
            message="A rule reacts to one ethnic group; this does not show that it ran.",
            fix={"safe": True, "edits": [{"line": 12, "column": 1, "end_line": 14, "end_column": 1, "text": ""}]},
        )
    )
    table = Place(("db/schema.sql",))
    for number, (name, text, words) in enumerate((
        ("person.national", "national varchar(8) COMMENT '民族'", ("民族",)),
        ("person.ethnic_code", "EthicCode char(2)", ("Ethic",)),
        ("face.skin", "skin tinyint -- skin tone", ("skin",)),
        ("visitor.nat", "национальность text", ("национальность",)),
        ("visitor.milliy", "ئۇيغۇر bool", ("ئۇيغۇر",)),
        ("visitor.group", "קבוצה אתנית text", ("קבוצה אתנית",)),
    )):  # fmt: skip
        purpose = Purpose.PROXY if name == "face.skin" else Purpose.RECORD
        line = 20 + 10 * number
        found.append(
            finding(
                name,
                table.at(line, column=3),
                purpose,
                Severity.MEDIUM,
                Confidence.CERTAIN if number < 2 else Confidence.FIRM,
                "an ethnic column beside face_template and similarity",
                (mark(table.at(line, column=3), Role.COLUMN, text, *words, owner=name.split(".")[0], kind=Kind.TABLE),),
                rule="field",
                evidence=(Evidence("sibling", "face_template", table.at(line + 2, column=3)),),
                excerpt=(line - 1, f"  id bigint,\n  {text},\n  face_template blob,"),
                check=(f"sed -n {line}p db/schema.sql",),
                message="A table keeps ethnicity beside a face template; where the value comes from is not known.",
            )
        )
    hostile = Place(("docs/\x1b[31mred\u202etxt.</script><script>alert(1)</script>.md",))
    text = (
        "| race | `code` ``` <img src=x onerror=alert(1)> [x](javascript:alert(1)) @someone #12 "
        "\x1b]0;title\x07\u202eevil\u200b \u200e \x9b31m </script> --> ]]> &amp; \x00 end"
    )
    found.append(
        finding(
            "</script><script>alert('owner')</script>|`\x1b[2J`\u202e",
            hostile.at(3, column=1),
            Purpose.CLAIM,
            Severity.MEDIUM,
            Confidence.FIRM,
            "the text says <b>race</b> | `x` \x1b[0m \u202e",
            (mark(hostile.at(3, column=1), Role.PROSE, text, "race"),),
            rule="document",
            evidence=(Evidence("context", "<!-- face --> \x1b[5m", hostile.at(4)),),
            against=(Evidence("genre", "```\n# heading\n\u202e", None),),
            excerpt=(2, "# Heading ```\n" + text + "\n" + "face x" * 20),
            check=("sed -n 3p 'docs/\x1b[31mred\u202etxt.md'",),
            message="A page claims it: </p><h1>not a heading</h1> **bold** $(rm -rf ~)",
        )
    )
    long = Place(("web/app.min.js",))
    line = "var a=1;" * 700 + "attributes.ethnicity=r.race;" + "var b=2;" * 700
    found.append(
        finding(
            "attributes",
            long.at(1, column=5601),
            Purpose.CAPABILITY,
            Severity.HIGH,
            Confidence.FIRM,
            "a response field is read as ethnicity",
            (mark(long.at(1, column=5601), Role.USE, "attributes.ethnicity=r.race", "ethnicity", "race"),),
            rule="parameter",
            excerpt=(1, line),
            check=("cut -c5600-5700 web/app.min.js",),
            message="The page reads ethnicity out of the answer of a face service.",
        )
    )
    data = Place(("data/labels.csv",))
    found.append(
        finding(
            "race",
            data.at(1, column=11, pointer="/race"),
            Purpose.DATASET,
            Severity.MEDIUM,
            Confidence.CERTAIN,
            "a column of a data set of faces is closed over 5 values",
            (mark(data.at(1, column=11), Role.COLUMN, "race", "race", owner="labels", kind=Kind.DATASET),),
            rule="dataset",
            origin="own",
            check=("head -1 data/labels.csv",),
            message="A data set of faces has a column for race.",
        )
    )
    model = Place(("models/attr.bin",))
    found.append(
        finding(
            "",
            model.at(offset=4096),
            Purpose.RESIDUE,
            Severity.LOW,
            Confidence.FIRM,
            "an old label stands in a binary",
            (mark(model.at(offset=4096), Role.STRING, "uyghur", "uyghur"),),
            rule="residue",
            check=("strings -t d models/attr.bin | grep uyghur",),
        )
    )
    bench = Place(("eval/bias.py",))
    found.append(
        finding(
            "accuracy_by_race",
            bench.at(7, column=5),
            Purpose.FAIRNESS,
            Severity.NOTE,
            Confidence.CERTAIN,
            "a metric is printed per group",
            (mark(bench.at(7, column=5), Role.FUNCTION, "accuracy_by_race", "race"),),
            rule="function",
            evidence=(Evidence("metric", "false_match_rate", bench.at(9)),),
            excerpt=(7, "def accuracy_by_race(rows):"),
            status=Status.HIDDEN,
            reason="fairness: a metric per group stands beside it",
            message="Accuracy is measured per group.",
        )
    )
    maybe = Place(("src/crowd.go",))
    found.append(
        finding(
            "Crowd.Nation",
            maybe.at(3, column=2),
            Purpose.RECORD,
            Severity.MEDIUM,
            Confidence.TENTATIVE,
            "the word alone may also mean a country",
            (mark(maybe.at(3, column=2), Role.FIELD, "Nation", "Nation", owner="Crowd", kind=Kind.STRUCT),),
            against=(Evidence("sense", "nation as country", maybe.at(3)),),
            excerpt=(2, "type Crowd struct {\n\tNation string"),
            status=Status.HIDDEN,
            reason="confidence tentative",
        )
    )
    accepted = Place(("legacy/idcard.java",), commit="0123456789abcdef0123456789abcdef01234567")
    found.append(
        finding(
            "IdCard.nation",
            accepted.at(31, column=20),
            Purpose.RECORD,
            Severity.HIGH,
            Confidence.CERTAIN,
            "the ethnic field of an identity card is kept beside the face",
            (mark(accepted.at(31, column=20), Role.FIELD, "Nation", "Nation", owner="IdCard", kind=Kind.CLASS),),
            excerpt=(30, "  // 民族\n  private String Nation;"),
            status=Status.ACCEPTED,
            reason="policy: removed in release 4, see ticket 12 (expires 2031-01-01)",
            check=("git show 0123456789ab:legacy/idcard.java | sed -n 31p",),
        )
    )
    gaps = [
        Gap(Place((f"weights/part{n:02}.enc",)), Reason.ENCRYPTED, "no password was given", 1_000_000 + n)
        for n in range(12)
    ]
    gaps += [
        Gap(
            Place(("sdk-2.1.zip", "lib/core.7z")),
            Reason.NEEDS,
            "py7zr is not installed: pip install py7zr",
            52_428_800,
        ),
        Gap(Place(("broken.json",)).at(88), Reason.DAMAGED, "a string does not end \x1b[31m\u202e <script>", 512),
        Gap(
            Place(("third_party/model",)),
            Reason.ABSENT,
            "a submodule that is not checked out",
            accepted=True,
            why="audited elsewhere",
        ),
    ]  # fmt: skip
    cover = Coverage(
        artifacts=1312,
        bytes=96_412_345,
        read={
            "code": {"artifacts": 1201, "bytes": 12_345_678, "lexed_only": 2},
            "tree": {"artifacts": 57, "bytes": 1_234_567, "lexed_only": 0},
            "archive": {"artifacts": 1, "bytes": 9_000_000, "lexed_only": 0},
        },
        expanded_bytes=23_456_789,
        by_design=Counter({"pixels": 5_000_000, "weights": 1_803_222}),
        ignored=600_000,
        ignored_artifacts=3,
        gap=66_428_878,
        encodings=Counter({"utf-8": 1190, "gb18030": 61, "utf-16-le": 2}),
        mentions=4,
    )
    return Report(
        version="0.0.0",
        digests={"lexicon": "sha256:" + "1a" * 32, "rules": "sha256:" + "2b" * 32, "policy": "sha256:" + "3c" * 32},
        inputs=(Input("vendor/face-sdk", "path", "sha256:" + "4d" * 32),),
        findings=tuple(sorted(found, key=lambda f: f.place.sort)),
        gaps=tuple(sorted(gaps, key=lambda g: g.place.sort)),
        coverage=cover,
        run=Run("2030-01-02T03:04:05Z", 12.3456, 2),
        untrusted=(
            Unheeded(Place(("app/untag.toml",)), "configuration"),
            Unheeded(
                Place(("docs/\x1b[31mred\u202etxt",)).at(7, column=3),
                "allowance",
                "untag: allow[field] <b>a</b>\x1b[2J",
            ),
        ),
    )


@pytest.fixture(scope="session")
def report() -> Report:
    return sample()


@pytest.fixture
def golden() -> Callable[[str, str], None]:
    """Compare text with a golden file; UNTAG_BLESS=1 writes it anew."""

    def compare(name: str, text: str) -> None:
        path = GOLDEN / name
        if os.environ.get("UNTAG_BLESS"):
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
        assert text == path.read_text(encoding="utf-8"), f"{name} differs; look at it, then UNTAG_BLESS=1"

    return compare
