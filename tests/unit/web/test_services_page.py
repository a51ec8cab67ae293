"""The strips of the last week and the records of vendors: what is drawn, said and kept, for whom."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from msgspec.structs import replace

from tideover.model.facts import LogNote
from tideover.model.switching import ServiceAway
from tideover.plan.records import Person, Service
from tideover.web.service_strip import SPANS_MS, ticks
from tideover.words import say
from tideover.world import to_ms
from unit.web.shop import in_shop
from unit.web.test_access import signed_in
from unit.web.weeks import live_through, see_now, with_week, write_down

HELSINKI = "Europe/Helsinki"


def on_pages(folder, play, days=8, name="Anna", is_empty=False, **settings):
    """Runs `play` in a shop that has lived through such a week, with that person signed in."""

    async def run(shop):
        with_week(shop.house)
        shop.house.plan.put(Person(name, "owner"), name)
        if not is_empty:
            await live_through(shop.house, days)
            await write_down(shop.house)
        client, csrf = await signed_in(shop, name)
        await play(shop, client, csrf)

    in_shop(folder, run, **settings)


def test_a_week_is_drawn_and_told(tmp_path):
    """Each outage is a bar that can be reached and a line below; the sentence above says the same to who cannot see."""

    async def play(shop, anna, csrf):
        page = (await anna.get("/services")).text
        internet = page[page.index('id="internet"') : page.index('id="cloud"')]
        assert "Down 3 times, 41 min in all; the longest 22 min, Sat 14 08:30." in internet
        assert 4 == len(re.findall(r'<a href="#internet-\d"', internet))  # And one time in which it worked in part.
        assert 4 == len(re.findall(r'<li id="internet-\d"', internet))
        assert "Worked in part: 95 min in all." in internet or "Worked in part: 1 h 35 min in all." in internet
        assert "style=" not in page

    on_pages(tmp_path, play)


def test_a_night_in_which_the_box_was_off_is_a_gap(tmp_path):
    """It is drawn and told as such, and is no outage."""

    async def play(shop, anna, csrf):
        page = (await anna.get("/services")).text
        network = page[page.index('id="network"') : page.index('id="internet"')]
        assert "Never seen down. Nobody looked, or nobody could tell: 9 h 1 min in all." in network
        assert 'class="gap"' in network

    on_pages(tmp_path, play)


def test_a_day_and_a_week_are_two_links(tmp_path):
    """The last day shows its own outages only; anything else asked for is a week."""

    async def play(shop, anna, csrf):
        day = (await anna.get("/services?range=day")).text
        assert "Down once: Thu 19 18:00, 15 min." in day
        assert 'href="/services"' in day
        odd = (await anna.get("/services?range=%3Cscript%3E")).text
        assert "Down 3 times" in odd and "<script>" not in odd

    on_pages(tmp_path, play)


def test_what_is_down_now_says_what_to_do(tmp_path):
    """State, since when, meaning, next step and evidence stand beside the strip."""

    async def play(shop, anna, csrf):
        see_now(shop.house, cloud_ok=False)
        page = (await anna.get("/services")).text
        cloud = page[page.index('id="cloud"') : page.index('id="login"')]
        assert 'class="mark down"' in cloud
        assert "since 14:29" in cloud
        assert "503" in cloud

    on_pages(tmp_path, play)


def test_nothing_seen_yet(tmp_path):
    """A box that was set up a minute ago says so, on both pages."""

    async def play(shop, anna, csrf):
        assert "Nothing has been looked at yet." in (await anna.get("/services")).text
        assert "Nothing has gone away yet" in (await anna.get("/vendors")).text

    on_pages(tmp_path, play, is_empty=True)


def test_strangers_see_neither(tmp_path):
    """They are led to the sign-in; the file is refused."""

    async def play(shop, anna, csrf):
        stranger = shop.client()
        for page in ("services", "vendors"):
            reply = await stranger.get(f"/{page}")
            assert (303, f"/sign-in?to={page}") == (reply.status_code, reply.headers["location"])
        assert 401 == (await stranger.get("/vendors/record.csv?vendor=elisa")).status_code

    on_pages(tmp_path, play, is_empty=True)


def test_ticks_stand_at_the_shops_midnights_on_the_day_of_25_hours():
    """On the night of 25 October 2026 Helsinki's clocks go back: that day is wider than the others."""
    now = datetime(2026, 10, 28, 12, 0, tzinfo=UTC)
    begin = now - timedelta(days=7)
    found = ticks(to_ms(begin), to_ms(now), "week", HELSINKI, say("en"))
    widths = [round((b.x - a.x) / 100 * 168) for a, b in pairwise(found)]
    assert [24, 24, 24, 25, 24, 24] == widths
    assert ["Thu 22", "Fri 23", "Sat 24", "Sun 25", "Mon 26", "Tue 27", "Wed 28"] == [one.text for one in found]


def test_hours_of_a_day_are_the_shops():
    """Every third hour has a line, every sixth its word."""
    now = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)
    found = ticks(to_ms(now) - SPANS_MS["day"], to_ms(now), "day", HELSINKI, say("fi"))
    assert ["", "18.00", "", "pe 20.", "", "06.00", "", "12.00"] == [one.text for one in found]


def test_a_vendors_record(tmp_path):
    """Outages, who noticed, what was promised and whether it came, and how much of the time it worked."""

    async def play(shop, anna, csrf):
        page = (await anna.get("/vendors")).text
        cloud = page[page.index("Kassapilvi</a>") :]
        cloud = cloud[: cloud.index("</section>")]
        assert "Cloud till · 2026-11-18 10:30 – 12:51" in cloud
        assert "2 h 21 min" in cloud
        assert "Words promised: 2; in time: 1." in cloud
        assert "promised a word by 2026-11-18 11:10. The word came in time." in cloud
        assert "promised a word by 2026-11-18 11:45. The word came late: 2026-11-18 13:50." in cloud
        assert "Noticed by Anna." in page and "Noticed by the box." in cloud
        assert re.search(r"<dd>9[0-9]\.\d\d", cloud)

    on_pages(tmp_path, play)


def test_a_contracts_promise_is_held_against_what_was_seen(tmp_path):
    """For each outage and each month; where the plan holds no promise the page says so and leads there; nothing reckons in the file."""

    async def play(shop, anna, csrf):
        plan = shop.house.plan
        cloud = replace(plan.get(Service, "cloud"), promised_ppm=999_900, repair_h=2, promise="=SLA §4, 99.99")
        plan.change([cloud, replace(plan.get(Service, "internet"), repair_h=4)], (), "Anna")
        for language, says in (
            (
                "en",
                ("mended within 2 h: that was not kept.", "mended within 4 h: that was kept.", "99.99\xa0% was promised: not kept, 2 h"),
            ),
            ("fi", ("2 tunnissa. Lupausta ei pidetty.", "4 tunnissa. Lupaus pidettiin.", "Luvattu 99,99\xa0%: ei pidetty, poissa 2")),
        ):
            page = (await anna.get("/vendors", headers={"accept-language": language})).text
            assert [] == [one for one in says if one not in page]
        assert 'href="/plan/service/cards' in page and "sopimuksen lupausta ei ole suunnitelmassa" in page
        file = (await anna.get("/vendors/record.csv?vendor=kassapilvi")).content.decode("utf-8-sig")
        rows = list(csv.reader(io.StringIO(file), delimiter=";"))
        assert ["Promise of the contract", "The contract has it mended within 2 h: that was not kept."] == [one[9] for one in rows[:2]]
        assert ["cloud till, 11/2026", "99.99 % was promised: not kept"] == [rows[2][0], rows[2][9].partition(",")[0]]

    on_pages(tmp_path, play)


def test_a_remark_stands_beside_what_the_box_saw(tmp_path):
    """Anybody of the shop may add one; empty ones, too long ones and ones to nothing are refused and nothing typed is lost."""

    async def play(shop, anna, csrf):
        away = shop.house.journal.read(kinds=("service_away",))[-1].entry
        form = {"csrf": csrf, "id": away.id, "text": "  =The terminal's cable was out  "}
        assert 303 == (await anna.post("/vendors/remark", data=form)).status_code
        kept = shop.house.journal.referring(away.id, ("note",))
        assert [LogNote("=The terminal's cable was out")] == [one.entry.body for one in kept]
        page = (await anna.get("/vendors")).text
        assert "cable was out</q>" in page
        for wrong, status in (({"text": " "}, 400), ({"text": "x" * 1001}, 400), ({"id": "nothing"}, 404)):
            reply = await anna.post("/vendors/remark", data={**form, **wrong})
            assert (status, True) == (reply.status_code, "Records of vendors" in reply.text)
        assert 1 == len(shop.house.journal.referring(away.id, ("note",)))

    on_pages(tmp_path, play)


def test_the_file_reckons_nothing(tmp_path):
    """All outages of one vendor; a text that looks like a formula stays a text; nobody is invented."""

    async def play(shop, anna, csrf):
        away = shop.house.journal.read(kinds=("service_away",))[-1].entry
        await anna.post("/vendors/remark", data={"csrf": csrf, "id": away.id, "text": "=1+1;\nsecond line"})
        since = to_ms(shop.world.now()) - 60_000
        await shop.house.journal.record("service_away", ServiceAway("cards", "told-by-person", since, "=HYPERLINK(1)"))
        reply = await anna.get("/vendors/record.csv?vendor=nets", headers={"accept-language": "fi"})
        rows = list(csv.reader(io.StringIO(reply.content.decode("utf-8-sig")), delimiter=";"))
        assert ["Palvelu", "Alkoi", "Päättyi"] == rows[0][:3]
        assert ["korttimaksut", "20.11.2026 14.29", "", "", "0"] == rows[1][:5]
        assert "'=HYPERLINK(1)" == rows[1][6]
        assert ["korttimaksut", "20.11.2026 06.30", "20.11.2026 07.05", "2100", "0"] == rows[2][:5]
        assert rows[2][8].endswith("=1+1; second line")
        assert 404 == (await anna.get("/vendors/record.csv?vendor=nobody")).status_code

    on_pages(tmp_path, play)
