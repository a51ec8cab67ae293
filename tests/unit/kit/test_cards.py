"""The cards: one page each, the customer first, five to nine steps, nothing cut; and the index by what people see."""

from __future__ import annotations

import re
import time
from statistics import median

import pytest
from msgspec.structs import replace

from tideover.kit.cards import sheets
from tideover.kit.sheet import Lack, Sheet
from tideover.plan.playbook import CHECKLIST, STARTERS, playbooks, starter_texts
from unit.kit.book_shop import HEBREW, LONG, NOON, SUPPLIER, bare, feet_of, full, press, raw_texts_of, smallest_of, texts_of, words

SHOPS = {"bare": bare, "full": full}
FOOT = r"(Printed|Tulostettu) \S+ · \S+ \S+( / \S+)? (Page|Sivu) 1 / 1"
CARDS = [key for key in STARTERS if key != CHECKLIST]


def cards(matter, language="en"):
    return {sheet.name: sheet for sheet in sheets(matter, language) if isinstance(sheet, Sheet)}


def shown(way):
    """Every text of a way that has to stand on the card."""
    yield from (way["text"], way["kind"].upper() if "others" in way else "", way["minutes"], way["write"])
    for call in way["calls"]:
        yield from call.values()
    for other in way.get("others", ()):
        yield from (other["label"], *(text for text in shown(other)))


@pytest.mark.parametrize("paper", ["a4", "a5"])
@pytest.mark.parametrize("shop", SHOPS)
@pytest.mark.parametrize("language", ["en", "fi"])
def test_each_starter_card_is_one_page_with_all_its_text(language, shop, paper):
    """With names of forty letters and sums of six digits, on A4 and on A5: five to nine steps and nothing cut."""
    made = cards(SHOPS[shop](language), language)
    for key in CARDS:
        sheet = replace(made[f"card-{key}"], paper=paper)
        (page,) = texts_of(sheet)
        data, page = sheet.data, words(page)
        assert 5 <= len(data["steps"]) <= 9, key
        texts = [data["title"], *data["signs"], *data["says"], *data["back"], *data["times"]]
        texts += [text for box in data["boxes"] for row in box["rows"] for text in (row["strong"], row["rest"])]
        texts += [text for step in data["steps"] for text in (step["number"], *shown(step))]
        assert [] == [text for text in texts if words(text) not in page and HEBREW not in text], (key, page)
        assert re.fullmatch(FOOT, feet_of(sheet)[0]), key


def test_a_card_names_the_decider_the_reader_and_the_sums():
    """With numbers to ring, and in the reader's way of writing sums."""
    (page,) = texts_of(cards(full("fi"), "fi")["card-internet-down"])
    for text in (LONG, "+358 50 765 4321", "Aino Mäkelä", SUPPLIER, "+358 10 190 240 999", "123 456,00 €", "kaikki 10 %", "A-1234567890"):
        assert words(text) in words(page), text


def test_a_shop_that_named_nobody_has_room_to_write():
    """No empty box: lines for the names, for the number to call, and the sums that the settings allow."""
    (page,) = texts_of(cards(bare())["card-internet-down"])
    assert "Name and number:" in page and "Refund everybody 100.00 €" in page
    assert [True, True, False] == [box["rows"][0]["write"] for box in cards(bare())["card-internet-down"].data["boxes"]]


def test_what_is_not_owned_is_not_on_the_card():
    """A shop without a spare line reads nothing about one."""
    key = "card-internet-down"
    assert "Put the till on this line" not in texts_of(cards(bare())[key])[0]
    assert "Put the till on this line" in texts_of(cards(full())[key])[0]


def test_the_index_names_every_symptom_and_the_number_of_its_card():
    """One page; the numbers are those on the cards."""
    for language in ("en", "fi"):
        made = cards(full(language), language)
        index = made["card-index"]
        (page,) = texts_of(index)
        assert [made[f"card-{key}"].data["number"] for key in CARDS] == [row["number"] for row in index.data["rows"]]
        signs = [sign for key in CARDS for sign in playbooks({}, language)[key].signs]
        assert [] == [sign for sign in signs if words(sign) not in words(page)]


def test_the_shops_own_text_is_on_the_card_and_a_broken_one_is_named():
    """The starter card is made in its place, so that none is missing."""
    own = starter_texts()["internet-down.en"].replace("The internet line is dead", "The Wi-Fi is gone")
    made = sheets(bare(playbooks={"internet-down.en": own, "cards-down.en": "nonsense"}), "en")
    lacks = [one for one in made if isinstance(one, Lack)]
    titles = [one.title for one in made if isinstance(one, Sheet)]
    assert "The Wi-Fi is gone" in titles and "Card payments do not work" in titles
    assert ["card"] == [one.kind for one in lacks]
    assert "Your text cards-down.en cannot be read, so the starter card was made: line 1: " in lacks[0].why


def test_the_longest_text_that_is_allowed_stays_on_its_page():
    """Nine steps of full length with three ways each: small, and still one page."""
    head = "# " + "T" * 60 + "\nRevision: 1\n## What you see\n" + "\n".join(f"- {n}{' sign' * 17}" for n in range(5))
    says = "\n## Say first\n- " + "word " * 31 + "\n- " + "word " * 31
    steps = "\n## Steps\n" + "\n".join(f"{n}. Do (5 min): {'word ' * 47}" for n in range(1, 10))
    sheet = cards(full(playbooks={"long.en": head + says + steps + "\n"}))["card-long"]
    assert 9 == len(sheet.data["steps"])
    assert 1 == len(texts_of(sheet))
    assert re.fullmatch(FOOT, feet_of(sheet)[0])


def test_nothing_on_a_card_is_smaller_than_eight_points():
    """On A4 and on A5, in the fullest shop: a bad printer still shows it."""
    for sheet in cards(full("fi"), "fi").values():
        assert [True, True] == [smallest_of(replace(sheet, paper=paper)) >= 7.99 for paper in ("a4", "a5")], sheet.name


@pytest.mark.parametrize("count", [1, 12, 35, 38, 40])
def test_a_card_of_any_length_ends_above_its_foot(count):
    """Also where the first look at its height was too hopeful: nothing runs into the foot."""
    head = "# The oven is cold\nRevision: 1\n## What you see\n- It is cold\n\n## Say first\n- One.\n- Two.\n\n## Steps\n"
    text = head + "\n".join(f"{n}. Do (5 min): {'sword ' * count}" for n in range(1, 10)) + "\n"
    assert re.fullmatch(FOOT, feet_of(cards(bare(playbooks={"long.en": text}))["card-long"])[0])


def test_a_sum_is_not_torn_over_two_lines():
    """Its spaces are those that do not break."""
    (page,) = raw_texts_of(cards(full("fi"), "fi")["card-internet-down"])
    assert "123\xa0456,00\xa0€" in page


def test_an_account_number_is_not_torn_over_two_lines():
    """Whoever reads it out on the phone reads on one line; one as long as a text may break."""
    shop = full("fi")
    for number, shown_as in (("77 1234 5678", "77\xa01234\xa05678"), ("A 1 " * 10, "A 1 " * 10)):
        told = replace(shop, parties=tuple(replace(one, account=number) for one in shop.parties))
        assert shown_as.strip() in str(cards(told, "fi")["card-internet-down"].data).replace("\\xa0", "\xa0")


def test_the_same_matter_is_the_same_card_byte_for_byte():
    """And a change of a number to call is another content."""
    one, again = cards(full())["card-cards-down"], cards(full())["card-cards-down"]
    assert press().pdf(one, NOON) == press().pdf(again, NOON)
    assert one.content == again.content != cards(full(), "fi")["card-cards-down"].content
    assert one.content != cards(replace(full(), parties=()))["card-cards-down"].content


def test_how_long_a_card_takes(capsys):
    """Printed, not judged: the machine may be busy."""
    made = [sheet for name, sheet in cards(full()).items() if name != "card-index"]
    press().pdf(made[0], NOON)
    took, worked = [], []
    for sheet in made:
        before = time.perf_counter(), time.process_time()
        assert press().pdf(sheet, NOON).startswith(b"%PDF")
        took.append(1000 * (time.perf_counter() - before[0]))
        worked.append(1000 * (time.process_time() - before[1]))
    with capsys.disabled():
        print(f"\n  a card pressed: {median(took):.0f} ms, {median(worked):.0f} ms of it at work (median of {len(took)}, fullest shop)")
