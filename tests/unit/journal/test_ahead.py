"""The helper that looks at signatures while the disk is busy: it saves work and decides nothing."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tideover.errors import TideoverError
from tideover.journal.ahead import Ahead, Arrived, arrive
from tideover.journal.verify import verify_file
from unit.journal.small_shop import Shop, Till, open_shop, run

PATIENCE_S = 20


async def looked_at(arrived: list[Arrived]) -> list[bool | None]:
    """What was found, once all are looked at."""
    async with asyncio.timeout(PATIENCE_S):
        while any(one.found is None for one in arrived):
            await asyncio.sleep(0)
    return [one.found for one in arrived]


def forged(till: Till) -> tuple[bytes, bytes]:
    """The till's next sale with a signature that is not its own; the number is free again."""
    signed, signature = till.sale()
    till.next -= 1
    return signed, signature[:-1] + bytes([signature[-1] ^ 1])


def test_the_helper_finds_what_the_writer_would(tmp_path: Path) -> None:
    """Genuine is genuine, forged is forged; what is no entry, and a till that nobody knows, is left to the writer."""
    with open_shop(tmp_path) as shop:
        till = shop.till()
        known = {one["till"]: one for one in shop.journal.tills()}
        arrived = [arrive(*till.sale()), arrive(*forged(till))]
        stranger = arrive(*till.sale(till=shop.world.new_id()))
        ahead = Ahead(lambda id: shop.journal._roll.till(id) if id in known else None)
        ahead.hand([stranger, arrive(b"{}", b""), *arrived])
        assert [True, False] == run(looked_at(arrived))
        ahead.close()
        assert stranger.found is None


def test_a_forged_entry_never_gets_in_whoever_looks(tmp_path: Path) -> None:
    """Tills press, so that many entries wait for the disk and the helper looks at them; each forged one is refused, no good one is."""
    with open_shop(tmp_path, threaded=True) as shop:
        tills = [shop.till(f"Till {number}") for number in range(6)]
        said = run(_all_press(shop, tills))
        assert [["bad-signature", "created"] * 20] * 6 == said
    assert "whole" == verify_file(tmp_path / "journal.db").chain


async def _all_press(shop: Shop, tills: list[Till]) -> list[list[str]]:
    async def press(till: Till) -> list[str]:
        said = []
        for _ in range(20):
            for pair in (forged(till), till.sale()):
                [outcome] = await shop.journal.append_batch([pair])
                said.append(outcome.code if isinstance(outcome, TideoverError) else outcome.answer)
        return said

    return await asyncio.gather(*(press(till) for till in tills))


@pytest.mark.parametrize("threaded", [True, False])
def test_an_id_that_stands_already_spoils_nothing_for_those_beside_it(tmp_path: Path, threaded: bool) -> None:
    """New entries go in with one statement; where one of them is not new, each has the outcome it would have alone."""
    with open_shop(tmp_path, threaded=threaded) as shop:
        one, two = shop.till(), shop.till("Till 2")
        first = one.entry()
        shop.append(one.signed(first))
        outcomes = shop.append_all([two.sale(), one.sale(id=first.id), two.sale()])
        assert ["created", "differs", "created"] == [outcome.answer for outcome in outcomes]
        assert [1, 2] == [till["last_seq"] for till in shop.journal.tills() if not till["is_box"]]
    assert "whole" == verify_file(tmp_path / "journal.db").chain
