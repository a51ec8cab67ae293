"""A real name server on this machine: it answers over UDP what a test lays into it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

Records = dict[tuple[str, str], list[str]]  # ("kulma.example", "MX") to its texts.


def answer(asked: dns.message.Message, records: Records) -> dns.message.Message:
    told = dns.message.make_response(asked)
    told.flags |= dns.flags.AA | dns.flags.RA
    name, kind = asked.question[0].name, dns.rdatatype.to_text(asked.question[0].rdtype)
    key = str(name).rstrip(".")
    if found := records.get((key, kind)):
        told.answer.append(dns.rrset.from_text(name, 60, "IN", kind, *found))
    elif not any(known == key for known, _ in records):
        told.set_rcode(dns.rcode.NXDOMAIN)
    return told


@contextmanager
def name_server(records: Records, *, mute: bool = False, mute_for: Sequence[str] = ()) -> Iterator[int]:
    """Its port. mute: it hears and never answers; mute_for: not about these names."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door:
        door.bind(("127.0.0.1", 0))
        port = door.getsockname()[1]

        def serve() -> None:
            while True:
                asked, who = door.recvfrom(4_096)
                if asked == b"end":
                    return
                question = dns.message.from_wire(asked)
                if not mute and str(question.question[0].name).rstrip(".") not in mute_for:
                    door.sendto(answer(question, records).to_wire(), who)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield port
        finally:
            door.sendto(b"end", ("127.0.0.1", port))
            thread.join(10)
