"""Workers press booklets beside each other: in order, ended with whoever asked, and a dead one is told in plain words."""

from __future__ import annotations

from multiprocessing import active_children

import pytest
from msgspec.structs import replace

from tideover.errors import BadRecord, Unavailable
from tideover.kit import crew
from tideover.kit.crew import press_all
from tideover.kit.press import Press
from tideover.kit.price_list import price_lists
from tideover.kit.sheet import Lack, Pressed, Sheet
from unit.kit.shelves import AT, item, sheets, shop

DEPARTMENTS = 12


@pytest.fixture(scope="module")
def press(tmp_path_factory: pytest.TempPathFactory) -> Press:
    return Press(tmp_path_factory.mktemp("fonts"))


def booklets() -> list[Sheet]:
    items = [item(number, department=f"Osasto {number % DEPARTMENTS:02}") for number in range(720)]
    return list(sheets(price_lists(shop(items, sold={}), "fi")).values())


def test_what_was_asked_for_comes_in_its_order_and_progress_is_told(press: Press) -> None:
    """Lacks among it stay where they were."""
    asked: list[Sheet | Lack] = [*booklets()]
    asked.insert(3, Lack("price-list", "no reason"))
    told: list[str] = []
    found = list(press_all(asked, press, AT, told.append, rows=720))
    assert [one if isinstance(one, Lack) else one.name for one in asked] == [one if isinstance(one, Lack) else one.name for one in found]
    assert sorted(one.title for one in asked if isinstance(one, Sheet)) == sorted(told)
    assert [] == active_children()


def test_whoever_stops_asking_ends_the_workers(press: Press) -> None:
    """Nothing goes on behind the back of a person who pressed Ctrl-C."""
    found = press_all(booklets(), press, AT, lambda _: None, rows=720)
    assert isinstance(next(iter(found)), Pressed)
    assert active_children()
    found.close()  # type: ignore[attr-defined]
    assert [] == active_children()


def test_a_worker_that_dies_is_told_with_its_booklet(press: Press) -> None:
    """As when the machine has no memory left; the others end."""
    found = press_all(booklets(), press, AT, lambda _: None, rows=720)
    next(iter(found))
    for worker in active_children():
        worker.kill()
    with pytest.raises(Unavailable, match=r"ended with code -9 at 'Hinnasto: Osasto \d\d'"):
        list(found)
    assert [] == active_children()


def test_workers_are_replaced_after_their_share_of_rows(press: Press, monkeypatch: pytest.MonkeyPatch) -> None:
    """None of them grows without end, and no booklet is lost at the change."""
    monkeypatch.setattr(crew, "ROWS_PER_HAND", 100)  # Instead of 20,000: here a booklet has 60.
    seen: set[int] = set()
    found = list(press_all(booklets(), press, AT, lambda _: seen.update(each.pid or 0 for each in active_children()), rows=720))
    assert (DEPARTMENTS, True) == (len(found), len(seen) >= DEPARTMENTS // 2)


@pytest.mark.parametrize("rows", [10, 10_000], ids=["here", "by workers"])
def test_a_booklet_with_other_pages_than_reckoned_is_refused(press: Press, rows: int) -> None:
    """Rather than one with a row that nobody sees."""
    (sheet, *_) = booklets()
    sheet.data["line"] *= 3
    with pytest.raises(BadRecord, match="pages where 1 were reckoned"):
        list(press_all([sheet], press, AT, lambda _: None, rows=rows))
    assert [] == active_children()


def test_a_template_that_fails_is_refused_with_its_reason(press: Press) -> None:
    """Also out of a worker."""
    sheet = replace(booklets()[0], data={"pages": []})
    with pytest.raises(BadRecord, match="cannot be read: price-list-"):
        list(press_all([sheet], press, AT, lambda _: None, rows=10_000))
