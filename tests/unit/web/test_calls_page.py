"""The page of the calls: the steps for the shop's phones, what was there before, the call that proves it, and the way back."""

from __future__ import annotations

import pytest

from tideover.activate.calls import holds_number
from tideover.activate.switching import HEALED_BACK, HEALED_THERE
from tideover.model.switching import Switched
from tideover.plan.records import Person
from tideover.web.calls_page import BEFORE
from unit.seam.test_finnish import english_in, words_of
from unit.web.shop import in_shop
from unit.web.test_access import signed_in

SHOP = {"phone_kind": "mobile", "divert_to": "+358 40 123 4567"}


def on_page(folder, play, **settings):
    """Runs `play(shop, client, token)` with Anna signed in."""

    async def run(shop):
        shop.house.plan.change([Person("Anna", "owner"), Person("Ville", "helper")], (), "Anna")
        client, csrf = await signed_in(shop)
        return await play(shop, client, {"csrf": csrf})

    return in_shop(folder, run, **{**SHOP, **settings})


def entries(shop):
    return [one.entry for one in shop.house.journal.read(kinds=("switched", "call_tested"))]


async def post(client, token, what, **form):
    return await client.post(f"/calls/{what}", data={**token, **form})


def test_calls_are_diverted_proven_and_led_back(tmp_path):
    """Each word is an entry with its person; the old diversion is shown for the way back and then forgotten."""

    async def play(shop, client, token):
        before = (await client.get("/calls?lang=en")).text
        assert "The calls ring in the shop." in before and 'href="tel:**21*+358401234567%23"' in before
        assert 303 == (await post(client, token, "diverted", was="something", before="050 111 2223")).status_code
        diverted = (await client.get("/calls?lang=en")).text
        assert "The calls are diverted since 14:30." in diverted and "050 111 2223" in diverted
        assert 'href="tel:**21*0501112223%23"' in diverted and "The calls are diverted now" not in diverted
        assert ["diversion"] == [one.code for one in shop.house.runs.left_open("Anna")]
        shop.world.pass_time(minutes=3)
        assert 303 == (await post(client, token, "test", outcome="works", who="Ville", where="Ville's mobile")).status_code
        proven = (await client.get("/calls?lang=en")).text
        assert "Proven at 14:33: Ville answered (Ville&#39;s mobile)." in proven
        assert 303 == (await post(client, token, "restored")).status_code
        after = (await client.get("/calls?lang=en")).text
        assert "The calls ring in the shop." in after and "050 111 2223" not in after
        assert [] == list(shop.house.runs.left_open("Anna")) and None is shop.house.secrets.get(BEFORE)
        found = entries(shop)
        assert [("switched", "engaged"), ("call_tested", True), ("switched", "restored")] == [
            (one.kind, one.body.what if one.kind == "switched" else one.body.works) for one in found
        ]
        assert ["Anna"] * 3 == [one.operator for one in found]
        assert ("…567", "noted") == (found[0].body.target, found[0].body.before)

    on_page(tmp_path, play)


def test_no_number_comes_into_the_journal(tmp_path):
    """Neither where the calls go nor where they went, whoever types them into which field."""

    async def play(shop, client, token):
        await post(client, token, "diverted", was="something", before="050 111 2223")
        for field in ("who", "where", "note"):
            form = {"outcome": "works", "who": "Ville", "where": "mobile", field: "at 040 123 4567"}
            refused = await post(client, token, "test", **form)
            assert "without its number" in refused.text and 'role="alert"' in refused.text
        rows = [bytes(one).replace(b" ", b"") for (one,) in shop.house.journal.database.rows("SELECT signed FROM entry")]
        assert rows and not any(b"1234567" in one or b"1112223" in one for one in rows)

    on_page(tmp_path, play)


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        *(("Anna's mobile", False), ("extension 204", False), ("in 2026", False)),
        *(("040 123 4567", True), ("+358401234567", True), ("(09) 555-0200", True)),
    ],
)
def test_a_number_is_told_from_words(text, holds):
    """Extensions and years are none."""
    assert holds == holds_number(text)


@pytest.mark.parametrize(
    ("what", "form"),
    [
        ("diverted", {}),
        ("diverted", {"was": "something"}),
        ("diverted", {"was": "nothing", "before": "050"}),
        ("diverted", {"was": "something", "before": "x" * 300}),
        ("test", {}),
        ("test", {"outcome": "works"}),
        ("test", {"outcome": "works", "who": "Anna"}),
        ("test", {"outcome": "perhaps", "who": "Anna", "where": "mobile"}),
        ("test", {"outcome": "fails", "note": "x" * 600}),
    ],
)
def test_what_is_missing_is_asked_for_and_nothing_is_written(tmp_path, what, form):
    """The page comes again with what is wrong on top and what was typed."""

    async def play(shop, client, token):
        reply = await post(client, token, what, **form)
        assert 400 <= reply.status_code < 500 and 'role="alert"' in reply.text
        assert [] == entries(shop) and None is shop.house.secrets.get(BEFORE)

    on_page(tmp_path, play)


def test_said_twice_keeps_what_was_there_first(tmp_path):
    """The second finger on the button, or a second person who finds our own number there, does not replace it."""

    async def play(shop, client, token):
        await post(client, token, "diverted", was="something", before="050 111 2223")
        await post(client, token, "diverted", was="something", before="040 123 4567")
        assert b"050 111 2223" == shop.house.secrets.get(BEFORE)

    on_page(tmp_path, play)


def test_a_proof_of_before_proves_nothing_now(tmp_path):
    """A test call in May does not show that today's diversion works."""

    async def play(shop, client, token):
        await post(client, token, "test", outcome="works", who="Ville", where="his mobile")
        shop.world.pass_time(minutes=5)
        await post(client, token, "diverted", was="nothing")
        page = (await client.get("/calls?lang=en")).text
        assert "Proven" not in page and "tick below who answered" in page and "Nothing was diverted before." in page

    on_page(tmp_path, play)


def test_a_helper_may_follow_and_a_stranger_signs_in_first(tmp_path):
    """Everybody of the shop; nobody else sees the number."""

    async def play(shop, client, token):
        helper, csrf = await signed_in(shop, "Ville")
        assert 303 == (await post(helper, {"csrf": csrf}, "diverted", was="nothing")).status_code
        stranger = await shop.client("192.168.1.31").get("/calls")
        assert 303 == stranger.status_code and "to=calls" in stranger.headers["location"]
        assert 401 == (await shop.client("192.168.1.31").post("/calls/diverted", data={"was": "nothing"})).status_code

    on_page(tmp_path, play)


@pytest.mark.parametrize("kind", ["", "mobile", "fixed", "sip-portal", "pbx"])
def test_every_kind_of_phone_has_its_page_in_finnish(tmp_path, kind):
    """No English is left; without a kind the page asks for it."""

    async def play(shop, client, token):
        for state in ("before", "after"):
            if state == "after":
                await post(client, token, "diverted", was="nothing")
            page = (await client.get(f"/calls?lang=fi&kind={kind}")).text
            assert [] == english_in(words_of(page)), state
            assert ('class="kinds"' in page) == (not kind)

    on_page(tmp_path, play, phone_kind=kind, phone_portal="https://operaattori.example/siirto", language="fi")


def test_a_number_typed_on_the_page_stands_in_the_codes(tmp_path):
    """For a shop that has set none; what is no number is left out."""

    async def play(shop, client, token):
        typed = (await client.get("/calls?to=040%20999%208887&kind=fixed")).text
        wrong = (await client.get("/calls?to=<script>&kind=fixed")).text
        assert "*21*0409998887#" in typed and "&lt;script" not in wrong and "<script>" not in wrong and "*21*…#" in wrong

    on_page(tmp_path, play, phone_kind="", divert_to="")


def test_the_check_of_the_carrier_leads_to_the_page(tmp_path):
    """Asked like any other; it cannot be edited, for it comes from the settings."""

    async def play(shop, client, token):
        page = (await client.get("/checks?lang=en")).text
        assert "Look whether the carrier diverts" in page
        form = {"check": "calls/armed", "answer": "works", "text": "*#62# shows Ville's mobile"}
        reply = await client.post("/checks", data={**token, **form})
        assert 303 == reply.status_code
        page = (await client.get("/checks?lang=en")).text
        assert 'href="/calls">What it proves' in page and "/plan/check/calls" not in page

    on_page(tmp_path, play)


def test_a_playbooks_tick_and_the_card_tell_one_story(tmp_path):
    """What a step diverted the card leads back, and the other way round."""

    async def play(shop, client, token):
        await post(client, token, "diverted", was="nothing")
        assert "The phones are diverted since 14:30: Anna did it." in (await client.get("/run?lang=en")).text
        await post(client, token, "restored")
        assert {} == shop.house.runs.left_on()
        for name, what, why in (
            *(("pbx", "engaged", "dead"), ("modem", "failed", "mute"), ("modem", "rolled-back", "x"), ("lines", "engaged", "dead")),
            *(("modem", "healed", HEALED_THERE), ("modem", "healed", HEALED_BACK), ("pbx", "refused", "no"), ("pbx", "began", "")),
        ):
            await shop.house.journal.record("switched", Switched(switch=name, what=what, before="", target="…567", why=why))
            assert ("diversion/modem" in shop.house.runs.left_on()) == (name == "modem" and what != "rolled-back" and why != HEALED_BACK)
        assert ["diversion/pbx"] == list(shop.house.runs.left_on())
        page = (await client.get("/calls?lang=en")).text
        assert "The box has diverted the calls." in page
        assert ["The phones are still diverted by the box: lead them back on the page of switching."] == [
            one.text for one in shop.house.runs.left_open("Anna")
        ]

    on_page(tmp_path, play)
