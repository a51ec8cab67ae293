"""What is looked at again, over which line, and how fresh a look over the other line must be."""

from dataclasses import dataclass
from datetime import timedelta

import pytest

from tideover.detect.cause import ASKED, explain
from tideover.detect.doubt import ASKED_FOR_S, NAMES_ANEW_S, doubted, wanted
from tideover.detect.sight import USUAL_AFTER, fold
from tideover.detect.uplink import is_lossy
from tideover.detect.verdict import conclude
from tideover.detect.ways import KEPT, OWN_NETWORK, PORTAL, PROVIDERS, Ways
from tideover.model.line import Line
from tideover.model.outage import Observation
from unit.detect.lookout import FRIDAY

LINES = (Line("fibre", "wan0", gateway="192.0.2.1"), Line("mobile", "wwan0", is_metered=True))
SERVICE = {"cloud": "cloud", "login": "login", "card": "cards", "sip": "phones"}


@dataclass
class Shop:
    """Looks by hand, at seconds of a Friday."""

    sights: dict
    at_s: float = 0.0

    def see(self, at_s, kind, via="fibre", ok=True, text="", target="", took_ms=30):
        of = SERVICE.get(kind) or (f"line-{via}" if via else "internet")
        look = Observation(of, kind, target or kind, ok, FRIDAY + timedelta(seconds=at_s), text, took_ms, via)
        self.sights, self.at_s = fold([look], 5.0, self.sights), max(at_s, self.at_s)

    def wanted(self, in_use="fibre"):
        return {name: set(kinds) for name, kinds in wanted(self.sights, LINES, in_use, FRIDAY + timedelta(seconds=self.at_s)).items()}

    def step(self, service, in_use="fibre"):
        ways = Ways(LINES, in_use)
        found = conclude(self.sights, FRIDAY + timedelta(seconds=self.at_s), 5.0, ways)
        return explain(next(one for one in found if one.service == service), found, ways).next_step

    def told(self, service, in_use="fibre"):
        found = conclude(self.sights, FRIDAY + timedelta(seconds=self.at_s), 5.0, Ways(LINES, in_use))
        one = next(one for one in found if one.service == service)
        return one.state, one.cause


@pytest.fixture
def shop():
    """Ten fair seconds over fibre, and a fair look over mobile before."""
    found = Shop({})
    for via, seconds in (("fibre", range(10)), ("mobile", range(2))):
        for second in seconds:
            for target in "ABC":
                found.see(second, "anchor", via, target=target)
            for kind in ("content", "cloud", "login", "card", "sip"):
                found.see(second, kind, via)
    return found


def anchors(shop, at_s, *vias, ok=True):
    for via in vias:
        for target in "ABC":
            shop.see(at_s, "anchor", via, ok, target=target)


def test_a_fair_day_asks_nothing(shop):
    assert {} == shop.wanted()


def test_a_bad_look_is_asked_again_over_every_line(shop):
    """Until each has said enough, and only about what failed."""
    shop.see(11, "cloud", ok=False)
    assert {"fibre": {"cloud"}, "mobile": {"cloud", "anchor"}} == shop.wanted()
    anchors(shop, 11.5, "mobile")
    shop.see(11.5, "cloud", "mobile", ok=False)
    assert {"fibre": {"cloud"}, "mobile": {"cloud"}} == shop.wanted()
    for second in (12, 13, 14):
        shop.see(second, "cloud", ok=False)
    for second in (12, 13):
        shop.see(second, "cloud", "mobile", ok=False)
    assert {"mobile": {"cloud"}} == shop.wanted()
    shop.see(15, "cloud", "mobile", ok=False)
    assert {} == shop.wanted()


def test_what_has_no_other_side_is_asked_over_the_line_in_use_alone(shop):
    """A page, a log-in: the other line would tell nothing more."""
    shop.see(11, "content", ok=False)
    shop.see(11, "login", ok=False)
    assert {"fibre": {"content", "login", "cloud"}} == shop.wanted(), "the cloud's certificate tells whose page it is"
    shop.see(11.5, "cloud")
    assert {"fibre": {"content", "login"}} == shop.wanted()


def test_a_look_bound_to_no_line_opens_a_question_too(shop):
    shop.see(11, "card", "", ok=False)
    assert {"card"} <= shop.wanted()["fibre"] & shop.wanted()["mobile"]


def test_a_question_is_not_pressed_for_ever(shop):
    shop.see(11, "cloud", ok=False)
    shop.at_s = 12 + ASKED_FOR_S
    assert {} == shop.wanted()


def test_how_long_the_cloud_takes_is_learnt_soon():
    shop = Shop({})
    for second in range(USUAL_AFTER):
        shop.see(second, "cloud")
        assert shop.wanted() == ({} if second == USUAL_AFTER - 1 else {"fibre": {"cloud"}})
    shop.see(20, "cloud", took_ms=1_200)
    assert {"fibre": {"cloud"}} == shop.wanted()


def silent(shop, kind, via="fibre", from_s=11):
    for second in range(5):
        shop.see(from_s + second, kind, via, ok=False, text="no answer in 2 s")
        anchors(shop, from_s + second, "fibre")


@pytest.mark.parametrize(
    ("kind", "service", "theirs", "way"), [("cloud", "cloud", "their-cloud", "way-between"), ("card", "cards", "their-cards", "cards-way")]
)
def test_a_stale_look_over_the_other_line_decides_nothing(shop, kind, service, theirs, way):
    """It is open until a fresh one is there, and never the way between because of what was seen before."""
    silent(shop, kind)
    assert ("unknown", "not-known") == shop.told(service)
    anchors(shop, 15, "mobile")
    silent(shop, kind, "mobile")
    assert ("down", theirs) == shop.told(service)
    shop.see(16, kind, "mobile")
    shop.see(17, kind, "mobile")
    assert ("down", way) == shop.told(service)


def test_what_cannot_be_seen_over_the_other_line_is_told_without_it(shop):
    """Nobody looks there any more: after a while it is beyond our line, and nobody is blamed."""
    silent(shop, "cloud")
    silent(shop, "cloud", from_s=18)
    assert ("down", "beyond-our-line") == shop.told("cloud")


def test_a_portal_is_seen_though_it_answers_tcp(shop):
    """Anchors and the card host answer through it; only what shows a verified certificate could say that the page has moved."""
    for second in range(11, 16):
        anchors(shop, second, "fibre", "")
        shop.see(second, "card")
        shop.see(second, "content", ok=False, text=f"shows {PORTAL}")
        shop.see(second, "cloud", ok=False, text="its certificate is not right")
    assert ("down", "portal") == shop.told("internet")
    assert "unknown" == shop.told("cards")[0]


def test_the_page_has_moved_if_the_cloud_answers(shop):
    for second in range(11, 16):
        shop.see(second, "content", ok=False, text=f"shows {PORTAL}")
        shop.see(second, "cloud")
    assert "up" == shop.told("internet")[0]


def test_a_portal_in_a_shop_without_named_lines():
    shop = Shop({})
    for second in range(6):
        for target in "AB":
            shop.see(second, "anchor", "", target=target)
        shop.see(second, "content", "", ok=False, text=f"shows {PORTAL}")
    found = conclude(shop.sights, FRIDAY + timedelta(seconds=5), 5.0)
    assert ("down", "portal") == next((one.state, one.cause) for one in found if one.service == "internet")


def test_what_this_machine_keeps_from_a_line_is_no_failure(shop):
    """An unarmed line is not dead: it is not known, and the reason is its evidence."""
    anchors(shop, 11, "fibre")
    for target in "ABC":
        shop.see(11, "anchor", "mobile", ok=None, text=f"{KEPT}has no way", target=target)
    assert ("unknown", "not-known") == shop.told("line-mobile")
    found = conclude(shop.sights, FRIDAY + timedelta(seconds=11), 5.0, Ways(LINES, "fibre"))
    assert any(KEPT in text for one in found if one.service == "line-mobile" for text in one.evidence)


def test_a_lossy_line_does_not_blink():
    """A good stretch in between, still with losses, leaves it lossy; a clean minute does not."""
    shop = Shop({})
    for n in range(200):
        share = 5 if n < 60 else 14
        for shift, target in enumerate("ABC"):
            shop.see(n * 0.5, "anchor", ok=bool((n + shift) % share), target=target)
        if n > 40:
            assert is_lossy([one for one in shop.sights.values() if one.kind == "anchor"]), n
    for n in range(200, 270):
        anchors(shop, n * 0.5, "fibre")
    assert not is_lossy([one for one in shop.sights.values() if one.kind == "anchor"])


def test_bound_looks_tell_of_the_line_in_use(shop):
    """What was bound to none and fell with the old line says nothing against the new one."""
    for second in range(11, 18):
        for target in "ABC":
            shop.see(second, "anchor", "fibre", ok=False, target=target)
            shop.see(second, "anchor", "", ok=False, target=target)
        anchors(shop, second, "mobile")
        shop.see(second, "cloud", "", ok=False)
        shop.see(second, "cloud", "mobile")
    assert ("up", "none") == shop.told("internet", in_use="mobile")
    assert ("up", "none") == shop.told("cloud", in_use="mobile")


def test_a_slower_look_bound_to_no_line_delays_nothing(shop):
    """It answered before the line in use fell silent; a good answer long after that would count."""
    shop.see(10, "cloud", "")
    anchors(shop, 15, "mobile")
    silent(shop, "cloud")
    silent(shop, "cloud", "mobile")
    assert ("down", "their-cloud") == shop.told("cloud")
    shop.see(16, "cloud", "")
    assert ("up", "none") == shop.told("cloud")


def test_a_line_whose_every_anchor_missed_its_newest_look_is_doubted(shop):
    """Until it is called down, or one of them answers; a cable that is out leaves no doubt."""

    def names(**given):
        return sorted(doubted(shop.sights, LINES, **given))

    assert [] == names()
    anchors(shop, 11, "mobile", ok=False)
    assert ["mobile"] == names()
    shop.see(11.2, "anchor", "mobile", target="B")
    assert [] == names()
    for second in (12, 12.5, 13):
        anchors(shop, second, "mobile", ok=False)
        assert ["mobile"] == names()
    anchors(shop, 13.5, "mobile", ok=False)
    assert [] == names() and ("down", "our-line") == shop.told("line-mobile")
    assert ["fibre"] == names(waiting=frozenset({"fibre", "mobile"}))
    shop.see(14, "carrier", "fibre", ok=False)
    assert [] == names(waiting=frozenset({"fibre"}))


def test_what_was_asked_since_the_question_began_is_not_asked_again(shop):
    """A look bound to none opened it: the other line's anchors were seen since then, and that counts for the verdict, too."""
    shop.see(11, "card", "", ok=False)
    anchors(shop, 11.5, "mobile")
    silent(shop, "card", from_s=13)
    silent(shop, "card", "mobile", from_s=13)
    assert {} == shop.wanted()
    assert ("down", "their-cards") == shop.told("cards")


def test_what_is_down_by_chance_is_asked_for_longer(shop):
    """On a line that loses looks a few lost ones in a row are not enough; an answer, however bad, was not lost."""
    for n in range(40):
        for shift, target in enumerate("ABC"):
            shop.see(11 + n * 0.5, "anchor", ok=bool((n + shift) % 5), target=target)
    for n in range(5):
        shop.see(31 + n, "login", ok=False, text="no answer in 2 s")
    assert "login" in shop.wanted()["fibre"]
    assert ("degraded", "lossy") == shop.told("login")
    shop.see(36, "login", ok=False, text="answers 500")
    assert ("down", "their-login") == shop.told("login")


def names(shop, via, ok, *seconds, target=f"{PROVIDERS} resolver"):
    for second in seconds:
        shop.see(second, "dns", via, ok, "answers" if ok else "no answer in 0.5 s", target)


def test_other_lines_are_asked_for_names_before_anybody_is_sent_there(shop):
    """Two silent looks open the question; what mobile told before is no answer, one good look or a row of bad ones is."""
    names(shop, "mobile", True, 5)
    for target in (f"{PROVIDERS} resolver", "9.9.9.9"):
        names(shop, "fibre", True, 9, target=target)
    names(shop, "fibre", False, 11)
    assert {} == shop.wanted(), "one packet is lost often"
    for target in (f"{PROVIDERS} resolver", "9.9.9.9"):
        names(shop, "fibre", False, 11.5, 12, 13.6, target=target)
    assert {"mobile": {"dns"}} == shop.wanted()
    assert ("down", "dns-all") == shop.told("dns")
    assert ASKED == shop.step("dns")
    names(shop, "mobile", True, 13.8)
    assert {} == shop.wanted()
    assert shop.step("dns").startswith("Move the shop to mobile")
    names(shop, "mobile", False, 14, 14.5, 15, 15.5, 16)
    assert {"mobile": {"dns"}} == shop.wanted()
    assert ("down", "dns-nowhere") == shop.told("dns")
    assert "Another line does not help" in shop.step("dns")
    names(shop, "mobile", False, 16.5)
    assert {} == shop.wanted()


@pytest.mark.parametrize("told", [False, True])
def test_while_names_are_silent_the_other_line_is_asked_now_and_then(shop, told):
    """What it told never grows old: nowhere stays nowhere, and one lost packet takes no way out away."""
    begins_s, looks = 11, 0
    for second in range(begins_s, begins_s + 1_500, 5):
        for target in (f"{PROVIDERS} resolver", "9.9.9.9"):
            names(shop, "fibre", False, second, second + 1, target=target)
        anchors(shop, second, "fibre", "mobile")
        if told and second == begins_s + 600:  # The look that comes by itself is lost.
            names(shop, "mobile", False, second + 1)
        if "dns" in shop.wanted().get("mobile", ()):
            names(shop, "mobile", told, second + 2)
            looks += 1
        if second > begins_s + 30:
            assert ("down", "dns-all" if told else "dns-nowhere") == shop.told("dns"), second
            assert shop.step("dns").startswith("Move the shop to mobile") == told, second
            assert ("up" if told else "degraded") == shop.told("line-mobile")[0], second
    assert looks <= 7 + 1_500 / NAMES_ANEW_S


def test_a_line_that_cannot_be_asked_for_names_is_a_way_out(shop):
    """Nothing looks for names there: after a while it counts, and is pressed no more."""
    for second in range(11, 100):
        for target in (f"{PROVIDERS} resolver", "9.9.9.9"):
            names(shop, "fibre", False, second, target=target)
        anchors(shop, second, "fibre", "mobile")
        if second == 14:
            assert ASKED == shop.step("dns")
    assert shop.step("dns").startswith("Move the shop to mobile")
    assert {} == shop.wanted()


def test_what_holds_the_line_in_use_is_not_said_of_one_that_rests(shop):
    """The network keeps the line in use in; over the other one only no name is found."""
    for second in range(11, 20):
        names(shop, "mobile", False, second)
        names(shop, "fibre", False, second, target="9.9.9.9")
        shop.see(second, "dns", "fibre", False, f"answers {OWN_NETWORK}", f"{PROVIDERS} resolver")
        anchors(shop, second, "fibre", "mobile")
    assert ("down", "dns-captive") == shop.told("dns")
    assert "Restart the router" in shop.step("line-mobile")
    assert "log in" in shop.step("line-fibre")
