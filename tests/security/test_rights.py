"""Who may press which button: one table, asked before anything is done, and pages that show nobody what they may not do."""

import pytest

from tideover.plan.records import Duty, Person
from tideover.web.rights import OWN, RIGHT_OF, ROLES, Right, holders, is_open, may
from unit.web.shop import in_shop
from unit.web.till import Till

STAFF = {"Olga": "owner", "Mika": "manager", "Cara": "cashier", "Pete": "on-call", "Hanna": "helper"}
WITHOUT_A_PERSON = {  # Writes that no signed-in person makes.
    "/sign-in",
    "/start/open",  # A one-time code, on the box's own machine.
    "/v1/start",  # Commands on this machine.
    "/v1/start/code",  # The same.
    "/v1/login",
    "/v1/enrol",
    "/v1/practice",  # Whoever conducts a rehearsal, on this machine.
    "/v1/witness",  # A till that the box forgot shows a head, with the box's own proof.
    "/v1/till/pin",  # A till asks whether a PIN is right.
    "/v1/kit/opened",  # A pocket kit's own word, which only an opened one knows.
}
READS = {"GET", "HEAD", "OPTIONS"}


def hire(shop, **roles):
    for name, role in (roles or STAFF).items():
        shop.house.plan.put(Person(name, role=role), "Olga")


async def signed_in(shop, name):
    """That person's browser, and the token that its forms carry."""
    await shop.machine.post("/v1/pins", json={"name": name, "pin": "2580"})
    client = shop.client(f"192.168.1.{100 + len(name) + ord(name[0]) % 50}")
    told = (await client.post("/v1/login", json={"name": name, "pin": "2580"})).json()
    return client, told["csrf"]


async def press(client, csrf, path):
    """The write at that address, with nonsense in it: only whether it was let through matters."""
    address = path.replace("{", "").replace("}", "")
    if path.startswith("/v1/"):
        reply = await client.post(address, json={}, headers={"X-CSRF-Token": csrf})
    else:
        reply = await client.post(address, data={"csrf": csrf})
    return reply


def test_every_write_stands_in_the_table(tmp_path):
    """Found by walking all routes, so that a new button without a right is noticed; and no line of the table is left over."""

    async def play(shop):
        writes = {route.path_format for route in shop.app.router.routes if route.methods - READS}
        assert writes == set(RIGHT_OF) | OWN | WITHOUT_A_PERSON
        assert set(ROLES) == set(RIGHT_OF.values()) == set(Right.__args__)

    in_shop(tmp_path, play)


def test_a_write_that_stands_in_no_table_is_refused(tmp_path, monkeypatch):
    """A route that somebody forgets to enter opens for nobody, not even while everybody may do everything."""
    monkeypatch.delitem(RIGHT_OF, "/v1/outage/confirm")

    async def play(shop):
        client, csrf = await signed_in(shop, "Olga")
        assert 403 == (await press(client, csrf, "/v1/outage/confirm")).status_code

    in_shop(tmp_path, play)


@pytest.mark.parametrize("name", STAFF)
def test_a_person_does_what_their_role_may_and_no_more(tmp_path, name):
    """All addresses that change something, API and pages: refused with 403 exactly where the role has no right."""

    async def play(shop):
        hire(shop)
        client, csrf = await signed_in(shop, name)
        refused = set()
        for path in RIGHT_OF:
            reply = await press(client, csrf, path)
            assert reply.status_code in (200, 303, 400, 404, 409) or (403, "not-allowed") == (reply.status_code, reply.json()["code"]), path
            if reply.status_code == 403:
                refused.add(path)
        assert {path for path, right in RIGHT_OF.items() if STAFF[name] not in ROLES[right]} == refused

    in_shop(tmp_path, play)


def test_a_refusal_says_who_may(tmp_path):
    """In English and in Finnish; and nothing was done."""

    async def play(shop):
        hire(shop)
        client, csrf = await signed_in(shop, "Cara")
        headers = {"X-CSRF-Token": csrf}
        english = (await client.post("/v1/outage/confirm", headers=headers)).json()["message"]
        finnish = (await client.post("/v1/outage/confirm", headers=headers | {"Accept-Language": "fi"})).json()["message"]
        assert "none" == shop.house.fallback.outage.phase
        return english, finnish

    assert ("Cara may not do this: only Mika, Olga, Pete may.", "Cara ei saa tehdä tätä: sen saa tehdä vain Mika, Olga, Pete.") == in_shop(
        tmp_path, play
    )


def test_everybody_may_everything_until_an_owner_is_named_and_the_page_says_so(tmp_path):
    """A shop without a plan is not locked out; with one it closes at once, for those who are signed in already too."""

    async def play(shop):
        client, csrf = await signed_in(shop, "Cara")
        open_page = (await client.get("/")).text
        assert (True, True) == ("names no owner" in open_page, "/act/confirm" in open_page)
        assert 200 == (await press(client, csrf, "/v1/outage/confirm")).status_code
        hire(shop)
        closed_page = (await client.get("/")).text
        assert (False, False) == ("names no owner" in closed_page, "/act/" in closed_page)
        assert 403 == (await press(client, csrf, "/v1/outage/all-clear")).status_code
        assert "names no owner" not in (await shop.client().get("/")).text

    in_shop(tmp_path, play)


def test_a_page_shows_only_buttons_that_work(tmp_path):
    """Beside a difference the owner finds a field for its reason; a cashier reads it and finds none."""

    async def play(shop):
        hire(shop)
        till = await Till(shop, "Till 1").enrol()
        await till.send(known_head=f"99:{'f' * 64}")
        found = {}
        for name in ("Olga", "Cara"):
            client, _ = await signed_in(shop, name)
            page = (await client.get("/")).text
            found[name] = ("showed a head" in page, 'action="/findings/' in page, "/act/" in page)
        assert {"Olga": (True, True, True), "Cara": (True, False, False)} == found

    in_shop(tmp_path, play)


def test_a_duty_of_the_plan_gives_its_right(tmp_path):
    """Whom the plan makes owner of parked sales may solve them; nothing else comes with it."""

    async def play(shop):
        hire(shop)
        plan = shop.house.plan
        plan.put(Duty("parked/closed-period", "Cara"), "Olga")
        assert [True, False, False] == [may(plan, "Cara", right) for right in ("solve", "explain", "decide")]
        assert ["Cara", "Mika", "Olga"] == holders(plan, "solve")

    in_shop(tmp_path, play)


def test_whom_the_plan_does_not_know_is_a_helper(tmp_path):
    """Somebody with a PIN whose name was taken off the plan decides nothing, from the next press on."""

    async def play(shop):
        plan = shop.house.plan
        hire(shop)
        client, csrf = await signed_in(shop, "Mika")
        assert may(plan, "Mika", "decide")
        plan.remove(Person, "Mika", "Olga")
        assert 401 == (await press(client, csrf, "/v1/outage/confirm")).status_code
        plan.remove(Person, "Olga", "Pete")
        assert is_open(plan)

    in_shop(tmp_path, play)


def test_a_command_on_the_boxs_machine_may_everything(tmp_path):
    """It can read every file of the box anyway."""

    async def play(shop):
        hire(shop)
        assert 200 == (await shop.machine.post("/v1/outage/confirm")).status_code

    in_shop(tmp_path, play)
