"""What every Switch promises, as one list that any driver can be put through, in any process or namespace.

A rig is the thing that is moved (played or real) with the driver over it. A module `switch_rig_*.py` beside this one offers
`RIGS: dict[str, Callable[[Path], AbstractAsyncContextManager[Rig]]]`; test_switch.py finds it by itself. In a process of its own:
`asyncio.run(keep_all(make_rig, folder))`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, Protocol

from tideover.ports import Switch, SwitchAnswer

STEPS_MAX = 60  # An engagement with more steps outside than this is no switch but a programme.
SLACK_S = 5.0


class Rig(Protocol):
    """The thing, and the driver over it."""

    usual: str  # What `now` says before anything was moved; "" for no diversion.
    other: str  # A target that works.
    nonsense: tuple[str, ...]  # Targets that are none.

    def driver(self) -> Switch:
        """A new object over the same thing and the same data folder, as after a start of the box; short timeouts."""

    async def outside(self) -> str:
        """What is in use, asked of the thing itself and not through the driver."""

    def hang(self, hangs: bool) -> None:
        """From now on the thing answers nothing, or answers again."""

    async def cut(self, after: int, call: Callable[[], Awaitable[Any]]) -> bool:
        """Make the call; the box dies when the thing has taken that many steps. True: it died; False: the call was over before."""


MakeRig = Callable[[Path], AbstractAsyncContextManager[Rig]]


class Cutting:
    """For rigs that play their thing in this process: it calls `step()` for each change that it took."""

    def __init__(self) -> None:
        self._left: int | None = None
        self._task: asyncio.Future[Any] | None = None

    def step(self, *what: object) -> None:
        if self._left is None or self._task is None:
            return
        self._left -= 1
        if self._left <= 0:
            self._left = None
            self._task.cancel()

    async def cut(self, after: int, call: Callable[[], Awaitable[Any]]) -> bool:
        self._left, self._task = after, asyncio.ensure_future(call())
        await asyncio.wait({self._task})
        died, self._left, self._task = self._task.cancelled(), None, None
        return died


async def within(driver: Switch, call: Awaitable[SwitchAnswer]) -> SwitchAnswer:
    """Every call ends within the driver's own time."""
    return await asyncio.wait_for(call, driver.timeout_s + SLACK_S)


async def looks_without_touching(rig: Rig) -> None:
    """Read back says what is in use and changes nothing, armed or not."""
    driver = rig.driver()
    for _ in range(2):
        answer = await within(driver, driver.read_back())
        assert ("done", rig.usual) == (answer.word, answer.now), answer
    assert rig.usual == await rig.outside()


async def arming_moves_nothing(rig: Rig) -> None:
    """Armed once or three times, by one object or by a new one: what is in use stays in use."""
    driver = rig.driver()
    for one in (driver, driver, rig.driver()):
        answer = await within(one, one.arm())
        assert "done" == answer.word, answer
        assert rig.usual == await rig.outside()


async def goes_over_and_comes_back(rig: Rig) -> None:
    """Engaged is read back; restored is as it was found."""
    driver = rig.driver()
    await within(driver, driver.arm())
    answer = await within(driver, driver.engage(rig.other))
    assert ("done", rig.other) == (answer.word, answer.now), answer
    assert answer.text and answer.took_ms >= 0
    assert rig.other == await rig.outside()
    assert rig.other == (await within(driver, driver.read_back())).now
    answer = await within(driver, driver.restore())
    assert "done" == answer.word, answer
    assert rig.usual == await rig.outside()


async def may_be_repeated(rig: Rig) -> None:
    """Each step twice is the same as once: arm while engaged keeps what was found first."""
    driver = rig.driver()
    await within(driver, driver.arm())
    for _ in range(2):
        answer = await within(driver, driver.engage(rig.other))
        assert ("done", rig.other) == (answer.word, answer.now), answer
    assert "done" == (await within(driver, driver.arm())).word
    assert rig.other == await rig.outside()
    for _ in range(2):
        assert "done" == (await within(driver, driver.restore())).word
        assert rig.usual == await rig.outside()


async def survives_a_new_start(rig: Rig) -> None:
    """Engaged by one object, armed again and led back by another: the box was started anew in between."""
    first = rig.driver()
    await within(first, first.arm())
    await within(first, first.engage(rig.other))
    second = rig.driver()
    assert rig.other == (await within(second, second.read_back())).now
    assert "done" == (await within(second, second.arm())).word
    assert rig.other == await rig.outside()
    third = rig.driver()
    assert "done" == (await within(third, third.restore())).word
    assert rig.usual == await rig.outside()


async def refuses_nonsense(rig: Rig) -> None:
    """A target that is none changes nothing, engaged or not."""
    driver = rig.driver()
    await within(driver, driver.arm())
    for before in (rig.usual, rig.other):
        if before == rig.other:
            await within(driver, driver.engage(rig.other))
        for target in rig.nonsense:
            answer = await within(driver, driver.engage(target))
            assert answer.word in ("refused", "rolled-back") and answer.why, (target, answer)
            assert before == await rig.outside(), target
    await within(driver, driver.restore())
    assert rig.usual == await rig.outside()


async def heals_after_death_on_the_way_over(rig: Rig) -> None:
    """The box dies after the 1st, 2nd, 3rd … step of an engagement: a new object restores."""
    await _heals(rig, moves_back=False)


async def heals_after_death_on_the_way_back(rig: Rig) -> None:
    """The same for a restoration."""
    await _heals(rig, moves_back=True)


async def _heals(rig: Rig, *, moves_back: bool) -> None:
    for after in range(1, STEPS_MAX):
        driver = rig.driver()
        await within(driver, driver.arm())
        if moves_back:
            await within(driver, driver.engage(rig.other))
            died = await rig.cut(after, driver.restore)
        else:
            died = await rig.cut(after, lambda driver=driver: driver.engage(rig.other))
        healer = rig.driver()
        answer = await within(healer, healer.restore())
        assert "done" == answer.word, (after, answer)
        assert rig.usual == await rig.outside(), f"after step {after}"
        if not died:
            return
    raise AssertionError(f"more than {STEPS_MAX} steps")


async def is_silent_and_says_so(rig: Rig) -> None:
    """A thing that answers nothing: every call ends in its time as a value, and afterwards it works again."""
    driver = rig.driver()
    await within(driver, driver.arm())
    rig.hang(True)
    for call in (driver.read_back, lambda: driver.engage(rig.other), driver.restore, driver.arm):
        answer = await within(driver, call())
        assert answer.word in ("failed", "refused") and answer.why, answer
    rig.hang(False)
    healer = rig.driver()
    await within(healer, healer.restore())
    assert rig.usual == await rig.outside()


PROMISES = (
    looks_without_touching,
    arming_moves_nothing,
    goes_over_and_comes_back,
    may_be_repeated,
    survives_a_new_start,
    refuses_nonsense,
    heals_after_death_on_the_way_over,
    heals_after_death_on_the_way_back,
    is_silent_and_says_so,
)


async def keep_all(make_rig: MakeRig, folder: Path) -> None:
    """All promises, each with a rig of its own."""
    for number, promise in enumerate(PROMISES):
        place = folder / str(number)
        place.mkdir()
        async with make_rig(place) as rig:
            await promise(rig)
