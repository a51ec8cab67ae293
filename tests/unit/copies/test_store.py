"""Copies change in whole steps, know their age, and tell tills what changed."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tideover.copies import rows
from tideover.copies.freshness import EMPTY_HASH, age_s, changed_hash, content_of, record_hash
from tideover.errors import Rejected
from tideover.model.item import Customer
from unit.copies.corner_shop import FRIDAY, StillWorld, fill, item, open_copies, page, run

MILK = item("100", "Maito 1 l", barcodes=("6408430000012",))
BREAD = item("200", "Ruisleipä")


def test_whole_pull_replaces_the_copy(tmp_path):
    """After a swap the copy holds exactly what was gathered."""
    with open_copies(tmp_path) as copies:
        fill(copies, MILK, BREAD)
        applied = fill(copies, item("200", "Ruisleipä", 31_000), item("300", "Pulla"))
        assert (1, 1, 1, 2) == (applied.added, applied.changed, applied.removed, applied.count)
        assert copies.get("items", "100") is None
        assert 31_000 == copies.get("items", "200").unit_price


def test_unfinished_pull_leaves_the_last_good_copy(tmp_path):
    """What was gathered before a failure is never seen, and the next pull starts clean."""
    with open_copies(tmp_path) as copies:
        fill(copies, MILK)

        async def half() -> None:
            await copies.begin_whole("items")
            await copies.gather("items", page(BREAD, more=True))
            await copies.failed("items", "the line went away")

        run(half())
        assert (MILK,) == copies.rows("items").rows
        state = copies.state("items")
        assert ("the line went away", 1, FRIDAY) == (state.error, state.failures, state.as_of)
        fill(copies, MILK)
        assert (MILK,) == copies.rows("items").rows
        assert (None, 0) == (copies.state("items").error, copies.state("items").failures)


def test_unread_record_keeps_its_last_good_copy(tmp_path):
    """A code whose record could not be read this time stays as it was."""
    with open_copies(tmp_path) as copies:
        fill(copies, MILK, BREAD)

        async def again() -> None:
            await copies.begin_whole("items")
            await copies.gather("items", page(MILK, unread=("200", "999")))
            await copies.swap_in("items", "2", FRIDAY)

        run(again())
        assert {"100", "200"} == {one.code for one in copies.rows("items").rows}


def test_seeing_a_record_again_changes_nothing(tmp_path):
    """Pulls overlap at the cursor: a record seen twice tells no till."""
    with open_copies(tmp_path) as copies:
        run(copies.apply("items", page(MILK, BREAD)))
        cursor = copies.rows("items").cursor
        applied = run(copies.apply("items", page(BREAD, MILK, cursor="2")))
        assert (0, 0, 0) == (applied.added, applied.changed, applied.removed)
        assert () == copies.rows("items", cursor).rows
        assert "2" == copies.state("items").cursor


def test_later_sight_of_a_record_wins(tmp_path):
    """Within a page the cursor's order decides."""
    with open_copies(tmp_path) as copies:
        run(copies.apply("items", page(MILK, item("100", "Maito 2 l"))))
        assert "Maito 2 l" == copies.get("items", "100").name


def test_slices_tell_what_changed_since(tmp_path):
    """A till reads on from its cursor: changed rows come again, removed codes are named, in pieces."""
    with open_copies(tmp_path) as copies:
        fill(copies, *(item(str(number), f"Item {number}") for number in range(5)))
        first = copies.rows("items", None, 3)
        second = copies.rows("items", first.cursor, 3)
        assert (3, True, 2, False) == (len(first.rows), first.more, len(second.rows), second.more)
        run(copies.apply("items", page(item("1", "Item one"), removed=("4",))))
        since = copies.rows("items", second.cursor)
        assert (("Item one",), ("4",)) == (tuple(one.name for one in since.rows), since.removed)
        run(copies.apply("items", page(item("4", "Item 4"))))
        assert ("4",) == tuple(one.code for one in copies.rows("items", since.cursor).rows)


def test_wrong_names_and_cursors_are_refused(tmp_path):
    """An unknown dataset or cursor is a wrong request, not an empty answer."""
    with open_copies(tmp_path) as copies:
        with pytest.raises(Rejected):
            copies.rows("prices")
        with pytest.raises(Rejected):
            copies.rows("items", "x")
        with pytest.raises(Rejected):
            copies.state("record; --")


def test_age_counts_from_what_the_cloud_said(tmp_path):
    """The age grows with the clock and is never negative when the clock is set back."""
    world = StillWorld()
    with open_copies(tmp_path, world) as copies:
        assert (None, None, 0) == (copies.state("items").as_of, copies.state("items").age_s, copies.state("items").count)
        fill(copies, MILK)
        assert 0 == copies.state("items").age_s
        world.at = FRIDAY.replace(hour=13)
        assert 3600.0 == copies.state("items").age_s
        assert 0.0 == age_s(FRIDAY, FRIDAY.replace(hour=1))
        assert 8 == len(copies.states())


def test_copies_survive_a_restart(tmp_path):
    """Records, cursor and hash stand in the file."""
    with open_copies(tmp_path) as copies:
        fill(copies, MILK, BREAD, cursor="77")
        before = copies.state("items")
    with open_copies(tmp_path) as copies:
        assert before == copies.state("items")
        assert MILK == copies.barcode("6408430000012")


def test_wrong_file_can_be_put_back(tmp_path):
    """The copy before the last whole pull comes back once, with its age; after a change it is too late."""
    with open_copies(tmp_path) as copies:
        fill(copies, MILK, BREAD)
        before = copies.state("items")
        fill(copies, item("1", "Wrong shop"), item("100", "Maito", 1))
        run(copies.put_back("items"))
        after = copies.state("items")
        assert (before.hash, before.count, None) == (after.hash, after.count, after.cursor)
        assert MILK == copies.get("items", "100")
        assert ["Ruisleipä"] == [one.name for one in copies.search("leipä")]
        assert run(copies.put_back("items")) is None
        fill(copies, MILK)
        run(copies.apply("items", page(BREAD)))
        assert run(copies.put_back("items")) is None


def test_listeners_hear_of_changes_only(tmp_path):
    """A pull that changed nothing rings no bell."""
    heard = []
    with open_copies(tmp_path) as copies:
        copies.on_change(heard.append)
        fill(copies, MILK)
        fill(copies, MILK)
        assert ["items"] == heard


def test_merged_customer_is_followed(tmp_path):
    """A code of a merged customer leads to the record that took its place; a ring leads nowhere."""
    with open_copies(tmp_path) as copies:
        anna, old = Customer(code="2", name="Anna"), Customer(code="1", name="A.", merged_into="2")
        ring = Customer(code="8", name="X", merged_into="9"), Customer(code="9", name="Y", merged_into="8")
        fill(copies, anna, old, *ring, dataset="customers")
        assert anna == copies.customer("1")
        assert copies.customer("8") is None
        assert copies.customer("?") is None


def test_hash_is_the_sum_of_the_records(tmp_path):
    """A till computes the same: SHA-256 of dataset, zero byte and canonical JSON, summed modulo 2^256."""
    total = EMPTY_HASH
    for one in (BREAD, MILK):
        total = changed_hash(total, None, record_hash("items", content_of(one)))
    with open_copies(tmp_path) as copies:
        fill(copies, MILK, BREAD)
        assert total.hex() == copies.state("items").hash


codes = st.sampled_from(["1", "2", "3", "a", "A", "ä"])
changes = st.lists(st.tuples(codes, st.sampled_from(["Maito", "Leipä", None])), max_size=30)


@settings(max_examples=60, deadline=None)
@given(changes=changes, seed=st.integers(0, 9))
def test_any_order_of_arrival_ends_the_same(tmp_path_factory, changes, seed):
    """By pages or whole, shuffled or not: the same records give the same count, hash and search."""
    end = {code: name for code, name in changes if name}
    for code, name in changes:
        if name is None:
            end.pop(code, None)
        else:
            end[code] = name
    rows = [item(code, name) for code, name in end.items()]
    random.Random(seed).shuffle(rows)
    with open_copies(tmp_path_factory.mktemp("a")) as paged, open_copies(tmp_path_factory.mktemp("b")) as whole:
        for code, name in changes:
            run(paged.apply("items", page(removed=(code,)) if name is None else page(item(code, name))))
        fill(whole, *rows)
        assert (len(end), whole.state("items").hash) == (paged.state("items").count, paged.state("items").hash)
        for word in ("maito", "eip"):
            assert {one.code for one in whole.search(word)} == {one.code for one in paged.search(word)}


def test_words_that_a_power_cut_left_unwritten_are_written_by_the_next_pull(tmp_path):
    """Rows stand first and their words follow: what was cut off between the two is found after the next page."""
    with open_copies(tmp_path) as copies:
        fill(copies, MILK)

        def cut_off(connection):
            rows.put_all(connection, "items", [BREAD, item("100", "Piimä 1 l")], [])

        run(copies.database.write_soon(cut_off))
        assert [[], ["100"]] == [[one.code for one in copies.search(text)] for text in ("leipä", "maito")]
    with open_copies(tmp_path) as copies:
        run(copies.apply("items", page(cursor="2")))
        assert [["200"], [], ["100"]] == [[one.code for one in copies.search(text)] for text in ("leipä", "maito", "piimä")]


def test_a_record_that_comes_twice_on_one_page_is_found_by_its_last_name_alone(tmp_path):
    """A later sight of one record wins, in the search too."""
    with open_copies(tmp_path) as copies:
        run(copies.apply("items", page(MILK, item("100", "Piimä 1 l", barcodes=("6408430000029",)))))
        assert [[], ["100"]] == [[one.code for one in copies.search(text)] for text in ("maito", "piimä")]
        assert [None, "100"] == [found and found.code for found in map(copies.barcode, ("6408430000012", "6408430000029"))]
