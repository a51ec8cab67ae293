"""Has the whole kit made by a process of its own, and says how far it is. One at a time; what was there stays until all of it is new."""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path
from typing import Any

from tideover.kit.sheet import KINDS
from tideover.web.house import House

STEP = re.compile(r"\s*(\d{1,6}) / (\d{1,6}) {1,4}(.*)")
LINES_KEPT = 5
TITLE_LENGTH_MAX = 200
LINE_BYTES_MAX = 64 * 1024
OPEN = 3  # Exit code: all that can be made was made.


class Making:
    """The one that is being made, and how the last one ended."""

    def __init__(self, house: House, folder: Path) -> None:
        """folder: where the papers go."""
        self._house, self.folder = house, folder
        self._task: asyncio.Task[None] | None = None
        self.done, self.steps, self.title, self.why = 0, 0, "", ""

    @property
    def is_running(self) -> bool:
        return self._task is not None and not self._task.done()

    def begin(self) -> None:
        """Start it; a second press while it runs does nothing."""
        if not self.is_running:
            self.done, self.steps, self.title, self.why = 0, 0, "", ""
            self._task = asyncio.get_running_loop().create_task(self._run())

    async def end(self) -> None:
        """The box stops: so does the making."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        # Everything but the pocket kit: that one needs a pass-phrase and a holder.
        kinds = [word for kind in KINDS if kind != "pocket-kit" for word in ("--only", kind)]
        command = [sys.executable, "-m", "tideover", "kit", "--out", str(self.folder), "--data", str(self._house.folder), *kinds]
        quiet, pipe = asyncio.subprocess.DEVNULL, asyncio.subprocess.PIPE
        environment: Any = dict(self._house.world.environ)
        running = await asyncio.create_subprocess_exec(
            *command, stdin=quiet, stdout=quiet, stderr=pipe, env=environment, limit=LINE_BYTES_MAX
        )
        try:
            said = [self._heard(line) async for line in running.stderr]  # type: ignore[union-attr]
            code = await running.wait()
        finally:
            if running.returncode is None:
                running.kill()
                await running.wait()
        if code not in (0, OPEN):
            self.why = " ".join(line for line in said if line)[-500:] or "the program ended by itself"

    def _heard(self, line: bytes) -> str:
        """How far it is; or what it says otherwise."""
        text = line.decode("utf-8", "replace").rstrip()
        step = STEP.fullmatch(text)
        if step is None:
            return text
        self.done, self.steps, self.title = int(step[1]), int(step[2]), step[3][:TITLE_LENGTH_MAX]
        return ""
