"""The price list: every item once in its booklet, nothing cut, tagged, and only what changed is another paper."""

from __future__ import annotations

import re
from collections import Counter
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from msgspec.structs import replace

from tideover.kit.price_list import BOOKLET_ROWS_MAX, department_marks, file_stem, parted, pressed, price_lists
from tideover.kit.price_rows import price_text
from tideover.kit.sheet import Lack, Pressed
from tideover.kit.two_columns import COLUMN_PT, Row
from tideover.words import say
from unit.bench.test_shape import BENCH, loaded
from unit.kit.shelves import boxes, item, means, pages, papers, sheets, shop

FORTY = "Äyriäispasta ŠŽ 40 merkkiä pitkä nimi €xx"
PAGE = re.compile(r"Sivu (\d+) / (\d+)")


@pytest.fixture(scope="module")
def fonts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fonts")


@pytest.fixture(scope="module")
def made(fonts: Path) -> dict[str, Pressed]:
    """A kit's price lists of 900 items, made by workers."""
    return papers(pressed(shop([item(number) for number in range(900)]), "fi", means(fonts)))


def booklets(made: dict[str, Pressed]) -> dict[str, Pressed]:
    return {name: one for name, one in made.items() if "best" not in name}


def test_every_item_stands_on_one_page_of_one_booklet_with_its_price(made: dict[str, Pressed]) -> None:
    """Code and price are on the same line, once."""
    found = Counter[str]()
    lines = [line for one in booklets(made).values() for page in pages(one.body) for line in page.split("\n")]
    prices = {one.code: price_text(one.unit_price, say("fi")).replace("\N{NO-BREAK SPACE}", " ") for one in map(item, range(900))}
    for line in lines:
        for code in re.findall(r"K\d{5}", line):
            found[code] += prices[code] in line.replace("\N{NO-BREAK SPACE}", " ")
    assert Counter(dict.fromkeys(prices, 1)) == found


def test_a_booklet_a_department_and_other_for_the_rest(made: dict[str, Pressed]) -> None:
    """From A to the end of the shop's alphabet; what has no department comes last."""
    titles = ["Kahvi ja tee", "Leipä", "Työkalut", "Öljyt", "Muut"]
    assert [f"Hinnasto: {title}" for title in titles] == [one.title for one in booklets(made).values()]
    assert 900 == sum(one.rows for one in booklets(made).values())


def test_every_page_says_where_it_is(made: dict[str, Pressed]) -> None:
    """Title, the names it begins and ends with, its number of so many."""
    for one in made.values():
        texts = pages(one.body)
        assert one.pages == len(texts)
        assert [(str(n), str(one.pages)) for n in range(1, one.pages + 1)] == [PAGE.search(text).groups() for text in texts]  # type: ignore[union-attr]
        assert all(one.title in text and "Kauppa Äijälä" in text and "tilanne 20.11.2026" in text for text in texts)


def test_booklets_are_tagged_tables_in_their_language(made: dict[str, Pressed]) -> None:
    """A screen reader finds rows, cells and heads."""
    for one in made.values():
        with pikepdf.open(BytesIO(one.body)) as document:
            assert "/StructTreeRoot" in document.Root and bool(document.Root.MarkInfo.Marked)
            assert "fi" == str(document.Root.Lang)
            kinds = Counter(str(each.get("/S", "")) for each in document.objects if isinstance(each, pikepdf.Dictionary))
            assert kinds["/TR"] >= one.rows and kinds["/TH"] >= 4 and kinds["/H2"] >= one.pages


def test_nothing_is_cut_and_nothing_overlaps(fonts: Path) -> None:
    """Names of forty letters and more, prices of six digits with four decimals, long codes and units."""
    wild = [
        item(1, name=FORTY, unit_price=9_999_999_999),
        item(2, name="W" * 120, unit_price=12_345_678_900),
        item(3, name="Erittäin pitkä nimi " * 4, code="EAN-6410405060716-VERY-LONG-CODE-" + "X" * 40, unit="laatikollinen pulloja"),
        item(4, name="אבג دجاج Щука 豆腐", department="Kahvi ja tee"),
        item(5, name="A" * 900),
    ]
    for one in papers(pressed(shop([replace(each, department="Leipä") for each in wild]), "fi", means(fonts))).values():
        for rects in boxes(one.body):
            assert all(20 < left < right < 575 and 12 < low < high < 830 for left, low, right, high in rects)
            for place, (left, low, right, high) in enumerate(rects):
                for left2, low2, right2, high2 in rects[place + 1 :]:
                    assert not (min(right, right2) - max(left, left2) > 1 and min(high, high2) - max(low, low2) > 2.5)
        text = " ".join(" ".join(pages(one.body)).split())  # Lines and no-break spaces are blanks.
        assert FORTY in text and "999 999,9999 A" in text


def test_a_name_is_shown_and_never_obeyed(fonts: Path) -> None:
    """Markup, formulas and control characters are letters or nothing."""
    name = "#read(\"/etc/passwd\") =cmd|' /C calc'!A0 \x1b[2J *b* \u202etxt"
    (best, *_) = papers(pressed(shop([item(1, name=name)]), "fi", means(fonts))).values()
    (text,) = pages(best.body)
    assert "#read(\"/etc/passwd\") =cmd|' /C calc'!A0 [2J" in text.replace("\n", " ") and "\x1b" not in text


def test_the_same_matter_is_the_same_bytes_whoever_presses(fonts: Path, made: dict[str, Pressed]) -> None:
    """Workers or not, today or again."""
    again = papers(pressed(shop([item(number) for number in range(900)]), "fi", means(fonts)))
    assert {name: one.body for name, one in made.items()} == {name: one.body for name, one in again.items()}
    few = shop([item(number) for number in range(50)])
    assert [one.body for one in papers(pressed(few, "fi", means(fonts))).values()] == [
        one.body for one in papers(pressed(few, "fi", means(fonts))).values()
    ]


def test_one_price_makes_one_booklet_another_and_the_best_sellers_if_it_is_there() -> None:
    """All other booklets keep their content."""
    items = [item(number) for number in range(900)]
    before = sheets(price_lists(shop(items), "fi"))
    for place, best in ((3, True), (4, False)):  # Every third item was sold.
        changed = [*items[:place], replace(items[place], unit_price=77_700), *items[place + 1 :]]
        after = sheets(price_lists(shop(changed), "fi"))
        stale = {name for name in before if before[name].content != after[name].content}
        assert (1, best) == (len({name for name in stale if "best" not in name}), any("best" in name for name in stale))


def test_archived_items_are_left_out() -> None:
    """They cannot be sold."""
    items = [item(1), item(2, archived=True)]
    assert {1} == {sheet.rows for sheet in price_lists(shop(items), "fi") if not isinstance(sheet, Lack)}


def test_without_items_or_sales_the_lack_is_named() -> None:
    """And the departments are made all the same."""
    assert [Lack] == [type(one) for one in price_lists(shop([]), "fi")]
    first, *others = price_lists(shop([item(number) for number in range(400)], sold={}), "fi")
    assert isinstance(first, Lack) and 5 == len(others)


def test_a_small_shop_has_all_of_it_on_the_list_for_the_hand() -> None:
    """What fits on one sheet of paper is there, sold or not."""
    found = sheets(price_lists(shop([item(number) for number in range(100)], sold={}), "fi"))
    assert 100 == found["price-list-best-4"].rows and "price-list-best-16" not in found


def test_the_best_sellers_keep_to_their_pages() -> None:
    """Long names and headings take room from the last in rank."""
    items = [item(number, name=f"{FORTY} {FORTY} {number}") for number in range(4_000)]
    found = sheets(price_lists(shop(items, sold={one.code: 4_000 - place for place, one in enumerate(items)}), "fi"))
    assert (4, 16) == tuple(len(found[f"price-list-best-{n}"].data["pages"]) for n in (4, 16))
    for sheet in (found["price-list-best-4"], found["price-list-best-16"]):
        codes = {row[0] for page in sheet.data["pages"] for rows, _ in page["sides"] for row in rows if isinstance(row, list)}
        assert {f"K{number:05d}" for number in range(len(codes))} == codes


def test_vat_is_said_on_the_shelf_and_without() -> None:
    """With its letters where there are several rates, with its rate where there is one."""
    several, one = [item(n) for n in range(30)], [item(n, vat_ppm=255_000) for n in range(3)]
    matters = (shop(several), shop(one, with_vat=False))
    legends = [sheets(price_lists(matter, "fi"))["price-list-best-4"].data["legend"] for matter in matters]
    expected = ["Hinnat EUR, sis. alv: A 25,5 %, B 13,5 %, C 0 %", "Hinnat EUR, ilman alv:tä 25,5 %"]
    assert expected == [legend.replace("\N{NO-BREAK SPACE}", " ") for legend in legends]


@pytest.mark.parametrize(
    ("value", "text"),
    [(10_000, "1,00"), (12_500, "1,25"), (12_345, "1,2345"), (12_340, "1,234"), (50, "0,005"), (0, "0,00"), (-5_000, "−0,50")],
)
def test_a_price_shows_the_decimals_it_has(value: int, text: str) -> None:
    """Two at least, four at most, never rounded."""
    assert text == price_text(value, say("fi"))


def test_large_departments_are_parted_between_letters() -> None:
    """A new item moves nothing beyond its own part; names that are all alike are parted anywhere."""
    rows = sorted((Row(f"{letter}{number:04d}", "", ()) for letter in "abcdefgh" for number in range(500)), key=lambda row: row.key)
    parts = list(parted(rows, 1_200))
    more = list(parted(sorted([*rows, Row("a0000x", "", ())], key=lambda row: row.key), 1_200))
    assert (rows, [1_000] * 4) == ([row for part in parts for row in part], [len(part) for part in parts])
    assert parts[1:] == more[1:]
    alike = [Row("same", "", ())] * 3_000
    assert [1_200, 1_200, 600] == [len(part) for part in parted(alike, 1_200)]


def test_a_department_of_many_items_is_several_booklets_from_letter_to_letter() -> None:
    """Each with at most so many rows, and a title that says which."""
    found = sheets(price_lists(shop([item(number, department="Rauta") for number in range(4_000)]), "fi"))
    names = [name for name in found if "best" not in name]
    assert ["price-list-rauta", "price-list-rauta-2", "price-list-rauta-3"] == names
    assert all(found[name].rows <= BOOKLET_ROWS_MAX and "Rauta " in found[name].title for name in names)
    assert 4_000 == sum(found[name].rows for name in names)


def test_departments_have_names_and_marks_of_their_own() -> None:
    """Alike ones are told apart, and a number at the end is not taken for a part."""
    marks = department_marks(["Tools hand", "Tools garden", "Tee", "", "Tee "])
    assert len({marks[name] for name in ("Tools hand", "Tools garden", "Tee")}) == 3
    assert ("", marks["Tee"]) == (marks[""], marks["Tee "])
    taken: set[str] = set()
    stems = [file_stem(name, taken) for name in ("Tools", "tools!", "Tools 2", "כלים", "")]
    assert 5 == len({*stems}) and all(re.fullmatch(r"price-list-[a-z0-9-]*[a-z]", stem) for stem in stems)


@pytest.mark.parametrize("folder", ["the real week, where it is at hand", "a generated one"])
def test_best_sellers_of_four_days_cover_the_fifth(folder: str) -> None:
    """Half of its lines on 4 pages, nine of ten on 16."""
    week_of = loaded("bench_week", BENCH / "figures" / "week.py")
    week = week_of.read_week() if "real" in folder else week_of.read_week(Path("nowhere"))
    found = sheets(price_lists(week.matter(), "en"))
    covered = []
    for pages_of in (4, 16):
        sheet = found[f"price-list-best-{pages_of}"]
        rows = (row for page in sheet.data["pages"] for side, _ in page["sides"] for row in side if isinstance(row, list))
        covered.append(week_of.coverage({row[0] for row in rows}, week.days[-1]))
        assert len(sheet.data["pages"]) <= pages_of
    assert covered[0] >= 0.5 and covered[1] >= 0.9, covered


def test_columns_fill_the_page_and_no_more() -> None:
    """The widths of a list come to the width of its column."""
    for sheet in sheets(price_lists(shop([item(number) for number in range(300)]), "fi")).values():
        widths = sheet.data["widths"]
        assert sum(widths) + 5 * (len(widths) - 1) <= COLUMN_PT + 0.5
