"""The page for a person who is the cloud's hands: one sale at a time, in both languages, without scripts."""

import asyncio
import re

import pytest

from tideover.connectors.assisted.cloud import AssistedCloud
from tideover.connectors.assisted.folder import Folder
from tideover.settings import Settings
from unit.seam.test_finnish import english_in, words_of
from unit.web.shop import Shop, StillWorld, in_shop, make_house
from unit.web.test_access import signed_in
from unit.web.test_lists import sold
from unit.web.till import Till

DAY = "2026-11-20"


def in_hand(folder, play, **settings):
    """Runs `play` in a shop whose cloud has no interface, with Anna signed in and her form's token."""

    async def run():
        world, exports = StillWorld(), folder / "exports"
        exports.mkdir()
        shop = Shop(make_house(folder, world, AssistedCloud(Folder(exports), Settings(**settings), world), **settings))
        try:
            anna, csrf = await signed_in(shop)
            await play(shop, anna, {"csrf": csrf})
        finally:
            await shop.end()

    asyncio.run(run())


async def begun(shop, anna, csrf) -> str:
    """A sale that Anna has on her screen."""
    entry = await sold(shop)
    await shop.house.outbox.turn()
    reply = await anna.post(f"/keying/{entry}/begin", data=csrf)
    assert (303, "/keying") == (reply.status_code, reply.headers["location"])
    return entry


def row(shop, entry):
    return shop.house.outbox.rows.row(entry)


def test_a_sale_is_keyed_through_the_page(tmp_path):
    """First only what comes next; once the beginning is stored its screen, also after a reload; booked with its number."""

    async def play(shop, anna, csrf):
        entry = await sold(shop)
        await shop.house.outbox.turn()
        page = (await anna.get("/keying")).text
        assert "Sales to key into the cloud: 1" in page and "2.50\xa0€" in page and 'class="copy"' not in page
        assert 303 == (await anna.post(f"/keying/{entry}/begin", data=csrf)).status_code
        assert "sending" == row(shop, entry).state
        for _ in range(2):
            page = (await anna.get("/keying")).text
            for needed in (f'class="copy">{entry}<', "Copy this into the reference field", "Coffee", "A1", "13.5", "Cash", "2.50", DAY):
                assert needed in page, needed
        done = await anna.post(f"/keying/{entry}/done", data={**csrf, "said": "number", "number": " 4711 "})
        assert (303, "/keying") == (done.status_code, done.headers["location"])
        assert ("booked", "4711") == (row(shop, entry).state, row(shop, entry).number)
        assert "Nothing to key." in (await anna.get("/keying")).text

    in_hand(tmp_path, play)


def test_after_one_sale_comes_the_next(tmp_path):
    """In the order in which they were sold, with how many are left and their sum."""

    async def play(shop, anna, csrf):
        till = await Till(shop, "Till 1").enrol()
        first, second, third = [one["id"] for one in (await till.send(till.sign(), till.sign(), till.sign()))["answers"]]
        await shop.house.outbox.turn()
        page = (await anna.get("/keying")).text
        assert "cloud: 3" in page and "7.50\xa0€" in page and f"/keying/{first}/begin" in page
        await anna.post(f"/keying/{first}/begin", data=csrf)
        page = (await anna.get("/keying")).text
        assert "After this one: 2" in page and "5.00\xa0€" in page
        await anna.post(f"/keying/{first}/done", data={**csrf, "said": "number", "number": "1"})
        page = (await anna.get("/keying")).text
        assert "cloud: 2" in page and f"/keying/{second}/begin" in page and third not in page

    in_hand(tmp_path, play)


def test_what_the_cloud_does_not_take_is_parked_with_the_persons_words(tmp_path):
    """And with the cause that was chosen."""

    async def play(shop, anna, csrf):
        entry = await begun(shop, anna, csrf)
        said = {"said": "refused", "refused": "Kausi on lukittu", "cause": "closed-period"}
        assert 303 == (await anna.post(f"/keying/{entry}/done", data={**csrf, **said})).status_code
        [one] = shop.house.outbox.parked()
        assert (entry, "Kausi on lukittu", "closed-period") == (one.id, one.reason, one.cause)
        assert "Kausi on lukittu" in (await anna.get("/")).text

    in_hand(tmp_path, play)


@pytest.mark.parametrize("was_stored", [True, False])
def test_what_nobody_is_sure_of_is_looked_for_in_the_day_report(tmp_path, was_stored):
    """Not keyed again before a report says that it is not there; booked if it is."""

    async def play(shop, anna, csrf):
        entry = await begun(shop, anna, csrf)
        assert 303 == (await anna.post(f"/keying/{entry}/done", data={**csrf, "said": "unsure"})).status_code
        await shop.house.outbox.turn()
        page = (await anna.get("/keying")).text
        assert f"/keying/{entry}" not in page and "nobody knows whether they were stored" in page and DAY in page
        shop.world.pass_time(minutes=5)
        await shop.house.outbox.turn()
        shop.world.pass_time(minutes=5)
        report = "number,our_reference,day,total\n" + (f"4711,{entry},{DAY},2.50\n" if was_stored else f"4712,,{DAY},9.00\n")
        told = await anna.post("/keying/day-report", data={**csrf, "day": DAY}, files={"report": ("day.csv", report.encode())})
        assert 200 == told.status_code and "The day report was read: 1 documents" in told.text, told.text
        for _ in range(5):
            await shop.house.outbox.turn()
        expected = ("booked", "4711", []) if was_stored else ("waiting", None, [entry])
        assert expected == (row(shop, entry).state, row(shop, entry).number, shop.house.outbox.keying())
        page = (await anna.get("/keying")).text
        assert (f"/keying/{entry}/begin" in page) != was_stored

    in_hand(tmp_path, play)


def test_a_day_report_that_cannot_be_taken_says_what_to_do(tmp_path):
    """A file that is none, no file, no day: in place, and nothing is kept."""

    async def play(shop, anna, csrf):
        for day, files, needed in (
            (DAY, {"report": ("day.csv", b"nonsense")}, "cannot be read"),
            (DAY, {"report": ("", b"")}, "no file was chosen"),
            ("../../x", {"report": ("day.csv", b"number")}, "the day is missing"),
            ("2026-02-30", {"report": ("day.csv", b"number")}, "the day is missing"),
        ):
            reply = await anna.post("/keying/day-report", data={**csrf, "day": day}, files=files)
            assert 400 == reply.status_code and needed in reply.text and 'role="alert"' in reply.text, reply.text
        no_token = await anna.post("/keying/day-report", data={"day": DAY}, files={"report": ("day.csv", b"number")})
        assert 403 == no_token.status_code
        assert [] == list((tmp_path / "exports").iterdir())

    in_hand(tmp_path, play)


def test_an_error_stands_in_place_and_nothing_typed_is_lost(tmp_path):
    """The screen stays; the answer is not written."""

    async def play(shop, anna, csrf):
        entry = await begun(shop, anna, csrf)
        for said, needed in (
            ({"said": "number", "number": " "}, "number is missing"),
            ({"said": "refused", "refused": ""}, "the reason is missing"),
            ({"said": "refused", "refused": "x" * 901}, "x" * 901),
            ({"said": "dance"}, "give exactly one of"),
        ):
            reply = await anna.post(f"/keying/{entry}/done", data={**csrf, **said})
            assert 400 == reply.status_code and needed in reply.text and f'class="copy">{entry}<' in reply.text, reply.text
            assert 'href="/keying?lang=fi"' in reply.text  # Not the address of the form, which cannot be asked for.
        assert "sending" == row(shop, entry).state
        assert 403 == (await anna.post(f"/keying/{entry}/done", data={"csrf": "guess", "said": "unsure"})).status_code
        assert 404 == (await anna.post("/keying/nothing/done", data={**csrf, "said": "unsure"})).status_code

    in_hand(tmp_path, play)


def test_without_a_folder_a_day_report_is_refused_with_what_to_do(tmp_path):
    """Nothing is connected yet; what waits may be keyed all the same."""

    async def play(shop, anna, csrf):
        shop.house.cloud.folder = Folder(None)
        entry = await begun(shop, anna, csrf)
        report = {"report": ("day.csv", f"number,our_reference,day,total\n1,,{DAY},2.50\n".encode())}
        reply = await anna.post("/keying/day-report", data={**csrf, "day": DAY}, files=report)
        assert 'role="alert"' in reply.text and "no folder for the cloud" in reply.text and entry in reply.text, reply.text

    in_hand(tmp_path, play)


def test_a_sale_that_the_report_does_not_have_may_be_keyed_by_anybody(tmp_path):
    """Anna went home with it on her screen: her quarter of an hour is over, and the report shows that it is not there."""

    async def play(shop, anna, csrf):
        entry = await begun(shop, anna, csrf)
        for _ in range(3):
            shop.world.pass_time(minutes=20)
            await shop.house.outbox.turn()
        assert f'class="copy">{entry}<' in (await anna.get("/keying")).text
        report = {"report": ("day.csv", f"number,our_reference,day,total\n1,,{DAY},2.50\n".encode())}
        assert 200 == (await anna.post("/keying/day-report", data={**csrf, "day": DAY}, files=report)).status_code
        for _ in range(3):
            await shop.house.outbox.turn()
        bertta, token = await signed_in(shop, "Bertta", "1379")
        for person in (anna, bertta):
            assert f"/keying/{entry}/begin" in (await person.get("/keying")).text
        await bertta.post(f"/keying/{entry}/begin", data={"csrf": token})
        page = (await bertta.get("/keying")).text
        assert "search the cloud for the reference first" in page

    in_hand(tmp_path, play)


def test_two_people_do_not_get_the_same_sale(tmp_path):
    """The second is told; the first who presses twice sees the screen."""

    async def play(shop, anna, csrf):
        entry = await begun(shop, anna, csrf)
        assert 303 == (await anna.post(f"/keying/{entry}/begin", data=csrf)).status_code
        bertta, token = await signed_in(shop, "Bertta", "1379")
        late = await bertta.post(f"/keying/{entry}/begin", data={"csrf": token})
        assert 409 == late.status_code and 'class="copy"' not in late.text
        assert "On other people&#39;s screens now: 1" in late.text

    in_hand(tmp_path, play)


def test_without_a_sign_in_nothing_is_shown(tmp_path):
    """Not to a stranger, not to a till; a person is led to the sign-in and back."""

    async def play(shop, anna, csrf):
        entry = await sold(shop)
        await shop.house.outbox.turn()
        stranger = shop.client()
        page = await stranger.get("/keying")
        assert (303, "/sign-in?to=keying") == (page.status_code, page.headers["location"])
        assert entry not in page.text and "€" not in page.text
        for path in (f"/keying/{entry}/begin", f"/keying/{entry}/done", "/keying/day-report"):
            assert 401 == (await stranger.post(path, data=csrf)).status_code
        assert "waiting" == row(shop, entry).state
        assert 'action="/sign-in?to=keying"' in (await stranger.get("/sign-in?to=keying")).text
        back = await stranger.post("/sign-in?to=keying", data={"name": "Anna", "pin": "2580"})
        assert "/keying" == back.headers["location"]
        assert "/" == (await shop.client().post("/sign-in?to=//evil", data={"name": "Anna", "pin": "2580"})).headers["location"]
        assert "evil" not in (await shop.client().get("/sign-in?to=//evil")).text

    in_hand(tmp_path, play)


def test_the_status_page_leads_to_what_is_to_be_keyed(tmp_path):
    """While something waits, for people who are signed in; besides the frame's link, which is always there for them."""

    async def play(shop, anna, csrf):
        assert 'href="/keying"' not in (await anna.get("/")).text.partition("<main")[2]
        await sold(shop)
        await shop.house.outbox.turn()
        assert 'href="/keying"' in (await anna.get("/")).text.partition("<main")[2]
        assert 'href="/keying"' not in (await shop.client().get("/")).text

    in_hand(tmp_path, play)


def test_for_a_cloud_with_an_interface_nothing_is_keyed_by_hand(tmp_path):
    """One sentence, no buttons; and a form made up by hand changes nothing."""

    async def play(shop):
        anna, csrf = await signed_in(shop)
        entry = await sold(shop)
        page = (await anna.get("/keying")).text
        assert "Nothing is keyed by hand here." in page and "/keying/" not in page
        for path in (f"/keying/{entry}/begin", f"/keying/{entry}/done", "/keying/day-report"):
            assert 409 == (await anna.post(path, data={"csrf": csrf, "said": "unsure"})).status_code
        assert 'href="/keying"' not in (await anna.get("/")).text

    in_shop(tmp_path, play)


def test_the_finnish_page_holds_no_english(tmp_path):
    """To key, on the screen, in doubt, empty, refused in place; names of items are the shop's own."""

    async def play(shop, anna, csrf):
        pages = [await anna.get("/keying?lang=fi")]
        entry = await sold(shop)
        await shop.house.outbox.turn()
        pages += [await anna.get("/keying"), await anna.get("/")]
        await anna.post(f"/keying/{entry}/begin", data=csrf)
        pages.append(await anna.get("/keying"))
        pages += [await anna.post(f"/keying/{entry}/done", data={**csrf, "said": said}) for said in ("number", "refused", "x")]
        await anna.post(f"/keying/{entry}/done", data={**csrf, "said": "unsure"})
        await shop.house.outbox.turn()
        pages.append(await anna.get("/keying"))
        report = {"report": ("day.csv", f"number,our_reference,day,total\n1,,{DAY},2.50\n".encode())}
        pages.append(await anna.post("/keying/day-report", data={**csrf, "day": DAY}, files=report))
        assert "Päiväraportti luettiin: 1 tositetta" in pages[-1].text
        pages.append(await anna.post("/keying/day-report", data={**csrf, "day": ""}, files=report))
        for page in pages:
            assert '<html lang="fi">' in page.text
            assert [] == english_in(words_of(page.text)), words_of(page.text)
        assert "2,50" in pages[3].text and re.search(r"Kopioi tämä viitekenttään", pages[3].text)

    in_hand(tmp_path, play, language="fi")
