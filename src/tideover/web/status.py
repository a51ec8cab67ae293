"""How the shop stands, in one record: what broke, which rung works, what waits, how old each copy is, which sum.

Reads only; every part that cannot be told is null, never invented.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, TypeVar

from litestar import Request, get
from litestar.datastructures import State
from msgspec import Struct

from tideover.detect.cause import explain
from tideover.detect.ways import Ways
from tideover.errors import Damaged, TideoverError
from tideover.journal.entry import Kept
from tideover.model.money import Minor
from tideover.model.outage import NO_OUTAGE, Outage, Verdict
from tideover.model.sale import Document
from tideover.rules.calendar import trading_day
from tideover.rules.pricing import gross_sum
from tideover.web import access
from tideover.web.house import House
from tideover.web.language import retold, say_to
from tideover.world import to_ms

TAKING = ("sale", "refund", "void")

T = TypeVar("T")


class RungOne(Struct, frozen=True):
    """A step of the ladder."""

    number: int
    name: str
    works: bool
    why: str  # Why not; or the last proof.
    proven_at: int | None  # UTC ms.


class RungNow(Struct, frozen=True):
    """The rung in use."""

    number: int
    name: str
    why_not_higher: tuple[str, ...]
    offered: str | None = None  # A higher rung that works now but is not used.
    ladder: tuple[RungOne, ...] = ()


class VerdictNow(Struct, frozen=True):
    service: str
    state: str  # up, degraded, down, unknown.
    cause: str
    since: int | None  # UTC ms.
    evidence: tuple[str, ...]
    meaning: str  # What it means at the counter.
    next_step: str


class OutageNow(Struct, frozen=True):
    id: str
    phase: str
    cause: str
    since: int | None  # First evidence, UTC ms.
    opened_at: int | None  # Fallback opened, UTC ms.
    recovering_at: int | None
    follows: str | None


class RecoverNow(Struct, frozen=True):
    """The way of our sales into the cloud, in counts."""

    waiting: int
    sending: int
    booked: int
    parked: int
    void: int
    settled: int  # Dealt with outside the cloud.
    oldest_waiting_at: int | None  # UTC ms.
    next_due_at: int | None  # UTC ms.
    paused: str  # Why nothing is sent at all; "" if all is well.


class InFlightNow(Struct, frozen=True):
    open: int


class CopyNow(Struct, frozen=True):
    dataset: str
    as_of: int | None  # UTC ms.
    age_s: float | None
    count: int
    cursor: str | None
    hash: str
    error: str | None


class JournalNow(Struct, frozen=True):
    head: str
    writable: bool
    code: str = ""  # Of the damage, if there is one.
    message: str = ""
    hint: str = ""


class MoneyNow(Struct, frozen=True):
    """Sums for people of the shop; minor units."""

    currency: str
    fallback_minor: Minor  # Taken by our tills and slips on this trading day, refunds off.
    waiting_minor: Minor
    parked_minor: Minor


class TillNow(Struct, frozen=True):
    till: str
    name: str
    revoked: bool
    last_seq: int | None


class PowerNow(Struct, frozen=True):
    """Where the box's own power comes from."""

    state: str  # mains, battery, low, stopping, unknown.
    text: str
    left_s: int | None  # What the battery still gives; null: it does not say.
    stopping_at: int | None  # When the box stops in good order, UTC ms.


class Status(Struct, frozen=True):
    """GET /v1/status."""

    now: int  # UTC ms.
    shop: str
    trading_day: str
    phase: str
    outage: OutageNow | None
    rung: RungNow
    verdicts: tuple[VerdictNow, ...]
    recover: RecoverNow | None  # This and the next null, and no sums, where the journal is too damaged to tell.
    in_flight: InFlightNow | None
    copies: tuple[CopyNow, ...]
    journal: JournalNow
    findings_open: int | None
    money: MoneyNow | None  # Null for a stranger.
    tills: tuple[TillNow, ...]
    power: PowerNow | None = None  # Null where no battery is looked at.


class Takings:
    """What our own tills and slips took on the running trading day, added up as the entries come."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._day, self._seq, self._sum_minor = "", 0, 0
        self._of: dict[str, int] = {}

    def minor(self, day: str) -> int:
        """Sales less refunds of that day, voided ones left out."""
        journal = self._house.journal
        if day != self._day:
            self._day, self._sum_minor, self._of = day, 0, {}
            self._seq = journal.head().seq
            self._add(journal.day(day, TAKING))
            return self._sum_minor
        while fresh := journal.read(after=self._seq, kinds=TAKING, limit=1000):
            self._add(one for one in fresh if one.entry.trading_day == day or one.entry.kind == "void")
            self._seq = fresh[-1].seq
        return self._sum_minor

    def _add(self, kept: Iterable[Kept]) -> None:
        for one in kept:
            if isinstance(one.entry.body, Document):
                self._of[one.entry.id] = gross_sum(one.entry.body)
                self._sum_minor += self._of[one.entry.id]
            else:
                self._sum_minor -= self._of.pop(one.entry.refers_to or "", 0)


def to_ms_or_none(at: datetime | None) -> int | None:
    return None if at is None else to_ms(at)


def outage_now(outage: Outage) -> OutageNow | None:
    if outage == NO_OUTAGE or outage.phase == "none":
        return None
    times = (to_ms_or_none(outage.since), to_ms_or_none(outage.opened_at), to_ms_or_none(outage.recovering_at))
    return OutageNow(outage.id, outage.phase, outage.cause, *times, outage.follows)


def rung_now(house: House) -> RungNow:
    """The rung in use, and why none above it does."""
    found = house.fallback.status()
    ladder = tuple(RungOne(one.number, one.name, one.works, one.why, to_ms_or_none(one.proven_at)) for one in found.rungs)
    offered = found.offered.name if found.offered else None
    return RungNow(found.rung.number, found.rung.name, found.why_not_higher, offered, ladder)


def verdicts_now(house: House) -> tuple[VerdictNow, ...]:
    """Every verdict with what it means; what is to be done depends on the others, and on the lines there are."""
    found, ways = house.watch.verdicts(), house.watch.ways()
    return tuple(_verdict(one, found, ways) for one in found)


def _verdict(one: Verdict, found: Iterable[Verdict], ways: Ways) -> VerdictNow:
    cause = explain(one, found, ways)
    return VerdictNow(one.service, one.state, one.cause, to_ms_or_none(one.since), one.evidence, cause.meaning, cause.next_step)


def _recover(counts: Any) -> RecoverNow:
    times = (to_ms_or_none(counts.oldest_waiting_at), to_ms_or_none(counts.next_due_at))
    numbers = (counts.waiting, counts.sending, counts.booked, counts.parked, counts.void, counts.settled)
    return RecoverNow(*numbers, *times, counts.paused)


def power_now(house: House) -> PowerNow | None:
    """Null where no battery was ever looked at."""
    power = house.power.power
    return None if power.seen_at is None else PowerNow(power.state, power.text, power.left_s, to_ms_or_none(power.stopping_at))


def _till(one: dict[str, Any]) -> TillNow:
    return TillNow(one["till"], one["name"], one["revoked"], one["last_seq"])


def _journal(house: House) -> JournalNow:
    journal = house.journal
    broken: TideoverError | None = journal.broken or journal.database.failure
    if broken is None:
        return JournalNow(str(journal.head()), journal.is_writable)
    return JournalNow(str(journal.head()), journal.is_writable, broken.code, broken.message, broken.hint)


def as_far_as_read(house: House, read: Callable[[], T]) -> T | None:
    """What the journal's file says, or None where it is damaged; then nothing more is written to it."""
    try:
        return read()
    except Damaged as error:
        house.journal.distrust(error)
        return None


async def status_of(house: House, takings: Takings, with_sums: bool) -> Status:
    """The whole record, now."""
    with contextlib.suppress(TideoverError):  # A disk that takes no writes: then what was known before is shown.
        await house.outbox.take_up(slices=1)
    now = house.world.now()
    settings = house.settings
    day = trading_day(now, settings.time_zone, settings.day_turns_at)
    outage: Outage = house.fallback.outage
    counts = as_far_as_read(house, house.outbox.counts)
    in_flight = as_far_as_read(house, house.in_flight.open)
    findings = as_far_as_read(house, house.close.findings)
    taken_minor = as_far_as_read(house, lambda: takings.minor(day)) if with_sums else None
    money = None
    if counts is not None and taken_minor is not None:
        money = MoneyNow(settings.currency, taken_minor, counts.waiting_minor, counts.parked_minor)
    return Status(
        now=to_ms(now),
        shop=settings.shop_name,
        trading_day=day,
        phase=outage.phase,
        outage=outage_now(outage),
        rung=rung_now(house),
        verdicts=verdicts_now(house),
        recover=None if counts is None else _recover(counts),
        in_flight=None if in_flight is None else InFlightNow(len(in_flight)),
        copies=tuple(copies_now(house)),
        journal=_journal(house),
        findings_open=None if findings is None else len(findings),
        money=money,
        tills=tuple(_till(one) for one in house.journal.tills() if not one["is_box"]),
        power=power_now(house),
    )


def copies_now(house: House) -> Iterable[CopyNow]:
    """Each copy with its age."""
    for state in house.copies.states():
        yield CopyNow(state.dataset, to_ms_or_none(state.as_of), state.age_s, state.count, state.cursor, state.hash, state.error)


@get("/status", guards=[access.anyone], summary="How the shop stands")
async def status(request: Request[Any, Any, Any], state: State) -> Status:
    return retold(await status_of(state.house, state.takings, access.of(request).sees_sums), say_to(request))


ROUTES = (status,)
