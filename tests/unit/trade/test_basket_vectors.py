"""The shared vectors of baskets: what the box makes of a described sale, refund or discount; the till makes the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tideover.db import Database
from tideover.journal.entry import BODIES, Entry, Kept
from tideover.migrations import plan as plan_tables
from tideover.model.item import Item
from tideover.plan.records import Grant, Person
from tideover.plan.store import Plan
from tideover.recover.doubles import Ours
from tideover.recover.reconcile import Day, compare
from tideover.settings import Settings
from tideover.trade.drawer import Drawer, drawers_of
from tideover.trade.payment import Pay
from tideover.trade.sell import Header, Wanted, build_sale
from tideover.trade.terms import Known
from tideover.world import from_ms, real_world
from unit.trade import baskets

TILL = "0192f3c4-0000-7000-8000-00000000000b"
FOLDER = Path(__file__).parents[2] / "vectors"


def vectors(name: str) -> list[dict[str, Any]]:
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("name", "made"), [("documents", baskets.sold), ("refunds", baskets.taken_back)])
def test_described_documents(name: str, made: Any) -> None:
    """Each sale and refund of the file comes to its document, or is refused with its code."""
    found = [made(one["in"]) for one in vectors(name)]
    assert [one["out"] for one in vectors(name)] == found
    assert len(found) > 20 and any("refused" in one for one in found)


def kept(one: dict[str, Any]) -> Kept:
    """A described entry as the journal gives it."""
    shape = BODIES.get((one["kind"], 1))
    full = one["kind"] != "quote"  # Nothing counts a quote's body.
    body = msgspec.convert(one["body"], shape) if shape and full else one["body"]
    entry = Entry(one["id"], one["kind"], 1, one["till"], 1, 0, one["trading_day"], None, one["refers_to"], body)
    return Kept(1, entry, 0, b"", b"", b"", b"")


@pytest.mark.parametrize("vector", vectors("drawer"), ids=lambda vector: str(len(vector["in"]["entries"])))
def test_the_report_of_a_day_is_what_the_box_closes_with(vector: dict[str, Any]) -> None:
    """The drawer's sums are those of trade/drawer.py, sales, tenders and VAT those that the day is closed with."""
    entries, day, out = vector["in"]["entries"], vector["in"]["day"], vector["out"]
    assert out == baskets.report_of(entries, day)
    today = [kept(one) for one in entries if one["trading_day"] == day]
    [drawer] = [one for one in drawers_of(today) if one.till == TILL] or [Drawer(TILL)]
    assert drawer.expected_minor == out["expected_minor"]
    assert (drawer.counted_minor, drawer.over_minor) == (out["counted_minor"], out["over_minor"])
    void = {one.entry.refers_to for one in today if one.entry.kind == "void"}
    ours = tuple(
        Ours(one.entry.id, one.entry.kind, day, from_ms(0), one.entry.body, "void" if one.entry.id in void else "waiting")
        for one in today
        if one.entry.kind in ("sale", "refund")
    )
    closed = compare(Day(day, ours, None, "Anna"))
    assert (out["sales"]["sum_minor"], out["refunds"]["sum_minor"]) == (closed.sales_minor, closed.refunds_minor)
    assert out["rounding_minor"] == closed.rounding_minor
    tenders = {pair.key: pair.local_minor for pair in closed.by_tender if pair.key != "rounding" and pair.local_minor}
    assert {one["kind"]: one["amount_minor"] for one in out["by_tender"] if one["amount_minor"]} == tenders
    rates = {int(pair.key): pair.local_minor for pair in closed.by_vat if pair.local_minor}
    assert {one["vat_ppm"]: one["gross_minor"] for one in out["by_vat"] if one["gross_minor"]} == rates


@pytest.mark.parametrize("vector", vectors("grants"), ids=lambda vector: str(vector["out"]))
def test_grants(vector: dict[str, Any], tmp_path: Path) -> None:
    """Who may go over a limit, asked of a real plan as the counter asks it."""
    given, world = vector["in"], real_world()
    database = Database(tmp_path / "plan.db", plan_tables.MIGRATIONS)
    plan = Plan(database, world, Settings())
    people = [Person(name=one["name"], role=one["role"]) for one in given["operators"]]
    plan.change([*people, *msgspec.convert(given["grants"], list[Grant])], (), "Anna")
    amount, day = given["amount_minor"], given["day"]
    needs = amount > (given["shop"]["refund_limit_minor"] if given["right"] == "refund" else 0)
    more = {"in_outage": given["in_outage"], "spent": given["spent"], "share_ppm": given["share_ppm"]}
    found = plan.may(given["operator"], given["right"], amount, day, **more)
    database.close()
    assert vector["out"] == {"ok": not needs or found is not None, "grant": found.id if needs and found else None}


def test_a_copy_without_a_name_or_with_a_very_long_one_still_sells() -> None:
    """An entry holds a name of 200 characters at most, and a receipt always says what was sold."""
    items = {"1": Item("1", "Ä" * 300, 10_000, 0), "2": Item("2", "", 10_000, 0)}
    terms = baskets.terms_of(vectors("documents")[0]["in"]["shop"])
    built = build_sale(terms, Known(items=items), Header("K1-1", "2026-11-20"), [Wanted("1"), Wanted("2")], [Pay("card")])
    assert ["Ä" * 200, "2"] == [line.name for line in built.document.lines]
