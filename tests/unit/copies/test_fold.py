"""What makes two texts the same to a search."""

import pytest

from tideover.copies.fold import SEARCHED, SEARCHED_INSIDE, fold, gtin, name_of, words_in, words_of
from tideover.migrations import copies as tables
from tideover.model.item import DATASETS, RECORDS, Customer
from unit.copies.corner_shop import item


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("Crème  BRÛLÉE", "creme brulee"),
        ("NÄKKILEIPÄ", "näkkileipä"),
        ("na\u0308kki", "näkki"),  # Written as a and a combining diaeresis, as macOS does.
        ("Åland Öljy", "åland öljy"),
        ("Straße", "strasse"),
        ("İzmir", "izmir"),
        ("Õunamahl, Šokolaad", "ounamahl, sokolaad"),
    ],
)
def test_accents_go_and_nordic_letters_stay(given, expected):
    """å, ä and ö are letters of their own; every other accent is dropped."""
    assert expected == fold(given)


def test_words_are_letters_and_digits():
    """Anything else parts words, so no character can reach the search engine's own syntax."""
    assert ["ab", "12", "c"] == words_in('ab"12_c*()')


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("012345678905", "00012345678905"),
        ("0012345678905", "00012345678905"),
        (" 6408430000012 ", "06408430000012"),
        ("A-17", "A-17"),
        ("12345", "12345"),
    ],
)
def test_scanners_agree_about_a_barcode(given, expected):
    """UPC-A with 12 digits and the same as EAN-13 with 13 are one barcode; a shop's own code stays as it is."""
    assert expected == gtin(given)


def test_archived_and_merged_records_are_not_offered():
    """An archived item and a merged customer have no name in lists."""
    assert name_of(item("1", "Old", archived=True)) is None
    assert name_of(Customer(code="1", name="Old", merged_into="2")) is None


def test_phone_is_found_however_it_was_spaced():
    """A phone number is one word."""
    assert "anna 7 +358401234567" == words_of(Customer(code="7", name="Anna", phone="+358 40 123-4567"))


def test_every_dataset_has_its_search_table():
    """The migration's frozen names are the ones that search uses, and every dataset but stock is searched."""
    assert (SEARCHED, SEARCHED_INSIDE) == (tables.SEARCHED, tables.SEARCHED_INSIDE)
    assert set(DATASETS) - {"stock"} == set(SEARCHED)
    assert set(DATASETS) == set(RECORDS)
