"""`tideover accept-loss`: go on with a journal that others saw longer; a person's word, never the box's."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from tideover.commands.output import DONE, FAILED, data_folder, data_option, say


@click.command(epilog="Example: tideover accept-loss --by Aino --why 'The disk died; this copy is from noon.'")
@click.option("--by", required=True, help="Who decides it.")
@click.option("--why", required=True, help="What happened; it is written into the journal.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@data_option
def accept_loss(by: str, why: str, yes: bool, data: Path | None) -> None:
    """Go on with this copy of the journal, although a till or another folder saw a longer or another one.

    Look for a newer copy first: what only that one holds is lost with this step. The tills send again what they still hold. What the
    cloud has and this journal does not know is named when the day is closed. The box must not be running.
    """
    from tideover.errands import accept_loss as accept

    lost = asyncio.run(accept(data_folder(data), by, why, lambda error: yes or _agreed(error.message)))
    if lost is None:
        say("Nothing was changed.")
        raise click.exceptions.Exit(FAILED)
    say(f"Accepted: {lost.missing} entries are lost ({lost.witness}). Start the box; the tills send again what they hold.")
    raise click.exceptions.Exit(DONE)


def _agreed(what: str) -> bool:
    say(what)
    return click.confirm("Is there no newer copy, and is this one to go on?", err=True)
