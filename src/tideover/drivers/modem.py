"""A mobile modem: diverts the calls of its SIM in the network (AT+CCFC), and sends text messages when no line is left.

Each diversion that was there is kept and put back as it was; one is erased only where nothing was there before, for an erased
diversion takes somebody's voicemail with it. Only the network's own word counts as done.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from msgspec import Struct

from tideover.drivers import at
from tideover.drivers.at import ALWAYS, DISABLE, ENABLE, ERASE, REASONS, Forward
from tideover.drivers.diversion import Diversion, NotDone, State
from tideover.drivers.found_before import Shelf
from tideover.drivers.serial_line import SETTLE_S, SerialLine, open_line
from tideover.drivers.short_text import PARTS_MAX, Pdu, parts_of
from tideover.ports import MailAnswer
from tideover.rules.phone import dialled
from tideover.settings import Settings
from tideover.world import World

ANSWER_S = 5.0  # For what the modem knows by itself.
NETWORK_S = 40.0  # For what it asks the network: a diversion takes up to half a minute.
TEXT_S = 60.0  # For a text message.
ACTS_MAX = 12  # Questions and acts of the longest way: look, move, look, put back, look.

PIN = "its SIM asks for the PIN: take the PIN off in a telephone"
NO_SIM = "it has no SIM that works"
NO_NETWORK = "it finds no network"
SAYS_NO = "the network says no"
NOT_SAID = "the network does not say what is diverted"
NO_NUMBER = "that is no telephone number"
BUSY = "it is at work with something else"
SILENT = "it does not answer"
GONE = "it cannot be reached"
MAYBE = "it did not say whether the message went"

NEVER = frozenset({1, 8, 10, 21, 28, 30, 50, 69, 304, 305})  # +CMS ERROR: the network will not take it tomorrow either.
MAY_HAVE_GONE = frozenset({332, 500})  # No answer of the network; unknown.


class Health(Struct, frozen=True):
    """Can it do its work?"""

    is_ready: bool
    text: str


class ModemTalk:
    """A modem that has a SIM and a network."""

    def __init__(self, line: SerialLine, network_s: float) -> None:
        self._line, self._network_s = line, network_s

    async def look(self) -> State:
        found = {reason: await self._forward(reason) for reason in REASONS}
        return {reason: one.written() for reason, one in found.items() if one is not None}

    async def divert(self, number: str) -> None:
        await self._do(at.register(ALWAYS, number))
        now = await self._forward(ALWAYS)
        if now is not None and not now.is_on:
            await self._do(at.act(ALWAYS, ENABLE))

    async def put(self, before: State) -> None:
        """One after another, each looked at anew: while all calls are diverted a network hides the other diversions."""
        for reason in REASONS:
            wanted = at.forward_read(before[reason]) if reason in before else None
            now = await self._forward(reason)
            if now != wanted:
                await self._put(reason, now, wanted)

    async def _put(self, reason: str, now: Forward | None, wanted: Forward | None) -> None:
        if wanted is None:
            await self._erase(reason)
            return
        if now is None or (now.number, now.seconds) != (wanted.number, wanted.seconds):
            await self._do(at.register(reason, wanted.number, wanted.seconds))
            if wanted.is_on:
                return
        await self._do(at.act(reason, ENABLE if wanted.is_on else DISABLE))

    async def _erase(self, reason: str) -> None:
        """Nothing was there before; a network that does not erase takes it off at least."""
        said = await self._line.ask(at.act(reason, ERASE), self._network_s)
        if not said.is_ok:
            await self._do(at.act(reason, DISABLE))

    async def _forward(self, reason: str) -> Forward | None:
        said = await self._line.ask(at.query(reason), self._network_s)
        if not said.is_ok:
            raise NotDone(SAYS_NO)
        try:
            return at.forward_of(said.lines)
        except ValueError:
            raise NotDone(NOT_SAID) from None

    async def _do(self, command: str) -> None:
        if not (await self._line.ask(command, self._network_s)).is_ok:
            raise NotDone(SAYS_NO)


class SerialModem:
    """One modem at one device of this machine."""

    name, why_not = "modem", ""
    settle_s = SETTLE_S

    def __init__(self, device: str, world: World, answer_s: float = ANSWER_S, network_s: float = NETWORK_S, text_s: float = TEXT_S) -> None:
        self.of, self._world = device, world
        self.answer_s, self.network_s, self.text_s = answer_s, network_s, text_s
        self.timeout_s = 8 * answer_s + ACTS_MAX * network_s

    @asynccontextmanager
    async def talk(self, of: str) -> AsyncIterator[ModemTalk]:
        async with self.line(of) as line:
            why = await self.trouble(line)
            if why:
                raise NotDone(why)
            yield ModemTalk(line, self.network_s)

    @asynccontextmanager
    async def line(self, device: str) -> AsyncIterator[SerialLine]:
        line = open_line(device, self._world, self.answer_s, self.settle_s)
        try:
            await line.greet()
            yield line
        finally:
            line.close()

    async def trouble(self, line: SerialLine) -> str:
        """Why it can do nothing; "" where it can."""
        sim = await line.ask("AT+CPIN?")
        word = at.sim_word(sim.lines)
        if not sim.is_ok or word != "READY":
            return PIN if word in ("SIM PIN", "SIM PUK") else NO_SIM
        for question in ("AT+CREG?", "AT+CEREG?"):  # A network of today's may only tell the second.
            if at.is_registered((await line.ask(question)).lines):
                return ""
        return NO_NETWORK

    def number_in(self, state: Mapping[str, str]) -> str:
        always = at.forward_read(state[ALWAYS]) if ALWAYS in state else None
        return always.number if always is not None and always.is_on else ""

    def fits(self, now: State, before: State) -> bool:
        """What is off and was not there before makes no difference to a caller."""
        return all(now.get(one) == before.get(one) or (one not in before and now[one].startswith("off ")) for one in REASONS)


class Modem(Diversion):
    """The shop's modem: diversions, and text messages through `texter`."""

    def __init__(self, modem: SerialModem, shelf: Shelf, world: World) -> None:
        super().__init__(modem, shelf, world)
        self._modem = modem
        self.texter = ModemTexter(modem, world, self._turn)

    async def health(self) -> Health:
        """SIM, network and signal. Raises nothing."""
        try:
            return await self._world.within(self._modem.timeout_s, self._looked_at())
        except TimeoutError:
            return Health(False, SILENT)
        except (OSError, ValueError):
            return Health(False, GONE)

    async def _looked_at(self) -> Health:
        async with self._turn, self._modem.line(self._modem.of) as line:
            why = await self._modem.trouble(line)
            percent = at.signal_percent((await line.ask("AT+CSQ")).lines)
        if why:
            return Health(False, why)
        return Health(True, "ready" if percent is None else f"ready, signal {percent} %")


class ModemTexter:
    """A ports.Texter."""

    name = "modem"

    def __init__(self, modem: SerialModem, world: World, turn: asyncio.Lock) -> None:
        """turn: the modem does one thing at a time."""
        self._modem, self._world, self._turn = modem, world, turn
        self._span_s = (8 + PARTS_MAX) * modem.answer_s + PARTS_MAX * modem.text_s
        self.timeout_s = 2 * self._span_s  # Waiting for its turn, and then at work.
        self._left = False  # The last byte of a text, or of a part of it, may have left.
        self._parts_sent = 0

    async def send(self, number: str, text: str) -> MailAnswer:
        to = dialled(number)
        if not to:
            return MailAnswer("refused", NO_NUMBER)
        try:
            await self._world.within(self._span_s, self._turn.acquire())
        except TimeoutError:
            return MailAnswer("away", BUSY)
        self._left, self._parts_sent = False, 0
        try:
            return await self._world.within(self._span_s, self._sent(to, text))
        except TimeoutError:
            return MailAnswer("unknown", MAYBE) if self._left else MailAnswer("away", SILENT)
        except (OSError, ValueError):
            return MailAnswer("unknown", MAYBE) if self._left else MailAnswer("away", GONE)
        finally:
            self._turn.release()

    async def _sent(self, to: str, text: str) -> MailAnswer:
        async with self._modem.line(self._modem.of) as line:
            why = await self._modem.trouble(line)
            if why:
                return MailAnswer("away", why)
            if not (await line.ask("AT+CMGF=0")).is_ok:
                return MailAnswer("away", SAYS_NO)
            for part in parts_of(to, text, self._world.chance.randrange(256)):
                answer = await self._part_sent(line, part)
                if answer.word != "sent":  # Half a text is no text: it goes once more, and says so.
                    return MailAnswer("unknown", MAYBE) if self._parts_sent else answer
                self._parts_sent += 1
        return MailAnswer("sent")

    async def _part_sent(self, line: SerialLine, part: Pdu) -> MailAnswer:
        if not await self._prompted(line, part.length):
            return MailAnswer("away", SAYS_NO)
        self._left = True
        said = await line.tell(part.text, self._modem.text_s)
        if said.is_ok:
            return MailAnswer("sent")
        number = at.error_number(said.final)
        if number in MAY_HAVE_GONE:
            return MailAnswer("unknown", MAYBE)
        return MailAnswer("refused" if number in NEVER else "away", SAYS_NO)

    async def _prompted(self, line: SerialLine, length: int) -> bool:
        try:
            return await line.ask_for_prompt(f"AT+CMGS={length}")
        except TimeoutError:
            await line.leave()
            raise


def modem_of(settings: Settings, world: World, folder: Path) -> Modem | None:
    """The modem of the settings; None where there is none."""
    device = settings.modem.strip()
    return Modem(SerialModem(device, world), Shelf(folder, "modem"), world) if device else None
