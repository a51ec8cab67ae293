"""What a page elsewhere, opened in a shop's browser, may do with the box: nothing."""

import pytest

from tideover.settings import Settings
from unit.web.shop import in_shop
from unit.web.till import Till, coffee

EVIL = "https://evil.example"
SCRIPT = "<script>alert(1)</script>"


@pytest.mark.parametrize("path", ["/", "/v1/status", "/v1/entries", "/v1/login", "/v1/copies"])
def test_no_page_elsewhere_may_read_an_answer(tmp_path, path):
    """No answer allows another origin, to no question a browser asks beforehand either."""

    async def play(shop):
        await shop.machine.post("/v1/pins", json={"name": "Anna", "pin": "2580"})
        asks = {"Origin": EVIL, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-csrf-token"}
        for method in ("OPTIONS", "GET", "POST"):
            reply = await shop.client().request(method, path, headers=asks)
            assert [] == [name for name in reply.headers if name.startswith("access-control-")]

    in_shop(tmp_path, play)


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
def test_a_form_elsewhere_reaches_no_route_of_the_api(tmp_path, kind):
    """What a browser sends across origins without asking is never read as JSON."""

    async def play(shop):
        await shop.machine.post("/v1/pins", json={"name": "Anna", "pin": "2580"})
        reply = await shop.client().post("/v1/login", content=b'{"name": "Anna", "pin": "2580"}', headers={"Content-Type": kind})
        assert (400, False) == (reply.status_code, "set-cookie" in reply.headers)

    in_shop(tmp_path, play)
TOKENLESS = ("/sign-in", "/start/open", "/practice")  # The last is only in a practice box: tests/rehearse/test_demo_box.py.


def test_a_form_of_a_page_needs_its_token(tmp_path):
    """Every button: the session's cookie alone, or another person's token, does nothing."""

    async def play(shop):
        tokens = {}
        for name in ("Anna", "Maija"):
            await shop.machine.post("/v1/pins", json={"name": name, "pin": "2580"})
            client = shop.client()
            tokens[name] = client, (await client.post("/v1/login", json={"name": name, "pin": "2580"})).json()["csrf"]
        anna, maijas = tokens["Anna"][0], tokens["Maija"][1]
        forms = [
            route.path_format.replace("{what}", "confirm").replace("{", "").replace("}", "")
            for route in shop.app.router.routes
            if "POST" in route.methods and not route.path_format.startswith("/v1/") and route.path_format not in TOKENLESS
        ]
        assert len(forms) >= 8
        for path in forms:
            for csrf in ("", maijas):
                assert 403 == (await anna.post(path, data={"csrf": csrf})).status_code, path
        assert "none" == shop.house.fallback.outage.phase

    in_shop(tmp_path, play)


def test_names_are_text_on_every_page(tmp_path):
    """A till, a person, an item and a remark that hold a script are shown as they are written; none runs."""

    async def play(shop):
        till = await Till(shop, f"Till {SCRIPT}").enrol()
        await till.send(till.sign(coffee(SCRIPT)), known_head=f"99:{'f' * 64}")
        await shop.machine.post("/v1/outage/report", json={"text": SCRIPT})
        name = f"Anna {SCRIPT}"
        await shop.machine.post("/v1/pins", json={"name": name, "pin": "2580"})
        anna = shop.client()
        await anna.post("/v1/login", json={"name": name, "pin": "2580"})
        pages = [(await anna.get(path)).text for path in ("/", "/keying", "/v1/api")]
        pages.append((await anna.post("/sign-in", data={"name": SCRIPT, "pin": SCRIPT})).text)
        assert "&lt;script&gt;" in pages[0]
        assert [] == [page for page in pages if "<script>alert" in page]

    in_shop(tmp_path, play)


def test_pages_run_no_script_of_their_own_text(tmp_path):
    """The policy lets only our own files run, and no page needs more: no script or style stands in a page's text."""

    async def play(shop):
        for path in ("/", "/sign-in", "/v1/api"):
            reply = await shop.client().get(path)
            assert "unsafe" not in reply.headers["content-security-policy"]
            assert [] == [part for part in ("<script>", "<style", " style=", " onclick=", "javascript:") if part in reply.text]

    in_shop(tmp_path, play)


@pytest.mark.parametrize("name", ["../secret.py", "..%2f..%2fsecret.py", "%2e%2e/secret.py", "/etc/passwd", "tideover.css%00.py"])
def test_no_file_beside_ours_can_be_asked_for(tmp_path, name):
    """Only the few files that stand in a list, by their names."""

    async def play(shop):
        return (await shop.client().get(f"/static/{name}")).status_code

    assert 404 == in_shop(tmp_path, play)


def test_an_answer_with_sums_is_kept_by_no_browser(tmp_path):
    """No page and no answer of the API stays on a shared device's disk."""

    async def play(shop):
        for path in ("/", "/v1/status", "/sign-in"):
            assert "no-store" in (await shop.client().get(path)).headers["cache-control"]

    in_shop(tmp_path, play)


def test_the_box_listens_to_its_own_machine_alone_until_told():
    """Out of the box nobody in the network reaches it."""
    assert ("127.0.0.1", ()) == (Settings().bind, Settings().host_names)
