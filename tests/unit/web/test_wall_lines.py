"""What the wall says of lines, power, cards and the rest: one thing to do, and what it means for the next customer."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from tideover.detect.cause import CAUSES, explain
from tideover.detect.verdict import LAYERS
from tideover.plan.records import Person
from tideover.plan.symptom import playbook_for
from tideover.web import navigation
from tideover.web.headline import PLACES, SELL_ON, SERVICES, headline, told_first
from tideover.web.status import VerdictNow
from tideover.web.wall_answer import said_back
from tideover.web.wall_services import OTHERWISE, for_selling
from tideover.words import say
from unit.detect.situations import seen_in
from unit.web.shop import in_shop
from unit.web.test_access import signed_in

THEIRS = CAUSES["their-cloud"].next_step


def status_of(*seen: str, phase: str = "none"):
    """A day of the shop, as far as the headline reads it, with those verdicts."""
    found, ways = seen_in(seen)
    told = [(one, explain(one, found, ways)) for one in found]
    verdicts = tuple(VerdictNow(one.service, one.state, one.cause, None, one.evidence, why.meaning, why.next_step) for one, why in told)
    return SimpleNamespace(
        journal=SimpleNamespace(writable=True),
        phase=phase,
        rung=SimpleNamespace(number=4),
        verdicts=verdicts,
        recover=None,
        in_flight=None,
        copies=(),
        money=None,
        outage=None,
    )


@pytest.mark.parametrize(
    ("seen", "state", "action"),
    [
        ((), "All is well.", "Sell on the cloud till, as always."),
        (("beyond:off",), "Our internet line is down: our router answers, nothing beyond it does.", "Move the shop to mobile:"),
        (("mobile/beyond:off",), "All is well.", "Sell on the cloud till, as always."),
        (("cards:off", "mobile/cards:off"), "The service of the card terminal is away. Our own line works.", "Restarting the terminal"),
        (("vendor:off", "mobile/vendor:off"), "The cloud of our till is away. Our own line works.", THEIRS),
        (("mains:off",), "The mains are off: what has no battery is dark.", "Save what is open."),
    ],
)
def test_the_first_thing_is_the_lowest_layer_and_its_step(seen, state, action):
    """A fair day is calm, a resting line hurts nobody, and a person is asked only where nothing can be mended first."""
    first = headline(status_of(*seen), has_cloud=True)
    assert state == first.state
    assert first.action.startswith(action)


def test_a_step_with_a_line_is_told_in_finnish():
    """The line's name stands in it, the rest is translated."""
    step = headline(status_of("beyond:off"), has_cloud=True).action
    assert "Siirrä liike linjalle mobile" in say("fi").told(step)


@pytest.mark.parametrize(
    ("seen", "href", "who"),
    [
        (("beyond:off",), "/switching", "switch"),
        (("phones:off", "mobile/phones:off"), "/calls", "everybody"),
        (("vendor:off", "mobile/vendor:off"), "", "decide"),
        (("mains:off",), "", "everybody"),
    ],
)
def test_a_step_leads_to_its_page_and_says_who_may(seen, href, who):
    """Lines are moved and calls diverted on pages of their own; not everybody may do it."""
    first = headline(status_of(*seen), has_cloud=True)
    assert (href, who) == (first.place.href if first.place else "", first.who)


@pytest.mark.parametrize(
    ("seen", "then", "href"),
    [
        (("beyond:off",), "Move the shop to mobile: the page 'Switching' says how. Keep serving meanwhile.", "/switching"),
        (("vendor:off", "mobile/vendor:off"), "Restarting anything here does not help.", ""),
        ((), "", ""),
    ],
)
def test_in_an_outage_selling_on_comes_first_and_mending_second(seen, then, href):
    """What was confirmed is not asked for again."""
    first = headline(status_of(*seen, phase="fallback"), has_cloud=True)
    assert (SELL_ON[4], then, href) == (first.action, first.then, first.place.href if first.place else "")


@pytest.mark.parametrize(("href", "finnish"), [("/switching", "Vaihto"), ("/calls", "Puhelut")])
def test_a_page_is_called_as_the_steps_call_it(href, finnish):
    """Who reads 'the page Switching' finds that word in the bar, in both languages."""
    name = next(name for name, place in PLACES.items() if place.href == href).strip("'")
    source = (Path(navigation.__file__)).read_text()
    assert f'Link("{href}", "{name}"' in source
    assert (f"”{finnish}”" in say("fi")(PLACES[f"'{name}'"].text), finnish) == (True, say("fi")(name))


def test_every_layer_has_a_name_and_words_for_selling():
    """No service is shown by its key, and none by the words for what nobody knows."""
    assert set() == set(LAYERS) - set(SERVICES)
    assert OTHERWISE not in [for_selling(one, "down") for one in (*LAYERS, "line-fibre")]


def test_a_cause_has_its_playbook():
    """Mains that take the line with them are a power cut, and a line that loses much is an unsteady one."""
    assert ["power-cut", "line-unsteady", "internet-down"] == [playbook_for(one, "internet") for one in ("power", "lossy", "portal")]
    assert told_first(status_of("mains:off")).service == "power"


@pytest.mark.parametrize("lang", ["en", "fi"])
def test_the_button_and_the_names_do_not_hang_on_the_language(lang, tmp_path):
    """A cashier who may not move the shop reads who may, and finds the page, in each language."""

    async def play(shop):
        shop.house.plan.put(Person("Olga", role="owner"), "Olga")
        shop.house.plan.put(Person("Anna", role="cashier"), "Olga")
        found, ways = seen_in(("beyond:off",))
        shop.house.watch.verdicts, shop.house.watch.ways = lambda: found, lambda: ways
        anna, _ = await signed_in(shop)
        now = (await anna.get(f"/?lang={lang}")).text.split('id="now"')[1].split("</section>")[0]
        assert ('href="/switching"' in now, "Olga" in now, "Anna" in now) == (True, True, False)
        assert say(lang)("Open the page 'Switching'").replace("'", "&#39;") in now

    in_shop(tmp_path, play)


@pytest.mark.parametrize(
    ("seen", "service", "agrees", "step"),
    [
        (("cards:off", "mobile/cards:off"), "cards", True, "Restarting the terminal does not help."),
        (("beyond:off",), "internet", True, "Move the shop to mobile: the page 'Switching'"),
        ((), "cards", False, "Cards may fail at the first try"),
        ((), "certificate", None, "Tills sell on by themselves"),
    ],
)
def test_whoever_says_that_it_is_down_gets_an_answer(seen, service, agrees, step):
    """The box sees the same, or does not, or cannot look; each with what to do now."""
    answer = said_back(service, *seen_in(seen), say("en"))
    assert agrees is answer.agrees
    assert answer.next_step.startswith(step)


def test_the_answer_stands_on_the_wall_of_whoever_asked(tmp_path):
    """Not on other people's; and a person's own word is not what the box sees."""

    async def play(shop):
        (anna, csrf), (mika, _) = await signed_in(shop), await signed_in(shop, "Mika", "1357")
        assert 303 == (await anna.post("/wall/report", data={"csrf": csrf, "service": "cards", "text": ""})).status_code
        told = "The box cannot look at this itself (card payments): your word counts."
        assert (True, False) == (told in (await anna.get("/")).text, told in (await mika.get("/")).text)
        assert "Kone ei näe tätä itse (korttimaksut): sanasi painaa." in (await anna.get("/?lang=fi")).text

    in_shop(tmp_path, play)
