"""The shop is moved to the line that carries and back again: the loop's turns, with a clock that is told."""

from __future__ import annotations

import asyncio

import pytest

from tideover.activate.mover import AGAIN_S
from tideover.errors import NotFound, WrongState
from tideover.model.switching import LineProved
from unit.activate.switch_shop import Shop, in_lines

MB = 1_000_000


def test_a_dead_line_is_left_and_gone_back_to(tmp_path):
    """At once, in a hurry; back after ten clean minutes; each act an entry."""

    async def play(shop: Shop) -> None:
        await shop.switching.arm("lines", True, "Oona")
        await shop.mover.turn()
        assert ("stay", "fibre") == (shop.mover.decision.word, shop.mover.in_use)
        shop.turns("fibre", "down")
        await shop.mover.turn()
        assert ("mobile", "mobile") == (shop.wires.in_use, shop.mover.in_use)
        shop.pass_s(300)
        shop.turns("fibre", "up")
        due_s = await shop.mover.turn()
        assert ("stay", "fibre") == (shop.mover.decision.word, shop.mover.decision.target)
        assert 0 < due_s <= 15
        shop.pass_s(599)
        await shop.mover.turn()
        assert "mobile" == shop.wires.in_use
        shop.pass_s(1)
        await shop.mover.turn()
        assert "fibre" == shop.wires.in_use
        words = [what for what, _, _ in shop.entries()]
        assert ["began", "engaged", "began", "restored"] == words

    in_lines(tmp_path, play)


def test_the_driver_is_told_when_there_is_no_time_to_look_first(tmp_path):
    """A dead line: move, then prove. A way back: look first."""
    seen = []

    async def play(shop: Shop) -> None:
        shop.wires.step = lambda what: seen.append((what, shop.switching.in_hurry))
        await shop.switching.arm("lines", True, "Oona")
        shop.turns("fibre", "down")
        await shop.mover.turn()
        shop.turns("fibre", "up")
        shop.pass_s(700)
        await shop.mover.turn()

    in_lines(tmp_path, play)
    assert [("armed", False), ("moved", True), ("moved", False)] == seen


def test_unarmed_it_advises_once_and_moves_nothing(tmp_path):
    """What a person should do, said once until something else is to be said."""

    async def play(shop: Shop) -> None:
        shop.turns("fibre", "down")
        for _ in range(3):
            await shop.mover.turn()
            shop.pass_s(20)
        assert "fibre" == shop.wires.in_use
        assert [] == shop.entries()
        assert ["Move to mobile by hand: fibre is dead and mobile carries."] == shop.said

    in_lines(tmp_path, play)


@pytest.mark.parametrize("busy", ["call", "card", "sale"])
def test_a_call_keeps_the_shop_where_it_is(tmp_path, busy):
    """Until it is over, and then the shop goes back at the next look."""

    async def play(shop: Shop) -> None:
        await shop.switching.arm("lines", True, "Oona")
        shop.turns("fibre", "down")
        await shop.mover.turn()
        shop.turns("fibre", "up")
        shop.busy = {busy}
        shop.pass_s(5_000)
        await shop.mover.turn()
        assert "mobile" == shop.wires.in_use
        shop.busy = set()
        shop.pass_s(5)
        await shop.mover.turn()
        assert "fibre" == shop.wires.in_use

    in_lines(tmp_path, play)


def test_a_clock_set_forward_makes_no_line_clean(tmp_path):
    """Half a minute after it came back the clock is set a day ahead: it is as clean as it was."""

    async def play(shop: Shop) -> None:
        await shop.switching.arm("lines", True, "Oona")
        shop.turns("fibre", "down")
        await shop.mover.turn()
        shop.turns("fibre", "up")
        await shop.mover.turn()
        shop.pass_s(30)
        shop.set_clock(86_400)
        await shop.mover.turn()
        assert ("stay", 570) == (shop.mover.decision.word, round(shop.mover.decision.due_s or 0))
        assert "mobile" == shop.wires.in_use

    in_lines(tmp_path, play)


@pytest.mark.parametrize(("cause", "word"), [("dns-provider", "engage"), ("dns-all", "nowhere")])
def test_a_line_whose_provider_tells_no_names_is_better_than_a_dead_one(tmp_path, cause, word):
    """Public ones answer over it; where none does, nobody is moved there."""

    async def play(shop: Shop) -> None:
        await shop.switching.arm("lines", True, "Oona")
        shop.turns("fibre", "down")
        shop.turns("mobile", "degraded", cause)
        await shop.mover.turn()
        assert (word, "mobile" if word == "engage" else "fibre") == (shop.mover.decision.word, shop.wires.in_use)

    in_lines(tmp_path, play)


def test_a_standby_that_missed_its_look_is_asked_before_anybody_moves(tmp_path):
    """It stays for a moment; when it answers the shop goes there."""

    async def play(shop: Shop) -> None:
        await shop.switching.arm("lines", True, "Oona")
        shop.turns("fibre", "down")
        shop.mover.doubted = lambda: frozenset({"mobile"})
        assert 1 > await shop.mover.turn()
        assert "fibre" == shop.wires.in_use
        shop.mover.doubted = frozenset
        await shop.mover.turn()
        assert "mobile" == shop.wires.in_use

    in_lines(tmp_path, play)


def test_nothing_goes_back_in_the_rush(tmp_path):
    """15:00 to 18:00 on a Friday in Helsinki; the test's clock begins in it."""

    async def play(shop: Shop) -> None:
        shop.settings = replace_settings(shop, rush=("Fri 14:00-18:00",))
        shop.end()
        shop.start()
        await shop.switching.arm("lines", True, "Oona")
        shop.turns("fibre", "down")
        await shop.mover.turn()
        shop.turns("fibre", "up")
        shop.pass_s(700)
        await shop.mover.turn()
        assert ("mobile", "fibre is ready, but it is the rush") == (shop.wires.in_use, shop.mover.decision.why)
        shop.pass_s(6 * 3_600)
        await shop.mover.turn()
        assert "fibre" == shop.wires.in_use

    in_lines(tmp_path, play)


def replace_settings(shop: Shop, **changes):
    from dataclasses import replace as replaced

    return replaced(shop.settings, **changes)


def test_a_target_that_carries_nothing_is_not_tried_again_and_again(tmp_path):
    """Tried, rolled back, then waited for: half a minute, a minute, two."""

    async def play(shop: Shop) -> None:
        await shop.switching.arm("lines", True, "Oona")
        shop.wires.carries = lambda target: target == "fibre"
        shop.turns("fibre", "down")
        for _ in range(20):
            await shop.mover.turn()
            shop.pass_s(1)
        assert ["began", "rolled-back"] == [what for what, _, _ in shop.entries()]
        shop.pass_s(AGAIN_S)
        await shop.mover.turn()
        assert 4 == len(shop.entries())
        shop.pass_s(AGAIN_S + 5)
        await shop.mover.turn()
        assert 4 == len(shop.entries())
        shop.wires.carries = lambda target: True
        shop.pass_s(AGAIN_S)
        await shop.mover.turn()
        assert "mobile" == shop.wires.in_use

    in_lines(tmp_path, play)


def test_a_switch_torn_off_by_a_crash_is_healed_before_anything_is_decided(tmp_path):
    """The box died when the shop was on the second line; fibre is back since long: it goes back as if nothing had been."""

    async def play(shop: Shop) -> None:
        await shop.switching.arm("lines", True, "Oona")
        shop.turns("fibre", "down")
        await shop.mover.turn()
        await shop.mover.shut()
        shop.end()
        shop.start()
        shop.turns("fibre", "up")
        shop.pass_s(601)
        await shop.mover.turn()
        assert "fibre" == shop.wires.in_use

    in_lines(tmp_path, play)


def test_a_hanging_driver_does_not_hold_the_loop(tmp_path):
    """What it said last counts, and the turn is over in its time."""

    async def play(shop: Shop) -> None:
        await shop.switching.arm("lines", True, "Oona")
        await shop.mover.turn()
        shop.wires.hangs = True
        shop.switches[0].timeout_s = 0.0
        shop.pass_s(60)
        shop.turns("fibre", "down")
        assert await shop.mover.turn() <= 15
        assert "fibre" == shop.mover.in_use
        assert "failed" == shop.entries()[-1][0]

    in_lines(tmp_path, play)


def test_each_step_of_the_allowance_is_told_once_in_a_cycle(tmp_path):
    """75, 95 and 100 percent, after a new start too; a new cycle begins anew; armed, the rest of it is kept for what matters."""

    async def play(shop: Shop) -> None:
        for used, count in ((1_000, 0), (3_800, 1), (3_900, 1), (4_900, 2), (5_000, 3), (5_100, 3)):
            shop.meter.counted = {"mobile": {"cloud": 100 * MB, "probes": 2 * MB, "other": (used - 102) * MB}, "fibre": {"other": 10**12}}
            shop.pass_s(61)
            await shop.mover.turn()
            notes = [one.entry.body.text for one in shop.journal.read(kinds=("note",))]
            assert count == len(notes), (used, notes)
        assert notes[-1].startswith("mobile: 5000 MB of 5000 MB are used (100 %). The allowance is used up until")
        assert frozenset({"mobile"}) == shop.mover.allowances.used_up()
        assert {"mobile": None} == shop.meter.limits
        await shop.switching.arm("lines", True, "Oona")
        shop.end()
        shop.start()
        shop.pass_s(61)
        await shop.mover.turn()
        assert {"mobile": 0} == shop.meter.limits
        assert 3 == len(shop.journal.read(kinds=("note",)))
        shop.pass_s(31 * 86_400)
        shop.meter.counted = {"mobile": {"other": 4_000 * MB}}
        await shop.mover.turn()
        assert 4 == len(shop.journal.read(kinds=("note",)))

    in_lines(tmp_path, play)


def test_a_used_up_allowance_forces_the_way_back(tmp_path):
    """In the middle of a call: a minute of clean time is enough."""

    async def play(shop: Shop) -> None:
        await shop.switching.arm("lines", True, "Oona")
        shop.turns("fibre", "down")
        await shop.mover.turn()
        shop.turns("fibre", "up")
        shop.busy = {"call"}
        shop.meter.counted = {"mobile": {"other": 5_000 * MB}}
        shop.pass_s(61)
        await shop.mover.turn()
        await shop.mover.turn()
        assert "fibre" == shop.wires.in_use

    in_lines(tmp_path, play)


def test_a_standby_is_proven_weekly_and_a_metered_one_measured_monthly(tmp_path):
    """The line in use is not proven; what did not answer is not tried."""

    async def play(shop: Shop) -> None:
        for _ in range(40):
            await shop.mover.turn()
            await asyncio.sleep(0)
            while shop.mover._proving is not None and not shop.mover._proving.done():
                await asyncio.sleep(0)
            shop.pass_s(86_400)
        assert ["mobile"] * 6 == [name for name, _ in shop.proofs]
        assert [True, False, False, False, False, True] == [measures for _, measures in shop.proofs]

    in_lines(tmp_path, play)


def test_the_other_line_is_a_way_with_its_proof(tmp_path):
    """Rung 1: ready while it answers, with the day it last did; too slow, used up or failed says so."""

    async def play(shop: Shop) -> None:
        def way():
            return shop.mover.proofs.other_line(shop.mover.lines_now(), "fibre")

        assert ("mobile", True, None) == (way().name, way().ready, way().proven_at)
        await shop.mover.proofs.prove("mobile", "Oona")
        assert shop.world.now() == way().proven_at and way().ready
        shop.proof = LineProved("mobile", True, 50_000, "the log-in page is reached")
        await shop.mover.proofs.prove("mobile", measures=True)
        assert (False, "too slow for the cloud till: 0.4 Mbit/s") == (way().ready, way().why)
        assert shop.mover.proofs.is_throttled("mobile")
        shop.proof = LineProved("mobile", False, None, "the log-in page answers 503")
        await shop.mover.proofs.prove("mobile", measures=True)
        assert (False, "its last proof failed") == (way().ready, way().why)
        shop.pass_s(36 * 86_400)
        assert way().ready
        shop.names = "dns-nowhere"
        assert (False, "no name is found over it") == (way().ready, way().why)
        shop.turns("mobile", "down")
        assert (False, "it is dead") == (way().ready, way().why)
        with pytest.raises(NotFound):
            await shop.mover.proofs.prove("starlink")

    in_lines(tmp_path, play)


def test_a_trial_goes_there_and_comes_back(tmp_path):
    """The line in use is taken for dead for a minute: figures of each step, a proof over the other line, everything as before."""

    async def play(shop: Shop) -> None:
        trial = asyncio.create_task(shop.mover.try_out("Oona", 60))
        while shop.wires.in_use != "mobile" and not trial.done():
            await asyncio.sleep(0)
        assert not trial.done(), trial.result()
        with pytest.raises(WrongState, match="already"):
            await shop.mover.try_out("Maija")
        await shop.mover.turn()
        assert "mobile" == shop.wires.in_use
        for _ in range(10_000):
            await asyncio.sleep(0)
            shop.pass_s(1 if shop.proofs else 0)
        found = await asyncio.wait_for(trial, 10)
        assert ("mobile", "done", True, 1_000_000) == (found.line, found.word, found.is_back, found.bytes_per_s)
        assert "fibre" == shop.wires.in_use and shop.mover.trial is None
        await shop.mover.turn()
        assert ("stay", "fibre") == (shop.mover.decision.word, shop.wires.in_use)
        assert ["began", "engaged", "began", "restored"] == [what for what, _, _ in shop.entries()]
        assert [("mobile", True)] == shop.proofs

    in_lines(tmp_path, play)


def test_a_trial_without_another_line_moves_nothing(tmp_path):
    """It says why."""

    async def play(shop: Shop) -> None:
        shop.turns("mobile", "down")
        found = await shop.mover.try_out("Oona")
        assert ("", "nowhere") == (found.line, found.word) and found.why
        assert [] == shop.entries()

    in_lines(tmp_path, play)


def test_a_till_says_what_it_has_in_hand(tmp_path):
    """Its word counts for twenty seconds, the newest one; two hundred tills are remembered."""

    async def play(shop: Shop) -> None:
        hands = shop.mover.hands
        hands.note("till 1", "sale")
        assert {"sale"} == hands.busy()
        shop.pass_s(21)
        assert frozenset() == hands.busy()
        hands.note("till 1", "sale")
        hands.note("till 1", "none")
        assert frozenset() == hands.busy()
        for number in range(1_000):
            hands.note(f"till {number}", "sale")
        assert 200 == len(hands._said)
        await shop.switching.arm("lines", True, "Oona")
        shop.turns("fibre", "down")
        await shop.mover.turn()
        shop.turns("fibre", "up")
        shop.pass_s(700)
        hands.note("till 1", "sale")
        await shop.mover.turn()
        assert ("mobile", "fibre is ready, but a sale is in hand") == (shop.wires.in_use, shop.mover.decision.why)

    in_lines(tmp_path, play)
