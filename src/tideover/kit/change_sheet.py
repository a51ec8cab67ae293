"""The change sheet: what is otherwise than on the last full print of the price list; it lies in front of it.

Compares with the prices that were printed, item by item; without a print there is nothing to compare with.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from tideover.kit.crew import press_all
from tideover.kit.matter import Matter
from tideover.kit.price_rows import PRICE_PT, UNIT_PT, Prices, price_text
from tideover.kit.sheet import Kind, Lack, Means, Pressed, Sheet
from tideover.kit.two_columns import Column, Laid, Row, lay
from tideover.model.item import Item

KIND: Kind = "change-sheet"
ROWS_MAX = 1_600  # On one sheet's file; more go into a second.
NONE = "–"


def pressed(matter: Matter, language: str, means: Means) -> Iterator[Pressed | Lack]:
    """The sheet as a tagged PDF; several where very much has changed. Raises Unavailable when a worker dies."""
    at = datetime(matter.today.year, matter.today.month, matter.today.day, tzinfo=UTC)
    yield from press_all(change_sheets(matter, language), means.press, at, means.tell, rows=len(matter.items))


def change_sheets(matter: Matter, language: str) -> Iterator[Sheet | Lack]:
    """What went up, went down, is new and is gone, each by name; where nothing changed, a sheet that says so."""
    if matter.printed_prices is None:
        yield Lack(KIND, "No full price list has been printed yet, so there is nothing that could have changed.")
        return
    prices = Prices(matter, language)
    said = prices.said
    columns = [*prices.columns()[:2], Column(said("Unit"), UNIT_PT)]
    columns += [Column(said(head), PRICE_PT, is_right=True) for head in ("Was", "Now")]
    rows = list(_grouped(prices, matter.printed_prices))
    if not rows:
        laid = Laid([1.0], [{"sides": [], "guide": [said("No price has changed since the last full print.")]}], 0)
        yield prices.sheet(KIND, KIND, said("Changed prices"), laid, columns[:1])
    for number, first in enumerate(range(0, len(rows), ROWS_MAX), 1):
        name, title = (KIND, said("Changed prices")) if number == 1 else (f"{KIND}-{number}", f"{said('Changed prices')} {number}")
        yield prices.sheet(KIND, name, title, lay(_headed(rows[first : first + ROWS_MAX]), columns), columns)


def _headed(rows: Sequence[tuple[str, Row]]) -> Iterator[Row | str]:
    before = ""
    for heading, row in rows:
        if heading != before:
            yield heading
        before = heading
        yield row


def _grouped(prices: Prices, printed: Mapping[str, int]) -> Iterator[tuple[str, Row]]:
    """Every changed item with its heading."""
    said = prices.said
    now = {one.code: one for one in prices.items}
    known = {one.code: one for one in prices.matter.items}  # Archived ones still have their name.
    up, down, new = [], [], []
    for code, item in now.items():
        was = printed.get(code)
        if was != item.unit_price:
            (new if was is None else up if item.unit_price > was else down).append(item)
    missing = ((code, price) for code, price in printed.items() if code not in now)
    gone = [known.get(code) or Item(code=code, name=code, unit_price=price, vat_ppm=0) for code, price in missing]
    for heading, items in (("Price up", up), ("Price down", down), ("New", new), ("No longer sold", gone)):
        rows = [_row(prices, said(heading), item, printed.get(item.code), item.code in now) for item in items]
        yield from ((said(heading), row) for row in prices.sorted(rows))


def _row(prices: Prices, heading: str, item: Item, was: int | None, is_sold: bool) -> Row:
    """Was and now; a page's head says from which heading to which it goes, since names begin anew under each."""
    plain = prices.row(item)
    code, name, unit, now = plain.cells
    return Row(plain.key, heading, (code, name, unit, NONE if was is None else price_text(was, prices.said), now if is_sold else NONE))
