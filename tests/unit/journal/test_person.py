"""People can be forgotten; the entries that name them, and their chain, stay."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from tideover.errors import BadRecord
from tideover.journal.person import DETAILS_BYTES_MAX, People
from tideover.journal.verify import verify_file
from tideover.model.facts import Erased
from unit.journal.small_shop import Shop, open_shop, paid_by_card, run

MAIJA = {"name": "Maija Mäkinen", "phone": "+358 40 1234567", "note": "Pays on Fridays"}


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with open_shop(tmp_path) as opened:
        yield opened


def people_of(shop: Shop) -> People:
    return People(shop.database, shop.secrets, shop.world)


def files_hold(folder: Path, text: str) -> list[str]:
    """Names of the files in which the text can be read."""
    return [path.name for path in folder.iterdir() if text.encode() in path.read_bytes()]


def test_details_come_back_and_are_committed_to(shop: Shop) -> None:
    """What was put is read, and the commitment proves it; other details would not fit it."""
    people = people_of(shop)
    party, commitment = people.put(MAIJA)
    other, other_commitment = people.put(MAIJA)

    assert MAIJA == people.read(party)
    assert people.is_committed(party, commitment)
    assert not people.is_committed(party, other_commitment)
    assert commitment != other_commitment and party != other


def test_details_stand_nowhere_in_clear(shop: Shop) -> None:
    """Neither database holds a readable name or number."""
    people_of(shop).put(MAIJA)

    assert [] == files_hold(shop.folder, "Maija") + files_hold(shop.folder, "1234567")


def test_an_erased_person_leaves_the_chain_whole(shop: Shop) -> None:
    """After the key is destroyed nothing opens the details, and the sale and its chain are as they were."""
    people, till = people_of(shop), shop.till()
    party, commitment = people.put(MAIJA)
    sale = shop.append(till.sale(body=replace(paid_by_card(), party=party, commitment=commitment)))
    before = shop.journal.find(sale.id)

    people.erase(party)
    run(shop.journal.record("erased", Erased(party=party, why="asked")))

    assert people.read(party) is None
    assert not people.is_committed(party, commitment)
    assert before == shop.journal.find(sale.id)
    assert "whole" == verify_file(shop.database.path).chain


def test_the_key_of_an_erased_person_is_gone_from_the_files(shop: Shop) -> None:
    """Not only the row: its bytes are overwritten in the file and in the log beside it."""
    people = people_of(shop)
    party, _ = people.put(MAIJA)
    [(name, sealed)] = [row for row in shop.secrets._database.rows("SELECT name, sealed FROM secret") if party in row[0]]
    people.erase(party)

    found = [path.name for path in shop.folder.glob("secrets.db*") if sealed in path.read_bytes() or name.encode() in path.read_bytes()]
    assert [] == found


def test_erasing_again_is_no_error(shop: Shop) -> None:
    """Nobody has to remember whether a person was forgotten already."""
    people = people_of(shop)
    party, _ = people.put(MAIJA)
    people.erase(party)
    people.erase(party)
    people.erase("nobody")

    assert people.read(party) is None and people.read("nobody") is None


def test_an_erasure_is_done_again_after_a_restore(shop: Shop) -> None:
    """Secrets brought back from an old copy bring back no one whom the journal calls erased."""
    people = people_of(shop)
    party, _ = people.put(MAIJA)
    stays, _ = people.put({"name": "Veikko"})
    key = shop.secrets.get(f"person.{party}")
    people.erase(party)
    shop.secrets.put(f"person.{party}", key)

    assert 1 == people.erase_again([party])
    assert 0 == people.erase_again([party])
    assert shop.secrets.get(f"person.{party}") is None
    assert {"name": "Veikko"} == people.read(stays)


def test_a_novel_is_no_personal_detail(shop: Shop) -> None:
    """Details are bounded, and of plain kinds."""
    for wrong in ({"note": "x" * DETAILS_BYTES_MAX}, {"weight": 1.5}):
        with pytest.raises(BadRecord):
            people_of(shop).put(wrong)
