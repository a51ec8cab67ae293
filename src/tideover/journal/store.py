"""The journal: takes signed entries, numbers and chains them, and answers only when they are on stable storage.

It decides whether an entry is taken (`created`), was taken before (`exists`) or contradicts one (`differs`). It never
changes or drops an entry, and stops writing, while reading goes on, when the file is not what was written.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import datetime
from functools import partial
from typing import Any

import apsw
from msgspec import Struct
from msgspec.structs import asdict, replace

from tideover.db import Database, Sync
from tideover.errors import BadSignature, ChainBroken, Damaged, TideoverError, TillGap, TooBig, UnknownTill
from tideover.journal.ahead import Ahead, Arrived, arrive
from tideover.journal.aside import ASIDE, Why, finding_of
from tideover.journal.chain import Head, entry_hash
from tideover.journal.entry import VERSIONS, Entry, Fact, decode, encode
from tideover.journal.gather import Gather
from tideover.journal.heads import Heads, Pace, Prover
from tideover.journal.keys import TillKey, public_key
from tideover.journal.late import Latecomers, is_signed_again
from tideover.journal.opening import check_head, check_heads, loss_of, open_roll
from tideover.journal.outcome import Appended, Outcome, raised
from tideover.journal.piecemeal import Reread
from tideover.journal.reading import Reading, as_kept, last_of_each
from tideover.journal.roll import BOX_ONLY, Draft, Losses, Roll, Till, settle
from tideover.journal.verify import COLUMNS, columns_of
from tideover.model.facts import Enrol, LossAccepted, Revoke
from tideover.world import World, to_ms

BATCH_MAX = 1_000  # Entries in one append; a till that was alone for a day sends several batches.
BOX_NAME = "box"
ROW = "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
INSERT = f"INSERT INTO entry ({COLUMNS}) VALUES {ROW}"

_Asked = Arrived | Entry | TideoverError  # From a till, from the box itself, or refused before it got here.


class Journal(Reading):
    """The entries of one shop: append through here, read what was appended."""

    def __init__(
        self,
        database: Database,
        world: World,
        key: TillKey,
        trading_day_of: Callable[[datetime], str],
        heads: Heads | None = None,
        owner: str = "owner",
    ) -> None:
        """Opens: looks at the tail and at the heads kept elsewhere, then enrols the box if this key is new here.

        key: the box's own. trading_day_of: instant to YYYY-MM-DD. heads: else one file beside the database.
        owner: who is told of entries that were put aside.
        Raises nothing for a damaged journal: `broken` says so, reading works and every append raises it.
        """
        super().__init__(database)
        self._world, self._key, self._trading_day_of = world, key, trading_day_of
        self._owner = owner
        self._heads = heads or Heads([database.path.parent])
        self._prover = Prover(key)
        self._proven: tuple[Head, Losses, tuple[str, str]] = (Head(), Losses(), ("", ""))  # What was told last.
        self.gather = Gather(self._submit)  # Of what tills hand in.
        self._ahead = Ahead(lambda till: self._roll.till(till))
        self._listeners: list[Callable[[], None]] = []
        self._pace = Pace(self._heads)
        self._reread: Reread | None = None
        self._late = Latecomers(database, world, owner, lambda at, draft, fact: self._record_one(at, draft, self._draw_up(fact)))
        roll, broken = open_roll(database)
        self.broken: Damaged | None = broken or check_heads(self._heads, database, roll)
        self._last_of = None if self.broken else last_of_each(database)
        self._roll = roll  # As committed: what is answered and read.
        self._writing = Roll(roll.head, roll.tills, roll.losses)  # As the writer sees it, ahead by what is being committed.
        self.box = self._own_till()

    def _own_till(self) -> str:
        """The box's till id: the enrolment that holds our key, or a new one."""
        for till in self._roll.tills.values():
            if till.is_box and till.spki == self._key.spki_b64 and not till.revoked:
                return till.till
        till = self._world.new_id()
        if self.broken is None:
            self._submit([self._draw_up(Fact("enrol", Enrol(till=till, name=BOX_NAME, spki=self._key.spki_b64)), till)]).result()
        return till

    # Writing ----------------------------------------------------------------------------------

    async def append(self, signed: bytes, signature: bytes) -> Appended:
        """Take one entry from a till; returns when it is on stable storage.

        Raises BadRecord, UnknownTill, BadSignature, TillGap, NotAllowed, Damaged; then nothing was written.
        """
        return raised((await self.append_batch([(signed, signature)]))[0])

    async def append_batch(self, pairs: Sequence[tuple[bytes, bytes]]) -> list[Outcome]:
        """Take several in their order, in one commit; each has an outcome of its own, an error as a value.

        Raises TooBig (more than BATCH_MAX), Damaged.
        """
        self._refuse_if_broken()
        if len(pairs) > BATCH_MAX:
            raise TooBig(what="This batch", limit=f"{BATCH_MAX} entries")
        arrived = [arrive(signed, signature) for signed, signature in pairs]
        if self.gather.is_busy and self.database.threaded:
            self._ahead.hand(arrived)
        return self._told(await self.gather.ask(arrived))

    async def record(
        self,
        kind: str,
        body: Struct,
        *,
        refers_to: str | None = None,
        operator: str | None = None,
        happened_at: datetime | None = None,
        trading_day: str | None = None,
        id: str | None = None,
    ) -> Appended:
        """Write a fact as the box itself; returns when it is on stable storage.

        id: one that the caller stored before, so that doing it again after a crash gives `exists`; the same
        id for another kind, body or reference gives `differs`. Raises BadRecord, NotAllowed, Damaged.
        """
        [appended] = await self.record_together([Fact(kind, body, refers_to, operator, happened_at, trading_day, id)])
        return appended

    async def record_together(self, facts: Sequence[Fact], sync: Sync = "now") -> list[Appended]:
        """Write facts that belong together in one commit: after a power cut all of them stand, or none. Raises as record."""
        self._refuse_if_broken()
        # Not gathered: the box's own facts come one by one all day, and a till's sale would wait whether more of them come.
        return [raised(one) for one in self._told(await asyncio.wrap_future(self._submit([self._draw_up(one) for one in facts], sync)))]

    def record_now(self, facts: Sequence[Fact]) -> list[Appended]:
        """The same for a caller that cannot await: waits for the disk here. Call from the loop's own thread, where one runs."""
        self._refuse_if_broken()
        return [raised(one) for one in self._told(self._submit([self._draw_up(one) for one in facts]).result())]

    async def enrol(self, name: str, spki: str) -> str:
        """Let a new till sign from now on; returns its id. Raises BadRecord if the key is none."""
        public_key(spki)
        till = self._world.new_id()
        await self.record("enrol", Enrol(till=till, name=name, spki=spki))
        return till

    async def revoke(self, till: str, why: str) -> None:
        """That till may not sign any more; what it signed before stands. Raises UnknownTill."""
        if till not in self._roll.tills:
            raise UnknownTill(till=till)
        await self.record("revoke", Revoke(till=till, why=why))

    def on_append(self, call: Callable[[], None]) -> None:
        """`call` runs in the event loop after entries were committed; make it short, ring a Wake."""
        self._listeners.append(call)

    def _draw_up(self, fact: Fact, till: str | None = None) -> Entry:
        at = fact.happened_at or self._world.now()
        entry = Entry(
            id=fact.id or self._world.new_id(), kind=fact.kind, version=VERSIONS.get(fact.kind, 1), till=till or self.box,
            till_seq=1,  # The writer gives the real one, in the order of commits.
            happened_at=to_ms(at), trading_day=fact.trading_day or self._trading_day_of(at),
            operator=fact.operator, refers_to=fact.refers_to, body=fact.body,
        )  # fmt: skip
        return decode(encode(entry))  # As strict with ourselves as with a till.

    def _refuse_if_broken(self) -> None:
        if self.broken is not None:
            raise self.broken

    # In the writer's thread ---------------------------------------------------------------------

    def _carry_out(self, asked: list[_Asked], connection: apsw.Connection) -> tuple[list[Outcome], Draft]:
        draft = Draft(self._writing)
        outcomes = self._all_new(connection, draft, asked)
        if outcomes is None:
            draft = Draft(self._writing)
            outcomes = [self._one(connection, draft, one) for one in asked]
        settle(self._writing, draft)
        return outcomes, draft

    def _all_new(self, connection: apsw.Connection, draft: Draft, asked: list[_Asked]) -> list[Outcome] | None:
        """The usual case, tills' next entries and nothing else, in one statement; None: not so, nothing was written."""
        now_ms, rows, outcomes = to_ms(self._world.now()), [], []
        for one in asked:
            signer = draft.till(one.entry.till) if isinstance(one, Arrived) else None
            if signer is None or signer.revoked or one.entry.kind in BOX_ONLY or one.entry.till_seq != signer.last_seq + 1:
                return None
            if not one.is_genuine(signer) or self._late.concerns(one.entry):
                return None
            rows += self._row(draft, one, now_ms)
            draft.take(one.entry, signer)
            outcomes.append(Appended(answer="created", id=one.entry.id, seq=draft.head.seq, head=str(draft.head)))
        try:
            connection.execute(f"INSERT INTO entry ({COLUMNS}) VALUES {', '.join([ROW] * len(asked))}", rows)
        except apsw.ConstraintError:  # An id stands there already: each is looked at by itself.
            return None
        return outcomes

    def _row(self, draft: Draft, one: Arrived, now_ms: int) -> tuple[Any, ...]:
        """The table's row of the next entry; the draft's head stands on it then."""
        seq, prev, said = draft.head.seq + 1, draft.head.hash, columns_of(one.entry)
        draft.head = Head(seq, entry_hash(prev, seq, now_ms, one.signed, one.signature))
        return (seq, *said[:6], now_ms, said[6], one.signed, one.signature, prev, draft.head.hash)

    def _one(self, connection: apsw.Connection, draft: Draft, one: _Asked) -> Outcome:
        if isinstance(one, TideoverError):
            return one
        try:
            if isinstance(one, Entry):
                return self._record_one(connection, draft, one)
            return self._append_one(connection, draft, one)
        except TideoverError as error:
            return error

    def _append_one(self, connection: apsw.Connection, draft: Draft, one: Arrived) -> Outcome:
        signer = draft.signer(one.entry)
        if draft.till(signer.till) is None:
            raise UnknownTill(till=one.entry.till)  # Only the box enrols itself, and not through here.
        if not one.is_genuine(signer):
            raise BadSignature(id=one.entry.id, till=one.entry.till)
        if signer.revoked:
            return self._seen_before(connection, draft, one) or self._late.keep(connection, draft, one, signer)
        if one.entry.till_seq != signer.last_seq + 1:
            return self._out_of_order(connection, draft, one, signer)
        return self._insert(connection, draft, one, signer) or self._seen_before(connection, draft, one)

    def _insert(self, connection: apsw.Connection, draft: Draft, one: Arrived, signer: Till) -> Appended | None:
        """The new entry at the end, or None if its id stands in the journal already."""
        before, seq = draft.head, draft.head.seq + 1
        try:
            connection.execute(INSERT, self._row(draft, one, to_ms(self._world.now())))
        except apsw.ConstraintError:
            draft.head = before
            if connection.execute("SELECT 1 FROM entry WHERE id = ?", (one.entry.id,)).fetchone() is None:
                self.broken = ChainBroken(file=self.database.path, seq=seq, why="another program wrote to the file")
                raise self.broken from None
            return None
        draft.take(one.entry, signer)
        appended = Appended(answer="created", id=one.entry.id, seq=seq, head=str(draft.head))
        if self._late.concerns(one.entry):
            self._late.settle(connection, draft, one.entry)
        return appended

    def _seen_before(self, connection: apsw.Connection, draft: Draft, one: Arrived) -> Appended | None:
        """The answer for an id that stands in the journal; None if it does not."""
        row = connection.execute("SELECT seq, signed FROM entry WHERE id = ?", (one.entry.id,)).fetchone()
        if row is None:
            return None
        if row[1] != one.signed:
            is_known = draft.signer(one.entry).revoked and is_signed_again(decode(row[1]), one.entry)
            return self._differs(connection, draft, one, row[0], is_known)
        return Appended(answer="exists", id=one.entry.id, seq=row[0], head=str(draft.head))

    def _differs(self, connection: apsw.Connection, draft: Draft, one: Arrived, seq: int, is_known: bool = False) -> Appended:
        if not is_known:
            self._put_aside(connection, draft, one, "other-content")
        return Appended(answer="differs", id=one.entry.id, seq=seq, head=str(draft.head))

    def _out_of_order(self, connection: apsw.Connection, draft: Draft, one: Arrived, signer: Till) -> Outcome:
        """A number that is not the next: sent again, skipped, or given twice by a copied till."""
        if (answer := self._seen_before(connection, draft, one)) is not None:
            return answer
        if one.entry.till_seq <= signer.last_seq:
            self._put_aside(connection, draft, one, "number-taken")
        return TillGap(till=signer.till, got=one.entry.till_seq, expected=signer.last_seq + 1)

    def _put_aside(self, connection: apsw.Connection, draft: Draft, one: Arrived, why: Why) -> None:
        """Keep what did not fit, and tell a person, once however often it comes."""
        entry, now = one.entry, to_ms(self._world.now())
        connection.execute(ASIDE, (entry.id, entry.till, entry.till_seq, now, why, one.signed, one.signature))
        if connection.changes() > 0:
            finding = finding_of(entry, why, connection.last_insert_rowid(), self._owner)
            self._record_one(connection, draft, self._draw_up(Fact("finding", finding, trading_day=entry.trading_day)))

    def _record_one(self, connection: apsw.Connection, draft: Draft, entry: Entry) -> Appended:
        """The box's own entry, numbered and signed here, so that its numbers have no gap."""
        signer = draft.signer(entry)
        signed = encode(entry := replace(entry, till_seq=signer.last_seq + 1))
        one = Arrived(entry, signed, self._key.sign(signed))
        return self._insert(connection, draft, one, signer) or self._recorded_before(connection, draft, one)

    def _recorded_before(self, connection: apsw.Connection, draft: Draft, one: Arrived) -> Appended:
        row = connection.execute(f"SELECT {COLUMNS} FROM entry WHERE id = ?", (one.entry.id,)).fetchone()
        first, now = as_kept(row).entry, one.entry
        if (first.kind, first.refers_to, first.body) != (now.kind, now.refers_to, now.body):
            return self._differs(connection, draft, one, row[0])
        return Appended(answer="exists", id=now.id, seq=row[0], head=str(draft.head))

    # Around a commit ----------------------------------------------------------------------------

    def _submit(self, asked: list[_Asked], sync: Sync = "now") -> Future[list[Outcome]]:
        """One transaction; what it changed is taken over as soon as it stands, before anyone is answered."""
        answered: Future[list[Outcome]] = Future()
        answered.set_running_or_notify_cancel()  # Whoever gives up waiting now changes nothing.

        def ended(future: Future[tuple[list[Outcome], Draft]]) -> None:
            if (error := future.exception()) is not None:
                answered.set_exception(error)
                return
            outcomes, draft = future.result()
            try:
                self._taken(draft)
            finally:  # It stands on the disk: whoever waits hears so, whatever else fails, and however slow a witness is.
                answered.set_result(outcomes)
            self._pace.now_and_then(self._roll.head, to_ms(self._world.now()))

        self.database.submit(partial(self._carry_out, asked), sync).add_done_callback(ended)
        return answered

    def _told(self, outcomes: list[Outcome]) -> list[Outcome]:
        if any(not isinstance(one, Appended) or one.answer != "exists" for one in outcomes):  # A refusal may have left a finding.
            for call in self._listeners:
                call()
        return outcomes

    def _taken(self, draft: Draft) -> None:
        if draft.head.seq <= self._roll.head.seq:
            return
        settle(self._roll, draft)
        self._took(draft.last_of)

    # What stands --------------------------------------------------------------------------------

    def head(self) -> Head:
        """The end of the journal, on stable storage."""
        return self._roll.head

    def proven_head(self) -> tuple[str, str]:
        """The head as SEQ:HEX and the proof that we gave it, for a till to keep as a witness."""
        head, losses, told = self._roll.head, self._roll.losses, self._proven
        if told[0] is not head or told[1] is not losses:  # Those who shared a commit are told the same.
            told = self._proven = (head, losses, (str(head), self._prover.proof(head, losses.count)))
        return told[2]

    @property
    def is_writable(self) -> bool:
        return self.broken is None and self.database.is_writable

    def tills(self) -> list[dict[str, Any]]:
        """Every till that was ever enrolled, the box first: till, name, spki, is_box, revoked, last_seq."""
        known = sorted(self._roll.tills.values(), key=lambda one: (not one.is_box, one.name, one.till))
        return [asdict(one) for one in known]

    def next_seq(self, till: str) -> int:
        """The number that this till's next entry must have. Raises UnknownTill."""
        if (found := self._roll.till(till)) is None:
            raise UnknownTill(till=till)
        return (found.last_seq or 0) + 1

    def is_enrolled(self, till: str) -> bool:
        """True if that till may sign now."""
        return (found := self._roll.till(till)) is not None and not found.revoked

    def witness(self, head: Head, who: str, proof: str = "") -> bool:
        """Somebody (a till) says which head it holds: kept, or proof that this journal lost entries. Takes one look-up.

        False: the head does not fit and we never gave it, which says something about the teller and nothing about the
        journal. Raises TailMissing or ChainBroken, and stops writing, if the journal is not the one that was witnessed.
        """
        fault = check_head(self.database, self._roll.head, head, who)
        if fault is not None and not (given := self._prover.given_after(head, proof, losses := self._roll.losses.count)) >= losses:
            return given >= 0  # Ours, but of a history that a person gave up.
        self._heads.keep(head, to_ms(self._world.now()), who)
        self.broken = self.broken or fault
        self._refuse_if_broken()
        return True

    async def accept_loss(self, by: str, why: str) -> LossAccepted:
        """A person goes on with this journal although others saw it longer. Raises WrongState (nobody did), Damaged (it is broken)."""
        body = loss_of(self.broken, self.database, self._heads, by, why)
        self.broken = None
        self.box = self._own_till()
        await self.record("loss_accepted", body, operator=by)
        return body

    def distrust(self, error: Damaged) -> None:
        """Somebody who read it found the file damaged: nothing more is written."""
        self.broken = self.broken or error

    def verify_piece(self, limit: int) -> bool:
        """Check the next `limit` entries; True when the end was reached and the next call begins anew. Stops writing if not sound."""
        reread = self._reread = self._reread or Reread(self.database, self._roll.head)
        fault = reread.go_on(limit)
        if reread.is_over:
            self._reread = None
        self.broken = self.broken or fault
        return reread.is_over

    def close(self) -> None:
        """Leave the last head with the witnesses; the database is closed by whoever opened it."""
        self._ahead.close()
        if self.broken is None:
            self._pace.keep(self._roll.head, to_ms(self._world.now()))
