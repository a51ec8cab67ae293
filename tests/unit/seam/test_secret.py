"""Secrets open only with their key file, and are really gone when deleted."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest

from tideover.errors import SecretUnreadable
from tideover.secret import Secrets, seal, unseal
from tideover.world import RealWorld

PASSWORD = b"correct horse battery staple"


def opened(folder: Path, key_file: Path | None = None) -> Secrets:
    return Secrets(folder, RealWorld(), key_file, threaded=False)


def test_a_secret_comes_back_after_a_restart(tmp_path: Path) -> None:
    """Put, replaced, listed, deleted; a name that never was is None."""
    secrets = opened(tmp_path)
    secrets.put("cloud.login", b"old")
    secrets.put("cloud.login", PASSWORD)
    secrets.put("box.key", b"k")
    secrets.close()

    secrets = opened(tmp_path)
    assert (PASSWORD, None) == (secrets.get("cloud.login"), secrets.get("other"))
    assert ["box.key", "cloud.login"] == secrets.names()
    secrets.delete("box.key")
    secrets.delete("box.key")
    assert ["cloud.login"] == secrets.names()
    secrets.close()


def test_the_database_alone_opens_nothing(tmp_path: Path) -> None:
    """The value is not readable in it, and without the key file it is refused with what to do."""
    secrets = opened(tmp_path)
    secrets.put("cloud.login", PASSWORD)
    secrets.close()
    assert PASSWORD not in (tmp_path / "secrets.db").read_bytes()

    (tmp_path / "secrets.key").unlink()
    with pytest.raises(SecretUnreadable):
        opened(tmp_path)
    assert not (tmp_path / "secrets.key").exists()


@pytest.mark.parametrize("key", [b"", b"short", bytes(32)])
def test_another_key_file_is_refused(tmp_path: Path, key: bytes) -> None:
    """A key that does not fit is said so at once, not at the first call to the cloud."""
    secrets = opened(tmp_path)
    secrets.put("cloud.login", PASSWORD)
    secrets.close()
    (tmp_path / "secrets.key").write_bytes(key)

    with pytest.raises(SecretUnreadable):
        opened(tmp_path)


def test_a_value_does_not_open_under_another_name(tmp_path: Path) -> None:
    """Sealed bytes moved to another row are refused."""
    key, nonce = bytes(32), bytes(12)
    sealed = seal(key, nonce, PASSWORD, "cloud.login")

    assert PASSWORD == unseal(key, sealed, "cloud.login")
    assert unseal(key, sealed, "box.key") is None
    assert unseal(key, sealed[:-1], "cloud.login") is None
    assert unseal(key, b"", "cloud.login") is None


@pytest.mark.skipif(sys.platform == "win32", reason="modes are POSIX")
def test_only_the_owner_reads_them(tmp_path: Path) -> None:
    """Key file and database are 0600 whatever the umask."""
    before = os.umask(0)
    try:
        opened(tmp_path).close()
    finally:
        os.umask(before)

    assert [0o600] * 2 == [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("secrets.key", "secrets.db")]


def test_the_key_may_lie_elsewhere(tmp_path: Path) -> None:
    """A stick can hold the key: then the data directory holds none."""
    stick = tmp_path / "stick"
    stick.mkdir()
    data = tmp_path / "data"
    data.mkdir()
    opened(data, stick / "my.key").close()

    assert (stick / "my.key").exists() and not (data / "secrets.key").exists()
