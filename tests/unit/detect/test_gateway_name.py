"""A line whose gateway the settings give as a name, as home routers print it: the box starts, looks by the name, routes by the address."""

import asyncio

import pytest

from tideover.app import Seams, open_house
from tideover.commands.doctor import examine
from tideover.detect.line_watch import looks_of
from tideover.detect.looks.addresses import Addresses
from tideover.drivers.routes import _way
from tideover.errors import Misconfigured
from tideover.model.line import line_of
from tideover.settings import Settings, write_settings
from tideover.world import RealWorld, real_world

NAMED = "fibre device=wan1 gateway=fritz.box"


class Told(dict):
    """A message of the kernel, as pyroute2 hands it over."""

    def get_attr(self, name):
        return self["attrs"].get(name)


def test_a_box_with_such_a_line_starts(tmp_path):
    """As it did before addresses were asked for; a source that the device makes needless, or a gateway nobody looks at, stops nobody."""

    async def play():
        house = open_house(tmp_path, real_world(), Seams(tell=lambda text: None))
        found = [line_of(one).gateway for one in house.settings.lines]
        await house.shut()
        return found

    write_settings(tmp_path, {"lines": (NAMED, "mobile device=wan2 source=10.0.0.9/24", "dsl gateway=any..thing")})
    assert ["fritz.box", "", "any..thing"] == asyncio.run(play())


def test_the_router_is_looked_at_by_its_name():
    """The system knows the address."""
    (cable, router) = looks_of(line_of(NAMED), Settings(), RealWorld(), Addresses(RealWorld())).near
    assert ("carrier", "link", "fritz.box") == (cable.kind, router.kind, router._host)


@pytest.mark.parametrize(("given", "gateway"), [(NAMED, "192.0.2.1"), ("fibre device=wan1 gateway=192.0.2.7", "192.0.2.7")])
def test_a_route_takes_the_machines_own_gateway_for_a_name(given, gateway):
    """A route takes no name."""
    link = Told(index=3, flags=0x10001, attrs={"IFLA_IFNAME": "wan1"})
    own = Told(index=3, prefixlen=24, attrs={"IFA_LOCAL": "192.0.2.20"})
    default = Told(family=2, attrs={"RTA_OIF": 3, "RTA_GATEWAY": "192.0.2.1"})
    way = _way(line_of(given), 1, link, [own], [default], default)
    assert (gateway, "192.0.2.20", True) == (way.gateway, way.source, way.is_usable)


@pytest.mark.parametrize(
    "given", ["fibre device=wan1 gateway=fritz..box", f"fibre source=10.0.0.9 gateway={64 * 'a'}", "fibre source=10.0.0"]
)
def test_what_never_worked_is_told_at_the_start(given):
    """The socket library raises for such a name, and nothing can be bound to half an address."""
    with pytest.raises(Misconfigured):
        line_of(given)


def test_the_doctor_advises_an_address(tmp_path):
    """And says nothing of lines that give one, or none."""
    write_settings(tmp_path, {"lines": (NAMED, "mobile device=wan2 gateway=10.0.0.1", "dsl")})
    (found,) = [one for one in examine(tmp_path) if one.what == "Lines"]
    assert ("advice", "fibre: gateway=fritz.box is no IP address") == (found.state, found.found)
    write_settings(tmp_path, {"lines": ("mobile gateway=10.0.0.1",)})
    assert ["ok"] == [one.state for one in examine(tmp_path) if one.what == "Lines"]
    write_settings(tmp_path, {"lines": ("fibre device=wan1 gateway=fritz..box",)})
    assert ["missing"] == [one.state for one in examine(tmp_path) if one.what == "Lines"]
