"""A data directory whose journal holds as many entries as a shop writes in twenty years: valid, signed, chained, answered.

Half of the entries are sales of one till, half are the cloud's answers, and each day is closed. Signing is the dear part, so
worker processes do it; rows are written in large transactions. Nothing is kept between runs.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import date, timedelta
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path

from msgspec import Struct

from tideover.app import open_house
from tideover.journal.chain import Head, entry_hash
from tideover.journal.entry import Entry, encode
from tideover.journal.keys import TillKey, box_key
from tideover.journal.store import INSERT, Journal
from tideover.model.facts import CloudAnswer, DayClosed
from tideover.model.sale import Document, Line, Tender
from tideover.recover import outbox
from tideover.web.tokens import TillTokens
from tideover.world import from_ms, real_world, uuid7

SALES_A_DAY = 140
FIRST_DAY = date(2006, 1, 2)
CHUNK = 10_000  # Entries signed by a worker at a time.
EPOCH_DAY = date(1970, 1, 1)
WORKERS = 2
FOLDED_AT_ONCE = 2_000
ID, REFERS, DAY = "00000000-0000-7000-8000-000000000001", "00000000-0000-7000-8000-000000000002", "1999-09-09"
AT, SEQ = 1111111111111, 2222222222222

Row = tuple[str, str, str, int, int, str, bytes, bytes]  # id, kind, till, till_seq, at, day, signed, signature.


class Shop(Struct, frozen=True):
    """A data directory, and the till that may go on selling in it."""

    folder: Path
    till: str
    token: str
    pem: bytes
    next_seq: int
    head: Head


def sale_body(number: int, lines: int = 5) -> Document:
    """A basket of a corner shop, paid by card."""
    wares = tuple(Line(f"A{at:05d}", f"Kahvi {at} 500 g", 1_000, 125_000, 1_250, 135_000) for at in range(lines))
    return Document(
        number=f"1-{number}", currency="EUR", prices_include_vat=True, lines=wares, tenders=(Tender("card", 1_250 * lines),)
    )


def make(folder: Path, entries: int, folded: bool = True) -> Shop:
    """Fill `folder` with a journal of about that many entries; `folded`: all of it was taken up and looked over, as in a shop that runs."""
    world = real_world()
    house = open_house(folder, world)
    key = TillKey.generate()
    till = asyncio.run(house.journal.enrol("Till 1", key.spki_b64))
    token = TillTokens(house.secrets, world).give(till)
    box_pem = box_key(house.secrets, world).to_pem()
    sales = _write(house.journal, entries, till, key.to_pem(), box_pem)
    asyncio.run(house.shut())
    house = open_house(folder, world)
    if folded:
        asyncio.run(_fold(house))
    head = house.journal.head()
    asyncio.run(house.shut())
    return Shop(folder=folder, till=till, token=token, pem=key.to_pem(), next_seq=sales + 1, head=head)


async def _fold(house: object) -> None:
    outbox.TAKE_MAX = FOLDED_AT_ONCE  # Nobody sells meanwhile.
    await house.outbox.take_up()  # type: ignore[attr-defined]
    await house.in_flight.take_up()  # type: ignore[attr-defined]
    await house.look_over._keep(house.journal.head().seq)  # type: ignore[attr-defined]


def _write(journal: Journal, entries: int, till: str, till_pem: bytes, box_pem: bytes) -> int:
    """The rows, chained as the journal chains them; returns the till's last number."""
    head, days = journal.head(), max(1, (entries - 2) // (2 * SALES_A_DAY + 1))
    sales_a_day = max(1, min(SALES_A_DAY, (entries - 3) // 2))
    first_box = journal.next_seq(journal.box)
    days_a_chunk = max(1, min(CHUNK // (2 * sales_a_day + 1), -(-days // WORKERS)))
    edges = [*range(0, days, days_a_chunk), days]
    pool = ProcessPoolExecutor(WORKERS, get_context("spawn"), _take_keys, (till, journal.box, till_pem, box_pem))
    with pool:
        chunks = [pool.submit(_signed_days, start, end, sales_a_day, first_box) for start, end in pairwise(edges)]
        for chunk in chunks:
            rows, prev, seq = [], head.hash, head.seq
            for id, kind, who, till_seq, at, day, signed, signature in chunk.result():
                seq += 1
                hash = entry_hash(prev, seq, at, signed, signature)
                rows.append((seq, id, kind, 1, who, till_seq, at, at, day, signed, signature, prev, hash))
                prev = hash
            journal.database.write(lambda connection, rows=rows: connection.executemany(INSERT, rows))
            head = Head(seq, prev)
    return days * sales_a_day


# In the workers -------------------------------------------------------------------------------------

_keys: list[tuple[str, TillKey]] = []


def _take_keys(till: str, box: str, till_pem: bytes, box_pem: bytes) -> None:
    if hasattr(os, "nice"):
        os.nice(10)  # Whatever is measured beside it comes first.
    _keys[:] = [(till, TillKey.from_pem(till_pem)), (box, TillKey.from_pem(box_pem))]


def _parts(kind: str, till: str, body: Struct, refers_to: str | None, operator: str | None) -> list[str]:
    """The canonical text of an entry, cut where id, numbers and day go: those are put in a million times."""
    entry = Entry(ID, kind, 1, till, SEQ, AT, DAY, operator, refers_to, body)
    text = encode(entry).decode()
    for mark in (f'"{DAY}"', str(AT), ID, REFERS, str(SEQ), '"1-0"'):
        text = text.replace(mark, f"\0{mark}\0")
    return text.split("\0")


def _filled(parts: list[str], values: dict[str, str]) -> bytes:
    return "".join(values.get(part, part) for part in parts).encode()


def _signed_days(start: int, end: int, sales_a_day: int, first_box: int) -> list[Row]:
    return [row for day in range(start, end) for row in _signed_day(day, sales_a_day, first_box)]


def _signed_day(number: int, sales_a_day: int, first_box: int) -> Iterator[Row]:
    (till, till_key), (box, own_key) = _keys
    day = FIRST_DAY + timedelta(days=number)
    opened = (day - EPOCH_DAY).days * 86_400_000 + 28_800_000
    sale = _parts("sale", till, sale_body(0), None, "Aino")
    answer = _parts("answer", box, CloudAnswer(word="created", number="1-0"), REFERS, None)
    ids = []
    text = f'"{day}"'
    for one in range(sales_a_day):
        at, count = opened + one * 60_000, number * sales_a_day + one + 1
        id = _id(at, count, 0)
        ids.append(id)
        signed = _filled(sale, {ID: id, str(AT): str(at), f'"{DAY}"': text, str(SEQ): str(count), '"1-0"': f'"1-{count}"'})
        yield id, "sale", till, count, at, str(day), signed, till_key.sign(signed)
    before = first_box + number * (sales_a_day + 1)
    for one, sold in enumerate(ids):
        at, count = opened + 40_000_000 + one * 1_000, before + one
        id = _id(at, count, 1)
        marks = {ID: id, REFERS: sold, str(AT): str(at), f'"{DAY}"': text, str(SEQ): str(count), '"1-0"': f'"C{count}"'}
        signed = _filled(answer, marks)
        yield id, "answer", box, count, at, str(day), signed, own_key.sign(signed)
    yield _closed(str(day), number, opened + 50_000_000, before + sales_a_day, sales_a_day)


def _closed(day: str, number: int, at: int, count: int, sales: int) -> Row:
    box, key = _keys[1]
    sums = dict.fromkeys(("cash_expected_minor", "cash_counted_minor", "rounding_minor", "refunds_minor"), 0)
    total = sales * 6_250
    body = DayClosed(
        day=day, head=str(Head()), first_numbers={}, last_numbers={}, sales_minor=total, by_tender={"card": total}, by_vat={},
        card_expected_minor=total, card_batch_minor=total, open_entries=0, z_number=number + 1, **sums,
    )  # fmt: skip
    entry = Entry(_id(at, count, 1), "close", 1, box, count, at, day, "owner", None, body)
    signed = encode(entry)
    return entry.id, "close", box, count, at, day, signed, key.sign(signed)


def _id(at: int, count: int, who: int) -> str:
    """A UUIDv7 of that millisecond; the count stands where chance would, so that none comes twice."""
    return uuid7(from_ms(at), (who << 64 | count).to_bytes(10, "big"))

