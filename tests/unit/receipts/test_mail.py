"""Receipts by e-mail, against a real mail server: held while the line is down, sent once, their addresses nowhere in the books."""

from __future__ import annotations

import asyncio
import email
import socket
import threading
from contextlib import contextmanager
from datetime import timedelta
from email.policy import default

import pytest
from aiosmtpd.smtp import SMTP as Server
from aiosmtpd.smtp import AuthResult, Envelope
from msgspec.structs import replace

from tideover.drivers.mail import PASSWORD, Smtp, mailer_of
from tideover.errors import Misconfigured
from tideover.model.receipt import Letter
from tideover.model.sale import Tender
from tideover.settings import Settings
from tideover.trade.receipt_post import ReceiptPost
from tideover.world import real_world
from unit.receipts.counter import SHOP, QuickWorld, in_shop, sale

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH:UserWarning")  # The test's own server, on this machine only.
ADDRESS = "aino.makela@example.fi"


class Box:
    """What the mail server takes, and how it behaves."""

    def __init__(self, refuses: str = "", dies: bool = False) -> None:
        self.letters: list[Envelope] = []
        self.refuses, self.dies, self.logged_in = refuses, dies, []

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.refuses:
            return self.refuses
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.letters.append(envelope)
        if self.dies:
            server.transport.abort()
        return "250 Taken"

    def authenticate(self, server, session, envelope, mechanism, data):
        self.logged_in.append((data.login.decode(), data.password.decode()))
        return AuthResult(success=data.password == b"s\xc3\xa4l\xc3\xa4", handled=False)


@contextmanager
def mail_server(box, **more):
    """A real server on a port of its own, in a thread of its own."""
    ready, told = threading.Event(), {}

    async def serve():
        loop, told["end"] = asyncio.get_running_loop(), asyncio.Event()
        told["loop"] = loop
        server = await loop.create_server(lambda: Server(box, hostname="mail.example", **more), "127.0.0.1", 0)
        told["port"] = server.sockets[0].getsockname()[1]
        ready.set()
        await told["end"].wait()
        server.close()
        await server.wait_closed()
        others = [one for one in asyncio.all_tasks() if one is not asyncio.current_task()]
        for one in others:
            one.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    ready.wait(10)
    try:
        yield told["port"]
    finally:
        told["loop"].call_soon_threadsafe(told["end"].set)
        thread.join(10)


def settings(port, **more):
    known = {"mail_server": f"127.0.0.1:{port}", "mail_security": "none", "mail_from": "kuitit@kulmakauppa.example"}
    return Settings(**{**known, "shop_name": SHOP.shop_name, "language": "fi", **more})


def mailer(port, password="", **more):
    return Smtp(settings(port, **more), lambda: password, real_world())


def send(mailer, to=ADDRESS, subject="Kuitti K1-1 · Kulmakauppa Åkerblom", text="KUITTI\nYHTEENSÄ 12,50\n"):
    return asyncio.run(mailer.send(Letter("0192f3c4", to, subject, text)))


def read(envelope):
    return email.message_from_bytes(envelope.original_content, policy=default)


def test_a_letter_arrives_as_it_was_written():
    """Finnish letters in subject and text; a number of its own that stays the same when it is sent again."""
    box = Box()
    with mail_server(box) as port:
        assert ["sent", "sent"] == [send(mailer(port)).word for _ in range(2)]
    first, second = (read(one) for one in box.letters)
    assert ("Kuitti K1-1 · Kulmakauppa Åkerblom", ADDRESS) == (first["Subject"], first["To"])
    assert "YHTEENSÄ 12,50" in first.get_content()
    assert "<0192f3c4@kulmakauppa.example>" == first["Message-ID"] == second["Message-ID"]


@pytest.mark.parametrize("to", ["a@b.fi\r\nBcc: x@y.fi", "a@b.fi,x@y.fi", "a@b.fi\nRCPT TO:<x@y.fi>", "", "a b@c.fi", "<a@b.fi>"])
def test_nothing_in_an_address_becomes_a_header_or_a_second_receiver(to):
    """It never reaches the server."""
    box = Box()
    with mail_server(box) as port:
        assert "refused" == send(mailer(port), to=to).word
    assert [] == box.letters


def test_nothing_in_a_subject_becomes_a_header():
    """A shop's name with a line break in it."""
    box = Box()
    with mail_server(box) as port:
        assert "sent" == send(mailer(port), subject="Kuitti\r\nBcc: all@example.fi\r\n\r\nHei").word
    letter = read(box.letters[0])
    assert (None, [ADDRESS]) == (letter["Bcc"], box.letters[0].rcpt_tos)
    assert "Kuitti Bcc: all@example.fi Hei" == letter["Subject"]


@pytest.mark.parametrize(
    ("answer", "word"), [("550 no such mailbox", "refused"), ("451 try later", "away"), ("452 full", "away"), ("553 bad", "refused")]
)
def test_no_and_not_now_are_told_apart(answer, word):
    """The server's own words stand in the reason."""
    with mail_server(Box(refuses=answer)) as port:
        found = send(mailer(port))
    assert word == found.word and answer.split(" ", 1)[1] in found.why


def test_a_lost_answer_leaves_it_open():
    """The server took the letter and broke off: it may have gone."""
    box = Box(dies=True)
    with mail_server(box) as port:
        found = send(mailer(port))
    assert ("unknown", 1) == (found.word, len(box.letters))


class Endless:
    """A server whose first answer, or whose last one, has no end: a line each moment, so that no single wait is ever too long."""

    def __init__(self, greets: bool) -> None:
        self.greets, self.is_over, self.is_told = greets, threading.Event(), threading.Event()

    def __enter__(self) -> int:
        self.door = socket.create_server(("127.0.0.1", 0))
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()
        return self.door.getsockname()[1]

    def __exit__(self, *error) -> None:
        self.is_over.set()
        self.door.close()
        self.thread.join(10)

    def _serve(self) -> None:
        line, _ = self.door.accept()
        with line, line.makefile("rb") as heard:
            if self.greets:
                line.sendall(b"220 mail.example\r\n")
                for word in (b"250 mail.example", b"250 OK", b"250 OK", b"354 Go on"):
                    heard.readline()
                    line.sendall(word + b"\r\n")
                while heard.readline() not in (b".\r\n", b""):
                    pass
            try:
                while not self.is_over.wait(0.02):
                    line.sendall(b"250-and so on\r\n")
                    self.is_told.set()
            except OSError:
                self.is_over.set()  # The caller hung up.


@pytest.mark.parametrize(("greets", "word"), [(False, "away"), (True, "unknown")])
def test_a_server_that_never_ends_its_answer_is_left_in_time(greets, word):
    """Nothing had gone; or the letter had, and nobody knows. Its thread ends, too."""
    before, server = set(threading.enumerate()), Endless(greets)
    with server as port:
        found = send(Smtp(settings(port), lambda: "", QuickWorld(faster=120.0)))
        assert server.is_over.wait(10), "it was not hung up"
    assert (word, "the mail server does not come to an end") == (found.word, found.why)
    assert set(threading.enumerate()) <= before


def test_a_box_that_stops_hangs_up_on_a_server_that_never_ends():
    """Its end waits for every thread, and this one would wait for the server."""

    async def stopped(port):
        mailer = Smtp(settings(port), lambda: "", real_world())
        sending = asyncio.create_task(mailer.send(Letter("0192f3c4", ADDRESS, "Kuitti", "12,50\n")))
        assert await asyncio.to_thread(server.is_told.wait, 30)
        sending.cancel()

    with (server := Endless(greets=False)) as port:
        asyncio.run(stopped(port))
        assert server.is_over.wait(10), "it was not hung up"


def test_a_server_that_is_gone_took_nothing():
    """Refused connection, and a name that nobody knows."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    assert "away" == send(mailer(port)).word


def test_the_log_in_is_used_and_its_refusal_is_told():
    """A password with letters outside ASCII; a wrong one keeps the letter."""
    box = Box()
    more = {"auth_required": True, "auth_require_tls": False, "authenticator": box.authenticate}
    with mail_server(box, **more) as port:
        assert "sent" == send(mailer(port, password="sälä", mail_user="kuitit")).word
        wrong = send(mailer(port, password="vaara", mail_user="kuitit"))
    assert "away" == wrong.word and "does not accept the log-in" in wrong.why
    assert 1 == len(box.letters)


def test_a_server_without_encryption_is_not_given_the_password():
    """STARTTLS was asked for and is not offered: nothing is sent, and the reason says so."""
    box = Box()
    with mail_server(box) as port:
        found = send(mailer(port, mail_security="starttls", mail_user="kuitit", password="x"))
    assert "away" == found.word and "does not offer" in found.why
    assert ([], []) == (box.letters, box.logged_in)


@pytest.mark.parametrize("wrong", [{"mail_from": "kuitit"}, {"mail_server": "smtp.example.fi:x"}, {"mail_from": "a@b.fi\nBcc: x@y.fi"}])
def test_a_wrong_setting_is_told_at_the_start(wrong):
    """Not at the first customer."""
    with pytest.raises(Misconfigured):
        mailer(25, **wrong)


def test_letters_are_held_until_the_line_is_back_and_then_go_once(tmp_path):
    """Nobody knocks while the line is down; each goes once; the journal is told; the address is forgotten and stood in no entry."""
    box, line = Box(), [False]

    async def play(shop):
        desk = shop.desk(has_mail=True)
        post = ReceiptPost(desk, SHOP, mailer(port), shop.world, lambda: line[0])
        entries = [await shop.sell(f"K1-{place}") for place in (1, 2)]
        jobs = [await desk.ask(entry, 0, "Kassa 1", mail_to=ADDRESS) for entry in (*entries, *entries)]
        assert 2 == len({one.id for one in jobs})
        await post.turn()
        assert [] == box.letters
        line[0] = True
        for _ in range(4):
            await post.turn()
        assert [("mail", False, True)] == shop.given(entries[0]) == shop.given(entries[1])
        assert [ADDRESS] * 2 == [one.rcpt_tos[0] for one in box.letters]
        assert ["", ""] == [desk.address_of(one) for one in jobs[:2]]
        assert 0 == shop.database.one("SELECT count(*) FROM person WHERE sealed IS NOT NULL")[0]

    with mail_server(box) as port:
        in_shop(tmp_path, play)
    assert all("Nro K1-" in read(one).get_content() for one in box.letters)
    kept = b"".join(one.read_bytes() for one in tmp_path.glob("journal.db*"))
    assert b"aino" not in kept


def test_a_wrong_address_is_offered_to_a_person(tmp_path):
    """The mail server's no is told; with a better address the same receipt goes, without a mark."""
    box = Box(refuses="550 no such mailbox")

    async def play(shop):
        desk = shop.desk(has_mail=True)
        post = ReceiptPost(desk, SHOP, mailer(port), shop.world)
        job = await desk.ask(await shop.sell(), 0, "Kassa 1", mail_to="aino@example.fi")
        await post.turn()
        assert ["refused"] == [one.state for one in desk.waiting()]
        box.refuses = ""
        await desk.ask_again(desk.job(job.id), "Anna", copy=1, mail_to=ADDRESS)
        await post.turn()
        assert ([], "sent") == (desk.waiting(), desk.job(job.id).state)

    with mail_server(box) as port:
        in_shop(tmp_path, play)
    assert "KOPIO" not in read(box.letters[0]).get_content()


def test_a_person_who_was_erased_gets_no_letter(tmp_path):
    """Between asking and sending: the address is gone, and a person sees why."""

    async def play(shop):
        desk = shop.desk(has_mail=True)
        job = await desk.ask(await shop.sell(), 0, "Kassa 1", mail_to=ADDRESS)
        shop.people.erase(job.party)
        await ReceiptPost(desk, SHOP, mailer(25), shop.world).turn()
        [waiting] = desk.waiting()
        return waiting.why

    assert "the address was forgotten before the letter left" == in_shop(tmp_path, play)


def test_a_box_killed_while_a_letter_left_does_not_send_it_again(tmp_path):
    """It stands as sending; the box that starts asks a person."""

    async def play(shop):
        desk = shop.desk(has_mail=True)
        job = await desk.ask(await shop.sell(), 0, "Kassa 1", mail_to=ADDRESS)
        await desk.jobs.move(job, ("queued",), state="sending")
        again = shop.desk(has_mail=True)
        await ReceiptPost(again, SHOP, mailer(25), shop.world).turn()
        return [one.state for one in again.waiting()]

    assert ["unknown"] == in_shop(tmp_path, play)


class Choosy(Box):
    """Puts one customer off, again and again."""

    async def handle_RCPT(self, server, session, envelope, address, options):
        envelope.rcpt_tos.append(address)
        return "452 mailbox full" if address.startswith("full") else "250 OK"


def test_one_full_mailbox_holds_nobody_up(tmp_path):
    """Its letter comes first and is put off; the others go meanwhile, and it is tried ever more rarely."""
    box = Choosy()

    async def play(shop):
        desk = shop.desk(has_mail=True)
        post = ReceiptPost(desk, SHOP, mailer(port), shop.world)
        for place, to in enumerate(("full@example.fi", "a@example.fi", "b@example.fi")):
            await desk.ask(await shop.sell(f"K1-{place}"), 0, "Kassa 1", mail_to=to)
            shop.world.at += timedelta(seconds=1)
        waits = []
        for _ in range(8):
            waits.append(await post.turn())
            shop.world.at += timedelta(seconds=waits[-1])
        assert 45 <= waits[0] <= 75 and waits[1] < 3 and 600 < waits[-1] <= 1_125
        return [job.state for job in desk.jobs.open()]

    with mail_server(box) as port:
        assert ["queued"] == in_shop(tmp_path, play)
    assert ["a@example.fi", "b@example.fi"] == [one.rcpt_tos[0] for one in box.letters]


def test_a_long_letter_waits_while_bytes_cost(tmp_path):
    """On the metered line a receipt goes, one of seven hundred articles waits; both go on the usual line."""
    box, metered = Box(), [True]

    async def play(shop):
        desk = shop.desk(has_mail=True)
        post = ReceiptPost(desk, SHOP, mailer(port), shop.world, is_metered=lambda: metered[0])
        one = sale("K1-1")
        many = replace(one, lines=one.lines * 700, tenders=(Tender("card", 700 * 1_250),))
        for entry in ((await shop.journal.record("sale", many)).id, await shop.sell("K1-2", name="Tee")):
            await desk.ask(entry, 0, "Kassa 1", mail_to=ADDRESS)
        for _ in range(4):
            await post.turn()
        assert ["Tee"] == [word for one in box.letters for word in ("Tee", "Kahvi") if word in read(one).get_content()]
        metered[0] = False
        await post.turn()

    with mail_server(box) as port:
        in_shop(tmp_path, play)
    assert 2 == len(box.letters)


def test_the_password_is_kept_among_the_secrets(tmp_path):
    """And read anew at each letter."""
    box = Box()
    more = {"auth_required": True, "auth_require_tls": False, "authenticator": box.authenticate}

    async def play(shop):
        made = mailer_of(settings(port, mail_user="kuitit"), shop.secrets, shop.world)
        assert "away" == (await made.send(Letter("1", ADDRESS, "Kuitti", "x\n"))).word
        shop.secrets.put(PASSWORD, "sälä".encode())
        return (await made.send(Letter("1", ADDRESS, "Kuitti", "x\n"))).word

    with mail_server(box, **more) as port:
        assert "sent" == in_shop(tmp_path, play)
