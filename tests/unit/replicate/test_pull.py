"""A pull brings the copy up to date or leaves it as it was, and says what was odd."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tideover.errors import CloudSilent
from tideover.model.item import Customer
from tideover.ports import PAGE_ROWS_MAX, PAGES_MAX
from tideover.replicate.pull import pull
from unit.copies.corner_shop import FRIDAY, StillWorld, fill, item, open_copies, run
from unit.replicate.small_cloud import SmallCloud


def shop_of(count, **how):
    cloud = SmallCloud(**how)
    cloud.put(*(item(str(number), f"Item {number}") for number in range(count)))
    return cloud


def codes(copies):
    return sorted(one.code for one in copies.rows("items").rows)


def findings(pulled):
    return [one.code for one in pulled.findings]


def test_first_pull_reads_every_page(tmp_path):
    """The first pull is whole; the copy is as old as its beginning."""
    world = StillWorld()
    with open_copies(tmp_path, world) as copies:
        pulled = run(pull("items", shop_of(5), copies, world))
        assert (True, 5, 5, ()) == (pulled.whole, pulled.seen, pulled.applied.added, pulled.findings)
        assert (FRIDAY, 5, "5") == (copies.state("items").as_of, copies.state("items").count, copies.state("items").cursor)


def test_later_pulls_bring_what_changed(tmp_path):
    """From the cursor on, with overlap: changed rows, removed codes, and nothing told twice."""
    cloud, world = shop_of(4), StillWorld()
    with open_copies(tmp_path, world) as copies:
        run(pull("items", cloud, copies, world))
        cloud.put(item("1", "Item one"))
        cloud.remove("3")
        pulled = run(pull("items", cloud, copies, world))
        assert (False, 0, 1, 1, 3) == (pulled.whole, *(getattr(pulled.applied, name) for name in ("added", "changed", "removed", "count")))
        assert ["0", "1", "2"] == codes(copies)
        again = run(pull("items", cloud, copies, world))
        assert (0, 0, 0) == (again.applied.added, again.applied.changed, again.applied.removed)


@pytest.mark.parametrize("silent_after", [0, 1, 2])
def test_silence_in_the_middle_leaves_the_last_good_copy(tmp_path, silent_after):
    """Whichever page is lost, a whole pull that fails changes nothing but the copy's error."""
    cloud, world = shop_of(5), StillWorld()
    cloud.silent_after = silent_after
    with open_copies(tmp_path, world) as copies:
        fill(copies, item("old", "Old item"))
        fill(copies, item("wrong", "Wrong file"))
        run(copies.put_back("items"))  # Leaves no cursor: nothing can be caught up before the whole pull.
        with pytest.raises(CloudSilent):
            run(pull("items", cloud, copies, world, whole=True))
        state = copies.state("items")
        assert (["old"], 1) == (codes(copies), state.failures)
        assert "no answer in 10 s" in state.error


def test_pull_of_changes_goes_on_from_the_page_it_reached(tmp_path):
    """Each page of changes is kept with its cursor, but the copy is not called fresh before the last one."""
    cloud, world = shop_of(2, page_rows=2, overlap=0), StillWorld()
    with open_copies(tmp_path, world) as copies:
        run(pull("items", cloud, copies, world))
        cloud.put(*(item(str(number), f"Item {number}") for number in range(2, 7)))
        cloud.silent_after = len(cloud.calls) + 1
        run(world.pause(600))
        with pytest.raises(CloudSilent):
            run(pull("items", cloud, copies, world))
        assert (4, "4", FRIDAY) == (copies.state("items").count, copies.state("items").cursor, copies.state("items").as_of)
        cloud.silent_after = None
        run(pull("items", cloud, copies, world))
        assert (7, world.now()) == (copies.state("items").count, copies.state("items").as_of)


@pytest.mark.parametrize(
    ("name", "misbehave", "why"),
    [
        ("looping cursor", lambda page: replace(page, cursor="0", more=True), "circles"),
        ("no cursor", lambda page: replace(page, cursor=""), "no cursor"),
        ("wrong types", lambda page: replace(page, rows=(Customer(code="1", name="Anna"),)), "something else"),
        ("huge page", lambda page: replace(page, rows=page.rows * PAGE_ROWS_MAX), "more than"),
        ("emptied list", lambda page: replace(page, rows=(), more=False), "of the 5 it says"),
    ],
)
def test_hostile_lists_change_nothing(tmp_path, name, misbehave, why):
    """A cloud whose list cannot be believed counts as silent; the last good copy stays and says why."""
    cloud, world = shop_of(5), StillWorld()
    with open_copies(tmp_path, world) as copies:
        run(pull("items", cloud, copies, world))
        before = copies.state("items").hash
        cloud.misbehave = misbehave
        with pytest.raises(CloudSilent) as caught:
            run(pull("items", cloud, copies, world, whole=True))
        assert why in caught.value.message
        assert (before, 1) == (copies.state("items").hash, copies.state("items").failures)


def test_endless_list_ends(tmp_path):
    """A list with ever new cursors is given up after a stated number of pages."""
    cloud, world = SmallCloud(), StillWorld()
    pages = iter(range(PAGES_MAX * 2))
    cloud.misbehave = lambda page: replace(page, cursor=f"c{next(pages)}", more=True)
    cloud.pull = _ignoring_the_cursor(cloud)
    with open_copies(tmp_path, world) as copies, pytest.raises(CloudSilent) as caught:
        run(pull("items", cloud, copies, world))
    assert f"within {PAGES_MAX} pages" in caught.value.message


def _ignoring_the_cursor(cloud):
    plain = cloud.pull

    async def pull_page(dataset, cursor, whole=False):
        return await plain(dataset, None, whole)

    return pull_page


def test_emptied_list_without_a_count_is_not_believed(tmp_path):
    """Where the cloud does not count, a long copy does not become empty; a short one may."""
    cloud, world = shop_of(20, page_rows=50), StillWorld()
    cloud.counted = None
    with open_copies(tmp_path, world) as copies:
        run(pull("items", cloud, copies, world))
        cloud.rows.clear()
        with pytest.raises(CloudSilent):
            run(pull("items", cloud, copies, world, whole=True))
        fill(copies, item("1", "Only one"))
        run(pull("items", cloud, copies, world, whole=True))
        assert 0 == copies.state("items").count


def test_nightly_check_finds_what_the_cursor_missed(tmp_path):
    """A late commit with an old version is brought in by the whole pull and named as a finding."""
    cloud, world = shop_of(5), StillWorld()
    with open_copies(tmp_path, world) as copies:
        run(pull("items", cloud, copies, world))
        cloud.put_unseen(item("late", "Late commit"))
        assert [] == findings(run(pull("items", cloud, copies, world)))
        assert "late" not in codes(copies)
        assert ["copy-drift"] == findings(run(pull("items", cloud, copies, world, whole=True)))
        assert "late" in codes(copies)
        assert [] == findings(run(pull("items", cloud, copies, world, whole=True)))


def test_ordinary_changes_before_the_nightly_check_are_no_finding(tmp_path):
    """What the cursor shows is caught up first."""
    cloud, world = shop_of(5), StillWorld()
    with open_copies(tmp_path, world) as copies:
        run(pull("items", cloud, copies, world))
        cloud.put(item("9", "New"))
        assert [] == findings(run(pull("items", cloud, copies, world, whole=True)))


def test_count_that_differs_is_a_finding(tmp_path):
    """One record more in the cloud's own count than in its list is told, and harms nothing."""
    cloud, world = shop_of(20, page_rows=50), StillWorld()
    cloud.counted = 21
    with open_copies(tmp_path, world) as copies:
        pulled = run(pull("items", cloud, copies, world))
        assert (["copy-count"], 20) == (findings(pulled), copies.state("items").count)


def test_odd_rows_are_named_and_block_only_themselves(tmp_path):
    """Codes that stand twice, rows without a code, rows that could not be read: findings, the rest is kept."""
    cloud, world = SmallCloud(page_rows=50), StillWorld()
    cloud.counted = None
    odd = (item("1", "A"), item("1", "B"), item(" ", "Nameless"), item("2", "C"))
    cloud.misbehave = lambda page: replace(page, rows=odd, faults=("Row 7: the price 'abc' is not a number.",))
    with open_copies(tmp_path, world) as copies:
        pulled = run(pull("items", cloud, copies, world, owner="Aino"))
        assert ["duplicate-code", "bad-record", "copy-faults"] == findings(pulled)
        assert {"Aino"} == {one.owner for one in pulled.findings}
        assert (["1", "2"], "B") == (codes(copies), copies.get("items", "1").name)


def test_source_without_changes_sends_the_whole_list(tmp_path):
    """A list marked as whole replaces the copy even where changes were asked for, with the list's own age."""
    cloud, world = shop_of(3, page_rows=2), StillWorld()
    with open_copies(tmp_path, world) as copies:
        run(pull("items", cloud, copies, world))
        cloud.rows.pop("0")
        old_ms = 1_000
        cloud.misbehave = lambda page: replace(page, whole=True, as_of_ms=old_ms)
        cloud.pull = _ignoring_the_cursor(cloud)
        pulled = run(pull("items", cloud, copies, world))
        assert (True, ["1", "2"], old_ms) == (pulled.whole, codes(copies), round(copies.state("items").as_of.timestamp() * 1000))


acts = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.sampled_from("abcdef"), st.sampled_from(["Maito", "Leipä", "Voi"])),
        st.tuples(st.just("remove"), st.sampled_from("abcdef"), st.none()),
        st.tuples(st.just("pull"), st.booleans(), st.integers(0, 4)),
    ),
    max_size=25,
)


@settings(max_examples=80, deadline=None)
@given(acts=acts, page_rows=st.integers(1, 4), overlap=st.integers(0, 3))
def test_copy_ends_as_the_cloud(tmp_path_factory, acts, page_rows, overlap):
    """Whatever changed and whichever pulls broke off where, one good pull makes the copy equal to the cloud."""
    cloud, world = SmallCloud(page_rows, overlap), StillWorld()
    with open_copies(tmp_path_factory.mktemp("shop"), world) as copies:
        for act, one, other in acts:
            if act == "put":
                cloud.put(item(one, other))
            elif act == "remove":
                cloud.remove(one)
            else:
                cloud.silent_after = len(cloud.calls) + other
                _try_pull(cloud, copies, world, whole=one)
        cloud.silent_after = None
        run(pull("items", cloud, copies, world))
        assert {code: row for code, (_, row) in cloud.rows.items() if row} == {one.code: one for one in copies.rows("items").rows}


def _try_pull(cloud, copies, world, whole):
    try:
        run(pull("items", cloud, copies, world, whole))
    except CloudSilent:
        assert copies.state("items").failures > 0
