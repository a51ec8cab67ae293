"""Asks the copies about exactly the things that one document names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

from tideover.model.item import Customer, Dataset, Item, Stock
from tideover.trade.terms import Known
from tideover.world import to_ms


class Copies(Protocol):
    """What trade asks of the copies."""

    def get(self, dataset: Dataset, code: str) -> Any:
        """The record of that code, or None."""

    def state(self, dataset: Dataset) -> Any:
        """Its freshness; `as_of` is an instant or None."""


def known_for(copies: Copies, items: Iterable[str], customer: str | None) -> Known:
    """What the copies say about these items and this customer; prices as old as the copy is."""
    codes = sorted({code for code in items if code})
    found_items = {code: item for code in codes if isinstance(item := copies.get("items", code), Item)}
    stock = {code: on_hand for code in codes if isinstance(on_hand := copies.get("stock", code), Stock)}
    person = copies.get("customers", customer) if customer else None
    as_of = copies.state("items").as_of
    return Known(
        items=found_items,
        stock=stock,
        customers={customer: person} if customer and isinstance(person, Customer) else {},
        prices_as_of=None if as_of is None else to_ms(as_of),
    )
