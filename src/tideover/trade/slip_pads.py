"""The account of all pads: what is unexplained, which pad somebody has to look at, and which number comes next.

Derives everything from what the journal says; writes nothing and forgets nothing.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import Literal

from msgspec import Struct

from tideover.model.paper import PadOfDay
from tideover.plan.records import Pad
from tideover.trade.slip import PadState, Slip, SlipLog, in_use, keyed_but_blank, pad_of, pad_states, skipped
from tideover.trade.terms import Notice


class Unexplained(Struct, frozen=True):
    """A number that keeps a day and the outage open."""

    slip: str
    why: Literal["skipped", "sought", "blank"]  # blank: keyed, though the paper is blank.
    text: str  # One sentence a shopkeeper understands.
    pad: str
    from_day: str  # The earliest trading day that it can belong to; "" where nothing tells.
    owner: str = ""  # Who looks for it.


class Account(Struct, frozen=True):
    """Everything about the paper of the shop at one moment."""

    states: tuple[PadState, ...] = ()  # One for each pad, in their order.
    unexplained: tuple[Unexplained, ...] = ()
    to_count: tuple[str, ...] = ()  # Pads that somebody has to hold and read, by key.
    once: tuple[str, ...] = ()  # Slips that one person alone has keyed so far.
    unused: int = 0


def account(pads: Sequence[Pad], log: SlipLog) -> Account:
    """The account of these pads."""
    states = tuple(pad_states(pads, log))
    last_day = max((one.trading_day for one in log.used.values()), default="")
    return Account(
        states=states,
        unexplained=tuple(one for pad in pads for one in _unexplained(pad, log)),
        to_count=tuple(pad.key for pad, state in zip(pads, states, strict=True) if needs_count(pad, state, log, last_day)),
        once=tuple(str(slip) for slip, one in sorted(log.used.items()) if one.again is None),
        unused=sum(one.unused for one in states),
    )


def _unexplained(pad: Pad, log: SlipLog) -> list[Unexplained]:
    used = in_use(pad, log)
    unsaid = skipped(pad, log)
    above = [slip for slip, one in log.spoiled.items() if one.state == "sought" and slip not in log.used and slip not in unsaid]
    found = []
    for slip in (*unsaid, *sorted(slip for slip in above if pad_of(slip, [pad]))):
        said = log.spoiled.get(slip)
        owner = said.owner if said else ""
        text = f"{owner} is still looking for slip {slip}." if owner else f"Nobody has said what became of slip {slip}."
        found.append(Unexplained(str(slip), "sought" if said else "skipped", text, pad.key, _earliest(slip, used, pad, log), owner))
    for slip in keyed_but_blank(pad, log):
        text = f"Slip {slip} was keyed, but on the pad it is blank: another number was meant."
        found.append(Unexplained(str(slip), "blank", text, pad.key, log.used[slip].trading_day))
    return found


def _earliest(slip: Slip, used: Sequence[Slip], pad: Pad, log: SlipLog) -> str:
    """Pads are used front to back: a slip is no older than the used ones on either side of it."""
    at = bisect_left(used, slip)
    days = [log.used[one].trading_day for one in used[max(at - 1, 0) : at + 1]]
    return min(days, default=pad.issued_on or "")


def needs_count(pad: Pad, state: PadState, log: SlipLog, last_day: str) -> bool:
    """True while a lost last page of the pad could not be noticed: paper was written since somebody held it.

    last_day: the last trading day on which a slip of any pad was written; a pad of which nothing was keyed may be lost as a whole.
    """
    if not last_day or not state.unused or (pad.issued_on or "") > last_day:
        return False
    counted = log.counted.get(pad.key)
    if counted is None or counted.day < last_day:
        return True
    late = range(max(counted.next_unused, pad.first), pad.last + 1)
    return any((one := log.used.get(Slip(pad.series, number))) is not None and one.seq > counted.seq for number in late)


def next_free(pads: Sequence[Pad], log: SlipLog, after: Slip | None = None) -> Slip | None:
    """The number that is keyed next: the first of which nobody said anything, after `after` in its pad, else in the pad used last."""
    pad = pad_of(after, pads) if after else None
    if pad is not None and after is not None and (found := _free(pad, log, after.number + 1)):
        return found
    newest = max(log.used, key=lambda slip: log.used[slip].seq, default=None)
    last = pad_of(newest, pads) if newest else None
    for one in (*([last] if last else []), *pads):
        if found := _free(one, log, one.first):
            return found
    return None


def pads_of_day(pads: Iterable[Pad], log: SlipLog, day: str) -> tuple[PadOfDay, ...]:
    """Paper in, journal out: the pads of which slips were written that trading day."""
    found = []
    for pad in pads:
        used = [one for slip, one in log.used.items() if one.trading_day == day and pad_of(slip, [pad])]
        if used:
            written = [one.gross_minor if one.written_minor is None else one.written_minor for one in used]
            found.append(
                PadOfDay(
                    series=pad.series,
                    first=pad.first,
                    last=pad.last,
                    used=len(used),
                    sum_minor=sum(one.gross_minor for one in used),
                    written_minor=sum(written),
                    differing=sum(total != one.gross_minor for total, one in zip(written, used, strict=True)),
                    photos=sum(bool(one.photo) for one in used),
                )
            )
    return tuple(found)


def _free(pad: Pad, log: SlipLog, start: int) -> Slip | None:
    slips = (Slip(pad.series, number) for number in range(start, pad.last + 1))
    return next((slip for slip in slips if slip not in log.used and slip not in log.spoiled), None)


def out_of_order(slip: Slip, day: str, pads: Iterable[Pad], log: SlipLog) -> list[Notice]:
    """A day that does not fit those of the slips before and after it in the pad: a wrong day, or a wrong number."""
    pad = pad_of(slip, pads)
    if pad is None:
        return []
    used = in_use(pad, log)
    at = bisect_left(used, slip)
    before, after = used[at - 1 : at] if at else [], [one for one in used[at : at + 2] if one != slip][:1]
    for other, is_wrong in ((before, lambda its: its > day), (after, lambda its: its < day)):
        if other and is_wrong(its := log.used[other[0]].trading_day):
            return [Notice("slip-out-of-order", f"Slip {slip} is of {day}, but slip {other[0]} beside it is of {its}.", key=str(slip))]
    if pad.issued_on and day < pad.issued_on:
        text = f"Slip {slip} is of {day}, before its pad was handed out on {pad.issued_on}."
        return [Notice("slip-out-of-order", text, key=str(slip))]
    return []
