"""The commands. Each is loaded only when it is called, so that asking for help costs nothing."""

from __future__ import annotations

import gc
import sys
from importlib import import_module
from types import TracebackType

import click

from tideover import __version__

# Name, module below tideover.commands, and the one line that `tideover --help` shows.
COMMANDS: dict[str, tuple[str, str]] = {
    "start": ("start", "Ten minutes to a plan B: six questions, a price export, a printed kit."),
    "demo": ("play", "Play a Friday afternoon in a generated corner shop."),
    "rehearse": ("play", "Play a real day of invoices down the same path."),
    "box": ("box", "Run the box: watch, keep copies, take sales, bring them back."),
    "connect": ("connect", "Set up the shop's cloud: ask, try, store."),
    "listen": ("listen", "On another machine: hear a shop's heartbeat, and write when it stops."),
    "mail": ("mail", "Set up receipts by e-mail: server, address, password."),
    "plan": ("plan", "Look at the plan, change it, answer its checks."),
    "switch": ("switch", "Lines and calls that may move by themselves: list, allow, forbid, move."),
    "rehearsal": ("rehearsal", "Rehearse a failure beside the shop, with a clock."),
    "close": ("close", "Count and close a trading day."),
    "kit": ("kit", "Make the papers of plan B: plan, cards, price list, contacts, forms."),
    "slips": ("slips", "What became of every paper slip; hand out, void, count."),
    "pin": ("pin", "Set a person's PIN for tills and pages, or take it away."),
    "tls": ("tls", "Make, renew and show the box's certificate, for tills on other devices."),
    "verify": ("verify", "Check a journal and its head."),
    "accept-loss": ("accept_loss", "Go on with a journal that others saw longer."),
    "diagnose": ("diagnose", "Say which thing failed, what proves it and what to do next."),
    "doctor": ("doctor", "Say what is missing on this machine and how to get it."),
    "practice-cloud": ("practice", "Run the practice cloud by itself."),
    "practice-proxy": ("practice", "Run the fault proxy by itself."),
}


class Lazy(click.Group):
    """A group whose commands are imported when they are named."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"tideover.commands.{COMMANDS[cmd_name][0]}")
        return getattr(module, cmd_name.replace("-", "_"))

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@click.command(
    cls=Lazy,
    epilog="Example: tideover demo    Every command has --help with an example.",
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="tideover")
def cli() -> None:
    """Know what broke, keep selling, get the books right, practise monthly."""


OS_HINT = "Check that it is there, that this user may use it and that the disk has room; then do it again. 'tideover doctor' looks."


def last_word(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """A defect of ours: two lines for the person, all of it in a file for whoever mends it."""
    if issubclass(kind, KeyboardInterrupt):
        click.echo("Stopped; nothing further was changed.", err=True)
        return
    import tempfile
    import traceback

    with tempfile.NamedTemporaryFile("w", prefix="tideover-defect-", suffix=".txt", encoding="utf-8", delete=False) as file:
        traceback.print_exception(kind, error, trace, file=file)
    click.echo(f"A defect in Tideover: {kind.__name__}: {error}", err=True)
    click.echo(f"→ What was acknowledged is kept. Send {file.name} to whoever looks after this box.", err=True)


def main() -> None:
    """Run a command; an error of ours ends with its message, its hint and its exit code, never with a traceback."""
    from tideover.errors import TideoverError

    sys.excepthook = last_word
    # httpx has a command of its own, which loads rich, a seventh of what a box loads; it does without where that is not to be had.
    sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
    try:
        sys.exit(cli(standalone_mode=False) or 0)  # An Exit raised by a command comes back as its number.
    except click.exceptions.Abort:
        click.echo("Stopped; nothing further was changed.", err=True)
        sys.exit(1)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except TideoverError as error:
        click.echo(f"{error.message}\n→ {error.hint}", err=True)
        sys.exit(error.exit_code)
    except OSError as error:
        click.echo(f"{error.filename or 'This machine'}: {error.strerror or error}.\n→ {OS_HINT}", err=True)
        sys.exit(1)
    finally:
        gc.freeze()  # The machine takes all of it back at once; a last search for what nobody needs is a fifth of a box's start.


if __name__ == "__main__":
    main()
