"""A cloud without an interface: exports into copies, screens for a person, day reports as the read-back."""

import asyncio
import os

import pytest
from msgspec.structs import replace

from tideover.connectors.assisted import cloud as limits
from tideover.connectors.assisted import connect, manifest
from tideover.connectors.assisted.cloud import AssistedCloud
from tideover.connectors.assisted.columns import ColumnMap
from tideover.connectors.assisted.folder import Folder
from tideover.connectors.assisted.keying import decimal_text
from tideover.errors import CloudSilent, ExportNeeded, FileUnreadable, Misconfigured
from tideover.model.answer import CloudLine, CloudPayment
from tideover.model.item import Customer
from tideover.model.sale import Document, Line, Tender
from tideover.ports import Booking
from tideover.replicate.pull import pull
from tideover.settings import Settings
from tideover.world import to_ms, uuid7
from unit.copies.corner_shop import FRIDAY, StillWorld, open_copies, run

DAY = "2026-11-20"
ITEMS = "code;name;price;vat\n10;Ruisleipä;3,45;13,5\n11;Tee;1,00;13,5\n"
HEAD = "number,our_reference,reference,day,time,kind,state,total,cash,card,account,transfer,mobile,voucher,rounding\n"
LINES_HEAD = "number,item,name,quantity,unit_price,amount,vat_percent\n"


@pytest.fixture
def world():
    return StillWorld()


@pytest.fixture
def cloud(tmp_path, world):
    return AssistedCloud(Folder(tmp_path / "exports"), Settings(cloud="assisted"), world)


def drop(cloud, name, text, at=FRIDAY):
    """A person puts a file into the folder."""
    cloud.folder.path.mkdir(exist_ok=True)
    path = cloud.folder.path / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    os.utime(path, (at.timestamp(), at.timestamp()))
    return path


def entry_id(number):
    return uuid7(FRIDAY, bytes(9) + bytes([number]))


def booking(number=1, *lines, **changes):
    """A sale of two loaves by card unless said otherwise."""
    made = lines or (Line("10", "Ruisleipä", 2_000, 34_500, 690, 135_000),)
    total = sum(line.amount_minor for line in made)
    document = Document(f"K1-{number}", "EUR", True, made, changes.pop("tenders", (Tender("card", total),)), **changes.pop("document", {}))
    facts = {"kind": "sale", "refers_to": None, "original": None, "late": False, "happened_at_ms": to_ms(FRIDAY), "trading_day": DAY}
    return Booking(entry=entry_id(number), document=document, **(facts | changes))


def row(number, entry="", total="6.90", state="final", kind="sale", reference="", day=DAY, time="14:30:00", card=None):
    return f"{number},{entry},{reference},{day},{time},{kind},{state},{total},0.00,{card or total},0.00,0.00,0.00,0.00,0.00\n"


def report(*rows):
    return (HEAD + "".join(rows)).encode()


def ask(cloud, one):
    answer = run(cloud.ask(one))
    return answer.word, answer.cause


# Copies ------------------------------------------------------------------------------------------------


def test_dropped_export_becomes_the_copy(tmp_path, cloud, world):
    """A file in the folder is read at the next pull, with the file's own age, and not read again while it is the same."""
    drop(cloud, "Tuotteet 20.11.csv", ITEMS, at=FRIDAY.replace(hour=6))
    with open_copies(tmp_path, world) as copies:
        first = run(pull("items", cloud, copies, world))
        assert (True, 2, FRIDAY.replace(hour=6)) == (first.whole, copies.state("items").count, copies.state("items").as_of)
        again = run(pull("items", cloud, copies, world))
        assert (False, 0) == (again.whole, again.seen)
        drop(cloud, "Tuotteet 21.11.csv", ITEMS.replace("11;Tee;1,00;13,5\n", "12;Kahvi;5,00;13,5\n"), at=FRIDAY.replace(hour=7))
        newer = run(pull("items", cloud, copies, world))
        assert (True, 1, 1) == (newer.whole, newer.applied.added, newer.applied.removed)


def test_large_export_comes_in_pages(tmp_path, cloud, world):
    """2,500 items arrive whole; read beside the loop, so that no till waits."""
    text = "code;name;price;vat\n" + "".join(f"{number};Item {number} {'x' * 40};1,50;20\n" for number in range(2_500))
    assert len(text) > limits.SMALL_BYTES_MAX
    drop(cloud, "items.csv", text)
    with open_copies(tmp_path, world) as copies:
        assert 2_500 == run(pull("items", cloud, copies, world)).applied.count


def test_export_replaced_while_it_is_read_is_no_page(cloud):
    """Half of the old file and half of the new one never become one copy."""
    text = "code;name;price;vat\n" + "".join(f"{number};Item;1,50;20\n" for number in range(1_500))
    drop(cloud, "items.csv", text)
    page = run(cloud.pull("items", None))
    assert page.more
    drop(cloud, "items.csv", ITEMS)
    with pytest.raises(CloudSilent):
        run(cloud.pull("items", page.cursor))


def test_missing_export_says_what_to_do(cloud):
    """Without a file the copy says which one is needed and where it goes."""
    with pytest.raises(ExportNeeded) as caught:
        run(cloud.pull("items", None))
    assert "items.csv" in caught.value.hint
    assert str(cloud.folder.path) in caught.value.hint


def test_unreadable_export_keeps_the_last_good_copy(tmp_path, cloud, world):
    """A log-in page saved as CSV changes nothing and is named at the copy."""
    drop(cloud, "items.csv", ITEMS)
    with open_copies(tmp_path, world) as copies:
        run(pull("items", cloud, copies, world))
        drop(cloud, "items.csv", "<!doctype html>Please log in", at=FRIDAY.replace(hour=13))
        with pytest.raises(ExportNeeded):
            run(pull("items", cloud, copies, world))
        assert 2 == copies.state("items").count
        assert "log-in page" in copies.state("items").error


def test_unread_row_keeps_its_last_good_copy(tmp_path, cloud, world):
    """One price that is a formula blocks only itself, and a person is told which."""
    drop(cloud, "items.csv", ITEMS)
    with open_copies(tmp_path, world) as copies:
        run(pull("items", cloud, copies, world))
        drop(cloud, "items.csv", ITEMS.replace("1,00", "=2-1").replace("3,45", "3,55"), at=FRIDAY.replace(hour=13))
        pulled = run(pull("items", cloud, copies, world))
        assert (35_500, 10_000) == tuple(copies.get("items", code).unit_price for code in ("10", "11"))
        assert ["copy-faults"] == [one.code for one in pulled.findings]
        assert "Row 3, column 'price'" in pulled.findings[0].text


def test_first_reading_is_remembered(cloud):
    """Once a file was read, its map stands in columns.json: a renamed column is noticed, not guessed around."""
    drop(cloud, "items.csv", ITEMS)
    run(cloud.pull("items", None))
    assert {"code": "code", "name": "name", "unit_price": "price", "vat_percent": "vat"} == cloud.folder.maps()["items"].columns
    drop(cloud, "items.csv", ITEMS.replace("price", "hinta"))
    with pytest.raises(ExportNeeded) as caught:
        run(cloud.pull("items", None))
    assert "'price'" in caught.value.message


def test_corrected_map_reads_the_same_file_again(tmp_path, cloud, world):
    """A person's correction takes effect at the next pull, without a new file."""
    drop(cloud, "items.csv", "code;name;price;shelf price;vat\n10;Bread;3,00;3,45;13,5\n")
    with open_copies(tmp_path, world) as copies:
        run(pull("items", cloud, copies, world))
        columns = {"code": "code", "name": "name", "unit_price": "shelf price", "vat_percent": "vat"}
        cloud.folder.remember("items", ColumnMap(columns=columns, confirmed=True))
        run(pull("items", cloud, copies, world))
        assert 34_500 == copies.get("items", "10").unit_price


def test_broken_map_file_is_a_setting_to_mend(cloud):
    """A slip of the pen in columns.json is said, not overwritten."""
    drop(cloud, "items.csv", ITEMS)
    drop(cloud, "columns.json", "{ oops")
    with pytest.raises(Misconfigured):
        run(cloud.pull("items", None))
    assert "{ oops" == (cloud.folder.path / "columns.json").read_text()


def test_uploaded_export_is_looked_at_and_kept(cloud, world):
    """Shown first; kept with its age and map; a file that cannot be read is not kept."""
    assert {"code", "name", "unit_price", "vat_percent"} == set(cloud.look_at("items", "x.csv", ITEMS.encode()).columns)
    heard = []
    cloud.on_new_file(lambda: heard.append("file"))
    made = FRIDAY.replace(hour=8)
    assert 2 == len(cloud.take_export("items", ITEMS.encode(), as_of=made).records)
    with pytest.raises(FileUnreadable):
        cloud.take_export("items", b"<html>")
    page = run(cloud.pull("items", None))
    assert (2, to_ms(made), ["file"]) == (len(page.rows), page.as_of_ms, heard)


def test_newest_file_of_the_right_kind_is_read(cloud, world):
    """Names begin with what the file is; other files and half-written ones are left alone; nothing is younger than now."""
    drop(cloud, "items-old.csv", "old", at=FRIDAY.replace(hour=1))
    drop(cloud, "Open invoices.csv", "invoices")
    drop(cloud, "itemsets.csv", "other")
    drop(cloud, ".items.csv.new", "half")
    drop(cloud, "items.pdf", "paper")
    drop(cloud, "items 2026-11.csv", "new", at=FRIDAY.replace(year=2030))
    found = cloud.folder.newest("items", world.now())
    assert ("items 2026-11.csv", FRIDAY) == (found.name, found.as_of)
    assert b"invoices" == cloud.folder.newest("invoices", world.now()).content
    assert cloud.folder.newest("orders", world.now()) is None


# Screens -----------------------------------------------------------------------------------------------


def test_screen_holds_all_that_is_keyed(cloud):
    """Texts to type, in the decimal sign of the shop, the reference to paste, the totals to compare."""
    lines = (Line("10", "Ruisleipä", 1_500, 34_500, 518, 135_000), Line("", "Ompelu", 1_000, 120_000, 1_100, 255_000, discount_minor=100))
    one = booking(2, *lines, tenders=(Tender("cash", 1_600), Tender("card", 18)), document={"customer": "7", "note": "kiitos"})
    screen = cloud.screen(replace(one, late=True, customer=Customer("7", "Aino")))
    assert (entry_id(2), DAY, "14:30", "16.18", 1_618) == (screen.reference, screen.day, screen.time, screen.total, screen.total_minor)
    first = screen.lines[0]
    assert ("10", "1.5", "3.45", "5.18", "13.5") == (first.item, first.quantity, first.unit_price, first.amount, first.vat_percent)
    assert ("1.00", "") == (screen.lines[1].discount, screen.lines[0].discount)
    assert [("cash", "16.00"), ("card", "0.18")] == [(tender.kind, tender.amount) for tender in screen.tenders]
    assert 4 == len(screen.hints)


def test_finnish_screen_uses_the_comma(tmp_path, world):
    """The shop's language decides how amounts are written on the screen."""
    cloud = AssistedCloud(Folder(tmp_path), Settings(cloud="assisted", language="fi"), world)
    assert "6,90" == cloud.screen(booking()).total
    assert ["-0,05", "1234,5", "7"] == [decimal_text(*one, ",") for one in ((-5, 100, 2), (1_234_500, 1_000, 0), (7_000, 1_000, 0))]


def test_plain_sale_has_no_hints_and_a_doubted_one_has(cloud):
    """What was on a screen before and may have been stored is searched for first."""
    one = booking()
    assert () == cloud.screen(one).hints
    run(cloud.ask(one))
    assert "search the cloud" in cloud.screen(one).hints[0]


# The read-back -----------------------------------------------------------------------------------------


def test_day_report_becomes_documents(cloud):
    """Documents with their payments and lines, our reference and the instant; a time after midnight belongs to the night."""
    rows = row("S1", entry_id(1).upper()), row("S2", "scribble", "-3.45", kind="refund", time="01:10:00", reference="C1-7")
    lines = f"{LINES_HEAD}S1,10,Ruisleipä,2,3.45,6.90,13.5\nS2,10,Ruisleipä,-1,3.45,-3.45,13.5\n"
    cloud.import_day_report(DAY, report(*rows))
    first, second = cloud.import_day_report(DAY, None, lines.encode())
    assert (entry_id(1), "final", 690, "2026-11-20 12:30") == (first.entry, first.state, first.total_minor, f"{first.at:%Y-%m-%d %H:%M}")
    assert ((CloudLine("10", 2_000, 690, 135_000),), (CloudPayment("card", 690),)) == (first.lines, first.payments)
    assert (None, "refund", "C1-7", "2026-11-20 23:10") == (second.entry, second.kind, second.reference, f"{second.at:%Y-%m-%d %H:%M}")
    assert [first, second] == list(run(cloud.day(DAY)))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (report(row("S1", day="2026-11-19")), "row 2 is of 2026-11-19"),
        (report(row("S1"), row("S1")), "stands in it twice"),
        (report(row("S1", state="exploded")), "'exploded' is no known state"),
        (report(row("S1", total="=1+2")), "is a formula"),
        (report(row("S1", total="")), "is empty"),
        (b"number,day,total\nS1,2026-11-20,1.00\n", "no column holds the our reference"),
        (b"<html>", "web page"),
    ],
)
def test_report_that_proves_nothing_is_refused(cloud, content, why):
    """All or nothing: one doubtful row and the report is not kept."""
    with pytest.raises(FileUnreadable) as caught:
        cloud.import_day_report(DAY, content)
    assert why in caught.value.message
    with pytest.raises(ExportNeeded):
        run(cloud.day(DAY))


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (f"{LINES_HEAD}S9,10,x,1,1.00,1.00,20\n", "which the day report does not have"),
        (f"{LINES_HEAD}S1,10,x,1,1.00,1.00,20\n", "its total is 6.90"),
    ],
)
def test_lines_that_contradict_the_report_are_refused(cloud, lines, why):
    """Lines made at another time than the report are not mixed with it."""
    cloud.import_day_report(DAY, report(row("S1")))
    with pytest.raises(FileUnreadable) as caught:
        cloud.import_day_report(DAY, None, lines.encode())
    assert why in caught.value.message
    assert 1 == len(run(cloud.day(DAY)))


def test_lines_need_their_report(cloud):
    """Lines alone prove nothing."""
    with pytest.raises(FileUnreadable):
        cloud.import_day_report(DAY, None, LINES_HEAD.encode())


def test_new_report_sets_older_lines_aside(cloud):
    """The older lines would contradict it; the file is kept under another name."""
    cloud.import_day_report(DAY, report(row("S1")), f"{LINES_HEAD}S1,10,x,2,3.45,6.90,13.5\n".encode())
    cloud.import_day_report(DAY, report(row("S1"), row("S2")))
    assert [(), ()] == [one.lines for one in run(cloud.day(DAY))]
    assert (cloud.folder.path / f"day-lines-{DAY}.csv.old").exists()


def test_read_back_must_be_newer_than_the_last_screen(cloud, world):
    """A report made before the last sale was keyed cannot prove the day."""
    cloud.import_day_report(DAY, report(row("S1")))
    run(world.pause(10))
    cloud.screen(booking())
    with pytest.raises(ExportNeeded):
        run(cloud.day(DAY))
    run(world.pause(10))
    cloud.import_day_report(DAY, report(row("S1")))
    assert 1 == len(run(cloud.day(DAY)))


def test_reports_outlive_the_box(tmp_path, world):
    """After a restart the last report is read from its file, with the age that it was given."""
    folder = Folder(tmp_path / "exports")
    made = FRIDAY.replace(hour=11)
    AssistedCloud(folder, Settings(), world).import_day_report(DAY, report(row("S1", entry_id(1))), as_of=made)
    again = AssistedCloud(folder, Settings(), world)
    assert 1 == len(run(again.day(DAY)))
    assert made == folder.named(f"day-report-{DAY}", world.now()).as_of
    assert ("exists", "") == ask(again, booking(1))


# Asking ------------------------------------------------------------------------------------------------


def test_send_is_left_to_the_person(cloud):
    """The connector never says that a sale was booked of its own accord."""
    assert "silent" == run(cloud.send(booking())).word
    assert ("person", True) == (manifest.hands, run(cloud.renew_login()))


def test_absent_only_by_a_report_made_after_the_question(cloud, world):
    """A report from before proves nothing about what was keyed since."""
    one = booking()
    cloud.import_day_report(DAY, report())
    run(world.pause(10))
    assert ("silent", "") == ask(cloud, one)
    run(world.pause(10))
    assert ("silent", "") == ask(cloud, one)
    cloud.import_day_report(DAY, report(), as_of=FRIDAY)
    assert ("silent", "") == ask(cloud, one)
    cloud.import_day_report(DAY, report())
    assert ("absent", "") == ask(cloud, one)
    cloud.screen(one)
    run(world.pause(10))
    assert ("silent", "") == ask(cloud, one)


def test_what_an_older_report_shows_is_there(cloud, world):
    """Being there needs no newer proof."""
    cloud.import_day_report(DAY, report(row("S1", entry_id(1))))
    run(world.pause(3_600))
    assert ("exists", "") == ask(cloud, booking())


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ((row("S1", entry_id(1)),), ("exists", "")),
        ((row("S1", entry_id(1), total="6.91"),), ("differs", "")),
        ((row("S1", entry_id(1), kind="refund"),), ("differs", "")),
        ((row("S1", entry_id(1), state="draft"),), ("partial", "")),
        ((row("S1", entry_id(1), state="void"),), ("differs", "voided")),
        ((row("S1", entry_id(1)), row("S2", entry_id(1))), ("differs", "doubled")),
        ((row("S1", entry_id(1)), row("S2", entry_id(1), state="void")), ("exists", "")),
        ((row("S1", entry_id(2)),), ("absent", "")),
    ],
)
def test_what_a_fresh_report_says(cloud, rows, expected):
    """There, otherwise there, half there, voided, keyed twice, or not there."""
    cloud.import_day_report(DAY, report(*rows))
    assert expected == ask(cloud, booking())


def test_other_items_and_other_tenders_differ(cloud):
    """The total alone is not the sale; two lines of one item are the same as one."""
    one = booking(1, *(Line("10", "Ruisleipä", 1_000, 34_500, 345, 135_000),) * 2)
    cloud.import_day_report(DAY, report(row("S1", entry_id(1))), f"{LINES_HEAD}S1,10,x,2,3.45,6.90,13.5\n".encode())
    assert ("exists", "") == ask(cloud, one)
    assert ("differs", "") == ask(cloud, replace(one, document=replace(one.document, tenders=(Tender("cash", 690),))))
    cloud.import_day_report(DAY, report(row("S1", entry_id(1))), f"{LINES_HEAD}S1,11,x,2,3.45,6.90,13.5\n".encode())
    assert ("differs", "") == ask(cloud, one)


def test_cloud_that_rounds_otherwise_is_borne_to_one_cent_a_line(cloud):
    """A weighed line may come to a cent more there; the difference becomes a finding later, two cents are another sale."""
    one = booking(1, Line("10", "Omena", 1_333, 29_900, 399, 135_000))
    cloud.import_day_report(DAY, report(row("S1", entry_id(1), total="3.98", card="3.99")))
    assert ("exists", "") == ask(cloud, one)
    cloud.import_day_report(DAY, report(row("S1", entry_id(1), total="3.97", card="3.99")))
    assert ("differs", "") == ask(cloud, one)


def test_keyed_under_another_day_is_told(cloud):
    """It is neither there nor absent: a person moves it."""
    cloud.import_day_report("2026-11-21", report(row("S1", entry_id(1), day="2026-11-21")))
    run(cloud.day("2026-11-21"))
    cloud.import_day_report(DAY, report())
    assert ("differs", "other-day") == ask(cloud, booking())


def test_in_flight_sale_is_found_by_its_number_on_the_screen(cloud, world):
    """By number and sum among the documents without our id; without a number only "none of that sum" is certain."""
    one = (row("S1", reference="C1-7"), row("S2", entry_id(1), total="9.99"))

    def find(reference, total):
        return run(cloud.find_in_flight(DAY, reference, total)).word

    assert "silent" == find("C1-7", 690)
    cloud.import_day_report(DAY, report(*one))
    assert ["exists", "exists", "absent", "absent", "silent", "absent"] == [
        find("C1-7", 690),
        find("S1", 690),
        find("C1-8", 690),
        find("C1-7", 691),
        find("", 690),
        find("", 999),
    ]
    run(world.pause(60))
    assert "silent" == find("C1-9", 100)


def test_unreadable_report_makes_every_question_silent(cloud):
    """A report that a person dropped and that cannot be read answers nothing, and says why."""
    drop(cloud, f"day-report-{DAY}.csv", "<html>")
    assert "web page" in run(cloud.ask(booking())).reason
    assert "silent" == run(cloud.find_in_flight(DAY, "C1-7", 690)).word


# Setting up --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("url", ["exports", "https://cloud.example.com", __file__])
def test_folder_must_be_a_full_path(world, url):
    """A relative path, an address or a file is refused before anything is read."""
    with pytest.raises(Misconfigured):
        connect(Settings(cloud="assisted", cloud_url=url), None, world, None, None)


def test_without_a_folder_screens_still_work(world):
    """Before anything is connected there are no copies, and what waits can still be keyed."""
    cloud = connect(Settings(), None, world, None, None)
    assert DAY == cloud.screen(booking()).day
    with pytest.raises(ExportNeeded) as caught:
        run(cloud.pull("items", None))
    assert "tideover connect assisted" in caught.value.hint
    assert "silent" == run(cloud.ask(booking())).word
    with pytest.raises(Misconfigured):
        cloud.import_day_report(DAY, report())


def test_count_is_not_known(cloud):
    """A file does not say what it left out."""
    assert asyncio.run(cloud.count("items")) is None
