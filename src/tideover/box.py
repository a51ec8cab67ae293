"""The box: loops that each do one thing in turn, beside the door for tills and people.

watch      looks, concludes, and opens or leads back the fallback
lines      looks quickly at each line by itself, hears which tills are there
switch     moves the shop to the line that carries, where somebody armed it, and says it where nobody did
replicate  pulls what is due into the copies, holds what tills sold against them
recover    asks about sales in flight, brings entries to the cloud, looks again at days that were closed
remind     looks which printed papers are out of date, and prints them again
rehearse   plays a rehearsal beside the shop, and ends it when something real begins
receipts   prints receipts, looks how the printer is
letters    sends receipts by e-mail when the line is back
notices    tells people outside what went away and came back
heartbeat  calls somebody outside while the box is well
verify     reads the whole journal once a day, a piece at a time, then looks whether its witnesses are there
(web/      serves tills and staff over HTTP; only there has somebody to wait)

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
DAY_S = 86_400.0
TAKEN_UP_S = 0.5  # Pause between two looks at new entries while nothing may be sent …
TAKEN_UP_SLICES = 20  # … and so many commits of them in one look: tills that press by then come first.
VERIFIED_AT_ONCE = 10  # Entries read between two breaths of the daily check: about 0.001 s of work, for a sale may have to wait for it …
BREATH_S = 0.02  # … and then a pause; a million take 35 minutes.
IDLE_S = 60.0  # Longest pause of a loop with nothing due: its bell ends it before.
ERROR_TEXT_MAX = 900  # Characters of an error kept in its entry.

Turn = Callable[["House"], Awaitable[float]]  # Does one turn; returns seconds until the next is due.


async def watch(house: House) -> float:
    """Look at everything, conclude, move the outage on."""
    found = await house.watch.turn()
    house.heartbeat.looked()
    dues = (await house.fallback.turn(found), await house.power.turn())
    await house.spells.turn(found)
    return min(due_s for due_s in (house.watch.due_s, *dues) if due_s is not None)


async def lines(house: House) -> float:
    """Begin the quick looks that are due; notice tills that fell silent."""
    return min(house.tills_heard.turn(), await house.lines.turn())


async def switch(house: House) -> float:
    """Decide which line the shop should be on; move it there, or say so."""
    return await house.mover.turn()


async def replicate(house: House) -> float:
    """Pull the copies that are due, unless the cloud is away; fresh ones may show what the tills could not know."""
    due_s = await house.replicate.turn()
    if house.journal.is_writable:
        await house.look_over.turn()
    return due_s


async def recover(house: House) -> float:
    """Bring to the cloud what happened without it; nothing is sent while the fallback stands."""
    if not house.fallback.may_replay:
        return await wait_for_the_cloud(house)
    await house.outbox.take_up()
    await house.in_flight.take_up()
    asks_s = await house.in_flight.turn()
    until = await house.holds.turn()
    if until is None:
        return GONE_AWAY_S
    dues = (asks_s, await house.outbox.turn(until), house.holds.rest_s)
    await house.closed_days.turn()
    return min((due_s for due_s in dues if due_s is not None), default=IDLE_S)


async def wait_for_the_cloud(house: House) -> float:
    """Nothing may be sent: what comes is taken up now and then, and not while tills press; whoever asks how it stands takes it up."""
    is_all = not house.outbox.is_pressed()
    if is_all:
        while house.outbox.look_ahead():  # First counted: that is quick, and a page after a rush waits for no folding.
            await house.world.pause(0)  # A sale that came meanwhile goes first.
        is_all = await house.outbox.take_up(TAKEN_UP_SLICES)
        await house.in_flight.take_up()
    await house.world.pause(TAKEN_UP_S)
    return IDLE_S if is_all else 0.0


async def remind(house: House) -> float:
    """Lay out anew what somebody holds and what changed; print it, or say that it waits."""
    return await house.keep.turn()


async def receipts(house: House) -> float:
    """Print what tills asked for, once; what may have come out is a person's to decide."""
    return await house.receipts.turn()


async def letters(house: House) -> float:
    """Send the next receipt by e-mail."""
    return await house.receipts.post.turn()


async def notices(house: House) -> float:
    """Take up what people outside must hear of, send the next letter or text message."""
    return await house.notices.turn()


async def heartbeat(house: House) -> float:
    """Call somebody outside, if all is well."""
    return await house.heartbeat.turn()


async def mail_held(house: House) -> float:
    """Look who holds the mail that comes in."""
    return await house.mail_held.turn()


async def rehearse(house: House) -> float:
    """Play on, if a rehearsal runs."""
    return await house.rehearsals.turn()


async def verify(house: House) -> float:
    """Read on in the whole journal, once through a day, beside everything else; damage stops the writing. Then look at its witnesses."""
    if house.journal.gather.is_busy:  # Somebody waits for the disk, and the check has a whole day.
        return BREATH_S
    if not await asyncio.to_thread(house.journal.verify_piece, VERIFIED_AT_ONCE):
        return BREATH_S
    if house.journal.is_writable:
        await house.witnesses.turn()
    return DAY_S


TURNS: tuple[Turn, ...] = (
    watch,
    lines,
    switch,
    replicate,
    recover,
    remind,
    receipts,
    letters,
    notices,
    heartbeat,
    mail_held,
    rehearse,
    verify,
)
LOOPS: tuple[tuple[str, Turn], ...] = tuple((turn.__name__, turn) for turn in TURNS)


async def supervise(name: str, turn: Turn, house: House) -> None:
    """Run one loop for ever; an error ends a turn, never the loop."""
    world, bell, deaths = house.world, house.bells[name], 0
    world.busy(+1)
    while True:
        try:
            await world.pause(await turn(house), bell)
        except TideoverError as error:
            house.tell(f"{name}: {error.message} {error.hint}")
            await world.pause(GONE_AWAY_S)
        except Exception as error:  # The one catch-all: a loop that stays dead would be a silent outage of our own.
            deaths += 1
            await _write_down(house, name, error, deaths)
            await world.pause(RESTART_S)  # Not ended by the bell: the note in the journal rings it.


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
