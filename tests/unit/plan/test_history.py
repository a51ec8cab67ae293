"""The plan's history: each version has its entry, a crash between the two heals, and what does not agree is named."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime
from pathlib import Path

import apsw
import pytest

from tideover.app import open_house
from tideover.db import Database
from tideover.errors import FileDamaged, PadOverlaps, WrongState
from tideover.journal.reading import Reading
from tideover.migrations.journal import MIGRATIONS as JOURNAL
from tideover.migrations.plan import INTENT_SQL, MIGRATIONS
from tideover.model.facts import PlanChanged
from tideover.plan.history import disagreements
from tideover.plan.records import Pad, Person, Service, Thing
from tideover.plan.store import Plan
from tideover.settings import Settings
from tideover.world import real_world

FRIDAY_MS = int(datetime(2026, 11, 20, 9, tzinfo=UTC).timestamp() * 1000)
SPARE = Thing("spare-pc", "Spare computer", can=("till",), place="Back room")


def with_house(folder: Path, play):
    """Runs `play` with an open house, and shuts it."""

    async def run():
        house = open_house(folder, real_world())
        try:
            return play(house)
        finally:
            await house.shut()

    return asyncio.run(run())


def entered(house) -> list[PlanChanged]:
    return [one.entry.body for one in house.journal.read(kinds=("plan_changed",), limit=10_000)]


def outside(folder: Path, change) -> None:
    """A change of the plan while no journal is there: what a power cut between the two leaves."""
    database = Database(folder / "plan.db", MIGRATIONS)
    change(Plan(database, real_world(), Settings()))
    database.close()


def test_each_version_is_an_entry_when_put_returns(tmp_path):
    """Kept, changed, removed: one entry each, with who did it; the same again is none."""

    def play(house):
        house.plan.put(SPARE, by="Aino")
        house.plan.put(SPARE, by="Eero")
        house.plan.put(Person("Aino", "owner"), by="Aino")
        house.plan.remove(Thing, "spare-pc", by="Eero")
        kept = house.journal.read(kinds=("plan_changed",))
        assert [("thing", "spare-pc", 1), ("person", "Aino", 1), ("thing", "spare-pc", 2)] == [
            (one.entry.body.record, one.entry.body.key, one.entry.body.version) for one in kept
        ]
        assert ["Aino", "Aino", "Eero"] == [one.entry.operator for one in kept]
        assert [64, 64, 0] == [len(one.entry.body.commitment) for one in kept]
        assert [] == disagreements(house.plan.kept(), entered(house))

    with_house(tmp_path, play)


def test_the_journal_says_nothing_of_the_content(tmp_path):
    """A phone number stands in plan.db alone; two equal contents have different commitments."""

    def play(house):
        house.plan.put(Person("Aino", phone="+358401234567"), by="Aino")
        house.plan.put(Thing("a", "Same"), by="Aino")
        house.plan.remove(Thing, "a", by="Aino")
        house.plan.put(Thing("a", "Same"), by="Aino")
        first, again = [one.commitment for one in entered(house) if one.record == "thing" and one.commitment]
        assert first != again

    with_house(tmp_path, play)
    assert b"401234567" not in (tmp_path / "journal.db").read_bytes()


def test_a_change_without_its_entry_gets_it_at_the_next_start(tmp_path):
    """With the hour and the name of the change, and once only."""
    outside(tmp_path, lambda plan: plan.put(SPARE, by="Aino"))

    for _ in range(2):
        assert 1 == with_house(tmp_path, lambda house: len(entered(house)))
    assert [] == with_house(tmp_path, lambda house: disagreements(house.plan.kept(), entered(house)))


def test_an_entry_whose_note_was_lost_is_not_written_twice(tmp_path):
    """The power went after the journal's commit and before plan.db was told: the same id is found there."""
    with_house(tmp_path, lambda house: house.plan.put(SPARE, by="Aino"))
    database = Database(tmp_path / "journal.db", JOURNAL)
    [entry] = Reading(database).read(kinds=("plan_changed",))
    database.close()
    with apsw.Connection(str(tmp_path / "plan.db")) as connection:
        connection.execute("INSERT INTO unentered VALUES (1, ?)", (entry.entry.id,))
    connection.close()

    assert 1 == with_house(tmp_path, lambda house: len(entered(house)))


def test_versions_of_before_get_salt_and_entry(tmp_path):
    """A plan of the former format is backed up and brought forward; its old versions are entered, in their order."""
    with apsw.Connection(str(tmp_path / "plan.db")) as old:
        old.execute(INTENT_SQL + "PRAGMA user_version = 1")
        for version, body in ((1, '{"key":"cloud","name":"Till","tolerable_s":900}'), (2, None)):
            old.execute("INSERT INTO intent VALUES ('service', 'cloud', ?, ?, 'Aino', ?)", (version, FRIDAY_MS + version, body))
        old.execute("INSERT INTO intent VALUES ('person', 'Aino', 1, ?, 'Aino', '{\"name\":\"Aino\"}')", (FRIDAY_MS,))
    old.close()

    def play(house):
        assert ["person", "service", "service"] == [one.record for one in entered(house)]
        assert FRIDAY_MS == house.journal.read(kinds=("plan_changed",))[0].entry.happened_at
        assert {32} == {len(one.salt) for one in house.plan.kept()}
        assert [] == disagreements(house.plan.kept(), entered(house))
        assert "3" == house.plan.revision()

    with_house(tmp_path, play)
    assert (tmp_path / f"plan.before-{len(MIGRATIONS)}.db").exists()


def test_a_version_from_before_a_field_was_known_stays_as_it_is(plan):
    """Its bytes are under the journal's seal: read with the field's default, and no new version while nothing else differs."""
    body = '{"key":"cloud","name":"Till","tolerable_s":900,"owner":"","supplier":"","busy":"","cost_per_hour_minor":null,"manual_way":""}'
    row = ("service", "cloud", 1, FRIDAY_MS, "Aino", body, b"\0" * 32, 1, None)
    plan.database.write(lambda connection: connection.execute("INSERT INTO intent VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row))
    later = Plan(plan.database, real_world(), Settings())
    assert (None, None, "") == ((one := later.get(Service, "cloud")).promised_ppm, one.repair_h, one.promise)
    assert 1 == later.put(Service("cloud", "Till", 900), by="Aino")
    assert 2 == later.put(Service("cloud", "Till", 900, repair_h=8), by="Aino")
    assert [body] == [one.body for one in later.kept() if one.version == 1]


def test_an_old_version_keeps_the_id_of_its_entry(plan):
    """It is stored before the entry is written: whatever breaks between them, the next try writes the same one."""
    plan.put(SPARE, by="Aino")
    plan.database.write(lambda connection: connection.execute("UPDATE unentered SET entry = ''"))
    tries = []

    def enter(waiting):
        tries.append([one.entry for one in waiting])
        if len(tries) == 1:
            raise FileDamaged(file="journal.db", why="torn")

    plan.enter_with(enter)
    plan.enter_with(enter)
    assert 2 == len(tries) and tries[0] == tries[1] != [""]


def test_many_versions_wait_without_a_journal(tmp_path):
    """More than are entered in one commit; all come, none twice."""

    def grow(plan):
        for start in (0, 700):
            plan.change([Thing(f"thing-{n}", "Thing") for n in range(start, start + 700)], (), "Aino")

    outside(tmp_path, grow)
    assert 1400 == with_house(tmp_path, lambda house: len({one.key for one in entered(house)}))


def test_a_damaged_journal_does_not_stop_the_plan(tmp_path):
    """The phone number that somebody needs now can be put in; its entry comes once the journal is whole again."""

    def play(house):
        house.journal.distrust(FileDamaged(file="journal.db", why="torn"))
        house.plan.put(SPARE, by="Aino")
        assert SPARE == house.plan.get(Thing, "spare-pc")
        assert [] == entered(house)

    with_house(tmp_path, play)
    assert 1 == with_house(tmp_path, lambda house: len(entered(house)))


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("UPDATE intent SET body = replace(body, 'Back', 'Front')", "differs"),
        ("DELETE FROM intent WHERE version = 2", "lost"),
        ("INSERT INTO intent VALUES ('thing', 'new', 1, 0, 'Eve', NULL, x'00', 9, NULL)", "unentered"),
    ],
)
def test_a_plan_that_was_edited_by_hand_is_noticed(tmp_path, sql, why):
    """Another content, a version gone, one that nobody entered."""

    def fill(house):
        house.plan.put(SPARE, by="Aino")
        house.plan.put(Thing("spare-pc", "Spare computer", place="Shop floor"), by="Aino")

    with_house(tmp_path, fill)
    with apsw.Connection(str(tmp_path / "plan.db")) as connection:
        connection.execute("DROP TRIGGER intent_is_not_changed; DROP TRIGGER intent_is_not_deleted")
        connection.execute(sql)
    connection.close()
    found = with_house(tmp_path, lambda house: disagreements(house.plan.kept(), entered(house)))
    assert [why] == [one.why for one in found]


# Undo -----------------------------------------------------------------------------------------------


@pytest.fixture
def plan(tmp_path):
    database = Database(tmp_path / "plan.db", MIGRATIONS)
    yield Plan(database, real_world(), Settings())
    database.close()


def test_undo_goes_further_back_each_time(plan):
    """Changed, made, removed: taken back in turn, each as a further version; then nothing is left."""
    plan.put(Service("cloud", "Till", 900), by="Aino")
    plan.put(Service("cloud", "Till", 60), by="Aino")
    plan.put(SPARE, by="Aino")
    plan.remove(Thing, "spare-pc", by="Aino")

    plan.undo(by="Eero")
    assert SPARE == plan.get(Thing, "spare-pc")
    plan.undo(by="Eero", kind=Service, key="cloud")
    assert 900 == plan.tolerable_s("cloud")
    plan.undo(by="Eero")
    assert None is plan.get(Thing, "spare-pc")
    plan.undo(by="Eero")
    assert [] == plan.services()
    with pytest.raises(WrongState):
        plan.undo(by="Eero")
    assert [None, None, None, None, 4, 2, 3, 1] == [one.undoes for one in reversed(plan.changes())]


def test_undo_after_a_new_change_takes_that_one(plan):
    """What was undone stays undone."""
    for seconds in (100, 200):
        plan.put(Service("cloud", "Till", seconds), by="Aino")
    plan.undo(by="Aino")
    plan.put(Service("cloud", "Till", 300), by="Aino")
    plan.undo(by="Aino")
    assert 100 == plan.tolerable_s("cloud")


def test_undo_never_doubles_slips(plan):
    """A pad does not grow back over one that was issued since."""
    plan.put(Pad("A-0001", "A", 1, 50), "Aino")
    plan.put(Pad("A-0001", "A", 1, 10), "Aino")
    plan.issue_pad("A", 20, "Aino")
    with pytest.raises(PadOverlaps):
        plan.undo("Aino", Pad, "A-0001")
    assert [10, 30] == [pad.last for pad in plan.pads()]


@pytest.mark.parametrize("seed", range(20))
def test_undo_of_everything_ends_with_nothing(plan, seed):
    """Whatever was done in whatever order, and with undos in between."""
    chance = random.Random(seed)
    for _ in range(40):
        key = chance.choice("abc")
        match chance.choice(("put", "put", "remove", "undo", "undo one")):
            case "put":
                plan.put(Thing(key, "Thing", count=chance.randrange(5)), "Aino")
            case "remove" if plan.get(Thing, key):
                plan.remove(Thing, key, "Aino")
            case "undo" if plan.changes(1) and plan._versions.to_undo(None, None):
                plan.undo("Aino")
            case "undo one" if plan._versions.to_undo("thing", key):
                plan.undo("Aino", Thing, key)
            case _:
                pass
    while plan._versions.to_undo(None, None):
        plan.undo("Aino")
    assert [] == plan.all(Thing)


# Searching ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("spare", ["spare-pc"]),
        ("SPARE back", ["spare-pc"]),
        ("040 123 4567", ["Åke Öberg"]),
        ("+358-40-1234567", ["Åke Öberg"]),
        ("åke", ["Åke Öberg"]),
        ("ake", []),
        ("spare front", []),
        ("", []),
        ("%", []),
    ],
)
def test_a_record_is_found_by_any_word_or_by_its_number(plan, text, keys):
    """However the number is written; å stays a letter of its own."""
    plan.put(SPARE, "Aino")
    plan.put(Person("Åke Öberg", phone="+358 40 123 4567"), "Aino")
    assert keys == [one.key for one in plan.search(text)]
