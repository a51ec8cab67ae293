"""The notes on the tills' own offline modes."""

from __future__ import annotations

import pytest

from tideover.plan.vendors import VENDORS, vendor_of


@pytest.mark.parametrize(
    ("said", "key"),
    [
        ("square", "square"),
        ("  Shopify   POS ", "shopify"),
        ("VEND", "lightspeed-x"),
        ("Lightspeed Retail (S-Series)", "lightspeed-s"),
        ("", None),
        ("a till of our own", None),
    ],
)
def test_a_brand_is_known_by_what_people_call_it(said, key):
    """Key, name or nickname; what we know no note of is not counted on."""
    found = vendor_of(said)
    assert key == (found.key if found else None)


def test_each_note_says_what_it_sells_and_where_that_was_read():
    """A note without a source is a rumour."""
    assert [] == [key for key, one in VENDORS.items() if key != one.key or not one.sells or not one.sources]


def test_no_two_brands_share_a_name():
    """A name leads to one note."""
    names = [name for one in VENDORS.values() for name in {one.key, one.name.lower(), *one.brands}]
    assert len(names) == len(set(names))
