"""One day from all sides: every difference is named, and the names add up to it."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tideover.model.answer import CloudLine, CloudPayment
from tideover.model.sale import Tender
from tideover.recover.doubles import Span
from tideover.recover.reconcile import DIFFERENCES, Day, Pair, compare
from unit.recover.shop import FRIDAY, THREE_PM, document, in_cloud, line, ours, own_till


def day_of(*entries, cloud=(), **more):
    return Day(day=FRIDAY, ours=entries, cloud=cloud if cloud is None else tuple(cloud), owner="Maija", **more)


def codes(result):
    return [finding.code for finding in result.findings]


def test_a_day_that_is_equal_from_all_sides_is_proven():
    """Cloud till, fallback till, drawer and terminal agree: no finding, nothing open."""
    cash, card = ours("e1"), ours("e2", document(number="A-2", tenders=(Tender("card", 350),)))
    cloud = [in_cloud(cash, "C-1"), in_cloud(card, "C-2"), own_till(total_minor=1_000)]

    result = compare(day_of(cash, card, cloud=cloud, floats_minor=10_000, drops_minor=4_000, counted_minor=7_350, batch_minor=350))

    assert result.is_proven
    assert (Pair(FRIDAY, 1_700, 1_700),) == result.by_day
    assert (Pair("card", 350, 350), Pair("cash", 1_350, 1_350)) == result.by_tender
    assert (Pair("135000", 1_700, 1_700),) == result.by_vat
    assert ("e1", "e2") == result.booked
    assert (3, 3) == (result.local_count, result.cloud_count)


def test_an_empty_day_has_a_row_of_zeros():
    """A day without trade is a day, not a gap."""
    assert (Pair(FRIDAY, 0, 0),) == compare(day_of()).by_day


def test_a_sale_said_to_be_booked_but_not_there_is_missing():
    """The cloud's earlier word does not count; the read-back does."""
    result = compare(day_of(ours("e1", number="C-7")))

    assert ("e1",) == result.missing
    assert [("missing", -350, "Maija")] == [(one.code, one.amount_minor, one.owner) for one in result.findings]


def test_a_number_that_a_person_typed_is_the_sale():
    """Keyed by hand into the cloud and solved with its number there: booked once, nothing missing, no possible double."""
    one = ours("e1", number="C-7")
    result = compare(day_of(one, cloud=[replace(in_cloud(one, "C-7"), entry=None)], outages=(Span(THREE_PM - timedelta(hours=1)),)))

    assert (("e1",), [], (1, 1)) == (result.booked, codes(result), (result.local_count, result.cloud_count))


def test_two_final_documents_of_one_entry_are_doubled():
    """A draft or a void beside the final one is not a double; a second final one is."""
    one = ours("e1")
    spare = [in_cloud(one, "C-2", state="void"), in_cloud(one, "C-3", state="draft")]

    once = compare(day_of(one, cloud=[in_cloud(one, "C-1"), *spare]))
    twice = compare(day_of(one, cloud=[in_cloud(one, "C-1"), in_cloud(one, "C-4"), *spare]))

    assert (("e1",), ()) == (once.booked, once.doubled)
    assert ["draft"] == codes(once)
    assert ((), ("e1",)) == (twice.booked, twice.doubled)
    assert [350] == [finding.amount_minor for finding in twice.findings if finding.code == "doubled"]


def test_waiting_and_parked_entries_are_open_not_lost():
    """They are named with their sums, so that the pairs are explained."""
    result = compare(day_of(ours("e1", state="waiting"), ours("e2", state="parked")))

    assert [("waiting", -350), ("parked", -350)] == [(one.code, one.amount_minor) for one in result.open]
    assert () == result.findings


def test_an_answer_that_was_lost_does_not_make_a_sale_waiting():
    """If the cloud has it, it is booked, whether or not we were told."""
    one = ours("e1", state="sending")

    assert ("e1",) == compare(day_of(one, cloud=[in_cloud(one)])).booked


def test_a_parked_sale_that_is_in_the_cloud_is_told_to_a_person():
    """Somebody keyed it under our id; pressing 'was booked' ends it."""
    one = ours("e1", state="parked")

    assert ["parked-but-booked"] == codes(compare(day_of(one, cloud=[in_cloud(one)])))


def test_a_cent_per_line_is_rounding_more_is_not():
    """A cloud that computes VAT per line differs by at most a cent a line; the sale is never changed to fit."""
    one = ours("e1", document(line(), line("bun")))

    def booked_as(total_minor):
        return compare(day_of(one, cloud=[in_cloud(one, total_minor=total_minor)])).findings

    assert [("rounding", -2)] == [(each.code, each.amount_minor) for each in booked_as(698)]
    assert [("differs", -3)] == [(each.code, each.amount_minor) for each in booked_as(697)]


def test_a_cent_less_for_other_goods_is_not_rounding():
    """Rounding needs the same quantities of the same items."""
    one = ours("e1")
    other = (CloudLine(item="tea", quantity=1_000, amount_minor=349, vat_ppm=135_000),)

    assert ["differs"] == codes(compare(day_of(one, cloud=[in_cloud(one, total_minor=349, lines=other)])))


@pytest.mark.parametrize(
    "wrong",
    [
        {"payments": (CloudPayment("card", 350),)},
        {"payments": ()},
        {"lines": (CloudLine("coffee", 1_000, 350, 255_000),)},
        {"lines": (CloudLine("tea", 1_000, 350, 135_000),)},
    ],
)
def test_the_same_total_with_other_content_differs(wrong):
    """Tender, VAT rate and goods are compared, not only the sum."""
    one = ours("e1")

    assert ["differs"] == codes(compare(day_of(one, cloud=[in_cloud(one, **wrong)])))


def test_lines_may_be_split_otherwise():
    """Two coffees on one line are two lines of one coffee."""
    one = ours("e1", document(line(quantity=2_000)))
    split = (CloudLine("coffee", 1_000, 350, 135_000),) * 2

    assert () == compare(day_of(one, cloud=[in_cloud(one, lines=split)])).findings


def test_a_sale_booked_on_another_day_keeps_its_own():
    """The sums follow the original trading day; the other accounting date is named."""
    one = ours("e1")

    result = compare(day_of(one, cloud=[in_cloud(one, day="2026-11-21")]))

    assert ["other-day"] == codes(result)
    assert (Pair(FRIDAY, 350, 350),) == result.by_day


def test_another_days_sale_booked_on_this_date_stays_out_of_this_day():
    """A closed period pushed it here; it is counted where it happened."""
    thursdays = in_cloud(ours("e9", day="2026-11-19"), day=FRIDAY)

    result = compare(day_of(cloud=[thursdays], elsewhere={"e9": "2026-11-19"}))

    assert ((Pair(FRIDAY, 0, 0),), ()) == (result.by_day, result.findings)


def test_an_id_that_the_journal_does_not_know_is_a_finding():
    """A journal restored from an old copy is found out here."""
    stranger = in_cloud(ours("e9"))

    result = compare(day_of(cloud=[stranger]))

    assert [("unknown-entry", 350)] == [(one.code, one.amount_minor) for one in result.findings]


def test_cash_rounding_is_a_row_of_its_own():
    """The lines come to 3.52, the drawer gets 3.50, and both sides say so."""
    one = ours("e1", document(line(unit_price=35_200), rounding_minor=2))

    result = compare(day_of(one, cloud=[in_cloud(one)], counted_minor=350, batch_minor=0))

    assert (Pair("cash", 350, 350), Pair("rounding", 2, 2)) == result.by_tender
    assert result.is_proven


def test_drawer_and_terminal_gaps_are_findings_with_their_sums():
    """Over is positive, short is negative; nobody is asked to make it fit."""
    one = ours("e1")

    result = compare(day_of(one, cloud=[in_cloud(one)], floats_minor=10_000, counted_minor=10_330, batch_minor=120))

    assert [("over-short", -20), ("batch-difference", 120)] == [(each.code, each.amount_minor) for each in result.findings]
    assert "The drawer holds 0.20 less than the 103.50 expected." == result.findings[0].text


def test_a_cloud_that_was_not_read_proves_nothing():
    """Booked sales are not called missing then; the day is not proven either."""
    result = compare(day_of(ours("e1"), cloud=None, counted_minor=350, batch_minor=0))

    assert (["cloud-unread"], []) == ([one.code for one in result.open], codes(result))
    assert not result.is_proven


def test_a_late_sale_keeps_its_day_and_is_marked():
    """It came after the day was closed."""
    one = ours("e1", late=True)

    assert ["late-sale"] == codes(compare(day_of(one, cloud=[in_cloud(one)])))


OUTAGE = (Span(THREE_PM - timedelta(minutes=30), THREE_PM + timedelta(hours=2)),)


def test_a_sale_keyed_by_hand_as_well_is_a_possible_double():
    """Same day, sum, tender, near time, no id of ours, inside the outage: a person looks."""
    one = ours("e1")
    by_hand = own_till("K-9", at=THREE_PM + timedelta(minutes=4))

    result = compare(day_of(one, cloud=[in_cloud(one), by_hand], outages=OUTAGE))

    assert [("possible-double", "e1")] == [(each.code, each.entry) for each in result.findings]


@pytest.mark.parametrize(
    "other",
    [
        own_till(at=THREE_PM - timedelta(minutes=31)),
        own_till(at=THREE_PM + timedelta(minutes=31)),
        own_till(at=THREE_PM, tender="card"),
        own_till(at=THREE_PM, total_minor=351),
        own_till(at=THREE_PM, state="void"),
        own_till(at=THREE_PM, number="K-settled"),
        own_till(at=None),
    ],
)
def test_what_only_looks_alike_is_not_a_possible_double(other):
    """Before the outage, too far in time, another tender or sum, void, already explained, one coffee without a time."""
    one = ours("e1")

    result = compare(day_of(one, cloud=[in_cloud(one), other], outages=OUTAGE, settled=frozenset({"K-settled"})))

    assert "possible-double" not in codes(result)


def test_a_basket_keyed_an_hour_later_is_a_possible_double_and_one_coffee_is_not():
    """Somebody catches up late in the outage: several equal lines say so, a single one looks like any other."""
    tea, later = line("tea", unit_price=10_000), THREE_PM + timedelta(minutes=75)
    basket = ours("e1", document(line(), tea))
    by_hand = own_till("K-9", at=later, total_minor=450, lines=in_cloud(basket).lines)
    earlier = own_till("K-9", at=THREE_PM - timedelta(minutes=75), total_minor=450, lines=in_cloud(basket).lines)
    spans = (Span(THREE_PM - timedelta(hours=2), THREE_PM + timedelta(hours=2)),)

    assert ["possible-double"] == codes(compare(day_of(basket, cloud=[in_cloud(basket), by_hand], outages=spans)))
    assert [] == codes(compare(day_of(basket, cloud=[in_cloud(basket), earlier], outages=spans)))


def test_a_document_that_quotes_our_number_is_a_possible_double_at_any_time():
    """A clerk typed the receipt's number into the reference field the next morning."""
    one = ours("e1")
    by_hand = own_till("K-9", at=THREE_PM + timedelta(hours=6), reference="A-1")

    assert ["possible-double"] == codes(compare(day_of(one, cloud=[in_cloud(one), by_hand], outages=OUTAGE)))


def test_what_an_older_copy_forgot_and_somebody_keyed_again_is_a_possible_double():
    """Both were booked: the document with the strange id is named, and the sale that it may be."""
    one, before = ours("e1"), ours("forgotten")
    result = compare(day_of(one, cloud=[in_cloud(one), in_cloud(before, "C-9")]))

    assert [("unknown-entry", None), ("possible-double", "e1")] == [(each.code, each.entry) for each in result.findings]
    by_card = ours("forgotten", document(tenders=(Tender("card", 350),)))
    for other in (in_cloud(before, "C-9", at=THREE_PM + timedelta(seconds=1)), in_cloud(before, "C-9", at=None), in_cloud(by_card, "C-9")):
        assert ["unknown-entry"] == codes(compare(day_of(one, cloud=[in_cloud(one), other])))


def test_a_number_that_a_person_typed_is_the_sale_though_it_carries_a_strange_id():
    """Solved as booked under that number: nothing is missing, and nothing is unknown. What carries our id is ours all the same."""
    typed, other = ours("e1", number="C-9"), ours("e2", document(number="A-2"), number="C-2")
    assert [] == codes(compare(day_of(typed, cloud=[in_cloud(ours("forgotten"), "C-9")])))
    wrong = ours("e1", number="C-2")
    result = compare(day_of(other, wrong, cloud=[in_cloud(other, "C-2")]))
    assert (("e2",), ("e1",)) == (result.booked, result.missing)
    of_yesterday = in_cloud(ours("e0", day="2026-11-19"), "C-2", day=FRIDAY)
    result = compare(day_of(wrong, cloud=[of_yesterday], elsewhere={"e0": "2026-11-19"}))
    assert (("e1",), ["missing"]) == (result.missing, codes(result))


def test_one_hand_keyed_document_is_paired_with_the_nearest_sale_only():
    """Two equal coffees and one document by hand: one finding, on the nearer one."""
    early, late = ours("e1"), ours("e2", document(number="A-2"), at=THREE_PM + timedelta(minutes=10))
    by_hand = own_till("K-9", at=THREE_PM + timedelta(minutes=9))

    result = compare(day_of(early, late, cloud=[in_cloud(early), in_cloud(late, "C-2"), by_hand], outages=OUTAGE))

    assert ["e2"] == [each.entry for each in result.findings]


fates = st.sampled_from(["booked", "lost", "waiting", "parked", "settled", "doubled", "off", "cent", "other-day", "void", "stranger"])


@given(st.lists(st.tuples(st.integers(-5, 5).filter(bool), st.integers(1, 99_999), fates), max_size=12), st.lists(st.integers(1, 5_000)))
@settings(max_examples=300, deadline=None)
def test_the_named_differences_come_to_the_difference(sales, own):
    """Σ cloud − Σ ours = Σ of the findings that say so, whatever happened to each sale."""
    entries, cloud = [], [own_till(f"K-{n}", total_minor=minor) for n, minor in enumerate(own)]
    for n, (quantity, unit_price, fate) in enumerate(sales):
        doc = document(line(quantity=quantity * 1_000, unit_price=unit_price), line("bun"), number=f"A-{n}")
        one = ours(f"e{n}", doc, state=fate if fate in ("waiting", "parked", "settled", "void") else "booked")
        if fate != "stranger":
            entries.append(one)
        gross = sum(each.amount_minor for each in doc.lines)
        if fate in ("booked", "doubled", "void", "stranger"):
            cloud += [in_cloud(one, f"C-{n}-{copy}") for copy in range(2 if fate == "doubled" else 1)]
        elif fate in ("off", "cent"):
            cloud.append(in_cloud(one, f"C-{n}", total_minor=gross + (500 if fate == "off" else 1)))
        elif fate == "other-day":
            cloud.append(in_cloud(one, f"C-{n}", day="2026-11-21"))

    result = compare(day_of(*entries, cloud=cloud))

    pair = result.by_day[0]
    named = sum(one.amount_minor for one in (*result.open, *result.findings) if one.code in DIFFERENCES)
    assert pair.cloud_minor - pair.local_minor == named
    assert sum(one.local_minor for one in result.by_tender) == pair.local_minor == sum(one.local_minor for one in result.by_vat)
    assert sum(one.cloud_minor for one in result.by_vat) == pair.cloud_minor
