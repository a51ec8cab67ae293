"""Where the outage and the rungs stand, folded from the journal's `outage` and `rung` entries. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from tideover.journal.entry import Entry
from tideover.model.facts import OutageStep, RungChange
from tideover.model.outage import NO_OUTAGE, Outage
from tideover.world import from_ms

KINDS = ("outage", "rung")


class Standing(Struct, frozen=True):
    """What the journal says."""

    outage: Outage = NO_OUTAGE
    rung: int = 0  # For every till that has none of its own.
    of_till: Mapping[str, int] = {}  # Tills on another rung than the rest.
    chosen: bool = False  # A person moved it since the outage's last step; then it does not move back by itself.

    def rung_of(self, till: str) -> int:
        """The one rung on which that till records."""
        return self.of_till.get(till, self.rung)


def take(standing: Standing, entry: Entry) -> Standing:
    """The standing after one more entry; other kinds change nothing."""
    if isinstance(entry.body, OutageStep):
        return replace(standing, outage=_step(standing.outage, entry.body, entry.happened_at), chosen=False)
    if isinstance(entry.body, RungChange):
        return move(standing, entry.body, entry.operator)
    return standing


def move(standing: Standing, body: RungChange, by: str | None) -> Standing:
    """All tills move together, and nobody is left behind on a rung of their own; or one till moves."""
    if body.of_till is None:
        return replace(standing, rung=body.number, of_till={}, chosen=by is not None)
    others = {till: number for till, number in standing.of_till.items() if till != body.of_till}
    if body.number != standing.rung:
        others[body.of_till] = body.number
    return replace(standing, of_till=others, chosen=by is not None)


def _step(outage: Outage, body: OutageStep, at_ms: int) -> Outage:
    at = from_ms(at_ms)
    if body.outage != outage.id or body.phase == "suspected":
        outage = replace(NO_OUTAGE, id=body.outage, since=from_ms(body.since), follows=body.follows)
    outage = replace(outage, phase=body.phase, cause=body.cause, failing_since=None, cause_since=None, up_since=None)
    match body.phase:
        case "fallback":
            return replace(outage, opened_at=outage.opened_at or at, recovering_at=None)
        case "recovering":
            return replace(outage, recovering_at=at)
        case "cleared" | "closed":
            return replace(outage, closed_at=at)
    return outage


def fold(entries: Iterable[Entry], standing: Standing | None = None) -> Standing:
    """The standing after all those entries, in order."""
    standing = standing or Standing()
    for entry in entries:
        standing = take(standing, entry)
    return standing
