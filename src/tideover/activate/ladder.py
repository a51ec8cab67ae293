"""Which rung of the ladder works now, and why not the higher ones.

Keep the shop's own system alive first and fall only as far as needed. Law decides too: where an
uncertified till is not lawful, rung 4 is closed. Paper needs nothing but lawfulness. Pure; moves nothing.
docs/algorithms/ladder.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from tideover.model.outage import SLOW_CAUSES, Rung, State, Verdict

NAMES = ("cloud", "other-line", "other-device", "vendor-offline", "till", "slips")
HOUR_S = 3600
CLOUD, OTHER_LINE, OTHER_DEVICE, VENDOR_OFFLINE, TILL, SLIPS = range(6)
RECORDS = ("cloud", "cloud", "cloud", "vendor", "journal", "paper")  # Who records on each rung.
THEIR_SIDE = frozenset({"their-cloud", "their-login"})  # No line and no device of ours helps against these.


class Way(Struct, frozen=True):
    """Another line, another device or the vendor's own offline mode, as the shop has it."""

    name: str
    ready: bool
    proven_at: datetime | None = None  # When it last did real work; None: never proven.
    why: str = ""  # Why it is not ready, in a few words.
    lasts_s: int | None = None  # How long it works without the cloud; None: as far as is known without end.


class Facts(Struct, frozen=True):
    """What the ladder is decided on."""

    cloud: State = "unknown"
    cause: str = "not-known"
    device_ok: bool = True  # The device that runs the cloud's till works.
    other_line: Way | None = None
    other_device: Way | None = None
    vendor_offline: Way | None = None
    country: str = ""
    till_lawful: bool = True
    slips_lawful: bool = True
    away_s: float = 0.0  # How long the cloud has been away by now.
    box_writable: bool = True
    tills: int = 0  # Enrolled at this box and not revoked.
    slips_unused: int | None = None  # None: nobody counted.
    cloud_proven_at: datetime | None = None
    till_proven_at: datetime | None = None
    slips_proven_at: datetime | None = None


def with_verdicts(facts: Facts, verdicts: Iterable[Verdict]) -> Facts:
    """The facts with what `detect` concludes about the cloud now."""
    trade = trading_verdict(verdicts)
    return facts if trade is None else replace(facts, cloud=trade.state, cause=trade.cause)


def trading_verdict(verdicts: Iterable[Verdict]) -> Verdict | None:
    """The verdict that decides whether the shop's own cloud till works: the cloud's, or its log-in's if that is down."""
    by_name = {one.service: one for one in verdicts}
    cloud, login = by_name.get("cloud"), by_name.get("login")
    if cloud is not None and state_for_trading(cloud) == "up" and login is not None and login.state in ("down", "degraded"):
        return login
    return cloud


def state_for_trading(verdict: Verdict) -> State:
    """A cloud that is only slow is one to sell on."""
    return "up" if verdict.state == "degraded" and verdict.cause in SLOW_CAUSES else verdict.state


def ladder(facts: Facts) -> list[Rung]:
    """All six rungs, 0 first; raises nothing."""
    return [_cloud(facts), _other_line(facts), _other_device(facts), _vendor_offline(facts), _till(facts), _slips(facts)]


def best(rungs: Sequence[Rung]) -> Rung:
    """The highest rung that works; paper if none does."""
    return next((rung for rung in rungs if rung.works), rungs[SLIPS])


def why_not_higher(rungs: Sequence[Rung], number: int) -> list[str]:
    """One reason per rung above `number`; a rung that works is named as offered."""
    return [f"{one.number} {one.name}: {one.why if not one.works else 'works now'}" for one in rungs if one.number < number]


def _rung(number: int, why_not: str, proof: str, proven_at: datetime | None) -> Rung:
    works = not why_not
    return Rung(number, NAMES[number], works, why_not or proof or _proof(proven_at), proven_at)


def _proof(proven_at: datetime | None) -> str:
    return "never tried" if proven_at is None else f"last worked on {proven_at:%Y-%m-%d}"


def _cloud(facts: Facts) -> Rung:
    why_not = proof = ""
    if facts.cloud == "down":
        why_not = f"the cloud is not reached ({_because(facts)})"
    elif not facts.device_ok:
        why_not = "the device that runs it does not work"
    elif facts.cloud == "degraded":
        proof = f"works in part ({_because(facts)})"
    elif facts.cloud == "unknown":
        # Falling needs evidence: an unknown cloud is no reason to leave it, and no reason to come back to it.
        proof = "not known; stay until there is evidence"
    return _rung(CLOUD, why_not, proof, facts.cloud_proven_at)


def _other_line(facts: Facts) -> Rung:
    why_not = _missing(facts.other_line, "no second line")
    if not facts.device_ok:
        why_not = why_not or "the device that runs the cloud's till does not work"
    elif facts.cloud == "down" and facts.cause in THEIR_SIDE:
        why_not = f"another line does not help ({_because(facts)})"
    return _rung(OTHER_LINE, why_not, "", facts.other_line.proven_at if facts.other_line else None)


def _other_device(facts: Facts) -> Rung:
    why_not = _missing(facts.other_device, "no spare device")
    line_ready = facts.other_line is not None and facts.other_line.ready and facts.cause not in THEIR_SIDE
    if facts.cloud == "down" and not line_ready:
        why_not = why_not or f"another device does not help ({_because(facts)})"
    return _rung(OTHER_DEVICE, why_not, "", facts.other_device.proven_at if facts.other_device else None)


def _vendor_offline(facts: Facts) -> Rung:
    way = facts.vendor_offline
    why_not = _missing(way, "the vendor's till has no offline mode")
    if way is not None and way.lasts_s is not None and facts.away_s >= way.lasts_s:
        why_not = why_not or f"{way.name}: its time without the cloud is over ({way.lasts_s // HOUR_S} h)"
    return _rung(VENDOR_OFFLINE, why_not, "", way.proven_at if way else None)


def _because(facts: Facts) -> str:
    """The cause in words: our line, their cloud."""
    return facts.cause.replace("-", " ")


def _missing(way: Way | None, none: str) -> str:
    if way is None:
        return none
    return "" if way.ready else f"{way.name}: {way.why or 'not ready'}"


def _till(facts: Facts) -> Rung:
    why_not = ""
    if not facts.till_lawful:
        where = f" in {facts.country}" if facts.country else ""
        why_not = f"an uncertified till is not lawful{where}"
    elif not facts.box_writable:
        why_not = "the journal takes no entries"
    elif facts.tills < 1:
        why_not = "no till is enrolled"
    return _rung(TILL, why_not, "", facts.till_proven_at)


def _slips(facts: Facts) -> Rung:
    """The floor: a shop can always write by hand, where the law lets it."""
    if not facts.slips_lawful:
        where = f" in {facts.country}" if facts.country else ""
        return _rung(SLIPS, f"handwritten slips are not lawful{where}", "", facts.slips_proven_at)
    if facts.slips_unused is None:
        return Rung(SLIPS, NAMES[SLIPS], True, "paper; slips not counted", facts.slips_proven_at)
    if facts.slips_unused == 0:
        return Rung(SLIPS, NAMES[SLIPS], True, "no numbered slip is left: number blank paper by hand", facts.slips_proven_at)
    return Rung(SLIPS, NAMES[SLIPS], True, f"{facts.slips_unused} numbered slips left", facts.slips_proven_at)
