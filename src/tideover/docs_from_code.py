"""Write docs/errors.md, docs/settings.md and docs/vendors from the code; a test fails when they have drifted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

from tideover import errors
from tideover.plan.vendors import VENDORS, Vendor
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


MODES = {"works": "works by itself", "assisted": "works with preparation, or in part", "not": "does not sell without its cloud"}


def vendors_page() -> str:
    """The list of brands: which of them sell on by themselves, and for how long."""
    lines = [
        "# Vendors: the till's own offline mode",
        "",
        "Written by `make docs` from `src/tideover/plan/vendors.py`. It is rung 3 of the ladder: before our till and before paper, where",
        "the shop set `vendor` and somebody has seen the mode work. What we read and when; no promise of the vendor.",
        "Tideover works beside every one of them, and beside others: by the interface where a [connector](../connectors/README.md)",
        "exists, else with a person as the hands.",
        "",
        "| brand | its own offline mode | how long | `vendor` |",
        "|---|---|---|---|",
    ]
    for one in VENDORS.values():
        lines.append(f"| [{one.name}]({one.key}.md) | {MODES[one.mode]} | {_lasts(one)} | `{one.key}` |")
    return "\n".join(lines) + "\n"


def vendor_page(one: Vendor) -> str:
    """The note of one brand."""
    rows = [("Sells", one.sells), ("On a fair day", one.before), ("Beware", one.trap), ("How long", _lasts(one))]
    lines = [f"# {one.name}", "", f"Its own offline mode {MODES[one.mode]}. Read on {one.read_on}.", ""]
    lines += [f"- **{label}:** {text}" for label, text in rows if text]
    lines += [
        "",
        "Try it before you need it: unplug the line on a quiet morning, sell one thing, plug it in again, and answer the check.",
        "",
    ]
    return "\n".join([*lines, "Sources: " + "; ".join(one.sources) + "."]) + "\n"


def _lasts(one: Vendor) -> str:
    return "not said" if one.lasts_s is None else f"{one.lasts_s // 3600} h"


def pages() -> dict[str, str]:
    """File name below docs/ to its text."""
    notes = {f"vendors/{one.key}.md": vendor_page(one) for one in VENDORS.values()}
    return {"errors.md": errors_page(), "settings.md": settings_page(), "vendors/README.md": vendors_page()} | notes


def write(folder: Path) -> None:
    """Write every generated page into `folder`."""
    (folder / "vendors").mkdir(exist_ok=True)
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(Path(__file__).parents[2] / "docs")
