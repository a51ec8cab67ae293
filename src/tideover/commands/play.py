"""`tideover demo` and `tideover rehearse`: play a day through an outage and prove it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tideover.commands.output import DONE, FAILED, OPEN, json_option, money, print_json, say

if TYPE_CHECKING:
    from tideover.learn.conductor import Progress, Rehearsed

FAULTS_HELP = "Bad luck: lost-reply, duplicate, refuse, busy, slow (shares), expire-login, crash (counts)."

keep_option = click.option(
    "--keep", type=click.Path(file_okay=False, path_type=Path), default=None, help="Leave journal, clouds, report and claim here."
)


class Clock(click.ParamType):
    """HH:MM on the shop's clock."""

    name = "HH:MM"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> time:
        if isinstance(value, time):
            return value
        try:
            return datetime.strptime(value, "%H:%M").time()
        except ValueError:
            self.fail(f"{value!r} is not a time like 14:30", param, ctx)


class Rate(click.ParamType):
    """A VAT rate in per cent, as millionths."""

    name = "RATE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        from decimal import Decimal

        try:
            rate = Decimal(str(value).rstrip("%").replace(",", ".")) * 10_000
        except ArithmeticError:
            self.fail(f"{value!r} is not a rate like 20 or 25.5", param, ctx)
        if not rate.is_finite() or not 0 <= rate <= 1_000_000 or rate != int(rate):
            self.fail(f"{value!r} is not between 0 and 100 per cent", param, ctx)
        return int(rate)


@click.command(epilog="Example: tideover demo --keep friday")
@keep_option
@click.option("--seed", default=1, show_default=True, help="Which Friday: the same seed plays the same day.")
@json_option
def demo(keep: Path | None, seed: int, as_json: bool) -> None:
    """Play a Friday in a generated corner shop: the line dies at 14:30 and is back at 16:45."""
    from tideover.learn import conductor

    _play(lambda tell: conductor.demo(conductor.Options(seed=seed, keep=keep), tell), as_json)


@click.command(
    epilog="Example: tideover rehearse 2011-11-18.csv --cloud practice --faults lost-reply=0.1,duplicate=0.05,crash=3"
)
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--cloud", type=click.Choice(["practice", "tryton", "assisted"]),
    default="practice", show_default=True, help="Who is the cloud.",
)
@click.option("--from", "cut", type=Clock(), default="14:30", show_default=True, help="When the line dies.")
@click.option("--until", "back", type=Clock(), default="16:45", show_default=True, help="When it is back.")
@click.option("--tills", type=click.IntRange(1, 50), default=3, show_default=True)
@click.option("--seed", default=1, show_default=True, help="The same seed plays the same day.")
@click.option("--faults", default="", metavar="NAME=VALUE,...", help=FAULTS_HELP)
@click.option("--vat", "vat_ppm", type=Rate(), default=None, help="VAT in per cent, instead of the country's rate of the day.")
@click.option("--nobody", is_flag=True, help="Nobody confirms the outage; the evidence has to.")
@keep_option
@json_option
def rehearse(files: tuple[Path, ...], faults: str, as_json: bool, **given: Any) -> None:
    """Play the real days of FILE (invoice lines as CSV) through an outage and prove them to the cent."""
    from tideover.learn import conductor

    options = conductor.Options(files=files, faults=conductor.parse_faults(faults), **given)
    _play(lambda tell: conductor.rehearse(options, tell), as_json)


def _play(run: Callable[[Callable[[Progress], None]], Rehearsed], as_json: bool) -> None:
    played = run(_tell)
    if as_json:
        print_json(played.claim)
    else:
        _show(played)
    raise click.exceptions.Exit(exit_code(played.claim))


def exit_code(claim: Any) -> int:
    """0 only if the proof holds; 3 if it holds but something is still open."""
    if claim.proof != "holds":
        return FAILED
    return OPEN if claim.parked else DONE


def _tell(progress: Progress) -> None:
    """One line of progress, at the rehearsal's own hour."""
    clock = progress.at.strftime("%H:%M") if progress.at else "     "
    say(f"{clock}  {progress.text}")


def _show(played: Rehearsed) -> None:
    claim, unit = played.claim, played.input.currency
    rows = [
        ("Documents of the day", f"{claim.sales} sales, {claim.refunds} refunds", money(claim.input_sum_minor, unit)),
        ("Recorded by the cloud's till", str(claim.cloud_sales), money(claim.cloud_sum_minor, unit)),
        ("Sold while it was away", str(claim.fallback_sales + claim.fallback_refunds), money(claim.booked_sum_minor, unit)),
        ("  in the cloud, once", str(claim.booked), ""),
        ("  with a named person", str(len(claim.parked)), money(claim.parked_sum_minor, unit)),
        ("  lost / booked twice", f"{claim.lost} / {claim.doubled}", ""),
        ("Not a sale (named in the report)", str(claim.unbookable_lines), money(claim.unbookable_sum_minor, unit)),
        ("Cash expected / counted", money(claim.cash.expected_minor, unit), money(claim.cash.counted_minor, unit)),
        ("Cards expected / terminal", money(claim.card.expected_minor, unit), money(claim.card.batch_minor, unit)),
        ("Difference to the cloud", "", money(claim.difference_minor, unit)),
        ("Noticed / fallback opened after", f"{claim.detect_s:.0f} s / {claim.declare_s:.0f} s", ""),
        ("Brought back in", f"{claim.replay_s:.0f} s", f"{claim.human_minutes_per_100:.1f} minutes of a person per 100 sales"),
    ]
    click.echo()
    for name, left, right in rows:
        click.echo(f"  {name:34}{left:>28}  {right:>20}")
    for finding in claim.findings:
        click.echo(f"  · {finding.text} → {finding.owner}")
    click.echo()
    click.echo(f"  Proof: {claim.proof}. Head of the journal {claim.chain_head[:24]}…")
    click.echo(f"  Report: {played.report}")
