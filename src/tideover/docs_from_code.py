"""Write docs/errors.md and docs/settings.md from the code; a test fails when they have drifted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

from tideover import errors
from tideover.settings import Settings


def errors_page() -> str:
    """The page of every error: code, sentence, what to do, exit code, HTTP status."""
    lines = [
        "# Errors",
        "",
        "Written by `make docs` from `src/tideover/errors.py`. A code never changes its meaning.",
        "",
        "| code | family | what is said | what a person does next | exit | HTTP |",
        "|---|---|---|---|---|---|",
    ]
    for kind in sorted(_tree(errors.TideoverError), key=lambda one: one.code):
        family = kind.__mro__[1].__name__ if kind.__mro__[1] is not errors.TideoverError else "–"
        cells = (f"`{kind.code}`", family, kind.text, kind.advice, str(kind.exit_code), str(kind.status))
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def _tree(kind: type[errors.TideoverError]) -> Iterator[type[errors.TideoverError]]:
    """Those of the one module: a package's own errors are loaded only where it is."""
    for child in kind.__subclasses__():
        if child.__module__ == errors.__name__:
            yield child
            yield from _tree(child)


def settings_page() -> str:
    """The page of every setting: name, default, limits, help."""
    lines = [
        "# Settings",
        "",
        "Written by `make docs` from `src/tideover/settings.py`. They stand in `tideover.toml` in the data directory;",
        "a missing one has its default, an unknown one stops the start. Secrets are never in this file.",
        "",
        "| setting | default | limits | what it does |",
        "|---|---|---|---|",
    ]
    for one in fields(Settings):
        low, high = one.metadata["low"], one.metadata["high"]
        limits = "" if low is None and high is None else f"{low} to {high}"
        lines.append(f"| `{one.name}` | `{one.default!r}` | {limits} | {one.metadata['help']} |")
    return "\n".join(lines) + "\n"


def pages() -> dict[str, str]:
    """File name below docs/ to its text."""
    return {"errors.md": errors_page(), "settings.md": settings_page()}


def write(folder: Path) -> None:
    """Write every generated page into `folder`."""
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(Path(__file__).parents[2] / "docs")
