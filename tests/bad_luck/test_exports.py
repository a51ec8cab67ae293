"""Files as programs really write them, dropped for a cloud without an interface: read right, or refused with what to do next."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from bad_luck.box import Box

LOOKS_MAX = 5_000  # Polls of a running box; the files are read within its first second.
EXPORTS: dict[str, bytes] = {
    # A BOM, semicolons, decimal commas, a quoted separator, one formula, one code twice.
    "items.csv": "\ufeffTuotekoodi;Nimi;Hinta;ALV %\n10;Ruisleipä;3,45;13,5\n11;\"Kahvi; tumma\";1 234,50;13,5\n"
    "12;Laskettu;=1+2;13,5\n13;Maito;1,10;13,5\n13;Piimä;1,20;13,5\n".encode(),
    # Latin-1, tabs.
    "customers.csv": "code\tname\taccount\n7\tÄijälä & Söner\tyes\n8\tMetsä Oy\tno\n".encode("latin-1"),
    # A column that must be there is missing.
    "stock.csv": b"code,shelf\n10,A\n",
    # A million columns.
    "suppliers.csv": ",".join(f"c{n}" for n in range(1_000_000)).encode() + b"\n",
    # The log-in page that the browser saved instead of the export.
    "orders.csv": b"<!doctype html><html><title>Log in</title><form><input type=password></form></html>",
    # Bytes of something else.
    "quotes.csv": bytes(range(256)) * 20,
    # Nothing at all.
    "sales.csv": b"",
}


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    folder = tmp_path_factory.mktemp("assisted")
    exports = folder / "exports"
    exports.mkdir()
    for name, content in EXPORTS.items():
        (exports / name).write_bytes(content)
    with Box(folder / "shop", f'cloud = "assisted"\ncloud_url = "{exports}"\n') as box:
        for _ in range(LOOKS_MAX):
            if all(one["as_of"] or one["error"] for one in box.get("/v1/copies")):
                break
        yield box


def copy(box: Box, dataset: str) -> dict[str, Any]:
    return next(one for one in box.get("/v1/copies") if one["dataset"] == dataset)


def found(box: Box, dataset: str, text: str) -> list[dict[str, Any]]:
    return box.get("/v1/search", dataset=dataset, q=text)["rows"]


def test_bom_semicolons_and_decimal_commas_are_read(box: Box) -> None:
    """The first column is found behind the mark, and 3,45 is a price."""
    assert [("10", 34_500)] == [(one["code"], one["unit_price"]) for one in found(box, "items", "ruisleipä")]
    assert [12_345_000] == [one["unit_price"] for one in found(box, "items", "kahvi")]


def test_latin_1_letters_are_read(box: Box) -> None:
    """Nobody's name is spoiled."""
    assert ["Äijälä & Söner"] == [one["name"] for one in found(box, "customers", "äijälä")]


def test_a_formula_and_a_code_twice_block_only_themselves(box: Box) -> None:
    """The rows are named to the owner; the others are there."""
    [finding] = [one for one in box.get("/v1/findings") if "items" in str(one)]

    assert "Row 4, column 'Hinta': '=1+2' is a formula" in finding["text"]
    assert "Row 6: the code '13' stands in row 5" in finding["text"]
    assert finding["owner"]
    assert [] == found(box, "items", "laskettu")
    assert copy(box, "items")["error"] is None


@pytest.mark.parametrize(
    ("dataset", "why"),
    [
        ("stock", "no column holds the on hand"),
        ("suppliers", "columns"),
        ("orders", "page"),
        ("quotes", "text"),
        ("sales", "empty"),
        ("invoices", "invoices"),
    ],
    ids=["a column is missing", "a million columns", "a log-in page", "noise", "nothing in it", "no file"],
)
def test_a_file_that_cannot_be_read_is_named_with_what_to_do(box: Box, dataset: str, why: str) -> None:
    """It stands at its copy for everybody to see, and holds up no other."""
    error = copy(box, dataset)["error"]

    assert why in error.lower()
    assert ".." not in error
    assert len(error) > 40 and len(error) < 1_000
    assert "Traceback" not in box.said and "stopped unexpectedly" not in box.said
