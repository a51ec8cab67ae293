"""`tideover close`: count blind, then see; freeze the day."""

from __future__ import annotations

import asyncio
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from tideover.commands.output import DONE, OPEN, data_folder, data_option, json_option, money, print_json, say, to_minor


@click.command(epilog="Example: tideover close --day 2026-11-20 --cash 1240.50 --card 3310.00")
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), default=None, metavar="YYYY-MM-DD", help="Trading day; without it, today's.")
@click.option("--cash", default=None, help="Cash counted in the drawers.")
@click.option("--card", default=None, help="Total on the card terminal's batch slip.")
@click.option("--by", default="owner", help="Who counted.")
@data_option
@json_option
def close(day: datetime | None, cash: str | None, card: str | None, by: str, data: Path | None, as_json: bool) -> None:
    """Count the drawer, read the terminal, close the day. Exit 3 if something is still open; it is named."""
    counted = _amount("Cash counted in the drawers", "--cash", cash)
    batch = _amount("Total on the card terminal's slip", "--card", card)
    from tideover.errands import close_day

    closed = asyncio.run(close_day(data_folder(data), day and day.strftime("%Y-%m-%d"), counted, batch, by))
    open_items, findings = closed["view"]["open"], closed["view"]["reconciled"]["findings"]
    if as_json:
        print_json(closed)
    else:
        _show(closed["body"], closed["currency"])
        _show_slips(closed["view"]["slips"], closed["currency"])
        for one in (*open_items, *findings):
            say(f"· {one['text']} → {one['owner']}")
    raise click.exceptions.Exit(OPEN if open_items or findings else DONE)


def _amount(question: str, option: str, given: str | None) -> int:
    """An amount given as an option, or asked for; the count is blind: nothing expected is shown before."""
    if given is None:
        if not sys.stdin.isatty():
            raise click.UsageError(f"{option} is not given: {question}")
        given = click.prompt(question, err=True)
    return to_minor(given)


def _show(body: dict[str, Any], unit: str) -> None:
    click.echo(f"Day {body['day']}, Z {body['z_number']}")
    for name, key in (("Sales", "sales_minor"), ("Refunds", "refunds_minor"), ("Cash rounding", "rounding_minor")):
        click.echo(f"  {name:22}{money(body[key], unit):>18}")
    for name, key in (("Cash", "cash"), ("Cards", "card")):
        ours, theirs = body[f"{key}_expected_minor"], body["cash_counted_minor" if key == "cash" else "card_batch_minor"]
        click.echo(f"  {name + ' expected':22}{money(ours, unit):>18}")
        click.echo(f"  {name + (' counted' if key == 'cash' else ', terminal'):22}{money(theirs, unit):>18}")
    click.echo(f"  Head {body['head']}")


def _show_slips(pads: list[dict[str, Any]], unit: str) -> None:
    """Paper in, journal out."""
    for one in pads:
        name = f"Slips {one['series']}-{one['from']:04d} to {one['to']:04d}"
        gap = f", {one['differing']} written otherwise" if one["differing"] else ""
        click.echo(f"  {name:22}{money(one['sum_minor'], unit):>18}  {one['used']} keyed{gap}")
