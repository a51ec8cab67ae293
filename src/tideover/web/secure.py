"""The box's https as it runs: the certificate in use, renewed by the box itself long before its end. Ends no connection for it."""

from __future__ import annotations

import contextlib
import ssl
from pathlib import Path

from tideover.errors import TideoverError
from tideover.settings import Settings
from tideover.web import certificate
from tideover.web.certificate import Paths
from tideover.world import World

LOOK_S = 6 * 3600.0  # Between two looks whether it is to be renewed, and whether another lies there.


class Tls:
    """What a listener for https needs."""

    def __init__(self, folder: Path, world: World, settings: Settings, paths: Paths) -> None:
        """Raises Misconfigured."""
        self._folder, self._world, self._paths, self.port = folder, world, paths, settings.tls_port
        self.context: ssl.SSLContext = certificate.context_of(paths)
        self._held = paths.certificate.read_bytes()

    def look(self) -> None:
        """Renew the box's own where its end is near; take up what lies there now. Raises nothing: the one in use stays in use."""
        with contextlib.suppress(TideoverError, OSError):
            if self._paths.is_own_authority and certificate.may_renew(self._folder, self._world.now()):
                certificate.renew(self._folder, self._world)
            held = self._paths.certificate.read_bytes()
            if held != self._held:
                certificate.load_into(self.context, self._paths)
                self._held = held

    async def keep(self) -> None:
        """Look now and again, until cancelled."""
        self._world.busy(+1)
        while True:
            self.look()
            await self._world.pause(LOOK_S)


def tls_of(folder: Path, world: World, settings: Settings) -> Tls | None:
    """None where the box has no certificate. Raises Misconfigured."""
    paths = certificate.paths_of(folder, settings)
    return None if paths is None else Tls(folder, world, settings, paths)
