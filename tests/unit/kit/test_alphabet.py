"""Names stand on paper where a person of the shop's language looks for them."""

from __future__ import annotations

import pytest

from tideover.kit.alphabet import letter, name_key, span

IN_FINNISH = ["1 kg jauho", "2 kg jauho", "10 kg jauho", "Čaj", "Zorro", "Žurnaali", "Åbo", "Æbler", "Äiti", "Öljy", "Østers"]


def test_finnish_ends_with_its_own_letters_and_numbers_go_by_size() -> None:
    """Å, ä, ö follow z; č and ž are c and z; 2 comes before 10."""
    assert IN_FINNISH == sorted({*IN_FINNISH}, key=lambda name: name_key(name, "fi"))


def test_english_takes_accents_as_plain_letters() -> None:
    """Ä stands with a."""
    names = ["Abacus", "Äiti", "Ajax", "Öljy", "Oz", "Zorro"]
    assert names == sorted({*names}, key=lambda name: name_key(name, "en"))


@pytest.mark.parametrize(
    ("name", "heading"), [('"set" of 6', "S"), ("äiti", "Ä"), ("7 kpl", "0–9"), ("!!!", "#"), ("щука", "Щ"), ("ß", "S"), ("{x", "X")]
)
def test_the_heading_is_the_first_letter(name: str, heading: str) -> None:
    """Case and punctuation do not count."""
    assert heading == letter(name_key(name, "fi"))


def test_a_span_says_from_where_to_where() -> None:
    """One letter alone where both are the same."""
    assert ("A–Ö", "K", "0–9 … B") == (span("aa", "}l"), span("kahvi", "koivu"), span("00000001", "b"))
