"""A timestamp authority for tests: ``openssl ts`` behind a small server on this machine, under a root of its own."""

from __future__ import annotations

import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import servers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

CONFIGURATION = """
[req]
distinguished_name = none
[none]
[root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
[stamp]
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
[both]
extendedKeyUsage = critical,timeStamping,codeSigning
[tsa]
default_tsa = one
[one]
serial = serial
signer_cert = tsa.pem
signer_key = tsa.key
certs = more.pem
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
ordering = yes
tsa_name = yes
ess_cert_id_alg = {ess}
"""
KINDS = {"rsa": ("rsa:2048",), "ec": ("ec", "-pkeyopt", "ec_paramgen_curve:P-256")}


@dataclass
class Authority:
    """Where one is kept.

    Attributes:
        folder: Its keys and certificates.
    """

    folder: Path

    @property
    def root(self) -> Path:
        """The certificate that a verifier trusts."""
        return self.folder / "root.pem"

    def openssl(self, *words: str) -> None:
        """Run OpenSSL in the folder."""
        subprocess.run(["openssl", *words], cwd=self.folder, check=True, capture_output=True)

    def answer(self, asked: bytes) -> bytes:
        """What it says to a request; nothing where it cannot."""
        (self.folder / "asked").write_bytes(asked)
        try:
            self.openssl("ts", "-reply", "-config", "ts.cnf", "-queryfile", "asked", "-out", "said")
        except subprocess.CalledProcessError:
            return b""
        return (self.folder / "said").read_bytes()


def made(folder: Path, kind: str = "ec", name: str = "root", *, middle: bool = False, use: str = "stamp") -> Authority:
    """Make one.

    Args:
        folder: Where; it is made.
        kind: Of its keys.
        name: Of its root.
        middle: Whether another certificate stands between it and the root.
        use: What its certificate says that it is for.
    """
    folder.mkdir()
    one = Authority(folder)
    (folder / "ts.cnf").write_text(CONFIGURATION.format(ess="sha1" if kind == "ec" else "sha256"))
    (folder / "serial").write_text("01\n")
    new = ("-newkey", *KINDS[kind], "-nodes", "-config", "ts.cnf")
    one.openssl("req", "-x509", *new, "-keyout", "root.key", "-out", "root.pem", "-subj", f"/CN={name}",
                "-days", "3650", "-extensions", "root")  # fmt: skip
    chain = [("root", "middle", "root"), ("middle", "tsa", use)] if middle else [("root", "tsa", use)]
    for number, (upper, lower, extension) in enumerate(chain):
        one.openssl("req", *new, "-keyout", f"{lower}.key", "-out", f"{lower}.csr", "-subj", f"/CN={name} {lower}")
        one.openssl("x509", "-req", "-in", f"{lower}.csr", "-CA", f"{upper}.pem", "-CAkey", f"{upper}.key", "-out",
                    f"{lower}.pem", "-days", "365", "-set_serial", f"{number + 7}", "-extfile", "ts.cnf",
                    "-extensions", extension)  # fmt: skip
    more = [folder / f"{upper}.pem" for upper, *_ in reversed(chain)]
    (folder / "more.pem").write_bytes(b"".join(path.read_bytes() for path in more))
    return one


@contextmanager
def serving(answer: Callable[[bytes], bytes], kind: str = "application/timestamp-reply") -> Iterator[str]:
    """The address of a server that answers what is posted to it; an empty answer is an error of its own."""

    def said(_: object, asked: bytes) -> tuple[int, dict[str, str], bytes]:
        made = answer(asked)
        if made.startswith(b"http://"):
            return 302, {"Location": made.decode(), "Content-Type": kind}, made
        return (200 if made else 503), {"Content-Type": kind}, made

    with servers.answering(said) as address:
        yield f"{address}/"
