"""Drawer, slips and receipts as pure functions."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest
from msgspec.structs import replace

from tideover.errors import BadRecord, SlipUsed
from tideover.journal.entry import Entry, Kept
from tideover.model.facts import DrawerCount, DrawerMove, SlipVoid, Void
from tideover.model.sale import Document, Line, Tender
from tideover.plan.records import Pad
from tideover.settings import Settings
from tideover.trade import drawer, receipt, slip
from tideover.trade.slip import Slip, SlipLog, pad_states, parse_slip, skipped

TILL, OTHER = "0199aaaa-0000-7000-8000-00000000000a", "0199aaaa-0000-7000-8000-00000000000b"
PAD = Pad("A-0001", "A", 1, 10)


def kept(seq, kind, body, till=TILL, refers_to=None):
    entry = Entry(ident(seq), kind, 1, till, seq, 0, "2026-11-20", "Aino", refers_to, body)
    return Kept(seq, entry, 0, b"", b"", b"", b"")


def ident(seq):
    return f"01999999-0000-7000-8000-{seq:012d}"


def document(amount=1_000, *tenders, number="BOX-1", **more):
    sign = 1 if amount >= 0 else -1
    line = Line("100", "Rye bread", 1_000 * sign, abs(amount) * 100, amount, 255_000)
    return Document(number, "EUR", True, (line,), tenders or (Tender("cash", amount),), **more)


# Drawer -----------------------------------------------------------------------------------------------


def test_what_a_drawer_should_hold():
    """Float and cash less refunds and drops, per till; cards and voided sales move nothing."""
    entries = [
        kept(1, "drawer_float", DrawerMove(10_000)),
        kept(2, "sale", document(1_000)),
        kept(3, "sale", document(5_000, Tender("card", 3_000), Tender("cash", 2_000))),
        kept(4, "refund", document(-500)),
        kept(5, "drawer_drop", DrawerMove(8_000)),
        kept(6, "sale", document(700)),
        kept(7, "void", Void("rang twice"), refers_to=ident(6)),
        kept(8, "sale", document(300), till=OTHER),
        kept(9, "sale", document(999, Tender("card", 999)), till=OTHER),
        kept(10, "drawer_count", DrawerCount(4_400)),
        kept(11, "drawer_count", DrawerCount(4_480)),
    ]
    first, second = drawer.drawers_of(entries)
    assert (TILL, 10_000, 2_500, 8_000, 4_500, 4_480, -20) == (
        first.till,
        first.float_minor,
        first.cash_minor,
        first.dropped_minor,
        first.expected_minor,
        first.counted_minor,
        first.over_minor,
    )
    assert (300, None, None) == (second.expected_minor, second.counted_minor, second.over_minor)


def test_impossible_drawer_facts_are_refused():
    """Nothing below zero is put in, taken out or counted."""
    assert DrawerMove(1, "coins") == drawer.move(1, "coins")
    assert DrawerCount(0) == drawer.count(0)
    for wrong in (lambda: drawer.move(0), lambda: drawer.move(-1), lambda: drawer.count(-1), lambda: drawer.count(2**53)):
        with pytest.raises(BadRecord):
            wrong()


# Slips ------------------------------------------------------------------------------------------------


def log_of(*entries):
    log = SlipLog()
    for one in entries:
        log.take(one)
    return log


def test_slip_numbers_as_people_type_them():
    """Spaces, case, dashes and leading zeros do not matter; anything else is told."""
    assert ["A-0017"] * 4 == [str(parse_slip(text)) for text in ("A-0017", "a17", " A 17 ", "a-000017")]
    assert Slip("KL", 123_456) == parse_slip("KL123456")
    for wrong in ("", "17", "A", "A-0", "A-17x", "ABCDE-1", "Ä-1", "A-٣", "A-1234567"):
        with pytest.raises(BadRecord):
            parse_slip(wrong)


def test_every_slip_is_used_void_unused_or_missing():
    """The four sorts make what was issued; a number jumped over is missing until somebody speaks."""
    log = log_of(
        kept(1, "sale", document(1_000, slip="A-0001")),
        kept(2, "refund", document(-200, slip="a4")),
        kept(3, "slip_void", SlipVoid("A-0002", "void")),
        kept(4, "slip_void", SlipVoid("A-0009", "missing")),
    )
    [state] = pad_states([PAD], log)
    assert (10, 2, 1, 5, 2, 800) == (state.issued, state.used, state.void, state.unused, state.missing, state.sum_minor)
    assert [Slip("A", 3)] == skipped(PAD, log)
    assert ["series", "from", "to", "issued", "used", "void", "unused", "missing", "sum_minor"] == list(msgspec.to_builtins(state))


def test_a_slip_is_keyed_once_unless_it_was_voided():
    """The second keying names the first entry; after a void of that entry the paper may be keyed again."""
    sale = kept(1, "sale", document(slip="A-0001"))
    with pytest.raises(SlipUsed) as caught:
        log_of(sale).check_free(Slip("A", 1))
    assert ident(1) == caught.value.facts["id"]
    log_of(sale, kept(2, "void", Void("keyed wrongly"), refers_to=ident(1))).check_free(Slip("A", 1))


def test_odd_slips_are_noticed():
    """A slip on no pad and one that was said to be missing are keyed, and noticed."""
    log = log_of(kept(1, "slip_void", SlipVoid("A-0002", "missing")))
    assert [0, 1, 1] == [len(log.notices(parse_slip(text), [PAD])) for text in ("A-1", "A-2", "B-1")]


def test_a_sum_reckoned_wrongly_by_hand_stands():
    """What was paid is the fact; the gap to the right sum becomes the line's discount, and a notice."""
    wrong = document(1_000, number="")
    wrong = replace(wrong, lines=(replace(wrong.lines[0], amount_minor=990),), tenders=(Tender("cash", 990),))
    written, notices = slip.as_written(Slip("A", 1), wrong)
    assert ("A-0001", "A-0001", 10) == (written.number, written.slip, written.lines[0].discount_minor)
    assert [("slip-arithmetic", -10)] == [(notice.code, notice.amount_minor) for notice in notices]
    assert [] == slip.as_written(Slip("A", 1), document())[1]


# Receipts ---------------------------------------------------------------------------------------------

SHOP = Settings(shop_name="Kulmakauppa Oy", business_id="1234567-1", address="Kauppakatu 1, Hämeenlinna, 03 123 4567")
AT = datetime(2026, 11, 20, 12, 31, tzinfo=UTC)


def shown(document, kind="sale", **more):
    return receipt.receipt(document, kind, more.pop("settings", SHOP), AT, **more)


def test_a_receipt_holds_what_the_law_asks_for():
    """Seller, contact, business id, date, number, kinds and quantities, sum, VAT by rate (Finland, 658/2013, section 4)."""
    lines = (
        Line("100", "Ruisleipä", 2_000, 24_900, 498, 135_000),
        Line("200", "Lamppu", 1_000, 1_990_000, 18_905, 255_000, discount_minor=995),
    )
    tenders = (Tender("card", 9_403, "T-55"), Tender("cash", 10_000, given_minor=12_000))
    text = shown(Document("BOX-7", "EUR", True, lines, tenders), operator="Aino")
    for needed in (
        "Kulmakauppa Oy", "1234567-1", "Kauppakatu 1", "2026-11-20 14:31", "No. BOX-7", "Ruisleipä", "2 x 2.49", "Lamppu",
        "discount -9.95", "TOTAL EUR", "194.03", "Card T-55", "Change", "20.00", "13.5", "4.39", "0.59", "4.98", "25.5", "150.64",
        "38.41", "189.05",
    ):  # fmt: skip
        assert needed in text, needed
    assert all(len(line) <= receipt.WIDTH for line in text.splitlines())


def test_receipts_speak_finnish_and_say_what_they_are():
    """In Finnish; a refund, a copy and a slip say so; rounding is shown."""
    finnish = Settings(language="fi", country="AT")
    text = shown(
        document(-1_002, Tender("cash", -1_000), rounding_minor=-2, slip="A-0001", original="S-7"),
        "refund", settings=finnish, is_copy=True, in_outage=True,
    )  # fmt: skip
    for needed in ("HYVITYS - KOPIO", "Tosite: A-0001", "Hyvitetään: S-7", "Käteispyöristys", "-10,02", "25,5", "Sicherheitseinrichtung"):
        assert needed in text, needed


@pytest.mark.parametrize("width", [10, 24, 32, 42, 80])
def test_nothing_steers_the_printer(width):
    """Control, escape and direction characters in names never reach the paper, and no line is too wide."""
    bad = "Bad\x1b@\x1d V\x00A\u202e name\n\x07" + "long " * 20
    nasty = document(10**11)
    nasty = replace(nasty, lines=(replace(nasty.lines[0], name=bad),), note=bad, number=bad)
    text = shown(nasty, width=width, operator=bad, settings=Settings(shop_name=bad, address=bad, business_id=bad))
    assert {"\n"} >= {character for character in text if not character.isprintable()}
    assert all(len(line) <= max(width, receipt.WIDTH_MIN) for line in text.splitlines())


def test_numbers_are_written_plainly():
    """Cents always show, further decimals only where there are some, and the sign stands first."""
    assert ["0.05", "-0.05", "12.34", "-1000.00"] == [receipt.money(n) for n in (5, -5, 1_234, -100_000)]
    assert ["1", "1.5", "-0.125", "0"] == [receipt.quantity(n) for n in (1_000, 1_500, -125, 0)]
    assert ["1.99", "1.2345", "0.00", "-0.50"] == [receipt.price(n) for n in (19_900, 12_345, 0, -5_000)]
