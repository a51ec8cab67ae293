"""The functions on docs/connectors/habits.md do what the page says, for any document and any list."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Annotated

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tideover.connectors.content import gross_lines
from tideover.model.money import divide_rounded
from tideover.model.sale import Line

PAGE = Path(__file__).parents[2] / "docs" / "connectors" / "habits.md"
RATES = (0, 100_000, 135_000, 255_000)


def _habits() -> ModuleType:
    module = ModuleType("habits")
    blocks = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    exec(compile("\n".join(blocks), str(PAGE), "exec", dont_inherit=True), module.__dict__)
    return module


habits = _habits()
SALES = st.lists(st.tuples(st.integers(-5_000_000, 5_000_000), st.sampled_from(RATES)), min_size=1, max_size=200)


def lines_of(sale: list[tuple[int, int]]) -> list[Line]:
    return [Line("", "", 1000, amount * 100, amount, rate) for amount, rate in sale]


@given(SALES, st.booleans())
@example([(199, 255_000)] * 1_114, True)
def test_what_a_net_cloud_keeps_comes_back_to_the_cent(sale: list[tuple[int, int]], included: bool) -> None:
    """Line by line, and by the cloud's own sum of each rate."""
    lines = lines_of(sale)
    ours = [amount for _, amount in gross_lines(lines, included)]
    kept = list(zip(habits.net_lines(lines, included), (line.vat_ppm for line in lines), strict=True))
    by_rate: Counter[int] = Counter()
    for amount, rate in kept:
        by_rate[rate] += amount
    total = sum(divide_rounded(amount * (1_000_000 + rate), 100_000_000) for rate, amount in by_rate.items())

    assert ours == list(habits.lines_with_vat(kept))
    assert sum(ours) == total


@given(st.integers(-(10**14), 10**14))
def test_a_number_written_as_a_text_is_the_same_number(value: int) -> None:
    """Four decimals, negatives, less than one."""
    assert value == habits.units(habits.text_of(value, 4))


@pytest.mark.parametrize(("text", "found"), [("3.95", 39_500), ("-0.5", -5_000), ("7", 70_000), ("25.5", 255_000), ("-12.0001", -120_001)])
def test_a_cloud_s_text_is_read(text: str, found: int) -> None:
    """With fewer decimals, or none."""
    assert found == habits.units(msgspec.convert(text, habits.Decimals))


@pytest.mark.parametrize("text", ["", "NaN", "1e5", "1,5", ".5", "5.", "1.23456", "--1", " 1", "3.95\n", "1" * 12, "١"])
def test_a_text_that_is_no_number_is_nonsense(text: str) -> None:
    """Refused while it is decoded."""
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(text, habits.Decimals)


PER_PAGE = 4
Touch = Annotated[int, "index of a record that changes between two pages"]


class Cloud:
    """Records sorted by the time of their last change, in numbered pages."""

    def __init__(self, records: int) -> None:
        self.now = 100
        self.changed = {n: 1 + n // (PER_PAGE - 1) for n in range(records)}  # Never a whole page of one moment.

    def page(self, since: str, page: int) -> tuple[list[tuple[int, int]], bool]:
        rows = sorted((at, n) for n, at in self.changed.items() if at >= int(since or 0))
        return rows[(page - 1) * PER_PAGE : page * PER_PAGE], len(rows) > page * PER_PAGE

    def touch(self, record: Touch) -> None:
        self.now += 1
        self.changed[record % len(self.changed)] = self.now


def read(page: Callable[[str, int], tuple[list[tuple[int, int]], bool]], between: Callable[[], None]) -> tuple[dict[int, int], str]:
    seen: dict[int, int] = {}
    cursor: str | None = None
    while True:
        since, number = habits.place(cursor)
        rows, more = page(since, number)
        seen |= {n: at for at, n in rows}
        cursor = habits.next_cursor(since, number, str(rows[-1][0]) if rows else since, more)
        if not more:
            return seen, cursor
        between()


@given(st.integers(1, 40), st.lists(st.integers(0, 39), max_size=30))
def test_what_changes_while_a_list_is_read_is_not_missed(records: int, touches: list[int]) -> None:
    """Pages shift under the reader; every record arrives as it was at the end."""
    cloud = Cloud(records)
    left = iter(touches)
    seen, cursor = read(cloud.page, lambda: cloud.touch(touch) if (touch := next(left, None)) is not None else None)

    assert cloud.changed == seen
    assert (str(max(cloud.changed.values())), 1) == habits.place(cursor)


def test_many_records_of_one_moment_are_paged_through() -> None:
    """An import gives thousands of records the same time."""
    cloud = Cloud(0)
    cloud.changed = dict.fromkeys(range(10), 7)

    assert cloud.changed == read(cloud.page, lambda: None)[0]
