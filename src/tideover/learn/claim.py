"""The claim of a rehearsal: every figure of docs/contracts.md, and whether the proof holds.

Pure: evidence in, claim out. The local side comes from the input and the journal's bytes, the
cloud's side from its own rows; where the two differ the proof is broken and says where.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct

from tideover.learn.evidence import Evidence, Held
from tideover.learn.fate import Fate, Parked, amount, check_list, fates, parked, recorded_by_cloud
from tideover.learn.input import InputDocument, Unbookable, sum_of
from tideover.model.money import Minor

HUMAN_PER = 100  # The effort is told per this many fallback sales.


class Pair(Struct, frozen=True):
    """One row of a comparison: what we say and what the cloud says."""

    key: str
    local_minor: Minor
    cloud_minor: Minor


class Cash(Struct, frozen=True):
    expected_minor: Minor
    counted_minor: Minor


class Card(Struct, frozen=True):
    expected_minor: Minor
    batch_minor: Minor


class ClaimFinding(Struct, frozen=True):
    code: str
    text: str
    owner: str
    amount_minor: Minor


class Claim(Struct, frozen=True):
    """One field per key of docs/contracts.md, in its order."""

    sales: int
    refunds: int
    cloud_sales: int
    in_flight: int
    fallback_sales: int
    fallback_refunds: int
    booked: int
    parked: tuple[Parked, ...]
    parked_peak: int
    lost: int
    doubled: int
    input_lines: int
    cloud_lines: int
    booked_lines: int
    parked_lines: int
    unbookable_lines: int
    input_sum_minor: Minor
    cloud_sum_minor: Minor
    booked_sum_minor: Minor
    parked_sum_minor: Minor
    unbookable_sum_minor: Minor
    unbookable: tuple[Unbookable, ...]
    rounding_minor: Minor
    difference_minor: Minor
    by_day: tuple[Pair, ...]
    by_tender: tuple[Pair, ...]
    by_vat: tuple[Pair, ...]
    cash: Cash
    card: Card
    findings: tuple[ClaimFinding, ...]
    detect_s: float
    declare_s: float
    replay_s: float
    replay_wall_s: float
    replay_per_s: float
    human_minutes_per_100: float
    faults_injected: dict[str, int]
    chain_head: str
    proof: str  # "holds", or "broken: " and where.


def make_claim(evidence: Evidence) -> Claim:
    """The whole claim; its proof is filled in by `proof.prove`, which may only look."""
    ends = fates(evidence)
    recorded = recorded_by_cloud(evidence)
    own = [document for document in evidence.input.documents if document.key in recorded]
    found = _findings(evidence)
    held = [one for one in evidence.held if one.state == "final"]
    rounding = sum(one.amount_minor for one in found if one.code == "rounding")
    booked = _of(ends, "booked")
    counted = {
        "booked": len(booked),
        "lost": len(_of(ends, "lost")),
        "doubled": len(_of(ends, "doubled")) + _doubled_in_flight(evidence),
        "booked_lines": _lines(booked),
        "parked_lines": _lines(_of(ends, "parked")),
        "cloud_sum_minor": sum_of(own),
        "booked_sum_minor": _sum(booked),
        "parked_sum_minor": _sum(_of(ends, "parked")),
    }
    return Claim(
        sales=evidence.input.sales,
        refunds=evidence.input.refunds,
        cloud_sales=sum(one.external_id is None for one in held),
        in_flight=len(check_list(evidence)),
        fallback_sales=_count(ends, "sale"),
        fallback_refunds=_count(ends, "refund"),
        parked=tuple(parked(evidence.journal.facts)),
        parked_peak=evidence.figures.parked_peak,
        input_lines=evidence.input.lines,
        cloud_lines=sum(len(document.lines) for document in own),
        unbookable_lines=len(evidence.input.unbookable),
        input_sum_minor=evidence.input.sum_minor,
        unbookable_sum_minor=sum(one.amount_minor for one in evidence.input.unbookable),
        unbookable=evidence.input.unbookable,
        rounding_minor=rounding,
        difference_minor=counted["cloud_sum_minor"] + counted["booked_sum_minor"] + rounding - sum(one.total_minor for one in held),
        **_pairs(own, ends, held),
        **_money(evidence, own, ends),
        findings=found,
        **_figures(evidence, len(ends), len(booked)),
        chain_head=evidence.journal.head,
        proof="",
        **counted,
    )


def _of(ends: Iterable[Fate], word: str) -> list[Fate]:
    return [end for end in ends if end.word == word]


def _count(ends: Iterable[Fate], kind: str) -> int:
    return sum(end.fact is not None and end.fact.kind == kind for end in ends)


def _sum(ends: Iterable[Fate]) -> int:
    return sum(amount(end.fact.body) for end in ends if end.fact is not None)


def _lines(ends: Iterable[Fate]) -> int:
    return sum(len(end.fact.body["lines"]) for end in ends if end.fact is not None)


def _doubled_in_flight(evidence: Evidence) -> int:
    """In-flight sales with more than one final document: twice by the cloud's till, or by it and by us."""
    ours = Counter(one.external_id for one in evidence.held if one.state == "final")
    return sum(len(item.held) + (ours[item.entry] if item.entry else 0) > 1 and len(item.held) > 0 for item in check_list(evidence))


def _findings(evidence: Evidence) -> tuple[ClaimFinding, ...]:
    names = ClaimFinding.__struct_fields__
    return tuple(ClaimFinding(**{name: fact.body[name] for name in names}) for fact in evidence.journal.facts if fact.kind == "finding")


# Comparisons --------------------------------------------------------------------------------------


def _pairs(own: list[InputDocument], ends: list[Fate], held: list[Held]) -> dict[str, tuple[Pair, ...]]:
    """by_day, by_tender and by_vat of the whole days, both sides from their own source."""
    bodies = [(end.fact.trading_day, end.fact.body) for end in ends if end.fact is not None and end.word != "parked"]
    local: dict[str, Counter[str]] = {name: Counter() for name in ("by_day", "by_tender", "by_vat")}
    cloud: dict[str, Counter[str]] = {name: Counter() for name in local}
    for document in own:
        _add(local, document.day, [(line.vat_ppm, line.amount_minor) for line in document.lines])
        _add_paid(local, [(tender.kind, tender.amount_minor) for tender in document.tenders], document.rounding_minor)
    for day, body in bodies:
        _add(local, day, [(line["vat_ppm"], line["amount_minor"]) for line in body["lines"]])
        _add_paid(local, [(tender["kind"], tender["amount_minor"]) for tender in body["tenders"]], body["rounding_minor"])
    for one in held:
        _add(cloud, one.day, [(line.vat_ppm, line.amount_minor) for line in one.lines])
        _add_paid(cloud, [(paid.tender, paid.amount_minor) for paid in one.payments], 0)
    return {name: _compared(local[name], cloud[name]) for name in local}


def _add(sums: Mapping[str, Counter[str]], day: str, lines: Iterable[tuple[int, int]]) -> None:
    for vat_ppm, minor in lines:
        sums["by_day"][day] += minor
        sums["by_vat"][rate_text(vat_ppm)] += minor


def _add_paid(sums: Mapping[str, Counter[str]], paid: Iterable[tuple[str, int]], rounding: int) -> None:
    for tender, minor in paid:
        sums["by_tender"][tender] += minor
    if rounding:
        sums["by_tender"]["rounding"] += rounding


def _compared(local: Mapping[str, int], cloud: Mapping[str, int]) -> tuple[Pair, ...]:
    return tuple(Pair(key, local.get(key, 0), cloud.get(key, 0)) for key in sorted({*local, *cloud}))


def rate_text(vat_ppm: int) -> str:
    """A rate as people write it: 25.5 for 255,000 ppm."""
    return f"{vat_ppm / 10_000:g}"


def _money(evidence: Evidence, own: list[InputDocument], ends: list[Fate]) -> dict[str, Any]:
    """Drawer and terminal: floats and takings of the whole days against what people counted."""
    taken: Counter[str] = Counter()
    for document in own:
        for tender in document.tenders:
            taken[tender.kind] += tender.amount_minor
    for end in ends:
        for tender in end.fact.body["tenders"] if end.fact is not None else ():
            taken[tender["kind"]] += tender["amount_minor"]
    for fact in evidence.journal.facts:
        if fact.kind == "drawer_float":
            taken["cash"] += fact.body["amount_minor"]
        elif fact.kind == "drawer_drop":
            taken["cash"] -= fact.body["amount_minor"]
    return {
        "cash": Cash(taken["cash"], sum(one.cash_minor for one in evidence.counted)),
        "card": Card(taken["card"], sum(one.batch_minor for one in evidence.counted)),
    }


def _figures(evidence: Evidence, entries: int, booked: int) -> dict[str, Any]:
    seen = evidence.figures
    return {
        "detect_s": round(seen.detect_s, 3),
        "declare_s": round(seen.declare_s, 3),
        "replay_s": round(seen.replay_s, 3),
        "replay_wall_s": round(seen.replay_wall_s, 3),
        "replay_per_s": round(booked / seen.replay_s, 3) if seen.replay_s > 0 else 0.0,
        "human_minutes_per_100": round(seen.human_s / 60 * HUMAN_PER / entries, 2) if entries else 0.0,
        "faults_injected": evidence.faults_injected,
    }
