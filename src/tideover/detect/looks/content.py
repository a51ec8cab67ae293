"""Is it the real internet that answers: the page that the owner named holds the words that only it holds.

A log-in page of a hotel or shopping centre, the provider's "please pay your bill" and a wrong certificate all answer too; each is
named apart. Judges one page, sends nothing about the shop.
"""

from __future__ import annotations

import ssl
from urllib.parse import urlsplit

from tideover.detect.looks.addresses import Addresses
from tideover.detect.looks.bound import ANY, Way, told
from tideover.detect.looks.look import CLOCK_CODES, CLOCK_TEXT, TIMEOUT_S, service_of, timed
from tideover.detect.looks.page import Asker, Page, Url, url_of
from tideover.detect.ways import PORTAL, PROVIDER_PAGE
from tideover.model.outage import Kind, Observation
from tideover.world import World

FOREIGN_TEXT = "its certificate is not right"  # Of in_words: somebody else answers there.
PORTAL_STATUS = 511  # RFC 6585: "Network Authentication Required".
GONE = (404, 410)
SERVER_ERROR = 500  # From here on a server says of itself that it does not work.
PLAIN_PORT = 80
LOG_IN_SIGNS = ('type="password"', "type='password'", "type=password", "captive", "hotspot", "/login")


class ContentProbe:
    """Does the page hold the words?"""

    kind: Kind = "content"

    def __init__(
        self, url: Url, words: str, world: World, timeout_s: float = TIMEOUT_S, *,
        way: Way = ANY, book: Addresses | None = None, context: ssl.SSLContext | None = None, plain_port: int = PLAIN_PORT,
    ) -> None:  # fmt: skip
        """plain_port: where the same host is asked without TLS, once its secure page does not answer as it should."""
        self.name, self.timeout_s, self._url, self._words, self._world, self._way = url.host, timeout_s, url, words, world, way
        book = book or Addresses(world)
        self._asker = Asker(url, book, way, context, until=words)
        plain = Url(url.host, plain_port, False, url.path, url.host if plain_port == PLAIN_PORT else f"{url.host}:{plain_port}")
        self._plain = Asker(plain, book, way, until=words) if url.tls else None

    async def look(self) -> Observation:
        service, via = service_of("content", self._way.line), self._way.line
        seen = await timed(self._world, service, "content", self.name, self.timeout_s, self._ask(), via)
        is_told = PORTAL in seen.text or PROVIDER_PAGE in seen.text
        if seen.ok is False and not is_told and self._plain is not None:
            plain = await timed(self._world, service, "content", self.name, self.timeout_s / 2, self._ask_plain(), via)
            is_foreign = PORTAL in plain.text or (PROVIDER_PAGE in plain.text and FOREIGN_TEXT in seen.text)
            return plain if is_foreign else seen
        return seen

    async def _ask(self) -> tuple[bool | None, str]:
        try:
            page = await self._asker.ask()
        except ssl.SSLCertVerificationError as error:
            if error.verify_code in CLOCK_CODES:
                return None, CLOCK_TEXT
            raise
        ok, text = judge(page, self._url, self._words)
        return ok, told(text, page.is_bound)

    async def _ask_plain(self) -> tuple[bool | None, str]:
        """A hotel's page shows itself only where nothing is encrypted; the page's own words are not looked for here."""
        page = await self._plain.ask()
        if is_portal(page, self._url):
            return False, f"shows {PORTAL}"
        return (False, f"shows {PROVIDER_PAGE}") if 200 <= page.status < 300 and self._words not in page.body else (None, "")


def judge(page: Page, url: Url, words: str) -> tuple[bool, str]:
    """The words are there; else whose page it is."""
    if page.status and words in page.body and page.status < 300:
        return True, "shows what it should"
    if page.status == 0:
        return False, "answers, but not as a web server"
    if is_portal(page, url):
        return False, f"shows {PORTAL}"
    if page.status >= SERVER_ERROR:
        return False, f"answers {page.status}"
    return False, f"shows {PROVIDER_PAGE}"


def is_portal(page: Page, url: Url) -> bool:
    """It asks for a log-in, or sends us to another host."""
    if page.status == PORTAL_STATUS:
        return True
    if 300 <= page.status < 400 and page.to:
        host = urlsplit(page.to).hostname
        return host is not None and host.removeprefix("www.") != url.host.removeprefix("www.")
    return any(sign in page.body.lower() for sign in LOG_IN_SIGNS) if 200 <= page.status < 500 else False


class HttpProbe:
    """Asks the cloud's front door for nothing (HEAD) and reads only the status: any answer below 500 is one that works.

    Its log-in page is asked for as a browser would. Not a call of the connector: it needs no log-in, is not paced, and never
    waits for one.
    """

    def __init__(
        self, name: str, url: str, world: World, timeout_s: float = TIMEOUT_S, *,
        kind: Kind = "cloud", way: Way = ANY, book: Addresses | None = None, context: ssl.SSLContext | None = None,
    ) -> None:  # fmt: skip
        """Raises Misconfigured if `url` is no http(s) address."""
        self.name, self.timeout_s, self.kind, self._world, self._way = name, timeout_s, kind, world, way
        method = "HEAD" if kind == "cloud" else "GET"
        self._asker = Asker(url_of(url, "cloud_url"), book or Addresses(world), way, context, method)

    async def look(self) -> Observation:
        service = service_of(self.kind, self._way.line)
        return await timed(self._world, service, self.kind, self.name, self.timeout_s, self._ask(), self._way.line)

    async def _ask(self) -> tuple[bool | None, str]:
        page = await self._asker.ask()
        if page.status == 0:
            return False, "answers, but not as a web server"
        if self.kind == "login" and page.status in GONE:
            return None, "not looked at: there is no such page"  # The setting is wrong; that says nothing about the log-in.
        text = f"answers {page.status}"
        return page.status < SERVER_ERROR, told(text, page.is_bound)
