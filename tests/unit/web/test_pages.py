"""The first plain page: one state, one action, one sum; in both languages; without scripts; nothing from elsewhere."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from msgspec.structs import replace

from tideover.activate.ladder import NAMES
from tideover.detect.cause import CAUSES
from tideover.model.answer import Answer
from tideover.model.facts import FindingRaised, InFlight
from tideover.model.item import DATASETS
from tideover.web import headline as headlines
from tideover.web.headline import headline
from tideover.web.status import (
    CopyNow,
    InFlightNow,
    JournalNow,
    MoneyNow,
    OutageNow,
    RecoverNow,
    RungNow,
    Status,
    VerdictNow,
)
from tideover.words import catalogue
from unit.web.shop import in_shop
from unit.web.test_access import signed_in
from unit.web.test_lists import sold
from unit.web.till import Till, coffee

WEB = Path(headlines.__file__).parent


FAIR = VerdictNow("cloud", "up", "none", None, (), "", "")
TOLD = VerdictNow("cards", "down", "told-by-person", None, (), "", "")
TOLD_STATE = "Somebody here says that this does not work: card payments."


def a_status(**more) -> Status:
    """A fair day."""
    fair = {
        "now": 0,
        "shop": "Kulmakauppa",
        "trading_day": "2026-11-20",
        "phase": "none",
        "outage": None,
        "rung": RungNow(0, "cloud", ()),
        "verdicts": (FAIR,),
        "recover": RecoverNow(0, 0, 0, 0, 0, 0, None, None, ""),
        "in_flight": InFlightNow(0),
        "copies": (),
        "journal": JournalNow("0:", True),
        "findings_open": 0,
        "money": MoneyNow("EUR", 0, 0, 0),
        "tills": (),
    }
    return Status(**{**fair, **more})


def a_copy(as_of: int | None = 0, age_s: float | None = None, error: str | None = None) -> CopyNow:
    """The copy of items and prices."""
    return CopyNow("items", as_of, age_s, 3, "3", "", error)


STALE = "The cloud till works, but we have no fresh copy of its prices."
OUTAGE = OutageNow("o", "fallback", "our-line", 0, 0, None, None)


@pytest.mark.parametrize(
    ("more", "tone", "state", "action", "sum_minor"),
    [
        ({}, "calm", "All is well.", headlines.SELL_ON[0], None),
        ({"verdicts": ()}, "watch", "It is not known yet whether the cloud answers.", None, None),
        ({"journal": JournalNow("0:", False)}, "stop", "The box cannot record sales.", None, None),
        ({"phase": "suspected", "outage": OUTAGE}, "watch", CAUSES["our-line"].meaning, None, None),
        (
            {"phase": "fallback", "outage": OUTAGE, "rung": RungNow(4, "till", ()), "money": MoneyNow("EUR", 1250, 0, 0)},
            "act", CAUSES["our-line"].meaning, "Sell on Tideover's till.", 1250,
        ),
        (
            {"phase": "recovering", "in_flight": InFlightNow(2), "recover": RecoverNow(1, 0, 0, 3, 0, 0, None, None, "")},
            "act", "The cloud is back; our sales are being booked there.", "Check the sales that were in flight: {n} open.", None,
        ),
        (
            {"phase": "recovering", "recover": RecoverNow(3, 1, 0, 0, 0, 0, None, None, ""), "money": MoneyNow("EUR", 900, 700, 50)},
            "watch", "The cloud is back; our sales are being booked there.",
            "Sell on the cloud till again. Sales on their way: {n}.", 750,
        ),
        ({"phase": "recovering"}, "act", "The cloud is back and holds all our sales.", None, None),
        ({"recover": RecoverNow(0, 0, 0, 1, 0, 0, None, None, "")}, "act", "The cloud till works.", None, None),
        ({"copies": (a_copy(as_of=None, error="no"),)}, "watch", STALE, None, None),
        ({"copies": (a_copy(age_s=90_000.0, error="no"),)}, "watch", STALE, None, None),
        ({"copies": (a_copy(age_s=900.0, error="no"),)}, "calm", "All is well.", None, None),
        ({"verdicts": (FAIR, TOLD)}, "watch", TOLD_STATE, "Ask them what they see, and start its playbook.", None),
        ({"verdicts": (FAIR, replace(TOLD, state="degraded"))}, "calm", "All is well.", None, None),
    ],
)  # fmt: skip
def test_the_first_thing_that_matters_is_said_first(more, tone, state, action, sum_minor):
    """One state, one action, and a sum where there is one."""
    first = headline(a_status(**more), has_cloud=True)
    assert (tone, state, sum_minor) == (first.tone, first.state, first.sum_minor)
    assert action in (None, first.action)


def test_without_a_cloud_the_next_action_is_to_set_one_up():
    """A box that was just started says what it lacks."""
    assert "No cloud is set up yet." == headline(a_status(verdicts=()), has_cloud=False).state


def test_every_rung_has_its_sentence():
    """The ladder and the page speak of the same rungs."""
    assert list(range(len(NAMES))) == sorted(headlines.SELL_ON)
    assert set(NAMES) == set(headlines.RUNGS)


def spoken() -> set[str]:
    """Every text that a page can say."""
    found = set()
    for page in (WEB / "pages").glob("*.j2"):
        found |= {match[0] or match[1] for match in re.findall(r"""say\(\s*(?:"([^"]+)"|'([^']+)')""", page.read_text())}
    source = Path(headlines.__file__).read_text()
    found |= set(re.findall(r'(?<!")"([A-Z][^"]{8,}[.])"', source))
    for names in (headlines.SERVICES, headlines.STATES, headlines.COPIES, headlines.CALLERS, headlines.RUNGS):
        found |= set(names.values())
    for cause in CAUSES.values():
        found |= {cause.meaning, cause.next_step}
    return found


def test_every_text_of_a_page_is_there_in_finnish():
    """What is missing is named."""
    texts = spoken()
    assert len(texts) > 100
    assert set() == texts - set(catalogue("fi"))


def test_every_copy_has_a_name():
    """A dataset that is added gets words too."""
    assert set(DATASETS) == set(headlines.COPIES)


class Resources(HTMLParser):
    """What a page loads, and where its forms go."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        assert "style" not in given and not any(name.startswith("on") for name in given), (tag, given)
        for name in ("src", "href", "action"):
            if name in given:
                self.loaded.append(given[name])

    def handle_data(self, data):
        self.text.append(data)


@pytest.mark.parametrize("path", ["/", "/?lang=fi", "/sign-in", "/v1/api"])
def test_pages_load_nothing_from_elsewhere(tmp_path, path):
    """Our own files only, and all of them are there; no inline script or style, as the headers forbid them."""

    async def play(shop):
        client = shop.client()
        page = Resources()
        page.feed((await client.get(path)).text)
        assert page.loaded
        for one in page.loaded:
            assert one.startswith(("/", "?")) and not one.startswith("//"), one
            if one.startswith("/static/"):
                assert 200 == (await client.get(one)).status_code, one

    in_shop(tmp_path, play)


def test_the_page_speaks_the_readers_language(tmp_path):
    """By ?lang=, by the browser's wish, by the shop's setting."""

    async def play(shop):
        async def heading(path, **headers):
            return re.search(r"<h1[^>]*>([^<]*)", (await shop.client().get(path, headers=headers)).text)[1]

        finnish, english = "Vielä ei tiedetä, vastaako pilvi.", "It is not known yet whether the cloud answers."
        assert finnish == await heading("/")
        assert english == await heading("/?lang=en")
        assert english == await heading("/", **{"Accept-Language": "sv, en;q=0.9, fi;q=0.5"})
        assert finnish == await heading("/?lang=xx", **{"Accept-Language": "de"})

    in_shop(tmp_path, play, language="fi")


def test_what_others_typed_is_shown_as_text(tmp_path):
    """A till's or a shop's name is never markup."""

    async def play(shop):
        await Till(shop, "<script>alert(1)</script>").enrol()
        page = (await shop.client().get("/")).text
        assert "<script>alert" not in page and "&lt;script&gt;alert" in page

    in_shop(tmp_path, play)


def test_a_person_signs_in_and_opens_the_fallback_without_scripts(tmp_path):
    """Plain forms; the page's own token is needed."""

    async def play(shop):
        await shop.machine.post("/v1/pins", json={"name": "Anna", "pin": "2580"})
        anna = shop.client()
        wrong = await anna.post("/sign-in", data={"name": "Anna", "pin": "1"})
        assert 401 == wrong.status_code and 'value="Anna"' in wrong.text
        assert 303 == (await anna.post("/sign-in", data={"name": "Anna", "pin": "2580"})).status_code
        page = (await anna.get("/")).text
        csrf = re.search(r'name="csrf" value="([^"]+)"', page)[1]
        assert 403 == (await anna.post("/act/confirm", data={"csrf": "guess"})).status_code
        assert 303 == (await anna.post("/act/confirm", data={"csrf": csrf})).status_code
        assert "fallback" == shop.house.fallback.outage.phase
        assert "Sell on numbered slips." in (await anna.get("/")).text
        assert 303 == (await anna.post("/act/all-clear", data={"csrf": csrf})).status_code
        late = await anna.post("/act/all-clear", data={"csrf": csrf})
        assert 409 == late.status_code and "no fallback is open" in late.text
        assert 404 == (await anna.post("/act/dance", data={"csrf": csrf})).status_code
        assert 303 == (await anna.post("/sign-out", data={"csrf": csrf})).status_code
        assert "nobody" == (await anna.get("/v1/me")).json()["kind"]

    in_shop(tmp_path, play)


def test_a_strangers_page_has_no_buttons_and_no_sums(tmp_path):
    """The state is for everybody in the shop; acting is for people who are signed in."""

    async def play(shop):
        page = (await shop.client("192.168.1.66").get("/")).text
        assert "<form" not in page and "€" not in page
        anna, _ = await signed_in(shop)
        assert "<form" in (await anna.get("/")).text

    in_shop(tmp_path, play)


def test_a_parked_sale_is_solved_on_the_page(tmp_path):
    """Its reason and what to do stand there, for people of the shop only; the buttons do what the API does."""

    async def play(shop):
        anna, _ = await signed_in(shop)
        entry = await sold(shop)
        shop.house.cloud.answers = [Answer("refused", reason="No item 7.", cause="item-gone"), Answer("created", number="C-1")]
        await shop.house.outbox.turn()
        page = (await anna.get("/?lang=fi")).text
        for needed in ("Selvitettäviä myyntejä: 1. Ohje on alla.", "No item 7.", "jatka lähetystä", "2,50\xa0€", "owner"):
            assert needed in page, needed
        assert "No item 7." not in (await shop.client("192.168.1.66").get("/")).text
        csrf = re.search(r'name="csrf" value="([^"]+)"', page)[1]
        assert 403 == (await anna.post(f"/parked/{entry}", data={"csrf": "guess", "how": "send_on"})).status_code
        missing = await anna.post(f"/parked/{entry}", data={"csrf": csrf, "how": "was_booked", "number": " "})
        assert 400 == missing.status_code and "pilven numero puuttuu" in missing.text
        assert 400 == (await anna.post(f"/parked/{entry}", data={"csrf": csrf, "how": "burn"})).status_code
        assert 303 == (await anna.post(f"/parked/{entry}", data={"csrf": csrf, "how": "send_on"})).status_code
        await shop.house.outbox.turn()
        assert "No item 7." not in (await anna.get("/")).text
        late = await anna.post(f"/parked/{entry}", data={"csrf": csrf, "how": "send_on"})
        assert 409 == late.status_code

    in_shop(tmp_path, play)


def test_a_sale_in_flight_is_settled_on_the_page(tmp_path):
    """The person who was there says it: not booked makes it ours, to be sent."""

    async def play(shop):
        till = await Till(shop, "Till 1").enrol()
        flying = InFlight(document=coffee("C-17"), kind="sale", reference="C-17")
        entry = (await till.send(till.sign(flying, kind="in_flight")))["answers"][0]["id"]
        path = f"/in-flight/{entry}"
        for _ in range(100):
            await shop.house.in_flight.turn()
            shop.world.pass_time(hours=1)
        anna, csrf = await signed_in(shop)
        assert f'action="{path}"' in (await anna.get("/")).text
        assert 401 == (await shop.client().post(path, data={"csrf": csrf, "outcome": "was_booked"})).status_code
        assert 403 == (await anna.post(path, data={"csrf": "guess", "outcome": "was_booked"})).status_code
        assert 400 == (await anna.post(path, data={"csrf": csrf, "outcome": "burn"})).status_code
        assert 303 == (await anna.post(path, data={"csrf": csrf, "outcome": "was_not_booked"})).status_code
        assert ([], 1) == (shop.house.in_flight.open(), len(shop.house.journal.read(kinds=("sale",))))
        late = await anna.post(path, data={"csrf": csrf, "outcome": "was_booked", "number": "7"})
        assert 409 == late.status_code and 'role="alert"' in late.text

    in_shop(tmp_path, play)


def test_a_difference_is_explained_on_the_page(tmp_path):
    """With words; without them it stays."""

    async def play(shop):
        anna, csrf = await signed_in(shop)
        body = FindingRaised(code="missing", text="A receipt of a stranger.", owner="owner", amount_minor=250, key="k", day="2026-11-20")
        await shop.house.journal.record("finding", body)
        [one] = shop.house.close.findings()
        path = f"/findings/{one.entry.id}"
        assert f'action="{path}"' in (await anna.get("/")).text
        assert 401 == (await shop.client().post(path, data={"csrf": csrf, "note": "x"})).status_code
        empty = await anna.post(path, data={"csrf": csrf, "note": " "})
        assert 400 == empty.status_code and "the explanation is missing" in empty.text
        assert 303 == (await anna.post(path, data={"csrf": csrf, "note": "It was the other till's."})).status_code
        assert [] == shop.house.close.findings()

    in_shop(tmp_path, play)


def test_one_trouble_of_all_copies_is_said_once(tmp_path):
    """Eight times the same sentence hides the others."""

    async def play(shop):
        for dataset in DATASETS:
            await shop.house.copies.failed(dataset, "The cloud does not answer.")
        assert 1 == (await shop.client().get("/?lang=en")).text.count("The cloud does not answer.")

    in_shop(tmp_path, play)


def test_only_our_own_files_are_served(tmp_path):
    """Nothing else of the disk can be asked for."""

    async def play(shop):
        for name in ("nothing.css", "..%2Fserver.py", "%2Fetc%2Fpasswd", "..%2F..%2Fsettings.py"):
            assert 404 == (await shop.client().get(f"/static/{name}")).status_code

    in_shop(tmp_path, play)


def test_the_page_says_how_old_each_copy_is(tmp_path):
    """A copy that was never made says so; unknown is not well."""

    async def play(shop):
        page = (await shop.client().get("/?lang=en")).text
        assert len(DATASETS) == page.count('class="never">never')
        assert "not known" in page

    in_shop(tmp_path, play)
