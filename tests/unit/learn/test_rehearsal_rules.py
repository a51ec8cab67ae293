"""The rules of a rehearsal, alone: roles go round, findings close only by proof, the calendar is written as RFC 5545 says."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from random import Random

import pytest

from tideover.learn.calendar_feed import Day, calendar
from tideover.learn.gap import Gap, closed_by, closed_by_check, raised_by
from tideover.learn.scenario import ROLES, SCENARIOS, cast, draw
from tideover.model.facts import Checked
from tideover.model.run import Part, Rehearsed

TODAY, LIMIT_S = date(2026, 11, 20), 1_800
SLIP = Gap("g1", "internet-down/slip", "Nobody keyed the slip", "Maija", "2026-12-20", "2026-11-01", 1_000, "r1")
SPARE = Gap("g2", "check/spare", "The spare did not start", "Maija", "2026-12-20", "2026-11-01", 1_000, "r1")


def rehearsed(how="finished", missed=(), helped=(), scenario="internet-down", people=(), at=2_000) -> Rehearsed:
    return Rehearsed(scenario, at, at + 1, how, tuple(people), 60, 120, 600, tuple(missed), tuple(helped))


def test_roles_go_round() -> None:
    """Who has played a role the longest ago plays it next; in as many rounds as there are people each has had each role."""
    people, past, had = ["Aino", "Eero", "Väinö", "Šárka"], [], set()
    for round_ in range(len(people)):
        played = cast(people, past)
        had |= set(played.items())
        past.append(rehearsed(people=[Part(*one) for one in played.items()], at=round_ * 10))
    assert {(person, role) for person in people for role in ROLES} == had


def drawn(past) -> Counter[str]:
    """What two hundred drawings bring, each by chance of its own."""
    return Counter(draw(Random(seed), past) for seed in range(200))


def test_a_scenario_is_drawn_by_chance() -> None:
    """Where nobody has rehearsed each may come; the same chance draws the same, as in a rehearsal that is told again."""
    assert set(SCENARIOS) == set(drawn([])) and max(drawn([]).values()) < 100
    assert draw(Random(7), []) == draw(Random(7), [])


def test_what_was_never_played_comes_first_and_then_what_was_played_the_longest_ago() -> None:
    """Until each has been played once none comes twice; then the newer half is never drawn, and it is still a drawing."""
    played, past, chance = [], [], Random(3)
    for at in range(len(SCENARIOS)):
        played.append(draw(chance, past))
        past.insert(0, rehearsed(scenario=played[-1], at=at))  # As the log gives them: the newest first.
    assert sorted(SCENARIOS) == sorted(played)
    assert set(played[:3]) == set(drawn(past))
    past.insert(0, rehearsed("interrupted", scenario=played[0], at=99))
    assert set(played[1:4]) == set(drawn(past))


def test_one_alone_plays_all_of_it() -> None:
    """A shop of one rehearses, too."""
    assert {"Aino": ", ".join(ROLES)} == cast(["Aino"], [])


@pytest.mark.parametrize(
    ("body", "is_closed"),
    [
        (rehearsed(), True),
        (rehearsed(missed=("slip",)), False),
        (rehearsed(helped=("slip",)), False),
        (rehearsed("interrupted"), False),
        (rehearsed("given_up"), False),
        (rehearsed(scenario="cloud-down"), False),
    ],
)
def test_a_finding_closes_only_by_a_later_rehearsal_without_it(body: Rehearsed, is_closed: bool) -> None:
    """Of the same scenario, to its end, and the gap did not come again."""
    assert ([SLIP] if is_closed else []) == closed_by(body, 2_000, [SLIP], LIMIT_S)
    assert [] == closed_by(body, 1_000, [SLIP], LIMIT_S)


def test_an_open_gap_is_not_raised_twice_and_a_broken_off_one_raises_none() -> None:
    """The same gap has the same key."""
    assert [] == raised_by(rehearsed(missed=("slip",)), "r2", [SLIP], "Maija", TODAY, LIMIT_S)
    assert [] == raised_by(rehearsed("interrupted", missed=("slip",)), "r2", [], "Maija", TODAY, LIMIT_S)
    assert ["internet-down/slip"] == [one.key for one in raised_by(rehearsed(missed=("slip",)), "r2", [], "Maija", TODAY, LIMIT_S)]


def test_only_a_proof_closes_a_finding_of_a_check() -> None:
    """A claim shows nothing, nor does a failure."""
    proof, claim = Checked("spare", "thing/spare", "proof", "person", True), Checked("spare", "thing/spare", "claim", "person", True)
    assert [SPARE] == closed_by_check(proof, 2_000, [SLIP, SPARE])
    assert [] == closed_by_check(claim, 2_000, [SPARE]) + closed_by_check(proof, 900, [SPARE])


def test_the_calendar_folds_escapes_and_ends_its_lines() -> None:
    """75 octets a line, CRLF, no character torn, nothing that could begin a line of its own."""
    title = "Ääkkösiä; ja, pilkkuja\\ " * 9 + "\nEND:VEVENT"
    made = calendar("Plan B", [Day("x", "2026-12-31", title, alarm=True)], datetime(2026, 11, 20, tzinfo=UTC))
    lines = made.split(b"\r\n")
    assert all(len(line) <= 75 and line.decode() is not None for line in lines)
    assert 1 == sum(line == b"END:VEVENT" for line in lines)
    unfolded = made.replace(b"\r\n ", b"").decode()
    assert "SUMMARY:" + title.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n") in unfolded
    assert "DTSTART;VALUE=DATE:20261231\r\nDTEND;VALUE=DATE:20270101\r\n" in made.decode()
