"""What lies between the things of the shop: blamed only when enough of them are silent, and none has said a word of its own."""

from datetime import timedelta

import pytest

from tideover.detect.premises import LAN_QUORUM
from tideover.detect.sight import fold
from tideover.detect.verdict import conclude
from tideover.detect.ways import Ways
from tideover.model.line import Line
from tideover.model.outage import Observation
from unit.detect.lookout import FRIDAY

THINGS = (("printer", "device", "the receipt printer"), ("office-printer", "device", "office"), ("network", "link", "the router"))
WAYS = Ways((Line("fibre", "wan0"),), "fibre")  # A box with a port of its own for its line.


def network(texts):
    """State and cause, where each thing fails with that text; None: it answers."""
    looks = []
    for second in range(10):
        at = FRIDAY + timedelta(seconds=second)
        looks += [Observation("line-fibre", "anchor", name, True, at, via="fibre") for name in "ABC"]
        for (service, kind, target), text in zip(THINGS, texts, strict=True):
            looks.append(Observation(service, kind, target, second < 4 or text is None, at, text or "answers"))
    found = conclude(fold(looks, 5.0), FRIDAY + timedelta(seconds=9), 5.0, WAYS)
    return next((one.state, one.cause) for one in found if one.service == "network")


SILENT = "no answer in 2 s"


@pytest.mark.parametrize(
    "text", ["it does not answer", "it cannot be reached (No route to host)", "it is not plugged in, or switched off", SILENT]
)
def test_silence_in_the_drivers_own_words(text):
    """So many silent things are the switch's fault, whoever says that they are silent."""
    assert len(THINGS) == LAN_QUORUM
    assert ("down", "lan-switch") == network((text, SILENT, SILENT))


@pytest.mark.parametrize("text", ["it is out of paper", "its cover is open", "it refuses the connection: is it switched on?", None])
def test_one_that_said_a_word_was_reached(text):
    """Then the switch passes it on, and the router alone is silent."""
    assert ("down", "our-network") == network((text, SILENT, SILENT))
