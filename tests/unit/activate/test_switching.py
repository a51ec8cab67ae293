"""What a switch does is written down before and after; a crash in the middle is ended at the next start; nothing moves unasked."""

from __future__ import annotations

import asyncio
import re

import apsw
import pytest

from tideover.activate import switching as engine
from tideover.drivers.by_hand import ByHand
from tideover.drivers.pretend import Pretend, Wires
from tideover.errors import Damaged, NotFound, WrongState
from tideover.model.switching import Switched
from tideover.ports import SwitchAnswer
from tideover.world import real_world
from unit.activate.switch_shop import Shop, in_lines

HANGS_S = 20.0  # Only against hanging.


class Died(BaseException):
    """The box's process is killed here."""


class Stubborn(Pretend):
    """Hangs and does not even let itself be cut off, until it is let go."""

    def __init__(self, world) -> None:
        super().__init__("pbx", Wires(targets=("a",), in_use=""), world, timeout_s=2.0)
        self.gate = asyncio.Event()

    async def read_back(self) -> SwitchAnswer:
        while not self.gate.is_set():
            try:
                await self.gate.wait()
            except asyncio.CancelledError:
                continue
        return SwitchAnswer("done", "", "in use: nothing")


def test_nothing_is_armed_by_itself(tmp_path):
    """A person's word counts, the newest one, and stands in the journal with their name; a new start remembers it."""

    async def play(shop: Shop) -> None:
        assert not shop.switching.is_armed("lines")
        refused = await shop.switching.engage("lines", "mobile")
        assert ("refused", "fibre") == (refused.word, shop.wires.in_use)
        await shop.switching.arm("lines", True, "Oona", "tried on Sunday")
        assert shop.switching.is_armed("lines")
        shop.end()
        shop.start()
        assert shop.switching.is_armed("lines")
        [state] = shop.switching.states()
        assert ("Oona", "tried on Sunday") == (state.armed.by, state.armed.why)
        await shop.switching.arm("lines", False, "Maija")
        assert not shop.switching.is_armed("lines")
        assert ["Oona", "Maija"] == [one.entry.operator for one in shop.journal.read(kinds=("armed",))]

    shop = in_lines(tmp_path, play)
    assert ["Internet line: does not move by itself any more; Maija said so."] == shop.said[-1:]


def test_an_act_is_written_down_before_and_after(tmp_path):
    """From what, to what, why, what was read back; and the way back the same."""

    async def play(shop: Shop) -> None:
        went = await shop.switching.engage("lines", "mobile", "Oona", "the digger")
        assert ("done", "mobile") == (went.word, went.now)
        back = await shop.switching.restore("lines", "Oona")
        assert ("done", "fibre") == (back.word, back.now)
        bodies = [one.entry.body for one in shop.journal.read(kinds=("switched",))]
        assert Switched("lines", "began", "fibre", "mobile", "the digger") == bodies[0]
        assert ("engaged", "in use: mobile") == (bodies[1].what, bodies[1].read_back)

    shop = in_lines(tmp_path, play)
    assert "Internet line: went from fibre to mobile in" in shop.said[0]


def test_what_carries_nothing_is_rolled_back_and_said(tmp_path):
    """It is on the old line as before, and the journal says so."""

    async def play(shop: Shop) -> None:
        shop.wires.carries = lambda target: target == "fibre"
        answer = await shop.switching.engage("lines", "mobile", "Oona")
        assert ("rolled-back", "fibre") == (answer.word, shop.wires.in_use)
        nonsense = await shop.switching.engage("lines", "starlink", "Oona")
        assert "refused" == nonsense.word
        assert ["began", "rolled-back", "began", "refused"] == [what for what, _, _ in shop.entries()]
        assert () == shop.switching.log.moves("lines")

    in_lines(tmp_path, play)


@pytest.mark.parametrize(("steps", "in_use", "expected"), [(1, "fibre", "fibre"), (2, "mobile", "mobile")])
def test_a_crash_in_mid_switch_is_ended_at_the_next_start(tmp_path, steps, in_use, expected):
    """Before it moved: it stands where it was. After: it stands where it was going. Written down either way, once."""

    async def play(shop: Shop) -> None:
        left = [steps]

        def die(what: str) -> None:
            left[0] -= 1
            if left[0] == 0:
                raise Died

        shop.wires.step = die
        with pytest.raises(Died):
            await shop.switching.engage("lines", "mobile", "Oona")
        assert in_use == shop.wires.in_use
        assert ["began"] == [what for what, _, _ in shop.entries()]
        shop.wires.step = lambda what: None
        shop.end()
        shop.start()
        await shop.switching.heal(first=("lines",))
        await shop.switching.heal(first=("lines",))
        assert expected == shop.wires.in_use
        assert [("began", "fibre", "mobile"), ("healed", "fibre", expected)] == shop.entries()

    shop = in_lines(tmp_path, play)
    assert [f"Internet line: was torn off in the middle and is on {expected} now."] == shop.said


def test_a_crash_that_left_it_nowhere_is_led_back(tmp_path):
    """What reads back as neither the one nor the other is restored."""

    async def play(shop: Shop) -> None:
        shop.wires.found, shop.wires.in_use = "fibre", "half way"
        await shop.journal.record("switched", Switched("lines", "began", "fibre", "mobile", ""))
        await shop.switching.heal(first=("lines",))
        assert "fibre" == shop.wires.in_use
        assert ("healed", "fibre", "fibre") == shop.entries()[-1]

    in_lines(tmp_path, play)


def test_a_driver_that_hangs_is_cut_off_and_delays_nobody(tmp_path):
    """Even one that swallows the cut: the others go on, and a later call says that its last act has not ended."""

    async def play(shop: Shop) -> None:
        stubborn = Stubborn(shop.world)
        shop.switches.append(stubborn)
        shop.end()
        shop.start()

        async def time_passes() -> None:
            while True:
                shop.pass_s(0.5)
                await asyncio.sleep(0)

        passing = asyncio.create_task(time_passes())
        answer = await shop.switching.read_back("pbx")
        assert ("failed", "no answer in 2 s") == (answer.word, answer.why)
        went = await shop.switching.engage("lines", "mobile", "Oona")
        assert "done" == went.word
        assert engine.STUCK == (await shop.switching.read_back("pbx")).why
        passing.cancel()
        stubborn.gate.set()
        while (await shop.switching.read_back("pbx")).word != "done":
            await asyncio.sleep(0)

    in_lines(tmp_path, play)


def test_on_a_real_clock_a_driver_that_cannot_be_cut_off_is_left_alone(tmp_path):
    """Its time is over, and the answer is there although the driver still hangs."""

    async def play(shop: Shop) -> None:
        stubborn = Stubborn(real_world())
        stubborn.timeout_s = 0.05
        switching = engine.Switching(shop.journal, real_world(), [stubborn])
        asking = asyncio.ensure_future(switching.read_back("pbx"))
        done, _ = await asyncio.wait({asking}, timeout=10)
        stubborn.gate.set()
        assert {asking} == done and "failed" == asking.result().word

    in_lines(tmp_path, play)


def test_a_silent_driver_is_a_value_and_ends_as_failed(tmp_path):
    """Nothing is raised, nothing is claimed."""

    async def play(shop: Shop) -> None:
        shop.switches[0].timeout_s = 0.0
        shop.wires.hangs = True
        answer = await shop.switching.engage("lines", "mobile", "Oona")
        assert "failed" == answer.word and answer.why
        assert ["began", "failed"] == [what for what, _, _ in shop.entries()]

    in_lines(tmp_path, play)


def test_one_act_at_a_time(tmp_path):
    """Two people press at once: the second act begins when the first has ended."""

    async def play(shop: Shop) -> None:
        await asyncio.gather(shop.switching.engage("lines", "mobile", "Oona"), shop.switching.engage("lines", "fibre", "Maija"))
        assert ["began", "engaged", "began", "engaged"] == [what for what, _, _ in shop.entries()]
        assert "fibre" == shop.wires.in_use

    in_lines(tmp_path, play)


def test_a_damaged_journal_does_not_stop_a_switch(tmp_path):
    """The shop needs its line first; that nothing was written is said."""

    async def play(shop: Shop) -> None:
        shop.journal.distrust(Damaged(file="journal.db", why="played"))
        answer = await shop.switching.engage("lines", "mobile", "Oona")
        assert ("done", "mobile") == (answer.word, shop.wires.in_use)
        assert shop.switching.damaged is not None

    in_lines(tmp_path, play)


def test_no_number_of_a_person_stands_in_the_journal(tmp_path):
    """What calls are diverted to is written down by its last digits alone; a crash is healed all the same."""

    async def play(shop: Shop) -> None:
        wires = Wires(targets=("+358 40 123 4567", ""), in_use="")
        shop.switches.append(Pretend("pbx", wires, shop.world))
        shop.end()
        shop.start()
        await shop.switching.engage("pbx", "+358 40 123 4567", "Oona")
        kept = b"".join(one.signed for one in shop.journal.read(kinds=("switched",)))
        assert re.search(rb"\b4567|34567", kept.replace(b"in use: +358 40 123 4567", b"")) is None and "…567".encode() in kept
        await shop.journal.record("switched", Switched("pbx", "began", "", "…567", ""))
        shop.end()
        shop.start()
        await shop.switching.heal(first=("pbx",))
        assert "+358 40 123 4567" == wires.in_use
        assert ("healed", "", "…567") == shop.entries()[-1]
        assert "…567" == shop.switching.states()[1].in_use

    in_lines(tmp_path, play)


def test_what_only_looks_is_never_armed(tmp_path):
    """It says why; and a switch that is none is not found."""

    async def play(shop: Shop) -> None:
        shop.switches.append(ByHand("router", lambda: "fibre"))
        shop.end()
        shop.start()
        with pytest.raises(WrongState):
            await shop.switching.arm("router", True, "Oona")
        assert "refused" == (await shop.switching.engage("router", "mobile", "Oona")).word
        with pytest.raises(NotFound):
            await shop.switching.engage("toaster", "mobile", "Oona")
        assert [] == shop.entries()

    in_lines(tmp_path, play)


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("mobile", "Internet line: did not go to mobile; nothing was changed."),
        ("", "Internet line: was not led back; nothing was changed."),
    ],
)
def test_what_was_refused_is_said_in_words(target, said):
    """A way back has no target of its own."""
    assert said == engine.in_words(engine.Act(real_world().now(), "", Switched("lines", "refused", "fibre", target, "")))


class Healing(Pretend):
    """Keeps its own note of what it had begun, as the line driver does."""

    healed = SwitchAnswer("done", "fibre")

    async def heal(self) -> SwitchAnswer:
        return self.healed


def test_in_a_hurry_the_line_is_moved_while_the_journal_writes(tmp_path):
    """Only where the driver heals by itself; the entries come in their order all the same, and whoever does not, waits for the journal."""
    seen: list[tuple[str, int]] = []

    async def play(shop: Shop) -> None:
        for kind in (Healing, Pretend):
            shop.switches = [kind("lines", shop.wires, shop.world)]
            shop.end()
            shop.start()
            await shop.switching.arm("lines", True, "Oona")
            await shop.switching.read_back("lines")
            other = apsw.Connection(str(tmp_path / "journal.db"))
            if kind is Healing:  # Whoever waited for the journal now would wait until its lock gives up.
                other.execute("BEGIN IMMEDIATE")

            def step(what: str, other=other) -> None:
                seen.append((what, len(shop.entries())))
                other.close()  # The journal may go on.

            shop.wires.step = step
            shop.switching.in_hurry = True
            try:
                async with asyncio.timeout(HANGS_S):
                    await shop.switching.engage("lines", "mobile", "", "fibre is dead")
            finally:
                other.close()
            shop.switching.in_hurry = False
            shop.wires.step = lambda what: None
            await shop.switching.engage("lines", "fibre", "Oona", is_back=True)

    shop = in_lines(tmp_path, play)
    assert [("moved", 0), ("moved", 5)] == seen
    assert shop.said[-1].startswith("Internet line: went back from mobile to fibre")


def test_a_move_that_was_torn_off_before_the_journal_had_it_is_written_down(tmp_path):
    """The driver knew of it and led it back; a start later nothing more is written."""

    async def play(shop: Shop) -> None:
        shop.switches = [Healing("lines", shop.wires, shop.world)]
        for healed in (SwitchAnswer("rolled-back", "fibre", why="it was interrupted at the step 'names'"), SwitchAnswer("done", "fibre")):
            shop.switches[0].healed = healed
            shop.end()
            shop.start()
            await shop.switching.heal(first=("lines",))
        assert [("healed", "fibre", "fibre")] == shop.entries()
        assert () == shop.switching.log.moves("lines")

    in_lines(tmp_path, play)


def test_a_way_back_to_where_it_is_tells_of_no_move(tmp_path):
    """Restored on the usual line: nothing went anywhere."""

    async def play(shop: Shop) -> None:
        await shop.switching.restore("lines", "Oona")

    assert ["Internet line: is on fibre as before."] == in_lines(tmp_path, play).said


class Gone:
    """What an earlier setting laid, and its line."""

    name, timeout_s = "lines", 2.0

    def __init__(self, wires: Wires, why: str = "") -> None:
        self.wires, self.why, self.healed = wires, why, 0

    async def heal(self) -> SwitchAnswer:
        self.healed += 1
        if self.why:
            return SwitchAnswer("refused", self.wires.in_use, why=self.why)
        self.wires.in_use = "fibre"
        return SwitchAnswer("done", "")


def test_what_an_earlier_setting_laid_is_taken_away_at_the_next_start(tmp_path):
    """Once, and the journal holds it; named again, nothing moves before a person says so. What could not be done is told."""

    async def play(shop: Shop) -> None:
        await shop.switching.arm("lines", True, "Oona")
        await shop.switching.engage("lines", "mobile")
        told = len(shop.said)
        for why in ("no right", ""):
            left = Gone(shop.wires, why)
            again = engine.Switching(shop.journal, shop.world, (), left)
            again.on_told(shop.said.append)
            await again.heal()
            await again.heal()
            assert (1, "mobile" if why else "fibre", False) == (left.healed, shop.wires.in_use, again.log.is_armed("lines"))
            assert ["no right" in one and "root" in one for one in shop.said[told:]] == [True]
        assert [True, False] == [one.entry.body.is_on for one in shop.journal.read(kinds=("armed",))]
        assert ("healed", "mobile", "") == shop.entries()[-1]
        assert "" == again.log.engaged("lines")

    in_lines(tmp_path, play)


def test_a_box_that_dies_while_it_takes_away_forgets_no_word(tmp_path):
    """Killed once the note on the disk is gone: lines that are named again wait for a person's word all the same."""

    class Dying(Gone):
        async def heal(self) -> SwitchAnswer:
            await super().heal()
            raise Died

    async def play(shop: Shop) -> None:
        await shop.switching.arm("lines", True, "Oona")
        with pytest.raises(Died):
            await engine.Switching(shop.journal, shop.world, (), Dying(shop.wires)).heal()
        shop.end()
        shop.start()
        assert not shop.switching.is_armed("lines")

    in_lines(tmp_path, play)


@pytest.mark.parametrize(("name", "target"), [("pbx", "+358 40 123 4567"), ("router", "mobile")])
def test_what_was_moved_and_is_named_no_more_is_told_and_led_back_by_a_person(tmp_path, name, target):
    """The box cannot reach it: it says so at the start, once, moves nothing, and takes a person's word; named again, it waits for one."""

    async def play(shop: Shop) -> None:
        wires = Wires(targets=(target, ""), in_use="")
        shop.switches.append(Pretend(name, wires, shop.world))
        shop.end()
        shop.start()
        await shop.switching.arm(name, True, "Oona")
        await shop.switching.engage(name, target)
        shop.switches.pop()
        shop.end()
        shop.said.clear()
        shop.start()
        for _ in range(3):
            await shop.mover.turn()
        assert [True] == ["the settings name it no more" in one for one in shop.said]
        assert "lines" == shop.mover.driver.name and not shop.switching.is_armed(name)
        left = shop.switching.states()[-1]
        assert (True, "…567" if name == "pbx" else target) == (left.is_abandoned, left.engaged)
        assert "refused" == (await shop.switching.engage(name, "other", "Oona")).word
        assert "refused" == (await shop.switching.restore(name)).word  # Nobody said it.
        assert "done" == (await shop.switching.restore(name, "Oona")).word
        assert "" == shop.switching.log.engaged(name) and [name] != [one.name for one in shop.switching.states()][1:]
        shop.switches.append(Pretend(name, wires, shop.world))
        shop.end()
        shop.start()
        await shop.switching.heal(first=(name,))
        assert not shop.switching.is_armed(name) and not shop.switching.states()[-1].is_abandoned

    in_lines(tmp_path, play)
