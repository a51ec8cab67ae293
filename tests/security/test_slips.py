"""Paper and copied tills: a number twice is refused, a number nobody handed out is told to a person."""

from tideover.plan.records import Pad
from tideover.world import to_ms
from unit.web.shop import in_shop
from unit.web.till import Till, coffee

HOUR_MS = 3_600_000


async def key_in(shop, number):
    document = {"number": "", "currency": "EUR", "prices_include_vat": True, "tenders": [{"kind": "cash", "amount_minor": 250}]}
    line = {"item": "A1", "name": "Coffee", "quantity": 1000, "unit_price": 25_000, "amount_minor": 250, "vat_ppm": 135_000}
    body = {"slip": number, "kind": "sale", "happened_at_ms": to_ms(shop.world.now()) - HOUR_MS, "document": {**document, "lines": [line]}}
    return await shop.machine.post("/v1/slips", json=body)


def test_a_slip_is_keyed_once_and_a_number_of_no_pad_is_told(tmp_path):
    """The same number again, written in any way, is refused with the entry that stands; one from no pad becomes a finding."""

    async def play(shop):
        shop.house.plan.put(Pad("A-0001", "A", 1, 20), "Olga")
        first = await key_in(shop, "A-0003")
        assert (201, []) == (first.status_code, [one for one in first.json()["notices"] if "lip" in one])
        for again in ("A-0003", "a3", " A 0003 "):
            reply = await key_in(shop, again)
            assert (409, "slip-used", True) == (reply.status_code, reply.json()["code"], first.json()["id"] in reply.json()["message"])
        forged = await key_in(shop, "A-0021")
        assert (201, True) == (forged.status_code, "no pad" in forged.json()["notices"][0])
        assert "slip-not-issued" in {kept.entry.body.code for kept in shop.house.journal.read(kinds=("finding",))}
        assert 2 == len(shop.house.journal.read(kinds=("sale",)))

    in_shop(tmp_path, play)


def test_a_copied_till_is_noticed(tmp_path):
    """Two devices with one key take the same number: the first entry stands, the second is kept aside and told; none is lost."""

    async def play(shop):
        till = await Till(shop, "Till 1").enrol()
        copied_seq = till.seq
        assert "created" == (await till.send(till.sign(coffee("K1-1"))))["answers"][0]["answer"]
        till.seq = copied_seq
        told = (await till.send(till.sign(coffee("K1-1b"))))["answers"][0]
        assert ("error", "till-gap") == (told["answer"], told["code"])
        assert ["entry-aside"] == [kept.entry.body.code for kept in shop.house.journal.read(kinds=("finding",))]
        assert ["K1-1b"] == [aside.entry.body.number for aside in shop.house.journal.asides()]

    in_shop(tmp_path, play)


def test_a_till_enrolled_again_signs_as_a_new_one(tmp_path):
    """What the old key signs after its end is refused, and the old token opens nothing; numbers begin at 1."""

    async def play(shop):
        old = await Till(shop, "Till 1").enrol()
        await old.send(old.sign())
        new = await Till(shop, "Till 1").enrol()
        await shop.machine.post(f"/v1/tills/{old.id}/revoke", json={"why": "lost"})
        assert old.id != new.id and "created" == (await new.send(new.sign()))["answers"][0]["answer"]
        assert "unknown-till" == (await old.send(old.sign()))["answers"][0]["code"]
        borrowed = await new.client.post("/v1/entries", json={"entries": [old.sign(seq=2)]})
        assert "unknown-till" == borrowed.json()["answers"][0]["code"]
        assert [401, 200] == [(await one.client.get("/v1/copies")).status_code for one in (old, new)]

    in_shop(tmp_path, play)


def test_a_revoked_till_witnesses_nothing(tmp_path):
    """A stolen till that still has its token can neither stop the writing nor fill the list of findings."""

    async def play(shop):
        till = await Till(shop, "Till 1").enrol()
        await shop.machine.post(f"/v1/tills/{till.id}/revoke", json={"why": "stolen"})
        await till.send(known_head=f"99:{'f' * 64}")
        return shop.house.journal.is_writable, shop.house.journal.read(kinds=("finding",))

    assert (True, []) == in_shop(tmp_path, play)
