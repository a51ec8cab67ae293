"""The plan: versions, grants, owners, pads and law pages."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import apsw
import pytest

from tideover.db import Database
from tideover.errors import BadRecord, NotFound, PadOverlaps
from tideover.migrations.plan import MIGRATIONS
from tideover.plan.law import LAWS, law_of
from tideover.plan.records import Duty, Grant, Pad, Person, Service, TillPlace
from tideover.plan.store import Plan
from tideover.settings import Settings
from tideover.world import to_ms, uuid7


class Hours:
    """A world that knows the hour, moved by the test, and takes its chances from a seed."""

    def __init__(self):
        self.at = datetime(2026, 11, 20, 9, tzinfo=UTC)
        self.chance, self.environ = random.Random(1), {}

    def now(self):
        return self.at

    def secret_bytes(self, n):
        return self.chance.randbytes(n)

    def new_id(self):
        return uuid7(self.at, self.secret_bytes(10))


@pytest.fixture
def hours():
    return Hours()


@pytest.fixture
def plan(tmp_path, hours):
    database = Database(tmp_path / "plan.db", MIGRATIONS)
    yield Plan(database, hours, Settings())
    database.close()


def test_a_change_is_a_further_version(plan, hours):
    """The newest version counts, the older ones stay with who changed them and when."""
    first_ms = to_ms(hours.at)
    plan.put(Service("cloud", "Cloud till", 1800), by="Aino")
    hours.at += timedelta(hours=1)
    plan.put(Service("cloud", "Cloud till", 900), by="Eero")

    assert 900 == plan.tolerable_s("cloud")
    assert [Service("cloud", "Cloud till", 1800)] == plan.all(Service, at_ms=first_ms)
    assert [] == plan.all(Service, at_ms=first_ms - 1)
    assert [(1, "Aino", 1800), (2, "Eero", 900)] == [
        (one.version, one.changed_by, one.record.tolerable_s) for one in plan.history(Service, "cloud")
    ]


def test_the_same_again_is_no_version(plan):
    """Saving a page without a change writes nothing."""
    assert 1 == plan.put(Person("Aino", "owner"), by="Aino")
    assert 1 == plan.put(Person("Aino", "owner"), by="Eero")


def test_removed_records_stay_in_history(plan):
    """A removed person counts no more, can come back, and was never deleted."""
    plan.put(Person("Aino"), by="Eero")
    plan.remove(Person, "Aino", by="Eero")
    assert [] == plan.people()
    assert plan.get(Person, "Aino") is None
    with pytest.raises(NotFound):
        plan.remove(Person, "Aino", by="Eero")
    assert 3 == plan.put(Person("Aino"), by="Eero")
    assert [True, False, True] == [one.record is not None for one in plan.history(Person, "Aino")]


def test_history_cannot_be_edited(plan):
    """The table itself refuses an edit and a deletion."""
    plan.put(TillPlace("Till 1"), by="Aino")
    for sql in ("UPDATE intent SET changed_by = 'x'", "DELETE FROM intent"):
        with pytest.raises(apsw.ConstraintError):
            plan.database.write(lambda connection, sql=sql: connection.execute(sql))


def test_wrong_shapes_are_refused(plan):
    """A record outside its limits is not kept."""
    endless = Grant("g", "Aino", "discount", from_day="yesterday")
    for wrong in (Service("cloud", "Cloud", -1), Person(""), endless, Person("A", role="king")):
        with pytest.raises(BadRecord):
            plan.put(wrong, by="Aino")


def test_tolerable_time_falls_back_to_the_setting(plan):
    """A service that the plan does not name has the setting's time."""
    assert 1800 == plan.tolerable_s("phones")


def test_owner_of_a_matter(plan):
    """The most exact duty counts, then the wider one, then the settings' owner."""
    assert "owner" == plan.owner_of("parked/closed-period")
    plan.put(Duty("parked", "Aino"), by="Aino")
    plan.put(Duty("parked/closed-period", "Eero"), by="Aino")
    assert ("Eero", "Aino") == (plan.owner_of_parked("closed-period"), plan.owner_of_parked("unknown"))
    assert ["Eero", "Aino", "Aino", "owner"] == [
        plan.owner_of(one) for one in ("parked/closed-period", "parked/item-gone", "parked", "finding")
    ]


def test_grants_by_name_and_role(plan):
    """A grant is held by name or role, within its days, its outage and its sums."""
    plan.put(Person("Aino", "manager"), by="Eero")
    plan.put(Person("Ville", "cashier"), by="Eero")
    plan.put(Grant("g1", "", "discount", role="manager", each_minor=5_000, day_minor=8_000), by="Eero")
    plan.put(Grant("g2", "Ville", "discount", each_minor=2_000, until_day="2026-11-20", only_in_outage=True), by="Eero")

    def grant(person, amount, day="2026-11-20", in_outage=True, spent=None):
        found = plan.may(person, "discount", amount, day, in_outage=in_outage, spent=spent or {})
        return found and found.id

    assert "g1" == grant("Aino", 5_000, in_outage=False)
    assert grant("Aino", 5_001) is None
    assert grant("Aino", 4_000, spent={"g1": 4_001}) is None
    assert "g2" == grant("Ville", 2_000)
    assert grant("Ville", 2_000, in_outage=False) is None
    assert grant("Ville", 2_000, day="2026-11-21") is None
    assert grant("Nobody", 1) is None
    assert plan.may("Aino", "refund", 1, "2026-11-20", in_outage=True, spent={}) is None


def test_pads_follow_each_other(plan):
    """The next pad of a series begins after the last; two pads never hold the same number."""
    first = plan.issue_pad("A", 50, "Aino", place="Till 1")
    second = plan.issue_pad("A", 50, "Aino")
    assert (1, 50, 51, 100) == (first.first, first.last, second.first, second.last)
    assert ["A-0001", "A-0051"] == [pad.key for pad in plan.pads()]
    assert 1 == plan.issue_pad("B", 10, "Aino").first
    with pytest.raises(PadOverlaps):
        plan.put(Pad("A-0100", "A", 100, 120), by="Aino")
    for series, count in (("A", 0), ("A", 1001), ("a", 10), ("", 10)):
        with pytest.raises(BadRecord):
            plan.issue_pad(series, count, "Aino")


def test_law_pages(plan):
    """The till is open where no certified one is prescribed, closed where it is, and where nobody knows."""
    assert {"FI": True, "GB": True, "AU": True, "DE": False, "AT": False, "FR": False} == {
        country: law.till_lawful for country, law in LAWS.items()
    }
    assert not law_of("SE").till_lawful
    assert plan.law().receipt_always
    for law in LAWS.values():
        assert law.duties and law.sources and law.written_on and law.why
