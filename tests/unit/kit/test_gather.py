"""What a kit is made from is read once, from whatever is there: a whole shop, a running box, an old file, or nothing."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta

import apsw
import pytest

from tideover.app import Seams, open_house
from tideover.commands.matter import matter_of
from tideover.commands.reading import opened
from tideover.db import Database
from tideover.errors import FileDamaged, TooNew, WrongState
from tideover.journal.entry import Fact
from tideover.kit.gather import SOLD_DAYS, gather
from tideover.kit.matter import Seen
from tideover.migrations import plan as plan_tables
from tideover.model.facts import Checked, LogNote
from tideover.model.item import Customer, Item, OrderLine, PastSale
from tideover.model.sale import Document, Line, Tender
from tideover.plan.records import Check, Person, PlaybookText
from tideover.ports import Page
from tideover.world import real_world

NOW = datetime(2026, 11, 20, 21, 30, tzinfo=UTC)  # 23.30 in the shop.
ITEM = Item("K1", "Kahvi", 45_000, 135_000)


@contextmanager
def shop(folder):
    """A house, opened for writing; threads are left out so that each line is done when it returns."""
    house = open_house(folder, real_world(), Seams(threaded=False))
    try:
        yield house
    finally:
        asyncio.run(house.shut())


def copied(house, dataset, *rows):
    asyncio.run(house.copies.apply(dataset, Page(rows=rows, cursor="1", more=False), as_of=NOW))


def sale(*codes, quantity=1_000):
    lines = tuple(Line(code, code, quantity, 45_000, 450, 135_000) for code in codes)
    total = 450 * len(codes)
    return Document("B-1", "EUR", True, lines, (Tender("cash", total),))


def read(folder, now=NOW):
    with opened(folder, real_world()) as found:
        return gather(found.settings, found.plan, found.copies, found.journal, now)


def checked(check, standing, works=True, day=1):
    body = Checked(check=check, subject="x", standing=standing, method="person", works=works)
    return Fact("checked", body, operator="Aino", happened_at=datetime(2026, 11, day, 12, tzinfo=UTC))


def test_where_there_is_nothing_there_is_an_empty_shop(tmp_path):
    """A missing folder is not even made."""
    matter = read(tmp_path / "nowhere")

    assert ((), (), {}, None, "") == (matter.people, matter.items, matter.sold, matter.printed_prices, matter.revision)
    assert "2026-11-20" == matter.today.isoformat()
    assert "internet-down.fi" in matter.playbooks
    assert not (tmp_path / "nowhere").exists()


def test_plan_copies_and_journal_come_together(tmp_path):
    """Archived items and merged customers are on no paper; the shop's own playbook stands above the starter one."""
    with shop(tmp_path) as house:
        house.plan.put(Person("Aino"), by="Aino")
        house.plan.put(PlaybookText("internet-down.fi", "# Oma"), by="Aino")
        copied(house, "items", ITEM, Item("K2", "Poistettu", 1, 0, archived=True))
        copied(house, "customers", Customer("C1", "Uusi"), Customer("C2", "Vanha", merged_into="C1"))
    matter = read(tmp_path)

    assert ["Aino"] == [one.name for one in matter.people]
    assert ["K1"] == [one.code for one in matter.items]
    assert ["C1"] == [one.code for one in matter.customers]
    assert {"items": "2026-11-20", "customers": "2026-11-20"} == dict(matter.as_of)
    assert "# Oma" == matter.playbooks["internet-down.fi"]
    assert "2" == matter.revision


def test_the_next_day_begins_at_midnight_in_the_shop(tmp_path):
    """Paper printed at half past midnight carries the new date, whatever the day in Greenwich."""
    assert "2026-11-21" == read(tmp_path, NOW + timedelta(hours=1)).today.isoformat()


def test_what_sold_is_counted_once_from_the_cloud_and_from_the_journal(tmp_path):
    """Days that the cloud knows count there; an outage's days from the journal; old days, refunds and free lines not at all."""
    line, back = OrderLine("K1", "Kahvi", 1_000), OrderLine("K1", "Kahvi", -1_000)
    old = (NOW - timedelta(days=SOLD_DAYS + 1)).date().isoformat()
    with shop(tmp_path) as house:
        copied(house, "sales", PastSale("1", "2026-11-18", None, 1, (line, line, back)), PastSale("2", old, None, 1, (line,)))
        for day, codes in (("2026-11-18", ("K1",)), ("2026-11-19", ("K1", "K2", "")), (old, ("K2",))):
            house.journal.record_now([Fact("sale", sale(*codes), trading_day=day)])
        house.journal.record_now([Fact("refund", sale("K2", quantity=-1_000), trading_day="2026-11-19")])

    assert {"K1": 3, "K2": 1} == dict(read(tmp_path).sold)


@pytest.mark.parametrize(("answers", "expected"), [
    ([checked("c", "claim", day=1)], Seen("2026-11-01", "claim", "Aino", True)),
    ([checked("c", "proof", day=1), checked("c", "claim", day=9)], Seen("2026-11-01", "proof", "Aino", True)),
    ([checked("c", "proof", day=1), checked("c", "claim", works=False, day=9)], Seen("2026-11-09", "claim", "Aino", False)),
    ([checked("c", "claim", works=False, day=1), checked("c", "claim", day=9)], Seen("2026-11-01", "claim", "Aino", False)),
    ([checked("c", "claim", works=False, day=1), checked("c", "proof", day=9)], Seen("2026-11-09", "proof", "Aino", True)),
    ([checked("c", "claim", day=1), checked("c", "claim", day=9)], Seen("2026-11-09", "claim", "Aino", True)),
])  # fmt: skip
def test_a_claim_never_hides_a_proof_nor_a_failure(tmp_path, answers, expected):
    """The last proof stays the last proof, however often it is said since."""
    with shop(tmp_path) as house:
        house.plan.put(Check("c", "look"), by="Aino")
        house.journal.record_now(answers)

    assert {"c": expected} == dict(read(tmp_path).seen)


def test_log_sheets_go_on_after_the_last_one_that_was_keyed(tmp_path):
    """Odd numbers of other papers do not count."""
    with shop(tmp_path) as house:
        house.journal.record_now([Fact("note", LogNote("x", sheet)) for sheet in ("L-0007", "L-0003", "", "K-9", "L-²", "L-99999999")])

    assert 7 == read(tmp_path).log_sheets_keyed


def test_a_running_box_is_read_beside_and_nothing_is_written(tmp_path):
    """Its lock is held, its last writes are seen, and no file of it changes."""
    with shop(tmp_path) as house:
        house.plan.put(Person("Aino"), by="Aino")
        before = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.suffix == ".db"}
        matter = read(tmp_path)
        with opened(tmp_path, real_world()) as found, pytest.raises(WrongState):
            found.plan.put(Person("Eero"), by="Eero")
        after = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.suffix == ".db"}

    assert ["Aino"] == [one.name for one in matter.people]
    assert before == after


def test_an_older_file_is_read_and_stays_as_it_is(tmp_path):
    """The copy is brought forward, not the shop's own; a newer one is refused."""
    old = Database(tmp_path / "plan.db", plan_tables.MIGRATIONS[:1])
    old.close()
    body = (tmp_path / "plan.db").read_bytes()

    assert () == read(tmp_path).people
    assert body == (tmp_path / "plan.db").read_bytes()

    connection = apsw.Connection(str(tmp_path / "plan.db"))
    connection.pragma("user_version", 99)
    connection.close()
    with pytest.raises(TooNew):
        read(tmp_path)


def test_a_file_that_is_no_database_is_told(tmp_path):
    """Nothing is made from it, and nothing is done to it."""
    (tmp_path / "copies.db").write_bytes(b"not a database at all, but long enough to be read as one" * 100)

    with pytest.raises(FileDamaged):
        read(tmp_path)


def test_a_torn_journal_takes_no_other_paper_away(tmp_path):
    """Paper is wanted most on that day: what can be read still counts."""
    with shop(tmp_path) as house:
        house.plan.put(Person("Aino"), by="Aino")
        house.journal.record_now([Fact("sale", sale("K1"), trading_day="2026-11-19"), checked("c", "proof")])
    connection = apsw.Connection(str(tmp_path / "journal.db"))
    connection.execute("DROP TRIGGER entry_is_never_changed")
    connection.execute("UPDATE entry SET signed = x'7b7d' WHERE kind = 'sale'")
    connection.close()

    matter = read(tmp_path)

    assert (["Aino"], {}, ["c"]) == ([one.name for one in matter.people], dict(matter.sold), list(matter.seen))


def run(*given):
    return subprocess.run([sys.executable, "-m", "tideover", "kit", *given], capture_output=True, text=True, timeout=120, check=False)


def test_the_command_names_what_is_missing_and_ends_with_3(tmp_path):
    """Without a data directory the kit is made as far as it goes; stdout is data, stderr is talk."""

    done = run(
        "--data", str(tmp_path / "no"), "--out", str(tmp_path / "kit"), "--json", "--lang", "fi", "--only", "plan", "--only", "log-sheet"
    )

    assert 3 == done.returncode
    said = json.loads(done.stdout)
    assert {"files", "missing"} == set(said)
    assert [{"kind", "path", "pages", "rows", "sha256", "as_of"}] == [set(one) for one in said["files"]]
    assert (["log-sheets.fi.pdf"], ["plan"]) == ([one["path"] for one in said["files"]], [one["kind"] for one in said["missing"]])
    assert "Tapahtumalehti" in done.stderr
    assert not (tmp_path / "no").exists()


def test_the_command_refuses_what_it_does_not_know(tmp_path):
    """Wrong use is 2, a folder that cannot be is told with the way out, and neither makes anything."""
    (tmp_path / "file").write_bytes(b"x")

    wrong, full = run("--out", str(tmp_path / "kit"), "--only", "poem"), run("--sample", "--out", str(tmp_path / "file" / "kit"))

    assert (2, 2) == (wrong.returncode, full.returncode)
    assert "'poem' is no kind of paper" in wrong.stderr
    assert "cannot be used" in full.stderr
    assert not (tmp_path / "kit").exists()


def test_a_pad_without_a_blank_number_is_not_printed_again(tmp_path):
    """Every slip said void, or a person read that none is left; forms too. With a torn journal all of them are."""
    with shop(tmp_path) as house:
        for series in ("A", "A", "B", "QT", "OR"):
            house.plan.issue_pad(series, 2, "Aino")
        for number in ("A-0001", "A-0002"):
            asyncio.run(house.counter.spoil_slip(number, "void", "torn", "Aino"))
        asyncio.run(house.counter.spoil_slip("B-0001", "void", "torn", "Aino"))
        asyncio.run(house.counter.slips.count_pad("QT-0001", 3, "Aino"))
        asyncio.run(house.counter.slips.count_pad("OR-0001", 2, "Aino"))

    def pads() -> list[str]:
        with opened(tmp_path, real_world()) as found:
            return sorted(one.key for one in matter_of(found, tmp_path, NOW).pads)

    assert ["A-0003", "B-0001", "OR-0001"] == pads()
    with closing(apsw.Connection(str(tmp_path / "journal.db"))) as connection:
        connection.execute("DROP TRIGGER entry_is_never_changed; UPDATE entry SET signed = x'7b7d' WHERE kind = 'slip_void'")
    assert ["A-0001", "A-0003", "B-0001", "OR-0001", "QT-0001"] == pads()
