"""Who holds the shop's mail, asked of a real name server: held by somebody, by nobody, or not known."""

from __future__ import annotations

import asyncio

import pytest

from tideover.drivers.mail_exchange import mail_hold, operator_of
from unit.mail.name_server import name_server

OWN = {("mail.kulma.example", "A"): ["192.0.2.10"], ("mail.kulma.example", "AAAA"): ["2001:db8::10"]}


def asked(records, domain="kulma.example", **more):
    with name_server(records, **more) as port:
        return asyncio.run(mail_hold(domain, ["127.0.0.1"], port, timeout_s=0.5 if more else 5.0))


@pytest.mark.parametrize(
    ("records", "state", "tells"),
    [
        ({("kulma.example", "MX"): ["10 mx1.post.example2.", "20 mx2.post.example2."]}, "held", "post.example2, outside the shop"),
        ({("kulma.example", "MX"): ["10 mail.kulma.example.", "20 hold.other.example2."], **OWN}, "held", "other.example2 holds the mail"),
        ({("kulma.example", "MX"): ["10 mail.kulma.example."], **OWN}, "alone", "one to five days"),
        ({("kulma.example", "A"): ["192.0.2.10"]}, "alone", "one to five days"),
        (
            {
                ("kulma.example", "MX"): ["10 mail.kulma.example.", "20 mail2.kulma.example."],
                **OWN,
                ("mail2.kulma.example", "A"): ["192.0.2.11"],
            },
            "alone",
            "one to five days",
        ),
        (
            {
                ("kulma.example", "MX"): ["10 mail.kulma.example.", "20 far.kulma.example."],
                **OWN,
                ("far.kulma.example", "A"): ["198.51.100.1"],
            },
            "held",
            "in 2 places",
        ),
        ({("kulma.example", "MX"): ["0 ."]}, "none", "takes no mail"),
        ({}, "none", "comes back at once"),
    ],
)
def test_who_holds_the_mail(records, state, tells):
    """Somebody outside; a second one for our own server; nobody; two servers in one cupboard are one."""
    found = asked(records)
    assert (state, True) == (found.state, tells in found.text)
    assert (found.is_well is False) == bool(found.next_step)


def test_a_name_server_that_is_mute_is_no_verdict():
    """Bounded, and told as not known; an unreadable name likewise."""
    assert ("unknown", None) == ((found := asked({}, mute=True)).state, found.is_well)
    assert "unknown" == asked({}, domain="a" * 70 + ".example").state


def test_a_name_server_that_is_named_wrongly_is_no_verdict():
    """The setting wants addresses; a name in it is told as not known, and raises nothing."""
    assert "unknown" == asyncio.run(mail_hold("kulma.example", ["dns.example", "127.0.0.300"])).state


def test_addresses_that_are_not_told_are_no_verdict():
    """Our own servers stand somewhere; where that is not told, "nobody holds it" is not said. All are asked beside each other."""
    hosts = [f"mail{n}.kulma.example" for n in range(8)]
    records = {("kulma.example", "MX"): [f"{n} {host}." for n, host in enumerate(hosts)]}
    found = asked(records, mute_for=hosts)
    assert ("unknown", None) == (found.state, found.is_well)


@pytest.mark.parametrize(
    ("host", "operator"), [("mx1.mail.example.co.uk", "example.co.uk"), ("aspmx.l.google.com", "google.com"), ("kulma.fi", "kulma.fi")]
)
def test_whose_a_server_is(host, operator):
    """By the part of its name that somebody registered."""
    assert operator == operator_of(host)
