"""Access logs of Azure: Application Gateway, Front Door and API Management, a resource log a line."""

from __future__ import annotations

from untag.exposure.format._object import Objects

__all__ = ["AzureFormat"]


class AzureFormat(Objects):
    """What is told stands in ``properties``."""

    name = "azure"
    title = "Azure Application Gateway, Front Door and API Management resource log"
    source = "https://learn.microsoft.com/azure/application-gateway/application-gateway-diagnostics"
    limits = "It holds bodies only where API Management was told to log them, and these may be cut."
    rank = 2
    bodies = True
    needs = (
        ("time", "TimeGenerated", "timeStamp"),
        ("properties.requestUri", "properties.url", "properties.requestUrl"),
        ("properties.httpMethod", "properties.method"),
    )
    names = {  # noqa: RUF012 - as declared
        "time": ("time", "timeStamp", "TimeGenerated"),
        "key": ("properties.apimSubscriptionId", "properties.clientCertificateSubject"),
        "user": ("properties.userId",),
        "address": ("properties.clientIP", "properties.clientIp", "callerIpAddress", "properties.callerIpAddress"),
        "method": ("properties.httpMethod", "properties.method"),
        "target": ("properties.requestUri", "properties.url", "properties.requestUrl"),
        "query": ("properties.requestQuery",),
        "status": ("properties.httpStatus", "properties.httpStatusCode", "properties.responseCode"),
        "size": ("properties.responseSize",),
        "asked": ("properties.requestBody",),
        "answered": ("properties.responseBody",),
    }
