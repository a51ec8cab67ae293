"""What the first pages hold between two requests: the one-time codes and the trial with the line unplugged.

Lives as long as the open house; what matters stands on the disk.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from tideover.web.tills import Codes
from tideover.world import to_ms

EVENTS_MAX = 40  # Of one trial; more says nothing new.
LINES = ("internet", "cloud", "network")


class Seen(Struct, frozen=True):
    """One thing that was seen in a trial."""

    what: str  # "lost" or "back".
    service: str
    at: int  # UTC ms.


class Trial:
    """Watches while somebody unplugs the line; says only what was seen."""

    def __init__(self, house: Any) -> None:
        self._house = house
        self.begun_at: int | None = None
        self.seen: list[Seen] = []
        self._after = 0
        self._down: set[str] = set()
        house.watch.on_change(self._look)

    @property
    def sees_line(self) -> bool:
        """True if anything that is looked at lies beyond the shop's line."""
        settings = self._house.settings
        page = settings.cloud_page or (settings.cloud_url if settings.cloud != "assisted" else "")
        return bool(settings.anchors or page)

    def begin(self) -> None:
        self.begun_at, self.seen = to_ms(self._house.world.now()), []
        self._after = self._house.journal.head().seq
        self._down = {one.service for one in self._house.watch.verdicts() if one.state == "down"}

    def _look(self) -> None:
        if self.begun_at is None or len(self.seen) >= EVENTS_MAX:
            return
        now = to_ms(self._house.world.now())
        for one in self._house.watch.verdicts():
            if one.service in LINES and one.state == "down" and one.service not in self._down:
                self._down.add(one.service)
                self.seen.append(Seen("lost", one.service, now))
            elif one.service in self._down and one.state == "up":
                self._down.discard(one.service)
                self.seen.append(Seen("back", one.service, now))

    def sales(self) -> list[Any]:
        """What was sold here since it began."""
        return [] if self.begun_at is None else self._house.journal.read(after=self._after, kinds=("sale",), limit=EVENTS_MAX)

    def first(self, what: str) -> Seen | None:
        """The first that was seen of a kind; a return counts only after a loss."""
        return next((one for one in self.seen if one.what == what), None)


class Beginning:
    """All of it."""

    def __init__(self, house: Any) -> None:
        self.codes = Codes(house.world, "Opening the first pages")
        self.trial = Trial(house)
