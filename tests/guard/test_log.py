"""The audit log: what was tampered with is seen, what a crash or a full disk does is said, and no value is in it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

import forks
from untag.guard import Message, Policy, Removed, Verdict, read
from untag.guard.chain import verify
from untag.guard.keeper import Keeper
from untag.guard.log import Log, LogError, files
from untag.guard.policy import Logging
from untag.mistake import UntagError

MESSAGE = Message("response", "GET", "/faces/ann-smith", "", (), b'{"race":"secret"}')
VERDICT = Verdict("change", MESSAGE, (Removed("body", "/<race>", "field", "race"),), route="faces")


def keys(folder: Path) -> tuple[Path, Path]:
    made = Ed25519PrivateKey.generate()
    one, two = folder / "key.pem", folder / "key.pub"
    one.write_bytes(made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    two.write_bytes(made.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return one, two


def written(path: Path, count: int = 10, **settings: object) -> None:
    log = Log(path, Logging(path, **settings))  # type: ignore[arg-type]
    for number in range(count):
        log.record(VERDICT, MESSAGE, f"10.0.0.{number % 3}")
    log.close()


def cli(*args: str) -> subprocess.CompletedProcess[str]:
    done = forks.run(["guard", *args], Path.cwd())
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


def test_a_whole_log_verifies_and_holds_no_value(tmp_path: Path) -> None:
    path = tmp_path / "guard.jsonl"
    written(path)
    written(path)
    seen = verify(path)
    assert seen.good
    assert seen.lines == 24
    assert seen.remarks == []
    text = path.read_text()
    for secret in ("ann", "smith", "secret", "10.0.0", 'race":"s'):
        assert secret not in text
    rows = [json.loads(line) for line in text.splitlines()]
    assert rows[1]["removed"] == [{"zone": "body", "at": "/<race>", "rule": "field", "term": "race"}]
    assert len({r["caller"] for r in rows if r["kind"] == "verdict"}) == 6  # three callers, and a key for each run


def test_pseudonyms_stay_with_a_key(tmp_path: Path) -> None:
    secret = tmp_path / "pseudonyms.key"
    secret.write_bytes(b"0123456789abcdef")
    path = tmp_path / "guard.jsonl"
    written(path, secret=secret)
    written(path, secret=secret)
    assert len({json.loads(r).get("caller") for r in path.read_text().splitlines()} - {None}) == 3
    secret.write_bytes(b"short")
    with pytest.raises(UntagError, match="16 bytes"):
        written(path, secret=secret)


TAMPERED = {
    "a byte": lambda rows: [*rows[:4], rows[4].replace(b'"rule":"field"', b'"rule":"fielt"'), *rows[5:]],
    "a line lost": lambda rows: [*rows[:4], *rows[5:]],
    "the first line lost": lambda rows: rows[1:],
    "two lines swapped": lambda rows: [*rows[:4], rows[5], rows[4], *rows[6:]],
    "a line twice": lambda rows: [*rows[:5], rows[4], *rows[5:]],
    "a line added": lambda rows: [*rows[:5], rows[4].replace(b'"n":5', b'"n":6'), *rows[5:]],
    "no line of a log": lambda rows: [*rows[:5], b"hello\n", *rows[5:]],
    "a number": lambda rows: [*rows[:5], rows[5].replace(b'"n":6', b'"n":7'), *rows[6:]],
}


@pytest.mark.parametrize("what", TAMPERED)
def test_tampering_is_seen(tmp_path: Path, what: str) -> None:
    path = tmp_path / "guard.jsonl"
    written(path)
    path.write_bytes(b"".join(TAMPERED[what](path.read_bytes().splitlines(keepends=True))))
    seen = verify(path)
    assert not seen.good


def test_every_byte_counts(tmp_path: Path) -> None:
    path = tmp_path / "guard.jsonl"
    written(path, 2)
    data, last = path.read_bytes(), len(path.read_bytes().splitlines(keepends=True)[-1])
    for at in range(0, len(data) - last, 3):
        path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        assert not verify(path).good, at
    head = verify_head(path, data)
    for at in range(len(data) - last, len(data)):
        path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        assert not verify(path, head=head).good, at


def verify_head(path: Path, data: bytes) -> str:
    path.write_bytes(data)
    return verify(path).head


def test_a_cut_end_is_seen_with_the_head_or_a_checkpoint(tmp_path: Path) -> None:
    key, public = keys(tmp_path)
    path = tmp_path / "guard.jsonl"
    keeper = Keeper(read({"log": {"file": str(path), "key": str(key), "checkpoint": 4}, "route": [
        {"path": "/**", "biometric": True}]}))  # fmt: skip
    for _ in range(10):
        keeper.judge(Message("response", "GET", "/x", "", (("content-type", "application/json"),), b'{"race":1}'))
    keeper.close()
    done = cli("verify-log", str(path), "--key", str(public), "--json")
    row = json.loads(done.stdout)
    assert (done.returncode, row["verifies"], row["checkpoints"]) == (0, True, 3)
    rows = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(rows[:-3]))
    cut = json.loads(cli("verify-log", str(path), "--key", str(public), "--json").stdout)
    assert cut["verifies"]
    assert "cut off" in cut["unseen"]
    assert any("did not" in r or "does not say that it ended" in r for r in cut["remarks"])
    assert cli("verify-log", str(path), "--head", row["head"]).returncode == 1
    # Another key, or a checkpoint that was made for something else.
    other = tmp_path / "other"
    other.mkdir()
    assert cli("verify-log", str(path), "--key", str(keys(other)[1])).returncode == 1


def test_rotation_and_lost_files(tmp_path: Path) -> None:
    path = tmp_path / "guard.jsonl"
    written(path, 40, rotate=1500)
    rows = files(path)
    assert len(rows) > 4
    assert verify(path).good
    written(path, 3, rotate=1500)
    assert verify(path).good
    first = rows[0].read_bytes().splitlines(keepends=True)
    rows[0].unlink()
    assert not verify(path).good
    import hashlib

    assert verify(path, first=hashlib.sha256(first[-1]).hexdigest()).good
    rows[2].unlink()
    assert not verify(path, first=hashlib.sha256(first[-1]).hexdigest()).good


WRITER = """
import sys
from pathlib import Path
from untag.guard.log import Log
from untag.guard.policy import Logging
from untag.guard import Message, Verdict
path = Path(sys.argv[1])
log = Log(path, Logging(path, fsync="always"))
m = Message("request", "GET", "/")
print("ready", flush=True)
while True:
    log.record(Verdict("refuse", m), m, "x")
    print(log._number, flush=True)
"""


def test_a_killed_run_loses_nothing_that_was_synced_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "guard.jsonl"
    process = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    process.stdout.readline()
    told = 0
    while told < 30:
        told = int(process.stdout.readline())
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    with path.open("ab") as file:
        file.write(b'{"n":99,"t":"20')  # what a crash in the middle of a line leaves
    written(path, 1)
    seen = verify(path)
    assert seen.good, seen.faults
    assert seen.number >= told - 1 + 3
    assert any("ended without a word" in r for r in seen.remarks)
    assert any("was not whole" in r for r in seen.remarks)


FULL = """
import resource, signal, sys
from pathlib import Path
from untag.guard import Message, read
from untag.guard.keeper import Keeper
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
keeper = Keeper(read({"log": {"file": sys.argv[1]}, "route": [{"path": "/**", "biometric": True}]}))
m = Message("response", "GET", "/x", "", (("content-type", "application/json"),), b'{"race":1}')
clean = Message("response", "GET", "/x", "", (("content-type", "application/json"),), b'{"a":1}')
size = Path(sys.argv[1]).stat().st_size
resource.setrlimit(resource.RLIMIT_FSIZE, (size + 700, resource.RLIM_INFINITY))
said = [keeper.judge(m) for _ in range(8)]
print([v.action for v in said], said[-1].problem.status, keeper.judge(clean).action)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
print(keeper.judge(m).action)
keeper.close()
"""


@pytest.mark.skipif(os.name != "posix", reason="needs a limit on the size of files")
def test_a_full_disk_refuses_what_must_be_logged_and_the_log_stays_whole(tmp_path: Path) -> None:
    path = tmp_path / "guard.jsonl"
    done = subprocess.run([sys.executable, "-c", FULL, str(path)], capture_output=True, text=True)
    first, second = done.stdout.splitlines()
    assert first.startswith("['change', ")
    assert first.endswith("'refuse'] 503 pass")
    assert second == "change"
    seen = verify(path)
    assert seen.good, seen.faults


def test_one_writer_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "guard.jsonl"
    log = Log(path, Logging(path))
    with pytest.raises(UntagError, match="another process"):
        Log(path, Logging(path))
    log.close()
    with pytest.raises(LogError):
        log.record(VERDICT, MESSAGE, "")


def test_what_is_no_log_is_not_written_to(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("dear diary\n")
    with pytest.raises(UntagError, match="none of a log"):
        Log(path, Logging(path))
    assert path.read_text() == "dear diary\n"
    assert cli("verify-log", str(tmp_path / "none")).returncode == 2


def test_a_policy_that_changes_is_logged(tmp_path: Path) -> None:
    file = tmp_path / "guard.toml"
    text = '[log]\nfile = "guard.jsonl"\n[[route]]\npath = "/x"\nbiometric = true\n'
    file.write_text(text)
    keeper = Keeper(file)
    file.write_text(text + "nam = 'y'\n")
    keeper.renew(now=True)
    assert "nam" in keeper.refused
    file.write_text(text + "name = 'y'\n")
    keeper.renew(now=True)
    assert keeper.refused == ""
    assert keeper.policy.routes[0].name == "y"
    keeper.close()
    kinds = [json.loads(line)["kind"] for line in (tmp_path / "guard.jsonl").read_text().splitlines()]
    assert kinds == ["open", "policy refused", "policy", "close"]


def test_a_closed_keeper_fails_closed(tmp_path: Path) -> None:
    keeper = Keeper(Policy(log=Logging(tmp_path / "g.jsonl")))
    keeper.close()
    body = json.dumps({"faces": [{"age": 3, "gender": "m", "race": "x"}]}).encode()
    message = Message("response", "GET", "/x", "", (("content-type", "application/json"),), body)
    assert keeper.judge(message).action == "refuse"
    time.sleep(0)
