"""Sales that a till signed and handed in when its right had ended: never lost, never booked by themselves, told once a day."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from tideover.errors import BadSignature, NotFound, Rejected, UnknownTill, WrongState
from tideover.journal import late
from tideover.journal.entry import Fact
from tideover.journal.verify import verify_file
from tideover.model.facts import LateSettled, LogNote
from tideover.trade.late import settle
from unit.journal.small_shop import FLOAT, Shop, Till, open_shop, run
from unit.journal.test_append import asides


def findings(shop: Shop) -> tuple[int, int]:
    """How many about late sales were raised, and how many were closed."""
    raised = [one for one in shop.journal.read(kinds=("finding",)) if one.entry.body.code == "late-sales"]
    return len(raised), len(shop.journal.read(kinds=("finding_closed",)))


def waiting(shop: Shop) -> list[str]:
    return [one.entry.id for one in shop.journal.late()]


def ended(shop: Shop) -> Till:
    """A till that sold once and lost its right."""
    till = shop.till("Kassa Ö")
    shop.append(till.sale())
    run(shop.journal.revoke(till.id, "lost"))
    return till


def test_what_comes_too_late_is_kept_and_told_once_a_day(tmp_path: Path) -> None:
    """However many, in whatever order and however often: each is kept, none is booked, the till is refused, one finding a day says so."""
    with open_shop(tmp_path) as shop:
        till = ended(shop)
        entries = [till.entry() for _ in range(100)]
        morrow = till.entry(trading_day="2026-11-21")
        for pair in [till.signed(one) for one in (*reversed(entries), morrow)] * 2:
            with pytest.raises(UnknownTill):
                shop.append(pair)

        assert {"till-revoked"} == {why for _, why in asides(shop)}
        assert {one.id for one in (*entries, morrow)} == set(waiting(shop))
        assert (2, 0) == findings(shop)
        first = next(one for one in shop.journal.read(kinds=("finding",)))
        assert "Kassa Ö" in first.entry.body.text
        assert 100 == len(shop.journal.late(first.entry.body.key.rpartition("/")[0]))
        assert 1 == len(shop.journal.read(kinds=("sale",)))
        path = shop.journal.database.path
    assert "whole" == verify_file(path).chain


def test_an_enrolled_till_that_signs_them_again_settles_them(tmp_path: Path) -> None:
    """One by one; with the last of the day the finding is closed. The old till's copy, come again, changes nothing."""
    with open_shop(tmp_path) as shop:
        till = ended(shop)
        entries = [till.entry() for _ in range(3)]
        shop.append_all([till.signed(one) for one in entries])
        new = shop.till("Kassa Ö")
        for seq, one in enumerate(entries, 1):
            assert (1, 0) == findings(shop)
            assert "created" == shop.append(new.signed(replace(one, till=new.id, till_seq=seq))).answer
        assert ((1, 1), []) == (findings(shop), waiting(shop))
        again = shop.append_all([till.signed(one) for one in entries])
        assert (["differs"] * 3, (1, 1), 3) == ([one.answer for one in again], findings(shop), len(asides(shop)))


def test_more_of_a_day_that_was_settled_is_told_anew(tmp_path: Path) -> None:
    """A closed finding says nothing of what came after it; also after the box was started again."""
    with open_shop(tmp_path) as shop:
        till = ended(shop)
        first, second = till.entry(), till.entry()
        shop.append_all([till.signed(first)])
    with open_shop(tmp_path, shop.world) as shop:
        assert 1 == run(settle(shop.journal, [first.id], "happened", "", "Olga"))
        assert (1, 1) == findings(shop)
        shop.append_all([till.signed(second)])
        assert ((2, 1), [second.id]) == (findings(shop), waiting(shop))
        run(settle(shop.journal, [second.id], "did_not_happen", "a try", "Olga"))
        assert ((2, 2), []) == (findings(shop), waiting(shop))


def test_a_persons_word_puts_them_into_the_books_as_they_were(tmp_path: Path) -> None:
    """Same id, hour, day, person and content, signed by the box; who said so stands beside it."""
    with open_shop(tmp_path) as shop:
        till = ended(shop)
        entry, other = till.entry(), till.entry()
        shop.append_all([till.signed(entry), till.signed(other)])
        shop.world.pass_by(hours=3)
        run(settle(shop.journal, [entry.id], "happened", "", "Olga"))
        kept = shop.journal.find(entry.id).entry
        assert replace(entry, till=shop.journal.box, till_seq=kept.till_seq) == kept
        [word] = shop.journal.referring(entry.id, kinds=("late_settled",))
        assert (LateSettled("happened", ""), "Olga") == (word.entry.body, word.entry.operator)
        assert ([other.id], (1, 0)) == (waiting(shop), findings(shop))


def test_a_word_is_given_once_and_about_what_waits(tmp_path: Path) -> None:
    """Twice, about nothing, about a stranger, or away without a reason: refused, and nothing is written."""
    with open_shop(tmp_path) as shop:
        till = ended(shop)
        entry = till.entry()
        shop.append_all([till.signed(entry)])
        before = shop.journal.head()
        for ids, outcome, why, error in (
            ([], "happened", "", Rejected),
            ([entry.id], "did_not_happen", "  ", Rejected),
            ([entry.id, shop.world.new_id()], "happened", "", NotFound),
        ):
            with pytest.raises(error):
                run(settle(shop.journal, ids, outcome, why, "Olga"))
        assert before == shop.journal.head()
        run(settle(shop.journal, [entry.id, entry.id], "did_not_happen", "nobody was here", "Olga"))
        with pytest.raises(WrongState):
            run(settle(shop.journal, [entry.id], "happened", "", "Olga"))
        assert 1 == len(shop.journal.read(kinds=("sale",)))


def test_what_did_not_happen_may_be_signed_again(tmp_path: Path) -> None:
    """An enrolled till that still has it is believed: a sale that happened is never refused."""
    with open_shop(tmp_path) as shop:
        till = ended(shop)
        entry = till.entry()
        shop.append_all([till.signed(entry)])
        run(settle(shop.journal, [entry.id], "did_not_happen", "nobody was here", "Olga"))
        new = shop.till("Kassa Ö")
        assert "created" == shop.append(new.signed(replace(entry, till=new.id, till_seq=1))).answer
        assert (1, 1) == findings(shop)


def test_only_trade_is_kept_and_only_what_the_till_signed(tmp_path: Path) -> None:
    """A note moves no money; what another key signed is nobody's sale. A float does."""
    with open_shop(tmp_path) as shop:
        till, other = ended(shop), shop.till("Till 2")
        signed, _ = till.sale()
        with pytest.raises(UnknownTill):
            shop.append(till.sale(kind="note", body=LogNote("hello", "")))
        with pytest.raises(BadSignature):
            shop.append((signed, other.key.sign(signed)))
        assert ([], (0, 0)) == (asides(shop), findings(shop))
        with pytest.raises(UnknownTill):
            shop.append(till.sale(kind="drawer_float", body=FLOAT))
        assert (1, (1, 0)) == (len(waiting(shop)), findings(shop))


def test_a_stolen_till_fills_no_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So many are kept of one till; the rest is refused, and it puts nothing into the books either way."""
    monkeypatch.setattr(late, "KEPT_MAX", 3)
    with open_shop(tmp_path) as shop:
        till = ended(shop)
        shop.append_all([till.sale() for _ in range(10)])
        assert (3, (1, 0), 1) == (len(waiting(shop)), findings(shop), len(shop.journal.read(kinds=("sale",))))


def test_a_till_cannot_say_that_a_late_sale_happened(tmp_path: Path) -> None:
    """Only the box writes that word."""
    with open_shop(tmp_path) as shop:
        till, thief = ended(shop), shop.till("Till 2")
        entry = till.entry()
        shop.append_all([till.signed(entry)])
        word = thief.entry(kind="late_settled", body=LateSettled("happened", ""), refers_to=entry.id)
        [refused] = shop.append_all([thief.signed(word)])
        assert ("not-allowed", [entry.id]) == (refused.code, waiting(shop))


def test_whoever_keys_it_again_under_its_id_settles_it(tmp_path: Path) -> None:
    """Also with another content: there is an entry of that id now, and nothing waits."""
    with open_shop(tmp_path) as shop:
        till = ended(shop)
        entry = till.entry()
        shop.append_all([till.signed(entry)])
        other = replace(entry, operator="Eero")
        fact = Fact(other.kind, other.body, None, "Eero", None, other.trading_day, other.id)
        assert "created" == run(shop.journal.record_together([fact]))[0].answer
        assert ((1, 1), []) == (findings(shop), waiting(shop))
