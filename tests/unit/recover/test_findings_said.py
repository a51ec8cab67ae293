"""What proof says of each difference, to the letter: words, sum, owner, entry, and the key that makes it the same one tomorrow."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from tideover.model.answer import CloudLine, CloudPayment
from tideover.model.finding import Finding
from tideover.model.sale import Tender
from tideover.recover.doubles import Span
from tideover.recover.reconcile import Day, Pair, Reconciled, compare
from unit.recover.shop import FRIDAY, THREE_PM, document, in_cloud, line, ours, own_till

SALE = ours("e1", number="C-7")
REFUND = ours("e1", document(line(quantity=-2_000), number="A-8"))
SWAP = ours("e1", document(line(), line("bun", quantity=-1_000), tenders=()))  # Comes to nothing, so nothing was paid.
OUTAGE = (Span(THREE_PM - timedelta(hours=1), THREE_PM + timedelta(hours=2)),)
DEAR = (CloudLine("coffee", 1_000, 350, 255_000),)


def day_of(*entries, cloud=(), **more):
    return Day(day=FRIDAY, ours=entries, cloud=cloud if cloud is None else tuple(cloud), owner="Maija", **more)


def but(one, **wrong):
    """The day on which the cloud has one document of ours, with something else in it."""
    return day_of(one, cloud=[in_cloud(one, **wrong)])


def card(batch_minor):
    one = ours("e1", document(tenders=(Tender("card", 350),)))
    return day_of(one, cloud=[in_cloud(one)], batch_minor=batch_minor)


def counted(counted_minor):
    return day_of(SALE, cloud=[in_cloud(SALE)], floats_minor=10_000, drops_minor=2_000, counted_minor=counted_minor)


SAID = {
    "missing": (day_of(SALE), -350, "e1", "e1", "Sale A-1 was said to be booked as C-7, but the cloud does not have it."),
    "settled-elsewhere": (day_of(ours(state="settled")), -350, "e1", "e1", "Sale A-1 was settled outside the cloud."),
    "parked": (day_of(ours(state="parked")), -350, "e1", "e1", "Sale A-1 waits for a person and is not in the cloud yet."),
    "waiting": (day_of(replace(REFUND, state="sending")), 700, "e1", "e1", "Refund A-8 is on its way to the cloud."),
    "cloud-unread": (day_of(SALE, cloud=None), 0, None, FRIDAY, f"The cloud has not been read back for {FRIDAY}."),
    "doubled": (
        day_of(REFUND, cloud=[in_cloud(REFUND, "C-1"), in_cloud(REFUND, "C-4")]),
        -700, "e1", "e1", "Refund A-8 stands in the cloud 2 times, as C-1, C-4.",
    ),
    "void-but-booked": (
        but(replace(REFUND, state="void")),
        -700, "e1", "e1:C-1", "Refund A-8 was voided, but the cloud has it as C-1: cancel it there.",
    ),
    "differs, in total and lines": (
        but(SALE, total_minor=850),
        500, "e1", "e1",
        "Sale A-1 stands in the cloud as C-1 with total 8.50 instead of 3.50; VAT rates 13.5 % 3.50, unknown 5.00 instead of 13.5 % 3.50.",
    ),
    "differs, in tenders": (
        but(SALE, payments=(CloudPayment("cash", 300), CloudPayment("card", 50))),
        0, "e1", "e1", "Sale A-1 stands in the cloud as C-1 with tenders card 0.50, cash 3.00 instead of cash 3.50.",
    ),
    "differs, where nothing was paid": (
        but(SWAP, payments=(CloudPayment("cash", 350), CloudPayment("card", -350))),
        0, "e1", "e1", "Sale A-1 stands in the cloud as C-1 with tenders card -3.50, cash 3.50 instead of none.",
    ),
    "differs, in VAT": (
        but(SALE, lines=DEAR), 0, "e1", "e1", "Sale A-1 stands in the cloud as C-1 with VAT rates 25.5 % 3.50 instead of 13.5 % 3.50."
    ),
    "differs, in goods": (
        but(REFUND, lines=(CloudLine("tea", -2_000, -700, 135_000),)),
        0, "e1", "e1", "Refund A-8 stands in the cloud as C-1 with other goods for the same money.",
    ),
    "rounding": (but(SALE, total_minor=349), -1, "e1", "e1", "The cloud rounds A-1 (its C-1) otherwise, by -0.01."),
    "rounding, without lines": (but(SALE, total_minor=351, lines=()), 1, "e1", "e1", "The cloud rounds A-1 (its C-1) otherwise, by 0.01."),
    "other-day": (but(SALE, day="2026-11-21"), 0, "e1", "e1", f"A-1 of {FRIDAY} stands in the cloud on 2026-11-21, as C-1."),
    "late-sale": (but(replace(REFUND, late=True)), 0, "e1", "e1", f"Refund A-8 came after {FRIDAY} was closed; it keeps its day."),
    "parked-but-booked": (
        but(ours(state="parked")), 0, "e1", "e1", "A-1 waits for a person, but the cloud has it as C-1: say 'was booked'."
    ),
    "possible-double": (
        day_of(SALE, cloud=[in_cloud(SALE), own_till("K-9", at=THREE_PM)], outages=OUTAGE),
        350, "e1", "e1:K-9", "K-9 in the cloud may be sale A-1, keyed by hand as well. Void one of them if it is.",
    ),
    "unknown-entry": (
        day_of(cloud=[in_cloud(ours("e9"))]),
        350, None, "C-1", "C-1 in the cloud carries the id e9, which this journal does not know.",
    ),
    "draft, of ours": (
        day_of(SALE, cloud=[in_cloud(SALE), in_cloud(SALE, "C-3", state="draft")]),
        0, "e1", "C-3", "C-3 stands in the cloud as a draft. Finish it or delete it there.",
    ),
    "draft, of nobody": (
        day_of(cloud=[own_till("K-4", state="draft")]),
        0, None, "K-4", "K-4 stands in the cloud as a draft. Finish it or delete it there.",
    ),
    "over-short, by a cent": (counted(8_351), 1, None, FRIDAY, "The drawer holds 0.01 more than the 83.50 expected."),
    "over-short, short": (counted(8_000), -350, None, FRIDAY, "The drawer holds 3.50 less than the 83.50 expected."),
    "batch-difference, by a cent": (card(351), 1, None, FRIDAY, "The card terminal took 0.01 more than the 3.50 recorded."),
    "batch-difference, less": (card(120), -230, None, FRIDAY, "The card terminal took 2.30 less than the 3.50 recorded."),
}  # fmt: skip


@pytest.mark.parametrize("name", SAID)
def test_each_difference_is_said_in_full(name):
    """A person reads these sentences and acts on them; the key keeps one difference from being two."""
    day, amount_minor, entry, key, text = SAID[name]
    code = name.partition(",")[0]
    result = compare(day)

    expected = Finding(code=code, text=text, owner="Maija", amount_minor=amount_minor, entry=entry, key=f"{code}:{key}")
    assert [expected] == [*result.open, *result.findings]


def test_everything_that_comes_out_of_a_mixed_day():
    """A sale with rounded cash, a card refund and two sales of the cloud's own till: every sum, both sides."""
    sale = ours("e1", document(line(unit_price=35_200), rounding_minor=2))
    refund = ours("e2", document(line("bun", quantity=-1_000, vat_ppm=255_000), number="A-2", tenders=(Tender("card", -350),)))
    cloud = (in_cloud(sale), in_cloud(refund, "C-2"), own_till(total_minor=1_000), own_till("K-2", total_minor=-100, tender="card"))

    expected = Reconciled(
        day=FRIDAY,
        by_day=(Pair(FRIDAY, 902, 902),),
        by_tender=(Pair("card", -450, -450), Pair("cash", 1_350, 1_350), Pair("rounding", 2, 2)),
        by_vat=(Pair("135000", 1_252, 1_252), Pair("255000", -350, -350)),
        local_count=4,
        cloud_count=4,
        sales_minor=1_352,
        refunds_minor=-450,
        rounding_minor=2,
        booked=("e1", "e2"),
        missing=(),
        doubled=(),
        open=(),
        findings=(),
        cash_expected_minor=1_650,
        cash_counted_minor=1_650,
        card_expected_minor=-450,
        card_batch_minor=-450,
    )
    day = day_of(sale, refund, cloud=cloud, floats_minor=500, drops_minor=200, counted_minor=1_650, batch_minor=-450)
    assert expected == compare(day)
    assert expected.is_proven


def test_an_empty_day_comes_to_nothing_everywhere():
    """No sum starts anywhere but at zero."""
    result = compare(day_of())

    assert [0] * 7 == [
        *(result.local_count, result.cloud_count, result.sales_minor, result.refunds_minor, result.rounding_minor),
        *(result.cash_expected_minor, result.card_expected_minor),
    ]
    assert result.is_proven


def test_a_voided_sale_keyed_by_hand_is_not_a_double():
    """It did not happen here, so what stands in the cloud is the sale."""
    result = compare(day_of(replace(SALE, state="void"), cloud=[own_till("K-9", at=THREE_PM)], outages=OUTAGE))

    assert () == result.findings


def test_the_number_of_a_sale_that_is_not_booked_claims_no_document():
    """Only a person's 'was booked' makes the cloud's document with that number the sale."""
    parked = ours("e1", state="parked", number="C-7")
    result = compare(day_of(parked, cloud=[own_till("C-7")]))

    assert ((), ["parked"]) == (result.booked, [one.code for one in result.open])
    assert (Pair(FRIDAY, 700, 350),) == result.by_day


def test_goods_that_were_given_back_in_the_same_sale_are_none():
    """One coffee more and one less is no coffee, however the cloud writes it down."""
    one = ours("e1", document(line("tea"), line(), line(quantity=-1_000)))
    tea = (CloudLine("tea", 1_000, 350, 135_000),)

    assert () == compare(day_of(one, cloud=[in_cloud(one, lines=tea)])).findings
    assert () == compare(day_of(one, cloud=[in_cloud(one, lines=())])).findings


CASH, CARD = ours("e1"), ours("e1", document(tenders=(Tender("card", 350),)))


@pytest.mark.parametrize(
    ("day", "is_proven"),
    [
        (day_of(CASH, cloud=[in_cloud(CASH)], counted_minor=350), True),
        (day_of(CASH, cloud=[in_cloud(CASH)], batch_minor=0), False),
        (day_of(CARD, cloud=[in_cloud(CARD)], batch_minor=350), True),
        (day_of(CARD, cloud=[in_cloud(CARD)], counted_minor=0), False),
        (day_of(ours(state="waiting"), counted_minor=350), False),
        (day_of(CASH, counted_minor=350), False),
        (day_of(CASH, cloud=[in_cloud(CASH)], counted_minor=349), False),
    ],
)
def test_a_day_is_proven_only_when_all_was_counted_and_nothing_is_left(day, is_proven):
    """Drawer and terminal count where something should be in them; an open item or a finding is no proof."""
    assert is_proven == compare(day).is_proven
