"""What people read, as it is written in their language."""

from datetime import UTC, datetime
from string import Formatter

import pytest

from tideover.words import catalogue, say, wished

FRIDAY = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "minor", "currency", "text"),
    [
        ("en", 123_450, "EUR", "1,234.50\xa0€"),
        ("fi", 123_450, "EUR", "1\xa0234,50\xa0€"),
        ("fi", -5, "EUR", "−0,05\xa0€"),
        ("en", -123_450, "GBP", "−£1,234.50"),
        ("en", 0, "AUD", "$0.00"),
        ("en", 100, "SEK", "1.00\xa0SEK"),
    ],
)
def test_money_is_written_as_it_is_there(language, minor, currency, text):
    """Signs, groups and cents; never a rounded sum."""
    assert text == say(language).money(minor, currency)


@pytest.mark.parametrize(
    ("ppm", "text"), [(255_000, "25,5\xa0%"), (135_000, "13,5\xa0%"), (100_000, "10\xa0%"), (0, "0\xa0%"), (12_500, "1,25\xa0%")]
)
def test_a_rate_keeps_its_decimals(ppm, text):
    """25.5 % is never 26 %."""
    assert text == say("fi").rate(ppm)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, "never"), (0, "0 s"), (89, "89 s"), (90, "1 min"), (5_399, "89 min"), (5_400, "1 h 30 min"), (172_800, "2 days"), (-5, "0 s")],
)
def test_an_age_is_two_words(seconds, text):
    """Never is said, not hidden."""
    assert text == say("en").age(seconds)


def test_a_time_is_the_shops_and_has_a_date_if_it_is_another_days():
    """Half past two in Helsinki."""
    tomorrow = datetime(2026, 11, 21, 12, tzinfo=UTC)
    assert ["14:30", "14.30"] == [say(language).clock(FRIDAY, "Europe/Helsinki", FRIDAY) for language in ("en", "fi")]
    assert ["20 Nov 14:30", "20.11. 14.30"] == [say(language).clock(FRIDAY, "Europe/Helsinki", tomorrow) for language in ("en", "fi")]


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("fi", "fi"),
        ("sv, fi;q=0.8, en;q=0.9", "en"),
        ("fi-FI,fi;q=0.9", "fi"),
        ("de", "en"),
        ("", "en"),
        ("en;q=x, fi;q=0.1", "fi"),
        ("," * 9_999, "en"),
    ],
)
def test_the_readers_first_language_that_we_have_is_taken(header, language):
    """A header that makes no sense is no reason to fail."""
    assert language == wished(header)


def test_a_text_without_a_translation_is_shown_in_english():
    """Better than nothing at all."""
    assert "Nobody translated 7 of these." == say("fi")("Nobody translated {n} of these.", n=7)


def test_a_translation_fills_in_the_same_facts():
    """A translator who drops or renames one would drop a number on a screen."""

    def facts(text):
        return sorted(name for _, name, _, _ in Formatter().parse(text) if name)

    texts = catalogue("fi")
    assert len(texts) > 100
    assert [] == [text for text, finnish in texts.items() if facts(text) != facts(finnish)]


def test_a_language_that_we_do_not_have_is_english():
    """Nobody sees a blank page."""
    assert "en" == say("sv").language
