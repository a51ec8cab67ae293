"""What a supplier's contract promises and whether it was kept, in the reader's language. Reads nothing, decides nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from tideover.learn.contract import Contract, Month, months, repair
from tideover.learn.vendor_record import Absence, VendorRecord, Watched
from tideover.model.money import RATE_SCALE
from tideover.plan.records import Service
from tideover.web.plan_form import decimal
from tideover.web.plan_rows import address_of
from tideover.web.service_words import long, name_of
from tideover.words import Say

REPAIR = {
    "kept": "The contract has it mended within {n} h: that was kept.",
    "broken": "The contract has it mended within {n} h: that was not kept.",
    "open": "The contract has it mended within {n} h: they are not over yet.",
    "unknown": "The contract has it mended within {n} h: whether that was kept is not known.",
}
MONTH = {
    "kept": "{share} was promised: kept.",
    "broken": "{share} was promised: not kept, {time} down.",
    "open": "{share} was promised: not broken so far.",
    "unknown": "{share} was promised: not known; of {time} nobody can tell whose fault it was, or nobody looked.",
}


class MonthRow(Struct, frozen=True):
    """A month of a service whose contract promises a share of it."""

    title: str
    works: str
    says: str
    is_broken: bool


def mended(one: Absence, contract: Contract | None, watched: Sequence[Watched], now_ms: int, say: Say) -> str:
    """Whether an outage was mended in time; "" where nothing is promised."""
    if contract is None or contract.repair_h is None:
        return ""
    return say(REPAIR[repair(one, contract, watched, now_ms)], n=contract.repair_h)


def month_rows(
    record: VendorRecord, promised: Mapping[str, Contract], watched: Mapping[str, Sequence[Watched]], zone: str, days: int,
    now_ms: int, say: Say,
) -> Iterable[MonthRow]:  # fmt: skip
    """Of every service with a promised share, the newest month first."""
    for service in record.services:
        contract = promised.get(service)
        if contract is not None and contract.works_ppm is not None:
            for one in months(service, contract, watched.get(service, ()), record.absences, zone, days, now_ms):
                if one.kept == "broken" or (one.is_whole and one.seen_ms):  # Of any other there is nothing to say, or nothing any more.
                    yield _row(one, contract.works_ppm, say)


def _row(one: Month, promised_ppm: int, say: Say) -> MonthRow:
    title = say("{what}, {month}", what=name_of(one.service, say), month=f"{one.name[5:]}/{one.name[:4]}")
    works = "" if one.works_ppm is None else _percent(one.works_ppm, say)
    time = long(one.down_ms if one.kept == "broken" else one.unseen_ms, say)
    return MonthRow(title, works, say(MONTH[one.kept], share=_percent(promised_ppm, say), time=time), one.kept == "broken")


def contract_lines(
    of: Sequence[str], promised: Mapping[str, Contract], services: Iterable[Service], say: Say
) -> tuple[tuple[str, str], ...]:
    """What the plan says was promised, and the page where it stands; of a service that has nothing, that it has not."""
    return tuple(
        (f"{one.name}: {_promised(promised.get(one.key), say)}", address_of("service", one.key)) for one in services if one.key in of
    )


def _promised(contract: Contract | None, say: Say) -> str:
    if contract is None:
        return say("what the contract promises is not in the plan")
    parts = [] if contract.works_ppm is None else [say("{share} of each month", share=_percent(contract.works_ppm, say))]
    parts += [] if contract.repair_h is None else [say("mended within {n} h", n=contract.repair_h)]
    parts += [f"\N{LEFT DOUBLE QUOTATION MARK}{contract.text}\N{RIGHT DOUBLE QUOTATION MARK}"] if contract.text else []
    return ", ".join(parts)


def _percent(ppm: int, say: Say) -> str:
    """With every decimal it has: what was missed by little must not read as kept."""
    return f"{decimal(ppm, RATE_SCALE // 100, say.language)}\N{NO-BREAK SPACE}%"
