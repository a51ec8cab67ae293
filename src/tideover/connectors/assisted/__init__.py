"""The connector for any cloud without an interface: exports in, a person's hands out, the same proof."""

from __future__ import annotations

from tideover.connectors.assisted.cloud import AssistedCloud, connect
from tideover.connectors.assisted.promises import manifest

__all__ = ["AssistedCloud", "connect", "manifest"]
