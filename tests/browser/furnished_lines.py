"""What a shop with two lines has lived through: a week of looks, a move to the other line, a test call, a spare device, notices.

Its lines and calls exist in memory only; nothing of this machine is moved or asked.
"""

from __future__ import annotations

from typing import Any

from fuzz.house import OpenBox
from tideover.activate.allowances import Allowances
from tideover.activate.line_proofs import LineProofs
from tideover.activate.mover import Mover
from tideover.activate.notices import Told
from tideover.activate.switch import Busy
from tideover.activate.switching import Switching
from tideover.detect.ways import Ways
from tideover.drivers.pretend import Pretend, Wires
from tideover.model.line import Line, lines_of
from tideover.model.outage import Observation
from tideover.model.switching import CallTested, DeviceProved, LineProved, Switched
from tideover.plan.records import Thing
from tideover.ports import MailAnswer
from tideover.world import to_ms
from unit.activate.switch_shop import Counting
from unit.notices.shop_at_night import AINO, SMS, Modem
from unit.web.weeks import live_through, write_down

USUAL, OTHER = "fibre", "mobile-behind-the-counter"
CALLED = "+358 40 765 4321"
SETTINGS = {
    "lines": (f"{USUAL} carrier=Elisa", f"{OTHER} metered allowance_mb=5000 cycle_day=5 carrier=Telia"),
    "vendor": "square",
    "cloud_page": "https://kassa.kassapilvi.example/log-in",
    "phone_kind": "fixed",
    "divert_to": CALLED,
    "notices_to": (AINO, SMS, "maximiliana.von.osterberg.zilkahame@kulmakauppa.example"),
    "heartbeat_url": "https://waechter.example/ping/4711",
    "mail_domain": "kulma.example",
}
SPARE = Thing("spare-pc", "The laptop in the office, blue sleeve, 2021", ("till",), place="back room")
DAYS = 7
USED = 4_100_000_000  # Of its allowance: more than three quarters.


class Post:
    """A mail server that breaks off at each letter."""

    name, timeout_s = "smtp.example.fi:587", 1.0

    async def send(self, letter: Any) -> MailAnswer:
        return MailAnswer("unknown", "the mail server broke off")


async def live_on_lines(box: OpenBox, by: str, name: str) -> None:
    """Everything that the pages of failing and moving show; the shop is on its other line afterwards."""
    house = box.house
    await live_through(house, DAYS)
    await write_down(house)
    _tell_now(box)
    house.mover = _mover(box)
    await _moved(house, by)
    house.plan.put(SPARE, by)
    tried = DeviceProved(SPARE.key, True, "Chrome 120", "Windows 11", True, True, name)
    for one in (tried, DeviceProved(name, False, "Firefox 115", "Linux", note="the log-in stays white")):
        await house.journal.record("device_proved", one, operator=by)
    await house.journal.record("call_tested", CallTested(True, name, "Anna's mobile", "a little quiet"), operator=by)
    await _noticed(house)


def _tell_now(box: OpenBox) -> None:
    """The line in use is dead, the other carries."""
    for _ in range(4):
        now = box.world.now()
        for line, ok, text in ((USUAL, False, "no answer in 2 s"), (OTHER, True, "answers")):
            box.house.watch.hear(Observation(f"line-{line}", "anchor", "Elisa", ok, now, text, via=line))
            box.house.watch.hear(Observation(f"line-{line}", "anchor", "Telia", ok, now, text, via=line))
        box.page.now_ms += 3_000


async def _proof(line: Line, measures: bool) -> LineProved:
    return LineProved(line.name, True, 1_000_000 if measures else None, "the log-in page is reached")


async def _nothing_in_hand() -> frozenset[Busy]:
    return frozenset()


def _mover(box: OpenBox) -> Mover:
    house, lines = box.house, lines_of(box.house.settings.lines)
    meter = Counting()
    meter.counted = {OTHER: {"till": USED}}
    wires = Wires(targets=(USUAL, OTHER), in_use=USUAL)
    calls = Wires(targets=("", CALLED), in_use="")
    switches = [Pretend("lines", wires, box.world), Pretend("pbx", calls, box.world)]
    switching = Switching(house.journal, box.world, switches)
    allowances = Allowances(house.journal, box.world, box.folder, lines, house.settings.time_zone, meter)
    proofs = LineProofs(house.journal, box.world, lines, _proof, lambda: switching.log)
    mover = Mover(switching, box.world, house.settings, lines, house.watch.verdicts, allowances, proofs, _nothing_in_hand)
    house.watch.ways = lambda: Ways(lines, mover.in_use, mover.was_armed, allowances.used_up(), mover.throttled)
    return mover


async def _moved(house: Any, by: str) -> None:
    """Allowed by somebody, it went by itself; calls were diverted by hand, others by a modem that the settings name no more."""
    mover = house.mover
    for what in ("began", "engaged"):
        await house.journal.record("switched", Switched("modem", what, "", "…567", "nobody heard the phones"), operator=by)
    await mover.switching.arm("lines", True, by)
    await mover.proofs.prove(OTHER, by)
    await mover.turn()
    await mover.turn()
    await mover.switching.engage("pbx", CALLED, by, "nobody hears the phones")


async def _noticed(house: Any) -> None:
    """One that may have arrived, one that waits."""
    house.notices.mailer, house.notices.texter = Post(), Modem()
    now = to_ms(house.world.now())
    receivers = [one.address for one in house.notices.receivers]
    long = "Our internet line is down: our router answers, nothing beyond it does."
    await house.notices.rows.take_up(None, [Told("one", now - 600_000, long)], receivers, now - 600_000)
    for _ in receivers:
        await house.notices.turn()
    await house.notices.tell("two", "It is on its battery.")
