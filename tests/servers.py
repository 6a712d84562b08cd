"""Real servers of databases for tests: made in a private folder, on a free port, gone afterwards.

A server that is not installed is installed by ``tools/servers`` where the machine lets us (Debian, root); else the
tests that need one say so and are skipped.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

TOOLS = Path(__file__).parent.parent / "tools"
PASSWORD = "S3cret-pass+word"  # noqa: S105 - of a server that lives as long as the test


#: Ports to try: below those that systems give out by themselves, and each process begins elsewhere.
_PORTS = itertools.cycle(range(10_000, 30_000))
for _ in range(os.getpid() * 37 % 20_000):
    next(_PORTS)


def port() -> int:
    """A free port of this machine, which nobody is given while it is not yet taken."""
    while True:
        number = next(_PORTS)
        with socket.socket() as one, contextlib.suppress(OSError):
            one.bind(("127.0.0.1", number))
            return number


def program(name: str, *places: str) -> str:
    """Where a program is; it is installed if it can be."""
    for _ in range(2):
        rows = [p for place in places for p in sorted(Path("/").glob(f"{place.lstrip('/')}/{name}"))]
        found = shutil.which(name) or (str(rows[-1]) if rows else None)
        if found:
            return found
        subprocess.run(["sh", str(TOOLS / "servers")], capture_output=True, timeout=600)
    pytest.skip(f"{name} is not installed, and tools/servers cannot install it here (it needs Debian's apt and root)")


def account(name: str) -> list[str]:
    """What a command begins with so that it runs as an account: servers refuse to run as root."""
    return ["setpriv", f"--reuid={name}", f"--regid={name}", "--clear-groups"] if os.getuid() == 0 else []


@contextmanager
def folder(owner: str) -> Iterator[Path]:
    """A private folder that an account may write to, with a path that is short enough for a socket."""
    path = Path(tempfile.mkdtemp(prefix="untag-server-", dir="/tmp"))
    if os.getuid() == 0:
        user = pwd.getpwnam(owner)
        os.chown(path, user.pw_uid, user.pw_gid)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def _own(root: Path) -> dict[str, str]:
    """The environment of a server: what it writes for a while lies in its folder, since it may not write to others."""
    return {**os.environ, "TMPDIR": str(root)}


@contextmanager
def running(command: Sequence[str], ready: Sequence[str], log: Path) -> Iterator[None]:
    """A server, from the time it answers on until it is told to stop."""
    with log.open("wb") as out:
        server = subprocess.Popen(command, stdout=out, stderr=out, stdin=subprocess.DEVNULL, env=_own(log.parent))
        try:
            for _ in range(600):
                assert server.poll() is None, log.read_text("utf-8", "replace")[-2000:]
                if subprocess.run(ready, capture_output=True).returncode == 0:
                    break
                time.sleep(0.1)
            else:
                raise AssertionError(log.read_text("utf-8", "replace")[-2000:])
            yield
        finally:
            server.terminate()
            try:
                server.wait(30)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


@contextmanager
def postgresql() -> Iterator[str]:
    """A PostgreSQL with one account ``auditor``; its URL up to the name of a database."""
    initdb = program("initdb", "/usr/lib/postgresql/*/bin", "/usr/local/bin")
    home = str(Path(initdb).resolve().parent)
    with folder("postgres") as root:
        data, number, own = root / "data", port(), account("postgres")
        secret = root / "secret"
        secret.write_text(PASSWORD + "\n", "utf-8")
        secret.chmod(0o644)
        made = [f"{home}/initdb", "-D", str(data), "-U", "auditor", f"--pwfile={secret}", "-A", "scram-sha-256", "-E",
                "UTF8", "--locale=C.UTF-8", "--no-sync"]  # fmt: skip
        subprocess.run([*own, *made], check=True, capture_output=True, cwd=root, env=_own(root))
        command = [f"{home}/postgres", "-D", str(data), "-p", str(number), "-k", str(root), "-F",
                   "-c", "listen_addresses=127.0.0.1"]  # fmt: skip
        ready = [f"{home}/pg_isready", "-h", "127.0.0.1", "-p", str(number), "-q"]
        with running([*own, *command], ready, root / "log"):
            yield f"postgresql://auditor:{PASSWORD.replace('+', '%2B')}@127.0.0.1:{number}/"


@contextmanager
def mariadb() -> Iterator[str]:
    """A MariaDB with an account ``auditor`` that may do anything; its URL up to the name of a database."""
    server = program("mariadbd", "/usr/sbin", "/usr/local/sbin")
    install = program("mariadb-install-db", "/usr/bin")
    with folder("mysql") as root:
        data, number, own = root / "data", port(), account("mysql")
        subprocess.run(
            [*own, install, "--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal",
             "--skip-test-db", "--skip-name-resolve"],
            check=True, capture_output=True, cwd=root, env=_own(root),
        )  # fmt: skip
        made = root / "init.sql"
        made.write_text(
            f"CREATE USER auditor@'127.0.0.1' IDENTIFIED BY '{PASSWORD}';\n"
            "GRANT ALL PRIVILEGES ON *.* TO auditor@'127.0.0.1' WITH GRANT OPTION;\n", "utf-8"
        )  # fmt: skip
        made.chmod(0o644)
        command = [server, "--no-defaults", f"--datadir={data}", f"--socket={root}/s", f"--port={number}",
                   "--bind-address=127.0.0.1", f"--init-file={made}", "--character-set-server=utf8mb4",
                   "--innodb-flush-log-at-trx-commit=0", f"--pid-file={root}/pid", "--skip-name-resolve"]  # fmt: skip
        ready = [program("mariadb-admin", "/usr/bin"), "--no-defaults", "-h", "127.0.0.1", "-P", str(number),
                 "-u", "auditor", f"-p{PASSWORD}", "ping"]  # fmt: skip
        with running([*own, *command], ready, root / "log"):
            yield f"mysql://auditor:{PASSWORD.replace('+', '%2B')}@127.0.0.1:{number}/"


@contextmanager
def answering(answer: Callable[[BaseHTTPRequestHandler, bytes], tuple[int, dict[str, str], bytes]]) -> Iterator[str]:
    """The address, without a slash, of a server that answers what is posted to it by status, headers and body."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            status, headers, said = answer(self, self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(said))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", port()), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
