"""Under which address a device reaches the box. A till that is to work without the box needs one that its browser trusts."""

from __future__ import annotations

from typing import Any

from litestar import Request

from tideover.web import access, certificate
from tideover.web.house import House

Ask = Request[Any, Any, Any]


def is_tls(house: House) -> bool:
    """The box has a certificate."""
    return certificate.names_of(house.folder, house.settings) != ()


def for_tills(request: Ask) -> str | None:
    """`https://NAME:PORT` for other devices of the shop; None where the box has no certificate: then a till works on this machine alone."""
    if access.is_secure(request):
        return f"https://{request.headers.get('host', '')}"
    return secure(request.app.state.house)


def secure(house: House) -> str | None:
    """The box's own name over TLS, as its certificate has it."""
    names = certificate.names_of(house.folder, house.settings)
    port = house.settings.tls_port
    return f"https://{names[0]}{'' if port == 443 else f':{port}'}" if names else None


def local(request: Ask) -> str:
    """For a browser on the box's own machine, which trusts it as it is."""
    port = request.url.port if access.of(request).is_here else request.app.state.house.settings.port
    return f"http://localhost:{port or 80}"
