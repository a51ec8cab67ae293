"""The practice cloud's doors: log-in, pulls, look-ups, reports, and what it says to nonsense."""

from __future__ import annotations

from typing import Any

import pytest

from unit.practice.cloud_at_hand import DAY, AtHand, sale


def test_a_log_in_lasts_an_hour(cloud: AtHand) -> None:
    """The token is good until the hour is over; then 401."""
    cloud.world.later(3_599)
    before = cloud.call("GET", "/api/items")[0]
    cloud.world.later(1)

    assert (200, 401) == (before, cloud.call("GET", "/api/items")[0])


@pytest.mark.parametrize("target", ["/api/items", "/api/items/count", "/api/sales?day=2026-11-20", "/api/nothing"])
def test_the_interface_needs_a_log_in(cloud: AtHand, target: str) -> None:
    """Every path under /api is 401 with a token that was never given."""
    assert (401, "login") == (cloud.call("GET", target, token="other")[0], cloud.call("GET", target, token="other")[1]["cause"])


def test_a_wrong_password_is_401(cloud: AtHand) -> None:
    """User and password have to be right."""
    assert 401 == cloud.call("POST", "/login", {"user": "shop", "password": "guess"})[0]


def test_pages_follow_the_changes(cloud: AtHand) -> None:
    """Rows come in the order of their last change; a changed row moves behind the cursor, a removed one leaves its code."""
    people = [{"code": code, "name": code.upper()} for code in "abc"]
    cloud.call("POST", "/admin/load", {"customers": people})
    first = cloud.call("GET", "/api/customers?limit=2")[1]
    cloud.call("POST", "/admin/change", {"dataset": "customers", "rows": [{"code": "a", "name": "Aalto"}], "removed": ["b"]})
    second = cloud.call("GET", f"/api/customers?limit=2&after={first['cursor']}")[1]
    third = cloud.call("GET", f"/api/customers?limit=2&after={second['cursor']}")[1]

    assert (["a", "b"], True) == ([row["code"] for row in first["rows"]], first["more"])
    assert (["C", "Aalto"], True) == ([row["name"] for row in second["rows"]], second["more"])
    assert ([], ["b"], False) == (third["rows"], third["removed"], third["more"])
    assert 2 == cloud.call("GET", "/api/customers/count")[1]["count"]


def test_a_pulled_row_is_whole(cloud: AtHand) -> None:
    """Every field of a record is there, the optional ones too: strict readers need no guesses."""
    cloud.call("POST", "/admin/load", {"items": [{"code": "tea", "name": "Tea", "unit_price": 39_500, "vat_ppm": 135_000}]})
    (row,) = cloud.call("GET", "/api/items")[1]["rows"]

    assert {"code", "name", "unit_price", "vat_ppm", "barcodes", "department", "unit", "archived"} == set(row)


def test_a_sale_of_its_own_till_is_found_by_screen_number(cloud: AtHand) -> None:
    """Reference, day and sum together; another sum is not found."""
    number = cloud.book(target="/till/sales", reference="C1-7", till="C1")[1]["number"]

    def find(total: int) -> list[str]:
        found = cloud.call("GET", f"/api/sales?reference=C1-7&day={DAY}&total_minor={total}")[1]
        return [one["number"] for one in found["documents"]]

    assert ([number], []) == (find(395), find(394))


def test_a_day_is_read_in_pages(cloud: AtHand) -> None:
    """Two per page, each once, in booking order, with lines and payments; another day's stay away."""
    numbers = [cloud.book(f"e{n}")[1]["number"] for n in range(5)]
    cloud.book(day="2026-11-21")
    cursor, found = "", []
    for _ in range(3):
        page = cloud.call("GET", f"/api/sales?day={DAY}&limit=2&after={cursor}")[1]
        found += page["documents"]
        cursor = page["cursor"]

    assert numbers == [one["number"] for one in found]
    assert [395] == [one["amount_minor"] for one in found[0]["payments"]]
    assert not page["more"]


def test_the_day_report_is_in_shop_time(cloud: AtHand) -> None:
    """One row per document with local time, tenders in columns, decimals with a dot, and our reference where a clerk pasted it."""
    cloud.call("POST", "/admin/load", {"zone": "Europe/Helsinki"})
    payments = [{"tender": "cash", "amount_minor": 1000}, {"tender": "card", "amount_minor": -607}]
    cloud.book(target="/till/sales", external_id="e1", reference="C1-7", payments=payments, rounding_minor=2)
    head, row = cloud.call("GET", f"/till/day-report.csv?day={DAY}")[1].splitlines()

    assert "number,our_reference,reference,day,time,kind,state,total,cash,card,account,transfer,mobile,voucher,rounding" == head
    assert f"S100001,e1,C1-7,{DAY},14:00:00,sale,final,3.95,10.00,-6.07,0.00,0.00,0.00,0.00,0.02" == row


def test_the_day_lines_name_their_document(cloud: AtHand) -> None:
    """One row per line, thousandths and percents as decimals, quotes where a name needs them."""
    line = {"item": "tea", "name": 'Tea, "loose"', "quantity": 250, "amount_minor": 99, "vat_ppm": 135_000}
    cloud.book(lines=[line])
    _, row = cloud.call("GET", f"/till/day-lines.csv?day={DAY}")[1].splitlines()

    assert 'S100001,tea,"Tea, ""loose""",0.25,3.96,0.99,13.5' == row


def test_exports_hold_every_field(cloud: AtHand) -> None:
    """Prices as decimals, barcodes side by side, one row per line of an order."""
    item = {"code": "tea", "name": "Tea", "unit_price": 39_550, "vat_ppm": 135_000, "barcodes": ["1", "2"], "archived": True}
    lines = [{"item": "tea", "name": "Tea", "quantity": 1500, "unit_price": 39_550}, {"item": "jam", "name": "Jam", "quantity": -1000}]
    order = {"code": "o1", "customer": "salmi", "promised_on": None, "lines": lines}
    cloud.call("POST", "/admin/load", {"items": [item], "orders": [order]})

    expected_items = ["code,name,unit_price,vat_percent,barcode,department,unit,archived", "tea,Tea,3.955,13.5,1|2,,pcs,yes"]
    expected_orders = [
        "code,customer,promised_on,note,item,line_name,quantity,unit_price",
        "o1,salmi,,,tea,Tea,1.5,3.955",
        "o1,salmi,,,jam,Jam,-1,0.00",
    ]
    assert expected_items == cloud.call("GET", "/till/export/items.csv")[1].splitlines()
    assert expected_orders == cloud.call("GET", "/till/export/orders.csv")[1].splitlines()


def test_an_empty_dataset_exports_its_head(cloud: AtHand) -> None:
    """Nothing to export is still a file with a head."""
    assert ["code,name,phone,email,our_account"] == cloud.call("GET", "/till/export/suppliers.csv")[1].splitlines()


def test_a_customer_is_made_once(cloud: AtHand) -> None:
    """The second time says it was there, and changes nothing."""
    first = cloud.call("POST", "/api/customers", {"code": "salmi", "name": "Aino Salmi"})
    second = cloud.call("POST", "/api/customers", {"code": "salmi", "name": "Other"})

    assert (201, 200) == (first[0], second[0])
    assert ["Aino Salmi"] == [row["name"] for row in cloud.call("GET", "/api/customers")[1]["rows"]]


NONSENSE: list[tuple[str, str, Any]] = [
    ("POST", "/api/sales", b""),
    ("POST", "/api/sales", b"[]"),
    ("POST", "/api/sales", b"\xff"),
    ("POST", "/api/sales", sale(day="20.11.2026")),
    ("POST", "/api/sales", sale(kind="gift")),
    ("POST", "/api/sales", sale(payments=[{"tender": "rounding", "amount_minor": 1}])),
    ("POST", "/api/sales", sale(lines=[{"item": "a", "name": "a", "quantity": 1.5, "amount_minor": 1, "vat_ppm": 0}])),
    ("POST", "/api/sales", sale(at_ms=-1)),
    ("POST", "/api/sales", sale(surprise=True)),
    ("POST", "/till/sales", b"{"),
    ("POST", "/login", b"{}"),
    ("POST", "/admin/load", {"items": [{"code": 7}]}),
    ("POST", "/admin/load", {"zone": "Europe/Nowhere"}),
    ("POST", "/admin/change", {"dataset": "items", "rows": [{"code": "x"}]}),
    ("GET", "/till/day-report.csv", None),
    ("GET", f"/api/sales?day={DAY}&total_minor=many", None),
    ("GET", f"/api/sales?day={DAY}&limit=-", None),
]


@pytest.mark.parametrize(("method", "target", "body"), NONSENSE)
def test_nonsense_is_400(cloud: AtHand, method: str, target: str, body: Any) -> None:
    """Bad input is refused with a reason, and nothing is booked."""
    status, no = cloud.call(method, target, body)

    assert (400, "malformed") == (status, no["cause"])
    assert no["reason"]
    assert [] == cloud.call("GET", "/admin/documents")[1]


@pytest.mark.parametrize("target", ["/", "/api/secrets", "/till/export/secrets.csv", "/admin/shutdown", "/api/sales/S1"])
def test_what_is_not_there_is_404(cloud: AtHand, target: str) -> None:
    """Unknown paths and datasets are not found."""
    assert 404 == cloud.call("GET", target)[0]


@pytest.mark.parametrize("cursor", ["x", "-1", "%F0%9F%AB%96", "99999999999999999999", "1;2"])
def test_an_odd_cursor_starts_or_ends_the_list(cloud: AtHand, cursor: str) -> None:
    """A cursor that was never given does no harm."""
    assert 200 == cloud.call("GET", f"/api/items?after={cursor}")[0]
    assert 200 == cloud.call("GET", f"/api/sales?day={DAY}&after={cursor}")[0]
