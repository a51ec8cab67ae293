"""What a seed decides: the shop, and everything that happens to it, as a list from which single things can be taken away.

A script is plain data: printed, it can be pasted into kept.py and is played again.
"""

from __future__ import annotations

import random
from typing import Literal

from msgspec import Struct

from sim.line import CALM, Mischief

FRIDAY = "2026-11-20T11:00"  # 13:00 in Helsinki.
NIGHTS = (  # Just before the clocks change (01:00 UTC) or the trading day turns (02:00 in winter, 01:00 in summer).
    "2026-10-25T00:50",
    "2026-10-25T01:50",
    "2026-11-21T01:50",
    "2027-03-28T00:50",
)

What = Literal[
    "cut",  # The line is down for `span_s`.
    "kill",  # The box's process is killed and started again after `span_s`.
    "power",  # The box's PC loses power: what was not synced is there or not, torn or whole.
    "torn",  # It is killed and files that may be half written are: logs, witnesses, copies.
    "full",  # Its disk is full for `span_s`; then it is started again.
    "step",  # The clock of till `who` (-1: the box) is set by `size` seconds.
    "drift",  # It gains `size` seconds a second from now on.
    "restore",  # A copy of the data directory, `size` seconds old, runs in the place of the right one for `span_s`.
    "replace",  # The PC is replaced by an empty one after `span_s`; the old disk is read out at the end.
    "clone",  # A second device gets a copy of till `who`'s storage.
    "revoke",  # Till `who` may not sign any more; after `span_s` it is enrolled again.
    "hand",  # A person keys a fallback sale into the cloud by hand as well.
    "close",  # A person counts the drawer and closes the day, whatever is open.
    "all_clear",  # A person says that it works again as soon as the line is up.
    "forget",  # A customer asks to be forgotten.
]


class Event(Struct, frozen=True, omit_defaults=True):
    """One thing that happens, seconds after the start."""

    what: What
    at_s: float
    span_s: float = 0.0
    who: int = -1  # Number of the till, from 0; -1: the box.
    size: float = 0.0


class Lan(Struct, frozen=True, omit_defaults=True):
    """Chances per call between a till and the box, 0 to 1."""

    lost: float = 0.0
    late: float = 0.0
    twice: float = 0.0


class Script(Struct, frozen=True, omit_defaults=True):
    """One shop and its bad luck; the defaults are a calm one."""

    seed: int
    events: tuple[Event, ...] = ()
    starts: str = FRIDAY  # UTC.
    tills: int = 2
    trading_s: float = 1500.0
    sale_every_s: float = 120.0
    watch_s: float = 10.0
    tolerable_s: int = 300
    clean_s: int = 60
    confirms: bool = True
    mischief: Mischief = CALM  # Of the line, from the first cut on.
    lan: Lan = Lan()
    refuse_share: float = 0.0  # Of entries that the cloud takes only after a person has dealt with them.
    paper_share: float = 0.0  # Of sales while the box is away: written on slips, keyed later.
    wrong_s: tuple[float, ...] = ()  # By how much each till's clock is wrong; the last one is the box's.
    second_witness: bool = False  # Heads are kept in a second folder, too.
    night_s: float = 0.0  # The shop is watched for so much longer when all is done.

    def all_of(self, *what: str) -> list[Event]:
        return [one for one in self.events if one.what in what]

    def clock_of(self, machine: int) -> float:
        """How wrong the clock of a till, or the box's (-1), is at the start."""
        return self.wrong_s[machine] if self.wrong_s else 0.0


def script_of(seed: int) -> Script:
    """What happens in the shop of this seed."""
    chance = random.Random(f"script {seed}")
    tills = chance.choice((1, 2, 2, 3, 4))
    starts = FRIDAY if chance.random() < 0.9 else chance.choice(NIGHTS)
    is_long = chance.random() < 0.02
    trading_s = 5400.0 if is_long else chance.choice((500.0, 700.0, 1200.0))
    share = chance.choice((0.0, 0.05, 0.2))
    lan_share = chance.choice((0.0, 0.0, 0.1, 0.3))
    return Script(
        seed=seed,
        events=tuple(sorted(_events(chance, trading_s, tills), key=lambda one: one.at_s)),
        starts=starts,
        tills=tills,
        trading_s=trading_s,
        sale_every_s=chance.choice((60.0, 120.0, 300.0)) * (4 if trading_s > 2000 else 1),
        watch_s=chance.choice((10.0, 30.0, 60.0)),
        tolerable_s=chance.choice((120, 300, 1800)),
        clean_s=chance.choice((30, 60, 60, 300)),
        confirms=chance.random() < 0.6,
        mischief=Mischief(*(round(share * chance.random(), 3) for _ in range(6))),
        lan=Lan(*(round(lan_share * chance.random(), 3) for _ in range(3))),
        refuse_share=chance.choice((0.0, 0.0, 0.1)),
        paper_share=chance.choice((0.0, 0.5)),
        wrong_s=tuple(_wrong(chance) for _ in range(tills + 1)),
        second_witness=chance.random() < 0.5,
        night_s=14 * 3600.0 if is_long else 0.0,
    )


def _wrong(chance: random.Random) -> float:
    return chance.choice((0.0, 0.0, round(chance.uniform(-5, 5), 1), chance.choice((-86_400.0, 86_400.0, 3_600.0))))


SHARES: dict[What, float] = {  # How many of the shops this happens to.
    "power": 0.2,
    "torn": 0.06,
    "full": 0.06,
    "step": 0.15,
    "drift": 0.1,
    "restore": 0.07,
    "replace": 0.06,
    "clone": 0.08,
    "revoke": 0.08,
    "hand": 0.15,
    "close": 0.1,
    "all_clear": 0.15,
    "forget": 0.05,
}


def _events(chance: random.Random, trading_s: float, tills: int) -> list[Event]:
    def at(low: float, high: float) -> float:
        return round(chance.uniform(low, high) * trading_s, 1)

    def event(what: What, at_s: float, span_s: float = 0.0, **more: float) -> Event:
        return Event(what, at_s, round(span_s, 1), **more)  # type: ignore[arg-type]

    found = [event("cut", at(0.1, 0.7), chance.expovariate(3 / trading_s)) for _ in range(chance.randint(1, 3))]
    found += [event("kill", at(0.1, 1.2), chance.uniform(1, 200)) for _ in range(chance.choice((0, 0, 1, 2)))]
    struck = [what for what, share in SHARES.items() if chance.random() < share]
    for what in struck:
        match what:
            case "power" | "torn" | "full" | "replace":
                found.append(event(what, at(0.1, 1.1), chance.uniform(1, 200)))
            case "step":
                size = chance.choice((-7200.0, -300.0, -30.0, 30.0, 300.0, 86_400.0))
                found.append(event(what, at(0.1, 1.0), who=chance.randint(-1, tills - 1), size=size))
            case "drift":
                found.append(event(what, at(0.0, 0.8), who=chance.randint(-1, tills - 1), size=chance.choice((-0.01, 0.002, 0.05))))
            case "restore":
                age_s = round(chance.uniform(0.15, 0.5) * trading_s, 1)
                found.append(event(what, round(max(at(0.4, 1.0), age_s + 70), 1), chance.uniform(150, 400), size=age_s))
            case "clone":
                found.append(event(what, at(0.2, 0.7), who=chance.randrange(tills)))
            case "revoke":
                found.append(event(what, at(0.2, 0.9), chance.uniform(30, 400), who=chance.randrange(tills)))
            case _:
                found.append(event(what, at(0.3, 0.9)))
    return found
