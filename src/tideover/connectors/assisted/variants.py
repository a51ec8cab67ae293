"""Makes an item of each row of an export in which a product's name stands on its first row only, as Shopify writes them. Pure.

Rows that hold no more than a further picture of the product go; of any other table nothing is touched.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from tideover.connectors.assisted.row import Row

PRODUCT, NAME, PRICE, CODE = "Handle", "Title", "Variant Price", "Variant SKU"
OPTIONS = ("Option1 Value", "Option2 Value", "Option3 Value")
NO_OPTION = "Default Title"


def itemised(headings: Sequence[str], rows: Sequence[Row]) -> list[Row]:
    """Each variant under its product's name and its own size or colour: "T-shirt, M, red"."""
    if not {PRODUCT, NAME, PRICE, CODE} <= set(headings):
        return list(rows)
    at = {one: place for place, one in enumerate(headings)}
    names: dict[str, str] = {}
    found: list[Row] = []
    for row in rows:
        said = [*row.cells, *[""] * (len(headings) - len(row.cells))]
        product, name = str(said[at[PRODUCT]]).strip(), str(said[at[NAME]]).strip()
        name = names.setdefault(product, name) if product else name
        if not str(said[at[PRICE]]).strip() and not str(said[at[CODE]]).strip():
            continue
        options = [str(said[at[one]]).strip() for one in OPTIONS if one in at]
        said[at[NAME]] = ", ".join([name, *(one for one in options if one and one != NO_OPTION)]) if name else ""
        found.append(replace(row, cells=tuple(said)))
    return found
