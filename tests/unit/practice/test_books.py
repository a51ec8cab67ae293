"""The practice cloud keeps exactly the promises it makes: keys for ten minutes, and not a second longer."""

from __future__ import annotations

from typing import Any

import pytest

from unit.practice.cloud_at_hand import DAY, AtHand, sale


def rows(cloud: AtHand, sql: str) -> list[tuple[Any, ...]]:
    return cloud.app.cloud.database.rows(sql)


def test_the_contract_s_tables_hold_a_sale(cloud: AtHand) -> None:
    """Sale, lines and payments stand in the three tables; the total is the lines', rounding a payment row of its own."""
    cloud.book("e1", payments=[{"tender": "cash", "amount_minor": 400}], rounding_minor=-5)

    assert [(1, "e1", DAY, "sale", "final", 395)] == rows(cloud, "SELECT id, external_id, day, kind, state, total_minor FROM sale")
    assert [(1, "tea", 1000, 395)] == rows(cloud, "SELECT sale_id, item, quantity, amount_minor FROM sale_line")
    assert [(1, "cash", 400), (1, "rounding", -5)] == rows(cloud, "SELECT sale_id, tender, amount_minor FROM payment")


def test_a_key_is_honoured_for_ten_minutes(cloud: AtHand) -> None:
    """At 599 s the same key names the first document, at 600 s it doubles, and the new key use counts from there."""
    first = cloud.book("e1")
    cloud.world.later(599.999)
    again = cloud.book("e1")
    cloud.world.later(0.001)
    doubled = cloud.book("e1")
    cloud.world.later(599)
    last = cloud.book("e1")

    assert [201, 200, 201, 200] == [first[0], again[0], doubled[0], last[0]]
    assert first[1] | {"repeated": True} == again[1]
    assert first[1]["number"] != doubled[1]["number"] == last[1]["number"]
    assert [("e1",), ("e1",)] == rows(cloud, "SELECT external_id FROM sale")


def test_a_key_with_other_content_is_409(cloud: AtHand) -> None:
    """Nothing is booked, and the first document stays."""
    cloud.book("e1")
    status, no = cloud.call("POST", "/api/sales", sale(396, external_id="e1"), key="e1")

    assert (409, "key-reused") == (status, no["cause"])
    assert [(395,)] == rows(cloud, "SELECT total_minor FROM sale")


def test_without_a_key_it_books_what_it_is_told(cloud: AtHand) -> None:
    """The same sale twice without a key is two documents, even under one external id."""
    assert [201, 201] == [cloud.book(external_id="e1")[0] for _ in range(2)]
    assert [("e1",), ("e1",)] == rows(cloud, "SELECT external_id FROM sale")


def test_a_refused_key_is_not_used_up(cloud: AtHand) -> None:
    """After a closed period is opened the same key books."""
    cloud.call("POST", "/admin/close-period", {"until": DAY})
    refused = cloud.book("e1")
    cloud.call("POST", "/admin/open-period", {})

    assert (422, "closed-period") == (refused[0], refused[1]["cause"])
    assert 201 == cloud.book("e1")[0]


def test_the_day_after_a_closed_period_is_open(cloud: AtHand) -> None:
    """The last closed day is closed, the next is not; the cloud's own till is bound by it too."""
    cloud.call("POST", "/admin/close-period", {"until": DAY})

    assert 201 == cloud.book(day="2026-11-21")[0]
    assert 422 == cloud.book(target="/till/sales")[0]


def test_a_draft_is_finished_by_the_same_key(cloud: AtHand) -> None:
    """Half-way is 503 and a draft without effect; the same key makes it final, and it counts once."""
    cloud.call("POST", "/admin/load", {"stock": [{"code": "tea", "on_hand": 5000}]})
    cloud.call("POST", "/admin/leave-draft", {"count": 1})
    half_way = cloud.book("e1")
    stock_then = cloud.call("GET", "/api/stock")[1]["rows"]
    finished = cloud.book("e1")

    assert (503, [{"code": "tea", "on_hand": 5000}]) == (half_way[0], stock_then)
    assert (200, "final", True) == (finished[0], finished[1]["state"], finished[1]["repeated"])
    assert [{"code": "tea", "on_hand": 4000}] == cloud.call("GET", "/api/stock")[1]["rows"]
    assert [("final",)] == rows(cloud, "SELECT state FROM sale")


def test_a_void_keeps_the_document(cloud: AtHand) -> None:
    """A voided document stays, says why, gives the stock back and can no longer be taken back."""
    cloud.call("POST", "/admin/load", {"stock": [{"code": "tea", "on_hand": 5000}]})
    number = cloud.book(target="/till/sales")[1]["number"]
    for _ in range(2):  # Twice is as good as once.
        cloud.call("POST", f"/till/sales/{number}/void", {"why": "keyed twice"})

    assert [("void", "void: keyed twice")] == rows(cloud, "SELECT state, note FROM sale")
    assert [{"code": "tea", "on_hand": 5000}] == cloud.call("GET", "/api/stock")[1]["rows"]
    assert [number] == cloud.call("GET", "/api/sales")[1]["removed"]


@pytest.mark.parametrize("number", ["S1", "S100001", "S", "x", "S99999999999999999999999", "%00"])
def test_a_void_of_nothing_is_404(cloud: AtHand, number: str) -> None:
    """A number that was never given is not found, however it looks."""
    assert 404 == cloud.call("POST", f"/till/sales/{number}/void", {})[0]


def test_a_vanished_item_is_refused_and_a_free_line_is_not(cloud: AtHand) -> None:
    """Once there is a catalogue, a code outside it is `item-gone`; a line without a code is free."""
    cloud.call("POST", "/admin/load", {"items": [{"code": "jam", "name": "Jam", "unit_price": 1, "vat_ppm": 0}]})
    free = [{"item": "", "name": "Odds", "quantity": 1000, "amount_minor": 395, "vat_ppm": 0}]

    assert (422, "item-gone") == (cloud.book()[0], cloud.book()[1]["cause"])
    assert 201 == cloud.book(lines=free)[0]


def test_sold_stock_goes_down_and_refunds_bring_it_back(cloud: AtHand) -> None:
    """Stock follows the documents and may go below zero; other items keep theirs."""
    cloud.call("POST", "/admin/load", {"stock": [{"code": "tea", "on_hand": 500}, {"code": "jam", "on_hand": 1}]})
    cloud.book()
    after_sale = cloud.call("GET", "/api/stock")[1]["rows"]
    line = {"item": "tea", "name": "Tea", "quantity": -2000, "amount_minor": -790, "vat_ppm": 0}
    cloud.book(kind="refund", lines=[line])

    assert {"tea": -500, "jam": 1} == {row["code"]: row["on_hand"] for row in after_sale}
    assert {"tea": 1500, "jam": 1} == {row["code"]: row["on_hand"] for row in cloud.call("GET", "/api/stock")[1]["rows"]}


def test_history_is_not_among_the_documents(cloud: AtHand) -> None:
    """Seeded sales, quotes and invoices stand in no sale row; a booked sale joins the recent sales with its unit price."""
    history = {"code": "H1", "day": "2026-11-19", "customer": None, "total_minor": 100, "lines": []}
    cloud.call("POST", "/admin/load", {"sales": [history]})
    number = cloud.book(lines=[{"item": "tea", "name": "Tea", "quantity": 3000, "amount_minor": 1000, "vat_ppm": 0}])[1]["number"]
    recent = {row["code"]: row for row in cloud.call("GET", "/api/sales")[1]["rows"]}

    assert [(1,)] == rows(cloud, "SELECT count(*) FROM sale")
    assert {"H1", number} == set(recent)
    assert 33_333 == recent[number]["lines"][0]["unit_price"]
