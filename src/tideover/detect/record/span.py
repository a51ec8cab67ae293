"""A long row of looks in a few numbers: from when to when, how many were good and bad, how slow the worst was.

Calm days are one row; whatever comes and goes costs at most a row a minute, so a week has a known size however bad it was. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from tideover.detect.sight import Key
from tideover.model.outage import Observation, State
from tideover.world import from_ms

TWO_TURNS_MS = 120_000  # Two turns in so long are kept exactly; a third makes a span of good and bad looks alike.
DAY_MS = 86_400_000  # No span is longer: what is old can be cut off by its beginning.
RETOLD_STEP_MS = 60_000  # A span is told again as looks that stand no further apart than this.


class Span(Struct, frozen=True):
    """Looks at one thing that followed each other without a gap."""

    first_ms: int  # UTC.
    last_ms: int
    good: int
    bad: int
    last_ok: bool
    worst_ms: int | None  # None: nobody took the time.
    text: str  # What the last bad look saw; of good looks only, the last one.
    before_ms: int = 0  # When the span before it began, where that one ended in it; 0: it came after a gap, or is not known.


def extend(span: Span | None, look: Observation, at_ms: int, quiet_ms: int) -> tuple[Span, bool]:
    """The span with one more look in it, and whether that is a new span. `look.ok` is not None; quiet_ms: longer silence is a gap."""
    is_ok = look.ok is True
    good, bad = int(is_ok), int(not is_ok)
    if span is None or not 0 <= at_ms - span.last_ms <= quiet_ms:
        return Span(at_ms, at_ms, good, bad, is_ok, look.took_ms, look.text), True
    is_same = not (span.bad if is_ok else span.good)
    if at_ms - span.first_ms >= DAY_MS or (not is_same and at_ms - span.before_ms >= TWO_TURNS_MS):
        return Span(at_ms, at_ms, good, bad, is_ok, look.took_ms, look.text, span.first_ms), True
    worst = [ms for ms in (span.worst_ms, look.took_ms) if ms is not None]
    text = look.text if bad or not span.bad else span.text
    counts = (span.good + good, span.bad + bad, is_ok)
    return Span(span.first_ms, at_ms, *counts, max(worst, default=None), text, span.before_ms), False


def looks_of(key: Key, span: Span, from_at_ms: int) -> Iterator[Observation]:
    """The span as looks, none before `from_at_ms`: after a restart what was seen still counts."""
    begin = max(span.first_ms, from_at_ms)
    if span.good and span.bad:  # How they lay is not kept; the last one is.
        yield _look(key, not span.last_ok, begin, span.text)
    elif begin < span.last_ms:
        count = min(span.good + span.bad - 1, max(7, (span.last_ms - begin) // RETOLD_STEP_MS))
        for n in range(count):
            yield _look(key, span.last_ok, begin + (span.last_ms - begin) * n // count, span.text)
    yield _look(key, span.last_ok, span.last_ms, span.text)


def _look(key: Key, is_ok: bool, at_ms: int, text: str) -> Observation:
    service, kind, target, via = key
    return Observation(service, kind, target, is_ok, from_ms(at_ms), text, via=via)


class VerdictSpan(Struct, frozen=True):
    """A service in one state for one cause, without a gap."""

    service: str
    first_ms: int  # UTC.
    last_ms: int  # When it was last seen so.
    state: State
    cause: str
