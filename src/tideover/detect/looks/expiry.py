"""How long the box's own certificate is still good: tills hide its end, for they open from what they keep and only stop sending.

Four looks at one file, each with its own limit, so that a month, two weeks, a week and the end are told apart. Renews nothing.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from cryptography import x509

from tideover.detect.looks.probe import TIMEOUT_S
from tideover.detect.sight import Sight
from tideover.model.outage import Observation, Verdict
from tideover.settings import Settings
from tideover.world import World

SERVICE = "certificate"
LIMITS_DAYS = (0, 7, 14, 30)  # The worst first.
OWN = Path("tls") / "box.pem"


class ExpiryProbe:
    """Is it good for longer than so many days?"""

    timeout_s = TIMEOUT_S

    def __init__(self, path: Path, days: int, world: World) -> None:
        self.name, self._path, self._days, self._world = str(days), path, days, world

    async def look(self) -> Observation:
        now = self._world.now()
        try:
            ends = x509.load_pem_x509_certificate(self._path.read_bytes()).not_valid_after_utc
        except (OSError, ValueError):
            return Observation(SERVICE, "self", self.name, None, now, "could not look")
        left = ends - now
        text = f"ends in {left.days} days" if left > timedelta(0) else f"ended {-left.days} days ago"
        return Observation(SERVICE, "self", self.name, left > timedelta(days=self._days), now, text)


def expiry_probes(settings: Settings, folder: Path, world: World) -> list[ExpiryProbe]:
    """None where the box has no certificate."""
    path = folder / (settings.tls_certificate or OWN)
    return [ExpiryProbe(path, days, world) for days in LIMITS_DAYS] if path.is_file() else []


def verdict_of(sights: list[Sight]) -> Verdict | None:
    """Down when it is over, degraded before; None where nothing looks at a certificate."""
    mine = sorted((one for one in sights if one.service == SERVICE), key=lambda one: int(one.target))
    if not mine:
        return None
    evidence = (mine[0].text,)
    for one in mine:
        if one.failing:
            state = "down" if one.target == "0" else "degraded"
            return Verdict(SERVICE, state, f"certificate-{one.target}", evidence, one.turned_at, ("self",))
    return Verdict(SERVICE, "up", "none", evidence, min(one.since for one in mine if one.since), ("self",))
