"""`tideover tls`: what it writes, what it says, and what it leaves alone."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner
from cryptography import x509

from tideover.__main__ import cli
from tideover.settings import read_settings, write_settings

NAMES = ("--name", "kassa.lan", "--name", "192.168.1.10")


def run(folder, *words, typed=None):
    return CliRunner().invoke(cli, ["tls", words[0], "--data", str(folder), *words[1:]], input=typed)


def told(folder, *words, typed=None):
    found = run(folder, *words, "--json", typed=typed)
    assert 0 == found.exit_code, found.output
    return json.loads(found.stdout)


def serial(folder):
    return x509.load_pem_x509_certificate((folder / "tls" / "box.pem").read_bytes()).serial_number


def test_it_makes_a_certificate_and_opens_the_box_to_the_shop(tmp_path):
    """Names, end and fingerprint are told; the settings let other devices in under those names, and say so."""
    assert {"certificate": None} == told(tmp_path, "show")
    assert "has no certificate" in run(tmp_path, "show").stdout
    made = told(tmp_path, "make", *NAMES)
    assert ["kassa.lan", "192.168.1.10"] == made["names"] and made["authority"]
    settings = read_settings(tmp_path)
    assert ("0.0.0.0", "kassa.lan") == (settings.bind, settings.host_names[0])
    assert made == told(tmp_path, "show")
    assert made["authority"] in run(tmp_path, "show").stdout


def test_an_address_that_somebody_chose_stays(tmp_path):
    """Only a box that listens to itself alone is opened."""
    write_settings(tmp_path, {"bind": "192.168.1.10"})
    told(tmp_path, "make", *NAMES)
    assert "192.168.1.10" == read_settings(tmp_path).bind


def test_it_renews_under_the_authority_that_devices_trust(tmp_path):
    """Another certificate, the same names and the same authority."""
    made, before = told(tmp_path, "make", *NAMES), serial(tmp_path)
    renewed = told(tmp_path, "renew")
    assert (made["names"], made["authority"]) == (renewed["names"], renewed["authority"])
    assert before != serial(tmp_path)


def test_the_authoritys_key_lies_on_a_stick_under_its_phrase(tmp_path):
    """It stands nowhere in the data directory; a wrong phrase renews nothing, and says why."""
    folder, stick = tmp_path / "shop", tmp_path / "stick.pem"
    told(folder, "make", *NAMES, "--ca-key", str(stick), typed="four plain words here\nfour plain words here\n")
    assert stick.exists() and not (folder / "tls" / "ca.key.sealed").exists()
    before = serial(folder)
    wrong = run(folder, "renew", "--ca-key", str(stick), typed="another phrase\n")
    assert wrong.exception is not None and "does not open with this phrase" in str(wrong.exception)
    assert before == serial(folder)
    told(folder, "renew", "--ca-key", str(stick), typed="four plain words here\n")
    assert before != serial(folder)


@pytest.mark.parametrize("name", ["8.8.8.8", "two words", ""])
def test_no_certificate_is_made_for_somebody_else(tmp_path, name):
    """An address of the world outside and what is no name are refused, and nothing is written."""
    refused = run(tmp_path, "make", "--name", name)
    assert refused.exit_code != 0
    assert not (tmp_path / "tls").exists() and "127.0.0.1" == read_settings(tmp_path).bind
