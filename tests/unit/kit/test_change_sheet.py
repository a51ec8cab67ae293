"""The change sheet names what is otherwise than on the last full print, and nothing else."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pypdfium2
from msgspec.structs import replace

from tideover.kit.change_sheet import ROWS_MAX, change_sheets, pressed
from tideover.kit.sheet import Lack, Sheet
from tideover.kit.two_columns import GAP_PT
from unit.kit.shelves import item, means, pages, papers, shop


def rows(sheet: Sheet) -> list[object]:
    return [row for page in sheet.data["pages"] for side, _ in page["sides"] for row in side]


def test_up_down_new_and_gone_with_old_and_new_price() -> None:
    """By name under each heading; what is as it was printed is not there."""
    items = [item(number, name=f"Tuote {number}", unit_price=20_000) for number in range(6)]
    items[4] = replace(items[4], archived=True)
    printed = {"K00000": 20_000, "K00001": 10_000, "K00002": 30_000, "K00004": 20_000, "K00005": 10_000, "OLD": 12_345}
    (sheet,) = change_sheets(shop(items, printed_prices=printed), "fi")
    assert isinstance(sheet, Sheet)
    prices = [[cell.rstrip(" ABC") for cell in row[3:]] if isinstance(row, list) else row for row in rows(sheet)]
    codes = [row[0] for row in rows(sheet) if isinstance(row, list)]
    assert ["K00001", "K00005", "K00002", "K00003", "OLD", "K00004"] == codes
    assert [
        "Hinta nousi", ["1,00", "2,00"], ["1,00", "2,00"],
        "Hinta laski", ["3,00", "2,00"],
        "Uudet", ["–", "2,00"],
        "Ei enää myynnissä", ["1,2345", "–"], ["2,00", "–"],
    ] == prices  # fmt: skip
    assert ["Hinta nousi", "Ei enää myynnissä"] == sheet.data["pages"][0]["guide"]


def test_without_an_earlier_print_there_is_none() -> None:
    """And it is said why."""
    (lack,) = change_sheets(shop([item(1)]), "fi")
    assert isinstance(lack, Lack) and "No full price list has been printed yet" in lack.why


def test_where_nothing_changed_a_sheet_says_so(tmp_path: Path) -> None:
    """So that an older one can be thrown away."""
    matter = shop([item(1)], printed_prices={"K00001": item(1).unit_price})
    (paper,) = papers(pressed(matter, "fi", means(tmp_path))).values()
    (text,) = pages(paper.body)
    assert "Yksikään hinta ei ole muuttunut" in text and 0 == paper.rows


def test_very_many_changes_go_into_several_files() -> None:
    """No file grows beyond what a worker can hold."""
    found = list(change_sheets(shop([item(number) for number in range(ROWS_MAX + 10)], printed_prices={}), "en"))
    assert [("change-sheet", ROWS_MAX), ("change-sheet-2", 10)] == [(one.name, one.rows) for one in found if isinstance(one, Sheet)]


def test_the_paper_shows_old_and_new_price(tmp_path: Path) -> None:
    """On one line with the code."""
    matter = shop([item(1, unit_price=123_456_700, vat_ppm=0, department="")], printed_prices={"K00001": 5_000})
    (paper,) = papers(pressed(matter, "en", means(tmp_path))).values()
    (text,) = pages(paper.body)
    assert any("K00001" in line and "0.50" in line and "12,345.67" in line for line in text.split("\n"))
    assert "Changed prices" in text and "Price up" in text


def test_two_prices_do_not_touch(tmp_path: Path) -> None:
    """Numbers stand at the right of their columns: between the widest ones there is still a gap, or two prices read as one."""
    matter = shop([item(1, unit_price=843_900)], printed_prices={"K00001": 844_400})
    (paper,) = papers(pressed(matter, "en", means(tmp_path))).values()
    with closing(pypdfium2.PdfDocument(paper.body)) as document, closing(document[0]) as page, closing(page.get_textpage()) as text:
        whole = text.get_text_range()
        was, now = (text.get_charbox(whole.index(price) + at) for price, at in (("84.44", 4), ("84.39", 0)))
    assert now[0] - was[2] > GAP_PT * 0.9
