"""What a rehearsal is filled with: the shop's own goods, plan and settings; nobody's PIN, no customer, no real pad of slips.

People of the shop come in with PINs of this practice, which its page shows.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from msgspec import Struct, to_builtins

from tideover.copies.store import Copies
from tideover.learn.practice_folder import Player
from tideover.learn.practice_shop import Stock
from tideover.learn.shop import make_shop
from tideover.plan.records import KINDS, Pad, Person, Record
from tideover.plan.store import Plan, pad_key
from tideover.settings import Settings
from tideover.world import World

ITEMS_MAX = 20_000
SERIES, SLIPS = "PRAC", 20  # A pad of slips that no printer has ever printed.
OWN = (
    "shop_name", "business_id", "address", "country", "currency", "time_zone", "language", "prices_include_vat", "cash_rounding_minor",
    "day_turns_at", "card_host", "tolerable_s", "confirm_s", "back_by_itself", "owner", "discount_limit_ppm", "refund_limit_minor",
    "slips_keyed_twice", "host_names",
)  # fmt: skip
QUICK: dict[str, Any] = {"watch_s": 2.0, "clean_s": 20, "replicate_s": 20, "recover_s": 1.0}  # A quarter of an hour is all there is.


def practice_stock(people: Iterable[str], plan: Plan, copies: Copies, settings: Settings, world: World, home: str) -> Stock:
    """All of it. home: address of the real box's page of the rehearsal."""
    return Stock(
        load=_load(copies, world),
        settings={name: getattr(settings, name) for name in OWN} | QUICK,
        plan=[*_records(plan), *_newcomers(plan, people), Pad(pad_key(SERIES, 1), SERIES, 1, SLIPS)],
        players=[Player(name, f"{1111 * n}", _role(plan, name)) for n, name in enumerate(people, 1)],
        home=home,
        is_open=False,
    )


def _records(plan: Plan) -> Iterable[Record]:
    for kind in KINDS:
        if kind is not Pad:
            yield from plan.all(kind)


def _newcomers(plan: Plan, people: Iterable[str]) -> Iterable[Record]:
    """Where the plan names nobody yet, everybody may do everything, in practice as in the shop."""
    return [Person(name, "cashier") for name in people if plan.people() and plan.get(Person, name) is None]


def _role(plan: Plan, name: str) -> str:
    known = plan.get(Person, name)
    return "cashier" if known is None else known.role


def _load(copies: Copies, world: World) -> dict[str, Any]:
    """The shop's own goods and prices; invented ones while it has no copy of them."""
    items = _rows(copies, "items")
    if not items:
        return make_shop(world).load()
    return {"items": items, "stock": _rows(copies, "stock")}


def _rows(copies: Copies, dataset: Any) -> list[Any]:
    found: list[Struct] = []
    cursor = None
    while len(found) < ITEMS_MAX:
        part = copies.rows(dataset, cursor)
        if not part.rows:
            break
        found += part.rows
        cursor = part.cursor
    return [to_builtins(one) for one in found[:ITEMS_MAX]]
