"""The plan on one page: whatever is in the plan, it fits, and a claim never passes for a proof."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tideover.commands.kit import sample_matter
from tideover.kit.matter import Seen
from tideover.kit.plan_page import ROOMS, sheets
from tideover.kit.proof import clipped, due_on, newest
from tideover.kit.rungs import rungs
from tideover.kit.sheet import Lack
from tideover.plan.law import law_of
from tideover.plan.records import Check, Grant, Party, Person, Service, Thing
from tideover.words import say
from unit.kit.crowded import COMMAND, FRIDAY, HEBREW, LONG, MARKUP, crowded_matter, plain_matter


def one_sheet(matter, language="en"):
    (sheet,) = sheets(matter, language)
    return sheet


@pytest.mark.parametrize("language", ["en", "fi"])
def test_the_fullest_plan_is_one_page(pages_of, language):
    """Thirty services, sixty things and the widest letters leave one page, and it says how much more there is."""
    (page,) = pages_of(one_sheet(crowded_matter(), language))

    assert COMMAND in page  # Shown as it is, and nothing more.
    assert {"en": "(and 26 more)", "fi": "(ja 26 muuta)"}[language] in page
    assert {"en": "Page 1 / 1", "fi": "Sivu 1 / 1"}[language] in page


@pytest.mark.parametrize("language", ["en", "fi"])
def test_the_sample_says_who_decides_whom_to_call_and_what_is_due(pages_of, language):
    """All that a shop owner wrote in ten minutes is on it, in full."""
    (page,) = pages_of(one_sheet(sample_matter(language), language))

    for text in ("Maija Mäkelä +358 40 555 1001", "Šárka Žižková", "Tillcloud Ltd +44 20 7946 0101", "SHOP-40817", "Kauppatori 2", "420"):
        assert text in page
    assert {"en": "only said 2026-10-31", "fi": "vain sanottu 31.10.2026"}[language] in page
    assert {"en": "proven 2026-11-12", "fi": "todettu 12.11.2026"}[language] in page
    assert {"en": "Mon–Fri 10–20 here (Mon–Fri 8–18 in London)", "fi": "ma–pe 10–20 meillä (London: ma–pe 8–18)"}[language].replace(
        " ", ""
    ) in page.replace(" ", "")


def test_a_name_in_another_script_and_a_name_of_markup_are_shown_as_they_are(pages_of):
    """Nothing is evaluated, and Hebrew has its letters."""
    people = (Person(HEBREW, "owner", can=("decide",)), Person(MARKUP[:40], "manager", can=("decide",)), Person(LONG, can=("fetch",)))
    (page,) = pages_of(one_sheet(plain_matter(people=people)))

    assert "*bold* #emoji.face $x^2$" in page
    assert set(HEBREW) - {" "} <= set(page)
    assert LONG in page


def test_without_people_services_and_things_there_is_no_page():
    """A lack says what would let it be made."""
    assert [Lack("plan", sheets(plain_matter(), "en")[0].why)] == sheets(plain_matter(), "en")
    assert "tideover start" in sheets(plain_matter(), "en")[0].why


def test_who_knows_nobody_gets_lines_to_write_on(pages_of):
    """A page with a name only still asks for what is missing."""
    (page,) = pages_of(one_sheet(plain_matter(people=(Person("Aino", "owner"),))))

    assert "Write them here:" in page
    assert "write the nearest cash machine here:" in page


def test_the_content_is_the_same_on_the_next_day():
    """A printed plan does not go stale because a night has passed; only its destroy-by day moves."""
    today, later = crowded_matter(), crowded_matter(today=FRIDAY + timedelta(days=40))

    assert one_sheet(today).content == one_sheet(later).content
    assert one_sheet(today).destroy_by < one_sheet(later).destroy_by


def test_the_ladder_names_the_shops_own_things_with_their_last_proof():
    """What was only said is not called proven, and what was proven comes first."""
    things = (
        Thing("a", "Dongle", ("internet",), "drawer", stands_in_for="line"),
        Thing("b", "Phone", ("netti",), "with Aino", stands_in_for="line"),
        Thing("line", "Fibre", ("internet",)),
        Thing("pc", "Spare PC", ("till",), "office"),
        Thing("gone", "Sold PC", ("till",), count=0),
    )
    checks = tuple(Check(f"c-{one.key}", "look", f"thing/{one.key}") for one in things)
    seen = {
        "c-a": Seen("2026-11-19", "claim", "Aino", True),
        "c-b": Seen("2026-10-01", "proof", "Aino", True),
        "c-pc": Seen("2026-11-01", "proof", "", False),
    }
    found = rungs(plain_matter(things=things, checks=checks, seen=seen), say("en"))

    assert ["0", "1", "2", "3", "4", "5"] == [one["number"] for one in found]
    assert ("Phone, with Aino; Dongle, drawer", "proven 2026-10-01") == (found[1]["what"], found[1]["seen"])
    assert ("Spare PC, office", "did not work 2026-11-01") == (found[2]["what"], found[2]["seen"])
    assert ("none in the plan", "–") == (found[3]["what"], found[3]["seen"])


def test_where_an_uncertified_till_is_not_lawful_the_ladder_says_why():
    """Germany's page closes rung 4 in the reader's language."""
    (rung,) = [one for one in rungs(plain_matter(law=law_of("DE")), say("fi")) if one["number"] == "4"]

    assert rung["what"].startswith("ei laillinen täällä: ")
    assert law_of("DE").why not in rung["what"]


def test_a_claim_puts_nothing_off_and_a_failure_is_due_at_once():
    """Only a proof moves the day."""
    check = Check("c", "look", period_days=30, first_on="2026-11-01")

    assert "2026-11-01" == due_on(check, None)
    assert "2026-11-01" == due_on(check, Seen("2026-11-10", "claim", "", True))
    assert "2026-12-10" == due_on(check, Seen("2026-11-10", "proof", "", True))
    assert "" == due_on(check, Seen("2026-11-10", "proof", "", False))


def test_of_several_answers_what_was_seen_counts_before_what_was_said():
    """A newer claim hides neither a proof nor a failure."""
    claim, proof = Seen("2026-11-19", "claim", "", True), Seen("2026-10-01", "proof", "", True)
    failure = Seen("2026-10-05", "claim", "", False)

    assert proof == newest((claim, proof, None))
    assert failure == newest((proof, failure, claim))
    assert newest((None,)) is None


def test_a_text_is_cut_between_words_and_shows_it():
    """Short ones stay whole; one endless word is cut anywhere."""
    assert "short" == clipped("short", 5)
    assert "one two…" == clipped("one two three", 10)
    assert "abcdefghi…" == clipped("abcdefghijklm", 10)
    assert all(len(clipped("Ä" * 300, room.text)) == room.text for room in ROOMS)


def test_who_is_called_first_is_who_looks_after_the_most_pressing_service(pages_of):
    """A supplier of goods is not in the way; a party without a number is on no line."""
    channel = one_sheet(sample_matter("en")).data["levels"][0]["calls"]
    assert ["Korttikeskus Oy", "Kantakaupungin Sähkö Oy", "Tillcloud Ltd"] == [one["name"] for one in channel[:3]]
    assert "Leipomo Väinö & Pojat" not in [one["name"] for one in channel]

    mute = plain_matter(
        services=(Service("cloud", "Till", 60, supplier="x"),), parties=(Party("x", "Mute"),), grants=(Grant("g", "", "refund"),)
    )
    assert [] == one_sheet(mute).data["levels"][0]["calls"]
    assert "Till" in pages_of(one_sheet(mute))[0]
