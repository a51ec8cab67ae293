"""What `tideover diagnose` does: asks the box that runs, or looks by itself for some seconds. Writes nothing, moves nothing.

It sends to no address that the settings do not name. Quick rounds until nothing is in doubt, and never longer than LOOK_S_MAX.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from tideover.activate import evidence
from tideover.activate.fallback import shop_facts
from tideover.activate.ladder import Facts, best, ladder, with_verdicts
from tideover.commands.reading import Opened, opened
from tideover.detect.cause import explain
from tideover.detect.line_watch import looks_of
from tideover.detect.looks.addresses import Addresses
from tideover.detect.looks.expiry import expiry_probes
from tideover.detect.looks.probe import probes_of
from tideover.detect.looks.route import line_in_use
from tideover.detect.verdict import LAYERS, every
from tideover.detect.watch import Watch
from tideover.detect.ways import Ways
from tideover.drivers import printer_of
from tideover.drivers.nut import ups_probes
from tideover.drivers.printer_look import office_probes, receipt_probes
from tideover.errands import ADDRESS_FILE
from tideover.errors import Damaged
from tideover.model.line import lines_of
from tideover.model.outage import Kind, Observation, Verdict
from tideover.plan.records import Thing
from tideover.ports import Probe
from tideover.settings import Settings
from tideover.web.headline import RUNGS
from tideover.web.tokens import OPERATOR_FILE
from tideover.words import Say
from tideover.world import RealWorld, from_ms, real_world, to_ms

TIMEOUT_S = 1.0  # Of one look: shorter than the box's own, for somebody stands and waits.
SHORT_S = 2.0  # Of one that cannot be told so.
PAUSE_S = 0.8
ROUNDS_MAX = 5  # What refuses at once has then refused for longer than the verdict asks for.
LOOK_S_MAX = 6.3  # No round begins later: with its looks, the start and the end of the program it makes less than ten.
BOX_S_MAX = 2.0
CLOCK_ENTRIES = 200
PROOFS_READ = 500


class ServiceNow(Struct, frozen=True):
    """One service, as docs/contracts.md names its keys; sentences in the reader's language."""

    name: str
    state: str
    cause: str
    evidence: tuple[str, ...]
    since: int | None  # UTC ms.
    meaning: str
    next_step: str


class RungNow(Struct, frozen=True):
    """The highest rung that works now."""

    number: int
    name: str
    why_not_higher: tuple[str, ...]


class Diagnosis(Struct, frozen=True):
    """What was found."""

    services: tuple[ServiceNow, ...]
    rung: RungNow
    by: str  # "box": the running box was asked; "self": this command looked.


def ask_running(folder: Path, say: Say) -> Diagnosis | None:
    """What the running box says; None where none answers."""
    import httpx

    try:
        address = (folder / ADDRESS_FILE).read_text(encoding="ascii").strip()
        token = (folder / OPERATOR_FILE).read_text(encoding="ascii").strip()
        headers = {"Authorization": f"Bearer {token}"}
        reply = httpx.get(f"{address}/v1/status", params={"lang": say.language}, headers=headers, timeout=BOX_S_MAX)
        told = reply.raise_for_status().json()
        known = {one["service"]: _service(one) for one in told["verdicts"]}
        unknown = explain(nothing := Verdict("", "unknown", "not-known", (), None))
        for name in LAYERS:
            if name != "office-printer":
                row = ServiceNow(name, nothing.state, nothing.cause, (), None, say(unknown.meaning), say(unknown.next_step))
                known.setdefault(name, row)
        found = known.values()
        above = [one for one in told["rung"]["ladder"] if one["number"] < told["rung"]["number"]]
        whys = [why(one["number"], one["name"], one["works"], one["why"], say) for one in above]
        return Diagnosis(tuple(found), RungNow(told["rung"]["number"], told["rung"]["name"], tuple(whys)), "box")
    except (OSError, UnicodeDecodeError, ValueError, KeyError, TypeError, httpx.HTTPError, httpx.InvalidURL):
        return None


def _service(one: dict[str, Any]) -> ServiceNow:
    keys = ("service", "state", "cause", "evidence", "since", "meaning", "next_step")
    name, state, cause, seen, since, meaning, next_step = (one[key] for key in keys)
    return ServiceNow(name, state, cause, tuple(seen), since, meaning, next_step)


def look_here(folder: Path, settings: Settings, say: Say, progress: Callable[[str], None], spent_s: float = 0.0) -> Diagnosis:
    """Look by ourselves. spent_s: so much of the person's time is gone already. Raises Misconfigured, FileDamaged."""
    world = real_world()
    with opened(folder, world) as found:
        ways = _ways(settings)
        verdicts = asyncio.run(_looked(folder, settings, world, found, ways, progress, LOOK_S_MAX - spent_s))
        facts = with_verdicts(_facts(found, world), verdicts)
    rungs = ladder(facts)
    chosen = best(rungs)
    whys = tuple(why(one.number, one.name, one.works, one.why, say) for one in rungs if one.number < chosen.number)
    return Diagnosis(tuple(_told(verdicts, ways, say)), RungNow(chosen.number, chosen.name, whys), "self")


def why(number: int, name: str, works: bool, text: str, say: Say) -> str:
    """Why that rung is not the one."""
    return f"{number} {say(RUNGS[name])}: {say('works now') if works else say.told(text)}"


def _ways(settings: Settings) -> Ways:
    lines = lines_of(settings.lines)
    return Ways(lines, line_in_use(lines))


def _told(verdicts: Iterable[Verdict], ways: Ways, say: Say) -> Iterable[ServiceNow]:
    found = tuple(verdicts)
    for one in every(found, ways):
        cause = explain(one, found, ways)
        since = None if one.since is None else to_ms(one.since)
        seen = tuple(say.told(text) for text in one.evidence)
        yield ServiceNow(one.service, one.state, one.cause, seen, since, say.told(cause.meaning), say.told(cause.next_step))


async def _looked(
    folder: Path, settings: Settings, world: RealWorld, found: Opened, ways: Ways, progress: Callable[[str], None], longest_s: float
) -> tuple[Verdict, ...]:
    """Rounds until nothing that fails is in doubt, or the time is over."""
    probes = _probes(folder, settings, world, found, ways)
    watch = Watch(None, world, settings, probes)
    watch.ways = lambda: ways
    began_s, rounds = world.stopwatch_s(), 0
    while True:
        verdicts = await watch.turn()
        rounds += 1
        failing = any(one.ok is False for one in watch.latest()[: len(probes)])
        if not failing or rounds >= ROUNDS_MAX or world.stopwatch_s() - began_s + PAUSE_S > longest_s:
            return verdicts
        progress(f"Something does not answer; looking again ({rounds}) …")
        await world.pause(PAUSE_S)


def _probes(folder: Path, settings: Settings, world: RealWorld, found: Opened, ways: Ways) -> list[Probe]:
    """What the box would look at, each line by itself, too."""
    probes = probes_of(settings, world, _nearest(folder), lambda: _newest(found), TIMEOUT_S)
    probes += expiry_probes(settings, folder, world)
    probes += [_Short(one, "power", "ups", world) for one in ups_probes(settings, world)]
    probes += [_Short(one, "printer", "device", world) for one in receipt_probes(settings, folder, world)]
    probes += office_probes(printer_of(settings.printer, world), world, TIMEOUT_S)
    book = Addresses(world)
    for line in ways.lines:
        looks = looks_of(line, settings, world, book, far_s=TIMEOUT_S)
        probes += [*looks.near, *looks.anchors, *looks.names, *looks.far]
    return probes


class _Short:
    """A look that a box gives more time than somebody who stands and waits; cut off, it says nothing of the thing."""

    timeout_s = SHORT_S

    def __init__(self, probe: Probe, service: str, kind: Kind, world: RealWorld) -> None:
        self.name, self.kind, self._probe, self._service, self._world = probe.name, kind, probe, service, world

    async def look(self) -> Observation:
        try:
            return await self._world.within(SHORT_S, self._probe.look())
        except TimeoutError:
            return Observation(self._service, self.kind, self.name, None, self._world.now(), f"no answer in {SHORT_S:g} s")


def _nearest(folder: Path) -> Path:
    """The folder, or what it would be made in."""
    return next((one for one in (folder, *folder.absolute().parents) if one.is_dir()), Path())


def _newest(found: Opened) -> Any:
    latest_ms = found.journal.latest_ms(CLOCK_ENTRIES)
    return None if latest_ms is None else from_ms(latest_ms)


class _Shown:
    """A journal that is only read, as the ladder asks for it."""

    is_writable = True  # Nobody knows before it is tried; a full disk is a verdict of its own.

    def __init__(self, found: Opened) -> None:
        first = found.journal.read(limit=1)
        self.box = first[0].entry.till if first else None  # A box enrols itself with its first entry.
        self.newest, self.selling_tills = found.journal.newest, found.journal.selling_tills


def _facts(found: Opened, world: RealWorld) -> Facts:
    """What the ladder is decided on, as far as it can be read."""
    try:
        facts = shop_facts(_Shown(found), found.plan.law())  # type: ignore[arg-type]
        seen = [kept.entry for kept in found.journal.newest(evidence.KINDS, PROOFS_READ)]
    except Damaged:
        return Facts(country=found.settings.country, box_writable=False)
    things, known, now = found.plan.all(Thing), evidence.proofs(seen, found.plan.checks()), world.now()
    device = evidence.other_device(things, known, now)
    return replace(facts, other_device=device, vendor_offline=evidence.offline_of(found.settings.vendor, things, known, now))


