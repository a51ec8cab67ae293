"""A checker that cannot find a fault proves nothing: each one is shown a shop that was tampered with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import apsw
import pytest
from msgspec.structs import replace

from sim.checkers import CHECKERS
from sim.left import Journal, Left, read
from sim.line import CALM
from sim.script import Event, Script
from sim.shop import SimShop, played
from tideover.model.facts import SupervisorNote
from tideover.model.switching import Switched
from tideover.world import to_ms

# A day with everything in it that a checker looks at, and nothing that excuses a fault.
DAY = Script(
    seed=1,
    events=(Event("cut", 200.0, 900.0), Event("kill", 300.0, 200.0), Event("clone", 500.0, who=0), Event("forget", 250.0)),
    trading_s=1200.0,
    sale_every_s=60.0,
    paper_share=1.0,
)
CALM_CUT = Script(seed=2, events=(Event("cut", 100.0, 900.0),))


@pytest.fixture(scope="module")
def day() -> Iterator[SimShop]:
    with played(DAY) as shop:
        yield shop


@pytest.mark.parametrize("checker", CHECKERS, ids=lambda one: one.__name__)
def test_each_checker_finds_a_planted_fault(checker: Callable[[SimShop, Left], list[str]], day: SimShop) -> None:
    """Silent on the day as it was, loud on the same day tampered with."""
    left = read(day)
    assert [] == checker(day, left)
    tampered = TAMPER[checker.__name__](day, left)
    try:
        assert [] != checker(day, left)
    finally:
        if tampered is not None:
            tampered()


def test_what_was_forgotten_needs_a_finding_where_the_cloud_has_it(day: SimShop) -> None:
    """Nobody but a directory that is gone knew of it: the cloud's own list is all there is, and a person is told."""
    checker = next(one for one in CHECKERS if one.__name__ == "every_sale_is_booked_once_or_has_a_name")
    left = read(day)
    lost = _sale(left)
    for journal in left.journals:
        journal.entries = [one for one in journal.entries if one[0].id != lost.id]
    left.forgotten = {lost.id: lost}
    assert [f"{lost.id} was forgotten, the cloud has it, and nobody says so"] == checker(day, left)


def test_a_cut_that_nobody_notices_is_a_fault() -> None:
    """The checker of long cuts is loud where the fallback never opened; it looks at shops whose box was never away."""
    from sim.checkers import a_long_cut_opens_the_fallback as checker

    with played(CALM_CUT) as shop:
        assert [] == checker(shop, read(shop))
        shop.machine.phases.clear()
        assert [] != checker(shop, read(shop))


def _sale(left: Left) -> Any:
    return next(one for one in left.of("sale") if one.id in left.finals())


def _swap(left: Left, kind: str, change: Callable[[Any], Any]) -> None:
    """Change the first entry of that kind in what was read."""
    entries = left.journals[-1].entries
    n, entry = next((n, one) for n, (one, _) in enumerate(entries) if one.kind == kind)
    entries[n] = (change(entry), entries[n][1])


def _lose_an_entry(shop: SimShop, left: Left) -> None:
    lost = next(iter(shop.tills[0].acknowledged))
    left.journals[-1].entries = [one for one in left.journals[-1].entries if one[0].id != lost]


def _book_late(shop: SimShop, left: Left) -> None:
    assert shop.told_beyond
    for one in left.documents:
        one["booked_ms"] += 1_200_000


def _book_twice(shop: SimShop, left: Left) -> None:
    left.documents += [one for one in left.documents if one["external_id"] == _sale(left).id]


def _forget_a_check(shop: SimShop, left: Left) -> Callable[[], None]:
    shop.in_flight["T1-9999"] = "nowhere"
    return lambda: shop.in_flight.clear()


def _cut_the_middle(shop: SimShop, left: Left) -> None:
    """In a copy of the file, as somebody with an editor for databases would."""
    copy = shop.folder / "tampered.db"
    with_writes = apsw.Connection(str(left.journals[-1].path))
    copy.unlink(missing_ok=True)
    with_writes.execute("VACUUM INTO ?", (str(copy),))
    with_writes.close()
    connection = apsw.Connection(str(copy))
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'entry'").fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    connection.execute("DELETE FROM entry WHERE seq = 3")
    connection.close()
    left.journals[-1] = Journal(copy, left.journals[-1].entries, [], [])


def _change_a_sum(shop: SimShop, left: Left) -> None:
    next(one for one in left.documents if one["external_id"])["total_minor"] += 1


def _change_a_payment(shop: SimShop, left: Left) -> None:
    next(one for one in left.documents if any(payment[0] == "cash" for payment in one["payments"]))["payments"] = []


def _refuse(shop: SimShop, left: Left) -> Callable[[], None]:
    shop.tills[0].refusals["somebody's sale"] = "bad-record"
    return lambda: shop.tills[0].refusals.clear()


def _say_nothing(shop: SimShop, left: Left) -> None:
    assert left.journals[-1].aside, "two tills with one number left something aside"
    left.journals[-1].entries = [one for one in left.journals[-1].entries if one[0].kind != "finding"]


def _move_a_day(shop: SimShop, left: Left) -> None:
    next(one for one in left.documents if one["external_id"])["day"] = "2026-11-19"


def _open_for_nothing(shop: SimShop, left: Left) -> Callable[[], None]:
    assert CALM == shop.script.mischief
    shop.machine.phases.append((1e6, "suspected"))
    return lambda: shop.machine.phases.pop() and None


def _overlook(shop: SimShop, left: Left) -> Callable[[], None]:
    script, phases = shop.script, list(shop.machine.phases)
    shop.script = replace(script, events=())
    shop.machine.phases.clear()

    def undo() -> None:
        shop.script = script
        shop.machine.phases.extend(phases)

    return undo


def _run_an_old_copy(shop: SimShop, left: Left) -> Callable[[], None]:
    shop.machine.unnoticed.append("a copy that lacks 3 entries ran")
    return shop.machine.unnoticed.clear


def _remember(shop: SimShop, left: Left) -> Callable[[], None]:
    assert shop.people.forgotten and shop.machine.house is not None
    party, _ = shop.machine.house.people.put({"name": "Helmi Aalto"})
    shop.people.forgotten.append(party)
    return lambda: shop.people.forgotten.remove(party)


def _key_a_slip_twice(shop: SimShop, left: Left) -> None:
    left.journals[-1].entries += [(replace(one, id="another"), b"") for one in left.of("sale") if one.body.slip]


def _step_wrong(shop: SimShop, left: Left) -> None:
    _swap(left, "outage", lambda entry: replace(entry, body=replace(entry.body, phase="closed")))


def _move_by_itself(shop: SimShop, left: Left) -> None:
    _swap(left, "enrol", lambda entry: replace(entry, kind="switched", body=Switched("lines", "engaged", "fibre", "mobile", "down")))


def _die(shop: SimShop, left: Left) -> None:
    note = SupervisorNote("watch", "KeyError", to_ms(shop.starts))
    _swap(left, "enrol", lambda entry: replace(entry, kind="loop_died", body=note))


def _get_stuck(shop: SimShop, left: Left) -> Callable[[], None]:
    shop.stuck.append("the shop: sales in flight")
    return shop.stuck.clear


TAMPER: dict[str, Callable[[SimShop, Left], Callable[[], None] | None]] = {
    "nothing_acknowledged_is_lost": _lose_an_entry,
    "what_a_till_may_forget_stands_in_the_cloud": _book_late,
    "every_sale_is_booked_once_or_has_a_name": _book_twice,
    "every_sale_in_flight_happened_once": _forget_a_check,
    "the_chain_is_whole": _cut_the_middle,
    "money_is_conserved": _change_a_sum,
    "a_closed_day_says_what_the_cloud_says": _change_a_payment,
    "a_sale_that_happened_is_never_refused": _refuse,
    "what_did_not_fit_is_told": _say_nothing,
    "a_sale_keeps_its_day": _move_a_day,
    "a_gap_is_no_outage": _open_for_nothing,
    "a_long_cut_opens_the_fallback": _overlook,
    "a_lost_tail_is_noticed": _run_an_old_copy,
    "who_was_forgotten_stays_forgotten": _remember,
    "every_slip_is_accounted_for": _key_a_slip_twice,
    "the_outage_takes_legal_steps": _step_wrong,
    "nothing_moves_by_itself": _move_by_itself,
    "nothing_died": _die,
    "nothing_is_stuck": _get_stuck,
}
