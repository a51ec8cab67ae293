"""The box as a process: open the data directory, run its loops, answer HTTP, end cleanly."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tideover.app import House, open_house
from tideover.box import live
from tideover.errands import ADDRESS_FILE
from tideover.world import World

SWITCH_S = 0.0005  # A thread that waits for its turn (the disk has answered, a till is there) gets it ten times sooner than usual.


async def serve(house: House, with_parent: bool, ready: Callable[[int], None]) -> None:
    """The loops and the HTTP door until SIGTERM, SIGINT or, if asked, the end of standard input."""
    from tideover.web.listen import Listener
    from tideover.web.server import make_app

    told = _told_to_stop()  # Before anybody can know that there is something to stop.
    door = Listener(make_app(house), house.settings.bind, house.settings.port)
    ends = [asyncio.create_task(live(house)), asyncio.create_task(told.wait())]
    if with_parent:
        ends.append(asyncio.create_task(_parent_gone()))
    serving = await door.start()
    ready(door.port)
    await asyncio.wait({serving, *ends}, return_when=asyncio.FIRST_COMPLETED)
    await door.stop()
    for task in ends:
        task.cancel()
    await asyncio.gather(*ends, return_exceptions=True)


def _told_to_stop() -> asyncio.Event:
    """Set at SIGTERM or Ctrl-C, from now on."""
    loop, told = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError):  # Windows: Ctrl-C comes as KeyboardInterrupt instead.
            loop.add_signal_handler(number, told.set)
    return told


async def _parent_gone() -> None:
    """Ends when standard input does."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while await reader.read(4096):
        pass


def run(folder: Path, world: World, given: dict[str, Any], as_json: bool, with_parent: bool) -> None:
    """`tideover box`: open the data directory, say where the box listens, live until told to stop.

    Raises BoxBusy, Misconfigured, TooNew, DiskFailed. A damaged journal does not stop the start: the box
    serves what can be read and refuses to write.
    """

    def say_where(house: House, port: int) -> None:
        (folder / ADDRESS_FILE).write_text(f"http://{house.settings.bind}:{port}\n", encoding="ascii")
        if as_json:
            print(f'{{"port": {port}}}', flush=True)
        else:
            print(f"The box listens on http://{house.settings.bind}:{port}  (Ctrl-C ends it)", flush=True)
        if house.journal.broken is not None:
            house.tell(f"{house.journal.broken.message} → {house.journal.broken.hint}")

    async def main() -> None:
        house = open_house(folder, world, **given)
        try:
            await serve(house, with_parent, lambda port: say_where(house, port))
        finally:
            await house.shut()

    sys.setswitchinterval(SWITCH_S)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main())
