"""The meter's table as text, its answer, and what the settings list."""

from __future__ import annotations

import json
from ipaddress import ip_network

from tideover.drivers.meter import _since, hosts_of
from tideover.drivers.meter_table import counters_in, limits_text, sets_text, table_text
from tideover.model.line import lines_of
from tideover.settings import Settings

LINES = lines_of(("fibre device=wan1 dns=100.64.1.53", "mobile device=wwan0 metered"))
LISTED = {
    "cloud": (ip_network("203.0.113.10/32"), ip_network("2001:db8::/48")),
    "probes": (ip_network("1.1.1.1"), ip_network("1.1.1.0/24")),
}


def test_networks_that_lie_in_one_another_are_written_once() -> None:
    """The kernel refuses a set whose parts overlap."""
    text = table_text(LINES, LISTED)

    assert "elements = { 1.1.1.0/24 }" in text
    assert "1.1.1.1/32" not in text


def test_addresses_go_to_the_set_of_their_version() -> None:
    """Of a cloud with both, each once."""
    text = sets_text(LISTED)

    assert "add element inet tideover cloud4 { 203.0.113.10/32 }" in text
    assert "add element inet tideover cloud6 { 2001:db8::/48 }" in text
    assert "phones4 {" not in text


def test_a_line_without_a_limit_has_no_rule() -> None:
    """One limited line: two rules lead to its chain, none to another's."""
    text = limits_text(LINES, {"mobile": 5})

    assert 2 == text.count("jump unlisted.mobile")
    assert 0 == text.count("jump unlisted.fibre")
    assert "quota over 5 bytes reject" in text


def test_an_allowance_that_is_used_up_stops_at_once() -> None:
    """No byte more: no quota, a plain no."""
    last = limits_text(LINES, {"mobile": 0}).splitlines()[-1]

    assert "add rule inet tideover unlisted.mobile reject with icmpx type admin-prohibited" == last


def test_counters_are_read_by_name() -> None:
    """Line and class stand in the name; what is not ours, or no JSON, is nothing."""
    said = json.dumps({"nftables": [{"metainfo": {}}, {"counter": {"name": "line.mobile.cloud", "bytes": 7}}, {"counter": {"name": "x"}}]})

    assert {("mobile", "cloud"): 7} == counters_in(said)
    assert {} == counters_in("Error: no such table") == counters_in("[]")


def test_a_counter_that_began_anew_counts_from_nothing() -> None:
    """A modem that was plugged in again, a machine that was started anew."""
    assert (5, 0, 7) == (_since(10, 15), _since(10, 10), _since(10, 7))


def test_what_the_settings_name_is_listed() -> None:
    """Addresses with and without scheme, port or brackets; nothing twice, nothing empty."""
    settings = Settings(
        lines=("fibre device=wan1 dns=100.64.1.53", "mobile device=wan2"),
        cloud_url="https://cloud.kassa.example/api",
        cloud_page="https://cloud.kassa.example/",
        card_host="cards.example:443",
        anchors=("1.1.1.1:443", "[2001:db8::1]:443"),
        public_dns=("1.1.1.1", "2001:db8::53"),
        proof_page="https://proof.example/",
    )

    assert {
        "cloud": ("cloud.kassa.example",),
        "cards": ("cards.example",),
        "phones": (),
        "probes": ("1.1.1.1", "2001:db8::1", "2001:db8::53", "proof.example", "100.64.1.53"),
    } == hosts_of(settings)


def test_what_else_the_shop_needs_is_listed_as_it_is_written() -> None:
    """A second name of the cloud, an address of the phones' voices, a whole network; nonsense is none of them."""
    needed = ("static.kassa.example", "https://login.kassa.example/x", "203.0.113.9", "198.51.100.7/24", "2001:db8::/48", "", "//")
    hosts = hosts_of(Settings(cloud_url="https://kassa.example", needed_hosts=needed))

    names = ("kassa.example", "static.kassa.example", "login.kassa.example")
    assert (*names, "203.0.113.9", "198.51.100.0/24", "2001:db8::/48") == hosts["cloud"]
