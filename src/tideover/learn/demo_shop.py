"""The shop that a visitor sees: generated goods and people, three operators with known PINs, a watch that notices in seconds."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from tideover.learn.practice_folder import Player
from tideover.learn.practice_shop import Stock
from tideover.learn.sample_kit import OWNER, SECOND, make_sample
from tideover.plan.records import Pad, Person
from tideover.world import World

CASHIER = "Oona Virtanen"
PLAYERS = (Player(CASHIER, "1111", "cashier"), Player(SECOND, "2222", "manager"), Player(OWNER, "3333", "owner"))
# So that a visitor need not wait: a real shop looks every five seconds and waits two minutes.
QUICK: dict[str, Any] = {"watch_s": 2.0, "confirm_s": 20, "clean_s": 15, "tolerable_s": 300, "replicate_s": 15, "recover_s": 1.0}
KEPT = ("shop_name", "business_id", "address", "time_zone", "language", "owner", "country", "currency")


def demo_stock(world: World, language: str) -> Stock:
    """All of it; the same for a world of the same seed."""
    sample = make_sample(world, language)
    return Stock(
        load=sample.shop.load(),
        settings={name: getattr(sample.settings, name) for name in KEPT} | QUICK,
        plan=tuple(_for_visitor(one, language) for one in sample.plan),
        players=PLAYERS,
    )


def _for_visitor(record: Any, language: str) -> Any:
    """A pad was handed out before anybody came, whatever today is; everybody's till speaks the visitor's language."""
    if isinstance(record, Pad):
        return replace(record, issued_on=None)
    return replace(record, language=language) if isinstance(record, Person) else record
