"""Late sales of a revoked till on the page and in the API: seen by whoever may decide, settled once, in the finding's sum until then."""

import pytest

from tideover.plan.records import Person
from unit.web.shop import in_shop
from unit.web.test_access import signed_in
from unit.web.test_till_page import press
from unit.web.till import Till, coffee


async def late(shop, count=3):
    """A till that hands in so many after its right has ended; their ids."""
    till = await Till(shop, "Kassa <Ö>").enrol()
    wires = [till.sign() for _ in range(count)]
    shop.world.pass_time(minutes=5)
    await shop.machine.post(f"/v1/tills/{till.id}/revoke", json={"why": "lost"})
    shop.world.pass_time(minutes=5)
    return [one["id"] for one in (await till.send(*wires))["answers"]], till


def test_what_waits_is_listed_with_its_till_and_sum(tmp_path):
    """Nothing while nothing waits; then each with what was sold, when, and when it came."""

    async def play(shop):
        assert {"waiting": [], "total": 0} == (await shop.machine.get("/v1/late")).json()
        ids, till = await late(shop)
        shop.world.pass_time(minutes=1)
        await till.send(till.sign(coffee("K1-9")))
        told = (await shop.machine.get("/v1/late")).json()
        assert (ids, 4) == ([one["id"] for one in told["waiting"]][:3], told["total"])
        first, *_, last = told["waiting"]
        assert ("Kassa <Ö>", "K1-1", 250, ["Coffee"], "Anna") == (
            first["till_name"], first["number"], first["amount_minor"], first["what"], first["operator"]
        )  # fmt: skip
        assert (600_000, False, True) == (first["recorded_at"] - first["happened_at"], first["is_after"], last["is_after"])
        [finding] = [one for one in (await shop.machine.get("/v1/findings")).json() if one["code"] == "late-sales"]
        assert 1000 == finding["amount_minor"]

    in_shop(tmp_path, play)


def test_the_finding_stays_open_until_each_has_its_word(tmp_path):
    """Explaining it away is refused; the last word closes it, and the sale is in the books under its id."""

    async def play(shop):
        ids, _ = await late(shop)
        [finding] = [one for one in (await shop.machine.get("/v1/findings")).json() if one["code"] == "late-sales"]
        reply = await shop.machine.post(f"/v1/findings/{finding['id']}/close", json={"note": "never mind"})
        assert (409, "wrong-state") == (reply.status_code, reply.json()["code"])
        assert 200 == (await shop.machine.post("/v1/late", json={"ids": ids[:2], "outcome": "happened"})).status_code
        assert 400 == (await shop.machine.post("/v1/late", json={"ids": ids[2:], "outcome": "did_not_happen"})).status_code
        [left] = [one for one in (await shop.machine.get("/v1/findings")).json() if one["code"] == "late-sales"]
        assert 250 == left["amount_minor"]
        body = {"ids": ids[2:], "outcome": "did_not_happen", "why": "nobody was here"}
        assert 200 == (await shop.machine.post("/v1/late", json=body)).status_code
        assert 409 == (await shop.machine.post("/v1/late", json=body)).status_code
        assert [] == [one for one in (await shop.machine.get("/v1/findings")).json() if one["code"] == "late-sales"]
        assert set(ids[:2]) == {one.entry.id for one in shop.house.journal.read(kinds=("sale",))}

    in_shop(tmp_path, play)


def test_the_page_asks_and_takes_the_word(tmp_path):
    """Ticked rows and a button, without scripts; a name stays text."""

    async def play(shop):
        ids, _ = await late(shop)
        client, _ = await signed_in(shop)
        page = (await client.get("/tills")).text
        assert all(id in page for id in ids) and "Kassa &lt;Ö&gt;" in page and "K1-3" in page
        reply = await press(shop, "/tills/late", outcome="happened")
        assert 400 == reply.status_code
        reply = await press(shop, "/tills/late", id=ids[:2], outcome="happened")
        assert 303 == reply.status_code
        reply = await press(shop, "/tills/late", id=ids[2:], outcome="did_not_happen", why="nobody was here")
        assert 303 == reply.status_code
        assert 'id="late"' not in (await client.get("/tills")).text

    in_shop(tmp_path, play)


@pytest.mark.parametrize("role", ["cashier", "helper", "on-call"])
def test_who_may_not_decide_only_sees(tmp_path, role):
    """A thief who signs in as a cashier puts nothing into the books."""

    async def play(shop):
        ids, _ = await late(shop)
        shop.house.plan.put(Person("Olga", role="owner"), "Olga")
        shop.house.plan.put(Person("Anna", role=role), "Olga")
        assert 403 == (await press(shop, "/tills/late", id=ids, outcome="happened")).status_code
        client, _ = await signed_in(shop)
        page = (await client.get("/tills")).text
        assert 'id="late"' in page and 'action="/tills/late"' not in page
        assert 3 == len(shop.house.journal.late())

    in_shop(tmp_path, play)
