"""Who may do what: strangers little, tills their part, people theirs, and no foreign page anything."""

import stat

import pytest

from tideover.web.gate import name_of
from tideover.web.tokens import OPERATOR_FILE
from unit.web.shop import Shop, in_shop
from unit.web.till import Till

OPEN = {  # What a stranger may ask for; everything else asks who it is.
    ("GET", "/"),
    ("GET", "/healthz"),
    ("GET", "/keying"),  # Leads a stranger to the sign-in, and shows nothing.
    ("GET", "/kit"),  # The same.
    ("GET", "/notes"),  # The same.
    ("GET", "/slips"),  # The same.
    ("GET", "/slips/next"),  # The same.
    ("GET", "/slips/{slip}"),  # The same.
    ("GET", "/slips/{slip}/again"),  # The same.
    ("POST", "/v1/kit/opened"),  # A pocket kit reports; what an unopened one says is heard by nobody.
    ("GET", "/checks"),  # Leads a stranger to the sign-in, and shows nothing.
    ("GET", "/calls"),  # The same.
    ("GET", "/day"),  # The same.
    ("GET", "/spare"),  # The same.
    ("GET", "/services"),  # The same.
    ("GET", "/vendors"),  # The same.
    ("GET", "/run"),
    ("GET", "/run/{id}"),
    ("GET", "/run/{id}/record"),
    ("GET", "/plan"),  # The same.
    ("GET", "/receipts"),  # The same.
    ("GET", "/switching"),  # The same.
    ("GET", "/notices"),  # The same.
    ("POST", "/v1/witness"),  # A head counts by its proof, whoever shows it.
    ("GET", "/rehearsal"),  # The same.
    ("GET", "/acknowledge"),  # The same.
    ("GET", "/acknowledge/{key}"),  # The same.
    ("GET", "/readiness"),  # The same.
    ("GET", "/calendar/mine.ics"),  # The same.
    ("GET", "/calendar.ics"),  # Days on which something is due, for the shop's own network; no name, no text.
    ("GET", "/practice"),  # There is no such page but in a practice box.
    ("GET", "/sign-in"),
    ("GET", "/start"),  # Shows a stranger the door, and nothing else.
    ("GET", "/start/ask/{bite}"),  # The same.
    ("GET", "/start/done"),  # The same.
    ("GET", "/start/file/{kind}"),  # Leads a stranger to the door.
    ("GET", "/start/try"),  # The same.
    ("POST", "/sign-in"),
    ("POST", "/start/open"),  # Takes a one-time code, on the box's own machine only.
    ("POST", "/sign-out"),  # A form: its own token is checked.
    ("POST", "/act/{what}"),  # The same.
    ("POST", "/parked/{id}"),  # The same.
    ("GET", "/static/{name}"),
    ("GET", "/tills"),  # Leads a stranger to the sign-in, and shows nothing.
    ("GET", "/trust"),  # How a device comes to trust the box: it is read before it does.
    ("GET", "/trust/tideover-ca.crt"),  # A certificate is no secret.
    ("GET", "/till"),  # The till's own files: what it holds of the shop it is given only with its token.
    ("GET", "/till/{name}"),  # The same.
    ("GET", "/v1/api"),
    ("GET", "/v1/openapi.json"),
    ("GET", "/v1/status"),
    ("GET", "/v1/events"),
    ("GET", "/v1/me"),
    ("POST", "/v1/login"),
    ("POST", "/v1/enrol"),
}


async def signed_in(shop: Shop, name: str = "Anna", pin: str = "2580"):
    """A client of that person, and the token that its writes carry."""
    await shop.machine.post("/v1/pins", json={"name": name, "pin": pin})
    client = shop.client()
    told = (await client.post("/v1/login", json={"name": name, "pin": pin})).json()
    return client, told["csrf"]


def routes(shop: Shop):
    for route in shop.app.router.routes:
        for method in sorted(route.methods - {"OPTIONS", "HEAD"}):
            yield method, route.path_format


def test_every_route_but_the_open_ones_asks_who_it_is(tmp_path):
    """Found by walking all routes, so that a new one cannot be forgotten."""

    async def play(shop):
        stranger = shop.client()
        refused = set()
        for method, path in routes(shop):
            if path == "/v1/events":
                continue  # It never ends.
            reply = await stranger.request(method, path.replace("{", "").replace("}", ""), json={})
            if reply.status_code == 401 or (reply.status_code == 403 and reply.json()["code"] == "not-allowed"):
                refused.add((method, path))
        asked = set(routes(shop)) - refused
        closed = {("GET", path) for _, path in asked if path.startswith("/v1/schema")}
        assert OPEN == (asked - closed) | {("GET", "/v1/events")}

    in_shop(tmp_path, play)


def test_every_route_names_a_guard(tmp_path):
    """A route without one would be open to whoever reaches the port."""

    async def play(shop):
        bare = [
            handler.paths
            for route in shop.app.router.routes
            for handler in route.route_handlers
            if handler.http_methods != {"OPTIONS"} and not handler.resolve_guards()
        ]
        assert [] == bare

    in_shop(tmp_path, play)


def test_a_till_may_look_things_up_but_not_act_for_people(tmp_path):
    """Copies yes; making codes, confirming, closing no."""

    async def play(shop):
        till = await Till(shop, "Till 1").enrol()
        assert 200 == (await till.client.get("/v1/copies")).status_code
        for path in ("/v1/codes", "/v1/outage/confirm", "/v1/pins"):
            assert 403 == (await till.client.post(path, json={"name": "x", "pin": "1234"})).status_code

    in_shop(tmp_path, play)


def test_a_persons_write_needs_the_pages_token(tmp_path):
    """A cookie alone, as a foreign page would send it, changes nothing; reading is fine."""

    async def play(shop):
        anna, csrf = await signed_in(shop)
        assert 200 == (await anna.get("/v1/parked")).status_code
        for headers in ({}, {"X-CSRF-Token": "guess"}):
            reply = await anna.post("/v1/outage/confirm", headers=headers)
            assert (403, "not-allowed") == (reply.status_code, reply.json()["code"])
        assert "none" == shop.house.fallback.outage.phase
        assert 200 == (await anna.post("/v1/outage/confirm", headers={"X-CSRF-Token": csrf})).status_code
        assert "fallback" == shop.house.fallback.outage.phase

    in_shop(tmp_path, play)


def test_the_session_cookie_is_for_our_pages_only(tmp_path):
    """No script reads it and no foreign page sends it."""

    async def play(shop):
        await shop.machine.post("/v1/pins", json={"name": "Anna", "pin": "2580"})
        reply = await shop.client().post("/v1/login", json={"name": "Anna", "pin": "2580"})
        cookie = reply.headers["set-cookie"].lower()
        assert all(part in cookie for part in ("httponly", "samesite=strict", "path=/"))

    in_shop(tmp_path, play)


def test_a_session_ends_by_itself_and_by_signing_out(tmp_path):
    """After twelve hours, or at once."""

    async def play(shop):
        anna, csrf = await signed_in(shop)
        assert 200 == (await anna.post("/v1/logout", headers={"X-CSRF-Token": csrf})).status_code
        assert "nobody" == (await anna.get("/v1/me")).json()["kind"]
        anna, csrf = await signed_in(shop)
        shop.world.pass_time(hours=11, minutes=59)
        assert "Anna" == (await anna.get("/v1/me")).json()["name"]
        shop.world.pass_time(minutes=1)
        assert "nobody" == (await anna.get("/v1/me")).json()["kind"]

    in_shop(tmp_path, play)


def test_an_old_cookie_does_not_come_back_after_signing_out(tmp_path):
    """The session ends on the box, not only in the browser."""

    async def play(shop):
        anna, csrf = await signed_in(shop)
        cookie = anna.cookies["tideover_session"]
        await anna.post("/v1/logout", headers={"X-CSRF-Token": csrf})
        thief = shop.client(Cookie=f"tideover_session={cookie}")
        assert "nobody" == (await thief.get("/v1/me")).json()["kind"]

    in_shop(tmp_path, play)


def test_a_restart_signs_nobody_out(tmp_path):
    """In the middle of an outage the box may start again."""

    async def before(shop):
        anna, _ = await signed_in(shop)
        return anna.cookies["tideover_session"]

    async def after(shop):
        return (await shop.client(Cookie=f"tideover_session={cookie}").get("/v1/me")).json()["name"]

    cookie = in_shop(tmp_path, before)
    assert "Anna" == in_shop(tmp_path, after)


def test_guessing_a_pin_is_soon_over(tmp_path):
    """Six wrong PINs, then even the right one waits; the answer says for how long."""

    async def play(shop):
        await shop.machine.post("/v1/pins", json={"name": "Anna", "pin": "2580"})
        replies = [await shop.client().post("/v1/login", json={"name": "Anna", "pin": f"000{n}"}) for n in range(6)]
        assert {401} == {reply.status_code for reply in replies}
        reply = await shop.client().post("/v1/login", json={"name": "Anna", "pin": "2580"})
        assert (429, "too-often", "300") == (reply.status_code, reply.json()["code"], reply.headers["retry-after"])
        shop.world.pass_time(minutes=5)
        assert 200 == (await shop.client().post("/v1/login", json={"name": "Anna", "pin": "2580"})).status_code

    in_shop(tmp_path, play)


def test_an_unknown_name_looks_like_a_wrong_pin(tmp_path):
    """Nobody learns who works here."""

    async def play(shop):
        await shop.machine.post("/v1/pins", json={"name": "Anna", "pin": "2580"})
        wrong = await shop.client("10.0.0.1").post("/v1/login", json={"name": "Anna", "pin": "1111"})
        unknown = await shop.client("10.0.0.2").post("/v1/login", json={"name": "Nobody", "pin": "1111"})
        assert (wrong.status_code, wrong.json()) == (unknown.status_code, unknown.json())

    in_shop(tmp_path, play)


def test_a_person_sets_only_their_own_pin(tmp_path):
    """Everybody's first PIN is set on the box's machine; a PIN is four to twelve digits."""

    async def play(shop):
        anna, csrf = await signed_in(shop)
        headers = {"X-CSRF-Token": csrf}
        assert 200 == (await anna.post("/v1/pins", json={"name": "Anna", "pin": "9876", "now": "2580"}, headers=headers)).status_code
        assert 403 == (await anna.post("/v1/pins", json={"name": "Maija", "pin": "9876"}, headers=headers)).status_code
        assert 400 == (await shop.machine.post("/v1/pins", json={"name": "Maija", "pin": "12"})).status_code
        kept = [shop.house.secrets.get(name) for name in shop.house.secrets.names()]
        assert not any(b"9876" in value for value in kept)

    in_shop(tmp_path, play)


def test_the_operators_file_is_its_owners_alone(tmp_path):
    """Commands on the same machine use it; it stays the same through a restart."""

    async def play(shop):
        return (await shop.machine.get("/v1/me")).json()["kind"], (tmp_path / OPERATOR_FILE).read_text()

    first, again = in_shop(tmp_path, play), in_shop(tmp_path, play)
    assert first == again and "machine" == first[0]
    assert 0o600 == stat.S_IMODE((tmp_path / OPERATOR_FILE).stat().st_mode)


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "", "box.local"])
def test_a_foreign_name_is_refused(tmp_path, host):
    """A web page elsewhere that points its name at the box gets nothing, not even with a good token."""

    async def play(shop):
        till = await Till(shop, "Till 1").enrol()
        for method, path in (("GET", "/"), ("GET", "/v1/copies"), ("POST", "/v1/entries")):
            reply = await till.client.request(method, path, headers={"Host": host})
            assert (421, "wrong-host") == (reply.status_code, reply.json()["code"])

    in_shop(tmp_path, play)


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8787", "127.0.0.1:8787", "[::1]:8787", "192.168.1.5", "kassa.example.fi:443"])
def test_the_box_answers_under_its_own_names(tmp_path, host):
    """localhost, plain addresses, and the names of the settings."""

    async def play(shop):
        return (await shop.client().get("/healthz", headers={"Host": host})).status_code

    assert 200 == in_shop(tmp_path, play, host_names=("kassa.example.fi",))


def test_the_name_of_a_host_header_is_read_without_its_port():
    """IPv6 too."""
    assert ["a.b", "::1", "a", ""] == [name_of(text) for text in ("A.b:80", "[::1]:80", "a.", ":80")]


@pytest.mark.parametrize("path", ["/", "/nothing", "/v1/status", "/v1/copies", "/v1/entries", "/static/tideover.css"])
def test_every_answer_carries_the_safe_headers(tmp_path, path):
    """Errors and what is not found among them; no page may frame ours, and ours load nothing from elsewhere."""

    async def play(shop):
        headers = (await shop.client().get(path)).headers
        assert headers["content-security-policy"].startswith("default-src 'self'; frame-ancestors 'none'")
        assert ("nosniff", "DENY", "same-origin") == (
            headers["x-content-type-options"],
            headers["x-frame-options"],
            headers["referrer-policy"],
        )
        assert "cache-control" in headers and "access-control-allow-origin" not in headers

    in_shop(tmp_path, play)


def test_sums_are_for_people_of_the_shop(tmp_path):
    """A stranger in the network sees the state, not the takings; at the box itself they stand on the screen."""

    async def play(shop):
        till = await Till(shop, "Till 1").enrol()
        await till.send(till.sign())
        strange, here = shop.client("192.168.1.66"), shop.client("127.0.0.1")
        seen = [(await client.get("/v1/status")).json()["money"] for client in (strange, here, till.client, shop.machine)]
        assert [None, 250, 250, 250] == [money and money["fallback_minor"] for money in seen]
        assert ["2.50" in (await client.get("/")).text for client in (strange, here)] == [False, True]

    in_shop(tmp_path, play)
