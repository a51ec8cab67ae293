"""The papers of which the shop keeps copies, as values: what each says now. Reads nothing but the matter."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from importlib import import_module, util
from typing import Any

from tideover.kit.make import every_sheet, framed
from tideover.kit.matter import Matter
from tideover.kit.pocket import pocket_sheet
from tideover.kit.sheet import Kind, Sheet

# Makers that press by themselves, and their function that gives the same papers as values.
VALUES: dict[Kind, tuple[str, str]] = {"price-list": ("price_list", "price_lists"), "change-sheet": ("change_sheet", "change_sheets")}


def sheets(matter: Matter, kinds: Collection[Kind], languages: Collection[str]) -> Iterator[Sheet]:
    """All papers of these kinds."""
    for kind in kinds:
        for language in languages:
            yield from (framed(one, matter) for one in _of_kind(matter, kind, language) if isinstance(one, Sheet))


def _of_kind(matter: Matter, kind: Kind, language: str) -> Iterator[Any]:
    if kind == "pocket-kit":
        yield pocket_sheet(matter, language)
    elif kind in VALUES:
        module, name = VALUES[kind]
        if util.find_spec(f"tideover.kit.{module}") is not None:
            yield from getattr(import_module(f"tideover.kit.{module}"), name)(matter, language)
    else:
        yield from every_sheet(matter, (language,), (kind,))
