"""Every cause that a verdict can have is explained to the counter."""

import re
from datetime import UTC, datetime
from pathlib import Path

import tideover.detect
from tideover.detect.cause import CAUSES, NOT_KNOWN, explain
from tideover.model.outage import Verdict

PURE = ("verdict", "beyond", "premises", "uplink", "group")
NOW = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)


def test_every_cause_in_the_code_has_its_words():
    """What the verdict can say, the counter can read."""
    folder = Path(tideover.detect.__file__).parent
    text = "".join((folder / f"{name}.py").read_text(encoding="utf-8") for name in PURE)
    said = set(re.findall(r'"((?:our|their|told|anchors|not|box|line|all|same|way|dns|cards|phones|lan|tills|till)-[a-z-]+)"', text))
    said |= set(re.findall(r'"(flapping|none|portal|unpaid|lossy|throttled|used-up|power)"', text))
    said -= {"line-"}
    assert {"our-line", "our-network", "their-cloud", "their-login", "anchors-silent", "told-by-person", "flapping"} <= said
    assert set() == said - set(CAUSES)


def test_each_names_a_next_step():
    """Two sentences each, the second says what to do."""
    assert all(one.meaning.endswith(".") and one.next_step.endswith(".") for one in CAUSES.values())


def test_an_unnamed_cause_is_not_known():
    """An unknown key is told honestly instead of failing."""
    assert NOT_KNOWN == explain(Verdict("cards", "down", "something-new", (), NOW))
