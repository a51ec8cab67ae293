"""Tryton's connector: a real ERP, reached over its JSON-RPC only; no part of Tryton is needed on this machine.

Sales become sales, shipments, posted invoices and payments on their trading day; docs/connectors/tryton.md says
what stands where. Everything else here is what one of them needs: `wire` the bytes, `link` the log-in and the
calls, `house` what the instance is set up with, `amounts` and `orders` the sums, `find` and `documents` what is
there, `sink` and `shipping` the steps, `source` and `days` what is read.
"""

from __future__ import annotations

from tideover.connectors.tryton.cloud import TrytonCloud, connect
from tideover.connectors.tryton.promises import manifest

__all__ = ["TrytonCloud", "connect", "manifest"]
