"""What the journal answers to tills that send, send again, skip, change, or are strangers."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import apsw
import pytest
from msgspec.structs import replace

from tideover.errors import (
    BadRecord,
    BadSignature,
    ChainBroken,
    DiskFailed,
    NotAllowed,
    TideoverError,
    TillGap,
    TooBig,
    UnknownTill,
)
from tideover.journal.chain import Head
from tideover.journal.entry import decode, encode
from tideover.journal.keys import TillKey
from tideover.journal.store import BATCH_MAX
from tideover.journal.verify import verify_file
from tideover.model.facts import Enrol, Revoke, Void
from tideover.world import to_ms
from unit.journal.small_shop import FLOAT, FRIDAY, HALF_PAST_TWO, Shop, Till, ToldClock, open_shop, run


def asides(shop: Shop) -> list[tuple[str, str]]:
    return [(one.entry.id, one.why) for one in shop.journal.asides()]


def told(shop: Shop) -> list[tuple[str, int, str]]:
    """Code, sum and owner of the findings in the journal."""
    bodies = [kept.entry.body for kept in shop.journal.read(kinds=["finding"])]
    return [(body.code, body.amount_minor, body.owner) for body in bodies]


def test_the_box_enrols_itself_first(tmp_path: Path) -> None:
    """An empty journal begins with the box's own key, so that every later entry has a signer."""
    with open_shop(tmp_path) as shop:
        [first] = shop.journal.read()

    assert ("enrol", 1, shop.journal.box) == (first.entry.kind, first.seq, first.entry.till)
    assert first.entry.body == Enrol(till=shop.journal.box, name="box", spki=first.entry.body.spki)


def test_the_box_is_the_same_till_after_a_restart(tmp_path: Path) -> None:
    """The key among the secrets is found again in the enrolment; no second one is written."""
    with open_shop(tmp_path) as shop:
        before = (shop.journal.box, shop.journal.head())

    with open_shop(tmp_path) as shop:
        assert before == (shop.journal.box, shop.journal.head())


def test_a_lost_box_key_is_a_new_enrolment(tmp_path: Path) -> None:
    """With its secrets gone the box goes on under a new key, and the journal stays sound."""
    with open_shop(tmp_path) as shop:
        old = shop.journal.box
    for path in tmp_path.glob("secrets.*"):
        path.unlink()

    with open_shop(tmp_path, ToldClock(seed=2)) as shop:
        assert shop.journal.box != old
        assert 2 == shop.journal.head().seq
    assert "whole" == verify_file(tmp_path / "journal.db").chain


def test_a_sale_is_created_once_and_exists_afterwards(tmp_path: Path) -> None:
    """Sent again with the same bytes it is the same entry, whatever the till did in between."""
    with open_shop(tmp_path) as shop:
        till = shop.till()
        first, second = till.sale(), till.sale()

        answers = [shop.append(first), shop.append(second), shop.append(first)]

        assert ["created", "created", "exists"] == [one.answer for one in answers]
        assert [3, 4, 3] == [one.seq for one in answers]
        assert str(shop.journal.head()) == answers[-1].head == answers[1].head
        assert 3 == shop.journal.next_seq(till.id)


def test_another_signature_over_the_same_bytes_exists(tmp_path: Path) -> None:
    """A browser signs with fresh chance each time; the signed part is what counts."""
    with open_shop(tmp_path) as shop:
        till = shop.till()
        signed, signature = till.sale()
        shop.append((signed, signature))
        other = malleable(signature)

        assert "exists" == shop.append((signed, other)).answer


def malleable(signature: bytes) -> bytes:
    """The other valid signature of the same message: (r, n − s)."""
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    return signature[:32] + (order - int.from_bytes(signature[32:], "big")).to_bytes(32, "big")


def test_changed_content_differs_and_is_kept_aside(tmp_path: Path) -> None:
    """The same id with other content changes nothing; both versions stay for a person, once however often it comes."""
    with open_shop(tmp_path) as shop:
        till = shop.till()
        entry = till.entry()
        shop.append(till.signed(entry))
        changed = till.signed(replace(entry, operator="Veikko"))

        answers = [shop.append(changed), shop.append(changed)]

        assert [("differs", 3), ("differs", 3)] == [(one.answer, one.seq) for one in answers]
        assert [(entry.id, "other-content")] == asides(shop)
        assert [("entry-aside", 1_295, "owner")] == told(shop)
        assert "Aino" == shop.journal.find(entry.id).entry.operator
        assert str(shop.journal.head()) == answers[-1].head
    assert "whole" == verify_file(tmp_path / "journal.db").chain


def test_the_same_id_under_the_next_number_differs(tmp_path: Path) -> None:
    """A till that renumbers what it sent already is told so, and its number stays free."""
    with open_shop(tmp_path) as shop:
        till = shop.till()
        entry = till.entry()
        shop.append(till.signed(entry))

        answer = shop.append(till.signed(replace(entry, till_seq=2)))

        assert "differs" == answer.answer
        assert 2 == shop.journal.next_seq(till.id)


def test_a_skipped_number_is_a_gap(tmp_path: Path) -> None:
    """An entry that comes before the one it follows is refused with the number that is missing; then both are taken."""
    with open_shop(tmp_path) as shop:
        till = shop.till()
        first, second = till.sale(), till.sale()

        with pytest.raises(TillGap) as gap:
            shop.append(second)
        answers = [shop.append(first), shop.append(second)]

    assert (2, 1) == (gap.value.facts["got"], gap.value.facts["expected"])
    assert ["created", "created"] == [one.answer for one in answers]


def test_a_copied_till_loses_no_sale(tmp_path: Path) -> None:
    """Two sales under one number: the second is refused and kept aside, for it may have happened."""
    with open_shop(tmp_path) as shop:
        till = shop.till()
        twin = Till(shop.world, till.key, till.id)
        shop.append(till.sale())
        entry = twin.entry()

        with pytest.raises(TillGap) as gap:
            shop.append(twin.signed(entry))

        assert 2 == gap.value.facts["expected"]
        assert [(entry.id, "number-taken")] == asides(shop)
        assert [("entry-aside", 1_295, "owner")] == told(shop)


def test_an_unknown_device_is_refused(tmp_path: Path) -> None:
    """A till that was never enrolled writes nothing."""
    with open_shop(tmp_path) as shop:
        stranger = Till(shop.world, TillKey.generate(), shop.world.new_id())

        with pytest.raises(UnknownTill):
            shop.append(stranger.sale())

        assert 1 == shop.journal.head().seq


def test_a_stranger_cannot_enrol_itself_as_a_box(tmp_path: Path) -> None:
    """A self-signed enrolment is the box's way in, and only from inside."""
    with open_shop(tmp_path) as shop:
        stranger = Till(shop.world, TillKey.generate(), shop.world.new_id())
        enrolment = Enrol(till=stranger.id, name="box", spki=stranger.key.spki_b64)

        with pytest.raises(UnknownTill):
            shop.append(stranger.sale(kind="enrol", body=enrolment))

        assert [True] == [till["is_box"] for till in shop.journal.tills()]


@pytest.mark.parametrize("kind", ["enrol", "revoke"])
def test_a_till_lets_nobody_in_or_out(tmp_path: Path, kind: str) -> None:
    """Enrolling and revoking are the box's own."""
    with open_shop(tmp_path) as shop:
        till = shop.till()
        other = shop.world.new_id()
        body = Enrol(till=other, name="Mine", spki=till.key.spki_b64) if kind == "enrol" else Revoke(till=shop.journal.box, why="")

        with pytest.raises(NotAllowed):
            shop.append(till.sale(kind=kind, body=body))


def test_a_revoked_till_signs_no_more(tmp_path: Path) -> None:
    """What it signed before stands and still `exists`; what comes after is refused."""
    with open_shop(tmp_path) as shop:
        till = shop.till()
        before, after = till.sale(), till.sale()
        shop.append(before)
        run(shop.journal.revoke(till.id, "stolen"))

        assert "exists" == shop.append(before).answer
        with pytest.raises(UnknownTill):
            shop.append(after)
        assert [False, True] == [one["revoked"] for one in shop.journal.tills()]
        assert [True, False, False] == [shop.journal.is_enrolled(one) for one in (shop.journal.box, till.id, "nobody")]


def test_a_foreign_signature_is_refused(tmp_path: Path) -> None:
    """Neither another key's signature, nor one over other bytes, nor a short one is taken."""
    with open_shop(tmp_path) as shop:
        till, other = shop.till(), shop.till("Till 2")
        signed, signature = till.sale()
        for wrong in (other.key.sign(signed), till.key.sign(signed + b" "), signature[:63], b"", bytes(64)):
            with pytest.raises(BadSignature):
                shop.append((signed, wrong))
        assert 3 == shop.journal.head().seq


def test_a_batch_has_an_outcome_for_each(tmp_path: Path) -> None:
    """One bad record blocks only itself; those after it are taken in order."""
    with open_shop(tmp_path) as shop:
        till, other = shop.till(), shop.till("Till 2")
        first = till.sale()

        outcomes = shop.append_all([first, (b"{}", b""), other.sale(), first, till.sale(till_seq=9), till.sale(till_seq=2)])

        said = [one.code if isinstance(one, TideoverError) else one.answer for one in outcomes]
        assert ["created", "bad-record", "created", "exists", "till-gap", "created"] == said
        assert 6 == shop.journal.head().seq
    assert "whole" == verify_file(tmp_path / "journal.db").chain


def test_a_batch_is_bounded(tmp_path: Path) -> None:
    """More than the limit is refused before anything is looked at."""
    with open_shop(tmp_path) as shop, pytest.raises(TooBig):
        shop.append_all([(b"", b"")] * (BATCH_MAX + 1))


def test_a_clock_days_off_is_kept_as_it_was(tmp_path: Path) -> None:
    """The device's time and day are what the till says; the box's own time stands beside them."""
    with open_shop(tmp_path) as shop:
        till = shop.till()
        wrong = to_ms(HALF_PAST_TWO - timedelta(days=400))
        answer = shop.append(till.sale(happened_at=wrong, trading_day="2025-10-16"))

        kept = shop.journal.find(answer.id)

        assert (wrong, "2025-10-16") == (kept.entry.happened_at, kept.entry.trading_day)
        assert to_ms(HALF_PAST_TWO) == kept.recorded_at
        assert [kept] == shop.journal.day("2025-10-16")


def test_a_box_clock_that_jumps_back_is_no_damage(tmp_path: Path) -> None:
    """Order is the number's, never the clock's."""
    with open_shop(tmp_path) as shop:
        till = shop.till()
        shop.append(till.sale())
        shop.world.pass_by(days=-1)
        shop.append(till.sale())

    with open_shop(tmp_path, shop.world) as shop:
        assert shop.journal.broken is None
        assert [3, 4] == [kept.seq for kept in shop.journal.read(kinds=["sale"])]


def test_many_tills_at_once_share_commits(tmp_path: Path) -> None:
    """Concurrent appends each get their own answer, and every till's numbers stay in order."""
    with open_shop(tmp_path, threaded=True) as shop:
        tills = [shop.till(f"Till {number}") for number in range(8)]

        async def sell(till: Till) -> None:
            for _ in range(25):
                entry = till.entry()
                answer = await shop.journal.append(*till.signed(entry))
                assert ("created", entry.id) == (answer.answer, answer.id)

        async def all_sell() -> None:
            await asyncio.gather(*(sell(till) for till in tills))

        run(all_sell())
        assert [25] * 8 == [till["last_seq"] for till in shop.journal.tills() if not till["is_box"]]
    found = verify_file(tmp_path / "journal.db")
    assert (209, "whole") == (found.entries, found.chain)


def test_the_head_is_known_when_the_answer_comes(tmp_path: Path) -> None:
    """Whoever was answered finds the journal's state as new as the answer."""
    with open_shop(tmp_path, threaded=True) as shop:
        till = shop.till()

        async def sell() -> None:
            for number in range(1, 20):
                answer = await shop.journal.append(*till.sale())
                assert answer.head == str(shop.journal.head())
                assert number + 1 == shop.journal.next_seq(till.id)

        run(sell())


def test_bells_ring_after_the_commit(tmp_path: Path) -> None:
    """Listeners hear of new entries once they can be read, and of nothing else."""
    with open_shop(tmp_path) as shop:
        till = shop.till()
        seen: list[int] = []
        shop.journal.on_append(lambda: seen.append(len(shop.journal.read(kinds=["sale"]))))
        pair = till.sale()
        for again in (pair, pair):
            shop.append(again)

        assert [1] == seen


def test_a_failed_commit_leaves_the_state_before(tmp_path: Path) -> None:
    """When the transaction fails nothing is answered as taken, and head and numbers are those on the disk."""
    with open_shop(tmp_path) as shop:
        till = shop.till()
        before = shop.journal.head()

        def fail(connection: apsw.Connection) -> None:
            raise apsw.IOError("the disk is gone")

        with pytest.raises(DiskFailed):
            shop.database.write(fail)
        with pytest.raises(DiskFailed):
            shop.append(till.sale())

        assert (before, 1) == (shop.journal.head(), shop.journal.next_seq(till.id))
        assert not shop.journal.is_writable


def test_a_work_that_ends_badly_takes_its_numbers_back(tmp_path: Path) -> None:
    """A transaction that is undone leaves the next number free for the next entry."""
    with open_shop(tmp_path) as shop:
        till = shop.till()
        entry = till.entry()
        shop.append(till.signed(entry))
        shop.database.write(lambda connection: connection.execute("CREATE TEMP TRIGGER stop BEFORE INSERT ON aside BEGIN "
                                                                  "SELECT RAISE(ABORT, 'no'); END"))  # fmt: skip
        pairs = [till.sale(), till.signed(replace(entry, operator="Veikko"))]

        with pytest.raises(apsw.ConstraintError):
            shop.append_all(pairs)
        assert 2 == shop.journal.next_seq(till.id)

        assert "created" == shop.append(pairs[0]).answer
    assert "whole" == verify_file(tmp_path / "journal.db").chain


def test_another_program_on_the_file_stops_writing(tmp_path: Path) -> None:
    """Two writers without the lock: the second one's entry is not chained over the first one's."""
    with open_shop(tmp_path) as shop:
        till = shop.till()
        with open_shop(tmp_path, shop.world) as other:
            run(other.journal.record("drawer_float", FLOAT))

        with pytest.raises(ChainBroken):
            shop.append(till.sale())
        assert not shop.journal.is_writable
    assert "whole" == verify_file(tmp_path / "journal.db").chain


def test_the_box_records_as_a_till(tmp_path: Path) -> None:
    """The box's facts are signed, numbered and chained like any till's."""
    with open_shop(tmp_path) as shop:
        answer = run(shop.journal.record("drawer_float", FLOAT, operator="Aino"))
        kept = shop.journal.find(answer.id)

        assert ("created", 2, 2) == (answer.answer, kept.seq, kept.entry.till_seq)
        assert (FLOAT, "Aino", FRIDAY, shop.journal.box) == (
            kept.entry.body, kept.entry.operator, kept.entry.trading_day, kept.entry.till,
        )  # fmt: skip
        assert kept.entry == decode(kept.signed)


def test_a_fact_recorded_again_under_its_id_exists(tmp_path: Path) -> None:
    """After a crash the same id, kind and body are the same fact, however much later; another body differs."""
    with open_shop(tmp_path) as shop:
        id = shop.world.new_id()
        run(shop.journal.record("drawer_float", FLOAT, id=id))
        shop.world.pass_by(minutes=5)

        again = run(shop.journal.record("drawer_float", FLOAT, id=id))
        other = run(shop.journal.record("drawer_float", replace(FLOAT, amount_minor=1), id=id))

        assert [("exists", 2), ("differs", 2)] == [(one.answer, one.seq) for one in (again, other)]
        assert [(id, "other-content")] == asides(shop)
        assert 4 == shop.journal.next_seq(shop.journal.box)  # The enrolment, the fact, and what the owner is told.


def test_the_box_is_as_strict_with_itself(tmp_path: Path) -> None:
    """A record beyond its limits or of an unknown kind is refused before it is signed."""
    with open_shop(tmp_path) as shop:
        for kind, body in (("void", Void(why="x" * 1_001)), ("gossip", Void(why=""))):
            with pytest.raises(BadRecord):
                run(shop.journal.record(kind, body))
        assert 1 == shop.journal.head().seq


@pytest.mark.parametrize("spki", ["", "no base64", "AAAA", "A" * 500])
def test_a_key_that_is_none_is_not_enrolled(tmp_path: Path, spki: str) -> None:
    """Only an ECDSA P-256 key can sign entries."""
    with open_shop(tmp_path) as shop, pytest.raises(BadRecord):
        run(shop.journal.enrol("Till 1", spki))


@pytest.mark.parametrize("sql", ["UPDATE entry SET trading_day = '2026-01-01'", "DELETE FROM entry"])
def test_the_database_itself_forbids_editing(tmp_path: Path, sql: str) -> None:
    """No statement of ours, written by mistake, can change or delete an entry."""
    with open_shop(tmp_path) as shop, pytest.raises(apsw.ConstraintError):
        shop.database.write(lambda connection: connection.execute(sql))


def test_entries_are_read_back_by_number_day_kind_and_reference(tmp_path: Path) -> None:
    """Each question gives the entries it names, in order, and no other."""
    with open_shop(tmp_path) as shop:
        till = shop.till()
        sale = shop.append(till.sale())
        late = shop.append(till.sale(trading_day="2026-11-19"))
        void = run(shop.journal.record("void", Void(why="wrong price"), refers_to=sale.id))
        journal = shop.journal

        def ids(kept):
            return [one.entry.id for one in kept]

        assert [sale.id, late.id, void.id] == ids(journal.read(after=2))
        assert [sale.id, late.id] == ids(journal.read(kinds=["refund", "sale"]))
        assert [late.id, void.id] == ids(journal.read(after=sale.seq, kinds=["sale", "void"], limit=5))
        assert [sale.id] == ids(journal.read(kinds=["sale"], limit=1))
        assert [] == journal.read(kinds=[])
        assert [late.id] == ids(journal.day("2026-11-19"))
        assert [sale.id, void.id] == ids(journal.day(FRIDAY, ["sale", "void"]))
        assert [void.id] == ids(journal.referring(sale.id)) == ids(journal.referring(sale.id, ["void"]))
        assert [] == journal.referring(sale.id, ["answer"]) == journal.referring(late.id)
        assert journal.find("nobody") is None


def test_the_columns_are_those_of_the_contract(tmp_path: Path) -> None:
    """Whoever reads journal.db from outside finds the columns that docs/contracts.md names."""
    with open_shop(tmp_path) as shop:
        columns = " ".join(row[0] for row in shop.database.rows("SELECT name FROM pragma_table_xinfo('entry')"))

    assert "seq id kind version till till_seq happened_at recorded_at trading_day signed signature prev hash" == columns


def test_a_head_reads_as_it_is_written() -> None:
    """SEQ:HEX and back; an empty journal is 0: and 64 zeros; anything else is refused."""
    assert "0:" + "0" * 64 == str(Head())
    head = Head(12, bytes(range(32)))
    assert head == Head.parse(str(head))
    ones = "1" * 64
    for wrong in ("", "12", "1:" + "0" * 64, f"0:{ones}", f"01:{ones}", "1:" + "A" * 64, f"1:{ones[1:]}", f"١:{ones}", f"-1:{ones}"):
        with pytest.raises(BadRecord):
            Head.parse(wrong)


def test_what_a_till_signs_is_canonical(tmp_path: Path) -> None:
    """Bytes in another order, with blanks, or with a key twice are refused, even when well signed."""
    with open_shop(tmp_path) as shop:
        till = shop.till()
        signed = encode(till.entry())
        for wrong in (
            signed.replace(b":", b": ", 1),
            signed[:-1] + b',"version":1}',
            signed.replace(b'"till_seq":1', b'"till_seq":1.0'),
            signed + b"\n",
            signed.replace("ä".encode(), b"\\u00e4"),
            signed.replace(FRIDAY.encode(), b"2026-13-45"),
            signed.replace(b'"operator":"Aino",', b""),
        ):
            assert wrong != signed
            with pytest.raises(BadRecord):
                shop.append((wrong, till.key.sign(wrong)))
