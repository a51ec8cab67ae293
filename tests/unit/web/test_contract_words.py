"""How a month of a contract is told: what cannot be known any more is left out, and never turns into a doubt."""

from __future__ import annotations

from tideover.learn.contract import Contract
from tideover.learn.vendor_record import Absence, VendorRecord, Watched
from tideover.web.contract_words import month_rows
from tideover.words import Say
from unit.learn.test_contract import DAY_MS, MINUTE, NOW, OCTOBER

SAID = "99.9\N{NO-BREAK SPACE}% was promised: "


def told(minutes, cause, days, language="en"):
    """October's line, with one outage of so many minutes; looks of so many days are kept."""
    begin = OCTOBER + 2 * DAY_MS
    end = begin + minutes * MINUTE
    lost = Absence("x", "internet", cause, begin, end, minutes * 60, 0, "", begin)
    spans = [Watched(OCTOBER, begin, True), Watched(begin, end, False), Watched(end, NOW, True)]
    looks = [Watched(max(one.first_ms, NOW - days * DAY_MS), one.last_ms, one.works) for one in spans if one.last_ms > NOW - days * DAY_MS]
    record = VendorRecord("elisa", "Elisa", ("internet",), (lost,), ())
    rows = month_rows(record, {"internet": Contract(works_ppm=999_000)}, {"internet": looks}, "UTC", days, NOW, Say(language))
    return [(one.works, one.says) for one in rows if "10/2026" in one.title]


def test_a_month_that_was_kept_never_turns_into_a_doubt():
    """While its looks are all there it is kept; once the first of them are gone it leaves the page."""
    assert [SAID + "kept."] == [says for _, says in told(10, "our-line", 60)]
    for days in (50, 48, 20):
        assert [] == told(10, "our-line", days)


def test_a_month_that_was_broken_stays_so_without_a_share():
    """The outages are in the journal for ever; the share would be one of a few days."""
    assert [("", f"{SAID}not kept, 2 h 0 min down.")] == told(120, "our-line", 20)
    assert ["99.7311 %"] == [works.replace("\N{NO-BREAK SPACE}", " ") for works, _ in told(120, "our-line", 60)]


def test_an_outage_of_nobody_in_particular_is_not_told_as_not_looked_at():
    """It was seen; only whose fault it was is not known."""
    doubt = "not known; of 2 h 0 min nobody can tell whose fault it was, or nobody looked."
    assert [SAID + doubt] == [says for _, says in told(120, "line-cable", 60)]
    assert "ajalta ei tiedetä, kenen vika oli, tai kukaan ei katsonut" in told(120, "line-cable", 60, "fi")[0][1]
