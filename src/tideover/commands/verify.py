"""`tideover verify`: is this journal what was written, and is its tail still there?"""

from __future__ import annotations

from pathlib import Path

import click

from tideover.commands.output import DAMAGED, DONE, json_option, print_json


@click.command(epilog="Example: tideover verify journal.db --head 120:5e1f…c2")
@click.argument("journal", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--head", default=None, help="A head SEQ:HEX that a receipt, a day's report or a till kept.")
@json_option
def verify(journal: Path, head: str | None, as_json: bool) -> None:
    """Check chain, signatures, numbering and columns of a JOURNAL; with --head also that no tail is missing."""
    from tideover.errors import BadRecord
    from tideover.journal.chain import Head
    from tideover.journal.verify import verify_file

    try:
        witness = None if head is None else Head.parse(head)
    except BadRecord as error:
        raise click.BadParameter(f"{head!r} is not written SEQ:HEX, as receipts, reports and tills show it", param_hint="--head") from error
    found = verify_file(journal, witness)
    if as_json:
        print_json(found)
    else:
        click.echo(f"entries  {found.entries}\nhead     {found.head}\nchain    {found.chain}\ntail     {found.tail}")
        if found.why:
            click.echo(f"         {found.why}")
    sound = found.chain == "whole" and not found.tail.startswith("missing")
    raise click.exceptions.Exit(DONE if sound else DAMAGED)
