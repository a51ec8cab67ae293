"""The plan as pages: forms that lose nothing, faults beside their field, taking back, and the same rights as everywhere."""

from __future__ import annotations

import re

import msgspec
import pytest

from tideover.plan.playbook import starter_texts
from tideover.plan.records import KINDS as RECORDS
from tideover.plan.records import Channel, Check, Grant, Pad, Party, Person, PlaybookText, Service, Thing
from tideover.web.plan_form import key_from, record_of, texts_of
from tideover.web.plan_labels import BY_NAME, CHANNEL, KINDS
from tideover.web.plan_rows import address_of
from tideover.words import catalogue
from unit.seam.test_finnish import english_in, words_of
from unit.web.shop import in_shop
from unit.web.test_access import signed_in

STAFF = [Person("Olga", "owner", "+358 40 555 0001"), Person("Mika", "manager"), Person("Cara")]
ODD_KEYS = ["a/b", "new", "..", "at", "50 % & more?", "#1", "Äyräs Öljylä", "تجربة", "a//b", " x"]


def on_page(folder, play, name="Olga", **settings):
    """Runs `play` in a shop with three people, one of them signed in, with the token of her forms."""

    async def run(shop):
        shop.house.plan.change(STAFF, (), "Olga")
        client, csrf = await signed_in(shop, name)
        await play(shop, client, {"csrf": csrf})

    in_shop(folder, run, **settings)


def seen_in(page: str) -> dict[str, str]:
    """What stands in the page's hidden fields."""
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))


async def form_of(client, address: str) -> dict[str, str]:
    return seen_in((await client.get(address)).text)


# The table of fields ----------------------------------------------------------------------------------


def test_every_field_of_a_record_can_be_typed():
    """A field that is added to a record and forgotten here would be lost at the next save."""
    forms = {kind.name: {field.name for field in kind.fields} for kind in KINDS}
    records = {name: {one.name for one in msgspec.structs.fields(cls)} for cls, (name, _) in RECORDS.items()}
    assert {name: fields for name, fields in records.items() if name not in ("pad", "playbook")} == forms
    assert {one.name for one in msgspec.structs.fields(Channel)} == {part.name for part in CHANNEL}


def test_every_label_has_a_finnish_text():
    """Labels, reasons, choices and headings."""
    texts = {text for kind in KINDS for text in (kind.title, kind.why, kind.add)}
    fields = [field for kind in KINDS for field in (*kind.fields, *CHANNEL)]
    texts |= {text for field in fields for text in (field.label, field.why, *(shown for _, shown in field.choices))}
    assert set() == texts - set(catalogue("fi")) - {"", "–"}


FULL = [
    Person("Väinö Ä.", "on-call", "+358 40 1", "v@example.org", "fi", ("+358 9 1", "112"), ("fi",), ("decide", "fetch"), ("till",)),
    Service("cloud", "Cloud till", 90, "Olga", "line", "Fri 15-18", 42_050, "Slips.\nAnd cash."),
    Service("power", "Power", 1_800),
    Thing("spare-pc", "Spare, with a comma", ("till", "own word"), "office", "safe", "Mika", "DNA", "pc", 0, "press twice"),
    Party("line", "Line Oy", "carrier", "77", (Channel("+358 9 2", "faults", "8-16", "Europe/Riga", "0.73"), Channel("a@b.fi")), True),
    Grant("refund", "", "refund", "cashier", 1_000_000_00, 5, 105_000, "2026-11-20", "2026-12-31", True, "Olga"),
    Check("c", "Look.", "thing/spare-pc", "All is lost.", 90, 0, "2026-12-01", "Olga", "Mika"),
]  # fmt: skip


@pytest.mark.parametrize("language", ["en", "fi"])
@pytest.mark.parametrize("record", FULL, ids=lambda one: type(one).__name__)
def test_a_record_survives_its_form(record, language):
    """Shown and kept without a change it is the same, in either language."""
    name, key = RECORDS[type(record)]
    kind = BY_NAME[name]
    assert (record, []) == record_of(kind, texts_of(record, kind, language), getattr(record, key))


def test_sums_shares_and_times_are_typed_as_people_write_them():
    """Comma or point, blanks between thousands; a number alone is minutes; anything else is a fault of its field."""
    kind, service = BY_NAME["service"], {"name": "Line"}
    typed = [("30", 1_800), ("30 min", 1_800), ("2 h", 7_200), ("90 s", 90), ("2 t", 7_200)]
    assert [value for _, value in typed] == [record_of(kind, {**service, "tolerable_s": text})[0].tolerable_s for text, _ in typed]
    sums = [("12.50", 1_250), ("1 234,5", 123_450), ("7", 700), ("420,00 €", 42_000)]
    records = [record_of(kind, {**service, "tolerable_s": "5", "cost_per_hour_minor": text})[0] for text, _ in sums]
    assert [value for _, value in sums] == [one.cost_per_hour_minor for one in records]
    for text in ("1,234", "-5", "1.2.3", "five", "1e9", "٣"):
        record, faults = record_of(kind, {**service, "tolerable_s": "5", "cost_per_hour_minor": text})
        assert (None, ["cost_per_hour_minor"]) == (record, [one.field for one in faults])


def test_a_key_is_made_from_a_name():
    """Plain letters, none twice, and something even where nothing is left."""
    assert "ayras-laptop" == key_from("Äyräs' Laptop!", "thing", ())
    assert "spare-3" == key_from("Spare", "thing", {"spare", "spare-2"})
    assert "thing" == key_from("تجربة", "thing", ())


# The pages --------------------------------------------------------------------------------------------


def test_an_empty_plan_says_what_to_do(tmp_path):
    """A link to the first questions, and a way to add each kind."""

    async def play(shop):
        anna, _ = await signed_in(shop)
        page = (await anna.get("/plan")).text
        assert "The plan is empty." in page and 'href="/start"' in page
        assert all(f'href="/plan/{kind.name}/new"' in page for kind in KINDS)

    in_shop(tmp_path, play)


def test_a_record_is_added_changed_and_found(tmp_path):
    """By forms alone; the key is made from the name, the list shows what matters."""

    async def play(shop, olga, csrf):
        plan = shop.house.plan
        typed = {"name": "Spare laptop", "can": "kassa\ninternet", "place": "office", "holder": "Mika", "count": "2", "note": ""}
        assert 303 == (await olga.post("/plan/thing/new", data={**csrf, **typed})).status_code
        assert Thing("spare-laptop", "Spare laptop", ("till", "internet"), "office", "", "Mika", count=2) == plan.get(Thing, "spare-laptop")
        form = await form_of(olga, "/plan/thing/spare-laptop")
        assert 303 == (await olga.post("/plan/thing/spare-laptop", data={**form, **typed, "place": "safe"})).status_code
        page = (await olga.get("/plan/thing/spare-laptop")).text
        assert "<del" in page and "office" in page and "safe" in page and "Olga" in page
        assert "Spare laptop" in (await olga.get("/plan")).text
        found = (await olga.get("/plan", params={"q": "laptop"})).text
        assert "Found: 1" in found and "Nothing in the plan" in (await olga.get("/plan", params={"q": "zebra"})).text

    on_page(tmp_path, play)


def test_what_was_typed_wrongly_stays_and_is_named(tmp_path):
    """The fault beside the field, every other field as it was typed; nothing is kept."""

    async def play(shop, olga, csrf):
        typed = {"right": "refund", "role": "cashier", "each_minor": "fifty <b>", "given_by": "Olga", "from_day": "2026-02-30"}
        reply = await olga.post("/plan/grant/new", data={**csrf, **typed})
        assert 400 == reply.status_code
        assert 'value="fifty &lt;b&gt;"' in reply.text and 'id="wrong-each_minor"' in reply.text
        assert "written like 50.00" in reply.text and "there is no such day" in reply.text
        assert [] == shop.house.plan.all(Grant)
        nobody = await olga.post("/plan/grant/new", data={**csrf, "right": "refund"})
        assert "name a person or a role" in nobody.text
        twice = await olga.post("/plan/person/new", data={**csrf, "name": "Mika", "role": "cashier"})
        assert (400, "manager") == (twice.status_code, shop.house.plan.get(Person, "Mika").role)
        assert 'id="wrong-name"' in twice.text
        empty = await olga.post("/plan/service/new", data={**csrf, "name": " "})
        assert 400 == empty.status_code and 'id="wrong-name"' in empty.text and 'id="wrong-tolerable_s"' in empty.text

    on_page(tmp_path, play)


def test_channels_are_rows_and_one_more_can_be_asked_for(tmp_path):
    """The rows that were typed stay; a cleared one goes; one without an address is a fault."""

    async def play(shop, olga, csrf):
        typed = {
            "name": "Line",
            "role": "carrier",
            "channels.1.address": "+358 9 1",
            "channels.3.address": "x@y.fi",
            "told_in_outage": "yes",
        }
        more = await olga.post("/plan/party/new", data={**csrf, **typed, "how": "row"})
        assert 'name="channels.5.address"' in more.text and 'value="x@y.fi"' in more.text and "checked" in more.text
        assert 303 == (await olga.post("/plan/party/new", data={**csrf, **typed})).status_code
        party = shop.house.plan.get(Party, "line")
        assert (("+358 9 1", "x@y.fi"), True) == (tuple(one.address for one in party.channels), party.told_in_outage)
        bad = await olga.post("/plan/party/new", data={**csrf, "name": "B", "channels.1.hours": "8-16"})
        assert 400 == bad.status_code and 'id="wrong-channels"' in bad.text and 'value="8-16"' in bad.text

    on_page(tmp_path, play)


def test_two_who_edit_at_once_do_not_write_over_each_other(tmp_path):
    """The second one is told, keeps what was typed, and may keep it knowingly."""

    async def play(shop, olga, csrf):
        shop.house.plan.put(Thing("a", "A"), "Olga")
        form = await form_of(olga, "/plan/thing/a")
        shop.house.plan.put(Thing("a", "B"), "Mika")
        reply = await olga.post("/plan/thing/a", data={**form, "name": "C", "count": "1"})
        assert (409, True, True) == (reply.status_code, 'value="C"' in reply.text, "Mika" in reply.text)
        assert "B" == shop.house.plan.get(Thing, "a").name
        await olga.post("/plan/thing/a", data={**seen_in(reply.text), "name": "C", "count": "1"})
        assert "C" == shop.house.plan.get(Thing, "a").name

    on_page(tmp_path, play)


def test_removing_and_taking_back(tmp_path):
    """Of a record and of the whole plan; an old page takes nothing back."""

    async def play(shop, olga, csrf):
        plan = shop.house.plan
        plan.put(Thing("a", "A"), "Olga")
        assert 303 == (await olga.post("/plan/thing/a", data={**csrf, "how": "remove"})).status_code
        assert plan.get(Thing, "a") is None
        assert "This was removed" in (await olga.get("/plan/thing/a")).text
        assert 303 == (await olga.post("/plan/thing/a", data={**csrf, "how": "undo"})).status_code
        assert Thing("a", "A") == plan.get(Thing, "a")
        plan.put(Thing("b", "B"), "Mika")
        form = await form_of(olga, "/plan")
        plan.put(Thing("c", "C"), "Mika")
        assert 409 == (await olga.post("/plan/undo", data=form)).status_code
        assert 303 == (await olga.post("/plan/undo", data=await form_of(olga, "/plan"))).status_code
        assert [None, "B"] == [one and one.name for one in (plan.get(Thing, "c"), plan.get(Thing, "b"))]
        assert "taken back" in (await olga.get("/plan/changes")).text
        assert 409 == (await olga.post("/plan/thing/never", data={**csrf, "how": "undo"})).status_code
        assert 404 == (await olga.get("/plan/thing/never")).status_code

    on_page(tmp_path, play)


def test_pads_are_shown_and_never_changed(tmp_path):
    """Their slips lie about already: no form, no taking back."""

    async def play(shop, olga, csrf):
        shop.house.plan.issue_pad("A", 50, "Olga")
        page = (await olga.get("/plan")).text
        assert "A-0001 – 0050" in page and 'action="/plan/undo"' not in page
        assert "/slips" == (await olga.get("/plan/pad/A-0001")).headers["location"]
        for how in ("save", "remove", "undo"):
            assert 404 == (await olga.post("/plan/pad/A-0001", data={**csrf, "how": how})).status_code
        revision = {"revision": shop.house.plan.revision()}
        assert 409 == (await olga.post("/plan/undo", data={**csrf, **revision})).status_code
        assert 1 == len(shop.house.plan.all(Pad))

    on_page(tmp_path, play)


@pytest.mark.parametrize(
    ("who", "address", "typed", "status"),
    [
        ("Mika", "grant/new", {"right": "refund", "person": "Mika"}, 403),
        ("Mika", "person/Mika", {"role": "owner", "language": "en"}, 403),
        ("Mika", "person/Olga", {"how": "remove"}, 403),
        ("Mika", "person/Mika", {"role": "manager", "language": "en", "phone": "+358 40 9"}, 303),
        ("Cara", "thing/new", {"name": "A", "count": "1"}, 403),
    ],
)
def test_nobody_gives_themselves_rights(tmp_path, who, address, typed, status):
    """As over the API; what was typed stays in the form."""

    async def play(shop, client, csrf):
        form = {} if who == "Cara" else await form_of(client, f"/plan/{address}")
        before = shop.house.plan.revision()
        reply = await client.post(f"/plan/{address}", data={**csrf, **form, **typed})
        assert (status, status == 303) == (reply.status_code, before != shop.house.plan.revision())

    on_page(tmp_path, play, who)


def test_who_may_not_change_the_plan_is_shown_no_button(tmp_path):
    """A cashier reads."""

    async def play(shop, cara, csrf):
        for path in ("/plan", "/plan/person/Mika", "/plan/playbook/cards-down.en"):
            page = (await cara.get(path)).text
            assert "/new" not in page and ">Keep this<" not in page and "Remove from" not in page, path

    on_page(tmp_path, play, "Cara")


@pytest.mark.parametrize("key", ODD_KEYS)
def test_any_name_has_an_address(tmp_path, key):
    """Slashes, dots, question marks, other scripts: the page opens and keeps the right record."""

    async def play(shop, olga, csrf):
        shop.house.plan.put(Thing(key, "Odd one", count=3), "Olga")
        address = address_of("thing", key)
        page = await olga.get(address)
        assert (200, True) == (page.status_code, "Odd one" in page.text)
        assert 303 == (await olga.post(address, data={**seen_in(page.text), "name": "Kept", "count": "3"})).status_code
        assert {key: "Kept"} == {one.key: one.name for one in shop.house.plan.all(Thing)}

    on_page(tmp_path, play)


# Playbooks --------------------------------------------------------------------------------------------


def test_a_playbook_becomes_the_shops_own_and_the_starter_comes_back(tmp_path):
    """What cannot be read is not kept: its line is named, and the text stays in the field."""

    async def play(shop, olga, csrf):
        plan, address, starter = shop.house.plan, "/plan/playbook/cards-down.en", starter_texts()["cards-down.en"]
        form = await form_of(olga, address)
        assert 303 == (await olga.post(address, data={**form, "text": starter})).status_code
        assert [] == plan.all(PlaybookText)
        bad = await olga.post(address, data={**form, "text": starter + "\n## Nonsense <i>\n"})
        assert (400, []) == (bad.status_code, plan.all(PlaybookText))
        assert f"Line {len(starter.splitlines()) + 2}" in bad.text and "## Nonsense &lt;i&gt;\n</textarea>" in bad.text
        own = starter.replace("# ", "# Our ", 1)
        assert 303 == (await olga.post(address, data={**form, "text": own.replace("\n", "\r\n")})).status_code
        assert own == plan.get(PlaybookText, "cards-down.en").text
        assert "your own" in (await olga.get("/plan")).text
        assert 303 == (await olga.post(address, data={**csrf, "how": "remove"})).status_code
        assert [] == plan.all(PlaybookText)
        new = re.search(r"<textarea[^>]*>\n(.*?)</textarea>", (await olga.get("/plan/playbook/new")).text, re.DOTALL)[1]
        text = new.replace("&#39;", "'").replace("What has happened?", "Flood in the cellar")
        assert 303 == (await olga.post("/plan/playbook/new", data={**csrf, "language": "en", "text": text})).status_code
        assert ["flood-in-the-cellar.en"] == [one.key for one in plan.all(PlaybookText)]

    on_page(tmp_path, play)


# Warnings, languages, hostile words -------------------------------------------------------------------


def test_named_warnings(tmp_path):
    """Two lines of one carrier, numbers that nobody tried, a party that nobody can reach."""

    async def play(shop, olga, csrf):
        lines = [Thing("a", "Phone", carrier="Elisa"), Thing("b", "Stick", carrier="ELISA")]
        shop.house.plan.change([*lines, Party("x", "Bank"), Check("c", "Try it", "thing/a", first_person="Olga")], (), "Olga")
        page = (await olga.get("/plan")).text
        assert "Phone, Stick: all with Elisa, so they fail together." in page
        assert "Numbers that nobody has ever tried: 1." in page and "Nobody knows how to reach Bank." in page
        assert "never tried" in page
        await olga.post("/checks", data={**csrf, "check": "c", "answer": "said"})
        assert "only said to work 2026-11-20" in (await olga.get("/plan")).text
        await olga.post("/checks", data={**csrf, "check": "c", "answer": "works"})
        assert "seen to work 2026-11-20" in (await olga.get("/plan")).text

    on_page(tmp_path, play)


def test_the_pages_hold_no_english_in_finnish(tmp_path):
    """Lists, forms, faults, history, playbooks."""

    async def play(shop, olga, csrf):
        shop.house.plan.change(FULL[:1], (), "Olga")
        shop.house.plan.put(Thing("a", "Tikku", carrier="Elisa"), "Olga")
        shop.house.plan.put(Thing("b", "Luuri", carrier="Elisa"), "Olga")
        paths = ["/plan", "/plan?q=zz", "/plan/changes", "/plan/playbook/new", "/plan/playbook/cards-down.fi"]
        paths += [f"/plan/{kind.name}/new" for kind in KINDS] + ["/plan/thing/a", "/plan/person/Olga"]
        pages = [(path, await olga.get(path, params={"lang": "fi"} if "?" not in path else {"q": "zz", "lang": "fi"})) for path in paths]
        pages.append(("bad", await olga.post("/plan/grant/new?lang=fi", data={**csrf, "right": "refund", "each_minor": "x"})))
        assert [] == [(path, english_in(words_of(page.text))) for path, page in pages if english_in(words_of(page.text))]

    on_page(tmp_path, play)


def test_what_people_type_is_text_on_every_page(tmp_path):
    """A script in a name, a key or a playbook runs nowhere; a form of any size is refused in plain words."""
    script = "<script>alert(1)</script>"

    async def play(shop, olga, csrf):
        shop.house.plan.put(Thing(script, script, place=script), script)
        shop.house.plan.put(PlaybookText("own.en", f"# {script}"), script)
        paths = ["/plan", "/plan/changes", "/plan/playbook/own.en", address_of("thing", script), "/checks"]
        pages = [(await olga.get(path)).text for path in paths]
        pages.append((await olga.get("/plan", params={"q": script})).text)
        assert [] == [page for page in pages if "<script>alert" in page] and "&lt;script&gt;" in pages[0]
        assert 400 == (await olga.post("/plan/thing/new", data={**csrf, "name": "x" * 200_000})).status_code
        assert 400 == (await olga.get("/plan/nonsense/x")).status_code
        nul = await olga.post("/plan/thing/new", data={**csrf, "name": "a\0b", "count": "1"})
        assert 400 == nul.status_code

    on_page(tmp_path, play)
