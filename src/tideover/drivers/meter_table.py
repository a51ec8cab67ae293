"""The text of the meter's own nft table: counters for each line and class, and what may still pass at the end of an allowance. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from ipaddress import IPv4Network, IPv6Network, collapse_addresses

from tideover.model.line import Line

TABLE = "inet tideover"
CLASSES = ("cloud", "cards", "phones", "probes")
OTHER = "other"

Listed = Mapping[str, Sequence[IPv4Network | IPv6Network]]


def table_text(lines: Sequence[Line], listed: Listed) -> str:
    """The whole table, in the place of an older one; nft takes it in one step or not at all."""
    text = [f"table {TABLE}", f"delete table {TABLE}", f"table {TABLE} {{"]
    for kind in CLASSES:
        for version, word in ((4, "ipv4_addr"), (6, "ipv6_addr")):
            text += [f"set {kind}{version} {{", f"type {word}", "flags interval", *_elements(listed.get(kind, ()), version), "}"]
    text += [f"counter {_counter(line.name, kind)} {{\n}}" for line in lines for kind in (*CLASSES, OTHER)]
    for line in lines:
        text += [f"chain unlisted.{line.name} {{", "}"]
    text += ["chain going {", "type filter hook postrouting priority 300"]
    text += [rule for line in lines for rule in _counting(line, "oifname", "daddr")]
    text += ["}", "chain coming {", "type filter hook prerouting priority -300"]
    text += [rule for line in lines for rule in _counting(line, "iifname", "saddr")]
    text += ["}", "chain passing {", "type filter hook forward priority -10", "}", "}"]
    return "\n".join(text) + "\n"


def sets_text(listed: Listed) -> str:
    """Other addresses in the same table; the counters go on."""
    text = []
    for kind in CLASSES:
        for version in (4, 6):
            text.append(f"flush set {TABLE} {kind}{version}")
            if found := _elements(listed.get(kind, ()), version):
                text.append(f"add element {TABLE} {kind}{version} {found[0].removeprefix('elements = ')}")
    return "\n".join(text) + "\n"


def limits_text(lines: Sequence[Line], limits: Mapping[str, int]) -> str:
    """What passes through this machine on a line whose allowance ends: the listed hosts, names, and so many bytes of all else."""
    text = [f"flush chain {TABLE} passing", *(f"flush chain {TABLE} unlisted.{line.name}" for line in lines)]
    for line in lines:
        if line.name not in limits:
            continue
        chain = f"{TABLE} unlisted.{line.name}"
        text += [f'add rule {TABLE} passing {way} "{line.device}" jump unlisted.{line.name}' for way in ("oifname", "iifname")]
        for kind in CLASSES:
            for word, version in (("ip", 4), ("ip6", 6)):
                text += [f"add rule {chain} {word} {end} @{kind}{version} accept" for end in ("daddr", "saddr")]
        text += [f"add rule {chain} meta l4proto {{ tcp, udp }} th {end} 53 accept" for end in ("dport", "sport")]
        text.append(f"add rule {chain} meta l4proto {{ icmp, ipv6-icmp }} accept")
        until = f"quota over {limits[line.name]} bytes " if limits[line.name] else ""
        text.append(f"add rule {chain} {until}reject with icmpx type admin-prohibited")
    return "\n".join(text) + "\n"


def counters_in(said: str) -> dict[tuple[str, str], int]:
    """(line, class) → bytes, of nft's own answer in JSON."""
    try:
        found = [one["counter"] for one in json.loads(said)["nftables"] if "counter" in one]
    except (ValueError, KeyError, TypeError):
        return {}
    told = [(str(one.get("name", "")).split("."), int(one.get("bytes", 0))) for one in found]
    return {(words[1], words[2]): count for words, count in told if len(words) == 3 and words[0] == "line"}


def _counter(line: str, kind: str) -> str:
    return f"line.{line}.{kind}"


def _counting(line: Line, way: str, end: str) -> list[str]:
    device = f'{way} "{line.device}"'
    known = [
        f"{device} {word} {end} @{kind}{version} counter name {_counter(line.name, kind)} accept"
        for kind in CLASSES
        for word, version in (("ip", 4), ("ip6", 6))
    ]
    return [*known, f"{device} counter name {_counter(line.name, OTHER)}"]


def _elements(networks: Sequence[IPv4Network | IPv6Network], version: int) -> list[str]:
    """One line of nft, or none: networks that lie in one another are written once, for nft refuses overlaps."""
    own = list(collapse_addresses(one for one in networks if one.version == version))
    return [f"elements = {{ {', '.join(str(one) for one in own)} }}"] if own else []
