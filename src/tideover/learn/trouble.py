"""Breaks things in a practice box, there where its probes look: the line and the cloud at the fault proxy, the rest as looks.

Works only in a practice box. It writes nothing into the journal: what follows from a trouble, the box concludes by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from tideover.errors import NotFound, Unavailable
from tideover.learn.practice_folder import Scene
from tideover.model.outage import Kind, Observation
from tideover.ports import Probe
from tideover.world import World

if TYPE_CHECKING:
    import httpx

CONTROL_S = 3.0  # Its own machine's proxy answers in a millisecond.
LOOK_S = 1.0
SENDS = 20  # Over so many sends the nasty faults are spread.
WELL = "well"


class Seen(Struct, frozen=True):
    """A look that a trouble makes fail."""

    service: str
    kind: Kind
    target: str
    text: str


class Trouble(Struct, frozen=True):
    """One thing that can be broken."""

    title: str
    what: str  # What a visitor will see.
    calls: tuple[tuple[str, dict[str, Any]], ...] = ()  # To the fault proxy's control.
    looks: tuple[Seen, ...] = ()
    is_cloud: bool = True  # The shop's own cloud till is away, or worse than usual.


def _said(service: str, text: str) -> tuple[Seen, ...]:
    return (Seen(service, "person", "Practice", text),)


NASTY = {"lost-reply": 0.2, "duplicate": 0.2, "busy": 0.1, "slow": 0.1}
TROUBLES: dict[str, Trouble] = {
    "line": Trouble("Line down", "Cuts the shop's internet line. The router still answers.", (("/line", {"up": False}),)),
    "cloud": Trouble("Cloud down", "Takes the cloud till away. The line still works.", (("/cloud", {"up": False}),)),
    "login": Trouble(
        "Log-in broken",
        "The cloud answers, but lets nobody in.",
        (("/login", {"works": False}),),
        (Seen("login", "login", "the cloud's log-in", "user or password is wrong"),),
    ),
    "slow": Trouble(
        "Slow", "Every call to the cloud takes its time.", (("/faults", {"faults": {"slow": 1.0}, "sends_expected": 1}),), is_cloud=False
    ),
    "nasty": Trouble(
        "Nasty",
        "Answers get lost, calls arrive twice, the cloud is busy. Nothing may be lost or doubled.",
        (("/faults", {"faults": NASTY, "sends_expected": SENDS}),),
        is_cloud=False,
    ),
    "cards": Trouble("Card payments down", "The card terminal finds no connection.", (), _said("cards", "no connection"), False),
}
ALL_WELL = (("/line", {"up": True}), ("/cloud", {"up": True}), ("/login", {"works": True}), ("/off", {}))


class Practising:
    """The troubles of one practice box: `start` and `mend` them; `probes` show them to the watch."""

    def __init__(self, scene: Scene, client: httpx.AsyncClient, world: World) -> None:
        self.scene, self._client, self._world = scene, client, world
        self._broken: list[str] = []
        looks = {(look.service, look.target): look for one in TROUBLES.values() for look in one.looks}
        self.probes: list[Probe] = [TroubleProbe(look, self, world) for look in looks.values()]

    @property
    def broken(self) -> tuple[str, ...]:
        """What is broken now, in the order in which it broke."""
        return tuple(self._broken)

    def is_seen(self, look: Seen) -> bool:
        """True while a trouble makes that look fail."""
        return any(look in TROUBLES[name].looks for name in self._broken)

    async def start(self, name: str) -> None:
        """Break it. Raises NotFound for a trouble that is none, Unavailable if the fault proxy does not answer."""
        if name not in TROUBLES:
            raise NotFound(what="trouble", id=name[:40])
        await self._tell(TROUBLES[name].calls)
        if name not in self._broken:
            self._broken.append(name)

    async def mend(self) -> None:
        """All is well again. Raises Unavailable."""
        await self._tell(ALL_WELL)
        self._broken.clear()

    async def _tell(self, calls: Sequence[tuple[str, dict[str, Any]]]) -> None:
        import httpx

        for path, body in calls:
            url = f"http://127.0.0.1:{self.scene.control}{path}"
            try:
                reply = await self._world.within(CONTROL_S, self._client.post(url, content=msgspec.json.encode(body)))
            except (httpx.HTTPError, TimeoutError) as error:
                raise Unavailable(who="The fault proxy", why=str(error) or type(error).__name__) from error
            if reply.status_code != 200:
                raise Unavailable(who="The fault proxy", why=f"it answered {reply.status_code}")


class TroubleProbe:
    """Sees what the practice plays."""

    timeout_s = LOOK_S

    def __init__(self, look: Seen, practising: Practising, world: World) -> None:
        self.name, self._look, self._practising, self._world = look.target, look, practising, world

    async def look(self) -> Observation:
        """Never waits."""
        is_seen, now, one = self._practising.is_seen(self._look), self._world.now(), self._look
        return Observation(one.service, one.kind, one.target, not is_seen, now, one.text if is_seen else "answers")
