"""Stretches of time as lists of pairs, in order and without overlaps: joined, met, taken out, added up. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

Interval = tuple[int, int]  # UTC ms, from and until.
BRIDGE_MS = 120_000  # Between two looks: a gap is only what is longer.


def union(intervals: Iterable[Interval]) -> list[Interval]:
    """What lies in any of them; those may come in any order and overlap."""
    joined: list[Interval] = []
    for first, last in sorted(one for one in intervals if one[0] < one[1]):
        if joined and first <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], last))
        else:
            joined.append((first, last))
    return joined


def both(some: Sequence[Interval], others: Sequence[Interval]) -> list[Interval]:
    """What lies in both; each is in order and without overlaps."""
    found, n = [], 0
    for first, last in some:
        while n < len(others) and others[n][1] <= first:
            n += 1
        k = n
        while k < len(others) and others[k][0] < last:
            found.append((max(first, others[k][0]), min(last, others[k][1])))
            k += 1
    return found


def minus(some: Sequence[Interval], others: Sequence[Interval]) -> list[Interval]:
    """What lies in the first and not in the second; each is in order and without overlaps."""
    if not some:
        return []
    begin, end = some[0][0], some[-1][1]
    ends = [begin, *(edge for one in others for edge in one), end]
    return both(some, [(first, last) for first, last in zip(ends[::2], ends[1::2], strict=True) if first < last])


def bridged(intervals: Sequence[Interval]) -> list[Interval]:
    """With the short gaps between them closed."""
    joined: list[Interval] = []
    for first, last in intervals:
        if joined and first - joined[-1][1] <= BRIDGE_MS:
            joined[-1] = (joined[-1][0], last)
        else:
            joined.append((first, last))
    return joined


def long(intervals: Iterable[Interval]) -> int:
    """All of it."""
    return sum(last - first for first, last in intervals)
