"""Checks: proof and claim told apart, the nag that goes to a second person, numbers that are verified and not edited."""

from __future__ import annotations

import asyncio
import re
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tideover.errors import NotFound, Rejected
from tideover.learn.check import LATER_DAYS_MAX, NOTHING, Answer, Asked, Checks, DueCheck, Known, due, nag
from tideover.plan.carriers import shared_carriers
from tideover.plan.contacts import is_number
from tideover.plan.records import Channel, Check, Duty, Party, Person, Thing
from tideover.words import say
from unit.web.shop import in_shop

FRIDAY = date(2026, 11, 20)
SPARE = Check(
    key="spare", what="Open it", loss="The queue waits.", period_days=30, grace_days=7, first_on="2026-11-20",
    first_person="Aino", second_person="Eero",
)  # fmt: skip
STAFF = (Person("Aino", "owner"), Person("Eero"), Person("Mika"))


def day(after: int) -> str:
    return (FRIDAY + timedelta(days=after)).isoformat()


def standing(after: int, known: Known = NOTHING, check: Check = SPARE, people=STAFF) -> DueCheck:
    """The check so many days after Friday."""
    [one] = due([check], {check.key: known}, FRIDAY + timedelta(days=after), people, "Aino")
    return one


PROVEN = Known(proof=Answer(day(0), "Aino", evidence="logged in"))


@pytest.mark.parametrize(
    ("after", "known", "state", "asked"),
    [
        (-3, Known(), "never", ()),
        (0, Known(), "never", ("Aino",)),
        (7, Known(), "never", ("Aino",)),
        (8, Known(), "overdue", ("Aino", "Eero")),
        (1, PROVEN, "fresh", ()),
        (29, PROVEN, "fresh", ()),
        (30, PROVEN, "due", ("Aino",)),
        (37, PROVEN, "due", ("Aino",)),
        (38, PROVEN, "overdue", ("Aino", "Eero")),
        (400, PROVEN, "overdue", ("Aino", "Eero")),
        # Only said: never green, quiet for a quarter of the period, and not for the second person once the grace is over.
        (0, Known(claim=Answer(day(0), "Aino")), "claimed", ()),
        (6, Known(claim=Answer(day(0), "Aino")), "claimed", ()),
        (7, Known(claim=Answer(day(0), "Aino")), "claimed", ("Aino",)),
        (9, Known(claim=Answer(day(8), "Aino")), "overdue", ("Eero",)),
        (31, Known(PROVEN.proof, claim=Answer(day(30), "Aino")), "claimed", ()),
        (10, Known(PROVEN.proof, claim=Answer(day(9), "Aino")), "fresh", ()),
        # It does not work: at once, whoever last saw it work.
        (5, Known(PROVEN.proof, failed=Answer(day(5), "Mika")), "fails", ("Aino",)),
        (13, Known(PROVEN.proof, failed=Answer(day(5), "Mika")), "fails", ("Aino", "Eero")),
        (6, Known(failed=Answer(day(5), "Mika"), claim=Answer(day(6), "Aino")), "fails", ()),
        # Later: asks again, silences nobody else after the grace.
        (2, Known(asked=(Asked(day(1), "Aino", until=day(3)),)), "never", ()),
        (3, Known(asked=(Asked(day(1), "Aino", until=day(3)),)), "never", ("Aino",)),
        (9, Known(asked=(Asked(day(8), "Aino", until=day(20)),)), "overdue", ("Eero",)),
        (2, Known(asked=(Asked(day(1), "Somebody at the box", until=day(3)),)), "never", ()),
        (9, Known(asked=(Asked(day(8), "Somebody at the box", until=day(12)),)), "overdue", ("Aino", "Eero")),
        # Handed on: the other one is asked; after the grace all of them.
        (1, Known(asked=(Asked(day(0), "Aino", to="Mika"),)), "handed-on", ("Mika",)),
        (8, Known(asked=(Asked(day(0), "Aino", to="Mika"),)), "overdue", ("Mika", "Eero", "Aino")),
        (2, Known(asked=(Asked(day(0), "Aino", to="Mika"), Asked(day(1), "Mika", until=day(4)))), "handed-on", ()),
    ],
)  # fmt: skip
def test_what_a_check_is_and_who_is_asked(after, known, state, asked):
    """By day, grace, and what was answered."""
    one = standing(after, known)
    assert (state, asked) == (one.state, one.asked)


def test_green_is_proof_alone():
    """No answer but a proof, no matter how often it is given."""
    for known in (Known(), Known(claim=Answer(day(0), "Aino")), Known(PROVEN.proof, failed=Answer(day(1), "Aino"))):
        assert not any(standing(after, known).is_green for after in range(-5, 60))


def test_who_has_left_is_not_asked():
    """The second is asked at once, and the owner where nobody is left; without a list of people everybody counts."""
    assert ("Eero",) == standing(0, check=Check("x", "Look", first_person="Gone", second_person="Eero")).asked
    assert ("Aino",) == standing(0, check=Check("x", "Look", first_person="Gone", second_person="Too"), people=STAFF).asked
    assert ("Aino",) == standing(0, people=()).asked
    assert ("Aino",) == standing(0, check=Check("x", "Look"), people=()).asked


def test_a_clock_that_ran_ahead_hides_nothing():
    """A proof from next year is worth as much as one of today; a "later" of years counts no more."""
    ahead = Known(proof=Answer("2036-01-01", "Aino"))
    assert ("fresh", day(30)) == (standing(0, ahead).state, standing(0, ahead).due_on)
    assert ("Aino",) == standing(0, Known(asked=(Asked(day(0), "Aino", until="2036-01-01"),))).asked
    assert "fresh" == standing(0, PROVEN, check=Check("spare", "x", period_days=3650)).state
    assert "never" == standing(0, check=Check("spare", "x", first_on="9999-12-30", grace_days=365)).state


answers = st.none() | st.builds(Answer, st.integers(-60, 60).map(day), st.sampled_from(["Aino", "Eero", "Mika", "Else"]))
askeds = st.builds(
    Asked,
    st.integers(-60, 60).map(day),
    st.sampled_from(["Aino", "Eero", "Mika"]),
    st.none() | st.integers(-60, 90).map(day),
    st.sampled_from(["", "Mika", "Gone"]),
)


@given(st.builds(Known, answers, answers, answers, st.lists(askeds, max_size=4).map(tuple)), st.integers(-30, 120))
def test_whatever_was_answered(known, after):
    """Green needs a proof; what is due and asked of nobody says when it is asked again; only people of the shop are asked."""
    one = standing(after, known)
    assert not one.is_green or (known.proof is not None and known.failed is None and day(after) < one.due_on)
    assert one.asked or day(after) < one.due_on or day(after) < one.quiet_until <= day(after + LATER_DAYS_MAX)
    assert set(one.asked) <= {"Aino", "Eero", "Mika"}
    assert not one.is_overdue or day(after) > one.due_on


def test_what_is_asked_stands_first():
    """The failed, the overdue, the due; then what comes next."""
    checks = [Check(key, "Look", first_on=day(first)) for key, first in (("later", 5), ("due", -1), ("overdue", -20), ("fails", 9))]
    found = due(checks, {"fails": Known(failed=Answer(day(0), "Aino"))}, FRIDAY, (), "Aino")
    assert ["fails", "overdue", "due", "later"] == [one.check.key for one in found]


@pytest.mark.parametrize("language", ["en", "fi"])
@pytest.mark.parametrize("known", [Known(), PROVEN, Known(claim=Answer(day(0), "Aino")), Known(failed=Answer(day(0), "Aino"))])
def test_the_nag_names_the_loss(language, known):
    """In every state, in both languages."""
    text = nag(standing(40, known), FRIDAY + timedelta(days=40), say(language))
    assert text.endswith("The queue waits.")
    assert ("nobody" in text.casefold() or "it " in text.casefold()) == (language == "en")


# In an open house -----------------------------------------------------------------------------------


def checks_of(shop) -> Checks:
    house = shop.house
    return Checks(house.journal, house.plan, house.world, house.settings)


def test_answers_are_facts_and_states_follow(tmp_path):
    """Never, only said, proven, due again, failed; each answer is an entry with its name."""

    async def play(shop):
        shop.house.plan.put(SPARE, "Aino")
        checks = checks_of(shop)
        states = [checks.one("spare").state]
        await checks.claimed("spare", "Aino")
        states.append(checks.one("spare").state)
        await checks.proven("spare", "Aino", "logged in at 14:05")
        states.append(checks.one("spare").state)
        shop.world.pass_time(days=31)
        states.append(checks.one("spare").state)
        await checks.failed("spare", "Eero", "the battery is flat")
        states.append(checks.one("spare").state)
        assert ["never", "claimed", "fresh", "due", "fails"] == states
        written = shop.house.journal.read(kinds=("checked",))
        assert [("claim", "Aino"), ("proof", "Aino"), ("proof", "Eero")] == [
            (one.entry.body.standing, one.entry.operator) for one in written
        ]
        assert checks.known() == checks_of(shop).known()  # Read on piece by piece, or all at once.

    in_shop(tmp_path, play)


def test_what_cannot_be_answered(tmp_path):
    """A proof that shows nothing, a check or a person that is not there, "later" for ever; nothing is written."""

    async def play(shop):
        shop.house.plan.put(SPARE, "Aino")
        checks = checks_of(shop)
        for error, work in (
            (Rejected, checks.proven("spare", "Aino", "  ")),
            (Rejected, checks.proven("spare", "Aino", "x" * 1001)),
            (NotFound, checks.claimed("nothing", "Aino")),
            (NotFound, checks.hand_on("spare", "Aino", "Nobody")),
            (NotFound, checks.later("nothing", "Aino", 3)),
            (Rejected, checks.later("spare", "Aino", 0)),
            (Rejected, checks.later("spare", "Aino", LATER_DAYS_MAX + 1)),
        ):
            with pytest.raises(error):
                await work
        assert [] == shop.house.journal.read(kinds=("checked", "check_asked"))

    in_shop(tmp_path, play)


def test_a_check_without_a_day_is_due_from_when_it_was_made(tmp_path):
    """So that its grace ends, and a second person is asked."""

    async def play(shop):
        shop.house.plan.put(Check("x", "Look", first_person="Aino", second_person="Eero"), "Aino")
        shop.world.pass_time(days=8)
        shop.house.plan.put(Check("x", "Look closely", first_person="Aino", second_person="Eero"), "Aino")
        assert ("overdue", ("Aino", "Eero")) == (checks_of(shop).one("x").state, checks_of(shop).one("x").asked)

    in_shop(tmp_path, play)


# Numbers --------------------------------------------------------------------------------------------


def numbers(shop) -> dict[str, str]:
    """What is asked about each number, and its state."""
    return {one.check.what: one.state for one in checks_of(shop).due()}


def test_each_number_is_proven_by_itself_and_again_when_it_changes(tmp_path):
    """Editing proves nothing; writing it otherwise loses nothing; a changed one is unproven, the former one proven if it comes back."""

    async def play(shop):
        plan, checks = shop.house.plan, checks_of(shop)
        plan.put(Person("Anna", phone="+358 40 1", other_phones=("+358 40 765 4321",)), "Aino")
        plan.put(Party("elisa", "Elisa", channels=(Channel("+358 800 1234", "faults"), Channel("help@elisa.example"))), "Aino")
        assert {"never"} == set(numbers(shop).values()) and 3 == len(numbers(shop))
        for one in checks.due():
            await checks.proven(one.check.key, "Aino", "answered")
        assert {"fresh"} == set(numbers(shop).values())
        plan.put(Person("Anna", phone="+358401", other_phones=("+358 (40) 765-4322",)), "Aino")
        assert ["fresh", "fresh", "never"] == sorted(numbers(shop).values())
        plan.undo("Aino")
        assert {"fresh"} == set(numbers(shop).values())
        return b"".join(one.signed for one in shop.house.journal.read(kinds=("checked",)))

    assert re.search(rb"\b765|40765", in_shop(tmp_path, play)) is None


def test_who_owns_the_contacts_is_asked_for_them(tmp_path):
    """Monthly; the owner where nobody else does."""

    async def play(shop):
        shop.house.plan.put(Person("Anna", phone="+358401234567"), "Aino")
        assert ("owner",) == checks_of(shop).due()[0].asked
        shop.house.plan.put(Duty("contacts", "Anna"), "Aino")
        assert (("Anna",), 30) == (checks_of(shop).due()[0].asked, checks_of(shop).due()[0].check.period_days)

    in_shop(tmp_path, play)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("+358 40 123 4567", True),
        ("(09) 12-34", False),
        ("0800/1234-5", True),
        ("112", False),
        ("a@b.example", False),
        ("https://x.example", False),
        ("٠٤٠١٢٣٤٥", False),
    ],
)
def test_a_number_is_what_a_telephone_dials(address, expected):
    """Mail and pages are none, and nobody calls 112 to try it."""
    assert expected == is_number(address)


def test_lines_of_one_carrier_are_named():
    """However it is written; a thing without a carrier shares none."""
    things = [
        Thing("line", "Shop line", carrier="Elisa"),
        Thing("phone", "Anna's phone", carrier=" ELISA "),
        Thing("dongle", "Dongle", carrier="DNA"),
        Thing("spare", "Spare computer"),
        Thing("lamp", "Lamp"),
    ]
    [found] = shared_carriers(things)
    assert ("Elisa", ("Shop line", "Anna's phone")) == (found.carrier, found.things)
    assert "Shop line, Anna's phone: all with Elisa, so they fail together." == found.text
    assert [] == shared_carriers(things[1:])


def test_reading_goes_on_where_it_ended(tmp_path):
    """More answers than one reading takes; and years of them stay quick, for only new ones are read."""

    async def play(shop):
        shop.house.plan.put(SPARE, "Aino")
        checks = checks_of(shop)
        await asyncio.gather(*(checks.claimed("spare", f"Person {n}") for n in range(60)))
        assert "Person 59" == checks.known()["spare"].claim.by
        await checks.proven("spare", "Aino", "seen")
        assert None is checks.known()["spare"].claim

    in_shop(tmp_path, play)
