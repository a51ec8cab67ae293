"""The cloud of a rehearsal, from behind: how it is set up, started and read past every connector.

The practice cloud is asked at its back door; of Tryton the database file is read. Nothing here is used by the box.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import httpx
import msgspec

from tideover.learn.erp import FILE, Erp
from tideover.learn.erp_books import read_books
from tideover.learn.erp_shape import PRICE_DECIMALS, Shape
from tideover.learn.evidence import Held
from tideover.learn.input import Input
from tideover.learn.processes import Program
from tideover.learn.reply import taken

LOGIN = {"user": "shop", "password": "practice"}  # The practice cloud's; nothing to protect.
ERP_START_S = 120.0  # Two seconds on a calm machine; Tryton reads all of its modules.
ERP_CALL_S = 900.0  # Tryton takes 10 to 50 ms a line, and a giftware invoice has 600.
CALL_S = 30.0


class Cloud(Protocol):
    """One cloud of a rehearsal."""

    speaks: str  # How the fault proxy understands it.
    login: dict[str, str]  # What the box's connector is given.
    call_s: float  # Real time that one of our own calls may take.

    def prepare(self, say: Callable[[str], None]) -> None:
        """Before anything runs. Raises ExtraMissing, RehearsalStopped."""

    def program(self, told: tuple[str, ...]) -> Program:
        """What is started; told: the options that hand it the rehearsal's clock."""

    async def loaded(self, client: httpx.AsyncClient) -> None:
        """It runs: give it the shop, if it has none yet."""

    async def documents(self, client: httpx.AsyncClient) -> list[Held]:
        """Every document that it holds."""


class PracticeCloud:
    """The practice cloud, for a connector or for a clerk."""

    speaks, login, call_s = "practice", LOGIN, CALL_S

    def __init__(self, folder: Path, load: dict[str, Any]) -> None:
        self._folder, self._load = folder, load

    def prepare(self, say: Callable[[str], None]) -> None:
        """It makes its own file."""

    def program(self, told: tuple[str, ...]) -> Program:
        return Program("cloud", self._folder, "-m", "tideover.practice.cloud", "--db", str(self._folder / "practice.db"), *told)

    async def loaded(self, client: httpx.AsyncClient) -> None:
        taken(await client.post("/admin/load", json=self._load), "loading the cloud")

    async def documents(self, client: httpx.AsyncClient) -> list[Held]:
        held = taken(await client.get("/admin/documents"), "the cloud's documents")
        return msgspec.convert(held, list[Held])


class TrytonCloud:
    """A real Tryton, made for this rehearsal."""

    speaks, call_s = "tryton", ERP_CALL_S

    def __init__(self, folder: Path, load: dict[str, Any], given: Input) -> None:
        self._folder, self._load = folder, load
        years = sorted({*Shape().years, *(int(day[:4]) for day in given.days)})
        rates = sorted({line.vat_ppm for document in given.documents for line in document.lines})
        known = Shape(country=given.country).rates_ppm
        self._shape = Shape(
            country=given.country,
            currency=given.currency,
            years=tuple(years),
            extra_rates_ppm=tuple(rate for rate in rates if rate not in known),
            price_decimal=PRICE_DECIMALS,
        )
        self._erp = Erp(folder, self._shape)

    @property
    def login(self) -> dict[str, str]:
        return self._erp.login

    def prepare(self, say: Callable[[str], None]) -> None:
        self._erp = Erp.build(self._folder, self._shape, say)
        self._erp.load({name: self._load[name] for name in ("items", "customers", "stock")})

    def program(self, told: tuple[str, ...]) -> Program:
        """Its clock is the machine's own: it has no other, and no date of ours depends on it."""
        return Program("cloud", self._folder, *self._erp.arguments, start_s=ERP_START_S)

    async def loaded(self, client: httpx.AsyncClient) -> None:
        """It was loaded before it started."""

    async def documents(self, client: httpx.AsyncClient) -> list[Held]:
        return read_books(self._folder / FILE)


def cloud_for(name: str, folder: Path, load: dict[str, Any], given: Input) -> Cloud:
    """The cloud of that name: practice, assisted (the practice cloud and a clerk), tryton."""
    return TrytonCloud(folder, load, given) if name == "tryton" else PracticeCloud(folder, load)
