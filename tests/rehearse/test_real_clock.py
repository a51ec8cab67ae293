"""No bad luck at all, on this machine's own clock: told clocks stand still between two glances, real ones do not."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import httpx

from bad_luck.box import Box, Till, id_of, tideover

PRACTICE = ("-m", "tideover.practice.cloud", "--port", "0", "--with-parent", "--db")


def test_a_sale_reaches_the_cloud_by_itself(tmp_path: Path) -> None:
    """Connected by the command, sold at a till, booked without anybody's doing: the event stream says so."""
    command = [sys.executable, *PRACTICE, str(tmp_path / "practice.db")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as cloud:
        assert cloud.stdout is not None
        url = f"http://127.0.0.1:{json.loads(cloud.stdout.readline())['port']}"
        (tmp_path / "shop").mkdir()
        answers = ("--set", f"url={url}", "--set", "user=shop", "--secret-stdin", "password")
        command = [sys.executable, "-m", "tideover", "connect", "practice", *answers, "--data", str(tmp_path / "shop")]
        assert 0 == subprocess.run(command, input="practice\n", text=True, capture_output=True, check=False).returncode
        with Box(tmp_path / "shop") as box:
            with Till(box.url).enrol(box.staff) as till:
                sale = till.sale()
                assert "created" == till.answers(sale)[0]["answer"]
            _wait_until_booked(box)
        documents = httpx.get(f"{url}/admin/documents", trust_env=False).json()
        cloud.terminate()

    assert [(id_of(sale), "final", 250)] == [(one["external_id"], one["state"], one["total_minor"]) for one in documents]
    assert 0 == tideover("verify", tmp_path / "shop" / "journal.db").code


def _wait_until_booked(box: Box) -> None:
    """Reads the box's event stream until it says so; the stream's own time-out ends a box that never does."""
    with box.staff.stream("GET", "/v1/events") as events:
        for line in events.iter_lines():
            if line.startswith("data:") and json.loads(line[5:])["recover"]["booked"] == 1:
                return
