"""Puts the house together: the only file that names concrete classes and wires them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from tideover.activate import evidence
from tideover.activate.fallback import Fallback, shop_facts
from tideover.activate.ladder import Facts
from tideover.activate.mover import Mover
from tideover.activate.power import PowerDesk
from tideover.activate.runs import Runs
from tideover.connectors import load
from tideover.copies.store import Copies
from tideover.db import Database
from tideover.detect.line_watch import LineWatch
from tideover.detect.looks.expiry import expiry_probes
from tideover.detect.looks.probe import probes_of
from tideover.detect.looks.route import line_in_use
from tideover.detect.looks.tills_heard import TillsHeard
from tideover.detect.record.spell_log import SpellLog
from tideover.detect.watch import Watch
from tideover.disk import sweep_passing
from tideover.drivers import printer_of
from tideover.drivers.mail import mailer_of
from tideover.drivers.mail_exchange import mail_hold_of
from tideover.drivers.nut import ups_probes
from tideover.drivers.presser import Presser
from tideover.drivers.printer_look import office_probes
from tideover.drivers.switches import mover_of
from tideover.errors import Damaged, FileDamaged
from tideover.house import House, also_open_of
from tideover.journal.entry import Fact
from tideover.journal.heads import Heads
from tideover.journal.keys import box_key
from tideover.journal.lock import hold
from tideover.journal.person import People
from tideover.journal.store import Journal
from tideover.kit.keep import Keep
from tideover.learn.check import Checks
from tideover.learn.mail_held import MailHeld
from tideover.learn.practice_folder import check_kind, read_scene
from tideover.learn.rehearsals import Rehearsals
from tideover.learn.trouble import Practising
from tideover.migrations import copies as copies_tables
from tideover.migrations import journal as journal_tables
from tideover.migrations import plan as plan_tables
from tideover.model.line import lines_of
from tideover.outside import heartbeat_of, notices_of, receipts_of
from tideover.plan.history import Unentered
from tideover.plan.records import Party, Thing
from tideover.plan.store import Plan
from tideover.plan.wording import Wordings
from tideover.ports import Probe
from tideover.recover.close import Close
from tideover.recover.closed_days import ClosedDays
from tideover.recover.findings import Findings
from tideover.recover.hold import Holds
from tideover.recover.in_flight import InFlight
from tideover.recover.outbox import Outbox
from tideover.recover.spans import outage_spans
from tideover.recover.witnesses import Witnesses
from tideover.replicate.rounds import Replicate
from tideover.rules.calendar import trading_day
from tideover.secret import Secrets
from tideover.settings import Settings, read_settings
from tideover.trade.counter import Counter
from tideover.trade.look_over import LookOver
from tideover.world import Wake, World, from_ms, real_world, told_world

if TYPE_CHECKING:
    import httpx

PROOFS_READ = 200  # Newest answers to checks and spare pages that the ladder looks at: those of about two months.
CLOCK_ENTRIES = 200  # So many entries back a clock that was set back is noticed: a busy afternoon.
WITHOUT_CLOUD = "assisted"  # Until `tideover connect`: nothing is sent, a person may key what waits.


def on_stderr(text: str) -> None:
    """One line to whoever stands at the box: no name and no cloud's word begins a line of its own or moves the cursor."""
    print("".join(one if one.isprintable() else " " for one in text), file=sys.stderr, flush=True)


@dataclass(slots=True, kw_only=True)
class Seams:
    """What a simulation puts in the place of the machine; the defaults are the machine."""

    transport: httpx.AsyncBaseTransport | None = None  # The network that connectors call through.
    probes: list[Probe] | None = None  # Instead of those that the settings ask for.
    threaded: bool = True  # False: commits happen in the caller's thread, in the seed's order.
    vfs: str | None = None  # An apsw VFS under every database, where the power is cut.
    tell: Callable[[str], None] = on_stderr


def told_or_real(page: Path | None, seed: int) -> World:
    """The machine's own world, or that of a rehearsal whose clock page is given."""
    return real_world() if page is None else told_world(page, seed, publishes=True)


def open_house(folder: Path, world: World, seams: Seams | None = None, **overrides: Any) -> House:
    """Open a data directory; overrides are settings that stand above its file.

    Raises BoxBusy, Misconfigured, TooNew, OldSqlite, DiskFailed. A damaged journal opens for reading: `journal.broken`.
    """
    seams = seams or Seams()
    with ExitStack() as ends:
        ends.enter_context(hold(folder))
        settings = read_settings(folder, **overrides)
        check_kind(folder, settings)
        sweep_passing(folder)
        house = _furnish(folder, world, settings, seams, ends)
        house.plan.enter_with(partial(_enter, house.journal))
        house.close.also_open = partial(also_open_of, house)
        _connect_bells(house)
        house.people.erase_again(_erased(house.journal))
        house.ends = ends.pop_all()
    return house


def _furnish(folder: Path, world: World, settings: Settings, seams: Seams, ends: ExitStack) -> House:
    secrets = ends.enter_context(closing(Secrets(folder, world, threaded=seams.threaded, vfs=seams.vfs)))
    facts = ends.enter_context(closing(Database(folder / "journal.db", journal_tables.MIGRATIONS, vfs=seams.vfs, threaded=seams.threaded)))
    replicas = ends.enter_context(closing(_replicas(folder / "copies.db", seams)))
    intents = ends.enter_context(closing(Database(folder / "plan.db", plan_tables.MIGRATIONS, vfs=seams.vfs, threaded=seams.threaded)))

    heads = ends.enter_context(closing(_heads(folder, settings, seams)))  # Closed after the journal, which leaves its last head there.
    journal = ends.enter_context(closing(Journal(facts, world, box_key(secrets, world), _day_of(settings), heads, settings.owner)))
    people = People(facts, secrets, world)
    copies, plan = Copies(replicas, world), Plan(intents, world, settings)
    client, mailer = make_client(seams), mailer_of(settings, secrets, world)
    practising = Practising(read_scene(folder), client, world) if settings.is_practice else None
    watch, power = _lookout(folder, world, settings, seams, journal, replicas, practising)
    cloud = load(settings.cloud or WITHOUT_CLOUD).connect(settings, secrets, world, client, watch.hear)
    counter = Counter(journal, plan, copies, settings, world, lambda: fallback.outage.phase == "fallback")
    mover = mover_of(folder, world, settings, secrets, journal, client, watch, settings.is_practice or bool(seams.probes), seams.tell)
    fallback = Fallback(journal, world, settings, lambda: _facts(journal, plan, counter, settings, world, mover), plan.tolerable_s)
    wordings = Wordings(plan, world, settings, journal.selling_tills)
    runs = Runs(journal, wordings, world, lambda: fallback.outage, lambda: plan.all(Party))
    outbox = Outbox(journal, cloud, world, settings, copies, people, plan.owner_of_parked)
    in_flight, findings = InFlight(journal, cloud, world), Findings(journal)
    close = Close(journal, cloud, world, settings, outbox, in_flight, paper=counter.slips.of_day)
    return House(
        folder=folder, world=world, settings=settings, power=power,
        secrets=secrets, journal=journal, people=people,
        copies=copies, plan=plan, counter=counter,
        look_over=LookOver(journal, plan, copies, settings, world, lambda: outage_spans(journal)),
        client=client, cloud=cloud, watch=watch,
        **_looks(settings, world, watch, journal, seams),
        mover=mover, fallback=fallback,
        runs=runs,
        replicate=Replicate(copies, cloud, world, settings, lambda finding: findings.raise_new([finding], None)),
        outbox=outbox,
        in_flight=in_flight,
        holds=Holds(journal, cloud, outbox, in_flight, world),
        findings=findings,
        witnesses=Witnesses(heads, findings, world, _day_of(settings), plan.owner_of),
        close=close,
        closed_days=ClosedDays(close, journal, world),
        practising=practising,
        rehearsals=Rehearsals(folder, journal, plan, copies, settings, world, lambda: fallback.outage),
        keep=Keep(folder, journal, plan, copies, settings, world, Presser(world), printer_of(settings.printer, world)),
        receipts=receipts_of(folder, world, settings, mailer, journal, people, watch),
        notices=notices_of(journal, world, settings, mailer, watch, outbox), mail_hold=partial(mail_hold_of, settings),
        mail_held=MailHeld(Checks(journal, plan, world, settings), settings, partial(mail_hold_of, settings)),
        heartbeat=heartbeat_of(journal, world, settings, client),
        bells={one: Wake(world) for one in ("watch", "verify", "anew", "mail_held")},
        tell=seams.tell, ends=ends,
    )  # fmt: skip


def _looks(settings: Settings, world: World, watch: Watch, journal: Journal, seams: Seams) -> dict[str, Any]:
    """What looks and listens beside the watch; no line where a simulation brings its own network."""
    lines = () if seams.probes else lines_of(settings.lines)
    return {
        "lines": LineWatch(lines, settings, world, watch, partial(line_in_use, lines)),
        "tills_heard": TillsHeard(world, watch.hear_all, partial(_till_name, journal)),
        "spells": SpellLog(journal, world, watch.reports, watch.history.last_ms),
    }


def _till_name(journal: Journal, till: str) -> str:
    """What people call it."""
    return next((one["name"] for one in journal.tills() if one["till"] == till), "a till")


def _facts(journal: Journal, plan: Plan, counter: Counter, settings: Settings, world: World, mover: Mover) -> Facts:
    """What the ladder is decided on: the law, our tills and slips, the other line, and what was seen of spares."""
    facts = replace(shop_facts(journal, plan.law(), _slips_unused(counter)), other_line=mover.other_line())
    try:
        seen = [kept.entry for kept in journal.newest(evidence.KINDS, PROOFS_READ)]
    except Damaged:
        return facts
    things, known, now = plan.all(Thing), evidence.proofs(seen, plan.checks()), world.now()
    line = evidence.better((facts.other_line, evidence.other_line(things, known, now)))
    vendor = evidence.offline_of(settings.vendor, things, known, now)
    return replace(facts, other_line=line, other_device=evidence.other_device(things, known, now), vendor_offline=vendor)


def _lookout(
    folder: Path, world: World, settings: Settings, seams: Seams, journal: Journal, replicas: Database, practising: Practising | None
) -> tuple[Watch, PowerDesk]:
    """What looks, and what hears of the battery."""
    power = PowerDesk(journal, settings, world, seams.tell)
    office = office_probes(printer_of(settings.printer, world), world)
    probes = seams.probes or [*_probes(folder, world, settings, journal, practising), *ups_probes(settings, world, power.hear), *office]
    return Watch(replicas, world, settings, probes), power


def _probes(folder: Path, world: World, settings: Settings, journal: Journal, practising: Practising | None) -> list[Probe]:
    """What the settings ask for, the end of our certificate; and in a practice box, what is played."""
    looked = [*probes_of(settings, world, folder, lambda: _newest(journal)), *expiry_probes(settings, folder, world)]
    return [*looked, *(practising.probes if practising else ())]


def _replicas(path: Path, seams: Seams) -> Database:
    """The copies' database; a damaged one is put aside, for everything in it can be pulled again, and a shop must open."""
    try:
        return Database(path, copies_tables.MIGRATIONS, durable=False, vfs=seams.vfs, threaded=seams.threaded)
    except FileDamaged as error:
        aside = path.with_suffix(".damaged.db")
        path.replace(aside)
        for log in ("-wal", "-shm"):
            path.with_name(path.name + log).unlink(missing_ok=True)
        seams.tell(f"{error.message} It was put aside as {aside.name}; the copies are pulled again as soon as the cloud answers.")
        return Database(path, copies_tables.MIGRATIONS, durable=False, vfs=seams.vfs, threaded=seams.threaded)


def _connect_bells(house: House) -> None:
    """What happened in one loop wakes the loop that it matters to."""
    house.bells["replicate"] = house.replicate.wake
    house.bells["recover"] = house.outbox.wake
    house.bells["remind"] = house.keep.wake
    house.bells["stop"] = house.power.stop
    house.bells["rehearse"] = house.rehearsals.wake
    house.bells["lines"] = house.lines.wake
    house.lines.on_change(house.bells["watch"].ring)
    house.bells["switch"] = house.mover.switching.wake
    house.watch.on_change(house.bells["switch"].ring)
    house.mover.switching.on_told(house.tell)
    house.mover.on_step(house.notices.tell)
    house.mover.on_look(house.lines.look_now)
    if "modem" in house.mover.switching.names():  # A second way out, where no line is left.
        house.notices.texter = getattr(house.mover.switching.switch("modem"), "texter", None)
    metered = {one.name for one in lines_of(house.settings.lines) if one.is_metered}
    house.receipts.post.is_metered = lambda: house.lines.in_use in metered
    house.bells["receipts"], house.bells["letters"] = house.receipts.wake, house.receipts.post_wake
    house.bells["notices"], house.bells["heartbeat"] = house.notices.wake, Wake(house.world)
    house.copies.on_change(lambda dataset: house.keep.wake.ring())
    house.in_flight.wake = house.outbox.wake
    house.journal.on_append(house.outbox.wake.ring)
    if hasattr(house.cloud, "on_new_file"):  # A cloud whose copies come as files says when one came.
        house.cloud.on_new_file(house.replicate.hint)
    failed = [state.dataset for state in house.copies.states() if state.failures]
    if failed:  # Perhaps it was started anew because the cloud was set up again: do not wait out the old back-off.
        house.replicate.hint(*failed)
    house.watch.on_doubt(house.bells["watch"].ring)
    house.watch.on_change(house.notices.wake.ring)
    house.fallback.on_change(house.outbox.wake.ring)
    house.fallback.on_change(house.notices.wake.ring)
    house.fallback.on_change(house.rehearsals.on_real_outage)


def _heads(folder: Path, settings: Settings, seams: Seams) -> Heads:
    """Witnesses of the journal's end: one file beside it, and one where the owner wants a second, for which no sale waits."""
    return Heads([folder, *([Path(settings.heads_folder)] if settings.heads_folder else [])], waits=not seams.threaded)


def _erased(journal: Journal) -> Iterator[str]:
    """Everybody who was ever erased: a restored copy may hold keys from before."""
    after = 0
    while kepts := journal.read(after=after, kinds=("erased",)):
        yield from (kept.entry.body.party for kept in kepts)
        after = kepts[-1].seq


def _enter(journal: Journal, versions: list[Unentered]) -> None:
    """Versions of the plan, each as a fact of the journal; one that stands there already is left as it is."""
    journal.record_now([Fact("plan_changed", one.body, operator=one.by, happened_at=from_ms(one.at_ms), id=one.entry) for one in versions])


def _day_of(settings: Settings) -> Callable[[datetime], str]:
    return lambda at: trading_day(at, settings.time_zone, settings.day_turns_at)


def _slips_unused(counter: Counter) -> int | None:
    """None where no pad was ever issued: then nobody counts; nor where the journal is torn."""
    try:
        account = counter.slips.account()
    except Damaged:
        return None
    return account.unused if account.states else None


def _newest(journal: Journal) -> datetime | None:
    """The latest hour among the last entries: a clock set back stays told after its first sales."""
    latest_ms = journal.latest_ms(CLOCK_ENTRIES)
    return None if latest_ms is None else from_ms(latest_ms)


def make_client(seams: Seams) -> httpx.AsyncClient:
    """The one network client; how long a call may take is decided in the World's time, not here."""
    import httpx

    limits = httpx.Limits(max_connections=20, max_keepalive_connections=10)
    return httpx.AsyncClient(transport=seams.transport, timeout=None, follow_redirects=False, limits=limits)
