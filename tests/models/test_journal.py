"""The journal, played at random beside a model that is a list of what was acknowledged.

Tills append, alone and in batches; send again, as it was or changed; skip and re-order numbers; are enrolled and revoked;
forge; people are kept and erased; the box is started again. The model knows the contract's words and none of the code.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from msgspec import Struct
from msgspec.structs import replace

from models.amount import amount
from tideover.errors import TideoverError
from tideover.journal.entry import decode, encode
from tideover.journal.person import People
from tideover.journal.verify import verify_file
from tideover.model.facts import Erased, Parked
from tideover.trade.late import settle
from unit.journal.small_shop import FLOAT, Shop, Till, ToldClock, run

Pair = tuple[bytes, bytes]
TILLS_MAX = 4
PICK = st.integers(0, 10_000)


class Known(Struct):
    """What the model knows of a till."""

    last: int = 0
    revoked: bool = False


class Model:
    """What was acknowledged, in order; who may sign; what was put aside."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, bytes, bytes]] = []  # Id, signed, signature.
        self.taken_by_box: dict[str, tuple[str, bytes, bytes]] = {}  # On a person's word.
        self.tills: dict[str, Known] = {}
        self.aside: set[bytes] = set()
        self.late: dict[str, set[tuple[str, str]]] = {}  # What waits since its till was revoked: id to each till and day it came by.
        self.decided: set[str] = set()  # Of those a person said whether they happened: a changed copy is kept, and not told again.
        self.findings = 0

    def put_aside(self, signed: bytes) -> None:
        """Told once for each."""
        self.findings += signed not in self.aside
        self.aside.add(signed)

    def keep_late(self, id: str, till: str, day: str, signed: bytes) -> None:
        """Told once for each till and day, as long as anything of it waits."""
        if signed not in self.aside and id not in self.decided:
            self.findings += (till, day) not in self.waiting()
            self.late.setdefault(id, set()).add((till, day))
        self.aside.add(signed)

    def waiting(self) -> set[tuple[str, str]]:
        """Each till and day of which something waits: what a finding is open for."""
        return {one for pairs in self.late.values() for one in pairs}

    def answer(self, till: str, entry: Any, signed: bytes, sound: bool) -> str:
        """The word that the contract gives to one arrival, and what the arrival changes."""
        number, id, known = entry.till_seq, entry.id, self.tills.get(till)
        if known is None:
            return "unknown-till"
        if not sound:
            return "bad-signature"
        stands = next((one for one in self.taken if one[0] == id), self.taken_by_box.get(id))
        if stands is not None:
            if stands[1] == signed:
                return "exists"
            if not (known.revoked and is_same_matter(stands[1], entry)):
                self.put_aside(signed)
            return "differs"
        if known.revoked:
            self.keep_late(id, till, entry.trading_day, signed)
            return "unknown-till"
        if number <= known.last:
            self.put_aside(signed)
        if number != known.last + 1:
            return "till-gap"
        known.last = number
        self.late.pop(id, None)
        return "created"


def is_same_matter(signed: bytes, entry: Any) -> bool:
    """Signed again under another enrolment: all but the till and its number is as it was."""
    stands = decode(signed)
    return stands.till != entry.till and replace(stands, till=entry.till, till_seq=entry.till_seq) == entry


class Journals(RuleBasedStateMachine):
    """Does things, and compares each answer with the model's."""

    @initialize()
    def open(self) -> None:
        self.folder = Path(tempfile.mkdtemp(dir="/dev/shm" if Path("/dev/shm").is_dir() else None))
        self.world = ToldClock()
        self.model, self.sent, self.tills = Model(), [], []
        self.persons: dict[str, dict[str, Any] | None] = {}
        self.start()
        self.enrol()

    def start(self) -> None:
        self.shop = Shop(self.folder, self.world, threaded=False, vfs=None, durable=False, heads=None)
        self.people = People(self.shop.database, self.shop.secrets, self.world)

    def teardown(self) -> None:
        if hasattr(self, "shop"):
            self.shop.close()
            shutil.rmtree(self.folder)

    def hand_over(self, arrivals: list[tuple[Till, Any, Pair, bool]]) -> None:
        """Send these in one batch; each answer is the model's."""
        self.world.pass_by(seconds=1)
        expected = []
        for till, entry, pair, sound in arrivals:
            word = self.model.answer(till.id, entry, pair[0], sound)
            if word == "created":
                self.model.taken.append((entry.id, *pair))
            expected.append(word)
        answered = self.shop.append_all([pair for _, _, pair, _ in arrivals])
        assert expected == [one.code if isinstance(one, TideoverError) else one.answer for one in answered]
        self.sent += [one for one in arrivals if one[3]]

    def made(self, till: Till, **changes: Any) -> tuple[Till, Any, Pair, bool]:
        entry = till.entry(**changes)
        return till, entry, till.signed(entry), True

    # Tills --------------------------------------------------------------------------------------

    @precondition(lambda self: len(self.tills) < TILLS_MAX)
    @rule()
    def enrol(self) -> None:
        till = self.shop.till(f"Till {len(self.tills) + 1}")
        self.model.tills[till.id] = Known()
        self.tills.append(till)

    @rule(pick=PICK)
    def revoke(self, pick: int) -> None:
        till = self.tills[pick % len(self.tills)]
        run(self.shop.journal.revoke(till.id, "stolen"))
        self.model.tills[till.id].revoked = True

    @precondition(lambda self: self.sent)
    @rule(pick=PICK, under=PICK)
    def sign_again_under_another_enrolment(self, pick: int, under: int) -> None:
        """As a till does that was let in again with what it could not hand in."""
        till, (_, entry, _, _) = self.tills[under % len(self.tills)], self.sent[pick % len(self.sent)]
        again = replace(entry, till=till.id, till_seq=self.model.tills[till.id].last + 1)
        self.hand_over([(till, again, till.signed(again), True)])
        till.next = self.model.tills[till.id].last + 1

    @precondition(lambda self: self.model.late)
    @rule(pick=PICK, happened=st.booleans())
    def decide_about_a_late_one(self, pick: int, happened: bool) -> None:
        """A person's word; what happened is an entry of the box's from then on."""
        id = sorted(self.model.late)[pick % len(self.model.late)]
        run(settle(self.shop.journal, [id], "happened" if happened else "did_not_happen", "asked", "Olga"))
        del self.model.late[id]
        self.model.decided.add(id)
        if happened:
            kept = self.shop.journal.find(id)
            self.model.taken_by_box[id] = (id, kept.signed, kept.signature)

    @rule(pick=PICK, count=st.integers(1, 4))
    def sell(self, pick: int, count: int) -> None:
        till = self.tills[pick % len(self.tills)]
        self.hand_over([self.made(till) for _ in range(count)])

    @rule(pick=PICK, skipped=st.integers(1, 3))
    def sell_after_a_gap(self, pick: int, skipped: int) -> None:
        """The numbers between are lost with the till's memory: it goes back when it is told which comes next."""
        till = self.tills[pick % len(self.tills)]
        before = till.next
        till.next += skipped
        self.hand_over([self.made(till)])
        till.next = before

    @rule(order=st.permutations(range(3)), pick=PICK)
    def sell_out_of_order(self, pick: int, order: list[int]) -> None:
        till = self.tills[pick % len(self.tills)]
        three = [self.made(till) for _ in range(3)]
        self.hand_over([three[index] for index in order])
        till.next = self.model.tills[till.id].last + 1

    @rule(picks=st.lists(PICK, min_size=1, max_size=4))
    def send_again(self, picks: list[int]) -> None:
        if self.sent:
            self.hand_over([self.sent[pick % len(self.sent)] for pick in picks])

    @precondition(lambda self: self.sent)
    @rule(pick=PICK, renumber=st.booleans())
    def send_again_changed(self, pick: int, renumber: bool) -> None:
        till, entry, _, _ = self.sent[pick % len(self.sent)]
        number = self.model.tills[till.id].last + 1 if renumber else entry.till_seq
        changed = replace(entry, operator="Eero", till_seq=number)
        self.hand_over([(till, changed, till.signed(changed), True)])

    @rule(pick=PICK)
    def use_a_number_twice(self, pick: int) -> None:
        """As a copied till does."""
        till = self.tills[pick % len(self.tills)]
        entry = replace(till.entry(), till_seq=max(1, self.model.tills[till.id].last))
        till.next = self.model.tills[till.id].last + 1
        self.hand_over([(till, entry, till.signed(entry), True)])
        till.next = self.model.tills[till.id].last + 1

    @rule(pick=PICK, how=st.sampled_from(["other-key", "cut", "stranger"]))
    def forge(self, pick: int, how: str) -> None:
        till = self.tills[pick % len(self.tills)]
        entry = replace(till.entry(), till=self.world.new_id()) if how == "stranger" else till.entry()
        till.next -= 1
        signed = encode(entry)
        signature = till.key.sign(signed if how == "stranger" else signed + b" ")
        signer = Till(self.world, till.key, entry.till)
        self.hand_over([(signer, entry, (signed, signature[:-1] if how == "cut" else signature), False)])

    @rule(pick=PICK)
    def write_a_fact_of_the_box(self, pick: int) -> None:
        """A till that could say what the cloud answered could hide a sale."""
        till = self.tills[pick % len(self.tills)]
        entry = till.entry(kind="parked", body=Parked(reason="x", cause="x", owner="x"))
        till.next -= 1
        [refused] = self.shop.append_all([till.signed(entry)])
        assert "not-allowed" == refused.code

    # The box ------------------------------------------------------------------------------------

    @rule()
    def record(self) -> None:
        assert "created" == run(self.shop.journal.record("drawer_float", FLOAT)).answer

    @rule(name=st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
    def meet(self, name: str) -> None:
        party, _ = self.people.put({"name": name})
        self.persons[party] = {"name": name}

    @precondition(lambda self: self.persons)
    @rule(pick=PICK)
    def erase(self, pick: int) -> None:
        party = sorted(self.persons)[pick % len(self.persons)]
        self.people.erase(party)
        run(self.shop.journal.record("erased", Erased(party=party, why="asked")))
        self.persons[party] = None

    @rule()
    def restart(self) -> None:
        self.shop.close()
        self.start()

    # The checker --------------------------------------------------------------------------------

    @invariant()
    def what_was_acknowledged_stands_in_its_order(self) -> None:
        if not hasattr(self, "shop"):
            return
        kept = [one for one in self.shop.journal.read(limit=10_000) if one.entry.till in self.model.tills]
        assert self.model.taken == [(one.entry.id, one.signed, one.signature) for one in kept]
        assert {till: known.last + 1 for till, known in self.model.tills.items()} == {
            till: self.shop.journal.next_seq(till) for till in self.model.tills
        }
        assert {till: not known.revoked for till, known in self.model.tills.items()} == {
            till: self.shop.journal.is_enrolled(till) for till in self.model.tills
        }

    @invariant()
    def what_did_not_fit_is_kept_and_told_once(self) -> None:
        if hasattr(self, "shop"):
            assert self.model.aside == {encode(one.entry) for one in self.shop.journal.asides()}
            assert self.model.findings == len(self.shop.journal.read(kinds=("finding",)))
            assert set(self.model.late) == {one.entry.id for one in self.shop.journal.late()}
            about = {one.entry.id for one in self.shop.journal.read(kinds=("finding",)) if one.entry.body.code == "late-sales"}
            closed = {one.entry.refers_to for one in self.shop.journal.read(kinds=("finding_closed",))}
            assert (closed <= about, len(self.model.waiting())) == (True, len(about - closed))

    @invariant()
    def people_are_known_until_they_are_erased(self) -> None:
        if hasattr(self, "shop"):
            assert self.persons == {party: self.people.read(party) for party in self.persons}

    @invariant()
    def the_chain_is_whole(self) -> None:
        if hasattr(self, "shop"):
            journal = self.shop.journal
            said = verify_file(self.folder / "journal.db", journal.head())
            assert ("whole", "witnessed", journal.head().seq, None) == (said.chain, said.tail, said.entries, journal.broken)


TestJournals = Journals.TestCase
TestJournals.settings = amount(40, steps=25)
