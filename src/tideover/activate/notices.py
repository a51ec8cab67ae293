"""Tells people outside the shop what happened, by mail and by text message: durable, paced, once as far as a bearer allows.

Every notice stands in the database as `sending` before its first byte leaves. What was cut off, or got no answer, may have arrived:
it goes once more, and says so. All that waits for one person goes in one letter, so a queue after a long outage is a summary and no flood.
It never keeps anybody waiting, and a bearer that fails holds up no other.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from datetime import date, datetime

from msgspec import Struct
from msgspec.structs import replace

from tideover.activate.notice_parked import LOOK_S, late
from tideover.activate.notice_rows import STATES_OVER, NoticeRows
from tideover.activate.notice_words import KINDS, Notice, Told, is_number, letter_of, text_of, told_of
from tideover.errors import Damaged, NotFound, WrongState
from tideover.journal.store import Journal
from tideover.model.receipt import Letter
from tideover.ports import MailAnswer, Mailer, Texter
from tideover.rules.address import is_mail_address
from tideover.rules.calendar import trading_day
from tideover.rules.pace import growing_s, spread_s
from tideover.settings import Settings
from tideover.world import Wake, World, to_ms

GATHER_S = 10.0  # One fault takes several services with it: what comes within this goes together.
PACE_S = 2.0  # Between two letters, whoever gets them.
GAP_S = 120.0  # Between two letters to one person; what comes meanwhile is in the next.
HELD_S = 15.0  # Between two looks whether the line is back.
AGAIN_S, AGAIN_MOST_S = 60.0, 900.0  # After a bearer that took nothing.
IDLE_S = 15.0  # Between two looks at the journal.
NOTHING_S = 3_600.0  # … where nobody hears of it.
TAKE_MAX = 500  # Entries taken up at once.
LETTER_MAX = 1_000  # Notices that one letter carries, the newest of what waits; most of them it only counts.
STOPPED = "the box was stopped while it was sent"
GONE = "nobody asks for it any more"
NO_MAIL = "no mail server is set up"
NO_MODEM = "no modem is set up"
LINE_DOWN = "the line is down"
ELSEWHERE = "it is on its way or has arrived"
STUCK_SHOWN = 50
TEST = "This is a test: notices of this shop arrive here."


class Receiver(Struct, frozen=True):
    """Somebody who hears of things, and what keeps that person from it; "" where nothing does."""

    address: str
    is_number: bool
    lacks: str = ""  # In English.


class Notices:
    """The notices of one shop."""

    def __init__(
        self,
        journal: Journal,
        world: World,
        settings: Settings,
        mailer: Mailer | None = None,
        texter: Texter | None = None,
        *,
        is_line_up: Callable[[], bool] = lambda: True,
        meaning: Callable[[str], str] = lambda cause: "",
    ) -> None:
        """is_line_up: False while the internet is known to be down; then no mail knocks. meaning: of a cause, as a sentence."""
        self._journal, self._world, self._settings = journal, world, settings
        self.mailer, self.texter = mailer, texter
        self._is_line_up, self._meaning = is_line_up, meaning
        self.rows, self.wake = NoticeRows(journal.database), Wake(world)
        self._due: dict[str, int] = {}  # Receiver to UTC ms: not before then.
        self._failed: dict[str, int] = {}  # Bearer to failures on end.
        self._next_ms = 0
        self.parked_since: Callable[[], Iterable[datetime]] = tuple  # When each sale was parked that waits for a person.
        self._looked_ms = 0

    @property
    def receivers(self) -> tuple[Receiver, ...]:
        """Who hears of things; nobody does from a practice box."""
        wanted = () if self._settings.is_practice else dict.fromkeys(one.strip() for one in self._settings.notices_to if one.strip())
        return tuple(Receiver(one, is_number(one), self._lacks(one)) for one in wanted)

    def _lacks(self, receiver: str) -> str:
        if is_number(receiver):
            return "" if self.texter is not None else NO_MODEM
        if not is_mail_address(receiver):
            return "that is no receiver"
        return "" if self.mailer is not None else NO_MAIL

    # What is told -------------------------------------------------------------------------------

    async def tell(self, event: str, text: str, ends: str = "") -> None:
        """Tell everybody, once per event, whatever happens to the box after this returns. text: English. Raises DiskFailed."""
        now_ms = self._now_ms()
        await self.rows.take_up(None, [Told(event, now_ms, text, ends)], self._addresses(), now_ms)
        self.wake.ring()

    async def test(self, receiver: str) -> None:
        """A person tries whether it arrives. Raises NotFound, WrongState."""
        found = next((one for one in self.receivers if one.address == receiver), None)
        if found is None:
            raise NotFound(what="receiver", id=receiver[:40])
        if found.lacks:
            raise WrongState(what="A test", why=found.lacks)
        now_ms = self._now_ms()
        gathered_ms = now_ms - round(GATHER_S * 1_000)  # Nothing further belongs to it.
        await self.rows.take_up(None, [Told(self._world.new_id(), now_ms, TEST)], [receiver], gathered_ms)
        self._due.pop(receiver, None)
        self.wake.ring()

    async def send_again(self, number: int) -> None:
        """A person wants it once more. Raises NotFound, WrongState."""
        notice = self._stuck(number)
        gathered_ms = self._now_ms() - round(GATHER_S * 1_000)  # Nothing further belongs to it.
        changes = {"state": "waiting", "again": int(notice.state == "unknown"), "since": gathered_ms}
        if not await self.rows.move([notice], **changes, why=""):
            raise WrongState(what="Sending it again", why=ELSEWHERE)
        self._due.pop(notice.receiver, None)
        self.wake.ring()

    async def settle(self, number: int) -> None:
        """A person says that they know already. Raises NotFound, WrongState."""
        if not await self.rows.move([self._stuck(number)], state="ended", why="", since=self._now_ms()):
            raise WrongState(what="That", why=ELSEWHERE)

    def _stuck(self, number: int) -> Notice:
        notice = self.rows.get(number)
        if notice is None:
            raise NotFound(what="notice", id=str(number))
        if notice.state not in STATES_OVER:
            raise WrongState(what="That", why=ELSEWHERE)
        return notice

    def troubles(self) -> int:
        """How many people cannot be told, and how many notices may not have arrived."""
        return sum(bool(one.lacks) for one in self.receivers) + len(self.rows.stuck(STUCK_SHOWN))

    def _addresses(self) -> list[str]:
        return [one.address for one in self.receivers]

    # One turn of the box ------------------------------------------------------------------------

    async def turn(self) -> float:
        """Take up what happened, send the next letter; seconds until the next turn is due. Raises DiskFailed, Damaged."""
        await self._close_left_over()
        with contextlib.suppress(Damaged):  # A torn journal is told by others; what waits already goes all the same.
            await self._take_up()
            await self._tell_parked()
        waiting = await self._waiting()
        now = self._now_ms()
        due = {receiver: self._due_ms(receiver, of) for receiver, of in waiting.items()}
        for receiver in sorted(due, key=lambda one: (not is_number(one), due[one])):  # Text messages first: they need no line.
            if due[receiver] <= now and not self._held(receiver):
                await self._send(receiver, waiting[receiver])
                return PACE_S
        return self._pause_s(due, now)

    def _pause_s(self, due: dict[str, int], now: int) -> float:
        """Until something may go; what is held is looked at again soon, what cannot go at all not."""
        pauses = [HELD_S if self._held(one) == LINE_DOWN else (at - now) / 1_000 for one, at in due.items() if not self._lacks(one)]
        idle_s = IDLE_S if self.receivers else NOTHING_S
        return min(max(0.1, min(pauses)), idle_s) if pauses else idle_s

    def _held(self, receiver: str) -> str:
        """Why nothing goes to that person now; "" where it may."""
        return self._lacks(receiver) or ("" if is_number(receiver) or self._is_line_up() else LINE_DOWN)

    def _due_ms(self, receiver: str, notices: list[Notice]) -> int:
        """Not before others of the same fault have joined, nor too soon after the last; a clock set back never holds it for long."""
        now, gathered = self._now_ms(), notices[0].since + round(GATHER_S * 1_000)
        gap = self._due.get(receiver, 0)
        if gap - now > AGAIN_MOST_S * 2_000:
            gap = 0
        return max(gathered if gathered - now <= GATHER_S * 1_000 else 0, gap)

    async def _close_left_over(self) -> None:
        """At the beginning of a turn nothing is on its way: what says so was cut off, and may have arrived, or not."""
        for alike in _alike(self.rows.sending()):
            await self.rows.move(alike, **self._after_unknown(alike[0], STOPPED))

    async def _take_up(self) -> None:
        """What the journal has that is worth a notice. What stood there before the first turn ever is history, and nobody's news."""
        after = self.rows.taken_up()
        if after is None:
            after = self.rows.last_seq()
            await self.rows.take_up(after, (), (), self._now_ms())
        while kepts := self._journal.read(after=after, kinds=KINDS, limit=TAKE_MAX):
            tolds = [told for kept in kepts if (told := told_of(kept.entry, self._meaning)) is not None]
            after = kepts[-1].seq
            await self.rows.take_up(after, self._worth(tolds), self._addresses(), self._now_ms())

    async def _tell_parked(self) -> None:
        """Looked at now and then; a name that was told already is told to nobody twice."""
        now_ms = self._now_ms()
        if not self.receivers or abs(now_ms - self._looked_ms) < LOOK_S * 1_000:
            return
        self._looked_ms, now = now_ms, self._world.now()
        today = trading_day(now, self._settings.time_zone, self._settings.day_turns_at)
        if (found := late(self.parked_since(), now, date.fromisoformat(today))) is not None:
            await self.rows.take_up(None, [Told(found.event, now_ms, found.text, "")], self._addresses(), now_ms)

    def _worth(self, tolds: list[Told]) -> list[Told]:
        """An end is told to whoever was told the beginning."""
        begun = {one.event for one in tolds}
        return [one for one in tolds if not one.ends or one.ends in begun or self.rows.was_told(one.ends)]

    async def _waiting(self) -> dict[str, list[Notice]]:
        """What waits, by each receiver that can be told; what nobody asks for any more is ended."""
        wanted = self._addresses()
        if left := self.rows.waiting_for_others(wanted):
            await self.rows.move(left, state="ended", why=GONE, since=self._now_ms())
        return {one: found for one in wanted if not self._lacks(one) and (found := self.rows.waiting(one, LETTER_MAX))}

    async def _send(self, receiver: str, notices: list[Notice]) -> None:
        """All of these in one letter."""
        letter = self._world.new_id()
        if not await self.rows.move(notices, state="sending", letter=letter, why="", since=self._now_ms()):
            return  # A person dealt with one of them meanwhile.
        sending = [replace(one, state="sending", letter=letter) for one in notices]
        answer = await self._hand_over(receiver, letter, sending)
        bearer = "text" if is_number(receiver) else "mail"
        self._failed[bearer] = self._failed.get(bearer, 0) + 1 if answer.word == "away" else 0
        again_s = growing_s(AGAIN_S, AGAIN_MOST_S, self._failed[bearer], self._world.chance)
        gap_s = again_s if answer.word == "away" else spread_s(GAP_S, self._world.chance)
        self._due[receiver] = self._now_ms() + round(gap_s * 1_000)
        for alike in _alike(sending):
            await self.rows.move(alike, **self._after(alike[0], answer))

    async def _hand_over(self, receiver: str, letter: str, notices: list[Notice]) -> MailAnswer:
        now: datetime = self._world.now()
        if is_number(receiver):
            assert self.texter is not None
            return await self.texter.send(receiver, text_of(notices, self._settings, now))
        assert self.mailer is not None
        subject, text = letter_of(notices, self._settings, now)
        return await self.mailer.send(Letter(letter, receiver, subject, text))

    def _after(self, notice: Notice, answer: MailAnswer) -> dict[str, object]:
        match answer.word:
            case "sent" | "refused":
                return {"state": answer.word, "why": answer.why, "since": self._now_ms()}
            case "away":
                return {"state": "waiting", "why": answer.why, "since": self._now_ms()}
        return self._after_unknown(notice, answer.why)

    def _after_unknown(self, notice: Notice, why: str) -> dict[str, object]:
        """It may have arrived: once more, marked; after that only if a person wants it."""
        state = "unknown" if notice.again else "waiting"
        return {"state": state, "again": 1, "why": why, "since": self._now_ms()}

    def _now_ms(self) -> int:
        return to_ms(self._world.now())


def _alike(notices: Iterable[Notice]) -> list[list[Notice]]:
    """Those that may have arrived before, and those that go for the first time: each is moved in one piece."""
    found: dict[bool, list[Notice]] = {}
    for one in notices:
        found.setdefault(one.again, []).append(one)
    return list(found.values())
