"""Has the whole kit made by a process of its own, and says how far it is. One at a time; what was there stays until all of it is new.

The first pages and the page of papers press the same button. The process gives way to the tills.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from tideover.errors import NotFound
from tideover.kit.sheet import KINDS
from tideover.kit.shelf import Listed, read_list
from tideover.kit.work import NICE
from tideover.web.house import House

FOLDER = "kit"  # In the data directory: the papers as files.
STEP = re.compile(r"\s*(\d{1,6}) / (\d{1,6}) {1,4}(.*)")
TITLE_LENGTH_MAX = 200
LINE_BYTES_MAX = 64 * 1024
OPEN = 3  # Exit code: all that can be made was made.
MEDIA = {".pdf": "application/pdf", ".html": "text/html"}


class Making:
    """The kit that is being made, how the last one ended, and the papers that lie there."""

    def __init__(self, house: House) -> None:
        self._house, self.folder = house, house.folder / FOLDER
        self._task: asyncio.Task[None] | None = None
        self._is_over = False  # The box stops.
        self.step, self.steps, self.title, self.why = 0, 0, "", ""

    @property
    def is_running(self) -> bool:
        return self._task is not None and not self._task.done()

    def begin(self, then: Callable[[], Any] | None = None) -> None:
        """Start it; a press while it runs, or while the box stops, does nothing. then: called once it has ended, well or badly."""
        if not self.is_running and not self._is_over:
            self.step, self.steps, self.title, self.why = 0, 0, "", ""
            self._task = asyncio.get_running_loop().create_task(self._make(then))

    async def rest(self) -> None:
        """Wait until nothing is being made."""
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)

    def end(self) -> None:
        """The box stops: so does the making, and none begins any more."""
        self._is_over = True
        if self._task is not None:
            self._task.cancel()

    def listed(self) -> Listed:
        """What lies in the folder, with what could not be made."""
        return read_list(self.folder)

    def read(self, path: str) -> tuple[bytes, str]:
        """A listed paper and its media type; nothing else of the disk. Raises NotFound."""
        if all(one.made.path != path for one in self.listed().papers):
            raise NotFound(what="paper", id=path[:100])
        try:
            return (self.folder / path).read_bytes(), MEDIA.get(Path(path).suffix, "application/octet-stream")
        except OSError as error:
            raise NotFound(what="paper", id=path[:100]) from error

    async def _make(self, then: Callable[[], Any] | None) -> None:
        try:
            self.why = await self._run()
        except OSError as error:
            self.why = str(error)
        if then is not None:
            then()

    async def _run(self) -> str:
        """Why it could not be made; nothing where it was."""
        # Everything but the pocket kit: that one is handed out on the page of papers, to a holder and with a pass-phrase.
        kinds = [word for kind in KINDS if kind != "pocket-kit" for word in ("--only", kind)]
        command = [sys.executable, "-m", "tideover", "kit", "--out", str(self.folder), "--data", str(self._house.folder), *kinds]
        quiet, pipe = asyncio.subprocess.DEVNULL, asyncio.subprocess.PIPE
        environment: Any = dict(self._house.world.environ)
        running = await asyncio.create_subprocess_exec(
            *command, stdin=quiet, stdout=quiet, stderr=pipe, env=environment, limit=LINE_BYTES_MAX
        )
        _give_way(running.pid)
        try:
            said = [self._heard(line) async for line in running.stderr]  # type: ignore[union-attr]
            code = await running.wait()
        finally:
            if running.returncode is None:
                running.kill()
                await running.wait()
        return "" if code in (0, OPEN) else " ".join(line for line in said if line)[-500:] or "the program ended by itself"

    def _heard(self, line: bytes) -> str:
        """How far it is; or what it says otherwise."""
        text = line.decode("utf-8", "replace").rstrip()
        step = STEP.fullmatch(text)
        if step is None:
            return text
        self.step, self.steps, self.title = int(step[1]), int(step[2]), step[3][:TITLE_LENGTH_MAX]
        return ""


def _give_way(pid: int) -> None:
    """Lower its priority, where the system has such a thing; it may have ended already."""
    if hasattr(os, "setpriority"):
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, pid, NICE)
