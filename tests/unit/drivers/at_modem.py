"""A mobile modem on a pseudo-terminal, with the network behind it: answers as 3GPP TS 27.007 and 27.005 say, and in its moods as modems do.

It knows nothing of the code under test: text messages are read back octet by octet.
"""

from __future__ import annotations

import os
import re
import select
import threading
import tty
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

Mood = Literal[
    "well", "unasked", "hangs", "refuses", "half", "no-sim", "pin", "no-network", "lte-only", "no-erase", "hides", "own-format",
    "mute-prompt", "text-lost", "text-refused", "text-later", "second-lost", "second-refused", "garbage", "endless", "late",
]  # fmt: skip
ALPHABET = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
BEYOND = {0x14: "^", 0x28: "{", 0x29: "}", 0x2F: "\\", 0x3C: "[", 0x3D: "~", 0x3E: "]", 0x40: "|", 0x65: "€"}
UNASKED = (b"\r\n+CREG: 1\r\n", b"\r\nRING\r\n", b"\r\n^RSSI:18\r\n", b'\r\n+CMTI: "SM",3\r\n')
SLOW = "slow"


@dataclass
class Divert:
    """As the network keeps it."""

    is_on: bool
    number: str
    kind: int
    seconds: int | None = None


@dataclass
class Modem:
    """Set `mood` and `diverts`; open `path`."""

    mood: Mood = "well"
    diverts: dict[int, Divert] = field(default_factory=dict)  # Reason to what is registered, voice.
    step: Callable[[], None] = lambda: None  # Called after each change that the network took.
    commands: list[str] = field(default_factory=list)
    texts: list[tuple[str, str]] = field(default_factory=list)
    signal: int = 18

    def __enter__(self) -> Modem:
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        self.path, self._echo, self._rest, self._awaits = os.ttyname(self._slave), True, b"", ""
        self._late: list[bytes] = []
        self._parts: dict[tuple[str, int], dict[int, str]] = {}
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._live, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._is_over.set()
        self._thread.join()
        os.close(self._master)
        os.close(self._slave)

    def _live(self) -> None:
        while not self._is_over.is_set():
            if not select.select([self._master], [], [], 0.02)[0]:
                continue
            for byte in os.read(self._master, 4_096):
                self._byte(bytes([byte]))

    def _byte(self, one: bytes) -> None:
        if self._echo and not self._awaits and one != b"\x1b":
            self._out(one)
        if one == b"\x1b":
            self._rest, self._awaits = b"", ""
        elif self._awaits and one == b"\x1a":
            content, self._rest, self._awaits = self._rest.decode(), b"", ""
            self._text(content)
        elif not self._awaits and one == b"\r":
            command, self._rest = self._rest.decode("ascii", "replace").strip(), b""
            if command:
                self.commands.append(command)
                self._command(command)
        else:
            self._rest += one

    def _out(self, content: bytes) -> None:
        os.write(self._master, content)

    def _say(self, *lines: str, final: str = "OK") -> None:
        if self.mood == "unasked":
            for one in UNASKED[:2]:
                self._out(one)
        for number, line in enumerate(lines):
            self._out(f"\r\n{line}\r\n".encode())
            if self.mood == "half":
                return
            if self.mood == "unasked":
                self._out(UNASKED[2 + number % 2])
        self._out(f"\r\n{final}\r\n".encode())

    def _command(self, command: str) -> None:
        if self.mood == "hangs":
            return
        if self.mood == "garbage":
            self._out(bytes(range(128, 256)) * 4 + b"\r\n")
            return
        if self.mood == "endless":
            self._out(b"+CCFC: 1,1\r\n" * 2_000)
            return
        if command in ("AT", "ATE0", "AT+CMEE=1", "AT+CMGF=0"):
            self._echo = self._echo and command != "ATE0"
            self._say()
        elif command == "AT+CPIN?":
            sims = {"pin": ("+CPIN: SIM PIN",), "no-sim": ()}
            self._say(*sims.get(self.mood, ("+CPIN: READY",)), final="+CME ERROR: 10" if self.mood == "no-sim" else "OK")
        elif command in ("AT+CREG?", "AT+CEREG?"):
            is_in = self.mood != "no-network" and (self.mood != "lte-only" or command == "AT+CEREG?")
            self._say(f"+{command[3:-1]}: 0,{1 if is_in else 2}")
        elif command == "AT+CSQ":
            self._say(f"+CSQ: {self.signal},99")
        elif command.startswith("AT+CCFC="):
            self._divert(command.removeprefix("AT+CCFC="))
        elif re.fullmatch(r"AT\+CMGS=\d+", command):
            self._asked_length = int(command.removeprefix("AT+CMGS="))
            if self.mood != "mute-prompt":
                self._awaits = command
                self._out(b"\r\n> ")
        else:
            self._say(final="ERROR")

    def _divert(self, text: str) -> None:
        if self.mood == "refuses":
            self._say(final="+CME ERROR: 30")
            return
        fields = [one.strip('"') for one in text.split(",")]
        reason, mode = int(fields[0]), int(fields[1])
        if mode == 2:
            self._tell(reason)
        elif (fields[4] if len(fields) > 4 else "") != "1" or (mode == 4 and self.mood == "no-erase"):
            self._say(final="+CME ERROR: 3")
        else:
            self._change(reason, mode, fields)

    def _change(self, reason: int, mode: int, fields: list[str]) -> None:
        known = self.diverts.get(reason)
        if mode == 3:
            seconds = int(fields[7]) if len(fields) > 7 and fields[7] else (20 if reason == 2 else None)
            self.diverts[reason] = Divert(True, fields[2], int(fields[3]), seconds)
        elif mode == 4:
            self.diverts.pop(reason, None)
        elif known is None:
            self._say(final="+CME ERROR: 4")
            return
        else:
            known.is_on = mode == 1
        self.step()
        self._say()

    def _tell(self, reason: int) -> None:
        known = self.diverts.get(reason)
        always = self.diverts.get(0)
        if known is None or (self.mood == "hides" and reason != 0 and always is not None and always.is_on):
            self._say("+CCFC: 0,255")
            return
        number = known.number.removeprefix("+") if self.mood == "own-format" else known.number
        waits = f",,,{known.seconds}" if known.seconds is not None else ""
        self._say(f'+CCFC: {int(known.is_on)},1,"{number}",{known.kind}{waits}', "+CCFC: 0,2", "+CCFC: 0,4")

    def _text(self, content: str) -> None:
        octets = bytes.fromhex(content)
        assert len(octets) - 1 - octets[0] == self._asked_length, "the length does not fit the message"
        if self.mood == "text-lost":
            return
        errors = {"text-refused": "+CMS ERROR: 28", "text-later": "+CMS ERROR: 38"}
        if self.mood in errors:
            self._say(final=errors[self.mood])
            return
        if self.mood == "second-lost" and self._parts:
            return
        if self.mood == "second-refused" and self._parts:
            self._say(final="+CMS ERROR: 38")
            return
        self._arrived(*read_part(octets))
        self._say("+CMGS: 42")

    def _arrived(self, number: str, text: str, of: tuple[int, int, int] | None) -> None:
        """As a telephone shows it: a text of several parts once all of them are there, whatever their order."""
        if of is None:
            self.texts.append((number, text))
            return
        reference, total, place = of
        parts = self._parts.setdefault((number, reference), {})
        parts[place] = text
        if sorted(parts) == list(range(1, total + 1)):
            self.texts.append((number, "".join(parts[one] for one in sorted(parts))))


def read_pdu(octets: bytes) -> tuple[str, str]:
    """Number and text of an SMS-SUBMIT that is whole."""
    number, text, of = read_part(octets)
    assert of is None
    return number, text


def read_part(octets: bytes) -> tuple[str, str, tuple[int, int, int] | None]:
    """Number, text, and which part of how many it is, under which reference."""
    at = 1 + octets[0]
    has_header, of, skipped = bool(octets[at] & 0x40), None, 0
    assert 1 == octets[at] & 0x03, "not an SMS-SUBMIT"
    has_time = octets[at] & 0x18
    count, kind = octets[at + 2], octets[at + 3]
    packed = octets[at + 4 : at + 4 + (count + 1) // 2]
    digits = "".join(f"{one & 15:X}{one >> 4:X}" for one in packed)[:count]
    at += 4 + len(packed)
    assert 0 == octets[at], "a protocol of its own"
    coding, at = octets[at + 1], at + 2 + (1 if has_time else 0)
    length, body = octets[at], octets[at + 1 :]
    number = ("+" if kind & 0x70 == 0x10 else "") + digits
    if has_header:
        assert (5, 0, 3) == tuple(body[:3]) and 1 <= body[5] <= body[4]
        of, skipped = (body[3], body[4], body[5]), 6
    if coding == 0x08:
        assert length == len(body) <= 140
        return number, body[skipped:].decode("utf-16-be"), of
    assert 0 == coding and length <= 160 and len(body) == (length * 7 + 7) // 8
    bits = int.from_bytes(body, "little")
    text, is_beyond = "", False
    for place in range((8 * skipped + 6) // 7, length):
        septet = bits >> (7 * place) & 0x7F
        if septet == 0x1B:
            is_beyond = True
            continue
        text += BEYOND[septet] if is_beyond else ALPHABET[septet]
        is_beyond = False
    assert not is_beyond, "a sign is torn"
    return number, text, of
