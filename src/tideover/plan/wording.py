"""A playbook's wording as it counted on the day it was gone through: kept word for word, and never changed.

The plan may be another one an hour later, and a run must stay readable for years. The journal holds the SHA-256 alone, for a
wording names people and numbers; a salt of the shop's own goes into it, so that no number can be guessed from the sum.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from tideover.plan.playbook import Ready, for_everyone, playbooks, resolve, texts, with_lines, with_tills
from tideover.plan.records import Grant, Party, PlaybookText, Thing
from tideover.plan.store import Plan
from tideover.rules.calendar import trading_day
from tideover.settings import Settings
from tideover.world import World, to_ms

SALT_BYTES = 32


class Wording(Struct, frozen=True):
    """What is read aloud."""

    playbook: str
    language: str
    currency: str  # Of the sums.
    ready: Ready
    salt: str = ""


class Wordings:
    """The wordings that runs copied, by their SHA-256."""

    def __init__(self, plan: Plan, world: World, settings: Settings, selling: Callable[[], Sequence[str]]) -> None:
        """selling: the tills that can sell, by name: `Reading.selling_tills`."""
        self._plan, self._world, self._settings, self._selling = plan, world, settings, selling
        self._known: dict[str, Wording] = {}

    def now(self, key: str, language: str) -> Wording | None:
        """How that playbook counts today, in that language where it is written in it; None where there is none of that key.

        Raises Damaged.
        """
        plan, settings = self._plan, self._settings
        playbook = playbooks(texts(plan.all(PlaybookText)), language).get(key)
        if playbook is None:
            return None
        ready = resolve(
            playbook,
            with_lines(with_tills(plan.all(Thing), self._selling(), plan.law()), settings.lines),
            plan.people(),
            (*for_everyone(settings), *plan.all(Grant)),
            plan.all(Party),
            plan.services(),
            day=self._day(self._world.now()),
            tolerable_s=settings.tolerable_s,
        )
        return Wording(key, language, settings.currency, ready)

    def _day(self, at: datetime) -> str:
        return trading_day(at, self._settings.time_zone, self._settings.day_turns_at)

    def keep(self, wording: Wording) -> str:
        """Keep it; returns its SHA-256. The same wording has the same one in this shop. Raises DiskFailed."""
        salt, at_ms = self._world.secret_bytes(SALT_BYTES).hex(), to_ms(self._world.now())

        def work(connection: Any) -> tuple[str, Wording]:
            connection.execute("INSERT OR IGNORE INTO wording_salt VALUES (1, ?)", (salt,))
            (kept_salt,) = connection.execute("SELECT salt FROM wording_salt").fetchone()
            whole = msgspec.structs.replace(wording, salt=kept_salt)
            body = msgspec.json.encode(whole, order="deterministic").decode()
            content = hashlib.sha256(body.encode()).hexdigest()
            connection.execute("INSERT OR IGNORE INTO wording VALUES (?, ?, ?)", (content, body, at_ms))
            return content, whole

        content, whole = self._plan.database.write(work)
        self._known[content] = whole
        return content

    def find(self, content: str) -> Wording | None:
        """The wording of that SHA-256; None if this plan does not hold it: one of an older copy."""
        if content not in self._known:
            row = self._plan.database.one("SELECT body FROM wording WHERE content = ?", (content,))
            if row is None or hashlib.sha256(row[0].encode()).hexdigest() != content:
                return None
            self._known[content] = msgspec.json.decode(row[0], type=Wording)
        return self._known[content]


def ways_of(wording: Wording) -> tuple[int, ...]:
    """How many ways each step has, the two sentences to the customer first."""
    return (1, *(len(step.ways) for step in wording.ready.steps))
