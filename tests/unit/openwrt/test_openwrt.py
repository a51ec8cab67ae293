"""The router driver against a router that is played true to its protocol: nothing stays half done, and no person's work is undone."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager

import httpx
import pytest

from tideover.drivers.openwrt import KEPT, PASSWORD, OpenWrt, router_of
from tideover.drivers.router_lines import in_use, wanted, ways_out
from tideover.drivers.ubus import Ubus
from tideover.errors import Misconfigured
from tideover.model.line import lines_of
from tideover.secret import Secrets
from tideover.settings import Settings
from tideover.world import real_world
from unit.openwrt.played_router import Router

LINES = lines_of(("fibre interface=wan", "mobile interface=wwan metered"))


class Stand:
    """A router, and drivers over it."""

    def __init__(self, folder, router, url, client):
        self.folder, self.router, self.url, self.client = folder, router, url, client

    def driver(self, *, user="root", password="sälä", carries=None, lines=LINES, url=""):
        ubus = Ubus(url or self.url, user, lambda: password, self.client, real_world(), call_s=0.5)
        return OpenWrt(ubus, lines, self.folder, real_world(), carries, call_s=0.5, settle_s=0.5)

    def metrics(self):
        return {name: one.get("metric") for name, one in self.router.config["network"].items() if name != "lan"}


AS_FOUND = {"wan": None, "wwan": "20"}


def with_router(folder, play, **more):
    @asynccontextmanager
    async def stand():
        async with httpx.AsyncClient(timeout=None) as client:
            router = Router(**more)
            async with router.serve() as url:
                yield Stand(folder, router, url, client)

    async def run():
        async with stand() as one:
            return await play(one)

    return asyncio.run(run())


async def until(holds):
    async with asyncio.timeout(5):
        while not holds():
            await asyncio.sleep(0.01)


def test_over_and_back_leaves_the_router_as_it_was(tmp_path):
    """Metrics only, each interface stays up; an option that was not there is not there afterwards."""

    async def play(stand):
        driver = stand.driver()
        await driver.arm()
        over = await driver.engage("mobile")
        assert {"wan": "10", "wwan": "1"} == stand.metrics()
        back = await driver.restore()
        methods = {one["params"][2] for one in stand.router.asked if one["params"][1] != "session"}
        return over, back, stand.metrics(), methods, len(stand.router.sessions)

    over, back, after, methods, sessions = with_router(tmp_path, play)
    assert (("done", "mobile"), ("done", "fibre"), AS_FOUND) == ((over.word, over.now), (back.word, back.now), after)
    assert {"dump", "get", "set", "delete", "apply", "confirm"} == methods
    assert ("ways out by metric: wwan 1, wan 10", 0) == (over.text, sessions)


def test_a_router_that_goes_dark_after_the_change_goes_back_by_itself(tmp_path):
    """It is never told that all is well, so it undoes it; the answer says so, and the next start finds the usual line."""

    async def play(stand):
        await stand.driver().arm()

        async def cut_off():
            stand.router.hangs.clear()
            return True

        answer = await stand.driver(carries=cut_off).engage("mobile")
        await until(lambda: stand.router.undone == 1)
        stand.router.hangs.set()
        again = await stand.driver().read_back()
        healed = await stand.driver().restore()
        return answer, again, healed, stand.metrics()

    answer, again, healed, after = with_router(tmp_path, play)
    assert "failed" == answer.word and "by itself within 30 s" in answer.why
    assert ("fibre", "done", AS_FOUND) == (again.now, healed.word, after)


@pytest.mark.parametrize("trouble", ["carries-nothing", "slow"])
def test_a_line_that_carries_nothing_is_left_again(tmp_path, trouble):
    """Before the change was made to stay: the router is asked to undo it."""

    async def play(stand):
        async def nothing():
            return False

        driver = stand.driver(carries=nothing if trouble == "carries-nothing" else None)
        await driver.arm()
        stand.router.is_slow = trouble == "slow"
        answer = await driver.engage("mobile")
        return answer, stand.metrics(), stand.router.undone, stand.router.apply_sid

    answer, after, undone, pending = with_router(tmp_path, play)
    assert ("rolled-back", "fibre", AS_FOUND, 1, "") == (answer.word, answer.now, after, undone, pending)
    assert answer.why


def test_nobody_moves_to_a_line_without_a_way_out(tmp_path):
    """The mobile interface is down at the router: nothing is even staged."""

    async def play(stand):
        driver = stand.driver()
        await driver.arm()
        stand.router.down.add("wwan")
        answer = await driver.engage("mobile")
        return answer, [one["params"][2] for one in stand.router.asked]

    answer, methods = with_router(tmp_path, play)
    assert ("refused", "at the router 'mobile' has no way out now") == (answer.word, answer.why)
    assert "set" not in methods


def test_who_may_only_look_only_looks(tmp_path):
    """The router's own rights are asked: it sees which line is used, it cannot act, and says what is missing."""

    async def play(stand):
        driver = stand.driver(user="looker")
        return await driver.read_back(), driver.can_act, await driver.arm()

    seen, can_act, armed = with_router(tmp_path, play)
    assert ("done", "fibre", False, "refused") == (seen.word, seen.now, can_act, armed.word)
    assert "write access" in armed.why


def test_a_person_at_the_router_is_not_disturbed(tmp_path):
    """Somebody is changing its settings and has not said yes yet, under our name or another: we wait, and undo nothing."""

    async def play(stand, user):
        driver, router = stand.driver(), stand.router
        await driver.arm()
        sid = router.new_session(user, 3600, router.users["root"][1])
        router.users.setdefault(user, ("x", {}))
        router.set(router.sessions[sid], {"config": "network", "section": "lan", "values": {"mtu": "1400"}})
        router.apply(router.sessions[sid], {"rollback": True, "timeout": 90, "ubus_rpc_session": sid})
        answer = await driver.engage("mobile")
        assert "1400" == router.config["network"]["lan"]["mtu"] and sid == router.apply_sid
        assert sid in router.sessions and {} == router.sessions[sid]["staged"]  # Still logged in, and nothing of ours slipped in.
        router.confirm(None, {"ubus_rpc_session": sid})
        return answer, await driver.engage("mobile")

    for user in ("root", "anna"):
        (tmp_path / user).mkdir()
        answer, later = with_router(tmp_path / user, lambda stand, user=user: play(stand, user), faster=1.0)
        assert ("refused", "done") == (answer.word, later.word), user
        assert "somebody is changing" in answer.why


def test_a_session_that_ends_in_mid_work_changes_nothing(tmp_path):
    """The router forgot us between asking and applying."""

    async def play(stand):
        driver = stand.driver()
        await driver.arm()
        stand.router.step = stand.router.sessions.clear
        answer = await driver.engage("mobile")
        return answer, stand.metrics()

    answer, after = with_router(tmp_path, play)
    assert ("refused", AS_FOUND) == (answer.word, after)
    assert "logged out" in answer.why


def test_a_wrong_password_is_told_and_stands_nowhere(tmp_path):
    """Neither in what is said nor in what is kept nor in the address."""

    async def play(stand):
        return await stand.driver(password="väärä1").arm(), [one["params"][3].get("password") for one in stand.router.asked]

    answer, asked = with_router(tmp_path, play)
    assert "refused" == answer.word and "does not accept the log-in" in answer.why
    assert ["väärä1"] == asked and "väärä1" not in repr(answer)


def test_what_is_no_router_is_told(tmp_path):
    """Another status, another program, nobody there; and a line that the router does not have."""

    async def play(stand):
        found = []
        for status in (404, 302, 500):
            stand.router.status = status
            found.append((await stand.driver().read_back()).why)
        stand.router.status = 200
        stand.router.answer = lambda body: ["no router"]
        found.append((await stand.driver().read_back()).why)
        stand.router.answer = lambda body: {"result": [0, {"x": "y" * 600_000}]}
        found.append((await stand.driver().read_back()).why)
        found.append((await stand.driver(url="http://127.0.0.1:1/ubus").read_back()).why)
        return found

    found = with_router(tmp_path, play)
    telling = ("uhttpd-mod-ubus", "perhaps it wants https", "answers 500", "uhttpd-mod-ubus", "too long", "cannot be reached")
    assert all(word in why for word, why in zip(telling, found, strict=True)), found

    async def lacking(stand):
        return (await stand.driver(lines=lines_of(("fibre interface=wan", "dsl"))).arm()).why

    assert "no interface for the line 'dsl'" in with_router(tmp_path, lacking)


@pytest.mark.parametrize(
    "answer",
    [
        *({"error": {"code": code}} for code in ([], {}, None, True, "6")),
        *({"result": result} for result in ([True], [None], [[]], [0, []], [0, {"interface": 5}], [0, {"ubus_rpc_session": 5}])),
        *({"result": [0, {"ubus_rpc_session": "0" * 32, "interface": dump}]} for dump in ([5], [{"route": 5}], [{"metric": []}], [[[]]])),
        {"result": [0, {"ubus_rpc_session": "0" * 32, "timeout": [], "access": 1, "values": [1]}]},
    ],
)
def test_no_answer_is_so_strange_that_the_driver_raises(tmp_path, answer):
    """Every one of them becomes a value, and moves nothing."""

    async def play(stand):
        stand.router.answer = lambda body: answer
        driver = stand.driver()
        return [await one() for one in (driver.read_back, driver.arm, driver.restore, lambda: driver.engage("mobile"))]

    assert {"done", "refused", "failed"} >= {one.word for one in with_router(tmp_path, play)}


def test_names_that_a_router_makes_up_do_not_flood_the_journal():
    """Thousands of interfaces, or one with a name without end: few are told, and each is cut."""
    route = {"target": "0.0.0.0", "mask": 0}
    dump = {"interface": [{"interface": f"wan{n}" + "x" * 5_000, "up": True, "route": [route]} for n in range(1_000)]}
    ways = ways_out(dump)
    assert len(ways) <= 100 and all(len(name) <= 32 for name in (*ways, in_use(dump, {})))


def test_a_router_that_is_away_before_anything_was_asked_for_changed_nothing(tmp_path):
    """Refused, not failed: nobody is sent to look at a router that was never touched."""

    async def play(stand):
        await stand.driver().arm()
        away = await stand.driver(url="http://127.0.0.1:1/ubus").engage("mobile")
        stand.router.hangs.clear()
        mute = await stand.driver().engage("mobile")
        stand.router.hangs.set()
        return away, mute, stand.metrics()

    away, mute, metrics = with_router(tmp_path, play)
    assert ("refused", "refused", AS_FOUND) == (away.word, mute.word, metrics)
    assert "undoes it" not in away.why + mute.why


def test_the_file_of_what_was_found_can_be_lost(tmp_path):
    """Torn in a power cut of old: it is not armed, and says so."""

    async def play(stand):
        (tmp_path / KEPT).write_bytes(b'{"metrics": {"wan"')
        driver = stand.driver()
        refused = await driver.engage("mobile")
        await driver.arm()
        return refused, await driver.engage("mobile"), json.loads((tmp_path / KEPT).read_bytes())

    refused, done, kept = with_router(tmp_path, play)
    assert ("refused", "it was not armed", "done") == (refused.word, refused.why, done.word)
    assert {"metrics": {"wan": None, "wwan": 20}, "engaged": "mobile", "applying": False} == kept


@pytest.mark.parametrize(
    ("now", "target", "changes"),
    [
        ({"wan": None, "wwan": 20}, "mobile", {"wan": 10, "wwan": 1}),
        ({"wan": 10, "wwan": 20}, "mobile", {"wwan": 9}),
        ({"wan": 500, "wwan": None}, "mobile", {"wwan": 10}),
        ({"wan": 10, "wwan": 5}, "mobile", {}),
        ({"wan": 1, "wwan": 1}, "mobile", {"wan": 11, "wwan": 1}),
        ({"wan": 10, "wan6": 10, "wwan": 20}, "fibre", {}),
        ({"wan": 30, "wan6": None, "wwan": 20}, "fibre", {"wan": 10, "wan6": 10}),
    ],
)
def test_the_fewest_metrics_are_changed(now, target, changes):
    """Afterwards the target's is the lowest; where it was already, nothing is touched."""
    lines = {"fibre": ("wan", "wan6"), "mobile": ("wwan",)}
    assert changes == wanted(target, lines, now)
    after = {name: metric or 0 for name, metric in (now | changes).items()}
    own = [metric for name, metric in after.items() if name in lines[target]]
    assert max(own) < min(metric for name, metric in after.items() if name not in lines[target])


def test_a_way_out_that_is_no_line_of_ours_is_named_as_the_router_names_it():
    """And what is no dump at all has none."""
    route = {"target": "0.0.0.0", "mask": 0}
    dump = {"interface": [{"interface": "vpn", "up": True, "metric": 5, "route": [route]}, {"interface": "wan", "up": True, "metric": 9}]}
    assert ["vpn", "", "", ""] == [in_use(one, {"fibre": ("wan",)}) for one in (dump, {}, {"interface": "x"}, [])]


@pytest.mark.parametrize(
    "router", ["openwrt:http://root:x@10.0.0.1", "mikrotik:10.0.0.1", "openwrt:ftp://10.0.0.1", "openwrt:", "openwrt:http://"]
)
def test_an_address_with_a_password_or_of_another_make_is_refused(tmp_path, router):
    """At the start; nothing of it is repeated."""
    with pytest.raises(Misconfigured) as wrong:
        router_of(Settings(router=router), None, real_world(), tmp_path, None)
    assert "root:x" not in wrong.value.message


def test_the_router_of_the_settings_takes_its_password_from_the_secrets(tmp_path):
    """And none where no router is set."""

    async def play(stand):
        secrets = Secrets(tmp_path, real_world())
        try:
            secrets.put(PASSWORD, "sälä".encode())
            settings = Settings(router="openwrt:" + stand.url.removesuffix("/ubus"), lines=("fibre interface=wan", "mobile interface=wwan"))
            made = router_of(settings, secrets, real_world(), tmp_path, stand.client)
            assert router_of(Settings(), secrets, real_world(), tmp_path, stand.client) is None
            return await made.arm()
        finally:
            secrets.close()

    assert ("done", "fibre") == ((answer := with_router(tmp_path, play)).word, answer.now)
