"""The page of tills: who is in, who comes in, who goes; entries that are brought; how a device comes to trust the box."""

import base64
import json
import re

import pytest

from tideover.plan.records import Person
from tideover.web import certificate
from tideover.web.pins import SealedPin
from tideover.web.rescue import RescuedEntry, file_of, packed
from tideover.web.sealed import Shown, seal
from unit.web.shop import Shop, in_shop
from unit.web.test_access import signed_in
from unit.web.test_till_pins import findings, id_of
from unit.web.till import Till

NAMES = certificate.names_from(["kassa.lan", "192.168.1.10"])


async def press(shop: Shop, path: str, name: str = "Anna", **form: str):
    client, csrf = await signed_in(shop, name)
    return await client.post(path, data={"csrf": csrf, **form})


def carried(till: Till, *wires: dict, pins: tuple[SealedPin, ...] = ()) -> bytes:
    """The till's file, as a person brings it."""
    entries = [RescuedEntry(base64.b64decode(one["signed"]), base64.b64decode(one["signature"])) for one in wires]
    return file_of(till.id, entries, list(pins))


def test_a_code_stands_behind_the_address_and_in_no_path(tmp_path):
    """On the page and in the picture; used once, and only for what it is."""

    async def play(shop):
        reply = await press(shop, "/tills/code")
        code = re.search(r"[2-9A-Z]{4}-[2-9A-Z]{4}", reply.text)[0]
        assert f"/till/#enrol={code}" not in reply.text  # Without a certificate no other device is shown a way in.
        here, csrf = await signed_in(shop)
        at_box = shop.client("127.0.0.1")
        at_box.cookies = here.cookies
        reply = await at_box.post("/tills/code", data={"csrf": csrf})
        addresses = re.findall(r'(?:href|action|src)="([^"]*)"', reply.text)
        assert 1 == sum("/till/#enrol=" in one for one in addresses)
        assert not any(re.search(r"[2-9A-Z]{4}-[2-9A-Z]{4}", one.partition("#")[0]) for one in addresses)

    in_shop(tmp_path, play)


def test_with_a_certificate_the_picture_leads_other_devices_in(tmp_path):
    """To the box's own name over https."""

    async def play(shop):
        certificate.make(tmp_path, shop.world, "Kulmakauppa", NAMES)
        reply = await press(shop, "/tills/code")
        assert "https://kassa.lan:8443/till/" in reply.text and "<path" in reply.text

    in_shop(tmp_path, play)


def test_the_page_says_when_a_till_was_heard_of_and_ends_its_right(tmp_path):
    """With a reason, by whoever may; the reason stands in the journal with the name of who did it."""

    async def play(shop):
        till = await Till(shop, "Kassa <1>").enrol()
        await till.client.get("/v1/till/standing", params={"queue": 7})
        client, _ = await signed_in(shop)
        page = (await client.get("/tills")).text
        assert "Kassa &lt;1&gt;" in page and ">7<" in page and "0 s ago" in page
        assert 400 == (await press(shop, f"/tills/{till.id}/revoke", why=" ")).status_code
        assert 303 == (await press(shop, f"/tills/{till.id}/revoke", why="stolen")).status_code
        [kept] = shop.house.journal.read(kinds=("revoke",))
        assert ("stolen", "Anna") == (kept.entry.body.why, kept.entry.operator)
        client, _ = await signed_in(shop)
        assert "revoked" in (await client.get("/tills")).text
        assert 404 == (await press(shop, f"/tills/{till.id}/revoke", why="again")).status_code

    in_shop(tmp_path, play)


def test_a_cashier_sees_the_tills_and_lets_none_in(tmp_path):
    """Buttons only for who may; the write is refused as well."""

    async def play(shop):
        shop.house.plan.put(Person("Olga", role="owner"), "Olga")
        shop.house.plan.put(Person("Anna"), "Olga")
        client, _ = await signed_in(shop)
        assert "/tills/code" not in (await client.get("/tills")).text
        assert 403 == (await press(shop, "/tills/code")).status_code
        assert 303 == (await shop.client().get("/tills")).status_code

    in_shop(tmp_path, play)


def test_where_a_till_is_not_lawful_the_page_says_why(tmp_path):
    """With the reason and where it stands."""

    async def play(shop):
        client, _ = await signed_in(shop)
        page = (await client.get("/tills")).text
        assert "TSE" in page and "146a" in page and "Write numbered slips" in page

    in_shop(tmp_path, play, country="DE")


def test_entries_are_brought_as_a_file_once(tmp_path):
    """Taken in as if the till had sent them, PINs beside them looked at; brought again they are here already."""

    async def play(shop):
        await shop.machine.post("/v1/pins", json={"name": "Anna", "pin": "2580"})
        till = await Till(shop, "Till 1").enrol()
        wires = [till.sign() for _ in range(3)]
        id = id_of(shop, wires[0])
        key = (await till.client.get("/v1/till/shop")).json()["sealing_key"]
        pin = SealedPin(id, seal(key, till.id, id, Shown("Anna", "0000"), shop.world))
        content = carried(till, *wires, pins=(pin,))
        client, csrf = await signed_in(shop)
        reply = await client.post("/tills/rescued", data={"csrf": csrf}, files={"file": ("t.json", content, "application/json")})
        assert 200 == reply.status_code and "Entries that were brought: 3" in reply.text
        await shop.app.pins.settled()
        assert (3, ["pin-mismatch"]) == (len(shop.house.journal.read(kinds=("sale",))), findings(shop))
        told = (await shop.machine.post("/v1/till/rescued", json={"texts": [content.decode()]})).json()
        assert (["exists"] * 3, []) == ([one["answer"] for one in told["answers"]], told["missing"])

    in_shop(tmp_path, play)


def test_entries_are_brought_as_codes_in_any_order_and_what_is_missing_is_named(tmp_path):
    """A code scanned twice counts once; a wrong one among them is noticed, and nothing is taken from it."""

    async def play(shop):
        till = await Till(shop, "Till 1").enrol()
        codes = packed(carried(till, till.sign(), till.sign()), 300)
        bring = shop.machine.post
        told = (await bring("/v1/till/rescued", json={"texts": [codes[0], *codes[2:]]})).json()
        assert "answers" in told, told
        assert ([], [2]) == (told["answers"], told["missing"][0]["parts"])
        told = (await bring("/v1/till/rescued", json={"texts": ["\n".join(reversed([*codes, codes[0]]))]})).json()
        assert ["created", "created"] == [one["answer"] for one in told["answers"]]
        broken = [codes[0][:-8] + "AAAAAAAA", *codes[1:]]
        for texts in (broken, ["rubbish"], [""], ['{"tideover_rescue":1,"till":"x","entries":[],"more":1}'], ["TIDE1:00000000:1/1:AAAA"]):
            assert 400 == (await bring("/v1/till/rescued", json={"texts": texts})).status_code, texts
        for texts in ([json.dumps({"tideover_rescue": 1, "till": till.id, "entries": [till.sign() | {"signature": "AAAA"}]})],):
            [answer] = (await bring("/v1/till/rescued", json={"texts": texts})).json()["answers"]
            assert ("error", True) == (answer["answer"], bool(answer["hint"]))

    in_shop(tmp_path, play)


def test_trusting_is_explained_before_anything_is_trusted(tmp_path):
    """Open to all, with fingerprint and file; without a certificate it says what works."""

    async def play(shop):
        stranger = shop.client()
        assert "no certificate" in (await stranger.get("/trust")).text
        assert 404 == (await stranger.get("/trust/tideover-ca.crt")).status_code
        made = certificate.make(tmp_path, shop.world, "Kulmakauppa", NAMES)
        page = (await stranger.get("/trust")).text
        assert certificate.fingerprint(made) in page and "https://kassa.lan:8443/till/" in page
        reply = await stranger.get("/trust/tideover-ca.crt")
        assert "application/x-x509-ca-cert" == reply.headers["content-type"] and b"PRIVATE" not in reply.content
        finnish = (await stranger.get("/trust", params={"lang": "fi"})).text
        assert "Asenna se" in finnish and "Install it" not in finnish

    in_shop(tmp_path, play)


@pytest.mark.parametrize("host", ["127.0.0.1:8787", "[::1]:8787"])
def test_a_till_on_the_boxs_own_machine_has_one_name(tmp_path, host):
    """Under two a browser keeps two tills: whoever typed the number is led to localhost, and other devices are led nowhere."""

    async def play(shop):
        here, there = shop.client("127.0.0.1"), shop.client("192.168.1.66")
        for path in ("/till/", "/till"):
            reply = await here.get(path, headers={"Host": host})
            assert (307, "http://localhost") == (reply.status_code, reply.headers["location"].rpartition(":")[0])
            assert reply.headers["location"].endswith("/till/")
        assert 200 == (await here.get("/till/", headers={"Host": "localhost:8787"})).status_code
        assert 200 == (await here.get("/till/index.html", headers={"Host": host})).status_code
        assert 200 == (await there.get("/till/", headers={"Host": "192.168.1.5:8787"})).status_code

    in_shop(tmp_path, play)
