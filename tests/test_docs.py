"""What the docs show is true: the page of the command line is current, and every command shown runs as shown."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

import forks

ROOT = Path(__file__).parent.parent
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])
_BLOCK = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
_LINE = re.compile(r"^\$ (?:\./)?untag (?P<args>[^#\n]*?)(?:\s+# (?P<remark>.*))?$", re.MULTILINE)


def shown() -> list[tuple[str, str, int]]:
    """Page, arguments and exit code of every command in a console block, in order."""
    rows = []
    for page in PAGES:
        for block in _BLOCK.findall(page.read_text(encoding="utf-8")):
            for found in _LINE.finditer(block):
                code = re.match(r"exit (\d+)", found["remark"] or "")
                rows.append((page.name, found["args"].strip(), int(code[1]) if code else 0))
    return rows


def test_cli_page_is_current() -> None:
    done = subprocess.run([sys.executable, str(ROOT / "tools" / "docs.py"), "--check"], capture_output=True, text=True)
    assert done.returncode == 0, "run tools/docs.py" + done.stderr


def test_readme_shows_commands() -> None:
    assert any(page == "README.md" for page, _, _ in shown())


@pytest.mark.parametrize("page", [p.name for p in PAGES])
def test_commands_shown_run_as_shown(page: str, tmp_path: Path) -> None:
    """In order, in a scratch copy of what a clone holds of demo and docs; plain arguments only, no pipes."""
    shutil.copytree(ROOT / "demo", tmp_path / "demo")
    # What the commands of openssl make that are shown before ours.
    made = Ed25519PrivateKey.generate()
    (tmp_path / "key.pem").write_bytes(made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (tmp_path / "key.pub").write_bytes(made.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    # And what curl brings.
    (tmp_path / "response.json").write_text('{"faces": [{"age": 31, "gender": "f", "race": "x"}]}')
    # And what an application would send, with the policy that is shown.
    (tmp_path / "alert.json").write_text('{"alert": "face match", "face": {"age": 31, "race": "x"}}')
    shows = (ROOT / "docs" / "egress.md").read_text("utf-8")
    policy = re.search(r"^```toml\n(# egress.toml\n.*?)^```", shows, re.MULTILINE | re.DOTALL)
    (tmp_path / "egress.toml").write_text(policy[1] if policy else "")
    # And a document with pages that cannot be read, and what a person read on them.
    shutil.copy(ROOT / "tests" / "specimens" / "readers" / "pdf" / "manual" / "input.pdf", tmp_path / "manual.pdf")
    shows = (ROOT / "docs" / "transcript.md").read_text("utf-8")
    read = re.search(r"^```toml\n(# transcript.toml\n.*?)^```", shows, re.MULTILINE | re.DOTALL)
    (tmp_path / "transcript.toml").write_text(read[1] if read else "")
    # And what a server wrote.
    row = '192.0.2.1 - - [01/Oct/2025:06:25:24 +0000] "GET /v1/faces?attributes=age,race HTTP/1.1" 200 512 "-" "x"\n'
    (tmp_path / "access.log").write_text(row + row.replace(",race", "").replace("192.0.2.1", "192.0.2.2"))
    (tmp_path / "calls.ndjson").write_text(
        '{"ts": 1759300000, "tenant": "t-1", "path": "/v1/faces", "answer": "{\\"faces\\": [{\\"age\\": 31}]}"}\n'
    )
    (tmp_path / "customers.csv").write_text("identifier,label\n192.0.2.0/24,Acme\n")
    for name, args, code in shown():
        if name != page:
            continue
        words = shlex.split(args)
        assert not {"|", ">", "<", "&&"} & set(words), f"write `{args}` so that a test can run it"
        done = forks.run(words, tmp_path)
        assert done.returncode == code, f"untag {args}: {done.stderr.decode()}"
