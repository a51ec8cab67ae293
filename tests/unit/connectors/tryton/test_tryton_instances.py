"""A second Tryton, set up otherwise: two companies, net prices, pounds, VAT rounded per line; and what an instance may lack."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from conformance.rig import ITEMS, Shop, total_of
from tideover.errors import LoginRefused, Misconfigured
from tideover.learn.erp_shape import Shape
from tideover.model.sale import Line, Tender
from tideover.ports import Booking
from tideover.settings import Settings
from unit.connectors.tryton.tryton_shop import SteppedRig, play

SHAPE = Shape(country="GB", currency="GBP", companies=2, vat_included=False, tax_rounding="line", years=(2024,), company="Second Shop")


class SecondRig(SteppedRig):
    """Prices on the shelf are net there, and there are other rates."""

    items = tuple(replace(one, vat_ppm=200_000) for one in ITEMS)

    def settings(self) -> Settings:
        return Settings(cloud=self.name, cloud_url=self.url, time_zone="UTC", currency="GBP", country="GB", prices_include_vat=False)


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecondRig]:
    made = SecondRig(tmp_path_factory.mktemp("second"), SHAPE)
    made.start()
    made.set_login(company="Second Shop")
    yield made
    made.stop()


def test_net_prices_are_booked_in_the_company_that_was_named(rig: SecondRig) -> None:
    """Seven lines of 20 % and one of 5 %, VAT on top of the document: the same sum there, though Tryton rounds per line."""

    async def scene(shop: Shop) -> None:
        lines = (*(Line("tea", "Tea", 1000, 33_300, 333, 200_000) for _ in range(7)), Line("tea", "Tea", 3000, 3_300, 99, 50_000))
        booking = shop.booking()
        document = replace(booking.document, prices_include_vat=False, currency="GBP", lines=lines)
        booking = replace(booking, document=document)
        booking = replace(booking, document=replace(document, tenders=(Tender("card", total_of(booking)),)))

        answer = await shop.cloud.send(booking)
        assert ("created", total_of(booking)) == (answer.word, answer.total_minor)
        assert "exists" == (await shop.cloud.ask(booking)).word
        assert [total_of(booking)] == [one.total_minor for one in await shop.cloud.day(shop.day)]
        (row,) = rig.books.run("SELECT company FROM account_invoice WHERE reference = ?", booking.entry)
        assert rig.vendor.find("company.company", ("party.name", "=", "Second Shop")) == [row["company"]]

    play(rig, scene)


def test_shelf_prices_are_net(rig: SecondRig) -> None:
    """As the books have them, without VAT put on."""

    async def scene(shop: Shop) -> None:
        found = {one.code: one for one in (await shop.cloud.pull("items", None)).rows}
        assert (39_500, 200_000) == (found["tea"].unit_price, found["tea"].vat_ppm)

    play(rig, scene)


@pytest.mark.parametrize(
    ("said", "what"),
    [
        ({"company": "the only one"}, "several companies"),
        ({"company": "Third Shop"}, "there is no company"),
        ({"customer": "NOBODY"}, "'NOBODY'"),
        ({"tenders": "cash=Petty cash, card=Plastic"}, "Petty cash"),
        ({"tenders": "cash=Cash, card=Cash"}, "tell them apart"),
        ({"tenders": "cheques=Cheques"}, "TENDER=NAME"),
    ],
)
def test_what_is_missing_is_said_when_the_log_in_is_made(rig: SecondRig, said: dict[str, str], what: str) -> None:
    """`tideover connect` and the box hear it in words, and nothing is guessed."""

    async def scene(shop: Shop) -> None:
        rig.secrets["cloud.login"] = json.dumps(rig.login | said).encode()
        with pytest.raises(Misconfigured, match=what):
            await shop.cloud.renew_login()

    play(rig, scene)


@pytest.mark.parametrize("name", ["other", "other/../shop", "other?x=1#"])
def test_a_wrong_database_is_a_refused_log_in(rig: SecondRig, name: str) -> None:
    """It names the database; the password stands nowhere."""

    async def scene(shop: Shop) -> None:
        rig.secrets["cloud.login"] = json.dumps(rig.login | {"database": name}).encode()
        with pytest.raises(LoginRefused, match="other") as error:
            await shop.cloud.renew_login()
        assert rig.login["password"] not in f"{error.value.message} {error.value.hint} {shop.heard}"

    play(rig, scene)


def test_another_currency_is_told(rig: SecondRig) -> None:
    """A receipt in euros is no sale of a shop that keeps its books in pounds."""

    async def scene(shop: Shop) -> None:
        answer = await shop.cloud.send(shop.booking())
        assert ("refused", True) == (answer.word, "EUR" in answer.reason)

    play(rig, scene)


def test_a_tender_without_a_method_is_told_before_anything_is_booked(rig: SecondRig) -> None:
    """The person reads where to make it; nothing stands in Tryton."""

    async def scene(shop: Shop) -> None:
        rig.secrets["cloud.login"] = json.dumps(rig.login | {"tenders": "cash=Cash, card=Card"}).encode()
        await shop.cloud.renew_login()
        booking = shop.booking(tenders=(Tender("voucher", 395),))
        booking = replace(booking, document=replace(booking.document, currency="GBP", lines=(Line("tea", "Tea", 1000, 0, 395, 200_000),)))
        answer = await shop.cloud.send(booking)

        assert ("refused", "tender-missing") == (answer.word, answer.cause)
        assert "Payment Methods" in answer.reason
        assert [] == rig.truth(shop)

    play(rig, scene)


def in_pounds(shop: Shop, *lines: Line, **facts: str) -> Booking:
    """A sale of these lines, tea by default, as this shop makes them."""
    booking = shop.booking(document=facts) if facts else shop.booking()
    lines = lines or (Line("tea", "Tea", 1000, 0, 395, 200_000),)
    document = replace(booking.document, currency="GBP", lines=lines)
    booking = replace(booking, document=document)
    return replace(booking, document=replace(document, tenders=(Tender("card", total_of(booking)),)))


ACCOUNTS = {  # Which record lacks which account, and a word of the hint that says so.
    "what customers owe": ("account.configuration.default_account", "default_account_receivable", "default receivable account", "tea"),
    "lines without an item": ("account.configuration.default_account", "default_category_account_revenue", "default revenue account", ""),
    "an item's category": ("product.category.account", "account_revenue", "'tea' has no revenue account", "tea"),
}


@pytest.mark.parametrize("said", ["The account is missing.", "Der Hauptbuchposten fehlt."], ids=["English", "other words"])
@pytest.mark.parametrize("what", ACCOUNTS)
def test_a_missing_account_is_found_by_looking(rig: SecondRig, what: str, said: str) -> None:
    """`account-missing` in whatever words Tryton says it, with where to set it; set, the same sale is sent on and booked once."""
    model, field, hint, item = ACCOUNTS[what]

    async def scene(shop: Shop) -> None:
        table = model.replace(".", "_")
        assert await shop.cloud.renew_login()  # The accounts are taken away after the log-in has read them.
        kept = rig.books.run(f"SELECT id, {field} FROM {table}")
        rig.books.run(f"UPDATE {table} SET {field} = NULL")
        booking = in_pounds(shop, Line(item, "Tea", 1000, 0, 395, 200_000))
        rig.way.says = said  # type: ignore[attr-defined]
        answer = await shop.cloud.send(booking)
        rig.way.heal()
        for row in kept:
            rig.books.run(f"UPDATE {table} SET {field} = ? WHERE id = ?", row[field], row["id"])

        assert ("refused", "account-missing") == (answer.word, answer.cause), answer.reason
        assert [hint, "Financial > Configuration", said] == [x for x in (hint, "Financial > Configuration", said) if x in answer.reason]
        again = await shop.cloud.send(booking)
        assert "created" == again.word, again.reason
        assert "exists" == (await shop.cloud.ask(booking)).word

    play(rig, scene)


def test_a_tax_that_is_missing_is_told_before_anything_is_booked(rig: SecondRig) -> None:
    """The person reads which rate, and where to make it; nothing stands in Tryton."""

    async def scene(shop: Shop) -> None:
        booking = in_pounds(shop, Line("tea", "Tea", 1000, 0, 395, 137_000))
        answer = await shop.cloud.send(booking)

        assert ("refused", "tax-missing") == (answer.word, answer.cause)
        assert ("13.7 %" in answer.reason, "Configuration > Taxes" in answer.reason) == (True, True), answer.reason
        assert [] == rig.books.run("SELECT id FROM sale_sale WHERE reference = ?", booking.entry)

    play(rig, scene)


def test_a_right_that_is_missing_is_named(rig: SecondRig) -> None:
    """Goods that Tryton does not see on the shelf, sold under a user who may not ship them: `no-right`, with the group."""

    async def scene(shop: Shop) -> None:
        (group,) = rig.vendor.find("res.group", ("name", "=", "Stock Force Assignment"))
        (user,) = rig.vendor.find("res.user", ("login", "=", rig.login["user"]))
        rig.vendor.set("res.user", [user], {"groups": [["remove", [group]]]})
        booking = in_pounds(shop, Line("jam", "Jam", 1000, 0, 513, 200_000))
        answer = await shop.cloud.send(booking)
        rig.vendor.set("res.user", [user], {"groups": [["add", [group]]]})

        assert ("refused", "no-right") == (answer.word, answer.cause), answer.reason
        assert "'Stock Force Assignment'" in answer.reason
        assert "created" == (await shop.cloud.send(booking)).word

    play(rig, scene)


def test_a_deactivated_customer_is_named(rig: SecondRig) -> None:
    """`customer-gone`, with the party's name and what to do."""

    async def scene(shop: Shop) -> None:
        rig.change("customers", [{"code": "gone", "name": "Gone Ltd"}], ["gone"])
        booking = shop.booking(document={"customer": "gone"})
        booking = replace(booking, document=replace(booking.document, currency="GBP", lines=(Line("tea", "Tea", 1000, 0, 395, 200_000),)))
        answer = await shop.cloud.send(booking)

        assert ("refused", "customer-gone") == (answer.word, answer.cause)
        assert "Gone Ltd" in answer.reason

    play(rig, scene)


def test_what_would_park_sales_is_told_to_whoever_connects(rig: SecondRig) -> None:
    """A tender without a method, no account for rounding, no period today: none stops the log-in, each is named."""

    async def scene(shop: Shop) -> None:
        tenders = "cash=Cash, card=Card, voucher=Gift cards, rounding=Nowhere"
        rig.secrets["cloud.login"] = json.dumps(rig.login | {"tenders": tenders}).encode()
        assert await shop.cloud.renew_login()
        rig.close_period(shop.day)
        found = await shop.cloud.lacks()
        rig.open_period()

        assert ["voucher (Gift cards)", "cash rounding", "closed"] == [
            word for word, one in zip(("voucher (Gift cards)", "cash rounding", "closed"), found, strict=True) if word in one
        ]

    play(rig, scene)
