"""A real NUT of its own: upsd and dummy-ups in private folders on a free port; and a server that says what NUT never would."""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

PLACES = "/lib/nut:/usr/lib/nut:/usr/libexec/nut:/usr/sbin:/sbin:/usr/bin"  # Debian's /usr/sbin/upsd is a script that asks /etc first.
DRIVER, UPSD, UPSRW = (shutil.which(one, path=PLACES) for one in ("dummy-ups", "upsd", "upsrw"))
WHY_NOT = "" if DRIVER and UPSD and UPSRW else "NUT is not installed: apt install nut-server nut-client"
BEGIN_S = 15.0

VARS = """ups.status: OL CHRG
ups.mfr: Tideover
battery.charge: 97
battery.runtime: 1450
"""
USERS = """[box]
password = only-in-this-test
actions = SET
instcmds = ALL
"""


class Room:
    """One server with one battery."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port, self.setting = folder, port, f"counter@127.0.0.1:{port}"
        self._children: dict[str, subprocess.Popen[bytes]] = {}

    def begin(self) -> None:
        """Both programs, as root: they drop no rights, for their folders are nobody else's."""
        (self.folder / "ups.conf").write_text(f"[counter]\ndriver = dummy-ups\nport = {self.folder / 'battery.dev'}\npollinterval = 1\n")
        (self.folder / "battery.dev").write_text(VARS)
        (self.folder / "upsd.conf").write_text(f"LISTEN 127.0.0.1 {self.port}\nMAXAGE 3\n")
        (self.folder / "upsd.users").write_text(USERS)
        for file in self.folder.iterdir():
            file.chmod(0o640)
        self.start_driver()
        self._start("upsd", str(UPSD), "-F", "-u", self._me())

    def start_driver(self) -> None:
        self._start("driver", str(DRIVER), "-a", "counter", "-F", "-u", self._me())

    def _start(self, name: str, *command: str) -> None:
        private = dict.fromkeys(("NUT_CONFPATH", "NUT_STATEPATH", "NUT_ALTPIDPATH"), str(self.folder))
        with open(self.folder / f"{name}.log", "ab") as log:
            self._children[name] = subprocess.Popen(command, env={**os.environ, **private}, stdout=log, stderr=log, cwd=self.folder)

    def _me(self) -> str:
        return pwd.getpwuid(os.getuid()).pw_name

    def set(self, name: str, value: str) -> None:
        """What the battery says from now on."""
        command = [str(UPSRW), "-s", f"{name}={value}", "-u", "box", "-p", "only-in-this-test", self.setting]
        subprocess.run(command, check=True, capture_output=True)

    def kill_driver(self) -> None:
        child = self._children.pop("driver")
        child.send_signal(signal.SIGKILL)
        child.wait()

    def end(self) -> None:
        for child in self._children.values():
            child.terminate()
        for child in self._children.values():
            child.wait(10)


@contextmanager
def nut(folder: Path) -> Iterator[Room]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    room = Room(folder, port)
    room.begin()
    try:
        yield room
    finally:
        room.end()


async def until(look, fits, limit_s: float = BEGIN_S):
    """Looks until what it sees fits; the last look where it never does."""
    end_s = time.monotonic() + limit_s
    while True:
        seen = await look()
        if fits(seen) or time.monotonic() > end_s:
            return seen
        await asyncio.sleep(0.1)


@asynccontextmanager
async def saying(answer: bytes, *, hangs: bool = False) -> AsyncIterator[int]:
    """A server that answers every question with these bytes; its port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(answer)
        await writer.drain()
        if hangs:
            await reader.read()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()
