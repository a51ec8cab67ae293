"""The copies' loop goes round, and one broken copy does not stop it."""

import asyncio

from msgspec.structs import replace

from tideover.errors import LoginRefused
from tideover.model.item import DATASETS
from tideover.ports import Page
from tideover.replicate.rounds import Replicate
from tideover.settings import Settings
from unit.copies.corner_shop import StillWorld, item, open_copies
from unit.replicate.small_cloud import SmallCloud


def start(copies, cloud, world, told=None):
    async def tell(finding):
        told.append(finding.key)

    return Replicate(copies, cloud, world, Settings(), tell if told is not None else None)


def only_items(cloud):
    """Other datasets are empty lists."""
    plain, counts = cloud.pull, cloud.count

    async def pull_page(dataset, cursor, whole=False):
        page = await plain(dataset, cursor, whole)
        return page if dataset == "items" else Page(rows=(), cursor="0", more=False)

    async def count(dataset):
        return await counts(dataset) if dataset == "items" else 0

    cloud.pull, cloud.count = pull_page, count
    return cloud


def test_turn_pulls_everything_once_and_sleeps_until_the_next(tmp_path):
    """All copies are pulled at the start; then nothing until the interval has passed."""
    world, cloud = StillWorld(), SmallCloud()
    cloud.put(item("1", "Maito"))
    with open_copies(tmp_path, world) as copies:

        async def shop():
            replicate = start(copies, only_items(cloud), world)
            assert 600.0 == await replicate.turn()
            assert len(DATASETS) == len(cloud.calls)
            assert 600.0 == await replicate.turn()
            assert len(DATASETS) == len(cloud.calls)
            await world.pause(600)
            assert 600.0 == await replicate.turn()
            assert {False} == {whole for _, _, whole in cloud.calls[len(DATASETS) :]}

        asyncio.run(shop())
        assert 1 == copies.state("items").count


def test_silent_cloud_ends_the_round_early(tmp_path):
    """Two silences are enough: the line is away, the rest is tried later."""
    world, cloud = StillWorld(), SmallCloud()
    cloud.silent_after = 0
    with open_copies(tmp_path, world) as copies:

        async def shop():
            replicate = start(copies, cloud, world)
            assert 10.0 == await replicate.turn()
            assert 2 == len(cloud.calls)
            cloud.silent_after = None
            await world.pause(20)
            await replicate.turn()

        asyncio.run(shop())
        assert {0} == {state.failures for state in copies.states()}


def test_refused_log_in_is_shown_and_tried_again(tmp_path):
    """A log-in that is wrong for good stops no other loop; each copy says what to do."""
    world, cloud = StillWorld(), SmallCloud()

    async def refuse(dataset, cursor, whole=False):
        raise LoginRefused(who="Small Cloud", why="the password is wrong")

    cloud.pull = refuse
    with open_copies(tmp_path, world) as copies:

        async def shop():
            return await start(copies, cloud, world).turn()

        assert 10.0 == asyncio.run(shop())
        assert "tideover connect" in copies.state("items").error


def test_finding_is_told_once_until_it_is_gone(tmp_path):
    """The same oddity on every pull is one finding; after a clean pull it may be told again."""
    world, cloud, told = StillWorld(), SmallCloud(), []
    with open_copies(tmp_path, world) as copies:

        async def shop():
            replicate = start(copies, only_items(cloud), world, told)
            for faults in (("Row 2",), ("Row 2",), (), ("Row 2",)):
                cloud.misbehave = lambda page, faults=faults: replace(page, faults=faults)
                replicate.hint("items")
                await replicate.turn()

        asyncio.run(shop())
        assert ["copy-faults:items"] * 2 == told


def test_hint_rings_the_bell(tmp_path):
    """The loop's pause ends when something says that a copy changed."""
    world, cloud = StillWorld(), SmallCloud()
    with open_copies(tmp_path, world) as copies:

        async def shop():
            replicate = start(copies, cloud, world)
            assert not replicate.wake.rung
            replicate.hint()
            assert replicate.wake.rung

        asyncio.run(shop())


def test_a_person_who_waits_and_the_loop_do_not_gather_into_each_other(tmp_path):
    """Both pull the same dataset at once, page by page: the copy is whole all the same."""
    world, cloud = StillWorld(), SmallCloud()
    rows = [item(str(number), "Maito") for number in range(40)]
    cloud.put(*rows)
    plain = only_items(cloud).pull

    async def slowly(dataset, cursor, whole=False):
        for _ in range(7):
            await asyncio.sleep(0)
        return await plain(dataset, cursor, whole)

    cloud.pull = slowly
    with open_copies(tmp_path, world) as copies:

        async def shop():
            replicate = start(copies, cloud, world)
            await asyncio.gather(replicate.turn(), replicate.pull_now("items"), replicate.pull_now("items"))
            assert 40 == copies.state("items").count
            assert 0 == copies.state("items").failures

        asyncio.run(shop())
