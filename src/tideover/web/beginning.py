"""What the first pages hold between two requests: the one-time codes, the papers being made, the trial with the line unplugged.

Lives as long as the open house; what matters stands on the disk.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from msgspec import Struct

from tideover.errors import NotFound, TideoverError
from tideover.kit.shelf import Listed, read_list
from tideover.settings import Settings
from tideover.web import starting
from tideover.web.tills import Codes
from tideover.world import to_ms

EVENTS_MAX = 40  # Of one trial; more says nothing new.
FONTS = "kit-fonts"  # Folder in the data directory; laid out once, for the next kits too.
MEDIA = {".pdf": "application/pdf", ".html": "application/octet-stream"}
LINES = ("internet", "cloud", "network")


class Papers:
    """Makes the kit beside the box's loop, one at a time."""

    def __init__(self, house: Any) -> None:
        self.folder: Path = house.folder / starting.KIT
        self.fault: TideoverError | None = None
        self.step, self.steps, self.title = 0, 0, ""
        self._task: asyncio.Task[None] | None = None

    @property
    def is_running(self) -> bool:
        return self._task is not None and not self._task.done()

    @property
    def has_any(self) -> bool:
        return bool(self.listed().papers)

    def listed(self) -> Listed:
        """What lies in the folder, with what could not be made."""
        return read_list(self.folder)

    def begin(self, house: Any, settings: Settings, anew: bool) -> None:
        """Start making them; `anew`: the house is opened with its new settings afterwards."""
        self.fault, self.step, self.steps, self.title = None, 0, 0, ""
        self._task = asyncio.create_task(self._make(house, settings, anew))

    async def _make(self, house: Any, settings: Settings, anew: bool) -> None:
        try:
            await asyncio.to_thread(starting.make_papers, house, settings, self.folder, house.folder / FONTS, self._tell)
        except TideoverError as error:
            self.fault = error
        if anew:
            house.bells["anew"].ring()

    def _tell(self, step: int, steps: int, title: str) -> None:
        self.step, self.steps, self.title = step, steps, title or self.title

    async def rest(self) -> None:
        """Wait until nothing is being made."""
        if self._task is not None:
            await self._task

    def read(self, path: str) -> tuple[bytes, str]:
        """A listed paper and its media type. Raises NotFound."""
        if all(one.made.path != path for one in self.listed().papers):
            raise NotFound(what="paper", id=path[:100])
        try:
            return (self.folder / path).read_bytes(), MEDIA.get(Path(path).suffix, "application/octet-stream")
        except OSError as error:
            raise NotFound(what="paper", id=path[:100]) from error


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
        self.papers = Papers(house)
        self.trial = Trial(house)
