"""A strip covers its whole time: what nobody saw is a gap, and the shortest outage is still seen."""

from tideover.detect.record.span import VerdictSpan
from tideover.detect.record.strip import absences, cells, pieces, summed

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR


def span(first, last, state="up", cause="none"):
    return VerdictSpan("internet", first, last, state, cause)


def shades(strip, unit=MINUTE):
    return [(one.first_ms // unit, one.last_ms // unit, one.shade) for one in strip]


def test_what_no_span_covers_is_a_gap():
    """Before the first, between two, and after the last."""
    strip = pieces([span(HOUR, 2 * HOUR), span(5 * HOUR, 6 * HOUR)], 0, 10 * HOUR)
    assert [(0, 1, "gap"), (1, 2, "up"), (2, 5, "gap"), (5, 6, "up"), (6, 10, "gap")] == shades(strip, HOUR)


def test_the_watchs_own_pauses_are_no_gap():
    """Between two looks lie seconds; the strip goes on."""
    strip = pieces([span(0, HOUR - 5_000), span(HOUR, HOUR + MINUTE, "down", "our-line"), span(HOUR + MINUTE, 2 * HOUR)], 0, 2 * HOUR)
    assert [(0, 60, "up"), (60, 61, "down"), (61, 120, "up")] == shades(strip)


def test_nothing_seen_is_one_gap():
    """A box that was set up a minute ago."""
    assert [(0, 7, "gap")] == shades(pieces([], 0, 7 * DAY), DAY)


def test_a_clock_that_was_set_back_overlaps_nothing():
    """Spans that lie over each other are cut where the first one ends."""
    strip = pieces([span(0, 3 * HOUR), span(HOUR, 2 * HOUR, "down", "x"), span(2 * HOUR, 4 * HOUR)], 0, 4 * HOUR)
    assert [(0, 4, "up")] == shades(strip, HOUR)


def test_one_minute_of_a_week_is_seen():
    """Among 672 cells the one with the outage shows it."""
    strip = pieces([span(0, DAY), span(DAY, DAY + MINUTE, "down", "our-line"), span(DAY + MINUTE, 7 * DAY)], 0, 7 * DAY)
    assert [(0, 1440, "up"), (1440, 1455, "down"), (1455, 10080, "up")] == shades(cells(strip, 672))


def test_a_short_gap_is_no_cell():
    """Five minutes of a restart do not paint a quarter of an hour."""
    strip = pieces([span(0, HOUR), span(HOUR + 5 * MINUTE, DAY)], 0, DAY)
    assert [(0, 1440, "up")] == shades(cells(strip, 96))


def test_a_strip_is_bounded():
    """However often it turned, there are no more pieces than cells."""
    spans = [span(n * MINUTE, (n + 1) * MINUTE, "down" if n % 2 else "up", "x" if n % 2 else "none") for n in range(10_080)]
    assert len(cells(pieces(spans, 0, 7 * DAY), 672)) <= 672


def test_outages_are_counted_and_summed():
    """Twice down; what came back for half a minute is one outage, and its longest is named."""
    spans = [
        span(0, HOUR),
        span(HOUR, HOUR + 10 * MINUTE, "down", "our-line"),
        span(HOUR + 10 * MINUTE, HOUR + 10 * MINUTE + 30_000),
        span(HOUR + 10 * MINUTE + 30_000, HOUR + 20 * MINUTE, "down", "our-line"),
        span(HOUR + 20 * MINUTE, 5 * HOUR),
        span(5 * HOUR, 5 * HOUR + 3 * MINUTE, "down", "our-line"),
        span(5 * HOUR + 3 * MINUTE, 6 * HOUR),
        span(7 * HOUR, 8 * HOUR, "degraded", "flapping"),
    ]
    strip = pieces(spans, 0, 8 * HOUR)
    found = summed(strip)
    assert (2, 22 * MINUTE + 30_000, HOUR, HOUR) == (found.times, found.down_ms, found.degraded_ms, found.unseen_ms)
    assert (HOUR, HOUR + 20 * MINUTE) == (found.longest.first_ms, found.longest.last_ms)
    assert ["down", "down", "degraded"] == [one.shade for one in absences(strip)]
