"""A journal that somebody edited, tore or shortened is noticed, says where, and is not written on."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from threading import Event
from types import SimpleNamespace
from typing import Any

import apsw
import pytest

from tideover.box import BREATH_S, DAY_S, verify
from tideover.errors import ChainBroken, Damaged, FileUnreadable, HistoryDiffers, TailMissing, TooNew, WrongState
from tideover.journal import heads as heads_module
from tideover.journal import opening
from tideover.journal.chain import Head, entry_hash
from tideover.journal.heads import FILE, FILE_BYTES_MAX, Heads, Prover, Witnessed, line_of
from tideover.journal.keys import box_key
from tideover.journal.verify import verify_file
from unit.journal.small_shop import FLOAT, Shop, ToldClock, open_shop, run

Edit = Callable[[apsw.Connection], None]


def sell(folder: Path, sales: int = 6) -> Head:
    """A sound journal: entries 1 and 2 enrol the box and a till, then come the sales."""
    with open_shop(folder) as shop:
        till = shop.till()
        shop.append_all([till.sale() for _ in range(sales)])
        return shop.journal.head()


def tamper(folder: Path, *edits: str | Edit) -> None:
    """What somebody with the file and a database browser can do."""
    with closing(apsw.Connection(str(folder / "journal.db"))) as connection:
        for trigger in ("entry_is_never_changed", "entry_is_never_deleted"):
            connection.execute(f"DROP TRIGGER {trigger}")
        for edit in edits:
            if callable(edit):
                edit(connection)
            else:
                connection.execute(edit)


def chain_anew(connection: apsw.Connection) -> None:
    """Make the hashes fit again, as somebody who read the contract would."""
    prev = bytes(32)
    rows = connection.execute("SELECT seq, recorded_at, signed, signature FROM entry ORDER BY seq").fetchall()
    for seq, recorded_at, signed, signature in rows:
        hash = entry_hash(prev, seq, recorded_at, signed, signature)
        connection.execute("UPDATE entry SET prev = ?, hash = ? WHERE seq = ?", (prev, hash, seq))
        prev = hash


CHEAPER = "UPDATE entry SET signed = CAST(replace(CAST(signed AS TEXT), '795', '595') AS BLOB) WHERE seq = 5"
CLOSE_UP = "UPDATE entry SET seq = seq - 1 WHERE seq > 5"

EDITS = {
    "an amount": ([CHEAPER], 5, "hash"),
    "an amount, chained anew": ([CHEAPER, chain_anew], 5, "signed"),
    "a column": (["UPDATE entry SET trading_day = '2026-11-19' WHERE seq = 4"], 4, "columns"),
    "the till's number": (["UPDATE entry SET till_seq = 99 WHERE seq = 4"], 4, "columns"),
    "when the box took it": (["UPDATE entry SET recorded_at = recorded_at + 1 WHERE seq = 4"], 4, "hash"),
    "a time before all time": (["UPDATE entry SET recorded_at = -1 WHERE seq = 4"], 4, "hash"),
    "a signature": (["UPDATE entry SET signature = zeroblob(64) WHERE seq = 6", chain_anew], 6, "signed"),
    "one taken out": (["DELETE FROM entry WHERE seq = 5"], 5, "missing"),
    "one taken out, numbers closed": (["DELETE FROM entry WHERE seq = 5", CLOSE_UP], 5, "before"),
    "one taken out, chained anew": (["DELETE FROM entry WHERE seq = 5", CLOSE_UP, chain_anew], 5, "comes next"),
    "the first": (["DELETE FROM entry WHERE seq = 1"], 1, "missing"),
    "an enrolment": (["DELETE FROM entry WHERE seq = 2", "UPDATE entry SET seq = seq - 1 WHERE seq > 2", chain_anew], 2, "enrolled"),
    "bytes that are no entry": (["UPDATE entry SET signed = x'7b7d' WHERE seq = 7", chain_anew], 7, "cannot be read"),
}


@pytest.mark.parametrize("what", EDITS)
def test_an_edit_is_found_where_it_was_made(tmp_path: Path, what: str) -> None:
    """Verify names the first entry that is not what was written, and why."""
    sell(tmp_path)
    edits, seq, why = EDITS[what]
    tamper(tmp_path, *edits)

    found = verify_file(tmp_path / "journal.db")

    assert f"broken at {seq}" == found.chain
    assert why in found.why
    assert str(seq - 1) == found.head.partition(":")[0]
    assert not found.is_sound


@pytest.mark.parametrize("what", EDITS)
def test_an_edited_journal_is_read_but_not_written(tmp_path: Path, what: str) -> None:
    """The box opens, says what is wrong, refuses every append, and still shows what is there."""
    sell(tmp_path)
    edits, seq, _ = EDITS[what]
    tamper(tmp_path, *edits)

    with open_shop(tmp_path) as shop:
        assert isinstance(shop.journal.broken, Damaged)
        assert not shop.journal.is_writable
        with pytest.raises(Damaged):
            run(shop.journal.record("drawer_float", FLOAT))
        assert len(shop.journal.read(limit=max(1, seq - 2))) >= 1


def test_a_sound_journal_is_whole(tmp_path: Path) -> None:
    """Whole, unwitnessed without a head; witnessed by the last head and by any earlier one."""
    last = sell(tmp_path)
    path = tmp_path / "journal.db"
    with open_shop(tmp_path) as shop:
        earlier = Head(4, shop.journal.read(after=3, limit=1)[0].hash)

    assert (8, str(last), "whole", "unwitnessed", "") == tuple(getattr(verify_file(path), name) for name in
                                                            ("entries", "head", "chain", "tail", "why"))  # fmt: skip
    assert ["witnessed"] * 3 == [verify_file(path, head).tail for head in (last, earlier, Head())]


def test_a_lost_tail_fits_together_and_is_missed(tmp_path: Path) -> None:
    """A shortened chain verifies; only a head kept elsewhere says how many entries are gone."""
    last = sell(tmp_path)
    tamper(tmp_path, "DELETE FROM entry WHERE seq > 5")
    path = tmp_path / "journal.db"

    assert ("whole", "unwitnessed", True) == (verify_file(path).chain, verify_file(path).tail, verify_file(path).is_sound)
    found = verify_file(path, last)
    assert (5, "whole", "missing 3", False) == (found.entries, found.chain, found.tail, found.is_sound)


def test_a_head_of_another_history_is_a_break(tmp_path: Path) -> None:
    """A journal written anew from some entry on is whole in itself, but not the one that was witnessed."""
    last = sell(tmp_path)

    found = verify_file(tmp_path / "journal.db", Head(last.seq, bytes(31) + b"\1"))

    assert (f"broken at {last.seq}", False) == (found.chain, found.is_sound)


def test_the_box_misses_a_lost_tail_at_its_start(tmp_path: Path) -> None:
    """The head beside the database lies beyond its end: no more writing, and the hint says where the entries still are."""
    sell(tmp_path)
    tamper(tmp_path, "DELETE FROM entry WHERE seq > 5")

    with open_shop(tmp_path) as shop:
        assert isinstance(shop.journal.broken, TailMissing)
        assert 3 == shop.journal.broken.facts["missing"]
        with pytest.raises(TailMissing):
            run(shop.journal.record("drawer_float", FLOAT))
        assert 5 == len(shop.journal.read())


def test_an_empty_journal_in_the_place_of_a_full_one_is_missed(tmp_path: Path) -> None:
    """A database file deleted while its heads remain is a lost tail, not a new shop."""
    last = sell(tmp_path)
    for path in tmp_path.glob("journal.db*"):
        path.unlink()

    with open_shop(tmp_path) as shop:
        assert last.seq == shop.journal.broken.facts["missing"]
        assert 0 == shop.journal.head().seq


def test_a_till_is_a_witness(tmp_path: Path) -> None:
    """A till that holds a head beyond the end, or another hash, stops the writing; a known head is kept."""
    last = sell(tmp_path)
    with open_shop(tmp_path) as shop:
        shop.journal.witness(last, "till-1")
        assert shop.journal.is_writable
        assert last in [one.head for one in Heads([tmp_path]).all() if one.who == "till-1"]
        beyond = Head(last.seq + 2, bytes(31) + b"\1")
        with pytest.raises(TailMissing):
            shop.journal.witness(beyond, "till-1", given_by(shop, beyond))
        assert not shop.journal.is_writable


def test_a_till_with_another_history_is_noticed(tmp_path: Path) -> None:
    """The same number with another hash means that this is not the journal the till sent its sales to."""
    last = sell(tmp_path)
    other = Head(last.seq, bytes(31) + b"\1")
    with open_shop(tmp_path) as shop, pytest.raises(HistoryDiffers):
        shop.journal.witness(other, "till-1", given_by(shop, other))


def given_by(shop: Shop, head: Head) -> str:
    """The proof with which this box once gave out that head."""
    return Prover(box_key(shop.secrets, shop.world)).proof(head)


def test_heads_stand_in_every_folder_that_takes_them(tmp_path: Path) -> None:
    """A stick that was pulled out is named; the other folder keeps the head all the same."""
    stick = tmp_path / "stick"
    heads = Heads([tmp_path, stick])
    with open_shop(tmp_path, heads=heads) as shop:
        run(shop.journal.record("drawer_float", FLOAT))
        last = shop.journal.head()

    assert [stick / FILE] == heads.missing
    assert [last] == [one.head for one in heads.all()]


def test_a_stick_that_hangs_holds_up_no_sale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a share whose server is away: sales are answered meanwhile, and afterwards it has the newest head of each witness."""
    stick, is_back, add = tmp_path / "stick", Event(), heads_module._add
    stick.mkdir()
    monkeypatch.setattr(heads_module, "_add", lambda path, line: (path.parent != stick or is_back.wait(60), add(path, line)))
    heads = Heads([tmp_path, stick], waits=False)
    with open_shop(tmp_path, threaded=True, heads=heads) as shop:
        for _ in range(3):
            shop.world.pass_by(seconds=60)
            asyncio.run(asyncio.wait_for(shop.journal.record("drawer_float", FLOAT), 10))
        before, last = shop.journal.head(), shop.till().id and shop.journal.head()
        assert shop.journal.witness(before, "till-1") and shop.journal.witness(last, "till-1") and shop.journal.witness(before, "till-1")
        assert [stick / FILE] == heads.missing
        is_back.set()
    heads.close()

    assert [] == heads.missing
    assert {("box", last), ("till-1", last)} == {(one.who, one.head) for one in Heads([stick]).all()}


def test_a_stick_that_hangs_keeps_no_shop_shut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that nobody gives anything, as on a share whose server is away: after a moment it says nothing, and is missing."""
    monkeypatch.setattr(heads_module, "PATIENCE_S", 0.2)
    stick = tmp_path / "stick"
    stick.mkdir()
    os.mkfifo(stick / FILE)
    heads = Heads([tmp_path, stick], waits=False)

    last = sell(tmp_path)
    assert [last] == [one.head for one in heads.all()]
    assert [stick / FILE] == heads.missing
    os.close(os.open(stick / FILE, os.O_RDWR))  # Whoever still waits for it goes on.


def test_torn_and_foreign_lines_say_nothing(tmp_path: Path) -> None:
    """A line cut by a power loss is no head, and does not make the journal suspect."""
    last = sell(tmp_path)
    with open(tmp_path / FILE, "a", encoding="utf-8") as file:
        file.write(f"99:abc 1 box\nhello\n99:{'1' * 64} x box\n99:{'1' * 64}")

    assert [last] == [one.head for one in Heads([tmp_path]).all()]
    with open_shop(tmp_path) as shop:
        assert shop.journal.broken is None


def test_the_file_of_heads_stays_small(tmp_path: Path) -> None:
    """Years of heads take no more room than its limit; each witness's highest stays."""
    heads = Heads([tmp_path])
    for seq in range(1, 3_500):
        heads.keep(Head(seq, bytes(31) + b"\1"), seq, "till-1" if seq == 7 else "box")

    assert (tmp_path / FILE).stat().st_size < FILE_BYTES_MAX + 200
    assert {("till-1", 7), ("box", 3_499)} == {(one.who, one.head.seq) for one in heads.all()}


def test_opening_looks_at_the_tail_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A break far back does not delay the start; the look at the whole finds it and stops the writing."""
    monkeypatch.setattr(opening, "TAIL_CHECKED", 3)
    sell(tmp_path)
    tamper(tmp_path, CHEAPER.replace("seq = 5", "seq = 3"))

    with open_shop(tmp_path) as shop:
        assert shop.journal.broken is None
        assert shop.journal.verify_piece(100)
        assert isinstance(shop.journal.broken, ChainBroken)
        assert "3" == str(shop.journal.broken.facts["seq"])
        assert not shop.journal.is_writable


def test_tills_go_on_after_a_look_at_the_tail_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers and revocations from before the tail are known as well as those in it."""
    monkeypatch.setattr(opening, "TAIL_CHECKED", 3)
    world = ToldClock()
    with open_shop(tmp_path, world) as shop:
        quiet, gone, busy = shop.till("Quiet"), shop.till("Gone"), shop.till("Busy")
        shop.append(quiet.sale())
        run(shop.journal.revoke(gone.id, "sold"))
        shop.append_all([busy.sale() for _ in range(5)])

    with open_shop(tmp_path, world) as shop:
        assert shop.journal.broken is None
        assert [2, 1, 6] == [shop.journal.next_seq(till.id) for till in (quiet, gone, busy)]
        assert {"Gone"} == {till["name"] for till in shop.journal.tills() if till["revoked"]}
        assert ["created", "created"] == [one.answer for one in shop.append_all([quiet.sale(), busy.sale()])]
    assert "whole" == verify_file(tmp_path / "journal.db").chain


def test_a_whole_look_says_whole(tmp_path: Path) -> None:
    """Nothing wrong: writing goes on."""
    sell(tmp_path)
    with open_shop(tmp_path) as shop:
        assert shop.journal.verify_piece(100)
        assert shop.journal.is_writable


def torn(folder: Path, at: int, size: int = 4096) -> None:
    path = folder / "journal.db"
    with open(path, "r+b") as file:
        file.seek(at)
        file.write(b"\xde\xad" * (size // 2))


def test_a_torn_file_is_damage_and_not_a_crash(tmp_path: Path) -> None:
    """Whichever page the disk spoiled, opening and verifying end with a clear error or name the break."""
    sell(tmp_path, sales=120)
    path = tmp_path / "journal.db"
    whole = path.read_bytes()
    outcomes = set()
    for at in range(4096, len(whole), 4096):
        path.write_bytes(whole)
        torn(tmp_path, at)
        outcomes.add(look(path))
        with_shop_open(tmp_path)
    assert "unreadable" in outcomes or any(one.startswith("broken at") for one in outcomes)
    assert outcomes <= {"whole", "unreadable"} | {f"broken at {seq}" for seq in range(1, 124)}


def look(path: Path) -> str:
    try:
        return verify_file(path).chain
    except Damaged:
        return "unreadable"


def with_shop_open(folder: Path) -> None:
    try:
        with open_shop(folder) as shop:
            if shop.journal.broken is not None:
                assert not shop.journal.is_writable
    except Damaged:
        pass  # Refused to open at all, with its hint.


@pytest.mark.parametrize("content", [b"", b"not a database at all" * 400])
def test_what_is_no_journal_is_damaged(tmp_path: Path, content: bytes) -> None:
    """Another file under that name gets a clear error."""
    path = tmp_path / "journal.db"
    path.write_bytes(content)
    with pytest.raises(Damaged):
        verify_file(path)


def test_a_missing_file_is_said_so(tmp_path: Path) -> None:
    """No such file is a wrong request, not damage, and none is made."""
    with pytest.raises(FileUnreadable):
        verify_file(tmp_path / "journal.db")
    assert [] == list(tmp_path.iterdir())


def test_a_newer_journal_is_left_alone(tmp_path: Path) -> None:
    """An older program does not call a newer format broken."""
    sell(tmp_path)
    with closing(apsw.Connection(str(tmp_path / "journal.db"))) as connection:
        connection.pragma("user_version", 99)
    with pytest.raises(TooNew):
        verify_file(tmp_path / "journal.db")


def test_verify_reads_a_journal_that_is_open(tmp_path: Path) -> None:
    """What stands only in the log beside the file is seen, and nothing is changed."""
    with open_shop(tmp_path) as shop:
        till = shop.till()
        shop.append(till.sale())
        before = (tmp_path / "journal.db").read_bytes()

        assert 3 == verify_file(tmp_path / "journal.db").entries
        assert before == (tmp_path / "journal.db").read_bytes()


def test_a_journal_read_a_piece_at_a_time_is_checked_to_its_end(tmp_path: Path) -> None:
    """Pieces that end inside the journal, at its end and past what was appended meanwhile; then it begins anew."""
    with open_shop(tmp_path) as shop:
        till = shop.till()
        for _ in range(4):
            shop.append(till.sale())
        assert [False, False] == [shop.journal.verify_piece(2) for _ in range(2)]
        shop.append(till.sale())
        assert [False, True] == [shop.journal.verify_piece(2) for _ in range(2)]
        assert [False, True, True] == [shop.journal.verify_piece(4), shop.journal.verify_piece(4), shop.journal.verify_piece(99)]
        assert shop.journal.broken is None


def test_the_daily_check_reads_nothing_while_a_sale_waits_for_the_disk(tmp_path: Path) -> None:
    """It goes on with the next breath."""

    async def play(shop: Shop, pair: tuple[bytes, bytes]) -> None:
        house: Any = SimpleNamespace(journal=shop.journal, witnesses=SimpleNamespace(turn=lambda: asyncio.sleep(0)))
        sale = asyncio.create_task(shop.journal.append(*pair))
        await asyncio.sleep(0)
        assert (BREATH_S, False) == (await verify(house), sale.done())
        await sale
        assert DAY_S == await verify(house)

    with open_shop(tmp_path, threaded=True) as shop:
        run(play(shop, shop.till().sale()))


def test_damage_is_found_in_the_piece_that_holds_it(tmp_path: Path) -> None:
    """An entry edited behind our back stops the writing, and reading goes on."""
    with open_shop(tmp_path) as shop:
        till = shop.till()
        for _ in range(4):
            shop.append(till.sale())
        tamper(tmp_path, "UPDATE entry SET recorded_at = recorded_at + 1 WHERE seq = 5")
        assert (False, None) == (shop.journal.verify_piece(3), shop.journal.broken)
        assert shop.journal.verify_piece(3)
        assert isinstance(shop.journal.broken, ChainBroken)
        assert 6 == len(shop.journal.read())


def test_a_line_that_rubbish_was_joined_to_is_no_head(tmp_path: Path) -> None:
    """A power cut may leave rubbish in front of a torn line: one digit too many, and the journal would seem to have lost its end."""
    last = sell(tmp_path)
    text = (tmp_path / FILE).read_text(encoding="utf-8")
    (tmp_path / FILE).write_text(text + "2" + line_of(Witnessed(last, 1, "box")), encoding="utf-8")
    with open_shop(tmp_path) as shop:
        assert shop.journal.broken is None
        assert last.seq == max(one.head.seq for one in Heads([tmp_path]).all())


# Going on after a loss ------------------------------------------------------------------------------


def test_a_person_can_go_on_after_a_loss(tmp_path: Path) -> None:
    """What was seen beyond the end counts no more, for the files and for tills; what is seen from then on does."""
    lost = sell(tmp_path)
    for path in tmp_path.glob("journal.db*"):
        path.unlink()
    with open_shop(tmp_path) as shop:
        old_proof = given_by(shop, lost)
        accepted = run(shop.journal.accept_loss("Aino", "The disk died."))
        assert (lost.seq, "Aino") == (accepted.missing, accepted.by)
        shop.world.pass_by(seconds=5)
        run(shop.journal.record("drawer_float", FLOAT))
    with open_shop(tmp_path) as shop:
        shop.world.pass_by(seconds=10)
        assert shop.journal.broken is None
        assert "loss_accepted" in [kept.entry.kind for kept in shop.journal.read()]
        assert shop.journal.witness(Head(lost.seq + 5, lost.hash), "till-1", "no proof") is False
        assert shop.journal.witness(lost, "till-1", old_proof) is True
        assert shop.journal.is_writable
        beyond = Head(shop.journal.head().seq + 3, bytes(31) + b"\1")
        with pytest.raises(TailMissing):
            shop.journal.witness(beyond, "till-1", Prover(box_key(shop.secrets, shop.world)).proof(beyond, 1))


def test_a_copy_from_before_an_accepted_loss_is_noticed(tmp_path: Path) -> None:
    """It knows nothing of the loss, but it knows its own hand: a head given after it counts."""
    sell(tmp_path)
    with open_shop(tmp_path) as shop:
        later = Head(shop.journal.head().seq + 2, bytes(31) + b"\1")
        with pytest.raises(TailMissing):
            shop.journal.witness(later, "till-1", Prover(box_key(shop.secrets, shop.world)).proof(later, 1))


def test_a_sound_journal_and_a_broken_one_have_no_loss_to_accept(tmp_path: Path) -> None:
    """Nobody gives up a history by mistake, and a chain that is broken inside is not made whole by a word."""
    last = sell(tmp_path)
    with open_shop(tmp_path) as shop, pytest.raises(WrongState):
        run(shop.journal.accept_loss("Aino", "I was curious."))
    tamper(tmp_path, "UPDATE entry SET recorded_at = recorded_at + 1 WHERE seq = 2")
    (tmp_path / FILE).write_text(line_of(Witnessed(Head(last.seq + 9, bytes(32)), 1, "box")), encoding="utf-8")
    with open_shop(tmp_path) as shop, pytest.raises(ChainBroken):
        run(shop.journal.accept_loss("Aino", "I hoped."))
