"""A box with something on every page of it: people and a plan, goods, pads, papers, a stuck receipt, an outage with its run, lines."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from msgspec import Struct

from browser.furnished_lines import live_on_lines
from fuzz.house import OpenBox
from tideover.commands.paper_work import work
from tideover.kit.copies import standing
from tideover.learn.practice_folder import Player, Scene
from tideover.learn.sample_kit import OWNER, SECOND, make_sample
from tideover.learn.trouble import Practising
from tideover.model.facts import FindingRaised
from tideover.model.item import Item
from tideover.model.outage import Observation
from tideover.model.run import Part, PracticeFinding, Rehearsed
from tideover.plan.playbook import starter_texts
from tideover.plan.records import Duty, Pad, PlaybookText
from tideover.ports import Page
from tideover.world import from_ms, to_ms
from unit.receipts.test_routes import with_printer

PIN = "2580"
LONG = "Maximiliana von Österberg-Žilkahäme, apu"  # 40 characters.
LIST = "price-list/price-list-leipa.en"
PRICES = "Koodi;Nimi;Hinta;ALV\nA1;Pellavaliina Aurinkoinen aamu 140×240 cm;1 249,90;25,5\nB2;Kahvi;6,49;13,5\n".encode()
OF_ITS_OWN = (Duty("finding/over-short", SECOND), PlaybookText("internet-down.en", starter_texts()["internet-down.en"]))
RUNNING, WELL = "internet-down", "power-cut"


class Furnished(Struct):
    """What addresses of its pages need."""

    run: str  # The run that is open.
    ended: str  # One that is over.
    copy: str  # Number on the foot of a printed paper.


async def at_once(wish: Any) -> Any:
    return work(wish)


async def furnish(box: OpenBox) -> Furnished:
    """Everything at once; the outage is open afterwards."""
    house, machine = box.house, box.machine
    house.plan.change([one for one in make_sample(box.world, "en").plan if not isinstance(one, Pad)], (), OWNER)
    for one in OF_ITS_OWN:
        house.plan.put(one, OWNER)
    for name in (OWNER, SECOND, LONG):
        await machine.post("/v1/pins", json={"name": name, "pin": PIN})
    owner, second = [await form_of(box, name) for name in (OWNER, SECOND)]
    await _papers(box, *owner)
    await _slips(*second)
    client, csrf = owner
    await client.post("/start/file/items", data=csrf, files={"file": ("prices.csv", PRICES)})
    await _practised(house)
    await _stuck_receipts(box)
    await live_on_lines(box, OWNER, LONG)
    runs = await _outage(box)
    key = _only(standing(house.keep.copies())).short
    scene = Scene(players=(Player(OWNER, "3333", "owner"), Player(LONG, "1111", "cashier")))
    house.practising = Practising(scene, house.client, box.world)
    return Furnished(*runs, key)


async def form_of(box: OpenBox, name: str) -> tuple[Any, dict[str, str]]:
    """A client of that person, and what its forms carry."""
    client = box.client()
    box.page.now_ms += 200_000
    told = (await client.post("/v1/login", json={"name": name, "pin": PIN})).json()
    return client, {"csrf": told["csrf"]}


def _only(rows: Any) -> Any:
    (one,) = rows
    return one


async def _papers(box: OpenBox, client: Any, csrf: dict[str, str]) -> None:
    """A price list that is out of date where it lies, one more that waits, and a kit that was made."""
    keep = box.house.keep
    keep.work = at_once
    await _goods(box, 20_000)
    await client.post("/kit/print", data={**csrf, "artefact": LIST, "place": "Counter 1, under the till"})
    job = _only(keep.jobs.all())
    await client.get(f"/kit/jobs/{job.id}")
    await client.post(f"/kit/jobs/{job.id}/printed", data=csrf)
    await _goods(box, 30_000)
    await keep.turn()
    made = {"kind": "plan", "path": "plan.en.pdf", "pages": 1, "rows": 0, "sha256": "", "as_of": "2026-11-20"}
    listed = {"papers": [{"made": made, "title": f"Plan B of {LONG}", "language": "en"}], "missing": [], "is_sample": False, "shop": ""}
    (box.folder / "kit").mkdir(exist_ok=True)
    (box.folder / "kit" / "kit.json").write_text(json.dumps(listed))
    (box.folder / "kit" / "plan.en.pdf").write_bytes(b"%PDF-1.7")


async def _goods(box: OpenBox, price: int) -> None:
    items = tuple(Item(f"L{n}", f"Leipä {n}", price + n, 135_000, (), "Leipä") for n in range(5))
    await box.house.copies.apply("items", Page(items, "1", False), box.world.now())


async def _slips(client: Any, csrf: dict[str, str]) -> None:
    """Two slips that the second person keyed; somebody left a note."""
    slip = {"day": "2026-11-20", "time": "1402", "writer": LONG, "what-0": "2*L1", "written": "6", "tender-0": "card", "do": "save"}
    for number in ("A-0001", "A-0002"):
        reply = await client.post("/slips/key", data={**csrf, **slip, "slip": number, "reason": "Read twice"})
        assert 303 == reply.status_code, reply.text
    await client.post("/notes", data={**csrf, "text": f"{LONG} called the carrier: the digger cut the cable in Kauppakatu"})


async def _practised(house: Any) -> None:
    """A rehearsal of last month, and what it found."""
    parts = (Part(OWNER, "decides, writes"), Part(LONG, "reads, sells"))
    at = to_ms(house.world.now() - timedelta(days=30))
    body = Rehearsed(RUNNING, at, at + 700_000, "finished", parts, 60, 180, 650, reader=LONG, missed=("slip",))
    id = (await house.journal.record("rehearsed", body, operator=OWNER)).id
    text = "In the rehearsal nobody did it: Key a paper slip. (The internet line goes dead)"
    await house.journal.record("practice_finding", PracticeFinding(f"{RUNNING}/slip", text, LONG, "2026-12-20"), refers_to=id)


async def _stuck_receipts(box: OpenBox) -> None:
    """One that may have come out, one that waits, one letter that is held."""
    with_printer(box, "unknown", "away", "away")
    sales = [one.entry.id for one in box.house.journal.read(kinds=("sale",), limit=4)]
    for one in sales[:2]:
        await box.till.client.post("/v1/receipts", json={"entry": one})
        await box.house.receipts.turn()
    await box.till.client.post("/v1/receipts", json={"entry": sales[2], "mail": "anna@example.org"})


async def _outage(box: OpenBox) -> tuple[str, str]:
    """The line goes, the fallback opens, one run is gone through half, one is over; findings and the next word."""
    house = box.house
    for _ in range(3):
        now = box.world.now()
        for service, kind, target in (("internet", "anchor", "Elisa"), ("internet", "anchor", "Telia")):
            house.watch.hear(Observation(service, kind, target, False, now, "no answer in 2 s"))
        house.watch.hear(Observation("network", "link", "router", True, now, "answers"))
        box.page.now_ms += 3_000
    await house.fallback.turn(house.watch.verdicts())
    await house.fallback.confirm(OWNER)
    run, over = [await house.runs.start(one, "en", OWNER, LONG) for one in (RUNNING, WELL)]
    await house.runs.mark(run.id, 0, 1, "done", OWNER)
    await house.runs.end(over.id, "left", OWNER, "The power was there all the time")
    await house.runs.hand_over(LONG, OWNER, "The keys are in the safe")
    await house.runs.expect_word(from_ms(box.page.now_ms + 1_200_000), "Elisa", "the cable in Kauppakatu", OWNER)
    for key, sum_minor in (("k", 200), ("l", 12_345_600)):
        body = FindingRaised("over-short", "The drawer is 2.00 short.", OWNER, sum_minor, key, "2026-11-20")
        await house.journal.record("finding", body)
    return run.id, over.id
