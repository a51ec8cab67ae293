"""What every connector must do when it reads a cloud: whole pages of right records, or Unavailable."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from conformance.rig import ITEMS, Rig, Shop
from tideover.errors import LoginRefused, Unavailable
from tideover.model.item import Customer, Invoice, Item, Order, OrderLine, PastSale, Quote, Stock, Supplier
from tideover.ports import PAGE_ROWS_MAX

SAMPLES: dict[str, Any] = {
    "items": Item("mug", "Mug, 3 dl", 125_000, 255_000, ("6400000000017", "2000000000015"), "Kitchen"),
    "stock": Stock("mug", -3_000),
    "customers": Customer("salmi", "Aino Salmi", "+358 40 1234567", account=True),
    "suppliers": Supplier("paulig", "Paulig", email="orders@example.com"),
    "orders": Order("o1", "salmi", "2024-10-05", (OrderLine("mug", "Mug", 2_000, 125_000),), "before noon"),
    "quotes": Quote("q1", "salmi", None, (OrderLine("mug", "Mug", 12_000, 115_000),)),
    "sales": PastSale("h1", "2024-09-30", None, 2_500, (OrderLine("mug", "Mug", 2_000, 125_000),)),
    "invoices": Invoice("i1", "salmi", "2024-10-14", 30_000),
}


def play(rig: Rig, scene: Callable[[Shop], Awaitable[None]]) -> None:
    """Plays a scene in a shop connected to the rig's cloud."""

    async def main() -> None:
        async with rig.shop() as shop:
            await scene(shop)

    asyncio.run(main())


async def pull_all(shop: Shop, dataset: Any, cursor: str | None = None) -> tuple[dict[str, Any], set[str], str]:
    """Rows by code, removed codes and the last cursor, page after page."""
    rows: dict[str, Any] = {}
    removed: set[str] = set()
    for _ in range(1_000):
        page = await shop.cloud.pull(dataset, cursor)
        assert page.cursor
        assert len(page.rows) <= PAGE_ROWS_MAX
        rows |= {row.code: row for row in page.rows}
        removed |= set(page.removed)
        cursor = page.cursor
        if not page.more:
            return rows, removed, cursor
    raise AssertionError("the pages do not end")


@pytest.mark.parametrize("dataset", sorted(SAMPLES))
def test_a_record_arrives_as_it_is(rig: Rig, dataset: str) -> None:
    """Every dataset comes as its record, with nothing lost or rounded."""

    async def scene(shop: Shop) -> None:
        sample = SAMPLES[dataset]
        rig.change(dataset, [sample])
        rows, _, _ = await pull_all(shop, dataset)

        assert sample == rows[sample.code]

    play(rig, scene)


def test_a_large_dataset_comes_in_pages(rig: Rig) -> None:
    """2,500 items (or as many as make several pages) come whole, and the count says the same."""

    async def scene(shop: Shop) -> None:
        items = [Item(f"n{n}", f"Item {n}", n, 0) for n in range(rig.many_items)]
        rig.change("items", items)
        rows, _, _ = await pull_all(shop, "items")

        assert set(items) | set(ITEMS) <= set(rows.values())
        assert await shop.cloud.count("items") in (len(rows), None)

    play(rig, scene)


def test_only_what_changed_comes_after_the_cursor(rig: Rig) -> None:
    """After a cursor come changed rows and removed codes; from the same cursor they come again, of the others none or as they were."""

    async def scene(shop: Shop) -> None:
        aalto = Customer("a", "Aalto")
        rig.change("customers", [aalto, Customer("b", "Berg"), Customer("c", "Cajan")])
        _, _, cursor = await pull_all(shop, "customers")
        rig.change("customers", [Customer("b", "Bergman")], ["c"])

        for _ in range(2):
            rows, removed, _ = await pull_all(shop, "customers", cursor)
            assert "Bergman" == rows["b"].name
            assert rows.get("a") == (aalto if rig.overlaps and "a" in rows else None)
            assert "c" not in rows
            assert "c" in removed

    play(rig, scene)


def test_nothing_new_keeps_the_cursor(rig: Rig) -> None:
    """A pull at the end is an empty page, or rows as they were, with a cursor that can be used again."""

    async def scene(shop: Shop) -> None:
        before, gone, cursor = await pull_all(shop, "items")
        rows, removed, again = await pull_all(shop, "items", cursor)

        assert cursor == again
        assert ({}, set()) == (rows, removed) or (rig.overlaps and rows.items() <= before.items() and removed <= gone)

    play(rig, scene)


MODES = ["login-page", "html", "wrong-types", "endless", "looping-cursor", "huge-page", "not-json", "empty"]


@pytest.mark.parametrize("mode", MODES)
def test_nonsense_is_unavailable(rig: Rig, mode: str) -> None:
    """No nonsense becomes rows; it is Unavailable, the detector hears of it, and afterwards all is well."""

    async def scene(shop: Shop) -> None:
        _, _, cursor = await pull_all(shop, "items")
        rig.hostile(mode)
        with pytest.raises(Unavailable):
            await shop.cloud.pull("items", cursor)
        assert (False, "cloud") == (shop.heard[-1].ok, shop.heard[-1].service)
        rig.hostile("off")
        rows, _, _ = await pull_all(shop, "items")
        assert set(ITEMS) <= set(rows.values())

    play(rig, scene)


def test_a_row_of_another_shape_spoils_its_page(rig: Rig) -> None:
    """Wrong types in the first page are Unavailable, never half a page."""

    async def scene(shop: Shop) -> None:
        rig.hostile("wrong-types")
        with pytest.raises(Unavailable):
            await shop.cloud.pull("items", None)

    play(rig, scene)


def test_a_dead_line_is_unavailable(rig: Rig) -> None:
    """Pull, count and read-back say Unavailable, with who and why."""

    async def scene(shop: Shop) -> None:
        rig.line(up=False)
        for work in (shop.cloud.pull("items", None), shop.cloud.count("items"), shop.cloud.day(shop.day)):
            with pytest.raises(Unavailable) as error:
                await work
            assert error.value.message

    play(rig, scene)


def test_a_log_in_that_ran_out_is_renewed_by_itself(rig: Rig) -> None:
    """A pull after hours is as good as the first."""

    async def scene(shop: Shop) -> None:
        await shop.cloud.pull("items", None)
        rig.log_out()

        assert (await shop.cloud.pull("items", None)).rows

    play(rig, scene)


def test_a_wrong_password_is_login_refused(rig: Rig) -> None:
    """It stays wrong until a person acts, so it is not Unavailable."""

    async def scene(shop: Shop) -> None:
        rig.forget_password()
        with pytest.raises(LoginRefused):
            await shop.cloud.pull("items", None)

    play(rig, scene)


def test_the_read_back_is_what_is_there(rig: Rig) -> None:
    """Own bookings, the cloud till's sales and voids of that day, equal to the cloud's own books; no other day's."""

    async def scene(shop: Shop) -> None:
        await rig.book(shop, shop.booking(("tea", 2, 395), cash_minor=500, document={}))
        await rig.book(shop, shop.booking(("jam", -1, 513), kind="refund"))
        rig.sell_at_cloud_till(shop, 777, "C1-5")
        rig.void(shop, rig.sell_at_cloud_till(shop, 778, "C1-6"))
        await rig.look(shop)
        found = await shop.cloud.day(shop.day)

        assert sorted(rig.truth(shop), key=str) == sorted(found, key=str)
        assert 4 == len(found)
        assert [] == list(await shop.cloud.day("1999-12-31"))

    play(rig, scene)


def test_a_long_day_is_read_back_whole(rig: Rig) -> None:
    """Some 450 documents come in pages, each once."""

    async def scene(shop: Shop) -> None:
        numbers = [rig.sell_at_cloud_till(shop, 100 + n, f"C1-{n}") for n in range(450)]
        await rig.look(shop)

        assert numbers == [one.number for one in await shop.cloud.day(shop.day)]

    play(rig, scene)
