"""The shared vectors of receipts: the same rows at the box and at the till, with everything that the law of the country asks for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tideover.model.facts import Quoted
from tideover.model.sale import Document
from tideover.settings import Settings
from tideover.trade.receipt import laid_out
from tideover.trade.receipt_parts import Part, Receipt, parts_of
from tideover.world import from_ms

VECTORS: list[dict[str, Any]] = json.loads((Path(__file__).parents[2] / "vectors" / "receipt.json").read_text(encoding="utf-8"))


def parts(given: dict[str, Any]) -> tuple[Part, ...]:
    body = msgspec.convert(given["body"], Quoted if given["kind"] == "quote" else Document)
    flags = {name: given[name] for name in ("is_copy", "in_outage", "is_practice", "original")}
    made = Receipt(given["kind"], body, from_ms(given["happened_at"]), given["operator"] or "", **flags)
    return parts_of(made, Settings(**given["settings"]))


def test_described_receipts() -> None:
    """Each comes to its rows."""
    assert [one["out"] for one in VECTORS] == [msgspec.json.decode(msgspec.json.encode(parts(one["in"]))) for one in VECTORS]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: f"{vector['in']['settings']['country']} {vector['in']['kind']}")
@pytest.mark.parametrize("width", [42, 32, 24])
def test_what_the_law_asks_for_stands_on_paper_of_any_width(vector: dict[str, Any], width: int) -> None:
    """Shop, contact, business id, date, number, goods with their quantity, sum, and per rate the rate and its VAT."""
    given = vector["in"]
    settings, body = given["settings"], given["body"]
    lines = [row.text for row in laid_out(parts(given), width)]
    text = " ".join(" ".join(lines).split())
    squeezed = text.replace(" ", "")
    assert max(map(len, lines)) <= width
    for wanted in (settings["shop_name"], settings["business_id"], *settings["address"].split("\n"), body["number"]):
        assert wanted.replace(" ", "") in squeezed
    for row in vector["out"]:
        if row["style"] in ("line", "total", "pair"):
            assert row["right"] in text
        if row["style"] == "tax":
            assert all(cell in text for cell in row["cells"])
    rates = {line["vat_ppm"] for line in body["lines"]}
    assert len(rates) == sum(row["style"] == "tax" for row in vector["out"])
    if settings["country"] == "AU" and settings["business_id"] and given["kind"] == "sale":
        assert "TAX INVOICE" in text and "GST" in text and "ABN" in text
    assert not any(ord(letter) < 32 or letter in "\u202e\u200b" for letter in "".join(lines))
