"""Asks NUT (Network UPS Tools, its upsd) how the battery of this machine is. Reads only: it never switches anything.

What NUT does not know for sure (stale data, a driver that is gone or still begins) is unknown, never "the mains are off": a cable
between battery and machine drops out at just the moment in which the power changes.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Callable, Mapping
from datetime import datetime

from tideover.errors import Misconfigured
from tideover.model.outage import Observation
from tideover.model.power import PowerLook
from tideover.ports import Probe
from tideover.rules.address import is_host
from tideover.settings import FILE, Settings
from tideover.world import World

PORT = 3493
TIMEOUT_S = 3.0
LINE_BYTES_MAX = 1_024
LINES_MAX = 1_000  # A battery tells some fifty variables.
LEFT_S_MAX = 7 * 86_400
NAME = re.compile(r"[A-Za-z0-9._-]{1,60}", re.ASCII)
VAR = re.compile(r'VAR (\S+) (\S+) "((?:[^"\\]|\\.)*)"')
ERROR = re.compile(r"ERR ([A-Z-]+)")

WHY = {
    "DRIVER-NOT-CONNECTED": "NUT has lost the battery: look at its cable",
    "DATA-STALE": "what NUT knows of the battery is old: look at its cable",
    "UNKNOWN-UPS": "NUT knows no battery of this name",
    "ACCESS-DENIED": "NUT does not let the box look",
}
MUTE = "NUT does not answer"
STRANGE = "answers, but not as NUT does"
EARLY = "NUT does not know yet"
MINUTES_FROM_S = 90  # Less is told in seconds.

Vars = Mapping[str, str]


class UpsProbe:
    """One battery, by its name at one server."""

    timeout_s = TIMEOUT_S

    def __init__(self, name: str, host: str, port: int, world: World, hear: Callable[[PowerLook], None] = lambda look: None) -> None:
        """hear: is told each look, with the figures that an observation has no place for."""
        self.name, self._host, self._port, self._world, self._hear = name, host, port, world, hear

    async def look(self) -> Observation:
        began_s = self._world.stopwatch_s()
        try:
            said = await self._world.within(self.timeout_s, self._ask())
        except TimeoutError:
            said = MUTE
        except (OSError, EOFError, ValueError):  # ValueError: a line without end.
            said = MUTE
        now = self._world.now()
        look = PowerLook("unknown", now, said) if isinstance(said, str) else understood(said, now)
        self._hear(look)
        ok = {"mains": True, "battery": False, "low": False, "unknown": None}[look.word]
        took_ms = round((self._world.stopwatch_s() - began_s) * 1000)
        return Observation("power", "ups", self.name, ok, now, look.text, took_ms)

    async def _ask(self) -> dict[str, str] | str:
        """Everything it knows of the battery, or why it knows nothing."""
        reader, writer = await asyncio.open_connection(self._host, self._port, limit=LINE_BYTES_MAX)
        try:
            writer.write(f"LIST VAR {self.name}\n".encode("ascii"))
            found: dict[str, str] = {}
            for _ in range(LINES_MAX):
                said = await reader.readline()
                if not said.endswith(b"\n"):
                    return MUTE
                line = said.decode("utf-8", "replace").strip()
                if (error := ERROR.match(line)) is not None:
                    return WHY.get(error[1], EARLY)
                if line == f"END LIST VAR {self.name}":
                    return found
                if (var := VAR.fullmatch(line)) is not None and var[1] == self.name:
                    found[var[2]] = re.sub(r"\\(.)", r"\1", var[3])
                elif line != f"BEGIN LIST VAR {self.name}":
                    return STRANGE
            return STRANGE
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


def understood(found: Vars, at: datetime) -> PowerLook:
    """What NUT's variables mean; `at`: when they were read.

    ups.status: OL on mains, OB on battery, LB low, FSD told to go down, CAL trying itself, BYPASS past the battery, WAIT begins.
    """
    words = frozenset(found.get("ups.status", "").split())
    left_s, charge = _number(found, "battery.runtime", LEFT_S_MAX), _number(found, "battery.charge", 100)
    word, text = "unknown", EARLY
    if words & {"WAIT", "STALE"} or not words:
        pass
    elif "FSD" in words:
        word, text = "low", "the battery is at its end: the machine was told to go down"
    elif "OB" in words and "LB" in words:
        word, text = "low", _on_battery(left_s, charge, is_low=True)
    elif "OB" in words:
        word, text = "battery", _on_battery(left_s, charge)
    elif words & {"OL", "BYPASS"}:
        word, text = "mains", _on_mains(words, charge)
    return PowerLook(word, at, text, left_s if word in ("battery", "low") else None, "FSD" in words)


def _on_mains(words: frozenset[str], charge: int | None) -> str:
    if "RB" in words:
        return "on mains; its battery is worn and has to be replaced"
    if "BYPASS" in words:
        return "on mains, past the battery: nothing holds when the mains go"
    if "CAL" in words:
        return "on mains; the battery tries itself"
    return "on mains" if charge is None else f"on mains, battery {charge} %"


def _on_battery(left_s: int | None, charge: int | None, is_low: bool = False) -> str:
    """How long it still holds, as far as it says; each a whole sentence, so that it can be told in another language."""
    if left_s is not None and left_s < MINUTES_FROM_S:
        return f"on battery, nearly empty, about {left_s} seconds left" if is_low else f"on battery, about {left_s} seconds left"
    if left_s is not None:
        minutes = left_s // 60
        return f"on battery, nearly empty, about {minutes} minutes left" if is_low else f"on battery, about {minutes} minutes left"
    if charge is not None:
        return f"on battery, nearly empty, {charge} % left" if is_low else f"on battery, {charge} % left"
    return "on battery, nearly empty" if is_low else "on battery"


def _number(found: Vars, name: str, most: int) -> int | None:
    """A figure of the battery; None where it tells none, or one that cannot be."""
    try:
        value = float(found.get(name, ""))
    except ValueError:
        return None
    return int(value) if 0 <= value <= most else None


def ups_probes(settings: Settings, world: World, hear: Callable[[PowerLook], None] = lambda look: None) -> list[Probe]:
    """The battery of the settings, if there is one. Raises Misconfigured."""
    text = settings.ups.strip()
    if not text:
        return []
    name, _, server = text.partition("@")
    host, colon, port = server.rpartition(":")
    if not colon or server.endswith("]"):
        host, port = server, str(PORT)
    host = host.removeprefix("[").removesuffix("]") or "localhost"
    if not NAME.fullmatch(name) or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65_536 or not is_host(host):
        raise Misconfigured(setting="ups", why=f"{text!r} is not NAME@HOST or NAME@HOST:PORT", file=FILE)
    return [UpsProbe(name, host, int(port), world, hear)]
