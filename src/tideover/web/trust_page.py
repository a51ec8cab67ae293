"""How a device comes to trust the box, in plain words, device by device; readable without trust, and the authority's file with it.

Says what trusting means and what it does not. The file is no secret; that it is the right one shows by its fingerprint.
"""

from __future__ import annotations

from typing import Any

from cryptography.hazmat.primitives import serialization
from litestar import Request, Response, get
from litestar.datastructures import State

from tideover.errors import NotFound
from tideover.kit.qr import picture, reachable_host
from tideover.web import access, address, certificate
from tideover.web.house import House
from tideover.web.pages import render

Ask = Request[Any, Any, Any]
FILE = "tideover-ca.crt"

# What a person does on each kind of device, in order. Names of menus as the makers write them in English.
WAYS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "iPhone and iPad",
        (
            "Open the file in Safari and allow the profile.",
            "Settings, General, VPN & Device Management: install the profile.",
            "Settings, General, About, Certificate Trust Settings: turn it on. Without this second step nothing works.",
        ),
    ),
    (
        "Android",
        (
            "Open the file. If it only lands in the downloads:"
            " Settings, Security, Encryption & credentials, Install a certificate, CA certificate.",
            "Confirm the warning: it is right in general, and narrowed here to this shop's own network.",
        ),
    ),
    (
        "Windows",
        (
            "Open the file and choose Install certificate, Current user.",
            "Choose Place all certificates in the following store, Trusted Root Certification Authorities.",
            "Firefox takes them from there, too.",
        ),
    ),
    (
        "Mac",
        ("Open the file: it lands in Keychain Access.", "Open it there, Trust, When using this certificate: Always Trust."),
    ),
    (
        "Linux",
        (
            "Chromium: Settings, Privacy and security, Security, Manage certificates, Authorities, Import.",
            "Firefox: Settings, Privacy & Security, Certificates, View Certificates, Authorities, Import; tick websites.",
        ),
    ),
)


def _authority(house: House) -> Any:
    path = house.folder / certificate.FOLDER / certificate.CA
    paths = certificate.paths_of(house.folder, house.settings)
    return certificate.read(path) if paths is not None and paths.is_own_authority and path.is_file() else None


@get("/trust", guards=[access.anyone], include_in_schema=False)
async def trust(request: Ask) -> Response[Any]:
    house: House = request.app.state.house
    found, settings = _authority(house), house.settings
    secure = address.secure(house)
    shown = None if secure is None else picture(f"{secure}/till/")
    host = reachable_host(settings) or (certificate.names_of(house.folder, settings) or ("",))[0]
    file_at = f"http://{host}{'' if settings.port == 80 else f':{settings.port}'}/trust/{FILE}" if host else ""
    facts: dict[str, Any] = {"secure": secure, "shown": shown, "ways": WAYS, "here": "/trust", "local": address.local(request)}
    facts |= {"fingerprint": "" if found is None else certificate.fingerprint(found), "file": f"/trust/{FILE}", "file_at": file_at}
    facts |= {"file_shown": picture(file_at) if found is not None and file_at else None, "is_own": found is not None}
    facts |= {"known_as": certificate.names_of(house.folder, settings), "from_here": access.of(request).is_here}
    return render(request, "trust.html.j2", **facts)


@get(f"/trust/{FILE}", guards=[access.anyone], include_in_schema=False, sync_to_thread=True)
def authority(state: State) -> Response[bytes]:
    """The authority's certificate, as devices install it."""
    found = _authority(state.house)
    if found is None:
        raise NotFound(what="file", id=FILE)
    return Response(found.public_bytes(serialization.Encoding.DER), media_type="application/x-x509-ca-cert")


ROUTES = (trust, authority)
