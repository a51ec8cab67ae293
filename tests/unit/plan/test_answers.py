"""The first answers: read strictly, written back as they may be read again, and made into a plan that a person may change."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tideover.errors import FileUnreadable
from tideover.plan.answered import changes, records_of, settings_of
from tideover.plan.answers import Answers, is_answered, joined, read_answers, written
from tideover.plan.bites import MINUTES_MAX, Standing, bites_of
from tideover.plan.fields import checked as checked_record
from tideover.plan.questions import DOES, FILE_ONLY, GROUPS, QUESTIONS
from tideover.plan.records import KINDS, Check, Grant, Party, Person, Service, Thing
from tideover.settings import read_settings

EXAMPLE = Path(__file__).parents[3] / "docs" / "answers.toml"
FRIDAY = date(2026, 11, 20)


def example() -> Answers:
    return read_answers(EXAMPLE.read_text(encoding="utf-8"), "docs/answers.toml")


def standing(records):
    kept = {(type(one), getattr(one, KINDS[type(one)][1])): one for one in records}
    return lambda kind, key: kept.get((kind, key))


# Reading ------------------------------------------------------------------------------------------


def test_the_example_answers_every_question():
    """Whoever copies docs/answers.toml sees each question once; what only a file asks stands there, some of it commented."""
    answers = example()
    assert {one.key for group in GROUPS for one in group.questions} <= set(answers.given)
    text = EXAMPLE.read_text(encoding="utf-8")
    assert [] == [one.key for one in FILE_ONLY if f"{one.key.partition('.')[2]} = " not in text]
    assert {"decides", "fetches"} == {one.does for one in answers.people}


def test_the_example_names_every_choice():
    """A choice that the page offers and the file hides would be a guess."""
    text = EXAMPLE.read_text(encoding="utf-8")
    closed = [one for one in QUESTIONS.values() if one.choices and not one.other]
    assert [] == [(one.key, value) for one in closed for value, _ in one.choices if value not in text]
    assert [] == [value for value, _ in DOES if value not in text]


def test_there_are_six_questions():
    """As people count them: six pages, each said in a minute or two, together ten minutes with the prices."""
    assert 6 == len(GROUPS)
    assert 10 >= sum(group.minutes for group in GROUPS) + 2


def test_every_fault_is_named_at_once_with_its_line():
    """Nobody mends a file one fault at a time."""
    lines = ["[shop]", 'nmae = "x"', "name = 3", 'country = "Finland"', "", "[line]", 'kind = "wire"', ""]
    lines += ["[[people]]", 'phone = "abc"', "", "[[people]]", 'name = "A"', "[[people]]", 'name = "a"']
    with pytest.raises(FileUnreadable) as error:
        read_answers("\n".join(lines), "mine.toml")
    for needed in (
        "line 2, shop.nmae: there is no such question; did you mean shop.name?",
        'line 3, shop.name: write it as a text in quotes, like "Elisa"',
        "line 4, shop.country: write the country as two capital letters, like FI",
        "line 7, line.kind: 'wire' is none of fibre, cable, mobile, shared",
        "line 10, people.1.phone: 'abc' is no phone number",
        "line 15, people.3.name: a stands there twice",
    ):
        assert needed in error.value.message


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("not toml [", "line 1"),
        ("shop = 3", "write its fields below a line [shop]"),
        ("people = 3", "write each person below a line [[people]]"),
        ("shpo.name = 'x'", "did you mean shop.name?"),
        ("shop.name = '" + "x" * 121 + "'", "longer than 120 characters"),
        ("[[people]]\nphone = '123'", "the name is missing"),
        ("x = '" + "y" * 100_001 + "'", "larger than 100 kB"),
        ("".join(f"[[people]]\nname = 'P{n}'\n" for n in range(31)), "more than 30 people"),
    ],
)
def test_what_is_no_answer(text, why):
    """Each is said in words, whatever it is."""
    with pytest.raises(FileUnreadable) as error:
        read_answers(text)
    assert why in error.value.message


TEXTS = st.text(max_size=60)


@given(TEXTS, TEXTS, st.sampled_from([value for value, _ in DOES]))
def test_what_is_written_is_read_back(name, person, does):
    """Any text a person may type: quotes, controls, right-to-left marks, emoji."""
    found, _ = joined(Answers(), "till", {"shop": {"name": name}})
    found, faults = joined(found, "people", {"people": [{"name": person, "does": does}]})
    if not faults:
        assert found == read_answers(written(found))


def test_a_page_changes_only_its_own_answers():
    """Skipping a field takes its answer back; the other pages stay; a fault keeps the answer of before."""
    answers, faults = joined(example(), "line", {"line": {"carrier": "Telia", "support": "x"}})
    assert ("Telia", "+358 800 98 811", "") == (answers.of("line.carrier"), answers.of("line.support"), answers.of("line.kind"))
    assert ["line.support"] == [one.field for one in faults]
    assert example().of("phone.carrier") == answers.of("phone.carrier")
    answers, faults = joined(example(), "people", {"people": []})
    assert ([], False, True) == (faults, is_answered(answers, "people"), is_answered(answers, "line"))


# The plan -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "fi"])
@pytest.mark.parametrize("answers", [Answers(), example()], ids=["nothing", "example"])
def test_answers_become_sound_records(answers, language):
    """Whatever was skipped: each record has its shape, each key stands once, five checks have days."""
    records = records_of(answers, FRIDAY, language)
    assert list(records) == [checked_record(one) for one in records]
    keys = [(type(one), getattr(one, KINDS[type(one)][1])) for one in records]
    assert len(keys) == len(set(keys))
    days = [one.first_on for one in records if isinstance(one, Check)]
    assert (5, days[0]) == (len(days), "2026-11-20")


def test_the_answers_stand_in_the_plan():
    """Who decides owns the shop and the checks; the carrier is called about the line; the phone stands in for it."""
    records = records_of(example(), FRIDAY)
    by = standing(records)
    assert ("owner", ("decide",)) == (by(Person, "Anna Virtanen").role, by(Person, "Anna Virtanen").can)
    assert ("on-call", ("fetch", "deliver")) == (by(Person, "Matti Mäkelä").role, by(Person, "Matti Mäkelä").can)
    assert ("line-carrier", "Share the phone's internet with the till.") == (
        by(Service, "internet").supplier,
        by(Service, "internet").manual_way,
    )
    assert ("Elisa", "+358 800 98 811") == (by(Party, "line-carrier").name, by(Party, "line-carrier").channels[0].address)
    assert ("DNA", "line", ("phone", "internet")) == (
        by(Thing, "phone-line").carrier,
        by(Thing, "phone-line").stands_in_for,
        by(Thing, "phone-line").can,
    )
    assert {"Anna Virtanen"} == {one.person for one in records if isinstance(one, Grant)}
    assert {("Anna Virtanen", "Matti Mäkelä")} == {(one.first_person, one.second_person) for one in records if isinstance(one, Check)}


def test_none_is_an_answer():
    """ "No spare computer" is no thing called "no"."""
    answers, _ = joined(example(), "spares", {"spares": {"computer": "Ei.", "receipt_book": "none", "cash_machine": "-"}})
    assert set() == {"spare-computer", "receipt-book", "cash-machine"} & {
        one.key for one in records_of(answers, FRIDAY) if isinstance(one, Thing)
    }
    assert is_answered(answers, "spares")


@pytest.mark.parametrize(
    ("country", "expected"),
    [("FI", ("EUR", "Europe/Helsinki", 5)), ("GB", ("GBP", "Europe/London", 1)), ("DE", ("EUR", "Europe/Berlin", 1))],
)
def test_a_country_brings_its_money_and_its_hours(tmp_path, country, expected):
    """And the settings take them."""
    wished = settings_of(Answers({"shop.country": country}), str(tmp_path))
    settings = read_settings(tmp_path, **wished)
    assert (country, *expected) == (settings.country, settings.currency, settings.time_zone, settings.cash_rounding_minor)


# Answering again ----------------------------------------------------------------------------------


def test_the_same_answers_change_nothing():
    """A second run, also on another day: no check is moved."""
    records = records_of(example(), FRIDAY)
    later = records_of(example(), date(2026, 12, 24))
    assert ((), ()) == changes(later, later, standing(records))


def test_only_what_was_answered_otherwise_changes():
    """A hand's change of the same record stays, field by field; a record that a person took out stays out."""
    before = records_of(example(), FRIDAY)
    by_hand = replace(standing(before)(Service, "internet"), tolerable_s=600)
    plan = [
        by_hand if one == standing(before)(Service, "internet") else one
        for one in before
        if not isinstance(one, Thing) or one.key != "receipt-book"
    ]
    answers, _ = joined(example(), "phone", {"phone": {"carrier": "Elisa", "shares": "no"}})
    found = changes(before, records_of(answers, FRIDAY), standing(plan))
    put = {(type(one), getattr(one, KINDS[type(one)][1])): one for one in found.put}
    assert {(Party, "phone-carrier"), (Thing, "phone-line"), (Service, "internet")} == set(put)
    assert (600, "Sell on numbered slips.") == (put[Service, "internet"].tolerable_s, put[Service, "internet"].manual_way)
    assert () == found.remove


def test_what_is_answered_no_more_goes_unless_a_hand_changed_it():
    """The spare computer was sold; the receipt book was moved by hand."""
    before = records_of(example(), FRIDAY)
    book = replace(standing(before)(Thing, "receipt-book"), place="Back room")
    plan = [book if one == standing(before)(Thing, "receipt-book") else one for one in before]
    answers, _ = joined(example(), "spares", {"spares": {"cash_machine": "Otto., Asemakatu 5, 150 m"}})
    found = changes(before, records_of(answers, FRIDAY), standing(plan))
    assert ((), ((Thing, "spare-computer"),)) == found


def test_a_plan_that_was_written_first_is_only_filled_in():
    """Answers fill what is empty in it, and overwrite nothing."""
    by_hand = (Party("line-carrier", "Elisa Oyj"), Service("internet", "Valokuitu", 600))
    found = changes((), records_of(example(), FRIDAY), standing(by_hand))
    put = {(type(one), getattr(one, KINDS[type(one)][1])): one for one in found.put}
    assert ("Elisa Oyj", "+358 800 98 811") == (put[Party, "line-carrier"].name, put[Party, "line-carrier"].channels[0].address)
    assert ("Valokuitu", 600, "line-carrier") == (
        put[Service, "internet"].name,
        put[Service, "internet"].tolerable_s,
        put[Service, "internet"].supplier,
    )


# Bites --------------------------------------------------------------------------------------------


def test_each_bite_is_small_and_the_most_useful_comes_first():
    """Nobody answered anything: people first, then prices. Each under ten minutes."""
    bites = bites_of(Standing())
    assert ["people", "prices", "shop", "print", "try"] == [one.key for one in bites][:5]
    assert [] == [one.key for one in bites if not 1 <= one.minutes < MINUTES_MAX]
    assert len(bites) == len({one.key for one in bites})


def test_a_shop_that_has_all_is_left_alone():
    """No score, no further wish."""
    all_of_it = Standing(frozenset(group.bite for group in GROUPS), 10, True, True, 5, True, True, True, True, 1, True, 2, True)
    assert [] == bites_of(all_of_it)
