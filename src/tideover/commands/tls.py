"""`tideover tls`: the box's certificate, so that tills on other devices may go on without the box."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from tideover.commands.output import data_folder, data_option, json_option


@click.group(epilog="Example: tideover tls make --name kassa.lan --name 192.168.1.10")
def tls() -> None:
    """Make, renew and show the box's certificate. The shop's own: settings tls_certificate and tls_key."""


@tls.command(epilog="Example: tideover tls make --name kassa.lan --name 192.168.1.10")
@data_option
@click.option("--name", "names", multiple=True, required=True, help="What the box is called in the shop's network; the first is shown.")
@click.option("--ca-key", default=None, type=click.Path(dir_okay=False, path_type=Path), help="The authority's key goes there.")
@json_option
def make(data: Path | None, names: tuple[str, ...], ca_key: Path | None, as_json: bool) -> None:
    """A small authority of this box, narrowed to its names and private addresses, and a certificate from it.

    Opens the box to the shop's network (setting bind). Each device installs the authority once: page /trust.
    """
    from tideover.secret import KEY_FILE, Secrets
    from tideover.settings import FILE, read_settings, write_settings
    from tideover.web import certificate
    from tideover.world import real_world

    folder, world = data_folder(data), real_world()
    called, settings = certificate.names_from(names), read_settings(folder)
    if not (folder / KEY_FILE).exists():
        Secrets(folder, world).close()
    phrase = click.prompt("Phrase for the authority's key", hide_input=True, confirmation_prompt=True, err=True) if ca_key else ""
    authority = certificate.make(folder, world, settings.shop_name, called, ca_key, phrase.encode())
    changes: dict[str, Any] = {"host_names": list(dict.fromkeys((*called.dns, *settings.host_names)))}
    if settings.bind == "127.0.0.1":
        changes["bind"] = "0.0.0.0"
    write_settings(folder, changes)
    click.echo(f"{folder / FILE}: {', '.join(sorted(changes))} set; start the box again.", err=True)
    _told(folder, certificate.fingerprint(authority), as_json)


@tls.command(epilog="Example: tideover tls renew")
@data_option
@click.option("--ca-key", default=None, type=click.Path(exists=True, dir_okay=False, path_type=Path), help="The authority's key.")
@json_option
def renew(data: Path | None, ca_key: Path | None, as_json: bool) -> None:
    """A new certificate from the authority that the devices trust already. A running box takes it up by itself within hours."""
    from tideover.web import certificate
    from tideover.world import real_world

    folder = data_folder(data)
    phrase = click.prompt("Phrase of the authority's key", hide_input=True, err=True) if ca_key else ""
    certificate.renew(folder, real_world(), ca_key, phrase.encode())
    _told(folder, certificate.fingerprint(certificate.read(folder / certificate.FOLDER / certificate.CA)), as_json)


@tls.command(epilog="Example: tideover tls show --json")
@data_option
@json_option
def show(data: Path | None, as_json: bool) -> None:
    """Names, end and fingerprint."""
    from tideover.settings import read_settings
    from tideover.web import certificate

    folder = data_folder(data)
    paths = certificate.paths_of(folder, read_settings(folder))
    own = paths is not None and paths.is_own_authority
    _told(folder, certificate.fingerprint(certificate.read(folder / certificate.FOLDER / certificate.CA)) if own else "", as_json)


def _told(folder: Path, fingerprint: str, as_json: bool) -> None:
    from tideover.settings import read_settings
    from tideover.web import certificate

    paths = certificate.paths_of(folder, read_settings(folder))
    if paths is None:
        click.echo(json.dumps({"certificate": None}) if as_json else "This box has no certificate.")
        return
    found = certificate.read(paths.certificate)
    names, ends = certificate.names_in(found), found.not_valid_after_utc.date().isoformat()
    told = {"certificate": str(paths.certificate), "names": list(names), "ends": ends, "authority": fingerprint or None}
    click.echo(json.dumps(told) if as_json else f"{', '.join(names)}: good until {ends}\nauthority {fingerprint or 'elsewhere'}")
