"""Request logs of Google Cloud: load balancers, Cloud Run, App Engine; an entry with ``httpRequest`` a line."""

from __future__ import annotations

from untag.exposure.format._object import Objects

__all__ = ["GcpFormat"]


class GcpFormat(Objects):
    """Entries as Cloud Logging exports them."""

    name = "gcp"
    title = "Google Cloud request log"
    source = "https://cloud.google.com/logging/docs/reference/v2/rest/v2/LogEntry#HttpRequest"
    limits = "It holds no bodies; sizes are with headers."
    rank = 2
    needs = (("httpRequest.requestUrl",), ("httpRequest.requestMethod",))
    names = {  # noqa: RUF012 - as declared
        "time": ("timestamp", "receiveTimestamp"),
        "key": ("jsonPayload.apiKey", "protoPayload.consumerId"),
        "address": ("httpRequest.remoteIp",),
        "method": ("httpRequest.requestMethod",),
        "target": ("httpRequest.requestUrl",),
        "status": ("httpRequest.status",),
    }
