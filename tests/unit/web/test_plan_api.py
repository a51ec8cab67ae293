"""The plan over the API: what is asked for is done whole or not at all, and nobody gives themselves more rights."""

from __future__ import annotations

import pytest

from tideover.plan.records import Check, Grant, Person, Thing
from unit.web.shop import in_shop


async def signed_in(shop, name: str):
    """That person's browser."""
    await shop.machine.post("/v1/pins", json={"name": name, "pin": "2580"})
    client = shop.client(f"192.168.1.{100 + len(name)}")
    told = (await client.post("/v1/login", json={"name": name, "pin": "2580"})).json()
    client.headers["X-CSRF-Token"] = told["csrf"]
    return client


def hire(shop) -> None:
    shop.house.plan.change([Person("Olga", "owner"), Person("Mika", "manager"), Person("Cara")], (), "Olga")


def putting(kind: str, **record) -> dict:
    return {"put": [{"kind": kind, "record": record}]}


def test_a_change_is_whole_and_has_a_name(tmp_path):
    """One bad record and nothing is kept; a person is who they are, a command says for whom it acts."""

    async def play(shop):
        hire(shop)
        mika, plan = await signed_in(shop, "Mika"), shop.house.plan
        bad = {"put": [{"kind": "thing", "record": {"key": "a", "name": "A"}}, {"kind": "thing", "record": {"key": "b", "nam": "B"}}]}
        reply = await mika.post("/v1/plan", json=bad)
        assert (400, True) == (reply.status_code, "thing b nam: there is no such field; did you mean name?" in reply.json()["message"])
        assert [] == plan.all(Thing)
        assert 200 == (await mika.post("/v1/plan", json=putting("thing", key="a", name="A") | {"by": "Olga"})).status_code
        assert 200 == (await shop.machine.post("/v1/plan", json=putting("thing", key="b", name="B") | {"by": "Eero"})).status_code
        assert ["Eero", "Mika"] == [one.changed_by for one in plan.changes(2)]
        assert {"a", "b"} == {one["key"] for one in (await mika.get("/v1/plan", params={"kind": "thing"})).json()["records"]}
        found = (await mika.get("/v1/plan", params={"text": "b", "kind": "thing"})).json()["records"]
        assert ["b"] == [one["key"] for one in found]

    in_shop(tmp_path, play)


def test_who_looked_at_an_older_plan_is_told(tmp_path):
    """Two people edit at once: the second one looks again instead of writing over the first."""

    async def play(shop):
        seen = (await shop.machine.get("/v1/plan")).json()["revision"]
        shop.house.plan.put(Thing("a", "A"), "Olga")
        reply = await shop.machine.post("/v1/plan", json=putting("thing", key="a", name="B") | {"expects": seen})
        assert (409, "A") == (reply.status_code, shop.house.plan.get(Thing, "a").name)

    in_shop(tmp_path, play)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (putting("person", name="Mika", role="owner"), 403),
        (putting("person", name="Olga", role="cashier"), 403),
        (putting("person", name="Cara", role="manager"), 403),
        (putting("person", name="New", role="on-call"), 403),
        (putting("grant", id="g", person="Mika", right="refund"), 403),
        ({"remove": [{"kind": "person", "key": "Olga"}]}, 403),
        ({"remove": [{"kind": "grant", "key": "old"}]}, 403),
        (putting("person", name="Mika", role="manager", phone="+358401234567"), 200),
        (putting("person", name="New", role="helper"), 200),
        ({"remove": [{"kind": "person", "key": "Cara"}]}, 200),
    ],
)
def test_grants_and_roles_are_an_owners(tmp_path, body, status):
    """Who leads edits numbers and takes helpers on, and cannot make himself an owner or grant himself a refund; the owner can."""

    async def play(shop):
        hire(shop)
        shop.house.plan.put(Grant("old", "Cara", "refund"), "Olga")
        mika, olga = await signed_in(shop, "Mika"), await signed_in(shop, "Olga")
        before = shop.house.plan.revision()
        reply = await mika.post("/v1/plan", json=body)
        assert (status, status == 200) == (reply.status_code, before != shop.house.plan.revision())
        if status == 403:
            assert "Olga" in reply.json()["message"]
            assert 200 == (await olga.post("/v1/plan", json=body)).status_code

    in_shop(tmp_path, play)


def test_undo_is_no_way_round(tmp_path):
    """Taking back what an owner took away is giving it."""

    async def play(shop):
        hire(shop)
        shop.house.plan.put(Grant("g", "Mika", "refund"), "Olga")
        shop.house.plan.remove(Grant, "g", "Olga")
        mika, olga = await signed_in(shop, "Mika"), await signed_in(shop, "Olga")
        for body in ({}, {"kind": "grant", "key": "g"}):
            assert 403 == (await mika.post("/v1/plan/undo", json=body)).status_code
        assert "grant" == (await olga.post("/v1/plan/undo", json={})).json()["kind"]
        assert 403 == (await (await signed_in(shop, "Cara")).post("/v1/plan/undo", json={})).status_code

    in_shop(tmp_path, play)


def test_checks_are_answered_by_anybody_who_works_here(tmp_path):
    """In the reader's language; a claim is told from a proof in the answer."""

    async def play(shop):
        hire(shop)
        shop.house.plan.put(Check("spare", "Open it", loss="A queue.", first_person="Cara"), "Olga")
        cara = await signed_in(shop, "Cara")
        [one] = (await cara.get("/v1/plan/checks", headers={"Accept-Language": "fi"})).json()["checks"]
        assert ("never", ["Cara"], "Kukaan ei ole vielä nähnyt sen toimivan. A queue.") == (one["state"], one["asked"], one["nag"])
        said = (await cara.post("/v1/plan/checks", json={"check": "spare", "answer": "said"})).json()
        assert ("claimed", False, "Cara") == (said["state"], said["is_green"], said["claim"]["by"])
        proven = (await cara.post("/v1/plan/checks", json={"check": "spare", "answer": "works", "proof": "logged in"})).json()
        assert (True, "logged in") == (proven["is_green"], proven["proof"]["evidence"])
        for body in ({"answer": "works"}, {"answer": "later", "days": 31}, {"answer": "hand-on", "to": "Nobody"}, {"answer": "perhaps"}):
            assert (await cara.post("/v1/plan/checks", json={"check": "spare", **body})).status_code in (400, 404)

    in_shop(tmp_path, play)
