"""A box for the recover tests: a real journal and outbox on a real file, a clock that is told, a cloud that can be nasty."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from tideover.db import Database
from tideover.journal.keys import TillKey
from tideover.journal.store import Journal
from tideover.migrations.journal import MIGRATIONS
from tideover.model.answer import Answer
from tideover.model.facts import Void
from tideover.model.manifest import Manifest
from tideover.recover.outbox import Outbox
from tideover.settings import Settings
from tideover.world import ClockPage, ToldWorld, to_ms
from unit.recover.shop import FRIDAY, THREE_PM, document

KEYS = {}  # One key per run is enough; making one costs more than the tests.


def manifest(hands="interface", window_s=600, settle_s=5, concurrent_max=3):
    return Manifest(
        name="test", title="Test", hands=hands, quality="bronze", window=timedelta(seconds=window_s),
        settle=None if settle_s is None else timedelta(seconds=settle_s), concurrent_max=concurrent_max, calls_per_s_max=100, once="",
    )  # fmt: skip


async def _on_its_way():
    """A call takes longer than it takes the box to begin the others that it may make at once."""
    for _ in range(20):
        await asyncio.sleep(0)


class Crash(BaseException):
    """The box's process is killed here."""


class Cloud:
    """Books what it gets; honours a key for its window, then doubles. `mischief` says what happens to the next calls."""

    def __init__(self, world, manifest):
        self.world, self.manifest = world, manifest
        self.documents = []  # [entry, booked at, number, total]
        self.mischief = []  # lose-request, lose-answer, crash-before, crash-after, login, busy, wrong-password
        self.refuses = {}  # Entry to cause, until mended.
        self.calls = []  # (act, entry)
        self.logins = 0
        self.sending = self.sending_most = 0
        self.own_till_day = None  # The day the cloud's own till booked on; None: any.
        self.accepts_login = True

    def _next(self):
        return self.mischief.pop(0) if self.mischief else "well"

    async def send(self, booking):
        self.calls.append(("send", booking.entry))
        await _on_its_way()
        what = self._next()
        if what == "crash-before":
            raise Crash
        if what == "login" or not self.accepts_login:
            return Answer("silent", login=True)
        if what == "busy":
            return Answer("silent", retry_after_s=7)
        if what == "lose-request":
            return Answer("silent")
        self.sending += 1
        self.sending_most = max(self.sending_most, self.sending)
        await _on_its_way()
        self.sending -= 1
        answer = self._book(booking)
        if what == "crash-after":
            raise Crash
        return Answer("silent") if what == "lose-answer" else answer

    def _book(self, booking):
        if booking.entry in self.refuses:
            return Answer("refused", cause=self.refuses[booking.entry], reason="The period is closed.")
        for entry, at, number, _ in self.documents:
            if entry == booking.entry and self.world.now() < at + self.manifest.window:
                return Answer("exists", number=number)
        number = f"C-{len(self.documents) + 1}"
        self.documents.append([booking.entry, self.world.now(), number, sum(line.amount_minor for line in booking.document.lines)])
        return Answer("created", number=number)

    async def ask(self, booking):
        self.calls.append(("ask", booking.entry))
        what = self._next()
        if what.startswith("crash"):
            raise Crash
        if what == "login" or not self.accepts_login:
            return Answer("silent", login=True)
        if what != "well":
            return Answer("silent")
        found = [one for one in self.documents if one[0] == booking.entry]
        return Answer("exists", number=found[0][2]) if found else Answer("absent")

    async def find_in_flight(self, trading_day, reference, total_minor):
        self.calls.append(("find", reference))
        if self._next() != "well":
            return Answer("silent")
        on_this_day = self.own_till_day in (None, trading_day)
        found = [one for one in self.documents if on_this_day and one[0] == f"till:{reference}" and one[3] == total_minor]
        return Answer("exists", number=found[0][2]) if found else Answer("absent")

    async def renew_login(self):
        self.logins += 1
        return self.accepts_login

    def of(self, entry):
        return [one for one in self.documents if one[0] == entry]


class Box:
    """Everything that stands in one shop."""

    world_of = ToldWorld

    def __init__(self, folder, cloud_manifest=None, seed=1, **more):
        self.folder, self.more = folder, more
        self.page = ClockPage(folder / "clock")
        self.page.now_ms = to_ms(THREE_PM)
        self.world = self.world_of(self.page, seed)
        self.settings = Settings(owner="Maija")
        self.runner = asyncio.Runner()
        self.cloud = Cloud(self.world, cloud_manifest or manifest())
        self.key = KEYS.setdefault("box", TillKey.generate())
        self.open()

    def open(self):
        self.database = Database(self.folder / "journal.db", MIGRATIONS, threaded=False)
        self.journal = Journal(self.database, self.world, self.key, lambda at: FRIDAY)
        self.outbox = Outbox(self.journal, self.cloud, self.world, self.settings, **self.more)

    def restart(self):
        self.database.close()
        self.open()

    def close(self):
        self.database.close()
        self.page.close()
        self.runner.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def run(self, work):
        return self.runner.run(work)

    def later(self, **span):
        self.page.now_ms += int(timedelta(**span).total_seconds() * 1000)

    def sell(self, doc=None, kind="sale", refers_to=None, **more):
        return self.run(self.journal.record(kind, doc or document(), refers_to=refers_to, **more)).id

    def void(self, entry):
        return self.run(self.journal.record("void", Void(why="not wanted"), refers_to=entry)).id

    def turn(self):
        return self.run(self.outbox.turn())

    def play(self, turns=40):
        """Turn after turn, each when the last one said; until nothing is due or the turns are used up."""
        for _ in range(turns):
            due_s = self.turn()
            if due_s is None:
                return
            self.later(seconds=due_s)

    def state(self, entry):
        return self.outbox.rows.row(entry).state

    def kinds(self, entry):
        """Kinds of the entries that refer to this one, in order."""
        return [kept.entry.kind for kept in self.journal.referring(entry)]


class RunningWorld(ToldWorld):
    """Its clock moves on whenever somebody looks at it, as a real one does."""

    looks = 0

    def now(self):
        self.looks += 1
        return super().now() + timedelta(microseconds=self.looks)


class RunningBox(Box):
    world_of = RunningWorld
