"""Tryton's typed values: taken exactly, or not at all."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tideover.connectors.tryton import wire


def read(text: str, shape: type) -> object:
    return msgspec.json.decode(text.encode(), type=shape, strict=True)


@pytest.mark.parametrize(
    "text",
    [
        '{"__class__":"Decimal","decimal":"3.95"}',
        '{"__class__":"Decimal","decimal":"3.950000"}',
        '{"__class__":"Decimal","decimal":"395E-2"}',
    ],
)
def test_a_sum_is_exact(text: str) -> None:
    """However many zeros it has."""
    assert 395 == read(text, wire.Sum).scaled(100)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "text",
    [
        "3.95",
        '"3.95"',
        '{"__class__":"Decimal","decimal":3.95}',
        '{"__class__":"Decimal","decimal":"NaN"}',
        '{"__class__":"Decimal","decimal":"Infinity"}',
        '{"__class__":"Decimal","decimal":"1E999999"}',
        '{"__class__":"Decimal","decimal":"' + "9" * 400 + '"}',
        '{"__class__":"Decimal","decimal":" 1"}',
        '{"__class__":"date","year":2026,"month":1,"day":1}',
    ],
)
def test_what_is_no_sum_is_refused(text: str) -> None:
    """Floats, texts, other classes, numbers without end: nonsense while it is decoded, never an exception later."""
    with pytest.raises(msgspec.ValidationError):
        read(text, wire.Sum)


@given(st.integers(-(10**12), 10**12))
def test_money_goes_out_and_comes_back(minor: int) -> None:
    """Minor units are not changed by the way."""
    assert minor == msgspec.convert(wire.minor(minor), wire.Sum).scaled(100)


@given(st.integers(-(10**11), 10**11))
def test_quantities_are_floats_there_and_stay_exact(thousandths: int) -> None:
    """By their shortest decimal text: 0.1 + 0.2 is not asked of them."""
    assert thousandths == wire.quantity_of(wire.count(thousandths))


@pytest.mark.parametrize(
    ("error", "kind", "text"),
    [
        (["UserError", ["No period.", "Open one.", None]], "user", "No period. Open one."),
        (["UserWarning", ["abc.invoice_taxes", "Other taxes.", ""]], "warning", "Other taxes."),
        (["ConcurrencyException", "Locked"], "busy", "Locked"),
        (["'customer'", ""], "inside", "'customer'"),
        (["UserError", "not a list"], "inside", "UserError"),
        ([], "inside", ""),
        ([None, None], "inside", "None"),
        ([["x"], {}], "inside", "['x']"),
    ],
)
def test_a_no_is_told_from_a_failure(error: list[object], kind: str, text: str) -> None:
    """Only what Tryton means as a no is one; all else it failed at."""
    found = wire.trouble(error)

    assert (kind, text) == (found.kind, found.text)
