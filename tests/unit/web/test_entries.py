"""Tills send signed entries; the answer says what became of each."""

import base64
import json

from tideover.journal.chain import Head
from tideover.journal.heads import Prover
from tideover.journal.keys import box_key
from tideover.web.strict import BODY_BYTES_MAX
from unit.web.shop import in_shop
from unit.web.till import Till, coffee, wire


def test_entries_are_in_the_journal_when_the_answer_comes(tmp_path):
    """The answer names each entry's number and the head after them."""

    async def play(shop):
        till = await Till(shop, "Till 1").enrol()
        told = await till.send(till.sign(), till.sign())
        kept = shop.house.journal.read(kinds=("sale",))
        assert [(one.entry.id, one.seq) for one in kept] == [(one["id"], one["seq"]) for one in told["answers"]]
        assert ["created", "created"] == [one["answer"] for one in told["answers"]]
        assert str(shop.house.journal.head()) == told["head"]

    in_shop(tmp_path, play)


def test_the_same_bytes_again_exist_and_other_bytes_differ(tmp_path):
    """A re-sent entry is no second one; a changed one is told to a person and changes nothing."""

    async def play(shop):
        till = await Till(shop, "Till 1").enrol()
        first = till.sign()
        id = (await till.send(first))["answers"][0]["id"]
        changed = till.sign(coffee("K1-1", note="changed"), seq=1, id=id)
        again, other = (await till.send(first, changed))["answers"]
        assert ("exists", id) == (again["answer"], again["id"])
        assert ("differs", "conflict") == (other["answer"], other["code"])
        assert "" == shop.house.journal.find(id).entry.body.note

    in_shop(tmp_path, play)


def test_a_skipped_number_is_told_and_blocks_only_what_comes_after(tmp_path):
    """The till learns which number comes next."""

    async def play(shop):
        till = await Till(shop, "Till 1").enrol()
        one, _, three = till.sign(), till.sign(), till.sign()
        created, gap = (await till.send(one, three))["answers"]
        assert ("created", "error", "till-gap", 2) == (created["answer"], gap["answer"], gap["code"], gap["expected"])

    in_shop(tmp_path, play)


def test_one_bad_entry_blocks_only_itself(tmp_path):
    """Bytes that are no entry, and a signature of somebody else, are answered one by one."""

    async def play(shop):
        till = await Till(shop, "Till 1").enrol()
        forged = wire(base64.b64decode(till.sign(seq=1)["signed"]), bytes(64))
        nonsense, forged_answer, good = (await till.send(wire(b"{}", b""), forged, till.sign()))["answers"]
        assert ("error", "bad-record") == (nonsense["answer"], nonsense["code"])
        assert ("error", "bad-signature") == (forged_answer["answer"], forged_answer["code"])
        assert forged_answer["id"] and forged_answer["hint"]
        assert "created" == good["answer"]

    in_shop(tmp_path, play)


def test_only_an_enrolled_till_may_send(tmp_path):
    """No token, a wrong one and a person's session are refused before anything is read."""

    async def play(shop):
        await Till(shop, "Till 1").enrol()
        for client in (shop.client(), shop.client(Authorization="Bearer nonsense"), shop.machine):
            reply = await client.post("/v1/entries", json={"entries": []})
            assert (401, "not-signed-in") == (reply.status_code, reply.json()["code"])

    in_shop(tmp_path, play)


def test_a_revoked_till_gets_nothing_more(tmp_path):
    """Its entries are refused with a reason, and it reads no copy."""

    async def play(shop):
        till = await Till(shop, "Till 1").enrol()
        assert 200 == (await till.client.get("/v1/copies")).status_code
        assert 200 == (await shop.machine.post(f"/v1/tills/{till.id}/revoke", json={"why": "stolen"})).status_code
        assert "unknown-till" == (await till.send(till.sign()))["answers"][0]["code"]
        assert 401 == (await till.client.get("/v1/copies")).status_code

    in_shop(tmp_path, play)


def test_a_batch_is_read_strictly(tmp_path):
    """Unknown fields, keys that stand twice, wrong types, broken base64 and too many entries are refused whole."""

    async def play(shop):
        till = await Till(shop, "Till 1").enrol()
        good = till.sign()
        bad = [
            b"",
            b"[]",
            b"{",
            b'{"entries": null}',
            b'{"entries": [], "more": 1}',
            b'{"entries": [], "entries": []}',
            json.dumps({"entries": [{**good, "id": "x"}]}).encode(),
            json.dumps({"entries": [{"signed": "§", "signature": ""}]}).encode(),
            json.dumps({"entries": [{"signed": 1, "signature": ""}]}).encode(),
            b'{"entries": [{"signed": "", "signature": "", "signature": ""}]}',
            json.dumps({"entries": [], "known_head": "7"}).encode(),
            json.dumps({"entries": [wire(b"", b"")] * 501}).encode(),
        ]
        for body in bad:
            reply = await till.client.post("/v1/entries", content=body)
            assert (400, "rejected") == (reply.status_code, reply.json()["code"]), body
        assert [] == shop.house.journal.read(kinds=("sale",))

    in_shop(tmp_path, play)


def test_a_body_beyond_the_limit_is_refused(tmp_path):
    """8 MiB and a byte."""

    async def play(shop):
        till = await Till(shop, "Till 1").enrol()
        for path in ("/v1/entries", "/v1/enrol"):
            reply = await till.client.post(path, content=b" " * (BODY_BYTES_MAX + 1), headers={"Content-Type": "application/json"})
            assert (413, "too-big") == (reply.status_code, reply.json()["code"])

    in_shop(tmp_path, play)


def test_a_tills_head_is_a_witness(tmp_path):
    """A head of ours that lies beyond the journal's end stops all writing: entries were lost."""

    async def play(shop):
        till = await Till(shop, "Till 1").enrol()
        told = await till.send(till.sign(), known_head=till.head)
        lost = Head.parse(f"9{told['head']}")
        witness = {"known_head": str(lost), "head_proof": Prover(box_key(shop.house.secrets, shop.world)).proof(lost)}
        reply = await till.client.post("/v1/entries", json={"entries": [till.sign()], **witness})
        assert "tail-missing" == reply.json()["code"]
        status = (await shop.client().get("/v1/status")).json()
        assert (False, "tail-missing") == (status["journal"]["writable"], status["journal"]["code"])

    in_shop(tmp_path, play)


def test_a_head_is_looked_at_though_an_older_one_just_came_late(tmp_path):
    """An old copy runs. A request of before reaches it and fills the gap; what the till says a moment later is another history of ours."""

    async def play(shop):
        till = await Till(shop, "Till 1").enrol()
        before, sale = {"known_head": till.head}, till.sign()
        prover = Prover(box_key(shop.house.secrets, shop.world))
        told = (await till.client.post("/v1/entries", json={"entries": [sale], **before})).json()
        other = Head(Head.parse(told["head"]).seq, b"\1" * 32)
        witness = {"known_head": str(other), "head_proof": prover.proof(other)}
        reply = await till.client.post("/v1/entries", json={"entries": [], **witness})
        assert ("history-differs", False) == (reply.json().get("code"), shop.house.journal.is_writable)

    in_shop(tmp_path, play)


def test_the_head_of_a_till_whose_right_ended_counts_with_its_proof(tmp_path):
    """An old copy of the journal may not know that its right was given back; without a proof it is not even a finding."""

    async def play(shop):
        till = await Till(shop, "Till 1").enrol()
        await shop.machine.post(f"/v1/tills/{till.id}/revoke", json={"why": "it lay about"})
        lost = Head.parse(f"9{till.head}")
        await till.client.post("/v1/entries", json={"entries": [], "known_head": str(lost), "head_proof": "ab" * 32})
        assert (None, []) == (shop.house.journal.broken, shop.house.journal.read(kinds=("finding",)))
        witness = {"known_head": str(lost), "head_proof": Prover(box_key(shop.house.secrets, shop.world)).proof(lost)}
        reply = await till.client.post("/v1/entries", json={"entries": [], **witness})
        assert "tail-missing" == reply.json()["code"]

    in_shop(tmp_path, play)


def test_a_code_works_once_and_for_ten_minutes(tmp_path):
    """A second use, a late use and a guess are refused; guessing is soon over."""

    async def play(shop):
        till = Till(shop, "Till 1")
        body = {"name": "Till 1", "spki": till.key.spki_b64}

        async def enrol(code):
            return (await shop.client().post("/v1/enrol", json={**body, "code": code})).status_code

        code = (await shop.machine.post("/v1/codes", json={"name": "Till 1"})).json()["code"]
        assert [201, 401] == [await enrol(code.lower().replace("-", " ")), await enrol(code)]
        late = (await shop.machine.post("/v1/codes", json={"name": "Till 2"})).json()["code"]
        shop.world.pass_time(minutes=10)
        assert 401 == await enrol(late)
        assert 429 in [await enrol("AAAA-AAAA") for _ in range(20)]

    in_shop(tmp_path, play)


def test_a_key_that_is_none_costs_no_code(tmp_path):
    """A till that sends nonsense may try again with the same code."""

    async def play(shop):
        till = Till(shop, "Till 1")
        code = (await shop.machine.post("/v1/codes", json={"name": "Till 1"})).json()["code"]
        bad = await shop.client().post("/v1/enrol", json={"code": code, "name": "Till 1", "spki": "AAAA"})
        good = await shop.client().post("/v1/enrol", json={"code": code, "name": "Till 1", "spki": till.key.spki_b64})
        assert [(400, "bad-record"), (201, 1)] == [
            (bad.status_code, bad.json()["code"]),
            (good.status_code, good.json()["next_seq"]),
        ]

    in_shop(tmp_path, play)


def test_a_tills_token_is_kept_only_as_its_hash_and_outlives_a_restart(tmp_path):
    """What stands in secrets.db opens nothing; the till need not enrol again."""

    async def enrolled(shop):
        till = await Till(shop, "Till 1").enrol()
        assert till.token.encode() not in {shop.house.secrets.get(name) for name in shop.house.secrets.names()}
        return till.token

    async def after(shop):
        return (await shop.client(Authorization=f"Bearer {token}").get("/v1/copies")).status_code

    token = in_shop(tmp_path, enrolled)
    assert 200 == in_shop(tmp_path, after)
