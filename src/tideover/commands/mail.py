"""`tideover mail`: set up the mail server for receipts; the password goes among the secrets, never into a setting."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import click

from tideover.commands.output import data_folder, data_option, json_option, print_json, say

SETTINGS = {"server": "mail_server", "security": "mail_security", "user": "mail_user", "sender": "mail_from"}


@click.command(
    epilog="Example: echo 'secret' | tideover mail --server smtp.example.fi:587 --user shop --from shop@example.fi --password-stdin"
)
@click.option("--server", metavar="HOST:PORT", default=None, help="The mail server.")
@click.option("--security", type=click.Choice(["starttls", "tls", "none"]), default=None, help="How it is spoken to.")
@click.option("--user", default=None, help="Name for the log-in; empty for none.")
@click.option("--from", "sender", metavar="ADDRESS", default=None, help="The shop's own address.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.option("--try", "try_to", metavar="ADDRESS", default=None, help="Send a test letter there.")
@data_option
@json_option
def mail(
    server: str | None,
    security: str | None,
    user: str | None,
    sender: str | None,
    password_stdin: bool,
    try_to: str | None,
    data: Path | None,
    as_json: bool,
) -> None:
    """Set up receipts by e-mail. A box that runs takes new settings when it is started again, a new password at once."""
    given = {"server": server, "security": security, "user": user, "sender": sender}
    changes = {SETTINGS[name]: value for name, value in given.items() if value is not None}
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else None
    if not changes and password is None and try_to is None:
        raise click.UsageError("nothing was given: --server, --user, --from, --password-stdin or --try")
    found = asyncio.run(_set_up(data_folder(data), changes, password, try_to))
    if as_json:
        print_json(found)
    else:
        click.echo(f"Receipts by e-mail: {found['server'] or 'not set up'}" + (f", from {found['from']}" if found["from"] else ""))
        if try_to is not None:
            click.echo("The test letter was taken." if found["tried"] == "sent" else f"The test letter was not taken: {found['why']}.")
    if found["tried"] not in ("", "sent"):
        raise click.exceptions.Exit(1)


async def _set_up(folder: Path, changes: dict[str, str], password: str | None, try_to: str | None) -> dict[str, Any]:
    """Everything is checked before anything is stored. Raises Misconfigured, SecretUnreadable."""
    from contextlib import closing

    from tideover.drivers.mail import PASSWORD, mailer_of
    from tideover.model.receipt import Letter
    from tideover.secret import Secrets
    from tideover.settings import read_settings, write_settings
    from tideover.world import real_world

    world = real_world()
    settings = read_settings(folder, **changes)
    with closing(Secrets(folder, world)) as secrets:
        mailer = mailer_of(settings, secrets, world)
        if changes:
            write_settings(folder, changes)
        if password is not None:
            secrets.put(PASSWORD, password.encode())
        found = {"server": settings.mail_server, "from": settings.mail_from, "tried": "", "why": ""}
        if try_to is None:
            return found
        if mailer is None:
            raise click.UsageError("no mail server is set up: give --server")
        say(f"Sending a test letter through {settings.mail_server} …")
        letter = Letter(world.new_id(), try_to, f"Tideover · {settings.shop_name}", "Test. Receipts come from this address.\n")
        answer = await mailer.send(letter)
        return found | {"tried": answer.word, "why": answer.why}
