"""Speaks to a Tryton: its Source (datasets and the read-back of a day) and its Sink, under one log-in.

It never sends a booking twice by itself: what comes next is the outbox's decision. What the instance lacks is
told in words when the log-in is made, and again whenever it stands in the way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import msgspec

from tideover.connectors.calls import Calls
from tideover.connectors.tryton.days import Days
from tideover.connectors.tryton.find import Finder
from tideover.connectors.tryton.house import House, read_house
from tideover.connectors.tryton.link import NOT_LOGGED_IN, WHO, Link, Login, Said, Silent
from tideover.connectors.tryton.orders import Refused
from tideover.connectors.tryton.promises import manifest
from tideover.connectors.tryton.sink import Booker
from tideover.connectors.tryton.source import Reader
from tideover.errors import CloudSilent, LoginRefused, Misconfigured
from tideover.model.answer import Answer, CloudDocument
from tideover.model.item import Dataset
from tideover.model.outage import Observation
from tideover.ports import Booking, Page
from tideover.world import Turns, World

if TYPE_CHECKING:
    import httpx

    from tideover.secret import Secrets
    from tideover.settings import Settings

SECRET = "cloud.login"


class TrytonCloud:
    """Source and Sink over its JSON-RPC."""

    manifest = manifest

    def __init__(self, link: Link, settings: Settings, world: World) -> None:
        self._link, self._settings, self._world = link, settings, world
        self._finder = Finder(link, world)
        self._house: House | None = None
        self._booker: Booker | None = None
        self._read_under = -1  # The log-in under which the house was read.
        self._one_reading = Turns(world)

    async def renew_login(self) -> bool:
        """Log in afresh and read what the instance is set up with; raises LoginRefused, Misconfigured."""
        if not await self._link.renew():
            return False
        try:
            await self._at_home()
        except CloudSilent:
            return False
        return True

    async def _at_home(self) -> House:
        """What the instance is set up with, read once per log-in. Raises CloudSilent, LoginRefused, Misconfigured."""
        async with self._one_reading:
            if self._house is None or self._read_under != self._link.logins:
                self._finder.forget()
                self._house = await read_house(self._link, self._settings.currency)
                self._booker = Booker(self._link, self._finder, self._house)
                self._read_under = self._link.logins
            return self._house

    async def lacks(self) -> list[str]:
        """What is not set up there, so that some sales would be parked; for whoever connects it. Raises CloudSilent."""
        house, today = await self._at_home(), self._world.now().strftime("%Y-%m-%d")
        found = list(house.lacks())
        try:
            await self._finder.period(today, house)
        except Refused as no:
            found.append(no.reason)
        except (Silent, Said) as error:
            raise CloudSilent(who=WHO, why=str(error)) from error
        return found

    # Source -------------------------------------------------------------------------------------------

    async def pull(self, dataset: Dataset, cursor: str | None, whole: bool = False) -> Page:
        house = await self._at_home()
        return await Reader(self._link, house, self._settings, self._world).pull(dataset, cursor, whole)

    async def count(self, dataset: Dataset) -> int | None:
        house = await self._at_home()
        return await Reader(self._link, house, self._settings, self._world).count(dataset)

    async def day(self, trading_day: str) -> Sequence[CloudDocument]:
        return await Days(self._link, await self._at_home()).day(trading_day)

    # Sink ---------------------------------------------------------------------------------------------

    async def send(self, booking: Booking) -> Answer:
        """Look, then take the steps that are left; raises nothing but Misconfigured."""
        try:
            booker = await self._ready()
            if booking.document.currency != self._settings.currency:
                reason = f"The receipt is in {booking.document.currency}, the books in {self._settings.currency}."
                return Answer("refused", reason=reason, cause="unknown")
            return await booker.send(booking)
        except Silent as silence:
            return silence.answer
        except Said as no:
            return Answer("silent", reason=no.trouble.text)

    async def ask(self, booking: Booking) -> Answer:
        try:
            booker = await self._ready()
            return booker.answer(booking, await booker.look(booking.entry)) or Answer("absent")
        except Silent as silence:
            return silence.answer
        except Said as no:
            return Answer("silent", reason=no.trouble.text)

    async def find_in_flight(self, trading_day: str, reference: str, total_minor: int) -> Answer:
        """Looks among the documents without an id of ours; without a reference only "none of that sum" is certain."""
        try:
            await self._ready()
            candidates = await Days(self._link, await self._at_home()).of_sum(trading_day, total_minor)
        except Silent as silence:
            return silence.answer
        except Said as no:
            return Answer("silent", reason=no.trouble.text)
        except CloudSilent as error:
            return Answer("silent", reason=error.message)
        if reference:
            candidates = [one for one in candidates if reference in (one.reference, one.number)]
        if not candidates:
            return Answer("absent")
        if not reference:
            return Answer("silent", reason=f"{len(candidates)} of that sum on that day; a person must say whether it is one of them")
        return Answer("exists", number=candidates[0].number, total_minor=total_minor)

    async def _ready(self) -> Booker:
        """Raises Silent, Misconfigured; a log-in that ran out is the outbox's to renew."""
        if self._booker is not None and self._read_under == self._link.logins:
            return self._booker
        try:
            heard = await self._link.log_in()
            if heard.status != 200:
                reason, refused = heard.problem or f"it answered {heard.status}", heard.status == NOT_LOGGED_IN
                raise Silent(Answer("silent", reason=reason, retry_after_s=heard.retry_after_s, login=refused))
            await self._at_home()
        except LoginRefused as error:
            raise Silent(Answer("silent", reason=error.message, login=True)) from error
        except CloudSilent as error:
            raise Silent(Answer("silent", reason=error.message, retry_after_s=error.retry_after_s)) from error
        assert self._booker is not None, "it was just made"
        return self._booker


def connect(
    settings: Settings, secrets: Secrets, world: World, client: httpx.AsyncClient, hear: Callable[[Observation], None]
) -> TrytonCloud:
    """The Tryton at `cloud_url`, with the log-in stored as "cloud.login"; raises Misconfigured without an address."""
    if not settings.cloud_url.startswith(("http://", "https://")):
        why = f"{settings.cloud_url!r} is not an http or https address" if settings.cloud_url else "Tryton's address is missing"
        raise Misconfigured(setting="cloud_url", why=why, file="tideover.toml")

    def login() -> Login:
        stored = secrets.get(SECRET)
        try:
            return msgspec.json.decode(stored or b"", type=Login)
        except msgspec.DecodeError as error:
            raise LoginRefused(who=WHO, why="no database, user and password are stored") from error

    return TrytonCloud(Link(Calls(manifest, settings.cloud_url, settings.cloud_timeout_s, world, client, hear), login), settings, world)
