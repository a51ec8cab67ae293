"""Observations, verdicts, rungs and the outage: what was seen, what it means, what is done."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from msgspec import Struct

State = Literal["up", "degraded", "down", "unknown"]
Phase = Literal["none", "suspected", "cleared", "fallback", "recovering", "closed"]
Kind = Literal[
    *("carrier", "link", "anchor", "dns", "content", "cloud", "call", "login", "card", "sip", "ups", "till", "person", "self", "device"),
]


# Causes of a service that serves, only badly: it is named and lived with, and no shop leaves its own till because of it.
SLOW_CAUSES = frozenset({"their-slow", "line-slow", "throttled", "lossy", "used-up"})
NAMELESS_CAUSES = frozenset({"dns-provider", "dns-all", "dns-lies", "dns-captive"})  # Against these only a line that tells names helps.


class Observation(Struct, frozen=True):
    """One look at one thing; a missing look is a gap, never an outage."""

    service: str  # Stable key: internet, dns, cloud, login, network, box …
    kind: Kind  # Independent kinds of evidence are counted: link, anchor, cloud, call, person …
    target: str  # What was looked at: an operator's name, never a secret.
    ok: bool | None  # None: could not look.
    at: datetime  # UTC.
    text: str = ""  # What was seen, short: "no answer in 2 s", "503".
    took_ms: int | None = None
    via: str = ""  # Name of the line (model/line.py) that the look was bound to; "": whatever way the machine takes.


class Verdict(Struct, frozen=True):
    """What `detect` concludes about a service; sentences follow the reader's language at the edge."""

    service: str
    state: State
    cause: str  # Stable key: our-line, their-cloud, their-login, box-link, none, not-known.
    evidence: tuple[str, ...]
    since: datetime | None
    kinds: tuple[Kind, ...] = ()  # Independent kinds of evidence that agree.


class Rung(Struct, frozen=True):
    """A step of the ladder and why it does, or does not, work now."""

    number: int  # 0 … 5.
    name: str  # cloud, other-line, other-device, vendor-offline, till, slips.
    works: bool
    why: str  # Why not; or the last proof.
    proven_at: datetime | None = None


class Outage(Struct, frozen=True):
    """Where an outage stands; folded from the journal's `outage` entries."""

    id: str  # "" when there is none.
    phase: Phase
    cause: str
    since: datetime | None  # First evidence.
    opened_at: datetime | None = None  # Fallback opened.
    recovering_at: datetime | None = None
    closed_at: datetime | None = None
    up_since: datetime | None = None  # Clean time counts from here.
    follows: str | None = None  # The earlier outage this one names.
    rung: int = 0
    failing_since: datetime | None = None  # First evidence of the failure that lasts now; None while up for long enough.
    cause_since: datetime | None = None  # Down with this one cause, without a break, since then.


NO_OUTAGE = Outage(id="", phase="none", cause="", since=None)
