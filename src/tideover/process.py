"""The box as a process: open the data directory, run its loops, answer HTTP, end cleanly."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tideover.app import House, open_house
from tideover.box import live
from tideover.errands import ADDRESS_FILE
from tideover.world import World

if TYPE_CHECKING:
    from tideover.web.listen import Kept

SWITCH_S = 0.0005  # A thread that waits for its turn (the disk has answered, a till is there) gets it ten times sooner than usual.


async def serve(
    house: House, stops: set[asyncio.Task[object]], ready: Callable[[int, int | None], None], listening: Kept | None = None
) -> Kept | None:
    """The loops and the HTTP door until one of `stops` is over or the battery ends.

    Or until the house is to be opened anew: then the port is kept and returned.
    """
    from tideover.web.listen import Listener
    from tideover.web.secure import tls_of
    from tideover.web.server import make_app

    tls = tls_of(house.folder, house.world, house.settings)
    door = Listener(make_app(house), house.settings.bind, house.settings.port, listening, tls)
    anew = asyncio.create_task(house.bells["anew"].wait())
    empty = asyncio.create_task(house.bells["stop"].wait())  # The battery ends.
    ends = [asyncio.create_task(live(house)), anew, empty]
    serving = await door.start()
    ready(door.port, door.secure_port)
    gc.freeze()  # What stands now stands until the end: to look through it for rubbish took 60 ms, in which no sale was taken.
    await asyncio.wait({serving, *ends, *stops}, return_when=asyncio.FIRST_COMPLETED)
    kept = await door.stop(keep=anew.done() and not any(one.done() for one in (empty, *stops)))
    for task in ends:
        task.cancel()
    await asyncio.gather(*ends, return_exceptions=True)
    return kept


def told_to_stop() -> asyncio.Event:
    """Set at SIGTERM or Ctrl-C, from now on."""
    loop, told = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError):  # Windows: Ctrl-C comes as KeyboardInterrupt instead.
            loop.add_signal_handler(number, told.set)
    return told


async def end_of_standard_input() -> None:
    """Ends when standard input does."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while await reader.read(4096):
        pass


def run(
    folder: Path, world: World, given: dict[str, Any], as_json: bool, with_parent: bool, ready: Callable[[], None] | None = None
) -> None:
    """`tideover box`: open the data directory, say where the box listens, live until told to stop.

    ready: called once when it listens; make it short.

    Raises BoxBusy, Misconfigured, TooNew, DiskFailed. A damaged journal does not stop the start: the box
    serves what can be read and refuses to write.
    """

    said: list[int] = []

    def say_where(house: House, port: int, secure: int | None) -> None:
        if said:
            return  # Opened anew with other settings, on the same port.
        said.append(port)
        (folder / ADDRESS_FILE).write_text(f"http://{house.settings.bind}:{port}\n", encoding="ascii")
        if as_json:
            print(f'{{"port": {port}}}' if secure is None else f'{{"port": {port}, "tls_port": {secure}}}', flush=True)
        else:
            print(f"The box listens on http://{house.settings.bind}:{port}  (Ctrl-C ends it)", flush=True)
            if secure is not None:
                print(f"Other devices of the shop reach it over https on port {secure}; its page /trust says what they need", flush=True)
        if ready is not None:
            ready()
        if house.journal.broken is not None:
            house.tell(f"{house.journal.broken.message} → {house.journal.broken.hint}")

    async def main() -> None:
        told = told_to_stop()  # Before anybody can know that there is something to stop.
        stops = {asyncio.create_task(told.wait())} | ({asyncio.create_task(end_of_standard_input())} if with_parent else set())
        listening, is_over = None, False
        while not is_over:
            house = open_house(folder, world, **given)
            try:
                listening = await serve(house, stops, lambda port, secure, house=house: say_where(house, port, secure), listening)
                is_over = listening is None
            finally:
                gc.unfreeze()
                await house.shut()
        for task in stops:
            task.cancel()
        await asyncio.gather(*stops, return_exceptions=True)

    sys.setswitchinterval(SWITCH_S)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main())
