"""`tideover box --demo`: the whole product for a visitor, in a folder of its own that is gone afterwards."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec

from tideover.commands.output import made, say
from tideover.learn.demo_shop import demo_stock
from tideover.learn.practice_shop import PracticeShop
from tideover.process import end_of_standard_input, told_to_stop
from tideover.world import real_world

PORT = 8_788  # Beside a real box; if it is taken, any free one.
SEED = 1


def run_demo(data: Path | None, bind: str, port: int | None, lang: str, as_json: bool, with_parent: bool) -> None:
    """Until told to stop. Raises Misconfigured (a folder of a real box), RehearsalStopped."""
    say("Setting up a practice shop; a few seconds …")
    with _folder(data) as folder, contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_live(folder, bind, _port(bind) if port is None else port, lang, as_json, with_parent))


@contextlib.contextmanager
def _folder(data: Path | None) -> Iterator[Path]:
    if data is not None:
        yield made(data)
        return
    with tempfile.TemporaryDirectory(prefix="tideover-practice-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def _port(bind: str) -> int:
    with socket.socket() as trial:
        try:
            trial.bind((bind, PORT))
        except OSError:
            return 0
    return PORT


async def _live(folder: Path, bind: str, port: int, lang: str, as_json: bool, with_parent: bool) -> None:
    told = told_to_stop()
    world = real_world()
    world.chance.seed(SEED)
    shop = PracticeShop(folder, world)
    ends = {asyncio.create_task(told.wait())} | ({asyncio.create_task(end_of_standard_input())} if with_parent else set())
    opening = asyncio.create_task(shop.open(demo_stock(world, lang), bind, port))
    gone = None
    try:
        await asyncio.wait({opening, *ends}, return_when=asyncio.FIRST_COMPLETED)
        if opening.done():
            await opening
            _show(shop, bind, as_json)
            gone = asyncio.create_task(_gone(shop))
            await asyncio.wait({gone, *ends}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        # Only our own: a program whose start loses the tasks that asyncio made for it is waited for without end.
        mine = [task for task in (opening, gone, *ends) if task is not None]
        for task in mine:
            task.cancel()
        await asyncio.gather(*mine, return_exceptions=True)
        await shop.close()


async def _gone(shop: PracticeShop) -> None:
    """Ends when one of the programs does: then nothing is left to look at."""
    world = real_world()
    while shop.is_running:
        await world.pause(0.5)


def one_line(value: object) -> None:
    """As every program of the house says that it is ready."""
    click.echo(msgspec.json.encode(value).decode())


def _show(shop: PracticeShop, bind: str, as_json: bool) -> None:
    address = f"http://{bind}:{shop.port}"
    if as_json:
        players = [{"name": one.name, "pin": one.pin, "role": one.role} for one in shop.scene.players]
        one_line({"port": shop.port, "url": address, "practice": f"{address}/practice", "players": players, "data": str(shop.folder)})
        return
    click.echo(f"Open {address}/practice  (Ctrl-C ends it, and what was played is gone)")
    for one in shop.scene.players:
        click.echo(f"  {one.role:8} {one.name}  PIN {one.pin}")
