"""The wall: one state, one next action and who does it, one sum; the ladder with its proofs; a log with a line to type into."""

import html
import re
from datetime import timedelta

import pytest

from tideover.detect.looks.expiry import SERVICE as CERTIFICATE
from tideover.detect.verdict import SERVICES as JUDGED
from tideover.journal.entry import BODIES
from tideover.learn.check import Checks
from tideover.model.facts import LogNote
from tideover.model.finding import Finding
from tideover.model.item import Item
from tideover.model.outage import Observation
from tideover.plan.records import Check, Grant, Party, Person, Service, Thing
from tideover.ports import Page
from tideover.recover.witnesses import OVER
from tideover.web.headline import SERVICES
from tideover.web.wall_log import KINDS, LINES_MAX, log_lines
from tideover.web.wall_services import SELLING, for_selling, not_watched, service_rows
from tideover.words import say
from tideover.world import to_ms
from unit.web.shop import in_shop
from unit.web.test_access import signed_in
from unit.web.till import Till

STRANGER = "192.168.1.66"
ENGLISH = say("en")


def text_of(page: str, part: str = "main") -> str:
    """What a reader sees of the element with that id, tags left out."""
    inside = re.search(rf'<(\w+)[^>]*\bid="{part}".*?</\1>', page, re.DOTALL)[0]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", inside)).split())


def staff(shop):
    for name, role in (("Olga", "owner"), ("Mika", "manager"), ("Anna", "cashier")):
        shop.house.plan.put(Person(name, role=role), "Olga")


def see(shop, ok: bool, times: int = 3):
    """The probes' looks: the router answers, and all beyond it or nothing."""
    for _ in range(times):
        at = shop.world.now()
        for service, kind, target in (("internet", "anchor", "Elisa"), ("internet", "anchor", "Telia"), ("cloud", "cloud", "vendor")):
            shop.house.watch.hear(Observation(service, kind, target, ok, at, "answers" if ok else "no answer in 2 s"))
        shop.house.watch.hear(Observation("network", "link", "router", True, at, "answers"))
        shop.world.pass_time(seconds=3)


async def dark(shop):
    """The line is dead and the fallback open; returns the wall of Anna, and her token."""
    staff(shop)
    see(shop, ok=False)
    await shop.house.fallback.turn(shop.house.watch.verdicts())
    await shop.house.fallback.confirm("Olga")
    return await signed_in(shop)


async def wall(client, lang="en") -> str:
    return (await client.get(f"/?lang={lang}")).text


# From three metres ------------------------------------------------------------------------------------


def test_the_wall_says_what_is_wrong_how_to_sell_and_what_to_do(tmp_path):
    """State, rung with its hour, action, and a button that starts the playbook that fits."""

    async def play(shop):
        anna, _ = await dark(shop)
        page = await wall(anna)
        now = text_of(page, "now")
        for needed in ("Act", "Our internet line is down", "Sell on numbered slips since 14:30", "Everybody who sells"):
            assert needed in now, needed
        assert "Sell on numbered slips." in now
        assert 'name="playbook" value="internet-down"' in page
        assert "Netti on poikki" in await wall(anna, "fi")

    in_shop(tmp_path, play)


def test_a_step_of_an_open_playbook_stands_before_the_boxs_advice(tmp_path):
    """Large, with who reads it aloud, and its number; once it is ended the box speaks again."""

    async def play(shop):
        anna, _ = await dark(shop)
        runs = shop.house.runs
        run = await runs.start("internet-down", "en", "Anna", "Anna")
        assert "Our internet line is down, but we are open" in text_of(await wall(anna), "now")
        await runs.mark(run.id, 0, 1, "done", "Anna")
        await runs.mark(run.id, 1, 1, "done", "Anna")
        page = await wall(anna)
        assert f'href="/run/{run.id}"' in page and 'name="playbook"' not in page
        for needed in ("step 2 of", "Turn the router off", "Anna reads aloud"):
            assert needed in text_of(page, "now"), needed
        await runs.end(run.id, "left", "Anna", "the line is back")
        assert "Turn the router off" not in text_of(await wall(anna), "now")

    in_shop(tmp_path, play)


def test_who_may_do_it_is_named(tmp_path):
    """A cashier reads whom to ask; the one who leads is named first."""

    async def play(shop):
        staff(shop)
        see(shop, ok=False)
        await shop.house.fallback.turn(shop.house.watch.verdicts())
        anna, _ = await signed_in(shop)
        assert "Mika, Olga may do it" in text_of(await wall(anna), "now")
        assert "/act/confirm" not in await wall(anna)
        await shop.house.runs.hand_over("Olga", "Mika")
        now = text_of(await wall(anna), "now")
        assert "Olga, Mika may do it" in now and "Olga leads." in now

    in_shop(tmp_path, play)


def test_the_money_stands_in_one_sum_and_its_two_parts(tmp_path):
    """Sold without the cloud, not yet there, with a person."""

    async def play(shop):
        anna, _ = await dark(shop)
        till = await Till(shop, "Till 1").enrol()
        await till.send(till.sign(), till.sign())
        now = text_of(await wall(anna), "now")
        for needed in ("Sold without the cloud today 5.00", "Not yet in the cloud 5.00", "With a person 0.00"):
            assert needed in now, needed

    in_shop(tmp_path, play)


def test_a_stranger_sees_the_state_and_nothing_else(tmp_path):
    """No step with its numbers, no name, no sum, no log; whoever stands at the box's own screen sees them."""

    async def play(shop):
        await dark(shop)
        shop.house.plan.put(Party("elisa", "Elisa", "carrier"), "Olga")
        await shop.house.runs.start("internet-down", "en", "Anna", "Anna")
        await shop.house.runs.hand_over("Mika", "Olga", "the keys are in the safe")
        await shop.house.runs.expect_word(shop.world.now() + timedelta(minutes=20), "Elisa", "", "Mika")
        stranger = await wall(shop.client(STRANGER))
        assert "Our internet line is down" in stranger
        for hidden in ("Mika", "Olga", "Anna", "safe", "Elisa leads", "Next word", "€", "<form", "What happened?"):
            assert hidden not in stranger, hidden
        assert "Mika leads." in await wall(shop.client("127.0.0.1"))

    in_shop(tmp_path, play)


def test_a_shop_in_practice_says_so_on_every_page(tmp_path):
    """In a frame that nobody overlooks; a real shop has none."""

    async def play(shop):
        return [(await shop.client().get(path)).text.count("PRACTICE") for path in ("/?lang=en", "/sign-in?lang=en")]

    for name in ("real", "practice"):
        (tmp_path / name).mkdir()
    assert [0, 0] == in_shop(tmp_path / "real", play)
    assert all(in_shop(tmp_path / "practice", play, is_practice=True))


# Its own age ------------------------------------------------------------------------------------------


def test_the_page_carries_its_own_hour_and_the_words_for_no_news(tmp_path):
    """Without scripts a page to look at renews itself, and one to type in does not; both know what to say when they grow old."""

    async def play(shop):
        stranger, (anna, _) = await wall(shop.client(STRANGER)), await signed_in(shop)
        hers = await wall(anna)
        assert 'http-equiv="refresh"' in stranger and 'http-equiv="refresh"' not in hers
        for page in (stranger, hers):
            assert 'data-clock="14:30"' in page and "No news since 14:30." in text_of(page, "stale")

    in_shop(tmp_path, play)


# Services and the ladder ------------------------------------------------------------------------------


def test_every_service_has_its_meaning_for_selling():
    """Each that the page can name, down and in part; what is unknown is never called well."""
    assert set(SERVICES) == set(SELLING)
    assert {*JUDGED, CERTIFICATE} <= set(SERVICES)
    assert say("fi")(SERVICES[CERTIFICATE]) == "varmenne"
    for service in SERVICES:
        said = {for_selling(service, state) for state in ("up", "down", "unknown")}
        assert 3 == len(said)


def test_the_broken_stands_first_and_nobodys_matter_is_named(tmp_path):
    """Down before unknown before up; the plan's services that nobody looks at are listed as such."""

    async def play(shop):
        anna, _ = await dark(shop)
        shop.house.plan.put(Service("cards", "Cards", tolerable_s=600), "Olga")
        page = await wall(anna)
        seen = [text_of(page, "services").find(name) for name in ("internet line", "cloud's log-in", "shop network")]
        assert sorted(seen) == seen and -1 not in seen
        assert "Nobody looks at these: card payments." in page

    in_shop(tmp_path, play)
    assert ["cards", "phones", "power", "printer"] == not_watched((), ())
    assert [] == service_rows(())


def test_a_rung_without_a_proof_says_so_and_a_real_sale_is_one(tmp_path):
    """So is a check that somebody saw work, and the cloud's last answer."""

    async def play(shop):
        staff(shop)
        plan = shop.house.plan
        plan.put(Thing("router-4g", "4G router", can=("internet",), place="office", stands_in_for="line"), "Olga")
        plan.put(Check("try-4g", "Sell through the 4G router", "thing/router-4g"), "Olga")
        anna, _ = await signed_in(shop)

        async def rungs():
            listed = re.search(r'<ol class="rows rungs".*?</ol>', await wall(anna), re.DOTALL)[0]
            return [" ".join(re.sub("<[^>]+>", " ", one).split()) for one in listed.split("<li")[1:]]

        before = await rungs()
        assert 6 == len(before) and all("Never proven." in one for one in before[1:])
        assert "set it up by hand" in before[1] and "4G router" in before[1]
        await Checks(shop.house.journal, plan, shop.world, shop.house.settings).proven("try-4g", "Mika", "sale 12.50")
        await shop.house.copies.apply("items", Page((Item("1", "Tea", 10_000, 135_000),), "1", False), shop.world.now())
        till = await Till(shop, "Till 1").enrol()
        await till.send(till.sign())
        after = await rungs()
        assert "it last answered 14:30" in after[0] and "proven 2026-11-20" in after[1] and "a real sale on 2026-11-20" in after[4]
        assert "Never proven." in after[2] and "Never proven." in after[5]
        await shop.house.fallback.turn(())
        ladder = (await shop.machine.get("/v1/status")).json()["rung"]["ladder"]
        assert [None, to_ms(shop.world.now())] == [ladder[number]["proven_at"] for number in (5, 4)]

    in_shop(tmp_path, play)


# The log ----------------------------------------------------------------------------------------------


def test_every_kind_of_the_log_is_one_of_the_journal():
    """And what comes by the hundred is not among them."""
    assert {kind for kind, _ in BODIES} >= KINDS
    assert not KINDS & {"sale", "refund", "receipt", "answer", "plan_changed"}


def test_a_line_typed_on_the_wall_stands_in_the_log_with_both_times(tmp_path):
    """As it was typed, by whom; a time of before is shown beside the time of writing."""

    async def play(shop):
        anna, csrf = await signed_in(shop)
        for typed in ({"text": "<b>Digger</b> cut the cable", "time": "13.05"}, {"text": "Called Elisa", "time": ""}):
            assert 303 == (await anna.post("/wall/note", data={"csrf": csrf, **typed})).status_code
        late, now = (one.entry for one in shop.house.journal.read(kinds=("note",)))
        assert ("Anna", 85 * 60_000) == (late.operator, now.happened_at - late.happened_at)
        page = await wall(anna)
        assert "13:05 <b>Digger</b> cut the cable Anna written down 14:30" in text_of(page, "log-lines")
        assert "14:30 Called Elisa Anna" in text_of(page, "log-lines")

    in_shop(tmp_path, play)


def test_a_time_that_is_still_to_come_was_last_nights(tmp_path):
    """Just after midnight somebody writes of the evening; nothing is ever written into the future."""

    async def play(shop):
        shop.world.pass_time(hours=10)  # 00:30 in the shop.
        anna, csrf = await signed_in(shop)
        await anna.post("/wall/note", data={"csrf": csrf, "text": "Lights out", "time": "23:40"})
        [note] = (one.entry for one in shop.house.journal.read(kinds=("note",)))
        assert 50 * 60_000 == to_ms(shop.world.now()) - note.happened_at

    in_shop(tmp_path, play)


def test_the_log_tells_an_outage_as_people_would(tmp_path):
    """What happened, in the order in which it happened, in both languages."""

    async def play(shop):
        await dark(shop)
        runs = shop.house.runs
        run = await runs.start("internet-down", "en", "Anna", "Anna")
        await runs.mark(run.id, 0, 1, "done", "Anna")
        await runs.mark(run.id, 1, 1, "skipped", "Anna", why="no till yet")
        await runs.hand_over("Mika", "Olga", "keys in the safe")
        await runs.expect_word(shop.world.now() + timedelta(minutes=20), "Elisa", "", "Mika")
        told = {one.text for one in log_lines(shop.house, ENGLISH)}
        assert told >= {
            "The fallback is open. Our internet line is down: our router answers, nothing beyond it does.",
            "Now selling on: numbered slips.",
            "Playbook begun: The internet line is dead. Anna reads aloud.",
            "The internet line is dead: said to the customer.",
            "The internet line is dead: step 1 left out. no till yet",
            "Mika leads from here on. keys in the safe",
            "The next word is expected at 14:50 from Elisa.",
        }
        assert any("Varakäyttö on auki." in one.text for one in log_lines(shop.house, say("fi")))

    in_shop(tmp_path, play)


def test_the_log_tells_in_finnish_why_a_difference_is_over(tmp_path):
    """Where the box has proven it; what a person wrote stands as it was written."""

    async def play(shop):
        findings = shop.house.findings
        await findings.raise_new([Finding(code, "Shown.", "Mika", key=code) for code in ("gone", "short")], "2026-03-06")
        await findings.end_of_day("gone", "2026-03-06", OVER)
        await findings.close(findings.open()[0].entry.id, "The float was counted twice.", "Mika")
        told = {one.text for one in log_lines(shop.house, say("fi")) if one.kind == "finding_closed"}
        assert {f"Ero on selvitetty. {say('fi').told(OVER)}", "Ero on selvitetty. The float was counted twice."} == told
        assert OVER != say("fi").told(OVER)

    in_shop(tmp_path, play)


def test_a_long_journal_is_not_read_to_show_its_end(tmp_path):
    """Only the newest lines, however many there are; a long one is cut."""

    async def play(shop):
        for n in range(LINES_MAX + 5):
            await shop.house.journal.record("note", LogNote(f"line {n} " + "x" * 900), operator="Anna")
        lines = log_lines(shop.house, ENGLISH)
        assert LINES_MAX == len(lines) and all(len(one.text) <= 300 for one in lines)
        assert {f"line {n + 5}" for n in range(LINES_MAX)} == {" ".join(one.text.split()[:2]).rstrip("…") for one in lines}

    in_shop(tmp_path, play)


def test_the_newest_of_several_kinds_are_the_newest_of_all(tmp_path):
    """Not the newest of each; without the entries of a till that was named."""

    async def play(shop):
        journal, till = shop.house.journal, await Till(shop, "Till 1").enrol()
        for n in range(4):
            await journal.record("note", LogNote(f"{n}"))
            await till.send(till.sign())
        last = journal.head().seq
        assert [last, last - 1, last - 2] == [one.seq for one in journal.newest(("note", "sale"), 3)]
        assert [last, last - 2] == [one.seq for one in journal.newest(("note", "sale"), 2, not_till=journal.box)]
        assert [] == journal.newest((), 3)

    in_shop(tmp_path, play)


# Buttons ----------------------------------------------------------------------------------------------


def test_it_is_down_for_us_is_evidence_at_once(tmp_path):
    """Of the service that was chosen, with the words of whoever pressed; without words it still says something."""

    async def play(shop):
        anna, csrf = await signed_in(shop)
        for typed in ({"service": "cards", "text": "Terminal says no line"}, {"service": "cloud", "text": ""}):
            assert 303 == (await anna.post("/wall/report", data={"csrf": csrf, **typed})).status_code
        services = text_of(await wall(anna), "services")
        assert "Anna says: Terminal says no line" in services and "No cards on the usual terminal" in services
        assert "Anna sanoo: täällä se ei toimi" in text_of(await wall(anna, "fi"), "services")
        assert "suspected" == shop.house.fallback.outage.phase
        assert 400 == (await anna.post("/wall/report", data={"csrf": csrf, "service": "weather"})).status_code

    in_shop(tmp_path, play)


def test_the_next_word_is_kept_and_grows_late_and_comes(tmp_path):
    """A time that has passed is tomorrow's; a late word says so; one that came is gone."""

    async def play(shop):
        anna, csrf = await dark(shop)
        assert 303 == (await anna.post("/wall/word", data={"csrf": csrf, "time": "15", "whom": "Elisa", "text": "the cable"})).status_code
        assert "Next word 15:00 Elisa the cable" in text_of(await wall(anna), "now")
        shop.world.pass_time(minutes=45)
        assert "The next word was due 15:00 Elisa" in text_of(await wall(anna), "now")
        assert 303 == (await anna.post("/wall/word", data={"csrf": csrf, "come": "1"})).status_code
        assert "15:00 Elisa" not in text_of(await wall(anna), "now")
        await anna.post("/wall/word", data={"csrf": csrf, "time": "9.30", "whom": "Elisa"})
        assert timedelta(hours=18) < shop.house.runs.word().at - shop.world.now() < timedelta(hours=19)

    in_shop(tmp_path, play)


@pytest.mark.parametrize(
    ("button", "typed", "told"),
    [
        ("note", {"text": " "}, "there is nothing to write down"),
        ("note", {"text": "Rain", "time": "soon"}, "the time is not written like 14.32"),
        ("note", {"text": "x" * 1_001}, "the text is too long"),
        ("word", {"time": "25:00", "whom": "Elisa"}, "the time is not written like 14.32"),
        ("word", {"time": "15:00", "whom": ""}, "say who gives the next word"),
        ("hand-over", {"to": " "}, "say who leads from here on"),
        ("hand-over", {"to": "x" * 201}, "the text is too long"),
        ("report", {"service": ""}, "say what does not work"),
    ],
)
def test_what_was_typed_wrongly_is_told_and_stays_in_its_field(tmp_path, button, typed, told):
    """On the wall itself; nothing was written."""

    async def play(shop):
        anna, csrf = await signed_in(shop)
        before = shop.house.journal.head()
        reply = await anna.post(f"/wall/{button}?lang=en", data={"csrf": csrf, **typed})
        assert 400 == reply.status_code and told in text_of(reply.text, "told")
        for one in typed.values():
            assert one.strip() in reply.text
        assert before == shop.house.journal.head()

    in_shop(tmp_path, play)


def test_a_foreign_page_presses_nothing(tmp_path):
    """Each button wants the page's own token, and a person who is signed in."""

    async def play(shop):
        anna, csrf = await signed_in(shop)
        for button in ("report", "note", "hand-over", "word"):
            assert 403 == (await anna.post(f"/wall/{button}", data={"csrf": "guess"})).status_code
            assert 401 == (await shop.client(STRANGER).post(f"/wall/{button}", data={"csrf": csrf})).status_code

    in_shop(tmp_path, play)


def test_a_wall_over_a_torn_journal_still_says_what_to_do(tmp_path):
    """Paper, and what cannot be told is not invented."""

    async def before(shop):
        till = await Till(shop, "Till 1").enrol()
        await till.send(till.sign())
        edit = "UPDATE entry SET signed = CAST(replace(CAST(signed AS TEXT), '\"kind\":\"enrol\"', '\"kind\":\"enrxl\"') AS BLOB)"
        shop.house.journal.database.write(lambda connection: connection.execute(f"DROP TRIGGER entry_is_never_changed; {edit}"))

    async def after(shop):
        page = await shop.client("127.0.0.1").get("/?lang=en")
        assert 200 == page.status_code and "Sell on numbered slips" in text_of(page.text, "now")

    in_shop(tmp_path, before)
    in_shop(tmp_path, after)


def test_what_somebody_may_not_do_has_no_button(tmp_path):
    """A cashier reports and writes; opening the fallback is for those who decide."""

    async def play(shop):
        staff(shop)
        shop.house.plan.put(Grant("g", "Anna", "refund", each_minor=5_000), "Olga")
        anna, _ = await signed_in(shop)
        page = await wall(anna)
        assert "/wall/note" in page and "/wall/report" in page and "/act/" not in page
        olga, _ = await signed_in(shop, "Olga", "1357")
        assert "/act/confirm" in await wall(olga)

    in_shop(tmp_path, play)
