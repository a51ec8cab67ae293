"""Proves that a line carries what a shop needs: the cloud's log-in page is reached over it, and a page comes fast enough.

Bound to the line, bounded in bytes and time; sends nothing about the shop and follows nothing.
"""

from __future__ import annotations

import asyncio
import socket
from urllib.parse import urlsplit

from msgspec import Struct

from tideover.detect.looks.addresses import Addresses
from tideover.detect.looks.bound import ANY, Way, way_of
from tideover.detect.looks.page import Asker, Url, url_of
from tideover.detect.looks.probe import address_of
from tideover.detect.looks.reach import connect, trust
from tideover.model.line import Line
from tideover.model.switching import LineProved
from tideover.settings import Settings
from tideover.world import World

REACH_S = 10.0  # A slow phone line answers in one second, a very bad one in five.
MEASURE_S = 8.0
BYTES_MAX = 400_000  # What one measure may cost: at 1 Mbit/s it takes 3.2 s.
BYTES_MIN = 100_000  # Fewer say nothing about speed.
TRIES, TRY_S = 3, 2.0  # A lossy line gets three chances before it counts as carrying nothing.
ASKS_MAX = 12  # A small page is asked so often at most.
CHUNK = 16_384
SERVER_ERROR = 500
FAST_ENOUGH = 125_000  # 1 Mbit/s, in bytes per second.


class Measure(Struct):
    """What came over the line so far."""

    count: int = 0
    seconds: float = 0.0
    is_whole: bool = False  # It was measured for its whole time, and still more was to come: slow, for sure.

    @property
    def bytes_per_s(self) -> int | None:
        """None where too little came to say it; a small page that came fast enough all the same is proof enough."""
        if self.seconds <= 0:
            return None
        speed = round(self.count / self.seconds)
        return speed if self.count >= BYTES_MIN or speed >= FAST_ENOUGH or self.is_whole else None


class LineProver:
    """Proves lines of one shop."""

    def __init__(self, world: World, page: Url, large: Url) -> None:
        """page: the cloud's log-in page; large: the one that is fetched to measure."""
        self._world, self._page, self._large, self._book = world, page, large, Addresses(world)

    async def prove(self, line: Line, measures: bool) -> LineProved:
        """Raises nothing; ends in REACH_S + MEASURE_S."""
        way = way_of(line)
        if not way.can_bind:
            return LineProved(
                line.name, False, None, "the settings name no device and no address of this line, so nothing can be sent over it"
            )
        try:
            page = await self._world.within(REACH_S, Asker(self._page, self._book, way).ask())
        except TimeoutError:
            return LineProved(line.name, False, None, f"the log-in page does not answer in {REACH_S:g} s")
        except (OSError, EOFError) as error:
            return LineProved(line.name, False, None, f"the log-in page is not reached: {getattr(error, 'strerror', None) or 'broken off'}")
        if not page.is_bound:
            return LineProved(line.name, False, None, "this machine cannot send over this line alone")
        if not 0 < page.status < SERVER_ERROR:
            return LineProved(line.name, False, None, f"the log-in page answers {page.status}")
        measure = await self._measure(way) if measures else Measure()
        return LineProved(line.name, True, measure.bytes_per_s, "the log-in page is reached")

    async def answers(self) -> bool:
        """The log-in page, by whatever way this machine takes. Raises nothing."""
        try:
            page = await self._world.within(REACH_S, Asker(self._page, self._book).ask())
        except (TimeoutError, OSError, EOFError):
            return False
        return 0 < page.status < SERVER_ERROR

    async def _measure(self, way: Way) -> Measure:
        """Fetch until it is enough; what came until it broke off counts."""
        found = Measure()
        try:
            await self._world.within(MEASURE_S, self._fetch_all(way, found))
        except TimeoutError:
            found.is_whole = found.count > 0
        except (OSError, EOFError):
            pass
        return found

    async def _fetch_all(self, way: Way, found: Measure) -> None:
        for _ in range(ASKS_MAX):
            before = found.count
            await self._fetch(way, found)
            if found.count >= BYTES_MAX or found.count == before:
                return

    async def _fetch(self, way: Way, found: Measure) -> None:
        url = self._large
        one, _ = await connect(way, await self._book.of(url.host, url.port))
        secured = {"ssl": trust(), "server_hostname": url.host} if url.tls else {}
        reader, writer = await asyncio.open_connection(sock=one, **secured)
        fields = (
            f"GET {url.path} HTTP/1.1",
            f"Host: {url.netloc}",
            "User-Agent: tideover",
            "Accept-Encoding: identity",
            "Connection: close",
        )
        head = "\r\n".join(fields) + "\r\n\r\n"
        began_s, passed_s = self._world.stopwatch_s(), found.seconds
        try:
            writer.write(head.encode("ascii", "replace"))
            while found.count < BYTES_MAX and (piece := await reader.read(CHUNK)):
                found.count += len(piece)
                found.seconds = passed_s + self._world.stopwatch_s() - began_s
        finally:
            writer.transport.abort()


class Carries:
    """Does this line carry now: the quick word that a driver asks for when it moves the shop."""

    def __init__(self, settings: Settings, world: World, prover: LineProver | None) -> None:
        """Raises Misconfigured."""
        self._world, self._prover, self._book = world, prover, Addresses(world)
        self._anchors = [address_of(one, "anchors") for one in settings.anchors]

    async def __call__(self, line: Line) -> str:
        """ "" where it does, else why not; any anchor is enough, and the log-in page where there is none. Raises nothing."""
        if not self._anchors:
            found = None if self._prover is None else await self._prover.prove(line, False)
            return "" if found is None or found.works else found.text
        return await self._over(way_of(line))

    async def from_here(self) -> bool:
        """The same by whatever way this machine takes: what a router is asked for that moves the whole shop. Raises nothing."""
        if not self._anchors:
            return self._prover is None or await self._prover.answers()
        return not await self._over(ANY)

    async def _over(self, way: Way) -> str:
        why = ""
        for _ in range(TRIES):
            tries = [asyncio.ensure_future(self._reach(way, *one)) for one in self._anchors]
            try:
                for first in asyncio.as_completed(tries):
                    if not (why := await first):
                        return ""
            finally:
                for one in tries:
                    one.cancel()
        return why

    async def _reach(self, way: Way, host: str, port: int) -> str:
        try:
            one, is_bound = await self._world.within(TRY_S, self._connect(way, host, port))
        except TimeoutError:
            return "nothing answers over it"
        except OSError as error:
            return f"nothing answers over it: {error.strerror or 'broken off'}"
        one.close()
        return "" if is_bound else "this machine cannot send over this line alone"

    async def _connect(self, way: Way, host: str, port: int) -> tuple[socket.socket, bool]:
        return await connect(way, await self._book.of(host, port))


def prover_of(settings: Settings, world: World) -> LineProver | None:
    """None where the settings name no page of the cloud. Raises Misconfigured."""
    page = settings.cloud_page or (settings.cloud_url if urlsplit(settings.cloud_url).scheme in ("http", "https") else "")
    page = page or settings.proof_page
    if not page:
        return None
    large = settings.proof_page or page
    return LineProver(world, url_of(page, "cloud_page"), url_of(large, "proof_page"))
