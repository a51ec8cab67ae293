"""PINs that travelled beside entries, sealed: looked at after the answer, told once where they do not fit, and kept nowhere."""

import asyncio
import base64
import json

import pytest

from tideover.plan.records import Person
from tideover.web import sealed as sealing
from tideover.web.sealed import Shown, seal
from unit.web.shop import Shop, in_shop
from unit.web.test_access import signed_in
from unit.web.till import Till


def findings(shop: Shop) -> list[str]:
    return [one.entry.body.code for one in shop.house.journal.read(kinds=("finding",))]


def id_of(shop: Shop, wire: dict) -> str:
    return json.loads(base64.b64decode(wire["signed"]))["id"]


async def with_pin(shop: Shop, till: Till, name: str = "Anna", pin: str = "2580", entry: str = "", of_till: str = "", **more):
    """One sale with a PIN beside it; what the box answers."""
    key = (await till.client.get("/v1/till/shop")).json()["sealing_key"]
    wire = till.sign(**more)
    shown = seal(key, of_till or till.id, entry or id_of(shop, wire), Shown(name, pin), shop.world)
    told = await till.send(wire, pins=[{"id": id_of(shop, wire), "sealed": shown}])
    await shop.app.pins.settled()
    return told


async def opened(shop: Shop) -> Till:
    await shop.machine.post("/v1/pins", json={"name": "Anna", "pin": "2580"})
    return await Till(shop, "Till 1").enrol()


def test_a_pin_that_fits_leaves_nothing_behind(tmp_path):
    """No finding; and neither PIN nor sealed text stands in any file."""

    async def play(shop):
        till = await opened(shop)
        told = await with_pin(shop, till, pin="25809182")
        assert ("created", ["pin-mismatch"]) == (told["answers"][0]["answer"], findings(shop))
        till = await Till(shop, "Till 2").enrol()
        assert "created" == (await with_pin(shop, till))["answers"][0]["answer"]
        assert ["pin-mismatch"] == findings(shop)
        held = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
        assert b"25809182" not in held

    in_shop(tmp_path, play)


@pytest.mark.parametrize(
    "wrong",
    [{"pin": "0000"}, {"name": "Bertta"}, {"entry": "0192f0c1-0000-7000-8000-000000000000"}, {"of_till": "another"}],
    ids=["PIN", "name", "entry", "till"],
)
def test_a_pin_that_does_not_fit_is_a_finding_and_no_lost_sale(tmp_path, wrong):
    """Wrong digits, somebody else's, or sealed for another entry or till: the sale stands, a person is told once."""

    async def play(shop):
        till = await opened(shop)
        for _ in range(3):
            assert "created" == (await with_pin(shop, till, **wrong))["answers"][0]["answer"]
        assert ["pin-mismatch"] == findings(shop)
        text = shop.house.journal.read(kinds=("finding",))[0].entry.body.text
        assert "Till 1" in text and "Anna" in text

    in_shop(tmp_path, play)


def test_a_till_cannot_guess_pins_by_sealing_them(tmp_path):
    """After one that did not fit no further one of that person is looked at on that day, not even the right one."""

    async def play(shop):
        till = await opened(shop)
        await with_pin(shop, till, pin="0000")
        looked = []
        knows = shop.app.router.state.access.sessions.knows

        async def counted(name, pin):
            looked.append(name)
            return await knows(name, pin)

        shop.app.router.state.access.sessions.knows = counted
        for number in range(20):
            await with_pin(shop, till, pin=f"{number:04d}")
        assert ([], ["pin-mismatch"]) == (looked, findings(shop))
        assert 200 == (await till.client.post("/v1/till/pin", json={"name": "Anna", "pin": "2580"})).status_code

    in_shop(tmp_path, play)


def test_more_pins_than_can_be_looked_at_are_told_and_lose_no_sale(tmp_path, monkeypatch):
    """What waits is bounded; who sold is then not proven, which a person reads."""
    monkeypatch.setattr("tideover.web.pins.WAITING_MAX", 2)

    async def play(shop):
        till = await opened(shop)
        wires = [till.sign() for _ in range(4)]
        told = await till.send(*wires, pins=[{"id": id_of(shop, one), "sealed": "AAAA"} for one in wires])
        await shop.app.pins.settled()
        assert ["created"] * 4 == [one["answer"] for one in told["answers"]]
        assert {"pin-unchecked", "pin-mismatch"} == set(findings(shop))

    in_shop(tmp_path, play)


def test_what_nobody_looked_at_when_the_box_stops_is_told(tmp_path, monkeypatch):
    """Once for each till: the sales stand, and the PIN that was being looked at counts as not looked at."""
    monkeypatch.setattr("tideover.web.pins.END_S", 0.0)

    async def play(shop):
        till = await opened(shop)
        key = (await till.client.get("/v1/till/shop")).json()["sealing_key"]

        async def never(name, pin):
            await asyncio.Event().wait()

        shop.app.router.state.access.sessions.knows = never
        wires = [till.sign() for _ in range(3)]
        shown, ids = Shown("Anna", "2580"), [id_of(shop, one) for one in wires]
        pins = [{"id": one, "sealed": seal(key, till.id, one, shown, shop.world)} for one in ids]
        told = await till.send(*wires, pins=pins)
        assert ["created"] * 3 == [one["answer"] for one in told["answers"]]
        await shop.app.pins.end()
        assert ["pin-unchecked"] == findings(shop)
        assert "Till 1" in shop.house.journal.read(kinds=("finding",))[0].entry.body.text

    in_shop(tmp_path, play)


def test_a_box_that_stops_looks_at_what_it_has_first(tmp_path):
    """One that fits leaves no finding, though the box was told to stop in the same moment."""

    async def play(shop):
        till = await opened(shop)
        key = (await till.client.get("/v1/till/shop")).json()["sealing_key"]
        wire = till.sign()
        shown = seal(key, till.id, id_of(shop, wire), Shown("Anna", "2580"), shop.world)
        await till.send(wire, pins=[{"id": id_of(shop, wire), "sealed": shown}])
        await shop.app.pins.end()
        assert [] == findings(shop)

    in_shop(tmp_path, play)


def test_what_is_sealed_opens_at_this_box_alone(tmp_path):
    """Another box's key, a cut text and plain rubbish open nothing, and harm nothing."""

    async def play(shop):
        mine = shop.app.router.state.access.sealing
        text = seal(mine.spki_b64, "T", "E", Shown("Anna", "2580"), shop.world)
        assert Shown("Anna", "2580") == mine.open(text, "T", "E")
        shop.house.secrets.delete(sealing.KEY_NAME)
        other = sealing.SealingKey(shop.house.secrets, shop.world)
        assert other.open(text, "T", "E") is None
        assert [None] * 3 == [mine.open(cut, "T", "E") for cut in (text[:-4], "AAAA", "")]
        assert sealing.SealingKey(shop.house.secrets, shop.world).spki_b64 == other.spki_b64

    in_shop(tmp_path, play)


def test_too_many_wrong_pins_in_a_row_are_told_to_a_person(tmp_path):
    """Once a day for each name, wherever they were tried; names that nobody has are not told."""

    async def play(shop):
        till = await opened(shop)
        for name in ("Anna", "Nobody"):
            for _ in range(8):
                await till.client.post("/v1/till/pin", json={"name": name, "pin": "0000"})
        shop.world.pass_time(hours=2)
        for _ in range(8):
            await till.client.post("/v1/till/pin", json={"name": "Anna", "pin": "0000"})
        assert ["pin-guessing"] == findings(shop)

    in_shop(tmp_path, play)


def test_a_revoked_till_is_refused_with_a_hint_and_told(tmp_path):
    """Nothing of it goes into the books, each answer says what to do, a person reads that it is about, and its sales wait aside."""

    async def play(shop):
        till = await opened(shop)
        await shop.machine.post(f"/v1/tills/{till.id}/revoke", json={"why": "stolen"})
        for _ in range(3):
            [answer] = (await till.send(till.sign()))["answers"]
            assert ("error", True) == (answer["answer"], bool(answer["hint"]))
        assert ["late-sales", "revoked-till"] == findings(shop)
        assert (0, 3) == (len(shop.house.journal.read(kinds=("sale",))), len(shop.house.journal.late()))

    in_shop(tmp_path, play)


def test_a_replayed_batch_stands_once_and_a_forged_one_is_refused_and_told(tmp_path):
    """Again from the same till: exists. From another till: exists, and told. A changed byte: refused, and told."""

    async def play(shop):
        till, other = await opened(shop), await Till(shop, "Till 2").enrol()
        batch = [till.sign(), till.sign()]
        await till.send(*batch)
        again = await till.send(*batch)
        assert (["exists"] * 2, []) == ([one["answer"] for one in again["answers"]], findings(shop))
        foreign = await other.send(*batch)
        assert (["exists"] * 2, ["foreign-batch"]) == ([one["answer"] for one in foreign["answers"]], findings(shop))
        forged = till.sign() | {"signature": batch[0]["signature"]}
        [answer] = (await till.send(forged))["answers"]
        assert ("error", "bad-signature", True) == (answer["answer"], answer["code"], bool(answer["hint"]))
        assert ["foreign-batch", "forged-entry"] == findings(shop)
        assert 2 == len(shop.house.journal.read(kinds=("sale",)))

    in_shop(tmp_path, play)


def test_a_leavers_sessions_and_pin_end_with_their_name_on_the_plan(tmp_path):
    """Taken off, or renamed: signed in nowhere, and the old PIN opens nothing; put back, the PIN counts again."""

    async def play(shop):
        shop.house.plan.put(Person("Olga", role="owner"), "Olga")
        shop.house.plan.put(Person("Anna"), "Olga")
        till = await opened(shop)
        anna, _ = await signed_in(shop)
        assert "Anna" == (await anna.get("/v1/me")).json()["name"]
        shop.house.plan.change([Person("Anna-Liisa")], [(Person, "Anna")], "Olga")
        assert "nobody" == (await anna.get("/v1/me")).json()["kind"]
        body = {"name": "Anna", "pin": "2580"}
        assert 401 == (await shop.client().post("/v1/login", json=body)).status_code
        assert 401 == (await till.client.post("/v1/till/pin", json=body)).status_code
        shop.world.pass_time(seconds=1)
        shop.house.plan.put(Person("Anna"), "Olga")
        assert 200 == (await till.client.post("/v1/till/pin", json=body)).status_code
        assert "nobody" == (await anna.get("/v1/me")).json()["kind"]

    in_shop(tmp_path, play)


def test_a_pin_that_is_taken_away_ends_every_sign_in(tmp_path):
    """By whoever may change the plan; nobody signs in with it any more."""

    async def play(shop):
        await opened(shop)
        anna, _ = await signed_in(shop)
        assert 200 == (await shop.machine.post("/v1/pins/end", json={"name": "Anna"})).status_code
        assert "nobody" == (await anna.get("/v1/me")).json()["kind"]
        assert 404 == (await shop.machine.post("/v1/pins/end", json={"name": "Anna"})).status_code
        assert 401 == (await shop.client().post("/v1/login", json={"name": "Anna", "pin": "2580"})).status_code

    in_shop(tmp_path, play)
