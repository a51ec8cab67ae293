"""The till's catalogue in a real browser: what is found by code, by scan and by typing, and what is not."""

from __future__ import annotations

import pytest

from browser.modules import page_of

pytestmark = pytest.mark.xdist_group("test_till_core")


def item(code, name, *barcodes, **more):
    return {"code": code, "name": name, "unit_price": 10_000, "vat_ppm": 135_000, "barcodes": list(barcodes), **more}


ITEMS = [
    item("100", "Ruisleipä", "6410405082657"),
    item("101", "Näkkileipä", "036000291452"),
    item("102", "Nakki 300 g"),
    item("103", "Crème fraîche"),
    item("104", "Lihapulla, Äijälä", department="Lihat"),
    item("105", "Leipäveitsi", "96385074"),
    item("106", "Makkara, vanha", "4006381333931", archived=True),
    item("107", "Kinkku, paino", "2312345600004", unit="kg"),
    item("A-0012", "Åkerblomin sinappi"),
    item("108", "Kahvi tumma 500 g", "10036000291459"),
    item("109", "Kahvi vaalea 500 g", "10036000291459"),
    item("6410", "Kuusituhatta"),
]
CATALOGUE = """async ([items, asked, country, changes]) => {
  const { Catalogue } = await import("/till/core/search.js");
  const made = new Catalogue(items, { country });
  for (const change of changes) { made.search("a"); made.update(change); }
  return asked.map(([what, text, limit]) => {
    if (what === "search") return made.search(text, limit ?? 20).map((one) => one.code);
    const hit = made.byCode(text);
    return hit && { code: hit.item.code, quantity: hit.quantity, by: hit.by, others: hit.others.map((one) => one.code) };
  });
}"""


@pytest.fixture(scope="module")
def page(chromium):
    with page_of(chromium) as page:
        yield page


def ask(page, *asked, items=ITEMS, country="FI", changes=()):
    return page.evaluate(CATALOGUE, [items, [list(one) for one in asked], country, list(changes)])


def search(page, *texts, **more):
    return ask(page, *(("search", text) for text in texts), **more)


def by_code(page, *texts, **more):
    found = ask(page, *(("byCode", text) for text in texts), **more)
    return [None if one is None else (one["code"], one["by"]) for one in found]


def test_letters_are_found_typed_or_not(page):
    """å, ä and ö without their dots find the same; who types them sees the right ones first; other accents never matter."""
    found = search(page, "näkki", "nakki", "NÄKKI", "creme", "crème", "akerblom", "åkerblom", "aijala", "a\u0308ija")
    assert [["101", "102"], ["102", "101"], ["101", "102"], ["103"], ["103"], ["A-0012"], ["A-0012"], ["104"], ["104"]] == found


def test_words_are_found_by_their_beginning_then_from_within(page):
    """Every word typed must be there, in any order; a compound is found by its second part; names that begin so come first."""
    found = search(page, "leipä", "tumma kah", "kah 500 vaal", "lihat", "500", "kkileip", "kahvi sinappi", "ei ole")
    assert [["105", "101", "100"], ["108"], ["109"], ["104"], ["108", "109"], ["101"], [], []] == found


def test_codes_and_barcodes_are_found_while_they_are_typed(page):
    """A code's beginning, a whole code first, a barcode's beginning; nothing for nothing typed."""
    found = search(page, "a-00", "6410", "64104050", "", "   ", "-,;", "10")
    assert [["A-0012"], ["6410", "100"], ["100"], [], [], []] == found[:6]
    assert {"100", "101", "109"} <= set(found[6])


def test_what_the_cloud_put_away_is_only_found_by_its_code(page):
    """An archived item is not offered, but a scan of it is no riddle."""
    assert [[], []] == search(page, "makkara", "4006381333931")
    assert [("106", "barcode"), ("106", "code")] == by_code(page, "4006381333931", "106")


def test_scans_in_every_form_find_their_item(page):
    """UPC as EAN, GTIN-14 with zeros, EAN-8, blanks; a wrong digit finds nothing."""
    texts = ("6410405082657", "06410405082657", " 6410405082657 ", "0036000291452", "036000291452", "96385074")
    texts += ("6410405082658", "", "a-0012")
    wanted = [("100", "barcode")] * 3 + [("101", "barcode")] * 2 + [("105", "barcode"), None, None, ("A-0012", "code")]
    assert wanted == by_code(page, *texts)
    [both] = ask(page, ("byCode", "10036000291459"))
    assert ("108", ["109"]) == (both["code"], both["others"])


def test_a_weight_label_gives_item_and_weight(page):
    """Of each weight class; only where such labels are the country's, and only for an item that is sold so."""
    found = ask(page, ("byCode", "2312345607898"), ("byCode", "2412345612349"), ("byCode", "2399999907891"))
    assert [("107", 789, "weight"), ("107", 12_340, "weight")] == [(one["code"], one["quantity"], one["by"]) for one in found[:2]]
    assert [None] == found[2:]
    assert [None] == by_code(page, "2312345607898", country="GB")


def test_changes_are_found_at_once(page):
    """New, renamed, with another barcode, gone, put away and back: search and scan know it, and the old is forgotten."""
    change = {
        "rows": [
            item("200", "Uutuusjuusto", "7350053850019"), item("100", "Ruispala", "6410405082664"),
            item("102", "Nakki 300 g", archived=True), item("106", "Makkara, taas"),
        ],
        "gone": ["105"],
    }  # fmt: skip
    for changes in ([change], [change, {"gone": ["200"]}, {"rows": [item("200", "Uutuusjuusto", "7350053850019")]}]):
        found = search(page, "uutuus", "ruisl", "ruispala", "nakki", "veitsi", "taas", "juusto", changes=changes)
        assert [["200"], [], ["100"], ["101"], [], ["106"], ["200"]] == found
        wanted = [("200", "barcode"), None, ("100", "barcode"), None, ("102", "code")]
        assert wanted == by_code(page, "7350053850019", "6410405082657", "6410405082664", "96385074", "102", changes=changes)


def test_many_changes_are_all_found(page):
    """Two thousand new items, more than are kept beside the index; then each is gone again."""
    rows = [item(f"N{n}", f"Uusi tuote {n}", f"{n:08d}") for n in range(2_000)]
    changes = [{"rows": rows}]
    found = search(page, "uusi 1999", "n7", changes=changes)
    assert (["N1999"], "N7") == (found[0], found[1][0])
    gone = [*changes, {"gone": [one["code"] for one in rows]}]
    assert [[], ["101", "102"]] == search(page, "uusi tuote", "näkki", changes=gone)


def test_what_nobody_types_breaks_nothing(page):
    """Ten thousand letters, half a character, right-to-left names, emoji, signs of regular expressions, empty items."""
    odd = [item("", "", ""), item("1", "שלום קפה"), item("2", "🍞 leipä [a-z]* \\ %"), item("3", "x" * 5_000)]
    odd.append({"code": "4", "name": "vain nimi", "vat_ppm": 0})
    found = search(page, "a" * 10_000, "\udc00", "שלום", "[a-z]*", "🍞", "%", "x" * 100, "vain", "__proto__", "constructor", items=odd)
    assert [[], [], ["1"], ["2"], [], [], ["3"], ["4"], [], []] == found
    assert [None, None] == by_code(page, "__proto__", "toString", items=odd)
