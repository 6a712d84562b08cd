"""A policy to start from, and what the guard cannot see."""

from __future__ import annotations

__all__ = ["LIMITS", "POLICY"]

POLICY = """\
# Policy of untag guard. A key that is not known is an error. There is no key that adds words.

# observe = true            # change nothing, log what would be done
# families = ["ethnicity"]  # act only on some families of the lexicon (untag lexicon --json); all if left out

# The first route that matches counts. What matches none is judged by what stands beside a word, and free text is let
# alone.
[[route]]
name = "faces"
path = ["/v1/faces/**", "/analyze"]   # * stays in a segment, ** crosses
# methods = ["POST"]
# host = ["*.example.org"]  # names that are asked, or that a delivery goes to
biometric = true            # about faces or persons on camera: what surrounds a word need not say so
request = "refuse"          # refuse (403), strip (leave out what asks) or pass (with a reason)
response = "strip"          # strip, refuse (502) or pass (with a reason)
delivery = "strip"          # strip, refuse or pass (with a reason): what leaves by itself (untag guard --egress)
media = ["image/*", "video/*"]        # pass unread; EXIF, XMP and remarks of pictures are swept, pixels never looked at
# prompts = ["prompt", "query"]       # fields that hold a search in somebody's own words
# wildcards = "refuse"      # attributes=all is refused as well; the response is guarded anyway
# masks = {faceAttributes = 12}       # bits that ask for a tag
# descriptors = "faces.desc"          # messages of protobuf (protoc --include_imports --descriptor_set_out)
# messages = {request = "faces.v1.Asked", response = "faces.v1.Answer"}  # which they are; gRPC says it by its path
# unknown = "refuse"        # fields that no descriptor names: refuse or pass (with a reason)
# fail-open = ["type"]      # what passes that cannot be judged: type, size, coding, charset, damaged, crash
# reason = "…"              # needed for pass and fail-open

# A measurement of bias, for example. It ends on its day.
# [[exempt]]
# path = "/internal/bias-audit"
# reason = "accuracy by group, for the yearly audit"
# expires = 2030-01-31

# Where connections may go through the forward proxy that nobody can look into (CONNECT).
# [[tunnel]]
# host = ["updates.example.org"]        # port 443, or NAME:PORT
# reason = "packages, signed by their makers"
# expires = 2030-01-31
# Or where only what can be looked into goes: HTTP and WebSockets without TLS, judged as all that leaves.
# [[tunnel]]
# host = ["stream.example.org:80"]
# judged = true

# What the numbers of an opaque field stand for. Terms are those of the lexicon.
# [[map]]
# field = "attr7"
# values = {"1" = "uyghur"}

[limits]
body = 8388608              # bytes, as sent and again when unpacked
depth = 64
parts = 500000
nested = 4                  # documents in texts of documents
unit = 1048576              # bytes of one event, line or message of a stream
held = 536870912            # bytes of all bodies that are held at once until they are judged; beyond them it is 503

[log]
file = "guard.jsonl"
fsync = "interval"          # always, interval (once a second) or never
rotate = 67108864           # bytes of one file
checkpoint = 1000           # records from one signed checkpoint to the next
# key = "key.pem"           # signs checkpoints; Ed25519 or ECDSA, PEM
caller = "client"           # the address, or the name of a header, from which pseudonyms are made
# secret = "pseudonyms.key" # keeps pseudonyms the same from run to run; without it they end with the process
required = true             # what must be logged and cannot is refused
"""

LIMITS = """\
What the guard cannot see:

- Numbers and letters that stand for peoples and are nowhere explained ("attr7": 3), unless the policy maps them.
- Embeddings and other vectors, from which somebody else may infer what is asked.
- What is encrypted, signed as a whole (JWT, JWE), or packed in base64, ZIP, PDF or office documents inside a body.
- Text inside pixels, video and sound: media are never decoded. Of pictures (JPEG, PNG, WebP, GIF, TIFF, HEIF, AVIF)
  EXIF, XMP and remarks are swept, of other media nothing; where they may pass is what the policy declares.
- Words that the lexicon does not know, and forms that no reviewer has confirmed weigh less.
- On routes that are not declared biometric: free text, a tag with nothing of faces or persons beside it, a list of
  attributes without its route saying what it is for.
- What leaves another way: files, databases, and what passes by the forward proxy (--egress) or the bridges to brokers
  and mail that docs/egress.md shows. What goes through a tunnel (CONNECT) that a policy lets through unjudged: TLS in a
  tunnel (wss://, https://) is never opened, and there are no certificates of the guard's own.
- Formats that are not read (CBOR, Avro, Protocol Buffers and gRPC without descriptors): bodies of these do not pass
  unless a route says so. Of described messages numbers that no enum or map explains, and bytes that are no UTF-8.
- Headers of the connection, trailers (dropped), and what a WebSocket sends as binary, which does not pass. gRPC over
  HTTP/2 does not pass the reverse proxy, which sends no trailers: it does behind Envoy (--ext-proc). The forward proxy
  passes WebSockets that are opened by their address, or in a tunnel that is judged; wss:// in a tunnel it never reads.
- Who knows: the log shows what the guard did, not what the application did before or beside it.
"""
