"""The practice cloud's connector, and the pattern for others: shapes, what "same" means, the calls.

Reached over HTTP only; it knows no more of the practice cloud than its documented interface.
"""

from __future__ import annotations

from tideover.connectors.practice.cloud import PracticeCloud, connect
from tideover.connectors.practice.promises import manifest

__all__ = ["PracticeCloud", "connect", "manifest"]
