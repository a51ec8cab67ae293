"""The proof holds for a sound day, and each kind of defect breaks it and is named where it is."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import structs

from tideover.learn.evidence import GENESIS, Counted, Evidence, Held, Journal, Line, Payment, Route, Row, entry_hash, fold_journal
from tideover.learn.input import Input, InputDocument, InputLine, InputTender, sum_of
from tideover.learn.proof import prove

DAY = "2011-11-18"
AT = datetime(2011, 11, 18, 15, 0, tzinfo=UTC)
TILL = "00000000-0000-4000-8000-000000000001"


def identity(n: int) -> str:
    return f"0133b000-0000-7000-8000-{n:012d}"


def document(n: int, pence: int, tender: str = "card") -> InputDocument:
    kind = "sale" if pence > 0 else "refund"
    quantity = 1000 if pence > 0 else -1000
    lines = (InputLine(n, "22687", "DOOR MAT", quantity, abs(pence) * 100, pence, 200_000),)
    return InputDocument(f"1#{n}", "day.csv", str(n), kind, AT, DAY, lines, tenders=(InputTender(tender, pence),))


def held(one: InputDocument, number: str, external_id: str | None = None, reference: str = "") -> Held:
    lines = tuple(Line(line.item, line.quantity, line.amount_minor, line.vat_ppm) for line in one.lines)
    paid = tuple(Payment(tender.kind, tender.amount_minor) for tender in one.tenders)
    return Held(number, external_id, one.day, one.kind, "final", one.total_minor, reference, 0, lines, paid)


def body(one: InputDocument) -> dict[str, Any]:
    return {
        "lines": [{"item": x.item, "quantity": x.quantity, "amount_minor": x.amount_minor, "vat_ppm": x.vat_ppm} for x in one.lines],
        "tenders": [{"kind": x.kind, "amount_minor": x.amount_minor} for x in one.tenders],
        "rounding_minor": one.rounding_minor,
    }


def journal(facts: list[tuple[str, str, str | None, dict[str, Any]]]) -> list[Row]:
    """(id, kind, refers_to, body) as a whole chain of rows."""
    rows: list[Row] = []
    prev = GENESIS
    for seq, (id, kind, refers_to, content) in enumerate(facts, 1):
        plain = {"id": id, "kind": kind, "version": 1, "till": TILL, "till_seq": seq, "happened_at": 1, "trading_day": DAY}
        signed = json.dumps(plain | {"operator": None, "refers_to": refers_to, "body": content}).encode()
        row = Row(seq, id, 1_000 + seq, signed, b"s" * 64, prev, b"")
        rows.append(structs.replace(row, hash=entry_hash(prev, row)))
        prev = rows[-1].hash
    return rows


# Two by the cloud's till, one in flight that was booked, one in flight that was not, a sale and a refund of ours.
DOCUMENTS = (document(1, 1000, "cash"), document(2, 250), document(3, 700), document(4, 800), document(5, 1234, "cash"), document(6, -300))
FLYING_BOOKED, FLYING_LOST, INSTEAD, SALE, REFUND = (identity(n) for n in range(11, 16))
CLOSE = {"day": DAY, "open_entries": 0, "cash_expected_minor": 12_234, "cash_counted_minor": 12_234}
CLOSE |= {"card_expected_minor": 1_450, "card_batch_minor": 1_450}
FACTS: list[tuple[str, str, str | None, dict[str, Any]]] = [
    (identity(1), "drawer_float", None, {"amount_minor": 10_000}),
    (FLYING_BOOKED, "in_flight", None, {"reference": "T1-3", "kind": "sale", "document": body(DOCUMENTS[2])}),
    (FLYING_LOST, "in_flight", None, {"reference": "T2-4", "kind": "sale", "document": body(DOCUMENTS[3])}),
    (SALE, "sale", None, body(DOCUMENTS[4])),
    (REFUND, "refund", None, body(DOCUMENTS[5])),
    (identity(2), "in_flight_settled", FLYING_BOOKED, {"outcome": "was_booked", "entry": None}),
    (INSTEAD, "sale", None, body(DOCUMENTS[3])),
    (identity(3), "in_flight_settled", FLYING_LOST, {"outcome": "was_not_booked", "entry": INSTEAD}),
    (identity(4), "parked", REFUND, {"reason": "closed", "owner": "Maija"}),
    (identity(5), "solved", REFUND, {"how": "send_on"}),
    (identity(6), "close", None, CLOSE),
]
HELD = (
    held(DOCUMENTS[0], "S1"),
    held(DOCUMENTS[1], "S2"),
    held(DOCUMENTS[2], "S3", reference="T1-3"),
    held(DOCUMENTS[3], "S4", INSTEAD),
    held(DOCUMENTS[4], "S5", SALE),
    held(DOCUMENTS[5], "S6", REFUND),
)
ROUTES = {
    "1#1": Route("cloud", "S1"),
    "1#2": Route("cloud", "S2"),
    "1#3": Route("in_flight", FLYING_BOOKED, "T1-3"),
    "1#4": Route("in_flight", FLYING_LOST, "T2-4"),
    "1#5": Route("entry", SALE),
    "1#6": Route("entry", REFUND),
}
INPUT = Input(DOCUMENTS, (), 0, 5, 1, 6, sum_of(DOCUMENTS), "GB", "GBP", "Europe/London", (DAY,))


def sound() -> Evidence:
    kept = fold_journal(journal(FACTS))
    return Evidence(INPUT, ROUTES, frozenset({SALE, REFUND}), kept.head, kept, HELD, (Counted(DAY, 12_234, 1_450),))


def with_facts(facts: list[tuple[str, str, str | None, dict[str, Any]]]) -> Evidence:
    kept = fold_journal(journal(facts))
    return structs.replace(sound(), journal=kept, witness=kept.head)


def without(*ids: str) -> list[tuple[str, str, str | None, dict[str, Any]]]:
    return [fact for fact in FACTS if fact[0] not in ids]


def altered(id: str, change: dict[str, Any]) -> list[tuple[str, str, str | None, dict[str, Any]]]:
    return [(fact[0], fact[1], fact[2], fact[3] | change) if fact[0] == id else fact for fact in FACTS]


def test_a_sound_day_holds() -> None:
    """Every equation, sum and comparison is right, so the proof is one word."""
    claim = prove(sound())

    assert "holds" == claim.proof
    assert (5, 1, 3, 2, 2, 1, 3) == (
        *(claim.sales, claim.refunds, claim.cloud_sales, claim.in_flight),
        *(claim.fallback_sales, claim.fallback_refunds, claim.booked),
    )
    assert (1950, 1734, 3684, 0) == (claim.cloud_sum_minor, claim.booked_sum_minor, claim.input_sum_minor, claim.difference_minor)


def test_the_claim_has_every_key_of_the_contract() -> None:
    """The JSON's keys are those of docs/contracts.md, in its order."""
    keys = (
        "sales refunds cloud_sales in_flight fallback_sales fallback_refunds booked parked parked_peak lost doubled "
        "input_lines cloud_lines booked_lines parked_lines unbookable_lines "
        "input_sum_minor cloud_sum_minor booked_sum_minor parked_sum_minor unbookable_sum_minor unbookable rounding_minor "
        "difference_minor by_day by_tender by_vat cash card findings "
        "detect_s declare_s replay_s replay_wall_s replay_per_s human_minutes_per_100 faults_injected chain_head proof"
    )

    assert keys.split() == list(msgspec.to_builtins(prove(sound())))


def broken_by(evidence: Evidence) -> str:
    proof = prove(evidence).proof
    assert proof.startswith("broken: ")
    return proof


def test_a_lost_entry_is_named() -> None:
    """An outbox that drops a sale leaves it neither in the cloud nor parked."""
    evidence = structs.replace(sound(), held=tuple(one for one in HELD if one.number != "S5"))

    assert f"entry {SALE} is lost" in broken_by(evidence)
    assert 1 == prove(evidence).lost


def test_a_doubled_entry_is_named() -> None:
    """A send without asking leaves two final documents of one entry."""
    evidence = structs.replace(sound(), held=(*HELD, held(DOCUMENTS[4], "S7", SALE)))

    assert f"entry {SALE} is doubled: the cloud holds S5, S7" in broken_by(evidence)
    assert 1 == prove(evidence).doubled


def test_a_voided_second_document_is_no_double() -> None:
    """What a clerk keyed twice and voided counts once."""
    second = structs.replace(held(DOCUMENTS[4], "S7", SALE), state="void")

    assert "holds" == prove(structs.replace(sound(), held=(*HELD, second))).proof


def test_an_in_flight_sale_booked_by_both_is_a_double() -> None:
    """The cloud's till had it after all, and an entry was made."""
    evidence = structs.replace(sound(), held=(*HELD, held(DOCUMENTS[3], "S8", reference="T2-4")))

    assert f"in flight {FLYING_LOST} is doubled: the cloud's till booked S8" in broken_by(evidence)
    assert 1 == prove(evidence).doubled


def test_an_in_flight_sale_that_nobody_settled_is_named() -> None:
    """The check list must be empty at the end."""
    assert f"in flight {FLYING_BOOKED} was never settled" in broken_by(with_facts(without(identity(2))))


def test_a_parked_record_is_named_with_its_reason() -> None:
    """What still waits for a person breaks the proof."""
    evidence = structs.replace(with_facts(without(identity(5))), held=tuple(one for one in HELD if one.number != "S6"))

    assert f"entry {REFUND} is still parked: closed" in broken_by(evidence)
    assert ["Maija"] == [one.owner for one in prove(evidence).parked]


def test_a_line_rounded_twice_in_the_entry_is_named() -> None:
    """The entry says another amount than the file."""
    wrong = body(DOCUMENTS[4])
    wrong["lines"][0]["amount_minor"] = 1235

    assert "document 1#5, line 1" in broken_by(with_facts(altered(SALE, wrong)))


def test_a_line_rounded_twice_on_the_way_to_the_cloud_is_named() -> None:
    """The cloud's row says another amount than the entry."""
    wrong = structs.replace(HELD[4], total_minor=1235, lines=(Line("22687", 1000, 1235, 200_000),))
    evidence = structs.replace(sound(), held=(*HELD[:4], wrong, HELD[5]))

    assert f"entry {SALE} (document 1#5), line 1" in broken_by(evidence)
    assert -1 == prove(evidence).difference_minor


def test_a_tail_cut_off_is_noticed_by_what_the_till_saw() -> None:
    """A chain that lost its end still verifies; the till's head and acknowledgements do not."""
    kept = fold_journal(journal(FACTS)[:3])

    proof = broken_by(structs.replace(sound(), journal=kept))

    assert "whole" == kept.chain
    assert f"the journal's tail is cut: a witness saw entry {len(FACTS)}, the file ends at 3" in proof
    assert f"entry {SALE} was acknowledged to a till, but is not in the journal" in proof


def test_an_edited_entry_breaks_the_chain_where_it_stands() -> None:
    """Changing bytes without the hashes is found at that entry."""
    rows = journal(FACTS)
    rows[3] = structs.replace(rows[3], signed=rows[3].signed.replace(b"1234", b"1334"))
    kept: Journal = fold_journal(rows)

    assert "the journal's chain is broken at 4" in broken_by(structs.replace(sound(), journal=kept))


def test_a_drawer_that_is_short_needs_a_finding() -> None:
    """A gap without its finding is unexplained; with it the proof holds."""
    close = {"cash_counted_minor": 12_184}
    finding = {"code": "over-short", "text": "50 short", "owner": "Maija", "amount_minor": -50, "key": "x", "day": DAY}
    short = (Counted(DAY, 12_184, 1_450),)
    bare = structs.replace(with_facts(altered(identity(6), close)), counted=short)
    named = structs.replace(with_facts([*altered(identity(6), close), (identity(7), "finding", None, finding)]), counted=short)

    assert "the drawer is off by -50, its findings explain 0" in broken_by(bare)
    assert "holds" == prove(named).proof


def test_a_day_that_was_not_closed_is_named() -> None:
    """No close, no proof."""
    assert f"day {DAY} was closed 0 times" in broken_by(with_facts(without(identity(6))))


def test_a_document_of_nobody_in_the_cloud_is_named() -> None:
    """The cloud's final rows are the input's documents and nothing else."""
    stranger = held(document(9, 400), "S9")

    assert "the cloud holds S9, which no document of the input explains" in broken_by(structs.replace(sound(), held=(*HELD, stranger)))


def test_a_document_that_was_never_played_is_named() -> None:
    """A conductor that forgets a sale cannot prove the day."""
    routes = {key: route for key, route in ROUTES.items() if key != "1#2"}
    evidence = structs.replace(sound(), routes=routes, held=tuple(one for one in HELD if one.number != "S2"))

    assert "document 1#2 was played by nobody" in broken_by(evidence)


def test_a_wrong_tender_in_the_cloud_is_named() -> None:
    """Card booked as cash: the sums agree, the tenders do not."""
    wrong = structs.replace(HELD[1], payments=(Payment("cash", 250),))

    assert "document 1#2: card 250 in the input, 0 in the cloud's S2" in broken_by(
        structs.replace(sound(), held=(HELD[0], wrong, *HELD[2:]))
    )


def test_what_was_refused_must_have_stood_with_a_person() -> None:
    """A refusal that parked nothing was dropped; a fault that found nothing to strike on a quiet day breaks no proof."""
    refused = structs.replace(sound(), faults_asked={"refuse": 0.1, "busy": 0.1}, faults_injected={"refuse": 1, "busy": 0})
    quiet = structs.replace(sound(), faults_asked={"busy": 0.1}, faults_injected={"busy": 0})

    assert "entries were refused, but nothing was ever parked" in broken_by(refused)
    assert "holds" == prove(quiet).proof
