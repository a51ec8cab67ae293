"""The box: four loops that each do one thing in turn, and the door for tills and people.

watch      looks, concludes, and opens or leads back the fallback
replicate  pulls what is due into the copies
recover    asks about sales in flight, brings entries to the cloud
answer     serves tills and staff over HTTP (web/); only this one has somebody waiting

Watching never waits for a cloud's connector, and one slow cloud never stalls a till: each loop keeps its own pace.
A loop that dies from an unforeseen error is written down, told to a person and started again.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from tideover.app import House
from tideover.errors import TideoverError
from tideover.model.facts import SupervisorNote

RESTART_S = 5.0  # Pause before a loop that died is started again: long enough not to fill the journal.
GONE_AWAY_S = 30.0  # Pause after an error with a name (cloud away, disk failed): the next turn will tell.
ERROR_TEXT_MAX = 900  # Characters of an error kept in its entry.

Turn = Callable[["House"], Awaitable[float]]  # Does one turn; returns seconds until the next is due.


async def watch(house: House) -> float:
    """Look at everything, conclude, move the outage on."""
    verdicts = await house.watch.turn()
    await house.fallback.turn(verdicts)
    return house.settings.watch_s


async def replicate(house: House) -> float:
    """Pull the copies that are due, unless the cloud is away."""
    return await house.replicate.turn()


async def recover(house: House) -> float:
    """Bring to the cloud what happened without it; nothing is sent while the fallback stands."""
    if not house.fallback.may_replay:
        return house.settings.recover_s
    await house.in_flight.turn()
    await house.outbox.take_up()
    due_s = await house.outbox.turn()
    return house.settings.recover_s if due_s is None else min(due_s, house.settings.recover_s)


LOOPS: tuple[tuple[str, Turn], ...] = (("watch", watch), ("replicate", replicate), ("recover", recover))


async def supervise(name: str, turn: Turn, house: House) -> None:
    """Run one loop for ever; an error ends a turn, never the loop."""
    world, bell, deaths = house.world, house.bells[name], 0
    world.busy(+1)
    while True:
        try:
            pause_s = await turn(house)
        except TideoverError as error:
            house.tell(f"{name}: {error.message} {error.hint}")
            pause_s = GONE_AWAY_S
        except Exception as error:  # The one catch-all: a loop that stays dead would be a silent outage of our own.
            deaths += 1
            pause_s = RESTART_S
            await _write_down(house, name, error, deaths)
        await world.pause(pause_s, bell)


async def _write_down(house: House, name: str, error: Exception, deaths: int) -> None:
    text = f"{type(error).__name__}: {error}"[:ERROR_TEXT_MAX]
    house.tell(f"{name} stopped unexpectedly ({text}); it is started again")
    with contextlib.suppress(TideoverError):  # A journal that cannot be written has already told.
        await house.journal.record("loop_died", SupervisorNote(loop=name, error=text, times=deaths))


async def live(house: House) -> None:
    """All loops until cancelled."""
    async with asyncio.TaskGroup() as group:
        for name, turn in LOOPS:
            group.create_task(supervise(name, turn, house), name=name)
