"""The box over https in a real browser: a worker registers once the authority is trusted, and its limits hold."""

from __future__ import annotations

import http.server
import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from bad_luck.box import Box
from browser.conftest import CHROMIUM, QUIET
from browser.counter import sales_in, stocked, until
from browser.till_stand import BREAD, ITEMS, Person
from tideover.secret import Secrets
from tideover.web import certificate
from tideover.world import real_world
from unit.web.shop import StillWorld

NAMES = certificate.names_from(["kassa.lan", "127.0.0.1"])
PATIENCE_MS = 60_000
WITHIN_MS = 3_000  # Of somebody opening the till; how long it takes on a calm machine is measured by bench/till.py.
WATCHED = """async () => {
  const { Box, LIMIT_MS } = await import("/till/line/box.js");
  const { call, unlessAway } = Box.prototype;
  globalThis.line = { limit: LIMIT_MS, awaited: 0, ended: [] };
  Box.prototype.unlessAway = function (work) { line.awaited += 1; return unlessAway.call(this, work); };
  Box.prototype.call = function (method, path, ...rest) {
    return call.call(this, method, path, ...rest).finally(() => line.ended.push(path.split("?")[0]));
  };
}"""
BEHIND = {f"/v1/{one}" for one in ("entries", "witness", "till/standing", "till/shop", "till/items", "till/customers", "till/quotes")}
STANDING = "import('/till/main.js').then(({ till }) => [till.state.queue, till.state.box])"


@contextmanager
def box(folder: Path) -> Iterator[int]:
    """A box with the certificate that lies in its folder; its port for https."""
    command = [sys.executable, "-m", "tideover", "box", "--data", str(folder), "--port", "0", "--json", "--with-parent"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None and process.stdout is not None
    try:
        yield json.loads(process.stdout.readline())["tls_port"]
    finally:
        process.stdin.close()
        process.wait(60)
        process.stdout.close()


@contextmanager
def browser(home: Path, authority: Path | None) -> Iterator[Any]:
    """Chromium with a home of its own, which trusts that authority alone."""
    if shutil.which(CHROMIUM) is None or shutil.which("certutil") is None:
        pytest.skip("chromium or certutil (libnss3-tools) is not installed: 'make setup-system' installs them")
    from playwright.sync_api import sync_playwright

    database = home / ".pki" / "nssdb"
    database.mkdir(parents=True)
    subprocess.run(["certutil", "-N", "-d", f"sql:{database}", "--empty-password"], check=True)
    if authority is not None:
        subprocess.run(["certutil", "-A", "-d", f"sql:{database}", "-n", "box", "-t", "C,,", "-i", str(authority)], check=True)
    args = [*QUIET, "--host-resolver-rules=MAP kassa.lan 127.0.0.1, MAP bank.example 127.0.0.1"]
    with sync_playwright() as driver:
        found = driver.chromium.launch_persistent_context(
            str(home / "profile"), executable_path=CHROMIUM, args=args, env={**os.environ, "HOME": str(home), "NO_PROXY": "*"}
        )
        yield found
        found.close()


def refused(page: Any, url: str) -> str:
    """The browser's own word for why it does not open that address; "" if it does."""
    from playwright.sync_api import Error

    try:
        page.goto(url, timeout=PATIENCE_MS)
    except Error as error:
        return error.message
    return ""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir(mode=0o700)
    Secrets(folder, real_world()).close()
    certificate.make(folder, real_world(), "Kulmakauppa", NAMES)
    (folder / "tideover.toml").write_text("tls_port = 0\n")
    return folder


def test_a_worker_registers_over_https_once_the_authority_is_trusted(shop: Path, tmp_path: Path) -> None:
    """Under the box's name and under its address; the page is a secure one, and the till opens from what it keeps with the box gone."""
    with browser(tmp_path, shop / "tls" / "ca.pem") as chromium:
        page = chromium.new_page()
        with box(shop) as port:
            for host in ("127.0.0.1", "kassa.lan"):
                assert "" == refused(page, f"https://{host}:{port}/till/")
                assert page.evaluate("window.isSecureContext && 'serviceWorker' in navigator")
            page.wait_for_function("navigator.serviceWorker.controller || navigator.serviceWorker.ready", timeout=PATIENCE_MS)
            page.evaluate("navigator.serviceWorker.ready.then(() => true)")
            where = f"https://kassa.lan:{port}/till/"
            assert 200 == page.evaluate("fetch('/till/version.json').then(answer => answer.status)")
        assert "" == refused(page, where)


def at_one_port(shop: Path) -> int:
    """From now on the box's https has the same port each time, so that the browser knows it again."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    (shop / "tideover.toml").write_text(f"tls_port = {port}\n")
    return port


def spoil(shop: Path, what: str, beside: Path) -> None:
    """The box's certificate has ended, or is one of another authority under the same names."""
    if what == "expired":
        certificate.renew(shop, StillWorld(real_world().now() - timedelta(days=certificate.LEAF_DAYS + 3)))
        (shop / "tls" / "ca.key.sealed").unlink()  # Else the box would make itself a good one at once.
        return
    other = beside / "other"
    other.mkdir()
    Secrets(other, real_world()).close()
    certificate.make(other, real_world(), "Another", NAMES)
    shutil.copytree(other / "tls", shop / "tls", dirs_exist_ok=True)


@pytest.mark.parametrize("what", ["expired", "swapped"])
def test_the_till_opens_though_the_certificate_is_over_or_another(shop: Path, tmp_path: Path, what: str) -> None:
    """From what it keeps, in a moment; only what it asks of the box fails, and a browser that never was there gets nothing."""
    at_one_port(shop)
    with browser(tmp_path, shop / "tls" / "ca.pem") as chromium:
        page = chromium.new_page()
        with box(shop) as port:
            where = f"https://kassa.lan:{port}/till/"
            assert "" == refused(page, where)
            page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        spoil(shop, what, tmp_path)
        with box(shop):
            assert "" == refused(page, where)
            assert page.evaluate("document.querySelector('script[type=module]') !== null && window.isSecureContext")
            assert "failed" == page.evaluate("fetch('/v1/till/shop', {cache: 'no-store'}).then(() => 'answered', () => 'failed')")
            assert "ERR_CERT" in refused(page, where.replace("kassa.lan", "127.0.0.1"))


def pays(person: Person) -> str:
    """The one loaf in the basket, in cash; the number of its receipt."""
    person.sees_basket(("1", "Rye bread"))
    person.press("F9")
    person.sees("pay")
    person.press("Enter")
    person.sees("paid")
    return person.text(".tick").rsplit(" ", 1)[-1]


def sells(person: Person) -> str:
    """One loaf."""
    person.scan(BREAD)
    person.page.wait_for_selector(".lines .line")
    return pays(person)


def opens_and_sells(person: Person) -> tuple[str, dict[str, Any]]:
    """Somebody opens the till, says who they are and sells; the number, and what was asked of the box from the first touch on."""
    person.page.goto(f"{person.desk.line.url}/till/")
    person.sees("sign-in")
    person.page.evaluate(WATCHED)
    person.page.click("[data-key=name]:has-text('Anna')")
    person.type("2580")
    person.press("Enter")
    person.sees("sell")
    return sells(person), person.page.evaluate("globalThis.line")


@contextmanager
def nobody_answers(port: int) -> Iterator[None]:
    """Somebody at the box's port who takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", port)):
        yield


@pytest.mark.parametrize("what", ["expired", "swapped", "away", "hangs"])
def test_the_till_sells_whatever_became_of_the_box_and_its_certificate(shop: Path, tmp_path: Path, what: str) -> None:
    """One call at most is waited for, and not for long; also in the middle of a basket. With a good certificate the box has all, once."""
    port = at_one_port(shop)
    stocked(shop, {"items": ITEMS})
    good = shutil.copytree(shop / "tls", tmp_path / "good")
    with browser(tmp_path, shop / "tls" / "ca.pem") as chromium:
        with Box(shop) as box:
            for name, pin in (("Anna", "2580"), ("Berit", "1470")):
                box.staff.post("/v1/pins", json={"name": name, "pin": pin}).raise_for_status()
            code = box.staff.post("/v1/codes", json={"name": "K1"}).raise_for_status().json()["code"]
            desk = SimpleNamespace(line=SimpleNamespace(url=f"https://kassa.lan:{port}"), code=lambda name: code)
            person = Person(chromium, desk)
            person.at_the_till()
            person.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
            number, _ = opens_and_sells(person)
            numbers = [number]
            until(lambda: len(sales_in(shop)) == 1)
            person.scan(BREAD)
            person.page.wait_for_selector(".lines .line")
        if what in ("expired", "swapped"):
            spoil(shop, what, tmp_path)
        with nullcontext() if what == "away" else nobody_answers(port) if what == "hangs" else Box(shop):
            numbers.append(pays(person))
            number, asked = opens_and_sells(person)
            numbers.append(number)
            assert asked["awaited"] <= 1 and asked["limit"] * asked["awaited"] < WITHIN_MS, asked
            assert {*asked["ended"]} <= BEHIND | {"/v1/till/pin"}, asked
            assert 1 == len(sales_in(shop))
            assert 2 == person.page.evaluate(STANDING)[0]
        shutil.copytree(good, shop / "tls", dirs_exist_ok=True)
        with Box(shop):
            until(lambda: len(sales_in(shop)) >= len(numbers), for_s=90, said="all sales at the box")
            until(lambda: person.page.evaluate(STANDING) == [0, "here"])
            numbers.append(sells(person))
            until(lambda: len(sales_in(shop)) >= len(numbers))
        assert numbers == [sale["body"]["number"] for sale in sales_in(shop)]
        assert [] == person.faults


def test_without_trust_the_browser_refuses(shop: Path, tmp_path: Path) -> None:
    """No page, and so no worker: nobody sells through somebody in between."""
    with browser(tmp_path, None) as chromium, box(shop) as port:
        assert "ERR_CERT_AUTHORITY_INVALID" in refused(chromium.new_page(), f"https://kassa.lan:{port}/till/")


def test_the_stolen_authority_plays_no_bank(shop: Path, tmp_path: Path) -> None:
    """A certificate for a name elsewhere, signed with the very key: the browser does not take it."""
    world, inside = real_world(), shop / "tls"
    authority, stolen = certificate.read(inside / "ca.pem"), certificate._authority_key(shop, None, b"")
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "bank.example")])
    begun = x509.CertificateBuilder().subject_name(who).issuer_name(authority.subject).public_key(key.public_key()).serial_number(7)
    dated = begun.not_valid_before(world.now() - timedelta(days=1)).not_valid_after(world.now() + timedelta(days=30))
    forged = dated.add_extension(x509.SubjectAlternativeName([x509.DNSName("bank.example")]), False).sign(stolen, hashes.SHA256())
    pem = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (tmp_path / "bank.pem").write_bytes(forged.public_bytes(serialization.Encoding.PEM) + key.private_bytes(*pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "bank.pem")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    try:
        with browser(tmp_path, inside / "ca.pem") as chromium:
            assert "ERR_CERT" in refused(chromium.new_page(), f"https://bank.example:{server.server_port}/")
    finally:
        server.shutdown()
        serving.join()
        server.server_close()
