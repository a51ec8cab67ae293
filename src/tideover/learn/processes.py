"""The programs that a rehearsal plays with, as child processes that never outlive it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from pathlib import Path
from typing import Any

import msgspec

from tideover.errors import RehearsalStopped

START_S = 20.0  # A slow machine under load; the box itself is ready within two.
END_S = 5.0  # After this a child that was asked to end is killed.
# A terminal's Ctrl-C reaches the rehearsal alone, which then ends its programs: one that went first would look like a failure.
APART: dict[str, Any] = {} if os.name == "nt" else {"process_group": 0}
LOG_TAIL = 2_000  # Characters of a child's log that an error shows.


class Program:
    """One child: started, watched, ended."""

    def __init__(self, name: str, folder: Path, *arguments: str, start_s: float = START_S) -> None:
        """arguments: what stands after `python`; start_s: real time until it must be ready."""
        self.name, self._arguments, self._start_s = name, arguments, start_s
        self._log = folder / f"{name}.log"
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> dict[str, Any]:
        """The ready line that it printed. Raises RehearsalStopped."""
        with open(self._log, "ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, *self._arguments), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=log, **APART
            )
        assert self._process.stdout is not None, "a pipe was asked for"
        try:
            async with asyncio.timeout(self._start_s):  # Not wait_for: it can forget that it was told to stop.
                line = await self._process.stdout.readline()
            return msgspec.json.decode(line, type=dict[str, Any])
        except (TimeoutError, msgspec.DecodeError) as error:
            await self.kill()
            raise RehearsalStopped(why=f"{self.name} did not start ({self._tail() or 'it said nothing'})") from error

    def _tail(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")[-LOG_TAIL:].strip()

    @property
    def pid(self) -> int:
        assert self._process is not None, "it was started"
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    async def end(self) -> None:
        """Ask it to end, as a service manager does."""
        if self._process is None:
            return
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(signal.SIGTERM)
            try:
                async with asyncio.timeout(END_S):
                    await self._process.wait()
            except TimeoutError:
                await self.kill()
        self._close()

    async def kill(self) -> None:
        """As a power cut ends it."""
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()
        self._close()

    async def buried(self) -> None:
        """Waits until a process that somebody else killed is gone."""
        if self._process is not None:
            await self._process.wait()
        self._close()

    def _close(self) -> None:
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
        self._process = None
