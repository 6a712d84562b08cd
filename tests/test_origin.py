"""Whose a file is: names and versions of vendored packages, out of what package managers leave behind."""

from __future__ import annotations

import json

import pytest

from untag.origin import Origins
from untag.place import Place
from untag.sources import Entry

FILES = {
    "node_modules/face-lib/package.json": json.dumps({"name": "face-lib", "version": "4.5.6"}),
    "node_modules/@acme/face/package.json": json.dumps({"name": "@acme/face", "version": "1.0.1"}),
    "node_modules/broken/package.json": "{" * 100_000,
    "node_modules/odd/package.json": '["x"]',
    "vendor/modules.txt": "# github.com/acme/face/v2 v2.1.0\n## explicit\ngithub.com/acme/face/v2/api\n",
    "php/vendor/composer/installed.json": json.dumps({"packages": [{"name": "acme/face", "version": "v3.2.1"}]}),
    "ios/Podfile.lock": "PODS:\n  - AcmeFace (1.4.0):\n    - AFNetworking\n  - Other/Core (9.9.9)\n",
    "lib/python3.11/site-packages/face_lib-2.1.0.dist-info/METADATA": "",
    "lib/python3.11/site-packages/pillowish-9.0.dist-info/top_level.txt": "PILX\n",
    "rust/vendor/face/Cargo.toml": '[package]\nname = "face"\nversion = "0.3.0"\n',
}


@pytest.mark.parametrize(
    ("path", "origin"),
    [
        ("src/face.py", "own"),
        ("vendor/README.md", "own"),
        ("node_modules/face-lib/dist/a.js", "vendored: face-lib 4.5.6"),
        ("node_modules/@acme/face/a.js", "vendored: @acme/face 1.0.1"),
        ("node_modules/x/node_modules/y/a.js", "vendored: y"),
        ("node_modules/broken/a.js", "vendored: broken"),
        ("node_modules/odd/a.js", "vendored: odd"),
        ("vendor/github.com/acme/face/v2/a.go", "vendored: github.com/acme/face/v2 v2.1.0"),
        ("php/vendor/acme/face/src/a.php", "vendored: acme/face v3.2.1"),
        ("ios/Pods/AcmeFace/a.m", "vendored: AcmeFace 1.4.0"),
        ("lib/python3.11/site-packages/face_lib/a.py", "vendored: face_lib 2.1.0"),
        ("lib/python3.11/site-packages/PILX/a.py", "vendored: pillowish 9.0"),
        ("rust/vendor/face/src/lib.rs", "vendored: face 0.3.0"),
        ("third_party/face-1.2.3/a.c", "vendored: face 1.2.3"),
        ("ruby/gems/face-2.0.1/lib/a.rb", "vendored: face 2.0.1"),
        ("third_party/face/a.c", "vendored: face"),
        ("-", "unknown"),
    ],
)
def test_origin(path: str, origin: str) -> None:
    entries = [Entry(Place((name,)), len(text), data=text.encode()) for name, text in FILES.items()]
    assert Origins(entries).of(Place((path,), line=3)) == origin


def test_nothing_is_opened_for_own_files() -> None:
    class Never(list[Entry]):
        def __iter__(self) -> object:  # type: ignore[override]
            raise AssertionError

    assert Origins(Never()).of(Place(("src/face.py",))) == "own"
