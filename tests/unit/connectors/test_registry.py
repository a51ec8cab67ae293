"""The registry loads what it names, and nothing before it is asked to."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import pytest

from tideover.connectors import CONNECTORS, load
from tideover.errors import LoginRefused, Misconfigured
from tideover.model.manifest import Manifest
from tideover.settings import Settings


@pytest.mark.parametrize("name", sorted(CONNECTORS))
def test_each_connector_has_a_manifest_of_its_name(name: str) -> None:
    """`manifest` and `connect` are there, and a sentence says what "once" means."""
    connector = load(name)

    assert isinstance(connector.manifest, Manifest)
    assert name == connector.manifest.name
    assert connector.manifest.once.endswith(".")
    assert callable(connector.connect)


def test_an_unknown_connector_is_misconfigured() -> None:
    """The error names those there are."""
    with pytest.raises(Misconfigured, match="assisted, practice"):
        load("square")


def test_the_list_costs_no_connector() -> None:
    """Listing the connectors imports none of them, nor a network library."""
    program = "import sys, tideover.connectors; print([m for m in sys.modules if 'httpx' in m or 'connectors.' in m])"
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert "[]" == found.stdout.strip()


def test_practice_without_an_address_is_misconfigured() -> None:
    """It says which setting is missing."""
    with pytest.raises(Misconfigured, match="cloud_url"):
        load("practice").connect(Settings(cloud="practice"), {}, None, None, lambda _: None)  # type: ignore[arg-type]


def test_practice_without_a_stored_password_is_login_refused() -> None:
    """Nothing is sent; a person has to connect again."""
    settings = Settings(cloud="practice", cloud_url="http://127.0.0.1:9")
    cloud = load("practice").connect(settings, {}, None, None, lambda _: None)  # type: ignore[arg-type]

    with pytest.raises(LoginRefused):
        asyncio.run(cloud.renew_login())
