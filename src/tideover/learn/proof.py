"""Does the claim hold? Each check looks at one promise and, where it is broken, says where. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import structs

from tideover.learn.claim import Claim, Pair, make_claim
from tideover.learn.evidence import Evidence, Held
from tideover.learn.fate import check_list, entry_of, fates, recorded_by_cloud
from tideover.learn.input import InputDocument

PLACES_MAX = 12  # Places named in one proof; the rest is counted.
UNBOOKABLE_LINES_PPM_MAX = 5_000  # docs/contracts.md: at most 0.5 % of all lines, of those with an amount.
SPREAD_MINOR = 2  # A line's amount, worked back from net books: its net sum and its VAT are each rounded.
HOLDS = "holds"


def prove(evidence: Evidence) -> Claim:
    """The claim with its proof: `holds`, or `broken: ` and the places."""
    claim = make_claim(evidence)
    places = [
        *_ends(evidence, claim),
        *_equations(evidence, claim),
        *_journal(evidence),
        *_documents(evidence),
        *_comparisons(claim),
        *_drawer(claim),
        *_closes(evidence, claim),
        *_faults(evidence, claim),
    ]
    if not places:
        return structs.replace(claim, proof=HOLDS)
    more = f"; and {len(places) - PLACES_MAX} more" if len(places) > PLACES_MAX else ""
    return structs.replace(claim, proof="broken: " + "; ".join(places[:PLACES_MAX]) + more)


def _ends(evidence: Evidence, claim: Claim) -> Iterator[str]:
    """Every entry is in the cloud once, or waits for a person; at the end nothing waits."""
    for end in fates(evidence):
        where = f"entry {end.id}"
        if end.fact is None:
            yield f"{where} was acknowledged to a till, but is not in the journal"
        if end.word == "lost":
            yield f"{where} is lost: neither in the cloud nor parked"
        if end.word == "doubled":
            yield f"{where} is doubled: the cloud holds {', '.join(one.number for one in end.held)}"
    for one in claim.parked:
        yield f"entry {one.id} is still parked: {one.reason}"
    for item in check_list(evidence):
        numbers = ", ".join(one.number for one in item.held)
        if item.outcome == "open":
            yield f"in flight {item.id} was never settled"
        elif item.outcome == "was_booked" and not item.held:
            yield f"in flight {item.id} is said to be booked, but the cloud's till has no such document"
        elif item.outcome == "was_booked" and len(item.held) > 1:
            yield f"in flight {item.id} is doubled: the cloud holds {numbers}"
        elif item.outcome == "was_not_booked" and item.held:
            yield f"in flight {item.id} is doubled: the cloud's till booked {numbers}, and entry {item.entry} was made"
    if claim.lost:
        yield f"{claim.lost} lost"
    if claim.doubled:
        yield f"{claim.doubled} doubled"


def _equations(evidence: Evidence, claim: Claim) -> Iterator[str]:
    """The sums of docs/contracts.md."""
    entries = claim.fallback_sales + claim.fallback_refunds
    equations = (
        ("documents", claim.sales + claim.refunds, claim.cloud_sales + entries + evidence.input.unbookable_documents),
        ("entries", entries, claim.booked + len(claim.parked) + claim.lost + claim.doubled),
        ("lines", claim.input_lines, claim.cloud_lines + claim.booked_lines + claim.parked_lines + claim.unbookable_lines),
        (
            "sums",
            claim.input_sum_minor,
            claim.cloud_sum_minor + claim.booked_sum_minor + claim.parked_sum_minor + claim.unbookable_sum_minor,
        ),
        ("difference to the cloud", claim.difference_minor, 0),
    )
    for name, left, right in equations:
        if left != right:
            yield f"the equation of {name} does not hold: {left} ≠ {right}"
    counted = sum(one.amount_minor != 0 for one in claim.unbookable)
    if counted * 1_000_000 > claim.input_lines * UNBOOKABLE_LINES_PPM_MAX:
        yield f"{counted} lines with money cannot be booked, more than 0.5 % of {claim.input_lines}"


def _journal(evidence: Evidence) -> Iterator[str]:
    """The chain is whole, and what tills and day reports were told about its end is still there."""
    if evidence.journal.chain != "whole":
        yield f"the journal's chain is {evidence.journal.chain}"
    seq, _, told = evidence.witness.partition(":")
    hashes = evidence.journal.hashes
    if int(seq) > len(hashes):
        yield f"the journal's tail is cut: a witness saw entry {seq}, the file ends at {len(hashes)}"
    elif int(seq) > 0 and hashes[int(seq) - 1] != told:
        yield f"the journal differs at entry {seq} from what a witness saw"


# Documents ----------------------------------------------------------------------------------------


def _documents(evidence: Evidence) -> Iterator[str]:
    """Document by document: the input, the entry and the cloud's row say the same."""
    facts = {fact.id: fact for fact in evidence.journal.facts}
    own = {one.number: one for one in evidence.held if one.external_id is None and one.state == "final"}
    by_entry = {one.external_id: one for one in evidence.held if one.external_id is not None and one.state == "final"}
    flying = {item.id: item.held for item in check_list(evidence)}
    entries, recorded = entry_of(evidence), recorded_by_cloud(evidence)
    used: set[str] = set()
    for document in evidence.input.documents:
        route = recorded.get(document.key)
        entry = entries.get(document.key)
        if route is not None:
            held = own.get(route.id) if route.how == "cloud" else next(iter(flying[route.id]), None)
            used |= {held.number} if held else set()
            yield from _same(document, held, f"document {document.key}")
        elif entry is not None:
            fact = facts.get(entry)
            yield from _same_entry(document, fact.body if fact else None, fact.kind if fact else "", entry)
            yield from _same(document, by_entry.get(entry), f"entry {entry} (document {document.key})")
        elif document.key not in evidence.routes:
            yield f"document {document.key} was played by nobody"
    for one in evidence.held:
        if one.state == "draft":
            yield f"the cloud holds the draft {one.number}, which nobody finished or cancelled"
    for number in own.keys() - used:
        yield f"the cloud holds {number}, which no document of the input explains"
    for entry in by_entry.keys() - set(entries.values()):
        yield f"the cloud holds {by_entry[entry].number} for entry {entry}, which no document of the input explains"


def _same(document: InputDocument, held: Held | None, where: str) -> Iterator[str]:
    if held is None:
        yield f"{where} has no final document in the cloud"
        return
    wanted = [(line.item, line.quantity, line.amount_minor, line.vat_ppm) for line in document.lines]
    found = [(line.item, line.quantity, line.amount_minor, line.vat_ppm) for line in held.lines]
    yield from (_goods_faults if held.is_spread else _line_faults)(wanted, found, where, f"the cloud's {held.number}")
    yield from _paid_faults(_paid(document), [(one.tender, one.amount_minor) for one in held.payments], where, f"the cloud's {held.number}")
    pairs = (("day", document.day, held.day), ("kind", document.kind, held.kind), ("total", document.total_minor, held.total_minor))
    for name, want, got in pairs:
        if want != got:
            yield f"{where}: {name} {want} in the input, {got} in the cloud's {held.number}"


def _same_entry(document: InputDocument, body: Mapping[str, Any] | None, kind: str, entry: str) -> Iterator[str]:
    if body is None:
        return  # Said already: acknowledged, but not in the journal.
    where = f"document {document.key}"
    wanted = [(line.item, line.quantity, line.amount_minor, line.vat_ppm) for line in document.lines]
    found = [(line["item"], line["quantity"], line["amount_minor"], line["vat_ppm"]) for line in body["lines"]]
    yield from _line_faults(wanted, found, where, f"entry {entry}")
    paid = [(tender["kind"], tender["amount_minor"]) for tender in body["tenders"]]
    yield from _paid_faults(_paid(document), paid, where, f"entry {entry}")
    if kind != document.kind:
        yield f"{where}: a {document.kind} in the input, a {kind} in entry {entry}"


def _line_faults(wanted: list[tuple[Any, ...]], found: list[tuple[Any, ...]], where: str, there: str) -> Iterator[str]:
    if len(wanted) != len(found):
        yield f"{where}: {len(wanted)} lines in the input, {len(found)} in {there}"
        return
    for place, (want, got) in enumerate(zip(wanted, found, strict=True), 1):
        if want != got:
            yield f"{where}, line {place}: {want} in the input, {got} in {there}"


def _goods_faults(wanted: list[tuple[Any, ...]], found: list[tuple[Any, ...]], where: str, there: str) -> Iterator[str]:
    """Net books: the goods of each rate are the same, each for its money give or take the cents of spreading; the rates to the cent."""
    mine, theirs = _goods(wanted), _goods(found)
    for key in sorted({*mine, *theirs}):
        (pieces, minor, lines), (got_pieces, got_minor, got_lines) = mine.get(key, (0, 0, 0)), theirs.get(key, (0, 0, 0))
        if pieces != got_pieces or abs(minor - got_minor) > SPREAD_MINOR * max(lines, got_lines):
            yield f"{where}, {key[0]} at {key[1]} ppm: {pieces} for {minor} in the input, {got_pieces} for {got_minor} in {there}"
    for rate in sorted({key[1] for key in (*mine, *theirs)}):
        mine_minor, their_minor = (sum(one[1] for key, one in side.items() if key[1] == rate) for side in (mine, theirs))
        if mine_minor != their_minor:
            yield f"{where}, rate {rate} ppm: {mine_minor} in the input, {their_minor} in {there}"


def _goods(lines: list[tuple[Any, ...]]) -> dict[tuple[str, int], tuple[int, int, int]]:
    """Item and rate to thousandths, minor units, lines."""
    found: dict[tuple[str, int], tuple[int, int, int]] = {}
    for item, quantity, minor, rate in lines:
        before = found.get((item, rate), (0, 0, 0))
        found[item, rate] = (before[0] + quantity, before[1] + minor, before[2] + 1)
    return found


def _paid(document: InputDocument) -> Counter[str]:
    paid: Counter[str] = Counter()
    for tender in document.tenders:
        paid[tender.kind] += tender.amount_minor
    return paid


def _paid_faults(wanted: Mapping[str, int], found: Iterable[tuple[str, int]], where: str, there: str) -> Iterator[str]:
    got: Counter[str] = Counter()
    for tender, minor in found:
        if tender != "rounding":
            got[tender] += minor
    for tender in sorted({*wanted, *got}):
        if wanted.get(tender, 0) != got[tender]:
            yield f"{where}: {tender} {wanted.get(tender, 0)} in the input, {got[tender]} in {there}"


# Sums of the days ---------------------------------------------------------------------------------


def _comparisons(claim: Claim) -> Iterator[str]:
    """Pairs are equal, or the gap is what the rounding findings say."""
    for name, pairs in (("day", claim.by_day), ("tender", claim.by_tender), ("VAT rate", claim.by_vat)):
        gap = sum(pair.cloud_minor - pair.local_minor for pair in pairs)
        if gap != claim.rounding_minor:
            yield f"by {name} the cloud has {gap} more than we, the findings explain {claim.rounding_minor}"
        elif claim.rounding_minor == 0:
            yield from (_uneven(name, pair) for pair in pairs if pair.local_minor != pair.cloud_minor)


def _uneven(name: str, pair: Pair) -> str:
    return f"{name} {pair.key}: {pair.local_minor} here, {pair.cloud_minor} in the cloud"


def _drawer(claim: Claim) -> Iterator[str]:
    """Drawer and terminal are explained: a gap is the sum of its findings."""
    for name, code, gap in (
        ("the drawer", "over-short", claim.cash.counted_minor - claim.cash.expected_minor),
        ("the card terminal", "batch-difference", claim.card.batch_minor - claim.card.expected_minor),
    ):
        explained = sum(one.amount_minor for one in claim.findings if one.code == code)
        if gap != explained:
            yield f"{name} is off by {gap}, its findings explain {explained}"


def _closes(evidence: Evidence, claim: Claim) -> Iterator[str]:
    """Each day was closed once, and the box's own figures are ours."""
    closes = [fact.body for fact in evidence.journal.facts if fact.kind == "close"]
    days = Counter(body["day"] for body in closes)
    for day in evidence.input.days:
        if days[day] != 1:
            yield f"day {day} was closed {days[day]} times"
    for name, ours, field in (
        ("cash expected", claim.cash.expected_minor, "cash_expected_minor"),
        ("cash counted", claim.cash.counted_minor, "cash_counted_minor"),
        ("cards expected", claim.card.expected_minor, "card_expected_minor"),
        ("card batch", claim.card.batch_minor, "card_batch_minor"),
        ("open entries", 0, "open_entries"),
    ):
        theirs = sum(body[field] for body in closes)
        if ours != theirs:
            yield f"{name}: {ours} by the proof, {theirs} in the day's close"


def _faults(evidence: Evidence, claim: Claim) -> Iterator[str]:
    """What was refused stood with a person for a while. A quiet day may have nothing for some fault to strike: that breaks no proof."""
    if evidence.faults_injected.get("refuse") and not claim.parked_peak:
        yield "entries were refused, but nothing was ever parked"
