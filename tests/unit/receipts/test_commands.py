"""`tideover mail` and `tideover doctor`: set up, tried, looked at; a password in no file that can be read."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading

from unit.receipts.nine_thousand import Printer
from unit.receipts.test_mail import ADDRESS, Box, mail_server, read


def tideover(*given, said=""):
    return subprocess.run([sys.executable, "-m", "tideover", *map(str, given)], input=said, capture_output=True, text=True, timeout=120)


def test_mail_is_set_up_and_tried(tmp_path):
    """One command; the test letter arrives, and the password stands sealed."""
    box = Box()
    with mail_server(box) as port:
        given = ("--server", f"127.0.0.1:{port}", "--security", "none", "--from", "kuitit@kulmakauppa.example", "--password-stdin")
        done = tideover("mail", *given, "--try", ADDRESS, "--data", tmp_path, "--json", said="sälä ja kala\n")
    assert (0, "sent") == (done.returncode, json.loads(done.stdout)["tried"]), done.stderr
    assert [ADDRESS] == [read(one)["To"] for one in box.letters]
    kept = b"".join(one.read_bytes() for one in tmp_path.iterdir() if one.is_file())
    assert "sälä".encode() not in kept and b"mail_server" in kept


def test_a_wrong_address_of_the_shop_stores_nothing(tmp_path):
    """Exit 2, and the settings are as before."""
    done = tideover("mail", "--server", "127.0.0.1:25", "--from", "kuitit", "--data", tmp_path)
    assert 2 == done.returncode and "mail_from" in done.stderr
    assert not (tmp_path / "tideover.toml").exists()


def test_a_test_letter_that_is_not_taken_is_told(tmp_path):
    """Exit 1 with the server's own words."""
    with mail_server(Box(refuses="550 no such mailbox")) as port:
        given = ("--server", f"127.0.0.1:{port}", "--security", "none", "--from", "kuitit@kulmakauppa.example")
        done = tideover("mail", *given, "--try", ADDRESS, "--data", tmp_path)
    assert 1 == done.returncode and "no such mailbox" in done.stdout


def checks(folder):
    return {one["what"]: one for one in json.loads(tideover("doctor", "--data", folder, "--json").stdout)["checks"]}


def test_the_doctor_asks_the_printer(tmp_path):
    """Ready, out of paper, and none: each in words; nothing is printed."""
    printer, ready, end = Printer(), threading.Event(), {}

    async def serve():
        end["loop"], end["event"] = asyncio.get_running_loop(), asyncio.Event()
        async with printer:
            ready.set()
            await end["event"].wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    try:
        assert ready.wait(10)
        assert "advice" == checks(tmp_path)["Receipt printer"]["state"]
        (tmp_path / "tideover.toml").write_text(f'receipt_printer = "tcp://127.0.0.1:{printer.port}"\n')
        assert ("ok", True) == ((one := checks(tmp_path)["Receipt printer"])["state"], "ready" in one["found"])
        printer.mood = "no-paper"
        assert ("missing", True) == ((one := checks(tmp_path)["Receipt printer"])["state"], "out of paper" in one["found"])
        assert [] == printer.paper.all()
    finally:
        end["loop"].call_soon_threadsafe(end["event"].set)
        thread.join(10)


def test_the_doctor_tells_a_wrong_setting(tmp_path):
    """A printer that is none of the forms, a profile that nobody made."""
    (tmp_path / "tideover.toml").write_text('receipt_printer = "printer"\n')
    assert "missing" == checks(tmp_path)["Receipt printer"]["state"]
    (tmp_path / "tideover.toml").write_text('receipt_profile = "star"\n')
    assert "epson-80" in checks(tmp_path)["Receipt printer"]["found"]
