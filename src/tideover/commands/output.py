"""What commands share: where the data directory is, and how an answer is printed."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

DONE, FAILED, WRONG_USE, OPEN, UNREACHABLE, DAMAGED = 0, 1, 2, 3, 4, 5  # Exit codes of docs/contracts.md.


def data_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds --data DIR."""
    return click.option(
        "--data",
        type=click.Path(file_okay=False, path_type=Path),
        default=None,
        help="Data directory; without it, the platform's own place.",
    )(command)


def json_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds --json."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout.")(command)


def data_folder(given: Path | None) -> Path:
    """The data directory, made if it is not there; what this process writes from now on is its user's alone. Raises FolderUnusable."""
    os.umask(0o077)
    return made(data_place(given))


def data_place(given: Path | None) -> Path:
    """Where the data directory is or would be; nothing is made."""
    if given is None:
        import platformdirs

        given = Path(platformdirs.user_data_dir("tideover", appauthor=False))
    return given


def made(folder: Path) -> Path:
    """The folder, made if it is not there. Raises FolderUnusable."""
    from tideover.errors import FolderUnusable

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FolderUnusable(folder=folder, why=error.strerror) from error
    return folder


def print_json(value: Any) -> None:
    """One JSON object on stdout."""
    import msgspec

    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def say(text: str) -> None:
    """Progress and remarks: stderr, so that stdout stays data."""
    click.echo(text, err=True)


def money(minor: int, currency: str) -> str:
    """An amount for a person: 1 234.50 EUR."""
    sign = "-" if minor < 0 else ""
    return f"{sign}{abs(minor) // 100:,}.{abs(minor) % 100:02d} {currency}".replace(",", " ")


def to_minor(text: str) -> int:
    """An amount typed by a person, with a dot or a comma, in minor units. Raises click.BadParameter."""
    plain = text.strip().replace(" ", "").replace("\u00a0", "").replace(",", ".")
    sign = -1 if plain.startswith("-") else 1
    whole, _, cents = plain.lstrip("+-").partition(".")
    if not plain.isascii() or not whole.isdigit() or len(cents) > 2 or (cents and not cents.isdigit()):
        raise click.BadParameter(f"{text!r} is not an amount; write it like 1234.50")
    return sign * (int(whole) * 100 + int(cents.ljust(2, "0") or 0))
