"""What stages ask again and again is answered from memory while nothing came, and never from a memory that is too old."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tideover.journal.reading import Reading
from tideover.model.facts import DrawerMove
from unit.journal.small_shop import Shop, open_shop, run

KINDS = ("sale", "drawer_float", "enrol", "revoke")
FLOAT = DrawerMove(amount_minor=100, note="float")


def answers(reading: Reading, after: int) -> list[Any]:
    """Everything that depends on what came."""
    return [
        *[reading.read(after=n, kinds=KINDS) for n in range(after + 1)],
        *[reading.read(after=n, kinds=("sale",)) for n in range(after + 1)],
        *[reading.newest(KINDS, limit) for limit in (1, 2, 50)],
        reading.newest(("sale",), 2, not_till="nobody"),
        reading.selling_tills(),
    ]


def grow(shop: Shop) -> list[Any]:
    """Things that happen, one after another; each is a call."""
    till = shop.till()
    other = shop.till("Till 2")
    return [
        lambda: shop.append(till.sale()),
        lambda: shop.append_all([till.sale(), till.sale()]),
        lambda: run(shop.journal.record("drawer_float", FLOAT)),
        lambda: run(shop.journal.revoke(other.id, "it lay about")),
        lambda: shop.append(till.sale()),
        lambda: shop.till("Till 3"),
    ]


def test_an_answer_is_as_new_as_the_journal(tmp_path: Path) -> None:
    """After each commit, an open journal says exactly what one says that reads the file anew, whatever it was asked before."""
    with open_shop(tmp_path) as shop:
        for happens in grow(shop):
            answers(shop.journal, shop.journal.head().seq)
            happens()
            end = shop.journal.head().seq

            assert answers(Reading(shop.database), end) == answers(shop.journal, end)


def test_an_answer_is_as_new_as_the_journal_after_a_start(tmp_path: Path) -> None:
    """What stood there before the start is found after it, with what comes then."""
    with open_shop(tmp_path) as shop:
        for happens in grow(shop):
            happens()
    with open_shop(tmp_path) as shop:
        end = shop.journal.head().seq
        assert answers(Reading(shop.database), end) == answers(shop.journal, end)
        run(shop.journal.record("drawer_float", FLOAT))
        assert [end + 1] == [one.seq for one in shop.journal.read(after=end, kinds=KINDS)]


def test_who_asks_again_reads_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While nothing came, no statement is carried out; an answer may be changed by whoever got it."""
    with open_shop(tmp_path) as shop:
        shop.append(shop.till().sale())
        end = shop.journal.head().seq
        first = answers(shop.journal, end)
        shop.journal.newest(KINDS, 50).clear()
        monkeypatch.setattr(shop.database, "rows", None)

        assert [] == shop.journal.read(after=end, kinds=KINDS)
        assert first[-5:] == [
            *[shop.journal.newest(KINDS, limit) for limit in (1, 2, 50)],
            shop.journal.newest(("sale",), 2, not_till="nobody"),
            shop.journal.selling_tills(),
        ]
