"""The pages of practice: the rehearsal, what I have not read, readiness, the calendar; what they show, ask, and refuse."""

from __future__ import annotations

import re

import pytest
from msgspec.structs import replace

from tideover.learn import rehearsing
from tideover.learn.acknowledge import content_of
from tideover.learn.keeping import CHECK
from tideover.learn.scenario import ROLE_NAMES, SCENARIOS, TASKS
from tideover.learn.trouble import TROUBLES
from tideover.model.run import Part, PracticeFinding, Rehearsed
from tideover.plan.playbook import starter_texts
from tideover.plan.records import Check, Person, PlaybookText
from tideover.web.acknowledge_page import STATES
from tideover.web.rehearsal_page import ENDS, HOWS
from tideover.words import catalogue
from tideover.world import to_ms
from unit.web.shop import in_shop
from unit.web.test_access import signed_in

MAIJA, AINO = "Maija Mäkelä", "Aino Öystilä"
STAFF = [Person(MAIJA, "owner"), Person(AINO, "cashier", "+358 40 555 1001", language="fi")]


def on_page(folder, play, name=MAIJA, **settings):
    """Runs `play` in a shop with an owner and a cashier, that person signed in, with the token of the page's forms."""

    async def run(shop):
        shop.house.plan.change(STAFF, (), MAIJA)
        client, csrf = await signed_in(shop, name)
        await play(shop, client, {"csrf": csrf})

    in_shop(folder, run, **settings)


async def rehearsed(shop, how="finished", **more):
    """A rehearsal that was, in the journal; its id."""
    at = 1_795_175_400_000
    parts = (Part(MAIJA, "decides, writes"), Part(AINO, "reads, sells"))
    body = Rehearsed("internet-down", at, at + 700_000, how, parts, 60, 180, 650, reader=AINO, **more)
    return (await shop.house.journal.record("rehearsed", body, operator=MAIJA)).id


def test_words_of_the_pages_have_their_finnish():
    """Tasks, roles, scenarios, troubles, states and ends."""
    said = {*(text for pair in TASKS.values() for text in pair), *ROLE_NAMES.values(), *HOWS.values(), *STATES.values()}
    said |= {one.title for one in SCENARIOS.values()} | {text for one in TROUBLES.values() for text in (one.title, one.what)}
    assert set() == {*said, *(note for _, note in ENDS.values() if note)} - set(catalogue("fi"))


@pytest.mark.parametrize("page", ["/rehearsal", "/acknowledge", "/readiness", "/calendar/mine.ics"])
def test_a_stranger_is_led_to_the_sign_in(tmp_path, page):
    """Nothing of it is for whoever walks by."""

    async def play(shop):
        reply = await shop.client().get(page)
        assert 303 == reply.status_code and "/sign-in" in reply.headers["location"]

    in_shop(tmp_path, play)


def test_what_was_rehearsed_and_what_failed_stand_there(tmp_path):
    """Figures, people, the open finding with its owner and day; and in Finnish."""

    async def play(shop, maija, csrf):
        id = await rehearsed(shop, missed=("slip",))
        text = "In the rehearsal nobody did it: Key a paper slip. (The internet line goes dead)"
        finding = PracticeFinding("internet-down/slip", text, AINO, "2026-12-20")
        await shop.house.journal.record("practice_finding", finding, refers_to=id)
        page = (await maija.get("/rehearsal")).text
        assert all(one in page for one in ("3:00", "10:50", "Aino Öystilä", "Owner: Aino Öystilä", text.replace("'", "&#39;")))
        finnish = (await maija.get("/rehearsal?lang=fi")).text
        assert "Harjoituksessa kukaan ei tehnyt tätä" in finnish

    on_page(tmp_path, play)


def test_beginning_one_names_roles_and_may_be_ended_at_once(tmp_path):
    """Who takes part is ticked or written; the button for a real customer ends it."""

    async def play(shop, maija, csrf):
        form = {**csrf, "person": MAIJA, "also": "Hanna, Pekka", "scenario": "cloud-down"}
        assert 303 == (await maija.post("/rehearsal/start", data=form)).status_code
        playing = shop.house.rehearsals.playing
        assert ("cloud-down", {MAIJA, "Hanna", "Pekka"}) == (playing.scenario, set(playing.people))
        page = (await maija.get("/rehearsal")).text
        assert "15:00" in page and "A real customer" in page and "decides" in page
        assert 303 == (await maija.post("/rehearsal/end", data={**csrf, "how": "customer"})).status_code
        assert "A real customer came." in (await maija.get("/rehearsal")).text

    on_page(tmp_path, play)


class Standing:
    """A practice box that stands there, as far as the conductor asks; what it was told to break."""

    is_running, told = True, ()

    async def tell(self, path, body):
        self.told += (body["what"],)

    async def close(self):
        self.is_running = False


@pytest.mark.parametrize("left_ms", [1, 0])
def test_it_ends_by_itself_after_a_quarter_of_an_hour(tmp_path, left_ms):
    """By the box's own clock, with nobody pressing anything; not a moment before. What was not done is missed, and a finding."""

    async def play(shop, maija, csrf):
        rehearsals, world = shop.house.rehearsals, shop.house.world
        await rehearsed(shop)
        assert 303 == (await maija.post("/rehearsal/start", data={**csrf, "person": MAIJA})).status_code
        drawn = rehearsals.playing.scenario
        assert drawn in SCENARIOS and drawn != "internet-down"  # That one was played last.
        rehearsals._shop = practice = Standing()
        rehearsals.playing = replace(rehearsals.playing, phase="calm", ready_ms=to_ms(world.now()))
        world.pass_time(seconds=rehearsing.CALM_S)
        await rehearsals.turn()
        assert ("broken", SCENARIOS[drawn].troubles) == (rehearsals.playing.phase, practice.told)
        world.pass_time(milliseconds=1000 * (rehearsing.SPAN_S - rehearsing.CALM_S) - left_ms)
        await rehearsals.turn()
        page = (await maija.get("/rehearsal")).text
        assert (left_ms == 0) == (rehearsals.playing is None) == (not practice.is_running) == ("The quarter of an hour was over." in page)
        past, gaps = rehearsals.log.past(), rehearsals.log.open_gaps()
        if left_ms == 0:
            assert (drawn, "finished", SCENARIOS[drawn].tasks) == (past[0].body.scenario, past[0].body.how, past[0].body.missed)
            assert {f"{drawn}/{one}" for one in SCENARIOS[drawn].tasks} == {one.key for one in gaps}

    on_page(tmp_path, play)


def test_a_cashier_takes_part_but_does_not_begin(tmp_path):
    """It takes people from the counter; ending it is everybody's."""

    async def play(shop, aino, csrf):
        assert 403 == (await aino.post("/rehearsal/start", data={**csrf, "person": AINO})).status_code
        assert "Begin a rehearsal" not in (await aino.get("/rehearsal")).text
        shop.house.rehearsals.start("", [AINO], MAIJA)
        assert 303 == (await aino.post("/rehearsal/end", data={**csrf, "how": "customer"})).status_code

    on_page(tmp_path, play, AINO)


def test_a_finding_is_closed_by_no_button(tmp_path):
    """What a rehearsal found is shown by a later one, never by a word."""

    async def play(shop, maija, csrf):
        id = await rehearsed(shop, missed=("slip",))
        finding = PracticeFinding("internet-down/slip", "Nobody keyed the slip", AINO, "2026-12-20")
        kept = await shop.house.journal.record("practice_finding", finding, refers_to=id)
        reply = await maija.post("/rehearsal/mended", data={**csrf, "finding": kept.id})
        assert 409 == reply.status_code and "only a later rehearsal" in reply.text
        assert 1 == len(shop.house.rehearsals.log.open_gaps())

    on_page(tmp_path, play)


def test_the_monthly_reminder_is_a_check_once(tmp_path):
    """It stands among the checks, in the shop's language."""

    async def play(shop, maija, csrf):
        for _ in range(2):
            assert 303 == (await maija.post("/rehearsal/monthly", data=csrf)).status_code
        assert 30 == shop.house.plan.get(Check, CHECK).period_days
        assert 1 == len(shop.house.plan.history(Check, CHECK))
        assert "Remind us every month" not in (await maija.get("/rehearsal")).text

    on_page(tmp_path, play)


def test_reading_a_text_is_kept_with_its_version(tmp_path):
    """Read once; a changed text is asked again, and an old page's word about it is not taken."""

    async def play(shop, maija, csrf):
        page = (await maija.get("/acknowledge/internet-down")).text
        content = re.search(r'name="content" value="([0-9a-f]{64})"', page)[1]
        assert content == content_of(starter_texts()["internet-down.en"])
        form = {**csrf, "language": "en", "content": content}
        assert 303 == (await maija.post("/acknowledge/internet-down", data=form)).status_code
        assert 303 == (await maija.post("/acknowledge/internet-down", data=form)).status_code
        assert 1 == len(shop.house.journal.read(kinds=("acknowledged",)))
        changed = starter_texts()["internet-down.en"].replace("##", "## ", 0) + "\n"
        shop.house.plan.put(PlaybookText("internet-down.en", changed), MAIJA)
        assert 400 == (await maija.post("/acknowledge/internet-down", data=form)).status_code
        assert "an earlier version" in (await maija.get("/acknowledge")).text

    on_page(tmp_path, play)


def test_somebody_new_has_read_nothing(tmp_path):
    """New people count as not yet, in every text."""

    async def play(shop, maija, csrf):
        shop.house.plan.put(Person("Uusi Työntekijä"), MAIJA)
        page = (await maija.get("/acknowledge")).text
        assert page.count("Uusi Työntekijä") == len({key.rpartition(".")[0] for key in starter_texts()})

    on_page(tmp_path, play)


def test_readiness_knows_what_it_does_not_know(tmp_path):
    """An empty shop is ready for nothing, and says which of it nobody has shown."""

    async def play(shop, maija, csrf):
        page = (await maija.get("/readiness")).text
        assert page.count("not known") >= 5 and "Nobody has shown it yet." in page
        found = (await shop.machine.get("/v1/readiness")).json()
        assert {"practised", "first-sale", "restored"} <= {one["key"] for one in found}
        assert [] == [one["key"] for one in found if one["proven"] is None and one["is_ready"]]

    on_page(tmp_path, play)


def test_the_open_calendar_names_nobody_and_is_for_the_shops_own_network(tmp_path):
    """A phone in the shop follows it without a secret; the world does not."""

    async def play(shop, maija, csrf):
        await maija.post("/rehearsal/monthly", data=csrf)
        feed = await shop.client("192.168.1.30").get("/calendar.ics")
        assert 200 == feed.status_code and feed.headers["content-type"].startswith("text/calendar")
        assert "SUMMARY:Rehearse a failure\r\n" in feed.text and "BEGIN:VALARM" in feed.text
        assert not any(one in feed.text for one in ("Maija", "Aino", "+358", "Kulmakauppa"))
        assert 403 == (await shop.client("8.8.8.8").get("/calendar.ics")).status_code
        mine = await maija.get("/calendar/mine.ics")
        assert "attachment" in mine.headers["content-disposition"] and "+358" in mine.text.replace("\r\n ", "")

    on_page(tmp_path, play)


def test_a_practice_box_starts_no_rehearsal(tmp_path):
    """Nor is there a practice page in a real box."""

    async def play(shop, maija, csrf):
        assert 404 == (await maija.get("/practice")).status_code
        assert 404 == (await maija.post("/practice", data={**csrf, "what": "line"})).status_code

    on_page(tmp_path, play)


def test_signing_in_to_practice_leaves_the_real_session_alone(tmp_path):
    """Both run on one machine, and cookies know no ports: their names differ."""

    async def named(shop):
        client, _ = await signed_in(shop)
        return {one.name for one in client.cookies.jar}

    (tmp_path / "real").mkdir()
    (tmp_path / "practice").mkdir()
    real = in_shop(tmp_path / "real", named)
    practice = in_shop(tmp_path / "practice", named, is_practice=True)

    assert real and practice and not real & practice


def test_the_practice_pages_beside_a_box_with_a_certificate_are_plain_http(tmp_path):
    """The practice box has no certificate: a link to https would find nobody there."""

    async def play(shop, maija, csrf):
        shop.house.rehearsals.start("", [MAIJA], MAIJA)
        shop.house.rehearsals._put(phase="calm", port=41_234)
        maija.base_url = "https://localhost"
        await maija.post("/v1/login", json={"name": MAIJA, "pin": "2580"})
        page = await maija.get("/rehearsal")
        assert "https" == page.request.url.scheme and re.search(r'href="http://[^"/]+:41234/practice"', page.text)

    on_page(tmp_path, play)


def test_what_people_saw_fail_is_written_down_with_who_mends_it(tmp_path):
    """Once, with owner and day; in the open list, and of the last rehearsal; with no rehearsal there is no form."""

    async def play(shop, maija, csrf):
        form = {**csrf, "text": "The torch has no battery €", "owner": AINO, "due": "2026-12-01"}
        assert "What failed</" not in (await maija.get("/rehearsal")).text
        assert 409 == (await maija.post("/rehearsal/say", data=form)).status_code
        id = await rehearsed(shop)
        assert "By which day" in (await maija.get("/rehearsal")).text
        for text in (form["text"], "the  torch has no battery €"):
            assert 303 == (await maija.post("/rehearsal/say", data=form | {"text": text})).status_code
        assert [(form["text"], AINO, "2026-12-01", id)] == [
            (one.text, one.owner, one.due, one.by) for one in shop.house.rehearsals.log.open_gaps()
        ]
        assert "The torch has no battery €" in (await maija.get("/rehearsal")).text

    on_page(tmp_path, play)


@pytest.mark.parametrize(
    "wrong", [{"text": " "}, {"owner": ""}, {"due": "2026-11-19"}, {"due": "soon"}, {"due": "2029-01-01"}, {"due": ""}], ids=str
)
def test_a_finding_without_words_owner_or_day_is_asked_again(tmp_path, wrong):
    """Nothing is kept, and what was typed stands there still."""

    async def play(shop, maija, csrf):
        await rehearsed(shop)
        form = {**csrf, "text": "No torch", "owner": "Väinö", "due": "2026-12-01"} | wrong
        reply = await maija.post("/rehearsal/say", data=form)
        assert 400 == reply.status_code and all(one in reply.text for one in ("No torch", "Väinö") if one in form.values())
        assert [] == shop.house.rehearsals.log.open_gaps()

    on_page(tmp_path, play)


def test_what_people_said_is_called_mended_after_a_later_rehearsal_only(tmp_path):
    """The button comes with a later one that was played to its end; its entry is the proof."""

    async def play(shop, maija, csrf):
        await rehearsed(shop)
        await maija.post("/rehearsal/say", data={**csrf, "text": "No torch", "owner": AINO, "due": "2026-12-01"})
        gap = shop.house.rehearsals.log.open_gaps()[0]
        await shop.house.journal.record("rehearsed", Rehearsed("cards-down", gap.raised_ms + 1, gap.raised_ms + 2, "given_up", ()))
        assert "/rehearsal/mended" not in (await maija.get("/rehearsal")).text
        assert 409 == (await maija.post("/rehearsal/mended", data={**csrf, "finding": gap.id})).status_code
        body = Rehearsed("cards-down", gap.raised_ms + 1, gap.raised_ms + 2, "finished", ())
        later = await shop.house.journal.record("rehearsed", body)
        assert "/rehearsal/mended" in (await maija.get("/rehearsal")).text
        assert 303 == (await maija.post("/rehearsal/mended", data={**csrf, "finding": gap.id})).status_code
        assert [(False, later.id)] == [(one.is_open, one.proof) for one in shop.house.rehearsals.log.gaps()]

    on_page(tmp_path, play)
