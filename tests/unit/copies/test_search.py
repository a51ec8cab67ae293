"""A cashier finds the item: by scan, by code, by the beginning or the end of a word."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tideover.model.item import Customer, Order, OrderLine, Quote, Stock
from unit.copies.corner_shop import fill, item, open_copies

SHELF = (
    item("10", "Näkkileipä"),
    item("11", "Nakki 400 g"),
    item("12", "Ruisleipä viipale"),
    item("13", "Leipä"),
    item("14", "Leipäjuusto"),
    item("15", "Crème fraîche"),
    item("16", "Maito 1 l", barcodes=("6408430000012",)),
    item("17", "Kahvi 500 g", barcodes=("012345678905",), department="Juomat"),
    item("84078a", "Storage cube", archived=True, barcodes=("5000000000017",)),
)


def names(found):
    return [one.name for one in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("näkki", ["Näkkileipä"]),
        ("nakki", ["Nakki 400 g"]),
        ("NÄKKI", ["Näkkileipä"]),
        ("leipä", ["Leipä", "Leipäjuusto", "Näkkileipä", "Ruisleipä viipale"]),
        ("leipä viip", ["Ruisleipä viipale"]),
        ("viipale ruis", ["Ruisleipä viipale"]),
        ("creme", ["Crème fraîche"]),
        ("juomat", ["Kahvi 500 g"]),
        ("6408430000012", ["Maito 1 l"]),
        ("0012345678905", ["Kahvi 500 g"]),
        ("16", ["Maito 1 l"]),
        ("84078A", ["Storage cube"]),
        ("storage", []),
        ("päle", []),
        ("", []),
        (" *?! ", []),
    ],
)
def test_finnish_shelf(tmp_path, text, expected):
    """Names that begin so come first, then words, then ends of words; ä is not a; archived items only by code or barcode."""
    with open_copies(tmp_path) as copies:
        fill(copies, *SHELF)
        assert expected == names(copies.search(text))


def test_renamed_and_removed_items_are_found_as_they_are_now(tmp_path):
    """Search follows every change of a name and a barcode."""
    with open_copies(tmp_path) as copies:
        fill(copies, *SHELF)
        fill(copies, item("16", "Kaurajuoma", barcodes=("6408430000029",)))
        assert [] == copies.search("maito") + copies.search("kahvi")
        assert copies.barcode("6408430000012") is None
        assert ["Kaurajuoma"] == names(copies.search("juoma")) == names(copies.search("6408430000029"))


def test_barcode_on_two_items_gives_neither_by_itself(tmp_path):
    """A wrong price is worse than a question: the search shows both; an archived one does not count."""
    with open_copies(tmp_path) as copies:
        twins = item("1", "Old label", barcodes=("64000",)), item("2", "New label", barcodes=("64000",))
        fill(copies, *twins)
        assert copies.barcode("64000") is None
        assert ["New label", "Old label"] == names(copies.search("64000"))
        fill(copies, item("1", "Old label", barcodes=("64000",), archived=True), twins[1])
        assert "New label" == copies.barcode("64000").name


def test_limit_is_kept(tmp_path):
    """Never more than asked for, never more than a screen holds."""
    with open_copies(tmp_path) as copies:
        fill(copies, *(item(str(number), f"Kahvi {number}") for number in range(150)))
        assert (7, 100, 1) == tuple(len(copies.search("kahvi", limit=limit)) for limit in (7, 10_000, -1))


def test_customers_orders_and_quotes_are_found(tmp_path):
    """By name, phone, code, note or what is on them; merged customers and stock are not offered."""
    with open_copies(tmp_path) as copies:
        anna = Customer(code="7", name="Anna Mäkelä", phone="+358 40 1234567")
        fill(copies, anna, Customer(code="8", name="Anna M", merged_into="7"), dataset="customers")
        line = OrderLine(item="16", name="Kaurapuuro", quantity=1000)
        fill(copies, Order(code="T-1", customer="7", promised_on=None, lines=(line,), note="soita ensin"), dataset="orders")
        fill(copies, Quote(code="Q-9", customer="7", valid_until=None, lines=(line,)), dataset="quotes")
        fill(copies, Stock(code="16", on_hand=3000), dataset="stock")
        assert ["7"] == [one.code for one in copies.search("anna", "customers")]
        assert ["7"] == [one.code for one in copies.search("1234567", "customers")]
        assert ["7"] == [one.code for one in copies.search("äkelä", "customers")]
        assert ["T-1"] == [one.code for one in copies.search("soita", "orders")]
        assert ["Q-9"] == [one.code for one in copies.search("kaurap", "quotes")]
        assert [] == copies.search("16", "stock")


@settings(max_examples=200, deadline=None)
@given(text=st.text(max_size=40))
def test_no_text_breaks_the_search(copies_of_a_shelf, text):
    """Whatever is typed or pasted, the search answers with a list."""
    assert isinstance(copies_of_a_shelf.search(text), list)


@pytest.fixture(scope="module")
def copies_of_a_shelf(tmp_path_factory):
    with open_copies(tmp_path_factory.mktemp("shelf")) as copies:
        fill(copies, *SHELF)
        yield copies
