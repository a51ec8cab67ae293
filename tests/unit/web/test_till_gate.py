"""The till's own files, and who may write from where: exact files, the right types, no page elsewhere."""

import hashlib
import json

import pytest

from tideover.web import till_page
from unit.web.shop import in_shop
from unit.web.test_access import signed_in
from unit.web.till import Till


def folder(tmp_path):
    """A till of three files, with something beside them that is nobody's business."""
    inside = tmp_path / "till"
    (inside / "core").mkdir(parents=True)
    (inside / "index.html").write_text("<!doctype html><title>Till</title>")
    (inside / "core" / "money.js").write_text('export const a = say("Sign in"), b = say(\'no such text\'), c = say(`Sign in`)')
    (inside / "sw.js").write_text("// worker")
    (inside / "notes.txt").write_text("nobody's")
    (inside / ".hidden.js").write_text("hidden")
    return inside


def test_the_list_names_every_file_by_what_it_holds(tmp_path):
    """All that a worker keeps, but not the worker; another byte makes another version."""
    inside = folder(tmp_path)
    held = till_page.files(inside)
    told = json.loads(held["version.json"].content)
    assert ["core/money.js", "index.html", "words.fi.json"] == [one["path"] for one in told["files"]]
    for one in told["files"]:
        assert one["sha256"] == hashlib.sha256(held[one["path"]].content).hexdigest()
    till_page.files.cache_clear()
    (inside / "sw.js").write_text("// another")
    assert told["version"] != json.loads(till_page.files(inside)["version.json"].content)["version"]
    till_page.files.cache_clear()


def test_the_words_of_the_till_come_in_finnish(tmp_path):
    """Texts in its scripts that the catalogue knows; what it does not know stays English."""
    words = json.loads(till_page.files(folder(tmp_path))["words.fi.json"].content)
    till_page.files.cache_clear()
    assert ["Sign in"] == list(words) and words["Sign in"] != "Sign in"


def test_the_till_is_served_below_its_own_address_with_its_own_rules(tmp_path, monkeypatch):
    """Right types, looked at anew each time, nothing beside its files; no inline script, its worker and its box alone."""
    monkeypatch.setattr(till_page, "FOLDER", folder(tmp_path))
    held = till_page.files(till_page.FOLDER)
    monkeypatch.setattr(till_page, "files", lambda: held)
    till_page.version.cache_clear()

    async def play(shop):
        client = shop.client()
        reply = await client.get("/till")
        assert (308, "/till/") == (reply.status_code, reply.headers["location"])
        kinds = {"": "text/html", "core/money.js": "text/javascript", "version.json": "application/json", "sw.js": "text/javascript"}
        for path, kind in kinds.items():
            reply = await client.get(f"/till/{path}")
            assert 200 == reply.status_code and reply.headers["content-type"].startswith(kind), path
            policy = reply.headers["content-security-policy"]
            assert all(part in policy for part in ("default-src 'none'", "worker-src 'self'", "manifest-src 'self'", "connect-src 'self'"))
            assert "unsafe" not in policy and "no-cache" == reply.headers["cache-control"]
            again = await client.get(f"/till/{path}", headers={"If-None-Match": reply.headers["etag"]})
            assert (304, b"") == (again.status_code, again.content)
        for path in ("notes.txt", ".hidden.js", "../server.py", "%2e%2e/server.py", "core", "//etc/passwd"):
            assert 404 == (await client.get(f"/till/{path}")).status_code, path

    in_shop(tmp_path, play)
    till_page.version.cache_clear()
    monkeypatch.undo()
    till_page.files.cache_clear()


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost:1", "http://localhost.evil.example"])
def test_a_page_elsewhere_writes_nothing_here(tmp_path, origin):
    """Even with cookie and token: a browser says where the page came from. Our own page and programs may."""

    async def play(shop):
        anna, csrf = await signed_in(shop)
        headers = {"X-CSRF-Token": csrf, "Origin": origin}
        reply = await anna.post("/v1/outage/confirm", headers=headers)
        assert (403, "not-allowed", "none") == (reply.status_code, reply.json()["code"], shop.house.fallback.outage.phase)
        assert 403 == (await shop.client().post("/sign-in", data={"name": "Anna", "pin": "2580"}, headers={"Origin": origin})).status_code
        assert 200 == (await anna.post("/v1/outage/confirm", headers=headers | {"Origin": "http://localhost"})).status_code
        till = await Till(shop, "Till 1").enrol()
        till.client.headers["Origin"] = "http://localhost"
        assert 401 == (await till.client.post("/v1/till/pin", json={"name": "Anna", "pin": "1"})).status_code

    in_shop(tmp_path, play)


def test_over_tls_the_cookie_is_bound_to_this_very_host(tmp_path):
    """__Host-, Secure, Path=/: nobody else in the network can plant one; the plain one counts only without TLS."""

    async def play(shop):
        await shop.machine.post("/v1/pins", json={"name": "Anna", "pin": "2580"})
        client = shop.client()
        client.base_url = "https://localhost"
        reply = await client.post("/v1/login", json={"name": "Anna", "pin": "2580"})
        cookie = reply.headers["set-cookie"]
        assert cookie.startswith("__Host-tideover_session=")
        assert all(part in cookie.lower() for part in ("secure", "httponly", "samesite=strict", "path=/"))
        assert "domain" not in cookie.lower()
        value = cookie.partition("=")[2].partition(";")[0]
        over = [
            (base, name, (await shop.client().get(f"{base}://localhost/v1/me", headers={"Cookie": f"{name}={value}"})).json()["kind"])
            for base in ("http", "https")
            for name in ("tideover_session", "__Host-tideover_session")
        ]
        counted = [(base, name) for base, name, kind in over if kind == "staff"]
        assert [("http", "tideover_session"), ("https", "__Host-tideover_session")] == counted

    in_shop(tmp_path, play)
