"""The pocket kit on a phone: opened from the disk with the network off, by people who mistype and files that broke."""

from __future__ import annotations

import json
import random
import re
import unicodedata
from pathlib import Path

import pytest

from tideover.copies.fold import fold, words_in
from tideover.kit import pocket
from unit.kit.corner_shop import PHRASE, SCRIPT, items, matter

pytestmark = pytest.mark.xdist_group("test_pocket")  # One browser for the file, in one process.

VECTORS = Path(__file__).parent.parent / "vectors"
COPY = "0192f3c4-0000-7000-8000-00000000000b"
NO_WEBCRYPTO = "Object.defineProperty(globalThis, 'crypto', { value: {} });"
NO_UNPACKING = "delete globalThis.DecompressionStream;"
ROUNDS = 1_000  # Quick for most tests; the real number is tried by one.


def locked(folder: Path, shop=None, language="fi", **how) -> Path:
    shop = shop or matter()
    maker = pocket.Maker(**{"phrase": PHRASE, "chance": random.Random(1).randbytes, "rounds": ROUNDS, **how})
    path = folder / "pocket-kit.html"
    path.write_bytes(pocket.lock(shop, pocket.pocket_sheet(shop, language), maker))
    return path


def unlock(phone, path: Path, phrase: str = PHRASE) -> None:
    phone.goto(path.as_uri())
    phone.fill("#phrase", phrase)
    phone.click("button.main")
    phone.wait_for_selector("#kit")


def show(phone, page: str) -> str:
    """A page of the opened kit with everything unfolded, as text."""
    phone.click(f"nav button[data-page={page}]")
    phone.eval_on_selector_all("details", "all => all.forEach((one) => { one.open = true; })")
    return phone.inner_text("#kit")


def test_it_opens_from_the_disk_with_the_network_off(tmp_path, phone):
    """With the rounds of real life; prices, cards, contacts and plan are there, and nothing was asked of any network."""
    unlock(phone, locked(tmp_path, rounds=pocket.ROUNDS), "Omena-Karhu  lumi SILTA")
    assert "Näkkileipä" in show(phone, "prices") and "2,59\xa0€" in phone.inner_text("#kit")
    cards = show(phone, "cards")
    assert "Netti on poikki" in cards and "Palvelemme silti." in cards and "katso reititin" in cards and "ota vara-PC" in cards
    assert "tel:+35880012345" in phone.eval_on_selector_all("#kit a", "all => all.map((one) => one.getAttribute('href'))")
    assert "Vara-PC" in show(phone, "plan") and "50,00" in phone.inner_text("#kit")
    assert ([], []) == (phone.asked, phone.faults)


def test_a_tap_calls(tmp_path, phone):
    """Each number is a tel: link with nothing but its digits; what is no number is no link."""
    unlock(phone, locked(tmp_path))
    show(phone, "contacts")
    links = phone.eval_on_selector_all("#kit a", "all => all.map((one) => one.getAttribute('href'))")
    assert ["tel:+358401234567", "mailto:anna@example.fi", "tel:+35880012345", "tel:09555123"] == links
    assert "javascript:alert(1)" in phone.inner_text("#kit")  # As text.


def test_hostile_texts_stay_texts(tmp_path, phone):
    """A name that is markup, a formula and right-to-left text: shown, never run, and the page stays as wide as the phone."""
    unlock(phone, locked(tmp_path))
    phone.fill("#search", "onerror")
    assert "<img src=x onerror=alert(1)>" in phone.inner_text("#kit") and "123\xa0456,78\xa0€" in phone.inner_text("#kit")
    assert 0 == phone.locator("img").count()
    assert 390 >= phone.evaluate("document.documentElement.scrollWidth")
    assert SCRIPT in show(phone, "contacts")
    assert [] == phone.faults


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("näkki", ["A1"]),
        ("nakki", ["A2"]),
        ("creme BRULEE", ["A3"]),
        ("brûl", ["A3"]),
        ("leipä", ["A1"]),
        ("eipä", ["A1"]),
        ("a4", ["A4"]),
        ("ruuvi 40", ["A4"]),
        ("6410405060716", ["A1"]),
        ("06410405060716", ["A1"]),
        ("poistunut", []),
        ("  ", []),
        ("((((", []),
    ],
)
def test_prices_are_found_as_a_finn_expects(tmp_path, phone, typed, found):
    """Å, ä and ö are letters of their own, other accents are not; by beginning, middle, code or barcode."""
    unlock(phone, locked(tmp_path))
    assert found == [row[0] for row in phone.evaluate("(text) => pocket.search(text)", typed)]


def test_every_letter_folds_as_the_box_folds_it(tmp_path, phone):
    """All letters of Europe's scripts, one by one and in a word, through the page's own fold."""
    phone.goto(locked(tmp_path).as_uri())
    points = (*range(0x20, 0x590), *range(0x1E00, 0x2000))
    letters = [letter for letter in map(chr, points) if unicodedata.category(letter)[0] in "LNPSZ"] + ["ﬁ", "№", "①", "e\u0301", "a\u030a"]
    texts = [text for letter in letters for text in (letter, f"Ka{letter}li  ÄÖ")]
    theirs = phone.evaluate("(texts) => texts.map((text) => Find.fold(text))", texts)
    different = [(text, ours, other) for text, other in zip(texts, theirs, strict=True) if (ours := fold(text)) != other]
    assert [] == different
    sample = "Näkki-leipä 4×40 (crème) A_1"
    assert words_in(fold(sample)) == phone.evaluate("(text) => Find.wordsIn(Find.fold(text))", sample)


def test_ten_thousand_items_are_searched(tmp_path, phone):
    """By any word, and the list is shown; how fast is for bench/pocket.py."""
    unlock(phone, locked(tmp_path, matter(items=items(10_000))))
    phone.fill("#search", "näkkileipä 77")
    assert phone.locator("#kit li").count() > 0
    assert all("näkkileipä" in text for text in phone.locator("#kit li").all_inner_texts())


def vectors(name):
    return json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))


SUMS = {
    "rounding": "(one) => ({ value: String(Sums.divideRounded(BigInt(one.numerator), BigInt(one.denominator))) })",
    "rounding_cash": """(one) => {
        const paid = Sums.roundCash(BigInt(one.minor), BigInt(one.step_minor));
        return { paid_minor: String(paid), rounding_minor: String(BigInt(one.minor) - paid) };
    }""",
    "pricing": """(one) => {
        const amount = Sums.lineAmount(BigInt(one.quantity), BigInt(one.unit_price));
        return { amount_minor: String(amount - BigInt(one.discount_minor)) };
    }""",
    "vat": """(one) => {
        const lines = one.lines.map((line) => ({ rate: BigInt(line.vat_ppm), amount: BigInt(line.amount_minor) }));
        const { byRate, gross, vat } = Sums.vat(lines, one.prices_include_vat);
        const rates = byRate.map((rate) => ({ vat_ppm: String(rate.rate), gross_minor: String(rate.gross), vat_minor: String(rate.vat) }));
        return { by_rate: rates, gross_minor: String(gross), vat_minor: String(vat) };
    }""",
}


def as_texts(value):
    """Numbers as text: beyond 2^53 nothing else comes out of a page whole."""
    if isinstance(value, dict):
        return {key: as_texts(inner) for key, inner in value.items()}
    return [as_texts(one) for one in value] if isinstance(value, list) else str(value)


@pytest.mark.parametrize("name", SUMS)
def test_sums_are_those_of_the_vectors(tmp_path, phone, name):
    """The same files that the box and the tills run: rounded half away from zero, VAT per document and rate."""
    phone.goto(locked(tmp_path).as_uri())
    cases = vectors(name)
    assert len(cases) >= 10
    given = [json.dumps(one["in"]) for one in cases]
    found = phone.evaluate(f"(given) => given.map((one) => ({SUMS[name]})(JSON.parse(one)))", given)
    assert [as_texts(one["out"]) for one in cases] == found


def test_a_sum_with_vat_and_change(tmp_path, phone):
    """Two of one, a weighed one, cash rounded to five cents, and what comes back from a note."""
    unlock(phone, locked(tmp_path))
    for typed, times in (("näkkileipä", 2), ("juusto", 1)):
        phone.fill("#search", typed)
        for _ in range(times):
            phone.click("#kit li:first-child button")
    show(phone, "sum")
    phone.locator("input.few").nth(1).fill("0,333")
    phone.fill("#given", "20")
    text = phone.inner_text("#kit")
    # 2 × 2,59 + 0,333 × 12,99 = 5,18 + 4,33 (4,32567) = 9,51; VAT 13,5 %: 1,13; in cash 9,50; back 10,50.
    for needed in ("9,51\xa0€", "1,13\xa0€", "9,50\xa0€", "10,50\xa0€", "13,5\xa0%"):
        assert needed in text, needed
    phone.fill("#given", "5,00")
    assert "Puuttuu vielä" in phone.inner_text("#kit") and "4,50\xa0€" in phone.inner_text("#kit")
    phone.fill("#given", "kymppi")
    assert "Kirjoita summa" in phone.inner_text("#kit")
    phone.fill("#given", "1000000000000")
    assert "Kirjoita summa" in phone.inner_text("#kit")
    phone.click("text=Seuraava asiakas")
    assert "täällä ei ole vielä mitään" in show(phone, "sum").lower()


def test_a_wrong_pass_phrase_is_said_in_both_languages(tmp_path, phone):
    """Nothing is lost: the right one opens it afterwards."""
    path = locked(tmp_path)
    phone.goto(path.as_uri())
    phone.fill("#phrase", "omena karhu lumi silmu")
    phone.click("button.main")
    phone.wait_for_selector("#told.loud")
    told = phone.inner_text("#told")
    assert "Tunnuslause ei ole oikea" in told and "That is not the pass-phrase" in told
    phone.fill("#phrase", PHRASE)
    phone.click("button.main")
    phone.wait_for_selector("#kit")


@pytest.mark.parametrize("share", [0.02, 0.1, 0.3, 0.45, 0.6, 0.8, 0.95, 0.998])
def test_a_truncated_file_says_so(tmp_path, phone, share):
    """Wherever it was cut off: in the style, in the script, in the sealed part, in its last bytes."""
    path = locked(tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    phone.goto(path.as_uri())
    if share > 0.1:
        text = phone.inner_text("body")
        assert "the file is not whole" in text and "tiedosto ei ole kokonainen" in text
    assert 0 == phone.locator("#phrase").count()


def test_a_damaged_file_is_told_from_a_wrong_pass_phrase(tmp_path, phone):
    """One letter of the sealed part is another one."""
    path = locked(tmp_path)
    body = path.read_bytes()
    at = body.index(b'"content":"') + 500
    path.write_bytes(body[:at] + (b"A" if body[at : at + 1] != b"A" else b"B") + body[at + 1 :])
    phone.goto(path.as_uri())
    phone.fill("#phrase", PHRASE)
    phone.click("button.main")
    phone.wait_for_selector("#told.loud")
    assert "The file is damaged" in phone.inner_text("#told") and "Tiedosto on vioittunut" in phone.inner_text("#told")


def test_a_browser_that_cannot_unlock_says_so(tmp_path, phone):
    """Without WebCrypto: plain words in both languages, and no field to type a secret into."""
    phone.add_init_script(NO_WEBCRYPTO)
    phone.goto(locked(tmp_path).as_uri())
    text = phone.inner_text("body")
    assert "cannot unlock" in text and "ei osaa avata" in text and 0 == phone.locator("#phrase").count()


def test_a_browser_that_cannot_unpack_still_opens_it(tmp_path, phone):
    """An older one has no DecompressionStream; the kit brings its own."""
    phone.add_init_script(NO_UNPACKING)
    unlock(phone, locked(tmp_path, matter(items=items(2_000))))
    assert 2_000 == phone.evaluate("pocket.search('b01999').length ? 2000 : 0")


def test_an_old_kit_says_so_before_and_after_it_is_opened(tmp_path, phone):
    """It still opens: an old price is better than none, as long as everybody knows."""
    path = locked(tmp_path, matter(today=matter().today.replace(year=2020)))
    phone.goto(path.as_uri())
    assert "This kit is old: it was good until 2020-12-21" in phone.inner_text("#door")
    unlock(phone, path)
    assert "Tämä pakki on vanha: se oli voimassa 21.12.2020 asti" in phone.inner_text("body")


@pytest.mark.parametrize("language", ["en", "fi"])
def test_a_kit_speaks_its_holders_language(tmp_path, phone, language):
    """All five pages, without a word that nobody filled in."""
    unlock(phone, locked(tmp_path, language=language))
    text = "\n".join(show(phone, page) for page in ("prices", "sum", "cards", "contacts", "plan"))
    assert language == phone.get_attribute("html", "lang")
    assert "{" not in text and "undefined" not in text and not re.search(r"\bnull\b", text)
    assert ("Kysy" if language == "en" else "VAT is") not in text
