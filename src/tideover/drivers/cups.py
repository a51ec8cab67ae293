"""A printer of this machine, through the programs `lp` and `lpstat` of CUPS. Decides nothing; a printer that is gone took nothing."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from tideover.ports import PrintAnswer
from tideover.world import World

TITLE_LENGTH_MAX = 100
TOLD_LENGTH_MAX = 300
OF_JOB = re.compile(r"[\w.@+-]{1,200}-\d{1,9}")  # As lp names a job: the queue and a number.


class Cups:
    """One print queue."""

    timeout_s = 20.0

    def __init__(self, name: str, world: World, programs: Path | None = None, is_raw: bool = False) -> None:
        """name: as `lpstat -e` lists it. programs: the folder of lp and lpstat; None: wherever this machine keeps them.

        is_raw: what is handed over is the printer's own language, not a PDF.
        """
        self.name, self._world, self._programs = name, world, programs
        self._options = ("-o", "raw") if is_raw else ()

    async def send(self, path: Path, title: str) -> PrintAnswer:
        """Hand it to the queue. No answer in time is `unknown`: the queue may have it."""
        plain = "".join(one if one.isprintable() else " " for one in title)[:TITLE_LENGTH_MAX]
        ended = await self._run("lp", "-d", self.name, *self._options, "-t", plain, "--", str(path))
        if ended is None:
            return PrintAnswer("unknown", why="the printer's queue did not answer")
        code, said = ended
        number = next((word for word in said.split() if OF_JOB.fullmatch(word)), "")
        if code == 0 and number:
            return PrintAnswer("sent", number)
        return PrintAnswer("unknown" if code == 0 else "away", why=_told(said) or "the printer's queue refused it")

    async def ask(self, number: str) -> PrintAnswer:
        """In the queue still, done, or nowhere to be seen."""
        for which, word in (("not-completed", "sent"), ("completed", "confirmed")):
            ended = await self._run("lpstat", "-W", which, "-o", self.name)
            if ended is None:
                return PrintAnswer("away", number, "the printer's queue did not answer")
            code, said = ended
            if code != 0:
                return PrintAnswer("away", number, _told(said) or "there is no such printer")
            if any(line.split()[:1] == [number] for line in said.splitlines()):
                return PrintAnswer(word, number, await self._trouble() if word == "sent" else "")  # type: ignore[arg-type]
        return PrintAnswer("unknown", number, "the queue knows nothing of it any more")

    async def device(self, timeout_s: float) -> str:
        """Where the queue says that its printer stands, as `lpstat -v` tells it; "" where it says nothing in time. Raises nothing."""
        ended = await self._run("lpstat", "-v", self.name, timeout_s=timeout_s)
        return ended[1] if ended is not None and ended[0] == 0 else ""

    async def _trouble(self) -> str:
        """Why it does not get on: paused, no paper; "" if nothing is said."""
        ended = await self._run("lpstat", "-p", self.name)
        lines = [] if ended is None else ended[1].splitlines()
        return _told("; ".join(lines)) if lines and ("disabled" in lines[0] or len(lines) > 1) else ""

    async def _run(self, program: str, *given: str, timeout_s: float | None = None) -> tuple[int, str] | None:
        """Exit code and what it said; None if it did not end in time. A machine without CUPS says so."""
        command = str(self._programs / program) if self._programs else program
        environment = {**self._world.environ, "LC_ALL": "C"}
        pipe = asyncio.subprocess.PIPE
        try:
            running = await asyncio.create_subprocess_exec(
                command, *given, stdin=asyncio.subprocess.DEVNULL, stdout=pipe, stderr=asyncio.subprocess.STDOUT, env=environment
            )
        except OSError as error:
            return 127, f"{program} cannot be run: {error.strerror}"
        try:
            said, _ = await self._world.within(timeout_s or self.timeout_s, running.communicate())
        except TimeoutError:
            return None
        finally:  # Also where the box stops meanwhile.
            if running.returncode is None:
                running.kill()
                await running.wait()
        return running.returncode or 0, said.decode("utf-8", "replace")


def _told(said: str) -> str:
    """What the program said, on one line."""
    return " ".join(said.split())[:TOLD_LENGTH_MAX]
