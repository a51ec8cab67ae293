"""A till that the box does not know is heard about the head it was once given, and about nothing else."""

from __future__ import annotations

from tideover.journal.chain import Head
from tideover.journal.heads import Prover
from tideover.journal.keys import box_key
from unit.web.shop import in_shop
from unit.web.till import Till


async def tell(shop, head, proof):
    return await shop.client().post("/v1/witness", json={"known_head": str(head), "head_proof": proof})


def test_a_forgotten_till_shows_that_the_box_lost_entries(tmp_path):
    """An old copy that does not even know the till stops writing when it is shown its own proof."""

    async def play(shop):
        till = await Till(shop, "Till 1").enrol()
        lost = Head.parse(f"9{till.head}")
        proof = Prover(box_key(shop.house.secrets, shop.world)).proof(lost)
        reply = await tell(shop, lost, proof)
        assert (500, "tail-missing") == (reply.status_code, reply.json()["code"])
        assert "tail-missing" == shop.house.journal.broken.code

    in_shop(tmp_path, play)


def test_without_a_proof_nothing_happens(tmp_path):
    """Anybody can write down a number: the journal stays open, and the answer tells nothing."""

    async def play(shop):
        till = await Till(shop, "Till 1").enrol()
        lost = Head.parse(f"9{till.head}")
        assert [200, 200] == [(await tell(shop, head, "ab" * 32)).status_code for head in (lost, Head.parse(till.head))]
        assert shop.house.journal.broken is None
        assert "created" == (await till.send(till.sign()))["answers"][0]["answer"]

    in_shop(tmp_path, play)


def test_it_is_asked_slowly(tmp_path):
    """Nobody keeps the box reckoning proofs."""

    async def play(shop):
        replies = [await tell(shop, Head.parse("1:" + "ab" * 32), "ab" * 32) for _ in range(13)]
        assert [200] * 12 + [429] == [one.status_code for one in replies]

    in_shop(tmp_path, play)
