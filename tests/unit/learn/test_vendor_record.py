"""The fold of a vendor's record: whose outage, whose promise, and what counts as seen."""

from __future__ import annotations

import pytest

from tideover.journal.entry import Entry, Kept
from tideover.learn.vendor_record import DAY_MS, Absence, Watched, absences, records, share, suppliers
from tideover.model.facts import LogNote
from tideover.model.line import line_of
from tideover.model.run import WordExpected
from tideover.model.switching import ServiceAway, ServiceBack
from tideover.plan.records import Party, Service

MINUTE = 60_000
NOW = 100 * DAY_MS
OWNERS = {"cloud": ("kassapilvi", "Kassapilvi Oy"), "internet": ("elisa", "Elisa")}


class Book:
    """A journal of what was said, minute by minute."""

    def __init__(self):
        self.kepts = []

    def write(self, minute, kind, body, refers_to=None, by=None):
        number = len(self.kepts) + 1
        id = f"00000000-0000-7000-8000-{number:012d}"
        at = NOW - DAY_MS + minute * MINUTE
        entry = Entry(id, kind, 1, "box", number, at, "2026-11-20", by, refers_to, body)
        self.kepts.append(Kept(number, entry, at, b"", b"", b"", b""))
        return id

    def away(self, minute, service="cloud", by=""):
        return self.write(minute, "service_away", ServiceAway(service, "their-cloud", NOW - DAY_MS + minute * MINUTE, by))

    def back(self, minute, away, lasted, service="cloud"):
        self.write(minute, "service_back", ServiceBack(service, NOW - DAY_MS + minute * MINUTE, lasted * 60), away)

    def word(self, minute, due, whom="Kassapilvi"):
        self.write(minute, "word_expected", WordExpected(NOW - DAY_MS + due * MINUTE if due else 0, whom))

    def promises(self, now=NOW):
        return [(one.service, [word.outcome for word in one.promises]) for one in absences(self.kepts, OWNERS, now)]


@pytest.mark.parametrize(
    ("came", "back", "outcome"),
    [(30, 90, "kept"), (64, 90, "kept"), (75, 90, "late"), (None, 90, "never"), (None, 58, "back"), (80, 58, "back")],
)
def test_a_promised_word(came, back, outcome):
    """Due at minute sixty: in time up to five minutes later, late, never, or not needed any more."""
    book = Book()
    away = book.away(0)
    book.word(10, 60)
    if came is not None and came < back:
        book.word(came, 0)
    book.back(back, away, back)
    if came is not None and came >= back:
        book.word(came, 0)
    assert [("cloud", [outcome])] == book.promises()


def test_a_word_that_is_not_due_is_open():
    """Nobody is blamed before the time has come."""
    book = Book()
    book.away(0)
    book.word(10, 60)
    assert [("cloud", ["open"])] == book.promises(NOW - DAY_MS + 20 * MINUTE)


def test_a_new_promise_is_a_word():
    """Who says "an hour more" in time has kept their word, and owes the next one."""
    book = Book()
    away = book.away(0)
    book.word(10, 60)
    book.word(55, 120)
    book.back(180, away, 180)
    assert [("cloud", ["kept", "never"])] == book.promises()


def test_a_promise_belongs_to_whom_it_names():
    """Two vendors are away at once: each keeps its own words; a name nobody knows is nobody's then."""
    book = Book()
    book.away(0)
    book.away(1, "internet")
    book.word(10, 60, "elisa, Pekka")
    book.word(30, 90, "somebody")
    assert [("internet", ["kept"]), ("cloud", [])] == book.promises()


def test_an_unknown_name_is_the_only_one_that_is_away():
    """Who else should have promised it?"""
    book = Book()
    book.away(0)
    book.word(10, 60, "a friendly voice")
    assert [("cloud", ["never"])] == book.promises()


def test_remarks_belong_to_their_outage():
    """And only notes that refer to one are remarks."""
    book = Book()
    away = book.away(0, by="Anna")
    book.write(5, "note", LogNote("rang them"), away, "Maija")
    book.write(6, "note", LogNote("sold bread"), None, "Maija")
    [one] = absences(book.kepts, OWNERS, NOW)
    assert ("Anna", [("Maija", "rang them")], None) == (one.noticed_by, [(two.who, two.text) for two in one.remarks], one.lasted_s)


def away_at(first, last, service="cloud"):
    return Absence("x", service, "their-cloud", first, last, 0, 0, "", first)


def test_a_gap_counts_for_nobody():
    """Half the time nobody looked: an hour down of fifteen days, not of thirty."""
    begin = NOW - 15 * DAY_MS
    spans = [
        Watched(begin, NOW - DAY_MS, True),
        Watched(NOW - DAY_MS, NOW - DAY_MS + 60 * MINUTE, False),
        Watched(NOW - DAY_MS + 60 * MINUTE, NOW, True),
    ]
    found = share("cloud", 30, spans, [away_at(NOW - DAY_MS, NOW - DAY_MS + 60 * MINUTE)], NOW)
    assert (15 * DAY_MS, 60 * MINUTE, 15 * DAY_MS) == (found.seen_ms, found.down_ms, found.unseen_ms)
    assert 997_222 == found.works_ppm


def test_what_failed_beneath_it_is_not_the_vendors():
    """The cloud was not reached because our line was down: no outage of the cloud's is written, so nothing was seen of it."""
    spans = [Watched(NOW - 2 * DAY_MS, NOW - DAY_MS, True), Watched(NOW - DAY_MS, NOW, False)]
    found = share("cloud", 30, spans, [], NOW)
    assert (DAY_MS, 0, 1_000_000) == (found.seen_ms, found.down_ms, found.works_ppm)


def test_an_outage_in_which_the_box_was_off_is_counted_as_far_as_it_was_seen():
    """It went away, the box was off for the night, it came back: the night is nobody's."""
    spans = [Watched(NOW - 100 * MINUTE, NOW - 90 * MINUTE, False), Watched(NOW - 10 * MINUTE, NOW, True)]
    found = share("cloud", 30, spans, [away_at(NOW - 100 * MINUTE, NOW - 10 * MINUTE)], NOW)
    assert (20 * MINUTE, 10 * MINUTE) == (found.seen_ms, found.down_ms)


def test_nothing_seen_is_no_hundred_per_cent():
    """Where nobody looked there is no figure."""
    assert share("cloud", 30, [], [], NOW).works_ppm is None


def test_who_supplies_what():
    """By the plan first; else the line's carrier and the cloud's brand; a log-in is its cloud's."""
    parties = [Party("elisa", "Elisa"), Party("kassapilvi", "Kassapilvi Oy")]
    lines = [line_of("fibre carrier=Elisa"), line_of("mobile carrier=Telia metered")]
    found = suppliers([Service("cloud", "Cloud", 60, supplier="kassapilvi")], parties, lines, "otherbrand")
    assert ("kassapilvi", "Kassapilvi Oy") == found["cloud"] == found["login"]
    assert ("elisa", "Elisa") == found["internet"] == found["line-fibre"]
    assert ("", "Telia") == found["line-mobile"]


def test_whose_outages_stand_first():
    """Whoever was away last; what nobody is named for comes at the end."""
    away = [away_at(NOW - DAY_MS, None), away_at(NOW - 2 * DAY_MS, NOW, "internet"), away_at(NOW - MINUTE, NOW, "phones")]
    found = records(OWNERS, away, {}, NOW, (30, 90))
    assert ["Kassapilvi Oy", "Elisa", ""] == [one.name for one in found]
    assert [1, 1, 1] == [len(one.absences) for one in found]
