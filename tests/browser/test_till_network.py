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
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from browser.conftest import CHROMIUM, QUIET
from tideover.secret import Secrets
from tideover.web import certificate
from tideover.world import real_world
from unit.web.shop import StillWorld

NAMES = certificate.names_from(["kassa.lan", "127.0.0.1"])
PATIENCE_MS = 60_000


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


@pytest.mark.parametrize("what", ["expired", "swapped"])
def test_the_till_opens_though_the_certificate_is_over_or_another(shop: Path, tmp_path: Path, what: str) -> None:
    """From what it keeps, in a moment; only what it asks of the box fails, and a browser that never was there gets nothing."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        (shop / "tideover.toml").write_text(f"tls_port = {free.getsockname()[1]}\n")
    with browser(tmp_path, shop / "tls" / "ca.pem") as chromium:
        page = chromium.new_page()
        with box(shop) as port:
            where = f"https://kassa.lan:{port}/till/"
            assert "" == refused(page, where)
            page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        if what == "expired":
            certificate.renew(shop, StillWorld(real_world().now() - timedelta(days=certificate.LEAF_DAYS + 3)))
            (shop / "tls" / "ca.key.sealed").unlink()  # Else the box would make itself a good one at once.
        else:
            other = tmp_path / "other"
            other.mkdir()
            Secrets(other, real_world()).close()
            certificate.make(other, real_world(), "Another", NAMES)
            shutil.copytree(other / "tls", shop / "tls", dirs_exist_ok=True)
        with box(shop):
            assert "" == refused(page, where)
            assert page.evaluate("document.querySelector('script[type=module]') !== null && window.isSecureContext")
            assert "failed" == page.evaluate("fetch('/v1/till/shop', {cache: 'no-store'}).then(() => 'answered', () => 'failed')")
            assert "ERR_CERT" in refused(page, where.replace("kassa.lan", "127.0.0.1"))


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
