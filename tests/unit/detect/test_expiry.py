"""The end of the box's certificate is told a month, two weeks and a week before, and when it has come."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from tideover.detect.cause import explain
from tideover.detect.looks.expiry import expiry_probes
from tideover.detect.verdict import verdicts
from tideover.secret import Secrets
from tideover.settings import Settings
from tideover.web import certificate
from unit.web.shop import StillWorld

MADE = datetime(2026, 11, 20, 12, tzinfo=UTC)


def seen(folder, world):
    """What the wall says about the certificate now; None where it says nothing."""
    looks = [asyncio.run(one.look()) for one in expiry_probes(Settings(), folder, world)]
    return next((one for one in verdicts(looks, world.now(), 5.0) if one.service == "certificate"), None)


@pytest.mark.parametrize(
    ("days_left", "state", "cause"),
    [
        (40, "up", "none"),
        (31, "up", "none"),
        (30, "degraded", "certificate-30"),
        (14, "degraded", "certificate-14"),
        (7, "degraded", "certificate-7"),
        (1, "degraded", "certificate-7"),
        (0, "down", "certificate-0"),
        (-3, "down", "certificate-0"),
    ],
)
def test_the_end_comes_nearer_in_words_that_grow(tmp_path, days_left, state, cause):
    """Each step with its own next step; what is over is down."""
    world = StillWorld(MADE)
    Secrets(tmp_path, world).close()
    certificate.make(tmp_path, world, "Shop", certificate.names_from(["192.168.1.10"]))
    world.at = certificate.read(tmp_path / "tls" / "box.pem").not_valid_after_utc - timedelta(days=days_left)
    found = seen(tmp_path, world)
    assert (state, cause) == (found.state, found.cause)
    assert cause == "none" or explain(found).next_step not in ("Nothing to do.", "Carry on as usual. Look here again in a minute.")


def test_without_a_certificate_nothing_is_said(tmp_path):
    """No service on the wall that the shop does not have; a file that cannot be read is no outage."""
    assert seen(tmp_path, StillWorld(MADE)) is None
    (tmp_path / "tls").mkdir()
    (tmp_path / "tls" / "box.pem").write_text("torn")
    found = seen(tmp_path, StillWorld(MADE))
    assert found is None or found.state == "unknown"
