"""Paper that follows: one price changes, and the right copies are stale, printed again and put in their place; the others never."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pikepdf
import pytest
from msgspec.structs import replace

from tideover.app import Seams, open_house
from tideover.box import remind, supervise
from tideover.commands.paper_work import work
from tideover.disk import passing
from tideover.errors import BadRecord, NotFound, Rejected, Unavailable, WrongState
from tideover.kit import copies as register
from tideover.kit import hand_out
from tideover.kit.jobs import printed_prices
from tideover.kit.work import Done, Wish
from tideover.model.item import Item
from tideover.plan.records import Person
from tideover.ports import Page, PrintAnswer
from tideover.world import ClockPage, ToldWorld, to_ms
from unit.kit.corner_shop import PHRASE
from unit.web.shop import FRIDAY

BREAD = tuple(Item(f"L{n}", f"Leipä {n}", 20_000 + 100 * n, 135_000, (), "Leipä") for n in range(30))
MILK = tuple(Item(f"M{n}", f"Maito {n}", 15_000 + 100 * n, 135_000, (), "Maito") for n in range(30))
BREAD_LIST, MILK_LIST, CONTACTS = "price-list/price-list-leipa.fi", "price-list/price-list-maito.fi", "contacts/contacts.fi"


async def at_once(wish: Wish) -> Done:
    return work(wish)


class Shop:
    """An open house on a Friday, its clock in our hand."""

    def __init__(self, folder: Path, in_a_process: bool = False, **settings) -> None:
        """in_a_process: papers are made as in a shop; else by the same function, here."""
        self.page = ClockPage(folder / "clock")
        self.page.now_ms = to_ms(FRIDAY)
        self.world = ToldWorld(self.page, 1, publishes=True)
        self.house = open_house(folder, self.world, Seams(probes=[], tell=lambda text: None), **{"language": "fi", **settings})
        self.keep = self.house.keep
        if not in_a_process:
            self.keep.work = at_once

    async def fill(self) -> None:
        self.house.plan.put(Person("Väinö", phone="+358 40 1234567"), "Anna")
        await self.bring(*BREAD, *MILK)

    async def bring(self, *items: Item) -> None:
        """What a pull of the copies does."""
        await self.house.copies.apply("items", Page(rows=items, cursor=str(self.page.now_ms), more=False), self.world.now())

    def pass_time(self, seconds: int) -> None:
        self.page.now_ms += seconds * 1_000

    def stale(self) -> list[tuple[str, str]]:
        return sorted((copy.artefact, copy.place) for copy in self.keep.stale())

    async def lay(self, artefact: str, place: str) -> register.Copy:
        """A copy that a person printed and put there."""
        return await hand_out.printed_by_hand(self.keep, await self.keep.order(artefact, place, ""), "Anna")


def in_shop(folder: Path, play, **settings) -> None:
    async def run() -> None:
        shop = Shop(folder, **settings)
        try:
            await shop.fill()
            await play(shop)
        finally:
            await shop.house.shut()
            shop.page.close()

    asyncio.run(run())


class Printer:
    """A printer that answers what it is told to."""

    name, timeout_s = "office", 1.0

    def __init__(self, *answers: PrintAnswer) -> None:
        self.answers, self.sent = list(answers), []

    async def send(self, path: Path, title: str) -> PrintAnswer:
        self.sent.append((title, path.read_bytes()))
        return self.answers.pop(0)

    async def ask(self, number: str) -> PrintAnswer:
        return self.answers.pop(0)


def test_one_price_makes_its_copies_stale_and_no_others(tmp_path):
    """Told by the copies at once, and found at the next turn: both copies of that list and the change sheet, within a minute."""

    async def play(shop):
        for artefact, place in ((BREAD_LIST, "Till 1"), (BREAD_LIST, "Till 2"), (MILK_LIST, "Till 1"), (CONTACTS, "Office")):
            await shop.lay(artefact, place)
        assert 60 >= await shop.keep.turn()
        assert [] == shop.stale()
        shop.keep.wake.reset()
        await shop.bring(replace(BREAD[3], unit_price=99_900))
        assert shop.keep.wake.rung  # The loop's pause ends now.
        assert 60 >= await shop.keep.turn()
        assert [(BREAD_LIST, "Till 1"), (BREAD_LIST, "Till 2")] == shop.stale()
        waiting = shop.keep.jobs.all()
        assert {("waiting", "Till 1"), ("waiting", "Till 2")} == {(job.state, job.place) for job in waiting}

    in_shop(tmp_path, play, in_a_process=True)


def test_a_changed_plan_is_noticed_within_a_minute(tmp_path):
    """No bell rings for it: the loop's own pause is short enough. A new phone number makes the contacts stale, no price list."""

    async def play(shop):
        await shop.lay(BREAD_LIST, "Till 1")
        await shop.lay(CONTACTS, "Office")
        assert 60 >= await shop.keep.turn()
        shop.house.plan.put(Person("Väinö", phone="+358 50 7654321"), "Anna")
        await shop.keep.turn()
        assert [(CONTACTS, "Office")] == shop.stale()

    in_shop(tmp_path, play)


def test_nothing_is_laid_out_that_nobody_holds(tmp_path):
    """Without copies the loop sleeps; a copy that ended costs nothing either."""

    async def play(shop):
        asked = []
        work = shop.keep.work

        async def counted(wish):
            asked.append(wish)
            return await work(wish)

        shop.keep.work = counted
        assert 600 <= await shop.keep.turn()
        copy = await shop.lay(MILK_LIST, "Till 1")
        await shop.keep.turn()
        looked = [wish.kinds for wish in asked if wish.kinds]
        assert [("price-list",)] == looked
        await shop.keep.turn()
        assert looked == [wish.kinds for wish in asked if wish.kinds]  # Nothing changed: nothing is looked at.
        await shop.keep.end(copy, "destroyed", "Anna")
        await shop.bring(replace(MILK[0], unit_price=1))
        await shop.keep.turn()
        assert looked == [wish.kinds for wish in asked if wish.kinds]
        assert {} == shop.keep.jobs.papers()

    in_shop(tmp_path, play)


def test_a_price_that_comes_back_needs_no_paper(tmp_path):
    """The job is dropped while nothing was printed."""

    async def play(shop):
        await shop.lay(BREAD_LIST, "Till 1")
        await shop.keep.turn()
        for price, jobs in ((99_900, 1), (BREAD[3].unit_price, 0)):
            await shop.bring(replace(BREAD[3], unit_price=price))
            await shop.keep.turn()
            assert jobs == len(shop.keep.jobs.all())

    in_shop(tmp_path, play)


def test_the_shops_printer_prints_it_again(tmp_path):
    """Into the folder that was chosen: with the new price and the copy's own number; placed by one tap, and the old one is gone."""
    out = tmp_path / "out"
    out.mkdir()

    async def play(shop):
        old = await shop.lay(BREAD_LIST, "Till 1")
        await shop.keep.turn()
        shop.pass_time(3_600)
        await shop.bring(replace(BREAD[3], unit_price=99_900))
        await shop.keep.turn()
        (job,) = shop.keep.jobs.all()
        (file,) = out.iterdir()
        new = shop.keep.copy(job.id)
        text = pdf_text(file)
        assert ("printed", old.id) == (job.state, job.replaces)
        assert "9,99" in text and new.short in text
        assert [(BREAD_LIST, "Till 1")] == shop.stale()  # The old one still lies there.
        await shop.keep.placed(new, job.place, job.holder, "Cara")
        assert ([], [], "Till 1") == (shop.stale(), shop.keep.jobs.all(), shop.keep.copy(new.id).place)
        assert "replaced" == shop.keep.copy(old.id).ended
        await shop.keep.turn()
        assert [] == shop.keep.jobs.all()

    in_shop(tmp_path, play, printer=f"folder:{out}")


def pdf_text(path: Path) -> str:
    import pypdfium2

    with pikepdf.open(path) as document:
        assert len(document.pages) >= 1
    pdf = pypdfium2.PdfDocument(path)
    try:
        pages = [page.get_textpage() for page in pdf]
        text = "\n".join(page.get_text_range() for page in pages)
        for page in pages:
            page.close()
        return text
    finally:
        pdf.close()


def test_a_morning_of_changes_prints_once(tmp_path):
    """The same paper by itself at most once an hour; what a person asks for comes at once."""

    async def play(shop):
        shop.keep.printer = printer = Printer(*[PrintAnswer("confirmed", "n")] * 9)
        await shop.lay(BREAD_LIST, "Till 1")
        for price in (99_100, 99_200, 99_300):
            shop.pass_time(600)
            await shop.bring(replace(BREAD[3], unit_price=price))
            await shop.keep.turn()
        assert [] == printer.sent
        await shop.keep.order(BREAD_LIST, "Office", "")
        await shop.keep.turn()
        assert 1 == len(printer.sent)
        shop.pass_time(3_700)
        await shop.keep.turn()
        assert 2 == len(printer.sent)

    in_shop(tmp_path, play)


@pytest.mark.parametrize(
    ("answers", "states"),
    [
        ((PrintAnswer("away", why="no printer"), PrintAnswer("confirmed", "1")), ("queued", "printed")),
        ((PrintAnswer("sent", "7"), PrintAnswer("sent", "7", "out of paper"), PrintAnswer("confirmed", "7")), ("sent", "sent", "printed")),
        ((PrintAnswer("unknown", why="gone"),), ("unknown", "unknown")),
        ((PrintAnswer("sent", "7"), PrintAnswer("away", "7", "gone"), PrintAnswer("unknown", "7")), ("sent", "sent", "unknown")),
    ],
)
def test_a_printer_without_luck_is_waited_for(tmp_path, answers, states):
    """Away: it waits and says why. Unknown: a person looks, and nothing is printed twice by itself."""

    async def play(shop):
        shop.keep.printer = Printer(*answers)
        job = await shop.keep.order(CONTACTS, "Office", "")
        found, whys = [], []
        for _ in states:
            await shop.keep.turn()
            found.append(shop.keep.job(job.id).state)
            whys.append(shop.keep.job(job.id).why)
        assert list(states) == found
        assert [answer.why for answer in answers] == whys[: len(answers)]
        assert (job.id in shop.keep.copies()) == (states[-1] == "printed")

    in_shop(tmp_path, play)


def test_a_box_that_stopped_while_it_printed_does_not_know(tmp_path):
    """After its next start the job is for a person to look at, never sent again by itself."""

    async def before(shop):
        job = await shop.keep.order(CONTACTS, "Office", "")
        assert await shop.keep.move(job, ("queued",), state="sending", content="a" * 64, pages=1)

    async def after(shop):
        await shop.keep.turn()
        (job,) = shop.keep.jobs.all()
        assert ("unknown", "the box was stopped while it was sent") == (job.state, job.why)
        await hand_out.again(shop.keep, job)
        await shop.keep.turn()
        assert "printed" == shop.keep.job(job.id).state

    out = tmp_path / "out"
    out.mkdir()
    in_shop(tmp_path, before, printer=f"folder:{out}")
    in_shop(tmp_path, after, printer=f"folder:{out}")


def test_the_change_sheet_counts_from_the_prices_on_paper(tmp_path):
    """They are kept when every list that somebody holds is true, and stay while one of them is stale."""

    async def play(shop):
        def kept():
            return (printed_prices(shop.house.copies.database) or {}).get("L3")

        await shop.keep.turn()
        assert kept() is None
        await shop.lay(BREAD_LIST, "Till 1")
        await shop.keep.turn()
        assert BREAD[3].unit_price == kept()
        await shop.bring(replace(BREAD[3], unit_price=99_900))
        await shop.keep.turn()
        assert BREAD[3].unit_price == kept()
        (job,) = shop.keep.jobs.all()
        await hand_out.printed_by_hand(shop.keep, job, "Anna")
        await shop.keep.turn()
        assert ([], 99_900) == (shop.stale(), kept())

    in_shop(tmp_path, play)


def test_a_pocket_kit_is_known_by_holder_and_version(tmp_path):
    """Handed out with an id of its own; its phone is heard once in half a day; another content or id says nothing."""

    async def play(shop):
        body, copy = await hand_out.hand_out(shop.keep, "Väinö", "fi", PHRASE, ("http://192.168.1.10:8787",), "Anna")
        assert body.startswith(b"<!doctype html>") and copy.id.encode() not in body
        assert ("Väinö", "phone", 0) == (copy.holder, copy.place, copy.seen_at)
        for id, content in ((copy.id, "0" * 64), (shop.world.new_id(), copy.content), ("", "")):
            await hand_out.opened(shop.keep, id, content)
        assert 0 == shop.keep.copy(copy.id).seen_at
        for _ in range(3):
            shop.pass_time(60)
            await hand_out.opened(shop.keep, copy.id, copy.content)
        heard = shop.keep.copy(copy.id)
        assert (to_ms(FRIDAY) + 60_000, "Väinö") == (heard.seen_at, heard.holder)
        await shop.bring(replace(BREAD[3], unit_price=99_900))
        await shop.keep.turn()
        assert ([("pocket-kit/pocket-kit.fi", "phone")], []) == (shop.stale(), shop.keep.jobs.all())  # Nobody prints a phone.

    in_shop(tmp_path, play)


def test_a_paper_that_was_being_handed_over_when_the_power_went_is_swept(tmp_path):
    """A box that opens has nothing lying about of an earlier life: what was on its way to a printer names customers and numbers."""
    cut_off = passing(tmp_path, "receipt.bin")
    cut_off.write_bytes(b"Virtanen, 14.90")
    cut_off.with_name("receipt.bin.new").write_bytes(b"Virt")

    async def play(shop):
        assert [] == list(cut_off.parent.iterdir())

    in_shop(tmp_path, play)


def test_two_people_fetch_one_paper_at_the_same_moment(tmp_path):
    """Each has it whole, though one is done between the making and the reading of the other's; nothing is left behind."""

    async def play(shop):
        job = await shop.keep.order(BREAD_LIST, "Till 1", "")
        made, first_is_done = asyncio.Event(), asyncio.Event()

        async def slowly(wish: Wish) -> Done:
            done = work(wish)
            made.set()
            await first_is_done.wait()
            return done

        shop.keep.work = slowly
        second = asyncio.create_task(hand_out.file_of(shop.keep, job))
        await made.wait()
        shop.keep.work = at_once
        first = await hand_out.file_of(shop.keep, job)
        first_is_done.set()
        assert first == await second and first[0].startswith(b"%PDF-")
        assert [] == list((shop.keep.folder / "printing").iterdir())

    in_shop(tmp_path, play)


def test_wrong_orders_change_nothing(tmp_path):
    """A paper that there is not, a job and a copy that there are not, an end after the end, a second print of one job."""

    async def play(shop):
        for artefact in ("slips/slips.fi", "pocket-kit/pocket-kit.fi", "", "x/../../etc.fi"):
            with pytest.raises(Rejected):
                await shop.keep.order(artefact, "", "")
        with pytest.raises(NotFound):
            shop.keep.job("x")
        with pytest.raises(NotFound):
            shop.keep.copy("x")
        unknown = await shop.keep.order("price-list/no-such-list.fi", "", "")
        with pytest.raises(Rejected):
            await hand_out.file_of(shop.keep, unknown)
        await hand_out.drop(shop.keep, unknown)
        copy = await shop.lay(CONTACTS, "Office")
        await shop.keep.end(copy, "lost", "Anna")
        with pytest.raises(WrongState):
            await shop.keep.end(shop.keep.copy(copy.id), "destroyed", "Anna")
        with pytest.raises(BadRecord):
            await hand_out.hand_out(shop.keep, "Väinö", "fi", "weak", (), "Anna")
        assert [] == shop.keep.jobs.all()

    in_shop(tmp_path, play)


def test_a_maker_that_dies_is_named(tmp_path):
    """A data directory that cannot be read: what the other process said, and no paper is thought to be true."""

    async def play(shop):
        await shop.lay(CONTACTS, "Office")
        shop.keep.folder = tmp_path / "nowhere"
        shop.keep.folder.mkdir()
        (shop.keep.folder / "plan.db").write_bytes(b"this is no database" * 500)
        with pytest.raises(Unavailable) as caught:
            await shop.keep.turn()
        assert "program that makes the papers" in caught.value.message
        assert {} == shop.keep.jobs.papers()

    in_shop(tmp_path, play, in_a_process=True)


def test_the_boxs_own_loop_does_it_within_a_minute(tmp_path):
    """The loop as it runs in the box: a price is followed without the clock moving at all, the plan within sixty seconds of it."""

    async def until(holds) -> None:
        for _ in range(2_000):
            if holds():
                return
            await asyncio.sleep(0.005)
        raise AssertionError("nothing came of it")

    async def play(shop):
        await shop.lay(BREAD_LIST, "Till 1")
        await shop.lay(MILK_LIST, "Till 1")
        await shop.lay(CONTACTS, "Office")
        loop = asyncio.create_task(supervise("remind", remind, shop.house))
        await until(lambda: len(shop.keep.jobs.papers()) == 3 and printed_prices(shop.house.copies.database))
        await shop.bring(replace(MILK[3], unit_price=99_900))
        await until(shop.stale)
        assert [(MILK_LIST, "Till 1")] == shop.stale()
        await until(shop.keep.jobs.all)
        await until(lambda: shop.page.due_ms)  # It rests again.
        shop.house.plan.put(Person("Väinö", phone="+358 50 7654321"), "Anna")
        shop.pass_time(60)
        await until(lambda: len(shop.stale()) == 2)
        assert [(CONTACTS, "Office"), (MILK_LIST, "Till 1")] == shop.stale()
        loop.cancel()
        await asyncio.gather(loop, return_exceptions=True)

    in_shop(tmp_path, play)
