"""Exposure: who asked for or received an ethnic tag, told from logs and captures.

``run.expose(specs, settings)`` reads them once, judges by the guard's engine, and gives an ``Exposure``: a verdict for
each customer, and a ledger of what the logs do not hold. Customers are pseudonyms; no value, query or body is kept.
"""

from __future__ import annotations
