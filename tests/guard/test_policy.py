"""The policy: keys, routes, exemptions, and that a wrong one never takes the place of a right one."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest

from described import written
from untag.guard.policy import Watch, load, normal, read
from untag.guard.starter import POLICY
from untag.mistake import UntagError

if TYPE_CHECKING:
    from pathlib import Path

WRONG: list[tuple[dict[str, Any], str]] = [
    ({"rout": []}, "unknown key 'rout'; did you mean 'route'?"),
    ({"words": ["x"]}, "unknown key 'words'"),
    ({"route": {"path": "/x"}}, "write [[route]] with two brackets"),
    ({"route": [{}]}, "path is missing"),
    ({"route": [{"path": "x"}]}, "begins with /"),
    ({"route": [{"path": "/x", "biometrics": True}]}, "did you mean 'biometric'?"),
    ({"route": [{"path": "/x", "request": "stripp"}]}, "did you mean 'strip'?"),
    ({"route": [{"path": "/x", "request": "pass"}]}, "give a reason"),
    ({"route": [{"path": "/x", "fail-open": ["types"], "reason": "r"}]}, "did you mean 'type'?"),
    ({"route": [{"path": "/x", "methods": ["post"]}]}, "methods in capitals"),
    ({"route": [{"path": "/x", "media": ["*"]}]}, "media types"),
    ({"route": [{"path": "/x", "masks": {"a": 0}}]}, "masks must be"),
    ({"exempt": [{"path": "/x", "reason": "r"}]}, "no exemption is for ever"),
    ({"exempt": [{"path": "/x", "expires": "2030-01-01"}]}, "reason is missing"),
    ({"map": [{"field": "a", "values": {"1": "uygur"}}]}, "did you mean 'uyghur'?"),
    ({"map": [{"field": "a", "values": {"asian": "asian"}}]}, "from numbers to terms"),
    ({"map": [{"field": "a", "values": {"1": "ctx_face"}}]}, "is no term"),
    ({"families": ["raze"]}, "did you mean 'race'?"),
    ({"limits": {"body": 0}}, "a number above 0"),
    ({"limits": {"dept": 3}}, "did you mean 'depth'?"),
    ({"log": {"fsync": "allways"}}, "did you mean 'always'?"),
    ({"observe": "yes"}, "true or false"),
]


@pytest.mark.parametrize(("raw", "said"), WRONG)
def test_what_is_wrong_is_said(raw: dict[str, Any], said: str) -> None:
    with pytest.raises(UntagError) as error:
        read(raw)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_the_first_route_that_matches_counts() -> None:
    policy = read(
        {
            "route": [
                {"path": "/v1/*/faces", "methods": ["POST"], "name": "one"},
                {"path": "/v1/**", "name": "two"},
                {"path": ["/a", "**.json"], "name": "three"},
            ]
        }
    )
    named = {
        ("POST", "/v1/x/faces"): "one", ("GET", "/v1/x/faces"): "two", ("POST", "/v1/x/y/faces"): "two",
        ("GET", "/v1"): "two",
        ("GET", "/v10"): "default", ("GET", "/a"): "three", ("GET", "/a/b"): "default", ("GET", "/x/y.json"): "three",
    }  # fmt: skip
    assert {row: policy.route(*row).name for row in named} == named


@pytest.mark.parametrize(
    ("path", "as_is"),
    [
        ("/a/./b//c/", "/a/b/c"),
        ("/a/../../b", "/b"),
        ("/%61%2Fb", "/a/b"),
        ("", "/"),
        ("/a;x=1/b?q", "/a/b"),
        ("/a\\b", "/a/b"),
    ],
)
def test_paths_are_made_normal(path: str, as_is: str) -> None:
    assert normal(path) == as_is


def test_an_exemption_ends() -> None:
    policy = read({"exempt": [{"path": "/audit", "reason": "r", "expires": "2030-01-31"}]})
    assert policy.exemption("GET", "/audit", dt.date(2030, 1, 31)) is not None
    assert policy.exemption("GET", "/audit", dt.date(2030, 2, 1)) is None


def test_how_methods_and_hosts_are_written_does_not_lead_around_a_route() -> None:
    policy = read({"route": [{"path": "/x", "methods": "POST", "host": "*.partner.example", "biometric": True}]})
    for method, host in (("POST", "a.partner.example"), ("post", "A.Partner.Example."), ("Post", "a.partner.example")):
        assert policy.route(method, "/x", host).biometric, (method, host)
    assert not policy.route("GET", "/x", "a.partner.example").biometric


def test_a_tunnel_that_is_judged_needs_no_reason() -> None:
    policy = read(
        {
            "tunnel": [
                {"host": "*.example.org:80", "judged": True},
                {"host": "a", "reason": "r", "expires": "2030-01-31"},
            ]
        }
    )
    day = dt.date(2100, 1, 1)
    let = policy.tunnel("b.example.org", 80, day)
    assert let is not None
    assert let.judged
    assert policy.tunnel("b.example.org", 443, day) is None
    assert policy.tunnel("a", 443, day) is None
    with pytest.raises(UntagError, match="reason is missing"):
        read({"tunnel": [{"host": "a", "judged": False, "expires": "2030-01-31"}]})


def test_the_starter_is_a_policy(tmp_path: Path) -> None:
    file = tmp_path / "guard.toml"
    file.write_text(POLICY)
    made = load(file)
    assert made.route("POST", "/v1/faces/1").biometric
    assert not made.route("POST", "/news").biometric
    assert made.log.file == tmp_path / "guard.jsonl"
    # What is commented out is right as well.
    written(tmp_path)
    lines = [line[2:] if line.startswith("# ") and " = " in line.split("#")[1] else line for line in POLICY.split("\n")]
    lines = [line[2:] if line.startswith("# [[") else line for line in lines]
    file.write_text("\n".join(lines))
    full = load(file)
    assert full.observe
    assert full.tunnels[0].hosts == (("updates.example.org", 443),)
    assert full.routes[0].descriptors is not None
    assert full.exempt[0].reason
    assert full.maps[0].field == "attr7"


def test_a_wrong_policy_is_refused_and_the_old_one_kept(tmp_path: Path) -> None:
    file = tmp_path / "guard.toml"
    file.write_text("[[route]]\npath = '/a'\nname = 'one'\n")
    watch = Watch(file)
    assert watch.again() == (False, "")
    file.write_text("[[route]]\npath = '/a'\nnam = 'two'\n")
    fresh, wrong = watch.again()
    assert not fresh
    assert "did you mean 'name'?" in wrong
    assert watch.policy.routes[0].name == "one"
    assert watch.again() == (False, "")  # said once
    file.write_text("[[route]]\npath = '/a'\nname = 'three'\n")
    assert watch.again() == (True, "")
    assert watch.policy.routes[0].name == "three"
    file.unlink()
    assert watch.again()[0] is False
    assert watch.policy.routes[0].name == "three"
