"""The people of a rehearsal: they confirm, solve what is parked, count the drawer and read the terminal, each in their time.

They only do what a person at the box's pages could do, through the same HTTP.
"""

from __future__ import annotations

import heapq
from collections.abc import Awaitable, Callable
from typing import Any

from tideover.learn.evidence import Counted, Route
from tideover.learn.reply import taken
from tideover.learn.stage import Stage
from tideover.world import FOREVER_MS

CONFIRM_S = 60  # From the verdict to the owner's word.
SOLVE_S = 60  # Looking at one parked record, mending its cause, sending it on.
SETTLE_S = 60  # Asking the person who stood at the till what became of one sale in flight.
PATIENCE_S = 1_200  # The cloud is asked first; after this a person settles what is still open on the check list.

Action = Callable[[], Awaitable[None]]


class Agenda:
    """What is to be done at which hour; things of the same hour in the order they were noted."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Action]] = []
        self._count = 0

    def note(self, at_ms: int, action: Action) -> None:
        self._count += 1
        heapq.heappush(self._heap, (at_ms, self._count, action))

    def next_ms(self) -> int:
        return self._heap[0][0] if self._heap else FOREVER_MS

    async def run(self, now_ms: int) -> None:
        """Everything that is due."""
        while self._heap and self._heap[0][0] <= now_ms:
            await heapq.heappop(self._heap)[2]()


class Ledger:
    """What the people of the rehearsal know at its end, kept apart from the box."""

    def __init__(self) -> None:
        self.routes: dict[str, Route] = {}
        self.counted: list[Counted] = []
        self.acknowledged: set[str] = set()  # Entries that a person, not a till, was told are kept: slips.
        self.sold_ms: list[tuple[int, str]] = []  # When each document was sold, and how: cloud, till, slip, in_flight.
        self.steps: list[tuple[int, str]] = []  # The outage's steps, for the picture.
        self.booked_ms: list[int] = []  # When the cloud answered for each entry.
        self.detect_s = self.declare_s = self.replay_s = self.replay_wall_s = self.human_s = 0.0
        self.parked_peak = self.slips = 0
        self.head = ""  # The journal's head as it was printed on the last day's report.
        self.clerk_faults: dict[str, int] = {}  # What went wrong at the clerk's screen, if there was a clerk.
        self.clerk_refused: set[str] = set()


class Owner:
    """The person who decides: Maija."""

    def __init__(self, stage: Stage, agenda: Agenda, ledger: Ledger, on_solved: Callable[[str], None]) -> None:
        """on_solved: the vendor takes that entry from now on."""
        self._stage, self._agenda, self._ledger, self._on_solved = stage, agenda, ledger, on_solved
        self._free_ms = 0
        self._parked: set[str] = set()

    async def confirm(self) -> None:
        """Yes, it is down: open the fallback."""
        taken(await self._stage.staff.post("/v1/outage/confirm", json={}), "the confirmation")

    def parked(self, entry: str) -> None:
        """A record waits: one is looked at after the other."""
        self._parked.add(entry)
        self._ledger.parked_peak = max(self._ledger.parked_peak, len(self._parked))
        self._free_ms = max(self._free_ms, self._stage.now_ms) + SOLVE_S * 1000

        async def solve() -> None:
            await self._solve(entry)

        self._agenda.note(self._free_ms, solve)

    async def _solve(self, entry: str) -> None:
        await self._stage.control.post("/solved", json={"entry": entry})
        self._on_solved(entry)
        body = {"how": "send_on", "note": "the vendor takes it now"}
        taken(await self._stage.staff.post(f"/v1/parked/{entry}/solve", json=body), f"solving {entry}")
        self._ledger.human_s += SOLVE_S
        self._parked.discard(entry)

    async def close_outage(self) -> None:
        """Explain what differs, read the pads of slips, then close: the checklist must be empty."""
        for pad in taken(await self._stage.staff.get("/v1/slips"), "the pads")["to_count"]:
            read = {"next_unused": self._ledger.slips + 1}
            taken(await self._stage.staff.post(f"/v1/pads/{pad}/count", json=read), f"counting {pad}")
        for one in taken(await self._stage.staff.get("/v1/findings"), "the findings"):
            taken(await self._stage.staff.post(f"/v1/findings/{one['id']}/close", json={"note": "looked at, in order"}), "a finding")
        taken(await self._stage.staff.post("/v1/outage/close", json={}), "closing the outage")

    async def settle(self, item: str, number: str | None) -> None:
        """Say what became of a sale in flight; the cloud could not be asked. number: the cloud's, if it was booked."""
        body: dict[str, Any] = {"outcome": "was_booked" if number else "was_not_booked"}
        if number:
            body["number"] = number
        taken(await self._stage.staff.post(f"/v1/in-flight/{item}/settle", json=body), f"settling {item}")
        self._ledger.human_s += SETTLE_S
