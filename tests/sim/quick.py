"""What is pure is worked out once: a simulated shop asks for the same signature, the same bytes and the same URL again and again.

An answer that is remembered is the one that was worked out for exactly these bytes in this process; what failed is worked out
anew. Nothing that depends on a file, a clock or chance is remembered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from httpx import _urls

from tideover.journal import entry, keys

KEPT = 4_000  # Answers of each kind; a shop's long day has some hundreds.
KEYS_KEPT = 64


@contextmanager
def remembering() -> Iterator[None]:
    """While the block runs, and no longer."""
    before = [(keys, "public_key", keys.public_key), (entry, "_plain", entry._plain), (_urls, "urlparse", _urls.urlparse)]
    keys.public_key = lru_cache(KEYS_KEPT)(_verifying(keys.public_key))  # type: ignore[assignment]
    entry._plain = lru_cache(KEPT)(entry._plain)
    _urls.urlparse = lru_cache(KEPT)(_urls.urlparse)
    try:
        yield
    finally:
        for module, name, call in before:
            setattr(module, name, call)


def _verifying(public_key: Callable[[str], Any]) -> Callable[[str], Any]:
    return lambda spki: Key(public_key(spki))


class Key:
    """A public key that knows the signatures which it has found genuine; one that is not raises, and is looked at again."""

    def __init__(self, key: Any) -> None:
        self.verify = lru_cache(KEPT)(key.verify)
