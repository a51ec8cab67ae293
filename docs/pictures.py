"""Takes the README's pictures from a demo that is being played, as drawings that stand alone: `make pictures`.

The wall is looked at in the moment the fallback opens, the proof when the day is closed. A page becomes an SVG by what the
browser laid out: its boxes, its words, its own drawings; so a picture is text, and a change of it can be read.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tideover.learn.conductor import Options, Progress, demo

CHROMIUM = "/usr/bin/chromium"
WIDE, HIGH = 1180, 700  # As a screen above the counter shows it.
HIGH_PROOF = 960  # With the drawing of the day.
OPENED = "the fallback is open"
HERE = Path(__file__).parent


def drawing(address: str, high: int = HIGH) -> str:
    """A page as an SVG, as a browser lays it out. Raises playwright's error where the page does not come."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": WIDE, "height": high}, color_scheme="light", locale="en-GB")
        page.goto(address, wait_until="load")
        page.wait_for_selector("h1")
        found = page.evaluate((HERE / "draw_page.js").read_text(encoding="utf-8"), {"wide": WIDE, "high": high})
        browser.close()
    return found


def take(folder: Path) -> None:
    """Plays the demo's Friday once and takes every picture of it into `folder`."""
    with tempfile.TemporaryDirectory(prefix="tideover-pictures-") as kept:
        kept_in = Path(kept) / "kept"

        def look(told: Progress) -> None:
            print(f"{told.at:%H:%M} " if told.at else "", told.text, sep="", file=sys.stderr)
            if told.text.startswith(OPENED):
                address = (kept_in / "box.url").read_text(encoding="utf-8").strip()
                _write(folder / "wall.svg", _by_itself(address))

        done = demo(Options(keep=kept_in), look)
        _write(folder / "proof.svg", drawing(done.report.as_uri(), HIGH_PROOF))


def _by_itself(address: str) -> str:
    """In a process of its own: a driver of browsers wants a loop for itself, and here the rehearsal's is running."""
    return subprocess.run([sys.executable, __file__, address], stdout=subprocess.PIPE, text=True, check=True).stdout


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    print(f"{path.name}: {len(text) // 1024} kB", file=sys.stderr)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(drawing(sys.argv[1]), end="")
    else:
        take(HERE)
