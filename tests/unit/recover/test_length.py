"""Twenty years in the journal: what each turn asks costs no more when there is ten times as much behind it."""

from __future__ import annotations

from collections.abc import Callable

import apsw
import pytest

from unit.recover.box import Box

QUESTIONS: dict[str, Callable[[Box], object]] = {
    "sums": lambda box: box.outbox.rows.sums(),
    "due": lambda box: box.outbox.rows.due(2**50, 2**51, 200, False),
    "next_due": lambda box: box.outbox.rows.next_due_ms(False),
    "stranded": lambda box: box.outbox.rows.stranded(),
    "voided_late": lambda box: box.outbox.rows.voided_late(),
    "open": lambda box: box.outbox.rows.of("waiting", "sending", "parked"),
    "open_days": lambda box: box.outbox.rows.open_days(),
    "of_day": lambda box: box.outbox.rows.of_day("2031-01-01"),
    "counts": lambda box: box.outbox.counts(),
    "take_up": lambda box: box.run(box.outbox.take_up()),
}


def steps(box: Box, ask: Callable[[Box], object]) -> int:
    """Steps of SQLite's machine that a question takes; they do not depend on the clock."""
    taken = []
    with box.database.read() as connection:
        connection.trace_v2(apsw.SQLITE_TRACE_PROFILE, lambda event: taken.append(event["stmt_status"]["SQLITE_STMTSTATUS_VM_STEP"]))
    ask(box)
    with box.database.read() as connection:
        connection.trace_v2(0)
    return sum(taken)


def book(box: Box, count: int) -> None:
    for _ in range(count):
        box.sell()
    box.play()


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_turn_costs_the_same_after_years(tmp_path, question: str) -> None:
    """Sales that are booked are not read again, however many they are."""
    with Box(tmp_path) as box:
        book(box, 4)
        QUESTIONS[question](box)
        before = steps(box, QUESTIONS[question])
        book(box, 40)
        QUESTIONS[question](box)
        after = steps(box, QUESTIONS[question])
    assert before > 0
    assert after <= before + 4, f"{question} took {before} steps with 4 sales booked, {after} with 44"


def test_the_sums_are_those_of_the_rows(tmp_path) -> None:
    """What SQLite keeps in step with each change is what counting anew finds, rebuilt or not."""
    with Box(tmp_path) as box:
        book(box, 3)
        box.void(box.sell())
        box.cloud.refuses[parked := box.sell()] = "closed-period"
        box.play()
        box.sell()
        for _ in range(2):
            box.run(box.outbox.take_up())
            counted = "SELECT state, count(*), sum(amount_minor), min(seq) FROM outbox GROUP BY state"
            assert {row[0]: row[1:] for row in box.database.rows(counted)} == box.outbox.rows.sums()
            assert "parked" == box.state(parked)
            box.run(box.outbox.rebuild())
