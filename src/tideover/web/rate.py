"""Counts tries, so that nobody can guess a PIN or a code by trying them all. Holds little, forgets by itself."""

from __future__ import annotations

from tideover.errors import TooOften
from tideover.world import World, to_ms

KEYS_MAX = 1_000  # Different names and addresses remembered at once; the oldest are forgotten first.


class Tries:
    """At most `tries_max` tries of one key within `span_s`."""

    def __init__(self, world: World, what: str, tries_max: int, span_s: int) -> None:
        self._world, self._what = world, what
        self._tries_max, self._span_ms = tries_max, span_s * 1000
        self._tries: dict[str, list[int]] = {}

    def count(self, *keys: str) -> None:
        """Counts one try under each key; raises TooOften once one of them is used up."""
        now = to_ms(self._world.now())
        for key in keys:
            recent = [at for at in self._tries.pop(key, ()) if now - self._span_ms < at <= now]
            if len(recent) < self._tries_max:
                recent.append(now)
                self._keep(key, recent)
                continue
            self._keep(key, recent)
            wait_s = (recent[0] + self._span_ms - now + 999) // 1000
            raise TooOften(what=self._what, wait_s=wait_s)

    def forget(self, *keys: str) -> None:
        """A try succeeded: those keys start afresh."""
        for key in keys:
            self._tries.pop(key, None)

    def _keep(self, key: str, recent: list[int]) -> None:
        while len(self._tries) >= KEYS_MAX:
            del self._tries[next(iter(self._tries))]
        self._tries[key] = recent
