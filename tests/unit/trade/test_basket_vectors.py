"""The shared vectors of baskets: what the box makes of a described sale, refund or discount; the till makes the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tideover.model.item import Item
from tideover.trade.payment import Pay
from tideover.trade.sell import Header, Wanted, build_sale
from tideover.trade.terms import Known
from unit.trade import baskets

FOLDER = Path(__file__).parents[2] / "vectors"


def vectors(name: str) -> list[dict[str, Any]]:
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("name", "made"), [("documents", baskets.sold), ("refunds", baskets.taken_back)])
def test_described_documents(name: str, made: Any) -> None:
    """Each sale and refund of the file comes to its document, or is refused with its code."""
    found = [made(one["in"]) for one in vectors(name)]
    assert [one["out"] for one in vectors(name)] == found
    assert len(found) > 20 and any("refused" in one for one in found)


def test_a_copy_without_a_name_or_with_a_very_long_one_still_sells() -> None:
    """An entry holds a name of 200 characters at most, and a receipt always says what was sold."""
    items = {"1": Item("1", "Ä" * 300, 10_000, 0), "2": Item("2", "", 10_000, 0)}
    terms = baskets.terms_of(vectors("documents")[0]["in"]["shop"])
    built = build_sale(terms, Known(items=items), Header("K1-1", "2026-11-20"), [Wanted("1"), Wanted("2")], [Pay("card")])
    assert ["Ä" * 200, "2"] == [line.name for line in built.document.lines]
