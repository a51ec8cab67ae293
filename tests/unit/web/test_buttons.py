"""Nobody is shown a button that then refuses: every page of a furnished box, read as each role."""

import re

from browser.furnished import OWNER, PIN, furnish
from browser.furnished_lines import SETTINGS
from browser.test_every_page import FILE_ROUTES, addresses, pages_of, routes_of
from fuzz.house import OpenBox
from tideover.plan.records import Person
from tideover.web.rights import OWN, RIGHT_OF, may

HIRED = {"Cara": "cashier", "Hanna": "helper", "Pete": "on-call", "Mika": "manager"}
FORM = re.compile(r"<form\b(?P<tag>[^>]*)>(?P<inside>.*?)</form>", re.S)
BUTTON = re.compile(r"<button\b(?P<tag>[^>]*)>(?P<text>.*?)</button>", re.S)
FREE = {"/sign-in", "/sign-out", "/start/open"}


def attribute(tag, name):
    found = re.search(rf'\b{name}="([^"]*)"', tag)
    return None if found is None else found[1]


def buttons_of(page, address):
    """Each button that writes: where it goes, and its words."""
    for form in FORM.finditer(page):
        if attribute(form["tag"], "method") != "post":
            continue
        for button in BUTTON.finditer(form["inside"]):
            if attribute(button["tag"], "type") in (None, "submit"):
                goes = attribute(button["tag"], "formaction") or attribute(form["tag"], "action") or address
                yield re.split(r"[?#]", goes)[0], re.sub(r"<[^>]+>", "", button["text"]).strip()


def rights_of(app):
    """The shape of each address that takes a press, and its right; none where everybody may."""
    shapes = {shape.pattern: shape for method, shape in routes_of(app) if method == "POST"}
    found = []
    for path in sorted((*RIGHT_OF, *OWN, *FREE), key=lambda one: "{" in one):
        pattern = re.sub(r"\{\w+\}", "[^/]+", re.sub(r"\{(path|key)\}", ".+", path))
        found.append((shapes[pattern], path))
    return found


def test_no_page_shows_a_button_that_refuses(tmp_path):
    """As cashier, helper, on call and manager, in an outage with everything on it; the owner's pages show that buttons are found."""
    with OpenBox(tmp_path, **SETTINGS) as box:
        made = box.run(furnish(box))
        plan, listed, taken = box.house.plan, addresses(box.house.plan, made), rights_of(box.app)
        assert pages_of(box.app) == set(listed) | FILE_ROUTES
        for name, role in HIRED.items():
            plan.put(Person(name, role=role), OWNER)

        async def walk(name):
            await box.machine.post("/v1/pins", json={"name": name, "pin": PIN})
            client = box.client()
            box.page.now_ms += 200_000
            await client.post("/v1/login", json={"name": name, "pin": PIN})
            for address in (one for several in listed.values() for one in several):
                page = (await client.get(address, headers={"Accept": "text/html"}, follow_redirects=True)).text
                for goes, words in buttons_of(page, address.partition("?")[0]):
                    yield next(path for shape, path in taken if shape.fullmatch(goes)), f"{name} at {address}: {words} ({goes})"

        async def walk_all():
            return {name: [one async for one in walk(name)] for name in (OWNER, *HIRED)}

        shown = box.run(walk_all())
        dead = [told for name, found in shown.items() for path, told in found if path in RIGHT_OF and not may(plan, name, RIGHT_OF[path])]
    assert "" == "\n".join(dead)
    assert len({path for path, _ in shown[OWNER]}) > 50
    assert {"/wall/report", "/checks", "/run/{id}/mark"} < {path for path, _ in shown["Hanna"]} < {path for path, _ in shown["Cara"]}
