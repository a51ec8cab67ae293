"""The first five checks: what they prove, when, whose, and in the shop's language."""

from __future__ import annotations

from datetime import date

import pytest

from tideover.plan.starter import starter_checks

FRIDAY = date(2026, 11, 20)


def test_the_five_lines_of_a_shopkeepers_plan():
    """Slips and cash, the phone, the staff, the spare computer, a second way to take cards; one after the other."""
    found = [(one.key, one.first_on) for one in starter_checks(FRIDAY, "Aino")]
    assert [
        ("slips-and-cash", "2026-11-20"),
        ("phone-as-line", "2026-11-22"),
        ("staff-told", "2026-11-24"),
        ("spare-computer", "2026-11-27"),
        ("second-card-way", "2026-12-04"),
    ] == found


@pytest.mark.parametrize("language", ["en", "fi"])
def test_each_names_its_loss_and_its_people(language):
    """A nag without the loss is clicked away, one without a second person stays with whoever is on holiday."""
    for one in starter_checks(FRIDAY, "Aino", "Eero", language):
        assert ("Aino", "Eero") == (one.first_person, one.second_person)
        assert one.what and one.loss and one.subject
        assert len(one.what) <= 160  # Two lines on a phone.


def test_they_are_written_in_the_shops_language():
    """The shop edits them, so they are kept as it reads them; none is left in English."""
    english = starter_checks(FRIDAY, "Aino")
    finnish = starter_checks(FRIDAY, "Aino", language="fi")
    assert [] == [(a.what, b.what) for a, b in zip(english, finnish, strict=True) if a.what == b.what or a.loss == b.loss]
