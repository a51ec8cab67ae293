"""A modem at the end of a serial line: one command, its answer, in bounded time. What comes unasked in between is passed over."""

from __future__ import annotations

import contextlib
from collections import deque
from typing import TYPE_CHECKING

from msgspec import Struct

from tideover.drivers import at
from tideover.world import World

if TYPE_CHECKING:
    import serial

try:
    from termios import error as TerminalError
except ImportError:  # Windows.
    TerminalError = OSError  # type: ignore[assignment,misc]

BAUD = 115_200  # Modems on USB do not care.
GLANCE_S = 0.01  # Pause between two looks whether something came.
READ_MAX = 4_096
ANSWER_BYTES_MAX = 16_384
LINE_MAX = 1_024
SETTLE_S = 0.1  # Late answers to what was asked before arrive in this time.
GREETINGS = 3
PROMPT = "> "
LEAVE, SUBMIT = b"\x1b", b"\x1a"  # Out of a half-written text; its end.


class Said(Struct, frozen=True):
    """An answer."""

    lines: tuple[str, ...]
    final: str  # "OK", "ERROR", "+CME ERROR: 30".

    @property
    def is_ok(self) -> bool:
        return self.final == "OK"


class SerialLine:
    """An open modem. Every call raises OSError (it is gone), TimeoutError, ValueError (it says too much)."""

    def __init__(self, port: serial.Serial, world: World, answer_s: float, settle_s: float) -> None:
        self._port, self._world, self._answer_s, self._settle_s = port, world, answer_s, settle_s
        self._rest = ""
        self._lines: deque[str] = deque()

    async def greet(self) -> None:
        """Until it answers: it may sit in a half-written text, or still say what was asked before."""
        await self._write(LEAVE)
        for tries_left in reversed(range(GREETINGS)):
            await self._passed_over()
            try:
                said = await self.ask("AT")
            except TimeoutError:
                if not tries_left:
                    raise
                continue
            if said.is_ok:
                break
        await self._passed_over()
        for command in ("ATE0", "AT+CMEE=1"):
            await self.ask(command)

    async def ask(self, command: str, limit_s: float | None = None) -> Said:
        await self._write(command.encode("ascii") + b"\r")
        return await self._world.within(limit_s or self._answer_s, self._answer(command))

    async def ask_for_prompt(self, command: str) -> bool:
        """False where it answers with an error instead of the prompt."""
        await self._write(command.encode("ascii") + b"\r")
        return await self._world.within(self._answer_s, self._prompt())

    async def tell(self, text: str, limit_s: float) -> Said:
        """What the prompt asked for."""
        await self._write(text.encode("ascii") + SUBMIT)
        return await self._world.within(limit_s, self._answer(text))

    async def leave(self) -> None:
        """Out of a half-written text."""
        await self._write(LEAVE)

    def close(self) -> None:
        """Raises nothing; what was not sent is thrown away, for a dead device would hold the door open for it."""
        with contextlib.suppress(OSError, TerminalError):
            self._port.reset_output_buffer()
        with contextlib.suppress(OSError, TerminalError):
            self._port.close()

    async def _answer(self, command: str) -> Said:
        lines: list[str] = []
        size = 0
        while True:
            line = await self._line()
            size += len(line)
            if at.is_final(line):
                return Said(tuple(lines), line)
            if size > ANSWER_BYTES_MAX:
                raise ValueError(command)
            if line != command:  # Its echo, before it was told to stop that.
                lines.append(line)

    async def _prompt(self) -> bool:
        while True:
            if self._rest.lstrip("\r\n").startswith(PROMPT.strip()):
                self._rest = ""
                return True
            if self._lines:
                if at.is_final(self._lines.popleft()):
                    return False
                continue
            await self._more()

    async def _line(self) -> str:
        """The next line that is not empty."""
        while not self._lines:
            await self._more()
        return self._lines.popleft()

    async def _more(self) -> None:
        came = self._read()
        if not came:
            await self._world.pause(GLANCE_S)
            return
        *lines, self._rest = (self._rest + came).replace("\r", "\n").split("\n")
        if len(self._rest) > LINE_MAX or any(len(line) > LINE_MAX for line in lines):
            raise ValueError("line")
        self._lines.extend(line.strip() for line in lines if line.strip())

    async def _passed_over(self) -> None:
        """What was said up to now, and in the next moment, answers nothing that is asked from here on."""
        for _ in range(ANSWER_BYTES_MAX // READ_MAX):
            await self._world.pause(self._settle_s)
            if not self._read():
                break
        self._rest = ""
        self._lines.clear()

    def _read(self) -> str:
        try:
            return self._port.read(READ_MAX).decode("ascii", "replace")
        except TerminalError as error:
            raise OSError(*error.args) from error

    async def _write(self, content: bytes) -> None:
        left = content
        while left:
            try:
                taken = self._port.write(left) or 0
            except TerminalError as error:
                raise OSError(*error.args) from error
            left = left[taken:]
            if left:
                await self._world.pause(GLANCE_S)


def open_line(device: str, world: World, answer_s: float, settle_s: float = SETTLE_S) -> SerialLine:
    """Raises OSError: not there, no right, somebody else uses it."""
    import serial

    try:
        port = serial.Serial(device, BAUD, timeout=0, write_timeout=0, exclusive=True)
    except serial.SerialException as error:
        raise (FileNotFoundError if error.errno == 2 else PermissionError if error.errno == 13 else OSError)(*error.args) from error
    return SerialLine(port, world, answer_s, settle_s)
