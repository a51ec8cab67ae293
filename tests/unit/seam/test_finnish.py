"""A Finnish reader meets no English: every sentence has its text, with every fact, and pages and errors use them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tideover import errors
from tideover.activate.ladder import Facts, Way, ladder
from tideover.connectors.assisted import keying
from tideover.errors import TideoverError
from tideover.plan.law import LAWS
from tideover.plan.vendors import VENDORS
from tideover.recover.parking import HINT, HINTS
from tideover.trade.receipt import WORDS
from tideover.web import headline
from tideover.words import catalogue, say
from unit.seam.sentences import SOURCE, Said, sentences, shape_of
from unit.web.shop import in_shop

FINNISH = say("fi")
ENGLISH = re.compile(
    r"\b(the|is|are|was|were|not|of|to|and|or|this|that|with|for|its?|has|have|from|cannot|be|by|which|says?|than|an|there|no)\b", re.I
)

# Texts that are not sentences by themselves (their whole is in the catalogue), or that nobody reads at a counter.
PARTS = {
    "activate/fallback.py": {"still open: "},
    "activate/ladder.py": {"an uncertified till is not lawful\0", "handwritten slips are not lawful\0", " in \0"},
    "connectors/assisted/day_report.py": {"credit note"},
    "connectors/assisted/contacts.py": {"contact type"},
    "connectors/practice/cloud.py": {"Bearer \0"},
    "connectors/practice/shapes.py": {"late \0"},
    "connectors/tryton/amounts.py": None,  # What stands in Tryton's own fields is read by Tryton's people, in English.
    "connectors/tryton/documents.py": None,
    "connectors/tryton/link.py": {".account.invoice eu_vat valid", "Session \0"},
    "connectors/tryton/orders.py": {", takes back \0", " (on account \0)"},
    "connectors/tryton/promises.py": {
        "the only one",
        "cash=Cash, card=Card, transfer=Transfer, mobile=Mobile, voucher=Voucher, rounding=Cash rounding",
    },
    "connectors/tryton/refusals.py": {"no account", "default account"},
    "connectors/tryton/shipping.py": {"not allowed"},
    "connectors/tryton/sink.py": {"invoice \0"},
    "connectors/tryton/source.py": {"not like", "not in"},
    "db.py": {"writer \0"},
    "detect/beyond.py": {"breaks off"},
    "detect/cause.py": {"hangs on "},
    "detect/group.py": {" (\0 times in a row)", "\0 over \0"},
    "detect/looks/no_way.py": {  # Their whole stands in the catalogue.
        "\0has no way over that line yet; arm the lines, or give it a default route",
        "\0drops what comes back over that line (rp_filter); arm the lines",
    },
    "detect/ways.py": {"could not look: this machine "},
    "drivers/meter.py": {"table \0\ndelete table \0\n"},
    "drivers/meter_table.py": None,  # The words of nft.
    "drivers/pbx.py": {"ami:HOST, ami:HOST:5038 or ami:HOST:5038/CFIM", "not found"},
    "drivers/resolvers.py": {
        "# Written by Tideover while the shop uses its line {line}; what stood here comes back with it.\n", "nameserver \0\n"
    },
    "errands.py": {"Bearer \0"},
    "plan/answers.py": {
        "ei ole", "ei mitään", "line \0, \0", "; and \0 more",
        "# The answers to Tideover's first questions. Change one and run: tideover start --answers THIS-FILE",
    },
    "plan/questions.py": {"Vend (Lightspeed X-Series)"},
    "process.py": {
        "The box listens on http://\0:\0  (Ctrl-C ends it)",
        "Other devices of the shop reach it over https on port \0; its page /trust says what they need",
    },
    "recover/open_item.py": {"A \0 of \0", "\0 waits for a person: \0", "without a number"},
    "replicate/pull.py": {" and \0 more"},
    "secret.py": {"key (\0)"},
    "trade/slip_desk.py": {"slip-missing \0"},
    "trade/take_back.py": {"sold \0, taken back before \0", "\0: more comes back than is left of the sale (\0)."},
    "web/agent.py": {"Android (\\d+)", "Windows NT 10"},
    "web/described.py": None,  # The API's description is for programmers, in English.
    "web/server.py": {"Tideover box"},
    "web/sessions.py": {"name \0", "address \0"},
    "web/tills.py": {"address \0"},
    "web/witness.py": {"address \0"},
    "web/certificate.py": {"Tideover of \0", "\0: it lies elsewhere, name its file"},
    "plan/playbook_text.py": {" (\0 min)"},
    "plan/playbook_words.py": None,  # The table of a playbook's words in both languages.
    "plan/folder.py": {r"\bline (\d+)\b"},
    "kit/logo.py": {'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \0 \0"><image \0 href="\0"/></svg>'},
    "plan/vendors.py": {text for one in VENDORS.values() for text in (one.name, *one.sources, *one.brands)},
    "plan/law.py": {source for law in LAWS.values() for source in (*law.sources, law.receipt_mark)},
}


def is_part(said: Said) -> bool:
    parts = PARTS.get(said.where.partition(":")[0], set())
    return parts is None or said.text in parts


def english_in(text: str) -> list[str]:
    return [match[0] for match in ENGLISH.finditer(re.sub(r"'[^']*'|\S+\.(toml|json|md|db)|/v1/\S+", "", text))]


# The catalogue ----------------------------------------------------------------------------------------


def test_every_sentence_of_the_code_has_a_finnish_text():
    """What is missing is named with its place."""
    known = {shape_of(text) for text in catalogue("fi")}
    found = list(sentences())
    assert len(found) > 400
    assert [] == [one for one in found if shape_of(one.text) not in known and not is_part(one)]


def test_every_single_word_that_is_shown_has_a_finnish_text():
    """Names of services, states, copies and rungs, and the receipt's words."""
    tables = (headline.SERVICES, headline.STATES, headline.COPIES, headline.CALLERS, headline.RUNGS, WORDS)
    assert set() == {word for table in tables for word in table.values()} - set(catalogue("fi"))


def test_no_finnish_text_is_english():
    """A translator who forgot one is found."""
    assert [] == [(text, said) for text, said in catalogue("fi").items() if english_in(said)]


def test_the_catalogue_is_sorted_and_says_nothing_twice():
    """Two people who add a text do not get into each other's way."""
    file = (SOURCE / "words.fi.po").read_text(encoding="utf-8")
    ids = [line for line in file.splitlines() if line.startswith("msgid ")][1:]
    assert len(set(ids)) == len(ids)
    texts = list(catalogue("fi"))
    assert sorted(texts, key=lambda text: (text.casefold(), text)) == texts


def test_two_texts_of_one_shape_say_the_same():
    """A finished sentence tells nobody which of them it was made from."""
    by_shape: dict[str, set[str]] = {}
    for text, said in catalogue("fi").items():
        kinds = re.sub(r"\{(n|sum|day|list)\d*\}", r"<\1>", text)  # A number, a sum, a day: told apart by how they look.
        by_shape.setdefault(shape_of(kinds), set()).add(shape_of(re.sub(r"\{(n|sum|day|list)\d*\}", r"<\1>", said)))
    assert [] == [shape for shape, said in by_shape.items() if len(said) > 1]


# Finished sentences -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("english", "finnish"),
    [
        ("Sale T1-7 is on its way to the cloud.", "Myynti T1-7 on matkalla pilveen."),
        ("The drawer holds 1234.50 less than the 2000.00 expected.", "Kassalaatikossa on 1\xa0234,50 vähemmän kuin pitäisi (2\xa0000,00)."),
        ("2026-11-20 was closed as Z 3", "20.11.2026 on jo päätetty, Z 3"),
        (
            "Sale 8 stands in the cloud as 77 with total 1.00 instead of 2.00; tenders card 1.00 instead of card 1.50, cash 0.50.",
            "Myynti 8 on pilvessä numerolla 77, mutta eroaa: summa 1,00 eikä 2,00; maksutavat kortti 1,00 eikä kortti 1,50, käteinen 0,50.",
        ),
        (
            "Sale 8 stands in the cloud as 77 with VAT rates 25.5 % 1.00 instead of 13.5 % 1.00.",
            "Myynti 8 on pilvessä numerolla 77, mutta eroaa: verokannat 25,5 % 1,00 eikä 13,5 % 1,00.",
        ),
        ("a.example: no answer in 2.5 s (3 times in a row)", "a.example: ei vastausta 2,5 sekunnissa (3 kertaa peräkkäin)"),
        (
            "A sale of 2026-11-20 waits for a person: The cloud refused it and gave no reason.",
            "Myynti 20.11.2026 odottaa selvitystä: Pilvi ei hyväksynyt sitä eikä kertonut syytä.",
        ),
        (
            "items.csv cannot be read: it is empty. Export it again as CSV.",
            "Lukeminen ei onnistu (items.csv): se on tyhjä. Vie se uudelleen CSV-muodossa.",
        ),
        (
            "There is no line. The lines come to 1.00, tenders and rounding to 0.00.",
            "Rivejä ei ole. Rivien summa on 1,00, maksut ja pyöristys 0,00.",
        ),
    ],
)  # fmt: skip
def test_a_finished_sentence_is_told_again(english, finnish):
    """With the same facts, written as they are there; parts and several sentences, too."""
    assert finnish == FINNISH.told(english)
    assert english == say("en").told(english)


@pytest.mark.parametrize("text", ["", "Terveisin Anna", "Kein Zugriff: 42.", "x; y", "{oops} {0}", "a: b. " * 2_000])
def test_what_is_not_ours_stays_as_it_came(text):
    """A cloud's own words, a person's note, a page of nonsense."""
    assert text == FINNISH.told(text)


def test_names_that_look_like_templates_stay_names():
    """What others typed is put in, never formatted again."""
    assert "Tuotetta {n} {sum} myytiin enemmän kuin pilven mukaan oli." == FINNISH.told(
        "More of item {n} {sum} was sold than the cloud thought was there."
    )


# Errors -----------------------------------------------------------------------------------------------


def every_error() -> list[type[TideoverError]]:
    found, left = [], [TideoverError]
    while left:
        kind = left.pop()
        found.append(kind)
        left += [one for one in kind.__subclasses__() if one.__module__ == errors.__name__]
    return found


@pytest.mark.parametrize("kind", every_error(), ids=lambda kind: kind.code)
def test_every_error_speaks_finnish(kind):
    """Message and hint, with each of their facts."""
    names = re.findall(r"\{(\w+)\}", kind.text + kind.advice)
    facts = {name: 123_456 if name.endswith("_minor") else f"‹{number}›" for number, name in enumerate(names)}
    message, hint = FINNISH.error(kind(**facts))
    assert (message, hint) != (kind(**facts).message, kind(**facts).hint)
    assert [] == english_in(message) + english_in(hint)
    shown = ["1\xa0234,56" if isinstance(fact, int) else fact for fact in facts.values()]
    assert [] == [fact for fact in shown if fact not in message + hint]


def test_the_facts_of_an_error_speak_finnish_too():
    """Its reason is a sentence of ours; the sums in it are sums."""
    error = errors.NotAllowed(who="The cashier", why="a refund of 120.00 is over the limit and has no grant")
    assert "Myyjä ei saa tehdä tätä: hyvitys 120,00 ylittää rajan, eikä siihen ole valtuutta." == FINNISH.error(error)[0]
    error = errors.FileUnreadable(file="a.csv", why="it is empty", next="Export it again as CSV.")
    assert ("Lukeminen ei onnistu (a.csv): se on tyhjä.", "Vie se uudelleen CSV-muodossa.") == FINNISH.error(error)


# What stages say --------------------------------------------------------------------------------------


@pytest.mark.parametrize("cloud", ["up", "down", "degraded", "unknown"])
@pytest.mark.parametrize("cause", ["our-line", "our-network", "their-cloud", "their-login", "flapping", "not-known", "told-by-person"])
def test_every_reason_of_the_ladder_speaks_finnish(cloud, cause):
    """Why a rung does not work, or when it last did."""
    for more in ({}, {"till_lawful": False, "slips_lawful": False, "country": "DE"}, {"device_ok": False, "slips_unused": 7, "tills": 1}):
        facts = Facts(cloud=cloud, cause=cause, other_line=Way("Elisa", ready=False), box_writable=False, **more)
        assert [] == [found for rung in ladder(facts) for found in english_in(FINNISH.told(rung.why))]


def test_every_hint_of_the_lists_speaks_finnish():
    """Parked records and the keying screen."""
    assert [] == [hint for hint in (*HINTS.values(), HINT) if english_in(FINNISH.told(hint))]
    assert "hints" in keying.Screen.__struct_fields__


# Pages ------------------------------------------------------------------------------------------------


def words_of(page: str) -> str:
    """What a person sees of a page."""
    body = re.sub(r"<head>.*?</head>|<code>.*?</code>", "", page, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body))


def test_a_finnish_page_holds_no_english(tmp_path: Path):
    """Fair, reported and confirmed: state, reasons, evidence, buttons, and the error of a late button."""

    async def play(shop):
        await shop.machine.post("/v1/pins", json={"name": "Anna", "pin": "2580"})
        anna = shop.client()
        await anna.post("/sign-in", data={"name": "Anna", "pin": "2580"})
        pages = [await anna.get("/?lang=fi"), await shop.client().get("/sign-in?lang=fi")]
        await shop.machine.post("/v1/outage/report", json={"service": "cloud", "text": "Kassa ei avaudu"})
        pages.append(await anna.get("/?lang=fi"))
        csrf = re.search(r'name="csrf" value="([^"]+)"', pages[0].text)[1]
        await anna.post("/act/confirm", data={"csrf": csrf})
        pages.append(await anna.get("/?lang=fi"))
        await anna.post("/act/all-clear", data={"csrf": csrf})
        pages += [await anna.get("/?lang=fi"), await anna.post("/act/all-clear?lang=fi", data={"csrf": csrf})]
        pages.append(await anna.get("/nothing-here?lang=fi", headers={"Accept": "text/html"}))
        for page in pages:
            assert [] == english_in(words_of(page.text)), words_of(page.text)

    in_shop(tmp_path, play)


def test_an_answer_of_the_api_speaks_the_readers_language(tmp_path: Path):
    """By Accept-Language; codes stay."""

    async def play(shop):
        finnish = {"Accept-Language": "fi"}
        reply = (await shop.machine.post("/v1/outage/all-clear", headers=finnish)).json()
        assert ("wrong-state", "Paluun aloitus ei onnistu nyt: varakäyttö ei ole auki.") == (reply["code"], reply["message"])
        assert [] == english_in(reply["hint"])
        status = (await shop.machine.get("/v1/status", headers=finnish)).json()
        told = [one["meaning"] for one in status["verdicts"]] + [one["why"] for one in status["rung"]["ladder"]]
        assert told and [] == english_in(" ".join(told))
        entries = (await shop.client().post("/v1/entries", content=b"{}", headers=finnish)).json()
        assert "not-signed-in" == entries["code"] and [] == english_in(entries["message"] + entries["hint"])

    in_shop(tmp_path, play)


def test_the_language_that_was_chosen_stays(tmp_path: Path):
    """On that device, until another one is chosen."""

    async def play(shop):
        anna = shop.client()
        await anna.get("/?lang=fi")
        assert '<html lang="fi">' in (await anna.get("/", headers={"Accept-Language": "en"})).text
        assert '<html lang="en">' in (await anna.get("/?lang=en")).text
        assert '<html lang="en">' in (await anna.get("/", headers={"Accept-Language": "fi"})).text

    in_shop(tmp_path, play)


def test_a_person_who_presses_an_old_button_gets_a_page(tmp_path: Path):
    """A browser is shown what to do next, a program its JSON."""

    async def play(shop):
        page = await shop.client().post("/act/confirm", data={"csrf": "old"}, headers={"Accept": "text/html", "Accept-Language": "fi"})
        assert 403 == page.status_code and "sivu on vanhentunut" in page.text and '<a href="/">' in page.text
        assert "not-allowed" == (await shop.client().post("/act/confirm", data={"csrf": "old"})).json()["code"]

    in_shop(tmp_path, play)
