"""The clerk of a cloud without an interface: keys each sale from the box's screen into the cloud by hand, and errs now and then.

Ten seconds a document and four a line. What the faults of a rehearsal do elsewhere happens here at the clerk's
screen; every mistake is caught by the box's questions and the cloud's day report, never by knowing better.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from tideover.learn.people import Agenda, Ledger
from tideover.learn.reply import taken
from tideover.learn.stage import Stage
from tideover.world import to_ms

DOCUMENT_S, LINE_S = 10, 4  # docs/contracts.md: what keying costs.
IDLE_S = 20  # Between two looks at an empty list.
BUSY_S, SLOW_S, LOGIN_S = 30, 5, 30  # What the cloud's screen costs when it is in a bad mood.
REPORT_EVERY_S = 600  # The day report is brought this often while something waits for it.
SHARES = ("lost-reply", "duplicate", "refuse", "busy", "slow")
COUNTS = ("expire-login", "crash")
NAME = "Oona"


class Clerk:
    """Oona, at the cloud's own screen with the box's list beside it."""

    def __init__(self, stage: Stage, agenda: Agenda, ledger: Ledger, day: str, currency: str, is_done: Callable[[], bool]) -> None:
        self._stage, self._agenda, self._ledger = stage, agenda, ledger
        self._day, self._currency, self._is_done = day, currency, is_done
        self._fates: dict[str, list[str]] = {}  # Entry to the faults that will strike it.
        self._solved: set[str] = set()
        self._reported_ms = 0
        self._keyed_since_report = False
        self.is_finished = False  # Nothing to key any more, and the last day report shows it all.

    def begin(self, entries: Sequence[str], faults: dict[str, float]) -> None:
        """The way back begins: mistakes are dealt out, the first screen is opened."""
        self._deal(entries, faults)
        self._agenda.note(self._stage.now_ms, self._work)

    def _deal(self, entries: Sequence[str], faults: dict[str, float]) -> None:
        """Each share strikes at least once; one entry suffers one thing, as long as there are enough."""
        free = sorted(entries)
        for name in (*SHARES, *COUNTS):
            wanted = faults.get(name, 0)
            count = int(wanted) if name in COUNTS else math.ceil(wanted * len(entries))
            for _ in range(min(count, len(entries))):
                pool = free or sorted(entries)
                entry = self._stage.world.chance.choice(pool)
                self._fates.setdefault(entry, []).append(name)
                if entry in free:
                    free.remove(entry)

    def solved(self, entry: str) -> None:
        """The vendor takes it now."""
        self._solved.add(entry)

    # Keying -------------------------------------------------------------------------------------------

    async def _work(self) -> None:
        """The next one on the list, or the day report if something waits for it."""
        if self._is_done() and not self._keyed_since_report:
            self.is_finished = True
            return
        listed = taken(await self._stage.staff.get("/v1/keying"), "the keying list")["entries"]
        now_ms = self._stage.now_ms
        if not listed or now_ms - self._reported_ms > REPORT_EVERY_S * 1000:
            await self.bring_report()
        if not listed:
            self._agenda.note(now_ms + IDLE_S * 1000, self._work)
            return
        entry = listed[0]
        screen = taken(await self._stage.staff.post(f"/v1/keying/{entry}/begin", json={}), f"beginning with {entry}")
        cost_s = DOCUMENT_S + LINE_S * len(screen["lines"]) + self._delay_s(entry)
        self._ledger.human_s += cost_s

        async def finish() -> None:
            await self._finish(entry, screen)

        self._agenda.note(now_ms + cost_s * 1000, finish)

    def _strikes(self, entry: str, name: str) -> bool:
        """True once, if that fault was dealt to the entry; it is counted."""
        if name not in self._fates.get(entry, ()):
            return False
        self._fates[entry].remove(name)
        self._ledger.clerk_faults[name] = self._ledger.clerk_faults.get(name, 0) + 1
        return True

    def _delay_s(self, entry: str) -> int:
        delays = (("busy", BUSY_S), ("slow", SLOW_S), ("expire-login", LOGIN_S))
        return sum(seconds for name, seconds in delays if self._strikes(entry, name))

    async def _finish(self, entry: str, screen: dict[str, Any]) -> None:
        """The sale is stored in the cloud, and the box is told what its screen said."""
        answer: dict[str, Any]
        if "refuse" in self._fates.get(entry, ()) and entry not in self._solved:
            self._ledger.clerk_faults.setdefault("refuse", 0)
            if entry not in self._ledger.clerk_refused:
                self._ledger.clerk_refused.add(entry)
                self._ledger.clerk_faults["refuse"] += 1
            answer = {"refused": "The cloud does not take this one.", "cause": "refused"}
        else:
            number = await self._store(screen)
            if self._strikes(entry, "duplicate"):
                await self._store(screen)
            answer = {"unsure": True} if self._strikes(entry, "lost-reply") else {"number": number, "total_minor": screen["total_minor"]}
        if self._strikes(entry, "crash"):
            await self._stage.crash()
        taken(await self._stage.staff.post(f"/v1/keying/{entry}/done", json=answer), f"the answer for {entry}")
        self._agenda.note(self._stage.now_ms, self._work)

    async def _store(self, screen: dict[str, Any]) -> str:
        """Typed off the screen, letter by letter, into the cloud's own till."""
        lines = [
            {
                "item": line["item"],
                "name": line["name"],
                "quantity": scaled(line["quantity"], 1_000),
                "amount_minor": scaled(line["amount"], 100),
                "vat_ppm": scaled(line["vat_percent"], 10_000),
            }
            for line in screen["lines"]
        ]
        form = {
            "external_id": screen["reference"],
            "day": screen["day"],
            "kind": screen["kind"],
            "at_ms": to_ms(self._stage.world.now()),
            "currency": self._currency,
            "lines": lines,
            "payments": [{"tender": one["kind"], "amount_minor": scaled(one["amount"], 100)} for one in screen["tenders"]],
            "rounding_minor": scaled(screen["rounding"] or "0", 100),
            "customer": screen["customer"] or None,
            "till": NAME,
        }
        self._keyed_since_report = True
        return taken(await self._stage.line.post("/till/sales", json=form), f"the cloud's till for {screen['reference']}")["number"]

    # The day report -----------------------------------------------------------------------------------

    async def bring_report(self) -> None:
        """Saved from the cloud, given to the box; what the box then finds keyed twice is voided in the cloud."""
        report = await self._give_report()
        view = taken(await self._stage.call(self._stage.staff.get(f"/v1/day/{self._day}")), "how the day stands")
        extra = [number for entry in view["reconciled"]["doubled"] for number in numbers_of(report, entry)[1:]]
        for number in extra:
            taken(await self._stage.line.post(f"/till/sales/{number}/void", json={"why": "keyed twice"}), f"voiding {number}")
            self._ledger.human_s += DOCUMENT_S
        if extra:
            await self._give_report()
        self._reported_ms = self._stage.now_ms
        self._keyed_since_report = False

    async def _give_report(self) -> str:
        report, lines = await self._save("day-report"), await self._save("day-lines")
        for text, more in ((report, {}), (lines, {"lines": "true"})):
            reply = await self._stage.staff.post("/v1/day-report", params={"day": self._day, **more}, content=text.encode())
            taken(reply, "the day report")
        return report

    async def _save(self, name: str) -> str:
        reply = await self._stage.line.get(f"/till/{name}.csv", params={"day": self._day})
        reply.raise_for_status()
        return reply.text


def numbers_of(report: str, reference: str) -> list[str]:
    """The cloud's final documents that carry our reference, in the report's order."""
    rows = csv.DictReader(report.splitlines())
    return [row["number"] for row in rows if row["our_reference"] == reference and row["state"] == "final"]


def scaled(text: str, scale: int) -> int:
    """A number as it stands on a screen, as an integer in 1/scale."""
    return int(Decimal(text.replace(",", ".")) * scale)
