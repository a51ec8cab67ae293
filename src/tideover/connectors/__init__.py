"""Which clouds Tideover can speak to: one folder and one line here per connector.

A connector is a module with two names: `manifest` (what the cloud lets us rely on) and
`connect` (makes an object that is a Source and a Sink of ports.py). docs/connectors/README.md
is the way to a new one. Loaded only when asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

from tideover.errors import Misconfigured
from tideover.model.manifest import Manifest
from tideover.model.outage import Observation
from tideover.ports import Sink, Source
from tideover.world import World

if TYPE_CHECKING:
    import httpx

    from tideover.secret import Secrets
    from tideover.settings import Settings

CONNECTORS: dict[str, str] = {
    "assisted": "tideover.connectors.assisted",
    "practice": "tideover.connectors.practice",
    "tryton": "tideover.connectors.tryton",
}

Hear = Callable[[Observation], None]


class Cloud(Source, Sink, Protocol):
    """Both halves of a connector."""


class Connector(Protocol):
    """What a connector's module offers."""

    manifest: Manifest

    def connect(self, settings: Settings, secrets: Secrets, world: World, client: httpx.AsyncClient, hear: Hear) -> Cloud:
        """The cloud, not yet spoken to. `hear` is told what every real call showed.

        What `tideover connect` was told stands in settings.cloud_url (the ask named `url`) and, all the rest,
        as one JSON object in the secret "cloud.login".
        """


def load(name: str) -> Connector:
    """The connector of that name; raises Misconfigured if there is none."""
    if name not in CONNECTORS:
        raise Misconfigured(setting="cloud", why=f"there is no connector {name!r}, only {', '.join(CONNECTORS)}", file="tideover.toml")
    return cast(Connector, import_module(CONNECTORS[name]))
