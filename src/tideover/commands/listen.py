"""`tideover listen`: on another machine, hears a shop's heartbeat and writes when it stops. Once for the silence, once for its end.

Whoever runs a dead man's switch elsewhere needs none of this. What it heard last, and what it still has to tell, outlives it.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import ssl
from pathlib import Path
from typing import Any

import click
import msgspec
from msgspec import Struct
from msgspec.structs import replace

from tideover.commands.output import data_folder, data_option, say
from tideover.disk import write_whole
from tideover.errors import FolderUnusable, Misconfigured
from tideover.model.receipt import Letter
from tideover.ports import Mailer
from tideover.settings import Settings
from tideover.words import Say
from tideover.world import World, from_ms, real_world, to_ms

STATE = "listen.json"
HEAD_BYTES_MAX = 8 * 1024
ASK_S = 10.0  # A caller that is slower than this is let go.
LOOK_S = 1.0
AGAIN_S = 60.0  # After a mail server that did not take it.
LETTERS_MAX = 20  # Kept while no mail server takes them.


class Heard(Struct, frozen=True):
    """All that outlives this program."""

    token: str
    last_ms: int = 0  # 0: never heard.
    is_silent: bool = False  # It was told that nothing is heard.
    letters: tuple[str, ...] = ()  # What still has to be told, to everybody.


class Listener:
    """Hears one shop."""

    def __init__(self, file: Path, world: World, span_s: float, settings: Settings) -> None:
        self._file, self._world, self._span_ms, self._settings = file, world, round(span_s * 1_000), settings
        self.heard, self._began_ms = self._read(), to_ms(world.now())

    def _read(self) -> Heard:
        try:
            return msgspec.json.decode(self._file.read_bytes(), type=Heard)
        except FileNotFoundError:
            fresh = Heard(self._world.secret_bytes(24).hex())
        except msgspec.DecodeError as error:
            raise Misconfigured(
                setting=f"({STATE})", why="it cannot be read; delete it to begin anew, with another address", file=self._file
            ) from error
        write_whole(self._file, msgspec.json.encode(fresh), mode=0o600)  # An address that the next start forgot would be worth nothing.
        return fresh

    def _keep(self, heard: Heard) -> None:
        """What is heard counts, whatever the disk does; it is told anew after the next start, then."""
        self.heard = heard
        try:
            write_whole(self._file, msgspec.json.encode(heard), mode=0o600)
        except FolderUnusable as error:
            say(error.message)

    def beat(self) -> None:
        """It is heard; on stable storage when this returns, where the disk takes it."""
        now_ms, was, word = to_ms(self._world.now()), self.heard, Say(self._settings.language)
        letters = was.letters
        if was.is_silent:
            minutes = max(0, now_ms - was.last_ms) // 60_000
            letters += (word("The box of {who} is heard again. It was silent for {n} minutes.", who=self._settings.shop_name, n=minutes),)
        self._keep(replace(was, last_ms=now_ms, is_silent=False, letters=letters[-LETTERS_MAX:]))

    def look(self) -> None:
        """Silent for too long? Said once."""
        was, now_ms = self.heard, to_ms(self._world.now())
        if was.is_silent or not was.last_ms or now_ms - max(was.last_ms, self._began_ms) <= self._span_ms:
            return  # While this program was away itself, nothing could be heard.
        word = Say(self._settings.language)
        clock = word.clock(from_ms(was.last_ms), self._settings.time_zone, from_ms(now_ms))
        text = word("Nothing is heard from the box of {who} since {clock}. Ring the shop.", who=self._settings.shop_name, clock=clock)
        self._keep(replace(was, is_silent=True, letters=(*was.letters, text)[-LETTERS_MAX:]))

    def told(self) -> None:
        """The first letter has reached everybody."""
        self._keep(replace(self.heard, letters=self.heard.letters[1:]))

    async def door(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One caller: whoever knows the address is the box."""
        try:
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), ASK_S)
            path = head.split(b" ", 2)[1] if head.count(b" ") > 1 else b""
            is_known = hmac.compare_digest(path, f"/beat/{self.heard.token}".encode())
            if is_known:
                self.beat()
            writer.write(b"HTTP/1.1 %s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" % (b"204 Heard" if is_known else b"404 No"))
            await asyncio.wait_for(writer.drain(), ASK_S)
        except (TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
            pass
        finally:
            writer.close()


@click.command(
    epilog="Example: tideover listen --data ~/watch --port 8790 --notify aino@example.fi   (first: tideover mail --data ~/watch …)"
)
@click.option("--port", type=click.IntRange(0, 65_535), default=8790, show_default=True)
@click.option("--bind", default="0.0.0.0", show_default=True, help="Address to listen on.")
@click.option("--every", type=click.FloatRange(1, 86_400), default=300, show_default=True, help="Seconds between two calls (heartbeat_s).")
@click.option("--grace", type=click.FloatRange(1, 86_400), default=300, show_default=True, help="So much later it counts as silent.")
@click.option("--notify", multiple=True, required=True, metavar="ADDRESS", help="Who is written to; may be given several times.")
@click.option("--certificate", type=click.Path(exists=True, dir_okay=False), default=None, help="PEM file for https.")
@click.option("--key", type=click.Path(exists=True, dir_okay=False), default=None, help="PEM file that goes with it.")
@data_option
def listen(
    port: int, bind: str, every: float, grace: float, notify: tuple[str, ...], certificate: str, key: str, data: Path | None
) -> None:
    """Hear a shop's heartbeat on another machine, and write when it stops. Runs until it is stopped."""
    asyncio.run(_listen(data_folder(data), port, bind, every + grace, notify, _context(certificate, key)))


def _context(certificate: str | None, key: str | None) -> ssl.SSLContext | None:
    if certificate is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    return context


async def _listen(folder: Path, port: int, bind: str, span_s: float, notify: tuple[str, ...], context: Any) -> None:
    """Raises Misconfigured."""
    from contextlib import closing

    from tideover.drivers.mail import mailer_of
    from tideover.secret import Secrets
    from tideover.settings import read_settings

    world, settings = real_world(), read_settings(folder)
    with closing(Secrets(folder, world)) as secrets:
        mailer = mailer_of(settings, secrets, world)
        if mailer is None:
            raise Misconfigured(setting="mail_server", why="nobody could be told: set it up with 'tideover mail'", file=folder)
        listener = Listener(folder / STATE, world, span_s, settings)
        server = await asyncio.start_server(listener.door, bind, port, limit=HEAD_BYTES_MAX, ssl=context)
        own = f"{'https' if context else 'http'}://{{host}}:{server.sockets[0].getsockname()[1]}/beat/{listener.heard.token}"
        click.echo(json.dumps({"heartbeat_url": own, "last_ms": listener.heard.last_ms}))
        async with server:
            await _watch(listener, mailer, world, notify)


async def _watch(listener: Listener, mailer: Mailer, world: World, notify: tuple[str, ...]) -> None:
    left = notify  # Of the first letter.
    while True:
        listener.look()
        while listener.heard.letters:
            if left := await tell(listener.heard.letters[0], mailer, world, left):
                await world.pause(AGAIN_S)
                break
            listener.told()
            left = notify
        await world.pause(LOOK_S)


async def tell(text: str, mailer: Mailer, world: World, notify: tuple[str, ...]) -> tuple[str, ...]:
    """Write to all of them; returns those whose letter was not taken now, for the next time."""
    say(text)
    left = []
    for to in notify:
        answer = await mailer.send(Letter(world.new_id(), to, text, text + "\n"))
        if answer.why:
            say(answer.why)
        if answer.word == "away":
            left.append(to)
    return tuple(left)
