"""Numbers as people and programs write them."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tideover.connectors.assisted.keying import decimal_text
from tideover.connectors.assisted.numbers import decimal_signs, is_unclear, scaled


@pytest.mark.parametrize(
    ("text", "sign", "expected"),
    [
        ("12,50", ",", 1250),
        ("12.50", ".", 1250),
        ("1 234,50 €", ",", 123450),
        ("1\u00a0234,50", ",", 123450),
        ("1\u202f234,5", ",", 123450),
        ("$1,234.50", ".", 123450),
        ("1'234.50", ".", 123450),
        ("EUR 3,95", ",", 395),
        ("12,5-", ",", -1250),
        ("−12,5", ",", -1250),
        ("12,00-", ",", -1200),
        ("12-", ",", -1200),
        ("12,-", ",", 1200),
        ("12,--", ",", 1200),
        ("12,– €", ",", 1200),
        ("12,—", ",", 1200),
        ("€ 12, -", ",", 1200),
        ("1.234,-", ",", 123400),
        ("1'234.–", ".", 123400),
        ("-12,-", ",", -1200),
        ("(12,-)", ",", -1200),
        ("12.-", ",", 1200),
        ("CHF 12.50", ".", 1250),
        ("12.50 CHF", ".", 1250),
        ("Fr. 12.50", ".", 1250),
        ("Fr.12.50", ".", 1250),
        ("12.- Fr.", ".", 1200),
        ("SFr. 12.–", ".", 1200),
        ("12.50 Fr", ".", 1250),
        ("A$ 12.50", ".", 1250),
        ("12,---", ",", None),
        (",-", ",", None),
        ("12 Fritz", ".", None),
        ("(3.00)", ".", -300),
        ("+7", ",", 700),
        ("1.234.567,89", ",", 123456789),
        (",5", ",", 50),
        ("5,", ",", 500),
        ("0,005", ",", 1),
        ("-0,005", ",", -1),
        ("0,00499", ",", 0),
        ("12,50", ".", None),
        ("1.23.456", ",", None),
        ("1,2,3", ".", None),
        ("abc", ",", None),
        ("", ",", None),
        ("12 kg", ",", None),
        ("1e5", ".", None),
        ("99999999999999999999", ".", None),
        ("٣", ".", None),
    ],
)
def test_reading_numbers(text, sign, expected):
    """Blanks, currencies and either minus are read, 12,- as whole euros; no comma is silently a point; half a cent goes away from zero."""
    assert expected == scaled(text, sign, 100)


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["12,50", "3"], {","}),
        (["1.234,50"], {","}),
        (["1.234,-"], {","}),
        (["12,-", "12.-"], set()),
        (["1,234.50"], {"."}),
        (["1,234,567"], {"."}),
        (["0,255"], {","}),
        (["1234,567"], {","}),
        (["1,234", "5", "x"], set()),
        (["12,50", "12.50"], {",", "."}),
    ],
)
def test_proof_of_the_decimal_sign(texts, expected):
    """One number can prove the sign for a whole file; 1,234 proves nothing."""
    assert expected == decimal_signs(texts)


def test_unclear_numbers_are_told():
    """1,234 could be a thousand or one and a bit; 1,50 and 12 could not."""
    assert [True, True, False, False] == [is_unclear(one) for one in ("1,234", "12.345", "1,50", "12")]


@given(st.integers(-(10**9), 10**9), st.sampled_from([100, 1_000, 10_000]), st.sampled_from([".", ","]))
def test_what_is_written_for_a_clerk_reads_back(value, scale, sign):
    """Texts of a screen say exactly the number."""
    assert value == scaled(decimal_text(value, scale, 2, sign), sign, scale)


@given(st.text(max_size=30), st.sampled_from([".", ","]))
def test_no_text_breaks_the_reading(text, sign):
    """Any text is a number or None."""
    assert scaled(text, sign, 100) is None or isinstance(scaled(text, sign, 100), int)
    assert decimal_signs([text]) <= {".", ","}


def test_spreadsheet_numbers_need_no_sign():
    """A number of a spreadsheet is what it is."""
    assert 1250 == scaled(Decimal("12.5"), ",", 100)
    assert scaled(Decimal("NaN"), ",", 100) is None
