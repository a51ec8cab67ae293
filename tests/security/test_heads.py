"""A till's head stops the writing only when this box gave it: lost entries are noticed, and no till can stop the shop."""

import asyncio
import shutil

import pytest

from tideover.journal.chain import Head
from tideover.journal.heads import FILE, Prover
from tideover.journal.keys import TillKey
from unit.web.shop import Shop, StillWorld, in_shop, make_house
from unit.web.till import Till

NEVER = "f" * 64


def findings(shop):
    return [kept.entry.body for kept in shop.house.journal.read(kinds=("finding",))]


@pytest.mark.parametrize("said", [f"999999:{NEVER}", f"1:{NEVER}", f"9007199254740991:{NEVER}"])
@pytest.mark.parametrize("proof", [None, "0" * 64])
def test_a_till_that_makes_up_a_head_stops_nothing_and_is_named(tmp_path, said, proof):
    """Beyond the end or with another hash, without a proof or with a wrong one: the sale stands, a finding names the till."""

    async def play(shop):
        till = await Till(shop, "Till 1").enrol()
        told = await till.send(till.sign(), known_head=said, head_proof=proof)
        assert ["created"] == [one["answer"] for one in told["answers"]]
        assert shop.house.journal.is_writable
        assert [("strange-head", True)] == [(one.code, "Till 1" in one.text) for one in findings(shop)]

    in_shop(tmp_path, play)
    witnessed = [line.split(" ")[0] for line in (tmp_path / FILE).read_text().splitlines()]
    assert said not in witnessed
    assert True is in_shop(tmp_path, lambda shop: _writable(shop))


async def _writable(shop):
    return shop.house.journal.is_writable


def test_a_till_that_goes_on_with_it_is_named_once_a_day(tmp_path):
    """A till cannot fill the journal with findings, by a restart of the box neither; the next day it is said again."""

    async def lie(shop):
        till = Till(shop, "Till 1")
        till = await till.enrol()
        for _ in range(3):
            await till.send(known_head=f"999:{NEVER}")
        return till

    async def play(shop):
        await lie(shop)
        assert 1 == len(findings(shop))
        shop.world.pass_time(days=1)
        await lie(shop)
        assert 2 == len(findings(shop))

    in_shop(tmp_path, play)


def test_a_restored_box_knows_its_own_older_proofs(tmp_path):
    """The journal put back from yesterday, the secrets as they are: the till's head proves what is missing, and writing stops."""
    old = tmp_path / "old.db"

    async def yesterday(shop):
        return await Till(shop, "Till 1").enrol()

    async def today(shop):
        till.shop, till.client = shop, shop.client(Authorization=f"Bearer {till.token}")
        told = await till.send(till.sign(), till.sign())
        return {"known_head": told["head"], "head_proof": told["head_proof"]}

    async def restored(shop):
        client = shop.client(Authorization=f"Bearer {till.token}")
        reply = await client.post("/v1/entries", json={"entries": [], **kept})
        return reply.json()["code"], shop.house.journal.is_writable

    till = in_shop(tmp_path, yesterday)
    shutil.copy(tmp_path / "journal.db", old)
    kept = in_shop(tmp_path, today)
    for log in tmp_path.glob("journal.db-*"):
        log.unlink()
    shutil.copy(old, tmp_path / "journal.db")
    (tmp_path / FILE).unlink()  # The disk took the box's own witness with it.
    assert ("tail-missing", False) == in_shop(tmp_path, restored)


def test_a_proof_is_for_one_head_and_one_box(tmp_path):
    """Another number, another hash or another box's key makes another proof; and it does not tell the key."""
    key = TillKey.generate()
    ours, theirs = Prover(key), Prover(TillKey.generate())
    head, other, further = Head(7, b"\1" * 32), Head(7, b"\2" * 32), Head(8, b"\1" * 32)
    proof = ours.proof(head)
    assert [0, -1, -1, -1] == [
        ours.given_after(head, proof, 0),
        ours.given_after(other, proof, 0),
        ours.given_after(further, proof, 0),
        theirs.given_after(head, proof, 0),
    ]
    assert 0 == Prover(TillKey.from_pem(key.to_pem())).given_after(head, proof, 0)
    assert key.secret_for("a") not in (key.secret_for("b"), key.to_pem())


def test_a_till_enrolled_again_brings_its_old_head_as_a_hint(tmp_path):
    """A box whose secrets are lost is a new box: its tills enrol again, and what they kept of the old one is told, not obeyed."""

    async def old_box(shop):
        till = await Till(shop, "Till 1").enrol()
        told = await till.send(till.sign(), till.sign())
        return {"known_head": told["head"], "head_proof": told["head_proof"]}

    async def new_box(shop):
        till = await Till(shop, "Till 1").enrol()
        told = await till.send(till.sign(), **kept)
        return told["answers"][0]["answer"], len(findings(shop)), shop.house.journal.is_writable

    (tmp_path / "old").mkdir()
    (tmp_path / "new").mkdir()
    kept = in_shop(tmp_path / "old", old_box)
    kept["known_head"] = "9" + kept["known_head"]
    world = StillWorld()
    world.chance.seed(2)  # Another machine, another key.
    assert ("created", 1, True) == asyncio.run(in_world(tmp_path / "new", world, new_box))


async def in_world(folder, world, play):
    shop = Shop(make_house(folder, world))
    try:
        return await play(shop)
    finally:
        await shop.end()
