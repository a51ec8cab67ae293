"""Contacts, calls to suppliers and log sheets on paper."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tideover.commands.kit import sample_matter
from tideover.kit import contacts, log_sheets, supplier_calls
from tideover.kit.make import every_sheet
from tideover.kit.matter import Seen
from tideover.kit.office_hours import in_our_time
from tideover.kit.sheet import Lack
from tideover.model.item import Supplier
from tideover.plan.records import Channel, Check, Party, Person
from tideover.settings import Settings
from tideover.words import say
from unit.kit.crowded import COMMAND, CONTACTS, FRIDAY, HEBREW, LONG, crowded_matter, plain_matter


def one_sheet(maker, matter, language="en"):
    (sheet,) = maker.sheets(matter, language)
    return sheet


def squeezed(text):
    """Without the spaces that a line's end adds or takes."""
    return "".join(text.split())


def test_four_hundred_contacts_are_all_there_with_a_head_on_every_page(pages_of):
    """No row is cut, each page has title, shop and its number, and a name of commands or right-to-left letters is only shown."""
    (sheet,) = every_sheet(crowded_matter(), ["en"], ["contacts"])
    pages = pages_of(sheet)

    whole = " ".join(pages)
    assert [n for n in range(CONTACTS) if f"+358 9 555 {n:04}" not in whole] == []
    assert [n for n in range(CONTACTS) if f"{LONG} {n} " not in whole] == []
    for number, page in enumerate(pages, 1):
        assert "Contacts" in page[:200]
        assert LONG in page[:200]
        assert f"Page {number} / {len(pages)}" in page
        assert "as of 2026-11-19" in page
    assert COMMAND in whole
    assert set(HEBREW) - {" "} <= set(whole)


@pytest.mark.parametrize(("language", "texts"), [
    ("en", ("Mon–Fri 10–20 here (Mon–Fri 8–18 in London)", "only said 2026-11-11", "2026-11-14", "keyholder", "SHOP-40817")),
    ("fi", ("ma–pe 10–20 meillä (London: ma–pe 8–18)", "vain sanottu 11.11.2026", "14.11.2026", "avaimet", "SHOP-40817")),
])  # fmt: skip
def test_a_contact_says_for_what_when_under_which_number_and_since_when_it_is_known(pages_of, language, texts):
    """In the reader's language, and in our hours."""
    whole = " ".join(pages_of(one_sheet(contacts, sample_matter(language), language)))

    assert [text for text in texts if squeezed(text) not in squeezed(whole)] == []


def test_whom_the_plan_knows_is_not_listed_again_from_the_cloud():
    """By name or by code; the plan knows more of them."""
    parties = (Party("S1", "Tukku Oy", "supplier", channels=(Channel("1"),)), Party("x", "Aamu OY", "toimittaja", channels=(Channel("2"),)))
    suppliers = (
        Supplier("S1", "Tukku"),
        Supplier("S2", "aamu oy"),
        Supplier("S3", "Öljy"),
        Supplier("S4", "Zeta"),
        Supplier("S5", "Äyräs"),
    )
    matter = plain_matter(parties=parties, suppliers=suppliers, settings=Settings(language="fi"))

    (part,) = [one for one in one_sheet(contacts, matter).data["parts"] if one["title"] == "Suppliers"]

    assert ["Aamu OY", "Tukku Oy", "Zeta", "Äyräs", "Öljy"] == [row["name"] for row in part["rows"]]


def test_a_wrong_number_is_called_wrong():
    """What was found not to work is on the paper until it is seen to work."""
    check = Check("c", "call", "person/Aino")
    matter = plain_matter(people=(Person("Aino", phone="1"),), checks=(check,), seen={"c": Seen("2026-11-01", "claim", "", False)})

    assert "wrong 2026-11-01" == one_sheet(contacts, matter).data["parts"][0]["rows"][0]["verified"]


@pytest.mark.parametrize(("hours", "zone", "expected"), [
    ("Mon-Fri 8-16", "", "Mon-Fri 8-16"),
    ("Mon-Fri 8-16", "Europe/Helsinki", "Mon-Fri 8-16"),
    ("Mon-Fri 8-16", "Mars/Olympus", "Mon-Fri 8-16"),
    ("Mon-Fri 8-16", "../../etc/passwd", "Mon-Fri 8-16"),
    ("Mon-Fri 8:30-16, Sat 9.15–14", "Europe/London", "Mon-Fri 10:30–18, Sat 11:15–16 here (Mon-Fri 8:30-16, Sat 9.15–14 in London)"),
    ("9-17", "America/New_York", "16–0 (+1 d) here (9-17 in New York)"),
    ("9-17", "Australia/Sydney", "0–8 here (9-17 in Sydney)"),
    ("6-17", "Asia/Kolkata", "2:30–13:30 here (6-17 in Kolkata)"),
    ("6-9", "Australia/Sydney", "21 (-1 d)–0 here (6-9 in Sydney)"),
    ("every day, 24 h", "Europe/London", "every day, 24 h (London: 2 h behind us)"),
    ("weekdays", "Asia/Tokyo", "weekdays (Tokyo: 7 h ahead of us)"),
    ("", "Asia/Tokyo", ""),
    ("30-31", "Europe/London", "30-31 (London: 2 h behind us)"),
])  # fmt: skip
def test_hours_of_another_zone_are_shown_as_our_clock_shows_them(hours, zone, expected):
    """With the day beside an hour that falls on another one; what cannot be read is not guessed at."""
    assert expected == in_our_time(Channel("1", hours=hours, time_zone=zone), plain_matter(), say("en"))


def test_hours_follow_the_summer_time_of_both_sides():
    """Sydney is nine hours ahead in a northern winter and seven in its summer."""
    channel = Channel("1", hours="9-17", time_zone="Australia/Sydney")

    assert "2–10 here (9-17 in Sydney)" == in_our_time(channel, plain_matter(today=date(2026, 7, 1)), say("en"))


def test_calls_have_a_tick_and_room_for_the_answer(pages_of):
    """Who has to be told comes first; the list goes on over as many pages as there are suppliers, and no row is cut."""
    (sheet,) = every_sheet(crowded_matter(), ["en"], ["supplier-calls"])
    pages = pages_of(sheet)

    assert 410 == sheet.rows
    assert 10 == sheet.data["first"]
    assert "To be told first" in pages[0]
    whole = " ".join(pages)
    assert [n for n in range(CONTACTS) if f"+358 9 555 {n:04}" not in whole] == []
    assert all("Calls to suppliers" in page[:100] and f"/ {len(pages)}" in page for page in pages)


def test_nobody_to_call_is_named():
    """Both lists say what would let them be made."""
    assert ["contacts", "supplier-calls"] == [
        one.kind for maker in (contacts, supplier_calls) for one in maker.sheets(plain_matter(), "fi")
    ]
    assert all(isinstance(one, Lack) for maker in (contacts, supplier_calls) for one in maker.sheets(plain_matter(), "fi"))


def test_a_log_sheet_has_numbered_lines_and_a_number_of_its_own(pages_of):
    """Numbers go on where the keyed ones end, and the two languages never share one."""
    matter = plain_matter(log_sheets_keyed=12)
    english, finnish = (pages_of(one_sheet(log_sheets, matter, language)) for language in ("en", "fi"))

    assert ["L-0013", "L-0014", "L-0015", "L-0016"] == [f"L-{page.split('L-')[1][:4]}" for page in english]
    assert ["L-0017", "L-0018", "L-0019", "L-0020"] == [f"L-{page.split('L-')[1][:4]}" for page in finnish]
    assert all("22" in page and "Mitä tapahtui" in page for page in finnish)


@pytest.mark.parametrize("maker", [contacts, supplier_calls, log_sheets])
def test_what_is_on_the_paper_does_not_change_overnight(maker):
    """A copy printed yesterday is still true."""
    later = crowded_matter(today=FRIDAY + timedelta(days=1))

    assert one_sheet(maker, crowded_matter()).content == one_sheet(maker, later).content
