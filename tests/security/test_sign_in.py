"""Signing in: sessions that cannot be planted or kept, PINs that cannot be guessed, people who cannot be locked out at the box."""

import hmac

import pytest

from unit.web.shop import in_shop
from unit.web.till import Till

PIN, NEW_PIN = "2580", "9876"


async def hire(shop, name="Anna", pin=PIN):
    await shop.machine.post("/v1/pins", json={"name": name, "pin": pin})


async def login(client, name="Anna", pin=PIN):
    return await client.post("/v1/login", json={"name": name, "pin": pin})


async def who(shop, cookie):
    return (await shop.client(Cookie=f"tideover_session={cookie}").get("/v1/me")).json()["kind"]


@pytest.mark.parametrize("by_page", [False, True])
def test_a_planted_cookie_is_not_taken_over(tmp_path, by_page):
    """Whoever puts a cookie into a browser beforehand holds nothing after the person signed in there."""

    async def play(shop):
        await hire(shop)
        planted = "A" * 32
        victim = shop.client(Cookie=f"tideover_session={planted}")
        if by_page:
            reply = await victim.post("/sign-in", data={"name": "Anna", "pin": PIN})
        else:
            reply = await login(victim)
        fresh = reply.cookies["tideover_session"]
        assert (True, "nobody", "staff") == (fresh != planted, await who(shop, planted), await who(shop, fresh))

    in_shop(tmp_path, play)


def test_signing_in_again_ends_the_session_before(tmp_path):
    """A browser holds one session; the one that it came with opens nothing any more."""

    async def play(shop):
        await hire(shop)
        client = shop.client()
        before = (await login(client)).cookies["tideover_session"]
        assert "staff" == await who(shop, before)
        after = (await login(client)).cookies["tideover_session"]
        assert ("nobody", "staff") == (await who(shop, before), await who(shop, after))

    in_shop(tmp_path, play)


def test_a_new_pin_ends_every_other_sign_in(tmp_path):
    """A PIN that somebody else knows, a device that was lost: with the new PIN their sessions are over, the own one stays."""

    async def play(shop):
        await hire(shop)
        stolen = (await login(shop.client("192.168.1.66"))).cookies["tideover_session"]
        own = shop.client()
        reply = await login(own)
        await own.post("/v1/pins", json={"name": "Anna", "pin": NEW_PIN, "now": PIN}, headers={"X-CSRF-Token": reply.json()["csrf"]})
        assert ("nobody", "staff") == (await who(shop, stolen), await who(shop, reply.cookies["tideover_session"]))
        await hire(shop, pin=PIN)  # On the box's own machine: all of them, for somebody who left.
        assert "nobody" == await who(shop, reply.cookies["tideover_session"])

    in_shop(tmp_path, play)


def test_waits_grow_with_each_wrong_pin(tmp_path):
    """Six tries, then one after 5, 10, 20, 40 and from then on 60 minutes; after the right PIN all is forgotten."""

    async def play(shop):
        await hire(shop)
        for n in range(6):
            assert 401 == (await login(shop.client(), pin=f"000{n}")).status_code
        waits = []
        for _ in range(6):
            refused = await login(shop.client())
            assert 429 == refused.status_code
            waits.append(int(refused.headers["retry-after"]) // 60)
            shop.world.pass_time(seconds=int(refused.headers["retry-after"]))
            assert 401 == (await login(shop.client(), pin="0000")).status_code
        assert [5, 10, 20, 40, 60, 60] == waits
        shop.world.pass_time(hours=1)
        assert 200 == (await login(shop.client())).status_code
        for n in range(6):
            assert 401 == (await login(shop.client(), pin=f"000{n}")).status_code

    in_shop(tmp_path, play)


def test_one_name_is_guessed_from_many_devices_no_quicker(tmp_path):
    """The seventh try waits, from whichever address it comes."""

    async def play(shop):
        await hire(shop)
        for n in range(6):
            assert 401 == (await login(shop.client(f"192.168.1.{n + 10}"), pin="0000")).status_code
        assert 429 == (await login(shop.client("192.168.1.99"))).status_code

    in_shop(tmp_path, play)


def test_tries_of_the_whole_network_have_a_limit(tmp_path):
    """Sixty in five minutes, of all names and addresses together."""

    async def play(shop):
        answers = [await shop.client(f"10.0.0.{n}").post("/v1/login", json={"name": f"N{n}", "pin": "0000"}) for n in range(61)]
        assert [401] * 60 + [429] == [one.status_code for one in answers]

    in_shop(tmp_path, play)


def test_nobody_in_the_network_locks_a_person_out_at_the_box(tmp_path):
    """A device that keeps guessing makes Anna wait elsewhere; at the box's own screen she signs in."""

    async def play(shop):
        await hire(shop)
        for _ in range(8):
            await login(shop.client("192.168.1.66"), pin="0000")
        assert (429, 200) == ((await login(shop.client())).status_code, (await login(shop.client("127.0.0.1"))).status_code)

    in_shop(tmp_path, play)


def test_refused_tries_push_nobody_out_of_memory(tmp_path):
    """A thousand other names, tried while its address waits, do not make the box forget whose PIN is being guessed."""

    async def play(shop):
        await hire(shop)
        for _ in range(6):
            await login(shop.client("192.168.1.66"), pin="0000")
        flood = shop.client("192.168.1.66")
        for n in range(1_100):
            assert 429 == (await login(flood, name=f"Nobody {n}", pin="0000")).status_code
        assert 429 == (await login(shop.client("192.168.1.67"))).status_code

    in_shop(tmp_path, play)


def test_guesses_of_a_code_have_a_limit_per_device_and_in_all(tmp_path):
    """Twelve of one device; it keeps no other from enrolling; sixty of all together."""

    async def play(shop):
        till = Till(shop, "Till 1")

        async def guess(address):
            body = {"code": "AAAA-AAAA", "name": "Till 1", "spki": till.key.spki_b64}
            return (await shop.client(address).post("/v1/enrol", json=body)).status_code

        assert [401] * 12 + [429] == [await guess("192.168.1.66") for _ in range(13)]
        await till.enrol()
        answers = [await guess(f"10.0.0.{n}") for n in range(70)]
        assert [401] * 60 + [429] * 10 == answers

    in_shop(tmp_path, play)


def test_codes_are_never_written_down(tmp_path):
    """A restart ends them: nothing in the data directory opens the box to a new till."""

    async def make(shop):
        return (await shop.machine.post("/v1/codes", json={"name": "Till 1"})).json()["code"]

    async def use(shop):
        till = Till(shop, "Till 1")
        body = {"code": code, "name": "Till 1", "spki": till.key.spki_b64}
        return (await shop.client().post("/v1/enrol", json=body)).status_code

    code = in_shop(tmp_path, make)
    assert [] == [path for path in tmp_path.iterdir() if code.replace("-", "").encode() in path.read_bytes()]
    assert 401 == in_shop(tmp_path, use)


def test_secrets_are_compared_in_a_time_that_tells_nothing(tmp_path, monkeypatch):
    """Every token, code of a page and proof of a head goes through the comparison that looks at all of it."""
    compared = []
    real = hmac.compare_digest
    monkeypatch.setattr(hmac, "compare_digest", lambda a, b: compared.append(bytes(a) if isinstance(a, bytes) else a) or real(a, b))

    async def play(shop):
        await hire(shop)
        till = await Till(shop, "Till 1").enrol()
        anna = shop.client()
        csrf = (await login(anna)).json()["csrf"]
        before = len(compared)
        await anna.post("/v1/outage/confirm", headers={"X-CSRF-Token": csrf})
        await till.client.get("/v1/copies")
        await shop.machine.get("/v1/me")
        await till.send(known_head=f"9:{'f' * 64}", head_proof="0" * 64)
        assert len(compared) - before >= 5  # The page's, the till's (twice), the operator's, the head's.

    in_shop(tmp_path, play)
