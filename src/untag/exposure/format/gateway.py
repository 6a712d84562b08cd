"""Access logs of Amazon API Gateway in JSON, with the names that its documentation gives."""

from __future__ import annotations

from untag.exposure.format._object import Objects

__all__ = ["GatewayFormat"]


class GatewayFormat(Objects):
    """Fields are named as $context names them; which are logged is up to whoever set it up."""

    name = "gateway"
    title = "Amazon API Gateway access log in JSON"
    source = "https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html"
    limits = "It holds no bodies and no query, unless its layout was made to: then map it (--map)."
    rank = 2
    needs = (("requestTime", "requestTimeEpoch"), ("httpMethod", "routeKey"), ("status",))
    names = {  # noqa: RUF012 - as declared
        "time": ("requestTimeEpoch", "requestTime"),
        "key": ("apiKeyId", "apiKey", "principalId", "accountId"),
        "user": ("user", "caller", "userArn"),
        "address": ("ip", "sourceIp"),
        "method": ("httpMethod",),
        "target": ("path", "rawPath", "resourcePath"),
        "query": ("queryString", "rawQueryString"),
        "line": ("routeKey",),
        "status": ("status",),
        "size": ("responseLength",),
    }
