"""What a box tells a person about those who call it: a guessed PIN, a till that was revoked, a signature that does not fit.

Each is a finding, once a day for each till or person however often it comes: nobody can fill the journal by calling. It refuses
nothing itself, and a journal that takes no entries keeps nobody from being refused.
"""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from hashlib import sha256

from tideover.errors import TideoverError
from tideover.journal.heads import STRANGE_HEAD
from tideover.model.facts import FindingRaised
from tideover.rules.calendar import trading_day
from tideover.web.house import House
from tideover.world import uuid7

TEXTS = {
    "strange-head": STRANGE_HEAD,
    "revoked-till": "Till {name} was revoked and still sends entries; none of them is in the books. Find out where it is.",
    "forged-entry": "Till {name} sent an entry whose signature does not fit; it was not taken. Was something else speaking in its name?",
    "foreign-batch": "Till {name} handed in entries that another till had signed; they stand once. Was a till copied?",
    "pin-mismatch": "At till {name} somebody sold as {who} with a PIN that does not fit; the sales stand. Ask who was there.",
    "pin-unchecked": "Till {name} brought PINs that could not be looked at; who sold there is not proven.",
    "pin-guessing": "Somebody tries PINs of {who}: there were too many wrong ones in a row. Ask {who} whether it was them.",
}
NAMES_MAX = 20  # Different people that one till can have findings about in a day; a longer list tells nothing more.


class Suspicions:
    """Tells each thing once a day."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._day = ""
        self._told: set[str] = set()
        self._of_till: dict[str, int] = {}

    def day(self) -> str:
        settings = self._house.settings
        return trading_day(self._house.world.now(), settings.time_zone, settings.day_turns_at)

    def name_of(self, till: str) -> str:
        """As it was enrolled."""
        return next((one["name"] for one in self._house.journal.tills() if one["till"] == till), till)

    def was_told(self, code: str, about: str, day: str) -> bool:
        """True if that stands in the journal for that day."""
        key = f"{code}/{about}/{day}"
        if key not in self._told and self._house.journal.find(_id(key, day)) is not None:
            self._told.add(key)
        return key in self._told

    async def of_till(self, code: str, till: str, who: str = "", day: str = "") -> None:
        """About a till, or about somebody at it."""
        count = self._of_till.get(f"{till}/{code}", 0)
        if count < NAMES_MAX:
            about = f"{till}/{who}" if who else till
            if await self._tell(code, about, TEXTS[code].format(name=self.name_of(till), who=who), day):
                self._of_till[f"{till}/{code}"] = count + 1

    async def of_person(self, code: str, who: str) -> None:
        await self._tell(code, who, TEXTS[code].format(who=who), "")

    async def _tell(self, code: str, about: str, text: str, day: str) -> bool:
        if (today := self.day()) != self._day:
            self._day, self._told, self._of_till = today, set(), {}
        day, key = day or today, f"{code}/{about}/{day or today}"
        if self.was_told(code, about, day):
            return False
        self._told.add(key)
        body = FindingRaised(code, text, self._house.settings.owner, 0, key, day)
        with contextlib.suppress(TideoverError):  # A journal that takes nothing has told already.
            await self._house.journal.record("finding", body, trading_day=day, id=_id(key, day))
        return True


def _id(key: str, day: str) -> str:
    """The same for the same matter, so that it is written once, however often the box is started."""
    return uuid7(datetime.fromisoformat(day).replace(tzinfo=UTC), sha256(key.encode()).digest()[:10])
