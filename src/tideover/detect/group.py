"""Several looks that say one thing together, and the verdicts that need no more than that. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from tideover.detect.sight import Sight, SightState
from tideover.detect.ways import Ways
from tideover.model.outage import Kind, State, Verdict

QUORUM = 2  # Targets of different operators that must be silent before our line is blamed.
EVIDENCE_MAX = 8  # Sentences per verdict.
STATES: dict[SightState, State] = {"up": "up", "down": "down", "holding": "degraded", "unknown": "unknown"}
WORKED_AFTER_S = 3.0  # An answer so long after a fall was no look that was still on its way when it fell.


class Group(Struct, frozen=True):
    """Several sights that speak of one thing."""

    state: SightState = "unknown"
    since: datetime | None = None  # First look of what lasts now.
    sights: tuple[Sight, ...] = ()

    @property
    def doubted_at(self) -> datetime | None:
        """Since when one of them fails; None while none does."""
        return min((one.turned_at for one in self.sights if one.failing and one.turned_at is not None), default=None)

    @property
    def last_good_at(self) -> datetime | None:
        """When one of them answered last; None while none does."""
        return max((one.last_at for one in self.sights if one.good), default=None)


class Seen(Struct, frozen=True):
    """Everything a verdict is told from."""

    fresh: tuple[Sight, ...]
    ways: Ways
    watch_s: float

    @property
    def newest_at(self) -> datetime | None:
        """When the last look of all was made."""
        return max((one.last_at for one in self.fresh if one.last_at is not None), default=None)

    def of(self, kind: Kind, via: str | None = None, service: str | None = None) -> tuple[Sight, ...]:
        """The sights of that kind; via: over that line ("": bound to none); None: whichever."""
        return tuple(one for one in self.fresh if one.kind == kind and via in (None, one.via) and service in (None, one.service))

    def in_use(self, kind: Kind, service: str | None = None) -> tuple[Sight, ...]:
        """Those that go the way which the shop goes: bound to no line, or to the one in use."""
        return going(self.of(kind, None, service), self.ways.in_use)


def going(sights: Sequence[Sight], in_use: str) -> tuple[Sight, ...]:
    """Of these, what tells of the line in use: what is bound to it where there is such a look, for that one is made anew on doubt.

    What is bound to no line counts there if it answers long after the others fell silent.
    """
    bound = [one for one in sights if in_use and one.via == in_use and one.state != "unknown"]
    if not bound:
        return tuple(one for one in sights if one.via in ("", in_use))
    fell = max((one.turned_at for one in bound if one.failing and one.turned_at is not None), default=None)
    loose = [one for one in sights if not one.via and one.answers and one.last_at is not None]
    return (*bound, *(one for one in loose if fell is None or one.last_at > fell + timedelta(seconds=WORKED_AFTER_S)))


def gather(sights: Sequence[Sight], is_patient: bool = False) -> Group:
    """Up if one surely answers; down if all are silent; holding if some answer but none is trusted.

    is_patient: what answered stays up until it is down; a lost look in between says nothing.
    """
    mine = tuple(sights)
    sure = [one.since for one in mine if one.answers or (is_patient and one.state == "up")]
    if sure:
        return Group("up", min(sure), mine)
    if mine and all(one.state == "down" for one in mine):
        return Group("down", min(one.since for one in mine), mine)
    if any(one.state == "holding" for one in mine):
        return Group("holding", min(one.since for one in mine if one.since), mine)
    return Group("unknown", None, mine)


def plain(service: str, group: Group, cause: str) -> Verdict:
    """What the group says, with that cause if it is down."""
    state = STATES[group.state]
    why = {"up": "none", "down": cause, "degraded": "flapping", "unknown": "not-known"}[state]
    return Verdict(service, state, why, say(group.sights), group.since, kinds_of(group.sights))


def unknown(service: str, *evidence: str) -> Verdict:
    """Nothing can be said, and why not."""
    return Verdict(service, "unknown", "not-known", evidence[:EVIDENCE_MAX], None)


def hangs_on(service: str, parent: Verdict, why: str) -> Verdict:
    """What stands behind something broken is not judged, and is no alarm of its own. why: "hangs on …"."""
    return unknown(service, why, *parent.evidence)


def kinds_of(sights: Iterable[Sight]) -> tuple[Kind, ...]:
    """The kinds of evidence among them."""
    return tuple(dict.fromkeys(one.kind for one in sights))


def say(sights: Iterable[Sight]) -> tuple[str, ...]:
    """What was seen, one short sentence per thing; never a secret."""
    return tuple(
        f"{_name(one)}: {one.text or ('no answer' if one.failing else 'answers')}" + (f" ({one.bad} times in a row)" if one.bad > 1 else "")
        for one in sights
    )[:EVIDENCE_MAX]


def _name(sight: Sight) -> str:
    return f"{sight.target} over {sight.via}" if sight.via else sight.target


def fell_with(verdict: Verdict, parent: Verdict, grace_s: float) -> bool:
    """It fell when its parent did, or later: then the parent is to blame."""
    if verdict.since is None or parent.since is None:
        return True
    return verdict.since >= parent.since - timedelta(seconds=grace_s)
