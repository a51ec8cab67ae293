"""Conducts a rehearsal: reads the day, sets the stage, plays each day, gathers the evidence, proves, draws the report.

A rehearsal has its own journal and a cloud of its own; a folder that already holds a journal is refused.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Callable, Sequence
from datetime import datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct, structs

from tideover.errors import FolderUnusable, Rejected
from tideover.learn.claim import Claim
from tideover.learn.clouds import cloud_for
from tideover.learn.evidence import Evidence, Figures, Held, read_journal
from tideover.learn.files import read_files
from tideover.learn.input import Input, InputDocument
from tideover.learn.people import Ledger
from tideover.learn.play import WARM_S, Day, Play
from tideover.learn.proof import prove
from tideover.learn.reply import taken
from tideover.learn.report import draw
from tideover.learn.shop import make_friday, make_shop
from tideover.learn.stage import OWNER, Stage
from tideover.learn.tenders import CASH_STEP_MINOR, pay_all
from tideover.learn.tills import Till
from tideover.model.item import DATASETS
from tideover.rules.vat import rate_on
from tideover.world import ClockPage, ToldWorld, from_ms, to_ms

FAULTS = ("lost-reply", "duplicate", "refuse", "busy", "slow", "expire-login", "crash")
DEMO_FAULTS = {"lost-reply": 0.1, "duplicate": 0.05, "busy": 0.1, "slow": 0.05, "expire-login": 2}
EXPORTS = "exports"  # Folder of what a clerk saved from a cloud without an interface.
TILLS_MAX = 50
NEVER_TOUCHED = (
    *("journal.db", "tideover.toml", "plan.db", "secrets.db", "copies.db", "practice.db", "shop.sqlite", "claim.json", "report.html"),
)
LEFT = ("report.html", "claim.json")  # What stays of a rehearsal that nobody asked to keep.


class Options(Struct, frozen=True):
    """What a person asks for."""

    files: tuple[Path, ...] = ()  # None: the generated corner shop.
    cloud: str = "practice"
    cut: time = time(14, 30)  # Local time at which the line dies.
    back: time = time(16, 45)
    tills: int = 3
    seed: int = 1
    faults: dict[str, float] = {}
    vat_ppm: int | None = None  # Instead of the country's rate of the day.
    nobody: bool = False  # Nobody confirms.
    keep: Path | None = None
    box: tuple[str, ...] = ("-m", "tideover")  # What stands after `python` to run the box; tests plant a defect here.


class Progress(Struct, frozen=True):
    """One line of what happens."""

    at: datetime | None  # Local time in the rehearsal; None before it begins and after it ended.
    text: str


class Rehearsed(Struct, frozen=True):
    """What a rehearsal leaves."""

    claim: Claim
    report: Path  # report.html; claim.json lies beside it.
    input: Input


Say = Callable[[Progress], None]


def parse_faults(text: str) -> dict[str, float]:
    """`lost-reply=0.1,crash=3` as values. Raises Rejected, naming the fault."""
    found: dict[str, float] = {}
    for part in filter(None, (one.strip() for one in text.split(","))):
        name, _, value = part.partition("=")
        try:
            number = float(value)
        except ValueError:
            number = -1.0
        counted = name in ("expire-login", "crash")
        if name not in FAULTS or not 0 <= number <= (100 if counted else 1) or (counted and number != int(number)):
            raise Rejected(why=f"the fault {part!r} is none of {', '.join(FAULTS)} with a share up to 1 or a count up to 100")
        found[name] = number
    return found


def demo(options: Options, say: Say) -> Rehearsed:
    """A Friday in the generated corner shop, with a nasty cloud."""
    return rehearse(structs.replace(options, files=(), faults=options.faults or DEMO_FAULTS), say)


def rehearse(options: Options, say: Say) -> Rehearsed:
    """Play the days of the files (or the generated Friday) and prove them.

    Raises FileUnreadable, Rejected; anything that goes wrong in the shop is in the claim.
    """
    _check(options)
    folder = options.keep or Path(tempfile.mkdtemp(prefix="tideover-"))
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FolderUnusable(folder=folder, why=error.strerror) from error
    if found := next((name for name in NEVER_TOUCHED if (folder / name).exists()), None):
        raise FolderUnusable(folder=folder, why=f"it holds {found} already, and a rehearsal never touches another's files")
    try:
        return asyncio.run(_rehearse(options, folder, say))
    finally:
        if options.keep is None:
            _clear(folder)


def _check(options: Options) -> None:
    if options.cut >= options.back:
        raise Rejected(why=f"the line cannot be back at {options.back:%H:%M} before it dies at {options.cut:%H:%M}")
    if options.cloud == "tryton" and not options.files:
        raise Rejected(why="with Tryton a file is played, not the generated shop")
    if not 1 <= options.tills <= TILLS_MAX:
        raise Rejected(why=f"a shop has 1 to {TILLS_MAX} tills")


def _clear(folder: Path) -> None:
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name not in LEFT:
            path.unlink()
    if not any(folder.iterdir()):
        folder.rmdir()


def _prepare(options: Options, folder: Path) -> tuple[Input, dict[str, Any]]:
    """The day to play, paid, and what the cloud knows before it. Its chance is its own: the plot does not change it."""
    page = ClockPage(folder / "shop.page")
    world = ToldWorld(page, options.seed)
    try:
        if not options.files:
            shop = make_shop(world)
            return make_friday(shop, world), shop.load() | {"zone": "Europe/Helsinki"}
        found = read_files(options.files, lambda country, day: _rate(options, country, day))
        if not found.documents:
            raise Rejected(why="there is no sale or refund in the files")
        paid = pay_all(found.documents, found.country, "wholesale", world)
        return structs.replace(found, documents=paid), shelf_of(paid) | {"zone": found.zone}
    finally:
        page.close()


def _rate(options: Options, country: str, day: str) -> int:
    return rate_on(country, "standard", day) if options.vat_ppm is None else options.vat_ppm


def shelf_of(documents: Sequence[InputDocument]) -> dict[str, Any]:
    """Items and customers that the documents name, as the cloud knows them."""
    items: dict[str, dict[str, Any]] = {}
    customers: dict[str, dict[str, Any]] = {}
    for document in documents:
        if document.customer:
            customers[document.customer] = {"code": document.customer, "name": f"Customer {document.customer}", "account": True}
        for line in document.lines:
            if line.item:
                item = {"code": line.item, "name": line.name, "unit_price": line.unit_price, "vat_ppm": line.vat_ppm}
                items.setdefault(line.item, item)
    stock = [{"code": code, "on_hand": 1_000_000} for code in items]
    return {"items": list(items.values()), "customers": list(customers.values()), "stock": stock}


async def _rehearse(options: Options, folder: Path, say: Say) -> Rehearsed:
    given, load = _prepare(options, folder)
    zone = ZoneInfo(given.zone)
    cloud = cloud_for(options.cloud, folder, load, given)
    cloud.prepare(lambda text: say(Progress(None, text)))
    stage, ledger = Stage(folder, options.seed, cloud, options.box), Ledger()
    tills = [Till(f"T{n}", stage.world, lambda: stage.box) for n in range(1, options.tills + 1)]

    def tell(text: str, at_ms: int) -> None:
        say(Progress(from_ms(at_ms).astimezone(zone), text))

    say(Progress(None, f"{given.sales} sales and {given.refunds} refunds on {', '.join(given.days)}"))
    try:
        first = _day(options, given, given.days[0], zone)
        await stage.open(min(to_ms(given.documents[0].at), first.cut_ms) - WARM_S * 1000)  # A day may begin after the line died.
        stage.furnish(_settings(options, given, folder))
        if options.cloud == "assisted":
            await stage.export(folder / EXPORTS, DATASETS)
        for day in given.days:
            await Play(stage, _day(options, given, day, zone), tills, ledger, tell).run()
        held = await stage.documents()
        counts = taken(await stage.control.get("/counts"), "the faults' counts")
    finally:
        await stage.close()
    evidence = _evidence(options, given, folder, ledger, tills, held, counts["faults_injected"] | ledger.clerk_faults)
    claim = prove(evidence)
    (folder / "claim.json").write_bytes(msgspec.json.format(msgspec.json.encode(claim), indent=2) + b"\n")
    (folder / "report.html").write_text(draw(evidence, claim, ledger), encoding="utf-8")
    return Rehearsed(claim, folder / "report.html", given)


def _settings(options: Options, given: Input, folder: Path) -> dict[str, Any]:
    by_hand = {"cloud_url": str((folder / EXPORTS).absolute())} if options.cloud == "assisted" else {}
    return by_hand | {
        "shop_name": "Rehearsal",
        "business_id": "1234567-1",
        "country": given.country,
        "currency": given.currency,
        "time_zone": given.zone,
        "cash_rounding_minor": CASH_STEP_MINOR[given.country],
        "cloud": options.cloud,
        "owner": OWNER,
    }


def _day(options: Options, given: Input, day: str, zone: ZoneInfo) -> Day:
    documents = tuple(one for one in given.documents if one.day == day)

    def at(hour: time) -> int:
        return to_ms(datetime.combine(datetime.fromisoformat(day).date(), hour, tzinfo=zone))

    by_hand = options.cloud == "assisted"
    return Day(day, documents, at(options.cut), at(options.back), given.currency, options.faults, options.nobody, by_hand)


def _evidence(
    options: Options, given: Input, folder: Path, ledger: Ledger, tills: list[Till], held: list[Held], faults: dict[str, int]
) -> Evidence:
    told = {id for till in tills for id, kind in till.acknowledged.items() if kind in ("sale", "refund")}
    return Evidence(
        input=given,
        routes=ledger.routes,
        acknowledged=frozenset(told | ledger.acknowledged),
        witness=max((ledger.head, *(till.head for till in tills)), key=lambda head: int(head.partition(":")[0] or 0)),
        journal=read_journal(folder / "journal.db"),
        held=tuple(held),
        counted=tuple(ledger.counted),
        figures=Figures(ledger.detect_s, ledger.declare_s, ledger.replay_s, ledger.replay_wall_s, ledger.human_s, ledger.parked_peak),
        faults_injected={name: count for name, count in faults.items() if options.faults.get(name)},
        faults_asked=options.faults,
    )
