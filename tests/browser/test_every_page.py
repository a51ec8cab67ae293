"""Every page of a furnished box, in both languages and on two screens: usable by everybody, whole, and with buttons that work.

The addresses are those of the application's own routes: a page that is new and not named here fails the first test.
"""

from __future__ import annotations

import asyncio
import re
import shutil
from urllib.parse import urlsplit

import pytest

from browser.axe import bring, violations
from browser.furnished import LONG, OWNER, PIN, furnish
from browser.furnished_lines import SETTINGS
from fuzz.house import OpenBox
from tideover.learn.practice_folder import Player, Scene
from tideover.learn.trouble import Practising
from tideover.plan.fields import BY_NAME as CLASSES
from tideover.plan.fields import key_of
from tideover.plan.questions import GROUPS
from tideover.plan.records import Person
from tideover.web.listen import Listener
from tideover.web.plan_labels import KINDS
from tideover.web.plan_rows import address_of
from tideover.web.start_files import FILES
from unit.web.shop import in_shop

CHROMIUM = shutil.which("chromium")
LANGUAGES = {"en": "en-GB", "fi": "fi-FI"}
COUNTER, PHONE = {"width": 1024, "height": 600}, {"width": 390, "height": 844}

# What no page is: files, and what programs read. The till's own pages have tests of their own.
FILE_ROUTES = {
    "/healthz", "/static/{name}", "/slips/{slip}/photo", "/kit/files/{path}", "/kit/pocket/{copy}", "/calendar.ics",
    "/calendar/mine.ics", "/vendors/record.csv", "/till", "/till/{name}", "/trust/tideover-ca.crt",
}  # fmt: skip

DOORS = {"/slips/next"}  # Where a button leads, and no link.
REFUSED = {"/kit/jobs/nothing"}  # A page that says what went wrong.

pytestmark = [
    pytest.mark.xdist_group("test_every_page"),
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine: 'make setup-system' installs it"),
]

LOOK = """() => ({
  over: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  wide: [...document.querySelectorAll("main *, header *, nav *")]
    .filter((one) => one.getBoundingClientRect().right > document.documentElement.clientWidth + 1).slice(0, 4)
    .map((one) => `${one.tagName}.${one.className} ${(one.textContent || one.value || "").trim().slice(0, 40)}`),
  forms: [...document.forms].flatMap((form) => {
    const buttons = [...form.elements].filter((one) => one.type === "submit");
    return (buttons.length ? buttons : [form]).map((one) =>
      [form.method, one !== form && one.hasAttribute("formaction") ? one.formAction : form.action]);
  }),
  links: [...document.querySelectorAll("a[href]")].map((one) => new URL(one.getAttribute("href"), document.baseURI).href),
})"""


def addresses(plan, made):
    """The addresses of each page's route in a furnished box."""
    keys = {one.name: max(map(key_of, plan.all(CLASSES[one.name])), key=len) for one in KINDS}  # The longest.
    records = [address_of(*one) for one in keys.items()]
    return {
        "/": ["/"],
        "/sign-in": ["/sign-in"],
        "/v1/api": ["/v1/api"],
        "/keying": ["/keying"],
        "/slips": ["/slips"],
        "/slips/next": ["/slips/next"],
        "/slips/{slip}": ["/slips/A-0001", "/slips/A-0004", "/slips/Z-0001"],
        "/slips/{slip}/again": ["/slips/A-0001/again"],
        "/notes": ["/notes"],
        "/kit": ["/kit", f"/kit?q={made.copy}"],
        "/kit/jobs/{id}": ["/kit/jobs/nothing"],
        "/receipts": ["/receipts"],
        "/notices": ["/notices"],
        "/plan": ["/plan"],
        "/plan/changes": ["/plan/changes"],
        "/plan/{kind}": ["/plan/person"],
        "/plan/{kind}/{key}": [*records, "/plan/grant/new", "/plan/party/new", "/plan/playbook/internet-down.en"],
        "/checks": ["/checks"],
        "/day": ["/day"],
        "/calls": ["/calls", "/calls?kind=mobile&to=0401234567", "/calls?kind=sip-portal"],
        "/services": ["/services", "/services?range=day"],
        "/vendors": ["/vendors"],
        "/spare": ["/spare", "/spare?done=1"],
        "/switching": ["/switching"],
        "/run": ["/run", "/run?q=router"],
        "/run/{id}": [f"/run/{made.run}", f"/run/{made.run}?step=0"],
        "/run/{id}/record": [f"/run/{made.run}/record", f"/run/{made.ended}/record"],
        "/practice": ["/practice"],
        "/rehearsal": ["/rehearsal"],
        "/acknowledge": ["/acknowledge"],
        "/acknowledge/{key}": ["/acknowledge/internet-down"],
        "/readiness": ["/readiness"],
        "/start": ["/start"],
        "/start/ask/{bite}": [f"/start/ask/{one.bite}" for one in GROUPS],
        "/start/done": ["/start/done"],
        "/start/file/{kind}": [f"/start/file/{kind}" for kind in FILES],
        "/start/try": ["/start/try"],
        "/tills": ["/tills"],
        "/trust": ["/trust"],
    }


class Walker:
    """Somebody who opens one page after another, in one language."""

    def __init__(self, language, page, routes):
        self.language, self.page, self.routes = language, page, routes
        self.wrong, self.links, self.seen = [], set(), set()
        page.on("pageerror", lambda error: self.say(f"script: {error}"))
        page.on("console", lambda told: self.say(f"console: {told.text}") if told.type == "error" and not is_status(told.text) else None)

    def say(self, what):
        self.wrong.append(f"{self.language} {self.page.url}: {what}")

    async def sign_in(self, name=OWNER):
        await self.page.goto("/sign-in")
        await self.page.fill("[name=name]", name)
        await self.page.fill("[name=pin]", PIN)
        await self.page.click("main button")

    async def see(self, address):
        """One page, on the counter's screen and on a phone."""
        await self.page.set_viewport_size(COUNTER)
        answer = await self.page.goto(address)
        if "text/html" not in answer.headers["content-type"] or self.language != await self.page.get_attribute("html", "lang"):
            self.say(f"no page of {self.language}: {answer.status} {answer.headers['content-type']}")
            return
        if (answer.status >= 400) != (address in REFUSED):
            self.say(f"{answer.status} at {address}")
        self.seen.add(address)
        policy = answer.headers["content-security-policy"]
        await self.judge(self.page, policy, is_read=self.language == "en")
        await self.page.set_viewport_size(PHONE)
        await self.judge(self.page, policy, is_read=self.language == "fi")  # The longer words on the smaller screen.

    async def judge(self, page, policy, is_read=True):
        """What everybody may expect of a page on this screen."""
        for one in await violations(page) if is_read else ():
            self.say(one)
        seen = await page.evaluate(LOOK)
        if seen["over"] > 0:
            self.say(f"{seen['over']} px too wide at {page.viewport_size['width']}: {seen['wide']}")
        for method, action in seen["forms"]:
            if not self.is_taken(method, action, policy):
                self.say(f"a form that goes nowhere: {method} {action}")
        self.links |= {one for one in seen["links"] if one.startswith(self.own)}

    async def follow(self):
        """Asks once for whatever the pages lead to and nobody has looked at."""
        paths = {re.sub(r"([?&]lang=[a-z]+)?(#.*)?$", "", one.removeprefix(self.own[:-1])) for one in self.links}
        for one in sorted(paths - self.seen):
            answer = await self.page.context.request.get(one)
            if answer.status >= 400:
                self.wrong.append(f"{self.language}: a link that leads nowhere: {one}: {answer.status}")

    @property
    def own(self):
        parts = urlsplit(self.page.url)
        return f"{parts.scheme}://{parts.netloc}/"

    def is_taken(self, method, action, policy):
        """True if the page's policy lets the form go there, and a route of the box takes it."""
        found = re.search(r"form-action ([^;]*)", policy)
        allowed = found is not None and found[1] == "'self'" and action.startswith(self.own)
        path = urlsplit(action).path
        return allowed and any(one.fullmatch(path) for verb, one in self.routes if verb == method.upper())


def is_status(text):
    """True for what a browser says of a page that is meant to be refused."""
    return text.startswith("Failed to load resource: the server responded with a status of 4")


def routes_of(app):
    """Each method and address, as a pattern."""
    return [
        (method, re.compile(re.sub(r"\{\w+\}", "[^/]+", re.sub(r"\{(path|key)\}", ".+", route.path_format))))
        for route in app.router.routes
        for method in route.methods
    ]


def pages_of(app):
    """Every address at which somebody with a browser can read something."""
    return {
        route.path_format
        for route in app.router.routes
        if "GET" in route.methods and (not route.path_format.startswith("/v1/") or route.path_format == "/v1/api")
    }


async def walk(app, language, browser, port, seen):
    """One language's walk: `seen(walker)` says what is looked at; what was wrong comes back."""
    async with await browser.new_context(base_url=f"http://127.0.0.1:{port}", locale=LANGUAGES[language]) as context:
        await bring(context)
        walker = Walker(language, await context.new_page(), routes_of(app))
        await seen(walker)
        await walker.follow()
        return walker


async def walk_all(app, seen):
    """Both languages at once, in one browser."""
    from playwright.async_api import async_playwright

    door = Listener(app, "127.0.0.1", 0)
    await door.start()
    try:
        async with asyncio.timeout(300), async_playwright() as driver:
            browser = await driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            walkers = await asyncio.gather(*(walk(app, one, browser, door.port, seen) for one in LANGUAGES))
            await browser.close()
    finally:
        await door.stop()
    return walkers


def told_by(walkers):
    return "\n".join(one for walker in walkers for one in walker.wrong)


def test_every_page_of_a_furnished_box(tmp_path):
    """In an outage, as the owner: no page keeps anybody out, runs off a phone, breaks its own policy, or has a dead button or link."""
    with OpenBox(tmp_path, **SETTINGS) as box:
        made = box.run(furnish(box))
        listed = addresses(box.house.plan, made)
        assert pages_of(box.app) == set(listed) | FILE_ROUTES

        async def seen(walker):
            await walker.see("/start")  # As a stranger: its door.
            await walker.see("/sign-in")
            await walker.sign_in()
            for address in (one for addresses in listed.values() for one in addresses):
                await walker.see(address)

        walkers = box.run(walk_all(box.app, seen))
    assert "" == told_by(walkers)
    reached = {urlsplit(one).path for walker in walkers for one in walker.links}
    assert DOORS == {one for one in listed if "{" not in one} - reached  # Nobody types an address.


def test_pages_of_a_practice_box(tmp_path):
    """Nothing is down, nothing was brought, nobody has practised: under the frame that says so, and no page is empty or a dead end."""

    async def run(shop):
        shop.house.plan.put(Person(OWNER, "owner"), OWNER)
        await shop.machine.post("/v1/pins", json={"name": OWNER, "pin": PIN})
        scene = Scene(players=(Player(OWNER, "3333", "owner"), Player(LONG, "1111", "cashier")))
        shop.house.practising = Practising(scene, shop.client(), shop.world)

        async def seen(walker):
            await walker.sign_in()
            for address in ("/", "/practice", "/run", "/plan", "/checks", "/slips", "/kit", "/rehearsal", "/readiness", "/acknowledge"):
                await walker.see(address)
                if not await walker.page.is_visible(".practice"):
                    walker.say("no frame")

        return await walk_all(shop.app, seen)

    assert "" == told_by(in_shop(tmp_path, run, is_practice=True))


def test_a_rehearsal_that_runs(tmp_path):
    """Whoever looks at its page sees the clock, the people and what ends it."""

    async def run(shop):
        shop.house.plan.change((Person(OWNER, "owner"), Person(LONG)), (), OWNER)
        await shop.machine.post("/v1/pins", json={"name": OWNER, "pin": PIN})
        shop.house.rehearsals.start("internet-down", [OWNER, LONG, "Hanna"], OWNER)

        async def seen(walker):
            await walker.sign_in()
            await walker.see("/rehearsal")

        return await walk_all(shop.app, seen)

    assert "" == told_by(in_shop(tmp_path, run))
