"""A week of one service as a strip: which stretch it worked, was down, was not known, and when nobody looked. Pure.

A gap is never painted as an outage, and a short outage never vanishes between two long good hours.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from tideover.detect.record.span import VerdictSpan

Shade = Literal["up", "degraded", "down", "unknown", "gap"]
RANKS: dict[Shade, int] = {"down": 4, "degraded": 3, "gap": 2, "unknown": 1, "up": 0}  # What a cell shows of several.
JOIN_MS = 60_000  # Two outages with less good time between them are one.
QUIET_MS = 120_000  # Silence up to this is no gap: the watch looked again in its own time.


class Piece(Struct, frozen=True):
    """One stretch in one shade."""

    first_ms: int  # UTC.
    last_ms: int
    shade: Shade
    cause: str = ""


class Sum(Struct, frozen=True):
    """A strip in numbers."""

    times: int  # How often it was down.
    down_ms: int
    longest: Piece | None
    degraded_ms: int
    unseen_ms: int  # Nobody looked, or nobody could tell.


def pieces(spans: Iterable[VerdictSpan], from_ms: int, to_ms: int, quiet_ms: int = QUIET_MS) -> list[Piece]:
    """The whole time from `from_ms` to `to_ms`, in order, without holes; the spans are of one service."""
    found: list[Piece] = []
    at = from_ms
    for one in sorted(spans, key=lambda span: span.first_ms):
        first, last = max(one.first_ms, at), min(one.last_ms, to_ms)
        if last <= at and one.first_ms < at:
            continue
        if first > at + quiet_ms or (first > at and not found):
            found.append(Piece(at, first, "gap"))
        elif first > at:
            found[-1] = replace(found[-1], last_ms=first)
        found.append(Piece(first, max(first, last), one.state, one.cause))
        at = max(first, last)
        if at >= to_ms:
            break
    if to_ms > at + quiet_ms or (to_ms > at and not found):
        found.append(Piece(at, to_ms, "gap"))
    elif to_ms > at:
        found[-1] = replace(found[-1], last_ms=to_ms)
    return [one for one in _joined(found) if one.last_ms > one.first_ms]


def _joined(found: Iterable[Piece]) -> list[Piece]:
    """Neighbours of one shade and cause are one piece."""
    joined: list[Piece] = []
    for one in found:
        if joined and (joined[-1].shade, joined[-1].cause) == (one.shade, one.cause):
            joined[-1] = replace(joined[-1], last_ms=one.last_ms)
        else:
            joined.append(one)
    return joined


def cells(strip: Sequence[Piece], count: int) -> list[Piece]:
    """The strip in at most `count` pieces of equal time, each with the worst that was in it; neighbours are joined."""
    if not strip:
        return []
    begin, end = strip[0].first_ms, strip[-1].last_ms
    found, n = [], 0
    for number in range(count):
        first, last = (begin + (end - begin) * edge // count for edge in (number, number + 1))
        while strip[n].last_ms <= first and n < len(strip) - 1:
            n += 1
        inside = [strip[n]]
        while inside[-1].last_ms < last and n + len(inside) < len(strip):
            inside.append(strip[n + len(inside)])
        worst = max(inside, key=lambda one: RANKS[one.shade])
        if worst.shade in ("gap", "unknown"):  # Small holes are no gap of a quarter of an hour.
            worst = max(inside, key=lambda one: min(one.last_ms, last) - max(one.first_ms, first))
        found.append(Piece(first, last, worst.shade))
    return _joined(found)


def absences(strip: Sequence[Piece]) -> list[Piece]:
    """Each time it was down or worked in part, in order: one that came back for less than a minute is one."""
    found: list[Piece] = []
    for one in strip:
        if one.shade not in ("down", "degraded"):
            continue
        if not found or one.first_ms - found[-1].last_ms >= JOIN_MS:
            found.append(one)
            continue
        worse = max(found[-1], one, key=lambda piece: RANKS[piece.shade])
        found[-1] = Piece(found[-1].first_ms, one.last_ms, worse.shade, worse.cause)
    return found


def summed(strip: Sequence[Piece]) -> Sum:
    """The strip in numbers."""
    down = [one for one in absences(strip) if one.shade == "down"]

    def long_ms(*shades: Shade) -> int:
        return sum(one.last_ms - one.first_ms for one in strip if one.shade in shades)

    longest = max(down, key=lambda one: one.last_ms - one.first_ms, default=None)
    return Sum(len(down), long_ms("down"), longest, long_ms("degraded"), long_ms("unknown", "gap"))
