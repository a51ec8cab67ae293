"""What the shop is at when its disk fails: the stories of the power cuts, and some that are too small to be cut."""

from __future__ import annotations

from typing import Any

from crash.judge import Left
from crash.shop import FRIDAY, Till, enrol, replay
from crash.stories import STORIES, Scene, Story, again, go_on_selling, open_tills, sell_some, sell_without_cloud
from tideover.app import House
from tideover.journal.heads import WITNESS_ENTRIES
from tideover.settings import read_settings, write_settings
from tideover.world import to_ms
from unit.copies.corner_shop import item, page
from unit.recover.shop import document, line

AT_THE_START = ("first-start", "migrating", "starting-on-a-long-journal", "verifying")  # The disk fails while the house is opened.
LONG = 120


async def judged_by_what_was_promised(left: Left) -> None:
    """What is judged after every scenario is enough."""


# Selling ------------------------------------------------------------------------------------------


async def sell_one(scene: Scene) -> None:
    await go_on_selling(scene)


async def sell_a_batch(scene: Scene) -> None:
    till = again(scene.morning[0], scene.house)
    pairs = [till.sale() for _ in range(20)]
    scene.appended(*pairs, outcomes=await scene.house.journal.append_batch(pairs))


async def sell_for_long(house: House) -> list[Till]:
    till = await enrol(house)
    await house.journal.append_batch([till.sale() for _ in range(LONG)])
    return [till]


async def sell_past_a_witness(scene: Scene) -> None:
    """So many that a head is left with the witness in between."""
    till = again(scene.morning[0], scene.house)
    for _ in range(2):
        pairs = [till.sale() for _ in range(WITNESS_ENTRIES)]
        scene.appended(*pairs, outcomes=await scene.house.journal.append_batch(pairs))


async def key_a_slip(scene: Scene) -> None:
    done = await scene.house.counter.key_slip("A-17", "sale", to_ms(scene.house.world.now()), document(number=""), operator="Aino")
    scene.tape.fact("slip", done.id)


async def slip_keyed(left: Left) -> None:
    """Once, if it was said to be keyed; and if not, it can be keyed now."""
    said = left.last("slip")
    slips = [one for one in left.house.journal.read(kinds=("sale",)) if one.entry.body.slip == "A-0017"]
    assert len(slips) <= 1 and (said is None or [said[0]] == [one.entry.id for one in slips])
    if not slips:
        await left.house.counter.key_slip("A-17", "sale", to_ms(left.house.world.now()), document(number=""), operator="Aino")


async def verify(scene: Scene) -> None:
    while not scene.house.journal.verify_piece(50):
        pass


# The way back -------------------------------------------------------------------------------------


async def wait_with_one(house: House) -> str:
    return (await house.journal.record("sale", document(line(), number="A-1"), trading_day=FRIDAY)).id


async def wait_with_few(house: House) -> None:
    await sell_without_cloud(house, sales_count=1)


async def park(scene: Scene) -> None:
    scene.cloud.refuses[scene.morning] = "closed-period"
    await replay(scene.house, asks_people=False)
    scene.tape.fact("parked", [one.id for one in scene.house.outbox.parked()])


async def parked(left: Left) -> None:
    """In the cloud once, or with a person; here the person sends it on."""
    await replay(left.house)
    [entry] = [one.entry.id for one in left.house.journal.read(kinds=("sale",))]
    assert 1 == len(left.cloud().of(entry)) and [] == left.house.outbox.parked()


async def solve(scene: Scene) -> None:
    scene.cloud.refuses.clear()
    [one] = scene.house.outbox.parked()
    await scene.house.outbox.solve(one.id, "send_on", "Maija", "opened the period")
    scene.tape.fact("solved", one.id)


async def wait_parked(house: House) -> str:
    entry = await wait_with_one(house)
    house.cloud.refuses[entry] = "closed-period"  # type: ignore[attr-defined]
    await replay(house, asks_people=False)
    return entry


async def solved(left: Left) -> None:
    assert left.last("solved") is None or [] == left.house.outbox.parked()
    await parked(left)


async def store_an_answer(scene: Scene) -> None:
    await scene.house.outbox.turn()


async def settle(scene: Scene) -> None:
    for one in scene.house.in_flight.open():
        await scene.house.in_flight.settle(one.id, "was_booked" if one.reference == "K-1" else "was_not_booked", "Maija")
        scene.tape.fact("settled", one.id)


# Copies, settings, secrets ------------------------------------------------------------------------

ITEMS = [item(str(code), f"Item {code}") for code in range(8)]


async def pull(scene: Scene) -> None:
    copies, now = scene.house.copies, scene.house.world.now()
    await copies.begin_whole("items")
    await copies.gather("items", page(*ITEMS[:6]))
    await copies.swap_in("items", "2", now)
    await copies.apply("items", page(*ITEMS[6:], cursor="3"), now)


async def pulled(left: Left) -> None:
    """The copy is that of before, or of after the swap or the page; never a part."""
    assert left.house.copies.state("items").count in (0, 2, 6, 8)


async def have_copies(house: House) -> Any:
    for rows in (ITEMS[:2], ITEMS[:6]):
        await house.copies.begin_whole("items")
        await house.copies.gather("items", page(*rows))
        await house.copies.swap_in("items", "1", house.world.now())


async def put_back(scene: Scene) -> None:
    assert await scene.house.copies.put_back("items") is not None


async def change_settings(scene: Scene) -> None:
    write_settings(scene.tape.folder, {"shop_name": "New name"})
    scene.tape.fact("set")


async def settings_changed(left: Left) -> None:
    assert read_settings(left.folder).shop_name in (("New name",) if left.last("set") else ("The shop", "New name"))


async def keep_a_secret(scene: Scene) -> None:
    scene.house.secrets.put("cloud.login", b"first")
    scene.tape.fact("secret", b"first")
    scene.house.secrets.put("cloud.login", b"second")
    scene.tape.fact("secret", b"second")


async def secret_kept(left: Left) -> None:
    said, kept = left.last("secret"), left.house.secrets.get("cloud.login")
    assert kept in {None: (None, b"first"), b"first": (b"first", b"second"), b"second": (b"second",)}[said[0] if said else None]


SMALL = (
    Story("selling-one", sell_some, sell_one, judged_by_what_was_promised),
    Story("selling-a-batch", sell_some, sell_a_batch, judged_by_what_was_promised),
    Story("starting-on-a-long-journal", sell_for_long, go_on_selling, judged_by_what_was_promised),
    Story("leaving-a-head", open_tills, sell_past_a_witness, judged_by_what_was_promised),
    Story("keying-a-slip", open_tills, key_a_slip, slip_keyed),
    Story("verifying", sell_for_long, verify, judged_by_what_was_promised),
    Story("storing-an-answer", wait_with_one, store_an_answer, parked),
    Story("parking", wait_with_one, park, parked),
    Story("solving", wait_parked, solve, solved),
    Story("replaying", wait_with_few, STORIES["replaying"].play, STORIES["replaying"].judge),
    Story("settling-in-flight", wait_with_few, settle, STORIES["replaying"].judge),
    Story("pulling-copies", open_tills, pull, pulled),
    Story("putting-a-copy-back", have_copies, put_back, pulled),
    Story("changing-settings", open_tills, change_settings, settings_changed),
    Story("keeping-a-secret", open_tills, keep_a_secret, secret_kept),
)
SCENARIOS = {story.name: story for story in (*STORIES.values(), *SMALL) if story.name != "selling"}
