"""Scripts, signs, the grants card and the return checklist."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from tideover.kit import grants_card, return_checklist, scripts
from tideover.kit.sums import unit_text
from tideover.plan.playbook import CHECKLIST, playbooks
from tideover.plan.records import Grant
from tideover.settings import Settings
from tideover.words import say
from unit.kit.book_shop import LONG, SUPPLIER, bare, feet_of, full, texts_of, words

LANGUAGES = pytest.mark.parametrize("language", ["en", "fi"])
SHOPS = pytest.mark.parametrize("shop", [bare, full])


def by_name(maker, matter, language="en"):
    return {sheet.name: sheet for sheet in maker.sheets(matter, language)}


# Scripts --------------------------------------------------------------------------------------------


@SHOPS
@LANGUAGES
def test_scripts_and_signs_are_one_page_each_with_all_their_words(language, shop):
    """Customers, suppliers, open, closed: a shop with a name of forty letters and one without."""
    made = by_name(scripts, shop(language), language)
    assert ["script-customers", "script-suppliers", "sign-open", "sign-closed"] == list(made)
    for sheet in made.values():
        (page,) = texts_of(sheet)
        said = [one for part in sheet.data.get("parts", ()) for one in (*part["said"], part["note"])]
        said += [one for name in ("said", "ticks", "lines", "blanks") for one in sheet.data.get(name, ())]
        assert [] == [one for one in said if words(one) not in words(page)], sheet.name
        assert [True] == [foot.endswith(" 1 / 1") and len(foot) < 40 for foot in feet_of(sheet)], feet_of(sheet)


def test_the_sign_shows_the_way_to_the_cash_machine():
    """Or leaves room to write it."""
    assert "takahuoneen ylin hylly" in texts_of(by_name(scripts, full())["sign-open"])[0]
    assert "Nearest cash machine: ________________" in texts_of(by_name(scripts, bare())["sign-open"])[0]


def test_a_script_says_the_shops_name_and_how_it_is_reached():
    """Where the settings know them."""
    (page,) = texts_of(by_name(scripts, full("fi"), "fi")["script-customers"])
    assert words(f"{SUPPLIER}, ____________ puhelimessa.") in words(page)
    assert words("Kauppakatu 123456") in words(page)


# Grants ---------------------------------------------------------------------------------------------


@SHOPS
@LANGUAGES
def test_the_grants_card_has_every_sum_and_room_for_each_use(language, shop):
    """Who, one case, one day, when; four rights stand there even where nobody has them."""
    (sheet,) = grants_card.sheets(shop(language), language)
    (page,) = texts_of(sheet)
    assert ["refund", "discount", "replace", "lend"] == [one["right"] for one in sheet.data["groups"]][:4]
    cells = [cell for group in sheet.data["groups"] for row in group["rows"] for cell in row.values()]
    assert [] == [cell for cell in cells if words(cell) not in words(page)]
    assert sheet.data["uses"] >= 8


def test_the_grants_card_says_when_a_grant_counts():
    """In an outage or any day, from a day, until a day; what is over is not shown, and the paper ends with the first that ends."""
    (sheet,) = grants_card.sheets(full("fi"), "fi")
    refunds, discounts, lends = (
        next(one for one in sheet.data["groups"] if one["right"] == right)["rows"] for right in ("refund", "discount", "lend")
    )
    assert ["kaikki", "myyjät", LONG] == [row["who"] for row in refunds]
    assert ["milloin vain", "vain katkossa", "milloin vain"] == [row["when"] for row in refunds]
    assert ["25,5\xa0%", "milloin vain, 31.12.2026 asti"] == [discounts[1]["case"], discounts[1]["when"]]
    assert "milloin vain, 1.12.2026 alkaen" == lends[0]["when"]
    assert "2026-12-31" == sheet.destroy_by


def test_nobody_may_is_said_in_words():
    """An empty table would be read as 'no limit'."""
    nobody = bare(settings=Settings(discount_limit_ppm=0, refund_limit_minor=0))
    assert 4 == texts_of(grants_card.sheets(nobody, "en")[0])[0].count("Nobody alone: ask first.")


def test_two_hundred_grants_run_on_to_further_pages_with_their_head():
    """None is lost, and each page says what the columns are."""
    many = tuple(Grant(f"g{n}", f"Person {n:03d}", "refund", each_minor=n * 100) for n in range(1, 201))
    pages = texts_of(grants_card.sheets(replace(full(), grants=many), "en")[0])
    assert len(pages) > 2
    assert [] == [n for n in range(1, 201) if f"Person {n:03d}" not in " ".join(pages)]
    assert all("ONE CASE" in page for page in pages if "Person" in page)


# The return checklist -------------------------------------------------------------------------------


@SHOPS
@LANGUAGES
def test_the_return_checklist_is_one_page_with_every_step(language, shop):
    """In the order of the playbook, to be ticked and signed."""
    (sheet,) = return_checklist.sheets(shop(language), language)
    (page,) = texts_of(sheet)
    steps = [step.ways[0].text for step in playbooks({}, language)[CHECKLIST].steps]
    assert steps == [step["text"] for step in sheet.data["steps"]]
    assert [] == [step for step in steps if words(step) not in words(page)]
    assert [True] == [foot.endswith(" 1 / 1") and len(foot) < 60 for foot in feet_of(sheet)], feet_of(sheet)


def test_the_return_checklist_holds_what_an_outage_may_not_leave_open():
    """A slip unaccounted, a sale in flight or unbooked, a diversion, a difference without an owner, suppliers not told."""
    text = " ".join(step.ways[0].text for step in playbooks({}, "en")[CHECKLIST].steps)
    for part in ("used, void, unused, or missing", "half-way", "into the cloud, once", "diversions off", "an owner and a day", "suppliers"):
        assert part in text


def test_pieces_are_in_the_papers_language():
    """A copy keeps them as `pcs`; any other unit is the shop's own word."""
    assert ["pcs", "kpl", "kg", "Stk"] == [
        unit_text(unit, say(language)) for unit, language in (("pcs", "en"), ("pcs", "fi"), ("kg", "fi"), ("Stk", "fi"))
    ]
