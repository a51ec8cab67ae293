"""A receipt printer that speaks ESC/POS: asked before a job whether it can print, and after it whether it has.

It says `away` only when no byte of the receipt can have left, and `confirmed` only on the printer's own word. Everything
between is `unknown`: the paper may lie there, or may still come when somebody puts a new roll in. Never sends a job twice.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable

from tideover.drivers import escpos
from tideover.drivers.escpos import Profile
from tideover.drivers.wire import Wire
from tideover.model.receipt import Slip
from tideover.ports import PrintAnswer, PrinterLook
from tideover.world import World

OPEN_S = 3.0
ASK_S = 2.0  # For one status; a healthy one answers in 0.05 s.
SEND_S = 10.0  # For the bytes; a printer's memory takes a receipt at once.
DONE_S = 8.0  # For its word that it is done …
DONE_S_PER_ROW = 0.05  # … and this much more for each line: slow ones print 20 lines in a second.
ROWS_TIMED = 400
SAID_MAX = 16_384  # A printer that chatters is no printer.
STATUS_MAX = 8  # Bytes of one answer, a few unasked ones before it; a web server says more.
STALE_S = 0.02  # What it said before is read away for so long; only answers of this job count.

READY = PrinterLook(True, "ready")
LOW = PrinterLook(True, "ready, but the roll is nearly out")
BLIND = PrinterLook(None, "it cannot be asked")


class EscPos:
    """One printer at the end of a wire."""

    def __init__(self, name: str, profile: Profile, opens: Callable[[], Awaitable[Wire]], world: World) -> None:
        """opens: the way to it; raises OSError."""
        self.name, self.width, self.profile = name, profile.width, profile
        self.timeout_s = OPEN_S + (len(escpos.ASKED) + 1) * ASK_S + SEND_S + DONE_S + ROWS_TIMED * DONE_S_PER_ROW
        self._opens, self._world, self._turn = opens, world, asyncio.Lock()
        self._number = int.from_bytes(world.secret_bytes(3), "big")  # So that an answer to the box of before fits no job.

    async def look(self) -> PrinterLook:
        """Reachable, and able to print?"""
        async with self._turn:
            wire = await self._open()
            if isinstance(wire, str):
                return PrinterLook(False, wire)
            try:
                return await self._asked(wire) if self.profile.has_status else BLIND
            finally:
                await wire.close()

    async def send(self, slip: Slip, title: str) -> PrintAnswer:
        async with self._turn:
            wire = await self._open()
            if isinstance(wire, str):
                return PrintAnswer("away", why=wire)
            try:
                look = await self._asked(wire) if self.profile.has_status else BLIND
                if look.is_ready is False:
                    return PrintAnswer("away", why=look.text)
                return await self._print(wire, slip)
            finally:
                await wire.close()

    async def ask(self, number: str) -> PrintAnswer:
        """It never gives a number: what it had to say it said in `send`."""
        return PrintAnswer("unknown", number, "it cannot be asked about a job of before")

    async def _open(self) -> Wire | str:
        """The way to it, or why there is none."""
        try:
            return await self._world.within(OPEN_S, self._opens())
        except TimeoutError:
            return "it does not answer"
        except OSError as error:
            return in_words(error)

    async def _asked(self, wire: Wire) -> PrinterLook:
        """What it says of itself; a printer that says nothing or nonsense gets no receipt."""
        said = []
        try:
            await self._drain(wire)
            for which in escpos.ASKED:
                await self._world.within(ASK_S, wire.write(escpos.REALTIME + bytes([which])))
                said.append(await self._world.within(ASK_S, _status(wire)))
        except TimeoutError:
            return PrinterLook(False, "it takes the connection but does not say how it is")
        except OSError as error:
            return PrinterLook(False, in_words(error))
        if any(one is None for one in said):
            return PrinterLook(False, "what answers there is no receipt printer, or its profile does not fit")
        trouble = escpos.trouble_of(*said)
        return PrinterLook(False, trouble) if trouble else LOW if escpos.is_low(said[-1]) else READY

    async def _drain(self, wire: Wire) -> None:
        with contextlib.suppress(TimeoutError):
            while await self._world.within(STALE_S, wire.read()):
                pass

    async def _print(self, wire: Wire, slip: Slip) -> PrintAnswer:
        self._number += 1
        id = escpos.id_of(self._number)
        wire.may_have_taken = False  # What was written until now printed nothing.
        try:
            await self._world.within(SEND_S, wire.write(escpos.document(slip, self.profile, id)))
        except (OSError, TimeoutError) as error:
            why = in_words(error) if not isinstance(error, TimeoutError) else "it stopped taking the receipt"
            return PrintAnswer("unknown" if wire.may_have_taken else "away", why=why)
        if not self.profile.confirms:
            return PrintAnswer("sent")
        return await self._heard(wire, id, len(slip.rows))

    async def _heard(self, wire: Wire, id: str, rows: int) -> PrintAnswer:
        """Wait for its word; without it, say what it is that keeps the printer."""
        try:
            is_done = await self._world.within(DONE_S + min(rows, ROWS_TIMED) * DONE_S_PER_ROW, self._until_done(wire, id))
        except TimeoutError:
            look = await self._asked(wire) if self.profile.has_status else BLIND
            return PrintAnswer("unknown", why=look.text if look.is_ready is False else "it never said that it was done")
        except OSError as error:
            return PrintAnswer("unknown", why=in_words(error))
        return PrintAnswer("confirmed") if is_done else PrintAnswer("unknown", why="it broke off before it said that it was done")

    async def _until_done(self, wire: Wire, id: str) -> bool:
        said = b""
        while not escpos.is_done(said, self.profile, id):
            more = await wire.read()
            if not more or len(said) > SAID_MAX:
                return False
            said += more
        return True


async def _status(wire: Wire) -> int | None:
    """One answer to DLE EOT; None for anything else."""
    said = await wire.read()
    if not said:
        raise ConnectionResetError
    return said[-1] if len(said) <= STATUS_MAX and escpos.is_status(said[-1]) else None


def in_words(error: OSError) -> str:
    """A short text without addresses or system jargon."""
    match error:
        case ConnectionRefusedError():
            return "it refuses the connection: is it switched on, and does another program use it?"
        case ConnectionError():
            return "it broke off the connection"
        case socket.gaierror():
            return "its name is not found in the network"
        case FileNotFoundError():
            return "it is not plugged in, or switched off"
        case PermissionError():
            return "this user may not use it: put the box's user into the group lp"
    return f"it cannot be reached ({error.strerror or type(error).__name__})"
