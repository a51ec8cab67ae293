"""Nothing secret stands readable in a file, a log or an address: looked for in the raw bytes after a whole run of the real box."""

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import msgspec
import pytest

from bad_luck.box import Till, tideover
from tideover.app import open_house
from tideover.commands.doctor import _private
from tideover.errands import CLOUD_LOGIN
from tideover.errors import SecretUnreadable
from tideover.model.facts import Erased
from tideover.secret import KEY_FILE, Secrets
from tideover.world import real_world

PASSWORD, CLOUD_TOKEN = "correct-horse-battery-staple", "the-clouds-own-token-7f3a"
PIN, WRONG_PIN = "739182650417", "104857611203"
ASKED_MAX = 1_000  # Twenty times a second.
MAIJA = {"name": "Maija Meikäläinen-Virtanen", "phone": "+358 40 555 01234"}
LOUD = "import logging; logging.basicConfig(level=logging.DEBUG); from tideover.__main__ import main; main()"
# Open on this machine to its user alone, because the box has to open with them: the key and the commands' token.
KEYS = {"secrets.key", "operator.token"}


class Cloud(ThreadingHTTPServer):
    """Gives everybody a token and knows nothing else; remembers every address and header."""

    daemon_threads = True

    def __init__(self):
        self.lines, self.heads = [], []
        super().__init__(("127.0.0.1", 0), Answers)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.shutdown()
        self.server_close()


class Answers(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"] or 0))
        self.server.lines.append(self.requestline)
        self.server.heads.append(str(self.headers))
        body = json.dumps({"token": CLOUD_TOKEN, "expires_in_s": 3600} if "log" in self.path else {"error": "x", "message": "y"}).encode()
        self.send_response(200 if "log" in self.path else 404)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.do_POST()

    def log_message(self, *given):
        pass


def run_loud(data, play):
    """A real box with every logger at DEBUG, on its own log; `play` gets a client of its operator."""
    command = [sys.executable, "-c", LOUD, "box", "--data", str(data), "--port", "0", "--json", "--with-parent"]
    with open(data / "box.log", "ab") as log:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log)
    try:
        port = json.loads(process.stdout.readline())["port"]
        token = (data / "operator.token").read_text().strip()
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=60) as client:
            return play(client, {"Authorization": f"Bearer {token}"}), token
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
        process.stdin.close()
        process.stdout.close()


def a_whole_run(client, operator):
    """A till, a person, a wrong PIN, a wrong token, a sale, a look at every page; returns what only they may know."""
    assert 200 == client.post("/v1/pins", json={"name": "Anna", "pin": PIN}, headers=operator).status_code
    assert 401 == client.post("/v1/login", json={"name": "Anna", "pin": WRONG_PIN}).status_code
    told = client.post("/v1/login", json={"name": "Anna", "pin": PIN})
    cookie, csrf = told.cookies["tideover_session"], told.json()["csrf"]
    assert 400 == client.post("/v1/pins", json={"name": "Anna", "pin": PIN, "more": 1}, headers={"X-CSRF-Token": csrf}).status_code
    assert 200 == client.post("/v1/outage/confirm", headers={"X-CSRF-Token": csrf}).status_code
    for path in ("/", "/sign-in", "/keying", "/v1/status", "/v1/openapi.json", "/v1/copies", "/nothing"):
        client.get(path)
    code = client.post("/v1/codes", json={"name": "T1"}, headers=operator).json()["code"]
    with Till(str(client.base_url)) as till:
        body = {"code": code, "name": "T1", "spki": till.key.spki_b64}
        enrolled = till.client.post("/v1/enrol", json=body).json()
        till.id, till.token = enrolled["till"], enrolled["token"]
        assert ["created"] == [one["answer"] for one in till.answers(till.sale())]
        assert 401 == till.client.post("/v1/entries", json={}, headers={"Authorization": f"Bearer {till.token}x"}).status_code
    return {cookie, csrf, till.token, till.token.partition(".")[2], code.replace("-", ""), code}


def with_a_customer(data, **settings):
    house = open_house(data, real_world(), **settings)
    try:
        return house.people.put(MAIJA)[0]
    finally:
        house.journal.close()
        run_shut(house)


def run_shut(house):
    import asyncio

    asyncio.run(house.shut())


def holds(data, secrets, but=()):
    """Which file holds which secret, in any of the ways a program writes text."""
    forms = {word: {word.encode(), word.encode("utf-16-le"), json.dumps(word)[1:-1].encode()} for word in secrets}
    files = {path: path.read_bytes() for path in data.rglob("*") if path.is_file() and path.name not in but}
    return [(path.name, word) for path, raw in files.items() for word, ways in forms.items() if any(way in raw for way in ways)]


def test_no_file_and_no_log_of_a_whole_run_holds_a_secret(tmp_path):
    """Password, tokens, cookies, codes, PINs and a customer's details, also wrong ones and with every log on; nor does any address."""
    data = tmp_path / "shop"
    data.mkdir(mode=0o700)
    with Cloud() as cloud:
        url = f"http://127.0.0.1:{cloud.server_port}"
        (data / "tideover.toml").write_text(f'cloud = "practice"\ncloud_url = "{url}"\nwatch_s = 0.5\nconfirm_s = 10\n')
        secrets = Secrets(data, real_world())
        secrets.put(CLOUD_LOGIN, msgspec.json.encode({"user": "shop", "password": PASSWORD}))
        secrets.close()
        with_a_customer(data)

        def play(client, operator):
            found = a_whole_run(client, operator)
            pause = threading.Event()
            for _ in range(ASKED_MAX):
                if any(CLOUD_TOKEN in head for head in cloud.heads):  # The box has logged in there and used its token.
                    return found
                client.get("/v1/status")
                pause.wait(0.05)
            raise AssertionError("the box never logged in")

        tokens, operator = run_loud(data, play)
    words = {PASSWORD, CLOUD_TOKEN, PIN, WRONG_PIN, MAIJA["name"], MAIJA["phone"]} | tokens
    assert len((data / "box.log").read_bytes()) > 500
    assert [] == holds(data, words, but=KEYS)
    assert [] == holds(data, {operator}, but={"operator.token"})
    assert [] == [line for line in cloud.lines for word in words if word in line]


def test_files_are_their_owners_alone(tmp_path):
    """Even where the machine's own habit is to let everybody read, and in a directory that was there before."""
    data = tmp_path / "shop"

    def play(client, operator):
        a_whole_run(client, operator)
        return {path.name: oct(stat.S_IMODE(path.stat().st_mode)) for path in data.iterdir()}

    before = os.umask(0o022)
    try:
        tideover("doctor", "--data", tmp_path / "new")
        data.mkdir(mode=0o755)
        modes, _ = run_loud(data, play)
    finally:
        os.umask(before)
    modes.pop("box.log")  # Made by this test, as a service's log is made by the system.
    assert 0o700 == stat.S_IMODE((tmp_path / "new").stat().st_mode)
    assert {"journal.db", "copies.db", "plan.db", "secrets.db", "secrets.key", "operator.token", "heads.log"} <= set(modes)
    assert {} == {name: mode for name, mode in modes.items() if int(mode, 8) & 0o077}


@pytest.mark.parametrize(("folder", "file", "state"), [(0o755, 0o644, "missing"), (0o755, 0o600, "advice"), (0o700, 0o644, "ok")])
def test_doctor_warns_of_files_that_others_may_read(tmp_path, folder, file, state):
    """The key of the secrets open to everybody is a fault; an open directory is worth a word; a closed one closes all."""
    data = tmp_path / "shop"
    data.mkdir()
    (data / "secrets.key").write_bytes(bytes(32))
    (data / "secrets.key").chmod(file)
    data.chmod(folder)
    found = _private(data)
    assert (state, state != "ok") == (found.state, "chmod" in found.next_step)


def test_a_copy_without_the_key_is_unreadable(tmp_path):
    """A backup that leaves secrets.key out: the databases are there, no secret and no customer's detail can be read from them."""
    data, copy = tmp_path / "shop", tmp_path / "copy"
    data.mkdir()
    party = with_a_customer(data)
    copy.mkdir()
    for path in data.iterdir():
        if path.name not in KEYS:
            shutil.copy(path, copy)
    assert [] == holds(copy, set(MAIJA.values()))
    with pytest.raises(SecretUnreadable):
        Secrets(copy, real_world())
    (copy / KEY_FILE).write_bytes(bytes(32))
    with pytest.raises(SecretUnreadable):
        open_house(copy, real_world())
    assert party


def test_an_erased_customer_stays_erased_after_an_older_copy_is_put_back(tmp_path):
    """Secrets from before the erasure come back; at the next start the person is forgotten again, down to the bytes."""
    import asyncio

    data, old = tmp_path / "shop", tmp_path / "old"
    data.mkdir()
    party = with_a_customer(data)
    shutil.copytree(data, old)

    async def erase():
        house = open_house(data, real_world())
        await house.journal.record("erased", Erased(party=party, why="asked for it"))
        house.people.erase(party)
        await house.shut()

    async def read():
        house = open_house(data, real_world())
        try:
            return house.people.read(party), house.secrets.get(f"person.{party}")
        finally:
            await house.shut()

    asyncio.run(erase())
    for path in old.glob("secrets.*"):
        shutil.copy(path, data)
    assert (None, None) == asyncio.run(read())
    assert [] == holds(data, set(MAIJA.values()))
