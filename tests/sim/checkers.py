"""What must never break, checked from what is left after a day; each checker returns the faults it found.

They read the files and the cloud's own list, and know nothing of how the shop got there. The numbers are those of
docs/algorithms/simulation.md.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sim.left import Journal, Left, read
from sim.line import CALM
from sim.shop import SimShop
from tideover.journal.entry import Entry
from tideover.journal.verify import verify_file
from tideover.practice.books import number_of
from tideover.rules.balance import check_document
from tideover.world import to_ms

HELSINKI = ZoneInfo("Europe/Helsinki")
TURNS = time(4, 0)
SOON_S = 240.0  # After the line is back, so long an outage may still be noticed, or be reported by a person.
SURELY_S = 420.0  # A line that is away so much longer than the tolerable time has opened the fallback.


def nothing_acknowledged_is_lost(shop: SimShop, left: Left) -> list[str]:
    """1 and 3: every entry that a till saw acknowledged stands there, byte for byte as it was signed."""
    faults, entries = [], left.entries
    for till in shop.tills:
        for entry in till.acknowledged:
            if entry not in entries:
                faults.append(f"{till.name}'s {entry} was acknowledged and is gone")
            elif not any(signed in till.versions[entry] for journal in left.journals for one, signed in journal.entries if one.id == entry):
                faults.append(f"{till.name}'s {entry} was changed")
    return faults


def what_a_till_may_forget_stands_in_the_cloud(shop: SimShop, left: Left) -> list[str]:
    """1: when a till was told that its sales stand beyond the box, the cloud had them, or a person has said what became of them."""
    settled = {one.refers_to for one in left.of("solved", "void")}
    booked = {one["external_id"]: one["booked_ms"] for one in reversed(left.documents) if one["state"] == "final"}
    told = {id: to_ms(shop.starts) + int(at_s * 1000) for id, at_s in shop.told_beyond.items() if id not in settled}
    return [f"{id} was called beyond the box before it was" for id, told_ms in told.items() if not booked.get(id, told_ms + 1) <= told_ms]


def every_sale_is_booked_once_or_has_a_name(shop: SimShop, left: Left) -> list[str]:
    """2 and 6: one final document per sale, under our id or the number a person typed; a double has a finding, of it or of the money."""
    entries, finals, references = left.entries, left.finals(), left.finals("reference")
    faults = [f"{entry} is not an entry, but the cloud has it" for entry in finals if entry not in entries and entry not in left.forgotten]
    typed = {one.refers_to: one.body.number for one in left.of("solved") if one.body.number}
    named = {one.body.key.partition(":")[2] for one in left.of("finding") if one.body.code == "unknown-entry"} | set(typed.values())
    gone = {number_of(one["id"]): one for one in left.documents if one["external_id"] in left.forgotten}
    unnamed = [one["external_id"] for number, one in gone.items() if number not in named]
    faults += [f"{one} was forgotten, the cloud has it, and nobody says so" for one in unnamed]
    parked = _parked(shop)
    told = [one for one in left.of("finding") if one.body.code in ("possible-double", "doubled")]
    doubled = {one.refers_to or one.body.key.split(":")[1] for one in told}
    short = {one.body.amount_minor for one in left.of("finding") if one.body.code in ("over-short", "batch-difference")}
    # Of two sales alike the wrong one may be named; the person is shown the one that was keyed by hand all the same.
    shown = {one.body.key.rpartition(":")[2] for one in told}
    hands = {one["reference"]: number_of(one["id"]) for one in left.documents if one["reference"]}
    for entry in left.of("sale", "refund"):
        hand = shop.people.by_hand.get(entry.id, "never")
        times = finals[entry.id] + references[hand] + (typed.get(entry.id) in gone)
        is_told = entry.id in doubled or hands.get(hand) in shown or -entry.body.tenders[0].amount_minor in short
        if times > 1 and (finals[entry.id] > 1 or not is_told):
            faults.append(f"{entry.id} stands in the cloud {times} times, and nobody says so")
        if times == 0 and entry.id not in parked:
            faults.append(f"{entry.id} is neither in the cloud nor with a person")
    return faults


def _parked(shop: SimShop) -> set[str]:
    """What the box shows a person; an entry that only the journal calls parked is seen by nobody."""
    house = shop.machine.house
    return set() if house is None else {one.id for one in house.outbox.parked()}


def every_sale_in_flight_happened_once(shop: SimShop, left: Left) -> list[str]:
    """The check list: booked by the cloud's till, or an entry instead; never both, never neither."""
    entries, references = left.entries, left.finals("reference")
    settled = {one.refers_to: one.body for one in left.of("in_flight_settled")}
    faults = []
    for reference, check in shop.in_flight.items():
        outcome = settled.get(check)
        if outcome is None:
            faults.append(f"{reference} was never settled")
        elif (outcome.entry in entries) == bool(references[reference]):
            faults.append(f"{reference}: in the cloud {references[reference]} times, and as an entry: {outcome.entry}")
    return faults


def the_chain_is_whole(shop: SimShop, left: Left) -> list[str]:
    """4: chain, signatures and numbers."""
    found = [verify_file(journal.path, None) for journal in left.journals]
    return [f"{one.chain}: {one.why}" for one in found if one.chain != "whole"]


def money_is_conserved(shop: SimShop, left: Left) -> list[str]:
    """5: each document balances, here and there, and both say the same sum."""
    entries = left.entries
    faults = [f"{one.id}: {fault}" for one in left.of("sale", "refund") for fault in check_document(one.body, one.kind)]
    for one in left.documents:
        if one["state"] != "final":
            continue
        if one["total_minor"] != sum(line[2] for line in one["lines"]):
            faults.append(f"cloud's {one['id']}: its lines come to something else")
        if one["external_id"] in entries:
            document = entries[one["external_id"]][0].body
            if one["total_minor"] != sum(line.amount_minor for line in document.lines):
                faults.append(f"{one['external_id']} has another sum in the cloud")
    return faults


def a_closed_day_says_what_the_cloud_says(shop: SimShop, left: Left) -> list[str]:
    """5, summed up: a day that was closed when nothing was open any more has the cloud's sums, to the cent."""
    faults = []
    for close in left.journals[-1].of("close") if not shop.machine.old else []:
        if close.body.day not in shop.days or close.body.open_entries:
            continue
        day = [one for one in left.documents if one["state"] == "final" and one["day"] == close.body.day]
        total, cash = sum(one["total_minor"] for one in day), sum(p[1] for one in day for p in one["payments"] if p[0] == "cash")
        if (total, cash) != (close.body.sales_minor + close.body.refunds_minor, close.body.cash_expected_minor):
            faults.append(f"{close.body.day}: the cloud has {total}, cash {cash}; closed with {close.body}")
    return faults


REFUSALS = {"till-gap", "unknown-till"}  # "Not yet" and "not under that number": it comes again, and is taken then.


def a_sale_that_happened_is_never_refused(shop: SimShop, left: Left) -> list[str]:
    """7: whatever a till made is an entry in the end, and was never turned away for good."""
    entries = left.entries
    faults = [f"{till.name}: {entry} was lost on the way" for till in shop.tills for entry in till.made if entry not in entries]
    for till in shop.tills:
        faults += [f"{till.name}: {entry} was refused: {code}" for entry, code in till.refusals.items() if code not in REFUSALS]
    return faults


def what_did_not_fit_is_told(shop: SimShop, left: Left) -> list[str]:
    """3 and 7: two contents under one id or number, or signed by a till whose right had ended: kept aside, and a finding says so."""
    faults = []
    for journal in left.journals:
        told = sum(one.body.code == "entry-aside" for one in journal.of("finding"))
        if told != len(journal.aside):
            faults.append(f"{len(journal.aside)} were put aside, {told} findings say so")
        faults += _late_faults(journal)
    entries = left.entries
    aside = [one for journal in left.journals for one in (*journal.aside, *journal.late)]
    faults += [f"{one.id} was put aside and is no entry" for one in aside if one.id not in entries]
    return faults


def _late_faults(journal: Journal) -> list[str]:
    """One finding is open for each till and day of which anything waits, and none for the others."""
    known = {one.id for one, _ in journal.entries}
    waiting = {f"late-sales/{one.till}/{one.trading_day}" for one in journal.late if one.id not in known}
    closed = {one.refers_to for one in journal.of("finding_closed")}
    raised = [one for one in journal.of("finding") if one.body.code == "late-sales"]
    open_ = [one.body.key.rpartition("/")[0] for one in raised if one.id not in closed]
    faults = []
    if sorted(open_) != sorted(waiting):
        faults.append(f"late sales wait of {sorted(waiting)}, findings are open about {sorted(open_)}")
    told = {one.body.key.rpartition("/")[0] for one in raised}
    untold = [one for one in journal.late if f"late-sales/{one.till}/{one.trading_day}" not in told]
    return faults + [f"{one.id} came late, and nobody was told" for one in untold]


def a_sale_keeps_its_day(shop: SimShop, left: Left) -> list[str]:
    """8: the day turns at four by the clock on the shop's wall, and the cloud books it on the day it belongs to."""
    made = {id for till in shop.tills for id in till.made}
    faults = [f"{one.id} is of {one.trading_day}" for one in left.of("sale", "refund") if one.id in made and one.trading_day != _day(one)]
    days = {id: entry.trading_day for id, (entry, _) in left.entries.items()}
    return faults + [
        f"{one['external_id']} is booked on {one['day']}"
        for one in left.documents
        if one["state"] == "final" and one["external_id"] in days and one["day"] != days[one["external_id"]]
    ]


def _day(entry: Entry) -> str:
    wall = datetime.fromtimestamp(entry.happened_at / 1000, UTC).astimezone(HELSINKI)
    return (wall.date() - timedelta(days=wall.time() < TURNS)).isoformat()


def a_gap_is_no_outage(shop: SimShop, left: Left) -> list[str]:
    """10: no outage begins while the line is up and calm, however often the box itself was away."""
    if shop.script.mischief != CALM:
        return []  # Lost calls are evidence, too.
    away = [*shop.cuts, *shop.machine.unplugged]
    begun = [at_s for at_s, phase in shop.machine.phases if phase == "suspected"]
    return [f"an outage began at {at_s:.0f} s" for at_s in begun if not any(since <= at_s <= until + SOON_S for since, until in away)]


def a_long_cut_opens_the_fallback(shop: SimShop, left: Left) -> list[str]:
    """10, the other way: a line that is away for long is noticed, unless the box was away, too."""
    if shop.script.all_of("kill", "power", "torn", "full", "restore", "replace", "step", "drift", "all_clear"):
        return []
    faults = []
    for since_s, until_s in shop.cuts:
        if until_s - since_s < shop.script.tolerable_s + SURELY_S:
            continue
        before = [phase for at_s, phase in shop.machine.phases if at_s <= until_s]
        if "fallback" not in before:
            faults.append(f"the line was away from {since_s:.0f} to {until_s:.0f} s, and the shop went on waiting")
    return faults


def a_lost_tail_is_noticed(shop: SimShop, left: Left) -> list[str]:
    """11: an old copy of the data directory never runs as if it were the right one."""
    return list(shop.machine.unnoticed)


def who_was_forgotten_stays_forgotten(shop: SimShop, left: Left) -> list[str]:
    """12: erased details cannot be read any more, whatever was restored or restarted since."""
    house = shop.machine.house
    return [f"{party} can be read again" for party in shop.people.forgotten if house is not None and house.people.read(party) is not None]


def every_slip_is_accounted_for(shop: SimShop, left: Left) -> list[str]:
    """Each slip that was written is one entry with its sum; each other number is void or missing."""
    faults = list(shop.people.faults)
    keyed = Counter(one.body.slip for one in left.of("sale", "refund") if one.body.slip)
    forgotten = {one.body.slip for one in left.forgotten.values() if one.kind in ("sale", "refund")}
    for slip in shop.people.slips:
        if keyed[slip.number] > 1 or (keyed[slip.number] == 0 and slip.number not in forgotten):
            faults.append(f"slip {slip.number} is {keyed[slip.number]} entries")
    written = {slip.number for slip in shop.people.slips}
    faults += [f"slip {number} was keyed, but nobody wrote it" for number in keyed if number not in written]
    said = {one.body.slip: one.body.state for one in left.of("slip_void")}
    if not shop.machine.old:  # A new PC does not know which pads were handed out.
        unsaid = [number for number in shop.people.spoiled if written and number < max(written) and said.get(number) != "void"]
        faults += [f"slip {number} was spoiled, and nobody said so" for number in unsaid]
    return faults


LEGAL = {
    "none": {"suspected", "fallback"},
    "suspected": {"cleared", "fallback"},
    "cleared": {"suspected", "fallback"},
    "fallback": {"recovering"},
    "recovering": {"fallback", "closed"},
    "closed": {"suspected", "fallback"},
}


def the_outage_takes_legal_steps(shop: SimShop, left: Left) -> list[str]:
    """The phases follow docs/contracts.md, and there is never a second outage beside an open one."""
    faults = []
    for journal in left.journals:
        phase, outage = "none", ""
        for step in (one.body for one in journal.of("outage")):
            if step.phase not in LEGAL[phase]:
                faults.append(f"the outage went from {phase} to {step.phase}")
            if phase in ("suspected", "fallback", "recovering") and step.outage != outage:
                faults.append(f"outage {step.outage} began while {outage} was open")
            phase, outage = step.phase, step.outage
    return faults


def nothing_moves_by_itself(shop: SimShop, left: Left) -> list[str]:
    """13: nobody arms a switch in these shops; so nothing is armed, and nothing moved, in any journal."""
    return [f"{one.id}: {one.kind}: {one.body.switch}, which nobody armed" for one in left.of("armed", "switched")]


def nothing_died(shop: SimShop, left: Left) -> list[str]:
    """No loop ended with an error that nobody foresaw."""
    return [f"a loop died: {one.body.loop}: {one.body.error}" for one in left.of("loop_died")]


def nothing_is_stuck(shop: SimShop, left: Left) -> list[str]:
    """6: with the line up and people at work, everything finds its end."""
    return list(shop.stuck)


CHECKERS = (
    nothing_acknowledged_is_lost,
    what_a_till_may_forget_stands_in_the_cloud,
    every_sale_is_booked_once_or_has_a_name,
    every_sale_in_flight_happened_once,
    the_chain_is_whole,
    money_is_conserved,
    a_closed_day_says_what_the_cloud_says,
    a_sale_that_happened_is_never_refused,
    what_did_not_fit_is_told,
    a_sale_keeps_its_day,
    a_gap_is_no_outage,
    a_long_cut_opens_the_fallback,
    a_lost_tail_is_noticed,
    who_was_forgotten_stays_forgotten,
    every_slip_is_accounted_for,
    the_outage_takes_legal_steps,
    nothing_moves_by_itself,
    nothing_died,
    nothing_is_stuck,
)


def faults_of(shop: SimShop) -> list[str]:
    """Every fault that any checker found."""
    left = read(shop)
    return [f"{check.__name__}: {fault}" for check in CHECKERS for fault in check(shop, left)]
