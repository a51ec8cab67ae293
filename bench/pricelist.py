#!/usr/bin/env python3
"""A price list of 50,000 items as tagged booklets: ours, ReportLab's bare canvas, and typst with one document.

Each way is a program of its own and starts with the items in memory; its clock stops when all is on the disk. Memory is that of all its
processes together (figures/memory.py says how). All set the same rows at the same places; only ours and the one document are tagged,
which readers of screens need. The limit is the bare text of the same pages: the same engine sets each column as one block of plain lines,
without table, tags or head, warm, and its seconds are shared by as many workers as ours has. How much of the fifth day of a retail week
the best sellers of the four days before cover is counted, too.
"""

from __future__ import annotations

import json
import random
import resource
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from figures.memory import Watched, watched
from figures.shape import Check, Figure, main, median
from figures.week import coverage, read_week

from tideover.disk import write_whole
from tideover.kit.crew import HANDS_MAX, cores
from tideover.kit.matter import Matter
from tideover.kit.press import Press, lay_fonts
from tideover.kit.price_list import pressed, price_lists
from tideover.kit.price_rows import Prices
from tideover.kit.sheet import Lack, Means, Sheet
from tideover.kit.two_columns import COLUMN_PT, GAP_PT, LINE_PT, SIZE_PT, lay
from tideover.model.item import Item
from tideover.plan.law import law_of
from tideover.settings import Settings

SECONDS_MAX, MEMORY_MAX_MB = 10.0, 512.0
COVERED_MIN = {4: 0.5, 16: 0.9}
TODAY = datetime(2026, 11, 21, tzinfo=UTC)
PAGES_OF_LIMIT = 12
MAKERS = ("Aalto", "Koivu", "Lumi", "Pohjola", "Saimaa", "Tähti", "Vuokko", "Ylinen", "Äijälä", "Öster", "Žukov", "Šamaani")
KINDS = ("tumma", "vaalea", "luomu", "gluteeniton", "laktoositon", "kotimainen", "suolattu", "savustettu", "tuore", "mini", "perhe")
WARES = ("kahvi", "tee", "ruisleipä", "sämpylä", "maito", "piimä", "juusto", "makkara", "omena", "hammastahna", "öljynsuodatin", "kynttilä")
PLACES = ("A", "B", "C", "D")
MARGIN_PT, TOP_PT = 25.5, 790.0  # Of ReportLab's page.
BARE = """#let pages = json(bytes(sys.inputs.values))
#set page(paper: "a4", margin: (x: 9mm, top: 15mm, bottom: 12mm))
#set text(font: "Source Sans Pro", size: 8pt)
#set par(leading: 0pt)
#for page in pages { grid(columns: page.len() * (auto,), column-gutter: 5pt, ..page); pagebreak(weak: true) }
"""


def matter(count: int) -> Matter:
    """A shop with so many items: Finnish names up to 40 letters, prices to six digits, 26 departments of all sizes, three rates."""
    chance = random.Random(1)
    departments = [f"{ware.capitalize()} {place}" for ware in WARES for place in PLACES][:26]
    weights = [1 / (1 + place) for place in range(len(departments))]
    items = tuple(
        Item(
            code=f"A{number:06d}",
            name=f"{chance.choice(MAKERS)} {chance.choice(KINDS)} {chance.choice(WARES)} {number % 997} g",
            unit_price=chance.randrange(50, 10 ** chance.choice((4, 5, 6, 7))) * 100,
            vat_ppm=chance.choice((255_000, 135_000, 135_000, 0)),
            barcodes=(f"64{number:011d}",),
            department=department,
            unit="kpl",
        )
        for number, department in zip(range(count), chance.choices(departments, weights, k=count), strict=False)
    )
    sold = {item.code: chance.randrange(1, 60) for item in items[::9]}
    settings = Settings(language="fi", shop_name="Kauppa Äijälä")
    return Matter(settings=settings, law=law_of("FI"), today=date(2026, 11, 21), items=items, sold=sold, as_of={"items": "2026-11-20"})


# The ways; each runs in a program of its own ---------------------------------------------------------------


def ours(shop: Matter, fonts: Path, folder: Path) -> dict[str, int]:
    done = {"rows": 0, "pages": 0, "bytes": 0, "files": 0}
    for one in pressed(shop, "fi", Means(press=Press(fonts), tell=lambda _: None)):
        if isinstance(one, Lack):
            sys.exit(one.why)
        write_whole(folder / f"{one.name}.pdf", one.body)
        best = one.name.startswith("price-list-best")
        done["rows"] += 0 if best else one.rows
        done["pages"] += one.pages
        done["bytes"] += len(one.body)
        done["files"] += 1
    return done


def one_document(shop: Matter, fonts: Path, folder: Path) -> dict[str, int]:
    """The same template with everything in one booklet."""
    prices = Prices(shop, "fi")
    columns = prices.columns()
    laid = lay(prices.sorted(map(prices.row, prices.items)), columns)
    sheet = prices.sheet("price-list", "all", "Hinnasto", laid, columns)
    body = Press(fonts).pdf(sheet, TODAY)
    write_whole(folder / "all.pdf", body)
    return {"rows": sheet.rows, "pages": len(laid.pages), "bytes": len(body), "files": 1}


def canvas(shop: Matter, fonts: Path, folder: Path) -> dict[str, int]:
    """ReportLab without its layout: each cell drawn where ours stands, untagged."""
    from reportlab.pdfbase.pdfmetrics import registerFont
    from reportlab.pdfbase.ttfonts import TTFont
    from reportlab.pdfgen.canvas import Canvas

    registerFont(TTFont("sans", fonts / "SourceSansPro-Regular.ttf"))
    done = {"rows": 0, "pages": 0, "bytes": 0, "files": 0}
    for sheet in price_lists(shop, "fi"):
        assert isinstance(sheet, Sheet)
        path = folder / f"{sheet.name}.pdf"
        paper = Canvas(str(path), pageCompression=1)
        for page in sheet.data["pages"]:
            _draw(paper, sheet, page)
        paper.save()
        done["rows"] += 0 if "best" in sheet.name else sheet.rows
        done["pages"] += len(sheet.data["pages"])
        done["bytes"] += path.stat().st_size
        done["files"] += 1
    return done


def _draw(paper: Any, sheet: Sheet, page: dict[str, Any]) -> None:
    paper.setFont("sans", 11)
    paper.drawString(MARGIN_PT, TOP_PT + 20, " – ".join(page["guide"]))
    paper.setFont("sans", SIZE_PT)
    paper.drawString(MARGIN_PT, TOP_PT + 34, sheet.title)
    for place, (rows, lines) in enumerate(page["sides"]):
        left, high = MARGIN_PT + place * (COLUMN_PT + 14), TOP_PT
        for row, count in zip(rows, lines, strict=True):
            at = left
            for cell, width, right in zip(row if isinstance(row, list) else [row], sheet.data["widths"], sheet.data["right"], strict=False):
                first, *more = cell if isinstance(cell, list) else cell.split("\n")
                paper.drawRightString(at + width, high, first) if right else paper.drawString(at, high, first)
                for text in more:
                    paper.drawRightString(at + width, high, text) if isinstance(cell, list) else paper.drawString(at, high - LINE_PT, text)
                at += width + GAP_PT
            high -= LINE_PT * count
    paper.showPage()


def bare(shop: Matter, fonts: Path, folder: Path) -> dict[str, Any]:
    """Some pages of ours as plain lines; the seconds of one, warm."""
    import typst

    (folder / "bare.typ").write_text(BARE, encoding="utf-8")
    compiler = typst.Compiler(folder / "bare.typ", root=folder, font_paths=[fonts], ignore_system_fonts=True)
    pages = [_columns(page) for sheet in price_lists(shop, "fi") if isinstance(sheet, Sheet) for page in sheet.data["pages"]]
    compiler.compile(format="pdf", pdf_tags=False, sys_inputs={"values": json.dumps(pages[:1])})
    some = random.Random(3).sample(pages[1:], min(PAGES_OF_LIMIT, len(pages) - 1))
    started = process_time()
    compiler.compile(format="pdf", pdf_tags=False, sys_inputs={"values": json.dumps(some)})
    return {"page_s": (process_time() - started) / len(some)}


def _columns(page: dict[str, Any]) -> list[str]:
    """Each column of a page as one text."""
    found = []
    for rows, _ in page["sides"]:
        cells = [row for row in rows if isinstance(row, list)]
        found += ["\n".join(cell if isinstance(cell, str) else " ".join(cell) for cell in column) for column in zip(*cells, strict=True)]
    return found


WAYS: dict[str, Callable[[Matter, Path, Path], dict[str, Any]]] = {"ours": ours, "canvas": canvas, "one": one_document, "bare": bare}


def one_way(name: str, count: int, fonts: Path, folder: Path) -> None:
    shop = matter(count)
    started, worked = perf_counter(), work_s()
    done = WAYS[name](shop, fonts, folder)
    seconds = perf_counter() - started
    json.dump({**done, "seconds": seconds, "work_s": work_s() - worked}, sys.stdout)


def work_s() -> float:
    """Seconds of the processors for this process and those of its children that ended."""
    return sum(part.ru_utime + part.ru_stime for part in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))


# The measurement ---------------------------------------------------------------------------------------------


def go(name: str, count: int, fonts: Path, say: Callable[[str], None]) -> tuple[Watched, float]:
    """One way, and the share of its files that are tagged, with a language."""
    with tempfile.TemporaryDirectory(prefix="tideover-bench-") as folder:
        run = watched([sys.executable, __file__, "--way", name, str(count), str(fonts), folder])
        told = run.told
        if "seconds" in told and "rows" in told:
            text = f"{name}, {count:,} items: {told['seconds']:.1f} s, {told['work_s']:.1f} s of work, {run.peak_mb:.0f} MB, "
            say(text + f"{told['pages']} pages, {told['bytes'] / 1e6:.1f} MB in {told['files']} files")
        tagged = [_is_tagged(path) for path in sorted(Path(folder).glob("*.pdf"))]
        return run, sum(tagged) / max(1, len(tagged))


def _is_tagged(path: Path) -> bool:
    import pikepdf

    with pikepdf.open(path) as document:
        return "/StructTreeRoot" in document.Root and bool(document.Root.MarkInfo.Marked) and "/Lang" in document.Root


def covered() -> Iterator[tuple[int, float]]:
    """Pages of best sellers of four days to the share of the fifth day's lines that stand on them."""
    week = read_week()
    for pages in COVERED_MIN:
        codes: set[str] = set()
        for sheet in price_lists(week.matter(), "en"):
            if isinstance(sheet, Sheet) and "best" in sheet.name and len(sheet.data["pages"]) <= pages:
                rows = (row for page in sheet.data["pages"] for side, _ in page["sides"] for row in side if isinstance(row, list))
                codes |= {row[0] for row in rows}
        yield pages, coverage(codes, week.days[-1])


def measure(quick: bool, say: Callable[[str], None]) -> Figure:
    count, times = (5_000, 1) if quick else (50_000, 3)
    with tempfile.TemporaryDirectory(prefix="tideover-bench-") as folder:
        fonts = lay_fonts(Path(folder) / "fonts")
        runs = [go("ours", count, fonts, say) for _ in range(times)]
        drawn, _ = go("canvas", count, fonts, say)
        whole, _ = go("one", count, fonts, say)
        limit, _ = go("bare", min(count, 5_000), fonts, say)
    told = [run.told for run, _ in runs]
    seconds, pages = median(one["seconds"] for one in told), told[0]["pages"]
    checks = [
        Check(f"price list of {count} items, s", seconds, "<=", SECONDS_MAX),
        Check("memory of all its processes, PSS, MB", max(run.peak_mb for run, _ in runs), "<=", MEMORY_MAX_MB),
        Check("booklets that are tagged, share", min(tagged for _, tagged in runs), "==", 1),
        Check(f"rows in the booklets of {count} items", told[0]["rows"], "==", count),
    ]
    checks += [Check(f"share of the next day's lines on {n} pages", share, ">=", COVERED_MIN[n]) for n, share in covered()]
    peers = {
        "ReportLab canvas, untagged": drawn.told["seconds"],
        "typst, one document": whole.told["seconds"],
        "ours, work of all processors": median(one["work_s"] for one in told),
        "ReportLab canvas, work of all processors": drawn.told["work_s"],
    }
    hands = min(HANDS_MAX, cores())
    return Figure("pricelist", count, "s", seconds, peers, limit.told["page_s"] * pages / hands, tuple(checks))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--way"]:
        one_way(sys.argv[2], int(sys.argv[3]), Path(sys.argv[4]), Path(sys.argv[5]))
    else:
        main(__doc__ or "", measure)
