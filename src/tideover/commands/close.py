"""`tideover close`: count blind, then see; freeze the day."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import click

from tideover.commands.output import DONE, FAILED, OPEN, data_folder, data_option, json_option, money, print_json, say, to_minor


@click.command(epilog="Example: tideover close --day 2026-11-20 --cash 1240.50 --card 3310.00")
@click.option("--day", default=None, metavar="YYYY-MM-DD", help="Trading day; without it, today's.")
@click.option("--cash", default=None, help="Cash counted in the drawers.")
@click.option("--card", default=None, help="Total on the card terminal's batch slip.")
@click.option("--by", default="owner", help="Who counted.")
@data_option
@json_option
def close(day: str | None, cash: str | None, card: str | None, by: str, data: Path | None, as_json: bool) -> None:
    """Count the drawer, read the terminal, close the day. Exit 3 if something is still open; it is named."""
    counted = _amount("Cash counted in the drawers", "--cash", cash)
    batch = _amount("Total on the card terminal's slip", "--card", card)
    from tideover.app import close_day

    closed = asyncio.run(close_day(data_folder(data), day, counted, batch, by))
    if as_json:
        print_json(closed)
    else:
        _show(closed)
    raise click.exceptions.Exit(OPEN if closed["open"] or closed["findings"] else DONE if closed["balanced"] else FAILED)


def _amount(question: str, option: str, given: str | None) -> int:
    if given is None:
        if not sys.stdin.isatty():
            raise click.UsageError(f"{option} is not given: {question}")
        given = click.prompt(question, err=True)
    return to_minor(given)


def _show(closed: dict[str, Any]) -> None:
    unit = closed["currency"]
    click.echo(f"Day {closed['day']}, Z {closed['z_number']}")
    for name, key in (("Sales", "sales_minor"), ("Refunds", "refunds_minor"), ("Cash rounding", "rounding_minor")):
        click.echo(f"  {name:22}{money(closed[key], unit):>18}")
    click.echo(f"  {'Cash expected':22}{money(closed['cash_expected_minor'], unit):>18}")
    click.echo(f"  {'Cash counted':22}{money(closed['cash_counted_minor'], unit):>18}")
    click.echo(f"  {'Cards expected':22}{money(closed['card_expected_minor'], unit):>18}")
    click.echo(f"  {'Cards, terminal':22}{money(closed['card_batch_minor'], unit):>18}")
    click.echo(f"  head {closed['head']}")
    for finding in closed["findings"]:
        say(f"· {finding['text']} → {finding['owner']}")
    for item in closed["open"]:
        say(f"· still open: {item}")
