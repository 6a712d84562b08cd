"""E-mail (.eml, mbox): what is attached to it; the correspondence itself is not looked at.

Format: RFC 5322 and RFC 2045 to 2047, read with Python's own ``email``.
"""

from __future__ import annotations

import io
import re
from contextlib import suppress
from email.parser import BytesParser
from email.policy import compat32
from typing import TYPE_CHECKING

from untag import spool
from untag.gap import Gap, Opaque, Reason
from untag.readers import BinaryReader

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import Message

    from untag.artifact import Artifact
    from untag.gap import Limits

__all__ = ["MailReader"]

#: Header fields that a message may begin with, and those that show that it is one.
_FIELDS = (
    b"Return-Path:", b"Received:", b"Delivered-To:", b"From:", b"To:", b"Date:", b"Subject:", b"Message-ID:",
    b"Message-Id:", b"MIME-Version:", b"Mime-Version:", b"X-", b"Content-Type:", b"DKIM-Signature:", b"Sender:",
    b"ARC-Seal:", b"Reply-To:", b"References:", b"Authentication-Results:", b"Content-Transfer-Encoding:", b"Cc:",
)  # fmt: skip
_SHOWS = re.compile(
    rb"^(?:(Received|From|Sender):|(Message-ID|MIME-Version|Date|Return-Path):|(To|Subject|Content-Type):)",
    re.IGNORECASE | re.MULTILINE,
)
_BOX = re.compile(rb"^From \S+ .{0,12}\d\d:\d\d.*\n", re.MULTILINE)
#: A patch that somebody would send is code, and no message.
_PATCH = re.compile(rb"\AFrom [0-9a-f]{40} |^diff --git a/", re.MULTILINE)
#: Bytes of one mailbox that are parsed, and messages.
_MOST, _MESSAGES = 64 << 20, 100_000
_FAILS: tuple[type[Exception], ...] = (
    AssertionError, AttributeError, LookupError, RecursionError, TypeError, ValueError,
)  # fmt: skip


class MailReader(BinaryReader):
    """Takes attachments out of messages; texts that somebody wrote to somebody are no product and are not indexed."""

    name = "mail"
    rank = 50
    rows = True  # letters; and of a damaged file it is not known whether it holds a table
    starts = (b"From ", *_FIELDS)
    limits = (
        "what is written in a message is not looked at, by design: only what is attached to it",
        "attachments that are encrypted or lie in another format of mail (winmail.dat) are read as what they are",
    )

    def knows(self, artifact: Artifact) -> bool:
        """Header fields of three sorts before the first blank line, or the line that parts messages of a mailbox."""
        head = artifact.head[:16384]
        if _PATCH.search(head) is not None:
            return False
        if _BOX.match(head) is not None:
            return True
        if not head.startswith(self.starts):
            return False
        block = re.split(rb"\r?\n\r?\n", head, maxsplit=1)[0]
        return len({number for m in _SHOWS.finditer(block) for number in (1, 2, 3) if m[number]}) == 3

    def read(self, artifact: Artifact, limits: Limits) -> Iterator[Artifact | Gap | Opaque]:
        """What is attached, message by message."""
        if artifact.size > _MOST:
            said = f"mail: larger than {_MOST >> 20} MB; split it into messages to have what is attached read"
            yield Gap(artifact.place.whole(), Reason.LIMIT, said, artifact.size)
            return
        data, packed = artifact.data, 0
        cuts = [m.end() for m in _BOX.finditer(data)][:_MESSAGES] if _BOX.match(data) is not None else [0]
        for number, start in enumerate(cuts, 1):
            raw = data[start : cuts[number] if number < len(cuts) else None]
            place = f"message {number}/" if len(cuts) > 1 else ""
            try:
                rows = list(_attached(BytesParser(policy=compat32).parsebytes(raw)))
            except _FAILS as error:
                said = f"mail: cannot be followed ({type(error).__name__})"
                yield Gap(artifact.place.whole().at(pointer=f"/{place}"), Reason.DAMAGED, said, len(raw))
                continue
            for index, (name, body, size) in enumerate(rows, 1):
                packed += size
                yield from spool.member(
                    artifact, f"{place}{name or f'attachment {index}'}", io.BytesIO(body), limits, packed=max(size, 1)
                )
        yield Opaque("correspondence", max(0, artifact.size - packed))


def _attached(message: Message) -> Iterator[tuple[str, bytes, int]]:
    """Name, bytes and bytes as they stand there of each attachment."""
    # A page that a browser saved is a message by its format alone.
    saved = "Saved by" in str(message.get("From", ""))
    for part in message.walk():
        if part.is_multipart():
            continue
        name = str(part.get_filename() or (part.get("Content-Location", "") if saved else ""))
        name = name.rpartition("/")[2] if saved else name
        kept = not saved and part.get_content_maintype() in {"text", "multipart", "message"}
        if kept and not name and part.get_content_disposition() != "attachment":
            continue
        body = part.get_payload(decode=True)
        raw = part.get_payload()
        if isinstance(body, bytes) and body:
            yield _plain(name), body, len(raw) if isinstance(raw, str) else len(body)


def _plain(name: str) -> str:
    """A name without folders and line ends, its words decoded."""
    from email.errors import HeaderParseError
    from email.header import decode_header, make_header

    with suppress(HeaderParseError, LookupError, ValueError):
        name = str(make_header(decode_header(name)))
    return spool.attached(name)
